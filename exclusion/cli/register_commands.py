"""``exclusion register ...``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from exclusion.cli import inputs
from exclusion.cli.options import (
    AnyCouncils,
    AnyServices,
    AsJson,
    By,
    Id,
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
    Weights,
)
from exclusion.cli.screen import complain, notices, print_json, say, show, working, wrote
from exclusion.contracts import DataRefused, Gathered, Problem, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from exclusion.proposal import Considered
    from exclusion.register import Register, Saved, Version

register_app = typer.Typer(help="Keep assessments: save, answer, review, list, show, compare, export, import, verify.")


def held(place: str | None, create: bool = False) -> Register:
    """The register meant by ``--register``."""
    from exclusion import register

    return register.connect(place, create=create)


def considered_as_saved(assessment: str, place: str | None, release: Path | None, version: int | None = None) -> tuple[Saved, Considered]:
    """A saved version and its proposal, exactly as it was considered.

    Raises
    ------
    UsageError
        When it was saved without a proposal.
    DataRefused
        When something it rests on is not there; it says what.
    """
    from exclusion import register

    with held(place) as opened:
        saved = register.load(opened, assessment, version)
    name = f"version {saved.version.number} of {saved.version.assessment}"
    if not saved.proposals:
        raise UsageError(Problem(name, "was saved without a proposal", "", "Save a version with --proposal."))
    found = register.restore(saved, inputs.load(release))
    if found.considered is None:
        do = "Give the release it was made with (--release), or save a further version on this one."
        raise DataRefused([Problem(name, f"cannot be shown as it was: {line}", "", do) for line in found.missing])
    return saved, found.considered


def answered(findings: pd.DataFrame, assessment: str | None, place: str | None) -> pd.DataFrame | None:
    """Findings of now with the answers of a saved assessment; None when none was named."""
    from exclusion import register

    if assessment is None:
        return None
    with held(place) as opened:
        return register.answered(findings, register.load(opened, assessment).responses)


def said(version: Version, as_json: bool, where: str) -> None:
    """What was saved, in words or as JSON."""
    from dataclasses import asdict

    if as_json:
        print_json(asdict(version))
    else:
        say(f"Saved version {version.number} of {version.assessment} ({version.title}) in {where}")


@register_app.command(name="list")
def list_command(
    assessment: Annotated[str | None, typer.Argument(help="Show every version of this assessment, by its id.")] = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """List what has been saved."""
    from exclusion import register

    with held(place) as opened:
        table = register.versions(opened, assessment)
    brief = table.drop(columns=["services", "note"] if assessment is None else ["councils", "services"])
    show(table if as_json else brief, as_json)


@register_app.command(name="show")
def show_command(
    assessment: Id,
    version: Annotated[int | None, typer.Option("--version", help="Which version; the newest when left out.")] = None,
    release: Release = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Show one version as it was saved.

    Says whether it can be opened again exactly as it was, on the release given, or what is missing.
    """
    from dataclasses import asdict

    from exclusion import assessment as assessments
    from exclusion import register

    with held(place) as opened:
        saved = register.load(opened, assessment, version)
    missing = saved.reopen(assessments.load(release)).missing
    found = saved.findings
    counts = found.groupby(["kind", "severity", "response"], as_index=False).size().rename(columns={"size": "findings"})
    if as_json:
        about: dict[str, Any] = asdict(saved.version) | {"run": saved.run, "missing": list(missing)}
        about |= {"asked": len(saved.asked), "unanswered": len(saved.unanswered)}
        print_json(
            about
            | {"findings": counts.to_dict("records"), "responses": saved.responses.to_dict("records"), "tables": saved.tables}
            | {"signed": [asdict(one) for one in saved.signed]}
        )
        return
    for name, value in asdict(saved.version).items():
        say(f"{name}: {value}")
    show(counts, False, "Findings of every service that was assessed")
    if len(saved.responses):
        brief = ["area_code", "service_id", "channel", "response", "reason", "name", "date", "version"]
        show(saved.responses[saved.responses["current"]][brief], False, "Answers")
    if len(review := saved.review_table()):
        show(review, False, "Contacts that came, beside those expected")
    for line in register.signing.said(saved.signed):
        say(line)
    say(saved.waiting())
    say("\n".join(missing) or "It opens exactly as it was saved.")
    for notice in saved.run.get("notices", ()):
        complain(f"Note: {notice}")


@register_app.command()
def compare(
    assessment: Id,
    before: Annotated[int, typer.Argument(help="Number of the version to compare from.")],
    after: Annotated[int, typer.Argument(help="Number of the version to compare to.")],
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Say what differs between two versions."""
    import json

    from exclusion import register

    with held(place) as opened:
        found = register.compare(register.load(opened, assessment, before), register.load(opened, assessment, after))
    tables = {"settings": found.settings, "findings": found.findings, "bands": found.bands, "responses": found.responses}
    if as_json:
        rows = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
        print_json({"same": found.same, "said": found.sentences(), "reviews": found.reviews, **rows})
        return
    for sentence in found.sentences():
        say(sentence)
    for name in ("findings", "bands"):
        if len(tables[name]):
            show(tables[name], False, name.capitalize())


@register_app.command(name="export")
def export_command(
    assessment: Id,
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write, a zip.")],
    by: By,
    public: Annotated[bool, typer.Option("--public", help="A copy to publish: marked draft, without names and small counts.")] = False,
    share: Annotated[
        bool, typer.Option("--share", help="A pack for another council: proposal, findings, mitigations and profiles, without names.")
    ] = False,
    version: Annotated[int | None, typer.Option("--version", help="With --public or --share: which version; else the newest.")] = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Write an assessment with all its versions to one file."""
    from exclusion import register

    if public and share:
        raise UsageError(Problem("--public", "does not go with --share", "", "Write two files."))
    if version is not None and not (public or share):
        raise UsageError(Problem("--version", "goes with --public or --share only", str(version), "A full export holds every version."))
    with held(place) as opened:
        if public:
            register.export_public(opened, assessment, out, by=by, number=version)
        elif share:
            register.export_share(opened, assessment, out, by=by, number=version)
        else:
            register.export_file(opened, assessment, out, by=by)
    what = "the public draft" if public else "the share pack" if share else "every version"
    wrote(as_json, [out], f"Wrote {what} to {out}")
    if share:
        complain(
            "Read the reasons in it before you send it: officers' names in full were taken out; a first name alone, or anybody else's "
            "name, was not."
        )


@register_app.command(name="import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A file that 'exclusion register export' wrote.")],
    by: By,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Take in an exported file, all of it or nothing."""
    from dataclasses import asdict

    from exclusion import register

    with held(place, create=True) as opened:
        done = register.import_file(opened, file, by=by)
    if as_json:
        print_json(asdict(done))
    else:
        say(f"Took in {done.added} versions of {done.assessment}; {done.had} were here already.")


@register_app.command()
def verify(
    expect: Annotated[
        str, typer.Option("--expect", help="A hash that an earlier check printed, or the seal in a document: it must still be held.")
    ] = "",
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash, and name what was changed."""
    from dataclasses import asdict

    from exclusion import register

    with held(place) as opened:
        found = register.verify(opened, expect)
        where = opened.where
    if found.problems:
        many = "1 problem was" if len(found.problems) == 1 else f"{len(found.problems)} problems were"
        raise DataRefused(f"{where}: {many} found:\n" + "\n".join(f"- {line}" for line in found.problems))
    if as_json:
        print_json({"ok": True} | asdict(found))
    else:
        say(f"{found.events} events, {found.versions} versions and {found.files} files are as they were written.")
        for line in found.signed:
            say(line)
        say(f"The history ends with {found.head}. Write this down elsewhere, and give it to a later check with --expect.")


@register_app.command()
def save(
    by: By,
    council: AnyCouncils = None,
    service: AnyServices = None,
    proposal: Proposals = None,
    title: Annotated[str, typer.Option("--title", help="What the assessment is called.")] = "",
    assessment_id: Annotated[str | None, typer.Option("--assessment", help="Save a further version of this one, by its id.")] = None,
    based_on: Annotated[int, typer.Option("--based-on", help="The version that yours was worked out from.")] = 0,
    note: Annotated[str, typer.Option("--note", help="What this version is for; not in the public copy.")] = "",
    places: PlaceList = None,
    local: Own = None,
    label: Label = None,
    socio_economic: SocioEconomic = None,
    since: Since = None,
    weight: Weights = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    postcodes: Postcodes = None,
    release: Release = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Save an assessment, or a new version of one.

    With what it rests on: release, weights, thresholds, service profiles, proposal. With --places a place
    that closes counts only in the wards where it is the nearest, as in 'assess'; these wards are kept with it.
    When somebody else saved a newer version meanwhile, nothing is saved and theirs is shown (exit code 6).
    """
    from exclusion import register

    if places and not proposal:
        raise UsageError(Problem("--places", "needs a --proposal", "", "Give the proposal that closes a place, or leave the list out."))

    if own_figures or own_use or own_when or areas:  # said before the slow part
        raise UsageError(register.not_kept("--areas" if areas else "--own-figures"))
    words = _words(label, socio_economic, since, assessment_id, based_on, place)
    gathered = Gathered()
    judged, listed = inputs.local_of(local, gathered=gathered), inputs.places_of(places, postcodes, gathered)
    considered = None
    if proposal:
        considered = inputs.consider(release, None, proposal, council, service, weight, judged, listed=listed, gathered=gathered)
        considered = inputs.used_by(considered, listed, postcodes)
    gathered.refuse()
    assessment = considered.assessment if considered else inputs.assessed(release, None, *inputs.both(council, service), weight, judged)
    texts = [path.read_text(encoding="utf-8-sig") for path in proposal or ()]
    title = title or (" and ".join(one.title for one in considered.proposals)[:200] if considered and not assessment_id else "")
    texts, more = register.kept(considered, texts) if considered else (texts, {})
    more |= words
    with held(place, create=True) as opened, working("Saving"):
        saved = register.save(
            opened, assessment, by=by, title=title, assessment_id=assessment_id, based_on=based_on, proposals=texts, tables=more, note=note
        )
    said(saved, as_json, opened.where)
    notices(considered or assessment)
    if socio_economic:
        from exclusion.judgement.duty import left_alone

        for line in left_alone(socio_economic, dict.fromkeys(assessment.areas["nation"])):
            complain(f"Note: {line}")


def _words(
    label: str | None, status: str | None, since: str | None, assessment_id: str | None, based_on: int, place: str | None
) -> dict[str, pd.DataFrame]:
    """The table ``words`` with settings that were given; empty where none were: then what is there is kept as it is.

    A setting that was not given stays as in the version this one is based on, and so do the council's own words.
    """
    if label is None and status is None and since is None:
        return {}
    from exclusion import equality, register
    from exclusion.cli.equality_commands import day_since, duty_of

    if label is not None:
        equality.check_label(label)
    duty_of(status, since)
    before, words = register.Settings(), {}
    if assessment_id is not None and based_on > 0:
        with held(place) as opened:
            saved = register.load(opened, assessment_id, based_on)
        before, words = register.settings_of(saved), register.words_of(saved)
    name = before.label if label is None else " ".join(label.split())
    duty = (before.socio_economic, before.since) if status is None else (status, day_since(since))
    return {"words": register.words_table(words, register.Settings(name, *duty))}
