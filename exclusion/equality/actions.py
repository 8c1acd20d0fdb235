"""Findings as draft actions, with what officers answered to them; nothing here decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.contracts import TABLES, Problem, UsageError
from exclusion.equality.model import Listed, Table
from exclusion.proposal import Considered
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.report.briefing import way
from exclusion.words import capital, counted, date_words, join_words

KEY: list[str] = list(TABLES["findings"].unique or [])
FIRMNESS = {"floor": "The minimum everywhere", **SCREEN_WORDS}
FOUND = {**FIRMNESS, "more_use": "May be used more"}
"""What was found, in words, by the firmness that :func:`by_firmness` gives."""
FIRM = ("required", "recommended", "monitor")
MOST_NAMED = 30
"""Wards named in a cell; the rest are counted, and all stand in the findings table."""
MOST_SERVICES = 3
"""Services named in a cell; the rest are counted, and all stand in section 9."""
ANSWERED = {"accept": "Accepted", "amend": "Amended", "reject": "Rejected"}


def current(answers: pd.DataFrame | None) -> pd.DataFrame:
    """The answers that stand: the last to each finding, with ``response, reason, name, date`` beside its key.

    Parameters
    ----------
    answers
        As the register keeps them (:func:`exclusion.register.responses.table`), oldest first; None for none.

    Raises
    ------
    UsageError
        For a table that lacks a column of theirs.
    """
    columns = [*KEY, "response", "reason", "name", "date"]
    if answers is None:
        return pd.DataFrame(columns=columns)
    if lacking := [name for name in columns if name not in answers]:
        raise UsageError(Problem("answers", "lack columns", ", ".join(lacking), "Give the answers as the register keeps them."))
    return answers[~answers.duplicated(KEY, keep="last")][columns]


def answered(considered: Considered, answers: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """The findings about a way in with their answers, and how many answers fit no finding of this proposal.

    Returns
    -------
    tables
        ``considered.findings`` of the kinds floor, keep and more_use, where the proposals touch their service, with
        ``response, answer_reason, name, date``, blank where nobody has answered.
    """
    held = current(answers)
    rows = considered.about(considered.findings)
    rows = rows[rows["kind"].isin(["floor", "keep", "more_use"])]
    joined = rows.merge(held.rename(columns={"reason": "answer_reason"}), on=KEY, how="left", validate="one_to_one")
    words = ["response", "answer_reason", "name", "date"]
    joined[words] = joined[words].fillna("")
    return joined, len(held) - int((joined["response"] != "").sum())


def by_firmness(rows: pd.DataFrame) -> pd.DataFrame:
    """Findings with ``firmness``, a key of :data:`FOUND`: how firmly to keep a way in, else which kind of finding it is."""
    return rows.assign(firmness=rows["severity"].where(rows["kind"] == "keep", rows["kind"]))


def drafts(considered: Considered, found: pd.DataFrame, where: pd.Index, named: Iterable[str]) -> Table | None:
    """Draft actions: what was found, what to do, where, what was answered; owner, date and measure are left to people.

    Parameters
    ----------
    found
        As :func:`answered` gives it.
    where
        The wards where the proposal changes something.
    named
        Ids of the services the proposals are about: one action for each way in and firmness. Other services get
        one action for each place of theirs that closes or thins.
    """
    services = {service.id: service for service in considered.assessment.services}
    less = (found["proposal_effect"] == "closes") | found["fewer_hours"].astype(bool)
    rows = found[found["area_code"].isin(where) & ((found["kind"] == "keep") | ((found["kind"] == "floor") & less))]
    rows = by_firmness(rows)
    lines: list[tuple[str, ...]] = []
    chosen = [one for one in services if one in set(named)]
    order = {name: number for number, name in enumerate(judgement.channels())}
    for service_id in chosen:
        groups = rows[rows["service_id"] == service_id].groupby(["firmness", "channel", "proposal_effect", "fewer_hours"], sort=False)
        ranked = sorted(groups, key=lambda item: (("floor", *FIRM).index(str(item[0][0])), order.get(str(item[0][1]), len(order))))
        for (firmness, channel, effect, fewer), group in ranked:
            firm = FIRMNESS[str(firmness)]
            issue = f"{services[service_id].service_name}: {way(str(channel))}. {firm}. {_effect(str(effect), bool(fewer))}"
            lines.append(
                (
                    issue,
                    draft(group, str(channel), str(effect), bool(fewer), str(firmness)),
                    _names(group, len(where)),
                    said(group),
                    "",
                    "",
                    "",
                )
            )
    rest = rows[~rows["service_id"].isin(chosen) & (rows["leans_on"] != "")]
    for (channel, effect, fewer, place), group in rest.groupby(["channel", "proposal_effect", "fewer_hours", "leans_on"], sort=False):
        names = _few([services[str(one)].service_name for one in dict.fromkeys(group["service_id"])])
        at = f"{capital(way(str(channel)))} at {str(place).replace('|', ', ')}"
        issue = f"{at}, for services this proposal does not name: {names}. {_effect(str(effect), bool(fewer))}"
        lines.append(
            (
                issue,
                draft(group, str(channel), str(effect), bool(fewer), "recommended"),
                _names(group, len(where)),
                said(group),
                "",
                "",
                "",
            )
        )
    columns = ("What was found", "Draft action", "Wards", "Officers' answers", "Owner", "By when", "How we will know")
    caption = "Draft actions from the findings; owner, date and measure of success are for people to fill in"
    return Table(caption, columns, tuple(lines)) if lines else None


def _few(names: list[str]) -> str:
    """The first services and how many more: a narrow column of thirty would fill a page, and section 9 names them all."""
    if len(names) <= MOST_SERVICES:
        return join_words(names)
    return f"{', '.join(names[:MOST_SERVICES])} and {len(names) - MOST_SERVICES} more, all named in section 9"


def _effect(effect: str, fewer: bool) -> str:
    if effect == "closes":
        return "The proposal closes it."
    if effect == "stays":
        return "The proposal keeps it for fewer hours." if fewer else "The proposal keeps it."
    return "The proposal does not say what happens to it."


def draft(group: pd.DataFrame, channel: str, effect: str, fewer: bool, severity: str) -> str:
    named = way(channel)
    if effect == "stays" and not fewer:
        return f"Keep {named} running, and say so as clearly as the link."
    if effect == "stays":
        return f"Check that the hours left of {named} work for the people named; else give them another way."
    if effect == "none":
        return f"Say in the proposal what happens to {named}."
    instead = [name for name in dict.fromkeys(group["instead"]) if name]
    swap = f" If it must go, open {join_words([way(name) for name in instead], 'or')} in its place before it closes." if instead else ""
    watch = "Watch whether people need " if severity == "monitor" and not swap else "Keep "
    return f"{watch}{named} in these wards.{swap}"


def _names(group: pd.DataFrame, wards: int) -> str:
    names = sorted(dict.fromkeys(group["area_name"].astype(str)))
    if group["area_code"].nunique() == wards:
        return "Every ward here" if wards > 1 else names[0]
    if len(names) <= MOST_NAMED:
        return join_words(names)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more (all in findings.csv)"


def said(group: pd.DataFrame) -> str:
    """What officers answered to some findings, in words: accepted, amended or rejected with the reason, or not answered."""
    parts = []
    for answer, word in ANSWERED.items():
        mine = group[group["response"] == answer]
        if mine.empty:
            continue
        if answer == "accept" and not (mine["answer_reason"] != "").any():
            parts.append(f"{word} in {counted(len(mine), 'ward')} ({_who(mine)}).")
            continue
        for (reason, name, date), rows in mine.groupby(["answer_reason", "name", "date"], sort=False):
            wards = join_words(sorted(rows["area_name"].astype(str))) if len(rows) <= 5 else counted(len(rows), "ward")
            why = f": “{reason}”" if reason else ""
            parts.append(f"{word} in {wards}{why} ({_person(str(name), str(date))}).")
    silent = int((group["response"] == "").sum())
    if silent:
        parts.append("Not answered yet." if silent == len(group) else f"Not answered in {counted(silent, 'ward')}.")
    return " ".join(parts)


def _who(rows: pd.DataFrame) -> str:
    return join_words(list(dict.fromkeys(_person(str(name), str(date)) for name, date in zip(rows["name"], rows["date"], strict=True))))


def _person(name: str, date: str) -> str:
    return ", ".join(part for part in (name, date_words(date[:10]) if date else "") if part) or "no name given"


def summary(found: pd.DataFrame, stray: int) -> Listed:
    """How many findings were answered, and how."""
    counts = found["response"].value_counts()
    lines = [f"{word}: {int(counts.get(answer, 0))}." for answer, word in ANSWERED.items()]
    silent = f"{int(counts.get('', 0)):,} of {len(found):,} findings about the services named"
    lines.append(f"Not answered: {silent}. A finding nobody has answered is not a finding nobody needs to answer.")
    if stray:
        lines.append(f"{capital(counted(stray, 'answer'))} kept in the register fit no finding of this proposal, and are not shown.")
    return Listed(tuple(lines))


def differing(found: pd.DataFrame, services: Mapping[str, Any]) -> Table | None:
    """Every finding that an officer amended or rejected, whatever its kind: the answer, its reason and who gave it.

    Parameters
    ----------
    found
        As :func:`answered` gives it.

    Returns
    -------
    Table
        One row for findings that share a service, way in, firmness, answer, reason and name; None where there are none.
    """
    rows = by_firmness(found[found["response"].isin(("amend", "reject"))])
    cells = []
    for (service_id, channel, firmness, answer, reason), group in rows.groupby(
        ["service_id", "channel", "firmness", "response", "answer_reason"], sort=False
    ):
        what = f"{services[str(service_id)].service_name}: {way(str(channel))}. {FOUND[str(firmness)]}."
        cells.append((what, _names(group, 0), ANSWERED[str(answer)], str(reason), _who(group)))
    columns = ("What was found", "Wards", "Answer", "Reason, in the officer's words", "Who and when")
    return Table("What officers amended or rejected, and why", columns, tuple(cells)) if cells else None


def of_characteristic(found: pd.DataFrame, names: tuple[str, ...], services: Mapping[str, Any]) -> tuple[str, ...]:
    """Findings that concern a characteristic, a line each for service, way in and firmness."""
    if not names:
        return ()
    concerns = found["protected_characteristics"].astype(str).map(lambda cell: bool(set(cell.split("|")) & set(names))).astype(bool)
    rows = found[concerns & (found["kind"] == "keep")]
    lines = []
    for severity in FIRM:
        for (service_id, channel), group in rows[rows["severity"] == severity].groupby(["service_id", "channel"], sort=False):
            closing = int((group["proposal_effect"] == "closes").sum())
            closes = f"; the proposal closes it {_in_how_many(closing, len(group))}" if closing else ""
            head = f"{services[str(service_id)].service_name}: {SCREEN_WORDS[severity].lower()} {way(str(channel))}"
            lines.append(f"{head} in {counted(len(group), 'ward')}{closes}.")
    return tuple(lines)


def _in_how_many(closing: int, of: int) -> str:
    if closing == of:
        return "there" if of == 1 else "in all of them"
    return f"in {closing} of them"
