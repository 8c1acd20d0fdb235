"""The box at the top of every page that finds a ward by name, code or postcode."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from exclusion import ui, ward_search
from exclusion.contracts import ExclusionError
from exclusion.language import mark, tr
from exclusion.release import Evidence
from exclusion.retold import told
from exclusion.saying import Later
from exclusion.ui import listing, visit

PAGE = "pages/ward.py"


@st.cache_data(max_entries=200, show_spinner=Later(mark("Looking …")))
def _search(version: str, text: str, points: str | None, _evidence: Evidence) -> ward_search.Answer:
    return ward_search.search(_evidence, text, points)


def _answer(held: Evidence, text: str) -> ward_search.Answer:
    points = listing.configured_postcodes()
    if points is None and (brought := visit.files(listing.POINTS)):  # of this visit: answered for nobody else
        return visit.from_file(lambda path: ward_search.search(held, text, path), brought[0])
    return _search(f"{held.manifest.name} {held.manifest.version}", text, str(points) if points else None, held)


def ask(held: Evidence, on_page: str) -> None:
    """Ask, and list what was found: each a link to the page of the ward, which opens it in its own council."""
    text = st.text_input(tr("Find a ward: name, code or postcode"), key="find", max_chars=80, placeholder=tr("Bloomfield, or FY1 5AA"))
    if not text.strip():
        return
    try:
        found = _answer(held, text)
    except ExclusionError as error:
        ui.show_error(error)
        return
    ui.status(told(found.said))
    for code in found.wards:
        name, council = held.areas.loc[code, ["area_name", "council_name"]]
        label = f"{name}, {council} ({code})"
        if on_page == ui.WARD_PAGE:  # a link to the page one is on would not run it again
            if st.button(label, key=f"found_{code}", type="tertiary"):
                ui.show_ward(held, code)
            continue
        with suppress(StreamlitPageNotFoundError):  # a page that runs alone has no other page to go to
            st.page_link("pages/ward.py", label=label, query_params={"code": code})
