"""The kept table of the calibration says what the rules in use do. Making it takes a minute, so one council is measured again here."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import exclusion
from exclusion import judgement, views
from exclusion.__main__ import main

PAGE = (Path(__file__).parent.parent / "docs" / "calibration.md").read_text(encoding="utf-8")


def cells(start: str) -> list[str]:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_is_of_the_version_in_use_and_dated() -> None:
    current = judgement.current_thresholds()
    assert f"The version in use is {current}." in PAGE
    assert re.search(r"Measured on \d+ \w+ 20\d\d on every ward", PAGE)
    assert cells("share")[-1] == f"version {current}"


def test_the_targets_of_the_rules_are_met() -> None:
    quiet, condition, edge = (
        float(cells(name)[-1].rstrip("%")) for name in ("nothing beyond the minimum", "kept as a condition", "borderline")
    )
    assert quiet >= 50 and condition <= 2 and edge <= 100 / 3
    # What was not assessed is no part of "nothing": the two stand apart, and with what was found they are no more than all.
    unknown = float(cells("not assessed")[-1].rstrip("%"))
    assert 0 < unknown < quiet < 100 - unknown


def test_every_rule_out_of_bounds_has_an_argued_reason() -> None:
    assert "NO REASON GIVEN" not in PAGE
    named = re.findall(r"^- \*\*(W\d\d) in ([A-Z]\w+), [\d.]+%\.\*\* (.+)$", PAGE, flags=re.MULTILINE)
    assert named and all(judgement.argued()[rule].reason(nation) == why for rule, nation, why in named)
    # A reason given for one nation speaks of that nation only.
    others = {nation: {"England", "Wales", "Scotland"} - {nation, "England"} for _, nation, _ in named}
    assert not [(rule, nation) for rule, nation, why in named for other in others[nation] if f"In {other}" in why]
    # Every rule that fires in over 40 or under 1 in 100 of wards it was assessed in half of is among them.
    for line in re.findall(r"^\| (W\d\d) .+\| (\w+) \| (\d+)% \| .+ \| ([\d.]+)% \([\d.]+%\) \|$", PAGE, flags=re.MULTILINE):
        rule, nation, assessed, fires = line[0], line[1], int(line[2]), float(line[3])
        if assessed >= 50 and not 1 <= fires <= 40:
            assert f"- **{rule} in {nation}, " in PAGE, line


def test_a_council_of_the_table_measured_again_is_as_it_says(bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Leeds"], ["council_tax_reduction"]).findings
    keep = found[found["kind"] == "keep"]
    advised = keep.loc[keep["severity"] != "monitor", "area_code"].nunique()
    assert cells("Leeds")[1] == "33" and cells("Leeds")[-1] == f"{keep['area_code'].nunique()}, {advised}"


def test_progress_is_told_service_by_service(bundled: exclusion.Evidence) -> None:
    told: list[tuple[int, int]] = []
    exclusion.assess(bundled, ["Leeds"], ["missed_bin", "pothole"], progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_an_older_version_can_be_asked_for_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["assess", "-c", "Ribble Valley", "-s", "blue_badge", "-o", str(tmp_path / "out")]
    assert main([*asked, "--thresholds", "1"]) == 0
    assert "Thresholds version 1, not the current version 3." in " ".join(capsys.readouterr().err.split())
    assert set(pd.read_csv(tmp_path / "out" / "findings.csv")["thresholds_version"]) == {1}
    assert main([*asked, "--thresholds", "9"]) == 2
    assert "there is no such version (found: 9)" in " ".join(capsys.readouterr().err.split())


def test_the_sources_page_says_which_version_since_when_and_what_an_ordinary_rate_counts_for() -> None:
    said = views.threshold_words()
    assert said.startswith("Version 3, published on 26 November 2026: 72nd and 88th percentile of England's wards")
    assert "Council tax reduction was advised in all 33 wards of Leeds" in said
    assert "the top 25 and the top 10 in 100 wards" in said and "one step less firm than MODERATE" in said
