"""The method page, run without a browser: how the score is made, how sure it is, whether it is right."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from exclusion import assessment, charts, validity
from exclusion.method import comparison, uncertainty
from exclusion.views import trust
from exclusion.words import capital

PAGE = Path(__file__).resolve().parents[1] / "pages" / "method.py"


def run(**address) -> AppTest:
    test = AppTest.from_file(str(PAGE), default_timeout=60)
    for name, value in address.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, test.exception
    return test


def words(test: AppTest) -> str:
    html = [str(block.proto.body) for block in test.get("html")]
    return "\n".join([*html, *(str(one.value) for kind in (test.markdown, test.header, test.subheader, test.info) for one in kind)])


def pictures(test: AppTest) -> list:
    return [one.proto for one in test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart")]


@pytest.fixture(scope="module")
def page() -> AppTest:
    return run()


@pytest.fixture(scope="module")
def blackpool(bundled):
    a = assessment.assess(bundled, ["Blackpool"], ())
    return a, uncertainty.uncertainty(bundled, list(a.areas.index))


def test_the_page_goes_from_making_to_sureness_to_truth_to_the_audit(page):
    heads = [one.value for one in page.header]
    order = ["How the score is made", "How sure the bands are", "Does it agree with what people did", "Take the audit away"]
    assert [head for head in heads if head in order] == order


def test_every_picture_says_what_it_shows_and_stands_above_a_table(page):
    shown = pictures(page)
    assert len(shown) == 3
    assert all(len(one.alt) > 60 for one in shown)
    kinds = [one.type for one in page if one.type in ("vega_lite_chart", "arrow_vega_lite_chart", "html")]
    for at, kind in enumerate(kinds):
        if "vega" in kind:
            assert kinds[at + 1] == "html"


def test_the_notice_of_the_publisher_is_shown_with_the_agreement(page):
    shown = page.info[0].value
    assert validity.stored().about["notice"] in shown
    assert "not about numbers of people or any one resident" in shown and shown.count(". ") <= 4  # the rest can be opened
    opened = next(one for one in page.expander if one.label == "What the agreement cannot show")
    listed = html.unescape(" ".join(str(block.proto.body) for block in opened.get("html")))
    assert all(limit in listed for limit in validity.stored().limits)


def test_steps_are_numbered_once(page):
    steps = next(body for one in page.get("html") if "Small areas to wards" in (body := str(one.proto.body)))
    assert steps.startswith("<ol") and "<li><strong>Small areas to wards.</strong>" in steps


def test_long_names_stand_in_two_lines_and_the_key_fits_a_phone(blackpool):
    wards = trust.named(*blackpool).head(1).assign(name="Pontprennau and Old St Mellons")
    drawn = charts.intervals(wards).chart.to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert rows[0]["lines"] == "Pontprennau and|Old St Mellons" and rows[0]["name"] == "Pontprennau and Old St Mellons"
    assert drawn["padding"]["right"] > 10  # the last label of the axis stands half outside the picture


def test_no_place_is_given_a_rank(page):
    seen = re.sub(r"<style.*?</style>", "", words(page), flags=re.DOTALL)
    assert not re.search(r"\b(ranked|ranking|worst|hotspot)\b", seen, re.IGNORECASE)
    assert not re.search(r"\b\d+(st|nd|rd|th) (of|out of)\b", seen)


def test_wards_stand_by_name_and_the_words_are_those_of_the_uncertainty(page, blackpool):
    a, sure = blackpool
    rows = trust.sure_rows(trust.named(a, sure))
    assert list(rows["Ward"]) == sorted(a.areas["area_name"])
    for word in (uncertainty.CLEAR_IN, uncertainty.CLEAR_OUT, uncertainty.UNCLEAR):
        assert set(rows.loc[rows["Clear or unclear"] == capital(word), "Ward"]) == set(a.areas["area_name"][sure.wards["word"] == word])
    assert "Of 21 wards: 19 clearly in the most affected fifth of their nation, one clearly not in it, one unclear." in words(page)


@pytest.mark.parametrize(
    ("council", "said"),
    [("Blackpool (E06000009)", "in 96 careful ways (64 differ"), ("Merthyr Tydfil (W06000024)", "in 48 careful ways (32 differ")],
)
def test_the_page_says_how_many_ways_were_tried_and_how_many_differ(council, said):
    # 6 scales of which 4 differ, 2 means, 4 sets of weights (2 where there is no connectivity), 2 geographies.
    assert said in words(run(council=council))


def test_a_ward_from_the_address_is_the_one_explained():
    test = run(ward="Bloomfield (E05015188)")
    assert any(one.value == "What makes the score of Bloomfield" for one in test.header)
    assert pictures(test)[0].alt.startswith("Bar chart of what makes the score of Bloomfield")


def test_the_bars_add_up_to_what_the_page_says(blackpool):
    a, _ = blackpool
    code = a.areas.index[0]
    bars = charts.contributions(comparison.contributions(a.scores.loc[[code]]), "x").chart.to_dict()
    points = [row["contribution"] for rows in bars["datasets"].values() for row in rows if "contribution" in row]
    assert sum(points) == pytest.approx(a.scores.loc[code, "risk"] - 50)


def test_a_weight_says_what_it_gains_or_loses(page):
    assert "agrees with the order" in words(page)
    moved = run(w_age="0")
    assert "With these weights the score agrees less well" in words(moved)
    assert "Weights changed from the default" in words(moved)


def test_a_method_without_its_figures_shows_what_is_lacking_and_no_band():
    test = run()
    test.selectbox(key="beside").set_value("deri_1_6").run()
    assert not test.exception
    assert "We hold no figures for:" in words(test) and "Ofcom" in words(test)
    assert "Band by this method" not in words(test)


def test_a_method_with_its_figures_stands_beside_ours(page):
    assert "Band by this method" in words(page)


def test_two_nations_are_refused_in_words_and_wales_has_no_connectivity():
    test = run(council=["Blackpool (E06000009)", "Cardiff (W06000015)"])
    assert not test.exception and "Choose councils of one nation at a time" in test.error[0].value.replace("\\", "")
    test = run(council=["Cardiff (W06000015)"])
    heads = [one.value for one in test.subheader]
    assert "Wales" in heads and "England" not in heads  # agreement is shown for the nation chosen
    assert "Without age" in words(test) and "Without connectivity" not in words(test)


def test_northern_ireland_is_told_in_words_that_there_is_no_score_and_shows_nothing_that_needs_one():
    test = run(council="Belfast (N09000003)")
    said = words(test)
    assert [one.value for one in test.header] == ["How the score is made", "There is no score here", "What this cannot tell you"]
    assert "Not scored: ages by ward and disabled people (as people) are not held for Northern Ireland." in said
    assert "a gap in the figures, not a sign that need is low" in said
    assert not pictures(test) and "not known" not in said and not test.get("download_button")


def test_scotland_has_its_own_methods_and_no_agreement_from_elsewhere():
    test = run(council="Glasgow City (S12000049)")
    said = words(test)
    assert "No yardstick is held for Scotland" in said and validity.stored().about["notice"] not in said
    assert test.selectbox(key="beside").options == [
        "Equal weights for age, disability and income, Scotland",
        "Digital Exclusion Risk Index 1.6 (Greater Manchester Combined Authority)",
    ]
    test.selectbox(key="beside").set_value("equal_people_scotland").run()
    assert not test.exception and "Band by this method" in words(test)
    assert len(pictures(test)) == 2  # the parts and the intervals; agreement has none


def test_the_page_answers_every_move_of_a_weight(page, record_property):
    said = set()
    for age in (50, 30, 44):
        start = time.perf_counter()
        page.slider(key="w_age").set_value(age).run()
        record_property(f"seconds at age {age}", round(time.perf_counter() - start, 2))  # recorded, not judged
        assert not page.exception
        said.add(next(one.value for one in page.markdown if "Weights changed" in one.value or "Default weights" in one.value))
    assert len(said) == 3


def test_pictures_use_neither_red_nor_green_lights_and_fetch_nothing(blackpool):
    a, sure = blackpool
    made = [charts.intervals(trust.named(a, sure)), charts.agreement(trust.agreement_pair("England"), "England")]
    made.append(charts.contributions(comparison.contributions(a.scores.iloc[[0]]), "x"))
    for picture in made:
        spec = picture.chart.to_dict()
        used = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}", json.dumps({k: v for k, v in spec.items() if k != "datasets"}))}
        assert used <= {colour.lower() for colour in (charts.DARK, charts.BLUE, charts.GREEN, charts.INK, charts.GRID, "#ffffff")}
        assert '"url"' not in json.dumps(spec)


def test_what_stands_without_a_part_is_the_score_without_it(blackpool, bundled):
    from exclusion import risk

    a, _ = blackpool
    rows = trust.without_rows(a, None)
    expected = risk.score(bundled, list(a.areas.index), {"age": 0, "disability": 27, "income": 27, "connectivity": 10})["band"]
    for said, own, without in zip(rows["Without age"], a.scores["band"], expected, strict=True):
        assert said == "the same" if own == without else said.startswith(str(without))


def test_a_ward_without_a_score_is_never_drawn_or_called_clear(blackpool):
    a, sure = blackpool
    wards = trust.named(a, sure)
    wards.iloc[0, wards.columns.get_indexer(["scored", "band", "band_low", "band_high", "chance"])] = [
        False,
        pd.NA,
        pd.NA,
        pd.NA,
        float("nan"),
    ]
    row = trust.sure_rows(wards).iloc[0]
    assert list(row[1:]) == ["Not scored", *["not known"] * 5]
    assert "One ward could not be scored." in trust.sure_words(wards)


def test_the_page_says_what_a_list_of_wards_leaves_out():
    said = words(run(council="Tower Hamlets (E09000030)"))
    assert "What a list of wards leaves out" in said
    assert "live outside the wards that stand out" in said  # no ward of Tower Hamlets is in band 5
    assert "were looked for in the 20 wards that do not stand out and whose small areas we hold" in said
    leeds = words(run(council="Leeds (E08000035)"))
    assert "This release holds no small areas of these wards, so pockets were not looked for." in leeds


def test_pockets_name_the_small_area_and_never_a_ward_in_the_highest_band(bundled):
    three = assessment.assess(bundled, ["E06000009", "E07000124", "E09000030"], ())
    rows = trust.pocket_rows(three, None)
    highest = set(three.areas["area_name"][three.scores["band"].eq(5).fillna(False).to_numpy()])
    assert len(rows) and not set(rows["Ward"]) & highest
    assert rows["Ward"].is_monotonic_increasing and rows["Code"].str.match(r"E01\d{6}").all()


def test_clusters_are_looked_for_when_asked():
    pytest.importorskip("esda")
    test = run(council="Blackpool (E06000009)")
    assert "cluster of higher likelihood" not in words(test)
    test.toggle(key="clusters").set_value(True).run(timeout=60)
    assert not test.exception
    assert "cluster of higher likelihood" in words(test) and "not a reason to keep or close anything" in words(test)


def test_a_link_may_name_the_method_beside_ours_by_its_id():
    """As the command line names it; another word is said not to be held, and not answered with a method nobody asked for."""
    test = run(council="Blackpool (E06000009)", beside="deri_1_6")
    assert test.selectbox(key="beside").value == "deri_1_6"
    assert not any("methods we do not hold" in one.value for one in test.warning)
    other = run(council="Blackpool (E06000009)", beside="deri_9")
    assert any("This link names methods we do not hold: “deri_9”" in one.value.replace("\\", "") for one in other.warning)
