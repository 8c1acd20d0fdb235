"""The table for planners: choose groups of columns, filter, sort, search, take away."""

from __future__ import annotations

import streamlit as st

from exclusion import export, ui
from exclusion.assessment import Assessment
from exclusion.language import tr
from exclusion.saying import counted
from exclusion.ui.visit import ask
from exclusion.views import planner
from exclusion.words import capital


def panel(a: Assessment) -> None:
    """Ask which columns and wards, show them, and give exactly what is shown as a file."""
    known = planner.groups(a)
    st.markdown(
        tr(
            "Row 1 holds machine names that stay the same from release to release, and every row its code, so that it "
            "joins to your GIS. What a column means stands in the list below the table; small counts are hidden, and say "
            "so."
        )
    )
    left, right = st.columns([2, 1])
    with left:
        chosen = ask(st.multiselect, tr("Groups of columns"), "planner_groups", list(planner.FIRST), options=list(known), format_func=tr)
    with right:
        words = ask(st.text_input, tr("Only wards whose name, council or code holds"), "planner_words", "")
    shown = planner.sheet(a, [one for one in chosen if one in known], words)
    about = tr(
        "{wards} of {areas}, {columns} columns, by name",
        wards=counted(len(shown.table), "ward"),
        areas=len(a.areas),
        columns=len(shown.table.columns),
    )
    ui.status(f"{capital(about)}.")
    st.dataframe(
        shown.table,
        hide_index=True,
        width="stretch",
        height=min(420, 38 + 36 * max(len(shown.table), 1)),
        alt=tr("Ward figures, {about}", about=about),
        column_config={
            name: st.column_config.Column(name, help=" · ".join(part for part in (one.label, one.unit, one.note) if part))
            for name, one in shown.columns.items()
        },
    )
    st.download_button(
        tr("The table as shown (CSV)"),
        data=lambda: export.csv_bytes(shown.table),
        file_name="wards-as-shown.csv",
        mime="text/csv",
        on_click="ignore",
    )
    with st.expander(tr("What each column means")):
        ui.table(
            planner.dictionary_rows(shown),
            tr("Columns shown, with unit, note and source"),
            english=(tr("Meaning"), tr("Unit"), tr("Note"), tr("Source")),
        )
