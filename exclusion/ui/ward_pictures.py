"""The pictures of one ward and one service, each with its words and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from exclusion import maps, risk, ui, views
from exclusion.assessment import Assessment, once
from exclusion.judgement.services import Service
from exclusion.language import tr
from exclusion.release import Evidence

if TYPE_CHECKING:
    from exclusion.charts import Picture


def picture(shown: Picture) -> None:
    """A chart with its words; a table with the same figures must stand below."""
    st.vega_lite_chart(spec=shown.chart.to_dict(), alt=shown.alt, theme=None, width="stretch")


def pyramid(a: Assessment, code: str) -> None:
    """One ward's residents by age and disability, drawn; the table above it holds who is unlikely to use the internet."""
    rows, name = views.by_age_and_disability(a, code), str(a.areas.loc[code, "area_name"])
    if rows.empty:
        st.markdown(tr("No figures by age and disability are held for this ward."))
        return
    picture(_pyramid(a, code))
    shown = rows.assign(many=[views.ten_words(n) for n in rows["residents"]], few=[views.ten_words(n) for n in rows["unlikely"]])
    shown = shown[["age", "who", "many", "few"]].set_axis(
        [tr("Age"), tr("Who"), tr("Residents"), tr("Unlikely to use the internet")], axis=1
    )
    ui.table(
        shown,
        tr("Residents of {name} by age and disability, and how many are unlikely to use the internet (estimate, rounded to 10)", name=name),
    )


@once
def _pyramid(a: Assessment, code: str) -> Picture:
    from exclusion import charts  # needed only once a picture is drawn

    return charts.pyramid(views.by_age_and_disability(a, code), str(a.areas.loc[code, "area_name"]))


@st.cache_data(max_entries=8, show_spinner=False)
def _risks(version: str, nation: str, _held: Evidence) -> pd.Series[Any]:
    areas = _held.areas
    return risk.score(_held, list(areas.index[areas["nation"] == nation]))["risk"]


def spread(a: Assessment, code: str) -> None:
    """Where one ward stands among the wards of its nation, drawn and in a table; at the default weights."""
    nation = str(a.areas.loc[code, "nation"])
    shown, rows = _spread(a, code)
    picture(shown)
    ui.table(rows, tr("Wards of {nation} by score", nation=nation), numbers=(tr("Wards"),))


@once
def _spread(a: Assessment, code: str) -> tuple[Picture, pd.DataFrame]:
    from exclusion import charts  # needed only once a picture is drawn

    area, held = a.areas.loc[code], a.evidence
    release_name = f"{held.manifest.name} {held.manifest.version}"
    risks = _risks(release_name, str(area["nation"]), ui.evidence()).copy()
    risks[code] = a.scores.loc[code, "risk"]  # of a visit's own figures, where there are any
    rows = views.spread(risks, code)
    picture_of = charts.distribution(rows, str(area["area_name"]), str(area["nation"]))
    return picture_of, views.spread_rows(rows, str(area["area_name"]))


def ways_grid(a: Assessment, service: Service) -> None:
    """Each way in, ward by ward, for one service."""
    shown = views.ways_grid(a, service.id)
    if len(shown.columns) == 1:
        st.markdown(tr("Nothing was found beyond the minimum in any of these wards, in the rules checked."))
        return
    st.html(maps.legend([*maps.LEVELS, maps.NOT_ASSESSED]))
    ui.grid(shown, tr("{service_name}: wards down, ways in across, the level of what was found", service_name=tr(service.service_name)))
