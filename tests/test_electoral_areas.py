"""Northern Ireland by district electoral area, and any own areas of whole wards: sums of what the wards' pages show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from test_own_page import run, text

import exclusion
from exclusion.__main__ import main
from exclusion.building import whole_wards
from exclusion.building.regroup import regroup
from exclusion.contracts import DataRefused, UsageError
from exclusion.own import areas as own_areas
from exclusion.release import Evidence
from exclusion.sources import electoral_areas
from exclusion.ui import own

BELFAST, BLACKPOOL = "N09000003", "E06000009"
BALMORAL = "N10000301"


@pytest.mark.shared
def test_the_table_of_wards_is_made_from_the_publishers_files(shared: Path) -> None:
    pd.testing.assert_frame_equal(electoral_areas.read(), electoral_areas.make(shared / "data"))


@pytest.mark.shared
def test_households_summed_from_wards_are_those_of_the_zones_that_nest(shared: Path, bundled: Evidence) -> None:
    """What own.toml says of the error: nine in ten electoral areas within 0.4 per cent of the zones' own sum."""
    zones = pd.read_csv(shared / "data" / electoral_areas.LOOKUP).drop_duplicates("SDZ21CD").set_index("SDZ21CD")["DEA14CD"]
    table = pd.read_csv(shared / "data/census/ni/census2021_disabled_people_in_household_sdz21.csv.gz").set_index("sdz21cd")
    exact = table["total_households"].groupby(zones.reindex(table.index)).sum()
    ward_of = electoral_areas.read().set_index("ward_code")["area_code"]
    ours = bundled.wide("ward", "of")["disabled_household"].reindex(ward_of.index).groupby(ward_of).sum()
    off = (ours / exact - 1).abs()
    assert len(off) == 80 and off.quantile(0.9) < 0.004


def test_every_ward_is_in_one_area_of_its_own_council(bundled: Evidence) -> None:
    table = electoral_areas.read()
    here = bundled.areas[bundled.areas["nation"] == "Northern Ireland"]
    assert set(table["ward_code"]) == set(here.index) and table["ward_code"].is_unique
    # N10000301 is of N09000003: the code of an electoral area holds that of its district
    council = table["ward_code"].map(here["council_code"]).str[-2:]
    assert (council == table["area_code"].str[5:7]).all()


def test_belfast_by_its_ten_electoral_areas(bundled: Evidence) -> None:
    made = regroup(bundled, own_areas.electoral_areas(bundled, [BELFAST]), [BELFAST])
    assert list(made.evidence.areas.loc[list(made.codes), "area_name"]) == [
        "Balmoral", "Black Mountain", "Botanic", "Castle", "Collin", "Court", "Lisnasharragh", "Oldpark", "Ormiston", "Titanic",
    ]  # fmt: skip
    assert made.people[0] == made.people[1] == bundled.areas.query("council_code == @BELFAST")["population"].sum()
    assert made.pieces == "Wards" and made.fit["small_areas"].sum() == 60
    ward_of = electoral_areas.read().set_index("ward_code")["area_code"]
    wards = ward_of.index[ward_of == BALMORAL]
    for what in ("count", "of"):
        old = bundled.wide("ward", what).loc[wards, ["age65", "disabled_household", "social_rented"]].sum()
        new = made.evidence.wide("ward", what).loc[BALMORAL]
        assert (new[old.index] == old).all(), what
    # a figure is as sure as its source lets it be: zones nest in electoral areas, the areas of 2019 do not
    rows = made.evidence.observations.query("area_code == @BALMORAL").set_index("measure")
    assert np.isnan(rows.at["disabled_household", "low"])
    older = rows.loc["age65"]
    assert (older["low"], older["high"]) == (round(older["count"] * 0.85), round(older["count"] * 1.15))


@pytest.mark.shared
def test_the_outlines_of_its_wards_joined_are_the_outline_of_an_electoral_area(shared: Path, bundled: Evidence) -> None:
    """Against the outlines made from the census's zones, another publisher's: 98 per cent of the ground of the two together is in both."""
    areas = bundled.areas.copy()
    drawn = gpd.read_parquet(shared / "data/geography/wards_2025_uk_bgc.parquet").to_crs(27700).set_index("WD25CD")
    north = areas.index[areas["nation"] == "Northern Ireland"]
    areas.loc[north, "geometry"] = drawn.geometry.reindex(north).to_numpy()
    made = regroup(replace(bundled, areas=areas, cache={}), own_areas.electoral_areas(bundled, [BELFAST]), [BELFAST])
    ours = made.evidence.areas.loc[list(made.codes)].geometry
    theirs = gpd.read_parquet(shared / "data/geography/dea_2014_ni_from_sdz.parquet").to_crs(27700)
    theirs = theirs.set_index(
        next(c for c in theirs.columns if str(c).upper().startswith("DEA") and str(c).upper().endswith("CD"))
    ).geometry
    for code in made.codes:
        both = ours[code].intersection(theirs[code]).area / ours[code].union(theirs[code]).area
        assert both > 0.98, (code, both)
    ward_of = electoral_areas.read().set_index("ward_code")["area_code"]
    assert ours[BALMORAL].symmetric_difference(drawn.loc[ward_of.index[ward_of == BALMORAL]].union_all()).area < 1  # square metres


def test_belfast_by_electoral_area_gives_findings_and_says_what_is_not_scored(bundled: Evidence) -> None:
    made = regroup(bundled, own_areas.electoral_areas(bundled, [BELFAST]), [BELFAST])
    a = exclusion.assess(made.evidence, [BELFAST], ["council_tax_account", "library_join"])
    assert len(a.areas) == 10 and not a.scores["scored"].any()
    assert a.scores["why_not"].str.contains("Not scored").all()
    assert any(notice == "These are areas of your own, made from whole wards. Where a page says ward, it means one of these."
               for notice in a.notices)  # fmt: skip
    placed = a.profile.query("measure == 'age65'")["percentile"]
    assert placed.between(0, 100).all() and placed.nunique() > 5  # among the nation's wards


def test_another_nation_has_no_electoral_areas(bundled: Evidence, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="Northern Ireland, which these councils do not have"):
        own_areas.electoral_areas(bundled, [BLACKPOOL, BELFAST])
    assert main(["score", "-c", "Leeds", "--areas", "dea"]) == 2
    assert "--areas dea: means the district electoral areas of Northern Ireland" in capsys.readouterr().err


def test_the_command_line_takes_dea_in_place_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "-c", "Belfast", "-s", "library_join", "--areas", "dea", "-o", str(tmp_path / "out")]) == 0
    assert "Figures are for 10 areas of the district electoral areas of 2014, made from whole wards." in capsys.readouterr().err
    rows = pd.read_csv(tmp_path / "out" / "observations.csv")
    assert rows.loc[rows["level"] == "ward", "area_code"].nunique() == 10
    assert main(["score", "-c", "Belfast", "--areas", "dea", "--json"]) == 0
    assert next(row["area_code"] for row in json.loads(capsys.readouterr().out)) == BALMORAL


# ------------------------------------------------------------------ any areas of whole wards


def lookup(path: Path, bundled: Evidence, council: str = BLACKPOOL) -> Path:
    """Two halves of a council by ward code, as a council would write it: with the wards' names beside."""
    here = bundled.areas[bundled.areas["council_code"] == council].sort_values("y")
    half = np.where(np.arange(len(here)) < len(here) // 2, "South", "North")
    table = pd.DataFrame({"WD25CD": here.index, "WD25NM": here["area_name"], "area_name": half})
    table.to_csv(path, index=False)
    return path


def test_a_lookup_of_wards_sums_the_wards_with_or_without_small_areas(bundled: Evidence, tmp_path: Path) -> None:
    for council in (BLACKPOOL, "E08000035"):  # of Leeds the bundled release holds no small areas
        path = lookup(tmp_path / "halves.csv", bundled, council)
        made = regroup(bundled, own_areas.read(path, path.name), [council])
        south = pd.read_csv(path).query("area_name == 'South'")["WD25CD"]
        assert made.codes == ("own-north", "own-south")
        for what in ("count", "of"):
            old, new = bundled.wide("ward", what).loc[south].sum(), made.evidence.wide("ward", what).loc["own-south"]
            counted = bundled.wide("ward", "count").loc[south].notna().all()
            kept = counted.index[counted]
            assert len(kept) > 15 and (old[kept] - new[kept]).abs().max() <= 2, (council, what)
        mean = bundled.wide("ward", "value").loc[south, "connectivity"]
        weight = bundled.wide("ward", "of").loc[south, "connectivity"]
        assert made.evidence.wide("ward", "value").at["own-south", "connectivity"] == round((mean * weight).sum() / weight.sum(), 6)
        assert exclusion.assess(made.evidence, [council], ()).scores["scored"].all()
    estimated = made.evidence.observations.query("measure == 'lone66_est' and area_code == 'own-south'")["fit"]
    assert list(estimated) == ["estimated"]  # what was estimated by ward is an estimate still


def test_a_ward_of_another_year_is_refused(bundled: Evidence, tmp_path: Path) -> None:
    path = lookup(tmp_path / "halves.csv", bundled)
    path.write_text(path.read_text().replace("E05015188", "E05001641"))
    with pytest.raises(DataRefused, match=r"1 codes are not wards of this edition \(found: E05001641\)"):
        regroup(bundled, own_areas.read(path, path.name), [BLACKPOOL])
    more = "".join(f"E0501519{n},North\n" for n in range(4))
    path.write_text("WD25CD,area_name\nE05015188,North\nE05015188,South\nE0501518x,South\n" + more)
    with pytest.raises(DataRefused) as refused:
        own_areas.read(path, path.name)
    assert [str(one) for one in refused.value.problems] == [
        "halves.csv, line 3: this ward stands on line 2 already (found: E05015188). Give each to one area.",
        "halves.csv, line 4: is not a ward code (found: E0501518x). Use codes of wards (E05..., W05..., S13..., N08...).",
    ]


def test_a_ward_without_a_figure_lowers_what_is_known_and_is_never_zero() -> None:
    wards = pd.DataFrame({"population": [3000, 1000]}, index=["A", "B"])
    rows = pd.DataFrame({"area_code": ["A", "B"], "measure": "no_car", "value": [0.2, np.nan], "observed": [1.0, 0.0]})
    known = whole_wards.observed(rows, wards, pd.Series({"A": "X", "B": "X"}))
    assert known["X", "no_car"] == 0.75


# ------------------------------------------------------------------ in the app


def test_the_app_offers_them_where_they_are(bundled: Evidence) -> None:
    test = run("own.py")
    assert not [box for box in test.checkbox if box.key == "own_electoral"]  # Blackpool
    test.multiselect[0].set_value([BELFAST]).run()
    test.checkbox(key="own_electoral").check().run()
    assert not test.exception, test.exception
    words = text(test)
    assert "The district electoral areas of 2014: 10 areas" in words and "Lisnasharragh" in words
    test.button(key="own_use_areas").click().run()
    assert "In use in this visit: the district electoral areas of 2014." in text(test)
    assert len(test.session_state[own.HELD].evidence.areas.query("council_code == @BELFAST")) == 10
