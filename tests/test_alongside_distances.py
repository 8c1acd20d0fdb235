"""Distances as an officer reaches them: the list, postcode points, travel times, the floating catchment; on the command line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from test_alongside import LIST, TEXT, write

from exclusion import access, alongside, assessment, places, proposal
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, UsageError
from exclusion.release import Evidence

TODAY = dt.date(2026, 11, 24)


@pytest.fixture(scope="module")
def considered(bundled: Evidence) -> proposal.Considered:
    return proposal.consider(bundled, proposal.parse(TEXT, areas=bundled.areas), today=TODAY)


@pytest.fixture(scope="module")
def york(bundled: Evidence) -> assessment.Assessment:
    """A council whose small areas the bundled release does not hold."""
    return assessment.assess(bundled, ["York"], ())


def points_of(found: assessment.Assessment, folder: Path) -> Path:
    """A postcode file with one postcode in the middle of every ward."""
    table = pd.DataFrame({"postcode": [f"YO1 {number}AA" for number in range(len(found.areas))], "ward_code": found.areas.index})
    table["easting"], table["northing"] = found.areas["x"].to_numpy(), found.areas["y"].to_numpy()
    path = folder / "points.parquet"
    table.to_parquet(path)
    return path


def test_hours_are_shared_out_before_and_after(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    given = alongside.Given(places=held, ground=alongside.Ground(catchment=True))
    found = alongside.beside(considered, TODAY, given)
    table = found.tables["catchment.csv"]
    evidence = considered.assessment.evidence
    start = access.origins(considered.assessment.areas, evidence.small_areas, evidence.observations)
    now = access.floating_catchment(start, held.table)
    then = access.floating_catchment(start, places.change(held.table, {"Middle House": "closes"}))
    assert table["hours_median_before"].equals(now["hours_median"])
    assert table["none_share_after"].equals(then["none_share"])
    said = found.said["Hours of help within reach, shared with everyone else nearby"]
    assert "shared out among the people near it" in said[0]
    assert "hours a week for each 1,000 people within reach" in said[1] and "Afterwards" in said[1]


def test_hours_that_are_not_known_are_named_and_distances_still_stand(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST.replace(",20\n", ",\n")))
    found = alongside.beside(considered, TODAY, alongside.Given(places=held, ground=alongside.Ground(catchment=True)))
    assert "catchment.csv" not in found.tables and "distances.csv" in found.tables
    assert any("Hours within reach cannot be said" in notice and "South House" in notice for notice in found.notices)


def test_hours_left_are_told_and_a_place_that_closes_has_none(bundled: Evidence, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    fewer = proposal.parse(TEXT.replace('change = "closes"', 'change = "fewer_hours"\nhours_left = 10'), areas=bundled.areas)
    found = alongside.distances(assessment.assess(bundled, ["Blackpool"], ()), held, alongside.changes([fewer]))
    table = found.tables["places.csv"].set_index("name")
    assert (table.loc["Middle House", "status"], table.loc["Middle House", "hours_week"]) == ("fewer_hours", 10)
    whole = found.tables["distances.csv"].iloc[-4]
    assert whole["level"] == "all" and whole["longer_n"] == 0 and whole["fewer_hours_n"] > 0  # nobody goes further
    with pytest.raises(DataRefused, match="so no hours are left"):
        proposal.parse(TEXT.replace('change = "closes"', 'change = "closes"\nhours_left = 10'), areas=bundled.areas)


def test_postcode_points_serve_where_no_small_areas_are_held(york: assessment.Assessment, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", "name,kind,x,y,hours\nYork Explore,library,460000,452000,50\n"))
    told = alongside.distances(york, held, {})
    assert "distances.csv" not in told.tables
    assert any("Give a file of postcode points" in notice for notice in told.notices)
    found = alongside.distances(york, held, {}, alongside.Ground(postcodes=points_of(york, tmp_path)))
    table = found.tables["distances.csv"]
    everyone = table[(table["level"] == "all") & (table["group"] == "all")].iloc[0]
    assert everyone["n"] == round(york.areas["population"].sum(), -1)
    # One point a ward: straight line times 1.3 from the middle of each.
    km = ((york.areas["x"] - 460_000) ** 2 + (york.areas["y"] - 452_000) ** 2) ** 0.5 * 1.3 / 1000
    wards = table[(table["level"] == "ward") & (table["group"] == "all")].set_index("area_code")
    assert (wards["median_before"] - km.round(1)).abs().max() < 0.051


def test_a_place_far_from_the_wards_is_questioned(york: assessment.Assessment, tmp_path: Path) -> None:
    listed = "name,kind,x,y\nYork Explore,library,460000,452000\nTruro Library,library,182600,44900\n"
    found = alongside.distances(
        york, places.read_places(write(tmp_path, "places.csv", listed)), {}, alongside.Ground(postcodes=points_of(york, tmp_path))
    )
    assert "One place lies over 60 km from the wards chosen: Truro Library. Check where." in found.notices


def test_the_factor_moves_every_distance_and_one_out_of_range_is_refused(considered: proposal.Considered, tmp_path: Path) -> None:
    held = places.read_places(write(tmp_path, "places.csv", LIST))
    longer = alongside.distances(considered.assessment, held, {}, alongside.Ground(factor=1.5)).tables["distances.csv"]
    shorter = alongside.distances(considered.assessment, held, {}, alongside.Ground(factor=1.2)).tables["distances.csv"]
    assert (longer["median_before"] / shorter["median_before"]).median() == pytest.approx(1.25, abs=0.03)  # 1.5 / 1.2
    with pytest.raises(UsageError, match=r"must lie between 1\.2 and 1\.5"):
        alongside.distances(considered.assessment, held, {}, alongside.Ground(factor=2.0))


def test_the_command_line_takes_postcodes_times_factor_and_catchment(
    bundled: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blackpool = assessment.assess(bundled, ["Blackpool"], ())
    points = points_of(blackpool, tmp_path)
    by_post = write(tmp_path, "post.csv", "name,kind,postcode,hours\nMiddle House,library,yo1 0aa,40\nNorth House,library,YO1 9AA,20\n")
    words = ["assess", "--proposal", str(write(tmp_path, "p.toml", TEXT)), "--places", str(by_post), "--out", str(tmp_path / "out")]
    assert main(words) != 0  # postcodes only, and no points
    assert "have only a postcode, and no file of postcode points was given" in capsys.readouterr().err
    assert main([*words, "--postcodes", str(points), "--road-factor", "1.2", "--catchment"]) == 0
    said = capsys.readouterr()
    assert "Straight line times 1.2" in said.err
    assert "From postcode points and small-area points." in said.err  # one postcode a ward: not every part has one
    assert "hours a week for each 1,000 people within reach" in said.out
    held = pd.read_csv(tmp_path / "out" / "places.csv").set_index("name")
    first = blackpool.areas.iloc[0]
    assert held.loc["Middle House", "status"] == "closes"
    assert abs(held.loc["Middle House", "x"] - first["x"]) <= 1  # the middle of the ward that has that postcode
    small = bundled.small_areas[bundled.small_areas["area_code"].isin(blackpool.areas.index)]["small_area_code"].unique()
    minutes = pd.DataFrame([(one, place, 12 if place == "middle-house" else 40) for one in small for place in held["place_id"]])
    minutes.set_axis(["small_area_code", "place_id", "minutes"], axis=1).to_csv(tmp_path / "times.csv", index=False)
    assert main([*words, "--postcodes", str(points), "--travel-times", str(tmp_path / "times.csv")]) == 0
    said = capsys.readouterr()
    # Everybody is 12 minutes from Middle House, which closes, and 40 from North House: all go further, all over 30.
    assert "half are within 12 minutes of a place" in said.out
    assert "do not judge a rural ward" not in said.err  # no file of postcodes would better a time
    table = pd.read_csv(tmp_path / "out" / "distances.csv")
    everyone = table[(table["level"] == "all") & (table["group"] == "all")].iloc[0]
    assert everyone["longer_n"] == everyone["newly_beyond_n"] == everyone["n"]
    assert main(["assess", "-c", "Blackpool", "-s", "blue_badge", "-o", str(tmp_path / "o"), "--catchment"]) != 0
    assert "are about places" in capsys.readouterr().err
