"""Whether a figure is too old to decide on (guard G9)."""

from __future__ import annotations

import calendar
import re
from datetime import date

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?!\d)")
_YEARS = re.compile(r"(\d{4})[-/](\d{2})(?!\d)")
_YEAR = re.compile(r"\b(\d{4})\b")


def end_of(period: str) -> date | None:
    """The last day a period describes: "2021-03-21", "2024-12", "2022", "2016-17", "2021 to 2025".

    None where no year can be read.
    """
    if days := _DAY.findall(period):
        year, month, day = map(int, days[-1])
        try:
            return date(year, month, day)
        except ValueError:
            return None
    if months := _MONTH.findall(period):
        year, month = map(int, months[-1])
        return date(year, month, calendar.monthrange(year, month)[1])
    if years := _YEARS.findall(period):
        first, last = years[-1]
        return date(int(first) // 100 * 100 + int(last), 12, 31)
    found = _YEAR.findall(period)
    return date(int(found[-1]), 12, 31) if found else None


def past(period: str, years: float, today: date) -> bool:
    """Whether a period ended more than ``years`` ago. A period we cannot read has no age, so it is not past."""
    end = end_of(period)
    return end is not None and (today - end).days > years * 365.25 + 1  # a day of grace, for leap years
