"""What the command line prints: tables on screen, JSON for programs, a bar while something is slow.

Answers go to standard output; notes, bars and complaints to standard error, so that an answer
can be piped on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from exclusion.alongside import Beside
    from exclusion.assessment import Assessment
    from exclusion.proposal import Considered


def show(table: pd.DataFrame, as_json: bool, title: str = "") -> None:
    """A table on screen, or its rows as JSON with null for a gap."""
    if as_json:
        print_json(json.loads(table.to_json(orient="records", double_precision=10)))
        return
    grid = Table(title=escape(title) or None, title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for name in table.columns:
        numbers = pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
        grid.add_column(str(name), justify="right" if numbers else "left", overflow="fold")
    for row in table.itertuples(index=False):
        grid.add_row(*(escape(_cell(cell)) for cell in row))
    # Into a file or another program: never cut a cell to the width of a screen.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    with console.capture() as drawn:
        console.print(grid)
    say("\n".join(line.rstrip() for line in drawn.get().rstrip().splitlines()))


def _cell(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.1f}"
    return "" if cell is None or cell is pd.NA else str(cell)


def show_findings(assessment: Assessment, services: Sequence[str] | None = None) -> None:
    """What holds across the council once, then what is added in single wards, then how many wards have reasons.

    ``services``: only these, by id; the tables that are written hold them all.
    """
    wide, findings, summaries = (
        table if services is None else table[table["service_id"].isin(services)]
        for table in (assessment.council_wide, assessment.findings, assessment.summaries)
    )
    if len(wide):
        show(wide[["service_id", "channel", "severity", "wards", "of_wards", "reason"]], False, "Keep across the council")
    everywhere = set(zip(wide["service_id"], wide["channel"], strict=True))
    here = [pair not in everywhere for pair in zip(findings["service_id"], findings["channel"], strict=True)]
    rest = findings[(findings["kind"] == "keep") & pd.Series(here, index=findings.index, dtype=bool)]
    if len(rest):
        show(rest[["area_name", "service_id", "channel", "severity", "short"]], False, "Keep in these wards")
    if len(summaries):
        show(summaries.groupby(["service_id", "summary"], as_index=False).agg(wards=("area_code", "size")), False, "Wards by result")
    for sentence in dict.fromkeys(summaries.loc[summaries["summary"] == "not_run_here", "sentence"]):
        say(str(sentence))


def show_proposal(considered: Considered) -> None:
    """What a proposal does: findings of the services it names, options, demand, services that lean on a place, and what falls together.

    A library that closes touches nearly every service: those that are not named have one line each here.
    """
    named = list(dict.fromkeys(change.id for proposal in considered.proposals for change in proposal.service))
    if named:
        show_findings(considered.assessment, named)
    show(considered.options[["proposal", "service_id", "title", "sentence"]], False, "Options side by side (not ranked)")
    whole = considered.demand[considered.demand["area_code"] == ""]
    if len(whole):
        ways = whole.assign(channel=whole["channel"].where(whole["channel"] != "", "All that stay"))  # demand.csv keeps the blank
        show(ways[["proposal", "service_id", "channel", "label"]], False, "Contacts the ways in that stay may have to carry")
    if len(considered.dependents):
        show(_leaning(considered.dependents), False, "Services that lean on a place that changes")
        for place, rows in considered.dependents.groupby("place", sort=False):
            if said := str(rows["next_open_said"].iloc[0]):
                say(f"{place}: {said}")
        say("What to keep in place of each, and in which wards: dependents.csv and effects.csv.")
    if len(considered.cumulative):
        rows = considered.cumulative.groupby("sentence", sort=False).agg(wards=("area_code", "nunique"))
        show(rows.reset_index()[["wards", "sentence"]], False, "Several changes for the same people within 24 months")


def _leaning(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a service: its ways in at places that change, each with the firmest of our advice and in how many wards."""
    from exclusion import judgement
    from exclusion.provision.reasons import SCREEN_WORDS
    from exclusion.words import counted, join_words

    verbs = {"closes": "closes", "fewer_hours": "opens for fewer hours"}
    lines = []
    for _, mine in rows.groupby("service_id", sort=False):
        told = []
        for row in mine.to_dict("records"):
            way = f"{judgement.channels()[row['channel']].label} leans on {row['place']}, which {verbs[row['change']]}"
            firm = f"'{SCREEN_WORDS.get(row['severity'], '')}' in {counted(row['firmest_wards'], 'ward')}"
            advice = firm if row["severity"] else "no rule asks for it"
            told.append(f"{way} ({advice})")
        lines.append((str(mine["service_name"].iloc[0]), join_words(told)))
    return pd.DataFrame(lines, columns=["service", "what leans on it"])


def show_beside(found: Beside) -> None:
    """What a council's own files add, in sentences."""
    for title, lines in found.said.items():
        if lines:
            show(pd.DataFrame({"sentence": lines}), False, title)


def notices(result: Assessment | Considered | Beside) -> None:
    """What the reader should know of this result, on standard error."""
    for notice in result.notices:
        complain(f"Note: {notice}")


def wrote(as_json: bool, paths: Sequence[Path], words: str) -> None:
    """What was written, in words or as JSON."""
    if as_json:
        print_json({"written": [str(path) for path in paths]})
    else:
        say(words)


def print_json(value: Any) -> None:
    """JSON on standard output."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def say(words: str) -> None:
    """A line on standard output."""
    typer.echo(words)


def complain(words: str) -> None:
    """A line on standard error."""
    typer.echo(words, err=True)


@contextmanager
def working(words: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on the screen while something slow goes on; nothing where nobody is watching.

    Yields
    ------
    callable
        To be called with a sentence and the share done (0-1), where that is known.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text, share: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(words, total=None)
        yield lambda text, share: progress.update(task, description=text, completed=share, total=1.0)
