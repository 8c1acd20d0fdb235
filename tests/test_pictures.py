"""A map as a picture for a paper: the same in PNG and SVG, with legend, source and date, drawn without a browser."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import geopandas as gpd
import pandas as pd
import pytest
from PIL import Image
from shapely.geometry import Point, box

from exclusion import maps, pictures

SVG = "{http://www.w3.org/2000/svg}"
TITLE = "Likelihood of not using the internet, Alder & Birch"
SOURCE = "Kept Open, data release of 2026. Drawn on 26 November 2026."


@pytest.fixture(scope="module")
def drawn() -> pictures.Drawing:
    """Two squares of 2 km side by side: Alder in band 5, <Birch> not scored; a library that closes in Alder."""
    areas = gpd.GeoDataFrame(
        {"area_name": ["Alder", "<Birch>"]}, index=["a", "b"], geometry=[box(0, 0, 2_000, 2_000), box(2_000, 0, 4_000, 2_000)], crs=27700
    )
    places = pd.DataFrame({"name": ["Library"], "what": ["Library"], "status": ["closes"], "x": [500.0], "y": [500.0]})
    classes = pd.Series({"a": 4, "b": pd.NA}, dtype="Int64")
    return pictures.draw(areas, classes, maps.BANDS, title=TITLE, source=SOURCE, places=places, note="Shapes are not boundaries.")


def words(drawing: pictures.Drawing) -> list[str]:
    root = ElementTree.fromstring(drawing.svg())
    return ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]


def test_the_picture_says_what_it_shows_from_where_and_when(drawn):
    said = words(drawn)
    assert TITLE in said
    assert SOURCE in said and "Shapes are not boundaries." in said
    assert maps.ATTRIBUTION in " ".join(said)  # longer than a line: it goes on to the next
    # every class with its number of wards, and what the grey means
    assert {"Highest (1)", "Lowest (0)", "Not scored (1)", "Closes (1)"} <= set(said)
    # each ward by name, with the number of its class: colour is never the only mark; markup is text
    assert {"Alder 5", "<Birch> –"} <= set(said)


def test_the_svg_has_words_for_who_cannot_see_it(drawn):
    root = ElementTree.fromstring(drawn.svg())
    assert root.find(f"{SVG}title").text == TITLE
    assert root.find(f"{SVG}desc").text == "Map of 2 wards. 5 Highest: 1; Not scored: 1. Places: Library (closes)."


def test_a_place_beyond_the_map_is_told_and_not_drawn_over_the_title():
    areas = gpd.GeoDataFrame({"area_name": ["Alder"]}, index=["a"], geometry=[box(0, 0, 2_000, 2_000)], crs=27700)
    inside, above = {"name": "Near", "x": 500.0, "y": 500.0}, {"name": "Far", "x": 500.0, "y": 3_000.0}
    places = pd.DataFrame([inside, above]).assign(what="Library", status="stays")
    made = pictures.draw(areas, pd.Series({"a": 1}), maps.BANDS, title="Map", source=SOURCE, places=places, note="A note.")
    assert {"A note. 1 place lies outside the picture.", "Stays as it is (1)"} <= set(words(made))
    assert "Near" in made.words and "Far" not in made.words
    assert len([one for one in made.strokes if isinstance(one, pictures.Disc)]) == 2  # one on the map, one in the legend


def test_nothing_in_the_picture_is_fetched_from_anywhere(drawn):
    text = drawn.svg().decode().replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text and "href" not in text and "<script" not in text


def test_the_png_shows_the_same_colours_where_the_svg_does(drawn):
    picture = Image.open(io.BytesIO(drawn.png()))
    assert picture.size == (drawn.wide, drawn.high)
    shapes = [one for one in drawn.strokes if isinstance(one, pictures.Shape) and one.fill]
    for shape, shade in zip(shapes[:2], (maps.BANDS[4], maps.NOT_SCORED), strict=True):
        xs, ys = zip(*shape.rings[0], strict=True)
        # a quarter in from the top right corner: no label, no place stands there
        pixel = picture.getpixel((round(max(xs) - (max(xs) - min(xs)) / 8), round(min(ys) + (max(ys) - min(ys)) / 8)))
        assert "#{:02x}{:02x}{:02x}".format(*pixel[:3]) == shade.fill.lower()


def test_north_is_up_and_a_ward_without_outline_is_a_disc():
    areas = gpd.GeoDataFrame({"area_name": ["South", "North"]}, index=["s", "n"], geometry=[Point(0, 0), Point(0, 1_000)], crs=27700)
    made = pictures.draw(areas, pd.Series({"s": 0, "n": 1}), maps.BANDS, title="Points", source=SOURCE)
    south, north = (one for one in made.strokes if isinstance(one, pictures.Disc))
    assert (south.fill, north.fill) == (maps.BANDS[0].fill, maps.BANDS[1].fill)
    assert north.y < south.y
