"""The Proposal page in a real browser: filled in by keyboard, read by axe at two widths, asking no other machine."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

PROPOSAL = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[officer]
purpose = "One form, quicker answers."
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
contacts = { online = 2000, phone = 1500, f2f = 900, post = 200 }
[[place]]
name = "Middle House"
kind = "library"
change = "closes"
"""


@pytest.fixture
def filled(open_page, app, settle, map_frame, tmp_path: Path):
    """``filled(width=360)`` -> the page with a proposal uploaded, its map drawn."""

    def opened(**screen):
        page = open_page(f"{app}/proposal", **screen)
        page.wait_for_selector("h1", timeout=120_000)
        settle(page)
        path = tmp_path / "p.toml"
        path.write_text(PROPOSAL, encoding="utf-8")
        page.get_by_test_id("stFileUploader").filter(has_text="live at once").locator("input[type=file]").set_input_files(path)
        page.get_by_role("heading", name="Options side by side").wait_for(timeout=120_000)
        settle(page)
        map_frame(page)
        return page

    return opened


def test_axe_finds_nothing_against_a_full_page(filled, at_both_widths, axe):
    """The empty one is walked to in test_app.py, as every page is."""
    page = filled()
    for width in at_both_widths(page):
        assert axe(page) == [], width
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), width
    # A file button is read with what it asks for: its frame is a group of that name.
    frame = page.get_by_role("group", name="Your ways in without the internet (routes, CSV)")
    assert frame.get_by_role("button", name="Upload", exact=True).count() == 1
    assert "quicker" not in page.url and "1500" not in page.url


def test_the_form_can_be_filled_in_by_keyboard(open_page, app, settle):
    page = open_page(f"{app}/proposal")
    box = page.get_by_role("combobox", name="Phone", exact=True)
    box.wait_for(timeout=120_000)
    settle(page)
    box.focus()
    page.keyboard.type("Closes")
    page.keyboard.press("Enter")
    settle(page)
    day = page.get_by_role("textbox", name="From when")
    day.focus()
    page.keyboard.type("2027-04-01")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Options side by side").wait_for(timeout=120_000)
    assert page.get_by_role("status").filter(has_text="Council tax reduction").count() >= 1


PLACES = """name,kind,x,y,hours
North House,library,331500,441000,40
Middle House,library,331000,436000,40
South House,library,332000,432500,20
"""


def test_a_place_is_closed_by_keyboard_and_axe_finds_nothing_against_what_follows(
    open_page, app, settle, axe, map_frame, tmp_path, at_both_widths
):
    page = open_page(f"{app}/places")
    path = tmp_path / "places.csv"
    path.write_text(PLACES, encoding="utf-8")
    asked = page.get_by_test_id("stFileUploader").filter(has_text="The council's list of places").locator("input[type=file]")
    asked.wait_for(state="attached", timeout=120_000)
    settle(page)
    asked.set_input_files(path)
    box = page.get_by_role("combobox", name="What if these closed")
    box.wait_for(timeout=120_000)
    settle(page)
    box.focus()
    page.keyboard.type("Middle")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("status").filter(has_text="What part of them would have further to go").wait_for(timeout=120_000)
    settle(page)
    map_frame(page)
    for width in at_both_widths(page):
        assert axe(page) == [], width
        assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"), width
    assert "Middle" not in page.url  # what is brought stays in the visit
