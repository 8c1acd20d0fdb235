"""A list of places as CSV: what each row says, before anything is placed on the ground."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from exclusion import judgement
from exclusion.contracts import Problem
from exclusion.sources.opening import impossible, weekly_hours
from exclusion.words import counted

COLUMNS = ("name", "kind", "x", "y", "postcode", "hours", "hours_week", "help")
"""Columns of a place, less its id and status."""
RAW = ("where", "id", "name", "kind", "postcode", "x", "y", "lat", "lon", "hours", "hours_week", "help")
"""What a reader hands on to be placed: text, ``hours_week`` a number; ``where`` names the row for messages."""
HEADINGS = {
    "id": ("place_id", "id", "ref", "reference", "uprn"),
    "name": ("name", "place", "place_name", "site", "library_name", "building"),
    "kind": ("kind", "type", "kind_of_place", "place_type"),
    "postcode": ("postcode", "post_code", "postal_code"),
    "x": ("x", "easting", "eastings", "geo_x"),
    "y": ("y", "northing", "northings", "geo_y"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "long", "lng", "longitude"),
    "hours": ("hours", "opening_hours", "opening_times", "hours_a_week", "hours_week", "weekly_hours"),
    "help": ("help", "help_given", "what_help", "what_help_is_given", "support", "services"),
}
_NAMED = 10  # places named in a note; a list without any hours would fill the page
POSITIONS = (("x", "y"), ("lat", "lon"), ("postcode",))


def kind_of(text: str) -> str:
    """The id of a kind of place we know by this word ("Library" -> library), else the word as written."""
    word = text.strip().casefold()
    for known in judgement.place_kinds().values():
        if word in (known.id, known.id.replace("_", " "), known.label.casefold()):
            return known.id
    return text.strip()


def unknown_hours(names: list[str], why: str) -> list[str]:
    """The note that names the places whose hours are not known; none without such places."""
    if not names:
        return []
    shown = [name or "a place without a name" for name in names[:_NAMED]]
    more = [f"and {len(names) - _NAMED:,} more"] if len(names) > _NAMED else []
    return [f"Hours a week of {counted(len(names), 'place')} are not known, because {why}: {', '.join([*shown, *more])}."]


def raw(records: list[dict[str, object]]) -> pd.DataFrame:
    """Records as the table that is placed next: blank text where nothing was said."""
    table = pd.DataFrame(records, columns=list(RAW))
    table["hours_week"] = table["hours_week"].astype("float64")
    return table


def read(content: bytes, where: str) -> tuple[pd.DataFrame, list[Problem], list[str]]:
    """What the rows of a CSV file say.

    Returns
    -------
    Table
        Columns of :data:`RAW`, one row a place.
    Problems
        Headings that cannot be used, rows without a name, kinds of place we do not know (a proposal that closes
        that kind would miss them), hours that no week can hold.
    Notes
        What was passed over, and the places whose opening hours could not be read as hours a week.
    """
    text, problem = _text(content, where)
    if problem:
        return raw([]), [problem], []
    between = max(",;\t", key=text.split("\n", 1)[0].count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as error:
        return raw([]), [Problem(where, f"cannot be read as CSV: {error}", "", "Save the sheet as 'CSV UTF-8' again.")], []
    if not lines or not any(cell.strip() for cell in lines[0]):
        return raw([]), [Problem(where, "has no heading row", "", "Start with a row such as: name, kind, postcode, hours, help.")], []
    headings = [heading.strip() for heading in lines[0]]
    plain = [re.sub(r"\W+", "_", heading).strip("_").casefold() for heading in headings]
    column = {want: next((plain.index(name) for name in names if name in plain), None) for want, names in HEADINGS.items()}
    problems = _heading_problems(where, headings, plain, column)
    if problems:
        return raw([]), problems, []
    records: list[dict[str, object]] = []
    unread: list[str] = []
    kinds = judgement.place_kinds()
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        cells = [cell.strip() for cell in line] + [""] * (len(headings) - len(line))
        said = {want: cells[at] if at is not None else "" for want, at in column.items()}
        spot = f"{where}, row {number}"
        if len(line) > len(headings) and any(cell.strip() for cell in line[len(headings) :]):
            what = "has more cells than there are headings"
            problems.append(Problem(spot, what, f"{len(line)} cells, {len(headings)} headings", "Put text that holds commas in quotes."))
        if not said["name"]:
            problems.append(
                Problem(f"{spot}, column '{headings[column['name'] or 0]}'", "has no name", "", "Give the name people know it by.")
            )
        kind = kind_of(said["kind"])
        if kind and kind not in kinds:
            known = ", ".join(one.label for one in kinds.values())
            what = f"{spot}, column '{headings[column['kind'] or 0]}'"
            problems.append(Problem(what, "is not a kind of place we know", kind, f"Use one of: {known}; or leave it blank."))
        hours = weekly_hours(said["hours"])
        if impossible(said["hours"]):
            what = f"{spot}, column '{headings[column['hours'] or 0]}'"
            problems.append(Problem(what, "is not hours a week, 0 to 168", said["hours"], "Give the hours of one week, or leave it blank."))
        elif said["hours"] and hours != hours:
            unread.append(said["name"])
        records.append({**said, "where": spot, "kind": kind, "hours_week": hours})
    notes = unknown_hours(unread, "what is written could not be read as hours a week")
    used = {at for at in column.values() if at is not None}
    passed = [heading for at, heading in enumerate(headings) if at not in used and heading]
    if passed:
        notes.append(f"Columns passed over: {', '.join(passed)}.")
    return raw(records), problems, notes


def repeated(table: pd.DataFrame) -> list[Problem]:
    """Rows that stand for the same place: one name and kind at one spot, or one id."""
    problems = []
    spots = table.assign(name=table["name"].str.casefold(), kind=table["kind"].str.casefold())
    known = spots[spots["x"].notna() & (spots["name"] != "")].round({"x": 0, "y": 0})
    for keys, among, what in (
        (["name", "kind", "x", "y"], known, "is the same place as"),
        (["id"], spots[spots["id"] != ""], "has the same id as"),
    ):
        for _, group in among.groupby(keys, sort=False):
            first = group.index[0]
            for row in group.index[1:]:
                value = str(table.loc[row, "name" if len(keys) > 1 else "id"])
                message = f"{what} {str(table.loc[first, 'where']).split(', ')[-1]}"
                problems.append(Problem(str(table.loc[row, "where"]), message, value, "Keep one row for each place."))
    return problems


def _text(content: bytes, where: str) -> tuple[str, Problem | None]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, None
    return "", Problem(where, "is not text (a spreadsheet, perhaps)", "", "Save the sheet as 'CSV UTF-8' and choose that file.")


def _heading_problems(where: str, headings: list[str], plain: list[str], column: dict[str, int | None]) -> list[Problem]:
    shown, problems = ", ".join(headings), []
    twice = sorted({name for name in plain if name and plain.count(name) > 1})
    problems += [Problem(where, "has two columns of one name", name, "Give each its own heading.") for name in twice]
    if column["name"] is None:
        problems.append(Problem(where, "has no column of names", shown, "Name one column 'name'."))
    if not any(all(column[part] is not None for part in way) for way in POSITIONS):
        problems.append(
            Problem(where, "does not say where the places are", shown, "Add a column 'postcode', or 'x' and 'y', or 'lat' and 'lon'.")
        )
    return problems
