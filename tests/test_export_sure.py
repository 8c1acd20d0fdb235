"""How sure each band is, in every file for other tools: the same figures, each column told what it means, gaps blank."""

from __future__ import annotations

import io
import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest

from exclusion import assess, export
from exclusion.__main__ import main
from exclusion.export.sure import sure_table
from exclusion.method.uncertainty import uncertainty

COLUMNS = ["sure_band_low", "sure_band_high", "sure_chance", "sure_word", "sure_against_band", "sure_driver"]


@pytest.fixture(scope="module")
def london(bundled):
    """The City of London: some of its wards are scored, others get no small area and are not."""
    a = assess(bundled, ["City of London"], ())
    return a, uncertainty(bundled, list(a.areas.index), draws=10)


def read(path) -> pd.DataFrame:
    kind = path.suffix
    if kind == ".csv":
        return pd.read_csv(path)
    if kind == ".parquet":
        return pd.read_parquet(path)
    if kind == ".xlsx":
        return pd.read_excel(path, sheet_name="wards", engine="openpyxl")
    if kind == ".zip":
        with zipfile.ZipFile(path) as pack:
            return pd.read_csv(io.BytesIO(pack.read("wards.csv")))
    return gpd.read_file(path, **({"layer": "wards"} if kind == ".gpkg" else {}))


@pytest.mark.parametrize("fmt", export.FORMATS)
def test_every_format_says_the_same_of_every_ward(london, tmp_path, fmt):
    a, sure = london
    held = read(export.write(a, tmp_path / f"x.{fmt}", sure=sure)).set_index("area_code")
    expected = sure_table(a, sure).set_index("area_code")
    assert list(held.columns[held.columns.str.startswith("sure_")]) == COLUMNS
    scored = expected.index[expected["band"].notna()]
    blank = expected.index.difference(scored)
    assert len(scored) and len(blank)
    for name in COLUMNS:
        for code in scored:
            assert held.at[code, name] == expected.at[code, name.removeprefix("sure_")], (fmt, name, code)
        # Not scored is a gap: never 0, and never "unclear".
        assert held.loc[blank, name].replace("", pd.NA).isna().all(), (fmt, name)


def test_without_asking_there_is_no_such_column_and_no_such_entry(london):
    a, _ = london
    assert not any(name.startswith("sure_") for name in export.wards_table(a))
    assert not export.dictionary(a)["column"].str.startswith("sure_").any()


def test_each_column_is_in_the_dictionary_and_in_the_package_with_its_meaning(london, tmp_path):
    a, sure = london
    told = export.dictionary(a, sure).set_index("column").loc[COLUMNS]
    assert (told["table"] == "wards").all() and (told["label"].str.len() > 15).all()
    assert told["note"].str.contains("blank where the ward is not scored").all()
    assert "90 of 100 runs lie within" in told.at["sure_band_low", "note"]  # 5 % are left out at each end
    assert "clear from 0.8 up and to 0.2; unclear does not mean that there is no need" in told.at["sure_word", "note"]
    assert not told["label"].str.contains("rank", case=False).any()
    with zipfile.ZipFile(io.BytesIO(export.package_bytes(a, sure))) as pack:
        wards = next(one for one in json.loads(pack.read("datapackage.json"))["resources"] if one["name"] == "wards")
    fields = {field["name"]: field for field in wards["schema"]["fields"]}
    assert [fields[name]["title"] for name in COLUMNS] == told["label"].tolist()


def test_the_command_line_adds_them_when_asked(bundled, tmp_path, capsys):
    out = tmp_path / "rv.csv"
    assert main(["export", "-c", "Ribble Valley", "--sure", "-o", str(out)]) == 0
    a = assess(bundled, ["Ribble Valley"], ())
    assert out.read_bytes() == export.csv_bytes(export.wards_table(a, uncertainty(bundled, list(a.areas.index))))
    capsys.readouterr()


# ------------------------------------------------------------------------- a nation without a score


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "gpkg"])
def test_wards_without_a_score_are_written_with_the_reason_and_no_figure_for_it(bundled, tmp_path, fmt):
    a = assess(bundled, ["Belfast"], ())
    held = read(export.write(a, tmp_path / f"x.{fmt}", sure=uncertainty(bundled, list(a.areas.index))))
    assert len(held) == 60 and held[["risk", "band", *COLUMNS]].replace("", pd.NA).isna().all(axis=None)
    assert held["why_not"].str.contains("not held for Northern Ireland").all()


@pytest.mark.parametrize("command", [["method", "sure"], ["method", "audit", "-o", "x.html"], ["method", "audit", "-o", "x.docx"]])
def test_commands_about_the_score_refuse_a_nation_without_one_in_words(command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*command, "-c", "Belfast"]) == 5  # nothing to assess
    told = capsys.readouterr().err
    assert "there is no score" in told and "not held for Northern Ireland" in told and "Traceback" not in told
    assert not list(tmp_path.iterdir())
