"""The page of a ward under a proposal and the page for scrutiny: in one order, short, and never silent on what is not answered."""

from __future__ import annotations

from datetime import date
from html import unescape

import pandas as pd
import pytest
import reading

from exclusion import assess, equality, proposal, report
from exclusion.judgement.duty import duties
from exclusion.proposal import Considered
from exclusion.release import Evidence
from exclusion.report import briefing, member, proposed

TODAY = date(2026, 11, 26)
ORDER = [
    "What is proposed",
    "Who uses it",
    "In your ward",
    "Keep open here",
    "Everywhere",
    "Not known",
    "Other changes",
    "Questions to ask",
    "The duty",
]
BADGE = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[officer]
saving = "about £40,000 a year"
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
"""
# Everything that makes a page long: four services that move together, long names, a long claim.
LONG = (
    """
title = "Customer services online by default"
councils = ["{councils}"]
date = 2027-04-01
[officer]
purpose = "{purpose}"
saving = "{saving}"
""".format(councils="{councils}", purpose="to save " * 200, saving="about forty thousand pounds a year once the lease ends " * 6)
    + "".join(
        f'[[service]]\nid = "{one}"\nclose = ["f2f", "phone"]\nfewer_hours = ["post"]\n'
        for one in ("blue_badge", "council_tax_reduction", "housing_benefit", "discretionary_housing_payment")
    )
    + "".join(
        f'[[place]]\nname = "The Sir Somebody Memorial Library and Customer Centre {number}"\nkind = "library"\nchange = "closes"\n'
        for number in range(4)
    )
)


def considered(bundled: Evidence, text: str) -> Considered:
    return proposal.consider(bundled, proposal.parse(text, "test", bundled.areas), today=TODAY)


@pytest.fixture(scope="module")
def badge(bundled: Evidence) -> Considered:
    return considered(bundled, BADGE)


def ward(held: Considered, name: str) -> str:
    return str(held.assessment.areas.index[held.assessment.areas["area_name"] == name][0])


def section(page: member.MemberPage, title: str) -> tuple[str, ...]:
    return next(one.lines for one in page.sections if one.title == title)


def test_a_page_keeps_the_order_and_says_what_is_proposed_in_the_officers_words(badge: Considered) -> None:
    page = report.member_page_of(badge, ward(badge, "Bloomfield"), "blue_badge")
    assert [one.title for one in page.sections] == ORDER
    assert section(page, "What is proposed") == (
        "From 1 April 2027. Closes: face to face. Fewer hours: phone. Stays: post.",
        "Saving (officer's words): “about £40,000 a year”.",
    )
    assert not any(one.fill for one in page.sections)


@pytest.mark.parametrize(
    ("words", "most", "said"),
    [
        ("One form, quicker answers.", None, "“One form, quicker answers.”"),  # its own full stop ends the sentence
        ("about £40,000 a year", None, "“about £40,000 a year”."),
        ("Fewer forms. Quicker answers.", 2, "“Fewer forms. ...”."),
    ],
)
def test_a_quotation_ends_with_one_full_stop(words: str, most: int | None, said: str) -> None:
    assert proposed.quoted_words(words.split(), most) == said


def test_each_line_on_what_to_keep_says_what_the_proposal_does_to_it(badge: Considered) -> None:
    keeps = section(report.member_page_of(badge, ward(badge, "Bloomfield"), "blue_badge"), "Keep open here")
    assert keeps[0].startswith("Advise keeping face to face, because ") and "(it closes" in keeps[0]
    assert any("home visits" in line and "not mentioned" in line for line in keeps)


def test_closing_part_of_the_minimum_is_said_and_asked_first(bundled: Evidence) -> None:
    held = considered(bundled, BADGE.replace('fewer_hours = ["phone"]', "").replace('close = ["f2f"]', 'close = ["f2f", "phone"]'))
    page = report.member_page_of(held, ward(held, "Marton"), "blue_badge")
    assert section(page, "Everywhere")[0].endswith("The proposal closes phone, part of this minimum.")
    assert section(page, "Questions to ask")[0] == "By what right does part of the minimum close?"


def test_the_three_questions_follow_the_findings_and_the_proposal(badge: Considered) -> None:
    # Bloomfield: face to face is advised and closes; home visits are advised and not mentioned.
    asked = section(report.member_page_of(badge, ward(badge, "Bloomfield"), "blue_badge"), "Questions to ask")
    assert asked == (
        "Will other ways be ready before this closes?",
        "What happens to the ways in it does not mention?",
        "How will we know if it fails?",
    )
    # Marton: nothing was found, so only what is true of everybody is asked.
    asked = section(report.member_page_of(badge, ward(badge, "Marton"), "blue_badge"), "Questions to ask")
    assert "Will other ways be ready before this closes?" not in asked and len(asked) == 3


def test_a_ward_where_nothing_changes_says_so(bundled: Evidence, badge: Considered) -> None:
    only = considered(bundled, BADGE.replace('keep = ["post"]', f'keep = ["post"]\nwards = ["{ward(badge, "Bloomfield")}"]'))
    said = proposed.proposed(only, ward(only, "Marton"), "blue_badge")
    assert said[0] == "From 1 April 2027. Nothing changes in this ward; it does in one other ward."


def test_a_ward_outside_the_service_s_wards_where_its_library_closes_is_not_said_to_stay_as_it_is(
    bundled: Evidence, badge: Considered
) -> None:
    narrowed = BADGE.replace('keep = ["post"]', f'keep = ["post"]\nwards = ["{ward(badge, "Bloomfield")}"]')
    place = '\n[[place]]\nname = "Middle House"\nkind = "library"\nchange = "closes"\n'
    said = proposed.proposed(held := considered(bundled, narrowed + place), ward(held, "Marton"), "blue_badge")
    assert said[0] == "From 1 April 2027. The service itself changes in one other ward only. Closing: Middle House."


def test_no_page_of_any_proposal_has_more_than_300_words(bundled: Evidence, badge: Considered) -> None:
    counted = {}
    for name, html in report.render(badge, TODAY).items():
        if name.startswith("E05"):
            counted[name] = report.visible_words(html)
    for council, step in (("Tower Hamlets", 5), ("Gwynedd", 13), ("Glasgow City", 8)):
        held = considered(bundled, LONG.replace("{councils}", council))
        for service in ("blue_badge", "council_tax_reduction", "housing_benefit"):
            for code in held.assessment.areas.index[::step]:
                counted[f"{service} {code}"] = report.member_page_of(held, code, service).words
    assert {name: count for name, count in counted.items() if count > report.WORDS} == {}
    assert len(counted) > 40 and min(counted.values()) > 150


def test_a_ward_in_northern_ireland_is_told_what_is_held_there(bundled: Evidence) -> None:
    # Two facts are held by ward, under names of their own, in few words: section 75 is long to say. No section is ever empty.
    held = considered(bundled, BADGE.replace("Blackpool", "Belfast").replace("blue_badge", "bulky_waste"))
    code = str(held.assessment.areas.index[0])
    rows = held.assessment.profile.set_index(["area_code", "measure"])["n"]
    facts = section(report.member_page_of(held, code, "bulky_waste"), "In your ward")
    # 924 people, which the areas of 2011 leave between 444 and 1,404 (half as much again either way): to two figures each.
    assert round(rows[code, "age65"]) == 924
    assert facts == (
        "About 920 (440 to 1,400) people are aged 65 and over: 22% (Northern Ireland 17%; June 2019).",
        "About 1,100 (530 to 1,700) households have a disabled resident: 56% (Northern Ireland 45%; March 2021).",
    )
    made = equality.build(held, today=TODAY)  # and so is the officer, council wide
    assert "Aged 65 and over. How many: about 51,000; Share: 15% of all residents; Nation: 17% in Northern" in made.part("age").text
    assert "Households with a disabled resident. How many: about 69,000 households" in made.part("disability").text
    for one in held.assessment.areas.index:
        page = report.member_page_of(held, str(one), "bulky_waste")
        assert [part.title for part in page.sections if not part.lines] == []


def test_of_a_service_that_councils_there_do_not_run_no_page_warns_of_a_minimum_that_is_not_theirs(bundled: Evidence) -> None:
    """In Northern Ireland homes are the Housing Executive's: a council cannot close that desk, and has no minimum of it to keep."""
    held = considered(bundled, BADGE.replace("Blackpool", "Belfast").replace("blue_badge", "homelessness").replace('["phone"]', "[]"))
    said = "The council does not run this service, so no minimum is the council's to keep."
    code = str(held.assessment.areas.index[0])
    page = report.member_page_of(held, code, "homelessness")
    assert section(page, "Everywhere") == (said,) and "Housing Executive" in section(page, "Keep open here")[0]
    asked = section(page, "Questions to ask")
    assert asked[0] == "Who runs this service, and what do they plan?" and len(asked) == 3
    assert not any("closes part of the council-wide minimum" in line or "that it stays" in line for line in held.notices)
    assert any(line.startswith("Not run by councils in Northern Ireland") for line in held.notices)
    scrutiny = {one.title: one.lines for one in report.scrutiny_page(held).sections}
    assert "does not run this service" in scrutiny["Wards and people affected"][0]
    assert scrutiny["Not answered"] == scrutiny["Findings and officers' answers"] == ("No finding asks for an answer.",)
    assert said in unescape(report.render(held, TODAY)["homelessness.html"])
    made = unescape(equality.to_html(equality.build(held, today=TODAY)))
    assert said in made and "closes part of the council-wide minimum" not in made
    # A service that the council does run keeps its warning.
    text = BADGE.replace("Blackpool", "Belfast").replace("blue_badge", "bulky_waste").replace('["phone"]', "[]")
    bulky = considered(bundled, text.replace('["f2f"]', '["phone"]'))
    assert any("closes part of the council-wide minimum" in line for line in bulky.notices)


def test_the_duty_on_every_page_of_a_pack_is_as_the_council_says_it_stands(badge: Considered) -> None:
    adopted = {nation: one.with_socio_economic("adopted", date(2025, 4, 1)) for nation, one in duties().items() if nation == "England"}
    ours, theirs = (report.render(badge, TODAY, duty=duty) for duty in (None, adopted))
    assert list(ours) == list(theirs)
    assert "<h1>Blue Badge" in ours.pop("index.html")  # it leads to the others, and says nothing itself
    for name, html in ours.items():
        assert "not in force in England" in html and "1 April 2025" not in html, name
        assert "since 1 April 2025" in theirs[name], name
        assert not name.startswith("E05") or report.visible_words(theirs[name]) <= report.WORDS


def test_words_counted_on_the_page_are_those_counted_before_it_is_made(badge: Considered) -> None:
    code = ward(badge, "Bloomfield")
    html = report.ward_html(badge, "blue_badge", code, TODAY)
    assert report.visible_words(html) == report.member_page_of(badge, code, "blue_badge").words


# --------------------------------------------------------------------------- scrutiny


def test_a_long_proposal_keeps_the_page_for_scrutiny_short(bundled: Evidence, badge: Considered) -> None:
    # On paper: tests/browser/test_register_browser.py. Here: words are given up, never a section.
    held = considered(bundled, LONG.replace("{councils}", "Gwynedd"))
    rows = held.assessment.findings
    many = rows.assign(
        response=["reject" if place % 2 else "" for place in range(len(rows))],
        response_reason=[f"reason {place} " * 30 if place % 2 else "" for place in range(len(rows))],
        response_name=["A. Officer" if place % 2 else "" for place in range(len(rows))],
    )
    page = report.scrutiny_page(held, many)
    assert page.words < 420
    assert [one.title for one in page.sections] == [one.title for one in report.scrutiny_page(badge).sections]
    assert all(one.lines for one in page.sections)
    assert page.sections[2].lines[-1].endswith("more: see the register.")


def test_one_rule_more_is_one_other_rule(badge: Considered, monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked() -> str:
        return next(line for one in report.scrutiny_page(badge).sections for line in one.lines if line.startswith("Not checked for want"))

    monkeypatch.setattr("exclusion.report.scrutiny.MOST_RULES", 99)
    many = unchecked().split(". ")[0].count(",") + 2  # "a, b and c"
    monkeypatch.setattr("exclusion.report.scrutiny.MOST_RULES", many - 1)
    assert "and one other rule." in unchecked()
    monkeypatch.setattr("exclusion.report.scrutiny.MOST_RULES", many - 2)
    assert "and two other rules." in unchecked()


def test_what_closes_and_what_thins_is_said_apart_each_with_how_many_wards(badge: Considered) -> None:
    """The desk closes and the line thins: each stands under its own word with its own count, never "close or get fewer hours"."""
    line = next(line for line in report.scrutiny_page(badge).sections[1].lines if line.startswith("Blue Badge"))
    rows = badge.findings[(badge.findings["service_id"] == "blue_badge") & badge.findings["kind"].isin(("floor", "keep"))]
    wards = rows[(rows["channel"] == "f2f") & (rows["severity"] == "recommended")]["area_code"].nunique()
    assert "conditions with fewer hours: phone in every ward" in line and "close or get" not in line
    assert f"advised closed: face to face in {wards} of 21 wards" in line and 0 < wards < 21


def test_what_is_said_of_a_way_in_that_may_be_used_more_is_never_blank(badge: Considered) -> None:
    only = badge.assessment.findings[badge.assessment.findings["kind"] == "more_use"]
    said = " ".join(line for one in report.scrutiny_page(badge, only).sections for line in one.lines)
    assert "()" not in said and "(may be used more)" in said
    assert "limited english" not in said


def answered(held: Considered) -> pd.DataFrame:
    rows = held.assessment.findings.assign(response="", response_reason="", response_name="")
    f2f = rows["kind"].eq("keep") & rows["channel"].eq("f2f")
    rows.loc[f2f, ["response", "response_reason", "response_name"]] = ["reject", "The desk had two visits a week.", "A. Officer"]
    post = rows["kind"].eq("floor") & rows["channel"].eq("post")
    rows.loc[post, ["response", "response_name"]] = ["accept", "A. Officer"]
    return rows


def test_scrutiny_sees_what_was_answered_why_and_by_whom_and_what_was_not(badge: Considered) -> None:
    rows = answered(badge)
    page = report.scrutiny_page(badge, rows)
    said = next(one.lines for one in page.sections if one.title == "Findings and officers' answers")
    about = rows[rows["kind"].isin(["floor", "keep", "more_use"])]
    gone = int((about["response"] == "").sum())
    # Every finding is accepted, rejected or not answered; the three add up to all.
    accepted, rejected = int((about["response"] == "accept").sum()), int((about["response"] == "reject").sum())
    assert accepted + rejected + gone == len(about)
    assert said[0].startswith(f"{len(about)} findings that ask for an answer") and f"{gone} not answered" in said[0]
    assert any(line.startswith("Rejected by A. Officer: Blue Badge, face to face (advise keeping)") for line in said)
    assert any("“The desk had two visits a week.”" in line for line in said)
    open_ones = next(one.lines for one in page.sections if one.title == "Not answered")
    assert any(line.startswith("Blue Badge, phone") for line in open_ones)


def test_without_answers_scrutiny_says_that_none_is_recorded(badge: Considered) -> None:
    said = next(one.lines for one in report.scrutiny_page(badge).sections if one.title == "Findings and officers' answers")
    assert said[1].startswith("No answers are recorded yet")


def test_the_options_of_scrutiny_add_up_and_are_not_ranked(badge: Considered) -> None:
    options = report.scrutiny_page(badge).options
    found = badge.assessment.findings
    advised = found[(found["kind"] == "keep") & (found["channel"] == "f2f") & (found["severity"] == "recommended")]
    # Face to face is what closes, so as proposed every ward that advises keeping it counts one.
    assert options.set_index("Option").loc["As proposed", "Advised closed"] == advised["area_code"].nunique() > 10
    assert options["Option"].iloc[0] == "Change nothing" and options.iloc[0]["Advised closed"] == 0


def test_a_pack_of_a_proposal_opens_with_scrutiny_and_links_to_every_ward(bundled: Evidence, badge: Considered) -> None:
    pages = report.render(badge, TODAY)
    assert list(pages)[:3] == ["index.html", "scrutiny.html", "blue-badge.html"] and len(pages) == 24
    for page in ("index.html", "scrutiny.html"):
        assert 'href="blue-badge.html"' in pages[page], page
    assert 'href="scrutiny.html"' in pages["index.html"]
    assert "Officer to fill in" not in "".join(pages.values())
    # A service more, and each ward has a page for each.
    two = considered(bundled, BADGE + '[[service]]\nid = "missed_bin"\nclose = ["phone"]\n')
    assert len(report.render(two, TODAY)) == 2 + 2 * 22


def test_a_page_lists_the_sources_of_what_it_says_and_no_other(badge: Considered) -> None:
    """A rule looked at broadband in Bloomfield, and of broadband the page only says that it is not known."""
    code = ward(badge, "Bloomfield")
    found = badge.assessment.findings
    looked = found[(found["area_code"] == code) & (found["service_id"] == "blue_badge")]["figures_json"].str.cat()
    assert "below_30mbps" in looked
    page = report.ward_html(badge, "blue_badge", code, TODAY)
    assert "<li>Broadband, mobile signal, devices and skills: ask at your advice session.</li>" in page
    assert page.lower().count("broadband") == 1 and "Connected Nations" not in page
    for title in ("Census 2021 topic summaries", "English Indices of Deprivation 2025", "our estimate from national surveys"):
        assert title in page


def test_a_page_reads_for_somebody_of_14_with_its_footer(bundled: Evidence, badge: Considered) -> None:
    """With a proposal and without one. The names of sources in the footer are left out, and counted apart: they are others' words."""
    pages = {f"badge {code}": report.ward_html(badge, "blue_badge", code, TODAY) for code in badge.assessment.areas.index}
    for council in ("Blackpool", "Ribble Valley", "Tower Hamlets", "Gwynedd", "Glasgow City"):
        none = assess(bundled, [council], ["blue_badge"], today=TODAY)
        pages |= {f"{council} {code}": report.ward_html(none, "blue_badge", str(code), TODAY) for code in none.areas.index[::4]}
    ages = {name: reading.of_page(reading.without_names(html)) for name, html in pages.items()}
    assert {name: age for name, age in ages.items() if age > 14} == {} and len(ages) > 50
    # The whole footer with the names, as docs/equality.md says: 15.4 at most.
    footers = [reading.of_page(html.partition("<footer>")[2]) for html in pages.values()]
    assert 14 < max(footers) < 15.5


def test_the_longest_pages_are_read_aloud_in_under_two_minutes(bundled: Evidence, badge: Considered) -> None:
    """A limit on letters and on words of numbers, which pages read by espeak-ng at its own pace bear out: see words.seconds_aloud."""
    pages = {f"badge {code}": report.member_page_of(badge, code, "blue_badge") for code in badge.assessment.areas.index}
    for council, step in (("Ribble Valley", 4), ("Gwynedd", 13), ("Glasgow City", 5)):
        held = considered(bundled, LONG.replace("{councils}", council))
        for service in ("blue_badge", "council_tax_reduction"):
            for code in held.assessment.areas.index[::step]:
                pages[f"{service} {code}"] = report.member_page_of(held, code, service)
    assert {name: page.seconds for name, page in pages.items() if page.seconds > member.SECONDS} == {}
    assert all(len(section(page, "In your ward")) >= 2 for page in pages.values())


def test_facts_of_one_date_stand_together_and_the_last_says_it_for_all() -> None:
    one = briefing.Fact("About 640 people: 9.0% of residents (March 2021).", "a", "s", "640 (England 8.6%; March 2021).", "March 2021")
    two = briefing.Fact("About 1,900 people (2022).", "b", "s", "1,900 (2022).", "2022")
    three = briefing.Fact("About 720 people (March 2021).", "c", "s", "720 (England 7%; March 2021).", "March 2021")
    assert briefing.dated_once([one, two, three]) == [
        "About 640 people: 9.0% of residents.",
        "About 720 people (both March 2021).",
        "About 1,900 people (2022).",
    ]
    assert briefing.dated_once([one, three], short=True) == ["640 (England 8.6%).", "720 (England 7%; both March 2021)."]


def test_the_heading_names_the_ward_the_council_and_the_proposal(bundled: Evidence, badge: Considered) -> None:
    code = ward(badge, "Bloomfield")
    assert report.member_page_of(badge, code, "blue_badge").title == "Bloomfield, Blackpool: Blue Badge online"
    named = considered(bundled, BADGE.replace("Blue Badge online", "One way for all"))
    assert report.member_page_of(named, code, "blue_badge").title == "Bloomfield, Blackpool: One way for all (Blue Badge)"
    assert report.member_page_of(badge.assessment, code, "blue_badge").title == "Bloomfield, Blackpool: Blue Badge"


def test_a_footer_explains_the_estimate_of_people_only_where_the_page_has_one(bundled: Evidence, badge: Considered) -> None:
    words = "People unlikely to use the internet: aged 16 and over"
    belfast = considered(bundled, BADGE.replace("Blackpool", "Belfast").replace("blue_badge", "bulky_waste"))
    assert words in report.scrutiny_html(badge, TODAY) and words in report.ward_html(badge, "blue_badge", ward(badge, "Marton"), TODAY)
    for page in report.render(belfast, TODAY).values():
        assert words not in page and "what those rates and places leave open" not in page


def test_every_ward_keeps_three_facts_and_a_saving_of_four_words(badge: Considered) -> None:
    """Where much is found the page is full: facts are then said in fewer words and the third line of advice gives way, not the facts."""
    for code in badge.assessment.areas.index:
        page = report.member_page_of(badge, code, "blue_badge")
        said = {section.title: section for section in page.sections}
        assert page.words <= 300 and len(said["In your ward"].lines) >= 3, page.title
        assert "Saving (officer's words): “about £40,000 a year”." in said["What is proposed"].lines


def test_a_full_page_says_the_same_figures_in_fewer_words(badge: Considered) -> None:
    fact = next(one for one in briefing.facts(badge.assessment, ward(badge, "Bloomfield"), "blue_badge") if one.measure == "disabled_lot")
    assert fact.text == "About 1,100 people are limited a lot by a disability: 15% of residents, against 7.3% in England (March 2021)."
    assert fact.short == "About 1,100 people are limited a lot by a disability: 15% (England 7.3%; March 2021)."
