"""The pictures of one ward and one service: what they are drawn from, and that their words say what they show."""

from __future__ import annotations

import altair as alt
import pandas as pd
import pytest

import exclusion
from exclusion import charts, maps, views


def test_wards_are_counted_in_steps_of_five_with_the_ward_marked():
    """Scores 2, 4, 5, 99 and 100 and one gap: two in 0 to 5, one in 5 to 10, two in 95 to 100; e (100) stands in the last."""
    rows = views.spread(pd.Series({"a": 2.0, "b": 4.0, "c": 5.0, "d": 99.0, "e": 100.0, "f": float("nan")}), "e")
    assert len(rows) == 20
    assert rows["wards"].sum() == 5
    assert list(rows["wards"].iloc[[0, 1, 19]]) == [2, 1, 2]
    assert list(rows.index[rows["here"]]) == [19]
    table = views.spread_rows(rows, "Elm")
    assert list(table.iloc[19]) == ["95 to 100", "2", "Elm is here"]
    assert charts.distribution(rows, "Elm", "England").alt == (
        "Bar chart of the wards of England by score in steps of five. Elm stands between 95 and 100, with 1 other. "
        "The table below holds the same."
    )


def test_a_ward_without_a_score_has_no_place():
    assert views.spread(pd.Series({"a": float("nan"), "b": 3.0}), "a").empty


@pytest.fixture(scope="module")
def blackpool(bundled):
    return exclusion.assess(bundled, ["Blackpool"], ["council_tax_reduction"])


def test_the_pyramid_holds_the_ward_s_residents_and_hides_what_is_small(blackpool):
    """Bloomfield: 857 people aged 16 to 24, of whom about 210 disabled and 650 not; fewer than 10 of them unlikely to use the internet."""
    rows = views.by_age_and_disability(blackpool, "E05015188")
    young = rows[rows["age"] == "16 to 24"].set_index("who")
    assert list(young["residents"]) == [210, 650]
    assert young["unlikely"].isna().all()
    assert list(rows["age"].unique())[-1] == "75 and over"  # no total among the ages
    assert views.ten_words(float("nan")) == "fewer than 10" and views.ten_words(650) == "about 650"
    shown = charts.pyramid(rows, "Bloomfield")
    assert shown.alt.startswith("Pyramid of residents of Bloomfield by age")
    drawn = pd.DataFrame(shown.chart.to_dict()["layer"][0]["data"]["values"])
    assert (drawn[drawn["who"] == "Disabled people"]["across"] < 0).all()
    assert not (drawn["many"] == 0).any()  # what is hidden is left out, never drawn as nothing


def test_wards_share_how_a_picture_is_drawn_and_nothing_else(blackpool):
    """Altair works a kind of picture out once; what it is filled with is one ward's own, and it is Vega-Lite as altair checks it."""
    first, second = (charts.pyramid(views.by_age_and_disability(blackpool, code), code) for code in blackpool.areas.index[:2])
    assert first.chart.spec is second.chart.spec
    one, other, again = first.chart.to_dict(), second.chart.to_dict(), first.chart.to_dict()
    assert one == again != other
    alt.LayerChart.from_dict(one)  # refuses what is no chart
    values = [layer["data"]["values"] for layer in one["layer"]]
    most = max(abs(bar["across"]) for bar in values[0])
    assert one["layer"][0]["encoding"]["x"]["scale"]["domain"] == pytest.approx([-1.1 * most, 1.1 * most])
    risks = pd.Series({"a": 2.0, "b": 4.0, "c": 5.0})
    spread = [charts.distribution(views.spread(risks, code), code, "England").chart.to_dict() for code in "ac"]
    assert [part["layer"][1]["data"]["values"][0]["name"] for part in spread] == ["a", "c"]
    alt.LayerChart.from_dict(spread[0])


def test_the_grid_of_ways_in_says_for_each_ward_what_was_found(blackpool):
    grid = views.ways_grid(blackpool, "council_tax_reduction")
    assert list(grid["Ward"]) == list(blackpool.areas["area_name"])
    found = views.kept(blackpool, "council_tax_reduction")
    shown = grid.set_index("Ward")
    assert (shown != maps.LEVELS[0].label).to_numpy().sum() == len(found.drop_duplicates(["area_code", "channel"]))
    assert shown.loc["Anchorsholme", "Home visit"] == "2 Advise keeping"


def test_a_ward_not_assessed_is_not_a_ward_with_nothing_found(bundled):
    a = exclusion.assess(bundled, ["Isles of Scilly"], ["council_tax_reduction"])
    unknown = views.levels(a, "council_tax_reduction").isna().to_numpy()
    grid = views.ways_grid(a, "council_tax_reduction")
    for column in grid.columns[1:]:
        assert not (grid.loc[unknown, column] == maps.LEVELS[0].label).any()
