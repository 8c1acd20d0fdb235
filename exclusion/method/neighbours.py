"""Councils alike in who lives there: statistical neighbours from our own measures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from exclusion.contracts import Problem, UsageError
from exclusion.judgement.neighbouring import neighbour_rules
from exclusion.release import Evidence


def rates(evidence: Evidence, nation: str) -> pd.DataFrame:
    """Shares of each council of a nation: counts of its wards added up, and divided last.

    Returns
    -------
    DataFrame
        Indexed by ``council_code``; a column for each measure of neighbours.toml that half of its councils have, a share of 0 to 1.
        A ward without a figure is left out of both sums, and a council with none has a gap.
    """
    areas = evidence.areas[evidence.areas["nation"] == nation]
    count, of = evidence.wide("ward", "count"), evidence.wide("ward", "of")
    found = {}
    for measure in neighbour_rules().measures:
        if measure not in count:
            continue
        pair = pd.DataFrame({"count": count[measure], "of": of[measure]}).reindex(areas.index).dropna()
        if pair.empty:
            continue
        added = pair.groupby(areas["council_code"].reindex(pair.index)).sum()
        found[measure] = added["count"] / added["of"].where(added["of"] > 0)
    table = pd.DataFrame(found).reindex(sorted(areas["council_code"].unique())).rename_axis("council_code")
    return table.loc[:, table.notna().mean() >= neighbour_rules().held_by]


def alike(evidence: Evidence, council_code: str) -> pd.DataFrame:
    """Councils of the same nation most like one council, by name and not by likeness.

    Parameters
    ----------
    council_code
        A council of the release.

    Returns
    -------
    DataFrame
        Indexed by ``council_code``: ``council_name, apart`` (mean difference of places among the nation's councils, 0 to 1) and
        the share of each measure held. Empty where too few figures are held to say, or no council is alike.

    Raises
    ------
    UsageError
        For a council that the release does not hold.
    """
    rules = neighbour_rules()
    areas = evidence.areas
    mine = areas[areas["council_code"] == council_code]
    if mine.empty:
        raise UsageError(Problem("council", "is not in this release", council_code, "Give the code of a council of this release."))
    table = rates(evidence, str(mine["nation"].iloc[0]))
    standing = table.rank(pct=True)
    differ = (standing.drop(index=council_code) - standing.loc[council_code]).abs()
    known = differ.notna().sum(axis=1)
    apart = differ.mean(axis=1)[known >= rules.fewest_measures]
    apart = apart[apart <= rules.furthest]
    # Of equally like councils the first by code, so that a list is the same every time.
    nearest = apart.index[np.lexsort((apart.index.to_numpy(dtype=str), apart.round(9)))][: rules.shown]
    names = areas.drop_duplicates("council_code").set_index("council_code")["council_name"]
    found = table.loc[nearest].copy()
    found.insert(0, "council_name", names.reindex(nearest))
    found.insert(1, "apart", apart.reindex(nearest))
    return found.sort_values("council_name")
