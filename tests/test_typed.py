"""Text as people paste it: line ends and unseen marks are put right, control characters are refused wherever text comes in."""

from __future__ import annotations

import pytest

from exclusion import equality, proposal
from exclusion.__main__ import main
from exclusion.contracts import DataRefused, ExclusionError, UsageError, toml_document
from exclusion.release import Evidence
from exclusion.typed import as_typed, not_text, strange, typed

TEXT = """
title = "Blue Badge {title}"
councils = ["Blackpool"]
date = {date}
[[service]]
id = "blue_badge"
close = ["f2f"]
"""


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a line broken\vby hand", "a line broken\nby hand"),  # Shift+Enter in a word processor
        ("\u202ebackwards\u202c", "backwards"),  # what follows the mark reads from right to left
        ("é, tab\t, emoji 🙂", "é, tab\t, emoji 🙂"),
    ],
)
def test_what_is_put_right_without_a_word(pasted: str, kept: str) -> None:
    assert as_typed(pasted) == kept and not_text(pasted) == ""
    assert typed({"a": [pasted, 1]}) == {"a": [kept, 1]}


@pytest.mark.parametrize(
    ("letter", "name"), [("\x00", "U+0000"), ("\x1b", "U+001B"), ("\x7f", "U+007F"), ("\uffff", "U+FFFF"), ("\ud800", "U+D800")]
)
def test_what_no_text_should_hold_is_named_with_its_place(letter: str, name: str) -> None:
    """None of these can stand in a Word document or a workbook; the place counts from nought, as in Python."""
    assert not_text(f"a{letter}b") == name
    assert list(strange({"service": [{"id": "x"}, {"id": f"a{letter}"}], f"b{letter}": 1})) == [
        (("service", 1, "id"), name),
        (("field 2",), name),
    ]


def test_every_such_text_of_a_toml_file_is_told_at_once() -> None:
    with pytest.raises(DataRefused) as refused:
        toml_document('title = "a\\u0000b"\n[[place]]\nname = "\\u001bx"\n', "p.toml")
    assert [str(one) for one in refused.value.problems] == [
        "p.toml, title: holds a character that is not text (found: U+0000). Type it again.",
        "p.toml, place.1.name: holds a character that is not text (found: U+001B). Type it again.",
    ]


def test_brackets_within_brackets_are_read_or_refused_in_words_at_every_depth() -> None:
    """Python's reader takes some hundreds of them; what walks through them afterwards must end in words too."""
    refused = 0
    for depth in range(50, 1500, 50):
        try:
            found = toml_document(f"a = {'[' * depth}{']' * depth}", "p.toml")["a"]
        except DataRefused as error:
            refused += 1
            assert "p.toml: is not valid TOML: brackets stand within brackets too deeply" in str(error)
        else:
            assert not refused and isinstance(found, list)
    assert 0 < refused < 29


def test_a_proposal_is_refused_from_a_file_and_from_a_form_and_the_officers_words_are_too(bundled: Evidence, tmp_path, capsys) -> None:
    path = tmp_path / "p.toml"
    path.write_text(TEXT.format(title="\\u0000", date="2027-04-01"), encoding="utf-8")
    assert main(["equality", "--proposal", str(path), "-o", str(tmp_path / "n.docx")]) == 3
    assert "p.toml, title: holds a character that is not text (found: U+0000)" in capsys.readouterr().err
    assert not (tmp_path / "n.docx").exists()
    fields = toml_document(TEXT.format(title="online", date="2027-04-01"), "p.toml")
    with pytest.raises(DataRefused, match=r"form, title: holds a character that is not text"):
        proposal.build(fields | {"title": "a\x00b"}, "form", bundled.areas)
    considered = proposal.consider(bundled, proposal.build(fields, "form", bundled.areas))
    name = next(iter(equality.open_fields(equality.build(considered))))
    with pytest.raises(UsageError, match=rf"{name}: holds a character that is not text \(found: U\+0001\)"):
        equality.build(considered, filled={name: "a\x01b"})
    made = equality.build(considered, filled={name: "one\vtwo"})
    assert equality.open_fields(made).keys() == equality.open_fields(equality.build(considered)).keys()
    assert len(equality.to_docx(made)) > 10_000  # a vertical tab, as Word pastes it, can be written since it is a line end


@pytest.mark.parametrize("day", ["9999-12-31", "1999-12-31", "2101-01-01"])
def test_a_day_beyond_any_plan_is_refused_with_its_line(day: str) -> None:
    """Windows of 24 months are counted from it, and the calendar ends at 9999: this once ended in a traceback."""
    with pytest.raises(ExclusionError, match=rf"p\.toml, line 4, date: is not a day between 2000 and 2100 \(found: {day}\)"):
        proposal.parse(TEXT.format(title="online", date=day), "p.toml")
    for last in ("2000-01-01", "2100-12-31"):
        assert str(proposal.parse(TEXT.format(title="online", date=last), "p.toml").date) == last
