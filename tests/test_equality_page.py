"""The Equality review and Councillor pages, run without a browser: a proposal in, what is known and open out, answers kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import reading
from streamlit.testing.v1 import AppTest
from test_pages import run, text

from exclusion import equality, proposal, report
from exclusion.ui import answering
from exclusion.views import equality as shown

TEXT = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[officer]
purpose = "One form, quicker answers."
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
"""
NINE = (
    "Age", "Disability", "Gender reassignment", "Marriage and civil partnership", "Pregnancy and maternity", "Race",
    "Religion or belief", "Sex", "Sexual orientation",
)  # fmt: skip
F2F = answering.shown.Group("blue_badge", "keep", "recommended", "f2f")


def with_proposal(page: str, content: str = TEXT) -> AppTest:
    test = run(page)
    test.file_uploader(key="chosen_toml").set_value([("p.toml", content.encode(), "text/plain")]).run()
    assert not test.exception, test.exception
    return test


def answered(test: AppTest, group: answering.shown.Group, answer: str, reason: str, name: str, wards: list[str] | None = None) -> AppTest:
    """Fill in the form of one finding and send it."""
    test.selectbox(key="visit_finding").set_value(group).run()
    turn = next(str(one.key) for one in test.radio if str(one.key).endswith("_answer")).removesuffix("_answer")
    test.radio(key=f"{turn}_answer").set_value(answer)
    test.text_area(key=f"{turn}_reason").set_value(reason)
    test.text_input(key=f"{answering.NAME}_visit_answer").set_value(name)
    if wards is not None:
        test.multiselect(key=f"{turn}_wards").set_value(wards)
    test.button(key=next(str(one.key) for one in test.button if one.label == "Record this answer")).click().run()
    assert not test.exception, test.exception
    return test


@pytest.fixture(scope="module")
def considered(bundled):
    return proposal.consider(bundled, proposal.parse(TEXT, "p.toml"))


def test_without_a_proposal_the_page_says_what_to_do_and_nothing_else():
    test = run("equality.py")
    assert [one.value for one in test.info] == ["Make a proposal on the Proposal page, or give a proposal file, to review it here."]
    assert not test.header


def test_no_characteristic_is_blank_and_what_has_no_figure_is_counted(considered):
    table = shown.overview(equality.build(considered)).set_index("Characteristic")
    assert tuple(table.index[:9]) == NINE
    assert not (table == "").any(axis=None)
    # Learning disability, mental ill health, sight, hearing and memory.
    assert table.loc["Disability", "No ward figure, so ask"] == "Five things"
    assert table.loc["Sex", "No ward figure, so ask"] == "One thing"  # lone parents


def test_the_page_shows_what_is_known_and_leaves_the_three_questions_open():
    test = with_proposal("equality.py")
    words = text(test)
    for name in NINE:
        assert f">{name}</th>" in words
    assert "Evidence as at " in words and words.count("Three questions open") >= 9
    assert reading.of_page(words) <= 14
    test.selectbox(key="characteristic").set_value("disability").run()
    words = text(test)
    for lacking in ("Learning disability", "Mental ill health", "Sight", "Hearing", "Memory"):
        assert f"{lacking}: no ward figure; ask" in words
    assert "Source" in words and "Census 2021 (ONS)" in words
    boxes = [one for one in test.text_area if str(one.key).startswith("words_disability")]
    assert [(one.label, one.value) for one in boxes] == [
        ("What do people tell you?", ""),
        ("What does this mean?", ""),
        ("What can you do?", ""),
    ]
    boxes[0].set_value("The deaf club was asked on 3 May.").run()
    assert "Two questions open" in text(test)
    test.selectbox(key="characteristic").set_value("age").run()  # and it stays when another is looked at
    assert "Two questions open" in text(test)
    # Another nation's form has no such field: the words wait, and the page goes on.
    test.session_state["proposal_visit"]["equality_words"]["political_opinion_told"] = "Northern Ireland only"
    test.run()
    assert not test.error and "Two questions open" in text(test)


def test_answers_need_a_name_and_a_reason_and_what_is_not_answered_stays_counted(considered):
    rows = considered.assessment.findings
    asked = rows[rows["kind"].isin(["floor", "keep", "more_use"])]
    f2f = asked[(asked["kind"] == "keep") & (asked["severity"] == "recommended") & (asked["channel"] == "f2f")]
    test = with_proposal("equality.py")
    assert f"{len(asked)} findings that ask for an answer, ward by ward: {len(asked)} not answered." in text(test)
    answered(test, F2F, "reject", "", "")
    assert "name: is blank" in test.error[0].value.replace("\\", "")
    answered(test, F2F, "reject", "", "A. Officer")
    said = test.error[0].value.replace("\\", "")
    # One sentence for the one reason that is missing, however many wards it is for.
    assert said.count("reject has no reason") == 1
    assert f" and {len(f2f) - 1} more: reject has no reason. Say why, in your own words." in said
    answered(test, F2F, "reject", "A van visits weekly.", "A. Officer")
    assert not test.error
    assert f"ward by ward: {len(f2f)} rejected and {len(asked) - len(f2f)} not answered." in text(test)
    assert "A van visits weekly." in text(test)
    # Every ward has its answer: a further one is for all of them, and does not have to choose them first.
    wards = next(one for one in test.multiselect if str(one.key).startswith("visit_") and str(one.key).endswith("_wards"))
    assert set(wards.value) == set(f2f["area_code"])
    # A later answer to one ward stands beside the earlier one and counts; the name is remembered.
    answered(test, F2F, "accept", "", "B. Officer", [str(f2f["area_code"].iloc[0])])
    assert f"1 accepted, {len(f2f) - 1} rejected and" in text(test)


def test_a_mistake_in_the_proposal_is_told_with_its_place():
    test = with_proposal("equality.py", TEXT.replace('"f2f"', '"fax"'))
    assert "line 9" in test.error[0].value.replace("\\", "") and "fax" in test.error[0].value
    assert not test.exception


def test_a_form_with_names_we_do_not_know_lists_them_all(considered):
    import io

    from docx import Document

    word = Document()
    word.add_paragraph("{{ age_know }} {{ age_knows }} {{ nonsense }}")
    content = io.BytesIO()
    word.save(content)
    test = with_proposal("equality.py")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    test.file_uploader(key="equality_own_form").set_value([("own.docx", content.getvalue(), kind)]).run()
    said = test.error[0].value.replace("\\", "")
    assert "age_knows" in said and "nonsense" in said and "Did you mean {{ age_know }}?" in said
    test.file_uploader(key="equality_logo").set_value([("logo.png", b"not a picture", "image/png")]).run()
    assert any("logo: is not a PNG or JPEG picture" in one.value.replace("\\", "") for one in test.error)


def test_a_duty_set_without_a_day_is_asked_for_one_and_our_text_stands_meanwhile():
    test = with_proposal("equality.py")
    test.selectbox(key="equality_duty").set_value("adopted").run()
    assert any("Say since when" in one.value and "our reviewed text stands" in one.value for one in test.warning)
    test.date_input(key="equality_duty_since").set_value(date(2025, 4, 1)).run()
    assert not any("Say since when" in one.value for one in test.warning) and not test.exception
    test.date_input(key="equality_duty_since").set_value(date.today() + timedelta(days=1)).run()
    assert any("That day has not come yet" in one.value for one in test.warning) and not test.exception and not test.error


# --------------------------------------------------------------------------- the councillor page


def test_the_councillor_page_is_the_page_of_the_pack(considered):
    test = with_proposal("councillor.py")
    assert "Choose a ward to read its page." in [one.value for one in test.info]
    test.selectbox(key="ward").set_value(str(considered.assessment.areas.index[0])).run()
    assert not test.exception, test.exception
    words = text(test)
    code = str(considered.assessment.areas.index[0])
    assert 'class="kept-open-paper"' in words
    page = report.member_page_of(considered, code, "blue_badge")
    assert f"{page.words} words: about two minutes read aloud." in words
    for section in page.sections:
        assert f"<h3>{section.title}</h3>" in words
    assert "All wards and the full duty" not in words  # a link of the pack, which leads nowhere here


def test_the_scrutiny_page_says_that_nothing_is_answered():
    test = with_proposal("councillor.py")
    test.radio(key="paper").set_value("The page for scrutiny").run()
    assert not test.exception, test.exception
    assert "Blue Badge online: for scrutiny" in text(test)
    assert "not answered" in text(test)


@pytest.mark.parametrize("page", ["councillor.py", "equality.py", "register.py"])
def test_each_page_says_what_it_cannot_tell(page, tmp_path, monkeypatch):
    monkeypatch.setenv("KEPT_OPEN_REGISTER", str(tmp_path / "register.sqlite"))
    test = with_proposal(page)
    if page == "councillor.py":
        test.radio(key="paper").set_value("The page for scrutiny").run()
    assert not test.exception and "What this cannot tell you" in [one.value for one in test.header]
    assert "No flag does not mean no need." in text(test)


def test_without_a_proposal_the_ward_page_leaves_it_to_an_officer():
    test = run("councillor.py", ward="Bloomfield (E05015188)")
    assert "Officer to fill in: what closes, what stays, when." in text(test)
