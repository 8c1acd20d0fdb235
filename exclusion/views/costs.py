"""The sum behind a saving as a plain table. Every figure in it is the council's own, or reckoned from them."""

from __future__ import annotations

import math

import pandas as pd

from exclusion.costs import Line, Worked
from exclusion.costs.leaking import pounds
from exclusion.costs.sums import CONTACTS, EACH, GONE, SHARE, YEAR
from exclusion.language import tr


def numbers() -> list[str]:
    """The columns of :func:`sum_rows` that hold figures."""
    return [tr("Least saved"), tr("Most saved")]


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
    return pd.DataFrame(rows, columns=[tr("Line"), tr("What"), tr("Where it comes from"), *numbers()])


def _value(value: float, line: Line) -> str:
    if math.isnan(value):
        return tr("none")
    if line.unit == YEAR:
        return pounds(value)
    if line.unit == EACH:
        return f"£{value:,.2f}"
    if line.unit in (SHARE, GONE):
        return tr("{share:,.0f} in 100", share=100 * value) if value <= 1 else tr("more than everybody")
    return f"{value:,.0f}" if line.unit == CONTACTS else f"{value:g}"
