"""What officers add to a saved assessment: answers to findings, one by one or by a form, and the contacts that came."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from registers import badge, sqlite  # noqa: F401

from exclusion import register as registers
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused, UsageError
from exclusion.register import Register, Review, Saved
from exclusion.register.review import beside, mixed_year
from exclusion.release import Evidence
from exclusion.views import register as shown

WARD_1, WARD_2 = "E05014294", "E05014295"
WARDS = [WARD_1, WARD_2]


@pytest.fixture
def saved(sqlite: Register, badge: Assessment) -> Saved:
    """The Blue Badge in Blackpool, version 1."""
    return registers.load(sqlite, registers.save(sqlite, badge, by="A. Officer", title="Badge").assessment)


# ------------------------------------------------------------------------------ the ids


def test_the_id_of_a_finding_is_of_its_place_service_way_in_kind_and_rules_alone() -> None:
    """Wording and firmness may change from version to version: it is the same finding."""
    row = {"area_code": WARD_1, "service_id": "blue_badge", "channel": "phone", "kind": "keep", "rule_ids": "W04|W11"}
    one = registers.finding_ids(pd.DataFrame([row | {"severity": "required", "short": "a"}]))
    same = registers.finding_ids(pd.DataFrame([row | {"severity": "monitor", "short": "b"}]))
    assert one.tolist() == same.tolist() == ["997d454c3c"]  # sha256 of the five, the separator 1F between, to ten letters
    for name in row:
        assert registers.finding_ids(pd.DataFrame([row | {name: "other"}])).tolist() != one.tolist(), name


def test_no_two_findings_of_an_assessment_share_an_id(saved: Saved) -> None:
    assert registers.finding_ids(saved.table("findings")).is_unique


# ----------------------------------------------------------------------- a form of answers


def filled(form: pd.DataFrame, **changes: list[str]) -> bytes:
    """The first rows of a form, filled in as a spreadsheet would save them."""
    table = form.head(len(next(iter(changes.values())))).assign(**changes)
    return table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def test_a_form_filled_in_becomes_answers_and_blank_rows_are_left_alone(sqlite: Register, saved: Saved) -> None:
    form = registers.answer_form(saved)
    assert len(form) == len(saved.unanswered) and set(form["version"]) == {1} and set(form["response"]) == {""}
    content = filled(form, response=["Accept", "reject", ""], reason=["", "The line is staffed, £ and é", ""], name=["", "C. Head", ""])
    answers, version = registers.read_answers(content, "form.csv", saved)
    assert version == 1 and [(one.response, one.reason, one.name) for one in answers] == [
        ("accept", "", ""),
        ("reject", "The line is staffed, £ and é", "C. Head"),
    ]
    made = registers.respond(sqlite, saved.version.assessment, version, answers, by="B. Officer")
    opened = registers.load(sqlite, made.assessment)
    again = registers.answer_form(opened)
    assert again["response"].head(3).tolist() == ["accept", "reject", ""] and again["name"].head(3).tolist() == [
        "B. Officer",
        "C. Head",
        "",
    ]
    assert opened.because() == [
        "1 finding was accepted.",
        "1 finding was rejected.",
        f"{len(form) - 2:,} of {len(form):,} findings that ask for an answer have no answer.",
    ]
    # The form made anew and given back as it is holds nothing new; a changed reason is one new answer, by whoever saves it.
    assert registers.read_answers(filled(again, response=["accept", "reject", ""]), "form.csv", opened) == ([], 2)
    changed, _ = registers.read_answers(filled(again, reason=["", "Another reason", ""]), "form.csv", opened)
    assert [(one.response, one.reason, one.name) for one in changed] == [("reject", "Another reason", "")]


@pytest.mark.parametrize("kind", ["semicolons", "Windows", "workbook", "our own CSV"])
def test_a_form_is_read_as_any_spreadsheet_saves_it(saved: Saved, kind: str) -> None:
    reason = "- Café line\nkept; “staffed”"  # a cell that our own CSV guards with an apostrophe
    form = registers.answer_form(saved).head(1).assign(response="amend", reason=reason)
    if kind == "workbook":
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in [list(form.columns), *form.astype("str").itertuples(index=False)]:
            book.active.append(list(row))
        held = io.BytesIO()
        book.save(held)
        content = held.getvalue()
    elif kind == "our own CSV":
        from exclusion.export.files import csv_bytes

        content = csv_bytes(form)
        assert b"'- Caf" in content
    else:
        text = form.to_csv(index=False, sep=";" if kind == "semicolons" else ",", quoting=csv.QUOTE_ALL)
        content = text.encode("utf-8" if kind == "semicolons" else "cp1252")
    assert registers.read_answers(content, "form", saved)[0][0].reason == reason


def test_everything_wrong_in_a_form_is_said_at_once_with_its_line(saved: Saved) -> None:
    one, two = registers.answer_form(saved)["finding"].head(2)
    lines = [
        "finding,version,response,reason",
        f"{one},1,yes,",
        f"{one},1,reject, ",
        f"{two},1,,Because",
        "0123456789,1,accept,",
        f"{two},1,accept,",
        f"{two},1,accept,",
        f"{one},x,,",
        f"{one},2,,",
    ]
    with pytest.raises(DataRefused) as error:
        registers.read_answers("\n".join(lines).encode(), "form.csv", saved)
    assert [(problem.where, problem.what) for problem in error.value.problems] == [
        ("form.csv, line 2", "is not an answer"),
        ("form.csv, line 3", "reject has no reason"),
        ("form.csv, line 4", "has a reason and no response"),
        ("form.csv, line 5", "is not the id of a finding of this assessment"),
        ("form.csv, line 7", "answers the finding of line 6 again"),
        ("form.csv, line 8", "the version is not a number"),
        ("form.csv", "speaks of more than one version"),
    ]
    with pytest.raises(DataRefused, match="lacks a column, or has it twice: response"):
        registers.read_answers(b"finding,reason\n", "form.csv", saved)


# -------------------------------------------------------------------- contacts that came


def demand(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Expected contacts: ward, way in, now, low, high; words from the range."""
    table = pd.DataFrame(rows, columns=["area_code", "channel", "now", "low", "high"])
    table = table.astype(dict.fromkeys(("now", "low", "high"), "Float64"))
    return table.assign(service_id="blue_badge", label=[f"{low} to {high}" for low, high in zip(table["low"], table["high"], strict=True)])


def came(*rows: tuple[str, str, int | None], note: str = "") -> Review:
    table = pd.DataFrame(rows, columns=["area_code", "channel", "contacts"]).assign(service_id="blue_badge", note=note)
    return Review(date(2026, 11, 1), table.assign(contacts=pd.array([row[2] for row in rows], dtype="Int64")))


def results(table: pd.DataFrame) -> dict[tuple[str, str], tuple[int | None, str]]:
    counts = [None if pd.isna(count) else int(count) for count in table["contacts"]]
    return dict(zip(zip(table["area_code"], table["channel"], strict=True), zip(counts, table["result"], strict=True), strict=True))


def test_a_count_is_held_to_its_range_and_a_gap_is_never_none() -> None:
    """The range 99.6 to 120.2 holds the whole numbers 99 to 121: contacts are whole, the range is not."""
    expected = demand(("", "phone", 90, 99.6, 120.2))
    for count, said in (
        (98, "fewer than expected"),
        (99, "as expected"),
        (121, "as expected"),
        (122, "more than expected"),
        (None, "not entered"),
    ):
        assert results(beside(expected, [came(("", "phone", count))])) == {("", "phone"): (count, said)}
    assert results(beside(expected, [came(("", "phone", 0))]))["", "phone"] == (0, "fewer than expected"), "none is a count"
    assert results(beside(expected, [came()])) == {("", "phone"): (None, "not entered")}


def test_a_count_within_the_range_as_printed_is_never_called_more_or_fewer() -> None:
    """1,546 to 1,755 is printed "about 1,500 to 1,800", 2.4 to 6 contacts of a ward "fewer than 10"."""
    council = demand(("", "phone", 1500, 1546, 1755))
    for count, said in ((1499, "fewer than expected"), (1500, "as expected"), (1800, "as expected"), (1801, "more than expected")):
        assert results(beside(council, [came(("", "phone", count))]))["", "phone"] == (count, said)
    ward = demand((WARD_1, "phone", 2, 2.4, 6.0))
    for count, said in ((1, "fewer than expected"), (9, "as expected"), (10, "more than expected")):
        assert results(beside(ward, [came((WARD_1, "phone", count))]))[WARD_1, "phone"] == (count, said)


def test_what_had_no_range_is_not_judged() -> None:
    """Withheld as small, spoken of by two proposals, not expected at all: each is said, none is called right or wrong."""
    withheld = demand((WARD_1, "phone", None, None, None))
    assert results(beside(withheld, [came((WARD_1, "phone", 7))])) == {(WARD_1, "phone"): (7, "no range to hold it to")}
    twice = demand(("", "phone", 90, 100, 120), ("", "phone", 90, 300, 400))
    table = beside(twice, [came(("", "phone", 110))])
    assert results(table) == {("", "phone"): (110, "no range to hold it to")}
    assert table["expected"].tolist() == ["100.0 to 120.0; or by another proposal 300.0 to 400.0"]
    assert results(beside(None, [came(("", "online", 3))])) == {("", "online"): (3, "nothing was expected here")}


def test_counts_add_up_over_wards_and_ways_in_and_a_sum_with_a_gap_is_a_gap() -> None:
    expected = demand(
        ("", "", 130, 140, 260), ("", "phone", 90, 100, 160), ("", "post", 40, 40, 90),
        (WARD_1, "phone", 50, 60, 80), (WARD_2, "phone", 40, 40, 80),
    )  # fmt: skip
    every = beside(expected, [came((WARD_1, "phone", 70), (WARD_2, "phone", 81), ("", "post", 39))], WARDS)
    assert results(every) == {
        ("", ""): (190, "as expected"),  # 151 + 39
        ("", "phone"): (151, "as expected"),  # 70 + 81, within 100 to 160
        ("", "post"): (39, "fewer than expected"),
        (WARD_1, "phone"): (70, "as expected"),
        (WARD_2, "phone"): (81, "more than expected"),
    }
    assert every["note"].tolist() == ["added up from the ways in", "added up from the wards", "", "", ""]
    one = results(beside(expected, [came((WARD_1, "phone", 70), ("", "post", 39))], WARDS))
    assert one["", "phone"] == one["", ""] == (None, "not entered"), "the other ward is not known, so neither is the council"
    given = results(beside(expected, [came(("", "phone", 155), (WARD_1, "phone", 70))], WARDS))
    assert given["", "phone"] == (155, "as expected"), "what was entered for the council stands: not every contact has a ward"


def test_wards_never_have_more_contacts_than_was_entered_for_the_council(sqlite: Register, saved: Saved) -> None:
    wards = list(saved.table("areas").index[:2])
    rows = came(("", "phone", 100), (wards[0], "phone", 60), (wards[1], "phone", 41))
    with pytest.raises(UsageError, match="the wards have 101 contacts by phone, more than the whole council"):
        registers.record_review(sqlite, saved.version.assessment, 1, rows, by="B. Officer")


@pytest.mark.parametrize("count", ["-1", "2.5", "inf", "nan", "1e999", "many", "TRUE", 1e12])
def test_what_is_no_count_of_contacts_is_refused(sqlite: Register, saved: Saved, count: object) -> None:
    given = came(("", "phone", 1))
    given.contacts["contacts"] = [count] if not isinstance(count, str) else pd.array([count], dtype="object")
    with pytest.raises(UsageError, match="contacts is not a whole number from 0"):
        registers.record_review(sqlite, saved.version.assessment, 1, given, by="B. Officer")


# ------------------------------------------------------------------------------ command line

Run = Callable[..., str]


@pytest.fixture
def run(saved: Saved, sqlite: Register, capsys: pytest.CaptureFixture[str]) -> Run:
    """``exclusion register WORDS``: what it prints, or what it complains of."""
    del saved

    def call(*words: str, code: int = 0) -> str:
        assert main(["register", *words, "--register", sqlite.where]) == code, capsys.readouterr().err
        told = capsys.readouterr()
        return told.err if code else told.out

    return call


def test_one_answer_for_many_wards_is_told_in_one_sentence_with_names(saved: Saved) -> None:
    """Of five wards, phone is answered in all five and face to face in one: said by name, never by code, one row an answer."""
    wards = [(f"E0501518{n}", name) for n, name in enumerate(("Bloomfield", "Marton", "Claremont", "Talbot", "Park"))]
    rows = [(code, "blue_badge", "phone", "floor", "F1", name, "", "", "accept", "", "B. Officer") for code, name in wards]
    rows += [(*wards[0][:1], "blue_badge", "f2f", "keep", "W05", "Bloomfield", "recommended", "accept", "reject", "Staffed", "C. Officer")]
    columns = [*registers.responses.KEY, "area_name", "severity", "before", "after", "reason", "name"]
    empty = pd.DataFrame(columns=["change", "what", "before", "after"])
    both = (saved.version, saved.version)
    found = registers.Comparison(*both, empty, empty, empty, pd.DataFrame(rows, columns=columns), 0, wards=5)
    assert found.sentences()[1:] == [
        "B. Officer answered 'accept' to phone for Blue Badge (disabled parking permit) in all 5 wards.",
        "C. Officer answered 'reject' to face to face for Blue Badge (disabled parking permit) in Bloomfield; before that 'accept'.",
    ]
    table = shown.comparison(found)[1]["Answers that differ"]
    assert table.astype(str).values.tolist() == [
        ["Blue Badge: phone (The minimum everywhere)", "All 5 wards", "Not answered", "Accepted", "None was given", "B. Officer"],
        ["Blue Badge: face to face (Advise keeping)", "Bloomfield", "Accepted", "Rejected", "Staffed", "C. Officer"],
    ]
    # Seven of 30 are too many to name, and two are named.
    many = pd.DataFrame({"area_code": [f"E{n}" for n in range(7)], "area_name": [f"Ward {n}" for n in range(7)]})
    thirty = dataclasses.replace(found, wards=30)
    assert thirty.where(many) == "7 of 30 wards" and thirty.where(many.head(2)) == "Ward 0 and Ward 1"


def test_findings_are_answered_on_the_command_line(run: Run, saved: Saved) -> None:
    name = saved.version.assessment
    table = json.loads(run("findings", name, "--json"))["findings"]
    one, two = table[0]["finding"], table[1]["finding"]
    assert one in run("findings", name)
    told = run("answer", name, "--finding", one, "--response", "accept", "--by", "B. Officer", "--based-on", "1")
    assert f"Saved version 2 of {name}" in told and f"{len(table) - 1:,} of {len(table):,} findings" in told
    # The second officer looked at version 1: nothing is saved, and what the first did is said.
    words = ("answer", name, "-f", two, "--response", "reject", "--reason", "Staffed", "--by", "C. Officer")
    conflict = run(*words, "--based-on", "1", code=6)
    assert "B. Officer saved version 2 while you worked on version 1" in conflict and "answered 'accept'" in conflict
    assert json.loads(run("list", name, "--json"))[-1]["version"] == 2
    assert "the newest is 2, by B. Officer" in run(*words, code=2), "the version looked at must be named"
    assert "Saved version 3" in run(*words, "--based-on", "2")
    assert len(json.loads(run("findings", name, "--unanswered", "--json"))["findings"]) == len(table) - 2
    standing = {
        row["finding"]: (row["response"], row["reason"], row["name"]) for row in json.loads(run("findings", name, "--json"))["findings"]
    }
    assert standing[one] == ("accept", "", "B. Officer") and standing[two] == ("reject", "Staffed", "C. Officer")
    assert [row["what"] for row in json.loads(run("history", name, "--json"))] == ["saved", "responded", "responded"]
    assert "C. Officer" in run("history")


def test_findings_are_answered_by_a_form(run: Run, saved: Saved, tmp_path: Path) -> None:
    name, form = saved.version.assessment, tmp_path / "form.csv"
    assert "findings of version 1" in run("findings", name, "--channel", "phone", "-o", str(form))
    table = pd.read_csv(form, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert set(table["channel"]) == {"phone"} and list(table.columns) == list(registers.answer_form(saved).columns)
    table.assign(response="amend", reason="Phone on Saturdays").to_csv(form, index=False)
    assert f"Answers saved: {len(table):,}." in run("answer", name, "--file", str(form), "--by", "B. Officer")
    # The form says which version it was made from, so a form made before somebody else saved is held back.
    table.assign(response="accept").to_csv(form, index=False)
    assert "B. Officer saved version 2 while you worked on version 1" in run("answer", name, "--file", str(form), "--by", "C", code=6)
    assert "Saved version 3" in run("answer", name, "--file", str(form), "--by", "C. Officer", "--based-on", "2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("answer", "ID", "--by", "B", "--based-on", "1"), "give either findings or a --file"),
        (("answer", "ID", "--by", "B", "--based-on", "1", "-f", "zzz", "--response", "accept"), "is not the id of a finding"),
        (("answer", "ID", "--by", "B", "--based-on", "1", "-f", "ONE"), "--response: is missing"),
        (("answer", "ID", "--by", "B", "--based-on", "1", "-f", "ONE", "--response", "reject"), "reject has no reason"),
        (("answer", "ID", "--by", " ", "--based-on", "1", "-f", "ONE", "--response", "accept"), "name: is blank"),
        (("answer", "ID", "--by", "B", "--based-on", "9", "-f", "ONE", "--response", "accept"), "has no such version"),
        (("answer", "ID", "--by", "B", "--file", "none.csv"), "is not a file"),
        (("findings", "ID", "--ward", "Atlantis"), "--ward: is in no finding of this version"),
        (("findings", "ID", "-o", "x.docx"), "End the name in .csv"),
        (("review", "ID", "--changed", "x"), "--on: is missing"),
        (("review", "ID", "--on", "1 November", "--by", "B"), "--on: is not a date"),
        (("review", "ID", "--on", "2026-11-01", "--by", "B", "--based-on", "1"), "review: is empty"),
    ],
    ids=lambda value: " ".join(value[:1] + value[2:]) if isinstance(value, tuple) else "",
)
def test_a_slip_on_the_command_line_is_one_message(run: Run, saved: Saved, words: tuple[str, ...], said: str) -> None:
    one = registers.answer_form(saved)["finding"].iloc[0]
    told = run(*(saved.version.assessment if word == "ID" else one if word == "ONE" else word for word in words), code=2)
    assert said in told and "Traceback" not in told


def test_a_review_is_entered_by_a_form_and_shown(run: Run, saved: Saved, tmp_path: Path) -> None:
    name, form = saved.version.assessment, tmp_path / "review.csv"
    assert "No review has been entered yet." in run("review", name)
    run("review", name, "-o", str(form))
    table = pd.read_csv(form, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert set(table["area_name"]) == {"Whole council"} and {"phone", "f2f"} <= set(table["channel"])
    table.loc[table["channel"] == "phone", "contacts"] = "1,204"
    table.to_csv(form, index=False)
    words = ("review", name, "--on", "2026-11-01", "--contacts", str(form), "--changed", "Open on Saturdays.", "--by", "B. Officer")
    told = run(*words, "--based-on", "1")
    assert "Saved version 2" in told and "nothing was expected here" in told and "01 November 2026, B. Officer: Open on Saturdays." in told
    rows = json.loads(run("review", name, "--json"))["rows"]
    assert [(row["area_code"], row["channel"], row["contacts"]) for row in rows] == [("", "phone", 1204)], "blank rows are not none"


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2027, 3, 31), ""),  # from 1 April 2026: the whole year is after both changes
        (date(2027, 3, 30), "lies before the change of 1 April 2026:"),
        (date(2026, 2, 1), "lies before the changes of 1 March 2025 and 1 April 2026:"),
        (date(2024, 2, 29), "lies before the changes of"),
    ],
)
def test_a_year_that_takes_in_days_before_a_change_says_of_which(on: date, said: str) -> None:
    told = mixed_year(on, (date(2026, 4, 1), date(2025, 3, 1)))
    assert (said in told) if said else (told == "")


def test_marks_that_turn_the_direction_of_writing_are_left_out_of_a_name() -> None:
    """Unseen, U+202E makes "A. Officer" read backwards on the page of who signed."""
    assert registers.named("A. \u202eOffi\u2066cer\u200f") == "A. Officer"


# ----------------------------------------------------- what is written from a saved proposal

PROPOSAL = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[[service]]
id = "blue_badge"
close = ["f2f"]
keep = ["phone", "post"]
contacts = { phone = 1500, f2f = 900 }
"""
REASON = "The desk had two visits a week."


def test_answers_reach_the_page_for_scrutiny_the_equality_assessment_and_the_pack(
    tmp_path: Path, bundled: Evidence, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the saved version alone, with nothing worked out again; the same bytes each time, but for the line with the date."""
    where, file = ["--register", str(tmp_path / "r.sqlite")], tmp_path / "p.toml"
    file.write_text(PROPOSAL, encoding="utf-8")
    monkeypatch.setattr("exclusion.cli.inputs.load", lambda *_: bundled)  # read once, not at each command

    def run(*words: str, code: int = 0) -> str:
        assert main([*words, *where]) == code, capsys.readouterr().err
        told = capsys.readouterr()
        return told.err if code else told.out

    name = json.loads(run("register", "save", "--proposal", str(file), "--by", "A. Officer", "--json"))["assessment"]
    desk = [row["finding"] for row in json.loads(run("register", "findings", name, "--channel", "f2f", "--json"))["findings"]]
    answer = ["register", "answer", name, "--response", "reject", "--reason", REASON, "--by", "B. Officer", "--based-on", "1"]
    run(*answer, *(word for one in desk for word in ("-f", one)))

    monkeypatch.setattr("exclusion.proposal.consider", None)
    written = {}
    for day in (26, 26, 27):
        monkeypatch.setattr("exclusion.cli.inputs.today", lambda day=day: date(2026, 11, day))
        run("register", "scrutiny", name, "-o", str(tmp_path / "s.html"))
        run("equality", "--answers", name, "-o", str(tmp_path / "e.html"))
        made = {one: (tmp_path / one).read_text(encoding="utf-8") for one in ("s.html", "e.html")}
        assert all(REASON in text and "B. Officer" in text for text in made.values())
        # Each prints the seal of the version it was made from, as a later check of the register takes it.
        found = [re.search(r"Kept in the register as version 2 of \w+, seal (\w{16})\.", text) for text in made.values()]
        seals = {one[1] for one in found if one}
        assert all(found) and len(seals) == 1
        run("register", "verify", "--expect", *seals)
        if day in written:
            assert written[day] == made
        written[day] = made
    for one in ("s.html", "e.html"):
        differ = [(a, b) for a, b in zip(written[26][one].splitlines(), written[27][one].splitlines(), strict=True) if a != b]
        assert differ and all("26 November 2026" in a and b == a.replace("26 November", "27 November") for a, b in differ), differ
    told = run("pack", "--answers", name, "-o", str(tmp_path / "pack"))
    assert "Wrote 24 pages" in told and REASON in (tmp_path / "pack" / "scrutiny.html").read_text(encoding="utf-8")
    assert "--weight: does not go with --answers alone" in run(
        "pack", "--answers", name, "--weight", "age=1", "-o", str(tmp_path / "pack"), code=2
    )
    # A later version without a proposal has nothing to show to scrutiny, and says so.
    plain = ["register", "save", "-c", "Blackpool", "-s", "blue_badge", "--assessment", name, "--based-on", "2", "--by", "A. Officer"]
    run(*plain)
    assert "was saved without a proposal" in run("register", "scrutiny", name, "-o", str(tmp_path / "s.html"), code=2)
    assert REASON in (tmp_path / "s.html").read_text(encoding="utf-8"), "what was there is as it was"
    run("register", "scrutiny", name, "--version", "2", "-o", str(tmp_path / "again.html"))
