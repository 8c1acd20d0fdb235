"""A page as headed lines of plain text: the same on paper, on the web and in the app."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    lines: tuple[str, ...]
    listed: bool = True
    """Whether the lines are a list; else each is a paragraph."""
    fill: bool = False
    """Whether it waits for an officer to fill it in."""

    @property
    def words(self) -> int:
        """How many words a reader meets here."""
        return sum(len(text.split()) for text in (self.title, *self.lines))


__all__ = ["Section"]
