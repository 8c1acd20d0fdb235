"""How many residents are unlikely to use the internet: rates by age and disability, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from exclusion import people
from exclusion.judgement.score import people_rates

AGES = [rate.id for rate in people_rates().rate]
WARD = "E05000001"


def counts(disabled, **ages):
    return pd.DataFrame([{**dict.fromkeys(AGES, 0.0), **ages, "disabled": float(disabled)}], index=[WARD])


def test_the_rate_of_each_age_and_disability_is_applied():
    # 1,000 people aged 75 and over, 400 of them disabled, nobody else (so no children).
    got = people.estimate(counts(400, age75=1000.0), pd.Series({WARD: 1000.0})).loc[WARD]
    at_2020_rates = 400 * 0.529 + 600 * 0.379
    assert got["high_raw"] == pytest.approx(at_2020_rates)
    assert got["low_raw"] == pytest.approx(at_2020_rates * 0.64)  # the fall since, as a lower end
    assert (got["low"], got["high"]) == (280, 440)  # 280.9 and 439.0, rounded to 10
    assert got["label"] == "about 280 to 440"


def test_disabled_people_are_spread_over_ages_as_in_the_survey():
    # 100 aged 65-74 (34.02 % disabled in the survey) and 100 aged 75+ (46.64 %); 60 disabled here.
    got = people.estimate(counts(60, age65_74=100.0, age75=100.0), pd.Series({WARD: 200.0})).loc[WARD]
    younger = 60 * 34.02 / (34.02 + 46.64)
    older = 60 - younger
    assert got["high_raw"] == pytest.approx(younger * 0.205 + (100 - younger) * 0.110 + older * 0.529 + (100 - older) * 0.379)


def test_no_age_holds_more_disabled_people_than_people():
    # Everybody is disabled: whatever the survey's shares, each rate is the disabled one.
    got = people.estimate(counts(200, age65_74=100.0, age75=100.0), pd.Series({WARD: 200.0})).loc[WARD]
    assert got["high_raw"] == pytest.approx(100 * 0.205 + 100 * 0.529, rel=1e-6)


def test_children_are_taken_out_of_the_disabled_count_first():
    # 1,000 children: 7 per cent of them, 70, are not adults limited by disability.
    with_children = people.estimate(counts(270, age75=500.0), pd.Series({WARD: 1500.0})).loc[WARD]
    without_children = people.estimate(counts(200, age75=500.0), pd.Series({WARD: 500.0})).loc[WARD]
    assert with_children["high_raw"] == pytest.approx(without_children["high_raw"])


@pytest.mark.parametrize(("adults", "label"), [(10.0, "fewer than 10"), (30.0, "up to about 10"), (0.0, "fewer than 10")])
def test_small_numbers_are_hidden(adults, label):
    # 10 people aged 75+: 3.8; 30 people: 7.3 to 11.4.
    got = people.estimate(counts(0, age75=adults), pd.Series({WARD: adults})).loc[WARD]
    assert got["label"] == label and got["low"] is pd.NA


def test_a_ward_that_lacks_an_age_group_has_no_estimate():
    got = people.estimate(counts(10, age75=100.0, age25_34=np.nan), pd.Series({WARD: 100.0})).loc[WARD]
    assert got["label"] == "no estimate" and got["high"] is pd.NA


def test_the_whole_adds_up_from_unrounded_parts_and_agrees_with_the_survey(bundled):
    everyone = people.estimate(bundled.wide("ward", "count"), bundled.areas["population"])
    whole = people.total(everyone).iloc[0]
    assert whole["high_raw"] == pytest.approx(everyone["high_raw"].sum())
    assert 100 * whole["high_raw"] / whole["adults"] == pytest.approx(7.8, abs=0.3)  # ONS 2020: 7.8 %


def test_one_unknown_area_makes_the_whole_unknown():
    both = people.estimate(pd.concat([counts(10, age75=100.0), counts(np.nan, age75=100.0)]), pd.Series({WARD: 100.0}))
    assert people.total(both).iloc[0]["label"] == "no estimate"
