"""Whoever changes a row by hand, in whatever table and column, is found out: on a SQLite file and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
import sqlalchemy as sa
from registers import answer, badge, place, register, server  # noqa: F401
from sqlalchemy.engine import Connection

from exclusion import register as registers
from exclusion.assessment import Assessment
from exclusion.register import Register, chain, schema

GUARD = "The guard of the table"
Change = Callable[[Connection], Any]


def found(register: Register, change: Change) -> list[str]:
    """What a check says after a change by someone who took guards and foreign keys away first.

    All of it in one transaction, which the check reads and which is never kept.
    """
    with register.engine.connect() as connection, connection.begin() as transaction:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        change(connection)
        said = registers.verify(_on(register, connection)).problems
        transaction.rollback()
    return [line for line in said if not line.startswith(GUARD)]


def _on(register: Register, connection: Connection) -> Register:
    """The register as one connection sees it."""

    class OnOne(Register):
        def reading(self):  # type: ignore[no-untyped-def, override]
            return nullcontext(connection)

    return OnOne(register.engine, register.where)


def other(value: Any) -> Any:
    """Another value that the column can hold."""
    if isinstance(value, bytes | memoryview):
        return bytes(value) + b"\0"
    return value + 5 if isinstance(value, int) else f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"


@pytest.fixture
def filled(register: Register, badge: Assessment) -> Register:
    """Two assessments; the first with two answers."""
    one = registers.save(register, badge, by="A. Officer", note="n").assessment
    findings = registers.load(register, one).table("findings")
    registers.respond(register, one, 1, [answer(findings, 0)], by="B. Officer", note="n")
    registers.respond(register, one, 2, [answer(findings, 1, "reject", "why")], by="B. Officer", note="n")
    registers.save(register, badge, by="C. Officer", title="Another", note="n")
    assert registers.verify(register).problems == ()
    return register


def test_every_column_of_every_table_is_watched(filled: Register) -> None:
    """A middle row of each table, each of its columns in turn, then the row removed: none goes unseen."""
    unseen = []
    for table in schema.metadata.sorted_tables:
        with filled.engine.connect() as connection:
            rows = connection.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings().all()
        row = dict(rows[len(rows) // 2])
        here = sa.and_(*(column == row[column.name] for column in table.primary_key.columns))
        for column in table.columns:
            if table.name == "chain" and column.name == "id":
                continue  # it is the key of the only row: the row removed, below
            change = table.update().where(here).values({column.name: other(row[column.name])})
            if not found(filled, lambda connection, change=change: connection.execute(change)):  # type: ignore[misc]
                unseen.append(f"{table.name}.{column.name}")
        if not found(filled, lambda connection, table=table, here=here: connection.execute(table.delete().where(here))):  # type: ignore[misc]
            unseen.append(f"{table.name}, a row removed")
    assert unseen == []
    assert registers.verify(filled).problems == (), "each change was undone"


def test_rows_that_were_swapped_or_added_are_found(filled: Register) -> None:
    history, contents, parts, versions = schema.history, schema.contents, schema.parts, schema.versions

    def swap(connection: Connection) -> None:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            connection.execute(history.update().where(history.c.number == old).values(number=new))

    def renumber(connection: Connection) -> None:
        for table in (parts, versions):
            for old, new in ((2, 99), (3, 2), (99, 3)):
                connection.execute(table.update().where(table.c.number == old).values(number=new))

    assert any("event 2" in line for line in found(filled, swap))
    assert any("Version 2 of" in line for line in found(filled, renumber))
    extra = contents.insert().values(sha256=chain.sha256(b"x"), size=1, body=b"x")
    assert "belongs to no version" in found(filled, lambda connection: connection.execute(extra))[0]

    def forge(connection: Connection) -> None:
        """A version that looks right in itself, and that no event tells of."""
        last = connection.execute(sa.select(versions).where(versions.c.number == 3)).mappings().one()
        row = {**last, "number": 4, "based_on": 3, "made_by": "Somebody", "digest": ""}
        digest = chain.version_digest(registers.Version(**row), {}, last["digest"])
        connection.execute(versions.insert().values({**row, "digest": digest}))

    assert [line for line in found(filled, forge) if "is not what the history says was saved" in line]


def test_a_guard_that_was_taken_away_is_told(filled: Register) -> None:
    with filled.engine.connect() as connection, connection.begin():
        name = "history_no_update" if connection.dialect.name == "sqlite" else "history_append_only ON history"
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    assert registers.verify(filled).problems == ("The guard of the table 'history', which refuses to change a row, was taken away.",)


def test_a_file_that_was_rewritten_as_text_is_named(filled: Register) -> None:
    """SQLite lets anybody write text where bytes belong, and gives it back as text; PostgreSQL refuses it by itself."""
    if filled.engine.dialect.name != "sqlite":
        return
    change = "UPDATE contents SET body = CAST(body AS TEXT) WHERE sha256 = (SELECT sha256 FROM parts WHERE name = 'run.toml' LIMIT 1)"
    said = found(filled, lambda connection: connection.exec_driver_sql(change))
    assert len(said) == 1 and "run.toml" in said[0] and "was changed after it was saved" in said[0]
    torn = "UPDATE contents SET body = substr(body, 1, length(body) - 1) || x'00'"
    assert found(filled, lambda connection: connection.exec_driver_sql(torn))
