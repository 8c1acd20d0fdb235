"""How many residents aged 16 and over are unlikely to use the internet, and how sure that is.

National survey rates by age and disability, applied to each ward's own ages and own number of
disabled people. The ward's table of age by disability is raked from the survey's to the ward's two
margins (:mod:`exclusion.people.raking`). It is a synthetic estimate: two wards with the same ages and
disability get the same answer, whatever else differs between them; the intervals allow for what else
may differ (:mod:`exclusion.people.doubt`).

Wards add up to their nation: one ratio per nation brings the sum of its wards to what the same rates
give for the nation's own ages and disability. (Raking bends, so the two differ by a quarter of a per
cent.) A council is the sum of its wards. A council's interval comes from joint draws, in which errors
that wards share do not average out; never add ends of intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.arrays import IntegerArray

from exclusion.judgement.score import PeopleRates, people_rates
from exclusion.people import doubt, raking
from exclusion.people.level import Scale, declared_scale, own_scale
from exclusion.release import Evidence
from exclusion.sources.boundaries import NATION_CODE

Array = NDArray[np.float64]
SMALLEST = 10
ENDS = {"low95": 0.025, "low80": 0.1, "high80": 0.9, "high95": 0.975}
WHOLE = 0.001
"""A release holds a whole nation when its wards' residents come within this share of the nation's."""


TOGETHER = 128
"""Areas broken down at once: a table for each took most of the time of a national workbook, one for all of them a lot of memory."""


@dataclass(frozen=True)
class PeopleEstimate:
    """Estimates of some wards with the draws they share.

    ``table`` is what :func:`estimate` returns. ``draws`` (wards x draws) are joint: column k of every
    ward, in this or any other estimate with the same seed, is one and the same imagined world, so
    sums over wards are taken column by column. Both are at 2020 rates, unrounded, draws read-only.
    """

    table: pd.DataFrame
    draws: Array
    scale: Scale
    rates: PeopleRates
    places: pd.DataFrame
    ages: Array  # wards x (children, ages): residents
    cells: Array  # wards x (children, ages): disabled residents, raked

    @property
    def definition(self) -> str:
        """What is counted, and at which date's rates."""
        if not self.scale.own:
            return self.rates.definition
        dated = self.rates.definition.split(";")[0]
        return f"{dated}, multiplied by {self.scale.low:g} ({self.scale.reason})"

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be said beside the figures."""
        return (self.scale.notice,) if self.scale.own else ()

    @cached_property
    def row(self) -> dict[str, int]:
        """Position of each area code."""
        return {str(code): number for number, code in enumerate(self.table.index)}


def estimate(
    counts: pd.DataFrame,
    population: pd.Series,
    rates: PeopleRates | None = None,
    *,
    places: pd.DataFrame | None = None,
    ratios: Mapping[str, float] | None = None,
    scale: Scale | None = None,
) -> pd.DataFrame:
    """Residents aged 16 and over unlikely to use the internet, by area: the table of :func:`joint`, which says what to give.

    Returns
    -------
    DataFrame indexed by area code
        ``low, high`` (people, rounded to 10, blank under 10 or without data: from the 80 per cent low
        end at the low scale to the 80 per cent high end at the high scale), ``label`` (those two in
        words), ``adults``, ``low_raw, high_raw`` (unrounded), and at 2020 rates ``estimate_raw``
        (unrounded: these add up), ``estimate_2020, low80, high80, low95, high95`` (rounded to 10,
        blank under 10), ``wide`` (the 80 per cent interval is wider than the estimate). An area that
        lacks any age group or the disability count has no estimate.
    """
    return joint(counts, population, rates, places=places, ratios=ratios, scale=scale).table


def joint(
    counts: pd.DataFrame,
    population: pd.Series,
    rates: PeopleRates | None = None,
    *,
    places: pd.DataFrame | None = None,
    ratios: Mapping[str, float] | None = None,
    scale: Scale | None = None,
) -> PeopleEstimate:
    """Estimates of some areas with their joint draws.

    Parameters
    ----------
    counts
        ``area_code`` x ``measure`` matrix of counts: the age groups named in
        ``judgement/people.toml`` and ``disabled`` (all ages).
    population
        Residents of all ages by area code.
    rates
        Rates and errors to use, ours when None.
    places
        ``nation, council_code, error_p90`` by area code. Without it every area is a council of its
        own in an unnamed nation, and its counts are taken as exact.
    ratios
        What brings a nation's wards to its total, by nation (:func:`controls`); 1 for any other.
    scale
        :func:`declared_scale` when None.
    """
    rates = rates or people_rates()
    places = _places(counts, places)
    ratio: Array = np.array([(ratios or {}).get(str(nation), 1.0) for nation in places["nation"]])
    ages, cells = _rake(counts, population, rates)
    raw = ratio * _central(ages, cells, rates)
    drawn = _drawn(ages, cells, ratio, places, rates)
    adults = ages[:, 1:].sum(axis=1)
    table = _table(np.minimum(raw, adults), drawn, adults, counts.index, scale or declared_scale(rates), rates)
    drawn.setflags(write=False)
    return PeopleEstimate(table, drawn, scale or declared_scale(rates), rates, places.assign(ratio=ratio), ages, cells)


def of_areas(evidence: Evidence, area_codes: Sequence[str], scale: Scale | None = None) -> PeopleEstimate:
    """Estimates of wards of a release, tied to their nation's total; kept with the evidence.

    A ward gets the same figures in whatever selection it is asked for. Weights play no part, so a
    slider costs nothing here.
    """
    codes = tuple(area_codes)

    def work() -> PeopleEstimate:
        places = evidence.areas.loc[list(codes), ["nation", "council_code", "error_p90", "population"]]
        counts = evidence.wide("ward", "count").reindex(places.index)
        ratios = {str(nation): float(ratio) for nation, ratio in controls(evidence)["ratio"].items()}
        return joint(counts, places["population"], places=places, ratios=ratios, scale=scale)

    return evidence.recent(("people of wards", codes, scale), work)


def controls(evidence: Evidence) -> pd.DataFrame:
    """What each nation's wards must add up to, at 2020 rates.

    Returns
    -------
    DataFrame indexed by nation
        ``control`` (the rates applied to the nation's own ages and disability), ``wards`` (the sum
        of its wards before), ``ratio``. A nation is left out when the release lacks its own figures
        or does not hold all its wards with their figures (but for a few wards too small to have
        any): part of a nation cannot be brought to the whole. District totals can take the place of this one when they are held.
    """
    key = ("people controls", "nation")
    if key in evidence.cache:
        kept: pd.DataFrame = evidence.cache[key]
        return kept
    rates = people_rates()
    counts, national = evidence.wide("ward", "count").reindex(evidence.areas.index), evidence.wide("nation", "count")
    everyone = evidence.wide("nation", "of").reindex(columns=[rates.rate[-1].id]).iloc[:, 0]
    found = {}
    for nation, here in evidence.areas.groupby("nation"):
        code = NATION_CODE.get(str(nation), "")
        if code not in national.index:
            continue
        each = _central(*_rake(counts.loc[here.index], here["population"], rates), rates)
        known = np.isfinite(each)
        wards = float(each[known].sum())
        # A few wards too small to have figures are left out, with their share of the nation's residents.
        held = float(here["population"][known].sum() / here["population"].sum())
        control = float(_central(*_rake(national.loc[[code]], everyone, rates), rates)[0]) * held
        covered = here["population"].sum() / everyone[code]
        if wards > 0 and np.isfinite(control) and abs(covered - 1) <= WHOLE and 1 - held <= WHOLE:
            found[nation] = {"control": control, "wards": wards, "ratio": control / wards}
    table = pd.DataFrame.from_dict(found, orient="index", columns=["control", "wards", "ratio"])
    evidence.cache[key] = table
    return table


def total(people: pd.DataFrame | PeopleEstimate, area_codes: Sequence[str] | None = None) -> pd.DataFrame:
    """The same columns for several areas together, one row; an area without an estimate makes it unknown.

    Given a :class:`PeopleEstimate` the interval comes from the joint draws. Given only a table it
    comes from adding the ends, which is too wide: as if every error were shared by all areas.
    """
    if isinstance(people, PeopleEstimate):
        rows = list(range(len(people.table))) if area_codes is None else [people.row[code] for code in area_codes]
        part = people.table.iloc[rows]
        return _table(
            np.array([part["estimate_raw"].sum(skipna=False)]),
            people.draws[rows].sum(axis=0, keepdims=True),
            np.array([part["adults"].sum(skipna=False)]),
            pd.RangeIndex(1),
            people.scale,
            people.rates,
        )
    part = people if area_codes is None else people.loc[list(area_codes)]
    sums = part[["low_raw", "high_raw", "adults"]].sum(skipna=False).to_frame().T
    return _said(sums)


def breakdown(people: PeopleEstimate, area_codes: Sequence[str] | None = None, *, together: bool = False) -> pd.DataFrame:
    """The estimate by age and disability.

    Parameters
    ----------
    area_codes
        Which of the areas, all when None.
    together
        One table for all of them instead of one each; its ``area_code`` is ``all``.

    Returns
    -------
    One row per area, age and disability
        ``area_code, age, age_label, disability`` (disabled, not disabled, all), ``people`` (residents in the
        cell, raked) and the columns of :func:`estimate`. Rows ``all`` hold the sums, with intervals
        of their own. ``estimate_raw`` of the cells adds up to the area's.
    """
    rates, survey = people.rates, doubt.survey(people.rates)
    codes = list(people.row) if area_codes is None else list(area_codes)
    names = [(rate.id, who) for rate in rates.rate for who in ("disabled", "not disabled")]
    level = np.array([[rate.disabled, rate.not_disabled] for rate in rates.rate]).ravel()
    rows = [people.row[code] for code in codes]
    places = people.places.iloc[rows]
    ages, cells, ratio = people.ages[rows], people.cells[rows], places["ratio"].to_numpy(float)
    held = np.stack([cells[:, 1:], (ages - cells)[:, 1:]], axis=2).reshape(len(codes), len(names))
    raw = held * level * ratio[:, None]
    frames, summed = [], np.zeros((len(names), rates.errors.draws))
    for start in range(0, len(codes), TOGETHER):
        part = slice(start, start + TOGETHER)
        drawn = np.stack([_drawn_cells(*area, survey) for area in zip(ages[part], cells[part], strict=True)])
        drawn *= ratio[part, None, None]
        drawn *= doubt.factors(places.iloc[part], rates)[:, None, :]
        called = [f"{code}|{age}|{who}" for code in codes[part] for age, who in names]
        flat = _by_chance(drawn.reshape(len(called), -1), held[part].reshape(-1, 1), called, rates)
        drawn = flat.reshape(drawn.shape)
        if together:
            summed += drawn.sum(axis=0)
        else:
            frames.append(_grouped(codes[part], names, held[part], raw[part], drawn, people.draws[rows[part]], people))
    if together:
        whole = people.draws[rows].sum(axis=0)
        frames.append(_grouped(["all"], names, held.sum(axis=0)[None], raw.sum(axis=0)[None], summed[None], whole[None], people))
    return pd.concat(frames, ignore_index=True)


# --------------------------------------------------------------------------- the steps


def _places(counts: pd.DataFrame, places: pd.DataFrame | None) -> pd.DataFrame:
    if places is not None:
        return pd.DataFrame(places.loc[counts.index, ["nation", "council_code", "error_p90"]])
    return pd.DataFrame({"nation": "", "council_code": [str(code) for code in counts.index], "error_p90": 0.0}, index=counts.index)


def _rake(counts: pd.DataFrame, population: pd.Series, rates: PeopleRates) -> tuple[Array, Array]:
    """Residents and disabled residents by area x (children, ages); blank where a margin is."""
    bands = counts.reindex(columns=[rate.id for rate in rates.rate]).to_numpy(float)
    disabled = counts.reindex(columns=["disabled"]).to_numpy(float)[:, 0]
    children = np.maximum(population.reindex(counts.index).to_numpy(float) - bands.sum(axis=1), 0)
    ages = np.column_stack([children, bands])
    ages[np.isnan(ages).any(axis=1) | np.isnan(disabled)] = np.nan
    # The children's share is the census's, the others the survey's: put all on the census's footing.
    survey = raking.log_odds(np.array([rate.disabled_share for rate in rates.rate])) + rates.census_gap.log_odds
    start = np.concatenate([raking.log_odds(np.array([rates.children.disabled_share])), survey])
    return ages, raking.rake(start, ages, disabled)


def _central(ages: Array, cells: Array, rates: PeopleRates) -> Array:
    with_rate = np.array([rate.disabled for rate in rates.rate])
    without_rate = np.array([rate.not_disabled for rate in rates.rate])
    return np.asarray(cells[:, 1:] @ with_rate + (ages - cells)[:, 1:] @ without_rate)


def _drawn(ages: Array, cells: Array, ratio: Array, places: pd.DataFrame, rates: PeopleRates) -> Array:
    """Areas x draws of the number of people. The start table's error enters to first order (:func:`raking.response`)."""
    survey = doubt.survey(rates)
    gap = np.column_stack([np.zeros(len(survey.disabled)), survey.disabled - survey.not_disabled])
    give, weight = raking.response(cells, ages)
    expected = cells[:, 1:] @ survey.disabled.T + (ages - cells)[:, 1:] @ survey.not_disabled.T
    expected += give @ (survey.tilt * gap).T - (weight @ survey.tilt.T) * (give @ gap.T)
    expected *= ratio[:, None]
    expected *= doubt.factors(places, rates)
    return _by_chance(expected, ages[:, 1:].sum(axis=1)[:, None], [str(code) for code in places.index], rates)


def _drawn_cells(ages: Array, cells: Array, survey: doubt.SurveyDraws) -> Array:
    """(Ages x 2) x draws of one area before its factors: disabled and other people of each age in turn."""
    give, weight = raking.response(cells[None], ages[None])
    moved = give[0] * (survey.tilt - (survey.tilt @ weight[0])[:, None])
    disabled = np.clip(cells + moved, 0, ages)[:, 1:]
    both = np.stack([disabled * survey.disabled, (ages[1:] - disabled) * survey.not_disabled], axis=2)
    return np.asarray(both.reshape(len(both), -1).T)


def _by_chance(expected: Array, most: Array, names: list[str], rates: PeopleRates) -> Array:
    """Who happens to live there: a number round what is expected, never below 0 or above the people there are."""
    expected = np.clip(expected, 0, most)
    room = np.divide(expected, most, out=np.zeros_like(expected), where=most > 0)
    spread = np.sqrt(expected * (1 - room))
    spread *= doubt.normals(names, "chance", rates.errors.draws, rates.errors.seed)
    return np.asarray(np.clip(expected + spread, 0, most))


# --------------------------------------------------------------------------- the tables


def _grouped(
    codes: Sequence[str], names: list[tuple[str, str]], held: Array, raw: Array, drawn: Array, whole: Array, people: PeopleEstimate
) -> pd.DataFrame:
    """Every cell and every sum of cells of some areas; ``whole`` are the draws of each area as its own row of the table has them."""
    labels = {rate.id: rate.label for rate in people.rates.rate} | {"all": "16 and over"}
    front, own = [], []
    for age, label in labels.items():
        for who in ("disabled", "not disabled", "all"):
            front.append((age, label, who))
            own.append([age in ("all", name) and who in ("all", their) for name, their in names])
    take = np.array(own, dtype=float)
    draws = np.matmul(take, drawn)
    draws[:, -1] = whole
    index = pd.RangeIndex(len(codes) * len(front))
    raw_sums, held_sums = (np.matmul(take, values[:, :, None]).ravel() for values in (raw, held))
    table = _table(raw_sums, draws.reshape(len(index), -1), held_sums, index, people.scale, people.rates)
    keys = pd.DataFrame(front * len(codes), columns=["age", "age_label", "disability"])
    keys.insert(0, "area_code", [code for code in codes for _ in front])
    return pd.concat([keys, table.rename(columns={"adults": "people"})], axis=1)


def _table(raw: Array, draws: Array, adults: Array, index: pd.Index, scale: Scale, rates: PeopleRates) -> pd.DataFrame:
    ends = dict(zip(ENDS, np.quantile(draws, list(ENDS.values()), axis=1), strict=True))
    low, high = (np.minimum(values, adults) for values in (ends["low80"] * scale.low, ends["high80"] * scale.high))
    columns = _worded(low, high, adults) | {"estimate_raw": raw, "estimate_2020": _round10(raw)}
    columns |= {name: _round10(values) for name, values in ends.items()}
    columns["wide"] = (ends["high80"] - ends["low80"] > rates.badge.width * raw) & (raw > 0)
    return pd.DataFrame(columns, index=index)


def _round10(values: Array) -> IntegerArray:
    """Rounded to 10; fewer than 10 and unknown are blank."""
    known = values >= SMALLEST
    return IntegerArray(np.where(known, np.rint(values / 10) * 10, 0).astype("int64"), ~known)


def _said(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(_worded(*(frame[name].to_numpy(float) for name in ("low_raw", "high_raw", "adults"))), index=frame.index)


def _worded(low: Array, high: Array, adults: Array) -> dict[str, Any]:
    """The columns that every table begins with."""
    label = [_label(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]
    return {"low": _round10(low), "high": _round10(high), "label": label, "adults": adults, "low_raw": low, "high_raw": high}


def _label(low: float, high: float) -> str:
    if np.isnan(high):
        return "no estimate"
    if high < SMALLEST:
        return "fewer than 10"
    ends = [f"{round(value / 10) * 10:,}" for value in (low, high)]
    if low < SMALLEST:
        return f"up to about {ends[1]}"
    return f"about {ends[0]}" if ends[0] == ends[1] else f"about {ends[0]} to {ends[1]}"


__all__ = ["PeopleEstimate", "Scale", "breakdown", "controls", "declared_scale", "estimate", "joint", "of_areas", "own_scale", "total"]
