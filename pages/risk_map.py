"""How likely residents are not to use the internet, by ward, with weights to move."""

from functools import partial

import streamlit as st

from exclusion import explain, maps, ui, views
from exclusion.views import files

held = ui.page("Risk map")
st.markdown(
    "How likely residents are not to use the internet, whatever the service. Higher means more at risk. "
    "A band never decides what to keep open; for that see Service."
)
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
with right:
    service = ui.choose_service(councils)
weights = ui.choose_weights(tuple(held.areas.loc[held.areas["council_code"].isin(councils), "nation"].unique()))
a = ui.scored(councils, weights)
ward = ui.choose_ward(a.areas)
classes = views.bands(a)
high = int((classes >= 3).sum())
if a.scores["scored"].any():
    ui.status(f"{high} of {len(a.areas)} wards are in bands 4 and 5, among the two most affected fifths of their nation's wards.")
else:  # nobody is in band 4 or 5, which must not be read as nobody at risk
    ui.status(f"None of these {len(a.areas)} wards can be scored. {a.scores['why_not'].iloc[0]} That does not mean no need.")
ui.draw_map(
    a.areas,
    classes,
    maps.BANDS,
    title="Map of wards: likelihood of not using the internet",
    name="risk",
    notes=a.people["label"] + " people unlikely to use the internet",
    selected=ward,
    note=a.method.own,
    on_pick=ui.pick_ward,
)
ui.notices(a.notices)
st.markdown(a.method.words + (" Each band is a fifth of the wards of the nation under these weights." if a.method.presets else ""))
st.markdown(f"People unlikely to use the internet: aged 16 and over, {ui.people_definition(a)}.")

found = ui.assessed(councils, [service.id])
ui.notices([notice for notice in found.notices if notice not in a.notices])
differ = explain.differences(found, service.id, a.scores)
if ward:
    st.header(a.areas.loc[ward, "area_name"], anchor=False)
    st.markdown(
        f"Band **{views.band_label(a, ward)}**. People unlikely to use the internet: **{a.people.loc[ward, 'label']}**. {differ[ward]}"
    )
    ui.table(views.score_drivers(a, ward), f"What pulls the score of {a.areas.loc[ward, 'area_name']} up or down")
    ui.ward_link()

ui.choose_people_scale()
st.header("The same figures in a table", anchor=False)
ui.table(
    views.risk_rows(a, differ, views.ward_rows(found, service.id)),
    "Wards, by name: band, its parts, people, and what was found for the service",
)
st.download_button(
    "Ward figures at these weights (CSV)",
    data=partial(files.content, a, "risk-wards.csv"),
    file_name="risk-wards.csv",
    mime="text/csv",
    on_click="ignore",
)
ui.cannot_tell("area", "synthetic", "bands", "availability", "nations")
