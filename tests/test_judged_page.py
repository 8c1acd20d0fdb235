"""A council's own judgement, taken up on the Proposal page, holds on every page with findings of the visit, and each says so."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import ROOT, text

OWN = [
    ("names.csv", b"id,service_name,by,on,why\ncouncil_tax_reduction,Help with council tax,A. Officer,2026-10-01,As people say.\n"),
    ("ours.csv", b"measure,low,high,by,on,why\nage75,20,40,B. Officer,2026-10-02,Our wards are small.\n"),
]
SAID = "Judgement on this page is partly your own (names.csv and ours.csv)"
THRESHOLDS = "Local thresholds, not the national version"
WARD = "Bloomfield (E05015188)"


def visit(page: str, files: list[tuple[str, bytes]], **address: str) -> AppTest:
    """A page of a visit in which these files were taken up on the Proposal page."""
    test = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=60)
    test.session_state["proposal_visit"] = {"proposal_local_files": files}
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    return test


@pytest.mark.parametrize("page", ["service.py", "ward.py", "tables.py", "two_maps.py", "risk_map.py", "councillor.py"])
def test_every_page_with_findings_uses_it_and_says_so(page: str) -> None:
    words = text(visit(page, OWN, ward=WARD)).replace("\\", "")
    assert SAID in words
    assert THRESHOLDS in words and "B. Officer on 2 October 2026: Our wards are small" in words
    if page in ("ward.py", "tables.py", "councillor.py"):  # the service goes by the council's name for it
        old = "Council tax reduction (council tax support) claim"  # stands in the notice of what was changed, and nowhere else
        assert words.count(old) == 1 < words.count("Help with council tax")


@pytest.mark.parametrize(
    ("page", "where"),
    [
        ("ward.py", "What it changes is said with the findings, once a ward is chosen. Take it away on the page Proposal."),
        ("councillor.py", "What it changes is said at the foot of the sheet, once one is chosen to read. Take it away"),
    ],
)
def test_with_no_ward_chosen_a_page_says_where_what_was_changed_will_stand(page: str, where: str) -> None:
    words = text(visit(page, OWN)).replace("\\", "")
    assert SAID in words and where in words
    assert THRESHOLDS not in words  # nothing stands below yet, and the banner does not claim so


def test_a_page_without_findings_goes_by_ours_and_claims_nothing() -> None:
    words = text(visit("guide.py", OWN))
    assert SAID not in words and "Council tax reduction (council tax support) claim" in words


def test_files_that_cannot_be_read_are_named_on_the_page_which_goes_by_ours() -> None:
    test = visit("service.py", [("bad.csv", b"id,colour\nblue_badge,red\n")])
    words = text(test).replace("\\", "")
    assert "Your own judgement (bad.csv) cannot be used: this page goes by ours." in words
    assert "'colour' is not a column a council can change" in words and "The minimum everywhere" in words


def test_nobody_else_is_answered_from_it() -> None:
    before = text(visit("tables.py", []))
    visit("tables.py", OWN)
    assert text(visit("tables.py", [])) == before
