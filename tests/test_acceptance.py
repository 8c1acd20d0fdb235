"""Checks an officer or a councillor would make on the real release: what is said, and what is not.

The numbers are those of the project's list of acceptance checks (1, 2, 3, 4, 6 and 8).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

import exclusion
from exclusion import equality, judgement, proposal, report

TODAY = dt.date(2026, 11, 24)


def test_1_a_better_off_ward_and_a_bin_report_say_little_and_say_why(bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Ribble Valley"], ["missed_bin"], today=TODAY)
    better_off = found.scores["band"].astype(float).idxmin()
    rows = found.findings[found.findings["area_code"] == better_off]
    assert set(rows["kind"]) <= {"floor", "not_assessed", "more_use"} and not (rows["kind"] == "keep").any()
    assert rows.loc[rows["kind"] == "floor", "channel"].tolist() == ["phone", "relay_bsl"]
    said = found.summaries.set_index("area_code").loc[better_off]
    assert said["summary"] == "none_in_rules_checked"
    assert said["sentence"].startswith("We found no ward reason beyond the council-wide minimum, in the rules checked.")
    assert "Not checked: " in said["sentence"]  # mobile signal and broadband are not held by ward


def test_2_homelessness_anywhere_has_a_phone_at_all_hours_and_a_counter_by_law(bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Blackpool", "Ribble Valley", "Tower Hamlets"], ["homelessness"], today=TODAY).findings
    floor = found[found["kind"] == "floor"]
    for channel in ("phone", "f2f"):
        rows = floor[floor["channel"] == channel]
        assert rows["area_code"].nunique() == 67  # every ward, whatever it looks like
        assert rows["reason"].nunique() == 1
        assert "keep the phone answered day and night" in rows["reason"].iloc[0]
        assert "Housing Act 1996" in rows["reason"].iloc[0] and "HA7_E" in rows["legal_hooks"].iloc[0]


def test_3_a_northern_irish_council_is_not_offered_what_it_does_not_run(bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Belfast"], today=TODAY)
    run = {service.id for service in found.services}
    assert not run & {"care_needs_assessment", "homelessness", "housing_register", "library_join", "school_primary", "pothole"}
    assert {"bulky_waste", "planning_application", "birth_registration", "burial"} <= run
    # Asked for all the same, it finds nothing and names who runs it.
    asked = exclusion.assess(bundled, ["Belfast"], ["care_needs_assessment"], today=TODAY)
    assert asked.findings.empty and len(asked.summaries) == 60
    assert asked.summaries["sentence"].str.contains("do not run this service (NI: Health and Social Care trusts)", regex=False).all()
    # And section 75 and the Rural Needs Act are the law named, on pages and in the equality assessment; no other law is.
    pages = report.render(exclusion.assess(bundled, ["Belfast"], ["bulky_waste"], today=TODAY), TODAY)
    text = 'title = "Bulky waste online"\ncouncils = ["Belfast"]\ndate = 2027-09-01\n[[service]]\nid = "bulky_waste"\nclose = ["phone"]\n'
    made = equality.build(proposal.consider(bundled, proposal.parse(text), today=TODAY), today=TODAY)
    for page in (pages["index.html"], next(page for name, page in pages.items() if name != "index.html"), equality.to_html(made)):
        words = " ".join(page.split()).replace("The Equality Act 2010 does not apply here.", "")
        assert "section 75" in words and "Rural Needs Act (Northern Ireland) 2016" in words
        assert "section 149" not in words and "Equality Act" not in words
    floor = found.findings[found.findings["kind"] == "floor"]
    titles = {judgement.law()[code].title for codes in floor["legal_hooks"] for code in codes.split("|") if code}
    assert any("section 75" in title for title in titles) and not any("section 149" in title for title in titles)


@pytest.fixture(scope="module")
def without_disability(bundled: exclusion.Evidence) -> exclusion.Evidence:
    """The release with one dataset taken out."""
    rows = bundled.observations
    return replace(bundled, observations=rows[~rows["measure"].str.startswith("disabled")], cache={})


def test_4_without_one_dataset_its_rules_are_not_assessed_and_nothing_reads_as_fine(
    bundled: exclusion.Evidence, without_disability: exclusion.Evidence
) -> None:
    services = ["assisted_bin_collection", "blue_badge"]
    whole, part = (exclusion.assess(e, ["Blackpool"], services, today=TODAY) for e in (bundled, without_disability))
    assert "W06" in "|".join(whole.findings["rule_ids"]) and "W06" in "|".join(whole.summaries["checked"])
    assert "W06" not in "|".join(part.summaries["checked"])
    assert part.summaries["not_checked"].str.contains("W06").all()
    rows = part.findings[part.findings["kind"] == "not_assessed"].set_index(["area_code", "service_id"])
    assert rows["rule_ids"].str.contains("W06").all() and len(rows) == 21 * 2
    assert rows["reason"].str.contains("people whose day-to-day activities are limited a lot").all()


def test_4_a_release_with_no_figures_a_rule_can_use_finds_nothing_and_says_not_assessed(bundled: exclusion.Evidence) -> None:
    rows = bundled.observations
    used = {use.id for indicator in judgement.indicators().values() for use in indicator.measures}
    bare = replace(bundled, observations=rows[~rows["measure"].isin(used) | (rows["level"] != "ward")], cache={})
    found = exclusion.assess(bare, ["Blackpool"], today=TODAY)
    # Nothing to find: only services no rule applies to may say so.
    silent = found.summaries[found.summaries["summary"] != "not_assessed"]
    assert silent["checked"].eq("").all() and silent["not_checked"].eq("").all()
    assert (found.findings["kind"] != "keep").all()
    assert (found.findings["kind"] == "floor").any()  # the minimum stands without any figure


def test_6_closing_a_library_changes_the_help_online_of_other_services(bundled: exclusion.Evidence) -> None:
    text = """title = "A smaller library"
councils = ["Blackpool"]
date = 2027-09-01
[[place]]
name = "Central Library"
kind = "library"
change = "closes"
"""
    judged = proposal.consider(bundled, proposal.parse(text), today=TODAY)
    help_online = judged.findings[(judged.findings["channel"] == "assisted_digital") & (judged.findings["kind"] == "keep")]
    assert len(help_online) > 100 and help_online["service_id"].nunique() > 10
    assert (help_online["proposal_effect"] == "closes").all() and (help_online["leans_on"] == "Central Library").all()
    assert {"library_computers", "council_tax_reduction", "school_primary"} <= set(judged.dependents["service_id"])
    assert judged.dependents["sentence"].str.contains("leans on Central Library, which closes").all()
    before = exclusion.assess(bundled, ["Blackpool"], ["council_tax_reduction"], today=TODAY).findings
    after = judged.findings[judged.findings["service_id"] == "council_tax_reduction"]
    pd.testing.assert_frame_equal(
        after[before.columns].reset_index(drop=True), before.reset_index(drop=True)
    )  # figures and rules as before


def test_6_when_more_people_are_far_from_a_library_the_rules_are_run_again(bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Blackpool"], ["blue_badge", "homelessness", "missed_bin"], today=TODAY)
    assert "W12" not in "|".join(found.findings["rule_ids"])  # nobody in Blackpool is 5 km by road from a library
    ward = found.areas.index[found.areas["area_name"] == "Bloomfield"][0]
    cars = found.profile.set_index(["area_code", "measure"]).loc[(ward, "no_car")]
    assert cars["percentile"] > 90 and cars["n"] > judgement.thresholds()["no_car"].low
    # Outside rural wards distance counts together with having no car.
    closed = pd.DataFrame({"area_code": [ward], "measure": ["far_help"], "n": [3000.0]})
    table = proposal.rerun(found, closed, "council's own places", "2027-09-01", today=TODAY)
    assert set(table["area_code"]) == {ward}
    said = table.set_index(["service_id", "channel"])[["before", "after"]].T.to_dict("list")
    assert said[("missed_bin", "phone")] == ["", "more use"]
    assert all(before != after for before, after in said.values())
    assert table["rule_ids"].str.contains("W12").all()
    assert table["reason"].str.contains("about 3,000 people more than 5 km by road from a staffed public library").all()
    # The same figures again change nothing, and figures of other wards cannot be changed.
    same = found.profile.loc[(found.profile["area_code"] == ward) & (found.profile["measure"] == "far_help"), ["area_code", "measure", "n"]]
    assert proposal.rerun(found, same, "the release", "2025-04", today=TODAY).empty
    with pytest.raises(exclusion.UsageError, match="holds no such figure"):
        proposal.rerun(found, closed.assign(area_code="E05999999"), "x", "2027", today=TODAY)


def test_8_wales_is_told_of_welsh_and_of_its_own_duty_and_england_that_it_has_none_in_force(bundled: exclusion.Evidence) -> None:
    welsh = exclusion.assess(bundled, ["Gwynedd"], ["blue_badge"], today=TODAY)
    rows = welsh.findings[welsh.findings["kind"].isin(["floor", "keep", "more_use"])]
    assert rows["reason"].str.contains("this way in must treat Welsh no less favourably than English").all()
    assert rows["legal_hooks"].str.contains("WLS").all()
    english = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY)
    assert not english.findings["reason"].str.contains("Welsh").any()
    said = {}
    scottish = exclusion.assess(bundled, ["Glasgow City"], ["blue_badge"], today=TODAY)
    for name, found in (("Wales", welsh), ("England", english), ("Scotland", scottish)):
        pages = report.render(found, TODAY)
        said[name] = " ".join(pages["index.html"].split())
    assert "in force in Wales since 31 March 2021" in said["Wales"] and "not in force" not in said["Wales"]
    assert "not in force in England" in said["England"]
    assert "Fairer Scotland" in said["Scotland"] and "Welsh" not in said["Scotland"] and "not in force" not in said["Scotland"]
