"""Where every figure comes from, how the answers are made, and what is missing."""

import streamlit as st

from exclusion import ui, views
from exclusion.ui import fetching

held = ui.page("Sources and method")
manifest = held.manifest
st.markdown(f"Data release **{manifest.name}**, version {manifest.version}, built on {manifest.built_on}, for wards of {manifest.edition}.")
ui.notices(ui.overdue_texts())

fetching.panel(held)

st.header("Sources", anchor=False)
ui.table(views.sources(held), "Every source, with publisher, period and licence")
st.subheader("Attribution", anchor=False)
ui.lines(views.attributions(held))

st.header("How the answers are made", anchor=False)
ui.lines(views.METHOD)
for title, parts in views.methods():
    ui.table(parts, f"Parts of the score: {title}")

st.header("Thresholds", anchor=False)
st.markdown("A count at or above the first number counts as many, at or above the second as very many. A rule looks at the share as well.")
with st.expander("Which version this is, and why"):
    st.markdown(views.threshold_words())
ui.table(views.threshold_rows(), "Thresholds in force", numbers=("Many from", "Very many from"))

st.header("Rules", anchor=False)
ui.table(views.rule_rows(), "What each rule looks at, and its limits")

st.header("What is missing", anchor=False)
ui.lines([(f"{item['what']}.", item["why"]) for item in manifest.missing])

st.header("Using these pages", anchor=False)
ui.lines(
    [
        "Nothing on these pages is fetched from another machine unless you press Fetch above, and nothing you enter leaves this one.",
        "The address of a page holds your choices: copy it to share what you see.",
        "Every map stands beside a table with the same figures. On the map, arrow keys move between wards and Enter chooses one.",
        "The key R runs a page again; that comes with Streamlit and cannot be turned off.",
    ]
)
ui.cannot_tell("census", "income", "availability", "unmeasured", "nations")
