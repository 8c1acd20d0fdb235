"""What publishers send, opened: CSV in any of their letters, sheets of workbooks, shapes in zips; or refused in words."""

from __future__ import annotations

import io

import geopandas as gpd
import pandas as pd

from exclusion.contracts import DataRefused, temporary_folder
from exclusion.sources import archive
from exclusion.sources.asking import Ask, Got

WITHHELD = ("", "-", "*", "N/A", "[c]", "c", "nan", "None", "<NA>")
"""Ways in which a withheld number is written; each is a gap, never zero."""
CUT = "It may be cut off; run the same again."
RENAMED = "It may have been renamed."
SHAPE_PARTS = (".shp", ".shx", ".dbf", ".prj")


def text_of(content: bytes) -> str:
    """Bytes as text: UTF-8 with or without its mark, else the letters of Windows."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def csv_of(ask: Ask, content: bytes) -> pd.DataFrame:
    """Every cell of a CSV file as text.

    Raises
    ------
    DataRefused
        When it cannot be read as a table.
    """
    text = text_of(content)
    try:
        return pd.read_csv(io.StringIO(text), dtype=str)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataRefused(ask.problem(f"sent a table that cannot be read: {error}", text[:80].strip(), CUT)) from None


def sheet_of(ask: Ask, got: Got, name: str, heading: str) -> pd.DataFrame:
    """The table on a sheet below the row that holds ``heading``: every cell as text, blank where there is none.

    Notes above the headings are passed over; names of sheets and headings are compared without case
    and with any run of white space as one, since publishers break lines in them.

    Raises
    ------
    DataRefused
        When the workbook cannot be read, or lacks the sheet or the heading.
    """
    archive.burst(ask, got.path)
    try:
        with pd.ExcelFile(got.path, engine="calamine") as book:
            named = next((sheet for sheet in book.sheet_names if _plain(sheet) == _plain(name)), None)
            if named is None:
                raise DataRefused(ask.problem(f"lacks the sheet '{name}'", ", ".join(map(str, book.sheet_names))[:160], RENAMED))
            raw = pd.read_excel(book, sheet_name=named, header=None, dtype=object)
    except DataRefused:
        raise
    except Exception as error:  # workbook readers raise many kinds; each means the file cannot be read
        raise DataRefused(ask.problem(f"cannot be read: {error}", got.path.name, CUT)) from None
    text = raw.astype("string").fillna("").apply(lambda column: column.str.split().str.join(" "))
    rows = (row for row in range(min(len(text), 40)) if _plain(heading) in {_plain(cell) for cell in text.iloc[row]})
    if (head := next(rows, None)) is None:
        shown = ", ".join(cell for cell in text.iloc[0] if cell)[:160] if len(text) else ""
        raise DataRefused(ask.problem(f"lacks the column '{heading}'", shown, RENAMED))
    body = text.iloc[head + 1 :].reset_index(drop=True)
    body.columns = pd.Index(text.iloc[head])
    found: pd.DataFrame = body
    return found


def column_of(ask: Ask, table: pd.DataFrame, start: str) -> str:
    """The one heading that begins with ``start``: publishers add units and dates behind it."""
    found = [str(c) for c in table.columns if _plain(c).startswith(_plain(start))]
    if len(found) != 1:
        shown = ", ".join(str(c) for c in table.columns if c)[:160]
        raise DataRefused(ask.problem(f"lacks the column '{start}'" if not found else f"has two columns '{start}'", shown, RENAMED))
    return found[0]


def numbers_of(ask: Ask, cells: pd.Series, name: str, where: pd.Series, *, blanks: bool = False) -> pd.Series:
    """Text as numbers: thousands may be parted by commas, ``8%`` is 0.08, and a withheld cell is a gap if gaps may be.

    Raises
    ------
    DataRefused
        At the first cell that is no number, with the area it is of.
    """
    text = cells.astype("string").str.strip()
    text = text.mask(text.isin(WITHHELD))
    share = text.str.endswith("%").fillna(False).astype(bool)
    values = pd.to_numeric(text.str.rstrip("%").str.replace(",", ""), errors="coerce").astype("float64")
    values = values.where(~share, values / 100)
    wrong = values.isna() & (text.notna() if blanks else True)
    if wrong.any():
        value = text[wrong].iloc[0]
        raise DataRefused(ask.problem(f"holds no number in '{name}' at {where[wrong].iloc[0]}", "" if pd.isna(value) else str(value)))
    return values


def areas_of(ask: Ask, codes: pd.Series, pattern: str, rows: int, what: str) -> None:
    """Exactly the areas of the edition, each once.

    Raises
    ------
    DataRefused
        When there are others, or more or fewer.
    """
    odd = codes[~codes.fillna("").astype(str).str.match(pattern)]
    if len(odd):
        raise DataRefused(ask.problem(f"names areas that are not {what}", str(odd.iloc[0]), "It may be of another edition."))
    if len(codes) != rows or codes.duplicated().any():
        twice = str(codes[codes.duplicated()].iloc[0]) if codes.duplicated().any() else ""
        raise DataRefused(ask.problem(f"holds {codes.nunique():,} {what} in {len(codes):,} rows; {rows:,} were expected", twice, CUT))


def shapes_of(ask: Ask, got: Got, pattern: str, metres: int) -> gpd.GeoDataFrame:
    """The shapefile in a zip whose name matches a pattern (``*sdz*.shp``), in degrees, outlines that cross themselves repaired.

    ``metres`` is the EPSG code of its coordinates where it does not say.

    Raises
    ------
    DataRefused
        When the zip is corrupt, bursts, or has no such file; or an area has no shape.
    """
    stem = pattern.removesuffix(".shp")
    with temporary_folder() as folder:
        for part in SHAPE_PARTS:
            try:
                _, content = archive.member(ask, got, [f"{stem}{part}"])
            except DataRefused:
                if part != ".prj":
                    raise
            else:
                (folder / f"shapes{part}").write_bytes(content)
        try:
            frame = gpd.read_file(folder / "shapes.shp")
        except Exception as error:  # drivers raise many kinds; each means the file cannot be read
            raise DataRefused(ask.problem(f"sent shapes that cannot be read: {error}", got.path.name, CUT)) from None
    frame = (frame.set_crs(metres) if frame.crs is None else frame).to_crs(4326)
    empty = frame.geometry.isna() | frame.geometry.is_empty
    if empty.any():
        raise DataRefused(ask.problem(f"holds {int(empty.sum()):,} areas without a shape"))
    broken = ~frame.geometry.is_valid
    if broken.any():
        frame.loc[broken, "geometry"] = frame.loc[broken, "geometry"].make_valid()
        frame.attrs["note"] = f"{int(broken.sum())} outlines repaired"
    return frame


def _plain(text: object) -> str:
    return " ".join(str(text).split()).casefold()
