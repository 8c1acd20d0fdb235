"""For a first visit: what this is, a worked example for each bundled council, and what the words mean."""

import streamlit as st

from exclusion import ui
from exclusion.language import mark, tr
from exclusion.views import guide

held = ui.page(mark("Guide"))
ui.lines([tr(sentence) for sentence in guide.FIVE])

councils = held.councils()
mapped = councils[councils["mapped"]].head(3)
st.header(tr("A worked example") if len(mapped) == 1 else tr("Worked examples"), anchor=False)
st.markdown(tr("Read from the figures in force today, the way the Service page shows them."))
for council in mapped.itertuples():
    a = ui.assessed([str(council.council_code)], [ui.FIRST_SERVICE])
    st.subheader(f"{council.council_name}: {tr(a.services[0].service_name)}", anchor=False)
    ui.lines(guide.worked_example(a))

st.header(tr("The words on these pages"), anchor=False)
ui.table(guide.glossary(), tr("Each word has one meaning here"))
ui.cannot_tell("area", "two_facts", "no_flag", "bands", "nations", "due_regard")
