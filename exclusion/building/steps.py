"""What is fetched for some councils, nation by nation: one step a source, each with the file it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion.building import finding
from exclusion.contracts import DataRefused
from exclusion.release import Evidence
from exclusion.sources import (
    boundary_files,
    iod,
    local_statistics,
    nimdm,
    nisra,
    nomis,
    ofcom,
    ofcom_councils,
    ons_custom,
    open_geography,
    scottish_tables,
    simd,
    ward_counts,
    wimd,
)
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher

MANY = 5_000
"""From so many small areas on, a whole table is less to download than a list of areas."""


@dataclass(frozen=True)
class Step:
    """One source: what it is called, the file it writes, whether a release can do without it, and how it is fetched."""

    title: str
    file: str
    needed: bool
    fetch: Callable[[], pd.DataFrame]


def steps_for(fetcher: Fetcher, addresses: Mapping[str, Any], base: Evidence, councils: tuple[str, ...], folder: Path) -> list[Step]:
    """Every source that the councils' nations have; ward boundaries first, for without them nothing is written.

    Northern Ireland's small areas lie across wards and are shared by area, which takes the whole of its map:
    every one of its wards is asked for with any of its councils.
    """
    nations = set(base.areas.loc[base.areas["council_code"].isin(councils), "nation"])
    wide = set(councils)
    if "Northern Ireland" in nations:
        wide |= set(base.areas.loc[base.areas["nation"] == "Northern Ireland", "council_code"])
    wards = base.areas.index[base.areas["council_code"].isin(wide)]

    def ward_shapes() -> pd.DataFrame:
        service = open_geography.service(addresses, "wards")
        return _whole_wards(open_geography.by_codes(fetcher, service, "LAD25CD", wide), wards, service, base.manifest.edition)

    steps = [Step("Ward boundaries", finding.WARDS_FILE, True, ward_shapes)]
    if nations & {"England", "Wales"}:
        steps += _england_and_wales(fetcher, addresses, base, councils, folder)
    steps.append(Step("Broadband by council", local_statistics.FILE, False, lambda: local_statistics.fetch_below_30(fetcher, addresses)))
    steps.append(Step("Ofcom coverage by council", ofcom_councils.FILE, False, lambda: ofcom_councils.fetch(fetcher, addresses)))
    if "England" in nations:
        steps += [
            Step("Indices of Deprivation 2025, people", iod.FILES["population"], False, lambda: iod.fetch_population(fetcher, addresses)),
            Step("Indices of Deprivation 2025, income", iod.FILES["income"], False, lambda: iod.fetch_income(fetcher, addresses)),
            Step("Indices of Deprivation 2025, connectivity", iod.FILES["digital"], False, lambda: iod.fetch_digital(fetcher, addresses)),
        ]
    if "Wales" in nations:
        steps.append(Step("Welsh Index of Multiple Deprivation 2025", wimd.FILE, False, lambda: wimd.fetch_ranks(fetcher, addresses)))
    if "Scotland" in nations:
        steps += _scotland(fetcher, addresses)
    if "Northern Ireland" in nations:
        steps += _northern_ireland(fetcher, addresses)
    return steps


def _scotland(fetcher: Fetcher, addresses: Mapping[str, Any]) -> list[Step]:
    def table(one: scottish_tables.Download) -> Callable[[], pd.DataFrame]:
        return lambda: scottish_tables.fetch(fetcher, addresses, one)

    return [
        Step("Data zone boundaries", finding.ZONES_FILE, False, lambda: boundary_files.fetch(fetcher, addresses, "data_zones")),
        *(Step(f"Scotland's Census 2022, {one.title}", one.file, False, table(one)) for one in scottish_tables.TABLES),
        Step("Scottish Index 2020v2, income", simd.FILES["income"], False, lambda: simd.fetch_income(fetcher, addresses)),
        Step("Scottish Index 2020v2, broadband", simd.FILES["broadband"], False, lambda: simd.fetch_broadband(fetcher, addresses)),
    ]


def _northern_ireland(fetcher: Fetcher, addresses: Mapping[str, Any]) -> list[Step]:
    def table(one: nisra.Table) -> Callable[[], pd.DataFrame]:
        return lambda: nisra.fetch(fetcher, addresses, one)

    def shapes(name: str) -> Callable[[], pd.DataFrame]:
        return lambda: boundary_files.fetch(fetcher, addresses, name)

    return [
        Step("Super data zone boundaries", finding.SUPER_ZONES_FILE, False, shapes("super_data_zones")),
        Step("Super output area boundaries", finding.OUTPUT_AREAS_FILE, False, shapes("super_output_areas")),
        *(Step(f"Census 2021 of Northern Ireland, {one.title}", one.file, False, table(one)) for one in nisra.tables(addresses)),
        Step("Northern Ireland Deprivation Measure 2017", nimdm.FILE, False, lambda: nimdm.fetch_income(fetcher, addresses)),
    ]


def _england_and_wales(
    fetcher: Fetcher, addresses: Mapping[str, Any], base: Evidence, councils: tuple[str, ...], folder: Path
) -> list[Step]:
    shares = base.shares()
    here = base.areas[base.areas["council_code"].isin(councils) & base.areas["nation"].isin(["England", "Wales"])]
    near = shares["area_code"].isin(here.index) | shares["best_fit"].isin(here.index)
    small = sorted({str(code) for code in shares.loc[near, "small_area_code"] if str(code).startswith(("E", "W"))})
    of_them = sorted(set(here["council_code"]))
    many = len(small) >= MANY

    def layer(name: str, codes: list[str]) -> pd.DataFrame:
        service = open_geography.service(addresses, name)
        if many:
            whole = open_geography.everything(fetcher, service)
            return whole[whole[service.code].isin(codes)]
        return open_geography.by_codes(fetcher, service, service.code, codes)

    def small_shapes() -> pd.DataFrame:
        return _repaired(layer("small_areas", small))

    def rural() -> pd.DataFrame:
        table = layer("rural", small)
        urban = table["RUC21CD"].str[0].map({"U": "Urban", "R": "Rural"})  # UN1, UF1; RLN1, RLF1, RSN1, RSF1
        if urban.isna().any():
            ask = open_geography.service(addresses, "rural").ask("")
            raise DataRefused(ask.problem("holds a class that is neither urban nor rural", str(table.loc[urban.isna(), "RUC21CD"].iloc[0])))
        return table.assign(ruc=urban)

    def census(table: nomis.Table) -> Callable[[], pd.DataFrame]:
        def read() -> pd.DataFrame:
            if table.everywhere:
                return nomis.everywhere(fetcher, table)
            if many:
                return nomis.from_bulk(fetcher, table)
            return nomis.by_codes(fetcher, table, small)

        return read

    def published(table: nomis.Table) -> Callable[[], pd.DataFrame]:
        small_file = next(t.file for t in nomis.tables(addresses) if t.id == (table.id if table.id != "ts007" else "ts007a"))

        def read() -> pd.DataFrame:
            if many:
                return ward_counts.everywhere(fetcher, table)
            return ward_counts.fetch(fetcher, addresses, table, of_them, _council_totals(folder, small_file))

        return read

    def ages() -> pd.DataFrame:
        table, withheld = ons_custom.fetch_ages(fetcher, addresses, small)
        if withheld:
            table.attrs["note"] = f"{len(withheld)} small areas not released"
        return table

    def premises() -> pd.DataFrame:
        lookup = open_geography.everything(fetcher, open_geography.service(addresses, "output_areas"))
        return ofcom.fetch_output_areas(fetcher, addresses, lookup)

    steps = [
        Step("Small-area boundaries", finding.SMALL_FILE, True, small_shapes),
        Step("Small area to ward lookup", finding.FIT_FILE, True, lambda: layer("best_fit", small)),
        Step("Rural and urban", finding.RURAL_FILE, False, rural),
    ]
    ordered = sorted(nomis.tables(addresses), key=lambda table: (table.id != "ts007a", not table.everywhere))
    steps += [Step(f"Census 2021, {table.title}", table.file, False, census(table)) for table in ordered]
    steps.append(Step("Census 2021, ages that split at 16", addresses["ons_custom"]["table"]["age6"]["file"], False, ages))
    steps += [Step(f"Wards as published, {t.title}", t.file, False, published(t)) for t in ward_counts.tables(addresses)]
    steps.append(Step("Ofcom premises by output area", ofcom.FILE, False, premises))
    if (voice := _voice_by_hand(fetcher)) is not None:
        steps.append(Step("Indoor mobile voice, as supplied", ofcom.VOICE_FILE, False, voice))
    return steps


def _council_totals(folder: Path, name: str) -> dict[str, float]:
    """A census table's total by council, as its small areas fetched just now add up; nothing where either was not fetched."""
    if not (folder / name).is_file() or not (folder / finding.FIT_FILE).is_file():
        return {}
    table = pd.read_csv(folder / name).set_index("lsoa21cd")
    council = pd.read_csv(folder / finding.FIT_FILE, dtype=str).set_index("LSOA21CD")["LAD25CD"]
    sums = table.iloc[:, 0].groupby(council.reindex(table.index)).sum()
    return {str(code): float(total) for code, total in sums.items()}


def _voice_by_hand(fetcher: Fetcher) -> Callable[[], pd.DataFrame] | None:
    """Nobody publishes indoor voice below council level; whoever has it puts it in the folder given with --from."""
    ask = Ask("Indoor mobile voice", "", "docs/fetching.md", by_hand=(Path(ofcom.VOICE_FILE).name,), kind="csv")
    got = fetcher.find_by_hand(ask)
    return None if got is None else lambda: pd.read_csv(got.path, dtype={"lsoa21cd": str}, encoding="utf-8-sig")


def _whole_wards(table: pd.DataFrame, wards: pd.Index, service: open_geography.Service, edition: str) -> pd.DataFrame:
    """The wards of the councils, exactly those of the release's edition."""
    here, there = set(table["WD25CD"]), set(wards)
    if here != there:
        odd = sorted(here ^ there)
        raise DataRefused(
            service.ask("").problem(
                f"has {len(here)} wards for these councils; {edition} has {len(there)}", ", ".join(odd[:3]), "It may be of another edition."
            )
        )
    return _repaired(table)


def _repaired(table: pd.DataFrame) -> pd.DataFrame:
    """Shapes whose outline touches itself are made whole; the portal has a few, and each is a drawing fault, not a place."""
    frame: pd.DataFrame = gpd.GeoDataFrame(table, geometry="geometry", crs=4326)
    broken = ~frame.geometry.is_valid
    if broken.any():
        frame = frame.copy()
        frame.loc[broken, "geometry"] = frame.loc[broken, "geometry"].make_valid()
        frame.attrs["note"] = f"{int(broken.sum())} outlines repaired"
    return frame
