"""The map: shapes that travel once, colours that travel every time, and nothing from other machines."""

from __future__ import annotations

import json
import re

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box
from streamlit_folium import generate_js_hash, generate_leaflet_string

from exclusion import maps


def wards(*names: str, points: bool = False) -> gpd.GeoDataFrame:
    """Square wards of one kilometre in a row from west to east, at Blackpool."""
    squares = [box(332_000 + 1000 * place, 436_000, 333_000 + 1000 * place, 437_000) for place in range(len(names))]
    frame = gpd.GeoDataFrame({"area_name": names}, geometry=squares, crs=27700, index=[f"E0500000{place}" for place in range(len(names))])
    return frame.set_geometry(frame.geometry.centroid) if points else frame


# ------------------------------------------------------------------ shapes


def test_shapes_leave_in_longitude_and_latitude_with_code_name_and_a_place_for_the_name():
    (feature,) = maps.geojson(wards("Talbot"))["features"]
    assert feature["properties"]["code"] == "E05000000"
    assert feature["properties"]["name"] == "Talbot"
    longitude, latitude = feature["properties"]["at"]
    # Blackpool lies at about 3.03 degrees west, 53.82 degrees north
    assert longitude == pytest.approx(-3.03, abs=0.02)
    assert latitude == pytest.approx(53.82, abs=0.02)
    assert len(feature["geometry"]["coordinates"][0]) == 5
    assert all(round(number, 5) == number for pair in feature["geometry"]["coordinates"][0] for number in pair)


def test_a_ward_without_a_shape_is_left_out_and_a_point_stays_a_point():
    held = wards("Alder", "Birch", points=True)
    held.loc["E05000001", "geometry"] = None
    (feature,) = maps.geojson(held)["features"]
    assert (feature["properties"]["name"], feature["geometry"]["type"]) == ("Alder", "Point")


def test_thinned_outlines_still_meet():
    # forty strips a kilometre high whose shared borders zigzag: each corner is a triangle of
    # 5 m x 100 m / 2 = 250 square metres, less than the 20 m x 20 m = 400 that thinning takes away
    def border(x: float) -> list[tuple[float, float]]:
        return [(x + 5 * (step % 2), 436_000 + 50 * step) for step in range(21)]

    strips = [Polygon(border(332_000 + 500 * n) + border(332_500 + 500 * n)[::-1]) for n in range(40)]
    before = gpd.GeoDataFrame({"area_name": [str(n) for n in range(40)]}, geometry=strips, crs=27700)
    after = maps.simplify(before)
    assert after.geometry.count_coordinates().sum() < before.geometry.count_coordinates().sum() / 2
    assert after.union_all().area == pytest.approx(after.area.sum())  # no gaps and no overlaps
    assert before.geometry.iloc[0].equals(strips[0])  # the table that came in is as it was


def test_a_file_of_shapes_is_named_by_its_content(tmp_path):
    first = maps.publish(wards("Alder", "Birch"), tmp_path)
    again = maps.publish(wards("Alder", "Birch"), tmp_path)
    other = maps.publish(wards("Alder", "Beech"), tmp_path)
    assert first == again != other
    assert first.codes == ("E05000000", "E05000001")
    assert not first.points
    # hexadecimal: streamlit-folium forgets whatever follows an underscore when it compares two maps
    assert re.fullmatch(r"[0-9a-f]{24}\.json", first.file)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({first.file, other.file})
    assert len(json.loads((tmp_path / first.file).read_text(encoding="utf-8"))["features"]) == 2


# ------------------------------------------------------------------ the map


def drawn(shapes: maps.Shapes) -> maps.OfflineMap:
    return maps.ward_map(shapes, title="Map of wards", assets="../assets/", served_at="../shapes/")


def test_the_map_loads_only_what_lies_beside_it():
    import folium

    links = [address for _, address in drawn(maps.Shapes("ab.json", (), False)).default_js + maps.OfflineMap("../assets/").default_css]
    assert [re.sub(r"\?v=.*", "", link) for link in links] == [
        "../assets/leaflet/leaflet.js",
        "../assets/wards.js",
        "../assets/leaflet/leaflet.css",
        "../assets/wards.css",
    ]
    # and folium's own lists, which every other map in the process shares, are as they were
    assert all(address.startswith("http") for _, address in folium.Map.default_js)


def test_every_vendored_file_the_stylesheet_names_is_there():
    text = (maps.STATIC / "leaflet" / "leaflet.css").read_text(encoding="utf-8")
    named = set(re.findall(r"url\(([^)#]+)\)", text))
    assert named
    assert all((maps.STATIC / "leaflet" / name).is_file() for name in named)
    assert "BSD 2-Clause" in (maps.STATIC / "leaflet" / "LICENSE").read_text(encoding="utf-8")


def script(shapes: maps.Shapes) -> str:
    picture = drawn(shapes)
    picture.get_root().render()
    return generate_leaflet_string(picture)


def test_new_colours_keep_the_frame_and_new_shapes_replace_it(tmp_path):
    alder, beech = maps.publish(wards("Alder", "Birch"), tmp_path), maps.publish(wards("Alder", "Beech"), tmp_path)
    assert generate_js_hash(script(alder), "map") == generate_js_hash(script(alder), "map")
    assert generate_js_hash(script(alder), "map") != generate_js_hash(script(beech), "map")


def test_over_seven_hundred_wards_are_drawn_on_a_canvas():
    few, many = (drawn(maps.Shapes("ab.json", ("E05000000",) * count, False)) for count in (700, 701))
    assert not few.options.get("prefer_canvas")
    assert many.options["prefer_canvas"]


# ------------------------------------------------------------------ colours


def payload(*args, **named) -> dict:
    group = maps.layer(maps.colours(*args, **named))
    return json.loads(next(iter(group._children.values())).payload)


def test_colours_travel_in_the_order_of_the_file_and_a_missing_figure_is_grey():
    shapes = maps.Shapes("ab.json", ("E05000000", "E05000001", "E05000002"), False)
    classes = pd.Series({"E05000002": 4, "E05000000": 0}, dtype="Int64")  # nothing for the second ward
    sent = payload(shapes, classes, maps.BANDS, selected="E05000002")
    # five bands are 0 to 4, so 5 is the entry after them: no figure
    assert sent["at"] == "054"
    assert [shade["word"] for shade in sent["shades"]] == ["Lowest", "Lower", "Middle", "Higher", "Highest", "Not scored"]
    assert sent["shades"][5]["fill"] == maps.GREY
    assert sent["selected"] == "E05000002"


def test_words_that_could_end_a_script_cannot():
    shapes = maps.Shapes("ab.json", ("E05000000",), False)
    notes = pd.Series({"E05000000": "</script><script>alert(1)</script>"})
    group = maps.layer(maps.colours(shapes, pd.Series({"E05000000": 1}), maps.BANDS, notes=notes))
    assert "<" not in next(iter(group._children.values())).payload
    assert payload(shapes, pd.Series({"E05000000": 1}), maps.BANDS, notes=notes)["notes"] == ["</script><script>alert(1)</script>"]


def test_the_legend_says_number_word_and_how_many_wards():
    text = re.sub(r"<[^>]+>", " ", maps.legend([*maps.BANDS[:2], maps.NOT_SCORED], {"1 Lowest": 3, "Not scored": 1}, "Wards"))
    assert " ".join(text.split()) == "Wards 1 Lowest (3) 2 Lower (0) – Not scored (1)"


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours written #rrggbb."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("shade", [*maps.BANDS, *maps.LEVELS, maps.NOT_SCORED, maps.NOT_ASSESSED], ids=lambda shade: shade.label)
def test_the_number_on_each_colour_can_be_read(shade):
    assert contrast(shade.fill, shade.ink) >= 4.5
