"""Which rules fire, where, how firmly and on which channel. Arrays over wards; no words.

Severity is ``int8``: 0 nothing, 1 monitor, 2 recommended, 3 required.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from exclusion import judgement
from exclusion.judgement import Channel, Indicator, Rule, Service, Threshold
from exclusion.judgement.ruleset import SEVERITIES
from exclusion.provision.strength import (
    ENOUGH,
    LEVEL,
    NONE,
    STRONG,
    UNKNOWN,
    Figures,
    Steps,
    highest,
    indicator_strength,
    lowest,
    relevant,
)

SEVERITY: dict[str, int] = {"": 0, **{str(name): level for level, name in enumerate(SEVERITIES, start=1)}}
SEVERITY_NAME = {level: name for name, level in SEVERITY.items()}
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Target:
    """Where a rule's flag lands for one service, once the mechanics are done."""

    channel: str
    note: str
    in_floor: bool


@dataclass(frozen=True)
class Outcome:
    """One rule for one service, in every ward."""

    rule: Rule
    strength: Steps  # strongest known part, after relevance; -1 where nothing is known
    severity: npt.NDArray[np.int8]
    legs: tuple[Steps, ...]  # after relevance, one a leg
    ran: Mask  # at least one live leg was known
    partly: Mask  # at least one live leg was not
    gate: Steps | None  # strength of what switches the rule off


@dataclass(frozen=True)
class Tip:
    """A small change in one figure (guard G4)."""

    measure: str
    count_factor: float = 1.0
    points: float = 0.0


def targets(rule: Rule, service: Service, channels: Mapping[str, Channel]) -> tuple[Target, ...]:
    """The channels a rule would flag for a service, after what is possible and what the floor holds.

    A channel that cannot be used for the service is skipped. A channel already in the floor is
    kept and marked; where the floor holds a stand-in (a home visit for face to face), the flag
    lands on that.
    """
    floor = set(service.floor_channels)
    result: dict[str, Target] = {}
    for flag in rule.flags:
        if not flag.holds(service):
            continue
        channel = channels[flag.channel]
        if channel.stood_in_by in floor and channel.id not in floor:
            result.setdefault(channel.stood_in_by, Target(channel.stood_in_by, "", True))
        elif channel.possible(service):
            result.setdefault(channel.id, Target(channel.id, flag.note, channel.id in floor))
    return tuple(result.values())


def applies(rule: Rule, service: Service, channels: Mapping[str, Channel]) -> bool:
    """Whether a rule has anything to say about a service, whatever the ward."""
    if not all(condition.holds(service) for condition in rule.when):
        return False
    weights = [leg.weight(service) for leg in rule.legs]
    live = all(weights) if rule.combine == "min" else any(weights)
    return live and (bool(rule.caution) or bool(targets(rule, service, channels)))


def evaluate(rule: Rule, service: Service, strengths: Mapping[str, Steps], rural: Mask) -> Outcome:
    """One rule for one service in every ward.

    ``strengths`` holds every indicator the rule names. Parts of a "separate" rule fire alone; the
    severity is the highest of them. Unknown parts give no severity and are told apart in ``partly``.
    """
    table = judgement.severities()[rule.severity]
    legs: list[Steps] = []
    weights: list[int] = []
    for leg in rule.legs:
        weight = leg.weight(service)
        value = np.minimum(relevant(strengths[leg.indicator_for(service)], weight), LEVEL[leg.at_most]).astype(np.int8)
        if leg.areas != "all":
            # A leg that is not about this kind of ward neither holds a "min" rule back nor fires alone.
            elsewhere = rural != (leg.areas == "rural")
            value = np.where(elsewhere, STRONG if rule.combine == "min" else NONE, value).astype(np.int8)
        legs.append(value)
        weights.append(weight)
    live = [index for index, weight in enumerate(weights) if weight > 0]
    if rule.combine == "separate":
        parts = [(legs[index], weights[index]) for index in live]
    else:
        whole = lowest(legs) if rule.combine == "min" else highest([legs[index] for index in live] or legs)
        parts = [(whole, max(weights))]
    gate = None
    if rule.unless is not None:
        gate, blocked, unsure = _gate(rule, strengths)
        parts = [(_gated(value, blocked, unsure), weight) for value, weight in parts]
    severity = np.zeros_like(legs[0])
    for value, weight in parts:
        row = table.row(service, weight)
        steps = np.array([SEVERITY[""], *(SEVERITY[row.get(name, "")] for name in LEVEL)], dtype=np.int8)
        severity = np.maximum(severity, steps[value + 1])
    stack = np.stack([value for value, _ in parts]) if parts else np.zeros((1, len(rural)), dtype=np.int8)
    return Outcome(
        rule=rule,
        strength=stack.max(axis=0).astype(np.int8),
        severity=severity,
        legs=tuple(legs),
        ran=(stack != UNKNOWN).any(axis=0),
        partly=(stack == UNKNOWN).any(axis=0),
        gate=gate,
    )


def _gate(rule: Rule, strengths: Mapping[str, Steps]) -> tuple[Steps, Mask, Mask]:
    gate = rule.unless
    assert gate is not None
    named = [strengths[name] for name in gate.indicators]
    value = lowest(named) if gate.combine == "min" else highest(named)
    unsure = (value == UNKNOWN) if gate.when_unknown == "not_assessed" else np.zeros_like(value, dtype=bool)
    return value, value >= LEVEL[gate.at_least], unsure


def _gated(value: Steps, blocked: Mask, unsure: Mask) -> Steps:
    value = np.where(blocked, NONE, value).astype(np.int8)
    return np.where(unsure & (value > NONE), UNKNOWN, value).astype(np.int8)


@dataclass(frozen=True)
class Channelled:
    """One channel of one service: how firmly it is flagged, by which rules, and how surely."""

    channel: str
    in_floor: bool
    severity: npt.NDArray[np.int8]
    rules: tuple[str, ...]
    fired: Mask  # rules x wards
    tip: npt.NDArray[np.int16]  # index into the tips, -1 where no small change matters
    tipped: npt.NDArray[np.int8]  # the severity after that change
    near: npt.NDArray[np.int16]  # the same where nothing is flagged and a small change would flag it
    nearly: npt.NDArray[np.int8]  # the severity after that change


@dataclass(frozen=True)
class ServiceFlags:
    """Everything the rules say about one service."""

    service: Service
    outcomes: dict[str, Outcome]  # of the rules that apply
    targets: dict[str, tuple[Target, ...]]
    channels: tuple[Channelled, ...]
    caution_tips: dict[str, npt.NDArray[np.int16]]  # of rules with a caution: the change that would take it away or bring it


@dataclass(frozen=True)
class Wards:
    """What rules are evaluated on: strengths as they are, and under every small change."""

    rural: Mask
    strengths: Mapping[str, Steps]
    tips: tuple[Tip, ...]
    stacked: Mapping[str, Steps]  # (1 + tips) x wards: as they are first, then after each small change
    moves: Mapping[str, Mask]  # by indicator, which tips change it anywhere
    _kept: dict[tuple[object, ...], Evaluated] = field(default_factory=dict)

    def evaluated(self, rule: Rule, service: Service) -> Evaluated:
        """A rule for a service, as wards are and after each small change; services whose users are alike share the answer."""
        legs = tuple((leg.indicator_for(service), leg.weight(service)) for leg in rule.legs)
        key = (rule.id, service.criticality, legs)
        if key not in self._kept:
            self._kept[key] = self._evaluate(rule, service)
        return self._kept[key]

    def _evaluate(self, rule: Rule, service: Service) -> Evaluated:
        used = dict.fromkeys([leg.indicator_for(service) for leg in rule.legs] + list(rule.unless.indicators if rule.unless else ()))
        moved = np.zeros(len(self.tips), dtype=bool)
        for name in used:
            moved |= self.moves[name]
        rows = np.concatenate([[0], 1 + np.flatnonzero(moved)])
        whole = evaluate(rule, service, {name: self.stacked[name][rows] for name in used}, self.rural)
        base = Outcome(
            rule=rule,
            strength=whole.strength[0],
            severity=whole.severity[0],
            legs=tuple(leg[0] for leg in whole.legs),
            ran=whole.ran[0],
            partly=whole.partly[0],
            gate=None if whole.gate is None else whole.gate[0],
        )
        after = np.broadcast_to(base.severity, (len(self.tips), len(self.rural))).copy()
        after[moved] = whole.severity[1:]
        caution = np.zeros_like(after, dtype=bool)
        if rule.caution:
            holds = caution_holds(whole)
            caution[moved] = holds[1:] != holds[0]
        return Evaluated(base, after, caution)


@dataclass(frozen=True)
class Evaluated:
    """One rule for services whose users are alike: as wards are, and after each small change (guard G4)."""

    outcome: Outcome
    after: Steps  # tips x wards: severity after the change
    caution: Mask  # tips x wards: whether the change would bring the rule's caution or take it away


def wards(held: Figures, rural: Mask, thresholds: Mapping[str, Threshold], indicators: Mapping[str, Indicator]) -> Wards:
    """Strengths of every indicator, and how each moves when one count or percentile moves (G4)."""
    strengths = {name: indicator_strength(indicator, held, thresholds) for name, indicator in indicators.items()}
    guard = judgement.guards()["G4"].values
    share, points = guard["count_share"], guard["percentile_points"]
    tips: list[Tip] = []
    after: list[Mapping[str, Steps]] = []
    used = dict.fromkeys(use.id for indicator in indicators.values() for use in indicator.measures if use.id in held.n)
    for measure in used:
        # Count first, then percentile, each both ways, one at a time.
        for tip in (Tip(measure, 1 - share), Tip(measure, 1 + share), Tip(measure, 1.0, -points), Tip(measure, 1.0, points)):
            moved = held.changed(measure, tip.count_factor, tip.points)
            new = {}
            for name, indicator in indicators.items():
                if any(use.id == measure for use in indicator.measures):
                    value = indicator_strength(indicator, moved, thresholds)
                    if not np.array_equal(value, strengths[name]):
                        new[name] = value
            if new:
                tips.append(tip)
                after.append(new)
    stacked = {name: np.stack([base, *(new.get(name, base) for new in after)]) for name, base in strengths.items()}
    moves = {name: np.array([name in new for new in after], dtype=bool) for name in strengths}
    return Wards(rural, strengths, tuple(tips), stacked, moves)


def service_flags(service: Service, on: Wards, rules: Mapping[str, Rule], channels: Mapping[str, Channel]) -> ServiceFlags:
    """What every rule says about a service, gathered by channel. The order of rules does not matter."""
    chosen = {name: rules[name] for name in sorted(rules) if applies(rules[name], service, channels)}
    said = {name: on.evaluated(rule, service) for name, rule in chosen.items()}
    landing = {name: targets(rule, service, channels) for name, rule in chosen.items()}
    cautions = {name: _first(said[name].caution) for name, rule in chosen.items() if rule.caution}
    result = []
    for channel in channels:
        contributors = [name for name in chosen if any(target.channel == channel for target in landing[name])]
        if not contributors:
            continue
        base = np.stack([said[name].outcome.severity for name in contributors])
        severity = base.max(axis=0)
        after = said[contributors[0]].after
        for name in contributors[1:]:
            after = np.maximum(after, said[name].after)
        in_floor = channel in service.floor_channels
        result.append(Channelled(channel, in_floor, severity, tuple(contributors), base > 0, *_borderline(after, severity, in_floor)))
    return ServiceFlags(service, {name: one.outcome for name, one in said.items()}, landing, tuple(result), cautions)


def _borderline(after: Steps, severity: Steps, in_floor: bool) -> tuple[Places, Steps, Places, Steps]:
    """The first small change that would alter a finding, and the first that would bring one where there is none."""
    # On a floor channel the level is not shown, so only a finding that would vanish counts.
    changes = (after == 0) if in_floor else (after != severity)
    flagged = severity > 0
    tip = _first(changes & flagged)
    near = _first((after > 0) & ~flagged) if not in_floor else np.full_like(tip, -1)
    return tip, _after(after, tip, severity), near, _after(after, near, severity)


def _first(changes: Mask) -> Places:
    """In each ward the first change that matters, -1 where none does."""
    if not len(changes):
        return np.full(changes.shape[1], -1, dtype=np.int16)
    return np.where(changes.any(axis=0), changes.argmax(axis=0), -1).astype(np.int16)


def _after(after: Steps, tip: Places, severity: Steps) -> Steps:
    """The severity after each ward's own change, as it is where there is none."""
    if not len(after):
        return severity.copy()
    return np.where(tip >= 0, after[np.maximum(tip, 0), np.arange(len(tip))], severity).astype(np.int8)


def patterns_of(table: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """Distinct rows of a table of small whole numbers, and which of them each row is."""
    if table.shape[1] == 0 or len(table) == 0:
        return table[:1] if len(table) else np.zeros((1, table.shape[1]), dtype=np.int64), np.zeros(len(table), dtype=np.intp)
    _, first, which = np.unique(_codes(table.astype(np.int64)), return_index=True, return_inverse=True)
    return table[first], which.reshape(-1)


def _codes(table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One whole number for each row, the same for the same row, and in the order of the rows: its columns are the digits."""
    columns = table - table.min(axis=0)
    widths = (columns.max(axis=0) + 1).tolist()
    if len(widths) == 1 or math.prod(widths) < 2**62:
        return np.asarray(columns @ np.cumprod([1, *widths[:0:-1]], dtype=np.int64)[::-1])
    # More combinations than a number holds: those met in each half are numbered first.
    half = len(widths) // 2
    left, right = (np.unique(_codes(part), return_inverse=True)[1].reshape(-1) for part in (table[:, :half], table[:, half:]))
    return np.asarray(left * (right.max() + 1) + right)


def caution_holds(outcome: Outcome) -> Mask:
    """Where a rule's caution is printed: the evidence is enough to say something."""
    return outcome.strength >= ENOUGH
