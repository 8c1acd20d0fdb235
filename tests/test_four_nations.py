"""Four nations in one release, each scored within itself, and never two in one answer.

Totals are those the publishers print; small invented maps show the working.
"""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import exclusion
from exclusion import geography, people, risk, views
from exclusion.building import gathering
from exclusion.contracts import NATIONS, DataRefused, UsageError
from exclusion.judgement.score import nation_figures
from exclusion.sources import northern_ireland, scotland
from exclusion.views import ward as ward_view

TODAY = date(2026, 11, 26)


# --------------------------------------------------------------------------- sharing by area, where no postcodes are open


def squares(name: str, **shapes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: list(shapes)}, geometry=[box(*corners) for corners in shapes.values()], crs=27700)


def test_a_small_area_is_shared_among_wards_by_area():
    # A (100 by 100) lies three quarters in the west ward, one quarter in the east; B wholly in the east.
    small = squares("small_area_code", A=(0, 0, 100, 100), B=(100, 0, 200, 100))
    wards = squares("area_code", east=(75, 0, 200, 100), west=(0, 0, 75, 100))
    shares = geography.shares_by_area(small, wards, 0.01)
    assert shares.values.tolist() == [["A", "east", 0.25], ["A", "west", 0.75], ["B", "east", 1.0]]


def test_a_sliver_is_a_coastline_drawn_twice_unless_a_ward_has_nothing_else():
    small = squares("small_area_code", A=(0, 0, 1000, 100), B=(1000, 0, 2000, 100))
    wards = squares("area_code", west=(0, 0, 995, 100), east=(995, 0, 1999, 100), rock=(1999, 0, 2000, 100))
    shares = geography.shares_by_area(small, wards, 0.01).set_index(["small_area_code", "area_code"])["share"]
    assert shares["A", "west"] == 1.0  # the 5 m of A in the east ward are dropped, the rest made up to 1
    assert shares["B", "rock"] == pytest.approx(0.001)  # all the rock has
    assert shares.groupby("small_area_code").sum().tolist() == pytest.approx([1, 1])


def test_a_small_area_outside_every_ward_is_refused():
    with pytest.raises(DataRefused, match=r"1 lie in no ward \(found: B\)"):
        geography.shares_by_area(squares("small_area_code", A=(0, 0, 1, 1), B=(9, 9, 10, 10)), squares("area_code", W=(0, 0, 1, 1)), 0.01)


# --------------------------------------------------------------------------- which nations


def test_every_nation_whose_files_are_there_is_built(tmp_path):
    assert gathering.chosen(tmp_path) == ("England", "Wales")
    for name in gathering.FILES["Scotland"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert gathering.chosen(tmp_path) == ("England", "Wales", "Scotland")
    assert gathering.chosen(tmp_path, ["northern ireland"]) == (
        "England",
        "Wales",
        "Northern Ireland",
    )
    with pytest.raises(UsageError, match=r"is not a nation we know \(found: Alba\)\. Use England, Wales, Scotland, Northern Ireland"):
        gathering.chosen(tmp_path, ["Alba"])


# --------------------------------------------------------------------------- the bundled release


def test_the_release_holds_every_ward_of_the_united_kingdom(bundled):
    wards = bundled.areas.groupby("nation").size()
    assert wards.to_dict() == {"England": 6826, "Northern Ireland": 462, "Scotland": 355, "Wales": 762}
    assert bundled.manifest.nations == NATIONS and bundled.manifest.name.startswith("United Kingdom")
    councils = bundled.councils().groupby("nation").size()
    assert councils["Scotland"] == 32 and councils["Northern Ireland"] == 11


def test_bands_are_fifths_of_each_nations_own_wards(bundled):
    scores = risk.score(bundled)
    sizes = scores.groupby([bundled.areas["nation"], "band"]).size().unstack()
    assert sizes.loc["Scotland"].tolist() == [71] * 5  # 355 wards
    assert sizes.loc["Wales"].max() - sizes.loc["Wales"].min() <= 1
    alone = risk.score(bundled, list(bundled.areas.index[bundled.areas["council_name"] == "Glasgow City"]))
    pd.testing.assert_frame_equal(alone, scores.loc[alone.index, alone.columns], check_dtype=False)


def test_contributions_of_a_scottish_ward_add_up(bundled):
    one = risk.score(bundled, ["S13002523"]).iloc[0]  # Isle of Bute
    parts = [one[f"contribution_{domain}"] for domain in ("age", "disability", "income", "connectivity")]
    assert sum(parts) == pytest.approx(one["risk"] - 50, abs=1e-9)
    assert one["band_word"] == "Highest"


def test_northern_ireland_has_figures_but_no_score_and_says_why(bundled):
    codes = bundled.areas.index[bundled.areas["council_name"] == "Belfast"]
    scores = risk.score(bundled, list(codes))
    assert not scores["scored"].any() and scores["risk"].isna().all() and set(scores["band_word"]) == {"Not scored"}
    assert set(scores["why_not"]) == {"Not scored: ages by ward and disabled people (as people) are not held for Northern Ireland."}
    counts = bundled.wide("ward", "count").loc[codes]
    assert counts[["age65", "disabled_household", "income_dep_nimdm2017", "social_rented"]].notna().all(axis=None)
    assert counts[["age75", "disabled", "far_help"]].isna().all(axis=None)  # missing, and never nought
    assert set(people.of_areas(bundled, list(codes)).table["label"]) == {"no estimate"}


def test_figures_carry_the_date_of_their_own_census(bundled):
    rows = bundled.observations[bundled.observations["level"] == "ward"]
    dates = rows.groupby([rows["area_code"].str[0], "measure"])["period"].unique().map(list)
    assert dates["S", "age75"] == ["2022-03-20"] and dates["E", "age75"] == ["2021-03-21"]
    assert dates["N", "age65"] == ["2019-06-30"] and dates["N", "disabled_household"] == ["2021-03-21"]
    a = exclusion.assess(bundled, ["Dumfries and Galloway"], ["blue_badge"], today=TODAY)
    said = " ".join(a.findings["reason"]) + " ".join(a.findings["figures_json"])
    assert "2022-03-20" in said and "2021-03-21" not in said


def test_wards_add_up_to_the_people_of_their_nation(bundled):
    residents = bundled.areas.groupby("nation")["population"].sum()
    assert residents["Scotland"] == pytest.approx(5_439_618, abs=20)  # Scotland's Census 2022 on data zones
    assert residents["Northern Ireland"] == pytest.approx(1_893_666, abs=20)  # NISRA, mid-2019
    assert people.controls(bundled).loc["Scotland", "ratio"] == pytest.approx(1, abs=0.005)


def test_the_estimate_of_people_is_near_the_surveys_own_figure_for_scotland(bundled):
    """8.7 per cent of adults in 2020, 95 % interval 7.7 to 9.7 (ONS, Internet users, table 9B)."""
    codes = bundled.areas.index[bundled.areas["nation"] == "Scotland"]
    table = people.of_areas(bundled, list(codes)).table
    assert 0.077 < table["estimate_raw"].sum() / table["adults"].sum() < 0.097


# --------------------------------------------------------------------------- what a user meets


def test_councils_of_two_nations_are_refused_with_what_to_do(bundled):
    for pair in (["Glasgow City", "Leeds"], ["Cardiff", "Blackpool"], ["Belfast", "Fife"]):
        whole = r"^council: the councils chosen are of more than one nation, and each nation is .*Choose councils of one nation at a time"
        with pytest.raises(UsageError, match=whole):
            exclusion.assess(bundled, pair, ())
    assert len(exclusion.assess(bundled, ["Glasgow City", "Fife"], ()).councils) == 2


def test_wards_without_a_score_are_never_told_as_wards_without_need(root):
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(root / "pages" / "risk_map.py"), default_timeout=120)
    test.query_params["council"] = "Belfast (N09000003)"
    test.run()
    said = " ".join(str(one.proto.body) for one in test.get("html"))
    assert not test.exception
    assert "None of these 60 wards can be scored" in said and "That does not mean no need" in said and "0 of 60" not in said


@pytest.mark.parametrize("council", ["Clackmannanshire (S12000005)", "Mid Ulster (N09000009)"])
@pytest.mark.parametrize("page", ["service", "proposal", "places", "ward", "risk_map", "tables", "own", "method", "sources"])
def test_no_page_breaks_on_what_a_nation_lacks(root, page, council):
    from streamlit.testing.v1 import AppTest

    test = AppTest.from_file(str(root / "pages" / f"{page}.py"), default_timeout=120)
    test.query_params["council"] = council
    test.run()
    assert not test.exception, test.exception
    if page in ("service", "proposal", "places", "own", "risk_map", "tables"):  # said once, also before a file is given
        nation = "Scotland" if "(S" in council else "Northern Ireland"
        notice = nation_figures()[nation].notice
        assert " ".join(str(one.value) for one in test.warning).replace("\\", "").count(notice) == 1


@pytest.mark.parametrize("council", ["Glasgow City", "Belfast"])
def test_the_page_says_what_the_nation_lacks(bundled, council):
    a = exclusion.assess(bundled, [council], ["blue_badge"], today=TODAY)
    nation = str(a.areas["nation"].iloc[0])
    (notice,) = [note for note in a.notices if note.startswith(nation)]
    assert len(notice.split()) < 60
    told = " ".join(ward_view.not_known(a, str(a.areas.index[0])))
    assert f"in {nation}" in told and "in Wales" not in told
    assert "A check of the score against what people did" in told
    if nation == "Northern Ireland":
        assert "shared onto this ward by area" in told and "measured elsewhere" in told


def test_a_page_of_england_is_not_told_of_other_nations(bundled):
    a = exclusion.assess(bundled, ["Blackpool"], ["blue_badge"], today=TODAY)
    told = " ".join(ward_view.not_known(a, str(a.areas.index[0])))
    assert "Scotland" not in told and "Northern Ireland" not in told
    assert "One-person households aged 66 and over by ward in England and Wales" in told
    assert views.CAVEATS["nations"] == "Each nation's bands are cut within it, and bands of two nations must not be set side by side."


# --------------------------------------------------------------------------- the publishers' files


@pytest.mark.shared
def test_scottish_figures_add_up_to_what_was_published(shared):
    source, census = scotland.read_census(shared / "data")
    assert source.period == "2022-03-20" and len(source.files) == 3
    assert census["population"]["count"].sum() == 5_439_618
    assert census["disabled"]["count"].sum() == 1_310_970  # limited a lot or a little
    assert (census["age85"]["count"] <= census["age85"]["of"]).all()  # perturbed apart, clipped to the total
    (_, income), (_, slow) = scotland.read_index(shared / "data", census["population"]["count"])
    rates = income["income_dep_simd2020"]
    assert rates["count"].sum() == 654_561 and rates["count"].isna().sum() == 3  # 12.1 per cent of 5,424,800
    assert rates["of"].sum() == 5_424_800
    assert slow["no_superfast_simd2020"]["value"].isna().sum() == 2


@pytest.mark.shared
def test_northern_irish_figures_add_up_to_what_was_published(shared):
    tables = {name: table for _, held in northern_ireland.read(shared / "data") for name, table in held.items()}
    assert tables["population"]["count"].sum() == 1_893_666
    homes = tables["disabled_household"]
    # 258,537 + 86,328 of 768,810 households (MS-D03); super data zones are perturbed apart.
    assert homes["count"].sum() == pytest.approx(344_865, rel=1e-3) and homes["of"].sum() == pytest.approx(768_810, rel=1e-3)
    assert np.isclose(tables["income_dep_nimdm2017"]["count"].sum() / 1_893_666, 0.131, atol=0.001)


@pytest.mark.shared
def test_a_scottish_table_with_a_percentage_for_a_share_is_refused(shared, tmp_path):
    for name in scotland.FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(shared / "data" / name)
    slow = tmp_path / scotland.FILES[4]
    table = pd.read_csv(slow)
    slow.unlink()
    table.assign(share_premises_without_superfast=table["share_premises_without_superfast"] * 100).to_csv(slow, index=False)
    with pytest.raises(DataRefused, match=r"holds a share above 1 .* Shares, not percentages, were expected"):
        scotland.read_index(tmp_path, pd.Series(1, index=table["dz11_code"]))
