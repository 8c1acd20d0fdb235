"""What makes a score, which wards are alike, and the least that would move a band."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exclusion import risk
from exclusion.contracts import NothingToAssess, UsageError
from exclusion.judgement.score import method_for
from exclusion.method import comparison

BLACKPOOL, CARDIFF = "E06000009", "W06000015"
DOMAINS = ["age", "disability", "income", "connectivity"]


def wards(evidence, council=BLACKPOOL):
    return list(evidence.areas.index[evidence.areas["council_code"] == council])


def band_of(evidence, nation, shares, places):
    """The band that some domain percentiles give, worked out apart from the code under test."""
    cuts, _ = risk.band_edges(evidence, nation, shares)
    score = sum(shares[name] * place for name, place in places.items())
    return 1 + sum(round(score, 9) >= round(cut, 9) for cut in cuts)


# --------------------------------------------------------------------- contributions


def test_contributions_add_up_and_say_which_way_they_pull(bundled):
    scores = risk.score(bundled, wards(bundled))
    table = comparison.contributions(scores)
    assert list(table["domain"][:4]) == DOMAINS and list(table["area_code"].unique()) == list(scores.index)
    assert (table.groupby("area_code")["contribution"].sum() - (scores["risk"] - 50)).abs().max() < 1e-9
    raised = table["words"].str.contains("raises")
    assert (table.loc[raised, "contribution"] > 0).all() and (table.loc[~raised, "contribution"] < 0.05).all()


def test_a_welsh_ward_has_three_parts(bundled):
    table = comparison.contributions(risk.score(bundled, wards(bundled, CARDIFF)[:1]))
    assert list(table["domain"]) == DOMAINS[:3]


def test_a_ward_without_a_score_has_no_parts_to_show():
    scores = pd.DataFrame(
        {"scored": [True, False], "percentile_age": [80.0, 80], "weight_age": [1.0, 1], "contribution_age": [30.0, 30]},
        index=["E05000001", "E05000002"],
    )
    table = comparison.contributions(scores)
    assert list(table["area_code"]) == ["E05000001"]
    assert table.at[0, "words"] == "Age: 80 out of 100 in its nation, which raises the score by 30.0 points."


# --------------------------------------------------------------------------- similar


def test_alike_means_near_in_every_domain_by_its_weight_and_names_are_in_order_of_the_alphabet(bundled):
    ward = wards(bundled)[3]
    table = comparison.similar(bundled, ward, count=5)
    assert len(table) == 5 and ward not in table.index
    assert list(table["area_name"]) == sorted(table["area_name"])
    place = bundled.reference_wards.pivot(index="area_code", columns="domain", values="percentile").dropna()[DOMAINS]
    apart = np.sqrt(((place - place.loc[ward]) ** 2 * [0.36, 0.27, 0.27, 0.10]).sum(axis=1)).drop(ward)
    assert set(table.index) == set(apart.nsmallest(5).index)
    assert table["apart"].to_numpy() == pytest.approx(apart.loc[table.index].to_numpy())


def test_wards_of_other_councils_only_when_asked(bundled):
    ward = wards(bundled)[3]
    table = comparison.similar(bundled, ward, count=20, elsewhere=True)
    assert not set(table.index) & set(wards(bundled)) and len(table) == 20


def test_a_domain_without_weight_need_not_be_alike(bundled):
    ward = wards(bundled)[3]
    table = comparison.similar(bundled, ward, {"age": 1, "disability": 0, "income": 0, "connectivity": 0}, count=3)
    own = bundled.reference_wards.set_index(["area_code", "domain"])["percentile"]
    assert (table["percentile_age"] - own[(ward, "age")]).abs().max() < 0.2
    assert "percentile_disability" in table


def test_a_ward_we_do_not_hold_is_named(bundled):
    with pytest.raises(UsageError, match="E05999999"):
        comparison.similar(bundled, "E05999999")


def test_a_ward_without_a_score_is_like_no_other(bundled):
    ward = wards(bundled)[0]
    rest = bundled.reference_wards[bundled.reference_wards["area_code"] != ward]
    evidence = dataclasses.replace(bundled, reference_wards=rest, cache={})
    with pytest.raises(NothingToAssess, match=bundled.areas.at[ward, "area_name"]):
        comparison.similar(evidence, ward)


# -------------------------------------------------------------------------- drop one


def test_without_one_domain_the_others_are_made_up_to_the_whole(bundled):
    codes = wards(bundled)
    table = comparison.drop_one(bundled, codes).set_index(["domain", "area_code"])
    # Without connectivity the weights are 36, 27 and 27 of 90.
    rest = risk.score(bundled, codes, {"age": 36, "disability": 27, "income": 27, "connectivity": 0})
    assert (table.loc["connectivity", "band_without"].reindex(codes).to_numpy() == rest["band"].to_numpy()).all()
    assert (table["moves"] == table["band_without"] - table["band"]).all()


def test_moves_are_said_in_words(bundled):
    table = comparison.drop_one(bundled, list(bundled.areas.index[bundled.areas["council_code"] == "E09000030"]))
    moved = table[table["moves"] != 0].iloc[0]
    words = (
        f"Without {moved['label'].lower()} the band would be {risk.BANDS[moved['band_without']]} in place of {risk.BANDS[moved['band']]}."
    )
    assert moved["words"] == words


def test_where_only_one_domain_weighs_nothing_is_left_without_it(bundled):
    table = comparison.drop_one(bundled, wards(bundled)[:1], {"age": 1}).set_index("domain")
    assert table.loc["age", "band_without"] is pd.NA and table.loc["age", "words"] == "Without age there is no band to give."
    assert table.loc["income", "moves"] == 0


# ---------------------------------------------------------------------- least change


def test_a_single_domain_must_make_up_the_whole_gap_by_its_own_weight(bundled):
    scores = risk.score(bundled, wards(bundled))
    table = comparison.least_change(bundled, scores)
    alone = table[(table["way"] == "alone") & table["possible"]]
    shares = alone["domain"].map({d: scores[f"weight_{d}"].iloc[0] for d in DOMAINS})
    cuts, _ = risk.band_edges(bundled, "England", {d: scores[f"weight_{d}"].iloc[0] for d in DOMAINS})
    for row, share in zip(alone.itertuples(), shares, strict=True):
        # From risk r to the cut c: (c - r) / weight. The cut below band b is the (b - 1)th, the one above it the bth.
        cut = cuts[row.band - 1] if row.direction == "higher" else cuts[row.band - 2]
        assert row.change == pytest.approx((cut - scores.at[row.area_code, "risk"]) / share, abs=1e-6)


def test_ends_of_the_scale_have_nothing_beyond(bundled):
    table = comparison.least_change(bundled, risk.score(bundled, list(bundled.areas.index)[:400]))
    assert not ((table["band"] == 5) & (table["direction"] == "higher")).any()
    assert not ((table["band"] == 1) & (table["direction"] == "lower")).any()
    assert {1, 5} <= set(table["band"])


weights_drawn = st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(lambda w: sum(w) > 0)


@given(st.data(), weights_drawn, st.integers(0, 5000))
@settings(max_examples=60)
def test_the_least_change_moves_the_band_and_a_smaller_one_does_not(bundled, data, raw, number):
    nation = data.draw(st.sampled_from(["England", "Wales"]))
    codes = bundled.areas.index[bundled.areas["nation"] == nation]
    ward = codes[number % len(codes)]
    names = [d.id for d in method_for(nation).domain]
    assume(sum(raw[: len(names)]) > 0)
    scores = risk.score(bundled, [ward], dict(zip(DOMAINS, raw, strict=True)))
    assume(scores.at[ward, "scored"])
    shares = {name: scores.at[ward, f"weight_{name}"] for name in names}
    before = {name: scores.at[ward, f"percentile_{name}"] for name in names}
    assert band_of(bundled, nation, shares, before) == scores.at[ward, "band"]
    table = comparison.least_change(bundled, scores)
    for row in table[(table["way"] == "alone") & table["possible"]].itertuples():
        after = {**before, row.domain: row.new_percentile}
        assert band_of(bundled, nation, shares, after) == row.new_band
        # A hair less, in risk, leaves the band as it was.
        short = {**before, row.domain: before[row.domain] + row.change * (1 - 1e-6) - np.sign(row.change) * 1e-6}
        assert band_of(bundled, nation, shares, short) == row.band
    for _, rows in table[(table["way"] == "together") & table["possible"]].groupby("direction"):
        after = dict(zip(rows["domain"], rows["new_percentile"], strict=True))
        assert band_of(bundled, nation, shares, after) == rows["new_band"].iloc[0]
        assert all(0 <= place <= 100 for place in after.values())
        single = table[(table["way"] == "alone") & table["possible"] & (table["direction"] == rows["direction"].iloc[0])]
        assert (single["distance"] >= rows["distance"].iloc[0] - 1e-9).all()  # together is never the longer way


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=2, max_size=4),
    st.floats(-1, 1),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=80)
def test_no_other_change_that_closes_the_gap_is_shorter(parts, portion, seed):
    place, weights = (np.array(column) for column in zip(*parts, strict=True))
    assume(weights.sum() > 0.1)
    room = np.where(portion > 0, 100 - place, -place)
    gap = abs(portion) * float(weights @ room)
    found = comparison.shortest(place[None, :], weights, np.array([gap]))[0]
    assert found @ weights == pytest.approx(gap, abs=1e-9) and ((place + found >= -1e-9) & (place + found <= 100 + 1e-9)).all()
    # Any mixture of the whole room with itself that closes the gap: draw some and compare.
    rng = np.random.default_rng(seed)
    for share in rng.uniform(0, 1, (30, len(weights))):
        trial = share * room
        if abs(trial @ weights) < 1e-9 or not 0 <= gap / (trial @ weights) <= 1 / share.max():
            continue
        assert np.linalg.norm(trial * gap / (trial @ weights)) >= np.linalg.norm(found) - 1e-6


def test_a_domain_at_its_end_stops_and_the_others_go_on():
    # Weights .6 and .4, both at 90 and 10: raising the sum by 20 wants steps of 20 / .52 x weight = 23.1 and 15.4.
    # The first has room for 10 only, which gives 6 of the 20; the second makes up 14 / .4 = 35.
    change = comparison.shortest(np.array([[90.0, 10.0]]), np.array([0.6, 0.4]), np.array([20.0]))
    assert change[0] == pytest.approx([10, 35])


def test_a_gap_wider_than_the_scale_cannot_be_closed():
    assert np.isnan(comparison.shortest(np.array([[90.0, 95.0]]), np.array([0.6, 0.4]), np.array([20.0]))).all()


def with_more(evidence, ward, measures, people):
    """The same evidence with the counts of one ward changed by some people in all, in the mix they have."""
    table = evidence.observations.copy()
    rows = (table["level"] == "ward") & (table["area_code"] == ward) & table["measure"].isin(measures)
    factor = 1 + people / table.loc[rows, "count"].sum()
    table.loc[rows, "value"] = table.loc[rows, "count"] * factor / table.loc[rows, "of"]
    return dataclasses.replace(evidence, observations=table, cache={})


@pytest.mark.parametrize("number", [0, 4, 9])
def test_the_people_found_move_the_band_of_the_real_score_and_fewer_do_not(bundled, number):
    ward = list(bundled.areas.index[bundled.areas["council_code"] == "E07000124"])[number]
    scores = risk.score(bundled, [ward])
    table = comparison.least_change(bundled, scores)
    rows = table[(table["way"] == "alone") & table["people"].notna()]
    assert len(rows)
    for row in rows.itertuples():
        names = [i.measure for d in method_for("England").domain if d.id == row.domain for i in d.indicator]
        assert risk.score(with_more(bundled, ward, names, row.people), [ward]).at[ward, "band"] == row.new_band
        # Rates are kept to 6 decimals, so that one person either way may be lost in rounding; two are not.
        fewer = row.people - 2 * np.sign(row.people)
        assert risk.score(with_more(bundled, ward, names, fewer), [ward]).at[ward, "band"] == row.band


def test_connectivity_counts_nobody_and_the_words_say_whom_the_others_count(bundled):
    table = comparison.least_change(bundled, risk.score(bundled, wards(bundled)))
    assert table.loc[table["domain"] == "connectivity", "people"].isna().all()
    words = table.loc[(table["domain"] == "age") & (table["way"] == "alone") & table["people"].notna(), "words"]
    assert words.str.contains("people aged 65 to 74, aged 75 to 84 and aged 85 and over").all() and len(words)
    assert words.str.startswith("The band would be ").all()


def test_what_cannot_be_done_says_so(bundled):
    table = comparison.least_change(bundled, risk.score(bundled, wards(bundled)))
    gone = table[~table["possible"] & (table["way"] == "alone")]
    assert len(gone) and gone["change"].isna().all() and gone["words"].str.startswith("No change in ").all()


def test_wards_without_a_score_are_left_out(bundled):
    scores = risk.score(bundled, wards(bundled)[:2])
    scores["scored"] = [True, False]
    assert set(comparison.least_change(bundled, scores)["area_code"]) == {scores.index[0]}
    assert comparison.least_change(bundled, scores.iloc[1:]).empty
