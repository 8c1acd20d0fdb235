"""What a list of wards leaves out: most affected small areas elsewhere, and the people who live outside."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from exclusion import risk, validity
from exclusion.validity import pockets

RIBBLE_VALLEY, TOWER_HAMLETS = "E07000124", "E09000030"


def wards(evidence, council):
    return list(evidence.areas.index[evidence.areas["council_code"] == council])


FINDINGS = pd.DataFrame(
    [
        ("E05000001", "blue_badge", "keep", "required"),
        ("E05000002", "blue_badge", "keep", "monitor"),  # to watch is not to keep
        ("E05000003", "blue_badge", "floor", "required"),  # the minimum holds everywhere
        ("E05000003", "housing_benefit", "keep", "recommended"),
    ],
    columns=["area_code", "service_id", "kind", "severity"],
)


def test_a_ward_is_flagged_by_a_service_when_something_must_or_should_be_kept_beyond_the_minimum():
    assert pockets.flagged_by_service(FINDINGS, "blue_badge") == {"E05000001"}
    assert pockets.flagged_by_service(FINDINGS, "housing_benefit") == {"E05000003"}
    assert pockets.flagged_by_service(FINDINGS, "school_admissions") == set()


def test_a_ward_is_flagged_by_its_band_when_that_is_the_highest():
    scores = pd.DataFrame({"band": pd.array([5, 4, pd.NA], dtype="Int64")}, index=["a", "b", "c"])
    assert pockets.flagged_by_band(scores) == {"a"}


def test_the_share_outside_is_of_people_not_of_wards():
    # 100 of 100 + 200 + 600 people live in the flagged ward: 800 / 900 outside.
    people = pd.Series({"E05000001": 100.0, "E05000002": 200.0, "E05000003": 600.0})
    found = pockets.outside(people, {"E05000001"})
    assert found["share"] == pytest.approx(800 / 900) and found["people"] == 800 and (found["wards"], found["flagged"]) == (3, 1)
    assert found["words"] == (
        "Of residents unlikely to use the internet, about nine in ten live outside the wards that stand out (about 800 people)."
    )


def test_a_ward_without_an_estimate_is_counted_as_unknown_not_as_nobody():
    found = pockets.outside(pd.Series({"E05000001": 100.0, "E05000002": np.nan}), {"E05000001"})
    assert found["unknown"] == 1 and found["share"] == 0 and found["people"] is pd.NA
    assert "none live outside" in found["words"] and found["words"].endswith("One ward without an estimate is not in it.")
    assert pockets.outside(pd.Series({"E05000001": np.nan}), set())["words"] == "We hold no estimate of people for these wards."


def test_fewer_than_ten_people_are_not_counted_out():
    found = pockets.outside(pd.Series({"E05000001": 991.0, "E05000002": 9.4}), {"E05000001"})
    assert found["people"] is pd.NA and "fewer than 10 people" in found["words"]


def test_each_service_has_its_own_wards():
    people = pd.Series({"E05000001": 100.0, "E05000002": 200.0, "E05000003": 700.0})
    table = pockets.outside_by_service(people, FINDINGS, ["housing_benefit", "blue_badge"])
    assert list(table["service_id"]) == ["housing_benefit", "blue_badge"]
    assert table["share"].to_numpy() == pytest.approx([0.3, 0.9])
    assert pockets.outside_by_service(people, FINDINGS, []).empty


def test_small_areas_are_scored_against_small_areas(bundled):
    small = pockets.small_scores(bundled, wards(bundled, TOWER_HAMLETS))
    assert small["tenth"].notna().all() and small["risk"].between(0, 100).all() and len(small) > 150
    one = small.iloc[0]
    value = bundled.wide("lsoa21", "value").at[small.index[0], "disabled"]
    assert one["percentile_disability"] == pytest.approx(
        risk.percentile(np.array([value]), risk.reference(bundled, "England", "lsoa21", "domain_disability"))[0]
    )
    assert (small["tenth"] == (small["risk"] >= validity.tenth())).all()


def test_a_pocket_is_most_affected_and_its_ward_is_not_flagged(bundled):
    codes = wards(bundled, RIBBLE_VALLEY)
    flagged = pockets.flagged_by_band(risk.score(bundled, codes))
    table = pockets.pockets(bundled, codes, flagged)
    assert list(table["area_name"]) == ["Littlemoor"] and table.at[0, "high"] == "Age|Disability"
    # Flag its ward and it is a pocket no more; flag nothing and every most affected small area is one.
    assert pockets.pockets(bundled, codes, {*flagged, table.at[0, "area_code"]}).empty
    everywhere = wards(bundled, "E06000009")
    small = pockets.small_scores(bundled, everywhere)
    assert len(pockets.pockets(bundled, everywhere, set())) == small["tenth"].sum() > 10


def test_pockets_are_listed_by_name_never_by_score(bundled):
    table = pockets.pockets(bundled, wards(bundled, "E06000009"), set())
    assert list(table["area_name"]) == sorted(table["area_name"]) and "risk" not in table


def test_where_no_small_areas_are_held_it_says_so_and_finds_none(bundled):
    elsewhere = wards(bundled, "E06000010")  # small areas come with three councils only
    assert pockets.pockets(bundled, elsewhere, set()).empty
    assert "pockets were not looked for" in pockets.looked_at(bundled, elsewhere)
    assert pockets.looked_at(bundled, wards(bundled, TOWER_HAMLETS)) == ""


def test_in_scotland_pockets_are_not_looked_for_and_that_is_said(bundled):
    # A release can hold the small areas of a Scottish council ('release build --mapped'); where Scotland's most affected tenth
    # of them begins was never worked out, so nothing is called a pocket, and nothing is called free of them.
    ward = bundled.areas.index[bundled.areas["council_name"] == "Glasgow City"][0]
    measures = ["age65_74", "age75_84", "age85", "disabled", "income_dep_simd2020", "no_superfast_simd2020"]
    mine = (bundled.observations["area_code"] == ward) & bundled.observations["measure"].isin(measures)
    zone = bundled.small_areas.iloc[[0]].assign(small_area_code="S01009758", area_code=ward, share=1.0)
    figures = bundled.observations[mine].assign(area_code="S01009758", level="lsoa21")
    held = dataclasses.replace(
        bundled,
        small_areas=pd.concat([bundled.small_areas, zone]),
        observations=pd.concat([bundled.observations, figures]),
        cache={},
    )
    assert pockets.small_scores(held, [ward])["tenth"].isna().all()
    assert pockets.pockets(held, [ward], []).empty
    assert pockets.looked_at(held, [ward]) == (
        "Where the most affected tenth of small areas begins is not known for Scotland, so pockets were not looked for."
    )


def test_none_found_is_said_and_is_not_the_same_as_not_looked_at(bundled):
    codes = wards(bundled, RIBBLE_VALLEY)
    held = pockets.with_small_areas(bundled, codes)
    some = sorted(held)[:3]
    # Three wards with small areas, one of which stands out itself: pockets can be hidden in two.
    words = pockets.found_words(bundled, some, {some[0]}, 0)
    assert words == (
        "Pockets (small areas among the nation's most affected tenth) were looked for in the two wards that do not stand out and whose "
        "small areas we hold: none was found."
    )
    assert pockets.found_words(bundled, some, {some[0]}, 1).endswith("whose small areas we hold: one pocket was found.")
    assert "there was no ward for a pocket to be hidden in" in pockets.found_words(bundled, some, set(some), 0)
    # Where nothing could be looked for, nothing is said to have been looked for.
    elsewhere = wards(bundled, "E06000010")
    assert pockets.found_words(bundled, elsewhere, set(), 0) == "" and "were not looked for" in pockets.looked_at(bundled, elsewhere)
    scotland = list(bundled.areas.index[bundled.areas["council_name"] == "Glasgow City"])
    assert pockets.found_words(bundled, scotland, set(), 0) == "" and "were not looked for" in pockets.looked_at(bundled, scotland)
