"""Hours of help within reach per 1,000 people, where places share their hours among everyone near them.

The enhanced two-step floating catchment area (Luo and Qi 2009), worked out by the PySAL library
``access``, an extra of this program. It needs the hours of every place.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from exclusion.access.spread import HALF, LEVELS, MOST, cells, hidden, table_of
from exclusion.access.travel_times import TravelTimes
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.access import access_rules
from exclusion.places import CLOSES

PER = 1000


def floating_catchment(
    origins: pd.DataFrame, places: pd.DataFrame, *, times: TravelTimes | None = None, factor: float | None = None
) -> pd.DataFrame:
    """Weekly hours of help within reach, per 1,000 people who share them.

    Each place divides its hours among the people in its zones (weights of judgement/access.toml);
    each point then adds up what the places in its own zones give it. People of other councils who
    use the places count only when their wards are among the origins.

    Returns
    -------
    One row per level, area and group: ``level, area_code, area_name, group, label, unit``,
    ``hours_median`` (half have at least this many hours a week per 1,000 people), ``hours_p10``
    (nine in ten have at least this), ``none_share`` (share of the group with no place in its zones),
    and ``hidden``: why a row is blank ("fewer than 10", "not known"), else blank.

    Raises
    ------
    UsageError
        When the library is not installed.
    DataRefused
        When hours of a place that stays open are not known; every one named.
    """
    weight = _weights(access_rules().catchment.km if times is None else access_rules().catchment.minutes)
    ready = places[places["status"] != CLOSES].reset_index(drop=True)
    unknown = ready[ready["hours_week"].isna()]
    if len(unknown):
        raise DataRefused(
            [
                Problem(f"place '{name}'", "has no hours a week", "", "Give its hours, or leave the floating catchment out.")
                for name in unknown["name"]
            ]
        )
    cost = _costs(origins, ready, times, access_rules().factor if factor is None else factor)
    reach = np.zeros(len(origins))
    if len(cost) and float(ready["hours_week"].sum()) > 0:
        reach = _e2sfca(origins["all"], ready["hours_week"], cost, weight)
    hours = reach * PER
    tables = []
    for level, code, name in LEVELS:
        inside = cells(origins, code, name)
        residents = origins["all"].to_numpy()
        by_group: list[dict[str, object]] = []
        for group in access_rules().group:
            people = origins[group.id].to_numpy()
            whole, everyone = inside.sums(people), inside.sums(residents)
            why = hidden(whole, inside.sums(residents, ~np.isnan(people)) / np.where(everyone > 0, everyone, np.nan))
            none = inside.sums(people, hours <= 0) / np.where(whole > 0, whole, np.nan)
            # From the most hours down: "at least this many". abs() takes the minus off a zero.
            columns: dict[str, NDArray[np.float64]] = {
                "hours_median": np.abs(inside.quantile(-hours, people, HALF)).round(2),
                "hours_p10": np.abs(inside.quantile(-hours, people, MOST)).round(2),
                "none_share": none.round(3),
            }
            by_group.append({**{figure: np.where(why == "", values, np.nan) for figure, values in columns.items()}, "hidden": why})
        tables.append(table_of(by_group, level, inside.names))
    return pd.concat(tables, ignore_index=True)


def _weights(zones: tuple[tuple[float, float], ...]) -> Callable[[float], float]:
    def weight(cost: float) -> float:
        return next((share for limit, share in zones if cost <= limit), 0.0)

    return weight


def _costs(origins: pd.DataFrame, ready: pd.DataFrame, times: TravelTimes | None, factor: float) -> pd.DataFrame:
    """Pairs of point and place within the last zone: ``origin, dest, cost``."""
    if times is not None:
        last = access_rules().catchment.minutes[-1][0]
        numbers = pd.Series(ready.index, index=ready["place_id"])
        near = times.table[times.table["place_id"].isin(ready["place_id"]) & (times.table["minutes"] <= last)]
        pairs = origins[["small_area_code"]].rename_axis("origin").reset_index().merge(near, on="small_area_code")
        pairs["dest"] = numbers.reindex(pairs["place_id"]).to_numpy()
        return pairs.rename(columns={"minutes": "cost"})[["origin", "dest", "cost"]]
    last = access_rules().catchment.km[-1][0]
    tree = shapely.STRtree(shapely.points(ready["x"].to_numpy(dtype=float), ready["y"].to_numpy(dtype=float)))
    points = shapely.points(origins["x"].to_numpy(dtype=float), origins["y"].to_numpy(dtype=float))
    origin, dest = tree.query(points, predicate="dwithin", distance=last * 1000 / factor)
    metres = np.hypot(
        origins["x"].to_numpy()[origin] - ready["x"].to_numpy()[dest], origins["y"].to_numpy()[origin] - ready["y"].to_numpy()[dest]
    )
    return pd.DataFrame({"origin": origin, "dest": dest, "cost": metres * factor / 1000})


def _e2sfca(people: pd.Series, hours: pd.Series, cost: pd.DataFrame, weight: Callable[[float], float]) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library about itself; the cost table lists every pair there is
        try:
            from access import Access  # the PySAL library, not this package
        except ImportError:
            do = "Install it with: pip install 'exclusion[access]'."
            raise UsageError(f"The floating catchment needs the library 'access', which is not installed. {do}") from None
        Access.logger_initialized = True  # it would write to the screen by itself
        logging.getLogger("access").setLevel(logging.ERROR)
        model = Access(
            demand_df=pd.DataFrame({"geoid": range(len(people)), "people": people.to_numpy()}),
            demand_index="geoid",
            demand_value="people",
            supply_df=pd.DataFrame({"geoid": range(len(hours)), "hours": hours.to_numpy()}),
            supply_index="geoid",
            supply_value="hours",
            cost_df=cost,
            cost_origin="origin",
            cost_dest="dest",
            cost_name="cost",
        )
        found: pd.DataFrame = model.enhanced_two_stage_fca(name="e2sfca", cost="cost", weight_fn=weight)
    reach: NDArray[np.float64] = found["e2sfca_hours"].reindex(range(len(people))).fillna(0.0).to_numpy(dtype="float64")
    return reach
