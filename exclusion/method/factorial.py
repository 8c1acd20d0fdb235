"""Every combination of method choices at once: where a ward stands in its nation under each of up to 96 methods.

Scale (6) x mean (2) x weights (4) x geography (2). Sets of weights that come to the same for a nation's domains
count once, so that a nation without connectivity has fewer ways. A ward's place under a method is the share of the
nation's (drawn) wards that score lower, so that places of different methods can be compared; it is for
working with and is never shown. Each method's fifths are cut once, from draws of every ward of the
nation, so a council alone stands where it stands in the national run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.judgement.uncertainty import UncertaintyRules, WeightSet
from exclusion.method.normalise import exponential_of_share
from exclusion.method.treatment import MOST, Treatment, treat_column
from exclusion.risk import percentile, quantiles

Array = NDArray[np.float64]
Single = NDArray[np.float32]
SCALES = ("percentile", "exponential", "z_score", "z_score_treated", "min_max", "min_max_treated")
MEANS = ("arithmetic", "geometric")
GEOGRAPHIES = ("weighted", "best_fit")
AXES = ("scale", "mean", "weights", "geography", "data")
BINS = 8192
"""Steps of the table from a score to its place; one step is a few wards in a hundred thousand."""


def weight_sets(weights: Mapping[str, float], sets: Sequence[WeightSet], place_domains: Sequence[str]) -> Array:
    """set x domain, each adding up to 1.

    Parameters
    ----------
    weights
        Domain weights in use, in any scale.
    sets
        Which sets to make of them: people domains as in use or all the same, and what share the
        domains about the place have. A nation without such a domain keeps its people domains.
    """
    names = list(weights)
    given = np.array([float(weights[name]) for name in names])
    given = given / given.sum()
    place = np.array([name in place_domains for name in names])
    out = np.empty((len(sets), len(names)))
    for at, one in enumerate(sets):
        people = np.where(place, 0.0, given)
        if one.people == "equal" or people.sum() == 0:
            people = np.where(place, 0.0, 1.0)
        there = np.where(place, given, 0.0)
        share = float(there.sum()) if one.place is None else one.place
        if place.any() and there.sum() == 0:
            there = place.astype(float)
        if not place.any() or not (~place).any():
            share = float(place.any())
        spread = there / there.sum() if there.sum() > 0 else there
        row = (1 - share) * (people / people.sum() if people.sum() > 0 else people) + share * spread
        out[at] = row / row.sum()
    return out


def first_same(sets: Array) -> list[int]:
    """For each set of weights (set x domain) the first that comes to the same, itself included.

    A nation without connectivity has the weights in use three times: counted three times they would
    pass for three ways of scoring that agree.
    """
    alike = [[np.allclose(one, earlier, rtol=0, atol=1e-6) for earlier in sets] for one in sets]
    return [row.index(True) for row in alike]


@dataclass(frozen=True)
class Scale:
    """One way to put each domain on 1 to 100, frozen on the nation's published figures."""

    name: str
    treatments: tuple[Treatment, ...]
    distributions: tuple[Array, ...]
    centre: Array
    spread: Array
    low: float
    high: float

    def apply(self, values: Array, domain: int) -> Array:
        """Values of one domain on 1 to 100; beyond the nation's own ends they are the ends."""
        if self.name in ("percentile", "exponential"):
            place = percentile(values, self.distributions[domain]) / 100
            score = exponential_of_share(place) / 100 if self.name == "exponential" else place
        else:
            moved = self.treatments[domain].apply(values)
            score = ((moved - self.centre[domain]) / self.spread[domain] - self.low) / (self.high - self.low)
        scaled: Array = 1 + 99 * np.clip(score, 0.0, 1.0)
        return scaled


def scales(national: Array, winsorise_share: float) -> tuple[Scale, ...]:
    """The six scales of one geography, from ward x domain figures of a nation (missing as NaN).

    One stretch to 1-100 serves all domains of a scale: it changes no order under an arithmetic
    mean, lets a geometric mean be taken, and keeps what tells a z-score from min-max.
    """
    columns = [column[~np.isnan(column)] for column in national.T]
    count = len(columns)
    plain = tuple(Treatment("none", float(c.min()), float(c.max())) for c in columns)
    most = max(MOST, int(winsorise_share * len(national)))
    treated = tuple(treat_column(c, most)[1] for c in columns)
    distributions = tuple(_quantiles(c) for c in columns)
    found = []
    for name in SCALES:
        treatments = treated if name.endswith("_treated") else plain
        moved = [treatment.apply(column) for treatment, column in zip(treatments, columns, strict=True)]
        if name.startswith("z_score"):
            centre, spread = np.array([m.mean() for m in moved]), np.array([m.std(ddof=1) for m in moved])
            z = [(m - a) / b for m, a, b in zip(moved, centre, spread, strict=True)]
            low, high = min(float(v.min()) for v in z), max(float(v.max()) for v in z)
        else:
            centre, spread = np.array([m.min() for m in moved]), np.array([m.max() - m.min() for m in moved])
            low, high = 0.0, 1.0
        found.append(Scale(name, treatments, distributions, centre.reshape(count), spread.reshape(count), low, high))
    return tuple(found)


def _quantiles(values: Array) -> Array:
    return quantiles(pd.Series(values))


@dataclass(frozen=True)
class Frame:
    """A nation frozen for comparison: its scales by geography, and draws of all its wards on them."""

    scales: tuple[tuple[Scale, ...], ...]
    """geography x scale."""
    drawn: tuple[Single, ...]
    """By geography scale x domain x (ward and draw): the nation's draws on each scale, the draws of a ward together."""
    per_ward: int
    """How many draws of each ward."""

    @cached_property
    def logs(self) -> tuple[Single, ...]:
        """Their logarithms, for the geometric mean."""
        return tuple(np.log(one) for one in self.drawn)


def frame(national: Sequence[Array], drawn: Sequence[Array], rules: UncertaintyRules) -> Frame:
    """Freeze a nation.

    Parameters
    ----------
    national
        For each geography ward x domain, as published.
    drawn
        For each geography domain x (ward and draw), without gaps.
    """
    made = tuple(scales(values, rules.winsorise_share) for values in national)
    out = []
    for of_geography, of_wards in zip(made, drawn, strict=True):
        on_scales = np.empty((len(SCALES), *of_wards.shape), dtype=np.float32)
        for s, scale in enumerate(of_geography):
            for d in range(len(of_wards)):
                on_scales[s, d] = scale.apply(of_wards[d], d)
        out.append(on_scales)
    return Frame(made, tuple(out), rules.reference_draws)


@dataclass(frozen=True)
class Places:
    """From a score to a place, for every method under one set of weights."""

    low: Single
    step: Single
    table: Single
    """method x bin: share of the nation's draws below the bin, in hundredths."""
    sway: Single
    """method x bin: how far that share moves when the other wards' figures are drawn again (standard deviation)."""
    weights: Single
    """set x domain."""


def mix(parts: Sequence[Single], weights: Single) -> Single:
    """Weighted sum, term by term in a fixed order, so that a ward's result never depends on who is beside it."""
    total: Single = parts[0] * weights[0]
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        total += part * weight
    return total


def places(frozen: Frame, weights: Array) -> Places:
    """The tables of every method: shape scale x mean x set of weights x geography, flattened in that order.

    Parameters
    ----------
    weights
        set x domain, each adding up to 1.
    """
    single = weights.astype(np.float32)
    shape = (len(SCALES), len(MEANS), len(weights), len(frozen.scales))
    low, step = np.empty(shape, np.float32), np.empty(shape, np.float32)
    table, sway = np.empty((*shape, BINS), np.float32), np.empty((*shape, BINS), np.float32)
    for s in range(shape[0]):
        for g in range(shape[3]):
            for m, source in enumerate((frozen.drawn, frozen.logs)):
                for w in range(shape[2]):
                    at = (s, m, w, g)
                    score = mix(list(source[g][s]), single[w])
                    low[at], step[at], bins = _bins(score)
                    table[at], sway[at] = _shares_below(bins), _sway(bins.reshape(-1, frozen.per_ward))
    return Places(low, step, table, sway, single)


def _bins(score: Single) -> tuple[np.float32, np.float32, NDArray[np.int32]]:
    """The lowest score, steps per unit of score, and the step each score falls in."""
    low, high = score.min(), score.max()
    step = np.float32((BINS - 1) / (high - low)) if high > low else np.float32(0)
    return low, step, ((score - low) * step).astype(np.int32)


def _shares_below(bins: NDArray[np.int32]) -> Single:
    """Share of scores below each step, in hundredths; of those in the step itself, half."""
    counts = np.bincount(bins, minlength=BINS)
    result: Single = ((np.cumsum(counts) - counts / 2) / len(bins) * 100).astype(np.float32)
    return result


def _sway(bins: NDArray[np.int32]) -> Single:
    """How far the share below each step moves from draw to draw, from ward x draw steps.

    A ward that is now above and now below a step with chance p adds p (1 - p) to the variance of
    the count below it, and two draws of it fall on either side with chance 2 p (1 - p).
    """
    wards, draws = bins.shape
    crossings = np.zeros(BINS + 1)
    for first in range(0, draws - 1, 2):
        pair = np.sort(bins[:, first : first + 2], axis=1)
        crossings += np.bincount(pair[:, 0], minlength=BINS + 1) - np.bincount(pair[:, 1], minlength=BINS + 1)
    either_side = np.cumsum(crossings)[:BINS] / max(draws // 2, 1)
    result: Single = (np.sqrt(np.maximum(either_side, 0) / 2) / wards * 100).astype(np.float32)
    return result


def cube(frozen: Frame, tables: Places, draws: Sequence[Array], others: Array) -> Single:
    """Places of some wards under every method and draw.

    Parameters
    ----------
    draws
        For each geography domain x ward x draw.
    others
        ward x draw: how the other wards of the nation happen to fall, in standard deviations. A ward
        whose own figures are sure still changes places with wards whose figures are not.

    Returns
    -------
    array, ward x scale x mean x weights x geography x draw
        0 to 100, higher = more affected.
    """
    domains, wards, count = draws[0].shape
    sets = len(tables.weights)
    swing = others.astype(np.float32)
    out = np.empty((wards, len(SCALES), len(MEANS), sets, len(draws), count), np.float32)
    for g, of_geography in enumerate(frozen.scales):
        for s, scale in enumerate(of_geography):
            on_scale = [scale.apply(draws[g][d], d).astype(np.float32) for d in range(domains)]
            for m in range(len(MEANS)):
                parts = on_scale if m == 0 else [np.log(part) for part in on_scale]
                for w in range(sets):
                    score = mix(parts, tables.weights[w])
                    score -= tables.low[s, m, w, g]
                    score *= tables.step[s, m, w, g]
                    at = np.clip(score, 0, BINS - 1).astype(np.int32)
                    out[:, s, m, w, g] = tables.table[s, m, w, g][at] + tables.sway[s, m, w, g][at] * swing
    np.clip(out, 0, 100, out=out)
    return out
