"""The judgement file behind the older index on wards: where its fifths are cut, and what Great Britain has in common."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single

LETTERS = {"England": "E", "Wales": "W"}
CLOSE = 0.01


class OlderEdges(BaseModel):
    """The cuts between fifths of one nation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nation: str
    wards: tuple[float, float, float, float]
    """Between fifths of wards."""
    small_areas: tuple[float, float, float, float]
    """Between fifths of the small areas of the published table, by which it is known again."""
    areas: int = Field(gt=0)
    """Small areas of the published table."""

    def is_of(self, deri: pd.Series, nation: str) -> bool:
        """Whether a table of small areas is the published one: its size and fifths are the same."""
        here = deri[deri.index.astype(str).str.startswith(LETTERS[nation])].dropna()
        if len(here) != self.areas:
            return False
        return bool(np.abs(np.quantile(here, [0.2, 0.4, 0.6, 0.8]) - np.array(self.small_areas)).max() < CLOSE)


class GreatBritain(BaseModel):
    """What may be put on one scale over three nations, and what is held back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nations: tuple[str, ...] = Field(min_length=2)
    alike: tuple[str, ...]
    """Measures that the nations count alike; a measure that is not here is held back."""
    why: str
    reference: str
    apart: dict[str, str]
    """Measures known to be counted differently: how, to finish a sentence."""

    def held_back(self, measure: str) -> str:
        """Why a measure cannot be put on one scale; blank when it can."""
        if measure in self.alike:
            return ""
        return self.apart.get(measure, "nobody has shown that the three nations count it alike")


class OlderIndexRules(Entry):
    """How the older index is carried onto wards."""

    least_observed: float = Field(gt=0, le=1)
    edge: tuple[OlderEdges, ...] = Field(min_length=1)
    great_britain: GreatBritain

    def edges(self, nation: str) -> OlderEdges | None:
        """Those of a nation, or None."""
        return next((one for one in self.edge if one.nation == nation), None)


@cache
def older_index_rules() -> OlderIndexRules:
    """The rules, read once."""
    return read_single("older_index.toml", OlderIndexRules)
