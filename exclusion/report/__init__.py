"""Pages to e-mail and print, and the plain sentences they are made of.

``write_pack`` makes one page for the council and one for each ward. ``briefing`` says what a
member needs to know of a ward, ``council`` of the council; ``pages`` turns both into HTML.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.proposal import Considered
from exclusion.report.briefing import busier_line, decided_by, floor_line, keep_lines, people_words, questions, unknowns, ward_facts
from exclusion.report.council import across_lines, paragraph, place
from exclusion.report.pages import (
    WORDS,
    Duties,
    mark,
    member_page_of,
    render,
    scrutiny_html,
    scrutiny_part,
    visible_words,
    ward_html,
    ward_part,
)
from exclusion.report.scrutiny import scrutiny_page
from exclusion.report.sections import Section

_MARK = '<meta name="kept-open-pack" content="'


def write_pack(
    result: Assessment | Considered,
    folder: str | Path,
    *,
    today: date | None = None,
    findings: pd.DataFrame | None = None,
    duty: Duties | None = None,
    sealed: str = "",
) -> list[Path]:
    """Write the first page (index.html) and a page for each ward; all of them or none.

    Parameters
    ----------
    result
        An assessment of one service, one or several councils: the first page is the council's. Or a considered
        proposal: the first page is the one for scrutiny, and every service it names has its pages.
    folder
        New, empty, or holding an earlier pack of the same service or proposal and councils, which is replaced.
    findings
        With a proposal: the findings with officers' answers, as the register gives them.
    today
        The date to print; the clock's when None. The same assessment gives the same bytes but for it.
    duty
        The duty by nation in place of ours, for a council that has set its socio-economic duty.
    sealed
        With a proposal: which version of the register it is made from, with its seal (:func:`exclusion.register.sealed`).

    Returns
    -------
    list of Path
        index.html first, of a proposal then scrutiny.html; then the wards in the order of the assessment.

    Raises
    ------
    UsageError
        When an assessment is not of exactly one service, or the folder holds anything else.
    """
    out = Path(folder)
    pages = render(result, today or date.today(), findings, duty=duty, sealed=sealed)
    _refuse(out, mark(result))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        try:
            (work / "new").mkdir()
            for name, html in pages.items():
                (work / "new" / name).write_text(html, encoding="utf-8", newline="\n")
            if out.exists():
                os.replace(out, work / "old")
            try:
                os.replace(work / "new", out)
            except OSError:
                if (work / "old").exists():
                    os.replace(work / "old", out)
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        what = f"cannot be written: {error.strerror or error}"
        raise UsageError(Problem(str(error.filename or out), what, "", "Close it where it is open, or give another folder.")) from None
    return [out / name for name in pages]


def _refuse(folder: Path, mark: str) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(Problem(str(folder), "is a file", "", "Give the name of a folder."))
    others = [path.name for path in sorted(folder.iterdir()) if not _is_ours(path, mark)]
    if others:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        do = "Give a new or empty folder; a pack replaces only an earlier pack of the same service or proposal and councils."
        raise UsageError(Problem(str(folder), "holds other files, which would be lost", shown, do))


def _is_ours(path: Path, mark: str) -> bool:
    if path.suffix != ".html" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return f'{_MARK}{mark}"' in file.read(2000)


__all__ = [
    "WORDS",
    "Section",
    "across_lines",
    "busier_line",
    "decided_by",
    "floor_line",
    "keep_lines",
    "member_page_of",
    "paragraph",
    "people_words",
    "place",
    "questions",
    "render",
    "scrutiny_html",
    "scrutiny_page",
    "scrutiny_part",
    "unknowns",
    "visible_words",
    "ward_facts",
    "ward_html",
    "ward_part",
    "write_pack",
]
