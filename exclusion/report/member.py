"""The one page a member wants for a ward and a service: in one order, at most 300 words, to be read aloud in two minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exclusion.assessment import Assessment
from exclusion.proposal import Considered
from exclusion.report import briefing, proposed
from exclusion.report.sections import Section

WORDS = 300  # of a ward page, footer aside
BORDERLINE_NOTE = "† Borderline: a small change in one figure would change this line."
CLOSING = "This page is evidence to help you give due regard; it does not decide for you."
NO_FIGURE = "We hold no figure for this ward that bears on this service. That does not mean no need."
# How many facts and unknowns, whether reasons repeat their figures, and whether there is room for more than the first
# clause on users and for busier ways: given up in this order to keep to WORDS. What is proposed, what to keep, the duty
# and the questions are never given up.
_FITS = (
    (5, 3, False, True),
    (4, 3, False, True),
    (4, 3, True, True),
    (4, 2, True, True),
    (3, 2, True, True),
    (3, 1, True, True),
    (3, 1, True, False),
)
# And where that is not enough: facts, then how many words of a quotation, how many services or places by name,
# how many lines on what to keep, and whether facts are said in fewer words.
_LAST_FITS = (
    (3, 12, 3, 5),
    (3, 12, 1, 5),
    (3, 6, 1, 5),
    (3, 6, 0, 5),
    (3, 6, 0, 4),
    (3, 6, 0, 3),
    (3, 0, 0, 3),
    (3, 0, 0, 3, True),
    (3, 0, 0, 2, True),
    (2, 0, 0, 2, True),
)


@dataclass(frozen=True)
class MemberPage:
    """What a member reads of one ward and service; ``sections`` in the order they are read in."""

    title: str
    decided_by: str
    sections: tuple[Section, ...]
    measured: frozenset[str]
    """Sources of the figures it shows; "" for our estimate of people."""
    borderline: bool
    """Whether a line carries the mark of a borderline finding."""

    @property
    def words(self) -> int:
        """How many words it shows, its footer of sources and versions aside."""
        note = BORDERLINE_NOTE if self.borderline else ""
        return len(f"{self.title} {self.decided_by} {CLOSING} {note}".split()) + sum(section.words for section in self.sections)


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
        Of at most 300 words: facts, unknowns and repeated figures give way, in that order.
    """
    considered = result if isinstance(result, Considered) else None
    assessment = result.assessment if isinstance(result, Considered) else result
    service = assessment.service(service_id)
    said = briefing.facts(assessment, code, service_id)
    figures, estimate = [fact for fact in said if fact.source], [fact for fact in said if not fact.source]
    effects = proposed.effects(considered, code, service_id) if considered else None
    careful = briefing.cautions(assessment, code, service_id)
    keeps = {brief: [*careful, *briefing.keep_lines(assessment, code, service_id, brief=brief, effects=effects)] for brief in (False, True)}
    unknown = briefing.unknowns(assessment, code, service_id)
    busier = briefing.busier_line(assessment, code, service_id)
    together = considered is not None and bool((considered.cumulative["area_code"] == code).any())
    asked = briefing.questions(assessment, code, service_id, effects=effects, together=together)
    short = briefing.short_name(service)
    elsewhere = briefing.not_run(assessment, code, service_id)

    def built(
        facts: int, unknowns: int, brief: bool, room: bool, quoted: int = 25, named: int = 3, most: int = 5, terse: bool = False
    ) -> MemberPage:
        shown = [*figures[: facts - len(estimate)], *estimate]
        lines = keeps[brief][:most]
        minimum = [elsewhere or briefing.floor_line(service), busier if room else ""]
        minimum += [proposed.minimum_lost(considered, code, service_id)] if considered else []
        sections = (
            _proposed(considered, code, service_id, quoted, named),
            Section("Who uses it", (f"{service.main_users if room else service.main_users.split(';')[0]}.",), listed=False),
            Section("In your ward", tuple(fact.short or fact.text if terse else fact.text for fact in shown) or (NO_FIGURE,)),
            Section("Keep open here", tuple(lines)),
            Section("Everywhere", (" ".join(filter(None, minimum)),), listed=False),
            Section("Not known", tuple(unknown[:unknowns])),
            _others(considered, code, service_id, named),
            Section("Questions to ask", tuple(asked)),
            Section("The duty", duty),
        )
        marked = any(briefing.BORDERLINE in line for line in lines)
        title = f"{assessment.areas.at[code, 'area_name']}: {short}"
        return MemberPage(title, briefing.decided_by(assessment, code, service), sections, frozenset(fact.source for fact in shown), marked)

    tries: list[tuple[Any, ...]] = [*_FITS, *((facts, *_FITS[-1][1:], *more) for facts, *more in _LAST_FITS)]
    page = built(*tries[0])
    for given in tries[1:]:
        if page.words <= WORDS:
            break
        page = built(*given)
    return page


def _proposed(considered: Considered | None, code: str, service_id: str, quoted: int, named: int) -> Section:
    title = "What is proposed"
    if considered is None:
        return Section(title, ("Officer to fill in: what closes, what stays, when.",), listed=False, fill=True)
    return Section(title, tuple(proposed.proposed(considered, code, service_id, quoted, named)), listed=False)


def _others(considered: Considered | None, code: str, service_id: str, named: int) -> Section:
    title = "Other changes"
    if considered is None:
        return Section(title, ("Officer to fill in.",), listed=False, fill=True)
    return Section(title, tuple(proposed.other_changes(considered, code, service_id, named)), listed=False)


__all__ = ["BORDERLINE_NOTE", "CLOSING", "WORDS", "MemberPage", "member_page"]
