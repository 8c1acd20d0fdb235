"""``exclusion fetch``: parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from exclusion.cli.options import AsJson
from exclusion.cli.screen import complain, print_json, say, show, working


def fetch_figures(
    council: Annotated[
        list[str] | None,
        typer.Option("--council", "-c", help="Council by code or name, or a county for its districts; repeat for several."),
    ] = None,
    nation: Annotated[list[str] | None, typer.Option("--nation", help="Every council of a nation, for example Wales.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every council of the United Kingdom.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the release; else the one the app opens.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: use what an earlier run kept.")] = False,
    hand: Annotated[Path | None, typer.Option("--from", help="Folder of files you downloaded by hand; they are used first.")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again for what is kept, also where it should not have changed.")] = False,
    certificate: Annotated[
        str | None, typer.Option("--certificate", help="Certificate file (PEM) of your network, if it has its own.")
    ] = None,
    addresses: Annotated[Path | None, typer.Option("--addresses", help="Your own addresses of publishers (TOML), laid over ours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the newest figures, maps and connectivity of councils.

    Asks the publishers, checks what comes, and writes a release that the app opens from then on. What
    was fetched is kept: a run that was stopped goes on where it was, and a second run downloads only
    what has changed. A source that cannot be had is listed with the page to download it from by hand;
    its figures stay as they were (exit code 4, or 3 when what came was refused).
    """
    from exclusion.building import fetching
    from exclusion.sources.addresses import read_addresses
    from exclusion.sources.fetch import Fetcher

    known = read_addresses(addresses)
    fetcher = Fetcher(offline=offline, hand=hand, refresh=refresh, certificate=certificate)
    with working("Reading the release"):
        from exclusion import release

        codes = fetching.councils_of(fetching.base_of(out or release.fetched()), council or (), nation or (), every)
    with working("Fetching") as progress:
        fetcher.say = progress
        report = fetching.fetch(fetcher, known, codes, out=out)
    if as_json:
        print_json(
            {
                "councils": list(report.councils),
                "release": str(report.release) if report.release else None,
                "files": str(report.folder),
                "requests": fetcher.counts,
                "sources": report.table().to_dict("records"),
            }
        )
    else:
        show(report.table()[["source", "rows", "how"]], False, f"{'Fetched' if report.release else 'Asked'} for {report.named}")
        if report.release:
            say(f"Wrote a release to {report.release}. The app and every command open it from now on; --release names another.")
    for one in report.outcomes:
        if one.problem:
            complain(f"{one.title}: {one.problem}")
    if report.exit_code:
        failed = sum(1 for one in report.outcomes if one.problem)
        kept = "Their figures stay as they were." if report.release else "Nothing was written: boundaries are needed."
        complain(f"{failed} {'source' if failed == 1 else 'sources'} could not be had. {kept}")
        raise typer.Exit(report.exit_code)
