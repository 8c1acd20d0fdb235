"""Read what the register holds: the list of assessments, one version whole, the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError
from exclusion.equality.model import SignOff
from exclusion.proposal import parse
from exclusion.proposal.touching import touched
from exclusion.register import chain, contents, responses, review, schema, signing
from exclusion.register.chain import Version
from exclusion.register.connect import Register
from exclusion.register.contents import RESPONSES, REVIEW, RUN, SIGNED, Reopened
from exclusion.register.review import Review
from exclusion.release import Evidence

LISTED = ["assessment", "version", "kind", "title", "councils", "services", "release", "made_by", "made_at", "note"]


@dataclass(frozen=True)
class Saved:
    """One version of an assessment as it was saved. Read only."""

    version: Version
    files: Mapping[str, bytes]
    """Its parts, by name."""
    answers: tuple[tuple[int, bytes], ...]
    """``responses.toml`` of this version and those before it, with their numbers, oldest first."""
    reviewed: tuple[tuple[int, bytes], ...]
    """``review.toml`` of this version and those before it."""
    signed: tuple[SignOff, ...] = ()
    """Who signed off this version or one before it, oldest first."""

    @cached_property
    def run(self) -> dict[str, Any]:
        """What was run, on what: councils, services, weights, versions, release and its hashes."""
        return contents.toml_from(self.files[RUN], RUN)

    def table(self, name: str) -> pd.DataFrame:
        """One of the saved tables: findings, summaries, people, scores, profile, areas, council_wide, or one that was added.

        Raises
        ------
        UsageError
            When no table of that name was saved.
        """
        if f"{name}.parquet" not in self.files:
            raise UsageError(Problem(f"version {self.version.number}", "holds no such table", name, f"It holds: {', '.join(self.tables)}."))
        return contents.table_from(self.files[f"{name}.parquet"], f"{name}.parquet")

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the saved tables."""
        return tuple(sorted(name.removesuffix(".parquet") for name in self.files if name.endswith(".parquet")))

    @property
    def proposals(self) -> tuple[str, ...]:
        """The text of each proposal, to the letter."""
        names = [name for name in self.files if name.startswith("proposal-")]
        return tuple(self.files[name].decode("utf-8") for name in sorted(names, key=lambda name: int(name[9:-5])))

    @property
    def starts(self) -> tuple[date, ...]:
        """The day each proposal starts, in their order; one that gives none is left out."""
        days = (contents.toml_from(text.encode("utf-8"), "proposal").get("date") for text in self.proposals)
        return tuple(day if isinstance(day, date) else date.fromisoformat(day) for day in days if day)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Every answer so far; see :func:`exclusion.register.responses.table`."""
        rows = [{**row, "version": number} for number, content in self.answers for row in responses.from_file(content, RESPONSES)]
        return responses.table(rows)

    @property
    def findings(self) -> pd.DataFrame:
        """The findings with what was answered; see :func:`exclusion.register.responses.answered`."""
        return responses.answered(self.table("findings"), self.responses)

    @property
    def concerned(self) -> tuple[str, ...]:
        """Ids of the services it is about: those its proposals name, else those that lean on a place that changes, else all of them."""
        held = [str(one) for one in self.run.get("services", [])]
        texts = [contents.toml_from(text.encode("utf-8"), "proposal") for text in self.proposals]
        named = {str(change.get("id")) for text in texts for change in text.get("service", [])}
        if not named and self.proposals and "dependents" in self.tables:
            named = set(self.table("dependents")["service_id"].astype(str))
        return tuple(one for one in held if one in named) or tuple(held)

    @property
    def asked(self) -> pd.DataFrame:
        """Findings that ask for an answer, on the services and wards it is about, with what was answered: what every count is of."""
        return responses.asked(self.about(self.findings), self.concerned)

    def about(self, findings: pd.DataFrame, *, places: bool = True) -> pd.DataFrame:
        """Those of some findings that lie where its proposals touch their service; all of them where it has no proposal.

        All of them as well where a proposal of an older version is not one any more, so that nothing drops out of sight.
        Without ``places`` only services that are named count, not those that lean on a place that changes; all
        findings where none is named.
        """
        if not self.proposals:
            return findings
        try:
            proposals = [parse(text) for text in self.proposals]
            if not places:
                proposals = [one.model_copy(update={"place": ()}) for one in proposals]
                if not any(one.service for one in proposals):
                    return findings
            return touched(findings, proposals, self.table("areas"))
        except ExclusionError:
            return findings

    @property
    def unanswered(self) -> pd.DataFrame:
        """Those of :attr:`asked` that nobody has answered."""
        rows = self.asked
        return rows[rows["response"] == ""].reset_index(drop=True)

    def waiting(self) -> str:
        """How many findings have no answer, of how many, in a sentence."""
        left, many = len(self.unanswered), len(self.asked)
        whose = "on the services of the proposal" if self.proposals else "that ask for an answer"
        if not left:
            return "Every finding has an answer." if many else "No finding asks for an answer."
        return f"{left:,} of {many:,} findings {whose} {'has' if left == 1 else 'have'} no answer."

    @cached_property
    def reviews(self) -> tuple[Review, ...]:
        """Every review so far, oldest first."""
        return tuple(review.from_file(content, REVIEW) for _, content in self.reviewed)

    def review_table(self) -> pd.DataFrame:
        """Contacts that came beside those expected; see :func:`exclusion.register.review.beside`."""
        return review.beside(self.table("demand") if "demand" in self.tables else None, self.reviews, self.table("areas").index)

    def mixed_years(self) -> list[str]:
        """One sentence for each review with contacts whose year takes in days before a change."""
        return [said for one in self.reviews if len(one.contacts) and (said := review.mixed_year(one.on, self.starts))]

    def because(self) -> list[str]:
        """What changed because of the assessment, in sentences: what officers answered, then the council's own words at each review."""
        return [*responses.said(self.asked), *(f"{one.on:%d %B %Y}, {one.by}: {one.changed}" for one in self.reviews if one.changed)]

    @property
    def stamp(self) -> str:
        """Which version this is, its seal, and who signed it off: to print in what is made from it."""
        return " ".join([chain.sealed(self.version), *signing.said(one for one in self.signed if one.stands)])

    def reopen(self, evidence: Evidence | None) -> Reopened:
        """The assessment exactly as it was, on the release it was made with; or what is missing."""
        return contents.reopen(self.files, evidence)


def versions(register: Register, assessment: str | None = None) -> pd.DataFrame:
    """What has been saved.

    Returns
    -------
    DataFrame
        ``assessment, version, kind, title, councils, services, release, made_by, made_at, note``: the newest
        version of each assessment, or every version of the one named, oldest first.
    """
    table = schema.versions
    with register.reading() as connection:
        if assessment is not None:
            query = sa.select(table).where(table.c.assessment == _found(connection, assessment, register.where)).order_by(table.c.number)
        else:
            newest = sa.select(table.c.assessment, sa.func.max(table.c.number).label("number")).group_by(table.c.assessment).subquery()
            both = (newest.c.assessment == table.c.assessment) & (newest.c.number == table.c.number)
            query = sa.select(table).join(newest, both).order_by(table.c.made_at, table.c.assessment)
        rows = [dict(row._mapping) for row in connection.execute(query)]
    return pd.DataFrame([row | {"version": row["number"]} for row in rows], columns=LISTED)


def history(register: Register, assessment: str | None = None) -> pd.DataFrame:
    """Every event, oldest first: ``number, at, who, what, assessment, version, detail, hash``."""
    table = schema.history
    with register.reading() as connection:
        query = sa.select(table).order_by(table.c.number)
        if assessment is not None:
            query = query.where(table.c.assessment == _found(connection, assessment, register.where))
        rows = [dict(row._mapping) for row in connection.execute(query)]
    return pd.DataFrame(rows, columns=["number", "at", "who", "what", "assessment", "version", "detail", "hash"])


def load(register: Register, assessment: str, number: int | None = None) -> Saved:
    """One version, the newest when ``number`` is None; every file is held to its hash.

    Raises
    ------
    UsageError
        When there is none.
    DataRefused
        When what is held is not what was saved.
    """
    with register.reading() as connection:
        return read_version(connection, register.where, assessment, number)


def read_version(connection: Connection, where: str, assessment: str, number: int | None = None) -> Saved:
    """:func:`load` on an open connection."""
    name = _found(connection, assessment, where)
    version = newest(connection, name) if number is None else version_at(connection, name, number)
    if version is None:
        last = newest(connection, name)
        raise UsageError(
            Problem(where, f"assessment {name} has no such version", str(number), f"It has versions 1 to {last.number if last else 0}.")
        )
    here = parts_of(connection, name, version.number)
    table = schema.parts
    added = connection.execute(
        sa.select(table.c.name, table.c.number, table.c.sha256)
        .where(table.c.assessment == name, table.c.name.in_(contents.ADDED), table.c.number <= version.number)
        .order_by(table.c.number)
    ).all()
    wanted = {*here.values(), *(row.sha256 for row in added)}
    bodies: dict[str, bytes] = {}
    for row in connection.execute(sa.select(schema.contents.c.sha256, schema.contents.c.body).where(schema.contents.c.sha256.in_(wanted))):
        bodies[row.sha256] = bytes(row.body)
    broken = [digest for digest in wanted if chain.sha256(bodies.get(digest, b"")) != digest]
    if broken:
        names = sorted({part for part, digest in here.items() if digest in broken} | {row.name for row in added if row.sha256 in broken})
        what = f"version {version.number} of {name} is not what was saved: {', '.join(names)}"
        raise DataRefused(Problem(where, what, "", "Run 'exclusion register verify', and put back the last copy."))
    return Saved(
        version,
        {part: bodies[digest] for part, digest in sorted(here.items())},
        tuple((int(row.number), bodies[row.sha256]) for row in added if row.name == RESPONSES),
        tuple((int(row.number), bodies[row.sha256]) for row in added if row.name == REVIEW),
        _signed(connection, version, {int(row.number): bodies[row.sha256] for row in added if row.name == SIGNED}),
    )


def _signed(connection: Connection, version: Version, files: Mapping[int, bytes]) -> tuple[SignOff, ...]:
    """The sign-offs so far, with whether each still stands and whether it came in a file."""
    if not files:
        return ()
    held, told = schema.versions, schema.history
    rows = connection.execute(
        sa.select(held.c.number, held.c.kind).where(held.c.assessment == version.assessment, held.c.number <= version.number)
    )
    kinds = {int(row.number): str(row.kind) for row in rows}
    came = connection.execute(
        sa.select(told.c.version, told.c.who).where(told.c.assessment == version.assessment, told.c.what == "imported")
    )
    taken_in = {int(row.version): str(row.who) for row in came}
    return signing.told(kinds, [signing.from_file(content, SIGNED) for content in files.values()], taken_in, files)


def newest(connection: Connection, assessment: str) -> Version | None:
    """The newest version of an assessment, None when there is no such assessment."""
    table = schema.versions
    row = connection.execute(sa.select(table).where(table.c.assessment == assessment).order_by(table.c.number.desc()).limit(1)).first()
    return None if row is None else _version(row._mapping)


def version_at(connection: Connection, assessment: str, number: int) -> Version | None:
    """One version, None when it is not there."""
    table = schema.versions
    row = connection.execute(sa.select(table).where(table.c.assessment == assessment, table.c.number == number)).first()
    return None if row is None else _version(row._mapping)


def parts_of(connection: Connection, assessment: str, number: int) -> dict[str, str]:
    """The parts of a version: name -> sha256."""
    table = schema.parts
    rows = connection.execute(sa.select(table.c.name, table.c.sha256).where(table.c.assessment == assessment, table.c.number == number))
    return {str(row.name): str(row.sha256) for row in rows}


def _version(row: Mapping[Any, Any]) -> Version:
    return Version(**{field.name: row[field.name] for field in fields(Version)})


def _found(connection: Connection, assessment: str, where: str) -> str:
    """The full id for an id or its first letters."""
    table, wanted = schema.versions, assessment.strip().lower()
    query = sa.select(table.c.assessment).where(table.c.number == 1).order_by(table.c.assessment)
    ids = [str(row.assessment) for row in connection.execute(query)]
    close = [name for name in ids if name == wanted] or [name for name in ids if wanted and name.startswith(wanted)]
    if len(close) == 1:
        return close[0]
    what = "fits more than one assessment" if close else "is not an assessment of this register"
    raise UsageError(Problem(where, what, assessment, "Run 'exclusion register list' for their ids."))
