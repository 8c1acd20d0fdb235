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
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import release
from exclusion.building import refresh
from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError
from exclusion.release import Evidence
from exclusion.sources import FETCHED, iod, local_statistics, nomis, ofcom, ons_custom, open_geography, ward_counts, wimd
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.keeping import write_bytes

NATIONS = {"England": "E", "Wales": "W"}
NOT_YET = "Scotland and Northern Ireland have no service that can be asked for every figure; see 'exclusion release build'."
MANY = 5_000
"""From so many small areas on, a whole table is less to download than a list of areas."""


@dataclass(frozen=True)
class Step:
    """One source: what it is called, the file it writes, whether a release can do without it, and how it is fetched."""

    title: str
    file: str
    needed: bool
    fetch: Callable[[], pd.DataFrame]


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
    names: tuple[str, ...]
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
            problems.append(Problem("--nation", "cannot be fetched", nation, f"Give {' or '.join(NATIONS)}. {NOT_YET}"))
    if every:
        found += table.loc[table["nation"].isin(list(NATIONS)), "council_code"].tolist()
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
    held = table.set_index("council_code")
    for code in dict.fromkeys(found):
        if held.at[code, "nation"] not in NATIONS:
            problems.append(Problem("--council", "is in a nation that cannot be fetched", str(held.at[code, "council_name"]), NOT_YET))
    if problems:
        raise UsageError(problems)
    if not found:
        raise UsageError(
            Problem("--council", "is missing", "", "Name a council or county, or give --nation England, --nation Wales or --all.")
        )
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
    names = base.areas.drop_duplicates("council_code").set_index("council_code")["council_name"]
    folder = release.data_folder() / "sources" / ("-".join(codes) if len(codes) <= 4 else f"{codes[0]}-and-{len(codes) - 1}-more")
    report = Report(codes, tuple(str(names[code]) for code in codes), folder)
    _start_over(folder)
    say = fetcher.say
    steps = _steps(fetcher, addresses, base, codes, folder)
    for number, step in enumerate(steps):
        share = 0.9 * number / len(steps)
        fetcher.say = lambda text, part, share=share: say(text, share)  # type: ignore[misc]
        say(step.title, share)
        outcome = _take(fetcher, step, folder)
        report.outcomes.append(outcome)
        if outcome.problem and step.needed:
            say(f"{step.title} could not be had", share)
            fetcher.say = say
            return report
    fetcher.say = say
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
    bundled = release.read(release.bundled())
    release.recover(out)
    with suppress(OSError, ValueError, KeyError, ExclusionError):
        about = tomllib.loads((out / "release.toml").read_text(encoding="utf-8"))
        held = tomllib.loads((bundled.path / "release.toml").read_text(encoding="utf-8"))
        if about["fetched"]["over"] == held["version"] and about["fetched"]["stands_on"] == held["files"]["observations.parquet"]["sha256"]:
            return release.read(out)
    return bundled


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


# ------------------------------------------------------------------ the sources


def _steps(fetcher: Fetcher, addresses: Mapping[str, Any], base: Evidence, councils: tuple[str, ...], folder: Path) -> list[Step]:
    shares = base.shares()
    wards = base.areas.index[base.areas["council_code"].isin(councils)]
    small = sorted(set(shares.loc[shares["area_code"].isin(wards) | shares["best_fit"].isin(wards), "small_area_code"]))
    nations = {base.areas.at[code, "nation"] for code in wards}
    many = len(small) >= MANY

    def layer(name: str, codes: list[str]) -> pd.DataFrame:
        service = open_geography.service(addresses, name)
        if many:
            whole = open_geography.everything(fetcher, service)
            return whole[whole[service.code].isin(codes)]
        return open_geography.by_codes(fetcher, service, service.code, codes)

    def ward_shapes() -> pd.DataFrame:
        service = open_geography.service(addresses, "wards")
        return _whole_wards(open_geography.by_codes(fetcher, service, "LAD25CD", councils), wards, service, base.manifest.edition)

    def small_shapes() -> pd.DataFrame:
        return _repaired(layer("small_areas", small))

    def rural() -> pd.DataFrame:
        table = layer("rural", small)
        urban = table["RUC21CD"].str[0].map({"U": "Urban", "R": "Rural"})  # UN1, UF1; RLN1, RLF1, RSN1, RSF1
        if urban.isna().any():
            ask = open_geography.service(addresses, "rural").ask("")
            raise DataRefused(ask.problem("holds a class that is neither urban nor rural", str(table.loc[urban.isna(), "RUC21CD"].iloc[0])))
        return table.assign(ruc=urban)

    def census(table: nomis.Table) -> Callable[[], pd.DataFrame]:
        def read() -> pd.DataFrame:
            if table.everywhere:
                return nomis.everywhere(fetcher, table)
            if many:
                return nomis.from_bulk(fetcher, table)
            return nomis.by_codes(fetcher, table, small)

        return read

    def published(table: nomis.Table) -> Callable[[], pd.DataFrame]:
        small_file = next(t.file for t in nomis.tables(addresses) if t.id == (table.id if table.id != "ts007" else "ts007a"))

        def read() -> pd.DataFrame:
            totals = _council_totals(folder, small_file)
            if many:
                return ward_counts.everywhere(fetcher, table, sum(totals.values()) if len(totals) > len(councils) else 0.0)
            return ward_counts.fetch(fetcher, addresses, table, councils, totals)

        return read

    def ages() -> pd.DataFrame:
        table, withheld = ons_custom.fetch_ages(fetcher, addresses, small)
        if withheld:
            table.attrs["note"] = f"{len(withheld)} small areas not released"
        return table

    def premises() -> pd.DataFrame:
        lookup = open_geography.everything(fetcher, open_geography.service(addresses, "output_areas"))
        return ofcom.fetch_output_areas(fetcher, addresses, lookup)

    steps = [
        Step("Ward boundaries", refresh.WARDS_FILE, True, ward_shapes),
        Step("Small-area boundaries", refresh.SMALL_FILE, True, small_shapes),
        Step("Small area to ward lookup", refresh.FIT_FILE, True, lambda: layer("best_fit", small)),
        Step("Rural and urban", refresh.RURAL_FILE, False, rural),
    ]
    ordered = sorted(nomis.tables(addresses), key=lambda table: (table.id != "ts007a", not table.everywhere))
    steps += [Step(f"Census 2021, {table.title}", table.file, False, census(table)) for table in ordered]
    steps.append(Step("Census 2021, ages that split at 16", addresses["ons_custom"]["table"]["age6"]["file"], False, ages))
    steps += [Step(f"Wards as published, {t.title}", t.file, False, published(t)) for t in ward_counts.tables(addresses)]
    steps.append(Step("Ofcom premises by output area", ofcom.FILE, False, premises))
    if (voice := _voice_by_hand(fetcher)) is not None:
        steps.append(Step("Indoor mobile voice, as supplied", ofcom.VOICE_FILE, False, voice))
    steps.append(Step("Broadband by council", local_statistics.FILE, False, lambda: local_statistics.fetch_below_30(fetcher, addresses)))
    if "England" in nations:
        steps += [
            Step("Indices of Deprivation 2025, people", iod.FILES["population"], False, lambda: iod.fetch_population(fetcher, addresses)),
            Step("Indices of Deprivation 2025, income", iod.FILES["income"], False, lambda: iod.fetch_income(fetcher, addresses)),
            Step("Indices of Deprivation 2025, connectivity", iod.FILES["digital"], False, lambda: iod.fetch_digital(fetcher, addresses)),
        ]
    if "Wales" in nations:
        steps.append(Step("Welsh Index of Multiple Deprivation 2025", wimd.FILE, False, lambda: wimd.fetch_ranks(fetcher, addresses)))
    return steps


def _council_totals(folder: Path, name: str) -> dict[str, float]:
    """A census table's total by council, as its small areas fetched just now add up; nothing where either was not fetched."""
    if not (folder / name).is_file() or not (folder / refresh.FIT_FILE).is_file():
        return {}
    table = pd.read_csv(folder / name).set_index("lsoa21cd")
    council = pd.read_csv(folder / refresh.FIT_FILE, dtype=str).set_index("LSOA21CD")["LAD25CD"]
    sums = table.iloc[:, 0].groupby(council.reindex(table.index)).sum()
    return {str(code): float(total) for code, total in sums.items()}


def _voice_by_hand(fetcher: Fetcher) -> Callable[[], pd.DataFrame] | None:
    """Nobody publishes indoor voice below council level; whoever has it puts it in the folder given with --from."""
    ask = Ask("Indoor mobile voice", "", "docs/fetching.md", by_hand=(Path(ofcom.VOICE_FILE).name,), kind="csv")
    got = fetcher.find_by_hand(ask)
    return None if got is None else lambda: pd.read_csv(got.path, dtype={"lsoa21cd": str}, encoding="utf-8-sig")


def _whole_wards(table: pd.DataFrame, wards: pd.Index, service: open_geography.Service, edition: str) -> pd.DataFrame:
    """The wards of the councils, exactly those of the release's edition."""
    here, there = set(table["WD25CD"]), set(wards)
    if here != there:
        odd = sorted(here ^ there)
        raise DataRefused(
            service.ask("").problem(
                f"has {len(here)} wards for these councils; {edition} has {len(there)}", ", ".join(odd[:3]), "It may be of another edition."
            )
        )
    return _repaired(table)


def _repaired(table: pd.DataFrame) -> pd.DataFrame:
    """Shapes whose outline touches itself are made whole; the portal has a few, and each is a drawing fault, not a place."""
    frame: pd.DataFrame = gpd.GeoDataFrame(table, geometry="geometry", crs=4326)
    broken = ~frame.geometry.is_valid
    if broken.any():
        frame = frame.copy()
        frame.loc[broken, "geometry"] = frame.loc[broken, "geometry"].make_valid()
        frame.attrs["note"] = f"{int(broken.sum())} outlines repaired"
    return frame
