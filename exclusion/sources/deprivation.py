"""Income deprivation: English Indices of Deprivation 2025 and Welsh Index 2019.

English counts are rounded to 5 and withheld under 10. Welsh figures are whole percentages
for 2011 areas: they serve the score, never a count of people.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from exclusion.sources import Source, arrive, counts, withheld

IOD2025 = Source(
    id="iod2025",
    title="English Indices of Deprivation 2025: income-deprived people and older people, population denominators (Files 6 and 8)",
    publisher="Ministry of Housing, Communities and Local Government",
    period="2022",
    url="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2025",
    attribution="Contains Ministry of Housing, Communities and Local Government data licensed under the Open Government Licence v3.0",
    note="Counts are rounded to 5 and withheld under 10; benefit-based, so people who do not claim are missed.",
)
WIMD2019 = Source(
    id="wimd2019",
    title="Welsh Index of Multiple Deprivation 2019: people in income deprivation, per cent",
    publisher="Welsh Government",
    period="2016-17",
    url="https://www.gov.wales/welsh-index-multiple-deprivation-full-index-update-ranks-2019",
    attribution="Contains Welsh Government data licensed under the Open Government Licence v3.0",
    note="Whole percentages for 2011 areas, carried to 2021 areas by the ONS lookup.",
)


def read_england(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]]:
    """``income_dep`` and ``older_income_dep`` by English LSOA 2021."""
    people = arrive(
        folder,
        "census/ew_lsoa21/mid2022_population_iod2025_england.csv.gz",
        key="lsoa21cd",
        numbers=["total_mid2022", "a60_plus_mid2022"],
        code=r"^E01\d{6}$",
        rows=(33_755, 33_755),
    )
    income = arrive(
        folder,
        "income/iod2025_england_lsoa21.csv.gz",
        key="lsoa21_code",
        numbers=["income_deprived_people", "idaopi_older_people"],
        code=r"^E01\d{6}$",
        rows=(33_755, 33_755),
        blanks=("income_deprived_people", "idaopi_older_people"),
    )
    of = people.table.set_index("lsoa21cd").sort_index()
    count = income.table.set_index("lsoa21_code").sort_index()
    if not of.index.equals(count.index):
        raise ValueError("population and income tables name different small areas")
    source = replace(IOD2025, files=(people.file, income.file))
    return source, {
        "income_dep": withheld(count["income_deprived_people"], of["total_mid2022"], 10),
        # 59 small areas report more older people on low income than older people: clipped.
        "older_income_dep": withheld(count["idaopi_older_people"], of["a60_plus_mid2022"], 10),
    }


def read_wales(folder: Path, population: pd.Series) -> tuple[Source, dict[str, pd.DataFrame]]:
    """``income_dep_wimd2019`` by Welsh LSOA 2021: percentage of 2011 areas times 2021 people.

    Split areas take their parent's rate; merged areas take the people-weighted rate of their
    parts; the few irregular changes take the mean of the areas they drew from.
    """
    income = arrive(
        folder, "income/wimd2019_lsoa11.csv.gz", key="lsoa11_code", numbers=["income_deprived_pct"], code=r"^W01\d{6}$", rows=(1_909, 1_909)
    )
    lookup = arrive(
        folder, "geography/lookup_lsoa11_lsoa21_lad22.csv.gz", key=["LSOA11CD", "LSOA21CD"], texts=["CHGIND"], rows=(35_795, 35_795)
    )
    people = pd.read_parquet(folder / "geography/pop_lsoa11_mid2020_syoa.parquet", columns=["LSOA11CD", "total"]).set_index("LSOA11CD")[
        "total"
    ]
    pairs = lookup.table[lookup.table["LSOA21CD"].str.startswith("W")].copy()
    pairs["rate"] = pairs["LSOA11CD"].map(income.table.set_index("lsoa11_code")["income_deprived_pct"]) / 100
    pairs["weight"] = np.where(pairs["CHGIND"] == "M", pairs["LSOA11CD"].map(people), 1.0)
    pairs["weighted"] = pairs["rate"] * pairs["weight"]
    sums = pairs.groupby("LSOA21CD")[["weighted", "weight"]].sum(min_count=1)
    rate = sums["weighted"] / sums["weight"]
    of = population[population.index.str.startswith("W")].sort_index()
    source = replace(WIMD2019, files=(income.file, lookup.file))
    return source, {"income_dep_wimd2019": counts(rate.reindex(of.index) * of, of)}
