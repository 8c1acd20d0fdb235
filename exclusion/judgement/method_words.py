"""Mistakes of a method file in our words: what is wrong with a value, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from exclusion.contracts import Problem
from exclusion.words import join_words

NUMBER = ("must be a number", "Write a number, such as 0.3, without quotation marks.")
TEXT = ("must be text in quotation marks", 'Write it as "...".')
DATE = ("must be a date", "Write it as 2026-11-24, without quotation marks.")
TABLE = ("must be a table", "Begin it on a line of its own with its name in double square brackets, such as [[indicator]].")
TABLES = ("domain", "indicator")
SINGLE = re.compile(r"(?m)^([ \t]*)\[[ \t]*(domain|indicator)[ \t]*\](?=[ \t]*(?:#.*)?\r?$)")
PLAIN = {
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": ("must be a plain number", "Write a number, such as 0.3."),
    "string_type": TEXT,
    "model_type": TABLE,
    "model_attributes_type": TABLE,
    "dict_type": TABLE,
}
TOML = {
    "Cannot overwrite a value": "a name is given twice",
    "Cannot declare": "a table is named twice",
    "Cannot mutate": "a name is given twice",
    "Invalid value": "the value cannot be read; text needs quotation marks, and a number none",
    "Unterminated string": "a quotation mark is missing at the end of a text",
    "Illegal character": "a character is not allowed there; a quotation mark may be missing",
    "Unclosed array": "a closing square bracket is missing",
    "Unclosed inline table": "a closing curly bracket is missing",
    "Expected '=' after a key": "an equals sign is missing after the name",
    "Expected newline or end of document": "there is something left over at the end of the line",
    "Expected ']": "a closing square bracket is missing",
    "Invalid statement": "the line is neither a name with a value nor the head of a table",
}
"""What the reader of TOML says (the beginning of it), and what we say."""


def said(mistake: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong with a value, to follow the name of its field, and what to do."""
    kind, limits = str(mistake["type"]), dict(mistake.get("ctx") or {})
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(limits.get("expected", "")))
        return "has a value we do not know", f"Use {join_words([f'{chr(34)}{one}{chr(34)}' for one in allowed], 'or')}."
    if kind == "greater_than_equal":
        return f"must be {limits['ge']:g} or more", "Write such a number."
    if kind == "greater_than":
        return f"must be above {limits['gt']:g}", "Write such a number."
    if kind == "less_than_equal":
        return f"must be {limits['le']:g} or less", "Write such a number."
    if kind in ("tuple_type", "too_short"):
        if mistake["loc"][-1] in TABLES:
            return "must be tables", f"Begin each on a line of its own with [[{mistake['loc'][-1]}]]."
        return "must be a list", 'Write it in square brackets, such as ["England"].'
    if kind.startswith("date"):
        return DATE
    return PLAIN.get(kind, ("has a value we cannot use", "Compare it with judgement/methods/alternatives/equal_people.toml."))


def only_follows(mistake: Mapping[str, Any]) -> bool:
    """Whether a mistake is said only because of others: a list that looks empty since each of its tables has a mistake."""
    return mistake["type"] == "too_short" and bool(mistake["input"])


def shown(value: Any) -> str:
    """A value as it stands in the file, cut short; blank for a whole table."""
    return "" if isinstance(value, dict) else ("nothing" if value in ([], ()) else f"{value}")[:60]


def doubled(text: str) -> str:
    """A method file with ``[domain]`` and ``[indicator]`` put in double square brackets, so that the rest can be read."""
    return SINGLE.sub(r"\1[[\2]]", text)


def not_toml(name: str, message: str) -> Problem:
    """What the reader of TOML could not read: it stops at the first such place, so there is one."""
    at = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = next((ours for theirs, ours in TOML.items() if message.startswith(theirs)), "this is not in the form of a method file (TOML)")
    where = f"{name}, line {at[1]}" if at else f"{name}, at the end"
    return Problem(where, what, "", "Mend it and read the file again: what follows could not be read.")


__all__ = ["SINGLE", "doubled", "not_toml", "only_follows", "said", "shown"]
