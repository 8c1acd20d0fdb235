"""Streamlit helpers: what every page of the app shares.

A page begins with :func:`page`, asks its questions with the ``choose_`` functions, whose answers
live in the address of the page, and takes its figures from :func:`assessed` or, on the path of
the sliders, :func:`scored`. Council data that someone lays beside lives in their session only.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, partial
from html import escape
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitAPIException, StreamlitPageNotFoundError
from streamlit.runtime.pages_manager import PagesManager

from exclusion import assessment, blocks, explain, judgement, maps, own_counts, release, risk, views
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError
from exclusion.judgement.entries import overdue
from exclusion.judgement.score import method_for, people_rates
from exclusion.judgement.services import Service
from exclusion.release import Evidence
from exclusion.ui import judged, own, signing, sure, ward_box
from exclusion.ui.drawing import draw_map as draw_map
from exclusion.ui.ward_pictures import picture as picture
from exclusion.ui.ward_pictures import pyramid as pyramid
from exclusion.ui.ward_pictures import spread as spread
from exclusion.ui.ward_pictures import ways_grid as ways_grid
from exclusion.views import files, guide
from exclusion.words import join_words

NAME = "Kept Open"
WARD_PAGE = "Ward"
Found = TypeVar("Found")
SCALE, WHY = "people_scale", "people_why"  # of the level of the people estimate, in the address and in the session
FIRST_SERVICE = "council_tax_reduction"  # what a new visitor sees; any other is one choice away

# --------------------------------------------------------------------------- evidence and assessments


@st.cache_resource(show_spinner="Reading the data release …")
def evidence() -> Evidence:
    """The release (the fetched one, else the bundled one), read once for each process and never changed."""
    return assessment.load(release.chosen())


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Once for each process: read the release and answer the question a new visitor sees first.

    What was read is then set aside from Python's search for garbage: Streamlit runs a full search
    after every page, and walking through these tables each time took more than half of all time.
    A release that cannot be read is left for the page to say so, in words.
    """
    with suppress(ExclusionError):
        table = evidence().councils()
        first = str(table.sort_values(["mapped", "council_name"], ascending=[False, True])["council_code"].iloc[0])
        _assessed(evidence().manifest.version, (first,), (FIRST_SERVICE,), date.today(), None)
        importlib.import_module("exclusion.charts")  # a second of work that the first picture would wait for
        gc.freeze()


@st.cache_resource(max_entries=200, show_spinner="Working out what to keep open …")
def _assessed(
    version: str, councils: tuple[str, ...], services: tuple[str, ...], today: date, scale: tuple[float, str] | None = None
) -> Assessment:
    return assessment.assess(evidence(), list(councils), services, today=today, people_scale=scale)


@st.cache_resource(max_entries=40, show_spinner="Working out what to keep open …")
def _assessed_for_all(version: str, councils: tuple[str, ...], today: date, scale: tuple[float, str] | None) -> Assessment:
    """All 40 services: five megabytes for a large council, so fewer of them are kept."""
    return assessment.assess(evidence(), list(councils), None, today=today, people_scale=scale)


def assessed(councils: Sequence[str], services: Sequence[str] | None) -> Assessment:
    """Findings for services (None = all 40) in councils, at the default weights; kept for the next visitor who asks the same.

    Findings do not depend on the weights of the score, so no slider ever comes this way. What rests on
    figures or judgement brought in this visit stays in it.
    """
    brought, local = own.here(), judged.here()
    if brought or local:
        today, scale, chosen = date.today(), people_scale(), None if services is None else tuple(services)
        key = (brought is not None, judged.key(), tuple(councils), chosen, today, scale)

        def work() -> Assessment:
            return assessment.assess(brought or evidence(), list(councils), chosen, today=today, people_scale=scale, local=local)

        return _refusing(lambda: own.kept(key, work))
    version, today, scale = evidence().manifest.version, date.today(), people_scale()
    if services is None:
        return _refusing(lambda: _assessed_for_all(version, tuple(councils), today, scale))
    return _refusing(lambda: _assessed(version, tuple(councils), tuple(services), today, scale))


@st.cache_resource(max_entries=200, show_spinner=False)
def _scored(
    version: str,
    councils: tuple[str, ...],
    weights: tuple[tuple[str, float], ...] | None,
    today: date,
    scale: tuple[float, str] | None = None,
) -> Assessment:
    chosen = dict(weights) if weights else None
    return assessment.assess(evidence(), list(councils), (), weights=chosen, today=today, people_scale=scale)


def scored(councils: Sequence[str], weights: dict[str, float] | None) -> Assessment:
    """Scores and people alone, for any weights: the fast path."""
    chosen = tuple(sorted(weights.items())) if weights else None
    if brought := own.here():
        key, scale = (tuple(councils), chosen, people_scale()), people_scale()
        return _refusing(lambda: own.kept(key, lambda: assessment.assess(brought, list(councils), (), weights=weights, people_scale=scale)))
    return _refusing(lambda: _scored(evidence().manifest.version, tuple(councils), chosen, date.today(), people_scale()))


def _refusing(work: Callable[[], Assessment]) -> Assessment:
    """Do the work, or show why it cannot be done and stop the page there: in words, never as a traceback."""
    try:
        return work()
    except ExclusionError as error:
        show_error(error)
        st.stop()


def refusing_here(work: Callable[[], Found]) -> Found | None:
    """Do the work, or show why it cannot be done; the rest of the page goes on without it."""
    try:
        return work()
    except ExclusionError as error:
        show_error(error)
        return None


def show_error(error: ExclusionError) -> None:
    """What is wrong and what to do, every problem at once."""
    lines = [str(problem) for problem in error.problems] or [str(error)]
    st.error("\n".join(f"- {plain(line)}" for line in lines) if len(lines) > 1 else plain(lines[0]))


def plain(text: str) -> str:
    """Text as it stands, whatever it holds: nothing in it is taken for markdown."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+-.!|<>~$:" else letter for letter in text)


# --------------------------------------------------------------------------- the page


@cache
def _mends() -> str:
    """What we put right in Streamlit's own parts for people who use a screen reader."""
    return (maps.STATIC / "mend.js").read_text(encoding="utf-8")


def page(title: str) -> Evidence:
    """Begin a page: its title in the browser and on the page, the box that finds a ward, and the release it speaks from."""
    st.set_page_config(page_title=f"{title} - {NAME}", page_icon="🚪", layout="wide", initial_sidebar_state="collapsed")
    _with_the_menu()
    st.html(f"<style>{blocks.STYLE}</style>")
    st.html(f"<script>{_mends()}</script>", unsafe_allow_javascript=True)  # our own file, never a word of a visitor's
    left, right = st.columns([3, 2])
    left.title(title, anchor=False)
    _carry_over(title)
    own.tell()
    signing.tell()
    if mistakes := judged.tell():
        show_error(mistakes)
    try:
        held = own.here() or evidence()
    except ExclusionError as error:
        show_error(error)
        st.stop()
    _heed_names(held)
    _heed_code(held)
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


def show_ward(held: Evidence, code: str) -> None:
    """Answer a page's questions for a ward, in its own council; before any of them is asked. All other answers stay."""
    council = str(held.areas.loc[code, "council_code"])
    label, _ = _councils(held.manifest.version)[council]
    _keep("council", [council], [label])
    _keep("ward", code, ward_label(held.areas.loc[code], code))
    _give_answers()


def _heed_names(held: Evidence) -> None:
    """A link may name councils by code or by name alone (``?council=E06000009``, ``?council=Blackpool``), as one written by hand would."""
    listed = _councils(held.manifest.version)
    if not (given := st.query_params.get_all("council")):
        code = _code_in(str(st.query_params.get("ward", "")))  # a link with a ward alone is to its own council
        if not st.session_state.setdefault("_arrived", False) and code in held.areas.index:
            st.session_state["_arrived"] = True
            _readdress("council", [listed[str(held.areas.loc[code, "council_code"])][0]])
        st.session_state["_arrived"] = True
        return
    known = {code.casefold(): code for code in listed}
    for code, (label, _) in listed.items():
        name = label.removesuffix(f" ({code})").casefold()
        known[name] = "" if name in known else code  # two councils of one name: neither is taken
    codes = [known.get(one.strip().casefold(), "") for one in given]
    if not any(codes):
        return
    _readdress("council", [listed[mine][0] if mine else one for mine, one in zip(codes, given, strict=True)])


def _readdress(name: str, spelt: str | list[str]) -> None:
    """Spell an answer in the address as its question does, and begin again.

    A question takes its first answer from the address that the run began with: one that it cannot read it clears, and
    the link that the visitor copies then opens on something else.
    """
    st.query_params[name] = spelt
    st.rerun()


def _code_in(label: str) -> str:
    """The code at the end of how an address spells a ward: ``Bloomfield (E05015188)``, or the code alone."""
    return label.strip().removesuffix(")")[-9:].upper()


def _heed_code(held: Evidence) -> None:
    """A link may name a ward by its code alone (``/ward?code=E05015188``), as another system of the council would."""
    code = st.query_params.get("code")
    if code is None:
        return
    del st.query_params["code"]
    if code in held.areas.index:
        show_ward(held, code)
    else:
        st.warning(plain(f"This link names a ward we do not hold: “{code}”. It may be of another year; find the ward by its name."))


def _carry_over(title: str) -> None:
    """Give a page just come to the answers of the page before, and its address too: Streamlit forgets them on the way.

    A question bound to the address cannot have it set from here once it has been asked, so this comes first.
    """
    if "_answers" in st.session_state and st.session_state.get("_page") != title:
        _give_answers()
    st.session_state["_page"] = title


def _give_answers() -> None:
    answers: dict[str, tuple[Any, Any]] = st.session_state["_answers"]
    for name, (answer, label) in answers.items():
        st.session_state[name] = answer
        with suppress(StreamlitAPIException):
            if label is not None:
                st.query_params[name] = label


def _keep(name: str, answer: Any, label: Any = None) -> None:
    """Remember an answer for the next page; ``label`` is how an address spells it, None for the answer a page starts with."""
    st.session_state.setdefault("_answers", {})[name] = (answer, label)


def welcome() -> None:
    """What this is, in five sentences: open when a visit begins here, closed for somebody who came by a link with choices in it."""
    first = st.session_state.setdefault("_first_visit", not st.query_params.to_dict())
    with st.expander("What this is, in five sentences", expanded=first):
        lines(guide.FIVE)
        with suppress(StreamlitPageNotFoundError):  # a page that runs alone has no other page to go to
            st.page_link("pages/guide.py", label="A worked example, and what the words mean")


def status(text: str) -> None:
    """Say the result of the page, also to a screen reader when it changes."""
    st.html(f'<div role="status" aria-live="polite" class="kept-open-status">{escape(text)}</div>')


def notices(told: Sequence[str]) -> None:
    """What whoever reads the figures must know first."""
    if told:
        st.warning("\n\n".join(plain(line) for line in told))


def nation_notices(evidence: Evidence, councils: Sequence[str]) -> tuple[str, ...]:
    """Show what a nation lacks before anything is asked for or given; returns what was shown, so that it is not said twice."""
    of = evidence.areas.loc[evidence.areas["council_code"].isin(councils), "nation"].unique()
    told = risk.nation_notices(evidence, of)
    notices(told)
    return told


def lines(items: Sequence[str | tuple[str, str]], *, numbered: bool = False) -> None:
    """A list; of a pair the first part is set bold. With numbers where the order counts."""
    st.html(blocks.listed(items, numbered=numbered))


def cannot_tell(*caveats: str) -> None:
    """What the figures above cannot tell, close to them: keys of :data:`exclusion.views.CAVEATS`."""
    st.header("What this cannot tell you", anchor=False)
    lines([views.CAVEATS[caveat] for caveat in caveats])


def table(frame: pd.DataFrame, caption: str, *, numbers: Sequence[str] = ()) -> None:
    """A table whose words wrap; see :func:`exclusion.blocks.table`."""
    st.html(blocks.table(frame, caption, numbers=numbers))


def grid(frame: pd.DataFrame, caption: str) -> None:
    """A wide table of levels, one number a cell; see :func:`exclusion.blocks.grid`."""
    st.html(blocks.grid(frame, caption, [*maps.LEVELS, maps.NOT_ASSESSED]))


# --------------------------------------------------------------------------- questions, whose answers live in the address


def _say_what_the_link_lacks(name: str, labels: set[str], what: str, instead: str) -> None:
    """A link that names what we do not hold must not pass for one that opened as meant."""
    told = f"link lacks {name}"
    if told not in st.session_state:
        st.session_state[told] = [label for label in st.query_params.get_all(name) if label not in labels]
    if st.session_state[told]:
        lacking = join_words([f"“{label}”" for label in st.session_state[told]])
        st.warning(plain(f"This link names {what}: {lacking}. {instead}"))


def heed_id(name: str, labels: Mapping[str, str], what: str, instead: str) -> None:
    """Before a question is asked: a link may answer it by id, as the command line does; what we do not hold is said.

    ``labels`` are the answers' words by id; ``what`` a link may name that is not one, and what is shown ``instead``.
    """
    given = str(st.query_params.get(name))
    if given in labels and labels[given] != given:
        _readdress(name, labels[given])
    _say_what_the_link_lacks(name, set(labels.values()), what, instead)


def choose_councils(held: Evidence) -> tuple[str, ...]:
    """The chosen councils, by code; several act as one area. Stops the page while none is chosen."""
    listed = _councils(held.manifest.version)
    codes = list(listed)
    labels = {label for label, _ in listed.values()}
    _say_what_the_link_lacks("council", labels, "councils we do not hold", "The first council is shown in its place.")
    first = [code for code, (_, mapped) in listed.items() if mapped][:1] or codes[:1]
    chosen = st.multiselect(
        "Council (choose several to look at them as one area)",
        codes,
        default=first,
        key="council",
        bind="query-params",
        format_func=lambda code: listed[code][0],
        filter_mode="contains",
        select_all=False,  # else Enter in the empty box would choose every council
        placeholder="Type the name of a council",
    )
    _keep("council", chosen, None if chosen == first else [listed[code][0] for code in chosen])
    if not chosen:
        st.info("Choose a council to begin.")
        st.stop()
    return tuple(sorted(chosen, key=codes.index))


@st.cache_data(show_spinner=False)
def _councils(version: str) -> dict[str, tuple[str, bool]]:
    table = evidence().councils()
    labels = zip(table["council_code"], table["council_name"], table["mapped"], strict=True)
    return {code: (f"{name} ({code})", bool(mapped)) for code, name, mapped in labels}


def choose_service(councils: Sequence[str] = ()) -> Service:
    """The service that would move online: one that a council of the chosen ones' nations runs."""
    areas = evidence().areas
    profiles = local.services if (local := judged.here()) else judgement.services()
    listed = judgement.offered(profiles, set(areas.loc[areas["council_code"].isin(councils), "nation"]))
    first = FIRST_SERVICE if FIRST_SERVICE in listed else next(iter(listed))
    _heed_service(listed, first)
    if st.session_state.get("service") not in listed:
        st.session_state["service"] = first  # a visit begins, or the councils changed under it
    ids = sorted(listed, key=lambda one: listed[one].service_name)
    chosen = st.selectbox("Service that would move online", ids, key="service", format_func=lambda one: listed[one].service_name)
    in_link = None if chosen == first else chosen
    if in_link is None:
        st.query_params.pop("service", None)
    elif st.query_params.get("service") != in_link:
        st.query_params["service"] = in_link
    st.session_state[_SERVICE_IN_LINK] = in_link
    _keep("service", chosen, in_link)
    return listed[chosen]


_SERVICE_IN_LINK = "service in the link"


def _heed_service(listed: Mapping[str, Service], first: str) -> None:
    """Take a service from the address, where that changed: by its id, which stays when a council renames it, or by a name of it.

    Streamlit would write the name into the address by itself; a link made where the council's own name held would then open
    nowhere else.
    """
    given = st.query_params.get("service")
    ours = judgement.services()
    known = {one.service_name: name for name, one in listed.items()}
    known |= {ours[name].service_name: name for name in listed if name in ours} | {name: name for name in listed}
    _say_what_the_link_lacks("service", set(known), "services we do not hold", "Another service is shown in its place.")
    if given != st.session_state.get(_SERVICE_IN_LINK):
        st.session_state["service"] = first if given is None else known.get(given, first)


def choose_ward(areas: pd.DataFrame, label: str = "Ward") -> str | None:
    """The chosen ward, by code, or None; the map writes its picks here too."""
    one_council = areas["council_code"].nunique() == 1
    names: dict[str, str] = {
        str(code): ward_label(row, str(code)) if one_council else f"{row.area_name}, {row.council_name} ({code})"
        for code, row in areas.iterrows()
    }
    _heed_ward(names)
    chosen = choose_area(label, "ward", names, "Choose a ward, here or on the map")
    _keep("ward", chosen, names.get(chosen or ""))
    return chosen


def _heed_ward(names: Mapping[str, str]) -> None:
    """A link may spell a ward as other councils beside it have it, or by code alone; one that is not of the councils shown is said."""
    if "link lacks ward" not in st.session_state:
        given = str(st.query_params.get("ward", ""))
        code = _code_in(given)
        if code in names and names[code] != given:
            _readdress("ward", names[code])
    _say_what_the_link_lacks("ward", set(names.values()), "a ward that is not of the councils shown", "None is chosen in its place.")


def choose_area(label: str, key: str, names: dict[str, str], placeholder: str) -> str | None:
    """An area by code, or None: a question of the address that a map may answer too, by writing to ``key``."""
    if st.session_state.get(key) not in (None, *names):
        st.session_state[key] = None  # what it is chosen from changed under it
    chosen: str | None = st.selectbox(
        label, list(names), index=None, key=key, bind="query-params", format_func=names.__getitem__, placeholder=placeholder
    )
    return chosen


def ward_label(row: pd.Series[Any], code: str) -> str:
    """How the question and the address spell a ward of one council."""
    return f"{row['area_name']} ({code})"


def choose_layer(label: str, name: str, names: dict[str, str], first: str) -> str:
    """What one of two maps shows; ``names`` is keyed by what :func:`exclusion.views.side.layer` takes."""
    if st.session_state.get(name) not in (None, *names):
        st.session_state[name] = first  # the councils changed under it
    keys = list(names)
    chosen: str = st.selectbox(label, keys, index=keys.index(first), key=name, bind="query-params", format_func=names.__getitem__)
    _keep(name, chosen, None if chosen == first else names[chosen])
    return chosen


def pick_ward(code: str) -> None:
    """What the map calls when a ward is picked."""
    st.session_state["ward"] = code


def choose_weights(nations: Sequence[str]) -> dict[str, float] | None:
    """How much each part of the score counts; None while they stand at the default.

    The sliders run from 0 to 100 and are put into proportion; only their ratios count.
    """
    presets = [preset for nation in nations if (preset := method_for(nation))]
    if not presets:
        return None
    preset = max(presets, key=lambda one: len(one.domain))
    defaults = {domain.id: round(100 * domain.weight) for domain in preset.domain}
    st.markdown("How much each part counts. Only the proportions matter; move one to see which wards depend on it.")
    weights: dict[str, float] = {}
    for column, domain in zip(st.columns(len(defaults)), preset.domain, strict=True):
        name = f"w_{domain.id}"
        weight = column.slider(domain.label, 0, 100, defaults[domain.id], 1, key=name, bind="query-params")
        _keep(name, weight, None if weight == defaults[domain.id] else str(weight))
        weights[domain.id] = weight
    if sum(weights.values()) == 0:
        st.error("All weights are zero. Move at least one slider up.")
        st.stop()
    return None if weights == defaults else weights


def people_scale() -> tuple[float, str] | None:
    """The factor somebody set on the level of the people estimate, with its reason; None while it stands as we have it.

    :func:`assessed` and :func:`scored` heed it on every page, also on those that do not ask, so that a ward keeps one number.
    """
    held = {name: st.session_state.get(name, st.query_params.get(name)) for name in (SCALE, WHY)}
    try:
        factor, why = float(held[SCALE] or 1.0), str(held[WHY] or "").strip()
    except ValueError:
        return None
    limits = people_rates().scale
    if not limits.smallest <= factor <= limits.largest:  # only an address can hold it; also refuses nan
        return None
    for name, answer, unset in ((SCALE, factor, factor == 1.0), (WHY, why, not why)):
        _keep(name, answer, None if unset else str(answer))
    return (factor, why) if why else None


def choose_people_scale() -> None:
    """Lets a visitor set the factor, which needs a reason: without one nothing changes, and the page says so."""
    limits = people_rates().scale
    begun = st.session_state.get(SCALE, st.query_params.get(SCALE, 1.0)) != 1.0
    with st.expander("Set the level of people unlikely to use the internet", expanded=people_scale() is not None or begun):
        st.markdown(
            f"The rates are from a survey of 2020. As we have it, the lower figure is multiplied by {limits.low:g}, for the fall since, "
            f"and the higher by {limits.high:g}. If you know better for your area, such as from your own survey, set one factor "
            "and say why. The reason is printed with the figures. To go back, take the reason out."
        )
        left, right = st.columns([1, 3])
        factor = left.number_input(
            "Factor (1 = as in 2020)", limits.smallest, limits.largest, 1.0, 0.05, format="%.2f", key=SCALE, bind="query-params"
        )
        why = right.text_input("Why", key=WHY, bind="query-params", max_chars=200, placeholder="Our residents' survey, 2025")
    if factor != 1.0 and not why.strip():
        st.error(f"The factor {factor:g} is not used yet: it needs a reason. Say in a few words why, in the box for it above.")


def choose_added() -> bool:
    """Whether the map leaves out what is said once for the whole council."""
    ways = ("Everything found in the ward", "Only what comes on top of the lines above")
    return st.radio("The map shows", ways, key="show", bind="query-params", horizontal=True) == ways[1]


# --------------------------------------------------------------------------- parts of pages


def ward_panel(a: Assessment, service: Service, code: str) -> None:
    """What was found for one service in one ward, in full, beside the map."""
    st.subheader(str(a.areas.loc[code, "area_name"]), anchor=False)
    band = f"Band {views.band_label(a, code)}." if a.scores.loc[code, "scored"] else str(a.scores.loc[code, "why_not"])
    differs = explain.differences(a, service.id).get(code, "")
    found = views.kept(a, service.id)
    here = found[found["area_code"] == code]
    lines(
        [
            ("People unlikely to use the internet:", f"{a.people['label'][code]}. {band} {differs}".strip()),
            *views.reasons_here(here),
            *views.how_sure(here, sure.chance(a, code) if len(here) else None),
            *views.other_findings(a, service.id, code),
            views.left_open(a, service.id, code),
        ]
    )
    ward_link()


def ward_link() -> None:
    """To the page of the chosen ward; the choices travel in the address."""
    page_link("pages/ward.py", "Everything about this ward")


def page_link(page: str, label: str) -> None:
    """To another page, where there is one: a page that runs alone has none to go to."""
    with suppress(StreamlitPageNotFoundError):
        st.page_link(page, label=label)


def _keep_own_counts() -> None:
    """Hold the file for the visit: the uploader forgets it when the page changes. Taking it out there takes it out here."""
    brought = st.session_state.get("own_file")
    if brought is None:
        st.session_state.pop("own_counts", None)
    else:
        st.session_state["own_counts"] = (brought.name, brought.getvalue())


def bring_own_counts(areas: pd.DataFrame) -> pd.DataFrame | None:
    """The council's own counts by ward, read from a file and kept in this session only; None while there are none."""
    with st.expander("Lay your own counts beside (caseload, contacts)"):
        st.markdown(
            "A CSV file with one row for each ward: a column `ward_code` or `ward`, and a column of numbers for each count. "
            "Counts only, never a row for each case. The file is read here, kept in this visit only, and sent nowhere else. "
            "It is yours; so is the decision to publish it."
        )
        brought = st.file_uploader(
            "Counts by ward (CSV)", type=["csv", "txt"], key="own_file", on_change=_keep_own_counts, max_upload_size=5
        )
        if "own_counts" not in st.session_state:
            return None
        name, content = st.session_state["own_counts"]
        if brought is None and st.button(f"Take {name} away again", key="own_forget"):
            del st.session_state["own_counts"]
            return None
        try:
            own = own_counts.read(content, areas, name)
        except ExclusionError as error:
            show_error(error)
            return None
        known = int(own.notna().any(axis=1).sum())
        st.success(f"{name}: {len(own.columns)} columns for {known} of {len(own)} wards. They stand at the right of the table below.")
        if few := own_counts.small(own):
            st.warning(f"{few} of your counts lie between 1 and 9. Do not publish them: they could point at a person.")
        return own


def take_away(a: Assessment, name: str) -> None:
    """The tables and, for one service, the members' pages, each made only when asked for."""
    st.markdown("Take it away. What you download is yours; the codes, sources and dates go with it.")
    kinds = {
        "Findings (CSV)": (f"{name}-findings.csv", "text/csv"),
        "Ward figures (CSV)": (f"{name}-wards.csv", "text/csv"),
        "Everything (Excel)": (f"{name}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    }
    kinds["Wards for a map (GeoJSON)"] = (f"{name}.geojson", "application/geo+json")
    kinds["Wards for GIS (GeoPackage)"] = (f"{name}.gpkg", "application/geopackage+sqlite3")
    kinds["Wards (Parquet)"] = (f"{name}.parquet", "application/vnd.apache.parquet")
    kinds["Data package (zip)"] = (f"{name}-package.zip", "application/zip")
    if len(a.services) == 1:
        kinds["A page for each member (zip)"] = (f"{name}-pages.zip", "application/zip")
    with st.container(horizontal=True):
        for label, (file, mime) in kinds.items():
            st.download_button(label, data=partial(files.content, a, file), file_name=file, mime=mime, on_click="ignore")


def people_definition(a: Assessment) -> str:
    """What "unlikely to use the internet" means, with its date and the factor set, if any."""
    return plain(a.people_estimate.definition)


def people_by_age(a: Assessment, code: str) -> None:
    """One ward's number of people unlikely to use the internet, by age and disability, with what it counts and how sure it is."""
    st.markdown(
        "Our estimate with, in brackets, the range that holds the true number eight times in ten. Rows need not add up: "
        "each number is rounded to 10 by itself."
        + (" **Wide range**: read the number for this ward with care." if views.is_wide(a, code) else "")
    )
    at = f"2020 rates, multiplied by {a.people_estimate.scale.high:g}" if a.people_estimate.scale.own else "2020 rates"
    table(views.people_by_age(a, code), f"People unlikely to use the internet, by age and disability ({at})")


def overdue_texts() -> list[str]:
    """What to print about our own texts that were due to be checked."""
    return overdue(judgement.all_entries(), date.today())
