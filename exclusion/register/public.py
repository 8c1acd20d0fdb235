"""A copy for the public: marked draft in every file, without the names of officers and without counts of a few."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion.export import csv_bytes
from exclusion.provision import by_way_in
from exclusion.register import reading
from exclusion.register.carry import send
from exclusion.register.connect import Register
from exclusion.register.draft import draft_html
from exclusion.register.identity import named
from exclusion.register.nameless import Nameless, makers, names_in
from exclusion.register.reading import Saved
from exclusion.release_write import to_toml

MARK = "DRAFT - not a decision"
FINDINGS = [
    *("area_code", "area_name", "service_id", "channel", "kind", "severity", "strength", "borderline", "rule_ids", "short", "reason"),
    *("protected_characteristics", "legal_hooks", "thresholds_version", "profile_version", "response", "response_reason", "look_again"),
]
_TEXT = """{mark}

{title}
Councils: {councils}
Services: {services}
Version {number}, saved on {date}. Figures: {release}.

This is a draft for people to read and comment on. Nothing has been decided. It is evidence to help a
council give due regard to equality; it does not decide for it.

draft.html        the page to read: what is proposed, found, answered and not known
findings.csv      what to keep open, where and why, and what officers answered
wards.csv         the band of each ward, and about how many residents are unlikely to use the internet
council_wide.csv  findings that hold in most wards
run.toml          what was run, on which figures, with which weights
proposal-1.toml   what is proposed, without counts of contacts

Left out: names of officers, notes, and counts of people or contacts that could be of a few.
Figures describe an area, not the people in it. Blank means not known; it never means none.
"""


def public_copy(saved: Saved, known: Iterable[str] = ()) -> dict[str, bytes]:
    """The files of the public copy: name -> content, the same for the same version.

    Parameters
    ----------
    known
        Names of people to leave out beside those of the version itself, such as of whoever made an earlier one.

    Notes
    -----
    Names of officers in full and the note of the version are left out; answers and their reasons stay, as
    they are what shows due regard. A first name alone, or anybody else's name, is not caught.
    """
    version = saved.version
    without = Nameless({*known, *names_in(saved)})
    findings = without.table(saved.findings)
    areas, scores, people = saved.table("areas"), saved.table("scores"), saved.table("people")
    wards = pd.DataFrame(areas[["area_name", "council_code", "council_name", "nation"]])
    wards = wards.assign(
        band=scores["band_word"].reindex(wards.index), people_unlikely_online=people["label"].reindex(wards.index)
    ).reset_index()
    tables = {
        "findings.csv": by_way_in(findings[[name for name in FINDINGS if name in findings.columns]]),
        "wards.csv": wards,
        "council_wide.csv": without.table(saved.table("council_wide")),
    }
    files = {name: csv_bytes(_marked(table)) for name, table in tables.items()}
    words = {"mark": MARK, "title": without(version.title), "councils": version.councils, "services": version.services}
    words |= {"number": str(version.number), "date": version.made_at[:10], "release": version.release}
    files["README.txt"] = _TEXT.format(**words).encode("utf-8")
    files["draft.html"] = without(draft_html(saved, MARK)).encode("utf-8")
    run = {name: value for name, value in saved.run.items() if name != "command"}
    files["run.toml"] = to_toml({"status": MARK, **without.deep(run)}).encode("utf-8")
    for number, text in enumerate(saved.proposals, start=1):
        files[f"proposal-{number}.toml"] = to_toml({"status": MARK, **without.deep(without_contacts(tomllib.loads(text)))}).encode("utf-8")
    return files


def _marked(table: pd.DataFrame) -> pd.DataFrame:
    """Every row says that it is of a draft: rows are copied into other tables."""
    marked = table.copy()
    marked.insert(0, "status", MARK)
    return marked


def without_contacts(value: Any) -> Any:
    """A proposal without the council's own counts, some of which are of a handful of people."""
    if isinstance(value, Mapping):
        return {name: without_contacts(inner) for name, inner in value.items() if not str(name).startswith("contacts")}
    return [without_contacts(inner) for inner in value] if isinstance(value, list) else value


def export_public(register: Register, assessment: str, path: str | Path, *, by: str, number: int | None = None) -> Path:
    """Write the public copy of one version as a zip, whole or not at all; the history records it.

    Raises
    ------
    UsageError
        When there is no such version, or the place cannot be written.
    """
    who, saved = named(by), reading.load(register, assessment, number)
    return send(register, saved.version, public_copy(saved, makers(register, saved)), path, who, "public draft")
