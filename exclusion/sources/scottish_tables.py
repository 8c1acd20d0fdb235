"""Scotland's Census 2022 as the user downloaded it: no service can be asked, and a check for humans stands before the table builder.

A download is called ``table_<date>.csv`` or ``.xlsx`` whatever it holds, so tables are told by what is in
them: notes, a row of headings, then one row a data zone; ages may instead stand below each zone's code.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused, Problem, SourceUnreachable
from exclusion.sources import archive
from exclusion.sources.asking import Ask, Got
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import areas_of, numbers_of, text_of
from exclusion.sources.scotland import DZ11, RENTED, ZONES

ZONE = re.compile(DZ11)
BANDS = ((0, 4), (5, 9), (10, 14), (15, 15), (16, 17), (18, 19), (20, 24), (25, 29), (30, 34), (35, 39), (40, 44), (45, 49),
         (50, 54), (55, 59), (60, 64), (65, 69), (70, 74), (75, 79), (80, 84), (85, 999))  # fmt: skip
FEWEST_HEADINGS = 3
MOST_NAMED = 4
"""So many files that are not the table are named; a folder of downloads may hold hundreds."""


@dataclass(frozen=True)
class Download:
    """One table of the builder: what its headings must hold, and the file we write."""

    id: str
    title: str
    file: str
    columns: Mapping[str, str]
    """Our columns: what a heading must match. Blank for ages, which are read as numbers."""


TABLES = (
    Download("age", "Age", "census/scotland/census2022_age_sex_dz11.csv.gz", {}),
    Download(
        "disability",
        "Disability (day-to-day activities)",
        "census/scotland/census2022_disability_dz11.csv.gz",
        {
            "total": r"all people",
            "limited_a_lot": r".*limited a lot",
            "limited_a_little": r".*limited a little",
            "not_limited": r".*not limited",
        },
    ),
    Download(
        "tenure",
        "Household tenure",
        "census/scotland/census2022_tenure_dz11.csv.gz",
        {"total_households": r"all (occupied )?households", RENTED: r"social rented(?!.*total)"},
    ),
)


def fetch(fetcher: Fetcher, addresses: Mapping[str, Any], table: Download) -> pd.DataFrame:
    """One table for every data zone: ``dz11cd`` and the columns of our file.

    Raises
    ------
    SourceUnreachable
        When it is in no file of the folder given with ``--from``; says which table to choose where.
    DataRefused
        When the file that holds it is not whole.
    """
    about = addresses["scotland_census"]
    ask = Ask(f"{about['source']}, {table.title}", "", about["page"], {}, (), 300_000_000)
    others: list[str] = []
    for path in _downloads(fetcher, about["by_hand"]):
        grid = _grid(ask, path)
        head = _headings(grid)
        if head is None or not (wanted := _wanted(table, grid[head])):
            others.append(f"{path.name}: {_held_instead(grid, head)}")
            continue
        named = Ask(ask.source, path.name, about["page"], {}, (path.name,), ask.largest)
        got = fetcher.take_by_hand(named, path)
        return _read(named, got, table, grid, head, wanted)
    raise SourceUnreachable(
        Problem(
            ask.source,
            "has no service to ask, and no file you downloaded holds it",
            "; ".join(others[:MOST_NAMED]) or str(fetcher.hand or "no folder given"),
            f"Open {about['page']}, choose the table on '{table.title}' and 'Data Zone 2011' for its areas, download it as CSV, "
            "keep its name (table_...csv), and give its folder with --from.",
        )
    )


def _downloads(fetcher: Fetcher, patterns: list[str]) -> list[Path]:
    if fetcher.hand is None:
        return []
    return sorted({path for pattern in patterns for path in fetcher.hand.rglob(pattern) if path.is_file()})


def _held_instead(grid: list[list[str]], head: int | None) -> str:
    """What a file that is not the table holds, as its reader would say it: the headings, or its first words."""
    if head is not None:
        return "headings " + ", ".join(cell for cell in grid[head] if cell)[:160]
    first = " ".join(cell for row in grid[:3] for cell in row if cell)[:60]
    return f"no data zones of 2011, begins with {first}" if first else "cannot be read as a table"


def _grid(ask: Ask, path: Path) -> list[list[str]]:
    """Every cell as text; nothing where the file cannot be read: it may be another table altogether."""
    archive.burst(ask, path)
    try:
        if path.suffix.casefold() == ".csv":
            return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text_of(path.read_bytes())))]
        frame = pd.read_excel(path, header=None, dtype=object, engine="calamine")
        cells = frame.astype("string").fillna("")
        return [[str(cell).strip() for cell in row] for row in cells.itertuples(index=False)]
    except Exception:  # readers raise many kinds; a file that is not a table holds no table of ours
        return []


def _headings(grid: list[list[str]]) -> int | None:
    """The row of headings: the last with some words in it above the first zone."""
    first = next((row for row, cells in enumerate(grid) if any(ZONE.match(cell) for cell in cells[:3])), None)
    if first is None:
        return None
    rows = [row for row in range(first) if sum(1 for cell in grid[row] if cell) >= FEWEST_HEADINGS]
    return rows[-1] if rows else None


def _wanted(table: Download, headings: list[str]) -> dict[str, list[int]]:
    """Our columns and the places of the headings they are made of; empty where this is another table."""
    plain = [" ".join(heading.split()).casefold() for heading in headings]
    if table.columns:
        found = {}
        for ours, pattern in table.columns.items():
            found[ours] = [place for place, said in enumerate(plain) if re.fullmatch(pattern + r".*", said)]
        return found if all(len(places) == 1 for places in found.values()) else {}
    if {"all people", "female", "male"} <= set(plain):  # ages below each zone
        return {"total": [plain.index("all people")]}
    by_name = {_name(band): place for place, said in enumerate(plain) if (band := _band(said)) in BANDS}
    bands = {name: [by_name[name]] for name in map(_name, BANDS) if name in by_name}
    total = [place for place, said in enumerate(plain) if said.startswith(("all people", "total"))]
    return {"total": total, **bands} if len(total) == 1 and len(bands) == len(BANDS) else {}


def _band(said: str) -> tuple[int, int] | None:
    """``0 - 4``, ``Aged 16 to 17``, ``85 and over``, ``15`` as a band of ages."""
    if found := re.fullmatch(r"(?:aged? ?)?(\d+) ?(?:-|–|to) ?(\d+)(?: years)?", said):
        return int(found[1]), int(found[2])
    if found := re.fullmatch(r"(?:aged? ?)?(\d+)(?: years)? ?(?:and over|or over|\+)", said):
        return int(found[1]), 999
    if found := re.fullmatch(r"(?:aged? ?)?(\d+)(?: years)?", said):
        return int(found[1]), int(found[1])
    if found := re.fullmatch(r"(?:aged? ?)?(?:under|less than) (\d+)(?: years)?", said):
        return 0, int(found[1]) - 1
    return None


def _name(band: tuple[int, int]) -> str:
    first, last = band
    if last == 999:
        return f"a{first:02d}_plus"
    return f"a{first:02d}" if first == last else f"a{first:02d}_{last:02d}"


def _read(ask: Ask, got: Got, table: Download, grid: list[list[str]], head: int, wanted: Mapping[str, list[int]]) -> pd.DataFrame:
    if not table.columns and list(wanted) == ["total"]:
        found = _stacked(ask, grid[head + 1 :], wanted["total"][0])
    else:
        rows = [(code, row) for row in grid[head + 1 :] if (code := next((cell for cell in row[:3] if ZONE.match(cell)), ""))]
        zones = pd.Series([code for code, _ in rows], dtype=str)
        found = pd.DataFrame({"dz11cd": zones})
        for ours, places in wanted.items():
            cells = pd.Series([row[places[0]] if places[0] < len(row) else "" for _, row in rows], dtype=str)
            found[ours] = numbers_of(ask, cells, grid[head][places[0]], zones).astype("int64")
    areas_of(ask, found["dz11cd"], DZ11, ZONES[0], "data zones")
    # Cells are perturbed apart from their total, by a dozen or so; a part far larger than its whole is another table.
    parts = found.drop(columns="dz11cd")
    if (over := parts.gt(parts.iloc[:, 0] + 50, axis=0).any(axis=1)).any():
        raise DataRefused(ask.problem("holds parts larger than their total", str(found.loc[over, "dz11cd"].iloc[0])))
    return found.sort_values("dz11cd", ignore_index=True)


def _stacked(ask: Ask, rows: list[list[str]], place: int) -> pd.DataFrame:
    """Ages below each zone's code, one a row: ``All people`` is the first of the columns of numbers."""
    zone, seen = "", []
    for row in rows:
        if code := next((cell for cell in row[:3] if ZONE.match(cell)), ""):
            zone = code
            continue
        said = " ".join(next((cell for cell in row[:place] if cell), "").split()).casefold()
        number = row[place] if place < len(row) else ""
        band = _band(said)
        name = "total" if said in ("all people", "total") else _name(band) if band in BANDS else ""
        if zone and name and number:
            seen.append((zone, name, number))
    long = pd.DataFrame(seen, columns=["dz11cd", "name", "number"])
    long["number"] = numbers_of(ask, long["number"], "All people", long["dz11cd"])
    if (twice := long.duplicated(["dz11cd", "name"])).any():
        raise DataRefused(ask.problem(f"sends {int(twice.sum()):,} figures twice", str(long.loc[twice, "dz11cd"].iloc[0])))
    names = [_name(band) for band in BANDS]
    cells = long.pivot(index="dz11cd", columns="name", values="number").reindex(columns=["total", *names])
    if "total" not in set(long["name"]):
        cells["total"] = cells[names].sum(axis=1, min_count=len(names))
    if cells.isna().any().any():
        lost = cells.columns[cells.isna().any()][0]
        raise DataRefused(ask.problem(f"lacks the age '{lost}' in some zones", str(cells.index[cells[lost].isna()][0])))
    return cells.astype("int64").reset_index()
