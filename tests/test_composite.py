"""The general engine against the published formulas: each written out again here as a plain loop, ties and gaps included."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exclusion import risk
from exclusion.contracts import DataRefused, UsageError
from exclusion.judgement.score import method_for
from exclusion.method import alternatives, composite, normalise, treatment
from exclusion.method.composite import Node

NAN = float("nan")
# Few distinct numbers, so that ties are common; some gaps.
FIGURES = st.lists(
    st.one_of(st.integers(-3, 3).map(float), st.floats(-1e4, 1e4).map(lambda x: round(x, 3)), st.just(NAN)), min_size=5, max_size=25
)


def column(*values):
    return np.array(values, dtype=float)


def there(values):
    return [v for v in values if not math.isnan(v)]


def varies(values):
    return len(set(there(values))) > 1


# ------------------------------------------------------------------- plain loops to compare with


def loop_skew(values):
    x = there(values)
    n, mean = len(x), sum(x) / len(x)
    second, third = sum((v - mean) ** 2 for v in x), sum((v - mean) ** 3 for v in x)
    return math.sqrt(n) * third / second**1.5 * math.sqrt(n * (n - 1)) / (n - 2)


def loop_kurtosis(values):
    x = there(values)
    n, mean = len(x), sum(x) / len(x)
    second, fourth = sum((v - mean) ** 2 for v in x), sum((v - mean) ** 4 for v in x)
    return ((n + 1) * (n * fourth / second**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def loop_passes(values):
    return abs(loop_skew(values)) < 2 or loop_kurtosis(values) < 3.5


def loop_winsorise(values, most):
    x, top, bottom = list(values), 0, 0
    while varies(x) and not loop_passes(x) and top + bottom < most:
        if loop_skew(x) >= 0:
            end = max(there(x))
            inner = max(v for v in there(x) if v != end)
            top = sum(1 for v in x if v == end)
        else:
            end = min(there(x))
            inner = min(v for v in there(x) if v != end)
            bottom = sum(1 for v in x if v == end)
        x = [inner if v == end else v for v in x]
    return x, top + bottom


def loop_mean(row, weights, how):
    pairs = [(v, w) for v, w in zip(row, weights, strict=True) if not math.isnan(v)]
    total = sum(w for _, w in pairs)
    if not pairs or total == 0:
        return NAN
    if how == "arithmetic":
        return sum(v * w for v, w in pairs) / total
    if how == "geometric":
        return math.exp(sum(w * math.log(v) for v, w in pairs) / total)
    return total / sum(w / v for v, w in pairs)


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


# ------------------------------------------------------------------- outliers


def test_skew_and_kurtosis_are_bias_adjusted():
    # 1, 2, 3, 4, 10: mean 4; away from it -3, -2, -1, 0, 6: squares 50, cubes 180, fourths 1,394.
    x = column(1, 2, 3, 4, 10, NAN)
    assert treatment.skewness(x) == pytest.approx(math.sqrt(5) * 180 / 50**1.5 * math.sqrt(5 * 4) / 3)  # 1.697
    assert treatment.kurtosis(x) == pytest.approx(((5 + 1) * (5 * 1394 / 50**2 - 3) + 6) * 4 / (3 * 2))  # 3.152


@given(FIGURES)
def test_skew_and_kurtosis_equal_a_plain_loop(values):
    if len(there(values)) < 4 or not varies(values) or np.ptp(there(values)) < 0.5:
        return
    same(treatment.skewness(column(*values)), loop_skew(values))
    same(treatment.kurtosis(column(*values)), loop_kurtosis(values))


def test_skew_and_kurtosis_agree_with_scipy():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed; it is only an oracle here")
    values = np.random.default_rng(1).lognormal(size=300)
    same(treatment.skewness(values), stats.skew(values, bias=False))
    same(treatment.kurtosis(values), stats.kurtosis(values, bias=False))


def test_the_published_example_of_winsorising():
    # COINr's own page: 1 to 10, 30 and 100 become 1 to 10, 30 and 30; one value was moved.
    moved, count = treatment.winsorise(column(*range(1, 11), 30, 100))
    assert moved.tolist() == [*range(1, 11), 30, 30] and count == 1


def test_equal_outliers_move_together_and_count_together():
    # Two at 100 move to 30 in one step although only one may be moved; then the limit stops it.
    moved, count = treatment.winsorise(column(*range(1, 41), 300, 1000, 1000), most=1)
    assert moved[-3:].tolist() == [300, 300, 300] and count == 2


def test_the_low_end_is_moved_when_the_skew_is_below_zero():
    moved, count = treatment.winsorise(-column(*range(1, 11), 30, 100))
    assert moved.tolist() == [-v for v in range(1, 11)] + [-30, -30] and count == 1


@given(FIGURES, st.integers(1, 6))
@settings(max_examples=150)
def test_winsorising_equals_a_plain_loop(values, most):
    outlier = [*values, 5e4, 5e4, -7e4]
    if len(there(values)) < 4:
        return
    moved, count = treatment.winsorise(column(*outlier), most)
    theirs, their_count = loop_winsorise(outlier, most)
    same(moved, theirs)
    assert count == their_count


def test_what_winsorising_cannot_mend_is_logged_from_its_own_values():
    values = np.exp(np.linspace(0, 12, 40))
    table, done = treatment.treat(pd.DataFrame({"speed": values}), most=1)
    assert done["speed"].how == "logged"
    # log(x - min + range / 100), from the values as they were, not as they were winsorised
    same(table["speed"], [math.log(v - min(values) + 0.01 * (max(values) - min(values))) for v in values])


def test_a_column_that_passes_is_left_alone():
    values = np.linspace(0, 1, 30)
    table, done = treatment.treat(pd.DataFrame({"age": values}))
    assert done["age"].how == "none" and (table["age"] == values).all()


@pytest.mark.parametrize("values", [[*range(1, 11), 30, 100], list(np.exp(np.linspace(0, 12, 40))), list(range(20))])
def test_a_treatment_can_be_done_again_to_the_same_figures(values):
    treated, done = treatment.treat_column(column(*values), most=2)
    same(done.apply(column(*values)), treated)
    assert np.isnan(done.apply(column(NAN)))[0]
    assert np.isfinite(done.apply(column(-1e6, 1e6))).all()  # far outside: the ends


# ------------------------------------------------------------------- scales


def test_each_scale_on_a_small_column():
    x = column(10, 20, 20, 40, NAN)
    same(normalise.min_max(x), [0, 100 * 10 / 30, 100 * 10 / 30, 100, NAN])
    # mean 22.5, deviations -12.5 -2.5 -2.5 17.5, squares 156.25 6.25 6.25 306.25 = 475, over n - 1 = 3
    same(normalise.z_score(x), [d / math.sqrt(475 / 3) for d in (-12.5, -2.5, -2.5, 17.5)] + [NAN])
    same(normalise.rank(x), [1, 2, 2, 4, NAN])
    same(normalise.percentile_within(x), [0, 100 / 3, 100 / 3, 100, NAN])  # (rank - 1) / (4 - 1)
    same(normalise.goalposts(x, 15, 35), [0, 25, 25, 100, NAN])  # cut off at both posts
    same(normalise.goalposts(x, 15, 35, truncate=False), [-25, 25, 25, 125, NAN])


def test_the_exponential_of_the_indices_of_deprivation():
    # R = rank / n = 0.25, 0.5, 0.75, 1; -23 log(1 - R (1 - exp(-100/23))); the most affected gets 100.
    expected = [-23 * math.log(1 - r * (1 - math.exp(-100 / 23))) for r in (0.25, 0.5, 0.75, 1)]
    same(normalise.exponential(column(1, 2, 3, 4)), expected)
    assert expected[-1] == pytest.approx(100)
    assert normalise.exponential_of_share(column(0.9))[0] == pytest.approx(50.43, abs=0.01)  # a tenth of areas holds the upper half


@given(FIGURES)
def test_scales_equal_plain_loops(values):
    if len(there(values)) < 2 or not varies(values):
        return
    known = there(values)
    low, high, mean = min(known), max(known), sum(known) / len(known)
    sd = math.sqrt(sum((v - mean) ** 2 for v in known) / (len(known) - 1))
    rank = [NAN if math.isnan(v) else 1 + sum(1 for other in known if other < v) for v in values]
    x = column(*values)
    same(normalise.min_max(x, 1, 100), [(v - low) / (high - low) * 99 + 1 for v in values])
    same(normalise.z_score(x, 50, 10), [(v - mean) / sd * 10 + 50 for v in values])
    same(normalise.rank(x), rank)
    same(normalise.percentile_within(x), [100 * (r - 1) / (len(known) - 1) for r in rank])
    same(normalise.exponential(x), [-23 * math.log(1 - r / len(known) * (1 - math.exp(-100 / 23))) for r in rank])


@given(FIGURES, st.integers(0, 24), st.floats(0, 1e4))
@settings(max_examples=80)
def test_raising_a_figure_never_lowers_its_score(values, at, rise):
    at %= len(values)
    if math.isnan(values[at]) or not varies(values):
        return
    raised = [v + rise if i == at else v for i, v in enumerate(values)]
    # Figures that differ only in their last digits have no spread that arithmetic can see.
    if not varies(raised) or np.ptp(there(raised)) < 1e-6 * max(map(abs, there(raised))):
        return
    reference = np.sort(np.resize(there(values), 1001))
    for how in (*normalise.NORMALISERS.values(), lambda x: risk.percentile(x, reference)):
        assert how(column(*raised))[at] >= how(column(*values))[at] - 1e-6


def test_direction_comes_first():
    table = pd.DataFrame({"speed": [10.0, 30.0], "age": [1.0, 2.0]})
    turned = normalise.oriented(table, {"speed": -1, "age": 1})
    assert normalise.scores(turned, "min_max").to_numpy().tolist() == [[100, 0], [0, 100]]


def test_scores_within_groups_are_of_each_group_alone():
    table = pd.DataFrame({"age": [1.0, 3.0, 10.0, 30.0, 20.0, 7.0]})
    groups = pd.Series(["a", "a", "b", "b", "b", "c"])
    # a: 1 to 3; b: 10 to 30; c has one ward, so nothing to compare it with
    same(normalise.scores(table, "min_max", groups)["age"], [0, 100, 0, 100, 50, NAN])


def test_constant_and_missing_columns_are_refused_by_name_all_at_once():
    table = pd.DataFrame({"same": [2.0, 2, 2], "none": [NAN] * 3, "fine": [1.0, 2, 3]})
    for refuse in (lambda: normalise.scores(table, "z_score"), lambda: treatment.require_spread(table)):
        with pytest.raises(DataRefused) as refused:
            refuse()
        assert "indicator 'same': has the same figure in every area" in str(refused.value)
        assert "indicator 'none': has no figure for any area" in str(refused.value)
        assert "fine" not in str(refused.value)


def test_an_unknown_scale_and_equal_goalposts_are_refused():
    with pytest.raises(UsageError, match="is not a way we know"):
        normalise.scores(pd.DataFrame({"a": [1.0, 2]}), "minmax")
    with pytest.raises(UsageError, match="lower and upper are the same"):
        normalise.goalposts(column(1, 2), 3, 3)


# ------------------------------------------------------------------- means and the hierarchy


def test_the_three_means_of_two_and_eight():
    table = pd.DataFrame({"a": [2.0], "b": [8.0]})
    for how, expected in (("arithmetic", 5), ("geometric", 4), ("harmonic", 3.2)):  # 10/2; sqrt(16); 2/(1/2 + 1/8)
        assert composite.weighted_mean(table, {"a": 1, "b": 1}, how)[0] == pytest.approx(expected)
    assert composite.weighted_mean(table, {"a": 3, "b": 1})[0] == pytest.approx(3.5)  # (3 x 2 + 8) / 4


def test_weights_are_taken_over_what_a_unit_has():
    table = pd.DataFrame({"a": [2.0, 2.0, NAN], "b": [8.0, NAN, NAN], "c": [5.0, 4.0, NAN]})
    weights = {"a": 1, "b": 2, "c": 1}
    same(composite.weighted_mean(table, weights), [23 / 4, 6 / 2, NAN])
    # two of three are there: 0.667 is enough for 2/3 (equal passes), not for 0.7
    same(composite.weighted_mean(table, weights, least=2 / 3), [23 / 4, 3, NAN])
    same(composite.weighted_mean(table, weights, least=0.7), [23 / 4, NAN, NAN])


@given(
    st.lists(st.lists(st.one_of(st.floats(0.01, 100), st.just(NAN)), min_size=4, max_size=4), min_size=1, max_size=8),
    st.lists(st.floats(0, 9).map(lambda w: round(w, 2)), min_size=4, max_size=4).filter(lambda w: sum(w) > 0),
    st.sampled_from(composite.MEANS),
    st.floats(0.1, 50),
)
def test_means_equal_a_plain_loop_and_the_scale_of_weights_changes_nothing(rows, weights, how, scale):
    table = pd.DataFrame(rows, columns=list("abcd"))
    ours = composite.weighted_mean(table, dict(zip("abcd", weights, strict=True)), how)
    same(ours, [loop_mean(row, weights, how) for row in rows])
    same(ours, composite.weighted_mean(table, dict(zip("abcd", [w * scale for w in weights], strict=True)), how))
    same(ours[::-1], composite.weighted_mean(table[::-1], dict(zip("abcd", weights, strict=True)), how))


def test_a_mean_refuses_what_it_cannot_take_and_names_it():
    table = pd.DataFrame({"age": [1.0, 0.0], "income": [-2.0, 3.0]}, index=["E05000001", "E05000002"])
    with pytest.raises(DataRefused) as refused:
        composite.weighted_mean(table, {"age": 1, "income": 1}, "geometric")
    assert "'age': holds zero or negative scores" in str(refused.value) and "E05000002: 0" in str(refused.value)
    assert "'income'" in str(refused.value) and "E05000001: -2" in str(refused.value)
    with pytest.raises(DataRefused, match="scores of zero, which a harmonic mean cannot take"):
        composite.weighted_mean(table, {"age": 1, "income": 1}, "harmonic")
    assert composite.weighted_mean(table, {"age": 1, "income": 1})["E05000002"] == 1.5


@pytest.mark.parametrize(
    ("weights", "says"),
    [({"a": 1}, "has no weight"), ({"a": -1, "b": 1}, "must be a number, 0 or more"), ({"a": 0, "b": 0}, "are all zero")],
)
def test_bad_weights_are_refused(weights, says):
    with pytest.raises(DataRefused, match=says):
        composite.weighted_mean(pd.DataFrame({"a": [1.0], "b": [2.0]}), weights)


TREE = [
    Node("index", "", mean="geometric"),
    Node("people", "index", 3),
    Node("place", "index", 1),
    Node("age", "people", 2, "harmonic"),
    Node("income", "people", 1),
    Node("age75", "age", 1),
    Node("age65", "age", 1),
    Node("poor", "income", 1),
    Node("broadband", "place", 1),
]


def test_a_hierarchy_of_three_levels_with_a_mean_of_its_own_at_each():
    scores = pd.DataFrame({"age75": [20.0], "age65": [80.0], "poor": [50.0], "broadband": [10.0]})
    done = composite.aggregate(scores, TREE).iloc[0]
    assert done["age"] == pytest.approx(32)  # 2 / (1/20 + 1/80)
    assert done["people"] == pytest.approx(38)  # (2 x 32 + 50) / 3
    assert done["index"] == pytest.approx((38**3 * 10) ** 0.25)
    assert list(done.index)[-1] == "index"


def test_the_order_in_which_a_tree_is_written_changes_nothing():
    scores = pd.DataFrame({"age75": [20.0, 5], "age65": [80.0, 6], "poor": [50.0, 7], "broadband": [10.0, 8]})
    pd.testing.assert_series_equal(composite.aggregate(scores, TREE)["index"], composite.aggregate(scores, TREE[::-1])["index"])


def test_what_an_indicator_weighs_in_the_end():
    weights = composite.effective_weights(TREE)
    assert weights["poor"] == pytest.approx(3 / 4 * 1 / 3)
    assert weights["age75"] == pytest.approx(3 / 4 * 2 / 3 * 1 / 2)
    assert sum(weights.values()) == pytest.approx(1)


def test_what_is_not_a_tree_is_refused_all_at_once():
    crooked = [Node("index", ""), Node("a", "b"), Node("b", "a"), Node("c", "nowhere"), Node("d", "index"), Node("d", "index")]
    with pytest.raises(DataRefused) as refused:
        composite.aggregate(pd.DataFrame({"d": [1.0]}), crooked)
    text = str(refused.value)
    for says in ("'d'", "is there twice (found: d)", "circle (found: a -> b -> a)", "a domain that is not there (found: nowhere)"):
        assert says.replace("'d'", "d") in text


def test_ranks_are_taken_after_rounding_so_that_ties_are_ties():
    index = pd.Series([0.1 + 0.2, 0.3, 0.5, 0.1])
    assert composite.ranks(index).tolist() == [2, 2, 1, 4]


def test_fifths_by_four_cuts():
    cuts = column(20, 40, 60, 80)
    same(composite.fifths(column(0, 20, 79.9, 80, 100, NAN), cuts), [1, 2, 4, 5, 5, NAN])


# ------------------------------------------------------------------- against the default path


@pytest.mark.parametrize("nation", ["England", "Wales"])
def test_our_default_through_the_general_engine_is_our_default(bundled, nation):
    ours = risk.score(bundled)
    ours = ours[bundled.areas["nation"] == nation]
    engine = alternatives.score(bundled, alternatives.from_preset(method_for(nation)), list(ours.index)).table
    assert (engine["index"] - ours["risk"]).abs().max() < 1e-9
    # The bands of the default are cut on percentiles kept to 3 decimals, so a ward on a cut may differ.
    assert (engine["band"] != ours["band"]).sum() <= 2
