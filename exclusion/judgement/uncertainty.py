"""The judgement file behind the uncertainty: which choices are tried, and how far figures may be off."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WeightSet(_Part):
    """One of the sets of domain weights that are tried."""

    id: str
    label: str
    people: Literal["default", "equal"]
    place: float | None = Field(default=None, ge=0, lt=1)


class FitError(_Part):
    """Standard deviation of a rate from the fit, in units of the spread between wards, by error class."""

    good: float = Field(ge=0)
    fair: float = Field(ge=0)
    rough: float = Field(ge=0)
    why: str


class FigureError(_Part):
    """How far a measure may be off in itself."""

    measure: str
    cells: int = Field(default=0, ge=0)
    cell_sd: float = Field(default=0.0, ge=0)
    rounded_to: float = Field(default=0.0, ge=0)
    share_rounded_to: float = Field(default=0.0, ge=0)
    spread_sd: float = Field(default=0.0, ge=0)


class RateError(_Part):
    """Standard error of the coefficient of a measure."""

    measure: str
    se: float = Field(ge=0)


class UncertaintyRules(Entry):
    """Everything the uncertainty rests on besides the figures."""

    seed: int
    draws: int = Field(ge=2)
    weight_draws: int = Field(ge=1)
    concentration: float = Field(gt=0)
    reference_draws: int = Field(ge=1)
    interval: tuple[float, float]
    clear_from: float = Field(gt=0.5, le=1)
    clear_to: float = Field(ge=0, lt=0.5)
    winsorise_share: float = Field(ge=0, lt=0.5)
    place_domains: tuple[str, ...]
    small_area_people: float = Field(gt=0)
    weights: tuple[WeightSet, ...] = Field(min_length=1)
    fit: FitError
    error: tuple[FigureError, ...]
    rate: tuple[RateError, ...]

    @model_validator(mode="after")
    def _sound(self) -> UncertaintyRules:
        if not 0 <= self.interval[0] < self.interval[1] <= 1:
            raise ValueError("interval must be two shares, the lower first")
        if self.weights[0].people != "default" or self.weights[0].place is not None:
            raise ValueError("the first set of weights must be the weights in use, unchanged")
        return self


@cache
def uncertainty_rules() -> UncertaintyRules:
    """The rules, read once."""
    return read_single("uncertainty.toml", UncertaintyRules)
