"""Reading a proposal: every mistake at once, each with the line to mend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from exclusion.contracts import DataRefused, Problem, UsageError, toml_document
from exclusion.proposal.contacts import read_contacts
from exclusion.proposal.lines import Place, line_of, lines
from exclusion.proposal.model import Proposal

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of a proposal",
    "string_pattern_mismatch": "is not a ward code (letter and eight digits, such as E05000650)",
    "int_type": "is not a whole number of contacts",
    "greater_than_equal": "is below zero",
    "string_too_short": "is blank",
    "too_short": "is empty",
}
_DO = {
    "missing": "Add it.",
    "extra_forbidden": "Mend its name or leave it out; docs/proposals.md lists the fields. Nothing about a person or a case belongs here.",
}


def read(path: str | Path, areas: pd.DataFrame | None = None) -> Proposal:
    """A proposal from a TOML file.

    Parameters
    ----------
    path
        The file; ``contacts_file`` in it is looked for beside it.
    areas
        The wards it may speak of (``area_code`` index, ``area_name``), to check codes and to let
        a contacts file use names.

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
    return parse(text, path.name, areas, path.parent)


def parse(text: str, where: str = "proposal", areas: pd.DataFrame | None = None, folder: Path | None = None) -> Proposal:
    """A proposal from TOML text; see :func:`read`. Without ``folder`` no contacts file can be read."""
    advice = "Mend that line. A ward may be named once only: give counts for a ward, never a row for each case."
    document = toml_document(text, where, advice)
    return build(document, where, areas, folder, lines(text))


def build(
    fields: Mapping[str, Any],
    where: str = "proposal",
    areas: pd.DataFrame | None = None,
    folder: Path | None = None,
    found: dict[Place, int] | None = None,
) -> Proposal:
    """A proposal from fields, such as those of a form; ``found`` says on which line each stands."""
    found = found or {}
    fields = dict(fields)
    problems = _files(fields, where, areas, folder, found)
    proposal: Proposal | None = None
    try:
        proposal = Proposal.model_validate(fields)
    except ValidationError as error:
        problems += [_problem(mistake, where, found) for mistake in error.errors()]
    if proposal is not None and areas is not None:
        problems += _unknown_wards(proposal, where, areas, found)
    if problems or proposal is None:
        raise DataRefused(problems)
    return proposal


def _place(where: str, loc: tuple[Any, ...], found: dict[Place, int]) -> str:
    line = line_of(loc, found)
    field = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in loc if part != "[key]")
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


def _files(fields: dict[str, Any], where: str, areas: pd.DataFrame | None, folder: Path | None, found: dict[Place, int]) -> list[Problem]:
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
            item["contacts_by_ward"] = read_contacts((folder / name).read_bytes(), areas, name)
            item["contacts_file"] = ""
        except OSError:
            problems.append(Problem(place, "there is no such file", name, "Put it beside the proposal, or mend the name."))
        except DataRefused as refused:
            problems += refused.problems
    return problems


def _unknown_wards(proposal: Proposal, where: str, areas: pd.DataFrame, found: dict[Place, int]) -> list[Problem]:
    named: list[tuple[tuple[Any, ...], str]] = []
    for number, change in enumerate(proposal.service):
        named += [(("service", number, "wards"), code) for code in change.wards]
        named += [(("service", number, "contacts_by_ward", code), code) for code in change.contacts_by_ward]
    for number, place in enumerate(proposal.place):
        named += [(("place", number, "wards"), code) for code in place.wards]
    advice = "Check the council, and that the codes are of wards of May 2025."
    what = "is not a ward of the councils named"
    return [Problem(_place(where, loc, found), what, code, advice) for loc, code in named if code not in areas.index]
