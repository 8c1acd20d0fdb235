"""``exclusion release ...``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli import inputs
from exclusion.cli.options import AsJson, Release
from exclusion.cli.screen import print_json, say, show, working, wrote

release_app = typer.Typer(help="Build, verify and describe data releases.")


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
    notes += judgement.overdue(judgement.all_entries(), inputs.today())
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
