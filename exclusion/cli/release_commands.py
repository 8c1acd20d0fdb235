"""``exclusion release ...``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli import inputs
from exclusion.cli.options import AnyCouncils, AnyServices, AsJson, Release
from exclusion.cli.screen import print_json, say, show, working, wrote

release_app = typer.Typer(help="Build, verify and describe data releases.")


@release_app.command()
def build(
    source: Annotated[Path, typer.Argument(help="Folder of the published tables.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write the release to.")],
    mapped: Annotated[list[str] | None, typer.Option("--mapped", help="Council code whose small areas and boundaries to keep.")] = None,
    bundled: Annotated[bool, typer.Option("--bundled", help="Keep those of the three councils in data/ only.")] = False,
    embedded: Annotated[Path | None, typer.Option("--embedded", help="Folder of boundaries (<council code>.geojson) for them.")] = None,
    nation: Annotated[
        list[str] | None,
        typer.Option("--nation", help="Nation to build beside England and Wales; repeat. Without it, every nation whose files are there."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build a release from published tables.

    What is in the folder stays until the new release is complete; after an interruption, run it again.
    """
    from exclusion.building import builder

    kept = tuple(mapped) if mapped else builder.BUNDLED_COUNCILS if bundled else None
    with working("Building the release") as progress:
        builder.build(source, out, mapped=kept, embedded=embedded, nations=nation, progress=progress)
    wrote(as_json, [out], f"Wrote a release to {out}")


@release_app.command()
def verify(release: Release = None, as_json: AsJson = False) -> None:
    """Check every file and table of a release.

    Also lists judgement texts past their review date.
    """
    from exclusion import judgement
    from exclusion import release as releases

    notes = releases.verify(release or releases.chosen())
    notes += judgement.overdue(judgement.all_entries(), inputs.today())
    if as_json:
        print_json({"ok": True, "notes": notes})
    else:
        for note in notes:
            say(f"- {note}")
        say("The release is sound.")


@release_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Folder of the earlier release.")],
    new: Annotated[Path, typer.Argument(help="Folder of the later one.")],
    council: AnyCouncils = None,
    service: AnyServices = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder to write the tables to (CSV).")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what moved between two releases, and why.

    Which figures, bands and findings moved, because of new data, a new boundary or a new way of working
    them out. Findings are compared for the councils and services you name, by the rules of today. Writes
    sources.csv, wards.csv, figures.csv, bands.csv and findings.csv with --out.
    """
    from exclusion import differences
    from exclusion.export.files import csv_bytes, whole_file

    before, after = inputs.load(old), inputs.load(new)
    with working("Comparing"):
        found = differences.compare(before, after, council, tuple(service or ()), today=inputs.today())
    for name, table in found.tables.items() if out else ():
        with whole_file(out / f"{name}.csv") as path:  # type: ignore[operator]
            path.write_bytes(csv_bytes(table))
    if as_json:
        print_json(differences.as_json(found))
        return
    for line in found.sentences():
        say(f"- {line}")
    brief = found.bands.drop(columns="area_code")
    if 0 < len(brief) <= 60:
        show(brief, False, "Wards that changed band")
    if out:
        say(f"Wrote {', '.join(f'{name}.csv' for name in found.tables)} to {out}")


@release_app.command()
def describe(release: Release = None, as_json: AsJson = False) -> None:
    """Say what a release holds and lacks."""
    import pandas as pd

    from exclusion import release as releases

    about = releases.describe(release or releases.chosen())
    if as_json:
        print_json(about)
        return
    for name in ("name", "version", "built_on", "edition", "fit", "nations"):
        value = about.get(name, "")
        say(f"{name}: {', '.join(value) if isinstance(value, list) else value}")
    show(pd.DataFrame(about["sources"])[["id", "title", "publisher", "period", "licence"]], as_json=False, title="Sources")
    show(pd.DataFrame(about["missing"]), as_json=False, title="Missing")
