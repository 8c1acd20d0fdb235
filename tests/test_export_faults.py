"""What an export does when things go wrong: a writer killed at any step, a full disk, a folder of a process that is gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exclusion import export
from exclusion.export.files import UNFINISHED
from exclusion.release_write import runs

ROOT = Path(__file__).parents[1]

KILLED = """
import json, os, shutil, signal, sys
from pathlib import Path
from exclusion import export

place, told, steps = Path(sys.argv[1]), [], ("replace", "link", "unlink", "mkdir")
kept = {name: getattr(os, name) for name in steps}

def writer(out, kill_at):
    done = 0
    def before(name):
        def step(*words, **named):
            nonlocal done
            if done == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1
            return kept[name](*words, **named)
        return step
    for name in steps:
        setattr(os, name, before(name))
    with export.whole_folder(out) as work:
        for name in ("findings.csv", "run.toml", "wards.csv"):
            (work / name).write_text("new")

for kill_at in range(100):
    out = place / str(kill_at) / "tables"
    out.mkdir(parents=True)
    for name in ("findings.csv", "wards.csv", "report.pbix"):
        (out / name).write_text("old")
    if not (child := os.fork()):
        writer(out, kill_at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        break
    killed = {path.name: path.read_text() for path in out.iterdir()}
    writer_again = os.fork()
    if not writer_again:
        writer(out, -1)
        os._exit(0)
    os.waitpid(writer_again, 0)
    told.append((killed, {path.name: path.read_text() for path in out.iterdir()}, sorted(path.name for path in out.parent.iterdir())))
print(json.dumps(told))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_a_writer_killed_at_any_step_leaves_every_file_whole_and_says_where_they_are_mixed(tmp_path: Path) -> None:
    """Killed before each rename, link, removal and folder it makes; then the same command again."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert len(told) >= 10, "there are at least so many steps"
    mixed = 0
    for killed, again, beside in told:
        note = killed.pop(UNFINISHED, "")
        assert killed.pop("report.pbix") == "old"  # somebody else's
        assert set(killed.values()) <= {"old", "new"}, "no half file"
        assert {"findings.csv", "wards.csv"} <= set(killed), "no file is ever missing"
        if len(set(killed.values())) > 1 or len(killed) not in (2, 3):
            mixed += 1
            assert "Run the same command again" in note
        assert again == {"findings.csv": "new", "run.toml": "new", "wards.csv": "new", "report.pbix": "old"}
        assert beside == ["tables"], "what the killed one left beside it is gone"
    assert mixed >= 2


def test_the_working_folder_of_a_process_that_still_runs_is_left_to_it(tmp_path: Path) -> None:
    with export.whole_file(tmp_path / "wards.csv") as work:
        gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
        assert not runs(int(gone.stdout))
        left = work.parent.with_name(work.parent.name.replace(f"-{os.getpid()}-", f"-{int(gone.stdout)}-"))
        elsewhere = tmp_path / f".wards.csv-{int(gone.stdout)}-00000000-x"  # of another machine, on a shared folder
        left.mkdir()
        elsewhere.mkdir()
        with export.whole_file(tmp_path / "wards.csv") as second:
            second.write_text("second")
        assert work.parent.is_dir()
        assert not left.exists()
        assert elsewhere.is_dir()
        work.write_text("first")
    assert (tmp_path / "wards.csv").read_text() == "first"


FORMATS = ["wards.csv", "wards.xlsx", "wards.parquet", "wards.gpkg", "wards.geojson", "wards.zip"]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a small disk of its own")
def test_a_full_disk_is_one_message_for_every_export_and_keeps_what_was_there(tmp_path: Path) -> None:
    """A disk of 24 kilobytes: every format, the folder of an assessment, a pack of pages and a register's file, one after the other."""
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    mount = f"mount -t tmpfs -o size=24k none {disk}"
    if subprocess.run([*alone, "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine does not let a test mount a small disk of its own")
    done = subprocess.run(
        [*alone, "sh", "-c", f'{mount} && exec "$0" -c "$1" "$2"', sys.executable, FULL, str(disk)],
        capture_output=True, text=True, timeout=180, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert len(told) == len(FORMATS) + 2
    for what, code, said, left in told:
        assert code == 2, (what, said)
        assert said.count("\n") == 1, said
        assert "cannot be written" in said, said
        assert "No space left on device" in said or "disk" in said.lower(), said
        assert left == ["kept.txt"], (what, left)


FULL = f"""
import io, json, os, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from exclusion.__main__ import main
disk, told = Path(sys.argv[1]), []
(disk / "kept.txt").write_text("mine")
asked = ["--council", "Blackpool", "--service", "blue_badge"]
words = [["export", "--council", "Blackpool", "-o", str(disk / name)] for name in {FORMATS!r}]
words += [["assess", *asked, "-o", str(disk / "folder")], ["pack", *asked, "-o", str(disk / "pages")]]
for one in words:
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        code = main(one)
    told.append((one[0] + " " + one[-1], code, said.getvalue(), sorted(os.listdir(disk))))
print(json.dumps(told))
"""
