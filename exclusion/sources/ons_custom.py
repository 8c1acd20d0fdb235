"""ONS "create a custom dataset": cross-tables of Census 2021 by small area.

Where a combination could point at people ONS leaves the area out of the answer without a word: every area
asked for is looked for, and those left out are returned by name. Categories that do not apply come as
``-8`` with a count of 0 and are dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask
from exclusion.sources.fetch import Fetcher
from exclusion.sources.reading import column_of, csv_of, numbers_of


def observations(
    fetcher: Fetcher,
    addresses: Mapping[str, Any],
    population: str,
    area_type: str,
    areas: Iterable[str],
    dimensions: Iterable[str],
    check: Callable[[Ask, pd.DataFrame], None] | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """One row an area and combination of categories, and the areas ONS withheld.

    ``check`` looks at the whole table and may refuse it; what was refused is not kept.

    Returns
    -------
    DataFrame, list of str
        ``area`` and one column of option ids for each dimension, and ``count``; the codes of areas that
        were asked for and not released.
    """
    about = addresses["ons_custom"]
    wanted, named = sorted(set(areas)), list(dimensions)
    rows: list[dict[str, Any]] = []
    asked: list[Ask] = []
    # With no code named the service answers for every area of the type: one question for a nation.
    whole = len(wanted) >= about["all_from"]
    size = max(1, len(wanted) if whole else about["areas_in_a_question"])
    try:
        for start in range(0, len(wanted), size):
            some = wanted[start : start + size]
            ask = Ask(
                about["source"],
                f"{about['base'].rstrip('/')}/population-types/{population}/census-observations",
                about["page"],
                {"area-type": area_type if whole else ",".join([area_type, *some]), "dimensions": ",".join(named)},
                tuple(about["by_hand"]),
                300_000_000,
                "json",
            )
            asked.append(ask)
            got = fetcher.get(ask)
            rows += _rows(ask.answered(got), got.content(), area_type, named)
            fetcher.say(f"{about['source']}: {min(start + len(some), len(wanted)):,} of {len(wanted):,} areas", -1)
        table = pd.DataFrame(rows, columns=["area", *named, "count"])
        stray = set(table["area"]) - set(wanted)
        if whole:
            table = table[table["area"].isin(wanted)].reset_index(drop=True)
        elif stray:
            raise DataRefused(ask.problem(f"sent {len(stray):,} areas that were not asked for", min(stray)))
        if (twice := table.duplicated(["area", *named])).any():
            raise DataRefused(ask.problem(f"sent {int(twice.sum()):,} figures twice", str(table.loc[twice, "area"].iloc[0])))
        if check is not None:
            check(ask, table)
    except DataRefused:
        for ask in asked:
            fetcher.forget(ask)
        raise
    return table, sorted(set(wanted) - set(table["area"]))


def _rows(ask: Ask, content: bytes, area_type: str, dimensions: list[str]) -> list[dict[str, Any]]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataRefused(ask.problem(f"sent JSON that cannot be read: {error}")) from None
    if not isinstance(answer, dict) or not isinstance(answer.get("observations"), list):
        shown = answer.get("errors") or answer.get("message") or list(answer) if isinstance(answer, dict) else "a list"
        if isinstance(answer, dict) and "observations" in answer and answer["observations"] is None:
            return []  # every area of the question was withheld
        raise DataRefused(
            ask.problem("sent no list of observations", str(shown)[:120], "The service is in beta; its shape may have changed.")
        )
    rows = []
    for one in answer["observations"]:
        try:
            options = {part["dimension_id"]: str(part["option_id"]) for part in one["dimensions"]}
            row = {"area": options[area_type], **{name: options[name] for name in dimensions}, "count": int(one["observation"])}
        except (KeyError, TypeError, ValueError) as error:
            raise DataRefused(ask.problem(f"sent an observation that cannot be read: {error!r}", str(one)[:120])) from None
        if "-8" not in options.values():
            rows.append(row)
    return rows


def _downloaded(fetcher: Fetcher, about: Mapping[str, Any], codes: Iterable[str], name: str) -> tuple[Ask, pd.DataFrame] | None:
    """The table as the user downloaded it, for the areas wanted: ``area``, the option's code and ``count``; None without one."""
    ask = Ask(about["source"], "", about["page"], {}, tuple(about["by_hand"]), 300_000_000, "csv")
    got = fetcher.find_by_hand(ask)
    if got is None:
        return None
    raw = csv_of(ask, got.content())
    area = column_of(ask, raw, "Lower layer Super Output Areas Code")
    option = column_of(ask, raw, "Age (6 categories) Code")
    count = numbers_of(ask, raw[column_of(ask, raw, "Observation")], "Observation", raw[area])
    table = pd.DataFrame({"area": raw[area], name: raw[option].str.strip(), "count": count})
    table = table[table["area"].isin(set(codes)) & (table[name] != "-8")].reset_index(drop=True)
    if (twice := table.duplicated(["area", name])).any():
        raise DataRefused(ask.problem(f"holds {int(twice.sum()):,} figures twice", str(table.loc[twice, "area"].iloc[0])))
    return ask, table


def fetch_ages(fetcher: Fetcher, addresses: Mapping[str, Any], codes: Iterable[str]) -> tuple[pd.DataFrame, list[str]]:
    """Six age groups that split at 16, which no published small-area table does: ``lsoa21cd`` and our columns."""
    codes = list(codes)
    entry = addresses["ons_custom"]["table"]["age6"]
    name = entry["dimensions"][0]
    options = [str(number) for number in range(1, len(entry["columns"]) + 1)]

    def complete(ask: Ask, table: pd.DataFrame) -> None:
        cells = table.pivot(index="area", columns=name, values="count")
        if list(cells.columns) != options or cells.isna().any().any():
            raise DataRefused(
                ask.problem(f"sent other age groups than 1 to {len(options)} for every area", ", ".join(map(str, cells.columns)))
            )

    if (by_hand := _downloaded(fetcher, addresses["ons_custom"], codes, name)) is not None:
        ask, long = by_hand
        complete(ask, long)
        withheld = sorted(set(codes) - set(long["area"]))
        cells = long.pivot(index="area", columns=name, values="count")
        return cells.astype("int64").set_axis(entry["columns"], axis=1).rename_axis("lsoa21cd").reset_index(), withheld
    long, withheld = observations(fetcher, addresses, entry["population"], entry["area_type"], codes, [name], complete)
    cells = long.pivot(index="area", columns=name, values="count")
    return cells.astype("int64").set_axis(entry["columns"], axis=1).rename_axis("lsoa21cd").reset_index(), withheld
