"""A Frictionless data package and GeoJSON: what is described is what is there."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely

from exclusion import assessment, export
from exclusion.__main__ import main
from exclusion.release import Evidence


@pytest.fixture(scope="module")
def a(bundled: Evidence) -> assessment.Assessment:
    return assessment.assess(bundled, ["Ribble Valley"], ["blue_badge"])


@pytest.fixture(scope="module")
def package(a: assessment.Assessment) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(export.package_bytes(a))) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def test_every_column_is_described_in_the_order_of_the_file_and_reads_as_its_type(package: dict[str, bytes]) -> None:
    told = json.loads(package["datapackage.json"])
    assert [one["path"] for one in told["resources"]] == [name for name in package if name != "datapackage.json"]
    for resource in told["resources"][:-1]:
        table = pd.read_csv(io.BytesIO(package[resource["path"]]), dtype=str, encoding="utf-8-sig", keep_default_na=False)
        fields: list[dict[str, Any]] = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == list(table.columns)
        for field in fields:
            cells = [cell for cell in table[field["name"]] if cell]
            if field["type"] == "integer":
                [int(cell) for cell in cells]
            elif field["type"] == "number":
                [float(cell) for cell in cells]
            elif field["type"] == "boolean":
                assert set(cells) <= {"True", "False"}
        for key in resource["schema"].get("primaryKey", ()):
            assert table[key].is_unique and (table[key] != "").all()
    wards = next(one for one in told["resources"] if one["name"] == "wards")
    assert all(field.get("title") for field in wards["schema"]["fields"])
    assert told["licenses"][0]["name"] == "OGL-UK-3.0" and told["sources"]


def test_the_tables_are_the_downloads_and_equal_runs_give_equal_bytes(a: assessment.Assessment, package: dict[str, bytes]) -> None:
    assert package["wards.csv"] == export.csv_bytes(export.wards_table(a))
    assert package["findings.csv"] == export.csv_bytes(export.findings_table(a))
    assert export.package_bytes(a) == export.package_bytes(a)


def test_geojson_holds_the_ward_table_in_longitude_and_latitude(a: assessment.Assessment, package: dict[str, bytes]) -> None:
    features = json.loads(package["wards.geojson"])["features"]
    table = export.wards_table(a)
    assert [one["id"] for one in features] == list(table["area_code"])
    assert set(features[0]["properties"]) == set(table.columns)
    blank = table["age75_count"].isna()
    assert [one["properties"]["age75_count"] is None for one in features] == list(blank)
    for one in features:
        shape = shapely.geometry.shape(one["geometry"])
        west, south, east, north = shape.bounds
        assert -2.8 < west < east < -2.0 and 53.7 < south < north < 54.1  # Ribble Valley
        outer = shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior
        assert outer.is_ccw


def test_the_command_line_writes_the_same(a: assessment.Assessment, package: dict[str, bytes], tmp_path: Path) -> None:
    for name in ("rv.geojson", "rv.zip"):
        assert main(["export", "-c", "Ribble Valley", "-s", "blue_badge", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "rv.geojson").read_bytes() == package["wards.geojson"]
    with zipfile.ZipFile(tmp_path / "rv.zip") as pack:
        assert pack.read("wards.csv") == package["wards.csv"]
