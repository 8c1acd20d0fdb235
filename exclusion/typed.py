"""Text as people type and paste it: what is put right without a word, and what no text should hold.

A control character makes a Word document that cannot be written and a sheet that cannot be opened; a mark that turns
the direction of writing, unseen, makes a name read as another. Both are dealt with where text comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TURNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Unicode's marks that turn the direction of writing; translate() leaves out what stands for None."""

Place = tuple[str | int, ...]


def as_typed(text: str) -> str:
    """Text with one kind of line end, and without marks that turn the direction of writing.

    Word processors put a vertical tab where a line was broken by hand; it becomes a line end.

    Examples
    --------
    >>> as_typed("one\\r\\ntwo\\vthree")
    'one\\ntwo\\nthree'
    """
    return text.translate(_TURNS).replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\f", "\n")


def not_text(text: str) -> str:
    """The first character that no text should hold, as ``U+0000``; blank where there is none.

    Examples
    --------
    >>> not_text("a\\x00b"), not_text("a\\nb")
    ('U+0000', '')
    """
    for letter in as_typed(text):
        number = ord(letter)
        if (number < 32 and letter not in "\n\t") or number in (0x7F, 0xFFFE, 0xFFFF) or 0xD800 <= number < 0xE000:
            return f"U+{number:04X}"
    return ""


def typed(document: Any) -> Any:
    """Tables, lists and texts with every text in them :func:`as_typed`."""
    if isinstance(document, str):
        return as_typed(document)
    if isinstance(document, Mapping):
        return {name: typed(value) for name, value in document.items()}
    return [typed(value) for value in document] if isinstance(document, list | tuple) else document


def strange(document: Any, at: Place = ()) -> Iterator[tuple[Place, str]]:
    """Where in tables and lists a text, or the name of a field, holds what no text should: ``("service", 0, "id"), "U+0000"``."""
    if isinstance(document, str):
        if found := not_text(document):
            yield at, found
    elif isinstance(document, Mapping):
        for number, (name, value) in enumerate(document.items(), start=1):
            if found := not_text(str(name)):
                yield (*at, f"field {number}"), found
            yield from strange(value, (*at, str(name)))
    elif isinstance(document, list | tuple):
        for number, value in enumerate(document):
            yield from strange(value, (*at, number))


__all__ = ["Place", "as_typed", "not_text", "strange", "typed"]
