"""The method page in a real browser: drawn, readable by everyone, taken away, and nothing asked of anyone else."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

CHART = "[data-testid=stVegaLiteChart] svg"


@pytest.fixture
def method(open_page, app, settle):
    """``method(width=360)`` -> the page, once its three pictures are drawn; ``open_page`` fails on any request to elsewhere."""

    def opened(**screen):
        page = open_page(f"{app}/method?ward=Bloomfield+(E05015188)", **screen)
        page.wait_for_selector(CHART, timeout=120_000)
        settle(page)
        page.wait_for_function(f"document.querySelectorAll('{CHART}').length === 3", timeout=120_000)
        return page

    return opened


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(method, axe, width):
    page = method(width=width, touch=width < 600)
    assert axe(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    # No word of a picture is cut off at its edge: side by side, two of three words of a legend were lost on a phone.
    cut = """svg => { const box = svg.getBoundingClientRect(); return [...svg.querySelectorAll("text")]
        .filter(one => { const at = one.getBoundingClientRect(); return at.width && (at.right > box.right + 1 || at.left < box.left - 1); })
        .map(one => one.textContent) }"""
    assert page.eval_on_selector_all(CHART, f"all => all.flatMap({cut})") == []


def test_a_screen_reader_hears_what_each_picture_shows_and_the_audit_is_made_when_it_is_asked_for(method):
    page = method()
    said = page.eval_on_selector_all("[data-testid=stVegaLiteChart]", "all => all.map(one => one.getAttribute('aria-label'))")
    assert said[0].startswith("Bar chart of what makes the score of Bloomfield")
    assert said[1].startswith("Picture of 21 wards, by name")
    assert said[2].startswith("Chart of how far scores agree")
    for label, start in (("Audit (web page)", b"<!DOCTYPE html>"), ("Audit (Word)", b"PK")):
        with page.expect_download(timeout=120_000) as taken:
            page.get_by_role("button", name=label).click()
        content = Path(taken.value.path()).read_bytes()
        assert taken.value.suggested_filename.startswith("audit-blackpool.")
        assert content.startswith(start) and len(content) > 20_000
