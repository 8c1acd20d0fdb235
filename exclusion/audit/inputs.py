"""The first half of an audit: what is measured, from what, how old, what is missing, how exact."""

from __future__ import annotations

import pandas as pd

from exclusion.assessment import Assessment
from exclusion.audit.model import Block, Listed, Section, Sub, table
from exclusion.judgement.auditing import audit_words
from exclusion.judgement.composites import NATIONS
from exclusion.judgement.score import measures, method_for
from exclusion.words import counted, date_words, join_words, percent, sentence

CLASSES = ("good", "fair", "rough", "none")


def what_it_measures(a: Assessment) -> Section:
    """The claim, and the steps."""
    words = audit_words()
    return Section("What the score measures", (*words.measures, Sub("How it is made"), Listed(words.steps)))


def data_dates(a: Assessment) -> Section:
    """Every source with its period, and every figure of the score with its date."""
    held = a.evidence.manifest.sources
    rows = [(one.title, one.publisher, date_words(one.period), one.licence) for one in held.values()]
    sources = table(pd.DataFrame(rows, columns=["Source", "Publisher", "Period", "Licence"]), "Sources of this data release")
    parts: list[tuple[str, ...]] = []
    for nation in nations(a):
        preset = method_for(nation)
        for domain in preset.domain if preset else ():
            for one in domain.indicator:
                found = a.profile[(a.profile["measure"] == one.measure) & a.profile["area_code"].isin(wards_of(a, nation))]
                source = held.get(str(found["source"].iloc[0])) if len(found) else None
                period = date_words(str(found["period"].iloc[0])) if len(found) else "no figures"
                parts.append((measures()[one.measure].label, nation, domain.label, period, source.publisher if source else "no figures"))
    used = table(pd.DataFrame(parts, columns=["Figure", "Nation", "Part", "Date", "Publisher"]), "Figures that enter the score")
    credit = Listed(tuple(dict.fromkeys(one.attribution for one in held.values() if one.attribution)))
    return Section("Dates of the data", (used, sources, credit))


def gaps(a: Assessment) -> Section:
    """What is missing from the release for the nations of these wards, and what the wards lack."""
    listed = Listed(tuple((f"{item['what']}.", item["why"]) for item in a.evidence.manifest.missing if _concerns(item["what"], nations(a))))
    without = a.scores[~a.scores["scored"].astype(bool)]
    blocks: list[Block] = ["Missing is never taken as nought. A ward without every part of the score is not scored.", listed]
    if len(without):
        names = a.areas["area_name"].reindex(without.index)
        blocks += [
            f"Not scored here: {counted(len(without), 'ward')}.",
            Listed(tuple((f"{name}.", str(why)) for name, why in zip(names, without["why_not"], strict=True))),
        ]
    else:
        blocks.append("Every ward here has every part of the score.")
    return Section("Gaps", tuple(blocks))


def _concerns(what: str, here: list[str]) -> bool:
    """Whether a gap is about one of these nations: it names one of them, or no nation at all."""
    named = {nation for nation in NATIONS if nation in what}
    return not named or not named.isdisjoint(here)


def quality(a: Assessment) -> Section:
    """How exactly small-area figures fit wards, by error class and by ward."""
    said = audit_words().data_quality
    fit = dict(a.evidence.manifest.measured.get("fit", {}))
    by_class = fit.get("area" if "area" in set(a.profile["fit"]) else "postcodes", {}).get("p90_by_class", {})
    here = a.areas["error_class"].value_counts()
    rows = [
        (name, sentence(said[name]), percent(by_class[name]) if name in by_class else "not measured", f"{int(here.get(name, 0))}")
        for name in CLASSES
    ]
    columns = ["Class", "Meaning", "Nine in ten errors were under", "Wards here"]
    blocks: list[Block] = [
        f"Census figures come by small area and are {a.evidence.manifest.fit} among wards. "
        "A ward's class says how far its counts may be off."
    ]
    if fit:
        blocks.append(
            f"Measured on {fit['wards']} wards with unchanged boundaries and published figures: half of the errors were under "
            f"{percent(fit['postcodes']['median'])} and nine in ten under {percent(fit['postcodes']['p90'])}. Giving each small area "
            f"whole to one ward would have had nine in ten under {percent(fit['best_fit']['p90'])}."
        )
    blocks.append(table(pd.DataFrame(rows, columns=columns), "Wards by how well small areas fit them", columns[2:]))
    rough = a.areas[a.areas["error_class"] == "rough"]["area_name"]
    if len(rough):
        blocks.append(f"Wards of the class rough, by name: {join_words(sorted(map(str, rough)))}.")
    return Section("Quality of the data", tuple(blocks))


def nations(a: Assessment) -> list[str]:
    """Nations of the chosen wards, as they first appear."""
    return list(dict.fromkeys(str(nation) for nation in a.areas["nation"]))


def wards_of(a: Assessment, nation: str) -> pd.Index:
    """Codes of the chosen wards of a nation."""
    codes: pd.Index = a.areas.index[a.areas["nation"] == nation]
    return codes
