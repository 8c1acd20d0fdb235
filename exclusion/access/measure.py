"""How far the people of each group are from places: the spread of distances, before and after.

Distance is the straight line times a stated factor; a file of travel times takes its place. Every
figure is told for wards, councils and all chosen wards together, and for each group apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from exclusion import judgement
from exclusion.access.distance import nearest_place
from exclusion.access.travel_times import TravelTimes
from exclusion.contracts import UsageError
from exclusion.judgement.access import AccessRules, access_rules
from exclusion.places import CLOSES, FEWER_HOURS
from exclusion.words import capital, two_figures

HALF, MOST = 0.5, 0.9
LEVELS = (("ward", "area_code", "area_name"), ("council", "council_code", "council_name"), ("all", "", ""))
ALL_WARDS = "all chosen wards"
COARSE = (
    "One point stands for a whole small area, and in the country it may lie kilometres from the homes: "
    "do not judge a rural ward by it. Give a file of postcode points."
)
KEYS = ["level", "area_code", "area_name", "group", "label", "unit"]
SPREAD = ["median", "p90", "beyond_n", "beyond_share", "hours_median"]


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
    notes.append(f"From {basis}." + ("" if "postcode" in basis else f" {COARSE}"))
    table = pd.concat([_level(points, level, code, name, limit, rules) for level, code, name in LEVELS], ignore_index=True)
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
    ``newly_beyond_n`` (now over the threshold), ``fewer_hours_n`` (their nearest place stays and
    opens for fewer hours, or for hours not known). ``longer_median_before`` and
    ``longer_median_after`` are half-way distances of those who go further. Counts under 10 are blank.

    Raises
    ------
    ValueError
        When the two were not measured from the same origins in the same way.
    """
    same = ["area_code", "small_area_code", "x", "y"]
    if before.unit != after.unit or before.far != after.far or not before.points[same].equals(after.points[same]):
        raise ValueError("before and after must be measured from the same origins, in the same unit and with the same threshold")
    rules = access_rules()
    old, new = before.points, after.points
    both = old["cost"].notna() & new["cost"].notna()
    longer = both & (new["cost"] > old["cost"] + 1e-9)
    same_hours = (old["status"] == FEWER_HOURS) & ((new["hours_week"] == old["hours_week"]) | new["hours_week"].isna())
    fewer = both & ~longer & (new["place_id"] == old["place_id"]) & (new["status"] == FEWER_HOURS) & ~same_hours
    touched = {
        "longer_n": longer,
        "newly_beyond_n": longer & (old["cost"] <= before.far) & (new["cost"] > before.far),
        "fewer_hours_n": fewer,
    }
    frames = []
    for level, code, name in LEVELS:
        key, names = areas_of(old, code, name)
        for group in rules.group:
            frame = pd.DataFrame({"level": level, "area_code": names.index, "area_name": names.to_numpy(), "group": group.id})
            for figure, mask in touched.items():
                counts = old[group.id].where(mask, 0.0).groupby(key).sum().reindex(names.index)
                frame[figure] = _round10(counts).array
                frame[figure.removesuffix("_n") + "_text"] = pd.Series([_about(value) for value in counts], dtype=object)
            enough = old[group.id].where(longer, 0.0).groupby(key).sum().reindex(names.index) >= _fewest()
            for when, reach in (("before", old), ("after", new)):
                half = quantile(reach["cost"].where(longer), old[group.id], key, HALF).reindex(names.index)
                frame[f"longer_median_{when}"] = half.where(enough).round(1).to_numpy()
            frames.append(frame)
    changes = pd.concat(frames, ignore_index=True)
    keep = [*KEYS, "n", "cost_unit", "threshold", "basis", "observed", "hidden", *SPREAD, "beyond_text"]
    sides = before.table[keep].merge(after.table[[*KEYS, *SPREAD, "beyond_text"]], on=KEYS, suffixes=("_before", "_after"))
    table = sides.merge(changes, on=["level", "area_code", "area_name", "group"])
    for count in touched:
        table[count] = table[count].mask(table["hidden"] != "")
        text = count.removesuffix("_n") + "_text"
        table[text] = table[text].where(table["hidden"] == "", table["hidden"])
    pairs = [f"{figure}_{when}" for figure in [*SPREAD, "beyond_text"] for when in ("before", "after")]
    told = [name for figure in touched for name in (figure, figure.removesuffix("_n") + "_text")]
    head = [*KEYS, "n", *pairs, *told, "longer_median_before", "longer_median_after"]
    return table[[*head, "cost_unit", "threshold", "basis", "observed", "hidden"]]


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
        now = f"half are within {_cost(row['median_before'], unit)} of a place and nine in ten within {_cost(row['p90_before'], unit)}"
        text = f"{who} (about {two_figures(row['n'])}): {now}."
        if row["longer_text"] == "none" and row["fewer_hours_text"] == "none":
            lines.append(f"{text} Nothing changes for them.")
            continue
        if row["longer_text"] != "none":
            text += f" Afterwards {_cost(row['median_after'], unit)} and {_cost(row['p90_after'], unit)}."
            text += f" {capital(row['longer_text'])} have further to go"
            if not pd.isna(row["longer_median_before"]):
                old, new = _cost(row["longer_median_before"], unit), _cost(row["longer_median_after"], unit)
                text += f" (half-way distance {old} now, {new} then)"
            text += f"; over {way}: {row['beyond_text_before']} now, {row['beyond_text_after']} then."
        if row["fewer_hours_text"] != "none":
            text += f" For {row['fewer_hours_text']} the nearest place stays and opens for fewer hours."
        lines.append(text)
    return lines


def working(reach: Reach, area_code: str, group: str = "all") -> pd.DataFrame:
    """What a ward's figures rest on: which part of it is nearest to which place, and how far.

    Returns
    -------
    ``small_area_code, place_id, points, n`` (to the nearest 10, blank under 10), ``least, median,
    most`` (km or minutes, weighted by the group), ordered by small area and distance.
    """
    here = reach.points[reach.points["area_code"] == area_code]
    key = here["small_area_code"] + "|" + here["place_id"]
    sums = here.groupby(key)[group].agg(["size", "sum"])
    cost = here.groupby(key)["cost"].agg(["min", "max"])
    half = quantile(here["cost"], here[group], key, HALF).reindex(sums.index)
    codes = sums.index.str.split("|", n=1, expand=True)
    table = pd.DataFrame(
        {
            "small_area_code": codes.get_level_values(0),
            "place_id": codes.get_level_values(1),
            "points": sums["size"].to_numpy(),
            "n": _round10(sums["sum"]).array,
            "least": cost["min"].round(1).to_numpy(),
            "median": half.round(1).to_numpy(),
            "most": cost["max"].round(1).to_numpy(),
        }
    )
    return table.sort_values(["small_area_code", "median", "place_id"], ignore_index=True)


def quantile(cost: pd.Series, weight: pd.Series, key: pd.Series, share: float) -> pd.Series:
    """The smallest cost within which at least ``share`` of the weight of each key lies; unknown costs and weights are left out."""
    known = pd.DataFrame({"cost": cost, "weight": weight, "key": key}).dropna()
    known = known[known["weight"] > 0].sort_values(["key", "cost"], kind="stable")
    so_far = known.groupby("key")["weight"].cumsum()
    whole = known.groupby("key")["weight"].transform("sum")
    return known[so_far >= share * whole * (1 - 1e-12)].groupby("key")["cost"].first()


def _level(points: pd.DataFrame, level: str, code: str, name: str, limit: float, rules: AccessRules) -> pd.DataFrame:
    key, names = areas_of(points, code, name)
    people = points["all"].groupby(key).sum()
    frames = []
    for group in rules.group:
        weight = points[group.id]
        known = weight.notna() & points["cost"].notna()
        n = weight.where(known, 0.0).groupby(key).sum()
        beyond = weight.where(known & (points["cost"] > limit), 0.0).groupby(key).sum()
        observed = points["all"].where(known, 0.0).groupby(key).sum() / people.where(people > 0)
        opened = points["hours_week"].notna()
        hours_known = weight.where(known & opened, 0.0).groupby(key).sum() >= rules.minimum_observed * n
        # Half of them have at least this: the lower median of hours, so that costs count upwards.
        hours = -quantile(-points["hours_week"], weight.where(known), key, HALF).reindex(names.index)
        frame = pd.DataFrame(
            {
                "n": _round10(n),
                "median": quantile(points["cost"], weight, key, HALF).reindex(names.index).round(1),
                "p90": quantile(points["cost"], weight, key, MOST).reindex(names.index).round(1),
                "beyond_n": _round10(beyond),
                "hours_median": hours.where(hours_known).round(1),
                "beyond_text": [_about(value) for value in beyond.reindex(names.index)],
                "observed": observed.round(3),
            },
            index=names.index,
        )
        frame["beyond_share"] = (frame["beyond_n"].astype("Float64") / frame["n"].astype("Float64")).astype("Float64").round(3)
        frame["beyond_share"] = frame["beyond_share"].clip(upper=1.0).astype("float64")
        unknown = (observed.reindex(names.index).fillna(0.0) < rules.minimum_observed).to_numpy()
        frame["hidden"] = np.select([unknown, (n.reindex(names.index) < _fewest()).to_numpy()], ["not known", _fewer()], "")
        for column in ("n", *SPREAD):
            frame[column] = frame[column].mask(frame["hidden"] != "")
        frame["beyond_text"] = frame["beyond_text"].where(frame["hidden"] == "", frame["hidden"])
        frame = frame.assign(level=level, area_name=names, group=group.id, label=group.label, unit=group.unit)
        frames.append(frame.rename_axis("area_code").reset_index())
    both = pd.concat(frames, ignore_index=True)
    both["order"] = both["area_code"].map({code: number for number, code in enumerate(names.index)})
    return both.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def areas_of(points: pd.DataFrame, code: str, name: str) -> tuple[pd.Series, pd.Series]:
    """The key of each point, and the names of the keys in their order."""
    if not code:
        return pd.Series("", index=points.index), pd.Series([ALL_WARDS], index=pd.Index([""]))
    return points[code], points.drop_duplicates(code).set_index(code)[name]


def _take(values: np.ndarray, rows: np.ndarray, otherwise: str) -> np.ndarray:
    return np.where(rows >= 0, values[rows], otherwise) if len(values) else np.full(len(rows), otherwise, dtype=object)


def _fewest() -> float:
    return float(judgement.guards()["G8"].values["fewest"])


def _fewer() -> str:
    return judgement.guards()["G8"].text


def _round10(counts: pd.Series) -> pd.Series:
    """To the nearest 10; under 10 blank, but none stays none."""
    kept = counts.where((counts >= _fewest()) | (counts < 1e-9))
    return ((kept / 10 + 1e-9).round() * 10).astype("Int64")


def _about(count: float) -> str:
    if count < 1e-9:
        return "none"
    return f"about {two_figures(count)}" if count >= _fewest() else _fewer()


def _cost(value: float, unit: str) -> str:
    return "no distance, as no place is open" if np.isinf(value) else f"{value:.1f} {unit}"


__all__ = ["Reach", "compare", "in_words", "measure", "quantile", "working"]
