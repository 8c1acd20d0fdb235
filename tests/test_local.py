"""A council's own judgement laid over ours: only what it changes, with who, when and why; never less than the minimum."""

# ruff: noqa: E501  (quoted sentences read better unbroken)

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from invented import areas, figures, profile

import exclusion
from exclusion import judgement, provision
from exclusion.contracts import DataRefused, UsageError
from exclusion.judgement.local import Local, read_local

TODAY = dt.date(2026, 11, 24)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# ------------------------------------------------------------------- service profiles


@pytest.fixture
def bins(tmp_path: Path) -> Path:
    """Missed bins matter more to this council than to us: many callers are disabled."""
    return write(
        tmp_path,
        "services.csv",
        "id,u_disabled,criticality,by,on,why\nmissed_bin,3,,A. Officer,2026-10-01,A third of callers have an assisted collection\n",
    )


def test_only_changed_cells_change_and_the_editor_is_kept(bins: Path) -> None:
    ours, theirs = judgement.services(), judgement.services(overlay=bins)
    assert (ours["missed_bin"].u_disabled, theirs["missed_bin"].u_disabled) == (1, 3)
    assert theirs["missed_bin"].criticality == ours["missed_bin"].criticality  # a blank cell changes nothing
    assert theirs["missed_bin"].profile_version == "council, by A. Officer on 1 October 2026"
    assert theirs["missed_bin"].why.endswith("Changed by A. Officer on 1 October 2026: A third of callers have an assisted collection")
    assert {name: service for name, service in theirs.items() if name != "missed_bin"} == {
        name: service for name, service in ours.items() if name != "missed_bin"
    }


def test_findings_carry_whose_profile_it_was(bins: Path, bundled: exclusion.Evidence) -> None:
    found = exclusion.assess(bundled, ["Blackpool"], ["missed_bin", "pothole"], local=read_local(services=bins), today=TODAY)
    versions = found.findings.groupby("service_id")["profile_version"].unique().map(list).to_dict()
    assert versions == {"missed_bin": ["council, by A. Officer on 1 October 2026"], "pothole": ["1"]}
    # With the weight at 3, wards with many disabled people are told to expect more calls.
    assert "W06" in "|".join(found.findings.loc[found.findings["service_id"] == "missed_bin", "rule_ids"])
    assert found.notices[0] == (
        "The profile of Report a missed bin is the council's, by A. Officer on 1 October 2026: u_disabled from 1 to 3. "
        "Reason given: A third of callers have an assisted collection"
    )


def test_toml_says_the_same(tmp_path: Path, bins: Path) -> None:
    text = '[[service]]\nid = "missed_bin"\nu_disabled = 3\nby = "A. Officer"\non = 2026-10-01\nwhy = "A third of callers have an assisted collection"\n'
    assert judgement.services(overlay=write(tmp_path, "s.toml", text)) == judgement.services(overlay=bins)


def test_every_mistake_of_an_overlay_at_once(tmp_path: Path) -> None:
    text = (
        "id,u_disabled,floor_channels,legal_hooks,by,on,why\n"
        "missed_bins,3,,,A,2026-10-01,x\n"
        "pothole,9,,,A,2026-10-01,x\n"
        "blue_badge,,phone,,A,2026-10-01,x\n"
        "burial,2,,,,,\n"
        "garage,,,EQA20,A,2026-10-01,x\n"
        "pest_control,2,,,A,2026-10-01,x\n"
        "pest_control,3,,,B,2026-10-02,y\n"
    )
    with pytest.raises(DataRefused) as refused:
        judgement.services(overlay=write(tmp_path, "own.csv", text))
    said = str(refused.value)
    for expected in (
        "own.csv, line 2: is not a service we know (found: missed_bins)",
        "own.csv, line 3: 'u_disabled': input should be less than or equal to 3 (found: 9)",
        "own.csv, line 4: takes post out of the minimum of blue_badge. The council-wide minimum can be added to, not taken away; put it back.",
        "own.csv, line 5: 'by' is missing. Say who changed it, when and why.",
        "own.csv, line 6: 'legal_hooks' is not a column a council can change",
        "own.csv, line 8: 'u_disabled' of pest_control is changed twice. Keep one; the other is at own.csv, line 7.",
    ):
        assert expected in said


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        judgement.services(overlay="nowhere.csv")


# ------------------------------------------------------------------------- thresholds


def test_local_thresholds_are_used_and_said(tmp_path: Path, bundled: exclusion.Evidence) -> None:
    path = write(tmp_path, "t.csv", "measure,low,high,by,on,why\nage75,200,400,B. Officer,2026-10-02,Small wards\n")
    local = read_local(thresholds=path)
    assert local.thresholds is not None
    assert (local.thresholds["age75"].low, local.thresholds["income_dep"].low) == (200, judgement.thresholds()["income_dep"].low)
    ours = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY)
    theirs = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], local=local, today=TODAY)
    fires = [a.findings["rule_ids"].str.contains("W04").sum() for a in (ours, theirs)]
    assert fires[1] > fires[0]
    assert set(theirs.findings["thresholds_version"]) == {"3|local, by B. Officer on 2 October 2026"}
    assert theirs.thresholds_version == "3, with local thresholds"
    assert theirs.notices[0] == (
        "Local thresholds, not the national version 3: people aged 75 and over, 200 and 400 instead of 859 and 1,153 "
        "(by B. Officer on 2 October 2026: Small wards). Findings cannot be set beside those of other councils."
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("age75,400,200,B,2026-10-02,x", "high is below low (found: 400, 200)"),
        ("age,200,400,B,2026-10-02,x", "is not a measure with a threshold (found: age)"),
        ("age75,200,400,B,2026-10-02,x\nage75,100,400,B,2026-10-02,x", "line 3: this measure is there twice"),
        ("age75,0,400,B,2026-10-02,x", "'low': input should be greater than 0"),
        ("age75,200,400,B,,x", "'on' is missing. Say who changed it, when and why."),
    ],
)
def test_thresholds_that_cannot_be_meant(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(DataRefused) as refused:
        read_local(thresholds=write(tmp_path, "t.csv", f"measure,low,high,by,on,why\n{row}\n"))
    assert said in str(refused.value)


# ----------------------------------------------------------------------------- floors

PROMISE = """
[[floor]]
id = "L1"
title = "A desk for tenants"
services = ["housing_repairs", "blue_badge"]
channels = ["f2f"]
reason = "The council promised its tenants a staffed desk."
by = "C. Officer"
on = 2026-09-30
why = "Tenants' charter, cabinet of 12 May 2025"
"""


def test_a_promise_of_the_councils_own_joins_the_minimum(tmp_path: Path) -> None:
    local = read_local(floors=write(tmp_path, "f.toml", PROMISE))
    assert local.floors is not None
    found = _check(local)
    floor = found[(found["kind"] == "floor") & (found["channel"] == "f2f")].set_index("service_id")
    assert floor["rule_ids"].to_dict() == {"blue_badge": "L1", "housing_repairs": "L1"}
    assert floor.loc["blue_badge", "short"] == "The council's own promise: A desk for tenants."
    assert (
        "The council promised its tenants a staffed desk. (The council's own promise, entered by C. Officer on 30 September 2026.)"
        in floor.loc["blue_badge", "reason"]
    )
    assert floor.loc["blue_badge", "legal_hooks"] == ""  # no law is lent to a promise
    # Law still stands behind the phone, and the counter that was advised in B is now expected to be busier.
    phone = found[(found["service_id"] == "blue_badge") & (found["kind"] == "floor") & (found["channel"] == "phone")].iloc[0]
    assert phone["rule_ids"] == "F1|F7" and "EQA20" in phone["legal_hooks"]
    assert not ((found["service_id"] == "blue_badge") & (found["channel"] == "f2f") & (found["kind"] == "keep")).any()
    assert local.notices == (
        "Local minimum L1, A desk for tenants, entered by C. Officer on 30 September 2026. Reason given: Tenants' charter, cabinet of 12 May 2025",
    )


def _check(local: Local) -> pd.DataFrame:
    wards = areas(["B"])
    chosen = [local.services["housing_repairs"], local.services["blue_badge"]]
    return provision.check(wards, profile(wards.index, [figures("B")], [0.01]), chosen, thresholds="0", floors=local.floors).findings


def test_a_promise_that_names_nothing_we_know(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="floor 1: names a service or way in that is not there \\(found: housing_repair\\)"):
        read_local(floors=write(tmp_path, "f.toml", PROMISE.replace("housing_repairs", "housing_repair")))
    with pytest.raises(DataRefused, match="'id'"):
        read_local(floors=write(tmp_path, "f.toml", PROMISE.replace('"L1"', '"F9"')))
