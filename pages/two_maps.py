"""Two maps of the same wards side by side, moving together."""

import streamlit as st

from exclusion import places, ui
from exclusion.contracts import DataRefused, Problem
from exclusion.language import mark, tr
from exclusion.ui import earlier, listing
from exclusion.views import places as places_shown
from exclusion.views import side

held = ui.page(mark("Two maps"))
st.markdown(tr("Two facts about the same wards, next to each other. They may not be about the same people."))
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
with right:
    service = ui.choose_service(councils)
a = ui.assessed(councils, [service.id])
scores = ui.scored(councils, None)
ui.notices(a.notices)
problems: list[Problem] = []
compared = earlier.choose(held, councils, problems)
listed = listing.choose_list(a.areas, problems, distances=False)
if problems:
    ui.show_error(DataRefused(problems))
changes = compared[0] if compared else None
marks = None if listed is None else places_shown.place_marks(places.for_map(listing.as_closed(listed)))
names = side.choices(a, changes)
ward = ui.choose_ward(a.areas)
pair = []
for label, place, column, first in (
    (tr("The left map shows"), "left", left, side.BAND),
    (tr("The right map shows"), "right", right, side.FOUND),
):
    with column:
        key = ui.choose_layer(label, f"map_{place}", names, first)
    pair.append(side.layer(a, scores, key, changes))
titles = (tr("Map on the left: {words}", words=pair[0].words), tr("Map on the right: {words}", words=pair[1].words))
for place, title, column, one in zip(("left", "right"), titles, st.columns(2), pair, strict=True):
    with column:
        st.markdown(f"**{one.words}**")
        ui.draw_map(
            a.areas,
            one.classes,
            one.shades,
            title=title,
            name=f"side-{place}",
            nothing=one.nothing,
            selected=ward,
            places=marks,
            beside="two-maps",
            note=one.note,
            on_pick=ui.pick_ward,
        )
if ward:
    spot = a.areas.index.get_loc(ward)
    ui.status(
        tr(
            "{area_name}: on the left {left}, on the right {right}.",
            area_name=a.areas.loc[ward, "area_name"],
            left=pair[0].labels()[spot],
            right=pair[1].labels()[spot],
        )
    )
    ui.ward_link()
else:
    ui.status(tr("{areas} wards. Choose one to read both maps for it.", areas=len(a.areas)))
st.header(tr("Both in a table"), anchor=False)
ui.table(side.rows(a, (pair[0], pair[1])), tr("Wards, by name: what each map shows"))
if listed is not None:
    ui.table(side.place_rows(a.areas, places.for_map(listing.as_closed(listed))), tr("The places on both maps"))
if compared:
    st.header(tr("What changed between the two releases"), anchor=False)
    ui.lines(compared[1].sentences())
ui.cannot_tell("area", "two_facts", "bands", "no_flag", *(["moved"] if compared else []))
