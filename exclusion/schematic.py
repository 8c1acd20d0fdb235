"""Shapes for places whose outlines are not held: the land nearer to a place's middle than to any other's.

They make a map that can be read, and they are not boundaries: whoever draws them says so.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from exclusion.judgement.mapping import map_rules


def cells(areas: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """One cell around the middle of each area; together they cover the land once, without overlap.

    Parameters
    ----------
    areas
        With columns ``x, y``: middles in metres (EPSG:27700), no two the same.

    Returns
    -------
    GeoSeries
        Polygons in the index and the projection of ``areas``. A cell always holds its own middle.

    Notes
    -----
    A Voronoi diagram (scipy's tree, GEOS's diagram), cut to what lies within reach of some middle.
    """
    spots = shapely.points(np.column_stack([areas["x"], areas["y"]]).astype(float))
    if len(spots) < 2:
        return gpd.GeoSeries(shapely.buffer(spots, map_rules().cells.nearest_m), index=areas.index, crs=areas.crs)
    whole = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=shapely.box(*_around(spots))))
    cell_of, spot_of = shapely.STRtree(whole).query(spots, predicate="within")[::-1]
    ordered = np.empty(len(spots), dtype=object)
    ordered[spot_of] = whole[cell_of]
    land = _land(spots)
    shapely.prepare(land)
    inside = shapely.covers(land, ordered)
    ordered[~inside] = shapely.intersection(ordered[~inside], land)
    return gpd.GeoSeries([_largest(one, spot) for one, spot in zip(ordered, spots, strict=True)], index=areas.index, crs=areas.crs)


def together(shapes: gpd.GeoSeries, by: pd.Series[str]) -> gpd.GeoSeries:
    """Shapes of a coverage joined into one for each value of ``by``, in the order of its values."""
    joined = {name: shapely.coverage_union_all(group.to_numpy()) for name, group in shapes.groupby(by, sort=True)}
    return gpd.GeoSeries(joined, crs=shapes.crs)


def _around(spots: np.ndarray) -> tuple[float, float, float, float]:
    west, south, east, north = shapely.total_bounds(spots)
    far = map_rules().cells.furthest_m
    return west - far, south - far, east + far, north + far


def _land(spots: np.ndarray) -> shapely.Geometry:
    at = shapely.get_coordinates(spots)
    rules = map_rules().cells
    neighbours = min(rules.reach, len(spots) - 1) + 1
    far = cKDTree(at).query(at, k=neighbours)[0][:, -1]
    return shapely.union_all(shapely.buffer(spots, np.clip(far, rules.nearest_m, rules.furthest_m), quad_segs=4))


def _largest(shape: shapely.Geometry, spot: shapely.Geometry) -> shapely.Geometry:
    """The part of a cut cell that holds its middle."""
    if shape.geom_type == "Polygon":
        return shape
    return next(part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and shapely.intersects(part, spot))
