"""The audit document: everything in it, in order, the same every time, and readable by everyone."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from docx import Document as open_word
from docx.oxml.ns import qn

from exclusion import audit, validity
from exclusion.__main__ import main
from exclusion.audit import labels, record
from exclusion.contracts import NothingToAssess, UsageError

DAY = date(2026, 11, 24)
# Coherence before robustness: the order of the OECD/JRC handbook.
ORDER = [
    "What the score measures",
    "Dates of the data",
    "Gaps",
    "Quality of the data",
    "Do the parts belong together",
    "Weights, and why",
    "Every method tried",
    "How sure the bands are",
    "Is it right",
    "Limits",
    "Versions, seed and hashes",
]


@pytest.fixture(scope="module")
def document(bundled):
    return audit.audit(bundled, ["Blackpool"], today=DAY)


@pytest.fixture(scope="module")
def page(document) -> str:
    return audit.content(document, ".html").decode()


@pytest.fixture(scope="module")
def word(document):
    return open_word(io.BytesIO(audit.content(document, ".docx")))


def tables_of(document, title: str):
    section = next(section for section in document.sections if section.title == title)
    return [block for block in section.blocks if isinstance(block, audit.model.Table)]


def test_the_sections_stand_in_the_order_of_the_handbook(document):
    assert [section.title for section in document.sections] == ORDER


def test_all_96_methods_are_listed_and_ours_comes_first(document):
    shares, by_choice, cells = tables_of(document, "Every method tried")
    assert len(cells.rows) == 6 * 2 * 4 * 2
    number, scale, mean, _, geography, moved = cells.rows[0]
    assert (number, moved) == ("1", "0%")  # our own method never differs from itself
    assert all("(ours)" in text for text in (scale, mean, geography))
    assert len(by_choice.rows) == 6 + 2 + 4 + 2
    assert [row[0] for row in shares.rows] == list(labels.CHOICES.values())


def test_every_ward_has_its_interval_in_order_of_name(document, bundled):
    names = sorted(bundled.areas.loc[bundled.areas["council_name"] == "Blackpool", "area_name"])
    for table in tables_of(document, "How sure the bands are"):
        assert [row[0] for row in table.rows] == names


def test_a_rank_is_never_said(page):
    seen = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"\brank(ed|s)?\b(?! correlation)", seen)
    assert not re.search(r"\b(worst|hotspot|stakeholder|the elderly|the vulnerable)\b", seen)


def test_the_publishers_notice_stands_with_the_agreement(page):
    start = page.index("Is it right</h2>")
    notice = validity.stored().about["notice"].split("'")[0]
    assert start < page.index(notice) < page.index("Agreement</th>")


def test_hashes_of_the_release_are_those_of_its_files(document, bundled):
    files = dict(tables_of(document, "Versions, seed and hashes")[1].rows)
    for name in bundled.manifest.files:
        assert files[f"release: {name}"] == hashlib.sha256((bundled.path / name).read_bytes()).hexdigest()
    assert files["judgement: methods/default.toml"] == record.judgement_hashes()["judgement: methods/default.toml"]


@pytest.mark.parametrize("ending", audit.ENDINGS)
def test_the_same_inputs_give_the_same_bytes(bundled, document, ending):
    again = audit.audit(bundled, ["Blackpool"], today=DAY)
    assert audit.content(again, ending) == audit.content(document, ending)


def test_another_day_changes_the_date_line_and_nothing_else(bundled, page):
    later = audit.content(audit.audit(bundled, ["Blackpool"], today=date(2026, 12, 1)), ".html").decode()
    differ = [(one, other) for one, other in zip(page.splitlines(), later.splitlines(), strict=True) if one != other]
    assert differ == [("<p>Made with Kept Open on 24 November 2026.</p>", "<p>Made with Kept Open on 1 December 2026.</p>")]


def test_other_weights_give_another_hash_and_say_so(bundled, document):
    other = audit.audit(bundled, ["Blackpool"], {"age": 1, "disability": 1, "income": 1}, today=DAY)
    hashes = [dict(tables_of(one, ORDER[-1])[0].rows)["Hash of all inputs (SHA-256)"] for one in (document, other)]
    assert hashes[0] != hashes[1]
    assert any("Weights changed from the default" in line for line in other.summary)


@pytest.mark.parametrize(("council", "nation"), [("Blackpool", "England"), ("Cardiff", "Wales")])
def test_each_nation_is_held_against_what_its_own_people_did(bundled, council, nation):
    captions = [table.caption for table in tables_of(audit.audit(bundled, [council], today=DAY), "Is it right")]
    assert captions and all(caption.startswith(f"{nation}, ") for caption in captions)
    assert {"letter" in caption and "paper" in caption for caption in captions} == {False}


def test_one_document_for_two_nations_is_refused(bundled):
    with pytest.raises(UsageError, match="Choose councils of one nation at a time"):
        audit.audit(bundled, ["Blackpool", "Cardiff"], today=DAY)


def test_where_nothing_can_be_checked_against_the_document_says_so(bundled):
    found = audit.audit(bundled, ["Glasgow City"], today=DAY)
    said = str(next(section for section in found.sections if section.title.startswith("Is it right")).blocks)
    assert "Scotland" in said and not tables_of(found, "Is it right")


def test_there_is_nothing_to_audit_where_no_ward_has_a_score(bundled):
    with pytest.raises(NothingToAssess, match="ages by ward and disabled people"):
        audit.audit(bundled, ["Belfast"], today=DAY)


def without_income(evidence, *codes: str):
    """The release as if the income figure of some wards had not been published."""
    rows = evidence.observations
    gone = rows["area_code"].isin(codes) & rows["measure"].eq("income_dep")
    return replace(evidence, observations=rows[~gone], cache={})


def test_a_ward_without_a_score_is_named_as_a_gap_and_given_no_band(bundled):
    found = audit.audit(without_income(bundled, "E05015186"), ["Blackpool"], today=DAY)
    gaps = str(next(section for section in found.sections if section.title == "Gaps").blocks)
    assert "Not scored here: one ward." in gaps and "Anchorsholme" in gaps
    (row,) = (row for row in tables_of(found, "How sure the bands are")[0].rows if row[0] == "Anchorsholme")
    assert row[1:5] == ("Not scored", "Not scored", "not known", "not known")
    assert "One ward could not be scored." in found.summary[1]


def test_nothing_to_score_is_said_and_not_audited(bundled):
    codes = bundled.areas.index[bundled.areas["council_name"] == "Blackpool"]
    with pytest.raises(NothingToAssess, match="no score to audit"):
        audit.audit(without_income(bundled, *codes), ["Blackpool"], today=DAY)


# ---------------------------------------------------------------- as a web page


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.steps: list[int] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.steps.append(int(tag[1]))
        self.fetched += [value for name, value in attrs if name in ("src", "href", "srcset") and not value.startswith("#")]


def test_the_page_is_complete_in_itself_and_its_headings_go_down_by_one(page):
    outline = Outline()
    outline.feed(page)
    assert outline.fetched == []
    assert "<script" not in page
    assert outline.steps[0] == 1 and outline.steps.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(outline.steps, outline.steps[1:], strict=False))


def test_the_picture_says_what_it_shows(page):
    assert re.search(r'<svg role="img" aria-label="Picture of 21 wards, by name[^"]+The table below holds the same."', page)
    assert page.count("<circle") == 21


def test_names_in_the_data_cannot_become_markup(document):
    hostile = replace(document, place="<script>", title="<script>alert(1)</script>")
    assert "<script>" not in audit.content(hostile, ".html").decode()


# ------------------------------------------------------------------- as for Word


def test_word_headings_are_headings(word):
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 2"]
    assert headings == [f"{number}. {title}" for number, title in enumerate(ORDER, start=1)]
    assert [p.text for p in word.paragraphs if p.style.name == "Heading 1"] == ["Audit of the score: Blackpool"]


def test_word_is_in_british_english(word):
    assert word.core_properties.language == "en-GB"
    assert {one.get(qn("w:val")) for one in word.styles.element.iter(qn("w:lang"))} == {"en-GB"}


def test_every_word_table_has_a_marked_header_row_and_is_described(word):
    assert len(word.tables) > 10
    for table in word.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        said = table._tbl.tblPr.find(qn("w:tblDescription"))
        assert said is not None and len(said.get(qn("w:val"))) > 20


# -------------------------------------------------------------- the command line


def test_columns_are_as_wide_as_what_they_hold():
    from exclusion.audit.word import ACROSS, LETTER, LINE, MARGINS, widths

    assert (ACROSS, MARGINS, LETTER, LINE) == (25.7, 0.45, 0.19, 30)
    # 10 letters and 20 letters: 0.19 x 10 + 0.45 = 2.35 cm and 4.25 cm of the 6.6 that both want, stretched over the page.
    assert widths(["a", "b"], [["x" * 10, "y" * 20]]) == pytest.approx([2.35 / 6.6, 4.25 / 6.6])
    # Too much for the page: "Highest" keeps its 7 letters and no word is broken, each reason (30 + 3 x sqrt(10,000 - 30) letters)
    # gets half of what is left.
    reason = " ".join(["reasons"] * 1250) + "."  # 8 x 1250 letters
    band, *reasons = widths(["Band", "Why", "Also"], [["5 Highest", reason, reason]])
    assert band * 25.7 > 7 * 0.19 + 0.45 and reasons[0] == pytest.approx(reasons[1])
    assert band + sum(reasons) == pytest.approx(1)
    # A heading may take two lines, so a long one over small numbers does not widen them: half of 36 letters.
    assert widths(["Wards here that land in another band", "No."], [["1%", "x" * 18]]) == pytest.approx([0.5, 0.5])
    assert widths(["a", "b"], [["", "x"]]) == pytest.approx([0.5, 0.5])  # an empty cell


def test_a_number_takes_less_of_the_page_than_a_reason_and_all_of_it_is_used(word):
    every = next(t for t in word.tables if t.rows[0].cells[0].text == "Method")
    first, second = (column.width.cm for column in list(every.columns)[:2])
    assert first < 0.6 * second  # "96" beside "exponential, as in the indices of deprivation"
    for table in word.tables:
        assert sum(column.width.cm for column in table.columns) == pytest.approx(25.7, abs=0.1)
        assert [cell.width for cell in table.rows[-1].cells] == [column.width for column in table.columns]


def test_an_audit_in_scotland_speaks_of_scotland_and_claims_no_agreement(bundled):
    made = audit.audit(bundled, ["Glasgow City"], today=DAY)
    gaps = next(section for section in made.sections if section.title == "Gaps")
    heads = [item[0] for block in gaps.blocks if isinstance(block, audit.model.Listed) for item in block.items]
    assert any("Scotland" in head for head in heads) and "New arrivals by ward." in heads
    assert not any("Wales" in head or "Northern Ireland" in head for head in heads)
    right = next(section for section in made.sections if section.title == "Is it right")
    assert right.blocks[0] == "No yardstick is held for Scotland, so whether the score is right there is not known."
    assert all(isinstance(block, str) for block in right.blocks)  # no table of figures from elsewhere
    assert audit.content(made, ".docx")[:2] == b"PK"


@pytest.mark.parametrize("name", ["audit.html", "audit.docx"])
def test_the_command_writes_the_document(tmp_path, name, capsys):
    assert main(["method", "audit", "--council", "Blackpool", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / name).stat().st_size > 20_000
    assert "Audit of the score: Blackpool" in capsys.readouterr().out


def test_an_ending_we_do_not_write_is_refused_at_once(tmp_path, capsys):
    assert main(["method", "audit", "--council", "Blackpool", "-o", str(tmp_path / "audit.pdf")]) == 2
    assert "End the name in .html or .docx" in capsys.readouterr().err
    with pytest.raises(UsageError):
        audit.check_ending("audit")


def test_a_method_can_be_shown_and_a_wrong_name_says_which_there_are(capsys):
    assert main(["method", "show", "deri_1_6"]) == 0
    assert "Digital Exclusion Risk Index" in capsys.readouterr().out
    assert main(["method", "show", "deri"]) == 2
    assert "Did you mean deri_1_6? Else use default, " in capsys.readouterr().err


def test_a_method_for_another_nation_is_refused_naming_the_one_for_these_wards(capsys):
    assert main(["score", "--council", "Cardiff", "--method", "equal_people"]) == 2
    said = capsys.readouterr().err
    assert "is for England, and these wards are in Wales (found: equal_people). Use --method equal_people_wales." in said


def test_another_method_stands_beside_ours_ward_by_ward(capsys, bundled):
    import json

    from exclusion import risk
    from exclusion.judgement.composites import alternatives as held
    from exclusion.method import alternatives

    assert main(["score", "--council", "Blackpool", "--method", "equal_people", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    codes = [row["area_code"] for row in rows]
    expected = alternatives.score(bundled, held()["equal_people"], codes).table["band"]
    ours = risk.score(bundled, codes)["band"]
    assert [row["other_band"] for row in rows] == list(expected)
    assert [row["bands_moved"] for row in rows] == list(expected - ours)


def test_a_method_without_its_figures_scores_nothing_and_says_what_is_lacking(capsys):
    assert main(["score", "--council", "Blackpool", "--method", "deri_1_6", "--json"]) == 0
    shown = capsys.readouterr()
    assert '"other_band": null' in shown.out and '"other_band": 5' not in shown.out
    assert "lacks" in shown.err and "Ofcom" in shown.err


def test_mistakes_in_a_councils_own_method_are_named_together(tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    mine.write_text('title = "Mine"\nnations = ["England"]\n[[indicator]]\nid = "a"\nmeasure = "aged"\n', encoding="utf-8")
    assert main(["score", "--council", "Blackpool", "--method", str(mine)]) == 3
    said = capsys.readouterr().err
    assert "mine.toml, line 5" in said and "direction is missing" in said
