"""Clusters: wards that are high or low together with the wards about them, with chance held down."""

import importlib.util
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from exclusion.judgement.validity import validity_rules

RULES = validity_rules().clusters


def grid(side=12, gap=None):
    """Square wards in rows, touching; ``gap`` moves one of them out to sea."""
    boxes = [shapely.box(x, y, x + 1, y + 1) for y in range(side) for x in range(side)]
    if gap is not None:
        boxes[gap] = shapely.affinity.translate(boxes[gap], xoff=side + 3)
    codes = [f"E0500{n:04d}" for n in range(side * side)]
    middle = [box.centroid for box in boxes]
    return gpd.GeoDataFrame({"x": [p.x for p in middle], "y": [p.y for p in middle]}, geometry=boxes, index=codes)


def test_the_limit_keeps_the_expected_share_of_false_ones():
    from exclusion.method import clusters

    # Five tests at 5 %: the k-th smallest must be at most k x 0.01. 0.01 <= 0.01, 0.02 <= 0.02, 0.04 > 0.03: two pass.
    assert clusters.limit(np.array([0.5, 0.02, 0.01, 0.9, 0.04]), 0.05) == 0.02
    assert clusters.limit(np.array([0.5, 0.9]), 0.05) < 0  # none may be called


WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"esda", "libpysal"}:
            raise ModuleNotFoundError(f"No module named {name!r} (not installed in this test)")

sys.meta_path.insert(0, Absent())
from exclusion import load
from exclusion.method import clusters
from exclusion.contracts import UsageError
try:
    clusters.clusters(load())
except UsageError as refused:
    print(refused)
"""


def test_without_the_extra_one_message_says_what_to_install(root):
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.stdout == "clusters: need an optional part that is not installed. Run: pip install 'exclusion[spatial]'.\n", done.stderr


# Everything below needs the extra.
spatial = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("esda", "libpysal")),
    reason="the extra 'spatial' (esda, libpysal) is not installed",
)


@spatial
def test_wards_that_touch_are_neighbours_and_an_island_is_linked_with_the_nearest():
    from exclusion.method import clusters

    areas = grid(4, gap=3)  # ward 3, top right of the first row, lies off the shore of ward 7
    linked, how = clusters.neighbours(areas, RULES)
    assert sorted(linked["E05000005"]) == [f"E0500{n:04d}" for n in (0, 1, 2, 4, 6, 8, 9, 10)]  # all eight about it
    assert linked["E05000003"] == ["E05000007"] and "E05000003" in linked["E05000007"]
    assert "1 that touch none were linked with the nearest" in how


@spatial
def test_with_centre_points_the_nearest_wards_are_neighbours_and_it_is_said():
    from exclusion.method import clusters

    areas = grid(4)
    areas["geometry"] = areas.geometry.centroid
    linked, how = clusters.neighbours(areas, RULES)
    assert {len(row) for row in linked.values()} == {RULES.neighbours} and all(code not in row for code, row in linked.items())
    assert set(linked["E05000000"]) >= {"E05000001", "E05000004", "E05000005"}
    assert "centres are nearest" in how


@spatial
def test_a_corner_of_high_wards_is_a_cluster_of_higher_likelihood_and_noise_is_none():
    from exclusion.method import clusters

    areas = grid()
    linked, _ = clusters.neighbours(areas, RULES)
    rng = np.random.default_rng(3)
    noise = pd.Series(rng.uniform(0, 100, len(areas)), areas.index)
    assert (clusters.local(noise, linked, RULES)["kind"] != "none").mean() < 0.05
    corner = noise.where((areas["x"] > 4) | (areas["y"] > 4), noise + 300)
    found = clusters.local(corner, linked, RULES)
    assert found.at["E05000000", "kind"] == "higher" and found.at["E05000143", "kind"] != "higher"
    assert clusters.KINDS["higher"] == "cluster of higher likelihood"


@spatial
def test_the_same_seed_gives_the_same_clusters_and_a_council_alone_gives_its_rows_of_the_nation(bundled):
    from exclusion.method import clusters

    welsh = list(bundled.areas.index[bundled.areas["nation"] == "Wales"])
    nation = clusters.clusters(bundled, welsh)
    council = [code for code in welsh if bundled.areas.at[code, "council_code"] == "W06000015"]
    pd.testing.assert_frame_equal(clusters.clusters(bundled, council).wards, nation.wards.loc[council])
    assert set(nation.wards["words"]) <= set(clusters.KINDS.values())
    assert "centres are nearest" in nation.notes[0] and "not a reason to keep or close" in nation.notes[-1]
    # Neighbours outside the council take part: every ward has as many.
    assert (nation.wards["neighbours"] == RULES.neighbours).all()


def test_no_finding_can_rest_on_a_cluster(root):
    rules = [*(root / "exclusion" / "provision").glob("*.py"), root / "exclusion" / "assessment.py"]
    assert len(rules) > 3 and not [path.name for path in rules if "clusters" in path.read_text(encoding="utf-8")]
