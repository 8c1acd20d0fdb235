"""An equality assessment of a proposal: what is known is filled in, what only people can say stays open.

>>> from exclusion import equality, proposal
>>> made = equality.build(proposal.consider_files(evidence, ["p.toml"]), label="EqIA")    # doctest: +SKIP
>>> Path("assessment.docx").write_bytes(equality.to_docx(made))                           # doctest: +SKIP

One model, written as Word (:func:`to_docx`), as a web page (:func:`to_html`), into a council's own form
(:func:`fill_form`) or a characteristic at a time (:meth:`Part.text <exclusion.equality.model.Part.text>`).
No impact is chosen, no characteristic is blank, and the same inputs give the same bytes but for the date line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from exclusion.contracts import NothingToAssess, Problem, UsageError, not_text_problems, spelled
from exclusion.equality import actions, sections
from exclusion.equality.figures import Where
from exclusion.equality.model import Equality, Open, Part, Section, SignOff, lines
from exclusion.judgement import equality as texts
from exclusion.judgement.duty import Duty, check_since, duties
from exclusion.proposal import Considered
from exclusion.typed import typed
from exclusion.words import date_words, join_words

LABELS = ("EIA", "EqIA", "EQIA", "EINA", "CIA", "IIA", "EHRIA")
"""What councils call it; any other short name will do."""
ENDINGS = (".docx", ".html")
LONGEST_LABEL = 60
SECTION_VALUES = (
    "about",
    "purpose_evidence",
    "law",
    "affected",
    "screening",
    "evidence_all",
    "gaps",
    "impact",
    "cumulative_evidence",
    "options",
    "actions",
)
"""Names under which a form may ask for a whole section, in their order."""
PLAIN_VALUES = (
    "label",
    "title",
    "council",
    "evidence_as_at",
    "made_on",
    "seal",
    "warnings",
    "go_live",
    "services",
    "officer_purpose",
    "officer_saving",
    "caveats",
    "review_figures",
    "signed_off",
)


def build(
    considered: Considered,
    *,
    answers: pd.DataFrame | None = None,
    label: str = "EIA",
    today: date | None = None,
    filled: Mapping[str, str] | None = None,
    duty: Mapping[str, Duty] | None = None,
    sealed: str = "",
    signed: Sequence[SignOff] = (),
) -> Equality:
    """The equality assessment of one or more proposals.

    Parameters
    ----------
    considered
        As :func:`exclusion.proposal.consider` gives it. Figures are of the wards where something changes.
    answers
        What officers answered, as the register keeps it (``Saved.responses``), oldest first.
    label
        What the council calls such a document.
    today
        The date to print; the clock's when None.
    filled
        The officer's own words for open fields, by name (see :func:`open_fields`).
    duty
        The duty by nation in place of ours, for a council that has set its socio-economic duty
        (:meth:`exclusion.judgement.duty.Duty.with_socio_economic`).
    sealed
        Which version of the register this is made from, with its seal (:func:`exclusion.register.sealed`), to print.
    signed
        Who signed off, as the register keeps it (``Saved.signed``); a role that nobody signed in stays open.

    Raises
    ------
    UsageError
        For a label that is blank or long, a filled field that is not there, answers that are not answers.
    NothingToAssess
        When the proposals change nothing in any ward.
    """
    label = check_label(label)
    filled = typed(dict(filled or {}))
    if problems := not_text_problems(filled, spelled):
        raise UsageError(problems)
    where = Where(considered, _wards(considered))
    if not where.wards:
        raise NothingToAssess("The proposals change nothing in any ward of the release, so there is nothing to assess.")
    manifest = considered.assessment.evidence.manifest
    built, made = date.fromisoformat(manifest.built_on[:10]), today or date.today()
    evidence = f"Evidence as at {date_words(built)} (data release {manifest.version})"
    late = [one for one in considered.proposals if one.date < built]
    warnings = tuple(texts.words().late.format(date=date_words(one.date), evidence=date_words(built)) for one in late)
    found, stray = actions.answered(considered, answers)
    known = duties() if duty is None else duty
    for one_duty in known.values():
        check_since(one_duty.socio_economic_since, made)
    given = sections.Given(considered, where, found, stray, known, label, f"{evidence}.", warnings, filled, tuple(signed))
    chosen = {one.id: one for nation in where.nations for one in texts.characteristics_of(nation)}
    ordered = sorted(chosen.values(), key=lambda one: (not one.protected, list(texts.characteristics()).index(one.id)))
    parts = tuple(sections.part(given, one) for one in ordered)
    written = sections.write(given, parts)
    names = [one.name for section in written for one in section.blocks if isinstance(one, Open)]
    if unknown := sorted(set(given.filled) - set(names)):
        raise UsageError([Problem("filled", "is not a field of this form", name, "See the names of the open fields.") for name in unknown])
    titles = join_words([one.title for one in considered.proposals])
    place = join_words(list(dict.fromkeys(considered.assessment.areas["council_name"])))
    after = [one for one in considered.proposals if built <= one.date < made]
    return Equality(
        label=label,
        title=f"{label}: {titles}",
        place=place,
        evidence=evidence,
        warnings=warnings,
        sections=written,
        parts=parts,
        values=_values(label, titles, place, evidence, given, parts, written),
        late=" ".join(f"That is after the go-live date, {date_words(one.date)}: due regard comes before a decision." for one in after),
        sealed=sealed,
        evidence_on=built,
        made_on=made,
    )


def _wards(considered: Considered) -> tuple[str, ...]:
    """Wards where a proposal changes something, in the order of the assessment."""
    a = considered.assessment
    chosen: set[str] = set()
    for one in considered.proposals:
        councils = a.evidence.find_councils(one.councils)
        whole = set(a.areas.index[a.areas["council_code"].isin(councils)])
        for wards in (*(change.wards for change in one.service), *(place.wards for place in one.place)):
            chosen |= set(wards) & whole if wards else whole
    return tuple(code for code in a.areas.index if code in chosen)


def made_words(made: Equality) -> str:
    """The only line that differs between two documents of the same inputs."""
    return f"Made with Kept Open on {date_words(made.made_on)}.{f' {made.late}' if made.late else ''}"


def open_fields(made: Equality) -> dict[str, str]:
    """Names of the fields that only people can fill, with their labels."""
    return {one.name: one.label for section in made.sections for one in section.blocks if isinstance(one, Open)}


def placeholders(made: Equality) -> dict[str, str]:
    """Every named value that a council's own form may ask for, as text."""
    return {**made.values, "made_on": made_words(made), "seal": made.sealed or "Not made from a version of the register."}


def placeholder_names() -> set[str]:
    """Every name that a form of some nation may hold: known before there is anything to put into it."""
    asked = ("know", *texts.questions())
    extra = {one.id for duty in duties().values() for one in duty.extra}
    return {*PLAIN_VALUES, *SECTION_VALUES, *texts.blanks(), *extra, *(f"{one}_{ask}" for one in texts.characteristics() for ask in asked)}


def _values(
    label: str, titles: str, place: str, evidence: str, given: sections.Given, parts: tuple[Part, ...], blocks: tuple[Section, ...]
) -> dict[str, str]:
    values = {
        "label": label,
        "title": titles,
        "council": place,
        "evidence_as_at": evidence,
        "warnings": "\n".join(given.warnings),
        "go_live": join_words([date_words(one.date) for one in given.considered.proposals]),
        "services": join_words([service.service_name for service in given.named]),
        "officer_purpose": "\n".join(one.officer.purpose for one in given.considered.proposals),
        "officer_saving": "\n".join(one.officer.saving for one in given.considered.proposals),
        "caveats": "\n".join(texts.words().caveats),
    }
    values |= {
        name: "\n".join(lines(tuple(b for b in section.blocks if not isinstance(b, Open))))
        for name, section in zip(SECTION_VALUES, blocks, strict=False)
    }
    values |= {"review_figures": "\n".join(lines(tuple(b for b in blocks[13].blocks if not isinstance(b, Open))))}
    values |= {"signed_off": "\n".join(lines(blocks[12].blocks)) if given.signed else "Nobody has signed off in the register."}
    values |= {f"{one.id}_know": "\n".join(lines(one.know)) for one in parts}
    left = [one for section in blocks for one in section.blocks if isinstance(one, Open)]
    # Said in words: in a form an empty cell would read as "no impact".
    values |= {one.name: one.answer or f"[To be filled in. {one.hint}]".replace(" ]", "]") for one in left}
    return values


def to_docx(made: Equality, logo: bytes | None = None) -> bytes:
    """The document for Word.

    Parameters
    ----------
    logo
        The council's logo, PNG or JPEG.

    Raises
    ------
    UsageError
        For a logo that is not a picture of these kinds.
    """
    from exclusion.equality import word

    return word.docx(made, logo)


def to_html(made: Equality, logo: bytes | None = None) -> str:
    """The document as one web page, complete in itself: no script, nothing fetched. Errors as for :func:`to_docx`."""
    from exclusion.equality import page

    return page.html(made, logo)


def fill_form(made: Equality, form: bytes) -> bytes:
    """A council's own Word form with its ``{{ placeholders }}`` filled in.

    Raises
    ------
    UsageError
        For a file that is not a Word document, or with every placeholder we hold no value for.
    """
    from exclusion.equality import forms

    return forms.fill(made, form)


def sample_form(made: Equality | None = None) -> bytes:
    """A form to start from, with a placeholder for each value: of England's characteristics, or of an assessment's."""
    from exclusion.equality import forms

    return forms.sample(made)


def check_logo(logo: bytes) -> None:
    """UsageError for a logo that is not a PNG or JPEG; asked before the slow part."""
    from exclusion.equality import word

    word.check_logo(logo)


def check_form(form: bytes) -> None:
    """UsageError with all that is wrong with a form whatever is put into it; asked before the slow part.

    That is: not a Word document, more than names between its braces, names that no nation's assessment holds.
    """
    from exclusion.equality import forms

    forms.check(form)


def check_label(label: str) -> str:
    """What the council calls the document, on one line; UsageError where it is blank or long."""
    label = " ".join(label.split())
    if not label or len(label) > LONGEST_LABEL:
        raise UsageError(Problem("label", f"must have 1 to {LONGEST_LABEL} letters", label[:LONGEST_LABEL], "For example EIA or EqIA."))
    return label


def check_ending(name: str | Path) -> str:
    """The ending of a file name when it is one we write; asked before the slow part.

    Raises
    ------
    UsageError
        For any other.
    """
    ending = Path(str(name)).suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(Problem("-o", "has an ending we do not write", str(name), "End the name in .docx or .html."))
    return ending


__all__ = [
    "ENDINGS",
    "LABELS",
    "Equality",
    "build",
    "check_ending",
    "check_form",
    "check_label",
    "check_logo",
    "fill_form",
    "made_words",
    "open_fields",
    "placeholders",
    "sample_form",
    "to_docx",
    "to_html",
]
