"""What the comparison with behaviour says against us, in sentences: where we do not beat the older index, where less agrees better."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from exclusion.judgement.validity import validity_rules
from exclusion.validity.trial import OLDER, OURS
from exclusion.words import join_words, within

WAYS = {"letter": "first sent a letter", "paper": "first sent a paper form"}


def beside_older(table: pd.DataFrame, nation: str) -> str:
    """Our default weights against the older index on the same wards first sent a letter; blank where it was not measured.

    "Better" only where the 95 % interval of the difference leaves out nought.

    Parameters
    ----------
    table
        :attr:`exclusion.validity.Validity.table`.
    """
    ours, older = (_row(table, nation, "letter", "ward", score) for score in (OURS, OLDER))
    if ours is None or older is None:
        return ""
    figures = f"{ours['spearman']:.2f} against {older['spearman']:.2f}"
    inside = f"inside councils {ours['within_councils']:.2f} against {older['within_councils']:.2f}"
    if ours["ahead_low"] > 0:
        return f"On the same wards our score (default weights) agrees better than the older index, DERI 1.6: {figures} ({inside})."
    if ours["ahead_high"] < 0:
        return f"On the same wards the older index, DERI 1.6, agrees better than our score (default weights): {figures} ({inside})."
    return (
        f"In {nation} we do not beat the older index, DERI 1.6: {figures} on the same wards (default weights; {inside}). "
        "The difference is one that chance could make."
    )


def better_without(table: pd.DataFrame, nation: str) -> list[str]:
    """Where our score would agree better without one of its parts, and why the default weights stay; empty where nowhere.

    A part is named when leaving it out agrees better among wards and among small areas, by more than chance could make in
    one of the two (half of the 95 % interval of our own figure there). What the same does where areas were sent the other
    thing first is said next to it, whichever way that falls.
    """
    found = []
    for way, called in WAYS.items():
        wards, small = (_figures(table, nation, way, level) for level in ("ward", "lsoa21"))
        if OURS not in wards or OURS not in small:
            continue
        parts, named = [], []
        for score in wards:
            if not score.startswith("without_") or score not in small:
                continue
            gains = [rows[score].spearman - rows[OURS].spearman for rows in (wards, small)]
            noise = [(rows[OURS].high - rows[OURS].low) / 2 for rows in (wards, small)]
            if min(gains) > 0 and any(gain > under for gain, under in zip(gains, noise, strict=True)):
                named.append(score)
                parts.append(
                    f"{within(wards[score].label).removeprefix('our score ')} {wards[score].spearman:.2f} in place of "
                    f"{wards[OURS].spearman:.2f} (small areas {small[score].spearman:.2f} in place of {small[OURS].spearman:.2f})"
                )
        if parts:
            areas = f"the {wards[OURS].areas:,} wards of {nation} {called}"
            found.append(f"In {areas} the score would agree better with less in it: {join_words(parts)}.")
            if other := _elsewhere(table, nation, way, named):
                found.append(other)
    return [*found, validity_rules().weights_stay] if found else []


def _elsewhere(table: pd.DataFrame, nation: str, way: str, scores: list[str]) -> str:
    """What leaving the same parts out does among the wards of the nation that were sent the other thing first."""
    for other, called in WAYS.items():
        wards = _figures(table, nation, other, "ward")
        if other == way or OURS not in wards:
            continue
        ours = wards[OURS]
        noise = (ours.high - ours.low) / 2
        parts = []
        for score in scores:
            if score not in wards:
                continue
            change = wards[score].spearman - ours.spearman
            how = "a difference that chance could make" if abs(change) <= noise else "less than now" if change < 0 else "more than now"
            label = within(wards[score].label).removeprefix("our score ")
            parts.append(f"{label} {wards[score].spearman:.2f} in place of {ours.spearman:.2f} ({how})")
        if parts:
            return f"In the {ours.areas:,} wards of {nation} {called}, the same would give: {join_words(parts)}."
    return ""


class _Figure(NamedTuple):
    label: str
    areas: int
    spearman: float
    low: float
    high: float


def _figures(table: pd.DataFrame, nation: str, way: str, level: str) -> dict[str, _Figure]:
    rows = table[_at(table, nation, way, level)]
    columns = (rows[name] for name in ("score", "label", "areas", "spearman", "low", "high"))
    return {str(score): _Figure(str(label), int(areas), *map(float, rest)) for score, label, areas, *rest in zip(*columns, strict=True)}


def _at(table: pd.DataFrame, nation: str, way: str, level: str) -> pd.Series[Any]:
    return table["nation"].eq(nation) & table["sent_first"].eq(way) & table["level"].eq(level) & table["spearman"].notna()


def _row(table: pd.DataFrame, nation: str, way: str, level: str, score: str) -> pd.Series[Any] | None:
    rows = table[_at(table, nation, way, level) & table["score"].eq(score)]
    return None if rows.empty else rows.iloc[0]


__all__ = ["beside_older", "better_without"]
