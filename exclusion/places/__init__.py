"""A council's own list of places where people get help, and what a proposal does to it.

The table of places has one row a place: ``place_id`` (unique text), ``name``, ``kind`` (an id of
judgement/channels.toml where the word is known there, else as written), ``x, y`` (metres,
EPSG:27700), ``postcode``, ``hours`` (as written), ``hours_week`` (a number; NaN = not known, never
0), ``help`` (what help is given), ``status`` (stays, fewer_hours, closes).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from exclusion.contracts import DataRefused, NothingToAssess, Problem, SourceUnreachable, UsageError
from exclusion.judgement.access import access_rules
from exclusion.judgement.score import geography_rules
from exclusion.places import open_referral, rows
from exclusion.places.position import resolve
from exclusion.places.rows import COLUMNS, kind_of
from exclusion.sources import Source
from exclusion.sources import libraries as libraries_source
from exclusion.words import slug

CLOSES, FEWER_HOURS, STAYS = "closes", "fewer_hours", "stays"
MOST_PLACES = 5_000
MOST_BYTES = {".csv": 5_000_000, ".json": 50_000_000}
MAP_COLUMNS = ("place_id", "name", "kind", "hours", "hours_week", "status", "x", "y")


@dataclass(frozen=True)
class Places:
    """Places read from a file, and what was left out of it."""

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_places(
    path: str | Path,
    *,
    postcodes: str | Path | None = None,
    around: pd.DataFrame | None = None,
    today: date | None = None,
) -> Places:
    """Places from a council's own list: CSV, or Open Referral UK JSON.

    Parameters
    ----------
    path
        CSV with a heading row: ``name``; a position as ``x`` and ``y`` (metres, British National
        Grid), ``lat`` and ``lon``, or ``postcode``; and where known ``kind``, ``hours``, ``help``,
        ``id``. Or JSON with services at locations; what is not needed is passed over.
    postcodes
        Parquet file of postcode points (see ``sources.postcodes.points``), needed only where a
        place has nothing but a postcode. Where it is given, a position is held against it too.
    around
        Points (``x, y``) of the areas the places are for; a place far from all of them is
        questioned, and a swapped or unsigned axis named as such.
    today
        Date that decides which Open Referral schedules are over; the clock's when None.

    Raises
    ------
    DataRefused
        With every problem found: row, column, value, what to do. Nothing is read in part.
    SourceUnreachable
        When a file is not there.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceUnreachable(Problem(str(path), "is not a file", "", "Give the council's list of places as CSV or Open Referral JSON."))
    most = MOST_BYTES.get(path.suffix.lower())
    if most is None:
        raise UsageError(Problem(path.name, "is neither CSV nor JSON", path.suffix, "Save the list as .csv, or as Open Referral UK .json."))
    if path.stat().st_size > most:
        raise DataRefused(
            Problem(path.name, f"is larger than {most / 1e6:,.0f} MB", f"{path.stat().st_size / 1e6:,.0f} MB", "A list of places is small.")
        )
    if path.suffix.lower() == ".csv":
        found, problems, notes = rows.read(path.read_bytes(), path.name)
    else:
        found, problems, notes = open_referral.read(path.read_bytes(), path.name, today or date.today())
    if len(found) > MOST_PLACES:
        raise DataRefused(
            Problem(path.name, f"has more than {MOST_PLACES:,} places", f"{len(found):,}", "Leave out those of other councils.")
        )
    table, more = resolve(found, path.name, postcodes, around)
    problems += more
    problems += rows.repeated(table)
    if not len(found) and not problems:
        problems.append(Problem(path.name, "holds no places", "", "Give one row, or one location, for each place."))
    if problems:
        raise DataRefused(problems)
    return Places(_finished(table), tuple(notes))


def template() -> str:
    """An empty list of places to fill in, as :func:`read_places` takes it; a place needs a postcode or a position, not both."""
    return "name,kind,postcode,x,y,hours,help\n"


def libraries(folder: str | Path) -> tuple[Source, Places]:
    """Public libraries from the gathered data: an example until the council's own list is given.

    Placed at the centre of their postcode; staffed hours where the authority publishes them.
    """
    source, table = libraries_source.read(Path(folder), geography_rules().far_help.library_types)
    named = table.assign(id="", kind=kind_of("library"), postcode="", help="", where=table["name"])
    named = named.drop_duplicates(["name", "operator", "x", "y"])  # the publisher lists some twice
    notes = (f"{source.title}: an example, not the council's own list. {source.note}",)
    return source, Places(_finished(named.reset_index(drop=True)), notes)


def libraries_near(folder: str | Path, around: pd.DataFrame) -> Places:
    """:func:`libraries` of the wards chosen (``x, y``) and round them, as far as judgement/access.toml says."""
    _, found = libraries(folder)
    return Places(near(found.table, around, access_rules().libraries_km), found.notes)


def change(places: pd.DataFrame, changes: Mapping[str, str | float]) -> pd.DataFrame:
    """The same places after a proposal: which close, which open for fewer hours.

    Parameters
    ----------
    changes
        For a ``place_id`` or a name (in any case): "closes", "fewer_hours", or the hours a week
        that are left. With "fewer_hours" the hours left are not known.

    Returns
    -------
    A copy; a place that closes keeps its row, with ``status`` closes, so that a map can show it.

    Raises
    ------
    UsageError
        Naming every place not in the list or named by several, and every change that is none.
    """
    table = places.copy()
    problems: list[Problem] = []
    names = table["name"].str.casefold()
    for wanted, what in changes.items():
        where = f"place '{wanted}'"
        found = table.index[table["place_id"] == wanted]
        if not len(found):
            found = table.index[names == wanted.strip().casefold()]
        if not len(found):
            close = get_close_matches(wanted.strip().casefold(), list(dict.fromkeys(names)), n=3, cutoff=0.5)
            near = list(dict.fromkeys(table["name"][names.isin(close)]))
            hint = f"Did you mean {' or '.join(near)}?" if near else "Use its name as it stands in the list."
            problems.append(Problem(where, "is not in the list of places", "", hint))
        elif len(found) > 1:
            ids = ", ".join(table.loc[found, "place_id"].head(4))
            problems.append(Problem(where, f"{len(found)} places have this name", "", f"Use the place_id, one of: {ids}."))
        elif what == CLOSES:
            _set(table, found[0], CLOSES, 0.0)
        elif what == FEWER_HOURS:
            _set(table, found[0], FEWER_HOURS, float("nan"))
        elif isinstance(what, str) or not 0 < what <= 168:
            problems.append(Problem(where, "is not a change", str(what), "Say 'closes', 'fewer_hours', or the hours a week that are left."))
        elif what >= (now := float(table["hours_week"].loc[found[0]])):
            problems.append(Problem(where, f"is open {now:g} hours a week now, so this is not fewer", f"{what:g}", "Give the hours left."))
        else:
            _set(table, found[0], FEWER_HOURS, float(what))
    if problems:
        raise UsageError(problems)
    return table


def near(places: pd.DataFrame, around: pd.DataFrame, km: float) -> pd.DataFrame:
    """The places within ``km`` (straight line) of a box round some points (``x, y``): those that can matter there.

    Raises
    ------
    NothingToAssess
        When there is none.
    """
    reach = km * 1000
    inside = places["x"].between(around["x"].min() - reach, around["x"].max() + reach) & places["y"].between(
        around["y"].min() - reach, around["y"].max() + reach
    )
    if not inside.any():
        raise NothingToAssess(Problem("places", f"none lies within {km:g} km of the chosen wards", "", "Check the list, or look further."))
    return places[inside].reset_index(drop=True)


def for_map(places: pd.DataFrame) -> pd.DataFrame:
    """What a map needs: ``place_id, name, kind, hours, hours_week, status, x, y``, by name."""
    return places[list(MAP_COLUMNS)].sort_values(["name", "place_id"], ignore_index=True)


def _set(table: pd.DataFrame, row: Hashable, status: str, hours: float) -> None:
    table.loc[row, "status"] = status
    table.loc[row, "hours_week"] = hours


def _finished(table: pd.DataFrame) -> pd.DataFrame:
    """Ids for those without one, and the columns in their order."""
    taken = set(table["id"]) - {""}
    ids = []
    for given, name in zip(table["id"], table["name"], strict=True):
        if not given:
            base, number = slug(name), 1
            given = base
            while given in taken:
                number += 1
                given = f"{base}-{number}"
            taken.add(given)
        ids.append(given)
    table = table.assign(place_id=ids, status=STAYS)
    return table[["place_id", *COLUMNS, "status"]].reset_index(drop=True)


__all__ = [
    "CLOSES",
    "FEWER_HOURS",
    "STAYS",
    "Places",
    "change",
    "for_map",
    "libraries",
    "libraries_near",
    "near",
    "read_places",
    "template",
]
