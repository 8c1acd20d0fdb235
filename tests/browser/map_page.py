"""A small page with one map, to try the map by itself: the wards of a file, coloured by a slider."""

import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from exclusion import maps, ui

areas = gpd.read_file(Path(os.environ["KEPT_OPEN_TEST_SHAPES"])).rename(columns={"ward_code": "area_code", "ward_name": "area_name"})
areas = areas.set_index("area_code").sort_values("area_name").to_crs(27700)
if st.toggle("Points only", key="points"):
    areas = areas.set_geometry(areas.geometry.representative_point())
shift = st.slider("Shift", 0, 4, 0, key="shift")
classes = pd.Series([(place + shift) % 5 for place in range(len(areas))], index=areas.index, dtype="Int64")
classes.iloc[0] = pd.NA


def choose(code: str) -> None:
    st.session_state["ward"] = code


st.title("A map")
chosen = st.session_state.get("ward")
ui.draw_map(areas, classes, maps.BANDS, title="Map of the wards", name="try", selected=chosen, on_pick=choose)
st.write("Chosen:", st.session_state.get("ward", "none"))
