"""What a proposal does, as tables in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from exclusion.export.files import csv_bytes, whole_folder

if TYPE_CHECKING:
    from exclusion.proposal import Considered

DICTIONARY = "proposal_columns.csv"
_VERSIONS = {
    "thresholds_version": "Version of the thresholds used; where the council's own lie over it, who set them and when; joined by |",
    "profile_version": "Version of the service profile used; the council's own with who changed it and when; joined by |",
}
_SERVICE = {"proposal": "Title of the proposal", "service_id": "Service, as in services.csv"}
_WARD = {"area_code": "GSS code of the ward", "area_name": "Name of the ward"}
_WAY = {"channel": "The way in"}
COLUMNS: dict[str, dict[str, str]] = {
    "effects.csv": {
        **_WARD,
        "service_id": _SERVICE["service_id"],
        **_WAY,
        "kind": "floor (the minimum), keep or more_use (expect more use of it)",
        "severity": "required, recommended, monitor, or blank",
        "proposal_effect": "closes, stays or none: what the proposal does to this way in here",
        "fewer_hours": "Whether it stays for fewer hours",
        "effect_note": "The same in a sentence",
        "leans_on": "Places it loses or that open for fewer hours, joined by |",
        "instead": "A way in that needs something else, where one is left",
        "rule_ids": "Rules behind the finding, joined by |",
        "short": "The finding in at most 20 words",
        **_VERSIONS,
    },
    "demand.csv": {
        **_SERVICE,
        "area_code": "GSS code of the ward; blank for the whole council",
        "channel": "A way in that stays; blank for all that stay together",
        "label": "Contacts a year that it may have to carry, a range in words",
        **_VERSIONS,
    },
    "options.csv": {
        "proposal": _SERVICE["proposal"],
        "option": "Id of the option, in the order of our list, which is no ranking",
        "title": "The option in words",
        "service_id": _SERVICE["service_id"],
        "conditions_closed": "Findings of the minimum, or kept as a condition, whose way in closes",
        "advised_closed": "Findings advised whose way in closes",
        "watched_closed": "Findings to watch whose way in closes",
        "thinned": "Findings whose way in stays for fewer hours",
        "unsaid": "Findings kept as a condition or advised of which the option does not say what happens",
        "wards_changed": "Wards where a way in closes or thins",
        "wards_advised": "Wards where one closes or thins that is a condition or advised",
        "people": "Residents of these unlikely to use the internet, a range in words",
        "wards_unchecked": "Wards not assessed: too few rules could be checked, or the council does not run the service",
        "sentence": "What the option does, in a sentence",
        **_VERSIONS,
    },
    "dependents.csv": {
        "place": "Name of the place",
        "change": "closes or fewer_hours",
        **_SERVICE,
        "service_name": "Name of the service",
        "channel": "The way in given there",
        "named": "Whether a proposal names the service itself",
        "wards": "Wards where a rule or the minimum says keep this way in",
        "severity": "The firmest finding there: required, recommended, monitor, or blank",
        "firmest_wards": "Wards where it is that firm",
        "instead": "A way in that needs something else, where one is left",
        "next_open": "The open place most of those have next whose nearest it is; blank where there is none or it is not known",
        "next_open_distance": "Within which half of them have an open place then",
        "next_open_unit": "km (straight line times the road factor) or minutes",
        "next_open_said": "The same in a sentence, or why it is not known",
        "sentence": "What follows for the service, in sentences",
        **_VERSIONS,
    },
    "cumulative.csv": {
        **_WARD,
        "group": "The group affected: a protected characteristic, or socio-economic",
        "services": "Services with firm findings for it that move within the window, joined by |",
        "count": "How many these are",
        "first": "Date of the first of them",
        "last": "Date of the last",
        "sentence": "Whom, which and when, in a sentence",
        **_VERSIONS,
    },
}
"""What every column of a proposal's tables means, in the order of its columns."""


def tables(considered: Considered) -> dict[str, pd.DataFrame]:
    """The tables of a proposal by file name: effects, demand, options, dependents, cumulative, and what their columns mean.

    Demand is rounded as it is said: contacts a year to two figures, in words, so no ward's small
    number leaves by the back door. Every row names the versions of thresholds and profiles it was made with,
    so that a table that travels alone still says that judgement in it is the council's.
    """
    findings = considered.findings
    held = {
        "effects.csv": findings[findings["kind"].isin(["floor", "keep", "more_use"])],
        "demand.csv": considered.demand,
        "options.csv": considered.options,
        "dependents.csv": considered.dependents,
        "cumulative.csv": considered.cumulative,
    }
    held = {name: (table if name == "effects.csv" else _signed(table, considered)) for name, table in held.items()}
    # A version saved before a column was there opens without it.
    chosen = {name: table[[one for one in COLUMNS[name] if one in table]].reset_index(drop=True) for name, table in held.items()}
    return {**chosen, DICTIONARY: dictionary()}


def dictionary() -> pd.DataFrame:
    """What every column of these tables means: ``table, column, meaning``."""
    rows = [(name, column, meaning) for name, columns in COLUMNS.items() for column, meaning in columns.items()]
    return pd.DataFrame(rows, columns=["table", "column", "meaning"])


def _signed(table: pd.DataFrame, considered: Considered) -> pd.DataFrame:
    """The table with the versions its rows were made with."""
    assessment = considered.assessment
    profiles = {service.id: service.profile_version for service in assessment.services}
    thresholds = "|".join(assessment.findings["thresholds_version"].unique()) or assessment.thresholds_version
    named = table["service_id" if "service_id" in table else "services"].astype(str)
    versions = ["|".join(dict.fromkeys(profiles.get(one, "") for one in cell.split("|"))) for cell in named]
    return table.assign(thresholds_version=thresholds, profile_version=versions)


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
