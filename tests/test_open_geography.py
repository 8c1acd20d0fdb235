"""ONS Open Geography: pages, errors inside 200, letter case, wrong editions, empty services."""

from __future__ import annotations

import pytest
from publishers import at, layer, squares

from exclusion.contracts import DataRefused, UsageError
from exclusion.sources import open_geography
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher

CODES = [f"E0500000{i}" for i in range(1, 8)]
WARDS, LOOKUP = "WD_MAY_2025_UK_BGC_V2", "LSOA21_WD25_LAD25_EW_LU_v2"


@pytest.fixture
def fetcher(tmp_path) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, sleep=lambda seconds: None)


@pytest.fixture
def addresses(httpserver):
    return at(httpserver, read_addresses())


@pytest.fixture
def wards():
    frame = squares(CODES)
    return frame.assign(WD25NM=[f"Ward {c}" for c in CODES], LAD25CD=["E06000001"] * 4 + ["E06000002"] * 3, LAD25NM="Council")


def ward_layer(addresses):
    return open_geography.service(addresses, "wards")


def test_wards_of_a_council_come_in_degrees_with_their_names(fetcher, httpserver, addresses, wards):
    asked = layer(httpserver, WARDS, wards)
    table = open_geography.by_codes(fetcher, ward_layer(addresses), "LAD25CD", ["E06000002"])
    assert list(table.columns) == ["WD25CD", "WD25NM", "LAD25CD", "LAD25NM", "geometry"]
    assert list(table["WD25CD"]) == CODES[4:]
    assert table.crs == 4326
    assert table.to_crs(27700).geometry.area.round(-2).eq(1_000_000).all()  # a square kilometre each
    first = asked[0]
    assert (first["outSR"], first["orderByFields"], first["where"]) == ("4326", "WD25CD", "LAD25CD IN ('E06000002')")


@pytest.mark.parametrize("most", [1, 2, 3, 7, 2000])
def test_pages_go_on_while_the_service_says_there_is_more_whatever_it_sends(fetcher, httpserver, addresses, wards, most):
    """A page may hold fewer rows than asked for: the length of a page says nothing."""
    asked = layer(httpserver, WARDS, wards, most=most)
    table = open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", CODES)
    assert list(table["WD25CD"]) == CODES
    assert [int(q["resultOffset"]) for q in asked if "returnCountOnly" not in q] == list(range(0, len(CODES), most))


def test_a_service_that_forgets_to_say_there_is_more_is_found_out_by_its_count(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards, most=3, flag=False)
    with pytest.raises(DataRefused, match="sent 3 rows and says it holds 7"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", CODES)


def test_field_names_in_lower_case_are_the_same_fields(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards, lower=True)
    table = open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", CODES)
    assert list(table["WD25CD"]) == CODES


def test_many_codes_are_asked_in_short_lists(fetcher, httpserver, addresses, wards):
    asked = layer(httpserver, WARDS, wards)
    addresses["open_geography"]["codes_in_a_question"] = 3
    table = open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", CODES)
    assert list(table["WD25CD"]) == CODES
    assert [q["where"].count("'") // 2 for q in asked if "returnCountOnly" not in q] == [3, 3, 1]


def test_a_name_with_an_apostrophe_is_asked_for_as_it_is(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards.assign(WD25NM=["King's Cross", *wards["WD25NM"][1:]]))
    table = open_geography.by_codes(fetcher, ward_layer(addresses), "WD25NM", ["King's Cross"])
    assert list(table["WD25CD"]) == CODES[:1]


def test_an_error_inside_an_answer_of_200_is_an_error_and_is_not_kept(fetcher, httpserver, addresses):
    httpserver.expect_request(f"/arcgis/{WARDS}/FeatureServer/0/query").respond_with_json(
        {"error": {"code": 400, "message": "Invalid URL"}}
    )
    for _ in range(2):
        with pytest.raises(
            DataRefused, match=r"ONS Open Geography, Wards .*answered with error 400 \(found: Invalid URL\).*renamed"
        ) as refusal:
            open_geography.by_codes(fetcher, ward_layer(addresses), "LAD25CD", ["E06000001"])
    assert "https://geoportal.statistics.gov.uk" in str(refusal.value)
    assert len(httpserver.log) == 2  # asked again, not taken from the cache


def test_an_empty_service_is_not_a_council_without_wards(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards.iloc[:0])
    with pytest.raises(DataRefused, match=r"holds none of the areas asked for.*It is empty or of another edition"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "LAD25CD", ["E06000001"])


def test_another_edition_lacks_our_field(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards.rename(columns={"WD25NM": "WD24NM"}))
    with pytest.raises(DataRefused, match=r"lacks the field WD25NM.*may be of another edition"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "LAD25CD", ["E06000001"])


def test_a_code_that_finds_no_row_is_named(fetcher, httpserver, addresses, wards):
    layer(httpserver, WARDS, wards)
    with pytest.raises(DataRefused, match=r"lacks 1 of the 2 codes asked for \(found: E05999999\)"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", [CODES[0], "E05999999"])


def test_a_code_that_comes_twice_is_refused(fetcher, httpserver, addresses, wards):
    import pandas as pd

    layer(httpserver, WARDS, pd.concat([wards, wards.iloc[:1]]))
    with pytest.raises(DataRefused, match="sent 1 codes twice"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "WD25CD", CODES)


def test_cut_off_json_is_refused(fetcher, httpserver, addresses):
    httpserver.expect_request(f"/arcgis/{WARDS}/FeatureServer/0/query").respond_with_data('{"features": [{"attr')
    with pytest.raises(DataRefused, match="sent JSON that cannot be read"):
        open_geography.by_codes(fetcher, ward_layer(addresses), "LAD25CD", ["E06000001"])


def test_a_whole_layer_must_have_the_rows_of_its_edition(fetcher, httpserver, addresses, wards):
    lookup = wards[["WD25CD", "WD25NM", "LAD25CD", "LAD25NM"]].assign(LSOA21CD=[f"E0100000{i}" for i in range(7)], LSOA21NM="x")
    layer(httpserver, LOOKUP, lookup, most=2)
    addresses["open_geography"]["service"]["best_fit"]["rows"] = 7
    table = open_geography.everything(fetcher, open_geography.service(addresses, "best_fit"))
    assert len(table) == 7
    addresses["open_geography"]["service"]["best_fit"]["rows"] = 9
    with pytest.raises(DataRefused, match="holds 7 rows; the edition has 9"):
        open_geography.everything(fetcher, open_geography.service(addresses, "best_fit"))


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path, httpserver, addresses, wards):
    """The third page fails for good; the next run asks for that page alone, and for the count."""
    asked = layer(httpserver, WARDS, wards, most=3)
    broken = Fetcher(cache=tmp_path, pause=0, retries=0, sleep=lambda seconds: None)
    real, calls = broken.get, []

    def stopping(question):
        calls.append(question)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(question)

    broken.get = stopping  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        open_geography.by_codes(broken, ward_layer(addresses), "WD25CD", CODES)
    assert len(asked) == 2
    table = open_geography.by_codes(Fetcher(cache=tmp_path, pause=0), ward_layer(addresses), "WD25CD", CODES)
    assert list(table["WD25CD"]) == CODES
    assert [q["resultOffset"] for q in asked[2:]] == ["6", "0"]  # the third page, then the count


def test_boundaries_downloaded_from_the_portal_by_hand_stand_in(tmp_path, httpserver, addresses, wards):
    (tmp_path / "Wards_May_2025_Boundaries_UK_BGC.geojson").write_text(wards.rename(columns=str.lower).to_json())
    by_hand = Fetcher(cache=tmp_path / "cache", hand=tmp_path)
    table = open_geography.by_codes(by_hand, ward_layer(addresses), "LAD25CD", ["E06000002"])
    assert list(table["WD25CD"]) == CODES[4:]
    assert httpserver.log == []


# ------------------------------------------------------------------ the addresses file


def test_a_user_lays_own_addresses_over_ours_entry_by_entry(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[open_geography.service.wards]\nname = "WD_MAY_2025_UK_BGC_V3"\n[recoded]\nE08000001 = "E08000099"\n')
    found = read_addresses(own)
    assert found["open_geography"]["service"]["wards"]["name"] == "WD_MAY_2025_UK_BGC_V3"
    assert found["open_geography"]["service"]["wards"]["code"] == "WD25CD"  # the rest is ours
    assert found["recoded"]["E08000001"] == "E08000099"


def test_a_slip_in_the_own_addresses_is_said(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[open_geography.service.wards]\nnam = "x"\nrows = "many"\n')
    with pytest.raises(UsageError, match=r"(?s)wards\.nam: is not an entry.*wards\.rows: is of another kind than ours"):
        read_addresses(own)
    with pytest.raises(UsageError, match="--addresses: cannot be read"):
        read_addresses(tmp_path / "none.toml")
