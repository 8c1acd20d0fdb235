"""What the pages show of an assessment: gaps in words, wards by name, nothing decided here."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

import exclusion
from exclusion import judgement, maps, views

SERVICE = "council_tax_reduction"


@pytest.fixture(scope="module")
def blackpool(bundled):
    return exclusion.assess(bundled, ["Blackpool"], None)


def with_findings(assessment, **changes):
    """The same assessment with other tables."""
    from dataclasses import replace

    return replace(assessment, **changes)


def test_a_level_is_the_firmest_finding_and_what_was_not_assessed_is_missing_not_zero(blackpool):
    first, second, third = blackpool.areas.index[:3]
    base = {"service_id": SERVICE, "kind": "keep", "channel": "f2f"}
    found = pd.DataFrame(
        [{**base, "area_code": first, "severity": "monitor"}, {**base, "area_code": first, "severity": "required", "channel": "post"}]
    )
    summary = pd.DataFrame(
        [
            {"area_code": first, "service_id": SERVICE, "summary": "not_assessed"},  # what was found stays
            {"area_code": second, "service_id": SERVICE, "summary": "none_in_rules_checked"},
            {"area_code": third, "service_id": SERVICE, "summary": "not_assessed"},
        ]
    )
    levels = views.levels(with_findings(blackpool, findings=found, summaries=summary), SERVICE)
    assert levels[first] == 3
    assert levels[second] == 0
    assert pd.isna(levels[third])
    assert maps.LEVELS[3].word == "Keep as a condition"


def test_what_is_said_once_for_the_council_can_be_left_off_the_map(blackpool):
    first, second = blackpool.areas.index[:2]
    base = {"service_id": SERVICE, "kind": "keep", "channel": "post"}
    found = pd.DataFrame([{**base, "area_code": first, "severity": "recommended"}, {**base, "area_code": second, "severity": "required"}])
    general = pd.DataFrame([{"service_id": SERVICE, "channel": "post", "severity": "recommended"}])
    changed = with_findings(blackpool, findings=found, council_wide=general)
    # the first ward has nothing on top of the general line; the second holds post more firmly than it
    assert list(views.kept(changed, SERVICE, added_only=True)["area_code"]) == [second]
    assert len(views.kept(changed, SERVICE)) == 2


def test_what_holds_across_the_council_is_said_once_with_the_wards_where_it_does_not(blackpool):
    ((head, why),) = views.across(blackpool, "blue_badge")
    assert head == "Advise keeping: face to face, in 16 of 21 wards."
    assert why.endswith("Less firmly or not at all in Bispham, Greenlands, Marton, Squires Gate and Stanley.")
    assert "16 of 21" not in why


def test_ways_in_with_the_same_reason_share_a_line():
    found = pd.DataFrame(
        [
            {"level": 2, "channel": "f2f", "short": "Advise keeping face to face: about 900 people in need."},
            {"level": 2, "channel": "post", "short": "Advise keeping post: about 900 people in need."},
            {"level": 1, "channel": "phone", "short": "Watch phone: about 700 unpaid carers."},
        ]
    )
    assert views.keep_lines(found) == [
        "Advise keeping: face to face and post. About 900 people in need.",
        "Watch: phone. About 700 unpaid carers.",
    ]


def test_the_table_has_every_ward_by_name_and_no_blank(blackpool):
    table = views.ward_rows(blackpool, SERVICE)
    assert list(table["Ward"]) == sorted(blackpool.areas["area_name"])
    assert (table.map(lambda cell: str(cell).strip() != "")).all().all()
    bloomfield = table[table["Ward"] == "Bloomfield"].iloc[0]
    assert bloomfield["Level"] == "2 Advise keeping"
    assert "people in households on a low income" in bloomfield[f"What to keep {views.BEYOND}, and why"]


def test_own_counts_stand_beside_under_their_own_name_and_gaps_are_said(blackpool):
    own = pd.DataFrame({"calls": [1204.0, float("nan")]}, index=blackpool.areas.index[:2])
    table = views.ward_rows(blackpool, SERVICE, own)
    assert list(table["calls (yours)"][:3]) == ["1,204", "not given", "not given"]


def test_the_minimum_is_said_once_and_without_saying_council_wide_in_every_line(blackpool):
    floor = views.floor(blackpool, SERVICE)
    assert {way for way, _, _ in floor} == {"Phone", "Post", "Relay and BSL"}
    assert not any(short.startswith("Council-wide minimum") for _, short, _ in floor)


def test_rules_that_could_not_be_checked_anywhere_are_named_once(blackpool):
    everywhere = views.never_checked(blackpool, SERVICE)
    # no ward figures for broadband or mobile voice; of W10 the half about language was checked, so it is not among them
    assert everywhere == {"W01", "W02", "W03"}
    assert "weak mobile signal (W03)" in views.rule_names(everywhere)
    texts = views.ward_rows(blackpool, SERVICE)[f"What to keep {views.BEYOND}, and why"]
    assert not texts.str.contains("W03").any()


def test_figures_of_a_ward_come_with_the_national_share_and_date(blackpool):
    code = blackpool.areas.index[blackpool.areas["area_name"] == "Bloomfield"][0]
    table = views.who_lives_here(blackpool, code).set_index("Group")
    row = table.loc["Aged 75 and over"]
    count, total = blackpool.profile.query("area_code == @code and measure == 'age75'")[["n", "of"]].iloc[0]
    assert row["Here"] == f"about {round(count / 10) * 10:.0f}"  # two figures of a three-figure count
    assert row["Share here"] == f"{100 * count / total:.1f}%"
    assert row["England"] == "8.6%"
    assert row["Date"] == "21 March 2021"
    assert "our estimate" in table.loc["Aged 66 and over living alone (estimate)", "Here"]


def test_an_estimate_stands_back_where_the_count_itself_is_held(blackpool):
    code = blackpool.areas.index[0]
    mine = blackpool.profile[(blackpool.profile["area_code"] == code) & (blackpool.profile["measure"] == "lone66_est")]
    count = mine.assign(measure="lone66", n=369, fit="published")
    for profile, shown in (
        (pd.concat([blackpool.profile, count]), ["Aged 66 and over living alone"]),
        (
            pd.concat([blackpool.profile, count.assign(n=float("nan"))]),
            ["Aged 66 and over living alone", "Aged 66 and over living alone (estimate)"],
        ),
    ):
        groups = views.who_lives_here(with_findings(blackpool, profile=profile), code)["Group"]
        assert sorted(groups[groups.str.startswith("Aged 66 and over living alone")]) == shown


def test_a_figure_under_ten_is_hidden_and_so_is_its_share(blackpool):
    code = blackpool.areas.index[0]
    profile = blackpool.profile.copy()
    profile.loc[(profile["area_code"] == code) & (profile["measure"] == "poor_english"), "n"] = 9
    row = views.who_lives_here(with_findings(blackpool, profile=profile), code).set_index("Group").loc["Little or no English"]
    assert (row["Here"], row["Share here"]) == ("fewer than 10", "not shown")


def test_an_unknown_figure_says_so(blackpool):
    code = blackpool.areas.index[0]
    profile = blackpool.profile.copy()
    mine = (profile["area_code"] == code) & (profile["measure"] == "carers")
    profile.loc[mine, ["n", "value", "percentile"]] = float("nan")
    row = views.who_lives_here(with_findings(blackpool, profile=profile), code).set_index("Group").loc["Unpaid carers"]
    assert (row["Here"], row["Share here"]) == ("not known", "not known")
    assert "Unpaid carers" in views.not_known(with_findings(blackpool, profile=profile), code)[0]


def test_an_older_index_without_bands_shows_no_empty_columns(blackpool):
    from exclusion.views import trust

    codes = blackpool.areas.index[:2]
    both = pd.DataFrame({"band": [4, 5], "deri": [3.1, 4.2], "older_band": [None, None], "moves": [None, None], "why_not": ["", ""]}, codes)
    table = trust.older_rows(blackpool, both)
    assert list(table) == ["Ward", "Our band", "DERI (0 to 10)"] and table["DERI (0 to 10)"].tolist() == ["3.10", "4.20"]
    lacking = both.assign(deri=[3.1, None], why_not=["", "no small areas"])
    assert trust.older_rows(blackpool, lacking)["Difference"].tolist() == ["unknown", "no small areas"]


def test_what_pulls_the_score_is_said_in_points_and_words(blackpool):
    code = blackpool.areas.index[blackpool.areas["area_name"] == "Bloomfield"][0]
    table = views.score_drivers(blackpool, code).set_index("Part")
    pull = blackpool.scores.loc[code, "contribution_income"]
    assert table.loc["Income", "Pull on the score"] == f"{pull:.0f} points up: many people on low incomes"
    assert table.loc["Age", "Pull on the score"].endswith("points down: few older people")
    assert table.loc["Age", "Weight"] == "36%"


def test_a_place_in_the_middle_fifth_is_neither_many_nor_few(blackpool):
    """Disability at 46 of 100 with a weight of 27%: 0.27 x (46 - 50) = -1 point, of which nobody should quote "few disabled people"."""
    code = blackpool.areas.index[0]
    scores = blackpool.scores.copy()
    scores.loc[code, ["percentile_disability", "contribution_disability"]] = [46.0, -1.08]
    table = views.score_drivers(dataclasses.replace(blackpool, scores=scores), code).set_index("Part")
    assert table.loc["Disability", "Pull on the score"] == "1 point down: near the middle of its nation"


def test_a_ward_without_a_score_says_why_and_has_no_band(blackpool):
    code = blackpool.areas.index[0]
    scores = blackpool.scores.copy()
    scores["band"] = scores["band"].mask(scores.index == code)
    scores.loc[code, ["scored", "why_not", "percentile_income"]] = [False, "Not scored: no figure for income.", float("nan")]
    without = with_findings(blackpool, scores=scores)
    assert views.band_label(without, code) == "Not scored"
    assert pd.isna(views.bands(without)[code])
    assert "Not scored: no figure for income." in views.not_known(without, code)
    assert views.score_drivers(without, code).set_index("Part").loc["Income", "Pull on the score"] == "not known"


def test_every_service_of_a_ward_is_listed_by_name(blackpool):
    table = views.ward_services(blackpool, blackpool.areas.index[0])
    assert len(table) == len(judgement.services()) == 40
    assert list(table["Service"]) == sorted(table["Service"])


def test_the_grid_holds_every_service_and_ward(blackpool):
    grid = views.grid(blackpool)
    assert grid.shape == (40, 1 + 21)
    labels = {shade.label for shade in [*maps.LEVELS, maps.NOT_ASSESSED]}
    assert set(grid.drop(columns="Service").to_numpy().ravel()) <= labels


def test_a_service_not_assessed_somewhere_is_never_among_those_that_could_move_first(blackpool):
    table = views.could_move_first(blackpool).set_index("Service")
    numbers = table[[*(shade.word for shade in maps.LEVELS), maps.NOT_ASSESSED.word]]
    assert (numbers.sum(axis=1) == 21).all()
    unknown = table[table["Not assessed"] > 0]
    assert len(unknown)
    assert unknown["In words"].str.startswith("Cannot be said").all()
    first = table[table["In words"] == views.FIRST]
    assert (first["Nothing found in rules checked"] == 21).all()
    assert (table["Minimum that stays"].str.contains("relay and BSL")).all()


def test_the_risk_table_holds_the_figures_of_the_map(blackpool):
    table = views.risk_rows(blackpool, pd.Series("", index=blackpool.areas.index), views.ward_rows(blackpool, SERVICE))
    assert list(table["Band"]) == [maps.BANDS[place].label for place in views.bands(blackpool)]
    assert list(table["Income"]) == [f"{place:.0f}" for place in blackpool.scores["percentile_income"]]


def test_a_row_not_assessed_says_why_and_is_not_told_to_agree_with_its_band(bundled):
    for council, service in (("Glasgow City", "blue_badge"), ("Belfast", "garden_waste"), ("Belfast", "blue_badge")):
        found = exclusion.assess(bundled, [council], [service])
        nowhere = pd.Series("", index=found.areas.index)
        rows = views.ward_rows(found, service, differences=nowhere)
        unknown = (rows["Level"] == "Not assessed").to_numpy()
        assert unknown.any()
        for why in rows.loc[unknown, "What to keep beyond the minimum, and why"]:
            if service == "blue_badge" and council == "Belfast":
                assert "Northern Ireland" in why  # no rule lacks a figure: councils there do not run it
            else:
                assert re.match(r"Not assessed: \d+ rules could not be checked for lack of figures, such as .*\(W\d\d\)", why)
        differ = views.risk_rows(found, nowhere, rows)["Where they differ"]
        assert (rows["Where band and findings differ"] == differ).all()
        assert set(differ[unknown]) == {"not assessed"} and set(differ[~unknown]) <= {"–"}


def test_every_source_is_named_with_publisher_period_and_licence(bundled):
    table = views.sources(bundled)
    assert len(table) == len(bundled.manifest.sources)
    assert (table[["Source", "Publisher", "Period", "Licence"]].map(len) > 0).all().all()
    assert any("Crown copyright" in line for line in views.attributions(bundled))


def test_people_by_age_says_the_estimate_with_its_range_and_every_gap_in_words(blackpool):
    code = blackpool.areas.index[blackpool.areas["area_name"] == "Anchorsholme"][0]
    table = views.people_by_age(blackpool, code).set_index("Age")
    assert list(table.index) == ["16 to 24", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 to 74", "75 and over", "16 and over"]
    row = blackpool.people.loc[code]
    assert table.at["16 and over", "All"] == f"about {row['estimate_2020']:,} ({row['low80']:,} to {row['high80']:,})"
    assert table.at["16 to 24", "Disabled people"] == "fewer than 10"
    assert table.at["55 to 64", "Disabled people"].endswith("; wide range)")  # 16 to 45 about 28: wider than 28
    assert not table.isin(["", "nan", "<NA>"]).any().any()


def test_people_by_age_goes_with_a_factor_somebody_set(bundled):
    half = exclusion.assess(bundled, ["Blackpool"], (), people_scale=(0.5, "our survey"))
    code = half.areas.index[0]
    row = half.people.loc[code]
    said = views.people_by_age(half, code)["All"].iloc[-1]
    assert said == f"about {round(row['estimate_raw'] * 0.5 / 10) * 10:,} ({row['low']:,} to {row['high']:,})"
    assert row["label"] == f"about {row['low']:,} to {row['high']:,}"  # the same two ends as everywhere else
