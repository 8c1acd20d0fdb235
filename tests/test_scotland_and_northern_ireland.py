"""What only Scotland and Northern Ireland have: tables downloaded by hand, shares as text, zones of other censuses."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from doors import builder, irish_cars, shapes, two, zones
from publishers import at, zipped

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import boundary_files, nisra, scotland, scottish_tables, simd
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher


@pytest.fixture
def addresses(httpserver):
    found = two(at(httpserver, read_addresses()))
    found["simd"]["url"] = httpserver.url_for("/simd.xlsx")
    found["nisra"]["base"] = httpserver.url_for("/nisra")
    return found


@pytest.fixture
def fetcher(tmp_path) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, sleep=lambda seconds: None)


# ------------------------------------------------------------------ the Scottish index


def test_shares_written_as_text_become_numbers_and_withheld_ones_gaps(fetcher, httpserver, addresses):
    """ "8%" is 0.08; the second zone's broadband is "*": not known, never 0."""
    httpserver.expect_request("/simd.xlsx").respond_with_data(zones("whole"))
    assert simd.fetch_income(fetcher, addresses).to_dict("list") == {
        "dz11_code": ["S01006506", "S01006507"],
        "population_2017": [900, 100],
        "Income_rate": [0.08, 0.5],
        "Income_count": [72, 50],
    }
    slow = simd.fetch_broadband(fetcher, addresses)["share_premises_without_superfast"]
    assert slow[0] == 0.105 and pd.isna(slow[1])
    assert len(httpserver.log) == 1  # one workbook answers both


def test_people_that_do_not_add_up_to_the_published_number_are_refused(fetcher, httpserver, addresses):
    httpserver.expect_request("/simd.xlsx").respond_with_data(zones("whole"))
    addresses["simd"]["people"] = 5_424_800
    with pytest.raises(DataRefused, match="adds up to 1,000 people; 5,424,800 are published"):
        simd.fetch_income(fetcher, addresses)


# ------------------------------------------------------------------ NISRA's table builder


def test_a_table_is_asked_for_in_one_plain_address_and_told_by_its_codes(fetcher, httpserver, addresses):
    """Three categories of 10 households in each zone: 30 in all, 10 without a car."""
    httpserver.expect_request("/nisra/table.csv").respond_with_data(builder("whole"))
    found = nisra.fetch(fetcher, addresses, irish_cars(addresses))
    assert found.to_dict("list") == {"sdz21cd": ["N21000001", "N21000002"], "total_households": [30, 30], "no_car": [10, 10]}
    assert httpserver.log[0][0].query_string == b"d=HOUSEHOLD&v=SDZ21&v=HH_CAR_VAN_TC2"


def test_people_the_question_was_not_put_to_are_not_in_the_total(fetcher, httpserver, addresses):
    text = builder("whole").replace(b",0,No cars,", b",-8,No code required,")
    httpserver.expect_request("/nisra/table.csv").respond_with_data(text)
    with pytest.raises(DataRefused, match=r"has no category for 'no_car' \(found: 1 1 car; 2 2\+\)"):
        nisra.fetch(fetcher, addresses, irish_cars(addresses))


def test_a_total_far_from_the_published_one_is_refused(fetcher, httpserver, addresses):
    httpserver.expect_request("/nisra/table.csv").respond_with_data(builder("whole"))
    addresses["nisra"]["table"][2]["published"] = 768_810
    with pytest.raises(DataRefused, match="adds up to 60; 768,810 is published"):
        nisra.fetch(fetcher, addresses, irish_cars(addresses))


@pytest.mark.parametrize("table", nisra.tables(read_addresses()), ids=lambda table: table.id)
def test_each_table_finds_its_categories_under_the_names_nisra_prints(fetcher, httpserver, addresses, table):
    """Names as in NISRA's main statistics; codes as public callers give them."""
    names = {
        "disabled_household": ["No residents have a limiting long-term health problem", "1 resident has", "2 or more residents have"],
        "tenure": [
            "Owner occupied: Owns outright", "Social rented: Northern Ireland Housing Executive",
            "Social rented: Housing association or charitable trust", "Lives rent free",
        ],
        "cars": ["No cars or vans available", "1 car or van available", "2 or more cars or vans available"],
        "composition": ["One person household: Aged 66 years and over", "One person household: Other", "Other households"],
        "age": [f"Aged {age} years" for age in range(85)] + ["Aged 85 years and over"],
        "disability": [f"Day-to-day activities {how}" for how in ("limited a lot", "limited a little", "not limited")],
        "care": ["Provides no unpaid care", "Provides 1-19 hours unpaid care per week", "Provides 50+ hours unpaid care per week"],
        "qualifications": ["No qualifications", "1-4 O Levels/CSE/GCSE", "Level 4 qualifications or above"],
    }[table.id]  # fmt: skip
    rows = [[zone, "x", code, name, code + 1] for zone in ("N21000001", "N21000002") for code, name in enumerate(names)]
    head = ["Census 2021 Super Data Zone Code", "Census 2021 Super Data Zone Label", "V Code", "V Label", "Count"]
    httpserver.expect_request("/nisra/table.csv").respond_with_data(pd.DataFrame(rows, columns=head).to_csv(index=False))
    found = nisra.fetch(fetcher, addresses, replace(table, published=0))
    assert found[table.total].tolist() == [sum(range(1, len(names) + 1))] * 2
    assert (found[list(table.columns)] > 0).all(axis=None)
    assert found[list(table.columns)].sum(axis=1).le(found[table.total]).all()
    if table.id == "age":  # count = age + 1: 85 and over is 86, 16 to 24 is 17 + ... + 25
        assert found.loc[0, ["a85_plus", "a16_24"]].tolist() == [86, sum(range(17, 26))]


# ------------------------------------------------------------------ shapes


def test_a_shapefile_that_does_not_say_its_coordinates_is_taken_to_be_in_the_publisher_s(fetcher, httpserver, addresses):
    whole = shapes("SDZ2021_cd", "SDZ2021_nm", ["N21000001", "N21000002"], "SDZ2021", 29902)("whole")
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        silent = zipped({name: held.read(name) for name in held.namelist() if not name.endswith(".prj")})
    found = []
    for number, content in enumerate((whole, silent)):
        addresses["boundary_files"]["super_data_zones"]["url"] = httpserver.url_for(f"/{number}.zip")
        httpserver.expect_request(f"/{number}.zip").respond_with_data(content)
        found.append(boundary_files.fetch(fetcher, addresses, "super_data_zones"))
    assert list(found[0].columns) == ["SDZ21CD", "SDZ21NM", "geometry"]
    first, second = (table.geometry.iloc[0].centroid for table in found)
    assert abs(first.x - second.x) < 0.001 and abs(first.y - second.y) < 0.001


# ------------------------------------------------------------------ Scotland's Census, downloaded by hand

NOTES = (
    'SuperWEB2(tm)\n\n"Census 2022-Person-2Cv1"\n'
    '"Scotland\'s Census 2022 - National Records of Scotland Table UV303b - Disability  All people "\n'
    '"Intermediate Zone - Data Zone 2011 by Disability by Individuals"\n"Counting: Individuals"\n\n'
    'Filters:\n"Summation Options","Individuals"\n\n'
)
HOW = ("limited a lot", "limited a little", "not limited")
HEAD = '"Disability","All people",' + "".join(f'"Day-to-day activities {how}",' for how in HOW) + "\n"
ROWS = '"Intermediate Zone - Data Zone 2011",\n"S01006506",969,63,140,766,\n"S01006507",758,50,91,617,\n\n"(c) Crown copyright"\n'


@pytest.fixture
def two_zones(monkeypatch):
    monkeypatch.setattr(scottish_tables, "ZONES", (2, 2))


@pytest.fixture
def hand(tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def read(hand, tmp_path, addresses, name):
    table = next(t for t in scottish_tables.TABLES if t.id == name)
    return scottish_tables.fetch(Fetcher(cache=tmp_path / "cache", hand=hand), addresses, table)


def sheet(rows: list[list[object]]) -> bytes:
    book, held = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize("letters", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_download_is_told_by_what_is_in_it_not_by_its_name(hand, tmp_path, addresses, two_zones, letters):
    (hand / "table_2026-11-01_09-00-00.csv").write_bytes(b"another,table\n1,2\n")
    (hand / "table_2026-11-02_10-11-12.csv").write_bytes((NOTES + HEAD + ROWS).encode(letters))
    assert read(hand, tmp_path, addresses, "disability").to_dict("list") == {
        "dz11cd": ["S01006506", "S01006507"],
        "total": [969, 758],
        "limited_a_lot": [63, 50],
        "limited_a_little": [140, 91],
        "not_limited": [766, 617],
    }


def test_the_workbook_of_the_builder_is_read_with_its_blank_first_column(hand, tmp_path, addresses, two_zones):
    head = [None, "Tenure", "All occupied households", "Owned: Total", "Social rented: Total",
            "Social rented: Council (LA) or Housing association/ Registered Social landlord"]  # fmt: skip
    rows = [["SuperWEB2"], [], head, [None, "Data Zone 2011"], [None, "S01006506", 491, 333, 43, 43], [None, "S01006507", 400, 200, 20, 20]]
    (hand / "table_2025-02-22_14-58-47.xlsx").write_bytes(sheet(rows))
    found = read(hand, tmp_path, addresses, "tenure")
    assert found[scotland.RENTED].tolist() == [43, 20]
    assert found["total_households"].tolist() == [491, 400]


AGES = ["0 - 4", "5 - 9", "10 - 14", "15", "16 - 17", "18 - 19", *(f"{a} - {a + 4}" for a in range(20, 85, 5)), "85 and over"]


def test_ages_may_stand_below_each_zone_or_beside_it(hand, tmp_path, addresses, two_zones):
    """20 ages; the first zone has 1, 2, ... 20 people, the second ten of each."""
    below = [["SuperWEB2"], ["Age", "All people", "Female", "Male"]]
    for zone, people in (("S01006506", range(1, 21)), ("S01006507", [10] * 20)):
        below += [[zone], ["All people", sum(people), 0, 0], *([age, n, 0, 0] for age, n in zip(AGES, people, strict=True))]
    (hand / "table_2024-07-12_20-33-56.xlsx").write_bytes(sheet(below))
    first = read(hand, tmp_path, addresses, "age")
    assert first.loc[0, ["total", "a00_04", "a15", "a85_plus"]].tolist() == [210, 1, 4, 20]
    assert first.loc[1, "total"] == 200
    beside = "x\n\nAge,All people," + ",".join(AGES) + "\n"
    beside += "S01006506,210," + ",".join(map(str, range(1, 21))) + "\nS01006507,200," + ",".join(["10"] * 20) + "\n"
    (hand / "table_2024-07-12_20-33-56.xlsx").unlink()
    (hand / "table_2026.csv").write_text(beside)
    second = read(hand, tmp_path, addresses, "age")
    pd.testing.assert_frame_equal(second, first[second.columns], check_names=False)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (ROWS.replace('"S01006507",758,50,91,617,\n', ""), "holds 1 data zones in 1 rows; 2 were expected"),
        (ROWS.replace("S01006507", "S01006506"), r"holds 1 data zones in 2 rows; 2 were expected \(found: S01006506\)"),
        (ROWS.replace("758,50", "758,many"), r"holds no number in 'Day-to-day activities limited a lot' at S01006507 \(found: many\)"),
        (ROWS.replace("758,50", "758,5000"), r"holds parts larger than their total \(found: S01006507\)"),
    ],
)
def test_a_download_that_is_not_whole_is_refused_by_its_name(hand, tmp_path, addresses, two_zones, rows, words):
    (hand / "table_1.csv").write_text(NOTES + HEAD + rows)
    with pytest.raises(DataRefused, match=words) as refusal:
        read(hand, tmp_path, addresses, "disability")
    assert "table_1.csv" in str(refusal.value)


def test_without_a_download_the_table_to_choose_and_the_page_are_named(hand, tmp_path, addresses, fetcher):
    with pytest.raises(SourceUnreachable) as refusal:
        read(hand, tmp_path, addresses, "disability")
    said = str(refusal.value)
    assert said.startswith("Scotland's Census 2022, Disability (day-to-day activities): has no service to ask, and no file you downloaded")
    assert "https://www.scotlandscensus.gov.uk/search-the-census" in said and "Data Zone 2011" in said and "--from" in said
    assert "Try again later" not in said  # there is nothing to ask again
    with pytest.raises(SourceUnreachable, match="no folder given"):
        scottish_tables.fetch(fetcher, addresses, scottish_tables.TABLES[0])
