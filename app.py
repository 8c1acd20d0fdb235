"""Kept Open: which other ways in must stay open when a council service moves online."""

import streamlit as st

from exclusion import ui
from exclusion.language import tr
from exclusion.ui import spoken, turns

ui.warm_up()
spoken.heed()
page = st.navigation(
    {
        tr("Services"): [
            st.Page("pages/service.py", title=tr("Service"), default=True),
            st.Page("pages/tables.py", title=tr("Tables")),
            st.Page("pages/places.py", title=tr("Places")),
        ],
        tr("Wards"): [
            st.Page("pages/ward.py", title=tr("Ward")),
            st.Page("pages/risk_map.py", title=tr("Risk map")),
            st.Page("pages/two_maps.py", title=tr("Two maps")),
            st.Page("pages/national.py", title=tr("National map")),
        ],
        tr("Proposals"): [
            st.Page("pages/proposal.py", title=tr("Proposal")),
            st.Page("pages/equality.py", title=tr("Equality review")),
            st.Page("pages/councillor.py", title=tr("Councillor page")),
            st.Page("pages/register.py", title=tr("Register")),
        ],
        tr("Figures"): [
            st.Page("pages/own.py", title=tr("Your figures")),
            st.Page("pages/method.py", title=tr("Method")),
            st.Page("pages/sources.py", title=tr("Sources and method")),
        ],
        tr("Help"): [
            st.Page("pages/guide.py", title=tr("Guide")),
            st.Page("pages/accessibility.py", title=tr("Accessibility")),
        ],
    },
    position="top",
)
with turns.turn():
    page.run()
