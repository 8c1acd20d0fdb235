"""The sum behind a saving as a plain table. Every figure in it is the council's own, or reckoned from them."""

from __future__ import annotations

import math

import pandas as pd

from exclusion.costs import Line, Worked
from exclusion.costs.leaking import pounds
from exclusion.costs.sums import CONTACTS, EACH, GONE, SHARE, YEAR

NUMBERS = ["Least saved", "Most saved"]


def sum_rows(one: Worked) -> pd.DataFrame:
    """The lines of one sum: ``Line, What, Where it comes from, Least saved, Most saved``."""
    rows = [
        (
            str(number),
            one.what(line),
            one.how(line),
            _value(one.least[line.id], line),
            _value(one.most[line.id], line),
        )
        for number, line in enumerate(one.lines, start=1)
    ]
    return pd.DataFrame(rows, columns=["Line", "What", "Where it comes from", "Least saved", "Most saved"])


def _value(value: float, line: Line) -> str:
    if math.isnan(value):
        return "none"
    if line.unit == YEAR:
        return pounds(value)
    if line.unit == EACH:
        return f"£{value:,.2f}"
    if line.unit in (SHARE, GONE):
        return f"{100 * value:,.0f} in 100" if value <= 1 else "more than everybody"
    return f"{value:,.0f}" if line.unit == CONTACTS else f"{value:g}"
