"""Is the score right? Agreement with what people did, how far it may be chance, and what a slider gains or loses."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exclusion import validity
from exclusion.__main__ import main
from exclusion.contracts import NothingToAssess, SourceUnreachable, UsageError
from exclusion.judgement.score import method_for
from exclusion.judgement.validity import ValidityRules, validity_rules
from exclusion.validity import agreement, simplex, yardstick

DEFAULT = {"age": 36, "disability": 27, "income": 27, "connectivity": 10}


def rules(**changes):
    return ValidityRules.model_validate({**validity_rules().model_dump(), **changes})


# ------------------------------------------------------------------------- agreement


def test_rank_correlation_is_the_correlation_of_the_ranks():
    # Ranks 1 2 3 4 against 1 2 4 3: differences 0 0 1 1, so 1 - 6 x 2 / (4 x 15) = 0.8.
    paper, score = np.array([0.01, 0.02, 0.05, 0.90]), np.array([[10.0], [20.0], [99.0], [98.0]])
    assert agreement.spearman(paper, score) == pytest.approx([0.8])


def test_ties_share_their_middle_rank():
    # 1 2 2 3 has ranks 1, 2.5, 2.5, 4; against 1 2 3 4 the sum of products of centred ranks is 4.5, the sizes are 4.5 and 5.
    assert agreement.spearman(np.array([1.0, 2, 2, 3]), np.array([[1.0], [2], [3], [4]])) == pytest.approx([4.5 / np.sqrt(4.5 * 5)])


def test_a_score_that_is_the_same_everywhere_agrees_with_nothing_we_can_name():
    assert np.isnan(agreement.spearman(np.array([1.0, 2, 3]), np.array([[7.0], [7], [7]]))).all()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 3)), min_size=3, max_size=30))
@settings(max_examples=60)
def test_counting_a_row_twice_is_having_it_twice(rows):
    one, other, times = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if times.sum() == 0:
        return
    again = np.repeat(np.arange(len(rows)), times.astype(int))
    weighted = agreement.spearman(one, other[:, None], times[:, None])[0]
    written_out = agreement.spearman(one[again], other[again][:, None])
    assert weighted == pytest.approx(written_out, nan_ok=True)
    expected = (
        pd.Series(one[again]).rank().corr(pd.Series(other[again]).rank()) if len(set(one[again])) > 1 < len(set(other[again])) else np.nan
    )
    assert written_out == pytest.approx([expected], nan_ok=True)


TWO_COUNCILS = pd.DataFrame(
    {"council_code": ["A"] * 4 + ["B"] * 4 + ["C"], "paper_share": [0.01, 0.02, 0.03, 0.04, 0.11, 0.12, 0.13, 0.14, 0.5]},
    index=[f"w{n}" for n in range(9)],
)


def test_within_councils_is_the_middle_of_councils_that_are_large_enough():
    # Council A in full agreement (1), council B upside down (-1), C has one ward and is left out: the middle is 0.
    score = pd.DataFrame({"s": [1.0, 2, 3, 4, 14, 13, 12, 11, 50]}, index=TWO_COUNCILS.index)
    found = agreement.agreement(TWO_COUNCILS, score, rules(least_in_council=4))
    assert found.at["s", "within_councils"] == pytest.approx(0.0)
    assert found.at["s", "councils_within"] == 2


def test_found_is_the_share_of_the_most_affected_that_the_score_puts_there_too():
    # Nine wards, the top third by paper are 0.13, 0.14 and 0.5; the score's top third holds two of them.
    score = np.array([[1.0], [2], [3], [4], [99], [5], [6], [98], [97]])
    assert agreement.share_found(TWO_COUNCILS["paper_share"].to_numpy(), score, 1 / 3) == pytest.approx([2 / 3])


def test_resamples_draw_whole_councils_and_the_same_seed_gives_the_same_bytes():
    score = pd.DataFrame({"s": np.arange(9.0), "t": np.arange(9.0)[::-1]}, index=TWO_COUNCILS.index)
    once, again = (agreement.resampled(TWO_COUNCILS, score, rules(resamples=60, least_in_council=3)) for _ in range(2))
    assert once.tobytes() == again.tobytes() and once.shape == (60, 2)
    # Both scores meet the same draws: the second is the first upside down, in every draw.
    assert once[:, 0] == pytest.approx(-once[:, 1])


# ------------------------------------------------------------------------- yardstick

SMALL = pd.DataFrame(
    {
        "nation": "England",
        "people": [1000.0, 1000, 2000, 500],
        "sent_first": ["letter", "letter", "paper", ""],
        "paper_share": [0.02, 0.06, 0.50, np.nan],
        "deri": [3.0, 5.0, 4.0, np.nan],
    },
    index=["E01000001", "E01000002", "E01000003", "E01000004"],
)
WARDS = pd.DataFrame({"nation": "England", "council_code": "E06000001"}, index=["E05000001", "E05000002", "E05000003"])


def shares(*rows):
    return pd.DataFrame(rows, columns=["small_area_code", "area_code", "share"])


def test_a_ward_takes_the_paper_share_of_its_people_and_letter_and_paper_stay_apart():
    given = shares(
        ("E01000001", "E05000001", 1.0), ("E01000002", "E05000001", 0.5), ("E01000002", "E05000002", 0.5), ("E01000003", "E05000002", 1.0)
    )
    table = yardstick.by_ward(SMALL, given, WARDS, validity_rules()).set_index(["area_code", "sent_first"])
    # Ward 1: 1,000 people at 2 % and 500 at 6 % are (20 + 30) / 1,500. Ward 2: 2,000 of 2,500 were sent paper, so it is there as paper.
    assert table.loc[("E05000001", "letter"), "paper_share"] == pytest.approx(50 / 1500)
    assert table.loc[("E05000002", "paper"), "paper_share"] == pytest.approx(0.5)
    assert list(table.index) == [("E05000001", "letter"), ("E05000002", "paper")]


def test_a_ward_with_the_yardstick_for_less_than_half_its_people_takes_no_part():
    given = shares(("E01000001", "E05000003", 0.4), ("E01000001", "E05000001", 0.6), ("E01000004", "E05000003", 1.0))
    table = yardstick.by_ward(SMALL, given, WARDS, validity_rules())
    assert list(table["area_code"]) == ["E05000001"]  # ward 3: 400 of 900 people


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(SourceUnreachable, match="no_such_folder"):
        validity.check("no_such_folder", evidence=object())


# ----------------------------------------------------------------------------- table


def invented(wards=60, seed=1):
    """Wards in which paper follows age alone, so that we know what must come out."""
    rng = np.random.default_rng(seed)
    places = {f"percentile_{d.id}": rng.uniform(0, 100, wards) for d in method_for("England").domain}
    frame = pd.DataFrame(places).assign(
        nation="England", council_code=[f"C{n % 4}" for n in range(wards)], sent_first="letter", deri=rng.uniform(0, 10, wards)
    )
    frame["paper_share"] = frame["percentile_age"] / 1000
    return frame


def test_the_older_index_stands_beside_ours_on_the_same_areas():
    wards = invented()
    held = yardstick.Yardstick(wards.iloc[:0].assign(people=[]), wards, (None, None))
    table = validity.compare(held).query("level == 'ward' and sent_first == 'letter'").set_index("score")
    assert list(table.index[:3]) == ["ours", "deri_1_6", "equal_people"] and (table["areas"] == 60).all()
    assert table.at["ours", "ahead"] == pytest.approx(table.at["ours", "spearman"] - table.at["deri_1_6", "spearman"])
    assert table.at["deri_1_6", "ahead"] == table.at["deri_1_6", "ahead_high"] == 0
    assert table.at["ours", "low"] < table.at["ours", "spearman"] < table.at["ours", "high"]
    assert table["spearman"].idxmin() in ("without_age", "deri_1_6")  # paper follows age here


def test_weights_are_tried_only_where_there_is_something_to_hold_them_against(bundled, monkeypatch):
    # The release scores England, Wales and Scotland; the yardstick here is of England alone.
    wards = invented()
    about = SimpleNamespace(title="t", publisher="p", period="2021", licence="l", url="u", note="n")
    held = yardstick.Yardstick(wards.iloc[:0].assign(people=[]), wards, (about, about))
    tried = []
    monkeypatch.setattr(yardstick, "read", lambda folder, evidence: held)
    monkeypatch.setattr(validity, "weight_grid", lambda held, nation: tried.append(nation) or pd.DataFrame({"nation": [nation]}))
    assert {"England", "Wales", "Scotland"} <= set(bundled.manifest.nations)
    assert validity.check("anywhere", bundled, grid=True).grid["nation"].tolist() == tried == ["England"]


def test_too_few_areas_say_nothing():
    wards = invented(20)
    held = yardstick.Yardstick(wards.iloc[:0].assign(people=[]), wards, (None, None))
    table = validity.compare(held).query("level == 'ward' and sent_first == 'letter'")
    assert (table["areas"] == 20).all() and table["spearman"].isna().all()


# ------------------------------------------------------------------------------ grid


def test_four_weights_in_steps_of_a_twentieth_make_1771_rows():
    assert len(simplex.every(4, 20)) == 1771 and len(simplex.every(3, 20)) == 231
    assert (simplex.every(4, 20).sum(axis=1) == 20).all() and len(np.unique(simplex.every(4, 20), axis=0)) == 1771


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5).filter(lambda w: sum(w) > 0.01), st.sampled_from([2, 5, 20]))
def test_the_points_about_some_weights_make_them_up_exactly(raw, steps):
    weights = np.array(raw) / sum(raw)
    corners, parts = simplex.surrounding(weights, steps)
    assert (corners >= 0).all() and (corners.sum(axis=1) == steps).all()
    assert parts.sum() == pytest.approx(1) and (parts > 0).all()
    assert parts @ corners / steps == pytest.approx(weights, abs=1e-8)


def test_a_point_of_the_grid_is_its_own_neighbour():
    corners, parts = simplex.surrounding(np.array([0.35, 0.3, 0.25, 0.1]), 20)
    assert corners.tolist() == [[7, 6, 5, 2]] and parts.tolist() == [1.0]


# ---------------------------------------------------------------------------- stored


def test_the_stored_tables_hold_every_set_of_weights_and_carry_source_notice_and_release():
    held = validity.stored()
    assert held.grid["nation"].value_counts().to_dict() == {"England": 1771, "Wales": 231}
    assert "NOT official statistics" in held.about["notice"] and "paper-first status" in held.notice
    assert held.about["publisher"] == "Office for National Statistics" and held.about["release"].startswith("United Kingdom wards")
    assert held.grid[["spearman", "found", "tenth"]].notna().all(axis=None)


def test_letter_first_and_paper_first_are_never_put_together():
    table = validity.stored().table
    keys = ["nation", "sent_first", "level", "score"]
    assert set(table["sent_first"]) == {"letter", "paper"} and not table.duplicated(keys).any()


def test_our_score_agrees_better_than_the_older_index_in_england_by_more_than_chance():
    row = validity.stored().table.set_index(["nation", "sent_first", "level", "score"]).loc[("England", "letter", "ward", "ours")]
    assert row["spearman"] == pytest.approx(0.839, abs=0.001) and row["areas"] == 4224
    assert row["ahead_low"] > 0.10


def test_the_default_weights_gain_and_lose_nothing():
    standing = validity.at()
    assert standing.change == 0 and standing.spearman == standing.default == pytest.approx(0.839, abs=0.001)
    assert standing.words.startswith("With the default weights") and "mean nothing" in standing.words
    assert "NOT official statistics" in standing.notice
    assert validity.at(DEFAULT).change == pytest.approx(0, abs=1e-9)


def test_a_slider_says_what_it_costs_in_words():
    # A third for connectivity, as in the older index, loses far more than chance.
    standing = validity.at({"age": 24, "disability": 18, "income": 18, "connectivity": 30})
    assert standing.change < -0.05 and standing.spearman == pytest.approx(standing.default + standing.change)
    assert "agrees less well" in standing.words and f"{standing.spearman:.2f} in place of 0.84" in standing.words


def test_a_change_smaller_than_chance_is_not_called_a_gain():
    standing = validity.at({"age": 40, "disability": 30, "income": 20, "connectivity": 10})
    assert 0 < standing.change < standing.noise
    assert "about as well" in standing.words and "better" not in standing.words


def test_no_set_of_weights_beats_the_default_by_more_than_chance_in_england():
    # Why the default stays as it is: the best of 1,771 is within the noise, before we even count that it was picked.
    held = validity.stored()
    best = held.grid.loc[held.grid["nation"] == "England", "spearman"].max()
    assert best - validity.at().default < held.noise("England")


def test_in_wales_a_weight_for_connectivity_counts_nothing():
    assert validity.at(DEFAULT, "Wales").spearman == validity.at({**DEFAULT, "connectivity": 90}, "Wales").spearman


def test_bad_weights_and_nations_without_a_yardstick_are_refused():
    with pytest.raises(UsageError, match="wealth"):
        validity.at({"wealth": 1})
    with pytest.raises(NothingToAssess, match="Scotland"):
        validity.at(nation="Scotland")


def test_what_is_written_can_be_read_again(tmp_path):
    held = validity.stored()
    paths = validity.write(held, tmp_path, held.about["computed_on"])
    assert [path.read_bytes() for path in paths] == [(validity.FOLDER / path.name).read_bytes() for path in paths]


# ---------------------------------------------------------------------- on the screen


def test_the_command_prints_both_scores_the_noise_and_the_notice(capsys):
    assert main(["method", "check"]) == 0
    said = capsys.readouterr().out
    ours = next(line for line in said.splitlines() if "Our score" in line and "4,224 wards" in line)
    older = next(line for line in said.splitlines() if "DERI 1.6" in line and "4,224 wards" in line)
    assert "0.84" in ours and "0.69" in older
    assert "England: differences under about 0.02 mean nothing" in said and "NOT official statistics" in said
    assert "Scotland and Northern Ireland: no yardstick is held, so nothing is known there" in said


def test_the_command_answers_in_json_with_the_notice_and_null_for_a_gap(capsys):
    assert main(["method", "check", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["without_yardstick"] == ["Scotland", "Northern Ireland"]
    assert "NOT official statistics" in said["notice"] and len(said["rows"]) == len(validity.stored().table)
    gap = validity.stored().table.assign(spearman=np.nan)
    assert validity.Validity(gap, pd.DataFrame(), {"notice": ""}).plain()["rows"][0]["spearman"] is None


def test_the_command_names_a_folder_that_is_not_there(capsys):
    assert main(["method", "check", "no_such_folder"]) == 4
    assert "no_such_folder" in capsys.readouterr().err


def test_on_screen_a_gap_is_blank_and_nothing_is_minus_nought():
    row = validity.stored().table.iloc[[0]].assign(spearman=-0.001, low=np.nan)
    shown = validity.brief(row).iloc[0]
    assert (shown["agreement"], shown["from"], shown["areas"]) == ("0.00", "", "4,224 wards")


# ---------------------------------------------------------------------------- shared


@pytest.fixture(scope="module")
def held(shared, bundled):
    return yardstick.read(shared / "data", bundled)


@pytest.mark.shared
@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_a_sample_of_the_stored_grid_equals_its_working(held, nation):
    kept = validity.stored().grid.query("nation == @nation").dropna(axis=1, how="all").reset_index(drop=True)
    sample = list(range(0, len(kept), len(kept) // 12))
    again = validity.weight_grid(held, nation, sample)
    pd.testing.assert_frame_equal(again, kept.iloc[sample].reset_index(drop=True), check_exact=False, atol=1.5e-4, rtol=0)


@pytest.mark.shared
def test_the_stored_table_equals_its_working(held):
    again, kept = validity.compare(held), validity.stored().table
    pd.testing.assert_frame_equal(again, kept, check_exact=False, atol=1e-4, rtol=0, check_dtype=False)


@pytest.mark.shared
def test_between_the_steps_the_table_is_near_the_exact_figure(held):
    # The default weights lie between the steps; there the exact figures are known.
    row = validity.stored().table.set_index(["nation", "sent_first", "level", "score"])
    for nation, age in (("England", 0.36), ("Wales", 0.40)):
        preset = validity.risk.normalised_weights(method_for(nation))
        found = validity._interpolated(nation, preset)
        assert preset["age"] == pytest.approx(age)
        assert found["spearman"] == pytest.approx(row.loc[(nation, "letter", "ward", "ours"), "spearman"], abs=0.003)
        small, names = yardstick.domains_of(held.small[held.small["nation"] == nation], nation)
        exact = np.quantile(small.dropna().to_numpy() @ np.array([preset[name] for name in names]), 0.9)
        assert found["tenth"] == pytest.approx(exact, abs=0.2)


@pytest.mark.shared
def test_small_areas_keep_their_place_and_blank_stays_blank(held):
    small = held.small
    assert small.loc[small["sent_first"] == "", "paper_share"].isna().all()
    assert small.loc[small["sent_first"] != "", ["paper_share", "deri"]].notna().all(axis=None)
    # By construction of a frozen reference, the median of each domain's percentile is 50.
    assert small.loc[small["nation"] == "England", "percentile_age"].median() == pytest.approx(50, abs=0.1)
    assert small.loc[small["nation"] == "Wales", "percentile_connectivity"].isna().all()
