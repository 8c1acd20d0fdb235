"""The engine against the published formulas of COINr, on any figures: ties, gaps, both directions, every mean, any tree.

W. Becker, G. Caperna, M. Del Sorbo, H. Norlén, E. Papadimitriou and M. Saisana, "COINr: An R package for developing composite
indicators", Journal of Open Source Software 7(78), 4567 (2022), and the reference pages of the package (1.1). Each formula is
written out here from those pages in the words of its test, one value at a time and with nothing of ours; figures agree to 1e-9.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exclusion.contracts import DataRefused
from exclusion.method import composite, normalise, treatment
from exclusion.method.composite import Node

NAN = float("nan")
# Small whole numbers so that ties are common, figures with a fraction, and gaps.
FIGURE = st.one_of(st.integers(-4, 4).map(float), st.floats(-1e4, 1e4).map(lambda x: round(x, 2)), st.just(NAN))
COLUMN = st.lists(FIGURE, min_size=6, max_size=30).filter(lambda v: len({x for x in v if x == x}) > 1 and sum(x == x for x in v) > 3)
SCORE = st.one_of(st.integers(1, 5).map(float), st.floats(1, 100).map(lambda x: round(x, 3)), st.just(NAN))


def held(column):
    return [x for x in column if not math.isnan(x)]


def agree(ours, published):
    np.testing.assert_allclose(np.asarray(ours, dtype=float), np.asarray(published, dtype=float), rtol=1e-9, atol=1e-9, equal_nan=True)


def scored(column, how, direction=1):
    table = normalise.oriented(pd.DataFrame({"i": column}), {"i": direction})
    return normalise.scores(table, how)["i"]


# ------------------------------------------------------------------- scales, both directions


@given(COLUMN, st.sampled_from([1, -1]))
@settings(max_examples=60)
def test_min_max(column, direction):
    """``n_minmax``: ``(x - min) / (max - min) * (u - l) + l``, here onto 0 to 100; ``Normalise`` first multiplies x by the direction."""
    x = [direction * v for v in column]
    low, high = min(held(x)), max(held(x))
    agree(scored(column, "min_max", direction), [(v - low) / (high - low) * (100 - 0) + 0 for v in x])


@given(COLUMN, st.sampled_from([1, -1]))
@settings(max_examples=60)
def test_z_score(column, direction):
    """``n_zscore``: ``(x - mean) / sd * s + m`` with m = 0 and s = 1; R's ``sd`` divides by n - 1; gaps are left out of both."""
    x = [direction * v for v in column]
    n = len(held(x))
    mean = math.fsum(held(x)) / n
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in held(x)) / (n - 1))
    agree(scored(column, "z_score", direction), [(v - mean) / sd for v in x])


@given(COLUMN, st.sampled_from([1, -1]))
@settings(max_examples=60)
def test_rank_and_percentile_rank(column, direction):
    """``n_rank``: R's ``rank(ties.method = "min")``, equal values share the lowest place; ``n_prank``: ``(rank - 1) / (n - 1)`` over
    the n values that are there (COINr gives 0 to 1, we give 0 to 100)."""
    x = [direction * v for v in column]
    place = [NAN if math.isnan(v) else 1 + sum(other < v for other in held(x)) for v in x]
    agree(scored(column, "rank", direction), place)
    agree(scored(column, "percentile", direction), [100 * (p - 1) / (len(held(x)) - 1) for p in place])


@given(COLUMN, st.floats(-100, 100), st.floats(0.5, 500), st.sampled_from([1.0, 10.0, 100.0]), st.booleans())
@settings(max_examples=60)
def test_goalposts(column, lower, width, scale, cut):
    """``n_goalposts``: ``(x - l) / (u - l)``, cut to 0 and 1 when ``trunc2posts``, times a."""
    upper = lower + width
    y = [(v - lower) / (upper - lower) for v in column]
    if cut:
        y = [v if math.isnan(v) else min(max(v, 0.0), 1.0) for v in y]
    agree(normalise.goalposts(np.array(column), lower, upper, scale, truncate=cut), [v * scale for v in y])


@given(COLUMN)
@settings(max_examples=60)
def test_exponential(column):
    """The domain scale of the English Indices of Deprivation 2019, technical report, appendix E (not of COINr):
    ``-23 ln(1 - R (1 - exp(-100 / 23)))``, R = rank / n, the most deprived R = 1."""
    n = len(held(column))
    shares = [NAN if math.isnan(v) else (1 + sum(other < v for other in held(column))) / n for v in column]
    agree(scored(column, "exponential"), [-23 * math.log(1 - r * (1 - math.exp(-100 / 23))) for r in shares])


@given(st.lists(st.tuples(st.sampled_from("abc"), FIGURE), min_size=8, max_size=40))
@settings(max_examples=60)
def test_within_groups_every_scale_sees_its_group_alone(rows):
    """``n_minmax`` and ``n_prank`` on each group by itself; a group without spread has no score (COINr: NaN with a warning)."""
    table = pd.DataFrame({"i": [v for _, v in rows]})
    assume(table["i"].nunique() > 1)
    groups = pd.Series([g for g, _ in rows])
    ranged, placed = [], []
    for group, v in rows:
        mine = held([x for g, x in rows if g == group])
        flat = len(set(mine)) < 2
        ranged.append(NAN if math.isnan(v) or flat else 100 * (v - min(mine)) / (max(mine) - min(mine)))
        placed.append(NAN if math.isnan(v) or len(mine) < 2 else 100 * sum(x < v for x in mine) / (len(mine) - 1))
    agree(normalise.scores(table, "min_max", groups)["i"], ranged)
    agree(normalise.scores(table, "percentile", groups)["i"], placed)


# ------------------------------------------------------------------- outliers


def g1(x):
    """``skew``: type 2 of e1071, as in Excel: ``sqrt(n) * sum(d^3) / sum(d^2)^1.5 * sqrt(n (n - 1)) / (n - 2)``."""
    n, mean = len(x), math.fsum(x) / len(x)
    two, three = (math.fsum((v - mean) ** p for v in x) for p in (2, 3))
    return math.sqrt(n) * three / two**1.5 * math.sqrt(n * (n - 1)) / (n - 2)


def g2(x):
    """``kurt``: type 2 of e1071: ``((n + 1) (n sum(d^4) / sum(d^2)^2 - 3) + 6) (n - 1) / ((n - 2) (n - 3))``."""
    n, mean = len(x), math.fsum(x) / len(x)
    two, four = (math.fsum((v - mean) ** p for v in x) for p in (2, 4))
    return ((n + 1) * (n * four / two**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))


def good(x):
    """``check_SkewKurt``: passes when ``abs(skew) < 2`` or ``kurt < 3.5``."""
    return abs(g1(held(x))) < 2 or g2(held(x)) < 3.5


def published_treat(column, most):
    """``Treat`` with ``winsorise`` and then ``log_CT``."""
    if good(column):
        return list(column)
    x, moved = list(column), {"top": 0, "bottom": 0}
    while not good(x) and sum(moved.values()) < most:
        end, name = (max, "top") if g1(held(x)) >= 0 else (min, "bottom")
        outer = end(held(x))
        if len({*held(x)} - {outer}) == 0:
            break
        inner = end(v for v in held(x) if v != outer)
        moved[name] = sum(v == outer for v in x)
        x = [inner if v == outer else v for v in x]
        if len(set(held(x))) < 2:
            break
    if len(set(held(x))) > 1 and good(x):
        return x
    low, high = min(held(column)), max(held(column))
    return [v if math.isnan(v) else math.log(v - low + 0.01 * (high - low)) for v in column]


@given(COLUMN, st.lists(st.sampled_from([3e4, 3e4, -3e4, 9e5, -9e5]), max_size=4), st.integers(1, 6))
@settings(max_examples=100)
def test_treatment(column, outliers, most):
    """``Treat``: a column that fails ``check_SkewKurt`` is winsorised (``winsorise``: one end at a time by the sign of the skew, the
    outermost values to the next one inside, equal values together, until it passes or ``winmax`` were moved); if it fails
    still, ``log_CT`` of its own values: ``log(x - min + 0.01 (max - min))``."""
    values = [*column, *outliers]
    # A gate within the last digits of its threshold may fall either way; nothing is claimed there.
    assume(abs(abs(g1(held(values))) - 2) > 1e-6 and abs(g2(held(values)) - 3.5) > 1e-6)
    agree(treatment.treat(pd.DataFrame({"i": values}), most)[0]["i"], published_treat(values, most))


# ------------------------------------------------------------------- means and trees


def published_mean(row, weights, how, threshold):
    """``a_amean`` ``sum(w x) / sum(w)``, ``a_gmean`` ``exp(sum(w ln x) / sum(w))``, ``a_hmean`` ``sum(w) / sum(w / x)``, each over
    what is there; ``Aggregate``: no result where the share that is there falls short of ``dat_thresh``."""
    pairs = [(x, w) for x, w in zip(row, weights, strict=True) if not math.isnan(x)]
    total = math.fsum(w for _, w in pairs)
    if not pairs or total == 0 or len(pairs) / len(row) < threshold - 1e-12:
        return NAN
    if how == "arithmetic":
        return math.fsum(w * x for x, w in pairs) / total
    if how == "geometric":
        return math.exp(math.fsum(w * math.log(x) for x, w in pairs) / total)
    return total / math.fsum(w / x for x, w in pairs)


WEIGHT = st.integers(0, 9).map(float)
MEAN = st.sampled_from(composite.MEANS)
LEAST = st.sampled_from([0.0, 0.5, 2 / 3, 1.0])


@given(st.data(), st.integers(1, 4), st.integers(1, 4), MEAN, MEAN, LEAST, LEAST)
@settings(max_examples=50)
def test_every_mean_at_every_level_of_any_tree(data, domains, indicators, inner, outer, least_inside, least_above):
    """``Aggregate`` level by level, each with its own mean and threshold: see :func:`published_mean`."""
    names = [[f"i{d}{i}" for i in range(indicators)] for d in range(domains)]
    rows = data.draw(st.lists(st.lists(SCORE, min_size=domains * indicators, max_size=domains * indicators), min_size=1, max_size=6))
    weigh = st.lists(WEIGHT, min_size=indicators, max_size=indicators).filter(any)
    inside = [data.draw(weigh) for _ in range(domains)]
    above = data.draw(st.lists(WEIGHT, min_size=domains, max_size=domains).filter(any))
    tree = [Node("index", "", mean=outer, least=least_above)]
    tree += [Node(f"d{d}", "index", above[d], inner, least_inside) for d in range(domains)]
    tree += [Node(name, f"d{d}", w) for d in range(domains) for name, w in zip(names[d], inside[d], strict=True)]
    ours = composite.aggregate(pd.DataFrame(rows, columns=[name for mine in names for name in mine]), data.draw(st.permutations(tree)))
    for at, row in enumerate(rows):
        parts = [published_mean(row[d * indicators : (d + 1) * indicators], inside[d], inner, least_inside) for d in range(domains)]
        agree(ours.loc[at, [f"d{d}" for d in range(domains)]], parts)
        agree(ours.loc[at, "index"], published_mean(parts, above, outer, least_above))


# ------------------------------------------------------------------- what COINr answers with NaN we refuse by name


@given(
    st.lists(st.sampled_from(["fine", "same", "none", "same but for gaps"]), min_size=1, max_size=5).filter(lambda k: set(k) != {"fine"}),
    st.sampled_from([how for how in normalise.NORMALISERS if how != "none"]),
)
@settings(max_examples=30)
def test_columns_without_spread_are_refused_by_name_whatever_the_scale(kinds, how):
    """COINr returns NaN with a warning for a range of 0 (``n_minmax``); here every such column is named, and no other."""
    made = {"fine": [1.0, 2, 3, 3, NAN], "same": [2.0] * 5, "none": [NAN] * 5, "same but for gaps": [NAN, 7.0, 7, NAN, 7]}
    table = pd.DataFrame({f"column {at}": made[kind] for at, kind in enumerate(kinds)})
    for refusing in (lambda: normalise.scores(table, how), lambda: treatment.treat(table)):
        with pytest.raises(DataRefused) as refused:
            refusing()
        named = {problem.where for problem in refused.value.problems}
        assert named == {f"indicator 'column {at}'" for at, kind in enumerate(kinds) if kind != "fine"}
