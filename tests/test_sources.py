"""At the door: a published file is read only when header, key, codes, rows and numbers hold, and every fault is named at once."""

import gzip

import pandas as pd
import pytest

from exclusion.contracts import DataRefused, SourceUnreachable
from exclusion.sources import arrive, boundaries, census, deprivation, internet_use

LSOA = r"^[EW]01\d{6}$"


def publish(folder, text, name="table.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def refused(folder, **how):
    with pytest.raises(DataRefused) as error:
        arrive(folder, "table.csv", **{"key": "code", "numbers": ["n"], "code": LSOA, **how})
    return str(error.value)


def test_a_sound_file_arrives_with_its_hash_and_rows(tmp_path):
    arrived = arrive(publish(tmp_path, "code,n\nE01000001,5\nE01000002,7\n"), "table.csv", key="code", numbers=["n"], code=LSOA)
    assert arrived.table["n"].tolist() == [5, 7]
    assert arrived.file[0] == "table.csv" and len(arrived.file[1]) == 64 and arrived.file[2] == 2


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    assert len(arrive(publish(tmp_path, "\ufeffcode,n\nE01000001,5\n"), "table.csv", key="code", numbers=["n"]).table) == 1


def test_a_file_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(SourceUnreachable, match="Fetch it, or give the folder that holds it"):
        arrive(tmp_path, "table.csv", key="code")


def test_a_renamed_column_is_named(tmp_path):
    assert "column 'n' is missing (found: code, count)" in refused(publish(tmp_path, "code,count\nE01000001,5\n"))


def test_a_repeated_key_is_refused_because_a_join_would_double_it(tmp_path):
    assert "1 rows repeat the same code (found: E01000001)" in refused(publish(tmp_path, "code,n\nE01000001,5\nE01000001,5\n"))


def test_every_fault_is_named_at_once(tmp_path):
    message = refused(publish(tmp_path, "code,n\nE01000001,-5\nS01000002,7\nE01000003,\nE01000004,none\n"), rows=(10, 10))
    assert message.startswith("5 problems were found")
    assert "has 4 rows, 10 to 10 were expected" in message
    assert "1 codes are not of the edition expected (found: S01000002)" in message
    assert "'n' is below zero at E01000001 (found: -5)" in message
    assert "'n' is blank in 1 rows, at E01000003" in message
    assert "'n' holds text where a number should be, at E01000004 (found: none)" in message


def test_a_cut_off_zip_is_refused(tmp_path):
    whole = gzip.compress(("code,n\n" + "".join(f"E0{1000000 + i},{i * 7919 % 1000}\n" for i in range(5000))).encode())
    (tmp_path / "table.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataRefused, match=r"cannot be read .*It may be cut off"):
        arrive(tmp_path, "table.csv.gz", key="code", numbers=["n"])


def test_a_page_of_html_is_not_a_table(tmp_path):
    assert "column 'code' is missing" in refused(publish(tmp_path, "<!doctype html>\n<title>403 Forbidden</title>\n"))


@pytest.mark.shared
def test_census_tables_add_up_to_what_ons_published(shared):
    """Small areas are perturbed, so sums differ a little from the published England and Wales values."""
    _, measures = census.read(shared / "data")
    published = {"population": 59_597_542, "disabled_lot": 4_459_763, "no_car": 5_777_957, "age85": 1_454_876, "no_quals": 8_827_472}
    for measure, total in published.items():
        assert measures[measure]["count"].sum() == pytest.approx(total, rel=2e-4), measure


@pytest.mark.shared
def test_withheld_counts_of_older_people_on_low_incomes_are_ranges(shared):
    _, measures = deprivation.read_england(shared / "data")
    older = measures["older_income_dep"]
    assert (older["low"] < older["high"]).sum() == 832 - (older["of"] == 0).sum()
    assert older["count"].notna().all() and (older["count"] <= older["of"]).all()


@pytest.mark.shared
def test_welsh_rates_of_2011_areas_reach_every_2021_area(shared):
    population = census.read(shared / "data")[1]["population"]["count"]
    _, measures = deprivation.read_wales(shared / "data", population)
    wales = measures["income_dep_wimd2019"]
    assert len(wales) == 1917 and wales["count"].notna().all()
    unchanged = wales.loc["W01000240"]  # Rhyl West 2, unchanged: its own whole percentage
    assert (unchanged["count"] / unchanged["of"] * 100) == pytest.approx(round(unchanged["count"] / unchanged["of"] * 100))


@pytest.mark.shared
def test_boundaries_arrive_in_metres_and_valid(shared):
    _, wards = boundaries.read_wards(shared / "data")
    assert wards.crs.to_epsg() == 27700 and wards.geometry.is_valid.all() and len(wards) == 7588
    two_tier = wards.set_index("area_code").loc["E05012000"]  # Ribble Valley
    assert two_tier["upper_name"] == "Lancashire"


@pytest.mark.shared
def test_the_yardstick_leaves_out_a_third_of_districts_and_is_never_an_input(shared):
    _, share = internet_use.read_online_share(shared / "data")
    assert 20_000 < len(share) < 34_753
    assert share.loc[share["letter_first"], "paper_share"].mean() < 0.07 < 0.4 < share.loc[~share["letter_first"], "paper_share"].mean()


def test_shapes_that_cross_themselves_are_refused_by_code():
    import geopandas as gpd
    from shapely.geometry import Polygon

    bow_tie = gpd.GeoDataFrame({"WD25CD": ["E05000001"]}, geometry=[Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], crs=27700)
    with pytest.raises(DataRefused, match=r"1 shapes are empty or cross themselves \(found: E05000001\)"):
        boundaries.check_boundaries(bow_tie, "mine.gpkg", "WD25CD")
    with pytest.raises(DataRefused, match="does not say its coordinate system"):
        boundaries.check_boundaries(bow_tie.set_crs(None, allow_override=True), "mine.gpkg", "WD25CD")


def test_the_pandas_index_is_no_part_of_a_contract():
    from exclusion.contracts import check

    table = pd.DataFrame({"area_code": ["E05000001"], "nation": ["England"], "domain": ["age"], "percentile": [50.0]}, index=[7])
    assert check(table, "reference_wards", "x").index.tolist() == [0]
