"""How far the people of each group are from places: the spread of distances, before and after.

Distance is the straight line times a stated factor; a file of travel times takes its place. Every
figure is told for wards, councils and all chosen wards together, and for each group apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion.access.distance import nearest_place
from exclusion.access.spread import HALF, KEYS, LEVELS, MOST, NOT_KNOWN, about, cells, fewest, hidden, round10, table_of
from exclusion.access.travel_times import TravelTimes
from exclusion.contracts import UsageError
from exclusion.judgement.access import access_rules
from exclusion.places import CLOSES, FEWER_HOURS
from exclusion.words import capital, two_figures

COARSE = (
    "One point stands for a whole small area, and in the country it may lie kilometres from the homes: "
    "do not judge a rural ward by it. Give a file of postcode points."
)
SPREAD = ["median", "p90", "beyond_n", "beyond_share", "hours_median"]
PAIRS = [f"{figure}_{when}" for figure in [*SPREAD, "beyond_text"] for when in ("before", "after")]


@dataclass(frozen=True)
class Reach:
    """How far people are from places, and the points it was worked out from."""

    points: pd.DataFrame
    """The origins with ``cost`` (km or minutes to the nearest open place; NaN = not known, infinite =
    no place), and ``place_id, hours_week, status`` of that place."""
    table: pd.DataFrame
    """See :func:`measure`."""
    unit: str
    """km or minutes."""
    far: float
    """The threshold, in that unit."""
    notes: tuple[str, ...]
    """How it was measured, and what is not known."""


def measure(
    origins: pd.DataFrame,
    places: pd.DataFrame,
    *,
    times: TravelTimes | None = None,
    factor: float | None = None,
    far: float | None = None,
) -> Reach:
    """Distance of each group to the nearest place that is open.

    Parameters
    ----------
    origins
        See ``access.origins``.
    places
        See ``exclusion.places``; rows whose ``status`` is closes do not count.
    times
        Travel times to use instead of distance.
    factor
        What a straight line is multiplied by, within the range of judgement/access.toml; its
        default when None.
    far
        Threshold in km, or in minutes with ``times``; the default of judgement/access.toml when None.

    Returns
    -------
    Reach
        ``table`` has one row per level (ward, council, all), area and group: ``n`` (people or
        households, to the nearest 10), ``median`` and ``p90`` (half, and nine in ten, are no
        further than this; to 0.1), ``beyond_n`` and ``beyond_share`` (further than the threshold;
        the share is of the two rounded counts), ``hours_median`` (hours a week the nearest place
        is open, for half of them or more), ``cost_unit, threshold, basis, observed`` (share of residents for whom the
        group and the distance are known). Groups of fewer than 10, and figures observed for less
        than two thirds, are blank with the reason in ``hidden``; ``beyond_text`` says the count in
        words also where it is too small to print. With no place open distances are infinite.
    """
    rules = access_rules()
    factor = rules.factor if factor is None else factor
    if not rules.circuity.lowest <= factor <= rules.circuity.highest:
        low, high = rules.circuity.lowest, rules.circuity.highest
        raise UsageError(f"The factor must lie between {low:g} and {high:g} (found: {factor:g}); see judgement/access.toml.")
    # Of places at one spot the one open longest is the nearest: the first row wins.
    ready = places[places["status"] != CLOSES].sort_values(["hours_week", "place_id"], ascending=[False, True], na_position="last")
    if times is None:
        unit, limit = "km", rules.far_km if far is None else far
        row, metres = nearest_place(origins["x"].to_numpy(dtype=float), origins["y"].to_numpy(dtype=float), ready)
        cost = metres * factor / 1000
        ids = _take(ready["place_id"].to_numpy(dtype=object), row, "")
        notes = [f"Straight line times {factor:g}, an average; a river or a fell can make a single trip much longer."]
    else:
        unit, limit = "minutes", rules.far_minutes if far is None else far
        chosen = times.nearest(ready["place_id"])
        cost = chosen["minutes"].reindex(origins["small_area_code"]).to_numpy(dtype="float64", na_value=np.nan)
        ids = chosen["place_id"].reindex(origins["small_area_code"]).fillna("").to_numpy(dtype=object)
        if ready.empty:
            cost = np.full(len(origins), np.inf)
        notes = [*times.notes, "One time for each small area: everyone in it is taken to travel equally long."]
    found = ready.set_index("place_id")[["hours_week", "status"]].reindex(ids)
    points = origins.assign(cost=cost, place_id=ids, hours_week=found["hours_week"].to_numpy(), status=found["status"].to_numpy())
    basis = " and ".join(sorted(set(points["basis"])))
    notes.append(f"From {basis}." + (f" {COARSE}" if times is None and "postcode" not in basis else ""))
    table = pd.concat([_level(points, *names, limit) for names in LEVELS], ignore_index=True)
    table = table.assign(cost_unit=unit, threshold=limit, basis=basis)
    columns = [*KEYS, "n", *SPREAD, "beyond_text", "cost_unit", "threshold", "basis", "observed", "hidden"]
    return Reach(points, table[columns], unit, limit, tuple(notes))


def compare(before: Reach, after: Reach) -> pd.DataFrame:
    """What a change does to each group, in each area.

    Parameters
    ----------
    before, after
        :func:`measure` of the same origins, with the places before and after (``places.change``).

    Returns
    -------
    One row per level, area and group, in the order of the areas: ``n``; every figure of the spread as
    ``<figure>_before`` and ``<figure>_after``; and how many are touched, to the nearest 10 with
    words in ``<figure>_text``: ``longer_n`` (their nearest place closes, so they go further),
    ``newly_beyond_n`` (now over the threshold), ``fewer_hours_n`` (the place nearest to them
    afterwards, the same one or, for those who go further, another, is open for fewer hours than the one
    nearest to them now; or theirs stays for fewer hours and it is not known how many). ``longer_median_before`` and
    ``longer_median_after`` are half-way distances of those who go further. Counts under 10 are blank.

    Raises
    ------
    ValueError
        When the two were not measured from the same origins in the same way.
    """
    same = ["area_code", "small_area_code", "x", "y"]
    if before.unit != after.unit or before.far != after.far or not before.points[same].equals(after.points[same]):
        raise ValueError("before and after must be measured from the same origins, in the same unit and with the same threshold")
    old, new = before.points, after.points
    both = old["cost"].notna() & new["cost"].notna()
    longer = both & (new["cost"] > old["cost"] + 1e-9)
    drops = new["hours_week"] < old["hours_week"] - 1e-9  # false where either is not known
    reduced = (new["place_id"] == old["place_id"]) & (new["status"] == FEWER_HOURS) & (new["hours_week"].isna() | old["hours_week"].isna())
    said_before = (old["status"] == FEWER_HOURS) & new["hours_week"].isna()
    touched = {
        "longer": longer,
        "newly_beyond": longer & (old["cost"] <= before.far) & (new["cost"] > before.far),
        "fewer_hours": both & (drops | (reduced & ~said_before)),
    }
    masks = {figure: mask.to_numpy() for figure, mask in touched.items()}
    table = _side_by_side(before.table, after.table)
    changes = pd.concat([_changes(before, after, masks, *names) for names in LEVELS], ignore_index=True)
    table = table.merge(changes.drop(columns=["area_name", "label", "unit"]), on=["level", "area_code", "group"])
    shown = table["hidden"] == ""
    for figure in masks:
        table[f"{figure}_n"] = table[f"{figure}_n"].where(shown)
        table[f"{figure}_text"] = table[f"{figure}_text"].where(shown, table["hidden"])
    told = [name for figure in masks for name in (f"{figure}_n", f"{figure}_text")]
    halves = ["longer_median_before", "longer_median_after"]
    table[halves] = table[halves].where(shown)
    return table[[*KEYS, "n", *PAIRS, *told, *halves, "cost_unit", "threshold", "basis", "observed", "hidden"]]


def _side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Both tables in one. Where travel times to the places that stay are missing for some, the change is not known:
    leaving those people out would make the rest look nearer."""
    sides = before.merge(after[[*KEYS, *SPREAD, "beyond_text", "observed", "hidden"]], on=KEYS, suffixes=("_before", "_after"))
    lost = sides["observed_after"] < sides["observed_before"]
    why = sides["hidden_before"].where(sides["hidden_before"] != "", sides["hidden_after"]).mask(lost, NOT_KNOWN)
    table = sides.assign(hidden=why, observed=sides[["observed_before", "observed_after"]].min(axis=1))
    for figure in ("n", *(f"{figure}_{when}" for figure in SPREAD for when in ("before", "after"))):
        table[figure] = table[figure].where(why == "")
    for when in ("before", "after"):
        table[f"beyond_text_{when}"] = table[f"beyond_text_{when}"].where(why == "", why)
    return table


def _changes(before: Reach, after: Reach, masks: dict[str, NDArray[np.bool_]], level: str, code: str, name: str) -> pd.DataFrame:
    inside = cells(before.points, code, name)
    by_group: list[dict[str, object]] = []
    for group in access_rules().group:
        weight = before.points[group.id].to_numpy()
        columns: dict[str, object] = {}
        for figure, mask in masks.items():
            counts = inside.sums(weight, mask)
            columns[f"{figure}_n"] = round10(counts).array
            columns[f"{figure}_text"] = [about(value) for value in counts]
        enough = inside.sums(weight, masks["longer"]) >= fewest()
        for when, reach in (("before", before), ("after", after)):
            cost = np.where(masks["longer"], reach.points["cost"].to_numpy(), np.nan)
            columns[f"longer_median_{when}"] = np.where(enough, inside.quantile(cost, weight, HALF).round(1), np.nan)
        by_group.append(columns)
    return table_of(by_group, level, inside.names)


def in_words(comparison: pd.DataFrame, area_code: str) -> list[str]:
    """The rows of one area as sentences, one group each; ``area_code`` "" for all chosen wards together."""
    lines = []
    for row in comparison[comparison["area_code"] == area_code].to_dict("records"):
        who = f"{row['label']} in {row['area_name']}"
        if row["hidden"]:
            lines.append(f"{who}: {row['hidden']}.")
            continue
        unit = row["cost_unit"]
        way = f"{row['threshold']:g} {unit}"
        now = f"half are within {how_far(row['median_before'], unit)} of a place and nine in ten within {how_far(row['p90_before'], unit)}"
        if np.isinf(row["p90_before"]):
            now = "no place is open"
        text = f"{who} (about {two_figures(row['n'])}): {now}."
        if row["longer_text"] == "none" and row["fewer_hours_text"] == "none":
            lines.append(f"{text} Nothing changes for them.")
            continue
        if row["longer_text"] != "none":
            then = f"{how_far(row['median_after'], unit)} and {how_far(row['p90_after'], unit)}"
            text += " Afterwards no place is open." if np.isinf(row["p90_after"]) else f" Afterwards {then}."
            text += f" {capital(row['longer_text'])} have further to go"
            if not pd.isna(row["longer_median_before"]) and np.isfinite(row["longer_median_after"]):
                old, new = how_far(row["longer_median_before"], unit), how_far(row["longer_median_after"], unit)
                text += f" (half-way {'time' if unit == 'minutes' else 'distance'} {old} now, {new} then)"
            text += f"; over {way}: {row['beyond_text_before']} now, {row['beyond_text_after']} then."
        if row["fewer_hours_text"] != "none":
            text += f" For {row['fewer_hours_text']} the nearest place will be open for fewer hours than the nearest is now{_hours(row)}."
        lines.append(text)
    return lines


def _hours(row: dict[Any, Any]) -> str:
    """Hours at the nearest, before and after, for the whole group; blank where either is not known."""
    old, new = row["hours_median_before"], row["hours_median_after"]
    if pd.isna(old) or pd.isna(new):
        return ""
    return f" (of the whole group, half have at least {old:g} hours a week at the nearest now, {new:g} then)"


def working(reach: Reach, area_code: str, group: str = "all") -> pd.DataFrame:
    """What a ward's figures rest on: which part of it is nearest to which place, and how far.

    Returns
    -------
    ``small_area_code, place_id, points, n`` (to the nearest 10), ``least, median, most`` (km or
    minutes, weighted by the group), ordered by small area and distance; figures of fewer than 10 are blank.
    """
    here = reach.points[reach.points["area_code"] == area_code]
    here = here.assign(pair=here["small_area_code"] + "|" + here["place_id"])
    inside = cells(here, "pair", "small_area_code")
    weight, cost = here[group].to_numpy(), here["cost"].to_numpy()
    ends = here.groupby("pair")["cost"].agg(["size", "min", "max"]).reindex(inside.names.index)
    table = pd.DataFrame(
        {
            "small_area_code": inside.names.to_numpy(),
            "place_id": [pair.split("|", 1)[1] for pair in inside.names.index],
            "points": ends["size"].to_numpy(),
            "n": round10(inside.sums(weight)).array,
            "least": ends["min"].round(1).to_numpy(),
            "median": inside.quantile(cost, weight, HALF).round(1),
            "most": ends["max"].round(1).to_numpy(),
        }
    )
    table = table.sort_values(["small_area_code", "median", "place_id"], ignore_index=True)
    table[["least", "median", "most"]] = table[["least", "median", "most"]].where(table["n"].notna())
    return table


def _level(points: pd.DataFrame, level: str, code: str, name: str, limit: float) -> pd.DataFrame:
    inside = cells(points, code, name)
    cost, hours = points["cost"].to_numpy(), points["hours_week"].to_numpy()
    residents = points["all"].to_numpy()
    people = inside.sums(residents)
    by_group: list[dict[str, object]] = []
    for group in access_rules().group:
        weight = points[group.id].to_numpy()
        known = ~np.isnan(weight) & ~np.isnan(cost)
        n, beyond = inside.sums(weight, known), inside.sums(weight, known & (cost > limit))
        observed = inside.sums(residents, known) / np.where(people > 0, people, np.nan)
        enough = inside.sums(weight, known & ~np.isnan(hours)) >= access_rules().minimum_observed * n
        # Half of them have at least this many hours: counted from the longest down.
        opened = -inside.quantile(-hours, np.where(known, weight, np.nan), HALF)
        why = hidden(n, observed)
        shown = why == ""
        n_shown, beyond_shown = round10(n).where(shown), round10(beyond).where(shown)
        share = beyond_shown.astype("Float64") / n_shown.astype("Float64")
        by_group.append(
            {
                "n": n_shown.array,
                "median": np.where(shown, inside.quantile(cost, weight, HALF).round(1), np.nan),
                "p90": np.where(shown, inside.quantile(cost, weight, MOST).round(1), np.nan),
                "beyond_n": beyond_shown.array,
                "beyond_share": share.astype("float64").clip(upper=1.0).round(3).to_numpy(),
                "hours_median": np.where(shown & enough, opened.round(1), np.nan),
                "beyond_text": [reason or about(value) for reason, value in zip(why, beyond, strict=True)],
                "observed": observed.round(3),
                "hidden": why,
            }
        )
    return table_of(by_group, level, inside.names)


def _take(values: np.ndarray, rows: np.ndarray, otherwise: str) -> np.ndarray:
    return np.where(rows >= 0, values[rows], otherwise) if len(values) else np.full(len(rows), otherwise, dtype=object)


def how_far(value: float, unit: str) -> str:
    """A distance or a time as it is printed: "2.3 km", "20 minutes"."""
    return f"{value:.0f} {unit}" if unit == "minutes" else f"{value:.1f} {unit}"


__all__ = ["Reach", "compare", "how_far", "in_words", "measure", "working"]
