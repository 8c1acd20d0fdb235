"""Why the band of a ward and what was found for a service can point different ways.

The band says how likely residents are not to use the internet, whatever the service. A finding
says that the people who use one service live there in number. Both can be right at once, and
where they differ one sentence says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.assessment import Assessment
from exclusion.judgement.score import method_for
from exclusion.judgement.services import Service

LOW, HIGH = (1, 2), (4, 5)
DIFFERS = ("required", "recommended")  # to watch is not yet to disagree
NOT_FIRED = "the rules for this service, which look at numbers of people as well as shares, found nothing to keep"

_GROUPS = {
    "age75": "older people",
    "disabled": "disabled people",
    "low_income": "people on low incomes",
    "low_english": "people who speak little English",
    "new_resident": "new residents",
    "carer": "unpaid carers",
}
_DOMAIN_GROUPS = {"age": "age75", "disability": "disabled", "income": "low_income"}


def drivers(score: pd.Series[Any], nation: str, lowest: bool) -> list[str]:
    """What pulls a ward's score furthest down (or up): one or two phrases such as "few older people".

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
    list of str
        The strongest, and the next where it counts at least half as much. Empty where nothing pulls that way.
    """
    preset = method_for(nation)
    pulls = []
    for domain in preset.domain if preset else ():
        pull = score.get(f"contribution_{domain.id}")
        if pull is not None and not pd.isna(pull) and (pull < 0) == lowest and pull != 0:
            pulls.append((abs(float(pull)), domain.explains_low if lowest else domain.explains))
    pulls.sort(key=lambda one: -one[0])
    return [words for pull, words in pulls[:2] if pull >= pulls[0][0] / 2]


def reasons(rule_ids: Iterable[str], service: Service) -> list[str]:
    """What the rules behind a finding look at, in the words of a sentence: "many people on low incomes live here"."""
    known = judgement.rules()
    groups, others = [], []
    for rule in (known[name] for name in rule_ids if name in known):
        for leg in rule.legs:
            if isinstance(leg.relevance, int):
                others.append(rule.title[0].lower() + rule.title[1:])
            else:
                groups.append(max(leg.relevance, key=service.weight))
    phrases = [f"many {_GROUPS[group]}" for group in dict.fromkeys(groups)][:2]
    sentences = [f"{_and(phrases)} live here and use this service"] if phrases else []
    return sentences or list(dict.fromkeys(others))[:1]


def difference(score: pd.Series[Any], nation: str, kept: pd.DataFrame, summary: str, service: Service) -> str:
    """One sentence where the band of a ward and the findings for a service point different ways, else "".

    Parameters
    ----------
    score
        The ward's row of ``Assessment.scores``.
    nation
        The ward's nation.
    kept
        The ward's findings of kind ``keep`` for the service.
    summary
        ``reasons_found``, ``no_reason_found`` or ``not_assessed``.
    service
        The service.
    """
    band = score.get("band")
    if band is None or pd.isna(band):
        return ""
    firm = kept[kept["severity"].isin(DIFFERS)]
    if band in LOW and len(firm):
        because = _and(drivers(score, nation, lowest=True))
        order = firm["severity"].map(DIFFERS.index).sort_values(kind="stable").index
        rules = dict.fromkeys(rule for ids in firm.loc[order, "rule_ids"] for rule in str(ids).split("|"))
        flagged = _and(reasons(rules, service))
        low = f"{score['band_word']} band" + (f" because {because}" if because else "")
        return f"{low}; flagged because {flagged or 'a rule about this service holds'}."
    if band in HIGH and summary == "no_reason_found":
        raised = drivers(score, nation, lowest=False)
        preset = method_for(nation)
        pushing = [domain.id for domain in preset.domain if domain.explains in raised] if preset else []
        users = [service.weight(_DOMAIN_GROUPS[domain]) for domain in pushing if domain in _DOMAIN_GROUPS]
        why = "this service is not mainly for them" if users and max(users) <= 1 else NOT_FIRED
        return f"{score['band_word']} band because {_and(raised)}; not flagged because {why}."
    return ""


def differences(assessment: Assessment, service_id: str, scores: pd.DataFrame | None = None) -> pd.Series[str]:
    """:func:`difference` for every ward of an assessment, indexed by ``area_code``; "" where they agree.

    ``scores`` stands in for the assessment's own, to compare its findings with bands under other weights.
    """
    service = assessment.service(service_id)
    scores = assessment.scores if scores is None else scores
    findings = assessment.findings
    keep = findings[(findings["service_id"] == service_id) & (findings["kind"] == "keep")]
    by_ward = {str(code): rows for code, rows in keep.groupby("area_code")}
    summaries = assessment.summaries
    summary = summaries[summaries["service_id"] == service_id].set_index("area_code")["summary"]
    said = {
        str(code): difference(scores.loc[code], str(nation), by_ward.get(str(code), keep.iloc[:0]), str(summary.get(code, "")), service)
        for code, nation in assessment.areas["nation"].items()
    }
    return pd.Series(said, dtype=object).rename_axis("area_code")


def _and(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
