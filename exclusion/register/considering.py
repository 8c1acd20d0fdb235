"""A proposal as it was considered: its tables kept with the assessment, and made live again on opening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError
from exclusion.judgement.duty import Duty, as_council_says
from exclusion.proposal import Considered, Proposal, parse, toml_text
from exclusion.register.reading import Saved
from exclusion.release import Evidence
from exclusion.words import join_words

# ``effects`` holds every finding with what the proposal does to it; the rest are as :class:`Considered` has them.
_TABLES = {"effects": "findings", "demand": "demand", "options": "options", "dependents": "dependents", "cumulative": "cumulative"}
_TOLD, _WORDS = "told", "words"
# Whoever reads that one is missing does not know our tables by name.
_IN_WORDS = {
    "effects": "what the proposal does to each finding",
    "demand": "the contacts that were expected",
    "options": "the options",
    "dependents": "the services that lean on a place that changes",
    "cumulative": "the other changes for the same people",
    _TOLD: "the notes on how it was worked out",
}
# Settings stand beside the words under names that no open field has, since those hold no space.
_LABEL, _DUTY, _SINCE = "setting label", "setting socio_economic", "setting since"


@dataclass(frozen=True)
class Restored:
    """A saved proposal made live again, or what keeps it from being so."""

    considered: Considered | None
    """As it was when it was saved; None when something is missing, or when nothing was proposed."""
    missing: tuple[str, ...]
    """One sentence for each thing that is not as it was."""


@dataclass(frozen=True)
class Settings:
    """How the council's document is set: what it is called, and how the council says its socio-economic duty stands."""

    label: str = "EIA"
    socio_economic: str = ""
    """not_in_force, in_force or adopted; blank = as our reviewed text has it."""
    since: date | None = None

    @property
    def duty(self) -> Mapping[str, Duty] | None:
        """The duty by nation in place of ours, or None for ours. UsageError for a status that no nation has."""
        return as_council_says(self.socio_economic, self.since) if self.socio_economic else None


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


def words_table(words: Mapping[str, str], settings: Settings | None = None) -> pd.DataFrame:
    """The officer's own words for the open fields of the assessment, by name, and its settings, to keep as the table ``words``."""
    rows = [(name, text.strip()) for name, text in sorted(words.items()) if text.strip()]
    if settings is not None:
        since = settings.since.isoformat() if settings.since else ""
        rows += [(_LABEL, settings.label), (_DUTY, settings.socio_economic), (_SINCE, since)]
    return pd.DataFrame(rows, columns=["name", "text"], dtype="str")


def words_of(saved: Saved) -> dict[str, str]:
    """The officer's own words that a version was saved with, by name; empty where none were."""
    return {name: text for name, text in _entries(saved).items() if name not in (_LABEL, _DUTY, _SINCE)}


def settings_of(saved: Saved) -> Settings:
    """The settings that a version was saved with; ours where it was saved without.

    Raises
    ------
    DataRefused
        When they say of the socio-economic duty what nobody can say (a file from elsewhere may).
    """
    entries = _entries(saved)
    status, since = entries.get(_DUTY, ""), entries.get(_SINCE, "")
    try:
        found = Settings(entries.get(_LABEL) or Settings.label, status, date.fromisoformat(since) if since else None)
        found.duty  # noqa: B018  it refuses a status that no nation has
    except (ValueError, UsageError):
        where = f"version {saved.version.number} of {saved.version.assessment}"
        what = "its socio-economic duty is not one that can be set"
        raise DataRefused(Problem(where, what, f"{status} {since}".strip()[:40], "Save a further version with it.")) from None
    return found


def _entries(saved: Saved) -> dict[str, str]:
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
        without = f"It was saved without {join_words([_IN_WORDS[name] for name in lacking])}"
        return Restored(None, (f"{without}, so what the proposal does cannot be shown as it was; the findings can.",))
    try:
        proposals = tuple(parse(text, f"proposal {number}") for number, text in enumerate(saved.proposals, start=1))
    except ExclusionError as error:
        return Restored(None, (f"This version of the program cannot read the proposal as it was saved: {error}",))
    tables = {field: saved.table(name) for name, field in _TABLES.items()}
    return Restored(Considered(proposals, opened.assessment, notices=tuple(saved.table(_TOLD)["notice"]), **tables), ())


__all__ = ["Restored", "Settings", "kept", "restore", "settings_of", "words_of", "words_table"]
