"""The form by which a council brings its own figures or areas into a visit: look first, then use."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from exclusion import ui, words
from exclusion.building import regroup
from exclusion.contracts import ExclusionError
from exclusion.judgement.score import measures
from exclusion.language import mark, tr
from exclusion.own import areas, figures, laying
from exclusion.own.laying import INDICATOR, Use
from exclusion.release import Evidence
from exclusion.saying import join_words
from exclusion.ui import own, visit
from exclusion.ui.own import AREAS, FIGURES, Held
from exclusion.words import capital

NOT_USED, RESIDENTS = mark("Not used"), mark("Residents")
STAND_INS = ("lone66", "far_help", "no_car", "carers", "poor_english", "older_income_dep", "income_dep", "disabled_lot")
"""Counts that rules read and a council may know better."""


def form(release: Evidence, councils: Sequence[str]) -> None:
    """The whole page below the choice of council."""
    found = own.held()
    if found:
        st.success(tr("In use in this visit: {files}.", files=join_words(list(found.what.values()))))
        ui.lines(list(found.said))
        st.button(tr("Take it all away again"), on_click=own.forget, key="own_take_away")
    _figures(release, councils, found)
    _areas(release, councils, found)


def _instead(found: Held | None, other: str) -> tuple[str, ...]:
    """What is taken away when this is used: a visit holds figures or areas, not both."""
    if found is None or other not in found.what:
        return ()
    both = tr("To use both at once give --own-figures with --areas on the command line.")
    return (
        tr("{file} is taken away by this: a visit holds your figures or your areas, not both. {both}", file=found.what[other], both=both),
    )


def _figures(release: Evidence, councils: Sequence[str], found: Held | None) -> None:
    st.header(tr("Your own figures by ward"), anchor=False)
    st.markdown(
        tr(
            "Contacts by channel, take-up, client counts, a survey: CSV, Excel or GeoPackage with **one row for each "
            "ward or small area**, by code or name. Never a row for each person or case: to turn a case export into "
            "counts, run `exclusion count` on your own machine."
        )
    )
    brought = st.file_uploader(tr("Your figures"), type=["csv", "txt", "xlsx", "gpkg"], key="own_figures_file", max_upload_size=60)
    if brought is None:
        return
    try:
        given = (brought.name, brought.getvalue())
        seen = visit.once("own_look", visit.print_of([given]), lambda: figures.look(given[1], given[0]))
        ui.table(_preview(seen), tr("What each column is taken for"))
        headings = [column.heading for column in seen.columns]
        left, right = st.columns(2)
        code = left.selectbox(tr("Column of codes"), headings, index=_place(seen, "code"), key="own_code", placeholder=tr("None"))
        name = right.selectbox(tr("Column of names"), headings, index=_place(seen, "name"), key="own_name", placeholder=tr("None"))
        read = figures.read(seen, release, councils, code=code, name=name)
    except ExclusionError as error:
        ui.show_error(error)
        return
    ui.table(_shown(read, release), tr("Your figures by ward, as they would be used"))
    ui.lines(list(read.notes))
    uses = _uses(read)
    period = st.text_input(tr("The period they describe"), key="own_period", placeholder="2025-26", max_chars=60)
    ui.lines(list(_instead(found, AREAS)))
    if st.button(tr("Use these in this visit"), key="own_use", type="primary", disabled=not uses):
        if not period.strip():
            st.error(tr("Say which period they describe, such as 2025-26: it is printed beside them."))
            return
        try:
            _use(release, councils, read, uses, period, found)
        except ExclusionError as error:
            ui.show_error(error)
            return
        st.rerun()


def _place(seen: figures.Look, kind: str) -> int | None:
    return next((place for place, column in enumerate(seen.columns) if column.kind == kind), None)


def _preview(seen: figures.Look) -> pd.DataFrame:
    table = seen.table().rename(
        columns={"column": tr("Column"), "taken_for": tr("Taken for"), "filled": tr("Filled cells"), "first": tr("The first")}
    )
    return table.astype(str)


def _shown(read: figures.Figures, release: Evidence) -> pd.DataFrame:
    table = pd.DataFrame({tr("Ward"): release.areas.loc[read.table.index, "area_name"]})
    for heading in read.table.columns:
        share = heading in read.shares
        table[heading] = [
            tr("not known") if number != number else f"{number:.1%}" if share else f"{number:,.0f}" for number in read.table[heading]
        ]
    return table.reset_index(drop=True)


def _uses(read: figures.Figures) -> list[Use]:
    st.markdown(
        tr(
            "**What is each column for?** In place of a published figure, rules read it and findings say that it is "
            "yours. As an indicator it enters a score only through a method file of yours that names it."
        )
    )
    known = measures()
    uses = []
    for number, heading in enumerate(read.table.columns):
        ways = {NOT_USED: tr(NOT_USED)}
        if heading not in read.shares:
            ways |= {name: tr("In place of: {label}", label=tr(known[name].label)) for name in STAND_INS if name in known}
        ways[INDICATOR] = tr("Indicator {measure} for a method file", measure=Use(heading, INDICATOR).measure)
        way = st.selectbox(heading, list(ways), format_func=ways.__getitem__, key=f"own_way_{number}")
        if way == NOT_USED:
            continue
        of = ""
        others = [other for other in read.table.columns if other != heading]
        if way == INDICATOR and heading not in read.shares and others:
            part = st.selectbox(tr("{heading}: out of", heading=heading), [RESIDENTS, *others], format_func=tr, key=f"own_of_{number}")
            of = "" if part == RESIDENTS else part
        uses.append(Use(heading, way, of))
    return uses


def _use(release: Evidence, councils: Sequence[str], read: figures.Figures, uses: Sequence[Use], period: str, found: Held | None) -> None:
    owner = words.join_words(list(release.areas.loc[release.areas["council_code"].isin(councils), "council_name"].unique()))
    laid = laying.lay(release, read, uses, period=period, owner=owner)
    own.hold(Held(laid, tuple(councils), {FIGURES: read.where}, tuple(laying.said(release, read, uses, owner))))


def _areas(release: Evidence, councils: Sequence[str], found: Held | None) -> None:
    st.header(tr("Your own areas"), anchor=False)
    st.markdown(
        tr(
            "County divisions, new wards, parishes, networks of practices: a lookup of small areas or wards (CSV or "
            "Excel), or outlines (GeoJSON, GeoPackage, a zipped shapefile). They get the same figures, findings and maps "
            "as wards. Areas made of whole wards are exact; to divide a ward by where its people live, use `--areas` "
            "with `--postcodes` on the command line."
        )
    )
    nations = set(release.areas.loc[release.areas["council_code"].isin(councils), "nation"])
    electoral = nations == {"Northern Ireland"} and st.checkbox(
        tr("Use the district electoral areas of 2014, of which your wards are parts; no file is needed"), key="own_electoral"
    )
    kinds = ["csv", "xlsx", "geojson", "json", "gpkg", "zip"]
    brought = None if electoral else st.file_uploader(tr("Your areas"), type=kinds, key="own_areas_file", max_upload_size=60)
    if brought is None and not electoral:
        return
    try:
        if brought:
            given = (brought.name, brought.getvalue())
            drawn = visit.once("own_drawn", visit.print_of([given]), lambda: areas.read(given[1], given[0]))
        else:
            drawn = areas.electoral_areas(release, councils)
        made = regroup.regroup(release, drawn, councils)
    except ExclusionError as error:
        ui.show_error(error)
        return
    table = made.fit.rename(
        columns={"area_name": tr("Area"), "population": tr("Residents"), "small_areas": made.pieces, "error_class": tr("How well they fit")}
    )
    table[tr("Residents")] = table[tr("Residents")].map("{:,}".format)
    table[tr("How well they fit")] = table[tr("How well they fit")].map(capital)
    caption = drawn.where if brought else capital(drawn.where)
    ui.table(
        table[[tr("Area"), tr("Residents"), made.pieces, tr("How well they fit")]].astype(str),
        tr("{caption}: {table} areas", caption=caption, table=len(table)),
    )
    st.markdown(
        tr(
            "{people:,} people live in the councils chosen, {inside:,} of them in these areas.",
            people=made.people[0],
            inside=made.people[1],
        )
    )
    ui.lines(list(made.notes))
    gone = _instead(found, FIGURES)
    ui.lines(list(gone))
    if st.button(tr("Use these areas in this visit"), key="own_use_areas", type="primary"):
        own.hold(Held(made.evidence, tuple(councils), {AREAS: drawn.where}, made.notes))
        st.rerun()
