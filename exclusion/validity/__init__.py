"""Is the score right? How well it agrees with what people did, and what other weights would gain or lose.

:func:`check` measures it from the national tables. What it found is kept in the package
(:func:`stored`), so that a page can show it, and a slider can show what it costs (:func:`at`),
with the tables absent. Nothing here sets a weight: many weights tried on one yardstick would
flatter the best of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from exclusion import assessment, risk
from exclusion.contracts import NothingToAssess
from exclusion.judgement.composites import NATIONS
from exclusion.judgement.entries import FOLDER
from exclusion.judgement.score import method_for
from exclusion.judgement.validity import validity_rules
from exclusion.language import mark
from exclusion.release import Evidence
from exclusion.validity import said, simplex, yardstick
from exclusion.validity.trial import OLDER, OURS, compare, weight_grid

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]
LEVELS = {"ward": mark("wards"), "lsoa21": mark("small areas")}
MAIN = (OURS, OLDER)
FILES = {"table": "validity.csv", "grid": "validity_grid.csv"}


@dataclass(frozen=True)
class Validity:
    """What :func:`check` finds."""

    table: pd.DataFrame
    """One row a nation, way of sending, level and score: ``nation, sent_first`` (letter or paper), ``level`` (ward or lsoa21),
    ``score`` (ours, deri_1_6, equal_people, without_<domain>), ``label, areas, councils, spearman, low, high`` (95 % interval),
    ``within_councils`` (median of the agreement inside each council), ``councils_within, found`` (share of the most affected fifth
    that the score's own fifth holds), ``ahead, ahead_low, ahead_high`` (spearman less that of DERI on the same areas)."""
    grid: pd.DataFrame
    """By nation and weights in steps of 0.05: ``spearman, within_councils, found`` of wards first sent a letter, and ``tenth``,
    the risk from which a small area is among the nation's most affected tenth."""
    about: Mapping[str, str]
    """``source, publisher, period, licence, url, notice, older_index, release, computed_on``; the notice goes wherever a figure goes."""

    @property
    def notice(self) -> str:
        """The publisher's notice and our own limits, to be shown with any figure of these tables."""
        return " ".join([self.about["notice"], *self.limits])

    @property
    def limits(self) -> tuple[str, ...]:
        """What the yardstick cannot show, in sentences."""
        return validity_rules().limits

    def noise(self, nation: str) -> float:
        """Differences under this mean nothing: how far our own figure for wards may be off by chance (half of its 95 % interval)."""
        row = self._ours(nation)
        return float(row["high"] - row["low"]) / 2

    def noises(self) -> dict[str, float]:
        """:meth:`noise` of every nation that has a yardstick."""
        held = self.table.loc[self.table["score"].eq(OURS), ["nation", "sent_first", "level", "spearman"]]
        known = held[held["sent_first"].eq("letter") & held["level"].eq("ward") & held["spearman"].notna()]
        return {str(nation): self.noise(str(nation)) for nation in known["nation"]}

    @property
    def without(self) -> tuple[str, ...]:
        """Nations without a yardstick: whether the score, where there is one, is right there is not known."""
        return tuple(nation for nation in NATIONS if nation not in self.noises())

    def plain(self) -> dict[str, Any]:
        """All but the grid as plain data, for JSON; the notice goes with it, and a gap is None."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {**self.about, "limits": list(self.limits), "noise": self.noises(), "without_yardstick": list(self.without), "rows": rows}

    def against_us(self, nation: str) -> list[str]:
        """Where the score would agree better with less in it, and why the default weights stay (:func:`said.better_without`)."""
        return said.better_without(self.table, nation)

    def _ours(self, nation: str) -> pd.Series[Any]:
        table = self.table
        letter = table["nation"].eq(nation) & table["sent_first"].eq("letter")
        rows = table[letter & table["level"].eq("ward") & table["score"].eq(OURS)]
        if rows.empty or rows["spearman"].isna().any():
            raise NothingToAssess(f"No yardstick is held for {nation}, so we cannot say what other weights gain or lose there.")
        return rows.iloc[0]


# ----------------------------------------------------------------------------- check


def check(folder: str | Path, evidence: Evidence | None = None, progress: Progress | None = None, grid: bool = False) -> Validity:
    """Hold the score against Census 2021, and the older index beside it on the same areas.

    Parameters
    ----------
    folder
        Folder of the national tables.
    evidence
        The release to test; the bundled one when None.
    grid
        Whether to work out the table of weights as well (half a minute more).

    Raises
    ------
    SourceUnreachable, DataRefused
        When a table is absent or broken.
    """
    say = progress or (lambda text, share: None)
    evidence = evidence or assessment.load()
    say("Reading what people did", 0.05)
    held = yardstick.read(folder, evidence)
    say("Comparing", 0.5)
    table = compare(held)
    if grid:
        say("Trying every set of weights", 0.7)
    source, rival = held.sources
    about = {
        "source": source.title,
        "publisher": source.publisher,
        "period": source.period,
        "licence": source.licence,
        "url": source.url,
        "notice": source.note,
        "older_index": f"{rival.title} ({rival.publisher}, {rival.period})",
        "release": f"{evidence.manifest.name} {evidence.manifest.version}",
    }
    # Scotland has a method and no yardstick: nothing to hold its weights against.
    measured = set(held.wards.loc[held.wards["sent_first"].eq("letter"), "nation"])
    nations = [nation for nation in evidence.manifest.nations if method_for(nation) and nation in measured]
    grids = [weight_grid(held, nation) for nation in nations] if grid else []
    say("Done", 1.0)
    return Validity(table, pd.concat(grids, ignore_index=True) if grids else pd.DataFrame(), about)


# ---------------------------------------------------------------------------- stored


def write(found: Validity, folder: str | Path, computed_on: str) -> list[Path]:
    """Keep what was found: two small tables, each with its source and notice in its first lines."""
    paths = []
    for name, file in FILES.items():
        table: pd.DataFrame = getattr(found, name)
        path = Path(folder) / file
        head = "".join(f"# {key}: {value}\n" for key, value in {**found.about, "computed_on": computed_on}.items())
        # Line ends as everywhere in the repository, also when made on Windows.
        path.write_text(head + table.round(4).to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def brief(table: pd.DataFrame) -> pd.DataFrame:
    """The table in the words and figures of a screen: two decimals, and blank where too few areas say nothing."""
    shown = pd.DataFrame(
        {
            "nation": table["nation"],
            "households were": table["sent_first"].map(yardstick.SENT_FIRST),
            "areas": [f"{n:,} {LEVELS[level]}" for n, level in zip(table["areas"], table["level"], strict=True)],
            "score": table["label"],
        }
    )
    figures = {"agreement": "spearman", "from": "low", "to": "high", "inside councils": "within_councils", "fifth found": "found"}
    for heading, name in figures.items():
        shown[heading] = ["" if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}" for value in table[name]]
    return shown


@cache
def stored() -> Validity:
    """What :func:`check` found when the package was made, for places without the national tables."""
    about: dict[str, str] = {}
    tables = {}
    for name, file in FILES.items():
        lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
        head = [line[2:].partition(": ") for line in lines if line.startswith("# ")]
        about |= {key: value for key, _, value in head}
        tables[name] = pd.read_csv(FOLDER / file, skiprows=len(head))
    return Validity(tables["table"], tables["grid"], about)


@dataclass(frozen=True)
class Standing:
    """How well the score would agree with the yardstick under some weights, beside the default ones."""

    nation: str
    spearman: float
    within_councils: float
    found: float
    default: float
    """The agreement under the default weights."""
    change: float
    """``spearman - default``."""
    noise: float
    """Differences under this mean nothing."""
    areas: int
    words: str
    older: str
    """How the default weights stand beside the older index, whichever way that falls."""
    notice: str
    """To be shown wherever a figure is."""


def at(weights: Mapping[str, float] | None = None, nation: str = "England") -> Standing:
    """What some weights gain or lose against the default, from the stored table; fast enough for a slider.

    Parameters
    ----------
    weights
        In any scale, the default ones when None. Between the steps of the table the figures are interpolated.

    Raises
    ------
    UsageError
        For weights we cannot use.
    NothingToAssess
        For a nation without a yardstick.
    """
    held = stored()
    ours = held._ours(nation)
    preset = method_for(nation)
    assert preset is not None
    chosen = _interpolated(nation, risk.normalised_weights(preset, weights))
    default = _interpolated(nation, risk.normalised_weights(preset))
    # The exact figure for the default weights, and the table only for the difference: at the default there is none.
    change = chosen["spearman"] - default["spearman"]
    exact = float(ours["spearman"])
    noise = held.noise(nation)
    return Standing(
        nation=nation,
        spearman=exact + change,
        within_councils=float(ours["within_councils"]) + chosen["within_councils"] - default["within_councils"],
        found=float(ours["found"]) + chosen["found"] - default["found"],
        default=exact,
        change=change,
        noise=noise,
        areas=int(ours["areas"]),
        words=_words(nation, exact, change, noise, int(ours["areas"])),
        older=said.beside_older(held.table, nation),
        notice=held.notice,
    )


def tenth(weights: Mapping[str, float] | None = None, nation: str = "England") -> float:
    """The risk from which a small area is among its nation's most affected tenth, under some weights (see :func:`at`)."""
    preset = method_for(nation)
    if preset is None or nation not in set(stored().grid["nation"]):
        raise NothingToAssess(f"We hold no distribution of small areas for {nation}.")
    return _interpolated(nation, risk.normalised_weights(preset, weights))["tenth"]


def _words(nation: str, default: float, change: float, noise: float, areas: int) -> str:
    ours = f"{default + change:.2f}"
    where = f"the order in which households answered the 2021 census on paper, in {areas:,} wards of {nation} first sent a letter"
    under = f"Differences under about {noise:.2f} mean nothing."
    if abs(change) < 5e-5:
        return f"With the default weights the score agrees with {where}: {ours}, where 1 is full agreement and 0 none. {under}"
    if abs(change) < noise:
        return f"With these weights the score agrees about as well ({ours}; {default:.2f} with the default weights) with {where}. {under}"
    how = "better" if change > 0 else "less well"
    return f"With these weights the score agrees {how} with {where}: {ours} in place of {default:.2f}. {under}"


@cache
def _lookup(nation: str) -> tuple[tuple[str, ...], int, dict[tuple[int, ...], int], Array, tuple[str, ...]]:
    grid = stored().grid
    rows = grid[grid["nation"].eq(nation)]
    preset = method_for(nation)
    names = tuple(d.id for d in preset.domain) if preset else ()
    steps = round(1 / validity_rules().grid_step)
    keys = (rows[list(names)].to_numpy(float) * steps).round().astype(int)
    columns = ("spearman", "within_councils", "found", "tenth")
    return names, steps, {tuple(key): number for number, key in enumerate(keys.tolist())}, rows[list(columns)].to_numpy(float), columns


def _interpolated(nation: str, weights: Mapping[str, float]) -> dict[str, float]:
    names, steps, places, values, columns = _lookup(nation)
    corners, shares = simplex.surrounding(np.array([weights[name] for name in names]), steps)
    found = sum(share * values[places[tuple(corner)]] for corner, share in zip(corners.tolist(), shares, strict=True))
    return dict(zip(columns, np.asarray(found, dtype=float).tolist(), strict=True))


__all__ = ["Standing", "Validity", "at", "brief", "check", "compare", "stored", "tenth", "weight_grid", "write"]
