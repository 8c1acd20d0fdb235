"""Models of the figures about protected characteristics: context for an equality assessment."""

from __future__ import annotations

from functools import cache

from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.entries import FOLDER, Entry, read_entries
from exclusion.judgement.score import Measure, measures


class ContextMeasure(Measure):
    """A measure that no score and no rule may use."""

    never_by_ward: bool = False
    """Held by council only: by ward the counts are too small to be safe, or too doubtful."""


@cache
def context_measures() -> dict[str, ContextMeasure]:
    """Context measures by id, in file order; none is also a measure of the score or the rules.

    Raises
    ------
    DataRefused
        When one is: a rule or a method could then name it.
    """
    held = read_entries(FOLDER / "characteristics.toml", ContextMeasure, "measure")
    if both := [name for name in held if name in measures()]:
        fix = "Context measures have names of their own."
        raise DataRefused([Problem("characteristics.toml", "is also in measures.toml", name, fix) for name in both])
    return held


def characteristic_entries() -> list[Entry]:
    """Every entry of these files, for the review dates."""
    return list(context_measures().values())
