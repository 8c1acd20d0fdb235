"""Why the band of a ward and what was found for a service can point different ways.

The band says how likely residents are not to use the internet, whatever the service. A finding
says that the people who use one service live there in number. Both can be right at once, and
where they differ one sentence says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Facts:
    """What the sentence needs of the findings of one ward for one service."""

    firm: tuple[tuple[str, str], ...] = ()
    """Rules and figures (``rule_ids``, ``figures_json``) of findings to keep a way in that are more than watched."""
    busier: tuple[str, ...] = ()
    """Ways in of the minimum that will be used more, in the order met."""

    @classmethod
    def of(cls, findings: pd.DataFrame) -> Facts:
        """Of findings of one ward for one service."""
        one = findings.assign(area_code="")
        return next(iter(_facts([one[name].tolist() for name in _FACTS]).values()), cls())

    @cached_property
    def used(self) -> dict[str, float]:
        """The measures that the rules behind them ask about, and where the ward stands in its nation."""
        found: dict[str, float] = {}
        rules = [judgement.rules()[name] for ids, _ in self.firm for name in ids.split("|") if name in judgement.rules()]
        asked = {use.id for rule in rules for leg in rule.legs for name in (leg.indicator, leg.means_tested) if name for use in _uses(name)}
        for _, figures in self.firm:
            for figure in json.loads(figures):
                if figure["id"] in asked and figure.get("percentile") is not None:
                    found[figure["id"]] = float(figure["percentile"])
        return found


_FACTS = ("area_code", "kind", "severity", "channel", "rule_ids", "figures_json")


def _facts(columns: Sequence[Sequence[Any]]) -> dict[str, Facts]:
    """By ward, of the columns :data:`_FACTS` of findings."""
    firm: dict[str, list[tuple[str, str]]] = {}
    busier: dict[str, list[str]] = {}
    for code, kind, severity, channel, rules, figures in zip(*columns, strict=True):
        if kind == "keep" and severity in DIFFERS:
            firm.setdefault(code, []).append((str(rules), figures))
        elif kind == "more_use":
            busier.setdefault(code, []).append(channel)
    return {code: Facts(tuple(firm.get(code, ())), tuple(dict.fromkeys(busier.get(code, ())))) for code in {**firm, **busier}}


def reasons(facts: Facts, low_domains: Iterable[str] = ()) -> list[str]:
    """What the figures behind firm findings say, in the words of a sentence: "many people in households on a low income".

    Parameters
    ----------
    low_domains
        Domains of the score that the sentence has just called low. A rule can fire on the number of people while their
        share is small, and then the phrase says so.

    Returns
    -------
    list of str
        At most two, the furthest above the nation first.
    """
    known, used = measures(), facts.used
    low = {measure for domain in low_domains for measure in _MEASURES.get(domain, ())}
    order = sorted(used, key=lambda measure: (measure in low, -used[measure]))
    if any(measure not in low for measure in order):
        order = [measure for measure in order if measure not in low]
    return [f"many {known[one].label}" + (", though their share is small," if one in low else "") for one in order[:2]]


def _uses(indicator: str) -> tuple[MeasureUse, ...]:
    return judgement.indicators()[indicator].measures


def difference(score: Mapping[Any, Any] | pd.Series[Any], nation: str, facts: Facts, summary: str, service: Service) -> str:
    """One sentence where the band of a ward and the findings for a service point different ways, else "".

    Parameters
    ----------
    score
        The ward's row of ``Assessment.scores``.
    nation
        The ward's nation.
    facts
        Of the ward's findings for the service.
    summary
        ``reasons_found``, ``none_in_rules_checked``, ``not_assessed`` or ``not_run_here``.
    service
        The service.
    """
    band = score.get("band")
    if band is None or pd.isna(band):
        return ""
    if band in LOW and facts.firm:
        pulls = drivers(score, nation, lowest=True)
        flagged = join_words(reasons(facts, pulls))
        low = f"{score['band_word']} band" + (f" because {join_words(list(pulls.values()))}" if pulls else "")
        return f"{low}; flagged because {flagged} live here and may need this service." if flagged else f"{low}; flagged all the same."
    if band in HIGH and summary == "none_in_rules_checked":
        pulls = drivers(score, nation, lowest=False)
        users = [service.weight(_USERS[domain]) for domain in pulls if domain in _USERS]
        held = [judgement.channels()[channel].label for channel in facts.busier]
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
    names = ["band", "band_word", *(name for name in scores.columns if name.startswith("contribution_"))]
    rows = {
        code: dict(zip(names, row, strict=True))
        for code, *row in zip(scores.index, *(_values(scores, name) for name in names), strict=True)
    }
    said = {}
    for code, nation in zip(assessment.areas.index, assessment.areas["nation"].tolist(), strict=True):
        facts, summary = found.get(str(code), (Facts(), ""))
        said[str(code)] = difference(rows[code], str(nation), facts, summary, service)
    return pd.Series(said, dtype=object).rename_axis("area_code")


def _values(scores: pd.DataFrame, name: str) -> list[Any]:
    return list(scores[name].tolist()) if name in scores else [None] * len(scores)


@once
def _by_ward(assessment: Assessment, service_id: str) -> dict[str, tuple[Facts, str]]:
    """By ward, what the sentence needs of the findings for a service and the word that sums them up."""
    facts = _facts(assessment.columns("findings", service_id, *_FACTS))
    summary = dict(zip(*assessment.columns("summaries", service_id, "area_code", "summary"), strict=True))
    return {str(code): (facts.get(str(code), Facts()), str(summary.get(code, ""))) for code in assessment.areas.index}
