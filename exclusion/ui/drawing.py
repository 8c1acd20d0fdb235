"""The map on a page: drawn once, recoloured at every run, taken away as a picture."""

from __future__ import annotations

import atexit
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st
from streamlit.components import v1 as components

from exclusion import language, maps, ui
from exclusion.contracts import ExclusionError, Problem, UsageError, temporary_folder
from exclusion.language import mark, tr
from exclusion.saying import date_words, join_words
from exclusion.ui import map_frame, own
from exclusion.words import slug

# Two folders the server hands out: ours (Leaflet and our script) and one for shapes, made fresh
# for each process, because the installed package may be read-only.
_shapes_folder = contextlib.ExitStack()
_assets = components.declare_component("assets", path=str(maps.STATIC))
# Relative to the map's own frame, so they survive a base path and a proxy in front.
_ASSETS_AT = f"../{_assets.name}/"

# What is said of the shapes of a map, by what one of them is.
_CHOOSE = {
    "ward": mark("Click or tap a ward to choose it."),
    "council": mark("Click or tap a council to choose it."),
    "small area": mark("Click or tap a small area to choose it."),
}
_NO_OUTLINES = {
    "ward": mark("We hold no outlines for some of these wards, so a point marks the middle of each."),
    "council": mark("We hold no outlines for some of these councils, so a point marks the middle of each."),
    "small area": mark("We hold no outlines for some of these small areas, so a point marks the middle of each."),
}


@st.cache_resource(show_spinner=False)
def _shapes() -> tuple[Path, str]:
    """The folder of shapes and where the browser finds it; made when the first map is drawn, gone with the process."""
    folder = _shapes_folder.enter_context(temporary_folder())
    atexit.register(_shapes_folder.close)
    return folder, f"../{components.declare_component('shapes', path=str(folder)).name}/"


# Every run of a page is a thread of its own, and what turns metres into degrees is made anew in each: 30 milliseconds a map.
_to_degrees = ThreadPoolExecutor(1, "shapes")


def _publish(areas: gpd.GeoDataFrame) -> maps.Shapes:
    folder, _ = _shapes()
    try:
        folder.mkdir(parents=True, exist_ok=True)  # whatever tidies the machine's temporary files may have taken it
        return _to_degrees.submit(maps.publish, areas, folder).result()
    except OSError as error:
        do = tr("Tell whoever looks after this machine; the tables hold the same figures.")
        raise UsageError(
            Problem(tr("The map"), tr("has no room for its shapes ({value})", value=error.strerror or error), "", do)
        ) from None


def _shapes_of(areas: gpd.GeoDataFrame, name: str) -> maps.Shapes:
    key = (name, tuple(areas.index), hash(areas.geometry.iloc[0].wkb) if len(areas) else 0)

    def work() -> maps.Shapes:
        return _publish(areas)

    # Outlines of a visit stay out of everybody's cache; the release keeps its own.
    shapes = own.kept(("shapes", *key[:2]), work) if own.here() is not None else ui.evidence().recent(("shapes", *key), work)
    return shapes if (_shapes()[0] / shapes.file).exists() else _publish(areas)


def draw_map(
    areas: gpd.GeoDataFrame,
    classes: pd.Series[Any],
    shades: Sequence[maps.Shade],
    *,
    title: str,
    name: str,
    nothing: maps.Shade = maps.NOT_SCORED,
    notes: pd.Series[Any] | None = None,
    selected: str | None = None,
    places: pd.DataFrame | None = None,
    focus: Collection[str] = (),
    height: int = 480,
    one: str = "ward",
    note: str = "",
    beside: str = "",
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw the wards, the legend with the number of wards in each class, and how to move the map.

    Parameters
    ----------
    areas
        Wards indexed by ``area_code``, EPSG:27700: polygons, or points where no outlines are held.
    classes, shades, nothing, notes, selected, places, focus
        As for :func:`exclusion.maps.colours`.
    title
        What a screen reader calls the map; begins with "Map".
    name
        A short name for this map, unique on its page.
    one
        What one shape is: "ward", "council" or "small area".
    note
        A sentence that goes with the map wherever it goes, such as that its shapes are not boundaries.
    beside
        A name that maps of one page share when they are to move together.
    on_pick
        Called with the code of the ward that was clicked, tapped or entered, before the page runs again.
    """
    try:
        shapes, served_at = _shapes_of(areas, name), _shapes()[1]
    except ExclusionError as error:  # the page goes on: what the map says stands in words and in the table as well
        ui.show_error(error)
        return
    key = f"map-{name}-{shapes.file[:12]}"

    def picked() -> None:
        feature = (st.session_state.get(key) or {}).get("last_active_drawing") or {}
        code = feature.get("properties", {}).get("code")
        if on_pick is not None and code in areas.index:
            on_pick(code)

    map_frame.show(
        shapes,
        maps.colours(shapes, classes, shades, nothing=nothing, notes=notes, selected=selected, places=places, focus=focus),
        title=title,
        assets=_ASSETS_AT,
        served_at=served_at,
        beside=beside,
        key=key,
        height=height,
        on_change=picked,
    )
    held = Counter(None if pd.isna(place) else int(place) for place in classes.reindex(areas.index).tolist())
    counts = {shade.label: held[place] for place, shade in enumerate(shades)} | {nothing.label: held[None]}
    shown = [*shades, nothing] if counts[nothing.label] else list(shades)
    if not any(counts[shade.label] for shade in shades) and nothing == maps.NOT_SCORED:
        shown = [nothing]  # bands that no ward here could have; a level of findings says "none" by its 0
    if shades:
        st.html(maps.legend(shown, counts, tr(maps.IN_EACH[one])))
    if places is not None:
        st.html(maps.marks_legend(places))
    ways = f"{tr(_CHOOSE[one])} {tr('On a touch screen one finger scrolls the page and two fingers move the map.')}"
    if shapes.points:
        ways += f" {tr(_NO_OUTLINES[one])}"
    st.caption(f"{ways} {note}".strip())
    _picture_buttons(areas, classes, shades, title=title, name=name, nothing=nothing, places=places, one=one, note=note)


def _picture_buttons(areas: gpd.GeoDataFrame, classes: pd.Series[Any], shades: Sequence[maps.Shade], **more: Any) -> None:
    """The map as a picture for a paper, drawn here only when it is asked for."""
    title, name = str(more.pop("title")), str(more.pop("name"))
    councils = list(dict.fromkeys(areas["council_name"])) if "council_name" in areas else []
    where = f", {join_words(councils)}" if 0 < len(councils) <= 3 else ""
    manifest = ui.evidence().manifest
    brought = tr(" with figures that the council brought") if own.here() else ""
    release_words = tr(
        "data release {name} {version} ({edition}){brought}",
        name=manifest.name,
        version=manifest.version,
        edition=manifest.edition,
        brought=brought,
    )
    source = tr("{app}, {release_words}. Drawn on {today}.", app=ui.NAME, release_words=release_words, today=date_words(date.today()))

    spoken = language.current()

    def drawn(kind: str) -> bytes:
        from exclusion import pictures  # needed only once a picture is asked for

        with language.speaking(spoken):  # a picture is drawn later, in the language of the page it was asked on
            made = pictures.draw(areas, classes, shades, title=f"{title}{where}", source=source, **more)
        return made.svg() if kind == "svg" else made.png()

    with st.container(horizontal=True):
        for kind, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
            st.download_button(
                tr("This map as a picture ({kind})", kind=kind.upper()),
                data=partial(drawn, kind),
                file_name=f"{slug(title + where)}.{kind}",
                mime=mime,
                key=f"picture-{name}-{kind}",
                on_click="ignore",
            )
