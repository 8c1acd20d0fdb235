"""Proposals: what a council wants to close, what that does to each finding, and what else it touches.

``read`` a file, then ``consider`` it: the findings with what the proposal does to each, the contacts
that the ways in left may have to carry, options side by side, services that lean on a place
that closes (guard G6), and changes that fall on the same people (guard G7).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.assessment import Assessment, assess
from exclusion.judgement import Service
from exclusion.proposal.again import rerun
from exclusion.proposal.contacts import read_contacts
from exclusion.proposal.demand import People, demand, still_need
from exclusion.proposal.effects import EFFECTS, NextOpen, another, dependents, effect, fail_together
from exclusion.proposal.model import ONLINE, OfficerWords, PlaceChange, Proposal, ServiceChange
from exclusion.proposal.options import options, variant
from exclusion.proposal.reading import build, councils_named, parse, read, read_all
from exclusion.proposal.together import cumulative
from exclusion.proposal.touching import touched
from exclusion.proposal.writing import template, toml_text
from exclusion.release import Evidence
from exclusion.words import date_words, join_words

NO_LIST = (
    "No list of places was given, so it is not said which open place is the next nearest, nor how far it is. The release holds no "
    "places: give the council's own list (name, kind, position, hours)."
)


@dataclass(frozen=True)
class Considered:
    """One or more proposals laid over an assessment.

    ``findings`` are those of ``assessment`` with the columns of :func:`effect`; the other tables
    are as :func:`demand`, :func:`options`, :func:`dependents` and :func:`cumulative` give them
    (``demand`` and ``options`` with a first column ``proposal``).
    """

    proposals: tuple[Proposal, ...]
    assessment: Assessment
    findings: pd.DataFrame
    demand: pd.DataFrame
    options: pd.DataFrame
    dependents: pd.DataFrame
    cumulative: pd.DataFrame
    notices: tuple[str, ...]

    def people(self, proposal: Proposal) -> People:
        """Residents unlikely to use the internet, of the wards of one proposal's councils."""
        return _people(self.assessment, proposal)

    def about(self, findings: pd.DataFrame) -> pd.DataFrame:
        """Those of some findings that lie where the proposals touch their service; see :func:`exclusion.proposal.touching.touched`."""
        return touched(findings, self.proposals, self.assessment.areas)


def consider(evidence: Evidence, proposals: Proposal | Iterable[Proposal], **settings: Any) -> Considered:
    """Assess what proposals are about, and say what they do.

    Parameters
    ----------
    evidence
        The release, as ``exclusion.load`` gives it.
    proposals
        One, or all that are live at once. Every service a place of theirs gives help for is
        assessed, whether or not a proposal names it.
    settings
        Passed to :func:`exclusion.assessment.assess` (``weights, thresholds, today, local``).

    Raises
    ------
    UsageError
        For a council that is not in the release.
    """
    chosen = (proposals,) if isinstance(proposals, Proposal) else tuple(proposals)
    councils = list(dict.fromkeys(name for proposal in chosen for name in proposal.councils))
    codes = evidence.find_councils(councils)
    nations = set(evidence.areas.loc[evidence.areas["council_code"].isin(codes), "nation"])
    local = settings.get("local")
    profiles = judgement.services() if local is None else local.services
    run = list(judgement.offered(profiles, nations).values())
    leaning = [service for service in run if any(place.ways(service.id) for proposal in chosen for place in proposal.place)]
    named = [change.id for proposal in chosen for change in proposal.service]
    wanted = list(dict.fromkeys([*named, *(service.id for service in leaning)]))
    return lay(assess(evidence, councils, wanted, **settings), chosen, settings.get("today"))


def lay(
    assessment: Assessment, proposals: Iterable[Proposal], today: date | None = None, next_open: Mapping[str, NextOpen] | None = None
) -> Considered:
    """Say what proposals do to an assessment of their councils and of the services they are about; see :func:`consider`.

    ``next_open`` says for each place that closes where people would go, from a list of places; None without one, which is noted.

    A proposal dated before ``today`` (the clock's day when None) is noted as such: it may be a slip of the year.
    """
    chosen = tuple(proposals)
    profiles = {service.id: service for service in assessment.services}
    findings = _by_council(assessment.evidence, assessment, chosen)
    demands, compared = [], []
    run = assessment.summaries[assessment.summaries["summary"] != "not_run_here"]
    runs: list[set[str]] = []
    for proposal in chosen:
        areas = _wards(assessment, proposal)
        here = assessment.findings[assessment.findings["area_code"].isin(areas)]
        people = _people(assessment, proposal)
        runs.append(set(run.loc[run["area_code"].isin(areas), "service_id"].astype(str)))
        demands.append(demand(proposal, people, assessment.services).assign(proposal=proposal.title))
        compared.append(options(here, assessment.summaries, proposal, people, assessment.services).assign(proposal=proposal.title))
    return Considered(
        chosen,
        assessment,
        findings,
        _first(demands),
        _first(compared),
        dependents(findings, chosen, assessment.services, next_open=next_open),
        cumulative(assessment.findings, chosen, assessment.services),
        (*passed(chosen, today or date.today()), *_unlisted(chosen, next_open), *_notices(chosen, profiles, runs), *assessment.notices),
    )


def consider_files(evidence: Evidence, paths: Iterable[str | Path], **settings: Any) -> Considered:
    """:func:`consider` for proposal files: what ``exclusion assess --proposal FILE`` does."""
    return consider(evidence, read_all(paths, evidence.areas), **settings)


def _by_council(evidence: Evidence, assessment: Assessment, proposals: Iterable[Proposal]) -> pd.DataFrame:
    """The effects of each proposal in its own councils only."""
    council = assessment.findings["area_code"].map(assessment.areas["council_code"])
    live: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        for code in evidence.find_councils(proposal.councils):
            live.setdefault(code, []).append(proposal)
    parts = [effect(assessment.findings[council == code], here, assessment.services) for code, here in live.items()]
    return pd.concat(parts).sort_index() if parts else assessment.findings


def _first(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables, ignore_index=True)
    return table[["proposal", *[name for name in table.columns if name != "proposal"]]]


def _wards(assessment: Assessment, proposal: Proposal) -> list[str]:
    codes = assessment.evidence.find_councils(proposal.councils)
    return list(assessment.areas.index[assessment.areas["council_code"].isin(codes)])


def _people(assessment: Assessment, proposal: Proposal) -> People:
    areas, estimate = _wards(assessment, proposal), assessment.people_estimate
    return estimate if len(areas) == len(estimate.table) else assessment.people.loc[areas]


def passed(proposals: Iterable[Proposal], today: date) -> list[str]:
    """A note for each proposal whose date lies before ``today``: it may be a slip of the year."""
    return [
        f"'{one.title}' starts on {date_words(one.date)}: the date has passed. Check the year; the figures here are of now, not of then."
        for one in proposals
        if one.date < today
    ]


def _unlisted(proposals: Iterable[Proposal], next_open: Mapping[str, NextOpen] | None) -> list[str]:
    """A note where a place changes and no list of places was given."""
    return [NO_LIST] if next_open is None and any(one.place for one in proposals) else []


def _notices(proposals: Sequence[Proposal], profiles: Mapping[str, Service], runs: Sequence[set[str]]) -> list[str]:
    """What every page about a proposal says first; ``runs``: the services that the councils of each proposal run."""
    channels = judgement.channels()
    said = []
    for proposal, here in zip(proposals, runs, strict=True):
        # Of a service that its councils do not run nothing closes that is theirs: the assessment says so, and there is no minimum.
        for change in [one for one in proposal.service if one.id in here]:
            service = profiles[change.id]
            gone = [channels[name].label for name in service.floor_channels if name in change.close]
            if gone:
                said.append(
                    f"'{proposal.title}' closes part of the council-wide minimum for {service.service_name}: {join_words(gone)}. "
                    "No ward figure can make up for that."
                )
            _, together = fail_together(change.stays)
            said += [f"{service.service_name}: {sentence}" for sentence in together]
            if not change.stays:
                said.append(f"'{proposal.title}' says of no way in to {service.service_name} that it stays.")
    return list(dict.fromkeys(said))


__all__ = [
    "EFFECTS",
    "NO_LIST",
    "ONLINE",
    "Considered",
    "NextOpen",
    "OfficerWords",
    "PlaceChange",
    "Proposal",
    "ServiceChange",
    "another",
    "build",
    "consider",
    "consider_files",
    "councils_named",
    "cumulative",
    "demand",
    "dependents",
    "effect",
    "fail_together",
    "lay",
    "options",
    "parse",
    "passed",
    "read",
    "read_all",
    "read_contacts",
    "rerun",
    "still_need",
    "template",
    "toml_text",
    "variant",
]
