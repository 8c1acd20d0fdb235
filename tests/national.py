"""The publishers played with the national tables of ../shared: for a whole fetch, end to end.

TS003 and Ofcom's output areas are in no gathered file. Here every small area has the one-person
households of its census table, 45 in 100 of them aged 66 and over, and every output area has 100
premises, of which as many cannot get 10 Mbit/s as its last digit says, and twice as many 30.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
from publishers import at, json_of, layer, nomis, zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from exclusion.sources import iod
from exclusion.sources import nomis as nomis_door
from exclusion.sources.addresses import read_addresses

COUNCILS = ("E06000009", "E07000124", "E09000030")
LONE = 0.45


def csv(shared: Path, name: str, **more: Any) -> pd.DataFrame:
    return pd.read_csv(shared / "data" / name, **more)


def play(server: HTTPServer, shared: Path) -> dict[str, Any]:
    """Every publisher on the local server; returns the addresses to ask it at."""
    addresses = at(server, read_addresses())
    data = shared / "data"
    lookup = csv(shared, "geography/lookup_lsoa21_wd25_lad25_derived.csv.gz", dtype=str)
    wards = gpd.read_parquet(data / "geography/wards_2025_uk_bgc.parquet")
    known = csv(shared, "geography/lookup_wd25_lad25_rgn25_uk.csv", dtype=str)
    wards = wards[["WD25CD", "geometry"]].merge(known, on="WD25CD")
    service = addresses["open_geography"]["service"]
    layer(server, service["wards"]["name"], wards, most=30)
    small = gpd.read_parquet(data / "geography/lsoa_2021_ew_simplified.parquet")
    layer(
        server, service["small_areas"]["name"], small.merge(lookup[["LSOA21CD", "LSOA21NM"]], on="LSOA21CD", suffixes=("_old", "")), most=50
    )
    layer(server, service["best_fit"]["name"], lookup, lower=True)
    layer(server, service["rural"]["name"], csv(shared, "geography/ruc21_lsoa21_ew.csv.gz", dtype=str))
    areas = csv(shared, "census/lookups/oa21_lsoa21_RECONSTRUCTED.csv.gz", dtype=str).set_axis(["OA21CD", "LSOA21CD"], axis=1)
    layer(server, service["output_areas"]["name"], areas, most=60_000)
    service["output_areas"]["at_a_time"] = 60_000
    _census(server, shared, addresses, lookup)
    _ofcom(server, areas)
    _iod(server, shared)
    _local_statistics(server, shared)
    return addresses


def _census(server: HTTPServer, shared: Path, addresses: dict[str, Any], lookup: pd.DataFrame) -> None:
    ward = lookup.set_index("LSOA21CD")["WD25CD"]
    inside = {code: sorted(set(rows)) for code, rows in lookup.groupby("LAD25CD")["WD25CD"]}
    for table in nomis_door.tables(addresses):
        dimension = table.dimension or "c2021_carer_7"
        if table.id == "ts003":
            alone = csv(shared, "census/ew_lsoa21/ts075_one_person_households__oasum.csv.gz").set_index("lsoa21cd")
            old = (alone["one_person"] * LONE).astype(int)
            cells = pd.DataFrame({0: alone["total_households"], 1001: alone["one_person"], 1: old, 2: alone["one_person"] - old})
        else:
            held = csv(shared, table.file).set_index("lsoa21cd")
            cells = pd.DataFrame({code: held[name] for name, (code, _) in table.columns.items()})
        # For the wards of 2022, which are in no gathered file for the nation: sums of the best-fit areas of today's.
        wards = cells.groupby(ward.reindex(cells.index)).sum()
        nomis(server, table.dataset, dimension, pd.concat([cells, wards]), inside=inside)
        if table.id == "ts007a":
            _ages_of_wards(server, addresses, wards, inside)
    ages = csv(shared, "census/ew_lsoa21/custom_age6.csv.gz").set_index("lsoa21cd")

    def custom(request: Request) -> Response:
        _, *codes = request.args["area-type"].split(",")
        rows = [
            {
                "dimensions": [
                    {"dimension_id": "lsoa", "option": code, "option_id": code},
                    {"dimension_id": "resident_age_6a", "option": name, "option_id": str(number)},
                ],
                "observation": int(ages.at[code, name]),
            }
            for code in codes
            for number, name in enumerate(ages.columns, 1)
        ]
        return json_of({"observations": rows})

    server.expect_request("/ons-custom/population-types/UR/census-observations").respond_with_handler(custom)


def _ages_of_wards(server: HTTPServer, addresses: dict[str, Any], wards: pd.DataFrame, inside: dict[str, list[str]]) -> None:
    """Single years: everybody of a five-year band has its first age."""
    about = addresses["nomis"]["ward_ages"]
    words = {0: "Total: All usual residents", 1: "Aged under 1 year", 2: "Aged 1 year"}
    words |= {age + 1: f"Aged {age} years" for age in range(2, 100)} | {101: "Aged 100 years and over"}
    years = pd.DataFrame(0, index=wards.index, columns=list(words))
    years[0] = wards[0]
    for band in range(1, 19):
        years[1 + 5 * (band - 1)] = wards[band]
    nomis(server, about["dataset"], about["dimension"], years, inside=inside, words=words)


def _ofcom(server: HTTPServer, areas: pd.DataFrame) -> None:
    last = areas["OA21CD"].str[-1].astype(int)
    table = pd.DataFrame(
        {
            "output_area": areas["OA21CD"],
            "All Premises": 100,
            "All Matched Premises": 100,
            "Number of premises unable to receive 10Mbit/s": last,
            "Number of premises unable to receive 30Mbit/s": 2 * last,
            "Number of premises below the USO": 0,
        }
    )
    inner = zipped({"202601_fixed_oa_coverage_r1/202601_fixed_oa_coverage_r1.csv": table.to_csv(index=False)})
    content = zipped({"about.txt": "", "202601_fixed_oa_coverage_r1.zip": inner})

    def answer(request: Request) -> Response:
        if "Mozilla" not in request.headers["User-Agent"]:
            return Response("<html><title>Attention Required! | Cloudflare</title></html>", 403)
        if request.headers.get("If-None-Match") == '"r1"':
            return Response(status=304)
        return Response(content, content_type="application/zip", headers={"ETag": '"r1"'})

    path = "/ofcom/connected-nations-spring-2026/202601_fixed_broadband_coverage_and_full_fibre_take-up-r1.zip"
    server.expect_request(path, query_string="v=422620").respond_with_handler(answer)
    server.expect_request(path, query_string="").respond_with_handler(
        lambda request: Response(status=301, headers={"Location": f"{path}?v=422620"})
    )


def _iod(server: HTTPServer, shared: Path) -> None:
    people = csv(shared, "census/ew_lsoa21/mid2022_population_iod2025_england.csv.gz")
    scores = people[["lsoa21cd", *iod.POPULATION]].rename(columns={"lsoa21cd": iod.CODE, **iod.POPULATION})
    server.expect_request("/iod/File_7_IoD2025.csv").respond_with_data(
        b"\xef\xbb\xbf" + scores.to_csv(index=False).encode(), content_type="text/csv"
    )
    income = csv(shared, "income/iod2025_england_lsoa21.csv.gz")[["lsoa21_code", *iod.INCOME]]
    digital = csv(shared, "connectivity/iod2025_digital_connectivity_lsoa21.csv.gz")[["lsoa21_code", *iod.DIGITAL]]
    book = openpyxl.Workbook(write_only=True)
    book.create_sheet("Notes").append(["Notes"])
    for sheet, table, names in ((iod.INCOME_SHEET, income, iod.INCOME), (iod.DIGITAL_SHEET, digital, iod.DIGITAL)):
        page = book.create_sheet(sheet)
        page.append([iod.CODE, *names.values()])
        for row in table.itertuples(index=False):
            page.append([None if pd.isna(cell) else cell for cell in row])
    held = io.BytesIO()
    book.save(held)
    server.expect_request("/iod/File_8_IoD2025.xlsx").respond_with_data(held.getvalue(), content_type="application/octet-stream")


def _local_statistics(server: HTTPServer, shared: Path) -> None:
    table = csv(shared, "connectivity/ofcom_area_coverage_ons_els_2022_2026.csv.gz")
    table = table[table["metric"] == "below_30mbps_pct"]
    published = pd.DataFrame(
        {
            "areacd": table["area_code"],
            "areanm": table["area_name"],
            "geography": table["area_level"],
            "indicator": "premises-below-30",
            "period": table["period"] + "-01",
            "observation": table["value_pct"],
            "measure": "Percentage",
            "unit": "%",
        }
    )
    content = b"\xef\xbb\xbf" + published.to_csv(index=False).encode()
    server.expect_request("/els/premises-below-30/premises-below-30.csv").respond_with_data(content, content_type="text/plain")
