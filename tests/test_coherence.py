"""Whether the parts of the score belong together: correlations, alpha, influence beside weight, warnings."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclusion.contracts import DataRefused, NothingToAssess
from exclusion.judgement import composites
from exclusion.method import alternatives, coherence
from exclusion.method.composite import Node

NAN = float("nan")
FLAT = [Node("index", ""), Node("a", "index", 3), Node("b", "index", 1)]


def test_rank_correlation_with_ties_by_hand():
    # Ranks of x: 1, 2.5, 2.5, 4 (mean 2.5: -1.5, 0, 0, 1.5); of y: 1, 3, 2, 4 (-1.5, 0.5, -0.5, 1.5).
    # Products add up to 4.5; squares to 4.5 and 5: 4.5 / sqrt(4.5 x 5).
    table = pd.DataFrame({"x": [10.0, 20, 20, 30], "y": [1.0, 8, 3, 100]})
    assert coherence.spearman(table).loc["x", "y"] == pytest.approx(4.5 / np.sqrt(4.5 * 5))


def test_a_pair_is_compared_on_the_areas_that_have_both():
    table = pd.DataFrame({"x": [1.0, 2, 3, NAN, 9], "y": [2.0, 4, 6, 0, NAN], "z": [NAN, NAN, NAN, 1, 2], "same": [5.0] * 5})
    found = coherence.spearman(table)
    assert found.loc["x", "y"] == pytest.approx(1) and found.loc["x", "x"] == pytest.approx(1)
    assert np.isnan(found.loc["x", "z"])  # one area only
    assert np.isnan(found.loc["x", "same"])  # nothing to rank


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=30))
def test_rank_correlation_equals_a_plain_loop(pairs):
    def ranks(values):
        return [sum(other < v for other in values) + (sum(other == v for other in values) + 1) / 2 for v in values]

    x, y = ranks([a for a, _ in pairs]), ranks([b for _, b in pairs])
    if len(set(x)) == 1 or len(set(y)) == 1:
        return
    mx, my = sum(x) / len(x), sum(y) / len(y)
    plain = (
        sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / (sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y)) ** 0.5
    )
    assert coherence.spearman(pd.DataFrame(pairs, columns=["x", "y"], dtype=float)).loc["x", "y"] == pytest.approx(plain, abs=1e-9)


def test_cronbachs_alpha_by_hand():
    # Variances 1 and 4 (n - 1), sums 2, 5, 8 with variance 9: 2 / 1 x (1 - 5 / 9).
    table = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 3, 5]})
    assert coherence.cronbach(table) == pytest.approx(2 * (1 - 5 / 9))
    assert coherence.cronbach(pd.concat([table, pd.DataFrame({"a": [NAN], "b": [9.0]})])) == pytest.approx(2 * (1 - 5 / 9))
    assert np.isnan(coherence.cronbach(table[["a"]]))
    assert np.isnan(coherence.cronbach(pd.DataFrame({"a": [1.0, 2, 3], "b": [3.0, 2, 1]})))  # a sum that never varies


def test_influence_is_the_share_of_what_makes_areas_differ():
    # Two unrelated items of variance 1 and 9 at equal weight: they carry 1 and 9 of 10.
    table = pd.DataFrame({"a": [-1.0, -1, 1, 1], "b": [-3.0, 3, -3, 3]})
    found = coherence.influence(table, {"a": 1, "b": 1})
    assert found["influence"].tolist() == pytest.approx([0.1, 0.9]) and found["weight"].tolist() == [0.5, 0.5]
    assert found["times"].tolist() == pytest.approx([0.2, 1.8])


@given(st.integers(0, 10_000))
def test_influence_adds_up_to_one(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(30, 4)), columns=list("abcd"))
    assert coherence.influence(table, dict(zip("abcd", rng.uniform(0.1, 1, 4), strict=True)))["influence"].sum() == pytest.approx(1)


def test_an_item_that_runs_against_the_rest_is_named():
    rng = np.random.default_rng(1)
    a = rng.normal(size=200)
    found = coherence.coherence(pd.DataFrame({"a": a, "b": -a + rng.normal(size=200) * 0.5}), FLAT, {"a": "Age", "b": "Income"})
    assert any(w.startswith("Income runs against the index (-0.") for w in found.warnings)
    assert any(w.startswith("Age and Income pull against each other (-0.") for w in found.warnings)


def test_two_items_that_say_the_same_are_named():
    a = np.random.default_rng(2).normal(size=200)
    found = coherence.coherence(pd.DataFrame({"a": a, "b": a**3}), FLAT)
    assert found.alike.to_dict("records") == [{"one": "a", "other": "b", "correlation": pytest.approx(1)}]
    assert "a and b are nearly the same (1.00): together they count twice." in found.warnings


def test_an_item_that_moves_the_index_far_more_than_it_weighs_is_named():
    rng = np.random.default_rng(3)
    found = coherence.coherence(pd.DataFrame({"a": rng.normal(size=500), "b": 9 * rng.normal(size=500)}), FLAT, {"b": "Broadband"})
    assert any(w.startswith("Broadband is said to weigh 25% and carries ") for w in found.warnings)


def test_parts_that_belong_together_raise_no_warning():
    rng = np.random.default_rng(4)
    shared = rng.normal(size=500)
    table = pd.DataFrame({name: shared + rng.normal(size=500) for name in "ab"})
    assert coherence.coherence(table, [Node("index", ""), Node("a", "index"), Node("b", "index")]).warnings == ()


def test_constant_and_missing_indicators_are_refused_by_name():
    with pytest.raises(DataRefused, match="indicator 'b': has the same figure"):
        coherence.coherence(pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 1, 1]}), FLAT)


@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_our_default_in_each_nation(bundled, nation):
    found = coherence.of_nation(bundled, nation)
    assert found.influence["influence"].sum() == pytest.approx(1)
    assert found.alpha.loc["age", "items"] == 3 and found.alpha.loc["age", "alpha"] > 0.9
    assert np.isnan(found.alpha.loc["income", "alpha"])  # a single measure has no alpha
    assert found.alike.empty
    # Older people live where fewer people are on low incomes: worth knowing, and said.
    assert any(w.startswith("Age and Income pull against each other (-0.5") for w in found.warnings)
    assert not any("runs against" in w for w in found.warnings)


def test_the_older_index_counts_people_aged_75_and_over_twice(bundled):
    deri = composites.alternatives()["deri_1_6"]
    scored = alternatives.score(bundled, deri, partial=True)
    held = scored.table[[c for c in scored.table if c.startswith("score_")]].dropna()
    found = coherence.coherence(held, alternatives.nodes(deri, scored.lacking["indicator"].tolist()))
    assert ("score_aged_65", "score_aged_75") in set(zip(found.alike["one"], found.alike["other"], strict=True))


def test_a_nation_we_hold_nothing_for(bundled):
    with pytest.raises(NothingToAssess, match="no method or no wards for Northern Ireland"):
        coherence.of_nation(bundled, "Northern Ireland")


def test_rank_correlation_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed; it is only an oracle here")
    table = pd.DataFrame(np.random.default_rng(5).integers(0, 6, (80, 3)).astype(float), columns=list("abc"))
    assert coherence.spearman(table).to_numpy() == pytest.approx(stats.spearmanr(table).statistic, abs=1e-12)
