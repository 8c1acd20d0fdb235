"""A visit in Welsh, in a real browser: changed by keyboard, told to screen readers, kept in the link, changed back."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

WELSH = "Heb ei wirio gan gyfieithydd eto."


def language(page) -> str:
    return str(page.evaluate("document.documentElement.lang"))


def arrive(open_page, settle, address: str, heading: str, **screen):
    page = open_page(address, **screen)
    page.get_by_role("heading", name=heading, level=1, exact=True).wait_for(timeout=120_000)
    page.wait_for_selector("[data-testid=stHtml] *", state="attached")
    settle(page)
    return page


def press(page, name: str) -> None:
    """Go to a button with Tab and press it, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip() == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab never came to {name}")


def test_a_visit_is_changed_to_welsh_by_keyboard_and_its_link_opens_in_welsh_for_somebody_else(
    open_page, app, settle, axe, turn_to, map_frame
):
    page = arrive(open_page, settle, app, "Service")
    assert language(page) == "en"
    button = page.get_by_role("button", name="Cymraeg")
    assert button.get_attribute("lang") == "cy", "a screen reader says the name of a language in that language"
    press(page, "Cymraeg")
    page.get_by_role("heading", name="Gwasanaeth", level=1, exact=True).wait_for()
    settle(page)
    assert language(page) == "cy"
    assert page.title() == "Gwasanaeth - Kept Open"
    drawn = map_frame(page)
    assert drawn.evaluate("document.documentElement.lang") == "cy"
    assert "Mae bysellau saeth" in drawn.get_attribute("#map_div", "aria-label")
    assert page.get_by_role("heading", name="Y lleiafswm ym mhobman", exact=True).is_visible()
    assert page.get_by_role("note").get_by_text(WELSH).is_visible()
    assert page.locator("[role=note] [lang=en]").inner_text().startswith("Cymraeg: Not yet checked by a translator.")
    assert "lang=cy" in page.url
    assert axe(page) == []

    turn_to(page, "Wardiau", "Map risg")
    assert page.get_by_role("note").get_by_text(WELSH).is_visible()
    assert "lang=cy" in page.url

    other = arrive(open_page, settle, page.url, "Map risg", width=320)
    assert language(other) == "cy"
    assert other.locator("[data-testid=stMain]").evaluate("node => node.scrollWidth - node.clientWidth") <= 0
    assert axe(other) == []

    press(page, "English")
    page.get_by_role("heading", name="Risk map", level=1, exact=True).wait_for()
    settle(page)
    assert language(page) == "en"
    assert "lang=" not in page.url
    assert page.get_by_role("note").count() == 0


MENU = {
    "Wards": "Wardiau",
    "Figures": "Ffigurau",
    "Proposals": "Cynigion",
    "Two maps": "Dau fap",
    "Ward": "Ward",
    "Method": "Dull",
    "Proposal": "Cynnig",
}


def test_longer_words_fit_on_a_narrow_screen(open_page, app, settle, axe, walk):
    page = open_page(f"{app}/?ward=Bloomfield+(E05015188)&lang=cy")
    page.get_by_role("note").get_by_text(WELSH).wait_for()
    settle(page)
    found = {}
    for name, _ in walk(page, ["two_maps", "ward", "method", "proposal"], MENU.__getitem__):
        page.set_viewport_size({"width": 320, "height": 900})
        page.wait_for_timeout(300)
        settle(page)
        assert page.get_by_role("note").get_by_text(WELSH).is_visible()
        wider = page.locator("[data-testid=stMain]").evaluate("node => node.scrollWidth - node.clientWidth")
        found[name] = (max(wider, 0), axe(page))
    assert found == {name: (0, []) for name in found}


def test_what_one_map_shows_stays_when_the_language_changes(open_page, app, settle):
    page = arrive(open_page, settle, f"{app}/two_maps?map_left=Unpaid+carers", "Two maps")
    assert page.get_by_text("Map on the left: Unpaid carers").count() or page.get_by_text("Unpaid carers: fifth").count()
    page.get_by_role("button", name="Cymraeg").click()
    page.get_by_role("heading", name="Dau fap", level=1, exact=True).wait_for()
    settle(page)
    assert page.get_by_text("Gofalwyr di-dâl: pumed ran").count() > 0
    assert not page.get_by_text("Mae'r ddolen hon yn enwi").count()
