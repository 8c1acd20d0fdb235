"""Guidance for somebody who has never been here: five sentences, a worked example, the words, and the accessibility statement."""

from __future__ import annotations

import pandas as pd

from exclusion import maps
from exclusion.assessment import Assessment
from exclusion.language import mark, tr
from exclusion.saying import counted, join_words
from exclusion.views.service import across, band_label, floor, kept, left_open, levels, reasons_here
from exclusion.words import within

FIVE = (
    mark("When a council moves a service online, some people can no longer reach it."),
    mark("These pages say, for one service and each ward, which other ways in must stay open, for about how many people, and why."),
    mark("Every line rests on published figures about the area, with its source and date; nothing here knows any person."),
    mark("Where we hold no figure we say so: not checked never means no need, and the minimum for the whole council always stays."),
    mark("Choose your council and a service, look at the map or the table, open a ward, and take the tables or pages away for your paper."),
)
"""What this is, for a first visit: five sentences."""

WORDS = {
    mark("Area, ward"): mark("A place with a code of the Government Statistical Service. An area is a ward unless we say otherwise."),
    mark("Band"): mark(
        "One of five equal groups of the wards of a nation, from 1 Lowest to 5 Highest, by how likely residents are "
        "not to use the internet. Bands are cut within a nation. A band never decides what to keep open."
    ),
    mark("Council-wide minimum, floor"): mark(
        "Ways in that stay for the service everywhere, whatever the ward figures say, because law or good practice asks for them."
    ),
    mark("Finding"): mark(
        "One way in that one service should keep in one ward, with how firm it is, the reasons, and the figures behind them."
    ),
    maps.LEVELS[3].word: mark("The firmest level of a finding: the move should not go ahead in this ward without this way in."),
    maps.LEVELS[2].word: mark("The middle level: keep this way in unless the council knows something we do not."),
    maps.LEVELS[1].word: mark("The lightest level: look again when the service has moved, or ask people who know the ward."),
    mark("Nothing found in rules checked"): mark(
        "The rules that could be checked found nothing beyond the minimum. It does not mean that nobody needs another way in."
    ),
    maps.NOT_ASSESSED.word: mark("The figures for the rules are not held, so nothing can be said either way."),
    mark("People unlikely to use the internet"): mark(
        "Our estimate of residents aged 16 and over who did not use the internet in the last three months, from "
        "survey rates by age and disability. A range, because rates and places differ."
    ),
    mark("Release"): mark(
        "One set of figures, put together on one day, that every page of a visit speaks from. Its version is on the "
        "page Sources and method."
    ),
    mark("Risk"): mark(
        "A score from 0 to 100 of how likely residents of a ward are not to use the internet, whatever the service. Higher is more."
    ),
    mark("Rule"): mark("A sentence with a number, such as W05, that says which figures are a reason to keep which way in."),
    mark("Small area"): mark("A part of a ward that figures are published for (about 1,500 people in England and Wales)."),
    mark("Way in, channel"): mark(
        "How somebody reaches a service: online, phone, face to face, post, a visit at home, a translation or easy read."
    ),
}
"""The words on these pages, each with its one meaning."""

STATEMENT = (
    (
        mark("What we measured"),
        (
            mark(
                "We aim at level AA of the Web Content Accessibility Guidelines, version 2.2. Every page is checked with "
                "axe-core at 1280 and 320 pixels wide whenever the program is tested, and a release with anything found does "
                "not pass."
            ),
            mark(
                "Automatic checks see about a third of what can be wrong. No disabled person and no auditor has yet tried "
                "these pages for us, and we did not try them with JAWS, NVDA or VoiceOver. The council that hosts them "
                "should, before it relies on them."
            ),
        ),
    ),
    (
        mark("What works"),
        (
            mark(
                "Everything can be reached and used with a keyboard. On a map, Tab goes to the wards and then to the places; "
                "arrow keys move between them; Enter chooses a ward."
            ),
            mark("Every map and chart stands beside a table with the same figures, and every colour has a number and a word."),
            mark("Pages can be read at 320 pixels and at 400% without scrolling sideways, except for wide grids, which scroll in a frame."),
            mark("When an answer changes, the sentence with the result is read out. Every page has its own title and one first heading."),
            mark("Nothing moves, nothing times out, and pages can be printed."),
        ),
    ),
    (
        mark("What does not work"),
        (
            mark(
                "The key R runs a page again and cannot be turned off or changed (WCAG 2.1.4, level A). It comes with "
                "Streamlit, which these pages are made with. While a box for text has focus, R is only a letter."
            ),
            mark(
                "On a map with more than 700 wards, wards are drawn as one picture and cannot be reached with the keyboard; "
                "use the table, the list of councils or the box that finds a ward."
            ),
            mark("Charts are pictures with a sentence in words; the table below each holds its figures."),
            mark(
                "After a choice, Streamlit draws the page again. Focus stays where it was, but a screen reader may read some of it twice."
            ),
            mark(
                "Tables you can sort and filter are drawn by Streamlit as a grid; its column menus open only with a pointer. "
                "The same table can be taken away as CSV."
            ),
            mark(
                "The Welsh of these pages has not been checked by a translator yet, and what is not translated so far is in "
                "English; each page in Welsh says so."
            ),
        ),
    ),
    (
        mark("If something stops you"),
        (
            mark(
                "Tell the council that hosts these pages; the statement on its own site says whom and how. It can give you "
                "any table or page from here as a file, or on paper."
            ),
        ),
    ),
)
"""The accessibility statement: headed lists of sentences. It says only what was measured."""


def glossary() -> pd.DataFrame:
    """The words as a table: ``Word, Meaning``."""
    return pd.DataFrame(sorted((tr(word), tr(meaning)) for word, meaning in WORDS.items()), columns=[tr("Word"), tr("Meaning")])


def worked_example(a: Assessment) -> list[tuple[str, str]]:
    """One service in one council, read aloud step by step from the figures in force: pairs of a bold opening and a sentence.

    The ward taken is the first by name among those with the firmest finding, so the example stays true when figures change.
    """
    (service,) = a.services
    classes = levels(a, service.id)
    stays = join_words([within(way) for way, _, _ in floor(a, service.id)])
    steps = [
        (
            tr("First the minimum."),
            tr("{service} keeps {stays} everywhere, whatever the wards look like.", service=tr(service.service_name), stays=stays),
        )
    ]
    general = across(a, service.id)
    if general:
        steps.append((tr("Then what is said once."), " ".join(" ".join(line) for line in general)))
    if classes.dropna().empty or not int(classes.max()):
        steps.append((tr("Then the wards."), tr("In none of them the rules found more. That is not the same as no need.")))
        return steps
    firmest = int(classes.max())
    wards = a.areas.index[(classes == firmest).fillna(False)]
    code = str(wards[0])
    name = str(a.areas.loc[code, "area_name"])
    word = maps.LEVELS[firmest].said
    steps.append(
        (
            tr("Then the wards."),
            tr(
                "“{word}” is the firmest level found here, in {wards} of {areas}.",
                word=word,
                wards=counted(len(wards), "ward"),
                areas=len(a.areas),
            ),
        )
    )
    found = kept(a, service.id)
    head, reason = reasons_here(found[found["area_code"] == code])[0]
    steps.append((tr("Take {name}.", name=name), f"{head} {reason}"))
    steps.append(
        (
            tr("Now the band."),
            tr(
                "{name} is in band {band_label}, and about {people} residents are unlikely to use the internet. The band is "
                "not why the way in is kept: the reason above is.",
                name=name,
                band_label=band_label(a, code),
                people=_bare(a.people["label"][code]),
            ),
        )
    )
    steps.append((tr("What is left open."), left_open(a, service.id, code)))
    steps.append(
        (tr("What to do with it."), tr("Ask whoever knows the ward whether the reason holds, then say in the proposal what stays open."))
    )
    return [(head, text) for head, text in steps if text]


def _bare(label: str) -> str:
    return str(label).removeprefix("about ")


__all__ = ["FIVE", "STATEMENT", "WORDS", "glossary", "worked_example"]
