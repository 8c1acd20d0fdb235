"""What is said of a council as a whole: the minimum, what holds across its wards, and a paragraph for its committee.

Plain text, as in ``briefing``. Wards keep the order of the assessment, which is by name.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from exclusion import judgement, people
from exclusion.assessment import Assessment
from exclusion.judgement import pages as texts
from exclusion.judgement.duty import duties
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.report import briefing
from exclusion.words import capital, counted, join_words, sentence, within


def across_lines(assessment: Assessment, service_id: str) -> list[str]:
    """What to keep across the council, said once, with the wards where it does not hold."""
    lines = []
    names = assessment.areas["area_name"]
    for row in briefing.records(assessment.council_wide[assessment.council_wide["service_id"] == service_id]):
        others = [str(names[code]) for code in str(row["except_area_codes"]).split("|") if code in names.index]
        why = [texts.becauses()[name].also for name in str(row["rule_ids"]).split("|") if name in texts.becauses()]
        because = f", because {join_words(why)}" if why else ""
        holds = f"in {row['wards']} of {row['of_wards']} wards" if others else "in every ward"
        holds += f", less firmly or not at all in {join_words(others)}" if others else ""
        lines.append(f"{briefing.KEEP[str(row['severity'])].format(way=briefing.way(str(row['channel'])))}{because}. It holds {holds}.")
    return lines


def findings_row(assessment: Assessment, area_code: str, service_id: str) -> dict[str, str]:
    """A ward in the council's table: ``summary`` (what to keep), ``reason`` (the main one) and ``people``."""
    keeps = briefing.kept_rows(assessment, area_code, service_id)
    ways: dict[str, list[str]] = {}
    for row in briefing.records(keeps):
        ways.setdefault(SCREEN_WORDS[str(row["severity"])], []).append(briefing.way(str(row["channel"])))
    summary = "; ".join(f"{said}: {join_words(named)}" for said, named in ways.items())
    said = briefing.summary(assessment, area_code, service_id)["summary"]
    nothing = {"not_assessed": "Not assessed", "not_run_here": "Not run by this council"}.get(said, "Nothing found in the rules checked")
    # What holds across the council is said once, above the table: here comes what this ward adds, where it adds anything.
    rows = briefing.records(keeps)
    added = [row for row in rows if not briefing.said_across(assessment, row)]
    return {
        "summary": summary or nothing,
        "reason": sentence(briefing.reason(assessment, (added or rows)[0])) if rows else "",
        "people": briefing.people_words(assessment.people.loc[area_code]),
    }


def not_run(assessment: Assessment, service_id: str) -> str:
    """:func:`exclusion.report.briefing.not_run` where it is so in every ward; else ""."""
    rows = assessment.summaries[assessment.summaries["service_id"] == service_id]
    everywhere = len(rows) and (rows["summary"] == "not_run_here").all()
    return briefing.not_run(assessment, str(rows["area_code"].iloc[0]), service_id) if everywhere else ""


def floor_reasons(assessment: Assessment, service_id: str) -> list[tuple[str, str]]:
    """Each way of the minimum with its reason and law, once a nation."""
    rows = assessment.findings[(assessment.findings["service_id"] == service_id) & (assessment.findings["kind"] == "floor")]
    rows = rows.drop_duplicates(["channel", "reason"])
    order = {channel: number for number, channel in enumerate(judgement.channels())}
    rows = rows.assign(_order=rows["channel"].map(order)).sort_values("_order", kind="stable")
    return [(capital(briefing.way(str(channel))), str(why)) for channel, why in zip(rows["channel"], rows["reason"], strict=True)]


def place(assessment: Assessment) -> str:
    """The chosen councils by name: "Blackpool", "Blackpool and Ribble Valley"."""
    return join_words(list(dict.fromkeys(assessment.areas["council_name"])))


def paragraph(assessment: Assessment, service_id: str) -> str:
    """A paragraph for a committee report, complete in itself: what was checked, what to keep, what is not known, on what evidence."""
    service = assessment.service(service_id)
    rows = assessment.summaries[assessment.summaries["service_id"] == service_id]
    if len(rows) and (rows["summary"] == "not_run_here").all():
        return f"{service.service_name} in {place(assessment)}: {within(str(rows['sentence'].iloc[0]))}"
    found, none = rows["summary"] == "reasons_found", rows["summary"] == "none_in_rules_checked"
    keep = assessment.findings[(assessment.findings["service_id"] == service_id) & (assessment.findings["kind"] == "keep")]
    firm = {name: keep.loc[keep["severity"] == name, "area_code"].nunique() for name in ("required", "recommended")}
    wards = counted(len(rows), "ward")
    parts = [
        f"Evidence on {service.service_name} in {place(assessment)}.",
        f"Official figures for {wards} were checked for people who could not use an online service and would need another way in.",
        f"In every ward the minimum is {within(briefing.floor_line(service))}",
        *across_lines(assessment, service_id),
        _findings_sentence(found, none, firm),
        _people_sentence(assessment),
        _unchecked(rows),
        f"These figures describe areas, not the people in them. They are evidence to help members give due regard ({_act(assessment)}); "
        "they do not decide.",
        f"Source: Kept Open, {assessment.evidence.manifest.name} {assessment.evidence.manifest.version}, thresholds "
        f"{assessment.thresholds_version}, service profile {service.profile_version}; published figures named in the sources.",
    ]
    return " ".join(part for part in parts if part)


def _act(assessment: Assessment) -> str:
    """The law that asks members for due regard, the nation's own."""
    return join_words(list(dict.fromkeys(duties()[nation].act for nation in assessment.areas["nation"].unique())))


def _findings_sentence(found: pd.Series[Any], none: pd.Series[Any], firm: dict[str, int]) -> str:
    """In how many wards something was found, in how many nothing was, and in how many we cannot tell."""
    how = join_words([f"{SCREEN_WORDS[name].lower()}: {n}" for name, n in firm.items() if n])
    counts = {"found": int(found.sum()), "none": int(none.sum()), "unknown": int((~found & ~none).sum())}
    where = "in every ward" if counts["found"] == len(found) else f"in {counted(counts['found'], 'ward')}"
    parts = [f"Reasons to keep or watch something beyond the minimum were found {where}{f' ({how})' if how else ''}"]
    if counts["none"]:
        parts.append(f"none was found in {counted(counts['none'], 'ward')}, in the rules checked")
    if counts["unknown"]:
        parts.append(f"{counted(counts['unknown'], 'ward')} could not be assessed")
    return sentence("; ".join(parts))


def _people_sentence(assessment: Assessment) -> str:
    whole = people.total(assessment.people_estimate).iloc[0]
    if pd.isna(whole["high_raw"]) or whole["high_raw"] < briefing.fewest():
        return ""
    fact = texts.facts()["people"]
    return sentence(f"{fact.text.format(n=briefing.people_words(whole))} ({briefing.in_100(whole)}%; {briefing.people_date(assessment)})")


def _unchecked(rows: pd.DataFrame) -> str:
    missing = sorted({name for cell in rows["not_checked"] for name in str(cell).split("|") if name})
    if not missing:
        return ""
    known = judgement.rules()
    titles = [f"{within(known[name].title)} ({name})" for name in missing if name in known]
    return f"Not checked in some or all wards, for want of figures: {join_words(titles)}; that does not mean no need."


__all__ = ["across_lines", "findings_row", "floor_reasons", "paragraph", "place"]
