"""Where refreshed wards stand among their nation's: values, distributions, percentiles, and the same under best fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from exclusion import geography, risk
from exclusion.building import tabulate
from exclusion.building.finding import FIT_FILE
from exclusion.judgement.score import methods
from exclusion.release import Evidence
from exclusion.sources import boundaries


def values(base: Evidence, ward_rows: pd.DataFrame) -> pd.DataFrame:
    """Ward values by measure as the new release will have them."""
    values = base.wide("ward", "value").copy()
    for name, rows in ward_rows[ward_rows["measure"] != "population"].groupby("measure"):
        new = rows.set_index("area_code")["value"]
        column = values[name].copy() if name in values else pd.Series(np.nan, values.index)
        column.loc[new.index] = new
        values[name] = column
    return values


def reference(
    older: pd.DataFrame, base: Evidence, ward_rows: pd.DataFrame, small_rows: pd.DataFrame, national: set[str], values: pd.DataFrame
) -> pd.DataFrame:
    """Distributions of whole nations worked out again; of other measures as they were."""
    if not national:
        return older
    letters = {nation: code[0] for nation, code in boundaries.NATION_CODE.items()}
    small = small_rows[small_rows["measure"].isin(national)].pivot(index="area_code", columns="measure", values="value")
    new = []
    for level, table in (("ward", values), ("lsoa21", small)):
        for domains_of, nations in tabulate.placed_by(level):
            used = {d.id: {i.measure for i in d.indicator} for d in domains_of}
            for nation in nations:
                here = table[table.index.str.startswith(letters[nation])]
                series = {m: here[m] for m in sorted(national) if m in here and (level == "ward" or m in tabulate.POCKET_MEASURES)}
                whole = [d for d in domains_of if used[d.id] <= national]
                if whole:
                    domains = risk.domain_values(here, whole).dropna()  # as the builder has it: an area without one domain counts in none
                    series |= {f"domain_{d}": domains[d] for d in domains}
                for name, column in series.items():
                    if name not in ("population",) and column.notna().any():
                        quantiles = {
                            "nation": nation,
                            "level": level,
                            "measure": name,
                            "q": np.arange(1001),
                            "value": risk.quantiles(column.dropna()),
                        }
                        new.append(pd.DataFrame(quantiles))
    if not new:
        return older
    fresh = pd.concat(new, ignore_index=True)
    key = ["nation", "level", "measure"]
    stay = older.merge(fresh[key].drop_duplicates(), on=key, how="left", indicator=True)
    both = pd.concat([stay[stay["_merge"] == "left_only"].drop(columns="_merge"), fresh], ignore_index=True)
    return both.astype({"q": "int16", "value": "float32"})


def standing(older: pd.DataFrame, reference: pd.DataFrame, base: Evidence, values: pd.DataFrame) -> pd.DataFrame:
    """Percentiles of wards whose figures changed, by the distributions of the new release; of others as they were."""
    before = base.wide("ward", "value")
    parts = []
    keyed = reference[reference["level"] == "ward"]
    for preset in methods().values():
        for nation in preset.nations:
            letter = boundaries.NATION_CODE[nation][0]
            here = values[values.index.str.startswith(letter)]
            domains = risk.domain_values(here, preset.domain)
            earlier = risk.domain_values(before.reindex(here.index), preset.domain)
            for d in domains:
                moved = ~((domains[d] - earlier[d]).abs() < 1e-9) & ~(domains[d].isna() & earlier[d].isna())
                if moved.any():
                    where = (keyed["nation"] == nation) & (keyed["measure"] == f"domain_{d}")
                    quantiles = keyed[where].sort_values("q")["value"].to_numpy(dtype=float)
                    codes = domains.index[moved.to_numpy()]
                    place = risk.percentile(domains[d].reindex(codes).to_numpy(), quantiles).round(3)
                    parts.append(pd.DataFrame({"area_code": codes, "nation": nation, "domain": str(d), "percentile": place}))
    if not parts:
        return older
    fresh = pd.concat(parts, ignore_index=True)
    stay = older.merge(fresh[["area_code", "domain"]], on=["area_code", "domain"], how="left", indicator=True)
    both = pd.concat([stay[stay["_merge"] == "left_only"].drop(columns="_merge"), fresh.dropna(subset=["percentile"])], ignore_index=True)
    return both[older.columns].astype({"percentile": "float32"})


def best_fit(folder: Path, shares: pd.DataFrame) -> pd.Series:
    """Best-fit ward of every small area: as fetched, else as in the release."""
    best = shares.drop_duplicates("small_area_code").set_index("small_area_code")["best_fit"]
    if (folder / FIT_FILE).is_file():
        fetched = pd.read_csv(folder / FIT_FILE, usecols=["LSOA21CD", "WD25CD"], dtype=str).set_index("LSOA21CD")["WD25CD"]
        known = fetched[fetched.index.isin(best.index) & fetched.isin(shares["area_code"])]
        best = best.copy()
        best.loc[known.index] = known
    return best


def alternative(
    older: pd.DataFrame | None, folder: Path, found: Mapping[str, pd.DataFrame], shares: pd.DataFrame, wards: pd.Index
) -> pd.DataFrame:
    """Domain indicators under best fit, for the wards asked for where all their small areas were fetched."""
    empty = pd.DataFrame({"area_code": pd.Series(dtype=str), "domain": pd.Series(dtype=str), "value": pd.Series(dtype="float32")})
    older = empty if older is None else older
    best = best_fit(folder, shares)
    best = best[best.isin(wards)]
    parts = []
    for preset in methods().values():
        letters = tuple(boundaries.NATION_CODE[nation][0] for nation in preset.nations)
        here = best[best.str.startswith(letters)]
        for domain in preset.domain:
            wanted = {i.measure: found[i.measure] for i in domain.indicator if i.measure in found}
            if len(wanted) < len(domain.indicator) or here.empty:
                continue
            lacking = here[~here.index.isin(set.intersection(*(set(t.index) for t in wanted.values())))]
            fit = here[~here.isin(lacking)]
            if fit.empty:
                continue
            inside = {m: t[t.index.isin(fit.index)] for m, t in wanted.items()}
            long = tabulate._rounded(geography.to_wards(inside, geography.shares_by_best_fit(fit)))
            values = risk.domain_values(long.pivot(index="area_code", columns="measure", values="value"), [domain])[domain.id].dropna()
            parts.append(pd.DataFrame({"area_code": values.index, "domain": domain.id, "value": values.to_numpy()}))
    if not parts:
        return older
    fresh = pd.concat(parts, ignore_index=True)
    stay = older.merge(fresh[["area_code", "domain"]], on=["area_code", "domain"], how="left", indicator=True)
    both = pd.concat([stay[stay["_merge"] == "left_only"].drop(columns="_merge"), fresh], ignore_index=True)
    return both.sort_values(["domain", "area_code"], ignore_index=True)[older.columns].astype({"value": "float32"})
