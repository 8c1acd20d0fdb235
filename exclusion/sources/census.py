"""Office for National Statistics: Census 2021 topic summaries by small area (LSOA 2021).

Every rate is divided by its own table's total: ONS perturbs cells, so totals of two tables
differ for the same area, and denominators differ (all residents, aged 3 and over, aged 16
and over, households).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from exclusion.sources import Arrived, Source, arrive, counts

LSOA21 = r"^[EW]01\d{6}$"
ROWS = (35_672, 35_672)
FOLDER = "census/ew_lsoa21/"
HOUSEHOLDS = "ts003_household_composition"

SOURCE = Source(
    id="census2021",
    title="Census 2021 topic summaries TS007A, TS029, TS038, TS039, TS045, TS054, TS062, TS067, TS075 by lower layer super output area",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    note="Figures are cell-perturbed by ONS: counts under about 10 are not exact. TS029 and TS075 are sums of output areas.",
)


def read(folder: Path, *, some: bool = False) -> tuple[Source, dict[str, pd.DataFrame]]:
    """Every census measure by LSOA: ``{measure: count, of, low, high}`` indexed by code.

    Parameters
    ----------
    some
        Leave out what the folder has no file for, instead of refusing: a release can be refreshed
        with the tables that could be fetched.
    """
    files = []
    measures: dict[str, pd.DataFrame] = {}

    def held(name: str) -> bool:
        return not some or (folder / f"{FOLDER}{name}.csv.gz").is_file()

    def table(name: str, numbers: list[str]) -> pd.DataFrame:
        arrived: Arrived = arrive(folder, f"{FOLDER}{name}.csv.gz", key="lsoa21cd", numbers=numbers, code=LSOA21, rows=ROWS)
        files.append(arrived.file)
        return arrived.table.set_index("lsoa21cd").sort_index()

    if held("ts007a_age"):
        bands = ["a00_04", "a05_09", "a10_14", "a15_19", "a20_24", "a25_29", "a30_34", "a35_39", "a40_44", "a45_49", "a50_54", "a55_59"]
        bands += ["a60_64", "a65_69", "a70_74", "a75_79", "a80_84", "a85_plus"]
        age = table("ts007a_age", ["total", *bands])
        measures["population"] = counts(age["total"], age["total"])
        for name, first, last in _AGES:
            measures[name] = counts(age.loc[:, first:last].sum(axis=1), age["total"])
        if held("custom_age6"):
            six = table("custom_age6", ["a00_15", "a16_24"])
            # TS007A splits at 15; the custom table gives the cut at 16, applied as a share of 15 to 24.
            young = age["a15_19"] + age["a20_24"]
            share16 = (six["a16_24"] / young.where(young > 0)).clip(upper=1).fillna(1.0)
            measures["age16_24"] = counts(young * share16, age["total"])
    if held("ts038_disability"):
        disability = table("ts038_disability", ["total", "disabled", "limited_a_lot", "limited_a_little"])
        for name, column in (("disabled", "disabled"), ("disabled_lot", "limited_a_lot"), ("disabled_little", "limited_a_little")):
            measures[name] = counts(disability[column], disability["total"])
    if held("ts029_english_proficiency__oasum"):
        english = table("ts029_english_proficiency__oasum", ["total_3plus", "not_well", "cannot_speak"])
        measures["poor_english"] = counts(english["not_well"] + english["cannot_speak"], english["total_3plus"])
    if held("ts039_unpaid_care"):
        care = table("ts039_unpaid_care", ["total_5plus", "no_unpaid_care"])
        measures["carers"] = counts(care["total_5plus"] - care["no_unpaid_care"], care["total_5plus"])
    if held("ts045_car_availability"):
        cars = table("ts045_car_availability", ["total_households", "no_car"])
        measures["no_car"] = counts(cars["no_car"], cars["total_households"])
    if held("ts062_nssec"):
        work = table("ts062_nssec", ["total_16plus", "l15_full_time_students"])
        measures["students"] = counts(work["l15_full_time_students"], work["total_16plus"])
    if held("ts075_one_person_households__oasum"):
        alone = table("ts075_one_person_households__oasum", ["total_households", "one_person"])
        measures["one_person"] = counts(alone["one_person"], alone["total_households"])
    if (folder / f"{FOLDER}{HOUSEHOLDS}.csv.gz").is_file():  # only live; it replaces our estimate of people living alone
        homes = table(HOUSEHOLDS, ["total_households", "one_person", "one_person_66_plus"])
        measures["one_person"] = counts(homes["one_person"], homes["total_households"])
        measures["lone66"] = counts(homes["one_person_66_plus"], homes["total_households"])
    if held("ts067_qualifications"):
        skills = table("ts067_qualifications", ["total_16plus", "no_qualifications"])
        measures["no_quals"] = counts(skills["no_qualifications"], skills["total_16plus"])
    if held("ts054_tenure"):
        tenure = table("ts054_tenure", ["total_households", "social_rented_council", "social_rented_other"])
        measures["social_rented"] = counts(tenure["social_rented_council"] + tenure["social_rented_other"], tenure["total_households"])
    return replace(SOURCE, files=tuple(files)), measures


_AGES = (
    ("age25_34", "a25_29", "a30_34"),
    ("age35_44", "a35_39", "a40_44"),
    ("age45_54", "a45_49", "a50_54"),
    ("age55_64", "a55_59", "a60_64"),
    ("age65_74", "a65_69", "a70_74"),
    ("age75_84", "a75_79", "a80_84"),
    ("age85", "a85_plus", "a85_plus"),
)


PUBLISHED_WARDS = Source(
    id="census2021_wards",
    title="Census 2021 TS003 and TS007 as published for 2022 wards, Lancashire councils and Lambeth",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021",
    note="Used to measure the error of sharing small areas onto wards, and to fit the estimate of people aged 66 and over living alone.",
)


def read_published_wards(folder: Path) -> tuple[Source, pd.DataFrame]:
    """Figures published for 2022 wards: the yardstick for our own ward figures.

    Returns
    -------
    DataFrame indexed by 2022 ward code
        ``council_code, population, age65_74, age75, one_person, households, lone66``.
        A ward that the publisher left out of a table is blank there.
    """
    lancashire = arrive(
        folder,
        "census/councils/lancashire_14_councils_wd22_census2021_long.csv.gz",
        key=["wd22cd", "table", "category"],
        texts=["lad_cd"],
        numbers=["value"],
    )
    lambeth = arrive(
        folder,
        "census/councils/lambeth_wd22_census2021_long.csv.gz",
        key=["wd22cd", "table", "category"],
        texts=["level"],
        numbers=["value"],
    )
    wards = lambeth.table[lambeth.table["level"] == "ward"].assign(lad_cd="E09000022")
    long = pd.concat([lancashire.table, wards], ignore_index=True)
    cells = long.set_index(["wd22cd", "table", "category"])["value"].unstack(["table", "category"])
    frame = pd.DataFrame(
        {
            "council_code": long.drop_duplicates("wd22cd").set_index("wd22cd")["lad_cd"],
            "population": cells["TS007", "Total: All usual residents"],
            "age65_74": cells["TS007", "Aged 65 to 74 years"],
            "age75": cells["TS007", "Aged 75 to 84 years"] + cells["TS007", "Aged 85 years and over"],
            "households": cells["TS003", "Total: All households"],
            "one_person": cells["TS003", "One-person household"],
            "lone66": cells["TS003", "One-person household: Aged 66 years and over"],
        }
    )
    return replace(PUBLISHED_WARDS, files=(lancashire.file, lambeth.file)), frame.sort_index()


def read_published_total(folder: Path, cell: str) -> float:
    """The published England and Wales value of one census cell, for example ``ts0030003``."""
    cells = arrive(
        folder, "census/lookups/ts_published_england_wales_totals.csv.gz", key="Cell_ID", numbers=["EW_Count"], blanks=("EW_Count",)
    ).table
    return float(cells.set_index("Cell_ID")["EW_Count"][cell])


LONE66_CELL = "ts0030003"
"""TS003, one-person household: aged 66 years and over."""
