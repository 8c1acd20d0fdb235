"""The findings table, gathered row by row and laid out once at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.contracts import KINDS, TABLES
from exclusion.judgement import Service

Mask = npt.NDArray[np.bool_]
COLUMNS = list(TABLES["findings"].columns)
# What a producer of rows says; the rest comes from the ward, the service and the run.
FIELDS = (
    "channel",
    "kind",
    "severity",
    "strength",
    "borderline",
    "rule_ids",
    "short",
    "reason",
    "figures_json",
    "protected_characteristics",
    "legal_hooks",
)
SUMMARIES = ("area_code", "service_id", "summary", "sentence", "checked", "not_checked", "keep", "nearly")


def joined(names: Iterable[str]) -> str:
    """Names joined by ``|``, each once, in the order first met."""
    return "|".join(dict.fromkeys(names))


def hooks(codes: Iterable[str], nation: str) -> str:
    """Ids of the law that codes stand for in one nation; a code without law there is left out."""
    return joined(hook.id for code in codes if (hook := judgement.law_for(code, nation)) is not None)


class Rows:
    """Findings and summaries of one run, kept as columns until :meth:`findings` lays them out."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in ("_ward", "_service", *FIELDS)}
        self._summaries: dict[str, list[Any]] = {name: [] for name in ("_ward", "_service", *SUMMARIES[2:])}
        self._services: list[Service] = []
        self._elsewhere: list[Mask] = []

    def start(self, service: Service, nations: Sequence[str]) -> None:
        """Rows that follow are about this service; wards whose council does not run it get no finding."""
        self._services.append(service)
        self._elsewhere.append(np.array([nation in service.not_council_in for nation in nations], dtype=bool))

    def add(self, wards: Sequence[int], **values: Any) -> None:
        """Add a row per ward; a value is for all of them, or a list with one for each."""
        self._extend(self._columns, wards, values, FIELDS)

    def summarise(self, wards: Sequence[int], **values: Any) -> None:
        """Add a summary per ward, as :meth:`add` does."""
        self._extend(self._summaries, wards, values, SUMMARIES[2:])

    def _extend(self, columns: dict[str, list[Any]], wards: Sequence[int], values: dict[str, Any], names: Sequence[str]) -> None:
        columns["_ward"] += wards
        columns["_service"] += [len(self._services) - 1] * len(wards)
        for name in names:
            value = values[name]
            columns[name] += value if isinstance(value, list) else [value] * len(wards)

    def findings(self, areas: pd.DataFrame, version: str) -> pd.DataFrame:
        """Everything added, in the order of wards, then services, kind and channel."""
        ward, service = (np.array(self._columns[name], dtype=np.int64) for name in ("_ward", "_service"))
        kinds = {kind: place for place, kind in enumerate(KINDS)}
        places = {channel: place for place, channel in enumerate([*judgement.channels(), "all"])}
        kind = np.array([kinds[name] for name in self._columns["kind"]], dtype=np.int64)
        channel = np.array([places.get(name, len(places)) for name in self._columns["channel"]], dtype=np.int64)
        order = np.lexsort((channel, kind, service, ward))
        order = order[~self._away(service, ward)[order]]
        table = {name: _objects(self._columns[name])[order] for name in FIELDS}
        table |= self._keys(areas, ward[order], service[order])
        table["area_name"] = _objects(areas["area_name"].tolist())[ward[order]]
        table["profile_version"] = _objects([item.profile_version for item in self._services])[service[order]]
        table["thresholds_version"] = _objects([version] * len(order))
        return _frame(table, COLUMNS, {"borderline": "bool"})

    def summaries(self, areas: pd.DataFrame) -> pd.DataFrame:
        """Every summary, in the order of wards, then services."""
        ward, service = (np.array(self._summaries[name], dtype=np.int64) for name in ("_ward", "_service"))
        order = np.lexsort((service, ward))
        table = {name: _objects(self._summaries[name])[order] for name in SUMMARIES[2:]}
        for row in np.flatnonzero(self._away(service, ward)[order]).tolist():
            sentence = _not_here(self._services[service[order[row]]], str(areas["nation"].iat[ward[order[row]]]))
            values = ("not_assessed", sentence, "", "", 0, 0)
            for name, value in zip(SUMMARIES[2:], values, strict=True):
                table[name][row] = value
        return _frame(table | self._keys(areas, ward[order], service[order]), SUMMARIES, {"keep": "int64", "nearly": "int64"})

    def _away(self, service: npt.NDArray[np.int64], ward: npt.NDArray[np.int64]) -> Mask:
        """Whether each row is about a service that the ward's council does not run."""
        return np.stack(self._elsewhere)[service, ward] if self._elsewhere and len(ward) else np.zeros(len(ward), dtype=bool)

    def _keys(self, areas: pd.DataFrame, ward: Any, service: Any) -> dict[str, Any]:
        return {
            "area_code": _objects(areas.index.tolist())[ward],
            "service_id": _objects([item.id for item in self._services])[service],
        }


def _not_here(service: Service, nation: str) -> str:
    name = "NI" if nation == "Northern Ireland" else nation
    own = [part.strip() for part in service.nation_note.split(";") if part.strip().startswith(name)]
    note = f" ({'; '.join(own)})" if own else ""
    return f"Councils in {nation} do not run this service{note}, so there is nothing of theirs to move online."


def _objects(values: Sequence[Any]) -> Any:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _frame(table: dict[str, Any], columns: Sequence[str], types: dict[str, str]) -> pd.DataFrame:
    # One column at a time, dropping the objects as they are converted: a national run is large.
    return pd.DataFrame({name: pd.Series(table.pop(name), dtype=types.get(name, "str")) for name in columns})
