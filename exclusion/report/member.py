"""The one page a member wants for a ward and a service: in one order, at most 300 words, read aloud in under two minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exclusion.assessment import Assessment
from exclusion.proposal import Considered
from exclusion.report import briefing, proposed
from exclusion.report.sections import Section
from exclusion.words import join_words, seconds_aloud

WORDS = 300  # of a ward page, footer aside
SECONDS = 117.5
"""To read a ward page aloud, as :func:`exclusion.words.seconds_aloud` reckons it, which is at most 2.2 seconds out: under two minutes."""
MOST_TITLE = 10  # words of a proposal's title in the heading
CLOSING = "This page is evidence to help you give due regard; it does not decide for you."
NO_FIGURE = "We hold no figure for this ward that bears on this service. That does not mean no need."
# How many facts and unknowns, whether reasons repeat their figures, and whether there is room for more than the first
# clause on users and for busier ways: given up in this order to keep to WORDS and SECONDS. What is proposed, what to keep,
# the duty and the questions are never given up.
_FITS = (
    (5, 3, False, True),
    (4, 3, False, True),
    (4, 3, True, True),
    (4, 2, True, True),
    (3, 2, True, True),
    (3, 2, True, False),
    (3, 1, True, False),
)
# And where that is not enough: facts, then how many words of a quotation, how many services or places by name,
# how many lines on what to keep (the others are named in one, without their reasons), whether facts are said in fewer
# words, how many words of the proposal's title
# (then the minimum is named without how easy it must be to find),
# and whether what other services lean on and that it is part of the minimum is left to the page of the proposal.
_LAST_FITS = (
    (3, 25, 3, 5, True),
    (3, 12, 3, 5, True),
    (3, 12, 1, 5, True),
    (3, 6, 1, 5, True),
    (3, 6, 0, 5, True),
    (3, 6, 0, 5, True, 4),
    (3, 6, 0, 4, True, 4),
    (3, 6, 0, 3, True, 4),
    (3, 0, 0, 3, True, 4),
    (3, 0, 0, 3, True, 4, True),
    (3, 0, 0, 2, True, 4, True),
    (3, 0, 0, 1, True, 4, True),
    (2, 0, 0, 1, True, 4, True),
)


@dataclass(frozen=True)
class MemberPage:
    """What a member reads of one ward and service; ``sections`` in the order they are read in."""

    title: str
    decided_by: str
    sections: tuple[Section, ...]
    measured: frozenset[str]
    """Sources of the figures it shows; "" for our estimate of people."""

    @property
    def words(self) -> int:
        """How many words it shows, its footer of sources and versions aside."""
        return sum(len(line.split()) for line in self.lines)

    @property
    def seconds(self) -> float:
        """How long it takes to read it aloud, its footer aside."""
        return seconds_aloud(self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """What is read aloud, line by line: everything but the footer of sources and versions."""
        said = [line for section in self.sections for line in (section.title, *section.lines)]
        lines = (self.title, self.decided_by, *said, CLOSING)
        return tuple(line for line in lines if line)


def member_page(result: Assessment | Considered, code: str, service_id: str, duty: tuple[str, ...]) -> MemberPage:
    """The page of a ward for one service, and with a proposal what it means there.

    Parameters
    ----------
    result
        An assessment, where what is proposed is left for an officer to fill in, or a considered proposal.
    duty
        The equality duty of the nation, in lines.

    Returns
    -------
    MemberPage
        Of at most 300 words, read aloud in under two minutes: facts, unknowns and repeated figures give way, in that order.
    """
    considered = result if isinstance(result, Considered) else None
    assessment = result.assessment if isinstance(result, Considered) else result
    service = assessment.service(service_id)
    said = briefing.facts(assessment, code, service_id)
    figures, estimate = [fact for fact in said if fact.source], [fact for fact in said if not fact.source]
    untouched = considered is not None and not proposed.touches(considered, code, service_id)
    effects = proposed.effects(considered, code, service_id) if considered and not untouched else None
    careful = briefing.cautions(assessment, code, service_id)
    keeps = {brief: [*careful, *briefing.keep_lines(assessment, code, service_id, brief=brief, effects=effects)] for brief in (False, True)}
    lost = {brief: proposed.minimum_lost(considered, code, service_id, brief) if considered else "" for brief in (False, True)}
    unknown = briefing.unknowns(assessment, code, service_id)
    busier = briefing.busier_line(assessment, code, service_id)
    together = considered is not None and bool((considered.cumulative["area_code"] == code).any())
    asked = briefing.questions(assessment, code, service_id, effects=effects, together=together, untouched=untouched)
    short = briefing.short_name(service)
    elsewhere = briefing.not_run(assessment, code, service_id)
    place = ", ".join(dict.fromkeys(str(assessment.areas.at[code, name]) for name in ("area_name", "council_name")))

    def built(
        facts: int,
        unknowns: int,
        brief: bool,
        room: bool,
        quoted: int = 25,
        named: int = 3,
        most: int = 5,
        terse: bool = False,
        titled: int = MOST_TITLE,
        bare: bool = False,
    ) -> MemberPage:
        shown = [*figures[: facts - len(estimate)], *estimate]
        lines = [*keeps[brief][:most], *_also(keeps[brief][most:])]
        minimum = [elsewhere or briefing.floor_line(service, brief=titled < MOST_TITLE), busier if room else "", lost[bare]]
        sections = (
            _proposed(considered, code, service_id, quoted, named),
            Section("Who uses it", (f"{service.main_users if room else service.main_users.split(';')[0]}.",), listed=False),
            Section("In your ward", tuple(briefing.dated_once(shown, terse)) or (NO_FIGURE,)),
            Section("Keep open here", tuple(lines)),
            Section("Everywhere", (" ".join(filter(None, minimum)),), listed=False),
            Section("Not known", tuple(unknown[:unknowns])),
            _others(considered, code, service_id, named, bare),
            Section("Questions to ask", tuple(asked)),
            Section("The duty", duty),
        )
        title = f"{place}: {_about(considered, code, short, titled)}"
        return MemberPage(title, briefing.decided_by(assessment, code, service), sections, frozenset(fact.source for fact in shown))

    tries: list[tuple[Any, ...]] = [*_FITS, *((facts, *_FITS[-1][1:], *more) for facts, *more in _LAST_FITS)]
    page = built(*tries[0])
    for given in tries[1:]:
        if page.words <= WORDS and page.seconds <= SECONDS:
            break
        page = built(*given)
    return page


def _also(lines: Sequence[str]) -> list[str]:
    """Lines on what to keep for which there is no room, as one line that names the ways in without the reasons: none goes unsaid."""
    said = []
    for line in lines:
        head, _, why = line.removesuffix(".").partition(", because ")
        mark = why[why.rindex(" (") :] if why.endswith(")") else ""
        said.append(f"{head[:1].lower()}{head[1:]}{mark}")
    return [f"Also {join_words(said)}."] if said else []


def _about(considered: Considered | None, code: str, service: str, most: int) -> str:
    """What a page is about: the service, after the title of the proposal where there is one, and both once."""
    titles = [one.title for one in proposed.about_here(considered, code)] if considered else []
    words = join_words(titles).split()
    title = f"{' '.join(words[:most])}{' ...' if len(words) > most else ''}"
    return title if service.casefold() in title.casefold() else f"{title} ({service})" if title else service


def _proposed(considered: Considered | None, code: str, service_id: str, quoted: int, named: int) -> Section:
    title = "What is proposed"
    if considered is None:
        return Section(title, ("Officer to fill in: what closes, what stays, when.",), listed=False, fill=True)
    return Section(title, tuple(proposed.proposed(considered, code, service_id, quoted, named)), listed=False)


def _others(considered: Considered | None, code: str, service_id: str, named: int, bare: bool) -> Section:
    title = "Other changes"
    if considered is None:
        return Section(title, ("Officer to fill in.",), listed=False, fill=True)
    return Section(title, tuple(proposed.other_changes(considered, code, service_id, named, alone=bare)), listed=False)


__all__ = ["CLOSING", "SECONDS", "WORDS", "MemberPage", "member_page"]
