"""How well two orders of the same areas agree, over all, inside councils and at the top, and how far that may be chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.judgement.validity import ValidityRules

Array = NDArray[np.float64]


def spearman(one: Array, other: Array, weights: Array | None = None) -> Array:
    """Rank correlation of one column with each of some others: the ordinary correlation of the ranks, ties at their middle.

    Parameters
    ----------
    one
        ``(n,)``.
    other
        ``(n, k)``; no gaps.
    weights
        ``(n, b)`` how many times each row counts in each of ``b`` resamples; once, when None.

    Returns
    -------
    ``(k,)``, or ``(b, k)`` with weights. Missing where a column is the same everywhere.
    """
    times = np.ones((len(one), 1)) if weights is None else weights
    first = _standard(_middle_ranks(one, times), times)
    found = np.empty((times.shape[1], other.shape[1]))
    for k in range(other.shape[1]):
        found[:, k] = (times * first * _standard(_middle_ranks(other[:, k], times), times)).sum(axis=0)
    return found[0] if weights is None else found


def _middle_ranks(values: Array, times: Array) -> Array:
    order = np.argsort(values, kind="stable")
    start = np.flatnonzero(np.r_[True, np.diff(values[order]) > 0])
    sums = np.add.reduceat(times[order], start, axis=0)
    middle = np.cumsum(sums, axis=0) - (sums - 1) / 2
    ranks = np.empty_like(times)
    ranks[order] = np.repeat(middle, np.diff(np.r_[start, len(values)]), axis=0)
    return ranks


def _standard(ranks: Array, times: Array) -> Array:
    """Ranks less their mean, over the root of their sum of squares; missing where they are all the same."""
    centred = ranks - (times * ranks).sum(axis=0) / times.sum(axis=0)
    size = np.sqrt((times * centred**2).sum(axis=0))
    result: Array = centred / np.where(size > 1e-9, size, np.nan)
    return result


def inside(groups: pd.Series, one: pd.Series, other: pd.DataFrame, least: int) -> pd.DataFrame:
    """Rank correlation inside each council that has at least ``least`` areas: council x column."""
    sizes = groups.map(groups.value_counts())
    members = groups[sizes >= least]
    rows = {
        str(council): spearman(one.loc[index].to_numpy(float), other.loc[index].to_numpy(float))
        for council, index in members.groupby(members).groups.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(other.columns), dtype=float)


def share_found(one: Array, other: Array, share: float) -> Array:
    """Of the areas in the top ``share`` of one column, how many are in the top ``share`` of each other: ``(k,)``."""
    top = one >= np.quantile(one, 1 - share)
    theirs = other >= np.quantile(other, 1 - share, axis=0)
    result: Array = theirs[top].mean(axis=0)
    return result


def agreement(areas: pd.DataFrame, scores: pd.DataFrame, rules: ValidityRules) -> pd.DataFrame:
    """How well some scores agree with the yardstick on the same areas.

    Parameters
    ----------
    areas
        ``council_code, paper_share``.
    scores
        On the same index, a column a score; higher = more at risk.

    Returns
    -------
    By score: ``spearman, within_councils, councils_within, found``.
    """
    paper, all_scores = areas["paper_share"].to_numpy(float), scores.to_numpy(float)
    councils = inside(areas["council_code"], areas["paper_share"], scores, rules.least_in_council)
    return pd.DataFrame(
        {
            "spearman": spearman(paper, all_scores),
            "within_councils": councils.median() if len(councils) else np.nan,
            "councils_within": len(councils),
            "found": share_found(paper, all_scores, rules.most_affected),
        },
        index=scores.columns,
    )


def resampled(areas: pd.DataFrame, scores: pd.DataFrame, rules: ValidityRules) -> Array:
    """Agreement in resamples of whole councils, ``(resamples, scores)``: neighbours are alike, so areas are not drawn singly.

    The same draws serve every score, so that differences between two of them can be taken.
    """
    council, _ = pd.factorize(areas["council_code"], sort=True)
    many = int(council.max()) + 1
    drawn = np.random.default_rng(rules.seed).multinomial(many, np.full(many, 1 / many), size=rules.resamples).T
    paper, all_scores = areas["paper_share"].to_numpy(float), scores.to_numpy(float)
    # In slices, since a small area x resample matrix is large.
    parts = [spearman(paper, all_scores, drawn[council, s : s + 50].astype(float)) for s in range(0, rules.resamples, 50)]
    return np.concatenate(parts)
