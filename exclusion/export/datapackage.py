"""Tables for other programs by open standards: one GeoJSON file, and a Frictionless data package (a zip)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from exclusion.assessment import Assessment
from exclusion.export.files import csv_bytes
from exclusion.export.tables import (
    NO_SERVICE,
    dictionary,
    findings_table,
    observations_table,
    people_table,
    sources_table,
    wards_table,
)
from exclusion.method.uncertainty import Uncertainty
from exclusion.words import slug

KEYS = {"wards": ["area_code"], "sources": ["id"]}
OGL = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # equal assessments make equal packages


def geojson_bytes(assessment: Assessment, sure: Uncertainty | None = None) -> bytes:
    """The ward table as GeoJSON (RFC 7946): longitude and latitude, a feature a ward, the columns as properties; a gap is null.

    A ward without any geometry keeps its row with a null geometry.
    """
    table = wards_table(assessment, sure)
    shapes = gpd.GeoSeries(assessment.areas.geometry.reindex(table["area_code"]).to_numpy(), crs=27700).to_crs(4326)
    # RFC 7946 wants outer rings counter-clockwise.
    rounded = shapely.transform(shapely.orient_polygons(shapes.to_numpy()), lambda xy: np.round(xy, 6))
    rows = json.loads(table.to_json(orient="records", double_precision=10))
    features = [
        {
            "type": "Feature",
            "id": row["area_code"],
            "geometry": None if shape is None or shape.is_empty else shapely.geometry.mapping(shape),
            "properties": row,
        }
        for row, shape in zip(rows, rounded, strict=True)
    ]
    # What must be said beside the figures: a member of our own, which readers of GeoJSON pass over.
    whole = {"type": "FeatureCollection", "notices": list(assessment.notices), "features": features}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def package_bytes(assessment: Assessment, sure: Uncertainty | None = None) -> bytes:
    """A Frictionless data package as a zip: ``datapackage.json`` and the tables it describes, as CSV, with the shapes as GeoJSON."""
    tables = {
        "wards": wards_table(assessment, sure),
        **({"findings": findings_table(assessment)} if assessment.services else {}),
        "observations": observations_table(assessment),
        "people": people_table(assessment),
        "dictionary": dictionary(assessment, sure),
        "sources": sources_table(assessment),
    }
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()} | {"wards.geojson": geojson_bytes(assessment, sure)}
    files = {"datapackage.json": json.dumps(descriptor(assessment, tables), ensure_ascii=False, indent=2).encode()} | files
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(zipfile.ZipInfo(name, _ZIP_DATE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def descriptor(assessment: Assessment, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """What ``datapackage.json`` says: each table with the type, the label and the unit of every column; the sources; the licence."""
    manifest = assessment.evidence.manifest
    told = {(row["table"], row["column"]): row for row in tables["dictionary"].to_dict("records")}
    resources: list[dict[str, Any]] = [
        {
            "name": name,
            "path": f"{name}.csv",
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": {
                "fields": [_field(column, table[column], told.get((name, column), {})) for column in table.columns],
                "missingValues": [""],
                **({"primaryKey": KEYS[name]} if name in KEYS else {}),
            },
        }
        for name, table in tables.items()
    ]
    resources.append({"name": "shapes", "path": "wards.geojson", "format": "geojson", "mediatype": "application/geo+json"})
    councils = sorted(set(assessment.areas["council_name"]))
    return {
        "profile": "data-package",
        "name": slug(f"kept-open-{'-'.join(councils[:2])}"),
        "title": f"Kept Open: {', '.join(councils[:3])}" + (f" and {len(councils) - 3} more" if len(councils) > 3 else ""),
        "description": "Counts under 10 are left out. Bands are not ranks. The figures describe areas, not the people in them."
        + ("" if assessment.services else f" {NO_SERVICE}"),
        "notices": list(assessment.notices),
        "version": manifest.version,
        "licenses": [OGL],
        "sources": [
            {"title": source.title} | ({"path": source.url} if source.url.startswith("http") else {})
            for source in manifest.sources.values()
        ],
        "resources": resources,
    }


def _field(name: str, values: pd.Series, told: Mapping[Any, Any]) -> dict[str, Any]:
    if pd.api.types.is_bool_dtype(values):
        form: dict[str, Any] = {"type": "boolean", "trueValues": ["True"], "falseValues": ["False"]}
    elif pd.api.types.is_integer_dtype(values):
        form = {"type": "integer"}
    elif pd.api.types.is_float_dtype(values):
        form = {"type": "number"}
    else:
        form = {"type": "string"}
    note = "; ".join(str(told[part]) for part in ("unit", "note", "source") if told.get(part))
    return {"name": name, **form} | ({"title": told["label"]} if told.get("label") else {}) | ({"description": note} if note else {})
