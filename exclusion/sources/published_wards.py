"""Office for National Statistics: Census 2021 counts as published for the wards of 2022.

They are exact but for the publisher's perturbation. A ward that has not changed since takes them as they
are; :mod:`exclusion.sources.ward_counts` fetches them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from exclusion.contracts import DataRefused, Problem
from exclusion.sources import Source, arrive, counts

FOLDER = "census/ew_wd22/"
WARD = r"^[EW]05\d{6}$"

SOURCE = Source(
    id="census2021_wd22",
    title="Census 2021 topic summaries as published for 2022 wards, for wards that have not changed since",
    publisher="Office for National Statistics",
    period="2021-03-21",
    url="https://www.nomisweb.co.uk/sources/census_2021",
    note="Figures are cell-perturbed by ONS: counts under about 10 are not exact.",
)

_TABLES: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "ts007_age": (
        "total",
        {
            "population": ("total",),
            "age16_24": ("a16_24",),
            "age25_34": ("a25_34",),
            "age35_44": ("a35_44",),
            "age45_54": ("a45_54",),
            "age55_64": ("a55_64",),
            "age65_74": ("a65_74",),
            "age75_84": ("a75_84",),
            "age85": ("a85_plus",),
        },
    ),
    "ts003_household_composition": ("total_households", {"one_person": ("one_person",), "lone66": ("one_person_66_plus",)}),
    "ts029_english_proficiency": ("total_3plus", {"poor_english": ("not_well", "cannot_speak")}),
    "ts038_disability": (
        "total",
        {"disabled": ("disabled",), "disabled_lot": ("limited_a_lot",), "disabled_little": ("limited_a_little",)},
    ),
    "ts039_unpaid_care": ("total_5plus", {"carers": ("total_5plus", "-no_unpaid_care")}),
    "ts045_car_availability": ("total_households", {"no_car": ("no_car",)}),
    "ts054_tenure": ("total_households", {"social_rented": ("social_rented_council", "social_rented_other")}),
    "ts062_nssec": ("total_16plus", {"students": ("l15_full_time_students",)}),
    "ts067_qualifications": ("total_16plus", {"no_quals": ("no_qualifications",)}),
}
"""File -> its total, and for each measure the columns that add up to it (one with a minus is taken away)."""


def read(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]] | None:
    """Every measure by 2022 ward, of the tables that are there: ``{measure: count, of, low, high}``; None where none is.

    Raises
    ------
    DataRefused
        When a table does not hold, or a part of a ward is larger than its whole.
    """
    files, measures = [], {}
    for name, (total, parts) in _TABLES.items():
        path = f"{FOLDER}{name}.csv.gz"
        if not (folder / path).is_file():
            continue
        columns = list(dict.fromkeys([total, *(column.removeprefix("-") for group in parts.values() for column in group)]))
        arrived = arrive(folder, path, key="wd22cd", numbers=columns, code=WARD)
        files.append(arrived.file)
        table = arrived.table.set_index("wd22cd").sort_index()
        for measure, group in parts.items():
            count = sum((-table[one[1:]] if one.startswith("-") else table[one] for one in group[1:]), table[group[0]])
            if (over := count[(count > table[total]) | (count < 0)]).size:
                raise DataRefused(Problem(path, f"counts more in {measure} than there are", str(over.index[0]), "Fetch it again."))
            measures[measure] = counts(count, table[total])
    return (replace(SOURCE, files=tuple(files)), measures) if files else None
