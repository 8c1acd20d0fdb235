"""A council's own release: own figures in a folder of the council's, opened like any other, and never where others look."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import exclusion
from exclusion import release
from exclusion.__main__ import main
from exclusion.contracts import UsageError
from exclusion.own import figures, laying

BLACKPOOL = "E06000009"


@pytest.fixture(scope="module")
def csv(tmp_path_factory, bundled) -> Path:
    """900 households of one adult aged 66 and over in each ward of Blackpool, and a survey of 100."""
    wards = bundled.areas.index[bundled.areas["council_code"] == BLACKPOOL]
    path = tmp_path_factory.mktemp("own") / "ours.csv"
    pd.DataFrame({"ward_code": wards, "Alone": 900, "Cannot do it online": 40, "Asked": 100}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def own_release(csv, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("council") / "release"
    uses = ["--own-use", "Alone = lone66", "--own-use", "Cannot do it online / Asked = indicator"]
    assert main(["figures", str(csv), "-c", "Blackpool", *uses, "--own-when", "2025-26", "-o", str(out)]) == 0
    return out


def test_it_verifies_and_says_whose_figures_are_in_it(own_release):
    about = release.verify(own_release)
    assert about
    held = release.read(own_release)
    assert held.manifest.name.endswith("with own figures of Blackpool")
    assert "+own." in held.manifest.version
    mine = [source for source in held.manifest.sources.values() if source.id.startswith("own_")]
    assert {(s.publisher, s.period) for s in mine} == {("Blackpool", "2025-26")} and len(mine) == 2
    assert "Do not pass this release on" in (own_release / "README.md").read_text(encoding="utf-8")


def test_what_it_holds_is_what_a_visit_would_use_and_the_rest_is_the_release_it_stands_on(own_release, csv, bundled):
    found = figures.read(figures.look(csv, csv.name), bundled, [BLACKPOOL])
    uses = [laying.parse("Alone = lone66"), laying.parse("Cannot do it online / Asked = indicator")]
    laid = laying.lay(bundled, found, uses, period="2025-26", owner="Blackpool")
    held = release.read(own_release)
    key = ["level", "measure", "area_code"]
    columns = [*key, "count", "of", "value", "fit"]
    one, two = (
        table[columns].astype(dict.fromkeys([*key, "fit"], str)).sort_values(key, ignore_index=True)
        for table in (laid.observations, held.observations)
    )
    pd.testing.assert_frame_equal(one, two, check_dtype=False)
    for name in ("areas", "small_areas", "shares", "reference_wards", "context"):
        was, now = (pq.read_table(path / f"{name}.parquet").to_pandas() for path in (bundled.path, own_release))
        pd.testing.assert_frame_equal(was, now)


def test_an_assessment_rests_on_it_without_bringing_anything(own_release):
    """Without own figures the rules on people aged 66 and over alone have an estimate; with them, the council's 900."""
    done = exclusion.assess(release.read(own_release), ["Blackpool"], ["blue_badge"])
    rows = done.profile[done.profile["measure"] == "lone66"]
    assert set(rows["n"]) == {900}


@pytest.mark.parametrize("place", ["data/release", "data/sources/x", "cache/answers"])
def test_it_is_never_written_where_others_look(place, csv, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KEPT_OPEN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KEPT_OPEN_CACHE", str(tmp_path / "cache"))
    words = ["--own-use", "Alone = lone66", "--own-when", "2025-26", "-o", str(tmp_path / place)]
    assert main(["figures", str(csv), "-c", "Blackpool", *words]) == 2
    said = capsys.readouterr().err
    assert "--out: is where" in said and "others may share that one" in said
    assert not (tmp_path / place).exists()


def test_the_bundled_release_itself_cannot_be_overwritten(bundled):
    from exclusion.building.own_release import write_own

    with pytest.raises(UsageError, match="--out: is the release itself"):
        write_own(bundled, bundled, bundled.path, owner="Blackpool")


@pytest.mark.parametrize(
    ("words", "missing"), [(["--own-use", "Alone = lone66"], "--out"), (["-o", "x"], "--own-use")], ids=["no folder", "no use"]
)
def test_half_of_what_a_release_needs_is_said_before_anything_is_read(words, missing, csv, capsys):
    assert main(["figures", str(csv), "-c", "Blackpool", *words]) == 2
    assert f"{missing}: is missing" in capsys.readouterr().err


def test_figures_without_a_period_are_refused(csv, tmp_path, capsys):
    assert main(["figures", str(csv), "-c", "Blackpool", "--own-use", "Alone = lone66", "-o", str(tmp_path / "x")]) == 2
    assert "--own-when: is missing" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
