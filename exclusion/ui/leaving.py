"""What a visit brought is let go when it ends, not when somebody else happens to come by.

Streamlit keeps a visit whose page was closed for two minutes, in case a broken connection comes back. It throws it out
when the next page is closed after that, and holds on to the last of all until another visitor comes: on a quiet evening
that is tomorrow. It offers no hook for the end of a visit, so the sweep below compares its list of visits with the last
one. Two of its names are Streamlit's own inside: ``tests/browser/test_leaving_browser.py`` fails when they change.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any
from weakref import WeakSet

import streamlit as st
from streamlit import runtime

EVERY = 30.0
"""Seconds between two sweeps: a closed visit is gone after two minutes and a half at most."""


@st.cache_resource(show_spinner=False)
def watch() -> None:
    """Sweep from now on, for as long as the process runs.

    Does nothing where no server runs (a test of a page alone), or where Streamlit calls its list otherwise: a page must
    not fail for it, the test does.
    """
    server: Any = runtime.get_instance() if runtime.exists() else None
    if visits := getattr(server, "_session_mgr", None):
        loop = server._get_async_objs().eventloop
        loop.call_soon_threadsafe(_sweep, loop, visits, ())


def _sweep(loop: Any, visits: Any, before: Iterable[Any]) -> None:
    """On the server's own loop, where visits come and go: none does so meanwhile."""
    now = [one.session for one in visits.list_sessions()]
    loop.call_later(EVERY, _sweep, loop, visits, WeakSet(now))  # first: whatever goes wrong below, the next one comes
    names = {session.id for session in now}
    gone = [session for session in before if session.id not in names]
    for session in gone:
        session.shutdown()  # lets go of its uploads
        session.session_state._new_widget_state.widget_metadata.clear()  # labels and choices, such as headings of a file
        session.session_state.clear()
    if gone:
        if not now:  # the first visit was there when what is read once was set aside from the search for garbage
            gc.unfreeze()
        gc.collect()
        if not now:
            gc.freeze()


__all__ = ["EVERY", "watch"]
