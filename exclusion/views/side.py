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
from exclusion.maps import Shade
from exclusion.views import places as shown
from exclusion.views.service import bands, levels
from exclusion.views.shared import own_judgement

BAND, FOUND, PEOPLE = "Band", "What was found for the service", "People unlikely to use the internet"
CHANGE = "Change of band"
MANY = map_rules().people.edges
MANY_WORDS = (f"Under {MANY[0]:,g}", *(f"{low:,g} to {high - 1:,g}" for low, high in pairwise(MANY)), f"{MANY[-1]:,g} or more")
MANY_SHADES = tuple(
    Shade(str(number), word, shade.fill, shade.ink)
    for number, (word, shade) in enumerate(zip(MANY_WORDS, maps.BANDS, strict=True), start=1)
)
FIFTHS = tuple(
    Shade(str(number), word, shade.fill, shade.ink)
    for number, (word, shade) in enumerate(
        zip(("Lowest fifth", "Second", "Middle", "Fourth", "Highest fifth"), maps.BANDS, strict=True), start=1
    )
)
NO_FIGURE = Shade(maps.NO_FIGURE, "No figure", maps.GREY)
NOT_IN_BOTH = Shade(maps.NO_FIGURE, "Not known in one of the two releases", maps.GREY)


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
    held = {BAND: BAND, FOUND: FOUND, PEOPLE: PEOPLE} if a.services else {BAND: BAND, PEOPLE: PEOPLE}
    known = a.profile[a.profile["percentile"].notna()]["measure"].unique()
    held |= {name: measure.short for name, measure in measures().items() if name in known}
    if changes is not None:
        held |= {CHANGE: CHANGE} | {f"{CHANGE}: {name}": f"Change: {measures()[name].short}" for name in map(str, changes.shares)}
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
        words = "Band, the likelihood of not using the internet" if scored else "Band"
        return Layer(bands(scores), maps.BANDS, maps.NOT_SCORED, words, scores.method.own)
    if key == FOUND:
        name = f"What was found for {a.services[0].service_name}"
        return Layer(levels(a, a.services[0].id), maps.LEVELS, maps.NOT_ASSESSED, name, own_judgement(a))
    if key == PEOPLE:
        middle = a.people["estimate_2020"].astype("Float64").reindex(a.areas.index)
        classes = sum(((middle >= edge).astype("Int64") for edge in MANY), start=pd.Series(0, middle.index, dtype="Int64"))
        return Layer(classes.where(middle.notna()), MANY_SHADES, NO_FIGURE, "People unlikely to use the internet (estimate, 2020 rates)")
    rows = a.profile[a.profile["measure"] == key].set_index("area_code")["percentile"].reindex(a.areas.index)
    classes = rows.floordiv(20).clip(upper=4).astype("Int64")
    return Layer(classes, FIFTHS, NO_FIGURE, f"{measures()[key].short}: fifth of the nation's wards, 5 = most affected")


def _change(a: Assessment, changes: WardChanges, measure: str) -> Layer:
    """How far each ward moved: five classes, a sixth where the boundary is another, and a gap where either release has no figure."""
    if measure:
        moved, edges = (changes.shares[measure] * 100).round(4), map_rules().change_points.edges
        signs = ("−−", "−", "=", "+", "++")
        small, large = (f"{edge:g}" for edge in edges)
        points = "point" if edges[0] == 1 else "points"
        middle = f"Within {small} {points}"
        words = [f"{large} points lower or more", f"{small} to {large} points lower", middle]
        words += [f"{small} to {large} points higher", f"{large} points higher or more"]
        name = f"{measures()[measure].short}: change in points of a hundred"
    else:
        moved, edges = changes.bands, map_rules().change_bands.edges
        signs = ("−2", "−1", "0", "+1", "+2")
        words = ["Two bands lower or more", "One band lower", "No change", "One band higher", "Two bands higher or more"]
        name = "Change of band"
    moved = moved.reindex(a.areas.index).astype("Float64")
    steps = sum(((moved.abs() >= edge).astype("Int64") for edge in edges), start=pd.Series(0, moved.index, dtype="Int64"))
    classes = (2 + steps * moved.gt(0).astype("Int64") - steps * moved.lt(0).astype("Int64")).where(moved.notna())
    classes = classes.mask(classes.index.isin(changes.apart.index), len(signs))
    shades = [Shade(sign, word, *colours) for sign, word, colours in zip(signs, words, maps.CHANGES, strict=True)]
    note = f"From {changes.old} to {changes.new}. Higher means more at risk, or more people."
    if changes.gone:
        one = len(changes.gone) == 1
        note += f" {len(changes.gone)} {'ward' if one else 'wards'} of the earlier release {'is' if one else 'are'} no longer there."
    return Layer(classes.astype("Int64"), [*shades, maps.NOT_COMPARABLE], NOT_IN_BOTH, name, note)


def place_rows(areas: gpd.GeoDataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """The places of the maps in a table, by name, with the ward each lies in where outlines are held."""
    table = shown.place_rows(listed)
    spots = gpd.GeoSeries.from_xy(listed["x"], listed["y"], index=listed.index, crs=areas.crs)
    outlines = areas[areas.geometry.geom_type != "Point"]
    if len(outlines) == len(areas):
        table.insert(2, "Ward", [_ward_at(outlines, spot) for spot in spots])
    return table.sort_values("Place", kind="stable")


def _ward_at(outlines: gpd.GeoDataFrame, spot: Any) -> str:
    inside = outlines.index[outlines.geometry.contains(spot)]
    return str(outlines.loc[inside[0], "area_name"]) if len(inside) else "Outside these wards"


def rows(a: Assessment, pair: tuple[Layer, Layer]) -> pd.DataFrame:
    """Both maps as one table, wards by name."""
    table = pd.DataFrame({"Ward": a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table["Council"] = a.areas["council_name"]
    for side, one in zip(("Left", "Right"), pair, strict=True):
        table[f"{side}: {one.words}"] = one.labels()
    return table
