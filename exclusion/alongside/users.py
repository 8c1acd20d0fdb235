"""Which wards use a place that changes, where a proposal does not say: those where it is the nearest on the list for somebody."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from exclusion import access, places, proposal
from exclusion.access.spread import fewest
from exclusion.alongside.distances import Ground, origins
from exclusion.contracts import UsageError
from exclusion.proposal import Considered
from exclusion.proposal.model import PlaceChange
from exclusion.words import counted, join_words

MOST = 6  # wards named in one notice


def used_by(considered: Considered, held: places.Places, ground: Ground | None = None) -> Considered:
    """The same proposals with the wards of each place filled in from a list of places, and what that does.

    A place that closes in the south of a council closes nothing for people whose nearest place is another.
    Wards that a proposal names itself are left as they are, and so is a place that is nearest for nobody, or
    where it is not known where people are: then every ward is shown, as without a list.

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
    if not any(not place.wards for one in considered.proposals for place in one.place):
        return considered
    ground = ground or Ground()
    start, _ = origins(considered.assessment, ground)
    if start is None:
        return considered
    times = None
    if ground.travel_times is not None:
        times = access.read_travel_times(ground.travel_times, start["small_area_code"], held.table)
    points = access.measure(start, held.table, times=times, factor=ground.factor).points
    told: list[str] = []
    names = considered.assessment.areas["area_name"]

    def filled(place: PlaceChange) -> PlaceChange:
        if place.wards:
            return place
        try:
            changed = places.change(held.table, {place.name: places.CLOSES})
        except UsageError:  # not in the list, or there twice: whoever measures the distances says so
            return place
        (place_id,) = changed.loc[changed["status"] == places.CLOSES, "place_id"]
        near = points.loc[points["place_id"] == place_id].groupby("area_code")["all"].sum()
        wards = [code for code in names.index if near.get(code, 0.0) >= fewest()]
        if not wards:
            return place
        told.append(_told(place, names.loc[wards], len(names)))
        return place.model_copy(update={"wards": tuple(wards)})

    proposals = [one.model_copy(update={"place": tuple(filled(place) for place in one.place)}) for one in considered.proposals]
    if not told:
        return considered
    laid = proposal.lay(considered.assessment, proposals)
    return replace(laid, notices=(*told, *laid.notices))


def _told(place: PlaceChange, wards: pd.Series, of: int) -> str:
    where = join_words(sorted(wards)) if len(wards) <= MOST else f"{counted(len(wards), 'ward')} of {of}"
    return (
        f"The proposal does not say which wards use {place.name}. Taken are those where it is the nearest place on the list for "
        f"some people: {where}. Name others in the proposal if you know better."
    )
