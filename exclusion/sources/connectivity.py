"""Connectivity: IoD2025 digital connectivity by small area, Ofcom coverage by council."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from exclusion.sources import Source, arrive

DIGITAL = Source(
    id="iod2025_digital",
    title="English Indices of Deprivation 2025: digital connectivity indicator (File 8)",
    publisher="Ministry of Housing, Communities and Local Government",
    period="2024-12",
    url="https://www.gov.uk/government/statistics/english-indices-of-deprivation-2025",
    attribution="Contains Ministry of Housing, Communities and Local Government data licensed under the Open Government Licence v3.0",
    note="A standardised score (mean 0, higher = worse) from the speed of active lines; not a speed in Mbit/s.",
)
OFCOM_FIXED = Source(
    id="ofcom_fixed_2026",
    title="Connected Nations: premises that cannot get 30 Mbit/s, as republished by ONS Explore Local Statistics",
    publisher="Ofcom",
    period="2026-01",
    url="https://www.ofcom.org.uk/phones-and-broadband/coverage-and-speeds/infrastructure-research",
    attribution="Contains Ofcom data licensed under the Open Government Licence v3.0",
    note="By council only. All premises, availability and not take-up.",
)
OFCOM_2024 = Source(
    id="ofcom_2024",
    title="Connected Nations 2024: premises below the universal service obligation (July 2024), indoor 4G (September 2024)",
    publisher="Ofcom",
    period="2024-07",
    url="https://www.ofcom.org.uk/phones-and-broadband/coverage-and-speeds/infrastructure-research",
    attribution="Contains Ofcom data licensed under the Open Government Licence v3.0",
    note="By council only. 4G is data coverage predicted by operators; it says nothing of voice.",
)


def read_digital(folder: Path, population: pd.Series) -> tuple[Source, pd.DataFrame]:
    """``value, of`` by English LSOA: the standardised score, and the people it weighs by."""
    arrived = arrive(
        folder,
        "connectivity/iod2025_digital_connectivity_lsoa21.csv.gz",
        key="lsoa21_code",
        numbers=["digital_connectivity_indicator"],
        code=r"^E01\d{6}$",
        rows=(33_755, 33_755),
        signed=("digital_connectivity_indicator",),
        blanks=("digital_connectivity_indicator",),
    )
    value = arrived.table.set_index("lsoa21_code")["digital_connectivity_indicator"].sort_index()
    source = replace(DIGITAL, files=(arrived.file,))
    return source, pd.DataFrame({"value": value, "of": population.reindex(value.index).astype(float)})


def read_below_30(folder: Path) -> tuple[Source, pd.DataFrame]:
    """Premises that cannot get 30 Mbit/s at the file's latest period: ``code, measure, value`` (per cent), ``source, period``."""
    long = arrive(
        folder,
        "connectivity/ofcom_area_coverage_ons_els_2022_2026.csv.gz",
        key=["area_code", "metric", "period"],
        numbers=["value_pct", "is_lad"],
    )
    rows = long.table[(long.table["metric"] == "below_30mbps_pct") & (long.table["is_lad"] == 1)]
    period = str(rows["period"].max())
    latest = rows[rows["period"] == period].rename(columns={"area_code": "code", "value_pct": "value"})
    source = replace(OFCOM_FIXED, period=period, files=(long.file,))
    return source, latest[["code", "value"]].assign(measure="below_30mbps", source=OFCOM_FIXED.id, period=period)


def read_ofcom(folder: Path, active: dict[str, str]) -> tuple[list[Source], pd.DataFrame]:
    """Council-wide shares of premises: ``area_code, measure, value, source, period``.

    Parameters
    ----------
    active
        Council codes of any edition to the codes in force, so that files that still hold the
        codes before April 2025 (Barnsley, Sheffield) find their council.
    """
    fixed, latest = read_below_30(folder)
    older = arrive(
        folder,
        "connectivity/ofcom_lad_2024_fixed_mobile.csv.gz",
        key="lad_code",
        numbers=["below_uso_pct", "indoor_4g_any_operator_prem_pct"],
        rows=(361, 361),
    )
    frames = [latest]
    for measure, column, period in (
        ("below_uso", "below_uso_pct", "2024-07"),
        ("indoor_4g_any", "indoor_4g_any_operator_prem_pct", "2024-09"),
    ):
        frames.append(
            older.table.rename(columns={"lad_code": "code", column: "value"}).assign(measure=measure, source=OFCOM_2024.id, period=period)
        )
    table = pd.concat([frame[["code", "measure", "value", "source", "period"]] for frame in frames], ignore_index=True)
    table["area_code"] = table["code"].map(lambda code: active.get(code, code))
    table["value"] = (table["value"] / 100).round(6)
    return [fixed, replace(OFCOM_2024, files=(older.file,))], table.drop(columns="code").drop_duplicates(["area_code", "measure"])
