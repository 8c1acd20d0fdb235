"""What it costs to keep ways in open only where they are flagged, against everywhere."""

from __future__ import annotations

import pandas as pd

from exclusion import judgement
from exclusion.costs.given import Costs, Range
from exclusion.costs.leaking import pounds
from exclusion.words import counted


def keeping(findings: pd.DataFrame, costs: Costs, severities: tuple[str, ...] = ("required", "recommended")) -> pd.DataFrame:
    """What it costs a year to keep ways in only where they are flagged, against everywhere.

    A way in that is part of the council-wide minimum is kept in every ward of its nation, so those wards count
    as kept whatever the figures say.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them; a ward counts once for a way in, whichever services ask for it.
    severities
        Which findings count.

    Returns
    -------
    pandas.DataFrame
        ``channel, wards, minimum_wards`` (those of them where it is the council-wide minimum of a service),
        ``of_wards, flagged_low, flagged_high, everywhere_low, everywhere_high`` (pounds a year) and
        ``sentence``, for the ways in the council gave a cost for.
    """
    every = findings["area_code"].nunique()
    floor = findings[findings["kind"] == "floor"]
    keep = findings[((findings["kind"] == "keep") & findings["severity"].isin(severities)) | (findings["kind"] == "floor")]
    rows = []
    for channel, price in costs.open_in_a_ward.items():
        wards = int(keep.loc[keep["channel"] == channel, "area_code"].nunique())
        least = int(floor.loc[floor["channel"] == channel, "area_code"].nunique())
        label = judgement.channels()[channel].label if channel in judgement.channels() else channel
        rows.append(
            {
                "channel": channel,
                "wards": wards,
                "minimum_wards": least,
                "of_wards": every,
                "flagged_low": wards * price.low,
                "flagged_high": wards * price.high,
                "everywhere_low": every * price.low,
                "everywhere_high": every * price.high,
                "sentence": f"{_said(label, wards, least, every, price)} Figures by {costs.by}, {costs.reckoned}.",
            }
        )
    columns = ["channel", "wards", "minimum_wards", "of_wards"]
    columns += ["flagged_low", "flagged_high", "everywhere_low", "everywhere_high", "sentence"]
    return pd.DataFrame(rows, columns=columns)


def _said(label: str, wards: int, least: int, every: int, price: Range) -> str:
    all_of_it = f"in every ward: {_span(every, price)}"
    if every and least == every:
        where = f"It is part of the council-wide minimum, in every ward ({every}), so there is no fewer."
        return f"Keeping {label}: {_span(every, price)} a year. {where}"
    if not wards:
        return f"We advise keeping {label} in none of {counted(every, 'ward')}; {all_of_it} a year."
    where = "where we advise it or it is part of the minimum" if least else "where we advise it"
    return f"Keeping {label} {where} ({counted(wards, 'ward')} of {every}): {_span(wards, price)} a year; {all_of_it}."


def _span(times: int, price: Range) -> str:
    ends = pounds(times * price.low), pounds(times * price.high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
