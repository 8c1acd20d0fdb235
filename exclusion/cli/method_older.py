"""``exclusion method deri``: the older index beside ours, from its makers' own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from exclusion.cli import inputs
from exclusion.cli.method_commands import method_app
from exclusion.cli.options import AnyCouncils, AsJson, Every, Release, Weights, Within
from exclusion.cli.screen import complain, say, show, wrote


@method_app.command(name="deri")
def method_deri(
    components: Annotated[Path, typer.Argument(help="DERI 1.6's own table of components by small area (CSV, plain or gzipped).")],
    council: AnyCouncils = None,
    every: Every = False,
    within: Within = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="CSV file to write instead of printing.")] = None,
    weight: Weights = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Set the older index, DERI 1.6, beside ours by ward.

    A ward's figure is the mean of its small areas' scores over the people in them, so the release must hold the
    small areas of the wards (see 'exclusion release build --mapped'). As published, each part is scaled within its
    nation; '--within council' stretches it over the council's small areas, as DERI's own tool does at first. Every
    mistake in the table is named with its line.
    """
    from exclusion import export
    from exclusion.audit import require_scores
    from exclusion.method import older_index
    from exclusion.method import scope as scopes

    scope = scopes.NATION if within is None else within.value
    older_index.require_scope(scope)  # before the slow part
    chosen = inputs.chosen(council, every)
    table = older_index.read_components(components)  # before the slow part
    a = inputs.assessed(release, None, chosen, (), weight)
    require_scores(a, "to set the older index beside")
    older = older_index.of_wards(a.evidence, table, list(a.areas.index), scope)
    both = older_index.beside(a.scores, older)
    names = a.areas[["area_name", "council_name"]]
    whole = pd.DataFrame(names).join(both).assign(within=scope).rename_axis("area_code").reset_index()
    if out:
        with export.whole_file(out) as work:
            work.write_bytes(export.csv_bytes(whole))
        wrote(as_json, [out], f"Wrote {len(whole)} wards to {out}")
    elif as_json:
        show(whole, True)
    else:
        brief = whole.assign(deri=["" if value != value else f"{value:.2f}" for value in whole["deri"]]).drop(
            columns=["council_name", "observed", "within"]
        )
        show(brief, False, "Our band beside the older index, DERI 1.6 (0-10, higher = more at risk)")
        if scope == scopes.NATION:
            say(older_index.said(both))
    for note in older.notes:
        complain(f"Note: {note}")
