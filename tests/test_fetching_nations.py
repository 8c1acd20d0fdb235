"""``exclusion fetch`` in Scotland and Northern Ireland: Glasgow and Belfast, with the national tables served on loopback."""

from __future__ import annotations

import json
import shutil
from datetime import date

import geopandas as gpd
import national
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer

import exclusion
from exclusion import differences, release
from exclusion.building import fetching
from exclusion.building.regroup import regroup
from exclusion.judgement.score import nation_figures
from exclusion.own import areas as own_areas
from exclusion.sources import electoral_areas
from exclusion.sources.fetch import Fetcher

pytestmark = pytest.mark.shared
GLASGOW, BELFAST = "S12000049", "N09000003"
TODAY = date(2026, 11, 26)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEPT_OPEN_DATA", str(folder / "data"))
        yield folder


@pytest.fixture(scope="module")
def addresses(shared):
    server = HTTPServer(host="127.0.0.1")
    server.start()
    yield national.play_beyond(server, shared)
    server.clear()
    server.stop()


@pytest.fixture(scope="module")
def scottish(addresses, place, shared):
    """Glasgow, with the census downloaded by hand."""
    hand = national.scottish_downloads(shared, place / "downloads")
    return fetching.fetch(Fetcher(cache=place / "cache", hand=hand, pause=0), addresses, [GLASGOW], out=place / "scot", today=TODAY)


@pytest.fixture(scope="module")
def irish(addresses, place):
    return fetching.fetch(Fetcher(cache=place / "cache", pause=0), addresses, [BELFAST], out=place / "ni", today=TODAY)


def rows(path) -> pd.DataFrame:
    """Observations without coverage by council, which is under the name of Ofcom's own file once it was fetched."""
    table = pq.read_table(path / "observations.parquet").to_pandas()
    table = table[~table["measure"].isin(["below_uso", "indoor_4g_any"])]
    return table.sort_values(["level", "measure", "area_code"], ignore_index=True)


# ------------------------------------------------------------------ Scotland


def test_every_source_of_scotland_came(scottish):
    assert [str(one.problem) for one in scottish.outcomes if one.problem] == []
    assert scottish.exit_code == 0
    by_hand = [one.title for one in scottish.outcomes if one.how == "by hand"]
    assert by_hand == [
        "Scotland's Census 2022, Age",
        "Scotland's Census 2022, Disability (day-to-day activities)",
        "Scotland's Census 2022, Household tenure",
    ]
    assert not any(
        "Census 2021" in one.title or "output area" in one.title for one in scottish.outcomes
    )  # nothing of England's is asked for


def test_scottish_wards_fetched_equal_the_bundled_release(scottish, bundled):
    """The same sources tell the same: every ward, the nation, and what other nations have is untouched."""
    old, new = rows(bundled.path), rows(scottish.release)
    wards = new["level"] != "lsoa21"
    pd.testing.assert_frame_equal(
        old[old["level"] != "lsoa21"].reset_index(drop=True), new[wards].reset_index(drop=True), check_categorical=False
    )
    for name in ("reference", "reference_wards", "areas", "shares"):
        was, now = (pq.read_table(path / f"{name}.parquet").to_pandas() for path in (bundled.path, scottish.release))
        key = list(was.columns[: 4 if name == "reference" else 2])
        pd.testing.assert_frame_equal(was.sort_values(key, ignore_index=True), now.sort_values(key, ignore_index=True), check_dtype=False)


def test_glasgow_is_mapped_with_its_data_zones_and_can_be_assessed(scottish):
    held = release.read(scottish.release)
    councils = held.councils().set_index("council_code")
    assert councils.at[GLASGOW, "mapped"]
    zones = held.small_areas[held.small_areas["kind"] == "dz11"]
    assert len(zones["small_area_code"].unique()) >= 746 and zones["small_area_name"].notna().all()
    done = exclusion.assess(held, ["Glasgow City"], today=TODAY)
    assert len(done.summaries) >= 23


def test_without_a_download_the_rest_of_scotland_is_fetched_and_the_page_is_named(scottish, addresses, place, bundled):
    again = Fetcher(cache=place / "cache", pause=0)
    found = fetching.fetch(again, addresses, [GLASGOW], out=place / "scot2", today=TODAY)
    assert again.counts["downloaded"] == 0  # a second run downloads nothing that has not changed
    said = {one.title: str(one.problem) for one in found.outcomes if one.problem}
    assert len(said) == 3 and all("https://www.scotlandscensus.gov.uk/search-the-census" in text for text in said.values())
    assert found.exit_code == 4 and found.release
    old, new = rows(bundled.path), rows(found.release)
    ages = old["measure"] == "age85"
    pd.testing.assert_frame_equal(  # as in the older release
        old[ages & (old["level"] == "ward")].reset_index(drop=True),
        new[(new["measure"] == "age85") & (new["level"] == "ward")].reset_index(drop=True),
    )


def test_on_a_locked_down_network_every_file_may_be_downloaded_by_hand(scottish, addresses, place, shared, bundled):
    """Nobody is asked: files under the names publishers give them, from a machine that could reach them."""
    hand = place / "by_hand"
    national.scottish_downloads(shared, hand)
    called = {"simd.xlsx": "SIMD+2020v2+-+indicators.xlsx", "zones.zip": "SG_DataZoneBdry_2011.zip"}
    for note in (place / "cache" / "answers").rglob("*.json"):
        name = json.loads(note.read_text())["url"].split("?")[0].rsplit("/", 1)[-1]
        if name != "query":
            shutil.copy(note.with_suffix(".body"), hand / called.get(name, name))
    wards = gpd.read_parquet(shared / "data/geography/wards_2025_uk_bgc.parquet")[["WD25CD", "geometry"]]
    areas = bundled.areas[bundled.areas["council_code"] == GLASGOW].reset_index()
    codes = {"area_code": "WD25CD", "area_name": "WD25NM", "council_code": "LAD25CD", "council_name": "LAD25NM"}
    named = wards.merge(areas[list(codes)].rename(columns=codes), on="WD25CD")
    gpd.GeoDataFrame(named, crs=wards.crs).to_file(hand / "Wards_May_2025_Boundaries_UK_BGC.geojson")
    fetcher = Fetcher(cache=place / "empty", hand=hand, offline=True)
    found = fetching.fetch(fetcher, addresses, [GLASGOW], out=place / "scot3", today=TODAY)
    assert [str(one.problem) for one in found.outcomes if one.problem] == []
    assert {one.how for one in found.outcomes} == {"by hand"}
    assert not list((place / "empty").rglob("*.body"))
    pd.testing.assert_frame_equal(rows(scottish.release), rows(found.release))


# ------------------------------------------------------------------ Northern Ireland


def test_every_source_of_northern_ireland_came(irish):
    assert [str(one.problem) for one in irish.outcomes if one.problem] == []
    assert {one.title for one in irish.outcomes} >= {
        "Ward boundaries",
        "Super data zone boundaries",
        "Northern Ireland Deprivation Measure 2017",
    }


def test_households_fetched_equal_the_bundled_release(irish, bundled):
    """Tenure and disabled people in households come from the same tables and are shared by area in the same way."""
    old, new = rows(bundled.path), rows(irish.release)
    both = []
    for table in (old, new):
        here = table["measure"].isin(["disabled_household", "social_rented"]) & table["area_code"].str.startswith("N")
        both.append(
            table.loc[here, ["level", "measure", "area_code", "count", "of", "fit"]].astype({"level": str, "measure": str, "fit": str})
        )
    pd.testing.assert_frame_equal(both[0].reset_index(drop=True), both[1].reset_index(drop=True))


def test_what_northern_ireland_lacked_is_there_by_ward_and_adds_up(irish, bundled):
    """Every household of a zone falls into three equal parts; one of them has no car."""
    held = release.read(irish.release)
    assert held.councils().set_index("council_code").at[BELFAST, "mapped"]
    counts, of = held.wide("ward", "count"), held.wide("ward", "of")
    wards = held.areas.index[held.areas["nation"] == "Northern Ireland"]
    for measure in ("age75", "disabled_lot", "no_car", "carers", "lone66", "no_quals"):
        assert counts.loc[wards, measure].notna().all(), measure
        assert measure not in bundled.wide("ward", "count") or bundled.wide("ward", "count").loc[wards, measure].isna().all()
    assert abs(counts.loc[wards, "no_car"].sum() / of.loc[wards, "no_car"].sum() - 1 / 3) < 0.01
    missing = {gap["what"] for gap in release.describe(irish.release)["missing"]}
    assert "Ages and disabled people by ward in Northern Ireland" not in missing and "A score in Northern Ireland" in missing
    assert "Income counts in Northern Ireland" in missing
    # No small area of Northern Ireland nests in a ward, so none is shown.
    assert not held.small_areas["small_area_code"].str.startswith(("N", "9")).any()
    others = rows(irish.release)
    others = others[~others["area_code"].str.startswith("N")].reset_index(drop=True)
    before = rows(bundled.path)
    before = before[~before["area_code"].str.startswith("N")].reset_index(drop=True)
    pd.testing.assert_frame_equal(before, others, check_categorical=False)


def test_belfast_can_be_assessed_with_what_was_fetched(irish):
    done = exclusion.assess(release.read(irish.release), ["Belfast"], today=TODAY)
    assert len(done.summaries) >= 60
    checked = set(done.summaries["checked"].str.split("|").explode())
    assert {"W04", "W05", "W06", "W11", "W13", "W15"} <= checked  # none of them can be without these figures
    # what was true before the fetch is not said after it: ages and disabled people are held now, and there is still no score
    assert set(done.scores["why_not"]) == {nation_figures()["Northern Ireland"].not_scored_fetched}
    assert nation_figures()["Northern Ireland"].notice_fetched in done.notices
    assert not any("of 2019" in notice or "are not held" in notice for notice in done.notices)


def test_findings_of_belfast_redone_by_hand(irish, shared):
    """W06, many disabled people, for complaints (C2; two in three of who complains are disabled, so the strength stands).

    A ward's count: of each zone what the publisher sent, times the part of the zone's ground that lies in the ward
    (the gathered table of parts, which was made without us). Its percentile: wards of Northern Ireland with a lower
    share, of all 462. Its strength, by version 3 of the thresholds (758 and 1,085 people, the rate first):

                         under 758   758 and more   1,085 and more
        below the 50th   NONE        WEAK           WEAK
        50th to 75th     NONE        WEAK           ORDINARY
        75th to 90th     WEAK        MODERATE       STRONG
        90th and over    MODERATE    STRONG         STRONG

    A phone is in the minimum of complaints, so STRONG and MODERATE say that it will be used more here; less says nothing.
    """
    homes = pd.read_csv(shared / "data/census/ni/census2021_disabled_people_in_household_sdz21.csv.gz").set_index("sdz21cd")
    people = (homes["total_households"] * 1_903_174 / 768_807).round().astype(int)
    sent = pd.DataFrame({"n": national.limited_a_lot(people), "of": national.limited_a_lot(people) + people // 3 + people // 3})
    parts = pd.read_csv(shared / "data/geography/weights_sdz21_wd25_area_ni.csv.gz")
    by_hand = sent.loc[parts["SDZ21CD"]].mul(parts["frac"].to_numpy(), axis=0).groupby(parts["WD25CD"].to_numpy()).sum()
    share = by_hand["n"] / by_hand["of"]
    percentile = 100 * share.rank(method="min").sub(1) / (len(share) - 1)

    held = release.read(irish.release)
    done = exclusion.assess(held, ["Belfast"], ["complaint"], today=TODAY)
    figure = done.profile[done.profile["measure"] == "disabled_lot"].set_index("area_code")
    here = by_hand.loc[figure.index]
    assert ((figure["n"] / here["n"] - 1).abs() < 0.01).all() and ((figure["of"] / here["of"] - 1).abs() < 0.01).all()
    assert ((figure["percentile"] - percentile[figure.index]).abs() < 2).all()

    phone = done.findings[(done.findings["channel"] == "phone") & done.findings["rule_ids"].str.contains("W06")].set_index("area_code")
    table = (("NONE", "WEAK", "WEAK"), ("NONE", "WEAK", "ORDINARY"), ("WEAK", "MODERATE", "STRONG"), ("MODERATE", "STRONG", "STRONG"))
    seen = set()
    for code, row in figure.iterrows():
        place, many = sum(row["percentile"] >= step for step in (50, 75, 90)), sum(row["n"] >= step for step in (758, 1085))
        strength = table[place][many]
        seen.add((place, many))
        assert (code in phone.index) == (strength in ("MODERATE", "STRONG")), (code, strength, dict(row))
        if code in phone.index and phone.at[code, "rule_ids"] == "W06":  # where another rule says so too, the stronger stands
            assert phone.at[code, "strength"] == strength, (code, dict(row))
    assert len(seen) >= 8 and {place for place, _ in seen} == {0, 1, 2, 3}  # most cells of the table are met in Belfast


def test_what_moved_in_belfast_by_fetching_is_said_with_its_reason(irish, bundled):
    """From the bundled release to the fetched one: 17 measures are new in each of 60 wards, none moved, no ward has a band; rules
    that could not be assessed can be, and what they find rests on new data. Sources of other nations are not named."""
    new = release.read(irish.release)
    found = differences.compare(bundled, new, ["Belfast"], ["complaint"], today=TODAY)
    assert set(found.figures["why"]) == {differences.DATA} and found.figures["before"].isna().all()
    assert set(found.figures.groupby("measure").size()) == {60} and "disabled_lot" in set(found.figures["measure"])
    assert found.bands.empty and found.wards.empty
    after = exclusion.assess(new, ["Belfast"], ["complaint"], today=TODAY).findings
    many = after.loc[after["rule_ids"].str.contains("W06") & (after["kind"] == "more_use"), "area_code"]
    came = found.findings[(found.findings["kind"] == "more_use") & (found.findings["change"] == "added")]
    assert set(many) <= set(came["area_code"]) and set(came["why"]) == {differences.DATA}
    said = found.sentences()
    assert "People whose day-to-day activities are limited a lot: 60 ward figures are new; because of new data (60)." in said
    assert "No ward changed band." in said and not any("figures moved" in line for line in said)
    gone = (found.findings["kind"] == "not_assessed") & (found.findings["change"] == "removed")
    assert f"{gone.sum()} notes of what could not be assessed are gone." in said
    named = [line for line in said if line.startswith("Source ")]
    assert any("Northern Ireland" in line for line in named)
    assert not any("English" in line or "Scottish" in line or "2022 wards" in line for line in named)


def test_findings_by_electoral_area_redone_by_hand(irish):
    """The same rule for Belfast's ten district electoral areas, each of whole wards: its people are the wards' people, its
    percentile is among the nation's wards. Every one has over 1,085 people limited a lot, so the rate alone decides (last column)."""
    held = release.read(irish.release)
    made = regroup(held, own_areas.electoral_areas(held, [BELFAST]), [BELFAST])
    done = exclusion.assess(made.evidence, [BELFAST], ["complaint"], today=TODAY)
    ward_of = electoral_areas.read().set_index("ward_code")["area_code"]
    counts, of = (held.wide("ward", what)["disabled_lot"].reindex(ward_of.index) for what in ("count", "of"))
    wards = (counts / of).to_numpy()
    phone = done.findings[(done.findings["channel"] == "phone") & done.findings["rule_ids"].str.contains("W06")].set_index("area_code")
    seen = set()
    for area in done.areas.index:
        inside = ward_of.index[ward_of == area]
        people, share = counts[inside].sum(), counts[inside].sum() / of[inside].sum()
        figure = done.profile[(done.profile["area_code"] == area) & (done.profile["measure"] == "disabled_lot")].iloc[0]
        assert abs(figure["n"] - people) <= 1 and people >= 1085
        percentile = 100 * (wards < share).mean()
        assert abs(figure["percentile"] - percentile) < 0.5
        step = sum(percentile >= cut for cut in (50, 75, 90))
        seen.add(step)
        strength = ("WEAK", "ORDINARY", "STRONG", "STRONG")[step]
        assert (area in phone.index) == (strength == "STRONG"), (area, percentile)
    assert len(seen) >= 2


def test_offline_with_nothing_kept_lists_every_file_to_download_in_one_run(addresses, place):
    """Boundaries alone would stop a run; with no way out the officer wants the whole list at once."""
    every = fetching.councils_of(exclusion.load(), nations=["Northern Ireland"])
    found = fetching.fetch(Fetcher(cache=place / "none", offline=True), addresses, every, out=place / "never", today=TODAY)
    assert found.named == "every council of Northern Ireland"
    said = [str(one.problem) for one in found.outcomes]
    assert (len(said), found.release, found.exit_code) == (14, None, 4)
    assert all("--offline asks nobody" in text and "download it by hand from https://" in text for text in said)
    assert not (place / "never").exists()


def test_all_names_every_council_and_an_unknown_nation_is_refused(bundled):
    assert len(fetching.councils_of(bundled, every=True)) == 361
    assert len(fetching.councils_of(bundled, nations=["scotland", "Northern Ireland"])) == 43
    with pytest.raises(exclusion.UsageError, match=r"--nation: is not a nation we know \(found: Cornwall\). Give one of England, Wales"):
        fetching.councils_of(bundled, nations=["Cornwall"])
