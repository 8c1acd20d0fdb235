"""The history: what was done, by whom and when, each event sealed by the hash of the one before.

A version's digest covers all it holds and the digest of the version before; the event that records
it holds that digest. So a change to any row shows, and :func:`verify` names the row. Whoever can
rewrite the whole file can rewrite the whole chain: the newest hash, kept elsewhere (in the minutes,
in a printed assessment), is what such a change cannot match.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from exclusion.contracts import Problem, UsageError
from exclusion.register import schema
from exclusion.register.connect import Register

START = "0" * 64
"""What stands before the first event and the first version."""
EVENTS = ("saved", "responded", "reviewed", "signed", "imported", "exported")
SAVES = {"assessed": "saved", "responded": "responded", "reviewed": "reviewed", "signed": "signed"}
"""What a version is, and the event that records it."""


@dataclass(frozen=True)
class Version:
    """One version of one assessment, less what it holds."""

    assessment: str
    number: int
    based_on: int
    kind: str
    """assessed, responded, reviewed or signed."""
    title: str
    councils: str
    services: str
    release: str
    made_by: str
    made_at: str
    note: str
    digest: str


SEAL_LETTERS = 16
"""How much of a digest is printed: 64 bits, and short enough to copy by hand."""


FEWEST_LETTERS = 8
"""Of a seal that is looked for: one letter would be found in any register."""


def sealed(version: Version) -> str:
    """The sentence with the seal of a version, to print in what is made from it and to hold the register to later."""
    return f"Kept in the register as version {version.number} of {version.assessment}, seal {version.digest[:SEAL_LETTERS]}."


@dataclass(frozen=True)
class Verified:
    """What a check of the whole register found. It is sound when ``problems`` is empty."""

    events: int
    versions: int
    files: int
    head: str
    """Hash of the newest event: write it down elsewhere, and give it to a later check."""
    problems: tuple[str, ...]
    signed: tuple[str, ...] = ()
    """Each sign-off that is held: who, when, which version, and whether it was changed after that."""


def canonical(value: Any) -> bytes:
    """The one way to write a value for hashing: JSON, keys in order, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def sha256(content: bytes) -> str:
    """The sha256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def now() -> str:
    """This moment in UTC, to the second, as kept everywhere in the register."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def version_digest(version: Version, parts: Mapping[str, str], parent: str) -> str:
    """The seal of a version: its row, its parts (name -> sha256) and the digest it follows."""
    row = {name: value for name, value in asdict(version).items() if name != "digest"}
    return sha256(canonical({"row": row, "parts": dict(parts), "parent": parent}))


def event_hash(row: Mapping[str, Any]) -> str:
    """The seal of an event: all its columns but the hash itself."""
    return sha256(canonical({name: row[name] for name in ("number", "at", "who", "what", "assessment", "version", "detail", "previous")}))


def lock(connection: Connection) -> tuple[int, str]:
    """Wait for every other writer to be done; the number and hash of the newest event.

    On PostgreSQL the row is locked; on SQLite the transaction already holds the only lock there is.
    """
    row = connection.execute(sa.select(schema.chain).where(schema.chain.c.id == 1).with_for_update()).one()
    return int(row.number), str(row.hash)


def record(
    connection: Connection, head: tuple[int, str], at: str, who: str, what: str, assessment: str, version: int, detail: Mapping[str, Any]
) -> tuple[int, str]:
    """Add one event to the chain; ``head`` is what :func:`lock` or the last :func:`record` gave."""
    assert what in EVENTS, what
    row = {"number": head[0] + 1, "at": at, "who": who, "what": what, "assessment": assessment, "version": version}
    row |= {"detail": canonical(detail).decode("utf-8"), "previous": head[1]}
    row["hash"] = event_hash(row)
    connection.execute(schema.history.insert().values(row))
    connection.execute(schema.chain.update().where(schema.chain.c.id == 1).values(number=row["number"], hash=row["hash"]))
    return head[0] + 1, str(row["hash"])


# --------------------------------------------------------------------------------- verify


def verify(register: Register, expect: str = "") -> Verified:
    """Recompute every hash of the register.

    Parameters
    ----------
    expect
        A hash that an earlier check gave, or the seal of a version that a document prints (or the first letters of
        either): it must still be in the register.

    Returns
    -------
    Verified
        With a sentence for each row that does not hold.

    Raises
    ------
    UsageError
        For fewer letters of a seal than tell one from another.
    """
    expect = expect.strip().lower()
    if expect and len(expect) < FEWEST_LETTERS:
        what = "is too short to tell one seal from another"
        raise UsageError(Problem("the seal to look for", what, expect, f"Give at least its first {FEWEST_LETTERS} letters."))
    with register.reading() as connection:
        problems = [*_file_problems(connection), *_guard_problems(connection)]
        events = [dict(row._mapping) for row in connection.execute(sa.select(schema.history).order_by(schema.history.c.number))]
        head = connection.execute(sa.select(schema.chain)).first()
        problems += _event_problems(events, None if head is None else (int(head.number), str(head.hash)))
        versions = [
            Version(**row._mapping)
            for row in connection.execute(sa.select(schema.versions).order_by(schema.versions.c.assessment, schema.versions.c.number))
        ]
        problems += _version_problems(connection, versions, events)
        files, broken = _content_problems(connection)
        problems += broken
    seals = [*(str(event["hash"]) for event in events), *(version.digest for version in versions)]
    if expect and not any(seal.startswith(expect) for seal in seals):
        problems.append(f"The hash {expect} is not in the history: what it sealed was changed or removed.")
    head_hash = str(events[-1]["hash"]) if events else START
    return Verified(len(events), len(versions), files, head_hash, tuple(problems), tuple(_signed(versions, events)))


def _signed(versions: list[Version], events: list[dict[str, Any]]) -> Iterator[str]:
    """Who signed off which version, a sentence each."""
    came = {(event["assessment"], event["version"]): event["who"] for event in events if event["what"] == "imported"}
    changed = {version.assessment: version.number for version in versions if version.kind != "signed"}  # the last of each
    for one in versions:
        if one.kind == "signed":
            which = f"Version {one.based_on} of {one.assessment} ('{one.title}')"
            by = came.get((one.assessment, one.number))
            taken = f", in another register, and taken in here by {by}" if by else ""
            later = "; it was changed after that" if changed.get(one.assessment, 0) > one.based_on else ""
            yield f"{which} was signed off by {one.made_by} on {one.made_at[:10]}{taken}{later}."


def _file_problems(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for row in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
            if row[0] != "ok":
                yield f"The file is damaged: {row[0]}."


def _guard_problems(connection: Connection) -> Iterator[str]:
    """Tables from which the triggers were taken that refuse to change or remove a row."""
    if connection.dialect.name == "sqlite":
        query = "SELECT tbl_name, COUNT(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name"
        needed = 2
    else:
        query = (
            "SELECT c.relname, COUNT(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid) GROUP BY c.relname"
        )
        needed = 1
    held = {str(name): int(count) for name, count in connection.exec_driver_sql(query)}
    for table in schema.APPEND_ONLY:
        if held.get(table, 0) < needed:
            yield f"The guard of the table '{table}', which refuses to change a row, was taken away."


def _event_problems(events: list[dict[str, Any]], head: tuple[int, str] | None) -> Iterator[str]:
    previous, number = START, 0
    for event in events:
        if event["number"] != number + 1:
            yield f"History: events {number + 1} to {event['number'] - 1} are missing."
        elif event["previous"] != previous:
            yield f"History: event {event['number']} does not follow event {number}."
        if event_hash(event) != event["hash"]:
            yield f"History: event {event['number']} ({event['what']} by {event['who']}, {event['at']}) was changed after it was written."
        previous, number = event["hash"], int(event["number"])
    if head is None:
        yield "The row that holds the end of the chain is missing."
    elif head != (number, previous):
        yield f"History ends with event {number}, and the register wrote {head[0]}: events at the end were removed or added."


def _version_problems(connection: Connection, versions: list[Version], events: list[dict[str, Any]]) -> Iterator[str]:
    held: dict[tuple[str, int], dict[str, str]] = {}
    for row in connection.execute(sa.select(schema.parts)):
        held.setdefault((row.assessment, row.number), {})[row.name] = row.sha256
    sealed: dict[tuple[str, int], set[str]] = {}
    for event in events:
        if event["what"] == "exported":
            continue
        try:
            digest = json.loads(event["detail"])["digest"]
        except (ValueError, KeyError, TypeError):
            continue  # the event's own hash has told
        sealed.setdefault((event["assessment"], event["version"]), set()).add(digest)
    parents = {(version.assessment, version.number): version.digest for version in versions}
    for version in versions:
        key, name = (version.assessment, version.number), f"Version {version.number} of {version.assessment}"
        parent = parents.get((version.assessment, version.number - 1), "gone") if version.number > 1 else START
        if version_digest(version, held.get(key, {}), parent) != version.digest:
            yield f"{name} ('{version.title}') was changed after it was saved."
        if version.digest not in sealed.get(key, set()):
            yield f"{name} is not what the history says was saved."
    for assessment, number in sorted(set(sealed) - set(parents)):
        yield f"Version {number} of {assessment} was saved and is missing."
    for assessment, number in sorted(set(held) - set(parents)):
        yield f"Files of version {number} of {assessment} are held without the version."


def _content_problems(connection: Connection) -> tuple[int, list[str]]:
    """Read the files one at a time: together they may not fit in memory."""
    wanted: dict[str, str] = {}
    for row in connection.execute(sa.select(schema.parts).order_by(schema.parts.c.assessment, schema.parts.c.number)):
        wanted.setdefault(row.sha256, f"{row.name} of version {row.number} of {row.assessment}")
    count, problems = 0, []
    sizes = {str(row.sha256): row.size for row in connection.execute(sa.select(schema.contents.c.sha256, schema.contents.c.size))}
    names = list(sizes)
    column = schema.contents.c.body
    # SQLite keeps text where somebody wrote text, and would then read it as text; PostgreSQL refuses it by itself.
    kind = sa.func.typeof(column) if connection.dialect.name == "sqlite" else sa.literal("blob")
    for name in names:
        row = connection.execute(sa.select(sa.cast(column, sa.LargeBinary), kind).where(schema.contents.c.sha256 == name)).one()
        body = bytes(row[0])
        count += 1
        if row[1] != "blob" or sha256(body) != name or sizes[name] != len(body):
            problems.append(f"The file {wanted.get(name, name)} was changed after it was saved.")
        elif name not in wanted:
            problems.append(f"The file {name} is held and belongs to no version.")
    problems += [f"The file {wanted[name]} is missing." for name in sorted(set(wanted) - set(names))]
    return count, problems
