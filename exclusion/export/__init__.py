"""Tables and layers for other tools.

>>> from exclusion import export
>>> export.wards_table(assessment)                                  # doctest: +SKIP
>>> export.write(assessment, "blackpool.xlsx")                      # doctest: +SKIP

``columns`` says what each column means and hides small counts, ``tables`` lays the tables out,
``files`` and ``geopackage`` write them, each whole or not at all.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from exclusion import __version__
from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.export.columns import hide_small
from exclusion.export.datapackage import geojson_bytes, package_bytes
from exclusion.export.files import csv_bytes, parquet_bytes, safe, whole_file, whole_folder, xlsx_bytes
from exclusion.export.geopackage import write_geopackage
from exclusion.export.tables import (
    about_table,
    dictionary,
    findings_table,
    observations_table,
    people_table,
    services_by_ward,
    small_areas_table,
    sources_table,
    wards_table,
)
from exclusion.method.uncertainty import Uncertainty
from exclusion.release_write import to_toml

FORMATS = ("csv", "xlsx", "gpkg", "parquet", "geojson", "zip")


def workbook(assessment: Assessment, sure: Uncertainty | None = None) -> bytes:
    """An Excel workbook: sheets wards, findings (where a service was assessed), observations, people, dictionary, sources, about."""
    sheets = {
        "wards": wards_table(assessment, sure),
        **({"findings": findings_table(assessment)} if assessment.services else {}),
        "observations": observations_table(assessment),
        "people": people_table(assessment),
        "dictionary": dictionary(assessment, sure),
        "sources": sources_table(assessment),
        "about": about_table(assessment),
    }
    return xlsx_bytes(sheets)


def check_format(path: str | Path, fmt: str | None = None) -> str:
    """The format meant by ``fmt``, or by the ending of ``path`` when it is None; UsageError when we do not write it."""
    chosen = (fmt or Path(path).suffix.removeprefix(".")).lower()
    if chosen not in FORMATS:
        raise UsageError(Problem("format", "is not one this program writes", chosen or "none", f"Use one of {', '.join(FORMATS)}."))
    return chosen


def write(assessment: Assessment, path: str | Path, fmt: str | None = None, sure: Uncertainty | None = None) -> Path:
    """Write the ward table (csv, parquet), the workbook (xlsx), the layers (gpkg), the wards as GeoJSON, or
    a Frictionless data package (zip) to one file, whole or not at all.

    Parameters
    ----------
    path
        The file; what was there before is replaced only once the new one is complete.
    fmt
        One of :data:`FORMATS`; None = the ending of ``path``.
    sure
        How sure the bands are, see :func:`wards_table`.

    Raises
    ------
    UsageError
        For an unknown format or a place that cannot be written.
    """
    path, fmt = Path(path), check_format(path, fmt)
    with whole_file(path) as work:
        if fmt == "gpkg":
            write_geopackage(assessment, work, sure)
        elif fmt == "xlsx":
            work.write_bytes(workbook(assessment, sure))
        elif fmt == "geojson":
            work.write_bytes(geojson_bytes(assessment, sure))
        elif fmt == "zip":
            work.write_bytes(package_bytes(assessment, sure))
        else:
            table = wards_table(assessment, sure)
            work.write_bytes(csv_bytes(table) if fmt == "csv" else parquet_bytes(table))
    return path


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write one table as CSV, whole or not at all."""
    with whole_file(path) as work:
        work.write_bytes(csv_bytes(table))
    return Path(path)


def write_folder(assessment: Assessment, folder: str | Path, command: Sequence[str] = (), when: datetime | None = None) -> Path:
    """Write findings.csv, wards.csv, observations.csv, people.csv, run.toml and assessment.gpkg, all or none.

    The names never change, so that a folder refreshes in PowerBI or Excel. Other files in the
    folder are left alone.

    Raises
    ------
    UsageError
        When the folder cannot be written.
    """
    with whole_folder(folder) as work:
        (work / "findings.csv").write_bytes(csv_bytes(findings_table(assessment)))
        (work / "wards.csv").write_bytes(csv_bytes(wards_table(assessment)))
        (work / "observations.csv").write_bytes(csv_bytes(observations_table(assessment)))
        (work / "people.csv").write_bytes(csv_bytes(people_table(assessment)))
        (work / "run.toml").write_text(run_toml(assessment, command, when), encoding="utf-8")
        write_geopackage(assessment, work / "assessment.gpkg")
    return Path(folder)


def run_toml(assessment: Assessment, command: Sequence[str] = (), when: datetime | None = None) -> str:
    """What was run, on what: enough to run it again and get the same tables.

    Only the line ``when`` differs between two runs of the same command on the same release.
    """
    manifest, method, residents = assessment.evidence.manifest, assessment.method, assessment.people_estimate
    profiles = {service.id: service.profile_version for service in assessment.services}
    return to_toml(
        {
            "when": (when or datetime.now().astimezone()).isoformat(timespec="seconds"),
            "command": shlex.join(["exclusion", *command]) if command else "",
            "program": f"exclusion {__version__}",
            "councils": list(assessment.councils),
            "services": [service.id for service in assessment.services],
            "thresholds_version": assessment.thresholds_version,
            "notices": list(assessment.notices),
            "method": {"presets": [preset.id for preset in method.presets], "is_default": method.is_default},
            "weights": {nation: dict(weights) for nation, weights in method.weights.items()},
            "people": {
                "definition": residents.definition,
                "scale": {"low": residents.scale.low, "high": residents.scale.high, "own": residents.scale.own},
                "scale_reason": residents.scale.reason,
            },
            "profile_version": profiles,
            "release": {"name": manifest.name, "version": manifest.version, "built_on": manifest.built_on, "edition": manifest.edition},
            "sha256": {name: about["sha256"] for name, about in manifest.files.items()},
        }
    )


__all__ = [
    "FORMATS",
    "about_table",
    "check_format",
    "csv_bytes",
    "dictionary",
    "findings_table",
    "geojson_bytes",
    "hide_small",
    "observations_table",
    "package_bytes",
    "parquet_bytes",
    "people_table",
    "run_toml",
    "safe",
    "services_by_ward",
    "small_areas_table",
    "sources_table",
    "wards_table",
    "whole_file",
    "whole_folder",
    "workbook",
    "write",
    "write_folder",
    "write_geopackage",
    "write_table",
    "xlsx_bytes",
]
