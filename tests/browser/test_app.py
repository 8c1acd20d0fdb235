"""The whole app on the bundled release, in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path
from statistics import median
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.browser

WARDS = "path.leaflet-interactive"
ROOT = Path(__file__).parents[2]
WARD = "?ward=Bloomfield+(E05015188)"
THREE = "council=Blackpool+(E06000009)&council=Ribble+Valley+(E07000124)&council=Tower+Hamlets+(E09000030)"


@pytest.fixture
def visit(open_page, app, settle, map_frame):
    """``visit("ward?ward=...", width=360)`` -> that page, once it stands still and its map is drawn."""

    def visited(place: str = "", **screen):
        page = open_page(f"{app}/{place}", **screen)
        page.wait_for_selector("h1", timeout=120_000)
        page.wait_for_selector("[data-testid=stHtml] *", state="attached", timeout=120_000)  # our style and HTML load after the rest
        settle(page)
        if page.query_selector("[data-testid=stCustomComponentV1], iframe[title*='olium'], iframe[title^='Map']"):
            map_frame(page)
        return page

    return visited


# ------------------------------------------------------------------ speed


def test_a_link_into_a_server_nobody_has_visited_opens_under_the_menu_and_can_be_used(open_page, serving, map_frame, record_property):
    """Used: the questions can be answered and the table with its reasons can be read. The picture follows.

    How long it took is recorded, not judged: seconds say as much of the machine's other work as of the app.
    """
    with serving(ROOT / "app.py") as address:
        start = time.monotonic()
        page = open_page(f"{address}/risk_map?ward=Bloomfield+(E05015188)")
        page.get_by_role("table").first.wait_for()
        page.get_by_role("combobox", name="Service that would move online").wait_for()
        record_property("seconds to the first page", round(time.monotonic() - start, 1))
        map_frame(page)
        assert page.get_by_role("combobox", name="Service that would move online").is_enabled()
        assert page.title() == "Risk map - Kept Open"
        page.get_by_role("button", name="Wards", exact=True).click()
        names = page.get_by_role("menuitem").all_inner_texts()
        assert names == ["Ward", "Risk map", "Two maps", "National map"]  # names of ours, not the files'


def test_a_ward_is_found_from_any_page_and_the_link_says_which(visit, settle):
    page = visit("risk_map?council=E07000124")
    page.wait_for_url(lambda url: "Ribble" in url)  # by its code, as the command line names it; the address says it in full
    settle(page)
    assert "Ribble" in page.url, "the council fell out of the address, so that the link copied on opens another"
    page.get_by_label("Find a ward").fill("roundhay")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Roundhay, Leeds (E05011411)").click()
    page.get_by_role("heading", name="Who lives here").wait_for()
    settle(page)
    page.get_by_text("Roundhay, Leeds (E05011411).", exact=True).wait_for()
    page.wait_for_url(lambda url: "ward=Roundhay" in url and "council=Leeds" in url)
    other = visit(page.url.split("/")[-1])
    other.get_by_text("Roundhay, Leeds (E05011411).", exact=True).wait_for()


def test_a_link_by_name_and_code_opens_also_for_the_council_that_is_shown_by_itself(visit, settle):
    page = visit("ward?council=Blackpool&ward=E05015188")
    page.get_by_text("Bloomfield, Blackpool (E05015188).", exact=True).wait_for()
    settle(page)
    assert "ward=Bloomfield" in page.url and not page.locator("[data-testid=stException]").count()


def test_a_weight_repaints_the_map_without_reloading_it(visit, map_frame, settle, record_property):
    page = visit(f"risk_map?{THREE}")
    frame = map_frame(page)
    assert page.locator("iframe[title='Map of wards: likelihood of not using the internet']").count() == 1
    frame.evaluate("window.__mark = 'still here'")
    frame.evaluate(
        "window.__painted = [];"
        "new MutationObserver(() => window.__painted.push(Date.now()))"
        ".observe(document.querySelector('#map_div'), {attributes: true, attributeFilter: ['data-applied']})"
    )
    page.evaluate("window.__pressed = []; document.addEventListener('keydown', () => window.__pressed.push(Date.now()), true)")
    page.get_by_role("slider", name="Age").focus()
    for key in ["PageDown", "PageUp", "Home", "End"] * 2:
        before = frame.evaluate("window.__painted.length")
        page.keyboard.press(key)
        frame.wait_for_function(f"window.__painted.length > {before}")
        settle(page)
    pressed, painted = page.evaluate("window.__pressed"), frame.evaluate("window.__painted")
    waits = [
        min(moment - press for moment in painted if moment >= press) for press in pressed if any(moment >= press for moment in painted)
    ]
    assert len(waits) == 8
    record_property("milliseconds from key to colour, median", median(waits))  # recorded, not judged
    assert frame.evaluate("window.__mark") == "still here"


# ------------------------------------------------------------------ the map and the page


def test_a_click_on_a_ward_fills_the_page_and_the_address_without_reloading_the_map_and_one_link_leads_on(visit, map_frame):
    page = visit()
    status = page.get_by_role("status").filter(has_text="wards")
    assert "13 of 21 wards" in status.inner_text()
    assert status.get_attribute("aria-live") == "polite"  # a changed answer is announced
    frame = map_frame(page)
    frame.evaluate("window.__mark = 'still here'")
    frame.locator(f"{WARDS}[aria-label^='Bloomfield']").click()
    page.get_by_role("heading", name="Bloomfield").wait_for()
    page.get_by_text("about 5,700 people in households on a low income (74%").first.wait_for()
    page.wait_for_url("**ward=Bloomfield**")
    assert frame.evaluate("window.__mark") == "still here"
    page.get_by_role("link", name="Everything about this ward").click()
    page.get_by_role("heading", name="Who lives here").wait_for()
    page.get_by_text("Bloomfield, Blackpool (E05015188)").wait_for()


def test_the_choices_travel_from_page_to_page(visit, turn_to):
    page = visit("?council=Ribble+Valley+(E07000124)&ward=Bowland+(E05012002)")
    turn_to(page, "Wards", "Risk map")
    page.get_by_role("heading", name="Bowland").wait_for()
    page.wait_for_url(
        lambda url: "council=Ribble" in url and "ward=Bowland" in url, timeout=120_000
    )  # the address follows, so it can be shared from here too


def test_findings_a_picture_and_a_page_for_each_member_can_be_taken_away(visit, tmp_path):
    page = visit()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Findings (CSV)").click()
    kept = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(kept)
    assert kept.read_bytes().startswith(b"\xef\xbb\xbfarea_code,area_name,service_id,channel,kind")  # as Excel can read it
    assert kept.name == "council_tax_reduction-findings.csv"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="This map as a picture (PNG)").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")
    assert waiting.value.suggested_filename.endswith("blackpool.png")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="A page for each member (zip)").click()
    waiting.value.save_as(tmp_path / "pages.zip")
    with ZipFile(tmp_path / "pages.zip") as pack:
        assert len(pack.namelist()) == 22  # the council's page and one for each of Blackpool's 21 wards
        assert "Bloomfield" in pack.read("index.html").decode()


def test_own_counts_stay_in_the_session_that_brought_them(visit):
    page = visit()
    page.get_by_text("Lay your own counts beside").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "calls.csv", "mimeType": "text/csv", "buffer": b"ward,calls\nBloomfield,1204\n"}
    )
    page.get_by_role("columnheader", name="calls (yours)").wait_for()
    other = visit()
    assert other.get_by_text("calls (yours)").count() == 0


def test_a_map_that_cannot_be_drawn_says_so(open_page, app):
    page = open_page("about:blank")
    page.route("**/exclusion.ui.drawing.shapes/**", lambda route: route.abort())
    page.goto(app)
    page.frame_locator("iframe[title^='Map']").get_by_role("alert").wait_for()


def test_two_maps_move_together(visit):
    page = visit("two_maps")
    frames = []
    for side in ("left", "right"):
        frames.append(page.wait_for_selector(f"iframe[title^='Map on the {side}']").content_frame())
        frames[-1].wait_for_selector("#map_div[data-ready]", timeout=120_000)
    seen = "(() => [map.getZoom(), map.getCenter().lat, map.getCenter().lng])()"
    for mover, follower in (frames, frames[::-1]):
        before = follower.evaluate(seen)
        mover.evaluate("map.setZoom(map.getZoom() + 0.5, {animate: false})")
        follower.wait_for_function(f"{seen}[0] !== {before[0]}")
        assert follower.evaluate(seen) == pytest.approx(mover.evaluate(seen))


# ------------------------------------------------------------------ the menu


def titles() -> set[str]:
    """What each page calls itself."""
    return {re.search(r'ui\.page\(mark\("([^"]+)"\)', path.read_text(encoding="utf-8"))[1] for path in (ROOT / "pages").glob("*.py")}


def test_every_page_is_in_the_menu_under_its_section_and_none_is_folded_away(visit, axe):
    page = visit("accessibility")
    menu = page.get_by_role("navigation", name="App pages")
    sections = menu.get_by_role("button").all_inner_texts()
    assert sections == ["Services", "Wards", "Proposals", "Figures", "Help"]  # none is "4 more"
    met = []
    for section in sections:
        menu.get_by_role("button", name=section).click()
        page.wait_for_timeout(200)
        met += page.get_by_role("menuitem").all_inner_texts()
        assert axe(page) == []
        page.keyboard.press("Escape")
    assert sorted(met) == sorted(titles())
    page.set_viewport_size({"width": 320, "height": 900})  # what zooming to 400% does
    page.get_by_role("button", name="Expand sidebar").click()
    page.wait_for_timeout(500)
    links = menu.get_by_role("link")
    assert sorted(links.all_inner_texts()) == sorted(titles())
    assert all(link.is_visible() for link in links.all())
    assert axe(page) == []


# ------------------------------------------------------------------ for everyone


EVERY = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]  # by itself, so that no new page is forgotten


@pytest.mark.parametrize(
    ("start", "names"),
    [("", EVERY), (f"ward{WARD}", ["service", "risk_map", "councillor", "ward"])],
    ids=["every page", "with a ward chosen"],
)
def test_axe_finds_nothing_on_a_wide_screen_and_at_320_pixels_where_only_framed_tables_scroll_sideways(
    visit, walk, at_both_widths, axe, start, names
):
    page = visit(start, width=1280, height=900)
    found = {}
    for name, title in walk(page, names):
        assert not start or "ward=Bloomfield" in page.url
        assert page.title() == f"{title} - Kept Open"
        found |= {f"{name} at {width}": seen for width in at_both_widths(page) if (seen := faults(page, axe))}
    assert found == {}


def test_axe_finds_nothing_on_the_national_map_with_wards(visit, at_both_widths, axe):
    page = visit("national?by=Wards&look=Blackpool+(E06000009)&look_ward=Bloomfield+(E05015188)")
    assert {width: seen for width in at_both_widths(page) if (seen := faults(page, axe))} == {}


def faults(page, axe) -> list[str]:
    """What somebody with a screen reader, or with a narrow screen, would stumble over."""
    found = axe(page)
    if (heads := page.locator("h1").count()) != 1:
        found.append(f"{heads} first headings")
    if unnamed := page.locator("iframe:not([title])").count():
        found.append(f"{unnamed} frames without a name")
    if (wider := page.locator("[data-testid=stMain]").evaluate("node => node.scrollWidth - node.clientWidth")) > 0:
        found.append(f"scrolls sideways by {wider}")
    return found


def test_buttons_and_boxes_are_large_enough_for_a_finger(visit):
    page = visit("?ward=Bloomfield+(E05015188)", width=360, height=800, touch=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] :is(button, summary, a, [role=group])')]
            .filter(node => node.offsetParent && !node.matches('[role=group]:not([data-rac])'))
            .map(node => [node.getAttribute('aria-label') || node.innerText, node.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
            .map(([name, box]) => `${name}: ${Math.round(box.width)} by ${Math.round(box.height)}`)"""
    )
    assert small == []


def test_the_whole_way_can_be_gone_by_keyboard_alone(visit, map_frame, settle):
    """From the top of the page to a ward on the map, its reasons, the table, and the page of the ward; nothing is clicked."""
    page = visit()
    frame = map_frame(page)
    page.evaluate("document.activeElement.blur()")
    on_ward = "document.activeElement && document.activeElement.matches('path.leaflet-interactive')"
    stops = 0
    while not (page.evaluate("document.activeElement.tagName") == "IFRAME" and frame.evaluate(on_ward)):
        page.keyboard.press("Tab")
        stops += 1
        assert stops < 60, "Tab never came to the wards"
    page.keyboard.press("ArrowDown")
    name = frame.evaluate("document.activeElement.getAttribute('aria-label').split(':')[0]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=name, exact=True).wait_for()
    settle(page)
    frame.locator("path[tabindex='0']").focus()
    wanted = ["Everything about this ward", "council tax support) claim: what to keep open, by ward"]
    met = []
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || ''")
        met += [one for one in wanted if one in here and one not in met]
        if met == wanted:
            break
    assert met == wanted


def test_on_paper_the_page_keeps_its_words_and_leaves_out_its_buttons(visit, tmp_path):
    page = visit("ward?ward=Bloomfield+(E05015188)")
    page.emulate_media(media="print")
    shown = page.locator("[data-testid=stHeader], [data-testid=stDownloadButton], .st-key-find").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height > 0).length"
    )
    assert shown == 0
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("node => getComputedStyle(node).overflowY") == "visible"  # else only the first sheet is printed
    assert main.evaluate("node => node.scrollHeight") > 2000
