"""A council's table as rows of text, whatever it was saved as: CSV of any kind, or a workbook.

The file may hold personal data, so no message from here holds anything that stands in it, not even
its headings: a file without a heading row has a person's details in the first line.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.owning import Files, own_rules

BETWEEN = ",;\t|"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_AS_CSV = "Save the sheet as 'CSV UTF-8' or as .xlsx and give that file."
MB = 1 << 20
_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""What Python says of a zip that is cut off, damaged or locked."""


@contextmanager
def rows(source: Path | bytes, where: str, sheet: str | None = None, *, limits: Files | None = None) -> Iterator[Iterator[list[str]]]:
    """The rows of a file, one after the other, each a list of stripped text; a blank row is a list of blanks.

    Parameters
    ----------
    source
        A file, or what stands in one. It is streamed: memory does not grow with its length.
    where
        Name of the file, for messages.
    sheet
        Which sheet of a workbook; its first when None.
    limits
        Sizes past which it is refused; those of a table with a row for each area when None.

    Raises
    ------
    UsageError, DataRefused
        When the file is not there, is too large, is not a table we can read, or lacks the sheet. The
        message never holds what the file holds.
    """
    if isinstance(source, Path) and not source.is_file():
        raise UsageError(Problem(where, "is not a file", "", "Give a CSV file or an Excel workbook (.xlsx)."))
    limits = limits or own_rules().brought
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > limits.largest_mb * MB:
        _refuse(where, f"is {size / MB:,.0f} MB, larger than a table of a council can be", "Check that it is the right file.")
    opened: IO[bytes] = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
    with opened as file:
        start = file.read(8)
        file.seek(0)
        if start.startswith(_OLE):
            _refuse(where, "is an old workbook (.xls), or one that a password protects", _AS_CSV)
        if start.startswith(_ZIP):
            with _workbook(file, where, sheet, limits) as found:
                yield _bounded(found, where, limits)
            return
        if sheet is not None:
            raise UsageError(Problem("--sheet", "was given, but the file is no workbook", "", "Leave it out."))
        if not start:
            _refuse(where, "is empty", "Give a table with a row of headings.")
        lines = _csv(file, where)
        try:
            yield _bounded(lines, where, limits)
        finally:
            lines.close()  # before the file is


def _refuse(where: str, what: str, do: str) -> NoReturn:
    raise DataRefused(Problem(where, what, "", do)) from None


def _bounded(found: Iterator[list[str]], where: str, limits: Files) -> Iterator[list[str]]:
    """Rows up to the limits."""
    for number, row in enumerate(found):
        if number > limits.most_rows:
            _refuse(where, f"has over {limits.most_rows:,} rows", "Check that it is the right file.")
        if len(row) > limits.most_columns and any(row[limits.most_columns :]):
            _refuse(where, f"has over {limits.most_columns} columns", "Leave out what is not needed.")
        yield row


def _encoding(file: IO[bytes], where: str) -> str:
    start = file.read(4)
    file.seek(0)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"  # as Excel saves 'Unicode text'
    for encoding in ("utf-8-sig", "cp1252"):
        reader = io.TextIOWrapper(file, encoding=encoding)
        try:
            while text := reader.read(MB):
                if "\x00" in text:
                    _refuse(where, "is not text", _AS_CSV)
            return encoding
        except UnicodeDecodeError:
            continue
        finally:
            reader.detach()
            file.seek(0)
    _refuse(where, "is not text in a way of writing we know (UTF-8 or Windows)", _AS_CSV)


def _csv(file: IO[bytes], where: str) -> Generator[list[str], None, None]:
    text = io.TextIOWrapper(file, encoding=_encoding(file, where), newline="")
    try:
        line = text.readline(1 * MB)
        between = _separator(line)
        if not line.lower().startswith("sep="):  # Excel's own note of the separator; else the line is the first row
            text.seek(0)
        # Rows come out one at a time; the whole is never held.
        yield from ([cell.strip() for cell in row] for row in csv.reader(text, delimiter=between))
    except (csv.Error, UnicodeError):
        _refuse(where, "cannot be read as a table: a cell is too long, or a quotation mark is never closed", _AS_CSV)
    finally:
        text.detach()


def _separator(line: str) -> str:
    if line.lower().startswith("sep=") and len(line) > 4:
        return line[4]
    cells = {sign: len(next(csv.reader([line], delimiter=sign), [])) for sign in BETWEEN}
    return max(BETWEEN, key=cells.__getitem__)


@contextmanager
def _workbook(file: IO[bytes], where: str, sheet: str | None, limits: Files) -> Iterator[Iterator[list[str]]]:
    import openpyxl

    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            names = {part.filename for part in packed.infolist()}
    except _DAMAGED:
        _refuse(where, "is cut off or damaged", "Save or export it again.")
    if unpacked > limits.largest_unpacked_mb * MB:
        what = f"unpacks to {unpacked / MB:,.0f} MB, more than the {limits.largest_unpacked_mb:,} MB that such a table can hold"
        _refuse(where, what, "Check where it came from, or save the sheet alone as CSV.")
    if "xl/workbook.xml" not in names:
        what = "is a zip file, not a workbook" if "mimetype" not in names else "is an OpenDocument file"
        _refuse(where, what, _AS_CSV)
    if not _written_by_a_program(file):
        _refuse(where, "cannot be read as a workbook", _AS_CSV)
    file.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they name cells and what stands in them
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        except Exception:  # openpyxl raises many kinds, some with what a cell holds
            _refuse(where, "cannot be read as a workbook", _AS_CSV)
        try:
            if sheet is not None and sheet not in book.sheetnames:
                raise UsageError(Problem("--sheet", "is not in the workbook", sheet, f"It has {len(book.sheetnames)} sheets."))
            if not book.worksheets:
                _refuse(where, "is a workbook without a sheet of cells", _AS_CSV)
            page = book[sheet] if sheet is not None else book.worksheets[0]
            page.reset_dimensions()
            yield _cells(page, where)
        finally:
            book.close()


def _written_by_a_program(file: IO[bytes]) -> bool:
    """Whether every part has an end of a tag at least once in a megabyte, and none has comments; a cell holds 32,767 letters at most.

    Python's reader of XML looks at a part without either from its beginning with every piece it is given: 10 MB took five seconds.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            for part in packed.infolist():
                if not part.filename.endswith(".xml"):
                    continue
                since, last = 0, b""
                with packed.open(part) as content:
                    while piece := content.read(64 << 10):
                        first, at = piece.find(b">"), piece.rfind(b">")
                        if since + (len(piece) if first < 0 else first) > MB or b"<!--" in last + piece:
                            return False
                        since, last = since + len(piece) if at < 0 else len(piece) - at - 1, piece[-3:]
    except _DAMAGED:
        return False
    return True


def _cells(page: Any, where: str) -> Iterator[list[str]]:
    try:
        for row in page.iter_rows(values_only=True):
            yield [as_text(cell) for cell in row]
    except DataRefused:
        raise
    except Exception:  # as above
        _refuse(where, "cannot be read to its end as a workbook", _AS_CSV)


def as_text(cell: Any) -> str:
    """A cell as text: whole numbers without a point, dates as year-month-day, blank for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return str(cell).strip()
