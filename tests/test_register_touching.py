"""A proposal for some wards: every page and every count is of those wards, and nobody answers for the others."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest
from registers import sqlite  # noqa: F401

from exclusion import equality, proposal, register, report
from exclusion.proposal.touching import touched
from exclusion.register.draft import draft_html
from exclusion.register.responses import KEEPS_OPEN
from exclusion.views import answers as shown
from exclusion.words import counted

TODAY = date(2026, 11, 26)
AREAS = pd.DataFrame(
    {"council_code": ["X", "X", "Y"], "council_name": ["Exeton", "Exeton", "Whyton"]},
    index=pd.Index(["E05000001", "E05000002", "E05000003"], name="area_code"),
)
EVERY = pd.DataFrame(
    [(ward, one) for ward in AREAS.index for one in ("blue_badge", "tax", "school_primary")], columns=["area_code", "service_id"]
)
HEAD = 'title = "T"\ndate = 2027-04-01\n'
BADGE = '[[service]]\nid = "blue_badge"\nclose = ["f2f"]\n'
LIBRARY = '[[place]]\nname = "L"\nkind = "library"\nchange = "closes"\nservices = ["school_primary"]\n'


# proposals, and what they touch: wards by their last digit
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (['councils = ["Exeton"]\n' + BADGE], {"blue_badge": "12"}),
        (['councils = ["Exeton"]\n' + BADGE + 'wards = ["E05000002"]\n'], {"blue_badge": "2"}),
        # a place without wards counts in every ward, for the services it gives help for
        (['councils = ["X"]\n' + BADGE + 'wards = ["E05000002"]\n' + LIBRARY], {"blue_badge": "2", "school_primary": "12"}),
        (['councils = ["X"]\n' + LIBRARY + 'wards = ["E05000001"]\n'], {"school_primary": "1"}),
        # each proposal in its own council
        (
            ['councils = ["X"]\n' + BADGE + 'wards = ["E05000001"]\n', 'councils = ["Whyton"]\n' + LIBRARY],
            {"blue_badge": "1", "school_primary": "3"},
        ),
    ],
)
def test_what_proposals_touch(texts, expected):
    found = touched(EVERY, [proposal.parse(HEAD + text) for text in texts], AREAS)
    assert {name: "".join(code[-1] for code in rows) for name, rows in found.groupby("service_id")["area_code"]} == expected


@pytest.fixture(scope="module")
def considered(bundled):
    areas = bundled.areas
    code = areas.index[(areas["area_name"] == "Anchorsholme") & (areas["council_name"] == "Blackpool")][0]
    text = (
        HEAD
        + 'councils = ["Blackpool"]\n'
        + BADGE
        + f'fewer_hours = ["phone"]\nkeep = ["post"]\nwards = ["{code}"]\n[officer]\npurpose = "Fewer forms."\n'
    )
    return proposal.consider(bundled, proposal.parse(text, "p.toml", bundled.areas), today=TODAY), text


def test_one_ward_has_one_count_everywhere(considered, sqlite):
    """Blue Badge in Anchorsholme: the register, its form, the assessment, the scrutiny page and the app ask the same findings."""
    laid, text = considered
    code = laid.proposals[0].service[0].wards[0]
    rows = laid.findings
    mine = rows[rows["kind"].isin(KEEPS_OPEN) & (rows["area_code"] == code) & (rows["service_id"] == "blue_badge")]
    many = len(mine)
    assert 0 < many < 12  # 21 wards have 127
    written, tables = register.kept(laid, (text,))
    version = register.save(sqlite, laid.assessment, by="A. Officer", proposals=written, tables=tables)
    saved = register.load(sqlite, version.assessment)
    assert saved.waiting() == f"{many} of {many} findings on the services of the proposal have no answer."
    assert set(register.answer_form(saved)["area_code"]) == {code} and len(register.answer_form(saved, every=True)) == many
    assert f"Not answered: {many} of {many} findings" in equality.build(laid, today=TODAY).values["actions"]
    for findings in (None, saved.findings):
        page = {one.title: one.lines for one in report.scrutiny_page(laid, findings).sections}
        assert page["Findings and officers' answers"][0].startswith(f"{many} findings that ask for an answer")
        assert not any(re.search(r"\d+ wards", line) for line in page["Not answered"])
    assert len(shown.as_file(laid, saved.responses)["answers.csv"]) == many
    assert f"{counted(many, 'finding')} asking for an answer" in draft_html(saved, "Draft")


def test_wards_outside_are_no_part_of_any_option(considered):
    """Change nothing: of the firm reasons to keep in Anchorsholme, those about a way in that the proposal does not name."""
    laid, _ = considered
    change = laid.proposals[0].service[0]
    rows = laid.assessment.findings
    firm = rows[(rows["service_id"] == "blue_badge") & rows["area_code"].isin(change.wards) & rows["kind"].isin(("floor", "keep"))]
    unnamed = ~firm["channel"].isin(["f2f", "phone", "post"]) & firm["severity"].isin(("required", "recommended"))
    assert laid.options.set_index("option").loc["none", "unsaid"] == int(unnamed.sum()) < 10  # 91 in all 21 wards


def test_a_ward_where_nothing_changes_is_asked_nothing_about_a_change(considered):
    laid, _ = considered
    areas = laid.assessment.areas

    def page(name):
        code = areas.index[areas["area_name"] == name][0]
        return {one.title: " ".join(one.lines) for one in report.member_page_of(laid, code, "blue_badge").sections}

    there, here = page("Bloomfield"), page("Anchorsholme")
    assert "Nothing changes in this ward" in there["What is proposed"]
    assert "not mentioned" not in there["Keep open here"] and "Advise keeping face to face" in there["Keep open here"]
    for asked in ("before this closes", "does not mention", "hours left"):
        assert asked not in there["Questions to ask"]
    assert "before this closes" in here["Questions to ask"] and "not mentioned" in here["Keep open here"]
    assert "Purpose (officer's words): “Fewer forms.”" in here["What is proposed"]


def test_one_ward_is_not_called_wards(considered):
    laid, _ = considered
    page = equality.to_html(equality.build(laid, today=TODAY))
    assert "Reasons found beyond the minimum, in one ward" in page
    assert not re.search(r"\b1 wards|one of 1\b", page)
    assert not any("1 wards" in said for said in laid.options["sentence"])
    assert any(
        said.startswith("In the one ward it is about") for said in re.findall(r"In (?:the )?one .*", " ".join(laid.options["sentence"]))
    )
