"""A map as a picture for a paper: PNG or SVG, with legend, source and date, drawn here without a browser.

One list of strokes is made once and written twice, so that both pictures show the same.
"""

from __future__ import annotations

import io
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from exclusion.language import mark, tr
from exclusion.maps import ATTRIBUTION, IN_EACH, MARKS, NOT_SCORED, Shade, simplify
from exclusion.words import join_words

WIDE, MAP_HIGH, EDGE = 1600, 1000, 50
_OF = {
    "ward": mark("Map of {number} wards."),
    "council": mark("Map of {number} councils."),
    "small area": mark("Map of {number} small areas."),
}
INK, PAPER = "#0b0c0c", "#ffffff"
MOST_LABELS, MOST_LINES = 150, 1_000
POINT = 14  # radius of a ward of which only the middle is held
LETTER = 0.52  # of the size of a letter, how wide one is on average


@dataclass(frozen=True)
class Shape:
    """An outline: rings of x, y, the first outside and the others holes; ``fill`` may be blank for a line alone."""

    rings: tuple[tuple[tuple[float, float], ...], ...]
    fill: str
    line: str = INK


@dataclass(frozen=True)
class Text:
    """A line of words; ``middle`` sets it about its point, else it begins there. ``halo`` is a border of the paper's colour."""

    x: float
    y: float
    size: int
    words: str
    ink: str = INK
    middle: bool = False
    bold: bool = False
    halo: bool = False


@dataclass(frozen=True)
class Disc:
    """A circle with a border: a ward without an outline, or a place."""

    x: float
    y: float
    radius: float
    fill: str


Stroke = Shape | Text | Disc


@dataclass(frozen=True)
class Drawing:
    """What is drawn, in pixels of a page ``wide`` by ``high``, and what it shows in words."""

    strokes: tuple[Stroke, ...]
    wide: int
    high: int
    title: str
    words: str

    def svg(self) -> bytes:
        """As SVG, with its title and description for screen readers."""
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.wide} {self.high}" width="{self.wide}" height="{self.high}" '
            f'role="img" aria-labelledby="title words" font-family="Arial, Helvetica, sans-serif">'
            f'<title id="title">{escape(self.title)}</title><desc id="words">{escape(self.words)}</desc>'
            f'<rect width="{self.wide}" height="{self.high}" fill="{PAPER}"/>'
        ]
        parts += [_as_svg(stroke) for stroke in self.strokes]
        return ("\n".join(parts) + "\n</svg>\n").encode("utf-8")

    def png(self) -> bytes:
        """As PNG, drawn at twice the size and made smaller, so that lines are smooth."""
        from PIL import Image, ImageDraw

        twice = 2
        page = Image.new("RGB", (self.wide * twice, self.high * twice), PAPER)
        pen = ImageDraw.Draw(page)
        for stroke in self.strokes:
            _on_paper(pen, stroke, twice)
        held = io.BytesIO()
        page.resize((self.wide, self.high), Image.Resampling.LANCZOS).save(held, "PNG", optimize=True, dpi=(192, 192))
        return held.getvalue()


def draw(
    areas: gpd.GeoDataFrame,
    classes: pd.Series[Any],
    shades: Sequence[Shade],
    *,
    title: str,
    source: str,
    nothing: Shade = NOT_SCORED,
    places: pd.DataFrame | None = None,
    one: str = "ward",
    note: str = "",
) -> Drawing:
    """Draw a map with its legend.

    Parameters
    ----------
    areas, classes, shades, nothing, places
        As for :func:`exclusion.maps.colours`; ``areas`` with ``area_name`` and geometry in EPSG:27700.
    title
        Stands over the map.
    source
        Where the figures are from, with the date: stands under it, before the line on boundaries.
    one
        What one shape is, in a word.
    note
        A sentence more, such as that shapes are not boundaries.

    Returns
    -------
    Drawing
        North is up. Up to 150 shapes carry the number of their class, and their name where it fits.
    """
    held = areas[~(areas.geometry.isna() | areas.geometry.is_empty)]
    spots = classes.reindex(held.index)
    chosen = {code: nothing if pd.isna(spot) else shades[int(spot)] for code, spot in spots.items()}
    given = 0 if places is None else len(places)
    places = None if places is None else _in_frame(held, places)
    if places is not None and (outside := given - len(places)):
        note = f"{note} {outside:,} {'place lies' if outside == 1 else 'places lie'} outside the picture.".strip()
    strokes: list[Stroke] = []
    y = float(EDGE)
    for line in textwrap.wrap(title, 70) or [""]:
        y += 44
        strokes.append(Text(EDGE, y, 40, line, bold=True))
    y += 24
    strokes += _map(held, chosen, places, y)
    y += MAP_HIGH + 30
    counts = pd.Series({code: shade.label for code, shade in chosen.items()}, dtype=object).value_counts()
    legend, y = _legend([*shades, *([nothing] if nothing.label in counts else [])], counts, tr(IN_EACH[one]), y)
    strokes += legend
    if places is not None and len(places):
        signs, y = _signs(places, y)
        strokes += signs
    for line in [part for text in (note, source, ATTRIBUTION) for part in textwrap.wrap(text, 150)]:
        y += 26
        strokes.append(Text(EDGE, y, 20, line))
    told = (
        []
        if places is None
        else [
            f"{name} ({MARKS[status].word[:1].lower()}{MARKS[status].word[1:]})"
            for name, status in zip(places["name"], places["status"], strict=True)
        ]
    )
    words = f"{tr(_OF[one], number=len(held))} " + "; ".join(f"{label}: {many}" for label, many in counts.items()) + "."
    words += f" Places: {join_words(told)}." if told else ""
    return Drawing(tuple(strokes), WIDE, round(y + EDGE), title, words)


def _map(held: gpd.GeoDataFrame, chosen: dict[Any, Shade], places: pd.DataFrame | None, top: float) -> list[Stroke]:
    west, south, east, north = held.total_bounds
    scale = _scale(held)
    left = WIDE / 2 - scale * (west + east) / 2
    low = top + MAP_HIGH / 2 + scale * (south + north) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return round(left + scale * x, 1), round(low - scale * y, 1)

    strokes: list[Stroke] = []
    thinned = simplify(held).geometry
    pieces = [(part, chosen[code]) for code, shape in thinned.items() for part in shapely.get_parts(shape)]
    for part, shade in sorted(pieces, key=lambda piece: -piece[0].area):  # large first: what lies in a hole is drawn over it
        if part.geom_type == "Point":
            strokes.append(Disc(*at(part.x, part.y), POINT, shade.fill))
        else:
            # Between wards a white line, as on the screen; among thousands it would be all one sees.
            strokes.append(Shape(_rings(part, at), shade.fill, shade.fill if len(held) > MOST_LINES else PAPER))
    land = shapely.union_all([part for part, _ in pieces if part.geom_type != "Point"])
    strokes += [Shape(_rings(part, at), "") for part in shapely.get_parts(land) if part.geom_type == "Polygon"]
    if len(held) <= MOST_LABELS:
        strokes += _labels(held, chosen, at, scale)
    if places is not None:
        for east, north, status in zip(places["x"], places["y"], places["status"], strict=True):
            mark, (x, y) = MARKS[status], at(east, north)
            strokes += [Disc(x, y, 13, mark.fill), Text(x, y + 6, 18, _SIGNS[status], mark.ink, middle=True, bold=True)]
    return strokes


def _scale(held: gpd.GeoDataFrame) -> float:
    """Pixels a metre."""
    west, south, east, north = held.total_bounds
    return float(min((WIDE - 2 * EDGE) / max(east - west, 1.0), MAP_HIGH / max(north - south, 1.0)) * 0.97)


def _in_frame(held: gpd.GeoDataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The places that lie where the map is drawn: others would stand on the title and the legend."""
    west, south, east, north = held.total_bounds
    wide, high = (WIDE - 2 * EDGE) / _scale(held) / 2, MAP_HIGH / _scale(held) / 2
    seen: pd.DataFrame = places[((places["x"] - (west + east) / 2).abs() <= wide) & ((places["y"] - (south + north) / 2).abs() <= high)]
    return seen


def _rings(shape: Any, at: Any) -> tuple[tuple[tuple[float, float], ...], ...]:
    return tuple(tuple(at(x, y) for x, y in ring.coords) for ring in (shape.exterior, *shape.interiors))


_SIGNS = {"stays": "S", "fewer_hours": "F", "closes": "C"}  # letters: a font of a server may lack the signs of the screen


def _labels(held: gpd.GeoDataFrame, chosen: dict[Any, Shade], at: Any, scale: float) -> list[Stroke]:
    """Large shapes first, each with its name and number, else its number, else nothing where another label stands."""
    taken: list[tuple[float, float, float, float]] = []
    strokes: list[Stroke] = []
    middles = held.geometry.representative_point()
    for code in held.geometry.area.sort_values(ascending=False, kind="stable").index:
        x, y = at(middles[code].x, middles[code].y)
        west, _, east, _ = held.geometry[code].bounds
        room = max((east - west) * scale, 2 * POINT)
        for words in (f"{held.loc[code, 'area_name']} {chosen[code].number}", chosen[code].number):
            half = len(words) * 18 * LETTER / 2 + 2
            box = (x - half, y - 12, x + half, y + 12)
            fits = 2 * half <= room * 1.25 or words == chosen[code].number
            if fits and all(box[2] <= one[0] or box[0] >= one[2] or box[3] <= one[1] or box[1] >= one[3] for one in taken):
                taken.append(box)
                strokes.append(Text(x, y + 6, 18, words, middle=True, halo=True))
                break
    return strokes


def _legend(shown: Sequence[Shade], counts: pd.Series[int], head: str, y: float) -> tuple[list[Stroke], float]:
    strokes: list[Stroke] = [Text(EDGE, y, 22, head, bold=True)]
    x, y = float(EDGE), y + 46
    for shade in shown:
        words = f"{shade.said} ({counts.get(shade.label, 0)})"
        wide = 60 + len(words) * 24 * LETTER
        if x + wide > WIDE - EDGE and x > EDGE:
            x, y = float(EDGE), y + 46
        box = ((x, y - 26), (x + 36, y - 26), (x + 36, y + 10), (x, y + 10), (x, y - 26))
        strokes += [Shape((box,), shade.fill), Text(x + 18, y, 22, shade.number, shade.ink, middle=True, bold=True)]
        strokes.append(Text(x + 46, y, 24, words))
        x += wide + 20
    return strokes, y + 24


def _signs(places: pd.DataFrame, y: float) -> tuple[list[Stroke], float]:
    strokes: list[Stroke] = []
    x = float(EDGE)
    many = places["status"].value_counts()
    for status, sign in MARKS.items():
        if status in many:
            words = f"{tr(sign.word)} ({many[status]})"
            strokes += [Disc(x + 14, y + 12, 13, sign.fill), Text(x + 14, y + 18, 18, _SIGNS[status], sign.ink, middle=True, bold=True)]
            strokes.append(Text(x + 40, y + 20, 24, words))
            x += 60 + len(words) * 24 * LETTER
    return strokes, y + 44


# --------------------------------------------------------------------------- two ways to write it


def _as_svg(stroke: Stroke) -> str:
    if isinstance(stroke, Shape):
        path = " ".join("M" + " L".join(f"{x:g},{y:g}" for x, y in ring[:-1]) + " Z" for ring in stroke.rings)
        fill = stroke.fill or "none"
        return f'<path d="{path}" fill="{fill}" fill-rule="evenodd" stroke="{stroke.line}" stroke-width="1.5" stroke-linejoin="round"/>'
    if isinstance(stroke, Disc):
        return f'<circle cx="{stroke.x:g}" cy="{stroke.y:g}" r="{stroke.radius:g}" fill="{stroke.fill}" stroke="{INK}" stroke-width="2"/>'
    more = ' text-anchor="middle"' if stroke.middle else ""
    more += ' font-weight="700"' if stroke.bold else ""
    more += f' stroke="{PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if stroke.halo else ""
    return f'<text x="{stroke.x:g}" y="{stroke.y:g}" font-size="{stroke.size}" fill="{stroke.ink}"{more}>{escape(stroke.words)}</text>'


FONTS = ("LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf", "Helvetica.ttc")  # of the width we reckon with, and with Welsh letters
PLAINER = {"–": "-", "—": "-", "−": "-", "≠": "/"}


@cache
def _font(size: int) -> tuple[Any, bool]:
    """A font of this machine that has every letter of our names, else the one that comes with Pillow; whether it is that one."""
    from PIL import ImageFont

    for name in FONTS:
        try:
            return ImageFont.truetype(name, size), False
        except OSError:
            continue
    return ImageFont.load_default(size), True


def _letters(size: int, words: str) -> tuple[Any, str]:
    """The font, and the words as it can write them: Pillow's own has no ô, ŷ or –, and would draw an empty box."""
    font, bare = _font(size)
    if not bare:
        return font, words
    plain = "".join(PLAINER.get(one, one) for one in words)
    return font, "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))


def _on_paper(pen: Any, stroke: Stroke, twice: int) -> None:
    if isinstance(stroke, Shape):
        rings = [[(x * twice, y * twice) for x, y in ring] for ring in stroke.rings]
        if stroke.fill:
            pen.polygon(rings[0], fill=stroke.fill)
            for hole in rings[1:]:
                pen.polygon(hole, fill=PAPER)
        for ring in rings:
            pen.line(ring, fill=stroke.line, width=3, joint="curve")
        return
    if isinstance(stroke, Disc):
        x, y, radius = stroke.x * twice, stroke.y * twice, stroke.radius * twice
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=stroke.fill, outline=INK, width=2 * twice)
        return
    font, words = _letters(stroke.size * twice, stroke.words)
    border = 4 if stroke.halo else 1 if stroke.bold else 0
    around = PAPER if stroke.halo else stroke.ink
    pen.text(
        (stroke.x * twice, stroke.y * twice), words, fill=stroke.ink, font=font,
        anchor="ms" if stroke.middle else "ls", stroke_width=border, stroke_fill=around,
    )  # fmt: skip
