"""The judgement files: whole, consistent, dated, and refused with every mistake named at once."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from exclusion import judgement
from exclusion.contracts import DataRefused
from exclusion.judgement.entries import overdue, read_entries
from exclusion.judgement.ruleset import Indicator, Rule, StrengthTest
from exclusion.judgement.score import FOLDER, nation_figures
from exclusion.judgement.services import Condition, Service


def test_what_is_there() -> None:
    assert len(judgement.services()) == 40
    assert list(judgement.rules()) == [f"W{number:02d}" for number in range(1, 16)]
    assert list(judgement.floors()) == [f"F{number}" for number in range(1, 9)]
    assert list(judgement.channels()) == [
        "phone",
        "post",
        "f2f",
        "assisted_digital",
        "home_visit",
        "relay_bsl",
        "easy_read_translation",
        "cash_point",
    ]
    assert {f"G{number}" for number in range(1, 10)} <= set(judgement.guards())


def test_everything_one_file_names_in_another_is_there() -> None:
    judgement.cross_check()  # raises with every dangling name


def test_every_rule_channel_and_legal_hook_exists() -> None:
    codes = {hook.named for hook in judgement.law().values()}
    for rule in judgement.rules().values():
        assert {flag.channel for flag in rule.flags} <= set(judgement.channels()), rule.id
        assert set(rule.hooks) <= codes, rule.id
    for service in judgement.services().values():
        assert set(service.legal_hooks) <= codes and set(service.floor_rules) <= set(judgement.floors()), service.id


def test_every_hook_of_a_service_stands_for_law_in_england_and_in_wales() -> None:
    gaps = {
        (service.id, code, nation)
        for service in judgement.services().values()
        for code in service.legal_hooks
        for nation in ("England", "Wales")
        if judgement.law_for(code, nation) is None
    }
    assert gaps == set()


def test_every_entry_says_why_on_what_authority_and_until_when() -> None:
    entries = judgement.all_entries()
    assert len(entries) > 200
    for entry in entries:
        assert entry.why.strip() and entry.reference.strip(), entry.id
        assert entry.checked_on < entry.review_by, entry.id


def test_what_is_missing_is_told_in_a_residents_words():
    gaps = [gap for nation in nation_figures().values() for gap in nation.missing]
    assert gaps and not [gap.why for gap in gaps if "gathered data" in gap.why or "is fetched" in gap.why]
    # The name of a table is for planners, at the end, so that a reader without it has read the reason first.
    assert all("(for planners: " in gap.why.split("Census table")[0] for gap in gaps if "Census table" in gap.why)


def test_every_nation_says_for_itself_why_its_gaps_are_told_and_on_what_that_rests() -> None:
    """The file's own reason is for having it; what is lacking in Wales is lacking for a reason of its own."""
    held, raw = nation_figures(), tomllib.loads((FOLDER / "nation_figures.toml").read_text(encoding="utf-8"))
    for kind in ("why", "reference"):
        said = [getattr(entry, kind) for entry in held.values()]
        assert len(set(said)) == len(held) == 5, kind
        head = raw[kind]
        assert head not in said, kind
    assert all(gap.why.strip() for entry in held.values() for gap in entry.missing)


def test_law_says_what_was_read_and_claims_no_more() -> None:
    for hook in judgement.law().values():
        assert hook.seen and hook.url.startswith("https://"), hook.id
        if hook.seen.startswith("background knowledge"):  # nobody read it for this entry
            assert hook.confidence != "high" and not hook.says, hook.id


def test_floors_of_services() -> None:
    floors = {name: set(service.floor_channels) for name, service in judgement.services().items()}
    assert floors["planning_application"] == {"phone", "post"}
    assert floors["safeguarding_adult"] == {"phone", "easy_read_translation"}  # a home visit is not a way to report
    assert floors["homelessness"] == {"phone", "f2f"}
    for name, service in judgement.services().items():
        for channel in service.floor_channels:
            assert judgement.channels()[channel].possible(service), (name, channel)


def test_means_tested_services() -> None:
    assert {name for name, service in judgement.services().items() if service.means_tested} == {
        "council_tax_reduction", "housing_benefit", "housing_repairs", "library_computers",
    }  # fmt: skip


def test_thresholds_version_0_are_the_starting_values() -> None:
    held = {name: (entry.low, entry.high) for name, entry in judgement.thresholds("0").items()}
    assert held["age75"] == (300, 800) and held["older_income_dep"] == (100, 300) and held["bb_decent"] == (25, 100)
    assert set(held) == {use.id for indicator in judgement.indicators().values() for use in indicator.measures}


def test_titles_can_stand_in_a_list() -> None:
    assert not [rule.id for rule in judgement.rules().values() if "," in rule.title]


# ------------------------------------------------------------------------------ dates


def test_an_entry_past_its_date_is_named_with_the_date() -> None:
    entries = [judgement.rules()["W14"], judgement.rules()["W04"]]
    assert overdue(entries, date(2027, 2, 28)) == []  # the last day still counts
    assert overdue(entries, date(2027, 3, 1)) == ["This text was due to be checked on 28 February 2027: W14."]


def test_nothing_is_overdue_on_the_day_it_was_checked() -> None:
    assert overdue(judgement.all_entries(), max(entry.checked_on for entry in judgement.all_entries())) == []


# ------------------------------------------------------------------------------ mistakes

HEAD = 'why = "a reason"\nreference = "a source"\nchecked_on = 2026-11-24\nreview_by = 2027-11-24\n'
RULE = """
[[rule]]
id = "{id}"
title = "t"
legs = [{{ indicator = "age75", relevance = ["age75"] }}]
flags = [{{ channel = "phone" }}]
limits = "l"
protected_characteristics = ["age"]
reason = "r"
"""


def write(folder: Path, text: str, name: str = "rules.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path: Path) -> None:
    text = RULE.format(id="X1") + 'wieght = 3\n[[rule]]\nid = "X2"\n' + RULE.format(id="X3") + RULE.format(id="X3")
    with pytest.raises(DataRefused) as caught:
        read_entries(write(tmp_path, text), Rule, "rule")
    said = str(caught.value)
    assert "rule 'X1': wieght: Extra inputs are not permitted (found: 3)" in said  # a misspelt field
    assert "rule 'X1': why: Field required" in said  # no reason given
    assert "rule 'X2': title: Field required" in said
    assert "rule 'X3'" in said and said.splitlines()[0].endswith("problems were found:")


def test_a_rule_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"rules.toml: rule 'X1' is there twice\. Keep one of them\."):
        read_entries(write(tmp_path, HEAD + RULE.format(id="X1") * 2), Rule, "rule")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('reason = "{figurse}"', "reason uses ['figurse']; known are ['gate', 'overlap']"),
        ('reason = "{overlap}"', "prints an overlap or a gate that the rule does not have"),
        ('reason = ""', "a rule that flags a channel needs a reason"),
        ('reason = "r"\ncaution = "c"', "caution and caution_short go together"),
        ('reason = "r"\nwhen = [{ field = "colour", at_least = 1 }]', "'colour' is not a column of services.csv"),
        ('reason = "r"\nwhen = [{ field = "urgency" }]', "give either at_least or one_of"),
        ('reason = "r"\noverlap = ["age75"]', "an overlap is between two indicators"),
        ('reason = "r"\ncombine = "sum"', "combine: Input should be 'min', 'max' or 'separate'"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_the_reason(change: str, said: str, tmp_path: Path) -> None:
    text = HEAD + RULE.format(id="X1").replace('reason = "r"', change)
    with pytest.raises(DataRefused) as caught:
        read_entries(write(tmp_path, text), Rule, "rule")
    assert said in str(caught.value)


def test_a_rule_of_the_known_shape_is_one_entry(tmp_path: Path) -> None:
    """Add a rule as data, and it fires: many carers, so keep post, for services many carers use."""
    from invented import flags, one

    text = RULE.format(id="W99").replace('"age75", relevance = ["age75"]', '"carers", relevance = ["carer"]').replace('"phone"', '"post"')
    rules = judgement.rules() | read_entries(write(tmp_path, HEAD + text), Rule, "rule")
    found = one({"carers": (900.0, 95.0)}, "disabled_facilities_grant", rules=rules).findings
    assert flags(found)["post"] == "recommended (W99)"


def test_a_threshold_row_and_a_service_row_are_checked(tmp_path: Path) -> None:
    header = "id,version,indicator,low,high,unit,why,reference,checked_on,review_by\n"
    path = write(
        tmp_path,
        header + "2:age75,2,age75,800,300,people,w,r,2026-11-24,2027-11-24\n2:carers,2,carers,,300,people,w,r,2026-11-24,2027-11-24\n",
        "thresholds.csv",
    )
    with pytest.raises(DataRefused) as caught:
        read_entries(path, judgement.Threshold, "threshold")
    assert "high is below low" in str(caught.value) and "threshold '2:carers': low: Field required" in str(caught.value)


def test_conditions_are_data_not_code() -> None:
    service = judgement.services()["blue_badge"]
    assert Condition(field="needs_documents", at_least=2).holds(service)
    assert not Condition(field="criticality", one_of=("C1", "C3")).holds(service)
    assert isinstance(service, Service) and service.profile_version == "1"
    assert isinstance(judgement.indicators()["broadband"], Indicator)


@pytest.mark.parametrize("version", ["2", "3"])
def test_thresholds_pass_as_many_wards_as_asked_for(bundled, version: str) -> None:  # type: ignore[no-untyped-def]
    # 25 to 40 in 100 of England's wards over the low threshold, 5 to 15 over the high one.
    counts = bundled.wide("ward", "count")
    counts = counts[counts.index.isin(bundled.areas.index[bundled.areas["nation"] == "England"])]
    for measure in ("age75", "lone66_est", "disabled_lot", "income_dep", "older_income_dep", "poor_english", "no_car", "carers"):
        held = judgement.thresholds(version)[measure]
        values = counts[measure].dropna()
        assert 0.249 <= (values >= held.low).mean() <= 0.40, measure
        assert 0.05 <= (values >= held.high).mean() <= 0.15, measure
    assert set(judgement.thresholds(version)) == set(judgement.thresholds("1"))


def test_one_version_of_the_thresholds_is_current_and_every_one_is_dated() -> None:
    versions = judgement.threshold_versions()
    assert [name for name, version in versions.items() if version.current] == [judgement.current_thresholds()] == ["3"]
    assert all(version.why and version.published for version in versions.values())
    assert {entry.version for entry in judgement.thresholds().values()} == {"3"}


def test_a_table_of_strengths_in_which_more_people_count_for_less_is_refused() -> None:
    table = judgement.strength_tests()["rate_first"].model_dump()
    with pytest.raises(ValueError, match="a larger count or a higher rate makes the evidence weaker"):
        StrengthTest.model_validate(table | {"rest": ("NONE", "MODERATE", "WEAK")})
