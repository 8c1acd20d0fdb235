"""Faults of the machine around the program; docs/faults.md lists all of them, with what the user sees and the test that plays each.

Faults of one part stand with the tests of that part: killed writers and damaged files of the register in
test_register_faults.py, of a release in test_release.py, of exports in test_export_faults.py, of fetches in test_fetching.py.
"""

from __future__ import annotations

import ast
import errno
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from programs import program
from pytest_httpserver import HTTPServer
from registers import Server, answer, badge, place, register, server, sqlite  # noqa: F401
from streamlit.testing.v1 import AppTest

from exclusion import register as registers
from exclusion import release, release_write
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import UsageError, temporary_folder
from exclusion.register import Register, chain
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"


# ------------------------------------------------------------------ the table

LISTED = (
    "kill -9 in a build", "kill -9 in a fetch", "kill -9 in a save", "kill -9 in an export", "disk full", "read-only", "clock",
    "corrupted release", "corrupted cache", "corrupted register", "PostgreSQL restarted", "nginx restarted", "two builds at once",
    "missing fonts", "no temporary folder",
)  # fmt: skip
"""The faults that the page must speak of, each at the beginning of a row."""


def rows() -> list[tuple[str, str, str]]:
    lines = [line.strip().strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [(fault.strip(), seen.strip(), tests.strip()) for fault, seen, tests in lines[2:]]


def test_every_fault_is_in_the_table_with_what_the_user_sees_and_a_test_that_is_there() -> None:
    told = rows()
    assert [one for one in LISTED if not any(fault.startswith(one) for fault, _, _ in told)] == []
    for fault, seen, tests in told:
        assert len(seen) > 20, f"{fault}: what does the user see?"
        named = re.findall(r"`(\w+(?:/\w+)*\.py)::(\w+)`", tests)
        assert named, f"{fault}: no test is named"
        for file, test in named:
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            held = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert test in held, f"{fault}: {file} has no {test}"


# ------------------------------------------------------------------ two builds at once


def test_of_writers_that_put_a_release_in_one_place_at_once_each_ends_well_and_the_last_stays_whole(tmp_path: Path) -> None:
    """Four writers, fifty times each, and a reader that puts an old release back where it finds none, as every reader does."""
    out = tmp_path / "release"
    wrong: list[str] = []
    stop = threading.Event()

    def writer(name: str) -> None:
        for number in range(50):
            new = tmp_path / f"{name}-{number}"
            new.mkdir()
            for file in ("areas.parquet", "release.toml"):
                (new / file).write_text(f"{name}-{number}")
            try:
                release_write.swap(new, out)
            except OSError as error:
                wrong.append(f"{name}-{number}: {error}")

    def reader() -> None:
        while not stop.is_set():
            release.recover(out)

    writers = [threading.Thread(target=writer, args=(name,)) for name in "abcd"]
    reading = threading.Thread(target=reader)
    for one in (*writers, reading):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    reading.join()
    assert wrong == []
    assert {file.read_text() for file in out.iterdir()} <= {f"{name}-49" for name in "abcd"}
    assert len(list(out.iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


# ------------------------------------------------------------------ the clock


def test_a_clock_that_jumps_back_and_forth_leaves_the_history_in_order_and_whole(
    register: Register, badge: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved at noon, answered at 9 in the morning of the day before, answered again ten years later."""
    days = iter(["2026-11-26T12", "2026-11-25T09", "2036-11-26T12"])
    times = [f"{next(days)}:00:00+00:00"]
    monkeypatch.setattr(chain, "now", lambda: times[-1])
    saved = registers.save(register, badge, by="A. Officer").assessment
    findings = registers.load(register, saved).table("findings")
    for number, who in ((1, "B. Officer"), (2, "C. Officer")):
        times.append(f"{next(days)}:00:00+00:00")
        registers.respond(register, saved, number, [answer(findings, number)], by=who)
    assert registers.verify(register).problems == ()
    history = registers.history(register)
    assert list(history["who"]) == ["A. Officer", "B. Officer", "C. Officer"], "in the order in which it was done, not of the clock"
    assert list(history["at"].str[:4]) == ["2026", "2026", "2036"]
    assert registers.load(register, saved).version.number == 3


@pytest.mark.parametrize(("days", "asked"), [(-1, 1), (-400, 2), (2, 2), (400, 2)], ids=["yesterday", "long ago", "tomorrow", "next year"])
def test_an_answer_kept_under_a_clock_that_ran_ahead_is_asked_for_again(
    tmp_path: Path, httpserver: HTTPServer, days: int, asked: int
) -> None:
    """It would otherwise be taken for fresh until the real day comes: for a year, say."""
    httpserver.expect_request("/file.csv").respond_with_data("a,b\n1,2\n", content_type="text/csv")
    question = Ask("A publisher", httpserver.url_for("/file.csv"), "https://publisher.example", kind="csv")
    fetcher = Fetcher(cache=tmp_path, sleep=lambda _: None, pause=0)
    fetcher.get(question)
    (note,) = tmp_path.rglob("answers/*/*.json")
    about = json.loads(note.read_text())
    note.write_text(json.dumps(about | {"when": (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds")}))
    fetcher.get(question)
    assert len(httpserver.log) == asked


# ------------------------------------------------------------------ a database that is restarted

SAVING = """
import sys, time
import exclusion
from exclusion import register
from exclusion.contracts import SourceUnreachable
found = exclusion.assess(exclusion.load(), ["Ribble Valley"], ["blue_badge"])
with register.connect(sys.argv[1]) as held:
    while True:
        try:
            print("saved", register.save(held, found, by="A. Officer").assessment, flush=True)
        except SourceUnreachable as error:
            print("refused", error, flush=True)
            time.sleep(0.05)
"""


def test_a_database_restarted_in_the_middle_of_saves_loses_none_and_says_what_to_do(server: Server) -> None:
    """Stopped as a crash would three times while somebody saves without a pause; the saver is never restarted."""
    url = server.database()
    saver = subprocess.Popen([sys.executable, "-c", SAVING, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert saver.stdout
    told: list[str] = []

    def until(word: str, times: int) -> None:
        while sum(line.startswith(word) for line in told) < times:
            line = saver.stdout.readline()  # type: ignore[union-attr]
            assert line, saver.communicate()[1]
            told.append(line)

    try:
        for turn in range(1, 4):
            until("saved", 4 * turn)
            server.stop()
            try:
                until("refused", turn)
            finally:
                server.start()
        until("saved", 16)
    finally:
        saver.kill()
        rest, complaints = saver.communicate()
    told += rest.splitlines()
    assert complaints == ""
    saved = {line.split()[1] for line in told if line.startswith("saved") and len(line.split()) == 2}
    assert all("does not answer" in line and "newest version" in line for line in told if line.startswith("refused"))
    with registers.connect(url) as held:
        assert saved <= set(registers.versions(held)["assessment"])
        assert registers.verify(held).problems == ()


# ------------------------------------------------------------------ no temporary folder


@pytest.fixture
def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where TMPDIR, /tmp, /var/tmp and the folder one is in cannot be written to."""

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/var/tmp', '/usr/tmp', '/']")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", none)


def test_without_a_temporary_folder_what_needs_one_says_so_in_a_sentence(no_temporary_folder: None) -> None:
    said = r"^A folder for temporary files: cannot be made \(No usable temporary directory.*TMPDIR names it"
    with pytest.raises(UsageError, match=said), temporary_folder():
        raise AssertionError("there is none")


def test_without_a_temporary_folder_the_page_stands_but_for_its_map(no_temporary_folder: None) -> None:
    import streamlit as st

    st.cache_resource.clear()
    shown = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert list(shown.exception) == []
    assert [error.value.replace("\\", "") for error in shown.error] != []
    assert "A folder for temporary files: cannot be made" in shown.error[0].value.replace("\\", "")
    assert any("what to keep open, by ward" in str(block.proto.body) for block in shown.get("html")), "the table is there"
    assert not shown.get("component_instance")
    st.cache_resource.clear()


def test_without_a_temporary_folder_the_command_line_writes_its_files_all_the_same(
    no_temporary_folder: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Files are made beside the place they go to, so that they can be moved there in one step."""
    out = tmp_path / "found"
    assert main(["assess", "--council", "Blackpool", "--service", "blue_badge", "-o", str(out)]) == 0
    assert (out / "findings.csv").is_file()
    assert (out / "assessment.gpkg").is_file()


def test_a_folder_of_shapes_that_was_tidied_away_is_made_again() -> None:
    """As systemd-tmpfiles does after ten days: a server that runs for weeks goes on drawing maps."""
    import shutil

    from exclusion.ui import drawing

    shown = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    folder, _ = drawing._shapes()
    shutil.rmtree(folder)
    shown.run()
    (instance,) = shown.get("component_instance")
    named = re.search(r"([0-9a-f]{24})\.json", instance.proto.json_args)
    assert named
    assert (folder / f"{named[1]}.json").is_file()
    assert list(shown.error) == []


# ------------------------------------------------------------------ no fonts

FONTLESS = """
import sys
import builtins
real = open
def refuse(file, *more, **named):
    assert not str(file).lower().endswith((".ttf", ".otf", ".ttc", ".pfb")), f"looked for the font {file}"
    return real(file, *more, **named)
builtins.open = refuse
import exclusion
from exclusion import export, maps, pictures, report, views
found = exclusion.assess(exclusion.load(), ["Blackpool"], ["blue_badge"])
levels = views.levels(found, "blue_badge")
made = pictures.draw(found.areas, levels, maps.LEVELS, title="Map of wards: Blue Badge, Ŷnys Môn", source="Kept Open")
assert made.png().startswith(b"\\x89PNG") and "Ŷnys Môn" in made.svg().decode()
print(len(made.png()))
"""


def test_pictures_are_drawn_with_the_font_they_carry_where_the_machine_has_none(tmp_path: Path) -> None:
    """Under an empty fontconfig; the letters of Welsh names are in it too."""
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>')
    bare = {**os.environ, "FONTCONFIG_FILE": str(tmp_path / "fonts.conf"), "FONTCONFIG_PATH": str(tmp_path), "HOME": str(tmp_path),
            "XDG_DATA_DIRS": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", FONTLESS], capture_output=True, text=True, timeout=120, cwd=ROOT, env=bare)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 20_000


# ------------------------------------------------------------------ the cache of a fetch


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
def test_a_cache_that_takes_no_more_is_one_message_and_what_was_kept_stays(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: int
) -> None:
    """The first answer is kept; the disk then takes no more, and a command that asks says so in one line."""
    httpserver.expect_request("/a.csv").respond_with_data("a,b\n1,2\n", content_type="text/csv")
    httpserver.expect_request("/b.csv").respond_with_data("a,b\n3,4\n", content_type="text/csv")
    fetcher = Fetcher(cache=tmp_path, sleep=lambda _: None, pause=0)
    first, second = (Ask("A publisher", httpserver.url_for(f"/{name}.csv"), "https://publisher.example", kind="csv") for name in "ab")
    fetcher.get(first)

    def full(*_: object, **__: object) -> None:
        raise OSError(fault, os.strerror(fault), str(tmp_path / "answers"))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    with pytest.raises(UsageError) as refused:
        fetcher.get(second)
    assert str(refused.value).startswith(f"{tmp_path}: cannot be written ({os.strerror(fault)}); what was kept stays")
    assert "KEPT_OPEN_CACHE" in str(refused.value)
    monkeypatch.undo()
    assert fetcher.get(first).path.read_text() == "a,b\n1,2\n"


def test_a_backup_under_a_clock_that_was_set_back_replaces_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three backups in one second of the clock: three files."""
    host = program(ROOT / "deploy" / "host.py")

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 11, 26, 2, 0, tzinfo=UTC)

    written = itertools.count(1)

    def dump(command: str, **_: str) -> None:
        if command.startswith("pg_dump"):
            Path(re.search(r"--file=(\S+)", command)[1]).write_text(str(next(written)))  # type: ignore[index]

    monkeypatch.setattr(host, "datetime", Stopped)
    monkeypatch.setattr(host, "_run", dump)
    for _ in range(3):
        host.backup("postgresql:///kept_open", tmp_path)
    assert sorted((path.name, path.read_text()) for path in tmp_path.iterdir()) == [
        ("register-2026-11-26T020000-1.dump", "2"), ("register-2026-11-26T020000-2.dump", "3"), ("register-2026-11-26T020000.dump", "1"),
    ]  # fmt: skip
