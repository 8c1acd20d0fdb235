"""Models of the council-wide minimum, of thresholds, and of the law both name."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.contracts import NATIONS
from exclusion.judgement.entries import Entry

Nation = Literal["England", "Wales", "Scotland", "Northern Ireland"]


class LawHook(Entry):
    """Law or guidance, as it stands in one or more nations.

    ``code`` is what floors, rules and services name; several entries may share a code when
    nations have their own law. ``seen`` says what was read, so that nothing is asserted unread.
    """

    code: str = ""
    title: str
    url: str
    nations: tuple[Nation, ...] = Field(min_length=1)
    confidence: Literal["high", "medium", "low"]
    says: str = ""  # one sentence in our words, printed with the floor on the channels named
    channels: tuple[str, ...] = ()
    seen: str

    @property
    def named(self) -> str:
        return self.code or self.id

    @model_validator(mode="after")
    def _sound(self) -> LawHook:
        if bool(self.says) != bool(self.channels):
            raise ValueError("says and channels go together")
        return self


class FloorNote(BaseModel):
    """What a floor says of one service, in the nations whose law or practice it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    service: str
    nations: tuple[Nation, ...] = Field(min_length=1)
    text: str


class FloorWords(BaseModel):
    """A floor's words in one nation, where the law they rest on elsewhere is not its law."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    short: str
    reason: str


class Floor(Entry):
    """One part of the council-wide minimum. No ward figure can switch it off (G3)."""

    title: str
    every_service: bool = False
    channels: tuple[str, ...] = ()  # only where the floor itself names them; else services.csv does
    short: str
    reason: str
    hooks: tuple[str, ...] = ()
    protected_characteristics: tuple[str, ...] = Field(min_length=1)
    confidence: str
    notes: tuple[FloorNote, ...] = ()
    elsewhere: dict[Nation, FloorWords] = Field(default_factory=dict)  # nations whose words differ

    def words(self, nation: str) -> tuple[str, str]:
        """``short`` and ``reason`` as they are said in a nation."""
        own = self.elsewhere.get(nation)  # type: ignore[call-overload]
        return (own.short, own.reason) if own else (self.short, self.reason)

    def note(self, service_id: str, nation: str) -> str:
        """What the floor says of a service in a nation; blank where nothing."""
        return " ".join(note.text for note in self.notes if note.service == service_id and nation in note.nations)


class Threshold(Entry):
    """When a count is low or high, for one measure, in one version of the table."""

    version: str
    indicator: str
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    unit: str = ""
    test: str = "two_tests"  # which table of guards.toml turns count and rate into a strength

    @model_validator(mode="after")
    def _sound(self) -> Threshold:
        if self.high < self.low:
            raise ValueError("high is below low")
        return self


class ThresholdVersion(Entry):
    """One version of the thresholds: when it was published, what it is, whether it is the one in use."""

    title: str
    published: date
    current: bool = False
    low_quantile: float | None = None  # of the counts of England's wards; None where judged
    high_quantile: float | None = None


class Argued(Entry):
    """Why a rule may fire in very few or very many wards."""

    nations: dict[Nation, str] = Field(default_factory=dict)
    """The reason in one nation, where it is not that of the others."""

    def reason(self, nation: Nation) -> str:
        """Why it may in this nation."""
        return self.nations.get(nation, self.why)


__all__ = ["NATIONS", "Argued", "Floor", "LawHook", "Nation", "Threshold", "ThresholdVersion"]
