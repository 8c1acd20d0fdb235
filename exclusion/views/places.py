"""Places on the map and in tables: where they are, what happens to them, and how far people are from them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pandas as pd

from exclusion import judgement, maps
from exclusion.alongside import place_words
from exclusion.judgement.access import access_rules
from exclusion.judgement.mapping import map_rules
from exclusion.language import mark, tr
from exclusion.maps import Shade
from exclusion.saying import figure
from exclusion.views.shared import each
from exclusion.words import capital, percent

HOURS = mark("Half have at least, hours a week at the nearest")
NOW, AFTER, LONGER = mark("Now"), mark("Afterwards"), mark("Who has further to go")
NOT_KNOWN = Shade(maps.NO_FIGURE, mark("Not known"), maps.GREY)
LONGER_SHADES = (
    Shade("0", mark("Nobody"), maps.BANDS[0].fill),
    Shade("1", mark("Up to a quarter"), maps.BANDS[1].fill),
    Shade("2", mark("A quarter to half"), maps.BANDS[2].fill),
    Shade("3", mark("Over half"), maps.BANDS[4].fill, maps.BANDS[4].ink),
)
"""What part of a group has further to go."""


def distance_shades(unit: str) -> tuple[Shade, ...]:
    """The classes of distance that half of a group are within; ``unit`` is km or minutes."""
    rules = access_rules().map
    steps = rules.km if unit == "km" else rules.minutes
    words = [
        tr("Within {steps:g} {unit}", steps=steps[0], unit=tr(unit)),
        *(tr("{a:g} to {b:g} {unit}", a=a, b=b, unit=tr(unit)) for a, b in pairwise(steps)),
    ]
    words.append(tr("Over {steps:g} {unit}", steps=steps[-1], unit=tr(unit)))
    return tuple(Shade(band.number, word, band.fill, band.ink) for band, word in zip(maps.BANDS, words, strict=True))


def distance_classes(compared: pd.DataFrame, group: str, when: str) -> tuple[pd.Series[Any], tuple[Shade, ...]]:
    """Each ward's class for the map, missing where not known, and what the classes mean.

    Parameters
    ----------
    compared
        ``distances.csv``.
    when
        :data:`NOW`, :data:`AFTER` or :data:`LONGER`.
    """
    rows = _wards(compared, group)
    if when == LONGER:
        longer = rows["longer_n"].astype("Float64").where(rows["longer_text"] != "none", 0.0) / rows["n"].astype("Float64")
        # Under ten people who go further are blank as a count, and a small part of any ward that is shown.
        few = rows["longer_text"].eq(tr("fewer than 10"))
        place = pd.Series(pd.cut(longer.astype("float64"), [-1, 0, *map_rules().further.edges, 2], labels=False), index=rows.index).mask(
            few, 1
        )
        return place.where(rows["hidden"] == "").astype("Int64"), LONGER_SHADES
    unit = str(rows["cost_unit"].iloc[0])
    steps = access_rules().map.km if unit == "km" else access_rules().map.minutes
    half = rows["median_before" if when == NOW else "median_after"].astype("float64")
    place = pd.Series(pd.cut(half, [-1, *steps, math.inf], labels=False, include_lowest=True), index=rows.index)
    return place.astype("Int64"), distance_shades(unit)


def distance_notes(compared: pd.DataFrame, group: str, when: str) -> pd.Series[Any]:
    """What the map says of each ward besides its class."""
    rows = _wards(compared, group)
    if when == LONGER:
        return rows["longer_text"].map(lambda text: tr("{words} have further to go", words=capital(figure(str(text)))))
    which = "before" if when == NOW else "after"
    notes = [
        figure(str(row["hidden"] or ""))
        or tr(
            "half within {half}, nine in ten within {nine}",
            half=_cost(row[f"median_{which}"], row),
            nine=_cost(row[f"p90_{which}"], row),
        )
        for row in rows.to_dict("records")
    ]
    return pd.Series(notes, index=rows.index)


def place_marks(listed: pd.DataFrame) -> pd.DataFrame:
    """``places.csv`` as the map takes it: ``name, what, status, x, y``."""
    kinds = judgement.place_kinds()
    what = [tr(kinds[kind].label) if kind in kinds else kind or "place" for kind in listed["kind"]]
    return listed.assign(what=what)[["name", "what", "status", "x", "y"]]


def place_rows(listed: pd.DataFrame) -> pd.DataFrame:
    """The places of the map in a table, by name."""
    table = pd.DataFrame({tr("Place"): listed["name"]})
    told = [place_words(str(row.kind), str(row.status)).rsplit(", ", 1) for row in each(listed)]
    table[tr("Kind")] = [capital(tr(kind)) for kind, _ in told]
    table[tr("Hours a week")] = [tr("not known") if pd.isna(hours) else f"{hours:g}" for hours in listed["hours_week"]]
    table[tr("What happens")] = [capital(tr(status)) for _, status in told]
    return table


def group_rows(compared: pd.DataFrame, changed: bool) -> pd.DataFrame:
    """All chosen wards together, a row for each group."""
    rows = compared[(compared["level"] == "all")]
    return _rows(rows, tr("Who"), [f"{tr(row.label)} ({_count(row.n, row.hidden)})" for row in each(rows)], changed)


def ward_rows(compared: pd.DataFrame, group: str, changed: bool) -> pd.DataFrame:
    """A row for each ward, for one group."""
    rows = compared[(compared["level"] == "ward") & (compared["group"] == group)]
    return _rows(rows, tr("Ward"), list(rows["area_name"]), changed)


def _rows(rows: pd.DataFrame, head: str, names: list[str], changed: bool) -> pd.DataFrame:
    records = rows.to_dict("records")
    table = pd.DataFrame({head: names})
    limit = (
        tr("Over {steps:g} {unit}", steps=rows["threshold"].iloc[0], unit=tr(str(rows["cost_unit"].iloc[0]))) if len(rows) else tr("Far")
    )
    for words, column in ((tr("Half are within"), "median"), (tr("Nine in ten are within"), "p90")):
        table[words] = [figure(str(row["hidden"] or "")) or _cost(row[f"{column}_before"], row) for row in records]
        if changed:
            table[tr("{words}, afterwards", words=words)] = [
                figure(str(row["hidden"] or "")) or _cost(row[f"{column}_after"], row) for row in records
            ]
    table[limit] = [_beyond(row, "before") for row in records]
    if changed:
        table[tr("{words}, afterwards", words=limit)] = [_beyond(row, "after") for row in records]
        table[tr("Have further to go")] = [figure(str(row["longer_text"])) for row in records]
    table[tr(HOURS)] = [_hours(row, "before") for row in records]
    if changed:
        table[tr("{words}, afterwards", words=tr(HOURS))] = [_hours(row, "after") for row in records]
        table[tr("Fewer hours at the nearest")] = [figure(str(row["fewer_hours_text"])) for row in records]
    return table


def catchment_rows(shared: pd.DataFrame, changed: bool, group: str = "") -> pd.DataFrame:
    """Hours of help within reach: all chosen wards, a row a group; or, with ``group``, a row a ward."""
    rows = shared[(shared["level"] == "ward") & (shared["group"] == group)] if group else shared[shared["level"] == "all"]
    records = rows.to_dict("records")
    table = pd.DataFrame({tr("Ward"): list(rows["area_name"])} if group else {tr("Who"): [tr(one) for one in rows["label"]]})
    for words, column in ((tr("Half have at least"), "hours_median"), (tr("Nine in ten have at least"), "hours_p10")):
        for when, more in (("before", ""), ("after", tr(", afterwards"))):
            if when == "before" or changed:
                table[words + more] = [figure(str(row["hidden"] or "")) or f"{row[f'{column}_{when}']:.1f}" for row in records]
    for when, more in (("before", ""), ("after", tr(", afterwards"))):
        if when == "before" or changed:
            table[tr("Have none") + more] = [figure(str(row["hidden"] or "")) or percent(row[f"none_share_{when}"]) for row in records]
    return table


def _hours(row: dict[Any, Any], when: str) -> str:
    if row["hidden"]:
        return figure(str(row["hidden"]))
    if math.isinf(row[f"median_{when}"]):
        return tr("no place is open")
    hours = row[f"hours_median_{when}"]
    return tr("not known") if pd.isna(hours) else f"{hours:g}"


def _wards(compared: pd.DataFrame, group: str) -> pd.DataFrame:
    return compared[(compared["level"] == "ward") & (compared["group"] == group)].set_index("area_code")


def _cost(value: float, row: dict[Any, Any]) -> str:
    if math.isinf(value):
        return tr("no place open")
    unit = tr(str(row["cost_unit"]))
    return f"{value:.0f} {unit}" if row["cost_unit"] == "minutes" else f"{value:.1f} {unit}"


def _beyond(row: dict[Any, Any], when: str) -> str:
    share = row[f"beyond_share_{when}"]
    text = figure(str(row[f"beyond_text_{when}"]))
    return text if pd.isna(share) or not share else f"{text} ({percent(share)})"


def _count(n: Any, hidden: str) -> str:
    return figure(str(hidden)) if hidden or pd.isna(n) else tr("about {number:,}", number=n)
