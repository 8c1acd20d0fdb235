"""How tables become files: CSV, Excel, Parquet, whole folders. Written whole or not at all.

The same assessment gives the same bytes, so that a refresh that changed nothing shows no change.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import io
import os
import platform
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from exclusion.contracts import ExclusionError, Problem, UsageError
from exclusion.release_write import FULL, runs, short_of

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
        work = _beside(out)
    try:
        with _said(out, work):
            yield work / out.name
            os.replace(work / out.name, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """An empty folder to fill; its files move into ``path`` together, when the block ends well.

    Files of the same name are replaced, others in the folder are left alone: a report that
    stands beside the tables must survive a refresh. When one cannot be replaced (open in
    another program), those already moved are put back.

    A writer killed while it fills the folder changes nothing in ``path``. One killed while it moves files in leaves
    each of them whole, old or new, never missing, and :data:`UNFINISHED` beside them, which says so; the next run to
    the same place finishes the work and takes it away.

    Raises
    ------
    UsageError
        When the folder cannot be written, or is a file.
    """
    out = Path(path)
    if out.exists() and not out.is_dir():
        raise UsageError(Problem(str(path), "is a file", "", "Give the name of a folder."))
    with _said(out):
        work = _beside(out)
    try:
        with _said(out, work):
            new, old = work / "new", work / "old"
            new.mkdir()
            yield new
            out.mkdir(exist_ok=True)
            _move_in(new, old, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


UNFINISHED = "UNFINISHED.txt"
"""Stands in a folder while its files are replaced; what a killed writer leaves of itself."""
_UNFINISHED = (
    "The files in this folder were being replaced when the program was stopped: each is whole, but some are new and some old.\n"
    "Run the same command again before you use them. It finishes the work and takes this note away.\n"
)


def _beside(out: Path) -> Path:
    """A working folder beside a place, for this process; those that killed processes of this machine left there are removed."""
    machine = hashlib.sha256(platform.node().encode()).hexdigest()[:8]  # others may write to the same network folder
    out.parent.mkdir(parents=True, exist_ok=True)
    for left in out.parent.glob(f".{glob.escape(out.name)}-*-{machine}-*"):
        writer = left.name.removeprefix(f".{out.name}-").split("-")[0]
        if writer.isdigit() and not runs(int(writer)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f".{out.name}-{os.getpid()}-{machine}-", dir=out.parent))


def _move_in(new: Path, old: Path, out: Path) -> None:
    moved: list[Path] = []
    parts = sorted(path.relative_to(new) for path in new.rglob("*") if path.is_file())
    cut_off = (out / UNFINISHED).is_file()
    try:
        if any((out / part).exists() for part in parts):
            (out / UNFINISHED).write_text(_UNFINISHED, encoding="utf-8")
        for part in parts:
            (old / part).parent.mkdir(parents=True, exist_ok=True)
            (out / part).parent.mkdir(parents=True, exist_ok=True)
            if (out / part).is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder stands in its place", str(out / part))
            if (out / part).exists():
                _keep(out / part, old / part)
            moved.append(part)
            os.replace(new / part, out / part)  # the old file stands until the new one does
    except OSError:
        for part in moved:
            if (old / part).exists():
                os.replace(old / part, out / part)
            else:
                (out / part).unlink(missing_ok=True)
        if not cut_off:
            (out / UNFINISHED).unlink(missing_ok=True)
        raise
    (out / UNFINISHED).unlink(missing_ok=True)


def _keep(file: Path, at: Path) -> None:
    """The same file under a second name; a copy where the disk knows no links."""
    with suppress(OSError):
        os.link(file, at)
        return
    shutil.copy2(file, at)


@contextmanager
def _said(path: Path, work: Path | None = None) -> Iterator[None]:
    """An operating-system error as a sentence; with ``work``, one about another file than ours is left as it is."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or "")
        if work and error.errno not in FULL and named and not named.startswith((str(path), str(work))):
            raise
        raise _unwritten(path, named, error.errno, error.strerror or str(error)) from None
    except Exception as error:  # GDAL and SQLite say of a full disk that a table is not there, or that an error occurred
        if work is None or isinstance(error, ExclusionError) or not short_of(work, _TIGHT):
            raise
        raise _unwritten(path, "", errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


_TIGHT = 64 * 1024


def _unwritten(path: Path, named: str, number: int | None, words: str) -> UsageError:
    where = named if named.startswith(str(path)) else str(path)  # never the working file beside it
    full = number in FULL
    what = f"cannot be written: {words}" + (". What was there is as it was" if full else "")
    do = "Make room on the disk, and run the same again." if full else "Close it where it is open, or give another place."
    return UsageError(Problem(where, what, "", do))
