"""Which choice moves a result: exact shares of variance over a full table of every combination.

When every combination has been run, the shares are sums and not estimates: nothing is sampled and no
share can fall below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST = 1e-9
"""A total below this is rounding, not movement."""


def parts(
    cube: NDArray[np.floating], groups: Mapping[str, Sequence[int]]
) -> tuple[NDArray[np.float64], dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Variance of each unit over all combinations, and what each group of choices has in it.

    Parameters
    ----------
    cube
        unit x choice 1 x choice 2 x ...: one result for every combination.
    groups
        Name -> axes (1 and up) that are taken together as one choice.

    Returns
    -------
    variance
        By unit, over all combinations with equal weight.
    by_group
        Name -> (first, total) by unit, in the units of variance. First is the variance of the
        means over everything else: what would go if this choice were settled. Total is the mean
        of the variances within everything else: what would stay if only this choice were open.
    """
    axes = tuple(range(1, cube.ndim))
    centred = cube - cube.mean(axis=axes, keepdims=True, dtype=np.float64).astype(cube.dtype)
    square = _mean_square(centred, axes)
    away = centred.mean(axis=axes, dtype=np.float64) ** 2  # what is left of the mean after rounding
    variance = np.maximum(square - away, 0.0)
    found = {}
    for name, members in groups.items():
        others = tuple(axis for axis in axes if axis not in members)
        first = _variance(centred.mean(axis=others)) if others else variance
        rest = centred.mean(axis=tuple(members))
        total = np.maximum(variance - _variance(rest), 0.0) if others else variance
        found[name] = (first, total)
    return variance, found


def most(totals: Mapping[str, NDArray[np.float64]]) -> NDArray[np.str_]:
    """What moves each unit most: the choice with the greatest total, alone and together with others.

    The one definition of what drives a band, for a ward and for wards pooled; the tables of shares show the same totals.

    Parameters
    ----------
    totals
        Name -> total by unit, as :func:`parts` gives it (or over the variance); blank counts as not tried.

    Returns
    -------
    array of names
        Of two equal totals the first named; ``none`` where no choice moves the unit.
    """
    stacked = np.nan_to_num(np.column_stack(list(totals.values())))
    found: NDArray[np.str_] = np.where(stacked.max(axis=1) > LEAST, np.array(list(totals))[stacked.argmax(axis=1)], "none")
    return found


def _mean_square(values: NDArray[np.floating], axes: tuple[int, ...]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = np.mean(np.square(values), axis=axes, dtype=np.float64)
    return result


def _variance(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Variance by unit over all other axes."""
    flat = values.reshape(len(values), -1).astype(np.float64)
    result: NDArray[np.float64] = flat.var(axis=1)
    return result


def shares(cube: NDArray[np.floating], names: Sequence[str]) -> pd.DataFrame:
    """First and total share of each choice, for one result or for many units.

    Parameters
    ----------
    cube
        choice 1 x choice 2 x ... (as many axes as ``names``), or unit x those.
    names
        The choices in the order of the axes.

    Returns
    -------
    DataFrame
        One row a unit (one row for a single result), columns ``first_<name>, total_<name>``.
        Blank where nothing varies. First shares add up to at most 1, total shares to at least 1.
    """
    whole = cube[None] if cube.ndim == len(names) else cube
    variance, found = parts(whole, {name: (axis,) for axis, name in enumerate(names, start=1)})
    return as_shares(variance, found)


def as_shares(variance: NDArray[np.float64], found: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> pd.DataFrame:
    """Parts over the variance; blank where nothing varies."""
    of = np.where(variance > 0, variance, np.nan)
    columns = {f"first_{name}": first / of for name, (first, _) in found.items()}
    return pd.DataFrame(columns | {f"total_{name}": total / of for name, (_, total) in found.items()})
