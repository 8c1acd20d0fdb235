"""Which language a screen speaks, and its sentences in that language.

Sentences are written in English where they are used, inside :func:`tr`, and looked up in the catalogue of the language
a screen speaks (``cy.po`` beside this file: gettext's own format, which translators' tools read). English needs no
catalogue. What a catalogue lacks is shown in English.

The language is held for the run of one page (a context variable), so two visitors never share it. Assessments, releases
and documents are made in English by code that never calls :func:`tr`; what is kept in a cache for everybody must not
hold words of a screen, unless :func:`current` is part of its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from exclusion.language.catalogue import Catalogue, read

ENGLISH = "en"
FOLDER = Path(__file__).parent

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current() -> str:
    """The language spoken now, as HTML names it: ``en``, ``cy``. Part of the key of whatever keeps words of a screen."""
    return _spoken.get()


def speak(code: str) -> None:
    """Speak a language from here to the end of this run; English where there is no catalogue for it."""
    _spoken.set(code if code in languages() else ENGLISH)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language inside the block."""
    before = _spoken.set(code if code in languages() else ENGLISH)
    try:
        yield
    finally:
        _spoken.reset(before)


@cache
def languages() -> dict[str, str]:
    """Every language there is: its code -> its name in itself. English first."""
    return {ENGLISH: "English"} | {path.stem: catalogue(path.stem).name for path in sorted(FOLDER.glob("*.po"))}


@cache
def catalogue(code: str) -> Catalogue:
    """The catalogue of a language other than English."""
    return read(FOLDER / f"{code}.po")


def tr(text: str, /, **values: Any) -> str:
    """A sentence in the language spoken, with ``{placeholders}`` filled in; as it stands where none are given.

    Examples
    --------
    >>> tr("{high} of {wards} wards are in bands 4 and 5.", high=8, wards=21)
    '8 of 21 wards are in bands 4 and 5.'
    """
    said = text if (code := current()) == ENGLISH else catalogue(code).text(text)
    return said.format(**values) if values else said


def trn(one: str, many: str, n: int, /, **values: Any) -> str:
    """:func:`tr` where the words hang on a number, which they may name as ``{n}``.

    Examples
    --------
    >>> trn("{n} ward", "{n} wards", 1), trn("{n} ward", "{n} wards", 21)
    ('1 ward', '21 wards')
    """
    code = current()
    said = (one if n == 1 else many) if code == ENGLISH else catalogue(code).plural(one, many, n)
    return said.format(**{"n": n} | values)


def mark(text: str) -> str:
    """A sentence as it stands, that :func:`tr` will be given later: for what is written once for every visitor, such as a constant."""
    return text


__all__ = ["ENGLISH", "Catalogue", "catalogue", "current", "languages", "mark", "speak", "speaking", "tr", "trn"]
