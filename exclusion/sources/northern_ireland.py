"""Northern Ireland: what is published below the council, and for which areas.

Two sets of small areas, neither of which nests in wards: super data zones (Census 2021, households
only) and super output areas (people of mid-2019, the 2017 deprivation measure). There are no open
postcode points, so both are shared onto wards by area, which is coarse; super data zones do nest in
district electoral areas. Ages by ward, and disabled people as people, are not held.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Source, arrive, counts
from exclusion.sources.boundaries import METRES, read_shapes

SDZ21, SOA11 = r"^N21\d{6}$", r"^95[A-Z]{2}\d{2}[A-Z]\d$"
FILES = (
    "census/ni/census2021_disabled_people_in_household_sdz21.csv.gz",
    "census/ni/census2021_tenure_sdz21.csv.gz",
    "geography/pop_soa11_ni_mid2019.csv",
    "income/nimdm2017_soa01.csv.gz",
    "connectivity/uk_ruc_composite_lsoa11_dz11_soa01.csv.gz",
    "geography/superdatazones_2021_ni.parquet",
    "geography/soa_2011_ni.parquet",
)
"""What must be there before Northern Ireland can be built."""

NISRA = "Contains NISRA data, Crown copyright, licensed under the Open Government Licence v3.0"

CENSUS = Source(
    id="census2021_ni",
    title="Census 2021, Northern Ireland: households by disabled residents and by tenure, super data zones",
    publisher="Northern Ireland Statistics and Research Agency",
    period="2021-03-21",
    url="https://build.nisra.gov.uk",
    attribution=NISRA,
    note="Households, not people: how many people are disabled is published here by council only.",
)
FETCHED_CENSUS = replace(
    CENSUS,
    id="census2021_ni_fetched",
    title="Census 2021, Northern Ireland, Flexible Table Builder: people and households by super data zone",
    note="Super data zones do not nest in wards: shared onto them by area, which is coarse.",
)
POPULATION = Source(
    id="nisra_mid2019",
    title="Mid-2019 population estimates, super output areas",
    publisher="Northern Ireland Statistics and Research Agency",
    period="2019-06-30",
    url="https://www.nisra.gov.uk/statistics/population",
    attribution=NISRA,
    note="Made before Census 2021; four age groups only, the oldest 65 and over.",
)
NIMDM = Source(
    id="nimdm2017",
    title="Northern Ireland Multiple Deprivation Measure 2017: people in low-income households",
    publisher="Northern Ireland Statistics and Research Agency",
    period="2015-16",
    url="https://www.nisra.gov.uk/statistics/deprivation/northern-ireland-multiple-deprivation-measure-2017-nimdm2017",
    attribution=NISRA,
    note="Income below 60 per cent of the median: another definition than in the rest of the United Kingdom.",
)
RURAL = Source(
    id="uk_ruc_composite",
    title="UK composite rural-urban classification 2.4.0, from NISRA's",
    publisher="mySociety",
    period="2011 to 2015",
    url="https://github.com/mysociety/uk_ruc",
    licence="CC BY 4.0",
    attribution="Contains the UK composite rural-urban classification by mySociety, CC BY 4.0",
)


def read(folder: Path) -> list[tuple[Source, dict[str, pd.DataFrame]]]:
    """Every measure by its own small area; ``population`` and ages by super output area, the census by super data zone."""
    disability = arrive(folder, FILES[0], key="sdz21cd", numbers=["total_households", "no_disabled_people"], code=SDZ21, rows=(850, 850))
    tenure_columns = ["social_rented_northern_ireland_housing_executive", "social_rented_housing_association_or_charitable_trust"]
    tenure = arrive(folder, FILES[1], key="sdz21cd", numbers=["total_households", *tenure_columns], code=SDZ21, rows=(850, 850))
    age = arrive(folder, FILES[2], key="SOA11CD", numbers=["total", "age_65_plus"], code=SOA11, rows=(890, 890))
    income = arrive(folder, FILES[3], key="soa01_code", numbers=["income_below60_median_share"], code=SOA11, rows=(890, 890))
    homes = disability.table.set_index("sdz21cd").sort_index()
    rented = tenure.table.set_index("sdz21cd").sort_index()
    people = age.table.set_index("SOA11CD").sort_index()
    share = income.table.set_index("soa01_code")["income_below60_median_share"].sort_index()
    if not share.index.equals(people.index):
        raise DataRefused(Problem(FILES[3], "names other super output areas than the population estimates", FILES[2]))
    return [
        (
            replace(CENSUS, files=(disability.file, tenure.file)),
            {
                "disabled_household": counts(homes["total_households"] - homes["no_disabled_people"], homes["total_households"]),
                "social_rented": counts(rented[tenure_columns].sum(axis=1), rented["total_households"]),
            },
        ),
        (
            replace(POPULATION, files=(age.file,)),
            {"population": counts(people["total"], people["total"]), "age65": counts(people["age_65_plus"], people["total"])},
        ),
        (replace(NIMDM, files=(income.file,)), {"income_dep_nimdm2017": counts(share * people["total"], people["total"])}),
    ]


FETCHED = {
    "age": ("census/ni/census2021_age_sdz21.csv.gz", "total"),
    "disability": ("census/ni/census2021_disability_sdz21.csv.gz", "total"),
    "care": ("census/ni/census2021_unpaid_care_sdz21.csv.gz", "total_5plus"),
    "cars": ("census/ni/census2021_car_availability_sdz21.csv.gz", "total_households"),
    "composition": ("census/ni/census2021_household_composition_sdz21.csv.gz", "total_households"),
    "qualifications": ("census/ni/census2021_qualifications_sdz21.csv.gz", "total_16plus"),
    "disabled_household": (FILES[0], "total_households"),
    "tenure": (FILES[1], "total_households"),
}
"""Tables of NISRA's builder that a fetch writes: file, and the column every rate of it is divided by."""

_MADE_OF = {
    "population": ("age", "total"),
    "age16_24": ("age", "a16_24"),
    "age25_34": ("age", "a25_34"),
    "age35_44": ("age", "a35_44"),
    "age45_54": ("age", "a45_54"),
    "age55_64": ("age", "a55_64"),
    "age65_74": ("age", "a65_74"),
    "age75_84": ("age", "a75_84"),
    "age85": ("age", "a85_plus"),
    "disabled": ("disability", "limited_a_lot+limited_a_little"),
    "disabled_lot": ("disability", "limited_a_lot"),
    "disabled_little": ("disability", "limited_a_little"),
    "carers": ("care", "total_5plus-no_unpaid_care"),
    "no_car": ("cars", "no_car"),
    "one_person": ("composition", "one_person_66_plus+one_person_other"),
    "lone66": ("composition", "one_person_66_plus"),
    "no_quals": ("qualifications", "no_qualifications"),
    "disabled_household": ("disabled_household", "total_households-no_disabled_people"),
    "social_rented": (
        "tenure",
        "social_rented_northern_ireland_housing_executive+social_rented_housing_association_or_charitable_trust",
    ),
}
"""Measure: the table it is of, and the columns that are added (``+``) or taken off (``-``)."""


def read_fetched(folder: Path) -> list[tuple[Source, dict[str, pd.DataFrame]]]:
    """What a fetch wrote of the census, by super data zone; a table that is not there is left out."""
    files, tables = [], {}
    for name, (file, total) in FETCHED.items():
        if (folder / file).is_file():
            columns = {c for table, how in _MADE_OF.values() if table == name for c in how.replace("-", "+").split("+")} - {total}
            arrived = arrive(folder, file, key="sdz21cd", numbers=[total, *sorted(columns)], code=SDZ21, rows=(850, 850))
            files.append(arrived.file)
            tables[name] = arrived.table.set_index("sdz21cd").sort_index()
    measures = {}
    for measure, (name, how) in _MADE_OF.items():
        if name in tables:
            added, *taken = how.split("-")
            count = tables[name][added.split("+")].sum(axis=1) - sum(tables[name][column] for column in taken)
            of = tables[name][FETCHED[name][1]]
            measures[measure] = counts(count.clip(lower=0, upper=of), of)
    return [(replace(FETCHED_CENSUS, files=tuple(files)), measures)] if measures else []


def read_small_areas(folder: Path) -> gpd.GeoDataFrame:
    """Super data zones and super output areas, one under the other: ``small_area_code, geometry``."""
    zones = read_shapes(folder, FILES[5], "SDZ21CD").rename(columns={"SDZ21CD": "small_area_code"})
    areas = read_shapes(folder, FILES[6], "SOA11CD").rename(columns={"SOA11CD": "small_area_code"})
    both = pd.concat([part[["small_area_code", "geometry"]] for part in (zones, areas)], ignore_index=True)
    return gpd.GeoDataFrame(both, crs=METRES)


def read_rural(folder: Path) -> tuple[Source, pd.Series]:
    """Whether each super output area is rural."""
    arrived = arrive(folder, FILES[4], key="lsoa", numbers=["ukruc-3"])
    table = arrived.table[arrived.table["lsoa"].str.match(SOA11)].set_index("lsoa")
    return replace(RURAL, files=(arrived.file,)), table["ukruc-3"] > 0
