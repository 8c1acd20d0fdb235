"""Whether the rules flag neither everything nor nothing: every ward of England and Wales, every service; Scotland beside them.

Prints the acceptance targets of the rules as measured on the bundled release, one version of the thresholds beside
another. Run from the checkout (about a minute a version)::

    python benchmarks/calibration.py                 # the current version
    python benchmarks/calibration.py -t 1 -t 3 --write   # and keep the table as docs/calibration.md
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import exclusion
from exclusion import judgement
from exclusion.words import date_words

PAGE = Path(__file__).parent.parent / "docs" / "calibration.md"
TARGETS = (
    ("nothing beyond the minimum", "pairs of ward and service", "at least", 0.50),
    ("kept as a condition", "pairs of ward and service", "at most", 0.02),
    ("borderline", "findings", "at most", 1 / 3),
)
LEAST, MOST = 0.01, 0.40  # of the wards a rule was assessed in
SERVICES = ("council_tax_reduction", "blue_badge", "homelessness", "school_primary")
LARGE = (
    "Large wards are city wards: their rates are higher, not only their numbers (6 in 100 of the smallest fifth and 55 in 100 of the "
    "largest are in the nation's top quarter for older people on low incomes)."
)
BEFORE = (
    "All versions are measured on this release, in which far from help is 5 km by road. Until 26 November 2026 it was 5 km in a straight "
    "line; version 1 then gave 66.4% with nothing beyond the minimum (what was not assessed counted in), 35.6% borderline, W11 in 45.2% "
    "and W13 in 41.9% of England's wards."
)
COUNCILS = ("Leeds", "Birmingham", "Wiltshire", "Blackpool", "Ribble Valley", "Tower Hamlets")


@dataclass(frozen=True)
class Measured:
    """One version of the thresholds on every ward: rows of each table, and what is out of bounds."""

    version: str
    size: str
    seconds: float
    processor: float
    gigabytes: float
    targets: dict[str, float]
    rules: pd.DataFrame  # rule, nation, assessed, fires, firmly
    by_size: pd.DataFrame  # service, any 1-5, advised 1-5
    councils: pd.DataFrame  # council, wards, found, advised (council tax reduction)
    ages: dict[str, float]
    outside: list[tuple[str, str, float]]


def measure(evidence: exclusion.Evidence, version: str) -> Measured:
    """Assess everything under one version and take its measure."""
    both, scotland = _part(evidence, "England", "Wales"), _part(evidence, "Scotland")
    start, busy = time.perf_counter(), time.process_time()
    found = exclusion.assess(both, thresholds=version, progress=_progress)
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    keep = found.findings[found.findings["kind"] == "keep"]
    run = _run(found)
    beside = exclusion.assess(scotland, thresholds=version)
    table = pd.concat([rules(one, one.findings[one.findings["kind"] == "keep"]) for one in (found, beside)], ignore_index=True)
    table = table.sort_values("rule", kind="stable", ignore_index=True)
    outside = [
        (row.rule, row.nation, row.fires)
        for row in table.itertuples(index=False)
        if row.assessed >= 0.5 and judgement.rules()[row.rule].flags and not LEAST <= row.fires <= MOST
    ]
    conditions = keep.loc[keep["severity"] == "required", ["area_code", "service_id"]].drop_duplicates()
    return Measured(
        version,
        f"{len(found.areas):,} wards x {len(found.services)} services = {len(found.summaries):,} pairs",
        seconds,
        processor,
        memory,
        {
            # What could not be assessed is not "nothing": it has a row of its own.
            "nothing beyond the minimum": float((run["summary"] == "none_in_rules_checked").mean()),
            "not assessed: rules that bear on it have no figures": float((run["summary"] == "not_assessed").mean()),
            "kept as a condition": len(conditions) / len(run),
            "borderline": float(keep["borderline"].mean()),
            "close to a finding, none found": float(((run["keep"] == 0) & (run["nearly"] > 0)).mean()),
            "advised, of findings": float((keep["severity"] != "monitor").mean()),
        },
        table,
        by_size(found, keep),
        councils(found, keep),
        ages(found, keep),
        outside,
    )


def _part(evidence: exclusion.Evidence, *nations: str) -> exclusion.Evidence:
    """The release as if it held these nations' wards only: nothing else of it changes, so findings are the same."""
    return replace(evidence, areas=evidence.areas[evidence.areas["nation"].isin(nations)], cache={})


def _progress(done: int, of: int) -> None:
    print(f"  {done} of {of} services", end="\r", flush=True)


def _run(found: exclusion.Assessment) -> pd.DataFrame:
    """Pairs of ward and service that the ward's council runs."""
    nation = found.areas["nation"].to_dict()
    held = {service.id: service for service in found.services}
    keep = [nation[row.area_code] not in held[row.service_id].not_council_in for row in found.summaries.itertuples(index=False)]
    return found.summaries[np.array(keep)]


def rules(found: exclusion.Assessment, keep: pd.DataFrame) -> pd.DataFrame:
    """Each rule's share of the wards it was assessed in, by nation, beyond the minimum."""
    fired = keep.assign(rule=keep["rule_ids"].str.split("|")).explode("rule")
    checked = found.summaries[["area_code", "checked"]].assign(rule=found.summaries["checked"].str.split("|")).explode("rule")
    checked = checked[["area_code", "rule"]].drop_duplicates()
    nation = found.areas["nation"]
    rows = []
    for rule in judgement.rules():
        mine, asked_of = fired[fired["rule"] == rule], set(checked.loc[checked["rule"] == rule, "area_code"])
        for name, size in nation.value_counts().items():
            asked = asked_of & set(nation.index[nation == name])
            firm = mine[mine["severity"] != "monitor"]
            share = [len(set(one["area_code"]) & asked) / len(asked) if asked else float("nan") for one in (mine, firm)]
            rows.append((rule, str(name), len(asked) / size, *share))
    return pd.DataFrame(rows, columns=["rule", "nation", "assessed", "fires", "firmly"])


def by_size(found: exclusion.Assessment, keep: pd.DataFrame) -> pd.DataFrame:
    """England's wards in fifths by residents: the share with any finding, and with one advised, for a few services."""
    england = found.areas[found.areas["nation"] == "England"]
    fifth = pd.Series(pd.qcut(england["population"].rank(method="first"), 5, labels=False), index=england.index)
    rows = []
    for service in SERVICES:
        mine = keep[keep["service_id"] == service]
        for word, table in (("any", mine), ("advised", mine[mine["severity"] != "monitor"])):
            has = fifth.index.isin(table["area_code"])
            rows.append((service, word, *(float(has[fifth == number].mean()) for number in range(5))))
    return pd.DataFrame(rows, columns=["service", "found", *"12345"])


def councils(found: exclusion.Assessment, keep: pd.DataFrame) -> pd.DataFrame:
    """Council tax reduction in a few councils: wards, with any finding, with one advised."""
    mine = keep[keep["service_id"] == "council_tax_reduction"]
    rows = []
    for name in COUNCILS:
        here = set(found.areas.index[found.areas["council_name"] == name])
        rows.append((name, len(here), *(len(here & set(t["area_code"])) for t in (mine, mine[mine["severity"] != "monitor"]))))
    return pd.DataFrame(rows, columns=["council", "wards", "any", "advised"])


def ages(found: exclusion.Assessment, keep: pd.DataFrame) -> dict[str, float]:
    """Whether findings follow age alone."""
    count = keep["area_code"].value_counts().reindex(found.areas.index).fillna(0)
    said = {}
    for measure_id, words in (("age75", "people aged 75 and over"), ("income_dep", "people on low incomes")):
        share = found.profile[found.profile["measure"] == measure_id].set_index("area_code")["value"].reindex(found.areas.index)
        said[words] = float(count.corr(share))
    return said


def page(evidence: exclusion.Evidence, measured: list[Measured]) -> str:
    """The table as it is kept."""
    last = measured[-1]
    heads = [f"version {one.version}" for one in measured]
    lines = [
        "# Calibration of the rules",
        "",
        f"Measured on {date_words(date.today().isoformat())} on every ward of England and Wales in the release {evidence.manifest.name} "
        f"{evidence.manifest.version} (built on {date_words(str(evidence.manifest.built_on))}): {last.size}. "
        f"Made by `python benchmarks/calibration.py {' '.join(f'-t {one.version}' for one in measured)} --write`; what each version is and "
        f"why it was made: `exclusion/judgement/versions.toml`. The version in use is {judgement.current_thresholds()}.",
        "",
        BEFORE,
        "",
        "## Targets",
        "",
        _row(["share", "of", "target", *heads]),
        _row(["---"] * 3 + ["---:"] * len(heads)),
    ]
    for name, of, how, share in TARGETS:
        cells = [f"{one.targets[name]:.1%} {'' if _good(one.targets[name], how, share) else '(not met)'}".strip() for one in measured]
        lines.append(_row([name, of, f"{how} {share:.0%}", *cells]))
    for name in ("not assessed: rules that bear on it have no figures", "close to a finding, none found", "advised, of findings"):
        lines.append(_row([name, "", "", *(f"{one.targets[name]:.1%}" for one in measured)]))
    what = (
        "Share of the wards a rule was assessed in where it asks for a way in beyond the minimum; in brackets, firmly. Scotland is here "
        "and not in the targets: half of the rules lack figures there. Northern Ireland's wards are placed among its own by the four "
        "figures held for them (people aged 65 and over, households with a disabled resident, low income, social renting), but no rule "
        "goes by one of these: with the release as it comes none is assessed there, and a rule is once a council brings figures for it."
    )
    lines += ["", "## Rules", "", what, ""]
    lines += [_row(["rule", "nation", "assessed in", *heads]), _row(["---"] * 2 + ["---:"] * (1 + len(heads)))]
    for place, row in enumerate(last.rules.itertuples(index=False)):
        cells = [_fires(one.rules.iloc[place]) for one in measured]
        lines.append(_row([f"{row.rule} {judgement.rules()[row.rule].title}", row.nation, f"{row.assessed:.0%}", *cells]))
    bounds = f"Outside {LEAST:.0%} to {MOST:.0%} under version {last.version}"
    lines += ["", f"{bounds}, among rules assessed in half of a nation's wards or more:", ""]
    for rule, nation, share in last.outside:
        why = judgement.argued()[rule].reason(nation) if rule in judgement.argued() else "NO REASON GIVEN"
        lines.append(f"- **{rule} in {nation}, {share:.1%}.** {why}")
    what = "England's wards in fifths by residents, smallest first: share with a finding beyond the minimum."
    lines += ["", "## By size of ward", "", what, ""]
    lines += [_row(["service", "version", "found", *"12345"]), _row(["---"] * 3 + ["---:"] * 5)]
    for place in range(len(last.by_size)):
        for one in measured:
            row = one.by_size.iloc[place]
            lines.append(_row([row["service"], one.version, row["found"], *(f"{row[number]:.0%}" for number in "12345")]))
    lines += ["", LARGE]
    lines += ["", "## Council tax reduction in six councils", "", _row(["council", "wards", *(f"any, advised ({head})" for head in heads)])]
    lines.append(_row(["---"] + ["---:"] * (1 + len(heads))))
    for place, row in enumerate(last.councils.itertuples(index=False)):
        cells = [f"{one.councils.iloc[place]['any']}, {one.councils.iloc[place]['advised']}" for one in measured]
        lines.append(_row([row.council, str(row.wards), *cells]))
    lines += ["", "## Age alone", "", "Correlation of the number of findings in a ward with its share of:", ""]
    for words in last.ages:
        lines.append(f"- {words}: " + "; ".join(f"{one.ages[words]:+.2f} (version {one.version})" for one in measured))
    return "\n".join(lines) + "\n"


def _good(value: float, how: str, share: float) -> bool:
    return value >= share if how == "at least" else value <= share


def _fires(row: pd.Series) -> str:
    return "-" if pd.isna(row["fires"]) else f"{row['fires']:.1%} ({row['firmly']:.1%})"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, print, and keep the table when asked to."""
    reading = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reading.add_argument("-t", "--thresholds", action="append", choices=list(judgement.threshold_versions()))
    reading.add_argument("--write", action="store_true", help=f"keep the table as docs/{PAGE.name}")
    asked = reading.parse_args()
    evidence = exclusion.load()
    measured = []
    for version in asked.thresholds or [judgement.current_thresholds()]:
        measured.append(measure(evidence, version))
        last = measured[-1]
        print(f"version {version}: {last.size} in {last.seconds:.1f} s ({last.processor:.1f} s of processor), {last.gigabytes:.1f} GB")
    text = page(evidence, measured)
    print(text)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    lacking = [rule for rule, _, _ in measured[-1].outside if rule not in judgement.argued()]
    print(f"Rules out of bounds without an argued reason: {', '.join(lacking) or 'none'}")


if __name__ == "__main__":
    main()
