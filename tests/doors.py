"""Every connector with a small whole answer of its publisher, and the same with a column renamed, a row sent twice,
a mark at its start or the letters of Windows; and which traps apply to which.

What a trap does to an answer is in ``test_traps.py``. ``python tests/doors.py`` prints the two tables of ``docs/fetching.md``.
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
import publishers
from publishers import squares, zipped
from pytest_httpserver import HTTPServer

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
    scottish_tables,
    simd,
    ward_counts,
    wimd,
)
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

PATH = "/door"


@dataclass(frozen=True)
class Door:
    """One connector.

    ``make("whole" | "renamed" | "twice" | "mark" | "windows")`` gives the publisher's answer, ``point`` turns its
    addresses to one address, ``call`` asks. ``kind`` is what is sent (``hand``: nobody can be asked, a file named
    ``file`` is given by hand), ``holds`` what is inside it. ``paged`` plays the publisher in pages of one row and
    says where.
    """

    name: str
    kind: str
    make: Callable[[str], bytes]
    point: Callable[[dict[str, Any], str], None]
    call: Callable[[Fetcher, dict[str, Any]], pd.DataFrame]
    source: str
    holds: str = ""
    paged: Callable[[HTTPServer], str] | None = None
    file: str = ""

    @property
    def inside(self) -> str:
        return self.holds or self.kind


def shaped(table: pd.DataFrame, shape: str, column: str) -> pd.DataFrame:
    """The table, or with ``column`` under another name, its first row twice, or a column of names with letters of their own."""
    if shape == "renamed":
        return table.rename(columns={column: "Other"})
    if shape == "windows":
        return table.assign(Note="Ynys M\u00f4n \u2013 caf\u00e9")
    return pd.concat([table, table.iloc[:1]], ignore_index=True) if shape == "twice" else table


def text(table: pd.DataFrame, shape: str = "whole") -> bytes:
    said = table.to_csv(index=False)
    return said.encode({"mark": "utf-8-sig", "windows": "cp1252"}.get(shape, "utf-8"))


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
    return marked(json.dumps(answer), shape)


def lookup(shape: str) -> bytes:
    """The small areas of a council and their wards: a layer without shapes is plain JSON."""
    table = shaped(FIT, shape, "WD25CD")
    return marked(json.dumps({"features": [{"attributes": row} for row in table.to_dict("records")], "count": len(table)}), shape)


def marked(said: str, shape: str) -> bytes:
    return said.encode("utf-8-sig" if shape == "mark" else "utf-8")


def long(shape: str) -> bytes:
    table = pd.DataFrame(
        [[code, cell, value, 4] for code in ("E01000001", "E01000002") for cell, value in ((0, 90), (1, 30))],
        columns=["GEOGRAPHY_CODE", "C2021_CARS_5", "OBS_VALUE", "RECORD_COUNT"],
    )
    return text(shaped(table, shape, "OBS_VALUE"), shape)


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
    content = text(shaped(table, shape, "Number of cars or vans: Total: All households"), shape)
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
    return marked(json.dumps({"observations": rows + (rows[:1] if shape == "twice" else [])}), shape)


def premises(shape: str) -> bytes:
    table = pd.DataFrame({"output_area": ["E00000001", "E00000002"], **dict.fromkeys(ofcom.COLUMNS.values(), 10)})
    table = shaped(table, shape, next(iter(ofcom.COLUMNS.values())))
    inner = zipped({"x/202601_fixed_oa_coverage_r1.csv": text(table, shape)})
    return zipped({"about.txt": "", "202601_fixed_oa_coverage_r1.zip": inner})


def coverage(shape: str) -> bytes:
    """Both files by council in one zip; no premises without indoor 4G is a blank cell."""
    codes = ["E06000001", "N09000003"]
    fixed = pd.DataFrame({"laua": codes, "laua_name": "x", ofcom_councils.BELOW_USO: [0.5, 4.1]})
    mobile = pd.DataFrame({"laua": codes, "laua_name": "x", ofcom_councils.NO_INDOOR_4G: [None, 2.5]})
    return zipped(
        {
            "202601_fixed_laua_coverage_r1/202601_fixed_laua_coverage_r1.csv": text(shaped(fixed, shape, ofcom_councils.BELOW_USO), shape),
            "202507_mobile_coverage_laua_r01.csv": text(mobile, shape),
        }
    )


def scores(shape: str) -> bytes:
    table = pd.DataFrame({iod.CODE: ["E01000001", "E01000002"], **{said: [10, 20] for said in iod.POPULATION.values()}})
    return text(shaped(table, shape, next(iter(iod.POPULATION.values()))), shape)


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
    return text(shaped(table, shape, "observation"), shape)


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
    if shape == "windows":  # five columns and no more: the letters are in the names of its zones
        return text(table.replace("x", "Ynys M\u00f4n"), shape)
    return text(shaped(table, shape, "Count"), shape)


def tenure(shape: str) -> bytes:
    """Scotland's download: notes, headings, then every data zone of 2011, for the whole edition is asked for."""
    codes = [f"S01{number:06d}" for number in range(6506, 6506 + 6976)]
    rented = "Social rented: Council"
    table = shaped(pd.DataFrame({"Data Zone 2011": codes, "All households": 9, rented: 4}), shape, rented)
    return text(table, shape) if shape == "mark" else b"SuperWEB2(tm)\n\n" + text(table, shape)


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


def service(layer: str) -> Callable[[dict[str, Any], str], None]:
    """Sets one layer of the portal to the local server."""

    def point(addresses: dict[str, Any], url: str) -> None:
        base, _, name = url.rpartition("/")
        addresses["open_geography"]["base"] = base
        addresses["open_geography"]["service"][layer]["name"] = name

    return point


def nowhere(addresses: dict[str, Any], url: str) -> None:
    """Nobody can be asked."""


def paged_layer(table: pd.DataFrame) -> Callable[[HTTPServer], str]:
    def play(server: HTTPServer) -> str:
        publishers.layer(server, "paged", table, most=1)
        return server.url_for("/arcgis/paged")

    return play


def paged_cars(codes: list[str]) -> Callable[[HTTPServer], str]:
    """As ``long``, two categories of two areas, cut at one row."""

    def play(server: HTTPServer) -> str:
        cells = pd.DataFrame({0: [90, 90], 1: [30, 30]}, index=codes)
        publishers.nomis(server, "NM_2063_1", "c2021_cars_5", cells, cut=1, inside={"E06000009": codes})
        return server.url_for("/nomis")

    return play


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
FIT = pd.DataFrame({"LSOA21CD": SMALL, "LSOA21NM": "x", "WD25CD": "E05000001", "WD25NM": "x", "LAD25CD": "E06000009", "LAD25NM": "x"})


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


def fit(fetcher: Fetcher, addresses: dict[str, Any]) -> pd.DataFrame:
    return open_geography.by_codes(fetcher, open_geography.service(addresses, "best_fit"), "LSOA21CD", SMALL)


def scottish_tenure(fetcher: Fetcher, addresses: dict[str, Any]) -> pd.DataFrame:
    return scottish_tables.fetch(fetcher, addresses, next(one for one in scottish_tables.TABLES if one.id == "tenure"))


def boundary(name: str) -> Callable[[Fetcher, dict[str, Any]], pd.DataFrame]:
    return lambda fetcher, addresses: boundary_files.fetch(fetcher, addresses, name)


WARDS = squares(["E05000001", "E05000002"]).assign(WD25NM="x", LAD25CD="E06000009", LAD25NM="y")
DOORS = [
    Door("open_geography", "json", layer, service("wards"), wards, "ONS Open Geography", paged=paged_layer(WARDS)),
    Door("open_geography_lookups", "json", lookup, service("best_fit"), fit, "ONS Open Geography", paged=paged_layer(FIT)),
    Door("nomis", "csv", long, at("nomis", "base"), lambda f, a: nomis.by_codes(f, cars(a), SMALL), "Nomis", paged=paged_cars(SMALL)),
    Door("nomis_bulk", "zip", bulk, at("nomis", "bulk"), lambda f, a: nomis.from_bulk(f, cars(a)), "Nomis", "csv"),
    Door(
        "nomis_wards", "csv", long_wards, at("nomis", "base"), published, "Nomis",
        paged=paged_cars([code.replace("E01", "E05") for code in SMALL]),
    ),
    Door("ons_custom", "json", custom, at("ons_custom", "base"), lambda f, a: ons_custom.fetch_ages(f, a, SMALL)[0], "ONS custom"),
    Door("ofcom", "zip", premises, at("ofcom", "base"), lambda f, a: ofcom.fetch_output_areas(f, a, LOOKUP), "Ofcom", "csv"),
    Door("ofcom_councils", "zip", coverage, at("ofcom", "base"), ofcom_councils.fetch, "Ofcom", "csv"),
    Door("iod_scores", "csv", scores, at("iod", "scores", "url"), iod.fetch_population, "English Indices"),
    Door("iod_indicators", "sheet", indicators, at("iod", "indicators", "url"), iod.fetch_income, "English Indices"),
    Door("wimd", "sheet", ranks, at("wimd", "url"), wimd.fetch_ranks, "Welsh Index"),
    Door("local_statistics", "csv", councils, at("local_statistics", "base"), local_statistics.fetch_below_30, "ONS Explore"),
    Door("simd", "sheet", zones, at("simd", "url"), simd.fetch_income, "Scottish Index"),
    Door("scotland_census", "hand", tenure, nowhere, scottish_tenure, "Scotland's Census", "csv", file="table_2026-11-01_09-00-00.csv"),
    Door("nimdm", "sheet", outputs, at("nimdm", "url"), nimdm.fetch_income, "Northern Ireland Multiple"),
    Door("nisra", "csv", builder, at("nisra", "base"), lambda f, a: nisra.fetch(f, a, irish_cars(a)), "NISRA"),
    Door(
        "data_zones", "zip", shapes("DataZone", "Name", ["S01006506", "S01006507"], "SG_DataZone_Bdry_2011", 27700),
        at("boundary_files", "data_zones", "url"), boundary("data_zones"), "Scottish Government", "shapes",
    ),
    Door(
        "super_data_zones", "zip", shapes("SDZ2021_cd", "SDZ2021_nm", ["N21000001", "N21000002"], "SDZ2021", 29902),
        at("boundary_files", "super_data_zones", "url"), boundary("super_data_zones"), "NISRA", "shapes",
    ),
    Door(
        "super_output_areas", "zip", shapes("SOA_CODE", "SOA_LABEL", ["95AA01S1", "95AA01S2"], "SOA2011", 29902),
        at("boundary_files", "super_output_areas", "url"), boundary("super_output_areas"), "NISRA", "shapes",
    ),
]  # fmt: skip


# ------------------------------------------------------------------ which traps apply to which


def asked(door: Door) -> bool:
    return door.kind != "hand"


def always(door: Door) -> bool:
    return True


TRAPS: dict[str, Callable[[Door], bool]] = {
    "in pages": lambda door: door.paged is not None,
    "cut off": always,
    "error in a 200": asked,
    "web page": always,
    "empty": always,
    "mark (BOM)": lambda door: door.inside in ("csv", "json"),
    "Windows letters": lambda door: door.inside == "csv",
    "code twice": always,
    "renamed column": always,
    "403": asked,
    "429": asked,
    "500": asked,
    "time-out": asked,
    "dropped": asked,
    "moved": asked,
    "gone (404)": asked,
    "corrupt zip": lambda door: door.kind in ("zip", "sheet"),
    "zip bomb": lambda door: door.kind in ("zip", "sheet"),
}
"""Every trap of the list, and whether it can happen to a connector."""


def trapped(trap: str) -> list[Door]:
    """The connectors that a trap can happen to."""
    return [door for door in DOORS if TRAPS[trap](door)]


def traps_table() -> str:
    """Connector by trap as ``docs/fetching.md`` prints it."""
    head = ["connector", *TRAPS]
    rows = [[f"`{door.name}`", *("yes" if applies(door) else "\u2013" for applies in TRAPS.values())] for door in DOORS]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def pages_table() -> str:
    """What to download by hand, from which page, under which name, as ``docs/fetching.md`` prints it."""
    known = read_addresses()
    rows: list[tuple[str, str, list[str]]] = []
    geography = known["open_geography"]
    rows += [(one["title"], geography["page"], one["by_hand"]) for one in geography["service"].values()]
    small = [*nomis.tables(known), *ward_counts.tables(known)]
    rows += [(f"Census 2021{', wards' if one.level == 'ward' else ''}, {one.title}", one.page, list(one.ask("").by_hand)) for one in small]
    rows.append((known["ons_custom"]["source"] + ", ages in six groups", known["ons_custom"]["page"], known["ons_custom"]["by_hand"]))
    ofcom_page = known["ofcom"]["page"]
    rows += [
        (f"{known['ofcom']['source']}, {what}", ofcom_page, known["ofcom"][name]["by_hand"])
        for name, what in (("output_areas", "fixed coverage"), ("councils_mobile", "mobile coverage by council"))
    ]
    local = known["local_statistics"]
    rows.append((local["source"], local["page"], [f"{local['table']['below_30mbps']['name']}.csv"]))
    rows += [(f"{known['iod']['source']}, {what}", known["iod"]["page"], known["iod"][name]["by_hand"])
             for name, what in (("scores", "File 7"), ("indicators", "File 8"))]  # fmt: skip
    rows += [(known[name]["source"], known[name]["page"], known[name]["by_hand"]) for name in ("wimd", "simd", "scotland_census", "nimdm")]
    rows += [(one["source"], one["page"], one["by_hand"]) for one in known["boundary_files"].values()]
    rows += [
        (f"{known['nisra']['source']}, {one.title}", known["nisra"]["page"], [f"*{known['nisra']['zones']}*{one.variable}*.csv".lower()])
        for one in nisra.tables(known)
    ]
    lines = ["| file | page | name looked for |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {title} | {page} | {' or '.join(f'`{name}`' for name in names)} |" for title, page, names in rows])


if __name__ == "__main__":
    print(pages_table(), traps_table(), sep="\n\n")  # noqa: T201
