"""Score wards by another method than ours: an alternative, the older index, or a council's own file.

The default score (:mod:`exclusion.risk`) does not come through here. Every figure is taken from the
release; an indicator we hold nothing for is named, never filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from exclusion import risk
from exclusion.contracts import DataRefused, NothingToAssess, Problem
from exclusion.judgement.composites import CompositeDomain, CompositeIndicator, CompositeMethod, Part, Within, alternatives
from exclusion.judgement.score import MethodPreset, geography_rules
from exclusion.method import normalise
from exclusion.method.composite import Node, aggregate, effective_weights, fifths
from exclusion.method.treatment import MOST, require_spread, treat
from exclusion.release import Evidence

INDEX = "index"
"""Name of the top of every method."""


@dataclass(frozen=True)
class Scored:
    """Wards scored by one method."""

    method: CompositeMethod
    table: pd.DataFrame
    """Indexed by ``area_code``: ``scored, why_not, index, band, band_word``, a column ``domain_<id>`` for each
    domain and ``score_<id>`` for each indicator, on the method's own scale. A method within a council has no band: its
    figures do not compare from one council to another."""
    lacking: pd.DataFrame
    """``nation, indicator, label, why``: what the method asks for and the release does not hold."""
    complete: bool
    """Whether nothing is lacking. When it is False, the index goes by the rest and must not be quoted as the method's."""


def from_preset(preset: MethodPreset) -> CompositeMethod:
    """One of our default presets in the general form; it gives the same risk as :func:`exclusion.risk.score`."""
    return CompositeMethod(
        **{name: getattr(preset, name) for name in ("id", "title", "nations", "why", "reference", "checked_on", "review_by")},
        normalise="percentile_of_reference",
        domain=tuple(CompositeDomain(id=d.id, label=d.label, weight=d.weight) for d in preset.domain),
        indicator=tuple(
            CompositeIndicator(
                id=f"of_{d.id}",
                label=d.label,
                domain=d.id,
                weight=1,
                direction="higher",
                parts=tuple(Part(measure=i.measure, coefficient=i.coefficient) for i in d.indicator),
            )
            for d in preset.domain
        ),
    )


def nodes(method: CompositeMethod, without: Sequence[str] = ()) -> list[Node]:
    """The tree of a method, less some indicators; a domain that is left with none goes too."""
    kept = [i for i in method.indicator if i.id not in without]
    used = {i.domain for i in kept}
    parent = {d.id: d.parent for d in method.domain}
    for name in list(used):
        while parent.get(name) and parent[name] not in used:
            name = parent[name]
            used.add(name)
    least = method.least_observed
    tree = [Node(INDEX, "", 1.0, method.aggregate, least)]
    tree += [
        Node(f"domain_{d.id}", f"domain_{d.parent}" if d.parent else INDEX, d.weight, d.aggregate, least)
        for d in method.domain
        if d.id in used
    ]
    tree += [Node(f"score_{i.id}", f"domain_{i.domain}", i.weight) for i in kept]
    return tree


def indicators(values: pd.DataFrame, method: CompositeMethod) -> pd.DataFrame:
    """unit x indicator, in their own units: each the sum of coefficient times measure; missing when any part is.

    Parameters
    ----------
    values
        unit x measure. A measure that is not a column is missing everywhere.
    """
    columns = {}
    for indicator in method.indicator:
        parts = [values[t.measure] * t.coefficient if t.measure in values else pd.Series(np.nan, values.index) for t in indicator.terms]
        columns[indicator.id] = sum(parts[1:], parts[0]).round(6) if parts else pd.Series(np.nan, values.index)
    return pd.DataFrame(columns, index=values.index)


def score_table(
    values: pd.DataFrame, method: CompositeMethod, groups: pd.Series | None = None, without: Sequence[str] = ()
) -> pd.DataFrame:
    """Scores, domains and index of units by a method; no release needed.

    Parameters
    ----------
    values
        unit x indicator, in their own units. All units are scored against each other (or their group).
    groups
        Group of each unit when the method scales within groups.
    without
        Indicators to leave out because nothing is held for them.

    Returns
    -------
    DataFrame, unit x (``score_<indicator>, domain_<domain>, index``)

    Raises
    ------
    DataRefused
        Naming indicators that are constant or all missing, and as :func:`exclusion.method.composite.aggregate`.
    """
    kept = [i for i in method.indicator if i.id not in without]
    own = values[[i.id for i in kept]]
    turn = {i.id: 1 if i.direction == "higher" else -1 for i in kept}
    if method.normalise == "goalposts":
        scored = pd.DataFrame({i.id: _between_posts(own[i.id], i) for i in kept}, index=own.index)
    else:
        table = normalise.oriented(own, turn)
        if method.treat == "winsorise_then_log":
            table, _ = treat(table, most=max(MOST, int(0.01 * len(table))))
        if method.normalise == "percentile_of_reference":
            require_spread(table)
            scored = table.apply(lambda c: pd.Series(risk.percentile(c.to_numpy(float), risk.quantiles(c)), index=c.index))
        else:
            scored = normalise.scores(table, method.normalise, groups)
    return aggregate(scored.add_prefix("score_"), nodes(method, without))


def _between_posts(values: pd.Series, indicator: CompositeIndicator) -> pd.Series:
    lower, upper = float(indicator.lower or 0.0), float(indicator.upper or 0.0)
    if indicator.direction == "lower":
        lower, upper = upper, lower
    return pd.Series(normalise.goalposts(values.to_numpy(float), lower, upper), index=values.index)


def score(
    evidence: Evidence,
    method: CompositeMethod,
    area_codes: Sequence[str] | None = None,
    *,
    partial: bool = False,
    within: Within | None = None,
) -> Scored:
    """Wards scored by another method, each in its own nation.

    Parameters
    ----------
    area_codes
        Wards to return, all when None. They are always scored among all wards of the method's
        nations that the release holds, so one council alone equals its rows in the national run.
    partial
        What to do when indicators are lacking: False = nothing is scored and ``why_not`` says what
        is lacking; True = the rest carry the weight, and :attr:`Scored.complete` is False.

    Raises
    ------
    NothingToAssess
        When the release holds no ward of the method's nations.
    DataRefused
        Naming indicators that are constant.
    """
    method = method if within is None else method.model_copy(update={"within": within})
    codes = list(evidence.areas.index if area_codes is None else area_codes)
    nations = evidence.areas["nation"]
    held = [nation for nation in method.nations if (nations == nation).any()]
    if not held:
        raise NothingToAssess(f"{method.title} is for {', '.join(method.nations)}; this release holds {', '.join(nations.unique())}.")
    own = indicators(measured(evidence, method), method)
    # Only where all wards are put on one scale do nations stand together; else each has its own figures, and its own gaps.
    batches = [held] if method.within == "all" else [[nation] for nation in held]
    lacking, parts = [], []
    for nation in held:
        mine = own.loc[nations.index[nations == nation]]
        missing = [i for i in method.indicator if mine[i.id].isna().all()]
        lacking += [{"nation": nation, "indicator": i.id, "label": i.label, "why": _why(i, nation)} for i in missing]
    for batch in batches:
        members = nations.index[nations.isin(batch)]
        gone = [i.id for i in method.indicator if own.loc[members, i.id].isna().all()]
        if gone and (not partial or len(gone) == len(method.indicator)):
            names = ", ".join(i.label[0].lower() + i.label[1:] for i in method.indicator if i.id in gone)
            parts.append(pd.DataFrame({INDEX: np.nan, "why_not": f"Not scored: we hold no figures for {names}."}, index=members))
            continue
        groups = evidence.areas["council_code"].reindex(members) if method.within == "council" else None
        table = score_table(own.loc[members], method, groups, gone)
        table["why_not"] = np.where(
            table[INDEX].isna(), "Not scored: a figure it needs is missing, or the same in every ward it is compared with.", ""
        )
        parts.append(table)
    table = pd.concat(parts)
    if method.within == "council":  # stretched over each council by itself, figures of two councils do not compare: nor would fifths
        table["band"] = pd.array([pd.NA] * len(table), dtype="Int64")
    else:
        table["band"] = _bands(table[INDEX], nations.reindex(table.index))
    table = table.reindex(codes)
    table["why_not"] = table["why_not"].fillna(f"{method.title} is not for this nation.")
    table["scored"] = table[INDEX].notna()
    table["band_word"] = table["band"].map(risk.BANDS).astype("object").where(table["band"].notna(), "Not scored")
    table.loc[table["scored"] & table["band"].isna(), "band_word"] = "No band"
    front = ["scored", "why_not", INDEX, "band", "band_word"]
    table = table[[*front, *(c for c in table if c not in front)]].rename_axis("area_code")
    columns = ["nation", "indicator", "label", "why"]
    told = pd.DataFrame(lacking, columns=columns)
    told = told[told["nation"].isin(nations.reindex(codes))].reset_index(drop=True)  # of the nations that were asked about
    return Scored(method, table, told, told.empty)


def measured(evidence: Evidence, method: CompositeMethod) -> pd.DataFrame:
    """ward x measure, with figures of too little of their denominator taken as unknown; as in the default score."""
    names = list(dict.fromkeys(t.measure for i in method.indicator for t in i.terms))
    values = evidence.wide("ward", "value").reindex(index=evidence.areas.index, columns=names)
    observed = evidence.wide("ward", "observed").reindex(index=evidence.areas.index, columns=names)
    return values.where(observed >= geography_rules().minimum_observed)


def _why(indicator: CompositeIndicator, nation: str) -> str:
    return indicator.lacking or f"This release holds no figures for it in {nation}."


def _bands(index: pd.Series, nations: pd.Series) -> pd.Series:
    """Fifths of each nation."""
    band = pd.Series(np.nan, index=index.index)
    for _, members in nations.groupby(nations).groups.items():
        known = index[members].dropna()
        if len(known):
            band[members] = fifths(index[members].to_numpy(float), np.quantile(known, [0.2, 0.4, 0.6, 0.8]))
    return band.astype("Int64")


def beside(evidence: Evidence, default: pd.DataFrame, other: Scored) -> pd.DataFrame:
    """How far two ways of scoring agree on the wards of ``default`` (as :func:`exclusion.risk.score` gives them).

    Returns
    -------
    DataFrame indexed by ``area_code``
        ``band`` (ours), ``other_band``, ``moves`` (bands up, below zero = down; blank when either has no band) and
        ``other_index`` (on the other method's own scale).
    """
    mine = default["band"]
    theirs = other.table["band"].reindex(default.index)
    index = other.table[INDEX].reindex(default.index)
    return pd.DataFrame({"band": mine, "other_band": theirs, "moves": theirs - mine, "other_index": index}, index=default.index)


COMPONENTS = ("demography", "broadband", "deprivation")


def deri_from_components(
    components: pd.DataFrame, weights: Mapping[str, float] | None = None, groups: pd.Series | None = None
) -> pd.Series:
    """DERI 1.6 from its makers' own table of components, 0 to 10, by small area.

    Parameters
    ----------
    components
        area x ``demography, broadband, deprivation``, scaled 0-10 within each nation as published
        (:func:`exclusion.sources.internet_use.read_deri_components`).
    weights
        Of the three components, in any scale; its makers' equal thirds when None.
    groups
        A council or nation for each area, to stretch each component over it first (min-max, 0-10);
        None leaves the published scale. Stretching a component is not the same as stretching its
        indicators, which are not published: with ``groups`` this is an approximation of the tool.

    Returns
    -------
    Series by area; missing where a component is.

    Raises
    ------
    DataRefused
        When a component is not there.
    """
    gone = [name for name in COMPONENTS if name not in components]
    if gone:
        raise DataRefused(
            [Problem("DERI components", "column is missing", name, "Use the published table of components.") for name in gone]
        )
    preset = alternatives()["deri_1_6"]
    raw = {d.id: d.weight for d in preset.domain} if weights is None else dict(weights)
    table = components[list(COMPONENTS)]
    if groups is not None:
        table = normalise.scores(table, "min_max", groups) / 10
    tree = [Node(INDEX, "", least=1.0), *(Node(name, INDEX, raw[name]) for name in COMPONENTS)]
    return aggregate(table, tree)[INDEX]


__all__ = [
    "COMPONENTS",
    "INDEX",
    "Scored",
    "beside",
    "deri_from_components",
    "effective_weights",
    "from_preset",
    "indicators",
    "measured",
    "nodes",
    "score",
    "score_table",
]
