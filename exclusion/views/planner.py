"""The ward figures as a planner wants them: groups of columns, rows by name, machine names kept."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from exclusion import export
from exclusion.assessment import Assessment
from exclusion.export.columns import Column, ward_columns
from exclusion.judgement.score import measures
from exclusion.language import mark, tr

ALWAYS = ("area_code", "area_name", "council_name")
PLACE, SCORE, PEOPLE, AGES = mark("Place"), mark("Score and its parts"), mark("People unlikely to use the internet"), mark("Age")
FIRST = (SCORE, PEOPLE)
"""Groups that are shown before anybody chooses."""


@dataclass(frozen=True)
class Sheet:
    """A table to look at: the same values and machine names as ``wards.csv``, with what each column is."""

    table: pd.DataFrame
    columns: dict[str, Column]


def groups(a: Assessment) -> dict[str, list[str]]:
    """Machine names of the ward table's columns by group, in the order of the table; every column is in one group."""
    found: dict[str, list[str]] = {}
    for column in ward_columns(a):
        found.setdefault(_group(column.name), []).append(column.name)
    return found


def _group(name: str) -> str:
    if name.startswith("people_"):
        return PEOPLE
    if name.startswith("domain_") or name in ("scored", "why_not", "risk", "band", "band_word", "national_median_risk", "observed"):
        return SCORE
    owner = max((one for one in measures() if name.startswith(f"{one}_")), key=len, default="")
    if not owner:
        return PLACE
    return AGES if owner.startswith("age") else measures()[owner].short


def sheet(a: Assessment, chosen: list[str], containing: str = "") -> Sheet:
    """The chosen groups of columns for wards whose name, council or code holds some words, by name of ward and council.

    Parameters
    ----------
    chosen
        Keys of :func:`groups`.
    containing
        Words of a ward's name, its council or its code, in any case; blank for every ward.
    """
    by = groups(a)
    known = {column.name: column for column in ward_columns(a)}
    names = [*ALWAYS, *(name for group in by for name in by[group] if group in chosen and name not in ALWAYS)]
    table = export.wards_table(a)
    place = table["area_name"] + " " + table["council_name"] + " " + table["area_code"]
    hits = place.str.contains(containing.strip(), case=False, regex=False)
    shown = table.loc[hits, names].sort_values(["area_name", "council_name", "area_code"], kind="stable").reset_index(drop=True)
    return Sheet(shown, {name: known[name] for name in names})


def dictionary_rows(shown: Sheet) -> pd.DataFrame:
    """What each column of a sheet means, for the screen."""
    rows = [(name, one.label, one.unit or "–", one.note or "–", one.source or "–") for name, one in shown.columns.items()]
    return pd.DataFrame(rows, columns=[tr("Column"), tr("Meaning"), tr("Unit"), tr("Note"), tr("Source")])
