"""The adoption pack says what the program says: review days, licence, languages, dependencies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from exclusion import judgement, language

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "adoption.md").read_text(encoding="utf-8")
JUDGEMENT = Path(judgement.__file__).parent


def first_review(path: Path) -> str:
    """The earliest day by which anything in a file of judgement must be looked at again; blank where it gives none."""
    return min(re.findall(r"^review_by = (\d{4}-\d{2}-\d{2})$", path.read_text(encoding="utf-8"), re.MULTILINE), default="")


def listed() -> dict[str, str]:
    """File of judgement -> the day the page gives."""
    rows = re.findall(r"^\| (\d{4}-\d{2}-\d{2}) \| (.+?) \|$", PAGE, re.MULTILINE)
    return {name: day for day, names in rows for name in re.findall(r"`([^`]+)`", names)}


def test_every_file_that_must_be_read_again_is_on_the_list_with_its_first_day() -> None:
    held = {str(path.relative_to(JUDGEMENT)): day for path in sorted(JUDGEMENT.rglob("*.toml")) if (day := first_review(path))}
    assert held and listed() == held


def test_every_publisher_of_a_figure_is_in_the_calendar() -> None:
    sources = tomllib.loads((ROOT / "data" / "release.toml").read_text(encoding="utf-8"))["source"]
    words = {
        "Ministry of Housing, Communities and Local Government": "MHCLG",
        "Office for National Statistics": "ONS",
        "Northern Ireland Statistics and Research Agency": "NISRA",
        "mySociety": "",  # a classification of places that is not renewed
    }
    calendar = PAGE.split("### When publishers issue")[1].split("###")[0]
    for source in sources:
        publisher = str(source["publisher"]).split(",")[0] if str(source["publisher"]) not in words else str(source["publisher"])
        assert words.get(publisher, publisher) in calendar, f"{publisher} is not in the calendar"


def test_the_page_is_about_two_pages_before_the_draft_record() -> None:
    """Two sides of A4 hold about 1,000 words; the record and the lists of days are there to be filled in."""
    pitch = PAGE.split("### When texts must be looked at again")[0]
    assert 300 < len(re.findall(r"\w[\w'-]*", pitch)) < 1_000


@pytest.mark.parametrize("words", ["nil", "article 22", "Tier 1", "Tier 2", "restore drill", "exclusion take"])
def test_what_a_council_asks_is_answered(words: str) -> None:
    assert words in PAGE


def test_publiccode_agrees_with_the_package() -> None:
    held = (ROOT / "publiccode.yml").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f'versionMin: "{project["requires-python"].removeprefix(">=")}"' in held
    assert "license: MIT" in held and (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    # The standard's own limits: at most 150 letters, and 150 to 10,000.
    short = re.search(r"shortDescription: (.+)", held)
    long = re.search(r"longDescription: >\n((?: {6}.+\n)+)", held)
    assert short and long
    assert len(short[1]) <= 150 <= len(" ".join(long[1].split())) <= 10_000
    for key in ("publiccodeYmlVersion", "name", "url", "softwareType", "developmentStatus", "platforms", "description", "legal"):
        assert re.search(rf"^{key}:", held, re.MULTILINE), key
    # Ready: sentences come from a catalogue. A language is available once somebody who translates has signed it.
    assert "localisationReady: true" in held
    languages = re.findall(r"^ {4}- (\w+)", held.split("availableLanguages:")[1].split("dependsOn")[0], re.MULTILINE)
    assert languages == ["en", *sorted(code for code in language.languages() if code != "en" and language.catalogue(code).checked)]
    for key in ("maintenance", "localisation"):
        assert re.search(rf"^{key}:\n +\w+:", held, re.MULTILINE), key
