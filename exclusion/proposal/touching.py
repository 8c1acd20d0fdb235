"""Which wards a proposal touches, service by service: what every count of findings that ask for an answer is of."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from exclusion.proposal.model import Proposal
from exclusion.release import find_councils


def touched(findings: pd.DataFrame, proposals: Iterable[Proposal], areas: pd.DataFrame) -> pd.DataFrame:
    """The findings of services and wards that some proposals are about; an officer answers for no other.

    Parameters
    ----------
    findings
        With ``area_code, service_id``.
    areas
        The wards of the assessment: index ``area_code``, with ``council_code, council_name``.

    Returns
    -------
    pandas.DataFrame
        Rows where a proposal of the ward's council names the service there, or changes a place there that gives it
        help. A service or place for which a proposal names no wards counts in every ward of its councils.

    Raises
    ------
    UsageError
        For a council that is not among ``areas``.
    """
    keep = pd.Series(False, index=findings.index)
    for proposal in proposals:
        here = set(areas.index[areas["council_code"].isin(find_councils(areas, proposal.councils))])
        within = findings["area_code"].isin(here)
        for service_id in findings.loc[within, "service_id"].unique():
            keep |= (findings["service_id"] == service_id) & findings["area_code"].isin(touches(proposal, str(service_id), here))
    return findings[keep]


def touches(proposal: Proposal, service_id: str, wards: Collection[str]) -> set[str]:
    """Those of the wards of its councils where a proposal names a service, or changes a place that gives it help."""
    found: set[str] = set()
    if change := proposal.change(service_id):
        found.update(change.inside(wards))
    for place in proposal.place:
        if place.ways(service_id):
            found.update(code for code in wards if not place.wards or code in place.wards)
    return found


__all__ = ["touched", "touches"]
