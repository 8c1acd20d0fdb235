"""A GeoPackage in metres (EPSG:27700) that opens in QGIS already coloured.

Layers: ``wards``, ``findings`` (on the shape of their ward) and ``small_areas`` (points). Where the
release holds no shape for one of the wards, every ward is its centre point, so that a layer never
mixes points and polygons. A table ``about`` without shapes says what the layers rest on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.export.tables import about_table, findings_table, small_areas_table, wards_table
from exclusion.method.uncertainty import Uncertainty
from exclusion.places import for_map

METRES = "EPSG:27700"
INK, PAPER = "#0b0c0c", "#ffffff"

# Value in the file, words in the legend, colour: the colours of the app's own map, so that a
# picture made in QGIS and one from the app mean the same.
BANDS = (
    ("Lowest", "1 Lowest", "#CDE594"),
    ("Lower", "2 Lower", "#80C6A3"),
    ("Middle", "3 Middle", "#1F9EB7"),
    ("Higher", "4 Higher", "#186290"),
    ("Highest", "5 Highest", "#080C54"),
    ("Not scored", "Not scored", "#bdbdbd"),
)
SEVERITIES = (
    ("monitor", "Watch", "#80C6A3"),
    ("recommended", "Advise keeping", "#1F9EB7"),
    ("required", "Keep as a condition", "#080C54"),
    ("", "Caution, or not assessed", "#bdbdbd"),
)
SMALL_AREAS = (("", "Small area", "#ffffff"),)
PLACES = (
    ("stays", "Stays open", "#1F9EB7"),
    ("fewer_hours", "Opens for fewer hours", "#CDE594"),
    ("closes", "Closes", "#080C54"),
)

_LAYER_STYLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT '2000-01-01T00:00:00.000Z'
)"""


def write_geopackage(assessment: Assessment, path: Path, sure: Uncertainty | None = None) -> None:
    """Write the layers and their styles to ``path``, which must not exist (see ``files.whole_file``).

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    areas = assessment.areas
    polygons = bool(len(areas)) and bool(areas.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all())
    if polygons:
        shapes = [shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape for shape in areas.geometry]
    else:
        shapes = list(shapely.points(areas[["x", "y"]].to_numpy(dtype="float64")))
    place = dict(zip(areas.index, shapes, strict=True))
    kind = "MultiPolygon" if polygons else "Point"
    wards, findings, small = wards_table(assessment, sure), findings_table(assessment), small_areas_table(assessment)
    points = shapely.points(small[["x", "y"]].to_numpy(dtype="float64"))
    with _same_bytes():
        _layer(path, "wards", wards, [place[code] for code in wards["area_code"]], kind)
        if assessment.services:
            _layer(path, "findings", findings, [place[code] for code in findings["area_code"]], kind)
        _layer(path, "small_areas", small, list(points), "Point")
        pyogrio.write_dataframe(about_table(assessment), path, layer="about", driver="GPKG", append=True)
    with closing(sqlite3.connect(path)) as base, base:
        _begin_styles(base)
        for layer, column, classes, shape in (
            ("wards", "band_word", BANDS, kind),
            *([("findings", "severity", SEVERITIES, kind)] if assessment.services else []),
            ("small_areas", "", SMALL_AREAS, "Point"),
        ):
            _add_style(base, layer, qml(column, classes, polygons=shape != "Point", label="area_name" if layer == "wards" else ""))


def add_places(path: Path, places: pd.DataFrame) -> None:
    """Add a layer ``places`` (points, coloured by what happens to them) to a GeoPackage, or begin one with it.

    Parameters
    ----------
    places
        Places as ``exclusion.places`` has them; the columns of ``places.for_map`` are written.

    Raises
    ------
    UsageError
        When the file holds such a layer already.
    OSError
        When the file cannot be written.
    """
    if path.exists() and "places" in pyogrio.list_layers(path)[:, 0]:
        raise UsageError(Problem(str(path), "holds a layer 'places' already", "", "Write a new file."))
    table = for_map(places)
    with _same_bytes():
        _layer(path, "places", table, list(shapely.points(table[["x", "y"]].to_numpy(dtype="float64"))), "Point")
    with closing(sqlite3.connect(path)) as base, base:
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone():
            _begin_styles(base)
        _add_style(base, "places", qml("status", PLACES, polygons=False, label="name"))


def _begin_styles(base: sqlite3.Connection) -> None:
    base.execute(_LAYER_STYLES)
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', '2000-01-01T00:00:00.000Z')"
    )


def _add_style(base: sqlite3.Connection, layer: str, style: str) -> None:
    base.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, "
        "styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, 'geom', ?, ?, '', 1, 'Kept Open', '')",
        (layer, f"kept open {layer}", style),
    )


def _layer(path: Path, name: str, table: pd.DataFrame, shapes: list[object], kind: str) -> None:
    frame = gpd.GeoDataFrame(table.drop(columns=["x", "y"], errors="ignore"), geometry=gpd.GeoSeries(shapes, crs=METRES), crs=METRES)
    new = {} if path.exists() else {"dataset_options": {"VERSION": "1.2"}}  # older desktops warn of anything later
    pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", geometry_type=kind, append=path.exists(), **new)


@contextmanager
def _same_bytes() -> Iterator[None]:
    """Without the minute of writing, equal assessments give equal files; the date is in run.toml."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


# ------------------------------------------------------------------------------- styles


def qml(column: str, classes: tuple[tuple[str, str, str], ...], *, polygons: bool, label: str = "") -> str:
    """A QGIS style: one class per value of ``column`` with its words, or one look for all when it is blank.

    Parameters
    ----------
    column
        The column that decides; "" for a layer with a single look.
    classes
        Value, words in the legend, fill colour.
    polygons
        Whether the layer holds areas (else points).
    label
        The column written on the map; "" for none.
    """
    symbols = "".join(_symbol(str(number), colour, polygons) for number, (_, _, colour) in enumerate(classes))
    if column:
        categories = "".join(
            f'<category symbol="{number}" value={quoteattr(value)} label={quoteattr(words)} render="true" type="string"/>'
            for number, (value, words, _) in enumerate(classes)
        )
        head = f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0" enableorderby="0" forceraster="0">'
        body = f"<categories>{categories}</categories>"
    else:
        head, body = '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">', ""
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="{int(bool(label))}">'
        f"{head}{body}<symbols>{symbols}</symbols></renderer-v2>{_labels(label) if label else ''}</qgis>"
    )


def _labels(column: str) -> str:
    """Dark letters on a light rim, so that names read on every colour."""
    return (
        f'<labeling type="simple"><settings><text-style fieldName={quoteattr(column)} fontSize="8" fontSizeUnit="Point" '
        f'textColor="{_rgb(INK)}" textOpacity="1">'
        f'<text-buffer bufferDraw="1" bufferSize="1" bufferSizeUnits="MM" bufferColor="{_rgb(PAPER)}"/></text-style></settings></labeling>'
    )


def _symbol(name: str, colour: str, polygons: bool) -> str:
    if polygons:
        kind, layer = "fill", "SimpleFill"
        options = {
            "color": _rgb(colour),
            "style": "solid",
            "outline_color": _rgb(PAPER),
            "outline_style": "solid",
            "outline_width": "0.2",
        }
    else:
        kind, layer = "marker", "SimpleMarker"
        options = {"color": _rgb(colour), "name": "circle", "outline_color": _rgb(INK), "outline_width": "0.2", "size": "3"}
    values = "".join(f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items())
    return (
        f'<symbol type="{kind}" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0"><Option type="Map">{values}</Option></layer></symbol>'
    )


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"
