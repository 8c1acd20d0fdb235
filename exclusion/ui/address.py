"""Answers that live in the address of a page: kept for the next page, spelt as its questions spell them, and said where they are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.scriptrunner import get_script_run_ctx

from exclusion.language import tr
from exclusion.saying import join_words
from exclusion.ui.showing import plain


def keep(name: str, answer: Any, label: Any = None) -> None:
    """Remember an answer for the next page; ``label`` is how an address spells it, None for the answer a page starts with."""
    st.session_state.setdefault("_answers", {})[name] = (answer, label)


def give_answers(but: Collection[str] = ()) -> None:
    """Give the page the answers kept, and its address their spelling, ``but`` where the address has the say.

    All at once: each change of the address is a page of the browser's history, which Back has to go through.
    """
    answers: dict[str, tuple[Any, Any]] = st.session_state["_answers"]
    spelt = {}
    for name, (answer, label) in answers.items():
        st.session_state[name] = answer
        if label is not None and name not in but:
            spelt[name] = label
    try:
        st.query_params.update(spelt)
    except StreamlitAPIException:  # a question that has been asked keeps its own address
        for name, label in spelt.items():
            with suppress(StreamlitAPIException):
                st.query_params[name] = label


def carry_over(title: str) -> None:
    """Give a page just come to the answers of the page before, and its address too: Streamlit forgets them on the way.

    A question bound to the address cannot have it set from here once it has been asked, so this comes first. Where the
    visitor went back or forward, the address has the say. Streamlit takes out of it, for the first run, every answer
    that the page left asked for too, and would show none: a second run gets the whole address.
    """
    if st.session_state.get("_page") != title:
        run = get_script_run_ctx()
        if run is not None and run.is_history_navigation:
            st.session_state["_by_history"] = True
            st.rerun()
        by_history = st.session_state.pop("_by_history", False)
        if "_answers" in st.session_state:
            give_answers(but=st.query_params.to_dict() if by_history else ())
    st.session_state["_page"] = title


def readdress(name: str, spelt: str | list[str]) -> None:
    """Spell an answer in the address as its question does, and begin again.

    A question takes its first answer from the address that the run began with: one that it cannot read it clears, and
    the link that the visitor copies then opens on something else.
    """
    with suppress(StreamlitAPIException):  # the question has been asked: its answer stands, and the address follows it
        st.query_params[name] = spelt
        st.rerun()


def say_what_the_link_lacks(name: str, labels: set[str], what: str, instead: str) -> None:
    """A link that names what we do not hold must not pass for one that opened as meant."""
    told = f"link lacks {name}"
    if told not in st.session_state:
        st.session_state[told] = [label for label in st.query_params.get_all(name) if label not in labels]
    if still := [label for label in st.session_state[told] if label not in labels]:  # what was lacking may have been given since
        lacking = join_words([f"“{label}”" for label in still])
        st.warning(plain(tr("This link names {what}: {lacking}. {instead}", what=what, lacking=lacking, instead=instead)))


def heed_id(name: str, labels: Mapping[str, str], what: str, instead: str) -> None:
    """Before a question is asked: a link may answer it by id, as the command line does; what we do not hold is said.

    ``labels`` are the answers' words by id; ``what`` a link may name that is not one, and what is shown ``instead``.
    """
    given = str(st.query_params.get(name))
    if given in labels and labels[given] != given:
        readdress(name, labels[given])
    say_what_the_link_lacks(name, set(labels.values()), what, instead)
