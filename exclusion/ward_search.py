"""Which ward is meant: by its name, its code or a postcode in it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from exclusion.release import Evidence
from exclusion.sources import postcodes
from exclusion.words import capital, counted, join_words

MOST = 12  # beyond this a list is no answer
NEAREST = 3
WARD_CODE = re.compile(r"(E05|W05|S13|N08|N10)\d{6}")
DISTRICT = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")


@dataclass(frozen=True)
class Answer:
    """What was found.

    Attributes
    ----------
    wards
        Their codes, the best match first and otherwise by name; never more than 12.
    said
        One sentence for the reader: what the list is, or why it is empty and what to do.
    """

    wards: tuple[str, ...]
    said: str


def search(evidence: Evidence, text: str, points: str | Path | None = None) -> Answer:
    """Look for wards by a name (with or without the council's), a GSS code or a whole postcode.

    Parameters
    ----------
    evidence
        Whose wards are meant.
    text
        What somebody typed, in any spelling of capitals, accents, hyphens and spaces.
    points
        A file of postcode points (:func:`exclusion.sources.postcodes.points`), or None where there is none.

    Returns
    -------
    Answer
        A mistake of the reader is answered in words, never raised.

    Raises
    ------
    ExclusionError
        When the file of postcode points cannot be read.
    """
    asked = " ".join(text.split())
    if not asked:
        return Answer((), "Type the name of a ward, its code or a postcode.")
    if WARD_CODE.fullmatch(code := postcodes.plain(asked)):
        if code in evidence.areas.index:
            return Answer((code,), f"The ward with the code {code}.")
        return Answer((), f"No ward of {evidence.manifest.edition} has the code {code}. It may be of another year: try the name.")
    if postcodes.SHAPE.fullmatch(code):
        return _by_postcode(evidence, code, points)
    if len(_spelt(asked)) < 2:
        return Answer((), "Type two letters of a name or more.")
    found = _by_name(evidence.areas, asked)
    if not found.wards and DISTRICT.fullmatch(code):
        return Answer((), f"“{asked}” is the first half of a postcode. Type the whole of it.")
    return found


def _by_postcode(evidence: Evidence, code: str, points: str | Path | None) -> Answer:
    shown = f"{code[:-3]} {code[-3:]}"
    if points is None:
        return Answer(
            (),
            f"{shown} looks like a postcode, and no file of postcode points is on this machine (KEPT_OPEN_POSTCODES names one). "
            "Type the name of the ward.",
        )
    rows = postcodes.points(points, [code])
    if rows.empty:
        return Answer((), f"The file of postcode points does not hold {shown}. It may be new, or mistyped. Try the name of the ward.")
    row = rows.iloc[0]
    ward = str(row.get("area_code") or "")
    if ward in evidence.areas.index:
        return Answer((ward,), f"{shown} lies in this ward, says the file of postcode points.")
    spot = gpd.GeoSeries.from_xy([row["x"]], [row["y"]], crs=evidence.areas.crs).iloc[0]
    inside = evidence.areas.index[evidence.areas.geometry.geom_type.ne("Point") & evidence.areas.geometry.contains(spot)]
    if len(inside):
        return Answer((str(inside[0]),), f"{shown} lies inside the outline of this ward.")
    away = (evidence.areas["x"] - row["x"]) ** 2 + (evidence.areas["y"] - row["y"]) ** 2
    nearest = tuple(str(one) for one in away.nsmallest(NEAREST).index)
    return Answer(nearest, f"We hold no outlines around {shown}. These are the wards whose middles are nearest; it may lie in any of them.")


def _by_name(areas: pd.DataFrame, asked: str) -> Answer:
    names, councils = areas["area_name"].map(_spelt), areas["council_name"].map(_spelt)
    wanted = _spelt(asked)
    whole = names + " " + councils
    hits = pd.Series(True, index=areas.index)
    for word in wanted.split():
        hits &= (" " + whole).str.contains(f" {word}", regex=False)
    hits &= pd.Series([any(word in name for word in wanted.split()) for name in names], index=areas.index)
    found = areas[hits]
    if found.empty and (held := sorted(set(areas.loc[councils == wanted, "council_name"]))):
        return Answer((), f"{held[0]} is a council. Choose it under Council, or add the name of a ward.")
    if found.empty:
        return _nearly(areas, names, asked, wanted)
    place = (~(names[hits] == wanted)).astype(int) + (~names[hits].str.startswith(wanted)).astype(int)
    order = found.assign(_place=place).sort_values(["_place", "area_name", "council_name"], kind="stable").index
    codes = tuple(str(code) for code in order[:MOST])
    if len(order) > MOST:
        return Answer(codes, f"{len(order):,} wards match “{asked}”; the first {MOST} are shown. Add the name of the council.")
    return Answer(codes, f"{capital(counted(len(order), 'ward'))} {'matches' if len(order) == 1 else 'match'} “{asked}”.")


def _nearly(areas: pd.DataFrame, names: pd.Series[str], asked: str, wanted: str) -> Answer:
    close = difflib.get_close_matches(wanted, sorted(set(names)), n=3, cutoff=0.75)
    if not close:
        return Answer((), f"No ward is called “{asked}”. Try part of the name, or the council's name with it.")
    found = areas[names.isin(close)].sort_values(["area_name", "council_name"], kind="stable")
    likely = sorted(set(found["area_name"]))
    return Answer(tuple(str(code) for code in found.index[:MOST]), f"No ward is called “{asked}”. Did you mean {join_words(likely, 'or')}?")


def _spelt(text: str) -> str:
    """A name without capitals, accents and signs: ``Ynys Môn`` and ``ynys-mon`` are one."""
    flat = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    plain = "".join(one for one in flat if not unicodedata.combining(one)).replace("'", "").replace("’", "")
    return " ".join(re.sub(r"[^0-9a-z]+", " ", plain).split())
