"""How far the estimate of people may be out: seeded draws of each error, the same for a place whoever asks.

Every draw belongs to a name (a ward, a council, a nation), not to a position in a table. So a council
drawn alone equals its rows in the national run, the order of rows changes nothing, and errors that
places share (the survey's rates, their council's level) are the same numbers in each of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.judgement.score import PeopleRates

Array = NDArray[np.float64]
P90 = NormalDist().inv_cdf(0.95)
"""Nine in ten errors of a normal error of size 1 are smaller than this."""


@dataclass(frozen=True)
class SurveyDraws:
    """Errors every place shares. ``disabled, not_disabled``: draws x ages. ``tilt``: draws x (children, ages), log-odds."""

    disabled: Array
    not_disabled: Array
    tilt: Array


def _generator(seed: int, what: str, name: str) -> np.random.Philox:
    key = hashlib.blake2b(f"{seed}|{what}|{name}".encode(), digest_size=16).digest()
    return np.random.Philox(key=int.from_bytes(key, "little"))


@cache
def _levels(draws: int) -> Array:
    normal = NormalDist()
    return np.array([normal.inv_cdf((k + 0.5) / draws) for k in range(draws)])


def normals(names: Sequence[str], what: str, draws: int, seed: int) -> Array:
    """Standard normal draws by name: names x draws.

    Each row is the same evenly spaced normal quantiles in an order of its own, so that an interval
    read off one row carries next to no noise of drawing, while sums of rows behave as sums of
    independent errors. ``what`` keeps apart the different errors of one name.
    """
    levels = _levels(draws)
    rows = {name: levels[np.argsort(_generator(seed, what, name).random_raw(draws), kind="stable")] for name in dict.fromkeys(names)}
    return np.array([rows[name] for name in names]).reshape(len(names), draws)


@lru_cache(maxsize=4)
def survey(rates: PeopleRates) -> SurveyDraws:
    """Draws of the survey's rates and of the start table.

    A rate is drawn from the beta distribution of its effective sample; a rate of nought is given half
    a person, since a survey that found nobody has not shown that there is nobody.
    """
    errors = rates.errors
    chance = np.random.Generator(_generator(errors.seed, "rates", ""))

    def drawn(shares: list[float], samples: list[float]) -> Array:
        share, sample = np.array(shares), np.array(samples)
        yes, no = np.maximum(share * sample, 0.5), np.maximum((1 - share) * sample, 0.5)
        return np.asarray(chance.beta(yes, no, size=(errors.draws, len(share))))

    disabled = drawn([rate.disabled for rate in rates.rate], [rate.sample_disabled for rate in rates.rate])
    others = drawn([rate.not_disabled for rate in rates.rate], [rate.sample_not_disabled for rate in rates.rate])
    rows = ["children", *(rate.id for rate in rates.rate)]
    return SurveyDraws(disabled, others, errors.start_table.size * normals(rows, "start table", errors.draws, errors.seed).T)


def factors(places: pd.DataFrame, rates: PeopleRates) -> Array:
    """What to multiply each place's count by in each draw: places x draws, 1 on average.

    The product of four errors: the nation's total, the council's level and the ward's level against
    places with the same ages and disability, and the fit of small areas onto the ward.

    Parameters
    ----------
    places
        Indexed by area code: ``nation, council_code, error_p90`` (nine in ten such wards have a
        smaller error in their count than this share).
    """
    errors = rates.errors

    def level(names: Sequence[str], what: str, sizes: Array) -> Array:
        spread = np.sqrt(np.log1p(sizes**2))[:, None]
        return np.asarray(spread * normals(names, what, errors.draws, errors.seed) - spread**2 / 2)

    nations, councils, wards = places["nation"].tolist(), places["council_code"].tolist(), [str(code) for code in places.index]
    logs = level(nations, "nation", np.array([rates.control_error(nation) for nation in nations], dtype=float))
    logs += level(councils, "council", np.full(len(places), errors.between_councils.size))
    logs += level(wards, "ward", np.full(len(places), errors.between_wards.size))
    logs += level(wards, "fit", places["error_p90"].to_numpy(float) / P90)
    return np.asarray(np.exp(logs))


__all__ = ["SurveyDraws", "factors", "normals", "survey"]
