"""``exclusion fetch`` end to end: the publishers played on loopback with the national tables."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import national
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pytest_httpserver import HTTPServer

from exclusion import release
from exclusion.__main__ import main
from exclusion.building import fetching, finding, heading, refresh, steps
from exclusion.contracts import UsageError
from exclusion.sources import published_wards, ward_counts
from exclusion.sources.fetch import Fetcher

pytestmark = pytest.mark.shared
LEVEL_KEY = ["level", "measure", "area_code"]


@pytest.fixture(scope="module")
def publishers(shared):
    """One server with every publisher, for the whole file."""
    server = HTTPServer(host="127.0.0.1")
    server.start()
    addresses = national.play(server, shared)
    yield server, addresses
    server.clear()
    server.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The data folder and the cache of one user."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEPT_OPEN_DATA", str(folder / "data"))
        yield folder


@pytest.fixture(scope="module")
def report(publishers, place):
    """The three bundled councils, fetched for the first time."""
    _, addresses = publishers
    fetcher = Fetcher(cache=place / "cache", pause=0)
    return fetching.fetch(fetcher, addresses, national.COUNCILS, today=date(2026, 11, 26))


def table(folder: Path, name: str) -> pd.DataFrame:
    return pq.read_table(folder / f"{name}.parquet").to_pandas()


def files(folder: Path) -> dict[str, bytes]:
    """What was fetched, but for the note that says when."""
    held = (path for path in folder.rglob("*") if path.is_file() and path.name != "fetched.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in held}


def test_every_source_came_and_says_how(report):
    assert [(one.title, str(one.problem)) for one in report.outcomes if one.problem] == []
    assert {one.how for one in report.outcomes} <= {"downloaded", "kept", "downloaded and unchanged"}  # File 8 answers two of them
    assert report.exit_code == 0
    assert report.release == release.fetched()


@pytest.fixture(scope="module")
def same_sources(report, bundled, publishers, place):
    """What was fetched, but for the counts published by ward, which the bundled release does not have."""
    folder = place / "same"
    for path in report.folder.rglob("*"):
        if path.is_file() and published_wards.FOLDER.strip("/") not in path.as_posix():
            to = folder / path.relative_to(report.folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.symlink_to(path)
    _, addresses = publishers
    return refresh.refresh(bundled, folder, place / "same-release", councils=national.COUNCILS, recoded=addresses["recoded"])


def test_the_three_bundled_councils_fetched_equal_the_bundled_release(same_sources, bundled):
    """Every ward, small area, distribution and percentile of what the same sources tell; what is new stands beside it."""
    old, new = table(bundled.path, "observations"), table(same_sources, "observations")
    fresh = {"lone66", "bb_decent", "bb_superfast"}
    # Coverage by council is the same figure under the name of Ofcom's own file.
    renamed = old["measure"].isin(["below_uso", "indoor_4g_any"]), new["measure"].isin(["below_uso", "indoor_4g_any"])
    columns = ["measure", "area_code", "value"]
    by_council = [t.loc[r, columns].sort_values(columns[:2], ignore_index=True) for t, r in zip((old, new), renamed, strict=True)]
    pd.testing.assert_frame_equal(*by_council, check_categorical=False)
    pd.testing.assert_frame_equal(
        old[~renamed[0]].sort_values(LEVEL_KEY, ignore_index=True),
        new[~new["measure"].isin(fresh) & ~renamed[1]].sort_values(LEVEL_KEY, ignore_index=True)[old.columns],
    )
    assert set(new["measure"]) - set(old["measure"]) == fresh
    for name, key in (
        ("areas", ["area_code"]),
        ("small_areas", ["small_area_code", "area_code"]),
        ("shares", ["small_area_code", "area_code"]),
    ):
        pd.testing.assert_frame_equal(
            table(bundled.path, name).sort_values(key, ignore_index=True), table(same_sources, name).sort_values(key, ignore_index=True)
        )
    for name, key in (
        ("reference", ["nation", "level", "measure", "q"]),
        ("reference_wards", ["area_code", "domain"]),
        ("alternative", ["area_code", "domain"]),
    ):
        was, now = table(bundled.path, name), table(same_sources, name)
        if name == "reference":
            now = now[~now["measure"].isin(fresh)]
        pd.testing.assert_frame_equal(was.sort_values(key, ignore_index=True), now.sort_values(key, ignore_index=True), check_dtype=False)


def test_ward_counts_as_published_came_for_each_council_and_agree_with_its_small_areas(report):
    """Nine tables; ages from single years, where the national tables here have everybody at the first age of a band."""
    files = sorted((report.folder / ward_counts.FOLDER).glob("*.csv.gz"))
    assert len(files) == 9
    ages = pd.read_csv(report.folder / ward_counts.FOLDER / "ts007_age.csv.gz")
    assert sorted(ages["lad25cd"].unique()) == sorted(national.COUNCILS)
    small = pd.read_csv(report.folder / "census/ew_lsoa21/ts007a_age.csv.gz").set_index("lsoa21cd")
    council = pd.read_csv(report.folder / finding.FIT_FILE, dtype=str).set_index("LSOA21CD")["LAD25CD"].reindex(small.index)
    blackpool = small[council == "E06000009"]
    assert ages.loc[ages["lad25cd"] == "E06000009", "a85_plus"].sum() == blackpool["a85_plus"].sum()


def test_unchanged_wards_take_the_counts_published_for_them(report, bundled):
    """Played: each ward of 2022 has the people of its best-fit small areas. All 26 wards of Ribble Valley are as they were."""
    new = release.read(report.release)
    rows = new.observations[(new.observations["level"] == "ward") & new.observations["measure"].isin(["age75", "no_car", "lone66"])]
    rows = rows.set_index(["measure", "area_code"])
    played = pd.read_csv(report.folder / published_wards.FOLDER / "ts045_car_availability.csv.gz").set_index("wd22cd")
    valley = new.areas.index[new.areas["council_name"] == "Ribble Valley"].intersection(played.index)
    here = rows.loc["no_car"].loc[valley]
    assert len(valley) > 10 and set(here["fit"]) == {"published"} and set(here["source"]) == {"census2021_wd22"}
    assert (here["count"] == played.loc[valley, "no_car"]).all() and (here["of"] == played.loc[valley, "total_households"]).all()
    assert here["low"].isna().all()  # exact: no range
    assert set(rows.loc["age75"].loc[valley, "fit"]) == {"published"}  # the sum of two published counts
    # Blackpool's wards were drawn anew in 2023: what is not as it was keeps to small areas.
    changed = new.areas.index[new.areas["council_name"] == "Blackpool"].difference(new.census_wards().index)
    assert len(changed) and set(rows.loc["no_car"].loc[changed, "fit"]) == {"weighted"}
    (entry,) = new.manifest.measured["published"]
    assert entry["wards"] > 10 and entry["councils"] == sorted(national.COUNCILS) and entry["on"] == "2026-11-26"


def test_published_counts_lose_nobody_and_count_nobody_twice(report, same_sources):
    """A council has as many households without a car as before: what one ward gains its neighbours had."""
    new, plain = (release.read(path) for path in (report.release, same_sources))
    for council in ("Ribble Valley", "Tower Hamlets"):
        wards = new.areas.index[new.areas["council_name"] == council]
        for measure in ("no_car", "age75"):
            ours, theirs = (one.wide("ward", "count").loc[wards, measure].sum() for one in (new, plain))
            assert ours == pytest.approx(theirs, rel=0.002), (council, measure)


def test_new_figures_are_sums_of_their_small_areas_for_every_ward_of_both_nations(report, bundled):
    """Every output area has 100 premises; a small area's are shared among wards as its people are."""
    new = release.read(report.release)
    counts = new.wide("ward", "count")
    known = counts["bb_decent"].notna()
    both = bundled.areas[bundled.areas["nation"].isin(["England", "Wales"])]
    assert known.sum() == (both["error_class"] != "none").sum()
    # The wards add up to the nation but for rounding and for wards without a figure.
    rows = new.observations[(new.observations["level"] == "nation") & (new.observations["measure"] == "lone66")].set_index("area_code")
    england = counts.loc[counts.index.str.startswith("E"), "lone66"].sum()
    assert abs(england / rows.at["E92000001", "count"] - 1) < 0.002
    assert (counts["lone66"] <= counts["one_person"] + 1).where(known, True).all()
    # W01 to W08 compare with the nation: its distribution is there.
    held = new.reference[(new.reference["level"] == "ward") & new.reference["measure"].isin(["lone66", "bb_decent", "bb_superfast"])]
    assert held.groupby(["nation", "measure"]).size().to_dict() == dict.fromkeys(
        [(nation, measure) for nation in ("England", "Wales") for measure in ("bb_decent", "bb_superfast", "lone66")], 1001
    )


def test_the_release_says_what_was_fetched_and_no_longer_misses_it(report):
    about = release.describe(report.release)
    missing = {gap["what"]: gap["why"] for gap in about["missing"]}
    filled = {"Broadband and mobile coverage by ward", "One-person households aged 66 and over by ward in England and Wales"}
    assert not filled & set(missing)
    assert missing["Indoor mobile voice by ward"] == "Ofcom publishes mobile coverage by council only."
    assert {"ofcom_oa_2026_01", "census2021"} <= {source["id"] for source in about["sources"]}
    assert "Blackpool, Ribble Valley and Tower Hamlets" in (report.release / "README.md").read_text()


def test_rules_that_waited_are_assessed_with_ward_figures(report):
    """W05, W14 and W08 have ward counts. W03 and the voice leg of W01 and W02 stay unknown: nobody publishes it."""
    import exclusion

    held = exclusion.assess(release.read(report.release), ["Ribble Valley"], today=date(2026, 11, 26))
    used = set(held.profile.loc[held.profile["n"].notna(), "measure"])
    assert {"lone66", "bb_decent", "bb_superfast"} <= used
    checked = held.summaries["checked"].str.split("|").explode()
    unchecked = held.summaries["not_checked"].str.split("|").explode()
    assert {"W05", "W08", "W14"} <= set(checked)
    assert not {"W05", "W14"} & set(unchecked)
    assert "W03" not in set(checked)


def test_a_second_run_downloads_nothing(publishers, report, place):
    server, addresses = publishers
    asked, before = len(server.log), table(report.release, "observations")
    again = Fetcher(cache=place / "cache", pause=0)
    second = fetching.fetch(again, addresses, national.COUNCILS, today=date(2026, 11, 26))
    assert second.exit_code == 0
    assert again.counts["downloaded"] == 0
    new = [request.path for request, _ in server.log[asked:]]
    assert (
        all(path.startswith("/ofcom/") for path in new) and again.counts["unchanged"] == 2
    )  # the one with an ETag is asked whether it changed, by both of its steps
    pd.testing.assert_frame_equal(table(second.release, "observations"), before)
    assert release.verify(second.release)


def test_offline_another_time_uses_the_cache_alone(publishers, report, place, tmp_path, monkeypatch):
    """Every file is the same to the byte, so the release would be; that the same files give the same release, the run before says."""
    server, addresses = publishers
    asked, before = len(server.log), files(report.folder)
    monkeypatch.setattr(refresh, "refresh", lambda base, folder, out, **more: out)
    offline = Fetcher(cache=place / "cache", offline=True)
    third = fetching.fetch(offline, addresses, national.COUNCILS, out=tmp_path / "release", today=date(2026, 11, 26))
    assert (third.exit_code, len(server.log), third.folder) == (0, asked, report.folder)
    assert files(third.folder) == before and len(before) > 25


def test_many_councils_are_asked_for_in_whole_tables_and_give_the_same(publishers, report, bundled, tmp_path, shared, monkeypatch):
    """From so many small areas on, bulk files, whole layers and every ward are less to download than lists of codes."""
    server, addresses = publishers
    national.bulk(server, shared, addresses)
    monkeypatch.setattr(steps, "MANY", 1)
    other = json.loads(json.dumps(addresses, default=str))
    other["ons_custom"]["all_from"] = 1
    asked = len(server.log)
    fetcher = Fetcher(cache=tmp_path / "cache", pause=0)
    by_file = {step.file: step for step in steps.steps_for(fetcher, other, bundled, national.COUNCILS, report.folder)}
    ages, cars = other["ons_custom"]["table"]["age6"]["file"], "ts045_car_availability.csv.gz"
    for name, key in ((finding.FIT_FILE, "LSOA21CD"), (f"census/ew_lsoa21/{cars}", "lsoa21cd"), (ages, "lsoa21cd")):
        listed = pd.read_csv(report.folder / name)
        whole = by_file[name].fetch()
        whole = whole[whole[key].isin(listed[key])][listed.columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(whole, listed, check_dtype=False)
    wards = by_file[ward_counts.FOLDER + cars].fetch()
    listed = pd.read_csv(report.folder / ward_counts.FOLDER / cars)
    assert wards["wd22cd"].nunique() > 7000
    assert wards.set_index("wd22cd")["no_car"].reindex(listed["wd22cd"]).tolist() == listed["no_car"].tolist()
    new = [request for request, _ in server.log[asked:]]
    assert [request.path for request in new if "nomis-bulk" in request.path] == ["/nomis-bulk/census2021-ts045.zip"]
    assert {request.args["geography"] for request in new if request.path.startswith("/nomis/")} == {"TYPE153"}
    assert [request.args["area-type"] for request in new if "ons-custom" in request.path] == ["lsoa"]


def test_one_publisher_that_is_down_costs_its_own_figures_and_no_others(publishers, report, place, tmp_path):
    """A county, with Ofcom refused and Nomis' car table broken: the rest of its five districts is there, and the two are named
    with what to do."""
    server, addresses = publishers
    other = json.loads(json.dumps(addresses, default=str))
    other["ofcom"]["agent"] = "python-requests"
    cars = next(t for t in other["nomis"]["table"] if t["id"] == "ts045")
    cars["dataset"] = "NM_9999_1"
    server.expect_request("/nomis/NM_9999_1.data.csv").respond_with_data("<html><head><title>Nomis - error</title></head></html>")
    districts = fetching.councils_of(release.read(release.bundled()), ["E10000011"])
    found = fetching.fetch(Fetcher(cache=tmp_path / "cache", pause=0), other, districts, out=tmp_path / "release", today=date(2026, 11, 26))
    assert found.named == "Eastbourne, Hastings, Lewes, Rother and Wealden"
    said = {one.title: str(one.problem) for one in found.outcomes if one.problem}
    assert set(said) == {
        "Ofcom premises by output area", "Ofcom coverage by council", "Census 2021, cars or vans", "Wards as published, cars or vans",
    }  # fmt: skip
    assert "refuses this program or this network (answered 403)" in said["Ofcom premises by output area"]
    assert "give its folder with --from" in said["Ofcom premises by output area"]
    assert "sent a web page where a CSV table was expected (found: Nomis - error)" in said["Census 2021, cars or vans"]
    assert found.exit_code == 3
    new = release.read(found.release)
    assert new.councils().set_index("council_code").loc[districts, "mapped"].all() and len(districts) == 5
    assert new.wide("ward", "count")["no_car"].notna().any()  # as in the older release
    assert "bb_decent" not in new.wide("ward", "count")


def test_without_boundaries_nothing_is_written(publishers, place, tmp_path):
    _, addresses = publishers
    other = json.loads(json.dumps(addresses, default=str))
    other["open_geography"]["service"]["wards"]["name"] = "WD_MAY_2030"
    found = fetching.fetch(
        Fetcher(cache=tmp_path / "cache", pause=0, retries=0, sleep=lambda s: None), other, ["E06000009"], out=tmp_path / "release"
    )
    assert (found.release, len(found.outcomes)) == (None, 1)
    assert not (tmp_path / "release").exists()


# ------------------------------------------------------------------ which councils


def test_councils_are_named_by_name_code_county_nation_or_all(bundled):
    assert fetching.councils_of(bundled, ["leeds", "E06000009"]) == ["E06000009", "E08000035"]
    lancashire = fetching.councils_of(bundled, ["E10000017"])
    assert len(lancashire) == 12 and lancashire == fetching.councils_of(bundled, ["Lancashire"])
    assert len(fetching.councils_of(bundled, nations=["wales"])) == 22
    assert len(fetching.councils_of(bundled, every=True)) == 361


def test_councils_are_told_by_nation_where_none_is_left_out(bundled):
    wales = fetching.councils_of(bundled, nations=["Wales"])
    assert heading.named(bundled, [*wales, "E06000009"]) == "every council of Wales and Blackpool"
    assert "Cardiff" in heading.named(bundled, wales[1:])
    both = fetching.councils_of(bundled, nations=["Scotland", "Wales"])
    assert heading.named(bundled, both) == "every council of Scotland and Wales"
    assert heading.named(bundled, fetching.councils_of(bundled, every=True)) == "every council of the United Kingdom"


def test_every_slip_in_the_names_is_said_at_once(bundled):
    with pytest.raises(UsageError) as refusal:
        fetching.councils_of(bundled, ["Leed", "S12000099"], nations=["Cornwall"])
    said = str(refusal.value)
    assert "Did you mean “Leeds”?" in said
    assert "S12000099" in said
    assert "--nation: is not a nation we know (found: Cornwall)" in said
    with pytest.raises(UsageError, match="--council: is missing"):
        fetching.councils_of(bundled)


# ------------------------------------------------------------------ the command line


def own_addresses(addresses: dict, path: Path) -> Path:
    """The addresses of the local server as a user would write their own."""
    parts = {name: {"base": addresses[name]["base"]} for name in ("open_geography", "nomis", "ons_custom", "ofcom", "local_statistics")}
    text = "".join(f'[{name}]\nbase = "{entry["base"]}"\n' for name, entry in parts.items())
    text += "[open_geography.service.output_areas]\nat_a_time = 60000\n"
    text += "".join(f'[iod.{name}]\nurl = "{addresses["iod"][name]["url"]}"\n' for name in ("scores", "indicators"))
    path.write_text(text, encoding="utf-8")
    return path


def test_a_run_killed_at_any_moment_leaves_nothing_half_written_and_the_next_one_finishes_it(
    publishers, report, tmp_path, capsys, monkeypatch
):
    """Killed after 3 answers, after 20, and while the release is written over an older one, which stands as it was; the fourth
    run asks only for what is not there yet."""
    _, addresses = publishers
    own = own_addresses(addresses, tmp_path / "own.toml")
    settings = {**os.environ, "KEPT_OPEN_DATA": str(tmp_path / "data"), "KEPT_OPEN_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "exclusion", "fetch", "--council", "Burnley", "--addresses", str(own), "--json"]
    out = tmp_path / "data" / "release"

    def answers() -> int:
        return len(list((tmp_path / "cache").rglob("*.body")))

    def being_written() -> list[Path]:
        return list((tmp_path / "data").glob(".release-*-*/*.parquet"))

    def killed_once(far_enough: Callable[[], object], told: Path) -> None:
        with told.open("wb") as said:
            running = subprocess.Popen(command, env=settings, stdout=said, stderr=subprocess.STDOUT, cwd=tmp_path.parent)
        while not far_enough() and running.poll() is None:  # until it is so, however slow the machine: not for a time
            time.sleep(0.02)
        assert running.poll() is None, told.read_text(encoding="utf-8")  # killed in the middle, not ended by itself
        running.kill()
        running.wait()

    for enough in (3, 20):
        killed_once(lambda enough=enough: answers() >= enough, tmp_path / f"told-{enough}.txt")
        assert answers() >= enough
        assert not out.exists()
    kept = answers()
    shutil.copytree(report.release, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    killed_once(being_written, tmp_path / "told-writing.txt")
    assert being_written()  # it lies half written beside the old one
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before and release.verify(out)
    asked = answers()
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=400, cwd=tmp_path.parent)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # Nothing that had come was asked for again: everything had, but for what a kill may have left unnoted.
    assert said["requests"]["kept"] >= asked - 2 and said["requests"]["downloaded"] <= 1 and asked > kept
    new = release.read(out)
    assert set(new.manifest.fetched["councils"]) == {"E07000117", *national.COUNCILS}  # over the older one
    # Every command opens it from now on; nothing is left lying beside it.
    capsys.readouterr()
    monkeypatch.setenv("KEPT_OPEN_DATA", str(tmp_path / "data"))
    assert main(["councils", "--find", "Burnley", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["mapped"] is True
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith(".")] == []


def test_an_unreachable_publisher_is_exit_code_4_with_what_to_do(tmp_path, capsys, monkeypatch):
    own = tmp_path / "own.toml"
    own.write_text('[open_geography]\nbase = "http://127.0.0.1:9/arcgis"\n', encoding="utf-8")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Fetcher, "retries", 1)
    monkeypatch.setenv("KEPT_OPEN_CACHE", str(tmp_path / "cache"))
    assert main(["fetch", "--council", "Leeds", "--addresses", str(own), "-o", str(tmp_path / "release")]) == 4
    said = capsys.readouterr().err
    assert "Ward boundaries: ONS Open Geography, Wards (May 2025) boundaries UK BGC: could not be reached" in said
    assert "download it by hand from https://geoportal.statistics.gov.uk" in said
    assert "Nothing was written: boundaries are needed." in said
    assert not (tmp_path / "release").exists()
