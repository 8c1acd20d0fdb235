"""Other ways to score, as data: our alternatives, the older index DERI 1.6, and a council's own method file.

A file declares indicators, the domains they belong to, and an index at the top. Every mistake in it
is reported at once, each with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement import method_words
from exclusion.judgement.entries import FOLDER, Entry
from exclusion.judgement.score import measures

Mean = Literal["arithmetic", "geometric", "harmonic"]
Scale = Literal["percentile_of_reference", "percentile", "min_max", "goalposts", "z_score", "rank", "exponential", "none"]
Within = Literal["nation", "council", "all"]
NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
ALTERNATIVES = FOLDER / "methods" / "alternatives"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Part(_Strict):
    """A measure in an indicator that is a weighted sum of rates."""

    measure: str
    coefficient: float = Field(gt=0)


class CompositeIndicator(_Strict):
    """One indicator: a measure (or a weighted sum of measures), its domain, weight and direction."""

    id: str
    label: str
    domain: str
    weight: float = Field(ge=0)
    direction: Literal["higher", "lower"]
    """Whether a higher or a lower figure means more at risk."""
    measure: str = ""
    parts: tuple[Part, ...] = ()
    lacking: str = ""
    """Why we hold no figures for it; such an indicator stays in the method and is named as lacking."""
    lower: float | None = None
    upper: float | None = None

    @property
    def terms(self) -> tuple[Part, ...]:
        """The measures it adds up, with their coefficients."""
        return self.parts or ((Part(measure=self.measure, coefficient=1.0),) if self.measure else ())


class CompositeDomain(_Strict):
    """A domain, or a domain of domains when others name it as their parent."""

    id: str
    label: str
    weight: float = Field(ge=0)
    parent: str = ""
    aggregate: Mean = "arithmetic"


class CompositeMethod(Entry):
    """A complete method: indicators -> domains -> index."""

    title: str
    nations: tuple[str, ...] = Field(min_length=1)
    normalise: Scale
    within: Within = "nation"
    treat: Literal["none", "winsorise_then_log"] = "none"
    aggregate: Mean = "arithmetic"
    least_observed: float = Field(default=1.0, ge=0, le=1)
    domain: tuple[CompositeDomain, ...] = Field(min_length=1)
    indicator: tuple[CompositeIndicator, ...] = Field(min_length=1)

    @property
    def lacking(self) -> dict[str, str]:
        """Indicators we hold no figures for: label and why."""
        return {indicator.label: indicator.lacking for indicator in self.indicator if indicator.lacking}


@cache
def alternatives() -> dict[str, CompositeMethod]:
    """Our alternative methods by id; none of them is ever the default."""
    found = [read_method(path) for path in sorted(ALTERNATIVES.glob("*.toml"))]
    return {method.id: method for method in found}


def read_method(path: str | Path, own: Iterable[str] = ()) -> CompositeMethod:
    """A method from a file: one of ours, or a council's own.

    Parameters
    ----------
    path
        A TOML file; ``judgement/methods/alternatives/equal_people.toml`` is one to copy.
    own
        Measures beside ours that it may name: those a council brought.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake in it, each with the line to mend: fields missing, misspelt or of the
        wrong kind, a measure we do not know, a domain that is not there, names given twice,
        weights all zero, domains that go round in a circle, goalposts without ends.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(Problem(str(path), "is not a file", "", "Give a method file (TOML).")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataRefused(Problem(path.name, f"cannot be read as text: {error}", "", "Save it as UTF-8 text.")) from None
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        raise DataRefused(method_words.not_toml(path.name, str(error))) from None
    lines = line_numbers(text)
    method = None
    problems: list[Problem] = []
    try:
        method = CompositeMethod.model_validate(document)
    except ValidationError as error:
        mistakes = [dict(mistake) for mistake in error.errors()]
        problems += [_mistake(path.name, one, document, lines) for one in mistakes if not method_words.only_follows(one)]
    problems += list(_dangling(path.name, document, lines, frozenset(own)))
    if problems or method is None:
        raise DataRefused(sorted(problems, key=lambda problem: _line_of(problem.where)))
    return method


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


def _at(name: str, place: tuple[str | int, ...], lines: Lines) -> str:
    """``mine.toml, line 31``: of the key itself, else of the table it should be in."""
    while place and place not in lines:
        place = place[:-1]
    return f"{name}, line {lines.get(place, 1)}"


def _line_of(where: str) -> int:
    found = re.search(r", line (\d+)", where)
    return int(found[1]) if found else 0


def _named(document: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    """``indicator 'age'`` for a place inside a table, else nothing."""
    if len(place) < 2 or not isinstance(place[1], int):
        return ""
    entry = document[str(place[0])][place[1]]
    name = entry.get("id") if isinstance(entry, Mapping) else None
    return f"{place[0]} '{name or f'number {place[1] + 1}'}': "


def _mistake(name: str, mistake: Mapping[str, Any], document: Mapping[str, Any], lines: Lines) -> Problem:
    place: tuple[str | int, ...] = tuple(mistake["loc"])
    where, who = _at(name, place, lines), _named(document, place)
    field = str(place[-1]) if place else "file"
    if mistake["type"] == "missing":
        do = {
            "direction": 'Add direction = "higher" (a higher figure means more at risk) or direction = "lower".',
        }.get(field, f"Add {field} = ... under this line.")
        return Problem(where, f"{who}{field} is missing", "", do)
    if mistake["type"] == "extra_forbidden":
        return Problem(where, f"{who}'{field}' is not a field of a method", "", "Mend its spelling or delete the line.")
    what, do = method_words.said(mistake)
    return Problem(where, f"{who}{field} {what}", method_words.shown(mistake["input"]), do)


def _tables(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The tables of an array as far as they are tables, so that one mistake does not hide the rest."""
    tables = document.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in tables] if isinstance(tables, list) else []


def _dangling(name: str, document: Mapping[str, Any], lines: Lines, own: frozenset[str] = frozenset()) -> Iterable[Problem]:
    """What the file says of itself that cannot be: checked on the raw text, so that it is found beside other mistakes."""
    domains, indicators = _tables(document, "domain"), _tables(document, "indicator")
    yield from _repeated(name, domains, indicators, lines)
    given = document.get("nations")
    for nation in given if isinstance(given, list) else []:
        if isinstance(nation, str) and nation not in NATIONS:
            yield Problem(_at(name, ("nations",), lines), "nations names one we do not know", nation, f"Nations: {', '.join(NATIONS)}.")
    ids = [str(domain.get("id")) for domain in domains]
    for at, domain in enumerate(domains):
        up = domain.get("parent", "")
        if up and up not in ids:
            yield Problem(
                _at(name, ("domain", at, "parent"), lines),
                f"domain '{domain.get('id')}' is part of a domain that is not there",
                str(up),
                f"Domains here: {', '.join(ids)}.",
            )
        if domain.get("id") not in [i.get("domain") for i in indicators] + [d.get("parent") for d in domains]:
            yield Problem(_at(name, ("domain", at), lines), f"domain '{domain.get('id')}' has no indicator", "", "Add one or delete it.")
    yield from _circles(name, domains, lines)
    yield from _no_weight(name, domains, indicators, lines)
    known = set(measures()) | own
    for at, indicator in enumerate(indicators):
        who = f"indicator '{indicator.get('id')}'"
        if indicator.get("domain") is not None and indicator["domain"] not in ids:
            yield Problem(
                _at(name, ("indicator", at, "domain"), lines),
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
                    _at(name, ("indicator", at, key), lines),
                    f"{who} uses a measure we do not know",
                    str(measure),
                    _near(str(measure), known),
                )
        if sum([bool(indicator.get("measure")), bool(parts), bool(indicator.get("lacking"))]) != 1:
            yield Problem(_at(name, ("indicator", at), lines), f"{who} must have one of: measure, parts, lacking", "", "Keep just one.")
        if document.get("normalise") == "goalposts" and not indicator.get("lacking"):
            ends = (indicator.get("lower"), indicator.get("upper"))
            if None in ends or ends[0] == ends[1]:
                yield Problem(
                    _at(name, ("indicator", at), lines),
                    f"{who} needs two different goalposts",
                    f"{ends[0]} and {ends[1]}",
                    "Give lower = ... and upper = ...",
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
                yield Problem(_at(name, (kind, at, "id"), lines), f"{kind} '{own}' is there twice", "", first)
            elif own:
                seen[own] = lines.get((kind, at, "id"), 1)


def _circles(name: str, domains: list[dict[str, Any]], lines: Lines) -> Iterable[Problem]:
    parent = {str(domain.get("id")): str(domain.get("parent", "") or "") for domain in domains}
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
                _at(name, ("domain", at, "parent"), lines), "domains go round in a circle", shown, "Leave the parent of one of them out."
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
                _at(name, (*items[0][0], "weight"), lines),
                f"all weights under {who} are zero",
                names,
                "Give at least one of them a weight above 0.",
            )


def composite_entries() -> list[Entry]:
    """Every alternative method, for the review dates."""
    return list(alternatives().values())


__all__ = [
    "CompositeDomain",
    "CompositeIndicator",
    "CompositeMethod",
    "Part",
    "Within",
    "alternatives",
    "composite_entries",
    "line_numbers",
    "read_method",
]
