"""Where people are, and the straight line from there to places. Metres, EPSG:27700."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from exclusion.contracts import DataRefused, NothingToAssess, Problem
from exclusion.judgement.access import access_rules

WHOLE = 0.9  # a ward with a smaller part of its people in small areas held is not held
SMALL_AREA_POINTS, POSTCODE_POINTS = "small-area points", "postcode points"
WARD_ON_POSTCODES = "postcode points of the ward, each with an equal part of its people"


def nearest(x: NDArray[np.float64], y: NDArray[np.float64], places: pd.DataFrame) -> NDArray[np.float64]:
    """Metres from each point to the nearest place (``x, y``); infinite when there is no place."""
    return nearest_place(x, y, places)[1]


def nearest_place(x: NDArray[np.float64], y: NDArray[np.float64], places: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row number of the nearest place and the metres to it; -1 and infinite when there is none.

    Of places at one spot the first row wins.
    """
    if places.empty:
        return np.full(len(x), -1), np.full(len(x), np.inf)
    tree = shapely.STRtree(shapely.points(places["x"].to_numpy(dtype=float), places["y"].to_numpy(dtype=float)))
    (point, place), metres = tree.query_nearest(shapely.points(x, y), return_distance=True)
    row, distance = np.full(len(x), len(places), dtype=np.int64), np.full(len(x), np.inf)
    np.minimum.at(row, point, place)
    distance[point] = metres
    return row, distance


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


POINTS_OF = {
    False: "a file of postcode points (Code-Point Open as Parquet, free from Ordnance Survey)",
    True: "the ONS Postcode Directory as a file of postcode points (Code-Point Open holds no postcodes of Northern Ireland; the directory "
    "does, under a licence of its own)",
}
"""Where postcode points come from, in Great Britain and (True) in Northern Ireland."""


def origins(areas: pd.DataFrame, small_areas: pd.DataFrame, observations: pd.DataFrame, points: pd.DataFrame | None = None) -> pd.DataFrame:
    """Where the residents of some wards are, and how many of each group.

    Each part of a small area that lies in a ward puts its people on a point inside the small area;
    where postcode points are given, evenly on the postcodes of that part. Everyone in a part is
    taken to be spread alike, whichever group they are in.

    Parameters
    ----------
    areas
        Wards indexed by ``area_code`` with ``area_name, council_code, council_name, population``.
    small_areas, observations
        Tables of a release.
    points
        Postcode points with ``area_code, x, y`` (see ``sources.postcodes.points``) and, where
        known, ``small_area_code``; where not, the postcodes of a ward are shared out among its
        parts by people and nearness. People by ward are the same either way.

    Returns
    -------
    One row a point: ``area_code, area_name, council_code, council_name, small_area_code, x, y,
    basis`` and one column of numbers (unrounded) for each group of judgement/access.toml; blank
    where the release has no figure for the small area, never 0.

    For wards whose small areas the release does not hold, postcode points serve alone: each carries
    an equal part of the ward's people, and ``small_area_code`` is the ward's own code.

    Raises
    ------
    NothingToAssess
        When the release holds no small areas for some of the wards (the bundled one holds three councils)
        and no postcode points are given.
    DataRefused
        When the points are of other wards.
    """
    parts = small_areas[small_areas["area_code"].isin(areas.index)].copy()
    parts["all"] = parts["population"] * parts["share"]
    held = parts.groupby("area_code")["all"].sum().reindex(areas.index).fillna(0.0)
    lacking = areas[held < WHOLE * areas["population"] - 10]
    if len(lacking) and points is None:
        councils = ", ".join(sorted(set(lacking["council_name"]))[:5])
        code = lacking["council_code"].iloc[0]
        what = f"the release holds no small areas for {len(lacking)} of {len(areas)} wards"
        build = f"a release that holds the small areas ('exclusion release build FOLDER -o RELEASE --mapped {code}')"
        do = f"Give {POINTS_OF[str(code)[0] == 'N']}, or {build}."
        raise NothingToAssess(Problem("small areas", what, councils, do))
    parts = pd.concat([parts[~parts["area_code"].isin(lacking.index)], _whole_wards(lacking)], ignore_index=True)
    small = observations[observations["level"] == "lsoa21"]
    if len(lacking):
        small = pd.concat([small, observations[(observations["level"] == "ward") & observations["area_code"].isin(lacking.index)]])
    for group in access_rules().group:
        if group.measure:
            count = small.loc[small["measure"] == group.measure].set_index("area_code")["count"].astype("float64")
            parts[group.id] = count.reindex(parts["small_area_code"]).to_numpy() * parts["share"].to_numpy()
    groups = [group.id for group in access_rules().group]
    parts = parts[["area_code", "small_area_code", "x", "y", *groups]].astype(dict.fromkeys(groups, "float64"))
    placed = parts.assign(basis=SMALL_AREA_POINTS) if points is None else _on_points(parts, points, groups)
    for column in ("area_name", "council_code", "council_name"):
        placed[column] = areas[column].reindex(placed["area_code"]).to_numpy()
    order = placed.assign(area_code=pd.Categorical(placed["area_code"], areas.index)).sort_values(
        ["area_code", "small_area_code", "x", "y"], kind="stable"
    )
    columns = ["area_code", "area_name", "council_code", "council_name", "small_area_code", "x", "y", "basis", *groups]
    return placed.loc[order.index, columns].reset_index(drop=True)


def _whole_wards(areas: pd.DataFrame) -> pd.DataFrame:
    """Each ward as the one small area of itself; it has no point of its own until postcodes give it some."""
    return pd.DataFrame(
        {
            "small_area_code": areas.index.astype(object),
            "population": areas["population"].to_numpy(),
            "share": 1.0,
            "all": areas["population"].to_numpy(dtype=float),
            "x": np.nan,
            "y": np.nan,
            "area_code": areas.index.astype(object),
        }
    )


def _on_points(parts: pd.DataFrame, points: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The people of each part spread evenly over its points; a part without points keeps its own."""
    wards = parts["area_code"].unique()
    if lacking := sorted({"area_code", "x", "y"} - set(points.columns)):
        problem = Problem("postcode points", f"lack the columns {', '.join(lacking)}", "", "See sources.postcodes.points.")
        raise DataRefused(problem)
    here = points[points["area_code"].isin(wards)]
    empty = len(wards) - here["area_code"].nunique()
    if empty > len(wards) / 2:
        what = f"{empty} of {len(wards)} wards have no postcode in the file"
        do = f"Give {POINTS_OF[True]}." if str(wards[0]).startswith("N") else "Use a file with the ward codes of this release."
        raise DataRefused(Problem("postcode points", what, str(wards[0]), do))
    alone = set(parts.loc[parts["x"].isna(), "area_code"])  # wards that stand for themselves
    located = [here.loc[here["area_code"].isin(alone), ["area_code", "x", "y"]].assign(small_area_code=lambda one: one["area_code"])]
    here = here[~here["area_code"].isin(alone)]
    if "small_area_code" in here:
        located.append(here[["area_code", "small_area_code", "x", "y"]].dropna())
    elif len(here):
        located.append(_shared_out(here, parts))
    return _spread(parts, pd.concat([one for one in located if len(one)], ignore_index=True), groups)


def _spread(parts: pd.DataFrame, located: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    """The people of each part, an equal number on each of its located points."""
    keys = ["area_code", "small_area_code"]
    size = located.groupby(keys).size().rename("points").reset_index()
    spread = parts.drop(columns=["x", "y"]).merge(located, on=keys).merge(size, on=keys)
    spread[groups] = spread[groups].div(spread["points"], axis=0)
    alone = parts.merge(size, on=keys, how="left")
    alone = alone[alone["points"].isna()]
    if len(nowhere := sorted(alone.loc[alone["x"].isna(), "area_code"])):
        what = f"no postcode of {len(nowhere)} wards is in the file, and the release holds no small areas for them"
        raise DataRefused(Problem("postcode points", what, ", ".join(nowhere[:3]), "Use a file with the ward codes of this release."))
    basis = np.where(spread["small_area_code"] == spread["area_code"], WARD_ON_POSTCODES, POSTCODE_POINTS)
    both = [spread.assign(basis=basis), alone.assign(basis=SMALL_AREA_POINTS)]
    return pd.concat([frame for frame in both if len(frame)], ignore_index=True).drop(columns="points")


def _shared_out(points: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """The postcodes of each ward given to its parts: each part as many as its share of the ward's people, the nearest first.

    Without the quota a part whose small area reaches far beyond the ward would get hardly any postcode,
    since the point inside it lies elsewhere. Measured in Ribble Valley against postcodes located
    in small-area shapes, the median distance of a ward is off by 0.03 km on average (by 0.46 km
    without the quota, and by 1.7 km from small-area points).
    """
    by_ward = dict(iter(parts.groupby("area_code")))
    frames = []
    for ward, here in points.groupby("area_code"):
        choice = by_ward[ward]
        x, y = here["x"].to_numpy(dtype=float), here["y"].to_numpy(dtype=float)
        metres = np.hypot(x[:, None] - choice["x"].to_numpy(dtype=float), y[:, None] - choice["y"].to_numpy(dtype=float))
        people = choice["all"].to_numpy(dtype=float)
        quota = np.maximum(1, np.round(people / max(people.sum(), 1e-9) * len(here)))
        row = _nearest_with_quota(metres, quota)
        frames.append(here[["area_code", "x", "y"]].assign(small_area_code=choice["small_area_code"].to_numpy()[row]))
    return pd.concat(frames, ignore_index=True)


def _nearest_with_quota(metres: NDArray[np.float64], quota: NDArray[np.float64]) -> NDArray[np.int64]:
    """Column for each row: the nearest with room left, the rows for which it matters most choosing first."""
    order = np.argsort(metres, axis=1, kind="stable")
    if metres.shape[1] == 1:
        return order[:, 0]
    sorted_metres = np.take_along_axis(metres, order, axis=1)
    chosen, left = order[:, 0].copy(), quota.copy()
    for row in np.argsort(sorted_metres[:, 0] - sorted_metres[:, 1], kind="stable"):
        chosen[row] = next((column for column in order[row] if left[column] > 0), order[row, 0])
        left[chosen[row]] -= 1
    return chosen
