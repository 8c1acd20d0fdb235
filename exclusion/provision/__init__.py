"""From ward figures and a service to "keep these ways in open", how firmly, and on what evidence.

Tables in, tables out: this module knows nothing of releases. No finding comes from a score;
every one comes from a named rule that points at named figures, or from the council-wide
minimum (a floor), which no ward figure can switch off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.judgement import Channel, Floor, Indicator, Rule, Service, Threshold
from exclusion.judgement.score import Measure
from exclusion.provision.findings import TEXT, Rows, hooks, joined
from exclusion.provision.flags import (
    SEVERITY,
    SEVERITY_NAME,
    Channelled,
    ServiceFlags,
    Tip,
    Wards,
    caution_holds,
    patterns_of,
    service_flags,
    wards,
)
from exclusion.provision.minimum import floor_rows
from exclusion.provision.reasons import SCREEN_WORDS, Words
from exclusion.provision.shelf import past
from exclusion.provision.strength import NAME, ORDINARY, UNKNOWN, Figures, figures, highest, lowest, relevant, steps_down, strength
from exclusion.provision.unknowns import PocketNotes, by_way_in, missing_rows, pocket_notes, summary_rows
from exclusion.words import join_words, within


@dataclass(frozen=True)
class Provision:
    """What to keep open, where and why.

    ``findings`` meets ``contracts.TABLES["findings"]``. ``summaries`` has one row a ward and
    service: ``area_code, service_id, summary`` (reasons_found, none_in_rules_checked, not_assessed, not_run_here),
    ``sentence, checked, not_checked`` (rule ids joined by ``|``; a rule of which only a part
    could be checked is in both), ``keep`` (how many findings to keep a channel) and ``nearly`` (how
    many more a small change of one figure would bring, guard G4; the sentence names the change).
    """

    findings: pd.DataFrame
    summaries: pd.DataFrame


def check(
    areas: pd.DataFrame,
    profile: pd.DataFrame,
    services: Iterable[Service],
    *,
    thresholds: str | Mapping[str, Threshold] | None = None,
    rules: Mapping[str, Rule] | None = None,
    floors: Mapping[str, Floor] | None = None,
    channels: Mapping[str, Channel] | None = None,
    measures: Mapping[str, Measure] | None = None,
    indicators: Mapping[str, Indicator] | None = None,
    council_profile: pd.DataFrame | None = None,
    pockets: pd.DataFrame | None = None,
    today: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Provision:
    """Check every service against every ward.

    Parameters
    ----------
    areas
        Wards, indexed by ``area_code``, with ``area_name, council_code, nation, rural``.
    profile
        Ward figures, one row per ward and measure: ``area_code, measure, n, of, value``
        (share), ``percentile`` (0 to 100 in its nation, 100 = most affected),
        ``nation_value, low, high, observed, fit, source, period``. A measure that is absent,
        blank, or observed for less than two thirds of a ward is not known; it never counts as
        "no need".
    services
        Services to check, in the order wanted.
    thresholds
        A version of ``judgement/thresholds.csv`` (the current one when None), or thresholds by measure.
    rules, floors, channels, measures, indicators
        Judgement to use in place of the files in ``judgement/``.
    council_profile
        Figures published by council only: ``area_code`` (of the council), ``measure``,
        ``value``, ``source``, ``period``.
    pockets
        Small areas far from the ward's average (guard G2): ``area_code, measure``. Gives a
        note in the summary, never a finding.
    today
        The day by which a figure is too old for its measure's shelf life (guard G9); such a figure
        is not known. None looks at no date, so that the same tables always give the same answer.
    progress
        Called after each service with how many are done and how many there are.

    Returns
    -------
    Provision
        Findings in the order of ``areas``, then services, then kind and channel; and a summary
        of every ward and service, so that a ward without findings still says why.

    Raises
    ------
    UsageError
        For a version of the thresholds we do not hold.
    DataRefused
        When judgement files name something that is not there.
    """
    services = list(services)
    if not services:
        return nothing()
    on = ground(
        areas,
        profile,
        thresholds=thresholds,
        rules=rules,
        channels=channels,
        measures=measures,
        indicators=indicators,
        council_profile=council_profile,
        pockets=pockets,
        today=today,
    )
    return check_on(on, services, floors=floors, progress=progress)


@cache
def nothing() -> Provision:
    """What is found for no service at all: tables without a row. Shared by all who ask, so never to be written to."""
    nowhere = pd.DataFrame({"area_name": pd.Series(dtype=str), "nation": pd.Series(dtype=str)})
    return Provision(Rows().findings(nowhere, ""), Rows().summaries(nowhere))


@dataclass(frozen=True)
class Ground:
    """What services are checked on: some wards, their figures, our judgement, and the sentences made of them so far.

    No service changes it, so whoever keeps one has the next service of the same wards for a third of the work.
    """

    areas: pd.DataFrame
    held: Figures
    thresholds: Mapping[str, Threshold]
    rules: Mapping[str, Rule]
    channels: Mapping[str, Channel]
    measures: Mapping[str, Measure]
    indicators: Mapping[str, Indicator]
    wards: Wards
    words: Words
    notes: PocketNotes | None


def ground(
    areas: pd.DataFrame,
    profile: pd.DataFrame,
    *,
    thresholds: str | Mapping[str, Threshold] | None = None,
    rules: Mapping[str, Rule] | None = None,
    channels: Mapping[str, Channel] | None = None,
    measures: Mapping[str, Measure] | None = None,
    indicators: Mapping[str, Indicator] | None = None,
    council_profile: pd.DataFrame | None = None,
    pockets: pd.DataFrame | None = None,
    today: date | None = None,
) -> Ground:
    """What :func:`check` works out before it looks at any service; its parameters are those of :func:`check`."""
    held_thresholds = dict(thresholds) if isinstance(thresholds, Mapping) else judgement.thresholds(thresholds)
    rules = judgement.rules() if rules is None else rules
    channels = judgement.channels() if channels is None else channels
    measures = judgement.measures() if measures is None else measures
    indicators = judgement.indicators() if indicators is None else indicators
    judgement.cross_check()
    asked = {use.id for indicator in indicators.values() for use in indicator.measures}
    asked |= {indicator.fewer_steps_where for indicator in indicators.values()}
    profile = profile.loc[profile["measure"].isin(asked)]
    held = figures(areas.index, profile, stale=_stale(profile, measures, today))
    on = wards(held, areas["rural"].to_numpy(dtype=bool), held_thresholds, indicators)
    words = Words(areas, profile, held, held_thresholds, measures, indicators, channels, rules, council_profile)
    notes = pocket_notes(areas.index, pockets, indicators, measures)
    return Ground(areas, held, held_thresholds, rules, channels, measures, indicators, on, words, notes)


def check_on(
    on: Ground,
    services: Iterable[Service],
    *,
    floors: Mapping[str, Floor] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Provision:
    """:func:`check` on a ground made before."""
    services, areas, words = list(services), on.areas, on.words
    floors = judgement.floors() if floors is None else floors
    version = "|".join(sorted({threshold.version for threshold in on.thresholds.values()}))
    rows = Rows()
    kept: dict[_Case, dict[int, int]] = {}
    for done, service in enumerate(services, start=1):
        flags = service_flags(service, on.wards, on.rules, on.channels)
        rows.start(service, words.nations)
        _channel_rows(rows, flags, on.wards, words, kept)
        _caution_rows(rows, flags, on.wards, words)
        missing_rows(rows, flags, on.wards, on.held, on.thresholds, on.indicators, on.measures)
        floor_rows(rows, service, words.nations, floors, on.channels)
        summary_rows(rows, flags, len(areas), on.channels, on.notes, _close(flags, on.wards, words))
        if progress is not None:
            progress(done, len(services))
    return Provision(rows.findings(areas, version), rows.summaries(areas))


def _stale(profile: pd.DataFrame, measures: Mapping[str, Measure], today: date | None) -> pd.Series | None:
    """Which rows are past their measure's shelf life."""
    if today is None or "period" not in profile:
        return None
    pairs = profile["measure"].astype(str) + "\n" + profile["period"].astype(str)
    answers = {}
    for pair in pairs.unique():
        measure, period = pair.split("\n", 1)
        years = measures[measure].shelf_life_years if measure in measures else None
        answers[pair] = years is not None and past(period, years, today)
    return pairs.map(answers).astype(bool)


def across_council(findings: pd.DataFrame, share: float | None = None) -> pd.DataFrame:
    """Findings that hold in most of the chosen wards, to be said once.

    Parameters
    ----------
    findings
        As :func:`check` gives them; every chosen ward is in it, if only with its floors.
    share
        How many of the wards: default three quarters (``judgement/guards.toml``).

    Returns
    -------
    pandas.DataFrame
        ``service_id, channel, severity, rule_ids, wards, of_wards, except_area_codes, reason``:
        one row for each service and channel kept at this severity or a firmer one in at least
        that share of wards. ``rule_ids`` are the rules that hold in half of those wards or
        more; ``except_area_codes`` are the wards where it does not hold, joined by ``|``.
    """
    if findings.empty:
        return _nothing_across()
    share = judgement.guards()["across_council"].values["share"] if share is None else share
    ward_numbers, wards_met = pd.factorize(findings["area_code"])
    everyone = wards_met.tolist()
    # Only what is counted is taken out: the texts of a national run are large.
    kept = np.flatnonzero((findings["kind"] == "keep").to_numpy(dtype=bool))
    ward = ward_numbers[kept]
    service, services = pd.factorize(findings["service_id"].array.take(kept))
    channel, channels = pd.factorize(findings["channel"].array.take(kept))
    rule_ids, rules_met = pd.factorize(findings["rule_ids"].array.take(kept))
    named = [str(ids).split("|") for ids in rules_met]
    severity_ids, severities = pd.factorize(findings["severity"].array.take(kept))
    level = np.array([SEVERITY[str(name)] for name in severities], dtype=np.int64)[severity_ids]
    groups, which = np.unique(service * max(1, len(channels)) + channel, return_inverse=True)
    rows = []
    for number in dict.fromkeys(which.tolist()):
        group = np.flatnonzero(which == number)
        service_id, channel_id = str(services[groups[number] // len(channels)]), str(channels[groups[number] % len(channels)])
        for severity in sorted(set(level[group].tolist()), reverse=True):
            where = group[level[group] >= severity]
            if len(where) < share * len(everyone) - 1e-9:
                continue
            counts: Counter[str] = Counter()
            for ids, times in zip(*np.unique(rule_ids[where], return_counts=True), strict=True):
                counts.update(dict.fromkeys(named[ids], int(times)))
            chief = sorted(rule for rule, times in counts.items() if 2 * times >= len(where))
            inside = set(ward[where].tolist())
            rows.append(
                {
                    "service_id": service_id,
                    "channel": channel_id,
                    "severity": SEVERITY_NAME[severity],
                    "rule_ids": "|".join(chief),
                    "wards": len(where),
                    "of_wards": len(everyone),
                    "except_area_codes": "|".join(str(code) for place, code in enumerate(everyone) if place not in inside),
                    "reason": _council_sentence(channel_id, SEVERITY_NAME[severity], chief, len(where), len(everyone)),
                }
            )
            break
    return _laid_across(rows)


_ACROSS = ("service_id", "channel", "severity", "rule_ids", "wards", "of_wards", "except_area_codes", "reason")


def _laid_across(rows: list[dict[str, Any]]) -> pd.DataFrame:
    types = {"wards": "int64", "of_wards": "int64"}
    return pd.DataFrame({name: pd.array([row[name] for row in rows], dtype=types.get(name, TEXT)) for name in _ACROSS})


@cache
def _nothing_across() -> pd.DataFrame:
    """The table without a row, which every move of a slider gets: shared, so never to be written to."""
    return _laid_across([])


def _council_sentence(channel: str, severity: str, chief: list[str], holds: int, of: int) -> str:
    label = judgement.channels()[channel].label if channel in judgement.channels() else channel
    held_rules = judgement.rules()
    titles = [f"{within(held_rules[rule].title)} ({rule})" for rule in chief if rule in held_rules]
    where = "in every ward" if holds == of else f"in {holds} of {of} wards"
    because = f" Reasons found most often: {join_words(titles)}." if titles else ""
    return f"{SCREEN_WORDS[severity]}: {label}, {where}.{because}"


# --------------------------------------------------------------------------- rows


@dataclass(frozen=True)
class _Case:
    """All that a finding says besides the ward: the same rules on the same figures, channel and severity. Services share it."""

    channel: str
    in_floor: bool
    severity: int
    nation: str
    rules: tuple[str, ...]
    notes: tuple[str, ...]
    unsure: tuple[bool, ...]  # of each rule, whether what switches it off is not known
    measures: tuple[str, ...]
    evidence: int
    tip: Tip | None
    becomes: int


def _channel_rows(rows: Rows, flags: ServiceFlags, on: Wards, words: Words, kept: dict[_Case, dict[int, int]]) -> None:
    """Add the findings of a service by channel; ``kept`` holds those made for the services before, by case and ward."""
    for channelled in flags.channels:
        where = np.flatnonzero(channelled.severity > 0)
        if not len(where):
            continue
        cases, which = _cases(flags, channelled, where, on, words)
        placed = np.empty(len(where), dtype=np.int64)
        for number, case in enumerate(cases):
            made, here = kept.setdefault(case, {}), np.flatnonzero(which == number)
            same: dict[str, Any] = {}
            for place, ward in zip(here.tolist(), where[here].tolist(), strict=True):
                if ward not in made:
                    same = same or _shared(case, words)
                    made[ward] = rows.make(**same, **_of_ward(ward, case, words))
                placed[place] = made[ward]
        rows.place(where, placed)


def _cases(
    flags: ServiceFlags, channelled: Channelled, where: npt.NDArray[np.intp], on: Wards, words: Words
) -> tuple[list[_Case], npt.NDArray[np.intp]]:
    """The distinct cases of one channel in the wards ``where``, and which of them each ward is."""
    outcomes = [flags.outcomes[name] for name in channelled.rules]
    front: list[npt.NDArray[Any]] = [channelled.severity, words.nation_numbers, channelled.tip, channelled.tipped]
    columns: list[npt.NDArray[Any]] = [column[where] for column in front]
    blocks = []
    for outcome, fires in zip(outcomes, channelled.fired[:, where], strict=True):
        unsure = np.zeros(len(where), dtype=bool) if outcome.gate is None else outcome.gate[where] == UNKNOWN
        legs = [np.where(fires, answer[where], -1) for answer in words.behind(outcome, flags.service)]
        blocks.append(len(legs))
        columns += [fires, fires & unsure, np.where(fires, outcome.strength[where], UNKNOWN), *legs]
    patterns, which = patterns_of(np.stack(columns, axis=1).astype(np.int64))
    return [_case(flags, channelled, pattern, blocks, on, words) for pattern in patterns.tolist()], which


def _case(flags: ServiceFlags, channelled: Channelled, pattern: list[int], blocks: list[int], on: Wards, words: Words) -> _Case:
    severity, nation, tip, becomes, *rest = pattern
    names, unsure, strengths, answers = [], [], [], []
    for name, legs in zip(channelled.rules, blocks, strict=True):
        (fires, gate, level), behind, rest = rest[:3], rest[3 : 3 + legs], rest[3 + legs :]
        if fires:
            names.append(name)
            unsure.append(bool(gate))
            strengths.append(level)
            answers += [words.measure_ids[number] for number in behind if number >= 0]
    return _Case(
        channel=channelled.channel,
        in_floor=channelled.in_floor,
        severity=severity,
        nation=words.nation_names[nation],
        rules=tuple(names),
        notes=tuple(target.note for name in names for target in flags.targets[name] if target.channel == channelled.channel),
        unsure=tuple(unsure),
        measures=tuple(dict.fromkeys(answers)),
        evidence=max(strengths),
        tip=on.tips[tip] if tip >= 0 else None,
        becomes=becomes,
    )


def _shared(case: _Case, words: Words) -> dict[str, Any]:
    """The columns that a case settles whatever the ward."""
    rules = [words.rules[name] for name in case.rules]
    kept_hooks = judgement.nations()[case.nation].kept_hooks
    return {
        "channel": case.channel,
        "kind": "more_use" if case.in_floor else "keep",
        "severity": "" if case.in_floor else SEVERITY_NAME[case.severity],
        "strength": NAME[case.evidence],
        "borderline": case.tip is not None,
        "rule_ids": "|".join(case.rules),
        "protected_characteristics": joined(name for rule in rules for name in rule.protected_characteristics),
        "legal_hooks": hooks([*(code for rule in rules for code in rule.hooks), *kept_hooks], case.nation),
    }


def _of_ward(ward: int, case: _Case, words: Words) -> dict[str, Any]:
    """The columns that print a ward's figures."""
    shown = "" if case.in_floor else SEVERITY_NAME[case.severity]
    rules = tuple(words.rules[name] for name in case.rules)
    parts = [
        words.opening(shown, case.channel, case.notes),
        words.evidence(ward, case.measures),
        words.ordinary(ward) if case.evidence == ORDINARY else "",
        *dict.fromkeys(words.sentence(ward, rule, unsure) for rule, unsure in zip(rules, case.unsure, strict=True)),
        words.students(ward, rules),
        words.closing(rules, case.nation),
        words.borderline(ward, case.tip, case.becomes, case.in_floor) if case.tip else "",
    ]
    return {
        "short": words.short(shown, case.channel, ward, case.measures),
        "reason": " ".join(part for part in parts if part),
        "figures_json": words.figures_json(ward, rules, case.unsure, case.measures),
    }


def _close(flags: ServiceFlags, on: Wards, words: Words) -> list[tuple[str, ...]]:
    """For each ward, what a small change would bring where nothing is flagged (guard G4)."""
    result: list[tuple[str, ...]] = [()] * len(on.rural)
    for channelled in flags.channels:
        for ward in np.flatnonzero(channelled.near >= 0).tolist():
            said = words.nearly(ward, on.tips[channelled.near[ward]], int(channelled.nearly[ward]), channelled.channel)
            result[ward] = (*result[ward], said)
    return result


def _caution_rows(rows: Rows, flags: ServiceFlags, on: Wards, words: Words) -> None:
    for name, outcome in flags.outcomes.items():
        if not outcome.rule.caution:
            continue
        behind = words.behind(outcome, flags.service)
        for ward in np.flatnonzero(caution_holds(outcome)).tolist():
            measures = tuple(dict.fromkeys(words.measure_ids[answer[ward]] for answer in behind if answer[ward] >= 0))
            tip = flags.caution_tips[name][ward]
            said = words.caution(ward, outcome.rule, measures)
            rows.add(
                [ward],
                channel="all",
                kind="caution",
                severity="",
                strength=NAME[int(outcome.strength[ward])],
                borderline=bool(tip >= 0),
                rule_ids=name,
                short=outcome.rule.caution_short,
                reason=f"{said} {words.borderline(ward, on.tips[tip], 0, in_floor=False)}" if tip >= 0 else said,
                figures_json=words.figures_json(ward, (outcome.rule,), (False,), measures),
                protected_characteristics=joined(outcome.rule.protected_characteristics),
                legal_hooks=hooks(outcome.rule.hooks, words.nations[ward]),
            )


__all__ = [
    "UNKNOWN",
    "Ground",
    "Provision",
    "across_council",
    "by_way_in",
    "check",
    "check_on",
    "ground",
    "highest",
    "lowest",
    "nothing",
    "relevant",
    "steps_down",
    "strength",
]
