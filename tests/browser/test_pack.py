"""The pages of a pack in a real browser: on paper, on a telephone, and to a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import exclusion
from exclusion import report
from exclusion.release import Evidence

pytestmark = pytest.mark.browser
TODAY = date(2026, 11, 24)
# Each council with the service that gives its ward pages most to say.
PACKS = [("Blackpool", "blue_badge"), ("Ribble Valley", "blue_badge"), ("Tower Hamlets", "council_tax_reduction")]


@pytest.fixture(scope="module", params=PACKS, ids=[council for council, _ in PACKS])
def pack(request: pytest.FixtureRequest, bundled: Evidence, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    council, service = request.param
    assessment = exclusion.assess(bundled, [council], [service], today=TODAY)
    return report.write_pack(assessment, tmp_path_factory.mktemp("pack") / "pages", today=TODAY)


def sides(pdf: bytes) -> int:
    """How many sides a PDF from Chromium has: it writes its page objects in the open."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_each_ward_page_prints_on_one_side_of_a4(pack: list[Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pack[1].as_uri())
    counted = {}
    for path in pack[1:]:
        page.goto(path.as_uri())
        pdf = page.pdf(prefer_css_page_size=True)
        assert b"/MediaBox [0 0 594.9" in pdf or b"/MediaBox [0 0 595" in pdf, "not A4"
        counted[path.name] = sides(pdf)
    assert {name: number for name, number in counted.items() if number != 1} == {}
    page.goto(pack[0].as_uri())
    assert sides(page.pdf(prefer_css_page_size=True)) > 1, "the council page is longer; if not, this count counts nothing"


def test_printed_pages_are_black_on_white(pack: list[Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pack[1].as_uri())
    page.emulate_media(media="print")
    of = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    colours = page.evaluate(f"() => [...document.querySelectorAll('body *')].flatMap({of})")
    assert set(colours) <= {"rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"}


@pytest.mark.parametrize("number", [0, 1], ids=["council", "ward"])
def test_a_page_is_read_without_scrolling_sideways_at_320_px(pack: list[Path], open_page: Callable[..., Any], number: int) -> None:
    page = open_page(pack[number].as_uri(), width=320, height=740, touch=True)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("number", [0, 1], ids=["council", "ward"])
def test_axe_finds_nothing(pack: list[Path], open_page: Callable[..., Any], axe: Callable[[Any], list[str]], number: int) -> None:
    # The page forbids scripts of its own; the checker is let in by the browser.
    page = open_page(pack[number].as_uri())
    assert axe(page) == []


def test_links_lead_to_the_ward_and_back(pack: list[Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pack[0].as_uri())
    page.click("tbody a >> nth=0")
    assert Path(page.url).name == pack[1].name
    page.click("footer a")
    assert page.url.endswith("index.html")
