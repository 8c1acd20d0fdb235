"""The whole country at once: every ward's band within its nation, and councils by how many of their wards are most affected.

Scores are never averaged: a council is described by counts of its wards in each band, and put in one of
five classes by the share in bands 4 and 5. Councils of two nations are never set side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import risk, schematic
from exclusion.judgement.mapping import map_rules
from exclusion.release import Evidence
from exclusion.validity import pockets

CLASSES = map_rules().councils.words
"""Of a council's scored wards, the share in bands 4 and 5. In a nation as a whole that is two fifths, since bands are fifths."""
HIGH = (4, 5)


@dataclass(frozen=True)
class Country:
    """What the national map draws.

    Attributes
    ----------
    wards
        Every ward: ``area_name, council_code, council_name, nation, band`` (1-5 or missing), ``why_not``, geometry (EPSG:27700).
    councils
        Indexed by ``council_code``, by name: ``area_name`` (the council's), ``nation, wards, scored``, ``band_1`` to ``band_5``
        (wards in each), ``high`` (share of scored wards in bands 4 and 5) and ``place`` in :data:`CLASSES`, both missing where
        no ward is scored; geometry.
    outlines
        Whether the shapes are boundaries; else they are cells around the middle of each ward (:mod:`exclusion.schematic`).
    """

    wards: gpd.GeoDataFrame
    councils: gpd.GeoDataFrame
    outlines: bool


def country(evidence: Evidence) -> Country:
    """Score every ward within its nation and count each council's wards by band."""
    areas = evidence.areas
    scores = pd.concat([risk.score(evidence, list(codes)) for codes in areas.groupby("nation").groups.values()]).reindex(areas.index)
    wards = areas[["area_name", "council_code", "council_name", "nation", "geometry"]].assign(
        band=scores["band"], why_not=scores["why_not"]
    )
    outlines = bool(areas.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all())
    shapes = areas.geometry if outlines else schematic.cells(areas)
    wards = wards.set_geometry(shapes)
    return Country(wards, _councils(wards, outlines), outlines)


def _councils(wards: gpd.GeoDataFrame, outlines: bool) -> gpd.GeoDataFrame:
    by = wards.groupby("council_code")
    table = by.agg(area_name=("council_name", "first"), nation=("nation", "first"), wards=("band", "size"), scored=("band", "count"))
    for band in risk.BANDS:
        table[f"band_{band}"] = (wards["band"] == band).fillna(False).groupby(wards["council_code"]).sum().astype(int)
    table["high"] = table[[f"band_{band}" for band in HIGH]].sum(axis=1).div(table["scored"].where(table["scored"] > 0))
    table["place"] = table["high"].map(place).astype("Int64")
    shapes = wards.dissolve("council_code").geometry if outlines else schematic.together(wards.geometry, wards["council_code"])
    return gpd.GeoDataFrame(table, geometry=shapes.reindex(table.index), crs=wards.crs).sort_values(["area_name", "nation"])


def place(share: float) -> Any:
    """The place of a share in :data:`CLASSES`; missing for a missing share."""
    if pd.isna(share):
        return pd.NA
    return 0 if share == 0 else 1 + sum(share >= edge for edge in map_rules().councils.edges)


def small_areas(evidence: Evidence, area_code: str) -> gpd.GeoDataFrame:
    """The small areas that lie mostly in one ward, with their place in the nation where the release holds figures for them.

    Returns
    -------
    GeoDataFrame
        Indexed by ``small_area_code``: ``area_name`` (of the small area), ``population``, ``risk`` in the scale of small areas,
        ``tenth`` (among the nation's most affected tenth; missing when not scored), ``percentile_<domain>``; cells around their
        middles, not boundaries. Empty where the release holds no small areas of the ward.
    """
    table = pockets.small_scores(evidence, {area_code}).rename(columns={"small_area_name": "area_name"})
    middles = evidence.small_areas.drop_duplicates("small_area_code").set_index("small_area_code")[["x", "y"]].reindex(table.index)
    placed = gpd.GeoDataFrame(table.join(middles), geometry=gpd.points_from_xy(middles["x"], middles["y"]), crs=evidence.areas.crs)
    return placed.set_geometry(schematic.cells(placed)) if len(placed) else placed
