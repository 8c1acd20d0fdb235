"""A release made newer with fetched files, for some councils or for whole nations, on top of another release.

Where a file holds every small area of a nation its measures are worked out again for all wards, with
the national figures and distributions. Where it holds the small areas of some councils, the wards of
those councils take the new figures and are placed among the wards of the older release. What was not
fetched stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from exclusion import geography, release_write
from exclusion.building import heading, placing, published, tabulate
from exclusion.building.finding import (
    BY_AREA,
    RURAL_FILE,
    SMALL_FILE,
    WARDS_FILE,
    irish_shares,
    letter_of,
    letters_of,
    small_shapes,
)
from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.score import geography_rules
from exclusion.release import Evidence
from exclusion.sources import (
    Source,
    boundaries,
    census,
    connectivity,
    deprivation,
    northern_ireland,
    ofcom,
    ofcom_councils,
    published_wards,
    scotland,
)

Progress = Callable[[str, float], None]


@dataclass
class Found:
    """What could be read from the folder: measures by small area, with whose they are."""

    measures: dict[str, pd.DataFrame] = field(default_factory=dict)
    about: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    """Measure -> letter of a nation -> source and period: two nations count the same thing in different years."""
    sources: list[Source] = field(default_factory=list)
    as_published: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By measure, counts published for 2022 wards, of wards that have not changed."""

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
    found = _found(folder, shares, base.census_wards())
    wards = base.areas[base.areas["council_code"].isin(councils)]
    disk = {name: pq.read_table(base.path / f"{name}.parquet").to_pandas() for name in _tables_of(base)}
    say("Summing small areas to wards", 0.3)
    ward_rows, small_rows, national = _rows(base, found, shares, wards.index)
    nation_rows = _nations({m: t for m, t in found.measures.items() if m in national}, shares, disk["observations"])
    council_rows = _councils(folder, base, recoded or {}, found)
    disk["observations"] = _laid_over(disk["observations"], ward_rows, small_rows, nation_rows, council_rows, found.about)
    say("Placing wards among the nation's", 0.6)
    values = placing.values(base, ward_rows)
    disk["reference"] = placing.reference(disk["reference"], base, ward_rows, small_rows, national, values)
    disk["reference_wards"] = placing.standing(disk["reference_wards"], disk["reference"], base, values)
    disk["alternative"] = placing.alternative(disk.get("alternative"), folder, found.measures, shares, wards.index)
    disk["areas"] = _areas(disk["areas"], folder, ward_rows, shares, found)
    disk["small_areas"] = _small_areas(disk["small_areas"], folder, found, shares, wards.index)
    shapes = _shapes(base, folder, wards)
    say("Writing the release", 0.85)
    held = {(str(m), str(c)) for m, c in zip(ward_rows["measure"], ward_rows["area_code"].str[0], strict=True)}
    head = heading.head(base, found.sources, councils, today, held, disk["observations"])
    head["measured"] = dict(head["measured"]) | _measured(base, found, shares, wards, today)
    path = release_write.write(out, head, disk, shapes, heading.readme(base, head), quick=True)
    say("Done", 1.0)
    return path


def _tables_of(base: Evidence) -> list[str]:
    """Every table of the release, also those this module does not know: they are carried over."""
    names = [name.removesuffix(".parquet") for name in base.manifest.files if name.endswith(".parquet")]
    return [name for name in names if name != "boundaries"]


def _found(folder: Path, shares: pd.DataFrame, unchanged: pd.Series) -> Found:
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
    if (wards := published_wards.read(folder)) is not None and len(unchanged):
        source, by_ward = wards
        found.as_published = published.of_today({name: table for name, table in by_ward.items() if name in found.measures}, unchanged)
        found.sources.append(source)
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
        made = geography.to_wards({name: inside}, use[["small_area_code", "area_code", "share"]])
        ward_parts.append(published.lay_over(made, {name: inside}, use, found.as_published))
        small_parts.append((name, table))
    if not ward_parts:
        raise DataRefused(Problem("The fetched files", "hold no figure for the wards asked for", "", "Fetch them again."))
    ward_rows = tabulate._rounded(pd.concat(ward_parts, ignore_index=True))
    ward_rows = pd.concat([ward_rows, _age75(ward_rows)], ignore_index=True)
    ward_rows = tabulate._blank_where_no_figure(ward_rows, base.areas[["error_class"]]).assign(level="ward")
    ward_rows.loc[ward_rows["area_code"].str.startswith("N"), "fit"] = "area"
    small_rows = tabulate._rounded(tabulate._small(dict(small_parts)))
    small_rows = pd.concat([small_rows, _age75(small_rows)], ignore_index=True).assign(level="lsoa21", fit="published")
    small_rows["mapped"] = small_rows["area_code"].isin(mapped)
    if {"age75_84", "age85"} <= national:
        national.add("age75")
    return ward_rows, small_rows, national


def _measured(base: Evidence, found: Found, shares: pd.DataFrame, wards: pd.DataFrame, today: date) -> dict[str, Any]:
    """How far counts made from small areas are from the published ones of the councils asked for, beside what earlier fetches measured."""
    near = shares[shares["area_code"].isin(wards.index) & shares["small_area_code"].str.startswith(("E", "W"))]
    whole = {name: table for name, table in found.measures.items() if near["small_area_code"].isin(table.index).all()}
    known = {name: table[table.index.isin(wards.index)] for name, table in found.as_published.items()}
    about = published.measured(whole, near, known, wards["error_class"])
    # Councils without a ward to measure on are refreshed all the same: what was measured of them before is of older figures.
    codes = set(wards["council_code"]) if found.as_published else set()
    entries = published.beside(base.manifest.measured.get("published"), about, codes, today.isoformat())
    return {"published": entries} if entries else {}


NEARLY = 0.002
"""A nation counts as held when no more than this share of its small areas is not: a few have no premises."""


def _age75(rows: pd.DataFrame) -> pd.DataFrame:
    return tabulate._age75(rows) if {"age75_84", "age85"} <= set(rows["measure"]) else rows.iloc[:0]


def _nations(measures: Mapping[str, pd.DataFrame], shares: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """National totals of measures held for whole nations."""
    parts = []
    for code in boundaries.NATION_CODE.values():
        small = {m: t[t.index.str.startswith(letters_of(code[0]))] for m, t in measures.items() if m != "population"}
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
    exact = (new["level"] == "ward") & (new["fit"] == "published")
    new.loc[exact, ["source", "period"]] = [published_wards.SOURCE.id, published_wards.SOURCE.period]
    key = ["level", "area_code", "measure"]
    stay = older.merge(new[key].drop_duplicates(), on=key, how="left", indicator=True)
    both = pd.concat([stay[stay["_merge"] == "left_only"].drop(columns="_merge"), new], ignore_index=True)
    both = both.astype(dict.fromkeys(("count", "of", "value", "low", "high", "observed"), "float64"))
    for column in ("level", "measure", "fit", "source", "period"):
        both[column] = both[column].astype(str)
    return tabulate._compact(both[older.columns])


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
