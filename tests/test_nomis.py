"""Nomis: the cut at 25,000 rows, subtotals, measures, unknown dimensions, bulk files."""

from __future__ import annotations

import pandas as pd
import pytest
from publishers import at, nomis, zipped

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import nomis as door
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

AREAS = ["E01000001", "E01000002", "W01000003"]
# TS003: all households, one person (66+ and other), and a family leaf we do not ask for.
HOUSEHOLDS = pd.DataFrame({0: [100, 200, 50], 1001: [30, 80, 25], 1: [10, 50, 20], 2: [20, 30, 5], 3: [70, 120, 25]}, index=AREAS)


@pytest.fixture
def fetcher(tmp_path) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, sleep=lambda seconds: None)


@pytest.fixture
def ts003(httpserver):
    addresses = at(httpserver, read_addresses())
    addresses["nomis"]["rows"] = 3
    table = next(t for t in door.tables(addresses) if t.id == "ts003")
    return table


def without_total(table: door.Table) -> door.Table:
    """The three invented areas do not add up to England and Wales."""
    from dataclasses import replace

    return replace(table, published=0)


def test_leaves_and_subtotals_each_go_where_they_belong(fetcher, httpserver, ts003):
    """Category 1 is one person aged 66 and over; 1001 is every one-person household, 1 + 2. Summing all rows would double."""
    asked = nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS)
    table = door.by_codes(fetcher, ts003, AREAS)
    assert table.to_dict("list") == {
        "lsoa21cd": AREAS,
        "total_households": [100, 200, 50],
        "one_person": [30, 80, 25],
        "one_person_66_plus": [10, 50, 20],
        "one_person_other": [20, 30, 5],
    }
    assert asked[0]["c2021_hhcomp_15"] == "0,1,2,1001"
    assert asked[0]["measures"] == "20100"  # else every row comes twice
    assert asked[0]["geography"] == ",".join(AREAS)


def test_every_small_area_is_asked_for_by_type_and_pages_past_the_cut(fetcher, httpserver, ts003):
    from dataclasses import replace

    asked = nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS, cut=5)
    table = door.everywhere(fetcher, replace(ts003, published=0, rows_in_an_answer=5))
    assert list(table["one_person_66_plus"]) == [10, 50, 20]
    assert [q["recordoffset"] for q in asked] == ["0", "5", "10"]  # 3 areas x 4 categories = 12 rows
    assert {q["geography"] for q in asked} == {"TYPE151"}


def test_a_silent_cut_is_found_out_by_counting_even_without_a_record_count(fetcher, httpserver, ts003):
    nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS, cut=10, count=False)
    with pytest.raises(DataRefused, match=r"sent 10 figures; 12 were expected \(areas x categories\)"):
        door.everywhere(fetcher, without_total(ts003))


def test_a_cut_that_leaves_whole_areas_out_is_found_out_too(fetcher, httpserver, ts003):
    nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS, cut=8, count=False)
    with pytest.raises(DataRefused, match=r"lacks 1 of the 3 areas asked for \(found: W01000003\)"):
        door.by_codes(fetcher, ts003, AREAS)
    with pytest.raises(DataRefused, match="holds 2 small areas; England and Wales have 3"):
        door.everywhere(fetcher, without_total(ts003))


def test_a_total_far_from_the_published_one_is_refused(fetcher, httpserver, ts003):
    nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS)
    with pytest.raises(DataRefused, match="adds up to 350; 24,783,199 is published"):
        door.everywhere(fetcher, ts003)


def test_an_unknown_dimension_is_left_out_and_found_in_the_answer(fetcher, httpserver):
    """TS039: nobody wrote its dimension down. The answer has one column of categories, and its subtotals are 101 and 102."""
    table = next(t for t in door.tables(at(httpserver, read_addresses())) if t.id == "ts039")
    cells = pd.DataFrame({0: [90, 80, 70], 1: [80, 70, 65], 101: [10, 10, 5], 2: [6, 6, 3]}, index=AREAS)
    asked = nomis(httpserver, "NM_2057_1", "c2021_carer_7", cells)
    found = door.by_codes(fetcher, table, AREAS)
    assert "c2021_carer_7" not in asked[0]
    assert list(found["no_unpaid_care"]) == [80, 70, 65]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html><head><title>Error</title></head></html>", r"sent a web page where a CSV table was expected \(found: Error\)"),
        ("GEOGRAPHY_CODE,C2021_HHCOMP,OBS_VALUE\nE01000001,0,1\n", "lacks the column C2021_HHCOMP_15"),
        ("Sorry the query is too large", "lacks the column GEOGRAPHY_CODE and C2021_HHCOMP_15 and OBS_VALUE"),
        ("GEOGRAPHY_CODE,C2021_HHCOMP_15,OBS_VALUE\nE01000001,0,..\n", r"leaves figures blank \(found: E01000001\)"),
        (
            "GEOGRAPHY_CODE,C2021_HHCOMP_15,MEASURES,OBS_VALUE\nE01000001,0,20100,9\nE01000001,0,20301,100\n",
            r"mixes counts with percentages \(found: 20100, 20301\)",
        ),
        ("GEOGRAPHY_CODE,C2021_HHCOMP_15,OBS_VALUE\nE01000001,0,9\nE01000001,0,9\n", "sends 1 figures twice"),
    ],
)
def test_what_is_not_the_table_is_refused_and_not_kept(fetcher, httpserver, ts003, body, words):
    httpserver.expect_request("/nomis/NM_2023_1.data.csv").respond_with_data(body)
    with pytest.raises(DataRefused, match=words) as refusal:
        door.by_codes(fetcher, ts003, AREAS[:1])
    assert "https://www.nomisweb.co.uk/sources/census_2021_bulk, keep its name (census2021-ts003.zip)" in str(refusal.value)
    assert not list(fetcher.cache.rglob("*.body"))


def test_parts_larger_than_their_total_are_refused(fetcher, httpserver, ts003):
    nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS.assign(**{"1001": 0}).replace({30: 300}))
    with pytest.raises(DataRefused, match=r"holds parts larger than their total \(found: E01000001\)"):
        door.by_codes(fetcher, ts003, AREAS)


def test_a_service_that_is_down_says_which_file_to_download_by_hand(fetcher, httpserver, ts003):
    httpserver.expect_request("/nomis/NM_2023_1.data.csv").respond_with_data("down", 503)
    with pytest.raises(SourceUnreachable, match=r"Nomis \(Census 2021\), TS003.*answered 503.*census2021-ts003\.zip") as refusal:
        door.by_codes(fetcher, ts003, AREAS)
    assert refusal.value.exit_code == 4


# ------------------------------------------------------------------ bulk files

HEAD = "date,geography,geography code,Household composition: Total: All households; measures: Value"
BULK = (
    HEAD + ",Household composition: One-person household; measures: Value"
    ",Household composition:One-person household: Aged 66 years and over; measures: Value"
    ",Household composition: One-person household: Other\n"
    "2021,City of London 001A,E01000001,100,30,10,20\n2021,City of London 001B,E01000002,200,80,50,30\n2021,Anglesey,W01000003,50,25,20,5\n"
)


def bulk(server, text=BULK, name="census2021-ts003-lsoa..csv"):
    server.expect_request("/nomis-bulk/census2021-ts003.zip").respond_with_data(
        zipped({"census2021-ts003-ctry.csv": "x", name: text, "metadata/a.txt": ""})
    )


def test_a_bulk_file_gives_the_same_table_as_the_api(fetcher, httpserver, ts003):
    """Its headings vary: with or without "; measures: Value", with or without a space after the colon; a name has two dots."""
    nomis(httpserver, "NM_2023_1", "c2021_hhcomp_15", HOUSEHOLDS)
    bulk(httpserver)
    from_bulk = door.from_bulk(fetcher, without_total(ts003))
    pd.testing.assert_frame_equal(from_bulk, door.by_codes(fetcher, ts003, AREAS))


def test_a_bulk_file_with_a_renamed_column_names_the_one_we_miss(fetcher, httpserver, ts003):
    bulk(httpserver, BULK.replace("Aged 66 years and over", "Aged 65 and over"))
    with pytest.raises(DataRefused, match="lacks the column 'One-person household: Aged 66 years and over'"):
        door.from_bulk(fetcher, without_total(ts003))
    assert not list(fetcher.cache.rglob("*.body"))  # not kept


def test_a_bulk_file_in_the_folder_given_by_hand_is_used_for_a_council_too(httpserver, ts003, tmp_path):
    (tmp_path / "Census2021-TS003.zip").write_bytes(zipped({"census2021-ts003-lsoa.csv": BULK}))
    by_hand = Fetcher(cache=tmp_path / "cache", hand=tmp_path)
    assert list(door.by_codes(by_hand, ts003, AREAS[1:])["one_person_66_plus"]) == [50, 20]
    assert httpserver.log == []
