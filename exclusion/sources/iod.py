"""English Indices of Deprivation 2025: from the files on GOV.UK to the tables the builder reads.

File 7 (CSV) has the population denominators, File 8 (a workbook) the counts behind the rates and the
digital connectivity indicator. Blank cells are counts under 10 that were withheld; they stay blank.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask, Got
from exclusion.sources.fetch import Fetcher

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

    def read(got: Got) -> pd.DataFrame:
        content = got.content()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252")
        return pd.read_csv(io.StringIO(text), dtype=str)

    table = _table(fetcher, ask, read, POPULATION, "lsoa21cd", addresses["iod"]["rows"])
    return table.astype(dict.fromkeys(POPULATION, "int64"))


def fetch_income(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21_code``, people and older people in income deprivation, rounded to 5 by the publisher, blank under 10."""
    ask = _ask(addresses, "indicators", "sheet", "File 8")
    return _table(fetcher, ask, lambda got: _sheet(ask, got, INCOME_SHEET), INCOME, "lsoa21_code", addresses["iod"]["rows"], blanks=True)


def fetch_digital(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21_code, digital_connectivity_indicator``: a standardised score, higher = worse."""
    ask = _ask(addresses, "indicators", "sheet", "File 8")
    return _table(fetcher, ask, lambda got: _sheet(ask, got, DIGITAL_SHEET), DIGITAL, "lsoa21_code", addresses["iod"]["rows"], blanks=True)


def _ask(addresses: Mapping[str, Any], name: str, kind: str, words: str) -> Ask:
    about, entry = addresses["iod"], addresses["iod"][name]
    return Ask(f"{about['source']}, {words}", entry["url"], about["page"], {}, tuple(entry["by_hand"]), 100_000_000, kind)


def _sheet(ask: Ask, got: Got, name: str) -> pd.DataFrame:
    with pd.ExcelFile(got.path, engine="calamine") as book:
        named = next((sheet for sheet in book.sheet_names if str(sheet).strip().casefold() == name.casefold()), None)
        if named is None:
            raise DataRefused(
                ask.problem(f"lacks the sheet '{name}'", ", ".join(map(str, book.sheet_names))[:160], "It may have been renamed.")
            )
        return pd.read_excel(book, sheet_name=named, dtype=object)


def _table(fetcher: Fetcher, ask: Ask, read: Any, columns: Mapping[str, str], key: str, rows: int, blanks: bool = False) -> pd.DataFrame:
    got = fetcher.get(ask)
    try:
        try:
            raw = read(got)
        except DataRefused:
            raise
        except Exception as error:  # workbook readers raise many kinds; each means the file cannot be read
            raise DataRefused(ask.problem(f"cannot be read: {error}", got.path.name, "It may be cut off; run the same again.")) from None
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
            text = raw[said].astype("string").str.strip().replace(_WITHHELD)
            values = pd.to_numeric(text, errors="coerce").astype("float64")
            wrong = values.isna() & (text.notna() if blanks else True)
            if wrong.any():
                where, value = table.loc[wrong, key].iloc[0], text[wrong].iloc[0]
                raise DataRefused(ask.problem(f"holds no number in '{said}' at {where}", "" if pd.isna(value) else str(value)))
            table[ours] = values
        return table.sort_values(key, ignore_index=True)
    except DataRefused:
        fetcher.forget(ask)
        raise


_WITHHELD = dict.fromkeys(["", "-", "*", "N/A", "[c]", "c", "nan", "None", "<NA>"], pd.NA)
"""Ways in which a withheld count is written; each is a gap, never zero."""
