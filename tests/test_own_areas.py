"""Areas of a council's own: a lookup of small areas, or outlines. People are conserved, and made of wards they equal the wards."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import exclusion
from exclusion.__main__ import main
from exclusion.building.regroup import Regrouped, regroup
from exclusion.contracts import DataRefused, ExclusionError, UsageError
from exclusion.own import areas as own_areas
from exclusion.own.areas import OwnAreas
from exclusion.release import Evidence

BLACKPOOL, RIBBLE = "E06000009", "E07000124"


def wards(bundled: Evidence, council: str = BLACKPOOL) -> gpd.GeoDataFrame:
    return bundled.areas[bundled.areas["council_code"] == council].sort_values("area_name")


def halves(bundled: Evidence, council: str = BLACKPOOL) -> gpd.GeoDataFrame:
    """North and south of a council, each of whole wards."""
    here = wards(bundled, council)
    side = np.where(here["y"] > here["y"].median(), "North", "South")
    return here.assign(side=side).dissolve("side")[["geometry"]].reset_index()


def outlines(frame: gpd.GeoDataFrame, path: Path, crs: int = 4326) -> Path:
    codes = [f"E5809990{n}" for n in range(len(frame))]
    frame.assign(CED25CD=codes, CED25NM=frame["side"] + " division").drop(columns="side").to_crs(crs).to_file(path)
    return path


def made(bundled: Evidence, path: Path, council: str = BLACKPOOL, **more: object) -> Regrouped:
    return regroup(bundled, own_areas.read(path, path.name), [council], **more)  # type: ignore[arg-type]


def problems(path: Path) -> list[str]:
    with pytest.raises(ExclusionError) as refused:
        own_areas.read(path, path.name)
    return [str(problem) for problem in refused.value.problems]


# ------------------------------------------------------------------ the figures


@pytest.mark.parametrize("council", [BLACKPOOL, RIBBLE])
def test_areas_that_are_the_wards_have_the_figures_of_the_wards(bundled: Evidence, council: str) -> None:
    """The whole road there and back: a ward drawn as an own area must come out as the release has it."""
    here = wards(bundled, council)
    shapes = gpd.GeoDataFrame({"code": here.index}, geometry=here.geometry.to_numpy(), crs=27700)
    found = regroup(bundled, OwnAreas("wards", here["area_name"], None, shapes, ()), [council])
    assert set(found.codes) == set(here.index)
    new = found.evidence
    assert (new.areas.loc[here.index, "population"] - here["population"]).abs().max() <= 1
    for what in ("count", "of"):
        old, now = (e.wide("ward", what).loc[here.index].drop(columns="connectivity") for e in (bundled, new))
        assert (old - now[old.columns]).abs().max().max() <= 2, what  # each was rounded once
    scores = [exclusion.assess(e, [council], ()).scores.loc[here.index] for e in (bundled, new)]
    assert (scores[0]["band"] == scores[1]["band"]).all()
    assert (scores[0]["risk"] - scores[1]["risk"]).abs().max() < 0.5


def test_people_are_conserved_and_counts_add_up(bundled: Evidence, tmp_path: Path) -> None:
    found = made(bundled, outlines(halves(bundled), tmp_path / "divisions.geojson"))
    here = wards(bundled)
    assert found.people[0] == found.people[1] == pytest.approx(here["population"].sum(), abs=21)  # each ward was rounded once
    for measure in ("disabled_lot", "no_car", "age75", "far_help", "lone66_est"):
        whole = bundled.wide("ward", "count").loc[here.index, measure].sum()
        assert found.evidence.wide("ward", "count").loc[list(found.codes), measure].sum() == pytest.approx(whole, abs=5), measure
    assert found.notes[0] == (
        "Figures are for 2 areas of divisions.geojson, made from whole wards. Where a page says ward, it means one of these."
    )
    assert list(found.fit.columns) == ["area_code", "area_name", "population", "small_areas", "straddle", "error_class"]


def test_other_councils_and_the_release_stay_as_they_are(bundled: Evidence, tmp_path: Path) -> None:
    before = len(bundled.areas), len(bundled.observations)
    found = made(bundled, outlines(halves(bundled), tmp_path / "divisions.geojson"))
    assert (len(bundled.areas), len(bundled.observations)) == before
    assert len(found.evidence.areas) == before[0] - 21 + 2
    pd.testing.assert_frame_equal(
        exclusion.assess(found.evidence, ["Tower Hamlets"], ()).scores, exclusion.assess(bundled, ["Tower Hamlets"], ()).scores
    )


def test_a_lookup_of_small_areas_gives_sums_of_what_was_published(bundled: Evidence, tmp_path: Path) -> None:
    # Two networks; of the first small area's figures we know every one: the sums must be theirs.
    pairs = bundled.small_areas[bundled.small_areas["area_code"].isin(wards(bundled).index)]
    here = pairs.drop_duplicates("small_area_code")
    inside = pairs.groupby("small_area_code")["share"].sum() > 0.9999  # of one that crosses the border only the part inside counts
    first = list(inside.index[inside][:40])
    path = tmp_path / "pcn.csv"
    rows = [f"{code},{'North Shore PCN' if code in first else 'Rest PCN'}" for code in here["small_area_code"]]
    path.write_text("LSOA21CD,PCN\n" + "\n".join(rows))
    found = made(bundled, path)
    assert found.codes == ("own-north-shore-pcn", "own-rest-pcn")
    local = bundled.observations[(bundled.observations["level"] == "lsoa21") & bundled.observations["area_code"].isin(first)]
    for measure in ("no_car", "disabled_lot", "age75"):
        rows_of = local[local["measure"] == measure]
        new = found.evidence.observations.query("area_code == 'own-north-shore-pcn' and measure == @measure").iloc[0]
        assert (new["count"], new["of"]) == (rows_of["count"].sum(), rows_of["of"].sum())
        assert new["value"] == pytest.approx(new["count"] / new["of"], abs=1e-6)
    assert set(found.fit["error_class"]) == {"good"}


def test_findings_reports_and_maps_take_them_like_wards(bundled: Evidence, tmp_path: Path) -> None:
    found = made(bundled, outlines(halves(bundled), tmp_path / "divisions.geojson"))
    a = exclusion.assess(found.evidence, [BLACKPOOL], ["blue_badge"])
    assert set(a.findings["area_name"]) == {"North division", "South division"}
    assert any(notice.startswith("These are areas of your own, made from whole wards.") for notice in a.notices)
    assert a.people["label"].str.startswith("about").all()
    assert set(a.areas.geometry.geom_type) <= {"Polygon", "MultiPolygon"}


def test_a_ward_that_two_areas_share_is_divided_and_the_figures_say_they_are_rough(bundled: Evidence, tmp_path: Path) -> None:
    here = wards(bundled)
    west, south, east, north = here.total_bounds
    middle = here.geometry.loc["E05015188"].centroid.y  # through Bloomfield
    frame = gpd.GeoDataFrame(
        {"side": ["South", "North"]},
        geometry=[shapely.box(west - 9, south - 9, east + 9, middle), shapely.box(west - 9, middle, east + 9, north + 9)],
        crs=27700,
    )
    found = made(bundled, outlines(frame, tmp_path / "cut.gpkg", 27700))
    assert found.people[0] == found.people[1]
    assert "parts of" in found.notes[0] and "Give --postcodes for a better fit" in found.notes[1]
    assert (found.evidence.areas.loc[list(found.codes), "error_p90"] > bundled.areas.loc[here.index, "error_p90"].min()).all()


@pytest.mark.shared
def test_postcodes_divide_a_ward_by_where_its_people_live(bundled: Evidence, shared: Path, tmp_path: Path) -> None:
    points = shared / "data" / "places" / "postcodes_gb_codepoint_open_2025_10.parquet"
    here = wards(bundled)
    middle = here.geometry.loc["E05015188"].centroid.y
    west, south, east, north = here.total_bounds
    boxes = [shapely.box(west - 9, south - 9, east + 9, middle), shapely.box(west - 9, middle, east + 9, north + 9)]
    frame = gpd.GeoDataFrame({"side": ["South", "North"]}, geometry=boxes, crs=27700)
    found = made(bundled, outlines(frame, tmp_path / "cut.gpkg", 27700), points=points)
    assert abs(found.people[0] - found.people[1]) <= 1
    held = pd.read_parquet(points)
    held = held[(held["lad_code"] == BLACKPOOL) & (held["pq"] < 90)]
    share = float((held["northing"] < middle).mean())  # a plain look at where postcodes lie
    population = found.evidence.areas.loc["E58099900", "population"] / found.people[0]
    assert population == pytest.approx(share, abs=0.05)


# ------------------------------------------------------------------ gaps, overlaps and what is refused


def test_people_in_no_area_are_told_first(bundled: Evidence, tmp_path: Path) -> None:
    found = made(bundled, outlines(halves(bundled).iloc[:1], tmp_path / "north.geojson"))
    left = found.people[0] - found.people[1]
    assert left > 50_000
    assert any("live in none of the areas, so nothing is said of them. Is a piece left out?" in note for note in found.notes)


def test_areas_that_overlap_would_count_people_twice(bundled: Evidence, tmp_path: Path) -> None:
    frame = halves(bundled)
    frame.loc[0, "geometry"] = frame.geometry[0].union(frame.geometry[1].centroid.buffer(800))
    assert problems(outlines(frame, tmp_path / "over.geojson")) == [
        "over.geojson: 1 pairs of areas overlap by more than 1% (found: E58099900 and E58099901). "
        "Give each place to one area; people there would count twice."
    ]


def geojson(path: Path, *rings: list[tuple[float, float]], **more: object) -> Path:
    features = [
        {"type": "Feature", "properties": {"code": f"A{n}", "name": f"Area {n}"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for n, ring in enumerate(rings)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}))
    return path


def test_outlines_that_cannot_be_used_are_answered_in_words(tmp_path: Path) -> None:
    bow = [(-3.0, 53.8), (-3.05, 53.85), (-3.0, 53.85), (-3.05, 53.8), (-3.0, 53.8)]
    assert problems(geojson(tmp_path / "bow.geojson", bow)) == [
        "bow.geojson: 1 outlines cross themselves (found: A0). Repair them in a GIS (in QGIS: Fix geometries) and try again."
    ]
    square = [(-3.0, 53.8), (-3.0, 53.9), (-2.9, 53.9), (-2.9, 53.8), (-3.0, 53.8)]
    swapped = [(y, x) for x, y in square]
    assert "has its axes swapped" in problems(geojson(tmp_path / "swapped.geojson", swapped))[0]
    metres = [(330_000.0, 435_000.0), (331_000.0, 435_000.0), (331_000.0, 436_000.0), (330_000.0, 435_000.0)]
    assert "holds metres but says it holds degrees" in problems(geojson(tmp_path / "metres.geojson", metres))[0]
    france = [(2.0, 48.0), (2.1, 48.0), (2.1, 48.1), (2.0, 48.0)]
    assert "lies outside the United Kingdom" in problems(geojson(tmp_path / "france.geojson", france))[0]
    twice = geojson(tmp_path / "twice.geojson", square, square)
    twice.write_text(twice.read_text().replace('"A1"', '"A0"').replace("Area 1", "Area 0"))
    assert "does not say which column" in problems(twice)[0] or "are there twice" in problems(twice)[0]
    point = tmp_path / "point.geojson"
    point.write_text(
        geojson(tmp_path / "p.geojson", square).read_text().replace("Polygon", "Point").replace(str([list(p) for p in square]), "[]")
    )
    for path, content in (
        ("cut.gpkg", b"SQLite format 3\x00"),
        ("cut.zip", b"PK\x03\x04"),
        ("text.geojson", b"hello"),
        ("no.parquet", b""),
    ):
        (tmp_path / path).write_bytes(content)
        assert "cannot be read as outlines" in problems(tmp_path / path)[0], path


def test_a_zipped_shapefile_will_do(bundled: Evidence, tmp_path: Path) -> None:
    outlines(halves(bundled), tmp_path / "d.shp", 27700)
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as packed:
        for part in tmp_path.glob("d.*"):
            if part.suffix != ".zip":
                packed.write(part, part.name)
    assert sorted(own_areas.read(tmp_path / "d.zip", "d.zip").names) == ["North division", "South division"]


def test_a_lookup_with_mistakes_is_told_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "lookup.csv"
    path.write_text(
        "LSOA21CD,area_code,area_name\nE01012670,N1,North\nE01012670,N1,North\nE01012671,N1,Nort\nE01012672,,\nE01012673,a b,South\n"
    )
    assert problems(path) == [
        "lookup.csv, line 3: this small area stands on line 2 already (found: E01012670). Give each to one area.",
        "lookup.csv, line 4: the area N1 has another name above (North) (found: Nort). Give it one name.",
        "lookup.csv, line 5: says no area (found: E01012672). Give its area, or leave the row out.",
        "lookup.csv: 1 codes of areas cannot be used (found: a b). Use letters, figures, points and hyphens, up to 32.",
    ]


def test_what_the_release_cannot_make_is_said(bundled: Evidence, tmp_path: Path) -> None:
    path = outlines(halves(bundled), tmp_path / "d.geojson")
    with pytest.raises(UsageError, match="this release has no small areas for Leeds"):
        regroup(bundled, own_areas.read(path, "d.geojson"), ["E08000035"])
    with pytest.raises(DataRefused, match="holds nobody of the councils chosen"):
        regroup(bundled, own_areas.read(path, "d.geojson"), ["E09000030"])


# ------------------------------------------------------------------ on the command line


def test_score_and_assess_take_areas(bundled: Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = outlines(halves(bundled), tmp_path / "divisions.geojson")
    assert main(["score", "-c", "Blackpool", "--areas", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert [row["area_name"] for row in json.loads(said.out)] == ["North division", "South division"]
    assert "Figures are for 2 areas of divisions.geojson" in said.err
    assert main(["assess", "-c", "Blackpool", "-s", "blue_badge", "--areas", str(path), "-o", str(tmp_path / "out")]) == 0
    rows = pd.read_csv(tmp_path / "out" / "observations.csv")
    assert set(rows["level"]) == {"ward", "council", "nation"} and "England" in set(rows["area_name"])
    layer = gpd.read_file(tmp_path / "out" / "assessment.gpkg", layer="wards")
    assert sorted(layer["area_name"]) == ["North division", "South division"]
    assert main(["score", "--all", "--areas", str(path)]) == 2
    assert "--areas: needs a council" in capsys.readouterr().err
