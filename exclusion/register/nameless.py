"""Leave the names of officers out of what is handed on: of whoever saved, answered, signed, reviewed, or changed a profile."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import escape

from exclusion.register import reading
from exclusion.register.connect import Register
from exclusion.register.contents import SETTINGS
from exclusion.register.reading import Saved

SOMEBODY = "[an officer]"
# As judgement.local signs a council's own profiles, thresholds and promises, in versions, reasons and notices.
_SIGNED = re.compile(r"(?:Changed|entered|council,|council's,|local,|[(;]) by ([^\"\n]{1,200}?) on \d{1,2} [A-Z][a-z]+ \d{4}")


def names_in(saved: Saved) -> set[str]:
    """Every name of an officer that a saved version holds as such."""
    found = {saved.version.made_by, *saved.responses["name"], *(one.by for one in saved.signed), *(one.by for one in saved.reviews)}
    return found | set(_SIGNED.findall(saved.files[SETTINGS].decode("utf-8", errors="replace")))


def makers(register: Register, saved: Saved) -> set[str]:
    """Whoever made a version of the same assessment, earlier or later."""
    return set(reading.versions(register, saved.version.assessment)["made_by"])


_APART = r"[\s._\u00a0-]*"
_QUOTE = "(?:['’‘ʼ`´]|&#39;|&#x27;|&rsquo;)"  # in a page it stands as HTML writes it


def _loosely(name: str) -> str:
    """A pattern for a name: any spaces, dots or none between its parts, any apostrophe, accents as one letter or two."""
    parts = [part for part in re.split(r"[\s.\-_]+", name) if part]
    return _APART.join("".join(_letter(one) for one in unicodedata.normalize("NFC", part)) for part in parts)


def _letter(one: str) -> str:
    if one in "'’‘ʼ`´":
        return _QUOTE
    apart = unicodedata.normalize("NFD", one)
    shown = {re.escape(one), re.escape(apart), re.escape(str(escape(one)))}
    return one if shown == {one} else f"(?:{'|'.join(sorted(shown))})"


class Nameless:
    """Texts without these names: the longest first, however they are cased, spaced or accented, and as a mail address has them.

    Only a name in full is found: a first name or surname alone is not, since half of them are words. Nor is a name of
    anybody else that an officer wrote into a reason, nor one of a single letter, which every text is full of.
    """

    def __init__(self, names: Iterable[str]) -> None:
        given = {" ".join(name.split()) for name in names if len(name.strip()) > 1}
        forms = sorted({_loosely(name) for name in given}, key=lambda one: (-len(one), one))
        # Letters and figures bound a name; an underscore, with which some write in bold, does not.
        self._found = re.compile(rf"(?<![^\W_])(?:{'|'.join(forms)})(?![^\W_])", re.IGNORECASE) if forms else None

    def __call__(self, text: str) -> str:
        return self._found.sub(SOMEBODY, text) if self._found else text

    def deep(self, value: Any) -> Any:
        """Plain data (tables and lists of a TOML file) with every text in it done."""
        if isinstance(value, dict):
            return {name: self.deep(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.deep(inner) for inner in value]
        return self(value) if isinstance(value, str) else value

    def table(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with every text cell done; numbers, flags and gaps are left as they are."""
        done = {}
        for name in table.columns:
            if pd.api.types.is_string_dtype(table[name]) or table[name].dtype == object:
                texts = {text: self(text) for text in table[name].unique() if isinstance(text, str)}
                done[name] = table[name].map(lambda cell, texts=texts: texts.get(cell, cell) if isinstance(cell, str) else cell)
        return table.assign(**done)
