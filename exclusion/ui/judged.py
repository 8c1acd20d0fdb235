"""A council's own judgement (service profiles, thresholds, promises), taken up for the visit: it holds on every page with findings.

It is read from files of the visit and never given to a cache that another visitor could be answered from.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from exclusion.contracts import ExclusionError
from exclusion.judgement.local import Local, read_local_files
from exclusion.language import mark, tr
from exclusion.saying import join_words
from exclusion.ui import visit

KEY = "proposal_local"
PAGES = ("Service", "Ward", "Risk map", "Two maps", "Tables", "Proposal", "Equality review", "Councillor page")
"""Pages that show findings. The rest speak of figures, scores or what was saved, on which no file of these bears."""

_WHERE = {
    "Ward": mark("with the findings, once a ward is chosen"),
    "Councillor page": mark("at the foot of the sheet, once one is chosen to read"),
    "Proposal": mark("with the findings, once there is a proposal"),
    "Equality review": mark("with the findings, once there is a proposal"),
}
"""Where a page says what was changed, for pages on which nothing may stand yet when the banner is read."""


def read() -> Local | None:
    """What was taken up in this visit, or None.

    Raises
    ------
    DataRefused
        With every mistake of all the files.
    """
    given = visit.files(KEY)
    if not given:
        return None

    def work() -> Local:
        with visit.folder() as folder:
            return read_local_files([visit.written(Path(folder), one) for one in given])

    return visit.once("own_judgement", visit.print_of(given), work)


def taken_up() -> Local | None:
    """What was taken up in this visit; None also where it cannot be read, which :func:`tell` says."""
    try:
        return read()
    except ExclusionError:
        return None


def here() -> Local | None:
    """What holds on this page: None where nothing was taken up, where it cannot be read, and on a page without findings."""
    return taken_up() if st.session_state.get("_page") in PAGES else None


def key() -> object:
    """The same for the same judgement: for whatever is kept of the visit."""
    return visit.print_of(visit.files(KEY)) if here() is not None else ()


def tell() -> ExclusionError | None:
    """Say on a page with findings that judgement in them is the council's; what is wrong with the files is handed back to be shown."""
    given = visit.files(KEY)
    page = st.session_state.get("_page")
    if not given or page not in PAGES:
        return None
    names = join_words([name for name, _ in given])
    try:
        read()
    except ExclusionError as error:
        if page == "Proposal":
            return None  # it says so where the files are asked for, and stops there
        st.warning(
            tr("Your own judgement ({names}) cannot be used: this page goes by ours. Mend the files on the page Proposal.", names=names)
        )
        return error
    st.info(
        tr(
            "Judgement on this page is partly your own ({names}), taken up in this visit and seen only by you. What it "
            "changes is said {where}. Remove it on the page Proposal.",
            names=names,
            where=tr(_WHERE.get(page, mark("with the findings"))),
        )
    )
    return None
