"""The release and what is worked out from it, kept for each process; what rests on figures brought in a visit stays in it."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import streamlit as st

from exclusion import assessment, judgement, release
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError
from exclusion.judgement.entries import overdue
from exclusion.judgement.score import people_rates
from exclusion.language import mark, tr
from exclusion.release import Evidence
from exclusion.saying import Later
from exclusion.ui import judged, leaving, own
from exclusion.ui.address import keep
from exclusion.ui.showing import plain, refusing

SCALE, WHY = "people_scale", "people_why"  # of the level of the people estimate, in the address and in the session
RARELY = (3_000, 10, 20)
"""When Python searches for garbage: at its own 700, 10 and 10 a hundred readers were all stopped for 0.12 seconds every 5."""
FIRST_SERVICE = "council_tax_reduction"  # what a new visitor sees; any other is one choice away


@st.cache_resource(show_spinner=Later(mark("Reading the data release …")))
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
        gc.set_threshold(*RARELY)
        leaving.watch()


@st.cache_resource(max_entries=200, show_spinner=Later(mark("Working out what to keep open …")))
def _assessed(
    version: str, councils: tuple[str, ...], services: tuple[str, ...], today: date, scale: tuple[float, str] | None = None
) -> Assessment:
    return assessment.assess(evidence(), list(councils), services, today=today, people_scale=scale)


@st.cache_resource(max_entries=40, show_spinner=Later(mark("Working out what to keep open …")))
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

        return refusing(lambda: own.kept(key, work))
    version, today, scale = evidence().manifest.version, date.today(), people_scale()
    if services is None:
        return refusing(lambda: _assessed_for_all(version, tuple(councils), today, scale))
    return refusing(lambda: _assessed(version, tuple(councils), tuple(services), today, scale))


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
        return refusing(lambda: own.kept(key, lambda: assessment.assess(brought, list(councils), (), weights=weights, people_scale=scale)))
    return refusing(lambda: _scored(evidence().manifest.version, tuple(councils), chosen, date.today(), people_scale()))


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
        keep(name, answer, None if unset else str(answer))
    return (factor, why) if why else None


def people_definition(a: Assessment) -> str:
    """What "unlikely to use the internet" means, with its date and the factor set, if any."""
    return plain(tr(a.people_estimate.definition))


def overdue_texts() -> list[str]:
    """What to print about our own texts that were due to be checked."""
    return overdue(judgement.all_entries(), date.today())
