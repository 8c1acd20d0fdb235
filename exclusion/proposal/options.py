"""Options side by side, each put through the same findings as the proposal itself.

What an option does is a judgement in ``judgement/proposals.toml``: it changes what the proposal
closes and keeps, and the changed proposal goes through :func:`effects.effect` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from exclusion import judgement
from exclusion import people as residents
from exclusion.contracts import NO_ANSWER
from exclusion.judgement import Option, Service
from exclusion.proposal.demand import NO_ONLINE, People, all_wards, demand, of_wards, still_need
from exclusion.proposal.effects import effect
from exclusion.proposal.model import ONLINE, PlaceChange, Proposal, ServiceChange, given_for
from exclusion.proposal.touching import touches
from exclusion.words import capital, counted, join_words, number_words, two_figures

_COLUMNS = [
    "option", "title", "service_id", "conditions_closed", "advised_closed", "watched_closed", "thinned", "unsaid", "wards_changed",
    "wards_advised", "people", "wards_unchecked", "contacts_low", "contacts_high", "sentence",
]  # fmt: skip


def options(
    findings: pd.DataFrame,
    summaries: pd.DataFrame,
    proposal: Proposal,
    people: People,
    services: Iterable[Service] | None = None,
) -> pd.DataFrame:
    """Every option for every service the proposal names.

    Parameters
    ----------
    findings, summaries
        As ``provision.check`` gives them, of the wards of the proposal's councils.
    people
        Residents unlikely to use the internet, as :func:`exclusion.proposal.demand.demand` takes them.

    Returns
    -------
    pandas.DataFrame
        ``option, title, service_id``; how many findings close: ``conditions_closed`` (the minimum, and
        findings kept as a condition), ``advised_closed``, ``watched_closed``; ``thinned`` (kept for fewer
        hours); ``unsaid`` (kept as a condition or advised, and the option does not say); ``wards_changed``
        (where a way in closes or thins); ``wards_advised`` (where one closes or thins that is a condition or
        advised); ``people`` (residents of these unlikely to use the internet, in words); ``wards_unchecked``
        (not assessed: too few rules could be checked, or the council does not run the service);
        ``contacts_low, contacts_high`` (contacts a year that lose their way in and will need
        another; blank where not known) and ``sentence``. Not ranked: the order is that of the file.
    """
    held = {service.id: service for service in services} if services is not None else judgement.services()
    rows, every = [], all_wards(people)
    # Wards outside the proposal are no part of it: of a way in there nothing is said, and nothing has to be.
    outside = pd.Series(False, index=findings.index)
    for change in proposal.service:
        outside |= (findings["service_id"] == change.id) & ~findings["area_code"].isin(touches(proposal, change.id, every))
    findings = findings[~outside]
    unchecked = {change.id: _unchecked(change.id, change.inside(every), findings, summaries) for change in proposal.service}
    for option in judgement.options().values():
        changed = variant(proposal, option)
        judged = effect(findings, changed, held.values())
        if option.closes == "not_flagged":
            # Every row of findings is a reason to keep, so all of them stay; what closes is the rest.
            closing = judged["proposal_effect"] == "closes"
            judged.loc[closing, "proposal_effect"] = "stays"
        for change in changed.service:
            rows.append(_row(option, changed, change, judged, people, held[change.id], unchecked[change.id]))
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"contacts_low": "Float64", "contacts_high": "Float64"})


def variant(proposal: Proposal, option: Option) -> Proposal:
    """The proposal as it would be under an option: what closes and stays, and which places."""
    changes = []
    for change in proposal.service:
        close, fewer, keep = list(change.close), list(change.fewer_hours), list(change.keep)
        if option.closes == "nothing":
            keep, close, fewer = [*keep, *fewer, *close], [], []
        elif option.closes == "everything":
            close, fewer, keep = list(judgement.channels()), [], []
        close = [channel for channel in close if channel not in option.adds]
        keep += [channel for channel in option.adds if channel not in keep and channel not in fewer]
        changes.append(change.model_copy(update={"close": tuple(close), "fewer_hours": tuple(fewer), "keep": tuple(keep)}))
    places: tuple[PlaceChange, ...] = ()
    if option.closes in ("proposed", "everything"):
        # Help that an option adds needs its place, so a place that gives it stays open.
        places = tuple(place for place in proposal.place if not set(place.gives or place.usual) & set(option.adds))
    return proposal.model_copy(update={"service": tuple(changes), "place": places})


@dataclass(frozen=True)
class _Unchecked:
    """The wards of one service where nothing found means little."""

    wards: frozenset[str]  # not assessed
    partly: int  # other wards where a rule could not be checked
    every: int  # wards the change is about
    away: bool  # the council does not run it in any of them

    def words(self, option: Option) -> str:
        """Where rules could not be checked; blank when everything could be."""
        closed = option.closes == "not_flagged"
        if self.away:
            return f"The council does not run this service, so no rule was checked{', and nothing closes' if closed else ''}."
        parts, one, of = [], self.every == 1, f"of {self.every:,} wards"
        if self.wards:
            held = ", so nothing closes there" if closed else ""
            where = "in the one ward it is about" if one else f"in {number_words(len(self.wards))} {of}"
            parts.append(f"{where} fewer than half of the rules could be checked{held}")
        if self.partly:
            where = "in the one ward it is about" if one else f"in {number_words(self.partly)} {'more' if parts else of}"
            parts.append(f"{where} some rules could not be checked")
        return f"{capital('; '.join(parts))}. Not assessed does not mean no need." if parts else ""


def _unchecked(service_id: str, wards: Sequence[str], findings: pd.DataFrame, summaries: pd.DataFrame) -> _Unchecked:
    mine = findings[(findings["service_id"] == service_id) & findings["area_code"].isin(wards)]
    told = summaries[(summaries["service_id"] == service_id) & summaries["area_code"].isin(wards)]
    left = frozenset(told.loc[told["summary"].isin(NO_ANSWER), "area_code"])
    partly = set(mine.loc[mine["kind"] == "not_assessed", "area_code"]) - left
    # The minimum stands in every ward of a council that runs the service, so a service without any finding is not run.
    return _Unchecked(left, len(partly), len(wards), bool(left) and mine.empty)


def _changed(
    option: Option, proposal: Proposal, change: ServiceChange, judged: pd.DataFrame, wards: Sequence[str], unchecked: _Unchecked
) -> set[str]:
    """Wards where a way in of a service closes or thins, whether or not anything was found there."""
    if option.closes == "not_flagged":
        # What closes is held back where a reason was found; fewer hours are as proposed, in every ward the change is about.
        thins = change.inside(wards) if change.fewer_hours else ()
        return {*_closing(change, change.inside(wards), judged, unchecked), *thins}
    inside = set(change.inside(wards)) if change.moves else set()
    for place in proposal.place:
        if place.ways(change.id):
            inside |= {code for code in wards if not place.wards or code in place.wards}
    return inside


def _closing(change: ServiceChange, wards: Iterable[str], judged: pd.DataFrame, unchecked: _Unchecked) -> dict[str, list[str]]:
    """What closes by ward where only that closes for which no reason was found; nothing where a ward was not assessed."""
    reasons = judged[(judged["service_id"] == change.id) & judged["kind"].isin(("floor", "keep", "more_use"))]
    kept = reasons.groupby("area_code")["channel"].agg(set).to_dict()
    closing = {code: [name for name in change.close if name not in kept.get(code, set())] for code in wards if code not in unchecked.wards}
    return {code: close for code, close in closing.items() if close}


def _row(
    option: Option,
    proposal: Proposal,
    change: ServiceChange,
    judged: pd.DataFrame,
    people: People,
    service: Service,
    unchecked: _Unchecked,
) -> dict[str, object]:
    here = judged[(judged["service_id"] == service.id) & judged["kind"].isin(("floor", "keep"))]
    closes, thin, unsaid = here["proposal_effect"] == "closes", here["fewer_hours"], here["proposal_effect"] == "none"
    by = {name: int((closes & (here["severity"] == name)).sum()) for name in ("required", "recommended", "monitor")}
    minimum = int((closes & (here["kind"] == "floor")).sum())
    firm = here["severity"].isin(("required", "recommended"))
    wards = sorted(here.loc[(closes | thin) & firm, "area_code"].unique())
    label = str(residents.total(people, wards)["label"].iloc[0]) if wards else "none"
    low, high, why = _contacts(option, change, judged, people, service, unchecked)
    changed = _changed(option, proposal, change, judged, all_wards(people), unchecked)
    counts = (int((thin & firm).sum()), len(changed), len(wards), int((unsaid & firm).sum()))
    return {
        "option": option.id,
        "title": option.title,
        "service_id": service.id,
        "conditions_closed": by["required"],
        "advised_closed": by["recommended"],
        "watched_closed": by["monitor"],
        "thinned": int((thin & firm).sum()),
        "unsaid": int((unsaid & firm).sum()),
        "wards_changed": len(changed),
        "wards_advised": len(wards),
        "people": label,
        "wards_unchecked": len(unchecked.wards),
        "contacts_low": low,
        "contacts_high": high,
        "sentence": _sentence(by, minimum, counts, unchecked, option, low, high, why, _online(change)),
    }


def _contacts(
    option: Option, change: ServiceChange, judged: pd.DataFrame, people: People, service: Service, unchecked: _Unchecked
) -> tuple[object, object, str]:
    """Contacts a year that lose their way in and will need another: low, high, and why that is not known (blank when it is)."""
    if not change.close:
        return 0.0, 0.0, ""
    every = all_wards(people)
    if option.closes == "not_flagged":
        return _where_nothing_found(change, _closing(change, change.inside(every), judged, unchecked), people, service)
    contacts, why = change.total_contacts(every)
    if why or (option.closes == "proposed" and (why := change.not_given(contacts))):
        return pd.NA, pd.NA, why
    return _moved(contacts, change.close, of_wards(people, change.wards), service)


def _where_nothing_found(
    change: ServiceChange, closing: Mapping[str, list[str]], people: People, service: Service
) -> tuple[object, object, str]:
    """The same, summed over the wards where something closes: each of them has to be given its contacts."""
    given = [code for code, close in closing.items() if set(close) <= set(change.contacts_by_ward.get(code, {}))]
    if closing and not change.contacts_by_ward:
        return pd.NA, pd.NA, "the proposal gives no contacts by ward"
    if len(given) < len(closing):
        return pd.NA, pd.NA, f"{given_for(len(given), len(closing))} where a way in closes"
    low = high = 0.0
    for code, close in closing.items():
        one, other, why = _moved(change.contacts_by_ward[code], close, of_wards(people, [code]), service)
        if why:
            return pd.NA, pd.NA, why
        low, high = low + float(str(one)), high + float(str(other))
    return low, high, ""


def _online(change: ServiceChange) -> bool:
    """Whether contacts online are given, for the council or for every ward with contacts."""
    given = change.contacts_by_ward.values()
    return ONLINE in change.contacts or (bool(given) and all(ONLINE in ward for ward in given))


def _moved(contacts: Mapping[str, int], close: Iterable[str], here: Mapping[str, float], service: Service) -> tuple[object, object, str]:
    if not here["adults"] > 0:
        return pd.NA, pd.NA, "we hold no figures on internet use here"
    moved = still_need(contacts, close, here["low_raw"] / here["adults"], here["high_raw"] / here["adults"], service)
    return moved.low, moved.high, ""


_CLOSED = {
    "required": ("condition", "conditions"),
    "recommended": ("way in we advise keeping", "ways in we advise keeping"),
    "monitor": ("way in we watch", "ways in we watch"),
}


def _sentence(
    by: dict[str, int],
    minimum: int,
    counts: tuple[int, int, int, int],
    unchecked: _Unchecked,
    option: Option,
    low: object,
    high: object,
    why: str,
    online: bool,
) -> str:
    thin, changed, advised, unsaid = counts
    left = ""
    parts = [counted(by[name], one, many) for name, (one, many) in _CLOSED.items() if by[name]]
    if minimum:
        # The minimum is a condition as much as what is kept as one in a ward: which of them, the map shows apart.
        whole = "it" if minimum == 1 else "all of them"
        parts[0] += f" ({whole if minimum == by['required'] else number_words(minimum)} of the council-wide minimum)"
    closes = f"closes {join_words(parts)}, ward by ward" if parts else "closes nothing we found a reason to keep"
    thinner = f"{counted(thin, 'more', 'more')} with fewer hours" if parts else f"fewer hours for {number_words(thin)} that we did"
    text = capital(closes) + (f"; {thinner}" if thin else "")
    if changed:
        text += f"; a way in closes or has fewer hours in {counted(changed, 'ward')}"
        text += f", one that is a condition or advised in {number_words(advised)} of them" if advised else ""
    if option.closes == "nothing" and not option.adds and unsaid:
        kept = counted(unsaid, "reason to keep a way in", "reasons to keep a way in")
        left = f"For {kept}, ward by ward, the proposal does not say that it is there."
    if unchecked.away:
        text = unchecked.words(option)
    elif changed or option.closes == "not_flagged":
        text = f"{text}. {unchecked.words(option)}".strip()
    else:
        text = f"Closes nothing. {left}".strip()
    if why:
        return f"{text} How many contacts would need another way in is not known: {why}."
    if isinstance(high, float) and high >= 1:
        unsure = f": {NO_ONLINE}" if not online else ""
        return f"{text} About {two_figures(float(str(low)))} to {two_figures(high)} contacts a year would need another way in{unsure}."
    return text


__all__ = ["demand", "options", "variant"]
