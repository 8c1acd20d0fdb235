"""``exclusion equality``: parse, call, write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exclusion.cli import inputs
from exclusion.cli.options import (
    Answers,
    AsJson,
    Label,
    Own,
    OwnAreas,
    OwnFigures,
    OwnUse,
    OwnWhen,
    Place,
    PlaceList,
    Postcodes,
    Proposals,
    Release,
    Since,
    SocioEconomic,
)
from exclusion.cli.screen import complain, notices, working, wrote
from exclusion.contracts import Gathered, Problem, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from exclusion.equality.model import SignOff
    from exclusion.judgement.duty import Duty


def equality(
    proposal: Proposals = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write: .docx or .html.")] = None,
    label: Label = None,
    logo: Annotated[Path | None, typer.Option("--logo", help="Your logo, PNG or JPEG.")] = None,
    form: Annotated[Path | None, typer.Option("--form", help="Your own Word form with {{ placeholders }}, filled in instead.")] = None,
    sample_form: Annotated[Path | None, typer.Option("--sample-form", help="Write a form to start from, with every placeholder.")] = None,
    answers: Answers = None,
    socio_economic: SocioEconomic = None,
    since: Since = None,
    places: PlaceList = None,
    local: Own = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    postcodes: Postcodes = None,
    release: Release = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Write the equality assessment of a proposal.

    Figures, comparisons, dates and sources are filled in for every protected characteristic; what only
    people can say is left open and labelled, and no impact is chosen. It is evidence, not a decision.
    With --places a place that closes counts only in the wards where it is the nearest, as in 'assess'.
    """
    from exclusion import equality as assessments
    from exclusion.export.files import whole_file

    if sample_form is not None:
        if sample_form.suffix.lower() != ".docx":
            raise UsageError(Problem("--sample-form", "has an ending we do not write", str(sample_form), "End the name in .docx."))
        with whole_file(sample_form) as work:
            work.write_bytes(assessments.sample_form())
        wrote(as_json, [sample_form], f"Wrote a form to start from to {sample_form}")
        return
    problems = [
        Problem(name, "is missing", "", how)
        for name, given, how in (
            ("--proposal", proposal or answers, "Give a proposal file, or a saved one by --answers."),
            ("-o", out, "Name the file to write, .docx or .html."),
        )
        if not given
    ]
    if not proposal:
        alone = {"--places": places, "--local": local, "--own-figures": own_figures, "--own-use": own_use, "--areas": areas}
        do = "What was saved keeps the settings it was saved with."
        problems += [Problem(name, "needs a --proposal", "", do) for name, given in alone.items() if given]
    if problems or out is None:
        raise UsageError(problems)
    ending = assessments.check_ending(out)
    if form is not None and (ending != ".docx" or logo is not None):
        raise UsageError(Problem("--form", "is filled in as it is", "", "Write a .docx, and put your logo into the form itself."))
    duty = duty_of(socio_economic, since)
    picture, own = (_bytes(path, name) for path, name in ((logo, "--logo"), (form, "--form")))
    if picture is not None:
        assessments.check_logo(picture)
    if own is not None:
        assessments.check_form(own)
    words: dict[str, str] = {}
    seal = ""
    signed: tuple[SignOff, ...] = ()
    if proposal:
        given = _answers(answers, place)
        gathered = Gathered()
        listed = inputs.places_of(places, postcodes, gathered)
        theirs = inputs.brought(own_figures, own_use, own_when, areas, postcodes)
        judged = inputs.local_of(local, gathered=gathered)
        considered = inputs.consider(release, None, proposal, None, None, None, judged, own=theirs, listed=listed, gathered=gathered)
        considered = inputs.used_by(considered, listed, postcodes)
    else:
        from exclusion import register
        from exclusion.cli.register_commands import considered_as_saved

        saved, considered = considered_as_saved(str(answers), place, release)
        given, seal, signed = saved.responses, register.sealed(saved.version), saved.signed
        words, settings = register.words_of(saved), register.settings_of(saved)
        label, duty = settings.label if label is None else label, settings.duty if duty is None else duty
    with working("Writing the assessment"):
        named = "EIA" if label is None else label
        made = assessments.build(
            considered, answers=given, label=named, today=inputs.today(), duty=duty, filled=words, sealed=seal, signed=signed
        )
        if own is not None:
            content = assessments.fill_form(made, own)
        elif ending == ".docx":
            content = assessments.to_docx(made, picture)
        else:
            content = assessments.to_html(made, picture).encode("utf-8")
        with whole_file(out) as work:
            work.write_bytes(content)
    wrote(as_json, [out], f"Wrote {made.title} to {out}. What only people can say is left open in it.")
    notices(considered)
    if socio_economic:
        from exclusion.judgement.duty import left_alone

        for line in left_alone(socio_economic, dict.fromkeys(considered.assessment.areas["nation"])):
            complain(f"Note: {line}")


def _bytes(path: Path | None, name: str) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(Problem(name, f"cannot be read: {error.strerror}", str(path), "Check the name of the file.")) from None


def _answers(assessment: str | None, place: str | None) -> pd.DataFrame | None:
    if assessment is None:
        return None
    from exclusion import register
    from exclusion.cli.register_commands import held

    with held(place) as opened:
        return register.load(opened, assessment).responses


def duty_of(status: str | None, since: str | None) -> Mapping[str, Duty] | None:
    """The duty of each nation with the socio-economic duty as the council says it stands, where the nation has texts for it."""
    if status is None:
        if since is not None:
            raise UsageError(Problem("--socio-economic", "is missing", "", "Give it with --socio-economic-since."))
        return None
    from exclusion.judgement.duty import NEEDS_A_DAY, SINCE_WHEN, as_council_says, check_since

    day = day_since(since)
    if status in NEEDS_A_DAY and day is None:
        raise UsageError(Problem("--socio-economic-since", "is missing", "", f"{SINCE_WHEN} Write it as 2024-04-01."))
    check_since(day, inputs.today())
    return as_council_says(status, day)


def day_since(since: str | None) -> date | None:
    """The day of ``--socio-economic-since``."""
    try:
        return date.fromisoformat(since) if since else None
    except ValueError:
        raise UsageError(Problem("--socio-economic-since", "is not a date", str(since), "Write it as 2024-04-01.")) from None
