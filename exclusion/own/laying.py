"""A council's own figures put to use: in place of a published figure that rules read, or as a measure that a method file names.

The release itself is never changed. What comes back is new evidence with these figures in it, whose
source is the council, for whoever holds it: a session, or one run of a command.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement.owning import own_rules
from exclusion.judgement.score import measures
from exclusion.own.figures import Figures
from exclusion.release import Evidence
from exclusion.sources import Source
from exclusion.words import counted, join_words, slug

FIT = "own"
INDICATOR = "indicator"
PREFIX = "own_"


@dataclass(frozen=True)
class Use:
    """What one column is for: :data:`INDICATOR`, or the measure it stands in for."""

    column: str
    what: str
    of: str = ""
    """Column it is a part of (adults asked); blank = residents, or what the measure is of."""

    @property
    def measure(self) -> str:
        """The measure that carries it: the one it stands in for, or ``own_`` and its heading."""
        return f"{PREFIX}{slug(self.column).replace('-', '_')}" if self.what == INDICATOR else self.what


def parse(text: str) -> Use:
    """``Column = far_help``, ``Column = indicator`` or ``Column / Adults asked = indicator``.

    Raises
    ------
    UsageError
        When it is none of these.
    """
    column, sign, what = text.rpartition("=")
    part, _, of = column.partition(" / ")
    if not sign or not part.strip() or not what.strip():
        do = 'Write it as "Living alone = lone66_est" or "Cannot do it online / Adults asked = indicator".'
        raise UsageError(Problem("--own-use", "does not say what a column is for", text, do))
    return Use(part.strip(), what.strip(), of.strip())


def lay(evidence: Evidence, figures: Figures, uses: Sequence[Use], *, period: str, owner: str) -> Evidence:
    """The evidence with a council's own figures in it.

    Parameters
    ----------
    uses
        Each column used. As a measure's stand-in its counts take the place of ours in the wards that have
        one, out of the same number of people or households; the rest keep ours. As an indicator it becomes
        the measure ``own_<heading>``, which a method file may name.
    period
        The period it describes, in words.
    owner
        Whose figures they are: the council's name.

    Raises
    ------
    UsageError
        For a column or measure that is not there.
    DataRefused
        For a count larger than the people it is out of, or a part larger than its whole. Every problem at once.
    """
    problems = list(_asked(figures, uses))
    if not period.strip():
        problems.append(
            Problem("--own-when", "is missing", "", "Say which period your figures describe, such as '2025-26': it is printed.")
        )
    if problems:
        raise UsageError(problems)
    evidence = _with_spread(evidence, uses)
    kept = evidence.observations
    added, sources, refused = [], {}, []
    for use in uses:
        source = f"{PREFIX}{slug(figures.where)}_{slug(use.column)}"
        rows = _rows(evidence, figures, use).assign(source=source, period=period)
        over = rows[rows["count"] > rows["of"]]
        for _, row in over.iterrows():
            name = evidence.areas.at[row["area_code"], "area_name"]
            do = "Check the figure, and what it is a part of."
            refused.append(
                Problem(
                    f"{figures.where}, {name}",
                    f"'{use.column}' is more than it is a part of ({row['of']:,.0f})",
                    f"{row['count']:,.0f}",
                    do,
                )
            )
        kept = kept[~((kept["level"] == "ward") & (kept["measure"] == use.measure) & kept["area_code"].isin(rows["area_code"]))]
        added.append(rows)
        sources[source] = Source(
            id=source,
            title=f"{use.column} ({figures.where})",
            publisher=owner,
            period=period,
            url="",
            licence="The council's own figures",
            attribution=f"Own figures of {owner}",
            note="Brought by the user for this assessment; not published by us and not part of the release.",
        )
    if refused:
        raise DataRefused(refused)
    manifest = replace(evidence.manifest, sources={**evidence.manifest.sources, **sources})
    laid = replace(evidence, observations=pd.concat([kept, *added], ignore_index=True), manifest=manifest, cache={})
    if too_large := list(_parts(laid, figures, uses)):
        raise DataRefused(too_large)
    return laid


def own_measures(uses: Iterable[Use]) -> frozenset[str]:
    """Measures that a method file may name because these uses bring them."""
    return frozenset(use.measure for use in uses if use.what == INDICATOR)


def said(evidence: Evidence, figures: Figures, uses: Sequence[Use], owner: str) -> list[str]:
    """What to print above any result that rests on own figures; ``evidence`` is the release as it was before they were laid in."""
    lines = []
    for use in uses:
        known = int(figures.table[use.column].notna().sum())
        if use.what == INDICATOR:
            lines.append(f"'{use.column}' of {owner} is held as {use.measure} in {known} wards; a method file that names it scores by it.")
        else:
            rest = len(figures.table) - known
            label = measures()[use.what].label
            more = f" {rest} wards keep the published figure." if rest else ""
            lines.append(
                f"'{use.column}' of {owner} stands in for our figure ({label}) in {known} {'ward' if known == 1 else 'wards'}.{more}"
            )
            lines += _gap(evidence, figures, use)
    return [*lines, *figures.notes]


def _asked(figures: Figures, uses: Sequence[Use]) -> Iterable[Problem]:
    held = list(figures.table.columns)
    known = measures()
    for use in uses:
        for column in [use.column, use.of] if use.of else [use.column]:
            if column not in held:
                yield Problem("--own-use", f"column is not one of numbers in {figures.where}", column, f"It has: {join_words(held)}.")
        if use.what != INDICATOR and use.what not in known:
            yield Problem("--own-use", "is neither 'indicator' nor a measure", use.what, f"Measures: {', '.join(known)}.")
        elif use.what != INDICATOR and not known[use.what].counted:
            yield Problem("--own-use", "is not a count, so a count cannot stand in for it", use.what, "Use it as an indicator.")
        elif use.what != INDICATOR and use.column in figures.shares:
            yield Problem("--own-use", f"'{use.column}' is a share; rules go by counts too", use.what, "Give the counts.")
    names = [use.measure for use in uses]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("--own-use", "is given twice", twice, "Use one column for each.")


def _gap(published: Evidence, figures: Figures, use: Use) -> list[str]:
    """One line where a council's own count lies far from the published one of the same thing: likely it counts something else."""
    ours, times = published.wide("ward", "count"), own_rules().gap.times
    if measures()[use.what].own or use.what not in ours:
        return []
    table = pd.DataFrame({"own": figures.table[use.column], "ours": ours[use.what].reindex(figures.table.index)}).dropna()
    table = table[table[["own", "ours"]].max(axis=1) >= own_rules().gap.fewest]
    ratio = table[["own", "ours"]].max(axis=1) / table[["own", "ours"]].min(axis=1).clip(lower=1)
    far = ratio[ratio > times]
    if far.empty:
        return []
    at = str(far.idxmax())
    where, own, theirs = published.areas.at[at, "area_name"], table["own"][at], table["ours"][at]
    return [
        f"'{use.column}' is over {times:g} times the published figure, or under one part in {times:g} of it, in "
        f"{counted(len(far), 'ward')} of {len(table)}, furthest in {where} ({own:,.0f}; published about {theirs:,.0f}). "
        f"Check that it counts {measures()[use.what].label}, all of them."
    ]


def _parts(laid: Evidence, figures: Figures, uses: Sequence[Use]) -> Iterable[Problem]:
    """Wards in which a part is larger than its whole, where one of the two is the council's own."""
    brought = {use.what: use.column for use in uses if use.what != INDICATOR}
    counts = laid.wide("ward", "count")
    for pair in own_rules().part_of:
        if not {pair.part, pair.whole} & set(brought) or not {pair.part, pair.whole} <= set(counts):
            continue
        given = (
            pd.concat([figures.table[brought[one]] for one in (pair.part, pair.whole) if one in brought], axis=1).dropna(how="all").index
        )
        here = counts.reindex(given)[[pair.part, pair.whole]]
        part, whole = (measures()[one].label for one in (pair.part, pair.whole))
        columns = join_words([f"'{brought[one]}'" for one in (pair.part, pair.whole) if one in brought])
        for code, row in here[here[pair.part] > here[pair.whole]].iterrows():
            yield Problem(
                f"{figures.where}, {laid.areas.at[code, 'area_name']}",
                f"with {columns} there would be more {part} ({row[pair.part]:,.0f}) than {whole}, of whom they are a part",
                f"{row[pair.whole]:,.0f}",
                "Check what the column counts, or bring both figures.",
            )


def _like(measure: str) -> str:
    """The measure whose people or households, and national spread, this one is set against: itself, unless said otherwise."""
    return next((one.like for one in own_rules().placed_by if one.measure == measure), measure)


def _with_spread(evidence: Evidence, uses: Sequence[Use]) -> Evidence:
    """The evidence with a national spread and value for measures that it has none of, where ``own.toml`` says which will do."""
    for use in uses:
        like = _like(use.what)
        if like == use.what or (evidence.reference["measure"] == use.what).any():
            continue
        spread = evidence.reference[evidence.reference["measure"] == like].assign(measure=use.what)
        rows = evidence.observations
        nation = rows[(rows["level"] == "nation") & (rows["measure"] == like)].assign(measure=use.what)
        evidence = replace(
            evidence,
            reference=pd.concat([evidence.reference, spread], ignore_index=True),
            observations=pd.concat([rows, nation], ignore_index=True),
            cache={},
        )
    return evidence


def _rows(evidence: Evidence, figures: Figures, use: Use) -> pd.DataFrame:
    """Observations of one use: the wards that have a figure."""
    own = figures.table[use.column].dropna()
    share = use.column in figures.shares
    if use.of:
        of = figures.table[use.of].reindex(own.index)
    elif use.what != INDICATOR and _like(use.what) in evidence.wide("ward", "of"):
        of = evidence.wide("ward", "of")[_like(use.what)].reindex(own.index)
    else:
        of = evidence.areas["population"].reindex(own.index).astype(float)
    value = own if share else (own / of.where(of > 0)).round(6)
    return pd.DataFrame(
        {
            "level": "ward",
            "area_code": own.index,
            "measure": use.measure,
            "count": np.nan if share else own.to_numpy(),
            "of": of.to_numpy(float),
            "value": value.to_numpy(),
            "low": np.nan,
            "high": np.nan,
            "observed": 1.0,
            "fit": FIT,
        }
    )
