"""What we decide, as data: every entry says why, on what authority and until when.

The loaders read a file once and return its entries by id, in file order. What publishers say
is not here (that is a data release), nor is arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.access import AccessRules, access_rules
from exclusion.judgement.characteristics import characteristic_entries
from exclusion.judgement.entries import FOLDER, Entry, overdue, read_entries
from exclusion.judgement.equality import characteristics, equality_entries
from exclusion.judgement.law import NATIONS, Argued, Floor, LawHook, Threshold, ThresholdVersion
from exclusion.judgement.mapping import MapRules, map_rules
from exclusion.judgement.neighbouring import neighbour_rules
from exclusion.judgement.pages import becauses, facts, gaps, page_entries, page_questions, ways
from exclusion.judgement.planning import DemandMethod, NationHooks, Option, RoutesJudgement
from exclusion.judgement.ruleset import Guard, Indicator, Rule, SeverityTable, StrengthTest
from exclusion.judgement.score import measures, score_entries
from exclusion.judgement.services import Channel, Dependency, PlaceKind, Service


@cache
def _services() -> dict[str, Service]:
    return read_entries(FOLDER / "services.csv", Service, "service")


def services(overlay: str | Path | None = None) -> dict[str, Service]:
    """The 40 council services by id; with a council's own changes laid over them when it gives a file.

    See :func:`exclusion.judgement.local.read_local` for the file.
    """
    if overlay is None:
        return _services()
    from exclusion.judgement.local import read_local  # it reads these same entries

    return dict(read_local(services=overlay).services)


def offered(held: Mapping[str, Service], nations: Iterable[str]) -> dict[str, Service]:
    """The services that councils run in at least one of some nations; all when no nation is named."""
    named = set(nations)
    return {key: service for key, service in held.items() if not named or not named <= set(service.not_council_in)}


@cache
def channels() -> dict[str, Channel]:
    """The ways in by id."""
    return read_entries(FOLDER / "channels.toml", Channel, "channel")


@cache
def dependencies() -> dict[str, Dependency]:
    """What ways in depend on, by id (guard G6)."""
    return read_entries(FOLDER / "channels.toml", Dependency, "dependency")


@cache
def place_kinds() -> dict[str, PlaceKind]:
    """Kinds of place a proposal can close, by id (guard G6)."""
    return read_entries(FOLDER / "channels.toml", PlaceKind, "place")


@cache
def nations() -> dict[str, NationHooks]:
    """What each nation adds, by its name."""
    return read_entries(FOLDER / "nations.toml", NationHooks, "nation")


@cache
def demand_method() -> DemandMethod:
    """How contacts that need another way in are estimated."""
    return read_entries(FOLDER / "proposals.toml", DemandMethod, "demand")["contacts"]


@cache
def options() -> dict[str, Option]:
    """The options shown side by side, by id, in their order."""
    return read_entries(FOLDER / "proposals.toml", Option, "option")


@cache
def routes_judgement() -> RoutesJudgement:
    """When a route was tried too long ago."""
    return read_entries(FOLDER / "proposals.toml", RoutesJudgement, "routes")["routes"]


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
def strength_tests() -> dict[str, StrengthTest]:
    """Tables that turn a count and a percentile into a strength, by id; a threshold names its own."""
    return read_entries(FOLDER / "guards.toml", StrengthTest, "strength")


def strength_test() -> StrengthTest:
    """The two tests as they were first made; what they share (fewest, top, upper) the later ones keep."""
    return strength_tests()["two_tests"]


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


@cache
def threshold_versions() -> dict[str, ThresholdVersion]:
    """The versions of the thresholds, by id."""
    return read_entries(FOLDER / "versions.toml", ThresholdVersion, "version")


@cache
def argued() -> dict[str, Argued]:
    """Rules that may fire in very few or very many wards, and why."""
    return read_entries(FOLDER / "versions.toml", Argued, "argued")


def current_thresholds() -> str:
    """The version in use unless another is asked for."""
    return next(version.id for version in threshold_versions().values() if version.current)


def thresholds(version: str | None = None) -> dict[str, Threshold]:
    """The thresholds of one version (the current one when None), by the measure they are for.

    Raises
    ------
    UsageError
        When we hold no such version.
    """
    version = current_thresholds() if version is None else version
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
    tables = (services(), channels(), dependencies(), place_kinds(), rules(), indicators(), floors(), law(), nations())
    numbers = (severities(), strength_tests(), guards(), threshold_versions(), argued(), _thresholds(), options())
    single = (demand_method(), routes_judgement(), access_rules(), neighbour_rules(), map_rules())
    named = (entry for table in (*tables, *numbers) for entry in table.values())
    return [*score_entries(), *page_entries(), *characteristic_entries(), *equality_entries(), *named, *single]


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
        need(where, "law", floor.hooks, codes)
        need(where, "service", [note.service for note in floor.notes], services())
    for hook in law().values():
        need(f"law.toml, '{hook.id}'", "channel", hook.channels, channels())
    for channel in channels().values():
        where = f"channels.toml, '{channel.id}'"
        need(where, "channel", [*channel.instead, *([channel.stood_in_by] if channel.stood_in_by else [])], channels())
        need(where, "dependency", channel.needs, dependencies())
    for place in place_kinds().values():
        where = f"channels.toml, place '{place.id}'"
        need(where, "channel", place.gives, channels())
        need(where, "service", place.counter_of, services())
        need(where, "dependency", [place.needs], dependencies())
    for option in options().values():
        need(f"proposals.toml, '{option.id}'", "channel", option.adds, channels())
    for nation in nations().values():
        need(f"nations.toml, '{nation.id}'", "nation", [nation.id], NATIONS)
        need(f"nations.toml, '{nation.id}'", "law", [*nation.kept_hooks, *nation.place_hooks], codes)
    for threshold in _thresholds().values():
        need(f"thresholds.csv, '{threshold.id}'", "measure", [threshold.indicator], measures())
        need(f"thresholds.csv, '{threshold.id}'", "table of strengths", [threshold.test], strength_tests())
    need("versions.toml, argued", "rule", argued(), rules())
    need("thresholds.csv", "version in versions.toml", {entry.version for entry in _thresholds().values()}, threshold_versions())
    if [version.current for version in threshold_versions().values()].count(True) != 1:
        problems.append(Problem("versions.toml", "needs exactly one current version", "", "Mark one of them current."))
    need("pages.toml, the reasons", "rule", becauses(), rules())
    need("rules.toml, a rule that keeps a way in", "reason in pages.toml", [rule.id for rule in rules().values() if rule.flags], becauses())
    need("channels.toml", "way in pages.toml", channels(), ways())
    need("pages.toml, the facts", "measure", [name for name in facts() if name != "people"], measures())
    for gap in gaps().values():
        need(f"pages.toml, gap '{gap.id}'", "rule", gap.rules, rules())
        need(f"pages.toml, gap '{gap.id}'", "measure", [*gap.unless_measures, *gap.needs_measures], measures())
    for question in page_questions().values():
        need(f"pages.toml, question '{question.id}'", "channel", [*question.channels, *question.busier], channels())
    characteristics()  # checks what it names by itself
    if problems:
        raise DataRefused(problems)


__all__ = [
    "NATIONS",
    "AccessRules",
    "Channel",
    "DemandMethod",
    "Dependency",
    "Entry",
    "Floor",
    "Guard",
    "Indicator",
    "LawHook",
    "MapRules",
    "NationHooks",
    "Option",
    "PlaceKind",
    "RoutesJudgement",
    "Rule",
    "Service",
    "SeverityTable",
    "StrengthTest",
    "Threshold",
    "ThresholdVersion",
    "access_rules",
    "all_entries",
    "argued",
    "channels",
    "cross_check",
    "current_thresholds",
    "demand_method",
    "dependencies",
    "floors",
    "guards",
    "indicators",
    "law",
    "law_for",
    "map_rules",
    "measures",
    "nations",
    "offered",
    "options",
    "overdue",
    "place_kinds",
    "routes_judgement",
    "rules",
    "services",
    "severities",
    "strength_test",
    "strength_tests",
    "threshold_versions",
    "thresholds",
]
