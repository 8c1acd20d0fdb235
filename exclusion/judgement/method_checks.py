"""What a method file says of itself that cannot be: on the raw text, so that it is found beside other mistakes, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from exclusion.contracts import Problem
from exclusion.judgement.method_words import SINGLE
from exclusion.judgement.score import measures

NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
FROM_NOUGHT = ("percentile_of_reference", "percentile", "min_max", "z_score")
"""Scales on which some ward always stands at nought or below, which a geometric or harmonic mean cannot take."""
SAME_FOR_ALL = ("percentile_of_reference", "goalposts", "none")
"""Scales that are the same whatever group a ward is in."""

Lines = Mapping[tuple[str | int, ...], int]


def line_numbers(text: str) -> dict[tuple[str | int, ...], int]:
    """Line of every key and table of a TOML text: ``("indicator", 2, "weight") -> 31``, ``("indicator", 2) -> 27``."""
    found: dict[tuple[str | int, ...], int] = {(): 1}
    here: tuple[str | int, ...] = ()
    counted: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if table := re.match(r"\s*\[\[\s*([\w.-]+)\s*\]\]", line):
            name = table[1]
            counted[name] = counted.get(name, -1) + 1
            here = (name, counted[name])
            found[here] = number
        elif table := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            here = (table[1],)
            found[here] = number
        elif key := re.match(r"\s*\"?([\w-]+)\"?\s*=", line):
            found.setdefault((*here, key[1]), number)
    return found


def at_line(name: str, place: tuple[str | int, ...], lines: Lines) -> str:
    """``mine.toml, line 31``: of the key itself, else of the table it should be in."""
    while place and place not in lines:
        place = place[:-1]
    return f"{name}, line {lines.get(place, 1)}"


def line_of(where: str) -> int:
    """The line that a place names, 0 when none."""
    found = re.search(r", line (\d+)", where)
    return int(found[1]) if found else 0


def tables_of(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The tables of an array as far as they are tables, so that one mistake does not hide the rest."""
    tables = document.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in tables] if isinstance(tables, list) else []


def single_brackets(name: str, text: str) -> list[Problem]:
    """Heads of a table in single square brackets, where a method has many of the kind."""
    return [
        Problem(
            f"{name}, line {text.count(chr(10), 0, found.start()) + 1}",
            f"[{found[2]}] must stand in double square brackets",
            found[0].strip(),
            f"Write [[{found[2]}]]: a method has several, each under a head of its own.",
        )
        for found in SINGLE.finditer(text)
    ]


def contradictions(
    name: str, document: Mapping[str, Any], lines: Lines, own: frozenset[str], ours: Mapping[str, str], today: date
) -> Iterable[Problem]:
    """What the file says of itself that cannot be: checked on the raw text, so that it is found beside other mistakes."""
    domains, indicators = tables_of(document, "domain"), tables_of(document, "indicator")
    yield from _repeated(name, domains, indicators, lines)
    yield from _heading(name, document, lines, ours, today)
    yield from _scale(name, document, domains, indicators, lines)
    given = document.get("nations")
    for nation in given if isinstance(given, list) else []:
        if isinstance(nation, str) and nation not in NATIONS:
            yield Problem(at_line(name, ("nations",), lines), "nations names one we do not know", nation, f"Nations: {', '.join(NATIONS)}.")
    ids = [str(domain.get("id")) for domain in domains]
    for at, domain in enumerate(domains):
        up = domain.get("parent", "")
        if up and up not in ids:
            yield Problem(
                at_line(name, ("domain", at, "parent"), lines),
                f"domain '{domain.get('id')}' is part of a domain that is not there",
                str(up),
                f"Domains here: {', '.join(ids)}.",
            )
        if domain.get("id") not in [i.get("domain") for i in indicators] + [d.get("parent") for d in domains]:
            yield Problem(
                at_line(name, ("domain", at), lines), f"domain '{domain.get('id')}' has no indicator", "", "Add one or delete it."
            )
    yield from _circles(name, domains, lines)
    yield from _no_weight(name, domains, indicators, lines)
    known = set(measures()) | own
    for at, indicator in enumerate(indicators):
        who = f"indicator '{indicator.get('id')}'"
        if indicator.get("domain") is not None and indicator["domain"] not in ids:
            yield Problem(
                at_line(name, ("indicator", at, "domain"), lines),
                f"{who} belongs to a domain that is not there",
                str(indicator["domain"]),
                f"Domains here: {', '.join(ids)}.",
            )
        parts = indicator.get("parts") if isinstance(indicator.get("parts"), list) else []
        named = [indicator["measure"]] if indicator.get("measure") else [p.get("measure") for p in parts or [] if isinstance(p, dict)]
        used = [measure for measure in named if isinstance(measure, str)]  # one that is no text is told of already
        key = "measure" if indicator.get("measure") else "parts"
        for measure in used:
            if measure not in known:
                yield Problem(
                    at_line(name, ("indicator", at, key), lines),
                    f"{who} uses a measure we do not know",
                    str(measure),
                    _near(str(measure), known),
                )
        if sum([bool(indicator.get("measure")), bool(parts), bool(indicator.get("lacking"))]) != 1:
            yield Problem(at_line(name, ("indicator", at), lines), f"{who} must have one of: measure, parts, lacking", "", "Keep just one.")
        if document.get("normalise") == "goalposts" and not indicator.get("lacking"):
            ends = (indicator.get("lower"), indicator.get("upper"))
            if None in ends or ends[0] == ends[1]:
                yield Problem(
                    at_line(name, ("indicator", at), lines),
                    f"{who} needs two different goalposts",
                    f"{ends[0]} and {ends[1]}",
                    "Give lower = ... and upper = ...",
                )


def _heading(name: str, document: Mapping[str, Any], lines: Lines, ours: Mapping[str, str], today: date) -> Iterable[Problem]:
    """The id of a method we ship, and days that cannot be."""
    mine = document.get("id")
    if isinstance(mine, str) and mine.strip() in ours:
        do = f"It is the id of '{ours[mine.strip()]}'. Give yours an id of its own, so that nobody takes one for the other."
        yield Problem(at_line(name, ("id",), lines), "id is taken by a method of ours", mine, do)
    checked, review = (value if _is_day(value) else None for value in (document.get("checked_on"), document.get("review_by")))
    if checked is not None and checked > today:
        do = "Give the day on which somebody last checked the method."
        yield Problem(at_line(name, ("checked_on",), lines), "checked_on is a day to come", f"{checked}", do)
    if checked is not None and review is not None and review <= checked:
        do = f"Give a day after checked_on ({checked})."
        yield Problem(at_line(name, ("review_by",), lines), "review_by is not after checked_on", f"{review}", do)


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _scale(
    name: str, document: Mapping[str, Any], domains: list[dict[str, Any]], indicators: list[dict[str, Any]], lines: Lines
) -> Iterable[Problem]:
    """A scope that the scale does not have, and means that cannot take the noughts of the scale."""
    how, within = document.get("normalise"), document.get("within", "nation")
    if how in SAME_FOR_ALL and within in ("council", "all"):
        do = 'Write within = "nation", or a scale that looks at the group, such as normalise = "min_max".'
        yield Problem(at_line(name, ("within",), lines), f"within means nothing for {how}, the same whatever the group", str(within), do)
    if how not in FROM_NOUGHT:
        return
    under: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for entry in domains:
        under.setdefault(str(entry.get("parent") or ""), []).append(("domain", entry))
    for entry in indicators:
        if not entry.get("lacking"):
            under.setdefault(str(entry.get("domain")), []).append(("indicator", entry))

    def reaches_nought(kind: str, entry: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> bool:
        """Whether some ward surely stands at nought: an indicator, or a domain that is one indicator all the way down."""
        own = str(entry.get("id"))
        items = under.get(own, [])
        return kind == "indicator" or (len(items) == 1 and own not in seen and reaches_nought(*items[0], seen | {own}))

    places: list[tuple[tuple[str | int, ...], str, Mapping[str, Any], str]] = [(("aggregate",), "the index", document, "")]
    places += [(("domain", at, "aggregate"), f"domain '{one.get('id')}'", one, str(one.get("id"))) for at, one in enumerate(domains)]
    for place, who, holder, node in places:
        mean = holder.get("aggregate")
        if mean not in ("geometric", "harmonic") or (mean == "harmonic" and how == "z_score"):
            continue
        if any(reaches_nought(*item) for item in under.get(node, [])):
            low = "below nought" if how == "z_score" else "at nought"
            yield Problem(
                at_line(name, place, lines),
                f'{who} cannot take the {mean} mean: with normalise = "{how}" some wards stand {low}',
                str(mean),
                'Write "arithmetic", or normalise = "exponential" or "rank", which have no nought.',
            )


def _near(measure: str, known: Iterable[str]) -> str:
    close = get_close_matches(measure, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"Measures: {', '.join(sorted(known))}."


def _repeated(name: str, domains: list[dict[str, Any]], indicators: list[dict[str, Any]], lines: Lines) -> Iterable[Problem]:
    """Names given twice; indicators and domains share one set of names."""
    seen: dict[str, int] = {}
    for kind, tables in (("domain", domains), ("indicator", indicators)):
        for at, entry in enumerate(tables):
            if (own := str(entry.get("id", ""))) in seen:
                first = f"It is first named in line {seen[own]}. Keep one, or give this one another id."
                yield Problem(at_line(name, (kind, at, "id"), lines), f"{kind} '{own}' is there twice", "", first)
            elif own:
                seen[own] = lines.get((kind, at, "id"), 1)


def _circles(name: str, domains: list[dict[str, Any]], lines: Lines) -> Iterable[Problem]:
    parent: dict[str, str] = {}
    for domain in domains:  # of an id given twice the first parent: the second is told of as such, and must not hide a circle
        if up := str(domain.get("parent", "") or ""):
            parent.setdefault(str(domain.get("id")), up)
    found: list[set[str]] = []
    for at, domain in enumerate(domains):
        path = [str(domain.get("id"))]
        while (up := parent.get(path[-1], "")) and up not in path:
            path.append(up)
        ring = set(path[path.index(up) :]) if up else set()
        if ring and path[0] in ring and ring not in found:
            found.append(ring)
            shown = " -> ".join([*path[path.index(up) :], up])
            yield Problem(
                at_line(name, ("domain", at, "parent"), lines),
                "domains go round in a circle",
                shown,
                "Leave the parent of one of them out.",
            )


def _no_weight(name: str, domains: list[dict[str, Any]], indicators: list[dict[str, Any]], lines: Lines) -> Iterable[Problem]:
    """Items that together weigh nothing: under the index, and under each domain."""
    under: dict[str, list[tuple[tuple[str, int], dict[str, Any]]]] = {}
    for at, domain in enumerate(domains):
        under.setdefault(str(domain.get("parent", "") or ""), []).append((("domain", at), domain))
    for at, indicator in enumerate(indicators):
        if indicator.get("domain"):
            under.setdefault(str(indicator["domain"]), []).append((("indicator", at), indicator))
    for up, items in under.items():
        weights = [entry.get("weight") for _, entry in items]
        if all(isinstance(weight, (int, float)) and weight == 0 for weight in weights):
            who = f"domain '{up}'" if up else "the index"
            names = ", ".join(str(entry.get("id")) for _, entry in items)
            yield Problem(
                at_line(name, (*items[0][0], "weight"), lines),
                f"all weights under {who} are zero",
                names,
                "Give at least one of them a weight above 0.",
            )
