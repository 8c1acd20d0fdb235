"""Every connector with a small whole answer of its publisher, and the same with a column renamed or a row sent twice.

What a trap does to an answer is in ``test_traps.py``; here is only what a good one looks like.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
from publishers import squares, zipped

from exclusion.sources import (
    boundary_files,
    iod,
    local_statistics,
    nimdm,
    nisra,
    nomis,
    ofcom,
    ofcom_councils,
    ons_custom,
    open_geography,
    simd,
    ward_counts,
    wimd,
)
from exclusion.sources.fetch import Fetcher

PATH = "/door"


@dataclass(frozen=True)
class Door:
    """One connector.

    ``make("whole" | "renamed" | "twice")`` gives the publisher's answer, ``point`` turns its addresses to
    one address, ``call`` asks.
    """

    name: str
    kind: str
    make: Callable[[str], bytes]
    point: Callable[[dict[str, Any], str], None]
    call: Callable[[Fetcher, dict[str, Any]], pd.DataFrame]
    source: str


def shaped(table: pd.DataFrame, shape: str, column: str) -> pd.DataFrame:
    """The table, or with ``column`` under another name, or with its first row twice."""
    if shape == "renamed":
        return table.rename(columns={column: "Other"})
    return pd.concat([table, table.iloc[:1]], ignore_index=True) if shape == "twice" else table


def text(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def book(sheet: str, table: pd.DataFrame, above: int = 0) -> bytes:
    held = io.BytesIO()
    pages = openpyxl.Workbook()
    pages.active.title = "Notes"
    page = pages.create_sheet(sheet)
    for number in range(above):
        page.append([f"A note {number}"])
    page.append(list(table.columns))
    for row in table.itertuples(index=False):
        page.append(list(row))
    pages.save(held)
    return held.getvalue()


def shapefile(name: str, table: gpd.GeoDataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        table.to_file(Path(folder) / f"{name}.shp")
        return zipped({f"inside/{path.name}": path.read_bytes() for path in Path(folder).iterdir()})


# ------------------------------------------------------------------ answers


def layer(shape: str) -> bytes:
    """Two wards of one council; the count is asked at the same address, so the answer says it as well."""
    table = shaped(squares(["E05000001", "E05000002"]).assign(WD25NM="x", LAD25CD="E06000009", LAD25NM="y"), shape, "WD25NM")
    answer = json.loads(table.to_json(drop_id=True)) | {"count": len(table)}
    return json.dumps(answer).encode()


def long(shape: str) -> bytes:
    table = pd.DataFrame(
        [[code, cell, value, 4] for code in ("E01000001", "E01000002") for cell, value in ((0, 90), (1, 30))],
        columns=["GEOGRAPHY_CODE", "C2021_CARS_5", "OBS_VALUE", "RECORD_COUNT"],
    )
    return text(shaped(table, shape, "OBS_VALUE"))


def long_wards(shape: str) -> bytes:
    return long(shape).replace(b"E0100", b"E0500")


def bulk(shape: str) -> bytes:
    table = pd.DataFrame(
        {
            "date": 2021,
            "geography": "x",
            "geography code": ["E01000001", "E01000002"],
            "Number of cars or vans: Total: All households": [90, 90],
            "Number of cars or vans:No cars or vans in household; measures: Value": [30, 30],
        }
    )
    content = text(shaped(table, shape, "Number of cars or vans: Total: All households"))
    return zipped({"census2021-ts045-ltla.csv": "x", "census2021-ts045-lsoa..csv": content})


def custom(shape: str) -> bytes:
    rows = [
        {
            "dimensions": [
                {"dimension_id": "lsoa", "option": code, "option_id": code},
                {"dimension_id": "other" if shape == "renamed" else "resident_age_6a", "option": "x", "option_id": str(age)},
            ],
            "observation": 10 * age,
        }
        for code in ("E01000001", "E01000002")
        for age in range(1, 7)
    ]
    return json.dumps({"observations": rows + (rows[:1] if shape == "twice" else [])}).encode()


def premises(shape: str) -> bytes:
    table = pd.DataFrame({"output_area": ["E00000001", "E00000002"], **dict.fromkeys(ofcom.COLUMNS.values(), 10)})
    table = shaped(table, shape, next(iter(ofcom.COLUMNS.values())))
    inner = zipped({"x/202601_fixed_oa_coverage_r1.csv": text(table)})
    return zipped({"about.txt": "", "202601_fixed_oa_coverage_r1.zip": inner})


def coverage(shape: str) -> bytes:
    """Both files by council in one zip; no premises without indoor 4G is a blank cell."""
    codes = ["E06000001", "N09000003"]
    fixed = pd.DataFrame({"laua": codes, "laua_name": "x", ofcom_councils.BELOW_USO: [0.5, 4.1]})
    mobile = pd.DataFrame({"laua": codes, "laua_name": "x", ofcom_councils.NO_INDOOR_4G: [None, 2.5]})
    return zipped(
        {
            "202601_fixed_laua_coverage_r1/202601_fixed_laua_coverage_r1.csv": text(shaped(fixed, shape, ofcom_councils.BELOW_USO)),
            "202507_mobile_coverage_laua_r01.csv": text(mobile),
        }
    )


def scores(shape: str) -> bytes:
    table = pd.DataFrame({iod.CODE: ["E01000001", "E01000002"], **{said: [10, 20] for said in iod.POPULATION.values()}})
    return text(shaped(table, shape, next(iter(iod.POPULATION.values()))))


def indicators(shape: str) -> bytes:
    table = pd.DataFrame({iod.CODE: ["E01000001", "E01000002"], **{said: [10, 20] for said in iod.INCOME.values()}})
    return book(iod.INCOME_SHEET, shaped(table, shape, next(iter(iod.INCOME.values()))))


def ranks(shape: str) -> bytes:
    table = pd.DataFrame({"LSOA code": ["W01000001", "W01000002"], "WIMD 2025 ": [2, 1]})
    return book(wimd.SHEET, shaped(table, shape, "WIMD 2025 "), above=2)


def councils(shape: str) -> bytes:
    table = pd.DataFrame(
        {"areacd": ["E06000001", "E06000002"], "areanm": "x", "period": "2026-01-01", "observation": [1.5, 2.5], "unit": "%"}
    )
    return text(shaped(table, shape, "observation"))


def zones(shape: str) -> bytes:
    table = pd.DataFrame(
        {
            "Data_Zone": ["S01006506", "S01006507"], "Council_area": "x", "Total_population": [900, 100], "Income_rate": ["8%", 0.5],
            "Income_count": [72, "50"], "Broadband": ["10.5%", "*"],
        }
    )  # fmt: skip
    return book(simd.SHEET, shaped(table, shape, "Income_count"))


def outputs(shape: str) -> bytes:
    said = f"{nimdm.INCOME} per cent of the\nNI median (%)"
    table = pd.DataFrame({"LGD2014NAME": "x", "SOA2001": ["95AA01S1", "95AA01S2"], said: [0.085, "0.13"]})
    return book(nimdm.SHEET, shaped(table, shape, said))


def builder(shape: str) -> bytes:
    table = pd.DataFrame(
        [[zone, "x", code, name, 10] for zone in ("N21000001", "N21000002") for code, name in ((0, "No cars"), (1, "1 car"), (2, "2+"))],
        columns=["Census 2021 Super Data Zone Code", "Census 2021 Super Data Zone Label", "Cars Code", "Cars Label", "Count"],
    )
    return text(shaped(table, shape, "Count"))


def shapes(code: str, name: str, codes: list[str], file: str, crs: int) -> Callable[[str], bytes]:
    def make(shape: str) -> bytes:
        table = squares(codes, code).to_crs(crs).assign(**{name: "x"})
        return shapefile(file, gpd.GeoDataFrame(shaped(table, shape, code), crs=crs))

    return make


# ------------------------------------------------------------------ where they are asked


def at(*way: str) -> Callable[[dict[str, Any], str], None]:
    """Sets one entry of the addresses to the local server."""

    def point(addresses: dict[str, Any], url: str) -> None:
        entry = addresses
        for name in way[:-1]:
            entry = entry[name]
        entry[way[-1]] = url

    return point


def service(addresses: dict[str, Any], url: str) -> None:
    base, _, name = url.rpartition("/")
    addresses["open_geography"]["base"] = base
    addresses["open_geography"]["service"]["wards"]["name"] = name


def two(addresses: dict[str, Any]) -> dict[str, Any]:
    """Every edition has two areas."""
    for name in ("iod", "wimd", "simd", "nimdm", "nisra", "nomis"):
        addresses[name]["rows"] = 2
    addresses["wimd"]["decile_bounds"] = [1, 2]
    addresses["simd"]["people"] = 1000
    addresses["local_statistics"]["table"]["below_30mbps"]["councils"] = 2
    for name in ("councils_fixed", "councils_mobile"):
        addresses["ofcom"][name]["councils"] = 2
    for entry in addresses["boundary_files"].values():
        entry["rows"] = 2
    for entry in [*addresses["nomis"]["table"], *addresses["nisra"]["table"]]:
        entry["published"] = 0
    return addresses


CARS = "ts045"
LOOKUP = pd.DataFrame({"OA21CD": ["E00000001", "E00000002"], "LSOA21CD": ["E01000001", "E01000001"]})
SMALL = ["E01000001", "E01000002"]


def cars(addresses: dict[str, Any]) -> nomis.Table:
    return next(table for table in nomis.tables(addresses) if table.id == CARS)


def ward_cars(addresses: dict[str, Any]) -> nomis.Table:
    return next(table for table in ward_counts.tables(addresses) if table.id == CARS)


def irish_cars(addresses: dict[str, Any]) -> nisra.Table:
    return next(table for table in nisra.tables(addresses) if table.id == "cars")


def published(fetcher: Fetcher, addresses: dict[str, Any]) -> pd.DataFrame:
    return ward_counts.fetch(fetcher, addresses, ward_cars(addresses), ["E06000009"], {})


def wards(fetcher: Fetcher, addresses: dict[str, Any]) -> pd.DataFrame:
    return open_geography.by_codes(fetcher, open_geography.service(addresses, "wards"), "LAD25CD", ["E06000009"])


def boundary(name: str) -> Callable[[Fetcher, dict[str, Any]], pd.DataFrame]:
    return lambda fetcher, addresses: boundary_files.fetch(fetcher, addresses, name)


DOORS = [
    Door("open_geography", "json", layer, service, wards, "ONS Open Geography"),
    Door("nomis", "csv", long, at("nomis", "base"), lambda f, a: nomis.by_codes(f, cars(a), SMALL), "Nomis"),
    Door("nomis_bulk", "zip", bulk, at("nomis", "bulk"), lambda f, a: nomis.from_bulk(f, cars(a)), "Nomis"),
    Door("nomis_wards", "csv", long_wards, at("nomis", "base"), published, "Nomis"),
    Door("ons_custom", "json", custom, at("ons_custom", "base"), lambda f, a: ons_custom.fetch_ages(f, a, SMALL)[0], "ONS custom"),
    Door("ofcom", "zip", premises, at("ofcom", "base"), lambda f, a: ofcom.fetch_output_areas(f, a, LOOKUP), "Ofcom"),
    Door("ofcom_councils", "zip", coverage, at("ofcom", "base"), ofcom_councils.fetch, "Ofcom"),
    Door("iod_scores", "csv", scores, at("iod", "scores", "url"), iod.fetch_population, "English Indices"),
    Door("iod_indicators", "sheet", indicators, at("iod", "indicators", "url"), iod.fetch_income, "English Indices"),
    Door("wimd", "sheet", ranks, at("wimd", "url"), wimd.fetch_ranks, "Welsh Index"),
    Door("local_statistics", "csv", councils, at("local_statistics", "base"), local_statistics.fetch_below_30, "ONS Explore"),
    Door("simd", "sheet", zones, at("simd", "url"), simd.fetch_income, "Scottish Index"),
    Door("nimdm", "sheet", outputs, at("nimdm", "url"), nimdm.fetch_income, "Northern Ireland Multiple"),
    Door("nisra", "csv", builder, at("nisra", "base"), lambda f, a: nisra.fetch(f, a, irish_cars(a)), "NISRA"),
    Door(
        "data_zones", "zip", shapes("DataZone", "Name", ["S01006506", "S01006507"], "SG_DataZone_Bdry_2011", 27700),
        at("boundary_files", "data_zones", "url"), boundary("data_zones"), "Scottish Government",
    ),
    Door(
        "super_data_zones", "zip", shapes("SDZ2021_cd", "SDZ2021_nm", ["N21000001", "N21000002"], "SDZ2021", 29902),
        at("boundary_files", "super_data_zones", "url"), boundary("super_data_zones"), "NISRA",
    ),
    Door(
        "super_output_areas", "zip", shapes("SOA_CODE", "SOA_LABEL", ["95AA01S1", "95AA01S2"], "SOA2011", 29902),
        at("boundary_files", "super_output_areas", "url"), boundary("super_output_areas"), "NISRA",
    ),
]  # fmt: skip
