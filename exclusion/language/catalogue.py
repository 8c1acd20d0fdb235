"""A catalogue of sentences in another language: the ``.po`` file of gettext, read and written.

Python reads only the compiled form, and the file is small: reading it as text keeps one file that a translator
opens and the program uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from gettext import c2py
from pathlib import Path
from string import Formatter

from exclusion.contracts import DataRefused, Problem

_LINE = re.compile(r'(?:(?P<key>msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+)?"(?P<text>(?:[^"\\]|\\.)*)"')
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(frozen=True)
class Entry:
    """One sentence: in English (with its plural, if it has one), in the other language, and where it is said."""

    english: str
    said: tuple[str, ...] = ("",)
    plural: str = ""
    where: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Lines beginning with ``#``, from translators and for them; the flag ``fuzzy`` among them sets an entry aside."""

    @property
    def held(self) -> bool:
        """Whether it can be said in the other language; gettext leaves out what is flagged ``fuzzy``, and so do we."""
        return all(self.said) and not any(note.startswith("#,") and "fuzzy" in note for note in self.notes)


@dataclass(frozen=True)
class Catalogue:
    """The sentences of one language, and who has checked them."""

    code: str
    header: Mapping[str, str]
    entries: tuple[Entry, ...]
    _texts: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._texts.update({entry.english: entry.said for entry in self.entries if entry.held})

    @property
    def name(self) -> str:
        """The language's name in itself."""
        return self.header.get("X-Name", self.code)

    @property
    def checked_by(self) -> str:
        """The translator who checked every sentence; blank until somebody has."""
        return self.header.get("X-Checked-By", "").strip()

    @property
    def checked_on(self) -> str:
        """The day of that, ``YYYY-MM-DD``."""
        return self.header.get("X-Checked-On", "").strip()

    @property
    def checked(self) -> bool:
        """Whether a translator signed it: both a name and a day."""
        return bool(self.checked_by and self.checked_on)

    def text(self, english: str) -> str:
        """A sentence; in English where the language lacks it."""
        return self._texts[english][0] if english in self._texts else english

    def plural(self, one: str, many: str, n: int) -> str:
        """The form of a sentence that goes with a number."""
        if one not in self._texts:
            return one if n == 1 else many
        forms = self._texts[one]
        return forms[min(self._form(n), len(forms) - 1)]

    @property
    def plurals(self) -> int:
        """How many forms a sentence with a number has."""
        found = re.search(r"nplurals\s*=\s*(\d+)", self.header.get("Plural-Forms", ""))
        return int(found[1]) if found else 2

    @property
    def _form(self) -> Callable[[int], int]:
        found = re.search(r"plural\s*=\s*([^;]+)", self.header.get("Plural-Forms", ""))
        form: Callable[[int], int] = c2py(found[1] if found else "n != 1")
        return form


def placeholders(text: str) -> set[str]:
    """The names in braces, which a translation must hold too.

    Raises
    ------
    ValueError
        Where a brace is left open.
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def read(path: Path) -> Catalogue:
    """A catalogue.

    Raises
    ------
    DataRefused
        With every line that cannot be read.
    """
    parts: list[dict[str, str]] = []
    notes: list[list[str]] = []
    problems: list[Problem] = []
    key, fresh = "", True
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#~"):
            key = ""
            continue
        begins = line.startswith("#") or line.startswith("msgid ")
        if begins and (fresh or not notes or parts[-1].get("msgstr", parts[-1].get("msgstr[0]")) is not None):
            parts.append({})
            notes.append([])
        fresh = False
        if line.startswith("#"):
            notes[-1].append(line)
            continue
        found = _LINE.fullmatch(line)
        if found is None or not (found["key"] or key):
            problems.append(Problem(path.name, f"cannot be read: {line[:60]}", f"line {number}", "Write it as gettext does."))
            continue
        key = found["key"] or key
        parts[-1][key] = parts[-1].get(key, "") + _unescaped(found["text"])
    if problems:
        raise DataRefused(problems)
    header: dict[str, str] = {}
    entries = []
    for part, said in zip(parts, notes, strict=True):
        forms = tuple(part[name] for name in sorted(part) if name.startswith("msgstr"))
        if part.get("msgid") == "":
            pairs = (line.partition(":") for line in forms[0].splitlines() if line)
            header = {name: text.strip() for name, _, text in pairs}
        elif "msgid" in part:
            where = tuple(place for note in said if note.startswith("#:") for place in note[2:].split())
            rest = tuple(note for note in said if not note.startswith("#:") and note != "#, python-brace-format")
            entries.append(Entry(part["msgid"], forms, part.get("msgid_plural", ""), where, rest))
    return Catalogue(path.stem, header, tuple(entries))


def written(held: Catalogue) -> str:
    """The catalogue as a file."""
    blocks = ["\n".join(["# Sentences of the screens of Kept Open. See docs/language.md for how to add, correct and sign them.",
                         'msgid ""', 'msgstr ""', *(_quoted(f"{name}: {text}\n") for name, text in held.header.items())])]  # fmt: skip
    for one in held.entries:
        lines = [*one.notes]
        if one.where:
            lines.append(f"#: {' '.join(one.where)}")
        if placeholders(one.english):
            lines.append("#, python-brace-format")
        lines.append(f"msgid {_quoted(one.english)}")
        if one.plural:
            lines.append(f"msgid_plural {_quoted(one.plural)}")
            lines += [f"msgstr[{number}] {_quoted(form)}" for number, form in enumerate(one.said)]
        else:
            lines.append(f"msgstr {_quoted(one.said[0])}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _quoted(text: str) -> str:
    held = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{held}"'


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)


__all__ = ["Catalogue", "Entry", "placeholders", "read", "written"]
