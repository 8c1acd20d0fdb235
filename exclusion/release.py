"""A data release: one folder, complete in itself, verified whenever it is read.

The folder holds ``release.toml`` and Parquet tables. On disk ``observations`` leaves out what
follows from the rest (``value`` of a count, the range that comes from the fit of a ward) to stay
small; :func:`read` puts both back.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tomllib
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq

from exclusion import release_tables
from exclusion.contracts import AREA_CODE, DataRefused, Problem, UsageError, check, toml_document
from exclusion.recent import Recent
from exclusion.sources import Source
from exclusion.sources.boundaries import METRES, check_boundaries
from exclusion.words import join_words

Made = TypeVar("Made")

FORMAT = 1
TABLES = ("areas", "small_areas", "observations", "reference", "reference_wards")
OPTIONAL = ("alternative",)
"""Tables that a release may lack: one built before the table existed is still read."""


def bundled() -> Path:
    """Folder of the release that comes with the program: beside a checkout, or inside the installed package."""
    inside = Path(__file__).parent / "data"
    return inside if (inside / "release.toml").is_file() else Path(__file__).parents[1] / "data"


def data_folder() -> Path:
    """Where fetched files and releases are kept: ``KEPT_OPEN_DATA`` or the platform's data folder for this program."""
    given = os.environ.get("KEPT_OPEN_DATA")
    return Path(given) if given else Path(platformdirs.user_data_dir("kept-open", appauthor=False))


def fetched() -> Path:
    """Folder of the release that ``exclusion fetch`` writes; it need not be there."""
    return data_folder() / "release"


def chosen() -> Path:
    """The release to open when none is named.

    That of ``KEPT_OPEN_RELEASE``; else the fetched one, if there is one this version reads; else the
    bundled one. Setting ``KEPT_OPEN_RELEASE`` to ``bundled`` asks for the bundled one.
    """
    given = os.environ.get("KEPT_OPEN_RELEASE")
    if given:
        return bundled() if given == "bundled" else Path(given)
    folder = fetched()
    recover(folder)
    try:
        if tomllib.loads((folder / "release.toml").read_text(encoding="utf-8")).get("format") == FORMAT:
            return folder
    except (OSError, ValueError):
        pass
    return bundled()


@dataclass(frozen=True)
class Manifest:
    """What ``release.toml`` says of the release."""

    name: str
    version: str
    built_on: str
    edition: str
    fit: str
    nations: tuple[str, ...]
    sources: Mapping[str, Source]
    missing: tuple[Mapping[str, str], ...]
    files: Mapping[str, Mapping[str, Any]]
    measured: Mapping[str, Any]
    calibration: Mapping[str, tuple[int, int]]
    """67th and 90th percentile of England's ward counts, by measure."""
    fetched: Mapping[str, Any] = field(default_factory=dict)
    """Of a fetched release: ``on`` (date), ``councils``, ``names``, ``over`` (version it stands on); else empty."""


RECENT = 400
"""How many answers about some of the areas are kept with the evidence: seven or eight for each of some fifty councils."""


@dataclass(frozen=True)
class Evidence:
    """A verified release in memory. Read only: every function that takes it leaves it as it was."""

    manifest: Manifest
    areas: gpd.GeoDataFrame
    small_areas: pd.DataFrame
    observations: pd.DataFrame
    reference: pd.DataFrame
    reference_wards: pd.DataFrame
    path: Path
    cache: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False, compare=False)
    """Tables that follow from the others, kept when first asked for."""
    alternative: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"area_code": [], "domain": [], "value": []}))
    """Domain indicators under best fit, the other geography; empty in a release that lacks the table."""

    def recent(self, question: Hashable, work: Callable[[], Made]) -> Made:
        """What follows from these tables and ``question`` alone, such as the figures of one council, while it is asked for now and then.

        Kept for the :data:`RECENT` questions asked last, so that many councils do not fill the memory.
        """
        held: Recent = self.cache.setdefault(("recent", ""), Recent(RECENT))
        return held.get(question, work)

    def councils(self) -> pd.DataFrame:
        """``council_code, council_name, nation, upper_name, wards, mapped`` by name; mapped = ward shapes are held."""
        if ("councils", "") not in self.cache:
            table = self.areas.assign(mapped=self.areas.geometry.geom_type != "Point")
            grouped = table.groupby(["council_code", "council_name", "nation", "upper_name"], as_index=False).agg(
                wards=("area_name", "size"), mapped=("mapped", "all")
            )
            self.cache["councils", ""] = grouped.sort_values("council_name", ignore_index=True)
        councils: pd.DataFrame = self.cache["councils", ""].copy(deep=False)
        return councils

    def nations(self, councils: Iterable[str]) -> tuple[str, ...]:
        """The nations of some councils, by code."""
        codes = tuple(councils)
        areas = self.areas
        return self.recent(
            ("nations", codes), lambda: tuple(str(one) for one in areas.loc[areas["council_code"].isin(codes), "nation"].unique())
        )

    def find_councils(self, names: Iterable[str]) -> list[str]:
        """Council codes for codes or names, in any case.

        Raises
        ------
        UsageError
            Naming every one not found, with the closest names.
        """
        asked = list(names)
        if ("codes", "") not in self.cache:
            self.cache["codes", ""] = frozenset(self.areas["council_code"])
        if self.cache["codes", ""].issuperset(asked):  # as every page asks, at every click
            return list(dict.fromkeys(asked))
        # The pages of a pack ask by the names of one proposal some fifty times a ward.
        return list(self.recent(("councils named", *asked), lambda: find_councils(self.councils(), asked)))

    def wide(self, level: str, what: str) -> pd.DataFrame:
        """Matrix ``area_code`` x ``measure`` of one column of the observations (count, of, value, low, high, observed)."""
        key = (level, what)
        if key not in self.cache:
            rows = self.observations[self.observations["level"] == level]
            self.cache[key] = rows.pivot(index="area_code", columns="measure", values=what)
        table: pd.DataFrame = self.cache[key]
        return table

    def context(self) -> pd.DataFrame:
        """Who lives where by protected characteristic (contract ``context``); empty in a release that lacks the table.

        Context for equality assessments: no score and no rule may use it. Read when first asked for.

        Raises
        ------
        DataRefused
            When the file is not the one that was verified, breaks its contract, or holds by ward
            what is never to be had by ward.
        """
        if ("context", "") not in self.cache:
            self.cache["context", ""] = release_tables.context(self.path, self.manifest.files, self.areas, self.manifest.sources)
        table: pd.DataFrame = self.cache["context", ""]
        return table

    def shares(self) -> pd.DataFrame:
        """How small areas are shared among all wards of the release: ``small_area_code, area_code, share, best_fit``.

        Raises
        ------
        DataRefused
            When the release lacks the table or it does not hold together.
        """
        if ("shares", "") not in self.cache:
            self.cache["shares", ""] = release_tables.shares(self.path, self.manifest.files, self.areas.index)
        table: pd.DataFrame = self.cache["shares", ""]
        return table

    def census_wards(self) -> pd.Series:
        """The 2022 ward, for which the census is published, of each ward that has not changed since.

        Empty in a release that lacks the table.

        Raises
        ------
        DataRefused
            When the table does not hold together.
        """
        if ("census_wards", "") not in self.cache:
            self.cache["census_wards", ""] = release_tables.census_wards(self.path, self.manifest.files, self.areas.index)
        table: pd.Series = self.cache["census_wards", ""]
        return table

    def source(self, source_id: str) -> Source:
        """The published dataset behind a figure."""
        return self.manifest.sources[source_id]


def read(path: str | Path) -> Evidence:
    """Evidence of a release whose hashes and contracts hold.

    Raises
    ------
    DataRefused
        When a file is missing, changed or breaks its contract; every problem at once.
    """
    folder = Path(path)
    recover(folder)
    manifest = _manifest(folder)
    problems = list(_hash_problems(folder, manifest))
    if problems:
        raise DataRefused(problems)
    tables: dict[str, pd.DataFrame] = {}
    names = [*TABLES, *(name for name in OPTIONAL if f"{name}.parquet" in manifest.files)]
    for name in names:
        try:
            tables[name] = pq.read_table(folder / f"{name}.parquet").to_pandas()
        except (OSError, pa.ArrowException) as error:
            problems.append(Problem(f"{name}.parquet", f"cannot be read: {error}", "", "Build or copy the release again."))
    if problems:
        raise DataRefused(problems)
    for name, column, decimals in (("reference", "value", 6), ("reference_wards", "percentile", 3), ("alternative", "value", 6)):
        if name in tables and column in tables[name]:  # kept in single precision on disk
            tables[name][column] = tables[name][column].astype("float64").round(decimals)
    tables["observations"] = release_tables.filled(tables["observations"], tables["areas"])
    for name in names:
        try:
            tables[name] = check(tables[name], name, f"{name}.parquet")
        except DataRefused as error:
            problems.extend(error.problems)
    problems = problems or list(release_tables.crossed(tables, manifest.edition, manifest.sources))
    if problems:
        raise DataRefused(problems)
    areas = tables["areas"].set_index("area_code")
    centres = gpd.GeoDataFrame(areas, geometry=gpd.points_from_xy(areas["x"], areas["y"]), crs=METRES)
    evidence = Evidence(
        manifest, centres, tables["small_areas"], tables["observations"], tables["reference"], tables["reference_wards"], folder
    )
    if "alternative" in tables:
        evidence = replace(evidence, alternative=tables["alternative"])
    shapes = folder / "boundaries.parquet"
    return evidence if not shapes.is_file() else with_boundaries(evidence, shapes)


def with_boundaries(evidence: Evidence, path: str | Path) -> Evidence:
    """The same evidence with ward shapes from a file, for display.

    Any format geopandas reads (GeoJSON, GeoPackage, GeoParquet); the column of ward codes is
    found by its codes. Wards without a shape keep their centre point.

    Raises
    ------
    DataRefused
        When no column holds ward codes, a shape is broken, or over half of the file's codes
        for the councils it covers are of another edition.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(Problem(str(path), "is not a file", "", "Give a GeoJSON or GeoPackage of ward boundaries."))
    try:
        frame = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    except Exception as error:  # drivers raise many kinds; each means the file cannot be read
        raise DataRefused(
            Problem(path.name, f"cannot be read as boundaries: {error}", "", "Give a GeoJSON or GeoPackage from the ONS portal.")
        ) from None
    texts = [c for c in frame.columns if c != frame.geometry.name and frame[c].dropna().astype(str).str.match(AREA_CODE).any()]
    known = [(int(frame[c].isin(evidence.areas.index).sum()), c) for c in texts]
    hits, column = max(known, default=(0, ""))
    if not hits:
        raise DataRefused(
            Problem(
                path.name,
                f"holds no ward codes of {evidence.manifest.edition}",
                ", ".join(map(str, frame.columns[:6])),
                "Use the wards of this edition from the ONS portal.",
            )
        )
    wards = frame[frame[column].astype(str).str[:3].isin(["E05", "W05", "S13", "N08"])]
    stray = wards[~wards[column].isin(evidence.areas.index) & wards[column].astype(str).str[0].isin({c[0] for c in evidence.areas.index})]
    if len(stray) > len(wards) / 2:
        raise DataRefused(
            Problem(
                path.name,
                f"{len(stray):,} of {len(wards):,} ward codes are not of {evidence.manifest.edition}",
                str(stray[column].iloc[0]),
                "Use the wards of this edition.",
            )
        )
    checked = check_boundaries(wards[wards[column].isin(evidence.areas.index)], path.name, column)
    areas = evidence.areas.copy()
    areas.loc[checked[column].to_numpy(), "geometry"] = checked.geometry.to_numpy()
    return replace(evidence, areas=areas, cache={})


def verify(path: str | Path) -> list[str]:
    """What a check of the release found worth saying: nothing is wrong when it returns.

    Raises
    ------
    DataRefused
        When it does not hold; see :func:`read`.
    """
    evidence = read(path)
    evidence.context()
    evidence.census_wards()
    notes = [
        f"{len(evidence.manifest.files)} files agree with release.toml",
        f"{len(evidence.areas):,} wards, {len(evidence.observations):,} observations meet their contracts",
    ]
    return notes


def describe(path: str | Path) -> dict[str, Any]:
    """Name, version, dates, sources and gaps of a release, as plain data."""
    manifest = _manifest(Path(path))
    return {
        "name": manifest.name,
        "version": manifest.version,
        "built_on": manifest.built_on,
        "edition": manifest.edition,
        "fit": manifest.fit,
        "nations": list(manifest.nations),
        "sources": [
            {"id": s.id, "title": s.title, "publisher": s.publisher, "period": s.period, "licence": s.licence, "url": s.url}
            for s in manifest.sources.values()
        ],
        "missing": [dict(gap) for gap in manifest.missing],
        "measured": dict(manifest.measured),
        "files": {name: dict(about) for name, about in manifest.files.items()},
    }


def _manifest(folder: Path) -> Manifest:
    path = folder / "release.toml"
    if not path.is_file():
        raise DataRefused(
            Problem(
                str(folder),
                "holds no release.toml, so it is not a data release",
                "",
                "Give the folder of a release, or leave --release out for the bundled one.",
            )
        )
    try:
        raw = toml_document(path.read_text(encoding="utf-8"), "release.toml", "Build or copy the release again.")
    except UnicodeDecodeError:
        raise DataRefused(Problem("release.toml", "is not a text file", "", "Build or copy the release again.")) from None
    if raw.get("format") != FORMAT:
        raise DataRefused(
            Problem(
                "release.toml",
                "format is not one this version reads",
                str(raw.get("format")),
                f"This version reads format {FORMAT}; update the program or build the release again.",
            )
        )
    try:
        sources = {
            s["id"]: Source(**{**s, "files": tuple((f["name"], f["sha256"], f["rows"]) for f in s.get("files", []))}) for s in raw["source"]
        }
        return Manifest(
            name=raw["name"],
            version=raw["version"],
            built_on=str(raw["built_on"]),
            edition=raw["edition"],
            fit=raw["fit"],
            nations=tuple(raw["nations"]),
            sources=sources,
            missing=tuple(raw.get("missing", [])),
            files=raw["files"],
            measured=raw.get("measured", {}),
            fetched=raw.get("fetched", {}),
            calibration={m: (v[0], v[1]) for m, v in raw.get("calibration", {}).items()},
        )
    except (KeyError, TypeError) as error:
        raise DataRefused(Problem("release.toml", f"lacks or garbles an entry: {error}", "", "Build or copy the release again.")) from None


LONGEST_NAME = 255
"""Letters of a file's name that are told: no file system here holds more."""


def _hash_problems(folder: Path, manifest: Manifest) -> Iterable[Problem]:
    for table in TABLES:
        if f"{table}.parquet" not in manifest.files:
            yield Problem("release.toml", f"does not list {table}.parquet", "", "Build or copy the release again.")
    for name, about in manifest.files.items():
        path = folder / name
        # These two answer "no" also for a name that no file can have, where those of a Path go wrong.
        if Path(name).name != name or os.path.islink(path):
            yield Problem("release.toml", "names a file outside the release", name, "Do not use this release.")
        elif not os.path.isfile(path):
            yield Problem(name[:LONGEST_NAME], "is named in release.toml and is not there", "", "Build or copy the release again.")
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()) != about["sha256"]:
            yield Problem(
                name,
                "is not the file that was released: its sha256 differs",
                f"{found[:12]}, expected {about['sha256'][:12]}",
                "Build or copy the release again.",
            )


def recover(out: Path) -> None:
    """Put the old folder back when a writer was killed between its two renames."""
    out = Path(out).absolute()
    previous = out.with_name(f".{out.name}.previous")
    if not out.exists() and previous.exists():
        try:
            os.rename(previous, out)
        except OSError as error:
            # A writer that was at work put its new one there in this moment, or was first to put the old one back.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise


def find_councils(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Council codes for codes or names, in any case, of a table that holds ``council_code, council_name``.

    Raises
    ------
    UsageError
        Naming every one not found, with the closest names.
    """
    table = table.drop_duplicates("council_code").sort_values("council_name")
    by_name = {name.casefold(): code for code, name in zip(table["council_code"], table["council_name"], strict=True)}
    by_name |= {code.casefold(): code for code in table["council_code"]}
    found, problems = [], []
    for name in names:
        if code := by_name.get(name.strip().casefold()):
            found.append(code)
            continue
        asked = name.strip().casefold()
        inside = [key for key in by_name if asked and asked in key]  # "newcastle" before names spelt much like it
        close = inside[:5] or get_close_matches(asked, by_name, n=3, cutoff=0.6)
        names_by_code = table.set_index("council_code")["council_name"]
        hint = f"Did you mean {join_words([f'“{names_by_code[by_name[key]]}”' for key in close], 'or')}?" if close else ""
        problems.append(Problem("council", "is not in this release", name, f"{hint} Run 'exclusion councils' for the list.".strip()))
    if problems:
        raise UsageError(problems)
    return list(dict.fromkeys(found))
