"""What the tests stand on: the bundled release, the shared national tables, and a browser where there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# No test is a race: an example that takes long on a busy machine is as right as a quick one.
settings.register_profile("kept-open", deadline=None)
settings.load_profile("kept-open")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
# Whatever somebody fetched on this machine is not what the tests are about; nor may they fill its cache.
# Each of the processes that pytest-xdist starts has a cache of its own.
OWN = ROOT / ".pytest_cache" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
os.environ["KEPT_OPEN_DATA"] = str(OWN / "no-fetched-release")
os.environ["KEPT_OPEN_CACHE"] = str(OWN / "answers")
os.environ.pop("KEPT_OPEN_RELEASE", None)
NO_SHARED = "the national tables (../shared, beside the checkout) are not on this machine"
NO_BROWSER = "no Chromium on this machine (Debian: apt install chromium)"


def chromium() -> str | None:
    """The path of the system's browser, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, with the reason; where the browser is required, fail instead."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    if item.get_closest_marker("deploy") and (lacking := [name for name in ("nginx", "openssl") if shutil.which(name) is None]):
        if os.environ.get("KEPT_OPEN_REQUIRE_DEPLOY"):
            pytest.fail(f"no {lacking[0]} on this machine, and KEPT_OPEN_REQUIRE_DEPLOY says the hosting tests must run", pytrace=False)
        pytest.skip(f"no {lacking[0]} on this machine (Debian: apt install {lacking[0]})")
    if item.get_closest_marker("browser") and chromium() is None:
        if os.environ.get("KEPT_OPEN_REQUIRE_BROWSER"):
            pytest.fail(f"{NO_BROWSER}, and KEPT_OPEN_REQUIRE_BROWSER says the browser tests must run", pytrace=False)
        pytest.skip(NO_BROWSER)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of national tables; tests that use it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def bundled():  # type: ignore[no-untyped-def]
    """The evidence of the bundled release, loaded once; never change it."""
    import exclusion

    return exclusion.load()
