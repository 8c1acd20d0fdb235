"""The national map: what it is drawn from, its questions, and the small areas of one ward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import pandas as pd
import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from exclusion import national, ui
from exclusion.judgement.score import method_for
from exclusion.language import mark, tr
from exclusion.release import Evidence
from exclusion.saying import Later
from exclusion.sources.boundaries import NATION_OF
from exclusion.views import national as shown

LEVELS = (mark("Councils"), mark("Wards"))


@st.cache_resource(max_entries=2, show_spinner=Later(mark("Drawing the country …")))
def _country(version: str, _evidence: Evidence) -> national.Country:
    return national.country(_evidence)


def held(evidence: Evidence) -> national.Country:
    """The country, worked out once for each process and never changed."""
    return _country(f"{evidence.manifest.name} {evidence.manifest.version}", evidence)


def choose_nation(nations: Sequence[str]) -> str:
    """Which nation is coloured."""
    return ui.choose_one(tr("Nation"), "nation", nations, tr("a nation we do not hold"))


def choose_level() -> bool:
    """Whether wards are drawn, not councils."""
    return ui.choose_one(tr("Show"), "by", LEVELS, tr("a map that cannot be shown here")) == LEVELS[1]


def choose_council(councils: pd.DataFrame) -> str | None:
    """A council of the nation to look into; the map writes its picks here too."""
    names = {str(code): f"{name} ({code})" for code, name in councils["area_name"].items()}
    return ui.choose_area(tr("Council to look into"), "look", names, tr("Choose a council, here or on the map"))


def pick_council(code: str) -> None:
    """What the map of councils calls when one is picked; a council of another nation brings its nation with it."""
    st.session_state["look"] = code
    st.session_state["nation"] = NATION_OF[code[0]]


def picked_ward(wards: pd.DataFrame) -> Callable[[str], None]:
    """What the map of wards calls when one is picked: its council, and the ward in it."""

    def picked(code: str) -> None:
        pick_council(str(wards.loc[code, "council_code"]))
        st.session_state["look_ward"] = code

    return picked


def ward_here(wards: pd.DataFrame) -> str | None:
    """The chosen ward, before its question is asked."""
    code = st.session_state.get("look_ward")
    return code if code in wards.index else None


def choose_ward_of(wards: pd.DataFrame) -> str | None:
    """A ward of the council, to see its small areas."""
    names = {str(code): f"{name} ({code})" for code, name in wards["area_name"].sort_values().items()}
    return ui.choose_area(tr("Ward to look into"), "look_ward", names, tr("Choose a ward to see its small areas"))


def link_to_council(evidence: Evidence, council: str) -> None:
    """To the risk map of one council."""
    first = str(evidence.areas.index[evidence.areas["council_code"] == council][0])
    with suppress(StreamlitPageNotFoundError):  # a page that runs alone has no other page to go to
        st.page_link("pages/risk_map.py", label=tr("Its wards on the risk map, with weights to move"), query_params={"code": first})


def small_areas(evidence: Evidence, ward: str) -> None:
    """The small areas of one ward, drawn and in a table; or that none are held."""
    name = evidence.areas.loc[ward, "area_name"]
    st.subheader(tr("Small areas of {name}", name=name), anchor=False)
    with suppress(StreamlitPageNotFoundError):
        st.page_link("pages/ward.py", label=tr("Everything about {name}", name=name), query_params={"code": ward})
    small = national.small_areas(evidence, ward)
    if small.empty:
        st.markdown(tr("The release holds no figures for the small areas of this ward. They come with a fetch (page Sources and method)."))
        return
    preset = method_for(str(evidence.areas.loc[ward, "nation"]))
    domains = [(domain.id, tr(domain.label)) for domain in preset.domain] if preset else []
    ui.draw_map(
        small,
        small["tenth"].astype("Int64"),
        shown.SMALL_SHADES,
        title=tr("Map of the small areas of {name}", name=name),
        name="small-areas",
        one="small area",
        height=320,
        note=tr("The shapes are drawn around the middle of each small area; they are not boundaries."),
    )
    ui.table(shown.small_area_rows(small, domains), tr("Small areas that lie mostly in {name}, by name", name=name))


def ward_table(table: pd.DataFrame, caption: str) -> None:
    """Thousands of wards in a table that can be sorted, searched and taken away; by name to begin with."""
    st.markdown(tr("**{caption}.** {table:,} rows; search and sort with the buttons above the table.", caption=caption, table=len(table)))
    st.dataframe(table, hide_index=True, height=420, width="stretch", alt=caption)
    st.download_button(
        tr("These wards (CSV)"),
        data=lambda: table.to_csv(index=False).encode("utf-8-sig"),
        file_name="wards-by-band.csv",
        mime="text/csv",
        on_click="ignore",
    )
