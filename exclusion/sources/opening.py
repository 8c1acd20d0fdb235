"""Opening hours as people write them, to hours a week."""

from __future__ import annotations

import re

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 168.0
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?"
_TO = r"\s*(?:-|–|—|\bto\b|\buntil\b)\s*"
_TOKEN = re.compile(
    rf"(?P<days>(?P<first>{_DAY})(?:{_TO}(?P<last>{_DAY}))?)|(?P<time>{_TIME}{_TO}{_TIME})"
    r"|(?P<closed>closed)|(?P<gap>[\s,;:&/.|]+|and\b)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:\s*(?:hours?|hrs?)\s*(?:a|per)\s+week)?", re.IGNORECASE)  # "24 hours" may mean always


def weekly_hours(text: str) -> float:
    """Hours a week in a number ("37.5") or a plain list ("Mon-Fri 09:00-17:00; Sat 10am-1pm").

    Returns
    -------
    NaN where the text cannot be read to its end: an opening time half understood is not known.
    Days that are not named are closed.
    """
    text = text.strip()
    if number := _NUMBER.fullmatch(text):
        hours = float(number[1])
        return hours if hours <= WEEK else float("nan")
    total, days, timed, said = 0.0, set[int](), False, False
    for token in _TOKEN.finditer(text):
        if token["days"]:
            days = _span(token["first"], token["last"]) | (set() if timed else days)
            timed = False
        elif token["time"] or token["closed"]:
            if not days:
                return float("nan")
            total += len(days) * (hours_between(token["time"]) if token["time"] else 0.0)
            timed = said = True
        elif token["other"]:
            return float("nan")
    return total if said and timed and total <= WEEK else float("nan")


def impossible(text: str) -> bool:
    """Whether the text is a plain number of hours that no week can hold: "-5", "300", "300 hours a week"."""
    number = _NUMBER.fullmatch(text.strip().lstrip("-\N{MINUS SIGN}"))
    return number is not None and (not text.strip()[0].isdigit() or float(number[1]) > WEEK)


def hours_between(text: str) -> float:
    """Hours in a list of ranges on one day: "09:00-12:30,13:30-17:00" is 7. NaN where it cannot be read."""
    parts = [part for part in text.split(",") if part.strip()]
    return sum(map(_range, parts)) if parts else float("nan")


def _range(text: str) -> float:
    found = re.fullmatch(rf"\s*{_TIME}{_TO}{_TIME}\s*", text, re.IGNORECASE)
    if not found:
        return float("nan")
    opens, closes = _clock(found[1], found[2], found[3]), _clock(found[4], found[5], found[6])
    if closes <= opens <= 12 and not (found[3] or found[6]):
        closes += 12  # "9 to 5", "10-1"
    return closes - opens if opens < closes <= 24 else float("nan")


def _clock(hour: str, minute: str | None, half: str | None) -> float:
    value = int(hour) + int(minute or 0) / 60
    if half:
        value = value % 12 + (12 if half.lower() == "pm" else 0)
    return value


def _span(first: str, last: str | None) -> set[int]:
    start = DAYS.index(first[:3].lower())
    end = DAYS.index(last[:3].lower()) if last else start
    return {(start + step) % 7 for step in range((end - start) % 7 + 1)}
