"""Counts as published for 2022 wards, where a ward has not changed; what they tell of its neighbours; how far off the others are.

Where a ward is as it was in 2022 its count is the publisher's. The others are still made from small areas,
which must keep to what is known of the unchanged wards beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from exclusion import geography

FEWEST = 50
"""Errors are measured on counts of so many and more: a miss of three in six says nothing."""
PARTS = 5
"""The wards are held out in so many turns."""
FEWEST_ERRORS = 30
"""A class of wards is told of by itself where so many counts were compared: nine in ten of fewer is an accident."""


def of_today(measures: Mapping[str, pd.DataFrame], unchanged: pd.Series) -> dict[str, pd.DataFrame]:
    """Measures by 2022 ward -> by today's ward, of the wards that have not changed.

    Parameters
    ----------
    unchanged
        2022 ward by today's ward; one of either stands there once.
    """
    pairs = unchanged[~unchanged.duplicated(keep=False)]
    return {
        name: table.reindex(pairs[pairs.isin(table.index)].to_numpy()).set_axis(pairs.index[pairs.isin(table.index)]).dropna()
        for name, table in measures.items()
    }


def lay_over(
    wards: pd.DataFrame, measures: Mapping[str, pd.DataFrame], shares: pd.DataFrame, known: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Ward figures with published counts in the place of made ones, and their neighbours kept to them.

    Parameters
    ----------
    wards
        As :func:`exclusion.geography.to_wards` gives them, of any measures and wards.
    measures, shares
        What they were made from.
    known
        By measure, ``count, of`` by ward: see :func:`of_today`.

    Returns
    -------
    The same rows with ``fit``: ``published`` or ``weighted``.
    """
    table = wards.assign(fit="weighted")
    for name, rows in table.groupby("measure", sort=False):
        if name not in known or "value" in measures[str(name)]:
            continue
        told = known[str(name)]
        told = told[told.index.isin(rows["area_code"])]
        if told.empty:
            continue
        code = pd.Index(rows["area_code"])
        for column in ("count", "of"):
            people = measures[str(name)][column]
            # Of wards that are not among the rows some small areas may not be here: they are left as they are.
            near = shares[shares["small_area_code"].isin(people.index) & shares["area_code"].isin(code)]
            made = geography.kept_to(near, people, told[column]).reindex(code)
            exact = told[column].reindex(code)
            was = rows[column].to_numpy(float)
            table.loc[rows.index, column] = np.where(np.isnan(was), was, exact.fillna(made).to_numpy(float))
            table.loc[rows.index[exact.notna()], column] = exact.dropna().to_numpy(float)
        here = rows.index[code.isin(told.index)]
        table.loc[here, "fit"] = "published"
        table.loc[here, "observed"] = 1.0
        plain = rows["low"].isna() | (rows["low"] == rows["count"])
        for column in ("low", "high"):
            table.loc[rows.index[plain.to_numpy()], column] = table.loc[rows.index[plain.to_numpy()], "count"]
        table.loc[rows.index, "value"] = table.loc[rows.index, "count"] / table.loc[rows.index, "of"].where(table.loc[rows.index, "of"] > 0)
    return table


def measured(
    measures: Mapping[str, pd.DataFrame],
    shares: pd.DataFrame,
    known: Mapping[str, pd.DataFrame],
    classes: pd.Series | None = None,
) -> dict[str, Any]:
    """How far made counts are from published ones: on every fifth ward in turn, told only of the other four.

    Parameters
    ----------
    classes
        How well each ward is covered by its small areas (``error_class``), by ward: errors are then told by it too.

    Returns
    -------
    dict
        ``wards`` (with a published count), ``errors`` (counts compared), and of the relative error ``median`` and
        ``p90`` both as shared by themselves (``alone_median``, ``alone_p90``) and kept to the neighbours; the same
        for each class that has ``FEWEST_ERRORS``, under ``by_class``. Empty where fewer than ``PARTS`` wards have a
        count.
    """
    parts: list[pd.DataFrame] = []
    wards: set[str] = set()
    for name, told in known.items():
        if name not in measures or "value" in measures[name] or len(told) < PARTS:
            continue
        people = measures[name]["count"]
        near = shares[shares["small_area_code"].isin(people.index)]
        near = near[near["small_area_code"].isin(near.loc[near["area_code"].isin(told.index), "small_area_code"])]
        truth = told["count"].sort_index()
        truth = truth[truth.index.isin(near["area_code"])]
        big = truth[truth >= FEWEST]
        if big.empty:
            continue
        wards |= set(truth.index)
        turn = np.arange(len(truth)) % PARTS
        guess = pd.concat(
            [geography.kept_to(near, people, truth[turn != part]).reindex(truth.index[turn == part]) for part in range(PARTS)]
        )
        alone = geography.kept_to(near, people, truth.iloc[:0])
        parts.append(pd.DataFrame({"kept": guess.reindex(big.index) / big - 1, "alone": alone.reindex(big.index) / big - 1}).abs())
    if not parts:
        return {}
    errors = pd.concat(parts)
    by_class = {}
    if classes is not None:
        whose = classes.reindex(errors.index)
        by_class = {
            str(name): {"wards": len(set(rows.index)), **_spread(rows)}
            for name, rows in errors.groupby(whose, observed=True)
            if len(rows) >= FEWEST_ERRORS
        }
    return {"wards": len(wards), **_spread(errors), **({"by_class": by_class} if by_class else {})}


def _spread(errors: pd.DataFrame) -> dict[str, Any]:
    """Number, median and nine in ten of the errors both ways."""
    half, nine = errors.median(), errors.quantile(0.9)
    return {
        "errors": len(errors),
        "alone_median": round(float(half["alone"]), 4),
        "alone_p90": round(float(nine["alone"]), 4),
        "median": round(float(half["kept"]), 4),
        "p90": round(float(nine["kept"]), 4),
    }


def beside(older: Any, about: Mapping[str, Any], councils: Iterable[str], on: str) -> list[dict[str, Any]]:
    """What was measured at earlier fetches with what was measured at this one: one entry a fetch, with its councils.

    A council fetched again is told of by the newer entry alone; an entry of which no council is left goes.
    What was measured without a word of its councils (an older release) is kept as it is.
    """
    codes = sorted(set(councils))
    earlier = [older] if isinstance(older, Mapping) else list(older or [])
    kept = []
    for entry in earlier:
        if "councils" not in entry:
            kept.append(dict(entry))
        elif left := [code for code in entry["councils"] if code not in codes]:
            kept.append({**entry, "councils": left})
    return [*kept, {"councils": codes, "on": on, **about}] if about else kept
