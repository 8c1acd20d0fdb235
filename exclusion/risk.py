"""The score: orient, percentile of the frozen national reference, weight, domains, risk.

Higher always means more at risk. The reference is frozen in the release, so one council scored
alone gets the same figures as in the national run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.contracts import Problem, UsageError
from exclusion.judgement.score import Domain, MethodPreset, geography_rules, method_for, nation_figures
from exclusion.release import Evidence
from exclusion.words import join_words

Array = NDArray[np.float64]
FEW = 1000
"""Up to so many wards, where they stand is kept for other weights; more come from the command line, which asks once."""
BANDS = {1: "Lowest", 2: "Lower", 3: "Middle", 4: "Higher", 5: "Highest"}


def quantiles(values: pd.Series) -> Array:
    """1,001 quantiles of the values that are there, to 6 decimals: a frozen distribution."""
    return np.asarray(np.quantile(values.dropna().to_numpy(float), np.linspace(0, 1, 1001)).round(6), dtype=np.float64)


def percentile(values: Array, reference: Array) -> Array:
    """Where each value stands in a frozen distribution, 0-100.

    Between quantiles it is interpolated. A value that many areas share (zero, say) takes the
    middle of the run. Beyond either end it is 0 or 100. Missing stays missing, and without a
    distribution (a nation that has none) no place is known: never the middle.
    """
    return _on(values, _steps(reference))


class _Steps(NamedTuple):
    """A frozen distribution as steps: each value in it, the middle of its run, and the last place of all."""

    values: Array
    places: Array
    last: int


def _steps(reference: Array) -> _Steps:
    """Of no distribution, no step."""
    if np.isnan(reference).all():
        return _Steps(np.empty(0), np.empty(0), 0)
    unique, first, size = np.unique(reference, return_index=True, return_counts=True)
    return _Steps(unique, first + (size - 1) / 2, len(reference) - 1)


def _on(values: Array, steps: _Steps) -> Array:
    if not len(steps.values):
        return np.full(len(values), np.nan)
    # Below the smallest and above the largest value the scale is closed, not the middle of a run.
    place = np.interp(values, steps.values, steps.places, left=0.0, right=float(steps.last))
    return np.where(np.isnan(values), np.nan, place / steps.last * 100)


def place_in_nation(evidence: Evidence, nation: str, level: str, measure: str, values: Array) -> Array:
    """:func:`percentile` of values of a measure in its :func:`reference`."""
    key = ("steps", f"{nation}/{level}/{measure}")
    if key not in evidence.cache:
        evidence.cache[key] = _steps(reference(evidence, nation, level, measure))
    return _on(values, evidence.cache[key])


def domain_values(values: pd.DataFrame, domains: Sequence[Domain]) -> pd.DataFrame:
    """Each domain's indicator: the sum of coefficient times rate; missing when any rate is.

    Parameters
    ----------
    values
        ``area_code`` x ``measure`` matrix of rates (or of a standardised score).
    """
    columns = {}
    for domain in domains:
        parts = [values[i.measure] * i.coefficient if i.measure in values else pd.Series(np.nan, values.index) for i in domain.indicator]
        columns[domain.id] = sum(parts[1:], parts[0]).round(6)
    return pd.DataFrame(columns, index=values.index)


def normalised_weights(preset: MethodPreset, weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """Weights that sum to 1 over the preset's domains; domains it lacks are left out.

    Raises
    ------
    UsageError
        For a domain no preset knows, a weight below zero or not a number, or all zero.
    """
    raw = {domain.id: domain.weight for domain in preset.domain}
    if weights is not None:
        known = {"age", "disability", "income", "connectivity"} | set(raw)
        problems = [
            Problem("weights", "is not a domain", name, f"Use {', '.join(sorted(known))}.") for name in weights if name not in known
        ]
        problems += [
            Problem("weights", f"{name} must be a number, 0 or more", str(w), "Mend the weight.")
            for name, w in weights.items()
            if not (np.isfinite(w) and w >= 0)
        ]
        if problems:
            raise UsageError(problems)
        raw = {name: float(weights.get(name, 0.0)) for name in raw}
    total = sum(raw.values())
    if total <= 0:
        raise UsageError(Problem("weights", f"are all zero for {preset.title}", "", "Give at least one domain a weight above 0."))
    return {name: weight / total for name, weight in raw.items()}


def band_edges(evidence: Evidence, nation: str, weights: Mapping[str, float]) -> tuple[Array, float]:
    """The four cuts between fifths of the nation's risk under these weights, and its median."""
    key = ("reference_wards", nation)
    if key not in evidence.cache:
        rows = evidence.reference_wards[evidence.reference_wards["nation"] == nation]
        evidence.cache[key] = rows.pivot(index="area_code", columns="domain", values="percentile").dropna()
    wide = evidence.cache[key]
    missing = [domain for domain in weights if domain not in wide]
    if missing or wide.empty:
        return np.full(4, np.nan), float("nan")
    as_array = ("reference_wards", f"{nation}/{'|'.join(weights)}")
    if as_array not in evidence.cache:
        evidence.cache[as_array] = wide[list(weights)].to_numpy()
    # Sorted once: quantiles and median of what is sorted cost half.
    risk = np.sort(evidence.cache[as_array] @ np.array(list(weights.values())))
    cuts = np.quantile(risk, [0.2, 0.4, 0.6, 0.8])
    return cuts, float(np.median(risk))


def score(evidence: Evidence, area_codes: Sequence[str] | None = None, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Likelihood of not using the internet, by ward, with every stage kept.

    Parameters
    ----------
    area_codes
        Wards to score, all when None. Each is scored in its own nation by that nation's preset.
    weights
        Domain weights in any scale, or None for the preset's. See :func:`normalised_weights`.

    Returns
    -------
    DataFrame indexed by ``area_code``, in the order asked
        ``scored, why_not, risk, band, band_word, national_median_risk, observed`` and for each
        domain ``value_, percentile_, weight_, contribution_``. Contributions are weight times
        (percentile - 50) and add up to risk - 50. A ward that lacks a domain has no risk and no
        band, and ``why_not`` says which.
    """
    codes = list(evidence.areas.index if area_codes is None else area_codes)
    by_nation: dict[str, list[str]] = {}
    for code, nation in zip(codes, evidence.areas["nation"].reindex(codes).tolist(), strict=True):
        if not pd.isna(nation):
            by_nation.setdefault(str(nation), []).append(code)
    parts = []
    for nation, members in by_nation.items():
        preset = method_for(nation)
        if preset is None:
            empty = pd.DataFrame(index=pd.Index(members))
            empty["scored"], empty["why_not"], empty["risk"] = False, _no_method(evidence, nation), np.nan
            # The same columns as for any other nation, so that a table of its wards alone has them too.
            empty["observed"] = empty["national_median_risk"] = np.nan
            parts.append(empty)
            continue
        parts.append(_score_nation(evidence, nation, members, preset, normalised_weights(preset, weights)))
    if len(parts) == 1 and len(parts[0]) == len(codes):
        result = parts[0]
    else:
        result = pd.concat(parts).reindex(codes) if parts else pd.DataFrame(columns=["scored", "why_not", "risk"])
    result["band"] = result.get("band", pd.Series(pd.NA, result.index)).astype("Int64")
    bands = result["band"].array.to_numpy("int64", na_value=0)
    result["band_word"] = pd.Series(np.array(["Not scored", *BANDS.values()], dtype=object)[bands], result.index, dtype="object")
    return result.rename_axis("area_code")


def nation_notices(evidence: Evidence, nations: Iterable[str]) -> tuple[str, ...]:
    """What the release lacks for each nation, in words; a nation of which nothing is to be said has none."""
    told = (known.told(_held(evidence, nation))[0] for nation in nations if (known := nation_figures().get(nation)))
    return tuple(text for text in told if text)


def _held(evidence: Evidence, nation: str) -> set[str]:
    """Measures of which some ward of the nation has a figure."""
    if ("held", nation) not in evidence.cache:
        values = evidence.wide("ward", "value").reindex(evidence.areas.index[evidence.areas["nation"] == nation])
        evidence.cache["held", nation] = set(values.columns[values.notna().any()])
    held: set[str] = evidence.cache["held", nation]
    return held


def _no_method(evidence: Evidence, nation: str) -> str:
    """Why the wards of a nation without a preset have no score."""
    known = nation_figures().get(nation)
    why = known.told(_held(evidence, nation))[1] if known else ""
    return why or f"We hold no method for {nation}."


@dataclass(frozen=True)
class _Places:
    """Where some wards of a nation stand in each domain of its preset: all of the score but the weights. Arrays over wards."""

    values: Mapping[str, Array]
    percentiles: Mapping[str, Array]
    observed: Array
    scored: NDArray[np.bool_]
    why_not: list[str]
    preset: MethodPreset


def _places(evidence: Evidence, nation: str, codes: tuple[str, ...], preset: MethodPreset) -> _Places:
    names = [i.measure for d in preset.domain for i in d.indicator]
    values = evidence.wide("ward", "value").reindex(index=list(codes), columns=names)
    observed = evidence.wide("ward", "observed").reindex(index=list(codes), columns=names)
    # A figure with too little of its denominator observed is not known.
    values = values.where(observed >= geography_rules().minimum_observed)
    domains = domain_values(values, preset.domain)
    held = {domain.id: domains[domain.id].to_numpy(float) for domain in preset.domain}
    places = {name: place_in_nation(evidence, nation, "ward", f"domain_{name}", column) for name, column in held.items()}
    blank = np.stack([np.isnan(places[domain.id]) for domain in preset.domain])
    labels = [domain.label.lower() for domain in preset.domain]
    why_not = [
        "Not scored: no figure for " + join_words([label for label, lacks in zip(labels, gaps, strict=True) if lacks]) + "."
        if any(gaps)
        else ""
        for gaps in blank.T.tolist()
    ]
    return _Places(held, places, observed.min(axis=1).fillna(0.0).to_numpy(float), np.asarray(~blank.any(axis=0)), why_not, preset)


def _score_nation(evidence: Evidence, nation: str, codes: list[str], preset: MethodPreset, weights: Mapping[str, float]) -> pd.DataFrame:
    few = len(codes) <= FEW  # those of some councils, for whom the next weights are a click away
    key = ("places", nation, tuple(codes), id(preset))
    at = evidence.recent(key, lambda: _places(evidence, nation, key[2], preset)) if few else _places(evidence, nation, key[2], preset)
    columns: dict[str, object] = {}
    risk = np.zeros(len(codes))
    for domain in preset.domain:
        place, weight = at.percentiles[domain.id], weights[domain.id]
        columns[f"value_{domain.id}"] = at.values[domain.id]
        columns[f"percentile_{domain.id}"] = place
        columns[f"weight_{domain.id}"] = weight
        columns[f"contribution_{domain.id}"] = weight * (place - 50)
        risk = risk + weight * place
    cuts, median = band_edges(evidence, nation, weights)
    # Rounded first, so that scores equal but for the last bit fall in the same band.
    band = np.searchsorted(cuts.round(9), risk.round(9), side="right") + 1
    columns |= {"observed": at.observed, "scored": at.scored, "why_not": at.why_not, "risk": risk}
    columns["band"] = pd.arrays.IntegerArray(np.where(at.scored, band, 1).astype("int64"), ~at.scored)
    columns["national_median_risk"] = median
    return pd.DataFrame(columns, index=pd.Index(codes))


def reference(evidence: Evidence, nation: str, level: str, measure: str) -> Array:
    """The frozen distribution of a measure (1,001 values), or all missing when the release has none."""
    key = ("reference", f"{nation}/{level}")
    if key not in evidence.cache:
        rows = evidence.reference[(evidence.reference["nation"] == nation) & (evidence.reference["level"] == level)]
        evidence.cache[key] = rows.pivot(index="q", columns="measure", values="value")
    table = evidence.cache[key]
    return table[measure].to_numpy(float) if measure in table else np.full(1001, np.nan)
