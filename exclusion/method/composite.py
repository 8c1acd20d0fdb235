"""Scores of indicators -> domains -> an index: any hierarchy, three kinds of mean, gaps never read as zero.

Pure functions over unit x indicator tables. The conventions are those of COINr: weights are
normalised once, over what a unit has; a result is missing when the share that is there falls short
of a threshold (equal passes); a geometric mean refuses zero and below, a harmonic mean zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.contracts import DataRefused, Problem

Array = NDArray[np.float64]
MEANS = ("arithmetic", "geometric", "harmonic")


@dataclass(frozen=True)
class Node:
    """One item of the hierarchy: an indicator, a domain, or the index itself."""

    id: str
    parent: str
    """The domain it belongs to; blank for the index."""
    weight: float = 1.0
    """Against the other items of the same parent, in any scale."""
    mean: str = "arithmetic"
    """How its own items are put together (not used for an indicator)."""
    least: float = 0.0
    """Share of its items a unit must have; equal passes."""


def weighted_mean(table: pd.DataFrame, weights: Mapping[str, float], mean: str = "arithmetic", least: float = 0.0) -> pd.Series:
    """One mean of the columns for each unit.

    Parameters
    ----------
    table
        unit x item, scores on one scale, missing as NaN.
    weights
        By column, in any scale; normalised over the items each unit has.
    mean
        ``arithmetic`` (the parts add up), ``geometric`` or ``harmonic`` (a low score cannot be
        made good so easily).
    least
        Share of the items (by number) a unit must have; equal passes. A unit with none, or with
        items of no weight only, has no result.

    Raises
    ------
    DataRefused
        For a mean we do not know; weights below zero, missing or all zero; zero or negative
        scores under a geometric mean, zero under a harmonic one. Every problem at once.
    """
    problems = list(_weight_problems(table, weights, mean))
    if problems:
        raise DataRefused(problems)
    values = table.to_numpy(float)
    known = ~np.isnan(values)
    problems = list(_value_problems(table, values, mean))
    if problems:
        raise DataRefused(problems)
    raw = np.array([float(weights[name]) for name in table.columns])
    share = np.where(known, raw / raw.sum(), 0.0)
    total = share.sum(axis=1)
    filled = np.where(known, values, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if mean == "arithmetic":
            result = (share * filled).sum(axis=1) / total
        elif mean == "geometric":
            result = np.exp((share * np.log(filled)).sum(axis=1) / total)
        else:
            result = total / (share / filled).sum(axis=1)
    enough = (known.mean(axis=1) >= least - 1e-12) & (total > 0)
    return pd.Series(np.where(enough, result, np.nan), index=table.index)


def _weight_problems(table: pd.DataFrame, weights: Mapping[str, float], mean: str) -> list[Problem]:
    problems = []
    if mean not in MEANS:
        problems.append(Problem("aggregate", "is not a mean we know", mean, f"Use one of: {', '.join(MEANS)}."))
    for name in table.columns:
        if name not in weights:
            problems.append(Problem("weights", "has no weight", str(name), "Give it one."))
        elif not (np.isfinite(weights[name]) and weights[name] >= 0):
            problems.append(Problem("weights", f"'{name}' must be a number, 0 or more", str(weights[name]), "Mend the weight."))
    if not problems and not sum(weights[name] for name in table.columns) > 0:
        shown = ", ".join(map(str, table.columns))
        problems.append(Problem("weights", "are all zero", shown, "Give at least one of them a weight above 0."))
    return problems


def _value_problems(table: pd.DataFrame, values: Array, mean: str) -> list[Problem]:
    wrong = values <= 0 if mean == "geometric" else values == 0 if mean == "harmonic" else np.zeros(values.shape, dtype=bool)
    return [
        Problem(
            f"'{name}'",
            f"holds {'zero or negative scores' if mean == 'geometric' else 'scores of zero'}, which a {mean} mean cannot take",
            f"{table.index[wrong[:, at]][0]}: {values[wrong[:, at], at][0]:g}",
            "Put the scores on a scale from 1 to 100 first, or use the arithmetic mean.",
        )
        for at, name in enumerate(table.columns)
        if wrong[:, at].any()
    ]


def aggregate(scores: pd.DataFrame, nodes: Sequence[Node]) -> pd.DataFrame:
    """Every level of a hierarchy, from scores of its indicators.

    Parameters
    ----------
    scores
        unit x indicator. A node without items must be a column here.
    nodes
        The whole tree in any order; one node has no parent: the index.

    Returns
    -------
    DataFrame, unit x node
        The indicators as given, then each domain as its items are done, the index last.

    Raises
    ------
    DataRefused
        For a tree that is not one (see :func:`tree_problems`), and as :func:`weighted_mean`.
    """
    problems = tree_problems(nodes)
    items = {node.id: [n for n in nodes if n.parent == node.id] for node in nodes}
    problems += [
        Problem("method", "is an indicator without scores", node.id, "Supply its scores or leave it out.")
        for node in nodes
        if not items[node.id] and node.id not in scores.columns
    ]
    if problems:
        raise DataRefused(problems)
    done = {node.id: scores[node.id].astype(float) for node in nodes if not items[node.id]}
    waiting = [node for node in nodes if items[node.id]]
    while waiting:
        ready = [node for node in waiting if all(item.id in done for item in items[node.id])]
        for node in ready:
            parts = pd.DataFrame({item.id: done[item.id] for item in items[node.id]}, index=scores.index)
            done[node.id] = weighted_mean(parts, {item.id: item.weight for item in items[node.id]}, node.mean, node.least)
        waiting = [node for node in waiting if node.id not in done]
    top = next(node.id for node in nodes if not node.parent)
    order = [name for name in done if name != top] + [top]
    return pd.DataFrame({name: done[name] for name in order}, index=scores.index)


def tree_problems(nodes: Sequence[Node]) -> list[Problem]:
    """What keeps the nodes from being one tree: repeated, without a parent that is there, going round, or several tops."""
    problems = []
    ids = [node.id for node in nodes]
    problems += [Problem("method", "is there twice", name, "Keep one of them.") for name in dict.fromkeys(ids) if ids.count(name) > 1]
    parent = {node.id: node.parent for node in nodes}
    for node in nodes:
        if node.parent and node.parent not in parent:
            problems.append(
                Problem(f"'{node.id}'", "belongs to a domain that is not there", node.parent, "Add the domain or mend the name.")
            )
    problems += [
        Problem("method", "goes round in a circle", " -> ".join([*ring, ring[0]]), "Let one of them belong to the index.")
        for ring in rings(parent)
    ]
    tops = [node.id for node in nodes if not node.parent]
    if len(tops) != 1:
        problems.append(
            Problem("method", "must have one index at the top", ", ".join(tops) or "none", "Leave the parent of one node blank.")
        )
    return problems


def rings(parent: Mapping[str, str]) -> list[list[str]]:
    """Every circle in a parent map, each once, from its first name in the alphabet."""
    found: list[list[str]] = []
    for start in parent:
        path = [start]
        while (up := parent.get(path[-1], "")) and up not in path:
            path.append(up)
        if up:
            ring = path[path.index(up) :]
            first = ring.index(min(ring))
            ring = ring[first:] + ring[:first]
            if ring not in found:
                found.append(ring)
    return found


def effective_weights(nodes: Sequence[Node]) -> dict[str, float]:
    """What each indicator weighs in the index when nothing is missing; they add up to 1 (arithmetic means)."""
    by_id = {node.id: node for node in nodes}
    beside = {node.id: sum(n.weight for n in nodes if n.parent == node.parent) for node in nodes}
    result = {}
    for node in nodes:
        if any(n.parent == node.id for n in nodes):
            continue
        share, at = 1.0, node
        while at.parent:
            share *= at.weight / beside[at.id]
            at = by_id[at.parent]
        result[node.id] = share
    return result


def ranks(index: pd.Series) -> pd.Series:
    """Place from the highest score (1) down, for working with only: rounded to 9 decimals first, so that ties are ties."""
    return index.round(9).rank(method="min", ascending=False)


def fifths(index: Array, cuts: Array) -> Array:
    """Band 1 (lowest) to 5 (highest) of scores, by the four cuts between fifths; missing stays missing."""
    band = np.searchsorted(cuts.round(9), index.round(9), side="right") + 1.0
    return np.where(np.isnan(index), np.nan, band)
