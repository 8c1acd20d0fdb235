"""Small counts hidden, and with them what would give them away.

A table of counts stands between totals, and a single hidden count is the total less the others. So
more counts are hidden until nobody can work out a small one from what is still printed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog

from exclusion.judgement.owning import own_rules

TOTAL = "total"
Mask = NDArray[np.bool_]


def with_totals(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with the total of each row at the right and of each column below, both named :data:`TOTAL`."""
    across = counts.assign(**{TOTAL: counts.sum(axis=1)}) if len(counts.columns) > 1 else counts
    return pd.concat([across, across.sum().to_frame(TOTAL).T])


def hide(counts: pd.DataFrame) -> pd.DataFrame:
    """Which cells of a table and of its totals must not be printed.

    Parameters
    ----------
    counts
        Whole numbers of zero or more, area x group; one column alone has no totals across.

    Returns
    -------
    DataFrame of bool, shaped like :func:`with_totals`
        True where hidden. Every count from 1 to 9 is. So are others, the smallest that do, until from
        the printed cells and totals no hidden cell can be told to within the range that
        ``judgement/own.toml`` asks for. All that is said of hidden cells is that they are 0 or more:
        a reader cannot see which were small.
    """
    whole = with_totals(counts)
    table = whole.to_numpy(np.int64)
    rules = own_rules().hiding
    hidden = (table > 0) & (table < rules.below)
    across = len(counts.columns) > 1
    # What one row or column alone gives away is quickly found; then what they give away together.
    for exposed in (_in_one_line, _together):
        while len(found := exposed(table, hidden, across, rules.narrowest)) and not hidden.all():
            for cell in found:
                hidden[_partner(table, hidden, cell, across)] = True
                if hidden.all():
                    break
    return pd.DataFrame(hidden, index=whole.index, columns=whole.columns)


def _lines(shape: tuple[int, int], across: bool) -> list[list[tuple[int, int]]]:
    """Each row and each column as cells, its total last: the others less the total is nothing."""
    height, width = shape
    down = [[(row, column) for row in range(height)] for column in range(width)]
    return [[(row, column) for column in range(width)] for row in range(height)] + down if across else down


def _in_one_line(table: NDArray[np.int64], hidden: Mask, across: bool, narrowest: int) -> list[tuple[int, int]]:
    """A hidden cell of each row or column whose printed total tells it to within too little."""
    found = []
    for line in _lines(table.shape, across):
        gone = [cell for cell in line if hidden[cell]]
        alone = len(gone) == 1
        if alone or (gone and not hidden[line[-1]] and sum(int(table[cell]) for cell in gone) < narrowest):
            found.append(gone[0])
    return found


def _together(table: NDArray[np.int64], hidden: Mask, across: bool, narrowest: int) -> list[tuple[int, int]]:
    """Hidden cells that all printed cells and totals together tell to within too little."""
    cells = [(int(row), int(column)) for row, column in np.argwhere(hidden)]
    if not cells:
        return []
    place = {cell: number for number, cell in enumerate(cells)}
    equations, right = [], []
    for line in _lines(table.shape, across):
        gone = [cell for cell in line if hidden[cell]]
        if not gone:
            continue
        equation = np.zeros(len(cells))
        printed = 0
        for cell in line:
            sign = -1 if cell == line[-1] else 1
            if hidden[cell]:
                equation[place[cell]] = sign
            else:
                printed += sign * int(table[cell])
        equations.append(equation)
        right.append(-printed)
    left = np.array(equations)
    found = []
    for cell, number in place.items():
        # What a reader could find out: the least and the most this cell can be.
        aim = np.zeros(len(cells))
        aim[number] = 1
        most = linprog(-aim, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
        if most.status == 3:  # without bound
            continue
        least = linprog(aim, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
        if -most.fun - least.fun < narrowest - 1e-6:
            found.append(cell)
    return found


def _partner(table: NDArray[np.int64], hidden: Mask, cell: tuple[int, int], across: bool) -> tuple[int, int]:
    """The next cell to hide: the smallest that is not nothing in the row or column of ``cell``, totals last."""
    height, width = table.shape
    shown = [other for line in _lines(table.shape, across) if cell in line for other in line if not hidden[other]]
    if not shown:
        shown = [(int(row), int(column)) for row, column in np.argwhere(~hidden)]

    def order(other: tuple[int, int]) -> tuple[bool, bool, int]:
        total = other[0] == height - 1 or (across and other[1] == width - 1)
        return table[other] == 0, total, int(table[other])

    return min(shown, key=order)
