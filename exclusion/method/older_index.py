"""The older index, DERI 1.6, on wards: from its makers' own table of components, laid over the small areas of a release.

Its makers score small areas of 2011 and no wards. A ward's figure here is the mean of its small areas'
scores over the people in them; a small area whose boundary has changed since 2011 has a new code, and so no figure.
Its bands are fifths of a nation's wards, cut once over the whole nation (``judgement/older_index.toml``), so
that a council alone stands where it stands in the nation.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.older_index import older_index_rules
from exclusion.method.alternatives import COMPONENTS, deri_from_components
from exclusion.method.composite import fifths
from exclusion.method.normalise import min_max
from exclusion.method.scope import COUNCIL, GREAT_BRITAIN, NATION, NO_GREAT_BRITAIN_TABLE, SCOPES
from exclusion.release import Evidence
from exclusion.words import number_words

CODES = ("lsoa11_or_dz11_code", "lsoa11cd", "lsoa11_code", "lsoa_code", "lsoa", "area_code", "code")
HIGHEST = 10.0
MOST_BYTES = 50_000_000
"""The table for Great Britain has 2 MB; a gzipped file of some kilobytes can hold gigabytes."""
SHOWN = 5
"""Mistakes of one kind that are shown; the rest are counted."""


@dataclass(frozen=True)
class OlderIndex:
    """The older index on some wards."""

    table: pd.DataFrame
    """Indexed by ``area_code``: ``deri`` (0-10, higher = more at risk), a column for each component, ``observed`` (share of the
    ward's people in small areas that have a figure), ``band`` (fifth of the nation's wards, 1-5) and ``why_not``."""
    notes: tuple[str, ...]


def read_components(source: str | Path | bytes, name: str = "") -> pd.DataFrame:
    """A table of DERI's components as its makers publish it: CSV, plain or gzipped.

    Parameters
    ----------
    source
        A path, or what is in the file.
    name
        What to call it in a complaint; the file's own name when left out.

    Returns
    -------
    DataFrame indexed by small area
        ``demography, broadband, deprivation``, each 0 to 10; blank where the table is.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake at once: not a CSV file, columns missing, an area there twice, a figure that is no number
        or not between 0 and 10.
    """
    content = source if isinstance(source, bytes) else _content(Path(source))
    called = name or (Path(source).name if not isinstance(source, bytes) else "the table of components")
    try:
        if content[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            do = "It has one row a small area: check that it is the right file."
            raise DataRefused(Problem(called, f"is larger than {MOST_BYTES / 1e6:,.0f} MB", "", do))
        raw = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        do = "Give DERI's table of components as CSV (UTF-8), plain or gzipped."
        raise DataRefused(Problem(called, "cannot be read as a table", "", do)) from None
    if not isinstance(raw.index, pd.RangeIndex):  # what pandas makes of rows with more cells than there are headings
        raise DataRefused(Problem(called, "has rows with more cells than there are headings", "", "Give each column a heading."))
    raw.columns = pd.Index([str(column).strip().lower() for column in raw.columns])
    code, columns, problems = _columns(called, raw)
    lines = raw.index + 2
    codes = raw[code].str.strip() if code else pd.Series("unknown", raw.index)
    used = codes.ne("") | raw[list(columns.values())].apply(lambda column: column.ne("")).any(axis=1)
    problems += _listed(called, [(int(n), "") for n in lines[used & codes.eq("")]], "the code of the area is missing", "Give it.")
    twice = codes.duplicated() & codes.ne("") & bool(code)
    problems += _listed(
        called, [(int(n), str(c)) for n, c in zip(lines[twice], codes[twice], strict=True)], "the area is there twice", "Keep one."
    )
    figures = {}
    for component, column in columns.items():
        text = raw[column].str.strip()
        text = text.mask(text.str.casefold().isin(["na", "nan", "null"]), "")
        number = pd.to_numeric(text, errors="coerce")
        bad = text.ne("") & number.isna()
        out = number.notna() & ~number.between(0, HIGHEST)
        for wrong, what, do in (
            (bad, f"{column} is not a number", "Give a number from 0 to 10, or leave it blank."),
            (out, f"{column} is not between 0 and 10", "DERI's components run from 0 to 10."),
        ):
            problems += _listed(called, [(int(n), str(t)) for n, t in zip(lines[wrong], text[wrong], strict=True)], what, do)
        figures[component] = number
    if problems:
        raise DataRefused(problems)
    table = pd.DataFrame(figures)[codes.ne("").to_numpy()].set_index(pd.Index(codes[codes.ne("")], name="small_area_code"))
    if table.empty:
        raise DataRefused(Problem(called, "holds no areas", "", "Give DERI's table of components, one row a small area."))
    return table


def require_scope(scope: str) -> None:
    """Whether the makers' table can be laid out over a scope.

    Raises
    ------
    UsageError
        For Great Britain, with why the table cannot give it, and for a scope we do not know.
    """
    if scope == GREAT_BRITAIN:
        do = "Choose nation or council. A table of its makers for Great Britain can be given: it is shown as it is."
        raise UsageError(Problem("Great Britain, DERI 1.6", NO_GREAT_BRITAIN_TABLE, "", do))
    if scope not in SCOPES:
        raise UsageError(Problem("--within", "is not a scope we know", scope, f"Use {', '.join(SCOPES)}."))


def of_wards(evidence: Evidence, components: pd.DataFrame, area_codes: Sequence[str], scope: str = NATION) -> OlderIndex:
    """The older index on some wards, where the release holds their small areas.

    Parameters
    ----------
    components
        As :func:`read_components` gives them.
    scope
        ``nation`` = as the table has them; ``council`` = each component stretched anew over the council's own small
        areas, 0 to 10, without a band: figures of two councils do not compare.

    Raises
    ------
    UsageError
        As :func:`require_scope`.
    """
    require_scope(scope)
    rules = older_index_rules()
    if scope == COUNCIL:
        components, groups = _by_council(evidence, components)
        small = _stretched(components, groups)
    else:
        small = components.assign(deri=deri_from_components(components))
    columns = ["deri", *COMPONENTS]
    held = evidence.small_areas[evidence.small_areas["area_code"].isin(set(area_codes))]
    table = ward_means(held, small[columns], rules.least_observed).reindex(list(area_codes))
    nations = evidence.areas["nation"].reindex(table.index)
    table["band"] = pd.array([pd.NA] * len(table), dtype="Int64")
    notes = []
    if scope == COUNCIL:
        notes.append(
            "Each part is stretched over the council's own small areas, from 0 to 10, as DERI's own tool does at first. The tool stretches "
            "each figure, but only the parts are published, so this is close to it, not the same. Figures of two councils do not compare, "
            "so there is no band."
        )
    for nation in nations.dropna().unique() if scope == NATION else ():
        here = nations.eq(nation).to_numpy()
        edges = rules.edges(str(nation))
        if edges is None:
            notes.append(f"{nation}: we hold no cuts of its wards by DERI, so there is no band.")
        elif not edges.is_of(small["deri"], str(nation)):
            notes.append(
                f"{nation}: this is not the whole table of DERI 1.6 (its fifths of small areas differ from the published ones), so "
                "there is no band, only the figures."
            )
        else:
            table.loc[here, "band"] = pd.array(fifths(table.loc[here, "deri"].to_numpy(float), np.array(edges.wards)), dtype="Float64")
    table["band"] = table["band"].astype("Int64")
    without = ~table.index.isin(held["area_code"])
    few = table["deri"].isna() & ~without
    given = ward_means(held, components[list(COMPONENTS)], rules.least_observed).reindex(table.index)
    flat = few & given["demography"].notna()  # there were figures before they were stretched
    table["why_not"] = np.select(
        [without, flat, few],
        [
            "This release holds no small areas of this ward.",
            "A part is the same in every small area of its council, so it cannot be stretched.",
            "The table has no figure for half of its people or more: boundaries changed since 2011, or it lacks them.",
        ],
        "",
    )
    return OlderIndex(table.rename_axis("area_code"), tuple(notes))


def _by_council(evidence: Evidence, components: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """The small areas of the table that the release places, and the council each has most of its people in."""
    councils = evidence.areas["council_code"]
    placed = evidence.small_areas.assign(council=evidence.small_areas["area_code"].map(councils))
    most = placed.groupby(["small_area_code", "council"])["share"].sum().reset_index().sort_values("share", kind="stable")
    council = most.drop_duplicates("small_area_code", keep="last").set_index("small_area_code")["council"]
    held = components[components.index.isin(council.index)]
    return held, council.reindex(held.index)


def _stretched(components: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Components and DERI by small area, each component from 0 to 10 over its group."""
    parts = {name: pd.Series(np.nan, components.index) for name in COMPONENTS}
    for members in components.groupby(groups).groups.values():
        for name in COMPONENTS:
            parts[name].loc[members] = min_max(components.loc[members, name].to_numpy(float), 0.0, HIGHEST)
    table = pd.DataFrame(parts)
    return table.assign(deri=deri_from_components(table))


def ward_means(shares: pd.DataFrame, small: pd.DataFrame, least: float) -> pd.DataFrame:
    """Means of small areas' figures over the people of each ward, and the share of its people who have one.

    Parameters
    ----------
    shares
        ``small_area_code, area_code, share`` (of the small area's people) and ``population``.
    small
        Small area x figure; a row counts only where all are there.
    least
        Below this share of a ward's people there is no figure.
    """
    people = shares["population"].to_numpy(float) * shares["share"].to_numpy(float)
    whole = pd.Series(people).groupby(shares["area_code"].to_numpy()).sum()
    here = small.reindex(shares["small_area_code"])
    known = here.notna().all(axis=1).to_numpy()
    counted = here.to_numpy()[known] * people[known, None]
    wards = shares["area_code"].to_numpy()[known]
    sums = pd.DataFrame(counted, columns=small.columns).groupby(wards).sum()
    of = pd.Series(people[known]).groupby(wards).sum()
    observed = (of.reindex(whole.index).fillna(0.0) / whole).where(whole > 0)
    table = sums.div(of, axis=0).reindex(whole.index).where(observed >= least)
    return table.assign(observed=observed)


def beside(scores: pd.DataFrame, older: OlderIndex) -> pd.DataFrame:
    """Our band beside the older index's: ``band, deri, older_band, moves`` (bands up, below zero = down), ``observed, why_not``."""
    table = older.table.reindex(scores.index)
    moves = table["band"] - scores["band"]
    return pd.DataFrame(
        {"band": scores["band"], "deri": table["deri"].round(2), "older_band": table["band"], "moves": moves}
        | {"observed": table["observed"].round(3), "why_not": table["why_not"]},
        index=scores.index,
    )


def said(both: pd.DataFrame) -> str:
    """How often the two put a ward in the same band, in a sentence."""
    known = both["moves"].dropna()
    if known.empty:
        return "No ward has a band by both, so there is nothing to compare."
    far = int((known.abs() >= 2).sum())
    same = int((known == 0).sum())
    return f"Of {len(known)} wards with a band by both, {_many(same)} in the same band, and {_many(far)} two or more bands apart."


def _many(number: int) -> str:
    return "none is" if number == 0 else f"{number_words(number)} {'is' if number == 1 else 'are'}"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UsageError(Problem(str(path), "is not a file", "", "Give DERI's table of components (CSV).")) from None
    except OSError as error:
        raise UsageError(Problem(str(path), f"cannot be read: {error.strerror}", "", "Give DERI's table of components (CSV).")) from None


def _columns(called: str, raw: pd.DataFrame) -> tuple[str, dict[str, str], list[Problem]]:
    """The column of codes and of each component, however the table spells them; what is not there is a problem."""
    code = next((name for name in CODES if name in raw), "")
    there = ", ".join(map(str, raw.columns))[:200]
    problems = [] if code else [Problem(called, "has no column of area codes", there, f"Name it {CODES[0]}.")]
    columns = {}
    for one in COMPONENTS:
        name = f"deri_{one}_component"
        column = next((spelt for spelt in (name, f"{one}_component", one) if spelt in raw), None)
        if column is not None:
            columns[one] = column
            continue
        near = get_close_matches(name, [str(column) for column in raw.columns], n=1, cutoff=0.8)
        problems.append(Problem(called, f"the column {name} is missing", near[0] if near else there, f"Name the column {name}."))
    return code, columns, problems


def _listed(called: str, wrong: Sequence[tuple[int, str]], what: str, do: str) -> list[Problem]:
    shown = [Problem(f"{called}, line {line}", what, value, do) for line, value in wrong[:SHOWN]]
    if more := len(wrong) - SHOWN:
        shown += [Problem(called, f"the same in {more:,} more lines: {what}", "", do)] if more > 0 else []
    return shown


__all__ = ["OlderIndex", "beside", "of_wards", "read_components", "require_scope", "said", "ward_means"]
