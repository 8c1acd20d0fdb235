"""The sum behind "savings leak": what moving contacts online saves, less what people cost who come back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from exclusion.contracts import Problem, UsageError
from exclusion.costs.given import Costs, Range
from exclusion.proposal.model import ONLINE


@dataclass(frozen=True)
class Saving:
    """Pounds a year, low to high; negative where it costs more. ``lost``: the share of the saving that goes on people who come back."""

    low: float
    high: float
    lost_low: float | None
    lost_high: float | None
    gone_at: float | None  # the recontact rate at which nothing is left, in the middle of the costs; None where nothing is saved

    @property
    def words(self) -> str:
        """The range in one sentence."""
        text = saved_words(self.low, self.high)
        if self.gone_at is not None and self.gone_at <= 1:
            text += f" All of it is gone when about {round(100 * self.gone_at)} in 100 come back."
        return text


def saved_words(low: float, high: float) -> str:
    """A saving from ``low`` to ``high`` pounds a year in one sentence."""
    if high <= 0:
        return f"No saving: it costs {pounds(-high)} to {pounds(-low)} more a year."
    if low < 0:
        return f"From {pounds(-low)} a year more in cost to {pounds(high)} a year saved."
    return f"{pounds(low)} to {pounds(high)} a year saved."


def leakage(moved_from: float, online: float, recontact: float, fallback: float, contacts: float = 1000) -> tuple[float, float, float]:
    """The sum behind "savings leak", for single figures.

    Parameters
    ----------
    moved_from, online, fallback
        Pounds a contact: by the way in that closes, online, and by the way in people come back by.
    recontact
        Contacts that come back for each one moved: the share of those moved who come back, when each does once.
    contacts
        How many are moved.

    Returns
    -------
    tuple
        ``net``: contacts x (moved_from - online) - contacts x recontact x fallback. ``lost``: the part of the
        gross saving that goes on people who come back. ``gone_at``: the rate at which nothing is left. The last
        two are NaN where moving saves nothing to begin with.
    """
    gross = moved_from - online
    lost = recontact * fallback / gross if gross > 0 else float("nan")
    gone = gross / fallback if gross > 0 and fallback > 0 else float("nan")
    return contacts * (gross - recontact * fallback), lost, gone


def net_saving(contacts: Mapping[str, float], costs: Costs) -> Saving:
    """What moving contacts online saves a year, as a range.

    Parameters
    ----------
    contacts
        Contacts a year that move online, by the way in they leave.

    Raises
    ------
    UsageError
        When a way in has no cost.
    """
    lacking = [name for name in contacts if name not in costs.contact]
    if lacking:
        do = "Give it under [contact]; we have no figure of our own."
        raise UsageError([Problem("costs", "has no cost for a contact by", name, do) for name in lacking])
    online, back = costs.contact[ONLINE], costs.contact[costs.falls_back_to]
    rate = costs.recontact.low * costs.each.low, costs.recontact.high * costs.each.high
    low = high = middle = spent = 0.0
    lost: list[float] = []
    for name, count in contacts.items():
        sums = [leakage(*corner) for corner in _corners(costs.contact[name], online, rate, back, same=name == costs.falls_back_to)]
        low += count * min(net for net, _, _ in sums) / 1000
        high += count * max(net for net, _, _ in sums) / 1000
        lost += [share for _, share, _ in sums if not math.isnan(share)]
        middle += count * (_mid(costs.contact[name]) - _mid(online))
        spent += count * _mid(costs.each) * _mid(back)
    gone_at = middle / spent if middle > 0 and spent > 0 else None
    return Saving(low, high, min(lost, default=None), max(lost, default=None), gone_at)


def _corners(
    moved: Range, online: Range, rate: tuple[float, float], back: Range, *, same: bool
) -> Iterator[tuple[float, float, float, float]]:
    """Every corner of the ranges. Where people come back by the way in that closes it has one price, not two."""
    for cost, web, share in product((moved.low, moved.high), (online.low, online.high), rate):
        for fall in (cost,) if same else (back.low, back.high):
            yield cost, web, share, fall


def pounds(amount: float) -> str:
    """Whole pounds, with a minus before the sign."""
    return f"{'-' if round(amount) < 0 else ''}£{abs(amount):,.0f}"


def _mid(price: Range) -> float:
    return (price.low + price.high) / 2
