"""Who is at the screen: what Streamlit knows of the visit, handed to the register's rule of who may write."""

from __future__ import annotations

import logging

import streamlit as st

from exclusion import register
from exclusion.contracts import ExclusionError
from exclusion.language import mark

BROKEN = mark(
    "The file that says who may save here cannot be used, so this server only shows. Tell whoever runs it; the log says what is wrong."
)


def visitor() -> register.Visitor:
    """Who is at the screen, and what they may do; see :func:`exclusion.register.visitor`.

    A page shows its forms when ``may_write`` holds, else the sentence ``why_not``; asks for a name
    when ``asks_name`` holds; and saves under ``author(name)``, which refuses whoever may not.
    """
    told = st.user.to_dict()
    signed_in = told if told.get("is_logged_in") is True else None
    try:
        return register.visitor(str(st.get_option("server.address") or ""), st.context.headers.to_dict(), signed_in)
    except ExclusionError as error:
        # The message names addresses of officers: it is for the log, not for whoever looks at the page.
        logging.getLogger(__name__).error("%s", error)
        return register.Visitor("viewer", "", BROKEN)
