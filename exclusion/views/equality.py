"""What the equality assessment holds, characteristic by characteristic, and its files as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd

from exclusion.equality.model import Equality, Listed, Open, Part, Table
from exclusion.language import tr
from exclusion.saying import counted
from exclusion.words import capital

if TYPE_CHECKING:
    from exclusion.judgement.duty import Duty
    from exclusion.proposal import Considered


def overview(made: Equality) -> pd.DataFrame:
    """A row for each characteristic: how much is known of it, what no figure is held for, and what is left to people."""
    rows = []
    for part in made.parts:
        figures = sum(len(block.rows) for block in part.know if isinstance(block, Table))
        lacking = [line for block in part.know if isinstance(block, Listed) for line in block.items if _lacks(line)]
        left = [one for one in part.open if not one.answer.strip()]
        rows.append(
            (
                part.title,
                tr("Protected in law") if part.protected else tr("Often added"),
                capital(counted(figures, "figure")) if figures else tr("No figure: see what to ask"),
                capital(counted(len(lacking), "thing")) if lacking else tr("None listed"),
                tr("{questions} open", questions=capital(counted(len(left), "question"))) if left else tr("All questions answered"),
            )
        )
    return pd.DataFrame(
        rows, columns=[tr("Characteristic"), tr("Kind"), tr("What is known"), tr("No ward figure, so ask"), tr("Left to people")]
    )


def _lacks(line: str | tuple[str, str]) -> bool:
    return "no ward figure" in (line if isinstance(line, str) else " ".join(line)).lower()


def known_html(part: Part) -> str:
    """What is known of one characteristic as HTML to put on a page, its open questions aside."""
    html = part.html.partition("<h4>What do you know?</h4>")[2]
    first = next((f"<h4>{one.label}" for one in part.open), "")
    return html.partition(first)[0] if first else html


def left_to_people(made: Equality) -> dict[str, dict[str, Open]]:
    """Open fields outside the characteristics: title of the section -> name -> field."""
    inside = {one.name for part in made.parts for one in part.open}
    found = {
        section.title: {one.name: one for one in section.blocks if isinstance(one, Open) and one.name not in inside}
        for section in made.sections
    }
    return {title: fields for title, fields in found.items() if fields}


def blocks_text(made: Equality) -> str:
    """Every characteristic as plain text to paste, one after the other."""
    return "\n\n\n".join(part.text for part in made.parts) + "\n"


def pack(considered: Considered, findings: pd.DataFrame | None, duty: Mapping[str, Duty] | None = None, sealed: str = "") -> bytes:
    """The scrutiny page and the page of every ward and service, as one zip of web pages."""
    from exclusion import report

    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as zipped:
        for name, html in report.render(considered, date.today(), findings, duty=duty, sealed=sealed).items():
            zipped.writestr(name, html)
    return held.getvalue()


__all__ = ["blocks_text", "known_html", "left_to_people", "overview", "pack"]
