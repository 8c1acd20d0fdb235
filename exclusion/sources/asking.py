"""A question to a publisher, the file that answers it, and whether the file is of the kind asked for."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from exclusion import __version__
from exclusion.contracts import DataRefused, Problem

AGENT = f"KeptOpen/{__version__} (council equality tool; python-requests)"


@dataclass(frozen=True)
class Ask:
    """One question to a publisher, and what the user can do when it is not answered.

    Attributes
    ----------
    source
        Whose figures, in words; the first words of every message.
    page
        The page where the same file can be downloaded by hand.
    by_hand
        Names (with ``*``) under which such a file is looked for in the folder given with ``--from``;
        none where a service has no file that stands for the answer.
    largest
        Bytes; more is refused before and while it arrives.
    kind
        ``json``, ``csv``, ``zip``, ``sheet`` or ``any``: what the first bytes are checked to be.
    """

    source: str
    url: str
    page: str
    params: Mapping[str, str] = field(default_factory=dict)
    by_hand: tuple[str, ...] = ()
    largest: int = 64_000_000
    kind: str = "any"
    agent: str = AGENT
    post: bool = False
    brought: str = ""
    """Name of the user's own file that is looked at as the answer; blank for an answer of the publisher."""

    @property
    def key(self) -> str:
        """The hash under which the answer is kept: of the address and everything asked."""
        return hashlib.sha256(json.dumps([self.url, sorted(self.params.items())]).encode()).hexdigest()

    def problem(self, what: str, value: str = "", do: str = "") -> Problem:
        """A message that names the source and ends with the page to download by hand."""
        return Problem(self.source, what, value, f"{do} {self.instead}".strip())

    def answered(self, got: Got) -> Ask:
        """The same question once it has its answer: what is wrong with a file of the user's own is said of that file."""
        return replace(self, brought=got.url) if got.how == "by hand" else self

    @property
    def instead(self) -> str:
        """What the user can do without us."""
        if self.brought:
            return f"Download it again from {self.page} and put it in place of {self.brought}, or take that file out of the folder."
        if not self.by_hand:
            return f"Try again later; the publisher's page is {self.page}."
        like = "a name like " if "*" in self.by_hand[0] else ""
        return f"Or download it by hand from {self.page}, keep its name ({like}{self.by_hand[0]}), and give its folder with --from."


@dataclass(frozen=True)
class Got:
    """What came: a file, and where it is from. ``how`` is downloaded, unchanged, kept or by hand."""

    path: Path
    sha256: str
    url: str
    when: str
    how: str

    def content(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()


_HTML = re.compile(rb"^\s*(<!doctype html|<html|<head|<!--)", re.IGNORECASE)
_ENDINGS = {"json": "JSON", "csv": "a CSV table", "zip": "a zip file", "sheet": "a workbook"}


def check_kind(ask: Ask, path: Path, said: str = "") -> None:
    """Refuse a file whose first bytes are not of the kind asked for: most often a web page in its place.

    Raises
    ------
    DataRefused
        Saying what came (with the page's title) and what was expected.
    """
    if ask.kind == "any":
        return
    with path.open("rb") as file:
        first = file.read(4096)
    bare = first.removeprefix(b"\xef\xbb\xbf")
    expected = _ENDINGS[ask.kind]
    came = f"your file {ask.brought} is" if ask.brought else "sent"
    if not bare.strip():
        raise DataRefused(ask.problem(f"{came} an empty answer; {expected} was expected", ask.url))
    if _HTML.match(bare):
        title = re.search(rb"<title[^>]*>(.*?)</title>", first, re.IGNORECASE | re.DOTALL)
        shown = title[1].decode("utf-8", "replace").strip()[:100] if title else said or "a web page"
        raise DataRefused(ask.problem(f"{came} a web page where {expected} was expected", shown))
    wrong = {
        "zip": not first.startswith(b"PK"),
        "sheet": not first.startswith((b"PK", b"\xd0\xcf\x11\xe0")),
        "json": not bare.lstrip().startswith((b"{", b"[")),
        "csv": b"\x00" in first or first.startswith(b"PK") or bare.lstrip().startswith((b"{", b"[")),
    }[ask.kind]
    if wrong:
        raise DataRefused(ask.problem(f"{came} something else than {expected}", bare[:60].decode("utf-8", "replace").strip()))
