"""English Indices of Deprivation 2025: from the files on GOV.UK to the tables the builder reads.

File 7 (CSV) has the population denominators, File 8 (a workbook) the counts behind the rates and the
digital connectivity indicator. Blank cells are counts under 10 that were withheld; they stay blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import csv_of, numbers_of, sheet_of

CODE = "LSOA code (2021)"
LSOA = r"^E01\d{6}$"
POPULATION = {
    "total_mid2022": "Total population: mid 2022",
    "a00_15_mid2022": "Dependent Children aged 0-15: mid 2022",
    "a60_plus_mid2022": "Older population aged 60 and over: mid 2022",
}
INCOME = {
    "income_deprived_people": "Income Domain numerator",
    "idaopi_older_people": "Income Deprivation Affecting Older People Index (IDAOPI) numerator",
}
INCOME_SHEET = "IoD25 Income Domain"
DIGITAL = {"digital_connectivity_indicator": "Digital Connectivity (Broadband download and upload speeds)"}
DIGITAL_SHEET = "IoD25 Barriers Domain"
FILES = {
    "population": "census/ew_lsoa21/mid2022_population_iod2025_england.csv.gz",
    "income": "income/iod2025_england_lsoa21.csv.gz",
    "digital": "connectivity/iod2025_digital_connectivity_lsoa21.csv.gz",
}


def fetch_population(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21cd`` and the mid-2022 people the rates are out of."""
    ask = _ask(addresses, "scores", "csv", "File 7")

    table = _table(fetcher, ask, lambda got: csv_of(ask, got.content()), POPULATION, "lsoa21cd", addresses["iod"]["rows"])
    return table.astype(dict.fromkeys(POPULATION, "int64"))


def fetch_income(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21_code``, people and older people in income deprivation, rounded to 5 by the publisher, blank under 10."""
    ask = _ask(addresses, "indicators", "sheet", "File 8")
    return _table(
        fetcher, ask, lambda got: sheet_of(ask, got, INCOME_SHEET, CODE), INCOME, "lsoa21_code", addresses["iod"]["rows"], blanks=True
    )


def fetch_digital(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21_code, digital_connectivity_indicator``: a standardised score, higher = worse."""
    ask = _ask(addresses, "indicators", "sheet", "File 8")
    return _table(
        fetcher, ask, lambda got: sheet_of(ask, got, DIGITAL_SHEET, CODE), DIGITAL, "lsoa21_code", addresses["iod"]["rows"], blanks=True
    )


def _ask(addresses: Mapping[str, Any], name: str, kind: str, words: str) -> Ask:
    about, entry = addresses["iod"], addresses["iod"][name]
    return Ask(f"{about['source']}, {words}", entry["url"], about["page"], {}, tuple(entry["by_hand"]), 100_000_000, kind)


def _table(fetcher: Fetcher, ask: Ask, read: Any, columns: Mapping[str, str], key: str, rows: int, blanks: bool = False) -> pd.DataFrame:
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        raw = read(got)
        raw.columns = pd.Index([" ".join(str(c).split()) for c in raw.columns])
        if missing := [said for said in (CODE, *columns.values()) if said not in raw]:
            raise DataRefused(
                ask.problem(f"lacks the column '{missing[0]}'", ", ".join(raw.columns[:5])[:160], "It may have been renamed.")
            )
        raw = raw[raw[CODE].astype(str).str.match(LSOA)]
        if len(raw) != rows or raw[CODE].duplicated().any():
            raise DataRefused(ask.problem(f"holds {raw[CODE].nunique():,} small areas in {len(raw):,} rows; England has {rows:,}"))
        table = pd.DataFrame({key: raw[CODE].astype(str)})
        for ours, said in columns.items():
            table[ours] = numbers_of(ask, raw[said], said, table[key], blanks=blanks)
        return table.sort_values(key, ignore_index=True)
    except DataRefused:
        fetcher.forget(ask)
        raise
