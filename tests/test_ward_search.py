"""Which ward is meant: a name, a code or a postcode, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from exclusion import ward_search
from exclusion.contracts import ExclusionError


def found(evidence, text: str, points: str | Path | None = None) -> list[str]:
    answer = ward_search.search(evidence, text, points)
    return [f"{evidence.areas.loc[code, 'area_name']}, {evidence.areas.loc[code, 'council_name']}" for code in answer.wards]


@pytest.mark.parametrize(
    ("typed", "wards"),
    [
        ("Roundhay", ["Roundhay, Leeds"]),
        ("  roundhay ", ["Roundhay, Leeds"]),
        ("ROUND leeds", ["Roundhay, Leeds"]),  # part of a name, with the council
        ("e05011411", ["Roundhay, Leeds"]),  # the code, in any case
        ("bloomfield", ["Bloomfield, Ards and North Down", "Bloomfield, Belfast", "Bloomfield, Blackpool"]),  # three wards share a name
        ("Bloomfield Blackpool", ["Bloomfield, Blackpool"]),
        ("Blakenall & Chorley", []),
    ],
)
def test_a_ward_is_found_as_people_type_it(bundled, typed, wards):
    assert found(bundled, typed) == wards


def test_accents_hyphens_and_ampersands_do_not_matter(bundled):
    names = bundled.areas["area_name"]
    with_mark = names[names.str.contains("[ôâŵŷê]", regex=True)].iloc[0]
    plain = with_mark.translate(str.maketrans("ôâŵŷê", "oawye"))
    assert any(one.startswith(with_mark) for one in found(bundled, plain))
    ampersand = names[names.str.contains(" & ", regex=False)].iloc[0]
    assert any(one.startswith(ampersand) for one in found(bundled, ampersand.replace("&", "and")))


def test_an_exact_name_comes_before_names_that_only_hold_it(bundled):
    answer = ward_search.search(bundled, "Park")
    assert len(answer.wards) == ward_search.MOST
    assert set(bundled.areas.loc[list(answer.wards[:3]), "area_name"]) == {"Park"}
    assert "the first 12 are shown. Add the name of the council." in answer.said


def test_a_council_alone_is_not_a_ward(bundled):
    answer = ward_search.search(bundled, "wolverhampton")
    assert answer == ward_search.Answer((), "Wolverhampton is a council. Choose it under Council, or add the name of a ward.")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type the name of a ward"),
        ("Roundhey", "No ward is called “Roundhey”. Did you mean Roundhay?"),
        ("Qqqqq", "No ward is called “Qqqqq”."),
        ("E05000000", "No ward of WD25 has the code E05000000. It may be of another year"),
        ("FY1 5AA", "FY1 5AA looks like a postcode, and no file of postcode points is on this machine"),
        ("fy1", "“fy1” is the first half of a postcode. Type the whole of it."),
        ("<b>", "Type two letters of a name or more."),
        ("<bqq>", "No ward is called “<bqq>”."),
    ],
)
def test_what_cannot_be_found_is_answered_with_what_to_do(bundled, typed, said):
    answer = ward_search.search(bundled, typed)
    assert said in answer.said


@pytest.fixture
def points(tmp_path) -> Path:
    """Two postcodes of one street in Leeds, where we hold no outlines; the file says the ward of the first only."""
    file = tmp_path / "points.csv"
    file.write_text("postcode,easting,northing,ward_code\nLS8 1AA,433000,438000,E05011411\nLS8 2BB,433000,438000,\n")
    return file


def test_a_postcode_with_its_ward_in_the_file(bundled, points):
    assert found(bundled, "ls81aa", points) == ["Roundhay, Leeds"]


def test_a_postcode_inside_an_outline_we_hold(bundled, tmp_path):
    spot = bundled.areas.loc["E05015188", "geometry"].representative_point()
    file = tmp_path / "points.csv"
    file.write_text(f"postcode,easting,northing\nFY1 5AA,{spot.x:.0f},{spot.y:.0f}\n")
    assert found(bundled, "FY1 5AA", file) == ["Bloomfield, Blackpool"]


def test_without_an_outline_the_nearest_are_offered_and_not_called_the_answer(bundled, points):
    answer = ward_search.search(bundled, "LS8 2BB", points)
    assert len(answer.wards) == 3
    assert "it may lie in any of them" in answer.said
    assert set(bundled.areas.loc[list(answer.wards), "council_name"]) == {"Leeds"}


def test_a_postcode_that_the_file_lacks_and_a_file_that_is_none(bundled, points, tmp_path):
    assert "does not hold ZZ9 9ZZ" in ward_search.search(bundled, "ZZ9 9ZZ", points).said
    with pytest.raises(ExclusionError, match="is not a file of postcode points"):
        ward_search.search(bundled, "LS8 1AA", tmp_path / "none.csv")
