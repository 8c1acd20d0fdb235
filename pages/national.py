"""The whole country on one map: councils first, then wards, then the small areas of one ward."""

import streamlit as st

from exclusion import maps, ui
from exclusion.contracts import NATIONS
from exclusion.judgement.score import method_for
from exclusion.method import neighbours
from exclusion.ui import country
from exclusion.views import national as shown

held = ui.page("National map")
st.markdown(
    "Every council and ward of the United Kingdom, one nation coloured at a time: bands are cut within a nation, and bands of two "
    "nations must not be set side by side."
)
found = country.held(held)
left, right = st.columns(2)
with left:
    nation = country.choose_nation(list(NATIONS))
with right:
    by_ward = country.choose_level()
councils = found.councils[found.councils["nation"] == nation]
wards = found.wards[found.wards["nation"] == nation]
unscored = method_for(nation) is None
if unscored:
    ui.notices([f"Wards of {nation} have no score, because the figures for it are not published by ward. That does not mean no need."])

council = country.choose_council(councils)
note = "" if found.outlines else shown.NOT_BOUNDARIES
if by_ward:
    classes = (found.wards["band"].astype("Int64") - 1).where(found.wards["nation"] == nation)
    high = int((wards["band"] >= 4).sum())
    ui.status(
        f"{nation}: none of {len(wards):,} wards can be scored."
        if unscored
        else f"{nation}: {high:,} of {len(wards):,} wards are in bands 4 and 5, which by the way bands are cut is about two fifths."
    )
    ui.draw_map(
        found.wards,
        classes,
        maps.BANDS,
        title=f"Map of the wards of the United Kingdom, {nation} coloured",
        name="uk-wards",
        nothing=shown.ELSEWHERE,
        focus=wards.index if council is None else wards.index[wards["council_code"] == council],
        selected=country.ward_here(found.wards),
        height=620,
        note=note,
        on_pick=country.picked_ward(found.wards),
    )
else:
    classes = found.councils["place"].where(found.councils["nation"] == nation)
    ui.status(f"{nation}: {len(councils)} councils, each by the share of its own wards in bands 4 and 5.")
    ui.draw_map(
        found.councils,
        classes,
        shown.COUNCIL_SHADES,
        title=f"Map of the councils of the United Kingdom, {nation} coloured",
        name="uk-councils",
        nothing=shown.ELSEWHERE,
        focus=councils.index,
        selected=council,
        height=620,
        note=note,
        one="council",
        on_pick=country.pick_council,
    )
if council:
    name = str(councils.loc[council, "area_name"])
    st.header(name, anchor=False)
    inside = wards[wards["council_code"] == council]
    st.markdown(f"{len(inside)} wards. Everything about them stands on the Service and Risk map pages.")
    country.link_to_council(held, council)
    ward = country.choose_ward_of(inside)
    if ward:
        country.small_areas(held, ward)
    alike = neighbours.alike(held, council)
    st.subheader(f"Councils like {name}", anchor=False)
    st.markdown(
        "Alike in who lives there (the shares below), within the nation. By name: nearness is not a rank."
        if len(alike)
        else f"We call no council of {nation} like {name}: none has shares near enough on the figures we hold."
    )
    ui.table(
        shown.alike_rows(alike, neighbours.rates(held, nation).loc[council], councils),
        f"{name} and councils like it",
    )

st.header("The same in a table", anchor=False)
if by_ward:
    country.ward_table(shown.ward_rows(wards), f"Wards of {nation}, by name: council, band and code")
else:
    ui.table(shown.council_rows(councils), f"Councils of {nation}, by name: how many wards are in each band")
ui.cannot_tell("area", "bands", "nations", "no_flag")
