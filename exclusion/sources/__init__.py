"""Publishers' files, one module each, checked on arrival.

A reader takes the folder of gathered files and returns plain tables keyed by the code the
publisher used, with a :class:`Source` that says whose figures they are. Nothing here knows
about wards or scores.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from exclusion.contracts import DataRefused, Problem, SourceUnreachable

OGL = "Open Government Licence v3.0"


@dataclass(frozen=True)
class Source:
    """One published dataset: whose it is, what date it describes, and on what terms."""

    id: str
    title: str
    publisher: str
    period: str
    url: str
    licence: str = OGL
    attribution: str = "Source: Office for National Statistics licensed under the Open Government Licence v3.0"
    note: str = ""
    files: tuple[tuple[str, str, int], ...] = field(default=())
    """Name, sha256 and number of rows of each file read."""


@dataclass(frozen=True)
class Arrived:
    """A table that passed the checks at the door, with the file it came from."""

    table: pd.DataFrame
    file: tuple[str, str, int]


def gathered_file(folder: Path, name: str) -> Path:
    """The path of a gathered file.

    Raises
    ------
    SourceUnreachable
        When it is not there, with what to do.
    """
    path = folder / name
    if not path.is_file():
        raise SourceUnreachable(
            Problem(name, "is not in the folder of published tables", str(folder), "Fetch it, or give the folder that holds it.")
        )
    return path


FETCHED = "fetched.json"
"""Written into a folder of fetched files: what each holds and where it came from."""


def fetched_rows(folder: Path) -> dict[str, int]:
    """Rows of each fetched file: one council's has fewer than the nation's, and exactly these."""
    path = folder / FETCHED
    if not path.is_file():
        return {}
    try:
        return {name: int(about["rows"]) for name, about in json.loads(path.read_text(encoding="utf-8"))["files"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise DataRefused(Problem(FETCHED, f"cannot be read: {error}", str(folder), "Run 'exclusion fetch' again.")) from None


def arrive(
    folder: Path,
    name: str,
    *,
    key: str | list[str],
    numbers: list[str] | None = None,
    texts: list[str] | None = None,
    code: str | None = None,
    rows: tuple[int, int] | None = None,
    signed: tuple[str, ...] = (),
    blanks: tuple[str, ...] = (),
    repeats: bool = False,
) -> Arrived:
    """Read one gathered CSV and check header, key, codes, row count and numbers at once.

    Parameters
    ----------
    folder, name
        Root of the gathered files and the path below it.
    key
        Column or columns that identify a row; repeated keys are refused, since a join would
        double the figures.
    numbers, texts
        Columns wanted. Numbers must be numbers and not below zero, unless in ``signed``;
        blank only where named in ``blanks``.
    code
        Pattern every key of the first key column must match (the edition's codes).
    rows
        Fewest and most rows the edition can have; fewer means a cut-off file.
    repeats
        Whether a key may repeat: only where rows are places, never where they are counts.

    Raises
    ------
    SourceUnreachable
        When the file is not there or cannot be read.
    DataRefused
        With every problem found.
    """
    path = gathered_file(folder, name)
    keys = [key] if isinstance(key, str) else list(key)
    if name in (fetched := fetched_rows(folder)):
        rows = (fetched[name], fetched[name])
    wanted = keys + (texts or []) + (numbers or [])
    data = path.read_bytes()
    try:
        header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataRefused(
            Problem(name, f"cannot be read as a table: {error}", "", "It may be cut off or not a CSV; fetch it again.")
        ) from None
    missing = [column for column in wanted if column not in header]
    if missing:
        raise DataRefused(
            [
                Problem(name, f"column '{column}' is missing", ", ".join(header[:6]), "The publisher may have renamed it.")
                for column in missing
            ]
        )
    try:
        table = pd.read_csv(path, usecols=wanted, dtype=dict.fromkeys(keys + (texts or []), str), encoding="utf-8-sig")[wanted]
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise DataRefused(Problem(name, f"cannot be read to its end: {error}", "", "It may be cut off; fetch it again.")) from None
    problems = list(_problems(table, name, keys, numbers or [], code, rows, signed, blanks, repeats))
    if problems:
        raise DataRefused(problems)
    return Arrived(table, (name, hashlib.sha256(data).hexdigest(), len(table)))


def _problems(
    table: pd.DataFrame,
    name: str,
    keys: list[str],
    numbers: list[str],
    code: str | None,
    rows: tuple[int, int] | None,
    signed: tuple[str, ...],
    blanks: tuple[str, ...],
    repeats: bool,
) -> list[Problem]:
    problems: list[Problem] = []
    if rows and not rows[0] <= len(table) <= rows[1]:
        problems.append(
            Problem(
                name, f"has {len(table):,} rows, {rows[0]:,} to {rows[1]:,} were expected", "", "It may be cut off or of another edition."
            )
        )
    twice = table[table.duplicated(keys)]
    if len(twice) and not repeats:
        problems.append(
            Problem(name, f"{len(twice)} rows repeat the same {' and '.join(keys)}", str(twice[keys[0]].iloc[0]), "Keep one row for each.")
        )
    if code:
        wrong = table[~table[keys[0]].fillna("").str.match(code)]
        if len(wrong):
            problems.append(
                Problem(
                    name,
                    f"column '{keys[0]}': {len(wrong)} codes are not of the edition expected",
                    str(wrong[keys[0]].iloc[0]),
                    f"Codes must match {code}.",
                )
            )
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        text = table[values.isna() & table[column].notna()]
        if len(text):
            problems.append(
                Problem(
                    name, f"column '{column}' holds text where a number should be, at {text[keys[0]].iloc[0]}", str(text[column].iloc[0])
                )
            )
        blank = table[table[column].isna()]
        if len(blank) and column not in blanks:
            problems.append(
                Problem(
                    name,
                    f"column '{column}' is blank in {len(blank)} rows, at {blank[keys[0]].iloc[0]}",
                    "",
                    "Say so in the reader if blanks are expected.",
                )
            )
        below = table[values < 0]
        if len(below) and column not in signed:
            problems.append(Problem(name, f"column '{column}' is below zero at {below[keys[0]].iloc[0]}", str(below[column].iloc[0])))
    return problems


def counts(count: pd.Series, of: pd.Series) -> pd.DataFrame:
    """A measure by small area: ``count, of``, with no range."""
    frame = pd.DataFrame({"count": count.astype(float), "of": of.astype(float)})
    frame["low"] = frame["high"] = frame["count"]
    return frame


def withheld(count: pd.Series, of: pd.Series, fewer_than: int) -> pd.DataFrame:
    """A measure whose blank cells were withheld for being small.

    A withheld cell is known to lie between 0 and ``fewer_than - 1`` (or ``of``, if smaller).
    It takes the middle of that range and carries the range in ``low`` and ``high``; it is
    never read as zero.
    """
    frame = counts(count.clip(upper=of), of)
    top = frame["of"].clip(upper=fewer_than - 1)
    blank = frame["count"].isna() & frame["of"].notna()
    frame.loc[blank, "low"] = 0.0
    frame.loc[blank, "high"] = top[blank]
    frame.loc[blank, "count"] = top[blank] / 2
    return frame
