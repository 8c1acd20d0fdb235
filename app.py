"""Kept Open: which other ways in must stay open when a council service moves online."""

import streamlit as st

from exclusion import ui

ui.warm_up()
st.navigation(
    {
        "Services": [
            st.Page("pages/service.py", title="Service", default=True),
            st.Page("pages/tables.py", title="Tables"),
            st.Page("pages/places.py", title="Places"),
        ],
        "Wards": [
            st.Page("pages/ward.py", title="Ward"),
            st.Page("pages/risk_map.py", title="Risk map"),
            st.Page("pages/two_maps.py", title="Two maps"),
            st.Page("pages/national.py", title="National map"),
        ],
        "Proposals": [
            st.Page("pages/proposal.py", title="Proposal"),
            st.Page("pages/equality.py", title="Equality review"),
            st.Page("pages/councillor.py", title="Councillor page"),
            st.Page("pages/register.py", title="Register"),
        ],
        "Figures": [
            st.Page("pages/own.py", title="Your figures"),
            st.Page("pages/method.py", title="Method"),
            st.Page("pages/sources.py", title="Sources and method"),
        ],
        "Help": [
            st.Page("pages/guide.py", title="Guide"),
            st.Page("pages/accessibility.py", title="Accessibility"),
        ],
    },
    position="top",
).run()
