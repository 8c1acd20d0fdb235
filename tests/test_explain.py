"""Where the band of a ward and what was found for a service differ, one sentence says why."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import exclusion
from exclusion import explain, judgement

COUNCILS = ["Blackpool", "Ribble Valley", "Tower Hamlets"]


def score(band: int, **pulls: float) -> pd.Series:
    """A row of scores: a band and what each part pulls, in points."""
    words = {1: "Lowest", 2: "Lower", 3: "Middle", 4: "Higher", 5: "Highest"}
    return pd.Series({"band": band, "band_word": words[band], **{f"contribution_{part}": pull for part, pull in pulls.items()}})


def finding(rule: str, measure: str, percentile: float, kind: str = "keep", severity: str = "recommended", channel: str = "f2f") -> dict:
    figures = json.dumps([{"id": measure, "n": 2000, "percentile": percentile}])
    return {"kind": kind, "severity": severity, "channel": channel, "rule_ids": rule, "figures_json": figures}


def findings(*rows: dict) -> explain.Facts:
    return explain.Facts.of(pd.DataFrame(rows, columns=["kind", "severity", "channel", "rule_ids", "figures_json"]))


def service(service_id: str):
    return judgement.services()[service_id]


def test_a_low_band_with_a_firm_finding_says_what_is_low_and_what_was_found():
    # age pulls down 12 points and disability 2, less than half of it, so only age is named
    row = score(1, age=-12, disability=-2, income=8, connectivity=-1)
    said = explain.difference(row, "England", findings(finding("W07", "income_dep", 96)), "reasons_found", service("council_tax_reduction"))
    assert said == (
        "Lowest band because few older people; "
        "flagged because many people in households on a low income live here and may need this service."
    )


def test_a_rule_that_fired_on_numbers_does_not_contradict_the_band():
    # few disabled people by share, many by number: said outright, so that the two halves can both be true
    row = score(2, age=-1, disability=-9, income=3, connectivity=0)
    said = explain.difference(row, "England", findings(finding("W06", "disabled_lot", 23)), "reasons_found", service("blue_badge"))
    low, flagged = said.split("; flagged because ")
    assert low == "Lower band because few disabled people"
    assert flagged.startswith("many people whose day-to-day activities are limited a lot, though their share is small,")


def test_to_watch_is_not_yet_to_disagree():
    row = score(1, age=-12, disability=-2, income=8, connectivity=-1)
    watched = findings(finding("W07", "income_dep", 96, severity="monitor"))
    assert explain.difference(row, "England", watched, "reasons_found", service("blue_badge")) == ""


def test_a_high_band_where_the_minimum_already_holds_what_the_rules_point_to():
    row = score(5, age=14, disability=9, income=-3, connectivity=1)
    more = findings(finding("W04", "age75", 97, kind="more_use", severity="", channel="phone"))
    said = explain.difference(row, "England", more, "none_in_rules_checked", service("council_tax_reduction"))
    assert said == (
        "Highest band because many older people and many disabled people; "
        "nothing is added because the ways in that the rules point to (phone) are in the minimum already."
    )


def test_a_high_band_for_a_service_that_is_for_others():
    # free school meals: no especial weight on older people
    assert service("free_school_meals").u_age75 <= 1
    said = explain.difference(
        score(4, age=12, disability=1, income=-5, connectivity=0),
        "England",
        findings(),
        "none_in_rules_checked",
        service("free_school_meals"),
    )
    assert said == "Higher band because many older people; nothing is flagged because this service is not mainly for them."


@pytest.mark.parametrize(
    ("row", "found", "summary"),
    [
        (score(3, age=1, disability=0, income=0, connectivity=0), findings(), "none_in_rules_checked"),  # a middle band takes no side
        (score(1, age=-9, disability=0, income=0, connectivity=0), findings(), "none_in_rules_checked"),  # low, and nothing found
        (
            score(5, age=9, disability=0, income=0, connectivity=0),
            findings(finding("W04", "age75", 97)),
            "reasons_found",
        ),  # high, and found
        (score(5, age=9, disability=0, income=0, connectivity=0), findings(), "not_assessed"),  # not assessed is not "nothing found"
        (pd.Series({"band": pd.NA, "band_word": "Not scored"}), findings(finding("W04", "age75", 97)), "reasons_found"),  # no band
    ],
    ids=["middle", "low and nothing", "high and something", "not assessed", "not scored"],
)
def test_no_sentence_where_they_agree_or_one_is_not_known(row, found, summary):
    assert explain.difference(row, "England", found, summary, service("blue_badge")) == ""


@pytest.fixture(scope="module")
def three(bundled):
    return exclusion.assess(bundled, COUNCILS, ["council_tax_reduction", "blue_badge", "homelessness"])


@pytest.mark.parametrize("service_id", ["council_tax_reduction", "blue_badge", "homelessness"])
def test_every_disagreement_in_the_three_councils_has_its_sentence_and_no_agreement_has_one(three, service_id):
    said = explain.differences(three, service_id)
    keep = three.findings[(three.findings["service_id"] == service_id) & (three.findings["kind"] == "keep")]
    firm = set(keep.loc[keep["severity"].isin(["required", "recommended"]), "area_code"])
    nothing = set(three.summaries.query("service_id == @service_id and summary == 'none_in_rules_checked'")["area_code"])
    band = three.scores["band"]
    differ = {code for code in three.areas.index if (band[code] <= 2 and code in firm) or (band[code] >= 4 and code in nothing)}
    assert set(said[said != ""].index) == differ
    assert differ  # the three councils were chosen for such contrasts
    for code in differ:
        assert said[code].startswith(("Lowest", "Lower") if band[code] <= 2 else ("Highest", "Higher"))
        assert "flagged all the same" not in said[code]
        assert said[code].endswith(".")


def test_tower_hamlets_is_low_for_its_few_older_people_and_flagged_for_low_incomes(three):
    said = explain.differences(three, "council_tax_reduction")
    tower_hamlets = three.areas.index[three.areas["council_name"] == "Tower Hamlets"]
    assert said[tower_hamlets].str.contains("because few older people").sum() >= 15
    assert said[tower_hamlets].str.contains("low income").sum() >= 15


def test_bands_under_other_weights_are_explained_with_those_weights(three, bundled):
    # all weight on income: Bloomfield's older-people pull is gone from every sentence
    other = exclusion.assess(bundled, COUNCILS, [], weights={"age": 0, "disability": 0, "income": 1, "connectivity": 0})
    said = explain.differences(three, "council_tax_reduction", other.scores)
    assert not said.str.contains("older people;").any()
    assert said[said.str.startswith(("Lowest", "Lower"))].str.contains("few people on low incomes").all()
