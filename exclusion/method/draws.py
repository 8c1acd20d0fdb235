"""Drawn figures: what each ward's figures might truly be, given what was published and how far it may be off.

A draw is of the truth given the figure, so a figure that is unsure is pulled a little towards its
nation before its error is drawn; otherwise the doubtful wards would fill both ends of every list.
Every ward has its own stream of random numbers, made from the seed and its code, so a council alone
gives the same draws as the nation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.judgement.score import Domain
from exclusion.judgement.uncertainty import UncertaintyRules

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """One nation's figures and how far each may be off; all tables are ward x measure, in the same order."""

    values: pd.DataFrame
    """As published: rates, or a standardised score."""
    own: pd.DataFrame
    """Standard deviation of each figure's own error, in its own units."""
    fit: pd.Series
    """By ward: standard deviation of the error of fit, in units of the spread between wards."""
    below: pd.DataFrame
    above: pd.DataFrame
    """How far a figure with withheld cells may lie below and above; zero where nothing was withheld."""
    bounded: Mapping[str, bool]
    """By measure: whether it is a share, which cannot leave 0 to 1."""

    @property
    def mean(self) -> Array:
        """National mean of each measure over wards."""
        return np.asarray(self.values.mean(), dtype=np.float64)

    @property
    def spread(self) -> Array:
        """National standard deviation of each measure over wards."""
        return np.asarray(self.values.std(ddof=0), dtype=np.float64)

    @property
    def covariance(self) -> Array:
        """National covariance of the measures."""
        return np.atleast_2d(np.cov(self.values.dropna().to_numpy(float), rowvar=False, ddof=0))


def own_errors(of: pd.DataFrame, values: pd.DataFrame, rules: UncertaintyRules) -> pd.DataFrame:
    """Standard deviation of each figure's own error: perturbed and rounded cells add up over the small areas of a ward.

    Parameters
    ----------
    of
        ward x measure, denominators; blank for a measure that is not a count.
    values
        ward x measure.
    """
    columns = {}
    by_measure = {error.measure: error for error in rules.error}
    for measure in values.columns:
        error = by_measure.get(measure)
        size = of[measure] if measure in of else pd.Series(np.nan, values.index)
        areas = (size / rules.small_area_people).clip(lower=1)
        variance = pd.Series(0.0, values.index)
        if error is not None:
            counted = error.cells * error.cell_sd**2 + error.rounded_to**2 / 12
            if counted:
                variance = variance + counted * areas / size**2
            if error.share_rounded_to:
                variance = variance + error.share_rounded_to**2 / 12 / areas
            variance = variance + (error.spread_sd * values[measure].std(ddof=0)) ** 2
        columns[measure] = variance.pow(0.5).where(values[measure].notna())
    return pd.DataFrame(columns, index=values.index)


def stream(seed: int, code: str, purpose: int = 0) -> np.random.Generator:
    """A ward's own stream of random numbers."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, purpose, int.from_bytes(code.encode(), "big")])))


def measure_draws(figures: Figures, codes: Sequence[str], seed: int, count: int) -> Array:
    """Draws of every measure for some wards.

    Returns
    -------
    array, ward x draw x measure
        The first draws are the same however many are asked for.
    """
    mean, spread = figures.mean, figures.spread
    size = len(mean)
    correlation = figures.covariance / np.outer(spread, spread)
    # A hair on the diagonal: measures that add up to a third have no inverse otherwise.
    root = np.linalg.cholesky(correlation * (1 - 1e-9) + np.eye(size) * 1e-9)
    rows = figures.values.index.get_indexer(pd.Index(codes))
    values, own = figures.values.to_numpy(float)[rows], figures.own.to_numpy(float)[rows]
    fit = figures.fit.to_numpy(float)[rows][:, None] * spread
    below, above = figures.below.to_numpy(float)[rows], figures.above.to_numpy(float)[rows]
    # Reliability: the share of the variance between figures that is variance between truths.
    trust = np.clip(1 - (own**2 + fit**2) / spread**2, 0.0, 1.0)
    centre = mean + trust * (values - mean)
    own, fit = own * np.sqrt(trust), fit * np.sqrt(trust)
    out = np.empty((len(codes), count, size))
    for at, code in enumerate(codes):
        noise = stream(seed, code).standard_normal((count, 2, size))
        out[at] = centre[at] + noise[:, 0] * own[at] + (noise[:, 1] @ root.T) * fit[at]
        if (below[at] > 0).any() or (above[at] > 0).any():
            out[at] += stream(seed, code, 1).uniform(-1, 1, (count, size)) * (below[at] + above[at]) / 2 + (above[at] - below[at]) / 2
    bounded = [figures.bounded[measure] for measure in figures.values.columns]
    out[:, :, bounded] = np.clip(out[:, :, bounded], 0.0, 1.0)
    return out


def coefficient_draws(measures: Sequence[str], domains: Sequence[Domain], rules: UncertaintyRules, seed: int, count: int) -> Array:
    """Draws of every domain's coefficients: domain x draw x measure, zero for a measure that is not in it.

    The same for every ward: when the survey was off, it was off for all of them together.
    """
    se = {rate.measure: rate.se for rate in rules.rate}
    noise = stream(seed, "rates", 2).standard_normal((count, len(measures)))
    out = np.zeros((len(domains), count, len(measures)))
    for at, domain in enumerate(domains):
        for indicator in domain.indicator:
            column = list(measures).index(indicator.measure)
            several = len(domain.indicator) > 1  # a single coefficient cancels out: it moves every ward alike
            error = se.get(indicator.measure, 0.0) if several else 0.0
            out[at, :, column] = np.maximum(indicator.coefficient + error * noise[:, column], 0.05 * indicator.coefficient)
    return out


def domain_draws(draws: Array, coefficients: Array, figures: Figures, plain: Array) -> Array:
    """Domain indicators from drawn measures: domain x ward x draw.

    Parameters
    ----------
    draws
        ward x draw x measure.
    coefficients
        domain x draw x measure.
    plain
        domain x measure: the coefficients as stated.

    Coefficients that are all a little higher move every ward up and none against another, so each
    draw is put back on the nation's mean and spread under the stated ones.
    """
    mean, covariance = figures.mean, figures.covariance
    used: NDArray[np.bool_] = np.asarray((coefficients != 0).any(axis=1))
    out = np.empty((len(coefficients), *draws.shape[:2]))
    for at in range(len(coefficients)):
        columns = np.flatnonzero(used[at])
        weights, stated = coefficients[at][:, columns], plain[at][columns]
        part = covariance[np.ix_(columns, columns)]
        value = sum(draws[:, :, column] * weights[:, k] for k, column in enumerate(columns))
        centre = weights @ mean[columns]
        spread = np.sqrt(np.einsum("dk,kl,dl->d", weights, part, weights))
        before = np.sqrt(stated @ part @ stated)
        scale = np.divide(before, spread, out=np.ones_like(spread), where=spread > 0)
        out[at] = (value - centre) * scale + stated @ mean[columns]
    return out
