"""An equality assessment for Word: the audit's way of writing, with boxes that are left to people and the date on every page."""

from __future__ import annotations

import io

from docx import Document as new_document
from docx.document import Document as WordDocument
from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from exclusion.audit import word as audit_word
from exclusion.contracts import Problem, UsageError
from exclusion.equality import made_words
from exclusion.equality.model import Choice, Equality, Listed, Open, Sub, Table
from exclusion.equality.sections import NOT_PROTECTED
from exclusion.judgement import equality as texts

LEADS = ("What do you know?", "What the rules found that concerns this characteristic:", NOT_PROTECTED)
"""Sentences that stay with what they lead to: none stands alone at the foot of a page."""
BOX, QUIET = "F2F2F2", RGBColor(0x45, 0x45, 0x45)
PAGE_CM = 25.7  # A4 on its side, less the margins
PAGE_LETTERS = 150  # of the small print of a table, across a page
LOGO_HEIGHT = Cm(1.8)
LOGO_BYTES = 5 << 20


def docx(made: Equality, logo: bytes | None = None) -> bytes:
    """The whole file; the same assessment and logo give the same bytes but for the line with the date."""
    word = new_document()
    audit_word.set_up(word, made.title, made.evidence_on)
    _every_page(word, made)
    if logo is not None:
        _logo(word, logo, made.place)
    word.add_heading(made.title, level=1)
    seal = [made.sealed] if made.sealed else []
    for line in (made.place, f"{made.evidence}.", texts.words().standing, *made.warnings, made_words(made), *seal):
        paragraph = word.add_paragraph(line)
        if line in made.warnings:
            paragraph.runs[0].bold = True
    for section in made.sections:
        word.add_heading(f"{section.number}. {section.title}", level=2)
        for block in section.blocks:
            if isinstance(block, str):
                _said(word, block)
            elif isinstance(block, Sub):
                word.add_heading(block.text, level=3)
            elif isinstance(block, Listed):
                audit_word.listed(word, block)
            elif isinstance(block, Table):
                _widths(audit_word.table(word, block), block)
                word.add_paragraph().paragraph_format.space_after = Pt(0)
            elif isinstance(block, Open):
                _open(word, block)
            elif isinstance(block, Choice):
                for option in block.options:
                    word.add_paragraph(f"☐ {option}")
    return audit_word.steady(word)


def _said(word: WordDocument, text: str) -> None:
    paragraph = word.add_paragraph()
    run = paragraph.add_run(text)
    if text in LEADS:
        run.bold = text == "What do you know?"
        paragraph.paragraph_format.keep_with_next = True


def _padded(table: WordTable) -> None:
    """A little air above and below the words of a cell; rows to be filled in by hand are tall enough for it."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:top", "w:bottom"):
        element = OxmlElement(side)
        element.set(qn("w:w"), "40")
        element.set(qn("w:type"), "dxa")
        margins.append(element)
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    if look is None:
        table._tbl.tblPr.append(margins)
    else:
        look.addprevious(margins)  # the order that the file format asks for
    for row in list(table.rows)[1:]:
        if sum(not cell.text for cell in row.cells) > 1:
            row.height = Cm(0.9)


def _widths(table: WordTable, block: Table) -> None:
    """Columns as wide as what is in them: no word is broken, and what is left goes to long texts, not to a box to tick."""
    words, wants = [], []
    for place in range(len(block.columns)):
        longest = max((len(row[place]) for row in block.rows), default=0)
        word = max((len(part) for row in (block.columns, *block.rows) for part in row[place].split()), default=0)
        empty = all(not row[place] for row in block.rows)
        words.append(word + 3.0)  # and the edges of a cell
        wants.append(14 if empty else min(longest, 200) ** 0.75)
    table.autofit = False
    _padded(table)
    for place, want in enumerate(wants):
        letters = words[place] + max(PAGE_LETTERS - sum(words), 0) * want / sum(wants)
        width = Cm(PAGE_CM * letters / max(PAGE_LETTERS, sum(words)))
        table.columns[place].width = width
        for row in table.rows:
            row.cells[place].width = width


def _open(word: WordDocument, block: Open) -> None:
    """A labelled box: the label above, the hint and room to write inside."""
    audit_word.caption(word, block.label)
    box = word.add_table(rows=1, cols=1, style="Table Grid")
    cell = box.rows[0].cells[0]
    audit_word.shade(cell, BOX)
    inside = cell.paragraphs[0]
    if block.answer:
        for number, line in enumerate(block.answer.split("\n")):
            (inside if number == 0 else cell.add_paragraph()).add_run(line)
    else:
        run = inside.add_run(f"To be filled in. {block.hint}".strip())
        run.italic, run.font.size, run.font.color.rgb = True, Pt(9), QUIET
        cell.add_paragraph()
    description = f"A box to fill in: {block.label}"
    for name, text in (("w:tblCaption", block.label), ("w:tblDescription", description)):
        element = OxmlElement(name)
        element.set(qn("w:val"), text)
        box._tbl.tblPr.append(element)
    row = box.rows[0]._tr.get_or_add_trPr()
    row.append(OxmlElement("w:cantSplit"))
    word.add_paragraph().paragraph_format.space_after = Pt(0)


def _every_page(word: WordDocument, made: Equality) -> None:
    """The title and the date of the evidence above, the page number below, on every page."""
    section = word.sections[0]
    top = section.header.paragraphs[0]
    top.add_run(f"{made.title}. {made.evidence}.").font.size = Pt(9)
    foot = section.footer.paragraphs[0]
    foot.add_run(f"{made.evidence}. Evidence, not a decision. Page ").font.size = Pt(9)
    _field(foot, "PAGE")
    foot.add_run(" of ").font.size = Pt(9)
    _field(foot, "NUMPAGES")


def _field(paragraph: Paragraph, name: str) -> None:
    run = paragraph.add_run()
    run.font.size = Pt(9)
    for kind in ("begin", "text", "end"):
        if kind == "text":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {name} "
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def check_logo(logo: bytes) -> str:
    """The media type of a logo.

    Raises
    ------
    UsageError
        When it is not a PNG or JPEG, or over five megabytes.
    """
    kinds = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
    found = next((kind for start, kind in kinds.items() if logo.startswith(start)), "")
    if not found:
        raise UsageError(Problem("logo", "is not a PNG or JPEG picture", "", "Save it as one of these; drawings (SVG) can carry programs."))
    if len(logo) > LOGO_BYTES:
        raise UsageError(Problem("logo", "is over five megabytes", f"{len(logo):,} bytes", "Save it smaller."))
    return found


def _logo(word: WordDocument, logo: bytes, place: str) -> None:
    check_logo(logo)
    try:
        picture = word.add_paragraph().add_run().add_picture(io.BytesIO(logo), height=LOGO_HEIGHT)
    except (UnrecognizedImageError, InvalidImageStreamError, UnexpectedEndOfFileError, ValueError, KeyError, ZeroDivisionError) as error:
        raise UsageError(Problem("logo", f"cannot be read as a picture: {error}", "", "Save it again as PNG or JPEG.")) from None
    about = picture._inline.docPr
    about.set("descr", f"Logo: {place}")
    about.set("name", "Logo")
