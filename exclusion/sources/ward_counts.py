"""Nomis: Census 2021 counts as published for the wards of 2022 (``TYPE153``), council by council.

Counts of wards made from small areas are rough; these are exact but for the publisher's perturbation, and
serve where a ward has not changed since. Small areas and wards both nest in councils, so a council's wards
must add up to what its small areas do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources import nomis
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import numbers_of

FOLDER = "census/ew_wd22/"
WARD = r"^[EW]05\d{6}$"
APART = 0.005
"""Wards of a council may add up to so much more or less than its small areas: each table is perturbed by itself."""
FEW = 30
AGES = {
    "a16_24": (16, 24),
    "a25_34": (25, 34),
    "a35_44": (35, 44),
    "a45_54": (45, 54),
    "a55_64": (55, 64),
    "a65_74": (65, 74),
    "a75_84": (75, 84),
    "a85_plus": (85, 100),
}
"""Columns of the table of ages: first and last single year; the last of all is 100 and over."""


def tables(addresses: Mapping[str, Any]) -> list[nomis.Table]:
    """The census tables that are published for wards; ages by single year in place of bands, which no ward has."""
    head = addresses["nomis"]
    ours = {table.id: table for table in nomis.tables(addresses)}
    shared = {"key": "wd22cd", "everywhere": False, "small_areas": head["wards_2022"], "level": "ward"}
    found = [
        replace(ours[name], file=FOLDER + ours[name].file.rsplit("/", 1)[-1].replace("__oasum", ""), **shared)
        for name in head["ward_tables"]
    ]
    ages = head["ward_ages"]
    table = replace(
        ours["ts007a"],
        id=ages["id"],
        dataset=ages["dataset"],
        dimension=ages["dimension"],
        title=ages["title"],
        file=f"{FOLDER}{ages['id']}_age.csv.gz",
        columns={"total": (0, "Total"), **dict.fromkeys(AGES, (-1, ""))},
        in_words=True,
        **shared,
    )
    return [table, *found]


def fetch(
    fetcher: Fetcher, addresses: Mapping[str, Any], table: nomis.Table, councils: Iterable[str], totals: Mapping[str, float]
) -> pd.DataFrame:
    """One table for the wards of some councils.

    Parameters
    ----------
    councils
        Codes in force. One that was made or recoded since is asked for by the councils it was made of.
    totals
        The table's total by council, as its small areas add up: what the wards must add up to. A
        council that is not in it is not checked.

    Returns
    -------
    DataFrame
        ``wd22cd, lad25cd`` and the columns of the table, one row a 2022 ward. From a bulk zip given by hand it is
        every ward of England and Wales, and ``lad25cd`` is blank: the file does not name councils.

    Raises
    ------
    DataRefused
        When a council has no ward, or its wards do not add up.
    """
    if (given := by_hand(fetcher, table)) is not None:
        return given
    before: Mapping[str, list[str]] = addresses["nomis"]["before"]
    parts = []
    for number, council in enumerate(sorted(set(councils)), 1):
        ask = table.ask(f"{council}{table.small_areas}")
        wards = [_wards(fetcher, table, code) for code in before.get(council, [council])]
        frame = pd.concat(wards, ignore_index=True).assign(lad25cd=council)
        whole = float(frame[next(iter(table.columns))].sum())
        known = totals.get(council)
        if known and abs(whole - known) > max(FEW, APART * known):
            raise DataRefused(
                ask.problem(
                    f"gives {council} {whole:,.0f} in {len(frame)} wards; its small areas have {known:,.0f}",
                    "",
                    "Wards may be missing; run the same again with --refresh.",
                )
            )
        parts.append(frame)
        fetcher.say(f"{table.id.upper()} {table.title}: wards of council {number}", -1)
    both = pd.concat(parts, ignore_index=True)
    if (twice := both.duplicated("wd22cd")).any():
        raise DataRefused(table.ask("").problem("gives a ward to two councils", str(both.loc[twice, "wd22cd"].iloc[0])))
    return both[["wd22cd", "lad25cd", *table.columns]].sort_values("wd22cd", ignore_index=True)


def everywhere(fetcher: Fetcher, table: nomis.Table) -> pd.DataFrame:
    """One table for every ward of England and Wales, which add up to the published total; ``lad25cd`` is blank."""
    if (given := by_hand(fetcher, table)) is not None:
        return given
    return _whole(table.ask(table.small_areas), _wards(fetcher, table, ""), table)


def by_hand(fetcher: Fetcher, table: nomis.Table) -> pd.DataFrame | None:
    """Every ward from the second bulk zip of the table (``census2021-ts045-extra.zip``) as the user downloaded it; None without one."""
    ask = table.ask_bulk()
    got = fetcher.find_by_hand(ask)
    if got is None:
        return None
    if table.in_words:
        _, frame = nomis.bulk_frame(ask, got, table)
        long = frame.melt("geography code", [c for c in frame.columns if ":" in c], var_name="said", value_name="OBS_VALUE")
        long["WORDS"] = long["said"].str.split(":", n=1).str[1].str.strip()
        long["CATEGORY"] = (~long["WORDS"].str.casefold().str.startswith("total")).astype(int)
        long["OBS_VALUE"] = numbers_of(ask, long["OBS_VALUE"], "Age", long["geography code"])
        wards = _by_age(ask, long.rename(columns={"geography code": "GEOGRAPHY_CODE"}))
    else:
        wards = nomis.read_bulk(ask, got, table)
    return _whole(ask, wards[wards["wd22cd"].str.match(WARD)], table)


def _whole(ask: Ask, frame: pd.DataFrame, table: nomis.Table) -> pd.DataFrame:
    """Wards that add up to the published total, with a blank council."""
    whole = float(frame[next(iter(table.columns))].sum())
    if table.published and abs(whole / table.published - 1) > nomis.PERTURBED:
        raise DataRefused(
            ask.problem(
                f"adds up to {whole:,.0f} in {len(frame):,} wards; {table.published:,} is published",
                "",
                "Wards may be missing; run the same again with --refresh.",
            )
        )
    return frame.assign(lad25cd="")[["wd22cd", "lad25cd", *table.columns]].sort_values("wd22cd", ignore_index=True)


def _wards(fetcher: Fetcher, table: nomis.Table, council: str) -> pd.DataFrame:
    """Wards of one council, or of all when it is blank."""
    geography = f"{council}{table.small_areas}"
    asked = [table.ask(geography)]
    try:
        if table.in_words:
            asked, rows = nomis.records(fetcher, table, geography)
            frame = _by_age(asked[0], rows)
        else:
            frame = nomis.question(fetcher, table, geography, None)
        if (odd := ~frame["wd22cd"].str.match(WARD)).any():
            raise DataRefused(asked[0].problem("names areas that are no wards", str(frame.loc[odd, "wd22cd"].iloc[0])))
        return frame
    except DataRefused:
        for ask in asked:
            fetcher.forget(ask)
        raise


_YEAR = re.compile(r"aged (?:(?P<first>under 1)|(?P<year>\d+)) years?|aged (?P<last>100) years and over", re.IGNORECASE)


def _by_age(ask: Ask, rows: pd.DataFrame) -> pd.DataFrame:
    """Bands from single years, which are told by their words: the table mixes them with bands of its own."""
    if "WORDS" not in rows:
        raise DataRefused(ask.problem("does not name its ages", ", ".join(rows.columns)[:80], "The publisher may have renamed a column."))
    found = rows["WORDS"].astype(str).str.strip().str.extract(f"^(?:{_YEAR.pattern})$", flags=re.IGNORECASE)
    year = found["year"].fillna(found["last"]).where(found["first"].isna(), "0")
    single = rows.assign(year=pd.to_numeric(year)).dropna(subset=["year"])
    cells = single.pivot_table(index="GEOGRAPHY_CODE", columns="year", values="OBS_VALUE", aggfunc="sum")
    every = single.groupby("GEOGRAPHY_CODE").size()
    if [int(year) for year in cells.columns] != list(range(101)) or (every != 101).any() or cells.isna().any().any():
        raise DataRefused(ask.problem(f"gives {len(cells.columns)} single years of age; 0 to 100 were expected, each once for each ward"))
    total = rows[rows["CATEGORY"] == 0].set_index("GEOGRAPHY_CODE")["OBS_VALUE"]
    if not total.index.is_unique or set(total.index) != set(cells.index) or total.isna().any():
        raise DataRefused(ask.problem("has no total of all ages for every ward"))
    frame = pd.DataFrame({"total": total.reindex(cells.index)})
    for name, (first, last) in AGES.items():
        frame[name] = cells.loc[:, first:last].sum(axis=1)
    return frame.astype("int64").rename_axis("wd22cd").reset_index()
