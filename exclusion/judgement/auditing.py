"""The fixed words of the audit document and of the method page."""

from __future__ import annotations

from functools import cache

from pydantic import Field

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class AuditWords(Entry):
    """What the score measures, how it is made in steps, and what it cannot tell."""

    measures: tuple[str, ...] = Field(min_length=1)
    steps: tuple[tuple[str, str], ...] = Field(min_length=1)
    limits: tuple[str, ...] = Field(min_length=1)
    data_quality: dict[str, str]


@cache
def audit_words() -> AuditWords:
    """The words, read once."""
    return read_single("audit.toml", AuditWords)
