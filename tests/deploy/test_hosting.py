"""What deploy/ gives a host to copy: the units, the containers' layout, and the commands of its README, each run as it is written.

systemd and containers are not to be had everywhere; what they would run, and in which surroundings, is read off their files.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from programs import program
from registers import Server, free_port, server  # noqa: F401  (a fixture)

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def host() -> ModuleType:
    """deploy/host.py, which is a program beside the package and not part of it."""
    return program(DEPLOY / "host.py")


def hosting(*words: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """deploy/host.py as its README writes it: from the checkout, by the Python that runs the app."""
    held = {**os.environ, "PYTHONPATH": str(ROOT), **surroundings}
    return subprocess.run([sys.executable, "deploy/host.py", *words], cwd=ROOT, env=held, capture_output=True, text=True, timeout=300)


# ----------------------------------------------------------------------- the register, under every form of its address


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("postgresql:///kept_open", "postgresql:///kept_open"),
        ("postgresql:///kept_open?host=/var/run/postgresql", "postgresql:///kept_open?host=/var/run/postgresql"),
        ("postgresql+psycopg://kept-open@/kept_open", "postgresql://kept-open@/kept_open"),
        ("postgresql://kept_open@database/kept_open", "postgresql://kept_open@database/kept_open"),
        ("postgresql://db.example:5432/kept_open?sslmode=require", "postgresql://db.example:5432/kept_open?sslmode=require"),
        ("postgresql://kept@[::1]:5432/kept_open", "postgresql://kept@[::1]:5432/kept_open"),
    ],
)
def test_an_address_reaches_the_tools_of_postgresql_as_it_was_given(host: ModuleType, given: str, plain: str) -> None:
    assert host._plain(given) == (plain, {})


# Who may and where the server is stand in the environment here, as peer authentication and Debian's own socket say it there.
FORMS = [
    "postgresql:///{name}",
    "postgresql:///{name}?host={folder}",
    "postgresql+psycopg://kept@/{name}",
    "postgresql://kept@127.0.0.1/{name}",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_register_goes_out_and_back_under_every_form_of_address_that_is_documented(server: Server, form: str, tmp_path: Path) -> None:
    by = {"PGHOST": str(server.folder), "PGPORT": str(server.port), "PGUSER": "kept", "PGPASSWORD": server.password}
    old, new = (form.format(name=urlsplit(server.database()).path[1:], folder=server.folder) for _ in range(2))
    saved = exclusion("register", "save", *OFFICER, KEPT_OPEN_REGISTER=old, **by)
    assert saved.returncode == 0, saved.stderr
    done = hosting("backup", old, "--out", str(tmp_path), **by)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("register-*.dump")
    done = hosting("restore", str(file), new, **by)
    assert done.returncode == 0, done.stderr
    assert "are as they were written" in done.stdout
    assert "Drill" in exclusion("register", "list", KEPT_OPEN_REGISTER=new, **by).stdout


OFFICER = ("--council", "Ribble Valley", "--service", "blue_badge", "--by", "A. Officer", "--title", "Drill")


def exclusion(*words: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """The command line of Kept Open."""
    held = {**os.environ, "PYTHONPATH": str(ROOT), **surroundings}
    return subprocess.run([sys.executable, "-m", "exclusion", *words], cwd=ROOT, env=held, capture_output=True, text=True, timeout=300)


def test_a_program_that_is_not_installed_is_named(tmp_path: Path) -> None:
    done = hosting("backup", "postgresql:///kept_open", "--out", str(tmp_path), PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "There is no program 'pg_dump' on this machine.\n")


# ----------------------------------------------------------------------- the units of systemd


def unit(name: str) -> dict[str, list[str]]:
    """The settings of a unit; one may stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and line[0] not in "#[":
            found.setdefault(line.partition("=")[0], []).append(line.partition("=")[2])
    return found


def environment() -> dict[str, str]:
    """The file /etc/kept-open/environment of step 4."""
    block = re.search(r"`/etc/kept-open/environment`.*?```\n(.*?)```", README, re.DOTALL)
    assert block
    return dict(line.strip().split("=", 1) for line in block[1].strip().splitlines())


def command(line: str, instance: str = "") -> list[str]:
    """What systemd would run, on this checkout."""
    words = shlex.split(line.replace("%i", instance))
    assert words[0] == "/opt/kept-open/.venv/bin/python"
    return [sys.executable, *words[1:]]


def surroundings(name: str, register: str) -> dict[str, str]:
    """The environment a unit gives its commands: what it sets itself, and the file of step 4 where it reads that."""
    held = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nonexistent"}
    held |= dict(one.split("=", 1) for one in unit(name).get("Environment", []))
    if unit(name).get("EnvironmentFile") == ["/etc/kept-open/environment"]:
        held |= environment() | {"KEPT_OPEN_REGISTER": register}
    return held


def test_the_app_starts_under_the_documented_environment_and_the_unit_finds_its_first_page(server: Server) -> None:
    """Step 4 puts the app under a path. Warming that asked without it got 404, and systemd would have taken the start for failed."""
    told, port = unit("kept-open@.service"), free_port()
    held = surroundings("kept-open@.service", server.database())
    base = held["STREAMLIT_SERVER_BASE_URL_PATH"]
    assert base == "/kept-open"
    with subprocess.Popen(
        command(told["ExecStart"][0], str(port)), cwd=ROOT, env=held, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as app:
        try:
            begun = time.monotonic()
            warmed = subprocess.run(
                command(told["ExecStartPost"][0], str(port)), cwd=ROOT, env=held, capture_output=True, text=True, timeout=300
            )
            assert warmed.returncode == 0, warmed.stderr
            assert warmed.stdout == f"The process on port {port} is warm.\n"
            assert time.monotonic() - begun < int(told["TimeoutStartSec"][0])
        finally:
            app.terminate()


@pytest.mark.parametrize(("given", "held"), [("/kept-open", "/kept-open"), ("kept-open/", "/kept-open"), ("/", ""), ("", "")])
def test_a_base_path_is_one_however_its_strokes_stand(host: ModuleType, given: str, held: str) -> None:
    assert host.base_path(given) == held


def test_the_nightly_backup_knows_its_register_from_the_apps_own_environment(server: Server, tmp_path: Path) -> None:
    register = server.database()
    saved = exclusion("register", "save", *OFFICER, KEPT_OPEN_REGISTER=register)
    assert saved.returncode == 0, saved.stderr
    told = unit("kept-open-backup.service")
    words = command(told["ExecStart"][0])
    assert register not in words
    at = words.index("--out") + 1
    assert words[at].removeprefix("/var/lib/") in told["StateDirectory"][0].split()
    words[at] = str(tmp_path)
    done = subprocess.run(
        words, cwd=ROOT, env=surroundings("kept-open-backup.service", register), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("register-*.dump"))) == 1


@pytest.mark.parametrize("name", ["kept-open@.service", "kept-open-backup.service"])
def test_a_unit_writes_only_where_it_makes_the_folder_itself_and_runs_as_the_user_of_step_1(name: str) -> None:
    told = unit(name)
    assert "ReadWritePaths" not in told, "systemd does not start a unit whose path is missing, and no step makes it"
    assert told["StateDirectory"][0].split()[0] == "kept-open"
    assert told["ProtectSystem"] == ["strict"]
    user = told["User"][0]
    assert f"useradd --system --home-dir /var/lib/{user} --shell /usr/sbin/nologin {user}`" in README
    assert f"createuser {user}; sudo -u postgres createdb --owner {user}" in README
    assert urlsplit(environment()["KEPT_OPEN_REGISTER"]).username in (None, user)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for name in ("kept-open@.service", "kept-open-backup.service", "kept-open-backup.timer"):
        text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/kept-open/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(text.replace("/opt/kept-open", str(ROOT)))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True)
        assert [line for line in (done.stdout + done.stderr).splitlines() if "kept-open" in line] == []


# ----------------------------------------------------------------------- containers


def compose() -> tuple[str, dict[str, str]]:
    """The command that the head of compose.yaml gives for nginx, and what nginx has mounted: there -> here."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    line = re.search(r"^#\s+(python3 deploy/host\.py nginx .*)$", text, re.MULTILINE)
    mounts = re.search(r"^  nginx:\n(?:.*\n)*?    volumes: (\[.*\])$", text, re.MULTILINE)
    assert line
    assert mounts
    return line[1], {there: here for here, there, _ in (one.split(":") for one in json.loads(mounts[1]))}


def test_nginx_starts_on_what_the_containers_mount(tmp_path: Path, host: ModuleType) -> None:
    """Written as compose.yaml says, then laid out as in nginx's container: all under one folder that stands for its root."""
    line, mounts = compose()
    words = shlex.split(line)[2:]
    at = words.index("--out") + 1
    assert words[at] == f"deploy/{mounts['/etc/nginx/conf.d'].removeprefix('./')}"
    words[at] = str(tmp_path / "deploy" / "nginx")
    assert hosting(*words).returncode == 0
    inside = tmp_path / "container"
    for there, here in mounts.items():
        inside.joinpath(there[1:]).parent.mkdir(parents=True, exist_ok=True)
        made = tmp_path / "deploy" / here
        made.mkdir(exist_ok=True)
        shutil.copytree(made, inside / there[1:])
    certificate(inside / "etc" / "tls")
    written = inside / "etc/nginx/conf.d/kept-open.conf"
    text = re.sub(r"(?<=[ \"])/etc/", f"{inside}/etc/", written.read_text())
    written.write_text(re.sub(r"listen (80|443)", lambda found: f"listen 127.0.0.1:{free_port()}", text))
    assert started(inside / "etc" / "nginx") == ""
    assert {path.name for path in written.parent.iterdir()} == {
        "kept-open.conf", "kept-open.newcomers", *(f"kept-open-{name}" for name in host.PAGES)
    }  # fmt: skip


def test_a_folder_named_from_where_one_stands_is_found_by_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: ModuleType) -> None:
    """nginx takes such a path from its own folder, not from where the command was typed."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    assert host.main(["nginx", "--name", "127.0.0.1", "--out", "../conf.d", "--listen", f"127.0.0.1:{free_port()}"]) == 0
    assert started(tmp_path) == ""


def certificate(folder: Path) -> None:
    """A certificate of our own."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


def started(folder: Path) -> str:
    """What nginx has against its files; blank where it would start."""
    temporary = "".join(f" {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = f"pid {folder}/pid;\nevents {{ }}\nhttp {{\n access_log off;{temporary}\n include {folder}/conf.d/*.conf;\n}}\n"
    (folder / "nginx.conf").write_text(text)
    words = ["nginx", "-t", "-q", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    done = subprocess.run(words, capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def test_the_containers_let_people_sign_in_and_save_and_take_no_secret_into_their_image() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    app = text.split("x-app:")[1].split("services:")[0]
    mounted = re.search(r"^  secrets: \[(.*)\]$", app, re.MULTILINE)
    assert mounted
    files = dict(re.findall(r"^  (\S+): \{ file: (\S+) \}$", text, re.MULTILINE))
    for name in ("PGPASSFILE", "KEPT_OPEN_ROLES", "STREAMLIT_SECRETS_FILES"):
        place = re.search(rf"^    {name}: /run/secrets/(\S+)$", app, re.MULTILINE)
        assert place, name
        assert place[1] in mounted[1].split(", ")
        assert files[place[1]] in text.split("name: kept-open")[0], "the head of the file says that it must be there"
    assert re.search(r"STREAMLIT_SECRETS_FILES: \S+\.toml$", app, re.MULTILINE), "Streamlit reads no other ending"
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "-r deploy/requirements.txt" in image, "which holds what signing in needs"
    assert "authlib==" in (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    user = re.search(r"useradd --uid (\d+)", image)
    assert user
    assert f"chown {user[1]} " in text
    for held in (".dockerignore", ".gitignore"):
        kept_out = {line.strip("/") for line in (ROOT / held).read_text(encoding="utf-8").splitlines()}
        assert {"deploy/secrets", "deploy/tls", "deploy/nginx"} <= kept_out, held


# ----------------------------------------------------------------------- how large a file may be


def calls() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the code of the screens."""
    for path in sorted([*(ROOT / "exclusion" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]):
        yield from ((path, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def questions() -> Iterator[tuple[str, int]]:
    """Every question of the app for a file, and the megabytes it takes."""
    for path, call in calls():
        for word in call.keywords:
            if word.arg not in ("megabytes", "max_upload_size"):
                continue
            if isinstance(word.value, ast.Constant):
                yield path.name, int(str(word.value.value))
            elif isinstance(word.value, ast.Name) and word.value.id.isupper():
                module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                yield path.name, int(getattr(module, word.value.id))


def test_every_question_for_a_file_says_how_large_it_may_be() -> None:
    """One that did not would offer the size of the largest request, which is one more than any file may have."""
    asked = [(path, call) for path, call in calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "file_uploader"]
    assert len(asked) > 5
    assert [path.name for path, call in asked if "max_upload_size" not in {word.arg for word in call.keywords}] == []


def test_nginx_and_streamlit_take_the_largest_file_that_any_question_asks_for(host: ModuleType, tmp_path: Path) -> None:
    """One megabyte more, for the form around it: Streamlit counts the whole request."""
    asked = list(questions())
    assert {name for name, _ in asked} >= {"listing.py", "kept.py", "own_form.py", "equality_form.py"}
    assert host.largest_upload() == max(size for _, size in asked) + 1
    text = host.site("kept-open.example", [8501, 8502], tmp_path)
    assert f"client_max_body_size {host.largest_upload()}m;" in text
    assert "client_max_body_size 7m;" in host.site("kept-open.example", [8501, 8502], tmp_path, upload=7)
    assert "`--upload`" in README


# ----------------------------------------------------------------------- what is written down


@pytest.mark.parametrize("path", ["deploy/README.md", "deploy/host.py", "docs/adoption.md"])
def test_commands_are_written_with_the_python_that_has_the_packages(path: str) -> None:
    """Debian has no ``python``, and warming needs Streamlit, which only the environment of step 2 holds."""
    text = (ROOT / path).read_text(encoding="utf-8")
    written = re.findall(r"(\S*)python3? deploy/host\.py (\w+)", text)
    assert written
    assert {before.lstrip("`") for before, _ in written} == {".venv/bin/"}


def test_every_command_of_the_readme_is_one_that_host_takes() -> None:
    for name in set(re.findall(r"deploy/host\.py (\w+)", README)):
        done = hosting(name, "--help")
        assert done.returncode == 0, done.stderr
        for switch in re.findall(rf"deploy/host\.py {name} ([^`]*)`", README):
            for word in re.findall(r"--[a-z-]+", switch):
                assert word in done.stdout, (name, word)


def test_backup_and_restore_are_run_by_the_user_postgresql_knows() -> None:
    """Under peer authentication root has no role: the same words without ``sudo -u kept-open`` end in FATAL."""
    for name in ("backup", "restore"):
        assert re.findall(rf"`(.*?)\.venv/bin/python deploy/host\.py {name} ", README.replace("\n", " "))[-1].endswith("sudo -u kept-open ")
