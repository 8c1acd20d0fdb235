"""A proposal as it was considered: its tables kept with the assessment, and made live again on opening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from exclusion.contracts import ExclusionError
from exclusion.proposal import Considered, Proposal, parse, toml_text
from exclusion.register.reading import Saved
from exclusion.release import Evidence

# ``effects`` holds every finding with what the proposal does to it; the rest are as :class:`Considered` has them.
_TABLES = {"effects": "findings", "demand": "demand", "options": "options", "dependents": "dependents", "cumulative": "cumulative"}
_TOLD, _WORDS = "told", "words"


@dataclass(frozen=True)
class Restored:
    """A saved proposal made live again, or what keeps it from being so."""

    considered: Considered | None
    """As it was when it was saved; None when something is missing, or when nothing was proposed."""
    missing: tuple[str, ...]
    """One sentence for each thing that is not as it was."""


def kept(considered: Considered, texts: Sequence[str] = ()) -> tuple[list[str], dict[str, pd.DataFrame]]:
    """What to give :func:`exclusion.register.save` of a considered proposal: the texts, and the tables by name.

    Parameters
    ----------
    texts
        The files the proposals came from, kept to the letter where they are whole by themselves. One that
        points to a file of contacts is written out anew with the contacts in it.
    """
    given = [*texts, *[""] * len(considered.proposals)]
    whole = [text if _same(text, one) else toml_text(one) for text, one in zip(given, considered.proposals, strict=False)]
    tables = {name: getattr(considered, field) for name, field in _TABLES.items()}
    tables[_TOLD] = pd.DataFrame({"notice": list(considered.notices)}, dtype="str")
    return whole, tables


def _same(text: str, proposal: Proposal) -> bool:
    try:
        return bool(text) and parse(text) == proposal
    except ExclusionError:
        return False


def words_table(words: Mapping[str, str]) -> pd.DataFrame:
    """The officer's own words for the open fields of the assessment, by name, to keep as the table ``words``."""
    rows = [(name, text.strip()) for name, text in sorted(words.items()) if text.strip()]
    return pd.DataFrame(rows, columns=["name", "text"], dtype="str")


def words_of(saved: Saved) -> dict[str, str]:
    """The officer's own words that a version was saved with, by name; empty where none were."""
    if _WORDS not in saved.tables:
        return {}
    table = saved.table(_WORDS)
    return dict(zip(table["name"].astype(str), table["text"].astype(str), strict=True))


def restore(saved: Saved, evidence: Evidence | None) -> Restored:
    """The proposal of a saved version, exactly as it was considered, on the release it was made with.

    Nothing is worked out again. A version that was saved without a proposal gives None and nothing missing.
    """
    opened = saved.reopen(evidence)
    if opened.assessment is None or not saved.proposals:
        return Restored(None, opened.missing)
    lacking = [name for name in (*_TABLES, _TOLD) if name not in saved.tables]
    if lacking:
        what = f"It was saved without {', '.join(lacking)}, so what the proposal does cannot be shown as it was; the findings can."
        return Restored(None, (what,))
    try:
        proposals = tuple(parse(text, f"proposal {number}") for number, text in enumerate(saved.proposals, start=1))
    except ExclusionError as error:
        return Restored(None, (f"This version of the program cannot read the proposal as it was saved: {error}",))
    tables = {field: saved.table(name) for name, field in _TABLES.items()}
    return Restored(Considered(proposals, opened.assessment, notices=tuple(saved.table(_TOLD)["notice"]), **tables), ())


__all__ = ["Restored", "kept", "restore", "words_of", "words_table"]
