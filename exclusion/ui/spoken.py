"""Which language this visit reads: asked on every page, held in the visit and in the address, told to the browser."""

from __future__ import annotations

from html import escape

import streamlit as st

from exclusion import language
from exclusion.language import mark, tr
from exclusion.saying import date_words

IN_ADDRESS = "lang"
_HELD = "_language"

UNCHECKED = mark("Not yet checked by a translator.")
CHECKED = mark("Checked by a translator: {by}, {on}.")
IN_ENGLISH = mark(
    "Messages about mistakes, notes of publishers, names of laws, the dictionary of columns, much of the Method page, what a proposal "
    "does in full, documents to take away, what people write and the words of Streamlit's own parts are in English so far."
)


def heed() -> None:
    """Speak what the address asks for (``?lang=cy``), else what the visit chose before; before anything is shown."""
    given = st.query_params.get(IN_ADDRESS)
    if given in language.languages():
        st.session_state[_HELD] = given
    language.speak(st.session_state.get(_HELD, language.ENGLISH))
    _spell()


def _spell() -> None:
    """A link that is copied opens in the language it was copied in; English needs no word in the address."""
    code = language.current()
    if code == language.ENGLISH:
        st.query_params.pop(IN_ADDRESS, None)
    elif st.query_params.get(IN_ADDRESS) != code:
        st.query_params[IN_ADDRESS] = code


def choose() -> None:
    """A button for each other language, in that language."""
    for code, name in language.languages().items():
        if code != language.current():
            st.button(name, key=f"language_{code}", type="tertiary", on_click=_choose, args=(code,))


def _choose(code: str) -> None:
    st.session_state[_HELD] = code
    language.speak(code)
    _spell()


def told_to_browser() -> str:
    """The line of script that says which language the document is in: a screen reader picks its voice by it."""
    return f"document.documentElement.lang = {language.current()!r};"


def tell() -> None:
    """In a language other than English: whether a translator has checked it, and what is in English still."""
    code = language.current()
    if code == language.ENGLISH:
        return
    held = language.catalogue(code)
    if held.checked:
        st.html(f'<p class="kept-open-language">{escape(_checked(held))}</p>')
        return
    in_english = f'<span lang="en">{escape(held.name)}: {escape(UNCHECKED)} {escape(IN_ENGLISH)}</span>'
    st.html(
        f'<p class="kept-open-language" role="note">{escape(held.name)}: {escape(tr(UNCHECKED))} {escape(tr(IN_ENGLISH))} {in_english}</p>'
    )


def _checked(held: language.Catalogue) -> str:
    return f"{held.name}: {tr(CHECKED, by=held.checked_by, on=date_words(held.checked_on))} {tr(IN_ENGLISH)}"


__all__ = ["choose", "heed", "tell", "told_to_browser"]
