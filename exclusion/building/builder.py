"""Build a release from a folder of published tables: the slow half, done once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion import geography, judgement, release_write
from exclusion.building import gathering, tabulate
from exclusion.building.gathering import Gathered
from exclusion.contracts import NATIONS, Problem, SourceUnreachable
from exclusion.judgement.characteristics import context_measures
from exclusion.judgement.score import geography_rules, measures, nation_figures
from exclusion.sources import boundaries
from exclusion.words import join_words

Progress = Callable[[str, float], None]
BUNDLED_COUNCILS = ("E06000009", "E07000124", "E09000030")
RULE_MEASURES = ("age75", "lone66_est", "disabled_lot", "income_dep", "older_income_dep", "poor_english", "no_car", "far_help", "carers")
"""Measures whose national counts set the thresholds of the rules."""


def build(
    source: str | Path,
    out: str | Path,
    *,
    mapped: Sequence[str] | None = None,
    embedded: str | Path | None = None,
    nations: Sequence[str] | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a release of some nations from published tables.

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
    nations
        Names of nations; None builds every nation whose files are all in the folder. England and
        Wales are always there.
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
    built = gathering.chosen(folder, nations)
    say(f"Reading published tables of {join_words(built)}", 0.02)
    data = gathering.gather(folder, built)
    say("Locating postcodes in small areas and wards", 0.25)
    points = gathering.locate(data)
    best_fit = data.small.set_index("small_area_code")["best_fit"]
    by_postcode = geography.shares_by_postcode(points, best_fit, geography_rules().smallest_share)
    shares = pd.concat([by_postcode, data.shared_by_area], ignore_index=True) if len(data.shared_by_area) else by_postcode
    say("Summing small areas to wards", 0.6)
    tables, measured = tabulate.tables(data, points, shares, best_fit)
    say("Writing the release", 0.9)
    shapes = _shapes(data, mapped, embedded)
    if mapped is not None:
        tables = _cut(tables, mapped)
    head = _head(data, measured, tables, today or date.today())
    path = release_write.write(out, head, tables, shapes, _readme(head), quick=mapped is None)  # the whole country stays on one machine
    say("Done", 1.0)
    return path


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
        "name": f"{_named(data.nations)} wards",
        "version": f"{today:%Y.%m}",
        "built_on": today.isoformat(),
        "edition": geography_rules().edition,
        "fit": "weighted by postcodes" + (" (Northern Ireland: by area)" if len(data.shared_by_area) else ""),
        "nations": list(data.nations),
        "measured": measured,
        "calibration": calibration,
        "missing": _missing(data.nations),
        "source": sources,
    }


def _named(nations: Sequence[str]) -> str:
    return "United Kingdom" if len(nations) == len(NATIONS) else join_words(list(nations))


def _missing(nations: Sequence[str]) -> list[dict[str, str]]:
    """What these nations lack, and the nations that are not here."""
    known = [one.model_dump() for name in ("everywhere", *nations) for one in nation_figures()[name].missing]
    return known + [{"what": nation, "why": "Not in this release."} for nation in NATIONS if nation not in nations]


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
