"""The command that takes another council's share pack up."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli.inputs import load
from exclusion.cli.options import AsJson, Councils, Release
from exclusion.cli.screen import complain, wrote
from exclusion.contracts import Problem, UsageError


def take(
    pack: Annotated[Path, typer.Argument(help="A share pack that another council wrote: exclusion register export ID --share.")],
    council: Councils,
    by: Annotated[str, typer.Option("--by", help="Your name: service profiles that are taken up are signed with it.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for your proposal and profiles; a new one, or an empty one.")],
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Begin from what another council proposed.

    Writes its proposal for your council, and its service profiles as yours, to edit. What is of its places (wards,
    closing places, contacts, officers' words) is left out, and said. Figures are never taken over: run 'assess' for yours.
    """
    from exclusion import register
    from exclusion.export import csv_bytes, whole_folder

    if out.is_dir() and any(out.iterdir()):
        raise UsageError(Problem(str(out), "is not empty, and nothing of yours is written over", "", "Name a new folder."))
    evidence = load(release)
    codes = evidence.find_councils(council)
    names = list(dict.fromkeys(evidence.areas.loc[evidence.areas["council_code"].isin(codes), "council_name"]))
    nations = list(dict.fromkeys(evidence.areas.loc[evidence.areas["council_code"].isin(codes), "nation"]))
    taken = register.take(pack, names, by, date.today(), nations)
    files = {**taken.files, "what-they-did.csv": csv_bytes(taken.mitigations)}
    with whole_folder(out) as work:
        for name, content in files.items():
            (work / name).write_bytes(content)
    wrote(as_json, [out / name for name in files], f"Wrote {', '.join(files)} to {out}. {taken.source}")
    for line in taken.notices:
        complain(f"Note: {line}")
