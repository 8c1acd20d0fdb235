"""Office for National Statistics: ward and small-area boundaries, lookups, rural class.

The edition is WD25. Boundaries arrive in longitude and latitude and leave in metres
(EPSG:27700); nothing below this door sees degrees again until a map or a GeoJSON is drawn.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Source, arrive, gathered_file

EDITION = "WD25"
NATION_OF = {"E": "England", "W": "Wales", "S": "Scotland", "N": "Northern Ireland"}
NATION_CODE = {"England": "E92000001", "Wales": "W92000004", "Scotland": "S92000003", "Northern Ireland": "N92000002"}
METRES = 27700
ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data © Crown copyright and database right 2025"
)

NORTHERN_IRELAND = ". Contains LPS Intellectual Property (Ordnance Survey of Northern Ireland) © Crown copyright and database right 2025"
"""What the terms ask for beside :data:`ATTRIBUTION` where wards of Northern Ireland are shown."""

WARDS = Source(
    id="ons_wards_2025",
    title="Wards (May 2025) boundaries UK BGC, names and councils",
    publisher="Office for National Statistics",
    period="2025-05",
    url="https://geoportal.statistics.gov.uk",
    attribution=ATTRIBUTION,
)
LOOKUPS = Source(
    id="ons_lookups",
    title="LSOA 2021 boundaries, LSOA to ward best fit, county lookup, Rural Urban Classification 2021",
    publisher="Office for National Statistics",
    period="2021 to 2025",
    url="https://geoportal.statistics.gov.uk",
    attribution=ATTRIBUTION,
    note="The 2025 best-fit lookup is the official 2024 one where the ward code persists, largest area otherwise.",
)


def read_shapes(folder: Path, name: str, code: str) -> gpd.GeoDataFrame:
    """Shapes of a gathered GeoParquet file in metres, checked by :func:`check_boundaries`."""
    path = gathered_file(folder, name)
    try:
        frame = gpd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise DataRefused(Problem(name, f"cannot be read as GeoParquet: {error}", "", "It may be cut off; fetch it again.")) from None
    return check_boundaries(frame, name, code)


def check_boundaries(frame: gpd.GeoDataFrame, name: str, code: str) -> gpd.GeoDataFrame:
    """Boundaries in metres when every shape is there, valid, once per code; else refused."""
    if code not in frame.columns:
        raise DataRefused(
            Problem(name, f"column '{code}' is missing", ", ".join(map(str, frame.columns[:6])), "Is this the right edition?")
        )
    problems = []
    if frame.crs is None:
        problems.append(Problem(name, "does not say its coordinate system", "", "Save it again with one, for example EPSG:27700."))
    if len(twice := frame[frame.duplicated(code)]):
        problems.append(Problem(name, f"{len(twice)} codes are there twice", str(twice[code].iloc[0]), "Keep one shape for each."))
    if len(bad := frame[frame.geometry.isna() | frame.geometry.is_empty | ~frame.geometry.is_valid]):
        problems.append(
            Problem(name, f"{len(bad)} shapes are empty or cross themselves", str(bad[code].iloc[0]), "Repair them in a GIS and try again.")
        )
    if problems:
        raise DataRefused(problems)
    return frame.to_crs(METRES)


def read_wards(folder: Path, nations: Collection[str] = ("England", "Wales")) -> tuple[Source, gpd.GeoDataFrame]:
    """Wards of some nations: ``area_code, area_name, council_code, council_name, nation, upper_code, upper_name, geometry``."""
    shapes = read_shapes(folder, "geography/wards_2025_uk_bgc.parquet", "WD25CD")
    names = arrive(
        folder, "geography/lookup_wd25_lad25_rgn25_uk.csv", key="WD25CD", texts=["WD25NM", "LAD25CD", "LAD25NM"], rows=(8_405, 8_405)
    )
    counties = arrive(folder, "geography/lookup_ltla23_utla23_ew.csv", key="LTLA23CD", texts=["UTLA23CD", "UTLA23NM"])
    table = names.table[names.table["WD25CD"].str[0].map(NATION_OF).isin(nations)]
    frame = shapes[["WD25CD", "geometry"]].merge(table, on="WD25CD", how="inner", validate="1:1")
    upper = counties.table[counties.table["LTLA23CD"] != counties.table["UTLA23CD"]].set_index("LTLA23CD")
    frame = frame.rename(columns={"WD25CD": "area_code", "WD25NM": "area_name", "LAD25CD": "council_code", "LAD25NM": "council_name"})
    frame["nation"] = frame["area_code"].str[0].map(NATION_OF)
    frame["upper_code"] = frame["council_code"].map(upper["UTLA23CD"]).fillna("")
    frame["upper_name"] = frame["council_code"].map(upper["UTLA23NM"]).fillna("")
    terms = ATTRIBUTION + (NORTHERN_IRELAND if "Northern Ireland" in nations else "")
    return replace(WARDS, files=(names.file, counties.file), attribution=terms), gpd.GeoDataFrame(
        frame.sort_values("area_code", ignore_index=True), crs=METRES
    )


def read_small_areas(folder: Path) -> tuple[Source, gpd.GeoDataFrame]:
    """LSOA 2021: ``small_area_code, small_area_name, kind, rural, best_fit (ward code), geometry``."""
    shapes = read_shapes(folder, "geography/lsoa_2021_ew_simplified.parquet", "LSOA21CD")
    fit = arrive(
        folder, "geography/lookup_lsoa21_wd25_lad25_derived.csv.gz", key="LSOA21CD", texts=["LSOA21NM", "WD25CD"], rows=(35_672, 35_672)
    )
    rural = arrive(folder, "geography/ruc21_lsoa21_ew.csv.gz", key="LSOA21CD", texts=["ruc"], rows=(35_672, 35_672))
    frame = (
        shapes[["LSOA21CD", "geometry"]].merge(fit.table, on="LSOA21CD", validate="1:1").merge(rural.table, on="LSOA21CD", validate="1:1")
    )
    frame = frame.rename(columns={"LSOA21CD": "small_area_code", "LSOA21NM": "small_area_name", "WD25CD": "best_fit"})
    frame["rural"] = frame["ruc"] == "Rural"
    frame = frame.drop(columns="ruc").assign(kind="lsoa21").sort_values("small_area_code", ignore_index=True)
    return replace(LOOKUPS, files=(fit.file, rural.file)), gpd.GeoDataFrame(frame, crs=METRES)


def read_area_shares(folder: Path) -> pd.DataFrame:
    """Shares of LSOA 2021 in wards by area, for the sensitivity work: ``small_area_code, area_code, share``."""
    weights = arrive(folder, "geography/weights_lsoa21_wd25_area.csv.gz", key=["LSOA21CD", "WD25CD"], numbers=["frac"])
    return weights.table.set_axis(["small_area_code", "area_code", "share"], axis=1)


def read_unchanged_wards(folder: Path) -> pd.Series:
    """2022 wards whose boundary is unchanged: 2025 ward code -> 2022 ward code."""
    pairs = arrive(folder, "geography/crosswalk_wd22_wd25_area.csv.gz", key=["WD22CD", "WD25CD"], texts=["relation"]).table
    same = pairs[pairs["relation"] == "unchanged"]
    return same.set_index("WD25CD")["WD22CD"]


def read_census_wards(folder: Path) -> pd.Series:
    """2022 ward by today's ward where it has the same ground (98 per cent and more), under its old code or a new one.

    England and Wales alone: the census of no other nation is published for these wards.
    """
    pairs = arrive(folder, "geography/crosswalk_wd22_wd25_area.csv.gz", key=["WD22CD", "WD25CD"], texts=["relation"]).table
    same = pairs[pairs["relation"].isin(["unchanged", "recoded_same_area"]) & pairs["WD25CD"].str.startswith(("E", "W"))]
    same = same[~same["WD22CD"].duplicated(keep=False) & ~same["WD25CD"].duplicated(keep=False)]
    return same.set_index("WD25CD")["WD22CD"].sort_index()


def read_active_codes(folder: Path) -> dict[str, str]:
    """Council codes of any edition since 2011 -> the code in force."""
    codes = arrive(folder, "geography/lad_codes_all_uk.csv", key="LADCD", texts=["LADCD_ACTIVE"]).table
    return dict(zip(codes["LADCD"], codes["LADCD_ACTIVE"], strict=True))


def points_of(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """A point certainly inside each shape, rounded to a metre: ``x, y`` (a centroid may fall outside)."""
    inside = shapely.point_on_surface(frame.geometry.to_numpy())
    return pd.DataFrame({"x": shapely.get_x(inside).round(), "y": shapely.get_y(inside).round()}, index=frame.index)
