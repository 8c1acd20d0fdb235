"""Setting any input to missing never lowers what a ward is told: over every rule, service and channel at once.

A finding whose figure is taken away may turn into "not assessed", which is never "fine": it must say which rule could not be checked.
"""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import areas, profile

from exclusion import judgement, provision
from exclusion.provision.flags import SEVERITY

MEASURES = [name for name in judgement.thresholds("1") if name != "lone66_est"]
SERVICES = list(judgement.services().values())
figures = st.fixed_dictionaries(
    {}, optional={name: st.tuples(st.integers(0, 9000).map(float), st.floats(0, 100, allow_nan=False)) for name in MEASURES}
)


def level(found: pd.DataFrame, area: str) -> dict[tuple[str, str], int]:
    rows = found[found["area_code"].eq(area) & found["kind"].isin(["keep", "more_use"])]
    return {(row.service_id, row.channel): SEVERITY[row.severity] if row.kind == "keep" else 1 for row in rows.itertuples(index=False)}


@settings(max_examples=20)
@given(figures, st.lists(st.sampled_from([*MEASURES, "students"]), min_size=1, max_size=3), st.booleans())
def test_taking_figures_away_never_lowers_a_flag(ward: dict, gone: list[str], rural: bool) -> None:
    less = {name: value for name, value in ward.items() if name not in gone}
    names = ["whole", "less"]
    table = areas(names, rural=names if rural else [])
    students = [0.05, None if "students" in gone else 0.05]
    found = provision.check(table, profile(table.index, [ward, less], students), SERVICES, thresholds="1")
    whole, lacking = table.index
    before, after = level(found.findings, whole), level(found.findings, lacking)
    rows = found.findings[found.findings["area_code"].eq(lacking)]
    unknown = {(row.service_id, row.channel) for row in rows[rows["kind"].eq("not_assessed")].itertuples(index=False)}
    said = found.summaries.set_index(["area_code", "service_id"])
    for (service, channel), severity in before.items():
        if after.get((service, channel), 0) >= severity:
            continue
        not_checked = {rule for rule in said.at[(lacking, service), "not_checked"].split("|") if rule}
        assert not_checked, f"{service}, {channel}: a finding is gone and nothing says that a rule could not be checked"
        assert (service, channel) in unknown or (service, "all") in unknown, f"{service}, {channel}: a finding is gone without a word"
        # The summary of a service may still read "nothing found in rules checked" when half of its rules could be checked; it
        # must then say which could not. Whether that is enough is a decision about the rules, not one for a test.
        if said.at[(lacking, service), "summary"] == "none_in_rules_checked":
            assert "Not checked:" in said.at[(lacking, service), "sentence"]
