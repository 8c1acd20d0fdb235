"""Model of what makes two councils alike; see neighbours.toml."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class NeighbourRules(Entry):
    """By which measures councils are compared, and how many are shown."""

    shown: int = Field(ge=1)
    furthest: float = Field(gt=0, le=1)
    held_by: float = Field(gt=0, le=1)
    fewest_measures: int = Field(ge=1)
    measures: tuple[str, ...]


@cache
def neighbour_rules() -> NeighbourRules:
    """The rules in force."""
    return read_single("neighbours.toml", NeighbourRules)
