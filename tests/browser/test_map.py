"""The map by itself, in a real browser: drawn, coloured, chosen from, with no call to any other machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

WARDS = "path.leaflet-interactive"


@pytest.fixture(scope="module")
def map_page(serving: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Nine square wards in three rows, Alder to Ivy, west to east and north to south; Ivy & Sons is spelt to break markup."""
    names = ["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy <i>& Sons</i>"]
    step = 0.01
    features = []
    for place, name in enumerate(names):
        west, north = -3.0 + step * (place % 3), 53.80 - step * (place // 3)
        ring = [[west, north], [west + step, north], [west + step, north - step], [west, north - step], [west, north]]
        known = {"ward_code": f"E0500000{place}", "ward_name": name}
        features.append({"type": "Feature", "properties": known, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    file = tmp_path_factory.mktemp("shapes") / "wards.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with serving(Path(__file__).parent / "map_page.py", KEPT_OPEN_TEST_SHAPES=str(file)) as address:
        yield address


def test_every_ward_is_drawn_with_its_name_number_and_word_and_markup_in_a_name_is_shown_as_text(open_page, map_frame, map_page):
    frame = map_frame(open_page(map_page))
    assert frame.locator(WARDS).count() == 9
    labels = frame.locator(WARDS).evaluate_all("paths => paths.map(path => path.getAttribute('aria-label'))")
    # the page colours ward n with class n mod 5, and leaves the first without a figure
    assert labels[:3] == ["Alder: Not scored", "Birch: 2 Lower", "Cedar: 3 Middle"]
    assert frame.locator(".ward-name").nth(1).inner_text() == "Birch 2"
    assert frame.locator(".ward-name b").last.inner_text() == "Ivy <i>& Sons</i>"
    assert frame.locator(".ward-name b i").count() == 0


def test_a_name_is_white_on_the_dark_classes_and_black_on_the_light_ones(open_page, map_frame, map_page):
    frame = map_frame(open_page(map_page))
    inks = frame.locator(".ward-name span").evaluate_all("all => all.map(one => [one.textContent.slice(-1), getComputedStyle(one).color])")
    assert {number for number, _ in inks} >= set("12345")
    assert all((ink == "rgb(255, 255, 255)") == (number in "45") for number, ink in inks), inks


def test_the_slider_recolours_and_a_click_chooses_a_ward_without_reloading_the_map(open_page, map_frame, map_page):
    page = open_page(map_page)
    frame = map_frame(page)
    frame.evaluate("window.__mark = 'still here'")
    page.get_by_role("slider", name="Shift").focus()
    page.keyboard.press("ArrowRight")
    frame.wait_for_selector(f"{WARDS}[aria-label='Birch: 3 Middle']")
    assert frame.evaluate("window.__mark") == "still here"
    frame.locator(WARDS).nth(4).click()
    page.get_by_text("E05000004").wait_for()
    frame.wait_for_selector(f"{WARDS}[aria-label^='Elm'][aria-pressed=true]")
    assert frame.evaluate("window.__mark") == "still here"


def test_the_keyboard_has_one_stop_for_all_wards_and_arrows_move_between_them(open_page, map_frame, map_page):
    page = open_page(map_page)
    frame = map_frame(page)
    assert frame.locator(f"{WARDS}[tabindex='0']").count() == 1
    frame.locator(WARDS).first.focus()
    here = "document.activeElement.getAttribute('aria-label').split(':')[0]"
    walked = []
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp", "End", "Home"):
        page.keyboard.press(key)
        walked.append(frame.evaluate(here))
    # from Alder: east, south, south, west, north; then the last and the first ward
    assert walked == ["Birch", "Elm", "Hazel", "Gorse", "Dogwood", "Ivy <i>& Sons</i>", "Alder"]
    assert frame.locator(f"{WARDS}[tabindex='0']").count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("E05000003").wait_for()


def test_wards_without_outlines_are_points_that_can_be_chosen(open_page, map_frame, map_page, settle):
    page = open_page(map_page)
    map_frame(page)
    page.get_by_text("Points only").click()
    page.get_by_text("We hold no outlines").wait_for()
    settle(page)
    frame = map_frame(page)
    assert frame.locator(WARDS).count() == 9
    frame.locator(WARDS).nth(7).click()
    page.get_by_text("E05000007").wait_for()


def touch(devices: Any, kind: str, *points: tuple[float, float]) -> None:
    """Put fingers on the screen (touchStart), move them (touchMove), lift them (touchEnd)."""
    devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]})


def test_one_finger_on_the_map_scrolls_the_page(open_page, map_frame, map_page):
    page = open_page(map_page, width=360, height=640, touch=True)
    frame = map_frame(page)
    box = page.query_selector("iframe[title^='Map']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 150
    before = frame.evaluate("map.getCenter()")
    devices = page.context.new_cdp_session(page)
    touch(devices, "touchStart", (x, y))
    for moved in range(10, 160, 10):
        touch(devices, "touchMove", (x, y - moved))
        page.wait_for_timeout(16)
    touch(devices, "touchEnd")
    page.wait_for_timeout(300)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") > 100
    assert frame.evaluate("map.getCenter()") == before


def test_two_fingers_move_the_map(open_page, map_frame, map_page):
    page = open_page(map_page, width=360, height=640, touch=True)
    frame = map_frame(page)
    box = page.query_selector("iframe[title^='Map']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 150
    before = frame.evaluate("map.getCenter().lat")
    devices = page.context.new_cdp_session(page)
    touch(devices, "touchStart", (x - 40, y), (x + 40, y))
    for moved in range(10, 90, 10):
        touch(devices, "touchMove", (x - 40, y + moved), (x + 40, y + moved))
        page.wait_for_timeout(16)
    touch(devices, "touchEnd")
    page.wait_for_timeout(500)
    assert frame.evaluate("map.getCenter().lat") > before  # the fingers went down, so the map shows what lies further north


def test_a_tap_chooses_and_buttons_are_large_enough_for_a_finger(open_page, map_frame, map_page):
    page = open_page(map_page, width=360, height=640, touch=True)
    frame = map_frame(page)
    frame.locator(WARDS).nth(4).tap()
    page.get_by_text("E05000004").wait_for()
    sizes = frame.locator(".leaflet-control-zoom a").evaluate_all("links => links.flatMap(one => [one.offsetWidth, one.offsetHeight])")
    assert min(sizes) >= 44
