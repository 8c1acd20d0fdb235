"""The questions of the Proposal page. Every answer and every file is kept in the visit only, never in the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from exclusion import judgement, places, proposal, ui
from exclusion.contracts import DataRefused, ExclusionError, Problem
from exclusion.judgement import Service
from exclusion.judgement.local import Local
from exclusion.language import mark, tr
from exclusion.proposal import Considered, Proposal
from exclusion.release import Evidence
from exclusion.saying import join_words
from exclusion.ui import judged, listing, visit
from exclusion.ui.visit import ask, attempt, upload
from exclusion.words import capital

NOT_SAID, STAYS, FEWER, CLOSES = mark("Not said"), mark("Stays"), mark("Fewer hours"), mark("Closes")
_FIELD = {STAYS: "keep", FEWER: "fewer_hours", CLOSES: "close"}
FEWER_PLACE = mark("Opens for fewer hours")
_PLACE = {CLOSES: "closes", FEWER_PLACE: "fewer_hours"}
MOST_PLACES = 10
KINDS = (mark("Fill in a form"), mark("Proposal files only"))

# --------------------------------------------------------------------------- the proposal


def own_judgement(problems: list[Problem]) -> Local | None:
    """The council's own service profiles, thresholds and promises, where it uploads them; ``problems`` takes up what is wrong with them."""
    with st.expander(tr("Your own service profiles, thresholds and promises")):
        st.markdown(
            tr(
                "CSV or TOML, each change with who made it, when and why. They hold on every page with findings in this "
                "visit; each says so."
            )
        )
        given = upload(tr("Your own judgement (CSV, TOML)"), judged.KEY, ["csv", "toml"], several=True)
    return attempt(judged.read, problems) if given else None


def gather(
    evidence: Evidence, councils: Sequence[str], local: Local | None, listed: places.Places | None, problems: list[Problem]
) -> list[Proposal]:
    """The proposals of the form and of the files; with every mistake shown, and the page stopped, where they cannot be read.

    ``problems`` are those found before, such as in the list of places, to be shown with these.
    """
    how = ask(st.radio, tr("How to give the proposal"), "proposal_how", KINDS[0], options=KINDS, format_func=tr, horizontal=True)
    found: list[Proposal] = []
    undated = False
    if how == KINDS[0]:
        fields = _form(evidence, councils, local, listed, problems)
        changes = bool(fields["service"] or fields["place"])
        if changes and fields["date"] is None:
            undated = True  # asked for below: nothing is wrong while somebody still fills in the form
        elif changes:
            attempt(lambda: found.append(proposal.build(fields, "form", evidence.areas)), problems)
    label = (
        tr("Other proposals that are live at once (TOML)") if how == KINDS[0] else tr("Proposal files (TOML), all that are live at once")
    )
    for name, content in upload(label, "proposal_toml", ["toml"], several=True):
        attempt(lambda name=name, content=content: found.append(_parsed(name, content, evidence, listed)), problems)  # type: ignore[misc]
    if problems:
        ui.show_error(DataRefused(problems))
        st.stop()
    if undated:
        st.info(tr("Give the day it takes effect, such as 2027-04-01, to see what the proposal would do."))
        st.stop()
    if not found:
        st.info(tr("Say what closes or gets fewer hours, or upload a proposal, to see what it would do."))
        st.stop()
    return found


def _parsed(name: str, content: bytes, evidence: Evidence, listed: places.Places | None) -> Proposal:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataRefused(Problem(name, tr("is not a text file"), "", tr("Give a TOML file saved as UTF-8."))) from None
    return proposal.parse(text, name, evidence.areas, listed=None if listed is None else listed.table)


def _form(
    evidence: Evidence, councils: Sequence[str], local: Local | None, listed: places.Places | None, problems: list[Problem]
) -> dict[str, Any]:
    nations = set(evidence.areas.loc[evidence.areas["council_code"].isin(councils), "nation"])
    held = judgement.offered(judgement.services() if local is None else local.services, nations)
    ids = sorted(held, key=lambda one: tr(held[one].service_name))
    chosen = ask(
        st.multiselect,
        tr("Services it changes"),
        "proposal_services",
        [ui.FIRST_SERVICE],
        options=ids,
        format_func=lambda one: tr(held[one].service_name),
    )
    areas = evidence.areas[evidence.areas["council_code"].isin(councils)].sort_values("area_name")
    left, right = st.columns(2)
    with left:
        title = ask(st.text_input, tr("What the proposal is called"), "proposal_title", "Proposal")
    with right:
        start = ask(st.text_input, tr("From when (such as 2027-04-01, or day first: 01/04/2027)"), "proposal_date", "")
    services = [part for one in chosen if (part := _service(held[one], areas, evidence.areas, problems))]
    changed = _places(listed, areas)
    with st.expander(tr("The officer's own words (printed as such, not checked)")):
        purpose = ask(st.text_area, tr("Purpose"), "proposal_purpose", "")
        saving = ask(st.text_area, tr("Saving"), "proposal_saving", "")
    return {
        "title": title,
        "councils": list(councils),
        "date": _date(start) if services or changed else None,
        "officer": {"purpose": purpose, "saving": saving},
        "service": services,
        "place": changed,
    }


def _date(text: str) -> date | str | None:
    """A day as it was typed, year first or day first; None while nothing is."""
    held = text.strip()
    if day_first := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", held):
        held = "{2}-{1:0>2}-{0:0>2}".format(*day_first.groups())
    try:
        return date.fromisoformat(held) if held else None
    except ValueError:
        return text  # the model says what is wrong with it


def _service(service: Service, areas: pd.DataFrame, every: pd.DataFrame, problems: list[Problem]) -> dict[str, Any] | None:
    channels = {name: one for name, one in judgement.channels().items() if one.possible(service) or name in service.floor_channels}
    st.subheader(tr(service.service_name), anchor=False)
    fields: dict[str, Any] = {"id": service.id}
    columns = st.columns(4)
    for number, (name, channel) in enumerate(channels.items()):
        with columns[number % 4]:
            options = (NOT_SAID, STAYS, FEWER, CLOSES)
            answer = ask(
                st.selectbox, capital(tr(channel.label)), f"proposal_{service.id}_{name}", NOT_SAID, options=options, format_func=tr
            )
        if answer in _FIELD:
            fields.setdefault(_FIELD[answer], []).append(name)
    with st.expander(tr("Contacts a year, and wards: {service_name}", service_name=tr(service.service_name))):
        names = {str(code): str(name) for code, name in areas["area_name"].items()}
        label = tr("Only in these wards (everywhere when none is chosen)")
        wards = ask(
            st.multiselect, label, f"proposal_{service.id}_wards", [], options=list(names), format_func=lambda one: names.get(one, one)
        )
        columns = st.columns(4)
        contacts = {}
        for number, name in enumerate((proposal.ONLINE, *channels)):
            label = tr("Online") if name == proposal.ONLINE else capital(tr(channels[name].label))
            with columns[number % 4]:
                key = f"proposal_{service.id}_contacts_{name}"
                count = ask(st.number_input, tr("{label}, contacts a year", label=label), key, min_value=0, step=1, value=None)
            if count is not None:
                contacts[name] = int(count)
        given = upload(tr("The same by ward (CSV, counts only)"), f"proposal_{service.id}_by_ward", ["csv", "txt"])
    away = every[~every.index.isin(areas.index)]
    by_ward = attempt(lambda: proposal.read_contacts(given[0][1], areas, given[0][0], away), problems) if given else None
    if not set(fields) & {"close", "fewer_hours"}:
        return None  # nothing changes yet
    return fields | {"wards": [one for one in wards if one in names], "contacts": contacts, "contacts_by_ward": by_ward or {}}


def _places(listed: places.Places | None, areas: pd.DataFrame) -> list[dict[str, Any]]:
    kinds = judgement.place_kinds()
    count = ask(
        st.number_input,
        tr("How many places close or open for fewer hours"),
        "proposal_place_count",
        0,
        min_value=0,
        max_value=MOST_PLACES,
        step=1,
    )
    found = []
    known = {} if listed is None else listing.by_name(listed.table)
    wards = {str(code): str(name) for code, name in areas["area_name"].items()}
    for number in range(1, int(count or 0) + 1):
        key = f"proposal_place_{number}"
        left, middle, right = st.columns(3)
        with left:
            if known:
                name = ask(
                    st.selectbox, tr("Place {number}, from the list", number=number), f"{key}_listed", None, options=list(known), index=None
                )
            else:
                name = ask(st.text_input, tr("Place {number}, its name", number=number), f"{key}_name", "")
        with middle:
            kind = known.get(name or "", "")
            if kind not in kinds:
                kind = ask(
                    st.selectbox,
                    tr("Place {number}, its kind", number=number),
                    f"{key}_kind",
                    "library",
                    options=list(kinds),
                    format_func=lambda one: capital(tr(kinds[one].label)),
                )
        with right:
            what = ask(
                st.selectbox,
                tr("Place {number}, what happens", number=number),
                f"{key}_change",
                CLOSES,
                options=list(_PLACE),
                format_func=tr,
            )
            left_label = tr("Place {number}, hours a week that are left", number=number)
            hours = None
            if what == FEWER_PLACE:
                hours = ask(st.number_input, left_label, f"{key}_hours", None, min_value=0.5, max_value=168.0, step=0.5)
        label = tr("Place {number}, wards that use it (every ward when none is chosen)", number=number)
        used = ask(st.multiselect, label, f"{key}_wards", [], options=list(wards), format_func=lambda one: wards.get(one, one))
        wards_used = [one for one in used if one in wards]
        found.append({"name": name or "", "kind": kind, "change": _PLACE[what], "hours_left": hours, "wards": wards_used})
    return found


# --------------------------------------------------------------------------- what follows

_GIVEN = "proposals_given"  # the proposals of the Proposal page in the visit
THIS_VISIT, FROM_FILES = mark("The proposal of this visit"), mark("Proposal files")


def keep(proposals: Sequence[Proposal], considered: Considered | None = None) -> None:
    """Let the other pages of the visit take these proposals up; ``considered`` with what a list of places says of them."""
    visit.held()[_GIVEN] = tuple(proposals)
    visit.held()["kept_considered"] = (None, None) if considered is None else (_key(considered.assessment.evidence, proposals), considered)


def chosen(evidence: Evidence) -> Considered | None:
    """The proposal that a page beside the Proposal page is about: the visit's, or one from files; None while there is none."""
    given: tuple[Proposal, ...] | None = visit.held().get(_GIVEN)
    how = FROM_FILES
    if given:
        titles = join_words([one.title for one in given])
        how = ask(
            st.radio,
            tr("Which proposal"),
            "chosen_how",
            THIS_VISIT,
            options=(THIS_VISIT, FROM_FILES),
            format_func=tr,
            captions=[ui.plain(titles), tr("TOML, as the Proposal page or a colleague wrote it")],
        )
    if given and how == THIS_VISIT:
        key, kept = visit.held()["kept_considered"]
        return kept if key == _key(evidence, given) else consider(evidence, given)
    problems: list[Problem] = []
    found: list[Proposal] = []
    for name, content in upload(tr("Proposal files (TOML), all that are live at once"), "chosen_toml", ["toml"], several=True):
        attempt(lambda name=name, content=content: found.append(_parsed(name, content, evidence, None)), problems)  # type: ignore[misc]
    if problems:
        ui.show_error(DataRefused(problems))
        st.stop()
    return consider(evidence, found) if found else None


def _key(evidence: Evidence, proposals: Sequence[Proposal]) -> object:
    texts = tuple(proposal.toml_text(one) for one in proposals)
    return evidence.manifest.version, date.today(), texts, visit.print_of(visit.files(judged.KEY)), ui.people_scale()


def consider(evidence: Evidence, proposals: Sequence[Proposal]) -> Considered:
    """The proposals laid over the findings, with the council's own judgement of the visit; kept while they stay the same."""
    key, local = _key(evidence, proposals), judged.taken_up()
    if visit.held().get("considered_key") != key:
        try:
            with st.spinner(tr("Working out what the proposal does …")):
                visit.held()["considered"] = proposal.consider(evidence, proposals, local=local, people_scale=ui.people_scale())
        except ExclusionError as error:
            ui.show_error(error)
            st.stop()
        visit.held()["considered_key"] = key
    held: Considered = visit.held()["considered"]
    return held
