"""Begin from another council's share pack: its proposal and profiles become this visit's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from exclusion import register, ui
from exclusion.contracts import ExclusionError
from exclusion.language import tr
from exclusion.register import Taken
from exclusion.saying import join_words
from exclusion.ui import answering, judged, proposal_form, visit
from exclusion.ui.visit import upload
from exclusion.views import sharing as shown


def offer(councils: Sequence[str], nations: Sequence[str]) -> None:
    """Ask for a share pack; show what the other council did, and take its proposal and profiles up when the visitor says so.

    Parameters
    ----------
    councils
        Names of the councils of the page.
    nations
        Their nations: what councils there do not run is said.
    """
    with st.expander(tr("Begin from what another council proposed")):
        st.markdown(
            tr(
                "A share pack is a file that another council wrote on its page *Register*. It holds its proposal, what was "
                "found and answered there, and its service profiles. The proposal is taken up for {councils}; no figure of "
                "theirs is.",
                councils=join_words(list(councils)),
            )
        )
        given = upload(tr("A share pack (zip)"), "share_pack", ["zip"])
        if not given:
            return
        name = answering.ask_name("taking", tr("Your name: service profiles that are taken up are signed with it"))
        if not name.strip():
            st.markdown(tr("Give your name to read it."))
            return
        try:
            taken = visit.from_file(partial(_read, councils=councils, by=name, nations=nations), given[0])
        except ExclusionError as error:
            ui.show_error(error)
            return
        st.markdown(ui.plain(taken.source))
        ui.lines(taken.notices)
        if len(taken.mitigations):
            ui.table(shown.did(taken.mitigations), tr("What the other council found, and what it answered"))
        if taken.files:
            st.button(tr("Take it up in this visit"), on_click=_take_up, args=(taken,))


def _read(path: object, councils: Sequence[str], by: str, nations: Sequence[str]) -> Taken:
    return register.take(str(path), councils, by, date.today(), nations)


def _take_up(taken: Taken) -> None:
    """What was taken is this visit's as if it had been uploaded; anything given before stays beside it."""
    kept = visit.held()
    proposals = [(name, content) for name, content in taken.files.items() if name.startswith("proposal-")]
    profiles = [(name, content) for name, content in taken.files.items() if not name.startswith("proposal-")]
    if proposals:
        kept["proposal_toml_files"] = proposals
        kept["proposal_how"] = st.session_state["proposal_how"] = proposal_form.KINDS[1]
    if profiles:
        kept[f"{judged.KEY}_files"] = profiles
