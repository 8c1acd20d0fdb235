"""Findings with what officers answered, as plain tables and lines. What nobody has answered is counted and stays in sight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from exclusion import judgement, register
from exclusion.equality.actions import ANSWERED, FIRMNESS
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.report.briefing import short_name, way
from exclusion.report.proposed import named_services
from exclusion.retold import told
from exclusion.saying import counted, date_words, join_words
from exclusion.words import capital

MOST_WARDS = 6
_ORDER = {"floor": 0, "required": 1, "recommended": 2, "monitor": 3, "more_use": 4}
_MORE_USE = mark("May be used more")


class Group(NamedTuple):
    """Findings of one service and way in that are as firm as each other: what one answer can be to."""

    service_id: str
    kind: str
    severity: str
    channel: str


def to_answer(findings: pd.DataFrame, services: Iterable[str] | None = None) -> pd.DataFrame:
    """The findings that ask for an answer, of these services or of all."""
    return register.asked(findings, services)


def groups(findings: pd.DataFrame) -> dict[Group, pd.DataFrame]:
    """The rows of each group: the services by name, within one the firmest first. Nothing is left out because it is answered."""
    held = {Group(*map(str, key)): rows for key, rows in findings.groupby(list(Group._fields), sort=False)}
    ways = list(judgement.channels())

    def place(group: Group) -> tuple[str, int, int]:
        return (_service(group.service_id), _ORDER[_firmness(group)], ways.index(group.channel) if group.channel in ways else len(ways))

    return {group: held[group] for group in sorted(held, key=place)}


def _firmness(group: Group) -> str:
    return group.kind if group.kind in ("floor", "more_use") else group.severity


def _service(service_id: str) -> str:
    known = judgement.services().get(service_id)
    return tr(short_name(known)) if known else service_id


def label(group: Group, *, service: bool = True) -> str:
    """A group by its words: "Blue Badge: face to face (Advise keeping)"."""
    word = tr(_MORE_USE if group.kind == "more_use" else FIRMNESS.get(_firmness(group), "found"))
    return f"{_service(group.service_id)}: {way(group.channel)} ({word})" if service else f"{capital(way(group.channel))} ({word})"


def tally(findings: pd.DataFrame) -> str:
    """How many findings were answered and how, and how many were not: they add up to all."""
    count = findings["response"].value_counts()
    said = [f"{int(count[one]):,} {tr(word).lower()}" for one, word in ANSWERED.items() if count.get(one, 0)]
    said.append(tr("{left:,} not answered", left=int(count.get("", 0))))
    return tr("{findings:,} findings that ask for an answer, ward by ward: {said}.", findings=len(findings), said=join_words(said))


def table(findings: pd.DataFrame) -> pd.DataFrame:
    """A row for each group and answer, what is not answered first: ``Finding, Wards, Answer, Reason, By``."""
    rows = []
    for group, held in groups(findings).items():
        for key, mine in held.groupby(["response", "response_reason", "response_name"], sort=True):
            answer, reason, name = map(str, key)
            again = int(mine["look_again"].sum()) if "look_again" in mine else 0
            days = sorted({str(one)[:10] for one in mine["response_date"] if one})
            said = tr(ANSWERED.get(answer, "Not answered")) + (
                tr("; {again} to look at again, since the finding changed", again=again) if again else ""
            )
            by = f"{name}, {join_words([date_words(day) for day in days])}" if answer else tr("Nobody yet")
            rows.append(
                (bool(answer), label(group), _wards(mine), said, reason or (tr("None was given") if answer else tr("None yet")), by)
            )
    frame = pd.DataFrame(rows, columns=["answered", tr("Finding"), tr("Wards"), tr("Answer"), tr("Reason"), tr("By")])
    return frame.sort_values("answered", kind="stable").drop(columns="answered").reset_index(drop=True)


def as_file(considered: Considered, answers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """``answers.csv``: every finding of the proposal's services that asks for an answer, blank where nobody has answered."""
    rows = to_answer(considered.about(register.answered(considered.assessment.findings, answers)), named_services(considered))
    columns = ["area_code", "area_name", "service_id", "channel", "kind", "severity", "short"]
    said = ["response", "response_reason", "response_name", "response_date", "look_again"]
    return {"answers.csv": rows[[*columns, *said]].reset_index(drop=True)}


def _wards(rows: pd.DataFrame) -> str:
    names = sorted({str(name) for name in rows["area_name"]})
    return join_words(names) if len(names) <= MOST_WARDS else capital(counted(len(names), "ward"))


def reasons(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """What was found in each ward of a group, a line a ward."""
    lines: list[tuple[str, str]] = []
    texts: dict[str, list[str]] = {}
    for row in rows.sort_values("area_name").to_dict("records"):
        texts.setdefault(str(row["reason"]), []).append(str(row["area_name"]))
    for text, names in texts.items():
        head = join_words(names) if len(names) <= MOST_WARDS else counted(len(names), "ward")
        lines.append((f"{capital(head)}.", told(text)))
    return lines


def open_wards(rows: pd.DataFrame) -> dict[str, str]:
    """Wards of a group that nobody has answered for: code -> name."""
    mine: dict[str, Any] = dict(rows.loc[rows["response"] == "", ["area_code", "area_name"]].itertuples(index=False, name=None))
    return mine


__all__ = ["Group", "as_file", "groups", "label", "open_wards", "reasons", "table", "tally", "to_answer"]
