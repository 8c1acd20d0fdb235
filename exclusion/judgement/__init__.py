"""What we decide, as data: every entry says why, on what authority and until when.

The loaders read a file once and return its entries by id, in file order. What publishers say
is not here (that is a data release), nor is arithmetic.
"""

from __future__ import annotations

from functools import cache

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.entries import FOLDER, Entry, overdue, read_entries
from exclusion.judgement.law import NATIONS, Floor, LawHook, Threshold
from exclusion.judgement.ruleset import Guard, Indicator, Rule, SeverityTable, StrengthTest
from exclusion.judgement.score import measures, score_entries
from exclusion.judgement.services import Channel, Service


@cache
def services() -> dict[str, Service]:
    """The 40 council services by id."""
    return read_entries(FOLDER / "services.csv", Service, "service")


@cache
def channels() -> dict[str, Channel]:
    """The ways in by id."""
    return read_entries(FOLDER / "channels.toml", Channel, "channel")


@cache
def rules() -> dict[str, Rule]:
    """The ward rules W01 to W15 by id."""
    return read_entries(FOLDER / "rules.toml", Rule, "rule")


@cache
def indicators() -> dict[str, Indicator]:
    """What rules ask about, by id, and the measures that answer."""
    return read_entries(FOLDER / "rules.toml", Indicator, "indicator")


@cache
def floors() -> dict[str, Floor]:
    """The council-wide minimum F1 to F8 by id."""
    return read_entries(FOLDER / "floors.toml", Floor, "floor")


@cache
def law() -> dict[str, LawHook]:
    """Law and guidance by id; see :func:`law_for`."""
    return read_entries(FOLDER / "law.toml", LawHook, "law")


@cache
def strength_test() -> StrengthTest:
    """The two tests that turn a count and a percentile into a strength."""
    return read_entries(FOLDER / "guards.toml", StrengthTest, "strength")["two_tests"]


@cache
def severities() -> dict[str, SeverityTable]:
    """Tables from strength to severity by id."""
    return read_entries(FOLDER / "guards.toml", SeverityTable, "severity")


@cache
def guards() -> dict[str, Guard]:
    """Guards G1 to G9 and their numbers, by id."""
    return read_entries(FOLDER / "guards.toml", Guard, "guard")


@cache
def _thresholds() -> dict[str, Threshold]:
    return read_entries(FOLDER / "thresholds.csv", Threshold, "threshold")


def thresholds(version: str = "1") -> dict[str, Threshold]:
    """The thresholds of one version, by the measure they are for.

    Raises
    ------
    UsageError
        When we hold no such version.
    """
    chosen = {entry.indicator: entry for entry in _thresholds().values() if entry.version == version}
    if not chosen:
        held = ", ".join(sorted({entry.version for entry in _thresholds().values()}))
        raise UsageError(Problem("thresholds", "there is no such version", version, f"Choose one of: {held}."))
    return chosen


@cache
def law_for(code: str, nation: str) -> LawHook | None:
    """The law a code stands for in one nation; None where we name none."""
    return next((hook for hook in law().values() if hook.named == code and nation in hook.nations), None)


def all_entries() -> list[Entry]:
    """Every entry of every judgement file, for the review dates."""
    tables = (services(), channels(), rules(), indicators(), floors(), law(), severities(), guards(), _thresholds())
    return [*score_entries(), *(entry for table in tables for entry in table.values()), strength_test()]


@cache
def cross_check() -> None:
    """Check that what the files name in each other is there.

    Raises
    ------
    DataRefused
        With every dangling name at once.
    """
    problems: list[Problem] = []

    def need(where: str, kind: str, names: object, known: object) -> None:
        for name in names:  # type: ignore[attr-defined]
            if name not in known:  # type: ignore[operator]
                problems.append(Problem(where, f"names a {kind} that is not there", str(name), f"Add the {kind} or mend the name."))

    codes = {hook.named for hook in law().values()}
    for service in services().values():
        where = f"services.csv, '{service.id}'"
        need(where, "channel", service.floor_channels, channels())
        need(where, "floor", service.floor_rules, floors())
        need(where, "law", service.legal_hooks, codes)
    for rule in rules().values():
        where = f"rules.toml, '{rule.id}'"
        need(where, "channel", [flag.channel for flag in rule.flags], channels())
        need(where, "indicator", [*rule.indicators(), *rule.overlap], indicators())
        need(where, "severity table", [rule.severity], severities())
        need(where, "law", rule.hooks, codes)
        if rule.unless and rule.unless.council_measure:
            need(where, "measure", [rule.unless.council_measure], measures())
    for indicator in indicators().values():
        extra = [indicator.fewer_steps_where] if indicator.fewer_steps_where else []
        need(f"rules.toml, indicator '{indicator.id}'", "measure", [*(use.id for use in indicator.measures), *extra], measures())
    for floor in floors().values():
        where = f"floors.toml, '{floor.id}'"
        need(where, "channel", floor.channels, channels())
        need(where, "law", [*floor.hooks, *(code for named in floor.nation_hooks.values() for code in named)], codes)
        need(where, "service", floor.service_notes, services())
    for hook in law().values():
        need(f"law.toml, '{hook.id}'", "channel", hook.channels, channels())
    for channel in channels().values():
        need(f"channels.toml, '{channel.id}'", "channel", [channel.stood_in_by] if channel.stood_in_by else [], channels())
    for threshold in _thresholds().values():
        need(f"thresholds.csv, '{threshold.id}'", "measure", [threshold.indicator], measures())
    if problems:
        raise DataRefused(problems)


__all__ = [
    "NATIONS",
    "Channel",
    "Entry",
    "Floor",
    "Guard",
    "Indicator",
    "LawHook",
    "Rule",
    "Service",
    "SeverityTable",
    "StrengthTest",
    "Threshold",
    "all_entries",
    "channels",
    "cross_check",
    "floors",
    "guards",
    "indicators",
    "law",
    "law_for",
    "measures",
    "overdue",
    "rules",
    "services",
    "severities",
    "strength_test",
    "thresholds",
]
