"""One service in the chosen wards, and all services side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from exclusion import judgement, maps
from exclusion.assessment import Assessment, once
from exclusion.contracts import NO_ANSWER
from exclusion.language import ENGLISH, current, mark, tr
from exclusion.maps import Shade
from exclusion.provision.tips import chance_words, steady_sentence, steady_words
from exclusion.retold import told
from exclusion.saying import counted, figure, join_words
from exclusion.saying import in_short as say_reason
from exclusion.views.shared import LEVEL_OF, each, rule_names, severity_words, way
from exclusion.words import capital, within


class _Kept(NamedTuple):
    """A finding to keep a way in, as far as maps and grids need it."""

    place: int
    """Its row among the findings for its service."""
    ward: str
    channel: str
    level: int


@once
def _keep(a: Assessment, service_id: str, added_only: bool = False) -> list[_Kept]:
    """:func:`kept` in short."""
    columns = a.columns("findings", service_id, "kind", "area_code", "channel", "severity")
    found = [
        _Kept(place, ward, channel, LEVEL_OF[severity])
        for place, (kind, ward, channel, severity) in enumerate(zip(*columns, strict=True))
        if kind == "keep"
    ]
    if added_only:
        general = _general(a, service_id)
        found = [one for one in found if one.level > general.get(one.channel, 0)]
    place_of = {code: place for place, code in enumerate(a.areas.index)}
    return sorted(found, key=lambda one: (place_of[one.ward], -one.level, one.channel))


@once
def kept(a: Assessment, service_id: str, added_only: bool = False) -> pd.DataFrame:
    """Findings to keep a way in for one service, firmest first in each ward.

    Parameters
    ----------
    added_only
        Leave out what is said once for the whole council: a way in kept in three quarters of the wards,
        in wards where it is no firmer than that.
    """
    found = _keep(a, service_id, added_only)
    mine = np.flatnonzero((a.findings["service_id"] == service_id).to_numpy(dtype=bool))
    places = mine[np.array([one.place for one in found], dtype="int64")]
    return a.findings.take(places).assign(level=np.array([one.level for one in found], dtype="int64"))


def _general(a: Assessment, service_id: str) -> dict[str, int]:
    """By way in, how firmly it is kept across the council."""
    firmest: dict[str, int] = {}
    for channel, severity in zip(*a.columns("council_wide", service_id, "channel", "severity"), strict=True):
        firmest[channel] = max(firmest.get(channel, 0), LEVEL_OF[severity])
    return firmest


@once
def levels(a: Assessment, service_id: str, added_only: bool = False) -> pd.Series[Any]:
    """Each ward's place in :data:`exclusion.maps.LEVELS`, missing where not assessed; indexed by ``area_code``.

    A ward for which the rules could not be checked is missing, unless a rule that could be checked
    found something: what was found stays.
    """
    summary = dict(zip(*a.columns("summaries", service_id, "area_code", "summary"), strict=True))
    firmest: dict[str, int] = {}
    for one in _keep(a, service_id, added_only):
        firmest[one.ward] = max(firmest.get(one.ward, 0), one.level)
    nothing = [0 if code in summary and summary[code] not in NO_ANSWER else pd.NA for code in a.areas.index]
    places = [firmest.get(code, none) for code, none in zip(a.areas.index, nothing, strict=True)]
    return pd.Series(places, a.areas.index, dtype="Int64", name="level")


def reasons_here(found: pd.DataFrame) -> list[tuple[str, str]]:
    """Findings of one ward as lines: what to keep, and the reason without its opening, which says that again."""
    lines: list[tuple[str, str]] = []
    for row in each(found):
        _, _, rest = str(row.reason).partition(". ")
        lines.append((f"{severity_words(row.severity)}: {way(row.channel)}.", told(rest or str(row.reason))))
    return lines


def how_sure(found: pd.DataFrame, chance: float | None = None) -> list[tuple[str, str]]:
    """Whether the findings of one ward stand firm, and the chance that the ward is among its nation's most affected fifth.

    A borderline finding says in its reason what would tip it; the others are spoken of together, once.
    """
    steady = found[~found["borderline"].astype(bool)]
    said = []
    if len(steady):
        which = tr("{findings} of {all} here stand firm", findings=capital(counted(len(steady), "finding")), all=len(found))
        if len(steady) == len(found):
            which = tr("The finding stands firm") if len(found) == 1 else tr("All findings here stand firm")
        said.append(_stands_firm(which, len(steady)))
    if chance is not None and not pd.isna(chance):
        said.append(told(chance_words(chance, "findings do")))
    return [(tr("How sure:"), " ".join(said))] if said and len(found) else []


def _stands_firm(which: str, findings: int) -> str:
    """That findings stand firm, and what would not alter them."""
    if current() == ENGLISH:
        return f"{which}: {steady_words()} {'it' if findings == 1 else 'them'}."
    return f"{which}: {told(steady_sentence()).partition(': ')[2]}"


def other_findings(a: Assessment, service_id: str, code: str) -> list[tuple[str, str]]:
    """What else is said of a ward: ways in of the minimum that will be used more here and why, and cautions."""
    return other_findings_of(a).get((service_id, code), [])


@once
def other_findings_of(a: Assessment) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The same for every service and ward, in one walk: what will be used more first, then cautions."""
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    kinds = a.findings["kind"].to_numpy(object)
    for kind in ("more_use", "caution"):
        where = np.flatnonzero(kinds == kind)
        columns = (a.findings[name].array.take(where).tolist() for name in ("service_id", "area_code", "channel", "short"))
        for service_id, code, channel, short in zip(*columns, strict=True):
            line = (tr("Take care."), told(short))
            if kind == "more_use":
                line = (tr("Expect more use of {way}.", way=way(channel)), capital(say_reason(short.partition(": ")[2])))
            said.setdefault((service_id, code), []).append(line)
    return said


def left_open(a: Assessment, service_id: str, code: str) -> str:
    """What could not be checked in a ward, and parts of it that differ; all of the summary where nothing was found."""
    mine = a.summaries[(a.summaries["area_code"] == code) & (a.summaries["service_id"] == service_id)].iloc[0]
    text = str(mine["sentence"])
    return told(text[max(text.find("Not checked"), 0) :] if mine["summary"] == "reasons_found" else text)


@once
def floor(a: Assessment, service_id: str) -> list[tuple[str, str, str]]:
    """The minimum everywhere: way in, short sentence, reason; once each, in the order of the channels."""
    columns = a.columns("findings", service_id, "kind", "channel", "short", "reason")
    rows: dict[tuple[str, str], str] = {}
    for kind, channel, short, reason in zip(*columns, strict=True):
        if kind == "floor":
            rows.setdefault((channel, short), reason)
    order = list(judgement.channels())
    said = sorted(rows.items(), key=lambda row: order.index(row[0][0]))
    return [(capital(way(channel)), capital(_without_opening(short)), told(reason)) for (channel, short), reason in said]


def _without_opening(short: str) -> str:
    """A sentence of the minimum without the words that say it is one."""
    said = tr(short)
    return said.partition(": ")[2] if short.startswith("Council-wide minimum: ") else said


@once
def across(a: Assessment, service_id: str) -> list[tuple[str, str]]:
    """What holds in three quarters of the wards or more: what to keep, and why, with the wards where it does not hold."""
    lines: list[tuple[str, str]] = []
    names = dict(zip(a.areas.index, a.areas["area_name"].tolist(), strict=True))
    for reason, exceptions in zip(*a.columns("council_wide", service_id, "reason", "except_area_codes"), strict=True):
        head, _, why = str(reason).partition(". ")
        others = [str(names[code]) for code in str(exceptions).split("|") if code in names]
        but = tr(" Less firmly or not at all in {others}.", others=join_words(others)) if others else ""
        lines.append((told(f"{head}."), f"{told(why)}{but}" if but else told(why)))
    return lines


ON_TOP = (Shade("0", mark("Nothing more in rules checked"), maps.LEVELS[0].fill), *maps.LEVELS[1:])
"""The levels where the map leaves out what is said once for the whole council: 0 is then not "no reason"."""


def names_by_level(a: Assessment, classes: pd.Series[Any], shades: Sequence[Shade] = maps.LEVELS) -> list[tuple[Shade, list[str]]]:
    """Ward names under each level, firmest first, by name: the map in words."""
    groups: dict[Any, list[str]] = {}
    for name, place in zip(_ward_names(a), classes.reindex(a.areas.index).tolist(), strict=True):
        groups.setdefault(None if pd.isna(place) else int(place), []).append(name)
    shown: list[tuple[Any, Shade]] = [*reversed(list(enumerate(shades))), (None, maps.NOT_ASSESSED)]
    return [(shade, groups[place]) for place, shade in shown if place in groups]


@once
def _ward_names(a: Assessment) -> list[str]:
    """Every ward's name, with its council's where there are several."""
    names = a.areas["area_name"].tolist()
    councils = a.areas["council_name"].tolist()
    return [f"{ward}, {council}" for ward, council in zip(names, councils, strict=True)] if _several(a) else names


def _several(a: Assessment) -> bool:
    """Whether wards of more than one council are shown, so that each name needs its council beside it."""
    return bool(a.areas["council_code"].nunique() > 1)


def keep_lines(found: pd.DataFrame) -> list[str]:
    """Findings of one ward in short, ways in with the same reason together: "Advise keeping post and phone: about 900 people ..."."""
    return said_together((int(row.level), str(row.channel), str(row.short)) for row in each(found))


def said_together(found: Iterable[tuple[int, str, str]]) -> list[str]:
    """:func:`keep_lines` of level, way in and short sentence of each finding."""
    together: dict[tuple[int, str], list[str]] = {}
    for level, channel, short in found:
        _, _, why = short.partition(": ")
        together.setdefault((level, why), []).append(way(channel))
    heads = [(f"{maps.LEVELS[level].said}: {join_words(ways)}", capital(say_reason(why))) for (level, why), ways in together.items()]
    return [f"{head}. {why}" if why else f"{head}." for head, why in heads]


def never_checked(a: Assessment, service_id: str) -> set[str]:
    """Rules of which no part could be checked for a service in any of the chosen wards: said once, not in every row."""
    return set.intersection(*_unchecked(a, service_id).values()) if len(a.areas) else set()


@once
def _unchecked(a: Assessment, service_id: str) -> dict[str, set[str]]:
    """By ward, the rules of which no part could be checked."""
    columns = a.columns("summaries", service_id, "area_code", "not_checked", "checked")
    return {code: set(lacking.split("|")) - set(checked.split("|")) - {""} for code, lacking, checked in zip(*columns, strict=True)}


def ward_rows(a: Assessment, service_id: str, own: pd.DataFrame | None = None, differences: pd.Series[Any] | None = None) -> pd.DataFrame:
    """The table under the map: a row a ward, with what to keep and why, about how many people, and the council's own counts.

    Rules that could not be checked in any ward (:func:`never_checked`) are left to be said once; the others are named.
    """
    table = _found_rows(a, service_id)
    if differences is not None:
        table[tr("Where band and findings differ")] = _told(differences.reindex(a.areas.index), table[tr("Level")])
    if own is not None:
        for name in own.columns:
            table[tr("{name} (yours)", name=name)] = [count_label(value) for value in own[name].reindex(a.areas.index)]
    return table


def _told(said: pd.Series[Any], level: pd.Series[Any]) -> pd.Series[Any]:
    """Sentences made in English in the language spoken; each keeps its mark where it stays English.

    A dash where there is none, which reads as no difference: a ward that was not assessed is called that.
    """
    none = [tr("not assessed") if one == maps.NOT_ASSESSED.label else "–" for one in level.reindex(said.index).tolist()]
    return pd.Series([told(one) or dash for one, dash in zip(said.tolist(), none, strict=True)], said.index, dtype=object)


def _why_not_assessed(a: Assessment, service_id: str, code: str, lacking: set[str]) -> str:
    """One line for a ward that was not assessed: the rules that could not be checked, three by name."""
    if not lacking:  # such as a service that councils of its nation do not run
        return left_open(a, service_id, code)
    named = rule_names(set(sorted(lacking)[:3]))
    if len(lacking) <= 3:
        return tr("Not assessed: could not be checked for lack of figures: {rules}.", rules=named)
    return tr("Not assessed: {n} rules could not be checked for lack of figures, such as {rules}.", n=len(lacking), rules=named)


@once
def _found_rows(a: Assessment, service_id: str) -> pd.DataFrame:
    """:func:`ward_rows` without what a visitor lays beside it."""
    classes = levels(a, service_id)
    (short,) = a.columns("findings", service_id, "short")
    by_ward: dict[str, list[tuple[int, str, str]]] = {}
    for one in _keep(a, service_id):
        by_ward.setdefault(one.ward, []).append((one.level, one.channel, short[one.place]))
    lacking, everywhere = _unchecked(a, service_id), never_checked(a, service_id)
    others = other_findings_of(a)
    texts = []
    for code in a.areas.index:
        lines = said_together(by_ward[code]) if code in by_ward else []
        unassessed = False
        if not lines:
            lines = [tr("Nothing found beyond the minimum, in the rules checked.")]
            if unassessed := bool(pd.isna(classes[code])):
                lines = [_why_not_assessed(a, service_id, str(code), lacking.get(str(code), set()))]
        lines += [head + " " + text if head == tr("Take care.") else head for head, text in others.get((service_id, code), [])]
        if not unassessed and (unchecked := lacking.get(str(code), set()) - everywhere):
            lines.append(tr("Not checked here: {rules}.", rules=rule_names(unchecked)))
        texts.append("\n".join(lines))
    columns: dict[str, list[Any]] = {tr("Ward"): a.areas["area_name"].tolist()}
    if _several(a):
        columns[tr("Council")] = a.areas["council_name"].tolist()
    columns[tr("Level")] = [maps.NOT_ASSESSED.label if pd.isna(place) else maps.LEVELS[int(place)].label for place in classes.tolist()]
    columns[tr("What to keep beyond the minimum, and why")] = texts
    columns[tr("People unlikely to use the internet")] = _people(a)
    columns[tr("Band")] = _band_labels(a)
    return pd.DataFrame(columns, index=a.areas.index)


def count_label(value: float) -> str:
    """A council's own count: as given, or "not given"."""
    return tr("not given") if pd.isna(value) else f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def band_label(a: Assessment, code: str) -> str:
    """ "4 Higher", or "Not scored"."""
    return _band_word(a.scores.at[code, "band"])


def _band_word(band: Any) -> str:
    return maps.NOT_SCORED.label if pd.isna(band) else maps.BANDS[int(band) - 1].label


def _band_labels(a: Assessment) -> list[str]:
    """:func:`band_label` of every ward."""
    return [_band_word(band) for band in a.scores["band"].reindex(a.areas.index).tolist()]


def people_notes(a: Assessment) -> pd.Series[Any]:
    """What a map says of each ward besides its class: how many people are unlikely to use the internet."""
    return a.people["label"].map(lambda label: tr("{people} people unlikely to use the internet", people=figure(label)))


def bands(a: Assessment) -> pd.Series[Any]:
    """Each ward's place in :data:`exclusion.maps.BANDS`, missing where not scored."""
    return a.scores["band"].astype("Int64") - 1


def grid(a: Assessment) -> pd.DataFrame:
    """Services down, wards across: the number and word of the level, or "Not assessed"."""
    wide = {}
    for service in sorted(a.services, key=lambda one: tr(one.service_name)):
        wide[tr(service.service_name)] = [
            maps.NOT_ASSESSED.label if pd.isna(place) else maps.LEVELS[int(place)].label for place in levels(a, service.id)
        ]
    table = pd.DataFrame(wide, index=a.areas["area_name"]).T
    return table.rename_axis(tr("Service")).reset_index()


@once
def ways_grid(a: Assessment, service_id: str) -> pd.DataFrame:
    """Wards down, ways in across: the number and word of the level of what was found for one service.

    A way in that was found nowhere has no column; one that is part of the minimum stays whatever stands here. A ward that could
    not be assessed says so unless something was found.
    """
    firmest: dict[tuple[str, str], int] = {}
    for one in _keep(a, service_id):
        firmest[one.ward, one.channel] = max(firmest.get((one.ward, one.channel), 0), one.level)
    held = {channel for _, channel in firmest}
    nothing = [maps.NOT_ASSESSED.label if pd.isna(place) else maps.LEVELS[0].label for place in levels(a, service_id).tolist()]
    columns: dict[str, list[str]] = {tr("Ward"): _ward_names(a)}
    for channel in (one for one in judgement.channels() if one in held):
        columns[capital(way(channel))] = [
            maps.LEVELS[firmest[code, channel]].label if (code, channel) in firmest else none
            for code, none in zip(a.areas.index, nothing, strict=True)
        ]
    return pd.DataFrame(columns, a.areas.index)


def could_move_first(a: Assessment) -> pd.DataFrame:
    """The reverse question: for each service, in how many of the chosen wards nothing needs to be added to its minimum.

    Returns
    -------
    DataFrame
        One row a service, by name: ``Service``; the ``Minimum that stays``; a number of wards for each level and
        for ``Not assessed``; ``In words``. A ward not assessed is never counted as one with nothing found.
    """
    rows = []
    for service in sorted(a.services, key=lambda one: tr(one.service_name)):
        classes = levels(a, service.id)
        counts = [int((classes == place).sum()) for place in range(len(maps.LEVELS))]
        unknown, firm = int(classes.isna().sum()), counts[2] + counts[3]
        if unknown:
            words = tr("Cannot be said: not assessed in {unknown} of {classes} wards", unknown=unknown, classes=len(classes))
        elif firm == 0 and counts[1] == 0:
            words = tr(FIRST)
        elif firm == 0:
            words = tr("Something to watch in {wards}", wards=counts[1])
        elif counts[3] == 0:
            words = tr("With another way in kept in {firm}", firm=firm)
        else:
            words = tr("With another way in kept in {firm}, as a condition in {conditions}", firm=firm, conditions=counts[3])
        stays = join_words([within(way) for way, _, _ in floor(a, service.id)])
        rows.append((tr(service.service_name), stays, *counts, unknown, words))
    names = [shade.said for shade in maps.LEVELS]
    return pd.DataFrame(rows, columns=[tr("Service"), tr("Minimum that stays"), *names, maps.NOT_ASSESSED.said, tr("In words")])


FIRST = mark("Nothing to add to the minimum")


def risk_rows(a: Assessment, differ: pd.Series[Any], found: pd.DataFrame) -> pd.DataFrame:
    """The risk map as a table: band, the place of each part, people, findings for the service, and where they differ.

    ``found`` is :func:`ward_rows` of the service's assessment for the same wards.
    """
    columns: dict[str, list[Any]] = {tr("Ward"): a.areas["area_name"].tolist()}
    if _several(a):
        columns[tr("Council")] = a.areas["council_name"].tolist()
    columns[tr("Band")] = _band_labels(a)
    domains = {domain.id: tr(domain.label) for preset in a.method.presets for domain in preset.domain}
    nowhere = pd.Series(dtype=float)
    for domain, label in domains.items():
        places = a.scores.get(f"percentile_{domain}", nowhere).reindex(a.areas.index).tolist()
        columns[label] = [tr("not known") if pd.isna(place) else f"{place:.0f}" for place in places]
    columns[tr("People unlikely to use the internet")] = _people(a)
    columns[tr("Findings for the service")] = found[tr("Level")].reindex(a.areas.index).tolist()
    columns[tr("Where they differ")] = _told(differ.reindex(a.areas.index), found[tr("Level")]).tolist()
    return pd.DataFrame(columns, index=a.areas.index)


def _people(a: Assessment) -> list[str]:
    return [figure(label) for label in a.people["label"].reindex(a.areas.index).tolist()]
