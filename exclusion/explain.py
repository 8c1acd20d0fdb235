"""Why the band of a ward and what was found for a service can point different ways.

The band says how likely residents are not to use the internet, whatever the service. A finding
says that the people who use one service live there in number. Both can be right at once, and
where they differ one sentence says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.assessment import Assessment, once
from exclusion.judgement.ruleset import MeasureUse
from exclusion.judgement.score import measures, method_for
from exclusion.judgement.services import Service
from exclusion.words import join_words

LOW, HIGH = (1, 2), (4, 5)
DIFFERS = ("required", "recommended")  # to watch is not yet to disagree
NOT_FIRED = "the rules for this service look at numbers of people as well as shares, and none fired"

_USERS = {"age": "age75", "disability": "disabled", "income": "low_income"}
_MEASURES = {"age": ("age75", "age85"), "disability": ("disabled", "disabled_lot"), "income": ("income_dep",)}


def drivers(score: Mapping[Any, Any] | pd.Series[Any], nation: str, lowest: bool) -> dict[str, str]:
    """What pulls a ward's score furthest down (or up): one or two domains, each with its phrase, such as "few older people".

    Parameters
    ----------
    score
        The ward's row of ``Assessment.scores``, with ``contribution_`` for each domain.
    nation
        The ward's nation, whose preset holds the phrases.
    lowest
        True for what lowers the score, False for what raises it.

    Returns
    -------
    dict
        The strongest, and the next where it counts at least half as much. Empty where nothing pulls that way.
    """
    preset = method_for(nation)
    pulls = []
    for domain in preset.domain if preset else ():
        pull = score.get(f"contribution_{domain.id}")
        if pull is not None and not pd.isna(pull) and (pull < 0) == lowest and pull != 0:
            pulls.append((abs(float(pull)), domain.id, domain.explains_low if lowest else domain.explains))
    pulls.sort(key=lambda one: -one[0])
    return {domain: words for pull, domain, words in pulls[:2] if pull >= pulls[0][0] / 2}


def reasons(findings: pd.DataFrame, low_domains: Iterable[str] = ()) -> list[str]:
    """What the figures behind some findings say, in the words of a sentence: "many people in households on a low income".

    Parameters
    ----------
    findings
        Findings of one ward for one service; their ``rule_ids`` and ``figures_json`` are read.
    low_domains
        Domains of the score that the sentence has just called low. A rule can fire on the number of people while their
        share is small, and then the phrase says so.

    Returns
    -------
    list of str
        At most two, the furthest above the nation first.
    """
    known, used = measures(), {}
    rules = [judgement.rules()[name] for ids in findings["rule_ids"] for name in str(ids).split("|") if name in judgement.rules()]
    asked = {use.id for rule in rules for leg in rule.legs for name in (leg.indicator, leg.means_tested) if name for use in _uses(name)}
    for figures in findings["figures_json"]:
        for figure in json.loads(figures):
            if figure["id"] in asked and figure.get("percentile") is not None:
                used[figure["id"]] = float(figure["percentile"])
    low = {measure for domain in low_domains for measure in _MEASURES.get(domain, ())}
    order = sorted(used, key=lambda measure: (measure in low, -used[measure]))
    if any(measure not in low for measure in order):
        order = [measure for measure in order if measure not in low]
    return [f"many {known[one].label}" + (", though their share is small," if one in low else "") for one in order[:2]]


def _uses(indicator: str) -> tuple[MeasureUse, ...]:
    return judgement.indicators()[indicator].measures


def difference(score: Mapping[Any, Any] | pd.Series[Any], nation: str, findings: pd.DataFrame, summary: str, service: Service) -> str:
    """One sentence where the band of a ward and the findings for a service point different ways, else "".

    Parameters
    ----------
    score
        The ward's row of ``Assessment.scores``.
    nation
        The ward's nation.
    findings
        The ward's findings for the service.
    summary
        ``reasons_found``, ``none_in_rules_checked``, ``not_assessed`` or ``not_run_here``.
    service
        The service.
    """
    band = score.get("band")
    if band is None or pd.isna(band):
        return ""
    firm = findings[(findings["kind"] == "keep") & findings["severity"].isin(DIFFERS)] if band in LOW else findings.iloc[:0]
    if len(firm):
        pulls = drivers(score, nation, lowest=True)
        flagged = join_words(reasons(firm, pulls))
        low = f"{score['band_word']} band" + (f" because {join_words(list(pulls.values()))}" if pulls else "")
        return f"{low}; flagged because {flagged} live here and may need this service." if flagged else f"{low}; flagged all the same."
    if band in HIGH and summary == "none_in_rules_checked":
        pulls = drivers(score, nation, lowest=False)
        users = [service.weight(_USERS[domain]) for domain in pulls if domain in _USERS]
        held = [judgement.channels()[channel].label for channel in dict.fromkeys(findings.loc[findings["kind"] == "more_use", "channel"])]
        if held:
            why = f"nothing is added because the ways in that the rules point to ({join_words(held)}) are in the minimum already"
        elif users and max(users) <= 1:
            why = "nothing is flagged because this service is not mainly for them"
        else:
            why = f"nothing is flagged because {NOT_FIRED}"
        return f"{score['band_word']} band because {join_words(list(pulls.values()))}; {why}."
    return ""


def differences(assessment: Assessment, service_id: str, scores: pd.DataFrame | None = None) -> pd.Series[str]:
    """:func:`difference` for every ward of an assessment, indexed by ``area_code``; "" where they agree.

    ``scores`` stands in for the assessment's own, to compare its findings with bands under other weights.
    """
    return _own_differences(assessment, service_id) if scores is None else _differences(assessment, service_id, scores)


@once
def _own_differences(assessment: Assessment, service_id: str) -> pd.Series[str]:
    return _differences(assessment, service_id, assessment.scores)


def _differences(assessment: Assessment, service_id: str, scores: pd.DataFrame) -> pd.Series[str]:
    service = assessment.service(service_id)
    found = _by_ward(assessment, service_id)
    none = assessment.findings.iloc[:0]
    rows = scores.to_dict("index")
    said = {}
    for code, nation in assessment.areas["nation"].items():
        findings, summary = found.get(str(code), (none, ""))
        said[str(code)] = difference(rows[code], str(nation), findings, summary, service)
    return pd.Series(said, dtype=object).rename_axis("area_code")


@once
def _by_ward(assessment: Assessment, service_id: str) -> dict[str, tuple[pd.DataFrame, str]]:
    """By ward, the findings for a service and the word that sums them up."""
    mine = assessment.findings[assessment.findings["service_id"] == service_id]
    findings = {str(code): rows for code, rows in mine.groupby("area_code")}
    summaries = assessment.summaries[assessment.summaries["service_id"] == service_id]
    summary = dict(zip(summaries["area_code"], summaries["summary"], strict=True))
    return {str(code): (findings.get(str(code), mine.iloc[:0]), str(summary.get(code, ""))) for code in assessment.areas.index}
