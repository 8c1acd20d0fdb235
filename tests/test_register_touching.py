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
    text = HEAD + 'councils = ["Blackpool"]\n' + BADGE + f'fewer_hours = ["phone"]\nkeep = ["post"]\nwards = ["{code}"]\n'
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
