"""The tables of a release: what is left out on disk is put back, what they must agree on, and those read when first asked for.

:mod:`exclusion.release` is the door; nothing else needs these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from exclusion.contracts import TABLES, DataRefused, Problem, check
from exclusion.judgement.characteristics import context_measures

CONTEXT = "context.parquet"
SHARES = "shares.parquet"
CENSUS_WARDS = "census_wards.parquet"
"""Hashed when a release is read, like every file; these three are read and checked when they are first asked for."""
WIDE_RANGE = 0.10
"""Above this share of error in nine of ten such wards, a count is shown as a range."""

Files = Mapping[str, Mapping[str, Any]]
"""What ``release.toml`` says of each file."""


def filled(observations: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """Put back what follows from the rest: the value of a count, and the range that comes from a rough fit."""
    needed = {"count", "of", "value", "low", "high", "area_code", "fit", "level"}
    if not needed <= set(observations.columns) or not {"area_code", "error_p90"} <= set(areas.columns):
        return observations  # the contract names what is missing
    table = observations.astype({column: "float64" for column in ("count", "of", "low", "high", "observed") if column in observations})
    for column in ("level", "area_code", "measure", "fit", "source", "period"):
        if column in table:
            table[column] = table[column].astype(str)
    counted = table["count"].notna() & (table["of"] > 0)
    table["value"] = table["value"].where(~counted, (table["count"] / table["of"].where(table["of"] > 0)).round(6))
    error = table["area_code"].map(areas.drop_duplicates("area_code").set_index("area_code")["error_p90"])
    rough = counted & (table["fit"].isin(["weighted", "best_fit", "estimated", "area"])) & (error > WIDE_RANGE)
    low, high = table["low"].fillna(table["count"]), table["high"].fillna(table["count"])
    table["low"] = table["low"].where(~rough, (low * (1 - error)).round())
    table["high"] = table["high"].where(~rough, np.minimum((high * (1 + error)).round(), table["of"]))
    return table


def crossed(tables: Mapping[str, pd.DataFrame], edition: str, sources: Iterable[str]) -> Iterable[Problem]:
    """Checks between tables, each of which is sound alone."""
    areas, observations, small = tables["areas"], tables["observations"], tables["small_areas"]
    codes = pd.Index(areas["area_code"])
    editions = sorted(set(areas["edition"].unique()) - {edition})
    if editions:
        yield Problem(
            "areas.parquet", f"holds wards of another edition than {edition}", ", ".join(editions), "Use one edition in a release."
        )
    stray = sorted(pd.Index(observations.loc[observations["level"] == "ward", "area_code"].unique()).difference(codes))
    if stray:
        yield Problem(
            "observations.parquet",
            f"{len(stray)} ward codes are not in areas.parquet",
            ", ".join(stray[:3]),
            "Are they of another edition?",
        )
    if "alternative" in tables and len(stray := pd.Index(tables["alternative"]["area_code"].unique()).difference(codes)):
        yield Problem(
            "alternative.parquet",
            f"{len(stray)} ward codes are not in areas.parquet",
            ", ".join(stray[:3]),
            "Are they of another edition?",
        )
    unknown = sorted(set(observations["source"].unique()) - set(sources))
    if unknown:
        yield Problem("observations.parquet", "names sources that release.toml does not", ", ".join(unknown), "Add them to release.toml.")
    sums = small.groupby("small_area_code")["share"].sum()
    wrong = sums[(sums - 1).abs() > 1e-5]  # shares are kept to 6 decimals
    if len(wrong):
        yield Problem(
            "small_areas.parquet",
            f"shares of {len(wrong)} small areas do not add up to 1",
            str(wrong.index[0]),
            "Shares of one small area must sum to 1.",
        )
    sizes = tables["reference"].groupby(["nation", "level", "measure"])["q"].size()
    if len(short := sizes[sizes != 1001]):
        yield Problem(
            "reference.parquet",
            f"{len(short)} distributions do not have 1,001 quantiles",
            " ".join(map(str, short.index[0])),
            "Build the release again.",
        )


def _asked_for(folder: Path, files: Files, name: str) -> pd.DataFrame:
    """One table, if it is still the file that was verified."""
    try:
        content = (folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != files[name]["sha256"]:
            raise DataRefused(Problem(name, "has changed since the release was read", "", "Load the release again."))
        table: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise DataRefused(Problem(name, f"cannot be read: {error}", "", "Build or copy the release again.")) from None
    return table


def shares(folder: Path, files: Files, wards: pd.Index) -> pd.DataFrame:
    """``small_area_code, area_code, share, best_fit`` of all wards; see ``Evidence.shares``."""
    if SHARES not in files:
        raise DataRefused(
            Problem(
                SHARES,
                "is not in this release, which is older than the table",
                str(folder),
                "Take the bundled release, or build it again.",
            )
        )
    table = _asked_for(folder, files, SHARES)
    sums = table.groupby("small_area_code")["share"].sum()
    stray = pd.Index(table["area_code"].unique()).difference(wards)
    if len(stray) or ((sums - 1).abs() > 1e-9).any():
        raise DataRefused(Problem(SHARES, "does not hold together: shares must sum to 1, over wards of the release", ", ".join(stray[:3])))
    return table


def census_wards(folder: Path, files: Files, wards: pd.Index) -> pd.Series:
    """2022 ward by today's ward, where it has not changed; see ``Evidence.census_wards``."""
    if CENSUS_WARDS not in files:
        return pd.Series(dtype=object)
    table = _asked_for(folder, files, CENSUS_WARDS)
    stray = pd.Index(table["area_code"]).difference(wards)
    if len(stray) or table["area_code"].duplicated().any() or table["census_ward"].duplicated().any():
        do = "Each ward, and each ward of 2022, may stand there once."
        raise DataRefused(Problem(CENSUS_WARDS, "does not hold together", ", ".join(stray[:3]), do))
    return table.set_index("area_code")["census_ward"].astype(object)


def context(folder: Path, files: Files, areas: pd.DataFrame, sources: Iterable[str]) -> pd.DataFrame:
    """Who lives where by protected characteristic; see ``Evidence.context``."""
    if CONTEXT not in files:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in TABLES["context"].columns})
    table = _asked_for(folder, files, CONTEXT)
    blank = {name: np.nan for name in ("value", "low", "high") if name not in table}
    table = check(filled(table.assign(**blank), areas[["error_p90"]].reset_index()), "context", CONTEXT)
    held = context_measures()
    problems = []
    if unknown := sorted(set(table["measure"]) - set(held)):
        problems.append(Problem(CONTEXT, "holds measures that characteristics.toml does not name", ", ".join(unknown)))
    barred = table[(table["level"] == "ward") & table["measure"].isin([name for name, one in held.items() if one.never_by_ward])]
    if len(barred):
        problems.append(
            Problem(
                CONTEXT,
                f"holds {len(barred)} ward figures of what is never to be had by ward",
                str(barred["measure"].iloc[0]),
                "Do not use this release.",
            )
        )
    stray = set(table.loc[table["level"] == "ward", "area_code"]) - set(areas.index)
    if stray:
        problems.append(Problem(CONTEXT, f"{len(stray)} ward codes are not in areas.parquet", min(stray), "Are they of another edition?"))
    if unknown := sorted(set(table["source"]) - set(sources)):
        problems.append(Problem(CONTEXT, "names sources that release.toml does not", ", ".join(unknown), "Add them to release.toml."))
    if problems:
        raise DataRefused(problems)
    return table
