"""The context table of a release: who lives where, for equality assessments; never for the score or the rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from exclusion import geography
from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.characteristics import context_measures
from exclusion.sources.boundaries import NATION_CODE, NATION_OF

COLUMNS = ["level", "area_code", "measure", "count", "of", "fit", "source", "period"]


def table(
    measures: Mapping[str, pd.DataFrame],
    by_council: pd.DataFrame,
    about: Mapping[str, Mapping[str, tuple[str, str]]],
    shares: pd.DataFrame,
    areas: pd.DataFrame,
) -> pd.DataFrame:
    """Ward, council and national rows of every context measure, as they go to disk.

    Parameters
    ----------
    measures
        By small area: ``count, of, low, high``; shared onto wards like every other count.
    by_council
        ``area_code, measure, count, of, source, period``; these stay whole-council figures.
    about
        Measure -> nation -> source id and period, of ``measures``.
    shares, areas
        Small areas' shares in wards; wards with ``council_code`` and ``error_class``. A ward that
        no figure can be given for is blank here too.

    Raises
    ------
    DataRefused
        When a measure that must never be had by ward arrives by small area.
    """
    held = context_measures()
    if barred := [name for name in measures if held[name].never_by_ward]:
        raise DataRefused([Problem("context", "is never shared onto wards", name, "Read it by council.") for name in barred])
    wards = _counts(measures, shares).assign(level="ward", fit="weighted")
    none = wards["area_code"].map(areas.set_index("area_code")["error_class"]) == "none"
    wards.loc[none, ["count", "of"]] = np.nan
    codes = pd.Index(shares["small_area_code"].unique())
    nations = []
    for code in NATION_CODE.values():
        here = {name: rows[rows.index.str.startswith(code[0])] for name, rows in measures.items()}
        here = {name: rows for name, rows in here.items() if len(rows)}
        if here:
            one = pd.DataFrame({"small_area_code": codes[codes.str.startswith(code[0])], "area_code": code, "share": 1.0})
            nations.append(_counts(here, one).assign(level="nation", fit="national"))
    ours = pd.concat([wards, *nations], ignore_index=True)
    pairs = pd.MultiIndex.from_arrays([ours["measure"], ours["area_code"].str[0].map(NATION_OF)])
    ours["source"] = [about[measure][nation][0] for measure, nation in pairs]
    ours["period"] = [about[measure][nation][1] for measure, nation in pairs]
    nation = by_council["area_code"].str[0].map({code[0]: code for code in NATION_CODE.values()})
    totals = by_council.groupby([nation.rename("nation"), "measure", "source", "period"], as_index=False)[["count", "of"]].sum()
    council = by_council[by_council["area_code"].isin(areas["council_code"])].assign(level="council", fit="council_wide")
    totals = totals.rename(columns={"nation": "area_code"}).assign(level="nation", fit="national")
    whole = pd.concat([ours, council, totals], ignore_index=True)[COLUMNS]
    whole = whole.sort_values(["level", "measure", "area_code"], ignore_index=True)
    return whole.astype({"count": "Int32", "of": "Int32"} | dict.fromkeys(["level", "measure", "fit", "source", "period"], "category"))


def _counts(measures: Mapping[str, pd.DataFrame], shares: pd.DataFrame) -> pd.DataFrame:
    """``area_code, measure, count, of``, rounded once."""
    long = geography.to_wards(measures, shares)[["area_code", "measure", "count", "of"]]
    long[["count", "of"]] = long[["count", "of"]].round()
    return long.assign(count=np.minimum(long["count"], long["of"]))
