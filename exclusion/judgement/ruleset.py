"""Models of the ward rules: indicators, legs, flags, severities and guards."""

from __future__ import annotations

import string
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.services import Condition, Service

Strength = Literal["NONE", "WEAK", "ORDINARY", "MODERATE", "STRONG"]
Severity = Literal["required", "recommended", "monitor"]
Group = Literal["age75", "disabled", "low_income", "low_english", "new_resident", "carer"]
STRENGTHS: tuple[Strength, ...] = ("NONE", "WEAK", "ORDINARY", "MODERATE", "STRONG")  # ORDINARY: an ordinary rate, many people
SEVERITIES: tuple[Severity, ...] = ("monitor", "recommended", "required")
MANY_USERS = 2  # a user weight of "many" or more, as services.csv defines it


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class MeasureUse(_Part):
    """A measure that can answer an indicator, and how far it is trusted."""

    id: str
    steps_down: int = Field(default=0, ge=0, le=3)
    at_most: Strength = "STRONG"


class Indicator(Entry):
    """What a rule asks about, and the measures that can answer."""

    measures: tuple[MeasureUse, ...] = Field(min_length=1)
    combine: Literal["first", "max"] = "first"
    fewer_steps_where: str = ""  # a measure whose high share takes one step off (guard G5)


class Leg(_Part):
    """An indicator, and the users of the service it is about."""

    indicator: str
    relevance: tuple[Group, ...] | int
    relevance_combine: Literal["min", "max"] = "max"
    means_tested: str = ""  # the indicator used instead for means-tested services
    areas: Literal["all", "rural", "not_rural"] = "all"
    at_most: Strength = "STRONG"  # after relevance

    def indicator_for(self, service: Service) -> str:
        return self.means_tested if self.means_tested and service.means_tested else self.indicator

    def weight(self, service: Service) -> int:
        if isinstance(self.relevance, int):
            return self.relevance
        weights = [service.weight(group) for group in self.relevance]
        return min(weights) if self.relevance_combine == "min" else max(weights)


class Gate(_Part):
    """What switches a rule off, and what to do when that is not known."""

    indicators: tuple[str, ...] = Field(min_length=1)
    combine: Literal["min", "max"] = "min"
    at_least: Strength
    when_unknown: Literal["not_assessed", "fire"]
    text_clear: str = ""
    text_unknown: str = ""
    text_unknown_no_figure: str = ""
    council_measure: str = ""


class Flag(_Part):
    """A channel a rule keeps open, for services that meet the conditions."""

    channel: str
    when: tuple[Condition, ...] = ()
    when_any: tuple[Condition, ...] = ()
    note: str = ""

    def holds(self, service: Service) -> bool:
        return all(c.holds(service) for c in self.when) and (not self.when_any or any(c.holds(service) for c in self.when_any))


_PLACEHOLDERS = {"reason": {"overlap", "gate"}, "caution": {"figures"}}


class Rule(Entry):
    """One ward rule of the known shape."""

    title: str
    legs: tuple[Leg, ...] = Field(min_length=1)
    combine: Literal["min", "max", "separate"] = "min"
    when: tuple[Condition, ...] = ()
    unless: Gate | None = None
    severity: str = "default"
    flags: tuple[Flag, ...]
    reason: str
    caution: str = ""
    caution_short: str = ""
    overlap: tuple[str, ...] = ()
    limits: str
    hooks: tuple[str, ...] = ()
    protected_characteristics: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        for name, known in _PLACEHOLDERS.items():
            used = {field for _, field, _, _ in string.Formatter().parse(getattr(self, name)) if field is not None}
            if used - known:
                raise ValueError(f"{name} uses {sorted(used - known)}; known are {sorted(known)}")
        if ("{overlap}" in self.reason) > bool(self.overlap) or ("{gate}" in self.reason) > bool(self.unless):
            raise ValueError("the reason prints an overlap or a gate that the rule does not have")
        if not self.flags and not self.caution:
            raise ValueError("a rule flags a channel or gives a caution")
        if bool(self.flags) != bool(self.reason):
            raise ValueError("a rule that flags a channel needs a reason")
        if bool(self.caution) != bool(self.caution_short):
            raise ValueError("caution and caution_short go together")
        if self.overlap and len(self.overlap) != 2:
            raise ValueError("an overlap is between two indicators")
        return self

    def indicators(self) -> tuple[str, ...]:
        """Every indicator the rule may look at."""
        named = [name for leg in self.legs for name in (leg.indicator, leg.means_tested) if name]
        return tuple(dict.fromkeys([*named, *(self.unless.indicators if self.unless else ())]))


class StrengthTest(Entry):
    """The two tests: where a rate stands in its nation, and how many it is."""

    top_percentile: float
    upper_percentile: float
    fewest: float
    top: tuple[Strength, Strength, Strength]
    upper: tuple[Strength, Strength, Strength]
    rest: tuple[Strength, Strength, Strength]
    middle_percentile: float = 0  # under this the row `below` counts, where there is one
    below: tuple[Strength, Strength, Strength] | None = None
    text: str = ""  # what a finding says that rests on an ordinary rate

    @model_validator(mode="after")
    def _grows(self) -> StrengthTest:
        """More people, or a higher rate, never make the evidence weaker."""
        rows = [row for row in (self.below, self.rest, self.upper, self.top) if row is not None]
        level = [[STRENGTHS.index(name) for name in row] for row in rows]
        if any(row != sorted(row) for row in level) or any(list(column) != sorted(column) for column in zip(*level, strict=True)):
            raise ValueError("a larger count or a higher rate makes the evidence weaker")
        if not self.middle_percentile <= self.upper_percentile <= self.top_percentile:
            raise ValueError("the percentiles do not grow")
        return self


class SeverityTable(Entry):
    """From strength to severity, by criticality of the service."""

    C3: dict[Strength, Severity]
    C2: dict[Strength, Severity]
    C1: dict[Strength, Severity]
    C1_many_users: dict[Strength, Severity] | None = None

    def row(self, service: Service, weight: int) -> dict[Strength, Severity]:
        """The row for a service whose users are the group to this weight."""
        if service.criticality == "C1" and weight >= MANY_USERS and self.C1_many_users is not None:
            return self.C1_many_users
        row: dict[Strength, Severity] = getattr(self, service.criticality)
        return row


class Guard(Entry):
    """A guard's numbers and texts."""

    title: str = ""
    values: dict[str, float] = Field(default_factory=dict)
    text: str = ""
    unknown: str = ""
