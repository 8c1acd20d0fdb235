"""Places from Open Referral UK JSON: services at locations, of which only the place is wanted.

Reads version 1 (``regular_schedules``, ``physical_addresses``) and version 3 (``schedules``,
``addresses``): a service, a list or a page of services, or a list of services at locations or of
locations. Who runs a service, who may use it and what it costs is passed over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from exclusion.contracts import Problem
from exclusion.places.rows import raw, unknown_hours
from exclusion.words import capital, counted

LISTS = ("contents", "content", "services", "service_at_locations", "locations", "items")
DO = "Give Open Referral UK JSON: services with service_at_locations, each with its location."
NOT_PLACES = ("virtual", "postal")
DAYS_OF = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}

Thing = dict[str, Any]


@dataclass
class _Spot:
    """One location, and what is done there."""

    location: Thing
    where: str
    services: list[str] = field(default_factory=list)
    hours: list[tuple[float, str]] = field(default_factory=list)


def read(content: bytes, where: str, today: date) -> tuple[pd.DataFrame, list[Problem], list[str]]:
    """Locations as rows to be placed; see ``rows.read`` for what is returned.

    Services at one location (by its id, else by its name and position) become one place: their names
    are what help is given there. Its hours are the location's own, else the longest of its services.
    """
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # also a number of more digits than Python reads
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return raw([]), [Problem(where, f"cannot be read as JSON: {said}", "", "Fetch or export it again.")], []
    problems: list[Problem] = []
    spots: dict[str, _Spot] = {}
    left = {"closed": 0, "elsewhere": 0, "virtual": 0}
    for name, thing in _things(document, where):
        if not isinstance(thing, dict):
            problems.append(Problem(name, "is not an object", type(thing).__name__, DO))
            continue
        _collect(name, thing, today, spots, left, problems)
    if not spots and not problems:
        problems.append(Problem(where, "holds no location", "", DO))
    records = [_record(spot) for spot in spots.values()]
    problems += [
        Problem(str(record["where"]), "the location has no name", "", "Give it one, or leave it out.")
        for record in records
        if not record["name"]
    ]
    told = {
        "closed": ("service that is not active was", "services that are not active were"),
        "elsewhere": ("service that names no location was", "services that name no location were"),
        "virtual": (
            "service at a location that is virtual or only an address for letters was",
            "services at a location that is virtual or only an address for letters were",
        ),
    }
    notes = [f"{capital(counted(count, *told[what]))} left out." for what, count in left.items() if count]
    unknown = [str(record["name"]) for record in records if record["hours_week"] != record["hours_week"]]
    notes += unknown_hours(unknown, "they are not given, or not in a form that can be added up")
    return raw(records), problems, notes


def _things(document: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        name = next(
            (name for name in LISTS if isinstance(document.get(name), list) and not {"location", "organization"} & set(document)), ""
        )
        whole = "service_at_locations" in document and ("name" in document or "id" in document)
        if not name or whole:
            yield where, document
            return
        document, where = document[name], f"{where}, {name}"
    if not isinstance(document, list):
        yield where, document
        return
    for number, thing in enumerate(document, start=1):
        yield f"{where}, entry {number}", thing


def _collect(name: str, thing: Thing, today: date, spots: dict[str, _Spot], left: dict[str, int], problems: list[Problem]) -> None:
    """What one entry (a service, a service at a location, or a location) says of places."""
    if "location" in thing or "service" in thing:
        service, links = _dict(thing.get("service")), [thing]
    elif "service_at_locations" in thing or "organization" in thing or "organization_id" in thing:
        service, links = thing, _list(thing.get("service_at_locations"))
    elif {"latitude", "addresses", "physical_addresses"} & set(thing):
        service, links = {}, [{"location": thing}]
    else:
        problems.append(Problem(name, "is neither a service nor a location", ", ".join(list(thing)[:5]), DO))
        return
    if _text(service.get("status")) not in ("", "active"):
        left["closed"] += 1
        return
    found = False
    for link in links:
        location = _dict(_dict(link).get("location"))
        if not location:
            continue
        if _text(location.get("location_type")) in NOT_PLACES:
            left["virtual"] += 1
            found = True
            continue
        found = True
        key = _text(location.get("id")) or "|".join(_text(location.get(part)).casefold() for part in ("name", "latitude", "longitude"))
        spot = spots.setdefault(key, _Spot(location, name))
        if title := _text(service.get("name")):
            spot.services.append(title)
        for holder in (link, service):
            schedules = _schedules(_dict(holder))
            if schedules:
                spot.hours.append(_hours(schedules, today))
                break
    if not found:
        left["elsewhere"] += 1


def _record(spot: _Spot) -> dict[str, object]:
    location = spot.location
    addresses = _list(location.get("addresses")) or _list(location.get("physical_addresses"))
    codes = [_text(_dict(address).get("postal_code")) or _text(_dict(address).get("postcode")) for address in addresses]
    own = _schedules(location)
    candidates = [_hours(own, date.min)] if own else spot.hours
    known = [hours for hours in candidates if hours[0] == hours[0]]
    week, words = max(known, default=(candidates[0] if candidates else (float("nan"), "")))
    lat, lon = _text(location.get("latitude")), _text(location.get("longitude"))
    return {
        "where": spot.where,
        "id": _text(location.get("id")),
        "name": _text(location.get("name")),
        "kind": "",
        "postcode": next((code for code in codes if code), ""),
        "x": "",
        "y": "",
        "lat": lat,
        "lon": lon,
        "hours": words,
        "hours_week": week,
        "help": "; ".join(dict.fromkeys(spot.services)),
    }


def _schedules(holder: Thing) -> list[Thing]:
    for name in ("schedules", "regular_schedules", "regular_schedule"):
        if found := [_dict(part) for part in _list(holder.get(name)) if isinstance(part, dict)]:
            return found
    return []


def _hours(schedules: list[Thing], today: date) -> tuple[float, str]:
    """Hours a week of weekly schedules that are not over, and the words for them; NaN where one cannot be added up."""
    total, words = 0.0, []
    for entry in schedules:
        until = _text(entry.get("valid_to"))
        if re.fullmatch(r"\d{4}-\d\d-\d\d", until) and until < today.isoformat():
            continue
        opens, closes = _clock(_text(entry.get("opens_at"))), _clock(_text(entry.get("closes_at")))
        days = [day for day in _text(entry.get("byday")).upper().split(",") if day.strip() in DAYS_OF]
        weekly = _text(entry.get("freq")).upper() in ("WEEKLY", "")
        every = _text(entry.get("interval")) or "1"
        if opens is None or closes is None or closes <= opens or not days or not weekly or not re.fullmatch(r"[1-9]\d?", every):
            return float("nan"), _text(entry.get("description"))
        total += len(days) * (closes - opens) / int(every)
        named = ", ".join(DAYS_OF[day.strip()] for day in days)
        words.append(f"{named} {_text(entry.get('opens_at'))[:5]}-{_text(entry.get('closes_at'))[:5]}")
    return (total, "; ".join(words)) if words and total <= 168 else (float("nan"), "")


def _clock(text: str) -> float | None:
    found = re.match(r"(\d{1,2}):(\d{2})", text)
    return int(found[1]) + int(found[2]) / 60 if found else None


def _dict(value: Any) -> Thing:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
