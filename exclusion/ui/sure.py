"""How sure a ward's place is, worked out once for a council and kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from exclusion.assessment import Assessment
from exclusion.language import mark
from exclusion.release import Evidence
from exclusion.saying import Later
from exclusion.ui import own


@st.cache_data(show_spinner=Later(mark("Working out how sure this is")), max_entries=20)
def _chances(version: str, codes: tuple[str, ...], _evidence: Evidence) -> pd.Series:
    return _worked_out(_evidence, codes)


def _worked_out(evidence: Evidence, codes: tuple[str, ...]) -> pd.Series:
    from exclusion.method.uncertainty import uncertainty  # needed only once a ward is chosen

    return uncertainty(evidence, list(codes)).wards["chance"]


def chance(a: Assessment, code: str) -> float | None:
    """How often a ward is among its nation's most affected fifth over every way of working the score out; None where it has no score."""
    if not bool(a.scores.loc[code, "scored"]):
        return None
    council = a.areas.index[a.areas["council_code"] == a.areas.loc[code, "council_code"]]
    scored = tuple(str(one) for one in council if bool(a.scores.loc[one, "scored"]))
    if (brought := own.here()) is not None:  # of a visit's own figures or areas: kept in the visit, for nobody else
        values = own.kept(("chances", scored), lambda: _worked_out(brought, scored))
    else:
        values = _chances(f"{a.evidence.manifest.name} {a.evidence.manifest.version}", scored, a.evidence)
    value = values.get(code)
    return None if value is None or pd.isna(value) else float(value)


__all__ = ["chance"]
