"""What could not be checked, and what that allows a summary to say (guards G2 and G9).

Wards fall into few patterns of what is known, so each pattern's sentence is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.judgement import Channel, Indicator, Rule, Service, Threshold
from exclusion.judgement.score import Measure
from exclusion.provision.findings import Rows
from exclusion.provision.flags import Outcome, ServiceFlags, Wards, patterns_of, targets
from exclusion.provision.strength import ENOUGH, UNKNOWN, Figures
from exclusion.words import counted, join_words, within

_KNOWN, _ABSENT, _PARTIAL, _NO_THRESHOLD, _STALE = range(5)


def missing_rows(
    rows: Rows,
    flags: ServiceFlags,
    on: Wards,
    held: Figures,
    thresholds: Mapping[str, Threshold],
    indicators: Mapping[str, Indicator],
    measures: Mapping[str, Measure],
) -> None:
    """Add one row per ward with rules that could not be checked, or only in part, saying which and why."""
    names = [name for name, outcome in flags.outcomes.items() if outcome.partly.any()]
    if not names:
        return
    asked = {name: _asked(flags.outcomes[name].rule, flags.service) for name in names}
    used = list(dict.fromkeys(indicator for group in asked.values() for indicator in group))
    uses = list(dict.fromkeys(use.id for name in used for use in indicators[name].measures))
    partly = np.stack([flags.outcomes[name].partly for name in names], axis=1)
    ran = np.stack([flags.outcomes[name].ran for name in names], axis=1)
    unknown = np.stack([on.strengths[name] == UNKNOWN for name in used], axis=1)
    states = np.stack([_state(use, held, thresholds) for use in uses], axis=1)
    patterns, which = patterns_of(np.concatenate([partly, ran, unknown, states], axis=1))
    texts: list[tuple[str, str]] = []
    for pattern in patterns.tolist():
        open_rules = [name for name, yes in zip(names, pattern, strict=False) if yes]
        part = {name for name, yes in zip(names, pattern[len(names) :], strict=False) if yes}
        lost = {name for name, yes in zip(used, pattern[2 * len(names) :], strict=False) if yes}
        state = dict(zip(uses, pattern[2 * len(names) + len(used) :], strict=True))
        texts.append(("|".join(open_rules), _why(open_rules, part, asked, lost, state, flags, indicators, measures) if open_rules else ""))
    made = [
        rows.make(
            channel="all",
            kind="not_assessed",
            severity="",
            strength="unknown",
            borderline=False,
            rule_ids=ids,
            short=_short(ids.count("|") + 1),
            reason=reason,
            figures_json="[]",
            protected_characteristics="",
            legal_hooks="",
        )
        for ids, reason in texts
    ]
    where = np.flatnonzero(partly.any(axis=1))
    rows.place(where, np.array(made)[which[where]])


def _short(rules: int) -> str:
    return f"Not assessed here for want of figures: {counted(rules, 'rule')}."


def by_way_in(findings: pd.DataFrame, services: Iterable[Service] | None = None) -> pd.DataFrame:
    """Findings with what was not assessed under each way in it could have been about, for a reader who keeps the rows of one.

    :func:`missing_rows` gives one row a ward and service, on ``all``; whoever looks at the rows of ``post`` alone would take
    a ward without one for a ward where nothing was found.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them, or with columns added.
    services
        Profiles that say which ways in there are; ours when None.

    Returns
    -------
    pandas.DataFrame
        The same columns and the same other rows. A ``not_assessed`` row is there for every way in that its rules can ask for, with
        those rules only in ``rule_ids`` and ``short``; on ``all`` with the rules that can give a caution. ``reason`` speaks of all.
    """
    held = judgement.services() if services is None else {service.id: service for service in services}
    order = [*judgement.channels(), "all"]
    of: dict[tuple[str, str], list[tuple[str, str]]] = {}
    places: list[int] = []
    said: list[tuple[str, str]] = []  # of each row: way in and rules
    columns = (findings[name].tolist() for name in ("kind", "service_id", "channel", "rule_ids"))
    for place, (kind, service_id, channel, ids) in enumerate(zip(*columns, strict=True)):
        mine = [(channel, ids)]
        if kind == "not_assessed" and channel == "all":
            if (service_id, ids) not in of:
                of[service_id, ids] = _ways(ids.split("|"), held.get(service_id), order) or mine
            mine = of[service_id, ids]
        places += [place] * len(mine)
        said += mine
    result = findings.iloc[places].reset_index(drop=True)
    open_rows = (result["kind"] == "not_assessed").to_numpy()
    result["channel"] = pd.Series([channel for channel, _ in said], dtype=findings["channel"].dtype)
    result["rule_ids"] = pd.Series([ids for _, ids in said], dtype=findings["rule_ids"].dtype)
    shorts = [_short(ids.count("|") + 1) for ids in result.loc[open_rows, "rule_ids"]]
    result.loc[open_rows, "short"] = pd.Series(shorts, index=result.index[open_rows], dtype=findings["short"].dtype)
    return result


def _ways(ids: Sequence[str], service: Service | None, order: Sequence[str]) -> list[tuple[str, str]]:
    """The ways in that rules can ask for, each with those rules; nothing where a rule or the service is not known."""
    known = judgement.rules()
    if service is None or not set(ids) <= set(known):
        return []
    ways: dict[str, list[str]] = {}
    for name in ids:
        landed = [target.channel for target in targets(known[name], service, judgement.channels())]
        for channel in [*landed, *(["all"] if known[name].caution or not landed else [])]:
            ways.setdefault(channel, []).append(name)
    return [(channel, "|".join(ways[channel])) for channel in order if channel in ways]


def _asked(rule: Rule, service: Service) -> list[str]:
    names = [leg.indicator_for(service) for leg in rule.legs if leg.weight(service) > 0]
    if rule.unless and rule.unless.when_unknown == "not_assessed":
        names += rule.unless.indicators
    return list(dict.fromkeys(names))


def _state(measure: str, held: Figures, thresholds: Mapping[str, Threshold]) -> npt.NDArray[np.int8]:
    present = held.held.get(measure)
    if present is None:
        return np.full(len(held.codes), _ABSENT, dtype=np.int8)
    known = held.known(measure)
    state = np.where(known, _KNOWN, np.where(present, _PARTIAL, _ABSENT)).astype(np.int8)
    if measure in held.stale:
        state[present & held.stale[measure]] = _STALE
    if measure not in thresholds:
        state[known] = _NO_THRESHOLD
    return state


def _why(
    open_rules: Sequence[str],
    part: set[str],
    asked: Mapping[str, Sequence[str]],
    lost: set[str],
    state: Mapping[str, int],
    flags: ServiceFlags,
    indicators: Mapping[str, Indicator],
    measures: Mapping[str, Measure],
) -> str:
    reasons: dict[int, list[str]] = {_ABSENT: [], _PARTIAL: [], _NO_THRESHOLD: [], _STALE: []}
    nowhere: list[str] = []
    for name in dict.fromkeys(name for rule in open_rules for name in asked[rule] if name in lost):
        answers = [use.id for use in indicators[name].measures if state[use.id] != _KNOWN]
        if indicators[name].combine == "first":
            answers = answers[:1]
        for measure in answers:
            reasons[state[measure]].append(measures[measure].label)
            if state[measure] == _ABSENT and measures[measure].unpublished:
                nowhere.append(measures[measure].unpublished)
    sentences = [f"Not assessed: {join_words([_named(flags.outcomes[rule], rule in part) for rule in open_rules])}."]
    if reasons[_ABSENT]:
        sentences.append(f"We hold no figures for this ward on {join_words(_unique(reasons[_ABSENT]))}.")
    sentences += _unique(nowhere)
    if reasons[_PARTIAL]:
        sentences.append(f"Our figures on {join_words(_unique(reasons[_PARTIAL]))} cover less than two thirds of this ward.")
    if reasons[_STALE]:
        verb = "is" if len(_unique(reasons[_STALE])) == 1 else "are"
        sentences.append(f"The figure on {join_words(_unique(reasons[_STALE]))} {verb} older than its shelf life.")
    if reasons[_NO_THRESHOLD]:
        sentences.append(f"No threshold is set for {join_words(_unique(reasons[_NO_THRESHOLD]))}.")
    sentences.append("Not assessed does not mean no need.")
    return " ".join(sentences)


def summary_rows(
    rows: Rows,
    flags: ServiceFlags,
    count: int,
    channels: Mapping[str, Channel],
    notes: PocketNotes | None,
    close: Sequence[tuple[str, ...]],
) -> None:
    """Add one summary per ward: reasons found, none found in the rules checked, or not assessed; and what is close to a finding.

    "Nothing found in rules checked" is never said when fewer than half of the rules that apply could be run.
    """
    names = list(flags.outcomes)
    kept = [channel for channel in flags.channels if not channel.in_floor]
    busier = [channel for channel in flags.channels if channel.in_floor]
    blank = np.zeros((count, 0), dtype=bool)
    ran = np.stack([flags.outcomes[name].ran for name in names], axis=1) if names else blank
    partly = np.stack([flags.outcomes[name].partly for name in names], axis=1) if names else blank
    keeps = np.stack([channel.severity > 0 for channel in kept], axis=1) if kept else blank
    more = np.stack([channel.severity > 0 for channel in busier], axis=1) if busier else blank
    patterns, which = patterns_of(np.concatenate([ran, partly, keeps, more], axis=1))
    texts = []
    for pattern in patterns.astype(bool).tolist():
        did, lacks = pattern[: len(names)], pattern[len(names) : 2 * len(names)]
        rest = pattern[2 * len(names) :]
        texts.append(
            _summary(
                [name for name, yes in zip(names, did, strict=True) if yes],
                [name for name, yes in zip(names, lacks, strict=True) if yes],
                [channels[c.channel].label for c, yes in zip(kept, rest, strict=False) if yes],
                [channels[c.channel].label for c, yes in zip(busier, rest[len(kept) :], strict=True) if yes],
                flags.outcomes,
            )
        )
    extra = notes.sentences(flags) if notes is not None else [""] * count
    made: dict[tuple[int, tuple[str, ...], str], int] = {}
    chosen = []
    for key in zip(which.tolist(), close, extra, strict=True):
        if key not in made:
            summary, sentence, checked, not_checked, keep = texts[key[0]]
            made[key] = rows.make_summary(
                summary=summary,
                sentence=" ".join(part for part in (sentence, _nearly(key[1]), key[2]) if part),
                checked=checked,
                not_checked=not_checked,
                keep=keep,
                nearly=len(key[1]),
            )
        chosen.append(made[key])
    rows.summarise(np.arange(count), chosen)


def _nearly(close: tuple[str, ...]) -> str:
    """What a small change of one figure would bring; the rest is counted, so that the page is not flooded."""
    most = int(judgement.guards()["G4"].values["close_named"])
    if not close:
        return ""
    more = f", and {counted(len(close) - most, 'more way in', 'more ways in')}" if len(close) > most else ""
    return f"Close to a finding: {'; '.join(close[:most])}{more}."


def _summary(
    did: list[str], lacks: list[str], keeps: list[str], more: list[str], outcomes: Mapping[str, Outcome]
) -> tuple[str, str, str, str, int]:
    enough = len(did) >= judgement.guards()["G9"].values["rules_run"] * len(outcomes)
    if keeps:
        state, parts = (
            "reasons_found",
            [f"We found reasons to keep {join_words(keeps)} open here, beyond the council-wide minimum."],
        )
        if not enough:
            parts.append("Fewer than half of the rules for this service could be checked.")
    elif enough:
        state, parts = "none_in_rules_checked", ["We found no ward reason beyond the council-wide minimum, in the rules checked."]
    else:
        state, parts = "not_assessed", ["Not assessed: fewer than half of the rules for this service could be checked here."]
        parts.append("The council-wide minimum still applies.")
    if more:
        parts.append(f"Expect more use of {join_words(more)} here.")
    if lacks:
        parts.append(f"Not checked: {join_words([_named(outcomes[name], name in did) for name in lacks])}.")
    return state, " ".join(parts), "|".join(did), "|".join(lacks), len(keeps)


@dataclass(frozen=True)
class PocketNotes:
    """Parts of wards that differ from the ward's average (guard G2)."""

    where: Mapping[str, npt.NDArray[np.bool_]]
    indicators: Mapping[str, Indicator]
    measures: Mapping[str, Measure]

    def sentences(self, flags: ServiceFlags) -> list[str]:
        """A note for each ward where an indicator of this service raised nothing but a part of the ward stands out."""
        size = len(next(iter(self.where.values()))) if self.where else 0
        labels: list[list[str]] = [[] for _ in range(size)]
        for measure, pocket in self.where.items():
            quiet = pocket & ~self._raised(measure, flags)
            if not self._concerns(measure, flags):
                continue
            for ward in np.flatnonzero(quiet).tolist():
                labels[ward].append(self.measures[measure].label)
        text = judgement.guards()["G2"].text
        return [text.format(labels=join_words(names)) if names else "" for names in labels]

    def _legs(self, measure: str, flags: ServiceFlags) -> Iterable[npt.NDArray[np.int8]]:
        for outcome in flags.outcomes.values():
            for leg, steps in zip(outcome.rule.legs, outcome.legs, strict=True):
                named = self.indicators[leg.indicator_for(flags.service)]
                if leg.weight(flags.service) > 0 and any(use.id == measure for use in named.measures):
                    yield steps

    def _concerns(self, measure: str, flags: ServiceFlags) -> bool:
        return any(True for _ in self._legs(measure, flags))

    def _raised(self, measure: str, flags: ServiceFlags) -> npt.NDArray[np.bool_]:
        raised = np.zeros(len(self.where[measure]), dtype=bool)
        for steps in self._legs(measure, flags):
            raised |= steps >= ENOUGH
        return raised


def pocket_notes(
    codes: pd.Index, pockets: pd.DataFrame | None, indicators: Mapping[str, Indicator], measures: Mapping[str, Measure]
) -> PocketNotes | None:
    """Lay the pockets out by measure; measures no rule uses are left aside."""
    if pockets is None or pockets.empty:
        return None
    known = {use.id for indicator in indicators.values() for use in indicator.measures}
    where = {
        str(measure): codes.isin(rows["area_code"])
        for measure, rows in pockets.groupby("measure", observed=True, sort=True)
        if measure in known and measure in measures
    }
    return PocketNotes(where, indicators, measures) if where else None


def _named(outcome: Outcome, partly: bool = False) -> str:
    return f"{'part of ' if partly else ''}{within(outcome.rule.title)} ({outcome.rule.id})"


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
