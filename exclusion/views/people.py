"""Residents unlikely to use the internet, by age and disability: the estimate behind the number, for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion import people
from exclusion.assessment import Assessment, once
from exclusion.language import mark, tr
from exclusion.saying import figure

WHO = ("disabled", "not disabled", "all")
FEWER = mark("fewer than 10")
WIDE = mark("wide range")


@once
def _cells(a: Assessment, code: str) -> pd.DataFrame:
    return people.breakdown(a.people_estimate, [code])


@once
def people_by_age(a: Assessment, code: str) -> pd.DataFrame:
    """One ward's estimate: a row an age, with disabled people, others and both, each with its range; every gap in words.

    A cell reads "about 300 (170 to 440)": the estimate, and the range that holds the number
    eight times in ten, at 2020 rates times the factor a user set, if any. "wide range" follows where
    that range is wider than the estimate itself.
    """
    cells = _cells(a, code)
    scale = a.people_estimate.scale
    # With a factor of the user's own the two ends of low, high are the same range times that factor.
    ends, factor = (("low", "high"), scale.high) if scale.own else (("low80", "high80"), 1.0)
    held = {(str(cell["age_label"]), cell["disability"]): cell for cell in cells.to_dict("records")}
    ages = dict.fromkeys(age for age, _ in held)
    rows = [(figure(age), *(_said(held[age, who], ends, factor) for who in WHO)) for age in ages]
    return pd.DataFrame(rows, columns=[tr("Age"), tr("Disabled people"), tr("Not disabled"), tr("All")])


@once
def by_age_and_disability(a: Assessment, code: str) -> pd.DataFrame:
    """One ward's residents and those unlikely to use the internet: ``age, who, residents, unlikely``.

    Counts are rounded to 10, at 2020 rates times the factor a user set; fewer than 10 is missing, never 0.
    """
    cells = _cells(a, code)
    cells = cells[cells["disability"].isin(WHO[:2]) & (cells["age"] != "all") & cells["people"].notna()]
    factor = a.people_estimate.scale.high if a.people_estimate.scale.own else 1.0
    return pd.DataFrame(
        {
            "age": [figure(str(age)) for age in cells["age_label"]],
            "who": cells["disability"].map({"disabled": tr("Disabled people"), "not disabled": tr("Not disabled")}),
            "residents": _tens(cells["people"]),
            "unlikely": _tens(cells["estimate_raw"] * factor),
        }
    ).reset_index(drop=True)


def _tens(counts: pd.Series[Any]) -> pd.Series[Any]:
    return counts.where(counts >= people.SMALLEST).div(10).round().mul(10)


def ten_words(many: float) -> str:
    """A count rounded to 10, or that it is too small to print."""
    return tr(FEWER) if pd.isna(many) else tr("about {count:,.0f}", count=many)


def has_range(a: Assessment, code: str) -> bool:
    """Whether there is an estimate of the ward at all, and it is not too small to print."""
    return bool(a.people["high80"].notna()[code])


def any_estimate(a: Assessment) -> bool:
    """Whether any ward has an estimate: what it counts is not told of a place where there is none."""
    return bool(a.people["estimate_raw"].notna().any())


def is_wide(a: Assessment, code: str) -> bool:
    """Whether the ward's range is so wide that the page must say so."""
    return bool(a.people.loc[code, "wide"])


def _said(cell: Mapping[Any, Any], ends: tuple[str, str], factor: float) -> str:
    if pd.isna(cell["estimate_raw"]):
        return tr("no estimate")
    middle = cell["estimate_raw"] * factor
    if middle < people.SMALLEST:
        return tr(FEWER)
    low, high = (cell[end] for end in ends)
    span = tr("up to {high:,}", high=high) if pd.isna(low) else tr("{low:,} to {high:,}", low=low, high=high)
    return tr("about {middle:,} ({span}{more})", middle=round(middle / 10) * 10, span=span, more="; " + tr(WIDE) if cell["wide"] else "")
