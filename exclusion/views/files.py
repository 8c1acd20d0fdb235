"""What a visitor takes away, as bytes; loaded only when asked for, because what writes it takes a while to load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd

from exclusion.assessment import Assessment
from exclusion.contracts import temporary_folder

if TYPE_CHECKING:
    from exclusion.costs import Worked
    from exclusion.proposal import Considered, Proposal


def content(a: Assessment, name: str) -> bytes:
    """A file by the ending of its name.

    ``-findings.csv`` and ``-wards.csv`` are tables, ``.xlsx`` and ``-package.zip`` hold them all, ``.geojson`` the
    wards, as do ``.gpkg`` and ``.parquet``, and any other ``.zip`` holds the page of the council
    and of each ward, for an assessment of one service.
    """
    from exclusion import export, report

    if name.endswith("-package.zip"):
        return export.package_bytes(a)
    if name.endswith(".geojson"):
        return export.geojson_bytes(a)
    if name.endswith((".gpkg", ".parquet")):
        with temporary_folder() as folder:
            return export.write(a, folder / name).read_bytes()
    if name.endswith(".zip"):
        held = BytesIO()
        with ZipFile(held, "w", ZIP_DEFLATED) as pack:
            for page, html in report.render(a, date.today()).items():
                pack.writestr(page, html)
        return held.getvalue()
    if name.endswith(".xlsx"):
        return export.workbook(a)
    return export.csv_bytes(export.findings_table(a) if name.endswith("-findings.csv") else export.wards_table(a))


def proposal_text(proposal: Proposal) -> str:
    """A proposal as the file it can be read from again."""
    from exclusion.proposal import toml_text

    return toml_text(proposal)


def proposal_tables(considered: Considered, more: Mapping[str, pd.DataFrame]) -> bytes:
    """The tables of a proposal, what their columns mean, and those of the council's own files, as CSV in one zip."""
    from exclusion.export.proposals import tables

    return tables_zip({**tables(considered), **more})


def savings(sums: Mapping[str, Sequence[Worked]]) -> bytes:
    """The sum behind a saving as a workbook that reckons."""
    from exclusion.export.savings import savings_workbook

    return savings_workbook(sums)


def tables_zip(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables by file name, as CSV in one zip."""
    from exclusion import export

    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as pack:
        for name, table in tables.items():
            pack.writestr(name, export.csv_bytes(table))
    return held.getvalue()
