"""The command line: parse, call, print. What the commands do is done elsewhere.

``main(argv)`` returns an exit code and can be called from Python; ``run`` is the console script.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exclusion.cli.method_commands import PeopleScale, PeopleWhy, find_method, method_app, people_scale_of, print_beside, weights_of
from exclusion.cli.register_commands import By, Place, held, register_app, said
from exclusion.cli.screen import complain, notices, print_json, say, show, show_beside, show_findings, show_proposal, working, wrote
from exclusion.contracts import ExclusionError, Problem, UsageError
from exclusion.words import join_words

if TYPE_CHECKING:
    from exclusion.assessment import Assessment
    from exclusion.judgement.local import Local
    from exclusion.proposal import Considered
    from exclusion.release import Evidence

app = typer.Typer(
    help="Kept Open: where moving a council service online needs phone, post or face-to-face provision kept open.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
release_app = typer.Typer(help="Build, verify and describe data releases.")
app.add_typer(release_app, name="release")
app.add_typer(register_app, name="register")
app.add_typer(method_app, name="method")

Councils = Annotated[list[str], typer.Option("--council", "-c", help="Council by code or name; repeat for several.")]
AnyCouncils = Annotated[list[str] | None, typer.Option("--council", "-c", help="Council by code or name; repeat for several.")]
Every = Annotated[bool, typer.Option("--all", help="Every council of the release.")]
Proposals = Annotated[
    list[Path] | None,
    typer.Option(
        "--proposal", "-p", help="A proposal (TOML, see docs/proposals.md) in place of councils and services; repeat for all that are live."
    ),
]
AnyServices = Annotated[
    list[str] | None, typer.Option("--service", "-s", help="Service by id (see 'exclusion services'); repeat for several.")
]
Services = Annotated[list[str], typer.Option("--service", "-s", help="Service by id (see 'exclusion services'); repeat for several.")]
Release = Annotated[Path | None, typer.Option("--release", help="Folder of a data release; the bundled one when left out.")]
Boundaries = Annotated[Path | None, typer.Option("--boundaries", help="Ward boundaries, GeoJSON or GeoPackage.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Own = Annotated[
    list[Path] | None,
    typer.Option("--local", help="Your own service profiles, thresholds or promises (CSV or TOML); repeat for several files."),
]
Weights = Annotated[
    list[str] | None,
    typer.Option("--weight", "-w", help="Weight of a domain, such as age=40; repeat for each, one not named counts nothing."),
]


# ----------------------------------------------------------------------------- commands


@app.command()
def councils(
    find: Annotated[str, typer.Option("--find", help="Only councils whose name or code holds this text.")] = "",
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """List the councils of a release.

    Each with its number of wards, and whether the map shows boundaries or ward points.
    """
    table = _load(release).councils()
    wanted = find.strip().casefold()
    match = table["council_name"].str.casefold().str.contains(wanted, regex=False) | table["council_code"].str.casefold().eq(wanted)
    table = table[match]
    if table.empty:
        raise UsageError(Problem("--find", "matches no council of this release", find, "Run 'exclusion councils' for the whole list."))
    words = table.assign(map=table["mapped"].map({True: "boundaries", False: "ward points"})).drop(columns="mapped")
    show(table if as_json else words, as_json, f"{len(table)} councils" if len(table) > 1 else "")


@app.command()
def services(as_json: AsJson = False) -> None:
    """List the services that can be assessed.

    Each with the ways in that are the minimum everywhere.
    """
    import pandas as pd

    from exclusion import judgement

    rows = [(s.id, s.service_name, s.criticality, s.england_tier, "|".join(s.floor_channels)) for s in judgement.services().values()]
    show(pd.DataFrame(rows, columns=["service_id", "service_name", "criticality", "decided_by", "floor_channels"]), as_json)


@app.command()
def score(
    council: AnyCouncils = None,
    every: Every = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="CSV file to write instead of printing.")] = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    method: Annotated[str | None, typer.Option("--method", "-m", help="A method by id, or your own file, to set beside ours.")] = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Score wards: 0-100, higher = more at risk.

    With --method each ward's band by another method stands beside ours (see 'exclusion method list').
    """
    from exclusion import export

    if method is not None:
        find_method(method)  # before the slow part
    scale = people_scale_of(people_scale, people_why)
    assessment = _assess(release, None, _chosen(council, every), (), weight, people_scale=scale)
    if method is not None:
        print_beside(assessment, method, out, as_json)
        return
    if out:
        with working("Writing the ward table"):
            export.write(assessment, out, "csv")
        wrote(as_json, [out], f"Wrote {len(assessment.areas)} wards to {out}")
    else:
        table = export.wards_table(assessment)
        brief = ["area_code", "area_name", "council_name", "risk", "band", "band_word", "people_label", "why_not"]
        show(table if as_json else table[brief].rename(columns={"people_label": "people_unlikely_online"}), as_json)
    notices(assessment)


@app.command()
def assess(
    context: typer.Context,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write the tables to.")],
    council: AnyCouncils = None,
    service: AnyServices = None,
    proposal: Proposals = None,
    local: Own = None,
    routes: Annotated[Path | None, typer.Option("--routes", help="Your list of ways in without the internet (CSV).")] = None,
    costs: Annotated[Path | None, typer.Option("--costs", help="Your own costs (TOML); we have no pounds of ours.")] = None,
    places: Annotated[Path | None, typer.Option("--places", help="Your list of places (CSV, Open Referral JSON), for distances.")] = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Say which ways in to keep open, where and why.

    Prints the findings and writes findings.csv, wards.csv, observations.csv, people.csv, run.toml and
    assessment.gpkg to a folder. The names never change, so that a folder can be refreshed. With a
    proposal it also says what the proposal does to each finding, and writes effects.csv, demand.csv,
    options.csv, dependents.csv and cumulative.csv. Your own files are laid beside: routes.csv,
    keeping.csv, savings.csv and distances.csv, as you give them.
    """
    from exclusion import export
    from exclusion.alongside import beside, read_files
    from exclusion.export.proposals import tables, write_proposal, write_tables

    scale = people_scale_of(people_scale, people_why)
    own = _local(local)  # before the slow part, like the files beside
    given = read_files(routes, costs, places)
    considered = _consider(release, boundaries, proposal, council, service, weight, own, scale) if proposal else None
    assessment = considered.assessment if considered else _assess(release, boundaries, *_both(council, service), weight, own, scale)
    found = beside(considered or assessment, _today(), given)
    with working("Writing the tables"):
        export.write_folder(assessment, out, context.obj or ())
        if considered:
            write_proposal(considered, out)
        write_tables(found.tables, out)
    if as_json:
        show(tables(considered)["effects.csv"] if considered else export.findings_table(assessment), as_json=True)
    else:
        show_findings(assessment)
        if considered:
            show_proposal(considered)
        show_beside(found)
        names = ["findings.csv", "wards.csv", "observations.csv", "people.csv", "run.toml", "assessment.gpkg"]
        say(f"Wrote {join_words([*names, *(tables(considered) if considered else ()), *found.tables])} to {out}")
    notices(considered or assessment)
    notices(found)


@app.command(name="export")
def export_command(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write.")],
    council: AnyCouncils = None,
    every: Every = False,
    fmt: Annotated[str | None, typer.Option("--format", "-f", help="csv, xlsx, gpkg or parquet; else by the file's ending.")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Service by id; adds its findings (xlsx, gpkg).")] = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Write one file for another tool.

    CSV and Parquet hold the ward table; the workbook adds findings, observations, a data dictionary
    and sources; the GeoPackage opens in QGIS already coloured.
    """
    from exclusion import export

    export.check_format(out, fmt)  # before the slow part
    scale = people_scale_of(people_scale, people_why)
    assessment = _assess(release, boundaries, _chosen(council, every), service or (), weight, people_scale=scale)
    with working("Writing the file"):
        export.write(assessment, out, fmt)
    wrote(as_json, [out], f"Wrote {len(assessment.areas)} wards to {out}")
    notices(assessment)


@app.command()
def pack(
    council: Councils,
    service: Annotated[list[str], typer.Option("--service", "-s", help="The service, by id; a pack is about one.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the pages.")],
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Write pages to e-mail or print.

    One for the council and one for each ward, complete in themselves.
    """
    from exclusion import report

    assessment = _assess(release, boundaries, council, service, weight, people_scale=people_scale_of(people_scale, people_why))
    with working("Writing the pages"):
        pages = report.write_pack(assessment, out)
    wrote(as_json, pages, f"Wrote {len(pages)} pages to {out}")
    notices(assessment)


@release_app.command()
def build(
    source: Annotated[Path, typer.Argument(help="Folder of the published tables.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write the release to.")],
    mapped: Annotated[list[str] | None, typer.Option("--mapped", help="Council code whose small areas and boundaries to keep.")] = None,
    bundled: Annotated[bool, typer.Option("--bundled", help="Keep those of the three councils in data/ only.")] = False,
    embedded: Annotated[Path | None, typer.Option("--embedded", help="Folder of boundaries (<council code>.geojson) for them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Build a release from published tables.

    What is in the folder stays until the new release is complete.
    """
    from exclusion.building import builder

    kept = tuple(mapped) if mapped else builder.BUNDLED_COUNCILS if bundled else None
    with working("Building the release") as progress:
        builder.build(source, out, mapped=kept, embedded=embedded, progress=progress)
    wrote(as_json, [out], f"Wrote a release to {out}")


@release_app.command()
def verify(release: Release = None, as_json: AsJson = False) -> None:
    """Check every file and table of a release.

    Also lists judgement texts past their review date.
    """
    from exclusion import judgement
    from exclusion import release as releases

    notes = releases.verify(release or releases.bundled())
    notes += judgement.overdue(judgement.all_entries(), _today())
    if as_json:
        print_json({"ok": True, "notes": notes})
    else:
        for note in notes:
            say(f"- {note}")
        say("The release is sound.")


@release_app.command()
def describe(release: Release = None, as_json: AsJson = False) -> None:
    """Say what a release holds and lacks."""
    import pandas as pd

    from exclusion import release as releases

    about = releases.describe(release or releases.bundled())
    if as_json:
        print_json(about)
        return
    for name in ("name", "version", "built_on", "edition", "fit", "nations"):
        value = about.get(name, "")
        say(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    show(pd.DataFrame(about["sources"])[["id", "title", "publisher", "period", "licence"]], as_json=False, title="Sources")
    show(pd.DataFrame(about["missing"]), as_json=False, title="Missing")


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
    weight: Weights = None,
    release: Release = None,
    place: Place = None,
    as_json: AsJson = False,
) -> None:
    """Save an assessment, or a new version of one.

    With what it rests on: release, weights, thresholds, service profiles, proposal. When somebody
    else saved a newer version meanwhile, nothing is saved and theirs is shown (exit code 6).
    """
    from exclusion import register
    from exclusion.export.proposals import tables

    considered = _consider(release, None, proposal, council, service, weight) if proposal else None
    assessment = considered.assessment if considered else _assess(release, None, *_both(council, service), weight)
    texts = [path.read_text(encoding="utf-8-sig") for path in proposal or ()]
    title = title or (" and ".join(one.title for one in considered.proposals)[:200] if considered and not assessment_id else "")
    more = {name.removesuffix(".csv"): table for name, table in tables(considered).items()} if considered else {}
    with held(place, create=True) as opened, working("Saving"):
        saved = register.save(
            opened, assessment, by=by, title=title, assessment_id=assessment_id, based_on=based_on, proposals=texts, tables=more, note=note
        )
    said(saved, as_json, opened.where)
    notices(considered or assessment)


# ------------------------------------------------------------------------------- pieces


def _load(release: Path | None, boundaries: Path | None = None) -> Evidence:
    from exclusion import assessment

    with working("Reading the release"):
        return assessment.load(release, boundaries)


def _chosen(council: Sequence[str] | None, every: bool) -> Sequence[str] | None:
    """The councils named, or None for all of them; naming none by accident is not all."""
    if bool(council) == every:
        raise UsageError(Problem("--council", "give either councils or --all", "", "For example: --council Blackpool."))
    return council or None


def _assess(
    release: Path | None,
    boundaries: Path | None,
    council: Sequence[str] | None,
    service: Sequence[str],
    weight: Sequence[str] | None,
    local: Local | None = None,
    people_scale: tuple[float, str] | None = None,
) -> Assessment:
    from exclusion import assessment

    weights = weights_of(weight)
    evidence = _load(release, boundaries)
    with working("Assessing"):
        return assessment.assess(evidence, council, tuple(service), weights=weights, local=local, people_scale=people_scale)


def _both(council: Sequence[str] | None, service: Sequence[str] | None) -> tuple[Sequence[str], Sequence[str]]:
    """Councils and services, both given."""
    missing = [name for name, given in (("--council", council), ("--service", service)) if not given]
    if missing:
        raise UsageError(
            [Problem(name, "is missing", "", "Give councils and services, or a --proposal that names them.") for name in missing]
        )
    return council or (), service or ()


def _consider(
    release: Path | None,
    boundaries: Path | None,
    proposals: Sequence[Path],
    council: Sequence[str] | None,
    service: Sequence[str] | None,
    weight: Sequence[str] | None,
    local: Local | None = None,
    people_scale: tuple[float, str] | None = None,
) -> Considered:
    from exclusion import proposal

    if council or service:
        raise UsageError(Problem("--proposal", "names its own councils and services", "", "Leave out --council and --service."))
    weights = weights_of(weight)
    evidence = _load(release, boundaries)
    with working("Assessing"):
        return proposal.consider_files(evidence, proposals, weights=weights, local=local, people_scale=people_scale)


def _local(paths: Sequence[Path] | None) -> Local | None:
    from exclusion.judgement.local import read_local_files

    return read_local_files(paths) if paths else None


def _today() -> date:
    return date.today()


# ------------------------------------------------------------------------------ the door


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2, 3, 4, 5, 6, 70, or 130 when stopped.

    Parameters
    ----------
    argv
        The words after ``exclusion``; None = those of this process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = typer.main.get_command(app)
    try:
        # Not app(): it swallows Ctrl-C and a closed pipe in ways of its own.
        with command.make_context("exclusion", words or ["--help"], obj=words) as context:
            command.invoke(context)
        sys.stdout.flush()
        return 0
    except ExclusionError as error:
        complain(str(error))
        return error.exit_code
    except typer.Exit as leave:
        return int(leave.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        complain("Stopped. Nothing was left half written.")
        return 130
    except BrokenPipeError:
        # The reader has gone ('| head'): not a mistake. Keep Python from complaining again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _surprise(error)


def _surprise(error: Exception) -> int:
    """Whatever is not one of ours: a slip in the words typed, an operating-system error, or a bug."""
    if hasattr(error, "format_message"):  # typer's own kind for unknown options and missing values
        context = getattr(error, "ctx", None)
        complain(f"{error.format_message()} Try '{context.command_path if context else 'exclusion'} --help'.")
        return 2
    if isinstance(error, OSError):
        complain(f"{error.filename or 'A file'}: {error.strerror or error}")
        return 2
    if os.environ.get("KEPT_OPEN_DEBUG") == "1":
        raise error
    complain(f"This is a bug in the program, not in what you asked: {type(error).__name__}: {error}. Set KEPT_OPEN_DEBUG=1 to see where.")
    return ExclusionError.exit_code


def run() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an old Windows console cannot show every letter of every name
            stream.reconfigure(errors="replace")
    sys.exit(main())


if __name__ == "__main__":
    run()
