"""A register outlives the program, the release and the thresholds: what was saved before opens, and its tables are brought up to date.

``kept/thresholds_1.zip`` was written on 26 November 2026 by the first program that had a register (commit 4a7a250), on the
release "England and Wales wards 2026.11" that was bundled then, with version 1 of the thresholds: the Blue Badge in Ribble
Valley, a proposal, and one answer. It is never made anew.
"""

from __future__ import annotations

import importlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from registers import answer, badge, place, register, server  # noqa: F401

from exclusion import register as registers
from exclusion.__main__ import main
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused
from exclusion.register import Register, connect
from exclusion.release import Evidence

OLD = Path(__file__).parent / "kept" / "thresholds_1.zip"


def test_what_an_older_program_saved_is_read_answered_compared_and_sent_on(register: Register, bundled: Evidence, tmp_path: Path) -> None:
    name = registers.import_file(register, OLD, by="C. Officer").assessment
    opened = registers.load(register, name)
    assert opened.run["thresholds_version"] == "1" and set(opened.table("findings")["thresholds_version"]) == {"1"}
    assert (opened.version.number, opened.version.made_by) == (2, "B. Officer")
    # 26 wards: 3 ways in of the minimum each, 16 for more use, 8 to keep; one was rejected.
    assert opened.because() == ["1 finding was rejected.", "101 of 102 findings that ask for an answer have no answer."]
    assert registers.answer_form(opened)["reason"].tolist().count("The line is staffed until 8.") == 1
    assert opened.proposals[0].startswith('title = "Blue Badge online"')
    # The release of then is not bundled any more: that is said, and nothing else is missing.
    said = "It was made with the release England and Wales wards, version 2026.11; this is United Kingdom wards, version 2026.11."
    assert opened.reopen(bundled).missing == (said,)
    assert registers.restore(opened, bundled).missing == (said,)
    # It goes on: an answer more, a comparison, a copy for the public, and out again with every version.
    made = registers.respond(register, name, 2, [answer(opened.table("findings"), 1)], by="D. Officer")
    assert "D. Officer answered 'accept'" in " ".join(registers.compare(opened, registers.load(register, name)).sentences())
    registers.export_public(register, name, tmp_path / "public.zip", by="D. Officer")
    with connect(tmp_path / "other.sqlite") as other:
        every = registers.export_file(register, name, tmp_path / "all.zip", by="D. Officer")
        assert registers.import_file(other, every, by="E. Officer").added == made.number
    assert registers.verify(register).problems == ()


def test_opened_on_its_own_release_it_is_whole(register: Register, bundled: Evidence) -> None:
    """On a release of the name and files it was made with: every part of the assessment is read as this program keeps it now."""
    name = registers.import_file(register, OLD, by="C. Officer").assessment
    opened = registers.load(register, name)
    run = opened.run
    files = {file: {"sha256": digest} for file, digest in run["sha256"].items()}
    manifest = replace(bundled.manifest, name=run["release"]["name"], version=run["release"]["version"], files=files)
    found = opened.reopen(replace(bundled, manifest=manifest))
    assert found.missing == () and found.assessment is not None
    assert found.assessment.thresholds_version == "1" and len(found.assessment.areas) == 26
    assert found.assessment.method.weights["England"]["age"] == 0.36


def test_the_command_line_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--register", str(tmp_path / "r.sqlite")]
    assert main(["register", "import", str(OLD), "--by", "C. Officer", *where]) == 0
    name = capsys.readouterr().out.split(" of ")[1].split(";")[0]
    assert main(["register", "scrutiny", name, "-o", str(tmp_path / "s.html"), *where]) == 3
    told = capsys.readouterr().err
    assert "cannot be shown as it was: It was made with the release England and Wales wards" in told and "--release" in told
    assert not (tmp_path / "s.html").exists()


# ------------------------------------------------------------------------------ migrations

STEP = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

def upgrade():
    op.add_column("versions", sa.Column("seen_by", sa.Text, nullable=False, server_default=""))
    op.create_table("signatures", sa.Column("version", sa.String(64), primary_key=True))
    %s
"""


@pytest.fixture
def filled(place: str, badge: Assessment) -> str:
    """A register of this version with an assessment and an answer in it, closed."""
    with connect(place) as held:
        saved = registers.save(held, badge, by="A. Officer")
        registers.respond(held, saved.assessment, 1, [answer(registers.load(held, saved.assessment).table("findings"), 0)], by="B. Officer")
    return place


def next_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, last: str = "") -> None:
    """A program one step further: a column and a table more."""
    folder = tmp_path / "migrations"
    shutil.copytree(Path(registers.__file__).parent / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "v0003_next.py").write_text(STEP % last, encoding="utf-8")
    module = importlib.import_module("exclusion.register.connect")
    monkeypatch.setattr(module, "MIGRATIONS", folder)
    monkeypatch.setattr(module, "REVISION", "0003")


def shape(place: str) -> tuple[str, set[str], set[str]]:
    """The step a register is at, its tables, and the columns of its versions."""
    url = place.replace("postgresql://", "postgresql+psycopg://") if "://" in place else f"sqlite:///{place}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = sa.inspect(connection)
        step = str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one())
        shaped = (step, set(found.get_table_names()), {column["name"] for column in found.get_columns("versions")})
    engine.dispose()
    return shaped


def test_a_register_with_data_in_it_is_brought_up_to_a_later_version(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shape(filled)[0] == "0002"
    next_step(monkeypatch, tmp_path)
    with connect(filled) as held:
        assert registers.verify(held).problems == (), "every seal still holds"
        name = registers.versions(held)["assessment"].iloc[0]
        opened = registers.load(held, name)
        assert opened.version.number == 2 and opened.responses["name"].tolist() == ["B. Officer"]
        registers.respond(held, name, 2, [answer(opened.table("findings"), 1)], by="C. Officer")
    step, tables, columns = shape(filled)
    assert step == "0003" and "signatures" in tables and "seen_by" in columns
    monkeypatch.undo()
    with pytest.raises(DataRefused, match="was made by a newer version of this program"):
        connect(filled)


def test_a_step_that_fails_leaves_the_register_as_it_was(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shape(filled)
    with monkeypatch.context() as further:
        next_step(further, tmp_path, 'op.execute("UPDATE versions SET note = 1 / 0 WHERE no_such_column = 1")')
        with pytest.raises(DataRefused, match="Nothing was saved, and what was there is as it was"):
            connect(filled)
    assert shape(filled) == before
    with connect(filled) as held:
        assert registers.verify(held).problems == () and len(registers.versions(held)) == 1


def test_a_register_of_the_first_version_is_brought_up_and_can_be_signed_off(
    place: str, badge: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file and on PostgreSQL: made with the first step alone, as a program before sign-offs made it."""
    module = importlib.import_module("exclusion.register.connect")
    with monkeypatch.context() as before:
        before.setattr(module, "REVISION", "0001")
        with connect(place) as held:
            name = registers.save(held, badge, by="A. Officer").assessment
    assert shape(place)[0] == "0001" and indexes(place) == []
    with connect(place) as held:
        registers.sign_off(held, name, 1, "head", by="H. Head")
        assert registers.load(held, name).signed[0].by == "H. Head"
        assert registers.verify(held).problems == ()
    assert shape(place)[0] == "0002" and indexes(place) == ["history_by_assessment"]


def indexes(place: str) -> list[str]:
    """The indexes of the history that are not of a key."""
    url = place.replace("postgresql://", "postgresql+psycopg://") if "://" in place else f"sqlite:///{place}"
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [str(one["name"]) for one in sa.inspect(connection).get_indexes("history") if not one["unique"]]
    engine.dispose()
    return found
