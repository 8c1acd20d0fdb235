"""The picture: wards on a map that never asks the network for anything.

Folium loads its own scripts from other people's servers, and shows an empty box when it
cannot. :class:`OfflineMap` loads the vendored Leaflet instead. The shapes travel once, as
a file whose name is the hash of its content (:func:`publish`); the colours travel with
every run of the page and are laid on what is already drawn (:class:`Paint`), so moving a
slider costs a few kilobytes and no reload. This module is the only place that leaves
EPSG:27700.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import MacroElement
from folium.template import Template

from exclusion.language import current, mark, tr

STATIC = Path(__file__).parent / "static"
ATTRIBUTION = (
    "Boundaries: Office for National Statistics, Open Government Licence v3.0. Contains OS data © Crown copyright and database right 2025 "
    "and LPS Intellectual Property © Crown copyright and database right 2025."
)
SVG_MOST = 700  # beyond this the browser draws on a canvas: faster, but wards are no longer keyboard stops


# --------------------------------------------------------------------------- shades


@dataclass(frozen=True)
class Shade:
    """One class on the map: a number and a word always go with the colour.

    ``fill`` is the colour of the ward, ``ink`` a text colour that reads on it.
    """

    number: str
    word: str
    fill: str
    ink: str = "#0b0c0c"

    @property
    def said(self) -> str:
        """The word in the language spoken."""
        return tr(self.word)

    @property
    def label(self) -> str:
        """Number and word in the language spoken."""
        return self.said if self.number == NO_FIGURE else f"{self.number} {self.said}"


@dataclass(frozen=True)
class Mark:
    """How a place of some status is drawn: a sign and a word, so that colour is never the only difference."""

    sign: str
    word: str
    fill: str
    ink: str


MARKS = {
    "stays": Mark("●", mark("Stays as it is"), "#ffffff", "#0b0c0c"),
    "fewer_hours": Mark("◐", mark("Opens for fewer hours"), "#ffdd00", "#0b0c0c"),
    "closes": Mark("✕", mark("Closes"), "#0b0c0c", "#ffffff"),
}
"""By ``status`` of a place (see ``exclusion.places``)."""

NO_FIGURE = "–"

IN_EACH = {
    "ward": mark("Number of wards in each"),
    "council": mark("Number of councils in each"),
    "small area": mark("Number of small areas in each"),
}
"""What the numbers of a legend count, by what one shape is."""

GREY = "#bdbdbd"

# The five greens and blues of the census maps of the Office for National Statistics: officers
# know them, and they keep apart in print and for colour-blind readers. Not red to green.
BANDS = (
    Shade("1", mark("Lowest"), "#CDE594"),
    Shade("2", mark("Lower"), "#80C6A3"),
    Shade("3", mark("Middle"), "#1F9EB7"),
    Shade("4", mark("Higher"), "#186290", "#ffffff"),
    Shade("5", mark("Highest"), "#080C54", "#ffffff"),
)
NOT_SCORED = Shade(NO_FIGURE, mark("Not scored"), GREY)

LEVELS = (
    Shade("0", mark("Nothing found in rules checked"), "#CDE594"),
    Shade("1", mark("Watch"), "#80C6A3"),
    Shade("2", mark("Advise keeping"), "#1F9EB7"),
    Shade("3", mark("Keep as a condition"), "#080C54", "#ffffff"),
)
NOT_ASSESSED = Shade(NO_FIGURE, mark("Not assessed"), GREY)

# Orange to purple of ColorBrewer (PuOr): change has a middle and two ways to go, neither of them good or bad by its colour,
# and the two ways stay apart for colour-blind readers. The middle is darker than paper, so that white borders show on it.
CHANGES = (("#e66101", "#0b0c0c"), ("#fdb863", "#0b0c0c"), ("#e9e4d8", "#0b0c0c"), ("#b2abd2", "#0b0c0c"), ("#5e3c99", "#ffffff"))
NOT_COMPARABLE = Shade("≠", mark("Boundary changed, not comparable"), "#6b6b6b", "#ffffff")
"""Fill and ink of five classes from the greatest fall to the greatest rise; and what has no place among them."""


def legend(shades: Sequence[Shade], counts: Mapping[str, int] | None = None, title: str = "") -> str:
    """A legend in HTML: swatch, number, word and, where given, how many wards.

    ``counts`` is keyed by :attr:`Shade.label`. Colour is never the only mark.
    """
    items = []
    for shade in shades:
        many = "" if counts is None else f" ({counts.get(shade.label, 0)})"
        items.append(
            f'<li style="{_ITEM}"><span style="{_SWATCH};background:{shade.fill};color:{shade.ink}">{escape(shade.number)}</span>'
            f"<span>{escape(shade.said)}{many}</span></li>"
        )
    head = f'<p style="margin:0 0 .25rem;font-weight:600">{escape(title)}</p>' if title else ""
    return f'{head}<ul style="{_LIST}">{"".join(items)}</ul>'


def marks_legend(places: pd.DataFrame) -> str:
    """A legend in HTML of the signs that stand for places, with how many of each; signs that are not on the map are left out."""
    many = places["status"].value_counts()
    items = [
        f'<li style="{_ITEM}"><span style="{_SWATCH};background:{one.fill};color:{one.ink};border-radius:50%" aria-hidden="true">'
        f"{one.sign}</span><span>{escape(tr(one.word))} ({many[status]})</span></li>"
        for status, one in MARKS.items()
        if status in many
    ]
    return (
        f'<p style="margin:0 0 .25rem;font-weight:600">{escape(tr("Places"))}</p><ul style="{_LIST}">{"".join(items)}</ul>' if items else ""
    )


_LIST = "list-style:none;padding:0;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.35rem 1.1rem"
_ITEM = "display:flex;align-items:center;gap:.4rem;margin:0"
_SWATCH = (
    "display:inline-block;min-width:1.6rem;height:1.6rem;line-height:1.6rem;text-align:center;font-weight:700;border:1px solid #0b0c0c"
)


# --------------------------------------------------------------------------- shapes


@dataclass(frozen=True)
class Shapes:
    """A published file of shapes: its name (a hash and ``.json``), its wards in file order, and whether any ward is only a point."""

    file: str
    codes: tuple[str, ...]
    points: bool


def simplify(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Thin the outlines to what a screen can show, keeping shared borders shared.

    Parameters
    ----------
    areas
        Wards in EPSG:27700, polygons or points; points are left as they are.

    Returns
    -------
    GeoDataFrame
        The same wards. Up to 30 wards are left as published; beyond that corners smaller than a square
        of 20 m go, of 50 m (over 100 wards) or of 250 m (over 1,000).
    """
    tolerance = next(metres for most, metres in ((30, 0), (100, 20), (1000, 50), (np.inf, 250)) if len(areas) <= most)
    polygons = areas.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
    if not tolerance or not polygons.any():
        return areas
    shapes = areas.geometry.to_numpy().copy()
    shapes[polygons] = shapely.coverage_simplify(shapes[polygons], tolerance)
    return areas.set_geometry(gpd.GeoSeries(shapes, index=areas.index, crs=areas.crs))


def geojson(areas: gpd.GeoDataFrame) -> dict[str, Any]:
    """Wards as GeoJSON in longitude and latitude, with ``code``, ``name`` and ``at`` (where the name goes).

    ``areas`` is indexed by ``area_code`` with ``area_name`` and geometry in EPSG:27700. Coordinates are
    rounded to 5 decimals (about a metre), 4 beyond 1,000 wards. A ward without any geometry is left out.
    """
    held = areas[~(areas.geometry.isna() | areas.geometry.is_empty)]
    places = 5 if len(held) <= 1000 else 4
    lonlat = simplify(held).to_crs(4326).geometry
    at = held.geometry.representative_point().to_crs(4326)
    rounded = shapely.transform(lonlat.to_numpy(), lambda xy: np.round(xy, places))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "at": [round(point.x, 5), round(point.y, 5)]},
            "geometry": shapely.geometry.mapping(shape),
        }
        for code, name, point, shape in zip(held.index, held["area_name"], at, rounded, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def publish(areas: gpd.GeoDataFrame, folder: Path) -> Shapes:
    """Write the shapes where the browser can fetch them, once for each content.

    The name is a hash, so that a browser may keep the file for ever; and it is hexadecimal without
    underscores, because streamlit-folium drops ``_word`` when it decides whether a map has changed.

    Parameters
    ----------
    areas
        As for :func:`geojson`.
    folder
        An existing folder served to the browser. Everything in it is public: boundaries only.
    """
    collection = geojson(areas)
    text = json.dumps(collection, separators=(",", ":"), ensure_ascii=False)
    name = hashlib.sha256(text.encode()).hexdigest()[:24] + ".json"
    if not (folder / name).exists():
        draft = folder / f"{name}.{os.getpid()}.part"
        draft.write_text(text, encoding="utf-8")
        draft.replace(folder / name)
    kinds = {feature["geometry"]["type"] for feature in collection["features"]}
    return Shapes(name, tuple(feature["properties"]["code"] for feature in collection["features"]), "Point" in kinds)


# --------------------------------------------------------------------------- the map


@cache
def _versioned(name: str) -> str:
    """``wards.js`` -> ``wards.js?v=1a2b3c4d``: a new version is a new address, so no stale copy is used."""
    return f"{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]}"


class OfflineMap(folium.Map):
    """A folium map that loads the vendored Leaflet and nothing else.

    Parameters
    ----------
    assets
        Address of the folder ``static``, ending in a slash, relative to the frame the map is drawn in.
    canvas
        Draw on a canvas (over 700 wards) instead of SVG.
    """

    _template = Template("""
        {% macro header(this, kwargs) %}{% endmacro %}
        {% macro html(this, kwargs) %}<div class="folium-map" id={{ this.get_name()|tojson }} ></div>{% endmacro %}
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }},
                {center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }} });
        {% endmacro %}
    """)

    def __init__(self, assets: str, canvas: bool = False) -> None:
        super().__init__(
            location=(53.0, -1.5), zoom_start=8, tiles=None, prefer_canvas=canvas,
            keyboard=False, scroll_wheel_zoom=False, zoom_snap=0.25, zoom_delta=0.5, box_zoom=False,
        )  # fmt: skip
        # On the instance: folium keeps these lists on the class, where every user of folium shares them.
        self.default_js = [(name, assets + _versioned(name)) for name in ("leaflet/leaflet.js", "wards.js")]
        self.default_css = [(name, assets + _versioned(name)) for name in ("leaflet/leaflet.css", "wards.css")]


class WardLayer(MacroElement):
    """The shapes of the wards, fetched by the browser from ``url``.

    Its text stays the same from run to run, so streamlit-folium keeps the frame.
    """

    _name = "WardLayer"
    _template = Template("{% macro script(this, kwargs) %}KeptOpen.wards(map_div, {{ this.config }});{% endmacro %}")

    def __init__(self, url: str, title: str, images: str, names: bool = True, beside: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.config = for_script(
            {
                "url": url,
                "title": title,
                "keys": tr("Arrow keys move between wards, Enter selects. Where places are marked, Tab goes to them."),
                "lang": current(),
                "images": images,
                "attribution": escape(ATTRIBUTION),
                "names": names,
                "beside": beside,
            }
        )


class Paint(MacroElement):
    """The colours of the wards, laid on shapes that are already drawn."""

    _name = "Paint"
    _template = Template("{% macro script(this, kwargs) %}KeptOpen.paint({{ this.payload }});{% endmacro %}")

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.payload = for_script(payload)


def for_script(value: Any) -> str:
    """JSON that is safe inside a script: no ``<`` can end it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def ward_map(shapes: Shapes, *, title: str, assets: str, served_at: str, beside: str = "") -> OfflineMap:
    """A new map of published shapes; make one for every run of the page (about 6 ms), never keep one.

    Parameters
    ----------
    shapes
        What :func:`publish` returned.
    title
        What a screen reader calls the map: say what it shows and where.
    assets, served_at
        Addresses of ``static`` and of the folder of shapes, each ending in a slash.
    beside
        A name that maps of one page share when they are to move together.
    """
    drawn = OfflineMap(assets, canvas=len(shapes.codes) > SVG_MOST)
    drawn.add_child(WardLayer(served_at + shapes.file, title, assets + "leaflet/images/", beside=beside))
    return drawn


def colours(
    shapes: Shapes,
    classes: pd.Series[Any],
    shades: Sequence[Shade],
    *,
    nothing: Shade = NOT_SCORED,
    notes: pd.Series[Any] | None = None,
    selected: str | None = None,
    places: pd.DataFrame | None = None,
    focus: Collection[str] = (),
) -> dict[str, Any]:
    """The colours, and what else changes on shapes that are drawn: what :func:`layer` takes.

    Parameters
    ----------
    shapes
        The shapes to colour.
    classes
        Place in ``shades`` for each ward, indexed by ``area_code``; missing or absent = ``nothing`` (grey).
    shades
        The classes, in order.
    nothing
        What a ward without a class is called.
    notes
        A few words for each ward, said by the tooltip and to screen readers, indexed by ``area_code``.
    selected
        Code of the ward to outline.
    places
        Places to draw over the wards: ``name, what`` (its kind in words), ``status`` (a key of
        :data:`MARKS`), ``x, y`` (EPSG:27700). Each is a mark with its name, which arrow keys reach.
    focus
        Codes to bring into view when they change; none = all of them.
    """
    spots = classes.reindex(list(shapes.codes))
    legend_entries = [*shades, nothing]
    at = "".join(_BASE36[len(shades)] if pd.isna(spot) else _BASE36[int(spot)] for spot in spots)
    payload: dict[str, Any] = {
        "shades": [asdict(shade) | {"word": shade.said} for shade in legend_entries],
        "at": at,
        "selected": selected or "",
    }
    if len(focus):
        wanted = set(focus)
        payload["focus"] = [place for place, code in enumerate(shapes.codes) if code in wanted]
    if notes is not None:
        payload["notes"] = ["" if pd.isna(note) else str(note) for note in notes.reindex(list(shapes.codes))]
    if places is not None and len(places):
        payload["places"] = _place_marks(places)
    return payload


def layer(colours: Mapping[str, Any]) -> folium.FeatureGroup:
    """:func:`colours` as the feature group to hand to ``st_folium(feature_group_to_add=...)``."""
    group = folium.FeatureGroup(name="colours")
    group.add_child(Paint(colours))
    return group


def _place_marks(places: pd.DataFrame) -> list[dict[str, Any]]:
    at = gpd.GeoSeries.from_xy(places["x"], places["y"], crs=27700).to_crs(4326)
    told = zip(places["name"], places["what"], places["status"], at, strict=True)
    return [
        {
            "at": [round(point.y, 5), round(point.x, 5)],
            "label": f"{name}: {what}, {tr(MARKS[status].word)[:1].lower()}{tr(MARKS[status].word)[1:]}",
            "status": status.replace("_", "-"),
            "sign": MARKS[status].sign,
        }
        for name, what, status, point in told
    ]


_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
