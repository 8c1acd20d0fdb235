"""An ordinary rate and many people (thresholds version 3): one step less firm, and nothing below the middle of the nation."""

from __future__ import annotations

import pytest
from invented import flags, one

from exclusion import judgement
from exclusion.provision import strength

# Older people on low incomes, version 3: many from 425, very many from 694.
TABLE = """
percentile   count below low   low to high   very many
95           MODERATE          STRONG        STRONG
80           WEAK              MODERATE      STRONG
60           NONE              WEAK          ORDINARY
40           NONE              WEAK          WEAK
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:])
def test_the_table_of_the_two_tests(line: str) -> None:
    place, *expected = line.split()
    test = judgement.strength_tests()["rate_first"]
    found = strength([300, 500, 800], float(place), 425, 694, test)
    names = ["NONE", "WEAK", "ORDINARY", "MODERATE", "STRONG"]
    assert [names[step] for step in found.tolist()] == expected


@pytest.mark.parametrize(
    ("n", "percentile", "version", "council_tax_reduction", "blue_badge"),
    [
        # 800 older people on low incomes. W09: home visit, of a C3 service and of a C2 service.
        (800, 80, "1", "recommended (W09)", "recommended (W09)"),  # a high rate: firm in both versions
        (800, 80, "3", "recommended (W09)", "recommended (W09)"),
        (800, 60, "1", "recommended (W09)", "monitor (W09)"),  # an ordinary rate: one step less firm
        (800, 60, "3", "monitor (W09)", None),
        (800, 40, "1", "recommended (W09)", "monitor (W09)"),  # below the middle of the nation: nothing
        (800, 40, "3", None, None),
    ],
)
def test_an_ordinary_rate_is_one_step_less_firm(
    n: float, percentile: float, version: str, council_tax_reduction: str | None, blue_badge: str | None
) -> None:
    found = one({"older_income_dep": (n, percentile)}, "council_tax_reduction", "blue_badge", thresholds=version).findings
    by_service = {name: flags(found[found["service_id"] == name]) for name in ("council_tax_reduction", "blue_badge")}
    said = tuple((flag or "").removesuffix(" †") or None for flag in (by_service[name].get("home_visit") for name in by_service))
    assert said == (council_tax_reduction, blue_badge)


def test_the_finding_says_that_the_rate_is_ordinary() -> None:
    found = one({"older_income_dep": (800, 60)}, "council_tax_reduction", thresholds="3").findings
    row = found[(found["kind"] == "keep") & (found["channel"] == "home_visit")].iloc[0]
    assert row["strength"] == "ORDINARY"
    assert "The rate here is ordinary for England; the number is large because the ward is" in row["reason"]


def test_two_large_groups_at_ordinary_rates_are_still_ordinary() -> None:
    # W05 needs both: people aged 66 and over living alone, and people limited a lot. One high rate does not carry the other.
    ward = {"lone66": (900, 60), "disabled_lot": (1200, 95)}
    found = one(ward, "council_tax_reduction", thresholds="3").findings
    assert flags(found)["home_visit"].startswith("monitor (W05)")


def test_homes_without_a_connection_and_people_far_from_help_count_as_before() -> None:
    # What is missing is itself counted there: 300 homes without a decent line are 300 wherever the ward stands.
    tests = {name: entry.test for name, entry in judgement.thresholds().items()}
    assert {name for name, test in tests.items() if test == "two_tests"} == {"bb_decent", "bb_superfast", "voice_gap", "far_help"}


def test_older_versions_give_what_they_gave() -> None:
    assert {entry.test for version in ("0", "1", "2") for entry in judgement.thresholds(version).values()} == {"two_tests"}
