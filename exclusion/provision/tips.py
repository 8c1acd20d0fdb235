"""What would tip each finding (guard G4), and how sure the ward's place is, in words."""

from __future__ import annotations

import pandas as pd

from exclusion import judgement

MARK = "Borderline: "
_FLOOR = "No figure can tip this: the minimum is the same in every ward."


def tips(findings: pd.DataFrame, chances: pd.DataFrame | None = None) -> pd.Series:
    """What would tip each finding, one or two sentences a row.

    Parameters
    ----------
    findings
        As ``provision.check`` gives them.
    chances
        Indexed by area code, with ``chance`` (0 to 1): how often the ward was among its nation's most
        affected fifth over every way of working the score out (``uncertainty``). Optional; a ward it
        lacks, or whose chance is blank, gets no such sentence.

    Returns
    -------
    pandas.Series
        On the index of ``findings``. A finding that one small change would alter names the change; one
        that none would alter says so; the minimum cannot be tipped. Rows that were not assessed are blank.
    """
    steady = steady_sentence()
    said = []
    for kind, borderline, reason in zip(findings["kind"], findings["borderline"], findings["reason"], strict=True):
        if kind == "floor":
            said.append(_FLOOR)
        elif kind == "not_assessed":
            said.append("")
        else:
            said.append(reason[reason.rindex(MARK) :] if borderline else steady)
    result = pd.Series(said, index=findings.index, dtype="str")
    if chances is None:
        return result
    known = {str(code): chance_words(float(chance)) for code, chance in chances["chance"].dropna().items()}
    extra = [
        known.get(code, "") if kind in ("keep", "more_use") else ""
        for code, kind in zip(findings["area_code"], findings["kind"], strict=True)
    ]
    return pd.Series([f"{text} {more}".strip() for text, more in zip(result, extra, strict=True)], index=findings.index, dtype="str")


def steady_words() -> str:
    """What no finding that stands firm would be altered by."""
    values = judgement.guards()["G4"].values
    count, points = round(100 * values["count_share"]), values["percentile_points"]
    return f"no single count {count}% larger or smaller, and no rate {points:g} places in 100 higher or lower, would alter"


def steady_sentence() -> str:
    """What a finding that stands firm says of itself."""
    return f"Not borderline: {steady_words()} it."


def chance_words(chance: float, what: str = "this finding does") -> str:
    """The chance of the most affected fifth in words, kept apart from the findings, which do not rest on it."""
    share = "nearly all" if chance > 0.975 else "hardly any" if chance < 0.025 else f"about {round(100 * chance)} in 100"
    place = f"The ward was among its nation's most affected fifth in {share} of the ways we worked the score out"
    return f"{place}; {what} not rest on that."
