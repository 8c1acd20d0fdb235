"""The pictures of the method page. Colours are those of the census maps; every picture comes with its words.

Altair draws in the browser from what it is given and fetches nothing. A table with the same figures always stands below.
"""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd

from exclusion import risk
from exclusion.audit import labels, trust
from exclusion.audit.model import each
from exclusion.judgement.validity import validity_rules
from exclusion.method.uncertainty import CLEAR_IN, CLEAR_OUT, UNCLEAR
from exclusion.words import capital, join_words, within

DARK, BLUE, GREEN, INK, GRID = "#080C54", "#1F9EB7", "#80C6A3", "#0b0c0c", "#b1b4b6"
ROW = 26  # pixels for one ward


@dataclass(frozen=True)
class Picture:
    """A chart and what it shows, in words."""

    chart: alt.LayerChart | alt.FacetChart
    alt: str


def contributions(parts: pd.DataFrame, ward: str) -> Picture:
    """What each part adds to or takes from the score of one ward, about the middle, 50.

    Parameters
    ----------
    parts
        Rows of :func:`exclusion.method.comparison.contributions` for the ward.
    """
    shown = parts.assign(
        points=parts["contribution"].round(1),
        way=["Raises the score" if value > 0 else "Lowers the score" for value in parts["contribution"]],
        said=[f"{value:+.1f}" for value in parts["contribution"].round(1) + 0.0],
    )
    far = max(5.0, float(shown["points"].abs().max()) * 1.25)
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_names()),
        x=alt.X("points:Q", title="Points of the score away from 50", scale=alt.Scale(domain=[-far, far])),
    )
    bars = base.mark_bar(height=20).encode(
        color=alt.Color(
            "way:N",
            scale=alt.Scale(domain=["Raises the score", "Lowers the score"], range=[DARK, BLUE]),
            legend=alt.Legend(title=None, orient="top"),
        )
    )
    up = base.transform_filter("datum.points >= 0").mark_text(align="left", dx=5, color=INK, fontSize=13).encode(text="said:N")
    down = base.transform_filter("datum.points < 0").mark_text(align="right", dx=-5, color=INK, fontSize=13).encode(text="said:N")
    middle = alt.Chart(pd.DataFrame({"points": [0]})).mark_rule(color=INK).encode(x="points:Q")
    words = join_words([f"{within(row.label)} {row.said}" for row in each(shown)])
    return Picture(
        _styled(alt.layer(bars, up, down, middle), 80 + 34 * len(shown)),
        f"Bar chart of what makes the score of {ward}, in points away from 50: {words}.",
    )


def intervals(wards: pd.DataFrame) -> Picture:
    """The band of each ward and the bands it could be in; wards by name, never by band.

    Parameters
    ----------
    wards
        Rows of ``Uncertainty.wards`` that are scored, with the column ``name``, in the order to show.
    """
    shown = pd.DataFrame(
        {
            "name": wards["name"].astype(str),
            "from": wards["band_low"].astype(float) - 0.38,
            "to": wards["band_high"].astype(float) + 0.38,
            "band": wards["band"].astype(float),
            "word": wards["word"].map(capital),
            "Band": [labels.band(value) for value in wards["band"]],
            "Could be": [labels.band_range(low, high) for low, high in zip(wards["band_low"], wards["band_high"], strict=True)],
        }
    )
    said = alt.Axis(
        values=list(risk.BANDS),
        labelExpr=" : ".join(f"datum.value == {n} ? '{n} {w}'" for n, w in risk.BANDS.items()) + " : ''",
        orient="top",
    )
    base = alt.Chart(shown).encode(y=alt.Y("name:N", sort=None, title=None, axis=_names()), tooltip=["name", "Band", "Could be", "word"])
    bars = base.mark_bar(height=10).encode(
        x=alt.X("from:Q", title=None, axis=said, scale=alt.Scale(domain=[0.5, 5.5])),
        x2="to:Q",
        color=alt.Color(
            "word:N",
            scale=alt.Scale(domain=[capital(word) for word in (CLEAR_IN, UNCLEAR, CLEAR_OUT)], range=[BLUE, GREEN, GRID]),
            legend=alt.Legend(title=None, orient="top", labelLimit=400),
        ),
    )
    own = base.mark_point(filled=True, size=110, color=DARK, opacity=1).encode(x="band:Q")
    # Shape as well as colour tells what is unclear.
    open_mark = base.transform_filter(f"datum.word == '{capital(UNCLEAR)}'").mark_point(filled=True, size=22, color="white", opacity=1)
    unsure = open_mark.encode(x="band:Q")
    return Picture(_styled(alt.layer(bars, own, unsure), 70 + ROW * len(shown)), trust.picture(wards, wards["name"]).alt)


def agreement(rows: pd.DataFrame, nation: str) -> Picture:
    """Our score and the older index against what people did; letter first and paper first apart.

    Parameters
    ----------
    rows
        Rows of ``Validity.table`` for one nation and level, two scores.
    """
    shown = rows.dropna(subset=["spearman"]).assign(
        sent=[labels.SENT[one] for one in rows.dropna(subset=["spearman"])["sent_first"]],
        said=lambda t: [labels.figure(value) for value in t["spearman"]],
    )
    far = min(0.0, float(shown["low"].min(skipna=True) or 0.0)) - 0.02
    order = list(dict.fromkeys(shown["label"]))
    base = alt.Chart(shown).encode(
        y=alt.Y("sent:N", sort=list(labels.SENT.values()), title=None, axis=_names()),
        yOffset=alt.YOffset("label:N", sort=order),
        color=alt.Color(
            "label:N", sort=order, scale=alt.Scale(domain=order, range=[DARK, BLUE]), legend=alt.Legend(title=None, orient="top", columns=1)
        ),
        shape=alt.Shape("label:N", sort=order, scale=alt.Scale(domain=order, range=["circle", "square"]), legend=None),
    )
    axis = alt.X("low:Q", title="Agreement (1 full, 0 none)", scale=alt.Scale(domain=[far, 1.0]))
    lines = base.mark_rule(strokeWidth=3).encode(x=axis, x2="high:Q")
    points = base.mark_point(filled=True, size=130, opacity=1).encode(x="spearman:Q")
    texts = base.mark_text(dy=-13, fontSize=13).encode(x="spearman:Q", text="said:N", color=alt.value(INK))
    held = [f"{within(row.sent)}, {within(row.label) if row.score == 'ours' else row.label} {row.said}" for row in each(shown)]
    low, high = (100 * end for end in validity_rules().interval)
    return Picture(
        _styled(alt.layer(lines, points, texts), 300),
        f"Chart of how far scores agree with the share of census returns made on paper in wards of {nation}: {'; '.join(held)}. "
        f"A line shows the {high - low:.0f}% interval. The table below holds the same.",
    )


def _names() -> alt.Axis:
    return alt.Axis(labelLimit=190, ticks=False, domain=False, labelPadding=8)


def _styled(chart: alt.LayerChart | alt.FacetChart, height: int) -> alt.LayerChart | alt.FacetChart:
    styled: alt.LayerChart | alt.FacetChart = (
        chart.properties(height=height, width="container")
        .configure(font="Arial", background="#ffffff")
        .configure_axis(labelColor=INK, titleColor=INK, labelFontSize=13, titleFontSize=13, titleFontWeight="normal", gridColor=GRID)
        .configure_legend(labelColor=INK, labelFontSize=13, symbolOpacity=1)
        .configure_view(stroke=None)
    )
    return styled
