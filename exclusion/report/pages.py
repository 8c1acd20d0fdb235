"""An assessment as HTML pages, each complete in itself: own style, no script, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exclusion import judgement
from exclusion.assessment import Assessment
from exclusion.contracts import Problem, UsageError
from exclusion.judgement import Service
from exclusion.judgement import pages as texts
from exclusion.judgement.score import people_rates
from exclusion.proposal import Considered, passed
from exclusion.report import briefing, council, proposed
from exclusion.report.member import CLOSING, WORDS, MemberPage, member_page
from exclusion.report.scrutiny import scrutiny_page
from exclusion.words import capital, date_words, join_words, slug

_OVERDUE = "This text was due"
SHOWN_LATE = 6
Duties = Mapping[str, texts.Duty]
SCRUTINY = "scrutiny.html"
"""The page of a whole proposal in its pack."""


def render(
    result: Assessment | Considered, today: date, findings: pd.DataFrame | None = None, *, duty: Duties | None = None, sealed: str = ""
) -> dict[str, str]:
    """The pages of a pack as HTML by file name, index.html first.

    Parameters
    ----------
    result
        An assessment of one service: index.html is the page of the council. Or a considered proposal:
        index.html leads to the page for scrutiny (:data:`SCRUTINY`) and to each service, which has a page of the council and of each ward.
    findings
        With a proposal: the findings with officers' answers, as the register gives them.
    duty
        The duty by nation in place of ours, for a council that has set its socio-economic duty.
    sealed
        With a proposal: which version of the register the page for scrutiny is made from, with its seal.

    Raises
    ------
    UsageError
        When an assessment is not of exactly one service, or a proposal touches none.
    """
    if isinstance(result, Considered):
        return _of_proposal(result, today, findings, duty, sealed)
    if len(result.services) != 1:
        found = ", ".join(service.id for service in result.services) or "none"
        raise UsageError(Problem("pack", "is about one service", found, "Choose one service; make a pack for each."))
    return _of_service(result, result.services[0], today, mark(result), "index.html", "", duty)


def _of_proposal(considered: Considered, today: date, findings: pd.DataFrame | None, duty: Duties | None, sealed: str) -> dict[str, str]:
    ids = proposed.named_services(considered)
    if not ids:
        raise UsageError(Problem("pack", "the proposal touches no service", "", "Name a service in it, or a place where one is given."))
    homes = {one: f"{one.replace('_', '-')}.html" for one in ids}
    links = [(_named(considered, one), homes[one]) for one in ids]
    pages = {
        "index.html": _index_html(considered, ids, today, links),
        SCRUTINY: scrutiny_html(considered, today, findings, links, duty=duty, sealed=sealed),
    }
    for one in ids:
        after = f"-{one.replace('_', '-')}" if len(ids) > 1 else ""
        pages |= _of_service(_only(considered, one), considered.assessment.service(one), today, mark(considered), homes[one], after, duty)
    return pages


def _index_html(considered: Considered, ids: Sequence[str], today: date, links: Sequence[tuple[str, str]]) -> str:
    """Where to begin: a link to the page for scrutiny and to each service."""
    assessment = considered.assessment
    return _rendered(
        "index.html",
        **_common(considered, assessment.service(ids[0]), today, [], mark(considered)),
        title=join_words([one.title for one in considered.proposals]),
        place=council.place(assessment),
        scrutiny=SCRUTINY,
        links=links,
        bare=False,
        sources=(),
    )


def _only(considered: Considered, service_id: str) -> Considered:
    """The same with the findings of one service: a place that closes brings in those of forty, and every ward page looks through them."""
    a = considered.assessment
    mine = {name: getattr(a, name)[getattr(a, name)["service_id"] == service_id] for name in ("findings", "summaries", "council_wide")}
    findings = considered.findings[considered.findings["service_id"] == service_id]
    return replace(considered, assessment=replace(a, **mine), findings=findings)


def _named(considered: Considered, service_id: str) -> str:
    return briefing.short_name(considered.assessment.service(service_id))


def _of_service(
    result: Assessment | Considered, service: Service, today: date, marked: str, home: str, after: str, duty: Duties | None
) -> dict[str, str]:
    assessment = result.assessment if isinstance(result, Considered) else result
    names = {str(code): f"{code}-{slug(str(name))}{after}.html" for code, name in assessment.areas["area_name"].items()}
    return {
        home: _council_page(result, service, names, today, marked, duty),
        **{name: ward_html(result, service.id, code, today, marked, home, duty=duty) for code, name in names.items()},
    }


# --------------------------------------------------------------------------- pages


def ward_html(
    result: Assessment | Considered,
    service_id: str,
    code: str,
    today: date,
    marked: str = "",
    home: str = "index.html",
    *,
    bare: bool = False,
    duty: Duties | None = None,
) -> str:
    """The page of one ward and service, complete in itself; ``home`` leads to the whole, ``bare`` leaves out head and style.

    ``duty``: the duty by nation in place of ours, for a council that has set its socio-economic duty.
    """
    assessment = result.assessment if isinstance(result, Considered) else result
    service = assessment.service(service_id)
    page = member_page_of(result, code, service_id, duty)
    entries = _entries(assessment, service, code)
    return _rendered(
        "ward.html",
        **_common(result, service, today, entries, marked or mark(result), people="" in page.measured),
        page=page,
        closing=CLOSING,
        law=_law(assessment.areas.loc[[code], "nation"], duty),
        ward=assessment.areas.at[code, "area_name"],
        council=assessment.areas.at[code, "council_name"],
        code=code,
        home=home,
        bare=bare,
        sources=briefing.sources(assessment, {*page.measured, *briefing.reason_sources(assessment, code, service_id)}),
    )


def member_page_of(result: Assessment | Considered, code: str, service_id: str, duty: Duties | None = None) -> MemberPage:
    """What a member reads, with the duty of the ward's nation."""
    assessment = result.assessment if isinstance(result, Considered) else result
    return member_page(result, code, service_id, _duty(str(assessment.areas.at[code, "nation"]), True, duty))


def scrutiny_html(
    considered: Considered,
    today: date,
    findings: pd.DataFrame | None = None,
    links: Sequence[tuple[str, str]] = (),
    missing: tuple[str, ...] = (),
    *,
    bare: bool = False,
    duty: Duties | None = None,
    sealed: str = "",
) -> str:
    """The page for scrutiny, complete in itself.

    ``links`` are pairs of a service's name and its page; ``sealed`` says which version of the register it is made from.
    """
    assessment = considered.assessment
    ids = proposed.named_services(considered)
    services = [assessment.service(one) for one in ids]
    entries = list({entry.id: entry for service in services for entry in _entries(assessment, service)}.values())
    common = _common(considered, services[0], today, entries, mark(considered))
    profiles = join_words([f"{service.id} {service.profile_version}" for service in services])
    versions = [(name, said if name != "Service profile" else profiles) for name, said in common["versions"]]
    return _rendered(
        "scrutiny.html",
        **common | {"versions": versions},
        page=scrutiny_page(considered, findings, missing),
        place=council.place(assessment),
        closing=CLOSING,
        links=links,
        sealed=sealed,
        law=_law(assessment.areas["nation"], duty),
        bare=bare,
        duties=[(nation, _duty(str(nation), True, duty)) for nation in assessment.areas["nation"].unique()],
        sources=(),
    )


def _council_page(
    result: Assessment | Considered, service: Service, names: dict[str, str], today: date, marked: str, duty: Duties | None
) -> str:
    considered = result if isinstance(result, Considered) else None
    assessment = result.assessment if isinstance(result, Considered) else result
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
        **_common(result, service, today, _entries(assessment, service), marked),
        place=council.place(assessment),
        proposed=proposed.for_council(considered, service.id) if considered else [],
        others=list(dict.fromkeys(considered.cumulative["sentence"])) if considered else [],
        considered=considered is not None,
        several=several,
        decided_by=sorted({line for code in assessment.areas.index if (line := briefing.decided_by(assessment, str(code), service))}),
        floor=council.not_run(assessment, service.id) or briefing.floor_line(service),
        floor_reasons=council.floor_reasons(assessment, service.id),
        across=council.across_lines(assessment, service.id),
        wards=wards,
        paragraph=council.paragraph(assessment, service.id),
        missing=[f"{one['what']}: {one['why']}" for one in assessment.evidence.manifest.missing if _concerns(one["what"], assessment)],
        duties=[(nation, _duty(str(nation), given=duty)) for nation in assessment.areas["nation"].unique()],
        sources=briefing.sources(assessment, used),
        attributions=sorted({held[key].attribution for key in used if key in held and held[key].attribution}),
    )


def _common(
    result: Assessment | Considered, service: Service, today: date, entries: list[judgement.Entry], marked: str, people: bool | None = None
) -> dict[str, Any]:
    """What every page carries. ``people``: whether it shows the estimate of people; when None, where any ward has one."""
    assessment = result.assessment if isinstance(result, Considered) else result
    late = passed(result.proposals, today) if isinstance(result, Considered) else []
    whose = "the council's" if assessment.local and service != judgement.services().get(service.id) else "our default"
    manifest = assessment.evidence.manifest
    shown = assessment.people["high_raw"].notna().any() if people is None else people
    estimate = f"aged 16 and over, {_in_sentences(assessment.people_estimate.definition)}"
    return {
        "mark": marked,
        "service": service.service_name,
        "users": service.main_users,
        "date": date_words(today),
        "versions": [
            ("Figures", f"{manifest.name} {manifest.version}, built on {date_words(str(manifest.built_on))}, wards {manifest.edition}"),
            ("Method", assessment.method.words),
            *([("People unlikely to use the internet", estimate)] if shown else []),
            ("Thresholds", f"version {assessment.thresholds_version}"),
            ("Service profile", f"{service.id}, version {service.profile_version} ({whose} judgement)"),
        ],
        "notices": [*late, *(note for note in assessment.notices if not note.startswith(_OVERDUE))],
        "overdue": _overdue(entries, today),
    }


def _in_sentences(text: str) -> str:
    """Parts that stand between semicolons as sentences of their own: a footer is read aloud too."""
    return ". ".join([capital(part) if number else part for number, part in enumerate(text.split("; "))])


def _duty(nation: str, short: bool = False, given: Duties | None = None) -> tuple[str, ...]:
    duty = (texts.duties() if given is None else given).get(nation)
    if duty is None:
        return (f"We hold no reviewed text of the equality duty in {nation}: ask your equality officer.",)
    return duty.short() if short else duty.long()


def _law(nations: Iterable[Any], given: Duties | None = None) -> list[str]:
    """The acts behind the duty on a page, which its short lines do not name: they are read aloud."""
    duty = texts.duties() if given is None else given
    return list(dict.fromkeys(duty[one].act for one in map(str, nations) if one in duty))


def _concerns(what: str, assessment: Assessment) -> bool:
    """Whether a gap of the release is about these nations."""
    here = set(assessment.areas["nation"])
    return not any(nation in what for nation in judgement.NATIONS) or any(nation in what for nation in here)


def _entries(assessment: Assessment, service: Service, code: str = "") -> list[judgement.Entry]:
    """The judgement behind a page: the service, its floors, the rules that fired, the duty, the rates, the page's own words."""
    rows = assessment.findings[assessment.findings["service_id"] == service.id]
    rows = rows[rows["area_code"] == code] if code else rows
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
    html: str = _environment().get_template(name).render({"bare": False, **page})
    return html


_LEVEL = re.compile(r"(</?h)([1-5])\b")


def _set_in(html: str) -> str:
    """A page's own part to set into another page, whose title is the first heading: each heading one level lower."""
    return _LEVEL.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", html).strip()


def ward_part(result: Assessment | Considered, service_id: str, code: str, today: date, *, duty: Duties | None = None) -> str:
    """The page of one ward and service as a part of another web page, without its own style."""
    return _set_in(ward_html(result, service_id, code, today, home="", bare=True, duty=duty))


def scrutiny_part(
    considered: Considered,
    today: date,
    findings: pd.DataFrame | None = None,
    missing: tuple[str, ...] = (),
    *,
    duty: Duties | None = None,
) -> str:
    """The page for scrutiny as a part of another web page, without its own style."""
    return _set_in(scrutiny_html(considered, today, findings, missing=missing, bare=True, duty=duty))


def mark(result: Assessment | Considered) -> str:
    """What tells an earlier pack of the same service (or proposal) and councils from any other file."""
    if isinstance(result, Considered):
        return " ".join(["proposal", *(slug(one.title) for one in result.proposals), *result.assessment.councils])
    return " ".join([*(service.id for service in result.services), *result.councils])


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


__all__ = ["WORDS", "mark", "member_page_of", "render", "scrutiny_html", "scrutiny_part", "visible_words", "ward_html", "ward_part"]
