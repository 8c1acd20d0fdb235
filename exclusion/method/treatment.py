"""Outliers before a scale that they could stretch: a gate on skew and kurtosis, winsorising, then the log.

The rules are the published ones of the R package COINr (Becker and others), so that results can be
compared: both statistics are bias-adjusted; a column passes when ``|skew| < 2`` or
``kurtosis < 3.5``; winsorising works on one end at a time, chosen by the sign of the skew at that
step, and values that are equal move together and count together; a column that still fails is taken
back to its own values and logged. Percentiles need none of this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.contracts import DataRefused, Problem

Array = NDArray[np.float64]
SKEW = 2.0
KURTOSIS = 3.5
MOST = 5
"""How many values may be moved, unless told otherwise."""


def skewness(values: Array) -> float:
    """Bias-adjusted skewness (G1, as in Excel) of the values that are there; NaN when fewer than 3 or all equal."""
    x = values[~np.isnan(values)]
    n = len(x)
    if n < 3 or x.min() == x.max():
        return float("nan")
    x = _scaled(x)
    return float(np.sqrt(n) * (x**3).sum() / (x**2).sum() ** 1.5 * np.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(values: Array) -> float:
    """Bias-adjusted excess kurtosis (G2, as in Excel) of the values that are there; NaN when fewer than 4 or all equal."""
    x = values[~np.isnan(values)]
    n = len(x)
    if n < 4 or x.min() == x.max():
        return float("nan")
    x = _scaled(x)
    ratio = n * (x**4).sum() / (x**2).sum() ** 2
    return float(((n + 1) * (ratio - 3) + 6) * (n - 1) / ((n - 2) * (n - 3)))


def _scaled(x: Array) -> Array:
    """Distances from the mean over the largest of them: both statistics ignore scale, and tiny numbers to the fourth vanish."""
    away = x - x.mean()
    scaled: Array = away / np.abs(away).max()
    return scaled


def passes(values: Array, skew: float = SKEW, kurt: float = KURTOSIS) -> bool:
    """Whether a column needs no treatment: ``|skewness| < skew`` or ``kurtosis < kurt``.

    A column of which neither can be worked out (fewer than 4 values, or all equal) does not pass.
    """
    return bool(abs(skewness(values)) < skew or kurtosis(values) < kurt)


@dataclass(frozen=True)
class Treatment:
    """What was done to one column, in a form that can be done again to other figures of the same measure."""

    how: str
    """``none``, ``winsorised`` or ``logged``."""
    low: float
    high: float
    """The smallest and largest value that is left; of a logged column, those of its own values."""
    moved: int = 0
    """How many values were moved by winsorising."""

    def apply(self, values: Array) -> Array:
        """The same treatment of other values; a value beyond the range is taken as the end of it when logged."""
        if self.how == "none":
            return values
        inside = np.clip(values, self.low, self.high)
        if self.how == "winsorised":
            return inside
        step = 0.01 * (self.high - self.low)
        logged: Array = np.log(inside - self.low + step)
        return logged


def winsorise(values: Array, most: int | None = MOST, skew: float = SKEW, kurt: float = KURTOSIS) -> tuple[Array, int]:
    """Move the outermost values to the next one inside, until the column passes or ``most`` were moved.

    Returns
    -------
    values, moved
        The last step may pass ``most``: equal values move together.
    """
    x = values.astype(float).copy()
    top = bottom = 0
    while not passes(x, skew, kurt) and (most is None or top + bottom < most):
        known = x[~np.isnan(x)]
        if known.min() == known.max():
            break
        if skewness(x) >= 0:
            outer = x == known.max()
            x[outer], top = known[known < known.max()].max(), int(outer.sum())
        else:
            outer = x == known.min()
            x[outer], bottom = known[known > known.min()].min(), int(outer.sum())
    return x, top + bottom


def log_shifted(values: Array) -> Array:
    """``log(x - min + range / 100)``: defined for zero and below, and never turned round."""
    low, high = np.nanmin(values), np.nanmax(values)
    logged: Array = np.log(values - low + 0.01 * (high - low))
    return logged


def treat_column(values: Array, most: int | None = MOST, skew: float = SKEW, kurt: float = KURTOSIS) -> tuple[Array, Treatment]:
    """One column through the gate: left alone, winsorised, or (when that is not enough) its own values logged."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if passes(values, skew, kurt):
        return values, Treatment("none", low, high)
    moved, count = winsorise(values, most, skew, kurt)
    if passes(moved, skew, kurt):
        return moved, Treatment("winsorised", float(np.nanmin(moved)), float(np.nanmax(moved)), count)
    return log_shifted(values), Treatment("logged", low, high)


def treat(
    table: pd.DataFrame, most: int | None = MOST, skew: float = SKEW, kurt: float = KURTOSIS
) -> tuple[pd.DataFrame, dict[str, Treatment]]:
    """Every column through the gate.

    Parameters
    ----------
    table
        unit x indicator; missing stays missing.
    most
        How many values of a column winsorising may move; None for no limit.
    skew, kurt
        The gate.

    Returns
    -------
    table, treatments
        The treated values in the same shape, and by column what was done.

    Raises
    ------
    DataRefused
        Naming every column that is constant, all missing, or has fewer than 4 values.
    """
    require_spread(table, least=4)
    columns: dict[str, Array] = {}
    done: dict[str, Treatment] = {}
    for name in table.columns:
        columns[name], done[name] = treat_column(table[name].to_numpy(float), most, skew, kurt)
    return pd.DataFrame(columns, index=table.index, columns=table.columns), done


def require_spread(table: pd.DataFrame, least: int = 2) -> None:
    """Refuse columns that cannot be put on a scale, all named at once.

    Raises
    ------
    DataRefused
        For a column that is all missing, has one value only, has fewer than ``least`` values, or
        holds something endless.
    """
    problems = []
    for name in table.columns:
        values = table[name].to_numpy(float)
        known = values[~np.isnan(values)]
        where = f"indicator '{name}'"
        if not len(known):
            problems.append(Problem(where, "has no figure for any area", "", "Leave it out of the method, or supply the figures."))
        elif np.isinf(known).any():
            problems.append(Problem(where, "holds a figure without end (a division by zero?)", "", "Correct the figure at its source."))
        elif known.min() == known.max():
            shown = f"{known[0]:g}"
            problems.append(Problem(where, "has the same figure in every area, so it cannot tell them apart", shown, "Leave it out."))
        elif len(known) < least:
            problems.append(Problem(where, f"has {len(known)} figures and needs {least}", "", "Leave it out, or take more areas together."))
    if problems:
        raise DataRefused(problems)
