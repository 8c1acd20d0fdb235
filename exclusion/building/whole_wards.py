"""Own areas of whole wards: the wards' own figures are summed, so that nothing is shared out a second time.

It works for every council, also where a release holds no small areas, and an area's figures are the sum of
those the pages show for its wards.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.owning import own_rules
from exclusion.own.areas import OwnAreas
from exclusion.release import Evidence
from exclusion.release_tables import WIDE_RANGE
from exclusion.sources import northern_ireland

_WEAKEST = ("own", "estimated", "area", "best_fit", "weighted", "published")
"""Ways in which a figure came onto a ward, the least certain first: a sum is as its least certain part."""
_OLDER = (northern_ireland.POPULATION.id, northern_ireland.NIMDM.id)
"""Northern Ireland's figures by areas that do not nest in electoral areas."""


def pieces(wards: pd.DataFrame) -> pd.DataFrame:
    """Wards in the place of small areas, each wholly in itself: the columns of a release's ``small_areas``."""
    return pd.DataFrame(
        {
            "small_area_code": wards.index,
            "kind": "ward",
            "small_area_name": wards["area_name"].to_numpy(),
            "population": wards["population"].to_numpy(float),
            "x": wards["x"].to_numpy(float),
            "y": wards["y"].to_numpy(float),
            "area_code": wards.index,
            "share": 1.0,
        }
    )


def placed(own: OwnAreas, wards: pd.DataFrame, every: pd.Index) -> tuple[pd.DataFrame, list[str]]:
    """``small_area_code, area_code, share, ward`` of the wards that the file names, and what to say of the rest.

    Raises
    ------
    DataRefused
        When it names wards that are in no council of the release: of another year, or a slip of the pen.
    """
    assert own.wards is not None
    unknown = own.wards.index.difference(every)
    if len(unknown):
        do = "Give the wards of May 2025 (WD25), one row for each."
        raise DataRefused(Problem(own.where, f"{len(unknown)} codes are not wards of this edition", ", ".join(unknown[:3]), do))
    strays = own.wards.index.difference(wards.index)
    notes = [f"{len(strays)} wards of the file are not of the councils chosen and were left out."] if len(strays) else []
    here = own.wards.reindex(wards.index).dropna()
    return pd.DataFrame({"small_area_code": here.index, "area_code": here.to_numpy(), "share": 1.0, "ward": here.index}), notes


def followed(inner: pd.DataFrame, area_of: pd.Series) -> pd.DataFrame:
    """Small areas in own areas of whole wards: where their wards go."""
    there = inner.assign(area_code=inner["area_code"].map(area_of))
    return there.groupby(["small_area_code", "area_code"], as_index=False)[["share"]].sum()


def counted(by_ward: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """The wards' figures as pieces to be summed: without the range that a ward's own shape gives each, which does not add up."""
    table = by_ward.copy()
    error = table["area_code"].map(wards["error_p90"]).astype(float)
    wide = table["low"].notna() & (error > WIDE_RANGE) & (table["fit"] != "published")
    for bound, factor in (("low", (1 - error).clip(lower=1e-9)), ("high", 1 + error)):
        own = table[bound] / factor  # back to what stood before the shape's error; it was rounded, so that near the count is the count
        near = (own - table["count"]).abs() <= 0.5 / factor + 0.5
        table[bound] = table[bound].where(~wide, own.round().where(~near, table["count"]))
    return table


def observed(by_ward: pd.DataFrame, wards: pd.DataFrame, area_of: pd.Series) -> pd.Series:
    """Share of what each figure is out of that it is known for, by area and measure; a ward without a figure is not known at all."""
    table = by_ward.assign(area=by_ward["area_code"].map(area_of), people=by_ward["area_code"].map(wards["population"]).astype(float))
    table = table.dropna(subset="area")
    share = table["observed"].astype(float).fillna(1.0).where(table["value"].notna(), 0.0)
    known = (table["people"] * share).groupby([table["area"], table["measure"]]).sum()
    whole = wards["population"].astype(float).groupby(area_of.reindex(wards.index)).sum()
    return (known / whole.reindex(known.index.get_level_values(0)).to_numpy()).clip(upper=1.0).round(3)


def fits(by_ward: pd.DataFrame) -> pd.Series:
    """How each measure came onto the areas: as onto the least certain of their wards."""
    rank = {name: place for place, name in enumerate(_WEAKEST)}
    return by_ward.groupby("measure")["fit"].agg(lambda held: min(held, key=lambda name: rank.get(name, 0)))


def errors(own: OwnAreas, table: pd.DataFrame, error: pd.Series) -> pd.Series:
    """Error of nine in ten for each row: that of its area, or what was measured for its source in electoral areas."""
    if not own.electoral:
        return error
    rules = own_rules().areas
    return pd.Series(np.where(table["source"].isin(_OLDER), rules.error_of_electoral_2019, rules.error_of_electoral), table.index)


def electoral_error(evidence: Evidence, wards: pd.DataFrame) -> float:
    """Error of nine in ten electoral areas for their residents: small where a census by zone was fetched, else that of 2019."""
    rules, held = own_rules().areas, evidence.observations
    census = ((held["measure"] == "age75") & held["area_code"].isin(wards.index)).any()
    return rules.error_of_electoral if census else rules.error_of_electoral_2019


def outlines(wards: gpd.GeoDataFrame, area_of: pd.Series) -> gpd.GeoSeries:
    """Outline of each area: its wards joined; a point in the middle where the release holds no outlines."""
    shapes = {}
    for code, held in wards.groupby(area_of.reindex(wards.index)):
        whole = held.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all()
        weight = held["population"].clip(lower=1).to_numpy(float)
        middle = [float(np.average(held[axis].astype(float), weights=weight)) for axis in ("x", "y")]
        shapes[code] = shapely.union_all(held.geometry.to_numpy()) if whole else shapely.Point(*middle)
    return gpd.GeoSeries(shapes, crs=wards.crs)
