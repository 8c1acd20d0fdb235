"""What each nation's councils run, and that no nation is told another's law. Invented wards."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import pytest
from invented import figures, one

import exclusion
from exclusion import judgement
from exclusion.report import council
from exclusion.views.ward import ward_services

TODAY = dt.date(2026, 11, 26)
ENGLISH_ONLY = ("Care Act", "Housing Act 1996", "England and Wales", "Service Standard", "Ombudsman", "In England")
NOT_IN_NI = {
    "care_needs_assessment", "carers_assessment", "home_care", "safeguarding_adult", "telecare", "homelessness", "housing_register",
    "housing_repairs", "housing_benefit", "disabled_facilities_grant", "school_primary", "school_secondary", "free_school_meals",
    "sen_assessment", "library_join", "library_computers", "pothole", "blue_badge", "concessionary_bus_pass", "council_tax_reduction",
}  # fmt: skip


def floors(nation: str) -> pd.DataFrame:
    found = one(figures("B"), nation=nation).findings
    return found[found["kind"] == "floor"]


def titles(found: pd.DataFrame) -> set[str]:
    ids = {name for names in found["legal_hooks"] for name in names.split("|") if name}
    return {judgement.law()[name].title for name in ids}


@pytest.mark.parametrize("nation", ["England", "Wales", "Scotland", "Northern Ireland"])
def test_every_law_named_is_law_in_that_nation(nation: str) -> None:
    found = one(figures("C"), nation=nation, rural=True).findings
    ids = {name for names in found["legal_hooks"] for name in names.split("|") if name}
    assert ids and all(nation in judgement.law()[name].nations for name in ids)


@pytest.mark.parametrize("nation", ["Scotland", "Northern Ireland"])
def test_no_floor_rests_on_the_law_of_england(nation: str) -> None:
    for row in floors(nation).itertuples(index=False):
        found = [words for words in ENGLISH_ONLY if words in row.reason and "is not Scottish law" not in row.reason]
        assert not found, (row.service_id, row.channel, row.reason)


def test_a_northern_irish_council_is_never_offered_what_others_run_there() -> None:
    assert not NOT_IN_NI & set(floors("Northern Ireland")["service_id"])
    fine = floors("Northern Ireland").query("service_id == 'parking_fine' and channel == 'phone'")["reason"].iloc[0]
    assert "councils have car parks only" in fine


def test_scotland_runs_all_forty_and_says_who_else_must_agree() -> None:
    scottish = floors("Scotland")
    assert scottish["service_id"].nunique() == 40
    by = scottish.set_index(["service_id", "channel"])["reason"]
    assert "health and social care partnership" in by["care_needs_assessment", "phone"]
    assert "registering in person must stay possible everywhere" in by["death_registration", "f2f"]
    assert "registering by phone ended" not in by["death_registration", "f2f"]
    assert "is our judgement of the minimum" in by["housing_register", "phone"]
    assert (
        "registering by phone ended in March 2022"
        in floors("Wales").set_index(["service_id", "channel"])["reason"]["death_registration", "f2f"]
    )


def test_the_socio_economic_duty_is_each_nations_own() -> None:
    # Ward A has many people on low incomes: W07 fires, whose hook is the socio-economic duty.
    hooks = {}
    for nation in ("England", "Wales", "Scotland", "Northern Ireland"):
        found = one(figures("A"), nation=nation).findings
        hooks[nation] = {title for title in titles(found[found["kind"] == "keep"]) if "socio-economic" in title or "Fairer" in title}
    assert [len(hooks[nation]) for nation in hooks] == [1, 1, 1, 0]
    assert "not found to be in force in England" in hooks["England"].pop()
    assert "in force in Wales since 31 March 2021" in hooks["Wales"].pop()
    assert "Fairer Scotland Duty" in hooks["Scotland"].pop()


def test_every_way_in_kept_in_wales_goes_by_the_councils_compliance_notice_and_nowhere_else() -> None:
    line = "must treat Welsh no less favourably than English, as the council's own compliance notice"
    for nation, expected in (("Wales", True), ("England", False), ("Scotland", False), ("Northern Ireland", False)):
        found = one(figures("A"), nation=nation).findings
        rows = found[found["kind"].isin(["floor", "keep", "more_use"])]
        assert (rows["reason"].str.contains(line) == expected).all(), nation


def test_rural_needs_and_islands_are_said_where_they_are_law(bundled: exclusion.Evidence) -> None:
    # The bundled wards of Blackpool, as if they lay elsewhere: the notices go by nation and council.
    def notices(nation: str, council: str) -> str:
        areas = bundled.areas[bundled.areas["council_name"] == "Blackpool"].assign(nation=nation, council_code=council)
        moved = dataclasses.replace(bundled, areas=areas)
        from exclusion.assessment import Method, _notices, _said_of

        return " ".join(_notices(moved, _said_of(moved, areas), (), Method({}, True, ()), judgement.current_thresholds(), TODAY))

    assert "Rural Needs Act (Northern Ireland) 2016 asks for due regard" in notices("Northern Ireland", "N09000003")
    assert "island communities impact assessment" in notices("Scotland", "S12000023")  # Orkney Islands
    assert "island" not in notices("Scotland", "S12000046")  # Glasgow City
    assert "ural" not in notices("England", "E06000009")


def test_a_grant_that_must_be_asked_for_in_writing_says_so_at_the_ways_in_where_nobody_writes() -> None:
    # The minimum is phone and home visit (F7), the Act of England and Wales asks for an application in writing.
    line = "The application itself has to be in writing: write it down with the person"
    for nation, expected in (("England", {"phone", "home_visit"}), ("Wales", {"phone", "home_visit"}), ("Scotland", set())):
        found = one(figures("A"), "disabled_facilities_grant", nation=nation).findings
        floor = found[found["kind"] == "floor"].set_index("channel")["reason"]
        assert {channel for channel, reason in floor.items() if line in reason} == expected, nation
    assert "in writing" in judgement.services()["disabled_facilities_grant"].why  # why post is not in the minimum


def test_services_offered_follow_the_nations_of_the_councils() -> None:
    held = judgement.services()
    assert len(judgement.offered(held, {"England"})) == len(judgement.offered(held, ())) == 40
    assert "local_crisis_payment" not in judgement.offered(held, {"Wales"})  # a national scheme there
    assert not NOT_IN_NI & set(judgement.offered(held, {"Northern Ireland"}))
    assert "local_crisis_payment" in judgement.offered(held, {"England", "Wales"})  # one of the two runs it


# ------------------------------------------------------------------ each nation on its own figures


def assessed(bundled: exclusion.Evidence, council: str, services: list[str] | None = None) -> exclusion.Assessment:
    return exclusion.assess(bundled, [council], services, today=TODAY)


def rules_in(column: pd.Series) -> set[str]:
    return {rule for ids in column for rule in ids.split("|") if rule}


def reasons(found: exclusion.Assessment) -> dict[str, str]:
    """What the council-wide minimum says first, by service."""
    floor = found.findings[found.findings["kind"] == "floor"]
    return floor.drop_duplicates(["service_id"]).set_index("service_id")["reason"].to_dict()


@pytest.mark.parametrize(
    ("council", "known", "lacking"),
    [
        # What each nation's census and indices give by ward; broadband and mobile by ward nobody publishes.
        ("Newham", {"W04", "W05", "W06", "W07", "W09", "W10", "W11", "W12", "W13", "W14", "W15"}, {"W01", "W02", "W03"}),
        ("Gwynedd", {"W04", "W05", "W06", "W10", "W12", "W15"}, {"W01", "W02", "W03", "W07", "W09"}),
        ("Orkney Islands", {"W04", "W06", "W12"}, {"W01", "W02", "W03", "W07", "W09", "W10", "W15"}),
        ("Belfast", set(), {"W01", "W02", "W03", "W04", "W05", "W06", "W07", "W09", "W10", "W12", "W13", "W15"}),
    ],
)
def test_a_rule_is_checked_where_its_figures_are_and_named_where_they_are_not(
    bundled: exclusion.Evidence, council: str, known: set[str], lacking: set[str]
) -> None:
    found = assessed(bundled, council)
    assert known <= rules_in(found.summaries["checked"])
    assert lacking <= rules_in(found.summaries["not_checked"]) and not lacking & rules_in(found.summaries["checked"])
    rows = found.findings[found.findings["kind"] == "not_assessed"]
    assert rows["reason"].str.contains("We hold no figures for this ward on ").all()
    assert rows["reason"].str.endswith("Not assessed does not mean no need.").all()


def test_in_northern_ireland_nothing_reads_as_fine(bundled: exclusion.Evidence) -> None:
    found = assessed(bundled, "Mid Ulster")
    assert set(found.summaries["summary"]) == {"not_assessed"} and (found.summaries["checked"] == "").all()
    assert found.summaries["sentence"].str.startswith("Not assessed: ").all()
    assert found.summaries["sentence"].str.contains("The council-wide minimum still applies.").all()
    assert set(found.findings["kind"]) == {"floor", "not_assessed"}
    assert not found.scores["scored"].any() and found.scores["why_not"].str.startswith("Not scored").all()
    assert any("wards are not scored" in notice for notice in found.notices)
    assert any("Rural Needs Act" in notice for notice in found.notices)
    # A service that another body runs there says so, with the body, and not that nothing was found.
    elsewhere = assessed(bundled, "Mid Ulster", ["housing_register", "council_tax_reduction", "local_crisis_payment"])
    said = elsewhere.summaries.drop_duplicates("service_id").set_index("service_id")["sentence"]
    assert "do not run this service (NI: Housing Executive" in said["housing_register"]
    assert "NI: rates, not council tax" in said["council_tax_reduction"]
    assert "Wales and NI: national schemes" in said["local_crisis_payment"]
    assert elsewhere.findings.empty
    # It is not "not assessed" anywhere: not in the tables, not on a page, not in a paragraph for a committee.
    assert set(elsewhere.summaries["summary"]) == {"not_run_here"}
    ward = str(elsewhere.areas.index[0])
    assert set(ward_services(elsewhere, ward)["Level"]) == {"Not run by this council"}
    assert council.findings_row(elsewhere, ward, "housing_register")["summary"] == "Not run by this council"
    paragraph = council.paragraph(elsewhere, "housing_register")
    assert paragraph.startswith("Housing register application in Mid Ulster: councils in Northern Ireland do not run this service")
    assert "minimum" not in paragraph


def test_scotland_is_told_what_it_does_not_have_and_what_stands_in_its_place(bundled: exclusion.Evidence) -> None:
    found = assessed(bundled, "Glasgow City")
    said = reasons(found)
    assert "There is no disabled facilities grant in Scotland" in said["disabled_facilities_grant"]
    assert "no education, health and care plan in Scotland" in said["sen_assessment"]
    assert "placing request" in said["school_primary"] and "water" in said["council_tax_account"]
    assert "adult carer support plan" in said["carers_assessment"] and "partnership" in said["telecare"]
    assert not any("island" in notice.casefold() for notice in found.notices)
    assert any("island communities impact assessment" in notice for notice in assessed(bundled, "Orkney Islands", ["missed_bin"]).notices)


def test_wales_is_told_of_its_own_schemes_and_that_crisis_payments_are_not_the_councils(bundled: exclusion.Evidence) -> None:
    found = assessed(bundled, "Gwynedd")
    assert "local_crisis_payment" not in {service.id for service in found.services}
    said = reasons(found)
    assert "Transport for Wales takes the applications" in said["concessionary_bus_pass"]
    assert "individual development plan" in said["sen_assessment"] and "scheme are national" in said["council_tax_reduction"]
    assert all("must treat Welsh no less favourably" in reason for reason in said.values())
    # Said once beside the findings as well, for a reader of the command line who never opens the table; not beside scores alone.
    about = "every way in that is kept must treat Welsh no less favourably than English"
    assert sum(about in notice for notice in found.notices) == 1
    assert not any("Welsh" in notice for notice in assessed(bundled, "Gwynedd", []).notices if "way in" in notice)
    assert not any(about in notice for name in ("Newham", "Orkney Islands") for notice in assessed(bundled, name, ["missed_bin"]).notices)


def test_england_is_told_nothing_of_the_other_nations(bundled: exclusion.Evidence) -> None:
    found = assessed(bundled, "Newham")
    assert len(found.services) == 40
    for words in ("Scotland", "Northern Ireland", "In Wales", "Welsh"):
        floor = found.findings[found.findings["kind"] == "floor"]
        assert not floor["reason"].str.contains(words).any(), words
