"""Where every figure comes from, how the answers are made, and what is missing."""

import streamlit as st

from exclusion import ui, views
from exclusion.language import mark, tr
from exclusion.saying import English
from exclusion.ui import fetching

held = ui.page(mark("Sources and method"))
manifest = held.manifest
st.markdown(
    tr(
        "Data release **{name}**, version {version}, built on {built_on}, for wards of {edition}.",
        name=manifest.name,
        version=manifest.version,
        built_on=manifest.built_on,
        edition=manifest.edition,
    )
)
ui.notices(ui.overdue_texts())

fetching.panel(held)

st.header(tr("Sources"), anchor=False)
ui.table(views.sources(held), tr("Every source, with publisher, period and licence"), english=(tr("Publisher"), tr("Licence"), tr("Note")))
st.subheader(tr("Attribution"), anchor=False)
ui.lines([English(line) for line in views.attributions(held)])

st.header(tr("How the answers are made"), anchor=False)
ui.lines([(tr(head), tr(text)) for head, text in views.METHOD])
for title, parts in views.methods():
    ui.table(parts, tr("Parts of the score: {title}", title=title))

st.header(tr("Thresholds"), anchor=False)
st.markdown(
    tr("A count at or above the first number counts as many, at or above the second as very many. A rule looks at the share as well.")
)
with st.expander(tr("Which version this is, and why")):
    st.markdown(views.threshold_words())
ui.table(
    views.threshold_rows(), tr("Thresholds in force"), english=(tr("Why"), tr("Unit")), numbers=(tr("Many from"), tr("Very many from"))
)

st.header(tr("Rules"), anchor=False)
ui.table(views.rule_rows(), tr("What each rule looks at, and its limits"), english=(tr("Why"), tr("Limits")))

st.header(tr("What is missing"), anchor=False)
ui.lines([(English(f"{item['what']}."), English(item["why"])) for item in manifest.missing])

st.header(tr("Using these pages"), anchor=False)
ui.lines(
    [
        tr("Nothing on these pages is fetched from another machine unless you press Fetch above, and nothing you enter leaves this one."),
        tr("The address of a page holds your choices: copy it to share what you see."),
        tr("Every map stands beside a table with the same figures. On the map, arrow keys move between wards and Enter chooses one."),
        tr("The key R runs a page again; that comes with Streamlit and cannot be turned off."),
    ]
)
ui.cannot_tell("census", "income", "availability", "unmeasured", "nations")
