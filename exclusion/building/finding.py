"""The small areas of each nation in a folder of fetched files: their shapes, and how Northern Ireland's are shared among wards."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from exclusion import geography
from exclusion.judgement.score import geography_rules
from exclusion.release import Evidence
from exclusion.sources import boundaries, northern_ireland

WARDS_FILE = "geography/wards_2025_uk_bgc.parquet"
SMALL_FILE = "geography/lsoa_2021_ew_simplified.parquet"
FIT_FILE = "geography/lookup_lsoa21_wd25_lad25_derived.csv.gz"
RURAL_FILE = "geography/ruc21_lsoa21_ew.csv.gz"
ZONES_FILE = "geography/datazones_2011_scotland.parquet"
SUPER_ZONES_FILE = "geography/superdatazones_2021_ni.parquet"
OUTPUT_AREAS_FILE = "geography/soa_2011_ni.parquet"
BY_AREA = ""
"""The best-fit ward of a small area that is shared by area: it has none."""


def letter_of(letter: str) -> str:
    """The nation's letter: codes of super output areas begin with 9."""
    return "N" if letter == "9" else letter


def letters_of(nation: str) -> tuple[str, ...]:
    """How codes of a nation begin: the other way round."""
    return ("N", "9") if nation == "N" else (nation,)


def irish_shares(folder: Path, base: Evidence) -> pd.DataFrame:
    """Shares of Northern Ireland's small areas in its wards, by area, where all of their shapes were fetched; else none.

    A release does not hold them: they come from shapes that anybody may fetch, and no postcode points are open.
    """
    none = pd.DataFrame({name: pd.Series(dtype=object) for name in ("small_area_code", "area_code", "best_fit")}).assign(share=0.0)
    needed = (WARDS_FILE, SUPER_ZONES_FILE, OUTPUT_AREAS_FILE)
    if not all((folder / name).is_file() for name in needed):
        return none
    wards = boundaries.check_boundaries(gpd.read_parquet(folder / WARDS_FILE), WARDS_FILE, "WD25CD")
    wards = wards[wards["WD25CD"].str.startswith("N")].rename(columns={"WD25CD": "area_code"}).reset_index(drop=True)
    if set(wards["area_code"]) != set(base.areas.index[base.areas["nation"] == "Northern Ireland"]):
        return none
    small = northern_ireland.read_small_areas(folder)
    return geography.shares_by_area(small, wards, geography_rules().smallest_by_area).assign(best_fit=BY_AREA)


def small_shapes(folder: Path, kind: str) -> gpd.GeoDataFrame | None:
    """Small areas of one kind as fetched: ``code, name, geometry`` in metres; None where they were not."""
    if kind == "dz11":
        if not (folder / ZONES_FILE).is_file():
            return None
        shapes = boundaries.check_boundaries(gpd.read_parquet(folder / ZONES_FILE), ZONES_FILE, "DZ11CD")
        return shapes.rename(columns={"DZ11CD": "code", "DZ11NM": "name"})
    if not (folder / SMALL_FILE).is_file() or not (folder / FIT_FILE).is_file():
        return None
    shapes = boundaries.check_boundaries(gpd.read_parquet(folder / SMALL_FILE), SMALL_FILE, "LSOA21CD")
    names = pd.read_csv(folder / FIT_FILE, usecols=["LSOA21CD", "LSOA21NM"], dtype=str).set_index("LSOA21CD")["LSOA21NM"]
    return shapes.assign(code=shapes["LSOA21CD"], name=shapes["LSOA21CD"].map(names))
