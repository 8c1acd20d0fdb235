"""A council's list of ways in without the internet: read, checked, and what is missing or old said out loud."""

from __future__ import annotations

import datetime as dt

import pytest
from invented import figures, one

from exclusion import contracts, judgement, routes
from exclusion.contracts import DataRefused, UsageError

TODAY = dt.date(2026, 11, 24)
BADGE = [judgement.services()["blue_badge"]]  # its minimum: phone and post

LIST = b"""service_id,channel,where_to_find,last_tried,tried_by,worked
blue_badge,phone,01253 000000,2026-03-02,Access group,yes
blue_badge,f2f,"Town Hall, Talbot Square",2025-11-24,,yes
blue_badge,home_visit,Ask on the phone line,,,
"""


def test_a_list_meets_its_contract() -> None:
    table = routes.read(LIST)
    assert list(table.columns) == list(contracts.TABLES["routes"].columns)
    assert table.loc[1, "where_to_find"] == "Town Hall, Talbot Square" and table.loc[2, "last_tried"] == ""


@pytest.mark.parametrize(
    ("tried", "worked", "state"),
    [
        ("2025-11-25", "yes", "fresh"),  # a day short of twelve months
        ("2025-11-24", "yes", "stale"),  # twelve months to the day
        ("2026-11-24", "yes", "fresh"),
        ("2026-11-24", "", "unsaid"),  # tried, and nobody wrote down whether it worked
        ("", "", "untried"),
        ("2026-11-01", "no", "failed"),
    ],
)
def test_how_far_a_route_can_be_relied_on(tried: str, worked: str, state: str) -> None:
    table = routes.read(f"service_id,channel,where_to_find,last_tried,worked\nblue_badge,phone,x,{tried},{worked}\n".encode(), today=TODAY)
    assert routes.state(table, TODAY)["state"].tolist() == [state]


def test_what_is_missing_stale_or_untried_is_said() -> None:
    findings = one(figures("A"), "blue_badge").findings  # a counter, a visit and help online are advised in A
    assert routes.notices(routes.read(LIST), BADGE, findings, TODAY) == (
        "Blue Badge (disabled parking permit): the council's list has no route for post, part of the council-wide minimum.",
        "Blue Badge (disabled parking permit): we advise keeping assisted digital, and the council's list has no route for it.",
        "Blue Badge (disabled parking permit): face to face (Town Hall, Talbot Square): last tried on 24 November 2025, "
        "12 months ago or more. Try it before relying on it.",
        "Blue Badge (disabled parking permit): home visit (Ask on the phone line): no record that anybody has tried it. "
        "Try it before relying on it.",
    )


def test_one_place_that_works_is_enough_for_a_way_in() -> None:
    text = b"service_id,channel,where_to_find,last_tried,worked\nblue_badge,phone,a,2026-11-01,no\nblue_badge,phone,b,2026-11-01,yes\n"
    assert not [said for said in routes.notices(routes.read(text), BADGE, None, TODAY) if "phone" in said]


def test_tried_without_saying_whether_it_worked_is_no_proof() -> None:
    text = b"service_id,channel,where_to_find,last_tried,tried_by\nblue_badge,phone,01253 000000,2026-11-01,Access group\n"
    assert routes.notices(routes.read(text, today=TODAY), BADGE, None, TODAY)[1] == (
        "Blue Badge (disabled parking permit): phone (01253 000000): tried on 1 November 2026 by Access group, "
        "but not said whether it worked. Write down whether it worked, or try it again."
    )


def test_nobody_can_have_tried_it_tomorrow() -> None:
    text = b"service_id,channel,where_to_find,last_tried,worked\nblue_badge,phone,x,2026-11-24,yes\nblue_badge,post,x,2026-11-25,yes\n"
    with pytest.raises(DataRefused) as refused:
        routes.read(text, today=TODAY)
    assert [str(problem) for problem in refused.value.problems] == [
        "routes.csv, line 3: 'last_tried' lies after today (found: 2026-11-25). Give the day it was last tried, or leave it blank."
    ]


def test_an_empty_list_is_all_missing() -> None:
    text = b"service_id,channel,where_to_find\n"
    assert routes.notices(routes.read(text), BADGE, None, TODAY) == (
        "Blue Badge (disabled parking permit): the council's list has no route for phone and post, part of the council-wide minimum.",
    )


def test_every_mistake_at_once() -> None:
    text = b"service_id,channel,where_to_find,last_tried,worked\nblue_bage,fax,,24/11/2026,perhaps\nblue_badge,phone,x,,yes\n"
    with pytest.raises(DataRefused) as refused:
        routes.read(text, "mine.csv")
    said = str(refused.value)
    for expected in (
        "mine.csv, line 2: is not a service we know (found: blue_bage)",
        "line 2: is not a way in we know (found: fax)",
        "line 2: does not say where to find it",
        "line 2: 'last_tried' is not a date (found: 24/11/2026). Write it as 2026-11-24",
        "line 2: 'worked' is neither yes nor no (found: perhaps)",
        "line 3: says whether it worked but not when it was tried",
    ):
        assert expected in said
    with pytest.raises(DataRefused, match="has no column 'where_to_find'"):
        routes.read(b"service_id,channel\n")
    with pytest.raises(DataRefused, match="repeat the same"):
        routes.read(b"service_id,channel,where_to_find\nblue_badge,phone,x\nblue_badge,phone,x\n")
    with pytest.raises(UsageError, match="there is no such file"):
        routes.read("nowhere.csv")


def test_the_template_asks_for_the_minimum_of_every_service() -> None:
    lines = routes.template().splitlines()
    assert len(lines) == 1 + sum(len(service.floor_channels) for service in judgement.services().values())
    assert "blue_badge,post,,,,," in lines
