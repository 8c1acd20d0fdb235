"""How many residents are unlikely to use the internet: rates by age and disability, worked by hand, and how sure."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import program

import exclusion
from exclusion import people
from exclusion.contracts import UsageError
from exclusion.judgement.score import people_rates
from exclusion.people import raking

RATES = people_rates()
AGES = [rate.id for rate in RATES.rate]
WARD = "E05000001"


def counts(disabled, ward=WARD, **ages):
    return pd.DataFrame([{**dict.fromkeys(AGES, 0.0), **ages, "disabled": float(disabled)}], index=[ward])


def one(disabled, population, **ages):
    return people.estimate(counts(disabled, **ages), pd.Series({WARD: float(population)})).loc[WARD]


# --- the number -------------------------------------------------------------


def test_the_rate_of_each_age_and_disability_is_applied():
    # 1,000 people aged 75 and over, 400 of them disabled, nobody else (so no children).
    got = one(400, 1000, age75=1000.0)
    assert got["estimate_raw"] == pytest.approx(400 * 0.529 + 600 * 0.379)  # 439.0
    assert got["estimate_2020"] == 440


def test_disabled_people_are_spread_over_ages_by_raking_the_survey():
    # 100 aged 65-74 and 100 aged 75+; 60 disabled here. Raking keeps the survey's odds ratio between
    # the ages (0.5356 against 0.3661 disabled): find the split by hand with that one condition.
    ratio = (0.5356 / 0.4644) / (0.3661 / 0.6339)
    older = next(x for x in np.arange(0, 60, 0.0001) if (x / (100 - x)) / ((60 - x) / (40 + x)) >= ratio)
    got = one(60, 200, age65_74=100.0, age75=100.0)
    by_hand = (60 - older) * 0.205 + (40 + older) * 0.110 + older * 0.529 + (100 - older) * 0.379
    assert got["estimate_raw"] == pytest.approx(by_hand, abs=1e-3)


def test_no_age_holds_more_disabled_people_than_people():
    # Everybody is disabled: whatever the survey's shares, each rate is the disabled one.
    assert one(200, 200, age65_74=100.0, age75=100.0)["estimate_raw"] == pytest.approx(100 * 0.205 + 100 * 0.529, rel=1e-6)


def test_children_take_their_part_of_the_disabled_count():
    # 1,000 children and 500 people aged 75+. The start table, on the census's footing: 7 % of children;
    # of the old, log-odds of 0.5356 less 0.337, which is 45.2 %. At just those numbers raking moves nothing.
    old = 1 / (1 + np.exp(-(np.log(0.5356 / 0.4644) - 0.337)))
    got = one(70 + 500 * old, 1500, age75=500.0)
    assert got["estimate_raw"] == pytest.approx(500 * (old * 0.529 + (1 - old) * 0.379), rel=1e-6)


def test_a_ward_that_lacks_an_age_group_has_no_estimate():
    got = one(10, 100, age75=100.0, age25_34=np.nan)
    assert got["label"] == "no estimate" and got["high"] is pd.NA and np.isnan(got["estimate_raw"]) and not got["wide"]


def test_its_neighbour_still_has_one():
    both = people.estimate(
        pd.concat([counts(10, age75=100.0), counts(np.nan, "E05000002", age75=100.0)]), pd.Series({WARD: 100.0, "E05000002": 100.0})
    )
    assert both["label"].tolist()[1] == "no estimate" and both["high"].tolist()[0] > 0
    assert people.total(both).iloc[0]["label"] == "no estimate"  # one unknown area makes the whole unknown


@pytest.mark.parametrize(("adults", "label"), [(5.0, "fewer than 10"), (40.0, "up to about 20"), (0.0, "fewer than 10")])
def test_small_numbers_are_hidden(adults, label):
    # 5 people aged 75+: about 2; 40 people: about 15, from under 10 to about 20.
    got = one(0, adults, age75=adults)
    assert got["label"] == label and got["low"] is pd.NA


def test_it_agrees_with_the_survey(bundled):
    held = bundled.areas[bundled.areas["nation"] != "Northern Ireland"]  # no ages by ward there
    known = list(held.index[held["error_class"] != "none"])
    everyone = people.total(people.of_areas(bundled, known)).iloc[0]
    assert 100 * everyone["estimate_raw"] / everyone["adults"] == pytest.approx(7.8, abs=0.3)  # ONS 2020: 7.8 %


# --- how sure ---------------------------------------------------------------


def test_the_label_runs_from_the_low_end_at_the_low_level_to_the_high_end_at_the_high_level():
    got = one(400, 1000, age75=1000.0)
    assert got["low95"] < got["low80"] < got["estimate_2020"] < got["high80"] < got["high95"]
    assert got["high_raw"] == pytest.approx(got["high80"], abs=5) and got["low_raw"] == pytest.approx(0.64 * got["low80"], abs=5)
    assert got["label"] == f"about {got['low']} to {got['high']}"


def test_an_interval_wider_than_its_estimate_is_marked():
    # In a hamlet of 12 old people chance alone does it; in a ward of a thousand it does not.
    assert one(5, 12, age75=12.0)["wide"] and not one(400, 1000, age75=1000.0)["wide"]


def test_a_worse_fit_of_small_areas_to_the_ward_makes_it_less_sure():
    table = counts(400, age75=1000.0)
    places = pd.DataFrame({"nation": "England", "council_code": "E06000001", "error_p90": [0.0]}, index=[WARD])
    good, rough = (
        people.estimate(table, pd.Series({WARD: 1000.0}), places=places.assign(error_p90=error)).iloc[0] for error in (0.01, 0.40)
    )
    assert rough["high80"] - rough["low80"] > 1.1 * (good["high80"] - good["low80"])
    assert rough["estimate_raw"] == good["estimate_raw"]


def test_a_council_is_surer_than_its_wards_but_shared_errors_do_not_average_out(bundled):
    blackpool = people.of_areas(bundled, list(bundled.areas.index[bundled.areas["council_name"] == "Blackpool"]))
    wards, whole = blackpool.table, people.total(blackpool).iloc[0]
    width = (wards["high_raw"] / 1 - wards["low_raw"] / 0.64).to_numpy()  # 80 % widths at 2020 rates
    council = whole["high_raw"] - whole["low_raw"] / 0.64
    assert np.sqrt((width**2).sum()) * 2 < council < width.sum() * 0.97
    assert whole["estimate_raw"] == pytest.approx(wards["estimate_raw"].sum(), abs=1e-6)
    # Ends added up, which is all a bare table allows, say more than need be; never less.
    assert people.total(wards).iloc[0]["high_raw"] > whole["high_raw"]


def simulated(worlds=200, seed=7):
    """Wards whose truth we make ourselves, and what the estimate says of them, world after world.

    Forty wards in eight councils of one nation. In each world a survey is drawn from the true rates and
    published; then, by plain loops and none of the code under test but the raking: the true table of
    age by disability, the nation's, councils' and wards' own levels, the true size of each ward, and who
    lives there. The estimate sees the published survey and the wards' published margins only.
    """
    chance = np.random.default_rng(seed)
    codes = [f"E0500{number:04d}" for number in range(40)]
    places = pd.DataFrame(
        {
            "nation": "England",
            "council_code": [f"E0600000{k // 5}" for k in range(40)],
            "error_p90": chance.choice([0.011, 0.088, 0.157], 40),
        },
        index=codes,
    )
    sizes = chance.lognormal(0, 0.4, (40, 1)) * np.array([900, 1000, 950, 1000, 950, 750, 650]) * chance.lognormal(0, 0.2, (40, 7))
    table = pd.DataFrame(sizes.round(), index=codes, columns=AGES)
    children = (0.22 * table.sum(axis=1)).round()
    population = table.sum(axis=1) + children
    table["disabled"] = (population * chance.uniform(0.12, 0.26, 40)).round()
    true = np.array([[rate.disabled, rate.not_disabled] for rate in RATES.rate])
    samples = np.array([[rate.sample_disabled, rate.sample_not_disabled] for rate in RATES.rate])
    survey_start = raking.log_odds(np.array([RATES.children.disabled_share, *(rate.disabled_share for rate in RATES.rate)]))
    survey_start[1:] += RATES.census_gap.log_odds
    rows = np.column_stack([children, table[AGES]])
    errors = RATES.errors

    def level(size, number):
        spread = np.sqrt(np.log(1 + size**2))
        return np.exp(chance.normal(-(spread**2) / 2, spread, number))

    for world in range(worlds):
        found = chance.binomial(samples.astype(int), true) / samples.astype(int)
        published = RATES.model_copy(
            update={
                "errors": errors.model_copy(update={"seed": world}),  # no world rests on the luck of one seed
                "rate": tuple(
                    rate.model_copy(update={"disabled": float(pair[0]), "not_disabled": float(pair[1])})
                    for rate, pair in zip(RATES.rate, found, strict=True)
                ),
            }
        )
        tilt = chance.normal(0, errors.start_table.size, 8)
        cells = raking.rake(survey_start + tilt, rows, table["disabled"].to_numpy())
        expected = cells[:, 1:] @ true[:, 0] + (rows - cells)[:, 1:] @ true[:, 1]
        expected = expected * level(RATES.control_error("England"), 1)[0] * np.repeat(level(errors.between_councils.size, 8), 5)
        expected = expected * level(errors.between_wards.size, 40) * level(places["error_p90"].to_numpy() / 1.6449, 40)
        truth = chance.binomial(rows[:, 1:].sum(axis=1).astype(int), np.minimum(expected / rows[:, 1:].sum(axis=1), 1))
        yield people.joint(table, population, published, places=places), truth


def test_eighty_per_cent_intervals_hold_the_truth_about_eighty_times_in_a_hundred():
    held = {"ward 80": [], "ward 95": [], "council 80": [], "all 80": []}
    for estimate, truth in simulated():
        low, high = (np.quantile(estimate.draws, q, axis=1) for q in (0.1, 0.9))
        held["ward 80"] += list((low <= truth) & (truth <= high))
        low, high = (np.quantile(estimate.draws, q, axis=1) for q in (0.025, 0.975))
        held["ward 95"] += list((low <= truth) & (truth <= high))
        for council in range(8):
            codes = list(estimate.table.index[5 * council : 5 * council + 5])
            row = people.total(estimate, codes).iloc[0]
            here = truth[5 * council : 5 * council + 5].sum()
            held["council 80"].append(row["low_raw"] / 0.64 <= here <= row["high_raw"])
        row = people.total(estimate).iloc[0]
        held["all 80"].append(row["low_raw"] / 0.64 <= truth.sum() <= row["high_raw"])
    covered = {name: float(np.mean(hits)) for name, hits in held.items()}
    assert 0.75 <= covered["ward 80"] <= 0.85 and 0.75 <= covered["council 80"] <= 0.85 and 0.75 <= covered["all 80"] <= 0.85, covered
    assert 0.92 <= covered["ward 95"] <= 0.98, covered


# --- adding up --------------------------------------------------------------


def test_wards_add_up_to_their_council_and_councils_to_the_nations_total(bundled):
    everyone = people.of_areas(bundled, list(bundled.areas.index))
    raw = everyone.table["estimate_raw"]
    by_council = raw.groupby(bundled.areas["council_code"].reindex(raw.index)).sum(min_count=1)
    nation = bundled.areas.groupby("council_code")["nation"].first().reindex(by_council.index)
    controls = people.controls(bundled)
    assert list(controls.index) == ["England", "Scotland", "Wales"]  # no ages by ward in Northern Ireland, so no estimate
    sums = by_council.groupby(nation).sum(min_count=1).dropna()
    assert sums.to_dict() == pytest.approx(controls["control"].to_dict(), abs=1e-6)
    for code in ("E06000009", "W06000015"):
        codes = list(bundled.areas.index[bundled.areas["council_code"] == code])
        assert people.total(people.of_areas(bundled, codes)).iloc[0]["estimate_raw"] == pytest.approx(by_council[code], abs=1e-6)
    # The ratio only mends the bend of raking: it must be small, or something else is wrong.
    assert controls["ratio"].between(1.0, 1.005).all()


def test_the_nations_total_is_the_same_rates_on_the_nations_own_ages_and_disability(bundled):
    nation, of = bundled.wide("nation", "count").loc[["W92000004"]], bundled.wide("nation", "of").loc[["W92000004"], "age75"]
    assert people.controls(bundled).at["Wales", "control"] == pytest.approx(people.estimate(nation, of)["estimate_raw"].iloc[0])


def test_part_of_a_nation_is_not_brought_to_the_whole(bundled):
    part = bundled.areas[bundled.areas["council_name"].isin(["Blackpool", "Cardiff"])]
    few = dataclasses.replace(bundled, areas=part, cache={})
    assert people.controls(few).empty
    assert people.of_areas(few, list(part.index)).table["estimate_raw"].gt(0).all()


def test_one_council_alone_equals_its_rows_in_the_national_run_in_any_order(bundled):
    everyone = people.of_areas(bundled, list(bundled.areas.index))
    codes = list(bundled.areas.index[bundled.areas["council_name"] == "Cardiff"])[::-1]
    alone = people.of_areas(bundled, codes)
    pd.testing.assert_frame_equal(alone.table, everyone.table.loc[codes], rtol=1e-9)
    assert alone.draws == pytest.approx(everyone.draws[[everyone.row[code] for code in codes]], rel=1e-9)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    table, population = counts(400, age75=1000.0), pd.Series({WARD: 1000.0})
    first, second = (people.joint(table, population).draws.tobytes() for _ in range(2))
    other = RATES.model_copy(update={"errors": RATES.errors.model_copy(update={"seed": 1})})
    assert first == second != people.joint(table, population, other).draws.tobytes()


@settings(max_examples=60)
@given(
    ages=st.lists(st.integers(0, 60), min_size=7, max_size=7),
    children=st.integers(0, 30),
    disabled=st.integers(0, 500),
    factor=st.sampled_from([0.1, 1.0, 1.5]),
)
def test_there_are_never_more_than_there_are_people(ages, children, disabled, factor):
    table = counts(disabled, **dict(zip(AGES, map(float, ages), strict=True)))
    got = people.joint(table, pd.Series({WARD: float(sum(ages) + children)}), scale=people.own_scale(factor, "a test"))
    row = got.table.iloc[0]
    assert got.draws.min() >= 0 and got.draws.max() <= sum(ages)
    assert 0 <= row["low_raw"] <= row["high_raw"] <= sum(ages) and 0 <= row["estimate_raw"] <= sum(ages)


# --- by age and disability --------------------------------------------------


def test_the_table_by_age_and_disability_adds_up_to_the_ward(bundled):
    codes = list(bundled.areas.index[bundled.areas["council_name"] == "Blackpool"])
    estimate = people.of_areas(bundled, codes)
    table = people.breakdown(estimate, codes[:2])
    cells = table[(table["age"] != "all") & (table["disability"] != "all")]
    assert len(cells) == 2 * 7 * 2
    assert cells.groupby("area_code")["estimate_raw"].sum().to_dict() == pytest.approx(estimate.table["estimate_raw"][codes[:2]].to_dict())
    assert cells.groupby("area_code")["people"].sum().to_dict() == pytest.approx(estimate.table["adults"][codes[:2]].to_dict())
    whole = table[(table["age"] == "all") & (table["disability"] == "all")].set_index("area_code")
    same = ["low", "high", "label", "estimate_2020", "low80", "high80", "low95", "high95", "wide"]
    pd.testing.assert_frame_equal(whole[same], estimate.table.loc[codes[:2], same], check_names=False)


def test_a_council_by_age_and_disability_is_one_table_with_intervals_of_its_own(bundled):
    codes = list(bundled.areas.index[bundled.areas["council_name"] == "Blackpool"])
    estimate = people.of_areas(bundled, codes)
    table = people.breakdown(estimate, together=True).set_index(["age", "disability"])
    each = people.breakdown(estimate)
    oldest = each[(each["age"] == "age75") & (each["disability"] == "disabled")]
    assert table.loc[("age75", "disabled"), "estimate_raw"] == pytest.approx(oldest["estimate_raw"].sum())
    assert table.loc[("age75", "disabled"), "high_raw"] < oldest["high_raw"].sum()
    assert table.loc[("all", "all"), "label"] == people.total(estimate).iloc[0]["label"]
    assert (table["low_raw"] <= table["estimate_raw"] * 1.0001).all() and set(table["area_code"]) == {"all"}


def test_a_cell_of_the_table_is_its_people_times_its_rate():
    table = people.breakdown(people.joint(counts(400, age75=1000.0), pd.Series({WARD: 1000.0})))
    old = table.set_index(["age", "disability"]).loc["age75"]
    assert old["people"].to_dict() == pytest.approx({"disabled": 400, "not disabled": 600, "all": 1000})
    assert old["estimate_raw"].to_dict() == pytest.approx({"disabled": 211.6, "not disabled": 227.4, "all": 439.0})
    young = table.set_index(["age", "disability"]).loc[("age16_24", "all")]
    assert young["estimate_raw"] == 0 and young["label"] == "fewer than 10"


# --- the level --------------------------------------------------------------


def test_the_definition_names_its_date():
    assert people.joint(counts(0, age75=10.0), pd.Series({WARD: 10.0})).definition.startswith(
        "did not use the internet in the last three months, 2020 rates"
    )


def test_a_users_own_factor_moves_the_figures_and_goes_with_them(bundled):
    ours = exclusion.assess(bundled, ["Blackpool"], ())
    theirs = exclusion.assess(bundled, ["Blackpool"], (), people_scale=(0.8, "our residents' survey of 2025"))
    assert theirs.people["high_raw"].to_numpy() == pytest.approx(0.8 * ours.people["high_raw"].to_numpy())
    assert theirs.people["low_raw"].to_numpy() == pytest.approx(0.8 / 0.64 * ours.people["low_raw"].to_numpy())
    at_2020 = ["estimate_2020", "low80", "high80", "low95", "high95"]
    pd.testing.assert_frame_equal(theirs.people[at_2020], ours.people[at_2020])
    assert (
        theirs.notices[0]
        == "Numbers of people unlikely to use the internet are multiplied by 0.8, set by you: our residents' survey of 2025"
    )
    assert theirs.people_estimate.definition.endswith("2020 rates, multiplied by 0.8 (our residents' survey of 2025)")
    assert not ours.people_estimate.notices


@pytest.mark.parametrize("factor", [0.0, -1.0, 3.0, float("nan")])
def test_a_factor_out_of_range_or_without_a_reason_is_refused_with_both_mistakes_named(factor):
    with pytest.raises(UsageError) as refused:
        people.own_scale(factor, "  ")
    assert "Give a number from 0.1 to 1.5" in str(refused.value) and "has no reason" in str(refused.value)


# --- figures copied from publishers equal the publishers' ------------------


@pytest.mark.shared
def test_rates_and_shares_are_those_of_the_survey(shared):
    table = pd.read_csv(shared / "data" / "use" / "ons_nonuse_rates_age_disability_2020.csv").set_index(["age_band", "disability"])
    table["thousands"] = table[["recent_k", "lapsed_k", "never_k"]].sum(axis=1)
    for rate, band in zip(RATES.rate, ["16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"], strict=True):
        assert rate.disabled == pytest.approx(table.at[(band, "disabled"), "non_user_pct"] / 100)
        assert rate.not_disabled == pytest.approx(table.at[(band, "not_disabled"), "non_user_pct"] / 100)
        both = table.at[(band, "disabled"), "thousands"] + table.at[(band, "not_disabled"), "thousands"]
        assert rate.disabled_share == pytest.approx(table.at[(band, "disabled"), "thousands"] / both, abs=5e-5)


@pytest.fixture(scope="module")
def benchmark(root):
    """``benchmarks/people.py``, which works out the errors that ``people.toml`` declares."""
    return program(root / "benchmarks" / "people.py", "people_benchmark")


@pytest.mark.shared
def test_the_error_between_councils_is_what_held_out_survey_figures_show(shared, benchmark):
    areas = benchmark.survey_areas(shared / "data", benchmark.by_council())
    assert len(areas) == 71
    assert areas.loc["E06000009", ["found", "error"]].tolist() == pytest.approx([12.4, (21.5 - 12.4) / 1.96])  # Blackpool, table 9B
    assert areas.loc["E06000009", "rate"] == pytest.approx(8.9, abs=0.1)  # ours: the survey found more, by a wide margin of chance
    declared = RATES.errors.between_councils.size
    assert declared == pytest.approx(benchmark.lasting(areas), abs=0.02)
    assert declared < benchmark.in_one_year(areas) == pytest.approx(0.45, abs=0.01)  # said in people.toml


@pytest.mark.shared
def test_the_error_of_the_start_table_is_how_far_the_survey_moved(shared, benchmark):
    assert RATES.errors.start_table.size == pytest.approx(benchmark.start_table(shared / "data"), abs=0.03)


@pytest.mark.shared
def test_effective_samples_follow_from_the_surveys_own_intervals(shared):
    table = pd.read_csv(shared / "data" / "use" / "ons_internet_users_2020_ci.csv")
    table = table[table["table"] == "8B"].set_index("group")[["ci95_lower_pct", "estimate_pct", "ci95_upper_pct"]] / 100
    low = table["ci95_lower_pct"].fillna(2 * table["estimate_pct"] - table["ci95_upper_pct"])
    error = (table["ci95_upper_pct"] - low) / 3.92
    sample = table["estimate_pct"] * (1 - table["estimate_pct"]) / error**2
    for rate, band in zip(RATES.rate, ["16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"], strict=True):
        assert rate.sample_disabled == pytest.approx(sample[band] * rate.disabled_share, abs=1)
        assert rate.sample_not_disabled == pytest.approx(sample[band] * (1 - rate.disabled_share), abs=1)
    # The intervals by sex speak of the same survey: 37,000 against 32,000, each from figures rounded to 0.1.
    ages = sum(rate.sample_disabled + rate.sample_not_disabled for rate in RATES.rate)
    assert ages == pytest.approx(32_000, abs=500) and sample[["Men", "Women"]].sum() == pytest.approx(37_000, abs=500)


def test_the_gap_between_census_and_survey_is_that_of_the_two_nations_together(bundled):
    both = bundled.wide("nation", "count").loc[["E92000001", "W92000004"]].sum()
    ages = both[AGES].to_numpy(float)
    children = bundled.wide("nation", "of").loc[["E92000001", "W92000004"], "age75"].sum() - ages.sum()
    start = raking.log_odds(np.array([rate.disabled_share for rate in RATES.rate]))
    cells = raking.rake(start, ages[None], np.array([both["disabled"] - RATES.children.disabled_share * children]))[0]
    gap = raking.log_odds(cells / ages) - start
    assert gap == pytest.approx(np.full(7, RATES.census_gap.log_odds), abs=5e-4)
