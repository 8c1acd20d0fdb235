"""How many contacts the ways in that stay may have to carry: always a range, never a point.

The method and its numbers are stated in ``judgement/proposals.toml``; the page prints its text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from exclusion import judgement
from exclusion import people as residents
from exclusion.judgement import DemandMethod, Service
from exclusion.proposal.model import ONLINE, Proposal
from exclusion.words import join_words, two_figures

NO_ONLINE = "contacts online are not given, so up to all of those that lose their way in may need another"
_WITHHELD = "withheld: fewer than 10 contacts a year now"
_COLUMNS = ["service_id", "area_code", "channel", "now", "low", "high", "label"]


@dataclass(frozen=True)
class Moved:
    """Contacts a year that lose their way in, and how many of them will need another."""

    closing: int
    low: float
    high: float


def still_need(
    contacts: Mapping[str, int],
    close: Iterable[str],
    share_low: float,
    share_high: float,
    service: Service,
    method: DemandMethod | None = None,
) -> Moved:
    """Contacts of closing ways in that cannot go online.

    Parameters
    ----------
    contacts
        Contacts a year by way in. Without ``online`` all contacts are not known, only that they are no fewer.
    close
        Ways in that close.
    share_low, share_high
        Share (0 to 1) of residents aged 16 and over unlikely to use the internet.

    Notes
    -----
    Residents unlikely to use the internet make ``share x all contacts x use`` of the contacts, all
    of them by other ways than online. The closing ways in carry their part of these, as they do of
    all contacts that are not online. Never more than they carry now. The more contacts are online, the more of the rest
    are of people who cannot go there: where ``online`` is not known the low end is that of none, and the high end is
    everything that closes, so a gap never makes the need smaller.
    """
    method = method or judgement.demand_method()
    every = sum(contacts.values())
    offline = every - contacts.get(ONLINE, 0)
    closing = sum(contacts.get(channel, 0) for channel in close)
    if not offline:
        return Moved(closing, 0.0, 0.0)
    use = method.use_high[max(service.u_age75, service.u_disabled)]
    low = min(float(offline), share_low * every) * closing / offline
    if ONLINE not in contacts:
        return Moved(closing, low, float(closing))
    high = min(float(offline), share_high * every * use) * closing / offline
    return Moved(closing, low, high)


People = pd.DataFrame | residents.PeopleEstimate
"""Residents unlikely to use the internet by ward: ``Assessment.people_estimate``, or its table alone."""


def all_wards(people: People) -> list[str]:
    """Every ward an estimate is for."""
    table = people.table if isinstance(people, residents.PeopleEstimate) else people
    return [str(code) for code in table.index]


def of_wards(people: People, wards: Iterable[str] = ()) -> dict[str, float]:
    """``low_raw, high_raw, adults`` of some wards together (all when none is named); an unknown ward makes it unknown."""
    chosen = set(wards)
    codes = [code for code in all_wards(people) if not chosen or code in chosen]
    if not codes:
        return {"low_raw": float("nan"), "high_raw": float("nan"), "adults": float("nan")}
    row = residents.total(people, codes).iloc[0]
    return {name: float(row[name]) for name in ("low_raw", "high_raw", "adults")}


def demand(proposal: Proposal, people: People, services: Iterable[Service] | None = None) -> pd.DataFrame:
    """Contacts a year that each way in that stays may have to carry.

    Parameters
    ----------
    people
        Residents unlikely to use the internet, of the wards the proposal is about:
        ``Assessment.people_estimate``, or a table indexed by area code with ``low_raw, high_raw, adults``.

    Returns
    -------
    pandas.DataFrame
        ``service_id, area_code`` (blank for the whole council), ``channel`` (blank for all that stay
        together), ``now, low, high`` (contacts a year; blank where not known,
        as where no count is given for a way in that closes) and ``label`` in words.
        Wards appear where the proposal gives contacts by ward; ward numbers under 10 are withheld. The whole
        council has a figure only where the proposal gives one, or contacts of every ward.
    """
    held = {service.id: service for service in services} if services is not None else judgement.services()
    rows: list[dict[str, object]] = []
    for change in proposal.service:
        if not change.moves:
            continue
        kept = list(dict.fromkeys(change.stays))
        whole = of_wards(people, change.wards)
        contacts, why = change.total_contacts(all_wards(people))
        rows += _rows(contacts, change.close, kept, whole, held[change.id], "", why or change.not_given(contacts))
        for code, contacts in change.contacts_by_ward.items():
            if not change.wards or code in change.wards:
                rows += _rows(contacts, change.close, kept, of_wards(people, [code]), held[change.id], code, change.not_given(contacts))
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"now": "Float64", "low": "Float64", "high": "Float64"})


def _rows(
    contacts: Mapping[str, int],
    close: Iterable[str],
    kept: list[str],
    people: Mapping[str, float],
    service: Service,
    area: str,
    why: str,
) -> list[dict[str, object]]:
    base: dict[str, object] = {"service_id": service.id, "area_code": area}
    unknown: dict[str, object] = {"channel": "", "now": pd.NA, "low": pd.NA, "high": pd.NA}
    why = why or ("" if contacts else "the proposal gives no contacts")
    if why:
        return [base | unknown | {"label": f"no estimate: {why}"}]
    if pd.isna(people["adults"]) or not people["adults"]:
        return [base | unknown | {"label": "no estimate: we hold no figures on internet use here"}]
    method = judgement.demand_method()
    moved = still_need(contacts, close, people["low_raw"] / people["adults"], people["high_raw"] / people["adults"], service, method)
    now = {channel: contacts.get(channel) for channel in kept}
    lacking = [judgement.channels()[channel].label for channel, count in now.items() if count is None]
    total = None if lacking else sum(count or 0 for count in now.values())
    rows = [base | _line("", total, moved.low, moved.high, area, join_words(lacking))]
    if not kept:
        need = f"{_between(moved.low, moved.high, area)} contacts a year would need one"
        rows[0]["label"] = f"the proposal says of no way in that it stays: {need}"
    for channel in kept:
        # A way in that is new has no present share, so an equal share stands beside the present one.
        count = now[channel]
        parts = ((count or 0) / total if total else 1 / len(kept), 1 / len(kept))
        least, most = (min(parts) * method.spread_low, min(1.0, max(parts) * method.spread_high))
        if total is None:
            least, most = 0.0, 1.0  # its present share of those that stay is not known
        if len(kept) == 1:
            least, most = 1.0, 1.0
        rows.append(base | _line(channel, count, least * moved.low, most * moved.high, area))
    if any(row["label"] == _WITHHELD for row in rows[1:]):
        rows[0] |= unknown | {"label": _WITHHELD}  # the total would give the small number away
    elif ONLINE not in contacts and moved.closing:
        rows[0]["label"] = f"{rows[0]['label']} ({NO_ONLINE})"
    return rows


def _line(channel: str, now: int | None, low: float, high: float, area: str, lacking: str = "") -> dict[str, object]:
    """``low`` and ``high`` come on top of ``now``, which is None where it is not given (``lacking``: of which way in)."""
    unknown: dict[str, object] = {"channel": channel, "now": pd.NA, "low": pd.NA, "high": pd.NA}
    if now is None:
        of = f"by {lacking} now" if lacking else "by it now"
        return unknown | {"label": f"{_between(low, high, area)} more contacts a year; how many come {of} is not given"}
    if area and 0 < now < judgement.guards()["G8"].values["fewest"]:
        return unknown | {"label": _WITHHELD}
    label = f"{_between(now + low, now + high, area)} contacts a year, against {now:,.0f} now"
    return {"channel": channel, "now": now, "low": now + low, "high": now + high, "label": label}


def _between(low: float, high: float, area: str) -> str:
    if area and 0 < high < judgement.guards()["G8"].values["fewest"]:
        return "fewer than 10"
    ends = two_figures(low), two_figures(high)
    if low < 1:
        return f"up to about {ends[1]}" if high >= 1 else "no"
    return f"about {ends[0]}" if ends[0] == ends[1] else f"about {ends[0]} to {ends[1]}"
