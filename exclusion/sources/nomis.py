"""Nomis: Census 2021 tables by small area, by its API or from its bulk files.

The API cuts an answer at 25,000 rows without a word, doubles rows when no measure is named, mixes
subtotals with leaves, and may send an error as a page with 200. Each question here is small enough not
to be cut, pages on if there is more, and is counted: areas x categories, no more and no less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources import archive
from exclusion.sources.asking import Ask, Got
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import csv_of

PERTURBED = 0.001
"""Small areas may add up to so much more or less than the published total: ONS changes cells a little."""
PARTS = 15
"""Leaves of one area may miss its total by so much before it is taken for a wrong answer."""


@dataclass(frozen=True)
class Table:
    """One census table, as the addresses file describes it."""

    id: str
    dataset: str
    dimension: str
    file: str
    title: str
    columns: Mapping[str, tuple[int, str]]
    """Our columns, the total first: the category's code in the API, its words in the bulk files."""
    published: int
    everywhere: bool
    source: str
    base: str
    bulk: str
    page: str
    rows_in_an_answer: int
    codes_in_a_question: int
    small_areas: str
    rows: int
    key: str = "lsoa21cd"
    """The column of area codes in our file."""
    level: str = "lsoa"
    """What its file in a bulk zip is of: wards are in a second zip, ``...-extra.zip``."""
    in_words: bool = False
    """Every category, named: for a table whose codes nobody wrote down."""

    @property
    def categories(self) -> tuple[int, ...]:
        """Every category code that a column needs."""
        return tuple(sorted(code for code, _ in self.columns.values()))

    def ask(self, geography: str, offset: int = 0) -> Ask:
        """A question to the API for areas: a comma list of codes, or a type."""
        dimension = self.dimension.lower()
        shown = [dimension, f"{dimension}_name"] if self.in_words else [dimension]
        params = {
            "date": "latest",
            "geography": geography,
            "measures": "20100",  # counts; without it every row comes twice, once as a percentage
            "recordlimit": str(self.rows_in_an_answer),
            "recordoffset": str(offset),
        }
        if dimension:
            params["select"] = ",".join(["geography_code", *shown, "obs_value", "record_count"])
        if dimension and not self.in_words:
            params[dimension] = ",".join(map(str, self.categories))
        return Ask(
            f"{self.source}, {self.id.upper()} {self.title}",
            f"{self.base.rstrip('/')}/{self.dataset}.data.csv",
            self.page,
            params,
            (self.zip_name,),
            kind="csv",
        )

    @property
    def zip_name(self) -> str:
        """The bulk zip that holds the table at its level."""
        return f"census2021-{self.id}{'' if self.level == 'lsoa' else '-extra'}.zip"

    def ask_bulk(self) -> Ask:
        """The zip of the whole table at every level."""
        name = self.zip_name
        return Ask(
            f"{self.source}, {self.id.upper()} {self.title}", f"{self.bulk.rstrip('/')}/{name}", self.page, {}, (name,), 400_000_000, "zip"
        )


def tables(addresses: Mapping[str, Any]) -> list[Table]:
    """Every table of the addresses file."""
    head = addresses["nomis"]
    shared = {
        name: head[name] for name in ("source", "base", "bulk", "page", "rows_in_an_answer", "codes_in_a_question", "small_areas", "rows")
    }
    return [
        Table(
            id=entry["id"],
            dataset=entry["dataset"],
            dimension=entry["dimension"],
            file=entry["file"],
            title=entry["title"],
            columns={name: (about["code"], about["words"]) for name, about in entry["columns"].items()},
            published=entry.get("published", 0),
            everywhere=entry.get("everywhere", False),
            **shared,
        )
        for entry in head["table"]
    ]


def by_codes(fetcher: Fetcher, table: Table, codes: Iterable[str]) -> pd.DataFrame:
    """A table for the small areas named: ``lsoa21cd`` and the columns of our file.

    A bulk file given by hand is used instead of the API.
    """
    wanted = sorted(set(codes))
    bulk = table.ask_bulk()
    if (got := fetcher.find_by_hand(bulk)) is not None:
        whole = read_bulk(bulk, got, table)
        return _every_area(bulk, whole[whole["lsoa21cd"].isin(wanted)], wanted)
    at_most = max(1, min(table.codes_in_a_question, table.rows_in_an_answer // (max(len(table.categories), 30))))
    parts = []
    for start in range(0, len(wanted), at_most):
        some = wanted[start : start + at_most]
        parts.append(question(fetcher, table, ",".join(some), some))
        fetcher.say(f"{table.id.upper()} {table.title}: {min(start + at_most, len(wanted)):,} of {len(wanted):,} areas", -1)
    return pd.concat(parts, ignore_index=True)


def everywhere(fetcher: Fetcher, table: Table) -> pd.DataFrame:
    """A table for every small area of England and Wales, by the API or from a bulk file given by hand."""
    bulk = table.ask_bulk()
    if (got := fetcher.find_by_hand(bulk)) is not None:
        return _whole(bulk, read_bulk(bulk, got, table), table)
    frame = question(fetcher, table, table.small_areas, None)
    try:
        return _whole(table.ask(table.small_areas), frame, table)
    except DataRefused:
        for offset in range(0, table.rows * (len(table.categories) + 1), table.rows_in_an_answer):
            fetcher.forget(table.ask(table.small_areas, offset))
        raise


def from_bulk(fetcher: Fetcher, table: Table) -> pd.DataFrame:
    """A table for every small area from the publisher's bulk zip: the better way for whole nations."""
    ask = table.ask_bulk()
    try:
        got = fetcher.get(ask)
        ask = ask.answered(got)
        return _whole(ask, read_bulk(ask, got, table), table)
    except DataRefused:
        fetcher.forget(ask)
        raise


def question(fetcher: Fetcher, table: Table, geography: str, areas: Sequence[str] | None) -> pd.DataFrame:
    """One geography as a table, one row an area and one column as our file has it; ``areas`` must all be there."""
    asked, rows = records(fetcher, table, geography)
    try:
        return _wide(asked[0], rows, table, areas)
    except DataRefused:
        for ask in asked:
            fetcher.forget(ask)
        raise


def records(fetcher: Fetcher, table: Table, geography: str) -> tuple[list[Ask], pd.DataFrame]:
    """What was asked, and ``GEOGRAPHY_CODE, CATEGORY, OBS_VALUE`` page by page until every record that Nomis counts has come."""
    asked: list[Ask] = []
    parts: list[pd.DataFrame] = []
    had, whole = 0, None
    try:
        while whole is None or had < whole:
            ask = table.ask(geography, had)
            asked.append(ask)
            got = fetcher.get(ask)
            rows = _rows(ask.answered(got), got, table)
            if whole is None:
                whole = int(rows["RECORD_COUNT"].iloc[0]) if "RECORD_COUNT" in rows and len(rows) else None
            if rows.empty:
                break
            parts.append(rows)
            had += len(rows)
            if whole is None and len(rows) < table.rows_in_an_answer:
                break
            if whole and had < whole:
                fetcher.say(f"{table.id.upper()} {table.title}: {had:,} of {whole:,} rows", had / whole)
        if not parts:
            raise DataRefused(ask.problem("holds none of the areas asked for", geography[:60], "Are the codes those of 2021?"))
        if whole is not None and had != whole:
            raise DataRefused(
                asked[0].problem(f"sent {had:,} rows and counts {whole:,}", "", "It cuts long answers without a word; run the same again.")
            )
        return asked, pd.concat(parts, ignore_index=True)
    except DataRefused:
        for ask in asked:
            fetcher.forget(ask)
        raise


def _rows(ask: Ask, got: Got, table: Table) -> pd.DataFrame:
    """``GEOGRAPHY_CODE, CATEGORY, OBS_VALUE`` (and ``RECORD_COUNT``) of one answer, its header checked."""
    frame = csv_of(ask, got.content())
    frame.columns = [str(name).strip().strip('"').upper() for name in frame.columns]
    category = table.dimension.upper() if table.dimension else _only_category(ask, frame)
    missing = [name for name in ("GEOGRAPHY_CODE", category, "OBS_VALUE") if name not in frame]
    if missing:
        raise DataRefused(
            ask.problem(
                f"lacks the column {' and '.join(missing)}",
                ", ".join(frame.columns[:6])[:120],
                "The publisher may have renamed it, or sent an error as a table.",
            )
        )
    frame = frame.rename(columns={category: "CATEGORY"})
    for name in ("CATEGORY", "OBS_VALUE", "RECORD_COUNT"):
        if name in frame:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    wanted = ["GEOGRAPHY_CODE", "CATEGORY", "OBS_VALUE", *(["RECORD_COUNT"] if "RECORD_COUNT" in frame else [])]
    if (name := f"{category}_NAME") in frame:
        frame = frame.rename(columns={name: "WORDS"})
        wanted.append("WORDS")
    if "MEASURES" in frame and (kinds := set(frame["MEASURES"].dropna().astype(str))) - {"20100"}:
        raise DataRefused(ask.problem("mixes counts with percentages", ", ".join(sorted(kinds))))
    return frame[wanted]


def _only_category(ask: Ask, frame: pd.DataFrame) -> str:
    """The one column of category codes, where the table's dimension was never seen."""
    named = [name for name in frame.columns if re.fullmatch(r"C(2021)?_.*_NAME", name)]
    codes = [name.removesuffix("_NAME") for name in named if name.removesuffix("_NAME") in frame.columns]
    if len(codes) != 1:
        raise DataRefused(ask.problem("does not show which column holds its categories", ", ".join(frame.columns[:8])[:120]))
    return codes[0]


def _wide(ask: Ask, long: pd.DataFrame, table: Table, areas: Sequence[str] | None) -> pd.DataFrame:
    """One row an area, one column as our file has it; refused unless areas x categories is exactly what came."""
    long = long[long["CATEGORY"].isin(table.categories)]
    if long["OBS_VALUE"].isna().any():
        raise DataRefused(ask.problem("leaves figures blank", str(long.loc[long["OBS_VALUE"].isna(), "GEOGRAPHY_CODE"].iloc[0])))
    twice = long.duplicated(["GEOGRAPHY_CODE", "CATEGORY"])
    if twice.any():
        raise DataRefused(ask.problem(f"sends {int(twice.sum()):,} figures twice", str(long.loc[twice, "GEOGRAPHY_CODE"].iloc[0])))
    cells = long.pivot(index="GEOGRAPHY_CODE", columns="CATEGORY", values="OBS_VALUE")
    lost = [code for code in table.categories if code not in cells]
    came = int(cells.notna().sum().sum())
    if lost or cells.isna().any().any():
        raise DataRefused(
            ask.problem(
                f"sent {came:,} figures; {len(cells) * len(table.categories):,} were expected (areas x categories)",
                f"categories {lost}" if lost else "",
                "It cuts long answers without a word; run the same again.",
            )
        )
    frame = pd.DataFrame({name: cells[code].astype("int64") for name, (code, _) in table.columns.items()})
    frame = frame.rename_axis(table.key).reset_index()
    return _adds_up(ask, _every_area(ask, frame, areas) if areas is not None else frame, table)


def _adds_up(ask: Ask, frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """No part of an area is larger than its whole."""
    names = list(table.columns)
    over = frame[frame[names[1:]].gt(frame[names[0]] + PARTS, axis=0).any(axis=1)]
    if len(over) or (frame[names] < 0).any().any():
        raise DataRefused(ask.problem("holds parts larger than their total", str(over[table.key].iloc[0]) if len(over) else "below zero"))
    return frame


def _every_area(ask: Ask, frame: pd.DataFrame, wanted: Sequence[str]) -> pd.DataFrame:
    lost = sorted(set(wanted) - set(frame["lsoa21cd"]))
    if lost:
        raise DataRefused(
            ask.problem(f"lacks {len(lost):,} of the {len(wanted):,} areas asked for", ", ".join(lost[:3]), "Are the codes those of 2021?")
        )
    return frame.sort_values("lsoa21cd", ignore_index=True)


def _whole(ask: Ask, frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Every small area is there, and they add up to the published total but for perturbation."""
    frame = frame[frame["lsoa21cd"].str.match(r"^[EW]01\d{6}$")]
    if len(frame) != table.rows:
        raise DataRefused(
            ask.problem(
                f"holds {len(frame):,} small areas; England and Wales have {table.rows:,}", "", "It may be cut off; run the same again."
            )
        )
    total = int(frame[next(iter(table.columns))].sum())
    if table.published and abs(total / table.published - 1) > PERTURBED:
        raise DataRefused(ask.problem(f"adds up to {total:,}; {table.published:,} is published"))
    return frame.sort_values("lsoa21cd", ignore_index=True)


def bulk_frame(ask: Ask, got: Got, table: Table) -> tuple[str, pd.DataFrame]:
    """The name and the rows of the table's file in a bulk zip, its headings without ``; measures: Value``."""
    name, content = archive.member(ask, got, [f"census2021-{table.id}-{table.level}*.csv"])
    frame = csv_of(ask, content)
    columns = [re.sub(r";\s*measures: value$", "", str(c), flags=re.IGNORECASE).strip() for c in frame.columns]
    frame.columns = columns
    if "geography code" not in columns:
        raise DataRefused(ask.problem("lacks the column 'geography code'", ", ".join(columns[:4]), f"It is in {name}."))
    return name, frame


def read_bulk(ask: Ask, got: Got, table: Table) -> pd.DataFrame:
    """Our columns from the file of small areas, or of wards, in a bulk zip.

    Its columns are named in words, with or without a space after the colon, so they are compared by letters and
    digits alone.
    """
    name, frame = bulk_frame(ask, got, table)
    columns = list(frame.columns)
    plain = {column: (_plain(column), _plain(column.split(":", 1)[-1])) for column in columns}
    result = pd.DataFrame({table.key: frame["geography code"]})
    for ours, (_, words) in table.columns.items():
        found = [column for column, spellings in plain.items() if _plain(words) in spellings]
        if len(found) != 1:
            raise DataRefused(ask.problem(f"lacks the column '{words}'", ", ".join(columns[3:6])[:160], f"It was looked for in {name}."))
        values = pd.to_numeric(frame[found[0]], errors="coerce")
        if values.isna().any():
            raise DataRefused(
                ask.problem(f"holds text where a number should be, in '{words}'", str(frame.loc[values.isna(), found[0]].iloc[0]))
            )
        result[ours] = values.astype("int64")
    if (twice := result.duplicated(table.key)).any():
        raise DataRefused(ask.problem(f"sends {int(twice.sum()):,} areas twice", str(result.loc[twice, table.key].iloc[0])))
    return _adds_up(ask, result, table)


def _plain(text: str) -> str:
    """Letters and digits alone: the colons, spaces and capitals of these headings vary."""
    return re.sub(r"[^a-z0-9]", "", text.casefold())
