"""How likely residents are not to use the internet, by ward, with weights to move."""

from functools import partial

import streamlit as st

from exclusion import explain, maps, ui, views
from exclusion.language import mark, tr
from exclusion.retold import told
from exclusion.saying import figure
from exclusion.views import files

held = ui.page(mark("Risk map"))
st.markdown(
    tr(
        "How likely residents are not to use the internet, whatever the service. Higher means more at risk. A band "
        "never decides what to keep open; for that see Service."
    )
)
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
with right:
    service = ui.choose_service(councils)
weights = ui.choose_weights(held.nations(councils))
a = ui.scored(councils, weights)
ward = ui.choose_ward(a.areas)
classes = views.bands(a)
high = int((classes >= 3).sum())
if a.scores["scored"].any():
    ui.status(
        tr(
            "{high} of {areas} wards are in bands 4 and 5, among the two most affected fifths of their nation's wards.",
            high=high,
            areas=len(a.areas),
        )
    )
else:  # nobody is in band 4 or 5, which must not be read as nobody at risk
    ui.status(
        tr(
            "None of these {areas} wards can be scored. {why} That does not mean no need.",
            areas=len(a.areas),
            why=told(str(a.scores["why_not"].iloc[0])),
        )
    )
    st.markdown(tr("The figures that are held for these wards are on the page Ward, what was found for a service on the page Service."))
ui.draw_map(
    a.areas,
    classes,
    maps.BANDS,
    title=tr("Map of wards: likelihood of not using the internet"),
    name="risk",
    notes=views.people_notes(a),
    selected=ward,
    note=a.method.own,
    on_pick=ui.pick_ward,
)
ui.notices(a.notices)
st.markdown(
    views.weights_words(a.method)
    + (tr(" Each band is a fifth of the wards of the nation under these weights.") if a.method.presets else "")
)
estimated = views.any_estimate(a)
if estimated:
    st.markdown(
        tr("People unlikely to use the internet: aged 16 and over, {people_definition}.", people_definition=ui.people_definition(a))
    )

found = ui.assessed(councils, [service.id])
ui.notices([notice for notice in found.notices if notice not in a.notices])
differ = explain.differences(found, service.id, a.scores)
if ward:
    st.header(a.areas.loc[ward, "area_name"], anchor=False)
    st.markdown(
        tr(
            "Band **{band_label}**. People unlikely to use the internet: **{label}**. {differ}",
            band_label=views.band_label(a, ward),
            label=figure(a.people.loc[ward, "label"]),
            differ=differ[ward],
        )
    )
    ui.table(views.score_drivers(a, ward), tr("What pulls the score of {area_name} up or down", area_name=a.areas.loc[ward, "area_name"]))
    ui.ward_link()

if estimated:
    ui.choose_people_scale()
st.header(tr("The same figures in a table"), anchor=False)
ui.table(
    views.risk_rows(a, differ, views.ward_rows(found, service.id)),
    tr("Wards, by name: band, its parts, people, and what was found for the service"),
)
st.download_button(
    tr("Ward figures at these weights (CSV)"),
    data=partial(files.content, a, "risk-wards.csv"),
    file_name="risk-wards.csv",
    mime="text/csv",
    on_click="ignore",
)
ui.cannot_tell("area", "synthetic", "bands", "availability", "nations")
