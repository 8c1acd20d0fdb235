"""A release is read only when it is whole; what is wrong is said all at once; nothing is half written."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from shapely.geometry import box

from exclusion import release, release_write
from exclusion.contracts import DataRefused, UsageError, check
from exclusion.judgement.score import nation_figures


@pytest.fixture
def copy(tmp_path):
    """A copy of the bundled release to spoil."""
    folder = tmp_path / "release"
    shutil.copytree(release.bundled(), folder)
    return folder


def spoil(folder, name, change):
    """Change one table and put its new hash into release.toml, so that only the contract can object."""
    import hashlib

    path = folder / f"{name}.parquet"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    change(pq.read_table(path).to_pandas()).to_parquet(path, index=False)
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    toml = folder / "release.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def refused(folder):
    with pytest.raises(DataRefused) as error:
        release.read(folder)
    return str(error.value)


def test_the_bundled_release_verifies():
    assert any("8,405 wards" in note for note in release.verify(release.bundled()))


def test_the_bundled_release_says_of_its_gaps_what_the_judgement_says_today():
    """A gap that was worded anew is worded anew in the release and on its page; no figure needs to be built again for it."""
    about = release.describe(release.bundled())
    today = [gap.model_dump() for name in ("everywhere", *about["nations"]) for gap in nation_figures()[name].missing]
    assert [{"what": gap["what"], "why": gap["why"]} for gap in about["missing"]] == today
    page = (release.bundled() / "README.md").read_text(encoding="utf-8")
    assert all(f"- {gap['what']}: {gap['why']}\n" in page for gap in today)


def test_rates_can_be_redone_from_the_row(bundled):
    rows = bundled.observations[bundled.observations["count"].notna() & (bundled.observations["of"] > 0)]
    assert len(rows) > 150_000
    assert (rows["value"] - rows["count"] / rows["of"]).abs().max() <= 5.1e-7
    assert (rows["count"] % 1 == 0).all()


def test_a_rough_fit_is_shown_as_a_range(bundled):
    wards = bundled.areas[bundled.areas["error_class"] == "rough"]
    row = bundled.observations.set_index(["area_code", "measure"]).loc[(wards.index[0], "age75")]
    error = wards["error_p90"].iloc[0]
    assert error > 0.10
    assert (row["low"], row["high"]) == (round(row["count"] * (1 - error)), round(row["count"] * (1 + error)))
    good = bundled.areas.index[bundled.areas["error_class"] == "good"][0]
    assert np.isnan(bundled.observations.set_index(["area_code", "measure"]).loc[(good, "age75")]["low"])


def test_a_missing_column_is_named_with_what_it_means(copy):
    spoil(copy, "areas", lambda t: t.drop(columns="population"))
    assert "areas.parquet: column 'population' is missing. Add it: Usual residents" in refused(copy)


def test_a_ward_of_another_edition_is_refused(copy):
    spoil(copy, "areas", lambda t: t.assign(edition=["WD24", *t["edition"][1:]]))
    assert "holds wards of another edition than WD25 (found: WD24)" in refused(copy)


def test_observations_of_wards_that_are_not_there_are_refused(copy):
    spoil(copy, "areas", lambda t: t[t["area_code"] != "E05009317"])
    assert "ward codes are not in areas.parquet (found: E05009317)" in refused(copy)


def test_a_duplicate_area_is_refused(copy):
    spoil(copy, "areas", lambda t: pd.concat([t, t.iloc[[0]]]))
    assert re.search(r"areas.parquet: 2 rows repeat the same area_code \(found: [EW]05\d{6}\). Keep one", refused(copy))


def test_a_negative_count_is_refused(copy):
    def change(t):
        t.loc[(t["area_code"] == "E05009317") & (t["measure"] == "age75"), "count"] = -5
        return t

    spoil(copy, "observations", change)
    assert "column 'count' is below zero at E05009317/age75 (found: -5.0)" in refused(copy)


def test_a_rate_over_a_hundred_per_cent_is_refused(copy):
    def change(t):
        t.loc[(t["area_code"] == "E05009317") & (t["measure"] == "age75"), "count"] = 10_000_000
        return t

    spoil(copy, "observations", change)
    assert "count is larger than of (a rate over 100 %) at E05009317/age75" in refused(copy)


def test_every_problem_is_named_at_once(copy):
    spoil(copy, "areas", lambda t: t.drop(columns="households"))
    spoil(copy, "small_areas", lambda t: t.assign(share=1.5))
    message = refused(copy)
    assert "column 'households' is missing" in message and "column 'share' is not a share between 0 and 1" in message


def test_a_truncated_file_and_a_wrong_hash_are_refused(copy):
    path = copy / "reference.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    os.unlink(copy / "small_areas.parquet")
    message = refused(copy)
    assert "reference.parquet: is not the file that was released: its sha256 differs" in message
    assert "small_areas.parquet: is named in release.toml and is not there" in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("format = 99", "format is not one this version reads (found: 99)"),
        ("name = ", "is not valid TOML"),
        ("format = 1", "lacks or garbles an entry: 'source'"),
    ],
)
def test_a_broken_release_toml_is_refused(copy, text, says):
    (copy / "release.toml").write_text(text, encoding="utf-8")
    assert says in refused(copy)


def test_a_name_that_no_file_can_have_is_a_file_that_is_not_there(copy):
    toml = copy / "release.toml"
    long = "a" * 5_000 + ".parquet"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"reference_wards.parquet"', f'"{long}"'), encoding="utf-8")
    assert f"{'a' * 255}: is named in release.toml and is not there" in refused(copy)


def test_a_release_never_reaches_outside_its_folder(copy):
    toml = copy / "release.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"README.md"', '"../README.md"'), encoding="utf-8")
    assert "names a file outside the release" in refused(copy)


def test_a_folder_that_is_not_a_release_is_said(tmp_path, monkeypatch):
    assert "holds no release.toml" in refused(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "holds no release.toml" in refused(".")


def tables_of(folder):
    return {name: pq.read_table(folder / f"{name}.parquet").to_pandas() for name in release.TABLES}


def head_of(folder):
    import tomllib

    head = tomllib.loads((folder / "release.toml").read_text(encoding="utf-8"))
    return {key: value for key, value in head.items() if key not in ("files", "format")}


def test_what_cannot_be_read_back_is_not_written(copy, tmp_path):
    tables = tables_of(copy)
    tables["areas"] = tables["areas"].drop(columns="population")
    before = {p.name: p.read_bytes() for p in copy.iterdir()}
    with pytest.raises(DataRefused, match="population"):
        release_write.write(copy, head_of(copy), tables, None, "readme")
    assert {p.name: p.read_bytes() for p in copy.iterdir()} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["release"]  # no working folder left behind


def test_a_release_survives_being_written_and_read(copy, tmp_path):
    out = release_write.write(tmp_path / "again", head_of(copy), tables_of(copy), None, "readme")
    one, two = release.read(copy), release.read(out)
    pd.testing.assert_frame_equal(one.observations, two.observations)
    pd.testing.assert_frame_equal(one.reference, two.reference)
    assert one.manifest.sources == two.manifest.sources


def test_a_writer_killed_between_its_two_renames_loses_nothing(copy):
    os.rename(copy, copy.with_name(".release.previous"))
    assert len(release.read(copy).areas) == 8405


def test_a_writer_killed_at_any_second_leaves_the_old_release_and_the_next_one_finishes(copy, tmp_path):
    before = {item.name: item.read_bytes() for item in copy.iterdir()}
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path; from test_release import head_of, release_write, tables_of\n"
        "out = Path(sys.argv[1]); release_write.write(out, head_of(out) | {'version': '2099.01'}, tables_of(out), None, 'readme')"
    )
    here = Path(__file__).parent
    for wait in (0.0, 0.3, 1.0):  # seconds after it began to write
        process = subprocess.Popen([sys.executable, "-c", code, str(copy), str(here), str(here.parent)])
        while process.poll() is None and not list(tmp_path.glob(f".release-{process.pid}-*")):
            time.sleep(0.01)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        if process.wait() == -signal.SIGKILL and not (after := release.read(copy)).manifest.version.startswith("2099"):
            assert {item.name: item.read_bytes() for item in copy.iterdir()} == before and len(after.areas) == 8405
    assert list(tmp_path.glob(".release-*"))  # what the killed ones left
    release_write.write(copy, head_of(copy) | {"version": "2099.02"}, tables_of(copy), None, "readme")
    assert release.read(copy).manifest.version == "2099.02"
    assert [item.name for item in tmp_path.iterdir()] == ["release"]  # cleared


def test_the_folder_of_a_writer_that_still_runs_is_left_to_it(copy, tmp_path):
    mine = tmp_path / f".release-{os.getpid()}-busy"
    mine.mkdir()
    release_write.write(copy, head_of(copy), tables_of(copy), None, "readme")
    assert mine.is_dir()


def test_a_disk_that_takes_no_more_is_one_message_and_the_old_release_stands(copy):
    """The system itself says no after 50 kB of one file, as a full disk does."""
    resource = pytest.importorskip("resource")
    head, tables = head_of(copy), tables_of(copy)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(UsageError) as refusal:
            release_write.write(copy, head | {"version": "2099.01"}, tables, None, "readme", quick=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    said = str(refusal.value)
    assert f"{copy}: cannot be written" in said and "what was there is as it was. Free some space, and run the same again." in said
    assert release.read(copy).manifest.version != "2099.01"
    assert [item.name for item in copy.parent.iterdir()] == [copy.name]


def test_a_folder_that_may_not_be_written_to_is_said(copy, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot be written \(.*\); what was there is as it was. Give a folder you may write to"):
        release_write.write(tmp_path / "file" / "release", head_of(copy), tables_of(copy), None, "readme")


def test_a_folder_with_other_files_is_left_alone(copy, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="holds other files and no release"):
        release_write.write(tmp_path / "mine", head_of(copy), tables_of(copy), None, "readme")
    assert (tmp_path / "mine" / "letter.txt").read_text(encoding="utf-8") == "keep"


def test_councils_are_found_by_code_or_name_in_any_case(bundled):
    assert bundled.find_councils(["blackpool", "E07000124", "Blackpool"]) == ["E06000009", "E07000124"]
    with pytest.raises(UsageError) as error:
        bundled.find_councils(["Blackpol", "Leedss"])
    assert "Did you mean “Blackpool”?" in str(error.value) and "“Leeds”" in str(error.value)
    with pytest.raises(UsageError, match="“Newcastle upon Tyne” or “Newcastle-under-Lyme”"):
        bundled.find_councils(["Newcastle"])  # what holds the word comes before what is spelt much like it


def test_a_name_asked_for_again_is_not_looked_up_again(bundled, monkeypatch):
    """A pack of 65 ward pages asked 3,500 times for the council of one proposal, which took half of its time."""
    first = bundled.find_councils(["Gwynedd"])
    monkeypatch.setattr(release, "find_councils", lambda *_: pytest.fail("looked up again"))
    assert bundled.find_councils(["Gwynedd"]) == first == ["W06000002"]
    first.clear()  # whoever asked may change what they were given
    assert bundled.find_councils(["Gwynedd"]) == ["W06000002"]


def squares(codes, column="WD25CD"):
    return gpd.GeoDataFrame({column: codes}, geometry=[box(i, 52, i + 0.1, 52.1) for i in range(len(codes))], crs=4326)


def test_a_boundary_file_gives_shapes_by_code(bundled, tmp_path):
    leeds = list(bundled.areas.index[bundled.areas["council_name"] == "Leeds"])
    squares(leeds).to_file(tmp_path / "leeds.geojson")
    shaped = release.with_boundaries(bundled, tmp_path / "leeds.geojson")
    assert shaped.areas.loc[leeds].geometry.geom_type.eq("Polygon").all()
    assert bundled.areas.loc[leeds].geometry.geom_type.eq("Point").all()  # the evidence given is left as it was
    assert shaped.councils().set_index("council_name").loc["Leeds", "mapped"]


def test_boundaries_of_another_edition_are_refused(bundled, tmp_path):
    squares(["E05000001", "E05000002", "E05000003", bundled.areas.index[0]], "WD11CD").to_file(tmp_path / "old.gpkg")
    with pytest.raises(DataRefused, match="3 of 4 ward codes are not of WD25"):
        release.with_boundaries(bundled, tmp_path / "old.gpkg")


@pytest.mark.parametrize("name", ["nothing.geojson", "text.geojson"])
def test_a_boundary_file_that_is_none_is_refused(bundled, tmp_path, name):
    (tmp_path / "text.geojson").write_text("not a map", encoding="utf-8")
    with pytest.raises((DataRefused, UsageError), match=name):
        release.with_boundaries(bundled, tmp_path / name)


def test_a_contract_names_every_kind_of_fault_once():
    table = pd.DataFrame(
        {
            "small_area_code": ["E01000001", "X"],
            "kind": ["lsoa21", "oa"],
            "small_area_name": ["a", "b"],
            "population": [1, -1],
            "x": [0.0, 0.0],
            "y": [0.0, 0.0],
            "area_code": ["E05000001", "E05000002"],
            "share": [1.0, 2.0],
        }
    )
    with pytest.raises(DataRefused) as error:
        check(table, "small_areas", "mine.csv")
    assert len(error.value.problems) == 4
    assert "mine.csv: column 'kind' is not one of 'lsoa21', 'dz11', 'sdz21' at X/E05000002 (found: oa)" in str(error.value)
