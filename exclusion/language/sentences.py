"""Every sentence that the code says through :func:`exclusion.language.tr`, and a catalogue brought up to them.

Works on a checkout: it reads the source of the package, ``app.py`` and ``pages/``.
"""

from __future__ import annotations

import ast
import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from exclusion.language.catalogue import Catalogue, Entry, placeholders

CHECKOUT = Path(__file__).resolve().parents[2]
NAMES = {"tr": 1, "mark": 1, "trn": 2}
"""What marks a sentence, and how many of its arguments are sentences."""

JUDGEMENT = {
    "services.csv": ("service_name", "main_users", "transaction"),
    "channels.toml": ("label", "long"),
    "measures.toml": ("short", "label", "own", "of", "unpublished"),
    "methods/*.toml": ("label", "explains", "explains_low"),
    "rules.toml": (
        *("title", "reason", "caution", "caution_short", "limits", "note"),
        *("text_clear", "text_unknown", "text_unknown_no_figure"),
    ),
    "duties/*.toml": ("lines", "socio_economic"),
    "guards.toml": ("text", "unknown"),
    "law.toml": ("says",),
    "nations.toml": ("kept_line", "place_text", "language_notice", "service_notes"),
    "pages.toml": ("text", "who", "of", "also", "in_nation", "date"),
    "access.toml": ("label",),
    "floors.toml": ("short", "reason", "text"),
    "audit.toml": ("steps",),
    "maps.toml": ("words",),
    "people.toml": ("definition",),
    "nation_figures.toml": ("notice", "not_scored", "notice_fetched", "not_scored_fetched", "missing"),
}
"""Names and sentences in judgement files that screens show, or that reasons are made of: files -> their fields."""

COUNTED = "measures.toml"
"""The file whose labels follow a number in a reason: "900 people aged 75 and over" is a sentence of its own in another language."""


def sources(root: Path = CHECKOUT) -> Iterator[Path]:
    """The files whose sentences screens show."""
    yield root / "app.py"
    yield from sorted((root / "pages").glob("*.py"))
    yield from sorted((root / "exclusion").rglob("*.py"))


def said_in(path: Path) -> Iterator[tuple[str, str]]:
    """The sentences of a file with their plurals (else blank), in the order of the file."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        if not isinstance(call.func, ast.Name) or call.func.id not in NAMES:
            continue
        texts = [one.value for one in call.args[: NAMES[call.func.id]] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if texts:
            yield texts[0], texts[1] if len(texts) > 1 else ""


def judged(root: Path = CHECKOUT) -> Iterator[tuple[str, str]]:
    """Names in judgement files with the file they stand in."""
    folder = root / "exclusion" / "judgement"
    for row in _tables(tomllib.loads((folder / COUNTED).read_text(encoding="utf-8"))):
        yield from ((f"{{count}} {text}", COUNTED) for name in ("label", "own") for text in _texts(row.get(name)))
    for path, fields in ((path, fields) for pattern, fields in JUDGEMENT.items() for path in sorted(folder.glob(pattern))):
        name, text = path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines())) if name.endswith(".csv") else list(_tables(tomllib.loads(text)))
        for row in rows:
            yield from ((text, name) for one in fields for text in _texts(row.get(one)))


def _texts(held: object) -> Iterator[str]:
    """The texts of a field: one, or those of a list or table at any depth."""
    if isinstance(held, str) and re.sub(r"\{\w+\}", "", held):  # a text that is one place has no words
        yield held
    elif isinstance(held, (list, dict)):
        for one in held.values() if isinstance(held, dict) else held:
            yield from _texts(one)


def _tables(held: object) -> Iterator[dict[str, object]]:
    """Every table in a TOML document, at any depth."""
    if isinstance(held, dict):
        yield held
        for value in held.values():
            yield from _tables(value)
    elif isinstance(held, list):
        for value in held:
            yield from _tables(value)


def sentences(root: Path = CHECKOUT) -> list[Entry]:
    """Every sentence once, with its plural and where it is said; none of them translated."""
    found: dict[str, Entry] = {}
    for path in sources(root):
        for text, plural in said_in(path):
            _add(found, text, plural, path.relative_to(root).as_posix())
    for text, name in judged(root):
        _add(found, text, "", f"exclusion/judgement/{name}")
    return list(found.values())


def _add(found: dict[str, Entry], text: str, plural: str, where: str) -> None:
    before = found.setdefault(text, Entry(text))
    places = tuple(dict.fromkeys([*before.where, where]))
    found[text] = replace(before, plural=plural or before.plural, where=places)


def brought_up(held: Catalogue, said: list[Entry]) -> Catalogue:
    """The catalogue with exactly these sentences: what it has kept, what is new left blank, what is no longer said taken out."""
    known = {entry.english: entry for entry in held.entries}
    entries = []
    for one in said:
        before = known.get(one.english)
        forms = held.plurals if one.plural else 1
        kept = before.said if before and len(before.said) == forms else ("",) * forms
        entries.append(replace(one, said=kept, notes=before.notes if before else ()))
    return Catalogue(held.code, held.header, tuple(entries))


def mistakes(held: Catalogue, said: list[Entry]) -> list[str]:
    """What is wrong with a catalogue, each in a line: not translated, no longer said, other placeholders."""
    known = {entry.english: entry for entry in held.entries}
    wanted = {one.english: one for one in said}
    lines = [f"not translated: {text}" for text in wanted if text not in known or not known[text].held]
    lines += [f"no longer said: {text}" for text in known if text not in wanted]
    for text, one in wanted.items():
        if (entry := known.get(text)) is None or not entry.held:
            continue
        if len(entry.said) != (held.plurals if one.plural else 1):
            lines.append(f"other number of plural forms: {text}")
        allowed = [placeholders(text), placeholders(one.plural or text)]
        # A form for one number may say the number in words, as the singular in English may.
        lines += [
            f"other placeholders: {text} -> {form}"
            for form in entry.said
            if not (placeholders(form) in allowed or (one.plural and placeholders(form) | {"n"} in allowed))
        ]
    return lines


__all__ = ["brought_up", "judged", "mistakes", "said_in", "sentences", "sources"]
