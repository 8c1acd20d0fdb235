"""The command that hands out empty files to fill in: a proposal, the council's places, routes and costs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli.options import AsJson
from exclusion.cli.screen import print_json, say, wrote


class Kind(StrEnum):
    """What can be filled in."""

    proposal = "proposal"
    places = "places"
    routes = "routes"
    costs = "costs"


def template(
    kind: Annotated[Kind, typer.Argument(help="Which file: proposal, places, routes or costs.")],
    proposal: Annotated[
        Path | None,
        typer.Option("--proposal", help="A proposal file; the costs then ask for what it closes, and the routes for its services."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="File to write instead of printing.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give an empty file to fill in for a proposal.

    None holds a figure of ours: costs, places and routes are the council's own. Fill it in and give it to
    'exclusion assess' with --proposal, --places, --routes or --costs.
    """
    from exclusion.export import whole_file

    text = _text(kind, proposal)
    if out:
        with whole_file(out) as work:
            work.write_text(text, encoding="utf-8")
        wrote(as_json, [out], f"Wrote an empty file of {kind.value} to {out}")
    elif as_json:
        print_json({"template": kind.value, "text": text})
    else:
        say(text.rstrip("\n"))


def _text(kind: Kind, path: Path | None) -> str:
    from exclusion import costs, judgement, places, proposal, routes

    read = proposal.read(path) if path else None
    if kind is Kind.costs:
        closing = [name for change in read.service for name in change.close] if read else ["phone", "f2f", "post"]
        return costs.template(closing)
    if kind is Kind.routes:
        held = judgement.services()
        return routes.template({change.id: held[change.id] for change in read.service} if read else held)
    return places.template() if kind is Kind.places else proposal.template()
