"""Northern Ireland Multiple Deprivation Measure 2017: the workbook of NISRA, by super output area.

Its headings say "%", its numbers are shares between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.northern_ireland import SOA11
from exclusion.sources.reading import areas_of, column_of, numbers_of, sheet_of

FILE = "income/nimdm2017_soa01.csv.gz"
SHEET, CODE = "Income", "SOA2001"
INCOME = "Proportion of the population living in households whose equivalised income is below 60"


def fetch_income(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``soa01_code, income_below60_median_share``: people in households under 60 per cent of the median, between 0 and 1."""
    about = addresses["nimdm"]
    ask = Ask(about["source"], about["url"], about["page"], {}, tuple(about["by_hand"]), 30_000_000, "sheet")
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        table = sheet_of(ask, got, SHEET, CODE)
        table = table[table[CODE].str.match(r"^\d{2}[A-Z]")].reset_index(drop=True)
        areas_of(ask, table[CODE], SOA11, about["rows"], "super output areas")
        share = numbers_of(ask, table[column_of(ask, table, INCOME)], INCOME, table[CODE])
        if not share.between(0, 1).all():
            raise DataRefused(ask.problem("holds a share above 1", str(share.max()), "Shares between 0 and 1 were expected."))
    except DataRefused:
        fetcher.forget(ask)
        raise
    found = pd.DataFrame({"soa01_code": table[CODE], "income_below60_median_share": share})
    return found.sort_values("soa01_code", ignore_index=True)
