"""Models of what an equality assessment says beside the figures, and of the questions only a council can answer."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache

from pydantic import Field, model_validator

from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.characteristics import context_measures
from exclusion.judgement.duty import duties
from exclusion.judgement.entries import FOLDER, Entry, only_fields, read_entries
from exclusion.judgement.law import Nation
from exclusion.judgement.score import measures
from exclusion.words import join_words

FILE = "equality.toml"


class Characteristic(Entry):
    """One protected characteristic, or a group that councils often add."""

    title: str
    nations: tuple[Nation, ...] = Field(min_length=1)
    protected: bool = True
    law: tuple[str, ...] = ()
    """Its name in the nation's duty (``judgement/duties/``)."""
    names: tuple[str, ...] = ()
    """What findings call it."""
    measures: tuple[str, ...] = ()
    also_in: dict[Nation, tuple[str, ...]] = Field(default_factory=dict)
    """Measures that only one nation has."""
    never_by_ward: bool = False
    notes: tuple[str, ...] = ()
    notes_in: dict[Nation, tuple[str, ...]] = Field(default_factory=dict)
    """Notes that hold in one nation only, as law does."""
    no_ward_figure: tuple[str, ...] = ()
    ask: str
    """Whom to ask; ``{local}`` stands for ``local`` of the nation."""
    local: dict[Nation, str] = Field(default_factory=dict)
    """The most local bodies of each nation in words: not every nation has parishes."""

    @model_validator(mode="after")
    def _sound(self) -> Characteristic:
        only_fields(self.ask, "local")
        for nation in self.nations:
            if not self.notes_in_nations((nation,)):
                raise ValueError(f"has no note for {nation}")
            if "{local}" in self.ask and nation not in self.local:
                raise ValueError(f"has no word for the most local bodies of {nation}")
        return self

    def measures_in(self, nation: str) -> tuple[str, ...]:
        """The measures to look for in one nation."""
        return (*self.measures, *self.also_in.get(nation, ()))  # type: ignore[call-overload]

    def notes_in_nations(self, nations: Sequence[str]) -> tuple[str, ...]:
        """The notes that hold in these nations, each once."""
        told = [note for nation in nations for note in self.notes_in.get(nation, ())]  # type: ignore[call-overload]
        return (*self.notes, *dict.fromkeys(told))

    def asked_in(self, nations: Sequence[str]) -> str:
        """Whom to ask in these nations, in their words."""
        named = dict.fromkeys(self.local[nation] for nation in nations if nation in self.local)
        return self.ask.format(local=join_words(list(named), "or"))


class Question(Entry):
    """A question asked of every characteristic that only people can answer."""

    title: str
    hint: str


class Blank(Entry):
    """A field of the form that only the council can fill."""

    section: int = Field(ge=1, le=14)
    label: str
    hint: str


class Pair(Entry):
    """Two groups set beside each other as a range."""

    groups: tuple[str, str]


class Signature(Entry):
    label: str


class Words(Entry):
    """Sentences and numbers of the document."""

    standing: str
    notable_ratio: float = Field(gt=1)
    notable_fewest: float = Field(ge=10)
    notable_why: str
    late: str
    early: str
    scrutiny: str
    impact_note: str
    impacts: tuple[str, ...] = Field(min_length=4)
    outcomes: tuple[str, ...] = Field(min_length=4, max_length=4)
    short_sources: dict[str, str]
    """Source id -> its name in a table cell."""
    caveats: tuple[str, ...] = Field(min_length=12)

    @model_validator(mode="after")
    def _sound(self) -> Words:
        only_fields(self.late, "date", "evidence")
        only_fields(self.early, "date", "evidence")
        return self


@cache
def characteristics() -> dict[str, Characteristic]:
    """Every characteristic of every nation by id, in the order of the form.

    Raises
    ------
    DataRefused
        When one names a measure that is not there, when a nation's duty names a characteristic
        that no entry stands for, or when one never mapped by ward names a measure held by ward.
    """
    held = read_entries(FOLDER / FILE, Characteristic, "characteristic")
    context = context_measures()
    problems = []
    for one in held.values():
        problems += [
            Problem(f"{FILE}, '{one.id}'", "names a measure that is not there", name, "Mend the name.")
            for name in (*one.measures, *(name for names in one.also_in.values() for name in names))
            if name not in context and name not in measures()
        ]
        problems += [
            Problem(f"{FILE}, '{one.id}'", "is never mapped by ward, but this measure is held by ward", name)
            for name in one.measures
            if one.never_by_ward and not (name in context and context[name].never_by_ward)
        ]
    for nation, duty in duties().items():
        covered = {name for one in held.values() if nation in one.nations and one.protected for name in one.law}
        problems += [
            Problem(FILE, f"has no entry for a characteristic of the duty in {nation}", name, "Add it: none may be blank.")
            for name in duty.characteristics
            if name not in covered
        ]
    if problems:
        raise DataRefused(problems)
    return held


def characteristics_of(nation: str) -> tuple[Characteristic, ...]:
    """The characteristics of one nation: those its law protects in the order of the form, then groups that are often added."""
    return tuple(one for one in characteristics().values() if nation in one.nations)


@cache
def questions() -> dict[str, Question]:
    """The three questions that stay open beside "What do you know?"."""
    return read_entries(FOLDER / FILE, Question, "question")


@cache
def blanks() -> dict[str, Blank]:
    """Fields that only the council can fill, by id."""
    return read_entries(FOLDER / FILE, Blank, "field")


@cache
def pairs() -> dict[str, Pair]:
    """Groups set beside each other."""
    return read_entries(FOLDER / FILE, Pair, "pair")


@cache
def signatures() -> dict[str, Signature]:
    """Who signs."""
    return read_entries(FOLDER / FILE, Signature, "signature")


@cache
def words() -> Words:
    """Sentences, caveats and numbers of the document."""
    document = tomllib.loads((FOLDER / FILE).read_text(encoding="utf-8"))
    shared = {name: document[name] for name in ("why", "reference", "checked_on", "review_by")}
    return Words.model_validate({**shared, **document["words"]})


def equality_entries() -> list[Entry]:
    """Every entry of the file, for the review dates."""
    tables: tuple[dict[str, Entry], ...] = (  # type: ignore[assignment]
        characteristics(),
        questions(),
        blanks(),
        pairs(),
        signatures(),
    )
    return [words(), *(entry for table in tables for entry in table.values())]
