"""Scotland: Census 2022 and the 2020 index by data zone of 2011, with their boundaries and rural class.

Scotland's census was taken a year after the others', on data zones. National Records of Scotland
perturb cells and do not make categories add up to their total, so each rate is divided by its own
table's total and never by a sum. There is no service to ask: the files are downloaded by hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Source, arrive, counts
from exclusion.sources.boundaries import METRES, read_shapes

DZ11 = r"^S01\d{6}$"
ZONES = (6_976, 6_976)
CENSUS_DAY = "2022-03-20"
FILES = (
    "census/scotland/census2022_age_sex_dz11.csv.gz",
    "census/scotland/census2022_disability_dz11.csv.gz",
    "census/scotland/census2022_tenure_dz11.csv.gz",
    "income/simd2020v2_dz11.csv.gz",
    "connectivity/simd2020v2_broadband_access_dz11.csv.gz",
    "geography/datazones_2011_scotland.parquet",
    "geography/lookup_dz11_iz11_lad_wd25_derived.csv.gz",
    "geography/ruc16_dz11_scotland.csv.gz",
)
"""What must be there before Scotland can be built."""

NRS = (
    "Contains National Records of Scotland data licensed under the Open Government Licence v3.0. "
    "© Crown copyright. Data supplied by National Records of Scotland"
)
GOVERNMENT = "Contains Scottish Government data licensed under the Open Government Licence v3.0"

CENSUS = Source(
    id="census2022_scotland",
    title="Scotland's Census 2022: age, disability and tenure by 2011 data zone",
    publisher="National Records of Scotland",
    period=CENSUS_DAY,
    url="https://www.scotlandscensus.gov.uk",
    attribution=NRS,
    note="Cells are perturbed and categories do not add up to totals. A year later than the census of the rest of the United Kingdom.",
)
SIMD = Source(
    id="simd2020v2",
    title="Scottish Index of Multiple Deprivation 2020v2: people in income deprivation, population of 2017",
    publisher="Scottish Government",
    period="2017",
    url="https://www.gov.scot/collections/scottish-index-of-multiple-deprivation-2020/",
    attribution=GOVERNMENT,
    note="Benefit-based, for people of 2017; serves the score, never a count of people today.",
)
BROADBAND = Source(
    id="simd2020v2_broadband",
    title="Scottish Index of Multiple Deprivation 2020v2: premises without superfast broadband",
    publisher="Scottish Government, from Ofcom",
    period="2019",
    url="https://www.gov.scot/collections/scottish-index-of-multiple-deprivation-2020/",
    attribution=GOVERNMENT,
    note="A share of premises in 2019; networks have been built since.",
)
ZONE_SHAPES = Source(
    id="scotland_data_zones",
    title="Data zones of 2011, their names, best-fit wards and urban-rural class of 2016",
    publisher="Scottish Government",
    period="2011 to 2025",
    url="https://www.spatialdata.gov.scot",
    attribution=GOVERNMENT,
    note="Best fit is the ward with the largest part of the zone's area: no official lookup to 2025 wards is held.",
)

_AGES = (
    ("age16_24", "a16_17", "a20_24"),
    ("age25_34", "a25_29", "a30_34"),
    ("age35_44", "a35_39", "a40_44"),
    ("age45_54", "a45_49", "a50_54"),
    ("age55_64", "a55_59", "a60_64"),
    ("age65_74", "a65_69", "a70_74"),
    ("age75_84", "a75_79", "a80_84"),
    ("age85", "a85_plus", "a85_plus"),
)
_BANDS = ["a16_17", "a18_19", "a20_24", "a25_29", "a30_34", "a35_39", "a40_44", "a45_49", "a50_54", "a55_59", "a60_64"]
_BANDS += ["a65_69", "a70_74", "a75_79", "a80_84", "a85_plus"]
RENTED = "social_rented_council_la_or_housing_association_registered_social_landlord"


def read_census(folder: Path, *, some: bool = False) -> tuple[Source, dict[str, pd.DataFrame]]:
    """Ages, disability and social renting by data zone: ``{measure: count, of, low, high}``.

    ``some`` leaves out what the folder has no file for, instead of refusing.
    """
    files = []
    measures: dict[str, pd.DataFrame] = {}

    def table(name: str, numbers: list[str]) -> pd.DataFrame | None:
        if some and not (folder / name).is_file():
            return None
        arrived = arrive(folder, name, key="dz11cd", numbers=numbers, code=DZ11, rows=ZONES)
        files.append(arrived.file)
        return arrived.table.set_index("dz11cd").sort_index()

    def of(count: pd.Series, total: pd.Series) -> pd.DataFrame:
        # Perturbed apart from its total, a category of a small zone can exceed it.
        return counts(count.clip(upper=total), total)

    if (ages := table(FILES[0], ["total", *_BANDS])) is not None:
        measures["population"] = counts(ages["total"], ages["total"])
        for name, first, last in _AGES:
            measures[name] = of(ages.loc[:, first:last].sum(axis=1), ages["total"])
    if (limited := table(FILES[1], ["total", "limited_a_lot", "limited_a_little"])) is not None:
        measures["disabled"] = of(limited["limited_a_lot"] + limited["limited_a_little"], limited["total"])
        measures["disabled_lot"] = of(limited["limited_a_lot"], limited["total"])
        measures["disabled_little"] = of(limited["limited_a_little"], limited["total"])
    if (homes := table(FILES[2], ["total_households", RENTED])) is not None:
        measures["social_rented"] = of(homes[RENTED], homes["total_households"])
    return replace(CENSUS, files=tuple(files)), measures


def read_index(folder: Path, population: pd.Series | None, *, some: bool = False) -> list[tuple[Source, dict[str, pd.DataFrame]]]:
    """Income deprivation (out of the people of 2017) and premises without superfast broadband (weighted by ``population``).

    ``some`` leaves out what the folder has no file for; premises are left out where ``population`` is None.
    """
    found: list[tuple[Source, dict[str, pd.DataFrame]]] = []
    if not some or (folder / FILES[3]).is_file():
        income = arrive(
            folder, FILES[3], key="dz11_code", numbers=["Income_rate", "Income_count", "population_2017"], code=DZ11, rows=ZONES,
            blanks=("Income_rate",),
        )  # fmt: skip
        table = income.table.set_index("dz11_code").sort_index()
        # Where the publisher gives no rate (nobody lived there) a count of 0 is not a figure.
        count = table["Income_count"].where(table["Income_rate"].notna())
        people = table["population_2017"]
        found.append((replace(SIMD, files=(income.file,)), {"income_dep_simd2020": counts(count.clip(upper=people), people)}))
    if population is not None and (not some or (folder / FILES[4]).is_file()):
        slow = arrive(
            folder, FILES[4], key="dz11_code", numbers=["share_premises_without_superfast"], code=DZ11, rows=ZONES,
            blanks=("share_premises_without_superfast",),
        )  # fmt: skip
        share = slow.table.set_index("dz11_code")["share_premises_without_superfast"].sort_index()
        if (share > 1).any():
            raise DataRefused(Problem(FILES[4], "holds a share above 1", str(share.idxmax()), "Shares, not percentages, were expected."))
        of_people = population.reindex(share.index).astype(float)
        found.append((replace(BROADBAND, files=(slow.file,)), {"no_superfast_simd2020": pd.DataFrame({"value": share, "of": of_people})}))
    return found


def read_small_areas(folder: Path) -> tuple[Source, gpd.GeoDataFrame]:
    """Data zones: ``small_area_code, small_area_name, kind, rural, best_fit, geometry``."""
    shapes = read_shapes(folder, FILES[5], "DZ11CD")
    fit = arrive(folder, FILES[6], key="DZ11CD", texts=["DZ11NM", "WD25CD"], code=DZ11, rows=ZONES)
    rural = arrive(folder, FILES[7], key="DZ11CD", texts=["ruc"], code=DZ11, rows=ZONES)
    frame = shapes[["DZ11CD", "geometry"]].merge(fit.table, on="DZ11CD", validate="1:1").merge(rural.table, on="DZ11CD", validate="1:1")
    frame = frame.rename(columns={"DZ11CD": "small_area_code", "DZ11NM": "small_area_name", "WD25CD": "best_fit"})
    frame["rural"] = np.asarray(frame["ruc"] == "Rural")
    frame = frame.drop(columns="ruc").assign(kind="dz11").sort_values("small_area_code", ignore_index=True)
    return replace(ZONE_SHAPES, files=(fit.file, rural.file)), gpd.GeoDataFrame(frame, crs=METRES)
