"""Cases counted by ward on the officer's own machine: rows go in, counts come out.

This is the only place a row for a person or a case may enter. Of each row only its postcode and its
group are looked at, and only how often each pair stands there is held, until the wards are known. No
row is kept, written or shown; no message holds what a row holds, and nor does any heading of the
result unless ten rows or more share it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import shapely

from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.own import sheets
from exclusion.own.hiding import TOTAL, hide, with_totals
from exclusion.release import Evidence
from exclusion.sources import postcodes

CASES = "cases"
HIDDEN = "*"
OTHER = "other"
NOT_SAID = "not said"
_HEADING_WITHIN = 20  # rows of title above the headings
_KNOWN = ("postcode", "post code", "post_code", "pcd", "pcds", "pcode", "zip", "address postcode", "address_postcode", "property postcode")


@dataclass(frozen=True)
class Counted:
    """Counts by ward, small ones hidden, and how many rows could not be placed."""

    counts: pd.DataFrame
    """``area_code, area_name, council_name``, a column of text for each group, ``cases`` and ``period``; ``*`` = hidden."""
    totals: pd.DataFrame
    """One row of the same columns less the wards: all wards together."""
    read: int
    placed: int
    unplaced: dict[str, int]
    """Why rows could not be placed, and how many."""
    notes: tuple[str, ...]

    @property
    def said(self) -> list[str]:
        """What to print of it: counts of rows, never a row."""
        lines = [f"{self.read:,} rows read, {self.placed:,} placed in {len(self.counts):,} ward{'s' * (len(self.counts) != 1)}."]
        gone = {why: number for why, number in self.unplaced.items() if number}
        if gone:
            lines.append(f"{sum(gone.values()):,} could not be placed: " + "; ".join(f"{why} {n:,}" for why, n in gone.items()) + ".")
        else:
            lines.append("Every row was placed.")
        return [*lines, *self.notes]


def count(
    source: Path | bytes,
    column: str,
    points: Path,
    evidence: Evidence,
    *,
    councils: Sequence[str] | None = None,
    by: str | None = None,
    when: str = "",
    sheet: str | None = None,
    where: str = "your file",
) -> Counted:
    """Count the rows of a file by the ward of their postcode.

    Parameters
    ----------
    source
        A CSV file or workbook with a row for each case, of any length.
    column
        Heading of the column of postcodes.
    points
        A file of postcode points (:func:`exclusion.sources.postcodes.points`).
    evidence
        Whose wards: their outlines where held, else the ward that ``points`` gives.
    councils
        Codes; every ward of them is listed, with 0 where it has no case, and rows elsewhere are only
        counted as such. None lists the wards that have a case.
    by
        Heading of a column to count by (a channel). Values that fewer than ten rows have are put
        together as "other".
    when
        The period the file covers, in words; written beside the counts.

    Raises
    ------
    UsageError, DataRefused, SourceUnreachable
        In words that hold nothing of what the file holds.
    """
    try:
        pairs, read = _pairs(source, column, by, sheet, where)
        return _counted(pairs, read, points, evidence, councils, by is not None, when)
    except ExclusionError:
        raise
    except Exception as error:  # a bug's own words may hold a value of a row
        raise ExclusionError(f"This is a bug in the program ({type(error).__name__}). Nothing of the file is shown or kept.") from None


def _pairs(source: Path | bytes, column: str, by: str | None, sheet: str | None, where: str) -> tuple[Counter[tuple[str, str]], int]:
    """How often each postcode and group stand together; the rows themselves are let go one by one."""
    pairs: Counter[tuple[str, str]] = Counter()
    groups: set[str] = set()
    most = own_rules().groups.most
    with sheets.rows(source, where, sheet, limits=own_rules().files) as rows:
        at, at_by = _columns(rows, column, by, where)
        for row in rows:
            if not any(row):
                continue
            group = "" if at_by is None else (row[at_by] if at_by < len(row) else "") or NOT_SAID
            groups.add(group)
            if len(groups) > most:
                what = f"has more than {most} different values, so it is no list of groups"
                raise UsageError(Problem("--by", what, "", "Choose a column such as the channel, or leave it out."))
            pairs[postcodes.plain(row[at]) if at < len(row) else "", group] += 1
    sizes: Counter[str] = Counter()
    for (_, group), number in pairs.items():
        sizes[group] += number
    small = {group for group, number in sizes.items() if number < own_rules().hiding.below}
    if not pairs:
        raise DataRefused(Problem(where, "holds no rows below its headings", "", "Give the export itself."))
    merged: Counter[tuple[str, str]] = Counter()
    for (code, group), number in pairs.items():
        merged[code, "" if by is None else OTHER if group in small else _heading(group)] += number
    return merged, sum(merged.values())


def _heading(group: str) -> str:
    """A group as a heading: nothing a spreadsheet would run, and not one of ours."""
    group = f"'{group}" if group.startswith(("=", "+", "-", "@")) else group
    return f"{group} (group)" if group.casefold() in ("area_code", "area_name", "council_name", CASES, "period", TOTAL) else group


def _columns(rows: Iterator[list[str]], column: str, by: str | None, where: str) -> tuple[int, int | None]:
    """Where the columns stand. The file's own headings are never printed: without a heading row they would be a person's details."""
    known: set[str] = set()
    for _, row in zip(range(_HEADING_WITHIN), rows, strict=False):
        plain = [cell.casefold() for cell in row]
        known |= {name for name in _KNOWN if name in plain}
        if column.strip().casefold() not in plain:
            continue
        problems = [
            Problem(option, "stands over more than one column", wanted, "Give each column its own heading.")
            for option, wanted in (("--postcode", column), ("--by", by or ""))
            if wanted and plain.count(wanted.strip().casefold()) > 1
        ]
        if by is not None and by.strip().casefold() not in plain:
            problems.append(Problem("--by", "is not a heading of the file", by, "Write it as it stands there."))
        if problems:
            raise UsageError(problems)
        return plain.index(column.strip().casefold()), None if by is None else plain.index(by.strip().casefold())
    hint = f"There is one headed '{min(known)}'." if known else "Write it as it stands in the row of headings; capitals do not matter."
    raise UsageError(Problem("--postcode", f"is not a heading in the first {_HEADING_WITHIN} rows of {where}", column, hint))


def _counted(
    pairs: Counter[tuple[str, str]],
    read: int,
    points: Path,
    evidence: Evidence,
    councils: Sequence[str] | None,
    grouped: bool,
    when: str,
) -> Counted:
    cases = pd.DataFrame([(code, group, number) for (code, group), number in pairs.items()], columns=["postcode", "group", CASES])
    shaped = cases["postcode"].str.fullmatch(postcodes.SHAPE.pattern)
    held = postcodes.points(points, cases.loc[shaped, "postcode"].unique())
    wards, notes = ward_of(held, evidence, councils)
    cases["area_code"] = cases["postcode"].map(dict(zip(held["postcode"], wards, strict=True)))
    known = cases["postcode"].isin(held["postcode"])
    lost = cases[CASES].where(cases["area_code"].isna(), 0)
    chosen = "the wards of the councils chosen" if councils is not None else "the wards we hold outlines or codes of"
    unplaced = {
        "no postcode": int(lost[cases["postcode"] == ""].sum()),
        "not a whole postcode": int(lost[~shaped & (cases["postcode"] != "")].sum()),
        "not in the file of postcode points": int(lost[shaped & ~known].sum()),
        f"outside {chosen}": int(lost[known].sum()),
    }
    placed = cases.dropna(subset="area_code")
    if placed.empty:
        told = "; ".join(f"{why} {n:,}" for why, n in unplaced.items() if n)
        raise DataRefused(
            Problem("your file", f"has no row that could be placed, of {read:,} ({told})", "", "Check the column and the councils chosen.")
        )
    listed = placed["area_code"].unique() if councils is None else evidence.areas.index[evidence.areas["council_code"].isin(councils)]
    areas = evidence.areas.loc[listed].sort_values(["council_name", "area_name"])
    order = placed.groupby("group")[CASES].sum().sort_values(ascending=False, kind="stable").index
    wide = placed.pivot_table(index="area_code", columns="group", values=CASES, aggfunc="sum", fill_value=0)
    wide = wide.reindex(index=areas.index, columns=order, fill_value=0).astype("int64")
    if not grouped:
        wide.columns = pd.Index([CASES])
    whole, hidden = with_totals(wide), hide(wide)
    shown = whole.astype(str).mask(hidden, HIDDEN).rename(columns={TOTAL: CASES})
    names = areas[["area_name", "council_name"]].rename_axis("area_code").reset_index()
    table = pd.concat([names, shown.iloc[:-1].reset_index(drop=True)], axis=1).assign(period=when)
    number = int(hidden.to_numpy().sum())
    small = int(((whole > 0) & (whole < own_rules().hiding.below)).to_numpy().sum())
    if number:
        more = f", and {number - small} more from which they could have been worked out" if number > small else ""
        notes.append(f"{HIDDEN} stands for a hidden count: {small} under {own_rules().hiding.below}{more}. A 0 is a true 0.")
    return Counted(table, shown.iloc[[-1]].reset_index(drop=True), read, int(placed[CASES].sum()), unplaced, tuple(notes))


def ward_of(held: pd.DataFrame, evidence: Evidence, councils: Sequence[str] | None) -> tuple[pd.Series, list[str]]:
    """The ward of each postcode point: by outline where we hold one, else as the file of points says; blank where neither tells.

    Raises
    ------
    UsageError
        When there is nothing to tell the wards of the councils by.
    """
    areas = evidence.areas
    shaped = areas[areas.geometry.geom_type != "Point"]
    wanted = areas if councils is None else areas[areas["council_code"].isin(councils)]
    found = pd.Series(pd.NA, index=held.index, dtype=object)
    notes: list[str] = []
    if len(shaped) and len(held):
        spots = shapely.points(held["x"].to_numpy(float), held["y"].to_numpy(float))
        tree = shapely.STRtree(shaped.geometry.to_numpy())
        point, shape = tree.query(spots, predicate="within")
        found.iloc[point] = shaped.index.to_numpy()[shape]
    stray = 0.0
    if "area_code" in held:
        given = held["area_code"].where(held["area_code"].isin(areas.index))
        here = held["area_code"].notna() & held["area_code"].astype(str).str[0].isin({code[0] for code in areas.index})
        stray = float((given.isna() & here).sum() / max(int(here.sum()), 1))
        if stray <= own_rules().edition.most_stray:
            found = found.where(found.notna(), given)
        else:
            notes.append(f"The file of postcode points has wards of another edition than {evidence.manifest.edition}; outlines were used.")
    by_code = "area_code" in held and stray <= own_rules().edition.most_stray
    if not by_code and not wanted.index.isin(shaped.index).all() and councils is not None:
        what = f"cannot be told from outlines: this release has none for {', '.join(wanted['council_name'].unique()[:3])}"
        do = "Give --boundaries with the wards of this edition, or a file of points that says the ward of each postcode."
        raise UsageError(Problem("the ward of a postcode", what, "", do))
    return found.where(found.isin(wanted.index)), notes


__all__ = ["CASES", "HIDDEN", "NOT_SAID", "OTHER", "Counted", "count", "ward_of"]
