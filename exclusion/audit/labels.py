"""How choices, chances and bands are said, in the audit document and on the method page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from exclusion import risk
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.language import mark

SCALES = {
    "percentile": "share of wards below (ours)",
    "exponential": "exponential, as in the indices of deprivation",
    "z_score": "standard deviations from the mean",
    "z_score_treated": "standard deviations, outliers drawn in",
    "min_max": "stretched from lowest to highest",
    "min_max_treated": "stretched, outliers drawn in",
}
MEANS = {"arithmetic": "weighted sum (ours)", "geometric": "geometric mean"}
GEOGRAPHIES = {"weighted": "shared by postcodes (ours)", "best_fit": "each small area whole to one ward"}
CHOICES = {
    "method": "Method (scale and way of adding together)",
    "scale": "Scale alone",
    "mean": "Way of adding alone",
    "weights": "Weights",
    "geography": "Geography",
    "data": "Errors of the figures",
}
DRIVERS = {
    "method": mark("how the parts are scaled and added"),
    "weights": mark("how much each part counts"),
    "geography": mark("how small areas are shared among wards"),
    "data": mark("how exact the figures are"),
    "none": mark("nothing: the band never moved"),
    "": mark("not known"),
}
SENT = {"letter": mark("First sent a letter"), "paper": mark("First sent a paper form")}
NOT_SCORED = "Not scored"


def weight_labels() -> dict[str, str]:
    """The sets of weights that are tried, by id."""
    return {one.id: one.label for one in uncertainty_rules().weights}


def band(value: Any) -> str:
    """ "4 Higher", or that there is none."""
    return NOT_SCORED if pd.isna(value) else f"{int(value)} {risk.BANDS[int(value)]}"


def band_range(low: Any, high: Any) -> str:
    """ "3 Middle to 5 Highest", or the one band."""
    if pd.isna(low) or pd.isna(high):
        return NOT_SCORED
    return band(low) if int(low) == int(high) else f"{band(low)} to {band(high)}"


def chance(value: Any) -> str:
    """A chance (0 to 1) out of 100, never quite none or quite all, and on the same side as itself of what makes it clear, and of half."""
    if pd.isna(value):
        return "not known"
    if value < 0.01:
        return "under 1 in 100"
    if value > 0.99:
        return "over 99 in 100"
    rules, shown = uncertainty_rules(), round(100 * value)
    for edge in (rules.clear_to, 0.5, rules.clear_from):
        if shown == round(100 * edge) and value != edge:
            # 0.203 is unclear: beside "clear: in 20 of 100 or fewer" it must not read 20.
            shown += 1 if value > edge and edge != rules.clear_from else -1 if value < edge and edge != rules.clear_to else 0
    return f"{shown} in 100"


def same_way(own: Any, chance_of_fifth: Any, against: Any) -> str:
    """Whether the band as scored and the chance of the most affected fifth say the same, and how not."""
    if pd.isna(own) or pd.isna(chance_of_fifth):
        return "not known"
    return f"They differ: band {band(own)}, yet {chance(chance_of_fifth)} in the most affected fifth" if against else mark("Say the same")


def share(value: Any) -> str:
    """A share (0 to 1) as a whole percentage; a gap in words."""
    if pd.isna(value):
        return "not tried"
    return "under 1%" if 0 < value < 0.005 else f"{100 * value:.0f}%"


def figure(value: Any, signed: bool = False) -> str:
    """An agreement or correlation to two decimals; a gap in words."""
    if pd.isna(value):
        return "too few areas"
    rounded = round(float(value), 2) + 0.0  # no minus before a nought
    return f"{rounded:+.2f}" if signed else f"{rounded:.2f}"
