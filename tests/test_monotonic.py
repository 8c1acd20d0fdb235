"""Over all rules and all forty services at once: more need never lowers advice, and a council's figure never tells wards apart."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented import areas, figures, profile

from exclusion import judgement, provision
from exclusion.provision.flags import SEVERITY

MEASURES = [name for name in judgement.thresholds("0") if name != "lone66_est"]
SERVICES = list(judgement.services().values())
# Where a connection gets worse W02 gives way to W01 and W07 to W08: rules.md says so, so those two are judged without it moving.
CONNECTIONS = {"bb_decent", "bb_superfast", "voice_gap"}
GIVE_WAY = {"W02", "W07"}

counts = st.integers(min_value=0, max_value=6000).map(float)
places = st.floats(min_value=0, max_value=100, allow_nan=False)
ward = st.fixed_dictionaries({name: st.tuples(counts, places) for name in MEASURES})
rise = st.fixed_dictionaries({name: st.tuples(counts, places) for name in MEASURES})


def levels(found: pd.DataFrame, code: str) -> dict[tuple[str, str], int]:
    rows = found[(found["area_code"] == code) & found["kind"].isin(["keep", "more_use", "caution"])]
    return {
        (row.service_id, row.channel + ("" if row.kind != "caution" else row.rule_ids)): SEVERITY[row.severity] if row.kind == "keep" else 1
        for row in rows.itertuples(index=False)
    }


@pytest.mark.parametrize("version", ["0", "3"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(ward, rise, st.booleans(), st.booleans())
def test_raising_every_figure_at_once_lowers_nothing(version: str, base: dict, more: dict, rural: bool, connected: bool) -> None:
    moved = {name for name in MEASURES if not (connected and name in CONNECTIONS)}
    raised = {name: (n + more[name][0], max(place, more[name][1])) if name in moved else (n, place) for name, (n, place) in base.items()}
    rules = judgement.rules() if connected else {name: rule for name, rule in judgement.rules().items() if name not in GIVE_WAY}
    table = areas(["0", "1"], rural=["0", "1"] if rural else [])
    figures_of = profile(table.index, [base, raised], [0.05, 0.05])
    found = provision.check(table, figures_of, SERVICES, thresholds=version, rules=rules).findings
    before, after = (levels(found, code) for code in table.index)
    assert {key: level for key, level in before.items() if after.get(key, 0) < level} == {}


def test_where_connections_get_worse_advice_may_move_only_between_the_rules_that_give_way() -> None:
    # Ward A: W07 (low income, connected) asks for help online. With no decent line it is W08, which asks for a counter instead.
    table = areas(["0", "1"])
    worse = figures("A") | {"bb_decent": (200.0, 97.0)}
    found = provision.check(table, profile(table.index, [figures("A"), worse], [0.05, 0.05]), SERVICES, thresholds="0").findings
    before, after = (found[(found["area_code"] == code) & (found["kind"] == "keep")] for code in table.index)
    lost = before[~before["channel"].isin(after["channel"])]
    assert set(lost["rule_ids"]) <= {"W07"}
    assert "W08" in "|".join(after["rule_ids"])


@pytest.mark.parametrize("version", ["0", "3"])
def test_students_are_the_only_figure_that_takes_advice_back(version: str) -> None:
    # Guard G5: 62 in 100 adults are students, so income counts for one step less, and only rules on income change.
    table = areas(["0", "1"])
    found = provision.check(table, profile(table.index, [figures("A")] * 2, [0.05, 0.62]), SERVICES, thresholds=version).findings
    before, after = (levels(found, code) for code in table.index)
    rules = found[found["kind"] == "keep"].set_index(["service_id", "channel"])["rule_ids"]
    lowered = {key for key, level in before.items() if after.get(key, 0) < level}
    assert lowered and all(set("|".join(rules.loc[[key]]).split("|")) & {"W07", "W08", "W11", "W13"} for key in lowered)
    assert not {key for key, level in after.items() if before.get(key, 0) < level}


def test_a_figure_of_the_whole_council_never_tells_wards_apart() -> None:
    table = areas(["0", "1"])
    figures_of = profile(table.index, [figures("A")] * 2, [0.05, 0.05])
    figures_of = figures_of[~figures_of["measure"].isin(CONNECTIONS)]  # as published: by council only

    def found(share: float) -> pd.DataFrame:
        council = pd.DataFrame(
            {"area_code": ["E06000099"], "measure": ["below_30mbps"], "value": [share], "source": ["ofcom"], "period": ["2026-01"]}
        )
        return provision.check(table, figures_of, SERVICES, council_profile=council).findings

    few, many = found(0.001), found(0.6)
    same = ["service_id", "channel", "kind", "severity", "strength", "rule_ids", "borderline"]
    for one in (few, many):
        left, right = (one[one["area_code"] == code].reset_index(drop=True) for code in table.index)
        pd.testing.assert_frame_equal(left[[*same, "reason"]], right[[*same, "reason"]])
    pd.testing.assert_frame_equal(few[same], many[same])  # it is said, and decides nothing
    said = many[many["rule_ids"].str.contains("W07") & (many["kind"] == "keep")]
    assert said["reason"].str.contains("60% of premises cannot get 30 Mbit/s").all()
    assert said["figures_json"].str.contains('"fit": "council_wide"').all()
    assert few["figures_json"].str.contains('"council_wide"').equals(many["figures_json"].str.contains('"council_wide"'))


def test_every_rule_floor_and_guard_is_reached_by_the_invented_wards() -> None:
    # A, C and F between them fire every ward rule on some service; every floor is printed.
    table = areas("ABCDEF")
    found = provision.check(table, profile(table.index, [figures(one) for one in "ABCDEF"], [0.05] * 6), SERVICES, thresholds="0").findings
    fired = {name for ids in found.loc[found["kind"].isin(["keep", "more_use", "caution"]), "rule_ids"] for name in ids.split("|")}
    poor_line = figures("A") | {"bb_decent": (200.0, 97.0)}  # W02 and W08 need a poor line where mobile works
    more = provision.check(areas(["X"]), profile(areas(["X"]).index, [poor_line], [0.05]), SERVICES, thresholds="0").findings
    fired |= {name for ids in more.loc[more["kind"].isin(["keep", "more_use"]), "rule_ids"] for name in ids.split("|")}
    assert fired == set(judgement.rules())
    assert {name for ids in found.loc[found["kind"] == "floor", "rule_ids"] for name in ids.split("|")} == set(judgement.floors())
