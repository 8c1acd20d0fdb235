"""A real server and a real browser.

Every page opened here stands under the content security policy of deploy/, and fails its test when
that refuses something, when it asks anyone but 127.0.0.1 for anything, or when a script on it throws.
Tests here carry the mark ``browser``: see tests/conftest.py for what
happens without Chromium. axe.min.js is axe-core 4.14.1 (Deque Systems), under the Mozilla Public
License 2.0 (axe.LICENSE.txt); it is used by the tests only and is no part of the package.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGE = re.compile(r"^http://127\.0\.0\.1:\d+/([a-z_]*|component/[^?]*/index\.html)(\?.*)?$")
HERE = Path(__file__).parent
ZOOM_IS_STYLED = "[...document.querySelectorAll('.leaflet-control-zoom a')].every(one => one.offsetHeight >= 24)"
OPENED = pytest.StashKey[list[Any]]()
QUIET = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  const done = app?.dataset.testScriptState === "notRunning" && !document.querySelector("[data-stale=true]");
  window.keptOpenQuiet = done ? window.keptOpenQuiet || performance.now() : 0;
  return done && performance.now() - window.keptOpenQuiet > 200;
}"""
"""True once Streamlit has been at rest for a fifth of a second: between two runs it rests for a moment, with faded parts of the first."""


def pytest_exception_interact(node: pytest.Item, report: pytest.TestReport) -> None:
    """Say with a failure what every page of the test showed: what a check on another machine prints is all there is to go by."""
    for page in node.stash.get(OPENED, []):
        try:
            report.sections.append((f"shown at {urlsplit(page.url).path}", page.locator("body").inner_text(timeout=2_000)[:4_000]))
        except Exception as error:  # the page may be what went wrong, and its failure must not hide the test's
            report.sections.append(("a page that cannot be read", str(error)))


@contextmanager
def _serving(script: Path, *, program: Path | None = None, **settings: str) -> Iterator[str]:
    """Run a Streamlit script on a free port, by the test's own ``program`` if it has one; yield its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        *([str(program)] if program else ["-m", "streamlit"]),
        "run",
        str(script),
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
    ]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    surroundings = {**os.environ, "PYTHONPATH": path, **settings}
    server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if server.poll() is not None:
                raise RuntimeError(f"the server stopped with {server.returncode}; run it by hand: {' '.join(command)}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


@pytest.fixture(scope="session")
def serving() -> Callable[..., AbstractContextManager[str]]:
    """``with serving(script, NAME=value) as address`` runs a Streamlit script, with settings in its environment."""
    return _serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """System Chromium, headless, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    where = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        # The second: a page handed over by the test (see open_page) is not of this machine in Chromium's eyes, and may not ask it.
        # The third: a page here lives for seconds, so what it costs to compile its code for speed is never earned back.
        switches = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks", "--js-flags=--no-turbofan --no-maglev"]
        launched = playwright.chromium.launch(executable_path=where, args=switches)
        yield launched
        launched.close()


BLOOMFIELD = "E05015188"


@pytest.fixture(scope="session")
def app(bundled: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the whole app on the bundled release, with what may lie beside it.

    A register of its own, empty at first, and a file of postcode points: one in the middle of each ward of Blackpool, with
    the ward's code as in the published files, since distances are measured from them. FY1 5AA is Bloomfield's.
    """
    folder = tmp_path_factory.mktemp("beside")
    wards = bundled.areas[bundled.areas["council_name"] == "Blackpool"]
    lines = ["postcode,easting,northing,ward_code"]
    for number, (code, spot) in enumerate(wards.geometry.representative_point().items()):
        postcode = "FY1 5AA" if code == BLOOMFIELD else f"FY9 {number % 10}A{'ABC'[number // 10]}"
        lines.append(f"{postcode},{spot.x:.0f},{spot.y:.0f},{code}")
    points = folder / "points.csv"
    points.write_text("\n".join(lines), encoding="utf-8")
    beside = {"KEPT_OPEN_POSTCODES": str(points), "KEPT_OPEN_REGISTER": str(folder / "register.sqlite")}
    with _serving(ROOT / "app.py", **beside) as address:
        yield address


@pytest.fixture(scope="session")
def policy() -> str:
    """The content security policy that the app is hosted under, see deploy/."""
    found: str = runpy.run_path(str(ROOT / "deploy" / "host.py"))["CSP"]
    return found


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: Any, policy: str) -> Iterator[Callable[..., Any]]:
    """``open_page(address, width=1280, height=900, touch=False)`` -> a Playwright page that is watched to the end of the test.

    ``not_ours`` names the address of a server whose pages are somebody else's: a sign-in service, say.
    """
    strangers: list[str] = []
    thrown: list[str] = []
    refused: list[str] = []
    contexts: list[Any] = []
    others: set[str] = set()

    def watch(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            asked_by = request.frame.url if hasattr(request, "frame") else ""
            if not any(asked_by.startswith(f"{one}/") for one in others):
                strangers.append(request.url)

    def under_policy(route: Any) -> None:
        answer = route.fetch(max_retries=3)  # a server that drops an idle connection is asked again, as a browser does
        plain = {name: value for name, value in answer.headers.items() if name not in ("content-encoding", "content-length")}
        route.fulfill(response=answer, headers={**plain, "content-security-policy": policy})

    def opened(address: str, width: int = 1280, height: int = 900, touch: bool = False, not_ours: str = "") -> Any:
        others.update({not_ours} - {""})
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch)
        context.set_default_timeout(120_000)  # patience is for a busy machine: what is waited for is the same
        contexts.append(context)
        page = context.new_page()
        request.node.stash.setdefault(OPENED, []).append(page)
        context.route(PAGE, under_policy)
        page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
        page.on("request", watch)
        page.on("websocket", watch)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.unroute_all(behavior="ignoreErrors")  # what a closing page still asks for is no failure of the test after this one
        context.close()
    assert not strangers, f"the page asked other machines for {strangers}"
    assert not refused, f"the policy that the app is hosted under refused {refused}"
    assert not thrown, f"a script on the page threw {thrown}"


@pytest.fixture
def map_frame() -> Callable[[Any], Any]:
    """``map_frame(page)`` -> the frame the map is drawn in, once it is drawn and coloured."""

    def ready(page: Any) -> Any:
        page.wait_for_selector("iframe[title^='Map']", timeout=120_000)
        frame = page.query_selector("iframe[title^='Map']").content_frame()
        frame.wait_for_selector("#map_div[data-ready][data-applied]", timeout=120_000)
        frame.wait_for_function("[...document.querySelectorAll('link[rel=stylesheet]')].every(one => one.sheet)")  # they load by themselves
        return frame

    return ready


@pytest.fixture
def settle() -> Callable[[Any], None]:
    """``settle(page)`` waits until Streamlit has finished running the page and nothing of the run before is left in it."""

    def settled(page: Any) -> None:
        page.evaluate("window.keptOpenQuiet = 0")
        page.wait_for_function(QUIET, timeout=120_000)

    return settled


@pytest.fixture
def at_both_widths(settle: Callable[[Any], None]) -> Callable[[Any], Iterator[int]]:
    """``for width in at_both_widths(page)`` sets 1280 pixels, then 320 (what zooming to 400% does): one visit, looked at twice."""

    def widths(page: Any) -> Iterator[int]:
        for width in (1280, 320):
            if page.viewport_size["width"] != width:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(300)
            settle(page)
            for frame in page.frames[1:]:  # st_folium shows a map before its stylesheet has come
                frame.wait_for_function(ZOOM_IS_STYLED, timeout=120_000)
            yield width

    return widths


@pytest.fixture
def turn_to(settle: Callable[[Any], None]) -> Callable[[Any, str, str], None]:
    """``turn_to(page, "Wards", "Risk map")`` opens a section of the menu and goes to a page of it."""

    def turned(page: Any, section: str, title: str) -> None:
        page.get_by_role("button", name=section, exact=True).click()
        page.get_by_role("menuitem", name=title, exact=True).click()
        page.get_by_role("heading", name=title, level=1).wait_for()
        settle(page)

    return turned


def sections() -> dict[str, tuple[str, str]]:
    """The file of each page -> its section of the menu and its title, in the order of the menu."""
    found, section = {}, ""
    for line in (ROOT / "app.py").read_text(encoding="utf-8").splitlines():
        if starts := re.match(r'\s+tr\("([^"]+)"\): \[', line):
            section = starts[1]
        elif page := re.match(r'\s+st\.Page\("pages/(\w+)\.py", title=tr\("([^"]+)"\)', line):
            found[page[1]] = (section, page[2])
    return found


@pytest.fixture
def walk(turn_to: Callable[[Any, str, str], None], map_frame: Callable[[Any], Any]) -> Callable[..., Iterator[tuple[str, str]]]:
    """``for name, title in walk(page, names)`` goes to each of these pages by the menu, on a wide screen, and yields once it stands still.

    One visit that walks costs a fraction of one visit for each page. ``said`` puts sections and titles in another language.
    """

    def walked(page: Any, names: Iterable[str], said: Callable[[str], str] = str) -> Iterator[tuple[str, str]]:
        menu = sections()
        for name in names:
            page.set_viewport_size({"width": 1280, "height": 900})
            section, title = map(said, menu[name])
            turn_to(page, section, title)
            if page.query_selector("[data-testid=stCustomComponentV1], iframe[title*='olium'], iframe[title^='Map']"):
                map_frame(page)
            yield name, title

    return walked


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """``axe(page)`` -> what axe-core finds against WCAG 2.2 A and AA and best practice, one line each."""
    source = (HERE / "axe.min.js").read_text(encoding="utf-8")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

    def violations(page: Any) -> list[str]:
        for frame in page.frames:
            if not frame.evaluate("!!window.axe"):  # a page is looked at several times: at two widths, in several states
                frame.evaluate(source)
        found = page.evaluate("async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations", tags)
        return [f"{one['id']} ({one['impact']}): {one['help']} at {[node['target'] for node in one['nodes'][:3]]}" for one in found]

    return violations
