"""Streamlit helpers: what every page of the app shares.

A page begins with :func:`page`, asks its questions with the ``choose_`` functions (:mod:`exclusion.ui.questions`), whose
answers live in the address of the page (:mod:`exclusion.ui.address`), and takes its figures from :func:`assessed` or, on the
path of the sliders, :func:`scored` (:mod:`exclusion.ui.figures`). Council data that someone lays beside lives in their session only.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache, partial

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.runtime.pages_manager import PagesManager

from exclusion import blocks, explain, maps, own_counts, views
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError
from exclusion.judgement.services import Service
from exclusion.language import tr
from exclusion.release import Evidence
from exclusion.retold import told
from exclusion.saying import figure
from exclusion.ui import judged, own, signing, spoken, sure, ward_box
from exclusion.ui.address import carry_over, heed_id
from exclusion.ui.drawing import draw_map
from exclusion.ui.figures import FIRST_SERVICE, assessed, evidence, overdue_texts, people_definition, people_scale, scored, warm_up
from exclusion.ui.questions import (
    choose_added,
    choose_area,
    choose_councils,
    choose_layer,
    choose_one,
    choose_people_scale,
    choose_service,
    choose_ward,
    choose_weights,
    heed_code,
    heed_names,
    pick_ward,
    show_ward,
    ward_label,
)
from exclusion.ui.showing import (
    cannot_tell,
    grid,
    lines,
    nation_notices,
    notices,
    page_link,
    plain,
    refusing_here,
    said,
    show_error,
    status,
    table,
    ward_link,
)
from exclusion.ui.ward_pictures import picture, pyramid, spread, ways_grid
from exclusion.views import files, guide

__all__ = [  # what pages ask for as ui.x
    "FIRST_SERVICE",
    "NAME",
    "WARD_PAGE",
    "assessed",
    "bring_own_counts",
    "cannot_tell",
    "choose_added",
    "choose_area",
    "choose_councils",
    "choose_layer",
    "choose_one",
    "choose_people_scale",
    "choose_service",
    "choose_ward",
    "choose_weights",
    "draw_map",
    "evidence",
    "grid",
    "heed_id",
    "lines",
    "nation_notices",
    "notices",
    "overdue_texts",
    "page",
    "page_link",
    "people_by_age",
    "people_definition",
    "people_scale",
    "pick_ward",
    "picture",
    "plain",
    "pyramid",
    "refusing_here",
    "said",
    "scored",
    "show_error",
    "show_ward",
    "spread",
    "status",
    "table",
    "take_away",
    "ward_label",
    "ward_link",
    "ward_panel",
    "warm_up",
    "ways_grid",
    "welcome",
]

NAME = "Kept Open"
WARD_PAGE = "Ward"


@cache
def _mends() -> str:
    """What we put right in Streamlit's own parts for people who use a screen reader."""
    return (maps.STATIC / "mend.js").read_text(encoding="utf-8")


def page(title: str) -> Evidence:
    """Begin a page: its language and title, the box that finds a ward, and the release it speaks from.

    ``title`` is in English, in every language the name that the code knows the page by.
    """
    spoken.heed()
    st.set_page_config(page_title=f"{tr(title)} - {NAME}", page_icon="🚪", layout="wide", initial_sidebar_state="collapsed")
    _with_the_menu()
    st.html(f"<style>{blocks.STYLE}</style>")
    # Our own file and the code of a language we hold, never a word of a visitor's.
    st.html(f"<script>{spoken.told_to_browser()}{_mends()}</script>", unsafe_allow_javascript=True)
    left, right = st.columns([3, 2])
    left.title(tr(title), anchor=False)
    carry_over(title)
    with right:
        spoken.choose()
    spoken.tell()
    own.tell()
    signing.tell()
    if mistakes := judged.tell():
        show_error(mistakes)
    try:
        held = own.here() or evidence()
    except ExclusionError as error:
        show_error(error)
        st.stop()
    heed_names(held)
    heed_code(held)
    with right:
        ward_box.ask(held, on_page=title)
    return held


def _with_the_menu() -> None:
    """Run the page under ``app.py``, with its menu, also when a link to it is the first visit a server gets.

    Until ``app.py`` has run once, Streamlit takes a folder named ``pages`` for an app of its old kind: it runs the
    page by itself, under a list of file names.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()


def welcome() -> None:
    """What this is, in five sentences: open when a visit begins here, closed for somebody who came by a link with choices in it."""
    first = st.session_state.setdefault("_first_visit", not set(st.query_params) - {spoken.IN_ADDRESS})
    with st.expander(tr("What this is, in five sentences"), expanded=first):
        lines([tr(sentence) for sentence in guide.FIVE])
        with suppress(StreamlitPageNotFoundError):  # a page that runs alone has no other page to go to
            st.page_link("pages/guide.py", label=tr("A worked example, and what the words mean"))


def ward_panel(a: Assessment, service: Service, code: str) -> None:
    """What was found for one service in one ward, in full, beside the map."""
    st.subheader(str(a.areas.loc[code, "area_name"]), anchor=False)
    band = (
        tr("Band {band_label}.", band_label=views.band_label(a, code))
        if a.scores.loc[code, "scored"]
        else told(str(a.scores.loc[code, "why_not"]))
    )
    differs = explain.differences(a, service.id).get(code, "")
    found = views.kept(a, service.id)
    here = found[found["area_code"] == code]
    lines(
        [
            (tr("People unlikely to use the internet:"), f"{figure(a.people['label'][code])}. {band} {differs}".strip()),
            *views.reasons_here(here),
            *views.how_sure(here, sure.chance(a, code) if len(here) else None),
            *views.other_findings(a, service.id, code),
            views.left_open(a, service.id, code),
        ]
    )
    ward_link()


def _keep_own_counts() -> None:
    """Hold the file for the visit: the uploader forgets it when the page changes. Taking it out there takes it out here."""
    brought = st.session_state.get("own_file")
    if brought is None:
        st.session_state.pop("own_counts", None)
    else:
        st.session_state["own_counts"] = (brought.name, brought.getvalue())


def bring_own_counts(areas: pd.DataFrame) -> pd.DataFrame | None:
    """The council's own counts by ward, read from a file and kept in this session only; None while there are none."""
    with st.expander(tr("Lay your own counts beside (caseload, contacts)")):
        st.markdown(
            tr(
                "A CSV file with one row for each ward: a column `ward_code` or `ward`, and a column of numbers for each "
                "count. Counts only, never a row for each case. The file is read here, kept in this visit only, and sent "
                "nowhere else. It is yours; so is the decision to publish it."
            )
        )
        brought = st.file_uploader(
            tr("Counts by ward (CSV)"), type=["csv", "txt"], key="own_file", on_change=_keep_own_counts, max_upload_size=5
        )
        if "own_counts" not in st.session_state:
            return None
        name, content = st.session_state["own_counts"]
        if brought is None and st.button(tr("Take {name} away again", name=name), key="own_forget"):
            del st.session_state["own_counts"]
            return None
        try:
            own = own_counts.read(content, areas, name)
        except ExclusionError as error:
            show_error(error)
            return None
        known = int(own.notna().any(axis=1).sum())
        st.success(
            tr(
                "{name}: {columns} columns for {known} of {own} wards. They stand at the right of the table below.",
                name=name,
                columns=len(own.columns),
                known=known,
                own=len(own),
            )
        )
        if few := own_counts.small(own):
            st.warning(tr("{few} of your counts lie between 1 and 9. Do not publish them: they could point at a person.", few=few))
        return own


def take_away(a: Assessment, name: str) -> None:
    """The tables and, for one service, the members' pages, each made only when asked for."""
    st.markdown(tr("Take it away. What you download is yours; the codes, sources and dates go with it."))
    kinds = {
        tr("Findings (CSV)"): (f"{name}-findings.csv", "text/csv"),
        tr("Ward figures (CSV)"): (f"{name}-wards.csv", "text/csv"),
        tr("Everything (Excel)"): (f"{name}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }
    kinds[tr("Wards for a map (GeoJSON)")] = (f"{name}.geojson", "application/geo+json")
    kinds[tr("Wards for GIS (GeoPackage)")] = (f"{name}.gpkg", "application/geopackage+sqlite3")
    kinds[tr("Wards (Parquet)")] = (f"{name}.parquet", "application/vnd.apache.parquet")
    kinds[tr("Data package (zip)")] = (f"{name}-package.zip", "application/zip")
    if len(a.services) == 1:
        kinds[tr("A page for each member (zip)")] = (f"{name}-pages.zip", "application/zip")
    with st.container(horizontal=True):
        for label, (file, mime) in kinds.items():
            st.download_button(label, data=partial(files.content, a, file), file_name=file, mime=mime, on_click="ignore")


def people_by_age(a: Assessment, code: str) -> None:
    """One ward's number of people unlikely to use the internet, by age and disability, with what it counts and how sure it is."""
    own = a.people_estimate.scale.own
    begins_lower = not own and views.has_range(a, code)
    st.markdown(
        tr(
            "Our estimate with, in brackets, the range that holds the number at these rates eight times in ten. Rows need not add "
            "up: each number is rounded to 10 by itself."
        )
        + (tr(" The range at the top of the page begins lower: that end also allows for the fall since 2020.") if begins_lower else "")
        + (tr(" **Wide range**: read the number for this ward with care.") if views.is_wide(a, code) else "")
    )
    at = tr("2020 rates, multiplied by {high:g}", high=a.people_estimate.scale.high) if own else tr("2020 rates")
    table(views.people_by_age(a, code), tr("People unlikely to use the internet, by age and disability ({at})", at=at))
