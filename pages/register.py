"""The register: save an assessment, open it again as it was, answer, review, compare, check, send."""

import streamlit as st

from exclusion import ui
from exclusion.language import mark, tr
from exclusion.ui import keeping, kept, proposal_form
from exclusion.ui.visitor import visitor

held = ui.page(mark("Register"))
st.markdown(tr("What the council knew, what it was advised, what it answered, why, who and when. Nothing in it is ever changed in place."))
may = visitor()
if not may.may_write:
    st.info(may.why_not)
keeping.said()

st.header(tr("Open an assessment"), anchor=False)
register = keeping.opened()
if register is not None:
    with register:
        if (chosen := kept.choose(register)) is not None:
            kept.show(register, held, *chosen)

if may.may_write:
    st.header(tr("Save an assessment"), anchor=False)
    considered = proposal_form.chosen(held)
    if considered is None:
        st.markdown(tr("There is no proposal in this visit yet. Make one on the Proposal page, or give a proposal file."))
        ui.page_link("pages/proposal.py", tr("Make a proposal"))
    else:
        keeping.save_form(considered)
    st.header(tr("Take in a file"), anchor=False)
    kept.take_in()

st.header(tr("Check that nothing was changed"), anchor=False)
st.markdown(tr("Every save is sealed with the one before it. A check works out every seal anew, and names each row that was changed."))
kept.verify()
ui.cannot_tell("no_flag", "low_use", "profile", "due_regard")
