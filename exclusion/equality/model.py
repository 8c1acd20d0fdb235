"""What an equality assessment is made of, whatever it is written as: the audit's blocks, and what is left to people."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from exclusion.audit.model import Block as AuditBlock
from exclusion.audit.model import Intervals, Listed, Sub, Table
from exclusion.words import sentence


@dataclass(frozen=True)
class Open:
    """A box that only people can fill: labelled, empty, or with the officer's own words."""

    name: str
    label: str
    hint: str
    answer: str = ""


@dataclass(frozen=True)
class Choice:
    """A choice that only people can make: nothing in it is chosen."""

    label: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class SignOff:
    """Somebody signed off one version that is kept in the register."""

    capacity: str
    """The row of the sign-off block, such as ``head``."""
    by: str
    at: str
    """ISO 8601, UTC."""
    version: int
    """The version that was looked at and signed."""
    comment: str = ""
    stands: bool = True
    """Whether nothing was changed after it."""
    taken_in_by: str = ""
    """Who took it in from the file of another register; blank where it was signed in this one."""


Block = AuditBlock | Open | Choice


@dataclass(frozen=True)
class Part:
    """One characteristic in section 6: what is known, and the three questions left open."""

    id: str
    title: str
    protected: bool
    know: tuple[Block, ...]
    open: tuple[Open, ...]

    @property
    def text(self) -> str:
        """The part as plain text to paste into another form."""
        return "\n".join([self.title, "", "What do you know?", *lines(self.know), "", *(_left(one) for one in self.open)])

    @property
    def html(self) -> str:
        """The part as HTML to paste into another form: escaped, no script, no style."""
        inner = "".join(_html(block) for block in self.know)
        left = "".join(
            f"<h4>{html.escape(one.label)}</h4><p>{html.escape(one.answer or one.hint or 'To be filled in.')}</p>" for one in self.open
        )
        return f"<h3>{html.escape(self.title)}</h3><h4>What do you know?</h4>{inner}{left}"


@dataclass(frozen=True)
class Section:
    """One of the fourteen sections."""

    number: int
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Equality:
    """A whole equality assessment. Two of the same inputs differ only in ``made_on``."""

    label: str
    """What the council calls it: EIA, EqIA, IIA ..."""
    title: str
    place: str
    evidence: str
    """ "Evidence as at 26 November 2026 (data release ...)": stands on every page."""
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]
    """The characteristics, each also a block of its own to paste."""
    values: Mapping[str, str]
    """Every named value a council's own form may ask for; see :func:`exclusion.equality.placeholders`."""
    late: str = ""
    """Where the go-live date is before the day this was made, what that means; printed beside that day."""
    sealed: str = ""
    """Which version of the register it was made from, with its seal; blank where it was made from none."""
    evidence_on: date = field(default=date(1, 1, 1))
    made_on: date = field(default=date(1, 1, 1), compare=False)

    def part(self, characteristic: str) -> Part:
        """One characteristic by id, such as ``age``."""
        return next(one for one in self.parts if one.id == characteristic)


def lines(blocks: tuple[Block, ...]) -> list[str]:
    """Blocks as plain text, a line each."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            found.append(block)
        elif isinstance(block, Sub):
            found += ["", block.text]
        elif isinstance(block, Listed):
            found += [f"- {item if isinstance(item, str) else ' '.join(item)}" for item in block.items]
        elif isinstance(block, Table):
            for row in block.rows:
                said = [f"{name}: {cell.rstrip('.')}" for name, cell in zip(block.columns[1:], row[1:], strict=True) if cell]
                found.append(f"- {row[0].rstrip('.')}. {sentence('; '.join(said))}".rstrip())
        elif isinstance(block, Open):
            found.append(_left(block))
        elif isinstance(block, Choice):
            found.append(f"{block.label}: {', '.join(f'☐ {one}' for one in block.options)}")
    return found


def _left(block: Open) -> str:
    return f"{block.label} {block.answer or f'[to be filled in by people: {block.hint}]'}"


def _html(block: Block) -> str:
    say = html.escape
    if isinstance(block, str):
        return f"<p>{say(block)}</p>"
    if isinstance(block, Sub):
        return f"<h4>{say(block.text)}</h4>"
    if isinstance(block, Listed):
        items = (say(item) if isinstance(item, str) else f"<strong>{say(item[0])}</strong> {say(item[1])}" for item in block.items)
        return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    if isinstance(block, Table):
        head = "".join(f'<th scope="col">{say(name)}</th>' for name in block.columns)
        body = "".join(
            f'<tr><th scope="row">{say(row[0])}</th>{"".join(f"<td>{say(cell)}</td>" for cell in row[1:])}</tr>' for row in block.rows
        )
        return f"<table><caption>{say(block.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    raise TypeError(f"no HTML for {type(block).__name__}")


__all__ = ["Block", "Choice", "Equality", "Intervals", "Listed", "Open", "Part", "Section", "Sub", "Table", "lines"]
