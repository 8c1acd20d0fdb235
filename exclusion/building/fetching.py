"""``exclusion fetch``: every source for the councils asked for -> a folder of files -> a release on top of the older one.

Each source is fetched, checked and written by itself, so that one publisher that is down costs its own
figures and no others. Boundaries and small areas are needed; of the rest, what could not be had stays
as it was in the older release, and is listed.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import release
from exclusion.building import heading, refresh
from exclusion.building.steps import Step, steps_for
from exclusion.contracts import NATIONS, ExclusionError, Problem, UsageError
from exclusion.release import Evidence
from exclusion.sources import FETCHED
from exclusion.sources.fetch import Fetcher
from exclusion.sources.keeping import write_bytes


@dataclass
class Outcome:
    """What came of one source."""

    title: str
    file: str
    rows: int = 0
    how: str = ""
    note: str = ""
    problem: ExclusionError | None = None


@dataclass
class Report:
    """What came of a whole run: the release written, or None, and every source's outcome."""

    councils: tuple[str, ...]
    named: str
    """The councils in words."""
    folder: Path
    outcomes: list[Outcome] = field(default_factory=list)
    release: Path | None = None

    @property
    def problems(self) -> list[Problem]:
        """Every problem of every source that could not be had."""
        return [problem for one in self.outcomes if one.problem for problem in one.problem.problems]

    @property
    def exit_code(self) -> int:
        """0 when all came; else that of the first source that did not (4 unreachable, 3 refused)."""
        return next((one.problem.exit_code for one in self.outcomes if one.problem), 0)

    def table(self) -> pd.DataFrame:
        """``source, rows, how, note``, one row a source."""
        rows = [(one.title, one.rows, one.how or "failed", one.note) for one in self.outcomes]
        return pd.DataFrame(rows, columns=["source", "rows", "how", "note"])


def councils_of(base: Evidence, councils: Iterable[str] = (), nations: Iterable[str] = (), every: bool = False) -> list[str]:
    """Codes of the councils meant: by name or code, of a county (its districts), of a nation, or all.

    Raises
    ------
    UsageError
        When nothing is named, or a name is not known; says what is close.
    """
    table = base.councils()
    upper = base.areas.drop_duplicates("council_code").set_index("council_code")[["upper_code", "upper_name"]]
    found: list[str] = []
    problems: list[Problem] = []
    for nation in nations:
        name = next((n for n in NATIONS if n.casefold() == nation.strip().casefold()), "")
        if name:
            found += table.loc[table["nation"] == name, "council_code"].tolist()
        else:
            problems.append(Problem("--nation", "is not a nation we know", nation, f"Give one of {', '.join(NATIONS)}."))
    if every:
        found += table["council_code"].tolist()
    for asked in councils:
        name = asked.strip().casefold()
        inside = upper.index[(upper["upper_code"].str.casefold() == name) | (upper["upper_name"].str.casefold() == name)] if name else []
        if len(inside):
            found += list(inside)
        else:
            try:
                found += base.find_councils([asked])
            except UsageError as error:
                problems += error.problems
    if problems:
        raise UsageError(problems)
    if not found:
        raise UsageError(Problem("--council", "is missing", "", "Name a council or county, or give --nation (for example Wales) or --all."))
    return sorted(dict.fromkeys(found))


def fetch(
    fetcher: Fetcher,
    addresses: Mapping[str, Any],
    councils: Iterable[str],
    *,
    out: Path | None = None,
    today: date | None = None,
) -> Report:
    """Fetch every source for some councils and write a release that holds them.

    Parameters
    ----------
    councils
        Codes; see :func:`councils_of`.
    out
        Folder of the release; that of :func:`exclusion.release.fetched` when None. A release already
        there is built upon, so that councils fetched earlier stay.

    Returns
    -------
    Report
        Its ``release`` is None when what is needed could not be had; nothing was written then.
    """
    out = out or release.fetched()
    base = base_of(out)
    codes = tuple(sorted(dict.fromkeys(councils)))
    folder = release.data_folder() / "sources" / ("-".join(codes) if len(codes) <= 4 else f"{codes[0]}-and-{len(codes) - 1}-more")
    report = Report(codes, heading.named(base, codes), folder)
    _start_over(folder)
    say = fetcher.say
    steps = steps_for(fetcher, addresses, base, codes, folder)
    for number, step in enumerate(steps):
        share = 0.9 * number / len(steps)
        fetcher.say = lambda text, part, share=share: say(text, share)  # type: ignore[misc]
        say(step.title, share)
        outcome = _take(fetcher, step, folder)
        report.outcomes.append(outcome)
        if outcome.problem and step.needed:
            say(f"{step.title} could not be had", share)
            if not fetcher.offline:
                break  # offline costs no waiting, and whoever has no way out wants every file to download in one list
    fetcher.say = say
    if any(step.needed and one.problem for step, one in zip(steps, report.outcomes, strict=False)):
        return report
    say("Writing the release", 0.92)
    report.release = refresh.refresh(
        base,
        folder,
        out,
        councils=codes,
        recoded=addresses["recoded"],
        today=today,
        progress=lambda text, part: say(text, 0.92 + 0.08 * part),
    )
    return report


def base_of(out: Path) -> Evidence:
    """The release to build upon: the one at ``out`` if it stands on today's bundled one, else the bundled one."""
    bundled = release.bundled()
    release.recover(out)
    with suppress(OSError, ValueError, KeyError, ExclusionError):
        about = tomllib.loads((out / "release.toml").read_text(encoding="utf-8"))
        held = tomllib.loads((bundled / "release.toml").read_text(encoding="utf-8"))
        if about["fetched"]["over"] == held["version"] and about["fetched"]["stands_on"] == held["files"]["observations.parquet"]["sha256"]:
            return release.read(out)
    return release.read(bundled)


def _start_over(folder: Path) -> None:
    """Files of an earlier run of the same councils go: what is not fetched now must not pass for new. The answers stay in the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / FETCHED
    if note.is_file():
        with suppress(ValueError, KeyError):
            for name in json.loads(note.read_text(encoding="utf-8"))["files"]:
                with suppress(FileNotFoundError):
                    (folder / name).unlink()
        note.unlink()


def _take(fetcher: Fetcher, step: Step, folder: Path) -> Outcome:
    before = dict(fetcher.counts)
    outcome = Outcome(step.title, step.file)
    try:
        table = step.fetch()
    except ExclusionError as error:
        outcome.problem = error
        outcome.note = str(error)
        return outcome
    outcome.rows = len(table)
    outcome.note = str(table.attrs.get("note", ""))
    new = [name for name, count in fetcher.counts.items() if count > before[name]]
    outcome.how = "downloaded" if "downloaded" in new else " and ".join(new) or "kept"
    _write(folder / step.file, table)
    note = folder / FETCHED
    about = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {"files": {}}
    about["files"][step.file] = {
        "rows": len(table),
        "source": step.title,
        "on": datetime.now(UTC).isoformat(timespec="seconds"),
        "how": outcome.how,
    }
    write_bytes(note, json.dumps(about, indent=1).encode())
    return outcome


def _write(path: Path, table: pd.DataFrame) -> None:
    """A file whole or not at all; the same table gives the same bytes."""
    if path.suffix == ".parquet":
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        os.close(handle)
        try:
            gpd.GeoDataFrame(table, crs=4326).to_parquet(part, index=False)
            os.replace(part, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part)
        return
    content = table.to_csv(index=False).encode()
    write_bytes(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
