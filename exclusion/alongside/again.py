"""The rules run once more with the distances a closure leaves (guard G6), and every service that was run again named."""

from __future__ import annotations

from datetime import date

import pandas as pd

from exclusion import judgement
from exclusion.assessment import Assessment
from exclusion.proposal import rerun
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.words import counted, join_words

TITLE = "The rules run again with the distances afterwards"
FILE = "findings_again.csv"
MEASURE = "far_help"
_STATES = {**SCREEN_WORDS, "more use": "expect more use", "": "nothing"}


def again(assessment: Assessment, compared: pd.DataFrame, today: date) -> tuple[pd.DataFrame, list[str]]:
    """What the rules say when people are as far from help as the proposals would leave them.

    Distances now and then are both measured from the list given, so that the difference is what closes and
    not that our list of libraries is another.

    Parameters
    ----------
    compared
        ``distances.csv`` of :func:`exclusion.alongside.distances`, in kilometres.

    Returns
    -------
    tuple
        One row a ward, service and way in whose finding would differ (:func:`exclusion.proposal.rerun`), and
        sentences that name each service run again, with what changes or that nothing does. Both empty where
        nobody is further away, and where the rule has no figure for any of the wards.
    """
    rows = compared[(compared["level"] == "ward") & (compared["group"] == "all")].set_index("area_code")
    if rows.empty or (rows["cost_unit"] != "km").any():
        return pd.DataFrame(), []
    known = rows["hidden"] == ""
    held = assessment.profile.loc[assessment.profile["measure"] == MEASURE, "area_code"]
    rows = rows[known & rows.index.isin(held)]
    # A count under ten is blank in a table; for the rule it is no evidence either way.
    counts = {when: rows[f"beyond_n_{when}"].fillna(0).astype(float) for when in ("before", "after")}
    if (counts["before"] == counts["after"]).all():
        return pd.DataFrame(), []
    before, after = (pd.DataFrame({"area_code": rows.index, "measure": MEASURE, "n": counts[when].to_numpy()}) for when in counts)
    table = rerun(assessment, after, "the list of places given", today.isoformat(), before=before, labels={MEASURE: _label()}, today=today)
    return table, _in_words(assessment, table, counts)


def _in_words(assessment: Assessment, table: pd.DataFrame, counts: dict[str, pd.Series]) -> list[str]:
    further = counts["after"][counts["after"] > counts["before"]]
    names = list(assessment.areas.loc[further.index, "area_name"])
    lines = [f"More {_label()}: in {_some(names)}. So every service that leans on a place that changes was run again."]
    changing: dict[str, list[str]] = {}  # what differs -> the services it differs for, so that it is said once
    for service in assessment.services:
        mine = table[table["service_id"] == service.id]
        parts = []
        for (channel, was, now), group in mine.groupby(["channel", "before", "after"], sort=False):
            way, where = judgement.channels()[str(channel)].label, _some(list(group["area_name"]))
            if now == "more use":
                parts.append(f"expect more use of {way} in {where}")
            else:
                parts.append(f"{way}, '{_STATES[str(was)]}' now and '{_STATES[str(now)]}' then, in {where}")
        if parts:
            changing.setdefault("; ".join(parts), []).append(service.service_name)
    lines += [f"{join_words(services)}: {what}." for what, services in changing.items()]
    same = [service.service_name for service in assessment.services if service.id not in set(table["service_id"])]
    if same:
        lines.append(f"Run again, and nothing differs: {join_words(same)}.")
    return lines


def _label() -> str:
    """What is counted where distances are from the list, not from our libraries."""
    return judgement.measures()[MEASURE].listed


def _some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many more."""
    shown = names[: most if len(names) > most + 1 else most + 1]
    rest = len(names) - len(shown)
    return join_words([*shown, *([counted(rest, "more ward")] if rest else [])])


__all__ = ["FILE", "TITLE", "again"]
