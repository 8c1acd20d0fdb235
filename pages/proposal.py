"""A proposal: what it would do to each finding, and what else it touches."""

from functools import partial

import streamlit as st

from exclusion import alongside, ui
from exclusion.contracts import Problem
from exclusion.language import mark, tr
from exclusion.ui import answering, costs_form, listing, proposal_form, taking, ward_map
from exclusion.ui.beside import lay_beside
from exclusion.views import answers as answers_shown
from exclusion.views import files
from exclusion.views import proposal as shown

held = ui.page(mark("Proposal"))
st.markdown(
    tr(
        "What a proposal would do to each way in we found a reason to keep, and what else it touches. The proposal "
        "you enter is kept in this visit only: it is not in the address of the page, and it is sent nowhere."
    )
)
councils = ui.choose_councils(held)
told = ui.nation_notices(held, councils)
st.header(tr("The proposal"), anchor=False)
here = held.areas[held.areas["council_code"].isin(councils)]
taking.offer(list(here["council_name"].unique()), list(here["nation"].unique()))
problems: list[Problem] = []
local = proposal_form.own_judgement(problems)
ui.choose_people_scale()
listed = listing.choose_list(held.areas[held.areas["council_code"].isin(councils)], problems)
proposals = proposal_form.gather(held, councils, local, listed, problems)
asked = proposals  # as they were given, to be taken away
considered = proposal_form.consider(held, proposals)
if listed is not None:
    considered = listing.used_by(considered, listed)
    proposals = list(considered.proposals)
proposal_form.keep(proposals, considered)
a = considered.assessment
services = {service.id: service for service in a.services}

st.header(tr("What it would do"), anchor=False)
for one in proposals:
    st.subheader(ui.plain(one.title), anchor=False)
    ui.lines([*shown.changes(considered, one), *shown.officer(one)])
ui.notices([notice for notice in considered.notices if notice not in told])

choices = shown.shown_services(considered)
if choices:
    if len(choices) > 1:
        service_id = st.selectbox(tr("Service to show ward by ward"), choices, format_func=lambda one: tr(services[one].service_name))
    else:
        service_id = choices[0]
    name = tr(services[service_id].service_name)
    st.subheader(tr("The minimum everywhere: {name}", name=name), anchor=False)
    ui.lines(shown.minimum(considered, service_id))
    st.subheader(tr("Ward by ward: {name}", name=name), anchor=False)
    classes = shown.firmest(considered, service_id)
    ui.table(shown.counts_by_effect(considered, service_id), tr("Ways in to keep by how firm that is, and what the proposal does to them"))

    def in_full(ward: str) -> None:
        st.markdown(f"**{a.areas.loc[ward, 'area_name']}**")
        ui.lines(shown.ward_lines(considered, service_id, ward))
        ui.ward_link()

    ward_map.found_by_ward(
        a,
        classes,
        shown.SHADES,
        about=name,
        title=tr("Map of wards: what the proposal does, {name}", name=name),
        name="proposal",
        panel=in_full,
        note=tr(shown.NOTE),
    )
    ui.table(shown.effect_rows(considered, service_id), tr("{name}: what the proposal does, by ward", name=name))
    with st.expander(tr("What would tip a finding")):
        close, steady = shown.tip_rows(considered, service_id)
        if len(close):
            ui.table(close, tr("Findings that one small change in a figure would alter"))
        st.markdown(steady or tr("Nothing was found beyond the minimum, so there is nothing to tip."))

if len(considered.options):
    st.header(tr("Options side by side"), anchor=False)
    st.markdown(tr("The order is that of our list. We do not rank options; that is for the council to weigh."))
    ui.table(shown.option_rows(considered), tr("What each option would do to what was found"))

    st.header(tr("Contacts to expect"), anchor=False)
    st.markdown(
        tr("Some of those whose way in closes will not go online. The ways in that stay may have to carry this many contacts a year.")
    )
    whole, wards = shown.demand_rows(considered), shown.demand_rows(considered, by_ward=True)
    if len(whole):
        ui.table(whole, tr("Contacts a year by way in that stays, for the whole council, as a range"))
    if len(wards):
        ui.table(wards, tr("The same by ward, where contacts by ward were given"))

if any(one.place for one in proposals):
    st.header(tr("What leans on a place that changes"), anchor=False)
    if len(considered.dependents):
        ui.table(shown.dependent_rows(considered), tr("Every service with a way in given there, whether or not a proposal names it"))
    else:
        st.markdown(tr("No service we hold a profile of has a way in given there."))

st.header(tr("Changes that fall on the same people"), anchor=False)
if len(considered.cumulative):
    ui.table(shown.cumulative_rows(considered), tr("Several services with firm findings that move within 24 months, by the group affected"))
else:
    st.markdown(
        tr(
            "Fewer than three services with firm findings move within 24 months here. Upload every proposal that is live "
            "at once to be sure."
        )
    )

tables = {}
if listed is not None:
    st.header(tr("The places, and how far people are from them"), anchor=False)
    far = ui.refusing_here(lambda: listing.measured(a, listed, alongside.changes(proposals)))
    if far is not None:
        listing.show(a, far, "places")
        tables = {**far.tables, **listing.again(a, far)}

st.header(tr("Your own routes and costs"), anchor=False)
beside = lay_beside(considered)
ui.notices(beside.notices)
for title, lines in beside.said.items():
    st.subheader(title, anchor=False)
    ui.lines(lines)
costs_form.show_sums(beside.sums)

st.header(tr("What officers answer"), anchor=False)
st.markdown(
    tr(
        "Each finding of the proposal asks for an answer with a name, and a reason when it is not taken up. What "
        "nobody has answered stands first."
    )
)
answers = answering.answer_visit(considered)
ui.page_link("pages/equality.py", tr("Go on to the equality review, which takes these answers up"))

st.header(tr("Take it away"), anchor=False)
st.markdown(tr("What you download is yours. The proposal holds your own words and contacts; decide yourself whether to publish it."))
columns = st.columns(2)
for number, one in enumerate(asked, start=1):
    label = tr("The proposal (TOML)") if len(asked) == 1 else tr("Proposal {number} (TOML)", number=number)
    columns[0].download_button(label, files.proposal_text(one), f"proposal-{number}.toml", "text/plain", on_click="ignore", width="stretch")
columns[1].download_button(
    tr("The tables (zip of CSV)"),
    data=partial(files.proposal_tables, considered, {**beside.tables, **tables, **answers_shown.as_file(considered, answers)}),
    file_name="proposal-tables.zip",
    mime="application/zip",
    on_click="ignore",
    width="stretch",
)
if beside.sums:
    columns[1].download_button(
        tr("The sum behind the saving (Excel)"),
        data=partial(files.savings, beside.sums),
        file_name="savings.xlsx",
        mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        on_click="ignore",
        width="stretch",
    )
ui.cannot_tell("area", "no_flag", "low_use", "profile", "due_regard")
