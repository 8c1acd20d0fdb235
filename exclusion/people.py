"""How many residents aged 16 and over are unlikely to use the internet: a first estimate.

National survey rates by age and disability, applied to each ward's own ages and its own number
of disabled people. A synthetic estimate: two wards with the same ages and disability get the
same answer, whatever else differs between them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from exclusion.judgement.score import PeopleRates, people_rates

SMALLEST = 10


def estimate(counts: pd.DataFrame, population: pd.Series, rates: PeopleRates | None = None) -> pd.DataFrame:
    """Residents aged 16 and over unlikely to use the internet, as a low-high pair.

    Parameters
    ----------
    counts
        ``area_code`` x ``measure`` matrix of counts: the age groups named in
        ``judgement/people.toml`` and ``disabled`` (all ages).
    population
        Residents of all ages by area code.
    rates
        Rates to use, ours when None.

    Returns
    -------
    DataFrame indexed by area code
        ``low, high`` (people, rounded to 10; blank under 10 or without data), ``label`` (in
        words), ``adults`` and the unrounded ``low_raw, high_raw`` for adding up areas. An area
        that lacks any age group or the disability count has no estimate.
    """
    rates = rates or people_rates()
    bands = counts.reindex(columns=[rate.id for rate in rates.rate]).to_numpy(float)
    disabled = counts.reindex(columns=["disabled"]).to_numpy(float)[:, 0]
    shares = np.array([rate.disabled_share for rate in rates.rate])
    adults = bands.sum(axis=1)
    children = np.maximum(population.reindex(counts.index).to_numpy(float) - adults, 0)
    disabled_adults = np.clip(disabled - children * rates.children.disabled_share, 0, adults)
    expected = bands * shares
    # The area's own disabled adults, spread over ages as in the survey; no age can hold more
    # disabled people than people, so what overflows is spread again over the other ages.
    spread = np.zeros_like(bands)
    for _ in range(len(shares)):
        room = bands - spread
        left = disabled_adults - spread.sum(axis=1)
        pull = np.where(room > 1e-9, expected, 0.0)
        total = pull.sum(axis=1, keepdims=True)
        spread = spread + np.minimum(room, np.divide(pull, total, out=np.zeros_like(pull), where=total > 0) * np.maximum(left, 0)[:, None])
    with_rate = np.array([rate.disabled for rate in rates.rate])
    without_rate = np.array([rate.not_disabled for rate in rates.rate])
    raw = (spread * with_rate + (bands - spread) * without_rate).sum(axis=1)
    frame = pd.DataFrame({"low_raw": raw * rates.scale.low, "high_raw": raw * rates.scale.high, "adults": adults}, index=counts.index)
    return _rounded(frame)


def total(people: pd.DataFrame) -> pd.DataFrame:
    """The same columns for all areas together, one row; areas without an estimate make it unknown."""
    sums = people[["low_raw", "high_raw", "adults"]].sum(skipna=False).to_frame().T
    return _rounded(sums)


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.copy()
    for end in ("low", "high"):
        value = frame[f"{end}_raw"]
        out[end] = (value / 10).round().mul(10).where(value >= SMALLEST).astype("Int64")
    out["label"] = [_label(low, high) for low, high in zip(frame["low_raw"], frame["high_raw"], strict=True)]
    return out[["low", "high", "label", "adults", "low_raw", "high_raw"]]


def _label(low: float, high: float) -> str:
    if np.isnan(high):
        return "no estimate"
    if high < SMALLEST:
        return "fewer than 10"
    ends = [f"{round(value / 10) * 10:,}" for value in (low, high)]
    if low < SMALLEST:
        return f"up to about {ends[1]}"
    return f"about {ends[0]}" if ends[0] == ends[1] else f"about {ends[0]} to {ends[1]}"
