"""The pages members read: what they say, how much, in what order, and how they are written to disk."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import exclusion
from exclusion import judgement, report
from exclusion.assessment import Assessment
from exclusion.contracts import UsageError
from exclusion.judgement import pages as texts
from exclusion.release import Evidence
from exclusion.report import briefing

TODAY = date(2026, 11, 24)
BLOOMFIELD, MARTON, BOWLAND = "E05015188", "E05015197", "E05012002"


@pytest.fixture(scope="module")
def blackpool(bundled: Evidence) -> Assessment:
    return exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY)


@pytest.fixture(scope="module")
def pages(blackpool: Assessment) -> dict[str, str]:
    return report.render(blackpool, TODAY)


class Page(HTMLParser):
    """A page as its tags: ``(tag, attributes)`` in order, and the text inside each heading."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[str, str]] = []
        self._open: str = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h[1-6]", tag):
            self._open = tag
            self.headings.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.headings[-1] = (self._open, self.headings[-1][1] + data.strip())


def with_figure(assessment: Assessment, area: str, measure: str, **figures: object) -> Assessment:
    """The same assessment with some figures of one ward replaced."""
    profile = assessment.profile.copy()
    rows = (profile["area_code"] == area) & (profile["measure"] == measure)
    for name, value in figures.items():
        profile.loc[rows, name] = value
    return dataclasses.replace(assessment, profile=profile)


def with_keeps(assessment: Assessment, area: str, *findings: dict[str, object]) -> Assessment:
    """The same assessment with the ward's keep findings replaced by made ones, after a real one's pattern."""
    table = assessment.findings
    pattern = table[table["kind"] == "keep"].iloc[0].to_dict()
    others = table[~((table["area_code"] == area) & (table["kind"] == "keep"))]
    made = pd.DataFrame([{**pattern, "area_code": area, "borderline": False, **finding} for finding in findings], columns=table.columns)
    return dataclasses.replace(assessment, findings=pd.concat([others, made], ignore_index=True))


# --------------------------------------------------------------------------- facts


def test_a_fact_has_its_number_the_comparison_and_the_date(blackpool: Assessment) -> None:
    # 1,131 of 7,572 residents = 14.9 %, shared onto the ward, so two figures and "about"; England 7.26 %.
    assert report.ward_facts(blackpool, BLOOMFIELD, "blue_badge")[0] == (
        "About 1,100 people are limited a lot by a disability: 15% of residents, against 7.3% in England (March 2021)."
    )


def test_every_fact_of_every_ward_has_a_number_a_comparison_and_a_date(bundled: Evidence) -> None:
    for service in ("blue_badge", "council_tax_reduction", "school_primary"):
        a = exclusion.assess(bundled, ["Blackpool", "Ribble Valley", "Tower Hamlets"], [service], today=TODAY)
        for code in a.areas.index:
            facts = report.ward_facts(a, code, service)
            assert 3 <= len(facts) <= 5
            for fact in facts:
                assert re.search(r"^(About|Fewer than|Up to) [\d,]+", fact), fact
                assert re.search(r"(against|the same as) .*in England|in England", fact), fact
                assert re.search(r"\((\w+ )?20\d\d\)\.$|2020-25\)\.$", fact), fact


def test_the_figures_behind_the_findings_come_first(blackpool: Assessment) -> None:
    measures = [fact.measure for fact in briefing.facts(blackpool, BLOOMFIELD, "blue_badge")]
    assert measures == ["disabled_lot", "income_dep", "older_income_dep", "age75", "people"]


def test_facts_are_about_the_people_who_use_the_service(bundled: Evidence) -> None:
    # School places: low income counts 2, age 0, so older people on low incomes are not its users.
    a = exclusion.assess(bundled, ["Ribble Valley"], ["school_primary"], today=TODAY)
    said = [fact.measure for code in a.areas.index for fact in briefing.facts(a, code, "school_primary")]
    assert "older_income_dep" not in said and "income_dep" in said


def test_without_a_service_the_facts_are_age_disability_income_and_language(blackpool: Assessment) -> None:
    measures = [fact.measure for fact in briefing.facts(blackpool, BLOOMFIELD)]
    assert measures == ["age75", "disabled_lot", "income_dep", "poor_english", "people"]


def test_a_count_under_ten_is_hidden_with_its_share(blackpool: Assessment) -> None:
    # 7 of 7,572 = 0.1 %: printing the share would give the 7 away.
    a = with_figure(blackpool, BLOOMFIELD, "disabled_lot", n=7.0, value=7 / 7572)
    fact = report.ward_facts(a, BLOOMFIELD, "blue_badge")[0]
    assert fact == "Fewer than 10 people are limited a lot by a disability: 7.3% in England (March 2021)."


def test_a_rough_fit_is_printed_with_its_range(blackpool: Assessment) -> None:
    a = with_figure(blackpool, BLOOMFIELD, "disabled_lot", low=953.0, high=1309.0)
    assert report.ward_facts(a, BLOOMFIELD, "blue_badge")[0].startswith("About 1,100 (950 to 1,300) people ")


def test_a_published_count_stands_as_it_is(blackpool: Assessment) -> None:
    a = with_figure(blackpool, BLOOMFIELD, "disabled_lot", fit="published")
    assert report.ward_facts(a, BLOOMFIELD, "blue_badge")[0].startswith("1,131 people ")


def test_the_same_share_as_the_nation_is_said_so(blackpool: Assessment) -> None:
    a = with_figure(blackpool, BLOOMFIELD, "disabled_lot", value=0.0726)
    assert "7.3% of residents, the same as in England" in report.ward_facts(a, BLOOMFIELD, "blue_badge")[0]


def test_a_figure_we_lack_is_no_fact_but_an_unknown(blackpool: Assessment) -> None:
    a = with_figure(blackpool, BLOOMFIELD, "older_income_dep", n=float("nan"))
    assert not any("aged 60 and over" in fact for fact in report.ward_facts(a, BLOOMFIELD, "blue_badge"))


# --------------------------------------------------------------------------- what to keep


def finding(channel: str, severity: str, rules: str, **more: object) -> dict[str, object]:
    return {"channel": channel, "severity": severity, "rule_ids": rules, "figures_json": '[{"id": "disabled_lot"}]', **more}


def test_a_line_says_keep_what_because_why_firmest_first(blackpool: Assessment) -> None:
    a = with_keeps(
        blackpool,
        BLOOMFIELD,
        finding("home_visit", "monitor", "W06"),
        finding("post", "required", "W06"),
        finding("easy_read_translation", "recommended", "W06|W11", borderline=True),
    )
    who = "about 1,100 people limited a lot by a disability"
    assert report.keep_lines(a, BLOOMFIELD, "blue_badge") == [
        f"Keep post as a condition, because {who} may need a person or more time.",
        f"Advise keeping easy read or translation, because {who} may need a person or more time, "
        "and papers can be checked there (borderline).",
        f"Watch home visits, because {who} may need a person or more time.",
    ]


def test_ways_with_one_reason_share_a_line(blackpool: Assessment) -> None:
    a = with_keeps(blackpool, BLOOMFIELD, finding("home_visit", "recommended", "W06"), finding("cash_point", "recommended", "W06"))
    assert report.keep_lines(a, BLOOMFIELD, "blue_badge", brief=True) == [
        "Advise keeping home visits and a way to pay in cash, because many here are disabled."
    ]


def test_what_holds_across_the_council_is_marked_in_the_ward(blackpool: Assessment) -> None:
    assert "face to face" in report.keep_lines(blackpool, BLOOMFIELD, "blue_badge")[0]
    assert "(as across the council)" in report.keep_lines(blackpool, BLOOMFIELD, "blue_badge")[0]


def test_nothing_found_and_not_assessed_are_not_the_same(blackpool: Assessment) -> None:
    assert report.keep_lines(blackpool, MARTON, "blue_badge") == [
        "Nothing found beyond the minimum, in the rules checked. That does not mean no need."
    ]
    summaries = blackpool.summaries.assign(summary="not_assessed")
    unknown = dataclasses.replace(blackpool, summaries=summaries)
    assert report.keep_lines(unknown, MARTON, "blue_badge")[0].startswith("Not assessed:")


def test_never_more_than_five_lines(blackpool: Assessment) -> None:
    rules = ("W01", "W04", "W05", "W06", "W07", "W09")
    made = [finding(channel, "recommended", rule) for channel, rule in zip(judgement.channels(), rules, strict=False)]
    assert len(report.keep_lines(with_keeps(blackpool, BLOOMFIELD, *made), BLOOMFIELD, "blue_badge")) == 5


def test_far_from_help_keeps_outreach_and_not_a_trip(bundled: Evidence) -> None:
    a = exclusion.assess(bundled, ["Ribble Valley"], ["council_tax_reduction"], today=TODAY)
    assert "as outreach or a visit" in report.keep_lines(a, BOWLAND, "council_tax_reduction")[0]


# --------------------------------------------------------------------------- the minimum, unknowns, questions


def test_the_minimum_is_one_line_and_the_same_for_every_ward() -> None:
    services = judgement.services()
    assert report.floor_line(services["blue_badge"]) == (
        "Phone and post, as easy to find as the link; text relay, British Sign Language and other formats."
    )
    assert report.floor_line(services["homelessness"]).startswith("Phone and face to face, ")


def test_unknowns_name_who_could_tell(blackpool: Assessment) -> None:
    """What rules lacked comes first, so that a page with room for one line never hides it."""
    lines = report.unknowns(blackpool, MARTON, "blue_badge")
    assert lines == [
        "Broadband, mobile signal, devices and skills: ask at your advice session.",
        "One part of this ward differs (unpaid carers): ask locally.",
        "Who uses this here: ask customer services.",
    ]


def test_wales_says_that_income_is_not_known(bundled: Evidence) -> None:
    a = exclusion.assess(bundled, ["Cardiff"], ["blue_badge"], today=TODAY)
    code = a.areas.index[a.areas["area_name"] == "Butetown"][0]
    assert "How many people are on low incomes: ask the benefits team." in report.unknowns(a, code, "blue_badge")
    assert not any("low incomes" in fact for fact in report.ward_facts(a, code, "blue_badge"))


def test_questions_follow_the_findings(blackpool: Assessment) -> None:
    cash = with_keeps(blackpool, MARTON, finding("cash_point", "recommended", "W13"))
    assert report.questions(cash, MARTON, "blue_badge")[0] == "Where can people pay in cash, at the same price?"
    asked = report.questions(blackpool, MARTON, "blue_badge")
    assert len(asked) == 3 and asked[0] == "What happens to someone with no internet or mobile?"
    assert report.questions(cash, MARTON, "blue_badge")[-1] == asked[-1] == "How will we know if it fails?"


# --------------------------------------------------------------------------- the duty


NEEDS = (
    "due regard",
    "eliminate discrimination, harassment, victimisation",
    "advance equality of opportunity",
    "foster good relations",
)


def test_the_duty_names_the_three_needs_and_the_section() -> None:
    for nation in ("England", "Wales"):
        for said in (" ".join(texts.duties()[nation].short()), " ".join(texts.duties()[nation].long())):
            assert [need for need in NEEDS if need not in said] == []
        assert "section 149" in said
        assert texts.duties()[nation].act == "Equality Act 2010, section 149"


def test_a_ward_page_names_the_act_in_its_footer_where_it_is_not_read_aloud(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if name != "index.html":
            assert "The duty: Equality Act 2010, section 149." in page.partition("<footer>")[2], name


def test_the_socio_economic_duty_is_dated_in_england_and_in_force_in_wales() -> None:
    assert texts.duties()["England"].short()[2] == "Socio-economic duty: not in force in England when last checked, 24 November 2026."
    wales = texts.duties()["Wales"].short()
    assert "socio-economic duty (in force since 31 March 2021)" in wales[1]
    assert wales[2] == "Welsh must be treated no less favourably than English."


def test_a_nation_without_a_reviewed_text_says_so(blackpool: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "duties", dict)
    said = "We hold no reviewed text of the equality duty in England: ask your equality officer."
    assert all(said in page for page in report.render(blackpool, TODAY).values())


def test_a_text_past_its_review_date_says_so_on_every_page(blackpool: Assessment) -> None:
    late = report.render(blackpool, date(2027, 3, 1))
    assert all("This text was due to be checked on 28 February 2027: England" in page for page in late.values())
    assert not any("This text was due" in page for page in report.render(blackpool, TODAY).values())


# --------------------------------------------------------------------------- the council page


def test_the_council_page_says_once_what_holds_across_it(pages: dict[str, str]) -> None:
    assert (
        "Advise keeping face to face, because many here are disabled and papers can be checked there. "
        "It holds in 16 of 21 wards, less firmly or not at all in Bispham, Greenlands, Marton, Squires Gate and Stanley."
    ) in pages["index.html"]


def test_wards_are_by_name_and_link_to_their_pages(pages: dict[str, str]) -> None:
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', pages["index.html"])
    assert [name for _, name in links] == sorted(name for _, name in links) and len(links) == 21
    assert {page for page, _ in links} == set(pages) - {"index.html"}


def test_the_paragraph_stands_alone(blackpool: Assessment) -> None:
    said = report.paragraph(blackpool, "blue_badge")
    # 16 wards "advise keeping", 2 only "watch": 18; the other 3 of 21 have nothing beyond the minimum.
    assert "found in 18 wards (advise keeping: 16); none was found in three wards, in the rules checked." in said
    assert "In every ward the minimum is phone and post," in said
    assert "Not checked in some or all wards, for want of figures: no usable connection of either kind (W01)" in said
    assert "due regard (Equality Act 2010, section 149); they do not decide" in said
    assert "United Kingdom wards 2026.11, thresholds 3, service profile 1" in said


def test_the_paragraph_says_every_ward_and_what_could_not_be_assessed(bundled: Evidence, blackpool: Assessment) -> None:
    everywhere = exclusion.assess(bundled, ["Tower Hamlets"], ["council_tax_reduction"], today=TODAY)
    said = report.paragraph(everywhere, "council_tax_reduction")
    assert "beyond the minimum were found in every ward (advise keeping: 20). " in said
    unknown = dataclasses.replace(blackpool, summaries=blackpool.summaries.replace({"summary": {"none_in_rules_checked": "not_assessed"}}))
    assert "were found in 18 wards (advise keeping: 16); three wards could not be assessed." in report.paragraph(unknown, "blue_badge")


def test_a_county_service_says_who_decides(bundled: Evidence) -> None:
    a = exclusion.assess(bundled, ["Ribble Valley"], ["blue_badge"], today=TODAY)
    made = report.render(a, TODAY)
    assert all("Decided by Lancashire, whose members stand for divisions" in page for page in made.values())
    own = exclusion.assess(bundled, ["Ribble Valley"], ["missed_bin"], today=TODAY)
    assert "Decided by" not in report.render(own, TODAY)["index.html"]


# --------------------------------------------------------------------------- every page


@pytest.mark.parametrize("service", ["blue_badge", "council_tax_reduction", "discretionary_housing_payment"])
def test_no_ward_page_has_more_than_300_words(bundled: Evidence, service: str) -> None:
    words = {}
    for councils in (["Blackpool", "Ribble Valley", "Tower Hamlets"], ["Gwynedd"], ["Shetland Islands"], ["Mid Ulster"]):
        a = exclusion.assess(bundled, councils, [service], today=TODAY)
        words |= {name: report.visible_words(page) for name, page in report.render(a, TODAY).items() if name != "index.html"}
    assert {name: count for name, count in words.items() if count > 300} == {}
    assert min(words.values()) > 150


def test_the_words_counted_are_those_a_reader_sees_outside_the_footer() -> None:
    head = "<head><title>not this</title><style>p { a: b }</style></head>"
    page = f"{head}<body><main><h1>One two</h1><p>three&nbsp;four</p></main><footer>no</footer>"
    assert report.visible_words(page) == 4


def test_a_ward_page_keeps_the_order_a_member_reads_in(pages: dict[str, str]) -> None:
    page = Page(next(page for name, page in pages.items() if name.startswith(BLOOMFIELD)))
    assert page.headings == [
        ("h1", "Bloomfield, Blackpool: Blue Badge"),
        ("h2", "What is proposed"),
        ("h2", "Who uses it"),
        ("h2", "In your ward"),
        ("h2", "Keep open here"),
        ("h2", "Everywhere"),
        ("h2", "Not known"),
        ("h2", "Other changes"),
        ("h2", "Questions to ask"),
        ("h2", "The duty"),
        ("h2", "Sources and versions"),
    ]


def test_every_page_is_complete_in_itself_and_asks_nobody_for_anything(pages: dict[str, str]) -> None:
    for name, html in pages.items():
        page = Page(html)
        kinds = {tag for tag, _ in page.tags}
        assert not kinds & {"script", "link", "img", "iframe", "form", "object"}, name
        links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
        assert set(links) <= set(pages), f"{name} links to {set(links) - set(pages)}"
        assert "default-src 'none'" in html and "@import" not in html and "url(" not in html


def test_every_page_can_be_read_by_a_machine(pages: dict[str, str]) -> None:
    for html in pages.values():
        page = Page(html)
        assert ("html", {"lang": "en-GB"}) in page.tags
        assert [level for level, _ in page.headings].count("h1") == 1
        depths = [int(level[1]) for level, _ in page.headings]
        assert all(after - before <= 1 for before, after in pairwise(depths))
        assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
        assert sum(tag == "table" for tag, _ in page.tags) == sum(tag == "caption" for tag, _ in page.tags)


def test_no_score_no_rank_no_word_that_hurts(pages: dict[str, str]) -> None:
    banned = r"\b(rank\w*|league|worst|hot ?spots?|score[sd]?|elderly|vulnerable|hard to reach|channel shift|robust|granular)\b"
    for html in pages.values():
        body = re.sub(r"<[^>]+>", " ", html[html.index("<main>") : html.index("</main>")])
        assert re.findall(banned, body, re.IGNORECASE) == []
        assert re.findall(r"\b\d+\.\d+\b(?!%)", body) in ([], ["2026.11"]), "a decimal that is no percentage"


def test_versions_and_sources_stand_in_the_footer(pages: dict[str, str]) -> None:
    for html in pages.values():
        footer = html[html.index("<footer>") :]
        assert "United Kingdom wards 2026.11" in footer and "Open Government Licence v3.0" in footer
        assert "Default weights" in footer and "Thresholds: version 3" in footer and "blue_badge, version 1" in footer
        assert "Made with Kept Open on 24 November 2026." in footer


def test_names_are_escaped(blackpool: Assessment) -> None:
    areas = blackpool.areas.copy()
    areas.loc[BLOOMFIELD, "area_name"] = "<script>alert('x')</script> & O'Brien"
    made = report.render(dataclasses.replace(blackpool, areas=areas), TODAY)
    assert not any("<script" in page for page in made.values())
    assert f"{BLOOMFIELD}-script-alert-x-script-obrien.html" in made


def test_the_same_assessment_gives_the_same_bytes_but_for_the_date(blackpool: Assessment, pages: dict[str, str]) -> None:
    assert report.render(blackpool, TODAY) == pages
    tomorrow = report.render(blackpool, date(2026, 11, 25))
    for name, html in pages.items():
        changed = [(a, b) for a, b in zip(html.splitlines(), tomorrow[name].splitlines(), strict=True) if a != b]
        assert changed == [("<p>Made with Kept Open on 24 November 2026.</p>", "<p>Made with Kept Open on 25 November 2026.</p>")]


# --------------------------------------------------------------------------- on disk


def test_a_pack_is_written_whole(blackpool: Assessment, pages: dict[str, str], tmp_path: Path) -> None:
    written = report.write_pack(blackpool, tmp_path / "new" / "pack", today=TODAY)
    assert written[0].name == "index.html" and len(written) == 22
    assert {path.name: path.read_text(encoding="utf-8") for path in written} == pages
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["pack"], "no working folder is left behind"


def test_an_earlier_pack_is_replaced_but_nothing_else_is(blackpool: Assessment, bundled: Evidence, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    report.write_pack(blackpool, out, today=date(2026, 1, 1))
    report.write_pack(blackpool, out, today=TODAY)
    assert "24 November 2026" in (out / "index.html").read_text(encoding="utf-8")
    other = exclusion.assess(bundled, ["Blackpool"], ["missed_bin"], today=TODAY)
    with pytest.raises(UsageError, match="holds other files"):
        report.write_pack(other, out)
    (out / "minutes.docx").write_text("mine")
    with pytest.raises(UsageError, match=r"minutes\.docx"):
        report.write_pack(blackpool, out)
    assert (out / "minutes.docx").read_text() == "mine" and len(list(out.iterdir())) == 23


def test_an_empty_folder_is_used_and_a_file_is_refused(blackpool: Assessment, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert len(report.write_pack(blackpool, tmp_path / "empty")) == 22
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        report.write_pack(blackpool, tmp_path / "file")


def test_a_pack_that_cannot_be_finished_leaves_the_earlier_one(blackpool: Assessment, tmp_path: Path) -> None:
    out = tmp_path / "pack"
    report.write_pack(blackpool, out, today=TODAY)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    areas = blackpool.areas.copy()
    areas.loc[MARTON, "area_name"] = "x" * 300  # a file name no file system takes
    with pytest.raises(UsageError, match="cannot be written"):
        report.write_pack(dataclasses.replace(blackpool, areas=areas), out, today=TODAY)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_a_pack_is_about_one_service(bundled: Evidence) -> None:
    two = exclusion.assess(bundled, ["Blackpool"], ["blue_badge", "missed_bin"], today=TODAY)
    with pytest.raises(UsageError, match="is about one service"):
        report.render(two, TODAY)


# ------------------------------------------------------------------ people unlikely to use the internet


def test_every_page_says_what_is_counted_at_which_rates_and_by_whose_factor(bundled: Evidence, pages: dict[str, str]) -> None:
    scaled = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY, people_scale=(0.8, "our survey of 2025"))
    plain = "aged 16 and over, did not use the internet in the last three months, 2020 rates"
    for html in pages.values():
        assert "and the lower figure also allows for the fall since" in html
    for name, html in report.render(scaled, TODAY).items():
        assert f"{plain}, multiplied by 0.8 (our survey of 2025)" in html
        assert "set by you: our survey of 2025" in html
        assert "our estimate, 2020 rates times 0.8" in html and "2020-25" not in html
        assert name == "index.html" or report.pages.visible_words(html) <= report.pages.WORDS
