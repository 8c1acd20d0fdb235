"""Northern Ireland's district electoral areas of 2014, the areas its councils plan by: which wards each is made of.

The order that set them names them as groups of wards. No file of the publishers' at hand says which, so the
table is made from two that are: which electoral area each super data zone of the census lies in (they nest),
and which wards each zone covers.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Source, arrive
from exclusion.sources.boundaries import METRES, read_shapes

LOOKUP = "geography/lookup_ni_dz21_sdz21_dea14_lgd14.csv.gz"
ZONES = "geography/superdatazones_2021_ni.parquet"
WARDS = "geography/wards_2025_uk_bgc.parquet"
TABLE = "electoral_areas.csv"
AREAS, WARD_NUMBER = 80, 462
WHOLE = 0.98
"""Of a ward's ground in one electoral area: the rest is a line drawn more smoothly in one file than in the other."""
SOURCE = Source(
    id="nisra_dea2014",
    title="District electoral areas 2014 by super data zone of Census 2021",
    publisher="Northern Ireland Statistics and Research Agency",
    period="2014",
    url="https://www.nisra.gov.uk/support/geography",
    attribution="Contains NISRA data, Crown copyright, licensed under the Open Government Licence v3.0",
    note="Which wards each is made of follows from the outlines of the census's zones: every ward lies in one to 98 per cent or more.",
)


def read() -> pd.DataFrame:
    """``ward_code, area_code, area_name``: the electoral area of each of Northern Ireland's 462 wards."""
    with files("exclusion.sources").joinpath(TABLE).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def make(folder: Path) -> pd.DataFrame:
    """The same table from the gathered files: what is shipped is this, and a test says so.

    Raises
    ------
    SourceUnreachable, DataRefused
        When a file is not there or not as expected, or a ward lies in two electoral areas.
    """
    columns = ["SDZ21CD", "DEA14CD", "DEA14NM"]
    zones = arrive(folder, LOOKUP, key="DZ21CD", texts=columns, code=r"^N20\d{6}$", rows=(3780, 3780)).table
    nests = zones[columns].drop_duplicates()
    if nests["SDZ21CD"].duplicated().any() or nests["DEA14CD"].nunique() != AREAS:
        raise DataRefused(Problem(LOOKUP, "does not give each super data zone one of 80 electoral areas", "", "Fetch it again."))
    shapes = read_shapes(folder, ZONES, "SDZ21CD").merge(nests, on="SDZ21CD")
    areas = shapes.dissolve("DEA14CD")
    wards = gpd.GeoDataFrame(read_shapes(folder, WARDS, "WD25CD"), crs=METRES)
    wards = wards[wards["WD25CD"].str.startswith("N08")].sort_values("WD25CD", ignore_index=True)
    here, there = shapely.STRtree(areas.geometry.to_numpy()).query(wards.geometry.to_numpy(), predicate="intersects")
    ground = shapely.area(shapely.intersection(wards.geometry.to_numpy()[here], areas.geometry.to_numpy()[there]))
    table = pd.DataFrame({"ward_code": wards["WD25CD"].to_numpy()[here], "area_code": areas.index.to_numpy()[there], "ground": ground})
    table["part"] = table["ground"] / table.groupby("ward_code")["ground"].transform("sum")
    main = table.sort_values("part").drop_duplicates("ward_code", keep="last").sort_values("ward_code", ignore_index=True)
    divided = main[main["part"] < WHOLE]
    if len(divided) or len(main) != WARD_NUMBER:
        found = ", ".join(divided["ward_code"][:3]) or f"{len(main)} wards"
        raise DataRefused(Problem(ZONES, "does not put each of 462 wards into one electoral area", found, "Fetch it again."))
    main["area_name"] = main["area_code"].map(nests.drop_duplicates("DEA14CD").set_index("DEA14CD")["DEA14NM"])
    return main[["ward_code", "area_code", "area_name"]]
