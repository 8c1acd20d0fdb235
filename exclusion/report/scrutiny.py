"""One side for a whole proposal: what it touches, the options, and what officers answered to what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion import people as residents
from exclusion.proposal import Considered
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.report import briefing, proposed
from exclusion.report.sections import Section
from exclusion.words import capital, counted, join_words, sentence

MOST_ANSWERS, MOST_OPEN, MOST_SERVICES, MOST_WARDS = 8, 6, 4, 6
MOST_WORDS = 24  # of a reason
ANSWERED = {"accept": "Accepted", "amend": "Amended", "reject": "Rejected"}
NO_ANSWERS = "No answers are recorded yet: save the assessment in the register and answer each finding there."


@dataclass(frozen=True)
class Scrutiny:
    """The page of a whole proposal."""

    title: str
    before: tuple[Section, ...]
    options: pd.DataFrame
    """``Option, Conditions closed, Advised closed, Fewer hours, Not said``: counts of findings, all services together."""
    after: tuple[Section, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every section in the order it is read in, the table of options aside."""
        return (*self.before, *self.after)


def scrutiny_page(considered: Considered, findings: pd.DataFrame | None = None, missing: tuple[str, ...] = ()) -> Scrutiny:
    """What a scrutiny committee needs of a proposal.

    Parameters
    ----------
    findings
        The findings with officers' answers (``response, response_reason, response_name``), as the register
        gives them; None where nothing was saved: then every finding stands unanswered.
    missing
        What of the assessment is not as it was when it was saved.

    Returns
    -------
    Scrutiny
        Long lists are cut, and say by how much: the page stays on one side of A4.
    """
    ids = proposed.named_services(considered)
    title = join_words([f"{one.title}" for one in considered.proposals])
    said = [f"{head} {text}" for head, text in proposed.for_council(considered)]
    answers = _answers(considered, findings, ids)
    before = (
        Section("What is proposed", tuple(said)),
        Section("Wards and people affected", tuple(_affected(considered, ids))),
    )
    after = (
        Section("Findings and officers' answers", tuple(_tally(answers, findings is not None))),
        Section("Not answered", tuple(_grouped(answers[answers["response"] == ""], MOST_OPEN, False)) or ("Every finding has an answer.",)),
        Section("Other changes for the same people", tuple(_together(considered))),
        Section("Not known", (*missing, *_unknown(considered, ids))),
    )
    return Scrutiny(title, before, _options(considered), after)


def _affected(considered: Considered, ids: list[str]) -> list[str]:
    """For each service: where something we found a reason to keep closes or thins, and about how many people live there."""
    a, lines = considered.assessment, []
    rows = considered.findings
    for service_id in ids[:MOST_SERVICES]:
        mine = rows[(rows["service_id"] == service_id) & rows["kind"].isin(("floor", "keep"))]
        firm = mine["severity"].isin(("required", "recommended"))
        hit = mine[firm & ((mine["proposal_effect"] == "closes") | mine["fewer_hours"].astype(bool))]
        codes = [str(code) for code in a.areas.index if code in set(hit["area_code"])]
        name = briefing.short_name(a.service(service_id))
        if not codes:
            lines.append(f"{name}: nothing closes or thins that we keep as a condition or advise keeping.")
            continue
        where = "every ward" if len(codes) == len(a.areas) else f"{len(codes)} of {len(a.areas)} wards"
        people = str(residents.total(a.people_estimate, codes)["label"].iloc[0])
        named = "" if len(codes) == len(a.areas) else f" ({_wards([str(a.areas.at[code, 'area_name']) for code in codes])})"
        lost = {
            severity: join_words([briefing.way(str(one)) for one in hit.loc[hit["severity"] == severity, "channel"].unique()])
            for severity in ("required", "recommended")
        }
        what = [
            f"{word}: {lost[severity]}" for severity, word in (("required", "conditions"), ("recommended", "advised")) if lost[severity]
        ]
        lines.append(
            f"{name}: {'; '.join(what)} close or get fewer hours in {where}{named}. People there unlikely to use the internet: {people}."
        )
    if len(ids) > MOST_SERVICES:
        lines.append(f"{capital(counted(len(ids) - MOST_SERVICES, 'more service'))}: see the tables of the assessment.")
    return lines


def _options(considered: Considered) -> pd.DataFrame:
    """Each option with its counts of findings, which add up over services and proposals; not ranked."""
    columns = {
        "conditions_closed": "Conditions closed",
        "advised_closed": "Advised closed",
        "thinned": "Fewer hours",
        "unsaid": "Not said",
    }
    rows = considered.options
    table = rows.groupby(["option", "title"], sort=False)[list(columns)].sum().reset_index()
    return table.rename(columns={"title": "Option", **columns})[["Option", *columns.values()]]


def _answers(considered: Considered, findings: pd.DataFrame | None, ids: list[str]) -> pd.DataFrame:
    """Findings to keep something open, for the services the proposal is about, with what was answered."""
    rows = considered.assessment.findings if findings is None else findings
    rows = rows[rows["kind"].isin(("floor", "keep", "more_use")) & rows["service_id"].isin(ids)]
    blank = {name: "" for name in ("response", "response_reason", "response_name") if name not in rows.columns}
    return rows.assign(**blank)


def _tally(answers: pd.DataFrame, saved: bool) -> list[str]:
    count = answers["response"].value_counts()
    said = [f"{counted(int(count.get(one, 0)), 'finding')} {word.lower()}" for one, word in ANSWERED.items() if count.get(one, 0)]
    said.append(f"{int(count.get('', 0)):,} not answered")
    lines = [sentence(f"{len(answers):,} findings to keep something open, ward by ward: {join_words(said)}")]
    if not saved:
        return [*lines, NO_ANSWERS]
    for one in ("reject", "amend", "accept"):
        lines += _grouped(answers[answers["response"] == one], MOST_ANSWERS // 2, True)
    return lines


def _grouped(rows: pd.DataFrame, most: int, answered: bool) -> list[str]:
    """One line for findings that share a service, way in, firmness and answer; at most ``most``, then how many more."""
    keys = ["service_id", "channel", "severity"] + (["response", "response_reason", "response_name"] if answered else [])
    order = {"required": 0, "recommended": 1, "monitor": 2, "": 3}
    ranked = rows.assign(_firm=rows["severity"].map(order)).sort_values("_firm", kind="stable")
    lines = []
    names = {service.id: briefing.short_name(service) for service in judgement.services().values()}
    for key, group in ranked.groupby(keys, sort=False):
        row: dict[str, Any] = dict(zip(keys, key, strict=True))
        wards = sorted(set(group["area_name"]))
        head = f"{names.get(row['service_id'], row['service_id'])}, {briefing.way(row['channel'])}"
        level = SCREEN_WORDS.get(row["severity"], row["severity"]).lower()
        where = _wards([str(ward) for ward in wards])
        if answered:
            why = _cut(row["response_reason"])
            reason = f": “{why}”" if why else ""
            lines.append(f"{ANSWERED[row['response']]} by {row['response_name']}: {head} ({level}), {where}{reason}.")
        else:
            lines.append(f"{head} ({level}): {where}.")
    if len(lines) > most:
        return [*lines[:most], f"And {len(lines) - most} more: see the register."]
    return lines


def _wards(names: list[str]) -> str:
    if len(names) <= MOST_WARDS:
        return join_words(names)
    return counted(len(names), "ward")


def _cut(text: str) -> str:
    words = str(text).split()
    return " ".join(words[:MOST_WORDS]) + (" ..." if len(words) > MOST_WORDS else "")


def _together(considered: Considered) -> list[str]:
    rows, lines = considered.cumulative, []
    if len(rows):
        ids = {one for cell in rows["services"] for one in str(cell).split("|")}
        names = {service.id: briefing.short_name(service) for service in considered.assessment.services}
        lines.append(
            f"{capital(counted(len(ids), 'service'))} with reasons to keep other ways in move within 24 months in "
            f"{counted(rows['area_code'].nunique(), 'ward')}: {join_words(sorted(names[one] for one in ids))}."
        )
    leaning = considered.dependents
    if len(leaning):
        lines.append(
            f"{capital(counted(leaning['service_id'].nunique(), 'service'))} give help at {join_words(sorted(set(leaning['place'])))}, "
            "which changes."
        )
    return lines or ["None that was given. Ask for every proposal that is live within two years."]


def _unknown(considered: Considered, ids: list[str]) -> list[str]:
    rows = considered.assessment.summaries
    rows = rows[rows["service_id"].isin(ids)]
    rules = sorted({name for cell in rows["not_checked"] for name in str(cell).split("|") if name})
    known = judgement.rules()
    titles = [known[name].title.lower() for name in rules if name in known]
    lines = [f"Not checked for want of figures: {join_words(titles)}. That does not mean no need."] if titles else []
    return [*lines, "Who uses each service is our default estimate; devices and skills are not known by ward."]


__all__ = ["Scrutiny", "scrutiny_page"]
