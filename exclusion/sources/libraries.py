"""Public libraries as councils keep them (Libraries Hacked open schema, April 2025)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from exclusion.sources import Source, arrive
from exclusion.sources.opening import hours_between

STAFFED = tuple(f"{day}day_staffed_hours" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun"))

SOURCE = Source(
    id="libraries_2025",
    title="UK public libraries, export of April 2025",
    publisher="Libraries Hacked, from councils' own lists",
    period="2025-04",
    url="https://www.librarydata.uk",
    attribution="Contains library data from councils via Libraries Hacked, licensed under the Open Government Licence v3.0 where stated",
    note="An example of help points until the council's own list is given. Placed at the postcode's centre.",
)


def read(folder: Path, types: tuple[str, ...]) -> tuple[Source, pd.DataFrame]:
    """Open, static libraries with a position: ``name, operator, x, y`` in metres (EPSG:27700).

    ``hours`` gives the staffed hours of each day as published and ``hours_week`` their sum; blank
    where the authority gives none or one of them cannot be read.

    Parameters
    ----------
    types
        Kinds that count as staffed public libraries, as the publisher codes them.
    """
    arrived = arrive(
        folder,
        "places/libraries_uk_librarieshacked_2025.csv.gz",
        key=["local_authority", "library_name", "postcode"],
        texts=["type_of_library", *STAFFED],
        numbers=["lat", "lon", "open"],
        signed=("lon",),
        blanks=("lat", "lon"),
        repeats=True,  # the same library listed twice is no nearer
    )
    table = arrived.table
    table = table[(table["open"] == 1) & table["type_of_library"].isin(types) & table["lat"].notna()]
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326).to_crs(27700)
    days = table[list(STAFFED)]
    each = days.map(hours_between, na_action="ignore")
    read = each.notna() == days.notna()
    said = [
        "; ".join(f"{name[:3].title()} {text}" for name, text in zip(STAFFED, row, strict=True) if isinstance(text, str))
        for row in days.itertuples(index=False)
    ]
    places = pd.DataFrame(
        {
            "name": table["library_name"],
            "operator": table["local_authority"],
            "x": points.x.round(),
            "y": points.y.round(),
            "hours": said,
            "hours_week": each.astype("float64").sum(axis=1, min_count=1).where(read.all(axis=1)),
        }
    )
    return replace(SOURCE, files=(arrived.file,)), places.reset_index(drop=True)
