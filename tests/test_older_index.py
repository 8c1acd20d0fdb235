"""The older index, DERI 1.6, from its makers' own table: read, carried onto wards, set beside ours."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from test_pages import run, text

from exclusion import assessment
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, UsageError
from exclusion.judgement.older_index import older_index_rules
from exclusion.method import older_index

GOOD = "lsoa11_or_dz11_code,deri_demography_component,deri_broadband_component,deri_deprivation_component\n"


def complaints(content: str) -> list[str]:
    with pytest.raises(DataRefused) as caught:
        older_index.read_components(content.encode(), "mine.csv")
    return [str(problem) for problem in caught.value.problems]


# ------------------------------------------------------------------- reading


def test_a_table_is_read_as_published_or_with_plain_names_gzipped_or_not():
    published = GOOD + "E01,1,2,3\nE02,,5,\n"
    plain = "code,broadband,demography,deprivation,other\nE01,2,1,3,x\nE02,5,NA,NULL,\n"
    for content in (published.encode(), gzip.compress(published.encode()), plain.encode(), b"\xef\xbb\xbf" + plain.encode()):
        table = older_index.read_components(content)
        assert table.loc["E01", ["demography", "broadband", "deprivation"]].tolist() == [1.0, 2.0, 3.0]
        assert table.loc["E02", "broadband"] == 5.0 and table.loc["E02", ["demography", "deprivation"]].isna().all()  # a gap, not nought


def test_every_mistake_is_named_with_its_line_all_at_once():
    said = complaints(GOOD + "E01,1,2,3\nE01,much,2,3\n,4,12,-1\n")
    assert said == [
        "mine.csv, line 4: the code of the area is missing. Give it.",
        "mine.csv, line 3: the area is there twice (found: E01). Keep one.",
        "mine.csv, line 3: deri_demography_component is not a number (found: much). Give a number from 0 to 10, or leave it blank.",
        "mine.csv, line 4: deri_broadband_component is not between 0 and 10 (found: 12). DERI's components run from 0 to 10.",
        "mine.csv, line 4: deri_deprivation_component is not between 0 and 10 (found: -1). DERI's components run from 0 to 10.",
    ]


def test_a_missing_column_does_not_hide_mistakes_in_the_rows():
    said = complaints("code,demography,broadband,deri_depravation_component\nE01,1,x,3\n")
    assert "the column deri_deprivation_component is missing (found: deri_depravation_component)" in said[0]
    assert "line 2: broadband is not a number (found: x)" in said[1]


def test_many_mistakes_of_one_kind_are_counted():
    said = complaints(GOOD + "".join(f"E{n:02d},x,1,1\n" for n in range(12)))
    assert len(said) == 6 and "the same in 7 more lines: deri_demography_component is not a number" in said[-1]


@pytest.mark.parametrize("content", ["", "\x89PNG\r\n\x1a\n\x00\x00", GOOD])
def test_what_holds_no_table_is_refused_in_words(content):
    assert len(complaints(content)) >= 1


def test_broken_gzip_and_no_file_are_refused(tmp_path):
    with pytest.raises(DataRefused, match="cannot be read as a table"):
        older_index.read_components(gzip.compress(b"code,demography\n" * 50)[:40])
    with pytest.raises(UsageError, match="is not a file"):
        older_index.read_components(tmp_path / "none.csv")


# ------------------------------------------------------------------- onto wards


def test_a_ward_is_the_mean_over_the_people_of_its_small_areas():
    shares = pd.DataFrame(
        [("s1", "W1", 1.0, 1000), ("s2", "W1", 0.5, 2000), ("s2", "W2", 0.5, 2000), ("s3", "W2", 1.0, 3000)],
        columns=["small_area_code", "area_code", "share", "population"],
    )
    small = pd.DataFrame({"deri": [2.0, 4.0, np.nan]}, index=["s1", "s2", "s3"])
    found = older_index.ward_means(shares, small, least=0.5)
    # W1: 1,000 people at 2 and 1,000 at 4. W2: only 1,000 of its 4,000 people have a figure, which is under half.
    assert found.loc["W1"].tolist() == [3.0, 1.0]
    assert np.isnan(found.at["W2", "deri"]) and found.at["W2", "observed"] == 0.25
    assert older_index.ward_means(shares, small, least=0.25).at["W2", "deri"] == 4.0  # equal passes


def test_only_the_published_table_gets_bands(bundled):
    wards = list(bundled.areas.index[bundled.areas["council_name"] == "Blackpool"])
    codes = bundled.small_areas["small_area_code"].unique()
    made_up = pd.DataFrame(dict.fromkeys(("demography", "broadband", "deprivation"), 5.0), index=codes)
    found = older_index.of_wards(bundled, made_up, wards)
    assert (found.table["deri"].round(9) == 5).all() and found.table["band"].isna().all()
    assert "this is not the whole table of DERI 1.6" in found.notes[0]
    leeds = list(bundled.areas.index[bundled.areas["council_name"] == "Leeds"])
    assert (older_index.of_wards(bundled, made_up, leeds).table["why_not"] == "This release holds no small areas of this ward.").all()


@pytest.fixture(scope="module")
def published(shared):
    return shared / "data" / "connectivity" / "deri_v1.6_components_lsoa11_dz11.csv.gz"


@pytest.mark.shared
def test_the_published_table_beside_ours(bundled, published):
    a = assessment.assess(bundled, ["Blackpool", "Ribble Valley", "Tower Hamlets"], ())
    both = older_index.beside(a.scores, older_index.of_wards(bundled, older_index.read_components(published), list(a.areas.index)))
    both = both.set_index(a.areas["area_name"])
    # Worked by hand: Bowland holds .8667 of the 1,313 people of E01025320 (3.6712) and .1515 of the 1,391 of E01025349 (2.8717):
    # (1,138 x 3.6712 + 211 x 2.8717) / 1,349 = 3.55. The highest fifth of England's wards begins at 3.4309.
    assert both.loc["Bowland", ["band", "deri", "older_band", "moves"]].tolist() == [1, 3.55, 5, 4]
    assert both.loc["Bloomfield", "older_band"] == 5 and both["why_not"].ne("").sum() == 3
    assert older_index.said(both) == "Of 64 wards with a band by both, 34 are in the same band, and 14 are two or more bands apart."


@pytest.mark.shared
def test_the_cuts_of_the_small_areas_are_those_of_the_published_table(published):
    from exclusion.method.alternatives import deri_from_components

    deri = deri_from_components(older_index.read_components(published))
    for nation in ("England", "Wales"):
        assert older_index_rules().edges(nation).is_of(deri, nation)
        assert not older_index_rules().edges(nation).is_of(deri + 0.02, nation)
        assert not older_index_rules().edges(nation).is_of(deri.iloc[1:] if nation == "England" else deri[:33000], nation)


# ------------------------------------------------------------------- command line and page


@pytest.mark.shared
def test_the_command_prints_writes_and_answers_in_json(published, tmp_path, capsys):
    assert main(["method", "deri", str(published), "-c", "Blackpool"]) == 0
    assert "Of 21 wards with a band by both, 16 are in the same band, and none is two or more bands apart." in capsys.readouterr().out
    out = tmp_path / "deri.csv"
    assert main(["method", "deri", str(published), "-c", "Blackpool", "-o", str(out)]) == 0
    assert pd.read_csv(out).set_index("area_name").at["Brunswick", "older_band"] == 5
    capsys.readouterr()
    assert main(["method", "deri", str(published), "-c", "Leeds", "--json"]) == 0
    assert {row["deri"] for row in json.loads(capsys.readouterr().out)} == {None}


def test_the_command_refuses_a_bad_table_and_writes_nothing(tmp_path, capsys):
    bad, out = tmp_path / "bad.csv", tmp_path / "out.csv"
    bad.write_text(GOOD + "E01,x,2,3\n", encoding="utf-8")
    assert main(["method", "deri", str(bad), "-c", "Blackpool", "-o", str(out)]) == 3
    assert "bad.csv, line 2: deri_demography_component is not a number (found: x)" in capsys.readouterr().err
    assert not out.exists()


def test_the_preset_points_to_the_command(capsys):
    assert main(["score", "-c", "Blackpool", "--method", "deri_1_6"]) == 0
    assert "exclusion method deri FILE" in capsys.readouterr().err


@pytest.mark.shared
def test_the_method_page_takes_the_table(published):
    test = run("method.py", council="Blackpool (E06000009)")
    test.file_uploader(key="deri_components").set_value([(published.name, published.read_bytes(), "application/gzip")]).run()
    assert not test.exception
    assert "16 are in the same band" in text(test) and "Wards, by name: our band, and the older index" in text(test)


def test_the_method_page_says_every_mistake_in_the_file():
    test = run("method.py", council="Blackpool (E06000009)")
    test.file_uploader(key="deri_components").set_value([("mine.csv", (GOOD + "E01,x,2,3\nE01,1,2,30\n").encode(), "text/csv")]).run()
    assert not test.exception
    said = "\n".join(one.value for one in test.error).replace("\\", "")
    assert "mine.csv, line 2" in said and "there twice" in said and "found: 30" in said
