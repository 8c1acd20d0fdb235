"""A proposal: the file, its mistakes, what it does to findings, demand, options, what leans on what, and what adds up."""

# ruff: noqa: E501  (quoted sentences read better unbroken)

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest
from invented import CODES, six

import exclusion
from exclusion import judgement, proposal, provision, report
from exclusion.contracts import DataRefused, UsageError

GOOD = """
title = "Blue Badge online"
councils = ["Invented"]
date = 2027-04-01

[officer]
purpose = "Quicker for everyone."
saving = "about £40,000 a year"

[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
contacts = { online = 2000, phone = 1500, f2f = 900, post = 200 }
"""


@pytest.fixture(scope="module")
def checked() -> provision.Provision:
    """Every service in the six invented wards."""
    wards, table = six()
    return provision.check(wards, table, judgement.services().values(), thresholds="0")


@pytest.fixture(scope="module")
def findings(checked: provision.Provision) -> pd.DataFrame:
    """What was found there."""
    return checked.findings


@pytest.fixture(scope="module")
def summaries(checked: provision.Provision) -> pd.DataFrame:
    """What could be checked there."""
    return checked.summaries


def people(codes: list[str], low: float = 64, high: float = 100, adults: float = 1000) -> pd.DataFrame:
    """The same estimate in every ward: 6.4 to 10 in 100 residents unlikely to use the internet."""
    return pd.DataFrame({"low_raw": low, "high_raw": high, "adults": adults}, index=pd.Index(codes, name="area_code"))


def test_a_date_that_has_passed_is_noted(bundled: exclusion.Evidence) -> None:
    text = 'title = "Bulky waste online"\ncouncils = ["Blackpool"]\ndate = 2020-01-01\n[[service]]\nid = "bulky_waste"\nclose = ["phone"]\nkeep = ["f2f"]\n'
    note = "'Bulky waste online' starts on 1 January 2020: the date has passed. Check the year; the figures here are of now, not of then."
    late = proposal.consider(bundled, proposal.parse(text), today=dt.date(2020, 1, 2))
    assert late.notices[0] == note
    # Pages that travel alone say it too: the ward's, the council's service and the one for scrutiny.
    code = str(late.assessment.areas.index[0])
    for page in (report.ward_html(late, "bulky_waste", code, dt.date(2020, 1, 2)), report.scrutiny_html(late, dt.date(2020, 1, 2))):
        assert "starts on 1 January 2020: the date has passed" in page
    assert "the date has passed" not in report.ward_html(late, "bulky_waste", code, dt.date(2020, 1, 1))
    # On the day itself, and before, there is nothing to say.
    assert note not in proposal.lay(late.assessment, late.proposals, dt.date(2020, 1, 1)).notices


# ------------------------------------------------------------------------- the file


def test_a_proposal_keeps_the_officers_own_words_apart(tmp_path: Path) -> None:
    path = tmp_path / "blue.toml"
    path.write_text(GOOD, encoding="utf-8")
    read = proposal.read(path)
    assert (read.title, read.councils, read.date.isoformat()) == ("Blue Badge online", ("Invented",), "2027-04-01")
    assert read.officer.saving == "about £40,000 a year"
    change = read.change("blue_badge")
    assert change is not None
    assert (change.close, change.fewer_hours, change.keep, change.stays) == (("f2f",), ("phone",), ("post",), ("post", "phone"))


def test_every_mistake_is_named_at_once_with_the_line_to_mend() -> None:
    text = """title = "Online"
councils = []
[[service]]
id = "blue_bage"
close = ["f2f", "fax"]
[[service]]
id = "bulky_waste"
close = ["phone"]
contacts = { phone = -3 }
customer = "somebody"
[[place]]
name = "Central"
kind = "libary"
change = "closes"
"""
    with pytest.raises(DataRefused) as refused:
        proposal.parse(text, "mine.toml")
    said = str(refused.value)
    assert "mine.toml, date: is missing" in said
    assert "mine.toml, line 2, councils: is empty" in said
    assert "mine.toml, line 4, service.1.id: is not a service we know; did you mean 'blue_badge'? (found: blue_bage)" in said
    assert "mine.toml, line 5, service.1.close.2: is not a way in we know" in said
    assert "mine.toml, line 9, service.2.contacts.phone: is below zero (found: -3)" in said
    assert "mine.toml, line 10, service.2.customer: is not a field of a proposal." in said
    assert "somebody" not in said  # what may be about a person is not repeated
    assert "mine.toml, line 13, place.1.kind: is not a kind of place we know; did you mean 'library'?" in said
    assert len(refused.value.problems) == 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('keep = ["post"]', 'keep = ["f2f"]'), "f2f stands under both close and keep; leave it in one"),
        (('close = ["f2f"]\nfewer_hours = ["phone"]\nkeep = ["post"]', ""), "says nothing about any way in"),
        (("2027-04-01", "2027-04-41"), "is not valid TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: tuple[str, str], said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        proposal.parse(GOOD.replace(*change))


@pytest.mark.parametrize("given", ['"soon"', '"2027-13-01"', "true", "2027-04-01T10:00:00"])
def test_what_is_no_day_is_told_in_our_words(given: str) -> None:
    with pytest.raises(DataRefused, match=r"date: is not a day \(year-month-day\) .*\. Give the day it takes effect, such as 2027-04-01\."):
        proposal.parse(GOOD.replace("date = 2027-04-01", f"date = {given}"))


def test_what_is_no_toml_is_told_how_it_is_written_and_a_ward_named_twice_as_that() -> None:
    with pytest.raises(DataRefused) as refused:
        proposal.parse(GOOD.replace("date = 2027-04-01", "date = 01/04/2027"))
    assert "a day as 2027-04-01 without them" in str(refused.value) and "A ward may be named once only" not in str(refused.value)
    with pytest.raises(DataRefused, match="A ward may be named once only"):
        proposal.parse(GOOD + f"[service.contacts_by_ward.{CODES['A']}]\nphone = 1\n[service.contacts_by_ward.{CODES['A']}]\nphone = 2\n")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        proposal.read("nowhere.toml")


def test_a_ward_of_another_council_is_named_with_its_line() -> None:
    wards, _ = six()
    with pytest.raises(DataRefused, match=r"line 16, service.1.wards: is not a ward of the councils named \(found: E05999999\)"):
        proposal.parse(GOOD + 'wards = ["E05999999"]\n', areas=wards)


def two_councils() -> pd.DataFrame:
    """The six wards, the last of them of a council beside."""
    wards, _ = six()
    names = ["Invented"] * (len(wards) - 1) + ["Beside"]
    return wards.assign(council_name=names, council_code=["E06000001" if name == "Invented" else "E06000002" for name in names])


def test_a_ward_of_a_council_that_is_not_named_is_refused_with_its_name_and_council(tmp_path: Path) -> None:
    wards = two_councils()
    code, name = wards.index[-1], wards["area_name"].iloc[-1]
    theirs = f"{name} is a ward of Beside"
    given = GOOD + f'wards = ["{code}"]\n[service.contacts_by_ward.{code}]\nphone = 40\n'
    given += f'[[place]]\nname = "Library"\nkind = "library"\nchange = "closes"\nwards = ["{code}"]\n'
    with pytest.raises(DataRefused) as refused:
        proposal.parse(given, areas=wards)
    assert [(one.what, one.value, one.do) for one in refused.value.problems] == [
        (f"is not a ward of the councils named: {theirs}", code, "Leave the ward out, or name its council as well.")
    ] * 3
    # Nothing is refused once its council is named, and a code that is nobody's is told as before.
    both = given.replace('councils = ["Invented"]', 'councils = ["Invented", "Beside"]')
    assert proposal.parse(both, areas=wards).change("blue_badge").contacts_by_ward == {code: {"phone": 40}}  # type: ignore[union-attr]
    with pytest.raises(DataRefused, match=r"is not a ward of the councils named \(found: E05999999\)\. Check the council"):
        proposal.parse(given.replace(code, "E05999999"), areas=wards)
    # In a file of contacts as well, by code and by name.
    for ward in (code, name):
        (tmp_path / "contacts.csv").write_text(f"ward,phone\n{ward},40\n", encoding="utf-8")
        with pytest.raises(DataRefused, match=rf"contacts.csv, line 2: is not one of the chosen wards: {theirs} \(found: {ward}\)"):
            proposal.parse(GOOD + 'contacts_file = "contacts.csv"\n', areas=wards, folder=tmp_path)
    # While it is not known which councils are meant, only that is told.
    with pytest.raises(DataRefused) as refused:
        proposal.parse(given.replace('councils = ["Invented"]', 'councils = ["Nobody"]'), areas=wards)
    assert [one.what for one in refused.value.problems] == ["is not in this release"]


# --------------------------------------------------------------- contacts: counts only


def test_contacts_by_ward_come_from_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("ward_code,phone,f2f\nE05000001,40,\nE05000002,25,12\n", encoding="utf-8")
    (tmp_path / "p.toml").write_text(GOOD + 'contacts_file = "contacts.csv"\n', encoding="utf-8")
    change = proposal.read(tmp_path / "p.toml").change("blue_badge")
    assert change is not None
    assert change.contacts_by_ward == {"E05000001": {"phone": 40}, "E05000002": {"phone": 25, "f2f": 12}}  # a blank is not 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ward_code,phone\nE05000001,1\nE05000001,1\n", "line 3: repeats the ward of line 2, as a list of cases would"),
        ("ward_code,surname,phone\nE05000001,Smith,1\n", "line 1, column 2: looks like a name"),
        ("ward_code,date of birth,phone\nE05000001,01/02/1940,1\n", "line 1, column 2: looks like a date of birth"),
        ("ward_code,phone,where\nE05000001,1,FY1 1AA\n", "line 2, column 3: holds what looks like a postcode"),
        ("ward_code,phone,x\nE05000001,1,QQ123456C\n", "line 2, column 3: holds what looks like a National Insurance number"),
        ("ward_code,phone,x\nE05000001,1,1940-02-01\n", "line 2, column 3: holds what looks like a date"),
        ("ward_code,nino\nE05000001,1\n", "looks like a National Insurance or case number"),
    ],
)
def test_rows_about_people_are_refused_and_never_repeated(text: str, said: str) -> None:
    with pytest.raises(DataRefused) as refused:
        proposal.read_contacts(text.encode())
    assert said in str(refused.value)
    for personal in ("Smith", "FY1", "QQ12", "1940"):
        assert personal not in str(refused.value)


def test_a_column_that_is_not_a_way_in_and_half_a_contact() -> None:
    with pytest.raises(DataRefused) as refused:
        proposal.read_contacts(b"ward_code,phone,telex\nE05000001,1.5,3\n")
    assert "column 'telex' is not a way in" in str(refused.value)
    assert "'phone' is not a whole number of contacts" in str(refused.value)


def test_wards_cannot_add_up_to_more_than_the_council() -> None:
    with pytest.raises(DataRefused, match="the wards have 901 contacts by f2f, more than the 900 given"):
        proposal.parse(GOOD + "[service.contacts_by_ward.E05000001]\nf2f = 901\n")


# ------------------------------------------------------------------------- effects


def row(findings: pd.DataFrame, letter: str, service: str, channel: str, kind: str = "keep") -> pd.Series:
    rows = findings[
        (findings["area_code"] == CODES[letter])
        & (findings["service_id"] == service)
        & (findings["channel"] == channel)
        & (findings["kind"] == kind)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_each_finding_says_what_the_proposal_does_to_it(findings: pd.DataFrame) -> None:
    judged = proposal.effect(findings, proposal.parse(GOOD))
    assert len(judged) == len(findings)
    assert set(judged["proposal_effect"]) == set(proposal.EFFECTS)
    closes = row(judged, "B", "blue_badge", "f2f")
    assert (closes["proposal_effect"], closes["instead"]) == ("closes", "home_visit")
    assert (
        closes["effect_note"]
        == "The proposal closes it here. If it must go, keep a visit at home in its place, running before this closes."
    )
    assert row(judged, "B", "blue_badge", "post", "floor")["proposal_effect"] == "stays"
    thin = row(judged, "B", "blue_badge", "phone", "floor")
    assert (thin["proposal_effect"], thin["fewer_hours"]) == ("stays", True)
    assert "that is a closure" in thin["effect_note"]
    # A home visit is advised in B, and the proposal does not mention one.
    silent = row(judged, "B", "blue_badge", "home_visit")
    assert (silent["proposal_effect"], silent["effect_note"]) == ("none", "The proposal does not say what happens to this way in.")
    assert row(judged, "B", "school_primary", "phone", "floor")["effect_note"] == "The proposal is not about this service here."


def test_nothing_stands_in_for_the_minimum(findings: pd.DataFrame) -> None:
    closing = proposal.parse(
        GOOD.replace('close = ["f2f"]', 'close = ["post", "relay_bsl"]').replace('keep = ["post"]', 'keep = ["home_visit"]')
    )
    judged = proposal.effect(findings, closing)
    for channel in ("post", "relay_bsl"):
        minimum = row(judged, "B", "blue_badge", channel, "floor")
        assert (minimum["proposal_effect"], minimum["instead"]) == ("closes", "")
        assert minimum["effect_note"] == (
            "The proposal closes it here. It is part of the council-wide minimum, which holds in every ward: keep it, or give it somewhere else first."
        )


def test_a_change_in_some_wards_leaves_the_others_alone(findings: pd.DataFrame) -> None:
    judged = proposal.effect(findings, proposal.parse(GOOD + f'wards = ["{CODES["B"]}"]\n'))
    assert row(judged, "B", "blue_badge", "f2f")["proposal_effect"] == "closes"
    assert row(judged, "A", "blue_badge", "f2f")["proposal_effect"] == "none"


def test_effects_never_change_what_was_found(findings: pd.DataFrame) -> None:
    judged = proposal.effect(findings, proposal.parse(GOOD))
    pd.testing.assert_frame_equal(judged[findings.columns], findings)


# ------------------------------------------------------------- G6 what leans on what

LIBRARY = f"""
title = "Fewer libraries"
councils = ["Invented"]
date = 2028-01-10
[[place]]
name = "Harbour Library"
kind = "library"
change = "closes"
wards = ["{CODES["A"]}", "{CODES["F"]}"]
"""


def test_closing_a_library_changes_the_advice_of_services_it_does_not_name(findings: pd.DataFrame) -> None:
    judged = proposal.effect(findings, proposal.parse(LIBRARY))
    blue = row(judged, "A", "blue_badge", "assisted_digital")
    assert (blue["proposal_effect"], blue["leans_on"], blue["instead"]) == ("closes", "Harbour Library", "home_visit")
    assert blue["effect_note"].startswith("Assisted digital leans on Harbour Library, which closes under 'Fewer libraries'.")
    assert row(judged, "B", "blue_badge", "assisted_digital")["proposal_effect"] == "none"  # B does not use that library
    # The counter for joining a library is the library's own; the counter for Blue Badge is not.
    assert row(judged, "A", "library_join", "f2f", "floor")["proposal_effect"] == "closes"
    assert row(judged, "A", "blue_badge", "f2f")["proposal_effect"] == "none"


def test_every_service_that_leans_on_it_is_named(findings: pd.DataFrame) -> None:
    closing = proposal.parse(LIBRARY)
    table = proposal.dependents(proposal.effect(findings, closing), closing)
    helped = {service.id for service in judgement.services().values() if service.ok_assisted_digital}
    assert set(table.loc[table["channel"] == "assisted_digital", "service_id"]) == helped
    assert set(table.loc[table["channel"] == "f2f", "service_id"]) == {"library_join", "library_computers"}
    assert not table["named"].any()
    school = table.set_index(["service_id", "channel"]).loc[("school_primary", "assisted_digital")]
    assert school["sentence"] == (
        "Primary school place: assisted digital leans on Harbour Library, which closes; our advice there ('Advise keeping' in two wards) "
        "leant on it. No list of places was given, so it is not known which open place is the next nearest. "
        "If it must go, keep a phone line answered by a person in its place, running before this closes."
    )


def test_a_library_open_for_fewer_hours_is_said_too(findings: pd.DataFrame) -> None:
    judged = proposal.effect(findings, proposal.parse(LIBRARY.replace('"closes"', '"fewer_hours"')))
    blue = row(judged, "A", "blue_badge", "assisted_digital")
    assert (blue["proposal_effect"], blue["fewer_hours"]) == ("stays", True)


def test_a_place_without_wards_counts_everywhere_and_says_so(findings: pd.DataFrame) -> None:
    text = "\n".join(line for line in LIBRARY.splitlines() if not line.startswith("wards"))
    blue = row(proposal.effect(findings, proposal.parse(text)), "B", "blue_badge", "assisted_digital")
    assert blue["proposal_effect"] == "closes"
    assert "does not say which wards use it, so every ward is shown" in blue["effect_note"]


def test_another_live_proposal_takes_away_what_this_one_keeps(findings: pd.DataFrame) -> None:
    keeps = proposal.parse(GOOD.replace('keep = ["post"]', 'keep = ["post", "assisted_digital"]'))
    assert row(proposal.effect(findings, keeps), "A", "blue_badge", "assisted_digital")["proposal_effect"] == "stays"
    both = proposal.effect(findings, [keeps, proposal.parse(LIBRARY)])
    assert row(both, "A", "blue_badge", "assisted_digital")["proposal_effect"] == "closes"


def test_the_order_of_proposals_does_not_matter(findings: pd.DataFrame) -> None:
    both = [proposal.parse(GOOD), proposal.parse(LIBRARY)]
    first, second = (proposal.effect(findings, order) for order in (both, both[::-1]))
    columns = ["proposal_effect", "fewer_hours", "instead"]
    pd.testing.assert_frame_equal(first[columns], second[columns])


def test_two_ways_in_that_need_the_same_thing_count_as_one() -> None:
    count, said = proposal.fail_together(["f2f", "assisted_digital", "phone"])
    assert count == 2
    assert said == (
        "Face to face and assisted digital depend on the same thing (an open building with staff), so they count as one way in unless the council shows otherwise.",
    )
    assert proposal.fail_together(["phone", "post"]) == (2, ())


# -------------------------------------------------------------------------- demand


def test_contacts_that_still_need_a_way_in_worked_by_hand() -> None:
    # 4,600 contacts, 2,600 of them not online, 900 at the counter that closes. Residents unlikely to use
    # the internet: 6.4 to 10 in 100, and Blue Badge (weights 3) lets them contact it up to 3 times as often.
    #   low: 0.064 x 4,600 = 294.4 contacts; the counter carries 900 of 2,600 of them: 101.9
    #   high: 0.10 x 4,600 x 3 = 1,380; x 900 / 2,600 = 477.7
    contacts = {"online": 2000, "phone": 1500, "f2f": 900, "post": 200}
    moved = proposal.still_need(contacts, ["f2f"], 0.064, 0.10, judgement.services()["blue_badge"])
    assert (moved.closing, round(moved.low, 1), round(moved.high, 1)) == (900, 101.9, 477.7)


def test_no_contacts_are_said_to_be_none_in_plain_words() -> None:
    none = proposal.parse(GOOD.replace("phone = 1500, f2f = 900, post = 200", "phone = 0, f2f = 0, post = 0"))
    assert proposal.demand(none, people(list(CODES.values())))["label"].iloc[0] == "no contacts a year, against 0 now"


def test_contacts_online_that_nobody_gave_widen_the_range_and_never_lower_it() -> None:
    # 2,600 contacts not online, 900 of them at the counter. None online: 0.064 x 2,600 x 900 / 2,600 = 57.6. The more there
    # are online, the more of the 900 cannot go there: 101.9 to 477.7 with 2,000 (above), all 900 in the end.
    known = {"phone": 1500, "f2f": 900, "post": 200}
    moved = proposal.still_need(known, ["f2f"], 0.064, 0.10, judgement.services()["blue_badge"])
    assert (round(moved.low, 1), moved.high) == (57.6, 900.0)
    for online in (0, 200, 2000, 90_000):
        one = proposal.still_need(known | {"online": online}, ["f2f"], 0.064, 0.10, judgement.services()["blue_badge"])
        assert moved.low <= one.low and one.high <= moved.high


def test_it_is_said_that_contacts_online_are_not_given(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    silent = proposal.parse(GOOD.replace("online = 2000, ", ""))
    table = proposal.demand(silent, people(list(CODES.values()))).set_index("channel")
    said = "contacts online are not given, so up to all of those that lose their way in may need another"
    # 1,700 stay; 57.6 to 900 come to them.
    assert table.loc["", "label"] == f"about 1,800 to 2,600 contacts a year, against 1,700 now ({said})"
    option = proposal.options(findings, summaries, silent, people(list(CODES.values()))).set_index("option").loc["proposed", "sentence"]
    assert option.endswith(f"About 58 to 900 contacts a year would need another way in: {said}.")
    for table in (proposal.demand(proposal.parse(GOOD), people(list(CODES.values()))),):
        assert not table["label"].str.contains("not given").any()


def test_a_way_in_that_stays_without_a_count_carries_an_unknown_number_not_none() -> None:
    silent = proposal.parse(GOOD.replace(", post = 200", ""))
    table = proposal.demand(silent, people(list(CODES.values()))).set_index("channel")
    # 4,400 contacts, 2,400 not online: low 0.064 x 4,400 x 900 / 2,400 = 105.6; high 0.3 x 4,400 x 900 / 2,400 = 495.
    assert table.loc["", "label"] == "about 110 to 500 more contacts a year; how many come by post now is not given"
    assert table.loc["post", "label"] == "up to about 500 more contacts a year; how many come by it now is not given"
    assert table.loc["phone", "label"] == "about 1,500 to 2,000 contacts a year, against 1,500 now"
    assert table.loc[["", "post"], ["now", "low", "high"]].isna().all(axis=None)


def test_never_more_than_the_closing_way_in_carries_now() -> None:
    moved = proposal.still_need({"online": 9000, "f2f": 100}, ["f2f"], 0.3, 0.5, judgement.services()["blue_badge"])
    assert (moved.low, moved.high) == (100.0, 100.0)


def test_demand_is_a_range_for_each_way_in_that_stays() -> None:
    table = proposal.demand(proposal.parse(GOOD), people(list(CODES.values()))).set_index("channel")
    # All that stay: 1,700 now, plus 101.9 to 477.7.
    assert table.loc["", "label"] == "about 1,800 to 2,200 contacts a year, against 1,700 now"
    # Phone has 1,500 of 1,700 (0.88); an equal share is 0.5. Least 0.5 x 0.5, most 1 (0.88 x 1.5, held at 1).
    assert table.loc["phone", "low"] == pytest.approx(1500 + 0.25 * 101.9, abs=0.1)
    assert table.loc["phone", "high"] == pytest.approx(1500 + 477.7, abs=0.1)
    assert (table["high"] > table["low"]).all()


def test_demand_without_contacts_or_residents_is_no_estimate_never_nought() -> None:
    silent = proposal.parse("\n".join(line for line in GOOD.splitlines() if not line.startswith("contacts")))
    table = proposal.demand(silent, people(list(CODES.values())))
    assert table["label"].tolist() == ["no estimate: the proposal gives no contacts"] and table["low"].isna().all()
    table = proposal.demand(proposal.parse(GOOD), people(list(CODES.values()), low=float("nan"), high=float("nan"), adults=float("nan")))
    assert table["label"].tolist() == ["no estimate: we hold no figures on internet use here"]


def test_a_way_in_that_closes_without_a_count_is_no_estimate_never_nought() -> None:
    # 900 come to the counter, nobody said how many by post: what loses its way in is not known, in the council or in a ward.
    text = GOOD.replace('close = ["f2f"]', 'close = ["f2f", "home_visit"]') + f"[service.contacts_by_ward.{CODES['A']}]\nphone = 300\n"
    given = proposal.parse(text)
    table = proposal.demand(given, people(list(CODES.values()))).set_index("area_code")
    assert table["label"].to_dict() == {
        "": "no estimate: no contacts are given by home visit, which closes",
        CODES["A"]: "no estimate: no contacts are given by face to face and home visit, which close",
    }
    assert table[["now", "low", "high"]].isna().all(axis=None)
    # A count of none is a count.
    table = proposal.demand(proposal.parse(text.replace("post = 200", "post = 200, home_visit = 0")), people(list(CODES.values())))
    assert table.loc[table["area_code"] == "", "low"].notna().all()


def test_where_nothing_is_said_to_stay_that_is_what_is_said() -> None:
    text = GOOD.replace('fewer_hours = ["phone"]\nkeep = ["post"]\n', "")
    label = proposal.demand(proposal.parse(text), people(list(CODES.values())))["label"].iloc[0]
    # Nobody said that the phone closes either. As above: 101.9 to 477.7.
    assert label == "the proposal says of no way in that it stays: about 100 to 480 contacts a year would need one"


def by_ward(*names: str) -> proposal.Proposal:
    """GOOD without a figure for the council: 400 contacts at the counter and 600 by phone in each ward named."""
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith("contacts"))
    return proposal.parse(
        text + "".join(f"\n[service.contacts_by_ward.{CODES[name]}]\nphone = 600\nf2f = 400\nonline = 0\npost = 0\n" for name in names)
    )


def test_contacts_of_a_few_wards_are_not_the_whole_councils(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    every = people(list(CODES.values()))
    some, whole = by_ward("A", "B"), by_ward(*CODES)
    table = proposal.demand(some, every).set_index(["area_code", "channel"])
    assert table.loc[("", ""), "label"] == f"no estimate: contacts given for 2 of {len(CODES)} wards" and pd.isna(
        table.loc[("", ""), "now"]
    )
    assert table.loc[(CODES["A"], "phone"), "now"] == 600  # the wards given keep theirs
    options = proposal.options(findings, summaries, some, every).set_index("option")
    assert options.loc[["proposed", "all", "some"], "contacts_high"].isna().all()
    assert f"is not known: contacts given for 2 of {len(CODES)} wards" in options.loc["proposed", "sentence"]
    assert "is not known: contacts given for" in options.loc["some", "sentence"]  # it closes in wards without contacts
    # A third ward that has calls only is one more with contacts, and none more of which all is known.
    change = some.service[0].model_copy(update={"contacts_by_ward": some.service[0].contacts_by_ward | {CODES["C"]: {"phone": 600}}})
    assert change.total_contacts(CODES.values()) == ({}, f"contacts given for every way in for 2 of {len(CODES)} wards")
    # All six given: 600 by phone in each, 3,600 now.
    table = proposal.demand(whole, every).set_index(["area_code", "channel"])
    assert table.loc[("", ""), "now"] == 600 * len(CODES)
    assert proposal.options(findings, summaries, whole, every).set_index("option").loc["some", "contacts_high"] > 0


def test_the_whole_councils_contacts_are_not_those_of_the_wards_it_changes_in() -> None:
    """900 by face to face in the council; the counter closes in two wards only: how many of the 900 are theirs nobody said."""
    one, two, *_ = CODES.values()
    fields = {"id": "blue_badge", "close": ["f2f"], "keep": ["phone"], "contacts": {"f2f": 900, "phone": 600, "online": 0}}
    everywhere, some = (proposal.ServiceChange.model_validate(fields | more) for more in ({}, {"wards": [one, two]}))
    assert everywhere.total_contacts(CODES.values()) == (fields["contacts"], "")
    none, why = some.total_contacts(CODES.values())
    assert none == {} and why == f"contacts are given for the whole council, and it changes in 2 of {len(CODES)} wards"
    # With the contacts of both wards it is what they add up to.
    by_ward = {one: {"f2f": 30, "phone": 20}, two: {"f2f": 12, "phone": 8}}
    told = proposal.ServiceChange.model_validate(fields | {"wards": [one, two], "contacts_by_ward": by_ward})
    assert told.total_contacts(CODES.values()) == ({"f2f": 42, "phone": 28}, "")


def test_contacts_of_wards_the_change_is_not_about_are_not_counted() -> None:
    one = by_ward("A", "B")
    change = one.service[0].model_copy(update={"wards": (CODES["A"],)})
    assert change.total_contacts(CODES.values()) == ({"f2f": 400, "online": 0, "phone": 600, "post": 0}, "")


def test_small_ward_numbers_are_withheld_with_the_total_that_gives_them_away() -> None:
    text = GOOD + f"[service.contacts_by_ward.{CODES['A']}]\nphone = 300\npost = 4\nf2f = 60\n"
    table = proposal.demand(proposal.parse(text), people(list(CODES.values())))
    ward = table[table["area_code"] == CODES["A"]].set_index("channel")
    assert ward.loc["post", "label"] == ward.loc["", "label"] == "withheld: fewer than 10 contacts a year now"
    assert ward.loc["post", ["now", "low", "high"]].isna().all() and ward.loc["", ["now", "low", "high"]].isna().all()
    assert ward.loc["phone", "now"] == 300


# ------------------------------------------------------------------------- options


def test_options_stand_side_by_side(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    table = proposal.options(findings, summaries, proposal.parse(GOOD), people(list(CODES.values())).assign()).set_index("option")
    assert list(table.index) == ["none", "proposed", "some", "all", "keep_and_improve", "move_with_help"]
    keep = findings[(findings["service_id"] == "blue_badge") & findings["kind"].isin(["floor", "keep"])]
    counter = keep[(keep["channel"] == "f2f") & (keep["severity"] == "recommended")]
    assert table.loc["none", ["conditions_closed", "advised_closed", "watched_closed"]].tolist() == [0, 0, 0]
    assert table.loc["proposed", "advised_closed"] == len(counter) > 0
    assert table.loc["some", "advised_closed"] == table.loc["some", "conditions_closed"] == 0
    # Everything closes: each condition (the minimum in six wards: phone, post, relay) and each way in advised.
    assert table.loc["all", "conditions_closed"] == (keep["severity"] == "required").sum() == 18
    assert table.loc["all", "advised_closed"] == (keep["severity"] == "recommended").sum()
    assert table.loc["keep_and_improve", "unsaid"] < table.loc["none", "unsaid"]  # it opens what is advised
    assert table.loc["proposed", "contacts_high"] > table.loc["proposed", "contacts_low"] > 0


def test_options_count_wards_that_change_beside_those_with_advice(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    table = proposal.options(findings, summaries, proposal.parse(GOOD), people(list(CODES.values()))).set_index("option")
    keep = findings[(findings["service_id"] == "blue_badge") & findings["kind"].isin(["floor", "keep", "more_use"])]
    counter, firm = keep[keep["channel"] == "f2f"], keep[keep["severity"].isin(["required", "recommended"])]
    # The counter closes and the phone thins in all six wards, whatever was found there.
    assert table.loc[["none", "proposed", "all"], "wards_changed"].tolist() == [0, 6, 6]
    unsaid = int(table.loc["none", "unsaid"])
    assert unsaid and table.loc["none", "sentence"] == (
        f"Closes nothing. For {unsaid} reasons to keep a way in, ward by ward, the proposal does not say that it is there."
    )
    advised = set(firm.loc[firm["channel"].isin(["f2f", "phone"]), "area_code"])
    assert table.loc["proposed", "wards_advised"] == len(advised)
    # Where nothing says keep the counter it closes: not advised, and counted all the same (here without the phone's hours).
    alone = proposal.parse(GOOD.replace('fewer_hours = ["phone"]\n', ""))
    table = proposal.options(findings, summaries, alone, people(list(CODES.values()))).set_index("option")
    free = 6 - counter["area_code"].nunique()
    assert table.loc["some", ["wards_changed", "wards_advised"]].tolist() == [free, 0] and free > 0


def test_fewer_hours_count_as_a_change_also_where_only_what_is_free_closes(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    table = proposal.options(findings, summaries, proposal.parse(GOOD), people(list(CODES.values()))).set_index("option")
    # The phone, part of the minimum in all six wards, gets fewer hours in all six, whatever becomes of the counter.
    assert table.loc["some", ["thinned", "wards_changed", "wards_advised"]].tolist() == [6, 6, 6]
    assert "in six wards, one that is a condition or advised in six of them" in table.loc["some", "sentence"]
    assert table.loc["some", "sentence"].startswith("Closes nothing we found a reason to keep; fewer hours for six that we did; a way in")
    assert "; six more with fewer hours;" in table.loc["proposed", "sentence"]
    # A ward with advice touched is a ward that changes, under every option, also where fewer hours are meant for some wards only.
    few = proposal.parse(GOOD.replace('keep = ["post"]', f'keep = ["post"]\nwards = ["{CODES["A"]}", "{CODES["D"]}"]'))
    for one in (table, proposal.options(findings, summaries, few, people(list(CODES.values()))).set_index("option")):
        assert (one["wards_advised"] <= one["wards_changed"]).all()
    assert one.loc["some", "wards_changed"] == 2


def test_an_option_says_how_many_of_the_conditions_it_closes_are_the_minimum(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    closing = proposal.parse(GOOD.replace('close = ["f2f"]\nfewer_hours = ["phone"]', 'close = ["phone"]'))
    table = proposal.options(findings, summaries, closing, people(list(CODES.values()))).set_index("option")
    assert table.loc["proposed", "sentence"].startswith("Closes six conditions (all of them of the council-wide minimum), ward by ward")


def test_rules_that_could_not_be_checked_are_no_leave_to_close(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    badge = (summaries["service_id"] == "blue_badge") & summaries["area_code"].isin([CODES["C"], CODES["D"]])
    lost = summaries.assign(summary=summaries["summary"].mask(badge, "not_assessed"))
    gone = findings[~((findings["kind"] == "keep") & findings["area_code"].isin([CODES["C"], CODES["D"]]))]
    alone = proposal.parse(GOOD.replace('fewer_hours = ["phone"]\n', ""))
    table = proposal.options(gone, lost, alone, people(list(CODES.values()))).set_index("option")
    assert set(table["wards_unchecked"]) == {2}
    some = table.loc["some", "sentence"]
    assert "In two of 6 wards fewer than half of the rules could be checked, so nothing closes there" in some
    assert "Not assessed does not mean no need." in some
    before = proposal.options(gone, summaries, alone, people(list(CODES.values()))).set_index("option")
    assert table.loc["some", "wards_changed"] == before.loc["some", "wards_changed"] - 2
    assert "In two of 6 wards fewer than half of the rules could be checked" in table.loc["all", "sentence"]


def test_a_service_the_council_does_not_run_says_so_under_every_option(findings: pd.DataFrame, summaries: pd.DataFrame) -> None:
    none = findings[findings["service_id"] != "blue_badge"]
    lost = summaries.assign(summary="not_run_here")
    table = proposal.options(none, lost, proposal.parse(GOOD), people(list(CODES.values()))).set_index("option")
    assert all(said.startswith("The council does not run this service, so no rule was checked") for said in table["sentence"])
    assert not table["sentence"].str.contains("nothing we found", case=False).any()


def test_moving_with_help_keeps_the_place_that_gives_the_help(findings: pd.DataFrame) -> None:
    both = proposal.parse(GOOD + LIBRARY[LIBRARY.index("[[place]]") :])
    kinds = judgement.options()
    assert proposal.variant(both, kinds["proposed"]).place == both.place
    assert proposal.variant(both, kinds["move_with_help"]).place == ()


# -------------------------------------------------------------------- G7 cumulative


def three(dates: tuple[str, str, str]) -> list[proposal.Proposal]:
    ids = ("blue_badge", "school_primary", "council_tax_reduction")
    text = 'title = "{0}"\ncouncils = ["Invented"]\ndate = {1}\n[[service]]\nid = "{0}"\nclose = ["f2f"]\n'
    return [proposal.parse(text.format(name, day)) for name, day in zip(ids, dates, strict=True)]


def test_three_services_within_two_years_make_a_panel_by_group(findings: pd.DataFrame) -> None:
    table = proposal.cumulative(findings, three(("2027-04-01", "2028-01-01", "2029-04-01")))
    # A has firm findings for all three; D has none for two of them.
    assert CODES["A"] in set(table["area_code"]) and CODES["D"] not in set(table["area_code"])
    race = table[(table["area_code"] == CODES["A"]) & (table["group"] == "race")].iloc[0]
    assert race["services"] == "school_primary|council_tax_reduction"  # Blue Badge is only watched for language
    money = table[(table["area_code"] == CODES["A"]) & (table["group"] == "socio-economic")].iloc[0]
    assert money["sentence"] == (
        "People on low incomes (not a protected characteristic): three services with reasons to keep other ways in move between "
        "1 April 2027 and 1 April 2029: Blue Badge (disabled parking permit), Primary school place and Council tax reduction (council tax support) claim."
    )


def test_three_services_over_more_than_two_years_do_not(findings: pd.DataFrame) -> None:
    assert proposal.cumulative(findings, three(("2027-04-01", "2028-01-01", "2029-04-02"))).empty


def test_a_service_that_moved_before_still_counts_when_it_moves_again(findings: pd.DataFrame) -> None:
    live = three(("2027-04-01", "2028-01-01", "2029-04-01"))
    earlier = live[0].model_copy(update={"title": "an earlier move", "date": dt.date(2024, 1, 1)})
    alone, more = proposal.cumulative(findings, live), proposal.cumulative(findings, [earlier, *live])
    # 2024 lies outside every 24 months that hold three services, so the panel is the same to the letter.
    pd.testing.assert_frame_equal(more, alone)
    # And one that moves twice inside them counts once, from its first day to its last.
    again = live[0].model_copy(update={"title": "again", "date": dt.date(2028, 6, 1)})
    table = proposal.cumulative(findings, [*live[:2], again, live[2].model_copy(update={"date": dt.date(2028, 3, 1)})])
    money = table[(table["area_code"] == CODES["A"]) & (table["group"] == "socio-economic")].iloc[0]
    assert money[["count", "first", "last"]].tolist() == [3, "2027-04-01", "2028-06-01"]


def test_two_services_do_not(findings: pd.DataFrame) -> None:
    assert proposal.cumulative(findings, three(("2027-04-01",) * 3)[:2]).empty


# ------------------------------------------------------------- the guide and the command


def guide(root: Path) -> str:
    """The example in docs/proposals.md."""
    return (root / "docs" / "proposals.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]


def test_the_example_in_the_guide_is_a_proposal(root: Path) -> None:
    read = proposal.parse(guide(root))
    assert read.place[0].name == "Palatine Library" and read.service[0].id == "blue_badge"
    # Every line left out as a comment is a field too.
    every = re.sub(r"^# (wards|gives|services) =", r"\1 =", guide(root), flags=re.MULTILINE)
    full = proposal.parse(every)
    assert full.place[0].services == ("blue_badge",) and full.place[0].gives and full.service[0].wards


def test_the_command_writes_what_a_proposal_does(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from exclusion.__main__ import main

    path = tmp_path / "p.toml"
    path.write_text(guide(root), encoding="utf-8")
    assert main(["assess", "--proposal", str(path), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "Options side by side (not ranked)" in said.out and "leans on Palatine Library, which closes" in said.out
    # Findings of the service it names, and one line for each that leans on the library it closes: all of them are in findings.csv.
    whole = pd.read_csv(tmp_path / "out" / "findings.csv")
    assert "  blue_badge " in said.out and "  housing_benefit " not in said.out and (whole["service_id"] == "housing_benefit").any()
    leaning = pd.read_csv(tmp_path / "out" / "dependents.csv", dtype=str, keep_default_na=False)
    lines = [line for line in said.out.splitlines() if "leans on Palatine Library" in line]
    assert len(lines) == leaning["service_id"].nunique() == 30
    assert "Note: No list of places was given" in said.err and "Palatine Library: No list of places was given" in said.out
    # The row of all ways in that stay has a name on screen; in the table its way in is blank, for a machine.
    ways = pd.read_csv(tmp_path / "out" / "demand.csv", dtype=str, keep_default_na=False)["channel"]
    assert [name for name in ways if name == ""] == [""] and ways.nunique() > 1
    shown = said.out.split("Contacts the ways in that stay may have to carry")[1].split("Services that lean on")[0]
    assert sum(" All that stay " in line for line in shown.splitlines()) == 1
    effects = pd.read_csv(tmp_path / "out" / "effects.csv")
    assert set(effects["proposal_effect"]) == {"closes", "stays", "none"}
    assert {name.name for name in (tmp_path / "out").glob("*.csv")} >= {
        "demand.csv",
        "options.csv",
        "dependents.csv",
        "cumulative.csv",
        "findings.csv",
    }
    assert not [column for column in pd.read_csv(tmp_path / "out" / "demand.csv").columns if column in ("now", "low", "high")]


def test_the_command_asks_for_one_or_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from exclusion.__main__ import main

    assert main(["assess", "-o", str(tmp_path / "x")]) == 2
    assert "--council: is missing. Give councils and services, or a --proposal that names them." in capsys.readouterr().err
    assert main(["assess", "-c", "Blackpool", "-p", "p.toml", "-o", str(tmp_path / "x")]) == 2
    assert "--proposal: names its own councils and services" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
