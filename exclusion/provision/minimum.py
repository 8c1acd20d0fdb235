"""The council-wide minimum as findings: the same in every ward of a nation (guard G3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exclusion import judgement
from exclusion.judgement import Channel, Floor, LawHook, Service
from exclusion.provision.findings import Rows, joined

FREE_WAY_IN = "F1"


def floor_rows(rows: Rows, service: Service, nations: Sequence[str], floors: Mapping[str, Floor], channels: Mapping[str, Channel]) -> None:
    """Add one row per ward and floor channel of a service.

    The words depend on the nation only, so they are made once and repeated. Floors are
    "required": treat them as a condition of the proposal.
    """
    for nation in dict.fromkeys(nations):
        where = [ward for ward, name in enumerate(nations) if name == nation]
        for text in _texts(service, nation, floors, channels):
            rows.add(where, **text)


def _texts(service: Service, nation: str, floors: Mapping[str, Floor], channels: Mapping[str, Channel]) -> list[dict[str, Any]]:
    every = [floor for floor in floors.values() if floor.every_service]
    rules = [floors[name] for name in service.floor_rules if not floors[name].every_service]
    # A council's own promise names its channels and is about those only; it lends no law to them.
    promised = {channel for floor in rules for channel in floor.channels}
    ours = judgement.services()[service.id].floor_channels if service.id in judgement.services() else service.floor_channels
    # The free way in is the phone wherever the phone is in the minimum, else the first way named.
    free = "phone" if "phone" in service.floor_channels else service.floor_channels[0]
    rows = []
    for channel in channels:
        named = [floor for floor in every if channel in floor.channels]
        own = [
            floor for floor in rules if channel in floor.channels or (not floor.channels and (channel in ours or channel not in promised))
        ]
        if channel in service.floor_channels:
            named = [floor for floor in every if floor.id == FREE_WAY_IN and channel == free] + own + named
            named = named or [floor for floor in every if floor.id == FREE_WAY_IN]
        if named:
            rows.append(_row(service, nation, channels[channel], named, by_law=channel in ours or channel not in promised))
    return rows


def _row(service: Service, nation: str, channel: Channel, named: list[Floor], *, by_law: bool) -> dict[str, Any]:
    codes = [code for floor in named for code in floor.hooks]
    if channel.id in service.floor_channels and by_law:
        codes += service.legal_hooks
    codes += judgement.nations()[nation].kept_hooks
    hooks: dict[str, LawHook] = {hook.id: hook for code in codes if (hook := judgement.law_for(code, nation)) is not None}
    sentences = [f"Keep {channel.long}, in every ward."]
    for floor in named:
        sentences += [floor.words(nation)[1], floor.note(service.id, nation)]
    for hook in hooks.values():
        if channel.id in hook.channels:
            sentences.append(f"{hook.says} ({hook.title}.)")
    hooks_of = judgement.nations()[nation]
    sentences += [hooks_of.service_notes.get(service.id, ""), hooks_of.kept_line]
    return {
        "channel": channel.id,
        "kind": "floor",
        "severity": "required",
        "strength": "",
        "borderline": False,
        "rule_ids": "|".join(floor.id for floor in named),
        "short": named[-1].words(nation)[0],
        "reason": " ".join(dict.fromkeys(sentence for sentence in sentences if sentence)),
        "figures_json": "[]",
        "protected_characteristics": joined(name for floor in named for name in floor.protected_characteristics),
        "legal_hooks": "|".join(hooks),
    }
