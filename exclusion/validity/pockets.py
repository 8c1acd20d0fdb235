"""What a list of wards leaves out: small areas that are most affected inside wards that are not, and the people who live outside.

A ward is an average. Someone who works from wards alone passes over streets whose ward does well,
and most people unlikely to use the internet may live outside the wards that stand out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from exclusion import risk, validity
from exclusion.judgement.score import method_for
from exclusion.release import Evidence
from exclusion.validity import yardstick
from exclusion.words import counted, join_words, share_words, two_figures

SEVERE = ("required", "recommended")
HIGHEST = 5
MOST_AFFECTED = 90.0
HOME = 0.5
"""A small area belongs to the ward in which at least this share of its people live."""
SMALLEST = 10


def flagged_by_band(scores: pd.DataFrame) -> set[str]:
    """Wards in the highest band."""
    return set(scores.index[scores["band"].eq(HIGHEST).fillna(False)])


def flagged_by_service(findings: pd.DataFrame, service_id: str) -> set[str]:
    """Wards in which a service must or should keep a way in beyond the council-wide minimum."""
    rows = findings[findings["service_id"].eq(service_id) & findings["kind"].eq("keep") & findings["severity"].isin(SEVERE)]
    return set(rows["area_code"])


def small_scores(evidence: Evidence, area_codes: Collection[str], weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """The score of the small areas that lie mostly in some wards, where the release holds them.

    Returns
    -------
    Indexed by ``small_area_code``: ``small_area_name, area_code`` (its ward), ``nation, population, percentile_<domain>, risk``
    (in the scale of small areas, not of wards) and ``tenth`` (among the nation's most affected tenth; blank when not scored).
    """
    held = evidence.small_areas
    rows = held[held["area_code"].isin(set(area_codes)) & (held["share"] >= HOME)].drop_duplicates("small_area_code")
    table = rows.set_index("small_area_code")[["small_area_name", "area_code", "population"]]
    table.insert(2, "nation", evidence.areas["nation"].reindex(table["area_code"]).to_numpy())
    table["risk"], table["tenth"] = np.nan, pd.array([pd.NA] * len(table), dtype="boolean")
    values = evidence.wide("lsoa21", "value")
    values = values[values.index.isin(table.index)]
    if values.empty:
        return table
    standing = yardstick.percentiles(values, evidence, "lsoa21").reindex(table.index)
    table = table.join(standing)
    for nation in table["nation"].dropna().unique():
        preset = method_for(str(nation))
        if preset is None or str(nation) not in _distributions():
            continue  # where its most affected tenth begins is not known
        shares = risk.normalised_weights(preset, weights)
        members = table.index[table["nation"] == nation]
        score = standing.loc[members, [f"percentile_{name}" for name in shares]].to_numpy(float) @ np.array(list(shares.values()))
        table.loc[members, "risk"] = score
        known = members[~np.isnan(score)]
        table.loc[known, "tenth"] = score[~np.isnan(score)] >= validity.tenth(weights, str(nation))
    return table


def _distributions() -> set[str]:
    """Nations of which we hold where the most affected tenth of small areas begins (:func:`exclusion.validity.tenth`)."""
    return set(validity.stored().grid["nation"])


def pockets(
    evidence: Evidence, area_codes: Sequence[str], flagged: Collection[str], weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Small areas of the nation's most affected tenth that lie in wards which are not flagged.

    Parameters
    ----------
    area_codes
        The wards looked at.
    flagged
        Those of them that stand out (:func:`flagged_by_band`, :func:`flagged_by_service`).

    Returns
    -------
    By ward name, then code of the small area: ``small_area_code, small_area_name, area_code, area_name, population, high``
    (labels of the domains that are themselves in the most affected tenth, joined by |) and ``words``. Empty where there is none,
    or where the release holds no small areas (:func:`looked_at` tells the two apart).
    """
    wards = [code for code in area_codes if code not in set(flagged)]
    small = small_scores(evidence, wards, weights)
    rows = small[small["tenth"].eq(True).fillna(False)]
    table = rows.reset_index()[["small_area_code", "small_area_name", "area_code", "population"]]
    table.insert(3, "area_name", evidence.areas["area_name"].reindex(table["area_code"]).to_numpy())
    high = []
    for _, row in rows.iterrows():
        preset = method_for(str(row["nation"]))
        domains = preset.domain if preset else ()
        high.append("|".join(d.label for d in domains if row.get(f"percentile_{d.id}", np.nan) >= MOST_AFFECTED))
    table["high"] = pd.Series(high, index=table.index, dtype=object)
    table["words"] = [
        f"{row.small_area_name} is among its nation's most affected tenth of small areas; its ward, {row.area_name}, does not stand out."
        for row in table.itertuples(index=False)
    ]
    return table.sort_values(["area_name", "small_area_code"], ignore_index=True)


def with_small_areas(evidence: Evidence, area_codes: Sequence[str]) -> set[str]:
    """The wards in which pockets can be looked for: those in which a small area that we hold figures of mostly lies."""
    here = evidence.small_areas["area_code"].isin(set(area_codes)) & (evidence.small_areas["share"] >= HOME)
    rows = evidence.small_areas[here]
    return set(rows.loc[rows["small_area_code"].isin(evidence.wide("lsoa21", "value").index), "area_code"])


def found_words(evidence: Evidence, area_codes: Sequence[str], flagged: Collection[str], found: int) -> str:
    """In how many wards pockets were looked for, and how many were found; "" where none could be looked for.

    Parameters
    ----------
    flagged
        The wards that stand out, in which a small area is no pocket.
    found
        How many :func:`pockets` gives for them.
    """
    if set(evidence.areas["nation"].reindex(list(area_codes)).dropna()) - _distributions():
        return ""
    held = with_small_areas(evidence, area_codes)
    if not held:
        return ""
    looked = len(held - set(flagged))
    if not looked:
        return "Every ward whose small areas we hold stands out itself, so there was no ward for a pocket to be hidden in."
    many = f"{counted(found, 'pocket')} {'was' if found == 1 else 'were'} found" if found else "none was found"
    return (
        f"Pockets (small areas among the nation's most affected tenth) were looked for in the {counted(looked, 'ward')} that "
        f"{'does' if looked == 1 else 'do'} not stand out and whose small areas we hold: {many}."
    )


def looked_at(evidence: Evidence, area_codes: Sequence[str]) -> str:
    """What must be said beside :func:`pockets`: of how many wards the release holds small areas, "" when of all."""
    unknown = sorted(set(evidence.areas["nation"].reindex(list(area_codes)).dropna()) - _distributions())
    if unknown:
        where = join_words(unknown)
        return f"Where the most affected tenth of small areas begins is not known for {where}, so pockets were not looked for."
    held = with_small_areas(evidence, area_codes)
    without = [code for code in area_codes if code not in held]
    if not without:
        return ""
    if len(without) == len(area_codes):
        return "This release holds no small areas of these wards, so pockets were not looked for."
    return f"Pockets could not be looked for in {counted(len(without), 'ward')}: no small area that we hold lies mostly in them."


def outside(people: pd.Series, flagged: Collection[str]) -> pd.Series:
    """How many people unlikely to use the internet live outside the flagged wards, and which share of all they are.

    Parameters
    ----------
    people
        Unrounded estimate by ``area_code`` of all the wards looked at (``estimate_raw`` of :mod:`exclusion.people`). Wards without one are
        left out and counted: missing is not zero.

    Returns
    -------
    ``wards, flagged, unknown`` (wards without an estimate), ``share`` (0-1, blank when nobody is known), ``people`` (rounded to 10, blank
    under 10) and ``words``.
    """
    known = people.dropna()
    there = known.index.isin(set(flagged))
    total, left = float(known.sum()), float(known[~there].sum())
    share = left / total if total > 0 else np.nan
    rounded = round(left / 10) * 10 if left >= SMALLEST else None
    words = "We hold no estimate of people for these wards."
    if total > 0:
        part = "all" if left == total else share_words(share) if left > 0 else "none"
        some = "" if left == 0 else f" (about {two_figures(left)} people)" if rounded is not None else " (fewer than 10 people)"
        words = f"Of residents unlikely to use the internet, {part} live outside the wards that stand out{some}."
    unknown = int(people.isna().sum())
    if unknown and total > 0:
        words += f" {counted(unknown, 'ward').capitalize()} without an estimate {'is' if unknown == 1 else 'are'} not in it."
    return pd.Series(
        {
            "wards": len(people),
            "flagged": int(people.index.isin(set(flagged)).sum()),
            "unknown": unknown,
            "share": share,
            "people": pd.NA if rounded is None else rounded,
            "words": words,
        },
        dtype=object,
    )


def outside_by_service(people: pd.Series, findings: pd.DataFrame, service_ids: Sequence[str]) -> pd.DataFrame:
    """:func:`outside` for the wards flagged by each service's findings: one row a service, in the order given."""
    rows = [outside(people, flagged_by_service(findings, service)).rename(service) for service in service_ids]
    columns = ["wards", "flagged", "unknown", "share", "people", "words"]
    table = pd.DataFrame(rows, columns=columns) if rows else pd.DataFrame(columns=columns)
    table = table.astype({"wards": "int64", "flagged": "int64", "unknown": "int64", "share": float, "people": "Int64"})
    return table.rename_axis("service_id").reset_index()
