"""How a judgement file is read: every entry says why, on what authority, and until when."""

from __future__ import annotations

import csv
import string
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from exclusion.contracts import DataRefused, Problem

FOLDER = Path(__file__).parent


class Entry(BaseModel):
    """One judgement. Unknown fields are refused, so a misspelt one cannot pass unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=0)

    id: str
    why: str
    reference: str
    checked_on: date
    review_by: date

    def due(self, today: date) -> str | None:
        """The sentence to print once the entry is past its review date, else None."""
        if today <= self.review_by:
            return None
        return f"This text was due to be checked on {self.review_by.day} {self.review_by:%B %Y}: {self.id}."


E = TypeVar("E", bound=Entry)


def read_entries(path: str | Path, model: type[E], key: str) -> dict[str, E]:
    """Entries of one file by id, in file order.

    Parameters
    ----------
    path
        A TOML file holding ``[[key]]`` tables, or a CSV file with one row each.
        A TOML file's own top-level ``why``, ``reference``, ``checked_on`` and ``review_by``
        are defaults for entries that do not give theirs.
    model
        The pydantic model of one entry.
    key
        Name of the array of tables.

    Raises
    ------
    DataRefused
        With every mistake in the file: entry, field, value, what to do.
    """
    path = Path(path)
    rows = _rows(path, key)
    entries: dict[str, E] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        name = str(row.get("id") or f"entry {number}")
        try:
            entry = model.model_validate(row)
        except ValidationError as error:
            for mistake in error.errors():
                field = ".".join(str(part) for part in mistake["loc"])
                value = "" if mistake["type"] == "missing" else repr(mistake["input"])
                problems.append(Problem(f"{path.name}, {key} '{name}'", f"{field}: {mistake['msg']}", value, "Mend this line of the file."))
            continue
        if entry.id in entries:
            problems.append(Problem(path.name, f"{key} '{entry.id}' is there twice", "", "Keep one of them."))
        entries[entry.id] = entry
    if problems:
        raise DataRefused(problems)
    return entries


def _rows(path: Path, key: str) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{name: value for name, value in row.items() if value != ""} for row in csv.DictReader(file)]
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataRefused(Problem(path.name, f"is not valid TOML: {error}", "", "Mend the line it names.")) from None
    shared: dict[str, Any] = {name: document[name] for name in ("why", "reference", "checked_on", "review_by") if name in document}
    return [{**shared, **row} for row in document.get(key, [])]


def overdue(entries: Iterable[Entry], today: date) -> list[str]:
    """What to print about entries past their review date, one sentence a file entry."""
    return [sentence for entry in entries if (sentence := entry.due(today))]


def only_fields(text: str, *known: str) -> None:
    """Refuse (ValueError, for a validator) a text with a ``{field}`` that nothing fills in."""
    used = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
    if used - set(known):
        raise ValueError(f"'{text}' uses {sorted(used - set(known))}; known are {sorted(known)}")
