"""From figures to findings: strength, logic, relevance, severity, mechanics and words."""

# ruff: noqa: E501  (tables and quoted sentences read better unbroken)

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from invented import areas, figures, flags, one, profile

from exclusion import judgement, provision
from exclusion.contracts import UsageError
from exclusion.provision import flags as flags_module
from exclusion.provision import highest, lowest, relevant, steps_down, strength
from exclusion.provision.flags import evaluate

NAMES = {-1: "unknown", 0: "NONE", 1: "WEAK", 2: "ORDINARY", 3: "MODERATE", 4: "STRONG"}
STEPS = {name: step for step, name in NAMES.items()}


def steps(*names: str) -> np.ndarray:
    return np.array([STEPS[name] for name in names], dtype=np.int8)


# --------------------------------------------------------------------- strength


@pytest.mark.parametrize(
    ("percentile", "below_low", "low_to_high", "high_or_more"),
    [
        (95, "MODERATE", "STRONG", "STRONG"),  # top 10 % of wards
        (80, "WEAK", "MODERATE", "STRONG"),  # top 25 %
        (50, "NONE", "WEAK", "MODERATE"),  # the rest
    ],
)
def test_two_tests_both_count(percentile: float, below_low: str, low_to_high: str, high_or_more: str) -> None:
    # thresholds 300 and 800: 200 is below low, 500 between, 900 above
    found = strength([200, 500, 900], percentile, 300, 800)
    assert [NAMES[step] for step in found.tolist()] == [below_low, low_to_high, high_or_more]


@pytest.mark.parametrize(
    ("n", "percentile", "expected"),
    [
        (300, 50, "WEAK"),
        (299, 50, "NONE"),
        (800, 50, "MODERATE"),
        (200, 90, "MODERATE"),
        (200, 89.9, "WEAK"),
        (200, 75, "WEAK"),
        (200, 74.9, "NONE"),
    ],
)
def test_limits_belong_to_the_stronger_side(n: float, percentile: float, expected: str) -> None:
    assert NAMES[int(strength(n, percentile, 300, 800))] == expected


@pytest.mark.parametrize(
    ("n", "percentile", "expected"),
    [
        (9, 99, "NONE"),
        (10, 99, "MODERATE"),
        (9, np.nan, "NONE"),
        (np.nan, 99, "unknown"),
        (500, np.nan, "unknown"),
        (np.nan, np.nan, "unknown"),
        (0, 0, "NONE"),
    ],
)
def test_under_ten_is_none_and_missing_is_unknown(n: float, percentile: float, expected: str) -> None:
    assert NAMES[int(strength(n, percentile, 300, 800))] == expected


# ------------------------------------------------------------- three-valued logic

LOGIC = """
first      second     all must hold   any may hold
NONE       NONE       NONE            NONE
NONE       unknown    NONE            unknown
NONE       STRONG     NONE            STRONG
WEAK       MODERATE   WEAK            MODERATE
WEAK       unknown    unknown         unknown
MODERATE   unknown    unknown         unknown
STRONG     unknown    unknown         STRONG
STRONG     MODERATE   MODERATE        STRONG
unknown    unknown    unknown         unknown
"""


@pytest.mark.parametrize("line", LOGIC.strip().splitlines()[1:])
def test_logic_knows_what_it_does_not_know(line: str) -> None:
    first, second, every, some = line.split()
    for pair in ((first, second), (second, first)):
        parts = [steps(name) for name in pair]
        assert (NAMES[int(lowest(parts)[0])], NAMES[int(highest(parts)[0])]) == (every, some)


def test_relevance_takes_one_step_off_or_turns_the_rule_off() -> None:
    values = steps("unknown", "NONE", "WEAK", "ORDINARY", "MODERATE", "STRONG")
    assert relevant(values, 0).tolist() == [0] * 6
    # Unknown stays unknown; never below NONE; an ordinary rate is no step of its own on the way down.
    assert relevant(values, 1).tolist() == steps("unknown", "NONE", "NONE", "WEAK", "WEAK", "MODERATE").tolist()
    assert relevant(values, 2).tolist() == relevant(values, 3).tolist() == values.tolist()
    assert steps_down(values, 2).tolist() == steps("unknown", "NONE", "NONE", "NONE", "NONE", "WEAK").tolist()
    assert steps_down(values, 3).tolist() == [-1, 0, 0, 0, 0, 0]


# ---------------------------------------------------------------------- severity


@pytest.mark.parametrize(
    ("n", "percentile", "service", "expected"),
    [
        (900, 95, "homelessness", {"recommended"}),  # C3, English 3: STRONG
        (150, 80, "homelessness", {"recommended"}),  # C3: MODERATE is enough
        (150, 60, "homelessness", set()),  # WEAK never makes a flag
        (900, 95, "school_primary", {"recommended"}),  # C2: STRONG
        (150, 80, "school_primary", {"monitor"}),  # C2: MODERATE
        (900, 95, "library_join", {"recommended"}),  # C1, English 2: STRONG
        (150, 80, "library_join", {"monitor"}),  # C1, English 2: MODERATE
        (900, 95, "missed_bin", set()),  # C1, English 1: STRONG falls to MODERATE, and some users are not many
    ],
)
def test_severity_by_tier_and_users(n: float, percentile: float, service: str, expected: set[str]) -> None:
    found = one({"poor_english": (n, percentile)}, service).findings
    kept = found[(found["kind"] == "keep") & (found["channel"] == "easy_read_translation")]
    assert set(kept["severity"]) == expected


def test_several_rules_on_one_channel_keep_the_highest_and_name_all() -> None:
    # Blue Badge (C2): W06 MODERATE would be watched, W11 STRONG is advised; both keep face to face.
    found = one({"disabled_lot": (1207, 62), "income_dep": (4118, 94), "age75": (440, 5)}, "blue_badge")
    assert flags(found.findings)["f2f"] == "recommended (W06|W11)"


def test_means_tested_services_look_at_older_people_on_low_incomes() -> None:
    # Many older people (STRONG), few of them on low incomes (NONE): council tax reduction is means-tested, Blue Badge is not.
    ward = {"age75": (1500, 96), "older_income_dep": (50, 10), "income_dep": (100, 10)}
    assert "W04" not in str(flags(one(ward, "council_tax_reduction").findings, "more_use"))
    assert "W04" in str(flags(one(ward, "blue_badge").findings, "more_use"))


# --------------------------------------------------------------------- mechanics


def test_a_channel_that_cannot_be_used_is_not_flagged() -> None:
    # Far from help flags phone, post and (not for routine services) a counter; a missed bin cannot be reported by post.
    found = one({"far_help": (4300, 98)}, "missed_bin", rural=True).findings
    assert set(found[found["kind"].isin(["keep", "more_use"])]["channel"]) == {"phone"}


def test_post_is_left_out_where_help_is_needed_within_days() -> None:
    ward = {"far_help": (4300, 98)}
    assert "post" not in flags(one(ward, "care_needs_assessment", rural=True).findings)  # urgency 2
    assert flags(one(ward, "housing_register", rural=True).findings)["post"] == "recommended (W12)"  # weeks or months


def test_a_home_visit_in_the_floor_stands_in_for_face_to_face() -> None:
    found = one({"disabled_lot": (1207, 97)}, "care_needs_assessment").findings
    assert "f2f" not in set(found["channel"])
    assert "home_visit" in flags(found, "more_use")


def test_a_channel_in_the_floor_means_more_use_not_a_flag() -> None:
    found = one(figures("B"), "blue_badge").findings
    row = found[(found["kind"] == "more_use") & (found["channel"] == "phone")].iloc[0]
    assert row["severity"] == "" and row["reason"].startswith("Phone is already in the council-wide minimum; expect more use of it here.")


def test_distance_needs_no_car_except_in_the_country() -> None:
    ward = {"far_help": (4300, 98), "no_car": (170, 12)}
    assert flags(one(ward, "school_primary").findings) == {}
    assert flags(one(ward, "school_primary", rural=True).findings) == {"f2f": "recommended (W12)"}


def test_alarms_are_checked_at_home_only_for_telecare() -> None:
    ward = {"age75": (1500, 96), "lone66": (100, 10)}
    assert "W14" in str(flags(one(ward, "telecare").findings, "more_use"))
    everywhere = one(ward).findings
    assert set(everywhere[everywhere["rule_ids"].str.contains("W14")]["service_id"]) == {"telecare"}


def test_arrivals_are_never_better_than_moderate() -> None:
    found = one({"poor_english": (5, 5), "arrivals": (1030, 98)}, "school_primary").findings
    row = found[(found["kind"] == "keep") & (found["channel"] == "easy_read_translation")].iloc[0]
    assert (row["strength"], row["severity"]) == ("MODERATE", "monitor")


def test_an_estimate_of_people_living_alone_is_never_better_than_moderate() -> None:
    ward = {"disabled_lot": (1500, 97), "lone66_est": (1000, 99)}
    published = one(ward | {"lone66": (1000, 99)}, "blue_badge").findings
    estimated = one(ward, "blue_badge").findings
    pick = {name: table[table["rule_ids"] == "W05"].iloc[0] for name, table in (("published", published), ("estimated", estimated))}
    assert (pick["published"]["strength"], pick["published"]["severity"]) == ("STRONG", "recommended")
    assert (pick["estimated"]["strength"], pick["estimated"]["severity"]) == ("MODERATE", "monitor")
    assert "(our estimate)" in pick["estimated"]["reason"]


# ------------------------------------------------------------- broadband by council only

INCOME = {"income_dep": (4118.0, 94.0)}


def test_income_alone_says_that_broadband_is_known_for_the_council_only() -> None:
    council = pd.DataFrame(
        [{"area_code": "E06000099", "measure": "below_30mbps", "value": 0.034, "source": "ofcom_area_coverage", "period": "2026-01"}]
    )
    row = _kept(one(INCOME, "bulky_waste", council_profile=council).findings, "assisted_digital")
    assert (
        "We hold broadband only for the whole council (3.4% of premises cannot get 30 Mbit/s), so we cannot say whether the barrier is cost, device or skill."
        in row["reason"]
    )
    figure = next(figure for figure in json.loads(row["figures_json"]) if figure["id"] == "below_30mbps")
    assert figure["fit"] == "council_wide" and figure["rate"] == 0.034


def test_income_alone_without_any_broadband_figure_says_so() -> None:
    assert "We hold no broadband figure for this ward" in _kept(one(INCOME, "bulky_waste").findings, "assisted_digital")["reason"]


def test_broadband_that_reaches_the_ward_is_said_and_poor_broadband_turns_to_a_counter() -> None:
    good = INCOME | {"bb_decent": (2, 20), "bb_superfast": (30, 30), "voice_gap": (2, 8)}
    assert (
        "Broadband reaches this ward, so the barrier is more likely cost, device or skill."
        in _kept(one(good, "school_primary").findings, "assisted_digital")["reason"]
    )
    poor = INCOME | {"bb_decent": (190, 97), "bb_superfast": (440, 97), "voice_gap": (2, 8)}
    assert flags(one(poor, "school_primary").findings) == {"f2f": "recommended (W08)", "assisted_digital": "recommended (W02)"}


def test_4g_data_never_stands_in_for_voice() -> None:
    found = one(INCOME | {"indoor_4g_any": (9_000, 99)}, "bulky_waste").findings
    missing = found[found["kind"] == "not_assessed"].iloc[0]
    assert {"W01", "W03"} <= set(missing["rule_ids"].split("|"))


# -------------------------------------------------------------------------- floors


def test_floors_are_in_every_ward_whatever_its_figures() -> None:
    for ward in (figures("A"), figures("D"), {}):
        found = one(ward, "homelessness").findings
        floor = found[found["kind"] == "floor"]
        assert floor["channel"].tolist() == ["phone", "f2f", "relay_bsl"]
        assert set(floor["severity"]) == {"required"}


def test_every_service_has_a_free_way_in_and_relay() -> None:
    floor = one({}).findings.query("kind == 'floor'")
    for service, rows in floor.groupby("service_id"):
        ids = set("|".join(rows["rule_ids"]).split("|"))
        assert {"F1", "F2"} <= ids, service
        assert ids - {"F1", "F2"} == set(judgement.services()[service].floor_rules) - {"F1"}, service
        assert set(rows["channel"]) == {*judgement.services()[service].floor_channels, "relay_bsl"}, service


@pytest.mark.parametrize(
    ("nation", "law", "words"),
    [
        ("England", "CTRREG_E", "(SI 2012/2885), Schedule 7, paragraphs 2 and 3"),
        ("Wales", "CTRREG_W", "(SI 2013/3029), Schedule 12, paragraphs 2 and 3"),
    ],
)
def test_council_tax_reduction_names_the_law_of_its_nation(nation: str, law: str, words: str) -> None:
    floor = one({}, "council_tax_reduction", nation=nation).findings.query("kind == 'floor' and channel == 'post'").iloc[0]
    assert law in floor["legal_hooks"].split("|") and words in floor["reason"]
    others = {"CTRREG_E", "CTRREG_W"} - {law}
    assert not others & set(floor["legal_hooks"].split("|"))


def test_in_wales_every_way_in_kept_says_that_it_must_work_in_welsh() -> None:
    line = "In Wales this way in must treat Welsh no less favourably than English, as the council's own compliance notice under the Welsh Language Standards sets out."
    for nation in ("England", "Wales"):
        found = one({"income_dep": (4118, 94), "disabled_lot": (1200, 92)}, "blue_badge", nation=nation).findings
        kept = found[found["kind"].isin(["floor", "keep", "more_use"])]
        assert set(kept["kind"]) == {"floor", "keep", "more_use"}
        assert kept["reason"].str.contains(line, regex=False).tolist() == [nation == "Wales"] * len(kept)
        assert kept["legal_hooks"].str.split("|").map(lambda codes: "WLS" in codes).tolist() == [nation == "Wales"] * len(kept)
        assert not found.loc[~found.index.isin(kept.index), "reason"].str.contains("Welsh").any()


# --------------------------------------------------------------------- words and figures


def test_counts_are_about_and_published_counts_are_exact() -> None:
    for fit, said in (("weighted", "about 1,500 people aged 75 and over"), ("published", "1,501 people aged 75 and over")):
        row = (
            one({"age75": (1501, 96)}, "assisted_bin_collection", profile_columns={"fit": fit}).findings.query("kind == 'more_use'").iloc[0]
        )
        assert said in row["reason"] and said in row["short"]


def test_a_range_is_printed_where_the_profile_gives_one() -> None:
    columns = {"low": 1300.0, "high": 1700.0}
    row = one({"age75": (1501, 96)}, "assisted_bin_collection", profile_columns=columns).findings.query("kind == 'more_use'").iloc[0]
    assert "about 1,500 people aged 75 and over (between 1,300 and 1,700; 15% of all residents, against 10% in England" in row["reason"]
    figure = json.loads(row["figures_json"])[0]
    assert figure == {
        "id": "age75", "n": 1501, "rate": 0.1501, "percentile": 96, "nation_value": 0.1, "source": "census2021",
        "period": "2021-03-21", "fit": "weighted", "low": 1300, "high": 1700,
    }  # fmt: skip


def test_every_finding_from_a_rule_carries_its_figures_law_and_characteristics() -> None:
    found = one(figures("C"), rural=True).findings
    ruled = found[found["kind"].isin(["keep", "more_use", "caution"])]
    assert len(ruled) > 50
    for row in ruled.itertuples(index=False):
        assert json.loads(row.figures_json), row
        assert row.protected_characteristics and row.legal_hooks and row.thresholds_version == "0" and row.profile_version == "1"
        assert set(row.legal_hooks.split("|")) <= set(judgement.law())


def test_words_we_do_not_use() -> None:
    found = pd.concat([one(figures(letter), rural=letter == "C").findings for letter in "ACF"])
    text = " ".join([*found["reason"], *found["short"]]).lower()
    for word in ("elderly", "vulnerable", "hard to reach", "hotspot", "worst", "channel shift", "stakeholder", "granular", "robust"):
        assert word not in text, word


# ----------------------------------------------------------------------- the whole table


def test_no_service_gives_empty_tables_and_an_unknown_version_is_refused() -> None:
    wards = areas("A")
    table = profile(wards.index, [figures("A")], [0.09])
    empty = provision.check(wards, table, [], thresholds="0")
    assert len(empty.findings) == len(empty.summaries) == 0 and list(empty.findings)[:2] == ["area_code", "area_name"]
    with pytest.raises(UsageError, match=r"there is no such version \(found: 99\)"):
        provision.check(wards, table, judgement.services().values(), thresholds="99")


def test_local_thresholds_may_be_given_and_are_named() -> None:
    local = {
        name: entry.model_copy(update={"version": "local", "low": 1.0, "high": 2.0}) for name, entry in judgement.thresholds("0").items()
    }
    found = one({"poor_english": (150, 60)}, "homelessness", thresholds=local).findings
    assert flags(found)["easy_read_translation"] == "recommended (W10)"  # MODERATE now: an ordinary rate, many people
    assert set(found["thresholds_version"]) == {"local"}


def test_the_work_grows_with_what_differs_not_with_services_and_small_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    # Fifteen rules, forty services and some fifty small changes (G4) would be 30,000 workings-out, done one by one. Services whose
    # users are alike share theirs, and every small change is worked out in the same go.
    names = [f"ward {number}" for number in range(25)]
    wards = areas(names, rural=names[:5])
    table = profile(wards.index, [figures("ABCDEF"[number % 6]) for number in range(25)], [0.05] * 25)
    done = []
    monkeypatch.setattr(flags_module, "evaluate", lambda rule, *rest: done.append(rule.id) or evaluate(rule, *rest))
    found = provision.check(wards, table, judgement.services().values(), thresholds="0")
    assert len(found.summaries) == 25 * 40
    pairs = sum(
        flags_module.applies(rule, service, judgement.channels())
        for rule in judgement.rules().values()
        for service in judgement.services().values()
    )
    assert len(done) < pairs / 2 < 300, (len(done), pairs)


def _kept(found: pd.DataFrame, channel: str) -> pd.Series:
    return found[(found["kind"] == "keep") & (found["channel"] == channel)].iloc[0]


def test_a_reason_claims_no_more_of_users_than_the_profile_says() -> None:
    # Crisis payments: some users are older (weight 1), so a finding on older people on low incomes must not say that many are.
    found = one({"older_income_dep": (900, 95)}, "local_crisis_payment", thresholds="0").findings
    said = _kept(found, "home_visit")["reason"]
    assert "Older people on low incomes are among those who use this service." in said and "Many people" not in said


def test_what_is_watched_reads_well_whatever_the_way_in() -> None:
    found = one({"far_help": (1000, 80)}, "garden_waste", thresholds="0", rural=True).findings
    rows = found[found["severity"] == "monitor"]
    assert rows["channel"].tolist() == ["post"]  # "paper forms and letters": a plural
    assert rows["reason"].str.contains(r"^Watch whether .+ should be kept here", regex=True).all()
