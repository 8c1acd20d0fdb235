"""What a member needs to know of a ward, a service and a council, in sentences to be read aloud.

Every function takes an assessment and gives plain text; the pages and the app print it as it is.
Wards are never ranked, a score is never printed, a count under ten is never shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion import judgement, people
from exclusion.assessment import Assessment
from exclusion.judgement import Rule, Service
from exclusion.judgement import pages as texts
from exclusion.judgement.ruleset import MANY_USERS
from exclusion.judgement.score import measures
from exclusion.provision.reasons import about
from exclusion.words import date_words, join_words, percent, sentence, two_figures, within

MOST_FACTS, MOST_LINES, MOST_UNKNOWNS, MOST_QUESTIONS = 5, 5, 3, 3
URGENT = 2  # "within days", as services.csv defines it
_LEVEL = {"required": 0, "recommended": 1, "monitor": 2}
KEEP = {"required": "Keep {way} as a condition", "recommended": "Advise keeping {way}", "monitor": "Watch {way}"}
EFFECTS = {"closes": "it closes", "fewer": "fewer hours", "none": "not mentioned", "stays": "it stays"}
"""What a proposal does to a way in that was found, the firmest first, as a line says it."""
_WITHOUT_A_SERVICE = ("age75", "age65", "disabled_lot", "disabled_household", "income_dep", "poor_english")


@dataclass(frozen=True)
class Fact:
    """One sentence about a ward and the source it rests on ("" for our own estimate)."""

    text: str
    measure: str
    source: str
    short: str = ""
    """The same figures in fewer words, for a page that is full."""
    when: str = ""
    """The date it ends with."""


# --------------------------------------------------------------------------- in your ward


def ward_facts(assessment: Assessment, area_code: str, service_id: str | None = None, most: int = MOST_FACTS) -> list[str]:
    """Plain facts about a ward, each with its number, the national figure and its date.

    Parameters
    ----------
    service_id
        Choose figures for this service: first those its findings here rest on, then those of the
        groups that use it. None: age, disability, income and language.
    most
        How many at most. The last is our estimate of people unlikely to use the internet.

    Returns
    -------
    list of str
        Figures we lack are left out here and said by :func:`unknowns`.
    """
    return [fact.text for fact in facts(assessment, area_code, service_id, most)]


def facts(assessment: Assessment, area_code: str, service_id: str | None = None, most: int = MOST_FACTS) -> list[Fact]:
    """The facts of :func:`ward_facts` with their measures and sources."""
    nation = str(assessment.areas.at[area_code, "nation"])
    held = _held(assessment, area_code)
    chosen = [name for name in _measures(assessment, area_code, service_id) if name in held and name in texts.facts()]
    found = [
        Fact(_fact(name, row, nation), name, str(row["source"]), _fact(name, row, nation, short=True), _when(name, row))
        for name, row in ((name, held[name]) for name in chosen)
    ]
    estimate = _people_fact(assessment, area_code)
    return [*found[: most - len(estimate)], *estimate]


def _held(assessment: Assessment, area_code: str) -> dict[str, Mapping[str, Any]]:
    rows = assessment.profile[(assessment.profile["area_code"] == area_code) & assessment.profile["n"].notna()]
    return {str(row["measure"]): row for row in records(rows)}


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _measures(assessment: Assessment, area_code: str, service_id: str | None) -> list[str]:
    """Measures worth saying, the most telling first."""
    if service_id is None:
        return list(_WITHOUT_A_SERVICE)
    service = assessment.service(service_id)
    rows = pd.concat([kept_rows(assessment, area_code, service_id), _rows(assessment, area_code, service_id, "more_use")])
    behind = [figure["id"] for cell in rows["figures_json"] for figure in json.loads(cell)]
    groups = {name: min(service.weight(group) for group in fact.groups) for name, fact in texts.facts().items() if fact.groups}
    users = sorted((name for name, weight in groups.items() if weight >= MANY_USERS), key=lambda name: -groups[name])
    return list(dict.fromkeys([*behind, *users, *_WITHOUT_A_SERVICE]))


def _fact(measure: str, row: Mapping[str, Any], nation: str, short: bool = False) -> str:
    fact = texts.facts()[measure]
    said = fact.said(_count(row), nation)
    notes = []
    if short and row["n"] >= fewest() and not pd.isna(row["value"]) and not pd.isna(row["nation_value"]):
        return sentence(f"{said}: {percent(row['value'])} ({nation} {percent(row['nation_value'])}; {_when(measure, row)})")
    if row["n"] >= fewest() and not pd.isna(row["value"]):
        notes.append(f"{percent(row['value'])} {fact.of}")
    if not pd.isna(row["nation_value"]):
        same = bool(notes) and percent(row["nation_value"]) == percent(row["value"])
        notes.append(f"the same as in {nation}" if same else f"{'against ' if notes else ''}{percent(row['nation_value'])} in {nation}")
    return sentence(f"{said}{': ' if notes else ''}{', '.join(notes)} ({_when(measure, row)})")


def _when(measure: str, row: Mapping[str, Any]) -> str:
    return texts.facts()[measure].date or _month(str(row["period"]))


def dated_once(said: Sequence[Fact], short: bool = False) -> list[str]:
    """Facts as lines to be read one after the other: those of one date stand together, and the last of them says it for all."""
    lines = []
    for when in dict.fromkeys(fact.when for fact in said):
        mine = [fact for fact in said if fact.when == when]
        texts_of = [fact.short or fact.text if short else fact.text for fact in mine]
        every = "both" if len(mine) == 2 else "all"
        for number, text in enumerate(texts_of, start=1):
            if not when or len(mine) == 1:
                lines.append(text)
            elif number < len(mine):
                lines.append(text.replace(f" ({when}).", ".").replace(f"; {when}).", ")."))
            else:
                lines.append(text.replace(f" ({when}).", f" ({every} {when}).").replace(f"; {when}).", f"; {every} {when})."))
    return lines


def _month(period: str) -> str:
    """The month is enough beside a figure; the day stands in the sources table."""
    return date_words(period[:7] if len(period) == len("2021-03-21") and period[:4].isdigit() else period)


def _count(row: Mapping[str, Any]) -> str:
    """ "about 340 (250 to 420)": a count as it may be printed, with its range where the fit leaves one."""
    n = about(row["n"], str(row["fit"]))
    if row["n"] < fewest() or pd.isna(row["low"]) or pd.isna(row["high"]):
        return n
    low, high = two_figures(row["low"]), two_figures(row["high"])
    return n if low == high else f"{n} ({low} to {high})" if row["low"] >= fewest() else f"{n} (up to {high})"


def fewest() -> float:
    return judgement.guards()["G8"].values["fewest"]


def _people_fact(assessment: Assessment, area_code: str) -> list[Fact]:
    row, fact = assessment.people.loc[area_code], texts.facts()["people"]
    if pd.isna(row["high_raw"]):
        return []
    nation = str(assessment.areas.at[area_code, "nation"])
    whole = _nation_people(assessment, nation)
    # Under ten the ward's own share would give the number away.
    here = f"{in_100(row)}%" if row["high_raw"] >= fewest() else ""
    there = f"{'against ' if here else ''}{in_100(whole)}% in {nation}" if whole["adults"] > 0 else ""
    said = ", ".join(part for part in (here, there) if part)
    who, when = fact.said(people_words(row), nation), people_date(assessment)
    full = sentence(f"{who}{': ' if said else ''}{said} ({when})")
    short = sentence(f"{who}: {here} ({nation} {in_100(whole)}%; {when})") if here and there else full
    return [Fact(full, "people", "", short)]


def people_date(assessment: Assessment) -> str:
    """What the estimate is and of when: with a factor somebody set, the 2020 rates times that factor."""
    scale = assessment.people_estimate.scale
    return f"our estimate, 2020 rates times {scale.low:g}" if scale.own else texts.facts()["people"].date


def people_words(row: Any) -> str:
    """The estimate of people unlikely to use the internet, as the app and the tables say it.

    ``row`` is one of ``Assessment.people`` or of :func:`exclusion.people.total`.
    """
    return str(row["label"])


def in_100(row: Any) -> str:
    low, high = (max(1, round(100 * row[f"{end}_raw"] / row["adults"])) for end in ("low", "high"))
    return f"{low}" if low == high else f"{low} to {high}"


def _nation_people(assessment: Assessment, nation: str) -> pd.Series[Any]:
    """The estimate for the nation as a whole, at the same scale; kept with the evidence. Not known (blank) without its wards."""
    evidence, scale = assessment.evidence, assessment.people_estimate.scale
    key = ("people of nation", f"{nation} {scale}")
    if key not in evidence.cache:
        each = people.of_areas(evidence, list(evidence.areas.index[evidence.areas["nation"] == nation]), scale)
        known = each.table.index[each.table["high_raw"].notna()]
        evidence.cache[key] = people.total(each, list(known)) if len(known) else pd.DataFrame([{"adults": 0}])
    whole: pd.Series[Any] = evidence.cache[key].iloc[0]
    return whole


# --------------------------------------------------------------------------- what to keep, and why


def keep_lines(
    assessment: Assessment,
    area_code: str,
    service_id: str,
    most: int = MOST_LINES,
    brief: bool = False,
    effects: Mapping[str, str] | None = None,
) -> list[str]:
    """What to keep open in a ward: "Advise keeping X, because Y", firmest first; ways with one reason share a line.

    Parameters
    ----------
    brief
        Leave out the figure behind each reason, where the facts are printed beside the lines.
    effects
        What a proposal does to each way in, by channel, a key of :data:`EFFECTS`: each line then says
        it, and what closes comes first among equals.

    Returns
    -------
    list of str
        Never empty: where nothing was found beyond the minimum, or the rules could not be checked,
        one line says so.
    """
    lines: dict[tuple[str, str, str], list[str]] = {}
    rows = records(kept_rows(assessment, area_code, service_id))
    if effects is not None:
        order = list(EFFECTS)
        rows.sort(key=lambda row: (_LEVEL[str(row["severity"])], order.index(effects.get(str(row["channel"]), "none"))))
    for row in rows:
        effect = "" if effects is None else EFFECTS[effects.get(str(row["channel"]), "none")]
        key = (str(row["severity"]), reason(assessment, row, brief), _mark(assessment, row, brief, effect))
        lines.setdefault(key, []).append(way(str(row["channel"])))
    said = [f"{KEEP[severity].format(way=join_words(ways))}, because {why}{mark}" for (severity, why, mark), ways in lines.items()]
    return said[:most] or [_nothing(assessment, area_code, service_id)]


def way(channel: str) -> str:
    """A way in, in a member's words."""
    return texts.ways()[channel].text if channel in texts.ways() else channel


def reason(assessment: Assessment, finding: Mapping[str, Any], brief: bool = False) -> str:
    """Why a finding says what it says, in words that follow "because": its first rule with its figure, another in a phrase."""
    nation = str(assessment.areas.at[finding["area_code"], "nation"])
    held = _held(assessment, str(finding["area_code"]))
    figures = [figure["id"] for figure in json.loads(str(finding["figures_json"]))]
    rules = [name for name in str(finding["rule_ids"]).split("|") if name in texts.becauses()]
    if not rules:
        return "a rule about this service holds here"
    first, *others = rules
    also = [texts.becauses()[name].also for name in others[:1]]
    service = assessment.service(str(finding["service_id"]))
    measure = next((name for name in _answers(judgement.rules()[first], service) if name in figures), "")
    if brief or measure not in held or measure not in texts.facts():
        return texts.becauses()[first].also
    who = texts.facts()[measure].named(about(held[measure]["n"], str(held[measure]["fit"])), nation)
    return ", and ".join([texts.becauses()[first].text.format(who=who), *also])


def reason_sources(assessment: Assessment, area_code: str, service_id: str) -> set[str]:
    """Sources of the figures that the reasons of :func:`keep_lines` and the cautions speak of, and of no others.

    A rule may look at figures that no word of the page speaks of: a source listed for those would be of nothing on it.
    """
    service, found = assessment.service(service_id), set[str]()
    for kind in ("keep", "caution"):
        for row in records(_rows(assessment, area_code, service_id, kind)):
            held = {str(figure["id"]): str(figure["source"]) for figure in json.loads(str(row["figures_json"]))}
            for name in [one for one in str(row["rule_ids"]).split("|") if one in judgement.rules()][:2]:
                found |= {held[one] for one in [one for one in _answers(judgement.rules()[name], service) if one in held][:1]}
    return found


def _answers(rule: Rule, service: Service) -> list[str]:
    """Measures a rule may rest on for a service, in the order of its legs."""
    known = judgement.indicators()
    return [use.id for leg in rule.legs for use in known[leg.indicator_for(service)].measures]


def _mark(assessment: Assessment, finding: Mapping[str, Any], brief: bool, effect: str = "") -> str:
    """How a line ends: what a proposal does to it, whether the same holds across the council, and whether it is borderline."""
    marks = [effect] if effect else []
    marks += ["as across the council"] if not brief and said_across(assessment, finding) else []
    marks += ["borderline"] if finding["borderline"] else []
    return f" ({'; '.join(marks)})." if marks else "."


def said_across(assessment: Assessment, finding: Mapping[str, Any]) -> bool:
    """Whether the same way in is kept as firmly across the council, so that it is said there."""
    wide = assessment.council_wide
    general = wide[(wide["service_id"] == finding["service_id"]) & (wide["channel"] == finding["channel"])]
    return bool(len(general)) and bool(general["severity"].iloc[0] == finding["severity"])


def _nothing(assessment: Assessment, area_code: str, service_id: str) -> str:
    said = summary(assessment, area_code, service_id)
    if said["summary"] == "not_run_here":
        return str(said["sentence"])
    if said["summary"] == "not_assessed":
        return "Not assessed: too few rules could be checked here. That does not mean no need."
    return "Nothing found beyond the minimum, in the rules checked. That does not mean no need."


def summary(assessment: Assessment, area_code: str, service_id: str) -> Mapping[str, Any]:
    rows = assessment.summaries
    return dict(rows[(rows["area_code"] == area_code) & (rows["service_id"] == service_id)].iloc[0])


def _rows(assessment: Assessment, area_code: str, service_id: str, kind: str) -> pd.DataFrame:
    rows = assessment.findings
    return rows[(rows["area_code"] == area_code) & (rows["service_id"] == service_id) & (rows["kind"] == kind)]


def kept_rows(assessment: Assessment, area_code: str, service_id: str) -> pd.DataFrame:
    """Findings to keep a way in, firmest first."""
    rows = _rows(assessment, area_code, service_id, "keep")
    return rows.assign(_level=rows["severity"].map(_LEVEL)).sort_values("_level", kind="stable").drop(columns="_level")


def cautions(assessment: Assessment, area_code: str, service_id: str) -> list[str]:
    """How the service must be built here, whatever is kept: "phone must not be the only alternative"."""
    return list(_rows(assessment, area_code, service_id, "caution")["short"])


# --------------------------------------------------------------------------- the minimum


def floor_line(service: Service, brief: bool = False) -> str:
    """The council-wide minimum of a service, in one line; it holds in every ward whatever the figures say."""
    named = [way(channel) for channel in judgement.channels() if channel in service.floor_channels]
    every = [way(channel) for floor in judgement.floors().values() if floor.every_service for channel in floor.channels]
    return sentence(f"{join_words(named)}{'' if brief else ', as easy to find as the link'}; {join_words(every)}")


def not_run(assessment: Assessment, area_code: str, service_id: str) -> str:
    """One sentence where the council of a ward does not run a service, so that no minimum of it is the council's; "" where it does."""
    elsewhere = summary(assessment, area_code, service_id)["summary"] == "not_run_here"
    return "The council does not run this service, so no minimum is the council's to keep." if elsewhere else ""


def busier_line(assessment: Assessment, area_code: str, service_id: str) -> str:
    """Which ways of the minimum will be used more here; "" where none stands out."""
    ways = [way(str(channel)) for channel in _rows(assessment, area_code, service_id, "more_use")["channel"]]
    return f"Expect more use of {join_words(ways)} here." if ways else ""


# --------------------------------------------------------------------------- what we do not know, what to ask


def unknowns(assessment: Assessment, area_code: str, service_id: str | None = None, most: int = MOST_UNKNOWNS) -> list[str]:
    """What we do not know about a ward, and who could tell: the first figure we lack, a part that differs, then the rest.

    Figures that rules lacked come before what is always asked.
    """
    held = _held(assessment, area_code)
    rows = assessment.summaries[assessment.summaries["area_code"] == area_code]
    rows = rows if service_id is None else rows[rows["service_id"] == service_id]
    unchecked = {name for cell in rows["not_checked"] for name in str(cell).split("|")}
    lines = [
        gap.text
        for gap in sorted(texts.gaps().values(), key=lambda gap: not unchecked & set(gap.rules))
        if (gap.always or unchecked & set(gap.rules))
        and not unchecked & set(gap.unless_rules)
        and not any(name in held for name in gap.unless_measures)
        and all(name in held for name in gap.needs_measures)
    ]
    pocket = next((note for cell in rows["sentence"] if (note := _pocket(str(cell)))), "")
    return [*lines[:1], *([pocket] if pocket else []), *lines[1:]][:most]


def _pocket(summary: str) -> str:
    """The note of guard G2 in a summary, made short."""
    before, after = judgement.guards()["G2"].text.split("{labels}")
    start = summary.find(before)
    if start < 0:
        return ""
    labels = summary[start + len(before) : summary.index(after, start)]
    short = next((within(measure.short) for measure in measures().values() if labels.startswith(measure.label)), "")
    return f"One part of this ward differs{f' ({short})' if short else ''}: ask locally."


def questions(
    assessment: Assessment,
    area_code: str,
    service_id: str,
    most: int = MOST_QUESTIONS,
    effects: Mapping[str, str] | None = None,
    together: bool = False,
    untouched: bool = False,
) -> list[str]:
    """Questions a member may want to ask, chosen by the findings; the last is the general one.

    Parameters
    ----------
    effects
        What a proposal does to each way in here, by channel, as :func:`keep_lines` takes it.
    together
        Whether several services move together here.
    untouched
        Whether a proposal changes nothing here: then nothing is asked of what it does.
    """
    keeps = kept_rows(assessment, area_code, service_id)
    kept, severities = set(keeps["channel"]), set(keeps["severity"])
    busier = set(_rows(assessment, area_code, service_id, "more_use")["channel"])
    service = assessment.service(service_id)
    elsewhere = bool(not_run(assessment, area_code, service_id))
    urgent = service.urgency >= URGENT
    # Of a proposal: what it does to findings, and to the minimum, each as a set of effects.
    done = effects or {}
    to_findings = {done.get(channel, "none") for channel in kept} if effects is not None else set()
    to_minimum = {done[channel] for channel in service.floor_channels if channel in done}
    known = [one for one in texts.page_questions().values() if not (untouched and (one.effects or one.minimum))]
    fits = [
        one.text
        for one in known
        if kept & set(one.channels)
        or busier & set(one.busier)
        or severities & set(one.severities)
        or (one.urgent and urgent and not elsewhere)
        or (one.elsewhere and elsewhere)
        or to_findings & set(one.effects)
        or to_minimum & set(one.minimum)
        or (one.together and together)
    ]
    fits += [one.text for one in known if one.fallback and not (one.unless_urgent and urgent and not elsewhere)]
    general = [one.text for one in known if one.general]
    return [*list(dict.fromkeys(fits))[: most - len(general)], *general]


def short_name(service: Service) -> str:
    """A service's name without what stands in brackets."""
    return re.sub(r" \([^)]*\)", "", service.service_name)


def decided_by(assessment: Assessment, area_code: str, service: Service) -> str:
    """Who decides where it is not the council of these wards; "" where it is."""
    county = str(assessment.areas.at[area_code, "upper_name"])
    if not county or service.england_tier != "county/unitary":
        return ""
    return f"Decided by {county}, whose members stand for divisions: wards are a guide."


def sources(assessment: Assessment, wanted: Iterable[str]) -> list[tuple[str, str, str, str]]:
    """Rows of the sources table: title, publisher, period, licence; ids in ``wanted``, "" for our estimate of people."""
    held, ids = assessment.evidence.manifest.sources, set(wanted)
    rows = [(one.title, one.publisher, date_words(one.period), one.licence) for key, one in held.items() if key in ids]
    if "" in ids:
        title = "Adults (16 and over) unlikely to use the internet: our estimate from national surveys"
        rows.append((title, texts.facts()["people"].source, "2020 to 2025", "Open Government Licence v3.0"))
    return rows


__all__ = [
    "Fact",
    "busier_line",
    "cautions",
    "dated_once",
    "decided_by",
    "facts",
    "floor_line",
    "keep_lines",
    "people_date",
    "people_words",
    "questions",
    "reason",
    "short_name",
    "sources",
    "unknowns",
    "ward_facts",
    "way",
]
