"""What differs between two data releases, and why: new data, a new boundary, or a new way of working it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from exclusion import assessment, risk
from exclusion.assessment import Assessment
from exclusion.contracts import NATIONS
from exclusion.judgement.score import measures
from exclusion.release import Evidence
from exclusion.sources.boundaries import NATION_CODE
from exclusion.words import capital, join_words, percent

DATA, BOUNDARY, METHOD, NATION = "new data", "new boundary", "new method", "the nation's other wards moved"
MOVED_M = 100.0  # a centre that moved further is another boundary, not another rounding of the same line
MERGED = ("floor", "keep", "more_use")
"""Kinds of which a ward, service and channel has one finding, however many rules stand behind it."""
WATCHED = ("severity", "strength", "borderline", "rule_ids", "reason")
KEY = ("area_code", "service_id", "channel", "kind", "rule_ids")


@dataclass(frozen=True)
class Differences:
    """Tables of what moved from one release to the next; empty where nothing did."""

    old: str
    new: str
    """Name, version and date of each."""
    sources: pd.DataFrame
    """``source, title, change`` (added, removed, changed), ``before, after`` (periods)."""
    wards: pd.DataFrame
    """``area_code, area_name, council_name, change``: new, gone, or moved."""
    figures: pd.DataFrame
    """``area_code, area_name, measure, before, after`` (counts, or values of what is no count), ``rate_before, rate_after, why``."""
    bands: pd.DataFrame
    """``area_code, area_name, before, after, most`` (the part of the score that moved most), ``why``."""
    findings: pd.DataFrame
    """``area_code, area_name, service_id, channel, kind, change, what, before, after, why``."""
    compared: tuple[int, int]
    """How many wards and figures stand in both."""
    services: int
    """How many services the findings are of; 0 = findings were not asked for."""
    nations: tuple[tuple[str, str, int], ...] = ()
    """Nation, "new" or "gone", and its wards: of nations that one of the two lacks. Their figures and findings moved from nowhere and
    are not listed."""

    @property
    def same(self) -> bool:
        """Whether nothing moved."""
        return not self.nations and not any(len(table) for table in self.tables.values())

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by the name of its CSV file."""
        return {name: getattr(self, name) for name in ("sources", "wards", "figures", "bands", "findings")}

    def sentences(self) -> list[str]:
        """What moved and why, in words, the widest first."""
        said = [f"From {self.old} to {self.new}: {self.compared[0]:,} wards and {self.compared[1]:,} figures stand in both."]
        for row in self.sources.to_dict("records"):
            periods = f", {row['before']} to {row['after']}" if row["before"] and row["before"] != row["after"] and row["after"] else ""
            said.append(f"Source {row['change']}: {row['title']}{periods}.")
        said += [f"{nation} is {change}: {wards:,} wards, of which there is nothing to compare." for nation, change, wards in self.nations]
        for change, words in (("new", "new"), ("gone", "gone"), ("moved", "in another boundary under the same code")):
            whole = sum(wards for _, how, wards in self.nations if how == change)
            if number := int((self.wards["change"] == change).sum()) - whole:
                said.append(f"{number:,} {_are(number, 'ward')}{words}.")
        said += list(self._of_figures())
        said += list(self._of_bands())
        if self.services:
            unknown = self.findings["kind"] == "not_assessed"
            for which, one in ((~unknown, "finding"), (unknown, "note of what could not be assessed")):
                for change, words in _CHANGES.items():
                    if number := int((self.findings.loc[which, "change"] == change).sum()):
                        said.append(f"{number:,} {_are(number, one)}{words}.")
            counted = self.findings["why"].value_counts()
            said += [f"Of these {int(number):,} because of {why}." for why, number in counted.items()]
            if self.findings.empty:
                said.append("No finding moved.")
        else:
            said.append("Findings were not compared: name councils and services to compare them.")
        return said if not self.same else [said[0], "Nothing moved.", *(said[-1:] if not self.services else [])]

    def _of_figures(self) -> Iterator[str]:
        known = measures()
        for measure, rows in self.figures.groupby("measure", sort=False):
            label = known[str(measure)].label if str(measure) in known else str(measure)
            came, went = rows["before"].isna(), rows["after"].isna()
            for kind, verb in ((~came & ~went, "moved"), (came, "new"), (went & ~came, "gone")):
                some = rows[kind]
                if some.empty:
                    continue
                size = ""
                if verb == "moved":
                    change = ((some["after"] - some["before"]).abs() / some["before"].abs().where(some["before"] != 0)).median()
                    size = "" if pd.isna(change) else f", by {percent(float(change))} in the middle one"
                why = join_words([f"{why} ({number:,})" for why, number in some["why"].value_counts().items()])
                said = _are(len(some), "ward figure", "" if verb == "moved" else None)
                yield f"{capital(label)}: {len(some):,} {said}{verb}{size}; because of {why}."

    def _of_bands(self) -> Iterator[str]:
        if self.bands.empty:
            yield "No ward changed band."
            return
        why = join_words([f"{why} ({number:,})" for why, number in self.bands["why"].value_counts().items()])
        yield f"{len(self.bands):,} ward{'s' * (len(self.bands) != 1)} changed band; because of {why}."


@dataclass(frozen=True)
class WardChanges:
    """How far each ward of some councils moved, for a map: what cannot be compared has no number, and no number is not no change."""

    old: str
    new: str
    """Name, version and date of each."""
    apart: pd.Series[Any]
    """``new`` or ``moved`` of wards whose boundary is another, indexed by ``area_code``: nothing about them is compared."""
    gone: tuple[str, ...]
    """Names of wards that the newer release lacks."""
    bands: pd.Series[Any]
    """Bands up (more at risk) or down, indexed by the newer release's wards; missing where either release has none."""
    shares: pd.DataFrame
    """The same of each figure that is a count: its share now less its share before, 0 to 1."""


def ward_changes(old: Evidence, new: Evidence, councils: Iterable[str]) -> WardChanges:
    """What moved from one release to the next in the wards of some councils, ward by ward; see :func:`compare` for why.

    Parameters
    ----------
    councils
        Codes or names, as the new release has them.
    """
    chosen = new.find_councils(councils)
    now = new.areas[new.areas["council_code"].isin(chosen)]
    was = old.areas[old.areas["council_code"].isin(chosen) | old.areas.index.isin(now.index)]
    moved = _moved(old, new, was, now).set_index("area_code")
    apart = moved.loc[moved["change"] != "gone", "change"]
    same = now.index.intersection(was.index).difference(apart.index)
    before, after = (risk.score(e, list(same))["band"].astype("Float64") if len(same) else pd.Series(dtype="Float64") for e in (old, new))
    counted = [name for name, measure in measures().items() if measure.counted]
    tables = [e.wide("ward", "value") for e in (old, new)]
    known = [name for name in counted if all(name in table for table in tables)]
    shares = tables[1].reindex(index=same, columns=known) - tables[0].reindex(index=same, columns=known)
    return WardChanges(
        _title(old),
        _title(new),
        apart,
        tuple(moved.loc[moved["change"] == "gone", "area_name"].sort_values()),
        (after - before).reindex(now.index),
        shares.loc[:, shares.notna().any()].reindex(now.index),
    )


_CHANGES = {"added": "new", "removed": "gone", "changed": "changed"}


def _are(number: int, one: str, verb: str | None = None) -> str:
    """``finding is `` or ``findings are ``; another verb, or none, where one is given."""
    first, _, rest = one.partition(" of ")
    word = one if number == 1 else f"{first}s of {rest}" if rest else f"{first}s"
    return f"{word} " + ((verb and f"{verb} ") if verb is not None else "is " if number == 1 else "are ")


def compare(
    old: Evidence,
    new: Evidence,
    councils: Iterable[str] | None = None,
    services: Iterable[str] | None = (),
    *,
    today: date | None = None,
) -> Differences:
    """What moved between two releases.

    Parameters
    ----------
    councils
        Codes or names, as the new release has them; None = all.
    services
        Ids of the services whose findings are compared; None = all, none = only figures and bands.
    today
        Date for what depends on the age of figures, the same for both.

    Notes
    -----
    A figure moved by *new data* where its source has another period or other files, by a *new boundary*
    where its ward is new, gone, or has other small areas or another centre under the same code, and by a
    *new method* where neither holds or the way it came onto the ward changed. A band moves also when
    only the nation's other wards did. Both releases are assessed by the rules of today, so a change of
    rules or weights is not seen here: the changelog tells it.
    """
    chosen = None if councils is None else new.find_councils(councils)
    was, now = (e.areas if chosen is None else e.areas[e.areas["council_code"].isin(chosen)] for e in (old, new))
    sources = _sources(old, new)
    if chosen is not None:  # what those councils' figures come from, and their nation's
        sources = sources[sources["source"].isin(_used(old, was) | _used(new, now))].reset_index(drop=True)
    moved = _moved(old, new, was, now)
    sizes = {e: t["nation"].value_counts() for e, t in (("gone", was), ("new", now))}
    nations = tuple(
        (nation, change, int(sizes[change][nation]))
        for change, other in (("gone", new), ("new", old))
        for nation in NATIONS
        if nation in sizes[change] and not (other.areas["nation"] == nation).any()
    )
    was, now = (t[~t["nation"].isin([nation for nation, _, _ in nations])] for t in (was, now))
    figures = _figures(old, new, was, now, set(moved.loc[moved["change"] != "gone", "area_code"]))
    reasons = {str(code): _most(rows["why"]) for code, rows in figures.groupby("area_code")}
    bands = _bands(old, new, was, now, reasons)
    found: tuple[str, ...] = ()
    changed = pd.DataFrame(columns=[*FINDING_COLUMNS, "why"])
    if services is None or list(services := tuple(services)):
        parts = []
        for nation in [nation for nation in NATIONS if nation in set(now["nation"])]:  # no assessment is of two nations
            a, b = (_assessed(e, t, nation, services, today) for e, t in ((old, was), (new, now)))
            found = tuple(dict.fromkeys([*found, *(service.id for service in b.services)]))
            part = findings(a.findings, b.findings)
            parts.append(part.assign(why=_finding_reasons(part, a.findings, b.findings, figures, moved, reasons)))
        changed = pd.concat(parts, ignore_index=True) if parts else changed
    both = was.index.intersection(now.index)
    rows = [e.observations[(e.observations["level"] == "ward") & e.observations["area_code"].isin(both)] for e in (old, new)]
    pairs = len(rows[0].merge(rows[1], on=["area_code", "measure"], how="inner"))
    stood = (len(both), pairs)
    return Differences(_title(old), _title(new), sources, moved, figures, bands, changed, stood, len(found), nations)


def _assessed(evidence: Evidence, wards: pd.DataFrame, nation: str, services: Iterable[str] | None, today: date | None) -> Assessment:
    return assessment.assess(evidence, sorted(set(wards.loc[wards["nation"] == nation, "council_code"])), services, today=today)


def _title(evidence: Evidence) -> str:
    about = evidence.manifest
    return f"{about.name} {about.version} ({about.edition}, built {about.built_on})"


def _files(evidence: Evidence, source: str) -> tuple[Any, ...]:
    held = evidence.manifest.sources.get(source)
    return () if held is None else (held.period, *sorted((name, digest) for name, digest, _ in held.files))


def _sources(old: Evidence, new: Evidence) -> pd.DataFrame:
    was, now = old.manifest.sources, new.manifest.sources
    rows = []
    for name in dict.fromkeys([*was, *now]):
        if name in was and name in now and _files(old, name) == _files(new, name):
            continue
        change = "changed" if name in was and name in now else "added" if name in now else "removed"
        held = now.get(name) or was[name]
        rows.append((name, held.title, change, was[name].period if name in was else "", now[name].period if name in now else ""))
    return pd.DataFrame(rows, columns=["source", "title", "change", "before", "after"])


def _used(evidence: Evidence, wards: pd.DataFrame) -> set[str]:
    """Sources of the figures of some wards, of their councils and of their nations."""
    rows = evidence.observations
    nations = {NATION_CODE[str(nation)] for nation in wards["nation"].unique()}
    here = rows["area_code"].isin({*wards.index, *wards["council_code"], *nations})
    return set(rows.loc[here, "source"].astype(str))


def _moved(old: Evidence, new: Evidence, was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Wards that are new, gone, or stand elsewhere under the same code."""
    both = was.index.intersection(now.index)
    far = np.hypot(was.loc[both, "x"] - now.loc[both, "x"], was.loc[both, "y"] - now.loc[both, "y"]) > MOVED_M
    shared = pd.Series(False, index=both)
    a, b = (e.small_areas[e.small_areas["area_code"].isin(both)].set_index(["area_code", "small_area_code"])["share"] for e in (old, new))
    held = set(a.index.get_level_values(0)) & set(b.index.get_level_values(0))  # small areas of both releases: else nothing can be said
    apart = (a.reindex(a.index.union(b.index)).fillna(0) - b.reindex(a.index.union(b.index)).fillna(0)).abs()
    for code in {code for code, _ in apart.index[apart > 0.02]} & held:
        shared[code] = True
    rows = [(code, now.at[code, "area_name"], now.at[code, "council_name"], "moved") for code in both[far.to_numpy() | shared.to_numpy()]]
    rows += [(code, now.at[code, "area_name"], now.at[code, "council_name"], "new") for code in now.index.difference(was.index)]
    rows += [(code, was.at[code, "area_name"], was.at[code, "council_name"], "gone") for code in was.index.difference(now.index)]
    return pd.DataFrame(rows, columns=["area_code", "area_name", "council_name", "change"])


def _figures(old: Evidence, new: Evidence, was: pd.DataFrame, now: pd.DataFrame, elsewhere: set[str]) -> pd.DataFrame:
    columns = ["area_code", "measure", "count", "value", "fit", "source", "period"]
    a, b = (
        e.observations.loc[(e.observations["level"] == "ward") & e.observations["area_code"].isin(t.index), columns]
        for e, t in ((old, was), (new, now))
    )
    table = a.merge(b, on=["area_code", "measure"], how="outer", suffixes=("_old", "_new"), indicator=True)
    first, second = (table[f"count_{which}"].fillna(table[f"value_{which}"]) for which in ("old", "new"))
    same = ((first - second).abs() < 5e-7) & ((table["value_old"] - table["value_new"]).abs() < 5e-7)
    neither = first.isna() & second.isna()
    table = table.assign(before=first, after=second)[~(same | neither)]
    places = table["area_code"].isin(elsewhere | (set(was.index) ^ set(now.index)))
    held = table["_merge"] == "both"
    fresh = pd.Series(
        [_files(old, str(a)) != _files(new, str(b)) for a, b in zip(table["source_old"], table["source_new"], strict=True)], table.index
    )
    fresh |= held & (table["period_old"] != table["period_new"])
    fit = held & (table["fit_old"] != table["fit_new"])
    why = np.select(
        [places & fresh & held, places, held & fresh & fit, fresh | ~held],
        [f"{DATA} and {BOUNDARY}", BOUNDARY, f"{DATA} and {METHOD}", DATA],
        METHOD,
    )
    names = pd.concat([was["area_name"], now["area_name"]])
    names = names[~names.index.duplicated(keep="last")]
    return pd.DataFrame(
        {
            "area_code": table["area_code"],
            "area_name": table["area_code"].map(names),
            "measure": table["measure"],
            "before": table["before"],
            "after": table["after"],
            "rate_before": table["value_old"],
            "rate_after": table["value_new"],
            "why": why,
        }
    ).reset_index(drop=True)


def _bands(old: Evidence, new: Evidence, was: pd.DataFrame, now: pd.DataFrame, reasons: dict[str, str]) -> pd.DataFrame:
    a, b = risk.score(old, list(was.index)), risk.score(new, list(now.index))
    both = a.index.intersection(b.index)
    words = pd.DataFrame({"before": a.loc[both, "band_word"], "after": b.loc[both, "band_word"]})
    changed = words[words["before"] != words["after"]]
    domains = [name.removeprefix("value_") for name in b.columns if name.startswith("value_")]
    parts = [d for d in domains if f"contribution_{d}" in a]
    pulls = pd.DataFrame({d: (b[f"contribution_{d}"] - a[f"contribution_{d}"]).abs() for d in parts}).reindex(changed.index)
    apart = pd.DataFrame({d: (b[f"value_{d}"] - a[f"value_{d}"]).abs() > 5e-7 for d in parts}).reindex(changed.index)
    rows = []
    for place, code in enumerate(map(str, changed.index)):
        known = pulls.iloc[place].dropna()
        most = str(known.idxmax()) if len(known) else ""
        own_figure = not most or bool(apart.iloc[place][most])
        why = reasons[code] if own_figure and code in reasons else NATION
        rows.append((code, now.at[code, "area_name"], changed["before"].iloc[place], changed["after"].iloc[place], most, why))
    return pd.DataFrame(rows, columns=["area_code", "area_name", "before", "after", "most", "why"])


def _most(why: Iterable[str]) -> str:
    """The commonest reason among some."""
    return str(pd.Series(list(why)).mode().iloc[0])


FINDING_COLUMNS = ("area_code", "area_name", "service_id", "channel", "kind", "change", "what", "before", "after")


def findings(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What differs between two tables of findings: ``area_code ... kind, change`` (added, removed, changed), ``what, before, after``."""
    was, now = keyed(before), keyed(after)
    rows: list[tuple[str, ...]] = []
    for key in dict.fromkeys([*was, *now]):
        old, new = was.get(key), now.get(key)
        any_one = new or old
        assert any_one is not None
        place = (key[0], str(any_one["area_name"]), key[1], key[2], key[3])
        if old is None:
            rows.append((*place, "added", "", "", str(any_one["short"])))
        elif new is None:
            rows.append((*place, "removed", "", str(any_one["short"]), ""))
        elif different := [name for name in WATCHED if str(old[name]) != str(new[name])]:
            # The words follow from the rest: they are shown only when nothing else tells the two apart.
            first = different[0]
            rows.append((*place, "changed", "|".join(different), str(old[first]), str(new[first])))
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def keyed(table: pd.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    """Findings by ward, service, channel and kind; by rules too where a place has several of a kind."""
    held: dict[tuple[str, ...], dict[str, Any]] = {}
    for found in table[[*KEY, "area_name", "short", *[name for name in WATCHED if name not in KEY]]].to_dict("records"):
        row = {str(name): value for name, value in found.items()}
        key = (row["area_code"], row["service_id"], row["channel"], row["kind"], "" if row["kind"] in MERGED else row["rule_ids"])
        if key in held:  # should two of a kind stand there after all, neither is lost
            key = (*key[:4], row["rule_ids"])
        held[key] = row
    return held


def _finding_reasons(
    changed: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, figures: pd.DataFrame, moved: pd.DataFrame, whole: dict[str, str]
) -> list[str]:
    """Why each finding moved: by the figures it rests on."""
    there = set(moved["area_code"])
    by_figure = {(code, measure): why for code, measure, why in figures[["area_code", "measure", "why"]].itertuples(index=False)}
    used: dict[tuple[str, str, str], list[str]] = {}
    for table in (before, after):
        keys = zip(table["area_code"], table["service_id"], table["channel"], table["figures_json"], strict=True)
        for area, service, channel, text in keys:
            used.setdefault((area, service, channel), []).extend(str(figure.get("id", "")) for figure in json.loads(text or "[]"))
    reasons = []
    for area, service, channel in changed[["area_code", "service_id", "channel"]].itertuples(index=False):
        whys = [by_figure[area, measure] for measure in used.get((area, service, channel), ()) if (area, measure) in by_figure]
        reasons.append(_most(whys) if whys else BOUNDARY if area in there else whole.get(area, NATION))
    return reasons


def as_json(found: Differences) -> dict[str, Any]:
    """Everything as plain data: sentences, then each table's rows with null for a gap."""
    tables = {name: json.loads(table.to_json(orient="records", double_precision=10)) for name, table in found.tables.items()}
    return {"old": found.old, "new": found.new, "same": found.same, "sentences": found.sentences(), **tables}


__all__ = [
    "BOUNDARY",
    "DATA",
    "METHOD",
    "NATION",
    "Differences",
    "WardChanges",
    "as_json",
    "compare",
    "findings",
    "keyed",
    "ward_changes",
]
