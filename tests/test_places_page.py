"""Places on a page: on the map, in an equal table, with distances before and after; and what the map is told."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from test_alongside import LIST, write
from test_pages import maps_on, run, text

from exclusion import alongside, assessment, costs, maps, places
from exclusion.contracts import DataRefused
from exclusion.release import Evidence
from exclusion.views import places as shown


@pytest.fixture(scope="module")
def far(bundled: Evidence, tmp_path_factory: pytest.TempPathFactory) -> alongside.Distances:
    """Blackpool and three places, of which Middle House closes."""
    held = places.read_places(write(tmp_path_factory.mktemp("list"), "places.csv", LIST))
    ground = alongside.Ground(catchment=True)
    return alongside.distances(assessment.assess(bundled, ["Blackpool"], ()), held, {"Middle House": "closes"}, ground)


def test_a_place_is_a_mark_with_a_name_and_a_sign(bundled: Evidence, far: alongside.Distances) -> None:
    areas = bundled.areas[bundled.areas["council_name"] == "Blackpool"]
    shapes = maps.Shapes("0.json", tuple(areas.index), False)
    marks = shown.place_marks(far.tables["places.csv"])
    group = maps.layer(maps.colours(shapes, pd.Series(dtype="Int64"), maps.BANDS, places=marks))
    (drawn,) = (child for child in group._children.values() if isinstance(child, maps.Paint))
    told = json.loads(drawn.payload)["places"]
    assert [one["label"] for one in told] == [
        "Middle House: library, closes",
        "North House: library, stays as it is",
        "South House: library, stays as it is",
    ]
    assert [one["sign"] for one in told] == ["✕", "●", "●"]  # never colour alone
    latitude, longitude = told[0]["at"]
    assert 53.7 < latitude < 53.9 and -3.1 < longitude < -2.9  # Blackpool
    legend = maps.marks_legend(marks)
    assert "Stays as it is (2)" in legend and "Closes (1)" in legend and "fewer hours" not in legend


def test_the_table_says_what_the_map_says(far: alongside.Distances) -> None:
    table = shown.place_rows(far.tables["places.csv"])
    assert table.to_numpy().tolist()[0] == ["Middle House", "Library", "0", "Closes"]
    assert list(table["Place"]) == sorted(table["Place"])


def test_classes_of_distance_are_of_the_half_way_distance(far: alongside.Distances) -> None:
    compared = far.tables["distances.csv"]
    rows = compared[(compared["level"] == "ward") & (compared["group"] == "age75")].set_index("area_code")
    for when, figure in ((shown.NOW, "median_before"), (shown.AFTER, "median_after")):
        classes, shades = shown.distance_classes(compared, "age75", when)
        assert [shade.word for shade in shades] == ["Within 1 km", "1 to 2 km", "2 to 3 km", "3 to 5 km", "Over 5 km"]
        for code, km in rows[figure].items():
            assert classes[code] == sum(km > step for step in (1, 2, 3, 5)), (code, km)


def test_who_goes_further_is_a_share_of_the_ward(far: alongside.Distances) -> None:
    compared = far.tables["distances.csv"]
    classes, shades = shown.distance_classes(compared, "all", shown.LONGER)
    rows = compared[(compared["level"] == "ward") & (compared["group"] == "all")].set_index("area_code")
    assert {shade.word for shade in shades} == {"Nobody", "Up to a quarter", "A quarter to half", "Over half"}
    for code, row in rows.iterrows():
        share = 0 if row["longer_text"] == "none" else row["longer_n"] / row["n"]
        assert classes[code] == (0 if share == 0 else 1 if share <= 0.25 else 2 if share <= 0.5 else 3)
    assert classes.max() == 3 and classes.min() == 0


def test_tables_before_and_after(far: alongside.Distances) -> None:
    whole = shown.group_rows(far.tables["distances.csv"], True)
    shown_hours = "Half have at least, hours a week at the nearest"
    assert list(whole["Who"].str.partition(" (")[0]) == [
        "All residents",
        "People aged 75 and over",
        "Disabled people",
        "Households without a car or van",
    ]
    assert {"Half are within", "Half are within, afterwards", "Over 5 km", "Have further to go"} <= set(whole.columns)
    assert {shown_hours, f"{shown_hours}, afterwards"} <= set(whole.columns)
    assert "Half are within, afterwards" not in shown.group_rows(far.tables["distances.csv"], False).columns
    assert len(shown.catchment_rows(far.tables["catchment.csv"], True, "no_car")) == 21


def test_the_page_shows_the_list_and_what_if_one_closed() -> None:
    test = run("places.py")
    assert "Give your list of places" in test.info[0].value
    test.file_uploader(key="proposal_places").upload("places.csv", LIST.encode(), "text/csv").run()
    assert not test.exception and not test.error
    assert "How far half of them have to go now (All residents)" in text(test)
    test.multiselect(key="places_closing").set_value(["Middle House"]).run()
    assert not test.exception and not test.error
    assert "What part of them would have further to go (All residents)" in text(test)
    (drawn,) = maps_on(test)
    assert "Middle House: library, closes" in drawn["feature_group"]


def test_where_no_distance_can_be_said_the_places_are_still_on_the_map_and_the_reason_is_told() -> None:
    test = run("places.py", council="Belfast (N09000003)")
    listed = b"name,kind,lat,lon,hours\nCentral,library,54.601,-5.930,40\n"
    test.file_uploader(key="proposal_places").upload("places.csv", listed, "text/csv").run()
    assert not test.exception and not test.error, test.exception
    said = "\n".join(one.value for one in test.warning).replace("\\", "")
    assert "No distance can be said" in said and "Code-Point Open holds no postcodes of Northern Ireland" in said
    (drawn,) = maps_on(test)
    assert "Central: library, stays as it is" in drawn["feature_group"]


def test_a_bad_list_is_told_in_words_with_every_mistake() -> None:
    test = run("places.py")
    bad = b"name,kind,x,y\nA,library,1,one\n,library,331500,441000\n"
    test.file_uploader(key="proposal_places").upload("places.csv", bad, "text/csv").run()
    assert not test.exception
    said = test.error[0].value.replace("\\", "")
    assert "is not a number" in said and "has no name" in said


def test_an_empty_file_of_costs_asks_for_every_figure(tmp_path: Path) -> None:
    said = costs.template().replace("2026", "").replace("0 to 1", "").replace("f2f", "")
    assert "£" not in said and not any(mark.isdigit() for mark in said)  # no figure of ours
    with pytest.raises(DataRefused) as refused:
        costs.read(write(tmp_path, "costs.toml", costs.template()))
    assert "by" in str(refused.value)
