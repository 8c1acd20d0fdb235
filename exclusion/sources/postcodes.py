"""Ordnance Survey Code-Point Open: where the postcodes of Great Britain lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet as pq

from exclusion.contracts import DataRefused, Problem, SourceUnreachable
from exclusion.sources import Source, gathered_file

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


def read(folder: Path) -> tuple[Source, pd.DataFrame]:
    """Postcodes with a position outside Scotland: ``x, y`` in metres (EPSG:27700), unsorted."""
    path = gathered_file(folder, NAME)
    try:
        table = pq.read_table(path, columns=["easting", "northing", "pq", "lad_code"]).to_pandas()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataRefused(Problem(NAME, f"cannot be read: {error}", "", "It may be cut off; fetch it again.")) from None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    source = replace(SOURCE, files=((NAME, digest, len(table)),))
    keep = (table["pq"] < NO_POSITION) & ~table["lad_code"].astype(str).str.startswith("S")
    return source, table.loc[keep, ["easting", "northing"]].set_axis(["x", "y"], axis=1).astype(float).reset_index(drop=True)


COLUMNS = {"postcode": ("postcode", "pcds", "pcd"), "x": ("easting", "x", "oseast1m"), "y": ("northing", "y", "osnrth1m")}
EXTRA = {"area_code": ("ward_code", "wd25cd", "area_code"), "small_area_code": ("small_area_code", "lsoa21", "lsoa21cd")}
ADVICE = "Give Code-Point Open or the ONS Postcode Directory as Parquet, with postcode, easting, northing and, if held, ward_code."


def plain(postcode: str) -> str:
    """A postcode as the point file writes it: capitals, no spaces."""
    return "".join(postcode.split()).upper()


def points(path: str | Path, postcodes: Iterable[str] | None = None, wards: Iterable[str] | None = None) -> pd.DataFrame:
    """Where postcodes lie: those named, or those of some wards.

    Parameters
    ----------
    path
        A Parquet file with a postcode, an easting and a northing (Code-Point Open, or the ONS
        Postcode Directory), and where it has them the ward and the small area.
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
    if not path.is_file():
        raise SourceUnreachable(Problem(str(path), "is not a file of postcode points", "", ADVICE))
    try:
        held = {name.lower(): name for name in pq.read_schema(path).names}
        found = {want: next((held[n] for n in names if n in held), "") for want, names in {**COLUMNS, **EXTRA}.items()}
        problems = [
            Problem(path.name, f"has no column of {want}", ", ".join(list(held)[:8]), ADVICE) for want in COLUMNS if not found[want]
        ]
        if wards is not None and not found["area_code"]:
            problems.append(Problem(path.name, "does not say in which ward a postcode lies", ", ".join(list(held)[:8]), ADVICE))
        if problems:
            raise DataRefused(problems)
        columns = [name for name in found.values() if name] + ([held["pq"]] if "pq" in held else [])
        table = pq.read_table(path, columns=columns).to_pandas()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataRefused(
            Problem(path.name, f"cannot be read: {error}", "", "It may be cut off, or not Parquet; fetch it again.")
        ) from None
    keep = pd.Series(table[held["pq"]] < NO_POSITION if "pq" in held else True, index=table.index)
    if wards is not None:
        keep &= table[found["area_code"]].isin(list(wards))
    if postcodes is not None:
        keep &= table[found["postcode"]].astype(str).str.replace(" ", "").str.upper().isin({plain(text) for text in postcodes})
    table = table.loc[keep].rename(columns={name: want for want, name in found.items() if name})
    table["postcode"] = table["postcode"].astype(str).str.replace(" ", "").str.upper()
    for axis in ("x", "y"):
        table[axis] = pd.to_numeric(table[axis], errors="coerce").astype("float64")
    for code in EXTRA:
        if code in table:
            table[code] = table[code].astype(object)
    wanted = [name for name in ("postcode", "x", "y", "area_code", "small_area_code") if name in table]
    placed: pd.DataFrame = table[wanted].dropna(subset=["x", "y"]).drop_duplicates("postcode").reset_index(drop=True)
    return placed
