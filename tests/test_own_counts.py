"""A council's own counts by ward, read beside the published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from exclusion import own_counts
from exclusion.contracts import DataRefused

WARDS = pd.DataFrame(
    {"area_name": ["Alder", "Birch", "Cedar", "Cedar"]},
    index=pd.Index(["E05000001", "E05000002", "E05000003", "E05000004"], name="area_code"),
)


def problems(text: str) -> list[str]:
    with pytest.raises(DataRefused) as refused:
        own_counts.read(text.encode(), WARDS, "calls.csv")
    return [str(problem) for problem in refused.value.problems]


def test_counts_are_laid_beside_wards_by_code_and_what_is_not_given_stays_unknown():
    table = own_counts.read(b'ward_code,caseload,contacts\nE05000002,40,\nE05000001,"1,204",*\n', WARDS)
    assert list(table.columns) == ["caseload", "contacts"]
    assert list(table.index) == list(WARDS.index)
    assert table["caseload"].tolist()[:2] == [1204, 40]
    assert table["caseload"].isna().tolist() == [False, False, True, True]  # wards the file leaves out
    assert table["contacts"].isna().all()  # blank and * mean not given, never zero


def test_a_name_will_do_where_only_one_ward_has_it():
    table = own_counts.read("\ufeffWard;Caseload\nalder;7\n".encode(), WARDS)  # as Excel writes it
    assert table.loc["E05000001", "Caseload"] == 7


def test_a_name_beside_a_code_is_passed_over():
    table = own_counts.read(b"ward_code,ward_name,council,caseload\nE05000001,Anything,Anywhere,3\n", WARDS)
    assert list(table.columns) == ["caseload"]


def test_every_problem_is_told_at_once_with_line_value_and_what_to_do():
    assert problems("ward,caseload\nAldr,4\nCedar,5\nBirch,many\nBirch,-1\n") == [
        "calls.csv, line 2: is not one of the chosen wards (found: Aldr). Did you mean Alder?",
        "calls.csv, line 3: 2 of the chosen wards have this name (found: Cedar). Use the code: E05000003 or E05000004.",
        "calls.csv, line 4, column 'caseload': is not a number (found: many). Give a number, or leave it blank when it is not known.",
        "calls.csv, line 5: this ward stands on line 4 already (found: Birch). "
        "Give one row for each ward, with counts, never a row for each case.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty or has no heading row"),
        ("caseload,contacts\n1,2\n", "has no column that says which ward"),
        ("ward\nAlder\n", "has no column of counts"),
        ("ward,caseload\n", "holds no rows below its headings"),
        ("ward,caseload,caseload\nAlder,1,2\n", "has two columns of one name"),
        ("ward,caseload\nAlder,-4\n", "is not a count of zero or more"),
        ("ward,caseload\nAlder,inf\n", "is not a count of zero or more"),
        ("ward_code,caseload\nE05999999,4\n", "is not one of the chosen wards"),
        ("ward,caseload\n,4\n", "says no ward"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(text, said):
    (problem,) = problems(text)
    assert said in problem
    assert "calls.csv" in problem


def test_a_spreadsheet_is_refused_with_the_way_out():
    with pytest.raises(DataRefused, match="Save the sheet as 'CSV UTF-8'"):
        own_counts.read(b"PK\x03\x04\x00\x00\x81\x8d", WARDS)


def test_welsh_and_accented_names_of_an_older_excel_are_read():
    wards = pd.DataFrame({"area_name": ["Château"]}, index=pd.Index(["W05000001"], name="area_code"))
    assert own_counts.read("ward,calls\nChâteau,12\n".encode("cp1252"), wards).loc["W05000001", "calls"] == 12


def test_small_counts_are_counted_so_that_the_page_can_warn():
    # 0 points at nobody and 10 hides in a crowd: only 1 to 9 are small
    assert own_counts.small(pd.DataFrame({"a": [0, 1, 9, 10, np.nan]})) == 2
