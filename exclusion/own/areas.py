"""A council's own areas: a lookup of small areas or wards, or outlines (divisions, new wards, parishes, networks of practices).

Here the file is read and checked. :mod:`exclusion.building.regroup` makes figures of it.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from exclusion.contracts import PLACE_CODE, SMALL_AREA_CODE, WARD_CODE, DataRefused, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.own import sheets
from exclusion.own.looking import Look, look
from exclusion.release import Evidence
from exclusion.sources import electoral_areas as deas
from exclusion.words import join_words, slug

METRES = 27700
UNITED_KINGDOM = (-10_000.0, -20_000.0, 700_000.0, 1_300_000.0)
MOST_AREAS = 5_000
SHAPES = (".geojson", ".json", ".gpkg", ".zip", ".parquet", ".shp", ".kml", ".fgb")
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".qmd", ".xml", ".txt", ".pdf")
"""What a zipped shapefile may hold."""
_CODES = re.compile(r"(^|_)(code|cd|gss|id|ref)\d*$|^[a-z]{2,4}\d\dcd$")
_NAMES = re.compile(r"(^|_)(name|nm|title|label|division|ward|parish|pcn|network|area)$|^[a-z]{2,4}\d\dnm$")


@dataclass(frozen=True)
class OwnAreas:
    """Areas as the council drew them."""

    where: str
    names: pd.Series
    """Name by code."""
    lookup: pd.Series | None
    """Code by small area, where the file is a lookup."""
    shapes: gpd.GeoDataFrame | None
    """``code, geometry`` in metres, where it holds outlines."""
    notes: tuple[str, ...]
    wards: pd.Series | None = None
    """Code by ward, where the file is a lookup of whole wards."""
    electoral: bool = False
    """Whether they are Northern Ireland's district electoral areas, in which the census's own areas nest."""


ELECTORAL = "dea"
"""What is given in place of a file to mean the district electoral areas of Northern Ireland."""


def electoral_areas(evidence: Evidence, councils: Sequence[str]) -> OwnAreas:
    """The district electoral areas (2014) of councils of Northern Ireland, each of whole wards.

    Raises
    ------
    UsageError
        When a council lies in another nation: electoral areas of that kind are Northern Ireland's alone.
    """
    here = evidence.areas[evidence.areas["council_code"].isin(councils)]
    elsewhere = here.loc[here["nation"] != "Northern Ireland", "council_name"].unique()
    if len(elsewhere):
        do = "Give a file of your areas instead: a lookup of wards or small areas, or outlines."
        what = "means the district electoral areas of Northern Ireland, which these councils do not have"
        raise UsageError(Problem(f"--areas {ELECTORAL}", what, join_words(list(elsewhere[:5])), do))
    table = deas.read().set_index("ward_code")
    table = table[table.index.isin(here.index)]
    names = table.drop_duplicates("area_code").set_index("area_code")["area_name"].astype(object)
    return OwnAreas("the district electoral areas of 2014", names, None, None, (deas.SOURCE.note,), table["area_code"].astype(object), True)


def read(source: Path | bytes, where: str, *, code: str | None = None, name: str | None = None, sheet: str | None = None) -> OwnAreas:
    """Own areas from a lookup of small areas or wards (CSV, Excel) or outlines (GeoJSON, GeoPackage, a zipped shapefile, GeoParquet).

    Parameters
    ----------
    code, name
        Headings of the code and the name of the areas, where they are not found by themselves.

    Raises
    ------
    UsageError, DataRefused
        With every problem at once: outlines that cross themselves, overlap or lie outside the United Kingdom,
        codes twice, small areas twice or of no code we know, and what cannot be read.
    """
    if isinstance(source, Path) and not source.is_file():
        raise UsageError(Problem(where, "is not a file", "", "Give a lookup (CSV, Excel) or outlines (GeoJSON, GeoPackage)."))
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > own_rules().brought.largest_mb * sheets.MB:
        raise DataRefused(Problem(where, f"is {size / sheets.MB:,.0f} MB, larger than outlines of areas can be", "", "Simplify them."))
    if Path(where).suffix.lower() in SHAPES:
        return _outlines(source, where, code, name)
    return _lookup(look(source, where, sheet), code, name)


def _lookup(seen: Look, code: str | None, name: str | None) -> OwnAreas:
    headings = [column.heading for column in seen.columns]
    small = next((place for place, column in enumerate(seen.columns) if column.kind == "code"), None)
    if small is None:
        do = f"Give one row for each small area (E01012670) or ward (E05015188) and the area it belongs to; it has: {', '.join(headings)}."
        raise DataRefused(Problem(seen.where, "has no column of codes of small areas or wards", "", do))
    piece, pattern = ("ward", WARD_CODE) if seen.level == "ward" else ("small area", SMALL_AREA_CODE)
    example = "wards (E05..., W05..., S13..., N08...)" if piece == "ward" else "LSOA 2021 (E01..., W01...)"
    ward_headings = r"^(wd\d\d(cd|nm)|ward(_?(code|cd|name|nm))?s?)$" if piece == "ward" else r"^$"
    rest = [place for place in range(len(headings)) if place != small]
    plain = {place: re.sub(r"\W+", "_", headings[place]).strip("_").casefold() for place in rest}
    rest = [place for place in rest if not re.match(r"^(lsoa|msoa|dz|sdz|oa|lad|lgd|utla|rgn)\d*\d\d", plain[place])]
    rest = [place for place in rest if not re.match(ward_headings, plain[place])]
    by_name = _asked(headings, name, seen.where) if name else next((p for p in rest if _NAMES.search(plain[p])), None)
    by_code = _asked(headings, code, seen.where) if code else next((p for p in rest if _CODES.search(plain[p]) and p != by_name), None)
    if by_name is None and by_code is None and len(rest) == 1:
        by_name = rest[0]
    if by_name is None and by_code is None:
        do = "Name the column 'area_code' or 'area_name', or say which it is with --area-code or --area-name."
        raise UsageError(Problem(seen.where, "does not say which column holds the areas", ", ".join(headings), do))
    problems: list[Problem] = []
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    for line, row in seen.rows:
        where, key = f"{seen.where}, line {line}", row[small].upper()
        called = row[by_name] if by_name is not None else ""
        said = row[by_code] if by_code is not None else ""
        if not re.match(pattern, key):
            problems.append(Problem(where, f"is not a {piece.replace(' ', '-')} code", row[small], f"Use codes of {example}."))
        elif not (said or called):
            problems.append(Problem(where, "says no area", row[small], "Give its area, or leave the row out."))
        elif key in found:
            problems.append(Problem(where, f"this {piece} stands on line {lines[key]} already", row[small], "Give each to one area."))
        else:
            area = said or f"own-{slug(called)}"
            found[key], lines[key] = area, line
            if called and names.setdefault(area, called) != called:
                problems.append(Problem(where, f"the area {area} has another name above ({names[area]})", called, "Give it one name."))
    problems += _code_problems(seen.where, list(dict.fromkeys(found.values())))
    if problems:
        raise DataRefused(problems[:30])
    areas = pd.Series({area: names.get(area, area) for area in dict.fromkeys(found.values())}).astype(object)
    lookup = pd.Series(found).astype(object)
    return OwnAreas(seen.where, areas, None, None, (), lookup) if piece == "ward" else OwnAreas(seen.where, areas, lookup, None, ())


def _asked(headings: Sequence[str], heading: str, where: str) -> int:
    plain = [one.casefold() for one in headings]
    if plain.count(heading.casefold()) != 1:
        raise UsageError(Problem(where, "is not a heading of the file", heading, f"It has: {', '.join(headings)}."))
    return plain.index(heading.casefold())


def _code_problems(where: str, codes: Sequence[str]) -> list[Problem]:
    bad = [code for code in codes if not re.match(PLACE_CODE, code)]
    if len(codes) > MOST_AREAS:
        return [Problem(where, f"holds {len(codes):,} areas, more than {MOST_AREAS:,}", "", "Give larger areas.")]
    do = "Use letters, figures, points and hyphens, up to 32."
    return [Problem(where, f"{len(bad)} codes of areas cannot be used", ", ".join(bad[:3]), do)] if bad else []


def _outlines(source: Path | bytes, where: str, code: str | None, name: str | None) -> OwnAreas:
    frame = _opened(source, where)
    problems = []
    if frame.crs is None:
        problems.append(Problem(where, "does not say its coordinate system", "", "Save it again with one, for example EPSG:27700."))
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    by_code, by_name = _columns(frame, columns, code, name, where)
    called = frame[by_name].astype(str).str.strip() if by_name else None
    named = frame[by_code or by_name or columns[0]].astype(str).str.strip()
    codes = named if by_code else named.map(lambda text: f"own-{slug(text)}")
    if len(twice := codes[codes.duplicated()]):
        do = "Keep one outline for each area; join its parts into one."
        problems.append(Problem(where, f"{len(twice)} codes or names are there twice", ", ".join(twice.iloc[:3]), do))
    problems += _code_problems(where, list(codes.unique()))
    kinds = frame.geometry.geom_type
    flat = frame.geometry.isna() | frame.geometry.is_empty | ~kinds.isin(["Polygon", "MultiPolygon"])
    if flat.any():
        problems.append(Problem(where, f"{int(flat.sum())} areas have no outline", ", ".join(codes[flat].iloc[:3]), "Give polygons."))
    problems += _crossed(where, codes[~flat & ~frame.geometry.is_valid])
    if problems:
        raise DataRefused(problems)
    # Heights are left out: with them a point may be moved by a hair on the way to metres, and its outline cross itself.
    flattened = shapely.force_2d(frame.geometry.to_numpy())
    shapes = gpd.GeoDataFrame({"code": codes.to_numpy()}, geometry=flattened, crs=frame.crs).to_crs(METRES)
    problems += _outside(shapes, frame, where) or _crossed(where, codes[~shapes.geometry.is_valid.to_numpy()])
    notes: list[str] = []
    if not problems:
        more, notes = _overlaps(shapes, where)
        problems += more
    if problems:
        raise DataRefused(problems)
    names = pd.Series((called if called is not None else codes).to_numpy(), index=codes.to_numpy(), dtype=object)
    return OwnAreas(where, names, None, shapes, tuple(notes))


def _crossed(where: str, codes: pd.Series) -> list[Problem]:
    do = "Repair them in a GIS (in QGIS: Fix geometries) and try again."
    return [Problem(where, f"{len(codes)} outlines cross themselves", ", ".join(codes.iloc[:3]), do)] if len(codes) else []


def _opened(source: Path | bytes, where: str) -> gpd.GeoDataFrame:
    ending = Path(where).suffix.lower()
    try:
        if ending == ".parquet":
            return gpd.read_parquet(source if isinstance(source, Path) else io.BytesIO(source))
        _is_what_it_says(source, where, ending)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL thinks of file names
            frame = gpd.read_file(source if isinstance(source, Path) else io.BytesIO(source))
    except DataRefused:
        raise
    except Exception:  # drivers raise many kinds; each means the file cannot be read
        raise DataRefused(Problem(where, "cannot be read as outlines", "", "Give GeoJSON, a GeoPackage or a zipped shapefile.")) from None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise DataRefused(Problem(where, "holds no outlines", "", "Give a layer of polygons, one for each area."))
    return frame


def _is_what_it_says(source: Path | bytes, where: str, ending: str) -> None:
    """Refuse a file whose content is of another kind than its name says.

    GDAL goes by the content, and some kinds (VRT) name other files and addresses to read: a file that a
    visitor brings must not be able to open those of the server.
    """
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
        start = file.read(2_000).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        match ending:
            case ".zip":
                with zipfile.ZipFile(file) as packed:
                    parts = packed.infolist()
                unpacked = sum(part.file_size for part in parts)
                if unpacked > own_rules().brought.largest_unpacked_mb * sheets.MB:
                    raise DataRefused(Problem(where, f"unpacks to {unpacked / sheets.MB:,.0f} MB", "", "Check where it came from."))
                others = [part.filename for part in parts if not part.is_dir() and Path(part.filename).suffix.lower() not in _PARTS]
                if others:
                    do = "Zip a shapefile alone (.shp, .shx, .dbf, .prj); give any other file as it is."
                    raise DataRefused(Problem(where, "holds something else than a shapefile", others[0][:80], do))
                right = True
            case ".gpkg":
                right = start.startswith(b"SQLite format 3\x00")
            case ".fgb":
                right = start.startswith(b"fgb")
            case ".kml":
                right = b"<kml" in start and b"<!" not in start.replace(b"<!--", b"")
            case ".geojson" | ".json":
                held = json.loads(file.read()) if start.startswith(b"{") else None
                right = isinstance(held, dict) and held.get("type") in ("FeatureCollection", "Feature")
            case _:
                right = isinstance(source, Path)  # a shapefile on this machine, with its other parts beside it
    if not right:
        do = "Give GeoJSON, a GeoPackage or a zipped shapefile."
        raise DataRefused(Problem(where, "cannot be read as outlines: its content is not what its name says", ending, do))


def _columns(
    frame: gpd.GeoDataFrame, columns: Sequence[str], code: str | None, name: str | None, where: str
) -> tuple[str | None, str | None]:
    """The columns of codes and of names: those asked for, else by their heading and by being different in every row."""
    plain = {column: re.sub(r"\W+", "_", column).strip("_").casefold() for column in columns}
    texts = [c for c in columns if frame[c].notna().all() and frame[c].astype(str).str.strip().ne("").all()]
    by_code = (
        columns[_asked(columns, code, where)] if code else next((c for c in texts if _CODES.search(plain[c]) and frame[c].is_unique), None)
    )
    named = [c for c in texts if _NAMES.search(plain[c]) and c != by_code]
    by_name = columns[_asked(columns, name, where)] if name else next(iter(named), None)
    if by_code is None and by_name is None:
        do = "Say which it is with --area-code or --area-name."
        raise UsageError(Problem(where, "does not say which column names the areas", ", ".join(columns) or "none", do))
    return by_code, by_name


def _outside(shapes: gpd.GeoDataFrame, given: gpd.GeoDataFrame, where: str) -> list[Problem]:
    west, south, east, north = UNITED_KINGDOM
    x0, y0, x1, y1 = shapes.total_bounds
    if np.isfinite([x0, y0, x1, y1]).all() and x0 >= west and y0 >= south and x1 <= east and y1 <= north:
        return []
    left, low, right, high = given.total_bounds
    swapped = given.crs is not None and given.crs.is_geographic and left >= 49 and right <= 61 and low >= -9 and high <= 2
    metres = given.crs is not None and given.crs.is_geographic and right > 1000
    if swapped:
        return [Problem(where, "has its axes swapped: latitude stands where longitude should", "", "Swap them when you export it.")]
    if metres:
        return [Problem(where, "holds metres but says it holds degrees", f"{right:,.0f}", "Set its coordinate system to EPSG:27700.")]
    return [Problem(where, "lies outside the United Kingdom", f"x {left:,.1f}, y {low:,.1f}", "Check its coordinate system.")]


def _overlaps(shapes: gpd.GeoDataFrame, where: str) -> tuple[list[Problem], list[str]]:
    """Areas that lie over each other: people there would count twice. Slivers along a line are told, more is refused."""
    geometry = shapes.geometry.to_numpy()
    tree = shapely.STRtree(geometry)
    one, other = tree.query(geometry, predicate="intersects")
    pairs = one < other
    one, other = one[pairs], other[pairs]
    both = shapely.area(shapely.intersection(geometry[one], geometry[other]))
    share = both / np.minimum(shapely.area(geometry[one]), shapely.area(geometry[other]))
    codes = shapes["code"].to_numpy()
    large = np.flatnonzero(share > own_rules().areas.most_overlap)
    if len(large):
        shown = join_words([f"{codes[one[i]]} and {codes[other[i]]}" for i in large[:3]])
        do = "Give each place to one area; people there would count twice."
        return [Problem(where, f"{len(large)} pairs of areas overlap by more than {own_rules().areas.most_overlap:.0%}", shown, do)], []
    small = int((share > 1e-4).sum())
    return [], [f"{small} pairs of areas overlap by a sliver; a postcode there goes to one of them."] if small else []


__all__ = ["METRES", "OwnAreas", "read"]
