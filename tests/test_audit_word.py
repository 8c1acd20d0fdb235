"""The Word audit as a document: its headings, tables, language and words for pictures, and how LibreOffice opens it."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import date
from itertools import pairwise

import pytest
from docx import Document as open_word
from docx.oxml.ns import qn

from exclusion import audit


@pytest.fixture(scope="module")
def content(bundled) -> bytes:
    return audit.content(audit.audit(bundled, ["Blackpool"], today=date(2026, 11, 26)), ".docx")


@pytest.fixture(scope="module")
def word(content):
    return open_word(io.BytesIO(content))


def test_headings_begin_at_one_and_skip_no_level(word):
    levels = [int(p.style.name.split()[-1]) for p in word.paragraphs if p.style.name.startswith("Heading")]
    assert levels[0] == 1 and levels.count(1) == 1 and levels.count(2) == 11
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(p.text.strip() for p in word.paragraphs if p.style.name.startswith("Heading"))


def test_every_table_has_one_marked_header_row_a_caption_and_words(word):
    assert len(word.tables) > 15
    for table in word.tables:
        marked = [bool(row._tr.findall(f".//{qn('w:tblHeader')}")) for row in table.rows]
        assert marked == [True] + [False] * (len(marked) - 1)
        assert all(cell.text.strip() for cell in table.rows[0].cells)
        properties = table._tbl.tblPr
        for name in ("w:tblCaption", "w:tblDescription"):
            assert len(properties.find(qn(name)).get(qn("w:val"))) > 10
        assert len({len(row.cells) for row in table.rows}) == 1 and not table._tbl.findall(f".//{qn('w:vMerge')}")
        assert all(cell.text.strip() for row in table.rows for cell in row.cells), "an empty cell is read out as nothing"


def test_elements_of_a_table_stand_in_the_order_the_standard_asks_for(word):
    # Word refuses or repairs a file whose table properties are out of order; ECMA-376, CT_TblPr.
    order = ["tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize", "tblStyleColBandSize", "tblW", "jc"]
    order += ["tblCellSpacing", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook", "tblCaption", "tblDescription"]
    for table in word.tables:
        names = [child.tag.split("}")[1] for child in table._tbl.tblPr]
        assert names == sorted(names, key=order.index)


def test_the_language_is_british_english_and_pictures_are_tables_with_words(word):
    assert {one.get(qn("w:val")) for one in word.styles.element.iter(qn("w:lang"))} == {"en-GB"}
    assert word.core_properties.language == "en-GB" and word.core_properties.title.startswith("Audit of the score")
    assert not word.inline_shapes  # the picture of the intervals is a table, so nothing needs alternative text of a drawing
    picture = next(t for t in word.tables if t.rows[0].cells[1].text == "1 Lowest")
    assert "each with a bar from its lowest to its highest likely band" in picture._tbl.tblPr.find(qn("w:tblDescription")).get(qn("w:val"))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice on this machine (Debian: apt install libreoffice-writer)")
def test_libreoffice_opens_it_and_no_word_is_lost(content, word, tmp_path):
    path = tmp_path / "audit.docx"
    path.write_bytes(content)
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", home, "--headless", "--convert-to", "txt:Text", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    said = " ".join((tmp_path / "audit.txt").read_text(encoding="utf-8-sig").split())
    for heading in (p.text for p in word.paragraphs if p.style.name.startswith("Heading")):
        # LibreOffice numbers no heading of its own: ours are in the text.
        assert " ".join(heading.split()) in said
    assert "They differ: band 4 Higher, yet 85 in 100 in the most affected fifth" in said


def test_no_caption_sticks_to_the_table_above_it(word):
    captions = [p for p in word.paragraphs if p.paragraph_format.keep_with_next and not p.style.name.startswith("Heading")]
    assert len(captions) == len(word.tables) and all(p.paragraph_format.space_before.pt >= 10 for p in captions)
