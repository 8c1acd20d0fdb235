"""Where wards and the wards about them are high, or low, together: a description, never the reason for a finding.

Local Moran's I with seeded permutations, and control of how many of the clusters named may be chance
(false discovery). Wards outside the council take part, so that a border does not hide a cluster.
Needs the optional extra ``spatial`` (esda, libpysal).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import risk
from exclusion.contracts import Problem, UsageError
from exclusion.judgement.validity import ClusterRules, validity_rules
from exclusion.release import Evidence

Array = NDArray[np.float64]
KINDS = {
    "higher": "cluster of higher likelihood",
    "lower": "cluster of lower likelihood",
    "above": "higher than the wards around it",
    "below": "lower than the wards around it",
    "none": "no cluster",
    "": "not looked at",
}


@dataclass(frozen=True)
class Clusters:
    """What :func:`clusters` finds."""

    wards: pd.DataFrame
    """Indexed by ``area_code``: ``kind`` (a key of :data:`KINDS`), ``words, chance`` (how often chance alone would give as much,
    both sides, before allowing for the number of wards), ``neighbours`` (how many wards it was looked at with)."""
    notes: tuple[str, ...]
    """How neighbours were found, and what was allowed for; to be shown with the map."""


def clusters(evidence: Evidence, area_codes: Sequence[str] | None = None, weights: Mapping[str, float] | None = None) -> Clusters:
    """Clusters of higher and lower likelihood among the wards of each nation.

    Parameters
    ----------
    area_codes
        Wards to return, all when None. Every scored ward of their nation takes part, so that a council alone gives
        the rows of the national run. The scores of two nations are not comparable, so a national border is an edge.
    weights
        Of the domains, in any scale.

    Raises
    ------
    UsageError
        When the extra ``spatial`` is not installed.
    """
    require_spatial()
    rules = validity_rules().clusters
    codes = list(evidence.areas.index if area_codes is None else area_codes)
    parts, notes = [], []
    for nation in evidence.areas["nation"].reindex(codes).dropna().unique():
        members = evidence.areas[evidence.areas["nation"] == nation]
        score = risk.score(evidence, list(members.index), weights)["risk"].dropna()
        if len(score) <= rules.neighbours + 1:
            notes.append(f"{nation}: too few wards have a score to look for clusters.")
            continue
        here = members.loc[score.index]
        linked, how = neighbours(here, rules)
        parts.append(local(score, linked, rules))
        notes.append(f"{nation}: {how}")
    wards = pd.concat(parts).reindex(codes) if parts else pd.DataFrame(index=codes, columns=["kind", "chance", "neighbours"])
    wards["kind"] = wards["kind"].fillna("")
    wards["neighbours"] = wards["neighbours"].astype("Int64")
    wards["words"] = wards["kind"].map(KINDS)
    notes.append(
        f"Of the clusters named, about {rules.false_share:.0%} at most are expected to be chance ({rules.permutations:,} permutations, "
        f"seed {rules.seed}). A cluster describes the map; it is not a reason to keep or close anything."
    )
    return Clusters(wards[["kind", "words", "chance", "neighbours"]].rename_axis("area_code"), tuple(notes))


def require_spatial() -> None:
    """Refuse, with what to do, where the optional libraries are not installed."""
    try:
        import esda  # noqa: F401
        import libpysal  # noqa: F401
    except ImportError:
        raise UsageError(
            Problem("clusters", "need an optional part that is not installed", "", "Run: pip install 'exclusion[spatial]'.")
        ) from None


def neighbours(areas: Any, rules: ClusterRules) -> tuple[dict[str, list[str]], str]:
    """Which wards are about each ward, and in words how we know.

    Parameters
    ----------
    areas
        Wards with ``x, y`` (metres) and geometry. Where every one has a shape, those that touch are neighbours, and a ward that
        touches none (an island) is linked with the nearest, both ways. With centre points for some, the nearest few are.

    Returns
    -------
    Lists by ward, and a sentence.
    """
    from libpysal.graph import Graph

    places = np.column_stack([areas["x"].to_numpy(float), areas["y"].to_numpy(float)])
    codes = [str(code) for code in areas.index]
    if (areas.geometry.geom_type == "Point").any():
        found = _nearest(places, rules.neighbours)
        linked = {code: [codes[i] for i in row] for code, row in zip(codes, found, strict=True)}
        return linked, (
            f"each ward was looked at with the {rules.neighbours} wards whose centres are nearest, because this release does not hold "
            "the shape of every ward."
        )
    graph = Graph.build_contiguity(areas.reset_index(drop=True), rook=False)
    pairs = graph.adjacency[graph.adjacency != 0].reset_index()[["focal", "neighbor"]]
    linked = {code: [] for code in codes}
    for one, other in pairs.itertuples(index=False):
        linked[codes[one]].append(codes[other])
    islands = [number for number, code in enumerate(codes) if not linked[code]]
    nearest = _nearest(places, 1)[:, 0]
    for number in islands:
        one, other = codes[number], codes[nearest[number]]
        linked[one].append(other)
        if one not in linked[other]:
            linked[other].append(one)
    note = "each ward was looked at with the wards that touch it"
    return linked, f"{note}; {len(islands)} that touch none were linked with the nearest." if islands else f"{note}."


def _nearest(places: Array, many: int) -> NDArray[np.int64]:
    """The nearest other places of each, nearest first; of equally near ones the earlier."""
    rows = []
    for start in range(0, len(places), 500):
        part = places[start : start + 500]
        away = ((part[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
        away[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        rows.append(np.argsort(away, axis=1, kind="stable")[:, :many])
    return np.concatenate(rows)


def local(score: pd.Series, linked: Mapping[str, Sequence[str]], rules: ClusterRules) -> pd.DataFrame:
    """Local Moran's I of some scores: ``kind, chance, neighbours`` by ward.

    A ward is named only when its chance passes the limit that keeps the expected share of false ones among all those
    named under ``rules.false_share``.
    """
    from esda import Moran_Local
    from libpysal.weights import W

    order = [str(code) for code in score.index]
    weights = W({code: list(linked[code]) for code in order}, id_order=order, silence_warnings=True)
    with warnings.catch_warnings():
        # It warns that its own chances will one day count both tails; ours, worked out below, do already.
        warnings.simplefilter("ignore")
        found = Moran_Local(score.to_numpy(float), weights, permutations=rules.permutations, seed=rules.seed, n_jobs=1)
    more = (np.asarray(found.sim) >= np.asarray(found.Is)).sum(axis=0)
    # A ward may stand out either way, so both tails count.
    chance = np.minimum(2 * (np.minimum(more, rules.permutations - more) + 1) / (rules.permutations + 1), 1.0)
    quadrant = np.asarray(found.q)
    kinds = np.array(["", "higher", "below", "lower", "above"], dtype=object)[quadrant]
    return pd.DataFrame(
        {
            "kind": np.where(chance <= limit(chance, rules.false_share), kinds, "none"),
            "chance": chance,
            "neighbours": [len(linked[code]) for code in order],
        },
        index=pd.Index(order, name="area_code"),
    )


def limit(chance: Array, false_share: float) -> float:
    """The largest chance that may be called a discovery (Benjamini and Hochberg); below zero where none may."""
    ordered = np.sort(chance)
    passing = np.flatnonzero(ordered <= np.arange(1, len(ordered) + 1) / len(ordered) * false_share)
    return float(ordered[passing[-1]]) if len(passing) else -1.0
