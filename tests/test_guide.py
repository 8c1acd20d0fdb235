"""Guidance for a first visit: what it says is read from the figures in force, and every term it explains is one the pages use."""

from __future__ import annotations

import exclusion
from exclusion import maps
from exclusion.views import guide


def test_the_first_visit_is_explained_in_five_sentences():
    assert len(guide.FIVE) == 5
    assert [line.count(".") for line in guide.FIVE] == [1] * 5


def test_every_level_of_a_finding_is_in_the_glossary():
    assert {shade.word for shade in (*maps.LEVELS, maps.NOT_ASSESSED)} <= set(guide.WORDS)
    assert list(guide.glossary()["Word"]) == sorted(guide.WORDS)


def test_a_worked_example_speaks_of_the_firmest_ward_and_keeps_the_band_apart(bundled):
    """Blackpool, council tax reduction: "Advise keeping" in 13 of 21 wards (as on the Service page), Anchorsholme first by name."""
    a = exclusion.assess(bundled, ["Blackpool"], ["council_tax_reduction"])
    steps = dict(guide.worked_example(a))
    assert steps["Then the wards."] == "“Advise keeping” is the firmest level found here, in 13 wards of 21."
    assert steps["Take Anchorsholme."].startswith("Advise keeping: ")
    assert "band 5 Highest" in steps["Now the band."]
    assert "Not checked" in steps["What is left open."]


def test_a_council_where_nothing_can_be_checked_is_not_said_to_need_nothing(bundled):
    a = exclusion.assess(bundled, ["Belfast"], ["blue_badge"])
    said = " ".join(text for _, text in guide.worked_example(a))
    assert "That is not the same as no need" in said or "is the firmest level found here" in said
