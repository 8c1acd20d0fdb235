"""The judgement file behind the comparison of the score with what people did."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class ClusterRules(BaseModel):
    """How clusters of wards are looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(ge=1)
    permutations: int = Field(ge=99)
    false_share: float = Field(gt=0, lt=0.5)
    seed: int
    why: str
    reference: str


class ValidityRules(Entry):
    """What is compared, how finely, and what must be said with it."""

    least_observed: float = Field(gt=0, le=1)
    least_in_council: int = Field(ge=3)
    least_areas: int = Field(ge=3)
    most_affected: float = Field(gt=0, lt=1)
    grid_step: float = Field(gt=0, le=0.5)
    resamples: int = Field(ge=2)
    interval: tuple[float, float]
    seed: int
    clusters: ClusterRules
    limits: tuple[str, ...] = Field(min_length=1)
    weights_stay: str = Field(min_length=1)
    """Why the default weights stay where less in the score would agree better."""

    @model_validator(mode="after")
    def _sound(self) -> ValidityRules:
        if not 0 <= self.interval[0] < self.interval[1] <= 1:
            raise ValueError("interval must be two shares, the lower first")
        if abs(round(1 / self.grid_step) * self.grid_step - 1) > 1e-9:
            raise ValueError("grid_step must go into 1 a whole number of times")
        return self


@cache
def validity_rules() -> ValidityRules:
    """The rules, read once."""
    return read_single("validity.toml", ValidityRules)
