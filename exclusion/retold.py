"""What was made in English, such as the reason of a finding, told again in the language a screen speaks.

Assessments are made in English by code that knows no other language, and kept, saved and sent in English. A screen that speaks
another language takes such a text apart into the sentences that made it: those of judgement files, which stand in the catalogue
as they do in their file, and the frames below, whose figures and names are told in turn. A text is told wholly or not at all: where
any part of it is not understood (a council's own rule, a note a publisher wrote), it stays in English and is marked as English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape, unescape

from exclusion.language import ENGLISH, catalogue, current, mark, speaking, tr, trn
from exclusion.language.catalogue import placeholders
from exclusion.saying import English, figure, join_words
from exclusion.words import capital, counted, within

FRAMES = (
    # a finding
    mark("Keep {way} here, as a condition of the proposal."),
    mark("Keep {way} here, {notes}, as a condition of the proposal."),
    mark("We advise keeping {way} here."),
    mark("We advise keeping {way} here, {notes}."),
    mark("Watch whether {way} should be kept here."),
    mark("Watch whether {way} should be kept here, {notes}."),
    mark("{Way} is already in the council-wide minimum; expect more use of it here."),
    mark("Keep {way}, in every ward."),
    mark("({law}.)"),
    mark("This ward has {figures}."),
    mark("Between {low} and {high} are in both groups."),
    mark("We cannot tell how many are in both groups."),
    mark("Keep in mind:"),
    mark("Borderline: {change}, it would not be said."),
    mark("Borderline: {change}, it would read '{level}'."),
    # in short
    mark("Keep {way} as a condition: {counts}."),
    mark("Keep {way} as a condition."),
    mark("Advise keeping {way}: {counts}."),
    mark("Advise keeping {way}."),
    mark("Watch {way}: {counts}."),
    mark("Watch {way}."),
    mark("Expect more use of {way}: {counts}."),
    mark("Expect more use of {way}."),
    # across the council
    mark("{level}: {way}, in every ward."),
    mark("{level}: {way}, in {n} of {of} wards."),
    mark("Reasons found most often: {rules}."),
    # what was not assessed
    mark("Not assessed here for want of figures: {n_rules}."),
    mark("Not assessed: {rules}."),
    mark("We hold no figures for this ward on {labels}."),
    mark("Our figures on {labels} cover less than two thirds of this ward."),
    mark("The figure on {labels} is older than its shelf life."),
    mark("The figure on {labels} are older than its shelf life."),
    mark("No threshold is set for {labels}."),
    mark("Not assessed does not mean no need."),
    # a summary
    mark("We found reasons to keep {ways} open here, beyond the council-wide minimum."),
    mark("Fewer than half of the rules for this service could be checked."),
    mark("We found no ward reason beyond the council-wide minimum, in the rules checked."),
    mark("Not assessed: fewer than half of the rules for this service could be checked here."),
    mark("The council-wide minimum still applies."),
    mark("Expect more use of {ways} here."),
    mark("Not checked: {rules}."),
    mark("Close to a finding: {changes}."),
    mark("Close to a finding: {changes}, and {n_ways}."),
    # how sure
    mark("No figure can tip this: the minimum is the same in every ward."),
    mark("Not borderline: {steady} it."),
    mark(
        "The ward was among its nation's most affected fifth in {share} of the ways we worked the score out; this finding does not "
        "rest on that."
    ),
    mark(
        "The ward was among its nation's most affected fifth in {share} of the ways we worked the score out; findings do not rest on that."
    ),
    # what a nation lacks
    mark("Not scored: no figure for {parts}."),
    mark("We hold no method for {nation}."),
    # notices
    mark("Thresholds version {one}, not the current version {other}."),
    mark("Each nation is scored within itself. Bands and comparisons of two nations must not be set side by side."),
    mark("Not run by councils {in_nation}, so nothing is found there: {services}."),
    mark("Decided by {name}, whose members stand for divisions: wards are a guide for {which}."),
    mark("Decided by {name}, whose members stand for divisions: wards are a guide."),
    # the page of a councillor
    *(mark("What is proposed"), mark("Who uses it"), mark("In your ward"), mark("Keep open here"), mark("Everywhere"), mark("Not known")),
    *(mark("Other changes"), mark("Questions to ask"), mark("The duty")),
    mark("Officer to fill in: what closes, what stays, when."),
    mark("Officer to fill in."),
    mark("{name}: {service}"),
    mark("This page is evidence to help you give due regard; it does not decide for you."),
    mark("We hold no figure for this ward that bears on this service. That does not mean no need."),
    mark("Not assessed: too few rules could be checked here. That does not mean no need."),
    mark("Nothing found beyond the minimum, in the rules checked. That does not mean no need."),
    mark("The council does not run this service, so no minimum is the council's to keep."),
    mark("Keep {ways} as a condition, because {why} ({marks})."),
    mark("Keep {ways} as a condition, because {why}."),
    mark("Advise keeping {ways}, because {why} ({marks})."),
    mark("Advise keeping {ways}, because {why}."),
    mark("Watch {ways}, because {why} ({marks})."),
    mark("Watch {ways}, because {why}."),
    mark("{ways}, as easy to find as the link; {others}."),
    mark("One part of this ward differs ({short}): ask locally."),
    mark("One part of this ward differs: ask locally."),
    mark("From {when}."),
    mark("Closes: {ways}."),
    mark("Fewer hours: {ways}."),
    mark("Stays: {ways}."),
    mark("Closing: {name}."),
    mark("Open for fewer hours: {name}."),
    mark("No saving is claimed."),
    mark("A saving is claimed."),
    mark("Nothing is proposed for this service here."),
    mark("None was given: ask for all."),
    mark("The proposal closes {ways}, part of this minimum."),
    mark("The proposal closes {ways}."),
    mark("Also changed: {services}."),
    mark("{fact}: {here} ({nation} {there}; {when})."),
    mark("{fact}: {here} ({nation} {there})."),
    mark("{fact}: {rate} ({when})."),
    mark("{fact}: {rate}."),
    mark("{fact} ({when})."),
    mark("{fact}."),
    mark("{users}."),
    # what the search for a ward answers
    mark("Type the name of a ward, its code or a postcode."),
    mark("The ward with the code {id}."),
    mark("No ward of {name} has the code {id}. It may be of another year: try the name."),
    mark("Type two letters of a name or more."),
    mark("“{name}” is the first half of a postcode. Type the whole of it."),
    mark("{name} looks like a postcode, and no file of postcode points is on this machine (KEPT_OPEN_POSTCODES names one)."),
    mark("Type the name of the ward."),
    mark("The file of postcode points does not hold {name}. It may be new, or mistyped. Try the name of the ward."),
    mark("{name} lies in this ward, says the file of postcode points."),
    mark("{name} lies inside the outline of this ward."),
    mark("We hold no outlines around {name}. These are the wards whose middles are nearest; it may lie in any of them."),
    mark("{name} is a council. Choose it under Council, or add the name of a ward."),
    mark("{id} wards match “{name}”; the first {n} are shown. Add the name of the council."),
    mark("{n_wards} matches “{name}”."),
    mark("{n_wards} match “{name}”."),
    mark("No ward is called “{name}”. Try part of the name, or the council's name with it."),
    mark("No ward is called “{name}”. Did you mean {either}?"),
    # where band and findings differ
    mark("{band} band because {pulls}; flagged because {many} live here and may need this service."),
    mark("{band} band; flagged because {many} live here and may need this service."),
    mark("{band} band because {pulls}; flagged all the same."),
    mark("{band} band; flagged all the same."),
    mark("{band} band because {pulls}; nothing is added because the ways in that the rules point to ({ways}) are in the minimum already."),
    mark("{band} band because {pulls}; nothing is flagged because this service is not mainly for them."),
    mark(
        "{band} band because {pulls}; nothing is flagged because the rules for this service look at numbers of people as well as "
        "shares, and none fired."
    ),
)
"""Sentences that code makes, whose places are told by :data:`_PLACES`. The fuller comes before the one it may be taken for."""

INSIDE = (
    mark("if this ward stood {n} places in 100 higher for {label}"),
    mark("if this ward stood {n} places in 100 lower for {label}"),
    mark("with {n}% more {label}"),
    mark("with {n}% fewer {label}"),
    mark("between {low} and {high}"),
    mark("up to {high}"),
    mark("{pct} of {of}, against {there} {in_nation} and more than in {place}% of wards there"),
    mark("{pct} of {of}, against {there} {in_nation}"),
    mark("{pct} of {of}"),
    mark("the council's own figure"),
    mark("{way} ('{level}' {change})"),
    mark("part of {title} ({id})"),
    mark("{title} ({id})"),
    mark("no single count {count}% larger or smaller, and no rate {n} places in 100 higher or lower, would alter"),
    mark("{here} {of_group}, against {there} {in_nation}"),
    mark("{here} {of_group}, the same as {in_nation}"),
    mark("{here} {of_group}"),
    mark("{here}, against {there} {in_nation}"),
    mark("{there} {in_nation}"),
    mark("both {when}"),
    mark("all {when}"),
    mark("since {when}"),
    *(mark("it closes"), mark("fewer hours"), mark("not mentioned"), mark("it stays"), mark("as across the council"), mark("borderline")),
    mark("many {label}, though their share is small,"),
    mark("many {label}"),
)
"""Parts of sentences, told where a place holds them."""

_IN_NATION = (mark("in England"), mark("in Wales"), mark("in Scotland"), mark("in Northern Ireland"))
_SENTENCES = ("overlap", "gate", "evidence")  # places in texts of judgement files that hold whole sentences
_JUDGED = "exclusion/judgement/"


@dataclass(frozen=True)
class _Frame:
    """A sentence with places, and what finds it."""

    english: str
    pattern: re.Pattern[str]


def told(text: str) -> str:
    """A text that was made in English, in the language spoken; as it stands, marked as English, where it is not understood."""
    if current() == ENGLISH or not text:
        return text
    said = _told(current(), str(text))
    return English(text) if said is None else said


def told_html(html: str) -> str:
    """A piece of a web page with each of its texts told; those that stay in English are marked so."""
    if current() == ENGLISH:
        return html
    return re.sub(r">([^<]*[A-Za-z][^<]*)<", lambda found: f">{_set_back(found[1])}<", html)


def _set_back(text: str) -> str:
    said = told(unescape(text.strip()))
    shown = f'<span lang="{ENGLISH}">{text.strip()}</span>' if isinstance(said, English) else escape(said)
    return text.replace(text.strip(), shown)


@lru_cache(maxsize=50_000)
def _told(code: str, text: str) -> str | None:
    with speaking(code):
        return _run(text.strip())


def _run(text: str) -> str | None:
    """Sentence after sentence from the left, the longest that is known first."""
    if not text:
        return ""
    known, frames = _known(current())
    for whole in known.get(text.split(" ", 1)[0], ()):
        if text == whole or text.startswith(f"{whole} "):
            rest = _run(text[len(whole) + 1 :])
            if rest is not None:
                return f"{tr(whole)} {rest}".strip()
    for frame in frames:
        if found := frame.pattern.match(text):
            said = _filled(frame.english, found)
            rest = None if said is None else _run(text[found.end() + 1 :])
            if rest is not None:
                return f"{said} {rest}".strip()
    return None


@cache
def _known(code: str) -> tuple[dict[str, list[str]], list[_Frame]]:
    """Whole sentences by their first word, the longest first, and the frames, those of judgement files first."""
    whole: dict[str, list[str]] = {}
    frames = []
    for entry in catalogue(code).entries:
        judged = any(place.startswith(_JUDGED) for place in entry.where)
        if not entry.held or not (judged or entry.english in FRAMES):
            continue
        if not placeholders(entry.english):
            whole.setdefault(entry.english.split(" ", 1)[0], []).append(entry.english)
        elif judged and entry.english not in FRAMES and not entry.english.startswith(("{count} ", "{n} ", "{who} ")):
            frames.append(_Frame(entry.english, _pattern(entry.english)))
    for texts in whole.values():
        texts.sort(key=len, reverse=True)
    made = [_Frame(english, _pattern(english)) for english in FRAMES if placeholders(english)]
    return whole, [*frames, *made]


def _pattern(english: str, end: str = "(?= |$)") -> re.Pattern[str]:
    """What finds a frame at the start of a text; its places are as short as they can be."""
    parts = re.split(r"\{(\w+)\}", english)
    held = [re.escape(part) if number % 2 == 0 else f"(?P<{part}>{_held(english, part)})" for number, part in enumerate(parts)]
    return re.compile("".join(held).rstrip() + ("$" if english.endswith("}") and not _whole_sentence(english, parts[-2]) else end))


def _held(english: str, place: str) -> str:
    """What a place may hold: a sentence, words that :data:`_PLACES` tells, else one figure or code."""
    if _whole_sentence(english, place):
        return r".*?\.(?= |$)|"
    if place == "when":
        return "[^()]+"
    if place == "since":
        return ".*?"
    if place in ("here", "there"):
        return r"[\d.]+(?: to [\d.]+)?%"
    return ".+?" if place in _PLACES else r"[^\s();]+"


def _whole_sentence(english: str, place: str) -> bool:
    """Whether a place of a judgement text holds a sentence of its own: "Phone must not be the only alternative here. {figures}"."""
    return place in _SENTENCES or (place == "figures" and english not in FRAMES)


def _filled(english: str, found: re.Match[str]) -> str | None:
    """A frame with its places told, or None where one is not understood."""
    values = {}
    for name, given in found.groupdict().items():
        said = (_run(given) if _whole_sentence(english, name) else _PLACES.get(name, _as_it_stands)(given)) if given else ""
        if said is None:
            return None
        values[name] = said
    return tr(english).format(**values).strip()


# --------------------------------------------------------------------------- what stands in a place


@cache
def _inside() -> list[_Frame]:
    return [_Frame(english, _pattern(english, "$")) for english in INSIDE]


def _part(text: str) -> str | None:
    """A part of a sentence: one of :data:`INSIDE`, or a name of a judgement file."""
    for frame in _inside():
        if (found := frame.pattern.match(text)) and (said := _filled(frame.english, found)) is not None:
            return said
    return _named(text)


def _as_it_stands(text: str) -> str:
    return text


def _named(text: str) -> str | None:
    """A name as the catalogue has it, its first letter as it is here."""
    for form, back in ((text, _as_it_stands), (capital(text), within), (within(text), capital)):
        if (said := tr(form)) != form or form in _same(current()):
            return said if said.startswith(_PROPER) else back(said)
    return None


_PROPER = ("Saesneg", "Cymraeg", "Iaith Arwyddion Prydain")  # which keep their capital within a sentence


@cache
def _same(code: str) -> frozenset[str]:
    """What reads the same in both languages, such as "post"."""
    return frozenset(entry.english for entry in catalogue(code).entries if entry.held and entry.said[0] == entry.english)


def _count(text: str) -> str | None:
    """ "about 1,500 people aged 75 and over": a number and what it counts."""
    found = re.fullmatch(r"((?:about )?[\d,]+|fewer than 10) (.+)", text)
    if found is None:
        return None
    sentence = f"{{count}} {found[2]}"
    return None if (said := tr(sentence)) == sentence else said.format(count=figure(found[1]))


def _figure(text: str) -> str | None:
    """A count with its notes in brackets: "about 900 people aged 75 and over (4.1% of all residents, against 8.6% in England)"."""
    if (said := _count(text)) is not None:
        return said
    for start in (found.start() for found in re.finditer(r" \(", text)):
        said = _count(text[:start]) if text.endswith(")") else None
        notes = [_note(note) for note in text[start + 2 : -1].split("; ")] if said is not None else [None]
        if all(note is not None for note in notes):
            return f"{said} ({'; '.join(map(str, notes))})"
    return None


# A day, month, year or years, as publishers give them.
_WHEN = re.compile(r"(?:\d{1,2} )?[A-Z][a-z]+ \d{4}|\d{4}(?:[-–]\d{2,4})?(?: to \d{4})?|mid-\d{4}")


def _note(text: str) -> str | None:
    if _WHEN.fullmatch(text):
        said = " ".join(tr(word) if word[:1].isalpha() and word[:1].isupper() else word for word in text.split(" "))
        return figure(said) if " to " in said else said
    return _part(text)


def _listed(one: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """A list "a, b and c" of things that may hold commas and "and" themselves."""

    def split(text: str) -> list[str] | None:
        if (said := one(text)) is not None:
            return [said]
        for found in re.finditer(r", | and ", text):
            if (first := one(text[: found.start()])) is not None and (rest := split(text[found.end() :])) is not None:
                return [first, *rest]
        return None

    def said(text: str) -> str | None:
        parts = split(text)
        return None if parts is None else join_words(parts)

    return said


def _apart(one: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """Things with "; " between them."""

    def said(text: str) -> str | None:
        parts = [one(part) for part in text.split("; ")]
        return None if None in parts else "; ".join(map(str, parts))

    return said


def _number_of(form: Callable[[int], str], one: str, many: str) -> Callable[[str], str | None]:
    """ "two more ways in": a number, in words up to ten, and its noun."""

    def said(text: str) -> str | None:
        digits = re.match(r"[\d,]+", text)
        numbers = [int(digits[0].replace(",", ""))] if digits else range(11)
        return next((form(n) for n in numbers if counted(n, one, many) == text), None)

    return said


def _some(text: str) -> str | None:
    """What a notice is about: this service, or so many of them."""
    found = re.fullmatch(r"(\d+) of these services", text)
    return tr("{n} of these services", n=found[1]) if found else tr("this service") if text == "this service" else None


def _fact(text: str) -> str | None:
    """What a page says of a measure, after its number: "About 340 (250 to 420) people are aged 75 and over"."""
    for template in _of_numbers(current()):
        rest = template.removeprefix("{n}")
        if text.endswith(rest) and (n := _number(within(text.removesuffix(rest)))) is not None:
            said = tr(template).format(n=n)
            return capital(said) if text[:1].isupper() or text[:1].isdigit() else said
    return None


@cache
def _of_numbers(code: str) -> list[str]:
    held = (entry.english for entry in catalogue(code).entries if entry.held and any(place.startswith(_JUDGED) for place in entry.where))
    return [english for english in held if english.startswith("{n} ")]


def _number(text: str) -> str | None:
    """ "about 340 (250 to 420)": a count, with its range where it has one."""
    found = re.fullmatch(r"((?:about )?[\d,]+(?: to [\d,]+)?|fewer than 10|none|nobody)(?: \(((?:up to )?[\d,]+(?: to [\d,]+)?)\))?", text)
    return None if found is None else figure(found[1]) + (f" ({figure(found[2])})" if found[2] else "")


def _because(text: str) -> str | None:
    """Why a way in is kept: a rule with the people it rests on, and in a phrase another."""
    if (said := tr(text)) != text:
        return said
    for template in _reasons(current()):
        rest = template.removeprefix("{who}")
        if text.endswith(rest) and (who := _fact(text.removesuffix(rest))) is not None:
            return tr(template).format(who=who)
    for found in re.finditer(", and ", text):
        parts = _because(text[: found.start()]), _because(text[found.end() :])
        if parts[0] is not None and parts[1] is not None:
            return join_words([str(part) for part in parts])
    return None


@cache
def _reasons(code: str) -> list[str]:
    return [entry.english for entry in catalogue(code).entries if entry.held and entry.english.startswith("{who} ")]


_SHORTER = (r" \([^)]*\)", ";.*")


def _shortened(text: str) -> str | None:
    """A name of a service without what stands in brackets, or the first of its users, as pages with little room say them."""
    return _shorter(current()).get(text)


@cache
def _shorter(code: str) -> dict[str, str]:
    held = [entry for entry in catalogue(code).entries if entry.held and any(place.endswith("services.csv") for place in entry.where)]
    return {re.sub(cut, "", entry.english): re.sub(cut, "", entry.said[0]) for cut in _SHORTER for entry in held}


def _since(text: str) -> str | None:
    """ " since 31 March 2021", with the space it begins with."""
    said = _part(text.strip())
    return None if said is None else f" {said}"


_PLACES: dict[str, Callable[[str], str | None]] = {
    "way": _named,
    "Way": _named,
    "ways": _listed(_named),
    "notes": _listed(_named),
    "figures": _listed(_figure),
    "counts": _apart(_count),
    "labels": _listed(_named),
    "label": _named,
    "of": lambda text: text if text.isdigit() else _named(text),
    "title": _named,
    "rules": _listed(_part),
    "level": _named,
    "band": _named,
    "nation": _named,
    "in_nation": _named,
    "service": lambda text: _named(text) or _shortened(text),
    "others": _listed(_named),
    "short": _named,
    "users": lambda text: _named(text) or _shortened(text),
    "why": _because,
    "marks": _apart(_part),
    "fact": _fact,
    "rate": _part,
    "of_group": _named,
    "here": figure,
    "there": figure,
    "when": _note,
    "since": _since,
    "checked_on": _note,
    "steady": _part,
    "share": figure,
    "parts": _listed(_named),
    "services": _listed(_named),
    "name": _as_it_stands,
    "which": lambda text: _some(text) or _listed(_named)(text),
    "law": _as_it_stands,  # a law is named as it names itself
    "change": _part,
    "changes": _apart(_part),
    "pulls": _listed(_named),
    "many": _listed(_part),
    "n_rules": _number_of(lambda n: trn("{n} rule", "{n} rules", n), "rule", "rules"),
    "n_wards": lambda text: _number_of(lambda n: capital(trn("{n} ward", "{n} wards", n)), "ward", "wards")(within(text)),
    "either": lambda text: text.replace(" or ", tr(" or ")),
    "n_ways": _number_of(lambda n: trn("{n} more way in", "{n} more ways in", n), "more way in", "more ways in"),
}
"""How what stands in a place is told; a number stays as it is."""

__all__ = ["told", "told_html"]
