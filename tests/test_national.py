"""The whole country: shapes for places without outlines, councils by their wards' bands, councils alike, small areas of a ward."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from exclusion import national, schematic
from exclusion.contracts import UsageError
from exclusion.judgement.neighbouring import neighbour_rules
from exclusion.method import neighbours
from exclusion.views import national as shown


@pytest.fixture(scope="module")
def country(bundled):
    return national.country(bundled)


def four() -> gpd.GeoDataFrame:
    """Four middles at the corners of a square of 4 km, one for each of the councils A, A, B, B."""
    table = pd.DataFrame({"x": [0.0, 4_000, 0, 4_000], "y": [0.0, 0, 4_000, 4_000], "council": list("AABB")}, index=list("abcd"))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["x"], table["y"]), crs=27700)


def test_each_place_gets_the_land_nearest_to_its_middle():
    areas = four()
    cells = schematic.cells(areas)
    for code in areas.index:
        assert shapely.contains(cells[code], areas.geometry[code])
    # the line between a (0, 0) and b (4,000, 0) lies half way
    assert shapely.contains(cells["a"], shapely.Point(1_900, 500))
    assert shapely.contains(cells["b"], shapely.Point(2_100, 500))
    # and no land is anybody's further out than the furthest of its neighbours, 4,000 x the square root of 2 away
    assert cells.total_bounds.round().tolist() == pytest.approx([-5_657, -5_657, 9_657, 9_657], abs=1)


def test_cells_of_one_council_become_one_shape_without_a_gap():
    areas = four()
    cells = schematic.cells(areas)
    joined = schematic.together(cells, areas["council"])
    assert list(joined.index) == ["A", "B"]
    assert joined.area.sum() == pytest.approx(cells.area.sum())
    assert joined["A"].geom_type == "Polygon"


def test_a_single_place_has_a_cell_too():
    assert schematic.cells(four().head(1)).iloc[0].area > 0


def test_cells_of_the_whole_country_cover_it_once(country):
    assert len(country.wards) == 8_405
    assert not country.outlines
    assert shapely.coverage_is_valid(country.wards.geometry.to_numpy())


@pytest.mark.parametrize(
    ("share", "label"),
    [(0, "None"), (0.19, "Under a fifth"), (0.2, "A fifth to two fifths"), (0.4, "Two to three fifths"), (1, "Three fifths or more")],
)
def test_classes_of_councils(share, label):
    assert national.CLASSES[national.place(share)] == label


def test_a_council_is_counted_not_averaged(bundled, country):
    """Blackpool has 21 wards; its bands add up to them, and its class is the share of them in bands 4 and 5."""
    row = country.councils.loc["E06000009"]
    bands = [int(row[f"band_{number}"]) for number in range(1, 6)]
    wards = country.wards[country.wards["council_code"] == "E06000009"]["band"]
    assert bands == [int((wards == number).sum()) for number in range(1, 6)]
    assert sum(bands) == row["wards"] == 21
    assert row["high"] == pytest.approx((bands[3] + bands[4]) / 21)


def test_a_nation_without_a_score_has_no_class_and_says_so(country):
    northern = country.councils[country.councils["nation"] == "Northern Ireland"]
    assert len(northern) == 11
    assert northern["place"].isna().all()
    assert set(shown.council_rows(northern)["Wards in bands 4 and 5"]) == {"Not scored"}
    assert set(shown.council_rows(northern)["Band 1 Lowest"]) == {"–"}


def test_each_nation_has_a_fifth_of_its_own_wards_in_each_band(country):
    for nation, wards in country.wards.groupby("nation"):
        if nation != "Northern Ireland":
            shares = wards["band"].value_counts(normalize=True)
            assert shares.max() - shares.min() < 0.01


# ------------------------------------------------------------------ councils alike


def test_councils_alike_are_of_the_nation_near_and_by_name(bundled):
    found = neighbours.alike(bundled, "E06000009")
    assert 0 < len(found) <= neighbour_rules().shown
    assert found.index.str.startswith("E").all() and "E06000009" not in found.index
    assert list(found["council_name"]) == sorted(found["council_name"])
    assert (found["apart"] <= neighbour_rules().furthest).all()


def test_with_three_figures_no_council_is_called_alike_because_chance_would_do_as_well(bundled):
    """Northern Ireland: three figures are held by council, and shuffled ones come as near as real ones."""
    assert neighbours.rates(bundled, "Northern Ireland").shape[1] == 3 < neighbour_rules().fewest_measures
    assert neighbours.alike(bundled, "N09000003").empty


def test_likeness_goes_both_ways(bundled):
    there, back = (neighbours.alike(bundled, code) for code in ("E09000030", "E09000012"))  # Tower Hamlets, Hackney
    assert there.loc["E09000012", "apart"] == pytest.approx(back.loc["E09000030", "apart"])


def test_rates_add_counts_up_and_divide_last(bundled):
    rate = neighbours.rates(bundled, "England").loc["E06000009", "age75"]
    codes = bundled.areas.index[bundled.areas["council_code"] == "E06000009"]
    count, of = (bundled.wide("ward", what).loc[codes, "age75"] for what in ("count", "of"))
    assert rate == pytest.approx(count.sum() / of.sum())


def test_a_council_we_do_not_hold_is_answered(bundled):
    with pytest.raises(UsageError, match="is not in this release"):
        neighbours.alike(bundled, "E99999999")


# ------------------------------------------------------------------ small areas


def test_the_small_areas_of_a_ward_lie_round_their_middles(bundled):
    small = national.small_areas(bundled, "E05015188")
    assert len(small) >= 3
    assert (small.geometry.geom_type == "Polygon").all()
    assert small["tenth"].notna().all()
    rows = shown.small_area_rows(small, [("age", "Age")])
    assert list(rows["Small area"]) == sorted(rows["Small area"])


def test_a_ward_whose_small_areas_are_not_held_has_none(bundled):
    assert national.small_areas(bundled, "E05011411").empty
