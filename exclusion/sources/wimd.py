"""Welsh Index of Multiple Deprivation 2025: ranks and deciles by small area (LSOA 2021), from an ODS workbook.

The index has no scores and no counts: it is context, never a count of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import sheet_of

FILE = "income/wimd2025_lsoa21.csv.gz"
SHEET = "WIMD_2025_ranks"
LSOA = r"^W01\d{6}$"


def fetch_ranks(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``lsoa21_code, WIMD_rank, WIMD_decile`` of every Welsh small area, 1 = most deprived."""
    about = addresses["wimd"]
    ask = Ask(about["source"], about["url"], about["page"], {}, tuple(about["by_hand"]), 30_000_000, "sheet")
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        return _ranks(ask, sheet_of(ask, got, SHEET, "LSOA code"), about)
    except DataRefused:
        fetcher.forget(ask)
        raise


def _ranks(ask: Ask, body: pd.DataFrame, about: Mapping[str, Any]) -> pd.DataFrame:
    """The table below the row that begins with ``LSOA code``; the rows above it are notes."""
    if list(body.columns).count("WIMD 2025") != 1:
        raise DataRefused(
            ask.problem("lacks the column 'WIMD 2025'", ", ".join(c for c in body.columns if c)[:160], "It may have been renamed.")
        )
    rows, bounds = about["rows"], about["decile_bounds"]
    body = body[body["LSOA code"].str.match(LSOA)]
    ranks = pd.to_numeric(body["WIMD 2025"], errors="coerce")
    if len(body) != rows or sorted(ranks.dropna()) != list(range(1, rows + 1)):
        raise DataRefused(ask.problem(f"holds {len(body):,} small areas with {ranks.nunique():,} ranks; {rows:,} of each were expected"))
    table = pd.DataFrame({"lsoa21_code": body["LSOA code"].astype(str), "WIMD_rank": ranks.astype("int64")})
    table["WIMD_decile"] = np.searchsorted(bounds, table["WIMD_rank"]) + 1
    return table.sort_values("lsoa21_code", ignore_index=True)
