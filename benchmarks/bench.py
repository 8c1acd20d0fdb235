"""Every headline figure, as a ratio measured side by side in one run: a table and a plot for the docs.

    make bench                                    all of it, into docs/benchmarks.md and docs/benchmarks.svg
    python benchmarks/bench.py ../shared/data --only scoring growth     some parts, printed only

Each part runs in a process of its own, so that none warms up or fills the memory of another. What is compared
does the same work and its result is checked against ours, or the part fails.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from walk import timed

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SIZES = (100, 1_000, 8_405, 84_050)
"""Wards; the last are every ward of the release ten times over."""


@dataclass(frozen=True)
class Row:
    """Two ways of doing the same, in one run."""

    what: str
    ours: float
    other: float
    against: str
    note: str = ""


@dataclass(frozen=True)
class Grown:
    """What one task takes for so many wards."""

    task: str
    wards: int
    seconds: float
    gigabytes: float


def peak() -> float:
    """Most memory this process has held, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


# ----------------------------------------------------------------------------------------- parts


def scoring(data: Path) -> list[Row]:
    """Every ward scored, against a loop ward by ward and figure by figure."""
    import numpy as np
    import walk

    import exclusion
    from exclusion import risk

    evidence = exclusion.load()
    ours, scores = timed(lambda: risk.score(evidence), runs=3)
    other, loop = timed(lambda: walk.plain_loop(evidence), runs=1)
    assert np.allclose(scores["risk"], loop.reindex(scores.index), atol=0.01, equal_nan=True), "the two ways of scoring disagree"
    return [Row(f"Score {len(scores):,} wards", ours, other, "a plain loop over wards and figures")]


def uncertainty(data: Path) -> list[Row]:
    """Draws and methods of every ward of England, against one table at a time in pandas."""
    import numpy as np
    import uncertainty as alone

    import exclusion
    from exclusion import risk
    from exclusion.judgement.score import method_for
    from exclusion.judgement.uncertainty import uncertainty_rules
    from exclusion.method import experiment, factorial
    from exclusion.method import uncertainty as method

    rules, evidence, preset = uncertainty_rules(), exclusion.load(), method_for("England")
    assert preset is not None
    made = experiment.prepare(method.figures_of(evidence, "England", preset, rules), preset.domain, None, rules)
    codes = list(made.plain.index)
    sets = factorial.weight_sets(risk.normalised_weights(preset), rules.weights, rules.place_domains)
    draws = made.draws(codes, alone.DRAWS)
    other, slow = timed(lambda: alone.plain_loop(made, sets, draws, codes), runs=1)
    tables = factorial.places(made.frame, sets)
    noise = np.zeros((len(codes), alone.DRAWS))
    ours, fast = timed(lambda: factorial.cube(made.frame, tables, draws, noise), runs=3)
    assert np.abs(slow - fast).max() < 0.5, "the two ways of drawing disagree"
    first = Row(f"{len(codes):,} wards x 96 ways x {alone.DRAWS} draws", ours, other, "one pandas table at a time")
    whole, _ = timed(lambda: method.uncertainty(evidence), runs=1)
    scaled = other / alone.DRAWS * rules.draws * len(evidence.areas) / len(codes)
    note = f"the loop timed on {alone.DRAWS} draws of England and scaled up; ours also shares out the variance; {peak():.1f} GB"
    return [first, Row(f"{len(evidence.areas):,} wards x 96 ways x {rules.draws} draws", whole, scaled, "the same loop", note)]


def build(data: Path) -> list[Row]:
    """Which share of each small area lies in which ward: by postcodes, as the build does it, against an overlay of the shapes."""
    import geopandas as gpd

    from exclusion import geography
    from exclusion.building import gathering
    from exclusion.building.builder import build as whole_build
    from exclusion.judgement.score import geography_rules
    from exclusion.sources import boundaries

    with tempfile.TemporaryDirectory() as folder:
        whole, _ = timed(lambda: whole_build(data, Path(folder) / "release"), runs=1)
    memory = peak()
    nations = ("England", "Wales")
    gathered = gathering.gather(data, nations)
    best_fit = gathered.small.set_index("small_area_code")["best_fit"]
    _, wards = boundaries.read_wards(data)
    _, small = boundaries.read_small_areas(data)

    def by_postcode() -> Any:
        return geography.shares_by_postcode(gathering.locate(gathered), best_fit, geography_rules().smallest_share)

    def by_shape() -> Any:
        held = small[["small_area_code", "geometry"]].assign(whole=small.area)
        parts = gpd.overlay(held, wards[["area_code", "geometry"]], how="intersection", keep_geom_type=True)
        parts["share"] = parts.area / parts["whole"]
        return parts[["small_area_code", "area_code", "share"]]

    ours, shares = timed(by_postcode, runs=1)
    other, areas = timed(by_shape, runs=1)
    key = ["small_area_code", "area_code"]
    both = shares.merge(areas, on=key, how="outer", suffixes=("", "_area")).fillna({"share": 0.0, "share_area": 0.0})
    moved = (both["share"] - both["share_area"]).abs().groupby(both["small_area_code"]).sum() / 2
    assert moved.mean() < 0.05, "the two ways of sharing have nothing to do with each other"
    note = (
        f"on average {moved.mean():.1%} of a small area lies in another ward by its shape than by its postcodes; people live where "
        f"postcodes are. The whole build of the United Kingdom, with every figure, distribution, check and file, took {whole:.0f} s "
        f"and {memory:.1f} GB"
    )
    return [Row(f"Share {len(best_fit):,} small areas onto {len(wards):,} wards", ours, other, "geopandas overlay of their shapes", note)]


PLAIN = """
import folium
from streamlit_folium import st_folium
COLOURS = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"]
held = areas[["geometry"]].to_crs(4326).assign(shade=[COLOURS[one] for one in classes])
west, south, east, north = held.total_bounds
drawn = folium.Map(tiles=None)
drawn.fit_bounds([[south, west], [north, east]])
folium.GeoJson(held, style_function=lambda one: {"fillColor": one["properties"]["shade"], "weight": 1, "fillOpacity": 1}).add_to(drawn)
st_folium(drawn, key="measure", returned_objects=[], width=1100, height=600)
"""
SETTLED = """() => {
  const now = performance.timeOrigin + performance.now();
  if (!window.__watching) {  // a frame made anew counts as changed when it is first seen, at most 50 ms late
    window.__watching = new MutationObserver(() => { window.__seen = performance.timeOrigin + performance.now(); });
    window.__watching.observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ["d", "fill"]});
    window.__seen = now;
  }
  return document.querySelector("path.leaflet-interactive") && now - window.__seen > 1000 ? window.__seen : 0;
}"""


def maps(data: Path, moves: int = 15) -> list[Row]:
    """From key to colour in a real browser, against ``st_folium`` with a plain GeoJson layer of the same shapes."""
    import maps as alone
    from playwright.sync_api import sync_playwright

    ours_page = alone.PAGE
    cut = ours_page.index("import pandas as pd\nui.draw_map")
    where = shutil.which("chromium") or shutil.which("google-chrome")
    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shutil.copytree(ROOT / ".streamlit", Path(folder) / ".streamlit")
        pages = {"ours": ours_page, "plain": ours_page[:cut] + PLAIN}
        servers = {}
        for name, text in pages.items():
            (Path(folder) / f"{name}.py").write_text(text, encoding="utf-8")
            servers[name] = alone.serve(Path(folder) / f"{name}.py")
        try:
            browser = playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
            for name, which in alone.SIZES.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(f"{servers['ours'][1]}/?which={which}")
                waits, _ = alone.measure(page, moves)
                page.close()
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.route(lambda address: "//127.0.0.1" not in address, _nearby)  # the plain way asks the network for Leaflet
                page.goto(f"{servers['plain'][1]}/?which={which}")
                others = _plain_waits(page, moves=5)
                page.close()
                rows.append(Row(f"Recolour the map: {name}", median(waits) / 1000, median(others) / 1000, "st_folium with GeoJson"))
            browser.close()
        finally:
            for server, _ in servers.values():
                server.terminate()
                server.wait(timeout=10)
    return rows


def _nearby(route: Any) -> None:
    """What a page asks other machines for: Leaflet from our own copy at once, anything else empty."""
    name = Path(route.request.url).name
    held = ROOT / "exclusion" / "static" / "leaflet" / name
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    route.fulfill(body=held.read_bytes() if held.is_file() else b"", content_type=kind)


def _plain_waits(page: Any, moves: int) -> list[float]:
    """Milliseconds from key to the last thing that changed in the frame of ``st_folium``, once a second has passed without a change."""
    _settled(page, 0.0)
    slider = page.get_by_role("slider", name="Shift")
    slider.focus()
    waits = []
    for number in range(moves + 1):
        pressed = page.evaluate("performance.timeOrigin + performance.now()")
        page.keyboard.press("ArrowRight" if number % 8 < 4 else "ArrowLeft")
        last = _settled(page, pressed)
        if number:  # the first warms up
            waits.append(last - pressed)
    return waits


def _settled(page: Any, after: float) -> float:
    """When the map last changed, after a moment; its frame may be made anew meanwhile."""
    from playwright.sync_api import Error

    until = time.monotonic() + 180
    while time.monotonic() < until:
        try:
            element = page.query_selector("iframe[title^='streamlit_folium']")
            last = float(element.content_frame().evaluate(SETTLED)) if element else 0.0
        except (Error, AttributeError):  # the frame went while it was looked at
            last = 0.0
        if last > after:
            return last
        page.wait_for_timeout(50)
    raise TimeoutError("the plain map did not come to rest")


def many(count: int) -> tuple[Any, list[str] | None]:
    """Evidence for so many wards, and the codes of councils: some of England, or None for the whole release, once or ten times over."""
    import pandas as pd

    import exclusion

    evidence = exclusion.load()
    areas = evidence.areas
    if count < len(areas):
        english = areas[areas["nation"] == "England"]
        sizes = english.groupby("council_code").size().sort_index(key=lambda codes: codes.str[::-1]).cumsum()
        return evidence, list(sizes.index[: int((sizes < count).sum()) + 1])
    if count == len(areas):
        return evidence, None
    named = [[f"{code}{one}" for code in areas.index] for one in range(count // len(areas))]
    copies = [areas.set_axis(names, axis=0).rename_axis("area_code") for names in named]
    wards = evidence.observations[evidence.observations["level"] == "ward"]
    rows = [wards.assign(area_code=wards["area_code"].astype(str) + str(one)) for one in range(len(copies))]
    grown = replace(
        evidence,
        areas=pd.concat(copies),
        observations=pd.concat(rows, ignore_index=True),
        small_areas=evidence.small_areas.iloc[:0],
        cache={},
    )
    return grown, None


def growth(data: Path) -> list[Grown]:
    """Scores, and findings of one service, for 100 to 84,050 wards; each size in a process of its own."""
    found = []
    for count in SIZES:
        done = subprocess.run(
            [sys.executable, __file__, str(data), "--grow", str(count)], capture_output=True, text=True, check=True, env=_surroundings()
        )
        found += [Grown(**one) for one in json.loads(done.stdout.splitlines()[-1])]
    return found


def grow(count: int) -> list[Grown]:
    """One size of :func:`growth`."""
    import exclusion
    from exclusion import risk

    evidence, councils = many(count)
    chosen = None if councils is None else list(evidence.areas.index[evidence.areas["council_code"].isin(councils)])
    wards = len(evidence.areas) if chosen is None else len(chosen)
    first, _ = timed(lambda: risk.score(evidence, chosen), runs=1)
    rows = [Grown("Score", wards, first, peak())]
    seconds, made = timed(lambda: exclusion.assess(evidence, councils, ["blue_badge"]), runs=1)
    assert len(made.areas) == wards
    rows.append(Grown("Findings of one service", wards, seconds, peak()))
    return rows


# ----------------------------------------------------------------------------------------- results

PARTS: dict[str, Callable[[Path], list[Row]]] = {"scoring": scoring, "uncertainty": uncertainty, "build": build, "maps": maps}


def _surroundings() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}


def apart(part: str, data: Path) -> Any:
    """One part in a process of its own: its rows as plain data. CalledProcessError when it fails."""
    command = [sys.executable, __file__, str(data), "--part", part]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=_surroundings())
    return json.loads(done.stdout.splitlines()[-1])


def said(seconds: float) -> str:
    """Seconds as people read them: 4 ms, 0.35 s, 12.5 s, 97 s."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:,.1f} s" if seconds < 60 else f"{seconds:,.0f} s"


def times(ratio: float) -> str:
    """A ratio with as many figures as it bears."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.1f}"


def page(rows: list[Row], grown: list[Grown], on: date) -> str:
    """The page of the docs."""
    lines = [
        "# Benchmarks",
        "",
        f"Measured on {on:%-d %B %Y} by `make bench`: {os.cpu_count()} processors ({platform.machine()}), "
        f"Python {platform.python_version()}. "
        "Each line compares two ways of doing the same in one run, so the ratio holds on other machines; the seconds are of this one. "
        "Results of both ways are checked to agree.",
        "",
        "| what | ours | other way | ratio | the other way |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [f"| {r.what} | {said(r.ours)} | {said(r.other)} | {times(r.other / r.ours)} | {r.against} |" for r in rows]
    lines += ["", *[f"- {r.what}: {r.note}." for r in rows if r.note]]
    lines += ["", "## How cost grows with wards", "", "![Seconds by number of wards](benchmarks.svg)", ""]
    lines += ["| task | wards | seconds | a ward | most memory |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {g.task} | {g.wards:,} | {said(g.seconds)} | {g.seconds / g.wards * 1e6:,.0f} µs | {g.gigabytes:.2f} GB |" for g in grown]
    lines += [
        "",
        f"{SIZES[-1]:,} wards are every ward of the release ten times over, without small areas. The memory is that of the whole process, "
        "with the release in it. Each size starts cold: the first assessment of a process makes tables ready that the next ones reuse.",
    ]
    return "\n".join(lines) + "\n"


def plot(rows: list[Row], grown: list[Grown], path: Path) -> None:
    """Seconds by wards, and the ratios, on scales of powers of ten; patterns and marks differ, not colours alone."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "kept-open", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for task, mark, line in (("Score", "o", "-"), ("Findings of one service", "s", "--")):
        mine = [one for one in grown if one.task == task]
        left.plot([one.wards for one in mine], [one.seconds for one in mine], marker=mark, linestyle=line, color="#1d4f7c", label=task)
    left.set(xscale="log", yscale="log", xlabel="wards", ylabel="seconds", title="How cost grows with wards")
    left.legend(frameon=False)
    left.grid(visible=True, which="major", color="#d0d0d0")
    names = [one.what for one in rows][::-1]
    ratios = [one.other / one.ours for one in rows][::-1]
    bars = right.barh(names, ratios, color="#1d4f7c")
    right.bar_label(bars, [f"{times(one)} x" for one in ratios], padding=3)
    right.axvline(1, color="#0b0c0c", linewidth=1)
    right.set(xscale="log", xlabel="time of the other way, as a multiple of ours", title="Against the other way")
    right.margins(x=0.25)
    figure.savefig(path, metadata={"Date": None, "Title": "Benchmarks of Kept Open"})


def main() -> None:
    """Measure, print, and write the page."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path, help="folder of national tables, for the build")
    asked.add_argument("--only", nargs="+", choices=[*PARTS, "growth"], help="some parts, printed and not written")
    asked.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    asked.add_argument("--grow", type=int, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.part:
        print(json.dumps([asdict(one) for one in PARTS[given.part](given.data)]))
        return
    if given.grow:
        print(json.dumps([asdict(one) for one in grow(given.grow)]))
        return
    chosen = given.only or [*PARTS, "growth"]
    rows: list[Row] = []
    for name in chosen:
        if name != "growth":
            found = [Row(**one) for one in apart(name, given.data)]
            rows += found
            for one in found:
                ratio = times(one.other / one.ours)
                print(f"{one.what:55} {said(one.ours):>9} {said(one.other):>9} {ratio:>8} x  {one.against}", flush=True)
    grown = growth(given.data) if "growth" in chosen else []
    for size in grown:
        print(f"{size.task:30} {size.wards:8,} wards {said(size.seconds):>9} {size.gigabytes:.2f} GB")
    if not given.only:
        (DOCS / "benchmarks.md").write_text(page(rows, grown, date.today()), encoding="utf-8")
        plot(rows, grown, DOCS / "benchmarks.svg")


if __name__ == "__main__":
    main()
