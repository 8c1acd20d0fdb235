"""What changed between two releases on a map, and places on both maps: from the earlier release's file to the page and the picture."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import maps_on, run, text
from test_release import spoil

import exclusion
from exclusion import differences, maps, pictures, places, release, release_zip
from exclusion.contracts import DataRefused
from exclusion.judgement.mapping import map_rules
from exclusion.views import places as places_shown
from exclusion.views import side

BLOOMFIELD, TALBOT, MARTON, WARBRECK = "E05015188", "E05015202", "E05015197", "E05015205"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An earlier release: Bloomfield with 300 fewer households without a car, Talbot with no such figure, Marton 300 m to the east."""
    folder = tmp_path_factory.mktemp("releases") / "earlier"
    shutil.copytree(release.bundled(), folder)

    def figures(table: pd.DataFrame) -> pd.DataFrame:
        row = (table["area_code"] == BLOOMFIELD) & (table["measure"] == "no_car")
        table.loc[row, "count"] = table.loc[row, "count"] - 300
        return table[~((table["area_code"] == TALBOT) & (table["measure"] == "no_car"))]

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[table["area_code"] == MARTON, "x"] += 300
        return table

    spoil(folder, "observations", figures)
    spoil(folder, "areas", moved)
    about = folder / "release.toml"
    words = about.read_text(encoding="utf-8")
    about.write_text(words.replace(f'version = "{release.describe(folder)["version"]}"', 'version = "2025.1"', 1), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def zipped(older: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "earlier"), "zip", older.parent, older.name))


@pytest.fixture(scope="module")
def blackpool(bundled):
    return exclusion.assess(bundled, ["Blackpool"], ["blue_badge"])


@pytest.fixture(scope="module")
def changes(bundled, older):
    return differences.ward_changes(release.read(older), bundled, ["Blackpool"])


def said(layer: side.Layer, a) -> dict[str, str]:
    return dict(zip(a.areas.index, layer.labels(), strict=True))


# ------------------------------------------------------------------ what changed


def test_a_share_that_rose_is_a_rise_and_one_that_stayed_is_within_a_point(bundled, blackpool, changes):
    """300 of Bloomfield's households are over three points in a hundred of them."""
    households = bundled.wide("ward", "of").at[BLOOMFIELD, "no_car"]
    assert 300 / households > 0.03
    words = said(side.layer(blackpool, blackpool, f"{side.CHANGE}: no_car", changes), blackpool)
    assert words[BLOOMFIELD] == "++ 3 points higher or more"
    assert words[WARBRECK] == "= Within 1 point"


def test_a_missing_figure_is_never_no_change_and_another_boundary_is_not_compared(blackpool, changes):
    words = said(side.layer(blackpool, blackpool, f"{side.CHANGE}: no_car", changes), blackpool)
    assert words[TALBOT] == "Not known in one of the two releases"
    assert words[MARTON] == "≠ Boundary changed, not comparable"
    bands = said(side.layer(blackpool, blackpool, side.CHANGE, changes), blackpool)
    assert bands[MARTON] == "≠ Boundary changed, not comparable"
    assert set(bands.values()) - {bands[MARTON]} == {"0 No change"}


def test_a_ward_that_only_the_later_release_has_is_not_comparable_and_one_that_is_gone_is_said(bundled, older, blackpool):
    before = release.read(older)
    was = before.areas.rename(index={WARBRECK: "E05000999"})
    gone = differences.ward_changes(replace(before, areas=was, cache={}), bundled, ["Blackpool"])
    layer = side.layer(blackpool, blackpool, side.CHANGE, gone)
    assert said(layer, blackpool)[WARBRECK] == "≠ Boundary changed, not comparable"
    assert "1 ward of the earlier release is no longer there." in layer.note


@pytest.mark.parametrize(
    ("points", "label"),
    [
        (-3.0, "−− 3 points lower or more"),
        (-2.9, "− 1 to 3 points lower"),
        (-1.0, "− 1 to 3 points lower"),
        (-0.9, "= Within 1 point"),
        (0.0, "= Within 1 point"),
        (1.0, "+ 1 to 3 points higher"),
        (3.0, "++ 3 points higher or more"),
    ],
)
def test_the_limits_are_those_of_the_judgement_file(blackpool, changes, points, label):
    assert map_rules().change_points.edges == (1.0, 3.0)
    shares = changes.shares.assign(no_car=points / 100)
    layer = side.layer(blackpool, blackpool, f"{side.CHANGE}: no_car", replace(changes, shares=shares))
    assert said(layer, blackpool)[BLOOMFIELD] == label


@pytest.mark.parametrize(("steps", "sign"), [(-3, "−2"), (-1, "−1"), (0, "0"), (1, "+1"), (2, "+2")])
def test_bands_move_by_steps(blackpool, changes, steps, sign):
    layer = side.layer(blackpool, blackpool, side.CHANGE, replace(changes, bands=changes.bands * 0 + steps))
    assert said(layer, blackpool)[BLOOMFIELD].startswith(f"{sign} ")


def test_each_change_has_a_colour_of_its_own_whose_sign_can_be_read(blackpool, changes):
    from test_maps import contrast

    layer = side.layer(blackpool, blackpool, side.CHANGE, changes)
    fills = [shade.fill for shade in (*layer.shades, layer.nothing)]
    assert len(set(fills)) == len(fills) == 7
    assert min(contrast(shade.fill, shade.ink) for shade in layer.shades) >= 4.5
    assert not {shade.fill for shade in layer.shades} & {shade.fill for shade in maps.BANDS}  # change is never taken for a band


# ------------------------------------------------------------------ an earlier release from a file


def test_a_zip_of_a_release_reads_as_its_folder_does(older, zipped):
    assert release_zip.read(zipped).manifest == release_zip.read(older).manifest
    with zipfile.ZipFile(zipped) as packed, zipfile.ZipFile(flat := zipped.with_name("flat.zip"), "w") as made:
        for name in packed.namelist():
            if not name.endswith("/"):
                made.writestr(Path(name).name, packed.read(name))
    assert release_zip.read(flat).manifest.version == "2025.1"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"notes.txt": b"hello"}, "holds no release.toml"),
        ({"release.toml": b"format = 1"}, "lacks or garbles an entry"),
        ({"a/release.toml": b"format = 1", "../../etc/areas.parquet": b"x"}, "lacks or garbles an entry"),
    ],
)
def test_a_zip_that_is_no_release_is_refused_and_nothing_is_written_outside(tmp_path, files, says):
    path = tmp_path / "in" / "x.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    with pytest.raises(DataRefused, match=says):
        release_zip.read(path)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["in", "x.zip"]


def test_a_zip_that_unpacks_to_more_than_any_release_or_is_cut_off_is_refused(tmp_path, zipped, monkeypatch):
    monkeypatch.setattr(release_zip, "MOST_BYTES", 1_000)
    with pytest.raises(DataRefused, match="unpacks to more than"):
        release_zip.read(zipped)
    (cut := tmp_path / "cut.zip").write_bytes(zipped.read_bytes()[:5_000])
    with pytest.raises(DataRefused, match="cannot be read as a zip"):
        release_zip.read(cut)


# ------------------------------------------------------------------ the page


def start(**address: str | list[str]) -> AppTest:
    return run("two_maps.py", **address)


def test_with_an_earlier_release_on_the_server_a_link_opens_on_the_change(older, monkeypatch):
    monkeypatch.setenv("KEPT_OPEN_EARLIER", str(older.parent))
    title = next(one for one in run("two_maps.py").selectbox(key="since").options if "2025.1" in one)
    page = start(since=title, map_left="Change: No car or van", map_right="Change of band", ward=f"Bloomfield ({BLOOMFIELD})")
    assert not page.error and not page.warning
    left, right = maps_on(page)
    assert "3 points higher or more" in left["feature_group"] and "Two bands higher or more" in right["feature_group"]
    words = text(page)
    assert "Bloomfield: on the left ++ 3 points higher or more, on the right 0 No change." in words
    assert "Not known in one of the two releases" in words and "Boundary changed, not comparable" in words
    assert "1 ward in another boundary under the same code" in words.replace("is in", "in")
    assert "What changed between the two releases" in [head.value for head in page.header]


def test_a_visitor_brings_an_earlier_release_as_a_zip_and_a_bad_one_is_answered_in_words(zipped):
    page = start()
    assert "Change of band" not in page.selectbox(key="map_left").options
    page.file_uploader(key="earlier_release").upload("earlier.zip", zipped.read_bytes(), "application/zip").run()
    assert not page.exception and not page.error
    page.selectbox(key="map_left").select("Change of band").run()
    assert "0 No change" in text(page)
    page.file_uploader(key="earlier_release").set_value([("earlier.zip", b"PK no zip", "application/zip")]).run()
    assert not page.exception
    assert "cannot be read as a zip" in page.error[0].value.replace("\\", "")


def test_a_link_to_a_change_says_so_where_there_is_nothing_to_compare_with():
    page = start(map_left="Change of band")
    assert "This link names a map that cannot be shown here: “Change of band”. Band is shown in its place." in page.warning[
        0
    ].value.replace("\\", "")


LIST = "name,kind,x,y\nCentral Library,library,331000,436300\nFar Away Hub,hub,335000,436300\n"


def test_places_stand_on_both_maps_and_in_a_table_with_their_wards():
    page = start()
    page.file_uploader(key="proposal_places").upload("places.csv", LIST.encode(), "text/csv").run()
    assert not page.exception and not page.error
    for one in maps_on(page):
        assert "Central Library: library, stays as it is" in one["feature_group"]
    words = text(page)
    assert "The places on both maps" in words
    assert "Central Library" in words and "Outside these wards" in words


def test_what_closes_on_the_places_page_closes_on_these_maps():
    page = start()
    page.file_uploader(key="proposal_places").upload("places.csv", LIST.encode(), "text/csv").run()
    page.session_state["proposal_visit"]["places_closing"] = ["Central Library"]
    page.run()
    assert all("Central Library: library, closes" in one["feature_group"] for one in maps_on(page))


# ------------------------------------------------------------------ the picture


def test_the_picture_of_a_change_names_both_releases_the_classes_and_the_places(blackpool, changes, tmp_path):
    layer = side.layer(blackpool, blackpool, f"{side.CHANGE}: no_car", changes)
    (tmp_path / "places.csv").write_text(LIST, encoding="utf-8")
    marks = places_shown.place_marks(places.for_map(places.read_places(tmp_path / "places.csv").table))
    source = "Kept Open. Drawn on 27 November 2026."
    made = pictures.draw(
        blackpool.areas, layer.classes, layer.shades, title="Map", source=source, nothing=layer.nothing, note=layer.note, places=marks
    )
    svg = made.svg().decode()
    assert "2025.1" in svg and "Drawn on 27 November 2026" in svg
    for words in ("3 points higher or more (1)", "Boundary changed, not comparable (1)", "Not known in one of the two releases (1)"):
        assert words in svg
    assert "Places: Central Library (stays as it is) and Far Away Hub (stays as it is)." in made.words
    assert made.png().startswith(b"\x89PNG")


def test_the_png_writes_every_letter_of_our_names(bundled):
    """Pillow's own font has no ô, ŷ or –, and draws an empty box for each: then they are written plainer."""
    letters = set("".join(bundled.areas["area_name"])) | set("–−≠")
    font, bare = pictures._font(40)
    box = bytes(font.getmask("\ue123"))
    for one in letters - {" "}:
        _, written = pictures._letters(40, one)
        assert written and bytes(font.getmask(written)) != box, (one, written, bare)


def test_without_a_font_of_the_machine_letters_are_written_plainer(monkeypatch):
    monkeypatch.setattr(pictures, "FONTS", ("no-such-font.ttf",))
    pictures._font.cache_clear()
    try:
        assert pictures._letters(40, "Ynys Môn – ŷ ≠")[1] == "Ynys Mon - y /"
        font, _ = pictures._font(40)
        assert io.BytesIO(bytes(font.getmask("Ynys Mon - y /"))).getvalue()
    finally:
        pictures._font.cache_clear()
