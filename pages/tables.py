"""The tables, and the reverse question: which services could move first here."""

import streamlit as st

from exclusion import maps, ui, views
from exclusion.language import mark, tr
from exclusion.ui import planner

held = ui.page(mark("Tables"))
councils = ui.choose_councils(held)
a = ui.assessed(councils, None)
ui.notices(a.notices)

st.header(tr("Which services could move first here"), anchor=False)
first = views.could_move_first(a)
clear = int((first[tr("In words")] == tr(views.FIRST)).sum())
ui.status(
    tr(
        "{clear} of {first} services have nothing to add to their minimum in the {areas} chosen wards, in the rules checked.",
        clear=clear,
        first=len(first),
        areas=len(a.areas),
    )
)
st.markdown(
    tr(
        "Those say “{words}” in the last column; each still keeps its minimum, and for some that minimum is already "
        "wide. All services are listed by name. The columns are numbers of wards.",
        words=tr(views.FIRST),
    )
)
ui.table(first, tr("Services, and in how many of the chosen wards something was found"), numbers=tuple(first.columns[2:-1]))

st.header(tr("Every service in every ward"), anchor=False)
st.html(maps.legend([*maps.LEVELS, maps.NOT_ASSESSED]))
ui.grid(views.grid(a), tr("Services down, wards across: the level of what was found"))

st.header(tr("The figures behind it, column by column"), anchor=False)
planner.panel(a)

st.header(tr("Take the tables away"), anchor=False)
ui.take_away(a, "all-services")
ui.cannot_tell("no_flag", "profile", "together")
