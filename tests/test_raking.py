"""Raking: the ward's table of age by disability, from a national table and the ward's two margins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exclusion.people.raking import log_odds, rake, response, share_of

NATIONAL = np.array([0.07, 0.15, 0.30, 0.50])  # disabled share of four ages


def fitted_in_turn(rows, first, start=NATIONAL, rounds=20_000):
    """Iterative proportional fitting as the textbooks have it: scale the rows, scale the columns, again."""
    table = np.stack([start, 1 - start], axis=1)
    columns = np.array([first, rows.sum() - first])
    for _ in range(rounds):
        table = table * (rows / table.sum(axis=1))[:, None]
        table = table * (columns / table.sum(axis=0))[None, :]
        if abs(table.sum(axis=1) - rows).max() < 1e-12 * rows.sum():
            break
    return table[:, 0]


@settings(max_examples=60)
@given(
    rows=st.lists(st.floats(1, 5_000), min_size=4, max_size=4),
    share=st.floats(0.02, 0.98),
)
def test_it_is_the_table_that_fitting_rows_and_columns_in_turn_gives(rows, share):
    rows = np.array(rows)
    first = share * rows.sum()
    got = rake(log_odds(NATIONAL), rows[None], np.array([first]))[0]
    assert got == pytest.approx(fitted_in_turn(rows, first), rel=1e-7, abs=1e-9 * rows.sum())


@settings(max_examples=100)
@given(
    rows=st.lists(st.lists(st.integers(0, 5_000), min_size=4, max_size=4), min_size=1, max_size=6),
    share=st.floats(0, 1),
)
def test_both_margins_are_met_and_no_cell_is_above_its_row(rows, share):
    rows = np.array(rows, dtype=float)
    first = share * rows.sum(axis=1)
    got = rake(log_odds(NATIONAL), rows, first)
    assert (got >= 0).all() and (got <= rows).all()
    assert got.sum(axis=1) == pytest.approx(first, abs=1e-6)


def test_a_national_table_raked_to_its_own_margins_is_itself():
    rows = np.array([[1000.0, 2000.0, 1500.0, 800.0]])
    got = rake(log_odds(NATIONAL), rows, (rows * NATIONAL).sum(axis=1))
    assert got[0] == pytest.approx([70, 300, 450, 400])


def test_the_odds_between_two_ages_stay_those_of_the_national_table():
    # 0.15 and 0.50 disabled: odds of 3 to 17 and 1 to 1, so 17/3 = 5.67 times the odds. In the ward too.
    cells = rake(log_odds(NATIONAL), np.array([[100.0, 400.0, 300.0, 200.0]]), np.array([390.0]))[0]
    odds = cells / (np.array([100, 400, 300, 200]) - cells)
    assert odds[3] / odds[1] == pytest.approx(17 / 3)


def test_margins_that_disagree_are_met_as_far_as_people_go():
    rows = np.array([[10.0, 10, 10, 10]] * 2)
    got = rake(log_odds(NATIONAL), rows, np.array([45.0, -3.0]))  # 45 disabled among 40 people; fewer than none
    assert got == pytest.approx(np.array([[10.0] * 4, [0.0] * 4]), abs=1e-6)


def test_a_blank_margin_leaves_that_place_blank_and_no_other():
    rows = np.array([[10.0, 10, 10, 10], [np.nan] * 4, [0.0] * 4])
    got = rake(log_odds(NATIONAL), rows, np.array([8.0, 8.0, 0.0]))
    assert got[0].sum() == pytest.approx(8) and np.isnan(got[1]).all() and (got[2] == 0).all()


def test_a_small_change_of_the_national_table_is_followed_without_raking_again():
    # Disability at the oldest age up by 0.2 on the log-odds scale, at the youngest down by 0.1.
    rows, first, change = np.array([[1200.0, 3000, 1500, 800]]), np.array([1100.0]), np.array([-0.1, 0, 0, 0.2])
    cells = rake(log_odds(NATIONAL), rows, first)
    give, weight = response(cells, rows)
    followed = cells + give * (change - (weight * change).sum(axis=1, keepdims=True))
    again = rake(log_odds(NATIONAL) + change, rows, first)
    assert followed.sum() == pytest.approx(1100)
    assert abs(again - cells).max() > 10  # the change matters
    assert followed == pytest.approx(again, abs=1.5)


def test_log_odds_and_shares_are_each_others_inverse():
    assert share_of(log_odds(NATIONAL)) == pytest.approx(NATIONAL)
    assert share_of(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]
