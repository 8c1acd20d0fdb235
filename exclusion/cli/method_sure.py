"""``exclusion method sure``: how sure each ward's band is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli import inputs
from exclusion.cli.method_commands import method_app
from exclusion.cli.options import AnyCouncils, AsJson, Every, Release, Weights
from exclusion.cli.screen import complain, say, show, working, wrote


@method_app.command(name="sure")
def method_sure(
    council: AnyCouncils = None,
    every: Every = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="CSV file to write instead of printing.")] = None,
    weight: Weights = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Say how sure each ward's band is.

    The bands it could be in over every method, with figures and weights a little off; the chance of being in its
    nation's most affected fifth; whether that is clear, and which way; and what moves it most.
    """
    from exclusion import export
    from exclusion.audit import labels, require_scores, trust
    from exclusion.export.sure import sure_table
    from exclusion.method.uncertainty import uncertainty

    a = inputs.assessed(release, None, inputs.chosen(council, every), (), weight)
    require_scores(a, "to be sure of")
    with working("Trying every method") as progress:
        found = uncertainty(a.evidence, list(a.areas.index), inputs.weights_of(weight), progress=progress)
    table = sure_table(a, found)
    if out:
        with export.whole_file(out) as work:
            work.write_bytes(export.csv_bytes(table))
        wrote(as_json, [out], f"Wrote {len(table)} wards to {out}")
    elif as_json:
        show(table, True)
    else:
        brief = table[["area_code", "area_name", "band", "band_low", "band_high", "chance", "word", "against_band", "driver"]].copy()
        brief["chance"] = [labels.chance(chance) if chance == chance else "" for chance in brief["chance"]]
        brief["against_band"] = brief["against_band"].map({True: "differs from its band", False: ""}).fillna("")
        show(brief, False, "How sure the bands are")
        say(trust.sure_words(trust.named(a, found)))
    for note in found.notes:
        complain(f"Note: {note}")
