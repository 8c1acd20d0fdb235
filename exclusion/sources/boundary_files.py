"""Shapes that are not on ONS Open Geography: Scotland's data zones, Northern Ireland's super data zones and super output areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import areas_of, shapes_of


def fetch(fetcher: Fetcher, addresses: Mapping[str, Any], name: str) -> pd.DataFrame:
    """One layer: its code and name under our headings, and its geometry in degrees.

    Raises
    ------
    SourceUnreachable, DataRefused
        When it cannot be had, or is of another edition.
    """
    about = addresses["boundary_files"][name]
    ask = Ask(about["source"], about["url"], about["page"], {}, tuple(about["by_hand"]), 300_000_000, "zip")
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        frame = shapes_of(ask, got, about["member"], about["metres"])
        plain = {str(column).casefold(): column for column in frame.columns}
        lacking = [said for said in (about["code"], about["name"]) if said.casefold() not in plain]
        if lacking:
            raise DataRefused(
                ask.problem(f"lacks the field '{lacking[0]}'", ", ".join(map(str, frame.columns))[:160], "It may be of another edition.")
            )
        wanted = {plain[about["code"].casefold()]: about["our_code"], plain[about["name"].casefold()]: about["our_name"]}
        table = frame[[*wanted, "geometry"]].rename(columns=wanted)
        areas_of(ask, table[about["our_code"]], about["pattern"], about["rows"], about["what"])
    except DataRefused:
        fetcher.forget(ask)
        raise
    table.attrs = frame.attrs
    found: pd.DataFrame = table.sort_values(about["our_code"], ignore_index=True)
    return found
