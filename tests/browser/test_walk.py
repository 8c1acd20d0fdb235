"""The walk of a new user, from a postcode to a shared link, by keyboard alone; and a link followed within one visit."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from test_register_browser import sides

pytestmark = pytest.mark.browser

BLOOMFIELD = "E05015188"


def tab_to(page, wanted: str, *, back: bool = False) -> None:
    """Press Tab (or Shift and Tab) until what has the focus is called ``wanted``, as somebody without a mouse does."""
    called = """() => { const it = document.activeElement; const of = it.labels && it.labels[0];
        return it.getAttribute('aria-label') || (of && of.innerText) || it.innerText || '' }"""
    for _ in range(90):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate(called).strip().startswith(wanted):
            return
    raise AssertionError(f"Tab never came to {wanted}")


def turn(page, settle, section: str, title: str) -> None:
    """Go to a page by the menu, with keys."""
    page.evaluate("document.activeElement.blur()")
    page.get_by_role("link", name="Skip to main content").focus()  # where Tab stands when a page has just opened
    tab_to(page, section)
    page.keyboard.press("Enter")
    for _ in range(6):
        page.wait_for_timeout(100)
        if page.evaluate("document.activeElement.innerText") == title:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=title, level=1).wait_for()
    settle(page)


def band_of(page) -> str:
    """The band that the risk map says of the chosen ward."""
    said = page.get_by_text(re.compile(r"^Band \d \w+\. People unlikely")).inner_text()
    return re.match(r"Band (\d \w+)", said)[1]


def test_a_new_user_walks_from_a_postcode_to_a_link_that_opens_the_same(open_page, app, settle, tmp_path):
    page = open_page(app)
    page.get_by_role("heading", name="Service", level=1).wait_for()
    settle(page)

    # Find one's ward: by a postcode, then by a name.
    tab_to(page, "Find a ward")
    page.keyboard.type("fy1 5aa")
    page.keyboard.press("Enter")
    page.get_by_text("FY1 5AA lies in this ward, says the file of postcode points.").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("bloomfield blackpool")
    page.keyboard.press("Enter")
    page.get_by_text("One ward matches “bloomfield blackpool”.").wait_for()
    tab_to(page, "Bloomfield, Blackpool (E05015188)")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Ward", level=1).wait_for()
    page.get_by_text("Bloomfield, Blackpool (E05015188).", exact=True).wait_for()

    # Pick a service, and see why the ward is flagged.
    turn(page, settle, "Services", "Service")
    tab_to(page, "Service that would move online")
    page.keyboard.type("Blue Badge")
    page.keyboard.press("Enter")
    page.wait_for_url("**service=blue_badge**")
    page.get_by_role("heading", name="Bloomfield", exact=True).wait_for()
    settle(page)
    why = page.get_by_role("listitem").filter(has_text="Advise keeping: face to face. This ward has about 1,100 people whose day-to-day")
    assert "15% of all residents, against 7.3% in England" in why.inner_text()

    # Change a weight: the ward's band changes with it.
    turn(page, settle, "Wards", "Risk map")
    assert band_of(page) == "5 Highest"
    tab_to(page, "Age")
    for _ in range(4):  # by ten a press
        page.keyboard.press("PageUp")
    page.get_by_text("Band 3 Middle").wait_for()
    settle(page)
    assert "w_age=76" in page.url

    # Export the table at these weights, and read it.
    tab_to(page, "Ward figures at these weights (CSV)")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    waiting.value.save_as(tmp_path / "wards.csv")
    rows = {row["area_code"]: row for row in csv.DictReader(io.StringIO((tmp_path / "wards.csv").read_text(encoding="utf-8-sig")))}
    assert len(rows) == 21
    mine = rows[BLOOMFIELD]
    assert (mine["area_name"], mine["band"], mine["band_word"]) == ("Bloomfield", "3", "Middle")
    assert float(mine["domain_age_weight"]) == pytest.approx(76 / 140, abs=1e-6)
    risk_link = page.url

    # Print the councillor page of the same ward and service: one side.
    turn(page, settle, "Proposals", "Councillor page")
    page.get_by_text("minutes read aloud").wait_for()
    assert sides(page) == 1
    councillor_link = page.url

    # Share both links: a second browser that has seen nothing opens them to the same state.
    other = open_page(risk_link)
    other.get_by_role("heading", name="Bloomfield", exact=True).wait_for()
    settle(other)
    assert band_of(other) == "3 Middle"
    assert other.get_by_role("slider", name="Age").input_value() == "76"
    assert other.get_by_role("combobox", name="Service that would move online").input_value() == "Blue Badge (disabled parking permit)"
    other.goto(councillor_link)
    other.get_by_text("minutes read aloud").wait_for()
    other.get_by_role("combobox", name="Ward", exact=True).wait_for()  # Streamlit fetches the code of its questions when it first shows one
    settle(other)
    theirs, ours = (one.locator("[data-testid=stMain]").inner_text() for one in (other, page))
    assert "Bloomfield" in ours and "Blue Badge" in ours
    assert theirs == ours


# ------------------------------------------------------------------ links within one visit


def shown(page) -> dict[str, str]:
    """The answers that the questions of a page show."""
    asked = {
        "ward": page.get_by_role("combobox", name="Ward", exact=True),
        "service": page.get_by_role("combobox", name="Service that would move online"),
        "age": page.get_by_role("slider", name="Age"),
    }
    return {name: one.input_value() for name, one in asked.items() if one.count()}


def said_by(address: str) -> dict[str, str]:
    """The answers that an address names; the first of each question where it names none."""
    given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    service = "Blue Badge (disabled parking permit)" if given.get("service") else "Council tax reduction (council tax support) claim"
    return {"ward": given.get("ward", ""), "service": service, "age": given.get("w_age", "36")}


def test_back_and_forward_show_what_the_address_says(open_page, app, settle, turn_to):
    """The Back button came to a page whose address named a ward and which showed none."""
    page = open_page(f"{app}/?ward=Talbot+(E05015202)&service=blue_badge")
    page.get_by_role("heading", name="Talbot", exact=True).wait_for()
    settle(page)
    before = page.evaluate("history.length")
    turn_to(page, "Wards", "Risk map")
    assert page.evaluate("history.length") - before <= 4, "Back has to be pressed once for each answer that travelled along"
    page.get_by_role("slider", name="Age").focus()
    page.keyboard.press("PageUp")
    page.wait_for_url("**w_age=46**")
    settle(page)
    assert shown(page) == {"ward": "Talbot (E05015202)", "service": "Blue Badge (disabled parking permit)", "age": "46"}
    turn_to(page, "Wards", "Two maps")
    met = []
    for step in [page.go_back] * 4 + [page.go_forward] * 2:
        step()
        page.wait_for_timeout(200)
        settle(page)
        assert page.locator("[data-testid=stException]").count() == 0
        there = shown(page)
        assert there == {name: answer for name, answer in said_by(page.url).items() if name in there}, page.url
        met.append((urlsplit(page.url).path, there["ward"]))
    assert ("/risk_map", "Talbot (E05015202)") in met


LINKS = (
    "council=E07000124&ward=E05012002&service=blue_badge&w_age=80&map_left=Change+of+band&since=none&show=xx",
    "code=E05011411",
)


@pytest.mark.parametrize("name", ["", "ward", "risk_map", "two_maps", "councillor"])
def test_another_link_to_a_page_one_is_on_is_answered_without_an_error(open_page, app, settle, name):
    """Streamlit refuses to have a question's address set once it was asked: five pages showed that as an error."""
    page = open_page(f"{app}/{name}?council=Blackpool+(E06000009)&ward=Bloomfield+(E05015188)")
    page.get_by_role("heading", level=1).wait_for()
    settle(page)
    for link in LINKS:
        page.evaluate(
            "link => { history.pushState({}, '', location.pathname + (link && '?' + link)); dispatchEvent(new PopStateEvent('popstate')) }",
            link,
        )
        page.wait_for_timeout(200)
        settle(page)
        assert page.locator("[data-testid=stException]").count() == 0, link
