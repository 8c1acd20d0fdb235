"""What the level of the 2020 survey is multiplied by: the range we declare, or a factor a user sets with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from exclusion.contracts import Problem, UsageError
from exclusion.judgement.score import PeopleRates, people_rates


@dataclass(frozen=True)
class Scale:
    """The two ends of the range, or one factor twice, and why."""

    low: float
    high: float
    reason: str
    own: bool = False

    @property
    def notice(self) -> str:
        """What must be said beside the figures when the user set the factor, else nothing."""
        if not self.own:
            return ""
        return f"Numbers of people unlikely to use the internet are multiplied by {self.low:g}, set by you: {self.reason}"


def declared_scale(rates: PeopleRates | None = None) -> Scale:
    """The range of ``judgement/people.toml``: the fall since the survey, and no fall."""
    scale = (rates or people_rates()).scale
    return Scale(scale.low, scale.high, scale.why)


def own_scale(factor: float, reason: str) -> Scale:
    """A user's own factor on the 2020 level, to be carried with its reason wherever the figures go.

    Raises
    ------
    UsageError
        For a factor outside the range of ``judgement/people.toml``, or without a reason.
    """
    limits, problems = people_rates().scale, []
    if not limits.smallest <= factor <= limits.largest:  # also refuses nan
        do = f"Give a number from {limits.smallest:g} to {limits.largest:g}; 1 is the level of 2020."
        problems.append(Problem("scale of people", "is out of range", f"{factor:g}", do))
    if not reason.strip():
        problems.append(Problem("scale of people", "has no reason", "", "Say in a few words why; it is printed with the figures."))
    if problems:
        raise UsageError(problems)
    return Scale(factor, factor, reason.strip(), own=True)


__all__ = ["Scale", "declared_scale", "own_scale"]
