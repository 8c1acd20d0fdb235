"""Tables and files for other tools: what is in them, and what must never be."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import sqlite3
import tomllib
import zipfile
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exclusion
from exclusion import contracts, export
from exclusion.assessment import Assessment
from exclusion.contracts import UsageError
from exclusion.export import columns, files, geopackage
from exclusion.judgement.score import measures
from exclusion.release import Evidence

FEWER = "fewer than 10"


@pytest.fixture(scope="module")
def blackpool(bundled: Evidence) -> Assessment:
    return exclusion.assess(bundled, ["Blackpool"], ["blue_badge"])


def figures(**counts: float | None) -> pd.DataFrame:
    """One ward of 1,000 residents with some counts."""
    rows = [("E05000001", measure, count, 1000.0, None if count is None else count / 1000) for measure, count in counts.items()]
    table = pd.DataFrame(rows, columns=["area_code", "measure", "count", "of", "value"])
    return table.astype({"count": float, "value": float}).assign(
        percentile=50.0, low=table["count"].astype(float), high=table["count"].astype(float)
    )


def shown(table: pd.DataFrame) -> dict[str, tuple[float | None, str]]:
    """Measure -> count (None = blank) and the reason it is hidden."""
    hidden = export.hide_small(table)
    return {
        row.measure: (None if pd.isna(row.count_) else row.count_, row.hidden)
        for row in hidden.rename(columns={"count": "count_"}).itertuples()
    }


# ------------------------------------------------------------------------ people


def test_the_ward_table_has_the_estimate_at_2020_rates_with_its_ranges(blackpool: Assessment) -> None:
    wards = export.wards_table(blackpool).set_index("area_name")
    row, held = wards.loc["Bloomfield"], blackpool.people.loc[wards.at["Bloomfield", "area_code"]]
    assert row["people_low95"] <= row["people_low80"] < row["people_estimate_2020"] < row["people_high80"] <= row["people_high95"]
    assert row["people_estimate_2020"] == round(held["estimate_raw"] / 10) * 10
    assert (row["people_wide"], row["people_hidden"]) == (held["wide"], "")
    note = export.dictionary(blackpool).set_index(["table", "column"]).loc[("wards", "people_low"), "note"]
    assert note == blackpool.people_estimate.definition


def test_an_estimate_under_10_is_blank_and_says_so_and_a_missing_one_is_not_called_small() -> None:
    people = pd.DataFrame(
        {
            "estimate_2020": pd.array([30, None, None], "Int64"),  # 30; 7, hidden; no estimate
            "estimate_raw": [30.0, 7.0, None],
            "low80": pd.array([20, None, None], "Int64"),
            "high80": pd.array([60, 20, None], "Int64"),
            "low95": pd.array([10, None, None], "Int64"),
            "high95": pd.array([80, 30, None], "Int64"),
            "wide": [True, True, False],
        }
    )
    seen = columns.people_shown(people)
    assert seen["hidden"].tolist() == ["", FEWER, ""]
    assert seen["wide"].isna().tolist() == [False, True, True]  # no number, nothing to call wide or not


def test_the_people_table_has_every_ward_by_age_and_disability_with_nothing_under_10(blackpool: Assessment) -> None:
    table = export.people_table(blackpool)
    assert len(table) == 21 * 8 * 3  # wards; seven ages and all of them; disabled, not disabled, all
    assert (table[["residents", "estimate_2020", "low80", "high80", "low95", "high95"]].min() >= 10).all()
    assert table.loc[table["estimate_2020"].isna(), "hidden"].eq(FEWER).all()
    whole = table[(table["age"] == "all") & (table["disability"] == "all")].set_index("area_code")
    assert whole["estimate_2020"].tolist() == blackpool.people.loc[whole.index, "estimate_2020"].tolist()


def test_a_scale_set_by_the_user_goes_with_every_export(bundled: Evidence) -> None:
    scaled = exclusion.assess(bundled, ["Blackpool"], (), people_scale=(0.8, "our survey of 2025"))
    plain = exclusion.assess(bundled, ["Blackpool"], ())
    run = tomllib.loads(export.run_toml(scaled))["people"]
    assert (run["scale"], run["scale_reason"]) == ({"low": 0.8, "high": 0.8, "own": True}, "our survey of 2025")
    assert tomllib.loads(export.run_toml(plain))["people"]["scale"] == {"low": 0.64, "high": 1.0, "own": False}
    said = "multiplied by 0.8 (our survey of 2025)"
    assert said in export.about_table(scaled).set_index("what").loc["people", "words"]
    assert said in export.dictionary(scaled).set_index(["table", "column"]).loc[("wards", "people_high"), "note"]
    # The estimate at 2020 rates is before the factor; the two figures of the label are after it.
    pd.testing.assert_frame_equal(export.people_table(scaled), export.people_table(plain))
    high = [export.wards_table(one)["people_high"] for one in (scaled, plain)]
    assert (high[0] < high[1]).all()


# ------------------------------------------------------------------------- small counts


def test_a_count_under_10_is_blank_and_says_why() -> None:
    assert shown(figures(no_car=9, carers=10)) == {"no_car": (None, FEWER), "carers": (10, "")}


def test_none_is_fewer_than_10_too() -> None:
    assert shown(figures(no_car=0)) == {"no_car": (None, FEWER)}


def test_a_gap_stays_a_gap_and_is_not_called_small() -> None:
    assert shown(figures(no_car=None)) == {"no_car": (None, "")}


def test_the_share_of_a_small_count_is_blank_too() -> None:
    row = export.hide_small(figures(no_car=7)).iloc[0]  # 7 / 1000 = 0.007 would give 7 away
    assert row[["count", "value", "percentile", "low", "high"]].isna().all()
    assert row["of"] == 1000


def test_the_other_part_of_a_whole_is_hidden_with_it() -> None:
    # 75 and over 60, of whom 75 to 84 are 55: 60 - 55 = 5 aged 85 and over.
    assert shown(figures(age75=60, age75_84=55, age85=5)) == {
        "age75": (60, ""),
        "age75_84": (None, "left out: it would give away a figure of fewer than 10"),
        "age85": (None, FEWER),
    }


def test_two_small_parts_hide_each_other() -> None:
    # 12 could be 4 + 8, 5 + 7, 6 + 6 ...
    assert shown(figures(disabled=12, disabled_lot=4, disabled_little=8)) == {
        "disabled": (12, ""),
        "disabled_lot": (None, FEWER),
        "disabled_little": (None, FEWER),
    }


@given(st.integers(0, 40), st.integers(0, 40))
def test_no_small_part_can_be_worked_out_from_its_row(first: int, second: int) -> None:
    seen = shown(figures(age75=first + second, age75_84=first, age85=second))
    known = {measure: count for measure, (count, _) in seen.items() if count is not None}
    worked_out = dict(known)
    if {"age75", "age75_84"} <= set(known):
        worked_out["age85"] = known["age75"] - known["age75_84"]
    if {"age75", "age85"} <= set(known):
        worked_out["age75_84"] = known["age75"] - known["age85"]
    assert [count for count in worked_out.values() if count < 10] == []


def test_hiding_leaves_the_table_it_was_given_alone() -> None:
    table = figures(no_car=3)
    export.hide_small(table)
    assert table["count"].tolist() == [3.0]


def test_no_table_of_real_wards_holds_a_count_under_10(bundled: Evidence) -> None:
    everywhere = exclusion.assess(bundled, None, ())
    wards = export.wards_table(everywhere)
    counts = [name for name in wards.columns if name.endswith("_count")]
    assert len(counts) > 15
    assert wards[counts].min().min() >= 10
    observations = export.observations_table(everywhere)
    assert observations["count"].min() >= 10
    # The City of London's smallest wards: the figures are there in the release, and blank here.
    small = everywhere.profile[(everywhere.profile["measure"] == "age85") & (everywhere.profile["n"] < 10)]["area_code"]
    row = wards.set_index("area_code").loc[small.iloc[0]]
    assert pd.isna(row["age85_count"]) and pd.isna(row["age85_value"]) and row["age85_hidden"] == FEWER
    assert pd.isna(row["domain_age_value"]), "the weighted rate of the ages would give the missing age away"


def test_no_finding_gives_away_a_count_under_10(bundled: Evidence) -> None:
    smallest = exclusion.assess(bundled, ["City of London", "Isles of Scilly", "Ribble Valley"], None)
    table = export.findings_table(smallest)
    used = [figure for cell in table["figures_json"].unique() for figure in json.loads(cell)]
    assert len(used) > 30
    assert [figure for figure in used if figure["n"] is not None and figure["n"] < 10] == []
    assert [text for text in (*table["short"], *table["reason"]) if re.search(r"\b(about|has) \d (people|households)", text)] == []


# ------------------------------------------------------------------------------- tables


def test_one_row_per_ward_with_figures_that_can_be_redone(blackpool: Assessment) -> None:
    table = export.wards_table(blackpool)
    assert table["area_code"].tolist() == blackpool.areas.index.tolist()
    assert len(table) == 21
    row = table.set_index("area_name").loc["Anchorsholme"]
    assert row["age75_value"] == round(row["age75_count"] / row["age75_of"], 6)
    parts = [row[f"domain_{name}_contribution"] for name in ("age", "disability", "income", "connectivity")]
    assert sum(parts) == pytest.approx(row["risk"] - 50, abs=0.002)  # each is rounded for print
    assert (row["people_low"] % 10, row["people_high"] % 10) == (0, 0)


def test_names_are_machine_names_and_each_is_there_once(blackpool: Assessment) -> None:
    names = export.wards_table(blackpool).columns
    assert names.is_unique
    assert [name for name in names if not name.replace("_", "a").isalnum() or name != name.lower()] == []


def test_a_ward_without_a_score_is_blank_not_zero(bundled: Evidence) -> None:
    figures = bundled.observations
    without = figures[~((figures["area_code"] == "E05015186") & (figures["measure"] == "income_dep"))]
    table = export.wards_table(exclusion.assess(dataclasses.replace(bundled, observations=without, cache={}), ["Blackpool"], ()))
    row = table.set_index("area_code").loc["E05015186"]
    assert not row["scored"]
    assert row["why_not"] == "Not scored: no figure for income."
    assert pd.isna(row["risk"]) and pd.isna(row["band"]) and row["band_word"] == "Not scored"
    assert pd.isna(row["income_dep_count"]) and row["income_dep_hidden"] == "", "missing, not small"
    assert row["age75_count"] > 0


def test_observations_put_the_nation_beside_the_ward(blackpool: Assessment) -> None:
    table = export.observations_table(blackpool)
    assert list(dict.fromkeys(table["level"])) == ["ward", "council", "nation"]
    assert set(table.loc[table["level"] == "nation", "area_name"]) == {"England"}
    ward = table[(table["level"] == "ward") & (table["measure"] == "age75")].iloc[0]
    nation = table[(table["level"] == "nation") & (table["measure"] == "age75")].iloc[0]
    assert ward["nation_value"] == nation["value"]
    assert not table.duplicated(["area_code", "measure"]).any()


def test_findings_have_exactly_the_columns_of_their_contract(blackpool: Assessment) -> None:
    table = export.findings_table(blackpool)
    assert list(table.columns) == list(contracts.TABLES["findings"].columns)
    found = blackpool.findings
    assert (table["kind"] != "not_assessed").sum() == (found["kind"] != "not_assessed").sum() > 0
    contracts.check(table, "findings", "the exported findings")


def test_who_keeps_the_rows_of_one_way_in_sees_what_was_not_assessed_there(bundled: Evidence) -> None:
    services = ["blue_badge", "council_tax_reduction", "missed_bin"]
    assessment = exclusion.assess(bundled, ["Gwynedd"], services)
    table = export.findings_table(assessment)
    contracts.check(table, "findings", "the exported findings")  # one row for each ward, service, way in, kind and rules
    ward = table["area_code"].iloc[0]
    mine = table[(table["area_code"] == ward) & (table["kind"] == "not_assessed")]
    said = {(row.service_id, row.channel): row.rule_ids for row in mine.itertuples()}
    # In Gwynedd there are no counts of income, nor ward figures of broadband and voice. W01 asks for post and face to face, W02 for phone
    # and a helper, W03 only cautions. A missed bin has no papers to show and is routine, so W01 asks for post and W02 for both.
    assert said["missed_bin", "phone"] == "W02" and said["missed_bin", "all"] == "W01|W03"
    assert "W01" in said["council_tax_reduction", "post"] and "W01" in said["council_tax_reduction", "f2f"]
    assert "W07" in said["council_tax_reduction", "assisted_digital"] and "W09" in said["council_tax_reduction", "phone"]
    assert mine.loc[mine["channel"] == "phone", "short"].str.startswith("Not assessed here for want of figures: ").all()
    # Nothing is said twice or lost: the rules of all rows of a ward and service are those the summary calls not checked.
    together = table[table["kind"] == "not_assessed"].groupby(["area_code", "service_id"])["rule_ids"].agg("|".join)
    for row in assessment.summaries.itertuples():
        assert set(together[row.area_code, row.service_id].split("|")) == set(row.not_checked.split("|"))
    # Every other row is as it was found.
    rest = assessment.findings[assessment.findings["kind"] != "not_assessed"].reset_index(drop=True)
    pd.testing.assert_frame_equal(table[table["kind"] != "not_assessed"].reset_index(drop=True), rest)


def test_services_by_ward_counts_what_to_keep_and_leaves_not_assessed_blank(bundled: Evidence) -> None:
    assessment = exclusion.assess(bundled, ["Ribble Valley"], ["blue_badge", "bin_missed"] if _has("bin_missed") else None)
    table = export.services_by_ward(assessment).set_index("area_code")
    for row in assessment.summaries.itertuples():
        cell = table.at[row.area_code, row.service_id]
        if row.summary in ("not_assessed", "not_run_here"):
            assert pd.isna(cell)
        else:
            assert cell == row.keep


def _has(service: str) -> bool:
    from exclusion import judgement

    return service in judgement.services()


def test_the_dictionary_describes_every_column_and_no_other(blackpool: Assessment) -> None:
    table = export.dictionary(blackpool)
    tables = {"wards": export.wards_table, "findings": export.findings_table}
    tables |= {"observations": export.observations_table, "people": export.people_table}
    for name, make in tables.items():
        assert table.loc[table["table"] == name, "column"].tolist() == list(make(blackpool).columns)
    assert (table["label"] != "").all()
    wards = table[table["table"] == "wards"].set_index("column")
    assert wards.at["age75_count", "unit"] == "people"
    assert "2021" in wards.at["age75_count", "source"]
    assert wards.at["risk", "unit"] == "0-100, higher = more at risk"


def test_the_dictionary_says_what_must_not_be_added_up(blackpool: Assessment) -> None:
    notes = export.dictionary(blackpool).set_index(["table", "column"])["note"]
    assert "Includes Aged 75 to 84, Aged 85 and over; do not add them up." in notes["wards", "age75_count"]
    assert "do not add them up" in notes["wards", "one_person_count"] and "do not add" not in notes["wards", "age85_count"]
    for column in ("age", "disability"):
        assert "do not add rows of all to the others" in notes["people", column]
    wards = export.wards_table(blackpool)
    for name, measure in measures().items():  # what the judgement says is inside is never more than the whole
        for part in measure.includes:
            if {f"{name}_count", f"{part}_count"} <= set(wards) and not part.endswith("_est"):
                both = wards[[f"{name}_count", f"{part}_count"]].dropna()
                assert (both[f"{part}_count"] <= both[f"{name}_count"]).all(), (name, part)


def test_the_dictionary_says_why_the_two_lower_ends_of_people_differ(blackpool: Assessment) -> None:
    labels = export.dictionary(blackpool).set_index(["table", "column"])["label"]
    assert "for the fall since 2020: lower than people_low80" in labels["wards", "people_low"]
    assert "holds the number at 2020 rates 8 times in 10" in labels["wards", "people_low80"]
    assert not labels.str.contains("true number").any()


def test_the_version_of_a_release_stays_text_where_a_table_is_read(blackpool: Assessment) -> None:
    read = pd.read_csv(io.BytesIO(export.csv_bytes(export.wards_table(blackpool))), encoding="utf-8-sig")
    assert set(read["release_version"]) == {f"v{blackpool.evidence.manifest.version}"}


def test_every_source_of_a_figure_is_in_the_sources(blackpool: Assessment) -> None:
    sources = export.sources_table(blackpool)
    assert set(export.observations_table(blackpool)["source"]) <= set(sources["id"])
    assert (sources[["title", "publisher", "period", "licence"]] != "").all().all()


def test_a_copy_says_which_release_and_weights_it_rests_on(bundled: Evidence) -> None:
    late = exclusion.assess(bundled, ["Ribble Valley"], ["blue_badge"], weights={"age": 1, "income": 1}, today=date(2040, 1, 1))
    facts = export.about_table(late)
    said = facts.groupby("what")["words"].agg(" ".join)
    assert f"version {bundled.manifest.version}" in said["release"]
    assert "Weights changed from the default" in said["method"]
    assert "Decided by Lancashire" in said["note"]
    assert "was due to be checked on" in said["note"], "texts past their review date are named in every export"


# --------------------------------------------------------------------------- one file each


def test_text_that_looks_like_a_formula_is_made_plain() -> None:
    table = pd.DataFrame({"name": ["=1+1", "+44", "-x", "@me", "\tx", "\rx", "Park", None], "n": [-1.5, 2, 3, 4, 5, 6, 7, None]})
    rows = list(csv.reader(io.StringIO(export.csv_bytes(table).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+44", "'-x", "'@me", "'\tx", "'\rx", "Park", ""]
    assert rows[1][1] == "-1.5", "numbers are untouched"


@given(st.text(max_size=12))
def test_no_cell_of_text_can_start_a_formula(text: str) -> None:
    cell = files.safe(pd.DataFrame({"name": [text]}))["name"].iloc[0]
    assert not cell.startswith(files.FORMULA)
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_csv_opens_in_excel_with_welsh_names_intact() -> None:
    content = export.csv_bytes(pd.DataFrame({"area_name": ["Ynys Môn"]}))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == "area_name\r\nYnys Môn\r\n"


def test_the_workbook_is_ready_to_filter(blackpool: Assessment, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(export.write(blackpool, tmp_path / "blackpool.xlsx"))
    assert book.sheetnames == ["wards", "findings", "observations", "people", "dictionary", "sources", "about"]
    wards = book["wards"]
    assert [cell.value for cell in wards[1]] == list(export.wards_table(blackpool).columns)
    assert wards.freeze_panes == "A2"
    assert wards.auto_filter.ref.startswith("A1:")
    assert wards.max_row == 1 + 21
    assert isinstance(wards["I2"].value, int)  # population is a number, not text


def test_without_a_service_there_is_no_empty_table_of_findings_and_each_file_says_why(bundled: Evidence, tmp_path: Path) -> None:
    none = exclusion.assess(bundled, ["Blackpool"], [])
    said = "No service was chosen, so nothing was looked for"
    book = openpyxl.load_workbook(export.write(none, tmp_path / "none.xlsx"))
    assert "findings" not in book.sheetnames
    assert any(said in str(row[1]) for row in book["about"].iter_rows(values_only=True))
    layers = export.write(none, tmp_path / "none.gpkg")
    assert {name for name, _ in pyogrio.list_layers(layers)} == {"wards", "small_areas", "about", "layer_styles"}
    assert pyogrio.read_dataframe(layers, layer="about")["words"].str.contains(said).any()
    with zipfile.ZipFile(export.write(none, tmp_path / "none.zip")) as pack:
        assert "findings.csv" not in pack.namelist()
        assert said in json.loads(pack.read("datapackage.json"))["description"]
        assert b"\nfindings," not in pack.read("dictionary.csv")


def test_parquet_keeps_types(blackpool: Assessment, tmp_path: Path) -> None:
    back = pd.read_parquet(export.write(blackpool, tmp_path / "blackpool.parquet"))
    pd.testing.assert_frame_equal(back, export.wards_table(blackpool), check_dtype=False)
    assert back["age75_count"].dtype.kind in "if" or str(back["age75_count"].dtype) == "Int64"


def test_the_geopackage_holds_layers_in_metres_with_their_styles(blackpool: Assessment, tmp_path: Path) -> None:
    path = export.write(blackpool, tmp_path / "blackpool.gpkg")
    assert {name for name, kind in pyogrio.list_layers(path) if kind} == {"wards", "findings", "small_areas"}
    wards = gpd.read_file(path, layer="wards")
    assert wards.crs.to_epsg() == 27700
    assert set(wards.geom_type) == {"MultiPolygon"}
    assert wards["area_code"].tolist() == blackpool.areas.index.tolist()
    assert wards.geometry.is_valid.all()
    assert len(pyogrio.read_dataframe(path, layer="about")) > 5
    small = gpd.read_file(path, layer="small_areas")
    assert set(small.geom_type) == {"Point"} and len(small) > 90
    with closing(sqlite3.connect(path)) as base:
        styles = base.execute("SELECT f_table_name, styleQML, useAsDefault FROM layer_styles ORDER BY id").fetchall()
        assert base.execute("SELECT count(*) FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone() == (1,)
    assert [(name, default) for name, _, default in styles] == [("wards", 1), ("findings", 1), ("small_areas", 1)]
    renderer = ElementTree.fromstring(styles[0][1]).find("renderer-v2")
    assert renderer is not None and renderer.get("attr") == "band_word"
    words = {item.get("value"): item.get("label") for item in renderer.iter("category")}
    assert set(wards["band_word"]) <= set(words)
    assert words["Highest"] == "5 Highest"
    label = ElementTree.fromstring(styles[0][1]).find("labeling/settings/text-style")
    assert label is not None and label.get("fieldName") == "area_name"


def test_a_council_without_boundaries_is_points(bundled: Evidence, tmp_path: Path) -> None:
    path = export.write(exclusion.assess(bundled, ["Adur", "Blackpool"], ()), tmp_path / "two.gpkg")
    assert set(gpd.read_file(path, layer="wards").geom_type) == {"Point"}, "one layer never mixes points and polygons"


def test_the_colours_of_the_layers_are_those_of_the_map() -> None:
    maps = pytest.importorskip("exclusion.maps")
    ours = [(words, colour) for _, words, colour in geopackage.BANDS]
    assert ours == [*((shade.label, shade.fill) for shade in maps.BANDS), (maps.NOT_SCORED.label, maps.NOT_SCORED.fill)]
    severities = {words: colour for _, words, colour in geopackage.SEVERITIES}
    assert {shade.word: shade.fill for shade in maps.LEVELS[1:]}.items() <= severities.items()


@pytest.mark.parametrize("fmt", export.FORMATS)
def test_the_same_assessment_gives_the_same_bytes(blackpool: Assessment, tmp_path: Path, fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = export.write(blackpool, tmp_path / f"one.{fmt}").read_bytes()
    assert export.write(blackpool, tmp_path / f"two.{fmt}").read_bytes() == first


def test_a_workbook_does_not_say_when_it_was_written() -> None:
    with zipfile.ZipFile(io.BytesIO(export.xlsx_bytes({"a": pd.DataFrame({"x": [1]})}))) as book:
        assert {part.date_time[0] for part in book.infolist()} == {1980}
        assert b"dcterms:modified" not in book.read("docProps/core.xml")


def test_an_unknown_format_is_refused_with_the_ones_we_write(blackpool: Assessment, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"docx.*csv, xlsx, gpkg, parquet"):
        export.write(blackpool, tmp_path / "blackpool.docx")


# ------------------------------------------------------------------- whole or not at all


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    old = tmp_path / "wards.csv"
    old.write_text("old")
    with pytest.raises(ZeroDivisionError), export.whole_file(old) as work:
        work.write_text("half")
        _ = 1 / 0
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old], "nothing is left beside it"


def test_a_folder_is_refreshed_together_and_other_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "tables"
    out.mkdir()
    (out / "report.pbix").write_text("mine")
    (out / "wards.csv").write_text("old")
    with export.whole_folder(out) as work:
        (work / "wards.csv").write_text("new")
        (work / "findings.csv").write_text("new")
        assert (out / "wards.csv").read_text() == "old", "not before all is written"
    assert {path.name: path.read_text() for path in out.iterdir()} == {"report.pbix": "mine", "wards.csv": "new", "findings.csv": "new"}
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_that_cannot_be_finished_is_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "tables"
    (out / "wards.csv").mkdir(parents=True)  # a folder stands where the last file should go
    (out / "findings.csv").write_text("old")
    with pytest.raises(UsageError, match="cannot be written: a folder stands in its place"), export.whole_folder(out) as work:
        for name in ("findings.csv", "new.csv", "wards.csv"):
            (work / name).write_text("new")
    assert (out / "findings.csv").read_text() == "old"
    assert sorted(path.name for path in out.iterdir()) == ["findings.csv", "wards.csv"]


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="is a file"), export.whole_folder(tmp_path / "out"):
        pass
    with pytest.raises(UsageError, match="is a folder"), export.whole_file(tmp_path):
        pass


def test_the_message_names_the_place_and_not_our_working_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    wanted = tmp_path / "file" / "wards.csv"
    with pytest.raises(UsageError) as refused, export.whole_file(wanted):
        pass
    assert str(refused.value).startswith(f"{wanted}: cannot be written")


def test_the_folder_of_an_assessment(blackpool: Assessment, tmp_path: Path) -> None:
    when = datetime(2026, 11, 24, 9, 30).astimezone()
    out = export.write_folder(blackpool, tmp_path / "out", ["assess", "--council", "Blackpool"], when)
    names = ["assessment.gpkg", "findings.csv", "observations.csv", "people.csv", "run.toml", "wards.csv"]
    assert sorted(path.name for path in out.iterdir()) == names
    run = tomllib.loads((out / "run.toml").read_text(encoding="utf-8"))
    assert run["councils"] == ["E06000009"] and run["services"] == ["blue_badge"]
    assert run["command"] == "exclusion assess --council Blackpool"
    assert run["release"]["version"] == blackpool.evidence.manifest.version
    assert run["sha256"]["observations.parquet"] == blackpool.evidence.manifest.files["observations.parquet"]["sha256"]
    assert sum(run["weights"]["England"].values()) == pytest.approx(1)
    assert run["profile_version"]["blue_badge"] == blackpool.services[0].profile_version
    again = export.write_folder(blackpool, tmp_path / "again", ["assess", "--council", "Blackpool"], datetime(2027, 1, 1).astimezone())
    for path in out.iterdir():
        if path.name != "run.toml":
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name
    changed = [line for line in (again / "run.toml").read_text().splitlines() if line not in (out / "run.toml").read_text().splitlines()]
    assert [line.split(" = ")[0] for line in changed] == ["when"]


def test_findings_read_back_as_they_were(blackpool: Assessment, tmp_path: Path) -> None:
    back = pd.read_csv(io.BytesIO(export.csv_bytes(export.findings_table(blackpool))), encoding="utf-8-sig", keep_default_na=False)
    assert back["reason"].str.removeprefix("'").tolist() == export.findings_table(blackpool)["reason"].str.removeprefix("'").tolist()


def test_columns_are_declared_once(blackpool: Assessment) -> None:
    names = [column.name for column in columns.ward_columns(blackpool)]
    assert len(names) == len(set(names))
