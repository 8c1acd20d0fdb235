"""Tables to fill in and give back: an answer to each finding, and the contacts that came.

Each is a plain table (CSV or a workbook). What is left blank is left as it is; all that is wrong in
a file is said at once, with its line, and then nothing of it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.own import sheets
from exclusion.register.chain import sha256
from exclusion.register.reading import Saved
from exclusion.register.responses import ANSWERS, KEEPS_OPEN, KEY, Response
from exclusion.register.review import COLUMNS as CONTACTS
from exclusion.register.review import WHERE

ID_LENGTH = 10
ANSWER_FORM = [
    *("finding", "version", "area_code", "area_name", "service_id", "channel", "kind", "severity", "short"),
    *("response", "reason", "name", "date", "look_again"),
]
_TO_FILL = ("response", "reason", "name")
_QUOTED = ("'=", "'+", "'-", "'@")  # as our own CSV writes a cell that a spreadsheet would run


def finding_ids(findings: pd.DataFrame) -> pd.Series:
    """A short id for each finding: the same for the same ward, service, way in, kind and rules in every version.

    Parameters
    ----------
    findings
        With the columns ``area_code, service_id, channel, kind, rule_ids``.

    Returns
    -------
    Series of str
        Ten letters and figures, on the index of ``findings``.
    """
    keys = ("\x1f".join(map(str, key)) for key in findings[KEY].itertuples(index=False, name=None))
    return pd.Series([sha256(key.encode("utf-8"))[:ID_LENGTH] for key in keys], index=findings.index, dtype="str")


# --------------------------------------------------------------------------------- answers


def answer_form(saved: Saved, every: bool = False) -> pd.DataFrame:
    """Every finding that asks for an answer, in the wards the proposal touches, with the answer that stands.

    Parameters
    ----------
    every
        Those of all services that were assessed, not of those the assessment is about alone.

    Returns
    -------
    DataFrame
        ``finding`` (its id), ``version`` (the one it was read from), ``area_code, area_name, service_id, channel,
        kind, severity, short, response, reason, name, date, look_again``; blank where nobody has answered. A finding
        of another kind or service is there once it has been answered.
    """
    found = saved.findings
    asks = found["kind"].isin(KEEPS_OPEN) & (every | found["service_id"].isin(saved.concerned))
    asks &= found.index.isin(saved.about(found).index)
    found = found[asks | (found["response"] != "")]
    names = {"response_reason": "reason", "response_name": "name", "response_date": "date"}
    table = found.drop(columns=["reason"]).rename(columns=names)
    table = table.assign(finding=finding_ids(found), version=saved.version.number)
    return table[ANSWER_FORM].reset_index(drop=True)


def answers_to(saved: Saved, ids: Sequence[str], response: str, reason: str = "", name: str = "") -> list[Response]:
    """One answer to each of some findings.

    Parameters
    ----------
    ids
        As :func:`finding_ids` gives them, or their first letters.

    Raises
    ------
    UsageError
        Naming every id that is none, or fits more than one finding.
    """
    keys, problems, answers = _keys(saved), [], []
    for one in ids:
        key = _found(keys, one)
        if isinstance(key, str):
            problems.append(Problem("--finding", key, one, f"Run 'exclusion register findings {saved.version.assessment}' for their ids."))
        else:
            answers.append(Response(**dict(zip(KEY, key, strict=True)), response=response, reason=reason, name=name))
    if problems:
        raise UsageError(problems)
    return answers


def read_answers(source: Path | bytes, where: str, saved: Saved) -> tuple[list[Response], int]:
    """The answers in a form that was filled in, and the version it was made from.

    Parameters
    ----------
    source
        A file, or what stands in one: the columns ``finding`` and ``response`` at least; ``reason``, ``name`` and ``version``
        when there. A row without a response, or with the one that stands already, is passed over.
    where
        Name of the file, for messages.

    Returns
    -------
    (list of Response, int)
        The version is 0 when the form does not say.

    Raises
    ------
    DataRefused
        Naming every row that is not sound. Nothing is saved by this.
    """
    problems: list[Problem] = []
    answers: list[Response] = []
    versions: set[int] = set()
    keys = _keys(saved)
    form = answer_form(saved, every=True)
    standing = {str(row["finding"]): tuple(str(row[name]) for name in _TO_FILL) for row in form.to_dict("records")}
    seen: dict[str, int] = {}
    for line, row in _rows(source, where, ("finding", "response")):
        at = f"{where}, line {line}"
        response, reason, name = (_unquoted(row.get(column, "")) for column in _TO_FILL)
        if version := row.get("version", ""):
            if version.isdecimal() and len(version) < 7:
                versions.add(int(version))
            else:
                problems.append(Problem(at, "the version is not a number", version[:40], "Leave it as it was in the form."))
        response = response.casefold()
        key = _found(keys, row["finding"])
        if not response:
            if reason:
                problems.append(Problem(at, "has a reason and no response", "", f"Use one of {', '.join(ANSWERS)}, or clear the reason."))
        elif isinstance(key, str):
            problems.append(Problem(at, key, row["finding"][:40], "Make the form anew from the newest version."))
        elif response not in ANSWERS:
            problems.append(Problem(at, "is not an answer", response[:40], f"Use one of {', '.join(ANSWERS)}, or leave it blank."))
        elif response != "accept" and not reason:
            problems.append(Problem(at, f"{response} has no reason", "", "Say why, in your own words."))
        elif (first := seen.setdefault(_id(key), line)) != line:
            problems.append(Problem(at, f"answers the finding of line {first} again", "", "Keep one."))
        else:
            stands = standing.get(_id(key), ("", "", ""))
            if stands[:2] != (response, reason):
                # The name beside an answer that was changed is of whoever gave the one before.
                who = "" if name == stands[2] else name
                answers.append(Response(**dict(zip(KEY, key, strict=True)), response=response, reason=reason, name=who))
    if len(versions) > 1:
        problems.append(Problem(where, "speaks of more than one version", ", ".join(map(str, sorted(versions))), "Use one form for each."))
    if problems:
        raise DataRefused(problems)
    return answers, versions.pop() if versions else 0


def _keys(saved: Saved) -> dict[str, tuple[str, ...]]:
    findings = saved.table("findings")
    keys = [tuple(map(str, key)) for key in findings[KEY].itertuples(index=False, name=None)]
    return dict(zip(finding_ids(findings), keys, strict=True))


def _found(keys: Mapping[str, tuple[str, ...]], wanted: str) -> tuple[str, ...] | str:
    """The finding of an id or its first letters, or what is wrong with the id."""
    words = wanted.strip().casefold()
    if words in keys:
        return keys[words]
    close = [key for one, key in keys.items() if words and one.startswith(words)]
    if len(close) == 1:
        return close[0]
    return "fits more than one finding" if close else "is not the id of a finding of this assessment"


def _id(key: tuple[str, ...]) -> str:
    return sha256("\x1f".join(key).encode("utf-8"))[:ID_LENGTH]


# --------------------------------------------------------------------------------- contacts


def review_form(saved: Saved) -> pd.DataFrame:
    """A row for each count that was expected, for the council to write beside it what came.

    Returns
    -------
    DataFrame
        ``service_id, area_code`` (blank for the whole council), ``area_name, channel, expected`` (in words),
        ``contacts, note`` (both to fill in). Without a proposal that gave contacts, a row for each service and way
        in that stays by the findings, for the whole council.
    """
    columns = [*WHERE[:2], "area_name", "channel", "expected", "contacts", "note"]
    names = dict(saved.table("areas")["area_name"])
    if "demand" in saved.tables:
        rows = saved.table("demand")[[*WHERE, "label"]].rename(columns={"label": "expected"})
    else:
        rows = pd.DataFrame(columns=[*WHERE, "expected"])
    rows = rows[rows["channel"] != ""]  # all that stay together are added up by us
    if rows.empty:
        found = saved.table("findings")
        rows = found.loc[found["kind"].isin(KEEPS_OPEN), ["service_id", "channel"]].drop_duplicates().assign(area_code="", expected="")
    rows = rows.drop_duplicates(WHERE).assign(contacts="", note="")
    rows["area_name"] = [names.get(code, "") if code else "Whole council" for code in rows["area_code"]]
    return rows[columns].reset_index(drop=True)


def read_contacts_form(source: Path | bytes, where: str) -> pd.DataFrame:
    """The contacts in a form that was filled in: ``service_id, area_code, channel, contacts, note``.

    Rows whose ``contacts`` and ``note`` are both blank are passed over: not entered is not none. What stands in
    the cells is judged when the review is saved.

    Raises
    ------
    DataRefused
        When it is not such a form.
    """
    rows = [row for _, row in _rows(source, where, tuple(CONTACTS[:4])) if row["contacts"] or row.get("note")]
    table = pd.DataFrame([{name: _unquoted(row.get(name, "")) for name in CONTACTS} for row in rows], columns=CONTACTS)
    return table.astype("str")


# ------------------------------------------------------------------------------------ both


def _rows(source: Path | bytes, where: str, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a file by column, with the line they stand on; blank rows are passed over."""
    heads: list[str] = []
    with sheets.rows(source, where) as found:
        for line, row in enumerate(found, start=1):
            if not any(row):
                continue
            if not heads:
                heads = [cell.strip().casefold() for cell in row]
                lacking = [name for name in wanted if heads.count(name) != 1]
                if lacking:
                    what = f"lacks a column, or has it twice: {', '.join(lacking)}"
                    raise DataRefused(Problem(where, what, "", "Start from the form that is written for this assessment."))
                continue
            yield line, {name: row[place] if place < len(row) else "" for place, name in enumerate(heads)}


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith(_QUOTED) else cell
