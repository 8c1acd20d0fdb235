"""A proposal kept with its assessment opens as it was: every table, every page, every document, without working anything out again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal
from registers import sqlite  # noqa: F401

from exclusion import equality, proposal, register, report
from exclusion.__main__ import main
from exclusion.contracts import DataRefused
from exclusion.register import considering

TODAY = date(2026, 11, 26)
TEXT = """
title = "Blue Badge online"
councils = ["Blackpool"]
date = 2027-04-01
[officer]
saving = "about £40,000 a year"
[[service]]
id = "blue_badge"
close = ["f2f"]
fewer_hours = ["phone"]
keep = ["post"]
contacts = { phone = 1500, f2f = 900 }
[[place]]
name = "Middle House"
kind = "library"
change = "closes"
services = ["blue_badge", "council_tax_reduction"]
"""


@pytest.fixture(scope="module")
def considered(bundled):
    return proposal.consider(bundled, proposal.parse(TEXT, "p.toml", bundled.areas), today=TODAY)


def saved(held, considered, texts=(TEXT,)):
    written, tables = register.kept(considered, texts)
    version = register.save(held, considered.assessment, by="A. Officer", proposals=written, tables=tables)
    return register.load(held, version.assessment)


def test_every_table_and_every_document_is_as_it_was(sqlite, bundled, considered, monkeypatch):
    version = saved(sqlite, considered)
    monkeypatch.setattr(proposal, "consider", None)  # whoever worked it out again would fail here
    monkeypatch.setattr(considering, "toml_text", None)
    back = register.restore(version, bundled)
    assert back.missing == ()
    for name in ("findings", "demand", "options", "dependents", "cumulative"):
        assert_frame_equal(getattr(back.considered, name), getattr(considered, name))
    assert (back.considered.proposals, back.considered.notices) == (considered.proposals, considered.notices)
    ward = considered.assessment.areas.index[0]
    for made in (
        lambda one: equality.to_html(equality.build(one, today=TODAY)),
        lambda one: equality.to_docx(equality.build(one, today=TODAY)),
        lambda one: report.scrutiny_html(one, TODAY),
        lambda one: report.ward_html(one, "blue_badge", ward, TODAY),
    ):
        assert made(back.considered) == made(considered)


def test_the_name_and_the_duty_that_the_council_set_are_kept_with_the_words(sqlite, bundled, considered, monkeypatch, tmp_path: Path):
    written, tables = register.kept(considered, (TEXT,))
    settings = register.Settings("Equality analysis", "adopted", date(2025, 4, 1))
    tables["words"] = register.words_table({"age_told": "The lunch club was asked."}, settings)
    name = register.save(sqlite, considered.assessment, by="A. Officer", proposals=written, tables=tables).assessment
    back = register.load(sqlite, name)
    assert (register.words_of(back), register.settings_of(back)) == ({"age_told": "The lunch club was asked."}, settings)
    monkeypatch.setattr("exclusion.cli.inputs.load", lambda *_: bundled)
    where = ["--register", str(tmp_path / "register.sqlite"), "-o", str(tmp_path / "e.html")]
    assert main(["equality", "--answers", name, *where]) == 0
    page = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert "<h1>Equality analysis: Blue Badge online</h1>" in page and "1 April 2025" in page and "The lunch club was asked." in page
    assert main(["equality", "--answers", name, "--label", "EqIA", "--socio-economic", "not_in_force", *where]) == 0
    page = (tmp_path / "e.html").read_text(encoding="utf-8")
    assert "<h1>EqIA: Blue Badge online</h1>" in page and "1 April 2025" not in page  # what is given now comes first
    assert main(["register", "scrutiny", name, *where]) == 0
    assert "1 April 2025" in (tmp_path / "e.html").read_text(encoding="utf-8")


def test_a_version_saved_without_them_opens_with_ours_and_one_that_cannot_be_is_refused(sqlite, considered):
    assert register.settings_of(saved(sqlite, considered)) == register.Settings("EIA", "", None)
    tables = {"words": register.words_table({}, register.Settings("EIA", "perhaps"))}  # as a file from elsewhere may have it
    version = register.save(sqlite, considered.assessment, by="A. Officer", tables=tables)
    with pytest.raises(DataRefused, match=r"socio-economic duty is not one that can be set \(found: perhaps"):
        register.settings_of(register.load(sqlite, version.assessment))


def test_without_its_release_the_page_says_so_and_the_tables_can_be_read(sqlite, considered):
    version = saved(sqlite, considered)
    back = register.restore(version, None)
    assert back.considered is None and "The release it was made with is not here" in back.missing[0]
    assert len(version.table("effects")) == len(considered.findings)


def test_one_saved_without_all_its_tables_says_which(sqlite, bundled, considered):
    version = register.save(sqlite, considered.assessment, by="A. Officer", proposals=[TEXT], tables={"demand": considered.demand})
    back = register.restore(register.load(sqlite, version.assessment), bundled)
    assert back.considered is None
    assert back.missing == (
        "It was saved without what the proposal does to each finding, the options, the services that lean on a place that changes, the "
        "other changes for the same people and the notes on how it was worked out, so what the proposal does cannot be shown as it was; "
        "the findings can.",
    )


def test_a_proposal_that_points_to_a_file_of_contacts_is_kept_whole(bundled, considered, tmp_path: Path):
    ward = considered.assessment.areas.index[0]
    (tmp_path / "c.csv").write_text(f"area_code,phone\n{ward},40\n", encoding="utf-8")
    text = TEXT.replace("contacts = { phone = 1500, f2f = 900 }", 'contacts_file = "c.csv"')
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    read = proposal.consider_files(bundled, [tmp_path / "p.toml"], today=TODAY)
    (written,), _ = register.kept(read, [text])
    assert "contacts_file" not in written
    assert proposal.parse(written).service[0].contacts_by_ward == {ward: {"phone": 40}}
    (kept,), _ = register.kept(considered, [TEXT])
    assert kept == TEXT  # whole by itself: to the letter
