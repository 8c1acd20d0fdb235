"""Figures in their own units -> scores on one scale, one indicator at a time.

Every function takes one column (missing as NaN) and leaves what is missing missing. Higher means
more at risk: turn an indicator round first (:func:`oriented`). Formulas are the published ones of
COINr and, for :func:`exponential`, of the English and Welsh Indices of Multiple Deprivation.
A column without spread gives missing scores here; :func:`scores` refuses it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.contracts import Problem, UsageError
from exclusion.method.treatment import require_spread

Array = NDArray[np.float64]
EXPONENT = 23.0
"""Constant of the Indices of Deprivation: a tenth of areas holds the upper half of the scale."""


def oriented(table: pd.DataFrame, direction: Mapping[str, int]) -> pd.DataFrame:
    """The table with each column times its direction: 1 = a higher figure is more risk, -1 = less."""
    return table * pd.Series({name: direction[name] for name in table.columns}, dtype=float)


def min_max(values: Array, low: float = 0.0, high: float = 100.0, *, smallest: float | None = None, largest: float | None = None) -> Array:
    """``(x - min) / (max - min)`` stretched onto ``low`` to ``high``.

    ``smallest`` and ``largest`` may come from elsewhere (a nation); values beyond are then beyond
    the scale.
    """
    if np.isnan(values).all():
        return np.full(len(values), np.nan)
    a = float(np.nanmin(values)) if smallest is None else smallest
    b = float(np.nanmax(values)) if largest is None else largest
    if a == b:
        return np.full(len(values), np.nan)
    result: Array = (values - a) / (b - a) * (high - low) + low
    return result


def goalposts(values: Array, lower: float, upper: float, scale: float = 100.0, *, truncate: bool = True) -> Array:
    """Distance from a fixed lower post to a fixed upper one, times ``scale``; beyond the posts it is cut off.

    Raises
    ------
    UsageError
        When the posts are the same.
    """
    if not upper != lower:
        raise UsageError(Problem("goalposts", "lower and upper are the same", f"{lower:g}", "Give two different fixed ends."))
    share = (values - lower) / (upper - lower)
    result: Array = (np.clip(share, 0, 1) if truncate else share) * scale
    return result


def z_score(values: Array, mean: float = 0.0, sd: float = 1.0) -> Array:
    """Distance from the mean in standard deviations (n - 1), moved to another mean and spread when asked."""
    known = values[~np.isnan(values)]
    if len(known) < 2 or known.min() == known.max():
        return np.full(len(values), np.nan)
    result: Array = (values - known.mean()) / known.std(ddof=1) * sd + mean
    return result


def rank(values: Array) -> Array:
    """Place from the lowest (1) up; equal values share the lowest place of their run."""
    known = np.sort(values[~np.isnan(values)])
    return np.where(np.isnan(values), np.nan, np.searchsorted(known, values, side="left") + 1.0)


def percentile_within(values: Array) -> Array:
    """Place within the group itself, 0-100: ``(rank - 1) / (number of values - 1)``; missing for a single value."""
    count = int((~np.isnan(values)).sum())
    return (rank(values) - 1) / (count - 1) * 100 if count > 1 else np.full(len(values), np.nan)


def exponential(values: Array) -> Array:
    """Rank over the number of values, stretched so that the most affected areas stand apart (0-100)."""
    count = int((~np.isnan(values)).sum())
    return exponential_of_share(rank(values) / count) if count else np.full(len(values), np.nan)


def exponential_of_share(share: Array) -> Array:
    """``-23 log(1 - R (1 - exp(-100 / 23)))`` for a scaled rank R, 0 = least and 1 = most affected."""
    stretched: Array = -EXPONENT * np.log(1 - share * (1 - np.exp(-100 / EXPONENT)))
    return stretched


NORMALISERS: dict[str, Callable[[Array], Array]] = {
    "percentile": percentile_within,
    "min_max": min_max,
    "z_score": z_score,
    "rank": rank,
    "exponential": exponential,
    "none": lambda values: values,
}
"""By name: those that look at the group itself. The two that need more (``percentile_of_reference``, ``goalposts``) are apart."""


def scores(table: pd.DataFrame, how: str, groups: pd.Series | None = None) -> pd.DataFrame:
    """Every column on one scale, over all units or within each group.

    Parameters
    ----------
    table
        unit x indicator, already turned so that higher is more at risk.
    how
        A name of :data:`NORMALISERS`.
    groups
        Group of each unit (its council or nation), or None for all together. A column without
        spread inside a group has no score there.

    Raises
    ------
    UsageError
        For a name we do not know.
    DataRefused
        Naming every column that is constant or all missing.
    """
    if how not in NORMALISERS:
        raise UsageError(Problem("normalise", "is not a way we know", how, f"Use one of: {', '.join(sorted(NORMALISERS))}."))
    if how != "none":
        require_spread(table)
    function = NORMALISERS[how]
    if groups is None:
        return table.apply(lambda column: pd.Series(function(column.to_numpy(float)), index=table.index))
    out = pd.DataFrame(np.nan, index=table.index, columns=table.columns)
    places = pd.Series(np.arange(len(table)), index=table.index).groupby(groups.reindex(table.index).to_numpy(), sort=False)
    values = table.to_numpy(float)
    result = np.full(values.shape, np.nan)
    for members in places.indices.values():
        for column in range(values.shape[1]):
            result[members, column] = function(values[members, column])
    out[:] = result
    return out
