"""Every set of weights in equal steps, and which of them lie about any other set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def every(parts: int, steps: int) -> NDArray[np.int64]:
    """Every way to share ``steps`` among ``parts``, in order: four parts of 20 make 1,771 rows, three make 231."""
    if parts == 1:
        return np.array([[steps]])
    rows = []
    for first in range(steps + 1):
        rest = every(parts - 1, steps - first)
        rows.append(np.column_stack([np.full(len(rest), first), rest]))
    return np.concatenate(rows)


def surrounding(weights: Array, steps: int) -> tuple[NDArray[np.int64], Array]:
    """The grid points about some weights, and the share of each, so that the shares make up the weights exactly.

    The running sums of the weights are cut to whole steps and raised again one at a time, in the order of what
    was cut off (Freudenthal's division of a simplex): each of the points met on the way sums to 1.
    """
    # Rounded, so that a weight that is on a step is not a hair beside it.
    sums = (np.cumsum(weights)[:-1] * steps).round(9)
    base = np.floor(sums).astype(np.int64)
    over = sums - base
    # Of equal parts the later goes first, so that running sums never fall.
    order = sorted(range(len(over)), key=lambda i: (-over[i], -i))
    points, shares = [base.copy()], []
    left = 1.0
    for i in order:
        shares.append(left - over[i])
        left = float(over[i])
        base = base.copy()
        base[i] += 1
        points.append(base)
    shares.append(left)
    kept = [(point, share) for point, share in zip(points, shares, strict=True) if share > 1e-12]
    corners = np.array([np.diff(np.r_[0, point, steps]) for point, _ in kept])
    return corners, np.array([share for _, share in kept])
