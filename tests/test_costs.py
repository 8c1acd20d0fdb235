"""Costs: a council's own figures, ranges out, and the sum behind "savings leak"."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from invented import six

from exclusion import costs, judgement, proposal, provision
from exclusion.contracts import DataRefused, UsageError

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


def test_every_mistake_of_a_costs_file_at_once(tmp_path: Path) -> None:
    wrong = OWN.replace('by = "Finance"\n', "").replace("low = 3, high = 5", "low = 5, high = 3").replace("high = 0.4", "high = 40")
    with pytest.raises(DataRefused) as refused:
        own(tmp_path, wrong)
    said = str(refused.value)
    assert "costs.toml, by: is missing. Give the council's own figure." in said
    assert "costs.toml, contact.phone: high is below low" in said
    assert "costs.toml, recontact.high: input should be less than or equal to 1 (found: 40.0)" in said or "(found: 40)" in said
    with pytest.raises(UsageError, match="there is no such file"):
        costs.read(tmp_path / "none.toml")


def test_the_online_cost_and_the_fall_back_cost_are_needed(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="contact lacks a cost for online"):
        own(tmp_path, OWN.replace("online = { low = 0.5, high = 1 }\n", ""))


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


PROPOSAL = """
title = "Online"
councils = ["Invented"]
date = 2027-04-01
[[service]]
id = "pothole"
close = ["f2f"]
keep = ["phone"]
contacts = { phone = 600, f2f = 400 }
"""
ONE_WARD = pd.DataFrame({"low_raw": [100.0], "high_raw": [200.0], "adults": [1000.0]}, index=["E05000001"])


def test_a_proposal_saves_on_those_who_can_move_only(tmp_path: Path) -> None:
    row = costs.of_proposal(proposal.parse(PROPOSAL), ONE_WARD, own(tmp_path)).iloc[0]
    # Of 1,000 contacts 100 to 200 cannot go online; the counter carries 400 of 1,000 of them: 40 to 80 of its 400.
    # Least: with 80 staying, 320 x 5 (see above) + 80 x (8 - 5) = 1,840; with 40, 360 x 5 + 40 x 3 = 1,920.
    # Most: with 40 staying, 360 x 11.20 + 40 x (12 - 3) = 4,392; with 80, 320 x 11.20 + 80 x 9 = 4,304.
    assert (row["low"], row["high"]) == (pytest.approx(1840), pytest.approx(4392))
    assert row["sentence"] == "Report a pothole: £1,840 to £4,392 a year saved. Figures by Finance, October 2026."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("contacts = { phone = 600, f2f = 400 }\n", ""), "the proposal gives no contacts for a way in that closes"),
        (('close = ["f2f"]\nkeep = ["phone"]', 'close = ["phone"]'), "people are taken to come back by phone, which the proposal closes"),
        (('close = ["f2f"]', 'close = ["post"]\nfewer_hours = ["f2f"]'), "the proposal gives no contacts"),
        (("f2f = 400", "post = 400"), "the proposal gives no contacts"),
    ],
)
def test_what_cannot_be_reckoned_is_said_and_never_nought(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    row = costs.of_proposal(proposal.parse(PROPOSAL.replace(*change)), ONE_WARD, own(tmp_path)).iloc[0]
    assert pd.isna(row["low"]) and row["sentence"].startswith(f"Report a pothole: not reckoned, because {why}")
