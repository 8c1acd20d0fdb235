"""The Proposal page, run without a browser: a form or a file in, what it does out, and nothing in the address."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_alongside import LIST, OWN, TEXT
from test_pages import ROOT, maps_on, run, text

from exclusion import proposal
from exclusion.contracts import DataRefused
from exclusion.judgement.local import read_local
from exclusion.register import responses
from exclusion.release import Evidence
from exclusion.views import files, own_judgement
from exclusion.views import proposal as shown

BADGE = "proposal_blue_badge_"


def errors(test: AppTest) -> str:
    return "\n".join(one.value for one in test.error).replace("\\", "")


def warnings(test: AppTest) -> str:
    return "\n".join(one.value for one in test.warning).replace("\\", "")


def with_file(content: str, name: str = "p.toml") -> AppTest:
    test = run("proposal.py")
    test.radio(key="proposal_how").set_value("Proposal files only").run()
    test.file_uploader(key="proposal_toml").set_value([(name, content.encode(), "text/plain")]).run()
    assert not test.exception, test.exception
    return test


def filled() -> AppTest:
    """The form: Blue Badge, face to face closes, phone for fewer hours, post stays."""
    test = run("proposal.py")
    test.multiselect(key="proposal_services").set_value(["blue_badge"]).run()
    test.selectbox(key=BADGE + "f2f").set_value("Closes")
    test.selectbox(key=BADGE + "phone").set_value("Fewer hours")
    test.selectbox(key=BADGE + "post").set_value("Stays")
    test.text_input(key="proposal_date").set_value("2027-04-01")
    test.run()
    assert not test.exception, test.exception
    return test


def test_before_anything_closes_the_page_asks_and_says_nothing() -> None:
    test = run("proposal.py")
    assert "Say what closes or gets fewer hours" in test.info[0].value
    assert "What it would do" not in [head.value for head in test.header]


def test_a_form_says_what_it_does_to_each_finding() -> None:
    test = filled()
    assert not test.error
    words = text(test)
    assert "Closes: face to face (advise keeping:" in words
    assert "Phone: stays, for fewer hours." in words
    assert "Closes what we advise keeping in " in words
    assert "We do not rank options" in words
    assert "no estimate: the proposal gives no contacts" in words
    (drawn,) = maps_on(test)
    assert "http" not in drawn["script"].replace("http://www.w3.org", "")


def test_contacts_and_the_officers_words_stay_out_of_the_address_and_last_for_the_visit() -> None:
    test = filled()
    for name, count in {"online": 2000, "phone": 1500, "f2f": 900, "post": 200}.items():
        test.number_input(key=f"{BADGE}contacts_{name}").set_value(count)
    test.text_area(key="proposal_purpose").set_value("One form, <b>quicker</b> answers.").run()
    words = text(test)
    assert "against 1,700 now" in words  # phone 1,500 and post 200 together
    assert "“One form, &lt;b&gt;quicker&lt;/b&gt; answers.”" in words
    address = str(dict(test.query_params))
    assert "proposal" not in address and "quicker" not in address and "1500" not in address
    again = AppTest.from_file(str(ROOT / "pages" / "proposal.py"), default_timeout=60)
    again.session_state["proposal_visit"] = test.session_state["proposal_visit"]  # the visit goes on, the widgets were forgotten
    again.run()
    assert "against 1,700 now" in text(again)
    assert "against 1,700 now" not in text(run("proposal.py"))  # another visit never saw it


def test_a_file_is_read_and_every_mistake_of_all_is_shown_at_once() -> None:
    words = text(with_file(TEXT))
    assert "leans on Middle House, which closes" in words
    assert "Join a library" in words  # a service the proposal does not name
    bad = TEXT.replace('"f2f"]', '"counter"]').replace("date = 2027-04-01", 'date = "soon"').replace('"closes"', '"shuts"')
    said = errors(with_file(bad))
    assert "counter" in said and "date" in said and "shuts" in said


def test_a_date_that_is_none_is_answered_in_words() -> None:
    test = filled()
    test.text_input(key="proposal_date").set_value("next spring").run()
    said = "form, date: is not a day (year-month-day) (found: next spring). Give the day it takes effect, such as 2027-04-01."
    assert said in errors(test)
    # Day first, as people write it here; the page says which day was read.
    test.text_input(key="proposal_date").set_value("01/04/2027").run()
    assert not test.error and "1 April 2027" in text(test)


def test_nobody_is_scolded_for_a_date_before_they_could_give_one() -> None:
    test = run("proposal.py")
    test.multiselect(key="proposal_services").set_value(["blue_badge"]).run()
    test.selectbox(key=BADGE + "f2f").set_value("Closes").run()
    assert not test.error and not test.exception
    assert [one.value for one in test.info] == ["Give the day it takes effect, such as 2027-04-01, to see what the proposal would do."]


def test_a_row_for_each_case_is_refused_without_repeating_it() -> None:
    test = filled()
    cases = b"ward_code,phone,claimant\nE05015188,1,J Smith\n"
    test.file_uploader(key=BADGE + "by_ward").upload("cases.csv", cases, "text/csv").run()
    assert test.error
    assert "Smith" not in errors(test)


def test_three_services_in_two_years_are_set_out_by_group() -> None:
    test = run("proposal.py")
    ids = ["blue_badge", "council_tax_reduction", "disabled_facilities_grant"]
    test.multiselect(key="proposal_services").set_value(ids).run()
    for one in ids:
        test.selectbox(key=f"proposal_{one}_phone").set_value("Closes")
    test.text_input(key="proposal_date").set_value("2027-04-01").run()
    assert not test.exception and not test.error
    assert "three services with reasons to keep other ways in move from 1 April 2027" in text(test)
    assert "closes part of the council-wide minimum" in warnings(test)


def test_places_routes_and_costs_of_the_council_are_laid_beside() -> None:
    test = with_file(TEXT)
    assert "No list of places was given" in warnings(test)
    test.radio(key="proposal_cost_how").set_value("A file (TOML)").run()
    test.file_uploader(key="proposal_costs").upload("costs.toml", OWN.encode(), "text/plain")
    test.file_uploader(key="proposal_routes").upload(
        "routes.csv", b"service_id,channel,where_to_find\nblue_badge,phone,01253 000000\n", "text/csv"
    )
    test.run()
    assert "a year saved. " in text(test)
    assert "no record that anybody has tried it" in warnings(test)


def test_with_the_councils_list_a_place_is_chosen_by_name_and_its_closure_measured() -> None:
    test = filled()
    test.file_uploader(key="proposal_places").upload("places.csv", LIST.encode(), "text/csv")
    test.number_input(key="proposal_place_count").set_value(1).run()
    test.selectbox(key="proposal_place_1_listed").set_value("Middle House").run()
    assert not test.exception and not test.error, errors(test)
    words = text(test)
    assert "have further to go" in words
    assert "Middle House" in words
    # It closes where it is the nearest place for somebody, not in every ward of the council.
    assert "The proposal does not say which wards use Middle House." in warnings(test)


def infos(test: AppTest) -> str:
    return "\n".join(one.value for one in test.info).replace("\\", "")


def test_without_the_councils_costs_the_page_says_what_to_fill_in_and_no_pound_is_shown() -> None:
    test = with_file(TEXT)
    said = infos(test)
    assert "what one contact costs online, by phone and by face to face" in said and "come back" in said
    shown_text = text(test).replace("£40,000", "")  # the proposal's own title
    assert "£" not in shown_text


def test_costs_filled_in_on_the_page_are_reckoned_line_by_line_and_kept_in_the_visit() -> None:
    test = with_file(TEXT)
    test.text_input(key="proposal_cost_by").set_value("Finance")
    test.text_input(key="proposal_cost_when").set_value("October 2026")
    for name, low, high in (("contact_online", 0.5, 1), ("contact_phone", 3, 5), ("contact_f2f", 8, 12), ("rate", 10, 40)):
        test.number_input(key=f"proposal_cost_{name}_low").set_value(float(low))
        test.number_input(key=f"proposal_cost_{name}_high").set_value(float(high))
    test.run()
    assert not test.exception and not test.error, errors(test)
    words = text(test)
    assert "Figures by Finance, October 2026." in words and "£" in words
    assert "line 3 × (line 4 − line 5)" in words  # the sum, to be done again
    assert "£8.00" in words and "40 in 100" in words
    assert "Not reckoned, because no cost was given for keeping a way in open in a ward." in words
    test.number_input(key="proposal_cost_open_f2f_low").set_value(2000.0).run()
    assert "Still to fill in: keeping face to face open in one ward for a year, in pounds (if known)." in infos(test)
    test.number_input(key="proposal_cost_open_f2f_high").set_value(3000.0).run()
    assert "Keeping face to face where we advise it" in text(test)
    test.number_input(key="proposal_cost_contact_f2f_low").set_value(13.0).run()
    assert "contact.f2f: high (12) is below low (13)" in errors(test)


def answer_one(test: AppTest, say: str, reason: str, name: str = "A. Officer") -> None:
    """Answer the finding that stands first, for every ward that has no answer."""
    next(one for one in test.radio if one.label == "Answer").set_value(say)
    next(one for one in test.text_area if one.label.startswith("Reason")).set_value(reason)
    next(one for one in test.text_input if one.label.startswith("Your name")).set_value(name)
    next(one for one in test.button if one.label == "Record this answer").click().run()


def test_a_finding_is_answered_on_the_page_and_what_is_not_stays_counted(bundled: Evidence) -> None:
    test = with_file(TEXT)
    asked = int(re.search(r"([\d,]+) findings that ask for an answer, ward by ward: ([\d,]+) not answered", text(test))[1].replace(",", ""))
    answer_one(test, "reject", "")  # no reason
    assert "reject has no reason" in errors(test)
    # What is lacking is told in one go.
    answer_one(test, "reject", "", "")
    assert "reject has no reason" in errors(test) and "name: is blank. Say who answers" in errors(test)
    answer_one(test, "reject", "The library takes these calls from May.")
    assert not test.exception and not test.error, errors(test)
    rejected, left = (
        int(one.replace(",", "")) for one in re.search(r"ward by ward: ([\d,]+) rejected and ([\d,]+) not answered", text(test)).groups()
    )
    assert rejected + left == asked and rejected >= 21  # the minimum stands first, in every ward of Blackpool
    assert "The library takes these calls from May." in text(test) and "A. Officer" in text(test)


def test_answers_are_taken_along_in_a_file_and_taken_up_again() -> None:
    test = with_file(TEXT)
    answer_one(test, "accept", "")
    given = test.session_state["proposal_visit"]["answers"]
    content = responses.to_file(given)
    assert responses.read_back(content, "responses.toml") == tuple(given)  # who, when and to what, to the letter
    later = with_file(TEXT)
    later.file_uploader(key="answers_file").upload("responses.toml", content, "text/plain").run()
    next(one for one in later.button if one.label == "Take these answers up").click().run()
    assert not later.exception and not later.error, errors(later)
    assert f"{len(given)} accepted" in text(later)
    next(one for one in later.button if one.label == "Take these answers up").click().run()
    assert len(later.session_state["proposal_visit"]["answers"]) == len(given)  # once, however often


def test_a_file_of_answers_with_mistakes_is_refused_whole_with_each_named() -> None:
    head = '[[response]]\narea_code = "E05015188"\nservice_id = "blue_badge"\nchannel = "f2f"\nkind = "keep"\nrule_ids = "W06"\n'
    wrong = head + 'response = "maybe"\nname = "A"\ndate = "2026-11-24"\n' + head + 'response = "reject"\nname = ""\ndate = "soon"\n'
    with pytest.raises(DataRefused) as refused:
        responses.read_back(wrong.encode(), "r.toml")
    said = str(refused.value)
    for mistake in (
        "response 1",
        "is not an answer (found: maybe)",
        "reject has no reason",
        "has no name",
        "the date is not one (found: soon)",
    ):
        assert mistake in said
    with pytest.raises(DataRefused, match="holds no answers"):
        responses.read_back(b"title = 1\n", "r.toml")


def test_a_councils_own_profile_is_used_and_named_and_a_bad_one_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[str] = []  # what goes with the map as a picture
    monkeypatch.setattr("exclusion.ui.drawing._picture_buttons", lambda *given, **more: notes.append(more["note"]))
    test = filled()
    assert notes[-1].endswith("and to those of the council-wide minimum that close or thin.")
    own = b"id,service_name,by,on,why\nblue_badge,Parking badge,A. Officer,2026-10-01,What people call it here.\n"
    test.file_uploader(key="proposal_local").set_value([("ours.csv", own, "text/csv")]).run()
    assert not test.exception and not test.error, errors(test)
    assert notes[-1].endswith("that close or thin. Found partly by the council's own judgement: service profiles.")
    assert "Ward by ward: Parking badge" in [head.value for head in test.subheader]
    assert "Parking badge is the council's, by A. Officer on 1 October 2026" in warnings(test)
    test.file_uploader(key="proposal_local").set_value([("ours.csv", b"id,colour\nblue_badge,red\n", "text/csv")]).run()
    assert not test.exception
    assert "'colour' is not a column a council can change" in errors(test)


def test_headings_of_a_full_page_go_down_one_step_at_a_time() -> None:
    steps = [int(one.tag[1]) for one in with_file(TEXT) if one.type in ("title", "header", "subheader")]
    assert steps[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(steps)), steps


def test_what_is_taken_away_reads_back(bundled: Evidence) -> None:
    read = proposal.parse(TEXT, areas=bundled.areas)
    considered = proposal.consider(bundled, read)
    assert proposal.parse(files.proposal_text(read)) == read
    with zipfile.ZipFile(io.BytesIO(files.proposal_tables(considered, {}))) as pack:
        tables = ["cumulative.csv", "demand.csv", "dependents.csv", "effects.csv", "options.csv"]
        assert sorted(pack.namelist()) == [*tables, "proposal_columns.csv"]
        meant = pd.read_csv(pack.open("proposal_columns.csv"))
        for name in tables:  # every column of every table is told, in its order
            assert list(pd.read_csv(pack.open(name)).columns) == list(meant.loc[meant["table"] == name, "column"]), name


@pytest.fixture(scope="module")
def closing(bundled: Evidence) -> proposal.Considered:
    head = 'title = "t"\ncouncils = ["Blackpool"]\ndate = 2027-04-01\n'
    text_of_it = head + '[[service]]\nid = "blue_badge"\nclose = ["f2f"]\nkeep = ["phone", "post"]\n'
    return proposal.consider(bundled, proposal.parse(text_of_it, areas=bundled.areas))


def test_the_map_shows_the_firmest_effect_and_agrees_with_the_findings(closing: proposal.Considered) -> None:
    rows = closing.findings[(closing.findings["kind"] == "keep") & (closing.findings["proposal_effect"] == "closes")]
    classes = shown.firmest(closing, "blue_badge")
    for place, severity in ((4, "required"), (3, "recommended")):
        assert set(classes.index[classes >= place]) >= set(rows.loc[rows["severity"] == severity, "area_code"])
    assert set(classes.index[classes == 3]) == set(rows.loc[rows["severity"] == "recommended", "area_code"])


def of_blackpool(bundled: Evidence, change: str, **settings: object) -> proposal.Considered:
    head = 'title = "t"\ncouncils = ["Blackpool"]\ndate = 2027-04-01\n[[service]]\n'
    return proposal.consider(bundled, proposal.parse(head + change, areas=bundled.areas), **settings)


def test_a_ward_where_the_minimum_closes_is_no_ward_where_nothing_changes(bundled: Evidence) -> None:
    gone = of_blackpool(bundled, 'id = "council_tax_reduction"\nclose = ["phone"]\nkeep = ["post"]\n')
    classes = shown.firmest(gone, "council_tax_reduction")
    assert classes.tolist() == [5] * 21 and shown.SHADES[5].word == "Closes part of the council-wide minimum"
    # The map, the counts and the options say the same of the same wards.
    counts = shown.counts_by_effect(gone, "council_tax_reduction").set_index("Ways in to keep, ward by ward")
    assert counts.loc["Council-wide minimum", "Closes"] == 21
    assert gone.options.set_index("option").loc["proposed", "conditions_closed"] == 21
    told = shown.effect_rows(gone, "council_tax_reduction")["What the proposal does here"]
    assert told.str.startswith("Closes: phone (council-wide minimum).").all()
    assert not told.str.contains(".).", regex=False).any()
    ward = str(gone.assessment.areas.index[0])
    head, note = shown.ward_lines(gone, "council_tax_reduction", ward)[0]
    assert head == "Closes: phone, of the council-wide minimum." and "which holds in every ward" in note


def test_fewer_hours_for_the_minimum_are_a_change_in_every_ward(bundled: Evidence) -> None:
    thinned = of_blackpool(bundled, 'id = "council_tax_reduction"\nfewer_hours = ["phone"]\nkeep = ["post", "f2f", "assisted_digital"]\n')
    assert shown.firmest(thinned, "council_tax_reduction").tolist() == [2] * 21


def test_a_promise_of_the_councils_own_that_closes_is_on_the_map_and_the_picture_says_whose_judgement_it_is(
    bundled: Evidence, tmp_path: Path
) -> None:
    (tmp_path / "promises.toml").write_text(
        '[[floor]]\nid = "L1"\ntitle = "Counters"\nservices = ["blue_badge"]\nchannels = ["f2f"]\nreason = "We said so."\n'
        'by = "A. Officer"\non = 2026-10-01\nwhy = "Manifesto"\n'
    )
    local = read_local(floors=tmp_path / "promises.toml")
    gone = of_blackpool(bundled, 'id = "blue_badge"\nclose = ["f2f"]\nkeep = ["phone", "post"]\n', local=local)
    assert shown.firmest(gone, "blue_badge").tolist() == [5] * 21
    assert own_judgement(gone.assessment) == "Found partly by the council's own judgement: local promises added to the minimum."


def test_one_ward_is_told_in_full_with_the_reason_and_what_would_tip_it(closing: proposal.Considered) -> None:
    found = closing.findings[(closing.findings["kind"] == "keep") & (closing.findings["area_code"] == "E05015188")]
    lines = dict(shown.ward_lines(closing, "blue_badge", "E05015188"))
    assert len(lines) == len(found) > 0
    assert "The proposal closes it here." in lines["Closes: face to face."]
    assert all("would alter it" in line or "Borderline: " in line for line in lines.values())


def test_a_ward_picked_on_the_map_stands_beside_it() -> None:
    test = filled()
    test.session_state["ward"] = "E05015188"  # what the page's callback writes
    test.run()
    assert not test.exception
    assert "The proposal closes it here." in text(test)
    assert '"selected":"E05015188"' in maps_on(test)[0]["feature_group"]


def test_every_finding_is_counted_once_whatever_happens_to_it(closing: proposal.Considered) -> None:
    counts = shown.counts_by_effect(closing, "blue_badge").set_index("Ways in to keep, ward by ward")
    found = closing.findings[(closing.findings["service_id"] == "blue_badge") & closing.findings["kind"].isin(["floor", "keep"])]
    assert counts.to_numpy().sum() == len(found)
    # 21 wards: phone and post stay, of text relay the proposal does not speak.
    assert counts.loc["Council-wide minimum", ["Closes", "Stays", "Not said"]].tolist() == [0, 42, 21]


def test_tips_name_borderline_findings_only(closing: proposal.Considered) -> None:
    table, steady = shown.tip_rows(closing, "blue_badge")
    found = closing.findings[(closing.findings["service_id"] == "blue_badge") & (closing.findings["kind"] == "keep")]
    assert len(table) == int(found["borderline"].sum())
    assert steady.endswith("would alter it.")
