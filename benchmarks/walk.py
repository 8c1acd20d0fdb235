"""How long the walk takes, and how much faster scoring is than a plain loop over wards.

Run from the checkout::

    python benchmarks/walk.py

Ratios are measured side by side in one run, so they hold on any machine; the seconds are this one's.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import exclusion
from exclusion import risk
from exclusion.judgement.score import method_for
from exclusion.release import Evidence


def timed(work: Callable[[], Any], runs: int = 3) -> tuple[float, Any]:
    """Fastest of some runs, in seconds, and the last result."""
    best, result = float("inf"), None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def plain_loop(evidence: Evidence) -> pd.Series:
    """The same score, ward by ward and figure by figure, as a first script would do it."""
    values = evidence.observations[evidence.observations["level"] == "ward"].set_index(["area_code", "measure"])["value"].to_dict()
    scores = {}
    for code, nation in evidence.areas["nation"].items():
        preset = method_for(str(nation))
        if preset is None:
            continue
        weights = risk.normalised_weights(preset)
        total = 0.0
        for domain in preset.domain:
            value = sum(values[code, part.measure] * part.coefficient for part in domain.indicator)
            reference = risk.reference(evidence, str(nation), "ward", f"domain_{domain.id}")
            total += weights[domain.id] * float(risk.percentile(np.array([round(value, 6)]), reference)[0])
        scores[code] = total
    return pd.Series(scores)


def main() -> None:
    """Print the table."""
    load, evidence = timed(exclusion.load)
    score, scores = timed(lambda: risk.score(evidence))
    loop, naive = timed(lambda: plain_loop(evidence), runs=1)
    # Adding in another order may round the sixth decimal of a rate the other way.
    assert np.allclose(scores["risk"], naive.reindex(scores.index), atol=0.01, equal_nan=True), "the two ways of scoring disagree"
    slider, _ = timed(lambda: exclusion.assess(evidence, ["Blackpool"], ()))
    council, _ = timed(lambda: exclusion.assess(evidence, ["Blackpool"]))
    nation, found = timed(lambda: exclusion.assess(evidence), runs=1)
    rows = [
        ("load and verify the bundled release", f"{load:.2f} s"),
        (f"score {len(scores):,} wards", f"{score * 1000:.0f} ms"),
        ("   the same, as a plain loop", f"{loop:.2f} s ({loop / score:,.0f} times as long)"),
        ("one council, scores only (a slider)", f"{slider * 1000:.0f} ms"),
        ("one council, 40 services", f"{council:.2f} s"),
        (f"every ward, 40 services ({len(found.findings):,} findings)", f"{nation:.1f} s"),
        ("largest memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB"),
    ]
    for what, figure in rows:
        print(f"{what:55} {figure}")


if __name__ == "__main__":
    main()
