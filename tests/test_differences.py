"""What moved between two releases, and why: each reason made by hand on the bundled release."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from exclusion import differences, release
from exclusion.__main__ import main
from exclusion.differences import BOUNDARY, DATA, METHOD, NATION, compare
from exclusion.release import Evidence

BLACKPOOL, BLOOMFIELD = ["E06000009"], "E05015188"


def changed(evidence: Evidence, area: str, measure: str, **to: object) -> Evidence:
    """The evidence with one ward figure changed; its rate follows."""
    table = evidence.observations.copy()
    row = (table["area_code"] == area) & (table["measure"] == measure)
    for column, value in to.items():
        table.loc[row, column] = value
    table.loc[row, "value"] = (table.loc[row, "count"] / table.loc[row, "of"]).round(6)
    return replace(evidence, observations=table, cache={})


def later(evidence: Evidence, source: str, period: str) -> Evidence:
    """The evidence with one source of another date."""
    sources = dict(evidence.manifest.sources)
    sources[source] = replace(sources[source], period=period)
    return replace(evidence, manifest=replace(evidence.manifest, sources=sources), cache={})


def test_a_release_and_itself_differ_in_nothing(bundled: Evidence) -> None:
    found = compare(bundled, bundled, BLACKPOOL, ["blue_badge"])
    assert found.same
    assert found.sentences()[1:] == ["Nothing moved."]


def test_a_figure_of_a_source_with_another_date_moved_by_new_data(bundled: Evidence) -> None:
    source = bundled.observations.query("area_code == @BLOOMFIELD and measure == 'disabled_lot'")["source"].iloc[0]
    was = int(bundled.wide("ward", "count").at[BLOOMFIELD, "disabled_lot"])
    new = later(changed(bundled, BLOOMFIELD, "disabled_lot", count=was + 110), source, "2031-03-21")
    found = compare(bundled, new, BLACKPOOL)
    assert found.figures[["area_code", "measure", "before", "after", "why"]].to_numpy().tolist() == [
        [BLOOMFIELD, "disabled_lot", was, was + 110, DATA]
    ]
    assert found.sources[["source", "change", "after"]].to_numpy().tolist() == [[source, "changed", "2031-03-21"]]
    assert any(
        line.startswith("People whose day-to-day activities are limited a lot: 1 ward figure moved, by 9.7%") for line in found.sentences()
    )


def test_a_figure_of_the_same_files_moved_by_a_new_method(bundled: Evidence) -> None:
    was = int(bundled.wide("ward", "count").at[BLOOMFIELD, "no_car"])
    found = compare(bundled, changed(bundled, BLOOMFIELD, "no_car", count=was - 50, fit="published"), BLACKPOOL)
    assert found.figures["why"].tolist() == [METHOD]
    assert found.sources.empty


def test_wards_that_are_new_gone_or_moved_are_a_new_boundary(bundled: Evidence) -> None:
    areas = bundled.areas.copy()
    areas.loc[BLOOMFIELD, "x"] += 300
    gone = "E05015189"
    areas = areas.drop(index=gone).rename(index={"E05015190": "E05099990"})
    small = bundled.small_areas
    rows = bundled.observations.replace({"area_code": {"E05015190": "E05099990"}})
    rows = rows[rows["area_code"] != gone]
    was = int(bundled.wide("ward", "count").at[BLOOMFIELD, "no_car"])
    new = changed(replace(bundled, areas=areas, observations=rows, small_areas=small, cache={}), BLOOMFIELD, "no_car", count=was + 40)
    found = compare(bundled, new, BLACKPOOL)
    assert dict(zip(found.wards["area_code"], found.wards["change"], strict=True)) == {
        BLOOMFIELD: "moved",
        "E05099990": "new",
        gone: "gone",
        "E05015190": "gone",
    }
    assert set(found.figures["why"]) == {BOUNDARY}
    assert found.figures[found.figures["area_code"] == gone]["after"].isna().all()
    assert found.figures[found.figures["area_code"] == BLOOMFIELD]["measure"].tolist() == ["no_car"]
    assert "1 ward is in another boundary under the same code." in found.sentences()


def test_other_small_areas_under_the_same_code_are_another_boundary(bundled: Evidence) -> None:
    small = bundled.small_areas.copy()
    row = small.index[(small["area_code"] == BLOOMFIELD) & (small["share"] == 1.0)][0]
    small.loc[row, "area_code"] = "E05015189"
    found = compare(bundled, replace(bundled, small_areas=small, cache={}), BLACKPOOL)
    assert set(found.wards["area_code"]) == {BLOOMFIELD, "E05015189"}


def test_a_band_moves_by_the_ward_s_own_figure_or_because_the_nation_s_did(bundled: Evidence) -> None:
    # Squires Gate to no income-deprived people at all: its own figure.
    scores = compare(bundled, changed(bundled, BLOOMFIELD, "income_dep", count=0.0, of=9000.0), BLACKPOOL).bands
    assert scores[["area_code", "most", "why"]].to_numpy().tolist() == [[BLOOMFIELD, "income", METHOD]]
    # The same figures, but every other ward of the nation stands lower: all fifths are cut anew.
    others = bundled.reference_wards.copy()
    others["percentile"] = (
        others["percentile"].where(others["area_code"].isin(bundled.areas.index[:50]), others["percentile"] + 30).clip(0, 100)
    )
    found = compare(bundled, replace(bundled, reference_wards=others, cache={}), BLACKPOOL)
    assert found.figures.empty and len(found.bands) and set(found.bands["why"]) == {NATION}


def test_findings_move_with_the_figures_they_rest_on(bundled: Evidence) -> None:
    source = bundled.observations.query("area_code == @BLOOMFIELD and measure == 'disabled_lot'")["source"].iloc[0]
    new = later(changed(bundled, BLOOMFIELD, "disabled_lot", count=0.0), source, "2031-03-21")
    found = compare(bundled, new, BLACKPOOL, ["blue_badge"])
    assert set(found.findings["area_code"]) == {BLOOMFIELD}
    assert set(found.findings["why"]) == {DATA}
    assert {"removed", "changed"} & set(found.findings["change"])
    assert found.services == 1


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """The bundled release, and a copy with another version."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(release.bundled(), folder)
    text = (new / "release.toml").read_text(encoding="utf-8")
    (new / "release.toml").write_text(text.replace('version = "', 'version = "next ', 1), encoding="utf-8")
    return old, new


def test_a_nation_that_one_release_lacks_is_said_once_and_nothing_moved_from_nowhere(bundled: Evidence) -> None:
    """Before, England and Wales; now with Scotland: its 23 wards of Glasgow are new, and Blackpool and Cardiff are as they were."""
    south = bundled.areas[bundled.areas["nation"].isin(["England", "Wales"])]
    rows = bundled.observations[~bundled.observations["area_code"].str.startswith(("S", "N"))]
    before = replace(bundled, areas=south, observations=rows, cache={})
    found = compare(before, bundled, ["Glasgow City", "Blackpool", "Cardiff"], ["blue_badge"])
    assert found.nations == (("Scotland", "new", 23),)
    assert found.figures.empty and found.bands.empty and found.findings.empty
    said = found.sentences()
    assert "Scotland is new: 23 wards, of which there is nothing to compare." in said
    assert not any("moved" in line and "because" in line for line in said) and not any("wards are new" in line for line in said)
    assert compare(bundled, before, ["Blackpool"]).nations == ()  # the councils chosen are of a nation that both have


def test_the_command_says_it_in_words_in_tables_and_in_json(
    two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["release", "diff", *map(str, two), "--council", "Blackpool", "--service", "blue_badge"]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0
    assert "- Nothing moved." in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "bands.csv", "figures.csv", "findings.csv", "sources.csv", "wards.csv",
    ]  # fmt: skip
    assert main([*words, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is True and said["figures"] == [] and "next 20" in said["new"]


def test_what_is_not_a_release_is_refused(two: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "diff", str(two[0]), str(tmp_path)]) == 3
    assert "holds no release.toml" in capsys.readouterr().err
    assert main(["release", "diff", str(two[0]), str(two[1]), "--council", "Atlantis"]) == 2


def test_every_table_has_its_columns_when_nothing_moved(bundled: Evidence) -> None:
    found = compare(bundled, bundled, BLACKPOOL)
    assert list(found.findings.columns) == [*differences.FINDING_COLUMNS, "why"]
    assert isinstance(found.tables["bands"], pd.DataFrame) and list(found.bands.columns)[-1] == "why"
