"""How far the estimate of people is from what surveys and the census found in the same places, and how long it takes.

Run from the checkout, with the national tables beside it::

    python benchmarks/people.py ../shared/data

The errors declared in ``exclusion/judgement/people.toml`` come from here. The comparison is held out:
the estimate of a place uses national rates only, never a figure found in that place.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import exclusion
from exclusion import people
from exclusion.validity import yardstick

USE = "use/ons_internet_users_2020_"
APART = 2
"""Survey years this far apart share no household (a household stays for five quarters)."""
LEAST_WARDS = 5
"""Wards with the yardstick that a council must have to be looked into."""


def _wards(evidence: exclusion.Evidence) -> list[str]:
    """Wards of England and Wales: what the errors are read from (the census paper returns are held for them alone)."""
    return list(evidence.areas.index[evidence.areas["nation"].isin(["England", "Wales"])])


def by_council() -> pd.DataFrame:
    """``council_name, rate`` (our estimate at 2020 rates, per cent of adults) by council code, and a row for both nations, ``all``."""
    evidence = exclusion.load()
    table = people.of_areas(evidence, _wards(evidence)).table
    sums = table[["estimate_raw", "adults"]].groupby(evidence.areas["council_code"].reindex(table.index)).sum()
    sums.loc["all"] = sums.sum()
    names = evidence.areas.groupby("council_code")["council_name"].first()
    return pd.DataFrame({"council_name": names.reindex(sums.index), "rate": 100 * sums["estimate_raw"] / sums["adults"]})


def survey_areas(folder: Path, ours: pd.DataFrame) -> pd.DataFrame:
    """The survey's areas that are one council of today, matched by name and by nothing else.

    Returns
    -------
    DataFrame indexed by council code
        ``rate`` (ours), ``found`` (2020, per cent), ``error`` (its standard error), and by year
        ``ratio_<year>``: the survey's figure over ours, each against its own national figure.
    """
    interval = pd.read_csv(folder / f"{USE}ci.csv")
    interval = interval[(interval["table"] == "9B") & interval["nuts_code"].str.fullmatch(r"UK[^MN]\d\d", na=False)].set_index("nuts_code")
    codes = ours.dropna().reset_index().set_index(_plain(ours["council_name"].dropna()).to_numpy())["council_code"]
    interval["council_code"] = _plain(interval["group"]).map(codes)
    interval = interval.dropna(subset="council_code")
    long = pd.read_csv(folder / f"{USE}long.csv.gz")
    rates = long[(long["table"] == "6B") & (long["use_status"] == "lapsed_or_never")]
    area = rates[rates["nuts_code"].isin(interval.index)].pivot(index="nuts_code", columns="year", values="value")
    nation = rates[rates["nuts_code"].isna()].set_index("year")["value"]
    mine = ours["rate"].reindex(interval["council_code"])
    expected = (mine / ours.at["all", "rate"]).to_numpy()
    table = area.reindex(interval.index).div(nation, axis=1).div(expected, axis=0).add_prefix("ratio_")
    table["found"], table["error"] = interval["estimate_pct"], (interval["ci95_upper_pct"] - interval["estimate_pct"]) / 1.96
    return table.assign(rate=mine.to_numpy()).set_index(pd.Index(interval["council_code"], name="council_code"))


def lasting(areas: pd.DataFrame) -> float:
    """Relative error between councils that lasts: from the covariance of years that share no household.

    Chance in one year has nothing to do with chance in the other, so it drops out.
    """
    ratios = areas[[column for column in areas if str(column).startswith("ratio_")]].dropna(axis=1, how="all")
    together = ratios.cov().to_numpy()
    years = np.array([int(str(column)[-4:]) for column in ratios])
    apart = np.subtract.outer(years, years) >= APART
    return float(np.sqrt(together[apart].mean()))


def in_one_year(areas: pd.DataFrame) -> float:
    """Relative error between councils in 2020 beyond the survey's published intervals (Paule and Mandel's estimate)."""
    ratio, noise = (areas["found"] / areas["rate"]).to_numpy(), ((areas["error"] / areas["rate"]) ** 2).to_numpy()
    low, high = 0.0, 4.0
    for _ in range(60):
        between = (low + high) / 2
        weight = 1 / (noise + between)
        excess = (weight * (ratio - (weight * ratio).sum() / weight.sum()) ** 2).sum() - (len(ratio) - 1)
        low, high = (between, high) if excess > 0 else (low, between)
    return float(np.sqrt(low))


def paper(folder: Path) -> pd.DataFrame:
    """``council_code, expected, miss`` by ward first sent a letter: paper returns against our rate, as a difference of logs.

    ``miss`` is what is left after a straight line in the logs; ``slope`` of that line in ``attrs``.
    """
    evidence = exclusion.load()
    wards = yardstick.read(folder, evidence).wards
    wards = wards[(wards["sent_first"] == "letter") & (wards["paper_share"] > 0)].set_index("area_code")
    table = people.of_areas(evidence, _wards(evidence)).table
    ours = (table["estimate_raw"] / table["adults"]).reindex(wards.index)
    slope, level = np.polyfit(np.log(ours), np.log(wards["paper_share"]), 1)
    found = pd.DataFrame({"council_code": wards["council_code"], "miss": np.log(wards["paper_share"]) - level - slope * np.log(ours)})
    found["plain"] = np.log(wards["paper_share"] / ours)
    found.attrs["slope"] = float(slope)
    return found[found.groupby("council_code")["miss"].transform("size") >= LEAST_WARDS]


def within(table: pd.DataFrame, column: str) -> float:
    """Standard deviation between wards of one council."""
    groups = table.groupby("council_code")[column]
    return float(np.sqrt(((table[column] - groups.transform("mean")) ** 2).sum() / (len(table) - groups.ngroups)))


def start_table(folder: Path) -> float:
    """How far the log-odds of disability by age moved from 2014 to 2020 in the survey, apart from the general level."""
    long = pd.read_csv(folder / f"{USE}long.csv.gz")
    rows = long[(long["table"] == "3A") & (long["group_1"] != "All") & long["year"].isin([2014, 2020])]
    held = rows.groupby(["group_1", "group_2", "year"])["value"].sum().unstack("group_2")
    odds = np.log(held["Equality Act Disabled"] / held["Not Equality Act Disabled"]).unstack("year")
    return float((odds[2020] - odds[2014]).std())


def main(folder: Path) -> None:
    """Print every figure that people.toml rests on, and the times."""
    evidence = exclusion.load()
    evidence.wide("ward", "count")
    print(people.controls(evidence).to_string())
    start = time.perf_counter()
    everyone = people.of_areas(evidence, _wards(evidence))
    took, memory = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(everyone.table):,} wards: {took:.2f} s, {memory:.1f} GB at most")
    council = list(evidence.areas.index[evidence.areas["council_name"] == "Blackpool"])
    for name, work in (
        ("first", lambda: people.joint(evidence.wide("ward", "count").reindex(council), evidence.areas.loc[council, "population"])),
        ("again, as at a slider", lambda: people.of_areas(evidence, council)),
        ("by age and disability", lambda: people.breakdown(people.of_areas(evidence, council))),
    ):
        work() if name != "first" else None
        start = time.perf_counter()
        work()
        print(f"one council, {name}: {1000 * (time.perf_counter() - start):.1f} ms")
    whole = people.total(everyone).iloc[0]
    print(f"England and Wales: {100 * whole['estimate_raw'] / whole['adults']:.2f} % of adults; the survey's UK figure is 7.8 %")
    width = ((everyone.table["high80"] - everyone.table["low80"]) / everyone.table["estimate_raw"]).median()
    print(f"80 % interval of the middle ward, over its estimate: {width:.2f}")
    print(f"wards marked as a wide range: {everyone.table['wide'].mean():.1%}")

    areas = survey_areas(folder, by_council())
    print(f"\n{len(areas)} survey areas that are one council. Relative error between councils:")
    print(f"  what lasts between years that share no household: {lasting(areas):.2f}")
    print(f"  2020 alone, beyond the published intervals: {in_one_year(areas):.2f}")
    census = paper(folder)
    plain = census.groupby("council_code")["plain"].mean()
    both = areas.join(plain - plain.mean(), how="inner")
    shared = np.cov(both["found"] / both["rate"], both["plain"])[0, 1]
    print(f"  missed by the survey of 2020 and by census paper returns alike ({len(both)} councils): {np.sqrt(shared):.2f}")
    slope = float(census.attrs["slope"])
    print(f"  the same, paper returns answering to non-use with a slope of {slope:.2f}: {np.sqrt(shared / slope):.2f}")
    print(f"Between wards of a council, census paper returns: {within(census, 'miss'):.2f} to {within(census, 'plain'):.2f}")
    print(f"Start table, 2014 to 2020, log-odds: {start_table(folder):.2f}")


def _plain(names: pd.Series) -> pd.Series:
    """Names as they match: no "City of", "County", "CC", stops or capitals."""
    text = names.str.lower().str.replace("&", "and").str.replace(r", (city|county) of$| cc$|^county ", "", regex=True)
    return text.str.replace(r"[^a-z ]", "", regex=True).str.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
