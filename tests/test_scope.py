"""Over which wards another method stretches its figures: a council, a nation, or Great Britain where that holds."""

import dataclasses
import json

import pandas as pd
import pytest
from test_pages import run, text

from exclusion.__main__ import main
from exclusion.contracts import DataRefused, UsageError
from exclusion.judgement import composites
from exclusion.judgement.composites import read_method
from exclusion.method import alternatives, older_index, scope

AGES = """
id = "ages"
title = "Ages"
nations = ["England", "Wales", "Scotland"]
why = "Two measures that the nations count alike."
reference = "None: a test."
checked_on = 2026-11-24
review_by = 2027-11-30
normalise = "min_max"
within = "council"
[[domain]]
id = "age"
label = "Age"
weight = 1
[[indicator]]
id = "a75"
label = "Aged 75 and over"
domain = "age"
weight = 3
direction = "higher"
measure = "age75"
[[indicator]]
id = "a16"
label = "Aged 16 to 24"
domain = "age"
weight = 1
direction = "lower"
measure = "age16_24"
"""


@pytest.fixture
def ages(tmp_path):
    path = tmp_path / "ages.toml"
    path.write_text(AGES, encoding="utf-8")
    return path


# ------------------------------------------------------------------- a method on our figures


@pytest.mark.parametrize("name", ["council", "nation", "great-britain"])
def test_a_wards_score_by_hand_in_each_scope(bundled, ages, name):
    method = scope.scoped(bundled, read_method(ages), name)
    ward = bundled.areas.index[bundled.areas["area_name"] == "Bloomfield"][0]
    figures = bundled.wide("ward", "value")[["age75", "age16_24"]]
    areas = bundled.areas
    group = {
        "council": areas["council_name"] == "Blackpool",
        "nation": areas["nation"] == "England",
        "great-britain": areas["nation"].isin(["England", "Wales", "Scotland"]),
    }[name]
    held = figures[group.reindex(figures.index)]
    low, high, mine = held.min(), held.max(), figures.loc[ward]
    older = 100 * (mine["age75"] - low["age75"]) / (high["age75"] - low["age75"])
    younger = 100 * (high["age16_24"] - mine["age16_24"]) / (high["age16_24"] - low["age16_24"])  # turned round: fewer is more at risk
    found = alternatives.score(bundled, method, [ward]).table.loc[ward]
    assert found["index"] == pytest.approx((3 * older + younger) / 4, abs=1e-3)


def test_great_britain_has_its_lowest_and_highest_once_and_no_northern_ireland(bundled, ages):
    table = alternatives.score(bundled, scope.scoped(bundled, read_method(ages), "great-britain")).table
    nations = bundled.areas["nation"].reindex(table.index)
    ends = table.groupby(nations)["score_a75"].agg(["min", "max"]).dropna()
    assert (ends["min"] == 0).sum() == 1 and (ends["max"] == 100).sum() == 1 and len(ends) == 3
    assert not table.loc[nations == "Northern Ireland", "scored"].any()


def test_what_holds_great_britain_back_is_named_each_by_itself(bundled):
    with pytest.raises(DataRefused) as refused:
        scope.scoped(bundled, composites.alternatives()["deri_1_6"], "great-britain")
    told = [problem.what for problem in refused.value.problems]
    assert told == [
        "people whose day-to-day activities are limited: "
        "Scotland asks about disability in other words than England and Wales do, a year later",
        "approximated social grade DE: we hold no figures for it",
        "premises that cannot get 30 Mbit/s: we hold no figures for it",
        "connections under 10 Mbit/s: we hold no figures for it",
        "average download speed: we hold no figures for it",
        "guaranteed Pension Credit per 1,000 people aged 65 and over: we hold no figures for it",
        "people aged 16 and over with no qualifications: it is not held for Scotland",
        "alternative claimant rate: we hold no figures for it",
        "index of Multiple Deprivation 2019, UK composite: we hold no figures for it",
    ]  # the two ages are not among them: both censuses count them alike


def test_a_figure_nobody_has_shown_to_be_alike_is_held_back(bundled, ages):
    method = read_method(ages)
    other = method.indicator[1].model_copy(update={"measure": "no_car"})
    told = scope.holds_back(bundled, method.model_copy(update={"indicator": (method.indicator[0], other)}))
    assert ["nobody has shown" in problem.what or "not held for" in problem.what for problem in told] == [True]
    england = method.model_copy(update={"nations": ("England",)})
    assert "the method is not for Wales and Scotland" in str(scope.holds_back(bundled, england)[0])


def test_a_scale_that_is_the_same_for_every_group_has_no_scope(bundled):
    with pytest.raises(UsageError, match="means nothing for Equal weights"):
        scope.scoped(bundled, composites.alternatives()["equal_people"], "nation")
    assert scope.said(composites.alternatives()["equal_people"]) == ""


def test_a_method_stretched_over_a_council_has_figures_and_no_band(bundled, ages):
    # Blackpool's lowest ward is 0 and its highest 100 on each figure, and so are Burnley's: fifths of such figures over the nation
    # would set a council's own spread beside another's.
    scored = alternatives.score(bundled, read_method(ages)).table
    here = scored["scored"].astype(bool)
    assert here.sum() > 5000 and scored["band"].isna().all()
    assert set(scored.loc[here, "band_word"]) == {"No band"} and set(scored.loc[~here, "band_word"]) == {"Not scored"}
    nation = alternatives.score(bundled, scope.scoped(bundled, read_method(ages), "nation")).table
    assert nation["band"].notna().sum() > 5000  # the same method within its nation has one
    said = scope.said(read_method(ages))
    assert said.endswith("Figures of two councils do not compare, so there is no band.")


def test_nations_stand_on_one_scale_only_where_they_count_alike(bundled, ages):
    alike = read_method(ages).model_copy(update={"within": "all"})
    assert scope.checked(bundled, alike) is alike  # both ages are counted alike in the three nations
    only = alike.model_copy(update={"nations": ("England",)})
    assert scope.checked(bundled, only) is only  # one nation is not mixed with anything
    lame = alike.model_copy(update={"indicator": (alike.indicator[0], alike.indicator[1].model_copy(update={"measure": "disabled"}))})
    for method, told in (
        (lame, "Scotland asks about disability in other words"),
        (alike.model_copy(update={"nations": ("England", "Wales")}), "the method is not for Scotland"),
        (alike.model_copy(update={"nations": ("England", "Northern Ireland")}), "the method is for Northern Ireland too"),
    ):
        with pytest.raises(DataRefused, match=told) as refused:
            scope.checked(bundled, method)
        assert 'Write within = "nation": each nation is then scored within itself.' in str(refused.value)


# ------------------------------------------------------------------- the makers' own table


@pytest.fixture
def two_councils(bundled):
    """Two small areas in each of two wards of Blackpool, one in a ward of Leeds; 1,000 people each."""
    names = bundled.areas.set_index("area_name").index
    assert {"Bloomfield", "Brunswick", "Adel & Wharfedale"} <= set(names)
    code = {name: bundled.areas.index[bundled.areas["area_name"] == name][0] for name in ("Bloomfield", "Brunswick", "Adel & Wharfedale")}
    rows = [("E1", "Bloomfield"), ("E2", "Bloomfield"), ("E3", "Brunswick"), ("E4", "Brunswick"), ("E5", "Adel & Wharfedale")]
    small = bundled.small_areas.iloc[: len(rows)].copy().reset_index(drop=True)
    small["small_area_code"] = [area for area, _ in rows]
    small["area_code"] = [code[ward] for _, ward in rows]
    small["share"], small["population"] = 1.0, 1000
    return dataclasses.replace(bundled, small_areas=small), code


TABLE = pd.DataFrame(
    {"demography": [2.0, 3.0, 4.0, 6.0, 9.0], "broadband": [1.0, 1.0, 0.0, 2.0, 9.0], "deprivation": [5.0, 7.0, 6.0, 9.0, 9.0]},
    index=["E1", "E2", "E3", "E4", "E5"],
)


def test_the_makers_table_stretched_over_a_council_by_hand(two_councils):
    evidence, code = two_councils
    found = older_index.of_wards(evidence, TABLE, list(code.values()), "council")
    # Blackpool's demography runs from 2 to 6, broadband from 0 to 2, deprivation from 5 to 9; Leeds' 9s are not among them.
    # E1: 0, 5, 0 -> 1.667   E2: 2.5, 5, 5 -> 4.167   Bloomfield: (1.667 + 4.167) / 2
    # E3: 5, 0, 2.5 -> 2.5    E4: 10, 10, 10 -> 10     Brunswick: 6.25
    assert found.table.loc[code["Bloomfield"], "deri"] == pytest.approx(2.9167, abs=1e-4)
    assert found.table.loc[code["Brunswick"], "deri"] == pytest.approx(6.25)
    assert found.table["band"].isna().all() and "Figures of two councils do not compare" in found.notes[0]
    alone = older_index.of_wards(evidence, TABLE, [code["Bloomfield"]], "council").table
    assert alone["deri"].iloc[0] == pytest.approx(2.9167, abs=1e-4)  # the scale is the council's, whichever wards are asked for
    # One small area has no lowest and highest: that is said, not taken for a nought.
    assert pd.isna(found.table.loc[code["Adel & Wharfedale"], "deri"])
    assert "the same in every small area" in found.table.loc[code["Adel & Wharfedale"], "why_not"]
    nation = older_index.of_wards(evidence, TABLE, list(code.values())).table
    assert nation.loc[code["Bloomfield"], "deri"] == pytest.approx((8 / 3 + 11 / 3) / 2)  # as published


def test_the_makers_table_cannot_be_stretched_over_great_britain(bundled):
    with pytest.raises(UsageError, match="highest and lowest figures of Great Britain are not in it"):
        older_index.of_wards(bundled, TABLE, [], "great-britain")


# ------------------------------------------------------------------- command line and page


def test_the_commands_take_the_scope(ages, tmp_path, capsys):
    assert main(["score", "-c", "Blackpool", "--method", str(ages), "--within", "great-britain", "--json"]) == 0
    shown = capsys.readouterr()
    assert {row["other_within"] for row in json.loads(shown.out)} == {"great-britain"}
    assert "over the wards of England, Wales and Scotland together" in shown.err.replace("\n", " ")
    assert main(["score", "-c", "Blackpool", "--method", str(ages)]) == 0
    shown = capsys.readouterr()
    assert "other_score" in shown.out and "other_band" not in shown.out and "so there is no band" in shown.err.replace("\n", " ")
    mixed = tmp_path / "mixed.toml"
    mixed.write_text(AGES.replace('"council"', '"all"').replace('"age16_24"', '"disabled"'), encoding="utf-8")
    assert main(["score", "-c", "Blackpool", "--method", str(mixed)]) == 3
    assert "Scotland asks about disability" in capsys.readouterr().err.replace("\n", " ")
    assert main(["score", "-c", "Blackpool", "--method", "deri_1_6", "--within", "great-britain"]) == 3
    assert "not held for Scotland" in capsys.readouterr().err.replace("\n", " ")
    assert main(["score", "-c", "Blackpool", "--within", "nation"]) == 2
    assert "always made within a nation" in capsys.readouterr().err.replace("\n", " ")
    table = tmp_path / "deri.csv"
    TABLE.add_prefix("deri_").add_suffix("_component").rename_axis("code").to_csv(table)
    assert main(["method", "deri", str(table), "-c", "Blackpool", "--within", "great-britain"]) == 2
    assert "scales each part within a nation" in capsys.readouterr().err.replace("\n", " ")


def test_the_method_page_offers_the_scope_and_says_what_holds_great_britain_back():
    test = run("method.py", council="Blackpool (E06000009)")
    assert not [one for one in test.radio if one.key == "beside_within"]  # percentiles of a frozen reference have no scope
    test.selectbox(key="beside").set_value("deri_1_6").run()
    assert test.radio(key="beside_within").value == "council"
    test.radio(key="beside_within").set_value("great-britain").run()
    assert not test.exception and not test.error
    assert "It cannot be stretched over Great Britain" in text(test) and "it is not held for Scotland" in text(test)
