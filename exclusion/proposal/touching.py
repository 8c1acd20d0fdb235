"""Which wards a proposal touches, service by service: what every count of findings that ask for an answer is of."""

from __future__ import annotations

from collections.abc import Iterable

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
        for change in proposal.service:
            at = findings["area_code"].isin(change.wards) if change.wards else within
            keep |= within & at & (findings["service_id"] == change.id)
        for place in proposal.place:
            at = findings["area_code"].isin(place.wards) if place.wards else within
            helped = [one for one in findings["service_id"].unique() if place.ways(str(one))]
            keep |= within & at & findings["service_id"].isin(helped)
    return findings[keep]


__all__ = ["touched"]
