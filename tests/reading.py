"""How hard a text is to read: the Flesch-Kincaid grade (Kincaid and others, 1975), as the age of a reader.

    grade = 0.39 x words / sentences + 11.8 x syllables / words - 15.59        age = grade + 5

Every heading, line of a list and cell of a table is a sentence, as it is when it is read aloud. Syllables are counted
by groups of vowels, less a silent e: within 2% of a dictionary on our own pages. No library for it works without
fetching a dictionary when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’-][A-Za-zÀ-ÿ]+)*|\d[\d,.:%]*")
_END = re.compile(r"[.!?]+(?=\s|$|[”’\"'])")


def syllables(word: str) -> int:
    """Syllables of a word; a number counts as three, about what it takes to say one."""
    if word[0].isdigit():
        return 3
    said = re.sub(r"[^a-z]", "", word.lower())
    if not said:
        return 1
    said = re.sub(r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$|(?<=[^td])ed$|(?<=[^sxzcg])es$", "", said)
    return max(1, len(re.findall(r"[aeiouy]+", said)))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence; a line end ends one, a colon or semicolon does not."""
    found = (_WORD.findall(part) for line in text.splitlines() for part in _END.split(line))
    return [words for words in found if words]


def age(lines: str | Iterable[str]) -> float:
    """The age of a reader who follows the text."""
    said = sentences(lines if isinstance(lines, str) else "\n".join(lines))
    words = [word for one in said for word in one]
    grade = 0.39 * len(words) / len(said) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return grade + 5


def without_names(html: str) -> str:
    """A page without the rows of its table of sources: titles and publishers are names, and no words of ours."""
    main, start, footer = html.partition("<footer>")
    return main + start + re.sub(r"<tbody>.*?</tbody>", "", footer, flags=re.DOTALL)


def of_page(html: str) -> float:
    """The age of a reader of what a page of the app says: its text without markup, styles and scripts; lines and cells end sentences."""
    bare = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.DOTALL | re.IGNORECASE)
    bare = re.sub(r"</?(?:b|strong|em|span|a|i)\b[^>]*>", "", bare)
    return age(unescape(re.sub(r"<[^>]+>", "\n", bare)).replace("**", ""))
