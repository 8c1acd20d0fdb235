"""The installed package: what a council gets from a wheel, away from any checkout, and what its supply chain says."""

from __future__ import annotations

import csv
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest

from exclusion.cli.app_command import command

ROOT = Path(__file__).parents[1]


def build(out: Path) -> Path:
    """The wheel, made with the tools that are installed: nothing is fetched."""
    words = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel alone; what it depends on is found where the tests find it."""
    into = tmp_path_factory.mktemp("installed")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(into), str(wheel)]
    subprocess.run(words, check=True, capture_output=True)
    return into


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-m", "exclusion", *words], cwd=folder, env=surroundings, capture_output=True, text=True, encoding="utf-8"
    )


def test_the_wheel_carries_all_that_the_program_reads(wheel: Path) -> None:
    """Every file of the package that is kept in git, the release, the app with its pages and settings; and no test, cache or key."""
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = subprocess.run(["git", "ls-files", "exclusion", "data", "pages", "app.py"], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode:
        pytest.skip("not a git checkout")
    ours = {name if name.startswith("exclusion/") else f"exclusion/{name}" for name in kept.stdout.split("\n") if name}
    ours = {re.sub(r"^exclusion/(pages/|app\.py)", r"exclusion/app/\1", name) for name in ours} | {"exclusion/app/.streamlit/config.toml"}
    assert ours - names == set()
    others = {name for name in names - ours if ".dist-info/" not in name}
    assert {name for name in others if not name.endswith(".py")} == set()
    assert not any(part in name for name in names for part in ("tests/", "__pycache__", ".streamlit/secrets", "/shared/"))


def test_the_wheel_is_the_same_byte_for_byte_each_time(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_an_installed_package_answers_from_any_folder(installed: Path, tmp_path: Path) -> None:
    """From an empty folder, on the bundled release: findings for one council, and the release proved whole."""
    where = run(installed, tmp_path, "release", "verify")
    assert where.returncode == 0, where.stderr
    done = run(installed, tmp_path, "assess", "-c", "Blackpool", "-s", "blue_badge", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "findings.csv").read_bytes().startswith(b"\xef\xbb\xbfarea_code")
    said = subprocess.run(
        [sys.executable, "-c", "import exclusion; print(exclusion.__file__)"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True,
    )  # fmt: skip
    assert said.stdout.startswith(str(installed)), "the tests looked at the checkout, not at the wheel"


def test_the_app_of_an_installed_package_answers_with_its_own_settings(installed: Path, tmp_path: Path) -> None:
    """``exclusion app`` in a folder without settings: it answers, at 127.0.0.1 alone, and reports no use to anybody."""
    surroundings = {**os.environ, "PYTHONPATH": str(installed)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "exclusion", "app", "--no-browser", "--port", str(port)]
    with open(tmp_path / "said.txt", "w") as said:
        server = subprocess.Popen(words, cwd=tmp_path, env=surroundings, stdout=said, stderr=said, start_new_session=True)
        try:
            for _ in range(600):
                try:
                    answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5).read()
                    break
                except OSError:
                    assert server.poll() is None, (tmp_path / "said.txt").read_text()
                    time.sleep(0.1)
            assert answer == b"ok"
        finally:
            os.killpg(server.pid, 15)
            server.wait(timeout=60)
    words = command(ROOT, {"server.port": 8977})
    assert {"--browser.gatherUsageStats=false", "--server.address=127.0.0.1", "--server.port=8977"} <= set(words)


def test_the_app_says_which_packages_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from exclusion.__main__ import main

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["app"]) == 2
    assert "streamlit" in (said := capsys.readouterr().err) and "pip install 'exclusion[app]'" in said


def test_every_package_that_is_installed_stands_with_its_hash_in_the_version_that_was_tested() -> None:
    """deploy/requirements.txt is what a server installs (pip --require-hashes): constraints.txt, with hashes, and nothing else."""
    tested = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#"))
    text = (ROOT / "deploy" / "requirements.txt").read_text()
    blocks = [re.match(r"([a-z0-9._-]+)==([^ ;]+)(.*)", block, re.DOTALL) for block in re.split(r"\n(?=\S)", text) if block[0] != "#"]
    entries = [block.groups() for block in blocks if block]
    assert len(entries) == len(blocks) > 50
    plain = {name.lower().replace("_", "-"): version for name, version in tested.items()}
    for name, version, rest in entries:
        assert "--hash=sha256:" in rest, name
        if "sys_platform == 'win32'" not in rest:  # what Windows alone needs was not tested here
            assert plain.get(name) == version, name
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = needed["optional-dependencies"]
    wanted = [*needed["dependencies"], *extras["app"], *extras["login"], *extras["postgresql"]]
    names = {name for name, _, _ in entries}
    assert {re.split(r"[>=\[]", one)[0].lower() for one in wanted} <= names


def test_the_licence_of_every_package_is_known_and_lets_a_council_use_it() -> None:
    """docs/licences.csv (made by ``make dist``) names what deploy/requirements.txt installs, in the same versions."""
    with open(ROOT / "docs" / "licences.csv", encoding="utf-8", newline="") as file:
        licences = {(row["Name"].lower().replace("_", "-"), row["Version"]): row["License"] for row in csv.DictReader(file)}
    text = (ROOT / "deploy" / "requirements.txt").read_text()
    installed = set(re.findall(r"^([a-z0-9._-]+)==([^ ;]+) (?!; sys_platform == 'win32')", text, re.MULTILINE))
    assert set(licences) == {(name.replace("_", "-"), version) for name, version in installed}
    # Used as libraries, unchanged: the lesser GPL asks nothing of a council that does so. The full GPL is not among them.
    free = re.compile(r"MIT|BSD|Apache|Mozilla Public|LGPL|PSF|ISC|HPND|Zlib", re.IGNORECASE)
    unknown = {name for (name, _), licence in licences.items() if not free.search(licence)}
    assert unknown == {"streamlit-folium"}  # MIT by its repository; its package says nothing
    assert not [name for (name, _), licence in licences.items() if re.search(r"(?<!L)GPL", licence)]
