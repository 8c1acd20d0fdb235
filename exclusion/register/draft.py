"""The page of the public copy: what is proposed, what was found, what officers answered and what nobody knows; marked draft."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exclusion import judgement, report
from exclusion.contracts import ExclusionError
from exclusion.judgement import equality as texts
from exclusion.proposal import Proposal, parse
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.register.reading import Saved
from exclusion.report.briefing import short_name, way
from exclusion.words import capital, counted, date_words, join_words

ANSWERS = {"accept": "Accepted", "amend": "Amended", "reject": "Rejected", "": "Not answered yet"}
MOST_WARDS = 6
_SAYS = {"floor": "Council-wide minimum", "more_use": "May be used more"}
_FIRST = ["floor", "required", "recommended", "monitor", "more_use"]


def draft_html(saved: Saved, mark: str) -> str:
    """The page as HTML, complete in itself; from the saved tables alone, so that it needs no release.

    Parameters
    ----------
    mark
        What every public file says of itself.
    """
    asked = saved.asked
    answered = int((asked["response"] != "").sum())
    html: str = (
        _environment()
        .get_template("draft.html")
        .render(
            mark=mark,
            version=saved.version,
            date=date_words(saved.version.made_at[:10]),
            proposals=[_proposed(text) for text in saved.proposals],
            tally=f"{counted(len(asked), 'finding')} asking for an answer, ward by ward; {answered:,} answered so far.",
            rows=list(_rows(asked, len(saved.table("areas")))),
            unknown=_unknown(saved.table("findings")),
            caveats=texts.words().caveats,
        )
    )
    return html


def _proposed(text: str) -> list[str]:
    try:
        proposal = parse(text)
    except ExclusionError:
        return ["The proposal is in the file beside this page."]
    lines = [f"{proposal.title}. From {date_words(proposal.date)}."]
    if proposal.officer.purpose:
        lines.append(f"The council says why: “{proposal.officer.purpose}”")
    if proposal.officer.saving:
        lines.append(f"The council says what it saves: “{proposal.officer.saving}”")
    return [*lines, *_changes(proposal)]


def _changes(proposal: Proposal) -> Iterable[str]:
    for change in proposal.service:
        listed = (("Closes", change.close), ("Fewer hours", change.fewer_hours), ("Stays", change.keep))
        said = [f"{word}: {join_words([way(name) for name in names])}." for word, names in listed if names]
        where = f", in {counted(len(change.wards), 'ward')}" if change.wards else ""
        yield f"{_service(change.id)}{where}. {' '.join(said)}"
    for place in proposal.place:
        yield f"{place.name} {'closes' if place.change == 'closes' else 'opens for fewer hours'}."


def _service(service_id: str) -> str:
    known = judgement.services().get(service_id)
    return short_name(known) if known else service_id


def _rows(asked: pd.DataFrame, wards: int) -> Iterable[dict[str, Any]]:
    """A row for each service, way in, firmness and answer: by service, the firmest first; every finding is in one of them."""
    firmness = asked["severity"].where(~asked["kind"].isin(_SAYS), asked["kind"])
    named = asked.assign(_service=asked["service_id"].map(_service), _firm=firmness, _order=firmness.map(_FIRST.index))
    keys = ["_service", "_order", "channel", "_firm", "response", "response_reason"]
    for (service, _, channel, firm, response, reason), group in named.groupby(keys, sort=True):
        names = sorted(set(group["area_name"]))
        where = "every ward" if len(names) == wards else join_words(names) if len(names) <= MOST_WARDS else counted(len(names), "ward")
        yield {
            "finding": f"{service}: {way(str(channel))}",
            "says": _SAYS.get(str(firm)) or SCREEN_WORDS[str(firm)],
            "wards": capital(where),
            "answer": ANSWERS[str(response)],
            "reason": reason or ("None was given" if response else "None yet"),
        }


def _unknown(findings: pd.DataFrame) -> list[str]:
    rows = findings[findings["kind"] == "not_assessed"]
    known = judgement.rules()
    ids = sorted({one for cell in rows["rule_ids"] for one in str(cell).split("|") if one in known})
    lines = [f"Not checked for want of figures: {join_words([known[one].title.lower() for one in ids])}."] if ids else []
    return [*lines, "What people who use these services say. That is what this draft is for."]


@cache
def _environment() -> Environment:
    # The style of every page that is given away, so that a draft prints as they do.
    folders = [Path(__file__).parent / "templates", Path(report.__file__).parent / "templates"]
    return Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
