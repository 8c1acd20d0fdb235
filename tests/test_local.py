"""A council's own judgement laid over ours: only what it changes, with who, when and why; never less than the minimum."""

# ruff: noqa: E501  (quoted sentences read better unbroken)

from __future__ import annotations

import datetime as dt
import html
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest
from invented import areas, figures, profile

import exclusion
from exclusion import equality, export, judgement, proposal, provision, register, report
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, UsageError
from exclusion.export.proposals import tables as proposal_tables
from exclusion.export.proposals import write_proposal
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
    with pytest.raises(DataRefused, match="floor 1: 'services': names a service that is not there: housing_repair"):
        read_local(floors=write(tmp_path, "f.toml", PROMISE.replace("housing_repairs", "housing_repair")))
    with pytest.raises(DataRefused, match="'id'"):
        read_local(floors=write(tmp_path, "f.toml", PROMISE.replace('"L1"', '"F9"')))
    # Both at once: mending the one does not bring up the other.
    wrong = PROMISE.replace('"L1"', '"F9"').replace('channels = ["f2f"', 'channels = ["fax"')
    assert wrong != PROMISE.replace('"L1"', '"F9"')
    with pytest.raises(DataRefused) as refused:
        read_local(floors=write(tmp_path, "f.toml", wrong))
    assert "'id'" in str(refused.value) and "'channels': names a way in that is not there: fax" in str(refused.value)


def test_nothing_can_have_been_decided_tomorrow(tmp_path: Path) -> None:
    own = write(tmp_path, "s.csv", "id,service_name,by,on,why\nblue_badge,Parking badge,A. Officer,2026-12-01,As people say.\n")
    promise = write(tmp_path, "f.toml", PROMISE.replace("2026-09-30", "2026-12-02"))
    with pytest.raises(DataRefused) as refused:
        read_local(services=own, floors=promise, today=dt.date(2026, 11, 30))
    assert [str(problem) for problem in refused.value.problems] == [
        "s.csv, line 2: 'on' lies after today (found: 2026-12-01). Give the day it was decided.",
        "f.toml, floor 1: 'on' lies after today (found: 2026-12-02). Give the day it was decided.",
    ]
    assert read_local(services=own, today=dt.date(2026, 12, 1)).services["blue_badge"].service_name == "Parking badge"


# ------------------------------------------------------------- said wherever a finding is shown

PROPOSAL = """title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-09-01
[[service]]
id = "blue_badge"
close = ["f2f"]
"""
# Contacts, a place and three services within 24 months, so that no table is empty.
WHOLE = f"""{PROPOSAL}contacts = {{ online = 100, phone = 300, f2f = 200 }}
keep = ["phone"]
[[service]]
id = "council_tax_reduction"
close = ["f2f"]
[[service]]
id = "housing_benefit"
close = ["f2f"]
[[place]]
name = "Central Library"
kind = "library"
change = "closes"
"""
SAID = (
    "Local thresholds, not the national version 3",
    "The profile of Blue Badge (disabled parking permit) is the council's, by A. Officer on 1 October 2026",
    "Local minimum L1, A desk for tenants, entered by C. Officer on 30 September 2026",
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A council's own profile, thresholds and promise."""
    folder = tmp_path_factory.mktemp("own")
    return [
        write(folder, "services.csv", "id,u_disabled,by,on,why\nblue_badge,2,A. Officer,2026-10-01,Our own count\n"),
        write(folder, "thresholds.csv", "measure,low,high,by,on,why\nage75,200,400,B. Officer,2026-10-02,Small wards\n"),
        write(folder, "floors.toml", PROMISE),
    ]


def words_of(path: Path) -> str:
    """All the text of a file, whatever holds it."""
    content = path.read_bytes()
    if path.suffix in (".xlsx", ".docx", ".zip"):
        with zipfile.ZipFile(path) as parts:
            content = b"\n".join(parts.read(name) for name in parts.namelist())
    return html.unescape(content.decode("utf-8", "ignore")).replace("\u2019", "'")


def silent(paths: Iterable[Path]) -> list[str]:
    """Files that leave something of it out."""
    return [f"{path.name}: {said}" for path in paths for said in SAID if said not in words_of(path)]


def test_every_table_page_and_document_says_that_judgement_is_the_councils(
    own: list[Path], bundled: exclusion.Evidence, tmp_path: Path
) -> None:
    local = read_local(*own)
    found = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], local=local, today=TODAY)
    considered = proposal.consider(bundled, proposal.parse(PROPOSAL), local=local, today=TODAY)
    # Every format that holds findings. A CSV or Parquet of wards holds scores and figures, on which no local file bears.
    formats = [tmp_path / f"one.{ending}" for ending in ("xlsx", "gpkg", "zip", "geojson")]
    for path in formats:
        export.write(found, path)
    assert silent(formats) == []
    # A folder says it in run.toml; each row of findings and effects names the versions it was made with.
    export.write_folder(considered.assessment, tmp_path / "folder", ())
    write_proposal(considered, tmp_path / "folder")
    assert silent([tmp_path / "folder" / "run.toml", tmp_path / "folder" / "assessment.gpkg"]) == []
    for name in ("findings.csv", "effects.csv"):
        table = pd.read_csv(tmp_path / "folder" / name, dtype=str)
        assert table["thresholds_version"].eq("3|local, by B. Officer on 2 October 2026").all(), name
        assert table.loc[table["service_id"] == "blue_badge", "profile_version"].str.contains("A. Officer").all(), name
        assert (table["rule_ids"] == "L1").any(), name
    whole = proposal_tables(proposal.consider(bundled, proposal.parse(WHOLE), local=local, today=TODAY))
    for name in ("demand.csv", "options.csv", "dependents.csv", "cumulative.csv"):
        table = whole[name]
        assert len(table) and table["thresholds_version"].eq("3|local, by B. Officer on 2 October 2026").all(), name
        mine = table["service_id"].eq("blue_badge") if "service_id" in table else table["services"].str.contains("blue_badge")
        assert table.loc[mine, "profile_version"].str.contains("A. Officer").all() and mine.any(), name
    # Every page of both packs, and both forms of the equality assessment.
    pages = [*report.write_pack(found, tmp_path / "pack"), *report.write_pack(considered, tmp_path / "proposal")]
    assert len(pages) > 2 * 21 and silent(pages) == []
    made = equality.build(considered, today=TODAY)
    documents = {"word.docx": equality.to_docx(made), "form.docx": equality.fill_form(made, equality.sample_form())}
    documents["page.html"] = equality.to_html(made).encode()
    for name, content in documents.items():
        (tmp_path / name).write_bytes(content)
    assert silent(tmp_path / name for name in documents) == []


def test_commands_and_the_register_say_that_judgement_is_the_councils(
    own: list[Path], bundled: exclusion.Evidence, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "p.toml", PROPOSAL)
    files = [word for one in own for word in ("--local", str(one))]
    asked = ["--proposal", str(path), *files, "-o"]
    for words in (["assess", *asked, "a"], ["pack", *asked, "b"], ["equality", *asked, "c.html"]):
        assert main([*words[:-1], str(tmp_path / words[-1])]) == 0
        told = capsys.readouterr().err
        assert all(f"Note: {said}" in told for said in SAID), words[0]
    considered = proposal.consider(bundled, proposal.parse(PROPOSAL), local=read_local(*own), today=TODAY)
    place = str(tmp_path / "register.sqlite")
    with register.connect(place, create=True) as opened:
        texts, more = register.kept(considered, [PROPOSAL])
        version = register.save(opened, considered.assessment, by="A. Officer", title="Own", proposals=texts, tables=more)
        register.export_file(opened, version.assessment, tmp_path / "whole.zip", by="A. Officer")
        register.export_public(opened, version.assessment, tmp_path / "public.zip", by="A. Officer")
    assert main(["register", "show", version.assessment, "--register", place]) == 0
    told = capsys.readouterr().err
    assert all(f"Note: {said}" in told for said in SAID)
    assert silent([tmp_path / "whole.zip"]) == []
    # The public copy says it as well, without who it was.
    public = words_of(tmp_path / "public.zip")
    assert all(re.sub("[ABC]. Officer", "[an officer]", said) in public for said in SAID) and not re.search("[ABC]. Officer", public)
