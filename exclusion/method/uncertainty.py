"""How sure is a ward's band? Every choice of method, drawn figures, drawn weights; and which of them drives it.

Three questions are kept apart. *Method*: what if the score had been put together in another careful way?
Every combination of choices is tried: 96 ways, fewer where sets of weights come to the same. *Data*: what if the figures
are a little off? 500 draws, under every method.
*Weights*: what if the domains had weighed otherwise? The sets of weights that differ; and, as a range of bands of its own
that has no say in what drives a band, 200 draws about the weights in use. *Geography*: what if small areas
had been shared among wards the official way?
Places among wards are worked with inside and never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import risk
from exclusion.contracts import NothingToAssess
from exclusion.judgement.score import MethodPreset, geography_rules, method_for
from exclusion.judgement.uncertainty import UncertaintyRules, uncertainty_rules
from exclusion.language import mark
from exclusion.method import draws as drawing
from exclusion.method import variance
from exclusion.method.draws import Figures
from exclusion.method.experiment import DRIVERS, EDGES, GROUPS, Found, Nation, prepare, run
from exclusion.method.factorial import GEOGRAPHIES, MEANS, SCALES
from exclusion.release import Evidence
from exclusion.release_tables import WIDE_RANGE
from exclusion.words import join_words

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]
CLEAR_IN, CLEAR_OUT, UNCLEAR = mark("clear: in the most affected fifth"), mark("clear: not in it"), mark("unclear")
"""The words for how sure it is whether a ward is in its nation's most affected fifth; "clear" alone would not say which way."""


@dataclass(frozen=True)
class Uncertainty:
    """What :func:`uncertainty` finds."""

    wards: pd.DataFrame
    """Indexed by ``area_code``: ``scored, band`` (as scored), ``band_low, band_high`` (interval over all runs), ``chance`` (of
    being in the most affected fifth), ``word`` (:data:`CLEAR_IN`, :data:`CLEAR_OUT`, :data:`UNCLEAR`, or blank when not scored),
    ``against_band`` (the band as scored and the chance point in different directions), ``driver`` (the greatest of ``total_method,
    total_data, total_weights, total_geography``, or none), ``data_low, data_high`` and ``weights_low, weights_high`` (band interval
    when only the figures or only the weights are drawn, at our method),
    ``corner_low, corner_high`` (with all weight on one domain), ``geography_tested``,
    and ``first_`` and ``total_`` shares of variance for method (scale and mean together), scale, mean, weights, geography, data."""
    index: pd.DataFrame
    """By choice: ``first, total`` shares over all wards pooled, and ``first_shift, total_shift`` shares of the mean shift in
    place of the wards under each of ``methods`` (no data draws)."""
    methods: pd.DataFrame
    """One row a method: ``scale, mean, weights, geography, shift`` (mean shift in place from ours, hundredths of the nation)
    and ``other_band`` (share of wards that land in another band). Sets of weights that come to the same in every nation here are one."""
    places: pd.DataFrame
    """For working with, never shown: ``low, middle, high`` of each ward's place under our method when figures are drawn."""
    notes: tuple[str, ...]
    ways: Mapping[str, tuple[int, int]]
    """By nation: how many ways were tried, and how many of them differ there (see ``notes``)."""

    @property
    def driver(self) -> str:
        """What moves these wards most, pooled: as ``driver`` of a ward, from ``index``."""
        return str(variance.most({name: np.array([self.index.at[name, "total"]], dtype=float) for name in DRIVERS})[0])


def figures_of(evidence: Evidence, nation: str, preset: MethodPreset, rules: UncertaintyRules) -> Figures:
    """A nation's ward figures and how far each may be off, from a release."""
    wards = evidence.areas.index[evidence.areas["nation"] == nation]
    names = list(dict.fromkeys(i.measure for d in preset.domain for i in d.indicator))

    def of(what: str) -> pd.DataFrame:
        return evidence.wide("ward", what).reindex(index=wards, columns=names)

    values = of("value").where(of("observed") >= geography_rules().minimum_observed)
    size = of("of")
    error = evidence.areas["error_p90"].reindex(wards)
    # The release widens the range of a rough ward by its error of fit, which is drawn by itself here: take it out again.
    rough = error.where(error > WIDE_RANGE, 0.0)
    count = of("count")
    low = of("low").div(1 - rough, axis=0).fillna(count)
    high = of("high").div(1 + rough, axis=0).fillna(count)
    # Ranges are in whole people, so that less than two either way is rounding and not a withheld cell.
    withheld = (high - low) >= 4
    below = ((count - low) / size).clip(lower=0).where(withheld, 0.0).fillna(0.0)
    above = ((high - count) / size).clip(lower=0).where(withheld, 0.0).fillna(0.0)
    classes = {"good": rules.fit.good, "fair": rules.fit.fair, "rough": rules.fit.rough}
    fit = evidence.areas["error_class"].reindex(wards).map(classes).astype(float)
    bounded = {name: bool(count[name].notna().any()) for name in names}
    return Figures(values, drawing.own_errors(size, values, rules), fit, below, above, bounded)


def uncertainty(
    evidence: Evidence,
    area_codes: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    *,
    seed: int | None = None,
    draws: int | None = None,
    weight_draws: int | None = None,
    progress: Progress | None = None,
    workers: int = 2,
) -> Uncertainty:
    """How sure the bands of some wards are, and what drives them.

    Parameters
    ----------
    area_codes
        Wards to look at, all when None. Each is compared with its whole nation, so that a council
        alone gives the rows of the national run.
    weights
        Domain weights in use, in any scale; each nation's preset when None.
    seed, draws, weight_draws
        Those of ``judgement/uncertainty.toml`` unless given. The same seed gives the same bytes.
    progress
        Called with a sentence and the share done.
    workers
        Threads; the result does not depend on it.

    Raises
    ------
    UsageError
        For weights we cannot use.
    NothingToAssess
        When no ward is asked for.
    """
    codes = list(evidence.areas.index if area_codes is None else area_codes)
    if not codes:
        raise NothingToAssess("No ward was chosen. Name at least one council.")
    rules = uncertainty_rules()
    seed, draws = rules.seed if seed is None else seed, rules.draws if draws is None else draws
    weight_draws = rules.weight_draws if weight_draws is None else weight_draws
    say = progress or (lambda text, share: None)
    nations = evidence.areas["nation"].reindex(codes)
    bands = risk.score(evidence, codes, weights)["band"]
    found, notes = [], []
    ways: dict[str, tuple[int, int]] = {}
    done = 0
    for name, members in nations.groupby(nations, sort=False):
        preset = method_for(str(name))
        if preset is None:
            done += len(members)
            continue
        if not _figures_held(evidence, members.index, preset):
            notes.append(f"{name}: none of these wards has every figure that the score needs, so nothing was tried.")
            done += len(members)
            continue
        say(f"Making {name} ready", done / len(codes))
        nation = _nation(evidence, str(name), preset, rules, seed, draws)
        own = [code for code in members.index if code in nation.plain.index]
        if own:
            start = done
            found.append(
                one := run(
                    nation,
                    own,
                    risk.normalised_weights(preset, weights),
                    draws=draws,
                    weight_draws=weight_draws,
                    progress=lambda share, n=len(own), s=start, w=name: say(f"Trying every method in {w}", (s + share * n) / len(codes)),  # type: ignore[misc]
                    workers=workers,
                )
            )
            ways[str(name)], said = _ways(str(name), nation, one, rules)
            notes += said
        done += len(members)
    say("Done", 1.0)
    return _gathered(codes, bands, found, tuple(notes), rules, ways)


def _ways(name: str, nation: Nation, found: Found, rules: UncertaintyRules) -> tuple[tuple[int, int], list[str]]:
    """How many ways were tried in a nation and how many of them differ; and what is the same there, in words."""
    notes = []
    scales, geographies = len(SCALES), len(GEOGRAPHIES)
    for kept in found.sets:
        if dropped := [f"'{rules.weights[at].label}'" for at, first in enumerate(found.same) if first == kept != at]:
            notes.append(
                f"{name}: with its parts and these weights {join_words(dropped)} {'comes' if len(dropped) == 1 else 'come'} to the same as "
                f"'{rules.weights[kept].label}', which is counted once."
            )
    if not nation.tested.any():
        geographies = 1
        notes.append(f"{name}: this release holds no best-fit figures, so geography was not tested.")
    if all(treatment.how == "none" for of in nation.frame.scales for treatment in of[SCALES.index("min_max_treated")].treatments):
        scales -= sum(scale.endswith("_treated") for scale in SCALES)
        notes.append(f"{name}: no domain has outliers that call for treatment, so the treated scales equal the plain ones.")
    tried = len(SCALES) * len(MEANS) * len(found.sets) * len(GEOGRAPHIES)
    different = scales * len(MEANS) * len(found.sets) * geographies
    if different < tried:
        notes.append(f"{name}: of the {tried} ways {different} differ; those that are equal count as many times as they are tried.")
    return (tried, different), notes


def _figures_held(evidence: Evidence, codes: pd.Index, preset: MethodPreset) -> bool:
    """Whether any of the wards has every measure."""
    names = [i.measure for d in preset.domain for i in d.indicator]
    return bool(evidence.wide("ward", "value").reindex(index=codes, columns=names).notna().all(axis=1).any())


def _nation(evidence: Evidence, name: str, preset: MethodPreset, rules: UncertaintyRules, seed: int, draws: int) -> Nation:
    """Made ready once for a release and seed, since every slider needs it."""
    key = ("uncertainty", f"{name}/{seed}/{draws}")
    if key not in evidence.cache:
        held = evidence.alternative
        other = held.pivot(index="area_code", columns="domain", values="value") if len(held) else None
        evidence.cache[key] = prepare(figures_of(evidence, name, preset, rules), preset.domain, other, rules, seed=seed, draws=draws)
    nation: Nation = evidence.cache[key]
    return nation


def _gathered(
    codes: Sequence[str],
    bands: pd.Series,
    found: Sequence[Found],
    notes: tuple[str, ...],
    rules: UncertaintyRules,
    ways: Mapping[str, tuple[int, int]] | None = None,
) -> Uncertainty:
    frames = []
    for one in found:
        frame = pd.DataFrame(one.columns, index=one.codes)
        with np.errstate(invalid="ignore", divide="ignore"):
            of = np.where(one.variance > 1e-9, one.variance, np.nan)
            for name in GROUPS:
                frame[f"first_{name}"], frame[f"total_{name}"] = one.first[name] / of, one.total[name] / of
        # What was not tried has no share, rather than a share of nothing.
        frame.loc[~one.tested, ["first_geography", "total_geography"]] = np.nan
        if len(one.sets) == 1:
            frame[["first_weights", "total_weights"]] = np.nan
        frames.append(frame)
    table = pd.concat(frames).reindex(list(codes)) if frames else pd.DataFrame(index=list(codes))
    inside = ["place_low", "place_middle", "place_high"]
    places = table.reindex(columns=inside).rename(columns=lambda c: c.removeprefix("place_"))
    wards = pd.DataFrame(index=table.index)
    wards["scored"] = table.get("chance", pd.Series(np.nan, table.index)).notna()
    wards["band"] = bands.reindex(table.index)
    for name in ("band_low", "band_high"):
        wards[name] = table.get(name, pd.Series(np.nan, table.index)).astype("Int64")
    wards["chance"] = table.get("chance", pd.Series(np.nan, table.index))
    chance, top = wards["chance"], wards["band"].eq(len(EDGES) + 1).fillna(False).astype(bool)
    said = np.select([chance >= rules.clear_from, chance <= rules.clear_to], [CLEAR_IN, CLEAR_OUT], UNCLEAR)
    wards["word"] = np.where(wards["scored"], said, "")
    wards["against_band"] = wards["scored"] & np.where(top, chance < 0.5, chance > 0.5)
    wards["driver"] = table.get("driver", pd.Series("", table.index)).fillna("")
    for name in ("data_low", "data_high", "weights_low", "weights_high", "corner_low", "corner_high"):
        wards[name] = table.get(name, pd.Series(np.nan, table.index)).astype("Int64")
    wards["weights_chance"] = table.get("weights_chance", pd.Series(np.nan, table.index))
    wards["geography_tested"] = table.get("geography_tested", pd.Series(False, table.index)).fillna(False).astype(bool)
    for name in GROUPS:
        for kind in ("first", "total"):
            wards[f"{kind}_{name}"] = table.get(f"{kind}_{name}", pd.Series(np.nan, table.index))
    wards, places = wards.rename_axis("area_code"), places.rename_axis("area_code")
    return Uncertainty(wards, _index(found), _methods(found, rules), places, notes, ways or {})


def _index(found: Sequence[Found]) -> pd.DataFrame:
    """Shares over all wards pooled, and shares of the mean shift in place over the methods."""
    rows = pd.DataFrame(index=pd.Index(GROUPS, name="choice"), columns=["first", "total", "first_shift", "total_shift"], dtype=float)
    whole = sum(float(one.variance.sum()) for one in found)
    untried = {"weights"} if len(_sets(found)) == 1 else set()
    for name in GROUPS:
        if whole > 0 and name not in untried:
            rows.loc[name, "first"] = sum(float(one.first[name].sum()) for one in found) / whole
            rows.loc[name, "total"] = sum(float(one.total[name].sum()) for one in found) / whole
    if found:
        shift = _shift(found).reshape(1, len(SCALES), len(MEANS), -1, len(GEOGRAPHIES))
        spread, parts = variance.parts(shift, {name: axes for name, axes in GROUPS.items() if name not in {"data", *untried}})
        for name, (first, total) in parts.items():
            if spread[0] > 0:
                rows.loc[name, ["first_shift", "total_shift"]] = [first[0] / spread[0], total[0] / spread[0]]
    return rows


def _sets(found: Sequence[Found]) -> list[int]:
    """The sets of weights that were run in any of the nations."""
    return sorted({one for each in found for one in each.sets})


def _means(found: Sequence[Found]) -> Array:
    """ward x method, of all nations: where one nation has a set of weights that another lacks, the one it comes to there."""
    rows = []
    for one in found:
        held = one.means.reshape(len(one.means), len(SCALES), len(MEANS), len(one.sets), len(GEOGRAPHIES))
        at = [one.sets.index(one.same[which]) for which in _sets(found)]
        rows.append(held[:, :, :, at].reshape(len(held), -1))
    return np.concatenate(rows)


def _shift(found: Sequence[Found]) -> Array:
    """By method: how far wards stand from where ours puts them, on average."""
    means = _means(found)
    result: Array = np.abs(means - means[:, :1]).mean(axis=0)
    return result


def _methods(found: Sequence[Found], rules: UncertaintyRules) -> pd.DataFrame:
    names = ["scale", "mean", "weights", "geography"]
    sets = _sets(found) if found else range(len(rules.weights))
    levels = [SCALES, MEANS, tuple(rules.weights[at].id for at in sets), GEOGRAPHIES]
    table = pd.MultiIndex.from_product(levels, names=names).to_frame(index=False)
    if not found:
        return table.assign(shift=np.nan, other_band=np.nan)
    means = _means(found)
    band = np.searchsorted(np.array(EDGES), means, side="right")
    return table.assign(shift=_shift(found), other_band=(band != band[:, :1]).mean(axis=0))


__all__ = ["CLEAR_IN", "CLEAR_OUT", "UNCLEAR", "Uncertainty", "figures_of", "uncertainty"]
