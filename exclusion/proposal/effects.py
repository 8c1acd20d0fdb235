"""What a proposal does to each finding, and to services that lean on a place it closes (guard G6).

A finding's ``proposal_effect`` is one of three words. **closes**: the way in goes, or the place it
is given at goes. **stays**: the proposal keeps it. **none**: the proposal does not say, or is not about
this service or ward. Fewer hours is marked beside it and said in words: the door is part closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from exclusion import judgement
from exclusion.judgement import Service
from exclusion.proposal.model import PlaceChange, Proposal, ServiceChange
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.words import capital, counted, join_words

EFFECTS = ("closes", "stays", "none")
UNSAID_WARDS = " The proposal does not say which wards use it, so every ward is shown."
COLUMNS = ("proposal_effect", "fewer_hours", "effect_note", "leans_on", "instead")
_ABOUT_A_WAY_IN = ("floor", "keep", "more_use")
NO_NEXT = "No list of places was given, so it is not known which open place is the next nearest."


@dataclass(frozen=True)
class NextOpen:
    """The open place that people would go to when one closes, as a list of places tells it."""

    said: str  # one sentence, also where there is none or it is not known
    name: str = ""  # the place that is the next nearest for most of them; blank where there is none or it is not known
    distance: float = float("nan")  # within which half of them have an open place then
    unit: str = ""  # km or minutes


_Answer = tuple[str, bool, str, str, str]


@dataclass(frozen=True)
class _Change:
    """One thing a proposal does to one way in of one service."""

    effect: str
    fewer: bool
    note: str
    wards: tuple[str, ...]  # none: everywhere
    place: str = ""
    title: str = ""

    def rank(self) -> tuple[int, bool]:
        return ({"closes": 2, "stays": 1, "none": 0}[self.effect], self.fewer)


def effect(findings: pd.DataFrame, proposals: Proposal | Iterable[Proposal], services: Iterable[Service] | None = None) -> pd.DataFrame:
    """The findings with what the proposals do to each.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them, of the wards of the proposals' councils.
    proposals
        One, or several that are live at once; the firmest effect counts.
    services
        Profiles to read which ways in are possible; ours when None.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns, and ``proposal_effect`` (closes, stays, none), ``fewer_hours``
        (bool), ``effect_note`` (one sentence; blank for rows not about a way in), ``leans_on`` (the
        places it loses or that thin, joined by ``|``) and ``instead`` (a way in that needs something
        else, where one is left; else blank).
    """
    chosen = _several(proposals)
    held = {service.id: service for service in services} if services is not None else judgement.services()
    result = findings.copy()
    result["proposal_effect"], result["fewer_hours"], result["effect_note"] = "none", False, ""
    result["leans_on"], result["instead"] = "", ""
    about = result["kind"].isin(_ABOUT_A_WAY_IN)
    area_codes = result["area_code"].to_numpy()
    columns = {name: result[name].to_numpy(dtype=object) for name in COLUMNS}
    groups: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(about.to_numpy()).tolist():
        groups.setdefault((str(result["service_id"].iat[row]), str(result["channel"].iat[row])), []).append(row)
    for (service_id, channel), rows in groups.items():
        service = held.get(service_id)
        if service is None:
            continue
        changes = _changes(chosen, service, channel)
        cache: dict[str, _Answer] = {}
        everywhere = all(not change.wards for change in changes)
        for row in rows:
            ward = "" if everywhere else str(area_codes[row])
            if ward not in cache:
                cache[ward] = _verdict([c for c in changes if not c.wards or ward in c.wards], chosen, service, channel, ward)
            for name, value in zip(columns, cache[ward], strict=True):
                columns[name][row] = value
    for name, values in columns.items():
        result[name] = pd.Series(values, index=result.index, dtype="bool" if name == "fewer_hours" else "str")
    return result


def _several(proposals: Proposal | Iterable[Proposal]) -> tuple[Proposal, ...]:
    return (proposals,) if isinstance(proposals, Proposal) else tuple(proposals)


def _changes(proposals: Sequence[Proposal], service: Service, channel: str) -> list[_Change]:
    """Everything the proposals do to one way in, by the service itself and by places it leans on."""
    found = []
    for proposal in proposals:
        if change := proposal.change(service.id):
            found.append(_own(change, channel, proposal))
        for place in proposal.place:
            if channel in place.ways(service.id):
                found.append(_leaning(place, channel, proposal))
    return found


def _own(change: ServiceChange, channel: str, proposal: Proposal) -> _Change:
    if channel in change.close:
        return _Change("closes", False, "The proposal closes it here.", change.wards, "", proposal.title)
    if channel in change.fewer_hours:
        note = "The proposal keeps it for fewer hours: for people who cannot come or call at the hours left, that is a closure."
        return _Change("stays", True, note, change.wards, "", proposal.title)
    if channel in change.keep:
        return _Change("stays", False, "The proposal keeps it.", change.wards, "", proposal.title)
    return _Change("none", False, "The proposal does not say what happens to this way in.", change.wards, "", proposal.title)


def _leaning(place: PlaceChange, channel: str, proposal: Proposal) -> _Change:
    label = judgement.channels()[channel].label
    scope = "" if place.wards else UNSAID_WARDS
    if place.change == "closes":
        note = f"{capital(label)} leans on {place.name}, which closes under '{proposal.title}'.{scope}"
        return _Change("closes", False, note, place.wards, place.name, proposal.title)
    note = f"{capital(label)} leans on {place.name}, which opens for fewer hours under '{proposal.title}'.{scope}"
    return _Change("stays", True, note, place.wards, place.name, proposal.title)


def _verdict(changes: list[_Change], proposals: Sequence[Proposal], service: Service, channel: str, ward: str) -> _Answer:
    if not changes:
        return "none", False, "The proposal is not about this service here.", "", ""
    chief = max(changes, key=_Change.rank)
    same = [change for change in changes if change.rank() == chief.rank()]
    places = [change for change in changes if change.place]
    notes = list(dict.fromkeys([*(change.note for change in same), *(change.note for change in places)]))
    instead = ""
    if chief.effect == "closes":
        instead = another(proposals, service, channel, ward)
        notes.append(_keep_instead(service, channel, instead))
    fewer = any(change.fewer for change in changes) and chief.effect != "closes"
    return chief.effect, fewer, " ".join(notes), "|".join(dict.fromkeys(change.place for change in places)), instead


def another(proposals: Sequence[Proposal], service: Service, channel: str, ward: str = "") -> str:
    """A way in to keep in place of one that goes: possible for the service, not closed, and needing something else.

    The order is the channel's own ``instead`` in ``judgement/channels.toml``. Blank when none is left, and for a
    way in that is part of the council-wide minimum, which nothing stands in for (guard G3).
    """
    channels = judgement.channels()
    if _in_minimum(service, channel):
        return ""  # nothing stands in for the minimum
    for name in channels[channel].instead:
        other = channels[name]
        lost = any(c.effect == "closes" and (not c.wards or not ward or ward in c.wards) for c in _changes(proposals, service, name))
        if other.possible(service) and not lost and not set(other.needs) & set(channels[channel].needs):
            return name
    return ""


def _in_minimum(service: Service, channel: str) -> bool:
    every = (floor.channels for floor in judgement.floors().values() if floor.every_service)
    return channel in service.floor_channels or any(channel in named for named in every)


def _keep_instead(service: Service, channel: str, instead: str) -> str:
    channels = judgement.channels()
    if _in_minimum(service, channel):
        return "It is part of the council-wide minimum, which holds in every ward: keep it, or give it somewhere else first."
    if instead:
        return f"If it must go, keep {channels[instead].long} in its place, running before this closes."
    return f"No other way in to {service.service_name} that needs something else would be left in its place."


def dependents(
    findings: pd.DataFrame,
    proposals: Proposal | Iterable[Proposal],
    services: Iterable[Service] | None = None,
    offered: Iterable[str] = (),
    next_open: Mapping[str, NextOpen] | None = None,
) -> pd.DataFrame:
    """Every service that leans on a place the proposals close or thin, named (guard G6).

    Parameters
    ----------
    findings
        With the columns :func:`effect` adds.
    services
        Profiles of the services to look through; ours when None.
    offered
        Ids of the services the council runs; all when none is given.
    next_open
        For each place that closes, by its name, the open place that people would go to; None without a list of places.

    Returns
    -------
    pandas.DataFrame
        ``place, change, proposal, service_id, service_name, channel, named`` (whether a proposal
        names the service itself), ``wards`` (where a rule or the minimum says keep this way in),
        ``severity`` (the firmest there, blank when none), ``firmest_wards`` (where it is that firm), ``instead``,
        ``next_open`` and ``next_open_distance`` with ``next_open_unit`` (blank where a place does not close,
        there is none or it is not known), ``next_open_said`` (the same in a sentence), ``sentence``; in the
        order of the proposals, their places and the services.
    """
    chosen = _several(proposals)
    held = list(services) if services is not None else list(judgement.services().values())
    offered = set(offered) or {service.id for service in held}
    channels = judgement.channels()
    rows = []
    for proposal in chosen:
        for place in proposal.place:
            for service in held:
                for channel in place.ways(service.id):
                    if service.id not in offered or not (channels[channel].possible(service) or channel in service.floor_channels):
                        continue
                    then = (next_open or {}).get(place.name, NextOpen(NO_NEXT))
                    rows.append(_dependent(findings, chosen, proposal, place, service, channel, then))
    columns = [
        "place", "change", "proposal", "service_id", "service_name", "channel", "named", "wards", "severity", "firmest_wards", "instead",
        "next_open", "next_open_distance", "next_open_unit", "next_open_said", "sentence",
    ]  # fmt: skip
    types = {"wards": "int64", "firmest_wards": "int64", "named": "bool", "next_open_distance": "float64"}
    return pd.DataFrame(rows, columns=columns).astype(types)


def _dependent(
    findings: pd.DataFrame,
    proposals: Sequence[Proposal],
    proposal: Proposal,
    place: PlaceChange,
    service: Service,
    channel: str,
    then: NextOpen,
) -> dict[str, object]:
    here = findings[(findings["service_id"] == service.id) & (findings["channel"] == channel) & findings["kind"].isin(_ABOUT_A_WAY_IN)]
    if place.wards:
        here = here[here["area_code"].isin(place.wards)]
    severity = next((name for name in ("required", "recommended", "monitor") if (here["severity"] == name).any()), "")
    wards = int(here["area_code"].nunique())
    firmest = int(here.loc[here["severity"] == severity, "area_code"].nunique()) if severity else 0
    closes = place.change == "closes"
    instead = another(proposals, service, channel) if closes else ""
    verb = "closes" if closes else "opens for fewer hours"
    label = judgement.channels()[channel].label
    sentence = f"{service.service_name}: {label} leans on {place.name}, which {verb}"
    if severity:
        rests = "leant on it" if closes else "rests on the hours left"
        less = f" and less firmly in {counted(wards - firmest, 'more ward')}" if wards > firmest else ""
        sentence += f"; our advice there ('{SCREEN_WORDS[severity]}' in {counted(firmest, 'ward')}{less}) {rests}."
    else:
        sentence += "; no rule asks for it in these wards, but people use it."
    if closes:
        sentence += f" {then.said} {_keep_instead(service, channel, instead)}"
    return {
        "place": place.name,
        "change": place.change,
        "proposal": proposal.title,
        "service_id": service.id,
        "service_name": service.service_name,
        "channel": channel,
        "named": proposal.change(service.id) is not None,
        "wards": wards,
        "severity": severity,
        "firmest_wards": firmest,
        "instead": instead,
        "next_open": then.name if closes else "",
        "next_open_distance": then.distance if closes else float("nan"),
        "next_open_unit": then.unit if closes else "",
        "next_open_said": then.said if closes else "",
        "sentence": sentence,
    }


def fail_together(kept: Iterable[str]) -> tuple[int, tuple[str, ...]]:
    """How many of the kept ways in fail differently, and what to say of those that do not (guard G6).

    Parameters
    ----------
    kept
        Ways in that stay, by id.

    Returns
    -------
    tuple
        The number of different things they need, and one sentence for each thing that two or
        more of them need: they count as one.
    """
    channels = judgement.channels()
    kept = list(dict.fromkeys(kept))
    by_thing: dict[tuple[str, ...], list[str]] = {}
    for name in kept:
        by_thing.setdefault(channels[name].needs, []).append(name)
    said = []
    for needs, names in by_thing.items():
        if len(names) > 1:
            things = join_words([judgement.dependencies()[need].label for need in needs])
            labels = capital(join_words([channels[name].label for name in names]))
            said.append(f"{labels} depend on the same thing ({things}), so they count as one way in unless the council shows otherwise.")
    return len(by_thing), tuple(said)
