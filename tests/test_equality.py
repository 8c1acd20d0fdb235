"""The equality assessment: nothing blank, nothing chosen, dated on every page, the same bytes twice, and safe with any name."""

from __future__ import annotations

import dataclasses
import io
import re
import types
import zipfile
from datetime import date

import pandas as pd
import pytest
from docx import Document as read_word
from docx.oxml.ns import qn
from lxml import etree
from lxml import html as read_html

from exclusion import equality, proposal
from exclusion.contracts import NothingToAssess, UsageError
from exclusion.equality import actions
from exclusion.equality.model import Choice, Open, Table
from exclusion.judgement import equality as texts
from exclusion.judgement.duty import as_council_says, duties, left_alone

TODAY = date(2026, 11, 26)
HOSTILE = """Move <script>alert(1)</script> & "badges" {{ 7 * 7 }} online"""
TEXT = f"""
title = '''{HOSTILE}'''
councils = ["Blackpool"]
date = 2027-04-01
[officer]
purpose = "<img src=x onerror=alert(2)> Fewer forms."
saving = "£120,000 a year"
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
[[service]]
id = "council_tax_reduction"
close = ["f2f", "post"]
keep = ["phone"]
[[place]]
name = "Central <b>Library</b>"
kind = "library"
change = "closes"
"""
NINE = [
    "Age",
    "Disability",
    "Gender reassignment",
    "Marriage and civil partnership",
    "Pregnancy and maternity",
    "Race",
    "Religion or belief",
    "Sex",
    "Sexual orientation",
]


@pytest.fixture(scope="module")
def considered(bundled):
    return proposal.consider(bundled, proposal.parse(TEXT, "p.toml"), today=TODAY)


@pytest.fixture(scope="module")
def made(considered):
    return equality.build(considered, label="EqIA", today=TODAY)


@pytest.fixture(scope="module")
def word(made):
    return equality.to_docx(made)


@pytest.fixture(scope="module")
def page(made):
    return equality.to_html(made)


def words_of(content: bytes) -> str:
    document = read_word(io.BytesIO(content))
    return "\n".join(node.text or "" for node in document.element.body.iter(qn("w:t")))


def tables(made, number):
    return [block for block in made.sections[number - 1].blocks if isinstance(block, Table)]


# ------------------------------------------------------------------ acceptance check 5 of domain.md


def test_all_nine_characteristics_are_there_and_none_is_blank(made, word, page):
    protected = [part for part in made.parts if part.protected]
    assert [part.title for part in protected] == NINE
    for part in made.parts:
        said = " ".join(line for line in part.text.splitlines() if line)
        assert len(said) > 200 and "Ask:" in said
    heads = [p.text for p in read_word(io.BytesIO(word)).paragraphs if p.style.name == "Heading 3"]
    assert [name for name in NINE if name not in heads] == []
    assert [name for name in NINE if f"<h3>{name}</h3>" not in page] == []


def test_what_people_tell_you_is_empty_and_labelled(made, word, page):
    for part in made.parts:
        assert [one.label for one in part.open] == ["What do people tell you?", "What does this mean?", "What can you do?"]
        assert [one.answer for one in part.open] == ["", "", ""]
    assert page.count('aria-label="What do people tell you?"') == len(made.parts)
    document = read_word(io.BytesIO(word))
    boxes = [t for t in document.tables if len(t.columns) == 1]
    told = [t for t in boxes if t._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "What do people tell you?"]
    assert len(told) == len(made.parts)
    assert all(t.rows[0].cells[0].paragraphs[0].text.startswith("To be filled in.") for t in told)


def test_no_impact_and_no_outcome_is_chosen(made, word, page):
    impact = tables(made, 8)[0]
    assert [row[0] for row in impact.rows][:9] == NINE
    assert {cell for row in impact.rows for cell in row[1:]} == {"☐", ""}
    outcome = next(block for block in made.sections[11].blocks if isinstance(block, Choice))
    assert len(outcome.options) == 4
    for text in (words_of(word), page):
        assert not re.search("[☑☒✓✔]", text)
    assert not read_html.fromstring(page).xpath("//*[@checked or @selected]")


def test_the_date_of_the_evidence_is_on_every_page(made, word, page):
    section = read_word(io.BytesIO(word)).sections[0]
    said = "Evidence as at 26 November 2026"
    assert said in section.header.paragraphs[0].text and said in section.footer.paragraphs[0].text
    assert "PAGE" in etree.tostring(section.footer._element).decode()
    assert re.search(rf'@bottom-left \{{ content: "EqIA. {said} ', page)  # tests/test_equality_files.py prints it


def test_a_label_cannot_leave_the_style_sheet_it_is_printed_from(considered):
    page = equality.to_html(equality.build(considered, label='E"; } body { display: none', today=TODAY))
    assert 'content: "E  body  display: none. Evidence as at' in page


# ------------------------------------------------------------------ fourteen sections, filled with what we know


def test_the_fourteen_sections_are_there_in_order(made):
    assert [section.number for section in made.sections] == list(range(1, 15))
    assert [s.title for s in made.sections][5:8] == ["Evidence by characteristic", "What we do not know", "Impact"]


def test_figures_have_comparison_date_and_source(made):
    table = next(block for block in made.part("age").know if isinstance(block, Table))
    row = next(row for row in table.rows if row[0] == "Aged 75 to 84")
    _, many, share, compared, when, source = row
    assert (many, share, compared) == ("about 9,900", "7.1% of all residents", "6.1% in England")
    assert (when, source) == ("21 March 2021", "Census 2021 (ONS)")


def test_a_sum_over_wards_is_the_sum_of_the_rows_that_can_be_downloaded(made, considered):
    profile = considered.assessment.profile
    rows = profile[profile["measure"] == "age75_84"]
    assert len(rows) == 21
    assert 9_850 <= rows["n"].sum() < 9_950  # "about 9,900"
    assert f"{rows['n'].sum() / rows['of'].sum():.1%}" == "7.1%"


def test_disability_always_names_what_no_ward_figure_tells(made):
    said = made.part("disability").text
    for what in ("Learning disability", "Mental ill health", "Sight", "Hearing", "Memory"):
        assert re.search(rf"- {what}: no ward figure; ask ", said), what


def test_orientation_and_gender_have_the_whole_council_and_no_ward(made):
    for name in ("orientation", "gender_reassignment"):
        part = made.part(name)
        table = next(block for block in part.know if isinstance(block, Table))
        assert all("(Blackpool, whole council)" in row[0] for row in table.rows)
        assert not [ward for ward in ("Bloomfield", "Claremont", "Talbot") if ward in part.text]


def with_context(considered, table):
    """The same wards on a release with another context table."""
    a = considered.assessment
    evidence = dataclasses.replace(a.evidence, cache={("context", ""): table})
    return dataclasses.replace(considered, assessment=dataclasses.replace(a, evidence=evidence))


def test_what_is_not_held_by_ward_is_given_for_the_whole_council_and_marked_so(considered):
    context = considered.assessment.evidence.context()
    wards = considered.assessment.areas.index
    women = context[(context["measure"] == "female") & context["area_code"].isin(wards)]
    whole = women.head(1).assign(level="council", area_code="E06000009", count=71_000.0, of=141_000.0, fit="council_wide")
    without = context[~((context["measure"] == "female") & (context["level"] == "ward"))]
    made = equality.build(with_context(considered, pd.concat([without, whole], ignore_index=True)), today=TODAY)
    rows = next(block for block in made.part("sex").know if isinstance(block, Table)).rows
    row = next(row for row in rows if row[0].startswith("Women and girls"))
    assert row[:4] == ("Women and girls (Blackpool, whole council)", "about 71,000", "50% of all residents", "51% in England")


def test_a_release_without_the_context_table_still_gives_the_document_and_says_what_is_not_held(considered):
    empty = considered.assessment.evidence.context().iloc[:0]
    made = equality.build(with_context(considered, empty), today=TODAY)
    assert "No ward figure is held here for: women and girls and men and boys." in made.part("sex").text
    assert "about 9,900" in made.part("age").text


def test_where_only_some_wards_have_a_figure_it_says_how_many_and_gives_the_range(bundled):
    text = TEXT.replace("Blackpool", "City of London")
    made = equality.build(proposal.consider(bundled, proposal.parse(text, "p.toml"), today=TODAY), today=TODAY)
    rows = next(block for block in made.part("age").know if isinstance(block, Table)).rows
    row = next(row for row in rows if row[0].startswith("Aged 65 to 74"))
    assert row[0] == "Aged 65 to 74 (7 of 25 wards)" and re.fullmatch(r"about \d+ \(\d+ to \d+\)", row[1])


def test_a_group_well_above_the_nation_everywhere_is_said_once(bundled):
    text = TEXT.replace("Blackpool", "Tower Hamlets")
    made = equality.build(proposal.consider(bundled, proposal.parse(text, "p.toml"), today=TODAY), today=TODAY)
    assert "- Asian. Well above England in every ward here." in made.part("race").text


@pytest.mark.parametrize(
    "word",
    [
        "the elderly",
        "the vulnerable",
        "hard to reach",
        "refusenik",
        "excluded ward",
        "worst",
        "hotspot",
        "channel shift",
        "stakeholder",
        "granular",
        "robust",
    ],
)
def test_words_to_avoid_are_avoided(page, word):
    assert word not in page.lower()


def test_what_is_held_nowhere_is_said_to_be_held_nowhere(considered):
    context = considered.assessment.evidence.context()
    made = equality.build(with_context(considered, context[~context["measure"].str.startswith("religion_")]), today=TODAY)
    said = made.part("religion").text
    assert "There is no figure for this characteristic here. That does not mean no impact." in said
    assert "Missing is not none." in said and "Ask: faith groups" in said


def test_wards_well_above_the_nation_are_named_by_the_alphabet(made, considered):
    lines = [line for line in made.part("low_income").text.splitlines() if line.startswith("- No car or van. Well above England in ")]
    wards = re.split(", | and ", lines[0].removeprefix("- No car or van. Well above England in ").rstrip("."))
    assert wards == sorted(wards)
    profile = considered.assessment.profile
    rows = profile[profile["measure"] == "no_car"].set_index("area_code")
    high = rows[(rows["value"] >= 1.5 * rows["nation_value"]) & (rows["n"] >= 100)]
    assert set(wards) == set(considered.assessment.areas.loc[high.index, "area_name"])


def test_groups_combined_are_a_range_or_we_cannot_tell(made, considered):
    table = tables(made, 9)[0]
    row = next(row for row in table.rows if row[0] == "Women and girls and people on low incomes")
    # G1: Bloomfield has more women plus people on low incomes than residents, so some must be both.
    profile = considered.assessment.profile
    code = considered.assessment.areas.index[considered.assessment.areas["area_name"] == "Bloomfield"][0]
    context = considered.assessment.evidence.context().set_index(["area_code", "measure"])
    women = context.at[(code, "female"), "count"]
    low = profile[(profile["area_code"] == code) & (profile["measure"] == "income_dep")]["n"].iloc[0]
    residents = considered.assessment.areas.at[code, "population"]
    assert women + low > residents
    assert "Bloomfield (between " in row[4]
    assert row[3] == "We cannot tell how many are in both groups."


def test_what_closes_becomes_a_draft_action_and_owner_and_date_stay_open(made):
    table = tables(made, 11)[0]
    assert table.columns[-3:] == ("Owner", "By when", "How we will know")
    assert {cell for row in table.rows for cell in row[-3:]} == {""}
    face = next(row for row in table.rows if row[0].startswith("Blue Badge") and "face to face" in row[0] and "Advise keeping" in row[0])
    assert face[1].startswith("Keep face to face in these wards. If it must go, open ")
    assert any("The minimum everywhere" in row[0] and "post" in row[0] for row in table.rows)  # council tax reduction closes its minimum


def test_the_caveats_are_printed_in_their_own_words(made):
    said = made.values["caveats"]
    assert "Two facts about a ward may not be about the same people." in said
    assert len(texts.words().caveats) == 12


# ------------------------------------------------------------------ officers' answers, their own words, labels


def answers(considered, **rows):
    keep = considered.findings
    keep = keep[(keep["kind"] == "keep") & (keep["service_id"] == "blue_badge") & (keep["channel"] == "f2f")].sort_values("area_name")
    made = []
    for number, (response, reason) in enumerate(rows.values()):
        one = keep.iloc[number][actions.KEY].to_dict()
        made.append(one | {"response": response, "reason": reason, "name": "A. Officer", "date": "2026-11-25T10:00:00Z"})
    return pd.DataFrame(made), list(keep["area_name"])


def test_answers_stand_beside_the_action_with_reason_name_and_date(considered):
    table, names = answers(considered, one=("accept", ""), two=("reject", "The bus <b>stops</b> there."))
    made = equality.build(considered, answers=table, today=TODAY)
    said = "\n".join(row[3] for row in tables(made, 11)[0].rows)
    assert f"Rejected in {names[1]}: “The bus <b>stops</b> there.” (A. Officer, 25 November 2026)." in said
    assert "Accepted in one ward (A. Officer, 25 November 2026)." in said
    assert "<b>stops</b>" not in equality.to_html(made)


def test_what_was_amended_or_rejected_is_printed_with_reason_and_name_whatever_was_found(considered):
    """The minimum (phone, fewer hours; post, kept) is answered in one ward each: neither closes, and both are printed."""
    rows = considered.findings
    floor = rows[(rows["kind"] == "floor") & (rows["service_id"] == "blue_badge") & (rows["area_name"] == "Anchorsholme")]
    floor = floor.set_index("channel", drop=False)
    who = {"name": "A. Officer", "date": "2026-11-25T10:00:00Z"}
    said = {"phone": ("reject", "The line is quiet <b>here</b>."), "post": ("amend", "By hand at the library.")}
    given = pd.DataFrame(
        [{**floor.loc[way, actions.KEY].to_dict(), "response": answer, "reason": why, **who} for way, (answer, why) in said.items()]
    )
    made = equality.build(considered, answers=given, today=TODAY)
    table = next(one for one in tables(made, 11) if one.caption.startswith("What officers amended or rejected"))
    assert {row[1:] for row in table.rows} == {
        ("Anchorsholme", "Rejected", "The line is quiet <b>here</b>.", "A. Officer, 25 November 2026"),
        ("Anchorsholme", "Amended", "By hand at the library.", "A. Officer, 25 November 2026"),
    }
    assert all("The minimum everywhere" in row[0] for row in table.rows)
    assert "By hand at the library." in words_of(equality.to_docx(made)) and "<b>here</b>" not in equality.to_html(made)
    assert not any(one.caption.startswith("What officers amended") for one in tables(equality.build(considered, today=TODAY), 11))


def test_a_minimum_that_gets_fewer_hours_has_a_draft_action(made):
    phone = next(row for row in tables(made, 11)[0].rows if "Blue Badge" in row[0] and "phone. The minimum everywhere." in row[0])
    assert phone[0].endswith("The proposal keeps it for fewer hours.")
    assert phone[1].startswith("Check that the hours left of phone work")


def test_the_last_answer_to_a_finding_counts(considered):
    table, names = answers(considered, one=("accept", ""))
    later = table.assign(response="amend", reason="Twice a week.")
    made = equality.build(considered, answers=pd.concat([table, later]), today=TODAY)
    said = "\n".join(row[3] for row in tables(made, 11)[0].rows)
    assert f"Amended in {names[0]}: “Twice a week.”" in said and "Accepted" not in said


def test_answers_to_other_findings_are_counted_not_lost(considered):
    table, _ = answers(considered, one=("accept", ""))
    made = equality.build(considered, answers=table.assign(area_code="E05000001"), today=TODAY)
    assert "One answer kept in the register fit no finding" in made.values["actions"]


def test_an_officers_own_words_fill_an_open_field_and_a_field_that_is_not_there_is_named(considered):
    made = equality.build(considered, filled={"reference": "EQ/27", "age_told": "The forum said no."}, today=TODAY)
    assert "The forum said no." in equality.to_html(made) and "EQ/27" in words_of(equality.to_docx(made))
    with pytest.raises(UsageError, match=r"filled: is not a field of this form \(found: ages_told\)"):
        equality.build(considered, filled={"ages_told": "x"}, today=TODAY)


@pytest.mark.parametrize("label", ["", "   ", "x" * 61])
def test_a_label_is_short_and_not_blank(considered, label):
    with pytest.raises(UsageError, match="label: must have 1 to 60 letters"):
        equality.build(considered, label=label)


def test_the_council_chooses_the_label(made, page):
    assert made.title.startswith("EqIA: ") and "<h1>EqIA: " in page


# ------------------------------------------------------------------ when


def test_a_go_live_before_the_evidence_is_warned_of(bundled):
    past = proposal.parse(TEXT.replace("2027-04-01", "2026-11-01"), "p.toml")
    made = equality.build(proposal.consider(bundled, past, today=TODAY), today=TODAY)
    assert "The go-live date (1 November 2026) is before the date of this evidence (26 November 2026)." in made.warnings[0]
    for text in (words_of(equality.to_docx(made)), equality.to_html(made)):
        assert "Due regard comes before a decision, not after it" in text


def test_a_document_made_after_the_go_live_date_says_so_beside_its_own_date(considered):
    late = equality.build(considered, today=date(2027, 5, 1))
    assert not late.warnings
    assert equality.made_words(late) == (
        "Made with Kept Open on 1 May 2027. That is after the go-live date, 1 April 2027: due regard comes before a decision."
    )


def test_the_same_inputs_give_the_same_bytes_but_for_the_date_line(considered, made, word, page):
    again = equality.build(considered, label="EqIA", today=TODAY)
    assert equality.to_docx(again) == word and equality.to_html(again) == page
    other = equality.build(considered, label="EqIA", today=date(2026, 12, 1))
    assert other == made  # but for made_on
    ours, theirs = page.splitlines(), equality.to_html(other).splitlines()
    differ = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    assert differ == [("<p>Made with Kept Open on 26 November 2026.</p>", "<p>Made with Kept Open on 1 December 2026.</p>")]
    parts = [zipfile.ZipFile(io.BytesIO(content)) for content in (word, equality.to_docx(other))]
    assert [n for n in parts[0].namelist() if parts[0].read(n) != parts[1].read(n)] == ["word/document.xml"]


# ------------------------------------------------------------------ hostile names, accessible documents


def test_markup_in_names_never_runs(page, word, made):
    tree = read_html.fromstring(page)
    assert not tree.xpath("//script | //img | //iframe | //*[@onerror]")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "Central &lt;b&gt;Library" in page
    assert "default-src 'none'" in page and "http" not in re.sub(r"https?://www\.w3\.org\S*|http-equiv", "", page)
    assert "<script>alert(1)</script>" in words_of(word)  # as text
    block = made.part("age").html
    assert "<script" not in block and block.startswith("<h3>Age</h3>")


def test_a_paste_ready_block_escapes_what_officers_wrote(considered):
    made = equality.build(considered, filled={"age_told": "<script>alert(3)</script>"}, today=TODAY)
    assert "&lt;script&gt;alert(3)" in made.part("age").html and "<script>" not in made.part("age").html


def test_the_word_document_has_headings_header_rows_language_and_descriptions(word):
    document = read_word(io.BytesIO(word))
    levels = [p.style.name for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == "Heading 1" and levels.count("Heading 1") == 1 and levels.count("Heading 2") == 14
    assert document.core_properties.language == "en-GB" and document.core_properties.title.startswith("EqIA: ")
    assert {lang.get(qn("w:val")) for lang in document.styles.element.iter(qn("w:lang"))} == {"en-GB"}
    for table in document.tables:
        assert table._tbl.tblPr.find(qn("w:tblDescription")).get(qn("w:val"))
        if len(table.columns) > 1:
            assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_the_web_page_has_headings_table_heads_language_and_one_main(page):
    tree = read_html.fromstring(page)
    assert tree.get("lang") == "en-GB" and len(tree.xpath("//main")) == 1 and len(tree.xpath("//h1")) == 1
    assert len(tree.xpath("//section/h2")) == 14
    for table in tree.xpath("//table"):
        assert table.xpath("./caption") and table.xpath("./thead//th[@scope='col']")
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr"))


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def test_a_logo_has_alternative_text_in_both(made):
    assert 'src="data:image/png;base64,' in equality.to_html(made, PNG) and 'alt="Logo: Blackpool"' in equality.to_html(made, PNG)
    document = read_word(io.BytesIO(equality.to_docx(made, PNG)))
    assert [one.get("descr") for one in document.element.body.iter(qn("wp:docPr"))] == ["Logo: Blackpool"]


@pytest.mark.parametrize("logo", [b"<svg onload='alert(1)'/>", b"", b"\x89PNG\r\n\x1a\n and then nothing"])
def test_a_logo_that_is_no_picture_is_refused(made, logo):
    with pytest.raises(UsageError, match="logo: "):
        equality.to_docx(made, logo)


# ------------------------------------------------------------------ a council's own form


def form_of(*lines: str) -> bytes:
    word = read_word()
    for line in lines:
        word.add_paragraph(line)
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def test_the_sample_form_names_values_we_hold_and_is_filled(made):
    content = equality.fill_form(made, equality.sample_form())
    said = words_of(content)
    assert not re.search(r"\{\{ [a-z_]+ \}\}", said) and "What do people tell you?" in said
    assert "Aged 75 to 84" in said and "Learning disability: no ward figure" in said
    assert equality.fill_form(made, equality.sample_form()) == content


def test_values_are_put_in_as_text(made):
    said = words_of(equality.fill_form(made, form_of("{{ title }}", "{{ officer_purpose }}")))
    assert HOSTILE in said and "<img src=x onerror=alert(2)> Fewer forms." in said  # text, and what is in braces is not worked out


def test_every_unknown_placeholder_is_listed_at_once_with_the_nearest(made):
    with pytest.raises(UsageError) as error:
        equality.fill_form(made, form_of("{{ age_knows }}", "{{ moon }}", "{{ title }}"))
    said = str(error.value)
    assert "age_knows" in said and "Did you mean {{ age_know }}?" in said and "moon" in said


@pytest.mark.parametrize(
    "line",
    [
        "{{ title.__class__ }}",
        "{% for x in range(9) %}{{ x }}{% endfor %}",
        "{{ cycler.__init__ }}",
        "{{ 7 * 7 }}",
        "{{ title|upper }}",
        "{{ title ",
    ],
)
def test_a_form_can_hold_names_only(made, line):
    with pytest.raises(UsageError, match=r"more than a name between braces|braces that are not closed"):
        equality.fill_form(made, form_of(line))


def test_one_wrong_pair_of_braces_hides_no_other_and_all_are_said_before_the_slow_part():
    """A wrong name, an unknown one, a statement cut short and a sum: four things, all in one message, as they are written."""
    form = form_of("{{ age_knoww }}", "{{ nonsense }}", "{% for %}", "{{ 7*7 }}", "{{ title }}")
    with pytest.raises(UsageError) as error:
        equality.check_form(form)
    told = {(problem.value, problem.what) for problem in error.value.problems}
    assert told == {
        ("age_knoww", "has a placeholder we hold no value for"),
        ("nonsense", "has a placeholder we hold no value for"),
        ("{% for %}", "has more than a name between braces"),
        ("{{ 7*7 }}", "has more than a name between braces"),
    }
    assert "Did you mean {{ age_know }}?" in str(error.value)


def test_a_wrong_name_inside_a_loop_is_named_as_well():
    with pytest.raises(UsageError) as error:
        equality.check_form(form_of("{% for one in services %}{{ age_knoww }}{% endfor %}"))
    assert {problem.value for problem in error.value.problems} == {"{% for one in services %}", "{% endfor %}", "age_knoww"}


@pytest.mark.parametrize("nation", ["England", "Wales", "Scotland", "Northern Ireland"])
def test_the_names_checked_beforehand_are_those_that_are_held(considered, nation):
    held = set(equality.placeholders(equality.build(in_nation(considered, nation), today=TODAY)))
    assert held - equality.placeholder_names() == set()
    fixed = {*equality.PLAIN_VALUES, *equality.SECTION_VALUES}
    assert fixed - held == set()


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04 cut off", form_of("no placeholder here")])
def test_a_file_that_is_no_form_is_refused_in_words(made, content):
    with pytest.raises(UsageError, match=r"not a Word document|has no placeholder"):
        equality.fill_form(made, content)


# ------------------------------------------------------------------ duty by nation: acceptance check 8


def in_nation(considered, nation):
    """The same figures as if the council were in another nation: what changes is law, not arithmetic."""
    a = considered.assessment
    return dataclasses.replace(considered, assessment=dataclasses.replace(a, areas=a.areas.assign(nation=nation)))


def law_of(made):
    return made.values["law"]


def test_england_says_that_the_socio_economic_duty_was_not_in_force_when_last_checked(made):
    assert "The socio-economic duty of section 1 of the Act was not in force in England when last checked, on 24 November 2026" in law_of(
        made
    )
    assert "Not legal advice." in law_of(made)


def test_a_place_that_many_services_lean_on_names_three_and_counts_the_rest_in_the_table_of_actions(made):
    """The column is narrow: thirty names filled a page. Section 9 names every one."""
    rows = [row for block in made.sections[10].blocks if isinstance(block, Table) for row in block.rows if "does not name" in row[0]]
    assert rows and all(len(row[0]) < 300 for row in rows)
    (longest,) = {row[0] for row in rows if "all named in section 9" in row[0]} or {""}
    assert re.search(r"does not name: [^,]+, [^,]+, [^,]+ and \d+ more, all named in section 9\. The proposal", longest)


def test_england_follows_the_setting_a_council_gives(considered):
    duty = dict(duties())
    duty["England"] = duty["England"].with_socio_economic("adopted", date(2025, 1, 1))
    said = law_of(equality.build(considered, duty=duty, today=TODAY))
    assert "The council has chosen since 1 January 2025 to have due regard, in strategic decisions" in said
    with pytest.raises(UsageError, match="has no reviewed text in Wales for this"):
        duties()["Wales"].with_socio_economic("not_in_force")
    with pytest.raises(UsageError, match=r"holds from no day \(found: adopted\). Say since when"):
        duties()["England"].with_socio_economic("adopted")
    assert duties()["England"].with_socio_economic("not_in_force").socio_economic_since is None


def test_a_day_that_a_council_sets_leaves_the_day_of_the_law_alone_and_is_not_to_come(considered):
    said = as_council_says("in_force", date(2026, 4, 1))
    # Wales: in force since 31 March 2021; Scotland: since April 2018; Northern Ireland has no such duty.
    since = {"England": date(2026, 4, 1), "Wales": date(2021, 3, 31), "Scotland": date(2018, 4, 1), "Northern Ireland": None}
    assert {nation: one.socio_economic_since for nation, one in said.items()} == since
    assert left_alone("in_force", ["England", "Wales", "Northern Ireland"]) == [
        "The setting of the socio-economic duty changes nothing in Wales: it is in force there since 31 March 2021 by law.",
        "The setting of the socio-economic duty changes nothing in Northern Ireland: it does not exist there.",
    ]
    for status in ("in_force", "adopted"):
        with pytest.raises(UsageError, match=r"is of a day that has not come yet \(found: 2026-11-27\)"):
            equality.build(considered, duty=as_council_says(status, date(2026, 11, 27)), today=date(2026, 11, 26))
        assert equality.build(considered, duty=as_council_says(status, date(2026, 11, 26)), today=date(2026, 11, 26))


def test_wales_has_the_socio_economic_duty_and_the_welsh_language(bundled):
    text = TEXT.replace("Blackpool", "Cardiff")
    made = equality.build(proposal.consider(bundled, proposal.parse(text, "p.toml"), today=TODAY), today=TODAY)
    said = law_of(made)
    assert "in force in Wales since 31 March 2021" in said and "way in that is kept must treat Welsh no less favourably" in said
    assert "SI 2011/1064" in said
    assert {"welsh_language", "socio_economic_duty", "well_being"} <= set(equality.open_fields(made))


def test_scotland_has_the_fairer_scotland_duty(considered):
    made = equality.build(in_nation(considered, "Scotland"), today=TODAY)
    said = law_of(made)
    assert "Fairer Scotland Duty (section 1, in force in Scotland since 1 April 2018" in said and "SSI 2012/162" in said
    assert {"fairer_scotland", "islands"} <= set(equality.open_fields(made))


def test_no_column_of_the_word_file_is_narrower_than_its_longest_word(word):
    """150 letters of a table go across 25.7 cm: 'Conditions' with its edges, 10 + 3 letters, needs 2.2 cm at least."""
    document = read_word(io.BytesIO(word))
    for table in document.tables:
        if len(table.columns) < 2:
            continue
        for place, column in enumerate(table.columns):
            word = max(len(part) for row in table.rows for part in row.cells[place].text.split() or [""])
            assert column.width.cm >= (word + 2) * 25.7 / 150, table.rows[0].cells[place].text


def test_northern_ireland_has_section_75_nine_categories_and_rural_needs(considered):
    made = equality.build(in_nation(considered, "Northern Ireland"), today=TODAY)
    said = law_of(made)
    assert "Northern Ireland Act 1998, section 75(1)" in said and "Rural Needs Act (Northern Ireland) 2016, section 1" in said
    assert "Disability Discrimination Act 1995" in said and "section 149" not in said
    titles = {part.title for part in made.parts if part.protected}
    assert len(titles) == 9 and {"Political opinion", "Dependants", "Men and women generally"} <= titles
    assert "Political opinion: no ward figure; ask" in made.part("political_opinion").text
    assert {"screening", "good_relations", "rural_needs"} <= set(equality.open_fields(made))


def test_northern_ireland_is_not_told_the_law_of_great_britain(considered):
    """The Equality Act 2010 protects by association; Northern Ireland has the category of dependants instead."""
    there = equality.build(in_nation(considered, "Northern Ireland"), today=TODAY).part("carers").text
    assert "people are protected from discrimination because of" not in there
    assert "Caring for a relative comes under dependants, one of the nine categories of section 75" in there
    for nation in ("England", "Wales", "Scotland"):
        here = equality.build(in_nation(considered, nation), today=TODAY).part("carers").text
        assert "people are protected from discrimination because of the disabled or older person they care for" in here
        assert "section 75" not in here


@pytest.mark.parametrize(
    ("nation", "local"),
    [
        ("England", "parish councils"),
        ("Wales", "community councils"),
        ("Scotland", "community councils"),
        ("Northern Ireland", "community groups"),
    ],
)
def test_the_most_local_bodies_have_the_name_of_the_nation(considered, nation, local):
    part = equality.build(in_nation(considered, nation), today=TODAY).part("other_groups")
    assert f"Ask: the armed forces champion, those who support young people leaving care, {local}." in part.text


@pytest.mark.parametrize("nation", ["England", "Wales", "Scotland"])
def test_the_duty_is_stated_in_full_as_the_court_asked(nation):
    """R (DAT) v West Berkshire: the report must set the duty out accurately."""
    said = " ".join(duties()[nation].long())
    for need in ("eliminate discrimination, harassment, victimisation", "advance equality of opportunity", "foster good relations"):
        assert need in said
    for limb in ("remove or minimise disadvantages", "meet different needs", "encourage people to take part"):
        assert limb in said
    for one in duties()[nation].characteristics:
        assert one in said.lower()
    assert "For marriage and civil partnership only the first need applies" in said
    assert "cannot be handed to somebody else" in said and "before and during a decision" in said


def test_every_duty_has_nine_categories_a_date_a_source_and_is_not_legal_advice():
    assert set(duties()) == {"England", "Wales", "Scotland", "Northern Ireland"}
    for one in duties().values():
        assert len(set(one.characteristics)) == 9
        assert "Not legal advice" in one.checked and "to be checked again by" in one.checked and one.reference


def test_a_closing_place_without_wards_is_said_to_be_shown_in_every_ward(made):
    """The proposal names no ward that uses Central Library, so no reader may take it that all of them do."""
    said = made.values["purpose_evidence"]
    assert "Library; closes. The proposal does not say which wards use it, so every ward is shown." in said


@pytest.mark.parametrize(("closing", "of", "said"), [(1, 1, "there"), (3, 3, "in all of them"), (2, 3, "in 2 of them")])
def test_how_many_wards_close_is_said_as_a_sentence(closing, of, said):
    rows = pd.DataFrame(
        {
            "protected_characteristics": "age",
            "kind": "keep",
            "severity": "monitor",
            "service_id": "blue_badge",
            "channel": "f2f",
            "proposal_effect": ["closes"] * closing + ["stays"] * (of - closing),
        }
    )
    (line,) = actions.of_characteristic(rows, ("age",), {"blue_badge": types.SimpleNamespace(service_name="Blue Badge")})
    assert line.endswith(f"; the proposal closes it {said}.")


# council, and which of the two its nation holds for the whole council
@pytest.mark.parametrize(
    ("council", "held"),
    [
        ("Blackpool", {"Gender reassignment": True, "Sexual orientation": True}),
        ("Glasgow City", {"Gender reassignment": False, "Sexual orientation": False}),
        ("Belfast", {"Sexual orientation": False}),
    ],
)
def test_what_we_do_not_know_agrees_with_the_evidence(bundled, council, held):
    """Section 7 says that a whole council's figure is held only where section 6 prints one."""
    text = TEXT.replace("Blackpool", council)
    made = equality.build(proposal.consider(bundled, proposal.parse(text, "p.toml"), today=TODAY), today=TODAY)
    gaps = made.values["gaps"]
    told = {name: "whole council's is held" in line for name in held for line in gaps.splitlines() if f"{name} (" in line}
    assert told == held and "The whole council's figure is held" not in gaps
    for part in made.parts:
        if part.title in held:
            assert any(isinstance(block, Table) for block in part.know) == held[part.title]
            assert ("There is no figure for this characteristic here" in part.text) != held[part.title]


# ------------------------------------------------------------------ where a proposal applies


def test_figures_are_of_the_wards_where_something_changes(bundled):
    code = bundled.areas.index[(bundled.areas["area_name"] == "Bloomfield") & (bundled.areas["council_name"] == "Blackpool")][0]
    service = f'[[service]]\nid = "blue_badge"\nclose = ["f2f"]\nkeep = ["phone", "post"]\nwards = ["{code}"]\n'
    text = f'title = "One ward"\ncouncils = ["Blackpool"]\ndate = 2027-04-01\n{service}'
    made = equality.build(proposal.consider(bundled, proposal.parse(text, "p.toml"), today=TODAY), today=TODAY)
    table = next(block for block in made.part("age").know if isinstance(block, Table))
    assert table.caption == "Age: figures for one ward of 21 in Blackpool"
    assert made.sections[0].blocks[0].rows[-3] == ("Wards", "One ward of 21 in Blackpool")


def test_a_proposal_that_reaches_no_ward_has_nothing_to_assess(considered):
    a = considered.assessment
    empty = dataclasses.replace(considered, assessment=dataclasses.replace(a, areas=a.areas.iloc[:0]))
    with pytest.raises(NothingToAssess, match="change nothing in any ward"):
        equality.build(empty)


def test_open_fields_have_names_of_their_own(made):
    names = [block.name for section in made.sections for block in section.blocks if isinstance(block, Open)]
    assert len(names) == len(set(names)) == len(equality.open_fields(made))
    assert set(names) <= set(equality.placeholders(made))


def test_the_names_in_the_documentation_are_names_we_hold(made, root):
    said = (root / "docs" / "equality.md").read_text(encoding="utf-8")
    names = re.findall(r"`\{\{ (\w+) \}\}`", said)
    assert len(names) >= 3 and set(names) <= set(equality.placeholders(made))


@pytest.mark.parametrize(
    ("council", "said"),
    [
        ("Gwynedd", "Income deprivation, Wales. Well above Wales in"),
        ("Glasgow City", "Income deprivation, Scotland. Well above Scotland in"),
    ],
)
def test_an_older_measure_of_low_income_is_given_and_not_said_to_be_lacking(bundled, council, said):
    """The socio-economic duty is in force in Wales and Scotland: the income figure that is held there, dated, is part of what is known."""
    text = f'title = "T"\ncouncils = ["{council}"]\ndate = 2027-04-01\n[[service]]\nid = "blue_badge"\nclose = ["f2f"]\n'
    found = proposal.consider(bundled, proposal.parse(text, areas=bundled.areas), today=TODAY)
    part = equality.build(found, today=TODAY).part("low_income").text
    assert said in part and "not to count people" in part
    lacking = next(line for line in part.splitlines() if "No ward figure is held here for" in line)
    assert "people on low incomes" not in lacking
