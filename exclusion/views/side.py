"""What one of two maps side by side may show: each a class for every ward, with its legend and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from exclusion import maps
from exclusion.assessment import Assessment
from exclusion.judgement.score import measures, method_for
from exclusion.maps import Shade
from exclusion.views.service import bands, levels
from exclusion.views.shared import own_judgement

BAND, FOUND, PEOPLE = "Band", "What was found for the service", "People unlikely to use the internet"
MANY = (100, 250, 500, 1000)
MANY_SHADES = tuple(
    Shade(str(number), word, shade.fill, shade.ink)
    for number, (word, shade) in enumerate(
        zip(("Under 100", "100 to 249", "250 to 499", "500 to 999", "1,000 or more"), maps.BANDS, strict=True), start=1
    )
)
FIFTHS = tuple(
    Shade(str(number), word, shade.fill, shade.ink)
    for number, (word, shade) in enumerate(
        zip(("Lowest fifth", "Second", "Middle", "Fourth", "Highest fifth"), maps.BANDS, strict=True), start=1
    )
)
NO_FIGURE = Shade(maps.NO_FIGURE, "No figure", maps.GREY)


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


def choices(a: Assessment) -> dict[str, str]:
    """What can be shown: key -> name; then each figure held for any of these wards."""
    held = {BAND: BAND, FOUND: FOUND, PEOPLE: PEOPLE} if a.services else {BAND: BAND, PEOPLE: PEOPLE}
    known = a.profile[a.profile["percentile"].notna()]["measure"].unique()
    return held | {name: measure.short for name, measure in measures().items() if name in known}


def layer(a: Assessment, scores: Assessment, key: str) -> Layer:
    """The classes of one choice.

    Parameters
    ----------
    a
        Findings of one service in the wards.
    scores
        The same wards scored, for the bands.
    key
        One of :func:`choices`. A figure is shown by its fifth of the nation's wards; people by the middle of our estimate.
    """
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


def rows(a: Assessment, pair: tuple[Layer, Layer]) -> pd.DataFrame:
    """Both maps as one table, wards by name."""
    table = pd.DataFrame({"Ward": a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table["Council"] = a.areas["council_name"]
    for side, one in zip(("Left", "Right"), pair, strict=True):
        table[f"{side}: {one.words}"] = one.labels()
    return table
