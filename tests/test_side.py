"""Two maps side by side: what each may show, and that a gap is never a class."""

from __future__ import annotations

import pandas as pd
import pytest

import exclusion
from exclusion.views import side


@pytest.fixture(scope="module")
def blackpool(bundled):
    return exclusion.assess(bundled, ["Blackpool"], ["blue_badge"])


def test_every_choice_gives_each_ward_a_class_or_says_that_there_is_none(blackpool):
    for key in side.choices(blackpool):
        one = side.layer(blackpool, blackpool, key)
        assert list(one.classes.index) == list(blackpool.areas.index)
        assert one.classes.dropna().between(0, len(one.shades) - 1).all()
        assert len(one.labels()) == 21 and one.words


def test_people_stand_in_the_class_that_holds_their_number(blackpool):
    """Anchorsholme: about 710 people at 2020 rates, so "500 to 999"."""
    one = side.layer(blackpool, blackpool, side.PEOPLE)
    middle = blackpool.people["estimate_2020"]
    for code, label in zip(one.classes.index, one.labels(), strict=True):
        if pd.isna(middle[code]):
            assert label == "No figure"
        elif 500 <= middle[code] < 1000:
            assert label == "4 500 to 999"
    assert one.labels()[list(blackpool.areas["area_name"]).index("Anchorsholme")] == "4 500 to 999"


def test_a_figure_is_shown_by_its_fifth_and_a_hundred_is_in_the_last(blackpool):
    one = side.layer(blackpool, blackpool, "no_car")
    rows = blackpool.profile[blackpool.profile["measure"] == "no_car"].set_index("area_code")["percentile"]
    for code, place in one.classes.items():
        assert int(place) == min(int(rows[code] // 20), 4)


def test_a_nation_without_a_score_has_no_band(bundled):
    belfast = exclusion.assess(bundled, ["Belfast"], ["blue_badge"])
    assert set(side.layer(belfast, belfast, side.BAND).labels()) == {"Not scored"}


def test_the_table_holds_both_maps(blackpool):
    pair = (side.layer(blackpool, blackpool, side.BAND), side.layer(blackpool, blackpool, side.FOUND))
    rows = side.rows(blackpool, pair)
    assert list(rows["Ward"]) == list(blackpool.areas["area_name"])
    assert list(rows.iloc[:, 1]) == pair[0].labels() and list(rows.iloc[:, 2]) == pair[1].labels()
