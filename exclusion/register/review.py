"""At the review date: the contacts that came, beside those that were expected, and what was changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.contracts import Problem, UsageError
from exclusion.register.contents import plain, toml_from
from exclusion.release_write import to_toml

COLUMNS = ["service_id", "area_code", "channel", "contacts", "note"]
ONLINE = "online"
WHERE = ["service_id", "area_code", "channel"]
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


def checked(review: Review, areas: Iterable[str], services: Iterable[str], by: str) -> Review:
    """The review with its table in order.

    Raises
    ------
    UsageError
        Naming every row that is not sound: an unknown place, service or way in, a count that is not one, the same row twice.
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
    if table.empty and not review.changed.strip():
        problems.append(Problem("review", "is empty", "", "Give contacts, or what changed because of the assessment."))
    if problems:
        raise UsageError(problems)
    table["contacts"] = pd.array(counts, dtype="Int64")
    table["note"] = table["note"].map(lambda cell: plain(cell, "note"))
    return Review(review.on, table.reset_index(drop=True), plain(review.changed, "what changed"), plain(review.by or by, "by", 200))


def _count(cell: Any) -> Any:
    """A count of contacts or a gap; a gap is never 0."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell) or (isinstance(cell, str) and not cell.strip()):
        return pd.NA
    number = float(str(cell).replace(",", ""))
    if number < 0 or number != int(number) or number > 1e9:
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


def beside(expected: pd.DataFrame | None, reviews: Iterable[Review]) -> pd.DataFrame:
    """What came beside what was expected, for each review.

    Parameters
    ----------
    expected
        The table ``demand`` of the considered proposal: ``service_id, area_code, channel, now, low, high, label``; or None.

    Returns
    -------
    DataFrame
        ``on, service_id, area_code, channel, now, low, high, expected`` (in words), ``contacts, result, note``.
        ``result`` is one of: as expected, more than expected, fewer than expected, nothing was expected here, not entered.
        A count that was not entered stays blank.
    """
    base = pd.DataFrame(columns=[*WHERE, "now", "low", "high", "label"]) if expected is None else expected
    base = base[[*WHERE, "now", "low", "high", "label"]].rename(columns={"label": "expected"}).drop_duplicates(WHERE)
    base = base.astype(dict.fromkeys(WHERE, "object") | dict.fromkeys(("now", "low", "high"), "Float64"))
    tables = []
    for review in reviews:
        both = base.merge(review.contacts.astype(dict.fromkeys(WHERE, "object")), on=WHERE, how="outer", sort=False)
        # The range is of expected contacts, so its ends are rounded outwards before a whole count is held to it.
        entered, known = both["contacts"].notna(), both["low"].notna() & both["high"].notna()
        less = (both["contacts"] < both["low"].round()).fillna(False)
        more = (both["contacts"] > both["high"].round()).fillna(False)
        result = pd.Series("as expected", index=both.index, dtype=object)
        result[more], result[less] = "more than expected", "fewer than expected"
        result[~known] = "nothing was expected here"
        result[~entered] = "not entered"
        tables.append(both.assign(on=review.on, result=result, note=both["note"].fillna(""), expected=both["expected"].fillna("")))
    return pd.concat(tables, ignore_index=True)[SHOWN] if tables else pd.DataFrame(columns=SHOWN)
