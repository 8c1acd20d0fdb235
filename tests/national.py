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
from doors import book, shapefile
from publishers import at, json_of, layer, nomis, zipped
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from exclusion.sources import iod, nimdm, ofcom_councils
from exclusion.sources import nomis as nomis_door
from exclusion.sources.addresses import read_addresses
from exclusion.sources.scotland import RENTED

COUNCILS = ("E06000009", "E07000124", "E09000030")
LONE = 0.45


def csv(shared: Path, name: str, **more: Any) -> pd.DataFrame:
    return pd.read_csv(shared / "data" / name, **more)


def play(server: HTTPServer, shared: Path) -> dict[str, Any]:
    """Every publisher of England and Wales on the local server; returns the addresses to ask it at."""
    addresses = play_beyond(server, shared, ofcom=False)
    service = addresses["open_geography"]["service"]
    lookup = csv(shared, "geography/lookup_lsoa21_wd25_lad25_derived.csv.gz", dtype=str)
    small = gpd.read_parquet(shared / "data/geography/lsoa_2021_ew_simplified.parquet")
    named = small.merge(lookup[["LSOA21CD", "LSOA21NM"]], on="LSOA21CD", suffixes=("_old", ""))
    layer(server, service["small_areas"]["name"], named, most=50)
    layer(server, service["best_fit"]["name"], lookup, lower=True)
    layer(server, service["rural"]["name"], csv(shared, "geography/ruc21_lsoa21_ew.csv.gz", dtype=str))
    areas = csv(shared, "census/lookups/oa21_lsoa21_RECONSTRUCTED.csv.gz", dtype=str).set_axis(["OA21CD", "LSOA21CD"], axis=1)
    layer(server, service["output_areas"]["name"], areas, most=60_000)
    service["output_areas"]["at_a_time"] = 60_000
    _census(server, shared, addresses, lookup)
    _ofcom(server, shared, addresses, areas)
    _iod(server, shared)
    return addresses


def play_beyond(server: HTTPServer, shared: Path, *, ofcom: bool = True) -> dict[str, Any]:
    """Wards of all nations, figures by council, and the publishers of Scotland and Northern Ireland."""
    addresses = at(server, read_addresses())
    wards = gpd.read_parquet(shared / "data/geography/wards_2025_uk_bgc.parquet")
    known = csv(shared, "geography/lookup_wd25_lad25_rgn25_uk.csv", dtype=str)
    layer(server, addresses["open_geography"]["service"]["wards"]["name"], wards[["WD25CD", "geometry"]].merge(known, on="WD25CD"), most=30)
    _local_statistics(server, shared)
    if ofcom:
        _ofcom(server, shared, addresses, None)
    _scotland(server, shared, addresses)
    _northern_ireland(server, shared, addresses)
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
        codes = codes or list(ages.index)
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


def bulk(server: HTTPServer, shared: Path, addresses: dict[str, Any]) -> None:
    """The bulk zips of whole tables, as a fetch of many councils asks for them."""
    for table in nomis_door.tables(addresses):
        if table.everywhere:
            continue
        held = csv(shared, table.file)
        said = {name: f"{table.title}: {words}; measures: Value" for name, (_, words) in table.columns.items()}
        frame = held[["lsoa21cd", *table.columns]].rename(columns={"lsoa21cd": "geography code", **said})
        frame.insert(0, "geography", "x")
        content = zipped({f"census2021-{table.id}-ltla.csv": "x", f"census2021-{table.id}-lsoa.csv": frame.to_csv(index=False)})
        server.expect_request(f"/nomis-bulk/census2021-{table.id}.zip").respond_with_data(content, content_type="application/zip")


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


def _ofcom(server: HTTPServer, shared: Path, addresses: dict[str, Any], areas: pd.DataFrame | None) -> None:
    """Both zips; by council the figures of 2024, which are the newest gathered. Output areas only where they are given."""
    known = csv(shared, "connectivity/ofcom_lad_2024_fixed_mobile.csv.gz")
    fixed = pd.DataFrame({"laua": known["lad_code"], "laua_name": known["lad_name"], ofcom_councils.BELOW_USO: known["below_uso_pct"]})
    gone = (100 - known["indoor_4g_any_operator_prem_pct"]).round(4)
    mobile = pd.DataFrame({"laua": known["lad_code"], ofcom_councils.NO_INDOOR_4G: gone.where(gone > 0)})  # blank means zero
    addresses["ofcom"]["councils_fixed"]["period"], addresses["ofcom"]["councils_mobile"]["period"] = "2024-07", "2024-09"
    files: dict[str, bytes | str] = {"about.txt": "", "x/202601_fixed_laua_coverage_r1.csv": fixed.to_csv(index=False)}
    if areas is not None:
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
        inner = {"202601_fixed_oa_coverage_r1/202601_fixed_oa_coverage_r1.csv": table.to_csv(index=False)}
        files["202601_fixed_oa_coverage_r1.zip"] = zipped(inner)
    content = zipped(files)
    server.expect_request("/ofcom/connected-nations-2025/202507_mobile_coverage_r01.zip").respond_with_data(
        zipped({"202507_mobile_coverage_laua_r01.csv": mobile.to_csv(index=False)}), content_type="application/zip"
    )

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


def _scotland(server: HTTPServer, shared: Path, addresses: dict[str, Any]) -> None:
    zones = gpd.read_parquet(shared / "data/geography/datazones_2011_scotland.parquet")
    named = zones.rename(columns={"DZ11CD": "DataZone", "DZ11NM": "Name"})[["DataZone", "Name", "geometry"]].to_crs(27700)
    _serve(server, addresses["boundary_files"]["data_zones"], "/scot/zones.zip", shapefile("SG_DataZone_Bdry_2011", named))
    income = csv(shared, "income/simd2020v2_dz11.csv.gz", dtype={"Income_rate": str})
    slow = csv(shared, "connectivity/simd2020v2_broadband_access_dz11.csv.gz")[["dz11_code", "share_premises_without_superfast"]]
    table = income.merge(slow, on="dz11_code")
    sheet = pd.DataFrame(
        {
            "Data_Zone": table["dz11_code"],
            "Total_population": table["population_2017"],
            "Income_rate": table["Income_rate"].fillna("*"),
            "Income_count": table["Income_count"].astype(str),  # some numbers are text
            "Broadband": table["share_premises_without_superfast"],
        }
    )
    _serve(server, addresses["simd"], "/scot/simd.xlsx", book("Data", sheet.astype(object).where(sheet.notna(), None)))


def scottish_downloads(shared: Path, folder: Path) -> Path:
    """Scotland's census as a user downloads it: ages, disability and tenure by data zone, named by their dates."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {
        "age_sex": {"total": "All people"}
        | {n: _age_said(n) for n in _ages(csv(shared, "census/scotland/census2022_age_sex_dz11.csv.gz"))},
        "disability": {
            "total": "All people",
            "limited_a_lot": "Day-to-day activities limited a lot",
            "limited_a_little": "Day-to-day activities limited a little",
            "not_limited": "Day-to-day activities not limited",
        },
        "tenure": {
            "total_households": "All occupied households",
            RENTED: "Social rented: Council (LA) or Housing association/ Registered Social landlord",
        },
    }
    for number, (name, headings) in enumerate(words.items()):
        table = csv(shared, f"census/scotland/census2022_{name}_dz11.csv.gz")
        told = table[["dz11cd", *headings]].rename(columns={"dz11cd": "Data Zone 2011", **headings})
        notes = 'SuperWEB2(tm)\n\n"Scotland\'s Census 2022 - National Records of Scotland"\n\n'
        (folder / f"table_2026-11-0{number + 1}_09-00-00.csv").write_text(notes + told.to_csv(index=False) + "\n(c) Crown copyright\n")
    return folder


def _ages(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.columns if str(name).startswith("a") and str(name)[1].isdigit()]


def _age_said(name: str) -> str:
    """``a05_09`` -> ``5 - 9``, ``a15`` -> ``15``, ``a85_plus`` -> ``85 and over``."""
    first, _, last = name[1:].partition("_")
    return f"{int(first)} and over" if last == "plus" else f"{int(first)} - {int(last)}" if last else str(int(first))


def _northern_ireland(server: HTTPServer, shared: Path, addresses: dict[str, Any]) -> None:
    for name, file, code, label, said in (
        ("super_data_zones", "superdatazones_2021_ni", "SDZ2021_cd", "SDZ2021_nm", "SDZ2021"),
        ("super_output_areas", "soa_2011_ni", "SOA_CODE", "SOA_LABEL", "SOA2011"),
    ):
        frame = gpd.read_parquet(shared / f"data/geography/{file}.parquet")
        frame = frame.rename(columns=dict(zip(frame.columns[[1, 0]], (code, label), strict=True)))[[code, label, "geometry"]].to_crs(29902)
        _serve(server, addresses["boundary_files"][name], f"/ni/{said}.zip", shapefile(said, frame))
    share = csv(shared, "income/nimdm2017_soa01.csv.gz")[["soa01_code", "income_below60_median_share"]]
    _serve(
        server,
        addresses["nimdm"],
        "/ni/NIMDM17_SOAresults.xls",
        book("Income", share.set_axis(["SOA2001", f"{nimdm.INCOME} per cent"], axis=1)),
    )
    homes = csv(shared, "census/ni/census2021_disabled_people_in_household_sdz21.csv.gz").set_index("sdz21cd")
    tenure = csv(shared, "census/ni/census2021_tenure_sdz21.csv.gz").set_index("sdz21cd")
    answers = {
        "HH_DISABLED_TC2": homes[["no_disabled_people", "one_disabled_person", "two_plus_disabled_people"]].set_axis(
            ["None", "One", "Two"], axis=1
        ),
        "HH_TENURE": tenure.drop(columns="total_households").rename(columns=_tenure_said),
    }
    # The other tables are in no gathered file: each person or household of a zone falls into its categories in equal parts,
    # but that more or fewer people are limited a lot.
    whole = {"HOUSEHOLD": homes["total_households"], "PEOPLE": (homes["total_households"] * 1_903_174 / 768_807).round().astype(int)}
    names = {
        "HH_CAR_VAN_TC2": ["No cars or vans available", "1 car", "2 or more"],
        "HH_FAMILY_COMPOSITION_AGG9": ["One person: Aged 66 years and over", "One person: Other", "Other"],
        "AGE_SYOA_85": [f"Aged {age}" for age in range(86)],
        "DISABILITY_DVO": ["Activities limited a lot", "Activities limited a little", "Activities not limited"],
        "IS_CARER_AGG5": ["Provides no unpaid care", "Provides care"],
        "HIGHEST_QUALIFICATION": ["No qualifications", "Some"],
    }
    for table in addresses["nisra"]["table"]:
        variable, dataset = table["variable"], table["dataset"]
        if variable in names:
            people = whole[dataset]
            parts = {name: people // len(names[variable]) for name in names[variable]}
            if variable == "DISABILITY_DVO":
                parts |= {"Activities limited a lot": limited_a_lot(people), "Activities not limited": people // 3}
            answers[variable] = pd.DataFrame(parts)
            table["published"] = 0
        answers[f"{dataset} {variable}"] = answers.pop(variable)

    def answer(request: Request) -> Response:
        _, variable = request.args.getlist("v")
        cells = answers[f"{request.args['d']} {variable}"]
        long = cells.rename_axis("zone").reset_index().melt("zone", var_name="label", value_name="Count")
        long["code"] = long["label"].map({name: number for number, name in enumerate(cells.columns)})
        told = pd.DataFrame(
            {
                "Census 2021 Super Data Zone Code": long["zone"],
                "Census 2021 Super Data Zone Label": "x",
                f"{variable} Code": long["code"],
                f"{variable} Label": long["label"],
                "Count": long["Count"],
            }
        )
        return Response(told.to_csv(index=False), content_type="text/csv")

    server.expect_request("/nisra/table.csv").respond_with_handler(answer)


def limited_a_lot(people: pd.Series) -> pd.Series:
    """As played: 6, 10, 14 ... 30 in 100 of a zone's people, by the number of the zone."""
    share = 6 + 4 * (people.index.str[-4:].astype(int) // 5 % 7)
    return (people * share // 100).astype(int)


def _tenure_said(name: str) -> str:
    """A column of the gathered file as NISRA names the category."""
    return name.replace("social_rented_", "Social rented: ").replace("_", " ")


def _serve(server: HTTPServer, entry: dict[str, Any], path: str, content: bytes) -> None:
    entry["url"] = server.url_for(path)
    server.expect_request(path).respond_with_data(content, content_type="application/octet-stream")
