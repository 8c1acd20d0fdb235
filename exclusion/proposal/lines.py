"""On which line of a TOML file a field stands, so that a message can say where to mend it."""

from __future__ import annotations

import re
from collections.abc import Sequence

Place = tuple[str | int, ...]

_LIST = re.compile(r"^\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")


def lines(text: str) -> dict[Place, int]:
    """The line (from 1) of every table and key: ``("service", 0, "close") -> 7``.

    Keys inside inline tables and arrays share the line of the key that holds them.
    """
    found: dict[Place, int] = {}
    seen: dict[Place, int] = {}  # how many of a [[list]] there were
    here: Place = ()
    quoted = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if quoted:
            quoted = "" if quoted in line else quoted
            continue
        if match := _LIST.match(line):
            path = _inside(_parts(match[1]), seen)
            seen[path] = seen.get(path, 0) + 1
            here = (*path, seen[path] - 1)
            found.setdefault(path, number)
            found[here] = number
        elif match := _TABLE.match(line):
            here = _inside(_parts(match[1]), seen)
            found.setdefault(here, number)
        elif match := _KEY.match(line):
            found.setdefault((*here, *_parts(match[1])), number)
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                quoted = mark
    return found


def line_of(where: Sequence[str | int], found: dict[Place, int]) -> int | None:
    """The line of a field, or of the nearest thing that holds it."""
    for length in range(len(where), 0, -1):
        if (line := found.get(tuple(where[:length]))) is not None:
            return line
    return None


def _parts(text: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^.]+""", text)]


def _inside(parts: Sequence[str], seen: dict[Place, int]) -> Place:
    """A path with the place in each list it goes through: service.contacts -> service, 1, contacts."""
    path: Place = ()
    for index, part in enumerate(parts):
        path = (*path, part)
        if path in seen and index < len(parts) - 1:
            path = (*path, seen[path] - 1)
    return path
