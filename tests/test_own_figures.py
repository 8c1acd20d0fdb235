"""A council's own figures: which column is what, this year's wards, and what they are used for."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import exclusion
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, ExclusionError, UsageError
from exclusion.judgement.composites import read_method
from exclusion.judgement.owning import own_rules
from exclusion.method import alternatives
from exclusion.own import areas, figures, laying, sheets
from exclusion.own.figures import Look
from exclusion.proposal.contacts import read_contacts
from exclusion.release import Evidence
from exclusion.views import side

BLACKPOOL = ["E06000009"]
TOWER_HAMLETS = ["E09000030"]


def wards(bundled: Evidence, council: str = "E06000009") -> pd.DataFrame:
    return bundled.areas[bundled.areas["council_code"] == council].sort_values("area_name")


def read(text: str | bytes, bundled: Evidence, councils: list[str] = BLACKPOOL, **chosen: object) -> figures.Figures:
    content = text.encode() if isinstance(text, str) else text
    return figures.read(figures.look(content, "own.csv"), bundled, councils, **chosen)  # type: ignore[arg-type]


def problems(text: str | bytes, bundled: Evidence, councils: list[str] = BLACKPOOL) -> list[str]:
    with pytest.raises(ExclusionError) as refused:
        read(text, bundled, councils)
    return [str(problem) for problem in refused.value.problems]


def kinds(seen: Look) -> dict[str, str]:
    return {column.heading: column.kind for column in seen.columns}


# ------------------------------------------------------------------ which column is what


def test_the_preview_says_which_column_is_the_code_which_the_name_and_which_hold_numbers() -> None:
    seen = figures.look(
        b"Contacts by ward;;;;\n\nWard Code;Ward;Phone calls;Take-up %;Comment\n"
        b"E05015186;Anchorsholme;1,204;61.5%;old\nE05015187;Bispham;*;48%;\n",
        "own.csv",
    )
    assert kinds(seen) == {"Ward Code": "code", "Ward": "name", "Phone calls": "number", "Take-up %": "share", "Comment": "other"}
    assert seen.level == "ward"
    assert seen.table().iloc[2].to_dict() == {"column": "Phone calls", "taken_for": "number", "filled": 2, "first": "1,204"}


def test_counts_are_counts_shares_are_shares_and_what_is_not_given_is_not_known(bundled: Evidence) -> None:
    found = read('ward_code,calls,take-up %\nE05015186,"1,204",61.5\nE05015187,*,n/a\n', bundled)
    assert found.table.loc["E05015186"].tolist() == [1204, 0.615]
    assert found.table.loc["E05015187"].isna().all()
    assert found.shares == ("take-up %",)
    assert len(found.table) == 21
    assert found.notes == ("20 of 21 wards have no figure in the file: not known, never 0.",)


def test_a_name_will_do_where_it_is_one_ward_of_the_council(bundled: Evidence) -> None:
    text = "Ward,calls\nAnchorsholme Ward,40\nHAWES SIDE,50\nTotal,90\nBlackpool,90\n"
    found = read(text, bundled)
    assert found.table["calls"].dropna().to_dict() == {"E05015186": 40, "E05015193": 50}
    assert found.notes[0] == "2 rows of totals or without an area were passed over."


def test_the_same_table_as_csv_workbook_and_geopackage_of_any_kind_gives_the_same(bundled: Evidence, tmp_path: Path) -> None:
    rows = [["Ward code", "Ward", "Calls"], ["E05015186", "Anchorsholme", 40], ["E05015193", "Hawes Side", 50]]
    text = "\n".join(";".join(map(str, row)) for row in rows)
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(packed)
    path = tmp_path / "own.gpkg"
    frame = gpd.GeoDataFrame(pd.DataFrame(rows[1:], columns=rows[0]), geometry=[shapely.Point(0, 0)] * 2, crs=27700)
    frame.to_file(path, layer="calls")
    ways = [text.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16")] + [packed.getvalue(), path.read_bytes()]
    for content in ways:
        assert read(content, bundled).table["Calls"].dropna().to_dict() == {"E05015186": 40, "E05015193": 50}, content[:12]


def test_counts_by_small_area_are_summed_to_wards_by_where_people_live(bundled: Evidence) -> None:
    # Every small area of Tower Hamlets with its own population: wards must come out with theirs, to rounding.
    small = bundled.small_areas.drop_duplicates("small_area_code").set_index("small_area_code")
    here = bundled.small_areas.loc[bundled.small_areas["area_code"].isin(wards(bundled, "E09000030").index), "small_area_code"].unique()
    text = "LSOA21CD,people\n" + "\n".join(f"{code},{small.at[code, 'population']}" for code in here)
    found = read(text, bundled, TOWER_HAMLETS)
    assert found.level == "small area"
    assert (found.table["people"] - wards(bundled, "E09000030")["population"].reindex(found.table.index)).abs().max() <= 1
    # Without one of them, the wards it lies in are not known; the others stand.
    less = read("\n".join(text.splitlines()[:-1]), bundled, TOWER_HAMLETS)
    gone = set(bundled.small_areas.loc[bundled.small_areas["small_area_code"] == here[-1], "area_code"])
    assert set(less.table.index[less.table["people"].isna()]) == gone & set(less.table.index)


def test_small_area_codes_we_do_not_hold_are_of_other_councils_only_where_all_of_ours_are_there(bundled: Evidence) -> None:
    """Without three of ours, three codes of the 2011 areas may be the same people: it is said, and what to do."""
    here = bundled.small_areas[bundled.small_areas["area_code"].isin(wards(bundled, "E09000030").index)]
    ours = [f"{code},20" for code in sorted(here["small_area_code"].unique())]
    old = [f"E0100001{n},20" for n in range(3)]
    found = read("LSOA,calls\n" + "\n".join([*ours, *old]), bundled, TOWER_HAMLETS)
    assert found.notes[0] == "3 rows are of areas in other councils and were left out."
    found = read("LSOA,calls\n" + "\n".join([*ours[3:], *old]), bundled, TOWER_HAMLETS)
    assert found.notes[0] == (
        "3 rows are left out, for their codes are not of the small areas we hold of these councils: of other councils, or codes of an "
        f"earlier census. 3 of their {len(ours)} small areas have no row. If those rows are yours, the file goes by old codes: export it "
        "for the areas of the newest census."
    )


def test_parts_of_one_are_no_small_counts_and_no_shares_and_a_row_number_is_no_figure(bundled: Evidence) -> None:
    found = read("fid,ward_code,rate,calls\n1,E05015186,0.6,40\n2,E05015187,0.5,60\n", bundled)
    assert list(found.table.columns) == ["rate", "calls"] and not any("of the counts" in note for note in found.notes)
    assert "'rate' holds parts of whole numbers. If they are shares, write them as percentages (60.7 for 0.607) with % in the heading." in (
        found.notes
    )
    assert read("ward_code,%\nE05015186,0.6%\n", bundled).table.at["E05015186", "%"] == pytest.approx(0.006)  # truly so small


def test_a_column_can_be_named_where_we_take_it_for_another(bundled: Evidence) -> None:
    text = "Place,Year,calls,last year\nAnchorsholme,2025,40,30\n"
    assert kinds(figures.look(text.encode(), "own.csv"))["Place"] == "other"
    found = read(text, bundled, name="place", numbers=["Calls"])
    assert found.table["calls"].dropna().to_dict() == {"E05015186": 40}


# ------------------------------------------------------------------ what is refused, in words


def test_every_problem_is_told_at_once_with_line_value_and_what_to_do(bundled: Evidence) -> None:
    text = (
        "ward_code,ward,calls\nE05015186,Bispham,40\nE05015187,,many\n"
        ",Anchorsholm,4\nE05015187,,5\nE05099999,,6\nE05015188,,-1\nE05015189,,=A1\n"
    )
    assert problems(text, bundled) == [
        "own.csv, line 2: the code is of Anchorsholme, the name is another (found: Bispham). Check which of the two is right.",
        "own.csv, line 4: is not the name of one of the chosen wards (found: Anchorsholm). Did you mean Anchorsholme?",
        "own.csv, line 5: this area stands on line 3 already (found: E05015187). Give one row for each area. "
        "To count cases use 'exclusion count'.",
        "own.csv, line 6: is not a code of WD25 (found: E05099999). Check it; the wards are those of 2025.",
        "own.csv, line 3, column 'calls': is not a number (found: many). Give a number, or leave it blank when it is not known.",
        "own.csv, line 7, column 'calls': is not a number of zero or more (found: -1). "
        "Give a number, or leave it blank when it is not known.",
        "own.csv, line 8, column 'calls': is a formula, not a number (found: =A1). Give a number, or leave it blank when it is not known.",
    ]


def test_the_codes_of_another_year_are_told_once_for_the_file(bundled: Evidence) -> None:
    old = "WD22CD,calls\n" + "\n".join(f"E0500{n},40" for n in range(1640, 1661))  # Blackpool's wards before 2023
    assert problems(old, bundled) == [
        "own.csv: 21 of 21 codes are not of the wards of this release (WD25: the wards of 2025); the heading says 2022 "
        "(found: E05001640, E05001641, E05001642). Codes of two years must not be joined: export the figures for this year's wards, "
        "or count cases again with 'exclusion count'."
    ]


def test_wards_of_other_councils_are_left_out_and_counted_and_a_name_two_wards_share_needs_a_code(bundled: Evidence) -> None:
    names = bundled.areas["area_name"].value_counts()
    twice = bundled.areas[bundled.areas["area_name"] == names.index[0]]
    pair = twice["council_code"].iloc[:2].tolist()
    assert problems(f"ward,calls\n{names.index[0]},4\n", bundled, pair)[0].startswith(
        f"own.csv, line 2: 2 of the chosen wards have this name (found: {names.index[0]}). Use the code: "
    )
    found = read(f"ward_code,calls\nE05015186,40\n{twice.index[0]},9\n", bundled)
    assert found.notes[0] == "1 row is of areas in other councils and was left out."


def test_rows_for_persons_are_refused_and_nothing_personal_is_repeated(bundled: Evidence) -> None:
    told = problems("ward_code,Surname,Postcode,calls\nE05015186,Quux,FY1 1AA,4\n", bundled)
    assert told[:2] == [
        "own.csv, line 1, column 2: looks like a name. Add the cases up to one row for each ward ('exclusion count' does it on your "
        "machine), and leave this out.",
        "own.csv, line 1, column 3: looks like an address. Add the cases up to one row for each ward ('exclusion count' does it on your "
        "machine), and leave this out.",
    ]
    assert not any("Quux" in line or "FY1" in line for line in told)


def test_small_counts_are_warned_about(bundled: Evidence) -> None:
    assert read("ward_code,calls\nE05015186,4\nE05015187,0\nE05015188,10\n", bundled).notes[0] == (
        "1 of the counts lies between 1 and 9. Do not publish them: they could point at a person."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"ward_code\n", "has no row of headings with rows below"),
        (b"a,b\nx,y\n", "has no column that says which area"),
        (b"ward_code,note\nE05015186,hello\n", "has no column of numbers"),
        (b"ward_code,calls\nE05015186,4\x00\n", "is not text"),
        (b"ward_code,calls,calls\nE05015186,4,5\n", "has two columns of one name"),
        (b"PK\x03\x04 not a zip", "is cut off or damaged"),
        (b"SQLite format 3\x00 no tables", "cannot be read as a GeoPackage"),
        (b"\xd0\xcf\x11\xe0", "is an old workbook"),
        (b"ward_code,%\nE05015186,140%\n", "is a share over 100 %"),
        (b"ward_code,% without internet\nE05015186,0.607\nE05015187,0.31\n", "(found: 0.607). Write them as percentages (60.7, not 0.607)"),
        (b"LSOA21CD,take-up %\nE01004210,40%\n", "are not held by this release for the councils chosen"),
        (b"ward_code,calls\n" + b"E05015186,1\n" * 50_002, "more than there are areas"),
    ],
)
def test_files_that_cannot_be_used_are_answered_in_words(content: bytes, message: str, bundled: Evidence) -> None:
    councils = ["E06000008"] if b"LSOA" in content else BLACKPOOL  # Blackburn: its small areas are not in the bundled release
    assert any(message in line for line in problems(content, bundled, councils))


# ------------------------------------------------------------------ what they are used for


def laid(bundled: Evidence, text: str, *uses: str, period: str = "2025-26") -> Evidence:
    return laying.lay(bundled, read(text, bundled), [laying.parse(use) for use in uses], period=period, owner="Blackpool")


def says_it_unpacks_to(megabytes: int, part: str) -> bytes:
    """A small zip whose one part says in the list of contents how large it is."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(part, b"<a/>")
    content = bytearray(out.getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 24 : at + 28] = (megabytes << 20).to_bytes(4, "little")
    return bytes(content)


def test_what_unpacks_to_more_than_a_table_of_areas_is_refused_unread_and_a_case_export_may_be_larger() -> None:
    """A page is shared: half a megabyte that unpacks to 600 MB held up every visitor of a council for half a minute.

    101 MB is one more than own.toml allows a table for each area; a case export, counted on the officer's
    own machine, may be twenty times that, so this one is refused there for what it is: no workbook.
    """
    bomb = says_it_unpacks_to(101, "xl/workbook.xml")
    with pytest.raises(DataRefused, match=r"contacts\.xlsx: unpacks to 101 MB, more than the 100 MB that such a table can hold"):
        figures.look(bomb, "contacts.xlsx")
    with pytest.raises(DataRefused, match=r"divisions\.zip: unpacks to 101 MB"):
        areas.read(says_it_unpacks_to(101, "divisions.shp"), "divisions.zip")
    with (
        pytest.raises(DataRefused, match=r"export\.xlsx: cannot be read as a workbook"),
        sheets.rows(bomb, "export.xlsx", limits=own_rules().files) as rows,
    ):
        list(rows)


@pytest.mark.parametrize("sheet", [b"0" * (2 << 20), b"<!--" + b">" * 1_000 + b"--><worksheet/>"], ids=["no tag", "a comment"])
def test_a_sheet_that_python_would_read_again_with_every_piece_is_refused_before(sheet: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 MB without the end of a tag took five seconds, and 100 would take minutes: nothing of it reaches the reader of XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(DataRefused, match=r"contacts\.xlsx: cannot be read as a workbook"):
        figures.look(out.getvalue(), "contacts.xlsx")


def test_as_evidence_a_count_stands_in_for_a_published_figure_in_the_wards_that_have_one(bundled: Evidence) -> None:
    before = exclusion.assess(bundled, BLACKPOOL)  # every service: which of them lean on distance is for the rules to say
    evidence = laid(bundled, "ward_code,beyond 5 km\nE05015188,5000\n", "beyond 5 km = far_help")
    after = exclusion.assess(evidence, BLACKPOOL)
    row = after.profile[after.profile["measure"] == "far_help"].set_index("area_code").loc["E05015188"]
    people = bundled.areas.at["E05015188", "population"]
    assert (row["n"], row["of"], row["fit"], row["period"]) == (5000, people, "own", "2025-26")
    assert (
        row["value"] == pytest.approx(5000 / people, abs=1e-6) and row["percentile"] > 60
    )  # Bloomfield, where four in ten households have no car
    same = [a.profile[(a.profile["measure"] != "far_help") | (a.profile["area_code"] != "E05015188")] for a in (before, after)]
    pd.testing.assert_frame_equal(*(table.sort_values(["area_code", "measure"], ignore_index=True) for table in same))
    assert "Own figures of Blackpool, not published by us: beyond 5 km (own.csv), 2025-26." in after.notices
    told = after.findings[after.findings["area_code"] == "E05015188"]
    assert told["reason"].str.contains("about 5,000 people").any()
    assert not before.findings["reason"].str.contains("about 5,000 people").any()


def test_a_council_s_own_count_of_people_alone_is_no_estimate_and_can_be_strong(bundled: Evidence) -> None:
    text = "ward_code,one adult 66+\n" + "\n".join(f"{code},900" for code in wards(bundled).index)
    a = exclusion.assess(laid(bundled, text, "one adult 66+ = lone66"), BLACKPOOL, ["blue_badge"])
    rows = a.profile[a.profile["measure"] == "lone66"]
    assert len(rows) == 21 and rows["percentile"].notna().all()
    homes = bundled.wide("ward", "of")["lone66_est"].reindex(rows["area_code"])
    assert (rows["of"].to_numpy() == homes.to_numpy()).all()
    rests = a.findings["reason"].str.contains("about 900 one-person households aged 66 and over (", regex=False)
    assert rests.any() and a.findings.loc[rests, "reason"].str.contains("; the council's own figure; 2025-26)", regex=False).all()


def test_a_count_that_stands_in_for_a_part_of_the_score_is_said_with_every_band_and_map(bundled: Evidence) -> None:
    """Bloomfield has about 5,700 people in households on a low income; 3,600 is within a half of it, 200 is not and is fewer than those
    aged 60 and over of them."""
    text = "ward_code,on benefit\nE05015188,3600\n"
    evidence = laid(bundled, text, "on benefit = income_dep")
    before, after = (exclusion.assess(one, BLACKPOOL, ["blue_badge"]) for one in (bundled, evidence))
    said = "Score and band rest on the council's own figures in 1 ward (not the published ones of people in households on a low income)."
    assert before.method.own == "" and after.method.own == said
    assert after.method.words == f"{before.method.words} {said}" and said in after.notices and said not in before.notices
    assert side.layer(after, after, side.BAND).note == said  # goes with the map and with its picture
    assert after.scores.at["E05015188", "risk"] < before.scores.at["E05015188", "risk"]
    # A measure that no score is made of changes no band, and nothing is said of it.
    assert exclusion.assess(laid(bundled, "ward_code,n\nE05015188,500\n", "n = carers"), BLACKPOOL, []).method.own == ""
    use = [laying.parse("on benefit = income_dep")]
    assert len(laying.said(bundled, read(text, bundled), use, "Blackpool")) == 2  # what it is for, a note; no gap
    far = laying.said(bundled, read("ward_code,on benefit\nE05015188,2500\n", bundled), use, "Blackpool")[1]
    assert far.startswith(
        "'on benefit' is over 2 times the published figure, or under one part in 2 of it, in one ward of 1, furthest in Bloo"
    )
    assert "mfield (2,500; published about 5,7" in far
    with pytest.raises(
        DataRefused, match=r"Bloomfield: with 'on benefit' there would be more people aged 60 and over in households on a low"
    ):
        laid(bundled, "ward_code,on benefit\nE05015188,200\n", "on benefit = income_dep")


def test_as_an_indicator_a_share_is_scored_by_a_method_file_that_names_it(bundled: Evidence, tmp_path: Path) -> None:
    here = wards(bundled)
    text = "ward_code,cannot,asked\n" + "\n".join(f"{code},{10 + n},100" for n, code in enumerate(here.index))
    evidence = laid(bundled, text, "cannot / asked = indicator")
    path = tmp_path / "skills.toml"
    path.write_text(
        'id="skills"\ntitle="Skills"\nnations=["England"]\nnormalise="percentile_of_reference"\nwhy="w"\nreference="r"\n'
        'checked_on=2026-11-26\nreview_by=2027-11-26\n[[domain]]\nid="skills"\nlabel="Skills"\nweight=1\n'
        '[[indicator]]\nid="cannot"\nlabel="Cannot"\ndomain="skills"\nweight=1\ndirection="higher"\nmeasure="own_cannot"\n'
    )
    with pytest.raises(DataRefused, match="uses a measure we do not know"):
        read_method(path)
    scored = alternatives.score(evidence, read_method(path, ["own_cannot"]), list(here.index)).table
    assert scored["index"].is_monotonic_increasing and scored["index"].iloc[[0, -1]].tolist() == [0, 100]  # 10 % first, 30 % last
    a = exclusion.assess(evidence, BLACKPOOL, ["blue_badge"])
    assert "own_cannot" not in set(a.profile["measure"])  # rules and pages never look at it
    pd.testing.assert_frame_equal(a.scores, exclusion.assess(bundled, BLACKPOOL, ()).scores)


def test_the_release_itself_is_never_changed(bundled: Evidence) -> None:
    before = bundled.observations.copy()
    sources = set(bundled.manifest.sources)
    laid(bundled, "ward_code,beyond\nE05015186,2500\n", "beyond = far_help")
    pd.testing.assert_frame_equal(bundled.observations, before)
    assert set(bundled.manifest.sources) == sources
    assert bundled.wide("ward", "count").at["E05015186", "far_help"] != 2500


def test_what_a_column_cannot_be_used_for_is_told_at_once(bundled: Evidence) -> None:
    with pytest.raises(UsageError) as refused:
        laid(bundled, "ward_code,a,b %\nE05015186,4,5\n", "c = far_help", "a = fare_help", "a = connectivity", "b % = no_car", period=" ")
    assert [str(problem).split(". ")[0] for problem in refused.value.problems] == [
        "--own-use: column is not one of numbers in own.csv (found: c)",
        "--own-use: is neither 'indicator' nor a measure (found: fare_help)",
        "--own-use: is not a count, so a count cannot stand in for it (found: connectivity)",
        "--own-use: 'b %' is a share; rules go by counts too (found: no_car)",
        "--own-when: is missing",
    ]
    with pytest.raises(DataRefused, match=r"own.csv, Anchorsholme: 'a' is more than it is a part of"):
        laid(bundled, "ward_code,a\nE05015186,400000\n", "a = far_help")
    with pytest.raises(UsageError, match="does not say what a column is for"):
        laying.parse("far_help")


def test_as_service_use_a_count_by_channel_goes_into_a_proposal_as_it_is(bundled: Evidence) -> None:
    text = "area_code,area_name,council_name,Phone,Web,Face to face,cases,period\nE05015186,Anchorsholme,Blackpool,60,39,*,120,2025-26\n"
    assert read_contacts(text.encode(), wards(bundled)) == {"E05015186": {"phone": 60, "online": 39}}
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for row in (["Ward", "Telephone", "Counter"], ["Bispham", 50, 12]):
        book.active.append(row)
    book.save(packed)
    assert read_contacts(packed.getvalue(), wards(bundled)) == {"E05015187": {"phone": 50, "f2f": 12}}


# ------------------------------------------------------------------ on the command line


@pytest.fixture
def file(tmp_path: Path, bundled: Evidence) -> Path:
    path = tmp_path / "own.csv"
    path.write_text("ward_code,one adult 66+,take-up\n" + "\n".join(f"{code},900,4.3%" for code in wards(bundled).index))
    return path


def test_figures_shows_the_columns_and_the_wards(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figures", str(file), "--council", "Blackpool"]) == 0
    said = capsys.readouterr().out
    assert "one adult 66+   number" in said and "E05015186   Anchorsholme" in said
    assert "4.3%" in said.split("By ward, as it would be used")[1]


def test_assess_takes_them_and_says_so(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["assess", "-c", "Blackpool", "-s", "blue_badge", "--own-figures", str(file), "--own-use", "one adult 66+ = lone66"]
    assert main([*words, "--own-when", "2025-26", "-o", str(tmp_path / "out")]) == 0
    assert "stands in for our figure" in capsys.readouterr().err
    rows = pd.read_csv(tmp_path / "out" / "observations.csv")
    own = rows[rows["fit"] == "own"]
    assert own["measure"].unique().tolist() == ["lone66"] and (own["count"] == 900).all()
    assert "Own figures of Blackpool" in (tmp_path / "out" / "run.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--own-use", "a = far_help"], "--own-figures: is missing"),
        (["--own-figures", "FILE"], "--own-use: is missing"),
        (["--own-figures", "FILE", "--own-use", "one adult 66+ = lone66"], "--own-when: is missing"),
        (["--own-figures", "none.csv", "--own-use", "a = lone66"], "none.csv: is not a file"),
    ],
)
def test_what_is_missing_is_said(words: list[str], message: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "-c", "Blackpool", *(str(file) if word == "FILE" else word for word in words)]) == 2
    assert message in capsys.readouterr().err


def test_own_evidence_has_a_cache_of_its_own(bundled: Evidence) -> None:
    bundled.wide("ward", "count")
    evidence = laid(bundled, "ward_code,beyond\nE05015186,2500\n", "beyond = far_help")
    assert evidence.cache is not bundled.cache
    assert evidence.wide("ward", "count").at["E05015186", "far_help"] == 2500
    assert replace(bundled).wide("ward", "count").at["E05015186", "far_help"] != 2500
    assert np.isfinite(evidence.wide("ward", "value").at["E05015187", "far_help"])  # the rest keep ours


PROPOSAL = """title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-09-01
[[service]]
id = "blue_badge"
close = ["f2f"]
"""


@pytest.fixture
def with_proposal(file: Path, tmp_path: Path) -> list[str]:
    path = tmp_path / "proposal.toml"
    path.write_text(PROPOSAL, encoding="utf-8")
    return ["--proposal", str(path), "--own-figures", str(file), "--own-use", "one adult 66+ = lone66", "--own-when", "2025-26"]


def test_a_proposal_is_judged_on_own_figures_in_tables_pages_and_equality_assessment(
    with_proposal: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assess", *with_proposal, "-o", str(tmp_path / "out")]) == 0
    assert "stands in for our figure" in capsys.readouterr().err
    rows = pd.read_csv(tmp_path / "out" / "observations.csv")
    assert set(rows.loc[(rows["measure"] == "lone66") & (rows["level"] == "ward"), "count"]) == {900}
    found = pd.read_csv(tmp_path / "out" / "findings.csv")
    # 900 households are above the high threshold (704), so the rule on living alone and disability rests on the council's figure.
    assert found.loc[found["rule_ids"].str.contains("W05", na=False), "figures_json"].str.contains('"n": 900').any()
    assert len(pd.read_csv(tmp_path / "out" / "effects.csv"))
    assert main(["pack", *with_proposal, "-o", str(tmp_path / "pages")]) == 0
    assert main(["equality", *with_proposal, "-o", str(tmp_path / "eia.html")]) == 0
    written = [*(tmp_path / "pages").glob("*.html"), tmp_path / "eia.html"]
    silent = [path.name for path in written if "Own figures of Blackpool" not in path.read_text(encoding="utf-8")]
    assert len(written) > 20 and not silent


def test_the_register_says_why_it_does_not_keep_own_figures_and_what_to_do(
    with_proposal: list[str], tmp_path: Path, bundled: Evidence, capsys: pytest.CaptureFixture[str]
) -> None:
    from exclusion import register
    from exclusion.contracts import UsageError

    place = tmp_path / "register.sqlite"
    assert main(["register", "save", *with_proposal, "--by", "A. Officer", "--register", str(place)]) == 2
    said = capsys.readouterr().err
    assert "--own-figures: cannot be kept in the register" in said and "'exclusion assess -o'" in said and not place.exists()
    # The same for whoever saves from Python or the app.
    from exclusion import assess, load
    from exclusion.building.own_release import write_own

    evidence = laid(bundled, "ward_code,beyond\nE05015186,2500\n", "beyond = far_help")
    with register.connect(place, create=True) as opened:
        with pytest.raises(UsageError, match="own figures: beyond"):
            register.save(opened, assess(evidence, ["Blackpool"], ["blue_badge"]), by="A. Officer", title="Own")
        assert register.versions(opened).empty
        # The way out that is named: a release of the council's own, from which it is saved and opens again.
        release = load(write_own(bundled, evidence, tmp_path / "release", owner="Blackpool"))
        saved = register.save(opened, assess(release, ["Blackpool"], ["blue_badge"]), by="A. Officer", title="Own")
        assert register.load(opened, saved.assessment).reopen(release).missing == ()


def test_a_finding_on_the_councils_own_distances_does_not_speak_of_libraries(bundled: Evidence) -> None:
    from exclusion import assess

    # Bispham: 2,500 people far from help by the council's own count, over the high threshold (2,044), and a third without a car.
    evidence = laid(bundled, "ward_code,beyond\n" + "\n".join(f"{code},2500" for code in wards(bundled).index), "beyond = far_help")
    found = assess(evidence, ["Blackpool"], ["blue_badge"]).findings
    far = found[found["rule_ids"].str.contains("W12")]
    assert len(far) and far["reason"].str.contains("about 2,500 people far from help, as the council counts them").all()
    assert not far["reason"].str.contains("public library").any() and not far["short"].str.contains("public library").any()
    # England's share is of people far from a library, which this is not: it does not stand beside it, in words or in the table.
    told = far["reason"].str.extract(r"(people far from help, as the council counts them \([^)]*\))")[0]
    assert told.notna().all() and not told.str.contains("England|wards there").any()
    assert {one["nation_value"] for text in far["figures_json"] for one in json.loads(text) if one["id"] == "far_help"} == {None}
