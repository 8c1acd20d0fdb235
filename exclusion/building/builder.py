"""Build a release from a folder of published tables: the slow half, done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import geography, judgement, release_write
from exclusion.building import tabulate
from exclusion.building.tabulate import Gathered
from exclusion.contracts import Problem, SourceUnreachable
from exclusion.judgement.characteristics import context_measures
from exclusion.judgement.score import geography_rules, measures
from exclusion.sources import Source, boundaries, census, characteristics, connectivity, deprivation, libraries, ofcom, postcodes

Progress = Callable[[str, float], None]
BUNDLED_COUNCILS = ("E06000009", "E07000124", "E09000030")
RULE_MEASURES = ("age75", "lone66_est", "disabled_lot", "income_dep", "older_income_dep", "poor_english", "no_car", "far_help", "carers")
"""Measures whose national counts set the thresholds of the rules."""
MISSING = (
    {
        "what": "Broadband and mobile coverage by ward",
        "why": "Ofcom's output-area files are not in the gathered data; published here by council only.",
    },
    {
        "what": "One-person households aged 66 and over by ward",
        "why": "Not in the gathered data for every ward; estimated, and marked so, until Census table TS003 is fetched.",
    },
    {"what": "New arrivals by ward", "why": "Census table TS019 is not in the gathered data."},
    {
        "what": "Income counts in Wales",
        "why": "The 2025 Welsh index gives deciles only; the rules that need a count of people on low incomes are not assessed there.",
    },
    {"what": "Digital connectivity in Wales", "why": "No small-area figure since 2022; Wales is scored without it."},
    {"what": "Digital skills, literacy, hearing loss, learning disability, owning a device", "why": "Nobody publishes them by ward."},
    {
        "what": "Lone parents, pregnancy, armed forces and care leavers by ward",
        "why": "Not in the gathered data for every ward; an equality assessment says so and asks.",
    },
    {
        "what": "Sexual orientation and gender identity by ward",
        "why": "Never mapped by ward: small counts could point at people. The whole council's figure is held.",
    },
    {"what": "Council help points other than public libraries", "why": "No open list; the council's own list is needed."},
    {"what": "Scotland and Northern Ireland", "why": "Not in this release."},
)


def build(
    source: str | Path,
    out: str | Path,
    *,
    mapped: Sequence[str] | None = None,
    embedded: str | Path | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a release of England and Wales from published tables.

    Parameters
    ----------
    source
        Folder of the gathered tables (see ``docs/architecture.md``).
    out
        Folder to write; an old release there is replaced in one move at the end.
    mapped
        Council codes whose small areas and ward shapes are kept; None keeps all.
    embedded
        Folder of GeoJSON boundaries by council to use for ``mapped`` instead of the national
        file (``<council>.geojson``).
    today
        Date to write as ``built_on``; the clock's when None.
    progress
        Called with a sentence and the share done.

    Raises
    ------
    SourceUnreachable, DataRefused
        Before anything is written.
    """
    say = progress or (lambda text, share: None)
    folder = Path(source)
    if not folder.is_dir():
        raise SourceUnreachable(
            Problem(
                str(source),
                "is not a folder of published tables",
                "",
                "Give the folder that holds census/, geography/, income/ and the others.",
            )
        )
    say("Reading published tables", 0.02)
    data = _gather(folder)
    say("Locating postcodes in small areas and wards", 0.25)
    rules = geography_rules()
    points = pd.DataFrame(
        {
            "small_area_code": geography.locate(
                data.postcodes["x"].to_numpy(), data.postcodes["y"].to_numpy(), data.small, "small_area_code"
            ),
            "area_code": geography.locate(data.postcodes["x"].to_numpy(), data.postcodes["y"].to_numpy(), data.wards, "area_code"),
            "x": data.postcodes["x"],
            "y": data.postcodes["y"],
        }
    )
    best_fit = data.small.set_index("small_area_code")["best_fit"]
    shares = geography.shares_by_postcode(points, best_fit, rules.smallest_share)
    say("Summing small areas to wards", 0.6)
    tables, measured = tabulate.tables(data, points, shares, best_fit)
    say("Writing the release", 0.9)
    shapes = _shapes(data, mapped, embedded)
    if mapped is not None:
        tables = _cut(tables, mapped)
    head = _head(data, measured, tables, today or date.today())
    path = release_write.write(out, head, tables, shapes, _readme(head))
    say("Done", 1.0)
    return path


def _gather(folder: Path) -> Gathered:
    found: dict[str, pd.DataFrame] = {}
    about: dict[str, tuple[str, str]] = {}
    sources: list[Source] = []

    def take(source: Source, tables: Mapping[str, pd.DataFrame]) -> None:
        sources.append(source)
        for measure, table in tables.items():
            found[measure] = table
            about[measure] = (source.id, source.period)

    take(*census.read(folder))
    population = found["population"]["count"]
    take(*deprivation.read_england(folder))
    take(*deprivation.read_wales(folder, population))
    people_source, context = characteristics.read(folder)
    active = boundaries.read_active_codes(folder)
    council_sources, context_by_council = characteristics.read_by_council(folder, active)
    sources += [people_source, *council_sources]
    digital, table = connectivity.read_digital(folder, population)
    take(digital, {"connectivity": table})
    for live in (ofcom.read_fixed(folder), ofcom.read_voice(folder)):  # only where somebody fetched or supplied them
        if live is not None:
            take(*live)
    coverage, council = connectivity.read_ofcom(folder, active)
    ward_source, wards = boundaries.read_wards(folder)
    small_source, small = boundaries.read_small_areas(folder)
    published_source, published = census.read_published_wards(folder)
    point_source, points = postcodes.read(folder)
    library_source, places = libraries.read(folder, geography_rules().far_help.library_types)
    sources += [*coverage, ward_source, small_source, published_source, point_source, library_source]
    geography.require_same_codes(population.index, pd.Index(small["small_area_code"]), "census tables", "LSOA 2021")
    return Gathered(
        sources={s.id: s for s in sources},
        measures=found,
        about=about,
        wards=wards,
        small=small,
        council=council[council["area_code"].isin(wards["council_code"])],
        published=published,
        lone66_total=census.read_published_total(folder, census.LONE66_CELL),
        unchanged=boundaries.read_unchanged_wards(folder),
        area_shares=boundaries.read_area_shares(folder),
        postcodes=points,
        libraries=places,
        context=context,
        context_by_council=context_by_council,
        context_about=dict.fromkeys(context, (people_source.id, people_source.period)),
    )


def _shapes(data: Gathered, mapped: Sequence[str] | None, embedded: str | Path | None) -> gpd.GeoDataFrame:
    if mapped is None or embedded is None:
        wards = data.wards if mapped is None else data.wards[data.wards["council_code"].isin(mapped)]
        return gpd.GeoDataFrame(wards[["area_code", "geometry"]].reset_index(drop=True), crs=data.wards.crs)
    parts = []
    for council in mapped:
        path = Path(embedded) / f"{council}.geojson"
        if not path.is_file():
            raise SourceUnreachable(
                Problem(
                    str(path.name), "is not in the folder of boundaries", "", "Give the folder that holds one GeoJSON for each council."
                )
            )
        frame = gpd.read_file(path)
        code = next(c for c in frame.columns if frame[c].astype(str).str.match(r"^[EW]05\d{6}$").all())
        parts.append(boundaries.check_boundaries(frame, path.name, code).rename(columns={code: "area_code"})[["area_code", "geometry"]])
    shapes = pd.concat(parts, ignore_index=True)
    geography.require_same_codes(pd.Index(shapes["area_code"]), pd.Index(data.wards["area_code"]), "boundaries", geography_rules().edition)
    return gpd.GeoDataFrame(shapes.sort_values("area_code", ignore_index=True), crs=boundaries.METRES)


def _cut(tables: dict[str, pd.DataFrame], mapped: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Keep small areas of the mapped councils only; every ward stays."""
    areas, small, observations = tables["areas"], tables["small_areas"], tables["observations"]
    wards = set(areas.loc[areas["council_code"].isin(mapped), "area_code"])
    # A small area keeps all its shares, also those in a neighbouring council, so that they sum to 1.
    kept = set(small.loc[small["area_code"].isin(wards), "small_area_code"])
    small = small[small["small_area_code"].isin(kept)]
    keep = (observations["level"] != "lsoa21") | observations["area_code"].isin(kept)
    return {**tables, "small_areas": small.reset_index(drop=True), "observations": observations[keep].reset_index(drop=True)}


def _head(data: Gathered, measured: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], today: date) -> dict[str, Any]:
    england = tables["observations"]
    england = england[(england["level"] == "ward") & england["area_code"].str.startswith("E")]
    version, calibration = judgement.threshold_versions()[judgement.current_thresholds()], {}
    for measure in RULE_MEASURES:
        counts = england.loc[england["measure"] == measure, "count"].dropna().astype(float)
        calibration[measure] = [round(float(counts.quantile(q))) for q in (version.low_quantile, version.high_quantile) if q is not None]
    sources = [
        {
            "id": s.id,
            "title": s.title,
            "publisher": s.publisher,
            "period": s.period,
            "url": s.url,
            "licence": s.licence,
            "attribution": s.attribution,
            "note": s.note,
            "files": [{"name": n, "sha256": h, "rows": r} for n, h, r in s.files],
        }
        for s in data.sources.values()
    ]
    return {
        "name": "England and Wales wards",
        "version": f"{today:%Y.%m}",
        "built_on": today.isoformat(),
        "edition": geography_rules().edition,
        "fit": "weighted by postcodes",
        "nations": ["England", "Wales"],
        "measured": measured,
        "calibration": calibration,
        "missing": list(MISSING),
        "source": sources,
    }


def _readme(head: Mapping[str, Any]) -> str:
    lines = [
        f"# {head['name']}, {head['edition']}, release {head['version']}",
        "",
        "Figures computed by Kept Open from published tables, rounded; see release.toml for every source.",
        "",
    ]
    lines += [
        "Counts are whole numbers shared onto wards by postcode; a rate is count divided by of. "
        "Boundaries are for display: join by code to your own.",
        "",
        "## Attribution",
        "",
    ]
    lines += [f"- {line}" for line in dict.fromkeys(source["attribution"] for source in head["source"])]
    lines += [
        "",
        "## Not held",
        "",
        *[f"- {gap['what']}: {gap['why']}" for gap in head["missing"]],
        "",
        f"Measures: {', '.join(measures())}.",
        "",
        f"Context for equality assessments (context.parquet), never scored: {', '.join(context_measures())}.",
    ]
    return "\n".join(lines) + "\n"
