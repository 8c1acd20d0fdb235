"""Who is at the screen: what Streamlit knows of the visit, handed to the register's rule of who may write."""

from __future__ import annotations

import streamlit as st

from exclusion import register


def visitor() -> register.Visitor:
    """Who is at the screen, and what they may do; see :func:`exclusion.register.visitor`.

    A page shows its forms when ``may_write`` holds, else the sentence ``why_not``; asks for a name
    when ``asks_name`` holds; and saves under ``author(name)``, which refuses whoever may not.
    """
    told = st.user.to_dict()
    return register.visitor(
        str(st.get_option("server.address") or ""), st.context.headers.to_dict(), told if told.get("is_logged_in") is True else None
    )
