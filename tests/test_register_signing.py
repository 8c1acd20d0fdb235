"""Signing off: who, when, in what role and which version; what is changed after it is not signed off."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from registers import answer, badge, sqlite  # noqa: F401
from test_register_considering import TEXT, TODAY

from exclusion import equality, proposal, report
from exclusion import register as registers
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused, UsageError
from exclusion.proposal import Considered
from exclusion.register import Conflict, Register, connect
from exclusion.release import Evidence


@pytest.fixture
def name(sqlite: Register, badge: Assessment) -> str:
    """An assessment with one version."""
    return registers.save(sqlite, badge, by="A. Officer", title="Badge").assessment


def change(sqlite: Register, name: str, based_on: int) -> None:
    """One more answer."""
    findings = registers.load(sqlite, name).table("findings")
    registers.respond(sqlite, name, based_on, [answer(findings, based_on)], by="B. Officer")


def test_a_sign_off_is_an_event_with_who_when_and_which_version(sqlite: Register, name: str) -> None:
    made = registers.sign_off(sqlite, name, 1, "head", by="H. Head", comment="Read with the equality officer.")
    assert (made.number, made.kind, made.made_by) == (2, "signed", "H. Head")
    event = registers.history(sqlite, name).iloc[-1]
    assert (event["what"], event["who"], event["at"], event["version"]) == ("signed", "H. Head", made.made_at, 2)
    detail = json.loads(event["detail"])
    first = registers.load(sqlite, name, 1)
    assert (detail["signs"], detail["signed_digest"], detail["capacity"]) == (1, first.version.digest, "head")
    opened = registers.load(sqlite, name)
    (signed,) = opened.signed
    assert (signed.version, signed.capacity, signed.by, signed.comment) == (1, "head", "H. Head", "Read with the equality officer.")
    assert signed.stands and first.signed == ()
    assert {key: opened.files[key] for key in first.files} == dict(first.files), "what was signed is as it was, to the byte"
    seal = f"Kept in the register as version 2 of {name}, seal {made.digest[:16]}."
    day = f"{pd.Timestamp(made.made_at):%-d %B %Y}"
    assert opened.stamp == f"{seal} Version 1 was signed off by H. Head (Head of service) on {day}."
    assert registers.verify(sqlite).signed == (f"Version 1 of {name} ('Badge') was signed off by H. Head on {made.made_at[:10]}.",)


def test_what_is_changed_after_it_is_not_signed_off(sqlite: Register, name: str) -> None:
    registers.sign_off(sqlite, name, 1, "head", by="H. Head")
    registers.sign_off(sqlite, name, 2, "equality", by="E. Partner")  # a second signature changes nothing
    assert [one.stands for one in registers.load(sqlite, name).signed] == [True, True]
    change(sqlite, name, 3)
    opened = registers.load(sqlite, name)
    assert [one.stands for one in opened.signed] == [False, False] and "signed off" not in opened.stamp
    assert all(line.endswith("; it was changed after that.") for line in registers.verify(sqlite).signed)
    assert [one.stands for one in registers.load(sqlite, name, 3).signed] == [True, True], "the version that was signed stays signed"
    registers.sign_off(sqlite, name, 4, "head", by="H. Head")
    assert [one.stands for one in registers.load(sqlite, name).signed] == [False, False, True]
    said = registers.compare(registers.load(sqlite, name, 4), registers.load(sqlite, name)).sentences()
    assert said[1].startswith("Version 4 was signed off by H. Head (Head of service) on ")


def test_nobody_signs_what_they_have_not_seen(sqlite: Register, name: str) -> None:
    change(sqlite, name, 1)
    with pytest.raises(Conflict, match=r"B\. Officer saved version 2 while you worked on version 1"):
        registers.sign_off(sqlite, name, 1, "head", by="H. Head")
    with pytest.raises(UsageError, match=r"is in no capacity we know \(found: mayor\).*lead, head, equality"):
        registers.sign_off(sqlite, name, 2, "mayor", by="M. Mayor")
    assert len(registers.versions(sqlite, name)) == 2


def test_a_sign_off_that_came_in_a_file_says_who_took_it_in(sqlite: Register, name: str, tmp_path: Path) -> None:
    """An officer who may not sign could write a file that says so: the page, the document and the check tell them apart."""
    registers.sign_off(sqlite, name, 1, "head", by="H. Head")
    file = registers.export_file(sqlite, name, tmp_path / "all.zip", by="A. Officer")
    with connect(tmp_path / "other.sqlite") as other:
        registers.import_file(other, file, by="C. Officer")
        opened, checked = registers.load(other, name), registers.verify(other)
    assert opened.signed[0].taken_in_by == "C. Officer"
    assert "It was signed in another register, and taken in here by C. Officer." in opened.stamp
    assert checked.problems == () and ", in another register, and taken in here by C. Officer." in checked.signed[0]


@pytest.mark.parametrize("line", ['capacity = "mayor"', "version = 0", 'version = "1"', 'at = "soon"', 'by = " "'])
def test_a_file_of_a_sign_off_that_is_none_is_refused(line: str) -> None:
    good = {"capacity": '"head"', "by": '"H. Head"', "at": '"2026-11-26T10:00:00+00:00"', "version": "1"}
    assert registers.signing.from_file("\n".join(f"{key} = {value}" for key, value in good.items()).encode(), "f").by == "H. Head"
    key, value = line.split(" = ")
    with pytest.raises(DataRefused, match="is not a sign-off"):
        registers.signing.from_file("\n".join(f"{one} = {held}" for one, held in (good | {key: value}).items()).encode(), "f")


# --------------------------------------------------------------------- page, document, command


@pytest.fixture(scope="module")
def considered(bundled: Evidence) -> Considered:
    return proposal.consider(bundled, proposal.parse(TEXT, "p.toml", bundled.areas), today=TODAY)


def test_the_sign_off_block_of_the_document_holds_it_and_leaves_the_other_roles_open(sqlite: Register, considered: Considered) -> None:
    texts, tables = registers.kept(considered, (TEXT,))
    name = registers.save(sqlite, considered.assessment, by="A. Officer", proposals=texts, tables=tables).assessment
    registers.sign_off(sqlite, name, 1, "head", by="H. Head", comment="With thanks.")
    change(sqlite, name, 2)
    registers.sign_off(sqlite, name, 3, "equality", by="E. Partner")
    made = equality.build(considered, today=TODAY, signed=registers.load(sqlite, name).signed)
    (block,) = made.sections[12].blocks
    roles = {row[0]: row for row in block.rows}
    assert list(roles) == ["Lead officer", "Head of service", "Equality officer or partner"]
    assert roles["Lead officer"][1:] == ("", "", "")
    assert roles["Head of service"][3] == (
        "Signed off version 1 in the register. Changed after that, and the change is not signed off. With thanks."
    )
    assert (roles["Equality officer or partner"][1], roles["Equality officer or partner"][3]) == (
        "E. Partner",
        "Signed off version 3 in the register.",
    )
    assert "E. Partner" in equality.placeholders(made)["signed_off"] and "E. Partner" in equality.to_html(made)
    bare = equality.placeholders(equality.build(considered, today=TODAY))
    assert bare["signed_off"] == "Nobody has signed off in the register."
    page = report.scrutiny_html(considered, TODAY, sealed=registers.load(sqlite, name).stamp)
    assert "Version 3 was signed off by E. Partner" in page and "H. Head" not in page


def test_signing_from_the_command_line(sqlite: Register, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--register", str(tmp_path / "register.sqlite")]
    assert main(["register", "sign-off", name, "--by", "H. Head", "--as", "head", *where]) == 2
    assert "--based-on: is missing. Give the version you looked at; the newest is 1, by A. Officer." in capsys.readouterr().err
    assert main(["register", "sign-off", name, "--by", "H. Head", "--as", "head", "--based-on", "1", *where]) == 0
    told = " ".join(capsys.readouterr().out.split())
    # 21 wards, 3 ways in of the minimum each, and what else the Blue Badge asks for there: none has an answer.
    assert "Version 1 was signed off by H. Head (Head of service)" in told and "findings that ask for an answer have no answer." in told
    for words in (["show", name], ["verify"], ["history", name]):
        assert main(["register", *words, *where]) == 0
        assert "H. Head" in capsys.readouterr().out, words


def test_a_further_version_of_the_command_line_keeps_the_councils_words(
    sqlite: Register, considered: Considered, bundled: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was typed on the page and how the document is set: kept unless another setting is given, and then the rest is."""
    texts, tables = registers.kept(considered, (TEXT,))
    settings = registers.Settings("EqIA", "adopted", TODAY.replace(year=2025))
    tables["words"] = registers.words_table({"age_told": "The lunch club was asked."}, settings)
    name = registers.save(sqlite, considered.assessment, by="A. Officer", proposals=texts, tables=tables).assessment
    monkeypatch.setattr("exclusion.cli.inputs.load", lambda *_: bundled)
    (tmp_path / "p.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr("exclusion.cli.inputs.consider", lambda *_, **__: considered)
    save = ["register", "save", "-p", str(tmp_path / "p.toml"), "--by", "B. Officer", "--register", str(tmp_path / "register.sqlite")]
    further = [*save, "--assessment", name, "--based-on"]
    assert main([*further, "1"]) == 0
    opened = registers.load(sqlite, name, 2)
    assert (registers.words_of(opened), registers.settings_of(opened)) == ({"age_told": "The lunch club was asked."}, settings)
    assert main([*further, "2", "--label", "IIA"]) == 0
    opened = registers.load(sqlite, name, 3)
    assert registers.words_of(opened) == {"age_told": "The lunch club was asked."}
    assert registers.settings_of(opened) == registers.Settings("IIA", "adopted", settings.since)
    assert main([*further, "3", "--socio-economic", "not_in_force"]) == 0
    assert registers.settings_of(registers.load(sqlite, name, 4)) == registers.Settings("IIA", "not_in_force", None)
    assert main([*further, "4", "--socio-economic", "adopted"]) == 2, "adopted since when?"
    assert main([*further, "4", "--label", " "]) == 2
    assert main([*save, "--label", "EQIA"]) == 0  # a new assessment
    newest = next(one for one in registers.versions(sqlite)["assessment"] if one != name)
    assert registers.settings_of(registers.load(sqlite, newest)) == registers.Settings("EQIA", "", None)
    assert len(registers.versions(sqlite, name)) == 4


def test_words_given_anew_take_the_place_of_those_kept(sqlite: Register, badge: Assessment) -> None:
    first = registers.save(sqlite, badge, by="A. Officer", tables={"words": registers.words_table({"a": "x", "b": "y"})})
    registers.save(sqlite, badge, by="A. Officer", assessment_id=first.assessment, based_on=1, tables={"words": registers.words_table({})})
    assert registers.words_of(registers.load(sqlite, first.assessment)) == {}
