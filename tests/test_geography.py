"""Small areas to wards: counts are summed, rates divided last, people neither lost nor made."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from exclusion import access, geography
from exclusion.contracts import DataRefused
from exclusion.sources import counts, withheld

A, B, C = "E01000001", "E01000002", "E01000003"
NORTH, SOUTH = "E05000001", "E05000002"


def shares(*rows):
    return pd.DataFrame(rows, columns=["small_area_code", "area_code", "share"])


def table(**measure):
    """A measure by small area: table(A=(10, 100)) is 10 out of 100 in A."""
    names = {"A": A, "B": B, "C": C}
    frame = pd.DataFrame({names[key]: value for key, value in measure.items()}, index=["count", "of"]).T.astype(float)
    return counts(frame["count"], frame["of"])


def ward(long, code, measure="older"):
    return long.set_index(["area_code", "measure"]).loc[(code, measure)]


def test_counts_are_summed_and_the_rate_is_divided_last():
    # A lies wholly in the north; B is shared one quarter north, three quarters south.
    long = geography.to_wards({"older": table(A=(10, 100), B=(40, 80))}, shares((A, NORTH, 1.0), (B, NORTH, 0.25), (B, SOUTH, 0.75)))
    north = ward(long, NORTH)
    assert north["count"] == pytest.approx(10 + 0.25 * 40)
    assert north["of"] == pytest.approx(100 + 0.25 * 80)
    assert north["value"] == pytest.approx((10 + 10) / (100 + 20))  # not the mean of 10 % and 50 %
    assert ward(long, SOUTH)["value"] == pytest.approx(0.5)


def test_a_missing_small_area_leaves_the_denominator_and_is_said():
    # B has no figure: 10 of 100 is all we know, and that is 100 / 180 of the ward's people.
    missing = table(A=(10, 100), B=(np.nan, 80))
    north = ward(geography.to_wards({"older": missing}, shares((A, NORTH, 1.0), (B, NORTH, 1.0))), NORTH)
    assert north["count"] == 10 and north["of"] == 100
    assert north["observed"] == pytest.approx(100 / 180)


def test_a_ward_without_any_figure_is_blank_and_not_zero():
    south = ward(geography.to_wards({"older": table(A=(10, 100), B=(np.nan, 80))}, shares((A, NORTH, 1.0), (B, SOUTH, 1.0))), SOUTH)
    assert np.isnan(south["count"]) and np.isnan(south["value"]) and south["observed"] == 0


def test_a_withheld_cell_is_a_range_and_never_zero():
    # Fewer than 10 of 50 was withheld: between 0 and 9, taken at 4.5.
    hidden = withheld(pd.Series({A: np.nan, B: 20.0, C: np.nan}), pd.Series({A: 50.0, B: 30.0, C: 3.0}), fewer_than=10)
    assert hidden.loc[A].tolist() == [4.5, 50, 0, 9]
    assert hidden.loc[C].tolist() == [1.5, 3, 0, 3]  # never more people than there are
    north = ward(geography.to_wards({"older": hidden}, shares((A, NORTH, 1.0), (B, NORTH, 1.0), (C, SOUTH, 1.0))), NORTH)
    assert (north["count"], north["low"], north["high"]) == (4.5 + 20, 0 + 20, 9 + 20)
    assert north["observed"] == 1


def test_a_mean_is_weighted_by_people():
    score = pd.DataFrame({"value": {A: 1.0, B: -1.0}, "of": {A: 300.0, B: 100.0}})
    north = ward(geography.to_wards({"connectivity": score}, shares((A, NORTH, 1.0), (B, NORTH, 1.0))), NORTH, "connectivity")
    assert north["value"] == pytest.approx((300 * 1 + 100 * -1) / 400)
    assert np.isnan(north["count"])


def test_codes_of_another_edition_are_refused_with_the_share_that_finds_no_partner():
    with pytest.raises(DataRefused, match=r"1 of 2 codes \(50.0%\) are not codes of .*E01000003"):
        geography.to_wards({"older": table(A=(1, 2), C=(1, 2))}, shares((A, NORTH, 1.0)))


def points(**postcodes):
    """points(A=[NORTH, NORTH, SOUTH]): three postcodes of A and the wards they lie in."""
    rows = [({"A": A, "B": B, "C": C}[key], code) for key, codes in postcodes.items() for code in codes]
    return pd.DataFrame(rows, columns=["small_area_code", "area_code"])


def test_people_are_shared_by_where_postcodes_lie():
    got = geography.shares_by_postcode(points(A=[NORTH] * 3 + [SOUTH]), pd.Series({A: NORTH}), smallest=0.02)
    assert got.to_dict("records") == [
        {"small_area_code": A, "area_code": NORTH, "share": 3 / 4},
        {"small_area_code": A, "area_code": SOUTH, "share": 1 / 4},
    ]


def test_a_stray_postcode_over_a_generalised_line_is_dropped_unless_a_ward_has_nothing_else():
    # One postcode in 100 of A lies in the south. The south has B, so the stray is dropped ...
    with_b = geography.shares_by_postcode(points(A=[NORTH] * 99 + [SOUTH], B=[SOUTH]), pd.Series({A: NORTH, B: SOUTH}), smallest=0.02)
    assert with_b.set_index(["small_area_code", "area_code"])["share"].to_dict() == {(A, NORTH): 1.0, (B, SOUTH): 1.0}
    # ... but where it is all the south has, the ward keeps it: a rough figure beats none.
    alone = geography.shares_by_postcode(points(A=[NORTH] * 99 + [SOUTH]), pd.Series({A: NORTH}), smallest=0.02)
    assert alone.set_index("area_code")["share"].to_dict() == {NORTH: 0.99, SOUTH: 0.01}


def test_a_small_area_without_postcodes_goes_to_its_official_ward():
    got = geography.shares_by_postcode(points(A=[NORTH]), pd.Series({A: NORTH, B: SOUTH}), smallest=0.02)
    assert got.set_index(["small_area_code", "area_code"])["share"].to_dict() == {(A, NORTH): 1.0, (B, SOUTH): 1.0}


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from([NORTH, SOUTH, "E05000003"])), min_size=1, max_size=60),
    st.lists(st.integers(0, 5000), min_size=3, max_size=3),
)
def test_people_are_conserved_whatever_the_postcodes(postcodes, people):
    where = pd.DataFrame([({"A": A, "B": B, "C": C}[key], code) for key, code in postcodes], columns=["small_area_code", "area_code"])
    got = geography.shares_by_postcode(where, pd.Series({A: NORTH, B: NORTH, C: SOUTH}), smallest=0.02)
    population = pd.Series(dict(zip([A, B, C], people, strict=True)), dtype=float)
    assert got.groupby("small_area_code")["share"].sum().to_numpy() == pytest.approx(np.ones(3))
    long = geography.to_wards({"population": counts(population, population)}, got)
    assert long["count"].sum() == pytest.approx(sum(people))


def test_the_error_class_says_how_far_a_ward_rests_on_divided_small_areas():
    # North: 100 people of A, all its own. South: B is shared half and half with a third ward.
    # The fourth ward has 5 per cent of C and nothing else: 95 of 100 of C's people live elsewhere.
    fit = geography.fit_of(
        shares((A, NORTH, 1.0), (B, SOUTH, 0.5), (B, "E05000003", 0.5), (C, NORTH, 0.95), (C, "E05000004", 0.05)),
        pd.Series({A: 100.0, B: 80.0, C: 10.0}),
        good_below=0.03,
        fair_below=0.15,
        none_from=0.80,
    )
    assert fit.loc[NORTH, "mixed"] == pytest.approx(9.5 * 0.05 / 109.5) and fit.loc[NORTH, "error_class"] == "good"
    assert fit.loc[SOUTH].tolist() == [1.0, 0.5, "rough"]
    assert fit.loc["E05000004"].tolist() == [1.0, pytest.approx(0.95), "none"]


def test_a_point_off_the_coast_takes_the_nearest_shape():
    squares = gpd.GeoDataFrame({"code": [NORTH, SOUTH]}, geometry=[box(0, 10, 10, 20), box(0, 0, 10, 10)], crs=27700)
    got = geography.locate(np.array([5.0, 5.0, 5.0]), np.array([15.0, 5.0, -3.0]), squares, "code")
    assert got.tolist() == [NORTH, SOUTH, SOUTH]


def test_a_point_in_a_shape_that_lies_within_another_is_in_the_smaller():
    # Generalising lost the hole that a village left in the small area around it: both hold the village's postcode. The outer one has
    # the lower code, which once won and left the village without any postcode (E01024573 in E01024572, Newington in Kent).
    shapes = gpd.GeoDataFrame({"code": ["E01000001", "E01000002"]}, geometry=[box(0, 0, 100, 100), box(40, 40, 60, 60)], crs=27700)
    got = geography.locate(np.array([50.0, 10.0]), np.array([50.0, 10.0]), shapes, "code")
    assert got.tolist() == ["E01000002", "E01000001"]
    assert geography.locate(np.array([50.0]), np.array([50.0]), shapes.iloc[::-1], "code").tolist() == ["E01000002"]


def test_people_beyond_a_distance_are_counted_by_what_each_postcode_stands_for():
    # 300 people at 1 km, 100 at 6 km from the only library: a quarter are more than 5 km away.
    homes = pd.DataFrame({"x": [1000.0, 6000.0], "y": [0.0, 0.0], "people": [300.0, 100.0], "area_code": [NORTH, NORTH]})
    library = pd.DataFrame({"x": [0.0], "y": [0.0]})
    assert access.share_beyond(homes, library, 5000, "area_code")[NORTH] == pytest.approx(100 / 400)
    assert access.share_beyond(homes, library.iloc[:0], 5000, "area_code")[NORTH] == 1.0  # no library at all
