"""A page to read aloud and to print, set into the app: on paper it stands alone, as it would in a pack."""

from __future__ import annotations

import streamlit as st

from exclusion import report, ui
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.report.proposed import named_services
from exclusion.retold import told_html

WARD, SCRUTINY = mark("The page of a ward"), mark("The page for scrutiny")
KINDS = (WARD, SCRUTINY)
ALOUD = 150  # words a minute, read to somebody who hears it for the first time
# The browser's own print command does the same; the button is for those who do not know it.
_PRINT = """
<button type="button" class="kept-open-print">{words}</button>
<script>document.querySelector(".kept-open-print").addEventListener("click", () => window.print());</script>
"""


def choose_service(considered: Considered) -> str:
    """Which of a proposal's services the page is about."""
    names = {one.id: one.service_name for one in considered.assessment.services}
    ids = named_services(considered)
    if len(ids) == 1:
        return ids[0]
    return str(st.selectbox(tr("Service"), ids, format_func=lambda one: tr(names[one]), key="paper_service"))


def show(part: str, whole: str, name: str) -> None:
    """Show a page, with how long it is, and hand it out to print or to send.

    Parameters
    ----------
    part
        As :func:`exclusion.report.ward_part` gives it.
    whole
        The same, complete in itself.
    name
        Of the file.
    """
    words = report.visible_words(part)
    minutes = words / ALOUD
    if 1.5 <= minutes <= 2.2:
        ui.status(tr("{words} words: about two minutes read aloud.", words=words))
    else:
        ui.status(tr("{words} words: about {minutes} minutes read aloud.", words=words, minutes=max(1, round(minutes))))
    left, right = st.columns(2)
    with left:
        st.html(_PRINT.format(words=tr("Print this page")), unsafe_allow_javascript=True)
    with right:
        st.download_button(tr("This page (web page)"), whole, name, "text/html", on_click="ignore", width="stretch")
    st.html(f"<div>{told_html(part)}</div>")


__all__ = ["KINDS", "SCRUTINY", "WARD", "choose_service", "show"]
