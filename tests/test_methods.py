"""Other methods than ours: alternatives, the older index, a council's own file, and what they must not change."""

import dataclasses
from datetime import date

import numpy as np
import pandas as pd
import pytest

from exclusion import risk
from exclusion.contracts import DataRefused, NothingToAssess, UsageError
from exclusion.judgement import composites
from exclusion.judgement.composites import read_method
from exclusion.judgement.score import method_for, methods
from exclusion.method import alternatives

GOOD = (composites.ALTERNATIVES / "equal_people.toml").read_text(encoding="utf-8").replace('"equal_people"', '"mine"')
"""A copy of one of ours, as a council would begin, with an id of its own."""


@pytest.fixture
def mine(tmp_path):
    """Write a method file and read it."""

    def write(text, name="mine.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_method(path)

    return write


def line(text, part):
    """The number of the line that holds ``part``."""
    return 1 + next(number for number, row in enumerate(text.splitlines()) if part in row)


# ------------------------------------------------------------------- our own files


def test_alternatives_never_become_the_default():
    assert method_for("England").id == "default" and method_for("Wales").id == "wales"
    assert not set(composites.alternatives()) & set(methods())


@pytest.mark.parametrize("method", composites.alternatives().values(), ids=lambda method: method.id)
def test_every_alternative_says_why_and_on_what_authority(method):
    assert len(method.why) > 100 and method.reference and method.checked_on < method.review_by


def test_equal_people_differs_from_the_default_only_in_its_weights(bundled):
    england = bundled.areas.index[bundled.areas["nation"] == "England"]
    ours = risk.score(bundled, list(england), {"age": 30, "disability": 30, "income": 30, "connectivity": 10})
    other = alternatives.score(bundled, composites.alternatives()["equal_people"], list(england))
    assert other.complete and other.lacking.empty
    assert (other.table["index"] - ours["risk"]).abs().max() < 1e-9


def test_equal_people_in_scotland_differs_from_its_default_only_in_its_weights(bundled):
    scotland = bundled.areas.index[bundled.areas["nation"] == "Scotland"]
    ours = risk.score(bundled, list(scotland), {"age": 30, "disability": 30, "income": 30, "connectivity": 10})
    other = alternatives.score(bundled, composites.alternatives()["equal_people_scotland"], list(scotland))
    assert other.complete and other.lacking.empty and other.table["scored"].all()
    assert (other.table["index"] - ours["risk"]).abs().max() < 1e-9


def test_a_method_is_not_stretched_to_a_nation_it_is_not_for(bundled):
    scored = alternatives.score(bundled, composites.alternatives()["equal_people"]).table
    wales = bundled.areas["nation"] == "Wales"
    assert not scored.loc[wales, "scored"].any()
    assert (scored.loc[wales, "why_not"] == "Equal weights for age, disability and income is not for this nation.").all()
    assert (scored.loc[wales, "band_word"] == "Not scored").all()


# ------------------------------------------------------------------- the older index


def test_the_older_index_says_what_we_hold_no_figures_for(bundled):
    deri = composites.alternatives()["deri_1_6"]
    scored = alternatives.score(bundled, deri)
    assert not scored.complete and not scored.table["scored"].any()
    common = ["grade_de", "cannot_get_30", "lines_under_10", "download_speed", "pension_credit", "claimants", "imd"]
    by_nation = scored.lacking.groupby("nation", sort=False)["indicator"].agg(list).to_dict()
    # Scotland lacks qualifications as well: what one nation lacks is not hidden by another that has it.
    assert by_nation == {"England": common, "Wales": common, "Scotland": [*common[:5], "no_qualifications", *common[5:]]}
    glasgow = list(bundled.areas.index[bundled.areas["council_name"] == "Glasgow City"])
    asked = alternatives.score(bundled, deri, glasgow)
    assert set(asked.lacking["nation"]) == {"Scotland"}  # and of nobody else's wards
    assert "people aged 16 and over with no qualifications" in asked.table["why_not"].iloc[0]
    assert scored.lacking["why"].str.len().min() > 20
    assert "premises that cannot get 30 Mbit/s" in scored.table["why_not"].iloc[0]


def test_the_rest_of_the_older_index_is_scored_only_when_asked_and_marked(bundled):
    deri = composites.alternatives()["deri_1_6"]
    scored = alternatives.score(bundled, deri, partial=True)
    assert not scored.complete
    assert "domain_broadband" not in scored.table  # nothing is held for it, so it has no score at all
    ward = scored.table.dropna(subset=["index"]).iloc[0]
    # Demography: its makers' weights 3, 3, 2 over what is held. The index: two domains, a half each.
    assert ward["domain_demography"] == pytest.approx(
        (3 * ward["score_aged_65"] + 3 * ward["score_aged_75"] + 2 * ward["score_limited"]) / 8
    )
    assert ward["index"] == pytest.approx((ward["domain_demography"] + ward["domain_deprivation"]) / 2)


def test_the_older_index_is_stretched_over_each_council_by_itself(bundled):
    deri = composites.alternatives()["deri_1_6"]
    table = alternatives.score(bundled, deri, partial=True).table
    by_council = table.groupby(bundled.areas["council_code"])["score_limited"]
    assert (by_council.min().dropna() == 0).all() and (by_council.max().dropna() == 100).all()


def test_the_older_index_can_be_stretched_over_a_nation_or_all_wards_instead(bundled):
    deri = composites.alternatives()["deri_1_6"]
    nations = bundled.areas["nation"]
    for within, groups in (("nation", nations), ("all", nations.map(lambda nation: "all"))):
        scores = alternatives.score(bundled, deri, partial=True, within=within).table["score_limited"]
        scores = scores.dropna()  # nobody disabled is counted by ward in Northern Ireland
        groups = groups[scores.index]
        assert scores.groupby(groups).agg(["min", "max"]).to_numpy().tolist() == [[0, 100]] * groups.nunique()


@pytest.mark.shared
def test_its_components_give_its_published_score(shared):
    from exclusion.sources.internet_use import read_deri_components

    _, table = read_deri_components(shared / "data")
    ours = alternatives.deri_from_components(table)
    assert len(table) == 41_729 and ours.isna().sum() == table["deprivation"].isna().sum() == 167
    assert (ours - table["score"]).abs().max() < 1.01e-4  # the table has 4 decimals


def test_its_components_by_hand():
    table = pd.DataFrame({"demography": [2.0, 4.0, 9.0], "broadband": [1.0, 5.0, np.nan], "deprivation": [3.0, 6.0, 1.0]})
    assert alternatives.deri_from_components(table)[:2].tolist() == [2, 5]
    assert np.isnan(alternatives.deri_from_components(table)[2])  # a missing component is not a zero
    assert alternatives.deri_from_components(table, {"demography": 6, "broadband": 3, "deprivation": 1})[0] == pytest.approx(
        (12 + 3 + 3) / 10
    )
    with pytest.raises(DataRefused, match=r"column is missing \(found: broadband\)"):
        alternatives.deri_from_components(table.drop(columns="broadband"))


def test_two_ways_of_scoring_side_by_side(bundled):
    wards = list(bundled.areas.index[bundled.areas["council_code"] == "E06000009"])
    ours = risk.score(bundled, wards)
    beside = alternatives.beside(bundled, ours, alternatives.score(bundled, composites.alternatives()["equal_people"], wards))
    assert (beside["moves"] == beside["other_band"] - beside["band"]).all() and len(beside) == 21


# ------------------------------------------------------------------- a council's own file


def test_a_council_can_change_a_copy(bundled, mine):
    text = GOOD.replace('aggregate = "arithmetic"', 'aggregate = "geometric"').replace(
        'normalise = "percentile_of_reference"', 'normalise = "exponential"'
    )
    method = mine("﻿" + text)  # as Notepad saves it
    table = alternatives.score(bundled, method).table
    ward = table[table["scored"]].iloc[0]
    parts = ward[["domain_age", "domain_disability", "domain_income", "domain_connectivity"]].astype(float)
    assert ward["index"] == pytest.approx(np.exp((np.log(parts) * [0.3, 0.3, 0.3, 0.1]).sum()))


def test_a_lower_figure_can_mean_more_risk(bundled, mine):
    turned = mine(GOOD.replace('direction = "higher"\nmeasure = "disabled"', 'direction = "lower"\nmeasure = "disabled"'))
    before = alternatives.score(bundled, mine(GOOD)).table["score_disabled_people"].dropna()
    after = alternatives.score(bundled, turned).table["score_disabled_people"].dropna()
    assert (before + after - 100).abs().max() < 0.5  # the same places counted from the other end


def test_goalposts_are_fixed_ends(bundled, mine):
    text = GOOD.replace('"percentile_of_reference"', '"goalposts"').replace(
        'direction = "higher"\n', 'direction = "higher"\nlower = 0\nupper = 0.5\n'
    )
    scored = alternatives.score(bundled, mine(text)).table
    share = bundled.wide("ward", "value")["disabled"].reindex(scored.index)
    england = scored["scored"]
    assert (scored.loc[england, "score_disabled_people"] - share[england].clip(0, 0.5) * 200).abs().max() < 1e-9


def test_one_council_alone_equals_its_rows_in_the_national_run(bundled):
    method = composites.alternatives()["equal_people"]
    wards = list(bundled.areas.index[bundled.areas["council_code"] == "E09000030"])
    alone = alternatives.score(bundled, method, wards[::-1]).table
    pd.testing.assert_frame_equal(alone, alternatives.score(bundled, method).table.loc[wards[::-1]], check_exact=True)


def test_an_id_given_twice_hides_no_circle():
    from exclusion.judgement.method_checks import contradictions

    domains = [{"id": "a", "parent": "b"}, {"id": "b", "parent": "a"}, {"id": "a"}]
    said = [problem.what for problem in contradictions("x", {"domain": domains}, {}, frozenset(), {}, date(2026, 1, 1))]
    assert "domain 'a' is there twice" in said and said.count("domains go round in a circle") == 1


def test_every_mistake_is_reported_together_with_its_line(tmp_path):
    bad = (
        GOOD.replace('measure = "income_dep"', 'measure = "incme_dep"')
        .replace('direction = "higher"\nmeasure = "disabled"', 'measure = "disabled"')
        .replace("weight = 0.30", "weight = 0")
        .replace("weight = 0.10", "weight = 0")
        .replace('id = "slow_connections"', 'id = "low_income"')
        .replace('id = "age"\n', 'id = "age"\nparent = "disability"\n')
        .replace('id = "disability"\n', 'id = "disability"\nparent = "age"\n')
        .replace('domain = "connectivity"', 'domain = "conectivity"')
        .replace("treat =", "treet =")
    )
    path = tmp_path / "mine.toml"
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(DataRefused) as refused:
        read_method(path)
    text = str(refused.value)
    disabled = line(bad, 'id = "disabled_people"') - 1  # the table's own line, since the key is not there
    for says in (
        f"line {line(bad, 'treet =')}: 'treet' is not a field of a method",
        f"line {line(bad, 'parent = ')}: domains go round in a circle (found: age -> disability -> age)",
        "all weights under the index are zero (found: income, connectivity)",
        f"line {disabled}: indicator 'disabled_people': direction is missing. Add direction",
        f"line {line(bad, 'incme_dep')}: indicator 'low_income' uses a measure we do not know (found: incme_dep). Did you mean income_dep",
        "indicator 'low_income' is there twice. It is first named in line ",
        f"line {line(bad, 'conectivity')}: indicator 'low_income' belongs to a domain that is not there (found: conectivity)",
        "domain 'connectivity' has no indicator",
    ):
        assert says in text, says
    assert len(refused.value.problems) == 8
    lines = [int(problem.where.rsplit("line ", 1)[1]) for problem in refused.value.problems]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("weight = 0.10", "weight = -1"), "weight must be 0 or more (found: -1)"),
        (
            ("weight = 0.10", 'weight = "a tenth"'),
            "weight must be a number (found: a tenth). Write a number, such as 0.3, without quotation marks.",
        ),
        (
            ('normalise = "percentile_of_reference"', 'normalise = "minmax"'),
            'normalise has a value we do not know (found: minmax). Use "percentile_of_reference", ',
        ),
        (('normalise = "percentile_of_reference"', 'normalise = "goalposts"'), "needs two different goalposts"),
        (
            ('direction = "higher"\nmeasure = "disabled"', 'direction = "up"\nmeasure = "disabled"'),
            'direction has a value we do not know (found: up). Use "higher" or "lower".',
        ),
        (('measure = "disabled"', 'measure = "disabled"\nlacking = "none"'), "must have one of: measure, parts, lacking"),
        (('why = "The', 'whie = "The'), "why is missing"),
        (('nations = ["England"]', 'nations = "England"'), "nations must be a list (found: England). Write it in square brackets"),
        (('nations = ["England"]', 'nations = ["Engand"]'), "nations names one we do not know (found: Engand). Nations: England, Wales"),
        (('label = "Age"', "label = 3"), "label must be text in quotation marks (found: 3)"),
        (("checked_on = 2026-11-24", 'checked_on = "soon"'), "checked_on must be a date (found: soon). Write it as 2026-11-24"),
        (("weight = 0.10", "weight = 0.10\nweight = 0.20"), "a name is given twice"),
        (("weight = 0.10", "weight = nan"), "weight must be a plain number (found: nan). Write a number, such as 0.3."),
        (("weight = 0.10", "weight = inf"), "weight must be a plain number (found: inf)"),
        (("weight = 0.10", "weight = true"), "weight must be a number (found: True)"),
        (
            ("weight = 0.10", 'weight = "0.1"'),
            "weight must be a number (found: 0.1). Write a number, such as 0.3, without quotation marks.",
        ),
        (("least_observed = 1.0", "least_observed = inf"), "least_observed must be a plain number"),
        (("coefficient = 0.42", "coefficient = true"), "coefficient must be a number (found: True)"),
        (('id = "mine"', 'id = "default"'), "id is taken by a method of ours (found: default). It is the id of 'Kept Open default'"),
        (('id = "mine"', 'id = "equal_people"'), "Give yours an id of its own, so that nobody takes one for the other."),
        (("review_by = 2027-11-30", "review_by = 2026-11-24"), "review_by is not after checked_on (found: 2026-11-24)"),
        (('within = "nation"', 'within = "council"'), "within means nothing for percentile_of_reference"),
        (
            ('\naggregate = "arithmetic"', '\naggregate = "geometric"'),
            'the index cannot take the geometric mean: with normalise = "percentile_of_reference" some wards stand at nought',
        ),
        (('label = "Age"', 'label = "Age"\naggregate = "harmonic"'), "domain 'age' cannot take the harmonic mean"),
        (('measure = "disabled"', "measure = 7"), "measure must be text in quotation marks (found: 7)"),
    ],
)
def test_single_mistakes_name_their_line(mine, change, says):
    with pytest.raises(DataRefused, match=r"mine\.toml, line \d+") as refused:
        mine(GOOD.replace(*change))
    assert says in str(refused.value)


def test_what_is_not_a_method_file_is_refused_in_a_sentence(tmp_path, mine):
    with pytest.raises(UsageError, match="is not a file"):
        read_method(tmp_path / "absent.toml")
    with pytest.raises(DataRefused, match=r"mine\.toml, line 1: an equals sign is missing|mine\.toml, line 1: the value cannot be read"):
        mine("weights = age 3")
    with pytest.raises(DataRefused, match="indicator is missing"):
        mine('id = "x"')
    with pytest.raises(DataRefused, match="domain"):
        mine(GOOD.split("[[domain]]")[0] + "domain = 3\nindicator = [1, 2]\n")
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DataRefused, match=r"^picture\.toml: is not a text file\. Give a method file"):
        read_method(tmp_path / "picture.toml")
    (tmp_path / "old.toml").write_bytes(GOOD.replace("Age", "\u00c2ge").encode("latin-1"))
    with pytest.raises(DataRefused, match=r"^old\.toml, line 18: cannot be read as text\. Save it as UTF-8 text\.$"):
        read_method(tmp_path / "old.toml")
    for name, content in (("empty.toml", b""), ("blank.toml", b"\n \n")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataRefused, match=rf"^{name}: is empty\. Give a method file"):
            read_method(tmp_path / name)
    (tmp_path / "book.toml").write_bytes(b"PK\x03\x04abc")  # a workbook or a Word file
    with pytest.raises(DataRefused, match="is not a text file"):
        read_method(tmp_path / "book.toml")
    with pytest.raises(UsageError, match=r"is a folder, not a file\. Give the method file \(TOML\) in it\.$"):
        read_method(tmp_path)


def test_a_day_to_come_is_no_day_of_checking(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")  # checked on 24 November 2026
    assert read_method(path, today=date(2026, 11, 24)).id == "mine"
    with pytest.raises(DataRefused, match=r"line 7: checked_on is a day to come \(found: 2026-11-24\)\. Give the day on which"):
        read_method(path, today=date(2026, 11, 23))


def test_single_square_brackets_are_told_with_every_other_mistake(mine):
    bad = (
        GOOD.replace("[[domain]]", "[domain]", 2)
        .replace("[[indicator]]", " [ indicator ] # ours", 1)
        .replace("weight = 0.10", "weight = inf")
    )
    with pytest.raises(DataRefused) as refused:
        mine(bad)
    said = [str(problem) for problem in refused.value.problems]
    first, second = (number for number, row in enumerate(bad.splitlines(), start=1) if row == "[domain]")
    assert said == [
        f"mine.toml, line {first}: [domain] must stand in double square brackets (found: [domain]). "
        "Write [[domain]]: a method has several, each under a head of its own.",
        f"mine.toml, line {second}: [domain] must stand in double square brackets (found: [domain]). "
        "Write [[domain]]: a method has several, each under a head of its own.",
        f"mine.toml, line {line(bad, 'weight = inf')}: domain 'connectivity': weight must be a plain number (found: inf). "
        "Write a number, such as 0.3.",
        f"mine.toml, line {line(bad, '[ indicator ]')}: [indicator] must stand in double square brackets (found: [ indicator ]). "
        "Write [[indicator]]: a method has several, each under a head of its own.",
    ]


def test_a_mean_that_needs_more_than_nought_is_refused_only_where_a_nought_is_sure(mine):
    # The lowest ward stands at 0 on its one indicator of a domain, so the domain is 0 there. With a second indicator the domain is 0
    # only if the same ward is lowest in both, which the figures tell and not the file.
    geometric = GOOD.replace('\naggregate = "arithmetic"', '\naggregate = "geometric"').replace('"percentile_of_reference"', '"min_max"')
    with pytest.raises(DataRefused, match="the index cannot take the geometric mean"):
        mine(geometric)
    more = "".join(
        f'[[indicator]]\nid = "more_{name}"\nlabel = "More"\ndomain = "{name}"\nweight = 1\ndirection = "higher"\nmeasure = "no_car"\n'
        for name in ("age", "disability", "income", "connectivity")
    )
    assert mine(geometric + more).aggregate == "geometric"
    assert mine(geometric.replace('"min_max"', '"exponential"')).aggregate == "geometric"  # runs from above 0


def test_a_method_for_nations_the_release_lacks_is_refused(bundled, mine):
    part = dataclasses.replace(bundled, areas=bundled.areas[bundled.areas["nation"].isin(["England", "Wales"])], cache={})
    with pytest.raises(NothingToAssess, match="is for Scotland; this release holds England, Wales"):
        alternatives.score(part, mine(GOOD.replace('nations = ["England"]', 'nations = ["Scotland"]')))


def test_a_measure_without_ward_figures_is_named_as_lacking(bundled, mine):
    scored = alternatives.score(bundled, mine(GOOD.replace('measure = "disabled"', 'measure = "voice_gap"')))
    assert scored.lacking["label"].tolist() == ["Disabled people"]
    assert "we hold no figures for disabled people" in scored.table["why_not"].iloc[0]


def test_a_missing_figure_leaves_a_ward_without_a_score_not_with_a_lower_one():
    method = composites.alternatives()["equal_people"]
    rng = np.random.default_rng(3)
    names = [i.id for i in method.indicator]
    values = pd.DataFrame(rng.uniform(size=(40, 4)), columns=names)
    full = alternatives.score_table(values, method)
    assert full["index"].notna().all()
    for name in names:
        gap = values.copy()
        gap.loc[7, name] = np.nan
        assert np.isnan(alternatives.score_table(gap, method).loc[7, "index"])


RAW = r"Input should|Value error|valid (string|number|tuple|date)|unable to parse|type=|at least \d item|tomllib|Cannot overwrite"
"""What a validator says in its own words."""


@pytest.mark.parametrize("kind", ["wrong kinds everywhere", "no tables", "not TOML"])
def test_no_mistake_is_told_in_the_words_of_a_validator(mine, kind):
    import re

    bad = {
        "wrong kinds everywhere": re.sub(r"(?m)^(\w+ = )[^\[\n].*$", r"\1[[1]]", GOOD),
        "no tables": "id = 3\ntitle = 4\nnations = []\ndomain = [1]\nindicator = {}\nnormalise = 1\ntreat = 2020-01-01",
        "not TOML": GOOD.replace('direction = "higher"', 'direction = "higher', 1),
    }[kind]
    with pytest.raises(DataRefused) as refused:
        mine(bad)
    for problem in refused.value.problems:
        assert not re.search(RAW, str(problem)), str(problem)
        assert re.search(r"mine\.toml, (line \d+|at the end)", problem.where) and problem.do
    assert kind == "not TOML" or len(refused.value.problems) > 5
