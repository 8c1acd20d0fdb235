"""Guard G4 in full: findings that would move, findings that nearly appear, cautions, and how sure in words. Version 0 of the thresholds."""

from __future__ import annotations

import pandas as pd
import pytest
from invented import figures, flags, one

from exclusion import judgement, views
from exclusion.provision.tips import tips

# Older people on low incomes: high from 300 (version 0). Blue Badge (C2) watches MODERATE and advises STRONG.


def sentence(ward: dict[str, tuple[float, float]], service: str) -> str:
    return str(one(ward, service).summaries["sentence"].iloc[0])


def test_a_finding_that_nearly_appears_is_named_with_what_would_bring_it() -> None:
    # 280 people is between low (100) and high (300), an ordinary rate: WEAK, nothing. 10 % more is 308: MODERATE, watched.
    ward = {"older_income_dep": (280, 60)}
    assert "home_visit" not in flags(one(ward, "blue_badge").findings)
    assert "Close to a finding: " in sentence(ward, "blue_badge")
    assert "home visit ('Watch' with 10% more people aged 60 and over in households on a low income)" in sentence(ward, "blue_badge")
    assert one(ward, "blue_badge").summaries["nearly"].tolist() == [1]


def test_a_rate_close_to_the_top_quarter_is_named_too() -> None:
    # 150 people at the 71st percentile: WEAK. Five places higher is the 76th: MODERATE.
    assert "'Watch' if this ward stood 5 places in 100 higher for people aged 60 and over in households on a low income" in sentence(
        {"older_income_dep": (150, 71)}, "blue_badge"
    )


def test_a_ward_far_from_every_threshold_says_nothing_of_it() -> None:
    found = one({"older_income_dep": (150, 40)}, "blue_badge").summaries
    assert found["nearly"].tolist() == [0] and "Close to a finding" not in found["sentence"].iloc[0]


def test_what_is_in_the_minimum_is_never_nearly_found() -> None:
    # Phone is in the minimum of Blue Badge: it is kept whatever the figures, so being close to asking for it says nothing.
    assert "phone" not in sentence({"older_income_dep": (280, 60)}, "blue_badge").split("Close to a finding")[1]


def test_what_is_named_brings_the_finding_when_it_happens() -> None:
    for letter in "ABCDEF":
        ward = figures(letter)
        n, place = ward["older_income_dep"]
        for service in ("blue_badge", "council_tax_reduction", "housing_register"):
            said = sentence(ward, service)
            if "with 10% more people aged 60 and over in households on a low income" in said:
                before = set(flags(one(ward, service).findings))
                after = set(flags(one(ward | {"older_income_dep": (1.1 * n, place)}, service).findings))
                assert after - before, (letter, service)


def test_two_are_named_and_the_rest_counted() -> None:
    many = int(judgement.guards()["G4"].values["close_named"])
    ward = {"older_income_dep": (280, 60), "income_dep": (1400, 60), "disabled_lot": (740, 60), "poor_english": (380, 60)}
    found = one(ward, "council_tax_reduction").summaries.iloc[0]
    assert found["nearly"] > many
    assert found["sentence"].split("Close to a finding: ")[1].count("('") == many
    assert f"and {'one more way in' if found['nearly'] - many == 1 else 'two more ways in'}." in found["sentence"]


@pytest.mark.parametrize(("premises", "edge"), [(52, True), (60, False)])
def test_a_caution_says_whether_a_small_change_would_take_it_away(premises: float, edge: bool) -> None:
    # Weak mobile signal, low from 50, at the 85th percentile: 52 are MODERATE, 10 % fewer (47) WEAK, no caution. 60 less 10 % is 54.
    found = one({"voice_gap": (premises, 85)}, "missed_bin").findings
    row = found[found["kind"] == "caution"].iloc[0]
    assert bool(row["borderline"]) is edge
    said = tips(found)[row.name]
    expected = (
        "Borderline: with 10% fewer premises with no reliable indoor mobile voice signal, it would not be said."
        if edge
        else "Not borderline"
    )
    assert said.startswith(expected)


def test_the_panel_of_a_ward_says_once_which_findings_stand_firm() -> None:
    found = one(figures("B"), "blue_badge").findings
    kept = found[found["kind"] == "keep"]  # face to face and home visit stand firm, assisted digital is borderline
    assert views.how_sure(kept, 0.62) == [
        (
            "How sure:",
            "Two findings of 3 here stand firm: no single count 10% larger or smaller, and no rate 5 places in 100 higher or lower, would "
            "alter them. The ward was among its nation's most affected fifth in about 62 in 100 of the ways we worked the score out; "
            "findings do not rest on that.",
        )
    ]
    firm = kept[~kept["borderline"]]
    assert views.how_sure(firm)[0][1].startswith("All findings here stand firm")
    assert views.how_sure(firm.head(1))[0][1] == (
        "The finding stands firm: no single count 10% larger or smaller, and no rate 5 places in 100 higher or lower, would alter it."
    )
    assert views.how_sure(pd.DataFrame(columns=kept.columns), 0.5) == []  # nothing found: nothing to be sure of
