"""The commands about areas and services: list them, score, assess, export, pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exclusion.cli import inputs
from exclusion.cli.method_commands import find_method, print_beside
from exclusion.cli.options import (
    Answers,
    AnyCouncils,
    AnyServices,
    AsJson,
    Boundaries,
    Every,
    Own,
    OwnAreas,
    OwnFigures,
    OwnUse,
    OwnWhen,
    PeopleScale,
    PeopleWhy,
    Place,
    PlaceList,
    Postcodes,
    Proposals,
    Release,
    Thresholds,
    Weights,
    Within,
)
from exclusion.cli.register_commands import answered, considered_as_saved
from exclusion.cli.screen import notices, say, show, show_beside, show_findings, show_proposal, working, wrote
from exclusion.contracts import Gathered, Problem, UsageError
from exclusion.words import join_words

if TYPE_CHECKING:
    import pandas as pd

    from exclusion.assessment import Assessment
    from exclusion.proposal import Considered


def councils(
    find: Annotated[str, typer.Option("--find", help="Only councils whose name or code holds this text.")] = "",
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """List the councils of a release.

    Each with its number of wards, and whether the map shows boundaries or ward points.
    """
    table = inputs.load(release).councils()
    wanted = find.strip().casefold()
    match = table["council_name"].str.casefold().str.contains(wanted, regex=False) | table["council_code"].str.casefold().eq(wanted)
    table = table[match]
    if table.empty:
        raise UsageError(Problem("--find", "matches no council of this release", find, "Run 'exclusion councils' for the whole list."))
    words = table.assign(map=table["mapped"].map({True: "boundaries", False: "ward points"})).drop(columns="mapped")
    show(table if as_json else words, as_json, f"{len(table)} councils" if len(table) > 1 else "")


def services(as_json: AsJson = False) -> None:
    """List the services that can be assessed.

    Each with the ways in that are the minimum everywhere.
    """
    import pandas as pd

    from exclusion import judgement

    held = judgement.services().values()
    rows = [
        (s.id, s.service_name, s.lgsl_id, s.criticality, s.england_tier, "|".join(s.floor_channels), "|".join(s.not_council_in))
        for s in held
    ]
    columns = ["service_id", "service_name", "lgsl_id", "criticality", "decided_by", "floor_channels", "not_run_by_councils_in"]
    show(pd.DataFrame(rows, columns=columns), as_json)


def score(
    council: AnyCouncils = None,
    every: Every = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="CSV file to write instead of printing.")] = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    method: Annotated[str | None, typer.Option("--method", "-m", help="A method by id, or your own file, to set beside ours.")] = None,
    within: Within = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    postcodes: Postcodes = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Score wards: 0-100, higher = more at risk.

    With --method each ward's band by another method stands beside ours (see 'exclusion method list').
    """
    from exclusion import export

    own = inputs.brought(own_figures, own_use, own_when, areas, postcodes)
    named = own.measures if own else ()
    if method is not None:
        find_method(method, named)  # before the slow part
    elif within is not None:
        do = "Give --method, or leave --within out: our own score is always made within a nation."
        raise UsageError(Problem("--within", "goes with --method", within.value, do))
    scale = inputs.people_scale_of(people_scale, people_why)
    assessment = inputs.assessed(release, None, inputs.chosen(council, every), (), weight, people_scale=scale, own=own)
    if method is not None:
        print_beside(assessment, method, out, as_json, named, None if within is None else within.value)
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


def assess(
    context: typer.Context,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write the tables to.")],
    council: AnyCouncils = None,
    service: AnyServices = None,
    proposal: Proposals = None,
    local: Own = None,
    routes: Annotated[Path | None, typer.Option("--routes", help="Your list of ways in without the internet (CSV).")] = None,
    costs: Annotated[Path | None, typer.Option("--costs", help="Your own costs (TOML); we have no pounds of ours.")] = None,
    places: PlaceList = None,
    libraries: Annotated[
        Path | None,
        typer.Option("--libraries", help="Folder of published tables: its libraries in place of your list, an example."),
    ] = None,
    postcodes: Postcodes = None,
    travel_times: Annotated[
        Path | None, typer.Option("--travel-times", help="Minutes from small areas to your places (CSV, Parquet), in place of distance.")
    ] = None,
    road_factor: Annotated[
        float | None, typer.Option("--road-factor", help="What a straight line is multiplied by, 1.2 to 1.5; ours when left out.")
    ] = None,
    catchment: Annotated[
        bool, typer.Option("--catchment", help="Also share out the hours of places among the people near them (floating catchment).")
    ] = False,
    thresholds: Thresholds = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Say which ways in to keep open, where and why.

    Prints the findings and writes findings.csv, wards.csv, observations.csv, people.csv, run.toml and
    assessment.gpkg to a folder. The names never change, so that a folder can be refreshed. With a
    proposal it also says what the proposal does to each finding, and writes effects.csv, demand.csv,
    options.csv, dependents.csv and cumulative.csv. Your own files are laid beside: routes.csv,
    keeping.csv, savings.csv, savings_worked.csv and savings.xlsx (the sum line by line), places.csv,
    distances.csv and catchment.csv, as you give them.
    """
    from exclusion import export
    from exclusion.alongside import Ground, beside, read_files, used_by
    from exclusion.export.proposals import tables, write_proposal, write_tables
    from exclusion.export.savings import FILE as SAVINGS
    from exclusion.export.savings import savings_workbook

    scale = inputs.people_scale_of(people_scale, people_why)
    theirs = inputs.brought(own_figures, own_use, own_when, areas, postcodes)
    ground = Ground(postcodes, travel_times, road_factor, catchment)
    if places and libraries:
        raise UsageError(Problem("--libraries", "stands in for --places", "", "Give one of the two."))
    if places is None and libraries is None and ground != Ground(postcodes):  # postcodes may stand in the environment, for everybody
        named = "--travel-times, --road-factor and --catchment"
        raise UsageError(Problem("--places", f"is missing: {named} are about places", "", "Give your list of places as well."))
    gathered = Gathered()
    own = inputs.local_of(local, thresholds, gathered)  # before the slow part, like the files beside
    given = read_files(routes, costs, places, ground, libraries, gathered)
    considered = None
    if proposal:
        considered = inputs.consider(
            release, boundaries, proposal, council, service, weight, own, scale, thresholds, theirs, given.places, gathered, libraries
        )
    gathered.refuse()
    listed = given.listed(considered.assessment) if considered else None
    if considered and listed:
        considered = used_by(considered, listed, ground)
    assessment = (
        considered.assessment
        if considered
        else inputs.assessed(release, boundaries, *inputs.both(council, service), weight, own, scale, theirs, thresholds)
    )
    found = beside(considered or assessment, inputs.today(), given)
    with working("Writing the tables"):
        export.write_folder(assessment, out, context.obj or ())
        if considered:
            write_proposal(considered, out)
        beside_files: dict[str, pd.DataFrame | bytes] = {**found.tables}
        if found.sums:
            beside_files[SAVINGS] = savings_workbook(found.sums)
        write_tables(beside_files, out)
    if as_json:
        show(tables(considered)["effects.csv"] if considered else export.findings_table(assessment), as_json=True)
    else:
        if considered:
            show_proposal(considered)
        else:
            show_findings(assessment)
        show_beside(found)
        names = ["findings.csv", "wards.csv", "observations.csv", "people.csv", "run.toml", "assessment.gpkg"]
        say(f"Wrote {join_words([*names, *(tables(considered) if considered else ()), *beside_files])} to {out}")
    notices(considered or assessment)
    notices(found)


def export_table(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write.")],
    council: AnyCouncils = None,
    every: Every = False,
    fmt: Annotated[str | None, typer.Option("--format", "-f", help="csv, xlsx, gpkg, parquet, geojson, zip; else by the ending.")] = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Service by id; adds its findings (xlsx, gpkg).")] = None,
    sure: Annotated[bool, typer.Option("--sure", help="Add how sure each band is: what it could be, the chance, the driver.")] = False,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    postcodes: Postcodes = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Write one file for another tool.

    CSV and Parquet hold the ward table; the workbook adds findings, observations, a data dictionary
    and sources; the GeoPackage opens in QGIS already coloured; the zip is a Frictionless data package
    (tables, what every column means, shapes). With --sure every format says how sure each ward's band is.
    """
    from exclusion import export
    from exclusion.method.uncertainty import uncertainty

    export.check_format(out, fmt)  # before the slow part
    scale = inputs.people_scale_of(people_scale, people_why)
    own = inputs.brought(own_figures, own_use, own_when, areas, postcodes)
    assessment = inputs.assessed(release, boundaries, inputs.chosen(council, every), service or (), weight, people_scale=scale, own=own)
    found = None
    if sure:
        with working("Trying every method") as progress:
            found = uncertainty(assessment.evidence, list(assessment.areas.index), inputs.weights_of(weight), progress=progress)
    with working("Writing the file"):
        export.write(assessment, out, fmt, found)
    wrote(as_json, [out], f"Wrote {len(assessment.areas)} wards to {out}")
    notices(assessment)


def pack(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the pages.")],
    council: AnyCouncils = None,
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="The service, by id; a pack is about one.")] = None,
    proposal: Proposals = None,
    places: PlaceList = None,
    local: Own = None,
    weight: Weights = None,
    people_scale: PeopleScale = None,
    people_why: PeopleWhy = None,
    own_figures: OwnFigures = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    areas: OwnAreas = None,
    postcodes: Postcodes = None,
    answers: Answers = None,
    place: Place = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Write pages to e-mail or print.

    One for the council and one for each ward, complete in themselves. With a proposal: one side for
    scrutiny, and for each service it names a page of the council and one of each ward; with --places a
    place that closes counts only in the wards where it is the nearest, as in 'assess'. With --answers
    the officers' answers stand on the page for scrutiny.
    """
    from exclusion import report

    own, scale = inputs.brought(own_figures, own_use, own_when, areas, postcodes), inputs.people_scale_of(people_scale, people_why)
    result: Assessment | Considered
    found: pd.DataFrame | None = None
    if places and not proposal:
        do = "Give the proposal that closes a place, or leave the list out: what was saved keeps the wards it was saved with."
        raise UsageError(Problem("--places", "needs a --proposal", "", do))
    duty, seal = None, ""
    if proposal:
        gathered = Gathered()
        listed, judged = inputs.places_of(places, postcodes, gathered), inputs.local_of(local, gathered=gathered)
        result = inputs.consider(
            release, boundaries, proposal, council, service, weight, judged, scale, own=own, listed=listed, gathered=gathered
        )
        result = inputs.used_by(result, listed, postcodes)
        found = answered(result.assessment.findings, answers, place)
    elif answers:
        from exclusion.register import settings_of

        settings = {"--council": council, "--service": service, "--local": local, "--weight": weight, "--people-scale": scale}
        if extra := [name for name, given in (settings | {"--own-figures or --areas": own, "--boundaries": boundaries}).items() if given]:
            do = "Leave it out: what was saved keeps the settings it was saved with. Or give the --proposal anew."
            raise UsageError([Problem(name, "does not go with --answers alone", "", do) for name in extra])
        saved, result = considered_as_saved(answers, place, release)
        found, duty, seal = saved.findings, settings_of(saved).duty, saved.stamp
    else:
        chosen = inputs.both(council, service)
        result = inputs.assessed(release, boundaries, *chosen, weight, inputs.local_of(local), scale, own)
    with working("Writing the pages"):
        pages = report.write_pack(result, out, findings=found, duty=duty, sealed=seal)
    wrote(as_json, pages, f"Wrote {len(pages)} pages to {out}")
    notices(result)
