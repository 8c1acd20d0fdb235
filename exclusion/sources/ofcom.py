"""Ofcom Connected Nations: premises by output area, summed to small areas (LSOA 2021).

Ofcom publishes counts for output areas inside zip files whose names and folders change with every
release, behind a door that refuses plain clients. Output areas nest in small areas, so the counts add
up; Ofcom's own percentages are never averaged.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources import Source, archive, arrive, counts
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher

FILE = "connectivity/ofcom_fixed_lsoa21.csv.gz"
VOICE_FILE = "connectivity/voice_gap_lsoa21.csv"
SMALL_AREA = r"^[EW]01\d{6}$"
OUTPUT_AREA = r"^[EW]00\d{6}$"
COLUMNS = {
    "premises": "All Premises",
    "below_10mbps": "Number of premises unable to receive 10Mbit/s",
    "below_30mbps": "Number of premises unable to receive 30Mbit/s",
    "below_uso": "Number of premises below the USO",
}
PAGE = "https://www.ofcom.org.uk/phones-and-broadband/coverage-and-speeds/infrastructure-research"
ATTRIBUTION = "Contains Ofcom data licensed under the Open Government Licence v3.0"


def fetch_output_areas(fetcher: Fetcher, addresses: Mapping[str, Any], lookup: pd.DataFrame) -> pd.DataFrame:
    """Premises by small area of England and Wales.

    Parameters
    ----------
    lookup
        ``OA21CD, LSOA21CD`` of every output area.

    Returns
    -------
    ``lsoa21cd, output_areas, premises, below_10mbps, below_30mbps, below_uso, period``, one row a small
    area. An output area that Ofcom leaves out holds no premises it knows of; a small area none of whose
    output areas is there is left out, not zero.
    """
    about, entry = addresses["ofcom"], addresses["ofcom"]["output_areas"]
    ask = Ask(
        f"{about['source']}, fixed coverage by output area",
        f"{about['base'].rstrip('/')}/{entry['path']}",
        about["page"],
        {},
        tuple(entry["by_hand"]),
        entry["largest"],
        "zip",
        about["agent"],
    )
    got = fetcher.get(ask)
    ask = ask.answered(got)
    try:
        name, content = archive.member(ask, got, entry["members"])
        fetcher.say(f"{about['source']}: reading {name.rsplit('/', 1)[-1]}", -1)
        return _sums(ask, name, content, lookup, entry["fewest_matched"]).assign(period=entry["period"])
    except DataRefused:
        fetcher.forget(ask)
        raise


def _sums(ask: Ask, name: str, content: bytes, lookup: pd.DataFrame, fewest: float) -> pd.DataFrame:
    table = _read(ask, name, content)
    here = table[table["output_area"].str.match(OUTPUT_AREA)]
    if here["output_area"].duplicated().any():
        twice = here.loc[here["output_area"].duplicated(), "output_area"]
        raise DataRefused(ask.problem(f"holds {len(twice):,} output areas twice", str(twice.iloc[0]), f"In {name}."))
    joined = here.merge(lookup, left_on="output_area", right_on="OA21CD", how="left")
    matched = joined["LSOA21CD"].notna().mean() if len(joined) else 0.0
    of_ours = lookup["OA21CD"].isin(here["output_area"]).mean()
    if matched < fewest or of_ours < fewest:
        raise DataRefused(
            ask.problem(
                f"names output areas of another census: {matched:.1%} of its codes are ours, and it holds {of_ours:.1%} of ours",
                name.rsplit("/", 1)[-1],
                "Releases before 2025 use the areas of 2011; take a later one.",
            )
        )
    over = here[here[["below_10mbps", "below_30mbps", "below_uso"]].gt(here["premises"], axis=0).any(axis=1)]
    if len(over):
        raise DataRefused(
            ask.problem("counts more premises without a service than premises", str(over["output_area"].iloc[0]), f"In {name}.")
        )
    sums = joined.dropna(subset=["LSOA21CD"]).groupby("LSOA21CD")[list(COLUMNS)].sum().astype("int64")
    sums.insert(0, "output_areas", joined.groupby("LSOA21CD")["output_area"].size())
    return sums.rename_axis("lsoa21cd").reset_index()


def _read(ask: Ask, name: str, content: bytes) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    try:
        header = list(pd.read_csv(io.StringIO(text), nrows=0).columns)
        found = {
            want: next((c for c in header if _plain(c) == _plain(said)), "")
            for want, said in {"output_area": "output_area", **COLUMNS}.items()
        }
        if missing := [said for want, said in {"output_area": "output_area", **COLUMNS}.items() if not found[want]]:
            raise DataRefused(
                ask.problem(f"lacks the column '{missing[0]}'", ", ".join(header[:5])[:120], f"In {name}; it may have been renamed.")
            )
        table = pd.read_csv(io.StringIO(text), usecols=list(found.values()), dtype=str)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataRefused(
            ask.problem(f"sent a table that cannot be read: {error}", name, "It may be cut off; run the same again.")
        ) from None
    table = table.rename(columns={said: want for want, said in found.items()})
    table["output_area"] = table["output_area"].fillna("").str.strip()
    for column in COLUMNS:
        values = pd.to_numeric(table[column].str.replace(",", ""), errors="coerce")
        wrong = values.isna() | (values < 0)
        if wrong.any():
            raise DataRefused(
                ask.problem(
                    f"holds no number in '{COLUMNS[column]}' at {table.loc[wrong, 'output_area'].iloc[0]}",
                    str(table.loc[wrong, column].iloc[0]),
                    f"In {name}.",
                )
            )
        table[column] = values
    return table


def _plain(text: str) -> str:
    """Letters and digits alone: spaces and capitals of these headings vary between releases."""
    return "".join(c for c in text.casefold() if c.isalnum())


# ------------------------------------------------------------------ what the builder reads


def read_fixed(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]] | None:
    """``bb_decent`` (cannot get 10 Mbit/s) and ``bb_superfast`` (cannot get 30) by small area; None where it was not fetched."""
    if not (folder / FILE).is_file():
        return None
    numbers = ["premises", "below_10mbps", "below_30mbps"]
    arrived = arrive(folder, FILE, key="lsoa21cd", numbers=numbers, texts=["period"], code=SMALL_AREA)
    table = arrived.table.set_index("lsoa21cd").sort_index()
    period = str(table["period"].iloc[0])
    source = Source(
        id=f"ofcom_oa_{period.replace('-', '_')}",
        title="Connected Nations: fixed broadband coverage by output area, summed to small areas",
        publisher="Ofcom",
        period=period,
        url=PAGE,
        attribution=ATTRIBUTION,
        note="All premises, availability and not take-up. Counts of output areas added up; percentages are not averaged.",
        files=(arrived.file,),
    )
    return source, {
        "bb_decent": counts(table["below_10mbps"], table["premises"]),
        "bb_superfast": counts(table["below_30mbps"], table["premises"]),
    }


def read_voice(folder: Path) -> tuple[Source, dict[str, pd.DataFrame]] | None:
    """``voice_gap`` by small area from a file put there by hand; None where there is none.

    Nobody publishes indoor voice coverage below council level, so there is nothing to fetch. Whoever
    has it from an operator or a survey puts ``lsoa21cd, premises, no_indoor_voice`` there.
    """
    if not (folder / VOICE_FILE).is_file():
        return None
    arrived = arrive(folder, VOICE_FILE, key="lsoa21cd", numbers=["premises", "no_indoor_voice"], code=SMALL_AREA)
    table = arrived.table.set_index("lsoa21cd").sort_index()
    source = Source(
        id="voice_by_hand",
        title="Premises with no reliable indoor mobile voice signal, as supplied",
        publisher="As supplied, not an official figure",
        period="",
        url="",
        licence="As agreed with its owner",
        attribution="Indoor voice coverage as supplied by the user of this release",
        files=(arrived.file,),
    )
    return source, {"voice_gap": counts(table["no_indoor_voice"], table["premises"])}
