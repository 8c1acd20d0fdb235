"""One document for an auditor, in the order of the OECD/JRC handbook, as a web page or for Word.

What it measures, dates, gaps, quality, coherence, weights, every method, intervals, validity, limits,
versions and hashes. The same inputs give the same bytes but for the date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from exclusion import assessment
from exclusion.assessment import Assessment
from exclusion.audit import inputs, labels, record, trust
from exclusion.audit.model import Document
from exclusion.contracts import NothingToAssess, Problem, UsageError
from exclusion.method.uncertainty import Uncertainty, uncertainty
from exclusion.release import Evidence
from exclusion.words import date_words, join_words

Progress = Callable[[str, float], None]
ENDINGS = (".html", ".docx")


def require_scores(a: Assessment, use: str) -> None:
    """Refuse wards of which none can be scored (those of Northern Ireland, say), with the reason; ``use``: "to audit".

    Raises
    ------
    NothingToAssess
    """
    if not a.scores["scored"].any():
        why = " ".join(dict.fromkeys(a.scores["why_not"]))
        raise NothingToAssess(f"None of these wards has every figure that the score needs, so there is no score {use}. {why}")


def audit(
    evidence: Evidence,
    councils: list[str] | None = None,
    weights: Mapping[str, float] | None = None,
    *,
    today: date | None = None,
    progress: Progress | None = None,
    sure: Uncertainty | None = None,
) -> Document:
    """The audit of the score for some councils.

    Parameters
    ----------
    councils
        Codes or names; None = every council of the release, which takes a few minutes.
    weights
        Of the domains, in any scale; each nation's own when None.
    today
        The date to print; the clock's when None. Beside that line it only decides which texts are past their review.
    sure
        What :func:`exclusion.method.uncertainty.uncertainty` found for the same wards and weights, if it was asked before.

    Raises
    ------
    UsageError
        For a council that is not in the release, or weights we cannot use.
    NothingToAssess
        When none of the wards can be scored: there is nothing to audit.
    """
    when = today or date.today()
    a = assessment.assess(evidence, councils, (), weights=weights, today=when)
    require_scores(a, "to audit")
    chosen = dict(weights) if weights is not None else None
    found = sure if sure is not None else uncertainty(evidence, list(a.areas.index), chosen, progress=progress)
    return _document(a, chosen, found, when)


def _document(a: Assessment, weights: dict[str, float] | None, sure: Uncertainty, when: date) -> Document:
    place = join_words(list(dict.fromkeys(a.areas["council_name"]))) if len(a.councils) <= 5 else f"{len(a.councils)} councils"
    summary = (
        f"This document lays open how the score of the wards of {place} is made, how sure it is, and whether it agrees with what "
        "people did.",
        trust.sure_words(trust.named(a, sure)),
        f"What moves these wards most is {labels.DRIVERS[sure.driver]}.",
        a.method.words,
    )
    sections = (
        inputs.what_it_measures(a),
        inputs.data_dates(a),
        inputs.gaps(a),
        inputs.quality(a),
        trust.holds_together(a, weights),
        trust.weights_and_why(a),
        trust.every_method(a, sure),
        trust.how_sure(a, sure),
        trust.is_it_right(a, weights),
        record.limits(a),
        record.versions(a),
    )
    return Document(f"Audit of the score: {place}", place, summary, sections, when)


def content(document: Document, ending: str) -> bytes:
    """The document as a file: ``.html`` (complete in itself, no script, nothing fetched) or ``.docx``.

    Raises
    ------
    UsageError
        For any other ending.
    """
    check_ending(ending)
    if ending == ".html":
        from exclusion.audit import page

        return page.html(document).encode("utf-8")
    from exclusion.audit import word

    return word.docx(document)


def check_ending(name: str | Path) -> str:
    """The ending of a file name when it is one we write; asked before the slow part."""
    text = str(name)
    ending = text if text in ENDINGS else Path(text).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(Problem("-o", "has an ending we do not write", text, "End the name in .html or .docx."))
    return ending


def made_words(document: Document) -> str:
    """The only line that differs between two documents of the same inputs."""
    return f"Made with Kept Open on {date_words(document.made_on)}."


__all__ = ["ENDINGS", "Document", "audit", "check_ending", "content", "made_words", "require_scores"]
