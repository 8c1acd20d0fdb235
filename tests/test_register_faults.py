"""What a register does when things go wrong: killed writers, a full disk, no leave to write, a damaged file, a changed row."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from registers import Server, answer, badge, place, register, server, sqlite  # noqa: F401

from exclusion import register as registers
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused, ExclusionError, SourceUnreachable, UsageError
from exclusion.register import Register, Version, schema

# `make test-writers` runs the whole of it, 8 processes that write 200 answers each: minutes, on two processors.
WRITERS, WRITES = (int(number) for number in os.environ.get("KEPT_OPEN_WRITERS", "4x100").split("x"))
KILLS = tuple(WRITES * share // 100 for share in (20, 45, 75))

WRITER = """
import os, sys
from exclusion import register
from exclusion.register import Conflict, Response
from exclusion.register.responses import KEY
where, shared, own, name, writes, acknowledged = sys.argv[1:]
done = open(acknowledged).read().count("\\n") if os.path.exists(acknowledged) else 0
log = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
with register.connect(where) as held:
    latest = {one: register.load(held, one).version.number for one in (shared, own)}
    findings = register.load(held, own).table("findings")
    key = [str(findings.iloc[0][column]) for column in KEY]
    for number in range(done, int(writes)):
        one = (shared, own)[number % 2]
        while True:
            given = Response(*key, response="amend", reason=f"{name} {number}")
            try:
                made = register.respond(held, one, latest[one], [given], by=name)
                break
            except Conflict as conflict:
                latest[one] = conflict.latest.number
        latest[one] = made.number
        os.write(log, f"{made.assessment} {made.number} {made.digest} {name} {number}\\n".encode())
        os.fsync(log)
"""


def started(code: str, *words: object, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload,no-any-return]


def test_killed_writers_lose_nothing_that_was_acknowledged(place: str, badge: Assessment, tmp_path: Path) -> None:
    """4 processes write 100 answers each (or as KEPT_OPEN_WRITERS says), to one assessment together and to one of their own in
    turn; each is killed 3 times, somewhere in a write, and begun again."""
    with registers.connect(place) as held:
        shared = registers.save(held, badge, by="A. Officer").assessment
        own = [registers.save(held, badge, by="A. Officer").assessment for _ in range(WRITERS)]
    logs = [tmp_path / f"writer-{number}" for number in range(WRITERS)]
    words = [(place, shared, own[number], f"writer-{number}", WRITES, logs[number]) for number in range(WRITERS)]
    running = [started(WRITER, *word) for word in words]
    left = [list(KILLS) for _ in range(WRITERS)]
    kills, until, chance = 0, time.monotonic() + 900, random.Random(5)
    while any(one.poll() is None for one in running):
        assert time.monotonic() < until, "the writers do not come to an end"
        for number, one in enumerate(running):
            acknowledged = logs[number].read_text().count("\n") if logs[number].exists() else 0
            if left[number] and acknowledged >= left[number][0] and one.poll() is None:
                time.sleep(chance.random() * 0.02)  # anywhere in a write
                one.send_signal(signal.SIGKILL)
                one.communicate()
                left[number].pop(0)
                kills += 1
                running[number] = started(WRITER, *words[number])
        time.sleep(0.002)
    assert [(one.returncode, one.communicate()[1]) for one in running] == [(0, "")] * WRITERS
    assert kills == WRITERS * len(KILLS)
    lines = [line.split() for log in logs for line in log.read_text().splitlines()]
    assert len(lines) == WRITERS * WRITES
    with registers.connect(place) as held:
        assert registers.verify(held).problems == ()
        # Each acknowledged write is there, under the number and the seal it was acknowledged with, with its words.
        answers = {name: registers.load(held, name).responses for name in (shared, *own)}
        reasons = {name: dict(zip(table["version"], table["reason"], strict=True)) for name, table in answers.items()}
        seals = {(one.assessment, one.number): one.digest for one in _versions(held)}
        for assessment, number, digest, name, write in lines:
            assert seals[assessment, int(number)] == digest
            assert reasons[assessment][int(number)] == f"{name} {write}"
        # What was kept beyond that was being acknowledged when its writer was killed: one a kill at most.
        assert 0 <= len(seals) - (1 + WRITERS) - len(lines) <= kills


def _versions(held: Register) -> list[Version]:
    with held.reading() as connection:
        return [Version(**row._mapping) for row in connection.execute(sa.select(schema.versions))]


def test_a_database_that_stops_in_the_middle_loses_nothing(server: Server, badge: Assessment) -> None:
    with registers.connect(server.database()) as held:
        saved = registers.save(held, badge, by="A. Officer")
        findings = registers.load(held, saved.assessment).table("findings")
        server.stop()  # as a crash would
        try:
            with pytest.raises(SourceUnreachable, match=r"does not answer.*look at the newest version"):
                registers.respond(held, saved.assessment, 1, [answer(findings, 0)], by="B. Officer")
        finally:
            server.start()
        # The same open register goes on working, without a restart of the program.
        assert registers.respond(held, saved.assessment, 1, [answer(findings, 0)], by="B. Officer").number == 2
        assert registers.verify(held).problems == ()


# ------------------------------------------------------------------------------- full disk

FULL = """
import os, resource, sys
import exclusion
from exclusion import register
from exclusion.contracts import ExclusionError
where, limit = sys.argv[1], int(sys.argv[2])
evidence = exclusion.load()
with register.connect(where) as held:
    first = register.save(held, exclusion.assess(evidence, ["Blackpool"], ["blue_badge"]), by="A. Officer")
    every = exclusion.assess(evidence, ["Blackpool", "Ribble Valley"])
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    else:
        ballast = os.open(os.path.join(os.path.dirname(where), "ballast"), os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(ballast, b"x" * 4096):
                pass
        except OSError:
            os.close(ballast)
    try:
        register.save(held, every, by="B. Officer")
        sys.exit("it was saved after all")
    except ExclusionError as error:
        print(type(error).__name__, error, sep="|")
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        os.unlink(os.path.join(os.path.dirname(where), "ballast"))
    assert len(register.versions(held)) == 1 and register.verify(held).problems == ()
    assert register.load(held, first.assessment).reopen(evidence).missing == ()
    second = register.save(held, every, by="B. Officer")  # once there is room again
    assert register.load(held, second.assessment).version.number == 1 and register.verify(held).problems == ()
"""


def test_no_room_for_the_file_is_one_message_and_keeps_what_was_there(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path / "r.sqlite"), "300000"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("UsageError|") and "Nothing was saved, and what was there is as it was." in done.stdout
    assert "make room" in done.stdout.lower() and done.stdout.count("\n") == 1


def test_a_full_disk_is_one_message_and_keeps_what_was_there(tmp_path: Path) -> None:
    """On a disk of 2 megabytes of its own, filled to the last byte."""
    alone = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=2m none {disk}"
    if shutil.which("unshare") is None or subprocess.run([*alone, "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine does not let a test mount a small disk of its own")
    words = f'{mount} && exec "$0" -c "$1" "$2" 0'
    done = subprocess.run(
        [*alone, "sh", "-c", words, sys.executable, FULL, str(disk / "r.sqlite")], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "the disk is full, and to read it takes some room too. Nothing was saved, and what was there is as it was." in done.stdout
    assert "Make room on the disk, then try again." in done.stdout


# ------------------------------------------------------------------------------- read-only

READ_ONLY = """
import sys
from exclusion import register
from exclusion.contracts import UsageError
from exclusion.register import Response
from exclusion.register.responses import KEY
where, name = sys.argv[1:]
with register.connect(where) as held:
    saved = register.load(held, name)
    findings = saved.table("findings")
    assert len(findings) and register.verify(held).problems == () and len(register.versions(held)) == 1
    try:
        register.respond(held, name, 1, [Response(*(str(findings.iloc[0][c]) for c in KEY), response="accept")], by="B")
        sys.exit("it was saved after all")
    except UsageError as error:
        print(error)
"""


def _no_override() -> None:
    """Give up root's right to write where the file says no, so that the test means something for root too."""
    if os.getuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


@pytest.mark.skipif(sys.platform != "linux", reason="leave to write is taken away as Linux does it")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_without_leave_to_write_it_is_read_and_says_so(tmp_path: Path, badge: Assessment, what: str) -> None:
    folder = tmp_path / "shelf"
    where = folder / "register.sqlite"
    with registers.connect(where) as held:
        name = registers.save(held, badge, by="A. Officer").assessment
    before = where.read_bytes()
    changed = where if what == "file" else folder
    changed.chmod(0o444 if what == "file" else 0o555)
    if what == "folder":
        where.chmod(0o444)
    try:
        words = [sys.executable, "-c", READ_ONLY, str(where), name]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, preexec_fn=_no_override)
    finally:
        changed.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{where}: is read-only. Nothing was saved, and what was there is as it was. Ask for leave" in done.stdout
    assert where.read_bytes() == before


def test_a_database_user_without_leave_to_write_is_told_so(server: Server, badge: Assessment) -> None:
    url = server.database()
    database = url.rsplit("/", 1)[1]
    with registers.connect(url) as held:
        saved = registers.save(held, badge, by="A. Officer")
    reader = f"reader_{database[-6:]}"
    server.do(database, f"CREATE ROLE {reader} LOGIN PASSWORD 'reads'", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
    with registers.connect(server.url(database, reader, "reads")) as held:
        findings = registers.load(held, saved.assessment).table("findings")
        with pytest.raises(ExclusionError, match=r"is read-only for this user\. Nothing was saved"):
            registers.respond(held, saved.assessment, 1, [answer(findings, 0)], by="B. Officer")
        assert registers.verify(held).problems == ()


# -------------------------------------------------------------------------------- damaged


@pytest.fixture
def kept(tmp_path: Path, badge: Assessment) -> Path:
    """A register with two versions, closed."""
    where = tmp_path / "register.sqlite"
    with registers.connect(where) as held:
        saved = registers.save(held, badge, by="A. Officer")
        findings = registers.load(held, saved.assessment).table("findings")
        registers.respond(held, saved.assessment, 1, [answer(findings, 0)], by="B. Officer")
    return where


@pytest.mark.parametrize("damage", ["first page", "cut short", "another kind of file", "pages in the middle"])
def test_a_damaged_file_is_refused_with_what_to_do(kept: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytearray(kept.read_bytes())
    if damage == "first page":
        content[:100] = b"\0" * 100
    elif damage == "cut short":
        content = content[: len(content) // 2]
    elif damage == "another kind of file":
        content = bytearray(b"area_code,area_name\n" * 500)
    else:
        for page in range(2, len(content) // 4096, 3):
            content[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    kept.write_bytes(content)
    with pytest.raises(DataRefused) as error:
        registers.connect(kept)
    assert "damaged" in str(error.value) and "Do not save into it. Put back the last copy" in str(error.value)
    assert main(["register", "list", "--register", str(kept)]) == 3
    assert "Traceback" not in capsys.readouterr().err
    assert kept.read_bytes() == bytes(content), "the damaged file is left for whoever looks after it"


def test_a_file_changed_in_storage_is_found_when_it_is_read(kept: Path) -> None:
    """Bits that turn inside a saved file leave the database sound: the hash of the file tells."""
    content = kept.read_bytes()
    at = content.index(b"thresholds_version = ")
    kept.write_bytes(content[: at + 2] + b"X" + content[at + 3 :])
    with registers.connect(kept) as held:
        name = registers.versions(held)["assessment"].iloc[0]
        with pytest.raises(DataRefused, match=r"is not what was saved: run\.toml"):
            registers.load(held, name)


# ------------------------------------------------------------------------------- tampering

ANSWERS = "WHERE sha256 = (SELECT sha256 FROM parts WHERE name = 'responses.toml')"
CHANGES = [
    ("UPDATE history SET who = 'Somebody' WHERE number = 2", "event 2 (responded by Somebody"),
    ("UPDATE history SET at = '2020-01-01T00:00:00+00:00' WHERE number = 1", "event 1 (saved by A. Officer, 2020-01-01"),
    ("UPDATE history SET detail = '{}' WHERE number = 2", "event 2 (responded"),
    ("UPDATE history SET version = 1 WHERE number = 2", "event 2 (responded"),
    ("DELETE FROM history WHERE number = 1", "events 1 to 1 are missing"),
    ("DELETE FROM history WHERE number = 2", "events at the end were removed"),
    ("UPDATE chain SET number = 1, hash = (SELECT previous FROM history WHERE number = 2)", "History ends with event 2"),
    ("DELETE FROM chain", "end of the chain is missing"),
    ("UPDATE versions SET made_by = 'Somebody' WHERE number = 2", "Version 2 of {id} ('"),
    ("UPDATE versions SET note = 'x' WHERE number = 1", "Version 1 of {id} ('"),
    ("UPDATE versions SET digest = '0' WHERE number = 2", "Version 2 of {id} is not what the history says"),
    ("DELETE FROM parts WHERE number = 2; DELETE FROM versions WHERE number = 2", "Version 2 of {id} was saved and is missing"),
    ("DELETE FROM parts WHERE number = 2 AND name = 'responses.toml'", "Version 2 of {id} ('"),
    ("UPDATE parts SET sha256 = (SELECT sha256 FROM parts WHERE name = 'run.toml') WHERE name LIKE 'a%.json'", "Version 1 of {id} ('"),
    (f"UPDATE contents SET body = x'00' {ANSWERS}", "The file responses.toml of version 2 of {id} was changed"),
    (f"DELETE FROM contents {ANSWERS}", "The file responses.toml of version 2 of {id} is missing"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[change[0][:60] for change in CHANGES])
def test_a_changed_row_is_found_and_named(kept: Path, change: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By someone who knows the tables and takes the triggers away first."""
    with sqlite3.connect(kept) as hand:
        name = hand.execute("SELECT assessment FROM versions").fetchone()[0]
        for (trigger,) in hand.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            hand.execute(f"DROP TRIGGER {trigger}")
        hand.executescript(change)
    hand.close()
    with registers.connect(kept) as held:
        found = registers.verify(held).problems
    assert any(words.format(id=name) in line for line in found), found
    assert main(["register", "verify", "--register", str(kept)]) == 3
    said = capsys.readouterr().err
    assert words.format(id=name) in said
    assert ("1 problem was found:" if len(found) == 1 else f"{len(found)} problems were found:") in said


def test_a_history_rewritten_from_end_to_end_is_found_by_a_hash_kept_elsewhere(kept: Path, tmp_path: Path, badge: Assessment) -> None:
    """Whoever can write everything can seal everything anew; the hash in the minutes is what they cannot match."""
    with registers.connect(kept) as held:
        noted = registers.verify(held).head
    with registers.connect(tmp_path / "forged.sqlite") as forged:
        registers.save(forged, badge, by="A. Officer")
        assert registers.verify(forged).problems == ()
        assert "changed or removed" in registers.verify(forged, expect=noted).problems[0]


def test_an_empty_file_is_no_register_that_verifies(tmp_path: Path) -> None:
    """A file of no bytes is what a failed copy leaves: "0 events as they were written" would be said of a register that was lost."""
    path = tmp_path / "r.sqlite"
    path.touch()
    with pytest.raises(
        UsageError, match=r"is an empty file, so no assessment has been saved in it\. If one had been, put back the last copy"
    ):
        registers.connect(path, create=False)
    assert path.stat().st_size == 0, "looking at it writes nothing"
    with registers.connect(path) as held:  # who saves into it begins a register, as with a file that is not there
        assert registers.verify(held).problems == ()
