"""How tables become files: CSV, Excel, Parquet, whole folders. Written whole or not at all.

The same assessment gives the same bytes, so that a refresh that changed nothing shows no change.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from exclusion.contracts import Problem, UsageError

FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DATED = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:(created|modified)>")
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say; the real date is in run.toml


def safe(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with text that a spreadsheet would run as a formula made plain by an apostrophe. Numbers are untouched."""
    changed = {}
    for name in table.columns:
        if pd.api.types.is_string_dtype(table[name]) or table[name].dtype == object:
            changed[name] = table[name].map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell)
    return table.assign(**changed)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """CSV as Excel and PowerBI read it: UTF-8 with a byte-order mark, comma, blank for a gap, no formulas."""
    # Both characters of the line end are named, so that a cell holding either is quoted.
    return safe(table).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Parquet with the types of the table; text is as it is (nothing runs it)."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def xlsx_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """A workbook: machine names in row 1, which stays in sight and carries a filter.

    Parameters
    ----------
    sheets
        Sheet name to table, in the order wanted.
    """
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for title, table in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(table.columns), 1))}{len(table) + 1}"
        for number, name in enumerate(table.columns, start=1):
            longest = max([len(str(name)), *table[name].head(200).astype(str).str.len()])
            sheet.column_dimensions[get_column_letter(number)].width = min(max(longest + 2, 8), 60)
        header = []
        for name in table.columns:
            cell = WriteOnlyCell(sheet, value=str(name))
            cell.font = bold
            header.append(cell)
        sheet.append(header)
        plain = safe(table).astype(object)
        for row in plain.where(plain.notna(), None).itertuples(index=False, name=None):
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return undated(buffer.getvalue())


def undated(content: bytes) -> bytes:
    """The same workbook without the minute it was written, which would make equal workbooks differ."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _DATED.sub(b"", part)
            new.writestr(zipfile.ZipInfo(name, _ZIP_DATE), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A path to write to beside ``path``; it takes its place only when the block ends well.

    Raises
    ------
    UsageError
        When the place cannot be written, or is a folder. What was there before stays.
    """
    out = Path(path)
    if out.is_dir():
        raise UsageError(Problem(str(path), "is a folder", "", "Give the name of a file in it."))
    with _said(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield work / out.name
        with _said(out):
            os.replace(work / out.name, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """An empty folder to fill; its files move into ``path`` together, when the block ends well.

    Files of the same name are replaced, others in the folder are left alone: a report that
    stands beside the tables must survive a refresh. When one cannot be replaced (open in
    another program), those already moved are put back.

    Raises
    ------
    UsageError
        When the folder cannot be written, or is a file.
    """
    out = Path(path)
    if out.exists() and not out.is_dir():
        raise UsageError(Problem(str(path), "is a file", "", "Give the name of a folder."))
    with _said(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        new, old = work / "new", work / "old"
        new.mkdir()
        yield new
        with _said(out):
            out.mkdir(exist_ok=True)
            _move_in(new, old, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move_in(new: Path, old: Path, out: Path) -> None:
    moved: list[Path] = []
    try:
        for part in sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file()):
            (old / part).parent.mkdir(parents=True, exist_ok=True)
            (out / part).parent.mkdir(parents=True, exist_ok=True)
            if (out / part).is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder stands in its place", str(out / part))
            if (out / part).exists():
                os.replace(out / part, old / part)
            moved.append(part)
            os.replace(new / part, out / part)
    except OSError:
        for part in moved:
            if (old / part).exists():
                os.replace(old / part, out / part)
            else:
                (out / part).unlink(missing_ok=True)
        raise


@contextmanager
def _said(path: Path) -> Iterator[None]:
    """An operating-system error as a sentence."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or "")
        where = named if named.startswith(str(path)) else str(path)  # never the working file beside it
        what = f"cannot be written: {error.strerror or error}"
        raise UsageError(Problem(where, what, "", "Close it where it is open, or give another place.")) from None
