"""What a proposal does, as plain tables and lines of text. Nothing is decided here, and no option stands above another."""

from __future__ import annotations

from typing import Any

import pandas as pd

from exclusion import judgement, maps
from exclusion.language import ENGLISH, current, mark, tr
from exclusion.maps import Shade
from exclusion.proposal import Considered, Proposal
from exclusion.provision.tips import MARK, tips
from exclusion.retold import told
from exclusion.saying import English, counted, date_words, figure, join_words
from exclusion.views.service import kept, levels
from exclusion.views.shared import each, severity_words, way
from exclusion.words import capital

SHADES = (
    Shade("0", mark("Nothing found here changes"), maps.BANDS[0].fill),
    Shade("1", mark("The proposal does not say"), maps.BANDS[1].fill),
    Shade("2", mark("Fewer hours, or one to watch closes"), maps.BANDS[2].fill),
    Shade("3", mark("Closes what we advise keeping"), maps.BANDS[3].fill, maps.BANDS[3].ink),
    Shade("4", mark("Closes what we keep as a condition here"), "#0F3470", "#ffffff"),
    Shade("5", mark("Closes part of the council-wide minimum"), "#04062E", "#ffffff"),
)
"""What a proposal does in a ward, to what was found there and to the council-wide minimum: the firmest of it."""

NOTE = mark(
    "It shows what happens to ways in we found a reason to keep in a ward, and to those of the council-wide minimum that close or thin."
)
"""Goes with the map wherever it goes."""


def effect_words(effect: str, fewer: bool) -> str:
    """An effect for the screen."""
    return {"closes": tr("Closes"), "stays": tr("Stays, for fewer hours") if fewer else tr("Stays")}.get(effect, tr("Not said"))


def shown_services(considered: Considered) -> list[str]:
    """The services to show ward by ward: those the proposals name, or else those that lean on a place of theirs."""
    named = list(dict.fromkeys(change.id for proposal in considered.proposals for change in proposal.service))
    return named or list(dict.fromkeys(considered.dependents["service_id"]))


def changes(considered: Considered, proposal: Proposal) -> list[tuple[str, str]]:
    """What a proposal says, a line each: for every service what closes, gets fewer hours and stays; then its places."""
    services, lines = {service.id: service for service in considered.assessment.services}, []
    for change in proposal.service:
        listed = [(tr("closes"), change.close), (tr("fewer hours"), change.fewer_hours), (tr("stays"), change.keep)]
        said = [f"{word}: {join_words([way(name) for name in names])}" for word, names in listed if names]
        where = tr("; in {wards} only", wards=counted(len(change.wards), "ward")) if change.wards else ""
        lines.append((f"{tr(services[change.id].service_name)}.", f"{capital('; '.join(said))}{where}."))
    for place in proposal.place:
        verb = tr("closes") if place.change == "closes" else tr("opens for fewer hours")
        lines.append((f"{place.name}.", f"{capital(tr(judgement.place_kinds()[place.kind].label))}; {verb}."))
    return [(tr("From."), f"{date_words(proposal.date)}."), *lines]


def officer(proposal: Proposal) -> list[tuple[str, str]]:
    """The officer's own words, between quotation marks."""
    said = [
        (tr("Purpose, in the officer's words:"), proposal.officer.purpose),
        (tr("Saving, in the officer's words:"), proposal.officer.saving),
    ]
    return [(head, f"“{text}”") for head, text in said if text]


def minimum(considered: Considered, service_id: str) -> list[tuple[str, str]]:
    """What happens to each way in of the council-wide minimum."""
    rows = considered.findings
    rows = rows[(rows["service_id"] == service_id) & (rows["kind"] == "floor")]
    rows = rows.drop_duplicates(["area_code", "channel"])
    lines = []
    for name in judgement.channels():
        mine = rows[rows["channel"] == name]
        for (effect, fewer, note), group in mine.groupby(["proposal_effect", "fewer_hours", "effect_note"], sort=False):
            where = "" if len(group) == len(mine) else tr(", in {wards} of {all}", wards=counted(len(group), "ward"), all=len(mine))
            lines.append((f"{capital(way(name))}: {effect_words(str(effect), bool(fewer)).lower()}{where}.", str(note)))
    return lines


def _beyond(considered: Considered, service_id: str) -> pd.DataFrame:
    added = considered.findings[["proposal_effect", "fewer_hours", "effect_note", "instead"]]
    return kept(considered.assessment, service_id).join(added)


def _minimum_lost(considered: Considered, service_id: str) -> pd.DataFrame:
    """Ways in of the council-wide minimum that close or thin, a row for each ward and way in."""
    rows = considered.findings
    rows = rows[(rows["service_id"] == service_id) & (rows["kind"] == "floor")].drop_duplicates(["area_code", "channel"])
    return rows[(rows["proposal_effect"] == "closes") | rows["fewer_hours"].astype(bool)]


def firmest(considered: Considered, service_id: str) -> pd.Series[Any]:
    """Each ward's place in :data:`SHADES`; the firmest effect on any finding, or on a way in of the minimum, counts.

    Missing where the service was not assessed, unless what closes or thins there is of the minimum, which needs no ward figure.
    """
    rows = _beyond(considered, service_id)
    place = pd.Series(0, index=rows.index)
    closes, firm = rows["proposal_effect"] == "closes", rows["level"] >= 2
    place = place.mask((rows["proposal_effect"] == "none") & firm, 1)
    place = place.mask(rows["fewer_hours"].astype(bool) | (closes & ~firm), 2)
    place = place.mask(closes & (rows["level"] == 2), 3).mask(closes & (rows["level"] == 3), 4)
    lost = _minimum_lost(considered, service_id)
    of_minimum = lost["proposal_effect"].map({"closes": 5}).fillna(2)
    wards = pd.concat([rows["area_code"], lost["area_code"]])
    top = pd.concat([place, of_minimum]).groupby(wards.to_numpy()).max()
    assessed = levels(considered.assessment, service_id)
    top = top.reindex(assessed.index)
    return top.fillna(0).astype("Int64").where(assessed.notna() | (top > 0))


def effect_rows(considered: Considered, service_id: str) -> pd.DataFrame:
    """A row a ward: the firmest effect, and what happens to each way in that was found, in words."""
    a = considered.assessment
    classes = firmest(considered, service_id)
    by_ward = {str(code): rows for code, rows in _beyond(considered, service_id).groupby("area_code")}
    lost = {str(code): rows for code, rows in _minimum_lost(considered, service_id).groupby("area_code")}
    unknown = levels(a, service_id).isna()
    texts = []
    for code in a.areas.index:
        lines = [
            tr(
                "{effect}: {way} (council-wide minimum).",
                effect=effect_words(row.proposal_effect, row.fewer_hours),
                way=way(row.channel),
            )
            for row in (each(lost[code]) if code in lost else ())
        ]
        if code not in by_ward:
            lines.append(tr("Not assessed.") if unknown[code] else tr("Nothing found beyond the minimum, in the rules checked."))
        for row in each(by_ward[code]) if code in by_ward else ():
            why = str(row.short).partition(": ")[2].removesuffix(".")
            line = (
                f"{effect_words(row.proposal_effect, row.fewer_hours)}: {way(row.channel)} ({severity_words(row.severity).lower()}: {why})."
            )
            if row.proposal_effect == "closes":
                line += (
                    tr(" If it must go: {way} in its place, running before.", way=way(row.instead))
                    if row.instead
                    else tr(" Nothing else would be left.")
                )
            lines.append(line)
        texts.append("\n".join(lines))
    table = pd.DataFrame({tr("Ward"): a.areas["area_name"]})
    if a.areas["council_code"].nunique() > 1:
        table[tr("Council")] = a.areas["council_name"]
    table[tr("In short")] = [maps.NOT_ASSESSED.label if pd.isna(place) else SHADES[int(place)].label for place in classes]
    table[tr("What the proposal does here")] = texts
    table[tr("People unlikely to use the internet")] = a.people["label"].map(figure).reindex(a.areas.index)
    return table


def ward_lines(considered: Considered, service_id: str, code: str) -> list[tuple[str, str]]:
    """One ward in full: the minimum where it closes or thins, then each way in that was found: what happens, why, and what would tip it."""
    rows, lost = _beyond(considered, service_id), _minimum_lost(considered, service_id)
    rows = rows[rows["area_code"] == code]
    tipped = tips(rows)
    lines = [
        (
            tr(
                "{effect}: {way}, of the council-wide minimum.",
                effect=effect_words(row.proposal_effect, row.fewer_hours),
                way=way(row.channel),
            ),
            told(str(row.effect_note)),
        )
        for row in each(lost[lost["area_code"] == code])
    ]
    if rows.empty:
        lines.append(
            (
                tr("Nothing found beyond the minimum."),
                tr("In the rules that could be checked; the council-wide minimum still applies."),
            )
        )
    for row in each(rows):
        reason = str(row.reason)
        tip = "" if MARK in reason else f" {tipped[row.Index]}"
        head = f"{effect_words(row.proposal_effect, row.fewer_hours)}: {way(row.channel)}."
        lines.append((head, told(f"{row.effect_note} {reason}{tip}".strip())))
    return lines


def counts_by_effect(considered: Considered, service_id: str) -> pd.DataFrame:
    """How many findings close, stay, stay for fewer hours, or are not spoken of; a row for the minimum and for each firmness beyond it."""
    rows = considered.findings
    rows = rows[(rows["service_id"] == service_id) & rows["kind"].isin(("floor", "keep"))].drop_duplicates(["area_code", "kind", "channel"])
    words = [effect_words(effect, fewer) for effect, fewer in zip(rows["proposal_effect"], rows["fewer_hours"], strict=True)]
    columns = [tr("Closes"), tr("Stays, for fewer hours"), tr("Stays"), tr("Not said")]
    table = []
    found = rows["severity"].where(rows["kind"] == "keep", "floor")
    for severity in ("floor", "required", "recommended", "monitor"):
        mine = [word for word, one in zip(words, found, strict=True) if one == severity]
        head = tr("Council-wide minimum") if severity == "floor" else severity_words(severity)
        table.append((head, *(mine.count(name) for name in columns)))
    return pd.DataFrame(table, columns=[tr("Ways in to keep, ward by ward"), *columns])


def option_rows(considered: Considered) -> pd.DataFrame:
    """The options, in the order of our list, which is no ranking."""
    rows = considered.options
    table = pd.DataFrame({tr("Option"): rows["title"]})
    _whose(table, considered, rows)
    table[tr("Service")] = _service_names(considered, rows)
    table[tr("What it does")] = _told(rows["sentence"])
    table[tr("Conditions closed, with the minimum")] = rows["conditions_closed"]
    table[tr("Advised closed")] = rows["advised_closed"]
    table[tr("To keep, and the option does not say")] = rows["unsaid"]
    table[tr("Wards not assessed")] = rows["wards_unchecked"]
    table[tr("Wards where a way in closes or thins")] = rows["wards_changed"]
    table[tr("Wards with advice touched")] = rows["wards_advised"]
    table[tr("People in wards with advice touched unlikely to use the internet")] = rows["people"]
    return table


def demand_rows(considered: Considered, *, by_ward: bool = False) -> pd.DataFrame:
    """Contacts a year that the ways in left may have to carry: for the whole council, or for wards whose contacts were given."""
    rows = considered.demand[(considered.demand["area_code"] != "") == by_ward]
    names = considered.assessment.areas["area_name"]
    table = pd.DataFrame({tr("Ward"): names.reindex(rows["area_code"]).to_numpy()} if by_ward else {}, index=rows.index)
    table[tr("Service")] = _service_names(considered, rows)
    _whose(table, considered, rows)
    table[tr("Way in")] = [capital(way(name)) if name else tr("All that stay, together") for name in rows["channel"]]
    table[tr("Contacts a year")] = rows["label"]
    return table


def dependent_rows(considered: Considered) -> pd.DataFrame:
    """Every service that leans on a place that changes."""
    rows = considered.dependents
    table = pd.DataFrame({tr("Service"): [tr(str(one)) for one in rows["service_name"]], tr("Place"): rows["place"]})
    table[tr("Way in given there")] = [way(name) for name in rows["channel"]]
    table[tr("Named in the proposal")] = [tr("yes") if named else tr("no") for named in rows["named"]]
    table[tr("What follows")] = _told(rows["sentence"].astype(object).map(lambda text: str(text).partition(": ")[2]))
    return table


def cumulative_rows(considered: Considered) -> pd.DataFrame:
    """Wards where several services move within the window, by the group affected."""
    rows = considered.cumulative
    return pd.DataFrame({tr("Ward"): rows["area_name"], tr("Services"): rows["count"], tr("Whom, which and when"): _told(rows["sentence"])})


def tip_rows(considered: Considered, service_id: str) -> tuple[pd.DataFrame, str]:
    """The borderline findings with what would tip each, and a sentence on the others."""
    rows = kept(considered.assessment, service_id)
    rows = rows.assign(tip=tips(rows))
    close = rows[rows["borderline"].astype(bool)]
    table = pd.DataFrame({tr("Ward"): close["area_name"], tr("Way in"): [way(name) for name in close["channel"]]})
    table[tr("Found")] = [severity_words(severity) for severity in close["severity"]]
    table[tr("What would tip it")] = _told(close["tip"]).map(lambda tip: tip if isinstance(tip, English) else capital(_without_mark(tip)))
    steady = rows.loc[~rows["borderline"].astype(bool), "tip"]
    why = told(str(steady.iloc[0])) if len(steady) else ""
    text = tr("{findings} stand firm. {why}", findings=counted(len(steady), "finding"), why=why) if len(steady) else ""
    return table, capital(text)


def _told(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Sentences made in English in the language spoken; each keeps its mark where it stays English."""
    return pd.Series([told(str(text)) for text in texts.tolist()], texts.index, dtype=object)


def _without_mark(tip: str) -> str:
    """What would tip a finding without the word that says it is borderline."""
    return tip.removeprefix(MARK) if current() == ENGLISH else tip.partition(": ")[2]


def _service_names(considered: Considered, rows: pd.DataFrame) -> list[str]:
    names = {service.id: service.service_name for service in considered.assessment.services}
    return [tr(names[one]) for one in rows["service_id"]]


def _whose(table: pd.DataFrame, considered: Considered, rows: pd.DataFrame) -> None:
    if len(considered.proposals) > 1:
        table[tr("Proposal")] = rows["proposal"]
