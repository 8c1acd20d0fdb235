"""Lists and tables as HTML that wraps, prints and can be walked by a screen reader. No markup in the data survives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import pandas as pd

from exclusion.language import ENGLISH, current
from exclusion.maps import STATIC, Shade
from exclusion.saying import English

MANY_ROWS = 60  # beyond this a table scrolls in a frame of its own

# Fingers need 44 pixels.
STYLE = """
.stButton button, .stDownloadButton button, [data-testid=stPageLink] a, [data-testid=stExpander] summary,
[data-testid=stSelectbox] [role=group], [data-testid=stMultiSelect] [role=group], [data-testid=stFileUploader] button,
.stRadio label { min-height: 44px; }
@media (pointer: coarse) {
  [data-testid=stSelectbox] :is(button, input), [data-testid=stMultiSelect] button { min-height: 44px; min-width: 44px; }
  [data-testid=stMultiSelect] [data-tag] { height: auto; }
  [data-testid=stSlider] input[type=range] { min-height: 44px; }
}
.stRadio label { align-items: center; }
[data-testid=stMultiSelect] input { min-width: 28px; }
[data-testid=stMainBlockContainer] { padding-top: 4.5rem; }
.stMain h1 { font-size: 2.2rem; padding: .5rem 0 .25rem; }
.stMain h2 { font-size: 1.6rem; padding: .75rem 0 .25rem; }
.stMain h3 { font-size: 1.25rem; padding: .25rem 0; }
.kept-open-status { font-size: 1.05rem; margin: .25rem 0; }
.kept-open-language { font-size: .95rem; border-left: 4px solid #1d70b8; padding-left: .75rem; margin: 0 0 .5rem; }
[class*=st-key-language_] button p { text-decoration: underline; color: #1d70b8; }
.kept-open table { border-collapse: collapse; width: 100%; font-size: .95rem; }
.kept-open caption { text-align: left; font-weight: 600; padding: 0 0 .4rem; }
.kept-open th, .kept-open td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; min-width: 5.5rem; }
.kept-open th, .kept-open td { border-bottom: 1px solid #b1b4b6; }
.kept-open thead th { border-bottom: 2px solid #0b0c0c; }
.kept-open .number { text-align: right; white-space: nowrap; padding-right: 1.8rem; }
[data-testid=stPageLink] p { text-decoration: underline; color: #1d70b8; white-space: normal; overflow: visible; }
.kept-open { display: grid; grid-template-columns: minmax(0, 1fr); }
.kept-open td { white-space: pre-line; }
.kept-open .scroll { overflow-x: auto; position: relative; }
@media (max-width: 640px) {  /* a row becomes a card, each figure under its heading: nothing to scroll sideways */
  .kept-open .cards, .kept-open .cards caption, .kept-open .cards tbody, .kept-open .cards tr { display: block; }
  .kept-open .cards th, .kept-open .cards td { display: block; }
  .kept-open .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .kept-open .cards tr { padding: .6rem 0; border-bottom: 1px solid #b1b4b6; }
  .kept-open .cards th, .kept-open .cards td { border: 0; padding: .1rem 0; text-align: left; }
  .kept-open .cards td::before { content: attr(data-label) ": "; font-weight: 600; }
}
@media print {  /* everything on paper, over as many sheets as it takes, without what only a screen can use */
  [data-testid=stHeader], [data-testid=stToolbar], [data-testid=stDownloadButton], [data-testid=stButton], [data-testid=stFileUploader],
  [data-testid=stElementContainer]:has(> [data-testid=stTextInput]), .st-key-find, [data-testid=stPageLink] { display: none !important; }
  html, body, #root, [data-testid=stApp], [data-testid=stAppViewContainer], [data-testid=stMain], [data-testid=stMain] > div {
    position: static !important; overflow: visible !important; height: auto !important; max-height: none !important; }
  .kept-open .scroll { overflow: visible; max-height: none !important; }
  .kept-open tr, iframe { break-inside: avoid; }
  [data-testid=stMainBlockContainer] { padding: 0 !important; max-width: none; }
  [data-testid=stHorizontalBlock] { display: block !important; }
  [data-testid=stColumn] { width: 100% !important; }
  .kept-open table { font-size: 9pt; }
  .kept-open th, .kept-open td { min-width: 0; padding: 2pt 8pt 2pt 0; }
  .stMain p, .stMain li { font-size: 10pt; }
  .kept-open thead { display: table-header-group; }
}
.kept-open .scroll:focus-visible { outline: 3px solid #0b0c0c; outline-offset: 2px; }
.kept-open .levels td, .kept-open .levels thead th { min-width: 2rem; padding: .25rem; text-align: center; border: 1px solid #fff; }
.kept-open .levels thead th:not(:first-child) { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; }
.kept-open .levels thead th:not(:first-child) { font-weight: 400; border: 0; }
.kept-open .levels tbody th { position: sticky; left: 0; background: #fff; font-weight: 400; min-width: 9rem; max-width: 16rem; }
.kept-open .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
"""

STYLE += (STATIC / "paper.css").read_text(encoding="utf-8")


def listed(items: Sequence[str | tuple[str, str]], *, numbered: bool = False) -> str:
    """A list; of a pair the first part is set bold. With numbers where the order counts."""
    texts = [f"<strong>{_said(item[0])}</strong> {_said(item[1])}" if isinstance(item, tuple) else _said(item) for item in items]
    kind = "ol" if numbered else "ul"
    style = "margin:0 0 .75rem;padding-left:1.3rem;overflow-wrap:anywhere"
    return f'<{kind} style="{style}">' + "".join(f"<li>{text}</li>" for text in texts) + f"</{kind}>"


def _said(text: object) -> str:
    """A text, and that it is in English where the page is not."""
    return f'<span lang="{ENGLISH}">{escape(text)}</span>' if isinstance(text, English) and current() != ENGLISH else escape(str(text))


def table(frame: pd.DataFrame, caption: str, *, numbers: Sequence[str] = (), english: Sequence[str] = ()) -> str:
    """A table. Its first column names the row; blanks must say so in words before they come here.

    Parameters
    ----------
    frame
        Columns as they should read. Beyond 60 rows the table scrolls in a frame of its own.
    caption
        What the table shows.
    numbers
        Columns to set to the right.
    english
        Columns that are in English whatever the page speaks.
    """
    kind = {name: ' class="number"' if name in numbers else "" for name in frame.columns}
    spoken = {name: f' lang="{ENGLISH}"' if name in english and current() != ENGLISH else "" for name in frame.columns}
    head = "".join(f'<th scope="col" role="columnheader"{kind[name]}>{escape(str(name))}</th>' for name in frame.columns)
    opening = [f'<td role="cell"{kind[name]}{spoken[name]} data-label="{escape(str(name))}">' for name in frame.columns[1:]]
    body = []
    for first, *row in _rows(frame):
        cells = [f"{begins}{_said(value)}</td>" for begins, value in zip(opening, row, strict=True)]
        body.append(f'<tr role="row"><th scope="row" role="rowheader">{escape(str(first))}</th>{"".join(cells)}</tr>')
    return _framed("cards", caption, head, body)


def grid(frame: pd.DataFrame, caption: str, shades: Sequence[Shade]) -> str:
    """A table of labels of ``shades``: each cell shows the number on its colour, and says the word to a screen reader."""
    cell = {
        shade.label: f'<td style="background:{shade.fill};color:{shade.ink}">{escape(shade.number)}'
        f'<span class="unseen">{escape(shade.said)}</span></td>'
        for shade in shades
    }
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
    body = []
    for first, *row in _rows(frame):
        body.append(f'<tr><th scope="row">{escape(str(first))}</th>{"".join(cell[value] for value in row)}</tr>')
    return _framed("levels", caption, head, body)


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows of a table; texts that are taken out one by one cost many times as much."""
    return zip(*(column.tolist() for _, column in frame.items()), strict=True)


def _framed(kind: str, caption: str, head: str, body: Sequence[str]) -> str:
    tall = "max-height:70vh;overflow-y:auto" if len(body) > MANY_ROWS else ""
    frame = f'<div class="scroll" style="{tall}" tabindex="0" role="region" aria-label="{escape(caption)}">'
    # The roles are said outright, because a table laid out as cards would lose them.
    inside = f'<caption>{escape(caption)}</caption><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
    inside += f'<tbody role="rowgroup">{"".join(body)}</tbody>'
    return f'<div class="kept-open">{frame}<table role="table" class="{kind}">{inside}</table></div></div>'
