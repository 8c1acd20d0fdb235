"""A map in its frame, sent as ``st_folium`` would send it, without making it anew at every run.

A folium map is rendered from a dozen templates that are compiled each time: a sixth of what a click cost the server. All of
it but the colours, the shapes and the title is the same for every map, so streamlit-folium's own functions make it once;
those are put into the text that they make. ``tests/test_map_frame.py`` holds the two side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

import streamlit as st
import streamlit_folium

from exclusion import maps
from exclusion.language import current

_RETURNED = ["last_active_drawing"]
_PAYLOAD, _URL, _TITLE = "__colours__", "__url__", "__title__"


def show(
    shapes: maps.Shapes,
    colours: Mapping[str, Any],
    *,
    title: str,
    assets: str,
    served_at: str,
    beside: str,
    key: str,
    height: int,
    on_change: Callable[[], None],
) -> None:
    """Show a map under ``key``, where ``st.session_state`` then holds what was picked on it.

    Parameters
    ----------
    shapes, title, assets, served_at, beside
        As for :func:`exclusion.maps.ward_map`.
    colours
        What :func:`exclusion.maps.colours` gives.
    """
    fixed = _fixed(current(), len(shapes.codes) > maps.SVG_MOST, assets, beside)
    script = fixed["script"].replace(maps.for_script(_URL), maps.for_script(served_at + shapes.file))
    script = script.replace(maps.for_script(_TITLE), maps.for_script(title))
    name = streamlit_folium.generate_js_hash(script, key, False)

    def changed() -> None:
        st.session_state[key] = st.session_state.get(name, {})
        on_change()

    layer = _layer().replace(_PAYLOAD, maps.for_script(colours))
    streamlit_folium._component_func(**fixed | {"script": script}, key=name, height=height, feature_group=layer, on_change=changed)


@lru_cache(maxsize=16)
def _fixed(language: str, canvas: bool, assets: str, beside: str) -> dict[str, Any]:
    """What the frame of every map is told in a language, with :data:`_URL` and :data:`_TITLE` where they belong.

    It is shared, so never to be written to.
    """
    shapes = maps.Shapes(_URL, ("",) * (maps.SVG_MOST + 1 if canvas else 1), False)
    drawn: Any = maps.ward_map(shapes, title=_TITLE, assets=assets, served_at="", beside=beside)
    drawn.get_root().render()
    drawn.render()
    header, html = streamlit_folium._get_header(drawn), streamlit_folium._get_html(drawn)
    return {
        "script": streamlit_folium._get_map_string(drawn),
        "header": header,
        "html": html,
        "id": streamlit_folium.get_full_id(drawn),
        "width": None,
        "returned_objects": _RETURNED,
        "default": dict.fromkeys(_RETURNED),
        "zoom": None,
        "center": None,
        "return_on_hover": False,
        "layer_control": None,
        "pixelated": False,
        "css_links": [href for _, href in drawn.default_css],
        "js_links": [src for _, src in drawn.default_js],
        "wrap_longitude": False,
    }


@cache
def _layer() -> str:
    """The text of a layer of colours, with :data:`_PAYLOAD` where they belong."""
    empty = maps.Shapes("none.json", (), False)
    drawn: Any = maps.ward_map(empty, title="", assets="", served_at="")
    drawn.render()
    layer: Any = maps.layer({})
    next(iter(layer._children.values())).payload = _PAYLOAD
    text: str = streamlit_folium._get_feature_group_string(layer, map=drawn)
    return text
