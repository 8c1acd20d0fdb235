"""The line on which people sign in and out, where whoever runs the server has said with whom (OpenID Connect)."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from exclusion.language import mark, tr
from exclusion.ui.visitor import visitor

FIRST = mark("Sign in before you enter anything: signing in opens the app afresh, and what this visit holds is gone.")
DOES = {
    "viewer": mark("may look"),
    "officer": mark("may save, answer and review"),
    "approver": mark("may save, answer, review and sign off"),
}


def tell() -> None:
    """Say who is signed in and what they may do, with the way out; or offer the ways in. Nothing where no sign-in is set up."""
    ways = providers()
    if not ways:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="signing"):
        if st.user.to_dict().get("is_logged_in") is True:
            who = visitor()
            name = st.user.to_dict().get("name") or who.name
            st.text(
                tr(
                    "Signed in as {name}{more}: {does}.",
                    name=name,
                    more=f" ({who.name})" if who.name != name else "",
                    does=tr(DOES[who.role]),
                )
            )
            st.button(tr("Sign out"), on_click=st.logout, key="sign_out")
        else:
            for provider, words in ways.items():
                st.button(words, on_click=st.login, args=(provider,), key=f"sign_in_{provider}")
            st.caption(tr(FIRST))


def providers() -> dict[str, str]:
    """With whom people can sign in: the name Streamlit knows it by -> the words of the button.

    Read from the section ``[auth]`` of Streamlit's secrets: the one service in it, or each named part
    (``[auth.entra]``), which may carry a ``label`` for the button.
    """
    try:
        section = st.secrets.get("auth")
    except StreamlitSecretNotFoundError:
        return {}
    if not isinstance(section, Mapping):
        return {}
    if "client_id" in section:
        return {"default": _words(section, tr("Sign in"))}
    return {name: _words(part, tr("Sign in with {name}", name=name)) for name, part in section.items() if isinstance(part, Mapping)}


def _words(part: Mapping[str, object], words: str) -> str:
    return str(part.get("label") or words)


__all__ = ["DOES", "FIRST", "providers", "tell"]
