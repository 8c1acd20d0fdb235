"""How well the score agrees with what people did: the share of census returns made on paper, by ward.

Run from the checkout, with the national tables beside it::

    python benchmarks/validity.py ../shared/data

The yardstick (Census 2021 online share, ONS) is kept out of the score so that it can test it.
Only small areas that were first sent a letter, and whose 2011 code is unchanged, are used: where
paper was sent first, paper came back. Telephone returns count as online, about a third of districts
are left out of the file, and the figures are NOT official statistics on the census or population.
DERI 1.6, the older index, is carried onto the same wards the same way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

import exclusion
from exclusion import geography, risk
from exclusion.judgement.score import geography_rules
from exclusion.sources import arrive, boundaries, census, internet_use, postcodes

LEAST_OBSERVED = 0.5
"""A ward takes part when at least this share of its people live in small areas with the yardstick."""


def wards_with_yardstick(folder: Path) -> pd.DataFrame:
    """``paper_share, deri, risk, council_code`` by ward of England: the same wards for both indices."""
    evidence = exclusion.load()
    people = census.read(folder)[1]["population"]["count"]
    _, small = boundaries.read_small_areas(folder)
    _, wards = boundaries.read_wards(folder)
    _, points = postcodes.read(folder)
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    located = pd.DataFrame(
        {"small_area_code": geography.locate(x, y, small, "small_area_code"), "area_code": geography.locate(x, y, wards, "area_code")}
    )
    shares = geography.shares_by_postcode(located, small.set_index("small_area_code")["best_fit"], geography_rules().smallest_share)
    lookup = arrive(folder, "geography/lookup_lsoa11_lsoa21_lad22.csv.gz", key=["LSOA11CD", "LSOA21CD"], texts=["CHGIND"]).table
    unchanged = lookup.loc[lookup["CHGIND"] == "U", "LSOA21CD"]
    _, online = internet_use.read_online_share(folder)
    _, deri = internet_use.read_deri(folder)
    online = online[online["letter_first"] & online["paper_share"].notna() & online.index.isin(unchanged)]
    table = shares[shares["area_code"].str.startswith("E")].copy()
    table["people"] = table["share"] * people.reindex(table["small_area_code"]).to_numpy()
    table["paper_share"] = online["paper_share"].reindex(table["small_area_code"]).to_numpy()
    table["deri"] = deri.reindex(table["small_area_code"]).to_numpy()
    held = table.dropna(subset=["paper_share", "deri"])
    sums = (
        held.assign(paper=held["people"] * held["paper_share"], index=held["people"] * held["deri"])
        .groupby("area_code")[["people", "paper", "index"]]
        .sum()
    )
    covered = sums["people"] / table.groupby("area_code")["people"].sum().reindex(sums.index)
    frame = pd.DataFrame({"paper_share": sums["paper"] / sums["people"], "deri": sums["index"] / sums["people"]})[covered >= LEAST_OBSERVED]
    scores = risk.score(evidence, list(frame.index))
    return frame.assign(risk=scores["risk"], council_code=evidence.areas["council_code"].reindex(frame.index)).dropna()


def spearman(one: pd.Series, other: pd.Series) -> float:
    """Rank correlation: the ordinary correlation of the ranks, ties at their mean rank."""
    return float(one.rank().corr(other.rank()))


def compare(wards: pd.DataFrame) -> dict[str, float]:
    """Rank correlation with the paper share over all wards, and the median within councils of 10 wards or more."""
    sizes = wards.groupby("council_code")["risk"].transform("size")
    inside = wards[sizes >= 10].groupby("council_code")
    fifth = wards["paper_share"] >= wards["paper_share"].quantile(0.8)
    result: dict[str, float] = {"wards": len(wards), "councils": wards["council_code"].nunique()}
    for name in ("risk", "deri"):
        result[f"{name}_spearman"] = spearman(wards[name], wards["paper_share"])
        result[f"{name}_within_councils"] = float(inside.apply(lambda g, n=name: spearman(g[n], g["paper_share"])).median())
        result[f"{name}_most_affected_fifth_found"] = float((fifth & (wards[name] >= wards[name].quantile(0.8))).sum() / fifth.sum())
    return result


def main(folder: str) -> None:
    """Print the comparison."""
    for name, value in compare(wards_with_yardstick(Path(folder))).items():
        print(f"{name:35} {value:,.3f}" if isinstance(value, float) else f"{name:35} {value:,}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
