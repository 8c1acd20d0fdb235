"""One side for a whole proposal: what it touches, the options, and what officers answered to what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from exclusion import judgement
from exclusion import people as residents
from exclusion.proposal import Considered
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.report import briefing, council, proposed
from exclusion.report.sections import Section
from exclusion.words import capital, counted, join_words, sentence, within

MOST_SERVICES, MOST_WARDS, MOST_RULES = 4, 6, 4
WORDS = 390
"""Of its lists: with the table of options, the duty and the sources that is one side of A4."""


class _Room(NamedTuple):
    """How much is said; given up step by step where the page would not fit one side."""

    quoted: int  # words of the officer's purpose and saving
    places: int  # by name
    answers: int  # lines on each kind of answer
    reason: int  # words of a reason
    left: int  # lines on what is not answered


_ROOMS = (
    _Room(60, 6, 4, 24, 6),
    _Room(40, 4, 4, 16, 5),
    _Room(25, 3, 3, 12, 4),
    _Room(15, 2, 2, 8, 3),
    _Room(8, 1, 2, 6, 2),
    _Room(0, 0, 1, 6, 1),
    _Room(0, 0, 0, 0, 1),
)
ANSWERED = {"accept": "Accepted", "amend": "Amended", "reject": "Rejected"}
NONE_ASKS = "No finding asks for an answer."
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

    @property
    def words(self) -> int:
        """How many words its sections have."""
        return len(self.title.split()) + sum(section.words for section in self.sections)


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
    answers = _answers(considered, findings, ids)

    def built(room: _Room) -> Scrutiny:
        said = [f"{head} {text}" for head, text in proposed.for_council(considered, quoted=room.quoted, named=room.places)]
        before = (
            Section("What is proposed", tuple(said)),
            Section("Wards and people affected", tuple(_affected(considered, ids))),
        )
        none = "Every finding has an answer." if len(answers) else NONE_ASKS
        left = _grouped(answers[answers["response"] == ""], room.left, None) or [none]
        after = (
            Section("Findings and officers' answers", tuple(_tally(answers, findings is not None, room))),
            Section("Not answered", tuple(left)),
            Section("Other changes for the same people", tuple(_together(considered, room.places))),
            Section("Not known", (*missing, *_unknown(considered, ids))),
        )
        return Scrutiny(title, before, options, after)

    options = _options(considered)
    pages = map(built, _ROOMS)
    page = next(pages)
    while page.words > WORDS and (shorter := next(pages, None)) is not None:
        page = shorter
    return page


def _affected(considered: Considered, ids: list[str]) -> list[str]:
    """For each service: where something we found a reason to keep closes or thins, and about how many people live there."""
    a, lines = considered.assessment, []
    rows, before = considered.findings, list[str]()
    for service_id in ids[:MOST_SERVICES]:
        mine = rows[(rows["service_id"] == service_id) & rows["kind"].isin(("floor", "keep"))]
        firm = mine["severity"].isin(("required", "recommended"))
        hit = mine[firm & ((mine["proposal_effect"] == "closes") | mine["fewer_hours"].astype(bool))]
        codes = [str(code) for code in a.areas.index if code in set(hit["area_code"])]
        name = briefing.short_name(a.service(service_id))
        if elsewhere := council.not_run(a, service_id):
            lines.append(f"{name}: {within(elsewhere)}")
            continue
        if not codes:
            lines.append(f"{name}: nothing closes or thins that we keep as a condition or advise keeping.")
            continue
        people = str(residents.total(a.people_estimate, codes)["label"].iloc[0])
        named = f" Wards: {_wards([str(a.areas.at[code, 'area_name']) for code in codes])}." if len(codes) <= MOST_WARDS else ""
        what = _lost(hit, len(a.areas))
        who = "The same people." if codes == before else f"People there unlikely to use the internet: {people}."
        before = codes
        lines.append(f"{name}: {'; '.join(what)}.{named} {who}")
    if len(ids) > MOST_SERVICES:
        lines.append(f"{capital(counted(len(ids) - MOST_SERVICES, 'more service'))}: see the tables of the assessment.")
    return lines


def _lost(hit: pd.DataFrame, wards: int) -> list[str]:
    """What closes and what gets fewer hours, apart, each way in with in how many wards."""
    closes, said = hit["proposal_effect"] == "closes", []
    for severity, word in (("required", "conditions"), ("recommended", "advised")):
        for rows, what in ((hit[closes], "closed"), (hit[~closes], "with fewer hours")):
            mine = rows[rows["severity"] == severity].groupby("channel", sort=False)["area_code"].nunique()
            ways = [f"{briefing.way(str(way))} in {'every ward' if n == wards else f'{n} of {wards} wards'}" for way, n in mine.items()]
            if ways:
                said.append(f"{word} {what}: {join_words(ways)}")
    return said


def _options(considered: Considered) -> pd.DataFrame:
    """Each option with its counts of findings, which add up over services and proposals; not ranked."""
    columns = {
        "conditions_closed": "Conditions closed",
        "advised_closed": "Advised closed",
        "thinned": "Fewer hours",
        "unsaid": "To keep, not said",  # short words: at 320 pixels five heads stand side by side
    }
    rows = considered.options
    table = rows.groupby(["option", "title"], sort=False)[list(columns)].sum().reset_index()
    return table.rename(columns={"title": "Option", **columns})[["Option", *columns.values()]]


def _answers(considered: Considered, findings: pd.DataFrame | None, ids: list[str]) -> pd.DataFrame:
    """Findings that ask for an answer, for the services and wards the proposal is about, with what was answered."""
    rows = considered.about(considered.assessment.findings if findings is None else findings)
    rows = rows[rows["kind"].isin(("floor", "keep", "more_use")) & rows["service_id"].isin(ids)]
    blank = {name: "" for name in ("response", "response_reason", "response_name") if name not in rows.columns}
    return rows.assign(**blank)


def _tally(answers: pd.DataFrame, saved: bool, room: _Room) -> list[str]:
    if answers.empty:
        return [NONE_ASKS]
    count = answers["response"].value_counts()
    said = [f"{counted(int(count.get(one, 0)), 'finding')} {word.lower()}" for one, word in ANSWERED.items() if count.get(one, 0)]
    said.append(f"{int(count.get('', 0)):,} not answered")
    lines = [sentence(f"{len(answers):,} findings that ask for an answer, ward by ward: {join_words(said)}")]
    if not saved:
        return [*lines, NO_ANSWERS]
    if not room.answers:
        return [*lines, "Each answer, with its reason and name, stands in the register."]
    for one in ("reject", "amend", "accept"):
        lines += _grouped(answers[answers["response"] == one], room.answers, room.reason)
    return lines


def _grouped(rows: pd.DataFrame, most: int, reason_words: int | None) -> list[str]:
    """One line for findings that share a service, way in, firmness and answer; at most ``most``, then how many more.

    ``reason_words``: how many words of a reason; None where nothing was answered.
    """
    answered = reason_words is not None
    keys = ["service_id", "channel", "severity"] + (["response", "response_reason", "response_name"] if answered else [])
    order = {"required": 0, "recommended": 1, "monitor": 2, "": 3}
    ranked = rows.assign(_firm=rows["severity"].map(order)).sort_values("_firm", kind="stable")
    lines = []
    names = {service.id: briefing.short_name(service) for service in judgement.services().values()}
    for key, group in ranked.groupby(keys, sort=False):
        row: dict[str, Any] = dict(zip(keys, key, strict=True))
        wards = sorted(set(group["area_name"]))
        head = f"{names.get(row['service_id'], row['service_id'])}, {briefing.way(row['channel'])}"
        level = SCREEN_WORDS.get(row["severity"], "may be used more").lower()
        where = _wards([str(ward) for ward in wards])
        if answered:
            why = _cut(row["response_reason"], reason_words)
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


def _cut(text: str, most: int | None) -> str:
    words = str(text).split()
    return " ".join(words[:most]) + (" ..." if most is not None and len(words) > most else "")


def _together(considered: Considered, named: int) -> list[str]:
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
        places = proposed.few(sorted(set(leaning["place"])), named, "place")
        verb = "changes" if leaning["place"].nunique() == 1 else "change"
        lines.append(f"{capital(counted(leaning['service_id'].nunique(), 'service'))} give help at {places}, which {verb}.")
    return lines or ["None that was given. Ask for every proposal that is live within two years."]


def _unknown(considered: Considered, ids: list[str]) -> list[str]:
    rows = considered.assessment.summaries
    rows = rows[rows["service_id"].isin(ids)]
    rules = sorted({name for cell in rows["not_checked"] for name in str(cell).split("|") if name})
    known = judgement.rules()
    titles = [within(known[name].title) for name in rules if name in known]
    rest = [counted(len(titles) - MOST_RULES, "other rule")] if len(titles) > MOST_RULES else []
    said = join_words([*titles[: MOST_RULES if rest else None], *rest])
    lines = [f"Not checked for want of figures: {said}. That does not mean no need."] if titles else []
    return [*lines, "Who uses each service is our default estimate; devices and skills are not known by ward."]


__all__ = ["Scrutiny", "scrutiny_page"]
