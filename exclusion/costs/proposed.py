"""What each service of a proposal saves, and the sum behind it, line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from exclusion import judgement
from exclusion.costs.given import Costs
from exclusion.costs.leaking import pounds, saved_words
from exclusion.costs.sums import Worked, work
from exclusion.judgement import Service
from exclusion.proposal.demand import NO_ONLINE, People, all_wards, of_wards, still_need
from exclusion.proposal.model import ONLINE, Proposal, ServiceChange
from exclusion.words import capital, join_words, two_figures

_NUMBERS = ["low", "high", "online_low", "online_high", "back_low", "back_high", "gone_at_low", "gone_at_high"]
_COLUMNS = ["service_id", "channel", *_NUMBERS[:4], "back_by", *_NUMBERS[4:], "sentence"]


@dataclass(frozen=True)
class _Reckoned:
    """One service: the sum for each way in that closes, or why there is none."""

    service: Service
    sums: tuple[Worked, ...] = ()
    why_not: str = ""
    unsure: str = ""  # what widens the range


def of_proposal(proposal: Proposal, people: People, costs: Costs, services: Mapping[str, Service] | None = None) -> pd.DataFrame:
    """What each service of a proposal saves a year, and where its contacts go, as ranges in the council's own figures.

    Parameters
    ----------
    people
        Residents unlikely to use the internet, as :func:`exclusion.proposal.demand` takes them.

    Returns
    -------
    pandas.DataFrame
        A row for each service (``channel`` blank) and beneath it one for each way in that closes:
        ``service_id, channel, low, high`` (net pounds a year), ``online_low, online_high`` (contacts a year that
        move online, some of whom come back), ``back_by`` (the way in people fall back to), ``back_low,
        back_high`` (contacts a year that end up there), ``gone_at_low, gone_at_high`` (the share coming back at
        which nothing is left) and ``sentence``. Numbers are blank where they cannot be reckoned, never 0.

    Notes
    -----
    Of the contacts whose way in closes, those that cannot go online (a low and a high figure) are taken to use
    ``falls_back_to`` and cost what it costs; only the rest move online, and some of them come back. The lines
    of the sum are in :func:`worked`.
    """
    rows: list[dict[str, object]] = []
    for one in _reckoned(proposal, people, costs, services):
        base: dict[str, object] = {"service_id": one.service.id}
        if one.why_not:
            sentence = f"{one.service.service_name}: not reckoned, because {one.why_not}."
            rows.append(base | {"channel": "", "back_by": ""} | dict.fromkeys(_NUMBERS, pd.NA) | {"sentence": sentence})
            continue
        whole = _told(one.service.service_name, one.sums, costs)
        rows.append(base | {"channel": ""} | whole | {"sentence": f"{whole['sentence']}{one.unsure}"})
        rows += [
            base | {"channel": part.channel} | _told(f"{one.service.service_name}, {part.names['way']}", (part,), costs)
            for part in one.sums
        ]
    return pd.DataFrame(rows, columns=_COLUMNS).astype(dict.fromkeys(_NUMBERS, "Float64"))


def worked(
    proposal: Proposal, people: People, costs: Costs, services: Mapping[str, Service] | None = None
) -> dict[str, tuple[Worked, ...]]:
    """The sum of each service that can be reckoned, by its id: one for each way in that closes, line by line."""
    return {one.service.id: one.sums for one in _reckoned(proposal, people, costs, services) if one.sums}


def _reckoned(proposal: Proposal, people: People, costs: Costs, services: Mapping[str, Service] | None) -> Iterator[_Reckoned]:
    held = judgement.services() if services is None else services
    for change in proposal.service:
        if not change.moves:
            continue
        service = held[change.id]
        every, unknown = change.total_contacts(all_wards(people))
        contacts = {name: count for name, count in every.items() if name in change.close and count}
        shares = of_wards(people, change.wards)
        why = _why_not(change, contacts, costs, shares["adults"], unknown) or change.not_given(every)
        if why:
            yield _Reckoned(service, why_not=why)
            continue
        low, high = (shares[name] / shares["adults"] for name in ("low_raw", "high_raw"))
        moved = still_need(every, change.close, low, high, service)
        few, many = (_spread(contacts, staying / moved.closing) for staying in (moved.low, moved.high))
        # Whether more people staying saves less or more depends on the costs, so both ends are tried.
        ends = [_sums(contacts, stay, stay, costs) for stay in (few, many)]
        least = few if _total(ends[0], "least", "net") <= _total(ends[1], "least", "net") else many
        most = few if _total(ends[0], "most", "net") >= _total(ends[1], "most", "net") else many
        yield _Reckoned(service, _sums(contacts, least, most, costs), unsure="" if ONLINE in every else f" {capital(NO_ONLINE)}.")


def _why_not(change: ServiceChange, contacts: Mapping[str, int], costs: Costs, adults: float, unknown: str) -> str:
    unpriced = [name for name in contacts if name not in costs.contact]
    if not change.close:
        return "it only gets fewer hours, and what a contact costs does not say what hours save"
    if not contacts:
        return (
            unknown.replace("given", "are given", 1)
            if change.contacts_by_ward and unknown
            else "the proposal gives no contacts for a way in that closes"
        )
    if costs.falls_back_to in change.close:
        back = costs.falls_back_to
        return f"people are taken to come back by {back}, which the proposal closes; give another way in they come back by (falls_back_to)"
    if unpriced:
        return f"there is no cost for a contact by {join_words(unpriced)}"
    if not adults > 0:
        return "we hold no figures on internet use here"
    return ""


def _spread(contacts: Mapping[str, int], part: float) -> dict[str, int]:
    """Contacts of people who cannot go online, whole, so that whoever redoes the sum starts from the same number."""
    return {name: round(count * part) for name, count in contacts.items()}


def _sums(contacts: Mapping[str, int], least: Mapping[str, int], most: Mapping[str, int], costs: Costs) -> tuple[Worked, ...]:
    return tuple(work(name, count, (least[name], most[name]), costs) for name, count in contacts.items())


def _total(sums: Sequence[Worked], column: str, line: str) -> float:
    return math.fsum(getattr(one, column)[line] for one in sums)


def _told(name: str, sums: Sequence[Worked], costs: Costs) -> dict[str, object]:
    low, high = _total(sums, "least", "net"), _total(sums, "most", "net")
    online, more = (sorted(_total(sums, column, line) for column in ("least", "most")) for line in ("moved", "more"))
    gone = sorted(_gone_at(sums, column) for column in ("least", "most"))
    back = sums[0].names["back"]
    now = _total(sums, "least", "now")
    said = [
        f"{name}: {saved_words(low, high)}",
        f"Of {now:,.0f} contacts {_span(online)} go online; {_span(more)} come by {back}, at once or after online failed them.",
    ]
    if high > 0 and not math.isnan(gone[0]):
        said.append(_gone_words(gone[0], gone[1]))
    if costs.gives_up:
        up = sorted(_total(sums, column, "given_up") for column in ("least", "most"))
        said.append(f"Of the saving {pounds(up[0])} to {pounds(up[1])} is on people who give up and are not served.")
    said.append(f"Figures by {costs.by}, {costs.reckoned}.")
    numbers = dict(zip(_NUMBERS, (low, high, *online, *more, *gone), strict=True))
    return {key: pd.NA if math.isnan(value) else value for key, value in numbers.items()} | {
        "back_by": costs.falls_back_to,
        "sentence": " ".join(said),
    }


def _gone_at(sums: Sequence[Worked], column: str) -> float:
    left = _total(sums, column, "saved") + _total(sums, column, "carried")
    every = math.fsum(one_of["moved"] * one_of["each"] * one_of["back"] for one_of in (getattr(one, column) for one in sums))
    return left / every if every > 0 else math.nan


def _gone_words(low: float, high: float) -> str:
    ends = [round(100 * share) for share in (low, high)]
    if ends[0] >= 100:
        return "Some of it is left even if everybody comes back."
    if ends[0] <= 0:
        return "At the dearer end nothing is left even if nobody comes back."
    if ends[1] >= 100:
        return f"All of it may be gone when about {ends[0]} in 100 of those moved come back."
    span = f"{ends[0]}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"All of it is gone when about {span} in 100 of those moved come back."


def _span(ends: Sequence[float]) -> str:
    low, high = (two_figures(end) for end in ends)  # an estimate: the lines of the sum hold it in full
    return f"about {low}" if low == high else f"about {low} to {high}"


def lines_table(held: Mapping[str, Sequence[Worked]]) -> pd.DataFrame:
    """Every line of every sum of :func:`worked`.

    Returns
    -------
    pandas.DataFrame
        ``service_id, channel, line`` (its number, from 1 in each sum), ``what, how`` (who gave it, or the sum on the
        lines above), ``unit, least, most`` (where least and where most is saved; blank where there is no such number).
    """
    rows = [
        {
            "service_id": service_id,
            "channel": one.channel,
            "line": number,
            "what": one.what(line),
            "how": one.how(line),
            "unit": line.unit,
            "least": round(one.least[line.id], 6),  # 119.6, not 119.60000000000001
            "most": round(one.most[line.id], 6),
        }
        for service_id, sums in held.items()
        for one in sums
        for number, line in enumerate(one.lines, start=1)
    ]
    columns = ["service_id", "channel", "line", "what", "how", "unit", "least", "most"]
    return pd.DataFrame(rows, columns=columns).astype({"least": "Float64", "most": "Float64"})
