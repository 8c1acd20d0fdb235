"""A pack for a neighbouring council: what was proposed, found and answered, and the service profiles, without names of people.

Made from a saved version alone; :mod:`exclusion.register.taking` takes it up.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from exclusion import judgement
from exclusion.contracts import DataRefused, Problem
from exclusion.equality.actions import FOUND, by_firmness, draft
from exclusion.export import csv_bytes
from exclusion.judgement import Service
from exclusion.judgement.local import EDITABLE, cell_text
from exclusion.provision import by_way_in
from exclusion.register import contents, reading
from exclusion.register.carry import send
from exclusion.register.connect import Register
from exclusion.register.identity import named
from exclusion.register.nameless import Nameless, makers, names_in
from exclusion.register.public import FINDINGS, without_contacts
from exclusion.register.reading import Saved
from exclusion.register.responses import KEEPS_OPEN, KEY
from exclusion.release_write import to_toml
from exclusion.report.briefing import way

FORMAT = 1
LIST, ABOUT, PROFILES, MITIGATIONS = "share.toml", "README.txt", "services.csv", "mitigations.csv"
LINES = ["service_id", "service", "way_in", "firmness", "proposal_effect", "wards", "draft_action", "answer", "reason"]
"""Columns of mitigations.csv."""
_CHANGED = r"Changed by [^\n]{1,200}? on \d{1,2} [A-Z][a-z]+ \d{4}: "  # as judgement.local writes it
_REASONS = re.compile(rf"{_CHANGED}(.*?)(?= {_CHANGED}|$)", re.DOTALL)
_TEXT = """Kept Open: a pack for another council.

{title}
From: {councils}. Version {number}, saved on {date}. Figures: {release}.

share.toml        where it comes from
proposal-1.toml   what was proposed, without counts of contacts
findings.csv      what was found, ward by ward, and what was answered
mitigations.csv   what was found and what was done about it, a line for each way in
services.csv      service profiles that are that council's and not ours, where it has any

Names of officers in full, notes and counts of contacts are left out; a first name alone, or a name of anybody else
that an officer wrote into a reason, is not caught. The figures are of that council's wards: they say nothing about yours. To begin your own
from it: exclusion take FILE --council "YOUR COUNCIL" --by NAME -o FOLDER, or the page Proposal of the app.
"""


def share_pack(saved: Saved, known: Iterable[str] = ()) -> dict[str, bytes]:
    """The files of the pack: name -> content, the same for the same version.

    Parameters
    ----------
    known
        Names of people to leave out beside those of the version: of whoever saved, answered, signed or changed a profile.
    """
    version = saved.version
    services = _services(saved)
    changed = [one for one in services if _cells(one)]
    without = Nameless({*known, *names_in(saved)})
    findings = without.table(saved.findings)
    run = saved.run
    about = {"title": without(version.title), "councils": version.councils, "number": str(version.number), "release": version.release}
    files = {
        ABOUT: _TEXT.format(**about, date=version.made_at[:10]).encode("utf-8"),
        LIST: to_toml(
            {
                "format": FORMAT,
                "title": without(version.title),
                "councils": version.councils,
                "services": version.services,
                "saved_on": version.made_at[:10],
                "version": version.number,
                "release": run.get("release", {}),
            }
        ).encode("utf-8"),
        "findings.csv": csv_bytes(by_way_in(findings[[name for name in FINDINGS if name in findings.columns]])),
        MITIGATIONS: csv_bytes(_mitigations(saved, findings)),
    }
    for number, text in enumerate(saved.proposals, start=1):
        files[f"proposal-{number}.toml"] = to_toml(without.deep(without_contacts(tomllib.loads(text)))).encode("utf-8")
    if changed:
        files[PROFILES] = csv_bytes(_profiles(changed, version.councils, version.made_at[:10], without))
    return files


def _services(saved: Saved) -> tuple[Service, ...]:
    found = contents.settings_from(saved.files).get("services", [])
    try:
        return tuple(Service.model_validate(one) for one in found)
    except (ValidationError, TypeError):
        where, do = f"version {saved.version.number} of {saved.version.assessment}", "Share it with the program that saved it."
        raise DataRefused(Problem(where, "holds service profiles that this program cannot read", "", do)) from None


def _cells(service: Service) -> dict[str, str]:
    """The cells of a profile that are not ours."""
    ours = judgement.services().get(service.id)
    if ours is None or not service.profile_version.startswith("council"):
        return {}
    was, now = ours.model_dump(), service.model_dump()
    return {name: cell_text(now[name]) for name in EDITABLE if now[name] != was[name]}


def _profiles(changed: Sequence[Service], councils: str, on: str, without: Nameless) -> pd.DataFrame:
    """Their profiles as a council's own file of changed cells, with the reasons that stand after ours in ``why``."""
    rows = []
    for service in changed:
        why = "; ".join(without(text.strip()) for text in _REASONS.findall(service.why)) or "no reason was given"
        cells = {name: without(cell) for name, cell in _cells(service).items()}
        rows.append({"id": service.id, "by": councils, "on": on, "why": why, **cells})
    columns = ["id", *[name for name in EDITABLE if any(name in row for row in rows)], "by", "on", "why"]
    return pd.DataFrame(rows, columns=columns, dtype="str").fillna("")


def _mitigations(saved: Saved, findings: pd.DataFrame) -> pd.DataFrame:
    """A line for each way in of a service, how firm, what the proposal does to it, and what was answered.

    Of the services and wards the proposals are about, and of every answer.
    """
    services = {one.id: one.service_name for one in _services(saved)}
    effects = saved.table("effects") if "effects" in saved.tables else None
    if effects is None:
        rows = findings.assign(proposal_effect="none", fewer_hours=False)
    else:
        rows = effects.merge(findings[[*KEY, "response", "response_reason"]], on=KEY, how="left", validate="one_to_one")
    # A neighbour does not take changes of places up, so what leans on them is not told.
    about = rows.index.isin(saved.about(rows, places=False).index)
    rows = by_firmness(rows[rows["kind"].isin(KEEPS_OPEN) & (about | (rows["response"] != ""))])
    lines = []
    keys = ["service_id", "channel", "firmness", "proposal_effect", "fewer_hours", "response", "response_reason"]
    for (service_id, channel, firm, effect, fewer, answer, reason), group in rows.groupby(keys, sort=True, dropna=False):
        lines.append(
            {
                "service_id": service_id,
                "service": services.get(str(service_id), str(service_id)),
                "way_in": way(str(channel)),
                "firmness": FOUND[str(firm)],
                "proposal_effect": effect,
                "wards": group["area_code"].nunique(),
                "draft_action": draft(group, str(channel), str(effect), bool(fewer), str(firm)) if effects is not None else "",
                "answer": answer,
                "reason": reason,
            }
        )
    # What was answered is what a neighbour learns from, so it comes first.
    return pd.DataFrame(lines, columns=LINES).sort_values("answer", key=lambda one: one == "", kind="stable", ignore_index=True)


def export_share(register: Register, assessment: str, path: str | Path, *, by: str, number: int | None = None) -> Path:
    """Write the share pack of one version as a zip, whole or not at all; the history records that it left.

    Raises
    ------
    UsageError
        When there is no such version, or the place cannot be written.
    """
    who, saved = named(by), reading.load(register, assessment, number)
    return send(register, saved.version, share_pack(saved, {*makers(register, saved), who}), path, who, "share pack")
