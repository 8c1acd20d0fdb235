"""Small areas to wards: who shares what with whom, how sure that is, and what must add up.

Counts are summed with shares, rates divided last, scores never averaged. A share is the part
of a small area's people taken to live in a ward; the shares of one small area sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from exclusion.contracts import DataRefused, Problem

Shares = pd.DataFrame
"""``small_area_code, area_code, share``."""


def locate(x: NDArray[np.float64], y: NDArray[np.float64], shapes: gpd.GeoDataFrame, code: str) -> NDArray[np.object_]:
    """Code of the shape each point lies in.

    A point outside every shape (on a pier, or where a coastline was generalised) takes the
    nearest shape. Where simplified shapes overlap the smallest wins: a village lies in a shape of its own, and
    generalising can lose the hole it left in the shape around it (four small areas of 2021 in England and Wales).

    Parameters
    ----------
    x, y
        Metres, EPSG:27700.
    """
    geometry = shapes.geometry.to_numpy()
    points = shapely.points(x, y)
    shapely.prepare(geometry)
    tree = shapely.STRtree(geometry)
    point, shape = tree.query(points, predicate="within")
    smallest_first = np.lexsort((np.arange(len(geometry)), shapely.area(geometry)))
    rank = np.empty(len(geometry), dtype=np.int64)
    rank[smallest_first] = np.arange(len(geometry))
    best = np.full(len(points), len(geometry), dtype=np.int64)
    np.minimum.at(best, point, rank[shape])
    found = np.append(smallest_first, len(geometry))[best]
    outside = np.flatnonzero(found == len(geometry))
    if len(outside):
        found[outside] = tree.nearest(points[outside])
    codes: NDArray[np.object_] = shapes[code].to_numpy(dtype=object)[found]
    return codes


def shares_by_postcode(points: pd.DataFrame, best_fit: pd.Series, smallest: float) -> Shares:
    """Share each small area among wards by where its postcodes lie.

    Parameters
    ----------
    points
        One row a postcode: ``small_area_code, area_code``.
    best_fit
        Official ward of each small area, used for one that has no postcode. Its index is the
        complete list of small areas.
    smallest
        A smaller share is dropped and the rest made up to 1, unless a ward would be left with
        nothing at all.

    Returns
    -------
    ``small_area_code, area_code, share``, sorted; every small area is there.
    """
    pairs = points.groupby(["small_area_code", "area_code"], sort=True, observed=True).size().rename("points").reset_index()
    pairs["share"] = pairs["points"] / pairs.groupby("small_area_code")["points"].transform("sum")
    only_hope = pairs["share"] == pairs.groupby("area_code")["share"].transform("max")
    pairs = pairs[(pairs["share"] >= smallest) | only_hope]
    empty = best_fit.index.difference(pd.Index(pairs["small_area_code"].unique()))
    rest = pd.DataFrame({"small_area_code": empty, "area_code": best_fit.reindex(empty).to_numpy(), "share": 1.0})
    return normalised(pd.concat([pairs, rest], ignore_index=True))


def shares_by_best_fit(best_fit: pd.Series) -> Shares:
    """Each small area wholly in its official ward."""
    return pd.DataFrame({"small_area_code": best_fit.index, "area_code": best_fit.to_numpy(), "share": 1.0})


def shares_by_area(small: gpd.GeoDataFrame, wards: gpd.GeoDataFrame, smallest: float) -> Shares:
    """Share each small area among wards by area, where no postcode points can be had.

    People are taken to be spread evenly over a small area, which they are not where town and
    country meet; use :func:`shares_by_postcode` where there are points.

    Parameters
    ----------
    small
        ``small_area_code, geometry``.
    wards
        ``area_code, geometry``.
    smallest
        A smaller share is two lines drawn differently: it is dropped and the rest made up to 1,
        unless a ward would be left with nothing at all.

    Raises
    ------
    DataRefused
        For a small area that lies in no ward.
    """
    left, right = shapely.STRtree(wards.geometry.to_numpy()).query(small.geometry.to_numpy(), predicate="intersects")
    within = shapely.area(shapely.intersection(small.geometry.to_numpy()[left], wards.geometry.to_numpy()[right]))
    pairs = pd.DataFrame(
        {"small_area_code": small["small_area_code"].to_numpy()[left], "area_code": wards["area_code"].to_numpy()[right], "area": within}
    )
    pairs = pairs[pairs["area"] > 0]
    lost = pd.Index(small["small_area_code"]).difference(pd.Index(pairs["small_area_code"].unique()))
    if len(lost):
        raise DataRefused(
            Problem("small areas", f"{len(lost)} lie in no ward", ", ".join(map(str, lost[:3])), "Are these shapes of one country?")
        )
    pairs["share"] = pairs["area"] / pairs.groupby("small_area_code")["area"].transform("sum")
    only_hope = pairs["share"] == pairs.groupby("area_code")["share"].transform("max")
    return normalised(pairs[(pairs["share"] >= smallest) | only_hope])


def normalised(shares: Shares) -> Shares:
    """Shares that sum to 1 for every small area, sorted by code."""
    shares = shares[["small_area_code", "area_code", "share"]].sort_values(["small_area_code", "area_code"], ignore_index=True)
    return shares.assign(share=shares["share"] / shares.groupby("small_area_code")["share"].transform("sum"))


def require_same_codes(have: pd.Index, expected: pd.Index, where: str, edition: str) -> None:
    """Refuse a join between two editions by code, naming the share that finds no partner.

    Raises
    ------
    DataRefused
        When any code of ``have`` is not in ``expected``.
    """
    stray = have.difference(expected)
    if len(stray):
        share = len(stray) / max(len(have), 1)
        raise DataRefused(
            Problem(
                where,
                f"{len(stray):,} of {len(have):,} codes ({share:.1%}) are not codes of {edition}",
                ", ".join(map(str, stray[:3])),
                "Codes of two editions must not be joined; use a lookup between the editions, or the table for this edition.",
            )
        )


def to_wards(measures: Mapping[str, pd.DataFrame], shares: Shares) -> pd.DataFrame:
    """Counts by small area -> counts by ward.

    Parameters
    ----------
    measures
        For each measure a table indexed by small area with ``count, of, low, high`` (a count
        out of a denominator; blank count = no figure) or ``value, of`` (a mean, and the
        people it weighs by).
    shares
        See :func:`shares_by_postcode`. Small areas of another nation than the measure's are
        ignored.

    Returns
    -------
    ``area_code, measure, count, of, low, high, value, observed``, unrounded. ``of`` counts
    only areas with a figure, ``observed`` says what share of the whole denominator that is;
    a ward with no figure at all is blank, never zero.
    """
    frames = []
    for measure, table in measures.items():
        require_same_codes(table.index, pd.Index(shares["small_area_code"].unique()), measure, "the small areas in use")
        rows = shares[shares["small_area_code"].isin(table.index)]
        here = table.reindex(rows["small_area_code"])
        share = rows["share"].to_numpy()
        is_mean = "value" in table.columns
        figure = (here["value"] if is_mean else here["count"]).to_numpy()
        of = here["of"].to_numpy() * share
        known = ~np.isnan(figure) & ~np.isnan(of)
        parts = pd.DataFrame(
            {
                "count": np.where(known, figure * (of if is_mean else share), 0.0),
                "low": np.where(known, 0.0 if is_mean else here["low"].to_numpy() * share, 0.0),
                "high": np.where(known, 0.0 if is_mean else here["high"].to_numpy() * share, 0.0),
                "of": np.where(known, of, 0.0),
                "whole": np.nan_to_num(of),
                "known": known.astype(float),
            }
        )
        sums = parts.groupby(rows["area_code"].to_numpy()).sum()
        some = sums["known"] > 0
        frame = pd.DataFrame(index=sums.index)
        frame["count"] = np.nan if is_mean else sums["count"].where(some)
        frame["of"] = sums["of"].where(some)
        frame["low"] = np.nan if is_mean else sums["low"].where(some)
        frame["high"] = np.nan if is_mean else sums["high"].where(some)
        frame["value"] = (sums["count"] / sums["of"].where(sums["of"] > 0)).where(some)
        frame["observed"] = (sums["of"] / sums["whole"].where(sums["whole"] > 0)).fillna(0.0)
        frame.insert(0, "measure", measure)
        frames.append(frame.rename_axis("area_code").reset_index())
    return pd.concat(frames, ignore_index=True)


def kept_to(shares: Shares, people: pd.Series, known: pd.Series, rounds: int = 30) -> pd.Series:
    """Counts by ward that keep to what is known of some wards and to every small area's own count.

    What one ward is known to have of the small areas it divides with its neighbours tells how much they
    have. People are shared as usual, then scaled in turn to the known wards and to the small areas, until
    both hold (iterative proportional fitting): nobody is lost and nobody counted twice.

    Parameters
    ----------
    people
        Count by small area; one without a figure gives nothing.
    known
        Count by ward, of the wards that have one. All their small areas must be in ``shares``.

    Returns
    -------
    Count by ward, unrounded. Where a known ward and its small areas cannot both hold (each is perturbed by
    itself), the small areas do.
    """
    ward, wards = pd.factorize(shares["area_code"])
    zone, zones = pd.factorize(shares["small_area_code"])
    whole = np.nan_to_num(people.reindex(zones).to_numpy(float))
    wanted = known.reindex(wards).to_numpy(float)
    held = ~np.isnan(wanted)
    part = whole[zone] * shares["share"].to_numpy(float)
    given = np.bincount(zone, part, len(zones))  # of each small area; less than all of it where its other wards are not here
    for _ in range(rounds if held.any() else 0):
        sums = np.bincount(ward, part, len(wards))
        part = part * np.divide(wanted, sums, out=np.ones(len(wards)), where=held & (sums > 0))[ward]
        sums = np.bincount(zone, part, len(zones))
        part = part * np.divide(given, sums, out=np.ones(len(zones)), where=sums > 0)[zone]
    return pd.Series(np.bincount(ward, part, len(wards)), index=wards)


def fit_of(shares: Shares, people: pd.Series, good_below: float, fair_below: float, none_from: float) -> pd.DataFrame:
    """How far each ward's figures rest on divided small areas.

    Returns
    -------
    DataFrame indexed by ``area_code``
        ``straddle`` (share of its people whose small area lies under 97 % in one ward),
        ``mixed`` (people-weighted chance that a resident of its small areas lives in another
        ward) and ``error_class`` cut on ``mixed``: good, fair, rough or none (no figure can be given).
    """
    table = shares.assign(people=shares["share"] * people.reindex(shares["small_area_code"]).to_numpy())
    main = table.groupby("small_area_code")["share"].transform("max")
    table["crossing"] = table["people"].where(main < 0.97, 0.0)
    table["elsewhere"] = table["people"] * (1 - table["share"])
    sums = table.groupby("area_code")[["people", "crossing", "elsewhere"]].sum()
    people_here = sums["people"].where(sums["people"] > 0)
    mixed = (sums["elsewhere"] / people_here).fillna(1.0)
    classes = np.select([mixed < good_below, mixed < fair_below, mixed < none_from], ["good", "fair", "rough"], "none")
    return pd.DataFrame(
        {"straddle": (sums["crossing"] / people_here).fillna(1.0), "mixed": mixed, "error_class": classes}, index=sums.index
    )


def errors(estimate: pd.Series, published: pd.Series) -> pd.Series:
    """Size of the relative error against published figures; a ward without an estimate counts as wholly wrong."""
    return (estimate.reindex(published.index) / published - 1).abs().fillna(1.0)
