"""What people did in Census 2021, beside the domains of the score: by small area and by ward.

The yardstick is the share of returns made on paper. It stays out of the score so that it can test
it. Areas first sent a letter and areas first sent a paper form are told apart from the start,
because where paper was sent first, paper came back. The older index DERI 1.6 is carried onto the
same areas the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from exclusion import geography, risk
from exclusion.contracts import Problem, SourceUnreachable
from exclusion.judgement.score import geography_rules, method_for, methods
from exclusion.judgement.validity import ValidityRules, validity_rules
from exclusion.release import Evidence
from exclusion.sources import Source, arrive, boundaries, census, connectivity, deprivation, internet_use, postcodes

NATIONS = {"E": "England", "W": "Wales"}
SENT_FIRST = {"letter": "first sent a letter", "paper": "first sent a paper form"}


@dataclass(frozen=True)
class Yardstick:
    """Areas with what people did and what the score is made of."""

    small: pd.DataFrame
    """Every small area, indexed by its 2021 code: ``nation, council_code, people, sent_first`` (letter, paper, or blank where
    the yardstick has no figure), ``paper_share, deri`` (both blank where either is) and ``percentile_<domain>`` in the nation's
    frozen distribution of small areas."""
    wards: pd.DataFrame
    """One row a ward and way of sending: ``area_code, nation, council_code, sent_first, paper_share, deri, percentile_<domain>``;
    a ward is there when enough of its people live in small areas with figures."""
    sources: tuple[Source, Source]
    """Of the yardstick and of the older index."""


def read(folder: str | Path, evidence: Evidence) -> Yardstick:
    """The yardstick from a folder of published tables, beside the domains of a release.

    Parameters
    ----------
    folder
        Folder of the gathered tables.
    evidence
        A release of the same nations, for its wards and frozen distributions.

    Raises
    ------
    SourceUnreachable, DataRefused
        When a table is absent or broken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SourceUnreachable(
            Problem(str(folder), "is not a folder of published tables", "", "Give the folder that holds census/, geography/ and use/.")
        )
    source, online = internet_use.read_online_share(folder)
    rival, deri = internet_use.read_deri(folder)
    measures = census.read(folder)[1]
    people = measures["population"]["count"]
    measures |= deprivation.read_england(folder)[1] | deprivation.read_wales(folder, people)[1]
    measures["connectivity"] = connectivity.read_digital(folder, people)[1]
    _, shapes = boundaries.read_small_areas(folder)
    best_fit = shapes.set_index("small_area_code")["best_fit"]
    lookup = arrive(folder, "geography/lookup_lsoa11_lsoa21_lad22.csv.gz", key=["LSOA11CD", "LSOA21CD"], texts=["CHGIND"]).table
    unchanged = lookup.loc[lookup["CHGIND"] == "U", "LSOA21CD"]
    small = small_areas(people, small_rates(measures), online[online.index.isin(unchanged)], deri, evidence)
    small.insert(1, "council_code", evidence.areas["council_code"].reindex(best_fit.reindex(small.index)).to_numpy())
    _, wards = boundaries.read_wards(folder)
    _, points = postcodes.read(folder)
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    located = pd.DataFrame(
        {"small_area_code": geography.locate(x, y, shapes, "small_area_code"), "area_code": geography.locate(x, y, wards, "area_code")}
    )
    shares = geography.shares_by_postcode(located, best_fit, geography_rules().smallest_share)
    return Yardstick(small, by_ward(small, shares, ward_domains(evidence), validity_rules()), (source, rival))


def small_rates(measures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Small area x measure, rounded as a release rounds: a rate is a whole count over a whole denominator, to 6 decimals."""
    rates = {}
    for name in dict.fromkeys(i.measure for preset in methods().values() for d in preset.domain for i in d.indicator):
        if name not in measures:
            continue  # a measure of a nation the yardstick does not cover
        table = measures[name]
        if "value" in table:
            rates[name] = table["value"].round(6)
            continue
        of = table["of"].round()
        rates[name] = (np.minimum(table["count"].round(), of) / of.where(of > 0)).round(6)
    return pd.DataFrame(rates)


def percentiles(rates: pd.DataFrame, evidence: Evidence, level: str) -> pd.DataFrame:
    """``percentile_<domain>`` of areas in the frozen distribution of their nation's areas of one level.

    Areas of a nation without a method are left out; a domain that a nation's method lacks is blank.
    """
    parts = []
    for letter, members in rates.groupby(rates.index.astype(str).str[0]):
        preset = method_for(NATIONS.get(str(letter), ""))
        if preset is None:
            continue
        values = risk.domain_values(members, preset.domain)
        columns = {
            f"percentile_{d}": risk.place_in_nation(evidence, NATIONS[str(letter)], level, f"domain_{d}", values[d].to_numpy(float))
            for d in values
        }
        parts.append(pd.DataFrame(columns, index=members.index))
    return pd.concat(parts) if parts else pd.DataFrame(index=rates.index[:0])


def small_areas(people: pd.Series, rates: pd.DataFrame, online: pd.DataFrame, deri: pd.Series, evidence: Evidence) -> pd.DataFrame:
    """Every small area with its yardstick, where it has one; see :class:`Yardstick`."""
    table = percentiles(rates.reindex(people.index), evidence, "lsoa21")
    here = pd.DataFrame(
        {
            "nation": table.index.astype(str).str[0].map(NATIONS),
            "people": people.reindex(table.index).to_numpy(float),
            "paper_share": online["paper_share"].reindex(table.index).to_numpy(float),
            "deri": deri.reindex(table.index).to_numpy(float),
        },
        index=table.index,
    )
    # The same areas for both, so that neither index is tried on easier ground.
    both = here["paper_share"].notna() & here["deri"].notna()
    here[["paper_share", "deri"]] = here[["paper_share", "deri"]].where(both)
    letter = online["letter_first"].reindex(table.index)
    here.insert(2, "sent_first", np.where(both, np.where(letter.eq(True), "letter", "paper"), ""))
    joined: pd.DataFrame = here.join(table)
    return joined


def ward_domains(evidence: Evidence) -> pd.DataFrame:
    """``nation, council_code`` and ``percentile_<domain>`` of every ward, as it is scored."""
    scores = risk.score(evidence)
    names = [column for column in scores if str(column).startswith("percentile_")]
    joined: pd.DataFrame = pd.DataFrame(evidence.areas[["nation", "council_code"]]).join(scores[names])
    return joined


def by_ward(small: pd.DataFrame, shares: geography.Shares, wards: pd.DataFrame, rules: ValidityRules) -> pd.DataFrame:
    """Small areas with the yardstick -> wards, apart for each way of sending.

    Counts add up: a ward's paper share is that of its people in small areas of one way of sending.
    It is there when they are at least ``rules.least_observed`` of all its people.
    """
    table = shares[shares["small_area_code"].isin(small.index)].copy()
    here = small.reindex(table["small_area_code"])
    table["people"] = table["share"] * here["people"].to_numpy()
    whole = table.groupby("area_code")["people"].sum()
    parts = []
    for way in SENT_FIRST:
        rows = table[here["sent_first"].eq(way).to_numpy()]
        figures = small.reindex(rows["small_area_code"])
        sums = (
            pd.DataFrame(
                {
                    "people": rows["people"].to_numpy(),
                    "paper": rows["people"].to_numpy() * figures["paper_share"].to_numpy(),
                    "older": rows["people"].to_numpy() * figures["deri"].to_numpy(),
                }
            )
            .groupby(rows["area_code"].to_numpy())
            .sum()
        )
        sums = sums[sums["people"] / whole.reindex(sums.index) >= rules.least_observed]
        part = pd.DataFrame(
            {
                "area_code": sums.index,
                "sent_first": way,
                "paper_share": sums["paper"] / sums["people"],
                "deri": sums["older"] / sums["people"],
            }
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True).join(wards, on="area_code", how="inner").reset_index(drop=True)


def domains_of(table: pd.DataFrame, nation: str) -> tuple[pd.DataFrame, Sequence[str]]:
    """The percentiles of a nation's own domains, named without their prefix, and the names in the method's order."""
    preset = method_for(nation)
    names = [d.id for d in preset.domain] if preset else []
    return table[[f"percentile_{name}" for name in names]].set_axis(names, axis=1), names
