"""The score: percentile of the frozen reference, weights normalised once, parts that add up."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exclusion
from exclusion import risk
from exclusion.contracts import UsageError
from exclusion.judgement.score import method_for
from exclusion.release import Evidence

TENTHS = np.linspace(0, 1, 1001)
BLACKPOOL = "E06000009"


def test_a_percentile_is_where_a_value_stands_in_the_frozen_distribution():
    assert risk.percentile(np.array([0.0, 0.25, 0.5, 1.0]), TENTHS) == pytest.approx([0, 25, 50, 100])
    assert risk.percentile(np.array([-3.0, 7.0]), TENTHS) == pytest.approx([0, 100])  # beyond either end


def test_a_missing_value_has_no_percentile():
    assert np.isnan(risk.percentile(np.array([np.nan]), TENTHS))[0]


def test_a_value_many_areas_share_takes_the_middle_of_the_run():
    # 600 of 1,001 quantiles are zero (q = 0 to 599): the middle is 299.5 of 1,000.
    many_zeros = np.concatenate([np.zeros(600), np.linspace(0.01, 1, 401)])
    assert risk.percentile(np.array([0.0]), many_zeros)[0] == pytest.approx(299.5 / 1000 * 100)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=2), st.integers(0, 2**32 - 1), st.integers(1, 300))
@settings(max_examples=50)
def test_a_higher_value_never_has_a_lower_percentile(pair, seed, distinct):
    low, high = sorted(pair)
    levels = np.random.default_rng(seed).uniform(-4, 4, distinct)
    distribution = np.sort(np.random.default_rng(seed).choice(levels, 1001))  # many ties, as counts of nobody have
    places = risk.percentile(np.array([low, high]), distribution)
    assert places[0] <= places[1] + 1e-9


def test_age_is_one_rate_weighted_number():
    shares = pd.DataFrame({"age65_74": [0.10], "age75_84": [0.05], "age85": [0.02]}, index=["E05000001"])
    age = [domain for domain in method_for("England").domain if domain.id == "age"]
    assert risk.domain_values(shares, age).loc["E05000001", "age"] == pytest.approx(0.144 * 0.10 + 0.42 * 0.05 + 0.60 * 0.02)


def test_weights_are_normalised_once_and_a_domain_without_data_is_left_out():
    weights = {"age": 36, "disability": 27, "income": 27, "connectivity": 10}
    assert risk.normalised_weights(method_for("England"), weights)["age"] == pytest.approx(36 / (36 + 27 + 27 + 10))
    assert risk.normalised_weights(method_for("Wales"), weights)["age"] == pytest.approx(36 / (36 + 27 + 27))


@pytest.mark.parametrize(
    ("weights", "says"),
    [({"wealth": 1}, "wealth"), ({"age": -1}, "age must be a number"), ({"age": float("nan")}, "number"), ({"age": 0}, "all zero")],
)
def test_bad_weights_are_refused_by_name(weights, says):
    with pytest.raises(UsageError, match=says):
        risk.normalised_weights(method_for("England"), weights)


def test_all_bad_weights_are_named_at_once():
    with pytest.raises(UsageError) as refused:
        risk.normalised_weights(method_for("England"), {"wealth": 1, "age": -1})
    assert len(refused.value.problems) == 2


def test_where_a_nation_has_no_distribution_no_place_is_known_never_the_middle(bundled: Evidence) -> None:
    assert np.isnan(risk.percentile(np.array([0.1, 0.2]), np.full(1001, np.nan))).all()
    without = replace(bundled, reference=bundled.reference[bundled.reference["nation"] != "Northern Ireland"], cache={})
    belfast = exclusion.assess(without, ["Belfast"], ()).profile
    assert belfast["value"].notna().any() and belfast["percentile"].isna().all()
    placed = exclusion.assess(bundled, ["Belfast"], ()).profile  # with it they stand among the nation's wards, apart from each other
    assert placed.groupby("measure")["percentile"].nunique().max() > 20


def test_contributions_add_up_to_the_distance_from_fifty(bundled):
    every = risk.score(bundled)
    nation = bundled.areas["nation"]
    scores = every[every["scored"]]
    contributions = scores[[column for column in scores if column.startswith("contribution_")]]
    assert (scores["risk"] - 50 - contributions.sum(axis=1)).abs().max() < 1e-9  # a gap would be nan, and nan < 1e-9 is false
    # How many parts each nation's score has: connectivity is none of Wales's.
    for name, parts in {"England": 4, "Wales": 3, "Scotland": 4}.items():
        mine = contributions[nation.reindex(scores.index) == name]
        assert len(mine) and (mine.notna().sum(axis=1) == parts).all()
    assert scores.loc[nation.reindex(scores.index) == "England", "weight_connectivity"].unique() == pytest.approx([0.10])
    assert scores.loc[nation.reindex(scores.index) == "Wales", "contribution_connectivity"].isna().all()
    # Northern Ireland has no score, so nothing that adds up to one. Elsewhere a ward or two lacks a figure.
    unscored = every[~every["scored"]]
    assert unscored["risk"].isna().all() and (unscored["why_not"].str.len() > 0).all()
    northern = nation == "Northern Ireland"
    assert not every.loc[northern, "scored"].any() and every.loc[northern, contributions.columns].isna().all(axis=None)
    assert every.loc[~northern, "scored"].mean() > 0.99


def test_one_council_alone_equals_its_rows_in_the_national_run(bundled):
    nation = risk.score(bundled)
    wards = list(bundled.areas.index[bundled.areas["council_code"] == BLACKPOOL])
    pd.testing.assert_frame_equal(
        risk.score(bundled, wards).dropna(axis=1, how="all"), nation.loc[wards].dropna(axis=1, how="all"), check_exact=True
    )


def test_order_of_wards_and_scale_of_weights_change_nothing(bundled):
    wards = list(bundled.areas.index[bundled.areas["council_code"] == BLACKPOOL])
    once = risk.score(bundled, wards, {"age": 1, "disability": 2, "income": 3, "connectivity": 4})
    again = risk.score(bundled, wards[::-1], {"age": 10, "disability": 20, "income": 30, "connectivity": 40})
    pd.testing.assert_series_equal(once["risk"], again["risk"].reindex(wards))


def test_bands_are_fifths_of_each_nation_also_when_weights_change(bundled):
    for weights in (None, {"age": 1, "disability": 0, "income": 1, "connectivity": 0}):
        scores = risk.score(bundled, weights=weights)
        for nation in ("England", "Wales"):
            share = scores.loc[bundled.areas["nation"] == nation, "band"].value_counts(normalize=True)
            assert share.to_numpy() == pytest.approx(np.full(5, 0.2), abs=0.002)


def without(evidence, ward, measure, column="value"):
    """The same evidence with one figure blank."""
    observations = evidence.observations.copy()
    observations.loc[(observations["area_code"] == ward) & (observations["measure"] == measure), column] = (
        np.nan if column == "value" else 0.5
    )
    return type(evidence)(
        evidence.manifest, evidence.areas, evidence.small_areas, observations, evidence.reference, evidence.reference_wards, evidence.path
    )


@pytest.mark.parametrize("column", ["value", "observed"])
def test_a_ward_without_all_domains_is_not_scored_and_says_why(bundled, column):
    # Blank, or with only half of its denominator observed: either way it is not known.
    ward = bundled.areas.index[bundled.areas["council_code"] == BLACKPOOL][0]
    row = risk.score(without(bundled, ward, "income_dep", column), [ward]).loc[ward]
    assert not row["scored"] and np.isnan(row["risk"]) and row["band"] is pd.NA
    assert row["band_word"] == "Not scored" and row["why_not"] == "Not scored: no figure for income."


def test_a_code_that_no_ward_has_gets_no_score_and_changes_nothing_of_the_others(bundled) -> None:
    first = str(bundled.areas.index[0])
    assert risk.score(bundled, ["nowhere"]).empty
    both = risk.score(bundled, ["nowhere", first])
    assert both.loc["nowhere"].drop("band_word").isna().all()
    assert both.loc["nowhere", "band_word"] == "Not scored"
    pd.testing.assert_series_equal(both.loc[first], risk.score(bundled, [first]).loc[first], check_dtype=False)
    assert list(both) == list(risk.score(bundled, [first]))
