"""The guards: one test or more for each, and what is said once for a whole council."""

# ruff: noqa: E501  (tables and quoted sentences read better unbroken)

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from invented import CODES, areas, figures, flags, one, profile, six

from exclusion import judgement, provision
from exclusion.provision.reasons import overlap
from exclusion.provision.shelf import end_of, past
from exclusion.provision.tips import tips

# ------------------------------------------------------------- G1 no invented overlaps


@pytest.mark.parametrize(
    ("a", "b", "everyone", "said"),
    [
        (6000, 5000, 8000, "Between 3,000 and 5,000 are in both groups."),  # 6000 + 5000 - 8000 = 3000; 5000 / 3000 = 1.7
        (5000, 4000, 8000, "We cannot tell how many are in both groups."),  # lower end 1000, upper 4000: four times as many
        (800, 900, 8000, "We cannot tell how many are in both groups."),  # lower end 0
        (4000, 4000, 6000, "Between 2,000 and 4,000 are in both groups."),  # exactly twice
        (3000, 3000, 4999, "Between 1,000 and 3,000 are in both groups."),  # lower end 1,001; 3000 / 1001 is just under three
    ],
)
def test_g1_a_range_only_where_it_says_something(a: float, b: float, everyone: float, said: str) -> None:
    assert overlap(a, b, everyone) == said


def test_g1_the_finding_says_it_cannot_tell_and_never_multiplies() -> None:
    row = one(figures("B"), "blue_badge").findings.query("channel == 'home_visit' and kind == 'keep'").iloc[0]
    # 820 households of one person and 988 disabled people among 10,000: between 0 and 820.
    assert "We cannot tell how many are in both groups." in row["reason"]
    assert {figure["id"] for figure in json.loads(row["figures_json"])} >= {"lone66", "disabled_lot"}


# ------------------------------------------------------------------ G2 hidden pockets

QUIET = {"income_dep": (430.0, 45.0), "carers": (900.0, 95.0), "age75": (100.0, 10.0)}
NOTE = "One part of this ward differs: it has more people in households on a low income than nine in ten small areas in the nation. Ask locally."


def test_g2_a_pocket_gives_a_note_and_no_flag() -> None:
    pockets = pd.DataFrame({"area_code": ["E05100000"], "measure": ["income_dep"], "small_areas": [1], "worst": [97.0]})
    plain, noted = one(QUIET, "bulky_waste"), one(QUIET, "bulky_waste", pockets=pockets)
    assert noted.summaries["sentence"][0] == f"{plain.summaries['sentence'][0]} {NOTE}"
    pd.testing.assert_frame_equal(plain.findings, noted.findings)


def test_g2_no_note_where_the_ward_is_flagged_for_it_or_the_service_is_not_about_it() -> None:
    pockets = pd.DataFrame({"area_code": ["E05100000"], "measure": ["income_dep"]})
    assert NOTE not in one({"income_dep": (4118, 94)}, "bulky_waste", pockets=pockets).summaries["sentence"][0]
    assert NOTE not in one(QUIET, "pothole", pockets=pockets).summaries["sentence"][0]  # no low-income users


# --------------------------------------------------------------- G3 floors never move


def test_g3_floors_are_the_same_in_every_ward() -> None:
    wards, table = six()
    found = provision.check(wards, table, judgement.services().values(), thresholds="0").findings
    floor = found[found["kind"] == "floor"].drop(columns=["area_code", "area_name"])
    groups = [group.reset_index(drop=True) for _, group in floor.groupby(found.loc[floor.index, "area_code"])]
    assert len(groups) == 6
    for group in groups[1:]:
        pd.testing.assert_frame_equal(group, groups[0])


# ------------------------------------------------------------------------ G4 borderline


def test_g4_says_what_would_tip_it() -> None:
    # F has 1,584 people on low incomes at the 86th percentile: STRONG because over 1,500. 10 % fewer is 1,426: MODERATE.
    row = one(figures("F"), "school_primary").findings.query("channel == 'assisted_digital'").iloc[0]
    assert row["borderline"]
    assert row["reason"].endswith("Borderline: with 10% fewer people in households on a low income, it would read 'Watch'.")


def test_g4_a_percentile_can_tip_it_out_of_sight() -> None:
    # 1,343 at the 75th percentile: MODERATE. Five points lower: WEAK, which never flags.
    row = one(figures("B"), "school_primary").findings.query("channel == 'assisted_digital'").iloc[0]
    assert row["borderline"]
    assert row["reason"].endswith(
        "Borderline: if this ward stood 5 places in 100 lower for people in households on a low income, it would not be said."
    )


def test_g4_a_change_upward_counts_as_well() -> None:
    # 480 at the 80th percentile: WEAK below 500, so nothing. 1,400 at the 80th: MODERATE (watched); 10 % more is 1,540: STRONG (advised).
    row = one({"income_dep": (1400, 80)}, "school_primary").findings.query("channel == 'assisted_digital'").iloc[0]
    assert row["severity"] == "monitor" and row["borderline"]
    assert row["reason"].endswith("with 10% more people in households on a low income, it would read 'Advise keeping'.")


def test_g4_not_borderline_when_another_rule_holds_it_up() -> None:
    # The counter for Blue Badge in B rests on disabled people (STRONG) and on papers; income tipping changes nothing.
    row = one(figures("B"), "blue_badge").findings.query("channel == 'f2f'").iloc[0]
    assert row["rule_ids"] == "W06|W11" and not row["borderline"]


# -------------------------------------------------------------------------- G5 students


@pytest.mark.parametrize(
    ("students", "severity", "said"),
    [
        (0.24, "recommended", None),
        (0.25, "monitor", "Students are a quarter or more of adults here, so income counts for one step less."),
        (None, "recommended", "Whether students distort the income figures here was not checked."),
    ],
)
def test_g5_many_students_take_one_step_off_income(students: float | None, severity: str, said: str | None) -> None:
    row = one({"income_dep": (1600, 80)}, "school_primary", students=students).findings.query("channel == 'assisted_digital'").iloc[0]
    assert row["severity"] == severity
    guard = judgement.guards()["G5"]
    assert [text for text in (guard.text, guard.unknown) if text in row["reason"]] == ([said] if said else [])


def test_g5_leaves_other_figures_alone() -> None:
    row = one({"older_income_dep": (400, 80)}, "housing_benefit", students=0.9).findings.query("channel == 'home_visit'").iloc[0]
    assert row["strength"] == "STRONG" and "Students" not in row["reason"]


# ------------------------------------------------------------------- G8 small numbers


def test_g8_counts_under_ten_are_withheld_with_all_that_gives_them_away() -> None:
    # Eight people aged 75 and over never fire a rule; eight students stand beside an income finding as evidence.
    wards = areas(["X"])
    table = profile(wards.index, [{"income_dep": (1600, 80), "age75": (8, 99), "students": (8, 20)}], [None])
    found = provision.check(
        wards, table, [judgement.services()["school_primary"], judgement.services()["blue_badge"]], thresholds="0"
    ).findings
    assert "W04" not in "|".join(found["rule_ids"])
    row = found[(found["channel"] == "assisted_digital") & (found["service_id"] == "school_primary")].iloc[0]
    students = next(figure for figure in json.loads(row["figures_json"]) if figure["id"] == "students")
    assert students["note"] == "fewer than 10"
    assert [students[name] for name in ("n", "rate", "low", "high")] == [None, None, None, None]


# -------------------------------------------------------------- G9 missing is not fine


def test_g9_a_ward_without_figures_is_not_assessed() -> None:
    found = one({}, students=None)
    assert set(found.summaries["summary"]) == {"not_assessed"}
    assert set(found.findings["kind"]) == {"floor", "not_assessed"}
    assert found.summaries["sentence"].str.startswith("Not assessed: fewer than half of the rules").all()


@pytest.mark.parametrize(("observed", "assessed"), [(0.66, False), (0.67, True), (2 / 3, True)])
def test_g9_figures_for_less_than_two_thirds_of_a_ward_do_not_count(observed: float, assessed: bool) -> None:
    found = one({"poor_english": (900, 95)}, "homelessness", profile_columns={"observed": observed})
    assert ("easy_read_translation" in flags(found.findings)) is assessed
    reason = found.findings.query("kind == 'not_assessed'")["reason"].iloc[0]
    assert (
        "Our figures on people who cannot speak English well or at all cover less than two thirds of this ward." in reason
    ) is not assessed


def test_g9_the_finding_says_which_rules_and_why() -> None:
    ward = {name: value for name, value in figures("B").items() if name not in ("bb_decent", "bb_superfast", "voice_gap", "arrivals")}
    missing = one(ward, "school_primary").findings.query("kind == 'not_assessed'").iloc[0]
    assert missing["rule_ids"] == "W01|W02|W03|W08|W10"
    assert missing["reason"] == (
        "Not assessed: no usable connection of either kind (W01), slow or no fixed broadband where mobile works (W02), weak mobile signal (W03), "
        "low income with a poor connection (W08) and part of limited English and new arrivals (W10). "
        "We hold no figures for this ward on premises that cannot get 10 Mbit/s fixed broadband, premises that cannot get 30 Mbit/s fixed broadband, "
        "premises with no reliable indoor mobile voice signal and people who lived abroad one year before the census. "
        "Nobody publishes indoor mobile signal for areas smaller than a council, so this waits for figures that the council or an operator supplies. "
        "Not assessed does not mean no need."
    )


def test_g9_a_known_leg_still_fires_and_the_other_is_named() -> None:
    found = one({"poor_english": (900, 95)}, "school_primary")
    assert flags(found.findings)["easy_read_translation"] == "recommended (W10)"
    summary = found.summaries.iloc[0]
    assert "W10" in summary["checked"].split("|") and "W10" in summary["not_checked"].split("|")


def test_g9_none_settles_a_rule_whose_other_figure_is_missing() -> None:
    # W08 needs low income and poor broadband: without low income it is settled, whatever the broadband.
    few, many = (one({"income_dep": (100, percentile)}, "school_primary").summaries.iloc[0] for percentile in (10.0, 95.0))
    assert "W08" in few["checked"].split("|") and "W08" in many["not_checked"].split("|")


def test_g9_a_measure_without_a_threshold_says_so() -> None:
    some = {name: entry for name, entry in judgement.thresholds("0").items() if name != "carers"}
    missing = one(figures("B"), "blue_badge", thresholds=some).findings.query("kind == 'not_assessed'").iloc[0]
    assert missing["rule_ids"] == "W15" and "No threshold is set for people who give unpaid care." in missing["reason"]


# --------------------------------------------------------------------------- summaries


def test_three_summaries() -> None:
    """Blue Badge in D (reasons), council tax reduction in D (none found), potholes without broadband (not assessed)."""
    without = {name: value for name, value in figures("D").items() if name not in ("bb_decent", "bb_superfast", "voice_gap")}
    found = one(without, "blue_badge", "council_tax_reduction", "pothole").summaries.set_index("service_id")
    assert found["summary"].to_dict() == {
        "blue_badge": "reasons_found",
        "council_tax_reduction": "none_in_rules_checked",
        "pothole": "not_assessed",
    }
    assert found["keep"].to_dict() == {"blue_badge": 1, "council_tax_reduction": 0, "pothole": 0}
    assert found.loc["council_tax_reduction", "sentence"] == (
        "We found no ward reason beyond the council-wide minimum, in the rules checked. Not checked: no usable connection of either kind (W01), "
        "slow or no fixed broadband where mobile works (W02) and weak mobile signal (W03)."
    )
    assert found.loc["pothole", "checked"] == "W12"  # one of four


def test_every_ward_and_service_has_a_summary() -> None:
    wards, table = six()
    found = provision.check(wards, table[table["area_code"] != CODES["E"]], judgement.services().values(), thresholds="0").summaries
    assert len(found) == 6 * 40 and not found.duplicated(["area_code", "service_id"]).any()
    assert set(found.loc[found["area_code"] == CODES["E"], "summary"]) == {"not_assessed"}


# ---------------------------------------------------------------- said once for the council


def _kept(severities: str) -> pd.DataFrame:
    """One finding a ward: r required, a advised, m watched, - none (a floor only)."""
    names = {"r": "required", "a": "recommended", "m": "monitor"}
    rows = []
    for number, letter in enumerate(severities):
        base = {"area_code": f"E0500000{number}", "service_id": "blue_badge", "rule_ids": "W06|W11" if number else "W06"}
        rows.append(base | {"kind": "floor", "channel": "phone", "severity": "required"})
        if letter in names:
            rows.append(base | {"kind": "keep", "channel": "f2f", "severity": names[letter]})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("wards", "severity", "holds", "excepted"),
    [
        ("aaa-", "recommended", 3, "E05000003"),  # exactly three quarters
        ("aa--", None, 0, ""),
        ("amma", "monitor", 4, ""),  # advised in half, so the council-wide finding is to watch, in all four
        ("aaam", "recommended", 3, "E05000003"),
        ("raaa", "recommended", 4, ""),  # a firmer finding counts as holding
    ],
)
def test_a_finding_in_three_quarters_of_wards_is_said_once(wards: str, severity: str | None, holds: int, excepted: str) -> None:
    found = provision.across_council(_kept(wards))
    if severity is None:
        assert found.empty and list(found)[:3] == ["service_id", "channel", "severity"]
        return
    row = found.iloc[0]
    assert (row["severity"], row["wards"], row["of_wards"], row["except_area_codes"]) == (severity, holds, 4, excepted)
    assert row["rule_ids"] == "W06|W11"  # W11 holds in all but the first ward


def test_the_council_wide_sentence() -> None:
    assert provision.across_council(_kept("aaa-"))["reason"][0] == (
        "Advise keeping: face to face, in 3 of 4 wards. Reasons found most often: many disabled people (W06) and papers to prove things (W11)."
    )


def test_figures_are_not_changed_by_checking_them() -> None:
    wards, table = six()
    before = wards.copy(), table.copy()
    provision.check(wards, table, judgement.services().values(), thresholds="0")
    pd.testing.assert_frame_equal(wards, before[0])
    pd.testing.assert_frame_equal(table, before[1])
    assert np.isfinite(table["n"]).all()


# ------------------------------------------------------------------ G9 shelf life


def test_g9_a_figure_past_its_shelf_life_is_not_looked_at() -> None:
    # Income figures of 2022 keep for six years: on 31 December 2028 they still count, on 2 January 2029 they do not.
    ward = {"income_dep": (4118.0, 94.0), "age75": (1500.0, 96.0)}
    fresh, stale = (
        one(ward, "blue_badge", profile_columns={"period": "2022"}, today=dt.date(*day)) for day in ((2028, 12, 31), (2029, 1, 2))
    )
    assert flags(fresh.findings)["assisted_digital"].startswith("recommended (W07)")
    assert "assisted_digital" not in flags(stale.findings)
    row = stale.findings.query("kind == 'not_assessed'").iloc[0]
    assert "W07" in row["rule_ids"].split("|")
    assert "The figure on people in households on a low income is older than its shelf life." in row["reason"]
    assert "Not assessed does not mean no need." in row["reason"]
    # Counted on one day in 2022, people aged 75 and over keep for twelve years.
    assert "W04" in "|".join(stale.findings.query("kind == 'more_use'")["rule_ids"])


def test_g9_everything_past_its_life_is_never_nothing_found() -> None:
    assert one(figures("A"), "bulky_waste", today=dt.date(2060, 1, 1)).summaries["summary"].tolist() == ["not_assessed"]


def test_g9_without_a_day_no_date_is_looked_at() -> None:
    found = one(figures("A"), "bulky_waste", profile_columns={"period": "1981"})
    assert found.summaries["summary"].tolist() == ["reasons_found"]


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("2021-03-21", (2021, 3, 21)),
        ("2024-12", (2024, 12, 31)),
        ("2024-02", (2024, 2, 29)),
        ("2022", (2022, 12, 31)),
        ("2016-17", (2017, 12, 31)),
        ("2021 to 2025", (2025, 12, 31)),
        ("mid-2022", (2022, 12, 31)),
    ],
)
def test_the_last_day_of_a_period(period: str, end: tuple[int, int, int]) -> None:
    assert end_of(period) == dt.date(*end)


def test_a_period_without_a_year_has_no_age() -> None:
    assert end_of("last census") is None and not past("last census", 1, dt.date(2090, 1, 1))


def test_every_measure_a_rule_uses_has_a_shelf_life_and_says_why() -> None:
    used = {use.id for indicator in judgement.indicators().values() for use in indicator.measures} | {"students"}
    lacking = [name for name in used if not judgement.measures()[name].shelf_life_years or not judgement.measures()[name].shelf_why]
    assert lacking == []


# --------------------------------------------------- what councils run in each nation


def test_a_northern_irish_council_is_offered_no_social_care_and_no_housing() -> None:
    found = one(figures("B"), nation="Northern Ireland")
    offered = set(found.findings["service_id"])
    assert offered == {
        "bulky_waste", "missed_bin", "assisted_bin_collection", "garden_waste", "parking_fine", "planning_application",
        "birth_registration", "death_registration", "pest_control", "burial", "complaint",
    }  # fmt: skip
    care = found.summaries.set_index("service_id").loc["care_needs_assessment"]
    assert (care["summary"], care["keep"]) == ("not_run_here", 0)
    assert care["sentence"].startswith("Councils in Northern Ireland do not run this service (NI: Health and Social Care trusts), so")
    hooks = "|".join(found.findings["legal_hooks"])
    assert "EQA149_NI" in hooks  # section 75 of the Northern Ireland Act, not section 149
    assert "Rural Needs Act" in judgement.nations()["Northern Ireland"].place_text
    assert [judgement.law_for(code, "Northern Ireland").id for code in judgement.nations()["Northern Ireland"].place_hooks] == ["RURAL_NI"]  # type: ignore[union-attr]


def test_every_nation_has_its_own_law_on_country_places() -> None:
    named = {name: [judgement.law_for(code, name) for code in hooks.place_hooks] for name, hooks in judgement.nations().items()}
    assert {name: [hook.id for hook in hooks if hook] for name, hooks in named.items()} == {
        "England": ["RURAL_E"],
        "Wales": ["RURAL_W"],
        "Scotland": ["RURAL_S"],
        "Northern Ireland": ["RURAL_NI"],
    }


# ------------------------------------------------------------- what would tip a finding


def test_every_finding_says_what_would_tip_it() -> None:
    wards, table = six()
    found = provision.check(wards, table, judgement.services().values(), thresholds="0").findings
    said = tips(found)
    assert (said != "").tolist() == (found["kind"] != "not_assessed").tolist()
    edge = found["borderline"]
    assert edge.sum() > 40
    assert (
        said[edge]
        .str.fullmatch(
            r"Borderline: (with 10% (more|fewer) .+|if this ward stood 5 places in 100 (higher|lower) for .+), it would (not be said|read '.+')\."
        )
        .all()
    )
    assert (said[found["kind"] == "floor"] == "No figure can tip this: the minimum is the same in every ward.").all()
    firm = found["kind"].isin(["keep", "more_use"]) & ~edge
    assert set(said[firm]) == {
        "Not borderline: no single count 10% larger or smaller, and no rate 5 places in 100 higher or lower, would alter it."
    }


def test_a_finding_that_is_not_borderline_truly_does_not_move() -> None:
    # Face to face for Blue Badge in B rests on W06 and W11; every count 10 % either way leaves it as it is.
    for factor in (0.9, 1.1):
        for measure in figures("B"):
            n, place = figures("B")[measure]
            row = one(figures("B") | {measure: (n * factor, place)}, "blue_badge").findings.query("channel == 'f2f' and kind == 'keep'")
            assert row["severity"].tolist() == ["recommended"]


@pytest.mark.parametrize(("chance", "words"), [(0.62, "about 62 in 100"), (0.99, "nearly all"), (0.01, "hardly any")])
def test_the_chance_of_the_most_affected_fifth_is_said_and_kept_apart(chance: float, words: str) -> None:
    found = one(figures("B"), "blue_badge").findings
    said = tips(found, pd.DataFrame({"chance": [chance]}, index=[found["area_code"].iloc[0]]))
    kept = found["kind"].isin(["keep", "more_use"])
    sentence = f"The ward was among its nation's most affected fifth in {words} of the ways we worked the score out; this finding does not rest on that."
    assert said[kept].str.endswith(sentence).all() and not said[~kept].str.contains("fifth").any()
    blank = tips(found, pd.DataFrame({"chance": [np.nan]}, index=[found["area_code"].iloc[0]]))
    assert not blank.str.contains("fifth").any()
