"""Six invented wards, and small helpers to put figures in and read findings out. Not real places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from exclusion import judgement, provision

LETTERS = "ABCDEF"
CODES = {letter: f"E0500000{number}" for number, letter in enumerate(LETTERS, start=1)}

# measure: count / percentile in the nation, for wards A to F.
# A inner-city, young, low income; B coastal, older; C remote rural; D suburban, better off; E student; F former mining.
SIX = """
age75              440/5     1501/96   580/82    946/66    230/2     706/55
lone66             340/10    820/96    290/72    450/55    150/3     470/74
disabled_lot       1207/62   988/92    344/50    430/12    517/8     972/95
income_dep         4118/94   1343/75   430/45    344/7     1035/38   1584/86
older_income_dep   520/97    430/70    130/40    120/10    70/55     350/80
poor_english       1020/96   46/35     8/10      85/50     280/82    49/38
arrivals           500/92    40/20     15/10     60/40     1030/98   30/15
no_car             3300/96   1000/68   170/12    240/8     1900/91   870/68
bb_decent          2/20      16/60     190/97    4/35      3/25      6/45
bb_superfast       30/30     80/55     440/97    28/30     10/15     48/50
voice_gap          6/15      42/60     295/97    10/40     2/8       38/62
far_help           0/5       1200/70   4300/98   2600/78   0/5       3900/82
carers             900/20    800/85    410/60    760/60    350/3     850/90
"""
STUDENTS = dict(zip(LETTERS, (0.09, 0.01, 0.01, 0.02, 0.62, 0.01), strict=True))
RURAL = {"C"}

Figures = Mapping[str, tuple[float, float]]  # measure -> count, percentile


def figures(letter: str) -> dict[str, tuple[float, float]]:
    """One ward's figures: measure -> (count, percentile)."""
    place = LETTERS.index(letter) + 1
    rows = [line.split() for line in SIX.strip().splitlines()]
    return {row[0]: (float(row[place].split("/")[0]), float(row[place].split("/")[1])) for row in rows}


def areas(names: Iterable[str] = LETTERS, nation: str = "England", rural: Iterable[str] = RURAL) -> pd.DataFrame:
    """Wards as `check` wants them; a name that is not a letter gets a code of its own."""
    names, rural = list(names), set(rural)
    codes = [CODES.get(name, f"E0510{number:04d}") for number, name in enumerate(names)]
    return pd.DataFrame(
        {
            "area_name": [f"Ward {name}" for name in names],
            "council_code": "E06000099",
            "council_name": "Invented",
            "nation": nation,
            "rural": [name in rural for name in names],
            "upper_name": "",
        },
        index=pd.Index(codes, name="area_code"),
    )


def profile(codes: Iterable[str], wards: Iterable[Figures], students: Iterable[float | None], **more: Any) -> pd.DataFrame:
    """The tidy profile; `more` sets columns such as fit or observed for every row."""
    rows: list[dict[str, Any]] = []
    for code, ward, share in zip(codes, wards, students, strict=True):
        base = {"area_code": code, "of": 10_000.0, "nation_value": 0.1, "low": None, "high": None}
        base |= {"observed": 1.0, "fit": "weighted", "source": "census2021", "period": "2021-03-21"}
        for measure, (n, percentile) in ward.items():
            rows.append(base | {"measure": measure, "n": n, "value": n / 10_000, "percentile": percentile})
        if share is not None:
            rows.append(base | {"measure": "students", "n": share * 8_000, "of": 8_000.0, "value": share, "percentile": 50.0})
    columns = ["area_code", "measure", "n", "of", "value", "percentile", "nation_value", "low", "high"]
    columns += ["observed", "fit", "source", "period"]
    table = pd.DataFrame(rows, columns=columns).assign(**more)
    return table.astype({"low": float, "high": float, "n": float})


def six() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The six wards and their profile."""
    wards = areas()
    return wards, profile(wards.index, [figures(letter) for letter in LETTERS], STUDENTS.values())


def one(
    ward: Figures, *services: str, students: float | None = 0.05, nation: str = "England", rural: bool = False, **options: Any
) -> provision.Provision:
    """Check some services (default all) in one ward, with thresholds version 0."""
    more = options.pop("profile_columns", {})
    held = judgement.services()
    chosen = [held[name] for name in services] if services else list(held.values())
    wards = areas(["X"], nation, ["X"] if rural else [])
    table = profile(wards.index, [ward], [students], **more)
    return provision.check(wards, table, chosen, thresholds=options.pop("thresholds", "0"), **options)


def flags(findings: pd.DataFrame, kind: str = "keep") -> dict[str, str]:
    """Channel -> "severity (rules)", with † where borderline."""
    rows = findings[findings["kind"] == kind]
    return {
        row.channel: f"{row.severity} ({row.rule_ids})".strip() + (" †" if row.borderline else "") for row in rows.itertuples(index=False)
    }
