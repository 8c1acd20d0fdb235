"""The release builder on the national tables: what is committed is what is rebuilt, and people are conserved.

Runs where ``../shared`` is beside the checkout, and is skipped elsewhere.
"""

import signal
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from exclusion import judgement, release
from exclusion.building import builder

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def rebuilt(shared, tmp_path_factory):
    """The bundled release, built again from published tables."""
    out = tmp_path_factory.mktemp("build") / "data"
    steps = []
    builder.build(
        shared / "data",
        out,
        mapped=builder.BUNDLED_COUNCILS,
        embedded=shared / "embedded" / "boundaries",
        today=date(2026, 11, 24),
        progress=lambda text, share: steps.append(share),
    )
    assert steps == sorted(steps) and steps[-1] == 1.0
    return release.read(out)


def test_what_is_committed_is_what_is_rebuilt(rebuilt, bundled):
    for table in ("small_areas", "observations", "reference", "reference_wards", "alternative"):
        pd.testing.assert_frame_equal(getattr(rebuilt, table), getattr(bundled, table), check_exact=True)
    pd.testing.assert_frame_equal(rebuilt.context(), bundled.context(), check_exact=True)
    pd.testing.assert_frame_equal(rebuilt.shares(), bundled.shares(), check_exact=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(rebuilt.areas.drop(columns="geometry")), pd.DataFrame(bundled.areas.drop(columns="geometry")), check_exact=True
    )
    assert rebuilt.areas.geometry.geom_equals(bundled.areas.geometry).all()
    assert rebuilt.manifest.calibration == bundled.manifest.calibration
    assert rebuilt.manifest.measured == bundled.manifest.measured


def test_people_are_conserved_and_every_ward_has_a_figure(rebuilt):
    people = rebuilt.manifest.measured["people"]
    assert abs(people["wards"] / people["small_areas"] - 1) < 0.001
    assert (rebuilt.areas["population"] > 0).all()


def test_sharing_by_postcode_is_nearer_to_published_wards_than_best_fit(rebuilt):
    fit = rebuilt.manifest.measured["fit"]
    assert fit["wards"] > 150
    assert fit["postcodes"]["median"] < 0.02 < fit["best_fit"]["median"]
    assert fit["postcodes"]["p90"] < 0.10 < fit["best_fit"]["p90"]
    by_class = fit["postcodes"]["p90_by_class"]
    assert by_class["good"] < by_class["fair"] < by_class["rough"]


def test_wards_that_best_fit_leaves_empty_have_an_estimate_or_say_that_none_can_be_given(rebuilt):
    city = rebuilt.areas[rebuilt.areas["council_name"] == "City of London"]
    assert len(city) == 25 and (city["population"] > 0).all()
    assert set(city["error_class"]) == {"rough", "none"}
    none = rebuilt.areas.index[rebuilt.areas["error_class"] == "none"]
    assert 10 < len(none) < 40 and set(rebuilt.areas.loc[none, "council_name"]) == {"City of London", "Isles of Scilly"}
    assert rebuilt.wide("ward", "count").loc[none].isna().all(axis=None)  # blank, never zero
    assert not rebuilt.reference_wards["area_code"].isin(none).any()


def test_the_current_thresholds_are_the_calibration_of_this_release(rebuilt):
    held = judgement.thresholds()
    for measure, (low, high) in rebuilt.manifest.calibration.items():
        # Nobody is far from a library in two thirds of wards: low keeps its starting value there.
        assert (held[measure].low, held[measure].high) == (500 if measure == "far_help" else low, high), measure


def test_the_estimate_of_people_living_alone_adds_up_to_the_published_total(rebuilt):
    wards = rebuilt.wide("ward", "count")["lone66_est"].sum()
    assert wards == pytest.approx(3_197_845, rel=1e-3)  # TS003, England and Wales


def test_a_broken_table_stops_the_build_with_one_clear_message_and_nothing_written(shared, tmp_path):
    source = tmp_path / "tables"
    source.mkdir()
    for folder in ("census", "connectivity", "geography", "income", "places"):
        (source / folder).mkdir()
        for item in (shared / "data" / folder).iterdir():
            (source / folder / item.name).symlink_to(item)
    broken = source / "income" / "wimd2019_lsoa11.csv.gz"
    content = broken.read_bytes()
    broken.unlink()
    broken.write_bytes(content[:5000])
    with pytest.raises(release.DataRefused, match=r"wimd2019_lsoa11.csv.gz: cannot be read .* fetch it again"):
        builder.build(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


KILLED = """
import os, signal, sys
from exclusion.building import builder

def said(text, share):
    print(text.split()[0], flush=True)
    if not (child := os.fork()):
        signal.setitimer(signal.ITIMER_REAL, 0.7)  # the system ends it then, wherever it is, and nothing of ours is asked
        return
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGALRM
    if share >= 0.9:
        os.kill(os.getpid(), signal.SIGKILL)

builder.build(sys.argv[1], sys.argv[2], progress=said)
"""
"""A build that kills a copy of itself in every stage, then itself in the last; test_release.py kills writers at any second."""


def test_a_build_killed_in_any_stage_leaves_the_old_release_as_it_was(shared, bundled, tmp_path):
    import shutil

    out = tmp_path / "data"
    shutil.copytree(bundled.path, out)
    before = {item.name: item.read_bytes() for item in out.iterdir()}
    done = subprocess.run([sys.executable, "-c", KILLED, str(shared / "data"), str(out)], stdout=subprocess.PIPE, text=True, timeout=900)
    assert done.returncode == -signal.SIGKILL
    stages = done.stdout.split()
    assert stages == ["Reading", "Locating", "Summing", "Writing"], "killed in each of them"
    assert {item.name: item.read_bytes() for item in out.iterdir()} == before
