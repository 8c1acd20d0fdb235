"""What was found, ward by ward: the sentence, the question which ward, the map, and beside it one ward or the map in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from exclusion import maps, ui, views
from exclusion.assessment import Assessment
from exclusion.language import tr


def found_by_ward(
    a: Assessment,
    classes: pd.Series[Any],
    shades: Sequence[maps.Shade],
    *,
    about: str,
    title: str,
    name: str,
    panel: Callable[[str], None],
    note: str = "",
) -> None:
    """Draw it.

    Parameters
    ----------
    classes, shades
        As for :func:`exclusion.ui.draw_map`; a ward without a class was not assessed.
    about
        What the sentence is about, such as the name of the service.
    title, name
        As for :func:`exclusion.ui.draw_map`.
    panel
        Called with the code of the chosen ward, to fill the space beside the map.
    note
        A sentence that goes with the map and its picture; whether findings go by the council's own judgement is added to it.
    """
    said = views.names_by_level(a, classes, shades)
    ui.status(
        f"{about}: "
        + "; ".join(
            tr("{word} in {names} of {areas} wards", word=tr(shade.word), names=len(names), areas=len(a.areas)) for shade, names in said
        )
        + "."
    )
    ward = ui.choose_ward(a.areas)
    left, right = st.columns(2)
    with left:
        ui.draw_map(
            a.areas,
            classes,
            shades,
            title=title,
            name=name,
            nothing=maps.NOT_ASSESSED,
            notes=views.people_notes(a),
            selected=ward,
            note=f"{note} {views.own_judgement(a)}".strip(),
            on_pick=ui.pick_ward,
        )
    with right:
        if ward:
            panel(ward)
        else:
            st.subheader(tr("The map in words"), anchor=False)
            ui.lines([(f"{shade.label}:", ", ".join(names)) for shade, names in said])
