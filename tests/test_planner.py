"""The table for planners: every column in one group, rows by name, the same machine names and hidden counts as the file."""

from __future__ import annotations

import pytest

import exclusion
from exclusion import export
from exclusion.export.columns import FEWER
from exclusion.views import files, planner


@pytest.fixture(scope="module")
def two(bundled):
    return exclusion.assess(bundled, ["Blackpool", "Ribble Valley"], ["blue_badge"])


def test_every_column_of_the_file_is_in_one_group(two):
    by = planner.groups(two)
    assert sorted(name for names in by.values() for name in names) == sorted(export.wards_table(two).columns)
    assert {"age75_84_count", "age75_count"} <= set(by[planner.AGES])
    homes = {name: group for group, names in by.items() for name in names}
    # a measure whose name begins with another's keeps its own columns
    assert homes["disabled_lot_count"] != homes["disabled_count"]


def test_rows_stand_by_name_whatever_the_council(two):
    shown = planner.sheet(two, list(planner.FIRST))
    assert list(shown.table["area_name"]) == sorted(shown.table["area_name"])
    assert len(shown.table) == 47
    assert list(shown.table.columns[:3]) == list(planner.ALWAYS)
    assert "risk" in shown.table and "no_car_count" not in shown.table


@pytest.mark.parametrize(("words", "wards"), [("bloom", ["Bloomfield"]), ("E05015188", ["Bloomfield"]), ("(", []), ("", None)])
def test_a_filter_takes_words_of_a_name_or_a_code_as_they_stand(two, words, wards):
    found = list(planner.sheet(two, [planner.PLACE], words).table["area_name"])
    assert found == (sorted(two.areas["area_name"]) if wards is None else wards)


def test_small_counts_are_hidden_as_in_the_file(two):
    every = planner.sheet(two, list(planner.groups(two))).table.set_index("area_code")
    hidden = every[every["poor_english_hidden"] == FEWER]
    assert len(hidden) > 0 and hidden["poor_english_count"].isna().all()


def test_what_a_column_means_stands_with_it(two):
    rows = planner.dictionary_rows(planner.sheet(two, [planner.SCORE])).set_index("Column")
    assert rows.loc["risk", "Meaning"] != "–"
    assert "most affected" in rows.loc["domain_age_percentile", "Unit"]


@pytest.mark.parametrize(("name", "start"), [("a.gpkg", b"SQLite format 3"), ("a.parquet", b"PAR1")])
def test_wards_can_be_taken_for_gis_from_the_page(two, name, start):
    assert files.content(two, name).startswith(start)
