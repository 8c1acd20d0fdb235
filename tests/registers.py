"""Registers to test on: a SQLite file, and a PostgreSQL server of our own on a free port of this machine.

The server is started once a run as an ordinary user in a temporary folder, and stopped at the end.
Where there is no server program the tests on it are skipped with the reason, unless
KEPT_OPEN_REQUIRE_DATABASE says that they must run.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from exclusion.assessment import Assessment, assess
from exclusion.register import Register, Response, connect
from exclusion.register.responses import KEY
from exclusion.release import Evidence

NO_SERVER = "no PostgreSQL server program on this machine (Debian: apt install postgresql)"
PROPOSAL = 'title = "Blue Badge online only"\ncouncils = ["Blackpool"]\n\n[officer]\npurpose = "Café \\"hours\\" £"\n'


@dataclass
class Server:
    """A PostgreSQL server of our own."""

    folder: Path
    programs: Path
    port: int
    password: str
    user: str | None

    def run(self, *words: str) -> None:
        done = subprocess.run(
            [str(self.programs / words[0]), *words[1:]],
            user=self.user,
            group=self.user and pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{self.folder}' -c max_connections=40"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop as a crash would: what was acknowledged must be there after the next start."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def url(self, database: str, user: str = "kept", password: str = "") -> str:
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"register_{uuid.uuid4().hex[:10]}"
        self.do("postgres", f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        return self.url(name)

    def do(self, database: str, *statements: str) -> None:
        url = self.url(database).replace("postgresql://", "postgresql+psycopg://")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
        engine.dispose()


def programs() -> Path | None:
    """Where the server's programs are: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3].split(".")[0]))
    return Path(found).resolve().parent if found else places[-1].parent if places else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running server, or a skip with the reason."""
    where = programs()
    if where is None:
        if os.environ.get("KEPT_OPEN_REQUIRE_DATABASE"):
            pytest.fail(f"{NO_SERVER}, and KEPT_OPEN_REQUIRE_DATABASE says the database tests must run", pytrace=False)
        pytest.skip(NO_SERVER)
    # The server refuses to run as root; another user must be able to reach its folder.
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = None if os.getuid() else next(name for name in ("postgres", "nobody") if name in names)
    folder = Path(tempfile.mkdtemp(prefix="kept-open-postgres-"))
    secret = folder / "password"
    held = Server(folder, where, free_port(), secrets.token_hex(8), user)
    secret.write_text(held.password)
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    try:
        held.run("initdb", "-D", str(folder / "data"), "-U", "kept", "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8")
        held.start()
        yield held
        held.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new register can be made: on each kind of database in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "register.sqlite")
    found: str = request.getfixturevalue("server").database()
    return found


@pytest.fixture
def register(place: str) -> Iterator[Register]:
    """An open, empty register."""
    with connect(place) as opened:
        yield opened


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Register]:
    """An open, empty register in a file."""
    with connect(tmp_path / "register.sqlite") as opened:
        yield opened


@pytest.fixture(scope="session")
def badge(bundled: Evidence) -> Assessment:
    """The Blue Badge in Blackpool: 21 wards."""
    return assess(bundled, ["Blackpool"], ["blue_badge"])


def answer(findings: pd.DataFrame, row: int, response: str = "accept", reason: str = "", name: str = "") -> Response:
    """An answer to one row of the findings."""
    return Response(*(str(findings.iloc[row][name]) for name in KEY), response=response, reason=reason, name=name)
