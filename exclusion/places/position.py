"""Where each place lies: metres on the British National Grid, from what its row gives."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from exclusion.contracts import Problem
from exclusion.judgement.access import access_rules
from exclusion.sources.postcodes import SHAPE, plain
from exclusion.sources.postcodes import points as postcode_points

GRID = ((0.0, 700_000.0), (0.0, 1_300_000.0))  # eastings, northings of the United Kingdom
DEGREES = ((49.8, 60.9), (-8.7, 1.8))  # latitudes, longitudes

Spot = tuple[float, float]


def resolve(
    found: pd.DataFrame, where: str, postcodes: str | Path | None, around: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows with ``x, y`` in metres (NaN where there is a problem), and every problem.

    A grid position wins over degrees, and degrees over a postcode; the postcode then only checks it.
    """
    problems: list[Problem] = []
    grid: dict[int, Spot] = {}
    degrees: dict[int, Spot] = {}
    by_post: dict[int, str] = {}
    for row in found.index:
        said = found.loc[row]
        spot = str(said["where"])
        given = [(axis, str(said[axis])) for axis in ("x", "y", "lat", "lon") if said[axis] != ""]
        numbers, wrong = _numbers(given, spot)
        problems += wrong
        code = plain(str(said["postcode"]))
        sound_code = bool(SHAPE.fullmatch(code))
        if code and not sound_code:
            problems.append(Problem(f"{spot}, column 'postcode'", "is not a postcode", str(said["postcode"]), "Write it as in BB7 2DG."))
        if wrong:
            continue
        if "x" in numbers or "y" in numbers:
            place, problem = _on_grid(numbers, spot)
            if place:
                grid[row] = place
        elif "lat" in numbers or "lon" in numbers:
            place, problem = _in_degrees(numbers, spot)
            if place:
                degrees[row] = place
        elif code:
            problem = None
        else:
            problem = Problem(spot, "does not say where it is", str(said["name"]), "Give a postcode, x and y, or lat and lon.")
        if problem:
            problems.append(problem)
        if sound_code:
            by_post[row] = code
    x, y = pd.Series(np.nan, index=found.index), pd.Series(np.nan, index=found.index)
    for row, (east, north) in {**grid, **_to_grid(degrees)}.items():
        x[row], y[row] = east, north
    placed = set(grid) | set(degrees)
    problems += _by_postcode(found, where, by_post, placed, postcodes, x, y)
    if around is not None and len(around):
        problems += _stray(found, grid, degrees, around, x, y)
    return found.assign(x=x.round(), y=y.round()), problems


def _numbers(given: list[tuple[str, str]], spot: str) -> tuple[dict[str, float], list[Problem]]:
    numbers, problems = {}, []
    for axis, text in given:
        try:
            numbers[axis] = float(text.replace(",", ""))
            if not math.isfinite(numbers[axis]):
                raise ValueError(text)
        except ValueError:
            problems.append(
                Problem(f"{spot}, column '{axis}'", "is not a number", text, "Give a number, or leave the position to the postcode.")
            )
    return numbers, problems


def _inside(pair: Spot, box: tuple[tuple[float, float], tuple[float, float]]) -> bool:
    return all(low <= value <= high for value, (low, high) in zip(pair, box, strict=True))


def _on_grid(numbers: dict[str, float], spot: str) -> tuple[Spot | None, Problem | None]:
    if not {"x", "y"} <= set(numbers):
        lacking = "y" if "x" in numbers else "x"
        return None, Problem(f"{spot}, column '{lacking}'", "is blank though the other axis is given", "", "Give both, or neither.")
    pair = (numbers["x"], numbers["y"])
    shown = f"x {pair[0]:g}, y {pair[1]:g}"
    if _inside(pair, DEGREES) or _inside(pair[::-1], DEGREES):
        return None, Problem(f"{spot}, columns 'x', 'y'", "hold degrees, not metres", shown, "Name the columns lat and lon.")
    if _inside(pair, GRID) and pair != (0, 0):
        return pair, None
    if _inside(pair[::-1], GRID) and pair != (0, 0):
        return None, Problem(f"{spot}, columns 'x', 'y'", "look swapped: x is the easting, y the northing", shown, "Swap the two.")
    return None, Problem(f"{spot}, columns 'x', 'y'", "is outside the United Kingdom", shown, "Give British National Grid metres.")


def _in_degrees(numbers: dict[str, float], spot: str) -> tuple[Spot | None, Problem | None]:
    if not {"lat", "lon"} <= set(numbers):
        lacking = "lon" if "lat" in numbers else "lat"
        return None, Problem(f"{spot}, column '{lacking}'", "is blank though the other axis is given", "", "Give both, or neither.")
    pair = (numbers["lat"], numbers["lon"])
    shown = f"lat {pair[0]:g}, lon {pair[1]:g}"
    if _inside(pair, DEGREES):
        return pair, None
    if _inside(pair[::-1], DEGREES):
        return None, Problem(f"{spot}, columns 'lat', 'lon'", "look swapped: latitude is near 50 to 60 here", shown, "Swap the two.")
    return None, Problem(
        f"{spot}, columns 'lat', 'lon'", "is outside the United Kingdom", shown, "Check both, and the minus of the longitude."
    )


def _to_grid(degrees: dict[int, Spot]) -> dict[int, Spot]:
    if not degrees:
        return {}
    lat, lon = zip(*degrees.values(), strict=True)
    points = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(27700)
    return dict(zip(degrees, zip(points.x, points.y, strict=True), strict=True))


def _by_postcode(
    found: pd.DataFrame,
    where: str,
    by_post: dict[int, str],
    placed: set[int],
    postcodes: str | Path | None,
    x: pd.Series,
    y: pd.Series,
) -> list[Problem]:
    """Place rows that have only a postcode (in ``x, y``, in place) and hold the others against theirs."""
    nothing_else = (found[["x", "y", "lat", "lon"]] == "").all(axis=1)
    only = [row for row in by_post if nothing_else.loc[row]]
    if postcodes is None:
        if not only:
            return []
        names = ", ".join(str(found["name"].loc[row]) for row in only[:3])
        return [
            Problem(
                where,
                f"{len(only)} of {len(found)} places have only a postcode, and no file of postcode points was given",
                names,
                "Give the file (Code-Point Open as Parquet, free from Ordnance Survey), or add x and y, or lat and lon.",
            )
        ]
    held = postcode_points(postcodes, by_post.values())
    points: dict[str, Spot] = dict(zip(held["postcode"], zip(held["x"], held["y"], strict=True), strict=True))
    problems = []
    for row, code in by_post.items():
        spot, shown = f"{found['where'].loc[row]}, column 'postcode'", str(found["postcode"].loc[row])
        if code not in points:
            if row in only:
                do = "Check it; for a new one or one in Northern Ireland give x and y, or lat and lon."
                problems.append(Problem(spot, "is not in the file of postcode points", shown, do))
            continue
        east, north = points[code]
        if row in only:
            x[row], y[row] = east, north
        elif row in placed and (away := math.hypot(x[row] - east, y[row] - north) / 1000) > access_rules().postcode_slack_km:
            problems.append(Problem(spot, f"lies {away:,.0f} km from the position given", shown, "Correct the postcode or the position."))
    return problems


def _stray(
    found: pd.DataFrame, grid: dict[int, Spot], degrees: dict[int, Spot], around: pd.DataFrame, x: pd.Series, y: pd.Series
) -> list[Problem]:
    """Places far from every area chosen, with the slip of the pen that would explain it."""
    centres = shapely.STRtree(shapely.points(around["x"].to_numpy(dtype=float), around["y"].to_numpy(dtype=float)))
    limit = access_rules().stray_km * 1000

    def away(spot: Spot) -> float:
        return float(centres.query_nearest(shapely.Point(spot), return_distance=True, all_matches=False)[1][0])

    problems = []
    for row in found.index[x.notna()]:
        far = away((x[row], y[row]))
        if far <= limit:
            continue
        do = "Check the position, or leave the place out."
        if row in grid and away(grid[row][::-1]) <= limit:
            do = "x and y look swapped: x is the easting, y the northing."
        elif row in degrees and away(_to_grid({0: (degrees[row][0], -degrees[row][1])})[0]) <= limit:
            do = "The minus of the longitude is missing."
        name = str(found.loc[row, "name"])
        problems.append(Problem(str(found.loc[row, "where"]), f"lies {far / 1000:,.0f} km from the wards chosen", name, do))
    return problems
