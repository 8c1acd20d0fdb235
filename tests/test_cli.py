"""The command line: what each command prints and writes, and how it says no."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from exclusion import judgement
from exclusion.__main__ import main
from exclusion.cli import inputs
from exclusion.contracts import DataRefused, NothingToAssess, SourceUnreachable

ROOT = Path(__file__).resolve().parents[1]


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a command that must succeed prints."""
    capsys.readouterr()
    code = main(argv)
    seen = capsys.readouterr()
    assert code == 0, seen.err
    return seen.out


def refusal(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """Exit code and message of a command that must fail: nothing on standard output, no traceback."""
    capsys.readouterr()
    code = main(argv)
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "Traceback" not in seen.err
    return code, seen.err.strip()


def test_without_a_word_it_says_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys)
    assert text == answer(capsys, "--help")
    assert all(name in text for name in ("councils", "services", "score", "assess", "export", "pack", "release"))


# ---------------------------------------------------------------------------- councils


def test_councils_are_found_by_a_part_of_their_name(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "councils", "--find", "blackp", "--json"))
    assert [(row["council_code"], row["council_name"], row["wards"], row["mapped"]) for row in rows] == [
        ("E06000009", "Blackpool", 21, True)
    ]


def test_councils_on_screen_say_what_the_map_can_show(capsys: pytest.CaptureFixture[str]) -> None:
    text = answer(capsys, "councils", "--find", "bl")
    assert "Blackpool" in text and "boundaries" in text
    assert "Blaby" in text and "ward points" in text


def test_every_council_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "councils", "--json"))
    # Published lists of 2025: 6,826 + 762 wards in England and Wales (7,588), + 355 + 462 = 8,405 in 361 councils.
    table = pd.DataFrame(rows).groupby("nation")["wards"].agg(["size", "sum"])
    assert table.to_dict("index") == {
        "England": {"size": 296, "sum": 6826},
        "Wales": {"size": 22, "sum": 762},
        "Scotland": {"size": 32, "sum": 355},
        "Northern Ireland": {"size": 11, "sum": 462},
    }


def test_services_are_the_40_profiles(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "services", "--json"))
    assert [row["service_id"] for row in rows] == list(judgement.services())
    by = {row["service_id"]: row for row in rows}
    assert (by["blue_badge"]["lgsl_id"], by["blue_badge"]["not_run_by_councils_in"]) == (279, "Northern Ireland")
    assert len(rows) == 40
    assert "blue_badge" in answer(capsys, "services")


# ------------------------------------------------------------------------------- score


def test_a_council_is_named_by_code_or_name_in_any_case(capsys: pytest.CaptureFixture[str]) -> None:
    by_name = answer(capsys, "score", "--council", "bLACKPOOL", "--json")
    assert by_name == answer(capsys, "score", "--council", "E06000009", "--json")
    assert len(json.loads(by_name)) == 21


def test_scores_in_json_hold_null_for_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(answer(capsys, "score", "-c", "Blackpool", "--json"))
    hidden = [row for row in rows if row["poor_english_hidden"]]
    assert hidden and all(row["poor_english_count"] is None for row in hidden)


def test_one_council_scored_alone_equals_its_rows_in_the_national_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    answer(capsys, "score", "-c", "Ribble Valley", "-o", str(tmp_path / "one.csv"))
    answer(capsys, "score", "--all", "-o", str(tmp_path / "all.csv"))
    one, everywhere = (pd.read_csv(tmp_path / f"{name}.csv", encoding="utf-8-sig", low_memory=False) for name in ("one", "all"))
    assert len(everywhere) == 8405
    rows = everywhere[everywhere["council_name"] == "Ribble Valley"]
    # The national table also has the columns of measures that other nations alone have: blank in these rows.
    pd.testing.assert_frame_equal(rows[one.columns].reset_index(drop=True), one, check_dtype=False)
    assert rows[everywhere.columns.difference(one.columns)].isna().all(axis=None)


def test_weights_change_the_scores_and_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    default = json.loads(answer(capsys, "score", "-c", "Blackpool", "--json"))
    only_age = ["score", "-c", "Blackpool", "-w", "age=1", "-w", "income=0", "-w", "disability=0", "-w", "connectivity=0", "--json"]
    assert main(only_age) == 0
    seen = capsys.readouterr()
    rows = json.loads(seen.out)
    assert [row["risk"] for row in rows] == [row["domain_age_percentile"] for row in rows]
    assert rows != default
    assert "Weights changed from the default" in seen.err


def test_notes_are_given_with_a_file_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "wards.csv"
    assert main(["score", "-c", "Blackpool", "-w", "age=1", "-o", str(out), "--json"]) == 0
    seen = capsys.readouterr()
    assert json.loads(seen.out) == {"written": [str(out)]}
    assert "Weights changed from the default" in seen.err


# ------------------------------------------------------------------------------ assess


def test_assess_writes_the_folder_and_says_what_to_keep(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "blackpool"
    text = answer(capsys, "assess", "--council", "Blackpool", "--service", "blue_badge", "-o", str(out))
    names = ["assessment.gpkg", "findings.csv", "observations.csv", "people.csv", "run.toml", "wards.csv"]
    assert sorted(path.name for path in out.iterdir()) == names
    findings = pd.read_csv(out / "findings.csv", encoding="utf-8-sig")
    assert {"phone", "f2f"} <= set(findings["channel"])
    assert "Keep across the council" in text and "blue_badge" in text
    run = tomllib.loads((out / "run.toml").read_text(encoding="utf-8"))
    assert run["command"] == f"exclusion assess --council Blackpool --service blue_badge -o {out}"


def test_assess_in_json_is_the_findings_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    rows = json.loads(answer(capsys, "assess", "-c", "Ribble Valley", "-s", "missed_bin", "-s", "homelessness", "-o", str(out), "--json"))
    written = pd.read_csv(out / "findings.csv", encoding="utf-8-sig")
    assert len(rows) == len(written)
    assert {row["service_id"] for row in rows} == {"missed_bin", "homelessness"}


def test_nothing_is_written_when_the_request_is_wrong(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, message = refusal(capsys, "assess", "-c", "Blackpool", "-s", "blue_bagde", "-s", "nothing", "-o", str(out))
    assert code == 2
    assert "blue_bagde" in message and "nothing" in message, "every mistake at once"
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------ export


@pytest.mark.parametrize("fmt", ["csv", "xlsx", "gpkg", "parquet"])
def test_export_writes_each_format(capsys: pytest.CaptureFixture[str], tmp_path: Path, fmt: str) -> None:
    out = tmp_path / f"wards.{fmt}"
    said = json.loads(answer(capsys, "export", "--council", "Tower Hamlets", "--format", fmt, "-o", str(out), "--json"))
    assert said == {"written": [str(out)]}
    assert out.stat().st_size > 5_000


def test_export_takes_the_format_from_the_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "Wrote 20 wards" in answer(capsys, "export", "-c", "Tower Hamlets", "-o", str(tmp_path / "wards.csv"))
    code, message = refusal(capsys, "export", "-c", "Tower Hamlets", "-o", str(tmp_path / "wards.shp"))
    assert (code, "csv, xlsx, gpkg, parquet" in message) == (2, True)


def test_boundaries_of_your_own_give_the_full_map(capsys: pytest.CaptureFixture[str], tmp_path: Path, shared: Path) -> None:
    import geopandas as gpd

    wards = gpd.read_parquet(shared / "data" / "geography" / "wards_2025_uk_simplified.parquet")
    wards[wards["LAD25NM"] == "Adur"].to_file(tmp_path / "adur.geojson")
    answer(capsys, "export", "-c", "Adur", "--boundaries", str(tmp_path / "adur.geojson"), "-o", str(tmp_path / "adur.gpkg"))
    assert set(gpd.read_file(tmp_path / "adur.gpkg", layer="wards").geom_type) == {"MultiPolygon"}


def test_pack_writes_a_page_for_the_council_and_each_ward(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "pack"
    said = json.loads(answer(capsys, "pack", "--council", "Blackpool", "--service", "blue_badge", "-o", str(out), "--json"))
    assert len(said["written"]) == 1 + 21
    assert all(Path(page).read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html") for page in said["written"])
    code, message = refusal(capsys, "pack", "-c", "Blackpool", "-s", "blue_badge", "-s", "missed_bin", "-o", str(out))
    assert code == 2 and "service" in message
    assert len(list(out.iterdir())) == 1 + 21, "what was there stays"


# ----------------------------------------------------------------------------- release


def test_the_bundled_release_verifies(capsys: pytest.CaptureFixture[str]) -> None:
    assert "The release is sound." in answer(capsys, "release", "verify")
    said = json.loads(answer(capsys, "release", "verify", "--json"))
    assert said["ok"] is True and len(said["notes"]) >= 2


def test_verify_lists_texts_past_their_review_date(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = min(entry.review_by for entry in judgement.all_entries())
    monkeypatch.setattr(inputs, "today", lambda: first)
    assert "due to be checked" not in answer(capsys, "release", "verify"), "the day itself is not late"
    monkeypatch.setattr(inputs, "today", lambda: first + timedelta(days=1))
    assert "was due to be checked on" in answer(capsys, "release", "verify")


def test_the_release_says_what_it_holds_and_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    about = json.loads(answer(capsys, "release", "describe", "--json"))
    assert about["edition"] == "WD25" and len(about["sources"]) > 5 and len(about["missing"]) > 3
    text = answer(capsys, "release", "describe")
    assert "Office for National Statistics" in text and "Missing" in text


def test_a_release_that_was_changed_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in (path.name for path in (ROOT / "data").iterdir()):
        (tmp_path / name).write_bytes((ROOT / "data" / name).read_bytes())
    (tmp_path / "areas.parquet").write_bytes((ROOT / "data" / "areas.parquet").read_bytes()[:-100])
    for command in (["release", "verify"], ["score", "-c", "Blackpool"], ["councils"]):
        code, message = refusal(capsys, *command, "--release", str(tmp_path))
        assert code == 3
        assert "areas.parquet" in message and "sha256" in message


def test_a_folder_that_is_no_release_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, message = refusal(capsys, "release", "verify", "--release", str(tmp_path))
    assert code == 3 and "release.toml" in message


def test_building_from_a_folder_that_is_not_there_is_unreachable(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, message = refusal(capsys, "release", "build", str(tmp_path / "absent"), "-o", str(tmp_path / "out"))
    assert code == 4 and "absent" in message
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------ how it says no


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["score", "--council", "Blackpol"], "Did you mean “Blackpool”?"),
        (["score"], "--council"),
        (["score", "--all", "--council", "Blackpool"], "either councils or --all"),
        (["score", "-c", "Blackpool", "-w", "age=much"], "age=40"),
        (["score", "-c", "Blackpool", "-w", "wealth=3"], "wealth"),
        (["score", "-c", "Blackpool", "--boundary"], "--boundary"),
        (["assess", "-c", "Blackpool", "-o", "x"], "--service"),
        (["nonsense"], "nonsense"),
        (["release"], "exclusion release --help"),
        (["councils", "--find", "Atlantis"], "Atlantis"),
        (["export", "-c", "Blackpool", "-o", "x.csv", "--boundaries", "no-such-file.geojson"], "no-such-file.geojson"),
    ],
)
def test_a_slip_is_answered_with_a_sentence(capsys: pytest.CaptureFixture[str], argv: list[str], says: str) -> None:
    code, message = refusal(capsys, *argv)
    assert code == 2
    assert says in message


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataRefused("refused"), 3), (SourceUnreachable("unreachable"), 4), (NothingToAssess("nothing"), 5)],
)
def test_each_kind_of_problem_has_its_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    monkeypatch.setattr(inputs, "load", _raising(error))
    assert refusal(capsys, "councils") == (code, str(error))


def test_a_bug_is_owned_up_to_in_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "load", _raising(KeyError("age")))
    monkeypatch.delenv("KEPT_OPEN_DEBUG", raising=False)
    code, message = refusal(capsys, "councils")
    assert code == 70
    assert message.startswith("This is a bug in the program") and "\n" not in message


def test_a_developer_sees_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "load", _raising(KeyError("age")))
    monkeypatch.setenv("KEPT_OPEN_DEBUG", "1")
    with pytest.raises(KeyError):
        main(["councils"])


def test_stopping_it_leaves_a_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "load", _raising(KeyboardInterrupt()))
    assert refusal(capsys, "councils") == (130, "Stopped. Nothing was left half written.")


def _raising(error: BaseException):  # type: ignore[no-untyped-def]
    def load(*_: object) -> None:
        raise error

    return load


def test_a_place_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, so nothing can be put inside it")
    for argv in (
        ["score", "-c", "Blackpool", "-o", str(tmp_path / "file" / "wards.csv")],
        ["assess", "-c", "Blackpool", "-s", "blue_badge", "-o", str(tmp_path / "file")],
        ["export", "-c", "Blackpool", "-f", "csv", "-o", str(tmp_path)],
    ):
        code, message = refusal(capsys, *argv)
        assert code == 2
        assert str(tmp_path) in message
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    exclusion = [sys.executable, "-m", "exclusion", "councils"]
    with subprocess.Popen(exclusion, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()  # as 'exclusion councils | head -0' does
        complaint = process.stderr.read().decode()
        assert (process.wait(timeout=60), complaint) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_stops_it_without_a_traceback(tmp_path: Path) -> None:
    exclusion = [sys.executable, "-m", "exclusion", "export", "--all", "-o", str(tmp_path / "wards.xlsx")]

    def heeding() -> None:  # what runs these tests in the background has Ctrl-C ignored, and a child inherits that
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(exclusion, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeding) as process:
        deadline = time.monotonic() + 60
        while not any(tmp_path.iterdir()) and time.monotonic() < deadline:  # until it is writing
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.decode().strip()) == (130, b"", "Stopped. Nothing was left half written.")
    assert list(tmp_path.iterdir()) == []


def test_answers_go_to_standard_output_and_notes_do_not(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "exclusion", "assess", "-c", "Ribble Valley", "-s", "blue_badge", "-o", str(tmp_path / "out"), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert "Note: Decided by Lancashire" in done.stderr


# ------------------------------------------------------------------- the level of people


def test_a_factor_with_its_reason_goes_into_the_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ("--people-scale", "0.8", "--people-why", "our survey")
    text = answer(capsys, "assess", "-c", "Blackpool", "-s", "blue_badge", "-o", str(tmp_path), *words)
    people = tomllib.loads((tmp_path / "run.toml").read_text(encoding="utf-8"))["people"]
    assert (people["scale"]["low"], people["scale"]["high"], people["scale_reason"]) == (0.8, 0.8, "our survey")
    assert "people.csv" in text
    plain = {row["area_code"]: row["people_high"] for row in json.loads(answer(capsys, "score", "-c", "Blackpool", "--json"))}
    scaled = {row["area_code"]: row["people_high"] for row in json.loads(answer(capsys, "score", "-c", "Blackpool", "--json", *words))}
    assert all(abs(scaled[code] - 0.8 * high) <= 10 for code, high in plain.items())  # both are rounded to 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--people-scale", "0.8"), "--people-why"),
        (("--people-scale", "0.8", "--people-why", " "), "--people-why"),
        (("--people-why", "our survey"), "--people-scale"),
        (("--people-scale", "9", "--people-why", "our survey"), "Give a number from 0.1 to 1.5"),
    ],
)
def test_a_factor_without_a_reason_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    for command in (
        ("score", "-c", "Blackpool"),
        ("assess", "-c", "Blackpool", "-s", "blue_badge", "-o", str(tmp_path / "out")),
        ("export", "-c", "Blackpool", "-o", str(tmp_path / "out.csv")),
        ("pack", "-c", "Blackpool", "-s", "blue_badge", "-o", str(tmp_path / "out")),
    ):
        code, said = refusal(capsys, *command, *words)
        assert code == 2 and message in said
    assert list(tmp_path.iterdir()) == []
