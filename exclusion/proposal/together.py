"""Several changes falling on the same people (guard G7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pandas as pd

from exclusion import judgement
from exclusion.judgement import Service
from exclusion.proposal.model import Proposal
from exclusion.words import counted, date_words, join_words

_COLUMNS = ["area_code", "area_name", "group", "services", "count", "first", "last", "sentence"]


def cumulative(findings: pd.DataFrame, proposals: Iterable[Proposal], services: Iterable[Service] | None = None) -> pd.DataFrame:
    """Wards where several services with firm findings move online within the window, by group affected.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them, for every service the proposals name.
    proposals
        All that are live: a service moves on its proposal's date if anything about it closes or thins, and
        again on the date of each other proposal that does the same.

    Returns
    -------
    pandas.DataFrame
        ``area_code, area_name, group`` (a protected characteristic, or socio-economic), ``services``
        (ids joined by ``|``), ``count, first, last`` (dates, ISO) and ``sentence``: one row a ward and
        group, in wards where at least three services (``judgement/guards.toml``, G7) whose findings are
        advised or a condition move within any 24 months. A group is listed with the services whose
        findings concern it, however many. A service that moves more than once counts once, with all its
        moves that fall in such a window.
    """
    held = {service.id: service for service in services} if services is not None else judgement.services()
    guard = judgement.guards()["G7"].values
    moves: dict[str, list[tuple[date, tuple[str, ...]]]] = {}
    for proposal in proposals:
        for change in proposal.service:
            if change.moves:
                moves.setdefault(change.id, []).append((proposal.date, change.wards))
    keeps = findings[(findings["kind"] == "keep") & findings["service_id"].isin(moves)]
    firm = keeps[keeps["severity"].isin(("required", "recommended"))]
    rows = []
    for (code, name), ward in firm.groupby(["area_code", "area_name"], sort=False):
        dates = {
            str(service_id): [day for day, wards in moves[str(service_id)] if not wards or code in wards]
            for service_id in ward["service_id"].unique()
        }
        chosen = _window(dates, int(guard["services"]), int(guard["months"]))
        if not chosen:
            continue
        groups: dict[str, list[str]] = {}
        for row in ward[ward["service_id"].isin(chosen)].itertuples(index=False):
            for group in str(row.protected_characteristics).split("|"):
                if group and str(row.service_id) not in groups.setdefault(group, []):
                    groups[group].append(str(row.service_id))
        for group, ids in sorted(groups.items()):
            ids = sorted(ids, key=lambda one: (min(chosen[one]), one))
            first, last = min(chosen[ids[0]]), max(day for one in ids for day in chosen[one])
            names = join_words([held[one].service_name for one in ids])
            when = f"from {date_words(first)}" if first == last else f"between {date_words(first)} and {date_words(last)}"
            verb = "moves" if len(ids) == 1 else "move"
            many = counted(len(ids), "service")
            rows.append(
                {
                    "area_code": code,
                    "area_name": name,
                    "group": group,
                    "services": "|".join(ids),
                    "count": len(ids),
                    "first": first.isoformat(),
                    "last": last.isoformat(),
                    "sentence": f"{_GROUP.get(group, group)}: {many} with reasons to keep other ways in {verb} {when}: {names}.",
                }
            )
    return pd.DataFrame(rows, columns=_COLUMNS).astype({"count": "int64"})


_GROUP = {
    "age": "Age",
    "disability": "Disability",
    "race": "Race",
    "sex": "Sex",
    "religion or belief": "Religion or belief",
    "socio-economic": "People on low incomes (not a protected characteristic)",
}


def _window(dates: Mapping[str, Sequence[date]], least: int, months: int) -> dict[str, set[date]]:
    """Every service that moves in some window of ``months`` that holds at least ``least`` of them, with its days in such windows."""
    chosen: dict[str, set[date]] = {}
    for start in {day for days in dates.values() for day in days}:
        end = _later(start, months)
        inside = {name: held for name, days in dates.items() if (held := {day for day in days if start <= day <= end})}
        if len(inside) >= least:
            for name, held in inside.items():
                chosen.setdefault(name, set()).update(held)
    return chosen


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    # The last day of a short month stands for a day it lacks.
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
