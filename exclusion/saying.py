"""Numbers with their nouns, lists and dates in the language a screen speaks; in English exactly as :mod:`exclusion.words` has them.

For screens only. What is made in English whatever the screen speaks (assessments, reasons, documents) uses ``words``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from exclusion import words
from exclusion.language import ENGLISH, current, mark, tr, trn


class English(str):
    """A text that is in English whatever the screen speaks, such as a reason: what shows it tells a screen reader so (WCAG 3.1.2)."""


class Later(str):
    """A sentence written once and shown in the language each visitor speaks, such as what spins while a cache is filled."""

    def __str__(self) -> str:
        return tr(str.__str__(self))


_COUNTED: dict[str, Callable[[int], str]] = {
    "ward": lambda n: trn("{n} ward", "{n} wards", n),
    "finding": lambda n: trn("{n} finding", "{n} findings", n),
    "answer": lambda n: trn("{n} answer", "{n} answers", n),
    "service": lambda n: trn("{n} service", "{n} services", n),
    "figure": lambda n: trn("{n} figure", "{n} figures", n),
    "thing": lambda n: trn("{n} thing", "{n} things", n),
    "question": lambda n: trn("{n} question", "{n} questions", n),
    "band": lambda n: trn("{n} band", "{n} bands", n),
}
_MONTHS = (
    mark("January"),
    mark("February"),
    mark("March"),
    mark("April"),
    mark("May"),
    mark("June"),
    mark("July"),
    mark("August"),
    mark("September"),
    mark("October"),
    mark("November"),
    mark("December"),
)
NATIONS = (mark("England"), mark("Wales"), mark("Scotland"), mark("Northern Ireland"))
"""Nations as releases name them."""
_VOWELS = "aeiouwyâêîôûŵŷ"  # before which Welsh writes "ac" for "a"


def counted(n: int, noun: str) -> str:
    """A number and its noun: "one ward", "14 wards"; "un ward", "14 ward"."""
    return words.counted(n, noun) if current() == ENGLISH else _COUNTED[noun](n)


def join_words(parts: Sequence[str]) -> str:
    """Parts as a phrase: "a, b and c"."""
    if current() == ENGLISH:
        return words.join_words(parts)
    last = tr("and")
    if current() == "cy" and parts and str(parts[-1])[:1].lower() in _VOWELS:
        last = "ac"
    return words.join_words(parts, last)


def date_words(when: str | date) -> str:
    """A date or period as people write it: "21 March 2021", "21 Mawrth 2021"."""
    said = words.date_words(when)
    if current() == ENGLISH:
        return said
    return " ".join(tr(word) if word in _MONTHS else word for word in said.split(" "))


_LABELS = (
    (re.compile(r"about ([\d,]+) to ([\d,]+)"), mark("about {0} to {1}")),
    (re.compile(r"([\d,.]+) to ([\d,.]+%?)"), mark("{0} to {1}")),
    (re.compile(r"about ([\d,]+)"), mark("about {0}")),
    (re.compile(r"up to ([\d,]+)"), mark("up to {0}")),
    (re.compile(r"([\d.]+) minutes"), mark("{0} minutes")),
    (re.compile(r"about (\d+) in 100"), mark("about {0} in 100")),
    (re.compile(r"(\d+) in 100"), mark("{0} in 100")),
    (re.compile(r"(\d+) and over"), mark("{0} and over")),
    (re.compile(r"under ([\d.]+)%"), mark("under {0}%")),
)
_BAND = re.compile(r"([1-5]) (Lowest|Lower|Middle|Higher|Highest)")
_WHOLE = (
    mark("nearly all"),
    mark("hardly any"),
    mark("under 1 in 100"),
    mark("over 99 in 100"),
    mark("too few areas"),
    mark("not tried"),
    mark("fewer than 10"),
    mark("no estimate"),
    mark("not known"),
    mark("none"),
    mark("nobody"),
)


def figure(label: str) -> str:
    """A number, chance or band as English code says it, "about 640 to 1,000" or "4 Higher", in the language spoken."""
    if current() == ENGLISH:
        return label
    for pattern, sentence in _LABELS:
        if found := pattern.fullmatch(label):
            return tr(sentence).format(*found.groups())
    if found := _BAND.fullmatch(label):
        return f"{found[1]} {tr(found[2])}"
    if len(ends := label.split(" to ")) == 2 and all(map(_BAND.fullmatch, ends)):
        return tr("{low} to {high}", low=figure(ends[0]), high=figure(ends[1]))
    return tr(label)


_COUNT = re.compile(r"((?:about )?[\d,]+|fewer than 10) (.+?)( \(our estimate\))?")


def in_short(reason: str) -> str:
    """A short reason of a finding, "about 900 people aged 75 and over", in the language spoken; of another kind, as it stands."""
    if current() == ENGLISH or not reason:
        return reason
    said = []
    for part in reason.removesuffix(".").split("; "):
        found = _COUNT.fullmatch(part)
        sentence = f"{{count}} {found[2]}" if found else ""
        if found is None or tr(sentence) == sentence:
            return reason
        said.append(tr(sentence, count=figure(found[1])) + (tr(" (our estimate)") if found[3] else ""))
    return "; ".join(said) + ("." if reason.endswith(".") else "")


__all__ = ["NATIONS", "English", "Later", "counted", "date_words", "figure", "in_short", "join_words"]
