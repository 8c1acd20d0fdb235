"""How far people are from the places on a list, now and after what proposals close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from exclusion import access, judgement, places
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError, NothingToAssess
from exclusion.judgement.access import access_rules
from exclusion.proposal import Proposal
from exclusion.sources import postcodes
from exclusion.words import capital, counted, join_words, percent

WHATEVER_KIND = "Every place on the list counts as a place to get help, whatever its kind."
ONLY_LISTED = (
    "Only places on the list count. One over the border that is not on it, such as a neighbouring council's library, is not counted, so "
    "people near it have less far to go than is said here: add it to the list to count it."
)
HOW_FAR = "How far people are from the places on the list"
SHARED = "Hours of help within reach, shared with everyone else nearby"
CATCHMENT = (
    "Each place's weekly hours are shared out among the people near it, the nearest counting most; what several places give is added up. "
    "A place with long hours and few people round it gives each of them more than a busy one. It says nothing of how good the help is."
)


@dataclass(frozen=True)
class Ground:
    """What distances are measured with.

    ``postcodes``: a Parquet file of postcode points. ``travel_times``: a file of minutes. ``factor``: what
    a straight line is multiplied by; None for ours. ``catchment``: also share out hours.
    """

    postcodes: Path | None = None
    travel_times: Path | None = None
    factor: float | None = None
    catchment: bool = False


@dataclass(frozen=True)
class Distances:
    """``tables`` by file name (``places.csv``, ``distances.csv``, ``catchment.csv``), sentences by heading, and notices.

    Where nothing can be measured, ``distances.csv`` is not there and a notice says why; ``places.csv`` always is.
    ``by_road`` is ``distances.csv`` in kilometres where that is in minutes: rules count kilometres, as in every ward of the nation.
    """

    tables: dict[str, pd.DataFrame]
    said: dict[str, list[str]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    by_road: pd.DataFrame | None = None


def changes(proposals: Iterable[Proposal]) -> dict[str, str | float]:
    """What proposals do to places, by name; of two proposals about one place the closure counts."""
    wanted: dict[str, str | float] = {}
    for proposal in proposals:
        for place in proposal.place:
            if wanted.get(place.name) != places.CLOSES:
                wanted[place.name] = place.change if place.hours_left is None else place.hours_left
    return wanted


def distances(assessment: Assessment, held: places.Places, wanted: Mapping[str, str | float], ground: Ground | None = None) -> Distances:
    """How far each group is from the nearest place on the list, now and after what closes.

    Parameters
    ----------
    wanted
        What happens to which place, as :func:`exclusion.places.change` takes it; empty for the list as it stands.

    Returns
    -------
    Distances
        ``places.csv``: the list as :func:`exclusion.places.for_map` gives it, with what happens to each.
        ``distances.csv``: :func:`exclusion.access.compare`. ``catchment.csv``: the floating catchment
        before and after, where asked for.

    Raises
    ------
    UsageError
        Naming every place of ``wanted`` that is not in the list, or a factor out of range.
    DataRefused, SourceUnreachable
        For a file of postcodes or times that cannot be used.
    """
    ground = ground or Ground()
    after = places.change(held.table, wanted)
    tables = {"places.csv": places.for_map(after)}
    start, why = origins(assessment, ground)
    if start is None:
        return Distances(tables, {}, (*held.notes, f"No distance can be said: {why}"))
    notes = [*held.notes, *_strays(held.table, start)]
    times = None
    if ground.travel_times is not None:
        times = access.read_travel_times(ground.travel_times, start["small_area_code"], held.table)
    before = access.measure(start, held.table, times=times, factor=ground.factor)
    then = access.measure(start, after, times=times, factor=ground.factor)
    compared = access.compare(before, then)
    tables["distances.csv"] = compared
    by_road = None
    if times is not None:
        by_road = access.compare(*(access.measure(start, listed, factor=ground.factor) for listed in (held.table, after)))
    said = {HOW_FAR: access.in_words(compared, "")}
    if ground.catchment:
        table, notice = _catchment(start, held.table, after, times, ground.factor)
        if len(table):
            tables["catchment.csv"] = table
            said[SHARED] = [CATCHMENT, *shared_in_words(table, "")]
        notes += notice
    return Distances(tables, said, (*notes, *before.notes, WHATEVER_KIND, ONLY_LISTED), by_road)


def origins(assessment: Assessment, ground: Ground) -> tuple[pd.DataFrame | None, str]:
    """Where people are, or why that is not known."""
    evidence = assessment.evidence
    points = None
    if ground.postcodes is not None:
        points = postcodes.points(ground.postcodes, wards=assessment.areas.index)
        if ground.travel_times is not None:
            points = None  # a travel time is told for a small area, so its postcodes add nothing
    try:
        return access.origins(assessment.areas, evidence.small_areas, evidence.observations, points), ""
    except NothingToAssess as error:
        (problem,) = error.problems
        if ground.travel_times is not None and ground.postcodes is not None:  # so postcode points cannot be the way out
            build = f"'exclusion release build FOLDER -o RELEASE --mapped {assessment.councils[0]}'"
            do = f"Travel times are told for small areas: use a release that holds them ({build}), or leave the travel times out."
            problem = replace(problem, do=do)
        return None, str(problem)
    except ExclusionError as error:
        return None, "; ".join(str(problem) for problem in error.problems)


def _strays(listed: pd.DataFrame, start: pd.DataFrame) -> list[str]:
    """Places so far from every ward chosen that their position is to be doubted."""
    reach = access_rules().stray_km
    here = start[["x", "y"]]
    inside = listed["x"].between(here["x"].min() - reach * 1000, here["x"].max() + reach * 1000)
    inside &= listed["y"].between(here["y"].min() - reach * 1000, here["y"].max() + reach * 1000)
    far = list(listed.loc[~inside, "name"])
    if not far:
        return []
    names = join_words(far[:3]) + (f" and {len(far) - 3} more" if len(far) > 3 else "")
    return [f"{capital(counted(len(far), 'place lies', 'places lie'))} over {reach:g} km from the wards chosen: {names}. Check where."]


_KEYS = ["level", "area_code", "area_name", "group", "label", "unit"]
_FIGURES = ["hours_median", "hours_p10", "none_share"]


def _catchment(
    start: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, times: access.TravelTimes | None, factor: float | None
) -> tuple[pd.DataFrame, list[str]]:
    try:
        now = access.floating_catchment(start, before, times=times, factor=factor)
        # With the hours left not known, those of before are the most it can be; that is no figure for after.
        then = access.floating_catchment(start, after, times=times, factor=factor)
    except ExclusionError as error:
        lines = [str(problem) for problem in error.problems] or [str(error)]
        more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
        return pd.DataFrame(), [f"Hours within reach cannot be said: {'; '.join(lines[:3])}{more}"]
    table = now.merge(then[["level", "area_code", "group", *_FIGURES]], on=["level", "area_code", "group"], suffixes=("_before", "_after"))
    return table[[*_KEYS, *(f"{figure}_{when}" for figure in _FIGURES for when in ("before", "after")), "hidden"]], []


def shared_in_words(table: pd.DataFrame, area_code: str) -> list[str]:
    """The rows of one area of ``catchment.csv`` as sentences; ``area_code`` "" for all chosen wards together."""
    lines = []
    for row in table[table["area_code"] == area_code].to_dict("records"):
        who = f"{row['label']} in {row['area_name']}"
        if row["hidden"]:
            lines.append(f"{who}: {row['hidden']}.")
            continue
        text = f"{who}: half have at least {row['hours_median_before']:.1f} hours a week for each 1,000 people within reach"
        text += f", nine in ten at least {row['hours_p10_before']:.1f}"
        if row["none_share_before"] > 0:
            text += f"; {percent(row['none_share_before'])} have none"
        same = all(row[f"{figure}_before"] == row[f"{figure}_after"] for figure in _FIGURES)
        if not same:
            text += f". Afterwards {row['hours_median_after']:.1f} and {row['hours_p10_after']:.1f}"
            if row["none_share_after"] > 0:
                text += f"; {percent(row['none_share_after'])} would have none"
        lines.append(f"{text}.")
    return lines


def place_words(kind: str, status: str) -> str:
    """What a place is and what happens to it: "library, closes"."""
    known = judgement.place_kinds()
    what = known[kind].label if kind in known else kind or "place"
    return f"{what}, {STATUS_WORDS[status]}"


STATUS_WORDS = {places.STAYS: "stays as it is", places.FEWER_HOURS: "opens for fewer hours", places.CLOSES: "closes"}

__all__ = ["Distances", "Ground", "changes", "distances", "origins", "place_words", "shared_in_words"]
