"""Which column of a council's own table is the code of the area, which its name, and which hold numbers.

CSV, workbook or GeoPackage. A table with a row for each person or case is refused here, before any of it is used.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from exclusion.contracts import SMALL_AREA_CODE, WARD_CODE, DataRefused, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.own import personal, sheets
from exclusion.words import join_words

NOT_GIVEN = ("", "*", "-", "n/a", "na", "..", ":", "x", "[c]", "suppressed", "withheld")
NAMES = ("area_name", "ward_name", "ward", "name", "wards", "area", "electoral_ward")
PASSED_OVER = (
    "council",
    "council_code",
    "council_name",
    "period",
    "year",
    "date",
    "district",
    "local_authority",
    "fid",
    "ogc_fid",
    "objectid",
    "gid",
)
LONGEST = 5.0
"""Seconds a layer may take to come."""
LEVELS = {"ward": WARD_CODE, "small area": SMALL_AREA_CODE}
_HEADING_WITHIN = 20


@dataclass(frozen=True)
class Column:
    """One column of the file and what we take it for: code, name, number, share (a percentage) or other."""

    heading: str
    kind: str
    filled: int
    example: str


@dataclass(frozen=True)
class Look:
    """What a file seems to hold, before any of it is used."""

    where: str
    columns: tuple[Column, ...]
    level: str
    """"ward" or "small area"."""
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    """Line and cells of every row below the headings."""

    def of_kind(self, *kinds: str) -> list[str]:
        """Headings of the columns taken for some kinds."""
        return [column.heading for column in self.columns if column.kind in kinds]

    def table(self) -> pd.DataFrame:
        """The columns as a table to show: heading, what it is taken for, how many cells are filled, the first of them."""
        return pd.DataFrame(
            [(c.heading, c.kind, c.filled, c.example) for c in self.columns], columns=["column", "taken_for", "filled", "first"]
        )


def look(source: Path | bytes, where: str, sheet: str | None = None) -> Look:
    """Which column is the code, which the name, which hold numbers.

    Parameters
    ----------
    source
        CSV, Excel workbook or GeoPackage; a title above the headings does not matter.

    Raises
    ------
    UsageError, DataRefused
        When it cannot be read, or holds what looks like persons or cases.
    """
    numbered = numbered_rows(source, where, sheet)
    at = _heading(numbered)
    if at is None:
        raise DataRefused(Problem(where, "has no row of headings with rows below", "", "Start with headings such as: ward_code, contacts."))
    headings = [re.sub(r"\s+", " ", cell) for cell in numbered[at][1]]
    width = len(headings)
    rows = tuple((line, (*row[:width], *[""] * (width - len(row)))) for line, row in numbered[at + 1 :])
    if problems := personal.problems([(numbered[at][0], headings), *((line, list(row)) for line, row in rows)], where):
        raise DataRefused(problems)
    columns, level = _columns(headings, [row for _, row in rows])
    return Look(where, columns, level, rows)


def numbered_rows(source: Path | bytes, where: str, sheet: str | None = None) -> list[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank, of a CSV file, workbook or GeoPackage.

    Raises
    ------
    UsageError, DataRefused
        As :func:`exclusion.own.sheets.rows`, and for more rows than there are areas.
    """
    start = source[:16] if isinstance(source, bytes) else b""
    if isinstance(source, Path) and source.is_file():
        with source.open("rb") as file:
            start = file.read(16)
    if start.startswith(b"SQLite format 3"):
        return _geopackage(source, where, sheet)
    most = own_rules().brought.most_rows
    with sheets.rows(source, where, sheet) as rows:
        numbered = []
        for number, row in enumerate(rows, start=1):
            if not any(row):
                continue
            if number > most:
                do = "Give one row for each area. To count cases by ward use 'exclusion count'."
                raise DataRefused(Problem(where, f"has over {most:,} rows, more than there are areas", "", do))
            numbered.append((number, row))
    return numbered


def _geopackage(source: Path | bytes, where: str, layer: str | None) -> list[tuple[int, list[str]]]:
    """The attributes of a layer. A GeoPackage is a SQLite database, read here in memory, so that nothing is written beside it."""
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        with closing(sqlite3.connect(":memory:")) as base:
            base.deserialize(content)
            until = time.monotonic() + LONGEST
            base.set_progress_handler(lambda: time.monotonic() > until, 100_000)  # a view can be written that never ends
            names = [
                str(row[0]) for row in base.execute("select table_name from gpkg_contents where data_type in ('features', 'attributes')")
            ]
            shapes = {str(row[0]) for row in base.execute("select column_name from gpkg_geometry_columns")}
            if layer is not None and layer not in names:
                raise UsageError(Problem("--sheet", "is not a layer of the GeoPackage", layer, f"It has: {join_words(names)}."))
            name = layer or names[0]
            found = base.execute('select * from "' + name.replace('"', '""') + f'" limit {own_rules().brought.most_rows + 2}')
            kept = [place for place, column in enumerate(found.description) if column[0] not in shapes]
            headings = [str(found.description[place][0]) for place in kept]
            rows = [[sheets.as_text(row[place]) for place in kept] for row in found]
    except (sqlite3.Error, IndexError, UnicodeDecodeError):
        raise DataRefused(Problem(where, "cannot be read as a GeoPackage", "", "Export it again, or save its table as CSV.")) from None
    return list(enumerate([headings, *rows], start=1))


def _heading(rows: Sequence[tuple[int, list[str]]]) -> int | None:
    """The row of headings: the first of two filled cells or more, none of them a code or a number, with rows below."""
    for at, (_, row) in enumerate(rows[:_HEADING_WITHIN]):
        filled = [cell for cell in row if cell]
        plain = not any(re.match(r"^[EWSN]\d{8}$", cell) or re.fullmatch(r"[\d,.]+", cell) for cell in filled)
        if len(filled) > 1 and plain and at + 1 < len(rows):
            return at
    return None


def _columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[Column, ...], str]:
    kinds: list[str] = []
    levels: dict[int, str] = {}
    for place, heading in enumerate(headings):
        cells = [row[place] for row in rows if row[place].casefold() not in NOT_GIVEN]
        plain = re.sub(r"\W+", "_", heading).strip("_").casefold()
        level = next((name for name, pattern in LEVELS.items() if _most(bool(re.match(pattern, cell.upper())) for cell in cells)), "")
        if level and level not in levels.values() and not levels:
            levels[place] = level
            kinds.append("code")
        elif plain in PASSED_OVER or not heading or level or any(re.match(r"^[EWSN]\d{8}$", cell) for cell in cells[:3]):
            kinds.append("other")
        elif plain in NAMES or plain.endswith("nm") or "ward" in plain.split("_"):
            kinds.append("name" if "name" not in kinds else "other")
        elif cells and sum(is_number(cell) for cell in cells) >= 0.5 * len(cells):
            kinds.append("share" if "%" in heading or any("%" in cell for cell in cells) else "number")
        else:
            kinds.append("other")
    columns = []
    for place, (heading, kind) in enumerate(zip(headings, kinds, strict=True)):
        cells = [row[place] for row in rows if row[place]]
        columns.append(Column(heading, kind, len(cells), cells[0] if cells else ""))
    return tuple(columns), next(iter(levels.values()), "ward")


def _most(of: Iterable[bool]) -> bool:
    """Whether four in five and at least one are."""
    held = list(of)
    return bool(held) and sum(held) >= 0.8 * len(held)


def is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+£]?[\d,]*\.?\d+(e-?\d+)?\s*%?", cell))
