"""Costs: a council's own figures, ranges out, and the sum behind "savings leak"."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from invented import six

from exclusion import costs, judgement, proposal, provision
from exclusion.contracts import DataRefused, UsageError
from exclusion.export.savings import savings_workbook
from exclusion.views.costs import sum_rows

# The most quoted figures of 2012: 8.62 face to face, 2.83 by phone, 0.15 online. They live here and nowhere else.
F2F, PHONE, WEB = 8.62, 2.83, 0.15


def test_with_the_2012_figures_61_in_100_coming_back_by_phone_take_64_in_100_of_the_saving() -> None:
    # Gross 1,000 x (2.83 - 0.15) = 2,680; lost 1,000 x 0.61 x 2.83 = 1,726.30; 1,726.30 / 2,680 = 0.644.
    net, lost, _ = costs.leakage(PHONE, WEB, 0.61, PHONE)
    assert (round(net, 2), round(100 * lost)) == (953.70, 64)


def test_with_the_2012_figures_31_in_100_coming_back_face_to_face_take_all_of_it() -> None:
    # 2.68 / 8.62 = 0.311.
    _, _, gone = costs.leakage(PHONE, WEB, 0, F2F)
    assert round(100 * gone) == 31
    assert costs.leakage(PHONE, WEB, gone, F2F)[0] == pytest.approx(0)


def test_no_pound_figure_is_ours() -> None:
    with pytest.raises(ValueError, match="Field required"):
        costs.Costs.model_validate({"by": "A", "reckoned": "2026"})
    folder = Path(costs.__file__).parent / "judgement"
    assert not [path.name for path in folder.rglob("*.toml") if "£" in path.read_text(encoding="utf-8") and path.name == "proposals.toml"]


OWN = """
by = "Finance"
reckoned = "October 2026"
falls_back_to = "phone"
[contact]
phone = { low = 3, high = 5 }
f2f = { low = 8, high = 12 }
online = { low = 0.5, high = 1 }
[recontact]
low = 0.1
high = 0.4
[open_in_a_ward]
f2f = { low = 2000, high = 3000 }
"""


def own(folder: Path, text: str = OWN) -> costs.Costs:
    path = folder / "costs.toml"
    path.write_text(text, encoding="utf-8")
    return costs.read(path)


def test_a_saving_is_a_range_over_every_corner(tmp_path: Path) -> None:
    saving = costs.net_saving({"f2f": 1000}, own(tmp_path))
    # Least: 8 - 1 - 0.4 x 5 = 5 a contact. Most: 12 - 0.5 - 0.1 x 3 = 11.20.
    assert (saving.low, saving.high) == (pytest.approx(5000), pytest.approx(11200))
    # Middle: (10 - 0.75) / 4 = 2.31, more than everybody, so no rate takes it all and none is printed.
    assert saving.words == "£5,000 to £11,200 a year saved."


def test_a_way_in_people_come_back_by_has_one_price(tmp_path: Path) -> None:
    saving = costs.net_saving({"phone": 1000}, own(tmp_path))
    # Least: 3 - 1 - 0.4 x 3 = 0.80. Most: 5 - 0.5 - 0.1 x 5 = 4.00; a phone call is not 5 to lose and 3 to gain.
    assert (saving.low, saving.high) == (pytest.approx(800), pytest.approx(4000))
    # Middle: (4 - 0.75) / 4 = 0.81.
    assert saving.words == "£800 to £4,000 a year saved. All of it is gone when about 81 in 100 come back."


def test_a_saving_can_be_a_cost(tmp_path: Path) -> None:
    dear = own(tmp_path, OWN.replace("online = { low = 0.5, high = 1 }", "online = { low = 2, high = 6 }"))
    assert costs.net_saving({"phone": 1000}, dear).words.startswith("From £4,200 a year more in cost to £2,500 a year saved.")


def test_a_way_in_without_a_cost_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no cost for a contact by \(found: post\)"):
        costs.net_saving({"post": 10}, own(tmp_path))


def told(folder: Path, text: str) -> dict[str, str]:
    """What is refused of a file of costs: field -> the rest of the line."""
    with pytest.raises(DataRefused) as refused:
        own(folder, text)
    return {problem.where.removeprefix("costs.toml, "): str(problem).split(": ", 1)[1] for problem in refused.value.problems}


def test_every_mistake_of_a_costs_file_at_once_each_with_what_that_field_needs(tmp_path: Path) -> None:
    pounds = "Give the council's own figure, in pounds a contact."
    share = "Give the council's own share of those moved, from 0 to 1, such as 0.4 for 40 in 100."
    back = 'Name the way in people come back by, such as falls_back_to = "phone", and give its cost under contact.'
    wrong = (
        OWN.replace('by = "Finance"', 'by = " "')
        .replace('"October 2026"', "2026-10-01")
        .replace('falls_back_to = "phone"', 'falls_back_to = "post"\nnote = 1')
        .replace("low = 3, high = 5", "low = 5, high = 3")
        .replace("low = 8", "low = true")
        .replace("online = { low = 0.5, high = 1 }\n", "")
        .replace("low = 0.1\nhigh = 0.4", "low = 1.5\nhigh = 40")
    )
    assert told(tmp_path, wrong) == {
        "by": 'is blank. Say who gave the figures, such as by = "Finance".',
        "reckoned": 'is not text (found: 2026-10-01). Say when they were reckoned, in quotes, such as reckoned = "October 2026".',
        "contact.phone": f"high (3) is below low (5). {pounds}",
        "contact.f2f.low": f"is not a number (found: True). {pounds}",
        "contact.online": f"is missing. {pounds}",
        "contact.post": f"is missing. {pounds}",
        "recontact.low": f"is above 1 (found: 1.5). {share}",  # each value outside 0 to 1, not the upper one alone
        "recontact.high": f"is above 1 (found: 40). {share}",
        "note": "is not a field of costs. Mend its name or leave it out; known here are: "
        "by, reckoned, contact, recontact, falls_back_to, each, gives_up, open_in_a_ward.",
    }
    assert told(tmp_path, OWN.replace('by = "Finance"\n', "").replace("low = 0.1", "low = -0.1")) == {
        "by": 'is missing. Say who gave the figures, such as by = "Finance".',
        "recontact.low": f"is below 0 (found: -0.1). {share}",
    }
    assert told(tmp_path, OWN.replace('falls_back_to = "phone"', 'falls_back_to = "online"')) == {
        "falls_back_to": f"is online, but it says how people come back when online fails them. {back}"
    }
    unknown = told(tmp_path, OWN.replace('falls_back_to = "phone"', 'falls_back_to = "fax"'))["falls_back_to"]
    assert unknown.startswith("is not a way in we know; known are: phone, post") and unknown.endswith(f"(found: fax). {back}")
    with pytest.raises(UsageError, match="there is no such file"):
        costs.read(tmp_path / "none.toml")


def test_advice_stands_ready_for_every_field_of_costs(tmp_path: Path) -> None:
    # Each field given as a table of nonsense is refused by its own line, in our words: none is left to a library's.
    for field in costs.Costs.model_fields:
        held = {"by": "A", "reckoned": "B", "contact": {"online": {"low": 1, "high": 1}, "phone": {"low": 1, "high": 1}}}
        with pytest.raises(DataRefused) as refused:
            costs.build(held | {"recontact": {"low": 0, "high": 0}, field: ["x"]}, "costs")
        [problem] = refused.value.problems
        assert (problem.where, problem.what.split(" a ")[0].split(" text")[0]) == (f"costs, {field}", "is not")
        assert problem.do


def test_keeping_where_flagged_against_everywhere(tmp_path: Path) -> None:
    wards, table = six()
    found = provision.check(wards, table, [judgement.services()["blue_badge"]], thresholds="0").findings
    # Face to face for Blue Badge is advised in A, B, C and F, watched in D, nothing in E.
    row = costs.keeping(found, own(tmp_path)).iloc[0]
    assert (row["wards"], row["of_wards"]) == (4, 6)
    assert (row["flagged_low"], row["flagged_high"], row["everywhere_low"], row["everywhere_high"]) == (8000, 12000, 12000, 18000)
    assert row["sentence"] == (
        "Keeping face to face where we advise it (four wards of 6): £8,000 to £12,000 a year; in every ward: £12,000 to £18,000. "
        "Figures by Finance, October 2026."
    )


def test_a_way_in_of_the_minimum_costs_every_ward_never_nothing(tmp_path: Path) -> None:
    wards, table = six()
    spent = own(tmp_path, OWN + "phone = { low = 500, high = 500 }\nhome_visit = { low = 100, high = 200 }\n")
    found = provision.check(wards, table, [judgement.services()["blue_badge"]], thresholds="0").findings
    # Phone is in the minimum of Blue Badge: 6 wards x 500, flagged by a rule or not.
    phone = costs.keeping(found, spent).set_index("channel").loc["phone"]
    assert (phone["wards"], phone["minimum_wards"], phone["flagged_low"], phone["everywhere_high"]) == (6, 6, 3000, 3000)
    assert phone["sentence"].startswith(
        "Keeping phone: £3,000 a year. It is part of the council-wide minimum, in every ward (6), so there is no fewer."
    )
    # Nothing found, nothing in the minimum: said as such, not as a price of £0.
    none = costs.keeping(found[found["channel"] != "home_visit"], spent).set_index("channel").loc["home_visit"]
    assert none["sentence"].startswith("We advise keeping home visit in none of six wards; in every ward: £600 to £1,200 a year.")


PROPOSAL = """
title = "Online"
councils = ["Invented"]
date = 2027-04-01
[[service]]
id = "pothole"
close = ["f2f"]
keep = ["phone"]
contacts = { phone = 600, f2f = 400, online = 0 }
"""
ONE_WARD = pd.DataFrame({"low_raw": [100.0], "high_raw": [200.0], "adults": [1000.0]}, index=["E05000001"])


def test_a_proposal_saves_on_those_who_can_move_only(tmp_path: Path) -> None:
    row = costs.of_proposal(proposal.parse(PROPOSAL), ONE_WARD, own(tmp_path)).iloc[0]
    # Of 1,000 contacts 100 to 200 cannot go online; the counter carries 400 of 1,000 of them: 40 to 80 of its 400.
    # Least: with 80 staying, 320 x 5 (see above) + 80 x (8 - 5) = 1,840; with 40, 360 x 5 + 40 x 3 = 1,920.
    # Most: with 40 staying, 360 x 11.20 + 40 x (12 - 3) = 4,392; with 80, 320 x 11.20 + 80 x 9 = 4,304.
    assert (row["low"], row["high"]) == (pytest.approx(1840), pytest.approx(4392))
    # By phone: with 80 staying, 80 + 0.4 x 320 = 208; with 40, 40 + 0.1 x 360 = 76.
    assert row["sentence"] == (
        "Report a pothole: £1,840 to £4,392 a year saved. Of 400 contacts about 320 to 360 go online; about 76 to 210 come by phone, "
        "at once or after online failed them. Some of it is left even if everybody comes back. Figures by Finance, October 2026."
    )


def the_sum(folder: Path, text: str = OWN) -> costs.Worked:
    return costs.worked(proposal.parse(PROPOSAL), ONE_WARD, own(folder, text))["pothole"][0]


def test_every_line_of_the_sum_can_be_done_again(tmp_path: Path) -> None:
    table = costs.lines_table({"pothole": (the_sum(tmp_path),)})
    said = {(row.line, row.what): (row.how, row.least, row.most) for row in table.itertuples()}
    assert said == {
        (1, "Contacts a year by face to face now"): ("given by the proposal", 400, 400),
        (2, "Of these, by people who cannot go online"): ("our estimate from residents unlikely to use the internet", 80, 40),
        (3, "Contacts that move online"): ("line 1 − line 2", 320, 360),
        (4, "What a contact by face to face costs"): ("given by the council", 8, 12),
        (5, "What a contact online costs"): ("given by the council", 1, 0.5),
        (6, "What a contact by phone costs, where people fall back to"): ("given by the council", 5, 3),
        (7, "Of those moved, the share who come back by phone"): ("given by the council", 0.4, 0.1),
        (8, "Contacts each of them makes on coming back"): ("given by the council, or one", 1, 1),
        (9, "Saved before anybody comes back"): ("line 3 × (line 4 − line 5)", 2240, 4140),
        (10, "Contacts that come back by phone"): ("line 3 × line 7 × line 8", 128, 36),
        (11, "Spent on contacts that come back"): ("line 10 × line 6", 640, 108),
        (12, "Saved on people who cannot go online and now use phone"): ("line 2 × (line 4 − line 6)", 240, 360),
        (13, "Net saving"): ("line 9 − line 11 + line 12", 1840, 4392),
        (14, "More contacts by phone in all"): ("line 2 + line 10", 208, 76),
        # 1000 x 7 - 1000 x 0.4 x 5; 1000 x 11.5 - 1000 x 0.1 x 3
        (15, "Net saving for each 1,000 contacts moved"): ("1000 × (line 4 − line 5) − 1000 × line 7 × line 8 × line 6", 5000, 11200),
        # 2,480 / 1,600; 4,500 / 1,080
        (16, "Share coming back at which nothing is left"): (
            "(line 9 + line 12) ÷ (line 3 × line 8 × line 6)",
            pytest.approx(1.55),
            pytest.approx(4.1667, abs=1e-4),
        ),
    }


def test_a_share_that_may_be_over_one_is_not_said_to_end_at_one(tmp_path: Path) -> None:
    one = the_sum(tmp_path, OWN)
    units = {line.id: line.unit for line in one.lines}
    assert units["rate"] == "share, 0 to 1" and one.most["gone_at"] > 1
    assert units["gone_at"] == "share; over 1 where some is left even if everybody comes back"
    for line in one.lines:
        if line.unit == "share, 0 to 1":
            assert 0 <= one.least[line.id] <= 1 and 0 <= one.most[line.id] <= 1
    assert sum_rows(one).set_index("What").loc["Share coming back at which nothing is left", "Most saved"] == "more than everybody"


LEAKY = OWN.replace("[recontact]", "[each]\nlow = 1\nhigh = 2\n[gives_up]\nlow = 0.05\nhigh = 0.2\n[recontact]")


def test_people_who_give_up_are_not_a_saving_on_people_served(tmp_path: Path) -> None:
    one = the_sum(tmp_path, LEAKY)
    # A contact moved saves 7 - 0.4 x 2 x 5 = 3, as does one that stays (8 - 5), so both ends of those who stay give the least.
    # Least: 360 x 0.4 x 2 = 288 calls x £5 = 1,440; 2,520 - 1,440 + 120 = 1,200, of which 360 x 0.2 x 7 = 504 gave up: 696.
    assert [one.least[name] for name in ("returned", "spent", "net", "given_up", "served")] == pytest.approx([288, 1440, 1200, 504, 696])
    # Most: 360 x 0.05 x 11.5 = 207 of 4,392.
    assert [one.most[name] for name in ("net", "given_up", "served")] == pytest.approx([4392, 207, 4185])
    sentence = costs.of_proposal(proposal.parse(PROPOSAL), ONE_WARD, own(tmp_path, LEAKY)).iloc[0]["sentence"]
    assert "Of the saving £207 to £504 is on people who give up and are not served." in sentence
    # (2,520 + 120) / (360 x 2 x 5) = 0.733, and more than everybody where most is saved.
    assert "All of it may be gone when about 73 in 100 of those moved come back." in sentence


def test_nobody_both_comes_back_and_gives_up(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"gives_up\.high: and recontact\.high together are 1\.1, more than everybody"):
        own(tmp_path, LEAKY.replace("high = 0.2", "high = 0.7"))
    with pytest.raises(DataRefused, match=r"each\.low: is below 1 \(found: 0\.5\)\. Give how many contacts each of them makes"):
        own(tmp_path, LEAKY.replace("low = 1\nhigh = 2", "low = 0.5\nhigh = 2"))
    with pytest.raises(DataRefused, match="falls_back_to: is online"):
        own(tmp_path, OWN.replace('falls_back_to = "phone"', 'falls_back_to = "online"'))


def test_a_sum_says_in_words_what_it_reckons() -> None:
    # Each line's words, put to figures of their own, give what its arithmetic gives.
    figures = {line.id: 3.0 + 7 * place for place, line in enumerate(costs.LINES)}
    for line in costs.LINES:
        if line.reckon:
            words = line.sum.format_map({name: repr(value) for name, value in figures.items()})
            assert line.reckon(figures) == pytest.approx(eval(words.translate(str.maketrans("×−÷", "*-/")))), line.what


def test_contacts_of_one_ward_give_no_saving_for_two(tmp_path: Path) -> None:
    code = ONE_WARD.index[0]
    two = pd.concat([ONE_WARD, ONE_WARD.rename(index={code: "E05999999"})])
    lines = [line for line in PROPOSAL.splitlines() if not line.startswith("contacts")]
    given = proposal.parse("\n".join([*lines, f"[service.contacts_by_ward.{code}]", "phone = 600", "f2f = 400"]))
    assert costs.of_proposal(given, ONE_WARD, own(tmp_path))["low"].notna().all()
    rows = costs.of_proposal(given, two, own(tmp_path))
    assert rows["low"].isna().all() and rows["sentence"].tolist() == [
        "Report a pothole: not reckoned, because contacts are given for 1 of 2 wards."
    ]


def test_contacts_online_that_nobody_gave_widen_a_saving_and_it_is_said(tmp_path: Path) -> None:
    held = own(tmp_path, OWN)
    known = costs.of_proposal(proposal.parse(PROPOSAL), ONE_WARD, held).iloc[0]
    silent = costs.of_proposal(proposal.parse(PROPOSAL.replace(", online = 0", "")), ONE_WARD, held).iloc[0]
    # From the 40 who cannot go online if nobody does now, to all 400 at the counter: then nothing moves.
    assert silent["online_low"] == 0 and silent["online_high"] == known["online_high"] == 360
    assert silent["low"] <= known["low"] and silent["high"] >= known["high"]
    assert "Contacts online are not given, so up to all of those that lose their way in may need another." in silent["sentence"]
    assert "not given" not in known["sentence"]


def test_a_row_for_each_way_in_says_where_its_contacts_go(tmp_path: Path) -> None:
    both = PROPOSAL.replace('close = ["f2f"]', 'close = ["f2f", "post"]').replace("f2f = 400", "f2f = 300, post = 100")
    held = own(tmp_path, OWN.replace("[contact]", "[contact]\npost = { low = 2, high = 4 }"))
    rows = costs.of_proposal(proposal.parse(both), ONE_WARD, held).set_index("channel")
    assert list(rows.index) == ["", "f2f", "post"] and set(rows["back_by"]) == {"phone"}
    # 100 to 200 of 1,000 cannot go online, the two carry 400: 40 to 80, of which 10 to 20 by post.
    assert rows.loc["post", ["online_low", "online_high"]].tolist() == [80, 90]
    # Back by phone: 20 + 0.4 x 80 = 52, or 10 + 0.1 x 90 = 19.
    assert rows.loc["post", ["back_low", "back_high"]].tolist() == [19, 52]
    # Least: 80 x (2 - 1) - 32 x 5 + 20 x (2 - 5) = 80 - 160 - 60 = -140; gone at (80 - 60) / (80 x 5) = 0.05.
    # Most: 90 x 3.5 - 9 x 3 + 10 x (4 - 3) = 315 - 27 + 10 = 298; gone at 325 / (90 x 3) = 1.204.
    assert rows.loc["post", ["low", "high", "gone_at_low", "gone_at_high"]].tolist() == pytest.approx([-140, 298, 0.05, 1.2037], abs=1e-4)
    for column in ("low", "high", "online_low", "online_high", "back_low", "back_high"):
        assert rows.loc["", column] == pytest.approx(rows.loc[["f2f", "post"], column].sum())  # counts and pounds add up


def test_the_workbook_reckons_the_same_from_formulas(tmp_path: Path) -> None:
    one = the_sum(tmp_path, LEAKY)
    (tmp_path / "s.xlsx").write_bytes(savings_workbook({"Online: Report a pothole": (one,)}))
    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["savings"]
    cells = {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}
    for column, held in (("E", one.least), ("F", one.most)):
        reckoned: dict[str, float] = {}
        for number, line in enumerate(one.lines, start=3):  # a title and a head stand above
            value = cells[f"{column}{number}"]
            if isinstance(value, str):
                assert value.startswith("=") and line.sum
                value = eval(value.removeprefix("=").removeprefix("IFERROR(").removesuffix(',"")'), {}, reckoned)
            reckoned[f"{column}{number}"] = value
            assert value == pytest.approx(held[line.id]), line.what


def test_costs_written_out_read_back_as_the_same(tmp_path: Path) -> None:
    for text in (OWN, LEAKY):
        held = own(tmp_path, text)
        assert own(tmp_path, costs.to_toml(held)) == held


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("contacts = { phone = 600, f2f = 400, online = 0 }\n", ""), "the proposal gives no contacts for a way in that closes"),
        (('close = ["f2f"]\nkeep = ["phone"]', 'close = ["phone"]'), "people are taken to come back by phone, which the proposal closes"),
        (('close = ["f2f"]', 'close = ["post"]\nfewer_hours = ["f2f"]'), "the proposal gives no contacts"),
        (('close = ["f2f"]', 'fewer_hours = ["f2f"]'), "it only gets fewer hours"),
        (("f2f = 400", "post = 400"), "the proposal gives no contacts"),
        (('close = ["f2f"]', 'close = ["f2f", "post"]'), "no contacts are given by post, which closes"),
    ],
)
def test_what_cannot_be_reckoned_is_said_and_never_nought(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    row = costs.of_proposal(proposal.parse(PROPOSAL.replace(*change)), ONE_WARD, own(tmp_path)).iloc[0]
    assert pd.isna(row["low"]) and row["sentence"].startswith(f"Report a pothole: not reckoned, because {why}")
