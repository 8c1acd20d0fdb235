"""What the register holds, as plain tables and lines: the list, one version, two side by side, the history, a review."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pandas as pd

from exclusion import judgement
from exclusion.equality.actions import ANSWERED
from exclusion.language import mark, tr
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.register import Comparison, Saved, Version, signing
from exclusion.saying import counted, date_words, join_words
from exclusion.views.answers import Group, label
from exclusion.views.shared import way
from exclusion.words import capital

KINDS = {"assessed": mark("assessed"), "responded": mark("answered"), "reviewed": mark("reviewed"), "signed": mark("signed off")}
EVENTS = {
    "saved": mark("Saved an assessment"),
    "responded": mark("Answered findings"),
    "reviewed": mark("Reviewed"),
    "signed": mark("Signed off"),
    "imported": mark("Took in a file"),
    "exported": mark("Sent a copy"),
}
WHOLE = mark("Whole council")
MOST = 3  # services named in a list of assessments


def when(at: str) -> str:
    """A time of the register as people say it: "26 November 2026, 14:05 UTC"."""
    day, _, clock = str(at).partition("T")
    return tr("{day}, {clock} UTC", day=date_words(day), clock=clock[:5]) if clock else date_words(day)


def version_label(row: Any) -> str:
    """One version by its number, what was done and by whom."""
    return tr(
        "Version {version}: {what} by {made_by}, {when}",
        version=row["version"],
        what=tr(KINDS.get(row["kind"], row["kind"])),
        made_by=row["made_by"],
        when=when(row["made_at"]),
    )


def listed(versions: pd.DataFrame) -> pd.DataFrame:
    """The newest version of each assessment, the one saved last first."""
    rows = versions.sort_values("made_at", ascending=False)
    table = pd.DataFrame({tr("Assessment"): rows["title"]})
    table[tr("Councils")], table[tr("Services")] = rows["councils"], [few(str(one)) for one in rows["services"]]
    table[tr("Versions")] = rows["version"]
    table[tr("Last change")] = [
        tr("{what} by {by}, {when}", what=capital(tr(KINDS.get(kind, kind))), by=by, when=when(at)) for kind, by, at in _columns(rows)
    ]
    table[tr("Id")] = rows["assessment"]
    return table


def few(listed: str, most: int = MOST) -> str:
    """A list in words, its first entries and how many more."""
    names = re.split(r", | and (?=[A-Z])", listed)
    return listed if len(names) <= most else tr("{names} and {more} more", names=", ".join(names[:most]), more=len(names) - most)


def _columns(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    return list(rows[["kind", "made_by", "made_at"]].astype(str).itertuples(index=False, name=None))


def about(saved: Saved) -> list[tuple[str, str]]:
    """What one version is, and what it rests on."""
    one, run = saved.version, saved.run
    weights = run.get("weights", {})
    said = [
        (tr("Councils."), f"{one.councils}."),
        (tr("Services."), f"{few(one.services, 12)}."),
        (
            tr("Version."),
            tr(
                "{number}, {what} by {by}, {when}.",
                number=one.number,
                what=tr(KINDS.get(one.kind, one.kind)),
                by=one.made_by,
                when=when(one.made_at),
            ),
        ),
        (tr("Figures."), f"{one.release}."),
        (tr("Thresholds."), tr("Version {name}.", name=run.get("thresholds_version", tr("not kept")))),
        (tr("Weights."), f"{_weights(weights)}." if weights else tr("None: no score is made for this nation.")),
        (tr("Proposal."), f"{join_words([_title(text) for text in saved.proposals])}." if saved.proposals else tr("None.")),
        (tr("Sealed with."), one.digest),
    ]
    said += [(tr("Signed off."), line) for line in signed_off(saved)]
    return [*said, (tr("Note."), one.note)] if one.note else said


def signed_off(saved: Saved) -> list[str]:
    """Who signed off which version, a sentence each, with the comment; or that nobody has."""
    lines = signing.said(saved.signed)
    return [f"{line} “{one.comment}”" if one.comment else line for line, one in zip(lines, saved.signed, strict=True)] or [
        tr("Nobody has signed off this version or one before it.")
    ]


def _weights(weights: dict[str, dict[str, float]]) -> str:
    said = {nation: join_words([f"{name} {share:.0%}" for name, share in parts.items()]) for nation, parts in weights.items()}
    return "; ".join(f"{nation}: {words}" for nation, words in said.items())


def _title(text: str) -> str:
    return str(tomllib.loads(text).get("title", "untitled"))


def comparison(found: Comparison) -> tuple[list[str], dict[str, pd.DataFrame]]:
    """Two versions side by side: sentences, and tables by caption; blanks are said in words."""
    names = {service.id: service.service_name for service in judgement.services().values()}
    tables = {}
    if len(found.settings):
        rows = found.settings.replace("", tr("Blank"))
        tables[tr("What they rest on")] = rows.set_axis([tr("What"), tr("Before"), tr("After")], axis="columns")
    if len(found.responses):
        rows = found.answers()
        said = pd.DataFrame(
            {
                tr("Finding"): [label(Group(*key)) for key in rows[list(Group._fields)].itertuples(index=False, name=None)],
                tr("Wards"): [capital(one) for one in rows["where"]],
                tr("Before"): [tr(ANSWERED.get(one, "Not answered")) for one in rows["before"]],
                tr("After"): [tr(ANSWERED.get(one, "Not answered")) for one in rows["after"]],
                tr("Reason"): rows["reason"].replace("", tr("None was given")),
                tr("By"): rows["name"].replace("", tr("Nobody")),
            }
        )
        tables[tr("Answers that differ")] = said
    if len(found.findings):
        keys = ["service_id", "channel", "change", "before", "after"]
        alike = [(*map(str, key), capital(found.where(rows))) for key, rows in found.findings.groupby(keys, sort=False)]
        tables[tr("Findings that differ")] = pd.DataFrame(
            {
                tr("Finding"): [f"{tr(names.get(s, s))}: {way(c)}" for s, c, *_ in alike],
                tr("Wards"): [where for *_, where in alike],
                tr("Change"): [capital(change) for _, _, change, *_ in alike],
                tr("Before"): [tr(SCREEN_WORDS.get(before, before) or "Not found") for *_, before, _, _ in alike],
                tr("After"): [tr(SCREEN_WORDS.get(after, after) or "Not found") for *_, after, _ in alike],
            }
        )
    if len(found.bands):
        rows = found.bands[["area_name", "before", "after"]].replace("", tr("Not scored"))
        tables[tr("Bands that differ")] = rows.set_axis([tr("Ward"), tr("Before"), tr("After")], axis="columns")
    return found.sentences(), tables


def history(events: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Every event, the newest first."""
    rows = events.sort_values("number", ascending=False)
    return pd.DataFrame(
        {
            tr("When"): [when(at) for at in rows["at"]],
            tr("Who"): rows["who"],
            tr("What"): [tr(EVENTS.get(what, what)) for what in rows["what"]],
            tr("Assessment"): [titles.get(one, one) for one in rows["assessment"]],
            tr("Version"): rows["version"],
            tr("Seal"): [str(one)[:12] for one in rows["hash"]],
        }
    )


def reviewed(saved: Saved) -> pd.DataFrame:
    """Contacts that came beside those that were expected, a row for each ward and way in of each review."""
    rows = saved.review_table()
    names = saved.table("areas")["area_name"]
    services = {service.id: service.service_name for service in judgement.services().values()}
    return pd.DataFrame(
        {
            tr("Where"): [str(names.get(code, code)) if code else tr(WHOLE) for code in rows["area_code"]],
            tr("Service"): [tr(services.get(one, one)) for one in rows["service_id"]],
            tr("Way in"): [way_in(one) for one in rows["channel"]],
            tr("Before, a year"): [_count(one) for one in rows["now"]],
            tr("Expected, a year"): [str(one) or tr("Nothing was expected here") for one in rows["expected"]],
            tr("Came, a year"): [_count(one) for one in rows["contacts"]],
            tr("Result"): [capital(str(one)) for one in rows["result"]],
            tr("Note"): [str(one) or tr("None") for one in rows["note"]],
            tr("Counted up to"): [date_words(one) for one in rows["on"]],
        }
    )


def way_in(channel: str) -> str:
    """A way in as a heading or cell says it; blank is the sum of all that stay, which is added up and never entered."""
    return capital(tr("online") if channel == "online" else way(channel)) if channel else tr("All that stay")


def _count(value: Any) -> str:
    return tr("Not known") if pd.isna(value) else f"{round(float(value)):,}"


def changed(saved: Saved) -> list[tuple[str, str]]:
    """What changed because of the assessment: in the council's words, and which findings were taken up."""
    said = [
        (tr("At the review up to {on}, {by}:", on=date_words(one.on), by=one.by), f"“{one.changed}”")
        for one in saved.reviews
        if one.changed
    ]
    current = saved.responses[saved.responses["current"]]
    for answer in ("amend", "accept"):
        mine = current[current["response"] == answer]
        keys = dict.fromkeys(mine[["service_id", "kind", "severity", "channel"]].astype(str).itertuples(index=False, name=None))
        if keys:
            said.append(
                (f"{tr(ANSWERED[answer])}, {counted(len(mine), 'finding')}:", f"{join_words([label(Group(*key)) for key in keys])}.")
            )
    return said or [(tr("Nothing yet."), tr("No finding was taken up and no review has been entered."))]


def rejected(saved: Saved) -> list[tuple[str, str]]:
    """Findings that were rejected, a line for each reason: nothing changed because of them."""
    current = saved.responses[saved.responses["current"] & (saved.responses["response"] == "reject")]
    lines = []
    for (reason, name), mine in current.groupby(["reason", "name"], sort=False):
        keys = dict.fromkeys(mine[["service_id", "kind", "severity", "channel"]].astype(str).itertuples(index=False, name=None))
        what = join_words([label(Group(*key)) for key in keys])
        lines.append((f"{what}, {counted(mine['area_code'].nunique(), 'ward')}:", f"“{reason}” ({name})"))
    return lines


def saved_words(version: Version, answers: int = 0) -> str:
    """What was just saved, and with how many answers."""
    told = tr(", with answers to {findings}", findings=counted(answers, "finding")) if answers else ""
    return tr(
        "Saved as version {number} of “{title}” by {made_by}{told}. It is on the disk.",
        number=version.number,
        title=version.title,
        made_by=version.made_by,
        told=told,
    )


__all__ = [
    "about",
    "changed",
    "comparison",
    "few",
    "history",
    "listed",
    "rejected",
    "reviewed",
    "saved_words",
    "signed_off",
    "version_label",
    "way_in",
    "when",
]
