"""Who signed off which version. A sign-off is a version of its own: it is sealed, sent on and compared as any other.

It changes nothing of what was signed, and says nothing of any later version: whoever changes an assessment
that was signed off makes a version that nobody has signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.equality.model import SignOff
from exclusion.judgement import equality as texts
from exclusion.register.contents import plain, toml_from
from exclusion.release_write import to_toml
from exclusion.words import date_words

FIELDS = ("capacity", "by", "at", "version", "comment")
KIND = "signed"


def capacities() -> dict[str, str]:
    """In what capacity somebody may sign off, by id: the rows of the sign-off block of the document."""
    return {name: one.label for name, one in texts.signatures().items()}


def checked(capacity: str, comment: str, by: str, at: str, version: int) -> SignOff:
    """A sign-off that is sound.

    Raises
    ------
    UsageError
        For a capacity that the document has no row for, or a comment that is no text.
    """
    if capacity not in capacities():
        raise UsageError(Problem("sign-off", "is in no capacity we know", capacity[:40], f"Use one of {', '.join(capacities())}."))
    return SignOff(capacity, by, at, version, plain(comment, "comment", 1000))


def to_file(one: SignOff) -> bytes:
    """A sign-off as ``signoff.toml``."""
    return to_toml({name: getattr(one, name) for name in FIELDS}).encode("utf-8")


def from_file(content: bytes, where: str) -> SignOff:
    """A sign-off from ``signoff.toml``; DataRefused when it is not one."""
    row = toml_from(content, where)
    try:
        datetime.fromisoformat(str(row["at"]))
        number = row["version"]
        if type(number) is not int or number < 1 or not str(row["by"]).strip():
            raise ValueError
        return checked(str(row["capacity"]), str(row.get("comment", "")), str(row["by"]), str(row["at"]), number)
    except (KeyError, ValueError, UsageError):
        raise DataRefused(Problem(where, "is not a sign-off", "", "Use another copy.")) from None


def said(signed: Iterable[SignOff]) -> list[str]:
    """Who signed off which version, a sentence each; with what does not hold any more."""
    lines = []
    for one in signed:
        label = capacities().get(one.capacity, one.capacity)
        who = f"Version {one.version} was signed off by {one.by} ({label}) on {date_words(date.fromisoformat(one.at[:10]))}."
        came = f" It was signed in another register, and taken in here by {one.taken_in_by}." if one.taken_in_by else ""
        later = "" if one.stands else " It was changed after that, and the change is not signed off."
        lines.append(f"{who}{came}{later}")
    return lines


def told(kinds: Mapping[int, str], signed: Iterable[SignOff], taken_in: Mapping[int, str], numbers: Iterable[int]) -> tuple[SignOff, ...]:
    """Sign-offs with what is known only from the versions around them.

    Parameters
    ----------
    kinds
        Number of each version so far -> its kind.
    taken_in
        Number of each version that came in a file -> who took it in.
    numbers
        The version that each sign-off is.
    """
    changed = max((number for number, kind in kinds.items() if kind != KIND), default=0)
    return tuple(
        replace(one, stands=one.version >= changed, taken_in_by=taken_in.get(number, ""))
        for one, number in zip(signed, numbers, strict=True)
    )


__all__ = ["KIND", "capacities", "checked", "from_file", "said", "to_file", "told"]
