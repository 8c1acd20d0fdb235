"""NISRA's Flexible Table Builder: Census 2021 of Northern Ireland by super data zone, one table a question.

Its CSV is long: the zone's code and name, the category's code and name, the count. Which columns are which
is told by where they stand; categories are told by their codes or by their names, as the addresses file says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.northern_ireland import SDZ21
from exclusion.sources.reading import areas_of, csv_of, numbers_of

APART = 0.002
"""Counts may add up to so much more or less than the published total: NISRA changes cells a little."""


@dataclass(frozen=True)
class Table:
    """One table of the builder, as the addresses file describes it."""

    id: str
    dataset: str
    variable: str
    file: str
    title: str
    total: str
    """The column of ours that is the sum of every category."""
    columns: Mapping[str, str]
    """Our columns: what a category's code and name must match, as ``code name``."""
    published: int


def tables(addresses: Mapping[str, Any]) -> list[Table]:
    """Every table of the addresses file."""
    return [Table(**entry) for entry in addresses["nisra"]["table"]]


def fetch(fetcher: Fetcher, addresses: Mapping[str, Any], table: Table) -> pd.DataFrame:
    """One table for every super data zone: ``sdz21cd``, the total and the columns of our file.

    Raises
    ------
    SourceUnreachable, DataRefused
        When it cannot be had, or is not the table: other zones, a category that is not known, a total far
        from the published one.
    """
    about = addresses["nisra"]
    # A variable stands twice among the parameters, which a mapping cannot hold: they are part of the address.
    url = f"{about['base'].rstrip('/')}/table.csv?d={table.dataset}&v={about['zones']}&v={table.variable}"
    # Its downloads are called ni-census21-household-sdz21+hh_car_van_tc2-1a2b3c4d.csv.
    by_hand = (f"*{about['zones']}*{table.variable}*.csv".lower(),)
    ask = Ask(f"{about['source']}, {table.title}", url, about["page"], {}, by_hand, 50_000_000, "csv")
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        return _wide(ask, csv_of(ask, got.content()), table, about["rows"])
    except DataRefused:
        fetcher.forget(ask)
        raise


def _wide(ask: Ask, raw: pd.DataFrame, table: Table, rows: int) -> pd.DataFrame:
    if len(raw.columns) != 5 or "Super Data Zone Code" not in str(raw.columns[0]) or str(raw.columns[4]).strip() != "Count":
        raise DataRefused(
            ask.problem("lacks the column 'Census 2021 Super Data Zone Code' or 'Count'", ", ".join(map(str, raw.columns))[:160],
                        "The publisher may have renamed it.")
        )  # fmt: skip
    raw = raw.set_axis(["zone", "name", "code", "category", "count"], axis=1)
    raw["count"] = numbers_of(ask, raw["count"], "Count", raw["zone"])
    if (twice := raw.duplicated(["zone", "code"])).any():
        raise DataRefused(ask.problem(f"sends {int(twice.sum()):,} figures twice", str(raw.loc[twice, "zone"].iloc[0])))
    said = raw["code"].fillna("").str.strip() + " " + raw["category"].fillna("").str.strip()
    raw = raw[~said.str.match(r"^-8\b|.*no code required", case=False)]  # people the question was not put to
    said = said.reindex(raw.index)
    zones = pd.Series(sorted(raw["zone"].dropna().unique()), dtype=str)
    areas_of(ask, zones, SDZ21, rows, "super data zones")
    if len(raw) != len(zones) * raw["code"].nunique():
        raise DataRefused(
            ask.problem(f"sent {len(raw):,} figures; {len(zones) * raw['code'].nunique():,} were expected (zones x categories)", "",
                        "It may be cut off; run the same again.")
        )  # fmt: skip
    found = pd.DataFrame({table.total: raw.groupby("zone")["count"].sum()})
    used = pd.Series(False, index=raw.index)
    for column, pattern in table.columns.items():
        here = said.str.match(pattern, flags=re.IGNORECASE)
        if not here.any():
            raise DataRefused(
                ask.problem(f"has no category for '{column}'", "; ".join(said.drop_duplicates().head(6))[:160], "It may have been renamed.")
            )
        if (here & used).any():
            raise DataRefused(ask.problem(f"has a category that is '{column}' and another at once", str(said[here & used].iloc[0])))
        used |= here
        found[column] = raw[here].groupby("zone")["count"].sum()
    whole = int(found[table.total].sum())
    if table.published and abs(whole / table.published - 1) > APART:
        raise DataRefused(ask.problem(f"adds up to {whole:,}; {table.published:,} is published"))
    return found.astype("int64").rename_axis("sdz21cd").reset_index()
