"""``exclusion register findings``, ``answer``, ``review``: what officers add to a saved assessment."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from exclusion.cli import inputs
from exclusion.cli.options import AsJson, By, Id, Place, Release
from exclusion.cli.register_commands import considered_as_saved, held, register_app, said
from exclusion.cli.screen import print_json, say, show, wrote
from exclusion.contracts import Problem, UsageError

if TYPE_CHECKING:
    from exclusion.register import Saved

Looked = Annotated[
    int | None,
    typer.Option("--based-on", help="The version you looked at; when a newer one is there you are shown it, and nothing is saved."),
]
Note = Annotated[str, typer.Option("--note", help="What this version is for; not in the public copy.")]
Form = Annotated[Path | None, typer.Option("-o", "--out", help="Write the form to fill in to this file, .csv.")]
SHOWN = ["finding", "area_name", "service_id", "channel", "severity", "short", "response", "reason", "name"]


@register_app.command()
def findings(
    assessment: Id,
    version: Annotated[int | None, typer.Option("--version", help="Which version; the newest when left out.")] = None,
    unanswered: Annotated[bool, typer.Option("--unanswered", help="Only those that nobody has answered.")] = False,
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only those of this service, by id.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only those about this way in, by id.")] = None,
    ward: Annotated[str | None, typer.Option("--ward", help="Only those of this ward, by code or name.")] = None,
    out: Form = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """List findings with their ids and what was answered.

    Those that ask to keep something open, ward by ward, on the services of the proposal; name another with
    --service. With -o they are written as a form: fill in response
    (accept, amend or reject), reason and name, and give it to 'exclusion register answer --file'.
    """
    from exclusion import register
    from exclusion.export.files import csv_bytes, whole_file

    with held(place) as opened:
        saved = register.load(opened, assessment, version)
    table = _chosen(register.answer_form(saved, every=service is not None), service, channel, ward, unanswered)
    if out is not None:
        _check_csv(out)
        with whole_file(out) as work:
            work.write_bytes(csv_bytes(table))
        wrote(as_json, [out], f"Wrote {len(table):,} findings of version {saved.version.number} to {out}")
        return
    if as_json:
        print_json({"assessment": saved.version.assessment, "version": saved.version.number, "findings": _rows(table)})
        return
    show(table[SHOWN], False, f"Findings of version {saved.version.number} of {saved.version.assessment} ({saved.version.title})")
    for line in saved.because():
        say(line)


@register_app.command()
def answer(
    assessment: Id,
    by: By,
    finding: Annotated[list[str] | None, typer.Option("--finding", "-f", help="A finding by its id; repeat for several.")] = None,
    response: Annotated[str | None, typer.Option("--response", help="accept, amend or reject.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed to amend or reject. For amend: what will be done instead.")] = "",
    name: Annotated[str, typer.Option("--name", help="Who answers, when it is not whoever saves.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A form that 'exclusion register findings -o' wrote, filled in.")] = None,
    based_on: Looked = None,
    note: Note = "",
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Answer findings: accept, amend or reject, and say why.

    One answer to each --finding named, or all of a form that was filled in (--file). The answers make a
    new version; an answer given before stays beside the new one. All are saved or none.
    """
    from exclusion import register

    if (file is None) == (not finding):
        raise UsageError(Problem("--finding", "give either findings or a --file", "", "'exclusion register findings' lists their ids."))
    with held(place) as opened:
        looked = register.load(opened, assessment, based_on)
        if file is not None:
            extra = [option for option, given in (("--response", response), ("--reason", reason), ("--name", name)) if given]
            if extra:
                raise UsageError([Problem(option, "stands in the --file", "", "Leave it out.") for option in extra])
            answers, made_from = register.read_answers(file, file.name, looked)
            based_on = based_on or made_from or None
            if not answers:
                raise UsageError(Problem(file.name, "holds no answer that is new", "", "Fill in the column response, and save the file."))
        else:
            if response is None:
                raise UsageError(Problem("--response", "is missing", "", "Give accept, amend or reject."))
            answers = register.answers_to(looked, finding or [], response, reason, name)
        made = register.respond(opened, assessment, _based(based_on, looked), answers, by=by, note=note)
        left = register.load(opened, made.assessment, made.number).waiting()
    said(made, as_json, opened.where)
    if not as_json:
        say(f"Answers saved: {len(answers):,}. {left}")


@register_app.command()
def review(
    assessment: Id,
    by: Annotated[str, typer.Option("--by", help="Your name, to enter a review.")] = "",
    on: Annotated[str | None, typer.Option("--on", help="The day up to which contacts were counted, a year back, as 2027-11-01.")] = None,
    contacts: Annotated[
        Path | None,
        typer.Option("--contacts", help="The form that '-o' wrote, with the contacts that came; leave blank what is not known."),
    ] = None,
    changed: Annotated[str, typer.Option("--changed", help="What changed because of the assessment, in your words.")] = "",
    based_on: Looked = None,
    note: Note = "",
    out: Form = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Show or enter contacts that came beside those expected.

    With -o a form is written: every count that was expected, to write beside it what came. With --on it is
    taken in. Without either, every review so far is shown, with what changed because of the assessment.
    """
    from exclusion import register
    from exclusion.export.files import csv_bytes, whole_file

    if on is None and (contacts is not None or changed or by):
        raise UsageError(Problem("--on", "is missing", "", "Give the day up to which contacts were counted, as 2027-11-01."))
    with held(place) as opened:
        saved = register.load(opened, assessment, based_on)
        if out is not None:
            _check_csv(out)
            form = register.review_form(saved)
            with whole_file(out) as work:
                work.write_bytes(csv_bytes(form))
            wrote(as_json, [out], f"Wrote {len(form):,} rows to fill in to {out}")
            return
        if on is not None:
            came = register.read_contacts_form(contacts, contacts.name) if contacts else register.review_form(saved).head(0)
            given = register.Review(_day(on), came, changed)
            made = register.record_review(opened, assessment, _based(based_on, saved), given, by=by, note=note)
            saved = register.load(opened, assessment, made.number)
            if not as_json:
                said(made, as_json, opened.where)
    _show_review(saved, as_json)


def _show_review(saved: Saved, as_json: bool) -> None:
    table = saved.review_table()
    if as_json:
        print_json(
            {
                "assessment": saved.version.assessment,
                "version": saved.version.number,
                "because": saved.because(),
                "notes": saved.mixed_years(),
                "rows": _rows(table),
            }
        )
        return
    for day, rows in table.groupby("on", sort=True):
        named = rows.assign(
            area=rows["area_code"].map(dict(saved.table("areas")["area_name"])).where(rows["area_code"] != "", "Whole council")
        )
        named = named.assign(channel=named["channel"].where(named["channel"] != "", "all that stay"))
        brief = named[["service_id", "area", "channel", "expected", "contacts", "result", "note"]]
        show(brief, False, f"Contacts in the year to {day}, beside those expected")
    if table.empty:
        say("No review has been entered yet.")
    for line in [*saved.mixed_years(), *saved.because()]:
        say(line)


@register_app.command()
def scrutiny(
    assessment: Id,
    out: Annotated[Path, typer.Option("-o", "--out", help="Page to write, .html.")],
    version: Annotated[int | None, typer.Option("--version", help="Which version; the newest when left out.")] = None,
    release: Release = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Write one side on a saved proposal for scrutiny.

    Wards and people affected, the options, what officers answered to each finding and why, and what
    nobody has answered; as it was saved, with nothing worked out again.
    """
    from exclusion import register, report
    from exclusion.export.files import whole_file

    if out.suffix.lower() != ".html":
        raise UsageError(Problem("-o", "has an ending this page is not written in", str(out), "End the name in .html."))
    saved, considered = considered_as_saved(assessment, place, release, version)
    duty, seal = register.settings_of(saved).duty, saved.stamp
    page = report.scrutiny_html(considered, inputs.today(), saved.findings, duty=duty, sealed=seal)
    with whole_file(out) as work:
        work.write_text(page, encoding="utf-8", newline="\n")
    wrote(as_json, [out], f"Wrote the page for scrutiny of version {saved.version.number} to {out}")


@register_app.command(name="sign-off")
def sign_off(
    assessment: Id,
    by: By,
    capacity: Annotated[str, typer.Option("--as", help="Your role in the sign-off block: lead, head or equality.")],
    comment: Annotated[str, typer.Option("--comment", help="Printed in the sign-off block.")] = "",
    based_on: Looked = None,
    note: Note = "",
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Sign off one version: who, when, in what role.

    The version named by --based-on is signed, as it is. When a newer one is there you are shown it, and
    nothing is signed. What is changed after a sign-off is not signed off.
    """
    from exclusion import register

    with held(place) as opened:
        looked = register.load(opened, assessment, based_on)
        left = looked.waiting()
        made = register.sign_off(opened, assessment, _based(based_on, looked), capacity, by=by, comment=comment, note=note)
        lines = register.signing.said(register.load(opened, made.assessment, made.number).signed[-1:])
    said(made, as_json, opened.where)
    if not as_json:
        say(" ".join([*lines, left]))


@register_app.command()
def history(
    assessment: Annotated[str | None, typer.Argument(help="Only what concerns this assessment, by its id.")] = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Say what was done, by whom and when, oldest first."""
    from exclusion import register

    with held(place) as opened:
        events = register.history(opened, assessment)
    show(events if as_json else events.drop(columns=["detail"]).assign(hash=events["hash"].str[:12]), as_json)


# ------------------------------------------------------------------------------------ parts


def _chosen(table: pd.DataFrame, service: str | None, channel: str | None, ward: str | None, unanswered: bool) -> pd.DataFrame:
    """The rows asked for; a word that fits nothing is said, not answered with an empty list."""
    problems = []
    for option, given, columns in (
        ("--service", service, ["service_id"]),
        ("--channel", channel, ["channel"]),
        ("--ward", ward, ["area_code", "area_name"]),
    ):
        if given is None:
            continue
        fits = pd.Series(False, index=table.index)
        for column in columns:
            fits |= table[column].str.casefold() == given.strip().casefold()
        if not fits.any():
            known = sorted(set(table[columns[-1]]))
            problems.append(Problem(option, "is in no finding of this version", given, f"Findings are about: {', '.join(known[:40])}."))
        table = table[fits] if fits.any() else table
    if problems:
        raise UsageError(problems)
    return table[table["response"] == ""] if unanswered else table


def _based(based_on: int | None, looked: Saved) -> int:
    if based_on is None:
        newest = looked.version.number
        do = f"Give the version you looked at; the newest is {newest}, by {looked.version.made_by}."
        raise UsageError(Problem("--based-on", "is missing", "", do))
    return based_on


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(Problem("--on", "is not a date", text, "Write it as 2027-11-01.")) from None


def _check_csv(out: Path) -> None:
    if out.suffix.lower() != ".csv":
        raise UsageError(Problem("-o", "has an ending this form is not written in", str(out), "End the name in .csv."))


def _rows(table: pd.DataFrame) -> Any:
    return json.loads(table.to_json(orient="records", date_format="iso"))
