"""How often two councils come as near as we call alike, really and by chance: what the limits of neighbours.toml rest on.

python benchmarks/neighbours.py
"""

from __future__ import annotations

import numpy as np

import exclusion
from exclusion.contracts import NATIONS
from exclusion.judgement.neighbouring import neighbour_rules
from exclusion.method import neighbours


def apart(places: np.ndarray) -> np.ndarray:
    """Mean difference of places over the figures, for each pair of councils once."""
    differ = np.nanmean(np.abs(places[:, None, :] - places[None, :, :]), axis=2)
    return differ[np.triu_indices(len(places), 1)]


def main() -> None:
    evidence, limit = exclusion.load(), neighbour_rules().furthest
    by_chance = np.random.default_rng(1)
    print(f"{'':18}councils figures  pairs within {limit:g}: real  shuffled   eighth nearest, middle case")
    for nation in NATIONS:
        places = neighbours.rates(evidence, nation).rank(pct=True).to_numpy()
        shuffled = np.column_stack([by_chance.permutation(column) for column in places.T])
        whole = np.nanmean(np.abs(places[:, None, :] - places[None, :, :]), axis=2)
        np.fill_diagonal(whole, np.inf)
        eighth = np.median(np.sort(whole, axis=1)[:, min(7, len(whole) - 2)])
        real, chance = (float(np.mean(apart(one) <= limit)) for one in (places, shuffled))
        print(f"{nation:18}{len(places):8}{places.shape[1]:8}{real:26.0%}{chance:10.0%}{eighth:16.3f}")


if __name__ == "__main__":
    main()
