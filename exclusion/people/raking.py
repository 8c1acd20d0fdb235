"""Raking a two-column table to the margins of many places at once.

Iterative proportional fitting of a table of ages by (disabled, not disabled) keeps the start table's
odds ratios between ages and meets the margins. With two columns that leaves one unknown per place: how
far the log-odds of every age move together. It is found by safeguarded Newton steps, for all places at
once, instead of fitting rows and columns in turn; the answer is the same table.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NEVER = 1e-12
"""A margin is kept this share inside what its rows can hold, so that the log-odds stay finite."""


def log_odds(share: Array) -> Array:
    """Log-odds of shares strictly between 0 and 1."""
    return np.asarray(np.log(share) - np.log1p(-share))


def share_of(odds: Array) -> Array:
    """Shares of log-odds; the inverse of :func:`log_odds`."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))


def rake(start: Array, rows: Array, first: Array) -> Array:
    """How many of each row are in the first column, in every place.

    Parameters
    ----------
    start
        Log-odds of the first column by row: the start table, up to a constant.
    rows
        Places x rows: the row margins, none below 0.
    first
        The first column's total by place. More than the rows hold counts as all of them, less
        than 0 as none: two published tables of one place need not agree to the person.

    Returns
    -------
    Places x rows. No cell is below 0 or above its row; the cells of a place add up to ``first``. A
    place with a blank margin is blank.
    """
    held = rows.sum(axis=1)
    wanted = np.clip(first, NEVER * held, (1 - NEVER) * held)
    # The move lies between the moves that would bring every row, taken alone, to the place's share.
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.where(held > 0, log_odds(wanted / held), 0.0)
    low, high = level - start.max(), level - start.min()
    move = 0.5 * (low + high)
    for _ in range(100):
        share = share_of(start + move[:, None])
        gap = (rows * share).sum(axis=1) - wanted
        slope = (rows * share * (1 - share)).sum(axis=1)
        high, low = np.where(gap > 0, move, high), np.where(gap > 0, low, move)
        step = move - np.divide(gap, slope, out=np.full_like(gap, np.inf), where=slope > 0)
        following = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        settled = np.abs(following - move) <= 1e-14 * (1 + np.abs(move))
        move = following
        if np.all(settled | ~np.isfinite(move)):
            break
    return rows * share_of(start + move[:, None])


def response(cells: Array, rows: Array) -> tuple[Array, Array]:
    """How raked cells answer a small change of the start table, to first order.

    Returns
    -------
    ``give`` (places x rows) and ``weight`` (places x rows, adding up to 1 in a place): when the
    log-odds of row a move by ``d[a]``, cell a moves by ``give[a] * (d[a] - (weight * d).sum())``, so
    that the column's total stays where it is.
    """
    share = np.divide(cells, rows, out=np.zeros_like(cells), where=rows > 0)
    give = cells * (1 - share)
    whole = give.sum(axis=1, keepdims=True)
    return give, np.divide(give, whole, out=np.zeros_like(give), where=whole > 0)


__all__ = ["log_odds", "rake", "response", "share_of"]
