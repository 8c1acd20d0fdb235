"""Do the parts belong together? Correlations, alpha, and how much each part moves the index beside its stated weight.

Worked out before asking how sure a score is: an index that hardly moves when choices change may only
be one indicator in several coats. Warnings are for the builder and the auditor, not verdicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from exclusion import risk
from exclusion.contracts import NothingToAssess
from exclusion.judgement.score import method_for
from exclusion.method.composite import Node, aggregate, effective_weights
from exclusion.method.treatment import require_spread
from exclusion.release import Evidence

ALIKE = 0.9
"""Above this rank correlation two indicators say nearly the same."""
AGAINST = -0.3
"""Below this rank correlation two items of one domain cancel each other out in its mean."""
OFF = 2.0
"""Influence this many times above or below the stated weight is worth a warning."""


@dataclass(frozen=True)
class Coherence:
    """What holds the parts of a method together, and what does not."""

    correlations: pd.DataFrame
    """Rank correlation of every indicator, domain and the index with every other; item x item."""
    alpha: pd.DataFrame
    """By domain: ``items, alpha`` (Cronbach; blank for a single item)."""
    influence: pd.DataFrame
    """By indicator: ``weight`` (stated), ``influence`` (share of the index's variance; they add up to 1), ``times`` (influence
    over weight) and ``with_index`` (rank correlation)."""
    alike: pd.DataFrame
    """``one, other, correlation``: pairs of indicators above 0.9."""
    warnings: tuple[str, ...]


def spearman(table: pd.DataFrame) -> pd.DataFrame:
    """Rank correlations between columns: the ordinary correlation of the ranks, ties at their mean rank.

    A pair is compared on the units that have both; blank when there are fewer than 3 of them, or
    when one of the two does not vary.
    """
    names = list(table.columns)
    values = table.to_numpy(float)
    known = ~np.isnan(values)
    out = np.full((len(names), len(names)), np.nan)
    if known.all() and len(table) >= 3:
        ranks = table.rank().to_numpy(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            out = np.atleast_2d(np.corrcoef(ranks, rowvar=False))
    else:
        for a in range(len(names)):
            for b in range(a, len(names)):
                both = known[:, a] & known[:, b]
                if both.sum() >= 3:
                    pair = table.iloc[both][[names[a], names[b]]] if a != b else table.iloc[both][[names[a]]]
                    ranks = pair.rank().to_numpy(float)
                    with np.errstate(invalid="ignore", divide="ignore"):
                        out[a, b] = out[b, a] = np.corrcoef(ranks[:, 0], ranks[:, -1])[0, 1]
    return pd.DataFrame(out, index=names, columns=names)


def cronbach(table: pd.DataFrame) -> float:
    """Cronbach's alpha of the columns: ``k / (k - 1) x (1 - sum of variances / variance of the sum)``.

    On units that have every column; NaN for a single column, fewer than 2 units, or a sum that
    does not vary. Put the columns on one scale first: alpha is of the scores, not of raw figures.
    """
    whole = table.dropna()
    items = whole.shape[1]
    if items < 2 or len(whole) < 2:
        return float("nan")
    spread = float(whole.sum(axis=1).var(ddof=1))
    return float("nan") if spread == 0 else items / (items - 1) * (1 - float(whole.var(ddof=1).sum()) / spread)


def influence(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """How much of the index's variance each item carries, beside its stated weight.

    Parameters
    ----------
    scores
        unit x item, on one scale.
    weights
        By item, in any scale.

    Returns
    -------
    DataFrame by item
        ``weight`` (adds up to 1), ``influence`` = weight x covariance with the index / variance of
        the index (adds up to 1; below zero = it pulls against the index), ``times``, ``with_index``.
    """
    whole = scores.dropna()
    require_spread(whole)
    share = pd.Series({name: float(weights[name]) for name in whole.columns})
    share = share / share.sum()
    index = (whole * share).sum(axis=1)
    part = whole.apply(lambda column: column.cov(index)) * share / index.var(ddof=1)
    rank = whole.rank().apply(lambda column: column.corr(index.rank()))
    return pd.DataFrame({"weight": share, "influence": part, "times": part / share.where(share > 0), "with_index": rank})


def coherence(scores: pd.DataFrame, nodes: Sequence[Node], labels: Mapping[str, str] | None = None) -> Coherence:
    """Everything about a method from the scores of its indicators.

    Parameters
    ----------
    scores
        unit x indicator, on one scale, higher = more at risk.
    nodes
        The tree, as for :func:`exclusion.method.composite.aggregate`.
    labels
        Names to use in the warnings.

    Raises
    ------
    DataRefused
        Naming indicators that are constant or all missing, or what is wrong with the tree.
    """
    leaves = [node.id for node in nodes if not any(other.parent == node.id for other in nodes)]
    require_spread(scores[[name for name in leaves if name in scores]])
    everything = aggregate(scores, nodes)
    correlations = spearman(everything)
    matrix = correlations.to_numpy(float)
    between = {(str(a), str(b)): float(matrix[i, j]) for i, a in enumerate(correlations) for j, b in enumerate(correlations)}
    top = next(node.id for node in nodes if not node.parent)
    domains = [node.id for node in nodes if node.id not in leaves and node.id != top]
    alpha = pd.DataFrame(
        {
            "items": [len(_items(nodes, name)) for name in [*domains, top]],
            "alpha": [cronbach(everything[_items(nodes, name)]) for name in [*domains, top]],
        },
        index=pd.Index([*domains, top], name="domain"),
    )
    moved = influence(scores[leaves], effective_weights(nodes))
    pairs = [
        {"one": a, "other": b, "correlation": between[a, b]}
        for at, a in enumerate(leaves)
        for b in leaves[at + 1 :]
        if between[a, b] > ALIKE
    ]
    alike = pd.DataFrame(pairs, columns=["one", "other", "correlation"])
    name = {node.id: (labels or {}).get(node.id, node.id) for node in nodes}
    warnings = [*_against(nodes, between, name, top), *_out_of_weight(moved, name), *_twice(alike, name)]
    return Coherence(correlations, alpha, moved, alike, tuple(warnings))


def _items(nodes: Sequence[Node], parent: str) -> list[str]:
    return [node.id for node in nodes if node.parent == parent]


def _against(nodes: Sequence[Node], between: Mapping[tuple[str, str], float], name: Mapping[str, str], top: str) -> Iterator[str]:
    """Items that run against what they are part of, and pairs that cancel each other out."""
    for node in nodes:
        if node.parent and (found := between[node.id, node.parent]) < 0:
            whole = "the index" if node.parent == top else name[node.parent]
            yield (
                f"{name[node.id]} runs against {whole} ({found:.2f}): where it is high, the rest tends to be low. "
                "Check its direction, or show it apart."
            )
    for at, one in enumerate(nodes):
        for other in nodes[at + 1 :]:
            if one.parent and one.parent == other.parent and (found := between[one.id, other.id]) < AGAINST:
                yield (
                    f"{name[one.id]} and {name[other.id]} pull against each other ({found:.2f}): "
                    "an area high on one tends to be low on the other, and the mean hides both. Look at each."
                )


def _out_of_weight(moved: pd.DataFrame, name: Mapping[str, str]) -> Iterator[str]:
    for leaf, weight, carried, times in zip(moved.index, moved["weight"], moved["influence"], moved["times"], strict=True):
        if weight > 0 and (times >= OFF or times <= 1 / OFF):
            yield f"{name[str(leaf)]} is said to weigh {weight:.0%} and carries {carried:.0%} of what makes areas differ."


def _twice(alike: pd.DataFrame, name: Mapping[str, str]) -> Iterator[str]:
    for one, other, found in zip(alike["one"], alike["other"], alike["correlation"], strict=True):
        yield f"{name[one]} and {name[other]} are nearly the same ({found:.2f}): together they count twice."


def of_nation(evidence: Evidence, nation: str, weights: Mapping[str, float] | None = None) -> Coherence:
    """Coherence of the default method in one nation, on the frozen percentiles of its wards.

    The parts of a domain that adds up several measures (age groups) enter its alpha by their own
    percentiles; correlations and influence are of the domains.

    Raises
    ------
    NothingToAssess
        When we hold no method, or the release no wards, for the nation.
    """
    preset = method_for(nation)
    wards = evidence.areas.index[evidence.areas["nation"] == nation]
    if preset is None or wards.empty:
        raise NothingToAssess(f"We hold no method or no wards for {nation}.")
    shares = risk.normalised_weights(preset, weights)
    standing = risk.score(evidence, list(wards), weights)
    scores = pd.DataFrame({d.id: standing[f"percentile_{d.id}"] for d in preset.domain})
    nodes = [Node("index", ""), *(Node(d.id, "index", shares[d.id]) for d in preset.domain)]
    found = coherence(scores, nodes, {d.id: d.label for d in preset.domain} | {"index": "the index"})
    values = evidence.wide("ward", "value").reindex(wards)
    rows = {}
    for domain in preset.domain:
        names = [i.measure for i in domain.indicator]
        on_scale = pd.DataFrame({n: risk.percentile(values[n].to_numpy(float), risk.quantiles(values[n])) for n in names}, index=wards)
        rows[domain.id] = {"items": len(names), "alpha": cronbach(on_scale)}
    alpha = pd.concat([pd.DataFrame.from_dict(rows, orient="index").rename_axis("domain"), found.alpha.loc[["index"]]])
    return Coherence(found.correlations, alpha.astype({"items": int}), found.influence, found.alike, found.warnings)
