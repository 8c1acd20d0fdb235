"""Streamlit helpers: what every page of the app shares."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st
from streamlit.components import v1 as components
from streamlit_folium import st_folium

from exclusion import maps

# --------------------------------------------------------------------------- the map

# Two folders the server hands out: ours (Leaflet and our script) and one for shapes, made fresh
# for each process, because the installed package may be read-only.
_SHAPES = tempfile.TemporaryDirectory(prefix="kept-open-shapes-")
_assets = components.declare_component("assets", path=str(maps.STATIC))
_shapes = components.declare_component("shapes", path=_SHAPES.name)
# Relative to the map's own frame, so they survive a base path and a proxy in front.
_ASSETS_AT = f"../{_assets.name}/"
_SHAPES_AT = f"../{_shapes.name}/"


@st.cache_resource(max_entries=64, show_spinner=False)
def _published(key: Hashable, _areas: gpd.GeoDataFrame) -> maps.Shapes:
    return maps.publish(_areas, Path(_SHAPES.name))


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
    height: int = 480,
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Draw the wards, the legend with the number of wards in each class, and how to move the map.

    Parameters
    ----------
    areas
        Wards indexed by ``area_code``, EPSG:27700: polygons, or points where no outlines are held.
    classes, shades, nothing, notes, selected
        As for :func:`exclusion.maps.paint`.
    title
        What a screen reader calls the map.
    name
        A short name for this map, unique on its page.
    on_pick
        Called with the code of the ward that was clicked, tapped or entered, before the page runs again.
    """
    shapes = _published((name, tuple(areas.index), hash(areas.geometry.iloc[0].wkb) if len(areas) else 0), areas)
    key = f"map-{name}-{shapes.file[:12]}"

    def picked() -> None:
        feature = (st.session_state.get(key) or {}).get("last_active_drawing") or {}
        code = feature.get("properties", {}).get("code")
        if on_pick is not None and code in areas.index:
            on_pick(code)

    st_folium(
        maps.ward_map(shapes, title=title, assets=_ASSETS_AT, served_at=_SHAPES_AT),
        key=key,
        height=height,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=maps.paint(shapes, classes, shades, nothing=nothing, notes=notes, selected=selected),
        on_change=picked,
    )
    held = classes.reindex(areas.index)
    counts = {shade.label: int((held == place).sum()) for place, shade in enumerate(shades)}
    counts[nothing.label] = int(held.isna().sum())
    shown = [*shades, nothing] if counts[nothing.label] else list(shades)
    st.html(maps.legend(shown, counts, "Number of wards in each"))
    ways = "Click or tap a ward to choose it. On a touch screen one finger scrolls the page and two fingers move the map."
    if shapes.points:
        ways += " We hold no outlines for some of these wards, so a point marks the middle of each."
    st.caption(ways)
