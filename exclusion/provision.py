"""From ward figures and a service to "keep these ways in open", how firmly, and on what evidence.

Tables in, tables out: this module knows nothing of releases. No finding comes from a score;
every one comes from a named rule that points at named figures, or from the council-wide
minimum (a floor), which no ward figure can switch off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from exclusion import judgement
from exclusion.contracts import KINDS, TABLES
from exclusion.flags import SEVERITY, SEVERITY_NAME, Channelled, Mask, ServiceFlags, Wards, caution_holds, service_flags, wards
from exclusion.judgement import Channel, Floor, Indicator, Rule, Service, Threshold
from exclusion.judgement.score import Measure
from exclusion.minimum import floor_rows
from exclusion.reasons import SCREEN_WORDS, Words, listed
from exclusion.strength import NAME, UNKNOWN, Figures, figures, highest, lowest, relevant, strength
from exclusion.unknowns import missing_rows, pocket_notes, summary_rows

FINDINGS = list(TABLES["findings"].columns)
SUMMARIES = ["area_code", "service_id", "summary", "sentence", "checked", "not_checked", "keep"]


@dataclass(frozen=True)
class Provision:
    """What to keep open, where and why.

    ``findings`` meets ``contracts.TABLES["findings"]``. ``summaries`` has one row a ward and
    service: ``area_code, service_id, summary`` (reasons_found, no_reason_found, not_assessed),
    ``sentence, checked, not_checked`` (rule ids joined by ``|``; a rule of which only a part
    could be checked is in both) and ``keep`` (how many findings to keep a channel).
    """

    findings: pd.DataFrame
    summaries: pd.DataFrame


def check(
    areas: pd.DataFrame,
    profile: pd.DataFrame,
    services: Iterable[Service],
    *,
    thresholds: str | Mapping[str, Threshold] = "1",
    rules: Mapping[str, Rule] | None = None,
    floors: Mapping[str, Floor] | None = None,
    channels: Mapping[str, Channel] | None = None,
    measures: Mapping[str, Measure] | None = None,
    indicators: Mapping[str, Indicator] | None = None,
    council_profile: pd.DataFrame | None = None,
    pockets: pd.DataFrame | None = None,
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
        A version of ``judgement/thresholds.csv``, or thresholds by measure.
    rules, floors, channels, measures, indicators
        Judgement to use in place of the files in ``judgement/``.
    council_profile
        Figures published by council only: ``area_code`` (of the council), ``measure``,
        ``value``, ``source``, ``period``.
    pockets
        Small areas far from the ward's average (guard G2): ``area_code, measure``. Gives a
        note in the summary, never a finding.

    Returns
    -------
    Provision
        Findings in the order of ``areas``, then services, then kind and channel; and a summary
        of every ward and service, so that a ward without findings still says why.
    """
    held_thresholds = judgement.thresholds(thresholds) if isinstance(thresholds, str) else dict(thresholds)
    rules = judgement.rules() if rules is None else rules
    floors = judgement.floors() if floors is None else floors
    channels = judgement.channels() if channels is None else channels
    measures = judgement.measures() if measures is None else measures
    indicators = judgement.indicators() if indicators is None else indicators
    services = list(services)

    held = figures(areas.index, profile)
    on = wards(held, areas["rural"].to_numpy(dtype=bool), held_thresholds, indicators)
    words = Words(areas, profile, held, held_thresholds, measures, indicators, channels, council_profile)
    version = "|".join(sorted({threshold.version for threshold in held_thresholds.values()}))
    notes = pocket_notes(areas.index, pockets, on, indicators, measures)

    blocks: list[pd.DataFrame] = []
    summaries: list[pd.DataFrame] = []
    for order, service in enumerate(services):
        flags = service_flags(service, on, rules, channels)
        parts = [
            _frame(_channel_rows(flags, on, words), service),
            _frame(_caution_rows(flags, words), service),
            _frame(missing_rows(flags, on, held, held_thresholds, indicators, measures), service),
            _frame(floor_rows(service, areas, floors, channels), service),
        ]
        blocks += [part.assign(_service=order) for part in parts if len(part)]
        summaries.append(summary_rows(flags, len(areas), channels, rules, notes).assign(service_id=service.id))
    return Provision(_findings(blocks, areas, version), _summaries(summaries, areas))


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
    share = judgement.guards()["across_council"].values["share"] if share is None else share
    columns = ["service_id", "channel", "severity", "rule_ids", "wards", "of_wards", "except_area_codes", "reason"]
    everyone = findings["area_code"].drop_duplicates().tolist()
    keep = findings.loc[findings["kind"] == "keep"]
    rows = []
    for (service_id, channel), group in keep.groupby(["service_id", "channel"], sort=False):
        level = group["severity"].map(SEVERITY)
        for severity in sorted(set(level), reverse=True):
            where = group.loc[level >= severity]
            if len(where) < share * len(everyone) - 1e-9:
                continue
            counts = where["rule_ids"].str.split("|").explode().value_counts()
            chief = sorted(rule for rule, times in counts.items() if 2 * times >= len(where))
            inside = set(where["area_code"])
            rows.append(
                {
                    "service_id": service_id,
                    "channel": channel,
                    "severity": SEVERITY_NAME[severity],
                    "rule_ids": "|".join(chief),
                    "wards": len(where),
                    "of_wards": len(everyone),
                    "except_area_codes": "|".join(code for code in everyone if code not in inside),
                    "reason": _council_sentence(str(channel), SEVERITY_NAME[severity], chief, len(where), len(everyone)),
                }
            )
            break
    return pd.DataFrame(rows, columns=columns).astype({"wards": "int64", "of_wards": "int64"})


def _council_sentence(channel: str, severity: str, chief: list[str], holds: int, of: int) -> str:
    label = judgement.channels()[channel].label if channel in judgement.channels() else channel
    held_rules = judgement.rules()
    titles = [f"{held_rules[rule].title[0].lower()}{held_rules[rule].title[1:]} ({rule})" for rule in chief if rule in held_rules]
    where = "in every ward" if holds == of else f"in {holds} of {of} wards"
    because = f" Reasons found most often: {listed(titles)}." if titles else ""
    return f"{SCREEN_WORDS[severity]} {label} across the council: it holds {where}.{because}"


# --------------------------------------------------------------------------- rows


def _channel_rows(flags: ServiceFlags, on: Wards, words: Words) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    gates = {name: outcome.gate.tolist() if outcome.gate is not None else None for name, outcome in flags.outcomes.items()}
    for channelled in flags.channels:
        notes = {name: next(t.note for t in flags.targets[name] if t.channel == channelled.channel) for name in channelled.rules}
        for ward in np.flatnonzero(channelled.severity > 0).tolist():
            rows.append(_channel_row(ward, channelled, flags, on, words, notes, gates))
    return rows


def _channel_row(
    ward: int,
    channelled: Channelled,
    flags: ServiceFlags,
    on: Wards,
    words: Words,
    notes: Mapping[str, str],
    gates: Mapping[str, list[int] | None],
) -> dict[str, Any]:
    fired = [name for name, yes in zip(channelled.rules, channelled.fired[:, ward].tolist(), strict=True) if yes]
    outcomes = [flags.outcomes[name] for name in fired]
    rules = [outcome.rule for outcome in outcomes]
    used = [(outcome, words.fired(ward, outcome, flags.service)) for outcome in outcomes]
    severity = SEVERITY_NAME[int(channelled.severity[ward])]
    shown = "" if channelled.in_floor else severity
    measures = list(dict.fromkeys(measure for _, group in used for measure in group))
    tip = int(channelled.tip[ward])
    parts = [
        words.opening(shown, channelled.channel, [notes[name] for name in fired]),
        words.evidence(ward, measures),
        *dict.fromkeys(words.sentence(ward, rule, gate[ward] if (gate := gates[rule.id]) else 0) for rule in rules),
        words.students(ward, rules),
        words.limits(rules),
        words.borderline(on.tips[tip], int(channelled.tipped[ward]), channelled.in_floor) if tip >= 0 else "",
    ]
    return {
        "_ward": ward,
        "channel": channelled.channel,
        "kind": "more_use" if channelled.in_floor else "keep",
        "severity": shown,
        "strength": NAME[max(int(outcome.strength[ward]) for outcome in outcomes)],
        "borderline": tip >= 0,
        "rule_ids": "|".join(fired),
        "short": words.short(shown, channelled.channel, [words.count(ward, measure) for measure in measures]),
        "reason": " ".join(part for part in parts if part),
        "figures_json": words.figures_json(ward, used),
        "protected_characteristics": _joined(name for rule in rules for name in rule.protected_characteristics),
        "legal_hooks": _hooks((code for rule in rules for code in rule.hooks), words.areas["nation"].iat[ward]),
    }


def _caution_rows(flags: ServiceFlags, words: Words) -> list[dict[str, Any]]:
    rows = []
    for name, outcome in flags.outcomes.items():
        if not outcome.rule.caution:
            continue
        for ward in np.flatnonzero(caution_holds(outcome)).tolist():
            measures = words.fired(ward, outcome, flags.service)
            rows.append(
                {
                    "_ward": ward,
                    "channel": "all",
                    "kind": "caution",
                    "severity": "",
                    "strength": NAME[int(outcome.strength[ward])],
                    "borderline": False,
                    "rule_ids": name,
                    "short": outcome.rule.caution_short,
                    "reason": words.caution(ward, outcome.rule, measures),
                    "figures_json": words.figures_json(ward, [(outcome, measures)]),
                    "protected_characteristics": _joined(outcome.rule.protected_characteristics),
                    "legal_hooks": _hooks(outcome.rule.hooks, words.areas["nation"].iat[ward]),
                }
            )
    return rows


def _joined(names: Iterable[str]) -> str:
    return "|".join(dict.fromkeys(names))


def _hooks(codes: Iterable[str], nation: str) -> str:
    return _joined(hook.id for code in codes if (hook := judgement.law_for(code, nation)) is not None)


def _frame(rows: list[dict[str, Any]] | pd.DataFrame, service: Service) -> pd.DataFrame:
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
    return frame.assign(service_id=service.id, profile_version=service.profile_version) if len(frame) else frame


def _findings(blocks: list[pd.DataFrame], areas: pd.DataFrame, version: str) -> pd.DataFrame:
    if not blocks:
        return pd.DataFrame({name: pd.Series(dtype=bool if name == "borderline" else str) for name in FINDINGS})
    table = pd.concat(blocks, ignore_index=True)
    ward = table["_ward"].to_numpy()
    kinds = {kind: place for place, kind in enumerate(KINDS)}
    places = {channel: place for place, channel in enumerate([*judgement.channels(), "all"])}
    order = np.lexsort(
        (
            table["rule_ids"].to_numpy(dtype=object),
            table["channel"].map(places).fillna(len(places)).to_numpy(),
            table["kind"].map(kinds).to_numpy(),
            table["_service"].to_numpy(),
            ward,
        )
    )
    table["area_code"] = areas.index.to_numpy()[ward]
    table["area_name"] = areas["area_name"].to_numpy()[ward]
    table["thresholds_version"] = version
    return table[FINDINGS].iloc[order].reset_index(drop=True)


def _summaries(blocks: list[pd.DataFrame], areas: pd.DataFrame) -> pd.DataFrame:
    if not blocks:
        return pd.DataFrame({name: pd.Series(dtype="int64" if name == "keep" else str) for name in SUMMARIES})
    table = pd.concat(blocks, ignore_index=True)
    table["area_code"] = areas.index.to_numpy()[table["_ward"].to_numpy()]
    return table.sort_values("_ward", kind="stable")[SUMMARIES].reset_index(drop=True)


__all__ = [
    "UNKNOWN", "Figures", "Mask", "Provision", "across_council", "check", "highest", "lowest", "relevant", "strength",
]
