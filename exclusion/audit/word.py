"""An audit document for Word: real headings and lists, marked header rows, British English, every table described.

The picture of the intervals is a table of shaded cells, so that it can be read, edited and printed as text.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import cast

from docx import Document as new_document
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.table import _Cell

from exclusion import risk
from exclusion.audit import made_words
from exclusion.audit.model import Document, Intervals, Listed, Sub, Table

LANGUAGE = "en-GB"
FIXED = (1980, 1, 1, 0, 0, 0)  # the date of every part inside the file: the clock must not change the bytes
OWN, LIKELY = "080C54", "A5D8E2"
ACROSS, MARGINS, LETTER = 25.7, 0.45, 0.19  # centimetres: between the margins, beside the words of a cell, a bold letter of 9 points
LINE = 30  # letters that a cell may hold before it is long


def docx(document: Document) -> bytes:
    """The whole file; the same document gives the same bytes."""
    word = new_document()
    set_up(word, document.title, document.made_on)
    word.add_heading(document.title, level=1)
    for line in (*document.summary, made_words(document)):
        word.add_paragraph(line)
    for number, section in enumerate(document.sections, start=1):
        word.add_heading(f"{number}. {section.title}", level=2)
        for block in section.blocks:
            if isinstance(block, str):
                word.add_paragraph(block).paragraph_format.space_before = Pt(6)
            elif isinstance(block, Sub):
                word.add_heading(block.text, level=3)
            elif isinstance(block, Listed):
                listed(word, block)
            elif isinstance(block, Intervals):
                _picture(word, block)
            else:
                table(word, block)
    return steady(word)


def set_up(word: WordDocument, title: str, when: date) -> None:
    """Language, letters, page and what the file says of itself, with one date."""
    made = datetime.combine(when, time())
    about = word.core_properties
    about.title, about.language, about.author, about.comments = title, LANGUAGE, "Kept Open", ""
    about.created = about.modified = made
    about.last_modified_by = "Kept Open"
    for language in word.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    for name in ("Heading 1", "Heading 2", "Heading 3"):
        style = word.styles[name]
        style.font.name = "Arial"
        style.element.rPr.rFonts.attrib.clear()  # else the theme's own letters win
        for script in ("w:ascii", "w:hAnsi", "w:cs"):
            style.element.rPr.rFonts.set(qn(script), "Arial")
    page = word.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21.0)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)


def listed(word: WordDocument, block: Listed) -> None:
    """A list of points."""
    for number, item in enumerate(block.items):
        paragraph = word.add_paragraph(style="List Bullet")
        if number == 0:
            paragraph.paragraph_format.space_before = Pt(6)
        if isinstance(item, str):
            paragraph.add_run(item)
        else:
            paragraph.add_run(item[0]).bold = True
            paragraph.add_run(f" {item[1]}")


def table(word: WordDocument, block: Table) -> WordTable:
    """A table with its caption and header row."""
    caption(word, block.caption)
    drawn = word.add_table(rows=0, cols=len(block.columns), style="Table Grid")
    for row in (block.columns, *block.rows):
        for name, cell, text in zip(block.columns, drawn.add_row().cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.add_run(text).font.size = Pt(9)
            if name in block.numbers:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    set_widths(drawn, widths(block.columns, block.rows))
    finish(drawn, block.caption, f"{block.caption}. Columns: {', '.join(block.columns)}.")
    return cast(WordTable, drawn)


def widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Each column's share of the page by what it holds: a number needs little, a reason much, and no word is broken.

    Every column gets room for its longest word; what is left goes to columns with longer text. Of text longer than a line
    only the square root counts, so that one long reason does not squeeze the rest; a heading may take two lines.
    """
    least, wanted = [], []
    for at, name in enumerate(head):
        cells = [row[at] for row in rows]
        word = max(len(word) for cell in (name, *cells) for word in (cell or "-").split())
        longest = max([len(name) / 2, *map(len, cells)])
        room = longest if longest <= LINE else LINE + 3 * (longest - LINE) ** 0.5
        least.append(word * LETTER + MARGINS)
        wanted.append(max(room, word) * LETTER + MARGINS)
    spare, more = ACROSS - sum(least), sum(wanted) - sum(least)
    if spare < 0 or more <= spare:  # too many long words for any page, or room for everything
        found = least if spare < 0 else wanted
    else:
        found = [low + (high - low) * spare / more for low, high in zip(least, wanted, strict=True)]
    return [one / sum(found) for one in found]


def set_widths(table: WordTable, shares: Sequence[float]) -> None:
    """Fix the columns of a table at shares of the width between the margins."""
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(ACROSS * share)
        for cell in column.cells:
            cell.width = column.width


def _picture(word: WordDocument, block: Intervals) -> None:
    title = "What band each ward could be in: its own in dark, the others that are likely in light"
    caption(word, title)
    drawn = word.add_table(rows=0, cols=1 + len(risk.BANDS), style="Table Grid")
    head = drawn.add_row().cells
    for cell, text in zip(head, ("Ward", *(f"{number} {name}" for number, name in risk.BANDS.items())), strict=True):
        cell.paragraphs[0].add_run(text).font.size = Pt(9)
    for name, low, own, high in block.rows:
        cells = drawn.add_row().cells
        cells[0].paragraphs[0].add_run(name).font.size = Pt(9)
        for number, cell in zip(risk.BANDS, cells[1:], strict=True):
            inside = low <= number <= high or number == own
            run = cell.paragraphs[0].add_run("its band" if number == own else "likely" if inside else "–")
            run.font.size = Pt(9)
            if inside:
                shade(cell, OWN if number == own else LIKELY)
            if number == own:
                run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
    longest = max([len("Ward"), *(len(row[0]) for row in block.rows)]) + 3
    set_widths(drawn, [longest / (longest + 5 * 14), *[14 / (longest + 5 * 14)] * 5])
    finish(drawn, title, block.alt)


def caption(word: WordDocument, text: str) -> None:
    """The line above a table, kept with it."""
    paragraph = word.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(12)  # tables leave no room below themselves
    paragraph.add_run(text).bold = True


def shade(cell: _Cell, colour: str) -> None:
    """Fill a cell."""
    fill = OxmlElement("w:shd")
    fill.set(qn("w:val"), "clear")
    fill.set(qn("w:color"), "auto")
    fill.set(qn("w:fill"), colour)
    cell._tc.get_or_add_tcPr().append(fill)


def finish(table: WordTable, caption: str, description: str) -> None:
    """Mark the header row, keep rows whole, and say what the table shows to who cannot see it."""
    head = table.rows[0]
    for name in ("w:cantSplit", "w:tblHeader"):
        head._tr.get_or_add_trPr().append(OxmlElement(name))
    for cell in head.cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True
    for row in list(table.rows)[1:]:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for name, text in (("w:tblCaption", caption), ("w:tblDescription", description)):
        element = OxmlElement(name)
        element.set(qn("w:val"), text)
        table._tbl.tblPr.append(element)


def steady(word: WordDocument) -> bytes:
    """The file with every part dated alike."""
    first = io.BytesIO()
    word.save(first)
    out = io.BytesIO()
    with zipfile.ZipFile(first) as held, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in sorted(held.namelist()):
            part = zipfile.ZipInfo(name, FIXED)
            part.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(part, held.read(name))
    return out.getvalue()
