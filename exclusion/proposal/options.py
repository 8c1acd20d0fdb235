"""Options side by side, each put through the same findings as the proposal itself.

What an option does is a judgement in ``judgement/proposals.toml``: it changes what the proposal
closes and keeps, and the changed proposal goes through :func:`effects.effect` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from exclusion import judgement
from exclusion import people as residents
from exclusion.judgement import Option, Service
from exclusion.proposal.demand import People, all_wards, demand, of_wards, still_need
from exclusion.proposal.effects import effect
from exclusion.proposal.model import PlaceChange, Proposal, ServiceChange, given_for
from exclusion.words import capital, counted, join_words, two_figures

_COLUMNS = [
    "option", "title", "service_id", "conditions_closed", "advised_closed", "watched_closed", "thinned", "unsaid", "wards_touched",
    "people", "contacts_low", "contacts_high", "sentence",
]  # fmt: skip


def options(findings: pd.DataFrame, proposal: Proposal, people: People, services: Iterable[Service] | None = None) -> pd.DataFrame:
    """Every option for every service the proposal names.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them, of the wards of the proposal's councils.
    people
        Residents unlikely to use the internet, as :func:`exclusion.proposal.demand.demand` takes them.

    Returns
    -------
    pandas.DataFrame
        ``option, title, service_id``; how many findings close: ``conditions_closed`` (the minimum, and
        findings kept as a condition), ``advised_closed``, ``watched_closed``; ``thinned`` (kept for fewer
        hours); ``unsaid`` (kept as a condition or advised, and the option does not say); ``wards_touched``
        (where a finding closes or thins); ``people`` (residents there unlikely to use the internet, in
        words); ``contacts_low, contacts_high`` (contacts a year that lose their way in and will need
        another; blank where not known) and ``sentence``. Not ranked: the order is that of the file.
    """
    held = {service.id: service for service in services} if services is not None else judgement.services()
    rows = []
    for option in judgement.options().values():
        changed = variant(proposal, option)
        judged = effect(findings, changed, held.values())
        if option.closes == "not_flagged":
            # Every row of findings is a reason to keep, so all of them stay; what closes is the rest.
            closing = judged["proposal_effect"] == "closes"
            judged.loc[closing, "proposal_effect"] = "stays"
        for change in changed.service:
            rows.append(_row(option, change, judged, people, held[change.id]))
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


def _row(option: Option, change: ServiceChange, judged: pd.DataFrame, people: People, service: Service) -> dict[str, object]:
    here = judged[(judged["service_id"] == service.id) & judged["kind"].isin(("floor", "keep"))]
    closes, thin, unsaid = here["proposal_effect"] == "closes", here["fewer_hours"], here["proposal_effect"] == "none"
    by = {name: int((closes & (here["severity"] == name)).sum()) for name in ("required", "recommended", "monitor")}
    firm = here["severity"].isin(("required", "recommended"))
    wards = sorted(here.loc[(closes | thin) & firm, "area_code"].unique())
    label = str(residents.total(people, wards)["label"].iloc[0]) if wards else "none"
    low, high, why = _contacts(option, change, judged, people, service)
    return {
        "option": option.id,
        "title": option.title,
        "service_id": service.id,
        "conditions_closed": by["required"],
        "advised_closed": by["recommended"],
        "watched_closed": by["monitor"],
        "thinned": int((thin & firm).sum()),
        "unsaid": int((unsaid & firm).sum()),
        "wards_touched": len(wards),
        "people": label,
        "contacts_low": low,
        "contacts_high": high,
        "sentence": _sentence(by, int((thin & firm).sum()), len(wards), low, high, why),
    }


def _contacts(option: Option, change: ServiceChange, judged: pd.DataFrame, people: People, service: Service) -> tuple[object, object, str]:
    """Contacts a year that lose their way in and will need another: low, high, and why that is not known (blank when it is)."""
    if not change.close:
        return 0.0, 0.0, ""
    every = all_wards(people)
    if option.closes == "not_flagged":
        return _where_nothing_found(change, change.inside(every), judged, people, service)
    contacts, why = change.total_contacts(every)
    if why:
        return pd.NA, pd.NA, why
    return _moved(contacts, change.close, of_wards(people, change.wards), service)


def _where_nothing_found(
    change: ServiceChange, wards: Sequence[str], judged: pd.DataFrame, people: People, service: Service
) -> tuple[object, object, str]:
    """The same, summed over the wards where something closes: each of them has to be given its contacts."""
    reasons = judged[(judged["service_id"] == service.id) & judged["kind"].isin(("floor", "keep", "more_use"))]
    kept = reasons.groupby("area_code")["channel"].agg(set).to_dict()
    closing = {code: [name for name in change.close if name not in kept.get(code, set())] for code in wards}
    closing = {code: close for code, close in closing.items() if close}
    given = [code for code, close in closing.items() if set(close) <= set(change.contacts_by_ward.get(code, {}))]
    if len(given) < len(closing):
        return pd.NA, pd.NA, f"{given_for(len(given), len(closing))} where a way in closes"
    low = high = 0.0
    for code, close in closing.items():
        one, other, why = _moved(change.contacts_by_ward[code], close, of_wards(people, [code]), service)
        if why:
            return pd.NA, pd.NA, why
        low, high = low + float(str(one)), high + float(str(other))
    return low, high, ""


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


def _sentence(by: dict[str, int], thin: int, wards: int, low: object, high: object, why: str) -> str:
    parts = [counted(by[name], one, many) for name, (one, many) in _CLOSED.items() if by[name]]
    closes = f"closes {join_words(parts)}, ward by ward" if parts else "closes nothing we found a reason to keep"
    text = capital(closes) + (f"; {counted(thin, 'more', 'more')} with fewer hours" if thin else "")
    text += f"; {counted(wards, 'ward')} touched." if wards else "."
    if why:
        return f"{text} How many contacts would need another way in is not known: {why}."
    if isinstance(high, float) and high >= 1:
        return f"{text} About {two_figures(float(str(low)))} to {two_figures(high)} contacts a year would need another way in."
    return text


__all__ = ["demand", "options", "variant"]
