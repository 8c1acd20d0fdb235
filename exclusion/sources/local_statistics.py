"""ONS Explore local statistics: Ofcom's and other figures by council, as ONS publishes them on GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import csv_of

FILE = "connectivity/ofcom_area_coverage_ons_els_2022_2026.csv.gz"
COUNCIL = r"^(E0[6-9]|W06|S12|N09)\d{6}$"


def fetch_below_30(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """Premises that cannot get 30 Mbit/s, per cent, by council: ``area_code, metric, period, value_pct, is_lad``.

    Older periods hold councils under old and new codes side by side; a code that was replaced is left
    out where its successor is there, and carried to it where it is not.
    """
    about = addresses["local_statistics"]
    entry = about["table"]["below_30mbps"]
    name = entry["name"]
    ask = Ask(
        f"{about['source']}, {name}",
        f"{about['base'].rstrip('/')}/{name}/{name}.csv",
        about["page"],
        {},
        (f"{name}.csv",),
        50_000_000,
        "csv",
    )
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        return _read(ask, got.content(), addresses["recoded"], entry["councils"])
    except DataRefused:
        fetcher.forget(ask)
        raise


def _read(ask: Ask, content: bytes, recoded: Mapping[str, str], councils: int) -> pd.DataFrame:
    raw = csv_of(ask, content)
    raw.columns = pd.Index([str(c).strip().casefold() for c in raw.columns])  # capitals before 2026
    if "observation" not in raw and "value" in raw:
        raw = raw.rename(columns={"value": "observation"})
    if missing := [c for c in ("areacd", "period", "observation") if c not in raw]:
        raise DataRefused(ask.problem(f"lacks the column '{missing[0]}'", ", ".join(raw.columns[:8]), "It may have been renamed."))
    raw = raw[raw["areacd"].fillna("").str.match(COUNCIL)]
    table = pd.DataFrame(
        {
            "area_code": raw["areacd"],
            "metric": "below_30mbps_pct",
            "period": raw["period"].str.extract(r"(\d{4}-\d{2})", expand=False),
            "value_pct": pd.to_numeric(raw["observation"], errors="coerce"),
            "is_lad": 1,
        }
    )
    if (bad := table["period"].isna()).any():
        raise DataRefused(ask.problem("holds a period that cannot be read", str(raw.loc[bad, "period"].iloc[0])))
    held = set(zip(table["area_code"], table["period"], strict=True))
    successor = table["area_code"].map(recoded)
    both = [isinstance(new, str) and (new, period) in held for new, period in zip(successor, table["period"], strict=True)]
    table = table[~pd.Series(both, index=table.index)]
    table["area_code"] = successor.reindex(table.index).fillna(table["area_code"])
    latest = table[table["period"] == table["period"].max()]
    if len(latest) != councils or latest["value_pct"].isna().any() or latest["area_code"].duplicated().any():
        gaps = int(latest["value_pct"].isna().sum())
        raise DataRefused(
            ask.problem(f"holds {latest['area_code'].nunique():,} councils and {gaps} gaps at its latest period; {councils} were expected")
        )
    if not latest["value_pct"].between(0, 100).all():
        raise DataRefused(ask.problem("holds a percentage that is none", str(latest["value_pct"].max())))
    return (
        table.dropna(subset=["value_pct"])
        .drop_duplicates(["area_code", "metric", "period"])
        .sort_values(["area_code", "period"], ignore_index=True)
    )
