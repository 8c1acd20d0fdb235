"""What officers answered to each finding: accept, amend or reject, why, who and when.

An answer is never overwritten: a later one to the same finding stands beside it, and the later one
counts. A rejected finding with a reason is what "due regard" looks like on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

import pandas as pd

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.register.contents import plain, toml_from
from exclusion.release_write import to_toml

ANSWERS = ("accept", "amend", "reject")
KEY = ["area_code", "service_id", "channel", "kind", "rule_ids"]
"""Which finding an answer is to: the key of the findings contract."""
KEEPS_OPEN = ("floor", "keep", "more_use")
"""Kinds of finding that ask to keep something open, and so for an answer."""


@dataclass(frozen=True)
class Response:
    """One officer's answer to one finding."""

    area_code: str
    service_id: str
    channel: str
    kind: str
    rule_ids: str
    response: str
    """accept, amend or reject."""
    reason: str = ""
    """Why; required to amend or reject. For amend it says what will be done instead."""
    name: str = ""
    """Who answers; whoever saves, when left blank."""
    date: str = ""
    """Filled when it is saved."""
    severity: str = ""
    short: str = ""
    """The finding as it stood when it was answered; filled when it is saved."""


COLUMNS = [field.name for field in fields(Response)]


def checked(responses: Iterable[Response], findings: pd.DataFrame, by: str, at: str) -> tuple[Response, ...]:
    """The answers, complete and to findings that are there.

    Raises
    ------
    UsageError
        Naming every answer that is not one.
    """
    held = {tuple(map(str, row[:5])): (str(row[5]), str(row[6])) for row in findings[[*KEY, "severity", "short"]].itertuples(index=False)}
    done: list[Response] = []
    problems: list[Problem] = []
    for number, given in enumerate(responses, start=1):
        where = f"response {number} ({given.area_code} {given.service_id} {given.channel})"
        key = tuple(str(getattr(given, name)) for name in KEY)
        try:
            reason, name = plain(given.reason, f"{where}, reason"), plain(given.name or by, f"{where}, name", 200)
        except UsageError as error:
            problems += error.problems
            continue
        if key not in held:
            problems.append(Problem(where, "answers a finding that is not in this version", given.rule_ids, "Open the newest version."))
        elif given.response not in ANSWERS:
            problems.append(Problem(where, "is not an answer", given.response, f"Use one of {', '.join(ANSWERS)}."))
        elif given.response != "accept" and not reason:
            problems.append(Problem(where, f"{given.response} has no reason", "", "Say why, in your own words."))
        else:
            severity, short = held[key]
            done.append(replace(given, reason=reason, name=name, date=at, severity=severity, short=short))
    if problems:
        raise UsageError(_once_each(problems))
    return tuple(done)


def _once_each(problems: Iterable[Problem]) -> list[Problem]:
    """One sentence for what is wrong with many answers alike: an answer for all wards lacks its reason once."""
    alike: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        alike.setdefault((problem.what, problem.value, problem.do), []).append(problem)
    return [replace(held[0], where=f"{held[0].where}{f' and {len(held) - 1:,} more' if held[1:] else ''}") for held in alike.values()]


def to_file(responses: Iterable[Response]) -> bytes:
    """Answers as ``responses.toml``."""
    return to_toml({"response": [asdict(response) for response in responses]}).encode("utf-8")


def from_file(content: bytes, where: str) -> list[dict[str, str]]:
    """Answers of one ``responses.toml``, as rows."""
    rows = toml_from(content, where).get("response", [])
    return [{name: str(row.get(name, "")) for name in COLUMNS} for row in rows if isinstance(row, dict)]


def read_back(content: bytes, where: str) -> tuple[Response, ...]:
    """Answers of a file that was taken along (:func:`to_file`), as they were given: who, when, and to what.

    Raises
    ------
    DataRefused
        Naming every answer that is not one; nothing of the file is taken then.
    """
    done: list[Response] = []
    problems: list[Problem] = []
    for number, row in enumerate(from_file(content, where), start=1):
        at = f"{where}, response {number} ({row['area_code']} {row['service_id']} {row['channel']})"
        wrong = len(problems)
        if lacking := [name for name in KEY[:4] if not row[name]]:
            problems.append(Problem(at, "does not say which finding it is to", ", ".join(lacking), "Use the file as it was taken away."))
        if row["response"] not in ANSWERS:
            problems.append(Problem(at, "is not an answer", row["response"], f"Use one of {', '.join(ANSWERS)}."))
        elif row["response"] != "accept" and not row["reason"].strip():
            problems.append(Problem(at, f"{row['response']} has no reason", "", "Say why, in your own words."))
        if not row["name"].strip():
            problems.append(Problem(at, "has no name", "", "Say who answered."))
        try:
            datetime.fromisoformat(row["date"])
            clean = {"reason": plain(row["reason"], f"{at}, reason"), "name": plain(row["name"], f"{at}, name", 200)}
        except UsageError as error:
            problems += error.problems
        except ValueError:
            problems.append(Problem(at, "the date is not one", row["date"][:40], "Use the file as it was taken away."))
        else:
            if len(problems) == wrong:
                done.append(Response(**{**row, **clean}))
    if not done and not problems:
        problems.append(Problem(where, "holds no answers", "", "Give the file of answers that was taken away from the app."))
    if problems:
        raise DataRefused(_once_each(problems))
    return tuple(done)


def table(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Every answer in the order given, with ``current``: whether no later one to the same finding stands."""
    frame = pd.DataFrame(list(rows), columns=[*COLUMNS, "version"]).astype(dict.fromkeys(COLUMNS, "str"))
    return frame.assign(version=frame["version"].astype("int64"), current=~frame.duplicated(KEY, keep="last"))


def answered(findings: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Findings with what was answered.

    Returns
    -------
    DataFrame
        ``findings`` with the columns ``response, response_reason, response_name, response_date``
        (blank where nobody has answered) and ``look_again``: it was answered when the finding was
        another (severity or wording have changed since).
    """
    current = responses[responses["current"]]
    added = current[[*KEY, "response", "reason", "name", "date", "severity", "short"]].rename(
        columns={"reason": "response_reason", "name": "response_name", "date": "response_date", "severity": "_severity", "short": "_short"}
    )
    joined = findings.merge(added, on=KEY, how="left", validate="one_to_one")
    gave = joined["response"].notna()
    joined["look_again"] = gave & ((joined["severity"] != joined["_severity"]) | (joined["short"] != joined["_short"]))
    words = ["response", "response_reason", "response_name", "response_date"]
    return joined.assign(**{name: joined[name].fillna("") for name in words}).drop(columns=["_severity", "_short"])


def asked(findings: pd.DataFrame, services: Iterable[str] | None = None) -> pd.DataFrame:
    """The findings that ask for an answer (:data:`KEEPS_OPEN`), of these services or of all."""
    rows = findings[findings["kind"].isin(KEEPS_OPEN)]
    return rows if services is None else rows[rows["service_id"].isin(list(services))]


def said(findings: pd.DataFrame) -> list[str]:
    """How many findings were accepted, amended and rejected, and how many still wait, in sentences; the counts add up.

    Parameters
    ----------
    findings
        As :func:`answered` gives them.
    """
    rows = asked(findings)
    lines = []
    for answer, word in zip(ANSWERS, ("accepted", "amended", "rejected"), strict=True):
        count = int((rows["response"] == answer).sum())
        if count:
            lines.append(f"{count:,} {'finding was' if count == 1 else 'findings were'} {word}.")
    waiting = int((rows["response"] == "").sum())
    return [*lines, f"{waiting:,} of {len(rows):,} findings that ask for an answer {'have' if waiting != 1 else 'has'} no answer."]
