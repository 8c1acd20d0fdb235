"""The whole country on one map: councils first, then wards, then the small areas of one ward."""

import streamlit as st

from exclusion import maps, ui
from exclusion.contracts import NATIONS
from exclusion.judgement.score import method_for
from exclusion.language import mark, tr
from exclusion.method import neighbours
from exclusion.ui import country
from exclusion.views import national as shown

held = ui.page(mark("National map"))
st.markdown(
    tr(
        "Every council and ward of the United Kingdom, one nation coloured at a time: bands are cut within a nation, "
        "and bands of two nations must not be set side by side."
    )
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
    ui.notices(
        [
            tr(
                "Wards of {nation} have no score, because the figures for it are not published by ward. That does not mean no need.",
                nation=tr(nation),
            )
        ]
    )

council = country.choose_council(councils)
note = "" if found.outlines else tr(shown.NOT_BOUNDARIES)
if by_ward:
    classes = (found.wards["band"].astype("Int64") - 1).where(found.wards["nation"] == nation)
    high = int((wards["band"] >= 4).sum())
    ui.status(
        tr("{nation}: none of {wards:,} wards can be scored.", nation=tr(nation), wards=len(wards))
        if unscored
        else tr(
            "{nation}: {high:,} of {wards:,} wards are in bands 4 and 5, which by the way bands are cut is about two fifths.",
            nation=tr(nation),
            high=high,
            wards=len(wards),
        )
    )
    ui.draw_map(
        found.wards,
        classes,
        maps.BANDS,
        title=tr("Map of the wards of the United Kingdom, {nation} coloured", nation=tr(nation)),
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
    ui.status(
        tr("{nation}: {councils} councils, each by the share of its own wards in bands 4 and 5.", nation=tr(nation), councils=len(councils))
    )
    ui.draw_map(
        found.councils,
        classes,
        shown.COUNCIL_SHADES,
        title=tr("Map of the councils of the United Kingdom, {nation} coloured", nation=tr(nation)),
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
    st.markdown(tr("{inside} wards. Everything about them stands on the Service and Risk map pages.", inside=len(inside)))
    country.link_to_council(held, council)
    ward = country.choose_ward_of(inside)
    if ward:
        country.small_areas(held, ward)
    alike = neighbours.alike(held, council)
    st.subheader(tr("Councils like {name}", name=name), anchor=False)
    st.markdown(
        tr("Alike in who lives there (the shares below), within the nation. By name: nearness is not a rank.")
        if len(alike)
        else tr(
            "We call no council of {nation} like {name}: none has shares near enough, or we hold too few figures to tell.",
            nation=tr(nation),
            name=name,
        )
    )
    ui.table(
        shown.alike_rows(alike, neighbours.rates(held, nation).loc[council], councils),
        tr("{name} and councils like it", name=name),
    )

st.header(tr("The same in a table"), anchor=False)
if by_ward:
    country.ward_table(shown.ward_rows(wards), tr("Wards of {nation}, by name: council, band and code", nation=tr(nation)))
else:
    ui.table(shown.council_rows(councils), tr("Councils of {nation}, by name: how many wards are in each band", nation=tr(nation)))
ui.cannot_tell("area", "bands", "nations", "no_flag")
