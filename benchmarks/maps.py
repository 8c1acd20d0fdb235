"""How long a slider takes to recolour a map in a real browser, and whether a hundred moves leave anything behind.

    python benchmarks/maps.py                 a council, London, the United Kingdom
    python benchmarks/maps.py --moves 20      fewer moves; --only London for one size

Everything is measured in one run, and each size is also given as a multiple of the council's time, because
seconds say as much of the machine as of the program. Shapes are the release's own: outlines where it holds
them, else cells around the middles (London and the United Kingdom in the bundled release).
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"council": "Blackpool", "London": "London", "United Kingdom": ""}
PAGE = """
import streamlit as st
from exclusion import maps, national, release, schematic, ui

@st.cache_resource
def wards(which):
    areas = ui.evidence().areas
    if which == "Blackpool":
        return areas[areas["council_name"] == which]
    if which == "London":
        areas = areas[areas["council_code"].str.startswith("E09")]
    return areas.set_geometry(schematic.cells(areas))

areas = wards(st.query_params.get("which", ""))
shift = st.slider("Shift", 0, 4, 0)
classes = st.cache_data(lambda n, k: [(place + k) % 5 for place in range(n)])(len(areas), shift)
import pandas as pd
ui.draw_map(areas, pd.Series(classes, index=areas.index, dtype="Int64"), maps.BANDS, title="Map to measure", name="measure")
"""
WATCH = (
    "window.__painted = [];"
    "new MutationObserver(() => window.__painted.push(performance.timeOrigin + performance.now()))"
    ".observe(document.querySelector('#map_div'), {attributes: true, attributeFilter: ['data-applied']})"
)


def serve(script: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the page on a free port and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port), "--server.address", "127.0.0.1"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
            break
        except OSError:
            time.sleep(0.1)
    return server, f"http://127.0.0.1:{port}"


def measure(page: Any, moves: int) -> tuple[list[float], tuple[float, float]]:
    """Milliseconds from key to colour for each move, and megabytes that scripts hold before and after."""
    frame = page.wait_for_selector("iframe[title^='Map']", timeout=120_000).content_frame()
    frame.wait_for_selector("#map_div[data-ready][data-applied]", timeout=120_000)
    frame.evaluate(WATCH)
    devices = page.context.new_cdp_session(page)
    devices.send("HeapProfiler.enable")

    def heap() -> float:
        devices.send("HeapProfiler.collectGarbage")
        return float(devices.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    slider = page.get_by_role("slider", name="Shift")
    slider.focus()
    waits, before = [], 0.0
    for number in range(moves + 3):
        if number == 3:  # the first moves warm up
            before = heap()
        done = frame.evaluate("window.__painted.length")
        pressed = page.evaluate("performance.timeOrigin + performance.now()")
        page.keyboard.press("ArrowRight" if number % 8 < 4 else "ArrowLeft")
        frame.wait_for_function(f"window.__painted.length > {done}", timeout=60_000)
        if number >= 3:
            waits.append(frame.evaluate(f"window.__painted[{done}]") - pressed)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return waits, (before, heap())


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--moves", type=int, default=100)
    asked.add_argument("--only", choices=list(SIZES), help="one size")
    given = asked.parse_args()
    where = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        script = Path(folder) / "measure.py"
        script.write_text(PAGE, encoding="utf-8")
        shutil.copytree(ROOT / ".streamlit", Path(folder) / ".streamlit")
        server, address = serve(script)
        try:
            browser = playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
            first = 0.0
            print(f"{'':16} {'key to colour':>22} {'x council':>10} {'heap before, after':>20}")
            for name, which in ((one, SIZES[one]) for one in ([given.only] if given.only else SIZES)):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(f"{address}/?which={which}")
                waits, heaps = measure(page, given.moves)
                first = first or median(waits)
                spread = f"{median(waits):.0f} ms (most {max(waits):.0f})"
                print(f"{name:16} {spread:>22} {median(waits) / first:10.1f} {heaps[0]:8.1f}, {heaps[1]:.1f} MB")
                page.close()
            browser.close()
        finally:
            server.terminate()
            server.wait(timeout=10)


if __name__ == "__main__":
    main()
