"""One assessment as one file: what goes out comes in again as it was, and nothing comes in that is not sound."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registers import PROPOSAL, answer, badge, place, register, server, sqlite  # noqa: F401

from exclusion import register as registers
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused, ExclusionError, UsageError
from exclusion.register import Register, carry, chain, contents
from exclusion.register.chain import Version
from exclusion.release import Evidence
from exclusion.release_write import to_toml


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory, badge: Assessment) -> Path:
    """An exported file: an assessment, its proposal, and one answer."""
    folder = tmp_path_factory.mktemp("sent")
    with registers.connect(folder / "register.sqlite") as held:
        saved = registers.save(held, badge, by="A. Officer", title="Blue Badge", proposals=[PROPOSAL])
        findings = registers.load(held, saved.assessment).table("findings")
        registers.respond(held, saved.assessment, 1, [answer(findings, 0, "reject", "Siân's line\tis staffed")], by="B. Officer")
        return registers.export_file(held, saved.assessment, folder / "one.zip", by="A. Officer")


# ------------------------------------------------------------------------- out and in again


def test_what_goes_out_comes_in_as_it_was(register: Register, sent: Path, bundled: Evidence) -> None:
    done = registers.import_file(register, sent, by="C. Officer")
    assert (done.added, done.had) == (2, 0)
    table = registers.versions(register, done.assessment)
    assert list(table["made_by"]) == ["A. Officer", "B. Officer"]  # as they were made; the history says who took them in
    opened = registers.load(register, done.assessment)
    assert opened.reopen(bundled).missing == () and opened.proposals == (PROPOSAL,)
    assert list(opened.responses["reason"]) == ["Siân's line\tis staffed"]
    events = registers.history(register)
    assert list(events["what"]) == ["imported", "imported"] and set(events["who"]) == {"C. Officer"}
    assert registers.verify(register).problems == ()
    # A second time nothing is added, and it goes out as the file it came in as.
    assert registers.import_file(register, sent, by="C. Officer").added == 0
    assert carry.packed(register, done.assessment)[0] == sent.read_bytes()


def test_newer_versions_are_added_to_those_that_are_here(sqlite: Register, sent: Path, tmp_path: Path) -> None:
    name = registers.import_file(sqlite, sent, by="C. Officer").assessment
    findings = registers.load(sqlite, name).table("findings")
    registers.respond(sqlite, name, 2, [answer(findings, 1)], by="D. Officer")
    longer = registers.export_file(sqlite, name, tmp_path / "longer.zip", by="D. Officer")
    with registers.connect(tmp_path / "other.sqlite") as other:
        registers.import_file(other, sent, by="E. Officer")
        assert registers.import_file(other, longer, by="E. Officer") == registers.Imported(name, added=1, had=2)
        assert registers.verify(other).problems == ()
        # The shorter file adds nothing, and takes nothing away.
        assert registers.import_file(other, sent, by="E. Officer").added == 0
        assert len(registers.versions(other, name)) == 3


def test_two_that_were_worked_on_apart_are_not_mixed(sqlite: Register, sent: Path, tmp_path: Path) -> None:
    name = registers.import_file(sqlite, sent, by="C. Officer").assessment
    findings = registers.load(sqlite, name).table("findings")
    with registers.connect(tmp_path / "other.sqlite") as other:
        registers.import_file(other, sent, by="D. Officer")
        registers.respond(other, name, 2, [answer(findings, 1)], by="Over There")
        theirs = registers.export_file(other, name, tmp_path / "theirs.zip", by="D. Officer")
    registers.respond(sqlite, name, 2, [answer(findings, 2)], by="Over Here")
    with pytest.raises(DataRefused, match=r"version 3 of .* is not the one that is here: the two were worked on apart"):
        registers.import_file(sqlite, theirs, by="C. Officer")
    assert list(registers.versions(sqlite, name)["made_by"])[-1] == "Over Here"


def test_the_file_holds_open_formats_only_and_says_what_is_what(sent: Path) -> None:
    with zipfile.ZipFile(sent) as archive:
        names = archive.namelist()
        assert {name.rsplit(".", 1)[1] for name in names} == {"toml", "json", "parquet", "txt"}
        listed = tomllib.loads(archive.read("register.toml").decode())
        assert [version["number"] for version in listed["version"]] == [1, 2]
        # What did not change is there once.
        assert [name for name in names if name.startswith("v2/")] == ["v2/responses.toml"]
        assert len(pd.read_parquet(io.BytesIO(archive.read("v1/findings.parquet")))) > 0


# ------------------------------------------------------------------------------- not trusted

Files = dict[str, bytes]


def opened(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def resealed(files: Files) -> Files:
    """The file as a forger would leave it: contents changed and every hash and digest made to fit."""
    listed = tomllib.loads(files["register.toml"].decode())
    new = {}
    for row in listed["file"]:
        digest = chain.sha256(files[row["path"]])
        new[row["sha256"]] = digest
        row |= {"sha256": digest, "bytes": len(files[row["path"]])}
    parent = chain.START
    for row in listed["version"]:
        row["parts"] = {name: new[digest] for name, digest in row["parts"].items()}
        version = Version(**{name: value for name, value in row.items() if name != "parts"})
        version = replace(version, digest=chain.version_digest(version, row["parts"], parent))
        row |= asdict(version)
        parent = version.digest
    return files | {"register.toml": to_toml(listed).encode()}


def listed(change: Callable[[dict], None], seal: bool = False) -> Callable[[Files], Files]:  # type: ignore[type-arg]
    def act(files: Files) -> Files:
        about = tomllib.loads(files["register.toml"].decode())
        change(about)
        files = files | {"register.toml": to_toml(about).encode()}
        return resealed(files) if seal else files

    return act


def part(name: str, content: bytes, seal: bool = True) -> Callable[[Files], Files]:
    def act(files: Files) -> Files:
        files = files | {name: content}
        return resealed(files) if seal else files

    return act


def findings_with(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Files], Files]:
    def act(files: Files) -> Files:
        table = change(pd.read_parquet(io.BytesIO(files["v1/findings.parquet"])))
        return resealed(files | {"v1/findings.parquet": contents.table_bytes(table)})

    return act


HOSTILE: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a name that leads out": (lambda files: files | {"../../etc/cron.d/x": b"x"}, "a name that does not belong"),
    "a name that leads out in part": (lambda files: files | {"v1/../../x.toml": b"x"}, "a name that does not belong"),
    "an absolute name": (lambda files: files | {"/etc/passwd": b"x"}, "a name that does not belong"),
    "a name with a drive": (lambda files: files | {"C:\\x.toml": b"x"}, "a name that does not belong"),
    "a program": (lambda files: files | {"v1/run.exe": b"x"}, "a name that does not belong"),
    "pickled data": (lambda files: files | {"v1/findings.pickle": b"x"}, "a name that does not belong"),
    "no list": (lambda files: {name: body for name, body in files.items() if name != "register.toml"}, "holds no register.toml"),
    "a list that is not TOML": (lambda files: files | {"register.toml": b"= ["}, "is not valid TOML"),
    "a list that is not text": (lambda files: files | {"register.toml": b"\xff\xfe"}, "is not a text file"),
    "a list nested without end": (lambda files: files | {"register.toml": b"a = " + b"[" * 100_000}, "is not valid TOML"),
    "another format": (listed(lambda about: about.update(format=99)), "format"),
    "no versions": (listed(lambda about: about.update(version=[])), "lists no version"),
    "a file that is missing": (
        lambda files: {name: body for name, body in files.items() if name != "v1/findings.parquet"},
        "does not hold a file it lists",
    ),
    "a file that was changed": (part("v1/run.toml", b"a = 1\n", seal=False), "its sha256 differs"),
    "a version that was changed": (listed(lambda about: about["version"][0].update(made_by="X")), "its digest differs"),
    "a version out of place": (listed(lambda about: about["version"].pop(0)), "is out of its place"),
    "a number for a name": (listed(lambda about: about["version"][0].update(title=7)), "of another kind"),
    "an extra entry": (listed(lambda about: about["version"][0].update(extra="x")), "does not belong"),
    "an id that is a path": (
        listed(lambda about: (about.update(assessment="../x"), about["version"][0].update(assessment="../x")), seal=True),
        "of another kind",
    ),
    "a moment that is none": (listed(lambda about: about["version"][0].update(made_at="now"), seal=True), "of another kind"),
    "a kind that is none": (listed(lambda about: about["version"][0].update(kind="deleted"), seal=True), "of another kind"),
    "a control character": (listed(lambda about: about["version"][0].update(title="a\u0000b"), seal=True), "U+0000"),
    "a part that is a path": (
        listed(lambda about: about["version"][0]["parts"].update({"../x.toml": "0" * 64})),
        "does not list the files|digest differs",
    ),
    "a table that is none": (part("v1/people.parquet", b"PAR1 not PAR1"), "cannot be read as a Parquet table"),
    "findings that break their contract": (findings_with(lambda table: table.assign(severity="urgent")), "is not one of"),
    "findings without a column": (findings_with(lambda table: table.drop(columns="reason")), "column 'reason' is missing"),
    "findings that repeat": (findings_with(lambda table: pd.concat([table, table.head(1)])), "repeat the same"),
    "settings that are not JSON": (part("v1/assessment.json", b"{"), "cannot be read"),
    "settings nested without end": (part("v1/assessment.json", b"[" * 200_000), "cannot be read"),
    "answers that are none": (part("v2/responses.toml", b'[[response]]\nresponse = "delete"\n'), "an answer that is none"),
    "a proposal that is not TOML": (part("v1/proposal-1.toml", b"x"), "is not valid TOML"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_is_not_sound_is_refused_and_nothing_comes_in(sqlite: Register, sent: Path, tmp_path: Path, what: str) -> None:
    change, words = HOSTILE[what]
    bad = written(tmp_path / "bad.zip", change(opened(sent)))
    with pytest.raises(ExclusionError, match=words.replace("+", r"\+")) as error:
        registers.import_file(sqlite, bad, by="C. Officer")
    assert error.value.exit_code in (2, 3)
    assert len(registers.history(sqlite)) == 0 and len(registers.versions(sqlite)) == 0
    assert main(["register", "import", str(bad), "--by", "C", "--register", str(tmp_path / "register.sqlite")]) in (2, 3)


def refused(register: Register, path: Path) -> str:
    with pytest.raises(ExclusionError) as error:
        registers.import_file(register, path, by="C. Officer")
    assert len(registers.history(register)) == 0
    return str(error.value)


def test_a_link_in_place_of_a_file_is_refused(sqlite: Register, sent: Path, tmp_path: Path) -> None:
    files = opened(sent)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, content in files.items():
            about = zipfile.ZipInfo(name)
            if name == "v1/run.toml":
                about.external_attr = 0o120777 << 16
                content = b"/etc/passwd"
            archive.writestr(about, content)
    assert "a link in place of a file" in refused(sqlite, tmp_path / "bad.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(sqlite: Register, sent: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(sent.read_bytes())
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("v1/run.toml", "x = 1\n")
    assert "two files of one name" in refused(sqlite, bad)


def test_a_file_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(
    sqlite: Register, sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "PART_BYTES", 1 << 20)
    bomb = written(tmp_path / "bomb.zip", opened(sent) | {"v1/extra.toml": b" " * (8 << 20)})
    assert bomb.stat().st_size < 400_000
    assert "too large" in refused(sqlite, bomb)
    # One that says it is small and is not: what it says is held to while it is read.
    lying = bytearray(written(tmp_path / "lying.zip", opened(sent)).read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(lying))) as archive:
        size = archive.getinfo("v1/findings.parquet").file_size
    at = lying.rindex(b"v1/findings.parquet") - 46
    assert lying[at : at + 4] == b"PK\x01\x02" and int.from_bytes(lying[at + 24 : at + 28], "little") == size
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    (tmp_path / "lying.zip").write_bytes(lying)
    refused(sqlite, tmp_path / "lying.zip")


def test_a_table_that_unpacks_to_far_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "TABLE_ROWS", 1_000_000)
    dense = contents.table_bytes(pd.DataFrame({"a": [0] * 2_000_000}))
    assert len(dense) < 100_000
    with pytest.raises(DataRefused, match="unpacks to a table that is too large"):
        contents.table_from(dense, "x")


def test_files_that_are_no_export_are_said_to_be_so(sqlite: Register, sent: Path, tmp_path: Path, badge: Assessment) -> None:
    assert "cannot be read" in refused(sqlite, tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("hello")
    assert "not a sound zip file" in refused(sqlite, tmp_path / "text.zip")
    (tmp_path / "half.zip").write_bytes(sent.read_bytes()[: sent.stat().st_size // 2])
    assert "not a sound zip file" in refused(sqlite, tmp_path / "half.zip")
    with registers.connect(tmp_path / "other.sqlite") as other:
        saved = registers.save(other, badge, by="A. Officer")
        registers.export_public(other, saved.assessment, tmp_path / "draft.zip", by="A. Officer")
    assert "is a public copy, from which names and figures were left out" in refused(sqlite, tmp_path / "draft.zip")


@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bytes_changed_anywhere_never_bring_in_anything_else(sent: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Either the file is refused in a sentence, or what changed was no part of what it says (a date in the zip)."""
    content = bytearray(sent.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    bad = tmp_path / "bad.zip"
    bad.write_bytes(bytes(content))
    good, _ = carry.unpacked(sent)
    try:
        found, bodies = carry.unpacked(bad)
    except ExclusionError as error:
        assert "Traceback" not in str(error) and len(str(error)) < 3_000
        return
    assert found == good and all(chain.sha256(body) == digest for digest, body in bodies.items())


# ------------------------------------------------------------------------------ command line


def test_the_command_line_from_save_to_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--register", str(tmp_path / "register.sqlite")]

    def run(*words: str, code: int = 0) -> str:
        assert main(["register", *words, *where]) == code
        return capsys.readouterr().out if code == 0 else capsys.readouterr().err

    badge = ("--council", "Blackpool", "--service", "blue_badge", "--by", "A. Officer")
    first = json.loads(run("save", *badge, "--title", "Badge", "--json"))
    assert (first["number"], first["made_by"], first["title"]) == (1, "A. Officer", "Badge")
    second = ("save", *badge, "--weight", "age=1", "--assessment", first["assessment"][:6], "--based-on", "1")
    assert "Saved version 2" in run(*second)
    assert "A. Officer saved version 2 while you worked on version 1" in run(*second, code=6)
    assert [row["version"] for row in json.loads(run("list", "--json"))] == [2]
    assert "A. Officer" in run("list", first["assessment"])
    assert "It opens exactly as it was saved." in run("show", first["assessment"], "--version", "1")
    found = json.loads(run("show", first["assessment"], "--json"))
    assert found["missing"] == [] and found["unanswered"] > 0
    told = json.loads(run("compare", first["assessment"], "1", "2", "--json"))
    assert not told["same"] and "weights England age" in {row["what"] for row in told["settings"]} and told["bands"]
    assert "Version 2 was made by A. Officer" in run("compare", first["assessment"], "1", "2")
    out = tmp_path / "one.zip"
    assert str(out) in run("export", first["assessment"], "-o", str(out), "--by", "A. Officer")
    assert "public draft" in run("export", first["assessment"], "-o", str(tmp_path / "draft.zip"), "--public", "--by", "A. Officer")
    public = ("export", first["assessment"], "-o", str(tmp_path / "first.zip"), "--public", "--version", "1", "--by", "A. Officer")
    assert "public draft" in run(*public)
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert "Version 1, saved on" in archive.read("README.txt").decode()
    older = ("export", first["assessment"], "-o", str(out), "--version", "1", "--by", "A. Officer")
    assert "goes with --public or --share only" in run(*older, code=2)
    head = json.loads(run("verify", "--json"))["head"]
    assert head in run("verify", "--expect", head[:12])
    where[1] = str(tmp_path / "other.sqlite")
    assert "Took in 2 versions" in run("import", str(out), "--by", "B. Officer")
    assert "is blank" in run("import", str(out), "--by", " ", code=2)


def test_a_proposal_is_saved_to_the_letter_with_what_it_does(tmp_path: Path, bundled: Evidence) -> None:
    text = (
        'title = "Blue Badge online only"\ncouncils = ["Blackpool"]\ndate = 2027-04-01  # to the letter\n\n[[service]]\nid = "blue_badge"\n'
        'close = ["f2f"]\nkeep = ["phone"]\ncontacts = { phone = 4000, f2f = 2500 }\n'
    )
    (tmp_path / "proposal.toml").write_text(text)
    where = str(tmp_path / "register.sqlite")
    assert main(["register", "save", "--proposal", str(tmp_path / "proposal.toml"), "--by", "A. Officer", "--register", where]) == 0
    with registers.connect(where) as held:
        saved = registers.load(held, registers.versions(held)["assessment"].iloc[0])
    assert saved.proposals == (text,)
    assert {"effects", "demand", "options"} <= set(saved.tables)
    assert saved.version.title == "Blue Badge online only"
    # The contacts that are expected are kept with their numbers, so that a review can lay what came beside them.
    assert {"now", "low", "high", "label"} <= set(saved.table("demand").columns)
    assert main(["register", "show", saved.version.assessment, "--register", where]) == 0
    # rules.md section 10: what the proposal does to each finding, those that only say what is not known among them.
    effects, findings = saved.table("effects"), saved.table("findings")
    assert len(effects) == len(findings)
    asked = effects[effects["kind"].isin(["floor", "keep", "more_use"])]
    assert set(asked["proposal_effect"]) == {"closes", "stays", "none"}
    assert set(asked.loc[asked["proposal_effect"] == "closes", "channel"]) == {"f2f"}


def test_the_register_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT_OPEN_REGISTER", str(tmp_path / "here.sqlite"))
    with registers.connect():
        assert (tmp_path / "here.sqlite").is_file()
    monkeypatch.delenv("KEPT_OPEN_REGISTER")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert registers.default_place() == str(tmp_path / "kept-open" / "register.sqlite")


def test_a_place_that_cannot_be_written_leaves_nothing(sqlite: Register, badge: Assessment, tmp_path: Path) -> None:
    saved = registers.save(sqlite, badge, by="A. Officer")
    with pytest.raises(UsageError, match="is a folder"):
        registers.export_file(sqlite, saved.assessment, tmp_path, by="A. Officer")
    assert list(registers.history(sqlite)["what"]) == ["saved"]
