"""Who uses a place that changes, by a list of places: the wards where it is the nearest for somebody, and the open place they have next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from exclusion import access, places, proposal
from exclusion.access.spread import HALF, cells, fewest
from exclusion.alongside.distances import Ground, changes, origins
from exclusion.contracts import UsageError
from exclusion.proposal import Considered, NextOpen
from exclusion.proposal.model import PlaceChange
from exclusion.words import counted, join_words

MOST = 6  # wards named in one notice
UNLISTED = "It is not on the list of places given, so it is not known which open place is the next nearest."


def used_by(considered: Considered, held: places.Places, ground: Ground | None = None) -> Considered:
    """The same proposals with the wards of each place filled in from a list of places, and what that does.

    A place that closes in the south of a council closes nothing for people whose nearest place is another.
    Wards that a proposal names itself are left as they are, and so is a place that is nearest for nobody, or
    where it is not known where people are: then every ward is shown, as without a list. Of each place that closes
    it is said which open place those who use it would have next, and how far that is.

    Parameters
    ----------
    held
        The council's list of places.
    ground
        What distances are measured with.

    Returns
    -------
    Considered
        With a notice for each place whose wards were filled in.
    """
    wanted = changes(considered.proposals)
    if not wanted:
        return considered
    ground = ground or Ground()
    start, why = origins(considered.assessment, ground)
    if start is None:
        unknown = NextOpen(f"It is not known which open place is the next nearest: {why}")
        return proposal.lay(considered.assessment, considered.proposals, next_open=dict.fromkeys(wanted, unknown))
    times = None
    if ground.travel_times is not None:
        times = access.read_travel_times(ground.travel_times, start["small_area_code"], held.table)
    ids = {name: place_id for name in wanted if (place_id := _listed(held.table, name))}
    closing = [name for name, change in wanted.items() if name in ids and change == places.CLOSES]
    after = places.change(held.table, {ids[name]: places.CLOSES for name in closing})
    points = access.measure(start, held.table, times=times, factor=ground.factor).points
    then = access.measure(start, after, times=times, factor=ground.factor)
    told: list[str] = []
    names = considered.assessment.areas["area_name"]

    def filled(place: PlaceChange) -> PlaceChange:
        if place.wards or place.name not in ids:
            return place
        near = points.loc[points["place_id"] == ids[place.name]].groupby("area_code")["all"].sum()
        wards = [code for code in names.index if near.get(code, 0.0) >= fewest()]
        if not wards:
            return place
        told.append(_told(place, names.loc[wards], len(names)))
        return place.model_copy(update={"wards": tuple(wards)})

    proposals = [one.model_copy(update={"place": tuple(filled(place) for place in one.place)}) for one in considered.proposals]
    named = after.set_index("place_id")["name"]
    next_open = {name: _next(then, points["place_id"] == ids[name], named) if name in ids else NextOpen(UNLISTED) for name in wanted}
    laid = proposal.lay(considered.assessment, proposals, next_open=next_open)
    return replace(laid, notices=(*told, *laid.notices))


def _listed(table: pd.DataFrame, name: str) -> str:
    """The id of a place; blank for one that is not on the list, or there twice: whoever measures the distances says so."""
    try:
        changed = places.change(table, {name: places.CLOSES})
    except UsageError:
        return ""
    return str(changed.loc[changed["status"] == places.CLOSES, "place_id"].iloc[0])


def _next(then: access.Reach, users: pd.Series, names: pd.Series) -> NextOpen:
    """Where the people of some points would go, and within how far half of them have an open place."""
    points = then.points[users.to_numpy()]
    weight = points["all"].to_numpy(dtype=float)
    if np.nansum(weight) < fewest():
        return NextOpen("For nobody here is it the nearest place on the list.")
    cost = points["cost"].to_numpy(dtype=float)
    half = cells(points, "", "").quantile(cost, weight, HALF)[0]
    if np.isnan(half):
        return NextOpen("How far the next open place is, is not known: the travel times do not say.")
    if np.isinf(half):
        return NextOpen("No other place on the list is open for most of those whose nearest it is.")
    chief = points.groupby("place_id")["all"].sum().drop("", errors="ignore").idxmax()
    name = str(names.loc[str(chief)])
    within = access.how_far(half, then.unit)
    said = f"Half of those whose nearest it is then have another open place on the list within {within}, most often {name}."
    return NextOpen(said, name, round(float(half), 1), then.unit)


def _told(place: PlaceChange, wards: pd.Series, of: int) -> str:
    where = join_words(sorted(wards)) if len(wards) <= MOST else f"{counted(len(wards), 'ward')} of {of}"
    return (
        f"The proposal does not say which wards use {place.name}. Taken are those where it is the nearest place on the list for "
        f"some people: {where}. Name others in the proposal if you know better."
    )
