"""What makes a ward's score, which wards are like it, and what would move its band.

Tables in, tables out. Bands are fifths of the nation, so every "what if" here leaves all other wards
as they are. Nothing is ordered by score: places are listed by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import risk
from exclusion.contracts import NothingToAssess, Problem, UsageError
from exclusion.judgement.score import Domain, MethodPreset, measures, method_for, methods
from exclusion.release import Evidence
from exclusion.words import join_words, two_figures, within

Array = NDArray[np.float64]
NEXT = {"lower": -1, "higher": 1}
HAIR = 1e-9
"""Bands are cut at risks rounded to 9 decimals: the least step that counts."""


def contributions(scores: pd.DataFrame) -> pd.DataFrame:
    """What each domain adds to or takes from a ward's score; for a chart and the table beside it.

    Parameters
    ----------
    scores
        As :func:`exclusion.risk.score` gives them.

    Returns
    -------
    One row a ward and domain of its method, in the method's order: ``area_code, domain, label, percentile, weight,
    contribution`` (points of risk away from 50; of one ward they add up to risk - 50) and ``words``. Wards
    without a score are left out: a part of an unknown whole would read as one.
    """
    labels = {d.id: d.label for preset in methods().values() for d in preset.domain}
    parts = []
    for number, (name, label) in enumerate(labels.items()):
        if f"contribution_{name}" not in scores:
            continue
        rows = scores[scores["scored"].astype(bool) & scores[f"contribution_{name}"].notna()]
        frame = pd.DataFrame({"area_code": rows.index, "domain": name, "label": label, "place": number})
        for column in ("percentile", "weight", "contribution"):
            frame[column] = rows[f"{column}_{name}"].to_numpy(float)
        parts.append(frame)
    table = pd.concat(parts, ignore_index=True)
    order = {code: number for number, code in enumerate(scores.index)}
    table = table.sort_values(["area_code", "place"], key=lambda c: c.map(order) if c.name == "area_code" else c, ignore_index=True)
    table["words"] = [
        _pull(label, place, points) for label, place, points in zip(table["label"], table["percentile"], table["contribution"], strict=True)
    ]
    return table.drop(columns="place")


def _pull(label: str, percentile: float, points: float) -> str:
    what = f"{label}: {percentile:.0f} out of 100 in its nation"
    if abs(points) < 0.05:
        return f"{what}, which leaves the score where it is."
    return f"{what}, which {'raises' if points > 0 else 'lowers'} the score by {abs(points):.1f} points."


def similar(
    evidence: Evidence, area_code: str, weights: Mapping[str, float] | None = None, count: int = 6, elsewhere: bool = False
) -> pd.DataFrame:
    """The wards of the nation most like one ward in what makes up its score, to compare notes with.

    Parameters
    ----------
    weights
        Of the domains, in any scale; a domain that weighs more must be more alike.
    count
        How many wards.
    elsewhere
        Leave out the ward's own council.

    Returns
    -------
    Indexed by ``area_code``, by name and not by likeness: ``area_name, council_name, apart`` (weighted distance in
    percentile points: the root of the weighted mean square) and ``percentile_<domain>``.

    Raises
    ------
    UsageError
        For a ward the release does not hold, or weights we cannot use.
    NothingToAssess
        When the ward has no score.
    """
    if area_code not in evidence.areas.index:
        raise UsageError(Problem("ward", "is not in this release", area_code, "Give the code of a ward of this release."))
    nation = str(evidence.areas.at[area_code, "nation"])
    preset = method_for(nation)
    wide = _standing(evidence, nation)
    if preset is None or area_code not in wide.index:
        raise NothingToAssess(f"{evidence.areas.at[area_code, 'area_name']} has no score, so no ward can be called like it.")
    shares = risk.normalised_weights(preset, weights)
    own = wide.loc[area_code, list(shares)].to_numpy(float)
    others = wide.drop(index=area_code)
    if elsewhere:
        others = others[evidence.areas["council_code"].reindex(others.index) != evidence.areas.at[area_code, "council_code"]]
    apart = np.sqrt((others[list(shares)].to_numpy(float) - own) ** 2 @ np.array(list(shares.values())))
    # Of equally like wards the first by code, so that a list is the same every time.
    nearest = others.index[np.lexsort((others.index.to_numpy(dtype=str), apart.round(9)))][:count]
    table = evidence.areas.loc[nearest, ["area_name", "council_name"]].copy()
    table["apart"] = pd.Series(apart, others.index).reindex(nearest)
    for name in shares:
        table[f"percentile_{name}"] = others.loc[nearest, name]
    named: pd.DataFrame = pd.DataFrame(table).sort_values(["area_name", "council_name"])
    return named.rename_axis("area_code")


def _standing(evidence: Evidence, nation: str) -> pd.DataFrame:
    """Domain percentiles of every scored ward of a nation."""
    key = ("comparison", nation)
    if key not in evidence.cache:
        rows = evidence.reference_wards[evidence.reference_wards["nation"] == nation]
        evidence.cache[key] = rows.pivot(index="area_code", columns="domain", values="percentile").dropna()
    table: pd.DataFrame = evidence.cache[key]
    return table


def drop_one(evidence: Evidence, area_codes: Sequence[str], weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """The band of each ward if one domain were left out and the others made up to the whole.

    Returns
    -------
    One row a ward and domain of its method: ``area_code, domain, label, band, band_without, moves`` (bands up, below zero = down)
    and ``words``. Blank where a ward has no score, or nothing is left to score it by.
    """
    scores = risk.score(evidence, area_codes, weights)
    nations = evidence.areas["nation"].reindex(list(area_codes))
    parts = []
    for nation, members in nations.groupby(nations, sort=False):
        preset = method_for(str(nation))
        if preset is None:
            continue
        own = risk.normalised_weights(preset, weights)
        band = scores.loc[members.index, "band"]
        for domain in preset.domain:
            rest = {name: 0.0 if name == domain.id else weight for name, weight in own.items()}
            if sum(rest.values()) > 0:
                without = risk.score(evidence, list(members.index), rest)["band"]
            else:
                without = pd.Series(pd.NA, members.index, dtype="Int64")
            frame = pd.DataFrame({"area_code": members.index, "domain": domain.id, "label": domain.label})
            frame["band"], frame["band_without"] = band.array, without.array
            parts.append(frame)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["area_code", "domain", "label", "band", "band_without"])
    table["moves"] = table["band_without"] - table["band"]
    table["words"] = [_without(row) for row in table.itertuples(index=False)]
    order = {code: number for number, code in enumerate(area_codes)}
    return table.sort_values("area_code", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _without(row: Any) -> str:
    if pd.isna(row.moves):
        return f"Without {within(row.label)} there is no band to give."
    if row.moves == 0:
        return f"Without {within(row.label)} the band stays {risk.BANDS[row.band]}."
    return f"Without {within(row.label)} the band would be {risk.BANDS[row.band_without]} in place of {risk.BANDS[row.band]}."


# ---------------------------------------------------------------------- least change


def least_change(evidence: Evidence, scores: pd.DataFrame) -> pd.DataFrame:
    """The least that would have to be different for a ward to fall in the next band, down or up.

    Two answers for each: one domain alone, and all domains together by as little as can be (the
    shortest distance in percentile points, so that each moves in step with its weight).

    Parameters
    ----------
    scores
        As :func:`exclusion.risk.score` gives them; the weights are read from it.

    Returns
    -------
    One row a scored ward, direction, way and domain: ``area_code, direction`` (lower, higher), ``way`` (alone,
    together), ``domain, label, band, new_band, possible, percentile, new_percentile, change`` (percentile points),
    ``distance`` (length of the change: of all domains when together), ``least`` (the smallest of the single domains), ``people``
    (how many fewer or more of those the domain counts, in the same mix of ages; blank where it does not count people) and
    ``words``. A band at the end of the scale has no row beyond it. What cannot be done has ``possible`` False
    and blanks.
    """
    nations = evidence.areas["nation"].reindex(scores.index)
    parts = []
    for nation, members in nations.groupby(nations, sort=False):
        preset = method_for(str(nation))
        rows = scores.loc[members.index]
        rows = rows[rows["scored"].astype(bool)]
        if preset is None or rows.empty:
            continue
        shares = {d.id: float(rows[f"weight_{d.id}"].iloc[0]) for d in preset.domain}
        cuts, _ = risk.band_edges(evidence, str(nation), shares)
        parts += [_towards(evidence, str(nation), preset, rows, shares, cuts.round(9), direction) for direction in NEXT]
    columns = ["area_code", "direction", "way", "domain", "label", "band", "new_band", "possible", "percentile", "new_percentile"]
    columns += ["change", "distance", "least", "people", "words"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    order = {code: number for number, code in enumerate(scores.index)}
    return table.sort_values("area_code", key=lambda c: c.map(order), kind="stable", ignore_index=True)[columns]


def _towards(
    evidence: Evidence, nation: str, preset: MethodPreset, rows: pd.DataFrame, shares: Mapping[str, float], cuts: Array, direction: str
) -> pd.DataFrame:
    band = rows["band"].to_numpy(int)
    here = (band + NEXT[direction] >= 1) & (band + NEXT[direction] <= len(cuts) + 1)
    rows, band = rows[here], band[here]
    # A ward is in the band above a cut when its risk reaches it, and in the band below when it is a hair under.
    target = cuts[band - 1] if direction == "higher" else cuts[band - 2] - HAIR
    gap = target - rows["risk"].to_numpy(float)
    weight = np.array(list(shares.values()))
    place = rows[[f"percentile_{name}" for name in shares]].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = gap[:, None] / weight
    alone = np.where((place + alone >= -HAIR) & (place + alone <= 100 + HAIR) & (weight > 0), alone, np.nan)
    together = shortest(place, weight, gap)
    size = np.abs(alone)
    filled = np.where(np.isnan(size), np.inf, size)
    least = (filled == filled.min(axis=1, keepdims=True)) & np.isfinite(filled)
    length = np.sqrt((together**2).sum(axis=1))
    frames = []
    for way, change in (("alone", alone), ("together", together)):
        for number, domain in enumerate(preset.domain):
            frame = pd.DataFrame({"area_code": rows.index, "direction": direction, "way": way, "domain": domain.id, "label": domain.label})
            frame["band"], frame["new_band"] = band, band + NEXT[direction]
            step = change[:, number]
            frame["possible"] = ~np.isnan(step)
            frame["percentile"] = place[:, number]
            frame["new_percentile"] = np.clip(place[:, number] + step, 0, 100)
            frame["change"] = step
            frame["distance"] = size[:, number] if way == "alone" else length
            frame["least"] = least[:, number] if way == "alone" else False
            frame["people"] = _people(evidence, nation, domain, list(rows.index), frame["new_percentile"].to_numpy(float), direction)
            frame["words"] = [_change_words(row, domain) for row in frame.itertuples(index=False)]
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def shortest(place: Array, weights: Array, gap: Array) -> Array:
    """The shortest change of percentiles that changes the weighted sum by ``gap``, no percentile leaving 0-100.

    Without the ends each domain moves in step with its weight. A domain that meets an end stops there and the
    others go on, which is the least change still (the conditions of Karush, Kuhn and Tucker).

    Parameters
    ----------
    place
        ``(n, k)`` percentiles.
    weights
        ``(k,)``.
    gap
        ``(n,)``.

    Returns
    -------
    ``(n, k)``; missing where the gap cannot be closed.
    """
    room = np.where(gap[:, None] > 0, 100 - place, -place)
    change = np.zeros_like(place)
    free = np.broadcast_to(weights > 0, place.shape).copy()
    for _ in range(place.shape[1]):
        left = gap - (change * ~free) @ weights
        size = (free * weights**2).sum(axis=1)
        step = np.divide(left, size, out=np.zeros_like(gap), where=size > 0)
        change = np.where(free, step[:, None] * weights, change)
        over = free & (np.abs(change) > np.abs(room))
        if not over.any():
            break
        change = np.where(over, room, change)
        free &= ~over
    reached = np.abs(change @ weights - gap) <= HAIR / 10
    result: Array = np.where(reached[:, None], change, np.nan)
    return result


def _people(evidence: Evidence, nation: str, domain: Domain, codes: Sequence[str], wanted: Array, direction: str) -> pd.arrays.IntegerArray:
    """The smallest whole number of people, more or fewer, that brings a domain to the percentile wanted.

    The domain's groups grow or shrink together, in the mix they have. Blank where the domain counts nobody, where
    nothing is wanted, or where even none (or everybody) would not do.
    """
    names = [i.measure for i in domain.indicator]
    blank = pd.array([pd.NA] * len(codes), dtype="Int64")
    if not all(measures()[name].counted for name in names):
        return blank

    def of(what: str) -> Array:
        return evidence.wide("ward", what).reindex(index=list(codes), columns=names).to_numpy(float)

    people, value = of("count").sum(axis=1), of("value") @ np.array([i.coefficient for i in domain.indicator])
    reference = risk.reference(evidence, nation, "ward", f"domain_{domain.id}")
    sign = NEXT[direction]
    most = np.floor(of("of").min(axis=1) - people) if sign > 0 else people

    def there(n: Array) -> NDArray[np.bool_]:
        with np.errstate(divide="ignore", invalid="ignore"):
            place = risk.percentile(value * (people + sign * n) / people, reference)
        return (place - wanted) * sign >= -HAIR

    known = ~np.isnan(wanted) & (people > 0) & ~np.isnan(most)
    low, high = np.full(len(codes), -1.0), np.where(known, np.maximum(most, 0), 0)
    can = known & there(high)
    # By halves: more people never lower a percentile, so the first number that will do is found exactly.
    while (open_ := can & (high - low > 1)).any():
        middle = np.floor((low + high) / 2)
        enough = there(middle)
        high, low = np.where(open_ & enough, middle, high), np.where(open_ & ~enough, middle, low)
    found = pd.array(np.where(can, sign * high, 0), dtype="Int64")
    found[~can] = pd.NA
    return found


def _change_words(row: Any, domain: Domain) -> str:
    if not row.possible:
        return f"No change in {within(domain.label)} alone would move the band."
    places = f"{row.new_percentile:.0f} out of 100 in its nation in place of {row.percentile:.0f}"
    if not pd.isna(row.people) and row.people != 0:
        many = f"{'about ' if abs(row.people) > 10 else ''}{two_figures(abs(row.people))} {'fewer' if row.people < 0 else 'more'}"
        places += f" ({many} {who(domain)})"
    if row.way == "together":
        return f"{domain.label} at {places}."
    return f"The band would be {risk.BANDS[row.new_band]} if {within(domain.label)} stood at {places}."


def who(domain: Domain) -> str:
    """Whom a domain counts, in words: "people aged 65 to 74, aged 75 to 84 and aged 85 and over"."""
    labels = [measures()[i.measure].label.partition(" (")[0] for i in domain.indicator]
    return join_words([labels[0], *(label.removeprefix("people ") for label in labels[1:])])
