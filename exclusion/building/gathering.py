"""Everything a release is made from, read and checked before anything is worked out, nation by nation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd

from exclusion import geography
from exclusion.building import published
from exclusion.contracts import NATIONS, Problem, UsageError
from exclusion.judgement.score import geography_rules
from exclusion.sources import (
    Source,
    boundaries,
    census,
    characteristics,
    connectivity,
    deprivation,
    libraries,
    northern_ireland,
    ofcom,
    postcodes,
    published_wards,
    scotland,
)

FILES = {
    "Scotland": (*scotland.FILES, *characteristics.SCOTTISH_FILES[1:]),
    "Northern Ireland": (*northern_ireland.FILES, characteristics.IRISH_FILE),
}
"""What a nation needs beside the tables of England and Wales, which every release is checked on."""
ALWAYS = ("England", "Wales")

About = dict[str, dict[str, tuple[str, str]]]
"""Measure -> nation -> source id and period: two nations count the same thing in different years."""


@dataclass(frozen=True)
class Gathered:
    """Everything read from publishers, before anything is worked out."""

    nations: tuple[str, ...]
    sources: dict[str, Source]
    measures: dict[str, pd.DataFrame]
    about: About
    wards: gpd.GeoDataFrame
    small: gpd.GeoDataFrame
    rural: pd.Series
    council: pd.DataFrame
    published: pd.DataFrame
    lone66_total: float
    unchanged: pd.Series
    census_wards: pd.Series
    """2022 ward by today's ward, where it has not changed."""
    area_shares: pd.DataFrame
    postcodes: pd.DataFrame
    libraries: pd.DataFrame
    context: dict[str, pd.DataFrame]
    context_by_council: pd.DataFrame
    context_about: About
    as_published: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By measure, counts published for 2022 wards, of wards that have not changed; where the folder holds them."""
    shared_by_area: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["small_area_code", "area_code", "share"]))
    """Shares of small areas where no postcode points are open; they are not in ``small``."""


def chosen(folder: Path, nations: Sequence[str] | None = None) -> tuple[str, ...]:
    """The nations to build: those named, else those whose files are all in the folder, in their usual order.

    England and Wales share their tables and are always built: the error of sharing small areas onto
    wards is measured there.

    Raises
    ------
    UsageError
        For a name that is no nation.
    """
    if nations is None:
        return tuple(n for n in NATIONS if n in ALWAYS or all((folder / name).is_file() for name in FILES[n]))
    by_name = {name.casefold(): name for name in NATIONS}
    unknown = [name for name in nations if name.strip().casefold() not in by_name]
    if unknown:
        raise UsageError([Problem("nation", "is not a nation we know", name, f"Use {', '.join(NATIONS)}.") for name in unknown])
    asked = {by_name[name.strip().casefold()] for name in nations} | set(ALWAYS)
    return tuple(n for n in NATIONS if n in asked)


def gather(folder: Path, nations: Sequence[str]) -> Gathered:
    """Read and check every table of some nations.

    Raises
    ------
    SourceUnreachable, DataRefused
        For a file that is not there or does not hold.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    about: About = {}
    sources: list[Source] = []

    def take(source: Source, tables: Mapping[str, pd.DataFrame], *where: str) -> None:
        sources.append(source)
        for measure, table in tables.items():
            found.setdefault(measure, []).append(table)
            about.setdefault(measure, {}).update(dict.fromkeys(where, (source.id, source.period)))

    census_source, measured = census.read(folder)
    take(census_source, measured, "England", "Wales")
    population = measured["population"]["count"]
    take(*deprivation.read_england(folder), "England")
    take(*deprivation.read_wales(folder, population), "Wales")
    digital, table = connectivity.read_digital(folder, population)
    take(digital, {"connectivity": table}, "England")
    context: dict[str, list[pd.DataFrame]] = {}
    context_about: About = {}

    def take_context(source: Source, tables: Mapping[str, pd.DataFrame], *where: str) -> None:
        sources.append(source)
        for measure, table in tables.items():
            context.setdefault(measure, []).append(table)
            context_about.setdefault(measure, {}).update(dict.fromkeys(where, (source.id, source.period)))

    take_context(*characteristics.read(folder), "England", "Wales")
    active = boundaries.read_active_codes(folder)
    council_sources, of_councils = characteristics.read_by_council(folder, active)
    by_council = [of_councils]
    sources += council_sources
    for live in (ofcom.read_fixed(folder), ofcom.read_voice(folder)):  # only where somebody fetched or supplied them
        if live is not None:
            take(*live, "England", "Wales")
    coverage, council = connectivity.read_ofcom(folder, active)
    ward_source, wards = boundaries.read_wards(folder, nations)
    small_source, small = boundaries.read_small_areas(folder)
    geography.require_same_codes(population.index, pd.Index(small["small_area_code"]), "census tables", "LSOA 2021")
    yardstick_source, yardstick = census.read_published_wards(folder)
    census_wards = boundaries.read_census_wards(folder)
    wards_2022 = published_wards.read(folder)
    if wards_2022 is not None:
        sources.append(wards_2022[0])
    point_source, points = postcodes.read(folder, nations)
    library_source, places = libraries.read(folder, geography_rules().far_help.library_types)
    sources += [*coverage, ward_source, small_source, yardstick_source, point_source, library_source]
    rural = [small.set_index("small_area_code")["rural"]]
    by_area: list[pd.DataFrame] = []
    if "Scotland" in nations:
        source, tables = scotland.read_census(folder)
        take(source, tables, "Scotland")
        for source, more in scotland.read_index(folder, tables["population"]["count"]):
            take(source, more, "Scotland")
        source, zones = scotland.read_small_areas(folder)
        sources.append(source)
        small = gpd.GeoDataFrame(pd.concat([small, zones], ignore_index=True), crs=boundaries.METRES)
        rural.append(zones.set_index("small_area_code")["rural"])
        take_context(*characteristics.read_scotland(folder), "Scotland")
    if "Northern Ireland" in nations:
        for source, tables in northern_ireland.read(folder):
            take(source, tables, "Northern Ireland")
        ours = wards[wards["nation"] == "Northern Ireland"].reset_index(drop=True)
        by_area.append(geography.shares_by_area(northern_ireland.read_small_areas(folder), ours, geography_rules().smallest_by_area))
        source, country = northern_ireland.read_rural(folder)
        sources.append(source)
        rural.append(country)
        source, rows = characteristics.read_northern_ireland(folder)
        sources.append(source)
        by_council.append(rows)
    return Gathered(
        nations=tuple(nations),
        sources={s.id: s for s in sources},
        measures={measure: pd.concat(tables) for measure, tables in found.items()},
        about=about,
        wards=wards,
        small=small,
        rural=pd.concat(rural),
        council=council[council["area_code"].isin(wards["council_code"])],
        published=yardstick,
        lone66_total=census.read_published_total(folder, census.LONE66_CELL),
        unchanged=boundaries.read_unchanged_wards(folder),
        census_wards=census_wards,
        as_published={} if wards_2022 is None else published.of_today(wards_2022[1], census_wards),
        area_shares=boundaries.read_area_shares(folder),
        postcodes=points,
        libraries=places,
        context={measure: pd.concat(tables) for measure, tables in context.items()},
        context_by_council=pd.concat(by_council, ignore_index=True),
        context_about=context_about,
        **({"shared_by_area": pd.concat(by_area, ignore_index=True)} if by_area else {}),
    )


def locate(data: Gathered) -> pd.DataFrame:
    """The small area and the ward every postcode lies in: ``small_area_code, area_code, x, y``.

    Scotland's postcodes are looked for among Scotland's areas only, the others among the others':
    a generalised border must not put people into another nation.
    """
    parts = []
    for scottish, here in data.postcodes.groupby(data.postcodes["nation"] == "Scotland"):
        letters = ("S",) if scottish else ("E", "W")
        x, y = here["x"].to_numpy(), here["y"].to_numpy()
        parts.append(
            pd.DataFrame(
                {name: geography.locate(x, y, _of(table, name, letters), name)
                 for name, table in (("small_area_code", data.small), ("area_code", data.wards))}
                | {"x": x, "y": y}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _of(table: gpd.GeoDataFrame, code: str, letters: tuple[str, ...]) -> gpd.GeoDataFrame:
    return table[table[code].str.startswith(letters)].reset_index(drop=True)
