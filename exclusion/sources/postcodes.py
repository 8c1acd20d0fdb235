"""Ordnance Survey Code-Point Open: where the postcodes of Great Britain lie."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet as pq

from exclusion.contracts import DataRefused, Problem, SourceUnreachable
from exclusion.sources import Source

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
    path = folder / NAME
    if not path.is_file():
        raise SourceUnreachable(
            Problem(NAME, "is not in the folder of published tables", str(folder), "Fetch it, or give the folder that holds it.")
        )
    try:
        table = pq.read_table(path, columns=["easting", "northing", "pq", "lad_code"]).to_pandas()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataRefused(Problem(NAME, f"cannot be read: {error}", "", "It may be cut off; fetch it again.")) from None
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    source = replace(SOURCE, files=((NAME, digest, len(table)),))
    keep = (table["pq"] < NO_POSITION) & ~table["lad_code"].astype(str).str.startswith("S")
    return source, table.loc[keep, ["easting", "northing"]].set_axis(["x", "y"], axis=1).astype(float).reset_index(drop=True)
