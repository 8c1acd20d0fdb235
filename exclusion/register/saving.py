"""Save: always a new version, named by the one it was based on. Nothing is changed in place."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.engine import Connection

from exclusion.assessment import OWN_AREAS, OWN_MEASURE, Assessment
from exclusion.contracts import ExclusionError, Problem, UsageError
from exclusion.register import chain, contents, reading, responses, review, schema, signing
from exclusion.register.chain import Version
from exclusion.register.comparing import Comparison, compare
from exclusion.register.connect import Register
from exclusion.register.identity import named
from exclusion.register.reading import Saved
from exclusion.register.responses import Response
from exclusion.register.review import Review
from exclusion.words import join_words


class Conflict(ExclusionError):
    """Someone else saved first. Nothing of theirs is lost, and nothing of this save was kept."""

    exit_code = 6

    def __init__(self, changes: Comparison) -> None:
        self.changes = changes
        """What was saved since the version this one was based on."""
        self.latest = changes.after
        said = " ".join(changes.sentences()[1:6])
        super().__init__(
            f"Assessment {self.latest.assessment}: {self.latest.made_by} saved version {self.latest.number} while you worked on "
            f"version {changes.before.number}. {said} Look at it, then save yours based on version {self.latest.number}."
        )


class _Moved(Exception):
    """A newer version is there."""


def save(
    register: Register,
    assessment: Assessment,
    *,
    by: str,
    title: str = "",
    assessment_id: str | None = None,
    based_on: int = 0,
    proposals: Sequence[str] = (),
    tables: Mapping[str, pd.DataFrame] | None = None,
    note: str = "",
    answers: Iterable[Response] = (),
) -> Version:
    """Save an assessment: a new one, or a new version of one that is there.

    Parameters
    ----------
    by
        Who saves.
    title
        What it is called; for a further version the title it has when blank.
    assessment_id, based_on
        For a further version: which assessment, and the version this one was worked out from.
    proposals
        The text of each proposal file.
    tables
        More tables to keep with it, such as ``demand`` (expected contacts) and ``effects`` of a considered proposal. The
        table ``words`` of the version before is kept where none is given: what the council wrote is never dropped unasked.
    note
        What this version is for; not in the public copy.
    answers
        Answers to its findings, to save with it as one version.

    Returns
    -------
    Version
        Once it is on the disk: a version returned is never lost.

    Raises
    ------
    Conflict
        When a newer version than ``based_on`` is there; it carries what changed.
    UsageError
        When something given is not sound, or the register cannot be written; nothing was saved.
    """
    who = named(by)
    if brought := _brought(assessment):
        raise UsageError(not_kept(brought))
    names = assessment.areas.drop_duplicates("council_code")["council_name"]
    about = {
        "title": contents.plain(title, "title", 200),
        "councils": join_words(list(names)),
        "services": join_words([service.service_name for service in assessment.services]) or "none",
        "release": f"{assessment.evidence.manifest.name}, version {assessment.evidence.manifest.version}",
    }
    files = contents.files_of(assessment, proposals, tables)
    if given := responses.checked(answers, assessment.findings, who, chain.now()):
        files = {**files, contents.RESPONSES: responses.to_file(given)}
    if assessment_id is None:
        about["title"] = about["title"] or f"{about['services']}, {about['councils']}"[:200]
        return _commit(register, secrets.token_hex(6), 0, "assessed", who, note, files, about)
    return _commit(register, _whole_id(register, assessment_id), based_on, "assessed", who, note, files, about)


def not_kept(what: str) -> Problem:
    """What a council brought for one run, and why the register does not take it in."""
    return Problem(
        what,
        "cannot be kept in the register, which keeps what can be opened again from a release alone",
        "",
        "Write your figures into a release of your own ('exclusion figures FILE --own-use ... -o FOLDER') and save with --release FOLDER. "
        "With areas of your own, file the folder that 'exclusion assess -o' writes: its run.toml says what it rests on.",
    )


def _brought(assessment: Assessment) -> str:
    """What an assessment rests on that no release holds; blank when nothing."""
    if (assessment.areas["edition"] == OWN_AREAS).any():
        return "areas of your own"
    evidence = assessment.evidence
    about = evidence.path / "release.toml"
    # A release of the council's own has its figures on the disk, so it can be opened again.
    kept = {one["id"] for one in tomllib.loads(about.read_text(encoding="utf-8"))["source"]} if about.is_file() else set()
    own = [source.title for source in evidence.manifest.sources.values() if source.id.startswith(OWN_MEASURE) and source.id not in kept]
    return f"own figures: {join_words(own)}" if own else ""


def respond(register: Register, assessment_id: str, based_on: int, answers: Iterable[Response], *, by: str, note: str = "") -> Version:
    """Save answers to findings as a new version; the rest stays as it was in ``based_on``.

    Raises
    ------
    Conflict, UsageError
        As :func:`save`; a UsageError names every answer that is not sound.
    """
    who, saved = named(by), reading.load(register, assessment_id, based_on)
    given = responses.checked(answers, saved.table("findings"), who, chain.now())
    if not given:
        raise UsageError(Problem("responses", "are none", "", "Give at least one answer."))
    files = {contents.RESPONSES: responses.to_file(given)}
    return _commit(register, saved.version.assessment, based_on, "responded", who, note, files, None)


def record_review(register: Register, assessment_id: str, based_on: int, given: Review, *, by: str, note: str = "") -> Version:
    """Save a review (contacts that came, what changed) as a new version.

    Raises
    ------
    Conflict, UsageError
        As :func:`save`; a UsageError names every row that is not sound.
    """
    who, saved = named(by), reading.load(register, assessment_id, based_on)
    done = review.checked(given, saved.table("areas").index, saved.run["services"], who, date.today(), saved.starts)
    files = {contents.REVIEW: review.to_file(done)}
    return _commit(register, saved.version.assessment, based_on, "reviewed", who, note, files, None)


def sign_off(
    register: Register, assessment_id: str, based_on: int, capacity: str, *, by: str, comment: str = "", note: str = ""
) -> Version:
    """Sign off one version: who, when, in what capacity. What was signed stays as it was.

    Whether somebody may is asked of :meth:`exclusion.register.Visitor.author` before.

    Parameters
    ----------
    based_on
        The version that was looked at, and is signed.
    capacity
        A row of the sign-off block of the document (:func:`exclusion.register.signing.capacities`).

    Returns
    -------
    Version
        The version that holds the sign-off, one further than what was signed.

    Raises
    ------
    Conflict
        When something newer is there: nobody signs what they have not seen.
    UsageError
        For a capacity we do not know, or a register that cannot be written.
    """
    who, saved = named(by), reading.load(register, assessment_id, based_on)
    given = signing.checked(capacity, comment, who, chain.now(), based_on)
    more = {"signs": based_on, "signed_digest": saved.version.digest, "capacity": capacity}
    files = {contents.SIGNED: signing.to_file(given)}
    return _commit(register, saved.version.assessment, based_on, signing.KIND, who, note, files, None, more)


def _whole_id(register: Register, assessment_id: str) -> str:
    return str(reading.versions(register, assessment_id)["assessment"].iloc[0])


def _commit(
    register: Register,
    assessment: str,
    based_on: int,
    kind: str,
    who: str,
    note: str,
    files: Mapping[str, bytes],
    about: Mapping[str, str] | None,
    more: Mapping[str, Any] | None = None,
) -> Version:
    """One transaction: the version, its files, the event (with ``more`` in it).

    ``about`` None = as in the version before, with its files carried on; else only the council's own words are, unless others come.
    """
    words = contents.plain(note, "note")
    try:
        with register.writing() as connection:
            head = chain.lock(connection)  # from here on nobody else writes
            last = reading.newest(connection, assessment)
            if (last.number if last else 0) != based_on:
                raise _Moved
            carried: dict[str, str] = {}
            row = {"title": "", "councils": "", "services": "", "release": ""}
            if last is not None:
                row = {name: getattr(last, name) for name in row}
                held = reading.parts_of(connection, assessment, last.number)
                if about is None:
                    carried = {name: digest for name, digest in held.items() if name not in contents.ADDED}
                elif contents.WORDS in held and contents.WORDS not in files:
                    carried = {contents.WORDS: held[contents.WORDS]}
            row |= {name: value for name, value in (about or {}).items() if value}
            at = chain.now()
            version = Version(assessment, based_on + 1, based_on, kind, **row, made_by=who, made_at=at, note=words, digest="")
            version = insert(connection, version, carried, files, last.digest if last else chain.START)
            detail: dict[str, Any] = {"digest": version.digest, "files": sorted(files), **(more or {})}
            chain.record(connection, head, at, who, chain.SAVES[kind], assessment, version.number, detail)
    except _Moved:
        raise _conflict(register, assessment, based_on) from None
    return version


def insert(connection: Connection, version: Version, carried: Mapping[str, str], files: Mapping[str, bytes], parent: str) -> Version:
    """Write a version and its files; returns it with its digest."""
    parts = dict(carried)
    fields_of_version = [column.name for column in schema.versions.c]
    for name, content in files.items():
        parts[name] = chain.sha256(content)
    version = replace(version, digest=chain.version_digest(version, parts, parent))
    connection.execute(schema.versions.insert().values(**{name: getattr(version, name) for name in fields_of_version}))
    bodies = {chain.sha256(content): content for content in files.values()}
    known = select(schema.contents.c.sha256).where(schema.contents.c.sha256.in_(list(bodies)))
    held = {str(row.sha256) for row in connection.execute(known)}
    fresh = [{"sha256": digest, "size": len(body), "body": body} for digest, body in bodies.items() if digest not in held]
    if fresh:
        connection.execute(schema.contents.insert(), fresh)
    rows = [{"assessment": version.assessment, "number": version.number, "name": name, "sha256": digest} for name, digest in parts.items()]
    connection.execute(schema.parts.insert(), rows)
    return version


def _conflict(register: Register, assessment: str, based_on: int) -> ExclusionError:
    latest = reading.load(register, assessment)
    if not 0 < based_on <= latest.version.number:
        last = latest.version.number
        return UsageError(
            Problem("based on", "is not a version of this assessment", str(based_on), f"Say which of 1 to {last} you worked from.")
        )
    before: Saved = reading.load(register, assessment, based_on)
    return Conflict(compare(before, latest))
