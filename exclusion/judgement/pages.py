"""The reviewed texts of the pages: the duty by nation, and how figures, reasons, gaps and questions are said."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Literal

from pydantic import Field, model_validator

from exclusion.judgement.duty import Duty, duties
from exclusion.judgement.entries import FOLDER, Entry, only_fields, read_entries
from exclusion.judgement.law import Nation
from exclusion.judgement.ruleset import Group, Severity

Effect = Literal["closes", "fewer", "none", "stays"]


class Fact(Entry):
    """How a measure's figure is said; ``id`` is the measure, ``{n}`` the count as it may be printed."""

    groups: tuple[Group, ...] = ()  # the users it is about; the smallest of their weights counts
    text: str
    who: str
    of: str
    date: str = ""  # instead of the figure's own
    source: str = ""  # of an estimate of ours, which no dataset of the release gives
    in_nation: dict[Nation, tuple[str, str]] = Field(default_factory=dict)  # text and who, where a nation's figure differs

    @model_validator(mode="after")
    def _sound(self) -> Fact:
        for text in (self.text, self.who, *chain(*self.in_nation.values())):
            only_fields(text, "n")
        return self

    def said(self, n: str, nation: str) -> str:
        return self.in_nation.get(nation, (self.text, self.who))[0].format(n=n)  # type: ignore[call-overload, no-any-return]

    def named(self, n: str, nation: str) -> str:
        return self.in_nation.get(nation, (self.text, self.who))[1].format(n=n)  # type: ignore[call-overload, no-any-return]


class Way(Entry):
    """A way in, in a member's words; ``id`` is the channel."""

    text: str


class Because(Entry):
    """Why a way in is kept, after "because"; ``id`` is the rule, ``{who}`` the people it rests on."""

    text: str
    also: str

    @model_validator(mode="after")
    def _sound(self) -> Because:
        only_fields(self.text, "who")
        only_fields(self.also)
        return self


class Gap(Entry):
    """Something we do not know about a ward, and who could tell."""

    always: bool = False
    rules: tuple[str, ...] = ()  # printed where one of these could not be checked
    unless_rules: tuple[str, ...] = ()  # and all of these could be: else another gap says it
    unless_measures: tuple[str, ...] = ()  # and none of these is held
    needs_measures: tuple[str, ...] = ()  # and all of these are
    text: str


class Question(Entry):
    """A question a member may want to ask, and when it is worth a place."""

    channels: tuple[str, ...] = ()
    busier: tuple[str, ...] = ()
    severities: tuple[Severity, ...] = ()
    urgent: bool = False
    effects: tuple[Effect, ...] = ()  # a proposal does this to a way in found here
    minimum: tuple[Effect, ...] = ()  # a proposal does this to part of the minimum
    together: bool = False  # where several services move together here
    fallback: bool = False  # where too few fit the findings
    unless_urgent: bool = False  # not beside the question on help that is needed the same day, which asks the same
    elsewhere: bool = False  # where the council does not run the service
    general: bool = False
    text: str


@cache
def facts() -> dict[str, Fact]:
    """How figures are said, by measure."""
    return read_entries(FOLDER / "pages.toml", Fact, "fact")


@cache
def ways() -> dict[str, Way]:
    """The ways in, in a member's words, by channel."""
    return read_entries(FOLDER / "pages.toml", Way, "way")


@cache
def becauses() -> dict[str, Because]:
    """Why ways in are kept, by rule."""
    return read_entries(FOLDER / "pages.toml", Because, "because")


@cache
def gaps() -> dict[str, Gap]:
    """What we do not know, in the order to say it."""
    return read_entries(FOLDER / "pages.toml", Gap, "gap")


@cache
def page_questions() -> dict[str, Question]:
    """Questions members may want to ask, in order of use."""
    return read_entries(FOLDER / "pages.toml", Question, "question")


def page_entries() -> list[Entry]:
    """Every text of the pages, for the review dates."""
    return [entry for table in (duties(), facts(), ways(), becauses(), gaps(), page_questions()) for entry in table.values()]


__all__ = [
    "Because",
    "Duty",
    "Fact",
    "Gap",
    "Question",
    "Way",
    "becauses",
    "duties",
    "facts",
    "gaps",
    "page_entries",
    "page_questions",
    "ways",
]
