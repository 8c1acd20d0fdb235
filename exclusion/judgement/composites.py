"""Other ways to score, as data: our alternatives, the older index DERI 1.6, and a council's own method file.

A file declares indicators, the domains they belong to, and an index at the top. Every mistake in it
is reported at once, each with its line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.judgement import method_words
from exclusion.judgement.entries import FOLDER, Entry
from exclusion.judgement.method_checks import NATIONS, Lines, at_line, contradictions, line_numbers, line_of, single_brackets
from exclusion.judgement.score import methods

Mean = Literal["arithmetic", "geometric", "harmonic"]
Scale = Literal["percentile_of_reference", "percentile", "min_max", "goalposts", "z_score", "rank", "exponential", "none"]
Within = Literal["nation", "council", "all"]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A plain number: not true or false, not text, not infinite."""
Weight = Annotated[Number, Field(ge=0)]
ALTERNATIVES = FOLDER / "methods" / "alternatives"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Part(_Strict):
    """A measure in an indicator that is a weighted sum of rates."""

    measure: str
    coefficient: Number = Field(gt=0)


class CompositeIndicator(_Strict):
    """One indicator: a measure (or a weighted sum of measures), its domain, weight and direction."""

    id: str
    label: str
    domain: str
    weight: Weight
    direction: Literal["higher", "lower"]
    """Whether a higher or a lower figure means more at risk."""
    measure: str = ""
    parts: tuple[Part, ...] = ()
    lacking: str = ""
    """Why we hold no figures for it; such an indicator stays in the method and is named as lacking."""
    lower: Number | None = None
    upper: Number | None = None

    @property
    def terms(self) -> tuple[Part, ...]:
        """The measures it adds up, with their coefficients."""
        return self.parts or ((Part(measure=self.measure, coefficient=1.0),) if self.measure else ())


class CompositeDomain(_Strict):
    """A domain, or a domain of domains when others name it as their parent."""

    id: str
    label: str
    weight: Weight
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
    least_observed: Number = Field(default=1.0, ge=0, le=1)
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


def read_method(path: str | Path, own: Iterable[str] = (), today: date | None = None) -> CompositeMethod:
    """A method from a file: one of ours, or a council's own.

    Parameters
    ----------
    path
        A TOML file; ``judgement/methods/alternatives/equal_people.toml`` is one to copy.
    own
        Measures beside ours that it may name: those a council brought.
    today
        The day after which it cannot have been checked; the clock's when None.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake in it, each with the line to mend: fields missing, misspelt or of the
        wrong kind, a measure we do not know, a domain that is not there, names given twice,
        weights all zero or not finite, the id of one of our methods, a day to come, domains that go round in a
        circle, goalposts without ends, a mean that cannot take the scale, a scope that the scale does not have.
    """
    path = Path(path)
    text = _text(path)
    problems = single_brackets(path.name, text)
    text = method_words.doubled(text)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        raise DataRefused([*problems, method_words.not_toml(path.name, str(error))]) from None
    lines = line_numbers(text)
    method = None
    try:
        method = CompositeMethod.model_validate(document)
    except ValidationError as error:
        mistakes = [dict(mistake) for mistake in error.errors()]
        problems += [_mistake(path.name, one, document, lines) for one in mistakes if not method_words.only_follows(one)]
    ours = {} if path.parent == ALTERNATIVES else _ours()
    problems += contradictions(path.name, document, lines, frozenset(own), ours, today or date.today())
    if problems or method is None:
        raise DataRefused(sorted(problems, key=lambda problem: line_of(problem.where)))
    return method


def _ours() -> dict[str, str]:
    """Title of each method we ship, by id; read without reading them as files of a council, which would go round."""
    shipped = [tomllib.loads(one.read_text(encoding="utf-8")) for one in sorted(ALTERNATIVES.glob("*.toml"))]
    return {name: preset.title for name, preset in methods().items()} | {one["id"]: one["title"] for one in shipped}


def _text(path: Path) -> str:
    """What is in a method file, or why it cannot be one."""
    start = "Give a method file (TOML); judgement/methods/alternatives/equal_people.toml is one to copy."
    if path.is_dir():
        raise UsageError(Problem(str(path), "is a folder, not a file", "", "Give the method file (TOML) in it."))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(Problem(str(path), "is not a file", "", "Give a method file (TOML).")) from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "its name cannot be a file's"
        raise UsageError(Problem(str(path), f"cannot be read: {said}", "", "Give a method file (TOML).")) from None
    if not content.strip():
        raise DataRefused(Problem(path.name, "is empty", "", start))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\x00" in content:
            raise DataRefused(Problem(path.name, "is not a text file", "", start)) from None
        line = content[: error.start].count(b"\n") + 1
        raise DataRefused(Problem(f"{path.name}, line {line}", "cannot be read as text", "", "Save it as UTF-8 text.")) from None
    if "\x00" in text or text.startswith("PK\x03\x04"):
        raise DataRefused(Problem(path.name, "is not a text file", "", start))
    return text


def _named(document: Mapping[str, Any], place: tuple[str | int, ...]) -> str:
    """``indicator 'age'`` for a place inside a table, else nothing."""
    if len(place) < 2 or not isinstance(place[1], int):
        return ""
    entry = document[str(place[0])][place[1]]
    name = entry.get("id") if isinstance(entry, Mapping) else None
    return f"{place[0]} '{name or f'number {place[1] + 1}'}': "


def _mistake(name: str, mistake: Mapping[str, Any], document: Mapping[str, Any], lines: Lines) -> Problem:
    place: tuple[str | int, ...] = tuple(mistake["loc"])
    where, who = at_line(name, place, lines), _named(document, place)
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


def composite_entries() -> list[Entry]:
    """Every alternative method, for the review dates."""
    return list(alternatives().values())


__all__ = [
    "NATIONS",
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
