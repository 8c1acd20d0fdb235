"""A council's own judgement laid over ours: service profiles, thresholds and floors. Who changed what, when and why is kept.

Three small files, each optional. None can take away from the council-wide minimum.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from exclusion import judgement
from exclusion.contracts import DataRefused, Problem, UsageError, toml_document
from exclusion.judgement.law import Floor, Threshold
from exclusion.judgement.services import Service
from exclusion.words import date_words, join_words

EDITABLE = (
    "service_name", "criticality", "floor_channels", "main_users", "transaction", "england_tier",
    "u_age75", "u_disabled", "u_low_income", "u_low_english", "u_new_resident", "u_carer",
    "needs_identity", "needs_documents", "takes_payment", "needs_human_assessment", "urgency", "safeguarding", "complexity",
    "how_often", "consequence_if_missed", "ok_phone", "ok_post", "ok_f2f", "ok_assisted_digital", "ok_home_visit", "note",
)  # fmt: skip
"""Columns of services.csv that a council may change: not ids, not law, not our reasons."""


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split("|") if part.strip()) if isinstance(value, str) else value


_Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class _Signed(BaseModel):
    """Something a named person at the council decided."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    by: str = Field(min_length=1)
    on: date
    why: str = Field(min_length=1)

    @property
    def signature(self) -> str:
        return f"by {self.by} on {date_words(self.on)}"


class ProfileChange(_Signed):
    """Changed cells of one service's profile."""

    id: str
    cells: dict[str, str]


class LocalThreshold(_Signed):
    """A council's own low and high count for one measure."""

    measure: str
    low: float = Field(gt=0)
    high: float = Field(gt=0)


def _services(named: tuple[str, ...]) -> tuple[str, ...]:
    return _there(named, judgement.services(), "a service")


def _ways_in(named: tuple[str, ...]) -> tuple[str, ...]:
    return _there(named, judgement.channels(), "a way in")


def _there(named: tuple[str, ...], known: Mapping[str, object], what: str) -> tuple[str, ...]:
    if unknown := [one for one in named if one not in known]:
        raise ValueError(f"names {what} that is not there: {', '.join(unknown)}")
    return named


class LocalFloor(_Signed):
    """A promise of the council's own: ways in it keeps everywhere for some services."""

    id: str = Field(pattern=r"^L\d+$")
    title: str = Field(min_length=1, max_length=80)
    services: Annotated[_Words, AfterValidator(_services)] = ()  # none: every service
    channels: Annotated[_Words, AfterValidator(_ways_in)] = Field(min_length=1)
    reason: str = Field(min_length=1)
    protected_characteristics: _Words = ("age", "disability")


@dataclass(frozen=True)
class Local:
    """A council's own judgement, ready for an assessment. Make it with :func:`read_local`."""

    services: Mapping[str, Service]
    thresholds: Mapping[str, Threshold] | None
    floors: Mapping[str, Floor] | None
    notices: tuple[str, ...]


def read_local(
    services: str | Path | None = None,
    thresholds: str | Path | None = None,
    floors: str | Path | None = None,
    version: str | None = None,
    today: date | None = None,
) -> Local:
    """Read a council's own files and lay them over ours.

    Parameters
    ----------
    services
        CSV or TOML (``[[service]]``), one row a service and editor: ``id``, the changed columns of
        ``services.csv`` only (a blank cell is unchanged), ``by``, ``on``, ``why``.
    thresholds
        CSV or TOML (``[[threshold]]``): ``measure, low, high, by, on, why``; measures not named keep ours.
    floors
        CSV or TOML (``[[floor]]``): ``id`` (L1, L2 ...), ``title, services, channels, reason, by, on, why``;
        several values are joined by ``|`` in CSV. No services means all.
    version
        Version of our thresholds that stands underneath; the current one when None.
    today
        Nothing can have been decided after this day; the clock's when None.

    Raises
    ------
    DataRefused
        With every mistake of all the files: file, line, column, value, what to do.
    UsageError
        When a file is not there.
    """
    problems: list[Problem] = []
    version = judgement.current_thresholds() if version is None else version
    profiles = dict(judgement.services())
    notices: list[str] = []
    held_floors: dict[str, Floor] | None = None
    held_thresholds: dict[str, Threshold] | None = None
    if services is not None:
        profiles, said = _overlaid(profiles, Path(services), problems, today)
        notices += said
    if floors is not None:
        promises = _read(Path(floors), "floor", LocalFloor, problems, today)
        held_floors, profiles, said = _promised(promises, profiles, Path(floors).name, problems)
        notices += said
    if thresholds is not None:
        own = _read(Path(thresholds), "threshold", LocalThreshold, problems, today)
        held_thresholds, said = _thresholds(own, version, Path(thresholds).name, problems)
        notices += said
    if problems:
        raise DataRefused(problems)
    return Local(profiles, held_thresholds, held_floors, tuple(notices))


# --------------------------------------------------------------------------- service profiles


def _overlaid(held: Mapping[str, Service], path: Path, problems: list[Problem], today: date | None) -> tuple[dict[str, Service], list[str]]:
    result, seen, notices = dict(held), dict[tuple[str, str], str](), []
    signatures: dict[str, list[str]] = {}
    for where, row in _rows(path, "service", problems):
        cells = {name: value for name, value in row.items() if name not in ("id", "by", "on", "why") and value not in (None, "")}
        name = str(row.get("id") or "")
        found = len(problems)
        if name not in result:
            problems.append(Problem(where, "is not a service we know", name, "Run 'exclusion services' for the list."))
        for column in cells:
            if column not in EDITABLE:
                problems.append(Problem(where, f"'{column}' is not a column a council can change", "", f"Use: {', '.join(EDITABLE)}."))
            elif (name, column) in seen:
                problems.append(
                    Problem(where, f"'{column}' of {name} is changed twice", "", f"Keep one; the other is at {seen[name, column]}.")
                )
            seen[name, column] = where
        signed = {key: row[key] for key in ("by", "on", "why") if row.get(key) not in (None, "")}
        change = _model(
            ProfileChange, {"id": name, "cells": {key: cell_text(value) for key, value in cells.items()}, **signed}, where, problems, today
        )
        if change is None or len(problems) > found:
            continue
        if not cells:
            problems.append(Problem(where, "changes nothing", "", "Give the changed columns, or delete the row."))
            continue
        signatures.setdefault(name, []).append(change.signature)
        changed = _changed(result[name], change, "; ".join(dict.fromkeys(signatures[name])), where, problems)
        if changed is not None:
            cells_said = join_words([f"{key} from {cell_text(getattr(held[name], key))} to {value}" for key, value in change.cells.items()])
            notices.append(
                f"The profile of {changed.service_name} is the council's, {change.signature}: {cells_said}. Reason given: {change.why}"
            )
            result[name] = changed
    return result, notices


def _changed(service: Service, change: ProfileChange, signatures: str, where: str, problems: list[Problem]) -> Service | None:
    row = {key: cell_text(value) if isinstance(value, tuple) else value for key, value in service.model_dump().items()}
    row |= change.cells
    row |= {"profile_version": f"council, {signatures}", "why": f"{service.why} Changed {change.signature}: {change.why}"}
    changed = _model(Service, row, where, problems)
    if changed is None:
        return None
    found = len(problems)
    if lost := [name for name in service.floor_channels if name not in changed.floor_channels]:
        do = "The council-wide minimum can be added to, not taken away; put it back."
        problems.append(Problem(where, f"takes {', '.join(lost)} out of the minimum of {service.id}", "", do))
    if unknown := [name for name in changed.floor_channels if name not in judgement.channels()]:
        problems.append(Problem(where, "names a way in that is not there", ", ".join(unknown), f"Use: {', '.join(judgement.channels())}."))
    return changed if len(problems) == found else None


# --------------------------------------------------------------------------- floors and thresholds


def _promised(
    promises: Iterable[tuple[str, LocalFloor]], profiles: Mapping[str, Service], name: str, problems: list[Problem]
) -> tuple[dict[str, Floor], dict[str, Service], list[str]]:
    floors, result, notices = dict(judgement.floors()), dict(profiles), []
    for where, promise in promises:
        if promise.id in floors:
            problems.append(Problem(where, "this id is there twice", promise.id, "Give each promise its own."))
            continue
        floors[promise.id] = Floor(
            id=promise.id,
            title=promise.title,
            channels=promise.channels,
            short=f"The council's own promise: {promise.title}.",
            reason=f"{promise.reason} (The council's own promise, entered {promise.signature}.)",
            protected_characteristics=promise.protected_characteristics,
            confidence="the council's own",
            why=promise.why,
            reference=name,
            checked_on=promise.on,
            review_by=date.max,
        )
        for service_id in promise.services or tuple(profiles):
            service = result[service_id]
            result[service_id] = service.model_copy(
                update={
                    "floor_rules": (*service.floor_rules, promise.id),
                    "floor_channels": tuple(dict.fromkeys([*service.floor_channels, *promise.channels])),
                }
            )
        notices.append(f"Local minimum {promise.id}, {promise.title}, entered {promise.signature}. Reason given: {promise.why}")
    return floors, result, notices


def _thresholds(
    own: Iterable[tuple[str, LocalThreshold]], version: str, name: str, problems: list[Problem]
) -> tuple[dict[str, Threshold], list[str]]:
    held = dict(judgement.thresholds(version))
    said = []
    for where, local in own:
        if local.measure not in held:
            problems.append(Problem(where, "is not a measure with a threshold", local.measure, f"Use: {', '.join(held)}."))
            continue
        if local.high < local.low:
            problems.append(Problem(where, "high is below low", f"{local.low:g}, {local.high:g}", "Swap or mend them."))
            continue
        ours = held[local.measure]
        if ours.version.startswith("local"):
            problems.append(Problem(where, "this measure is there twice", local.measure, "Keep one row."))
            continue
        said.append(
            f"{judgement.measures()[local.measure].label}, {local.low:,.0f} and {local.high:,.0f} instead of {ours.low:,.0f} and "
            f"{ours.high:,.0f} ({local.signature}: {local.why})"
        )
        held[local.measure] = Threshold(
            id=f"local:{local.measure}",
            version=f"local, {local.signature}",
            indicator=local.measure,
            low=local.low,
            high=local.high,
            unit=ours.unit,
            test=ours.test,
            why=local.why,
            reference=name,
            checked_on=local.on,
            review_by=date.max,
        )
    notice = (
        f"Local thresholds, not the national version {version}: {'; '.join(said)}. Findings cannot be set beside those of other councils."
    )
    return held, [notice] if said else []


# --------------------------------------------------------------------------- reading

M = TypeVar("M", bound=BaseModel)


def _read(path: Path, key: str, model: type[M], problems: list[Problem], today: date | None) -> list[tuple[str, M]]:
    rows = [
        (where, _model(model, {k: v for k, v in row.items() if v not in (None, "")}, where, problems, today))
        for where, row in _rows(path, key, problems)
    ]
    return [(where, row) for where, row in rows if row is not None]


def _model(model: type[M], row: Mapping[str, Any], where: str, problems: list[Problem], today: date | None = None) -> M | None:
    try:
        made = model.model_validate(row)
        if isinstance(made, _Signed) and made.on > (today or date.today()):
            problems.append(Problem(where, "'on' lies after today", made.on.isoformat(), "Give the day it was decided."))
            return None
        return made
    except ValidationError as error:
        for mistake in error.errors():
            column = ".".join(str(part) for part in mistake["loc"])
            missing = mistake["type"] == "missing"
            said = str(mistake["msg"]).removeprefix("Value error, ")
            what = f"'{column}' is missing" if missing else f"'{column}': {said[:1].lower()}{said[1:]}"
            do = "Say who changed it, when and why." if column in ("by", "on", "why") else "Mend this line."
            problems.append(Problem(where, what, "" if missing else str(mistake["input"])[:80], do))
        return None


def _rows(path: Path, key: str, problems: list[Problem]) -> list[tuple[str, dict[str, Any]]]:
    """The rows of a CSV or TOML file, each with the place to name in a message."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(Problem(f"{key}s", "there is no such file", str(path), "Check its name and folder.")) from None
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "is not a text file", "", "Save it as CSV UTF-8 or TOML."))
        return []
    if path.suffix.casefold() == ".csv":
        reader = csv.DictReader(text.splitlines(), restkey="too many cells")
        try:
            return [(f"{path.name}, line {reader.line_num}", {str(k).strip(): v for k, v in row.items()}) for row in reader]
        except csv.Error as error:
            problems.append(Problem(path.name, f"cannot be read as CSV: {error}", "", "Save it as 'CSV UTF-8' again."))
            return []
    try:
        tables = toml_document(text, path.name).get(key, [])
    except DataRefused as refused:
        problems += refused.problems
        return []
    if not isinstance(tables, list) or not all(isinstance(row, dict) for row in tables):
        problems.append(Problem(path.name, f"has no [[{key}]] tables", "", f"Start each with [[{key}]]."))
        return []
    return [(f"{path.name}, {key} {number}", row) for number, row in enumerate(tables, start=1)]


def cell_text(value: Any) -> str:
    """A cell of a profile as its CSV holds it: several values joined by ``|``."""
    return "|".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


# --------------------------------------------------------------------------- which file is which

_KINDS = {"service": "services", "threshold": "thresholds", "floor": "floors"}


def read_local_files(paths: Iterable[str | Path], version: str | None = None) -> Local:
    """:func:`read_local` for files in any order: each says by its headings, or the names of its tables, what it holds.

    A CSV with a column ``measure`` holds thresholds, one with ``channels`` floors, any other service
    profiles. A TOML file may hold several of them.

    Raises
    ------
    DataRefused
        When a file holds none of them, or two hold the same.
    """
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in map(Path, paths):
        kinds = _held(path, problems)
        for kind in kinds:
            if kind in found:
                problems.append(Problem(path.name, f"holds {kind}, and so does {found[kind].name}", "", "Put them in one file."))
            found[kind] = path
    if problems:
        raise DataRefused(problems)
    return read_local(found.get("services"), found.get("thresholds"), found.get("floors"), version)


def _held(path: Path, problems: list[Problem]) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(Problem("local", "there is no such file", str(path), "Check its name and folder.")) from None
    except (UnicodeDecodeError, IsADirectoryError):
        problems.append(Problem(path.name, "is not a text file", "", "Save it as CSV UTF-8 or TOML."))
        return []
    if path.suffix.casefold() == ".csv":
        headings = {name.strip() for name in next(csv.reader(text.splitlines()), [])}
        return ["thresholds" if "measure" in headings else "floors" if "channels" in headings else "services"]
    try:
        tables = toml_document(text, path.name)
    except DataRefused as refused:
        problems += refused.problems
        return []
    if not tables or set(tables) - set(_KINDS):
        do = "Use [[service]], [[threshold]] and [[floor]] tables only."
        problems.append(Problem(path.name, "holds no local judgement, or something else besides", ", ".join(set(tables) - set(_KINDS)), do))
    return [_KINDS[name] for name in tables if name in _KINDS]
