"""How pages say things: status, notices, mistakes, lists and tables, links to other pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from typing import TypeVar

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from exclusion import blocks, language, maps, retold, risk, views
from exclusion.assessment import Assessment
from exclusion.contracts import ExclusionError
from exclusion.language import tr
from exclusion.release import Evidence
from exclusion.saying import English

Found = TypeVar("Found")


def show_error(error: ExclusionError) -> None:
    """What is wrong and what to do, every problem at once."""
    lines = [str(problem) for problem in error.problems] or [str(error)]
    st.error("\n".join(f"- {plain(line)}" for line in lines) if len(lines) > 1 else plain(lines[0]))


def refusing(work: Callable[[], Assessment]) -> Assessment:
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


def plain(text: str) -> str:
    """Text as it stands, whatever it holds: nothing in it is taken for markdown."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+-.!|<>~$:" else letter for letter in text)


def status(text: str) -> None:
    """Say the result of the page, also to a screen reader when it changes."""
    spoken = f' lang="{language.ENGLISH}"' if isinstance(text, English) and language.current() != language.ENGLISH else ""
    st.html(f'<div role="status" aria-live="polite" class="kept-open-status"{spoken}>{escape(text)}</div>')


def notices(told: Sequence[str]) -> None:
    """What whoever reads the figures must know first."""
    said = [retold.told(line) for line in told]
    english = [line for line in said if isinstance(line, English)]
    if len(said) > len(english):
        st.warning("\n\n".join(plain(line) for line in said if not isinstance(line, English)))
    if english:  # what Streamlit makes of a text cannot say which language it is in
        lines(english)


def said(text: str) -> None:
    """A paragraph; one that stays in English where the page does not tells a screen reader so."""
    if isinstance(text, English) and language.current() != language.ENGLISH:
        st.html(f'<p lang="{language.ENGLISH}">{escape(text)}</p>')
    else:
        st.markdown(text)


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
    st.header(tr("What this cannot tell you"), anchor=False)
    lines([tr(views.CAVEATS[caveat]) for caveat in caveats])


def table(frame: pd.DataFrame, caption: str, *, numbers: Sequence[str] = (), english: Sequence[str] = ()) -> None:
    """A table whose words wrap; see :func:`exclusion.blocks.table`."""
    st.html(blocks.table(frame, caption, numbers=numbers, english=english))


def grid(frame: pd.DataFrame, caption: str) -> None:
    """A wide table of levels, one number a cell; see :func:`exclusion.blocks.grid`."""
    st.html(blocks.grid(frame, caption, [*maps.LEVELS, maps.NOT_ASSESSED]))


def page_link(page: str, label: str) -> None:
    """To another page, where there is one: a page that runs alone has none to go to."""
    with suppress(StreamlitPageNotFoundError):
        st.page_link(page, label=label)


def ward_link() -> None:
    """To the page of the chosen ward; the choices travel in the address."""
    page_link("pages/ward.py", tr("Everything about this ward"))
