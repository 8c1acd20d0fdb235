"""A council's own figures by ward or small area: which column is what, are the codes this year's, and the numbers.

Counts only, one row an area: a file with a row for each person or case is refused and pointed to
:mod:`exclusion.own.count`. What is read is handed back and kept nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from exclusion.contracts import SMALL_AREA_CODE, WARD_CODE, DataRefused, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.own.looking import NOT_GIVEN, Look, is_number, look, numbered_rows
from exclusion.release import Evidence
from exclusion.words import join_words

TOTALS = ("total", "totals", "grand total", "all wards", "all", "council", "borough", "district", "england", "wales", "sum")


@dataclass(frozen=True)
class Figures:
    """A council's own figures by ward."""

    where: str
    table: pd.DataFrame
    """Indexed by ward code: one column of floats for each column of numbers, a share between 0 and 1; NaN = not given, never 0."""
    shares: tuple[str, ...]
    """Columns that are shares, not counts."""
    level: str
    """What the file was by: "ward" or "small area"."""
    notes: tuple[str, ...]


def read(
    seen: Look,
    evidence: Evidence,
    councils: Sequence[str],
    *,
    code: str | None = None,
    name: str | None = None,
    numbers: Sequence[str] | None = None,
) -> Figures:
    """The figures of some councils' wards.

    Parameters
    ----------
    councils
        Codes. Rows of other councils are left out and counted in the notes.
    code, name, numbers
        Headings, where :func:`look` did not take them for the right thing.

    Returns
    -------
    Figures
        Counts by small area are summed to wards by each small area's share of people in them.

    Raises
    ------
    UsageError, DataRefused
        With every problem at once: codes of another year, names two wards share or none has, an area
        given twice, text where a number should be, a share of small areas (which cannot be summed).
    """
    by_code, by_name, wanted = _chosen(seen, code, name, numbers)
    areas = evidence.areas[evidence.areas["council_code"].isin(councils)]
    problems: list[Problem] = []
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    elsewhere = unplaced = totals = 0
    strays: list[tuple[int, str]] = []
    places = _places(seen.level, evidence, areas)
    for line, row in seen.rows:
        said = row[by_code] if by_code is not None else ""
        called = row[by_name] if by_name is not None else ""
        if _is_total(said, called, areas):
            totals += 1
            continue
        where = f"{seen.where}, line {line}"
        if said:
            area = said.upper()
            if area not in places:
                if _known_elsewhere(area, seen.level, evidence):
                    elsewhere += 1
                elif seen.level == "small area" and re.match(SMALL_AREA_CODE, area):
                    unplaced += 1
                else:
                    strays.append((line, said))
                continue
            if called and seen.level == "ward" and not _same_name(called, str(areas.loc[area, "area_name"])):
                do = "Check which of the two is right."
                problems.append(Problem(where, f"the code is of {areas.loc[area, 'area_name']}, the name is another", called, do))
        else:
            area, problem = _by_name(called, areas, where)
            if problem:
                problems.append(problem)
                continue
        if area in found:
            do = "Give one row for each area. To count cases use 'exclusion count'."
            problems.append(Problem(where, f"this area stands on line {found[area][0]} already", said or called, do))
            continue
        found[area] = line, row
    problems += _stray(seen, strays, len(found) + len(strays), evidence)
    table = pd.DataFrame(np.nan, index=pd.Index(list(found), name="area_code"), columns=wanted)
    headings = [column.heading for column in seen.columns]
    shares = tuple(heading for heading in wanted if seen.columns[headings.index(heading)].kind == "share")
    for area, (line, row) in found.items():
        for heading in wanted:
            number, problem = _number(row[headings.index(heading)], heading in shares, f"{seen.where}, line {line}, column '{heading}'")
            if problem:
                problems.append(problem)
            table.loc[area, heading] = number
    for heading in shares:
        place = headings.index(heading)
        if 0 < table[heading].max() <= 0.01 and not any("%" in row[place] for _, row in found.values()):
            do = "Write them as percentages (60.7, not 0.607); shares that are truly so small need their % in each cell (0.6%)."
            what = f"column '{heading}' is of shares, and every one of them would be 1 % or less: they look like parts of one"
            problems.append(Problem(seen.where, what, next((row[place] for _, row in found.values() if row[place]), ""), do))
    if not found and not problems:
        problems.append(Problem(seen.where, "has no row of the councils chosen", "", "Choose the council the figures are of."))
    if seen.level == "small area" and shares:
        do = "Give the counts, or shares by ward."
        problems.append(Problem(seen.where, f"gives shares of small areas ({join_words(list(shares))}), which cannot be added up", "", do))
    if problems:
        raise DataRefused(problems)
    if unplaced and len(found) == len(places):  # every area of ours is there, so these are of others
        elsewhere, unplaced = elsewhere + unplaced, 0
    notes = list(_notes(table, shares, elsewhere, totals))
    if unplaced:
        notes.insert(
            0,
            f"{_rows_are(unplaced)} left out, for their codes are not of the small areas we hold of these councils: of other councils, "
            f"or codes of an earlier census. {len(places) - len(found)} of their {len(places)} small areas have no row. If those rows "
            "are yours, the file goes by old codes: export it for the areas of the newest census.",
        )
    if seen.level == "small area":
        table, more = _to_wards(table, evidence, areas)
        notes += more
    missing = len(areas) - int(table.notna().any(axis=1).reindex(areas.index, fill_value=False).sum())
    if missing:
        notes.append(f"{missing} of {len(areas)} wards have no figure in the file: not known, never 0.")
    return Figures(seen.where, table.reindex(areas.index), shares, seen.level, tuple(notes))


def _number(cell: str, share: bool, where: str) -> tuple[float, Problem | None]:
    text = cell.strip()
    if text.casefold() in NOT_GIVEN:
        return np.nan, None
    do = "Give a number, or leave it blank when it is not known."
    if not is_number(text):
        return np.nan, Problem(where, "is a formula, not a number" if text.startswith("=") else "is not a number", text[:40], do)
    number = float(text.strip("%£+ ").replace(",", ""))
    if not np.isfinite(number) or number < 0:
        return np.nan, Problem(where, "is not a number of zero or more", text[:40], do)
    if share:
        number = number / 100
        if number > 1:
            return np.nan, Problem(where, "is a share over 100 %", text[:40], do)
    return number, None


def _chosen(seen: Look, code: str | None, name: str | None, numbers: Sequence[str] | None) -> tuple[int | None, int | None, list[str]]:
    """Places of the code and the name, and the headings of the numbers; each heading asked for must be there once."""
    headings = [column.heading for column in seen.columns]
    plain = [heading.casefold() for heading in headings]
    problems = []
    for asked in [code, name, *(numbers or ())]:
        if asked is not None and plain.count(asked.casefold()) != 1:
            what = "is not a heading of the file" if asked.casefold() not in plain else "stands over more than one column"
            problems.append(Problem(seen.where, what, asked, f"It has: {', '.join(headings)}."))
    wanted = [headings[plain.index(n.casefold())] for n in numbers if n.casefold() in plain] if numbers else seen.of_kind("number", "share")
    twice = sorted({heading for heading in wanted if headings.count(heading) > 1})
    problems += [Problem(seen.where, "has two columns of one name", heading, "Give each its own heading.") for heading in twice]
    by_code = plain.index(code.casefold()) if code and code.casefold() in plain else next(iter(_at(seen, "code")), None)
    by_name = plain.index(name.casefold()) if name and name.casefold() in plain else next(iter(_at(seen, "name")), None)
    if by_code is None and by_name is None and not problems:
        do = "Name one column 'ward_code' or 'ward', or say which it is."
        problems.append(Problem(seen.where, "has no column that says which area", ", ".join(headings), do))
    elif not wanted and not problems:
        problems.append(Problem(seen.where, "has no column of numbers", ", ".join(headings), "Add one, with a number for each area."))
    if problems:
        raise UsageError(problems)
    return by_code, by_name, wanted


def _at(seen: Look, kind: str) -> list[int]:
    return [place for place, column in enumerate(seen.columns) if column.kind == kind]


def _places(level: str, evidence: Evidence, areas: pd.DataFrame) -> set[str]:
    if level == "ward":
        return set(areas.index)
    small = evidence.small_areas
    held = set(small.loc[small["area_code"].isin(areas.index), "small_area_code"])
    if not held:
        names = ", ".join(areas["council_name"].unique()[:3])
        do = "Give figures by ward, or a release with the small areas of this council ('exclusion release build')."
        raise UsageError(Problem("small areas", "are not held by this release for the councils chosen", names, do))
    return held


def _known_elsewhere(area: str, level: str, evidence: Evidence) -> bool:
    """Whether it is an area of this edition in another council, as far as the release holds it (small areas of some councils alone)."""
    return bool(area in evidence.areas.index if level == "ward" else (evidence.small_areas["small_area_code"] == area).any())


def _is_total(said: str, called: str, areas: pd.DataFrame) -> bool:
    words = {text.casefold() for text in (said, called) if text}
    names = {name.casefold() for name in areas["council_name"].unique()} - {name.casefold() for name in areas["area_name"]}
    own = words & ({*TOTALS} - {name.casefold() for name in areas["area_name"]} | names)
    return not words or bool(own) or (bool(re.match(r"^[EWSN](0[6-9]|1[0-2]|92)\d+$", said)) and not re.match(WARD_CODE, said))


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.casefold().replace("&", " and ").replace("'", "").replace("’", "")).removesuffix(" ward").strip()


def _same_name(one: str, other: str) -> bool:
    return _plain_name(one) == _plain_name(other)


def _by_name(called: str, areas: pd.DataFrame, where: str) -> tuple[str, Problem | None]:
    names = areas["area_name"].map(_plain_name)
    found = names.index[names == _plain_name(called)]
    if len(found) == 1:
        return str(found[0]), None
    if len(found) > 1:
        return "", Problem(where, f"{len(found)} of the chosen wards have this name", called, f"Use the code: {' or '.join(found)}.")
    close = get_close_matches(_plain_name(called), names, n=1)
    hint = f"Did you mean {areas.loc[names.index[names == close[0]][0], 'area_name']}?" if close else "Use the ward's code or full name."
    return "", Problem(where, "is not the name of one of the chosen wards", called, hint)


def _stray(seen: Look, strays: Sequence[tuple[int, str]], rows: int, evidence: Evidence) -> list[Problem]:
    """Codes that this edition does not know: each by line when they are few, once when the file is of another year."""
    edition = evidence.manifest.edition
    if len(strays) > 3 and len(strays) > own_rules().edition.most_stray * rows:
        year = next((found[1] for c in seen.columns if (found := re.search(r"wd(\d\d)", c.heading.casefold()))), "")
        said = f"; the heading says 20{year}" if year and f"WD{year}" != edition else ""
        what = f"{len(strays)} of {rows} codes are not of the wards of this release ({edition}: the wards of 20{edition[2:]}){said}"
        do = "Codes of two years must not be joined: export the figures for this year's wards, or count cases again with 'exclusion count'."
        return [Problem(seen.where, what, ", ".join(code for _, code in strays[:3]), do)]
    do = f"Check it; the wards are those of 20{edition[2:]}."
    return [Problem(f"{seen.where}, line {line}", f"is not a code of {edition}", code, do) for line, code in strays]


def _notes(table: pd.DataFrame, shares: Sequence[str], elsewhere: int, totals: int) -> Iterable[str]:
    if elsewhere:
        yield f"{_rows_are(elsewhere)} of areas in other councils and {'was' if elsewhere == 1 else 'were'} left out."
    if totals:
        yield f"{totals} {'row' if totals == 1 else 'rows'} of totals or without an area {'was' if totals == 1 else 'were'} passed over."
    counts = table.drop(columns=list(shares))
    whole = counts.loc[:, (counts.isna() | (counts % 1 == 0)).all()]  # a mean or a part of one is no count
    few = int(((whole > 0) & (whole < own_rules().hiding.below)).to_numpy().sum())
    if few:
        which = "1 of the counts lies" if few == 1 else f"{few} of the counts lie"
        yield f"{which} between 1 and {own_rules().hiding.below - 1}. Do not publish them: they could point at a person."
    for heading in counts.columns:
        if (counts[heading].dropna() % 1 != 0).any():
            said = f"'{heading}' holds parts of whole numbers."
            yield f"{said} If they are shares, write them as percentages (60.7 for 0.607) with % in the heading."


def _rows_are(n: int) -> str:
    return "1 row is" if n == 1 else f"{n:,} rows are"


def _to_wards(table: pd.DataFrame, evidence: Evidence, areas: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Counts by small area summed to wards; a ward with a small area not given is not known."""
    small = evidence.small_areas[evidence.small_areas["area_code"].isin(areas.index)]
    rows = table.reindex(small["small_area_code"])
    columns = {}
    for heading in table.columns:
        parts = pd.Series(rows[heading].to_numpy() * small["share"].to_numpy(), index=small["area_code"].to_numpy())
        whole = pd.Series((small["share"] * small["population"]).to_numpy(), index=small["area_code"].to_numpy())
        there = whole.where(parts.notna(), 0.0).groupby(level=0).sum() / whole.groupby(level=0).sum()
        columns[heading] = parts.groupby(level=0).sum().round().where(there >= 0.999)
    wards = pd.DataFrame(columns).rename_axis("area_code")
    unknown = int(wards.isna().any(axis=1).sum())
    notes = [f"Small areas were shared onto wards by where people live ({len(table)} of them)."]
    if unknown:
        notes.append(f"{unknown} wards have a small area that the file does not give, so they have no figure.")
    return wards, notes


def renamed(figures: Figures, names: dict[str, str]) -> Figures:
    """The same figures under other names."""
    return replace(figures, table=figures.table.rename(columns=names), shares=tuple(names.get(one, one) for one in figures.shares))


__all__ = ["Figures", "Look", "look", "numbered_rows", "read", "renamed"]
