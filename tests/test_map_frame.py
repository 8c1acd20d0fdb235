"""The map that is sent is the one that st_folium would send: what both tell the frame in the browser is held side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import streamlit_folium

from exclusion import maps
from exclusion.language import speaking
from exclusion.ui import map_frame

SHAPES = maps.Shapes("0123456789abcdef.json", ("E05000000", "E05000001"), False)
WHERE = {"title": "Map of wards: </script>", "assets": "../a/", "served_at": "../b/", "beside": ""}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the component is called with."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(streamlit_folium, "_component_func", lambda **named: calls.append(named))
    return calls


def colours(selected: str) -> dict[str, Any]:
    notes = pd.Series({"E05000000": "about 270 to 1,060", "E05000001": "</script><b>"})
    return maps.colours(SHAPES, pd.Series({"E05000000": 1}, dtype="Int64"), maps.BANDS, notes=notes, selected=selected)


@pytest.mark.parametrize("selected", ["", "E05000001"])
def test_the_frame_is_told_what_st_folium_would_tell_it(told: list[dict[str, Any]], selected: str) -> None:
    for _ in range(2):  # the second time from what was kept
        map_frame.show(SHAPES, colours(selected), **WHERE, key="map-x", height=480, on_change=lambda: None)  # type: ignore[arg-type]
    streamlit_folium.st_folium(
        maps.ward_map(SHAPES, **WHERE),  # type: ignore[arg-type]
        key="map-x",
        height=480,
        use_container_width=True,
        returned_objects=["last_active_drawing"],
        feature_group_to_add=maps.layer(colours(selected)),
        on_change=lambda: None,
    )
    first, again, theirs = ({name: value for name, value in one.items() if name not in ("on_change", "id")} for one in told)
    assert first == again == theirs


def test_other_shapes_and_another_title_are_another_frame(told: list[dict[str, Any]]) -> None:
    other = maps.Shapes("fedcba9876543210.json", SHAPES.codes, False)
    for shapes, title in ((SHAPES, "Map"), (other, "Map"), (SHAPES, "Map of another service")):
        map_frame.show(shapes, colours(""), **WHERE | {"title": title}, key="map-x", height=480, on_change=lambda: None)  # type: ignore[arg-type]
    assert len({one["script"] for one in told}) == 3
    assert len({one["feature_group"] for one in told}) == 1


def test_a_pick_is_found_under_the_key_of_the_map(told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(map_frame.st, "session_state", state)
    seen: list[Any] = []
    map_frame.show(SHAPES, colours(""), **WHERE, key="map-x", height=480, on_change=lambda: seen.append(state["map-x"]))  # type: ignore[arg-type]
    state[told[0]["key"]] = {"last_active_drawing": {"properties": {"code": "E05000001"}}}
    told[0]["on_change"]()
    assert seen == [{"last_active_drawing": {"properties": {"code": "E05000001"}}}]


def test_a_map_drawn_in_one_language_is_not_handed_out_in_another(told: list[dict[str, Any]]):
    for language in ("cy", "en"):
        with speaking(language):
            map_frame.show(SHAPES, {}, **WHERE, key="map", height=480, on_change=lambda: None)
    welsh, english = (one["script"] for one in told)
    assert "Mae bysellau saeth yn symud" in welsh and "Arrow keys" not in welsh
    assert "Arrow keys move between wards" in english
