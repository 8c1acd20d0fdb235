"""ONS Open Geography: boundaries and lookups from its ArcGIS services.

The services answer in pages and say whether there is more; they report errors inside an answer of
200; they name their fields in either case; a service may be empty or of another edition. Each is
checked here, and a wrong answer is not kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from exclusion.contracts import DataRefused
from exclusion.sources.asking import Ask, Got
from exclusion.sources.fetch import Fetcher

MOST_PAGES = 1_000


@dataclass(frozen=True)
class Service:
    """One layer, as the addresses file describes it."""

    source: str
    url: str
    page: str
    title: str
    code: str
    fields: tuple[str, ...]
    geometry: bool
    rows: int
    at_a_time: int
    by_hand: tuple[str, ...]
    codes_in_a_question: int

    def ask(self, where: str, offset: int = 0, **more: str) -> Ask:
        """A query of the layer."""
        params = {
            "where": where,
            "outFields": ",".join(self.fields),
            "returnGeometry": "true" if self.geometry else "false",
            "orderByFields": self.code,
            "resultOffset": str(offset),
            "resultRecordCount": str(self.at_a_time),
            "f": "geojson" if self.geometry else "json",
        }
        if self.geometry:
            params["outSR"] = "4326"  # kept in metres by the publisher; GeoJSON is in degrees
        # A POST: a list of codes would make an address longer than proxies let through.
        return Ask(
            f"{self.source}, {self.title}", f"{self.url}/query", self.page, params | more, self.by_hand, 200_000_000, "json", post=True
        )


def service(addresses: Mapping[str, Any], name: str) -> Service:
    """A layer of the addresses file by our name for it."""
    about = addresses["open_geography"]
    entry = about["service"][name]
    return Service(
        about["source"],
        f"{about['base'].rstrip('/')}/{entry['name']}/FeatureServer/0",
        about["page"],
        entry["title"],
        entry["code"],
        tuple(entry["fields"]),
        entry["geometry"],
        entry["rows"],
        entry["at_a_time"],
        tuple(entry["by_hand"]),
        about["codes_in_a_question"],
    )


def by_codes(fetcher: Fetcher, layer: Service, field: str, codes: Iterable[str]) -> pd.DataFrame:
    """Rows whose ``field`` is one of the codes, asked for in lists short enough for the service.

    Raises
    ------
    DataRefused
        When a code finds no row: another edition, or an empty service.
    """
    wanted = sorted(set(codes))
    if (local := _from_hand(fetcher, layer)) is not None:
        table = local[local[field].isin(wanted)]
        got = layer.ask("by hand")
        _every_code(got, table, field, wanted)
        return table.sort_values(layer.code, ignore_index=True)
    parts = []
    for start in range(0, len(wanted), layer.codes_in_a_question):
        some = wanted[start : start + layer.codes_in_a_question]
        where = f"{field} IN ({','.join(quoted(code) for code in some)})"
        parts.append(_pages(fetcher, layer, where, lambda ask, table, some=some: _every_code(ask, table, field, some)))  # type: ignore[misc]
        fetcher.say(f"{layer.title}: {min(start + len(some), len(wanted)):,} of {len(wanted):,} areas", -1)
    return _together(parts, layer)


def everything(fetcher: Fetcher, layer: Service) -> pd.DataFrame:
    """Every row of a layer, whose number must be the edition's."""
    if (local := _from_hand(fetcher, layer)) is not None:
        _right_number(layer.ask("1=1"), local, layer.rows)
        return local.sort_values(layer.code, ignore_index=True)
    return _pages(fetcher, layer, "1=1", lambda ask, table: _right_number(ask, table, layer.rows))


def quoted(text: str) -> str:
    """A value as the query language takes it: ``King's`` -> ``'King''s'``."""
    return "'" + text.replace("'", "''") + "'"


def _pages(fetcher: Fetcher, layer: Service, where: str, check: Callable[[Ask, pd.DataFrame], None]) -> pd.DataFrame:
    """Page by page until the service says there is no more, counted against what it says it holds."""
    asked: list[Ask] = []
    parts: list[pd.DataFrame] = []
    had = 0
    try:
        for _ in range(MOST_PAGES):
            ask = layer.ask(where, had)
            asked.append(ask)
            table, more = _page(ask, fetcher.get(ask), layer)
            if table.empty:
                break
            parts.append(table)
            had += len(table)  # a service may send fewer than asked: go on from what came
            if not more:
                break
            fetcher.say(f"{layer.title}: {had:,} rows", min(0.99, had / layer.rows))
        if not parts:
            raise DataRefused(
                asked[0].problem(
                    "holds none of the areas asked for",
                    where[:120],
                    "It is empty or of another edition; correct its name in your addresses file.",
                )
            )
        count = layer.ask(where, returnCountOnly="true", f="json")
        asked.append(count)
        said = _json(count, fetcher.get(count)).get("count")
        if said is not None and int(said) != had:
            raise DataRefused(asked[0].problem(f"sent {had:,} rows and says it holds {int(said):,}", where[:120], "Run the same again."))
        table = _together(parts, layer)
        check(asked[0], table)
    except DataRefused:
        for ask in asked:
            fetcher.forget(ask)
        raise
    return table


def _page(ask: Ask, got: Got, layer: Service) -> tuple[pd.DataFrame, bool]:
    answer = _json(ask, got)
    features = answer.get("features")
    if not isinstance(features, list):
        raise DataRefused(ask.problem("sent no list of features", ", ".join(map(str, answer))[:80]))
    more = bool(answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit"))
    if not features:
        return pd.DataFrame(), more
    if layer.geometry:
        rows = [{str(k).upper(): v for k, v in (feature.get("properties") or {}).items()} for feature in features]
        table: pd.DataFrame = gpd.GeoDataFrame.from_features(
            [
                {"type": "Feature", "properties": row, "geometry": feature.get("geometry")}
                for row, feature in zip(rows, features, strict=True)
            ],
            crs=4326,
        )
    else:
        table = pd.DataFrame([{str(k).upper(): v for k, v in (feature.get("attributes") or {}).items()} for feature in features])
    return _columns(ask, table, layer), more


def _json(ask: Ask, got: Got) -> dict[str, Any]:
    """The answer, once it is sure that it is not an error in disguise."""
    try:
        answer = json.loads(got.content().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataRefused(ask.problem(f"sent JSON that cannot be read: {error}", "", "It may be cut off; run the same again.")) from None
    if not isinstance(answer, dict):
        raise DataRefused(ask.problem("sent a list where an object was expected"))
    if fault := answer.get("error"):
        code, message = (fault.get("code", ""), fault.get("message", "")) if isinstance(fault, dict) else ("", fault)
        raise DataRefused(
            ask.problem(
                f"answered with error {code}".strip(),
                str(message)[:160],
                "The service may have been renamed; correct it in your addresses file.",
            )
        )
    return answer


def _columns(ask: Ask, table: pd.DataFrame, layer: Service) -> pd.DataFrame:
    missing = [name for name in layer.fields if name not in table]
    if missing:
        raise DataRefused(
            ask.problem(f"lacks the field {' and '.join(missing)}", ", ".join(map(str, table.columns[:8])), "It may be of another edition.")
        )
    wanted = [*layer.fields, *(["geometry"] if layer.geometry else [])]
    return table[wanted]


def _together(parts: Sequence[pd.DataFrame], layer: Service) -> pd.DataFrame:
    table: pd.DataFrame = pd.concat(parts, ignore_index=True).sort_values(layer.code, ignore_index=True)
    if table.duplicated(layer.code).any():
        twice = table.loc[table.duplicated(layer.code), layer.code]
        raise DataRefused(
            layer.ask("").problem(f"sent {len(twice):,} codes twice", str(twice.iloc[0]), "Run the same again with --refresh.")
        )
    return table


def _every_code(ask: Ask, table: pd.DataFrame, field: str, wanted: Sequence[str]) -> None:
    lost = sorted(set(wanted) - set(table[field]))
    if lost:
        raise DataRefused(
            ask.problem(
                f"lacks {len(lost):,} of the {len(wanted):,} codes asked for",
                ", ".join(lost[:3]),
                "It may be of another edition; correct its name in your addresses file.",
            )
        )


def _right_number(ask: Ask, table: pd.DataFrame, rows: int) -> None:
    if len(table) != rows:
        raise DataRefused(
            ask.problem(f"holds {len(table):,} rows; the edition has {rows:,}", "", "It may be of another edition, or cut off.")
        )


def _from_hand(fetcher: Fetcher, layer: Service) -> pd.DataFrame | None:
    """The layer as the user downloaded it, if it is in the folder given: GeoJSON, GeoPackage or CSV."""
    if fetcher.hand is None:
        return None
    ask = Ask(f"{layer.source}, {layer.title}", layer.url, layer.page, by_hand=layer.by_hand, largest=3_000_000_000)
    got = fetcher.find_by_hand(ask)
    if got is None:
        return None
    ask = ask.answered(got)
    try:
        if layer.geometry:
            shapes = gpd.read_file(got.path).to_crs(4326)  # which names its shapes "geometry"
            table: pd.DataFrame = shapes.rename(columns={c: str(c).upper() for c in shapes.columns if c != "geometry"})
        else:
            table = pd.read_csv(io.BytesIO(got.content()), dtype=str, encoding="utf-8-sig")
            table.columns = pd.Index([str(c).strip().upper() for c in table.columns])
    except Exception as error:  # drivers raise many kinds; each means the file cannot be read
        raise DataRefused(ask.problem(f"cannot be read: {error}", got.path.name)) from None
    return _columns(ask, table, layer)
