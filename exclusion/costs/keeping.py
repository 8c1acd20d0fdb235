"""What it costs to keep ways in open only where they are flagged, against everywhere."""

from __future__ import annotations

import pandas as pd

from exclusion import judgement
from exclusion.costs.given import Costs, Range
from exclusion.costs.leaking import pounds
from exclusion.words import counted


def keeping(findings: pd.DataFrame, costs: Costs, severities: tuple[str, ...] = ("required", "recommended")) -> pd.DataFrame:
    """What it costs a year to keep ways in only where they are flagged, against everywhere.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them; a ward counts once for a way in, whichever services ask for it.
    severities
        Which findings count.

    Returns
    -------
    pandas.DataFrame
        ``channel, wards, of_wards, flagged_low, flagged_high, everywhere_low, everywhere_high`` (pounds a year) and
        ``sentence``, for the ways in the council gave a cost for. The council-wide minimum is left out: it
        is kept everywhere whatever it costs.
    """
    every = findings["area_code"].nunique()
    keep = findings[(findings["kind"] == "keep") & findings["severity"].isin(severities)]
    rows = []
    for channel, price in costs.open_in_a_ward.items():
        wards = int(keep.loc[keep["channel"] == channel, "area_code"].nunique())
        label = judgement.channels()[channel].label if channel in judgement.channels() else channel
        rows.append(
            {
                "channel": channel,
                "wards": wards,
                "of_wards": every,
                "flagged_low": wards * price.low,
                "flagged_high": wards * price.high,
                "everywhere_low": every * price.low,
                "everywhere_high": every * price.high,
                "sentence": f"Keeping {label} where we advise it ({counted(wards, 'ward')} of {every}): {_span(wards, price)} a year; "
                f"in every ward: {_span(every, price)}. Figures by {costs.by}, {costs.reckoned}.",
            }
        )
    columns = ["channel", "wards", "of_wards", "flagged_low", "flagged_high", "everywhere_low", "everywhere_high", "sentence"]
    return pd.DataFrame(rows, columns=columns)


def _span(times: int, price: Range) -> str:
    ends = pounds(times * price.low), pounds(times * price.high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
