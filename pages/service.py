"""One service, ward by ward: what to keep open, where and why."""

import streamlit as st

from exclusion import explain, maps, ui, views
from exclusion.language import mark, tr
from exclusion.retold import told
from exclusion.ui import ward_map

held = ui.page(mark("Service"))
st.markdown(tr("Which other ways in must stay open if this service moves online, in which wards, and why."))
ui.welcome()
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
with right:
    service = ui.choose_service(councils)
a = ui.assessed(councils, [service.id])
name = tr(service.service_name)
ui.notices(a.notices)
st.markdown(
    tr(
        "**Who uses it:** {main_users}. **What it asks of them:** {transaction}.",
        main_users=tr(service.main_users),
        transaction=tr(service.transaction),
    )
)

st.header(tr("The minimum everywhere"), anchor=False)
st.markdown(tr("Whatever the ward figures say, these stay:"))
ui.lines([(f"{way}.", short) for way, short, _ in views.floor(a, service.id)])
with st.expander(tr("Why, and in what law")):
    ui.lines([(f"{way}.", reason) for way, _, reason in views.floor(a, service.id)])

general = views.across(a, service.id)
if general:
    st.header(tr("Keep across the council"), anchor=False)
    st.markdown(tr("These hold in three quarters of the wards or more, so they are said once:"))
    ui.lines(general)

st.header(tr("Ward by ward"), anchor=False)
added = bool(general) and ui.choose_added()
shades = views.ON_TOP if added else maps.LEVELS
classes = views.levels(a, service.id, added)
ward_map.found_by_ward(
    a,
    classes,
    shades,
    about=name,
    title=tr("Map of wards: {service}", service=name),
    name="service",
    panel=lambda ward: ui.ward_panel(a, service, ward),
)

st.header(tr("The wards in a table"), anchor=False)
own = ui.bring_own_counts(a.areas)
if unchecked := views.rule_names(views.never_checked(a, service.id)):
    nowhere = " ".join(told(text) for text in views.published_nowhere(views.never_checked(a, service.id)))
    st.markdown(
        tr(
            "Not checked in any of these wards, because we hold no ward figures: {unchecked}. {nowhere} Not checked does not mean no need.",
            unchecked=unchecked,
            nowhere=nowhere,
        )
    )
ui.table(
    views.ward_rows(a, service.id, own, explain.differences(a, service.id)),
    tr("{service}: what to keep open, by ward", service=name),
)
with st.expander(tr("The same as a grid: each way in, ward by ward")):
    ui.ways_grid(a, service)
ui.take_away(a, service.id)
ui.cannot_tell("area", "two_facts", "no_flag", "low_use", "profile", "due_regard")
