"""At the review date: the contacts that came, beside those that were expected, and what was changed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.contracts import Problem, UsageError
from exclusion.register.contents import plain, toml_from
from exclusion.release_write import to_toml
from exclusion.words import date_words, join_words, two_figures

COLUMNS = ["service_id", "area_code", "channel", "contacts", "note"]
ONLINE = "online"
WHERE = ["service_id", "area_code", "channel"]
WITHIN, MORE, FEWER = "as expected", "more than expected", "fewer than expected"
NO_RANGE, NOTHING_EXPECTED, NOT_ENTERED = "no range to hold it to", "nothing was expected here", "not entered"
RESULTS = (WITHIN, MORE, FEWER, NO_RANGE, NOTHING_EXPECTED, NOT_ENTERED)
"""What may be said of a count: within the range, above it, below it; or why nothing can be said."""
SHOWN = ["on", *WHERE, "now", "low", "high", "expected", "contacts", "result", "note"]


@dataclass(frozen=True)
class Review:
    """One review of what happened."""

    on: date
    """The day up to which the contacts were counted, a year back."""
    contacts: pd.DataFrame
    """``service_id, area_code`` (blank for the whole council), ``channel, contacts`` (a year; blank = not known), ``note``."""
    changed: str = ""
    """What changed because of the assessment, in the council's words."""
    by: str = ""


def checked(review: Review, areas: Iterable[str], services: Iterable[str], by: str, today: date, starts: Iterable[date] = ()) -> Review:
    """The review with its table in order.

    Parameters
    ----------
    starts
        The day each proposal starts. Contacts up to an earlier day are all from before anything closed, so they
        are refused; words alone (what changed because of the assessment) are taken on any day.

    Raises
    ------
    UsageError
        Naming every row that is not sound: an unknown place, service or way in, a count that is not one, the same row twice;
        and a day that has not come, or that comes before the first of ``starts``.
    """
    table, problems = review.contacts.copy(), []
    for name in [name for name in COLUMNS[:4] if name not in table.columns]:
        problems.append(Problem("review", f"column '{name}' is missing", "", f"Give the columns {', '.join(COLUMNS)}."))
    if problems:
        raise UsageError(problems)
    table = table.reindex(columns=COLUMNS)
    for name in (*WHERE, "note"):
        table[name] = table[name].astype(object).where(table[name].notna(), "").map(lambda cell: str(cell).strip())
    places, known, ways = {"", *areas}, set(services), {*judgement.channels(), ONLINE}
    counts = []
    if review.on > today:
        do = "Give the day up to which contacts were counted."
        problems.append(Problem("review", "is of a day that has not come yet", review.on.isoformat(), do))
    first = min(starts, default=None)
    if first is not None and review.on < first and len(table):
        what = f"is of a day before the change of {date_words(first)}, so every contact is from before anything closed"
        problems.append(Problem("review", what, review.on.isoformat(), "Count the contacts up to a day after the change."))
    for number, row in enumerate(table.itertuples(index=False), start=1):
        where = f"review, row {number}"
        if row.area_code not in places:
            problems.append(Problem(where, "is a ward that was not assessed", str(row.area_code), "Use its codes, or blank."))
        if row.service_id not in known:
            problems.append(Problem(where, "is a service that was not assessed", str(row.service_id), f"Assessed: {', '.join(known)}."))
        if row.channel not in ways:
            problems.append(Problem(where, "is not a way in", str(row.channel), f"Use one of {', '.join(sorted(ways))}."))
        try:
            counts.append(_count(row.contacts))
        except ValueError:
            counts.append(pd.NA)
            problems.append(Problem(where, "contacts is not a whole number from 0", str(row.contacts), "Leave it blank when not known."))
        try:
            plain(row.note, f"{where}, note", 1_000)
        except UsageError as error:
            problems += error.problems
    for number in [int(at) + 1 for at in table.index[table.duplicated(WHERE)]]:
        problems.append(Problem(f"review, row {number}", "repeats the ward, service and way in of an earlier row", "", "Keep one."))
    if not problems:
        problems += _too_many(table.assign(contacts=pd.array(counts, dtype="Int64")))
    if table.empty and not review.changed.strip():
        problems.append(Problem("review", "is empty", "", "Give contacts, or what changed because of the assessment."))
    if problems:
        raise UsageError(problems)
    table["contacts"] = pd.array(counts, dtype="Int64")
    table["note"] = table["note"].map(lambda cell: plain(cell, "note"))
    return Review(review.on, table.reset_index(drop=True), plain(review.changed, "what changed"), plain(review.by or by, "by", 200))


def mixed_year(on: date, starts: Iterable[date]) -> str:
    """The sentence where the year back from a review takes in days before a change; blank where it does not."""
    began = on.replace(year=on.year - 1) if (on.month, on.day) != (2, 29) else date(on.year - 1, 2, 28)
    later = sorted({start for start in starts if began + timedelta(days=1) < start})
    if not later:
        return ""
    days = join_words([date_words(start) for start in later])
    what = "change" if len(later) == 1 else "changes"
    return f"Part of the year to {date_words(on)} lies before the {what} of {days}: those contacts came before anything closed."


def _too_many(table: pd.DataFrame) -> list[Problem]:
    """Wards that have more contacts together than was entered for the whole council."""
    wards = table[table["area_code"] != ""].groupby(["service_id", "channel"])["contacts"].sum()
    problems = []
    for row in table[(table["area_code"] == "") & table["contacts"].notna()].to_dict("records"):
        together, whole = int(wards.get((row["service_id"], row["channel"]), 0)), int(row["contacts"])
        if together > whole:
            what = f"the wards have {together:,} contacts by {row['channel']}, more than the whole council"
            problems.append(Problem(f"review, {row['service_id']}", what, f"{whole:,}", "Mend one, or leave the whole council blank."))
    return problems


def _count(cell: Any) -> Any:
    """A count of contacts or a gap; a gap is never 0."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell) or (isinstance(cell, str) and not cell.strip()):
        return pd.NA
    number = float(str(cell).replace(",", ""))
    if not 0 <= number <= 1e9 or number != int(number):  # said so that neither a limitless number nor one that is none passes
        raise ValueError
    return int(number)


def to_file(review: Review) -> bytes:
    """A review as ``review.toml``; a count that is not known is left out."""
    rows = [{name: value for name, value in row.items() if not pd.isna(value)} for row in review.contacts.to_dict("records")]
    head = {"on": review.on.isoformat(), "by": review.by, "changed": review.changed}
    return to_toml(head | {"contacts": rows}).encode("utf-8")


def from_file(content: bytes, where: str) -> Review:
    """A review from ``review.toml``."""
    raw = toml_from(content, where)
    rows = [row for row in raw.get("contacts", []) if isinstance(row, dict)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table = table.assign(contacts=pd.array([_count(cell) for cell in table["contacts"]], dtype="Int64"), note=table["note"].fillna(""))
    return Review(date.fromisoformat(str(raw["on"])), table, str(raw.get("changed", "")), str(raw.get("by", "")))


def beside(expected: pd.DataFrame | None, reviews: Iterable[Review], areas: Iterable[str] = ()) -> pd.DataFrame:
    """What came beside what was expected, for each review.

    Parameters
    ----------
    expected
        The table ``demand`` of the considered proposal: ``service_id, area_code, channel, now, low, high, label``; or None.
    areas
        Codes of the wards that were assessed. When each of them was entered, the whole council is added up.

    Returns
    -------
    DataFrame
        ``on, service_id, area_code, channel`` (blank for all that stay together), ``now, low, high, expected`` (in words),
        ``contacts, result, note``, in the order of ``expected`` and then of the review. ``result`` is one of
        :data:`RESULTS`. A count that was not entered stays blank, and a sum with a gap in it is blank too.
    """
    base = _expected(expected)
    wards, tables = set(areas), []
    for review in reviews:
        came = review.contacts.astype(dict.fromkeys(WHERE, "object"))
        both = base.merge(came, on=WHERE, how="outer", sort=False)
        both = _added_up(both.astype({"note": "object"}), wards).sort_values("_row", kind="stable")  # what was not expected comes last
        low, high = _ends(both)
        less, more = (both["contacts"] < low).fillna(False), (both["contacts"] > high).fillna(False)
        result = pd.Series(WITHIN, index=both.index, dtype=object)
        result[more], result[less] = MORE, FEWER
        result[low.isna() | high.isna()] = NO_RANGE
        result[both["_row"].isna()] = NOTHING_EXPECTED
        result[both["contacts"].isna()] = NOT_ENTERED
        tables.append(both.assign(on=review.on, result=result, note=both["note"].fillna(""), expected=both["expected"].fillna("")))
    return pd.concat(tables, ignore_index=True)[SHOWN] if tables else pd.DataFrame(columns=SHOWN)


def _expected(expected: pd.DataFrame | None) -> pd.DataFrame:
    """What was expected, one row a service, place and way in. Where several proposals speak of one, there is no range for it."""
    columns = [*WHERE, "now", "low", "high", "label"]
    base = pd.DataFrame(columns=columns) if expected is None else expected[columns]
    base = base.astype(dict.fromkeys([*WHERE, "label"], "object") | dict.fromkeys(("now", "low", "high"), "Float64"))
    words = base.groupby(WHERE, sort=False)["label"].agg("; or by another proposal ".join).reset_index(drop=True)
    several = base.duplicated(WHERE, keep=False)
    base.loc[several, ["low", "high"]] = pd.NA
    return base.drop_duplicates(WHERE).reset_index(drop=True).assign(expected=words, _row=range(len(words))).drop(columns="label")


def _ends(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The ends of each range as whole contacts, moved outwards and never inside the range as it is printed, to two figures.

    Otherwise a count of 1,790 would be called too many beside the words "about 1,500 to 1,800".
    """
    fewest = judgement.guards()["G8"].values["fewest"]
    lows: list[Any] = []
    highs: list[Any] = []
    for low, high, area in rows[["low", "high", "area_code"]].itertuples(index=False, name=None):
        if pd.isna(low) or pd.isna(high):
            lows.append(pd.NA)
            highs.append(pd.NA)
            continue
        lows.append(min(math.floor(round(low, 6)), _printed(low)))
        small = bool(area) and high < fewest  # printed as "fewer than 10"
        highs.append(int(fewest) - 1 if small else max(math.ceil(round(high, 6)), _printed(high)))
    return pd.Series(pd.array(lows, dtype="Int64"), rows.index), pd.Series(pd.array(highs, dtype="Int64"), rows.index)


def _printed(end: float) -> int:
    return int(two_figures(end).replace(",", ""))


def _added_up(rows: pd.DataFrame, wards: set[str]) -> pd.DataFrame:
    """The same with the counts that can be added up from others: the council from all its wards, then all ways in that stay together."""
    held: dict[tuple[str, str, str], Any] = {}
    stay: dict[tuple[str, str], list[str]] = {}
    for row in rows.to_dict("records"):
        service, area, way = str(row["service_id"]), str(row["area_code"]), str(row["channel"])
        held[service, area, way] = row["contacts"]
        if way and pd.notna(row["_row"]):
            stay.setdefault((service, area), []).append(way)
    counts, notes = [], []
    # Sums of ways in rest on sums of wards, so the ways in come first.
    order = sorted(range(len(rows)), key=lambda place: rows["channel"].iloc[place] == "")
    for place in order:
        service, area, way = (str(rows[name].iloc[place]) for name in WHERE)
        count, note = rows["contacts"].iloc[place], rows["note"].iloc[place]
        if pd.isna(count) and way and not area and wards:
            count, how = _sum([held.get((service, one, way), pd.NA) for one in sorted(wards)]), "added up from the wards"
        elif pd.isna(count) and not way:
            count, how = _sum([held.get((service, area, one), pd.NA) for one in stay.get((service, area), [])]), "added up from the ways in"
        else:
            how = ""
        held[service, area, way] = count
        counts.append(count)
        notes.append(how if how and pd.notna(count) else note)
    placed = pd.DataFrame({"contacts": pd.array(counts, dtype="Int64"), "note": pd.array(notes, dtype="object")}, index=rows.index[order])
    return rows.assign(contacts=placed["contacts"], note=placed["note"])


def _sum(parts: list[Any]) -> Any:
    """The sum, or a gap when there is nothing to add or one part is not known."""
    return pd.NA if not parts or any(pd.isna(part) for part in parts) else sum(int(part) for part in parts)
