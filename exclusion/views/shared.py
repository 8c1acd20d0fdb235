"""Words and small helpers that every view shares."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pandas as pd

from exclusion import judgement, maps
from exclusion.assessment import Assessment
from exclusion.judgement.score import measures
from exclusion.language import mark, tr
from exclusion.saying import join_words
from exclusion.words import within

LEVEL_OF = {"monitor": 1, "recommended": 2, "required": 3}
BEYOND = mark("beyond the minimum")


def severity_words(severity: str) -> str:
    """The words for a severity, as the map's legend has them."""
    return maps.LEVELS[LEVEL_OF[severity]].said


def way(channel: str) -> str:
    """A channel's name for the screen."""
    known = judgement.channels().get(channel)
    return tr(known.label) if known else channel


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with its columns as attributes.

    Columns are made lists first: taken one by one, texts cost a hundred times as much.
    """
    row = _row(tuple(str(name) for name in frame.columns))
    return map(row._make, zip(frame.index.tolist(), *(frame[name].tolist() for name in frame.columns), strict=True))


@lru_cache(maxsize=100)
def _row(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", ("Index", *columns))


def own_judgement(a: Assessment) -> str:
    """One sentence where findings go partly by a council's own judgement, short enough for a picture; blank where by ours alone."""
    if a.local is None:
        return ""
    held = [
        (tr("service profiles"), any(service.profile_version.startswith("council") for service in a.local.services.values())),
        (tr("local thresholds"), a.local.thresholds is not None),
        (tr("local promises added to the minimum"), a.local.floors is not None),
    ]
    kinds = join_words([words for words, changed in held if changed])
    return tr("Found partly by the council's own judgement: {kinds}.", kinds=kinds or tr("its own files, which change nothing of ours"))


def rule_names(rules: set[str]) -> str:
    """Rules by title and number: "weak mobile signal (W03)"."""
    known = judgement.rules()
    return join_words([f"{within(tr(known[rule].title))} ({rule})" for rule in sorted(rules) if rule in known])


def published_nowhere(rules: set[str]) -> list[str]:
    """What to say of rules that wait for figures which nobody publishes by ward, once each."""
    names, known = judgement.indicators(), measures()
    asked = [
        use.id
        for rule in sorted(rules)
        if rule in judgement.rules()
        for leg in judgement.rules()[rule].indicators()
        for use in names[leg].measures
    ]
    return list(dict.fromkeys(known[one].unpublished for one in asked if one in known and known[one].unpublished))
