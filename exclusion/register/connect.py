"""Open a register: a SQLite file, or PostgreSQL by URL. What goes wrong is said in a sentence.

Everything above this module is the same on both. What differs is here: how a writer waits for
another, and which error means what.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from exclusion.contracts import DataRefused, ExclusionError, Problem, SourceUnreachable, UsageError
from exclusion.register.schema import REVISION
from exclusion.release_write import short_of

DEFAULT = "KEPT_OPEN_REGISTER"
"""Environment variable that names the register where ``--register`` does not."""
BUSY_SECONDS = 30.0
"""How long a save waits for another before it gives up."""
MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY = 0x4B4F
_TIGHT = 256 << 10  # bytes
_KEPT = "Nothing was saved, and what was there is as it was"


@dataclass(frozen=True)
class Register:
    """An open register. Hand it to the functions of this package; close it, or use ``with``."""

    engine: Engine
    where: str
    """The file, or the URL without its password, as shown to people."""
    read_only: bool = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the register."""
        with said(self.where), self.engine.connect() as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose changes are kept, all of them, when the block ends well."""
        if self.read_only:
            raise UsageError(
                Problem(self.where, f"is read-only. {_KEPT}", "", "Ask for leave to write to the file and its folder, or save elsewhere.")
            )
        with said(self.where), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def default_place() -> str:
    """Where the register is when nobody says: ``KEPT_OPEN_REGISTER``, else a file in the home folder."""
    return os.environ.get(DEFAULT) or str(Path.home() / "kept-open" / "register.sqlite")


def connect(where: str | Path | None = None, *, create: bool = True, busy_seconds: float = BUSY_SECONDS) -> Register:
    """Open a register, and bring its tables up to this version of the program.

    Parameters
    ----------
    where
        A SQLite file, or a URL such as ``postgresql://user@host/database``; None = :func:`default_place`.
        A SQLite file belongs on a disk of this machine: on a network share two machines can damage it.
    create
        Make the file when it is not there.
    busy_seconds
        How long a save waits for another one.

    Raises
    ------
    UsageError
        When the place cannot be used, or is not there and ``create`` is False.
    DataRefused
        When the file is damaged, is not a register, or was made by a newer version.
    SourceUnreachable
        When the database server does not answer.
    """
    text = str(where or default_place())
    url = _url(text)
    register = _sqlite(Path(text if url is None else url.database or ""), create, busy_seconds) if _is_file(url) else _postgresql(url)
    try:
        with said(register.where):
            _bring_up(register)
    except BaseException:
        register.close()
        raise
    return register


def _url(text: str) -> URL | None:
    """The URL meant, None for a plain path."""
    if "://" not in text:
        return None
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql", "postgres"):
        known = "Give a file, or postgresql://user@host/database."
        raise UsageError(Problem("--register", "is not a database this program knows", text.split("://")[0], known))
    return url


def _is_file(url: URL | None) -> bool:
    return url is None or url.get_backend_name() == "sqlite"


# --------------------------------------------------------------------------------- SQLite


def _sqlite(path: Path, create: bool, busy_seconds: float) -> Register:
    path = path.expanduser().absolute()
    if path.is_dir() or not path.name:
        raise UsageError(Problem(str(path), "is a folder", "", "Give the name of a file in it."))
    if not path.exists():
        if not create:
            raise UsageError(
                Problem(str(path), "is not there, so no assessment has been saved in it", "", "Save one, or name another with --register.")
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise UsageError(Problem(str(path), f"cannot be made: {error.strerror or error}", "", "Name another place.")) from None
    elif not create and path.stat().st_size == 0 and not _waiting(path):
        do = "If one had been, put back the last copy; else save one, or name another with --register."
        raise UsageError(Problem(str(path), "is an empty file, so no assessment has been saved in it", "", do))
    read_only = not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK)
    mode = "?mode=rw"
    if read_only:
        # Where SQLite cannot put its side files it can still read, provided that none is waiting to be taken in.
        still = not os.access(path.parent, os.W_OK) and not _waiting(path)
        mode = "?mode=ro&immutable=1" if still else "?mode=ro"

    def opened() -> sqlite3.Connection:
        # Transactions are begun below, not by the driver, so that a writer takes its lock before it reads.
        connection = sqlite3.connect(path.as_uri() + mode, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = sa.create_engine("sqlite://", creator=opened, poolclass=NullPool)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return Register(engine, str(path), read_only)


def _waiting(path: Path) -> bool:
    """Whether writes stand beside the file that it has not taken in yet."""
    beside = path.with_name(path.name + "-wal")
    return beside.exists() and beside.stat().st_size > 0


def _check_file(register: Register) -> None:
    """Refuse a damaged file before anything is read from it or written to it."""
    with said(register.where), register.engine.connect() as connection:
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise DataRefused(Problem(register.where, "is damaged", "; ".join(found)[:200], _RESTORE))


def _write_ahead(register: Register, seconds: float = BUSY_SECONDS) -> None:
    """Readers and one writer at a time get on with each other in this mode, which the file remembers."""
    until = time.monotonic() + seconds
    while True:
        raw = register.engine.raw_connection()  # the mode cannot be changed inside a transaction
        try:
            if raw.cursor().execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                raw.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # The change of mode does not wait for others by itself.
            if _code(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > until:
                raise
            time.sleep(0.05)
        finally:
            raw.close()


# ----------------------------------------------------------------------------- PostgreSQL


def _postgresql(url: URL | None) -> Register:
    assert url is not None
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    try:
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ModuleNotFoundError:
        raise UsageError(
            Problem(shown, "needs the PostgreSQL driver, which is not installed", "", "Run: pip install 'exclusion[postgresql]'.")
        ) from None

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}")
        cursor.execute("SET client_encoding = 'UTF8'")
        cursor.close()
        connection.commit()

    return Register(engine, shown)


# ----------------------------------------------------------------------------- migrations


def _bring_up(register: Register) -> None:
    """Make the tables, or run the migrations a register of an older version still needs."""
    if register.engine.dialect.name == "sqlite":
        _check_file(register)
    held = _revision(register)
    if held == REVISION:
        return
    if register.read_only:
        what = "holds no register" if held is None else f"is a register of an older version ({held}) and read-only, so it cannot be updated"
        raise UsageError(Problem(register.where, what, "", "Ask for leave to write to the file and its folder, then open it once."))
    if register.engine.dialect.name == "sqlite":
        _write_ahead(register)
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    with register.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
        held = _revision_on(connection, register.where)  # again: another process may have been first
        if held is not None and held not in known:
            raise DataRefused(
                Problem(register.where, "was made by a newer version of this program", held, "Update the program, then open it again.")
            )
        if held != REVISION:
            config.attributes["connection"] = connection
            command.upgrade(config, REVISION)


def _revision(register: Register) -> str | None:
    with register.engine.connect() as connection, connection.begin():
        return _revision_on(connection, register.where)


def _revision_on(connection: Connection, where: str) -> str | None:
    tables = set(sa.inspect(connection).get_table_names())
    if "alembic_version" in tables and "chain" in tables:
        held = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return None if held is None else str(held)
    if tables:
        raise DataRefused(
            Problem(where, "is a database of another program", ", ".join(sorted(tables)[:4]), "Name a new file, or an empty database.")
        )
    return None


# --------------------------------------------------------------------------------- errors

_RESTORE = (
    "Do not save into it. Put back the last copy, or import the exported files into a new register; "
    "keep the damaged file for whoever looks after this machine."
)


@contextmanager
def said(where: str) -> Iterator[None]:
    """What the database complains of, as one of our errors."""
    try:
        yield
    except ExclusionError:
        raise
    except DBAPIError as error:
        raise (_sqlite_said(error.orig, where) if isinstance(error.orig, sqlite3.Error) else _postgresql_said(error, where)) from error
    except sqlite3.Error as error:  # while a connection is made ready
        raise _sqlite_said(error, where) from error
    except SQLAlchemyError as error:
        what = f"the database could not be used: {error}. {_KEPT}"
        raise DataRefused(Problem(where, what, "", "Run 'exclusion register verify'.")) from error


def _code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # without the extended part


def _sqlite_said(error: sqlite3.Error, where: str) -> ExclusionError:
    code, words = _code(error), str(error)
    # Without a byte left SQLite cannot even make its side files, and only says that reading or writing failed.
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and short_of(Path(where).parent, _TIGHT)):
        what = f"cannot be used: the disk is full, and to read it takes some room too. {_KEPT}"
        return UsageError(Problem(where, what, "", "Make room on the disk, then try again."))
    if code == sqlite3.SQLITE_IOERR:
        what = f"cannot be written or read: {words}. {_KEPT}"
        return UsageError(Problem(where, what, "", "The disk may be full or failing: make room, or use another disk, then save again."))
    if code == sqlite3.SQLITE_READONLY:
        return UsageError(Problem(where, f"is read-only. {_KEPT}", "", "Ask for leave to write to the file and its folder."))
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        what = f"cannot be opened: {words}. {_KEPT}"
        return UsageError(Problem(where, what, "", "Ask for leave to read and write the file and its folder."))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return UsageError(Problem(where, f"is in use by another save that does not end. {_KEPT}", "", "Wait a minute, then save again."))
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        what = "is not a register, or is damaged" if code == sqlite3.SQLITE_NOTADB else "is damaged"
        return DataRefused(Problem(where, what, words, _RESTORE))
    return DataRefused(Problem(where, f"the database refused: {words}. {_KEPT}", "", "Run 'exclusion register verify'."))


def _postgresql_said(error: DBAPIError, where: str) -> ExclusionError:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    words = " ".join(str(error.orig).split())[:300]
    if state == "53100":
        return UsageError(Problem(where, f"cannot be saved to: the server's disk is full. {_KEPT}", "", "Tell whoever runs the database."))
    if state in ("25006", "42501"):
        return UsageError(Problem(where, f"is read-only for this user. {_KEPT}", "", "Ask whoever runs the database for leave to write."))
    if state == "55P03":
        return UsageError(Problem(where, f"is in use by another save that does not end. {_KEPT}", "", "Wait a minute, then save again."))
    # While it connects the driver gives no code, only the server's words.
    if state.startswith("28") or (not state and ("authentication failed" in words or "no password supplied" in words)):
        return SourceUnreachable(Problem(where, "the database refused the user or password", "", "Check the URL given for the register."))
    if state == "3D000" or (not state and "FATAL" in words and "does not exist" in words):
        return SourceUnreachable(Problem(where, "the server has no such database", words, "Ask for it to be made, or check the URL."))
    if not state or state.startswith(("08", "57P")) or error.connection_invalidated:
        # A save whose answer was lost may have been kept: whoever saves must look before saving again.
        return SourceUnreachable(
            Problem(where, "the database does not answer", words, "If you were saving, look at the newest version before you save again.")
        )
    return DataRefused(Problem(where, f"the database refused: {words}. {_KEPT}", "", "Run 'exclusion register verify'."))
