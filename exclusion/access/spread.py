"""Sums and spreads of weighted points by area, and how their counts are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import judgement
from exclusion.judgement.access import access_rules
from exclusion.words import two_figures

Numbers = NDArray[np.float64]

HALF, MOST = 0.5, 0.9
NOT_KNOWN = "not known"
LEVELS = (("ward", "area_code", "area_name"), ("council", "council_code", "council_name"), ("all", "", ""))
ALL_WARDS = "all chosen wards"
KEYS = ["level", "area_code", "area_name", "group", "label", "unit"]


@dataclass(frozen=True)
class Cells:
    """Which area each point belongs to."""

    at: NDArray[np.int64]
    """Number of the area, one a point."""
    names: pd.Series
    """Name of each area by its code, in the order of the points."""

    def sums(self, weight: Numbers, where: NDArray[np.bool_] | None = None) -> Numbers:
        """Weight in each area, of all points or of some; unknown weights are left out."""
        counted = np.nan_to_num(weight) if where is None else np.where(where, np.nan_to_num(weight), 0.0)
        return np.bincount(self.at, counted, minlength=len(self.names)).astype(np.float64)

    def quantile(self, cost: Numbers, weight: Numbers, share: float) -> Numbers:
        """The smallest cost within which at least ``share`` of each area's weight lies.

        Points of unknown cost or weight are left out; NaN for an area without any weight.
        """
        known = ~np.isnan(cost) & (weight > 0)
        order = np.lexsort((cost[known], self.at[known]))
        at, cost, weight = self.at[known][order], cost[known][order], weight[known][order]
        result = np.full(len(self.names), np.nan)
        if not len(at):
            return result
        whole = np.bincount(at, weight, minlength=len(self.names))
        points = np.bincount(at, minlength=len(self.names))
        last = np.cumsum(points) - 1
        so_far = np.cumsum(weight)
        before = np.cumsum(whole) - whole
        found = np.searchsorted(so_far, before + share * whole - 1e-9 * np.maximum(whole, 1.0))
        held = points > 0
        result[held] = cost[np.clip(found, last - points + 1, last)[held]]
        return result


def cells(points: pd.DataFrame, code: str, name: str) -> Cells:
    """Points by the area named in a column; one area of them all when ``code`` is blank."""
    if not code:
        return Cells(np.zeros(len(points), dtype=np.int64), pd.Series([ALL_WARDS], index=pd.Index([""])))
    at, codes = pd.factorize(points[code])
    return Cells(at.astype(np.int64), points.drop_duplicates(code).set_index(code)[name].reindex(pd.Index(codes)))


def table_of(by_group: Sequence[dict[str, object]], level: str, names: pd.Series) -> pd.DataFrame:
    """Columns worked out for each group, as rows: all groups of an area together, areas in their order."""
    frames = [
        pd.DataFrame(
            {
                "level": level,
                "area_code": names.index,
                "area_name": names.to_numpy(),
                "group": group.id,
                "label": group.label,
                "unit": group.unit,
            }
        ).assign(**columns, order=range(len(names)))  # type: ignore[arg-type]
        for group, columns in zip(access_rules().group, by_group, strict=True)
    ]
    return pd.concat(frames, ignore_index=True).sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def hidden(n: Numbers, observed: Numbers) -> NDArray[np.object_]:
    """Why a row is left out: "not known", "fewer than 10", or blank."""
    unknown = ~(observed >= access_rules().minimum_observed)
    return np.where(unknown, NOT_KNOWN, np.where(n < fewest(), fewer(), "")).astype(object)


def fewest() -> float:
    """The smallest count that is printed (guard G8)."""
    return float(judgement.guards()["G8"].values["fewest"])


def fewer() -> str:
    """What is said of a smaller one."""
    return judgement.guards()["G8"].text


def round10(counts: Numbers) -> pd.Series:
    """To the nearest 10; under 10 blank, but none stays none."""
    kept = pd.Series(counts).where((counts >= fewest()) | (counts < 1e-9))
    return ((kept / 10 + 1e-9).round() * 10).astype("Int64")


def about(count: float) -> str:
    """A count in words: "about 1,200", "fewer than 10", "none"."""
    if count < 1e-9:
        return "none"
    return f"about {two_figures(count)}" if count >= fewest() else fewer()
