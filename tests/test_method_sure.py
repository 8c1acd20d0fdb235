"""How sure a ward's band is, said the same way everywhere: on the page, in the audit, on the command line and in a file."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from test_pages import run, text

from exclusion import assessment, audit, charts
from exclusion.__main__ import main
from exclusion.audit import labels
from exclusion.export.sure import sure_table
from exclusion.method import uncertainty
from exclusion.views import trust

BRUNSWICK, MARTON, LAYTON, ANCHORSHOLME = "E05015189", "E05015197", "E05015196", "E05015186"
DIFFER = "They differ: band 4 Higher, yet 85 in 100 in the most affected fifth"


@pytest.fixture(scope="module")
def blackpool(bundled):
    a = assessment.assess(bundled, ["Blackpool"], ())
    return a, uncertainty.uncertainty(bundled, list(a.areas.index))


def test_clear_says_which_way(blackpool):
    wards = blackpool[1].wards
    assert wards.loc[[ANCHORSHOLME, MARTON, LAYTON], "word"].tolist() == [
        "clear: in the most affected fifth",  # band 5, over 99 in 100
        "clear: not in it",  # band 4, under 1 in 100
        "unclear",  # band 5, 74 in 100
    ]


def test_a_band_and_a_chance_that_point_in_different_directions_are_marked(blackpool):
    wards = blackpool[1].wards
    # Brunswick: band 4 by our own method, yet in the most affected fifth in 85 of 100 ways. No other ward of Blackpool differs.
    assert wards.at[BRUNSWICK, "band"] == 4 and round(wards.at[BRUNSWICK, "chance"], 2) == 0.85
    assert list(wards.index[wards["against_band"]]) == [BRUNSWICK]


@pytest.mark.parametrize(
    ("band", "chance", "differs"),
    [(5, 0.49, True), (5, 0.5, False), (5, 0.9, False), (4, 0.51, True), (4, 0.5, False), (1, 0.0, False), (1, 0.9, True)],
)
def test_they_differ_when_more_than_half_of_the_ways_say_otherwise(bundled, monkeypatch, band, chance, differs):
    ward = pd.Index([BRUNSWICK])
    found = uncertainty._gathered(list(ward), pd.Series([band], ward, dtype="Int64"), [], (), uncertainty.uncertainty_rules())
    assert not found.wards["against_band"].any()  # nothing was tried: nothing to differ
    real = pd.DataFrame.get

    def with_chance(table, name, default=None):
        return pd.Series([chance], ward) if name == "chance" else real(table, name, default)

    monkeypatch.setattr(pd.DataFrame, "get", with_chance)
    found = uncertainty._gathered(list(ward), pd.Series([band], ward, dtype="Int64"), [], (), uncertainty.uncertainty_rules())
    assert bool(found.wards["against_band"].iloc[0]) is differs


@pytest.mark.parametrize(
    ("chance", "said"),
    [(0.2, "20"), (0.2028, "21"), (0.1996, "20"), (0.7963, "79"), (0.8, "80"), (0.8004, "80"), (0.5, "50"), (0.503, "51"), (0.497, "49")],
)
def test_the_number_printed_never_says_other_than_the_word_beside_it(chance, said):
    # Clear to 0.2 and from 0.8; a band differs from its chance at a half.
    assert labels.chance(chance) == f"{said} in 100"


def test_page_audit_and_command_line_say_the_same(blackpool, bundled, capsys):
    a, sure = blackpool
    row = trust.sure_rows(trust.named(a, sure)).set_index("Ward").loc["Brunswick"]
    assert row["Clear or unclear"] == "Clear: in the most affected fifth" and row["Band and chance"] == DIFFER
    page = audit.content(audit.audit(bundled, ["Blackpool"], sure=sure), ".html").decode()
    assert DIFFER in page and "clear: in the most affected fifth" in page
    sentence = "In Brunswick the band and most of the ways tried point in different directions: do not rest on the band alone there."
    assert main(["method", "sure", "-c", "Blackpool"]) == 0
    told = capsys.readouterr().out
    for said in (trust.sure_words(trust.named(a, sure)), page, told):
        assert sentence in said
    assert "over 99 in 100" in told and "1.00" not in told
    assert "clear: in the most affected fifth" in told and "differs from its band" in told


def test_the_picture_has_a_colour_and_a_word_for_each_of_the_three(blackpool):
    a, sure = blackpool
    spec = charts.intervals(trust.named(a, sure)).chart.to_dict()
    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["Clear: in the most affected fifth", "Unclear", "Clear: not in it"] and len(set(scale["range"])) == 3


def test_the_table_to_take_away_holds_no_place_among_wards_and_blanks_what_is_not_scored(bundled):
    a = assessment.assess(bundled, ["City of London"], ())
    table = sure_table(a, uncertainty.uncertainty(bundled, list(a.areas.index), draws=10)).set_index("area_name")
    assert not [name for name in table if "rank" in name or "place" in name]
    aldgate, bread = table.loc["Tower"], table.loc["Bread Street"]
    assert aldgate["word"] and not pd.isna(aldgate["band"])
    assert bread["word"] == "" and pd.isna(bread["chance"]) and pd.isna(bread["against_band"]) and pd.isna(bread["first_data"])


def test_the_file_of_the_command_line_is_that_of_the_page_and_json_keeps_gaps(blackpool, tmp_path, capsys):
    out = tmp_path / "sure.csv"
    assert main(["method", "sure", "-c", "Blackpool", "-o", str(out)]) == 0
    capsys.readouterr()
    from exclusion import export

    assert out.read_bytes() == export.csv_bytes(sure_table(*blackpool))
    held = pd.read_csv(io.BytesIO(out.read_bytes())).set_index("area_code")
    assert round(held.at[BRUNSWICK, "chance"], 3) == 0.848
    assert 0.9995 < held.at["E05015206", "chance"] < 1  # nearly every run, but not all: to three decimals it would be certain
    assert held.at[BRUNSWICK, "against_band"]
    assert main(["method", "sure", "-c", "City of London", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["chance"] for row in rows if row["area_name"] == "Bread Street"} == {None}


def test_naming_no_council_is_not_all_of_them(capsys):
    assert main(["method", "sure"]) == 2
    assert "give either councils or --all" in capsys.readouterr().err


def test_words_for_a_ward_without_a_chance():
    assert labels.same_way(pd.NA, float("nan"), False) == "not known"


# ------------------------------------------------------------------------- the level of people on the proposal page


def test_the_proposal_page_lets_the_level_of_people_be_set_with_a_reason():
    from test_proposal_page import BADGE

    def people(test):
        return text(test).replace("\\", "")

    test = run("proposal.py", people_scale="0.8", people_why="our survey of 2025")
    test.multiselect(key="proposal_services").set_value(["blue_badge"]).run()
    test.selectbox(key=BADGE + "f2f").set_value("Closes")
    test.text_input(key="proposal_date").set_value("2027-04-01").run()
    assert not test.exception and test.number_input(key="people_scale").value == 0.8
    assert "are multiplied by 0.8, set by you: our survey of 2025" in people(test)
    assert "about 180 to 410" in people(test)  # Bloomfield: 0.8 x the 2020 range, about 221 to 518
    test.number_input(key="people_scale").set_value(1.0)
    test.text_input(key="people_why").set_value("").run()
    assert "about 140 to 520" in people(test) and "about 180 to 410" not in people(test)
