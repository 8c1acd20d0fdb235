"""The council's own routes and costs, laid beside a proposal. Kept in the visit only."""

from __future__ import annotations

from datetime import date

import streamlit as st

from exclusion import alongside, routes, ui
from exclusion.contracts import DataRefused, Problem
from exclusion.language import tr
from exclusion.proposal import Considered
from exclusion.ui.costs_form import choose_costs
from exclusion.ui.visit import attempt, upload


def lay_beside(considered: Considered) -> alongside.Beside:
    """What the council's routes and costs say, where it uploads them; mistakes in them are shown."""
    routes_file = upload(tr("Your ways in without the internet (routes, CSV)"), "proposal_routes", ["csv"])
    st.download_button(tr("An empty list to fill in (CSV)"), routes.template(), "routes.csv", "text/csv", on_click="ignore")
    problems: list[Problem] = []
    given = alongside.Given(
        attempt(lambda: routes.read(routes_file[0][1], routes_file[0][0]), problems) if routes_file else None,
        choose_costs(considered, problems),
    )
    found = attempt(lambda: alongside.beside(considered, date.today(), given), problems)
    if problems:
        ui.show_error(DataRefused(problems))
    return found or alongside.Beside()
