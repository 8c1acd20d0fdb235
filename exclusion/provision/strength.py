"""How strong the evidence is: two tests on a figure, and logic that knows what it does not know.

A strength is one of five steps, or unknown. Arrays hold them as ``int8``:
-1 unknown, 0 NONE, 1 WEAK, 2 ORDINARY (an ordinary rate, many people), 3 MODERATE, 4 STRONG.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.judgement import Indicator, StrengthTest, Threshold
from exclusion.judgement.ruleset import STRENGTHS

UNKNOWN, NONE, WEAK, ORDINARY, MODERATE, STRONG = -1, 0, 1, 2, 3, 4
ENOUGH = ORDINARY  # from here on evidence may say something
LEVEL = {name: level for level, name in enumerate(STRENGTHS)}
NAME = {UNKNOWN: "unknown", **dict(enumerate(STRENGTHS))}

Steps = npt.NDArray[np.int8]
_DOWN = np.array([NONE, NONE, WEAK, WEAK, MODERATE, UNKNOWN], dtype=np.int8)  # one step down from 0 to 4; the last, -1, stays
Numbers = npt.NDArray[np.float64]


def strength(n: npt.ArrayLike, percentile: npt.ArrayLike, low: float, high: float, test: StrengthTest | None = None) -> Steps:
    """Strength of the evidence from a count and where its rate stands.

    Parameters
    ----------
    n
        Counts, any shape; NaN where not known.
    percentile
        Percentile of the rate in the nation, 0 to 100, 100 = most affected; NaN where not known.
    low, high
        Thresholds of the count.
    test
        The two tests; default ``judgement/guards.toml``.

    Returns
    -------
    numpy.ndarray
        ``int8``: -1 unknown, 0 NONE to 4 STRONG. A count under ten is NONE whatever its rate; a
        missing count, or a missing percentile of a count of ten or more, is unknown.
    """
    test = test or judgement.strength_test()
    count, place = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(percentile, dtype=float))
    rows = (test.below or test.rest, test.rest, test.upper, test.top)
    table = np.array([[LEVEL[name] for name in row] for row in rows], dtype=np.int8)
    with np.errstate(invalid="ignore"):
        relative = (place >= test.middle_percentile).astype(np.int8) + (place >= test.upper_percentile) + (place >= test.top_percentile)
        absolute = (count >= low).astype(np.int8) + (count >= high)
        few = count < test.fewest
    result = np.where(few, NONE, table[relative, absolute]).astype(np.int8)
    result[np.isnan(count) | (np.isnan(place) & ~few)] = UNKNOWN
    return result


def lowest(strengths: Iterable[Steps]) -> Steps:
    """All must hold: NONE if any is NONE, else unknown if any is unknown, else the weakest."""
    stack = np.stack(list(strengths))
    result = stack.min(axis=0)
    return np.where((stack == NONE).any(axis=0), NONE, result).astype(np.int8)


def highest(strengths: Iterable[Steps]) -> Steps:
    """Any may hold: STRONG if any is STRONG, else unknown if any is unknown, else the strongest."""
    stack = np.stack(list(strengths))
    result = stack.max(axis=0)
    unknown = (stack == UNKNOWN).any(axis=0) & (result < STRONG)
    return np.where(unknown, UNKNOWN, result).astype(np.int8)


def steps_down(values: Steps, steps: int | npt.NDArray[np.int8]) -> Steps:
    """Take steps off known strengths; never below NONE, and unknown stays unknown.

    ORDINARY is no step of its own: one step down from MODERATE and from ORDINARY is WEAK.
    """
    result = np.asarray(values).astype(np.int8)
    taken = np.broadcast_to(np.asarray(steps), result.shape)
    for step in range(int(taken.max(initial=0))):
        result = np.where(taken > step, _DOWN[result], result).astype(np.int8)
    return result


def relevant(values: Steps, weight: int) -> Steps:
    """Strength for a service whose users are this group to ``weight``: 0 off, 1 one step down, 2 or 3 as it is."""
    if weight <= 0:
        return np.zeros_like(values)
    return steps_down(values, 1) if weight == 1 else values


@dataclass(frozen=True)
class Figures:
    """The figures of the chosen wards, one aligned array a measure, unknown already blanked.

    ``n``, ``percentile`` and ``share`` map a measure to an array over ``codes``; a figure for
    less than two thirds of a ward (guard G9) counts as not held. ``held`` says whether there
    was a figure before that, so that the page can give the right reason; ``stale`` where it is past its
    shelf life.
    """

    codes: pd.Index
    n: Mapping[str, Numbers]
    percentile: Mapping[str, Numbers]
    share: Mapping[str, Numbers]
    held: Mapping[str, npt.NDArray[np.bool_]]
    stale: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    def known(self, measure: str) -> npt.NDArray[np.bool_]:
        """Where a measure has a count that may be used."""
        return ~np.isnan(self.n[measure]) if measure in self.n else np.zeros(len(self.codes), dtype=bool)

    def changed(self, measure: str, count_factor: float = 1.0, points: float = 0.0) -> Figures:
        """The same figures with one measure moved (guard G4); a moved percentile stays in 0 to 100."""
        return replace(
            self,
            n={**self.n, measure: self.n[measure] * count_factor},
            percentile={**self.percentile, measure: np.clip(self.percentile[measure] + points, 0, 100)},
        )


def figures(codes: pd.Index, profile: pd.DataFrame, stale: pd.Series | None = None) -> Figures:
    """Lay the tidy profile out by measure; pass only the measures the rules use.

    Parameters
    ----------
    codes
        Ward codes, the order of every array.
    profile
        One row per ward and measure: ``area_code, measure, n, value, percentile, observed``.
        Wards or measures that are absent are simply not known.
    stale
        Which of its rows are past their shelf life; none when not given.
    """
    enough = judgement.guards()["G9"].values["observed"]
    profile = profile if stale is None else profile.assign(stale=stale)
    measures, table = laid_out(codes, profile, ("n", "value", "percentile", "observed", "stale"))
    counts, shares, places, observed = (table[name].astype(float) for name in ("n", "value", "percentile", "observed"))
    present = ~np.isnan(counts) & ~np.isnan(places)
    old = table["stale"] == True  # noqa: E712  (an array of objects: NaN where a ward has no row)
    whole = (np.isnan(observed) | (observed >= enough - 1e-9)) & ~old
    n, percentile = (np.where(present & whole, values, np.nan) for values in (counts, places))
    share = np.where(whole, shares, np.nan)
    rows = {measure: row for row, measure in enumerate(measures)}
    return Figures(
        codes,
        {measure: n[row] for measure, row in rows.items()},
        {measure: percentile[row] for measure, row in rows.items()},
        {measure: share[row] for measure, row in rows.items()},
        {measure: present[row] for measure, row in rows.items()},
        {measure: old[row] for measure, row in rows.items()},
    )


def laid_out(codes: pd.Index, profile: pd.DataFrame, columns: Iterable[str]) -> tuple[list[str], dict[str, npt.NDArray[Any]]]:
    """Columns of a tidy table as measures x wards, NaN where a ward has no row; rows of other wards are left out."""
    where = codes.get_indexer(pd.Index(profile["area_code"]))
    which, names = pd.factorize(profile["measure"], sort=True)
    result = {}
    for column in columns:
        values = np.full((len(names), len(codes)), np.nan, dtype=object)
        if column in profile:
            values[which[where >= 0], where[where >= 0]] = profile[column].to_numpy(dtype=object)[where >= 0]
        result[column] = values
    return [str(name) for name in names], result


def measure_strength(use_id: str, held: Figures, thresholds: Mapping[str, Threshold]) -> Steps:
    """Strength of one measure in every ward; unknown everywhere when there is no figure or no threshold."""
    if use_id not in held.n or use_id not in thresholds:
        return np.full(len(held.codes), UNKNOWN, dtype=np.int8)
    threshold = thresholds[use_id]
    return strength(held.n[use_id], held.percentile[use_id], threshold.low, threshold.high, judgement.strength_tests()[threshold.test])


def use_strengths(indicator: Indicator, held: Figures, thresholds: Mapping[str, Threshold]) -> list[Steps]:
    """Strength of each measure that can answer an indicator, after its own steps and ceiling."""
    result = []
    for use in indicator.measures:
        steps = steps_down(measure_strength(use.id, held, thresholds), use.steps_down)
        result.append(np.minimum(steps, LEVEL[use.at_most]).astype(np.int8))
    return result


def many_students(indicator: Indicator, held: Figures) -> Steps:
    """Guard G5: 1 where students are a quarter or more of adults, 0 where not, -1 where not known."""
    share = held.share.get(indicator.fewer_steps_where)
    if share is None:
        return np.full(len(held.codes), UNKNOWN, dtype=np.int8)
    limit = judgement.guards()["G5"].values["share_of_adults"]
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(share), UNKNOWN, share >= limit).astype(np.int8)


def indicator_strength(indicator: Indicator, held: Figures, thresholds: Mapping[str, Threshold]) -> Steps:
    """Strength of an indicator in every ward, students (G5) allowed for."""
    parts = use_strengths(indicator, held, thresholds)
    if indicator.combine == "max":
        result = highest(parts)
    else:
        result = parts[-1]
        for part in reversed(parts[:-1]):
            result = np.where(part == UNKNOWN, result, part).astype(np.int8)
    if indicator.fewer_steps_where:
        result = steps_down(result, np.maximum(many_students(indicator, held), 0).astype(np.int8))
    return result
