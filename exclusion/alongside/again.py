"""The rules run once more with the distances a closure leaves (guard G6), and every service that was run again named."""

from __future__ import annotations

from datetime import date

import pandas as pd

from exclusion import judgement
from exclusion.alongside.distances import ONLY_LISTED, Distances
from exclusion.assessment import Assessment
from exclusion.proposal import rerun
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.words import capital, counted, join_words

TITLE = "The rules run again with the distances afterwards"
FILE = "findings_again.csv"
MEASURE = "far_help"
JUDGED = (
    "Whether that is many is judged by how far the nation's wards are from public libraries, the only such figure held for all of them; "
    "so no share of the nation stands beside it."
)
_BY_ROAD = "the rules count kilometres by road, as for every ward of the nation, also where travel times are given"
_STATES = {**SCREEN_WORDS, "more use": "expect more use", "": "nothing"}


def again(assessment: Assessment, far: Distances, today: date) -> tuple[pd.DataFrame, list[str]]:
    """What the rules say when people are as far from help as the proposals would leave them.

    Distances now and then are both measured from the list given, so that the difference is what closes and
    not that our list of libraries is another. They are kilometres also where travel times were given: the rules
    place a ward among the nation's wards, and of these nobody holds minutes.

    Parameters
    ----------
    far
        As :func:`exclusion.alongside.distances` gives them.

    Returns
    -------
    tuple
        One row a ward, service and way in whose finding would differ (:func:`exclusion.proposal.rerun`), and
        sentences that name each service run again, with what changes or that nothing does, or that say why the rules
        were not run again. Both empty where nobody is further away.
    """
    compared = far.tables.get("distances.csv")
    if compared is None:
        return pd.DataFrame(), []
    timed = far.by_road is not None
    rows = _by_ward(compared if far.by_road is None else far.by_road)
    held = assessment.profile.loc[assessment.profile["measure"] == MEASURE, "area_code"]
    counts = _beyond(rows[rows.index.isin(held)])
    if (counts["before"] == counts["after"]).all():
        # With minutes that grow, silence would read as if the rules had been run with them.
        unfelt = _beyond(_by_ward(compared))
        worse = timed or not len(counts["after"])
        if not worse or not (further := unfelt["after"] > unfelt["before"]).any():
            return pd.DataFrame(), []
        over = f"{compared['threshold'].iloc[0]:g} {compared['cost_unit'].iloc[0]}"
        names = _some(list(assessment.areas.loc[further.index[further], "area_name"]))
        why = _BY_ROAD + ", and by these nobody more is far from help" if len(counts["after"]) else "we hold no such figure for these wards"
        return pd.DataFrame(), [f"More people are over {over} from a place on the list in {names}. The rules were not run again: {why}."]
    before, after = (pd.DataFrame({"area_code": found.index, "measure": MEASURE, "n": found.to_numpy()}) for found in counts.values())
    table = rerun(assessment, after, "the list of places given", today.isoformat(), before=before, labels={MEASURE: _label()}, today=today)
    how = [f"{capital(_BY_ROAD)}."] if timed else []
    return table, [*_in_words(assessment, table, counts), *how, JUDGED, ONLY_LISTED]


def _by_ward(compared: pd.DataFrame) -> pd.DataFrame:
    rows = compared[(compared["level"] == "ward") & (compared["group"] == "all")].set_index("area_code")
    return rows[rows["hidden"] == ""]


def _beyond(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """How many are beyond the limit, before and after. A count under ten is blank in a table; for the rule it is no evidence either way."""
    return {when: rows[f"beyond_n_{when}"].fillna(0).astype(float) for when in ("before", "after")}


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
