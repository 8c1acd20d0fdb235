"""The findings table, gathered row by row and laid out once at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from exclusion import judgement
from exclusion.contracts import KINDS, TABLES
from exclusion.judgement import Service

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
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
TEXT: Any = pd.StringDtype(na_value=np.nan)
SUMMARIES = ("area_code", "service_id", "summary", "sentence", "checked", "not_checked", "keep", "nearly")


def joined(names: Iterable[str]) -> str:
    """Names joined by ``|``, each once, in the order first met."""
    return "|".join(dict.fromkeys(names))


def hooks(codes: Iterable[str], nation: str) -> str:
    """Ids of the law that codes stand for in one nation; a code without law there is left out."""
    return joined(hook.id for code in codes if (hook := judgement.law_for(code, nation)) is not None)


class _Pool:
    """Distinct rows, and which wards and service each stands for: most texts serve many wards or services."""

    def __init__(self, names: Sequence[str]) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in names}
        self._append = [(name, self.columns[name].append) for name in names]
        self._size = 0
        self._wards: list[Numbers] = []
        self._services: list[Numbers] = []
        self._rows: list[Numbers] = []

    def make(self, values: Mapping[str, Any]) -> int:
        """Keep a row; its number."""
        for name, append in self._append:
            append(values[name])
        self._size += 1
        return self._size - 1

    def place(self, wards: npt.ArrayLike, service: int, rows: npt.ArrayLike) -> None:
        """One row for all of these wards, or one each."""
        where = np.asarray(wards, dtype=np.int64).reshape(-1)
        self._wards.append(where)
        self._services.append(np.full(len(where), service, dtype=np.int64))
        self._rows.append(np.broadcast_to(np.asarray(rows, dtype=np.int64), where.shape))

    def placed(self) -> tuple[Numbers, Numbers, Numbers]:
        """Ward, service and row of everything placed."""
        none = np.empty(0, dtype=np.int64)
        ward, service, row = (np.concatenate([none, *parts]) for parts in (self._wards, self._services, self._rows))
        return ward, service, row


class Rows:
    """Findings and summaries of one run, each distinct one kept once until :meth:`findings` lays them out."""

    def __init__(self) -> None:
        self._findings = _Pool(FIELDS)
        self._said = _Pool(SUMMARIES[2:])
        self._services: list[Service] = []
        self._elsewhere: list[Mask] = []

    def start(self, service: Service, nations: Sequence[str]) -> None:
        """Rows that follow are about this service; wards whose council does not run it get no finding."""
        self._services.append(service)
        away = {nation: nation in service.not_council_in for nation in dict.fromkeys(nations)}
        self._elsewhere.append(np.array([away[nation] for nation in nations], dtype=bool))

    def make(self, **values: Any) -> int:
        """Keep a finding to :meth:`place`; its number."""
        return self._findings.make(values)

    def place(self, wards: npt.ArrayLike, rows: npt.ArrayLike) -> None:
        """A finding kept before, for all of these wards, or one each."""
        self._findings.place(wards, len(self._services) - 1, rows)

    def add(self, wards: npt.ArrayLike, **values: Any) -> None:
        """The same finding for all of these wards."""
        self.place(wards, self.make(**values))

    def make_summary(self, **values: Any) -> int:
        """Keep a summary to :meth:`summarise`; its number."""
        return self._said.make(values)

    def summarise(self, wards: npt.ArrayLike, rows: npt.ArrayLike) -> None:
        """A summary kept before, for all of these wards, or one each."""
        self._said.place(wards, len(self._services) - 1, rows)

    def findings(self, areas: pd.DataFrame, version: str) -> pd.DataFrame:
        """Everything placed, in the order of wards, then services, kind and channel."""
        ward, service, row = self._findings.placed()
        columns = self._findings.columns
        kinds = {kind: place for place, kind in enumerate(KINDS)}
        places = {channel: place for place, channel in enumerate([*judgement.channels(), "all"])}
        kind = np.array([kinds[name] for name in columns["kind"]], dtype=np.int64)
        channel = np.array([places.get(name, len(places)) for name in columns["channel"]], dtype=np.int64)
        within = kind * (len(places) + 1) + channel
        key = (ward * max(1, len(self._services)) + service) * (len(kinds) * (len(places) + 1)) + within[row]
        order = np.argsort(key, kind="stable")
        order = order[~self._away(service, ward)[order]]
        ward, service, row = ward[order], service[order], row[order]
        names = [(name, columns[name], row) for name in FIELDS] + self._keys(areas, ward, service)
        names.append(("area_name", areas["area_name"].tolist(), ward))
        names.append(("profile_version", [item.profile_version for item in self._services], service))
        names.append(("thresholds_version", [version], np.zeros(len(order), dtype=np.int64)))
        return _frame(names, COLUMNS, {"borderline": "bool"})

    def summaries(self, areas: pd.DataFrame) -> pd.DataFrame:
        """Every summary, in the order of wards, then services."""
        ward, service, row = self._said.placed()
        away = self._away(service, ward)
        nations = areas["nation"].tolist()
        row = row.copy()
        none: dict[tuple[int, str], int] = {}
        for place in np.flatnonzero(away).tolist():
            key = int(service[place]), nations[ward[place]]
            if key not in none:
                values = ("not_run_here", _not_here(self._services[key[0]], key[1]), "", "", 0, 0)
                none[key] = self._said.make(dict(zip(SUMMARIES[2:], values, strict=True)))
            row[place] = none[key]
        order = np.argsort(ward * max(1, len(self._services)) + service, kind="stable")
        ward, service, row = ward[order], service[order], row[order]
        names = [(name, self._said.columns[name], row) for name in SUMMARIES[2:]] + self._keys(areas, ward, service)
        return _frame(names, SUMMARIES, {"keep": "int64", "nearly": "int64"})

    def _away(self, service: Numbers, ward: Numbers) -> Mask:
        """Whether each row is about a service that the ward's council does not run."""
        return np.stack(self._elsewhere)[service, ward] if self._elsewhere and len(ward) else np.zeros(len(ward), dtype=bool)

    def _keys(self, areas: pd.DataFrame, ward: Numbers, service: Numbers) -> list[tuple[str, list[Any], Numbers]]:
        return [("area_code", areas.index.tolist(), ward), ("service_id", [item.id for item in self._services], service)]


def _not_here(service: Service, nation: str) -> str:
    name = "NI" if nation == "Northern Ireland" else nation
    own = [part.strip() for part in service.nation_note.split(";") if re.search(rf"\b{name}\b", part.partition(":")[0])]
    note = f" ({'; '.join(own)})" if own else ""
    return f"Councils in {nation} do not run this service{note}, so there is nothing of theirs to move online."


def _frame(columns: Sequence[tuple[str, list[Any], Numbers]], names: Sequence[str], types: dict[str, Any]) -> pd.DataFrame:
    """A table from distinct values and which of them each row has: a national run repeats most texts many times."""
    made = {name: _column(values, types.get(name, TEXT), which) for name, values, which in columns}
    return pd.DataFrame({name: made[name] for name in names})


FEW = 2_000
"""Up to so many rows, those of some councils, a column is made text by text: taking texts from a column costs more than making it."""


def _column(values: list[Any], dtype: Any, which: Numbers) -> Any:
    if len(which) <= FEW:
        return pd.array([values[place] for place in which.tolist()], dtype=dtype)
    return pd.array(values, dtype=dtype).take(which)
