"""The columns of the ward table, each declared once with its label, unit, note and source.

The table and its dictionary are both made from here, so they cannot disagree. Small counts are
hidden here too, before any table is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from exclusion import contracts
from exclusion.assessment import Assessment
from exclusion.export.sure import sure_table
from exclusion.judgement.score import Domain, Measure, measures, method_for
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.method.uncertainty import Uncertainty

SMALL = 10
FEWER = f"fewer than {SMALL}"
PROTECTS = f"left out: it would give away a figure of {FEWER}"

# A whole and its two parts: with one part hidden, the other and the whole would give it away.
WHOLES = {"age75": ("age75_84", "age85"), "disabled": ("disabled_lot", "disabled_little")}

MOST_AFFECTED = "0-100, 100 = most affected"
AREA_UNITS = {
    "population": "people",
    "households": "households",
    "straddle": "share 0-1",
    "error_p90": "share 0-1",
    "x": "metres, EPSG:27700",
    "y": "metres, EPSG:27700",
}

PEOPLE = "Residents aged 16 and over unlikely to use the internet"
_END = "blank when under 10, and when there is no estimate; never add ends of ranges"
PEOPLE_AT_2020 = (
    ("estimate_2020", "estimate", "people", "blank when under 10, and when there is no estimate; before any factor on the level"),
    ("low80", "lower end of the range that holds the number at 2020 rates 8 times in 10", "people", _END),
    ("high80", "higher end of the range that holds the number at 2020 rates 8 times in 10", "people", _END),
    ("low95", "lower end of the range that holds the number at 2020 rates 19 times in 20", "people", _END),
    ("high95", "higher end of the range that holds the number at 2020 rates 19 times in 20", "people", _END),
    ("wide", "wide range", "true or false", "the 8-in-10 range is wider than the estimate itself: read the number with care"),
    ("hidden", "why the estimate is left out", "", f"'{FEWER}'; blank with a blank estimate: there is none"),
)
"""Name, label, unit and note of each column of the estimate at 2020 rates, in the ward table and in the people table."""


@dataclass(frozen=True)
class Column:
    """One column: its machine name, its values, and what it means."""

    name: str
    values: pd.Series
    label: str
    unit: str = ""
    note: str = ""
    source: str = ""


def ward_columns(assessment: Assessment, sure: Uncertainty | None = None) -> Iterator[Column]:
    """Columns of the ward table in order, each indexed by ``area_code`` as ``assessment.areas`` is.

    ``sure``: how sure the bands are, for the same wards and weights; its columns come last.
    """
    figures = figures_shown(assessment.profile)
    yield from _place_columns(assessment)
    yield from _score_columns(assessment, figures)
    yield from _people_columns(assessment)
    for name, measure in measures().items():
        rows = figures[figures["measure"] == name]
        if len(rows):
            yield from _measure_columns(assessment, name, measure, rows)
    if sure is not None:
        yield from _sure_columns(assessment, sure)


# ------------------------------------------------------------------------ small counts


def figures_shown(profile: pd.DataFrame) -> pd.DataFrame:
    """The profile as it may leave the program: ``n`` renamed ``count``, small counts hidden."""
    return hide_small(profile.rename(columns={"n": "count"}))


def hide_small(figures: pd.DataFrame) -> pd.DataFrame:
    """The same figures with counts under 10 blank and a column ``hidden`` that says why.

    Parameters
    ----------
    figures
        One row per ``area_code`` and ``measure`` with ``count`` and any of ``of, value,
        percentile, low, high``.

    Returns
    -------
    DataFrame
        A copy. ``hidden`` is "fewer than 10", or says that the figure would give such a figure
        away (the other part of a whole), or is blank. In a hidden row count, value, percentile,
        low and high are blank; ``of`` stays. A count that was blank before stays unmarked: it is
        missing, not small.
    """
    table = figures.copy()
    counts = table.pivot(index="area_code", columns="measure", values="count").astype("float64")
    small = counts < SMALL
    protects = pd.DataFrame(False, index=counts.index, columns=counts.columns)
    for whole, (first, second) in WHOLES.items():
        if not {whole, first, second} <= set(counts.columns):
            continue
        for this, other in ((first, second), (second, first)):
            protects[this] = small[other] & ~small[this] & ~small[whole] & counts[this].notna()
    at = (small.index.get_indexer(pd.Index(table["area_code"])), small.columns.get_indexer(pd.Index(table["measure"])))
    table["hidden"] = np.select([small.to_numpy()[at], protects.to_numpy()[at]], [FEWER, PROTECTS], "")
    for column in ("count", "value", "percentile", "low", "high"):
        if column in table:
            table[column] = table[column].mask(table["hidden"] != "")
    return table


# ----------------------------------------------------------------------------- columns


def _place_columns(assessment: Assessment) -> Iterator[Column]:
    areas = pd.DataFrame(assessment.areas)
    for name, spec in contracts.TABLES["areas"].columns.items():
        values = pd.Series(areas.index, index=areas.index) if name == "area_code" else areas[name]
        yield Column(name, values, spec.description, AREA_UNITS.get(name, ""))
    # The letter keeps it text: read as a number, version 2026.10 is 2026.1.
    version = pd.Series(f"v{assessment.evidence.manifest.version}", index=areas.index, dtype=str)
    yield Column(
        "release_version", version, "Version of the data release: figures of two versions may differ", "", "text: v and the version"
    )


def _score_columns(assessment: Assessment, figures: pd.DataFrame) -> Iterator[Column]:
    scores = assessment.scores.reindex(assessment.areas.index)
    method = assessment.method.words
    columns = [
        ("scored", scores["scored"].eq(True), "Whether the ward has a score", "true or false", "a ward without every domain is not scored"),
        ("why_not", text(scores["why_not"]), "Why it has no score", "", ""),
        ("risk", number(scores["risk"], 3), "Digital-exclusion risk", "0-100, higher = more at risk", "not a share of people"),
        ("band", whole(scores["band"]), "Band", "1 Lowest to 5 Highest", "fifths of the nation's wards"),
        (
            "band_word",
            text(scores["band_word"]),
            "Band in words",
            "",
            "not a judgement on the place",
        ),
        ("national_median_risk", number(scores["national_median_risk"], 3), "Risk of the nation's middle ward", "0-100", ""),
        ("observed", number(scores["observed"], 6), "Share of the denominator we had data for", "share 0-1", "the least over the domains"),
    ]
    yield from (Column(name, values, label, unit, note, method) for name, values, label, unit, note in columns)
    hidden = {code: set(rows["measure"]) for code, rows in figures[figures["hidden"] != ""].groupby("area_code")}
    for name, domain in _domains(assessment).items():
        parts = {indicator.measure for indicator in domain.indicator}
        gives_away = pd.Series([not parts.isdisjoint(hidden.get(code, ())) for code in scores.index], index=scores.index)
        columns = [
            (
                "value",
                number(scores[f"value_{name}"], 6).mask(gives_away),
                "figure",
                "rate or score",
                f"blank if it gives away {FEWER}",
            ),
            ("percentile", number(scores[f"percentile_{name}"], 3), "percentile", MOST_AFFECTED, "among the nation's wards"),
            ("weight", number(scores[f"weight_{name}"], 6), "weight", "share 0-1", ""),
            (
                "contribution",
                number(scores[f"contribution_{name}"], 6),
                "contribution",
                "points of risk",
                "they add up to risk - 50",
            ),
        ]
        yield from (
            Column(f"domain_{name}_{what}", values, f"{domain.label}: {label}", unit, note, method)
            for what, values, label, unit, note in columns
        )


def _people_columns(assessment: Assessment) -> Iterator[Column]:
    people = assessment.people.reindex(assessment.areas.index)
    source = "our estimate, rounded to 10"
    note = assessment.people_estimate.definition
    scale = assessment.people_estimate.scale
    why = "times the factor that was set" if scale.own else f"times {scale.low:g}, for the fall since 2020: lower than people_low80"
    yield Column("people_low", whole(people["low"]), f"{PEOPLE}: lower figure ({why})", "people", note, source)
    yield Column("people_high", whole(people["high"]), f"{PEOPLE}: higher figure", "people", note, source)
    yield Column("people_label", text(people["label"]), f"{PEOPLE}: in words", "", f"'{FEWER}' and 'no estimate' are not 0", source)
    for name, label, unit, note in PEOPLE_AT_2020:
        values = people_shown(people)[name]
        yield Column(f"people_{name}", values, f"{PEOPLE}, at 2020 rates: {label}", unit, note, source)


def people_shown(people: pd.DataFrame) -> pd.DataFrame:
    """The columns of :data:`PEOPLE_AT_2020` of a table of :mod:`exclusion.people`, small estimates blank and marked."""
    shown = {name: whole(people[name]) for name in ("estimate_2020", "low80", "high80", "low95", "high95")}
    known = people["estimate_raw"].notna()
    hidden = known & people["estimate_2020"].isna()
    shown["wide"] = people["wide"].astype("boolean").where(known & ~hidden)
    shown["hidden"] = pd.Series(np.where(hidden, FEWER, ""), index=people.index, dtype=object)
    return pd.DataFrame(shown)


def _sure_columns(assessment: Assessment, sure: Uncertainty) -> Iterator[Column]:
    """How sure each band is: the columns of :func:`sure_table`, told apart from those of the score by their names."""
    table = sure_table(assessment, sure).set_index("area_code")
    rules = uncertainty_rules()
    ends = f"{100 * (1 - 2 * rules.interval[0]):.0f} of 100 runs lie within"
    tried = "worked out over every method, with figures and weights a little off; not a place among wards"
    told = {
        "band_low": ("Lowest band the ward could be in", "1-5, 5 = most affected", f"{ends}; {tried}"),
        "band_high": ("Highest band the ward could be in", "1-5, 5 = most affected", f"{ends}; {tried}"),
        "chance": ("Chance of being in the nation's most affected fifth", "0-1", f"the share of all runs; {tried}"),
        "word": (
            "Whether that is clear, and which way",
            "",
            f"clear from {rules.clear_from:g} up and to {rules.clear_to:g}; unclear does not mean that there is no need",
        ),
        "against_band": ("The chance points another way than the band", "true or false", "read such a band with care"),
        "driver": ("What moves the ward's place most", "", "one of method, weights, geography and data"),
    }
    for name, (label, unit, note) in told.items():
        blank = "; blank where the ward is not scored"
        yield Column(f"sure_{name}", table[name], label, unit, note + blank, f"our trial of every method, seed {rules.seed}")


def _measure_columns(assessment: Assessment, name: str, measure: Measure, figures: pd.DataFrame) -> Iterator[Column]:
    rows = figures.set_index("area_code").reindex(assessment.areas.index)
    unit, counted = measure.unit, measure.counted
    share = f"share of {measure.of}, 0-1" if counted else unit
    hidden = f"'{FEWER}', or it would give such a figure away"
    known = measures()
    inside = ", ".join(known[part].short for part in measure.includes)
    limits = " ".join(part for part in (measure.limits, f"Includes {inside}; do not add them up." if inside else "") if part)
    columns = [
        ("count", whole(rows["count"]), "number", unit, limits),
        ("of", whole(rows["of"]), "out of", measure.of, measure.limits),
        ("value", number(rows["value"], 6), "share" if counted else "value", share, limits),
        ("percentile", number(rows["percentile"], 3), "percentile in the nation", "0-100, 100 = the largest share", measure.limits),
        ("low", whole(rows["low"]), "lower end of the number", unit, "blank where the number needs no range"),
        ("high", whole(rows["high"]), "higher end of the number", unit, "blank where the number needs no range"),
        ("fit", text(rows["fit"]), "how it came onto the ward", "", "published, best_fit, weighted, area, council_wide, estimated, own"),
        ("hidden", text(rows["hidden"]), "why it is left out", "", hidden),
    ]
    source = source_words(assessment, rows)
    for what, values, label, its_unit, note in columns:
        if counted or what in ("value", "percentile", "fit"):
            yield Column(f"{name}_{what}", values, f"{measure.short}: {label}", its_unit, note, source)


def _domains(assessment: Assessment) -> dict[str, Domain]:
    """Domains of the nations at hand, in the order of their presets, where the scores have them."""
    found: dict[str, Domain] = {}
    for nation in dict.fromkeys(assessment.areas["nation"]):
        preset = method_for(nation)
        for domain in preset.domain if preset else ():
            if f"percentile_{domain.id}" in assessment.scores:
                found.setdefault(domain.id, domain)
    return found


def source_words(assessment: Assessment, rows: pd.DataFrame) -> str:
    """Title and date of the sources behind some rows."""
    pairs = rows[["source", "period"]].dropna().drop_duplicates().itertuples(index=False)
    known = assessment.evidence.manifest.sources
    return "; ".join(f"{known[source].title if source in known else source} ({period})" for source, period in pairs)


def number(values: pd.Series, places: int) -> pd.Series:
    """Rounded, with no minus zero: two runs must print the same text."""
    return pd.to_numeric(values).astype("float64").round(places) + 0.0


def whole(values: pd.Series) -> pd.Series:
    """Whole numbers that may be blank."""
    return pd.to_numeric(values).astype("Float64").round().astype("Int64")


def text(values: pd.Series) -> pd.Series:
    """Text, with nothing as nothing."""
    return values.astype("object").where(values.notna(), "").astype(str)
