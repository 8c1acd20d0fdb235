"""The council's list of places: asked for, placed on the ground, measured and shown. Kept in the visit only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from exclusion import alongside, maps, places, ui
from exclusion.alongside import again as rules_again
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError, Problem
from exclusion.judgement.access import access_rules
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.saying import Later
from exclusion.ui import visit
from exclusion.ui.visit import ask, attempt, upload
from exclusion.views import places as shown

POSTCODES, TABLES = "KEPT_OPEN_POSTCODES", "KEPT_OPEN_TABLES"
LIST, POINTS, TIMES = "proposal_places", "proposal_postcodes", "proposal_times"
MOST_POINTS, MOST_TIMES = 60, 50  # megabytes; Code-Point Open of Great Britain is 11
LISTED, LIBRARIES = mark("Our own list"), mark("Public libraries, as an example")


# --------------------------------------------------------------------------- what is given


def configured_postcodes() -> Path | None:
    """The file of postcode points that whoever runs the app has set, if any."""
    named = os.environ.get(POSTCODES)
    return Path(named) if named else None


def configured_tables() -> Path | None:
    """The folder of published tables that whoever runs the app has set, if any: its libraries serve as an example."""
    named = os.environ.get(TABLES)
    return Path(named) if named else None


def choose_list(
    areas: gpd.GeoDataFrame, problems: list[Problem], *, expanded: bool = False, distances: bool = True
) -> places.Places | None:
    """The list of places, where one is given; mistakes in it are added to ``problems``.

    ``distances``: whether the page measures them, and so asks how.
    """
    label = (
        tr("The list of your places, to see them on the map and measure distances") if distances else tr("Places, to see them on both maps")
    )
    with st.expander(label, expanded=expanded):
        st.markdown(
            tr(
                "We hold no list of the council's places. With the council's own list (CSV with name, kind, opening hours, and a postcode "
                "or a position; or Open Referral UK JSON) the page shows them on a map and says how far people are. Without it, it says "
                "which services lean on a place."
            )
            if distances
            else tr(
                "We hold no list of the council's places. With the council's own list (CSV with name, kind, opening hours, and a postcode "
                "or a position; or Open Referral UK JSON) each stands on both maps and in a table."
            )
        )
        example = False
        if configured_tables():
            example = (
                ask(st.radio, tr("Which places"), "proposal_places_which", LISTED, options=(LISTED, LIBRARIES), format_func=tr) == LIBRARIES
            )
        given = [] if example else upload(tr("The council's list of places"), LIST, ["csv", "json"])
        if configured_postcodes():
            st.caption(tr("Postcode points are set up: places that give a postcode are found, and distances are from homes."))
        else:
            st.markdown(
                tr(
                    "If your list gives postcodes, or for councils whose small areas we do not hold, add a file of **postcode "
                    "points**: Code-Point Open (free from Ordnance Survey, Great Britain) or the ONS Postcode Directory, saved "
                    "as Parquet."
                )
            )
            upload(tr("Postcode points (Parquet)"), POINTS, ["parquet"], megabytes=MOST_POINTS)
        if distances:
            _choose_ground()
    if example:
        return attempt(lambda: _libraries(tuple(areas.index), areas), problems)
    if not given:
        return None

    def read() -> places.Places:
        with ground() as held:
            return visit.from_file(lambda path: places.read_places(path, postcodes=held.postcodes), given[0])

    return attempt(lambda: visit.once("places_read", (visit.print_of(given), _points_key()), read), problems)


def _choose_ground() -> None:
    label = tr("Travel times in place of distance (CSV or Parquet: small_area_code, place_id, minutes)")
    upload(label, TIMES, ["csv", "parquet"], megabytes=MOST_TIMES)
    rules = access_rules()
    low, high = rules.circuity.lowest, rules.circuity.highest
    ask(
        st.number_input,
        tr("What a straight line is multiplied by, for the way roads wind ({low:g} to {high:g})", low=low, high=high),
        "proposal_factor",
        rules.factor,
        min_value=low,
        max_value=high,
        step=0.05,
        format="%.2f",
    )
    ask(
        st.checkbox,
        tr("Also share out opening hours among the people near each place (needs every place's hours)"),
        "proposal_shared",
        False,
    )


@st.cache_resource(max_entries=8, show_spinner=Later(mark("Reading public libraries …")))
def _libraries(codes: tuple[str, ...], _areas: gpd.GeoDataFrame) -> places.Places:
    folder = configured_tables()
    assert folder is not None, "asked only where a folder is set"
    return places.libraries_near(folder, _areas)


def _points_key() -> object:
    return str(configured_postcodes() or "") or visit.print_of(visit.files(POINTS))


@contextmanager
def ground() -> Iterator[alongside.Ground]:
    """What distances are measured with; uploaded files are on the disk only inside the block."""
    visited = visit.held()
    factor = visited.get("proposal_factor")
    held = alongside.Ground(
        factor=None if factor in (None, access_rules().factor) else float(factor), catchment=bool(visited.get("proposal_shared"))
    )
    points, times = visit.files(POINTS), visit.files(TIMES)
    with visit.folder() as folder:
        place = Path(folder)
        found = configured_postcodes() or (visit.written(place, points[0]) if points else None)
        yield replace(held, postcodes=found, travel_times=visit.written(place, times[0]) if times else None)


def measured(a: Assessment, listed: places.Places, wanted: Mapping[str, str | float]) -> alongside.Distances:
    """How far people are, worked out once in the visit for the same list, files and changes."""

    def work() -> alongside.Distances:
        with ground() as held, st.spinner(tr("Measuring distances …")):
            return alongside.distances(a, listed, wanted, held)

    visited = visit.held()
    settings = (visited.get("proposal_factor"), visited.get("proposal_shared"), visit.print_of(visit.files(TIMES)), _points_key())
    key = (a.evidence.manifest.version, a.councils, pd.util.hash_pandas_object(listed.table).sum(), tuple(wanted.items()), settings)
    return visit.once("distances", key, work)


def used_by(considered: Considered, listed: places.Places) -> Considered:
    """The proposals with the wards of their places filled in from the list, once in the visit; see ``alongside.used_by``.

    What is wrong with a file of postcodes or times is said where distances are shown; here every ward is taken then.
    """

    def work() -> Considered:
        with ground() as held, suppress(ExclusionError):
            return alongside.used_by(considered, listed, held)
        return considered

    visited = visit.held()
    settings = (visited.get("proposal_factor"), visit.print_of(visit.files(TIMES)), _points_key())
    key = (visited.get("considered_key"), pd.util.hash_pandas_object(listed.table).sum(), settings)
    return visit.once("places_used_by", key, work)


def as_closed(listed: places.Places) -> pd.DataFrame:
    """The list with the places that this visit asks about on the Places page as closed."""
    names = by_name(listed.table)
    closing = [one for one in visit.held().get("places_closing", []) if one in names]
    return places.change(listed.table, dict.fromkeys(closing, places.CLOSES))


def by_name(table: pd.DataFrame) -> dict[str, str]:
    """What a place is called on the page, its id where several share a name, and its kind."""
    twice = table["name"].duplicated(keep=False)
    names = table["name"].where(~twice, table["place_id"])
    return dict(sorted(zip(names, table["kind"], strict=True)))


# --------------------------------------------------------------------------- what is shown


def show(a: Assessment, far: alongside.Distances, name: str) -> None:
    """The places on the map over the distances of one group, the same in tables, and how it was measured."""
    listed = far.tables["places.csv"]
    marks = shown.place_marks(listed)
    changed = bool((listed["status"] != places.STAYS).any())
    ui.notices(far.notices)
    compared = far.tables.get("distances.csv")
    if compared is None:
        _map(a, pd.Series(dtype="Int64"), [], marks, tr("Map of places"), name, None)
        ui.table(shown.place_rows(listed), tr("The places of the map"))
        return
    groups = {group.id: tr(group.label) for group in access_rules().group}
    left, right = st.columns(2)
    with left:
        group = ask(st.selectbox, tr("Whose distance"), f"{name}_group", "all", options=list(groups), format_func=groups.__getitem__)
    when = shown.NOW
    if changed:
        with right:
            ways = (shown.NOW, shown.AFTER, shown.LONGER)
            when = ask(st.radio, tr("The map shows"), f"{name}_when", shown.LONGER, options=ways, format_func=tr, horizontal=True)
    classes, shades = shown.distance_classes(compared, group, when)
    counts = "; ".join(
        f"{tr(shade.word)}: {int((classes == place).sum())}" for place, shade in enumerate(shades) if (classes == place).any()
    )
    head = {
        shown.NOW: tr("How far half of them have to go now"),
        shown.AFTER: tr("How far half of them would have to go afterwards"),
        shown.LONGER: tr("What part of them would have further to go"),
    }[when]
    ui.status(tr("{head} ({group}). Wards: {counts}.", head=head, group=groups[group], counts=counts))
    _map(a, classes, shades, marks, tr("Map of places and distances: {head}", head=head), name, shown.distance_notes(compared, group, when))
    ui.table(shown.group_rows(compared, changed), tr("All chosen wards together, by group"))
    ui.table(shown.ward_rows(compared, group, changed), tr("Ward by ward: {group}", group=groups[group]))
    ui.table(shown.place_rows(listed), tr("The places of the map"))
    shared = far.tables.get("catchment.csv")
    if shared is not None:
        st.subheader(tr("Hours of help within reach"), anchor=False)
        st.markdown(alongside.CATCHMENT)
        ui.table(shown.catchment_rows(shared, changed), tr("Hours a week for each 1,000 people within reach"))
        ui.table(shown.catchment_rows(shared, changed, group), tr("The same ward by ward: {group}", group=groups[group]))


def again(a: Assessment, far: alongside.Distances) -> dict[str, pd.DataFrame]:
    """What the rules say once the places have changed, shown in sentences; its table by file name, none where nothing moves."""
    compared = far.tables.get("distances.csv")
    if compared is None:
        return {}
    key = (
        a.evidence.manifest.version,
        a.councils,
        tuple(one.id for one in a.services),
        pd.util.hash_pandas_object(compared.astype(str)).sum(),
        None if far.by_road is None else pd.util.hash_pandas_object(far.by_road.astype(str)).sum(),
    )
    table, lines = visit.once("places_again", key, lambda: rules_again.again(a, far, date.today()))
    if not lines:
        return {}
    st.subheader(rules_again.TITLE, anchor=False)
    ui.lines(lines)
    return {rules_again.FILE: table} if len(table.columns) else {}


def _map(
    a: Assessment,
    classes: pd.Series,
    shades: Sequence[maps.Shade],
    marks: pd.DataFrame,
    title: str,
    name: str,
    notes: pd.Series | None,
) -> None:
    ui.draw_map(
        a.areas, classes, shades, title=title, name=name, nothing=shown.NOT_KNOWN, notes=notes, places=marks, on_pick=ui.pick_ward,
        selected=st.session_state.get("ward"),
    )  # fmt: skip
