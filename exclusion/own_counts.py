"""A council's own counts by ward (caseload, contacts), laid beside the published figures.

Counts by ward only, one row a ward: never a row for a person or a case. Nothing here is kept;
the app holds what it read in the session of the person who brought it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import pandas as pd

from exclusion.contracts import WARD_CODE, DataRefused, Problem

CODE_HEADINGS = ("area_code", "ward_code", "code", "gss_code", "wd25cd", "wd24cd")
NAME_HEADINGS = ("area_name", "ward_name", "ward", "name", "wd25nm", "wd24nm")
PASSED_OVER = ("council", "council_code", "council_name", "lad25cd", "lad25nm", "period")
NOT_GIVEN = ("", "*")  # left out, or held back by the council
MOST_COLUMNS = 20
SMALL = 10


OTHERS = "Leave the ward out, or name its council as well."


def read(content: bytes, areas: pd.DataFrame, where: str = "your file", away: pd.DataFrame | None = None) -> pd.DataFrame:
    """Counts by ward from a CSV file.

    Parameters
    ----------
    content
        The file: a heading row, then one row a ward. A column ``area_code`` (or ``ward_code``) or
        ``area_name`` (or ``ward``) says which ward; every other column holds numbers of zero or more.
        A blank or ``*`` means not given. Comma, semicolon or tab between columns.
    areas
        The wards it may speak of, indexed by ``area_code`` with ``area_name``.
    where
        Name of the file, for messages.
    away
        Wards of other councils (``area_name, council_name``), to say of whom a ward is that is not one of these.

    Returns
    -------
    DataFrame
        Indexed by ``area_code``, all of ``areas`` in their order; one float column for each column of
        counts, under its heading. A ward or a number not given is NaN, never 0.

    Raises
    ------
    DataRefused
        With every problem found: unknown or repeated wards, names that two wards share, text where a
        number should be, negative numbers.
    """
    rows = _rows(content, where)
    headings = [heading.strip() for heading in rows[0]]
    plain = [re.sub(r"\W+", "_", heading).strip("_").casefold() for heading in headings]
    by_code = next((place for place, heading in enumerate(plain) if heading in CODE_HEADINGS), None)
    by_name = next((place for place, heading in enumerate(plain) if heading in NAME_HEADINGS), None)
    counts = [
        place
        for place, heading in enumerate(plain)
        if place not in (by_code, by_name) and heading and heading not in (*PASSED_OVER, *NAME_HEADINGS)
    ]
    problems = list(_heading_problems(where, headings, by_code, by_name, counts))
    if problems:
        raise DataRefused(problems)

    table = pd.DataFrame(np.nan, index=areas.index, columns=[headings[place] for place in counts])
    seen: dict[str, int] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = [cell.strip() for cell in row] + [""] * (len(headings) - len(row))
        place = by_code if by_code is not None else by_name
        code, problem = _ward(cells[place or 0], areas, f"{where}, line {line}", away)
        if problem:
            problems.append(problem)
            continue
        if code in seen:
            what = f"this ward stands on line {seen[code]} already"
            problems.append(
                Problem(
                    f"{where}, line {line}", what, cells[place or 0], "Give one row for each ward, with counts, never a row for each case."
                )
            )
            continue
        seen[code] = line
        for column in counts:
            number, problem = _number(cells[column], f"{where}, line {line}, column '{headings[column]}'")
            if problem:
                problems.append(problem)
            table.loc[code, headings[column]] = number
    if not seen and not problems:
        problems.append(Problem(where, "holds no rows below its headings", "", "Give one row for each ward."))
    if problems:
        raise DataRefused(problems)
    return table


def small(table: pd.DataFrame) -> int:
    """How many of the counts are between 1 and 9: enough to point at a person if published."""
    return int(((table > 0) & (table < SMALL)).to_numpy().sum())


def _rows(content: bytes, where: str) -> list[list[str]]:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise DataRefused(Problem(where, "is not text", "", "Save the sheet as 'CSV UTF-8' and choose that file."))
    if "\x00" in text:
        raise DataRefused(Problem(where, "is not text (a spreadsheet, perhaps)", "", "Save the sheet as 'CSV UTF-8' and choose that file."))
    heading = text.split("\n", 1)[0]
    between = max(",;\t", key=heading.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as error:
        raise DataRefused(Problem(where, f"cannot be read as CSV: {error}", "", "Save the sheet as 'CSV UTF-8' again.")) from None
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise DataRefused(
            Problem(where, "is empty or has no heading row", "", "Start with a row of headings such as: ward_code, caseload.")
        )
    return rows


def _heading_problems(where: str, headings: list[str], by_code: int | None, by_name: int | None, counts: list[int]) -> Iterator[Problem]:
    shown = ", ".join(headings)
    if by_code is None and by_name is None:
        yield Problem(where, "has no column that says which ward", shown, "Name one column 'ward_code' or 'ward'.")
    elif not counts:
        yield Problem(where, "has no column of counts", shown, "Add a column such as 'caseload', with a number for each ward.")
    if len(counts) > MOST_COLUMNS:
        yield Problem(
            where, f"has {len(counts)} columns of counts; at most {MOST_COLUMNS} can be laid beside the wards", "", "Leave out the others."
        )
    names = [headings[place] for place in counts]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(where, "has two columns of one name", twice, "Give each its own heading.")


def elsewhere(text: str, away: pd.DataFrame | None) -> str:
    """Of which other council a ward is, by code or name ('Aber Valley is a ward of Caerphilly'); blank where it is of none or several."""
    if away is None or not text:
        return ""
    code = text.strip().upper()
    row = away.loc[[code]] if code in away.index else away[away["area_name"].str.casefold() == text.strip().casefold()]
    return f"{row['area_name'].iloc[0]} is a ward of {row['council_name'].iloc[0]}" if len(row) == 1 else ""


def _ward(text: str, areas: pd.DataFrame, where: str, away: pd.DataFrame | None = None) -> tuple[str, Problem | None]:
    """The code of the ward that ``text`` means, or what is wrong with it."""
    if text.upper() in areas.index:
        return text.upper(), None
    names = areas["area_name"].str.casefold()
    found = names.index[names == text.casefold()]
    if len(found) == 1:
        return str(found[0]), None
    if len(found) > 1:
        return "", Problem(where, f"{len(found)} of the chosen wards have this name", text, f"Use the code: {' or '.join(found)}.")
    if not text:
        return "", Problem(where, "says no ward", "", "Give its code or name, or delete the row.")
    if others := elsewhere(text, away):
        return "", Problem(where, f"is not one of the chosen wards: {others}", text, OTHERS)
    if re.match(WARD_CODE, text.upper()):
        return "", Problem(
            where, "is not one of the chosen wards", text, "Check the council chosen above, and that the codes are of wards of May 2025."
        )
    close = get_close_matches(text.casefold(), names, n=1)
    hint = (
        f"Did you mean {areas.loc[names.index[names == close[0]][0], 'area_name']}?" if close else "Use the ward's code or its full name."
    )
    return "", Problem(where, "is not one of the chosen wards", text, hint)


def _number(text: str, where: str) -> tuple[float, Problem | None]:
    if text in NOT_GIVEN:
        return np.nan, None
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return np.nan, Problem(where, "is not a number", text, "Give a number, or leave it blank when it is not known.")
    if not np.isfinite(number) or number < 0:
        return np.nan, Problem(where, "is not a count of zero or more", text, "Give a number, or leave it blank when it is not known.")
    if number >= MOST:
        return np.nan, Problem(where, "is more than can be counted in a ward", text[:40], "Correct the number.")
    return number, None


MOST = 1e9
