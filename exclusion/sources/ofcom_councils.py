"""Ofcom Connected Nations by council, all four nations: below the universal service, and indoor 4G of any operator.

In the file on mobile coverage a blank cell means zero: no premises are out of every operator's reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources import Source, archive, arrive
from exclusion.sources.asking import Ask
from exclusion.sources.connectivity import OFCOM_FIXED
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import column_of, csv_of, numbers_of

FILE = "connectivity/ofcom_lad_live.csv.gz"
COUNCIL = r"^(E0[6-9]|W06|S12|N09)\d{6}$"
BELOW_USO = "% of premises below the USO"
NO_INDOOR_4G = "4G_prem_in_0"


def fetch(fetcher: Fetcher, addresses: Mapping[str, Any]) -> pd.DataFrame:
    """``area_code, measure, value, period``: shares of premises between 0 and 1.

    Raises
    ------
    SourceUnreachable, DataRefused
        When either file cannot be had, or does not hold every council once.
    """
    recoded: Mapping[str, str] = addresses["recoded"]
    fixed = _table(fetcher, addresses["ofcom"], "councils_fixed", BELOW_USO, recoded, blank=None)
    mobile = _table(fetcher, addresses["ofcom"], "councils_mobile", NO_INDOOR_4G, recoded, blank=0.0)
    parts = [
        fixed.assign(measure="below_uso", value=(fixed["value"] / 100).round(6)),
        mobile.assign(measure="indoor_4g_any", value=(1 - mobile["value"] / 100).round(6)),
    ]
    both = pd.concat(parts, ignore_index=True)[["area_code", "measure", "value", "period"]]
    return both.sort_values(["measure", "area_code"], ignore_index=True)


def _table(
    fetcher: Fetcher, about: Mapping[str, Any], name: str, heading: str, recoded: Mapping[str, str], blank: float | None
) -> pd.DataFrame:
    entry = about[name]
    url = f"{about['base'].rstrip('/')}/{entry['path']}"
    ask = Ask(
        f"{about['source']}, {entry['title']}", url, about["page"], {}, tuple(entry["by_hand"]), entry["largest"], "zip", about["agent"]
    )
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        _, content = archive.member(ask, got, entry["members"])
        raw = csv_of(ask, content)
        raw.columns = pd.Index([" ".join(str(c).split()) for c in raw.columns])
        codes = raw[column_of(ask, raw, "laua")] if list(raw.columns).count("laua") != 1 else raw["laua"]
        cells = raw[column_of(ask, raw, heading)]
        if blank is not None:
            cells = cells.fillna(str(blank))
        here = codes.fillna("").str.match(COUNCIL)
        codes, values = codes[here], numbers_of(ask, cells[here], heading, codes[here])
        if not values.between(0, 100).all():
            raise DataRefused(ask.problem(f"holds a percentage that is none in '{heading}'", str(values.max())))
        codes = codes.map(lambda code: recoded.get(code, code))
        if codes.nunique() != entry["councils"] or codes.duplicated().any():
            raise DataRefused(
                ask.problem(f"holds {codes.nunique():,} councils in {len(codes):,} rows; {entry['councils']} were expected", "",
                            "It may be cut off, or of another year.")
            )  # fmt: skip
        return pd.DataFrame({"area_code": codes, "value": values, "period": entry["period"]}).reset_index(drop=True)
    except DataRefused:
        fetcher.forget(ask)
        raise


def read(folder: Path) -> tuple[list[Source], pd.DataFrame] | None:
    """``area_code, measure, value, source, period`` as fetched; None where it was not."""
    if not (folder / FILE).is_file():
        return None
    arrived = arrive(folder, FILE, key=["area_code", "measure"], numbers=["value"], texts=["period"], code=COUNCIL)
    table = arrived.table
    sources = []
    for measure, words in (("below_uso", "premises below the universal service obligation"), ("indoor_4g_any", "indoor 4G")):
        period = str(table.loc[table["measure"] == measure, "period"].iloc[0])
        sources.append(
            Source(
                id=f"ofcom_{measure}_{period.replace('-', '_')}",
                title=f"Connected Nations: {words}, by council",
                publisher="Ofcom",
                period=period,
                url=OFCOM_FIXED.url,
                attribution=OFCOM_FIXED.attribution,
                note="By council only, as predicted by operators." if measure == "indoor_4g_any" else "By council only. All premises.",
                files=(arrived.file,),
            )
        )
    told = dict(zip(("below_uso", "indoor_4g_any"), sources, strict=True))
    return sources, table.assign(source=table["measure"].map({name: source.id for name, source in told.items()}))
