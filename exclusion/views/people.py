"""Residents unlikely to use the internet, by age and disability: the estimate behind the number, for the screen."""

from __future__ import annotations

from typing import Any

import pandas as pd

from exclusion import people
from exclusion.assessment import Assessment

WHO = ("disabled", "not disabled", "all")
FEWER = "fewer than 10"
WIDE = "wide range"


def people_by_age(a: Assessment, code: str) -> pd.DataFrame:
    """One ward's estimate: a row an age, with disabled people, others and both, each with its range; every gap in words.

    A cell reads "about 300 (170 to 440)": the estimate, and the range that holds the true number
    eight times in ten, at 2020 rates times the factor a user set, if any. "wide range" follows where
    that range is wider than the estimate itself.
    """
    cells = people.breakdown(a.people_estimate, [code])
    scale = a.people_estimate.scale
    # With a factor of the user's own the two ends of low, high are the same range times that factor.
    ends, factor = (("low", "high"), scale.high) if scale.own else (("low80", "high80"), 1.0)
    rows = [(str(label), *(_said(group, who, ends, factor) for who in WHO)) for label, group in cells.groupby("age_label", sort=False)]
    return pd.DataFrame(rows, columns=["Age", "Disabled people", "Not disabled", "All"])


def is_wide(a: Assessment, code: str) -> bool:
    """Whether the ward's range is so wide that the page must say so."""
    return bool(a.people.loc[code, "wide"])


def _said(group: pd.DataFrame, who: str, ends: tuple[str, str], factor: float) -> str:
    cell: Any = group[group["disability"] == who].iloc[0]
    if pd.isna(cell["estimate_raw"]):
        return "no estimate"
    middle = cell["estimate_raw"] * factor
    if middle < people.SMALLEST:
        return FEWER
    low, high = (cell[end] for end in ends)
    span = f"up to {high:,}" if pd.isna(low) else f"{low:,} to {high:,}"
    return f"about {round(middle / 10) * 10:,} ({span}{'; ' + WIDE if cell['wide'] else ''})"
