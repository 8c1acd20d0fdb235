"""What the comparison with behaviour says against us is said as plainly as what it says for us."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from test_pages import run, text

from exclusion import audit, validity
from exclusion.__main__ import main
from exclusion.validity import said


def table(*rows):
    """Rows of score, level, spearman; half of the interval is 0.05; letter first in England."""
    frame = pd.DataFrame(rows, columns=["score", "level", "spearman"])
    frame = frame.assign(nation="England", sent_first="letter", areas=100, within_councils=0.5, label="Our score without income")
    return frame.assign(low=frame["spearman"] - 0.05, high=frame["spearman"] + 0.05, ahead_low=-0.1, ahead_high=0.1)


def test_in_wales_we_do_not_beat_the_older_index_and_say_so():
    words = validity.at(None, "Wales").older
    assert "In Wales we do not beat the older index, DERI 1.6: 0.65 against 0.66 on the same wards (default weights" in words
    assert "inside councils 0.64 against 0.42" in words
    assert "In Wales we do not beat" in validity.at({"age": 1, "income": 1}, "Wales").older  # weights do not hide it


def test_in_england_we_agree_better():
    assert "our score (default weights) agrees better than the older index, DERI 1.6: 0.84 against 0.69" in validity.at().older


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.01, 0.2, "our score (default weights) agrees better"),
        (-0.2, -0.01, "the older index, DERI 1.6, agrees better"),
        (-0.1, 0.1, "we do not beat"),
    ],
)
def test_better_is_said_only_where_the_interval_of_the_difference_leaves_out_nought(low, high, expected):
    rows = table(("ours", "ward", 0.6), ("deri_1_6", "ward", 0.5)).assign(ahead_low=low, ahead_high=high)
    assert expected in said.beside_older(rows, "England")


def test_a_nation_without_a_yardstick_says_nothing_of_the_older_index():
    assert said.beside_older(validity.stored().table, "Scotland") == "" and said.better_without(validity.stored().table, "Scotland") == []


def test_less_in_the_score_is_named_where_it_agrees_better_by_more_than_chance():
    # Wards gain 0.06, which is over 0.05; small areas gain too.
    better = table(
        ("ours", "ward", 0.6), ("without_income", "ward", 0.66), ("ours", "lsoa21", 0.6), ("without_income", "lsoa21", 0.61)
    )  # fmt: skip
    assert "without income 0.66 in place of 0.60 (small areas 0.61 in place of 0.60)" in said.better_without(better, "England")[0]
    # Both gain, neither by more than 0.05; or small areas lose: nothing is said.
    for ward, small in ((0.64, 0.64), (0.70, 0.59)):
        none = table(
            ("ours", "ward", 0.6), ("without_income", "ward", ward), ("ours", "lsoa21", 0.6), ("without_income", "lsoa21", small)
        )  # fmt: skip
        assert said.better_without(none, "England") == []


def test_paper_first_areas_agree_better_with_less_and_why_the_weights_stay_is_said():
    england, wales = (validity.stored().against_us(nation) for nation in ("England", "Wales"))
    assert "the 218 wards of England first sent a paper form" in england[0]
    assert "without income 0.82 in place of 0.71 (small areas 0.83 in place of 0.67)" in england[0]
    assert "without disability 0.57 in place of 0.28" in wales[0] and "without income 0.56 in place of 0.28" in wales[0]
    # What the same change does to the wards that were sent a letter, whichever way it falls: 0.04 is more than England's
    # 0.02 that chance could make, 0.04 less than Wales's 0.13.
    assert england[1] == (
        "In the 4,224 wards of England first sent a letter, the same would give: without income 0.79 in place of 0.84 (less than now)."
    )
    assert wales[1] == (
        "In the 274 wards of Wales first sent a letter, the same would give: without disability 0.69 in place of 0.65 (a difference "
        "that chance could make) and without income 0.65 in place of 0.65 (a difference that chance could make)."
    )
    for lines in (england, wales):
        assert len(lines) == 3 and lines[2].startswith("The default weights stay all the same.")
        assert "would lose" not in lines[2]  # no more is claimed than those two lines carry


@pytest.mark.shared
def test_the_reason_why_the_weights_stay_is_true_of_the_areas_themselves(bundled, shared):
    from exclusion.validity import yardstick

    held = yardstick.read(shared / "data", bundled).small
    middle = held.groupby(["nation", "sent_first"])[["paper_share", "percentile_disability", "percentile_income"]].median()
    for nation in ("England", "Wales"):
        letter, paper = middle.loc[(nation, "letter")], middle.loc[(nation, "paper")]
        assert paper["paper_share"] > 0.5 and 0.055 < letter["paper_share"] < 0.075
        assert paper["percentile_disability"] > 60 and paper["percentile_income"] > 60  # more of both than most
    sizes = held.groupby(["nation", "sent_first"]).size()
    assert sizes["England", "paper"] < 0.1 * sizes["England"].sum()


@pytest.mark.parametrize(
    ("council", "admits", "small"),
    [
        ("Blackpool (E06000009)", "without income 0.82 in place of 0.71", r"19,502.*0\.77"),
        ("Cardiff (W06000015)", "In Wales we do not beat the older index", r"690.*0\.73"),
    ],
)
def test_page_audit_and_command_line_show_small_areas_and_both_admissions(bundled, capsys, council, admits, small):
    page = text(run("method.py", council=council))
    document = audit.content(audit.audit(bundled, [council.split(" (")[0]]), ".html").decode()
    assert main(["method", "check"]) == 0
    for words in (page, document, capsys.readouterr().out):
        assert admits in words
        assert "The default weights stay all the same." in words
    nation = "Wales" if council.startswith("Cardiff") else "England"
    assert f"{nation}: our score (default weights) and the older index on the same small areas" in page
    assert re.search(small, page, re.DOTALL)
