"""What the pages show of an assessment, as plain tables and lines of text. Nothing is decided here.

Every gap is said in words ("not known", "fewer than 10"), so that a blank never reads as nothing.
Wards keep the order of the assessment: by council, then by name; never by who is most affected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from exclusion import judgement, maps
from exclusion.assessment import Assessment
from exclusion.judgement.score import measures, method_for
from exclusion.judgement.score import methods as presets
from exclusion.maps import Shade
from exclusion.provision.reasons import about
from exclusion.release import Evidence
from exclusion.words import capital, date_words, join_words, percent, two_figures, within

CAVEATS = {
    "area": "These figures describe an area, not the people in it. "
    "Most residents of any ward can use online services; some residents of every ward cannot.",
    "two_facts": "Two facts about a ward may not be about the same people.",
    "availability": "Availability is not take-up: a home may be able to get broadband and not have it, or not be able to pay for it.",
    "census": "Census figures are from 2021. Students, new arrivals and new estates change fastest.",
    "income": "Income figures are modelled or based on benefits, and miss people who do not claim.",
    "bands": "We show bands, not ranks. Being in a higher band means more people may need another way to get the service. "
    "It is not a judgement on the place.",
    "nations": "Bands of England and Wales are cut separately and must not be set side by side.",
    "no_flag": "No flag does not mean no need. The council-wide minimum still applies.",
    "unmeasured": "We have no ward figures for digital skills, literacy, hearing loss, learning disability or owning a device. "
    "Library staff, parish councils and advice agencies may know.",
    "low_use": "Low use of a phone line, text service or counter may mean people gave up, not that nobody needs it.",
    "profile": "Who uses each service is our default estimate. Replace it with your own records if you can.",
    "together": "Several changes at once can fall on the same people; each service is looked at by itself.",
    "due_regard": "This page helps you have due regard. It does not decide, and it is not legal advice.",
}

METHOD = (
    (
        "Small areas to wards.",
        "Published counts of each small area are shared among wards by where its postcodes lie, then added up; rates are divided last.",
    ),
    (
        "Score.",
        "Each part is set against all wards of the nation (100 = most affected), weighted and added. Bands are fifths of its wards.",
    ),
    ("People.", "National survey rates by age and disability, applied to each ward's own residents."),
    (
        "Findings.",
        "Each rule looks at a count and a share, and at who uses the service; no finding comes from a score. "
        "The council-wide minimum comes first and no ward figure can switch it off.",
    ),
)

LEVEL_OF = {"monitor": 1, "recommended": 2, "required": 3}
BEYOND = "beyond the minimum"


def severity_words(severity: str) -> str:
    """The words for a severity, as the map's legend has them."""
    return maps.LEVELS[LEVEL_OF[severity]].word


def way(channel: str) -> str:
    """A channel's name for the screen."""
    known = judgement.channels().get(channel)
    return known.label if known else channel


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with its columns as attributes."""
    return frame.itertuples()


# --------------------------------------------------------------------------- one service in the chosen wards


def kept(a: Assessment, service_id: str, added_only: bool = False) -> pd.DataFrame:
    """Findings to keep a way in for one service, firmest first in each ward.

    Parameters
    ----------
    added_only
        Leave out what is said once for the whole council: a way in kept in three quarters of the wards,
        in wards where it is no firmer than that.
    """
    rows = a.findings[(a.findings["service_id"] == service_id) & (a.findings["kind"] == "keep")]
    rows = rows.assign(level=rows["severity"].map(LEVEL_OF))
    if added_only:
        said = a.council_wide[a.council_wide["service_id"] == service_id]
        general = said["severity"].map(LEVEL_OF).groupby(said["channel"]).max()
        rows = rows[rows["level"] > rows["channel"].map(general).fillna(0)]
    order = rows["area_code"].map({code: place for place, code in enumerate(a.areas.index)})
    return (
        rows.assign(_order=order)
        .sort_values(["_order", "level", "channel"], ascending=[True, False, True], kind="stable")
        .drop(columns="_order")
    )


def levels(a: Assessment, service_id: str, added_only: bool = False) -> pd.Series[Any]:
    """Each ward's place in :data:`exclusion.maps.LEVELS`, missing where not assessed; indexed by ``area_code``.

    A ward for which the rules could not be checked is missing, unless a rule that could be checked
    found something: what was found stays.
    """
    summary = a.summaries[a.summaries["service_id"] == service_id].set_index("area_code")["summary"].reindex(a.areas.index)
    found = kept(a, service_id, added_only).groupby("area_code")["level"].max().reindex(a.areas.index)
    return found.where(found.notna(), pd.Series(0, a.areas.index).where(summary.notna() & (summary != "not_assessed"))).astype("Int64")


def reasons_here(found: pd.DataFrame) -> list[tuple[str, str]]:
    """Findings of one ward as lines: what to keep, and the reason without its opening, which says that again."""
    lines = []
    for row in _each(found):
        _, _, rest = str(row.reason).partition(". ")
        tips = " A small change in a figure would change this." if row.borderline else ""
        lines.append((f"{severity_words(row.severity)}: {way(row.channel)}.", (rest or str(row.reason)) + tips))
    return lines


def other_findings(a: Assessment, service_id: str, code: str) -> list[tuple[str, str]]:
    """What else is said of a ward: ways in of the minimum that will be used more here and why, and cautions."""
    rows = a.findings[(a.findings["area_code"] == code) & (a.findings["service_id"] == service_id)]
    more = [
        (f"Expect more use of {way(row.channel)}.", capital(str(row.short).partition(": ")[2]))
        for row in _each(rows[rows["kind"] == "more_use"])
    ]
    cautions = [("Take care.", str(row.short)) for row in _each(rows[rows["kind"] == "caution"])]
    return more + cautions


def left_open(a: Assessment, service_id: str, code: str) -> str:
    """What could not be checked in a ward, and parts of it that differ; all of the summary where nothing was found."""
    mine = a.summaries[(a.summaries["area_code"] == code) & (a.summaries["service_id"] == service_id)].iloc[0]
    text = str(mine["sentence"])
    return text[max(text.find("Not checked"), 0) :] if mine["summary"] == "reasons_found" else text


def floor(a: Assessment, service_id: str) -> list[tuple[str, str, str]]:
    """The minimum everywhere: way in, short sentence, reason; once each, in the order of the channels."""
    rows = a.findings[(a.findings["service_id"] == service_id) & (a.findings["kind"] == "floor")].drop_duplicates(["channel", "short"])
    order = list(judgement.channels())
    rows = rows.assign(_order=rows["channel"].map(order.index)).sort_values("_order", kind="stable")
    opening = re.compile(r"^Council-wide minimum: ")
    return [(capital(way(row.channel)), capital(opening.sub("", row.short)), str(row.reason)) for row in _each(rows)]


def across(a: Assessment, service_id: str) -> list[tuple[str, str]]:
    """What holds in three quarters of the wards or more: what to keep, and why, with the wards where it does not hold."""
    lines = []
    for row in _each(a.council_wide[a.council_wide["service_id"] == service_id]):
        head, _, why = str(row.reason).partition(". ")
        others = [str(a.areas.loc[code, "area_name"]) for code in str(row.except_area_codes).split("|") if code in a.areas.index]
        but = f" It does not hold in {join_words(others)}." if others else ""
        lines.append((f"{head}.", f"{why}{but}"))
    return lines


ON_TOP = (Shade("0", "Nothing on top", maps.LEVELS[0].fill), *maps.LEVELS[1:])
"""The levels where the map leaves out what is said once for the whole council: 0 is then not "no reason"."""


def names_by_level(a: Assessment, classes: pd.Series[Any], shades: Sequence[Shade] = maps.LEVELS) -> list[tuple[Shade, list[str]]]:
    """Ward names under each level, firmest first, by name: the map in words."""
    several = a.areas["council_code"].nunique() > 1
    names = a.areas["area_name"] + (", " + a.areas["council_name"] if several else "")
    groups = [(shade, list(names[(classes == place).fillna(False)])) for place, shade in reversed(list(enumerate(shades)))]
    groups.append((maps.NOT_ASSESSED, list(names[classes.isna()])))
    return [(shade, found) for shade, found in groups if found]


def keep_lines(found: pd.DataFrame) -> list[str]:
    """Findings of one ward in short, ways in with the same reason together: "Advise keeping post and phone: about 900 people ..."."""
    together: dict[tuple[int, str], list[str]] = {}
    for row in _each(found):
        _, _, why = str(row.short).partition(": ")
        together.setdefault((int(row.level), why), []).append(way(row.channel))
    return [
        f"{maps.LEVELS[level].word}: {join_words(ways)}" + (f". {capital(why)}" if why else ".") for (level, why), ways in together.items()
    ]


def never_checked(a: Assessment, service_id: str) -> set[str]:
    """Rules of which no part could be checked for a service in any of the chosen wards: said once, not in every row."""
    return set.intersection(*_unchecked(a, service_id).values()) if len(a.areas) else set()


def _unchecked(a: Assessment, service_id: str) -> dict[str, set[str]]:
    """By ward, the rules of which no part could be checked."""
    rows = a.summaries[a.summaries["service_id"] == service_id]
    split = {str(row.area_code): (set(row.not_checked.split("|")), set(row.checked.split("|"))) for row in _each(rows)}
    return {code: lacking - checked - {""} for code, (lacking, checked) in split.items()}


def rule_names(rules: set[str]) -> str:
    """Rules by title and number: "weak mobile signal (W03)"."""
    known = judgement.rules()
    return join_words([f"{within(known[rule].title)} ({rule})" for rule in sorted(rules) if rule in known])


def ward_rows(a: Assessment, service_id: str, own: pd.DataFrame | None = None, differences: pd.Series[Any] | None = None) -> pd.DataFrame:
    """The table under the map: a row a ward, with what to keep and why, about how many people, and the council's own counts.

    Rules that could not be checked in any ward (:func:`never_checked`) are left to be said once; the others are named.
    """
    classes = levels(a, service_id)
    by_ward = {str(code): rows for code, rows in kept(a, service_id).groupby("area_code")}
    lacking, everywhere = _unchecked(a, service_id), never_checked(a, service_id)
    texts = []
    for code in a.areas.index:
        lines = keep_lines(by_ward[code]) if code in by_ward else []
        if not lines:
            lines = ["Not assessed." if pd.isna(classes[code]) else f"No reason found {BEYOND}, in the rules checked."]
        lines += [head + " " + text if head == "Take care." else head for head, text in other_findings(a, service_id, code)]
        if unchecked := lacking.get(str(code), set()) - everywhere:
            lines.append(f"Not checked here: {rule_names(unchecked)}.")
        texts.append("\n".join(lines))
    table = pd.DataFrame({"Ward": a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table["Council"] = a.areas["council_name"]
    table["Level"] = [maps.NOT_ASSESSED.label if pd.isna(place) else maps.LEVELS[int(place)].label for place in classes]
    table[f"What to keep {BEYOND}, and why"] = texts
    table["People unlikely to use the internet"] = a.people["label"].reindex(a.areas.index)
    table["Band"] = [band_label(a, code) for code in a.areas.index]
    if differences is not None:
        table["Where band and findings differ"] = differences.reindex(a.areas.index).replace("", "–")
    if own is not None:
        for name in own.columns:
            table[f"{name} (yours)"] = [count_label(value) for value in own[name].reindex(a.areas.index)]
    return table


def count_label(value: float) -> str:
    """A council's own count: as given, or "not given"."""
    return "not given" if pd.isna(value) else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def band_label(a: Assessment, code: str) -> str:
    """ "4 Higher", or "Not scored"."""
    band: Any = a.scores.loc[code, "band"]
    return maps.NOT_SCORED.label if pd.isna(band) else maps.BANDS[int(band) - 1].label


def bands(a: Assessment) -> pd.Series[Any]:
    """Each ward's place in :data:`exclusion.maps.BANDS`, missing where not scored."""
    return a.scores["band"].astype("Int64") - 1


# --------------------------------------------------------------------------- one ward


def residents(area: pd.Series[Any]) -> str:
    """How many people live in a ward, in words."""
    return about(float(area["population"]))


def who_lives_here(a: Assessment, code: str) -> pd.DataFrame:
    """The ward's figures against the national ones: ``Group, Here, Share here, <nation>, More than in, Date``; gaps in words."""
    nation = str(a.areas.loc[code, "nation"])
    held = a.profile[a.profile["area_code"] == code].set_index("measure")
    fewest = judgement.guards()["G8"].values["fewest"]
    rows: list[tuple[str, ...]] = []
    for name, measure in measures().items():
        if name not in held.index or not measure.counted:
            continue
        row: Any = held.loc[name]
        known = not pd.isna(row["n"])
        shown = known and row["n"] >= fewest
        here = about(row["n"], str(row["fit"])) if known else "not known"
        notes = ["our estimate"] if row["fit"] == "estimated" else []
        if shown and row["fit"] != "published" and not pd.isna(row["low"]) and not pd.isna(row["high"]):
            notes.append(f"{two_figures(row['low'])} to {two_figures(row['high'])}")
        rows.append(
            (
                measure.short,
                here + (f" ({'; '.join(notes)})" if known and notes else ""),
                _share(row["value"]) if shown or not known else "not shown",
                _share(row["nation_value"]),
                _more_than(row["percentile"]),
                date_words(str(row["period"])),
            )
        )
    return pd.DataFrame(rows, columns=["Group", "Here", "Share here", nation, f"Share is higher than in ... of wards in {nation}", "Date"])


def _share(value: float) -> str:
    return "not known" if pd.isna(value) else percent(value)


def _more_than(percentile: float) -> str:
    return "not known" if pd.isna(percentile) else f"{min(99, int(percentile))}%"


def score_drivers(a: Assessment, code: str) -> pd.DataFrame:
    """What pulls the ward's score up or down: a part a row; the pulls add up to the distance from the middle, 50."""
    row, preset = a.scores.loc[code], method_for(str(a.areas.loc[code, "nation"]))
    rows = []
    for domain in preset.domain if preset else ():
        place, pull = row.get(f"percentile_{domain.id}"), row.get(f"contribution_{domain.id}")
        if place is None or pd.isna(place):
            rows.append((domain.label, "not known", _weight(row.get(f"weight_{domain.id}")), "not known"))
            continue
        way = (
            "no pull"
            if abs(pull) < 0.5
            else f"{abs(pull):.0f} points {'up' if pull > 0 else 'down'}: {domain.explains if pull > 0 else domain.explains_low}"
        )
        rows.append((domain.label, f"{place:.0f} of 100", _weight(row.get(f"weight_{domain.id}")), way))
    return pd.DataFrame(rows, columns=["Part", "Place among the nation's wards (100 = most affected)", "Weight", "Pull on the score"])


def _weight(weight: Any) -> str:
    return "not known" if weight is None or pd.isna(weight) else f"{100 * weight:.0f}%"


def ward_services(a: Assessment, code: str) -> pd.DataFrame:
    """Every assessed service in one ward: what to keep beyond the minimum and why, by name of service."""
    found = a.findings[(a.findings["area_code"] == code) & (a.findings["kind"] == "keep")]
    found = found.assign(level=found["severity"].map(LEVEL_OF)).sort_values(["level", "channel"], ascending=[False, True], kind="stable")
    summaries = a.summaries[a.summaries["area_code"] == code].set_index("service_id")
    rows = []
    for service in sorted(a.services, key=lambda one: one.service_name):
        mine = found[found["service_id"] == service.id]
        unknown = summaries.loc[service.id, "summary"] == "not_assessed"
        level = maps.LEVELS[int(mine["level"].max())] if len(mine) else maps.NOT_ASSESSED if unknown else maps.LEVELS[0]
        lines = keep_lines(mine) or [f"{level.word}."]
        lines += [head for head, _ in other_findings(a, service.id, code)]
        rows.append((service.service_name, level.label, "\n".join(lines)))
    return pd.DataFrame(rows, columns=["Service", "Level", f"What to keep {BEYOND}, and why"])


def not_known(a: Assessment, code: str) -> list[str]:
    """What we do not know of the ward: figures we lack, rules that could not be checked, rough fits."""
    lines = []
    area = a.areas.loc[code]
    held = a.profile[(a.profile["area_code"] == code) & a.profile["n"].notna()]["measure"]
    lacking = [
        measure.short
        for name, measure in measures().items()
        if measure.counted and name in set(a.profile["measure"]) and name not in set(held)
    ]
    if lacking:
        lines.append(f"No figure for this ward: {', '.join(lacking)}.")
    if area["error_class"] != "good":
        lines.append(
            f"Census figures come by small area and were shared onto this ward by postcode. In nine of ten wards like this one "
            f"the count is within {percent(float(area['error_p90']))} of the truth."
        )
    if not a.scores.loc[code, "scored"]:
        lines.append(str(a.scores.loc[code, "why_not"]))
    unchecked = a.summaries[a.summaries["area_code"] == code]["not_checked"].str.split("|").explode().dropna()
    if names := rule_names(set(unchecked) - {""}):
        lines.append(f"Rules that could not be checked for some services, for want of figures: {names}.")
    lines += [f"{item['what']}: {item['why']}" for item in a.evidence.manifest.missing if _concerns(item["what"], str(area["nation"]))]
    return lines


def _concerns(what: str, nation: str) -> bool:
    others = {"England", "Wales", "Scotland", "Northern Ireland"} - {nation}
    return not any(other in what for other in others)


# --------------------------------------------------------------------------- all services


def grid(a: Assessment) -> pd.DataFrame:
    """Services down, wards across: the number and word of the level, or "Not assessed"."""
    wide = {}
    for service in sorted(a.services, key=lambda one: one.service_name):
        wide[service.service_name] = [
            maps.NOT_ASSESSED.label if pd.isna(place) else maps.LEVELS[int(place)].label for place in levels(a, service.id)
        ]
    table = pd.DataFrame(wide, index=a.areas["area_name"]).T
    return table.rename_axis("Service").reset_index()


def could_move_first(a: Assessment) -> pd.DataFrame:
    """The reverse question: for each service, in how many of the chosen wards nothing needs to be added to its minimum.

    Returns
    -------
    DataFrame
        One row a service, by name: ``Service``; the ``Minimum that stays``; a number of wards for each level and
        for ``Not assessed``; ``In words``. A ward not assessed is never counted as one with nothing found.
    """
    rows = []
    for service in sorted(a.services, key=lambda one: one.service_name):
        classes = levels(a, service.id)
        counts = [int((classes == place).sum()) for place in range(len(maps.LEVELS))]
        unknown, firm = int(classes.isna().sum()), counts[2] + counts[3]
        if unknown:
            words = f"Cannot be said: not assessed in {unknown} of {len(classes)} wards"
        elif firm == 0 and counts[1] == 0:
            words = FIRST
        elif firm == 0:
            words = f"{FIRST}; watch {counts[1]}"
        elif counts[3] == 0:
            words = f"With another way in kept in {firm}"
        else:
            words = f"With another way in kept in {firm}, as a condition in {counts[3]}"
        stays = join_words([within(way) for way, _, _ in floor(a, service.id)])
        rows.append((service.service_name, stays, *counts, unknown, words))
    names = [shade.word for shade in maps.LEVELS]
    return pd.DataFrame(rows, columns=["Service", "Minimum that stays", *names, maps.NOT_ASSESSED.word, "In words"])


FIRST = "Nothing to add to the minimum"


def risk_rows(a: Assessment, differ: pd.Series[Any], found: pd.DataFrame) -> pd.DataFrame:
    """The risk map as a table: band, the place of each part, people, findings for the service, and where they differ.

    ``found`` is :func:`ward_rows` of the service's assessment for the same wards.
    """
    table = pd.DataFrame({"Ward": a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table["Council"] = a.areas["council_name"]
    table["Band"] = [band_label(a, code) for code in a.areas.index]
    domains = {domain.id: domain.label for preset in a.method.presets for domain in preset.domain}
    for domain, label in domains.items():
        places = a.scores.get(f"percentile_{domain}", pd.Series(dtype=float)).reindex(a.areas.index)
        table[label] = ["not known" if pd.isna(place) else f"{place:.0f}" for place in places]
    table["People unlikely to use the internet"] = a.people["label"].reindex(a.areas.index)
    table["Findings for the service"] = found["Level"].reindex(a.areas.index)
    table["Where they differ"] = differ.reindex(a.areas.index).replace("", "–")
    return table


# --------------------------------------------------------------------------- sources and method


def sources(evidence: Evidence) -> pd.DataFrame:
    """Every source: ``Source, Publisher, Period, Licence, Address, Note``."""
    rows = [(one.title, one.publisher, one.period, one.licence, one.url, one.note) for one in evidence.manifest.sources.values()]
    return pd.DataFrame(rows, columns=["Source", "Publisher", "Period", "Licence", "Address", "Note"])


def attributions(evidence: Evidence) -> list[str]:
    """The attribution lines of the licences, once each."""
    return list(dict.fromkeys(one.attribution for one in evidence.manifest.sources.values() if one.attribution))


def threshold_rows(version: str = "1") -> pd.DataFrame:
    """The thresholds in force: ``Measure, Many from, Very many from, Unit, Why, Check by``."""
    known = measures()
    rows = []
    for entry in judgement.thresholds(version).values():
        name = known[entry.indicator].short if entry.indicator in known else entry.indicator
        rows.append((name, f"{entry.low:,.0f}", f"{entry.high:,.0f}", entry.unit, entry.why, date_words(entry.review_by)))
    return pd.DataFrame(rows, columns=["Measure", "Many from", "Very many from", "Unit", "Why", "Check by"])


def rule_rows() -> pd.DataFrame:
    """The ward rules: ``Rule, What it looks at, Keeps open, Why, Limits``."""
    names = judgement.indicators()
    known = measures()
    rows = []
    for rule in judgement.rules().values():
        looks = [known[names[one].measures[0].id].short for one in rule.indicators() if names[one].measures[0].id in known]
        keeps = "; ".join(dict.fromkeys(way(flag.channel) for flag in rule.flags)) or "nothing: a caution"
        rows.append((f"{rule.id} {rule.title}", "; ".join(dict.fromkeys(looks)), keeps, rule.why, rule.limits))
    return pd.DataFrame(rows, columns=["Rule", "What it looks at", "Keeps open", "Why", "Limits"])


def methods() -> list[tuple[str, pd.DataFrame]]:
    """Each method of the score: its title with the nations, and its parts with weight, why and reference."""
    described = []
    for preset in presets().values():
        rows = [(domain.label, f"{100 * domain.weight:.0f}%", domain.why, domain.reference) for domain in preset.domain]
        described.append(
            (f"{preset.title} ({', '.join(preset.nations)})", pd.DataFrame(rows, columns=["Part", "Weight", "Why", "Reference"]))
        )
    return described
