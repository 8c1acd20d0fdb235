"""The national map in words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from exclusion import maps, national
from exclusion.judgement.score import measures
from exclusion.language import mark, tr
from exclusion.maps import Shade
from exclusion.words import percent

COUNCIL_SHADES = tuple(
    Shade(str(number), word, shade.fill, shade.ink) for number, (word, shade) in enumerate(zip(national.CLASSES, maps.BANDS, strict=True))
)
"""Councils by the share of their wards in bands 4 and 5."""
NOT_BOUNDARIES = mark(
    "The shapes are drawn around the middle of each ward, because we hold no outlines for the whole country. They are not boundaries."
)
ELSEWHERE = Shade(maps.NO_FIGURE, mark("Another nation, or not scored"), maps.GREY)


def council_rows(councils: pd.DataFrame) -> pd.DataFrame:
    """Councils of one nation by name: wards in each band, and the class; counts, never a mean of scores."""
    table = pd.DataFrame({tr("Council"): councils["area_name"], tr("Wards"): [str(number) for number in councils["wards"]]})
    for number, shade in enumerate(maps.BANDS, start=1):
        table[tr("Band {label}", label=shade.label)] = [str(many) if scored else "–" for many, scored in _pairs(councils, f"band_{number}")]
    table[tr("Wards in bands 4 and 5")] = [
        tr("Not scored") if pd.isna(place) else COUNCIL_SHADES[int(place)].label for place in councils["place"]
    ]
    return table


def _pairs(councils: pd.DataFrame, name: str) -> list[tuple[int, int]]:
    return list(zip(councils[name], councils["scored"], strict=True))


def ward_rows(wards: pd.DataFrame) -> pd.DataFrame:
    """Wards of one nation by name, with their council and band; a table to filter, so numbers stay numbers."""
    words = [maps.NOT_SCORED.label if pd.isna(band) else maps.BANDS[int(band) - 1].label for band in wards["band"]]
    table = pd.DataFrame({tr("Ward"): wards["area_name"], tr("Council"): wards["council_name"], tr("Band"): words, tr("Code"): wards.index})
    return table.sort_values([tr("Ward"), tr("Council")], kind="stable")


def alike_rows(found: pd.DataFrame, own: pd.Series[Any], councils: pd.DataFrame) -> pd.DataFrame:
    """A council and those like it, by name: the class of each, and the share of each measure they were found alike by."""
    named = {name: tr(measure.short) for name, measure in measures().items()}
    both = pd.concat([own.to_frame().T, found.drop(columns=["council_name", "apart"])]) if len(found) else own.to_frame().T
    table = pd.DataFrame({tr("Council"): councils["area_name"].reindex(both.index)})
    table[tr("Wards in bands 4 and 5")] = [
        tr("Not scored") if pd.isna(place) else COUNCIL_SHADES[int(place)].label for place in councils["place"].reindex(both.index)
    ]
    for name in both.columns:
        table[named.get(name, name)] = [tr("not known") if pd.isna(value) else percent(float(value)) for value in both[name]]
    return table.sort_values(tr("Council"))


def small_area_rows(small: pd.DataFrame, domains: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """Small areas of one ward by name: residents, whether among the nation's most affected tenth, and the place of each part."""
    table = pd.DataFrame(
        {tr("Small area"): small["area_name"] + " (" + small.index + ")", tr("Residents"): [f"{n:,.0f}" for n in small["population"]]}
    )
    table[tr("Among the nation's most affected tenth")] = [
        tr("not known") if pd.isna(one) else tr("Yes") if one else tr("No") for one in small["tenth"]
    ]
    for name, label in domains:
        places = small.get(f"percentile_{name}", pd.Series(float("nan"), small.index))
        table[label] = [tr("not known") if pd.isna(place) else tr("{place:.0f} of 100", place=place) for place in places]
    return table.sort_values(tr("Small area"))


SMALL_SHADES = (
    Shade("0", mark("Not among the most affected tenth"), maps.BANDS[0].fill),
    Shade("1", mark("Among the most affected tenth"), maps.BANDS[4].fill, "#ffffff"),
)
