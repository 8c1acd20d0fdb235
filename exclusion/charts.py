"""The pictures of the method page. Colours are those of the census maps; every picture comes with its words.

Altair draws in the browser from what it is given and fetches nothing. A table with the same figures always stands below.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from exclusion import risk
from exclusion.audit import labels, trust
from exclusion.audit.model import each
from exclusion.judgement.validity import validity_rules
from exclusion.language import current, tr, trn
from exclusion.method.uncertainty import CLEAR_IN, CLEAR_OUT, UNCLEAR
from exclusion.saying import figure, join_words
from exclusion.words import capital, within

DARK, BLUE, GREEN, INK, GRID = "#080C54", "#1F9EB7", "#80C6A3", "#0b0c0c", "#b1b4b6"
ROW, TWO_LINES = 26, 36  # pixels for one ward, and where a name takes two lines
BREAK = "|"
"""Between the lines of a name down the side of a picture."""


@dataclass(frozen=True)
class Drawing:
    """A chart of a kind that every ward has: how it is drawn, which altair works out once, and the rows and ends of this one.

    Building and checking such a chart takes altair a hundred times as long as filling it in.
    """

    spec: Mapping[str, Any]
    """As :meth:`altair.Chart.to_dict` gives it, with data by name; shared, so never to be written to."""
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    ends: Mapping[str, float] = field(default_factory=dict)
    """Numbers by the words that stand for them in ``spec``."""

    def to_dict(self) -> dict[str, Any]:
        """The chart in Vega-Lite, as altair's own charts give it."""
        held = {name: {"values": rows} for name, rows in self.rows.items()}
        made: dict[str, Any] = self._filled(self.spec, held)
        return made

    def _filled(self, part: Any, held: Mapping[str, Any]) -> Any:
        if isinstance(part, Mapping):
            return {
                name: held[inside["name"]] if name == "data" and "name" in inside else self._filled(inside, held)
                for name, inside in part.items()
            }
        if isinstance(part, list):
            return [self._filled(inside, held) for inside in part]
        return self.ends.get(part, part) if isinstance(part, str) else part


@dataclass(frozen=True)
class Picture:
    """A chart and what it shows, in words."""

    chart: alt.LayerChart | alt.FacetChart | Drawing
    alt: str


def contributions(parts: pd.DataFrame, ward: str) -> Picture:
    """What each part adds to or takes from the score of one ward, about the middle, 50.

    Parameters
    ----------
    parts
        Rows of :func:`exclusion.method.comparison.contributions` for the ward.
    """
    shown = parts.assign(
        label=[tr(str(label)) for label in parts["label"]],
        points=parts["contribution"].round(1),
        way=[tr("Raises the score") if value > 0 else tr("Lowers the score") for value in parts["contribution"]],
        said=[f"{value:+.1f}" for value in parts["contribution"].round(1) + 0.0],
    )
    far = max(5.0, float(shown["points"].abs().max()) * 1.45)  # room for the figure beside the longest bar, on a phone too
    base = alt.Chart(shown).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=_names()),
        x=alt.X("points:Q", title=tr("Points of the score away from 50"), scale=alt.Scale(domain=[-far, far])),
    )
    bars = base.mark_bar(height=20).encode(
        color=alt.Color(
            "way:N",
            scale=alt.Scale(domain=[tr("Raises the score"), tr("Lowers the score")], range=[DARK, BLUE]),
            legend=alt.Legend(title=None, orient="top", columns=1),
        )
    )
    up = base.transform_filter("datum.points >= 0").mark_text(align="left", dx=5, color=INK, fontSize=13).encode(text="said:N")
    down = base.transform_filter("datum.points < 0").mark_text(align="right", dx=-5, color=INK, fontSize=13).encode(text="said:N")
    middle = alt.Chart(pd.DataFrame({"points": [0]})).mark_rule(color=INK).encode(x="points:Q")
    words = join_words([f"{within(row.label)} {row.said}" for row in each(shown)])
    return Picture(
        _styled(alt.layer(bars, up, down, middle), 80 + 34 * len(shown)),
        tr("Bar chart of what makes the score of {ward}, in points away from 50: {words}.", ward=ward, words=words),
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
            "lines": [_in_lines(str(name)) for name in wards["name"]],
            "from": wards["band_low"].astype(float) - 0.38,
            "to": wards["band_high"].astype(float) + 0.38,
            "band": wards["band"].astype(float),
            "word": [capital(tr(str(word))) for word in wards["word"]],
            tr("Band"): [figure(labels.band(value)) for value in wards["band"]],
            tr("Could be"): [figure(labels.band_range(low, high)) for low, high in zip(wards["band_low"], wards["band_high"], strict=True)],
        }
    )
    row = TWO_LINES if shown["lines"].str.contains(BREAK, regex=False).any() else ROW
    said = alt.Axis(
        values=list(risk.BANDS),
        labelExpr=" : ".join(f"datum.value == {n} ? '{n} {tr(w)}'" for n, w in risk.BANDS.items()) + " : ''",
        orient="top",
    )
    base = alt.Chart(shown).encode(
        y=alt.Y("lines:N", sort=None, title=None, axis=_names()), tooltip=["name", tr("Band"), tr("Could be"), "word"]
    )
    bars = base.mark_bar(height=10).encode(
        x=alt.X("from:Q", title=None, axis=said, scale=alt.Scale(domain=[0.5, 5.5])),
        x2="to:Q",
        color=alt.Color(
            "word:N",
            scale=alt.Scale(domain=[capital(tr(word)) for word in (CLEAR_IN, UNCLEAR, CLEAR_OUT)], range=[BLUE, GREEN, GRID]),
            # The key begins where the bars do: a phone has no room there for the whole words, which stand above the picture.
            legend=alt.Legend(title=None, orient="top", columns=1, labelExpr="replace(datum.label, 'most affected fifth', 'fifth')"),
        ),
    )
    own = base.mark_point(filled=True, size=110, color=DARK, opacity=1).encode(x="band:Q")
    # Shape as well as colour tells what is unclear.
    open_mark = base.transform_filter(f"datum.word == '{capital(tr(UNCLEAR))}'").mark_point(filled=True, size=22, color="white", opacity=1)
    unsure = open_mark.encode(x="band:Q")
    return Picture(_styled(alt.layer(bars, own, unsure), 70 + row * len(shown)), trust.picture(wards, wards["name"]).alt)


def agreement(rows: pd.DataFrame, nation: str) -> Picture:
    """Our score and the older index against what people did; letter first and paper first apart.

    Parameters
    ----------
    rows
        Rows of ``Validity.table`` for one nation and level, two scores.
    """
    shown = rows.dropna(subset=["spearman"]).assign(
        sent=[tr(labels.SENT[one]) for one in rows.dropna(subset=["spearman"])["sent_first"]],
        said=lambda t: [labels.figure(value) for value in t["spearman"]],
    )
    far = min(0.0, float(shown["low"].min(skipna=True) or 0.0)) - 0.05
    order = list(dict.fromkeys(shown["label"]))
    base = alt.Chart(shown).encode(
        y=alt.Y("sent:N", sort=[tr(one) for one in labels.SENT.values()], title=None, axis=_names()),
        yOffset=alt.YOffset("label:N", sort=order),
        color=alt.Color(
            "label:N", sort=order, scale=alt.Scale(domain=order, range=[DARK, BLUE]), legend=alt.Legend(title=None, orient="top", columns=1)
        ),
        shape=alt.Shape("label:N", sort=order, scale=alt.Scale(domain=order, range=["circle", "square"]), legend=None),
    )
    axis = alt.X("low:Q", title=tr("Agreement (1 full, 0 none)"), scale=alt.Scale(domain=[far, 1.0]))
    lines = base.mark_rule(strokeWidth=3).encode(x=axis, x2="high:Q")
    points = base.mark_point(filled=True, size=130, opacity=1).encode(x="spearman:Q")
    texts = base.mark_text(dy=-13, fontSize=13).encode(x="spearman:Q", text="said:N", color=alt.value(INK))
    held = [f"{within(row.sent)}, {within(row.label) if row.score == 'ours' else row.label} {row.said}" for row in each(shown)]
    low, high = (100 * end for end in validity_rules().interval)
    return Picture(
        _styled(alt.layer(lines, points, texts), 300),
        tr(
            "Chart of how far scores agree with the share of census returns made on paper in wards of {nation}: {said}. A line shows the "
            "{wide:.0f}% interval. The table below holds the same.",
            nation=tr(nation),
            said="; ".join(held),
            wide=high - low,
        ),
    )


def distribution(rows: pd.DataFrame, ward: str, nation: str) -> Picture:
    """How the wards of a nation spread over the score, and where one ward stands.

    Parameters
    ----------
    rows
        :func:`exclusion.views.ward.spread`: ``from, to, wards, here``.
    """
    own_step = tr("The step of this ward")
    steps = [
        {"from": row.low, "to": row.high, "wards": row.wards, "group": own_step if row.here else tr("Other steps")}
        for row in (list(each(rows.rename(columns={"from": "low", "to": "high"}))))
    ]
    at = next(step for step in steps if step["group"] == own_step)
    own = [at | {"name": ward, "middle": (at["from"] + at["to"]) / 2}]
    return Picture(
        Drawing(_distribution(nation, current()), {"steps": steps, "own": own}),
        tr(
            "Bar chart of the wards of {nation} by score in steps of five. {ward} stands between {low} and {high}, {others}. "
            "The table below holds the same.",
            nation=tr(nation),
            ward=ward,
            low=f"{at['from']:.0f}",
            high=f"{at['to']:.0f}",
            others=_others(int(at["wards"]) - 1),
        ),
    )


@lru_cache(maxsize=8)
def _distribution(nation: str, language: str) -> dict[str, Any]:
    """What is kept is kept for each language."""
    bars = (
        alt.Chart(alt.NamedData("steps"))
        .mark_bar(stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("from:Q", title=tr("Score (higher = more at risk)"), scale=alt.Scale(domain=[0, 100]), bin="binned"),
            x2="to:Q",
            y=alt.Y("wards:Q", title=tr("Wards of {nation}", nation=tr(nation))),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=[tr("The step of this ward"), tr("Other steps")], range=[DARK, GREEN]),
                legend=alt.Legend(title=None, orient="top", columns=1),
            ),
        )
    )
    named = alt.Chart(alt.NamedData("own")).mark_text(dy=-8, fontSize=13, color=INK, fontWeight="bold")
    spec: dict[str, Any] = _styled(alt.layer(bars, named.encode(x="middle:Q", y="wards:Q", text="name:N")), 260).to_dict()
    return spec


def pyramid(rows: pd.DataFrame, ward: str) -> Picture:
    """Residents by age, disabled people to the left and others to the right, and how many of each are unlikely to use the internet.

    Parameters
    ----------
    rows
        :func:`exclusion.views.people.by_age_and_disability`: ``age, who, residents, unlikely``, counts rounded to 10.
    """
    side = {tr("Disabled people"): -1, tr("Not disabled"): 1}
    shown = {"residents": tr("Residents"), "unlikely": tr("Unlikely to use the internet")}
    bars = [
        {"age": age, "who": who, "what": what, "many": many, "across": many * side[who], "shown": shown[what]}
        for what in shown
        for age, who, many in zip(rows["age"].tolist(), rows["who"].tolist(), rows[what].tolist(), strict=True)
        if not pd.isna(many)
    ]
    far = max(100.0, *(abs(bar["across"]) * 1.1 for bar in bars))
    order = tuple(dict.fromkeys(rows["age"]))[::-1]
    old = rows[rows["age"] == order[0]].set_index("who")
    said = join_words([f"{within(who)} {_about(old.loc[who, 'residents'])}" for who in side])
    return Picture(
        Drawing(_pyramid(order, current()), {"people": bars, "middle": [{"across": 0}]}, {"far left": -far, "far right": far}),
        tr(
            "Pyramid of residents of {ward} by age, disabled people to the left and others to the right, with how many of each "
            "are unlikely to use the internet. Aged {age}: {said}. The table below holds the same.",
            ward=ward,
            age=within(order[0]),
            said=said,
        ),
    )


@lru_cache(maxsize=8)
def _pyramid(order: tuple[str, ...], language: str) -> dict[str, Any]:
    """What is kept is kept for each language."""
    base = alt.Chart(alt.NamedData("people")).encode(
        y=alt.Y("age:N", sort=list(order), title=None, axis=_names()),
        x=alt.X(
            "across:Q",
            title=tr("Disabled people  |  Not disabled (residents aged 16 and over)"),
            scale=alt.Scale(domain=["far left", "far right"]),
            axis=alt.Axis(labelExpr="format(abs(datum.value), ',')"),
        ),
        color=alt.Color(
            "shown:N",
            scale=alt.Scale(domain=[tr("Residents"), tr("Unlikely to use the internet")], range=[GREEN, DARK]),
            legend=alt.Legend(title=None, orient="top", columns=1),
        ),
    )
    wide = base.transform_filter("datum.what == 'residents'").mark_bar(height=22)
    thin = base.transform_filter("datum.what == 'unlikely'").mark_bar(height=10)
    middle = alt.Chart(alt.NamedData("middle")).mark_rule(color=INK).encode(x="across:Q")
    spec: dict[str, Any] = _styled(alt.layer(wide, thin, middle), 60 + 30 * len(order)).to_dict()
    return spec


def _others(many: int) -> str:
    return tr("alone") if many == 0 else trn("with {n:,} other", "with {n:,} others", many)


def _about(many: float) -> str:
    return tr("fewer than 10") if pd.isna(many) else tr("about {count:,.0f}", count=many)


def _names() -> alt.Axis:
    """Names down the side, in two lines where :func:`_in_lines` broke them: a phone has 288 pixels for names and picture."""
    return alt.Axis(labelExpr=f"split(datum.label, '{BREAK}')", labelLimit=150, ticks=False, domain=False, labelPadding=8)


def _in_lines(name: str) -> str:
    """A long name broken after some 16 letters; what does not go into two lines is cut with dots and stands in full in the table."""
    return BREAK.join(textwrap.wrap(name, 16, break_on_hyphens=False, max_lines=2, placeholder=" …"))


def _styled(chart: alt.LayerChart | alt.FacetChart, height: int) -> alt.LayerChart | alt.FacetChart:
    styled: alt.LayerChart | alt.FacetChart = (
        chart.properties(height=height, width="container", padding={"left": 5, "right": 18, "top": 5, "bottom": 20})
        .configure(font="Arial", background="#ffffff")
        .configure_axis(labelColor=INK, titleColor=INK, labelFontSize=13, titleFontSize=13, titleFontWeight="normal", gridColor=GRID)
        .configure_legend(labelColor=INK, labelFontSize=13, symbolOpacity=1)
        .configure_view(stroke=None)
    )
    return styled
