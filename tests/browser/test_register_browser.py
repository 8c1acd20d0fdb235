"""Equality review, Register and the councillor page in a real browser: by keyboard, by axe, on paper, and two officers at once."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date

import pytest

from exclusion import proposal, report

pytestmark = pytest.mark.browser
TEXT = """
title = "Blue Badge online"
councils = ["{council}"]
date = 2027-04-01
[officer]
saving = "about £40,000 a year"
[[service]]
id = "{service}"
close = ["f2f"]
fewer_hours = ["phone"]
"""
BADGE = TEXT.format(council="Blackpool", service="blue_badge")


@pytest.fixture
def with_proposal(open_page, app, settle, tmp_path):
    """``with_proposal("equality", width=320)`` -> the page with a proposal given by a file."""

    def opened(name, until, **screen):
        page = open_page(f"{app}/{name}", **screen)
        page.wait_for_selector("h1")
        settle(page)
        path = tmp_path / "p.toml"
        path.write_text(BADGE, encoding="utf-8")
        # By what it asks for: whichever was drawn first was once the one for another register's file, which takes no proposal.
        asked = page.get_by_test_id("stFileUploader").filter(has_text="live at once")
        asked.locator("input[type=file]").set_input_files(path)
        page.get_by_text(until).first.wait_for()
        settle(page)
        return page

    return opened


def sideways(page) -> bool:
    """Whether the page scrolls sideways: Streamlit scrolls its main part, never the document."""
    return page.locator("[data-testid=stMain]").evaluate("node => node.scrollWidth > node.clientWidth")


def sides(page) -> int:
    """How many sides a page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


def test_axe_finds_nothing_on_the_three_pages(with_proposal, settle, axe, at_both_widths):
    review = with_proposal("equality", "The documents")
    for width in at_both_widths(review):
        assert axe(review) == [] and not sideways(review), width
    paper = with_proposal("councillor", "What to read")
    paper.get_by_text("The page for scrutiny").click()
    paper.get_by_role("heading", name="The duty").wait_for()
    for width in at_both_widths(paper):
        assert axe(paper) == [] and not sideways(paper), width
    register = with_proposal("register", "Save as")
    save(register, "A. Officer")
    for part, until in (
        ("As it was saved", "It opens exactly as it was saved"),  # a seal is one word of 64 letters: on a phone it breaks
        ("Answer", "Finding to answer"),
        ("Review", "Enter a review"),
        ("Sign off", "You sign off as"),
        ("History", "What was done, the newest first"),
    ):
        open_saved(register, part)
        register.get_by_text(until).first.wait_for()
        settle(register)
        for width in at_both_widths(register):
            assert axe(register) == [] and not sideways(register), (part, width)


def save(page, name: str) -> None:
    page.get_by_role("textbox", name="Your name, as it should stand").last.fill(name)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Save in the register").click()
    page.get_by_text("It is on the disk").wait_for()


def open_saved(page, part: str) -> None:
    """Open the assessment that was saved last."""
    if not page.get_by_text("What to do with it").count():
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()  # a run that ends redraws the box, and shuts it
        options = page.get_by_role("option")
        for _ in range(40):
            page.get_by_role("combobox", name="Assessment to open").click()
            page.wait_for_timeout(1_000)
            if options.count():
                break
        options.first.click()
        page.get_by_text("What to do with it").wait_for()
    page.get_by_test_id("stRadio").get_by_text(part, exact=True).click()


def test_a_review_is_done_by_keyboard_alone(open_page, app, settle, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(BADGE, encoding="utf-8")
    page = open_page(f"{app}/equality")
    page.set_default_timeout(120_000)
    page.get_by_role("heading", name="Equality review").wait_for()
    settle(page)

    def tab_to(name: str) -> None:
        """Press Tab until what has the focus bears this name."""
        for _ in range(120):
            page.keyboard.press("Tab")
            said = page.evaluate(
                "() => { const e = document.activeElement, group = e.closest('[role=radiogroup]');"
                " return [e.getAttribute('aria-label'), e.labels?.[0]?.innerText, group?.getAttribute('aria-label'),"
                " ...(e.tagName === 'BUTTON' ? e.innerText.split('\\n') : [])].filter(Boolean) }"
            )
            if any(part.strip().startswith(name) for part in said):
                return
        raise AssertionError(f"Tab never came to {name!r}")

    with page.expect_file_chooser() as chooser:
        tab_to("Upload")
        page.keyboard.press("Enter")
    chooser.value.set_files(path)
    page.get_by_role("heading", name="The documents").wait_for()
    settle(page)
    tab_to("Characteristic to look at")
    page.keyboard.type("Disab")
    page.keyboard.press("Enter")
    page.get_by_text("Learning disability: no ward figure").first.wait_for()
    settle(page)
    tab_to("What do people tell you?")
    page.keyboard.type("The deaf club was asked.")
    page.keyboard.press("Tab")
    page.get_by_text("Two questions open").wait_for()
    settle(page)
    page.get_by_role("combobox", name="Finding to answer").focus()
    tab_to("Answer")
    page.keyboard.press("Space")  # the first answer: accept
    tab_to("Your name")
    page.keyboard.type("A. Officer")
    tab_to("Record this answer")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text="21 accepted").wait_for()
    settle(page)
    page.get_by_role("status").filter(has_text="21 accepted").wait_for()
    tab_to("The assessment (Word)")
    with page.expect_download() as got:
        page.keyboard.press("Enter")
    assert got.value.suggested_filename.endswith(".docx")


def test_the_councillor_page_prints_alone_on_one_side(with_proposal, settle, tmp_path):
    page = with_proposal("councillor", "What to read")
    ward = page.get_by_role("combobox", name="Ward", exact=True)
    ward.focus()
    page.keyboard.type("Bloomfield")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="The duty").wait_for()
    settle(page)
    page.evaluate("window.print = () => { window.printed = true }")
    page.get_by_role("button", name="Print this page").click()
    assert page.evaluate("window.printed") is True
    assert sides(page) == 1
    if shutil.which("pdftotext"):
        page.pdf(path=tmp_path / "p.pdf", prefer_css_page_size=True)
        said = subprocess.run(["pdftotext", "-layout", str(tmp_path / "p.pdf"), "-"], check=True, capture_output=True, text=True).stdout
        assert said.split("\n")[0].strip() == "Bloomfield, Blackpool: Blue Badge online"
        assert "Keep open here" in said and "Find a ward" not in said and "Proposal files" not in said


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads a PDF back with pdftotext")
def test_no_heading_caption_or_head_of_a_table_stands_alone_at_the_foot_of_a_printed_side(with_proposal, tmp_path):
    """However far down the page begins: whatever ends a side, what it belongs to stands on it."""
    page = with_proposal("equality", "The documents")
    page.emulate_media(media="print")
    every = "[...document.querySelectorAll('.stMain :is(h2, caption, thead)')]"
    heads = page.evaluate(every + ".map(one => one.innerText.split(/[\\t\\n]/)[0].trim())")
    assert {"What is known and what is open", "Group", "Finding"} <= set(heads)
    ends = []
    for down in range(0, 120, 24):
        page.evaluate(f"document.querySelector('h1').style.marginTop = '{down}mm'")
        page.pdf(path=tmp_path / "p.pdf", prefer_css_page_size=True)
        said = subprocess.run(["pdftotext", "-layout", str(tmp_path / "p.pdf"), "-"], check=True, capture_output=True, text=True).stdout
        sides = [[line.strip() for line in side.splitlines() if line.strip()] for side in said.split("\f") if side.strip()]
        ends += [re.split(r" {2,}", side[-1])[0] for side in sides]
    assert [end for end in ends if end in heads] == [] and len(ends) > 15


def test_two_officers_at_once_lose_nothing(with_proposal, settle):
    first, second = (with_proposal("register", "Save as") for _ in range(2))
    save(first, "A. Officer")
    settle(first)
    second.reload()  # sees the assessment that was saved
    second.get_by_role("heading", name="Open an assessment").wait_for()
    settle(second)
    for page in (first, second):
        open_saved(page, "Answer")
        page.get_by_role("button", name="Record this answer").wait_for()
        settle(page)
    for page, name, response in ((first, "A. Officer", "Accept"), (second, "B. Officer", "Reject")):
        page.get_by_text(f"{response}: it will").click()
        page.get_by_role("textbox", name="Reason, in your own words").fill(f"{name} says so.")
        page.get_by_role("textbox", name="Your name, as it should stand").first.fill(name)
        page.keyboard.press("Tab")
        settle(page)  # a click while the page takes in what was typed can be lost
    for page in (first, second):  # at once: which of them the server takes first is not for the test to say
        page.get_by_role("button", name="Record this answer").click()
    saved = re.compile("Saved as version 2 of")
    first.get_by_text(saved).or_(first.get_by_text("saved version 2 while you worked on version 1.")).first.wait_for()
    (won, winner), (late, loser) = ((first, "A. Officer"), (second, "B. Officer"))
    if not first.get_by_text(saved).count():
        (won, winner), (late, loser) = (late, loser), (won, winner)
    won.get_by_text(saved).wait_for()
    late.get_by_text(f"{winner} saved version 2 while you worked on version 1.").wait_for()
    settle(late)
    assert late.get_by_role("textbox", name="Reason, in your own words").input_value() == f"{loser} says so."
    late.get_by_role("button", name="I have looked at version 2").click()
    settle(late)
    late.get_by_role("button", name="Record this answer").click()
    late.get_by_text("Saved as version 3").wait_for()
    open_saved(late, "History")
    events = late.get_by_role("table").filter(has_text="Answered findings")
    events.wait_for()
    assert events.get_by_role("row").filter(has_text="Answered findings").count() == 2


@pytest.mark.parametrize(
    ("council", "service"),
    [("Blackpool", "blue_badge"), ("Gwynedd", "council_tax_reduction"), ("Glasgow City", "blue_badge"), ("Belfast", "bulky_waste")],
)
def test_ward_and_scrutiny_pages_of_every_nation_print_on_one_side_with_300_words_at_most(bundled, open_page, tmp_path, council, service):
    considered = proposal.consider(bundled, proposal.parse(TEXT.format(council=council, service=service), "p.toml"))
    pages = report.write_pack(considered, tmp_path / "pack")
    wards = [path for path in pages if re.match(r"[EWSN]\d{8}-", path.name)]
    page = open_page("about:blank")
    printed = {}
    for path in [pages[0], pages[1], *wards[:: max(1, len(wards) // 4)]]:
        page.goto(path.as_uri())
        printed[path.name] = sides(page)
    assert {name: number for name, number in printed.items() if number != 1} == {}
    words = {path.name: report.visible_words(path.read_text(encoding="utf-8")) for path in wards}
    assert max(words.values()) <= report.WORDS and len(wards) > 10


def test_a_page_for_scrutiny_with_more_than_it_can_hold_still_prints_on_one_side(bundled, open_page, tmp_path):
    from test_councillor_page import LONG

    held = proposal.consider(bundled, proposal.parse(LONG.replace("{councils}", "Gwynedd"), "p.toml"))
    rows = held.assessment.findings
    answers = rows.assign(
        response=[("accept", "amend", "reject", "")[place % 4] for place in range(len(rows))],
        response_reason=[f"reason {place % 7} " * 20 for place in range(len(rows))],
        response_name=[f"An Officer with a long name {place % 5}" for place in range(len(rows))],
    )
    seal = f"Kept in the register as version 117 of {'a' * 12}, seal {'0' * 16}."
    seal += " Version 116 was signed off by An Approver with a long name (Equality officer or partner) on 26 November 2026." * 2
    page = open_page("about:blank")
    for number, findings in enumerate((None, answers)):
        path = tmp_path / f"{number}.html"
        path.write_text(report.scrutiny_html(held, date(2026, 11, 26), findings, sealed=seal), encoding="utf-8")
        page.goto(path.as_uri())
        assert sides(page) == 1
