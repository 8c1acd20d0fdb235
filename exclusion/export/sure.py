"""How sure each ward's band is, as a table to take away: the same words as on the method page and in the audit."""

from __future__ import annotations

import pandas as pd

from exclusion.assessment import Assessment
from exclusion.method.uncertainty import Uncertainty

SHARES = ("method", "weights", "geography", "data")


def sure_table(assessment: Assessment, sure: Uncertainty) -> pd.DataFrame:
    """One row a ward, by council and name.

    Parameters
    ----------
    sure
        What :func:`exclusion.method.uncertainty.uncertainty` found for the same wards and weights.

    Returns
    -------
    DataFrame
        ``area_code, area_name, council_name, band, band_low, band_high`` (the bands it could be in), ``chance`` (0-1, of being
        in the nation's most affected fifth: the share of all runs), ``word`` (which way it is clear, or unclear),
        ``against_band`` (whether band and chance point in different directions), ``driver`` (what moves it most), and for each of
        method, weights, geography and data the share of its movement from that alone (``first_``) and with others
        (``total_``). Blank where a ward is not scored or a choice was not tried; never a place among wards.
    """
    wards = sure.wards.reindex(assessment.areas.index)
    table = assessment.areas[["area_name", "council_name"]].copy()
    for name in ("band", "band_low", "band_high"):
        table[name] = wards[name].astype("Int64")
    table["chance"] = wards["chance"].astype(float).round(5)  # as fine as the runs: 0.9998 is not certain, 0.2003 is not 0.2
    table["word"] = wards["word"]
    table["against_band"] = wards["against_band"].astype("boolean").where(wards["scored"].astype(bool))
    table["driver"] = wards["driver"]
    for name in SHARES:
        for kind in ("first", "total"):
            table[f"{kind}_{name}"] = wards[f"{kind}_{name}"].astype(float).round(3)
    return pd.DataFrame(table).rename_axis("area_code").reset_index()


__all__ = ["sure_table"]
