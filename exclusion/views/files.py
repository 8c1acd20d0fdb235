"""What a visitor takes away, as bytes; loaded only when asked for, because what writes it takes a while to load."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from exclusion.assessment import Assessment


def content(a: Assessment, name: str) -> bytes:
    """A file by the ending of its name.

    ``-findings.csv`` and ``-wards.csv`` are tables, ``.xlsx`` holds them all, ``.zip`` holds the page of the council
    and of each ward, for an assessment of one service.
    """
    from exclusion import export, report

    if name.endswith(".zip"):
        held = BytesIO()
        with ZipFile(held, "w", ZIP_DEFLATED) as pack:
            for page, html in report.render(a, date.today()).items():
                pack.writestr(page, html)
        return held.getvalue()
    if name.endswith(".xlsx"):
        return export.workbook(a)
    return export.csv_bytes(export.findings_table(a) if name.endswith("-findings.csv") else export.wards_table(a))
