"""Every page, run without a browser: what it says, that its address holds its state, that it calls nobody."""

from __future__ import annotations

import json
import re
from html import escape
from itertools import pairwise
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from exclusion.judgement import services

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
WITH_MAPS = ["service.py", "risk_map.py"]


def run(page: str, **address: str | list[str]) -> AppTest:
    """One page by itself, as at an address."""
    test = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=60)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    return test


def text(test: AppTest) -> str:
    """All the words of a page."""
    html = [str(block.proto.body) for block in test.get("html")]
    return "\n".join(
        [*html, *(str(one.value) for kind in (test.markdown, test.header, test.info, test.error, test.warning) for one in kind)]
    )


def maps_on(test: AppTest) -> list[dict]:
    """What was handed to each map."""
    return [json.loads(one.proto.json_args) for one in test.get("component_instance")]


def test_the_app_opens_on_the_service_page_and_offers_every_page():
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not test.exception
    assert test.title[0].value == "Service"
    for page in PAGES:
        test.switch_page(f"pages/{page}").run()
        assert not test.exception


@pytest.mark.parametrize("page", PAGES)
def test_each_page_runs_alone_under_one_title(page):
    test = run(page)
    assert len(test.title) == 1
    assert not test.error


@pytest.mark.parametrize("page", PAGES)
def test_headings_go_down_one_step_at_a_time(page):
    test = run(page, ward="Bloomfield (E05015188)")
    steps = [int(one.tag[1]) for one in test if one.type in ("title", "header", "subheader")]
    assert steps[0] == 1
    assert steps.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(steps)), steps


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("ward", ["", "Bloomfield (E05015188)"], ids=["no ward", "a ward"])
def test_what_figures_cannot_tell_stands_beside_them_on_every_page_that_shows_any(page, ward):
    """A figure is a number of people or places in a table, or a map; a page without any (Accessibility) need not say it."""
    test = run(page, **({"ward": ward} if ward else {}))
    told = "What this cannot tell you" in [head.value for head in test.header]
    figures = re.search(r"<td[^>]*>[^<]*\d", text(test)) or maps_on(test)
    assert told or not figures
    without = {"accessibility.py", "equality.py", "places.py", "proposal.py"} | ({"councillor.py"} if not ward else set())
    assert told or page in without, "these alone have a state without figures"


def test_places_and_a_proposal_say_it_once_they_show_figures():
    places = run("places.py")
    places.file_uploader(key="proposal_places").upload("places.csv", b"name,x,y\nLibrary,331000,436300\n", "text/csv").run()
    proposal = run("proposal.py")
    text_of = b'title = "T"\ncouncils = ["Blackpool"]\ndate = 2027-04-01\n[[service]]\nid = "blue_badge"\nclose = ["f2f"]\n'
    proposal.file_uploader(key="proposal_toml").upload("p.toml", text_of, "text/plain").run()
    for test in (places, proposal):
        assert not test.exception and not test.error
        assert "What this cannot tell you" in [head.value for head in test.header]


@pytest.mark.parametrize("page", WITH_MAPS)
def test_a_map_asks_no_other_machine_for_anything(page):
    (args,) = maps_on(run(page))
    links = args["js_links"] + args["css_links"]
    assert links
    assert not [link for link in links if "//" in link]
    assert "http" not in args["script"].replace("http://www.w3.org", "")
    assert '"at":"' in args["feature_group"]


@pytest.mark.parametrize("page", WITH_MAPS)
def test_every_map_stands_beside_a_table_of_all_its_wards(page):
    test = run(page)
    words = text(test)
    assert words.count('<th scope="row"') >= 21
    assert "Bloomfield" in words


# ------------------------------------------------------------------ find a ward


@pytest.mark.parametrize("page", PAGES)
def test_every_page_can_find_a_ward(page):
    test = run(page)
    test.text_input(key="find").set_value("Roundhay").run()
    assert not test.exception
    assert "One ward matches “Roundhay”." in text(test)


def test_a_found_ward_is_shown_in_its_own_council():
    test = run("ward.py", ward="Bloomfield (E05015188)")
    test.text_input(key="find").set_value("Roundhay").run()
    test.button(key="found_E05011411").click().run()
    assert not test.exception
    assert test.multiselect(key="council").value == ["E08000035"]
    assert test.selectbox(key="ward").value == "E05011411"
    assert "Roundhay, Leeds (E05011411)" in text(test)


def test_a_link_may_name_a_ward_by_its_code_alone():
    test = run("ward.py", code="E05011411")
    assert test.multiselect(key="council").value == ["E08000035"]
    assert test.selectbox(key="ward").value == "E05011411"
    lacking = run("ward.py", code="E05000000")
    assert "This link names a ward we do not hold: “E05000000”" in lacking.warning[0].value.replace("\\", "")


# ------------------------------------------------------------------ service


def test_the_service_page_says_the_minimum_then_the_wards_then_what_it_cannot_tell():
    test = run("service.py")
    assert [head.value for head in test.header] == [
        "The minimum everywhere",
        "Ward by ward",
        "The wards in a table",
        "What this cannot tell you",
    ]
    words = text(test)
    assert "Advise keeping in 13 of 21 wards; Nothing found in rules checked in 8 of 21 wards" in words
    assert "No flag does not mean no need" in words
    assert "rank" not in words.replace("not ranks", "")


def test_an_address_holds_council_service_and_ward():
    test = run("service.py", council=["Tower Hamlets (E09000030)"], service="Blue Badge (disabled parking permit)")
    assert test.multiselect(key="council").value == ["E09000030"]
    assert test.selectbox(key="service").value == "blue_badge"
    assert "Canary Wharf" in text(test)


def test_a_chosen_ward_shows_its_reasons_in_full():
    test = run("service.py", ward="Bloomfield (E05015188)")
    words = text(test)
    assert "about 5,700 people in households on a low income (74% of all residents" in words
    assert [head.value for head in test.subheader] == ["Bloomfield"]


def test_several_councils_act_as_one_area():
    test = run("service.py", council=["Blackpool (E06000009)", "Ribble Valley (E07000124)"])
    words = text(test)
    assert "of 47 wards" in words  # 21 in Blackpool and 26 in Ribble Valley
    assert '<th scope="col" role="columnheader">Council</th>' in words


def test_a_two_tier_service_says_who_decides():
    test = run("service.py", council=["Ribble Valley (E07000124)"], service="Blue Badge (disabled parking permit)")
    assert any("Decided by Lancashire" in warning.value for warning in test.warning)


def test_a_council_without_outlines_shows_points_and_everything_else():
    test = run("service.py", council=["Preston (E07000123)"])
    assert any("We hold no outlines" in caption.value for caption in test.caption)
    assert text(test).count('<th scope="row"') >= 10


def test_wales_is_assessed_with_what_is_held_there():
    test = run("service.py", council=["Cardiff (W06000015)"])
    assert not test.error
    assert "(W07)" in text(test)  # income counts are not published: named as not checked


def test_changing_the_council_lets_go_of_a_ward_that_is_not_in_it():
    test = run("service.py", ward="Bloomfield (E05015188)")
    test.multiselect(key="council").set_value(["E07000124"]).run()
    assert not test.exception
    assert test.selectbox(key="ward").value is None


def test_without_a_council_the_page_asks_for_one():
    test = run("service.py")
    test.multiselect(key="council").set_value([]).run()
    assert [info.value for info in test.info] == ["Choose a council to begin."]


def test_own_counts_are_laid_beside_and_a_bad_file_is_answered_in_words():
    test = run("service.py")
    test.file_uploader(key="own_file").upload("calls.csv", b"ward,calls\nBloomfield,1204\nTalbot,5\n", "text/csv").run()
    assert not test.exception
    words = text(test)
    assert "calls (yours)" in words
    assert ">1,204<" in words
    assert any("1 of your counts lie between 1 and 9" in warning.value for warning in test.warning)
    test.file_uploader(key="own_file").set_value([("calls.csv", b"ward,calls\nBlomfield,x\n", "text/csv")]).run()
    assert not test.exception
    assert len(test.error) == 1
    assert "Did you mean Bloomfield" in test.error[0].value.replace("\\", "")


def test_own_counts_last_for_the_visit_until_they_are_taken_away():
    test = run("service.py")
    test.file_uploader(key="own_file").upload("calls.csv", b"ward,calls\nBloomfield,1204\n", "text/csv").run()
    again = AppTest.from_file(str(ROOT / "pages" / "service.py"), default_timeout=60)
    again.session_state["own_counts"] = test.session_state["own_counts"]  # the visit goes on; the uploader has forgotten its file
    again.run()
    assert ">1,204<" in text(again)
    again.button(key="own_forget").click().run()
    assert ">1,204<" not in text(again)
    assert ">1,204<" not in text(run("service.py"))  # another visit never saw it


def test_the_map_can_leave_out_what_is_said_once_and_then_zero_is_not_no_reason():
    test = run("service.py", service="Blue Badge (disabled parking permit)", show="Only what comes on top of the lines above")
    words = text(test)
    assert "Nothing more in rules checked in " in words
    assert "Nothing found in rules checked in 2 of" not in words


def test_a_link_to_what_we_do_not_hold_says_so():
    test = run("service.py", council="Blackpol", service="Blue Badge (disabled parking permit)")
    assert any("This link names councils we do not hold: “Blackpol”" in one.value.replace("\\", "") for one in test.warning)
    assert not run("service.py", council="Blackpool (E06000009)").warning


@pytest.mark.parametrize("written", ["E06000009", "e06000009", "Blackpool", " blackpool "])
def test_a_link_may_name_a_council_by_code_or_by_name(written):
    test = run("service.py", council=written)
    assert not test.warning
    assert test.multiselect(key="council").value == ["E06000009"]
    both = run("service.py", council=["N09000003", "Blackpol"])
    assert both.multiselect(key="council").value == ["N09000003"]
    assert any("councils we do not hold: “Blackpol”" in one.value.replace("\\", "") for one in both.warning)


def test_a_link_may_name_a_service_by_id_as_the_command_line_does():
    test = run("service.py", service="council_tax_reduction")
    assert not test.warning and test.selectbox(key="service").value == "council_tax_reduction"
    lacking = run("service.py", service="council_tax")
    assert any("services we do not hold: “council_tax”" in one.value.replace("\\", "") for one in lacking.warning)


BLUE_BADGE = "Blue Badge (disabled parking permit)"


def of_link(test: AppTest) -> list[str]:
    """What a page says of the link it was opened by."""
    return [said for one in test.warning if (said := one.value.replace("\\", "")).startswith("This link names")]


def test_a_link_to_a_service_that_councils_here_do_not_run_says_so_by_its_name():
    said = "This link names “{}”: this is not a service of councils in Northern Ireland. “{}” is shown in its place."
    for written in ("blue_badge", BLUE_BADGE):
        test = run("service.py", council="N09000003", service=written)
        (warning,) = of_link(test)
        shown = test.selectbox(key="service").value
        assert warning == said.format(BLUE_BADGE, services()[shown].service_name)
    test.selectbox(key="service").select("garden_waste").run()
    assert not of_link(test)  # the visitor has chosen: nothing stands in the place of anything
    two = run("service.py", council="N09000003", service=["blue_badge", "council_tax_reduction"])
    assert "these are not services of councils in Northern Ireland" in of_link(two)[0]


@pytest.mark.parametrize(
    ("page", "name", "said"),
    [
        ("service.py", "show", "a map that cannot be shown here: “xx”. Everything found in the ward is shown in its place."),
        ("national.py", "nation", "a nation we do not hold: “xx”. England is shown in its place."),
        ("national.py", "by", "a map that cannot be shown here: “xx”. Councils is shown in its place."),
    ],
)
def test_a_link_with_an_answer_that_a_question_does_not_have_says_so(page, name, said):
    test = run(page, service="blue_badge", **{name: "xx"})
    assert of_link(test) == [f"This link names {said}"]
    assert test.query_params.get(name) is None, "who copies the address must not hand the wrong answer on"


@pytest.mark.parametrize(
    ("given", "councils"),
    [
        ({"ward": "Chatburn (E05012004)"}, ["E07000124"]),  # a ward alone is of its own council
        ({"ward": "E05012004"}, ["E07000124"]),
        ({"ward": "E05015188", "council": "Blackpool"}, ["E06000009"]),  # the council that a page shows by itself
        ({"ward": "Chatburn (E05012004)", "council": ["E07000124", "E06000009"]}, ["E07000124", "E06000009"]),
    ],
)
def test_a_link_to_a_ward_opens_on_it_however_it_is_spelt(given, councils):
    test = run("service.py", **given)
    assert not test.warning
    assert not test.exception
    ward = given["ward"].removesuffix(")")[-9:]
    assert (test.multiselect(key="council").value, test.selectbox(key="ward").value) == (councils, ward)


def test_a_link_to_a_ward_of_another_council_says_so():
    test = run("service.py", ward="Chatburn (E05012004)", council="Blackpool (E06000009)")
    assert any("a ward that is not of the councils shown: “Chatburn (E05012004)”" in one.value.replace("\\", "") for one in test.warning)
    assert test.selectbox(key="ward").value is None


def test_enter_in_the_empty_box_cannot_choose_every_council():
    assert not run("service.py").multiselect(key="council").proto.select_all


def test_only_services_with_nothing_found_are_said_to_be_able_to_move_first():
    words = text(run("tables.py"))
    clear = int(words.split(" of 40 services have nothing to add")[0].split()[-1].split(">")[-1])
    assert words.count("Nothing to add to the minimum<") == clear > 0
    assert "Something to watch in" in words


def test_a_ward_stays_chosen_when_another_council_joins():
    test = run("service.py", ward="Bloomfield (E05015188)")
    test.multiselect(key="council").set_value(["E06000009", "E07000124"]).run()
    assert not test.exception
    assert test.selectbox(key="ward").value == "E05015188"


# ------------------------------------------------------------------ ward


def test_the_ward_page_asks_for_a_ward_then_says_all_of_it():
    none = run("ward.py")
    assert "Choose a ward" in none.info[0].value
    words = text(none)  # with a council alone the page shows what there is to choose from
    assert "21 wards, in order of name" in words and words.count("5 Highest") == 19 and "Bloomfield" in words
    test = run("ward.py", ward="Bloomfield (E05015188)")
    assert [head.value for head in test.header] == [
        "Who lives here",
        "People unlikely to use the internet",
        "What to keep open, for every service",
        "What drives the score",
        "What we do not know",
        "What this cannot tell you",
    ]
    words = text(test)
    assert "Aged 75 and over" in words
    assert "points down: few older people" in words
    assert "weak mobile signal (W03)" in words


def test_the_pictures_of_a_ward_have_words_and_a_table():
    test = run("ward.py", ward="Bloomfield (E05015188)")
    said = [one.proto.alt for one in test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")]
    assert [one.split(" of ")[0] for one in said] == ["Pyramid", "Bar chart"]
    words = text(test)
    assert "Bloomfield is here" in words
    assert "Residents of Bloomfield by age and disability" in words


def test_the_service_page_has_a_grid_of_ways_in_by_ward():
    assert "wards down, ways in across" in text(run("service.py"))


# ------------------------------------------------------------------ risk map


def test_weights_move_the_bands_and_the_page_says_they_are_not_the_default():
    usual = run("risk_map.py", council=["Tower Hamlets (E09000030)"])
    assert not usual.warning
    moved = run("risk_map.py", council=["Tower Hamlets (E09000030)"], w_age="0", w_income="100")
    assert moved.slider(key="w_income").value == 100
    assert any("Weights changed from the default" in warning.value for warning in moved.warning)
    assert maps_on(usual)[0]["feature_group"] != maps_on(moved)[0]["feature_group"]
    # the shapes are the same file, so the browser keeps the map it has
    assert maps_on(usual)[0]["script"] == maps_on(moved)[0]["script"]


def test_all_weights_at_zero_is_answered_in_words():
    test = run("risk_map.py", w_age="0", w_disability="0", w_income="0", w_connectivity="0")
    assert [error.value for error in test.error] == ["All weights are zero. Move at least one slider up."]


def test_band_and_findings_that_differ_are_explained_beside_each_other():
    words = text(run("risk_map.py", council=["Tower Hamlets (E09000030)"]))
    assert "band because few older people; flagged because many people" in words


def test_wales_has_no_slider_for_connectivity():
    test = run("risk_map.py", council=["Cardiff (W06000015)"])
    assert {slider.key for slider in test.slider} == {"w_age", "w_disability", "w_income"}


# ------------------------------------------------------------------ tables and sources


def test_the_tables_page_answers_which_services_could_move_first():
    words = text(run("tables.py"))
    assert "services have nothing to add to their minimum in the 21 chosen wards" in words
    services, columns = words.split("<caption>Columns shown")
    assert services.count('<th scope="row"') == 80  # forty services in each of two tables
    assert ">risk<" in columns  # and what each column of the ward figures means


def test_planners_choose_columns_and_wards():
    test = run("tables.py")
    test.text_input(key="planner_words").set_value("bloom").run()
    assert not test.exception
    (shown,) = (one.value for one in test.dataframe)
    assert list(shown["area_name"]) == ["Bloomfield"]
    test.multiselect(key="planner_groups").set_value(["Place"]).run()
    assert "population" in test.dataframe[0].value and "risk" not in test.dataframe[0].value


def test_sources_are_named_with_licence_and_what_is_missing_is_said(bundled):
    words = text(run("sources.py"))
    for source in bundled.manifest.sources.values():
        assert escape(source.publisher) in words
    assert "Open Government Licence v3.0" in words
    assert "Broadband and mobile coverage by ward" in words


def test_texts_past_their_review_date_are_named(monkeypatch):
    from datetime import date

    from exclusion.ui import figures

    class Later(date):
        @classmethod
        def today(cls) -> date:
            return date(2031, 1, 1)

    monkeypatch.setattr(figures, "date", Later)
    assert any("was due to be checked on" in warning.value for warning in run("sources.py").warning)


# ------------------------------------------------------------------ what the map hands back


def test_a_pick_on_the_map_becomes_the_chosen_ward():
    test = run("service.py")
    test.session_state["ward"] = "E05015188"  # what the page's callback writes; see tests/browser for the click itself
    test.run()
    assert test.selectbox(key="ward").value == "E05015188"
    assert '"selected":"E05015188"' in maps_on(test)[0]["feature_group"]


# ------------------------------------------------------------------ the level of people

BLOOMFIELD = "Bloomfield (E05015188)"


def test_the_risk_map_of_wards_without_a_score_leaves_out_what_is_not_there_and_points_to_what_is():
    belfast = run("risk_map.py", council="N09000003")
    words = text(belfast)
    assert "are on the page Ward, what was found for a service on the page Service." in words
    assert "Not scored" in words and "(0)" not in words, "no legend of five bands that no ward here can have"
    assert "did not use the internet" not in words
    assert not [one for one in belfast.number_input if one.key == "people_scale"]
    blackpool = run("risk_map.py")
    assert "did not use the internet" in text(blackpool) and "are on the page Ward" not in text(blackpool)
    assert [one for one in blackpool.number_input if one.key == "people_scale"]


def test_the_ward_page_shows_people_by_age_and_disability_with_their_range():
    words = text(run("ward.py", ward=BLOOMFIELD))
    assert "People unlikely to use the internet, by age and disability (2020 rates)" in words
    assert "16 and over" in words and "75 and over" in words
    assert "did not use the internet in the last three months, 2020 rates" in words.replace("\\", "")
    assert "holds the number at these rates eight times in ten" in words and "true number" not in words
    assert "The range at the top of the page begins lower: that end also allows for the fall since 2020." in words
    assert "Two wards with the same mix of age and disability get the same number" in words
    assert "over half of people without internet at home are under 75" in words


@pytest.mark.parametrize("page", ["ward.py", "risk_map.py"])
def test_a_factor_with_its_reason_in_the_address_is_used_and_said(page):
    words = text(run(page, ward=BLOOMFIELD, people_scale="0.8", people_why="our survey of 2025")).replace("\\", "")
    assert "2020 rates, multiplied by 0.8 (our survey of 2025)" in words
    assert "are multiplied by 0.8, set by you: our survey of 2025" in words
    assert "about 140 to 520" not in words
    assert "about 180 to 410" in words  # 0.8 x the 2020 range, about 221 to 518: 177 to 414


def test_a_factor_without_a_reason_is_refused_in_plain_words_and_changes_nothing():
    test = run("ward.py", ward=BLOOMFIELD, people_scale="0.8")
    assert ["is not used yet: it needs a reason" in error.value for error in test.error] == [True]
    assert "about 140 to 520" in text(test)
    test.text_input(key="people_why").set_value("our *own* <b>survey</b>").run()
    assert not test.error and not test.exception
    assert "<b>survey</b>" not in text(test)  # a reason is text, whatever is in it


def test_a_factor_goes_along_to_pages_that_do_not_ask_for_it():
    words = text(run("service.py", ward=BLOOMFIELD, people_scale="0.8", people_why="our survey")).replace("\\", "")
    assert "multiplied by 0.8, set by you: our survey" in words
    assert "about 180 to 410" in words


@pytest.mark.parametrize("factor", ["nan", "9", "much", "-1"])
def test_a_factor_in_the_address_that_is_none_is_left_alone(factor):
    assert "about 140 to 520" in text(run("service.py", ward=BLOOMFIELD, people_scale=factor, people_why="our survey"))


# ------------------------------------------------------------------ the national map


def test_the_national_map_colours_one_nation_at_a_time_and_lists_its_councils_by_name():
    test = run("national.py", nation="Wales")
    words = text(test)
    assert "Wales: 22 councils" in words
    assert words.count('<th scope="row"') == 22
    (drawn,) = maps_on(test)
    assert '"focus":[' in drawn["feature_group"]
    assert any("They are not boundaries" in one.value for one in test.caption)


def test_from_a_council_to_its_wards_to_the_small_areas_of_one():
    test = run("national.py", look="Blackpool (E06000009)", look_ward="Bloomfield (E05015188)")
    words = text(test)
    assert "Small areas that lie mostly in Bloomfield, by name" in words
    assert "Blackpool and councils like it" in words
    assert len(maps_on(test)) == 2
    assert [one.value for one in test.subheader] == ["Small areas of Bloomfield", "Councils like Blackpool"]


def test_changing_the_nation_lets_go_of_a_council_that_is_not_in_it():
    test = run("national.py", look="Blackpool (E06000009)")
    test.radio(key="nation").set_value("Scotland").run()
    assert not test.exception
    assert test.selectbox(key="look").value is None


def test_a_nation_without_a_score_says_so_and_not_that_nobody_is_at_risk():
    test = run("national.py", nation="Northern Ireland", by="Wards")
    assert any("have no score" in one.value and "does not mean no need" in one.value for one in test.warning)
    assert "are in bands 4 and 5" not in text(test)


# ------------------------------------------------------------------ two maps


def test_two_maps_show_the_same_wards_from_the_same_shapes_and_stand_in_one_table():
    test = run("two_maps.py", ward="Bloomfield (E05015188)", map_right="No car or van")
    left, right = maps_on(test)
    assert left["feature_group"] != right["feature_group"]
    assert all('"beside":"two-maps"' in one["script"] for one in (left, right))
    words = text(test)
    assert "Left: Band, the likelihood of not using the internet" in words
    assert "fifth of the nation" in words
    assert words.count('<th scope="row"') == 21
