"""A council's list of its ways in without the internet: where to find each, and when somebody last tried it.

A route on paper is not a route. What is missing, was never tried, was tried too long ago or did not work is
said as a notice beside the findings.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from exclusion import contracts, judgement
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement import Service
from exclusion.words import date_words, join_words

HEADINGS = ("service_id", "channel", "where_to_find", "last_tried", "tried_by", "worked", "note")
_WORKED = {"yes": "yes", "y": "yes", "no": "no", "n": "no", "": ""}


def read(source: str | Path | bytes, where: str = "routes.csv", *, today: date | None = None) -> pd.DataFrame:
    """A council's routes from a CSV file.

    Parameters
    ----------
    source
        A path, or the content. Headings: ``service_id, channel, where_to_find`` and, where known,
        ``last_tried`` (a date, YYYY-MM-DD), ``tried_by`` (a role or a name), ``worked`` (yes or no), ``note``.
        One row a service and way in; more rows for more places. A row with nothing after the way in, as the
        template gives them, is no route.
    today
        A route cannot have been tried after this day; the clock's when None.

    Returns
    -------
    pandas.DataFrame
        As ``contracts.TABLES["routes"]``; what is not given is blank.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake: line, column, value, what to do.
    """
    if not isinstance(source, bytes):
        path = Path(source)
        try:
            where, source = path.name, path.read_bytes()
        except OSError:
            raise UsageError(Problem("routes", "there is no such file", str(path), "Check its name and folder.")) from None
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataRefused(Problem(where, "is not a text file", "", "Save it as 'CSV UTF-8'.")) from None
    try:
        return _read(csv.DictReader(io.StringIO(text, newline="")), where, today or date.today())
    except csv.Error as error:
        raise DataRefused(Problem(where, f"cannot be read as CSV: {error}", "", "Save it as 'CSV UTF-8' again.")) from None


def _read(reader: csv.DictReader[str], where: str, today: date) -> pd.DataFrame:
    headings = [(name or "").strip() for name in reader.fieldnames or []]
    lacking = [name for name in HEADINGS[:3] if name not in headings]
    if lacking:
        raise DataRefused([Problem(where, f"has no column '{name}'", "", f"Use the headings: {', '.join(HEADINGS)}.") for name in lacking])
    problems: list[Problem] = []
    rows = []
    for raw in reader:
        row = {name: (raw.get(name) or "").strip() for name in HEADINGS}
        if any(row.values()):
            found = _checked(row, f"{where}, line {reader.line_num}", today, problems)
            if any(row[name] for name in HEADINGS[2:]):  # a line of the template that nobody filled in gives no route
                rows.append(found)
    if problems:
        raise DataRefused(problems)
    return contracts.check(pd.DataFrame(rows, columns=list(HEADINGS)).astype("str"), "routes", where)


def _checked(row: dict[str, str], where: str, today: date, problems: list[Problem]) -> dict[str, str]:
    if row["service_id"] not in judgement.services():
        problems.append(Problem(where, "is not a service we know", row["service_id"], "Run 'exclusion services' for the list."))
    if row["channel"] not in judgement.channels():
        problems.append(Problem(where, "is not a way in we know", row["channel"], f"Use: {', '.join(judgement.channels())}."))
    if not row["where_to_find"] and any(row[name] for name in HEADINGS[3:]):
        problems.append(Problem(where, "does not say where to find it", "", "Give the number, address or page as residents see it."))
    if row["last_tried"]:
        try:
            if date.fromisoformat(row["last_tried"]) > today:
                said = "'last_tried' lies after today"
                problems.append(Problem(where, said, row["last_tried"], "Give the day it was last tried, or leave it blank."))
        except ValueError:
            problems.append(Problem(where, "'last_tried' is not a date", row["last_tried"], "Write it as 2026-11-24, or leave it blank."))
    worked = _WORKED.get(row["worked"].casefold())
    if worked is None:
        problems.append(Problem(where, "'worked' is neither yes nor no", row["worked"], "Write yes or no, or leave it blank."))
    elif worked and not row["last_tried"]:
        problems.append(Problem(where, "says whether it worked but not when it was tried", "", "Give the date in last_tried."))
    return row | {"worked": worked or ""}


def state(routes: pd.DataFrame, today: date) -> pd.DataFrame:
    """How far each route can be relied on.

    Returns
    -------
    pandas.DataFrame
        The routes with ``state`` (``fresh``, ``stale``, ``unsaid``, ``untried``, ``failed``) and ``words`` for the page. Stale
        is longer ago than ``judgement/proposals.toml`` allows; unsaid was tried,
        but nobody wrote down whether it worked. A date after ``today`` counts as untried.
    """
    months = judgement.routes_judgement().stale_months
    states, said = [], []
    for row in routes.itertuples(index=False):
        day = date.fromisoformat(str(row.last_tried)) if row.last_tried else None
        by = f" by {row.tried_by!s}" if row.tried_by else ""
        if day is None or day > today:
            states.append("untried")
            said.append("no record that anybody has tried it")
        elif row.worked == "no":
            states.append("failed")
            said.append(f"did not work when tried on {date_words(day)}{by}")
        elif (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day) >= months:
            states.append("stale")
            said.append(f"last tried on {date_words(day)}{by}, {months} months ago or more")
        elif row.worked != "yes":
            states.append("unsaid")
            said.append(f"tried on {date_words(day)}{by}, but not said whether it worked")
        else:
            states.append("fresh")
            said.append(f"tried on {date_words(day)}{by} and worked")
    return routes.assign(state=pd.Series(states, index=routes.index, dtype="str"), words=pd.Series(said, index=routes.index, dtype="str"))


def notices(routes: pd.DataFrame, services: Iterable[Service], findings: pd.DataFrame | None, today: date) -> tuple[str, ...]:
    """What the pages say of routes that are missing, untried, stale or failed, one sentence a service and fault.

    Parameters
    ----------
    routes
        As :func:`read` gives them.
    services
        Those assessed.
    findings
        As ``provision.check`` gives them, to name ways in that rules advise keeping and the list
        lacks; None looks at the council-wide minimum only.
    """
    held = state(routes, today)
    channels = judgement.channels()
    result = []
    for service in services:
        mine = held[held["service_id"] == service.id]
        listed = set(mine["channel"])
        missing = [name for name in service.floor_channels if name not in listed]
        if missing:
            labels = join_words([channels[name].label for name in missing])
            result.append(f"{service.service_name}: the council's list has no route for {labels}, part of the council-wide minimum.")
        wanted = _advised(findings, service.id)
        lacking = [name for name in wanted if name not in listed and name not in service.floor_channels]
        if lacking:
            labels = join_words([channels[name].label for name in lacking])
            result.append(f"{service.service_name}: we advise keeping {labels}, and the council's list has no route for it.")
        for name in channels:
            rows = mine[mine["channel"] == name]
            if rows.empty or (rows["state"] == "fresh").any():
                continue
            # Of several places for one way in, the one that is nearest to working speaks for it.
            best = next(
                rows[rows["state"] == word].iloc[0] for word in ("unsaid", "stale", "untried", "failed") if (rows["state"] == word).any()
            )
            then = "Write down whether it worked, or try it again" if best["state"] == "unsaid" else "Try it before relying on it"
            result.append(f"{service.service_name}: {channels[name].label} ({best['where_to_find']}): {best['words']}. {then}.")
    return tuple(result)


def _advised(findings: pd.DataFrame | None, service_id: str) -> list[str]:
    if findings is None:
        return []
    rows = findings[
        (findings["service_id"] == service_id) & (findings["kind"] == "keep") & findings["severity"].isin(("required", "recommended"))
    ]
    return [name for name in judgement.channels() if name in set(rows["channel"])]


def template(services: Mapping[str, Service] | None = None) -> str:
    """An empty ``routes.csv`` with a line for each way in of the minimum, to fill in."""
    held = judgement.services() if services is None else services
    lines = [",".join(HEADINGS)]
    lines += [f"{service.id},{channel},,,,," for service in held.values() for channel in service.floor_channels]
    return "\n".join(lines) + "\n"
