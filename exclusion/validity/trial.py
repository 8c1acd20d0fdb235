"""Scores held against the yardstick: our weights, some others stated beforehand, the older index, and a grid of every set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from exclusion import risk
from exclusion.judgement.score import MethodPreset, method_for
from exclusion.judgement.validity import ValidityRules, validity_rules
from exclusion.validity import simplex, yardstick
from exclusion.validity.agreement import agreement, resampled
from exclusion.validity.yardstick import Yardstick

OURS, OLDER = "ours", "deri_1_6"


def compare(held: Yardstick, rules: ValidityRules | None = None) -> pd.DataFrame:
    """The table of :class:`exclusion.validity.Validity`: letter first and paper first apart, nations apart, small areas and wards."""
    rules = rules or validity_rules()
    parts = []
    for level, areas in (("ward", held.wards), ("lsoa21", held.small)):
        for nation in areas["nation"].dropna().unique():
            for way in yardstick.SENT_FIRST:
                rows = areas[areas["nation"].eq(nation) & areas["sent_first"].eq(way)]
                part = _compare(rows, str(nation), rules)
                part.insert(0, "level", level)
                part.insert(0, "sent_first", way)
                part.insert(0, "nation", nation)
                parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _compare(rows: pd.DataFrame, nation: str, rules: ValidityRules) -> pd.DataFrame:
    domains, names = yardstick.domains_of(rows, nation)
    rows = rows[domains.notna().all(axis=1) & rows["council_code"].notna()]
    domains = domains.loc[rows.index]
    preset = method_for(nation)
    assert preset is not None
    sets = tried(preset)
    scores = pd.DataFrame({name: domains.to_numpy() @ np.array([w[d] for d in names]) for name, (_, w) in sets.items()}, index=rows.index)
    scores.insert(1, OLDER, rows["deri"])
    table = pd.DataFrame({"score": scores.columns})
    table["label"] = [sets[name][0] if name in sets else "DERI 1.6, the older index" for name in scores]
    table["areas"], table["councils"] = len(rows), rows["council_code"].nunique()
    measured = ["spearman", "low", "high", "within_councils", "councils_within", "found", "ahead", "ahead_low", "ahead_high"]
    if len(rows) < rules.least_areas or rows["council_code"].nunique() < 2:
        return table.assign(**dict.fromkeys(measured, np.nan))
    found = agreement(rows, scores, rules)
    again = resampled(rows, scores, rules)
    older = list(scores).index(OLDER)
    ahead = again - again[:, [older]]
    ends = np.nanquantile(again, rules.interval, axis=0)
    ahead_ends = np.nanquantile(ahead, rules.interval, axis=0)
    table["spearman"], table["low"], table["high"] = found["spearman"].to_numpy(), ends[0], ends[1]
    for name in ("within_councils", "councils_within", "found"):
        table[name] = found[name].to_numpy()
    table["ahead"] = table["spearman"] - float(found["spearman"].to_numpy()[older])
    table["ahead_low"], table["ahead_high"] = ahead_ends[0], ahead_ends[1]
    return table


def tried(preset: MethodPreset) -> dict[str, tuple[str, dict[str, float]]]:
    """The weights that are compared, each with its label: ours, equal people domains, and ours without each domain.

    Not a search for the best: each is stated beforehand, and answers a question.
    """
    own = risk.normalised_weights(preset)
    people = [name for name in own if name != "connectivity"]
    shared = sum(own[name] for name in people) / len(people)
    sets = {
        OURS: ("Our score", own),
        "equal_people": ("Age, disability and income the same", {name: shared if name in people else own[name] for name in own}),
    }
    for domain in preset.domain:
        rest = {name: 0.0 if name == domain.id else weight for name, weight in own.items()}
        sets[f"without_{domain.id}"] = (f"Our score without {domain.label.lower()}", risk.normalised_weights(preset, rest))
    return sets


def weight_grid(held: Yardstick, nation: str, sample: Sequence[int] | None = None, rules: ValidityRules | None = None) -> pd.DataFrame:
    """Agreement of wards first sent a letter, under every set of weights in steps of ``rules.grid_step``.

    Parameters
    ----------
    sample
        Rows of the grid to work out, all when None.

    Returns
    -------
    ``nation``, a weight a domain, ``spearman, within_councils, found, tenth``; see :class:`exclusion.validity.Validity`.
    """
    rules = rules or validity_rules()
    steps = round(1 / rules.grid_step)
    rows = held.wards[held.wards["nation"].eq(nation) & held.wards["sent_first"].eq("letter")]
    domains, names = yardstick.domains_of(rows, nation)
    rows = rows[domains.notna().all(axis=1)]
    grid = simplex.every(len(names), steps) / steps
    grid = grid if sample is None else grid[list(sample)]
    scores = pd.DataFrame(domains.loc[rows.index].to_numpy() @ grid.T, index=rows.index)
    found = agreement(rows, scores, rules)
    small, _ = yardstick.domains_of(held.small[held.small["nation"].eq(nation)], nation)
    whole = small.dropna().to_numpy()
    table = pd.DataFrame(grid.round(6), columns=list(names))
    table.insert(0, "nation", nation)
    for name in ("spearman", "within_councils", "found"):
        table[name] = found[name].to_numpy().round(4)
    table["tenth"] = [round(float(np.quantile(whole @ weights, 0.9)), 3) for weights in grid]
    return table
