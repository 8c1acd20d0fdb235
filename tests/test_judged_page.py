"""A council's own judgement, taken up on the Proposal page, holds on every page with findings of the visit, and each says so."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import ROOT, text

from exclusion import ui

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
        ("ward.py", "What it changes is said with the findings, once a ward is chosen. Remove it on the page Proposal."),
        ("councillor.py", "What it changes is said at the foot of the sheet, once one is chosen to read. Remove it"),
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


def in_link(test: AppTest) -> str | None:
    """The service that the address of the page names, which AppTest gives as it was set or as a list."""
    given = test.query_params.get("service")
    return given[0] if isinstance(given, list) else given


def test_a_link_to_a_service_goes_by_id_and_opens_also_where_a_council_renamed_it() -> None:
    renamed = [("names.csv", b"id,service_name,by,on,why\nblue_badge,Parking for disabled people,A. Officer,2026-10-01,As people say.\n")]
    ours, theirs = "Blue Badge (disabled parking permit)", "Parking for disabled people"
    # The address holds the id, so who opens the link without the file gets the same service. Links by our name and by theirs
    # still open where they mean something.
    for files, name in ((renamed, "blue_badge"), (renamed, ours), (renamed, theirs), ([], "blue_badge"), ([], ours)):
        test = visit("service.py", files, service=name)
        assert test.selectbox(key="service").value == "blue_badge"
        assert (theirs in test.selectbox(key="service").options) == bool(files)
        assert in_link(test) == "blue_badge" and not any("link names" in one.value for one in test.warning)
    # What nobody knows is said. The first service needs no word in the address, another is in it at once.
    test = visit("service.py", [], service=theirs)
    assert any("This link names services we do not hold" in one.value for one in test.warning) and in_link(test) is None
    test.selectbox(key="service").select("homelessness").run()
    assert in_link(test) == "homelessness"
    test.query_params["service"] = "blue_badge"  # as the browser's way back and forward does
    test.run()
    assert test.selectbox(key="service").value == "blue_badge"
    test.selectbox(key="service").select(ui.FIRST_SERVICE).run()
    assert in_link(test) is None


def test_nobody_else_is_answered_from_it() -> None:
    before = text(visit("tables.py", []))
    visit("tables.py", OWN)
    assert text(visit("tables.py", [])) == before
