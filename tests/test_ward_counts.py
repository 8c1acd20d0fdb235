"""Census counts as published for 2022 wards: a council's wards, ages from single years, and what they must add up to."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from publishers import at, nomis, zipped

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import ward_counts
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

WARDS = ["E05000001", "E05000002", "E05000003"]
INSIDE = {"E07000117": WARDS[:2], "E08000016": WARDS[2:]}
CARS = pd.DataFrame({0: [1000, 2000, 500], 1: [300, 100, 50]}, index=WARDS)


@pytest.fixture
def fetcher(tmp_path) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, sleep=lambda seconds: None)


@pytest.fixture
def addresses(httpserver):
    return at(httpserver, read_addresses())


def table(addresses, name: str):
    return next(t for t in ward_counts.tables(addresses) if t.id == name)


def test_a_council_gives_its_wards_and_a_recoded_one_is_asked_for_by_its_old_code(fetcher, httpserver, addresses):
    """Barnsley is E08000038 since April 2025; Nomis has the wards of 2022 and knows it as E08000016."""
    asked = nomis(httpserver, "NM_2063_1", "c2021_cars_5", CARS, inside=INSIDE)
    found = ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), ["E08000038", "E07000117"], {"E07000117": 3001})
    assert found.to_dict("list") == {
        "wd22cd": WARDS,
        "lad25cd": ["E07000117", "E07000117", "E08000038"],
        "total_households": [1000, 2000, 500],
        "no_car": [300, 100, 50],
    }
    assert [q["geography"] for q in asked] == ["E07000117TYPE153", "E08000016TYPE153"]
    assert {q["c2021_cars_5"] for q in asked} == {"0,1"}


def test_wards_that_do_not_add_up_to_their_small_areas_are_refused_and_asked_for_again(fetcher, httpserver, addresses):
    """3,000 households in the wards; within 30 or half of one per cent of the small areas is perturbation, 3,100 is a ward left out."""
    nomis(httpserver, "NM_2063_1", "c2021_cars_5", CARS, inside=INSIDE)
    ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), ["E07000117"], {"E07000117": 3029})
    with pytest.raises(DataRefused, match=r"gives E07000117 3,000 in 2 wards; its small areas have 3,100.*--refresh"):
        ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), ["E07000117"], {"E07000117": 3100})


def test_every_ward_is_asked_for_by_type_and_adds_up_to_the_published_total(fetcher, httpserver, addresses):
    asked = nomis(httpserver, "NM_2063_1", "c2021_cars_5", CARS, cut=4)
    cars = replace(table(addresses, "ts045"), rows_in_an_answer=4, published=3503)  # 3 wards x 2 categories in two pages
    assert list(ward_counts.everywhere(fetcher, cars)["wd22cd"]) == WARDS
    assert [(q["geography"], q["recordoffset"]) for q in asked] == [("TYPE153", "0"), ("TYPE153", "4")]
    with pytest.raises(DataRefused, match="adds up to 3,500 in 3 wards; 3,600 is published"):
        ward_counts.everywhere(fetcher, replace(cars, published=3600))


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ({}, "holds none of the areas asked for"),
        ({"E07000117": [WARDS[0]], "E08000016": [WARDS[0]]}, r"gives a ward to two councils \(found: E05000001\)"),
    ],
)
def test_a_council_without_wards_or_a_ward_of_two_councils_is_refused(fetcher, httpserver, addresses, inside, words):
    nomis(httpserver, "NM_2063_1", "c2021_cars_5", CARS, inside=inside)
    with pytest.raises(DataRefused, match=words):
        ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), ["E07000117", "E08000038"], {})


def test_areas_that_are_no_wards_are_refused_and_not_kept(fetcher, httpserver, addresses):
    odd = CARS.set_axis(["E01000001", "E01000002", "E01000003"])
    nomis(httpserver, "NM_2063_1", "c2021_cars_5", odd, inside={"E07000117": ["E01000001"]})
    with pytest.raises(DataRefused, match=r"names areas that are no wards \(found: E01000001\)"):
        ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), ["E07000117"], {})
    assert not list(fetcher.cache.rglob("*.body"))


# ------------------------------------------------------------------ ages

# Codes as nobody wrote them down: the total, 101 single years, and bands among them.
YEARS = {0: "Total: All usual residents", 1: "Aged 4 years and under", 2: "Aged under 1 year", 3: "Aged 1 year"}
YEARS |= {2 + age: f"Aged {age} years" for age in range(2, 100)}
YEARS |= {102: "Aged 100 years and over", 1001: "Aged 75 to 84 years", 1002: "Aged 85 years and over"}
PEOPLE = {0: 1010, 1: 50, 1001: 100, 1002: 160} | dict.fromkeys(range(2, 103), 10)  # ten people of each age


def ages(server, people=PEOPLE, words=YEARS):
    cells = pd.DataFrame([people], index=WARDS[:1])
    nomis(server, "NM_2027_1", "c2021_age_102", cells, inside={"E07000117": WARDS[:1]}, words=words)


def test_bands_are_summed_from_single_years_told_by_their_words(fetcher, httpserver, addresses):
    """Ten people a year: 16 to 24 is 9 years, 85 and over 16 (to 100 and over). The bands of the table itself are not added in."""
    ages(httpserver)
    found = ward_counts.fetch(fetcher, addresses, table(addresses, "ts007"), ["E07000117"], {"E07000117": 1010})
    assert found.drop(columns=["wd22cd", "lad25cd"]).iloc[0].to_dict() == {
        "total": 1010, "a16_24": 90, "a25_34": 100, "a35_44": 100, "a45_54": 100, "a55_64": 100,
        "a65_74": 100, "a75_84": 100, "a85_plus": 160,
    }  # fmt: skip


@pytest.mark.parametrize("lost", [52, 102])
def test_a_year_that_is_not_there_is_refused(fetcher, httpserver, addresses, lost):
    ages(httpserver, words=YEARS | {lost: "Aged some years"})
    with pytest.raises(DataRefused, match="gives 100 single years of age; 0 to 100 were expected"):
        ward_counts.fetch(fetcher, addresses, table(addresses, "ts007"), ["E07000117"], {})
    assert not list(fetcher.cache.rglob("*.body"))


def test_every_table_goes_to_a_file_of_its_own():
    files = [t.file for t in ward_counts.tables(read_addresses())]
    assert len(files) == len(set(files)) == 9
    assert all(name.startswith("census/ew_wd22/ts") and name.endswith(".csv.gz") for name in files)


# ------------------------------------------------------------------ the published figures themselves


@pytest.mark.shared
def test_fourteen_councils_as_nomis_published_them_add_up_to_their_small_areas(fetcher, httpserver, addresses, shared):
    """Lancashire's 271 wards of 2022, TS045: every council within perturbation of its small areas."""
    long = pd.read_csv(shared / "data/census/councils/lancashire_14_councils_wd22_census2021_long.csv.gz", dtype=str)
    cars = long[long["table"] == "TS045"].assign(value=lambda t: t["value"].astype(int))
    wide = cars.pivot(index="wd22cd", columns="category", values="value")
    cells = pd.DataFrame({0: wide["Total: All households"], 1: wide["No cars or vans in household"]})
    inside = {code: sorted(set(rows)) for code, rows in cars.groupby("lad_cd")["wd22cd"]}
    nomis(httpserver, "NM_2063_1", "c2021_cars_5", cells, inside=inside)
    small = pd.read_csv(shared / "data/census/ew_lsoa21/ts045_car_availability.csv.gz").set_index("lsoa21cd")["total_households"]
    council = pd.read_csv(shared / "data/geography/lookup_lsoa21_wd25_lad25_derived.csv.gz", dtype=str).set_index("LSOA21CD")["LAD25CD"]
    totals = small.groupby(council.reindex(small.index)).sum()
    found = ward_counts.fetch(fetcher, addresses, table(addresses, "ts045"), inside, totals)
    assert (len(found), found["lad25cd"].nunique()) == (271, 14)
    assert abs(found["total_households"].sum() / totals[list(inside)].sum() - 1) < 0.0002


# ------------------------------------------------------------------ downloaded by hand


def given(tmp_path, name: str, text: str, member: str = "") -> Fetcher:
    """Nobody may be asked; the folder holds Nomis' second bulk zip, in which the wards are."""
    inside = member or f"census2021-{name}-ward.csv"
    (tmp_path / f"census2021-{name}-extra.zip").write_bytes(zipped({inside: text, "metadata/a.txt": ""}))
    return Fetcher(cache=tmp_path / "cache", hand=tmp_path, offline=True)


def test_the_second_bulk_zip_downloaded_by_hand_holds_every_ward_and_nobody_is_asked(httpserver, addresses, tmp_path):
    """The zip of small areas lies in the same folder under nearly the same name, and is not taken for it."""
    (tmp_path / "census2021-ts045.zip").write_bytes(zipped({"census2021-ts045-lsoa.csv": "x"}))
    head = (
        "date,geography,geography code,Number of cars or vans: Total: All households,Number of cars or vans: No cars or vans in household"
    )
    text = head + "\n2021,A,E05000001,1000,300\n2021,B,W05000002,500,50\n2021,England,E92000001,1500,350\n"
    cars = replace(table(addresses, "ts045"), published=1500)
    by_hand = given(tmp_path, "ts045", text)
    found = ward_counts.fetch(by_hand, addresses, cars, ["E07000117"], {})
    assert found.to_dict("list") == {
        "wd22cd": ["E05000001", "W05000002"],
        "lad25cd": ["", ""],
        "total_households": [1000, 500],
        "no_car": [300, 50],
    }
    pd.testing.assert_frame_equal(ward_counts.everywhere(by_hand, cars), found)
    assert httpserver.log == [] and by_hand.counts["by hand"] == 2
    with pytest.raises(DataRefused, match=r"adds up to 1,500 in 2 wards; 24,783,199 is published"):
        ward_counts.fetch(by_hand, addresses, table(addresses, "ts045"), ["E07000117"], {})


def test_ages_by_hand_are_summed_from_single_years(addresses, tmp_path):
    """One person of each age from 0 to 100: 9 of them are 16 to 24, 16 are 85 and over."""
    ages = ["Aged under 1 year", "Aged 1 year", *(f"Aged {age} years" for age in range(2, 100)), "Aged 100 years and over"]
    head = ["geography code", "Age: Total", *(f"Age: {said}; measures: Value" for said in ages), "Age: Aged 4 years and under"]
    text = ",".join(head) + "\n" + ",".join(["E05000001", "101", *["1"] * 101, "5"]) + "\n"
    found = ward_counts.fetch(given(tmp_path, "ts007", text), addresses, replace(table(addresses, "ts007"), published=0), ["E1"], {})
    assert found.loc[0, ["total", "a16_24", "a85_plus"]].tolist() == [101, 9, 16]


def test_a_zip_by_hand_without_wards_says_what_it_holds(addresses, tmp_path):
    by_hand = given(tmp_path, "ts045", "x", member="census2021-ts045-msoa.csv")
    with pytest.raises(DataRefused, match=r"without census2021-ts045-ward\*\.csv \(found: census2021-ts045-msoa\.csv"):
        ward_counts.fetch(by_hand, addresses, table(addresses, "ts045"), ["E07000117"], {})
    with pytest.raises(SourceUnreachable, match=r"keep its name \(census2021-ts003-extra\.zip\)"):
        ward_counts.fetch(by_hand, addresses, table(addresses, "ts003"), ["E07000117"], {})
