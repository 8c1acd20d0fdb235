"""How long the uncertainty takes, and how it compares with a plain loop over pandas.

Run from the checkout::

    python benchmarks/uncertainty.py

The plain loop does the same work the obvious way: for every draw and method a table of scores, a
weighted mean, and each ward's place found by search, all wards at a time. It is timed on a few draws
of every ward of England and scaled up, since the whole would take minutes and gigabytes; what it
finds must agree with the fast way. It stops at the places: intervals and shares of variance are
extra for it, and are in the time of the fast way.
"""

from __future__ import annotations

import resource
import time

import numpy as np
import pandas as pd

import exclusion
from exclusion import risk
from exclusion.judgement.score import method_for
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.method import experiment, factorial, uncertainty

DRAWS = 2
"""Draws that the plain loop is timed on."""


def plain_loop(nation: experiment.Nation, sets: np.ndarray, draws: tuple[np.ndarray, np.ndarray], codes: list[str]) -> np.ndarray:
    """ward x scale x mean x weights x geography x draw, one table at a time."""
    names = [domain.id for domain in nation.domains]
    count = draws[0].shape[2]
    out = np.empty((len(codes), len(factorial.SCALES), len(factorial.MEANS), len(sets), len(draws), count))
    for g, of_geography in enumerate(nation.frame.scales):
        for s, scale in enumerate(of_geography):
            drawn = pd.DataFrame(nation.frame.drawn[g][s].T, columns=names)
            for w, weights in enumerate(sets):
                row = pd.Series(weights, names)
                for m, mean in enumerate(factorial.MEANS):
                    reference = np.sort(((drawn if mean == "arithmetic" else np.log(drawn)) * row).sum(axis=1))
                    for d in range(count):
                        table = pd.DataFrame({name: draws[g][k, :, d] for k, name in enumerate(names)}, index=codes)
                        scored = pd.DataFrame({name: scale.apply(table[name].to_numpy(), k) for k, name in enumerate(names)}, index=codes)
                        index = ((scored if mean == "arithmetic" else np.log(scored)) * row).sum(axis=1)
                        out[:, s, m, w, g, d] = np.searchsorted(reference, index) / len(reference) * 100
    return out


def timed(what: str, function, *arguments, **named):  # type: ignore[no-untyped-def]
    """The result and the seconds of the processor; printed with those of the clock, which count what else the machine does."""
    start, worked = time.perf_counter(), time.process_time()
    result = function(*arguments, **named)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    print(f"{what:64} {seconds:8.2f} s by the clock {worked:8.2f} s of the processor")
    return result, worked


def main() -> None:
    """Print the times."""
    rules = uncertainty_rules()
    evidence = exclusion.load()
    council = list(evidence.areas.index[evidence.areas["council_code"].isin(["E06000009", "E07000124"])])[:35]
    weights = {"age": 30, "disability": 30, "income": 30, "connectivity": 10}
    timed("35 wards, first time (a nation is made ready)", uncertainty.uncertainty, evidence, council)
    timed("35 wards, weights changed", uncertainty.uncertainty, evidence, council, weights)
    nation, seconds = timed(f"All {len(evidence.areas):,} wards x 96 x {rules.draws}", uncertainty.uncertainty, evidence)
    print(f"{'Most memory used':64} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f} GB")
    print(f"{'Wards called unclear':64} {(nation.wards['word'] == 'unclear').mean():8.1%}")

    preset = method_for("England")
    assert preset is not None
    made = experiment.prepare(uncertainty.figures_of(evidence, "England", preset, rules), preset.domain, None, rules)
    codes = list(made.plain.index)
    sets = factorial.weight_sets(risk.normalised_weights(preset), rules.weights, rules.place_domains)
    draws = made.draws(codes, DRAWS)
    slow, plain = timed(f"Plain loop over pandas, England x 96 x {DRAWS}", plain_loop, made, sets, draws, codes)
    tables = factorial.places(made.frame, sets)
    fast = factorial.cube(made.frame, tables, draws, np.zeros((len(codes), DRAWS)))
    print(f"{'Largest difference in place (hundredths of the nation)':64} {np.abs(slow - fast).max():8.2f}")
    whole = plain / DRAWS * rules.draws * len(evidence.areas) / len(codes)
    print(f"{'Plain loop, scaled to all wards and draws':64} {whole:8.0f} s")
    print(f"{'Ratio to the whole of the fast way (which also shares out variance)':64} {whole / seconds:8.1f}")


if __name__ == "__main__":
    main()
