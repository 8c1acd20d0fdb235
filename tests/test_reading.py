"""Plain English, held: the age of a reader who follows each page a councillor or the public is given."""

from __future__ import annotations

import pytest
import reading
from test_register_considering import TODAY

from exclusion import equality, proposal, report
from exclusion.equality.model import lines

TEXT = """
title = "Move it online"
councils = ["{council}"]
date = 2027-04-01
[[service]]
id = "{service}"
close = ["f2f"]
fewer_hours = ["phone"]
"""
NATIONS = [("Blackpool", "blue_badge"), ("Gwynedd", "council_tax_reduction"), ("Glasgow City", "blue_badge"), ("Belfast", "bulky_waste")]
OLDEST = 14


def said(sections) -> list[str]:
    return [line for one in sections for line in (one.title, *one.lines)]


def test_the_measure_is_the_published_formula():
    # Six words, one sentence, six syllables: 0.39 x 6 + 11.8 x 6 / 6 - 15.59 = -1.45, and five years on.
    assert reading.age("The cat sat on the mat.") == pytest.approx(3.55)
    # Two sentences of three words, with 1 + 2 + 4 and 1 + 3 + 3 syllables: 0.39 x 3 + 11.8 x 14 / 6 - 15.59 = 13.11.
    assert reading.age("The council equality. A proposal 2027.") == pytest.approx(18.113, abs=0.001)
    words = {"people": 2, "disabled": 2, "closed": 1, "needed": 2, "table": 2, "services": 3, "opportunity": 5}
    assert {word: reading.syllables(word) for word in words} == words
    assert len(reading.sentences("Closes: face to face; post. It 3.5 stays")) == 2


@pytest.fixture(scope="module", params=NATIONS, ids=[council for council, _ in NATIONS])
def held(request, bundled):
    council, service = request.param
    return proposal.consider(bundled, proposal.parse(TEXT.format(council=council, service=service), "p.toml"), today=TODAY), service


def test_a_reader_of_fourteen_follows_every_page(held):
    considered, service = held
    ages = {"scrutiny": reading.age(said(report.scrutiny_page(considered).sections))}
    made = equality.build(considered, today=TODAY)
    ages["equality assessment"] = reading.age(lines(tuple(block for one in made.sections for block in one.blocks)))
    for code in considered.assessment.areas.index[::3]:
        page = report.member_page_of(considered, code, service)
        ages[str(code)] = reading.age([page.title, page.decided_by, *said(page.sections)])
    assert {name: round(age, 1) for name, age in ages.items() if age > OLDEST} == {}
    assert len(ages) > 6
