"""Ofcom, the indices, the custom dataset and ONS' copies: small invented tables in, what the builder reads out."""

from __future__ import annotations

import io
import re
from pathlib import Path

import doors
import openpyxl
import pandas as pd
import pytest
from publishers import at, json_of, zipped
from werkzeug import Request, Response

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import iod, local_statistics, ofcom, ofcom_councils, ons_custom, wimd
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher


@pytest.fixture
def fetcher(tmp_path) -> Fetcher:
    return Fetcher(cache=tmp_path / "cache", pause=0, sleep=lambda seconds: None)


@pytest.fixture
def addresses(httpserver):
    return at(httpserver, read_addresses())


# ------------------------------------------------------------------ Ofcom

LOOKUP = pd.DataFrame({"OA21CD": ["E00000001", "E00000002", "W00000003"], "LSOA21CD": ["E01000001", "E01000001", "W01000003"]})
PREMISES = pd.DataFrame(
    {
        "output_area": ["E00000001", "E00000002", "W00000003", "S00000004", "N00000005"],
        "All Premises": [100, 300, 50, 70, 80],
        "All Matched Premises": [100, 300, 50, 70, 80],
        "Number of premises unable to receive 10Mbit/s": [10, 0, 5, 1, 1],
        "Number of premises unable to receive 30Mbit/s": [20, 0, 10, 2, 2],
        "Number of premises below the USO": [1, 0, 2, 0, 0],
    }
)


def ofcom_zip(server, table=PREMISES, *, encoding="utf-8", name="202601_fixed_oa_coverage_r1.csv", nested=True):
    csv = {f"some folder/{name}": table.to_csv(index=False).encode(encoding)}
    content = zipped({name.replace(".csv", ".zip"): zipped(csv)} if nested else csv)
    server.expect_request(
        "/ofcom/connected-nations-spring-2026/202601_fixed_broadband_coverage_and_full_fibre_take-up-r1.zip"
    ).respond_with_data(content, content_type="application/zip")


@pytest.mark.parametrize("nested", [True, False])
def test_premises_of_output_areas_add_up_to_small_areas(fetcher, httpserver, addresses, nested):
    """E01000001: 100 + 300 premises, 10 + 0 cannot get 10 Mbit/s: 10 of 400, not the mean of 10 % and 0 %."""
    ofcom_zip(httpserver, nested=nested)
    table = ofcom.fetch_output_areas(fetcher, addresses, LOOKUP)
    assert table.to_dict("list") == {
        "lsoa21cd": ["E01000001", "W01000003"],
        "output_areas": [2, 1],
        "premises": [400, 50],
        "below_10mbps": [10, 5],
        "below_30mbps": [20, 10],
        "below_uso": [1, 2],
        "period": ["2026-01", "2026-01"],
    }
    assert "Mozilla" in httpserver.log[0][0].headers["User-Agent"]  # a plain client is refused


def test_a_later_release_under_another_name_is_found_by_its_pattern(fetcher, httpserver, addresses):
    ofcom_zip(httpserver, name="202607_fixed_oa_coverage_r02.csv")
    assert len(ofcom.fetch_output_areas(fetcher, addresses, LOOKUP)) == 2


def test_headings_may_differ_in_spaces_and_capitals_and_the_file_in_letters(fetcher, httpserver, addresses):
    changed = PREMISES.rename(
        columns={"All Premises": "All premises", "Number of premises below the USO": "Number of Premises  below the USO"}
    )
    changed["note"] = "caf\u00e9 \u2013"
    ofcom_zip(httpserver, changed, encoding="cp1252")
    assert ofcom.fetch_output_areas(fetcher, addresses, LOOKUP)["premises"].sum() == 450


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda t: t.rename(columns={"Number of premises unable to receive 10Mbit/s": "Premises <10"}),
            "lacks the column 'Number of premises unable",
        ),
        (lambda t: pd.concat([t, t.iloc[:1]]), r"holds 1 output areas twice \(found: E00000001\)"),
        (lambda t: t.assign(**{"All Premises": ["x", 300, 50, 70, 80]}), r"holds no number in 'All Premises' at E00000001 \(found: x\)"),
        (
            lambda t: t.assign(**{"All Premises": [5, 300, 50, 70, 80]}),
            r"more premises without a service than premises \(found: E00000001\)",
        ),
        (lambda t: t.assign(output_area=["E00900001", "E00900002", "W00900003", "S1", "N1"]), "names output areas of another census: 0.0%"),
        (lambda t: t.iloc[:2], "it holds 66.7% of ours"),
    ],
)
def test_what_is_not_the_table_is_refused_and_not_kept(fetcher, httpserver, addresses, change, words):
    ofcom_zip(httpserver, change(PREMISES))
    with pytest.raises(DataRefused, match=words) as refusal:
        ofcom.fetch_output_areas(fetcher, addresses, LOOKUP)
    assert "https://www.ofcom.org.uk/phones-and-broadband" in str(refusal.value)
    assert not list(fetcher.cache.rglob("*.body"))


def test_what_was_fetched_becomes_two_measures_with_counts(tmp_path, fetcher, httpserver, addresses):
    ofcom_zip(httpserver)
    (tmp_path / "connectivity").mkdir()
    ofcom.fetch_output_areas(fetcher, addresses, LOOKUP).to_csv(tmp_path / ofcom.FILE, index=False)
    source, measures = ofcom.read_fixed(tmp_path)
    assert (source.id, source.period) == ("ofcom_oa_2026_01", "2026-01")
    assert measures["bb_decent"].loc["E01000001", ["count", "of"]].tolist() == [10, 400]
    assert measures["bb_superfast"].loc["W01000003", ["count", "of"]].tolist() == [10, 50]
    assert ofcom.read_fixed(tmp_path / "elsewhere") is None


def test_indoor_voice_is_read_only_where_somebody_supplied_it(tmp_path):
    assert ofcom.read_voice(tmp_path) is None
    (tmp_path / "connectivity").mkdir()
    (tmp_path / ofcom.VOICE_FILE).write_text("lsoa21cd,premises,no_indoor_voice\nE01000001,400,30\n")
    source, measures = ofcom.read_voice(tmp_path)
    assert measures["voice_gap"].loc["E01000001", ["count", "of"]].tolist() == [30, 400]
    assert "not an official figure" in source.publisher


def test_coverage_by_council_is_a_share_and_a_blank_cell_of_the_mobile_file_is_zero(tmp_path, fetcher, httpserver, addresses):
    """Hartlepool: 0.5 % below the universal service; nobody without indoor 4G, which is left blank: 100 % have it."""
    httpserver.expect_request(re.compile("/ofcom/.*")).respond_with_data(doors.coverage("whole"))
    table = ofcom_councils.fetch(fetcher, doors.two(addresses))
    assert table.values.tolist() == [
        ["E06000001", "below_uso", 0.005, "2026-01"],
        ["N09000003", "below_uso", 0.041, "2026-01"],
        ["E06000001", "indoor_4g_any", 1.0, "2025-07"],
        ["N09000003", "indoor_4g_any", 0.975, "2025-07"],
    ]
    (tmp_path / "connectivity").mkdir()
    table.to_csv(tmp_path / ofcom_councils.FILE, index=False)
    sources, held = ofcom_councils.read(tmp_path)
    assert [source.id for source in sources] == ["ofcom_below_uso_2026_01", "ofcom_indoor_4g_any_2025_07"]
    assert held["source"].tolist() == ["ofcom_below_uso_2026_01"] * 2 + ["ofcom_indoor_4g_any_2025_07"] * 2
    assert ofcom_councils.read(tmp_path / "elsewhere") is None


# ------------------------------------------------------------------ Indices of Deprivation

CODES = ["E01000001", "E01000002"]


def workbook(sheets: dict[str, pd.DataFrame]) -> bytes:
    held = io.BytesIO()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in sheets.items():
        page = book.create_sheet(name)
        page.append(list(table.columns))
        for row in table.itertuples(index=False):
            page.append(list(row))
    book.save(held)
    return held.getvalue()


def indicators(people=(15, None), older=(10, "*")) -> bytes:
    income = pd.DataFrame({iod.CODE: CODES, "x": 1, iod.INCOME["income_deprived_people"]: people, iod.INCOME["idaopi_older_people"]: older})
    digital = pd.DataFrame({iod.CODE: CODES, iod.DIGITAL["digital_connectivity_indicator"]: [-0.5, 1.25]})
    return workbook({"Notes": pd.DataFrame({"a": [1]}), "IoD25 Income Domain ": income, iod.DIGITAL_SHEET: digital})


@pytest.fixture
def two(addresses):
    addresses["iod"]["rows"] = 2
    return addresses


def test_withheld_counts_stay_blank_and_are_never_zero(fetcher, httpserver, two):
    httpserver.expect_request("/iod/File_8_IoD2025.xlsx").respond_with_data(indicators())
    income = iod.fetch_income(fetcher, two)
    assert list(income["lsoa21_code"]) == CODES
    assert income["income_deprived_people"].iloc[0] == 15 and pd.isna(income["income_deprived_people"].iloc[1])
    assert pd.isna(income["idaopi_older_people"].iloc[1])
    assert list(iod.fetch_digital(fetcher, two)["digital_connectivity_indicator"]) == [-0.5, 1.25]
    assert len(httpserver.log) == 1  # one file answers both


def test_text_in_a_count_a_missing_sheet_and_a_missing_row_are_refused(fetcher, httpserver, two):
    httpserver.expect_oneshot_request("/iod/File_8_IoD2025.xlsx").respond_with_data(indicators(people=("many", 5)))
    with pytest.raises(DataRefused, match=r"holds no number in 'Income Domain numerator' at E01000001 \(found: many\)"):
        iod.fetch_income(fetcher, two)
    httpserver.expect_oneshot_request("/iod/File_8_IoD2025.xlsx").respond_with_data(workbook({"Income": pd.DataFrame({"a": [1]})}))
    with pytest.raises(DataRefused, match=r"lacks the sheet 'IoD25 Income Domain' \(found: Income\)"):
        iod.fetch_income(fetcher, two)
    httpserver.expect_oneshot_request("/iod/File_8_IoD2025.xlsx").respond_with_data(indicators())
    two["iod"]["rows"] = 33_755
    with pytest.raises(DataRefused, match="holds 2 small areas in 2 rows; England has 33,755"):
        iod.fetch_income(fetcher, two)
    httpserver.expect_oneshot_request("/iod/File_8_IoD2025.xlsx").respond_with_data(indicators()[:900])
    with pytest.raises(DataRefused, match="cannot be read"):
        iod.fetch_income(fetcher, two)


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
def test_population_comes_from_file_7_with_or_without_a_mark(fetcher, httpserver, two, start):
    table = pd.DataFrame({iod.CODE: CODES, **{said: [10, 20] for said in iod.POPULATION.values()}})
    httpserver.expect_request("/iod/File_7_IoD2025.csv").respond_with_data(start + table.to_csv(index=False).encode())
    assert list(iod.fetch_population(fetcher, two)["a60_plus_mid2022"]) == [10, 20]


# ------------------------------------------------------------------ WIMD


def test_welsh_ranks_stand_below_two_rows_of_notes(fetcher, httpserver, addresses):
    """Three areas, bounds 1 and 2: rank 1 is in the first part, 2 in the second, 3 in the third."""
    rows = pd.DataFrame(
        [
            ["note", None, None],
            [None, None, None],
            ["LSOA code", "Local Authority name (Eng)", "WIMD 2025 "],
            ["W01000002", "x", 3],
            ["W01000001", "x", 1],
            ["W01000003", "x", 2],
        ]
    )
    book = workbook({wimd.SHEET: rows.rename(columns=str)})
    addresses["wimd"] |= {"url": httpserver.url_for("/wimd.ods"), "rows": 3, "decile_bounds": [1, 2, 3]}
    httpserver.expect_request("/wimd.ods").respond_with_data(book)
    assert wimd.fetch_ranks(fetcher, addresses).to_dict("list") == {
        "lsoa21_code": ["W01000001", "W01000002", "W01000003"],
        "WIMD_rank": [1, 3, 2],
        "WIMD_decile": [1, 3, 2],
    }
    addresses["wimd"]["rows"] = 4
    with pytest.raises(DataRefused, match="holds 3 small areas with 3 ranks; 4 of each were expected"):
        wimd.fetch_ranks(fetcher, addresses)


# ------------------------------------------------------------------ ONS custom dataset


def test_a_file_of_the_users_own_with_the_wrong_sheet_is_named_in_the_refusal(tmp_path, addresses):
    """The kind is right (a workbook), what is in it is not: who gave it must hear which of their files it was."""
    name = addresses["wimd"]["by_hand"][0]
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / name).write_bytes(workbook({"Notes": pd.DataFrame({"about": ["ranks"]})}))
    by_hand = Fetcher(cache=tmp_path / "cache", hand=tmp_path / "hand", offline=True)
    with pytest.raises(DataRefused, match="lacks the sheet 'WIMD_2025_ranks' \\(found: Notes\\)") as refused:
        wimd.fetch_ranks(by_hand, addresses)
    assert f"put it in place of {name}, or take that file out of the folder" in str(refused.value)


@pytest.mark.parametrize("path", sorted(Path(iod.__file__).parent.glob("*.py")), ids=lambda path: path.stem)
def test_every_reader_says_of_which_answer_its_refusals_are(path):
    """``ask.answered(got)`` follows each answer that is read, or a refusal cannot name the user's file."""
    text = path.read_text(encoding="utf-8")
    assert text.count("fetcher.get(ask)") == text.count("ask.answered(got)")


def custom(server, withheld=(), extra=()):
    """Areas that fail a disclosure check are left out of the answer without a word."""

    def answer(request: Request) -> Response:
        _, *codes = request.args["area-type"].split(",")
        codes = codes or [f"E0100000{i}" for i in range(1, 10)]
        rows = [
            {
                "dimensions": [
                    {"dimension_id": "lsoa", "option": code, "option_id": code},
                    {"dimension_id": "resident_age_6a", "option": "x", "option_id": str(option)},
                ],
                "observation": 10 * max(option, 0),
            }
            for code in codes
            if code not in withheld
            for option in [*range(1, 7), -8]
        ]
        return json_of({"observations": rows + list(extra)})

    server.expect_request("/ons-custom/population-types/UR/census-observations").respond_with_handler(answer)


def test_what_does_not_apply_is_dropped_and_withheld_areas_are_named(fetcher, httpserver, addresses):
    custom(httpserver, withheld=("E01000002",))
    table, withheld = ons_custom.fetch_ages(fetcher, addresses, ["E01000001", "E01000002"])
    assert withheld == ["E01000002"]
    assert table.to_dict("records") == [
        {"lsoa21cd": "E01000001", "a00_15": 10, "a16_24": 20, "a25_34": 30, "a35_49": 40, "a50_64": 50, "a65_plus": 60}
    ]


def test_areas_are_asked_in_short_lists_and_a_busy_service_is_waited_for(fetcher, httpserver, addresses):
    addresses["ons_custom"]["areas_in_a_question"] = 2
    httpserver.expect_oneshot_request("/ons-custom/population-types/UR/census-observations").respond_with_data(
        "slow down", 429, headers={"Retry-After": "1"}
    )
    custom(httpserver)
    table, _ = ons_custom.fetch_ages(fetcher, addresses, [f"E0100000{i}" for i in range(1, 6)])
    assert (len(table), len(httpserver.log)) == (5, 4)


def test_a_nation_is_asked_for_in_one_question_and_cut_to_what_was_wanted(fetcher, httpserver, addresses):
    addresses["ons_custom"]["all_from"] = 3
    custom(httpserver)
    table, withheld = ons_custom.fetch_ages(fetcher, addresses, ["E01000001", "E01000002", "E01000009"])
    assert (list(table["lsoa21cd"]), withheld, len(httpserver.log)) == (["E01000001", "E01000002", "E01000009"], [], 1)
    assert httpserver.log[0][0].args["area-type"] == "lsoa"


def test_the_table_downloaded_from_the_page_will_do_and_nobody_is_asked(httpserver, addresses, tmp_path):
    """ONS' own headings; what does not apply is dropped, an area that is not in it is named as withheld."""
    said = [
        "Lower layer Super Output Areas Code",
        "Lower layer Super Output Areas",
        "Age (6 categories) Code",
        "Age (6 categories)",
        "Observation",
    ]
    rows = [[code, "x", group, "y", max(group, 0) * 10] for code in ("E01000001", "E01000009") for group in (-8, *range(1, 7))]
    (tmp_path / "custom-filtered-2026-11-01T10_00_00Z.csv").write_text(pd.DataFrame(rows, columns=said).to_csv(index=False))
    hand = Fetcher(cache=tmp_path / "cache", hand=tmp_path, offline=True)
    table, withheld = ons_custom.fetch_ages(hand, addresses, ["E01000001", "E01000002"])
    assert (withheld, httpserver.log) == (["E01000002"], [])
    assert table.to_dict("records") == [
        {"lsoa21cd": "E01000001", "a00_15": 10, "a16_24": 20, "a25_34": 30, "a35_49": 40, "a50_64": 50, "a65_plus": 60}
    ]
    (tmp_path / "custom-filtered-2026-11-01T10_00_00Z.csv").write_text(pd.DataFrame(rows + rows[1:2], columns=said).to_csv(index=False))
    with pytest.raises(DataRefused, match=r"holds 1 figures twice \(found: E01000001\)"):
        ons_custom.fetch_ages(hand, addresses, ["E01000001"])


def test_a_changed_shape_is_refused(fetcher, httpserver, addresses):
    httpserver.expect_request("/ons-custom/population-types/UR/census-observations").respond_with_json({"message": "combination blocked"})
    with pytest.raises(DataRefused, match=r"sent no list of observations \(found: combination blocked\)"):
        ons_custom.fetch_ages(fetcher, addresses, ["E01000001"])


# ------------------------------------------------------------------ ONS Explore local statistics

HEAD = "areacd,areanm,geography,indicator,period,observation,measure,unit,lci_95,uci_95,status,notes\n"


def els(server, body):
    server.expect_request("/els/premises-below-30/premises-below-30.csv").respond_with_data(
        b"\xef\xbb\xbf" + body.encode(), content_type="text/plain"
    )


def row(code, period, value):
    return f"{code},Name,Local authority,premises-below-30,{period},{value},Percentage,%,,,,\n"


@pytest.fixture
def two_councils(addresses):
    addresses["local_statistics"]["table"]["below_30mbps"]["councils"] = 2
    return addresses


def test_old_codes_beside_new_ones_are_counted_once(fetcher, httpserver, two_councils):
    """July 2025 holds Sheffield under both codes; January 2024 under the old one alone, carried to the new."""
    old, new = "E08000019", "E08000039"
    els(
        httpserver,
        HEAD + row("K02000001", "2026-01-01", 2) + row("E06000001", "2026-01-01", 1.5) + row(new, "2026-01-01", 0.5)
        + row(old, "2025-07-01", 0.7) + row(new, "2025-07-01", 0.7) + row(old, "2024-01-01", 0.9),
    )  # fmt: skip
    table = local_statistics.fetch_below_30(fetcher, two_councils)
    assert table[["area_code", "period", "value_pct"]].values.tolist() == [
        ["E06000001", "2026-01", 1.5],
        [new, "2024-01", 0.9],
        [new, "2025-07", 0.7],
        [new, "2026-01", 0.5],
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HEAD + row("E06000001", "2026-01-01", 1), "holds 1 councils and 0 gaps at its latest period; 2 were expected"),
        (HEAD + row("E06000001", "2026-01-01", 1) + row("E06000002", "2026-01-01", ""), "holds 2 councils and 1 gaps"),
        (HEAD + row("E06000001", "2026-01-01", 1) + row("E06000002", "2026-01-01", 101), "holds a percentage that is none"),
        (HEAD.replace("observation", "amount") + row("E06000001", "2026-01-01", 1), "lacks the column 'observation'"),
        (HEAD + row("E06000001", "last January", 1), r"holds a period that cannot be read \(found: last January\)"),
    ],
)
def test_what_is_not_the_latest_of_every_council_is_refused(fetcher, httpserver, two_councils, body, words):
    els(httpserver, body)
    with pytest.raises(DataRefused, match=words):
        local_statistics.fetch_below_30(fetcher, two_councils)


def test_a_moved_file_says_so(fetcher, httpserver, addresses):
    httpserver.expect_request("/els/premises-below-30/premises-below-30.csv").respond_with_data("404: Not Found", 404)
    with pytest.raises(SourceUnreachable, match=r"has no such file any more \(answered 404\)"):
        local_statistics.fetch_below_30(fetcher, addresses)
