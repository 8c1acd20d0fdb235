"""From publishers' measures to the tables of a release: counts summed, rounded once, rates divided last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from exclusion import access, geography, risk
from exclusion.building import context, published
from exclusion.building.gathering import Gathered
from exclusion.contracts import TABLES
from exclusion.judgement.access import access_rules
from exclusion.judgement.score import Domain, geography_rules, methods
from exclusion.sources import boundaries, published_wards

HOUSEHOLDS = ("no_car", "social_rented", "disabled_household")
"""Measures of households, in the order in which a ward's number of households is taken from them."""
NO_POINTS = "Northern Ireland"
"""Where no postcode points are open: small areas are shared by area, and distances are not known."""

POCKET_MEASURES = ("age75", "disabled_lot", "income_dep", "older_income_dep", "poor_english", "no_car", "carers")


def tables(
    data: Gathered, points: pd.DataFrame, shares: pd.DataFrame, best_fit: pd.Series
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    rules = geography_rules()
    people = data.measures["population"]["count"]
    wards = data.wards.set_index("area_code")
    fit = geography.fit_of(shares, people, rules.error_class.good_below, rules.error_class.fair_below, rules.error_class.none_from).reindex(
        wards.index
    )
    measured = _fit_measured(data, people, shares, best_fit, fit)
    long = _rounded(published.lay_over(geography.to_wards(data.measures, shares), data.measures, shares, data.as_published))
    population = long[long["measure"] == "population"].set_index("area_code")["count"]
    households = _households(long)
    by_area = (wards["nation"] == NO_POINTS).to_numpy()
    rural_people = shares.assign(
        people=shares["share"] * people.reindex(shares["small_area_code"]).to_numpy(),
        rural=data.rural.reindex(shares["small_area_code"], fill_value=False).to_numpy(bool),
    )
    rural_share = rural_people[rural_people["rural"]].groupby("area_code")["people"].sum().reindex(wards.index).fillna(
        0
    ) / rural_people.groupby("area_code")["people"].sum().reindex(wards.index)
    error_p90 = {
        way: {name: measured["fit"][way]["p90_by_class"][name] for name in ("good", "fair", "rough")} | {"none": 1.0}
        for way in ("postcodes", "area")
    }
    centre = boundaries.points_of(data.wards).set_index(data.wards["area_code"])
    areas = wards.drop(columns="geometry").assign(
        edition=rules.edition,
        population=population.reindex(wards.index).astype("int64"),
        households=households.reindex(wards.index).astype("int64"),
        rural=(rural_share > rules.rural_over).fillna(False).to_numpy(),
        straddle=fit["straddle"].round(3),
        error_class=fit["error_class"],
        error_p90=fit["error_class"].map(error_p90["area"]).where(by_area, fit["error_class"].map(error_p90["postcodes"])),
        x=centre["x"],
        y=centre["y"],
    )
    weight = people.reindex(points["small_area_code"]).to_numpy() / points.groupby("small_area_code")["x"].transform("size").to_numpy()
    far = access.share_beyond(points.assign(people=weight), data.libraries, access_rules().far_metres, "area_code")
    ward_rows = pd.concat(
        [
            long[~long["measure"].isin(["population"])],
            _age75(long),
            _derived("far_help", (far * population).reindex(wards.index[~by_area]), population.reindex(wards.index[~by_area])),
            _lone66(long, data.published, data.lone66_total, measured),
        ],
        ignore_index=True,
    )
    ward_rows["fit"] = ward_rows["fit"].fillna("weighted")
    ward_rows.loc[ward_rows["area_code"].isin(wards.index[by_area]), "fit"] = "area"
    ward_rows.loc[ward_rows["measure"] == "lone66_est", "fit"] = "estimated"
    ward_rows = ward_rows.assign(level="ward")
    if as_published := published.measured(data.measures, shares, data.as_published, fit["error_class"]):
        measured["published"] = published.beside(None, as_published, data.wards["council_code"], "")
    small_rows = _rounded(_small(data.measures, data.small["small_area_code"]))
    small_rows = pd.concat([small_rows[small_rows["measure"] != "population"], _age75(small_rows)], ignore_index=True).assign(
        level="lsoa21", fit="published"
    )
    nation_rows = _nations(data, ward_rows)
    ward_rows = _blank_where_no_figure(ward_rows, fit)
    council_rows = data.council.assign(
        level="council", count=np.nan, of=np.nan, low=np.nan, high=np.nan, observed=np.nan, fit="council_wide"
    )
    about = data.about | {
        "age75": data.about["age85"],
        "far_help": dict.fromkeys(data.nations, ("libraries_2025", "2025-04")),
        "lone66_est": dict.fromkeys(data.nations, ("census2021_wards", "2021-03-21")),
    }
    # On the border a small area of one nation reaches into a ward of the other: what only its nation counts says nothing of that ward.
    nation_of = ward_rows["area_code"].str[0].map(boundaries.NATION_OF)
    ward_rows = ward_rows[[nation in about[measure] for measure, nation in zip(ward_rows["measure"], nation_of, strict=True)]]
    ours = pd.concat([ward_rows, small_rows, nation_rows], ignore_index=True)
    pairs = pd.MultiIndex.from_arrays([ours["measure"], ours["area_code"].str[0].map(boundaries.NATION_OF)])
    told = {pair: about[pair[0]][pair[1]] for pair in pairs.unique()}
    ours["source"], ours["period"] = [told[pair][0] for pair in pairs], [told[pair][1] for pair in pairs]
    exact = (ours["level"] == "ward") & (ours["fit"] == "published")
    ours.loc[exact, ["source", "period"]] = [published_wards.SOURCE.id, published_wards.SOURCE.period]
    observations = pd.concat([ours, council_rows], ignore_index=True)
    reference, reference_wards = _reference(ward_rows, small_rows)
    code_name = data.small.set_index("small_area_code")
    spots = boundaries.points_of(data.small).set_index(data.small["small_area_code"])
    shares = shares[shares["small_area_code"].isin(code_name.index)].reset_index(drop=True)
    small_areas = shares.assign(
        kind=code_name["kind"].reindex(shares["small_area_code"]).to_numpy(),
        small_area_name=code_name["small_area_name"].reindex(shares["small_area_code"]).to_numpy(),
        population=people.reindex(shares["small_area_code"]).to_numpy().astype("int64"),
        x=spots["x"].reindex(shares["small_area_code"]).to_numpy(),
        y=spots["y"].reindex(shares["small_area_code"]).to_numpy(),
        share=shares["share"].round(6),
    )
    measured["people"] = {
        "small_areas": int(people.sum()),
        "wards": int(areas["population"].sum()),
        "difference": int(areas["population"].sum() - people.sum()),
    }
    columns = ["level", "area_code", "measure", "count", "of", "value", "low", "high", "observed", "fit", "source", "period"]
    return {
        "areas": areas.reset_index()[[*_AREA_COLUMNS]],
        "small_areas": small_areas[["small_area_code", "kind", "small_area_name", "population", "x", "y", "area_code", "share"]],
        "observations": _compact(observations[columns]),
        "reference": reference.astype({"q": "int16", "value": "float32"}),
        "reference_wards": reference_wards.astype({"percentile": "float32"}),
        "shares": shares_table(shares, best_fit),
        "census_wards": data.census_wards.rename("census_ward").rename_axis("area_code").reset_index(),
        "alternative": _alternative(data.measures, best_fit).astype({"value": "float32"}),
        "context": context.table(data.context, data.context_by_council, data.context_about, shares, areas.reset_index()),
    }, measured


def shares_table(shares: pd.DataFrame, best_fit: pd.Series) -> pd.DataFrame:
    """How every small area is shared among wards, and its best-fit ward: what a council's figures are refreshed by."""
    table = shares.merge(best_fit.rename("best_fit"), left_on="small_area_code", right_index=True, validate="m:1")
    table["best_fit"] = table["best_fit"].astype(str)
    return table[["small_area_code", "area_code", "share", "best_fit"]].reset_index(drop=True)


_AREA_COLUMNS = tuple(TABLES["areas"].columns)


def _rounded(long: pd.DataFrame) -> pd.DataFrame:
    """Round once: counts to whole numbers, rates to 6 decimals of the rounded counts."""
    table = long.copy()
    for column in ("count", "of", "low", "high"):
        table[column] = table[column].round()
    table["count"] = np.minimum(table["count"], table["of"])
    same = (table["low"] == table["count"]) & (table["high"] == table["count"])
    table.loc[same, ["low", "high"]] = np.nan  # no range: the count is the count
    counted = table["count"].notna()
    rate = (table["count"] / table["of"].where(table["of"] > 0)).round(6)
    table["value"] = table["value"].round(6).where(~counted, rate)
    table["observed"] = table["observed"].round(3)
    return table


def _blank_where_no_figure(ward_rows: pd.DataFrame, fit: pd.DataFrame) -> pd.DataFrame:
    """Leave figures blank in wards that are so small a part of their small areas that any figure would be somebody else's."""
    table = ward_rows.copy()
    none = (table["area_code"].map(fit["error_class"]) == "none") & (table["fit"] != "published" if "fit" in table else True)
    table.loc[none, ["count", "of", "value", "low", "high"]] = np.nan
    table.loc[none, "observed"] = 0.0
    return table


def _households(long: pd.DataFrame) -> pd.Series:
    """Households by ward, from the first of the census tables that its nation has."""
    of = long[long["measure"].isin(HOUSEHOLDS)].pivot(index="area_code", columns="measure", values="of")
    return of.reindex(columns=list(HOUSEHOLDS)).bfill(axis=1).iloc[:, 0]


def _small(found: Mapping[str, pd.DataFrame], codes: pd.Series | None = None) -> pd.DataFrame:
    """Figures of the small areas named (all when None) as published, in the same columns as ward figures."""
    frames = []
    for measure, whole in found.items():
        table = whole if codes is None else whole[whole.index.isin(codes)]
        frame = pd.DataFrame({column: table.get(column, np.nan) for column in ("count", "of", "low", "high", "value")}, index=table.index)
        frame["value"] = table["value"] if "value" in table else frame["count"] / frame["of"].where(frame["of"] > 0)
        frame["observed"] = frame["value"].notna().astype(float)
        frame.insert(0, "measure", measure)
        frames.append(frame.rename_axis("area_code").reset_index())
    return pd.concat(frames, ignore_index=True)


def _derived(measure: str, count: pd.Series, of: pd.Series, low: pd.Series | None = None, high: pd.Series | None = None) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "measure": measure,
            "count": count,
            "of": of,
            "low": count if low is None else low,
            "high": count if high is None else high,
            "value": np.nan,
            "observed": count.notna().astype(float),
        }
    )
    return _rounded(frame.rename_axis("area_code").reset_index())


def _age75(long: pd.DataFrame) -> pd.DataFrame:
    """75 and over as the sum of the two rounded age groups, so that a reader's sum agrees."""
    parts = long[long["measure"].isin(["age75_84", "age85"])]
    sums = parts.groupby("area_code")["count"].sum(min_count=2)
    of = parts.groupby("area_code")["of"].first()
    table = _derived("age75", sums, of)
    return table if "fit" not in parts else table.assign(fit=table["area_code"].map(parts.groupby("area_code")["fit"].first()))


def _lone66(long: pd.DataFrame, published: pd.DataFrame, total: float, measured: dict[str, Any]) -> pd.DataFrame:
    """One-person households aged 66+, estimated from one-person households and ages.

    Fitted on wards with published figures, then scaled once so that all wards add up to the
    published total; the error is taken from councils left out of the fit.
    """
    rows = published.dropna()
    names = ["one_person", "age65_74", "age75"]
    fitted = np.linalg.lstsq(rows[names].to_numpy(float), rows["lone66"].to_numpy(float), rcond=None)[0]
    misses = []
    for council in rows["council_code"].unique():
        inside, outside = rows[rows["council_code"] != council], rows[rows["council_code"] == council]
        trial = np.linalg.lstsq(inside[names].to_numpy(float), inside["lone66"].to_numpy(float), rcond=None)[0]
        misses.append((outside[names].to_numpy(float) @ trial / outside["lone66"] - 1).abs())
    error = pd.concat(misses)
    measured["lone66"] = {
        "wards": len(rows),
        "councils": int(rows["council_code"].nunique()),
        **{f"per_{name}": round(float(value), 4) for name, value in zip(names, fitted, strict=True)},
        "median_error": round(float(error.median()), 4),
        "p90_error": round(float(error.quantile(0.9)), 4),
    }
    wide = long[long["measure"].isin([*names[:2], "age75_84", "age85"])].pivot(index="area_code", columns="measure", values="count")
    wide["age75"] = wide["age75_84"] + wide["age85"]
    wide = wide[wide["one_person"].notna()]  # nations without the table have no estimate
    households = long[long["measure"] == "one_person"].set_index("area_code")["of"].reindex(wide.index)
    alone = wide["one_person"]
    raw = (wide[names].to_numpy(float) @ fitted).clip(0)
    measured["lone66"]["scaled_by"] = round(total / float(raw.sum()), 4)
    count = np.minimum(raw * total / raw.sum(), alone)
    p90 = measured["lone66"]["p90_error"]
    return _derived(
        "lone66_est",
        pd.Series(count, wide.index),
        households,
        pd.Series(count * (1 - p90), wide.index),
        pd.Series(np.minimum(count * (1 + p90), alone), wide.index),
    )


def _nations(data: Gathered, ward_rows: pd.DataFrame) -> pd.DataFrame:
    """National totals to compare with: of small areas as published, or of wards for what only wards have."""
    frames = []
    for code in boundaries.NATION_CODE.values():
        letter = code[0]
        letters = (letter, "9") if letter == "N" else (letter,)  # super output areas have codes of their own
        small = {m: t[t.index.str.startswith(letters)] for m, t in data.measures.items() if m != "population"}
        small = {m: t for m, t in small.items() if len(t)}
        if not small:
            continue
        one = pd.DataFrame({"small_area_code": sorted(set().union(*(t.index for t in small.values()))), "area_code": code, "share": 1.0})
        total = _rounded(geography.to_wards(small, one))
        from_wards = ward_rows[ward_rows["measure"].isin(["far_help", "lone66_est"]) & ward_rows["area_code"].str.startswith(letter)]
        sums = from_wards.groupby("measure")[["count", "of"]].sum()
        each = [_derived(str(m), pd.Series({code: row["count"]}), pd.Series({code: row["of"]})) for m, row in sums.iterrows()]
        extra = pd.concat(each, ignore_index=True) if each else total.iloc[:0]
        frames += [total, *([_age75(total)] if "age85" in small else []), extra]
    table = pd.concat(frames, ignore_index=True)
    table[["low", "high"]] = np.nan
    return table.assign(level="nation", fit="national")


def placed_by(level: str) -> list[tuple[Sequence[Domain], tuple[str, ...]]]:
    """Domains, and the nations whose areas are placed by them: as each method has it.

    A nation that no method scores has no domains; its wards' measures are placed all the same, for the rules
    look at each nation within itself. Its small areas are not: none of them lies within a ward.
    """
    scored: list[tuple[Sequence[Domain], tuple[str, ...]]] = [(preset.domain, tuple(preset.nations)) for preset in methods().values()]
    others = tuple(set(boundaries.NATION_CODE).difference(*(nations for _, nations in scored)))
    return [*scored, ((), others)] if level == "ward" else scored


def _reference(ward_rows: pd.DataFrame, small_rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Frozen distributions of every measure and domain, and every ward's domain percentiles."""
    frames, standing = [], []
    letters = {nation: code[0] for nation, code in boundaries.NATION_CODE.items()}
    for level, rows in (("ward", ward_rows), ("lsoa21", small_rows)):
        values = rows.pivot(index="area_code", columns="measure", values="value")
        for domains_of, nations in placed_by(level):
            for nation in [name for name in nations if letters[name] in set(values.index.str[0])]:
                here = values[values.index.str.startswith(letters[nation])]
                domains = risk.domain_values(here, domains_of).dropna()
                wanted = here[[m for m in here.columns if level == "ward" or m in POCKET_MEASURES]]
                series = {m: wanted[m] for m in wanted if wanted[m].notna().any()} | {f"domain_{d}": domains[d] for d in domains}
                for name, column in series.items():
                    frames.append(
                        pd.DataFrame(
                            {"nation": nation, "level": level, "measure": name, "q": np.arange(1001), "value": risk.quantiles(column)}
                        )
                    )
                if level == "ward":
                    for d in domains:
                        place = risk.percentile(domains[d].to_numpy(), risk.quantiles(domains[d]))
                        standing.append(
                            pd.DataFrame({"area_code": domains.index, "nation": nation, "domain": d, "percentile": place.round(3)})
                        )
    return pd.concat(frames, ignore_index=True), pd.concat(standing, ignore_index=True)


def _alternative(found: Mapping[str, pd.DataFrame], best_fit: pd.Series) -> pd.DataFrame:
    """Domain indicators of every ward when each small area goes whole to its best-fit ward; wards it leaves empty are not there."""
    frames = []
    for preset in methods().values():
        wanted = {i.measure: found[i.measure] for d in preset.domain for i in d.indicator if i.measure in found}
        long = _rounded(geography.to_wards(wanted, geography.shares_by_best_fit(best_fit)))
        letters = tuple(boundaries.NATION_CODE[nation][0] for nation in preset.nations)
        values = long[long["area_code"].str.startswith(letters)].pivot(index="area_code", columns="measure", values="value")
        domains = risk.domain_values(values, preset.domain)
        frames += [
            pd.DataFrame({"area_code": known.index, "domain": name, "value": known.to_numpy()})
            for name, known in ((str(name), domains[name].dropna()) for name in domains)
        ]
    table: pd.DataFrame = pd.concat(frames, ignore_index=True).sort_values(["domain", "area_code"], ignore_index=True)
    return table


def _fit_measured(data: Gathered, people: pd.Series, shares: pd.DataFrame, best_fit: pd.Series, fit: pd.DataFrame) -> dict[str, Any]:
    """Error of ward counts by each way of sharing, on wards whose published figure exists.

    Median and the like are of all residents. Those by class are of groups of them (people aged 75 and over, people
    living alone), which is what the pages count: a group lives less evenly than everybody does, so its errors are larger.
    """
    pairs = data.unchanged[data.unchanged.isin(data.published.index)]
    pairs = pairs[~pairs.index.duplicated()]
    truth = pd.Series(data.published["population"].reindex(pairs).to_numpy(), index=pairs.index).dropna()
    result: dict[str, Any] = {"wards": len(truth)}
    rules = geography_rules().error_class
    older = data.measures["age75_84"]["count"] + data.measures["age85"]["count"]
    groups = {"age65_74": data.measures["age65_74"]["count"], "age75": older, "one_person": data.measures["one_person"]["count"]}
    ways = {"best_fit": geography.shares_by_best_fit(best_fit), "area": geography.normalised(data.area_shares), "postcodes": shares}
    by_area = fit.index.isin(data.shared_by_area["area_code"])
    for name, way in ways.items():
        error = geography.errors(_shared(way, people), truth)
        result[name] = {
            "median": round(float(error.median()), 4),
            "p90": round(float(error.quantile(0.9)), 4),
            "max": round(float(error.max()), 4),
        }
        if name != "best_fit":
            # Where small areas are shared by area, the error is the one that sharing by area makes on the published wards.
            mixed = fit if name == "postcodes" else geography.fit_of(way, people, rules.good_below, rules.fair_below, rules.none_from)
            of_groups = []
            for group, counted in groups.items():
                told = pd.Series(data.published[group].reindex(pairs).to_numpy(), index=pairs.index).dropna()
                of_groups.append(geography.errors(_shared(way, counted), told[told >= published.FEWEST]))
            misses = pd.concat(of_groups)
            by_class = misses.groupby(mixed["error_class"].reindex(misses.index).to_numpy()).quantile(0.9)
            result[name]["p90_by_class"] = {c: round(float(by_class[c]), 3) for c in ("good", "fair", "rough")}
            here = fit.loc[by_area == (name == "area"), "error_class"]
            result[name]["wards_by_class"] = {c: int(n) for c, n in here.value_counts().sort_index().items()}
    return {"fit": result}


def _shared(way: pd.DataFrame, people: pd.Series) -> pd.Series:
    """Count by ward, of a count by small area."""
    sums: pd.Series = (way["share"] * people.reindex(way["small_area_code"]).to_numpy()).groupby(way["area_code"]).sum()
    return sums


def _compact(observations: pd.DataFrame) -> pd.DataFrame:
    """Observations as they go to disk: whole numbers as such, the value of a count left out, in a fixed order."""
    table = observations.sort_values(["level", "measure", "area_code"], ignore_index=True)
    table["value"] = table["value"].where(table["count"].isna())
    for column in ("count", "of", "low", "high"):
        table[column] = table[column].astype("Int32")
    table["observed"] = table["observed"].astype("float32").round(3)
    for column in ("level", "measure", "fit", "source", "period"):
        table[column] = table[column].astype("category")
    return table


# For whoever makes figures of other areas in the same way (exclusion.building.regroup).
rounded, derived, sum_of_75 = _rounded, _derived, _age75
