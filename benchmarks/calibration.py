"""Whether the rules flag neither everything nor nothing: every ward of England and Wales, every service.

Prints the acceptance targets of the rules as measured on the bundled release, and where each rule's
firing comes from. Run: ``python benchmarks/calibration.py [--thresholds 1] [--why]``; about half a minute.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

import numpy as np
import pandas as pd

import exclusion
from exclusion import assessment as walk
from exclusion import judgement
from exclusion.provision.flags import applies, evaluate, targets
from exclusion.provision.strength import NAME, figures, indicator_strength, relevant

TARGETS = {
    "nothing beyond the minimum": ("at least", 0.50),
    "kept as a condition": ("at most", 0.02),
    "borderline": ("at most", 1 / 3),
}
LEAST, MOST = 0.01, 0.40  # of the wards a rule was assessed in


def main() -> None:
    """Print the report."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--thresholds", default="1")
    reading.add_argument("--why", action="store_true", help="split the firing of W11 and W13 by leg and by cell of the two tests")
    asked = reading.parse_args()
    evidence = exclusion.load()
    start = time.perf_counter()
    found = exclusion.assess(evidence, thresholds=asked.thresholds, today=date(2026, 11, 24))
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = f"{len(found.areas):,} wards x {len(found.services)} services"
    print(f"{size} in {seconds:.1f} s, {memory:.1f} GB at most; thresholds {asked.thresholds}")
    print(f"Rules as of {date.today():%-d %B %Y}, release {evidence.manifest.name} {evidence.manifest.version}\n")
    pairs(found)
    fires = rules(found)
    older(found)
    if asked.why:
        why(evidence, found, asked.thresholds)
    print(f"\nOutside 1 to 40 in 100 of wards, among rules assessed in half of wards or more: {', '.join(fires) or 'none'}")


def _run(found: exclusion.Assessment) -> pd.DataFrame:
    """Pairs of ward and service that the ward's council runs."""
    away = found.areas["nation"].to_dict()
    held = {service.id: service for service in found.services}
    keep = [away[row.area_code] not in held[row.service_id].not_council_in for row in found.summaries.itertuples(index=False)]
    return found.summaries[np.array(keep)]


def pairs(found: exclusion.Assessment) -> None:
    """Acceptance targets over pairs and findings."""
    run = _run(found)
    keep = found.findings[found.findings["kind"] == "keep"]
    conditions = keep.loc[keep["severity"] == "required", ["area_code", "service_id"]].drop_duplicates()
    measured = {
        "nothing beyond the minimum": float((run["keep"] == 0).mean()),
        "kept as a condition": len(conditions) / len(run),
        "borderline": float(keep["borderline"].mean()),
    }
    print(f"{'of pairs or findings':32}{'measured':>10}   target")
    for name, (how, share) in TARGETS.items():
        good = measured[name] >= share if how == "at least" else measured[name] <= share
        print(f"{name:32}{measured[name]:10.1%}   {how} {share:.1%}  {'met' if good else 'NOT MET'}")
    for nation in found.areas["nation"].unique():
        codes = found.areas.index[found.areas["nation"] == nation]
        here = run[run["area_code"].isin(codes)]
        flags = keep[keep["area_code"].isin(codes)]
        none, edge = float((here["keep"] == 0).mean()), float(flags["borderline"].mean())
        print(f"  {nation}: nothing beyond the minimum {none:.1%}, borderline {edge:.1%}")
    firm = keep[keep["severity"] != "monitor"]
    edge, share = float(firm["borderline"].mean()), len(firm) / len(keep)
    print(f"  borderline among what is advised or a condition: {edge:.1%}; {share:.0%} of findings are")


def rules(found: exclusion.Assessment) -> list[str]:
    """Each rule's share of the wards it was assessed in, by nation; names those out of bounds."""
    keep = found.findings.loc[found.findings["kind"] == "keep", ["area_code", "service_id", "rule_ids", "severity", "borderline"]]
    keep = keep.assign(rule=keep["rule_ids"].str.split("|")).explode("rule")
    checked = found.summaries[["area_code", "checked"]].assign(rule=found.summaries["checked"].str.split("|")).explode("rule")
    checked = checked[["area_code", "rule"]].drop_duplicates()
    nation = found.areas["nation"]
    sizes = nation.value_counts()
    fires = keep[["area_code", "rule"]].drop_duplicates()
    firm = keep.loc[keep["severity"] != "monitor", ["area_code", "rule"]].drop_duplicates()
    out = []
    print("\nOf the wards a rule was assessed in; firmly = advised or a condition")
    print(f"{'rule':6}{'nation':10}{'assessed':>10}{'fires':>8}{'firmly':>8}{'borderline':>12}")
    for rule in judgement.rules():
        for name in sizes.index:
            codes = set(nation.index[nation == name])
            asked = set(checked.loc[checked["rule"] == rule, "area_code"]) & codes
            if not asked:
                print(f"{rule:6}{name:10}{'none':>10}")
                continue
            shares = [len(set(table.loc[table["rule"] == rule, "area_code"]) & asked) / len(asked) for table in (fires, firm)]
            mine = keep[(keep["rule"] == rule) & keep["area_code"].isin(asked)]
            edge = f"{float(mine['borderline'].mean()):12.1%}" if len(mine) else f"{'-':>12}"
            print(f"{rule:6}{name:10}{len(asked) / sizes[name]:10.1%}{shares[0]:8.1%}{shares[1]:8.1%}{edge}")
            if len(asked) >= sizes[name] / 2 and judgement.rules()[rule].flags and not LEAST <= shares[0] <= MOST:
                out.append(f"{rule} in {name} ({shares[0]:.1%})")
    return out


def older(found: exclusion.Assessment) -> None:
    """Whether findings follow age alone: the correlation of their number with the share aged 75 and over."""
    keep = found.findings.loc[found.findings["kind"] == "keep", "area_code"].value_counts().reindex(found.areas.index).fillna(0)
    age = found.profile[found.profile["measure"] == "age75"].set_index("area_code")["value"].reindex(found.areas.index)
    income = found.profile[found.profile["measure"] == "income_dep"].set_index("area_code")["value"].reindex(found.areas.index)
    print(f"\nFindings a ward: median {keep.median():.0f}, most {keep.max():.0f}; wards with none {float((keep == 0).mean()):.1%}")
    print(f"Correlation of findings with share aged 75 and over {keep.corr(age):.2f}, with share on low incomes {keep.corr(income):.2f}")


def why(evidence: exclusion.Evidence, found: exclusion.Assessment, version: str) -> None:
    """Which leg, and which cell of the two tests, W11 and W13 fire from, in England."""
    thresholds = judgement.thresholds(version)
    areas = found.areas[found.areas["nation"] == "England"]
    profile = walk._profile(evidence, areas)
    held = figures(areas.index, profile)
    strengths = {
        name: indicator_strength(judgement.indicators()[name], held, thresholds) for name in ("income_dep", "age75", "older_income_dep")
    }
    print("\nStrength of the indicators behind W11 and W13, shares of England's wards")
    for name, steps in strengths.items():
        print(f"  {name:18}" + "".join(f"{NAME[level]} {float((steps == level).mean()):6.1%}  " for level in (-1, 0, 1, 2, 3)))
    for name in ("W11", "W13"):
        rule = judgement.rules()[name]
        by_leg: dict[str, np.ndarray] = {}
        for service in found.services:
            channels = judgement.channels()
            if not applies(rule, service, channels) or all(target.in_floor for target in targets(rule, service, channels)):
                continue
            outcome = evaluate(rule, service, strengths, areas["rural"].to_numpy(bool))
            for leg in rule.legs:
                steps = relevant(strengths[leg.indicator_for(service)], leg.weight(service))
                by = (outcome.severity > 0) & (steps == outcome.strength)
                key = leg.indicator_for(service)
                by_leg[key] = by_leg.get(key, np.zeros(len(areas), bool)) | by
            fires, firmly = (float((outcome.severity > level).mean()) for level in (0, 1))
            print(f"  {name} {service.id:32} fires {fires:6.1%}, firmly {firmly:6.1%}")
        print(f"  {name} by leg: " + ", ".join(f"{key} {float(mask.mean()):.1%}" for key, mask in by_leg.items()))
    print("\nCells of the two tests (rate x count), shares of England's wards")
    for name in ("income_dep", "age75", "older_income_dep", "disabled_lot"):
        threshold = thresholds[name]
        n, place = held.n[name], held.percentile[name]
        over = [float(np.nanmean(n >= value)) for value in (threshold.low, threshold.high)]
        print(f"  {name}: count at or over low {over[0]:.1%}, high {over[1]:.1%}")
        for label, rate in (("rest", place < 75), ("top 25%", (place >= 75) & (place < 90)), ("top 10%", place >= 90)):
            cells = [rate & (n < threshold.low), rate & (n >= threshold.low) & (n < threshold.high), rate & (n >= threshold.high)]
            print(f"    {label:8}" + "".join(f"{float(cell.mean()):8.1%}" for cell in cells))


if __name__ == "__main__":
    main()
