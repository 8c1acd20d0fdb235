"""The equality duty by nation: reviewed texts, with the day they were checked and from what. Not legal advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.contracts import Problem, UsageError
from exclusion.judgement.entries import FOLDER, Entry, only_fields, read_entries
from exclusion.judgement.law import Nation
from exclusion.language import mark
from exclusion.words import date_words, join_words

SocioEconomic = Literal["not_in_force", "in_force", "adopted", "none"]
NEEDS_A_DAY = ("in_force", "adopted")
NOT_YET = mark("Set it when that day has come; until then our reviewed text stands.")
SINCE_WHEN = mark("Say since when: the document states it as the law of that day.")


class Extra(BaseModel):
    """A duty of the nation that goes on the same form: what it asks, and what only the council can answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    says: str
    ask: str


class Duty(Entry):
    """The equality duty in one nation; ``id`` is the nation."""

    id: Nation
    act: str
    characteristics: tuple[str, ...] = Field(min_length=9, max_length=9)
    lines: tuple[str, str, str]
    full: tuple[str, ...] = Field(min_length=1)
    seen: str
    socio_economic_status: SocioEconomic
    """Whether section 1 of the Equality Act holds: a dated setting, since it may change and a council may adopt it."""
    socio_economic_since: date | None = None
    socio_economic: dict[SocioEconomic, str] = Field(default_factory=dict)
    socio_economic_full: dict[SocioEconomic, str] = Field(default_factory=dict)
    extra: tuple[Extra, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Duty:
        for text in (*self.socio_economic.values(), *self.socio_economic_full.values()):
            only_fields(text, "checked_on", "since")
        for text in (*self.lines, *self.full):
            only_fields(text, "socio_economic")
            for table in (self.socio_economic, self.socio_economic_full):
                if "{socio_economic}" in text and self.socio_economic_status not in table:
                    raise ValueError(f"has no text for the socio-economic duty when it is {self.socio_economic_status}")
        return self

    def _said(self, text: str, table: Mapping[SocioEconomic, str]) -> str:
        since = f" since {date_words(self.socio_economic_since)}" if self.socio_economic_since else ""
        clause = table.get(self.socio_economic_status, "").format(checked_on=date_words(self.checked_on), since=since)
        return text.format(socio_economic=clause)

    def short(self) -> tuple[str, ...]:
        """Three lines, for a ward page."""
        return tuple(self._said(text, self.socio_economic) for text in self.lines)

    def long(self) -> tuple[str, ...]:
        """The duty set out, a paragraph each, for the council page."""
        return tuple(self._said(text, self.socio_economic_full) for text in self.full)

    @property
    def checked(self) -> str:
        """When the text was checked, from what, and that it is not legal advice."""
        when = f"Text checked on {date_words(self.checked_on)}, to be checked again by {date_words(self.review_by)}."
        return f"{when} {self.seen} Not legal advice."

    def with_socio_economic(self, status: str, since: date | None = None) -> Duty:
        """The same duty with the socio-economic duty as a council says it stands.

        Parameters
        ----------
        status
            ``not_in_force``, ``in_force`` or ``adopted`` (followed by choice).
        since
            The day it came into force or was adopted; needed with both, since the document states it as law.

        Raises
        ------
        UsageError
            For a status that this nation has no reviewed text for, or one that holds from no day.
        """
        if status not in self.socio_economic:
            known = join_words(list(self.socio_economic), "or") or "none: it has no such duty"
            raise UsageError(Problem("socio-economic duty", f"has no reviewed text in {self.id} for this", status, f"Known: {known}."))
        if status in NEEDS_A_DAY and since is None:
            raise UsageError(Problem("socio-economic duty", "holds from no day", status, SINCE_WHEN))
        return self.model_copy(update={"socio_economic_status": status, "socio_economic_since": since})


def as_council_says(status: str, since: date | None = None) -> dict[str, Duty]:
    """The duty by nation with the socio-economic duty as a council says it stands, where the nation has a reviewed text for that.

    Where it is in force by law, as in Wales and Scotland, the day of the law stays: a council sets no day for that.

    Raises
    ------
    UsageError
        For a status that no nation has a text for.
    """
    known = duties()
    if not any(status in one.socio_economic for one in known.values()):
        raise UsageError(Problem("socio-economic duty", "is not one we know", status, "Use not_in_force, in_force or adopted."))
    return {nation: one.with_socio_economic(status, since) if _may_say(one, status) else one for nation, one in known.items()}


def _may_say(one: Duty, status: str) -> bool:
    return status in one.socio_economic and one.socio_economic_status != "in_force"


def left_alone(status: str, nations: Iterable[str]) -> list[str]:
    """What to say where a council's setting changes nothing: in nations where the duty is the law's, or where there is none."""
    lines = []
    for nation in nations:
        one = duties().get(nation)
        if status and one is not None and not _may_say(one, status):
            since = f" since {date_words(one.socio_economic_since)}" if one.socio_economic_since else ""
            why = f"is in force there{since} by law" if one.socio_economic_status == "in_force" else "does not exist there"
            lines.append(f"The setting of the socio-economic duty changes nothing in {nation}: it {why}.")
    return lines


def check_since(since: date | None, today: date) -> None:
    """UsageError for a day that has not come: the document would state as law today what is not."""
    if since is not None and since > today:
        raise UsageError(Problem("socio-economic duty", "is of a day that has not come yet", since.isoformat(), NOT_YET))


@cache
def duties() -> dict[str, Duty]:
    """The equality duty by nation; a nation that is absent has no reviewed text yet."""
    held: dict[str, Duty] = {}
    for path in sorted((FOLDER / "duties").glob("*.toml")):
        held |= read_entries(path, Duty, "duty")
    return held
