"""The walk on the bundled release: what an officer, a planner or a script gets from load() and assess()."""

import dataclasses
from datetime import date

import pandas as pd
import pytest

import exclusion
from exclusion.assessment import once
from exclusion.contracts import NothingToAssess, UsageError

THREE = ["E06000009", "E07000124", "E09000030"]
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def blackpool(bundled):
    return exclusion.assess(bundled, ["Blackpool"], today=TODAY)


def test_one_council_gives_every_ward_a_score_people_and_a_summary_for_every_service(blackpool):
    assert len(blackpool.areas) == 21 and len(blackpool.services) == 40
    assert blackpool.scores.index.equals(blackpool.areas.index) and blackpool.people.index.equals(blackpool.areas.index)
    assert len(blackpool.summaries) == 21 * 40
    assert blackpool.areas["area_name"].is_monotonic_increasing  # by name, never by score


def test_findings_do_not_depend_on_weights(bundled, blackpool):
    other = exclusion.assess(bundled, ["E06000009"], weights={"age": 1, "disability": 0, "income": 0, "connectivity": 0}, today=TODAY)
    pd.testing.assert_frame_equal(other.findings, blackpool.findings)
    assert not other.scores["risk"].equals(blackpool.scores["risk"])
    assert not other.method.is_default and "Weights changed from the default" in other.notices[0]


def test_weights_in_another_scale_are_still_the_default(bundled):
    same = exclusion.assess(
        bundled, ["Blackpool"], (), weights={"age": 36, "disability": 27, "income": 27, "connectivity": 10}, today=TODAY
    )
    assert same.method.is_default and same.notices == ()


def test_assessing_leaves_the_evidence_as_it_was(bundled, blackpool):
    assert dataclasses.replace(bundled, cache={}).observations.equals(exclusion.load().observations)


def test_several_councils_act_as_one_area(bundled):
    three = exclusion.assess(bundled, THREE, ["blue_badge"], today=TODAY)
    assert len(three.areas) == 21 + 26 + 20
    alone = exclusion.assess(bundled, ["Ribble Valley"], ["blue_badge"], today=TODAY)
    mine = three.findings[three.findings["area_code"].isin(alone.areas.index)].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone.findings.reset_index(drop=True))


def test_a_finding_in_three_quarters_of_wards_is_said_once_with_the_wards_where_it_does_not_hold(blackpool):
    rows = blackpool.council_wide.set_index(["service_id", "channel"])
    row = rows.loc[("blue_badge", "f2f")]
    holds = blackpool.findings.query("service_id == 'blue_badge' and channel == 'f2f' and kind == 'keep' and severity == 'recommended'")
    assert row["wards"] == len(holds) >= 0.75 * 21
    assert set(row["except_area_codes"].split("|")) == set(blackpool.areas.index) - set(holds["area_code"])


def test_wales_is_scored_without_connectivity_and_rules_on_income_counts_are_not_assessed(bundled):
    cardiff = exclusion.assess(bundled, ["Cardiff"], ["council_tax_reduction"], today=TODAY)
    assert "connectivity" not in cardiff.method.weights["Wales"]
    assert cardiff.scores["scored"].all()
    for ids in cardiff.summaries["not_checked"].str.split("|"):
        assert {"W07", "W09"} <= set(ids)
    assert (cardiff.summaries["summary"] == "not_assessed").any()
    floor = cardiff.findings[(cardiff.findings["kind"] == "floor") & (cardiff.findings["channel"] == "post")].iloc[0]
    assert "SI 2013/3029" in floor["reason"] and "2012/2885" not in floor["reason"]


def test_homelessness_keeps_phone_and_a_counter_whatever_the_ward_looks_like(bundled):
    found = exclusion.assess(bundled, THREE, ["homelessness"], today=TODAY).findings
    floors = found[found["kind"] == "floor"].groupby("area_code")["channel"].agg(set)
    assert len(floors) == 67 and floors.map(lambda channels: {"phone", "f2f"} <= channels).all()
    assert found.loc[(found["kind"] == "floor") & (found["channel"] == "f2f"), "reason"].str.contains("Housing Act 1996").all()


def test_a_better_off_ward_and_a_bin_report_say_little_and_why(bundled):
    quiet = exclusion.assess(bundled, ["Ribble Valley"], ["missed_bin"], today=TODAY)
    row = quiet.summaries.set_index("area_code").loc["E05012003"]  # Brockhall & Dinckley
    assert row["summary"] == "none_in_rules_checked" and row["keep"] == 0
    assert row["sentence"].startswith("We found no ward reason beyond the council-wide minimum, in the rules checked. Not checked:")


def test_without_one_dataset_its_rules_are_not_assessed_and_nothing_reads_as_no_reason(bundled):
    kept = bundled.observations[~bundled.observations["measure"].isin(["income_dep", "older_income_dep", "age75", "disabled_lot"])]
    poorer = dataclasses.replace(bundled, observations=kept, cache={})
    found = exclusion.assess(poorer, ["Blackpool"], ["council_tax_reduction"], today=TODAY)
    assert set(found.summaries["summary"]) == {"not_assessed", "reasons_found"}  # reasons from rules still known stay
    assert (found.summaries["summary"] == "not_assessed").sum() > 10
    assert not found.summaries["sentence"].str.contains("We found no ward reason").any()


def test_texts_past_their_review_date_are_said(bundled):
    assert exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY).notices == ()
    late = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=date(2040, 1, 1)).notices
    assert any(notice.startswith("This text was due to be checked on") for notice in late)


def test_two_tier_councils_say_who_decides(bundled):
    notices = exclusion.assess(bundled, ["Ribble Valley"], ["blue_badge"], today=TODAY).notices
    assert notices == ("Decided by Lancashire, whose members stand for divisions: wards are a guide for this service.",)
    assert exclusion.assess(bundled, ["Ribble Valley"], ["council_tax_reduction"], today=TODAY).notices == ()


def test_what_is_not_known_is_refused_with_the_way_on(bundled):
    with pytest.raises(UsageError, match="Run 'exclusion services'"):
        exclusion.assess(bundled, ["Blackpool"], ["bins", "parks"])
    with pytest.raises(UsageError, match="Did you mean blue_badge"):
        exclusion.assess(bundled, ["Blackpool"], ["Blue Badge"])
    with pytest.raises(UsageError, match="there is no such version"):
        exclusion.assess(bundled, ["Blackpool"], thresholds="7")
    with pytest.raises(NothingToAssess):
        exclusion.assess(bundled, [])


def test_what_is_read_off_an_assessment_is_worked_out_once_and_given_out_as_a_copy(bundled):
    """Pages ask for the same tables at every click; a caller who adds a column adds it to nobody else's."""
    asked = []

    @once
    def table(a, word, again=False):
        asked.append((word, again))
        return pd.DataFrame({word: list(a.councils)})

    found = exclusion.assess(bundled, ["Blackpool"], ())
    first = table(found, "Council")
    first["Band"] = "4"
    assert list(table(found, "Council").columns) == ["Council"]
    assert list(table(found, "Place", again=True).columns) == ["Place"]
    other = dataclasses.replace(found, councils=("E09000030",))
    assert list(table(other, "Council")["Council"]) == ["E09000030"]  # another assessment, another table
    assert asked == [("Council", False), ("Place", True), ("Council", False)]
