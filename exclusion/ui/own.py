"""What a council brought in this visit, its own figures or areas, and the assessments that rest on it.

All of it lives in the session of the person who brought it. Nothing here is ever given to a cache
that another visitor could be answered from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from exclusion.language import tr
from exclusion.release import Evidence

T = TypeVar("T")
HELD, MADE = "_own_held", "_own_made"
FIGURES, AREAS = "figures", "areas"
PAGES = ("Service", "Ward", "Risk map", "Two maps", "Tables")
"""Pages that speak of what was brought; the others speak of the release alone, and say so."""
MOST = 12  # assessments kept for a visit; one for each page and choice of a moment


@dataclass(frozen=True)
class Held:
    """Evidence with what was brought in it, and what to say of it."""

    evidence: Evidence
    councils: tuple[str, ...]
    what: dict[str, str]
    """What was brought: ``figures`` or ``areas`` -> name of the file."""
    said: tuple[str, ...]


def held() -> Held | None:
    """What was brought in this visit, or None."""
    found: Held | None = st.session_state.get(HELD)
    return found


def here() -> Evidence | None:
    """The evidence of this visit on a page that speaks of what was brought, else None: the release."""
    found = held()
    return found.evidence if found and st.session_state.get("_page") in PAGES else None


def hold(brought: Held) -> None:
    """Keep for this visit."""
    st.session_state[HELD] = brought
    st.session_state.pop(MADE, None)


def forget() -> None:
    """Take it all away again."""
    for name in (HELD, MADE):
        st.session_state.pop(name, None)


def kept(key: object, work: Callable[[], T]) -> T:
    """What was worked out in this visit, such as an assessment: once, and for nobody else."""
    made: dict[object, Any] = st.session_state.setdefault(MADE, {})
    if key not in made:
        while len(made) >= MOST:
            made.pop(next(iter(made)))
        made[key] = work()
    result: T = made[key]
    return result


def tell() -> None:
    """Say on a page what was brought, or that this page does not use it."""
    found = held()
    if found is None or st.session_state.get("_page") == "Your figures":  # the page itself says what is in use
        return
    files = " and ".join(found.what.values())
    if here() is None:
        more = (
            tr(" An indicator of your own can be scored by a method of your own, below.")
            if st.session_state.get("_page") == "Method"
            else ""
        )
        st.info(
            tr("You brought {files}. This page does not use it: it speaks of the published figures of wards.{more}", files=files, more=more)
        )
    else:
        st.info(
            tr(
                "This page uses {files}, which you brought in this visit and only you see. Take it away on the page Your figures.",
                files=files,
            )
        )
