"""Numbers, shares, dates and lists as people say them. Pure helpers: no judgement, no tables.

What is too small to print, and when a count is "about", is decided elsewhere (guard G8 and
:func:`exclusion.provision.reasons.about`); here a number only gets its words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TEENS = (*_SMALL, "eleven", "twelve")
# Shares a listener can picture, tried in this order; the nearest wins.
_PICTURES = {
    **{1 / n: f"one in {_TEENS[n]}" for n in range(3, 13)},
    1 / 2: "half",
    2 / 5: "two in five",
    3 / 5: "three in five",
    2 / 3: "two in three",
    3 / 4: "three in four",
    4 / 5: "four in five",
    9 / 10: "nine in ten",
}
_NEAR = 0.06  # a picture may be this far off, as a share of itself


def two_figures(n: float) -> str:
    """A count to two significant figures, halves upward: 1,234 reads "1,200", 1,250 reads "1,300".

    Counts below ten keep their one figure; below one they read "0".
    """
    if n < 1:
        return "0"
    step = 10 ** max(math.floor(math.log10(n)) - 1, 0)
    return f"{math.floor(n / step + 0.5) * step:,}"


def percent(share: float) -> str:
    """A share (0 to 1) as a percentage: one decimal under 10 %, none above."""
    value = 100 * share
    return f"{value:.1f}%" if value < 9.95 else f"{value:.0f}%"


def share_words(share: float) -> str:
    """A share (0 to 1) to be read aloud: "about one in five", "about 7 in 100".

    A picture is used only when it is within 6 % of the share; otherwise "in 100" is, so that two
    shares which differ do not come to sound the same.
    """
    if share < 0.005:
        return "fewer than one in 100"
    if share > 0.975:
        return "nearly all"
    nearest = min(_PICTURES, key=lambda picture: abs(share - picture))
    if abs(share - nearest) <= _NEAR * nearest and share >= 1 / 12.5:
        return f"about {_PICTURES[nearest]}"
    return f"about {round(100 * share)} in 100"


def number_words(n: int) -> str:
    """A whole number in a sentence: words up to ten, figures above; 0 is "no"."""
    return _SMALL[n] if 0 <= n <= 10 else f"{n:,}"


def counted(n: int, one: str, many: str = "") -> str:
    """A number and its noun: "one ward", "14 wards", "no wards". ``many`` when an s will not do."""
    return f"{number_words(n)} {one if n == 1 else many or one + 's'}"


_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def spoken(text: str) -> int:
    """How many words it takes to say a text: "7.3%" is "seven point three per cent", and £ and % are one word each."""
    words = 0
    for word in text.split():
        numbers = _NUMBER.findall(word)
        words += sum(map(_said, numbers)) + word.count("%") + word.count("£") if numbers else 1
    return words


def seconds_aloud(lines: Iterable[str]) -> float:
    """How long a page takes to read aloud, pauses between its lines included.

    Fitted to espeak-ng at its own pace (175 words a minute, British English) on 90 councillor pages of six councils in four nations:
    never more than 2.2 seconds too short. Letters count, and each word of a number.
    """
    words = [word for line in lines for word in line.split()]
    letters = sum(letter.isalpha() for word in words for letter in word)
    return 11.4 + 0.0678 * letters + 0.39 * sum(spoken(word) for word in words if _NUMBER.search(word))


def _said(number: str) -> int:
    whole, _, decimals = number.replace(",", "").partition(".")
    return _whole(int(whole)) + (1 + len(decimals) if decimals else 0)


def _whole(n: int) -> int:
    """Words of a whole number: 2,021 is "two thousand and twenty one"."""
    if n < 100:
        return 1 + (n > 20 and n % 10 > 0)
    step, rest = (100, n % 100) if n < 1000 else (1000, n % 1000)
    return _whole(n // step) + 1 + (_whole(rest) + (rest < 100) if rest else 0)


def join_words(parts: Sequence[str], last: str = "and") -> str:
    """Parts as a phrase: "a", "a and b", "a, b and c"; blank parts are left out."""
    given = [part for part in parts if part]
    return f"{', '.join(given[:-1])} {last} {given[-1]}" if len(given) > 1 else "".join(given)


def date_words(when: str | date) -> str:
    """A date or period as people write it.

    "2021-03-21" reads "21 March 2021" and "2024-12" reads "December 2024". Anything else (a year,
    "2016-17", "2021 to 2025") stays as it is.
    """
    text = when.isoformat() if isinstance(when, date) else when.strip()
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        return f"{date.fromisoformat(text + '-01'):%B %Y}"
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        return f"{day.day} {day:%B %Y}" if day else text  # %-d is not known on Windows
    except ValueError:
        return text


def capital(text: str) -> str:
    """The first letter large, the rest untouched, so that names and initials survive."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Text that starts with a capital and ends with a stop; blank stays blank."""
    text = capital(text.strip())
    return text if not text or text[-1] in ".!?" else f"{text}."


def within(text: str) -> str:
    """The first letter small, for use inside a sentence; initials such as BSL stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def slug(name: str) -> str:
    """A name for files and links: letters a to z, figures and hyphens; accents come off."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "").lower()).strip("-") or "x"


__all__ = [
    "capital",
    "counted",
    "date_words",
    "join_words",
    "number_words",
    "percent",
    "sentence",
    "share_words",
    "slug",
    "two_figures",
    "within",
]
