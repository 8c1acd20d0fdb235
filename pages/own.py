"""What a council brings itself: figures or areas of its own, for this visit only."""

import streamlit as st

from exclusion import ui
from exclusion.language import mark, tr
from exclusion.ui import own_form

held = ui.page(mark("Your figures"))
st.markdown(
    tr(
        "Figures and areas of your own, laid into the published ones. What you bring is read here, **kept in this "
        "visit only**, and seen by nobody else. It is yours; so is the decision to publish what rests on it."
    )
)
councils = ui.choose_councils(held)
ui.nation_notices(held, councils)
own_form.form(ui.evidence(), councils)
ui.cannot_tell("area", "low_use", "no_flag")
