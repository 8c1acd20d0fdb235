"""Ordnance Survey Code-Point Open: where the postcodes of Great Britain lie."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO

import geopandas as gpd
import pandas as pd
import pyarrow
import pyarrow.parquet as pq

from exclusion.contracts import DataRefused, Problem, SourceUnreachable
from exclusion.sources import Source, gathered_file
from exclusion.sources.boundaries import NATION_OF

NAME = "places/postcodes_gb_codepoint_open_2025_10.parquet"
NO_POSITION = 90

SOURCE = Source(
    id="codepoint_open_2025_10",
    title="Code-Point Open 2025.4 (October 2025)",
    publisher="Ordnance Survey",
    period="2025-10",
    url="https://osdatahub.os.uk/downloads/open/CodePointOpen",
    attribution="Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0",
    note="Postcode points, homes and businesses alike, unweighted.",
)


def read(folder: Path, nations: Collection[str] = ("England", "Wales")) -> tuple[Source, pd.DataFrame]:
    """Postcodes with a position in some nations of Great Britain: ``x, y`` in metres (EPSG:27700), ``nation``, unsorted.

    The few that name no council lie south of Scotland and count as England's.
    """
    path = gathered_file(folder, NAME)
    try:
        table = pq.read_table(path, columns=["easting", "northing", "pq", "lad_code"]).to_pandas()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataRefused(Problem(NAME, f"cannot be read: {error}", "", "It may be cut off; fetch it again.")) from None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    source = replace(SOURCE, files=((NAME, digest, len(table)),))
    nation = table["lad_code"].astype(str).str[0].map(NATION_OF).fillna("England")
    keep = (table["pq"] < NO_POSITION) & nation.isin(nations)
    points = table.loc[keep, ["easting", "northing"]].set_axis(["x", "y"], axis=1).astype(float)
    return source, points.assign(nation=nation[keep]).reset_index(drop=True)


SHAPE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}")
"""A whole postcode, as :func:`plain` writes it."""
COLUMNS = {
    "postcode": ("postcode", "pcds", "pcd"),
    "x": ("easting", "x", "oseast1m", "east1m"),
    "y": ("northing", "y", "osnrth1m", "north1m"),
}
EXTRA = {"area_code": ("ward_code", "wd25cd", "area_code"), "small_area_code": ("small_area_code", "lsoa21", "lsoa21cd")}
WARDS_OF_A_YEAR = re.compile(r"wd\d\dcd|osward|ward")
CODE_POINT = ("postcode", "pq", "easting", "northing", "country", "nhs_ha", "nhs_area", "county", "lad_code", "ward_code")
"""Columns of Code-Point Open as Ordnance Survey publishes it: no heading row."""
ADVICE = "Give Code-Point Open, the ONS Postcode Directory or the National Statistics Postcode Lookup, as CSV, zip or Parquet."
IRISH_GRID = 29903  # Northern Ireland in the ONS files
LARGEST = 3 << 30  # bytes a zip may unpack to; the ONS directory is 1.4 GB


def plain(postcode: str) -> str:
    """A postcode as the point file writes it: capitals, no spaces."""
    return "".join(postcode.split()).upper()


def points(path: str | Path, postcodes: Iterable[str] | None = None, wards: Iterable[str] | None = None) -> pd.DataFrame:
    """Where postcodes lie: those named, or those of some wards.

    Parameters
    ----------
    path
        Code-Point Open (the zip as downloaded, its folder of CSV files, or one of them), the ONS Postcode
        Directory or the National Statistics Postcode Lookup (zip or CSV), or a Parquet file with a
        postcode, an easting and a northing. Where it says the ward and the small area, they are read too.
    postcodes
        In any spelling; None for all.
    wards
        Ward codes; None for all. Asked of a file without wards, it is refused.

    Returns
    -------
    ``postcode`` (no spaces), ``x, y`` in metres (EPSG:27700) and, where the file has them,
    ``area_code`` and ``small_area_code``. Postcodes without a position are left out.
    """
    path = Path(path)
    if not path.exists():
        raise SourceUnreachable(Problem(str(path), "is not a file of postcode points", "", ADVICE))
    try:
        parts = [_cut(part, postcodes, wards) for part in _parts(path, wards is not None)]
    except (OSError, pyarrow.ArrowException, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise DataRefused(Problem(path.name, f"cannot be read: {error}", "", "It may be cut off, or of another kind. " + ADVICE)) from None
    if not parts:
        raise DataRefused(Problem(path.name, "holds no file of postcodes", "", ADVICE))
    placed: pd.DataFrame = pd.concat(parts).dropna(subset=["x", "y"]).drop_duplicates("postcode").reset_index(drop=True)
    return placed


def _cut(table: pd.DataFrame, postcodes: Iterable[str] | None, wards: Iterable[str] | None) -> pd.DataFrame:
    """The rows wanted of one part, in our columns."""
    table["postcode"] = table["postcode"].astype(str).str.replace(" ", "").str.upper()
    keep = pd.Series(pd.to_numeric(table["pq"], errors="coerce") < NO_POSITION if "pq" in table else True, index=table.index)
    if "grid" in table:  # the ONS files say 9 where there is no position
        keep &= pd.to_numeric(table["grid"], errors="coerce") != 9
    if wards is not None:
        keep &= table["area_code"].isin(list(wards))
    if postcodes is not None:
        keep &= table["postcode"].isin({plain(text) for text in postcodes})
    table = table.loc[keep]
    for axis in ("x", "y"):
        table[axis] = pd.to_numeric(table[axis], errors="coerce").astype("float64")
    if "grid" in table and len(irish := table.index[table["postcode"].str.startswith("BT")]):
        spots = gpd.GeoSeries.from_xy(table.loc[irish, "x"], table.loc[irish, "y"], crs=IRISH_GRID).to_crs(27700)
        table.loc[irish, "x"], table.loc[irish, "y"] = spots.x.to_numpy(), spots.y.to_numpy()
    for code in EXTRA:
        if code in table:
            table[code] = table[code].astype(object)
    return table[[name for name in ("postcode", "x", "y", "area_code", "small_area_code") if name in table]]


def _parts(path: Path, by_ward: bool) -> Iterator[pd.DataFrame]:
    """The tables of a file, folder or zip one after the other, each with ``postcode, x, y`` and what else we use."""
    if path.is_dir():
        for one in sorted(path.rglob("*.csv")):
            with one.open("rb") as file:
                yield from _from_csv(file, one.name, by_ward)
        return
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start == b"PAR1":
            yield _from_parquet(path, by_ward)
        elif start.startswith(b"PK"):
            with zipfile.ZipFile(file) as packed:
                names = [one for one in packed.infolist() if one.filename.lower().endswith(".csv") and "/doc" not in one.filename.lower()]
                whole = [one for one in names if "multi_csv" not in one.filename.lower()] or names
                data = [one for one in whole if one.filename.lower().startswith("data/") or "/data/" in one.filename.lower()] or whole
                if sum(one.file_size for one in data) > LARGEST:
                    raise DataRefused(Problem(path.name, "unpacks to more than any list of postcodes", "", "Check where it came from."))
                for member in data:
                    with packed.open(member) as part:
                        yield from _from_csv(part, member.filename, by_ward)
        else:
            yield from _from_csv(file, path.name, by_ward)


def _columns_in(held: Mapping[str, str], name: str, by_ward: bool) -> dict[str, str]:
    """Our column -> the file's, or what is wrong with the file."""
    found = {want: next((held[n] for n in names if n in held), "") for want, names in {**COLUMNS, **EXTRA}.items()}
    if not found["area_code"]:  # the ward of another year: whoever uses it compares it with the edition
        found["area_code"] = next((held[n] for n in held if WARDS_OF_A_YEAR.fullmatch(n)), "")
    shown = ", ".join(list(held)[:8])
    problems = [Problem(name, f"has no column of {want}", shown, ADVICE) for want in COLUMNS if not found[want]]
    if by_ward and not found["area_code"]:
        problems.append(Problem(name, "does not say in which ward a postcode lies", shown, ADVICE))
    if problems:
        raise DataRefused(problems)
    found |= {"pq": held.get("pq", ""), "grid": held.get("osgrdind", held.get("gridind", ""))}
    return {want: column for want, column in found.items() if column}


def _from_parquet(path: Path, by_ward: bool) -> pd.DataFrame:
    found = _columns_in({name.lower(): name for name in pq.read_schema(path).names}, path.name, by_ward)
    table: pd.DataFrame = pq.read_table(path, columns=list(found.values())).to_pandas()
    return table.rename(columns={name: want for want, name in found.items()})


def _from_csv(file: IO[bytes], name: str, by_ward: bool) -> Iterator[pd.DataFrame]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        first = next(csv.reader([text.readline()]), [])
        if not first:
            return
        headed = not SHAPE.fullmatch(plain(first[0]))
        if not headed and len(first) != len(CODE_POINT):
            what = f"has {len(first)} columns and no headings; Code-Point Open has {len(CODE_POINT)}"
            raise DataRefused(Problem(name, what, "", ADVICE))
        headings = [cell.strip() for cell in first] if headed else list(CODE_POINT)
        found = _columns_in({heading.lower(): heading for heading in headings}, name, by_ward)
        ours = {column: want for want, column in found.items()}
        if not headed:
            yield pd.DataFrame([first], columns=headings)[list(ours)].rename(columns=ours)
        with pd.read_csv(text, names=headings, usecols=list(ours), dtype=str, chunksize=200_000, keep_default_na=False) as parts:
            for part in parts:
                yield part.replace("", None).rename(columns=ours)
    finally:
        text.detach()
