"""A pack for a neighbouring council: nobody is named in it, and what it becomes there is the neighbour's own."""

from __future__ import annotations

import io
import json
import tomllib
import unicodedata
import zipfile
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from registers import answer, sqlite  # noqa: F401
from test_pages import run, text

from exclusion import assessment, proposal, register
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, ExclusionError
from exclusion.judgement.local import read_local
from exclusion.register import Register
from exclusion.register.nameless import Nameless
from exclusion.release import Evidence

TODAY = date(2026, 11, 26)
TEXT = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[officer]
purpose = "Carol Chair asked for it"
[[service]]
id = "blue_badge"
close = ["f2f"]
keep = ["post", "phone"]
wards = ["E05015186", "E05015187"]
contacts = { phone = 1500, f2f = 900 }
[[place]]
name = "Middle House"
kind = "library"
change = "closes"
services = ["blue_badge"]
"""
PROFILES = """id,criticality,floor_channels,by,on,why
blue_badge,C1,phone|f2f|relay_bsl|post,Dora O'Dell,2026-05-01,Our line is staffed to 8; Dora O'Dell checked
"""


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory, bundled: Evidence) -> Path:
    """Blackpool's proposal with a profile of its own, one answer, and out as a share pack."""
    folder = tmp_path_factory.mktemp("share")
    (folder / "own.csv").write_text(PROFILES, encoding="utf-8")
    local = read_local(services=folder / "own.csv")
    considered = proposal.consider(bundled, proposal.parse(TEXT, "p.toml", bundled.areas), local=local, today=TODAY)
    written, tables = register.kept(considered, (TEXT,))
    with register.connect(folder / "register.sqlite") as held:
        title = "Blue Badge, led by Hilda Head and Alice Author"
        first = register.save(held, considered.assessment, by="Hilda Head", title=title, proposals=written, tables=tables)
        more = {"assessment_id": first.assessment, "based_on": 1, "title": title, "note": "For Eve only"}
        saved = register.save(held, considered.assessment, by="Alice Author", proposals=written, tables=tables, **more)
        findings = register.load(held, saved.assessment).table("findings")
        asks = findings.index[findings["kind"] == "keep"][0]
        given = answer(findings, asks, "amend", "alice author will sit in the library; Sam Smith helps", "Bob Brown")
        register.respond(held, saved.assessment, saved.number, [given], by="Alice Author")
        one = register.export_share(held, saved.assessment, folder / "share.zip", by="Fred Sender")
        two = register.export_share(held, saved.assessment, folder / "again.zip", by="Fred Sender")
        assert one.read_bytes() == two.read_bytes(), "the same version gives the same file"
        assert list(register.history(held)["what"])[-2:] == ["exported", "exported"]
        register.export_public(held, saved.assessment, folder / "public.zip", by="Fred Sender")
        register.export_file(held, saved.assessment, folder / "whole.zip", by="Fred Sender")
    # The public draft names nobody either, where the council has profiles of its own.
    with zipfile.ZipFile(folder / "public.zip") as archive:
        public = {name: archive.read(name) for name in archive.namelist()}
    for name, content in public.items():
        assert not [one for one in ("Dora", "O'Dell", "Alice", "Bob", "Hilda") if one in content.decode("utf-8-sig")], name
    return folder / "share.zip"


def opened(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def table(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False, encoding="utf-8-sig")


def test_nobody_of_the_council_is_named_and_no_contacts_are_told(pack: Path) -> None:
    files = opened(pack)
    assert set(files) == {"README.txt", "share.toml", "findings.csv", "mitigations.csv", "services.csv", "proposal-1.toml"}
    for name, content in files.items():
        words = content.decode("utf-8-sig")
        for secret in ("Alice", "alice author", "Bob", "Dora", "O'Dell", "Fred", "Eve", "Hilda", "1500", "contacts ="):
            assert secret not in words, f"{name} holds {secret}"
    # An answer stays, without its name; somebody who is no officer of the record is not caught, and the README says so.
    kept = table(files["mitigations.csv"])
    answered = kept[kept["answer"] == "amend"].iloc[0]
    assert answered["reason"] == "[an officer] will sit in the library; Sam Smith helps" and answered["wards"] == "1"
    assert "is not caught" in files["README.txt"].decode()


def test_mitigations_add_up_to_the_findings_the_proposal_touches(pack: Path) -> None:
    """Blue Badge in two wards: each finding there that asks for an answer is in one line, the answered ones first."""
    files = opened(pack)
    findings, kept = table(files["findings.csv"]), table(files["mitigations.csv"])
    touched = (findings["service_id"] == "blue_badge") & findings["area_code"].isin(["E05015186", "E05015187"])
    asked = findings[findings["kind"].isin(["floor", "keep", "more_use"]) & (touched | (findings["response"] != ""))]
    assert kept["wards"].astype(int).sum() == len(asked.drop_duplicates(["area_code", "service_id", "channel", "kind"]))
    assert kept["answer"].tolist()[0] == "amend" and set(kept["answer"][1:]) == {""}
    closing = kept[(kept["proposal_effect"] == "closes") & (kept["way_in"] == "face to face")]
    assert closing["draft_action"].str.contains("face to face").all() and len(closing)


def test_the_neighbour_gets_a_proposal_of_its_own(pack: Path, bundled: Evidence) -> None:
    """Theirs without wards, places, contacts and words; it is read and considered as any other."""
    taken = register.take(pack, ["Wigan"], "G. Neighbour", TODAY)
    assert taken.source == "From Blackpool: Blue Badge, led by [an officer] and [an officer], saved on " + taken.source.rsplit(" on ", 1)[1]
    given = tomllib.loads(taken.files["proposal-1.toml"].decode())
    assert given == {
        "title": "Blue Badge online",
        "councils": ["Wigan"],
        "date": date(2027, 4, 1),
        "service": [{"id": "blue_badge", "close": ["f2f"], "keep": ["post", "phone"]}],
    }
    told = " ".join(taken.notices)
    for said in ("Middle House", "in some wards only", "purpose and saving are left out", "began on 1 April 2027", "written as yours"):
        assert said in told, said


def test_what_councils_there_do_not_run_is_said_when_a_pack_is_taken_up(pack: Path) -> None:
    """Blue Badges are not run by councils in Northern Ireland."""
    notices = register.take(pack, ["Belfast"], "G. Neighbour", TODAY, ["Northern Ireland"]).notices
    (said,) = [one for one in notices if "do not run" in one]
    assert said.startswith("Blue Badge online: councils in Northern Ireland do not run Blue Badge") and "take it out" in said
    assert not any("do not run" in one for one in register.take(pack, ["Wigan"], "G. Neighbour", TODAY, ["England"]).notices)


def test_profiles_are_signed_by_whoever_takes_them_up(pack: Path, tmp_path: Path) -> None:
    taken = register.take(pack, ["Wigan"], "G. Neighbour", TODAY)
    (tmp_path / "services.csv").write_bytes(taken.files["services.csv"])
    local = read_local(services=tmp_path / "services.csv")
    badge = local.services["blue_badge"]
    assert badge.floor_channels == ("phone", "f2f", "relay_bsl", "post")
    assert badge.profile_version == "council, by G. Neighbour on 26 November 2026"
    assert "Taken up from Blackpool. Their reason: Our line is staffed to 8; [an officer] checked" in badge.why


def test_a_pack_without_profiles_or_services_says_what_is_left(pack: Path, tmp_path: Path) -> None:
    files = opened(pack)
    files.pop("services.csv")
    files["proposal-1.toml"] = b"""
title = "Close"
councils = ["Blackpool"]
date = 2027-04-01
[[place]]
name = "A"
kind = "library"
change = "closes"
"""
    taken = register.take(written(tmp_path / "a.zip", files), ["Wigan"], "G. N.", TODAY)
    assert dict(taken.files) == {}
    assert "about places only" in " ".join(taken.notices)


def unsound(name: str, content: bytes):
    return lambda files: files | {name: content}


HOSTILE = {
    "a name that leads out of it": (unsound("../evil.toml", b"x = 1"), "a name that does not belong"),
    "a program": (unsound("run.py", b"print()"), "a name that does not belong"),
    "no list": (lambda files: {name: one for name, one in files.items() if name != "share.toml"}, "no share.toml"),
    "a list of a later format": (unsound("share.toml", b"format = 2\n"), "a format this program does not read"),
    "a proposal that is no TOML": (unsound("proposal-1.toml", b"x"), "is not valid TOML"),
    "a proposal that is no text": (unsound("proposal-1.toml", b"\xff\xfe"), "is not a text file"),
    "a service we do not know": (
        unsound("proposal-1.toml", b'title = "a"\ncouncils = ["b"]\ndate = 2027-01-01\n[[service]]\nid = "magic"\nclose = ["phone"]\n'),
        "is not a service we know",
    ),
    "a profile that takes from the minimum": (
        unsound("services.csv", b"id,floor_channels,why\nhomelessness,post,x\n"),
        "out of the minimum",
    ),
    "a profile with a column of ours": (unsound("services.csv", b"id,lgsl,why\nblue_badge,1,x\n"), "no profile has"),
    "mitigations that are no table": (unsound("mitigations.csv", b"\xff\xfe"), "cannot be read as CSV"),
    "mitigations without their columns": (unsound("mitigations.csv", b"service\nx\n"), "lacks columns"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_pack_that_is_not_sound_is_refused_and_nothing_is_written(pack: Path, tmp_path: Path, what: str) -> None:
    change, words = HOSTILE[what]
    bad = written(tmp_path / "bad.zip", change(opened(pack)))
    with pytest.raises(ExclusionError, match=words):
        register.take(bad, ["Wigan"], "G. N.", TODAY)
    assert main(["take", str(bad), "-c", "Blackpool", "--by", "G. N.", "-o", str(tmp_path / "out")]) in (2, 3)
    assert not (tmp_path / "out").exists()


def test_every_mistake_of_a_pack_is_told_at_once(pack: Path, tmp_path: Path) -> None:
    files = opened(pack) | {"proposal-1.toml": b"x", "services.csv": b"id,lgsl\nblue_badge,1\n"}
    with pytest.raises(DataRefused) as refused:
        register.take(written(tmp_path / "bad.zip", files), ["Wigan"], "G. N.", TODAY)
    assert len(refused.value.problems) == 3  # the TOML, a column too many, a column missing


def test_other_files_of_ours_are_told_by_their_name(pack: Path, tmp_path: Path, sqlite: Register) -> None:
    with pytest.raises(DataRefused, match="it is a whole record"):
        register.take(pack.parent / "whole.zip", ["Wigan"], "G. N.", TODAY)
    with pytest.raises(DataRefused, match=r"is a share pack.*'exclusion take'"):
        register.import_file(sqlite, pack, by="G. N.")


def test_markup_in_a_pack_stays_text(pack: Path, tmp_path: Path) -> None:
    files = opened(pack)
    title = tomllib.loads(files["share.toml"].decode())["title"].encode()
    files["share.toml"] = files["share.toml"].replace(title, b"<script>alert(1)</script>")
    taken = register.take(written(tmp_path / "a.zip", files), ["Wigan"], "G. N.", TODAY)
    assert "<script>alert(1)</script>" in taken.source  # text; the page shows it as such (ui.plain)


def test_names_are_taken_out_whole_longest_first_however_cased() -> None:
    without = Nameless({"Ann", "Ann Lee", "O'Dell", "A"})
    assert without("ANN LEE met Annie and ann; a cat") == "[an officer] met Annie and [an officer]; a cat"


@pytest.mark.parametrize(
    "written",
    [
        "_Zoë O’Brien_ said so",  # bold, as some write it
        "ZOË  O'BRIEN said so",  # two spaces, another apostrophe
        "Zoë.O’Brien@council.example said so",  # as a mail address
        unicodedata.normalize("NFD", "Zoë O’Brien") + " said so",  # accents as letters of their own
        "Zoë\u00a0O&#39;Brien said so",  # as a page has it
    ],
)
def test_a_name_is_found_however_it_is_written(written: str) -> None:
    said = Nameless({"Zoë O’Brien"})(written)
    assert "brien" not in said.casefold() and said.endswith("said so") and "[an officer]" in said


def test_initials_are_found_without_their_dots_and_words_that_hold_them_are_not() -> None:
    without = Nameless({"A. Officer", "Ann Smith-Jones"})
    assert without("A Officer, A.Officer and ann.smith_jones") == "[an officer], [an officer] and [an officer]"
    assert without("A data officer; officers; Anna Smith") == "A data officer; officers; Anna Smith"


def test_names_in_pages_and_deeper_data() -> None:
    without = Nameless({"Ann", "O'Dell"})
    assert without("<p>O&#39;Dell</p>") == "<p>[an officer]</p>"  # as HTML writes it
    assert Nameless(())("Ann") == "Ann"
    assert without.deep({"a": ["Ann", 1, {"b": "O'Dell"}]}) == {"a": ["[an officer]", 1, {"b": "[an officer]"}]}


def test_the_commands_write_a_pack_and_take_it_up(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(pack.parent / "register.sqlite")
    assert main(["register", "list", "--register", place, "--json"]) == 0
    name = json.loads(capsys.readouterr().out)[0]["assessment"]
    out = tmp_path / "share.zip"
    assert main(["register", "export", name, "--share", "-o", str(out), "--by", "Fred Sender", "--register", place]) == 0
    assert "Read the reasons in it" in capsys.readouterr().err
    assert out.read_bytes() == pack.read_bytes()
    assert main(["take", str(out), "-c", "E06000009", "--by", "G. N.", "-o", str(tmp_path / "mine")]) == 0
    told = capsys.readouterr()
    assert "Wrote proposal-1.toml, services.csv, what-they-did.csv" in told.out and "Note: Blue Badge online:" in told.err
    mine = tmp_path / "mine"
    words = ["assess", "-p", str(mine / "proposal-1.toml"), "--local", str(mine / "services.csv"), "-o", str(tmp_path / "found")]
    assert main(words) == 0
    assert "is the council's, by G. N. on" in capsys.readouterr().err
    mine.joinpath("proposal-1.toml").write_text("mine", encoding="utf-8")
    assert main(["take", str(out), "-c", "E06000009", "--by", "G. N.", "-o", str(mine)]) == 2
    assert "is not empty" in capsys.readouterr().err and mine.joinpath("proposal-1.toml").read_text(encoding="utf-8") == "mine"
    assert main(["take", str(out), "-c", "Blackpol", "--by", "G. N.", "-o", str(tmp_path / "no")]) == 2
    assert "Blackpool" in capsys.readouterr().err and not (tmp_path / "no").exists()
    assert main(["register", "export", name, "--share", "--public", "-o", str(out), "--by", "F", "--register", place]) == 2


def test_what_is_assessed_after_taking_up_is_of_the_neighbour(pack: Path, bundled: Evidence) -> None:
    """No figure of theirs comes along: the same proposal in the same release gives the neighbour's own findings."""
    taken = register.take(pack, ["Manchester"], "G. N.", TODAY)
    name = next(one for one in sorted(bundled.areas["council_name"].unique()) if one not in ("Blackpool", "Belfast"))
    text = taken.files["proposal-1.toml"].decode().replace("Manchester", name)
    considered = proposal.consider(bundled, proposal.parse(text, "p.toml", bundled.areas), today=TODAY)
    direct = assessment.assess(bundled, [name], ["blue_badge"])
    key = ["area_code", "channel", "kind", "rule_ids", "severity"]
    mine = considered.assessment.findings
    assert mine[mine["service_id"] == "blue_badge"][key].values.tolist() == direct.findings[key].values.tolist()


def test_the_proposal_page_takes_a_pack_up(pack: Path) -> None:
    """Upload, name, button: their proposal and profiles are then this visit's own, for the council of the page."""
    test = run("proposal.py")
    test.file_uploader(key="share_pack").set_value(("share.zip", pack.read_bytes(), "application/zip")).run()
    assert "Give your name to read it." in [one.value for one in test.markdown]
    test.text_input(key="officer_name_taking").set_value("G. N.").run()
    assert not test.exception and not test.error
    assert "Rejected" not in text(test) and "Amended" in text(test)  # what they answered
    next(one for one in test.button if one.label == "Take it up in this visit").click().run()
    assert not test.exception and not test.error
    assert "What it would do" in [one.value for one in test.header]
    assert any("services.csv" in one.value for one in test.info), "the page says that judgement on it is the council's own"
    bad = run("proposal.py")
    bad.file_uploader(key="share_pack").set_value(("share.zip", b"x", "application/zip")).run()
    bad.text_input(key="officer_name_taking").set_value("G. N.").run()
    assert not bad.exception and "not a sound zip" in bad.error[0].value.replace("\\", "")
