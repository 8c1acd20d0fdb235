"""Office for National Statistics: Census 2021 figures about protected characteristics, as context for an equality assessment.

They never enter the score or a rule. What ONS publishes by small area is read by small area;
sexual orientation and gender identity are read by council only, because by ward the counts are
too small to be safe and, for gender identity, too doubtful to be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Arrived, Source, arrive, counts
from exclusion.sources.census import FOLDER, LSOA21, ROWS

SOURCE = Source(
    id="census2021_characteristics",
    title="Census 2021 topic summaries TS002, TS007A, TS008, TS021, TS025, TS030 by lower layer super output area",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    note="Context for equality assessments only. Cell-perturbed by ONS. TS002, TS008 and TS025 are sums of output areas.",
)
ORIENTATION = Source(
    id="census2021_sexual_orientation",
    title="Census 2021 topic summary TS077, sexual orientation, summed to councils",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    note="A voluntary question for people aged 16 and over. By council only; never shared onto wards.",
)
SCOTLAND = Source(
    id="census2022_scotland_characteristics",
    title="Scotland's Census 2022: age and sex, ethnic group and religion by 2011 data zone",
    publisher="National Records of Scotland",
    period="2022-03-20",
    url="https://www.scotlandscensus.gov.uk",
    attribution=(
        "Contains National Records of Scotland data licensed under the Open Government Licence v3.0. "
        "© Crown copyright. Data supplied by National Records of Scotland"
    ),
    note="Context for equality assessments only. Cells are perturbed and categories do not add up to totals.",
)
NORTHERN_IRELAND = Source(
    id="census2021_ni_characteristics",
    title="Census 2021, Northern Ireland, main statistics A02, A07, B01, B14, B19, D02, D17, E10 by local government district",
    publisher="Northern Ireland Statistics and Research Agency",
    period="2021-03-21",
    url="https://www.nisra.gov.uk/statistics/census",
    attribution="Contains NISRA data, Crown copyright, licensed under the Open Government Licence v3.0",
    note="Context for equality assessments only. Held by council; never shared onto wards.",
)
GENDER = Source(
    id="census2021_gender_identity",
    title="Census 2021 gender identity by council",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021_bulk",
    note="A voluntary question for people aged 16 and over; official statistics in development. By council only; never shared onto wards.",
)


def read(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]]:
    """Context measures by small area: ``{measure: count, of, low, high}`` indexed by LSOA 2021 code.

    Every rate is out of its own table's total: residents, residents aged 16 and over, or households.
    """
    files = []

    def table(name: str, numbers: list[str]) -> pd.DataFrame:
        arrived = arrive(folder, f"{FOLDER}{name}.csv.gz", key="lsoa21cd", numbers=numbers, code=LSOA21, rows=ROWS)
        files.append(arrived.file)
        return arrived.table.set_index("lsoa21cd").sort_index()

    measures: dict[str, pd.DataFrame] = {}
    for name, (total, columns) in _TABLES.items():
        held = table(name, [total, *columns.values()])
        measures |= {measure: counts(held[column], held[total]) for measure, column in columns.items()}
    return replace(SOURCE, files=tuple(files)), measures


_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "ts007a_age": ("total", {"age0_4": "a00_04"}),
    "ts008_sex__oasum": ("total", {"female": "female", "male": "male"}),
    "ts021_ethnic_group_5": (
        "total",
        {"ethnic_asian": "asian", "ethnic_black": "black", "ethnic_mixed": "mixed", "ethnic_white": "white", "ethnic_other": "other"},
    ),
    "ts025_household_language__oasum": ("total_households", {"no_english_household": "no_people_english"}),
    "ts030_religion": (
        "total",
        {
            "religion_buddhist": "buddhist",
            "religion_christian": "christian",
            "religion_hindu": "hindu",
            "religion_jewish": "jewish",
            "religion_muslim": "muslim",
            "religion_sikh": "sikh",
            "religion_other": "other_religion",
            "religion_none": "no_religion",
            "religion_not_said": "not_answered",
        },
    ),
    "ts002_legal_partnership__oasum": (
        "total_16plus",
        {
            "partner_never": "never_married",
            "partner_married": "married_or_cp",
            "partner_separated": "separated",
            "partner_divorced": "divorced_or_dissolved",
            "partner_widowed": "widowed_or_surviving_partner",
        },
    ),
}


def read_by_council(folder: Path, active: Mapping[str, str]) -> tuple[list[Source], pd.DataFrame]:
    """Sexual orientation and gender identity by council.

    Parameters
    ----------
    active
        Council codes of any edition -> the code in force; counts of merged councils are added.

    Returns
    -------
    sources, and ``area_code, measure, count, of, source, period``

    Raises
    ------
    DataRefused
        When a middle layer area lies in two councils, so that its count belongs to neither.
    """
    said = arrive(
        folder,
        "census/ew_msoa21/ts077_sexual_orientation.csv.gz",
        key="msoa21cd",
        numbers=["total_16plus", "gay_or_lesbian", "bisexual", "other", "not_answered"],
        code=r"^[EW]02\d{6}$",
        rows=(7_264, 7_264),
    )
    middle = arrive(folder, "census/lookups/lsoa21_msoa21.csv.gz", key="lsoa21cd", texts=["msoa21cd"], rows=ROWS).table
    councils = arrive(folder, "census/lookups/lsoa11_lsoa21_lad22.csv.gz", key=["lsoa11cd", "lsoa21cd"], texts=["ltla22_code"]).table
    home = middle.merge(councils.drop_duplicates("lsoa21cd"), on="lsoa21cd", validate="1:1")
    pairs = home[["msoa21cd", "ltla22_code"]].drop_duplicates()
    if len(twice := pairs[pairs.duplicated("msoa21cd")]):
        raise DataRefused(
            Problem("lsoa21_msoa21.csv.gz", f"{len(twice)} middle layer areas lie in two councils", str(twice["msoa21cd"].iloc[0]))
        )
    areas = said.table.set_index("msoa21cd")
    council = pairs.set_index("msoa21cd")["ltla22_code"].reindex(areas.index)
    orientation = areas.groupby(council.map(lambda code: active.get(code, code))).sum()
    gender = arrive(
        folder,
        "census/ew_lad/gender_identity_16plus_ltla22.csv.gz",
        key="ltla22cd",
        numbers=["total_16plus", "different_no_specific_identity", "trans_woman", "trans_man", "other_gender_identity", "not_answered"],
        code=r"^(E0[6-9]|W06)\d{6}$",
        rows=(331, 331),
    )
    identity = gender.table.set_index("ltla22cd")
    identity = identity.groupby(identity.index.map(lambda code: active.get(code, code))).sum()
    lesbian_gay_bisexual = orientation[["gay_or_lesbian", "bisexual", "other"]].sum(axis=1)
    different = identity[["different_no_specific_identity", "trans_woman", "trans_man", "other_gender_identity"]].sum(axis=1)
    parts = [
        ("orientation_lgb", lesbian_gay_bisexual, orientation, ORIENTATION),
        ("orientation_not_said", orientation["not_answered"], orientation, ORIENTATION),
        ("gender_different", different, identity, GENDER),
        ("gender_not_said", identity["not_answered"], identity, GENDER),
    ]
    rows = [
        pd.DataFrame(
            {"area_code": held.index, "measure": measure, "count": count, "of": held["total_16plus"], "source": s.id, "period": s.period}
        )
        for measure, count, held, s in parts
    ]
    return [replace(ORIENTATION, files=(said.file,)), replace(GENDER, files=(gender.file,))], pd.concat(rows, ignore_index=True)


_ZONES = (6_976, 6_976)
_DZ11 = r"^S01\d{6}$"
_SCOTTISH_ETHNIC = {
    "ethnic_white": ["white_total"],
    "ethnic_mixed": ["mixed_or_multiple_ethnic_group"],
    "ethnic_asian": ["asian_asian_scottish_or_asian_british_total"],
    "ethnic_black": ["african_total", "caribbean_or_black_total"],
    "ethnic_other": ["other_ethnic_groups_total"],
}
_SCOTTISH_RELIGION = {
    "religion_buddhist": ["buddhist"],
    "religion_christian": ["church_of_scotland", "roman_catholic", "other_christian"],
    "religion_hindu": ["hindu"],
    "religion_jewish": ["jewish"],
    "religion_muslim": ["muslim"],
    "religion_sikh": ["sikh"],
    "religion_other": ["pagan", "other_religion"],
    "religion_none": ["no_religion"],
    "religion_not_said": ["religion_not_stated"],
}
SCOTTISH_FILES = tuple(f"census/scotland/census2022_{name}_dz11.csv.gz" for name in ("age_sex", "ethnic_group", "religion"))


def read_scotland(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]]:
    """Sex, small children, ethnic group and religion by data zone: ``{measure: count, of, low, high}``.

    The tables of ethnic group and religion carry no total of their own, so their parts are out of their sum.
    Marital status and English are not held below Scotland.
    """

    def table(name: str, columns: list[str]) -> Arrived:
        return arrive(folder, name, key="dz11cd", numbers=columns, code=_DZ11, rows=_ZONES)

    age = table(SCOTTISH_FILES[0], ["total", "a00_04", "f_total", "m_total"])
    files, measures = [age.file], {}
    ages = age.table.set_index("dz11cd").sort_index()
    for name, column in (("age0_4", "a00_04"), ("female", "f_total"), ("male", "m_total")):
        measures[name] = counts(ages[column].clip(upper=ages["total"]), ages["total"])
    for name, parts in zip(SCOTTISH_FILES[1:], (_SCOTTISH_ETHNIC, _SCOTTISH_RELIGION), strict=True):
        arrived = table(name, [column for columns in parts.values() for column in columns])
        files.append(arrived.file)
        held = arrived.table.set_index("dz11cd").sort_index()
        total = held.sum(axis=1)
        measures |= {measure: counts(held[columns].sum(axis=1), total) for measure, columns in parts.items()}
    return replace(SCOTLAND, files=tuple(files)), measures


IRISH_FILE = "census/ni/census2021_main_statistics_lgd14_long.csv.gz"
_IRISH = {
    ("A02", "All usual residents"): {
        "age0_4": ["0-4 years"],
        "age75_council": ["75-79 years", "80-84 years", "85-89 years", "90+ years"],
    },
    ("A07", "All usual residents"): {"female": ["Female"], "male": ["Male"]},
    ("B01", "All usual residents"): {
        "ethnic_white": ["White"],
        "ethnic_asian": ["Indian", "Chinese", "Filipino", "Pakistani", "Other Asian"],
        "ethnic_black": ["Black African", "Black Other"],
        "ethnic_mixed": ["Mixed"],
        "ethnic_other": ["Irish Traveller", "Roma", "Arab", "Other ethnicities"],
    },
    ("B19", "All usual residents"): {
        "religion_catholic": ["Catholic"],
        "religion_protestant": [
            "Presbyterian Church in Ireland",
            "Church of Ireland",
            "Methodist Church in Ireland",
            "Other Christian (including Christian related)",
        ],
        "religion_other": ["Other religions"],
        "religion_none": ["No religion"],
        "religion_not_said": ["Religion not stated"],
    },
    ("B14", "All usual residents aged 3 and over"): {
        "english_council": [
            "Main language is not English: Cannot speak English well",
            "Main language is not English: Cannot speak English",
        ]
    },
    ("D02", "All usual residents"): {
        "disabled_lot_council": ["All usual residents: Day-to-day activities limited a lot"],
        "disabled_little_council": ["All usual residents: Day-to-day activities limited a little"],
    },
    ("D17", "All usual residents aged 5 and over"): {
        "carers_council": [
            f"All usual residents aged 5 and over: Provides {hours} hours unpaid care per week"
            for hours in ("1-19", "20-34", "35-49", "50+")
        ]
    },
    ("E10", "All households"): {"no_car_council": ["No cars or vans available"]},
}


def read_northern_ireland(folder: Path) -> tuple[Source, pd.DataFrame]:
    """What is published by council only in Northern Ireland: ``area_code, measure, count, of, source, period``.

    Raises
    ------
    DataRefused
        When a category is not in the table.
    """
    arrived = arrive(folder, IRISH_FILE, key=["ms_table", "lgd14cd", "category"], texts=["topic"], numbers=["value"], rows=(1_800, 2_000))
    table = arrived.table[arrived.table["lgd14cd"].str.match(r"^N09\d{6}$")]
    cells = table.set_index(["ms_table", "category", "lgd14cd"])["value"].sort_index()
    wanted = [(t, c) for (t, total), parts in _IRISH.items() for c in [total, *(one for columns in parts.values() for one in columns)]]
    held = set(zip(table["ms_table"], table["category"], strict=True))
    if missing := [f"{t}, {c}" for t, c in wanted if (t, c) not in held]:
        raise DataRefused([Problem(IRISH_FILE, "lacks a category", name, "NISRA may have renamed it.") for name in missing])
    rows = []
    for (name, total), parts in _IRISH.items():
        for measure, categories in parts.items():
            count = sum((cells[name, category] for category in categories[1:]), cells[name, categories[0]])
            of = cells[name, total].reindex(count.index)
            rows.append(pd.DataFrame({"area_code": count.index, "measure": measure, "count": count.to_numpy(), "of": of.to_numpy()}))
    whole = pd.concat(rows, ignore_index=True)
    return replace(NORTHERN_IRELAND, files=(arrived.file,)), whole.assign(source=NORTHERN_IRELAND.id, period=NORTHERN_IRELAND.period)
