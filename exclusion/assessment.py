"""The walk: load a release, then assess services in councils. Everything that is shown takes an Assessment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement, language, people, provision, release, risk
from exclusion.contracts import NothingToAssess, Problem, UsageError
from exclusion.judgement import Threshold
from exclusion.judgement.entries import overdue
from exclusion.judgement.local import Local
from exclusion.judgement.score import MethodPreset, measures, method_for
from exclusion.judgement.services import Service
from exclusion.people import PeopleEstimate
from exclusion.release import Evidence
from exclusion.sources.boundaries import NATION_CODE
from exclusion.words import join_words


@dataclass(frozen=True)
class Method:
    """The weights an assessment was scored with: by nation, normalised, and whether they are ours."""

    weights: Mapping[str, Mapping[str, float]]
    is_default: bool
    presets: tuple[MethodPreset, ...]
    own: str = ""
    """One sentence where a council's own figures stand in for measures of the score; blank where it rests on ours alone."""

    @property
    def words(self) -> str:
        """The weights in one sentence."""
        if not self.presets:
            return "No score: we hold no method for this nation, so there are no weights."
        parts = []
        for preset in self.presets:
            labels = {domain.id: domain.label.lower() for domain in preset.domain}
            named = ", ".join(f"{labels[name]} {weight:.0%}" for name, weight in self.weights[preset.nations[0]].items())
            parts.append(f"{preset.nations[0]}: {named}")
        return (
            "Default weights. " if self.is_default else "Weights changed from the default. "
        ) + f"{'; '.join(parts)}. {self.own}".strip()


@dataclass(frozen=True)
class Assessment:
    """What we find for some services in some councils. See ``docs/architecture.md`` for the tables."""

    evidence: Evidence
    councils: tuple[str, ...]
    services: tuple[Service, ...]
    method: Method
    areas: gpd.GeoDataFrame
    scores: pd.DataFrame
    people: pd.DataFrame
    people_estimate: PeopleEstimate
    profile: pd.DataFrame
    findings: pd.DataFrame
    summaries: pd.DataFrame
    council_wide: pd.DataFrame
    notices: tuple[str, ...]
    thresholds_version: str
    local: Local | None = None  # the council's own judgement it was made with

    def service(self, service_id: str) -> Service:
        """One of the services assessed."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise UsageError(
            Problem("service", "was not assessed", service_id, f"Assessed: {', '.join(s.id for s in self.services) or 'none'}.")
        )

    def columns(self, table: str, service_id: str, *names: str) -> list[list[Any]]:
        """Some columns of ``findings``, ``summaries`` or ``council_wide``, of one service, as plain lists of the same length.

        A page reads a table of some dozen wards many times over, and to take a table apart again each time costs more than to read it.
        """
        held: pd.DataFrame = getattr(self, table)
        if [service.id for service in self.services] == [service_id]:
            return [held[name].tolist() for name in names]
        where = np.flatnonzero((held["service_id"] == service_id).to_numpy(dtype=bool))
        return [held[name].array.take(where).tolist() for name in names]

    @cached_property
    def cache(self) -> dict[Hashable, Any]:
        """What :func:`once` keeps; no part of the assessment, so that no copy and no register takes it over."""
        return {}

    @property
    def total_people(self) -> str:
        """Residents unlikely to use the internet in all the chosen wards, in words."""
        return str(people.total(self.people_estimate)["label"].iloc[0])


P = ParamSpec("P")
Made = TypeVar("Made")


def once(work: Callable[Concatenate[Assessment, P], Made]) -> Callable[Concatenate[Assessment, P], Made]:
    """Work out what is read off an assessment, such as a table for the screen, only the first time it is asked for.

    Pages ask for the same tables at every click, of an assessment that is shared by all who ask the same. What is
    kept lives and dies with the assessment. A table, a list or a dict is given out as a copy of its frame, so that a
    caller who adds a column to it adds it to nobody else's. Each language has its own. Further arguments must be hashable.
    """

    @wraps(work)
    def asked(a: Assessment, /, *more: P.args, **named: P.kwargs) -> Made:
        key = (language.current(), work.__module__, work.__qualname__, more, tuple(sorted(named.items())))
        if key not in a.cache:
            a.cache[key] = work(a, *more, **named)
        made: Any = a.cache[key]
        if isinstance(made, (pd.DataFrame, pd.Series)):
            made = made.copy(deep=False)
        elif isinstance(made, (list, dict)):
            made = made.copy()
        given: Made = made
        return given

    return asked


def load(path: str | Path | None = None, boundaries: str | Path | None = None) -> Evidence:
    """Evidence of a release: the bundled one unless ``path`` names another.

    Parameters
    ----------
    boundaries
        A GeoJSON or GeoPackage of wards to draw, for councils whose shapes the release lacks.

    Raises
    ------
    DataRefused, UsageError
        See :func:`exclusion.release.read`.
    """
    evidence = release.read(path or release.bundled())
    return release.with_boundaries(evidence, boundaries) if boundaries else evidence


def find_services(names: Iterable[str], held: Mapping[str, Service] | None = None) -> tuple[Service, ...]:
    """Services for ids or exact names, among ``held`` (ours when None).

    Raises
    ------
    UsageError
        Naming every one not found.
    """
    held = judgement.services() if held is None else held
    by_name = {service.service_name.casefold(): service for service in held.values()} | {
        key.casefold(): service for key, service in held.items()
    }
    unknown = [name for name in names if name.strip().casefold() not in by_name]
    if unknown:
        raise UsageError([Problem("service", "is not one we hold a profile of", name, _like(name, by_name)) for name in unknown])
    return tuple(dict.fromkeys(by_name[name.strip().casefold()] for name in names))


def _like(name: str, by_name: Mapping[str, Service]) -> str:
    """What to do about a service nobody knows: the ids most like it, and the command that lists them."""
    asked = name.strip().casefold()
    keys = [key for key in by_name if asked and asked in key] or get_close_matches(asked, by_name, n=3, cutoff=0.6)
    ids = list(dict.fromkeys(by_name[key].id for key in keys))[:5]
    return (f"Did you mean {join_words(ids, 'or')}? " if ids else "") + "Run 'exclusion services' for the list."


def assess(
    evidence: Evidence,
    councils: Iterable[str] | None = None,
    services: Iterable[str] | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    thresholds: str | None = None,
    today: date | None = None,
    people_scale: tuple[float, str] | None = None,
    local: Local | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Assessment:
    """Score the wards of some councils and find which ways in some services must keep there.

    Parameters
    ----------
    councils
        Codes or names; None means every council of the release. Several act as one area.
    services
        Ids or names; None means all of them, an empty list none (scores only, fast).
    weights
        Domain weights in any scale, or None for each nation's preset. Findings never depend on
        them.
    thresholds
        Version of the thresholds of the rules; the current one when None.
    today
        Date for the review dates of our texts and the shelf lives of figures; the clock's when None.
    local
        The council's own profiles, thresholds and floors (:func:`exclusion.judgement.local.read_local`),
        laid over ours; the notices say so.
    people_scale
        A factor on the 2020 level of the people estimate and the reason for it, printed with the
        figures; None keeps the declared range.

    progress
        Called after each service with how many are done and how many there are.

    Raises
    ------
    UsageError
        For a council, service, weight or version we do not know, or for councils of two nations.
    NothingToAssess
        When the chosen councils hold no ward.
    """
    codes = tuple(evidence.councils()["council_code"]) if councils is None else tuple(evidence.find_councils(councils))
    if not codes:
        raise NothingToAssess("No council was chosen. Name at least one; 'exclusion councils' lists them.")
    today = today or date.today()
    thresholds = judgement.current_thresholds() if thresholds is None else thresholds
    held = judgement.services() if local is None else local.services
    wards = _wards(evidence, codes, named=councils is not None)
    areas, nations = wards.areas, set(wards.said.nations)
    chosen = tuple(judgement.offered(held, nations).values()) if services is None else find_services(list(services), held)
    scores = wards.scores if weights is None else risk.score(evidence, list(areas.index), weights)
    residents = wards.residents if people_scale is None else people.of_areas(evidence, list(areas.index), people.own_scale(*people_scale))
    found = provision.nothing()  # on the path of the sliders
    if chosen:
        on = _ground(evidence, wards, codes, (local.thresholds if local else None) or thresholds, today)
        found = provision.check_on(on, chosen, floors=local.floors if local else None, progress=progress)
    method = Method(
        {preset.nations[0]: risk.normalised_weights(preset, weights) for preset in wards.presets},
        weights is None or _same(wards.presets, weights),
        wards.presets,
        wards.own_in_score,
    )
    return Assessment(
        evidence=evidence,
        councils=codes,
        services=chosen,
        method=method,
        areas=areas,
        scores=scores,
        people=residents.table,
        people_estimate=residents,
        profile=wards.profile,
        findings=found.findings,
        summaries=found.summaries,
        council_wide=provision.across_council(found.findings),
        notices=(
            *residents.notices,
            *(local.notices if local else ()),
            *_notices(evidence, wards.said, chosen, method, thresholds, today),
        ),
        thresholds_version=f"{thresholds}, with local thresholds" if local and local.thresholds else thresholds,
        local=local,
    )


@dataclass(frozen=True)
class _Wards:
    """The wards of some councils, with all that neither service, weights nor judgement change."""

    areas: gpd.GeoDataFrame
    profile: pd.DataFrame
    scores: pd.DataFrame
    residents: PeopleEstimate
    presets: tuple[MethodPreset, ...]
    own_in_score: str
    said: _Said


@dataclass(frozen=True)
class _Said:
    """What notices rest on, of some wards: no service and no weight changes it."""

    wards: int
    nations: tuple[str, ...]
    """By name, once each."""
    councils: frozenset[str]
    counties: tuple[str, ...]
    """Those that decide some services here, by name."""
    drawn: int
    """How many of the wards are areas that a council drew itself."""
    lacking: tuple[str, ...]
    """What the release lacks for these nations, in words."""


def _said_of(evidence: Evidence, areas: pd.DataFrame) -> _Said:
    nations = areas["nation"].unique().tolist()
    return _Said(
        wards=len(areas),
        nations=tuple(sorted(nations)),
        councils=frozenset(areas["council_code"].unique().tolist()),
        counties=tuple(sorted(set(areas["upper_name"].unique().tolist()) - {""})),
        drawn=int((areas["edition"] == OWN_AREAS).sum()),
        lacking=risk.nation_notices(evidence, nations),
    )


def _wards(evidence: Evidence, codes: tuple[str, ...], *, named: bool) -> _Wards:
    """Of a few councils kept for whoever asks next, as pages do at every click."""

    def work() -> _Wards:
        areas = evidence.areas[evidence.areas["council_code"].isin(codes)].sort_values(["council_name", "area_name"])
        if named:
            _one_nation(areas)
        presets = tuple(preset for nation in areas["nation"].unique() if (preset := method_for(nation)))
        profile, members = _profile(evidence, areas), list(areas.index)
        return _Wards(
            areas,
            profile,
            risk.score(evidence, members),
            people.of_areas(evidence, members),
            presets,
            _own_in_score(profile, presets),
            _said_of(evidence, areas),
        )

    return evidence.recent(("wards", codes, named), work) if len(codes) <= FEW_COUNCILS else work()


def _ground(
    evidence: Evidence, wards: _Wards, codes: tuple[str, ...], thresholds: str | Mapping[str, Threshold], today: date
) -> provision.Ground:
    """What services are checked on in some councils; kept where it rests on our own judgement, which is everybody's."""

    def work() -> provision.Ground:
        council = _at_level(evidence, "council")
        return provision.ground(
            wards.areas.drop(columns="geometry"),
            wards.profile,
            thresholds=thresholds,
            council_profile=council[council["area_code"].isin(codes)],
            pockets=_pockets(evidence, wards.areas),
            today=today,
        )

    if not isinstance(thresholds, str) or len(codes) > FEW_COUNCILS:
        return work()
    # Judgement is read once for each process; by what it is held as, so that other judgement is never taken for it.
    tables = (judgement.rules(), judgement.channels(), judgement.measures(), judgement.indicators(), judgement.guards())
    ours = tuple(id(one) for one in tables)
    return evidence.recent(("ground", codes, thresholds, today, ours), work)


def _one_nation(areas: pd.DataFrame) -> None:
    """Refuse councils of two nations in one assessment: their bands are fifths of different nations' wards.

    Raises
    ------
    UsageError
        With the councils of each nation.
    """
    if areas["nation"].nunique() <= 1:
        return
    councils = areas.drop_duplicates("council_code").groupby("nation", sort=False)["council_name"].agg(list)
    told = "; ".join(f"{nation}: {join_words(_first(sorted(names)))}" for nation, names in councils.items())
    raise UsageError(
        Problem(
            "council",
            "the councils chosen are of more than one nation, and each nation is scored within itself, from figures of its own",
            told,
            "Bands of two nations must not be set side by side. Choose councils of one nation at a time.",
        )
    )


def _first(names: list[str]) -> list[str]:
    return names if len(names) <= 3 else [*names[:3], "others"]


def _same(presets: Iterable[MethodPreset], weights: Mapping[str, float]) -> bool:
    pairs = [(risk.normalised_weights(preset), risk.normalised_weights(preset, weights)) for preset in presets]
    return all(abs(ours[name] - theirs[name]) < 1e-9 for ours, theirs in pairs for name in ours)


def _own_in_score(profile: pd.DataFrame, presets: Iterable[MethodPreset]) -> str:
    """Which measures of the score are a council's own here, in one sentence short enough for a picture; blank where none is."""
    scored = {part.measure for preset in presets for domain in preset.domain for part in domain.indicator}
    rows = profile[(profile["fit"] == OWN_FIT) & profile["measure"].isin(scored)]
    if rows.empty:
        return ""
    named = join_words([measures()[name].label for name in sorted(rows["measure"].unique())])
    wards = rows["area_code"].nunique()
    of = f"{wards} {'ward' if wards == 1 else 'wards'}"
    return f"Score and band rest on the council's own figures in {of} (not the published ones of {named})."


OWN_AREAS = "own areas"
"""Edition of areas a council drew itself; see :mod:`exclusion.building.regroup`."""
OWN_MEASURE = "own_"
"""How the measures begin that a council brought itself; see :mod:`exclusion.own.laying`."""
OWN_FIT = "own"
"""The fit of a figure that a council brought in place of a published one."""
NAMED = 3
"""Up to this many services of a county are named in the notice that it decides them."""

FEW_COUNCILS = 20
"""Up to this many, each council's profile is worked out by itself, so that the first page need not wait for the nation's."""


def _profile(evidence: Evidence, areas: pd.DataFrame) -> pd.DataFrame:
    """The figures of the chosen wards with their place in the nation; one row a ward and measure."""
    councils = [str(code) for code in areas["council_code"].unique()]
    if len(councils) > FEW_COUNCILS:
        if ("profile", "") not in evidence.cache:
            evidence.cache["profile", ""] = _figures_of(evidence, "")
        table: pd.DataFrame = evidence.cache["profile", ""]
        return table[table["area_code"].isin(areas.index)].reset_index(drop=True)
    return pd.concat([_figures_of(evidence, council) for council in councils], ignore_index=True)


def _figures_of(evidence: Evidence, council: str) -> pd.DataFrame:
    """The profile of one council's wards, or of every ward when ``council`` is blank."""
    rows = _published_of_wards(evidence)
    if council:
        wards = evidence.areas.index[(evidence.areas["council_code"] == council).to_numpy(dtype=bool)]
        at = _rows_of_wards(evidence)
        rows = rows.take(np.sort(np.concatenate([np.empty(0, dtype=np.int64), *(at[ward] for ward in wards if ward in at)])))
    return _placed(evidence, rows)


def _published_of_wards(evidence: Evidence) -> pd.DataFrame:
    """The figures of wards but those a council brought for a method of its own: only a method file that names one uses it."""
    key = ("observations", "published of wards")
    if key not in evidence.cache:
        rows = _at_level(evidence, "ward")
        evidence.cache[key] = rows[~rows["measure"].str.startswith(OWN_MEASURE)].rename(columns={"count": "n"})
    table: pd.DataFrame = evidence.cache[key]
    return table


def _rows_of_wards(evidence: Evidence) -> dict[str, npt.NDArray[np.int64]]:
    """By ward, which rows of :func:`_published_of_wards` are its own, so that nobody looks through all of them for one council."""
    key = ("observations", "rows of wards")
    if key not in evidence.cache:
        evidence.cache[key] = _published_of_wards(evidence).groupby("area_code", sort=False).indices
    at: dict[str, npt.NDArray[np.int64]] = evidence.cache[key]
    return at


def _placed(evidence: Evidence, rows: pd.DataFrame) -> pd.DataFrame:
    """Ward figures with their percentile in the nation and the national value beside them."""
    national = evidence.wide("nation", "value")
    pairs = pd.MultiIndex.from_arrays([rows["area_code"].map(evidence.areas["nation"]), rows["measure"]])
    which, groups = pd.factorize(pairs)
    order = np.argsort(which, kind="stable")
    table, which = rows.take(order).reset_index(drop=True), which[order]
    values = table["value"].to_numpy(float)
    place, compare = np.full(len(table), np.nan), np.full(len(table), np.nan)
    starts = np.searchsorted(which, np.arange(len(groups) + 1)).tolist()
    for (name, measure), start, end in zip(groups, starts[:-1], starts[1:], strict=True):
        place[start:end] = risk.place_in_nation(evidence, str(name), "ward", str(measure), values[start:end])
        code = NATION_CODE[str(name)]
        if code in national.index and measure in national.columns:
            compare[start:end] = national.at[code, measure]
    table = table.assign(percentile=place, nation_value=compare)
    return table[
        ["area_code", "measure", "n", "of", "value", "percentile", "nation_value", "low", "high", "observed", "fit", "source", "period"]
    ]


def _at_level(evidence: Evidence, level: str) -> pd.DataFrame:
    """The observations of one level, taken out once."""
    key = ("observations", level)
    if key not in evidence.cache:
        evidence.cache[key] = evidence.observations[evidence.observations["level"] == level]
    table: pd.DataFrame = evidence.cache[key]
    return table


def _pockets(evidence: Evidence, areas: pd.DataFrame) -> pd.DataFrame:
    """The most affected small area of each ward by measure, where the release holds small areas.

    Returns
    -------
    ``area_code, measure, small_areas`` (how many are in the nation's most affected tenth),
    ``worst`` (the highest percentile among them).
    """
    empty = pd.DataFrame(
        {
            "area_code": pd.Series(dtype=str),
            "measure": pd.Series(dtype=str),
            "small_areas": pd.Series(dtype=int),
            "worst": pd.Series(dtype=float),
        }
    )
    pairs = evidence.small_areas[evidence.small_areas["area_code"].isin(areas.index) & (evidence.small_areas["share"] >= 0.5)]
    rows = _at_level(evidence, "lsoa21")
    rows = rows[rows["area_code"].isin(pairs["small_area_code"])]
    if rows.empty:
        return empty
    home = pairs.drop_duplicates("small_area_code").set_index("small_area_code")["area_code"]  # half in each of two wards: the first
    parts = []
    for measure, group in rows.groupby("measure"):
        ward = group["area_code"].map(home)
        nation = ward.map(areas["nation"])
        for name in nation.unique():
            here = group[nation == name]
            place = risk.place_in_nation(evidence, str(name), "lsoa21", str(measure), here["value"].to_numpy(float))
            parts.append(pd.DataFrame({"area_code": ward[nation == name], "measure": measure, "percentile": place}))
    table = pd.concat(parts, ignore_index=True).dropna()
    table["in_tenth"] = table["percentile"] >= 90
    grouped = table.groupby(["area_code", "measure"]).agg(small_areas=("in_tenth", "sum"), worst=("percentile", "max")).reset_index()
    return grouped[grouped["small_areas"] > 0].reset_index(drop=True) if len(grouped) else empty


def _notices(evidence: Evidence, of: _Said, services: Sequence[Service], method: Method, thresholds: str, today: date) -> tuple[str, ...]:
    notices = []
    if not method.is_default:
        notices.append(method.words + " Bands are cut under these weights; findings do not depend on them.")
    if thresholds != judgement.current_thresholds():
        notices.append(f"Thresholds version {thresholds}, not the current version {judgement.current_thresholds()}.")
    if len(of.nations) > 1:
        notices.append("Each nation is scored within itself. Bands and comparisons of two nations must not be set side by side.")
    notices += of.lacking
    for nation in of.nations:
        away = [service.service_name for service in services if nation in service.not_council_in]
        if away:
            notices.append(f"Not run by councils in {nation}, so nothing is found there: {join_words(away)}.")
        hooks = judgement.nations()[nation]
        islands = of.councils & set(hooks.island_councils)
        if hooks.place_notice == "always" or (hooks.place_notice == "islands" and islands):
            notices.append(hooks.place_text)
        if hooks.language_notice and services:
            notices.append(hooks.language_notice)
    for name in of.counties:
        county = [service.service_name for service in services if service.england_tier == "county/unitary"]
        if county:
            which = join_words(county) if len(county) <= NAMED else f"{len(county)} of these services"
            if len(county) == len(tuple(services)) == 1:
                which = "this service"
            notices.append(f"Decided by {name}, whose members stand for divisions: wards are a guide for {which}.")
    if of.drawn:
        which = "These" if of.drawn == of.wards else f"{of.drawn} of these"
        notices.append(f"{which} are areas of your own, {evidence.manifest.fit}. Where a page says ward, it means one of these.")
    notices += [
        f"Own figures of {source.publisher}, not published by us: {source.title}, {source.period}."
        for source in evidence.manifest.sources.values()
        if source.id.startswith(OWN_MEASURE)
    ]
    if method.own:
        notices.append(method.own)
    notices += overdue(judgement.all_entries(), today)
    return tuple(notices)


__all__ = ["Assessment", "Method", "assess", "find_services", "load", "once"]
