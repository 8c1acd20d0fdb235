"""Figures for a council's own areas, from the small areas of a release: people are shared out, never lost, never counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from exclusion import geography
from exclusion.building import whole_wards
from exclusion.building.tabulate import derived, rounded, sum_of_75
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.judgement.score import geography_rules
from exclusion.own.areas import METRES, OwnAreas
from exclusion.release import Evidence
from exclusion.sources import postcodes
from exclusion.words import join_words, percent

EDITION = "own areas"
WHOLE = 0.98  # of a ward's postcodes or ground in one area: the rest is a smoothed line
_COLUMNS = ["small_area_code", "area_code", "share"]


@dataclass(frozen=True)
class _Shared:
    """``small_area_code, area_code, share``, in words, and how far each area rests on divided wards."""

    table: pd.DataFrame
    how: str
    notes: list[str]
    kind: str
    divided: pd.Series | None = None
    by_ward: pd.DataFrame | None = None
    """The same with ``ward``, where wards were shared out."""


@dataclass(frozen=True)
class Regrouped:
    """Evidence whose areas are the council's own, and how they were made."""

    evidence: Evidence
    codes: tuple[str, ...]
    fit: pd.DataFrame
    """``area_code, area_name, population, small_areas, straddle, error_class``: how far each rests on divided small areas."""
    people: tuple[int, int]
    """In the councils, and in the areas."""
    notes: tuple[str, ...]
    pieces: str = "Small areas"
    """What each is made of and ``small_areas`` counts, as a heading."""


def regroup(evidence: Evidence, own: OwnAreas, councils: Sequence[str], points: Path | None = None) -> Regrouped:
    """The same release with some councils' wards replaced by own areas.

    Parameters
    ----------
    councils
        Codes of the councils whose people are shared out. Their wards go; all other wards stay.
    points
        Postcode points, to share a small area by where its postcodes lie; without them each goes whole
        to the area its centre lies in. A lookup needs none; one of whole wards needs no small areas either.

    Returns
    -------
    Regrouped
        Counts are summed and rates divided last, as for wards. What a release has by ward only
        (distance, people living alone) is carried over by people and marked estimated; areas of whole wards
        have the sum of their wards' figures (:mod:`exclusion.building.whole_wards`).

    Raises
    ------
    UsageError, DataRefused
        When the release lacks the councils' small areas, no area holds anybody, or an area's code is a ward elsewhere.
    """
    wards = evidence.areas[evidence.areas["council_code"].isin(councils)]
    pairs = evidence.small_areas[evidence.small_areas["area_code"].isin(wards.index)]
    inner = pairs
    if own.wards is not None:
        pairs = whole_wards.pieces(wards)
    else:
        _held(evidence, wards, pairs)
    rest = evidence.areas.drop(index=wards.index)
    if len(clash := rest.index.intersection(own.names.index)):
        do = "Give the areas of the chosen councils only, or codes of their own."
        raise DataRefused(Problem(own.where, f"{len(clash)} codes are of wards of other councils", ", ".join(clash[:3]), do))
    small = pairs.groupby("small_area_code").agg(
        share=("share", "sum"), population=("population", "first"), x=("x", "first"), y=("y", "first")
    )
    shared = _shares(own, evidence, small, pairs, points)
    shares, how, notes = shared.table, shared.how, list(shared.notes)
    lost = small["share"] - shares.groupby("small_area_code")["share"].sum().reindex(small.index).fillna(0.0)
    everyone = float((small["share"] * small["population"]).sum())
    missing = float((lost * small["population"]).sum())
    if missing >= 1:
        most = missing / everyone > own_rules().areas.most_missing
        told = f"{missing:,.0f} residents ({percent(missing / everyone)}) live in none of the areas"
        notes.insert(0, f"{told}, so nothing is said of them." + (" Is a piece left out?" if most else ""))
    empty = own.names.index.difference(pd.Index(shares["area_code"].unique()))
    if len(empty) == len(own.names):
        raise DataRefused(Problem(own.where, "holds nobody of the councils chosen", ", ".join(own.names.iloc[:3]), "Check the council."))
    if len(empty):
        notes.append(f"{len(empty)} areas hold nobody of the councils chosen and were left out: {join_words(list(own.names[empty][:5]))}.")
    made, fit = _areas(evidence, own, wards, pairs, small, shared)
    rows = _observations(evidence, own, wards, pairs, small, shared, made)
    kept = evidence.observations
    observations = pd.concat([kept[~((kept["level"] == "ward") & kept["area_code"].isin(wards.index))], rows], ignore_index=True)
    others = evidence.small_areas[~evidence.small_areas["area_code"].isin(wards.index)]
    about = inner.drop_duplicates("small_area_code").set_index("small_area_code")[["kind", "small_area_name", "population", "x", "y"]]
    inside = shares if own.wards is None else whole_wards.followed(inner, own.wards)
    feeding = inside.merge(about.reset_index(), on="small_area_code")[list(evidence.small_areas.columns)]
    areas = gpd.GeoDataFrame(pd.concat([rest, made]), crs=evidence.areas.crs)
    manifest = replace(evidence.manifest, fit=how)
    new = replace(
        evidence,
        manifest=manifest,
        areas=areas,
        observations=observations,
        small_areas=pd.concat([others, feeding], ignore_index=True),
        cache={},
    )
    notes.insert(0, f"Figures are for {len(made)} areas of {own.where}, {how}. Where a page says ward, it means one of these.")
    pieces = "Small areas" if own.wards is None else "Wards"
    return Regrouped(new, tuple(made.index), fit, (round(everyone), int(made["population"].sum())), (*notes, *own.notes), pieces)


def _held(evidence: Evidence, wards: pd.DataFrame, pairs: pd.DataFrame) -> None:
    held = set(pairs["area_code"])
    lacking = wards.loc[~wards.index.isin(held), "council_name"].unique()
    if len(lacking):
        do = "Use a release that holds them: 'exclusion release build', or 'exclusion fetch'."
        raise UsageError(Problem("own areas", f"this release has no small areas for {join_words(list(lacking[:5]))}", "", do))


def _shares(own: OwnAreas, evidence: Evidence, small: pd.DataFrame, pairs: pd.DataFrame, points: Path | None) -> _Shared:
    """Each small area's share in the councils, divided among the own areas."""
    if own.wards is not None:
        table, notes = whole_wards.placed(own, evidence.areas.loc[pairs["area_code"]], evidence.areas.index)
        return _Shared(table[_COLUMNS], "made from whole wards", notes, "wards", None, table)
    if own.lookup is not None:
        found = own.lookup.reindex(small.index)
        strays = own.lookup.index.difference(small.index)
        notes = [f"{len(strays)} small areas of the file are not of the councils chosen and were left out."] if len(strays) else []
        table = pd.DataFrame({"small_area_code": small.index, "area_code": found.to_numpy(), "share": small["share"].to_numpy()})
        return _Shared(table.dropna(subset="area_code").reset_index(drop=True), "made from whole small areas", notes, "whole")
    assert own.shapes is not None
    held = None if points is None else postcodes.points(points)
    if held is not None and "small_area_code" in held and held["small_area_code"].isin(small.index).any():
        spots = held[held["small_area_code"].isin(small.index)].copy()
        spots["area_code"] = _inside(spots["x"].to_numpy(), spots["y"].to_numpy(), own.shapes)
        parts = _parts(spots, ["small_area_code"])
        bare = small.index.difference(pd.Index(parts["small_area_code"]))
        inside = _inside(small.loc[bare, "x"].to_numpy(), small.loc[bare, "y"].to_numpy(), own.shapes)
        table = pd.concat([parts, pd.DataFrame({"small_area_code": bare, "area_code": inside, "part": 1.0})], ignore_index=True)
        table["share"] = table["part"] * table["small_area_code"].map(small["share"])
        return _Shared(table.dropna(subset="area_code")[_COLUMNS], "small areas shared by where their postcodes lie", [], "postcodes")
    if held is not None and ("area_code" not in held or not held["area_code"].isin(pairs["area_code"]).any()):
        do = "Give the ONS Postcode Directory or the NSPL, which say the small area of each postcode."
        raise UsageError(Problem(str(points), "does not say the small area or this year's ward of its postcodes", "", do))
    return _by_wards(own.shapes, evidence, pairs, held)


def _by_wards(shapes: gpd.GeoDataFrame, evidence: Evidence, pairs: pd.DataFrame, held: pd.DataFrame | None) -> _Shared:
    """The people of each small area in each ward: a ward that lies in one area goes there whole, which is exact."""
    wards = pairs["area_code"].unique()
    if held is not None:
        spots = held[held["area_code"].isin(wards)].rename(columns={"area_code": "ward"})
        spots = spots.assign(area_code=_inside(spots["x"].to_numpy(), spots["y"].to_numpy(), shapes))
        parts = _parts(spots, ["ward"])
    else:
        spots = pd.DataFrame()
        parts = _by_area(evidence.areas.loc[wards], shapes)
    largest = parts.sort_values("part").drop_duplicates("ward", keep="last").set_index("ward")
    whole = largest.index[largest["part"] >= WHOLE]
    straight = pairs[pairs["area_code"].isin(whole)]
    done = [pd.DataFrame({"small_area_code": straight["small_area_code"], "area_code": straight["area_code"].map(largest["area_code"]),
                          "share": straight["share"], "ward": straight["area_code"]})]  # fmt: skip
    for ward, feeding in pairs[~pairs["area_code"].isin(whole)].groupby("area_code"):
        of_ward = parts[parts["ward"] == ward]
        if len(spots):
            here = spots[spots["ward"] == ward]
            tree = shapely.STRtree(shapely.points(feeding["x"].to_numpy(float), feeding["y"].to_numpy(float)))
            nearest = tree.nearest(shapely.points(here["x"].to_numpy(), here["y"].to_numpy()))
            divided = _parts(here.assign(small_area_code=feeding["small_area_code"].to_numpy()[nearest]), ["small_area_code"])
        else:
            inside = _inside(feeding["x"].to_numpy(float), feeding["y"].to_numpy(float), shapes)
            divided = pd.DataFrame({"small_area_code": feeding["small_area_code"].to_numpy(), "area_code": inside, "part": 1.0})
            divided = divided[divided["area_code"].isin(of_ward["area_code"].dropna())]
        bare = feeding["small_area_code"][~feeding["small_area_code"].isin(divided["small_area_code"])]
        rest = of_ward[["area_code", "part"]].merge(pd.DataFrame({"small_area_code": bare}), how="cross")
        both = pd.concat([divided, rest], ignore_index=True)
        both["share"] = both["part"] * both["small_area_code"].map(feeding.set_index("small_area_code")["share"])
        done.append(both.assign(ward=ward)[[*_COLUMNS, "ward"]])
    table = pd.concat(done, ignore_index=True).dropna(subset="area_code")
    if table.empty:
        return _Shared(table[_COLUMNS], "", [], "wards")
    people = table["share"] * table["small_area_code"].map(
        pairs.drop_duplicates("small_area_code").set_index("small_area_code")["population"]
    )
    divided_people = (
        people.where(~table["ward"].isin(whole), 0.0).groupby(table["area_code"]).sum() / people.groupby(table["area_code"]).sum()
    )
    number = len(wards) - len(whole)
    how = "made from whole wards" if not number else f"made from whole wards and parts of {number}"
    notes = []
    if number:
        way = "their postcodes, by the nearest small-area centre" if len(spots) else "the centres of their small areas"
        more = "" if len(spots) else " Give --postcodes for a better fit, best the ONS Postcode Directory."
        notes = [f"{number} wards are divided by {way}: figures of areas with much of them are rough.{more}"]
    shares = table.groupby(["small_area_code", "area_code"], as_index=False)[["share"]].sum()
    return _Shared(shares, how, notes, "wards", divided_people, table)


def _parts(spots: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Share of the points of each key that lie in each area (blank = in none); a share too small to be more than a smoothed line goes."""
    counts = spots.groupby([*keys, "area_code"], dropna=False).size().rename("points").reset_index()
    counts["part"] = counts["points"] / counts.groupby(keys)["points"].transform("sum")
    counts = counts[
        (counts["part"] >= geography_rules().smallest_share) | (counts["part"] == counts.groupby(keys)["part"].transform("max"))
    ]
    counts["part"] = counts["part"] / counts.groupby(keys)["part"].transform("sum")
    return counts[[*keys, "area_code", "part"]].reset_index(drop=True)


def _by_area(wards: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Share of each ward's ground in each area, blank for the rest; a ward without an outline goes where its centre lies."""
    rows = []
    outlines = shapes.geometry.to_numpy()
    tree = shapely.STRtree(outlines)
    for code, shape in zip(wards.index, wards.geometry.to_numpy(), strict=True):
        if shape.geom_type == "Point":
            spot = _inside(np.array([shape.x]), np.array([shape.y]), shapes)[0]
            rows.append((code, spot, 1.0))
            continue
        near = tree.query(shape, predicate="intersects")
        ground = shapely.area(shapely.intersection(outlines[near], shape)) / shape.area
        found = [(code, shapes["code"].iloc[place], float(part)) for place, part in zip(near, ground, strict=True)]
        found = [row for row in found if row[2] >= geography_rules().smallest_share]
        left = 1 - sum(row[2] for row in found)
        rows += found + ([(code, None, left)] if left >= geography_rules().smallest_share or not found else [])
    table = pd.DataFrame(rows, columns=["ward", "area_code", "part"])
    return table.assign(part=table["part"] / table.groupby("ward")["part"].transform("sum"))


def _inside(x: NDArray[np.float64], y: NDArray[np.float64], shapes: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Code of the outline each point lies in, the first by code where two overlap by a hair; blank outside all."""
    ordered = shapes.sort_values("code", ignore_index=True)
    point, shape = shapely.STRtree(ordered.geometry.to_numpy()).query(shapely.points(x, y), predicate="within")
    found = np.full(len(x), len(ordered))
    np.minimum.at(found, point, shape)
    codes: NDArray[np.object_] = np.array([*ordered["code"], None], dtype=object)[found]
    return codes


def _crossing(pairs: pd.DataFrame, small: pd.DataFrame, shared: _Shared) -> pd.DataFrame:
    """``ward, area_code, people``: how many of each ward's people live in each own area.

    Known where wards were shared out; else the two ways of sharing a small area are taken as independent.
    """
    if shared.by_ward is not None:
        table = shared.by_ward.assign(people=shared.by_ward["share"] * shared.by_ward["small_area_code"].map(small["population"]))
        return table.groupby(["ward", "area_code"], as_index=False)[["people"]].sum()
    shares = shared.table
    both = pairs[["small_area_code", "area_code", "share", "population"]].rename(columns={"area_code": "ward", "share": "in_ward"})
    both = both.merge(shares, on="small_area_code")
    both["people"] = both["population"] * both["in_ward"] * both["share"] / both["small_area_code"].map(small["share"])
    return both.groupby(["ward", "area_code"], as_index=False)[["people"]].sum()


def _areas(
    evidence: Evidence, own: OwnAreas, wards: pd.DataFrame, pairs: pd.DataFrame, small: pd.DataFrame, shared: _Shared
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    shares, rules = shared.table, geography_rules().error_class
    whole = shares.assign(share=shares["share"] / shares["small_area_code"].map(small["share"]))
    fit = geography.fit_of(whole, small["population"], rules.good_below, rules.fair_below, rules.none_from)
    crossing = _crossing(pairs, small, shared)
    main = crossing.sort_values("people", ascending=False).drop_duplicates("area_code").set_index("area_code")["ward"]
    rural = crossing.assign(rural=crossing["people"] * crossing["ward"].map(wards["rural"]).astype(float)).groupby("area_code")
    weights = shares.assign(people=shares["share"] * shares["small_area_code"].map(small["population"]))
    people = weights.groupby("area_code")["people"].sum()
    codes = people.sort_index().index
    homes = crossing.assign(
        homes=crossing["people"] * crossing["ward"].map(wards["households"] / wards["population"].where(wards["population"] > 0))
    )
    frame = pd.DataFrame(index=pd.Index(codes, name="area_code"))
    frame["area_name"] = own.names.reindex(codes).to_numpy()
    for column in ("council_code", "council_name", "nation", "upper_code", "upper_name"):
        frame[column] = wards[column].reindex(main.reindex(codes)).to_numpy()
    frame["edition"] = EDITION
    frame["population"] = people.reindex(codes).round().astype("int64")
    frame["households"] = homes.groupby("area_code")["homes"].sum().reindex(codes).fillna(0).round().astype("int64")
    frame["rural"] = (rural["rural"].sum() / rural["people"].sum()).reindex(codes).fillna(0).to_numpy() > geography_rules().rural_over
    frame["straddle"] = fit["straddle"].reindex(codes).round(3)
    frame["error_p90"], frame["error_class"] = _errors(evidence, own, shared, fit.reindex(codes), crossing, wards)
    outlines = whole_wards.outlines(wards, own.wards) if own.wards is not None else None
    if own.shapes is not None:
        outlines = own.shapes.set_index("code").geometry
    if outlines is not None:
        shapes = outlines.reindex(codes)
        spot = shapely.point_on_surface(shapes.to_numpy())
        frame["x"], frame["y"] = shapely.get_x(spot).round(), shapely.get_y(spot).round()
    else:
        for axis in ("x", "y"):
            frame[axis] = (weights["people"] * weights["small_area_code"].map(small[axis]).astype(float)).groupby(
                weights["area_code"]
            ).sum() / people
            frame[axis] = frame[axis].round()
        shapes = gpd.GeoSeries.from_xy(frame["x"], frame["y"], index=frame.index, crs=METRES)
    made = gpd.GeoDataFrame(frame[[c for c in evidence.areas.columns if c != "geometry"]], geometry=shapes.to_numpy(), crs=METRES)
    table = made[["area_name", "population", "straddle", "error_class"]].reset_index()
    table.insert(3, "small_areas", table["area_code"].map(shares.groupby("area_code").size()))
    return made, table


def _errors(
    evidence: Evidence, own: OwnAreas, shared: _Shared, fit: pd.DataFrame, crossing: pd.DataFrame, wards: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """Size of the error of nine in ten such areas, and its class.

    Whole small areas are as good as the best of wards; postcodes with their small area as wards made in
    the same way; whole wards as the wards themselves. What is divided without knowing which postcode is
    of which small area adds the error measured for it.
    """
    p90 = evidence.areas.groupby("error_class")["error_p90"].first()
    good, fair = float(p90.get("good", 0.0)), float(p90.get("fair", 0.1))
    if shared.kind == "whole":
        return pd.Series(good, fit.index), pd.Series("good", fit.index)
    if shared.kind == "postcodes":
        return fit["error_class"].map(p90).fillna(1.0), fit["error_class"]
    if own.electoral:
        size = pd.Series(whole_wards.electoral_error(evidence, wards), fit.index)
        return size, pd.Series(np.select([size <= good, size <= fair], ["good", "fair"], "rough"), fit.index)
    weighed = crossing.assign(error=crossing["people"] * crossing["ward"].map(wards["error_p90"])).groupby("area_code")
    base = (weighed["error"].sum() / weighed["people"].sum()).reindex(fit.index)
    divided = pd.Series(0.0, fit.index) if shared.divided is None else shared.divided.reindex(fit.index).fillna(0.0)
    size = (base + divided * own_rules().areas.error_of_divided).clip(upper=1.0).round(3)
    return size, pd.Series(np.select([size <= good, size <= fair], ["good", "fair"], "rough"), fit.index)


def _observations(
    evidence: Evidence, own: OwnAreas, wards: pd.DataFrame, pairs: pd.DataFrame, small: pd.DataFrame, shared: _Shared, made: pd.DataFrame
) -> pd.DataFrame:
    held, shares = evidence.observations, shared.table
    by_ward = held[(held["level"] == "ward") & held["area_code"].isin(wards.index)]
    if own.wards is not None:
        local = whole_wards.counted(by_ward[by_ward["area_code"].isin(shares["small_area_code"])], wards)
    else:
        local = held[(held["level"] == "lsoa21") & held["area_code"].isin(shares["small_area_code"])]
    summed = {}
    for measure, rows in local[local["measure"] != "age75"].groupby("measure"):
        table = rows.set_index("area_code")
        if table["count"].isna().all():
            summed[str(measure)] = table[["value", "of"]].astype(float)
        else:
            counts = table[["count", "of", "low", "high"]].astype(float)
            summed[str(measure)] = counts.assign(low=counts["low"].fillna(counts["count"]), high=counts["high"].fillna(counts["count"]))
    long = rounded(geography.to_wards(summed, shares))
    long = pd.concat([long, sum_of_75(long)], ignore_index=True).assign(fit="weighted")
    carried = _carried(by_ward[~by_ward["measure"].isin(long["measure"].unique())], _crossing(pairs, small, shared), wards)
    table = long if carried.empty else pd.concat([long, carried], ignore_index=True)
    about = by_ward.drop_duplicates("measure").set_index("measure")
    table["source"], table["period"] = table["measure"].map(about["source"]), table["measure"].map(about["period"])
    table = table.dropna(subset="source").assign(level="ward")
    none = table["area_code"].map(made["error_class"]) == "none"
    table.loc[none, ["count", "of", "value", "low", "high"]] = np.nan
    table.loc[none, "observed"] = 0.0
    if own.wards is not None:
        table["fit"] = table["measure"].map(whole_wards.fits(by_ward))
        known = whole_wards.observed(by_ward, wards, own.wards)
        table["observed"] = known.reindex(pd.MultiIndex.from_frame(table[["area_code", "measure"]])).to_numpy()
    error = whole_wards.errors(own, table, table["area_code"].map(made["error_p90"]))
    wide = table["count"].notna() & (error > 0.10)
    low, high = table["low"].fillna(table["count"]), table["high"].fillna(table["count"])
    table["low"] = table["low"].where(~wide, (low * (1 - error)).round())
    table["high"] = table["high"].where(~wide, np.minimum((high * (1 + error)).round(), table["of"]))
    return table[list(held.columns)]


def _carried(rows: pd.DataFrame, crossing: pd.DataFrame, wards: pd.DataFrame) -> pd.DataFrame:
    """Counts that only wards have, in own areas: each ward's count by the share of its people who live there."""
    share = crossing.assign(part=crossing["people"] / crossing.groupby("ward")["people"].transform("sum"))
    parts = []
    for measure, table in rows[rows["count"].notna()].groupby("measure"):
        both = share.merge(table[["area_code", "count", "of"]].rename(columns={"area_code": "ward"}), on="ward", how="left")
        sums = (
            both.assign(count=both["count"] * both["part"], of=both["of"] * both["part"])
            .groupby("area_code")[["count", "of"]]
            .sum(min_count=1)
        )
        part = derived(str(measure), sums["count"], sums["of"])
        parts.append(part.assign(fit="estimated"))
    empty = pd.DataFrame(columns=["area_code", "measure", "count", "of", "low", "high", "value", "observed", "fit"])
    return pd.concat(parts, ignore_index=True) if parts else empty
