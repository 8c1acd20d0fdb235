"""The accessibility statement."""

import streamlit as st

from exclusion import ui
from exclusion.language import mark, tr
from exclusion.views import guide

ui.page(mark("Accessibility"))
for heading, sentences in guide.STATEMENT:
    st.header(tr(heading), anchor=False)
    ui.lines([tr(sentence) for sentence in sentences])
