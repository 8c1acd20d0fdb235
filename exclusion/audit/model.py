"""What an audit document is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row. Gaps are said in words."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()
    """Columns to set to the right."""


@dataclass(frozen=True)
class Intervals:
    """The picture of how sure the bands are: one line a ward, from its lowest to its highest likely band, and its own."""

    alt: str
    rows: tuple[tuple[str, int, int, int], ...]
    """Ward, lowest, own and highest band (1 to 5), by name."""


@dataclass(frozen=True)
class Listed:
    """Short points; of a pair the first part is set bold."""

    items: tuple[str | tuple[str, str], ...]


@dataclass(frozen=True)
class Sub:
    """A heading within a section."""

    text: str


Block = str | Table | Intervals | Listed | Sub
"""A string is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole audit document. Two of the same inputs differ only in ``made_on``."""

    title: str
    place: str
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    made_on: date = field(compare=False)


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with its columns as attributes."""
    return frame.itertuples()


def table(frame: pd.DataFrame, caption: str, numbers: Sequence[str] = ()) -> Table:
    """A table from a frame of texts."""
    rows = tuple(tuple(str(cell) for cell in row) for row in frame.itertuples(index=False))
    return Table(caption, tuple(str(name) for name in frame.columns), rows, tuple(numbers))
