"""What a council proposes: which services, which ways in close or thin, what stays, and how much they are used.

A proposal is a TOML file or the same fields from a form. Counts only: nothing in it is about a
person. The officer's own words are kept as such and never mixed with ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from itertools import combinations
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from exclusion import judgement
from exclusion.words import join_words

ONLINE = "online"
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Beyond these a date is a slip of the keyboard, and the calendar ends at 9999: what is counted from a day needs days after it."""


def _known(kind: str, names: Mapping[str, object], value: str) -> str:
    if value in names:
        return value
    close = get_close_matches(value, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(names)}"
    raise ValueError(f"is not a {kind} we know; {hint}")


def _channel(value: str) -> str:
    return _known("way in", judgement.channels(), value)


def _contact_channel(value: str) -> str:
    return _known("way in", {**judgement.channels(), ONLINE: None}, value)


def _service(value: str) -> str:
    return _known("service", judgement.services(), value)


def _place_kind(value: str) -> str:
    return _known("kind of place", judgement.place_kinds(), value)


def _near(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"is not a day between {FIRST_YEAR} and {LAST_YEAR}")
    return value


ChannelId = Annotated[str, AfterValidator(_channel)]
ServiceId = Annotated[str, AfterValidator(_service)]
WardCode = Annotated[str, Field(pattern=r"^(E05|W05|S13|N08)\d{6}$")]
Count = Annotated[int, Field(ge=0, strict=True)]
Contacts = dict[Annotated[str, AfterValidator(_contact_channel)], Count]
Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


UNSOUND = "unsound"
"""The type of pydantic's error where the fields of a table are each right and do not go together."""

_P = TypeVar("_P", bound=_Part)


def _refused(part: _P, faults: Callable[[dict[str, Any]], list[str]]) -> _P:
    if found := faults(dict(part)):
        raise PydanticCustomError(UNSOUND, "{said}", {"said": "; ".join(found)})
    return part


def texts(value: object) -> list[str]:
    """The texts of a list, stripped; none where it is no list."""
    return [item.strip() for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


# What cannot be meant together. Each takes the fields as given, right or wrong in themselves, so that it can be told with the rest.


def place_faults(given: Mapping[str, Any]) -> list[str]:
    """What of a place's fields does not go together."""
    if given.get("change") == "closes" and given.get("hours_left") is not None:
        return ["closes, so no hours are left; say fewer_hours, or take hours_left out"]
    return []


def service_faults(given: Mapping[str, Any]) -> list[str]:
    """What of a service's fields does not go together."""
    found = []
    names = ("close", "fewer_hours", "keep")
    for first, second in combinations(names, 2):
        if both := sorted(set(texts(given.get(first))) & set(texts(given.get(second)))):
            found.append(f"{', '.join(both)} stands under both {first} and {second}; leave it in one")
    if not any(given.get(name) for name in names):
        found.append("says nothing about any way in; list what closes, what gets fewer hours and what stays")
    contacts, by_ward = given.get("contacts"), given.get("contacts_by_ward")
    if given.get("contacts_file") and by_ward:
        found.append("gives contacts by ward twice; keep either contacts_by_ward or contacts_file")
    rows = [row for row in by_ward.values() if isinstance(row, Mapping)] if isinstance(by_ward, Mapping) else []
    for channel, total in contacts.items() if isinstance(contacts, Mapping) else ():
        wards = sum(count for row in rows if isinstance(count := row.get(channel, 0), int))
        if isinstance(total, int) and 0 <= total < wards:
            found.append(f"the wards have {wards:,} contacts by {channel}, more than the {total:,} given for the council")
    return found


def proposal_faults(given: Mapping[str, Any]) -> list[str]:
    """What of a proposal's tables does not go together."""
    found = []
    services = given.get("service")
    ids = texts([one.get("id") for one in services if isinstance(one, Mapping)]) if isinstance(services, list | tuple) else []
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        found.append(f"has two tables for {', '.join(twice)}; put each service in one")
    if not (services or given.get("place")):
        found.append("names no service and no place; add a [[service]] or a [[place]] table")
    return found


class OfficerWords(_Part):
    """The officer's own words, printed between quotation marks and never checked by us."""

    purpose: str = ""
    saving: str = ""


class PlaceChange(_Part):
    """A place that closes or opens for fewer hours, whichever services lean on it."""

    name: Name
    kind: Annotated[str, AfterValidator(_place_kind)]
    change: Literal["closes", "fewer_hours"]
    hours_left: Annotated[float, Field(gt=0, le=168)] | None = None  # hours a week that are left, where it opens for fewer
    wards: tuple[WardCode, ...] = ()  # the wards that use it; none given means every ward, and we say so
    gives: tuple[ChannelId, ...] = ()  # ways in given there; none given means what such a place usually gives
    services: tuple[ServiceId, ...] = ()  # services helped there; none given means every service

    @model_validator(mode="after")
    def _sound(self) -> PlaceChange:
        return _refused(self, place_faults)

    @property
    def usual(self) -> tuple[str, ...]:
        """Ways in that such a place usually gives."""
        return judgement.place_kinds()[self.kind].gives

    def ways(self, service_id: str) -> tuple[str, ...]:
        """The ways in a service has at this place."""
        if self.services and service_id not in self.services:
            return ()
        return self.gives or judgement.place_kinds()[self.kind].pairs(service_id)


class ServiceChange(_Part):
    """What a proposal does to one service."""

    id: ServiceId
    close: tuple[ChannelId, ...] = ()
    fewer_hours: tuple[ChannelId, ...] = ()
    keep: tuple[ChannelId, ...] = ()
    wards: tuple[WardCode, ...] = ()  # where it changes; none given means everywhere
    contacts: Contacts = Field(default_factory=dict)  # a year, by way in, `online` among them
    contacts_by_ward: dict[WardCode, Contacts] = Field(default_factory=dict)
    contacts_file: str = ""  # a CSV of the same, one row a ward

    @model_validator(mode="after")
    def _sound(self) -> ServiceChange:
        return _refused(self, service_faults)

    @property
    def stays(self) -> tuple[str, ...]:
        """Ways in that stay, those with fewer hours among them."""
        return (*self.keep, *self.fewer_hours)

    @property
    def moves(self) -> bool:
        """Whether anything about it closes or thins."""
        return bool(self.close or self.fewer_hours)

    def total_contacts(self, wards: Iterable[str]) -> tuple[dict[str, int], str]:
        """Contacts a year by way in: the council's figure, or else what its wards add up to.

        Parameters
        ----------
        wards
            Every ward of the councils the proposal is about; where it names wards itself, only those count.

        Returns
        -------
        tuple
            The contacts, and why there are none ("the proposal gives no contacts"); blank when there are.

        Notes
        -----
        Wards stand for the whole only when all of them are given: a ward without contacts is not a ward with none. The
        council's count does not stand for some of its wards: where it changes in these only, theirs have to be given.
        """
        every = tuple(wards)
        inside = self.inside(every)
        given = {code: ward for code, ward in self.contacts_by_ward.items() if code in inside}
        ways = {name for ward in given.values() for name in ward}
        if len(inside) < len(every):
            if self.contacts and not given:
                return {}, f"contacts are given for the whole council, and it changes in {len(inside):,} of {len(every):,} wards"
            council: dict[str, int] = {}
        else:
            council = self.contacts
        if ways <= set(council):
            return dict(council), "" if council else "the proposal gives no contacts"
        full = [ward for ward in given.values() if ways - set(council) <= set(ward)]
        if len(full) < len(inside):
            return {}, given_for(len(full), len(inside), in_full=len(given) > len(full))
        return {name: sum(ward.get(name, 0) for ward in full) for name in sorted(ways)} | council, ""

    def not_given(self, contacts: Mapping[str, int]) -> str:
        """Why contacts do not say what closes; blank when they do. A way in without a count is not one that carries none."""
        lacking = [judgement.channels()[name].label for name in self.close if name not in contacts]
        return f"no contacts are given by {join_words(lacking)}, which {'closes' if len(lacking) == 1 else 'close'}" if lacking else ""

    def inside(self, wards: Iterable[str]) -> tuple[str, ...]:
        """Those of some wards that it is about."""
        return tuple(code for code in wards if not self.wards or code in self.wards)


def given_for(some: int, every: int, *, in_full: bool = False) -> str:
    """Why there is no figure for the whole council, in words; ``in_full`` where more wards have some of their contacts."""
    return f"contacts given{' for every way in' if in_full else ''} for {some:,} of {every:,} wards"


class Proposal(_Part):
    """One proposal: who, what, from when. See ``proposal.read``."""

    title: Name
    councils: tuple[Name, ...] = Field(min_length=1)
    date: Annotated[date, AfterValidator(_near)]
    officer: OfficerWords = OfficerWords()
    service: tuple[ServiceChange, ...] = ()
    place: tuple[PlaceChange, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Proposal:
        return _refused(self, lambda given: proposal_faults(given | {"service": [dict(one) for one in self.service]}))

    def change(self, service_id: str) -> ServiceChange | None:
        """What it does to one service, or None where it does not name it."""
        return next((change for change in self.service if change.id == service_id), None)
