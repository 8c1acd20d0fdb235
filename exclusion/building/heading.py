"""What a refreshed release says of itself: its sources, what it lacks now, what was fetched when and over what."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from exclusion.contracts import NATIONS
from exclusion.release import Evidence
from exclusion.sources import Source
from exclusion.words import join_words

HELD_BY = {
    "Broadband and mobile coverage by ward": (
        "bb_decent",
        "E",
        "Indoor mobile voice by ward",
        "Ofcom publishes mobile coverage by council only.",
    ),
    "One-person households aged 66 and over by ward in England and Wales": ("lone66", "E", "", ""),
    "Ages and disabled people by ward in Northern Ireland": (
        "age85",
        "N",
        "A score in Northern Ireland",
        "Figures are held by ward since they were fetched; no method of scoring has been checked there.",
    ),
}
"""A gap of the older release -> the measure that fills it and where, and what remains of the gap."""


def head(
    base: Evidence, came: Sequence[Source], councils: Iterable[str], today: date, held: set[tuple[str, str]], observations: pd.DataFrame
) -> dict[str, Any]:
    """The older release's head with today's date, what came, and without the gaps that ``held`` figures fill."""
    raw = tomllib.loads((base.path / "release.toml").read_text(encoding="utf-8"))
    earlier = raw.get("fetched", {})
    before = earlier.get("councils", [])
    stands_on = earlier.get("stands_on", raw["files"]["observations.parquet"]["sha256"])
    codes = list(dict.fromkeys([*before, *councils]))
    fresh = {s.id: _entry(s) for s in came}
    sources = [fresh.pop(s["id"], s) for s in raw["source"]] + list(fresh.values())
    used = set(observations["source"].astype(str))
    missing = []
    for gap in raw.get("missing", []):
        measure, letter, what, why = HELD_BY.get(gap["what"], ("", "", "", ""))
        if (measure, letter) not in held:
            missing.append(gap)
        elif what:
            missing.append({"what": what, "why": why})
    calibration = dict(raw.get("calibration", {}))
    for measure in ("lone66", "bb_decent", "bb_superfast"):
        counts = observations.loc[
            (observations["level"] == "ward") & (observations["measure"] == measure) & observations["area_code"].str.startswith("E"),
            "count",
        ].dropna()
        if len(counts):
            calibration[measure] = [round(float(counts.quantile(q))) for q in (0.67, 0.90)]
    head = {key: value for key, value in raw.items() if key not in ("format", "files", "source", "missing", "calibration", "fetched")}
    return head | {
        "version": f"{today:%Y.%m.%d}",
        "built_on": today.isoformat(),
        "calibration": calibration,
        "missing": missing,
        "fetched": {
            "on": today.isoformat(),
            "councils": codes,
            "names": named(base, codes),
            "over": earlier.get("over", raw["version"]),
            "stands_on": stands_on,
        },
        "source": [s for s in sources if s["id"] in used or s["id"] in {x["id"] for x in raw["source"]} or s["id"] in {x.id for x in came}],
    }


def named(base: Evidence, codes: Iterable[str]) -> str:
    """Councils in words: by name, or "every council of Wales" where none of a nation is left out."""
    table = base.areas.drop_duplicates("council_code").set_index("council_code")[["council_name", "nation"]]
    rest = list(dict.fromkeys(codes))
    whole = []
    for nation, there in table.groupby("nation", sort=False, observed=True):
        if len(there) > 1 and set(there.index) <= set(rest):
            whole.append(str(nation))
            rest = [code for code in rest if code not in there.index]
    nations = [f"every council of {join_words(sorted(whole))}"] if whole else []
    if len(whole) == len(NATIONS):
        nations = ["every council of the United Kingdom"]
    return join_words([*nations, *(str(table["council_name"].get(code, code)) for code in rest)])


def _entry(source: Source) -> dict[str, Any]:
    about = asdict(source)
    return about | {"files": [{"name": n, "sha256": h, "rows": r} for n, h, r in source.files]}


def readme(base: Evidence, head: Mapping[str, Any]) -> str:
    """The older release's page with a line on what was fetched, and every attribution."""
    old = (base.path / "README.md").read_text(encoding="utf-8") if (base.path / "README.md").is_file() else f"# {head['name']}\n"
    fetched = head["fetched"]
    lines = list(dict.fromkeys(source["attribution"] for source in head["source"]))
    note = f"Refreshed on {fetched['on']} over release {fetched['over']} with figures fetched for {fetched['names']}."
    body = old.split("\n## Refreshed\n")[0].rstrip()
    return body + "\n\n## Refreshed\n\n" + note + "\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
