"""One nation through every method and draw: made ready once, then run for any of its wards.

Tables in, tables out: nothing here knows of a release, so that it can be tried on figures whose
truth is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import risk
from exclusion.judgement.score import Domain
from exclusion.judgement.uncertainty import UncertaintyRules, uncertainty_rules
from exclusion.method import draws as drawing
from exclusion.method import factorial, variance
from exclusion.method.draws import Figures
from exclusion.method.factorial import Frame
from exclusion.method.treatment import require_spread

Array = NDArray[np.float64]
CHUNK = 48
"""Wards worked on at once: a full table of one ward is 48,000 results."""
EDGES = (20.0, 40.0, 60.0, 80.0)
GROUPS: dict[str, tuple[int, ...]] = {"method": (1, 2), "weights": (3,), "geography": (4,), "data": (5,), "scale": (1,), "mean": (2,)}
DRIVERS = ("method", "data", "weights", "geography")
"""The choices of which one drives a band (:func:`exclusion.method.variance.most`)."""


@dataclass(frozen=True)
class Nation:
    """One nation made ready: figures, domains, both geographies, and the frozen frame. Weights play no part in it."""

    domains: tuple[Domain, ...]
    figures: Figures
    plain: pd.DataFrame
    """ward x domain, as scored."""
    shift: pd.DataFrame
    """ward x domain: best fit less ours; zero where best fit has no figure."""
    tested: pd.Series
    """Whether best fit has a figure for the ward."""
    coefficients: Array
    stated: Array
    frame: Frame
    standing: Array
    """ward x domain: frozen percentile of the figures as published."""
    rules: UncertaintyRules
    seed: int

    def draws(self, codes: Sequence[str], count: int) -> tuple[Array, Array]:
        """Domain indicators under both geographies: each domain x ward x draw."""
        drawn = drawing.measure_draws(self.figures, codes, self.seed, count)
        weighted = drawing.domain_draws(drawn, self.coefficients[:, :count], self.figures, self.stated)
        return weighted, weighted + self.shift.loc[list(codes)].to_numpy(float).T[:, :, None]

    def others(self, codes: Sequence[str], count: int) -> Array:
        """How the other wards happen to fall, in standard deviations: ward x draw."""
        return np.stack([drawing.stream(self.seed, code, 4).standard_normal(count) for code in codes])


def prepare(
    figures: Figures,
    domains: Sequence[Domain],
    best_fit: pd.DataFrame | None = None,
    rules: UncertaintyRules | None = None,
    *,
    seed: int | None = None,
    draws: int | None = None,
) -> Nation:
    """Freeze a nation from its figures; no release needed.

    Parameters
    ----------
    figures
        Every ward of the nation. Wards that lack a measure are left out.
    domains
        Of the nation's method; each a weighted sum of measures.
    best_fit
        ward x domain under the other geography, or None when it is not held.

    Raises
    ------
    DataRefused
        Naming measures that are the same in every ward, or have fewer than 4 figures.
    """
    rules = rules or uncertainty_rules()
    seed = rules.seed if seed is None else seed
    count = rules.draws if draws is None else draws
    whole = figures.values.notna().all(axis=1)
    kept = Figures(
        figures.values[whole], figures.own[whole], figures.fit[whole], figures.below[whole], figures.above[whole], figures.bounded
    )
    require_spread(kept.values, least=4)
    measures = list(kept.values.columns)
    stated = np.zeros((len(domains), len(measures)))
    for at, domain in enumerate(domains):
        for indicator in domain.indicator:
            stated[at, measures.index(indicator.measure)] = indicator.coefficient
    plain = risk.domain_values(kept.values, domains)
    other = plain * np.nan if best_fit is None else best_fit.reindex(index=plain.index, columns=plain.columns)
    tested = other.notna().all(axis=1)
    shift = (other - plain).where(tested, 0.0)
    many = max(count, rules.reference_draws)
    coefficients = drawing.coefficient_draws(measures, domains, rules, seed, many)
    drawn = drawing.measure_draws(kept, list(plain.index), seed, rules.reference_draws)
    ours = drawing.domain_draws(drawn, coefficients[:, : rules.reference_draws], kept, stated)
    theirs = ours + shift.to_numpy(float).T[:, :, None]
    held = tested.to_numpy() if tested.any() else np.ones(len(plain), dtype=bool)
    size = len(domains)
    frozen = factorial.frame(
        [plain.to_numpy(float), (plain + shift).to_numpy(float)[held]],
        [ours.reshape(size, -1), theirs[:, held].reshape(size, -1)],
        rules,
    )
    standing = np.column_stack([risk.percentile(plain.to_numpy(float)[:, d], frozen.scales[0][0].distributions[d]) for d in range(size)])
    return Nation(tuple(domains), kept, plain, shift, tested, coefficients, stated, frozen, standing, rules, seed)


@dataclass(frozen=True)
class Found:
    """What is found for some wards of one nation, before it is put into words."""

    codes: list[str]
    columns: dict[str, NDArray[np.generic]]
    means: Array
    """ward x method (of the sets of weights that were run): mean place over draws."""
    variance: Array
    first: dict[str, Array]
    total: dict[str, Array]
    tested: NDArray[np.bool_]
    same: list[int]
    """For each set of weights of the judgement file the first that comes to the same here; only those first ones were run."""

    @property
    def sets(self) -> list[int]:
        """The sets of weights that were run."""
        return sorted(set(self.same))


def run(
    nation: Nation,
    codes: Sequence[str],
    weights: Mapping[str, float],
    *,
    draws: int | None = None,
    weight_draws: int | None = None,
    progress: Callable[[float], None] | None = None,
    workers: int = 2,
) -> Found:
    """Every method and draw for some wards of a nation that was made ready."""
    rules = nation.rules
    count = rules.draws if draws is None else draws
    sets = factorial.weight_sets({d.id: weights[d.id] for d in nation.domains}, rules.weights, rules.place_domains)
    same = factorial.first_same(sets)
    tables = factorial.places(nation.frame, sets[sorted(set(same))])
    pieces = [list(codes[at : at + CHUNK]) for at in range(0, len(codes), CHUNK)]
    parts: list[dict[str, Array]] = []

    def piece(chosen: list[str]) -> dict[str, Array]:
        return _piece(factorial.cube(nation.frame, tables, nation.draws(chosen, count), nation.others(chosen, count)), rules)

    for part in _in_order(pieces, piece, workers):
        parts.append(part)
        if progress:
            progress(len(parts) / len(pieces))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    drawn = _weight_draws(nation, codes, sets[0], rules.weight_draws if weight_draws is None else weight_draws)
    by_group = {name: (joined.pop(f"first/{name}"), joined.pop(f"total/{name}")) for name in GROUPS}
    spread = joined.pop("variance")
    means = joined.pop("means")
    tested = nation.tested.reindex(list(codes)).to_numpy(dtype=bool)
    # Without a best-fit figure of its own a ward still shifts a little as others do; that is not its geography.
    first, total = by_group["geography"]
    by_group["geography"] = (np.where(tested, first, 0.0), np.where(tested, total, 0.0))
    # From the full table alone: drawn weights have a range of bands of their own, and no share in it.
    driver = variance.most({name: by_group[name][1] for name in DRIVERS})
    return Found(
        list(codes),
        {**joined, **drawn, "driver": driver, "geography_tested": tested},
        means,
        spread,
        {name: first for name, (first, _) in by_group.items()},
        {name: total for name, (_, total) in by_group.items()},
        tested,
        same,
    )


def _in_order(pieces: Sequence[list[str]], function: Callable[[list[str]], dict[str, Array]], workers: int) -> Iterator[dict[str, Array]]:
    """Results in the order of the pieces; numpy leaves the interpreter free, so that threads help."""
    if workers <= 1 or len(pieces) == 1:
        yield from map(function, pieces)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(function, pieces)


def _piece(cube: factorial.Single, rules: UncertaintyRules) -> dict[str, Array]:
    """All results of a few wards, drawn together."""
    flat = cube.reshape(len(cube), -1)
    low, high = _band_interval(flat, rules.interval)
    ours = cube[:, 0, 0, 0, 0]
    data_low, data_high = _band_interval(ours, rules.interval)
    place = np.quantile(ours.astype(np.float64), [*rules.interval, 0.5], axis=1)
    spread, found = variance.parts(cube, GROUPS)
    return {
        "band_low": low,
        "band_high": high,
        "chance": _share_from(flat, EDGES[-1]),
        "data_low": data_low,
        "data_high": data_high,
        "place_low": place[0],
        "place_high": place[1],
        "place_middle": place[2],
        "means": cube.mean(axis=-1, dtype=np.float64).reshape(len(cube), -1),
        "variance": spread,
        **{f"first/{name}": first for name, (first, _) in found.items()},
        **{f"total/{name}": total for name, (_, total) in found.items()},
    }


def _share_from(places: NDArray[np.floating], edge: float) -> Array:
    """Share of each row at or above an edge."""
    counts = np.array([np.count_nonzero(row >= edge) for row in places], dtype=np.float64)
    result: Array = counts / places.shape[1]
    return result


def _band_interval(places: NDArray[np.floating], interval: tuple[float, float]) -> tuple[Array, Array]:
    """Lowest and highest band of a row between two shares of its runs."""
    below = [1 - _share_from(places, edge) for edge in EDGES]  # share of runs in band 1, 1 to 2, ...
    low = 1.0 + sum((share < interval[0]).astype(float) for share in below)
    high = 1.0 + sum((share < interval[1]).astype(float) for share in below)
    return np.asarray(low), np.asarray(high)


def _weight_draws(nation: Nation, codes: Sequence[str], weights: Array, count: int) -> dict[str, Array]:
    """Our method on the figures as published, under drawn weights; and with all weight on one domain."""
    rules = nation.rules
    random = drawing.stream(nation.seed, "weights", 3)
    drawn = np.zeros((count, len(weights)))
    drawn[:, weights > 0] = random.dirichlet(rules.concentration * weights[weights > 0], count)
    rows = nation.plain.index.get_indexer(pd.Index(codes))
    place = _places_of(nation.standing, rows, drawn)
    corner = _places_of(nation.standing, rows, np.eye(len(weights)))
    low, high = _band_interval(place, rules.interval)
    corner_low, corner_high = _band_interval(corner, (1e-12, 1.0))
    return {
        "weights_low": low,
        "weights_high": high,
        "weights_chance": _share_from(place, EDGES[-1]),
        "corner_low": corner_low,
        "corner_high": corner_high,
    }


def _places_of(standing: Array, rows: NDArray[np.intp], weights: Array) -> Array:
    """ward x set of weights: share of the nation's wards that score lower, in hundredths; ties count half."""
    out = np.empty((len(rows), len(weights)))
    for at, one in enumerate(weights):
        score = np.asarray(sum(standing[:, d] * one[d] for d in range(standing.shape[1])))
        ordered = np.sort(score)
        mine = score[rows]
        out[:, at] = (np.searchsorted(ordered, mine, "left") + np.searchsorted(ordered, mine, "right")) / 2 / len(score) * 100
    return out
