"""A release made newer with fetched files, for some councils or for whole nations, on top of another release.

Where a file holds every small area of a nation its measures are worked out again for all wards, with
the national figures and distributions. Where it holds the small areas of some councils, the wards of
those councils take the new figures and are placed among the wards of the older release. What was not
fetched stays as it was.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from exclusion import geography, release_write, risk
from exclusion.building import tabulate
from exclusion.building.finding import (
    BY_AREA,
    FIT_FILE,
    RURAL_FILE,
    SMALL_FILE,
    WARDS_FILE,
    irish_shares,
    letter_of,
    small_shapes,
)
from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.score import geography_rules, methods
from exclusion.release import Evidence
from exclusion.sources import Source, boundaries, census, connectivity, deprivation, northern_ireland, ofcom, ofcom_councils, scotland
from exclusion.words import join_words

Progress = Callable[[str, float], None]
HELD_BY = {
    "Broadband and mobile coverage by ward": (
        "bb_decent",
        "E",
        "Indoor mobile voice by ward",
        "Ofcom publishes mobile coverage by council only.",
    ),
    "One-person households aged 66 and over by ward in England and Wales": ("lone66", "E", "", ""),
    "Ages and disabled people by ward in Northern Ireland": (
        "age85",
        "N",
        "A score in Northern Ireland",
        "Figures are held by ward since they were fetched; no method of scoring has been checked there.",
    ),
}
"""A gap of the older release -> the measure that fills it and where, and what remains of the gap."""


@dataclass
class Found:
    """What could be read from the folder: measures by small area, with whose they are."""

    measures: dict[str, pd.DataFrame] = field(default_factory=dict)
    about: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    """Measure -> letter of a nation -> source and period: two nations count the same thing in different years."""
    sources: list[Source] = field(default_factory=list)

    def take(self, source: Source, tables: Mapping[str, pd.DataFrame]) -> None:
        """Add the measures of one source."""
        self.sources.append(source)
        for name, table in tables.items():
            older = self.measures.get(name)
            self.measures[name] = table if older is None else pd.concat([older, table])
            letters = {letter_of(str(code)[0]) for code in table.index}
            self.about.setdefault(name, {}).update(dict.fromkeys(letters, (source.id, source.period)))


def refresh(
    base: Evidence,
    folder: str | Path,
    out: str | Path,
    *,
    councils: Sequence[str],
    recoded: Mapping[str, str] | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a release with the fetched figures of some councils on top of ``base``.

    Parameters
    ----------
    base
        The release to start from; it must hold the shares of small areas in wards.
    folder
        Fetched files in the layout the builder reads; a file that is not there leaves its figures as
        they were.
    councils
        Codes of the councils whose wards are refreshed, mapped and shown by small area.
    recoded
        Council codes in files -> codes in force.

    Raises
    ------
    DataRefused
        With every problem found, before anything is written.
    """
    say = progress or (lambda text, share: None)
    folder, today = Path(folder), today or date.today()
    shares = base.shares().astype({"small_area_code": object, "area_code": object})  # looked up often: plain text is faster
    say("Reading the fetched files", 0.05)
    shares = pd.concat([shares, irish_shares(folder, base)], ignore_index=True)
    found = _found(folder, shares)
    wards = base.areas[base.areas["council_code"].isin(councils)]
    disk = {name: pq.read_table(base.path / f"{name}.parquet").to_pandas() for name in _tables_of(base)}
    say("Summing small areas to wards", 0.3)
    ward_rows, small_rows, national = _rows(base, found, shares, wards.index)
    nation_rows = _nations({m: t for m, t in found.measures.items() if m in national}, shares, disk["observations"])
    council_rows = _councils(folder, base, recoded or {}, found)
    disk["observations"] = _laid_over(disk["observations"], ward_rows, small_rows, nation_rows, council_rows, found.about)
    say("Placing wards among the nation's", 0.6)
    values = _values(base, ward_rows)
    disk["reference"] = _reference(disk["reference"], base, ward_rows, small_rows, national, values)
    disk["reference_wards"] = _standing(disk["reference_wards"], disk["reference"], base, values)
    disk["alternative"] = _alternative(disk.get("alternative"), folder, found, shares, wards.index)
    disk["areas"] = _areas(disk["areas"], folder, ward_rows, shares, found)
    disk["small_areas"] = _small_areas(disk["small_areas"], folder, found, shares, wards.index)
    shapes = _shapes(base, folder, wards)
    say("Writing the release", 0.85)
    held = {(str(m), str(c)) for m, c in zip(ward_rows["measure"], ward_rows["area_code"].str[0], strict=True)}
    head = _head(base, found, councils, today, held, disk["observations"])
    path = release_write.write(out, head, disk, shapes, _readme(base, head), quick=True)
    say("Done", 1.0)
    return path


def _tables_of(base: Evidence) -> list[str]:
    """Every table of the release, also those this module does not know: they are carried over."""
    names = [name.removesuffix(".parquet") for name in base.manifest.files if name.endswith(".parquet")]
    return [name for name in names if name != "boundaries"]


def _found(folder: Path, shares: pd.DataFrame) -> Found:
    """Every measure that the folder holds files for; codes are those of the release or it is refused."""
    found = Found()
    source, tables = census.read(folder, some=True)
    if tables:
        found.take(source, tables)
    people = "census/ew_lsoa21/mid2022_population_iod2025_england.csv.gz"
    if all((folder / name).is_file() for name in (people, "income/iod2025_england_lsoa21.csv.gz")):
        found.take(*deprivation.read_england(folder))
    population = found.measures.get("population")
    if population is not None and (folder / "connectivity/iod2025_digital_connectivity_lsoa21.csv.gz").is_file():
        source, table = connectivity.read_digital(folder, population["count"])
        found.take(source, {"connectivity": table})
    for live in (ofcom.read_fixed(folder), ofcom.read_voice(folder)):
        if live is not None:
            found.take(*live)
    source, tables = scotland.read_census(folder, some=True)
    if tables:
        found.take(source, tables)
    # Premises are weighted by people, so they wait for the table of ages.
    zones = tables["population"]["count"] if "population" in tables else None
    for source, measured in scotland.read_index(folder, zones, some=True):
        found.take(source, measured)
    if (shares["best_fit"] == BY_AREA).any():
        for source, measured in northern_ireland.read_fetched(folder):
            found.take(source, measured)
    codes = pd.Index(shares["small_area_code"].unique())
    for name, measure in found.measures.items():
        geography.require_same_codes(measure.index, codes, name, "the small areas of the release")
    return found


def _rows(base: Evidence, found: Found, shares: pd.DataFrame, wards: pd.Index) -> tuple[pd.DataFrame, pd.DataFrame, set[str]]:
    """New ward rows, new small-area rows, and the measures that are held for every small area of their nations."""
    letters = shares["small_area_code"].str[0]
    every = {letter: set(codes) for letter, codes in shares["small_area_code"].groupby(letters)}
    mapped = set(shares.loc[shares["area_code"].isin(wards) & (shares["best_fit"] != BY_AREA), "small_area_code"])
    ward_parts, small_parts, national = [], [], set()
    for name, table in found.measures.items():
        known = table.dropna(subset=["of"])
        here = {letter for letter in every if known.index.str.startswith(letter).any()}
        whole = {letter for letter in here if len(every[letter] - set(known.index)) <= len(every[letter]) * NEARLY}
        if whole == here:
            national.add(name)
            chosen = base.areas.index[base.areas.index.str[0].isin([letter_of(letter) for letter in whole])]
        else:
            chosen = wards[wards.str[0].isin([letter_of(letter) for letter in here])]
        use = shares[shares["area_code"].isin(chosen)]
        if name not in national:
            # A ward is only worked out again when every small area that has people in it was fetched.
            lacking = use[use["small_area_code"].str[0].isin(list(here)) & ~use["small_area_code"].isin(known.index)]
            use = use[~use["area_code"].isin(lacking["area_code"])]
        if use.empty:
            continue
        inside = table[table.index.isin(use["small_area_code"])]
        ward_parts.append(geography.to_wards({name: inside}, use[["small_area_code", "area_code", "share"]]))
        small_parts.append((name, table))
    if not ward_parts:
        raise DataRefused(Problem("The fetched files", "hold no figure for the wards asked for", "", "Fetch them again."))
    ward_rows = tabulate._rounded(pd.concat(ward_parts, ignore_index=True))
    ward_rows = pd.concat([ward_rows, _age75(ward_rows)], ignore_index=True)
    ward_rows = tabulate._blank_where_no_figure(ward_rows, base.areas[["error_class"]]).assign(level="ward")
    ward_rows["fit"] = np.where(ward_rows["area_code"].str.startswith("N"), "area", "weighted")
    small_rows = tabulate._rounded(tabulate._small(dict(small_parts)))
    small_rows = pd.concat([small_rows, _age75(small_rows)], ignore_index=True).assign(level="lsoa21", fit="published")
    small_rows["mapped"] = small_rows["area_code"].isin(mapped)
    if {"age75_84", "age85"} <= national:
        national.add("age75")
    return ward_rows, small_rows, national


NEARLY = 0.002
"""A nation counts as held when no more than this share of its small areas is not: a few have no premises."""


def _age75(rows: pd.DataFrame) -> pd.DataFrame:
    return tabulate._age75(rows) if {"age75_84", "age85"} <= set(rows["measure"]) else rows.iloc[:0]


def _nations(measures: Mapping[str, pd.DataFrame], shares: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """National totals of measures held for whole nations."""
    parts = []
    for code in boundaries.NATION_CODE.values():
        small = {m: t[[letter_of(c[0]) == code[0] for c in t.index]] for m, t in measures.items() if m != "population"}
        small = {m: t for m, t in small.items() if len(t)}
        if small:
            codes = sorted(set().union(*(t.index for t in small.values())))
            one = pd.DataFrame({"small_area_code": codes, "area_code": code, "share": 1.0})
            total = tabulate._rounded(geography.to_wards(small, one))
            parts += [total, _age75(total)]
    table = pd.concat(parts, ignore_index=True) if parts else older.iloc[:0].copy()
    table[["low", "high"]] = np.nan
    return table.assign(level="nation", fit="national")


def _councils(folder: Path, base: Evidence, recoded: Mapping[str, str], found: Found) -> pd.DataFrame:
    """Council-wide shares of premises, where they were fetched: of every council of the release."""
    parts = []
    if (folder / "connectivity/ofcom_area_coverage_ons_els_2022_2026.csv.gz").is_file():
        source, table = connectivity.read_below_30(folder)
        found.take(source, {})
        found.about["below_30mbps"] = dict.fromkeys("EWSN", (source.id, source.period))
        table["area_code"] = table["code"].map(lambda code: recoded.get(code, code))
        table["value"] = (table["value"] / 100).round(6)
        parts.append(table[["area_code", "measure", "value"]])
    if (live := ofcom_councils.read(folder)) is not None:
        sources, table = live
        period = {source.id: source.period for source in sources}
        for source in sources:
            found.take(source, {})
        for measure, name in table.drop_duplicates("measure").set_index("measure")["source"].items():
            found.about[str(measure)] = dict.fromkeys("EWSN", (name, period[name]))
        parts.append(table[["area_code", "measure", "value"]])
    if not parts:
        return pd.DataFrame(columns=["area_code", "measure"])
    both = pd.concat(parts, ignore_index=True)
    known = both[both["area_code"].isin(base.areas["council_code"])].drop_duplicates(["area_code", "measure"])
    blank = dict.fromkeys(["count", "of", "low", "high", "observed"], np.nan)
    return known.assign(level="council", fit="council_wide", **blank)


def _laid_over(
    older: pd.DataFrame,
    wards: pd.DataFrame,
    small: pd.DataFrame,
    nations: pd.DataFrame,
    councils: pd.DataFrame,
    about: Mapping[str, Mapping[str, tuple[str, str]]],
) -> pd.DataFrame:
    """The observations of the older release with new rows in the place of old ones."""
    parts = [part for part in (wards, small[small["mapped"]], nations, councils) if len(part)]
    new = pd.concat(parts, ignore_index=True)
    new = new[new["measure"] != "population"].drop(columns="mapped", errors="ignore")
    whose = {**about, "age75": about.get("age85", {})}
    pairs = pd.MultiIndex.from_arrays([new["measure"], new["area_code"].str[0]])
    # On the border a small area of one nation can reach into a ward of the other: its own source stands.
    told = {pair: whose[pair[0]].get(letter_of(pair[1])) or next(iter(whose[pair[0]].values())) for pair in pairs.unique()}
    new["source"], new["period"] = [told[pair][0] for pair in pairs], [told[pair][1] for pair in pairs]
    key = ["level", "area_code", "measure"]
    stay = older.merge(new[key].drop_duplicates(), on=key, how="left", indicator=True)
    both = pd.concat([stay[stay["_merge"] == "left_only"].drop(columns="_merge"), new], ignore_index=True)
    both = both.astype(dict.fromkeys(("count", "of", "value", "low", "high", "observed"), "float64"))
    for column in ("level", "measure", "fit", "source", "period"):
        both[column] = both[column].astype(str)
    return tabulate._compact(both[older.columns])


def _values(base: Evidence, ward_rows: pd.DataFrame) -> pd.DataFrame:
    """Ward values by measure as the new release will have them."""
    values = base.wide("ward", "value").copy()
    for name, rows in ward_rows[ward_rows["measure"] != "population"].groupby("measure"):
        new = rows.set_index("area_code")["value"]
        column = values[name].copy() if name in values else pd.Series(np.nan, values.index)
        column.loc[new.index] = new
        values[name] = column
    return values


def _reference(
    older: pd.DataFrame, base: Evidence, ward_rows: pd.DataFrame, small_rows: pd.DataFrame, national: set[str], values: pd.DataFrame
) -> pd.DataFrame:
    """Distributions of whole nations worked out again; of other measures as they were."""
    if not national:
        return older
    letters = {nation: code[0] for nation, code in boundaries.NATION_CODE.items()}
    small = small_rows[small_rows["measure"].isin(national)].pivot(index="area_code", columns="measure", values="value")
    new = []
    for level, table in (("ward", values), ("lsoa21", small)):
        for preset in methods().values():
            used = {d.id: {i.measure for i in d.indicator} for d in preset.domain}
            for nation in preset.nations:
                here = table[table.index.str.startswith(letters[nation])]
                series = {m: here[m] for m in sorted(national) if m in here and (level == "ward" or m in tabulate.POCKET_MEASURES)}
                whole = [d for d in preset.domain if used[d.id] <= national]
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


def _standing(older: pd.DataFrame, reference: pd.DataFrame, base: Evidence, values: pd.DataFrame) -> pd.DataFrame:
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


def _best_fit(folder: Path, shares: pd.DataFrame) -> pd.Series:
    """Best-fit ward of every small area: as fetched, else as in the release."""
    best = shares.drop_duplicates("small_area_code").set_index("small_area_code")["best_fit"]
    if (folder / FIT_FILE).is_file():
        fetched = pd.read_csv(folder / FIT_FILE, usecols=["LSOA21CD", "WD25CD"], dtype=str).set_index("LSOA21CD")["WD25CD"]
        known = fetched[fetched.index.isin(best.index) & fetched.isin(shares["area_code"])]
        best = best.copy()
        best.loc[known.index] = known
    return best


def _alternative(older: pd.DataFrame | None, folder: Path, found: Found, shares: pd.DataFrame, wards: pd.Index) -> pd.DataFrame:
    """Domain indicators under best fit, for the wards asked for where all their small areas were fetched."""
    empty = pd.DataFrame({"area_code": pd.Series(dtype=str), "domain": pd.Series(dtype=str), "value": pd.Series(dtype="float32")})
    older = empty if older is None else older
    best = _best_fit(folder, shares)
    best = best[best.isin(wards)]
    parts = []
    for preset in methods().values():
        letters = tuple(boundaries.NATION_CODE[nation][0] for nation in preset.nations)
        here = best[best.str.startswith(letters)]
        for domain in preset.domain:
            wanted = {i.measure: found.measures[i.measure] for i in domain.indicator if i.measure in found.measures}
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


def _areas(older: pd.DataFrame, folder: Path, ward_rows: pd.DataFrame, shares: pd.DataFrame, found: Found) -> pd.DataFrame:
    """People, households and rural class of the wards that were worked out again."""
    table = older.set_index("area_code")
    for column, measure, what in (("population", "population", "count"), ("households", "no_car", "of")):
        new = ward_rows[(ward_rows["measure"] == measure) & ward_rows[what].notna()].set_index("area_code")[what]
        table.loc[new.index, column] = new.astype("int64")
    if "population" in found.measures and (folder / RURAL_FILE).is_file():
        rural = pd.read_csv(folder / RURAL_FILE, usecols=["LSOA21CD", "ruc"], dtype=str).set_index("LSOA21CD")["ruc"] == "Rural"
        wards = ward_rows.loc[ward_rows["measure"] == "population", "area_code"]
        rows = shares[shares["area_code"].isin(wards[wards.str.startswith(("E", "W"))])]
        if len(rows) and rows["small_area_code"].isin(rural.index).all():
            people = rows["share"] * found.measures["population"]["count"].reindex(rows["small_area_code"]).to_numpy()
            inside = people.where(rural.reindex(rows["small_area_code"]).to_numpy(dtype=bool), 0.0)
            share = inside.groupby(rows["area_code"]).sum() / people.groupby(rows["area_code"]).sum()
            known = share.dropna()
            table.loc[known.index, "rural"] = known > geography_rules().rural_over
    return table.reset_index()[older.columns]


def _small_areas(older: pd.DataFrame, folder: Path, found: Found, shares: pd.DataFrame, wards: pd.Index) -> pd.DataFrame:
    """Small areas of the councils asked for, with their shares; older ones stay."""
    here = shares[shares["area_code"].isin(wards) & (shares["best_fit"] != BY_AREA)]
    wanted = set(here["small_area_code"])
    if "population" not in found.measures:
        return older
    parts = [older]
    for kind, letters in (("lsoa21", ("E", "W")), ("dz11", ("S",))):
        codes = {code for code in wanted if code.startswith(letters)}
        shapes = small_shapes(folder, kind) if codes else None
        people = found.measures["population"]["count"]
        people = people[people.index.str.startswith(letters)]
        if shapes is None or people.empty:
            continue
        spots = boundaries.points_of(shapes).set_index(shapes["code"])
        names = shapes.set_index("code")["name"].dropna()
        if lost := sorted(codes - (set(spots.index) & set(names.index) & set(people.index))):
            raise DataRefused(
                Problem(SMALL_FILE, f"lacks {len(lost):,} small areas of the councils asked for", ", ".join(lost[:3]), "Fetch it again.")
            )
        rows = shares[shares["small_area_code"].isin(codes)]
        each = rows["small_area_code"]
        fresh = pd.DataFrame(
            {
                "small_area_code": each.to_numpy(),
                "kind": kind,
                "small_area_name": names.reindex(each).to_numpy(),
                "population": people.reindex(each).to_numpy().astype("int64"),
                "x": spots["x"].reindex(each).to_numpy(),
                "y": spots["y"].reindex(each).to_numpy(),
                "area_code": rows["area_code"].to_numpy(),
                "share": rows["share"].round(6).to_numpy(),
            }
        )
        parts = [part[~part["small_area_code"].isin(codes)] for part in parts] + [fresh]
    both = pd.concat(parts, ignore_index=True)
    return both.sort_values(["small_area_code", "area_code"], ignore_index=True)[older.columns]


def _shapes(base: Evidence, folder: Path, wards: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Ward shapes of the councils asked for beside those the release had."""
    path = base.path / "boundaries.parquet"
    older = gpd.read_parquet(path) if path.is_file() else None
    if not (folder / WARDS_FILE).is_file():
        return older
    frame = boundaries.check_boundaries(gpd.read_parquet(folder / WARDS_FILE), WARDS_FILE, "WD25CD")
    frame = frame[frame["WD25CD"].isin(wards.index)]
    if lost := sorted(set(wards.index) - set(frame["WD25CD"])):
        raise DataRefused(
            Problem(
                WARDS_FILE, f"lacks {len(lost)} wards of the councils asked for", ", ".join(lost[:3]), f"Is it of {base.manifest.edition}?"
            )
        )
    fresh = frame.rename(columns={"WD25CD": "area_code"})[["area_code", "geometry"]]
    parts = [fresh] if older is None else [older.to_crs(boundaries.METRES)[~older["area_code"].isin(wards.index)], fresh]
    both = pd.concat(parts, ignore_index=True).sort_values("area_code", ignore_index=True)
    return gpd.GeoDataFrame(both, crs=boundaries.METRES)


def _head(
    base: Evidence, found: Found, councils: Iterable[str], today: date, held: set[tuple[str, str]], observations: pd.DataFrame
) -> dict[str, Any]:
    raw = tomllib.loads((base.path / "release.toml").read_text(encoding="utf-8"))
    names = base.areas.drop_duplicates("council_code").set_index("council_code")["council_name"]
    earlier = raw.get("fetched", {})
    before = earlier.get("councils", [])
    stands_on = earlier.get("stands_on", raw["files"]["observations.parquet"]["sha256"])
    codes = list(dict.fromkeys([*before, *councils]))
    fresh = {s.id: _entry(s) for s in found.sources}
    sources = [fresh.pop(s["id"], s) for s in raw["source"]] + list(fresh.values())
    used = set(observations["source"].astype(str))
    missing = []
    for gap in raw.get("missing", []):
        measure, letter, what, why = HELD_BY.get(gap["what"], ("", "", "", ""))
        if (measure, letter) not in held:
            missing.append(gap)
        elif what:
            missing.append({"what": what, "why": why})
    calibration = dict(raw.get("calibration", {}))
    for measure in ("lone66", "bb_decent", "bb_superfast"):
        counts = observations.loc[
            (observations["level"] == "ward") & (observations["measure"] == measure) & observations["area_code"].str.startswith("E"),
            "count",
        ].dropna()
        if len(counts):
            calibration[measure] = [round(float(counts.quantile(q))) for q in (0.67, 0.90)]
    head = {key: value for key, value in raw.items() if key not in ("format", "files", "source", "missing", "calibration", "fetched")}
    return head | {
        "version": f"{today:%Y.%m.%d}",
        "built_on": today.isoformat(),
        "calibration": calibration,
        "missing": missing,
        "fetched": {
            "on": today.isoformat(),
            "councils": codes,
            "names": join_words([str(names.get(code, code)) for code in codes]),
            "over": earlier.get("over", raw["version"]),
            "stands_on": stands_on,
        },
        "source": [
            s for s in sources if s["id"] in used or s["id"] in {x["id"] for x in raw["source"]} or s["id"] in {x.id for x in found.sources}
        ],
    }


def _entry(source: Source) -> dict[str, Any]:
    about = asdict(source)
    return about | {"files": [{"name": n, "sha256": h, "rows": r} for n, h, r in source.files]}


def _readme(base: Evidence, head: Mapping[str, Any]) -> str:
    """The older release's page with a line on what was fetched, and every attribution."""
    old = (base.path / "README.md").read_text(encoding="utf-8") if (base.path / "README.md").is_file() else f"# {head['name']}\n"
    fetched = head["fetched"]
    lines = list(dict.fromkeys(source["attribution"] for source in head["source"]))
    note = f"Refreshed on {fetched['on']} over release {fetched['over']} with figures fetched for {fetched['names']}."
    body = old.split("\n## Refreshed\n")[0].rstrip()
    return body + "\n\n## Refreshed\n\n" + note + "\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
