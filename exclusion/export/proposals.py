"""What a proposal does, as tables in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from exclusion.export.files import csv_bytes, whole_folder

if TYPE_CHECKING:
    from exclusion.proposal import Considered

_FINDINGS = (
    "area_code", "area_name", "service_id", "channel", "kind", "severity", "proposal_effect", "fewer_hours", "effect_note", "leans_on",
    "instead", "rule_ids", "short", "thresholds_version", "profile_version",
)  # fmt: skip


def tables(considered: Considered) -> dict[str, pd.DataFrame]:
    """The tables of a proposal by file name: effects, demand, options, dependents, cumulative.

    Demand is rounded as it is said: contacts a year to two figures, in words, so no ward's small
    number leaves by the back door.
    """
    about = considered.findings[considered.findings["kind"].isin(["floor", "keep", "more_use"])]
    return {
        "effects.csv": about[list(_FINDINGS)].reset_index(drop=True),
        "demand.csv": considered.demand[["proposal", "service_id", "area_code", "channel", "label"]],
        "options.csv": considered.options.drop(columns=["contacts_low", "contacts_high"]),
        "dependents.csv": considered.dependents,
        "cumulative.csv": considered.cumulative,
    }


def write_proposal(considered: Considered, folder: str | Path) -> Path:
    """Write the tables of a proposal to a folder, all or none; other files there are left alone.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    return write_tables(tables(considered), folder)


def write_tables(held: Mapping[str, pd.DataFrame | bytes], folder: str | Path) -> Path:
    """Write tables, and files that are made already, to a folder under their names, all or none; other files there are left alone.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    with whole_folder(folder) as work:
        for name, table in held.items():
            (work / name).write_bytes(table if isinstance(table, bytes) else csv_bytes(table))
    return Path(folder)
