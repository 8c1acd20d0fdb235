"""What another council found and did, as its share pack tells it."""

from __future__ import annotations

import pandas as pd

_HEADINGS = {
    "service": "Service",
    "way_in": "Way in",
    "firmness": "What was found",
    "wards": "Wards there",
    "draft_action": "Draft action",
    "answer": "Answered",
    "reason": "Reason given",
}
_ANSWERS = {"accept": "Accepted", "amend": "Amended", "reject": "Rejected", "": "Not answered"}


def did(mitigations: pd.DataFrame) -> pd.DataFrame:
    """A row for each way in of each service: found, in how many wards, what to do, what was answered.

    Parameters
    ----------
    mitigations
        As :attr:`exclusion.register.Taken.mitigations`, text throughout; columns it lacks stay blank, an answer we do not
        know is shown as it came.
    """
    given = mitigations.reindex(columns=list(_HEADINGS)).fillna("")
    return given.assign(answer=given["answer"].map(lambda one: _ANSWERS.get(one, one))).rename(columns=_HEADINGS)
