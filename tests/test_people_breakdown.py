"""The estimate by age and disability for many areas at once is the estimate of each area by itself."""

from __future__ import annotations

import pandas as pd
import pytest

from exclusion import people


def test_areas_broken_down_together_equal_each_alone_to_the_last_bit(bundled, monkeypatch):
    codes = [*bundled.areas.index[::700], "E09000001"]
    codes = [code for code in codes if code in bundled.areas.index] + list(
        bundled.areas.index[bundled.areas["area_name"] == "Bread Street"]
    )
    estimate = people.of_areas(bundled, codes)
    once = people.breakdown(estimate)
    alone = pd.concat([people.breakdown(estimate, [code]) for code in codes], ignore_index=True)
    pd.testing.assert_frame_equal(once, alone, check_exact=True)
    monkeypatch.setattr(people, "TOGETHER", 3)  # wherever the pieces are cut
    pd.testing.assert_frame_equal(people.breakdown(estimate), once, check_exact=True)
    assert once["estimate_raw"].isna().any() and once["estimate_raw"].notna().any()  # a ward without figures is among them


def test_the_cells_of_each_area_add_up_to_its_row(bundled):
    codes = list(bundled.areas.index[::500])
    estimate = people.of_areas(bundled, codes)
    table = people.breakdown(estimate)
    parts = table[table["disability"].ne("all") & table["age"].ne("all")].groupby("area_code")["estimate_raw"].sum(min_count=1)
    for code in codes:
        if code in parts.dropna():
            assert parts[code] == pytest.approx(estimate.table.at[code, "estimate_raw"], abs=1e-6)
