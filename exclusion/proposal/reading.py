"""Reading a proposal: every mistake at once, each with the line to mend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from exclusion import own_counts, places
from exclusion.contracts import WARD_CODE, DataRefused, Gathered, Problem, UsageError, not_text_problems, spelled, toml_document
from exclusion.proposal.contacts import read_contacts
from exclusion.proposal.lines import Place, line_of, lines
from exclusion.proposal.model import UNSOUND, Proposal, place_faults, proposal_faults, service_faults, texts
from exclusion.release import find_councils
from exclusion.typed import typed

_DAYS = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of a proposal",
    "string_pattern_mismatch": "is not a ward code (letter and eight digits, such as E05000650)",
    "int_type": "is not a whole number of contacts",
    "greater_than_equal": "is below zero",
    "string_too_short": "is blank",
    "too_short": "is empty",
} | dict.fromkeys(_DAYS, "is not a day (year-month-day)")
_WRITTEN = "Mend that line: words stand in quotation marks, a day as 2027-04-01 without them, a list in brackets."
_TWICE = "Mend that line. A ward may be named once only: give counts for a ward, never a row for each case."
_DO = dict.fromkeys(_DAYS, "Give the day it takes effect, such as 2027-04-01.") | {
    "missing": "Add it.",
    "extra_forbidden": "Mend its name or leave it out; docs/proposals.md lists the fields. Nothing about a person or a case belongs here.",
}


def read(
    path: str | Path, areas: pd.DataFrame | None = None, councils: pd.DataFrame | None = None, listed: pd.DataFrame | None = None
) -> Proposal:
    """A proposal from a TOML file.

    Parameters
    ----------
    path
        The file; ``contacts_file`` in it is looked for beside it.
    areas
        The wards it may speak of (``area_code`` index, ``area_name``), to check codes and to let
        a contacts file use names.
    councils
        The councils it may name (``council_code, council_name``); those of ``areas`` when left out.
    listed
        The council's list of places, as ``places.read_places`` gives it, that its places must stand on.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake: line, field, value, what to do.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(Problem("proposal", "there is no such file", str(path), "Check its name and folder.")) from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise DataRefused(Problem(path.name, "is not a text file", "", "Give a TOML file saved as UTF-8.")) from None
    return parse(text, path.name, areas, path.parent, councils, listed)


def read_all(
    paths: Iterable[str | Path],
    areas: pd.DataFrame | None = None,
    councils: pd.DataFrame | None = None,
    listed: pd.DataFrame | None = None,
    gathered: Gathered | None = None,
) -> list[Proposal]:
    """:func:`read` for several files, with the mistakes of all of them, and those ``gathered`` from other files, told at once."""
    gathered = gathered or Gathered()
    found = [gathered.read(partial(read, path, areas, councils, listed)) for path in paths]
    gathered.refuse()
    return [one for one in found if one is not None]


def councils_named(paths: Iterable[str | Path], councils: pd.DataFrame) -> list[str]:
    """Codes of the councils that proposal files name, before anything is checked; what cannot be read or is not known is left out."""
    named: list[str] = []
    for path in paths:
        try:
            fields = toml_document(Path(path).read_text(encoding="utf-8-sig"), Path(path).name)
        except (OSError, UnicodeDecodeError, DataRefused):
            continue  # refused where it is read
        named += _known(fields, councils)[0]
    return list(dict.fromkeys(named))


def parse(
    text: str,
    where: str = "proposal",
    areas: pd.DataFrame | None = None,
    folder: Path | None = None,
    councils: pd.DataFrame | None = None,
    listed: pd.DataFrame | None = None,
) -> Proposal:
    """A proposal from TOML text; see :func:`read`. Without ``folder`` no contacts file can be read."""
    try:
        document = toml_document(text, where, _WRITTEN)
    except DataRefused as refused:
        # Python's reader says of a name that stands twice that it cannot be written over.
        twice = any("overwrite" in one.what or "twice" in one.what for one in refused.problems)
        raise DataRefused([replace(one, do=_TWICE) for one in refused.problems] if twice else refused.problems) from None
    return build(document, where, areas, folder, lines(text), councils, listed)


def build(
    given: Mapping[str, Any],
    where: str = "proposal",
    areas: pd.DataFrame | None = None,
    folder: Path | None = None,
    found: dict[Place, int] | None = None,
    councils: pd.DataFrame | None = None,
    listed: pd.DataFrame | None = None,
) -> Proposal:
    """A proposal from ``given`` fields, such as those of a form; ``found`` says on which line each stands."""
    found = found or {}
    fields: dict[str, Any] = typed(dict(given))
    if problems := not_text_problems(fields, lambda at: _place(where, at, found)):
        raise DataRefused(problems)
    if councils is None and areas is not None and {"council_code", "council_name"} <= set(areas.columns):
        councils = areas
    here, away = _apart(fields, areas, councils)
    problems = _files(fields, where, here, away, folder, found)
    proposal: Proposal | None = None
    try:
        proposal = Proposal.model_validate(fields)
    except ValidationError as error:
        problems += [_problem(mistake, where, found) for mistake in error.errors() if mistake["type"] != UNSOUND]
    problems += _unsound(fields, where, found)
    if councils is not None:
        problems += _unknown_councils(fields, where, councils, found)
    if here is not None:
        problems += _unknown_wards(fields, where, here, away, found)
    if listed is not None:
        problems += _unlisted_places(fields, where, listed, found)
    if problems or proposal is None:
        raise DataRefused(problems)
    return proposal


def _place(where: str, loc: tuple[Any, ...], found: dict[Place, int]) -> str:
    line = line_of(loc, found)
    field = spelled(part for part in loc if part != "[key]")
    return ", ".join([where, *([f"line {line}"] if line else []), *([field] if field else [])])


def _problem(mistake: Any, where: str, found: dict[Place, int]) -> Problem:
    loc, kind = tuple(mistake["loc"]), str(mistake["type"])
    message = str(mistake["msg"]).removeprefix("Value error, ")
    what = _WORDS.get(kind, message if kind == "value_error" else message[:1].lower() + message[1:])
    given = mistake.get("input")
    value = str(given) if isinstance(given, str | int | float | date) and kind != "missing" else ""
    if kind == "extra_forbidden":
        value = ""  # it may be about a person
    return Problem(_place(where, loc, found), what, value[:80], _DO.get(kind, "Mend this line."))


def _known(fields: Mapping[str, Any], councils: pd.DataFrame) -> tuple[list[str], bool]:
    """Codes of the councils named that are known, and whether all are."""
    given = fields.get("councils")
    codes, every = [], isinstance(given, list | tuple) and bool(given)
    for name in given if isinstance(given, list | tuple) else ():
        try:
            codes += find_councils(councils, [name] if isinstance(name, str) and name.strip() else [])
        except UsageError:
            every = False
    return codes, every and bool(codes)


def _apart(
    fields: Mapping[str, Any], areas: pd.DataFrame | None, councils: pd.DataFrame | None
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """The wards of the councils named, and those of other councils; all and none while it is not known which councils are meant."""
    if areas is None or councils is None or not {"council_code", "council_name"} <= set(areas.columns):
        return areas, None
    codes, every = _known(fields, councils)
    if not every:
        return areas, None
    inside = areas["council_code"].isin(codes)
    return areas[inside], areas[~inside]


def _files(
    fields: dict[str, Any],
    where: str,
    areas: pd.DataFrame | None,
    away: pd.DataFrame | None,
    folder: Path | None,
    found: dict[Place, int],
) -> list[Problem]:
    """Replace each contacts_file by what it holds; return what is wrong with them."""
    problems: list[Problem] = []
    services = fields.get("service")
    if not isinstance(services, list):
        return problems
    fields["service"] = held = [dict(item) if isinstance(item, Mapping) else item for item in services]
    for number, item in enumerate(held):
        name = item.get("contacts_file") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name.strip() or "contacts_by_ward" in item:
            continue
        place = _place(where, ("service", number, "contacts_file"), found)
        if folder is None:
            problems.append(Problem(place, "a file can be named only in a proposal that is itself a file", name, "Give contacts_by_ward."))
            continue
        try:
            item["contacts_by_ward"] = read_contacts((folder / name).read_bytes(), areas, name, away)
            item["contacts_file"] = ""
        except OSError:
            problems.append(Problem(place, "there is no such file", name, "Put it beside the proposal, or mend the name."))
        except DataRefused as refused:
            problems += refused.problems
    return problems


def _tables(fields: Mapping[str, Any], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    """The tables of one name that are tables, each with its place."""
    given = fields.get(name)
    return [(number, one) for number, one in enumerate(given) if isinstance(one, Mapping)] if isinstance(given, list | tuple) else []


def _unsound(fields: Mapping[str, Any], where: str, found: dict[Place, int]) -> list[Problem]:
    """What does not go together, told whether or not the fields are right in themselves."""
    told: list[tuple[tuple[Any, ...], str]] = [((), fault) for fault in proposal_faults(fields)]
    for name, faults in (("service", service_faults), ("place", place_faults)):
        told += [((name, number), fault) for number, one in _tables(fields, name) for fault in faults(one)]
    return [Problem(_place(where, loc, found), what, "", "Mend this line.") for loc, what in told]


def _unknown_councils(fields: Mapping[str, Any], where: str, councils: pd.DataFrame, found: dict[Place, int]) -> list[Problem]:
    problems = []
    given = fields.get("councils")
    for number, name in enumerate(given if isinstance(given, list | tuple) else ()):
        try:
            find_councils(councils, [name] if isinstance(name, str) and name.strip() else [])
        except UsageError as refused:
            place = _place(where, ("councils", number), found)
            problems += [Problem(place, problem.what, problem.value, problem.do) for problem in refused.problems]
    return problems


def _unknown_wards(
    fields: Mapping[str, Any], where: str, areas: pd.DataFrame, away: pd.DataFrame | None, found: dict[Place, int]
) -> list[Problem]:
    named: list[tuple[tuple[Any, ...], str]] = []
    for kind in ("service", "place"):
        for number, one in _tables(fields, kind):
            named += [((kind, number, "wards"), code) for code in texts(one.get("wards"))]
            by_ward = one.get("contacts_by_ward")
            named += [((kind, number, "contacts_by_ward", code), code) for code in (by_ward if isinstance(by_ward, Mapping) else ())]
    advice = "Check the council, and that the codes are of wards of May 2025."
    problems = []
    for loc, code in named:
        if not re.match(WARD_CODE, code) or code in areas.index:
            continue  # what is no code is told as such
        elsewhere = own_counts.elsewhere(code, away)
        what = f"is not a ward of the councils named{f': {elsewhere}' if elsewhere else ''}"
        problems.append(Problem(_place(where, loc, found), what, code, own_counts.OTHERS if elsewhere else advice))
    return problems


def _unlisted_places(fields: Mapping[str, Any], where: str, listed: pd.DataFrame, found: dict[Place, int]) -> list[Problem]:
    problems = []
    for number, one in _tables(fields, "place"):
        name, hours = one.get("name"), one.get("hours_left")
        if not isinstance(name, str) or not name.strip():
            continue
        thinned = one.get("change") == places.FEWER_HOURS
        change = float(hours) if thinned and isinstance(hours, int | float) and 0 < hours <= 168 else places.CLOSES
        try:
            places.change(listed, {name.strip(): change})
        except UsageError as refused:
            place = _place(where, ("place", number, "hours_left" if "hours a week" in str(refused) else "name"), found)
            problems += [Problem(place, problem.what, problem.value or name.strip(), problem.do) for problem in refused.problems]
    return problems
