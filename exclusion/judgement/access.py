"""Model of how distance to places is judged; see access.toml."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import pairwise
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Circuity(_Part):
    """Between what the factor may lie, and on what authority."""

    lowest: float = Field(ge=1)
    highest: float = Field(ge=1)
    why: str
    reference: str


class Far(_Part):
    """Why the thresholds are what they are."""

    why: str
    reference: str
    checked_on: date


class Group(_Part):
    """Whose distances are told apart."""

    id: str
    label: str
    measure: str  # "" = the small area's residents
    unit: Literal["people", "households"]


class Catchment(_Part):
    """Zones and weights of the floating catchment: up to so far, so much."""

    km: tuple[tuple[float, float], ...] = Field(min_length=1)
    minutes: tuple[tuple[float, float], ...] = Field(min_length=1)
    why: str
    reference: str

    @model_validator(mode="after")
    def _falling(self) -> Self:
        for zones in (self.km, self.minutes):
            if any(near[0] >= far[0] or near[1] < far[1] for near, far in pairwise(zones)):
                raise ValueError("zones must grow outwards and weights must not")
        return self


class Steps(_Part):
    """Where the colours of the map of distances change."""

    km: tuple[float, float, float, float]
    minutes: tuple[float, float, float, float]
    why: str
    reference: str

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for steps in (self.km, self.minutes):
            if any(near >= far for near, far in pairwise(steps)):
                raise ValueError("steps must rise")
        return self


class AccessRules(Entry):
    """How distance to places is measured, and what counts as far."""

    factor: float = Field(ge=1, le=3)
    far_km: float = Field(gt=0)
    far_minutes: float = Field(gt=0)
    minimum_observed: float = Field(gt=0, le=1)
    postcode_slack_km: float = Field(gt=0)
    stray_km: float = Field(gt=0)
    libraries_km: float = Field(gt=0)
    circuity: Circuity
    far: Far
    group: tuple[Group, ...] = Field(min_length=1)
    catchment: Catchment
    map: Steps

    @property
    def far_metres(self) -> float:
        """Beyond this in a straight line a place is far by road."""
        return self.far_km * 1000 / self.factor


@cache
def access_rules() -> AccessRules:
    """The factor, the thresholds, the groups and the zones."""
    return read_single("access.toml", AccessRules)


__all__ = ["AccessRules", "Group", "access_rules"]
