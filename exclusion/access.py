"""How far people are from the places that stay open. Straight lines, metres, EPSG:27700."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray


def nearest(x: NDArray[np.float64], y: NDArray[np.float64], places: pd.DataFrame) -> NDArray[np.float64]:
    """Metres from each point to the nearest place (``x, y``); infinite when there is no place."""
    if places.empty:
        return np.full(len(x), np.inf)
    tree = shapely.STRtree(shapely.points(places["x"].to_numpy(), places["y"].to_numpy()))
    points = shapely.points(x, y)
    _, metres = tree.query_nearest(points, return_distance=True, all_matches=False)
    return np.asarray(metres, dtype=np.float64)


def share_beyond(points: pd.DataFrame, places: pd.DataFrame, metres: float, by: str) -> pd.Series:
    """Share of people more than ``metres`` from the nearest place.

    Parameters
    ----------
    points
        ``x, y, people`` and the column named by ``by``; ``people`` is what the point stands
        for (a small area's people divided by its postcodes).
    by
        Column that groups the result.

    Returns
    -------
    Share between 0 and 1 for each group; blank for a group without people.
    """
    beyond = nearest(points["x"].to_numpy(), points["y"].to_numpy(), places) > metres
    sums = pd.DataFrame({"far": points["people"] * beyond, "people": points["people"]}).groupby(points[by].to_numpy()).sum()
    return sums["far"] / sums["people"].where(sums["people"] > 0)
