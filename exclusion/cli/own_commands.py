"""``exclusion count``: a council's own files on the command line. Parse, call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exclusion.cli.options import OwnUse, OwnWhen
from exclusion.cli.screen import complain, print_json, say, show, working
from exclusion.contracts import Problem, UsageError
from exclusion.words import join_words

if TYPE_CHECKING:
    from exclusion.own.figures import Figures
    from exclusion.release import Evidence

AnyCouncils = Annotated[
    list[str] | None, typer.Option("--council", "-c", help="Only these councils, by code or name, with all their wards.")
]
Release = Annotated[Path | None, typer.Option("--release", help="Folder of a data release; the bundled one when left out.")]
Boundaries = Annotated[Path | None, typer.Option("--boundaries", help="Ward boundaries, GeoJSON or GeoPackage.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]


def figures(
    file: Annotated[Path, typer.Argument(help="Your own figures: CSV, Excel or GeoPackage, one row for each ward or small area.")],
    council: Annotated[list[str], typer.Option("--council", "-c", help="The council they are of, by code or name.")],
    code: Annotated[str | None, typer.Option("--code", help="Heading of the column of codes, where we take it for another.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Heading of the column of ward names.")] = None,
    number: Annotated[list[str] | None, typer.Option("--number", help="Heading of a column of numbers; repeat for each.")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook or layer of a GeoPackage; else the first.")] = None,
    own_use: OwnUse = None,
    own_when: OwnWhen = "",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write a release of your own with these figures in it.")] = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Look at your own figures before they are used.

    Which column is taken for what, whether the codes are of this year's wards, and the figures by ward
    as they would be used with --own-figures. Nothing is kept, unless you write a release of your own:
    with --own-use, --own-when and -o, which the app and every command open with --release.
    """
    from exclusion import assessment
    from exclusion.own import figures as own

    if bool(own_use) != (out is not None):
        missing = "--out" if own_use else "--own-use"
        do = "To write a release of your own give --own-use, --own-when and -o; to look at the file give none of them."
        raise UsageError(Problem(missing, "is missing", "", do))

    seen = own.look(file, file.name, sheet)
    if not as_json:
        show(seen.table(), False, f"{file.name}: what each column is taken for")
    with working("Reading the release"):
        evidence = assessment.load(release)
    codes = evidence.find_councils(council)
    found = own.read(seen, evidence, codes, code=code, name=name, numbers=number)
    written = _own_release(evidence, codes, found, own_use or [], own_when, out) if out else None
    names = evidence.areas.loc[found.table.index, "area_name"]
    table = found.table.rename_axis("area_code").reset_index()
    table.insert(1, "area_name", names.to_numpy())
    if as_json:
        columns = seen.table().to_dict("records")
        wards = json.loads(table.to_json(orient="records"))
        about = {"columns": columns, "level": found.level, "shares": list(found.shares), "notes": list(found.notes), "wards": wards}
        print_json(about | ({"release": str(written)} if written else {}))
        return
    for heading in found.shares:
        table[heading] = [None if value != value else f"{value:.1%}" for value in table[heading]]
    show(table, False, "By ward, as it would be used (blank = not known)")
    for line in found.notes:
        complain(f"Note: {line}")
    if written:
        say(f"Wrote a release of your own to {written}. Open it with --release {written}, or KEPT_OPEN_RELEASE for the app.")


def _own_release(evidence: Evidence, codes: list[str], found: Figures, uses: list[str], when: str, out: Path) -> Path:
    """The release with a council's own figures in it, written to its folder."""
    from exclusion.building.own_release import write_own
    from exclusion.own import laying

    owner = join_words(list(evidence.areas.loc[evidence.areas["council_code"].isin(codes), "council_name"].unique()))
    asked = [laying.parse(use) for use in uses]
    laid = laying.lay(evidence, found, asked, period=when, owner=owner)
    for line in laying.said(evidence, found, asked, owner)[: -len(found.notes) or None]:  # the notes are printed with the table
        complain(f"Note: {line}")
    with working("Writing your release"):
        return write_own(evidence, laid, out, owner=owner)


def count(
    file: Annotated[Path, typer.Argument(help="A case export: CSV or Excel, one row for each case.")],
    postcode: Annotated[str, typer.Option("--postcode", help="Heading of the column of postcodes.")],
    postcodes: Annotated[
        Path, typer.Option("--postcodes", help="Where postcodes lie: Code-Point Open, ONS Postcode Directory or NSPL, as downloaded.")
    ],
    by: Annotated[str | None, typer.Option("--by", help="Heading of a column to count by, such as the channel.")] = None,
    when: Annotated[str, typer.Option("--when", help="The period the file covers, in words; written beside the counts.")] = "",
    council: AnyCouncils = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; its first when left out.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="CSV file to write instead of printing.")] = None,
    release: Release = None,
    boundaries: Boundaries = None,
    as_json: AsJson = False,
) -> None:
    """Count cases by ward, on this machine.

    Rows go in and counts by ward come out: no row is kept, written or shown, and nothing leaves this
    machine. Counts under 10 are hidden, and others from which they could be worked out. The counts can
    be brought to the app. Linking and counting case records may need your own data protection
    assessment: ask your data protection officer.
    """
    from exclusion import assessment
    from exclusion.export.files import csv_bytes, whole_file
    from exclusion.own import count as counting

    with working("Counting"):
        evidence = assessment.load(release, boundaries)
        codes = evidence.find_councils(council) if council else None
        found = counting.count(file, postcode, postcodes, evidence, councils=codes, by=by, when=when, sheet=sheet, where=file.name)
    if out:
        with whole_file(out) as path:
            path.write_bytes(csv_bytes(found.counts))
    if as_json:
        unplaced = {why: number for why, number in found.unplaced.items() if number}
        about = {"rows": found.read, "placed": found.placed, "could_not_be_placed": unplaced, "notes": list(found.notes)}
        print_json(about | ({"written": [str(out)]} if out else {"counts": found.counts.to_dict("records")}))
        return
    if not out:
        show(found.counts, False)
    show(found.totals, False, "All wards together")
    if out:
        say(f"Wrote the counts of {len(found.counts)} wards to {out}")
    for line in found.said:
        complain(line)
