"""What another council found and did, as its share pack tells it."""

from __future__ import annotations

import pandas as pd

from exclusion.language import mark, tr

_HEADINGS = {
    "service": mark("Service"),
    "way_in": mark("Way in"),
    "firmness": mark("What was found"),
    "wards": mark("Wards there"),
    "draft_action": mark("Draft action"),
    "answer": mark("Answered"),
    "reason": mark("Reason given"),
}
_ANSWERS = {"accept": mark("Accepted"), "amend": mark("Amended"), "reject": mark("Rejected"), "": mark("Not answered")}


def did(mitigations: pd.DataFrame) -> pd.DataFrame:
    """A row for each way in of each service: found, in how many wards, what to do, what was answered.

    Parameters
    ----------
    mitigations
        As :attr:`exclusion.register.Taken.mitigations`, text throughout; columns it lacks stay blank, an answer we do not
        know is shown as it came.
    """
    given = mitigations.reindex(columns=list(_HEADINGS)).fillna("")
    return given.assign(answer=given["answer"].map(_said)).rename(columns={name: tr(words) for name, words in _HEADINGS.items()})


def _said(answer: str) -> str:
    return tr(_ANSWERS.get(answer, answer))
