"""A council's own list of places: what is read, and how it says no."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exclusion import places
from exclusion.contracts import DataRefused, ExclusionError, NothingToAssess, SourceUnreachable, UsageError
from exclusion.export.geopackage import add_places
from exclusion.places import open_referral, rows
from exclusion.places.position import resolve
from exclusion.sources.opening import hours_between, weekly_hours

TODAY = date(2026, 11, 24)
# Wards about Longridge, and the postcodes of two libraries, as in Code-Point Open.
AROUND = pd.DataFrame({"x": [360_500.0], "y": [437_300.0]})
POINTS = {"PR33JA": (360_518, 437_312), "BB72DG": (374_439, 441_989)}


def csv(folder: Path, *lines: str, name: str = "places.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def point_file(folder: Path) -> Path:
    path = folder / "points.parquet"
    east, north = zip(*POINTS.values(), strict=True)
    table = pd.DataFrame({"postcode": list(POINTS), "easting": east, "northing": north, "pq": 10, "ward_code": "E05012007"})
    table.to_parquet(path)
    return path


def said(problem: pytest.ExceptionInfo[ExclusionError]) -> list[str]:
    return [str(line) for line in problem.value.problems]


# --------------------------------------------------------------------------- a list as CSV


def test_a_list_with_grid_positions(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "Name,Kind,Easting,Northing,Opening hours,Help given,Manager",
        'Longridge,Library,360519,437313,"Mon-Fri 09:00-17:00; Sat 09:00-13:00",computers with help,A. Name',
        "Town Hall,Customer centre,374400,441900,by appointment,counter,",
        "Van,,361000,437000,3.5,,",
    )
    read = places.read_places(path, around=AROUND)
    first, second, third = read.table.to_dict("records")
    assert first == {
        "place_id": "longridge",
        "name": "Longridge",
        "kind": "library",
        "x": 360_519.0,
        "y": 437_313.0,
        "postcode": "",
        "hours": "Mon-Fri 09:00-17:00; Sat 09:00-13:00",
        "hours_week": 44.0,  # 5 x 8 + 4
        "help": "computers with help",
        "status": "stays",
    }
    assert second["kind"] == "customer_centre" and math.isnan(second["hours_week"])  # not known is not 0
    assert third["kind"] == "" and third["hours_week"] == 3.5
    assert read.notes == (
        "Hours a week of one place are not known, because what is written could not be read as hours a week: Town Hall.",
        "Columns passed over: Manager.",
    )


def test_hours_no_week_holds_and_kinds_we_do_not_know_are_refused(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "name,kind,x,y,Opening hours",
        "Less,library,360519,437313,-5",  # 2
        "More,library,360600,437313,300 hours a week",  # 3
        "Keep,castle,360700,437313,40",  # 4
        "Whole,Community hub,360800,437313,168",  # 5 always open
        "Shut,cash office,360900,437313,0",  # 6
        "Asked,,361000,437313,by appointment",  # 7 text stays allowed
    )
    with pytest.raises(DataRefused) as refused:
        places.read_places(path)
    kinds = "library, customer centre, community hub, cash office, register office, phone contact centre, Post Office or PayPoint outlet"
    week = "Give the hours of one week, or leave it blank."
    assert said(refused) == [
        f"places.csv, row 2, column 'Opening hours': is not hours a week, 0 to 168 (found: -5). {week}",
        f"places.csv, row 3, column 'Opening hours': is not hours a week, 0 to 168 (found: 300 hours a week). {week}",
        f"places.csv, row 4, column 'kind': is not a kind of place we know (found: castle). Use one of: {kinds}; or leave it blank.",
    ]


def test_the_places_whose_hours_are_not_known_are_named(tmp_path: Path) -> None:
    path = csv(tmp_path, "name,x,y,hours", *[f"Hall {n},{360_000 + n * 50},437313,ask" for n in range(1, 13)], "Van,361000,437313,4")
    first = ", ".join(f"Hall {n}" for n in range(1, 11))
    assert places.read_places(path).notes == (
        f"Hours a week of 12 places are not known, because what is written could not be read as hours a week: {first}, and 2 more.",
    )


def test_a_list_with_degrees_is_put_on_the_grid(tmp_path: Path) -> None:
    path = csv(tmp_path, "name;lat;long", "Longridge;53.83057;-2.60135")
    spot = places.read_places(path).table.iloc[0]
    assert (spot["x"], spot["y"]) == pytest.approx((360_519, 437_313), abs=3)  # the publisher's own position, to 5 decimals


def test_a_list_with_postcodes(tmp_path: Path) -> None:
    path = csv(tmp_path, "name,post code", "Longridge,pr3 3ja", "Clitheroe,BB7 2DG")
    table = places.read_places(path, postcodes=point_file(tmp_path)).table
    assert table[["x", "y"]].to_numpy().tolist() == [[360_518.0, 437_312.0], [374_439.0, 441_989.0]]


def test_postcodes_without_a_point_file_are_one_clear_message(tmp_path: Path) -> None:
    path = csv(tmp_path, "name,postcode,x,y", "Longridge,PR3 3JA,,", "Clitheroe,BB7 2DG,,", "Hall,,361000,437000")
    with pytest.raises(DataRefused) as refused:
        places.read_places(path)
    (line,) = said(refused)
    assert line.startswith("places.csv: 2 of 3 places have only a postcode, and no file of postcode points was given")
    assert "Code-Point Open" in line


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    path = csv(
        tmp_path,
        "name,kind,postcode,x,y,lat,lon",
        ",library,,360519,437313,,",  # 2 no name
        "Library,library,,437313,1360519,,",  # 3 outside
        "Hall,hub,,1200000,300000,,",  # 4 swapped
        "Degrees,hub,,53.83,-2.6,,",  # 5 degrees in metres
        "Lat,hub,,,,-2.6,53.83",  # 6 swapped
        "Half,hub,,360519,,,",  # 7 one axis
        "Word,hub,,east,437313,,",  # 8 not a number
        "Code,hub,PR33,,,,",  # 9 not a postcode
        "New,hub,ZZ1 1ZZ,,,,",  # 10 unknown postcode
        "Far,hub,BB7 2DG,360519,437313,,",  # 11 not where its postcode is
        "Nowhere,hub,,,,,",  # 12
        "Twin,hub,,361000,437000,,",  # 13
        "twin,Hub,,361000.2,437000,,",  # 14 the same place again
    )
    with pytest.raises(DataRefused) as refused:
        places.read_places(path, postcodes=point_file(tmp_path), around=AROUND)
    lines = said(refused)
    expected = {
        "row 2, column 'name'": "has no name",
        "row 3, columns 'x', 'y'": "is outside the United Kingdom (found: x 437313, y 1.36052e+06)",
        "row 4, columns 'x', 'y'": "look swapped",
        "row 5, columns 'x', 'y'": "hold degrees, not metres",
        "row 6, columns 'lat', 'lon'": "look swapped",
        "row 7, column 'y'": "is blank though the other axis is given",
        "row 8, column 'x'": "is not a number (found: east)",
        "row 9, column 'postcode'": "is not a postcode (found: PR33)",
        "row 10, column 'postcode'": "is not in the file of postcode points (found: ZZ1 1ZZ)",
        "row 11, column 'postcode'": "lies 15 km from the position given (found: BB7 2DG)",
        "row 12": "does not say where it is (found: Nowhere)",
        "row 14": "is the same place as row 13 (found: twin)",
    }
    for where, what in expected.items():
        assert any(line.startswith(f"places.csv, {where}: ") and what in line for line in lines), (where, lines)
    assert len(lines) == len(expected)


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ("A,437313,360519,,", "x and y look swapped: x is the easting, y the northing."),  # both ways lie in the country
        ("A,,,53.83057,1.60135", "The minus of the longitude is missing."),
        ("A,530000,180000,,", "Check the position, or leave the place out."),
    ],
)
def test_a_place_far_from_the_wards_is_questioned_with_the_likely_slip(tmp_path: Path, row: str, hint: str) -> None:
    path = csv(tmp_path, "name,x,y,lat,lon", row)
    assert len(places.read_places(path).table) == 1  # in the United Kingdom: nothing else to say
    with pytest.raises(DataRefused) as refused:
        places.read_places(path, around=pd.DataFrame({"x": [360_500.0, 426_300.0], "y": [437_300.0, 437_300.0]}))
    assert "km from the wards chosen (found: A)" in said(refused)[0] and said(refused)[0].endswith(hint)


def test_one_name_at_two_places_gets_two_ids(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,name,x,y", "hub,Hub One,361000,437000", ",Hub,361500,437000", ",Hub,362500,437000")
    assert places.read_places(path).table["place_id"].tolist() == ["hub", "hub-2", "hub-3"]


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("a.csv", b"", DataRefused, "has no heading row"),
        ("a.csv", b"name,x,y\n", DataRefused, "holds no places"),
        ("a.csv", b"kind,hours\nhub,9\n", DataRefused, "does not say where the places are"),
        ("a.csv", b"name,name,x,y\na,b,1,2\n", DataRefused, "has two columns of one name (found: name)"),
        ("a.csv", b"PK\x03\x04\x00\x00", DataRefused, "is not text (a spreadsheet, perhaps)"),
        ("a.csv", b"name,x,y\nHall, Main Street,361000,437000\n", DataRefused, "has more cells than there are headings"),
        ("a.csv", b"name,x,y\n" + b"a,1,1\n" * 900_000, DataRefused, "is larger than 5 MB"),
        ("a.csv", b"name,x,y\n" + b"a,1,1\n" * 5_001, DataRefused, "has more than 5,000 places"),
        ("a.json", b"{", DataRefused, "cannot be read as JSON"),
        ("a.json", b"[" * 100_000, DataRefused, "cannot be read as JSON: nested too deeply"),
        ("a.json", b"[]", DataRefused, "holds no location"),
        ("a.json", b'[{"a": 1}, 3]', DataRefused, "is neither a service nor a location"),
        ("a.xlsx", b"", UsageError, "is neither CSV nor JSON"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes, error: type[ExclusionError], message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error) as refused:
        places.read_places(tmp_path / name)
    assert message in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="is not a file"):
        places.read_places(tmp_path / "none.csv")
    path = csv(tmp_path, "name,postcode", "Longridge,PR3 3JA")
    with pytest.raises(SourceUnreachable, match="is not a file of postcode points"):
        places.read_places(path, postcodes=tmp_path / "none.parquet")
    with pytest.raises(DataRefused, match=r"has no column of x \(found: name, postcode\)"):
        places.read_places(path, postcodes=path)  # a CSV may hold points; this one does not


CELLS = st.sampled_from(["", "a", "360519", "437313", "53.8", "-2.6", "PR3 3JA", "nan", "1e999", "Mon 9-5", '"', "\x07", "\n", "é", ","])


@settings(max_examples=150)
@given(
    table=st.lists(st.lists(CELLS, max_size=7), max_size=6), heading=st.sampled_from(["name,x,y,lat,lon,postcode,hours", "name,x,y", ""])
)
def test_whatever_a_csv_holds_there_is_an_answer(table: list[list[str]], heading: str) -> None:
    content = "\n".join([heading, *(",".join(row) for row in table)]).encode()
    found, problems, _ = rows.read(content, "any.csv")
    placed, more = resolve(found, "any.csv", None, AROUND)
    lost = placed["x"].isna() | placed["y"].isna() | (placed["name"] == "")
    assert not lost.any() or problems or more  # nothing goes missing without a word


# --------------------------------------------------------------------------- Open Referral UK


def location(name: str = "Longridge Library", **more: Any) -> dict[str, Any]:
    return {"id": f"loc-{name}", "name": name, "latitude": 53.83057, "longitude": -2.60135, **more}


WEEK = [
    {"freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00:00", "closes_at": "17:00:00"},  # 2 x 8
    {"freq": "WEEKLY", "interval": 2, "byday": "SA", "opens_at": "09:00", "closes_at": "13:00"},  # 4 every other week
    {"freq": "WEEKLY", "byday": "SU", "opens_at": "09:00", "closes_at": "13:00", "valid_to": "2020-01-01"},  # over
]


def test_services_at_locations_of_version_3(tmp_path: Path) -> None:
    page = {
        "total_items": 4,
        "contents": [
            {
                "name": "Help with forms",
                "status": "active",
                "organization": {"name": "x"},
                "service_at_locations": [{"location": location(), "schedules": WEEK}],
            },
            {"name": "Learn my way", "service_at_locations": [{"location": location(), "schedules": WEEK[:1]}]},
            {"name": "Old", "status": "defunct", "service_at_locations": [{"location": location("Gone")}]},
            {"name": "By phone", "service_at_locations": [{"location": location("Line", location_type="virtual")}]},
            {"name": "Anywhere", "service_at_locations": [{"id": "1"}]},
        ],
    }
    path = tmp_path / "services.json"
    path.write_text(json.dumps(page), encoding="utf-8")
    read = places.read_places(path, today=TODAY)
    (place,) = read.table.to_dict("records")
    assert (place["name"], place["help"]) == ("Longridge Library", "Help with forms; Learn my way")
    assert place["hours_week"] == 18.0  # the longest of its services: 16 + 4 / 2
    assert place["hours"] == "Mon, Tue 09:00-17:00; Sat 09:00-13:00"
    assert (place["x"], place["y"]) == pytest.approx((360_519, 437_313), abs=3)
    assert read.notes == (
        "One service that is not active was left out.",
        "One service that names no location was left out.",
        "One service at a location that is virtual or only an address for letters was left out.",
    )


def test_a_service_at_a_location_of_version_1_with_a_postcode_only(tmp_path: Path) -> None:
    spot = {"id": "1", "name": "Longridge", "latitude": None, "physical_addresses": [{"postal_code": "PR3 3JA"}]}
    entry = {"id": "a", "service": {"name": "Help"}, "location": spot, "regular_schedule": [{"freq": "MONTHLY", "description": "monthly"}]}
    path = tmp_path / "one.json"
    path.write_text(json.dumps([entry]), encoding="utf-8")
    read = places.read_places(path, postcodes=point_file(tmp_path))
    assert read.table[["x", "y", "postcode"]].iloc[0].tolist() == [360_518.0, 437_312.0, "PR3 3JA"]
    assert math.isnan(read.table["hours_week"].iloc[0]) and read.notes[0].startswith("Hours a week of one place are not known")


def test_the_hours_of_the_location_itself_come_first() -> None:
    entry = {"name": "Help", "schedules": WEEK[:1], "service_at_locations": [{"location": location(schedules=WEEK[1:2])}]}
    found, problems, _ = open_referral.read(json.dumps(entry).encode(), "one.json", TODAY)
    assert not problems and found["hours_week"].tolist() == [2.0]


def test_locations_with_mistakes_are_all_named(tmp_path: Path) -> None:
    spots = [location(""), location("Swapped", latitude=-2.6, longitude=53.83), location("Nowhere", latitude=None, longitude=None)]
    path = tmp_path / "locations.json"
    path.write_text(json.dumps(spots), encoding="utf-8")
    with pytest.raises(DataRefused) as refused:
        places.read_places(path)
    lines = said(refused)
    assert ["entry 1: the location has no name" in lines[0], "entry 2" in lines[1], "entry 3: does not say" in lines[2]] == [True] * 3


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["active", "09:00", "MO", "", "PR3 3JA", "53.8"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("name", "id", "status", "location", "service", "service_at_locations", "schedules", "byday", "opens_at", "closes_at"),
                    *("latitude", "longitude", "addresses", "postal_code", "contents", "freq", "interval", "valid_to", "organization"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300)
@given(document=JSON)
def test_whatever_the_json_holds_there_is_an_answer(document: Any) -> None:
    found, problems, notes = open_referral.read(json.dumps(document).encode(), "any.json", TODAY)
    resolve(found, "any.json", None, AROUND)
    assert len(found) or problems or notes  # never silence


# --------------------------------------------------------------------------- opening hours


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("37.5", 37.5),
        ("18 hours a week", 18.0),
        ("Mon-Fri 09:00-17:00; Sat 10am-1pm", 43.0),  # 5 x 8 + 3
        ("Mon, Wed and Fri 10:00-13:00", 9.0),
        ("Monday to Friday 9 to 5", 40.0),
        ("Tue 09:00-12:30, 13:30-17:00", 7.0),
        ("Sat-Mon 10:00-12:00", 6.0),
        ("Mon-Fri 09:00-17:00, Sat closed", 40.0),
    ],
)
def test_hours_a_week(text: str, hours: float) -> None:
    assert weekly_hours(text) == hours


@pytest.mark.parametrize(
    "text", ["", "by appointment", "Mon-Fri", "24 hours", "200", "09:00-17:00", "Mon 17:00-09:00", "Mon 9-5 term time", "Mon 9-25"]
)
def test_hours_half_understood_are_not_known(text: str) -> None:
    assert math.isnan(weekly_hours(text))


def test_hours_of_a_day() -> None:
    assert hours_between("10:00-13:00,14:00-17:00") == 6.0
    assert math.isnan(hours_between("00:00"))


@settings(max_examples=200)
@given(text=st.text(alphabet="mondayfri 0123456789:-,;apto", max_size=40))
def test_hours_are_never_negative_nor_more_than_a_week(text: str) -> None:
    hours = weekly_hours(text)
    assert math.isnan(hours) or 0 <= hours <= 168


# --------------------------------------------------------------------------- what a proposal does


def some(**more: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {"place_id": ["a", "b", "c"], "name": ["North", "South", "South"], "kind": "library", "x": [0.0, 1.0, 2.0], "y": 0.0}
    )
    return table.assign(postcode="", hours="", hours_week=[40.0, 20.0, float("nan")], help="", status="stays").assign(**more)


def test_a_change_keeps_the_rows_and_leaves_the_list_as_it_was() -> None:
    before = some()
    after = places.change(before, {"north": "closes", "b": 12, "c": "fewer_hours"})
    assert after["status"].tolist() == ["closes", "fewer_hours", "fewer_hours"]
    assert after["hours_week"].tolist()[:2] == [0.0, 12.0] and math.isnan(after["hours_week"].iloc[2])
    assert before["status"].tolist() == ["stays"] * 3


def test_changes_that_cannot_be_made_are_all_named() -> None:
    with pytest.raises(UsageError) as refused:
        places.change(some(), {"Nort": "closes", "South": "closes", "a": 45, "b": "opens"})
    lines = said(refused)
    assert "place 'Nort': is not in the list of places. Did you mean North?" in lines
    assert "place 'South': 2 places have this name. Use the place_id, one of: b, c." in lines
    assert "place 'a': is open 40 hours a week now, so this is not fewer (found: 45). Give the hours left." in lines
    assert any(line.startswith("place 'b': is not a change (found: opens)") for line in lines)


def test_places_near_some_points() -> None:
    assert places.near(some(x=[0.0, 5_000.0, 50_000.0]), pd.DataFrame({"x": [0.0], "y": [0.0]}), 10)["place_id"].tolist() == ["a", "b"]
    with pytest.raises(NothingToAssess, match="none lies within 10 km"):
        places.near(some(x=90_000.0), pd.DataFrame({"x": [0.0], "y": [0.0]}), 10)


def test_the_places_as_a_layer(tmp_path: Path) -> None:
    path = tmp_path / "places.gpkg"
    after = places.change(some(x=[361_000.0, 362_000.0, 363_000.0], y=437_000.0), {"a": "closes"})
    add_places(path, after)
    layer = pyogrio.read_dataframe(path, layer="places")
    assert layer.crs.to_epsg() == 27700
    assert layer[["name", "status"]].to_numpy().tolist() == [["North", "closes"], ["South", "stays"], ["South", "stays"]]
    assert (layer.geometry.x.iloc[0], layer.geometry.y.iloc[0]) == (361_000, 437_000)
    assert "Opens for fewer hours" in pyogrio.read_dataframe(path, layer="layer_styles")["styleQML"].iloc[0]
    with pytest.raises(UsageError, match="holds a layer 'places' already"):
        add_places(path, after)


@pytest.mark.shared
def test_public_libraries_are_the_example(shared: Path) -> None:
    source, found = places.libraries(shared / "data")
    longridge = found.table.set_index("place_id").loc["longridge"]
    assert source.id == "libraries_2025" and "an example" in found.notes[0]
    # Mon, Tue, Fri 8 each; Wed, Sat 4 each; Thu 10
    assert longridge["hours_week"] == 42.0 and longridge["help"] == ""  # nobody publishes what help is given
    assert found.table["place_id"].is_unique and found.table[["x", "y"]].notna().all().all()
    assert found.table["hours_week"].isna().mean() == pytest.approx(0.24, abs=0.03)  # not published: not known
