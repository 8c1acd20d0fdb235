"""The council's places: where they are, how far people are from them, and what if some closed."""

from functools import partial

import streamlit as st

from exclusion import places, ui
from exclusion.contracts import DataRefused, Problem
from exclusion.language import mark, tr
from exclusion.ui import listing
from exclusion.ui.visit import ask
from exclusion.views import files

held = ui.page(mark("Places"))
st.markdown(
    tr(
        "Where people get help in person, and how far they are from it: half of them, nine in ten, and those far "
        "away; for everyone, for people aged 75 and over, for disabled people and for households without a car. Your "
        "files are kept in this visit only."
    )
)
councils = ui.choose_councils(held)
ui.nation_notices(held, councils)
a = ui.scored(councils, None)
problems: list[Problem] = []
listed = listing.choose_list(a.areas, problems, expanded=True)
if problems:
    ui.show_error(DataRefused(problems))
if listed is None:
    st.info(tr("Give your list of places to see them on the map and to measure distances."))
    st.stop()
names = list(listing.by_name(listed.table))
closing = ask(st.multiselect, tr("What if these closed"), "places_closing", [], options=names)
far = ui.refusing_here(lambda: listing.measured(a, listed, dict.fromkeys((one for one in closing if one in names), places.CLOSES)))
if far is None:
    st.stop()

st.header(tr("The places, and how far people are from them"), anchor=False)
listing.show(a, far, "places")

st.header(tr("Take it away"), anchor=False)
st.download_button(
    tr("Places and distances (zip of CSV)"),
    data=partial(files.tables_zip, far.tables),
    file_name="distances.zip",
    mime="application/zip",
    on_click="ignore",
)
ui.cannot_tell("area", "due_regard")
