"""An assessment as HTML pages, each complete in itself: own style, no script, nothing fetched."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exclusion import judgement
from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.judgement import Service
from exclusion.judgement import pages as texts
from exclusion.judgement.score import people_rates
from exclusion.report import briefing, council
from exclusion.words import date_words, slug

WORDS = 300  # of a ward page, footer aside
# How many facts and unknowns, whether reasons repeat their figures, and whether there is room for more than the first
# clause on users and for busier ways: given up in this order to keep to WORDS. What to keep, the duty and the
# questions are never given up.
_FITS = (
    (5, 3, False, True),
    (4, 3, False, True),
    (4, 3, True, True),
    (4, 2, True, True),
    (3, 2, True, True),
    (3, 1, True, True),
    (3, 1, True, False),
)
_OVERDUE = "This text was due"
SHOWN_LATE = 6


def render(assessment: Assessment, today: date) -> dict[str, str]:
    """The pages of a pack as HTML by file name, index.html first.

    Raises
    ------
    UsageError
        When the assessment is not of exactly one service.
    """
    if len(assessment.services) != 1:
        found = ", ".join(service.id for service in assessment.services) or "none"
        raise UsageError(Problem("pack", "is about one service", found, "Choose one service; make a pack for each."))
    service = assessment.services[0]
    names = {str(code): f"{code}-{slug(str(name))}.html" for code, name in assessment.areas["area_name"].items()}
    return {
        "index.html": _council_page(assessment, service, names, today),
        **{name: _ward_page(assessment, service, code, today) for code, name in names.items()},
    }


# --------------------------------------------------------------------------- pages


def _ward_page(assessment: Assessment, service: Service, code: str, today: date) -> str:
    nation = str(assessment.areas.at[code, "nation"])
    page = {
        **_common(assessment, service, today, _entries(assessment, service, code)),
        "ward": assessment.areas.at[code, "area_name"],
        "council": assessment.areas.at[code, "council_name"],
        "code": code,
        "decided_by": briefing.decided_by(assessment, code, service),
        "floor": briefing.floor_line(service),
        "questions": briefing.questions(assessment, code, service.id),
        "duty": _duty(nation, short=True),
    }
    said = briefing.facts(assessment, code, service.id)
    figures, estimate = [fact for fact in said if fact.source], [fact for fact in said if not fact.source]
    unknown = briefing.unknowns(assessment, code, service.id)
    careful = briefing.cautions(assessment, code, service.id)
    keeps = {brief: [*careful, *briefing.keep_lines(assessment, code, service.id, brief=brief)] for brief in (False, True)}
    busier = briefing.busier_line(assessment, code, service.id)
    behind = _finding_sources(assessment, code)
    html = ""
    for most_facts, most_unknowns, brief, room in _FITS:
        shown = [*figures[: most_facts - len(estimate)], *estimate]
        page |= {
            "facts": [fact.text for fact in shown],
            "keeps": keeps[brief][: briefing.MOST_LINES],
            "users": service.main_users if room else service.main_users.split(";")[0],
            "busier": busier if room else "",
            "borderline": any(briefing.BORDERLINE in line for line in keeps[brief][: briefing.MOST_LINES]),
            "unknowns": unknown[:most_unknowns],
            "sources": briefing.sources(assessment, behind.union(fact.source for fact in shown)),
        }
        html = _rendered("ward.html", **page)
        if visible_words(html) <= WORDS:
            break
    return html


def _council_page(assessment: Assessment, service: Service, names: dict[str, str], today: date) -> str:
    several = assessment.areas["council_code"].nunique() > 1
    labels = assessment.areas[["area_name", "council_name"]].itertuples(name=None)
    wards = [
        {"name": name, "council": of if several else "", "page": names[str(code)]} | council.findings_row(assessment, str(code), service.id)
        for code, name, of in labels
    ]
    held = assessment.evidence.manifest.sources
    used = [*assessment.profile["source"].unique(), "ons_wards_2025", ""]
    return _rendered(
        "council.html",
        **_common(assessment, service, today, _entries(assessment, service)),
        place=council.place(assessment),
        several=several,
        decided_by=sorted({line for code in assessment.areas.index if (line := briefing.decided_by(assessment, str(code), service))}),
        floor=briefing.floor_line(service),
        floor_reasons=council.floor_reasons(assessment, service.id),
        across=council.across_lines(assessment, service.id),
        wards=wards,
        paragraph=council.paragraph(assessment, service.id),
        missing=[f"{one['what']}: {one['why']}" for one in assessment.evidence.manifest.missing if _concerns(one["what"], assessment)],
        duties=[(nation, _duty(str(nation))) for nation in assessment.areas["nation"].unique()],
        sources=briefing.sources(assessment, used),
        attributions=sorted({held[key].attribution for key in used if key in held and held[key].attribution}),
    )


def _common(assessment: Assessment, service: Service, today: date, entries: list[judgement.Entry]) -> dict[str, Any]:
    manifest = assessment.evidence.manifest
    return {
        "mark": mark(assessment),
        "service": service.service_name,
        "short_service": re.sub(r" \([^)]*\)", "", service.service_name),
        "users": service.main_users,
        "date": date_words(today),
        "versions": [
            ("Figures", f"{manifest.name} {manifest.version}, built on {date_words(str(manifest.built_on))}, wards {manifest.edition}"),
            ("Method", assessment.method.words),
            ("People unlikely to use the internet", f"aged 16 and over, {assessment.people_estimate.definition}"),
            ("Thresholds", f"version {assessment.thresholds_version}"),
            ("Service profile", f"{service.id}, version {service.profile_version} (our default judgement)"),
        ],
        "notices": [note for note in assessment.notices if not note.startswith(_OVERDUE)],
        "overdue": _overdue(entries, today),
    }


def _duty(nation: str, short: bool = False) -> tuple[str, ...]:
    duty = texts.duties().get(nation)
    if duty is None:
        return (f"We hold no reviewed text of the equality duty in {nation}: ask your equality officer.",)
    return duty.short() if short else duty.long()


def _concerns(what: str, assessment: Assessment) -> bool:
    """Whether a gap of the release is about these nations."""
    here = set(assessment.areas["nation"])
    return not any(nation in what for nation in judgement.NATIONS) or any(nation in what for nation in here)


def _finding_sources(assessment: Assessment, code: str) -> set[str]:
    rows = assessment.findings[assessment.findings["area_code"] == code]
    return {str(figure["source"]) for cell in rows["figures_json"] for figure in json.loads(cell)}


def _entries(assessment: Assessment, service: Service, code: str = "") -> list[judgement.Entry]:
    """The judgement behind a page: the service, its floors, the rules that fired, the duty, the rates, the page's own words."""
    rows = assessment.findings if not code else assessment.findings[assessment.findings["area_code"] == code]
    rules = {name for cell in rows["rule_ids"].unique() for name in str(cell).split("|")}
    areas = assessment.areas if not code else assessment.areas.loc[[code]]
    named: list[judgement.Entry] = [service, people_rates()]
    named += [texts.duties()[nation] for nation in areas["nation"].unique() if nation in texts.duties()]
    named += [entry for entry in texts.page_entries() if not isinstance(entry, texts.Duty)]
    named += [floor for name, floor in judgement.floors().items() if floor.every_service or name in service.floor_rules]
    return [*named, *(rule for name, rule in judgement.rules().items() if name in rules)]


def _overdue(entries: list[judgement.Entry], today: date) -> list[str]:
    """One sentence for each review date gone by, naming the texts."""
    late: dict[date, dict[str, None]] = {}
    for entry in entries:
        if entry.due(today):
            late.setdefault(entry.review_by, {})[entry.id] = None
    return [f"{_OVERDUE} to be checked on {date_words(when)}: {_few(list(names))}." for when, names in sorted(late.items())]


def _few(names: list[str]) -> str:
    return ", ".join(names[:SHOWN_LATE]) + (f" and {len(names) - SHOWN_LATE} more" if len(names) > SHOWN_LATE else "")


# --------------------------------------------------------------------------- making HTML


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _rendered(name: str, **page: Any) -> str:
    html: str = _environment().get_template(name).render(page)
    return html


def mark(assessment: Assessment) -> str:
    """What tells an earlier pack of the same service and councils from any other file."""
    return " ".join([*(service.id for service in assessment.services), *assessment.councils])


class _Visible(HTMLParser):
    """Collects the words a reader sees, outside head and footer."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("head", "footer", "style", "script"):
            self._skipping.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and self._skipping[-1] == tag:
            self._skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.words += data.split()


def visible_words(html: str) -> int:
    """How many words a page shows, its footer of sources and versions aside."""
    reader = _Visible()
    reader.feed(html)
    return len(reader.words)


__all__ = ["WORDS", "mark", "render", "visible_words"]
