"""Leave the names of officers out of what is handed on: of whoever saved, answered, signed, reviewed, or changed a profile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd
from markupsafe import escape

from exclusion.register.contents import SETTINGS
from exclusion.register.reading import Saved

SOMEBODY = "[an officer]"
# As judgement.local signs a council's own profiles, thresholds and promises, in versions, reasons and notices.
_SIGNED = re.compile(r"(?:Changed|entered|council,|council's,|local,|[(;]) by ([^\"\n]{1,200}?) on \d{1,2} [A-Z][a-z]+ \d{4}")


def names_in(saved: Saved) -> set[str]:
    """Every name of an officer that a saved version holds as such."""
    found = {saved.version.made_by, *saved.responses["name"], *(one.by for one in saved.signed), *(one.by for one in saved.reviews)}
    return found | set(_SIGNED.findall(saved.files[SETTINGS].decode("utf-8", errors="replace")))


class Nameless:
    """Texts without these names: the longest first, as whole words, however they are cased.

    A name of anybody else that an officer wrote into a reason is not caught, nor one of a single letter, which
    every text is full of.
    """

    def __init__(self, names: Iterable[str]) -> None:
        # In a page a name with an apostrophe stands as HTML writes it.
        given = {name.strip() for name in names if len(name.strip()) > 1}
        held = sorted(given | {str(escape(name)) for name in given}, key=lambda name: (-len(name), name))
        self._found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, held))})(?!\w)", re.IGNORECASE) if held else None

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
