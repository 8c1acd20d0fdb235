"""What one of two maps side by side may show: each a class for every ward, with its legend and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import maps
from exclusion.assessment import Assessment
from exclusion.differences import WardChanges
from exclusion.judgement.mapping import map_rules
from exclusion.judgement.score import measures, method_for
from exclusion.language import mark, tr, trn
from exclusion.maps import Shade
from exclusion.views import places as shown
from exclusion.views.service import bands, levels
from exclusion.views.shared import own_judgement

BAND, FOUND, PEOPLE = mark("Band"), mark("What was found for the service"), mark("People unlikely to use the internet")
CHANGE = mark("Change of band")
MANY = map_rules().people.edges
FIFTHS = tuple(
    Shade(str(number), word, shade.fill, shade.ink)
    for number, (word, shade) in enumerate(
        zip((mark("Lowest fifth"), mark("Second"), mark("Middle"), mark("Fourth"), mark("Highest fifth")), maps.BANDS, strict=True), start=1
    )
)
NO_FIGURE = Shade(maps.NO_FIGURE, mark("No figure"), maps.GREY)
NOT_IN_BOTH = Shade(maps.NO_FIGURE, mark("Not known in one of the two releases"), maps.GREY)


def many_shades() -> list[Shade]:
    """The classes of a number of people, in the language spoken."""
    low, high = f"{MANY[0]:,g}", f"{MANY[-1]:,g}"
    between = [tr("{low} to {high}", low=f"{one:,g}", high=f"{other - 1:,g}") for one, other in pairwise(MANY)]
    words = [tr("Under {number}", number=low), *between, tr("{number} or more", number=high)]
    return [
        Shade(str(number), word, shade.fill, shade.ink) for number, (word, shade) in enumerate(zip(words, maps.BANDS, strict=True), start=1)
    ]


@dataclass(frozen=True)
class Layer:
    """One map: the place of each ward in ``shades`` (missing where there is none), and what it shows."""

    classes: pd.Series[Any]
    shades: Sequence[Shade]
    nothing: Shade
    words: str
    note: str = ""  # goes with the map and its picture

    def labels(self) -> list[str]:
        """The class of each ward in number and word."""
        return [self.nothing.label if pd.isna(place) else self.shades[int(place)].label for place in self.classes]


def choices(a: Assessment, changes: WardChanges | None = None) -> dict[str, str]:
    """What can be shown: key -> name; then each figure held for any of these wards; then how each moved since an earlier release."""
    held = {key: tr(key) for key in ((BAND, FOUND, PEOPLE) if a.services else (BAND, PEOPLE))}
    known = a.profile[a.profile["percentile"].notna()]["measure"].unique()
    held |= {name: tr(measure.short) for name, measure in measures().items() if name in known}
    if changes is not None:
        held |= {CHANGE: CHANGE} | {
            f"{CHANGE}: {name}": tr("Change: {short}", short=tr(measures()[name].short)) for name in map(str, changes.shares)
        }
    return held


def layer(a: Assessment, scores: Assessment, key: str, changes: WardChanges | None = None) -> Layer:
    """The classes of one choice.

    Parameters
    ----------
    a
        Findings of one service in the wards.
    scores
        The same wards scored, for the bands.
    key
        One of :func:`choices`. A figure is shown by its fifth of the nation's wards; people by the middle of our estimate.
    changes
        Where a choice is of change: between which releases, ward by ward.
    """
    if changes is not None and key.startswith(CHANGE):
        return _change(a, changes, key.removeprefix(CHANGE).removeprefix(": "))
    if key == BAND:
        scored = [nation for nation in a.areas["nation"].unique() if method_for(str(nation))]
        words = tr("Band, the likelihood of not using the internet") if scored else tr("Band")
        return Layer(bands(scores), maps.BANDS, maps.NOT_SCORED, words, scores.method.own)
    if key == FOUND:
        name = tr("What was found for {service_name}", service_name=tr(a.services[0].service_name))
        return Layer(levels(a, a.services[0].id), maps.LEVELS, maps.NOT_ASSESSED, name, own_judgement(a))
    if key == PEOPLE:
        middle = a.people["estimate_2020"].astype("Float64").reindex(a.areas.index)
        classes = sum(((middle >= edge).astype("Int64") for edge in MANY), start=pd.Series(0, middle.index, dtype="Int64"))
        return Layer(
            classes.where(middle.notna()), many_shades(), NO_FIGURE, tr("People unlikely to use the internet (estimate, 2020 rates)")
        )
    rows = a.profile[a.profile["measure"] == key].set_index("area_code")["percentile"].reindex(a.areas.index)
    classes = rows.floordiv(20).clip(upper=4).astype("Int64")
    return Layer(classes, FIFTHS, NO_FIGURE, tr("{short}: fifth of the nation's wards, 5 = most affected", short=tr(measures()[key].short)))


def _change(a: Assessment, changes: WardChanges, measure: str) -> Layer:
    """How far each ward moved: five classes, a sixth where the boundary is another, and a gap where either release has no figure."""
    if measure:
        moved, edges = (changes.shares[measure] * 100).round(4), map_rules().change_points.edges
        signs = ("−−", "−", "=", "+", "++")
        small, large = (f"{edge:g}" for edge in edges)
        middle = tr("Within {small} point", small=small) if edges[0] == 1 else tr("Within {small} points", small=small)
        words = [tr("{large} points lower or more", large=large), tr("{small} to {large} points lower", small=small, large=large), middle]
        words += [tr("{small} to {large} points higher", small=small, large=large), tr("{large} points higher or more", large=large)]
        name = tr("{short}: change in points of a hundred", short=tr(measures()[measure].short))
    else:
        moved, edges = changes.bands, map_rules().change_bands.edges
        signs = ("−2", "−1", "0", "+1", "+2")
        words = [
            tr("Two bands lower or more"),
            tr("One band lower"),
            tr("No change"),
            tr("One band higher"),
            tr("Two bands higher or more"),
        ]
        name = tr("Change of band")
    moved = moved.reindex(a.areas.index).astype("Float64")
    steps = sum(((moved.abs() >= edge).astype("Int64") for edge in edges), start=pd.Series(0, moved.index, dtype="Int64"))
    classes = (2 + steps * moved.gt(0).astype("Int64") - steps * moved.lt(0).astype("Int64")).where(moved.notna())
    classes = classes.mask(classes.index.isin(changes.apart.index), len(signs))
    shades = [Shade(sign, word, *colours) for sign, word, colours in zip(signs, words, maps.CHANGES, strict=True)]
    note = tr("From {old} to {new}. Higher means more at risk, or more people.", old=changes.old, new=changes.new)
    if changes.gone:
        gone = trn(
            "{n} ward of the earlier release is no longer there.",
            "{n} wards of the earlier release are no longer there.",
            len(changes.gone),
        )
        note += f" {gone}"
    return Layer(classes.astype("Int64"), [*shades, maps.NOT_COMPARABLE], NOT_IN_BOTH, name, note)


def place_rows(areas: gpd.GeoDataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The places of the maps in a table, by name, with the ward each lies in where outlines are held."""
    table = shown.place_rows(listed)
    spots = gpd.GeoSeries.from_xy(listed["x"], listed["y"], index=listed.index, crs=areas.crs)
    outlines = areas[areas.geometry.geom_type != "Point"]
    if len(outlines) == len(areas):
        table.insert(2, tr("Ward"), [_ward_at(outlines, spot) for spot in spots])
    return table.sort_values(tr("Place"), kind="stable")


def _ward_at(outlines: gpd.GeoDataFrame, spot: Any) -> str:
    inside = outlines.index[outlines.geometry.contains(spot)]
    return str(outlines.loc[inside[0], "area_name"]) if len(inside) else tr("Outside these wards")


def rows(a: Assessment, pair: tuple[Layer, Layer]) -> pd.DataFrame:
    """Both maps as one table, wards by name."""
    table = pd.DataFrame({tr("Ward"): a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table[tr("Council")] = a.areas["council_name"]
    for side, one in zip((tr("Left"), tr("Right")), pair, strict=True):
        table[f"{side}: {one.words}"] = one.labels()
    return table
