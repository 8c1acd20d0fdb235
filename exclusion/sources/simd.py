"""Scottish Index of Multiple Deprivation 2020v2: the indicators workbook of gov.scot, by data zone of 2011.

Some of its numbers are text (``8%``), and zones where nobody lived have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import areas_of, column_of, numbers_of, sheet_of
from exclusion.sources.scotland import DZ11

FILES = {"income": "income/simd2020v2_dz11.csv.gz", "broadband": "connectivity/simd2020v2_broadband_access_dz11.csv.gz"}
SHEET, CODE = "Data", "Data_Zone"


def fetch_income(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``dz11_code, population_2017, Income_rate, Income_count``: people in income deprivation, a gap where nobody lived."""
    about = addresses["simd"]
    ask, table = _open(fetcher, about)
    try:
        zones = table[CODE]
        found = pd.DataFrame({"dz11_code": zones})
        people, rate, count = (
            numbers_of(ask, table[column_of(ask, table, name)], name, zones, blanks=name != "Total_population")
            for name in ("Total_population", "Income_rate", "Income_count")
        )
        found["population_2017"], found["Income_rate"] = people.astype("int64"), rate
        found["Income_count"] = count.fillna(0).astype("int64")  # the rate says where there is no figure
        if (whole := int(found["population_2017"].sum())) != about["people"]:
            raise DataRefused(ask.problem(f"adds up to {whole:,} people; {about['people']:,} are published"))
        if (over := found["Income_count"] > found["population_2017"]).any():
            raise DataRefused(ask.problem("counts more people on low incomes than people", str(found.loc[over, "dz11_code"].iloc[0])))
        _shares(ask, found, "Income_rate")
    except DataRefused:
        fetcher.forget(ask)
        raise
    return found.sort_values("dz11_code", ignore_index=True)


def fetch_broadband(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``dz11_code, share_premises_without_superfast``: of 2019, a gap where there are no premises."""
    ask, table = _open(fetcher, addresses["simd"])
    try:
        cells = table[column_of(ask, table, "Broadband")]
        name = "share_premises_without_superfast"
        found = pd.DataFrame({"dz11_code": table[CODE], name: numbers_of(ask, cells, "Broadband", table[CODE], blanks=True).round(4)})
        _shares(ask, found, name)
    except DataRefused:
        fetcher.forget(ask)
        raise
    return found.sort_values("dz11_code", ignore_index=True)


def _open(fetcher: Fetcher, about: Mapping[str, Any]) -> tuple[Ask, pd.DataFrame]:
    ask = Ask(about["source"], about["url"], about["page"], {}, tuple(about["by_hand"]), 60_000_000, "sheet")
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        table = sheet_of(ask, got, SHEET, CODE)
        table = table[table[CODE] != ""].reset_index(drop=True)
        areas_of(ask, table[CODE], DZ11, about["rows"], "data zones")
    except DataRefused:
        fetcher.forget(ask)
        raise
    return ask, table


def _shares(ask: Ask, table: pd.DataFrame, name: str) -> None:
    over = (table[name] > 1) | (table[name] < 0)
    if over.any():
        raise DataRefused(ask.problem(f"holds a share above 1 in '{name}'", str(table.loc[over, name].iloc[0]), "Shares were expected."))
