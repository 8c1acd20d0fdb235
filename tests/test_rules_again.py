"""A library closes: the rules run again with the distances afterwards, and every service that leans on it named (guard G6)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from test_pages import run, text

from exclusion import alongside, places, proposal
from exclusion.__main__ import main
from exclusion.alongside.again import FILE, JUDGED, TITLE, again
from exclusion.alongside.distances import HOW_FAR, ONLY_LISTED, Distances
from exclusion.release import Evidence

TODAY = dt.date(2026, 11, 26)
# The proposal names Blue Badge alone; the library is where every service's assisted digital help is given.
PROPOSAL = """
title = "Close Middle House"
councils = ["Blackpool"]
date = 2027-04-01

[[service]]
id = "blue_badge"
close = ["f2f"]

[[place]]
name = "Middle House"
kind = "library"
change = "closes"
"""
# North and Far House lie beyond the town: when Middle House closes nearly everyone is more than 5 km by road from help.
LIST = """name,kind,x,y,hours
North House,library,331500,445000,40
Middle House,library,331000,436000,40
Far House,library,337000,429500,20
"""

HOUSES = ("north-house", "middle-house", "far-house")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("list") / "places.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def considered(bundled: Evidence) -> proposal.Considered:
    return proposal.consider(bundled, proposal.parse(PROPOSAL, areas=bundled.areas), today=TODAY)


@pytest.fixture(scope="module")
def beside(considered: proposal.Considered, listed: Path) -> alongside.Beside:
    return alongside.beside(considered, TODAY, alongside.Given(places=places.read_places(listed)))


def test_services_the_proposal_does_not_name_change_too(beside: alongside.Beside, considered: proposal.Considered) -> None:
    table = beside.tables[FILE]
    leaning = set(considered.dependents.loc[considered.dependents["channel"] == "assisted_digital", "service_id"])
    assert leaning - {"blue_badge"} and set(table["service_id"]) & leaning - {"blue_badge"}
    school = table[(table["service_id"] == "school_primary") & (table["channel"] == "f2f")].set_index("area_name")
    # Bloomfield: many households without a car, so distance counts; nobody was far, everybody is. Talbot the same.
    assert school.loc["Bloomfield", "after"] == "recommended" and school.loc["Talbot", ["before", "after"]].tolist() == ["", "recommended"]
    assert table["rule_ids"].str.contains("W12").all()
    # The places meant are those of the list: the council's offices and hubs count, not our libraries.
    assert table["reason"].str.contains("people more than 5 km by road from a place on the list").all()
    assert not table["reason"].str.contains("public library").any()


def test_every_service_that_was_run_again_is_named(beside: alongside.Beside, considered: proposal.Considered) -> None:
    said = " ".join(beside.said[TITLE])
    assert all(service.service_name in said for service in considered.assessment.services)
    (badge,) = (line for line in beside.said[TITLE] if "Blue Badge (disabled parking permit)" in line)
    assert "expect more use of post in" in badge
    assert len(beside.said[TITLE]) < len(considered.assessment.services)  # services for which the same differs share a line
    assert said.startswith("More people more than 5 km by road from a place on the list: in ")


def test_a_place_few_lean_on_changes_nothing_and_nothing_is_said(considered: proposal.Considered, listed: Path) -> None:
    still = dataclasses.replace(considered, proposals=tuple(p.model_copy(update={"place": ()}) for p in considered.proposals))
    assert TITLE not in alongside.beside(still, TODAY, alongside.Given(places=places.read_places(listed))).said


def test_the_nations_share_is_of_libraries_and_does_not_stand_beside_places_of_a_list(beside: alongside.Beside) -> None:
    told = beside.tables[FILE]["reason"].str.extract(r"(people more than 5 km by road from a place on the list \([^)]*\))")[0]
    assert told.notna().all()
    assert not told.str.contains("England|wards there").any()
    assert JUDGED in beside.said[TITLE]


def test_places_over_the_border_are_said_not_to_be_counted(beside: alongside.Beside, considered: proposal.Considered) -> None:
    assert ONLY_LISTED in beside.notices and ONLY_LISTED in beside.said[TITLE]
    assert "such as a neighbouring council's library, is not counted" in ONLY_LISTED


def test_the_difference_is_the_closure_and_not_another_list(considered: proposal.Considered, beside: alongside.Beside) -> None:
    # Thousands are far from this list already (Bispham 2,860), nobody from our libraries: both sides are measured on the list.
    compared = beside.tables["distances.csv"]
    same = Distances({"distances.csv": compared.assign(beyond_n_after=compared["beyond_n_before"])})
    table, lines = again(considered.assessment, same, TODAY)
    assert table.empty and lines == []


def test_with_travel_times_the_rules_go_by_kilometres_and_say_so(considered: proposal.Considered, listed: Path, tmp_path: Path) -> None:
    small = considered.assessment.evidence.small_areas
    codes = small.loc[small["area_code"].isin(considered.assessment.areas.index), "small_area_code"].unique()
    times = pd.DataFrame([(one, place, 12 if place == "middle-house" else 40) for one in codes for place in HOUSES])
    times.set_axis(["small_area_code", "place_id", "minutes"], axis=1).to_csv(tmp_path / "times.csv", index=False)
    given = alongside.Given(places=places.read_places(listed), ground=alongside.Ground(travel_times=tmp_path / "times.csv"))
    timed = alongside.beside(considered, TODAY, given)
    assert set(timed.tables["distances.csv"]["cost_unit"]) == {"minutes"}
    # The same as without them, to the letter, and why.
    pd.testing.assert_frame_equal(
        timed.tables[FILE], alongside.beside(considered, TODAY, dataclasses.replace(given, ground=alongside.Ground())).tables[FILE]
    )
    assert "The rules count kilometres by road, as for every ward of the nation, also where travel times are given." in timed.said[TITLE]
    assert any("(half-way time 12 minutes now, 40 minutes then)" in line for line in timed.said[HOW_FAR])


def test_minutes_that_worsen_where_kilometres_do_not_are_no_silence(considered: proposal.Considered, beside: alongside.Beside) -> None:
    compared = beside.tables["distances.csv"]
    still = compared.assign(beyond_n_after=compared["beyond_n_before"])
    worse = Distances({"distances.csv": compared.assign(cost_unit="minutes", threshold=30.0)}, by_road=still)
    table, lines = again(considered.assessment, worse, TODAY)
    assert len(table.columns) == 0 and len(lines) == 1
    assert lines[0].startswith("More people are over 30 minutes from a place on the list in ")
    assert lines[0].endswith(
        "The rules were not run again: the rules count kilometres by road, as for every ward of the nation, also where travel times are "
        "given, and by these nobody more is far from help."
    )


def test_the_command_line_says_it_and_writes_it(listed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tmp_path / "proposal.toml"
    asked.write_text(PROPOSAL, encoding="utf-8")
    out = tmp_path / "out"
    assert main(["assess", "--proposal", str(asked), "--places", str(listed), "-o", str(out)]) == 0
    assert TITLE in " ".join(capsys.readouterr().out.split())
    written = pd.read_csv(out / FILE)
    assert list(written.columns) == ["area_code", "area_name", "service_id", "channel", "before", "after", "rule_ids", "reason"]
    assert len(written) > 50


def test_the_proposal_page_says_it() -> None:
    test = run("proposal.py")
    test.multiselect(key="proposal_services").set_value(["blue_badge"]).run()
    test.selectbox(key="proposal_blue_badge_f2f").set_value("Closes")
    test.text_input(key="proposal_date").set_value("2027-04-01")
    test.file_uploader(key="proposal_places").upload("places.csv", LIST.encode(), "text/csv")
    test.number_input(key="proposal_place_count").set_value(1).run()
    test.selectbox(key="proposal_place_1_listed").set_value("Middle House").run()
    assert not test.exception and not test.error
    assert TITLE in [head.value for head in test.subheader]
    assert "Primary school place" in text(test) and "expect more use of post in" in text(test)
