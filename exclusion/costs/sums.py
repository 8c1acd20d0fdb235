"""The lines of the sum for one way in that closes, each redone from the lines above it by whoever likes to.

Two columns run through it: the one in which least is saved, and the one in which most is. In each, every figure
stands at the end of its range that leads there, so that a column can be checked from top to bottom.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from exclusion import judgement
from exclusion.costs.given import Costs
from exclusion.proposal.model import ONLINE

CONTACTS, EACH, SHARE, TIMES, YEAR = "contacts a year", "pounds a contact", "share, 0 to 1", "contacts", "pounds a year"
GONE = "share; over 1 where some is left even if everybody comes back"
Values = Mapping[str, float]


@dataclass(frozen=True)
class Line:
    """One line: what it is, in what unit, where it comes from, and for a sum the sum itself, on ids of lines above."""

    id: str
    what: str
    unit: str
    given: str = ""
    sum: str = ""
    reckon: Callable[[Values], float] | None = None
    if_given: str = ""  # left out unless the council gives this figure


_LEFT = "given_up"
LINES = (
    Line("now", "Contacts a year by {way} now", CONTACTS, "the proposal"),
    Line("staying", "Of these, by people who cannot go online", CONTACTS, "our estimate from residents unlikely to use the internet"),
    Line("moved", "Contacts that move online", CONTACTS, sum="{now} − {staying}", reckon=lambda v: v["now"] - v["staying"]),
    Line("price", "What a contact by {way} costs", EACH, "the council"),
    Line("online", "What a contact online costs", EACH, "the council"),
    Line("back", "What a contact by {back} costs, where people fall back to", EACH, "the council"),
    Line("rate", "Of those moved, the share who come back by {back}", SHARE, "the council"),
    Line("each", "Contacts each of them makes on coming back", TIMES, "the council, or one"),
    Line("gives_up", "Of those moved, the share who give up and are not served", SHARE, "the council", if_given="gives_up"),
    Line(
        "saved",
        "Saved before anybody comes back",
        YEAR,
        sum="{moved} × ({price} − {online})",
        reckon=lambda v: v["moved"] * (v["price"] - v["online"]),
    ),
    Line("returned", "Contacts that come back by {back}", CONTACTS, sum="{moved} × {rate} × {each}",
         reckon=lambda v: v["moved"] * v["rate"] * v["each"]),
    Line("spent", "Spent on contacts that come back", YEAR, sum="{returned} × {back}", reckon=lambda v: v["returned"] * v["back"]),
    Line("carried", "Saved on people who cannot go online and now use {back}", YEAR, sum="{staying} × ({price} − {back})",
         reckon=lambda v: v["staying"] * (v["price"] - v["back"])),
    Line("net", "Net saving", YEAR, sum="{saved} − {spent} + {carried}", reckon=lambda v: v["saved"] - v["spent"] + v["carried"]),
    Line("more", "More contacts by {back} in all", CONTACTS, sum="{staying} + {returned}", reckon=lambda v: v["staying"] + v["returned"]),
    Line(
        "thousand",
        "Net saving for each 1,000 contacts moved",
        YEAR,
        sum="1000 × ({price} − {online}) − 1000 × {rate} × {each} × {back}",
        reckon=lambda v: 1000 * (v["price"] - v["online"]) - 1000 * v["rate"] * v["each"] * v["back"],
    ),
    Line(
        "gone_at",
        "Share coming back at which nothing is left",
        GONE,
        sum="({saved} + {carried}) ÷ ({moved} × {each} × {back})",
        reckon=lambda v: _over(v["saved"] + v["carried"], v["moved"] * v["each"] * v["back"]),
    ),
    Line(_LEFT, "Of the net saving, on people who give up", YEAR, sum="{moved} × {gives_up} × ({price} − {online})",
         reckon=lambda v: v["moved"] * v["gives_up"] * (v["price"] - v["online"]), if_given="gives_up"),
    Line("served", "Net saving without it: on people who are served", YEAR, sum="{net} − {given_up}",
         reckon=lambda v: v["net"] - v[_LEFT], if_given="gives_up"),
)  # fmt: skip
"""Every line, in order. ``gone_at`` is missing (NaN) where nobody moves or a contact on coming back costs nothing."""


def _over(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")


@dataclass(frozen=True)
class Worked:
    """The sum for one way in: the lines that apply, and a value for each, where least and where most is saved."""

    channel: str
    lines: tuple[Line, ...]
    least: Values
    most: Values
    names: Mapping[str, str]

    def what(self, line: Line) -> str:
        """What a line is, with the ways in by name."""
        return line.what.format(**self.names)

    def how(self, line: Line) -> str:
        """Where a line comes from: who gave it, or the sum on the numbers of the lines above."""
        if not line.sum:
            return f"given by {line.given}" if line.given.startswith("the ") else line.given
        return self.on(line, {one.id: f"line {number}" for number, one in enumerate(self.lines, start=1)})

    def on(self, line: Line, named: Mapping[str, str]) -> str:
        """The sum of a line on other names for its parts, such as cells of a workbook."""
        return re.sub(r"\{(\w+)\}", lambda found: named[found[1]], line.sum)


def work(channel: str, count: int, staying: tuple[int, int], costs: Costs) -> Worked:
    """Work the sum for one way in that closes.

    Parameters
    ----------
    count
        Contacts a year by it now.
    staying
        Of these, those of people who cannot go online, in the column where least and where most is saved.
    """
    lines = tuple(line for line in LINES if not line.if_given or getattr(costs, line.if_given) is not None)
    price, online, back = costs.contact[channel], costs.contact[ONLINE], costs.contact[costs.falls_back_to]
    rate, each, up = costs.recontact, costs.each, costs.gives_up
    given = (
        {"price": price.low, "online": online.high, "back": back.high, "rate": rate.high, "each": each.high},
        {"price": price.high, "online": online.low, "back": back.low, "rate": rate.low, "each": each.low},
    )
    columns = []
    for values, stay, gives_up in zip(given, staying, (up.high, up.low) if up else (0.0, 0.0), strict=True):
        held: dict[str, float] = {"now": count, "staying": stay, "gives_up": gives_up, **values}
        for line in lines:
            if line.reckon:
                held[line.id] = line.reckon(held)
        columns.append({line.id: held[line.id] for line in lines})
    names = {"way": judgement.channels()[channel].label, "back": judgement.channels()[costs.falls_back_to].label}
    return Worked(channel, lines, columns[0], columns[1], names)
