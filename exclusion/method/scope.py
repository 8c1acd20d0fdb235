"""Over which wards a method stretches its figures: a council, a nation, or Great Britain, as the makers of DERI let people choose.

Our own score is always made within a nation. Great Britain is the older index's way, and only holds
where all three nations hold a figure and count it alike; else it is refused and what holds it back is named.
"""

from __future__ import annotations

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.composites import CompositeMethod, Within
from exclusion.judgement.older_index import older_index_rules
from exclusion.judgement.score import measures
from exclusion.language import mark
from exclusion.method.alternatives import indicators, measured
from exclusion.method.normalise import NORMALISERS
from exclusion.release import Evidence
from exclusion.words import join_words

COUNCIL, NATION, GREAT_BRITAIN = "council", "nation", "great-britain"
SCOPES: dict[str, str] = {COUNCIL: mark("Its own council"), NATION: mark("Its own nation"), GREAT_BRITAIN: mark("Great Britain")}
"""What a user may choose, and what it is called."""
_WITHIN: dict[str, Within] = {COUNCIL: "council", NATION: "nation", GREAT_BRITAIN: "all"}

NO_GREAT_BRITAIN_TABLE = (
    "DERI's own table scales each part within a nation, and its highest and lowest figures of Great Britain are not in it, so nothing "
    "can be put back on one scale"
)
"""Why the makers' table of components cannot be stretched over three nations."""


ITSELF = 'Write within = "nation": each nation is then scored within itself.'


def scope_of(method: CompositeMethod) -> str:
    """The scope a method comes with: one of :data:`SCOPES`; an own method for all its nations counts as the widest."""
    return next(name for name, within in _WITHIN.items() if within == method.within)


def stretches(method: CompositeMethod) -> bool:
    """Whether a method's scale looks at the group a ward is in, so that there is a scope to choose."""
    return method.normalise in NORMALISERS and method.normalise != "none"


def scoped(evidence: Evidence, method: CompositeMethod, scope: str) -> CompositeMethod:
    """A method with its figures stretched over another group of wards.

    Parameters
    ----------
    scope
        One of :data:`SCOPES`.

    Raises
    ------
    UsageError
        For a scope we do not know, or a method whose scale does not depend on a group.
    DataRefused
        For Great Britain, with every figure that holds it back: not held, not held in a nation, or not counted alike.
    """
    if scope not in SCOPES:
        raise UsageError(Problem("--within", "is not a scope we know", scope, f"Use {', '.join(SCOPES)}."))
    if not stretches(method):
        do = "Leave --within out, or give a method that scales by min-max."
        raise UsageError(Problem("--within", f"means nothing for {method.title}, whose scale is the same whatever the group", scope, do))
    if scope != GREAT_BRITAIN:
        return method.model_copy(update={"within": _WITHIN[scope]})
    if problems := holds_back(evidence, method):
        raise DataRefused(problems)
    return method.model_copy(update={"within": "all", "nations": older_index_rules().great_britain.nations})


def checked(evidence: Evidence, method: CompositeMethod) -> CompositeMethod:
    """A method with the scope it comes with, where that holds: several nations on one scale only as all of Great Britain.

    Raises
    ------
    DataRefused
        With every figure that holds one scale over its nations back.
    """
    if method.within != "all" or len(method.nations) == 1:
        return method
    britain = older_index_rules().great_britain.nations
    if beyond := [nation for nation in method.nations if nation not in britain]:
        told = f"the method is for {join_words(beyond)} too, and only {join_words(list(britain))} can be put on one scale"
        problems = [Problem(f'{method.title}, within = "all"', told, "", ITSELF)]
    else:
        problems = [Problem(f'{method.title}, within = "all"', one.what, one.value, ITSELF) for one in holds_back(evidence, method)]
    if problems:
        raise DataRefused(problems)
    return method


def holds_back(evidence: Evidence, method: CompositeMethod) -> list[Problem]:
    """What keeps a method from one scale over Great Britain; nothing when it can be.

    Returns
    -------
    list of Problem
        One a nation that the method or the release leaves out, else one an indicator.
    """
    rules = older_index_rules().great_britain
    here = set(evidence.areas["nation"])
    do = "Choose nation or council."
    where = f"Great Britain, {method.title}"
    gone = [nation for nation in rules.nations if nation not in method.nations]
    if gone:
        return [Problem(where, f"the method is not for {join_words(gone)}", "", do)]
    gone = [nation for nation in rules.nations if nation not in here]
    if gone:
        return [Problem(where, f"this release holds no wards of {join_words(gone)}", "", do)]
    figures = indicators(measured(evidence, method), method)
    known = figures.notna().groupby(evidence.areas["nation"]).any()
    problems = []
    for one in method.indicator:
        without = [nation for nation in rules.nations if not known.at[nation, one.id]]
        if len(without) == len(rules.nations):
            told = "we hold no figures for it"
        elif without:
            told = f"it is not held for {join_words(without)}"
        else:
            told = "; ".join(dict.fromkeys(filter(None, (_apart(t.measure) for t in one.terms))))
        if told:
            problems.append(Problem(where, f"{one.label[0].lower() + one.label[1:]}: {told}", "", do))
    return problems


def _apart(measure: str) -> str:
    if measure not in measures():
        return "it is a figure of your own, which the other councils do not have"
    return older_index_rules().great_britain.held_back(measure)


def said(method: CompositeMethod) -> str:
    """Over which wards the figures of a method are stretched and what that forbids, in a sentence or two; blank without a scope."""
    if not stretches(method):
        return ""
    if method.within == "council":
        return (
            "Each figure is stretched over the wards of its own council: 0 is the council's lowest, 100 its highest. Figures of two "
            "councils do not compare, so there is no band."
        )
    if method.within == "nation":
        return "Each figure is stretched over the wards of its own nation: 0 is the nation's lowest, 100 its highest."
    return (
        f"Each figure is stretched over the wards of {join_words(list(method.nations))} together. That is a choice of the method's makers; "
        "our own score is made within each nation. Bands are still fifths of each nation's wards."
    )


__all__ = [
    "COUNCIL",
    "GREAT_BRITAIN",
    "NATION",
    "NO_GREAT_BRITAIN_TABLE",
    "SCOPES",
    "checked",
    "holds_back",
    "said",
    "scope_of",
    "scoped",
    "stretches",
]
