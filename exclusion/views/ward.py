"""One ward: who lives there, every service, what drives its score, what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from exclusion import judgement, maps
from exclusion.assessment import Assessment, once
from exclusion.contracts import NATIONS, NO_ANSWER
from exclusion.judgement.owning import own_rules
from exclusion.judgement.score import measures, method_for
from exclusion.language import mark, tr, trn
from exclusion.provision.reasons import about
from exclusion.retold import told
from exclusion.saying import English, date_words, figure
from exclusion.views.service import band_label, other_findings_of, said_together
from exclusion.views.shared import LEVEL_OF, rule_names
from exclusion.words import percent, two_figures

NOT_RUN = mark("Not run by this council")


def residents(area: pd.Series[Any]) -> str:
    """How many people live in a ward, in words."""
    return figure(about(float(area["population"])))


def wards_to_choose(a: Assessment) -> pd.DataFrame:
    """The wards of the councils chosen, by name: ``Ward, Residents, People unlikely to use the internet, Band``.

    No findings are needed. The council stands beside a ward's name where there are several.
    """
    several = a.areas["council_name"].nunique() > 1
    rows = [
        (
            f"{row['area_name']}, {row['council_name']}" if several else str(row["area_name"]),
            residents(row),
            figure(str(a.people.loc[code, "label"])),
            band_label(a, str(code)),
        )
        for code, row in a.areas.sort_values(["area_name", "council_name"]).iterrows()
    ]
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("Residents"), tr("People unlikely to use the internet"), tr("Band")])


@once
def who_lives_here(a: Assessment, code: str) -> pd.DataFrame:
    """The ward's figures against the national ones: ``Group, Here, Share here, <nation>, More than in, Date``; gaps in words."""
    nation = str(a.areas.loc[code, "nation"])
    held = {str(row["measure"]): row for row in _figures_by_ward(a).get(code, [])}
    fewest = judgement.guards()["G8"].values["fewest"]
    counted_by = {pair.like: pair.measure for pair in own_rules().placed_by}
    known_here = {name for name, row in held.items() if not pd.isna(row["n"])}
    rows: list[tuple[str, ...]] = []
    for name, measure in measures().items():
        if name not in held or not measure.counted:
            continue
        if counted_by.get(name) in known_here:
            continue  # the count itself is held here: the estimate of it beside it would only differ
        row = held[name]
        known = not pd.isna(row["n"])
        shown = known and row["n"] >= fewest
        here = figure(about(row["n"], str(row["fit"]))) if known else tr("not known")
        notes = {"estimated": [tr("our estimate")], "own": [tr("the council's own figure")], "published": [tr("as published")]}.get(
            str(row["fit"]), []
        )
        if shown and row["fit"] != "published" and not pd.isna(row["low"]) and not pd.isna(row["high"]):
            notes.append(tr("{low} to {high}", low=two_figures(row["low"]), high=two_figures(row["high"])))
        rows.append(
            (
                tr(measure.short),
                here + (f" ({'; '.join(notes)})" if known and notes else ""),
                _share(row["value"]) if shown or not known else tr("not shown"),
                _share(row["nation_value"]),
                _more_than(row["percentile"]),
                date_words(str(row["period"])),
            )
        )
    return pd.DataFrame(
        rows,
        columns=[
            tr("Group"),
            tr("Here"),
            tr("Share here"),
            tr(nation),
            tr("Share is higher than in ... of wards in {nation}", nation=tr(nation)),
            tr("Date"),
        ],
    )


def _share(value: float) -> str:
    return tr("not known") if pd.isna(value) else percent(value)


def _more_than(percentile: float) -> str:
    return tr("not known") if pd.isna(percentile) else f"{min(99, int(percentile))}%"


STEP = 5


def spread(risks: pd.Series[Any], code: str) -> pd.DataFrame:
    """Wards of a nation over the score in steps of five: ``from, to, wards, here`` (whether the ward stands in it).

    ``risks`` is indexed by ``area_code``; wards without a score are left out. Empty for a ward without one.
    """
    own = risks.get(code)
    if own is None or pd.isna(own):
        return pd.DataFrame({"from": [], "to": [], "wards": [], "here": []})
    last = 100 // STEP - 1
    steps = risks.dropna().floordiv(STEP).clip(upper=last).astype(int)
    many = steps.value_counts().reindex(range(last + 1), fill_value=0)
    here = min(int(own // STEP), last)
    return pd.DataFrame(
        {
            "from": [STEP * n for n in many.index],
            "to": [STEP * (n + 1) for n in many.index],
            "wards": many.to_numpy(),
            "here": many.index == here,
        }
    )


def spread_rows(rows: pd.DataFrame, ward: str) -> pd.DataFrame:
    """The same as a table, with the step of the ward named."""
    steps = [tr("{low:.0f} to {high:.0f}", low=low, high=high) for low, high in zip(rows["from"], rows["to"], strict=True)]
    where = [tr("{ward} is here", ward=ward) if here else "–" for here in rows["here"]]
    return pd.DataFrame({tr("Score"): steps, tr("Wards"): [f"{n:,}" for n in rows["wards"]], tr("Where"): where})


NEAR_MIDDLE = mark("near the middle of its nation")


@once
def score_drivers(a: Assessment, code: str) -> pd.DataFrame:
    """What pulls the ward's score up or down: a part a row; the pulls add up to the distance from the middle, 50."""
    row, preset = a.scores.loc[code], method_for(str(a.areas.loc[code, "nation"]))
    rows = []
    for domain in preset.domain if preset else ():
        place, pull = row.get(f"percentile_{domain.id}"), row.get(f"contribution_{domain.id}")
        if place is None or pd.isna(place):
            rows.append((tr(domain.label), tr("not known"), _weight(row.get(f"weight_{domain.id}")), tr("not known")))
            continue
        many = round(abs(pull))
        points = trn("{n} point up", "{n} points up", many) if pull > 0 else trn("{n} point down", "{n} points down", many)
        # In the middle fifth of the nation, which is the middle band, a ward has neither many nor few.
        words = tr(NEAR_MIDDLE if 40 <= place <= 60 else domain.explains if pull > 0 else domain.explains_low)
        way = tr("no pull") if abs(pull) < 0.5 else f"{points}: {words}"
        rows.append((tr(domain.label), tr("{place:.0f} of 100", place=place), _weight(row.get(f"weight_{domain.id}")), way))
    return pd.DataFrame(
        rows, columns=[tr("Part"), tr("Place among the nation's wards (100 = most affected)"), tr("Weight"), tr("Pull on the score")]
    )


def _weight(weight: Any) -> str:
    return tr("not known") if weight is None or pd.isna(weight) else f"{100 * weight:.0f}%"


@once
def ward_services(a: Assessment, code: str) -> pd.DataFrame:
    """Every assessed service in one ward: what to keep beyond the minimum and why, by name of service."""
    found, summaries, others = _kept_by_ward(a).get(code, {}), _summaries_by_ward(a)[code], other_findings_of(a)
    rows = []
    for service in sorted(a.services, key=lambda one: tr(one.service_name)):
        summary, sentence = summaries[service.id]
        kept = found.get(service.id)
        level = maps.NOT_ASSESSED if summary in NO_ANSWER else maps.LEVELS[0]
        if kept is not None:
            level = maps.LEVELS[max(level for level, _, _ in kept)]
        elsewhere = summary == "not_run_here"
        lines = [] if kept is None else said_together(kept)
        lines = lines or [told(str(sentence)) if elsewhere else f"{level.said}."]
        lines += [head for head, _ in others.get((service.id, code), [])]
        rows.append((tr(service.service_name), tr(NOT_RUN) if elsewhere else level.label, "\n".join(lines)))
    return pd.DataFrame(rows, columns=[tr("Service"), tr("Level"), tr("What to keep beyond the minimum, and why")])


@once
def _kept_by_ward(a: Assessment) -> dict[str, dict[str, list[tuple[int, str, str]]]]:
    """Level, way in and short sentence of findings to keep a way in, firmest first, by ward and service."""
    where = np.flatnonzero((a.findings["kind"] == "keep").to_numpy(dtype=bool))
    columns = (a.findings[name].array.take(where).tolist() for name in ("area_code", "service_id", "severity", "channel", "short"))
    by: dict[str, dict[str, list[tuple[int, str, str]]]] = {}
    for code, service_id, severity, channel, short in zip(*columns, strict=True):
        by.setdefault(code, {}).setdefault(service_id, []).append((LEVEL_OF[severity], channel, short))
    for services in by.values():
        for found in services.values():
            found.sort(key=lambda one: (-one[0], one[1]))
    return by


@once
def _summaries_by_ward(a: Assessment) -> dict[str, dict[str, tuple[str, str]]]:
    """The word that sums up the findings and the sentence, by ward and service."""
    by: dict[str, dict[str, tuple[str, str]]] = {}
    columns = (a.summaries[name].tolist() for name in ("area_code", "service_id", "summary", "sentence"))
    for code, service_id, summary, sentence in zip(*columns, strict=True):
        by.setdefault(code, {})[service_id] = (summary, sentence)
    return by


@once
def _figures_by_ward(a: Assessment) -> dict[str, list[dict[str, Any]]]:
    """The figures of every ward, as rows."""
    by: dict[str, list[dict[str, Any]]] = {}
    for row in a.profile.to_dict("records"):
        by.setdefault(row["area_code"], []).append(row)  # type: ignore[arg-type]
    return by


@once
def how_counted(a: Assessment, code: str) -> str:
    """Whether the ward's census counts are the publisher's own or made from small areas, and how far off those are.

    Blank in a release that holds no published ward counts.
    """
    rows = [row for row in _figures_by_ward(a).get(code, []) if not pd.isna(row["n"])]
    if any(row["fit"] == "published" for row in rows):
        known = measures()
        made = [tr(known[row["measure"]].short) for row in rows if row["fit"] == "weighted" and known[row["measure"]].counted]
        tail = tr(" Made from small areas: {figures}.", figures=", ".join(made)) if made else ""
        return tr("This ward has not changed since 2022: its census counts are as published for it.{tail}", tail=tail)
    area = a.areas.loc[code]
    manifest = a.evidence.manifest
    if area["nation"] not in ("England", "Wales") or WARDS_OF_2022 not in manifest.sources:
        return ""
    told = _told_by_neighbours(a, code)
    start = tr("No count is published for this ward as it now is: its counts are made from small areas, ") + (
        tr("kept to the counts published for wards beside it.")
        if told
        else tr("and no ward beside it has a published count that would tell more of it.")
    )
    return f"{start} {_how_far_off(manifest.measured, str(area['council_code']), str(area['error_class']), told)}".strip()


WARDS_OF_2022 = "census2021_wd22"
DIVIDED = {
    "good": mark("that small areas follow as closely as this one"),
    "fair": mark("whose small areas are divided about as much as this one's"),
    "rough": mark("whose small areas are divided as much as this one's"),
}
"""By error class, which wards the error was measured on, in words."""


def _told_by_neighbours(a: Assessment, code: str) -> bool:
    """Whether the ward divides a small area with one whose count is published, which says how much of it is left."""
    if "shares.parquet" not in a.evidence.manifest.files:
        return False
    shares = a.evidence.shares()
    mine = shares.loc[shares["area_code"] == code, "small_area_code"]
    near = shares.loc[shares["small_area_code"].isin(mine), "area_code"]
    return bool(near[near != code].isin(a.evidence.census_wards().index).any())


def _how_far_off(measured: Mapping[str, Any], council: str, kind: str, told: bool) -> str:
    """How far counts made from small areas were from published ones, on wards like this one.

    That of the fetch the ward's council came with; of the latest other where it had no unchanged ward to
    measure on; of the release's own measurement where there is none.
    """
    held = measured.get("published") or []
    entries = [held] if isinstance(held, Mapping) else list(held)
    own = [entry for entry in entries if council in entry.get("councils", ())]
    elsewhere = "" if own else tr(" of other councils")
    if entries:
        entry = (own or entries)[-1]
        like = entry.get("by_class", {}).get(kind)
        row, which = (like, tr(" and {divided}", divided=tr(DIVIDED[kind]))) if like and kind in DIVIDED else (entry, "")
        half, nine = (row["median"], row["p90"]) if told else (row["alone_median"], row["alone_p90"])
        return tr(
            "On {wards:,} wards{elsewhere} that have both{which}, half of the counts made so were within {half} of "
            "the published one, and nine in ten within {nine}.",
            wards=row["wards"],
            elsewhere=elsewhere,
            which=which,
            half=percent(half),
            nine=percent(nine),
        )
    nine = measured.get("fit", {}).get("postcodes", {}).get("p90_by_class", {}).get(kind)
    if nine is None or kind not in DIVIDED:
        return ""
    return tr(
        "On wards of other councils that have both and {divided}, nine in ten of the counts made so were within "
        "{nine} of the published one.",
        divided=tr(DIVIDED[kind]),
        nine=percent(nine),
    )


@once
def not_known(a: Assessment, code: str) -> list[str]:
    """What we do not know of the ward: figures we lack, rules that could not be checked, rough fits."""
    lines = []
    area = a.areas.loc[code]
    figures = _figures_by_ward(a)
    held = {row["measure"] for row in figures.get(code, []) if not pd.isna(row["n"])}
    somewhere = {row["measure"] for rows in figures.values() for row in rows}
    lacking = [tr(measure.short) for name, measure in measures().items() if measure.counted and name in somewhere and name not in held]
    if lacking:
        lines.append(tr("No figure for this ward: {figures}.", figures=", ".join(lacking)))
    if area["error_class"] == "none":
        lines.append(
            tr(
                "This ward is so small a part of the small areas that figures are published for that any figure would be "
                "about its neighbours. We give none, and nothing was checked: ask the people who know it."
            )
        )
    elif area["error_class"] != "good":
        ways = {row["fit"] for row in figures.get(code, [])}
        by_area = "area" in ways
        which = tr("Other figures") if "published" in ways else tr("Figures")
        lines.append(
            tr(
                "{which} come by small area and were shared onto this ward by {how}. In nine of ten wards like this one the "
                "count is within {percent} of the truth",
                which=which,
                how=tr("area") if by_area else tr("postcode"),
                percent=percent(float(area["error_p90"])),
            )
            + (tr(", measured elsewhere: here it could be more.") if by_area else ".")
        )
    if not a.scores.loc[code, "scored"]:
        lines.append(told(str(a.scores.loc[code, "why_not"])))
    unchecked = a.summaries["not_checked"].array[np.flatnonzero((a.summaries["area_code"] == code).to_numpy(dtype=bool))]
    if names := rule_names({rule for rules in unchecked.tolist() for rule in rules.split("|")} - {""}):
        lines.append(tr("Rules that could not be checked for some services, for want of figures: {names}.", names=names))
    lines += [_lacking(item["what"], item["why"]) for item in a.evidence.manifest.missing if _concerns(item["what"], str(area["nation"]))]
    return lines


def _lacking(what: str, why: str) -> str:
    """What a release lacks and why, in the language spoken where its catalogue has both: a release brings these words with it."""
    said = told(why)
    return English(f"{what}: {why}") if isinstance(said, English) else f"{tr(what)}: {said}"


def _concerns(what: str, nation: str) -> bool:
    return nation in what or not any(other in what for other in NATIONS)
