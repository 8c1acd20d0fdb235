"""Cut the fifths of the older index over a nation's wards: the figures of exclusion/judgement/older_index.toml.

python benchmarks/older_index.py ../shared/data
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from exclusion import geography
from exclusion.judgement.score import geography_rules
from exclusion.judgement.validity import validity_rules
from exclusion.method.alternatives import COMPONENTS, deri_from_components
from exclusion.method.older_index import ward_means
from exclusion.sources import boundaries, census, internet_use, postcodes

FIFTHS = [0.2, 0.4, 0.6, 0.8]


def national_shares(folder: Path) -> pd.DataFrame:
    """``small_area_code, area_code, share, population`` of England and Wales, shared by postcodes as in a release."""
    people = census.read(folder)[1]["population"]["count"]
    _, shapes = boundaries.read_small_areas(folder)
    _, wards = boundaries.read_wards(folder)
    _, points = postcodes.read(folder)
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    located = pd.DataFrame(
        {"small_area_code": geography.locate(x, y, shapes, "small_area_code"), "area_code": geography.locate(x, y, wards, "area_code")}
    )
    best_fit = shapes.set_index("small_area_code")["best_fit"]
    shares = geography.shares_by_postcode(located, best_fit, geography_rules().smallest_share)
    return shares.assign(population=people.reindex(shares["small_area_code"]).to_numpy(float))


def edges(folder: Path) -> pd.DataFrame:
    """By nation: the cuts of wards and of small areas, and how many small areas there are."""
    _, components = internet_use.read_deri_components(folder)
    small = components[list(COMPONENTS)].assign(deri=deri_from_components(components))
    wards = ward_means(national_shares(folder), small, validity_rules().least_observed)
    rows = {}
    for nation, letter in {"England": "E", "Wales": "W"}.items():
        here = wards.loc[wards.index.str.startswith(letter), "deri"].dropna()
        areas = small.loc[small.index.str.startswith(letter), "deri"].dropna()
        rows[nation] = {
            "wards": np.quantile(here, FIFTHS).round(4).tolist(),
            "small_areas": np.quantile(areas, FIFTHS).round(4).tolist(),
            "areas": len(areas),
            "of_wards": len(here),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    found = edges(Path(sys.argv[1]))
    for nation, row in found.iterrows():
        print(f'[[edge]]\nnation = "{nation}"\nwards = {row["wards"]}\nsmall_areas = {row["small_areas"]}\nareas = {row["areas"]}')
    print(found["of_wards"].to_dict())
