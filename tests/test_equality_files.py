"""The equality assessment as a user gets it: from the command line, and opened in LibreOffice."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from docx import Document as read_word
from test_equality import PNG, TEXT, TODAY

from exclusion import equality, proposal, register
from exclusion.__main__ import main
from exclusion.register import Response

EVIDENCE = "Evidence as at 26 November 2026"


@pytest.fixture(scope="module")
def made(bundled):
    return equality.build(proposal.consider(bundled, proposal.parse(TEXT, "p.toml"), today=TODAY), label="EqIA", today=TODAY)


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "p.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------ the command


def test_one_command_writes_the_document(here, capsys):
    (here / "logo.png").write_bytes(PNG)
    assert main(["equality", "--proposal", "p.toml", "-o", "out/a.docx", "--label", "EqIA", "--logo", "logo.png"]) == 0
    assert "What only people can say is left open in it." in capsys.readouterr().out.replace("\n", " ")
    assert read_word(here / "out" / "a.docx").core_properties.title.startswith("EqIA: ")


def test_the_ending_decides_and_the_socio_economic_duty_can_be_set(here):
    words = ["--socio-economic", "adopted", "--socio-economic-since", "2025-04-01"]
    assert main(["equality", "-p", "p.toml", "-o", "a.html", *words]) == 0
    assert "The council has chosen since 1 April 2025 to have due regard" in (here / "a.html").read_text(encoding="utf-8")


def test_the_shipped_form_is_written_and_filled(here):
    assert main(["equality", "--sample-form", "form.docx"]) == 0
    assert "{{ age_know }}" in [p.text for p in read_word(here / "form.docx").paragraphs]
    assert main(["equality", "-p", "p.toml", "-o", "own.docx", "--form", "form.docx"]) == 0
    said = "\n".join(p.text for p in read_word(here / "own.docx").paragraphs)
    assert "{{ age_know }}" not in said and "Aged 75 to 84" in said
    assert "[To be filled in. Consultation, complaints, staff" in said  # an empty cell would read as "no impact"


def test_answers_come_from_the_register(here, bundled):
    considered = proposal.consider_files(bundled, ["p.toml"])
    keep = considered.findings
    one = (
        keep[(keep["kind"] == "keep") & (keep["service_id"] == "blue_badge") & (keep["channel"] == "f2f")].sort_values("area_name").iloc[0]
    )
    answer = Response(one["area_code"], "blue_badge", "f2f", "keep", one["rule_ids"], "reject", "A bus goes to the next library.")
    with register.connect(here / "r.sqlite", create=True) as held:
        saved = register.save(held, considered.assessment, by="A. Officer", proposals=[TEXT])
        register.respond(held, saved.assessment, saved.number, [answer], by="B. Officer")
    assert main(["equality", "-p", "p.toml", "-o", "a.html", "--answers", saved.assessment, "--register", "r.sqlite"]) == 0
    assert f"Rejected in {one['area_name']}: “A bus goes to the next library.” (B. Officer, " in (here / "a.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--proposal: is missing"),
        (["-p", "p.toml"], "-o: is missing"),
        (["-p", "p.toml", "-o", "a.pdf"], "End the name in .docx or .html."),
        (["-p", "p.toml", "-o", "a.html", "--form", "p.toml"], "--form: is filled in as it is"),
        (["-p", "p.toml", "-o", "a.docx", "--form", "p.toml"], "form: is not a Word document"),
        (["-p", "p.toml", "-o", "a.docx", "--logo", "p.toml"], "logo: is not a PNG or JPEG picture"),
        (["-p", "p.toml", "-o", "a.docx", "--logo", "no.png"], "--logo: cannot be read"),
        (["-p", "p.toml", "-o", "a.docx", "--socio-economic", "maybe"], "Use not_in_force, in_force or adopted."),
        (["-p", "p.toml", "-o", "a.docx", "--socio-economic-since", "2025-01-01"], "--socio-economic: is missing"),
        (["-p", "p.toml", "-o", "a.docx", "--socio-economic", "adopted"], "--socio-economic-since: is missing. Say since when"),
        (["-p", "p.toml", "-o", "a.docx", "--socio-economic", "in_force"], "--socio-economic-since: is missing. Say since when"),
        (["-p", "p.toml", "-o", "a.docx", "--socio-economic", "adopted", "--socio-economic-since", "2999-01-01"], "has not come yet"),
        (["-p", "p.toml", "-o", "a.docx", "--answers", "abc", "--register", "none.sqlite"], "no assessment has been saved in it"),
    ],
)
def test_a_slip_is_said_before_the_slow_part_and_nothing_is_written(here, capsys, words, said):
    assert main(["equality", *words]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")
    assert [item.name for item in here.iterdir()] == ["p.toml"]


# ------------------------------------------------------------------ opened and printed


def test_word_documents_open_in_libreoffice_with_the_date_on_every_page(made, tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None or shutil.which("pdftotext") is None:
        pytest.skip("no LibreOffice or no poppler on this machine (Debian: apt install libreoffice-writer poppler-utils)")
    (tmp_path / "a.docx").write_bytes(equality.to_docx(made, PNG))
    (tmp_path / "own.docx").write_bytes(equality.fill_form(made, equality.sample_form()))
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    command = [
        soffice,
        home,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "a.docx"),
        str(tmp_path / "own.docx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for name in ("a.pdf", "own.pdf"):
        pages = text_of(tmp_path / name)
        assert len(pages) > 10
        assert [number for number, text in enumerate(pages, start=1) if EVIDENCE not in text] == []
    whole = " ".join(text_of(tmp_path / "a.pdf"))
    assert f"Page {len(text_of(tmp_path / 'a.pdf'))} of {len(text_of(tmp_path / 'a.pdf'))}" in re.sub(r"\s+", " ", whole)
    assert "Learning disability: no ward figure" in whole


def text_of(path: Path) -> list[str]:
    """The text of each page of a PDF."""
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.split("\f")[:-1]
