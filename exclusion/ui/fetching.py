"""The button that fetches a council's newest figures: the same as ``exclusion fetch``, with what goes on shown as it goes on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import streamlit as st

from exclusion import ui
from exclusion.building import fetching
from exclusion.contracts import ExclusionError
from exclusion.language import tr
from exclusion.release import Evidence
from exclusion.saying import join_words
from exclusion.sources.addresses import read_addresses
from exclusion.sources.fetch import Fetcher
from exclusion.words import capital

LAST = "fetch_report"


def panel(held: Evidence) -> None:
    """Which release is open, what to fetch, and what came of the last time.

    Nothing is asked before the button is pressed. Where many people share one server its owner turns
    the panel off with ``KEPT_OPEN_FETCH=off``.
    """
    st.header(tr("Fetch the newest figures"), anchor=False)
    about = held.manifest.fetched
    if about:
        ui.lines(
            [
                (
                    tr("Fetched"),
                    tr(
                        "on {on}: {names}. Other councils are as in the release that came with the program.",
                        on=about["on"],
                        names=about["names"],
                    ),
                )
            ]
        )
    else:
        ui.lines([(tr("As it came"), tr("three councils are mapped, and broadband is known by council only."))])
    if os.environ.get("KEPT_OPEN_FETCH") == "off":
        st.markdown(tr("Fetching is turned off here. Ask whoever runs this server."))
        return
    st.markdown(
        tr(
            "Fetching asks the publishers (ONS, Nomis, Ofcom, NISRA, the governments) for one council's boundaries, "
            "small areas, broadband by ward and older people living alone. It takes some minutes the first time, and can "
            "be stopped and taken up again. Nothing of yours is sent. Scotland's Census has no service to ask: download "
            "its tables on age, disability and tenure by data zone "
            "(https://www.scotlandscensus.gov.uk/search-the-census) and give their folder below."
        )
    )
    listed = held.councils()
    names = listed.set_index("council_code")["council_name"]
    counties = sorted({name for name in held.areas["upper_name"] if name})
    labels = {f"{name} ({code})": code for code, name in names.items()} | {
        tr("{name} (county: its districts)", name=name): name for name in counties
    }
    with st.form("fetch", border=True):
        chosen = st.multiselect(
            tr("Councils to fetch"),
            list(labels),
            filter_mode="contains",
            select_all=False,  # else Enter would choose every council that matches
            placeholder=tr("Type the name of a council or a county"),
        )
        folder = st.text_input(tr("Folder of files you downloaded by hand (if any)"), help=tr("They are used first, and not asked for."))
        offline = st.checkbox(tr("Use only what an earlier run kept (asks nobody)"))
        pressed = st.form_submit_button(tr("Fetch"), type="primary")
    if pressed and not chosen:
        st.warning(tr("Choose a council first."))
    elif pressed:
        _fetch(held, [labels[label] for label in chosen], folder.strip(), offline)
    if LAST in st.session_state:
        _show(st.session_state[LAST])


def _fetch(held: Evidence, asked: list[str], folder: str, offline: bool) -> None:
    """Fetch while the page says what is going on; leaving the page stops it, and the next time goes on from there."""
    st.session_state.pop(LAST, None)
    try:
        fetcher = Fetcher(hand=Path(folder) if folder else None, offline=offline)
        codes = fetching.councils_of(held, asked)
        with st.status("Fetching …", expanded=True) as box:
            bar, now = st.progress(0.0), st.empty()
            last = [0.0]

            def say(text: str, share: float) -> None:
                if time.monotonic() - last[0] > 0.2 or share >= 1:  # a browser cannot show more, and the run need not wait for it
                    last[0] = time.monotonic()
                    now.text(text)
                    if share >= 0:
                        bar.progress(min(share, 1.0))

            fetcher.say = say
            report = fetching.fetch(fetcher, read_addresses(), codes)
            failed = [one.title for one in report.outcomes if one.problem]
            label = tr("Fetched") if not failed else tr("Fetched, without {failed}", failed=join_words(failed))
            box.update(
                label=label if report.release else tr("Not fetched"), state="complete" if report.release else "error", expanded=False
            )
    except ExclusionError as error:
        ui.show_error(error)
        return
    st.session_state[LAST] = report
    if report.release:
        st.cache_data.clear()
        st.cache_resource.clear()  # every page opens the new release from now on
        st.rerun()


def _show(report: fetching.Report) -> None:
    """What came of the last time: every source, and of each that failed what the user can do."""
    if report.release:
        st.success(tr("{named}: fetched, and open on every page.", named=capital(report.named)))
    else:
        st.error(tr("{named}: not fetched. Boundaries are needed; nothing was changed.", named=capital(report.named)))
    table = report.table()[["source", "rows", "how"]].rename(columns={"source": tr("Source"), "rows": tr("Rows"), "how": tr("How it came")})
    ui.table(table, tr("What was fetched"), numbers=(tr("Rows"),))
    for one in report.outcomes:
        if one.problem:
            ui.show_error(one.problem)
