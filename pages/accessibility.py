"""The accessibility statement."""

import streamlit as st

from exclusion import ui
from exclusion.views import guide

ui.page("Accessibility")
for heading, sentences in guide.STATEMENT:
    st.header(heading, anchor=False)
    ui.lines(sentences)
