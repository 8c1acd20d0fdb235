"""The Register page, run without a browser: two officers, one register, and nothing lost."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from datetime import date

import pytest
import reading
from streamlit.testing.v1 import AppTest
from test_equality_page import F2F, TEXT
from test_pages import run, text

from exclusion import assess, equality, proposal, register
from exclusion.__main__ import main
from exclusion.register import Response
from exclusion.register.responses import KEY
from exclusion.ui import kept
from exclusion.ui.answering import ANSWERS, NAME
from exclusion.views import register as shown

# Of a day that has passed, so that its year can be looked back on whatever the day the tests are run on.
PASSED = TEXT.replace("date = 2027-04-01", "date = 2025-04-01")
WITH_CONTACTS = PASSED + "contacts = { online = 2000, phone = 1500, f2f = 900, post = 200 }\n"


@pytest.fixture(scope="module")
def considered(bundled):
    return proposal.consider(bundled, proposal.parse(WITH_CONTACTS, "p.toml", bundled.areas))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where the register of these visits is."""
    monkeypatch.setenv("KEPT_OPEN_REGISTER", str(tmp_path / "register.sqlite"))
    return tmp_path / "register.sqlite"


@pytest.fixture
def saved(place, considered):
    """A register that holds one assessment."""
    texts, tables = register.kept(considered)
    with register.connect(place) as held:
        return register.save(held, considered.assessment, by="A. Officer", title="Blue Badge online", proposals=texts, tables=tables)


def click(test: AppTest, label: str) -> AppTest:
    next(one for one in test.button if one.label == label).click().run()
    assert not test.exception, test.exception
    return test


def with_proposal() -> AppTest:
    test = run("register.py")
    test.file_uploader(key="chosen_toml").set_value([("p.toml", WITH_CONTACTS.encode(), "text/plain")]).run()
    return test


def opened(version: register.Version, part: str = kept.AS_SAVED) -> AppTest:
    """A visit that has opened the assessment."""
    test = run("register.py")
    test.selectbox(key="register_open").set_value(version.assessment).run()
    test.radio(key="register_part").set_value(part).run()
    assert not test.exception, test.exception
    return test


def answer(test: AppTest, version: register.Version, name: str, response: str, reason: str) -> AppTest:
    key = f"kept_{version.assessment}"
    test.selectbox(key=f"{key}_finding").set_value(F2F).run()
    turn = next(str(one.key) for one in test.radio if str(one.key).startswith(key)).removesuffix("_answer")
    test.radio(key=f"{turn}_answer").set_value(response)
    test.text_area(key=f"{turn}_reason").set_value(reason)
    test.text_input(key=f"{NAME}_{key}_answer").set_value(name)
    return click(test, "Record this answer")


def versions(place) -> int:
    with register.connect(place, create=False) as held:
        return int(register.versions(held)["version"].iloc[0])


def test_an_empty_register_says_so_and_makes_no_file(place):
    test = run("register.py")
    assert "Nothing has been saved yet." in [one.value for one in test.info]
    assert not place.exists()


def test_saving_asks_for_a_name_and_says_when_it_is_on_the_disk(place):
    test = click(with_proposal(), "Save in the register")
    assert "name: is blank" in test.error[0].value.replace("\\", "") and not place.exists()
    test.text_input(key=f"{NAME}_save").set_value("A. Officer")
    click(test, "Save in the register")
    said = [one.value.replace("\\", "") for one in test.success]
    assert said == ["Saved as version 1 of “Blue Badge online” by A. Officer. It is on the disk."]
    assert versions(place) == 1


def test_what_was_answered_in_the_visit_is_saved_with_it_as_one_version_and_told(place, considered):
    """Before, it was saved twice and the officer was told of a version 2 of what they saved for the first time."""
    row = considered.assessment.findings.iloc[0]
    key = [str(row[name]) for name in KEY]
    given = [Response(*key, response="reject", reason="Staffed.", name="A. Officer", date="2026-11-26T10:00:00Z")]
    gone = [Response(key[0], "no_such_service", *key[2:], response="accept", name="A. Officer", date="2026-11-26T10:00:00Z")]
    test = with_proposal()
    test.session_state["proposal_visit"][ANSWERS] = [*given, *gone]
    test.run()
    test.text_input(key=f"{NAME}_save").set_value("A. Officer")
    click(test, "Save in the register")
    said = [one.value.replace("\\", "") for one in test.success]
    assert said == ["Saved as version 1 of “Blue Badge online” by A. Officer, with answers to one finding. It is on the disk."]
    assert "One answer of this visit" in " ".join(one.value for one in test.warning) and versions(place) == 1


def test_only_what_was_taken_up_changed_something_and_what_was_rejected_stands_apart_with_its_reason(saved, place, considered):
    keeps = considered.assessment.findings[considered.assessment.findings["kind"] == "keep"]
    one, two = (tuple(str(row[name]) for name in KEY) for _, row in keeps[keeps["service_id"] == "blue_badge"].head(2).iterrows())
    answers = [Response(*one, response="accept"), Response(*two, response="reject", reason="A van visits weekly.")]
    with register.connect(place) as held:
        register.respond(held, saved.assessment, 1, answers, by="C. Officer")
        told = register.load(held, saved.assessment)
    assert [head for head, _ in shown.changed(told)] == ["Accepted, one finding:"]
    ((head, why),) = shown.rejected(told)
    assert head.startswith("Blue Badge: ") and head.endswith(", one ward:") and why == "“A van visits weekly.” (C. Officer)"
    test = opened(saved, kept.REVIEW)
    heads = [one.value for one in test.subheader]
    assert heads.index("What was found and not taken up, with the reason") == heads.index("What changed because of this assessment") + 1
    assert "A van visits weekly." in text(test).replace("\\", "")


def test_one_count_of_what_is_not_answered_on_every_page_and_command(place, bundled, capsys):
    """All services were assessed and the proposal names one: what waits for an answer is counted over that one, everywhere."""
    whole = assess(bundled, ["Blackpool"])
    with register.connect(place) as held:
        saved = register.save(held, whole, by="A. Officer", title="Blue Badge online", proposals=[PASSED])
    found = whole.findings
    asks = found["kind"].isin(["floor", "keep", "more_use"])
    mine, every = int((asks & (found["service_id"] == "blue_badge")).sum()), int(asks.sum())
    assert 0 < mine < every / 10
    line = f"{mine:,} of {mine:,} findings on the services of the proposal have no answer."
    with register.connect(place) as held:
        told = register.load(held, saved.assessment)
    assert told.concerned == ("blue_badge",) and len(told.unanswered) == mine and told.waiting() == line
    assert line in text(opened(saved, kept.SIGN)) and f"{mine:,} findings that ask for an answer, ward by ward" in text(opened(saved))
    where = ["--register", str(place)]
    for words in (["show", saved.assessment], ["sign-off", saved.assessment, "--as", "lead", "--by", "A. Officer", "--based-on", "1"]):
        assert main(["register", *words, *where]) == 0, capsys.readouterr().err
        assert line in capsys.readouterr().out, words
    assert main(["register", "findings", saved.assessment, "--json", *where]) == 0
    assert len(json.loads(capsys.readouterr().out)["findings"]) == mine


def test_it_opens_exactly_as_it_was_with_its_documents_or_says_what_is_missing(saved, place):
    test = opened(saved)
    words = text(test)
    assert "It opens exactly as it was saved." in words and saved.digest in words
    assert "not answered" in words
    labels = {one.label for one in test.get("download_button")}
    assert {"The equality assessment (Word)", "The page for scrutiny (web page)"} <= labels
    with register.connect(place) as held:  # as a release of another day would have it
        held_files = register.load(held, saved.assessment).files
    run_file = tomllib.loads(held_files["run.toml"].decode())
    assert run_file["release"]["version"] in words


def test_the_officers_own_words_are_kept_and_can_be_taken_up_again(place, considered):
    texts, tables = register.kept(considered)
    settings = register.Settings("EqIA", "adopted", date(2025, 4, 1))
    tables["words"] = register.words_table({"age_told": "The lunch club was asked.", "race_told": " "}, settings)
    with register.connect(place) as held:
        saved = register.save(held, considered.assessment, by="A. Officer", title="Blue Badge", proposals=texts, tables=tables)
        assert register.words_of(register.load(held, saved.assessment)) == {"age_told": "The lunch club was asked."}
    test = opened(saved)
    sample = equality.sample_form(equality.build(considered))
    test.file_uploader(key="equality_own_form").set_value([("form.docx", sample, "application/octet-stream")]).run()
    assert not test.exception
    assert "Your own form, filled in (Word)" in {one.label for one in test.get("download_button")}
    click(test, "Go on from this version in this visit")
    assert "This visit goes on from that version" in test.success[0].value
    assert test.selectbox(key="register_as").value == saved.assessment
    test.text_input(key=f"{NAME}_save").set_value("B. Officer")
    click(test, "Save in the register")
    with register.connect(place) as held:
        second = register.load(held, saved.assessment)
        assert second.version.number == 2 and register.words_of(second) == {"age_told": "The lunch club was asked."}
        assert register.settings_of(second) == settings  # what the document is called, and how the duty stands
        tables["words"] = register.words_table({"age_told": "Nobody was asked."})
        register.save(
            held, considered.assessment, by="C. Officer", assessment_id=saved.assessment, based_on=2, proposals=texts, tables=tables
        )
        found = register.compare(second, register.load(held, saved.assessment)).sentences()
    assert "own words, age_told: was The lunch club was asked., is Nobody was asked.." in found
    assert "what the council calls the document: was EqIA, is EIA." in found


def test_what_somebody_typed_is_never_taken_for_markup(place, considered):
    hostile = "![x](https://elsewhere.example/x.png) <img src=x onerror=alert(1)> :red[red]"
    texts, tables = register.kept(considered)
    with register.connect(place) as held:
        saved = register.save(held, considered.assessment, by=hostile, title=hostile, note=hostile, proposals=texts, tables=tables)
    test = opened(saved)
    escaped = [one.value for one in test.subheader if "elsewhere" in one.value]
    # Every letter that markdown or HTML would read is set as itself: \\! \\[ \\<.
    assert escaped and all(r"\!\[x\]" in one and r"\<img" in one and r"\:red" in one for one in escaped)
    assert "<img src" not in text(test)
    with register.connect(place) as held:  # somebody else first, under such a name
        again = register.save(held, considered.assessment, by=hostile, assessment_id=saved.assessment, based_on=1, proposals=texts)
    test.run()
    warned = next(one.value for one in test.warning if "saved version 2" in one.value)
    assert again.number == 2 and r"\!\[x\]" in warned and r"\<img" in warned


def test_a_version_of_another_release_says_what_is_missing_and_still_shows_its_findings(saved, monkeypatch):
    monkeypatch.setattr("exclusion.register.contents.release_missing", lambda run, evidence: ("It was made with the release of May.",))
    test = opened(saved)
    assert "It cannot be opened exactly as it was. It was made with the release of May." in text(test).replace("\\", "")
    assert "findings that ask for an answer" in text(test)


def test_the_second_officer_is_shown_the_first_change_and_nothing_is_lost(saved, place):
    first, second = opened(saved, kept.ANSWER), opened(saved, kept.ANSWER)
    answer(first, saved, "A. Officer", "accept", "")
    assert versions(place) == 2
    answer(second, saved, "B. Officer", "reject", "A van visits weekly.")
    said = text(second).replace("\\", "")
    assert versions(place) == 2, "the second save must wait until its officer has looked"
    assert "A. Officer saved version 2 while you worked on version 1. Yours was not saved, and nothing of it is lost" in said
    assert "Answers that differ" in said
    reason = next(one for one in second.text_area if str(one.key).endswith("_reason"))
    assert reason.value == "A van visits weekly."
    click(second, "I have looked at version 2: go on from it")
    assert next(one for one in second.text_area if str(one.key).endswith("_reason")).value == "A van visits weekly."
    click(second, "Record this answer")
    assert versions(place) == 3
    with register.connect(place) as held:
        answers = register.load(held, saved.assessment).responses
    assert set(answers["name"]) == {"A. Officer", "B. Officer"} and set(answers.loc[answers["current"], "response"]) == {"reject"}


def test_a_second_save_of_the_same_assessment_waits_as_well(saved, place, considered):
    test = with_proposal()
    test.selectbox(key="register_as").set_value(saved.assessment).run()
    row = considered.assessment.findings.iloc[0]
    with register.connect(place) as held:  # somebody else, meanwhile
        register.respond(held, saved.assessment, 1, [Response(*(str(row[name]) for name in KEY), response="accept")], by="C. Officer")
    test.text_input(key=f"{NAME}_save").set_value("A. Officer")
    test.text_input(key="register_note").set_value("After the consultation")
    click(test, "Save in the register")
    assert "C. Officer saved version 2 while you worked on version 1." in text(test).replace("\\", "") and versions(place) == 2
    click(test, "I have looked at version 2: go on from it")
    assert test.text_input(key="register_note").value == "After the consultation"
    click(test, "Save in the register")
    assert versions(place) == 3


def test_a_review_lays_what_came_beside_what_was_expected(saved, place):
    test = opened(saved, kept.REVIEW)
    assert "No review has been entered yet." in text(test)
    assert reading.of_page(text(test)) <= 14
    test.date_input(key="review_day").set_value(date(2026, 4, 1))
    test.number_input(key="review_blue_badge_phone").set_value(100_000)
    test.text_area(key="review_changed").set_value("The desk stayed open on Mondays.")
    test.text_input(key=f"{NAME}_review").set_value("A. Officer")
    click(test, "Save this review")
    words = text(test)
    assert "“The desk stayed open on Mondays.”" in words
    assert "More than expected" in words and "100,000" in words
    assert "Not known" in words  # post was left blank: never a nought
    # The sum of the ways in that stay is not known either while post is not; the line says so and is not hidden.
    assert "All that stay" in words
    assert versions(place) == 2
    assert "lies before the change" not in words  # the year from 2 April 2025 to 1 April 2026 is all after it


def test_a_year_that_is_partly_before_the_change_says_so_and_one_that_is_wholly_before_is_refused(saved, place):
    test = opened(saved, kept.REVIEW)
    test.date_input(key="review_day").set_value(date(2025, 3, 31))
    test.number_input(key="review_blue_badge_phone").set_value(100_000)
    test.text_input(key=f"{NAME}_review").set_value("A. Officer")
    click(test, "Save this review")
    said = test.error[0].value.replace("\\", "")
    assert "is of a day before the change of 1 April 2025, so every contact is from before anything closed" in said
    assert versions(place) == 1
    test.date_input(key="review_day").set_value(date(2025, 10, 1))
    click(test, "Save this review")
    assert "Part of the year to 1 October 2025 lies before the change of 1 April 2025: those contacts came before" in text(test)


def test_a_list_of_contacts_with_mistakes_names_them_all_and_saves_nothing(saved, place):
    test = opened(saved, kept.REVIEW)
    rows = "service_id,area_code,channel,contacts,note\nblue_badge,E05999999,phone,5,\nblue_badge,,fax,many,\n"
    test.file_uploader(key=f"review_{saved.assessment}").set_value([("review.csv", rows.encode(), "text/csv")]).run()
    test.date_input(key="review_day").set_value(date(2026, 4, 1))
    test.text_input(key=f"{NAME}_review").set_value("A. Officer")
    click(test, "Save this review")
    said = test.error[0].value.replace("\\", "")
    assert "E05999999" in said and "fax" in said and "many" in said
    assert versions(place) == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_taken_as_windows_or_excel_saves_it_and_the_sum_is_added_up(saved, place, kind):
    """Post 150 and phone 1,400 stay; the desk that closes (3) and the web (2,500) are no part of what stays: 1,550 in all."""
    with register.connect(place) as held:
        form = register.review_form(register.load(held, saved.assessment))
    came = {"phone": "1400", "post": "150", "f2f": "3", "online": "2500"}
    whole = form["area_code"] == ""
    form.loc[whole, "contacts"] = form.loc[whole, "channel"].map(came)
    form.loc[whole, "note"] = "Café counted too"
    if kind == "csv":
        content = form.to_csv(index=False, sep=";").encode("cp1252")  # Excel for Windows, of a country that writes a decimal comma
    else:
        buffer = io.BytesIO()
        form.to_excel(buffer, index=False)
        content = buffer.getvalue()
    test = opened(saved, kept.REVIEW)
    test.file_uploader(key=f"review_{saved.assessment}").set_value([(f"review.{kind}", content, "text/plain")]).run()
    test.date_input(key="review_day").set_value(date(2026, 4, 1))
    test.text_input(key=f"{NAME}_review").set_value("A. Officer")
    click(test, "Save this review")
    with register.connect(place) as held:
        rows = shown.reviewed(register.load(held, saved.assessment)).set_index(["Where", "Way in"])
    assert rows.at[("Whole council", "All that stay"), "Came, a year"] == "1,550"
    assert rows.at[("Whole council", "All that stay"), "Note"] == "added up from the ways in"
    assert "Café counted too" in text(test)


def test_versions_side_by_side_and_the_history(saved, place, considered):
    row = considered.assessment.findings.iloc[0]
    with register.connect(place) as held:
        register.respond(held, saved.assessment, 1, [Response(*(str(row[name]) for name in KEY), response="accept")], by="C. Officer")
    test = opened(saved, kept.COMPARE)
    assert "Version 2 was made by C. Officer" in text(test) and "Answers that differ" in text(test)
    test.radio(key="register_part").set_value(kept.HISTORY).run()
    words = text(test)
    assert words.index("Answered findings") < words.index("Saved an assessment")  # the newest first


def test_a_check_gives_the_seal_and_names_a_changed_row(saved, place):
    test = click(run("register.py"), "Check the register")
    assert "are as they were written." in test.success[0].value
    import sqlite3

    with sqlite3.connect(place) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute("UPDATE versions SET made_by = 'Somebody else'")
    raw.close()
    click(test, "Check the register")
    said = test.error[0].value.replace("\\", "")
    assert f"Version 1 of {saved.assessment} ('Blue Badge online') was changed after it was saved." in said and not test.success


def test_copies_go_out_only_under_a_name_and_come_in_whole(saved, place, tmp_path, monkeypatch):
    test = opened(saved, kept.SEND)
    assert "Give your name to send a copy" in text(test)
    test.text_input(key=f"{NAME}_send").set_value("A. Officer").run()
    assert {"The whole record (one file)", "The public draft (one file)"} <= {one.label for one in test.get("download_button")}
    whole = kept._copy(saved.assessment, "A. Officer", register.export_file)
    draft = zipfile.ZipFile(io.BytesIO(kept._copy(saved.assessment, "A. Officer", register.export_public)))
    assert all(b"DRAFT" in draft.read(name) for name in draft.namelist())
    assert not any(b"A. Officer" in draft.read(name) for name in draft.namelist())
    assert not any("words" in name for name in draft.namelist())
    monkeypatch.setenv("KEPT_OPEN_REGISTER", str(tmp_path / "other.sqlite"))
    other = run("register.py")
    other.file_uploader(key="register_import").set_value([("copy.zip", whole, "application/zip")]).run()
    other.text_input(key=f"{NAME}_import").set_value("B. Officer")
    click(other, "Take it in")
    assert "Took in 1 versions" in other.success[0].value
    assert versions(tmp_path / "other.sqlite") == 1


def test_a_server_that_others_can_reach_only_shows(saved, place, monkeypatch):
    monkeypatch.setenv("KEPT_OPEN_SHARED", "1")
    test = opened(saved, kept.ANSWER)
    assert any("so it only shows" in one.value for one in test.info)
    assert [one.value for one in test.header] == ["Open an assessment", "Check that nothing was changed", "What this cannot tell you"]
    assert not {"Record this answer", "Save in the register", "Take it in"} & {one.label for one in test.button}
    assert "not answered" in text(test)  # what is there can be read
    for part in (kept.REVIEW, kept.SEND):
        test.radio(key="register_part").set_value(part).run()
        assert not {"Save this review"} & {one.label for one in test.button} and not test.exception


def test_a_blank_cell_always_says_what_it_means(saved, place):
    with register.connect(place) as held:
        one = register.load(held, saved.assessment)
    for table in (register.review_form(one).drop(columns=["contacts", "note", "area_code"]), shown.reviewed(one)):
        assert not (table.astype(str) == "").any(axis=None)


def test_an_approver_signs_off_the_version_they_see_and_the_check_says_so(saved, place):
    test = opened(saved, kept.SIGN)
    assert "Nobody has signed off this version or one before it." in text(test)
    test.text_input(key=f"{NAME}_sign").set_value("H. Head")
    click(test, "Sign off version 1")
    assert [one.value for one in test.error] == ["Say in what role you sign off."] and versions(place) == 1
    test.radio(key="sign_capacity").set_value("head")
    test.text_area(key="sign_comment").set_value("Read with the <equality> officer.")
    click(test, "Sign off version 1")
    assert versions(place) == 2
    words = text(test)
    assert "Version 1 was signed off by H. Head (Head of service) on" in words
    assert [one.value for one in test.subheader] == ["Who has signed off", "Sign off version 2"]
    assert "Version 1 was signed off by H. Head (Head of service) on" in text(opened(saved))
    checked = text(click(run("register.py"), "Check the register"))
    assert f"Version 1 of {saved.assessment} (&#x27;Blue Badge online&#x27;) was signed off by H. Head" in checked
    shorter = run("register.py")
    shorter.text_input(key="register_expect").set_value("a")
    assert "Give at least its first 8 letters" in click(shorter, "Check the register").error[0].value


def test_an_officer_may_save_and_answer_but_not_sign_off(saved, place, monkeypatch):
    officer = register.Visitor("officer", "a.officer@council.example")
    monkeypatch.setattr(kept, "visitor", lambda: officer)
    test = opened(saved, kept.SIGN)
    assert [one.value for one in test.info] == [officer.why_not_sign]
    assert not [one for one in test.button if one.label.startswith("Sign off")]
