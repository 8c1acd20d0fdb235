"""Model of where the classes of maps end; see maps.toml."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    why: str
    reference: str


class Classes(_Part):
    """Limits that rise, and where the words do not follow from them, a word for each class."""

    edges: tuple[float, ...] = Field(min_length=1)
    words: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(near >= far for near, far in pairwise(self.edges)):
            raise ValueError("edges must rise")
        return self


class Cells(_Part):
    """How far a cell around the middle of a place reaches; metres, and the number of the neighbour that it ends at."""

    reach: int = Field(ge=1)
    nearest_m: float = Field(gt=0)
    furthest_m: float = Field(gt=0)


class MapRules(Entry):
    """The classes of every map, and the shapes where no outlines are held."""

    councils: Classes
    people: Classes
    further: Classes
    change_bands: Classes
    change_points: Classes
    cells: Cells

    @model_validator(mode="after")
    def _worded(self) -> Self:
        if len(self.councils.words) != len(self.councils.edges) + 2:  # none is a class of its own
            raise ValueError("councils: give a word for none and for each class")
        if any(len(two.edges) != 2 for two in (self.further, self.change_bands, self.change_points)):
            raise ValueError("further, change_bands and change_points have two edges")
        if len(self.people.edges) != 4:
            raise ValueError("people has four edges")
        return self


@cache
def map_rules() -> MapRules:
    """The limits in force."""
    return read_single("maps.toml", MapRules)


__all__ = ["Cells", "Classes", "MapRules", "map_rules"]
