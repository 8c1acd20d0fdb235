"""Tables for other tools: what an assessment says, in columns a machine can rely on."""

from __future__ import annotations

import pandas as pd

from exclusion import __version__, contracts, people, provision
from exclusion.assessment import Assessment
from exclusion.export.columns import (
    FEWER,
    PEOPLE,
    PEOPLE_AT_2020,
    SMALL,
    figures_shown,
    hide_small,
    number,
    people_shown,
    ward_columns,
    whole,
)
from exclusion.judgement.score import measures
from exclusion.method.uncertainty import Uncertainty
from exclusion.sources.boundaries import NATION_CODE

OBSERVATIONS = (
    *("level", "area_code", "area_name", "measure", "label", "unit", "count", "of", "value", "percentile", "nation_value"),
    *("low", "high", "observed", "fit", "source", "period", "hidden"),
)
SOURCES = ("id", "title", "publisher", "period", "licence", "url", "attribution", "note")
PEOPLE_BY = (
    ("area_code", contracts.TABLES["areas"].columns["area_code"].description, "", ""),
    ("area_name", contracts.TABLES["areas"].columns["area_name"].description, "", ""),
    ("council_name", contracts.TABLES["areas"].columns["council_name"].description, "", ""),
    (
        "age",
        "Age group; all = 16 and over",
        "",
        "rows of all hold the others, with a range of their own: do not add rows of all to the others",
    ),
    ("age_label", "Age group in words", "years", ""),
    (
        "disability",
        "disabled, not disabled or all",
        "",
        "disabled: day-to-day activities limited a little or a lot; all holds both: do not add rows of all to the others",
    ),
    ("residents", "Residents of that age and disability", "people", "worked out from the ward's two figures; blank under 10"),
)
CAUTIONS = (
    "These figures describe an area, not the people in it. "
    "Most residents of any ward can use online services; some residents of every ward cannot.",
    "Bands are fifths of the nation's wards, not ranks. Each nation is scored within itself; nations must not be compared.",
    f"Blank means not known, or {FEWER} where the column says so. It never means none.",
)
NO_SERVICE = "No service was chosen, so nothing was looked for: there is no table of findings."
PLACES = {"count": 1, "of": 1, "low": 1, "high": 1, "value": 6, "nation_value": 6, "percentile": 3, "observed": 6}


def wards_table(assessment: Assessment, sure: Uncertainty | None = None) -> pd.DataFrame:
    """One row per ward: codes, score, people, and every measure.

    Parameters
    ----------
    sure
        What :func:`exclusion.method.uncertainty.uncertainty` found for the same wards and weights;
        adds the columns ``sure_...``: how sure each band is.

    Returns
    -------
    DataFrame
        Columns as :func:`dictionary` lists them, in the order of ``assessment.areas``. Shares are
        0-1 (6 decimals), percentiles 0-100 within the nation, counts of people
        or households are whole numbers. Gaps are blank, never 0; counts under 10 are blank and
        named in the column ``<measure>_hidden``.
    """
    return pd.DataFrame({column.name: column.values for column in ward_columns(assessment, sure)}).reset_index(drop=True)


def findings_table(assessment: Assessment) -> pd.DataFrame:
    """What to keep open, where and why: the columns of the ``findings`` contract, in its order.

    What was not assessed has a row for every way in it could have been about (:func:`exclusion.provision.by_way_in`).
    """
    return provision.by_way_in(contracts.check(assessment.findings, "findings", "findings"), assessment.services)


def observations_table(assessment: Assessment) -> pd.DataFrame:
    """Every figure, long: one row per area and measure, for the wards, their councils and nations.

    Returns
    -------
    DataFrame
        ``level, area_code, area_name, measure, label, unit, count, of, value, percentile,
        nation_value, low, high, observed, fit, source, period, hidden``. ``percentile`` and
        ``nation_value`` are given for wards only; a measure that is not a count has no ``count``.
    """
    areas, evidence, known = assessment.areas, assessment.evidence, measures()
    everything = evidence.observations
    here = [NATION_CODE[nation] for nation in areas["nation"].unique() if nation in NATION_CODE]
    nations = (everything["level"] == "nation") & everything["area_code"].isin(here)
    wider = everything[everything["area_code"].isin(assessment.councils) | nations]
    table = pd.concat([figures_shown(assessment.profile).assign(level="ward"), hide_small(wider)], ignore_index=True)
    names = {**areas["area_name"].to_dict(), **dict(zip(areas["council_code"], areas["council_name"], strict=True))}
    names |= {code: nation for nation, code in NATION_CODE.items()}
    table = table.assign(
        area_name=table["area_code"].map(names).fillna(""),
        label=[known[m].label if m in known else m for m in table["measure"]],
        unit=[known[m].unit if m in known else "" for m in table["measure"]],
        **{name: number(table[name], places) for name, places in PLACES.items()},
    )
    order = table.assign(
        level=pd.Categorical(table["level"], ["ward", "council", "nation"], ordered=True),
        area_code=pd.Categorical(table["area_code"], [*areas.index, *sorted(set(table["area_code"]) - set(areas.index))], ordered=True),
        measure=pd.Categorical(table["measure"], [*known, *sorted(set(table["measure"]) - set(known))], ordered=True),
    ).sort_values(["level", "area_code", "measure"])
    return table.loc[order.index, list(OBSERVATIONS)].reset_index(drop=True)


def people_table(assessment: Assessment) -> pd.DataFrame:
    """Residents unlikely to use the internet by age and disability: one row per ward, age and disability.

    Returns
    -------
    DataFrame
        ``area_code, area_name, council_name, age, age_label, disability, residents`` and the estimate
        at 2020 rates (:data:`exclusion.export.columns.PEOPLE_AT_2020`), in the order of
        ``assessment.areas``. ``disability`` is disabled, not disabled or all; the age ``all`` is 16
        and over. Everything is rounded to 10 by itself, so rows need not add up, and blank under 10.
    """
    parts = people.breakdown(assessment.people_estimate, list(assessment.areas.index))
    places = pd.DataFrame(assessment.areas)[["area_name", "council_name"]].reindex(parts["area_code"])
    residents = whole((parts["people"] / 10).round() * 10).where(parts["people"].ge(SMALL).fillna(False))
    front = parts[["area_code", "age", "age_label", "disability"]].assign(residents=residents)
    front.insert(1, "area_name", places["area_name"].to_numpy())
    front.insert(2, "council_name", places["council_name"].to_numpy())
    return pd.concat([front, people_shown(parts)], axis=1)


def services_by_ward(assessment: Assessment) -> pd.DataFrame:
    """Which services could move first, and where: wards down, services across.

    Returns
    -------
    DataFrame
        ``area_code, area_name, council_name`` and one column per service: how many ways in to keep
        open there beyond the council-wide minimum. 0 means that no reason was found in the rules
        checked, blank means not assessed, or not run by councils there.
    """
    summaries = assessment.summaries
    keep = summaries["keep"].astype("Int64").mask(summaries["summary"].isin(contracts.NO_ANSWER))
    wide = summaries.assign(keep=keep).pivot(index="area_code", columns="service_id", values="keep")
    wide = wide.reindex(index=assessment.areas.index, columns=[service.id for service in assessment.services]).astype("Int64")
    places = pd.DataFrame(assessment.areas)[["area_name", "council_name"]]
    return pd.concat([places, wide], axis=1).rename_axis(index="area_code").reset_index()


def small_areas_table(assessment: Assessment) -> pd.DataFrame:
    """Small areas that feed the wards, one row a pair: the ``small_areas`` contract. Empty where the release holds none."""
    small = assessment.evidence.small_areas
    return small[small["area_code"].isin(assessment.areas.index)].sort_values(["area_code", "small_area_code"], ignore_index=True)


def about_table(assessment: Assessment) -> pd.DataFrame:
    """What the tables rest on, so that a copy can be told from another: ``what, words``, one fact a row."""
    manifest = assessment.evidence.manifest
    facts = [
        ("program", f"exclusion {__version__}"),
        ("release", f"{manifest.name}, version {manifest.version}, built on {manifest.built_on}"),
        ("edition", manifest.edition),
        ("method", assessment.method.words),
        ("people", f"{PEOPLE}: {assessment.people_estimate.definition}"),
        ("thresholds", f"version {assessment.thresholds_version}"),
        *(
            ("service", f"{service.service_name} ({service.id}), profile version {service.profile_version}")
            for service in assessment.services
        ),
        *([] if assessment.services else [("service", NO_SERVICE)]),
        *(("note", notice) for notice in assessment.notices),
        *(("caution", caution) for caution in CAUTIONS),
    ]
    return pd.DataFrame(facts, columns=["what", "words"])


def sources_table(assessment: Assessment) -> pd.DataFrame:
    """Where the figures come from: ``id, title, publisher, period, licence, url, attribution, note``."""
    sources = assessment.evidence.manifest.sources.values()
    return pd.DataFrame([[getattr(source, name) for name in SOURCES] for source in sources], columns=list(SOURCES))


def dictionary(assessment: Assessment, sure: Uncertainty | None = None) -> pd.DataFrame:
    """What every column of the exported tables means: ``table, column, label, unit, note, source``."""
    rows = [("wards", c.name, c.label, c.unit, c.note, c.source) for c in ward_columns(assessment, sure)]
    if assessment.services:
        rows += [("findings", name, spec.description, "", "", "") for name, spec in contracts.TABLES["findings"].columns.items()]
    described = {name: spec.description for name, spec in contracts.TABLES["observations"].columns.items()} | {
        "area_name": "Name of the ward, council or nation",
        "label": "The measure in words",
        "unit": "What is counted",
        "percentile": "Place of the ward among all wards of its nation, 0-100; 100 = the largest value",
        "nation_value": "The same share or mean for the nation",
        "hidden": f"Why a figure is left out: '{FEWER}', or it would give such a figure away",
    }
    add = {"measure": "some measures include others, as the notes on the columns of wards say: do not add those up"}
    rows += [("observations", name, described[name], "", add.get(name, ""), "") for name in OBSERVATIONS]
    ours = "our estimate, rounded to 10"
    rows += [("people", name, label, unit, note, ours if name == "residents" else "") for name, label, unit, note in PEOPLE_BY]
    rows += [("people", name, f"{PEOPLE}, at 2020 rates: {label}", unit, note, ours) for name, label, unit, note in PEOPLE_AT_2020]
    return pd.DataFrame(rows, columns=["table", "column", "label", "unit", "note", "source"])
