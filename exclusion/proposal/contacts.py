"""A council's contacts by ward from a CSV file: counts only. Anything that looks like a person or a case is refused.

What looked personal is never repeated in the message, so that it does not travel further.
"""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from exclusion import judgement, own_counts
from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.owning import own_rules
from exclusion.own import figures, personal
from exclusion.proposal.model import ONLINE

# A file of contacts is narrower than any figures: what would do as the name of an area there is a name here.
_PERSONAL_HEADINGS = personal.HEADINGS | {
    "a name": rf"name|{personal.HEADINGS['a name']}",
    "a National Insurance or case number": rf"id|{personal.HEADINGS['a National Insurance or case number']}",
    "a personal detail": r"age|sex|gender|ethnicity|disability|nationality|religion",
}
_PERSONAL_CELLS = personal.CELLS | {"a date": r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}.*"}
_PASSED_OVER = ("cases", "period", "total")  # of 'exclusion count', beside its columns
_DO = "Add the cases up to one row for each ward, with counts only, and leave this out."


def read_contacts(
    content: bytes, areas: pd.DataFrame | None = None, where: str = "contacts file", away: pd.DataFrame | None = None
) -> dict[str, dict[str, int]]:
    """Contacts a year by ward and way in.

    Parameters
    ----------
    content
        CSV, workbook or GeoPackage: ``ward_code`` (or ``ward``), then a column for each way in (``phone``, ``f2f``, ...,
        ``online``, or as contact systems call them: Telephone, Web). What ``exclusion count --by`` wrote will
        do as it is. One row a ward; a blank or ``*`` means not given.
    areas
        The wards it may speak of, indexed by ``area_code`` with ``area_name``; without it wards
        must be named by code.
    away
        Wards of other councils (``area_name, council_name``): one that stands in the file is refused by name.

    Returns
    -------
    dict
        Ward code -> way in -> contacts. What is not given is absent, never 0.

    Raises
    ------
    DataRefused
        For rows that could be people or cases (repeated wards; columns or cells that look like
        names, postcodes, National Insurance numbers or dates of birth), for unknown ways in, and
        for all that :func:`exclusion.own_counts.read` refuses.
    """
    content = _plain_csv(content, where)
    private = _personal(content, where)
    if private:
        raise DataRefused(private)
    table = own_counts.read(content, _codes(content) if areas is None else areas, where, away)
    known = {*judgement.channels(), ONLINE}
    advice = f"Use: {', '.join(sorted(known))}."
    problems = [Problem(where, f"column '{name}' is not a way in", "", advice) for name in table.columns if name not in known]
    table = table.dropna(how="all")
    for code, row in table.iterrows():
        problems += [
            Problem(f"{where}, ward {code}", f"'{name}' is not a whole number of contacts", str(value), "Give a whole number.")
            for name, value in row.dropna().items()
            if value != int(value)
        ]
    if problems:
        raise DataRefused(problems)
    return {str(code): {str(name): int(value) for name, value in row.dropna().items()} for code, row in table.iterrows()}


def _plain_csv(content: bytes, where: str) -> bytes:
    """The table as CSV with our names of the ways in, blank lines kept so that line numbers hold."""
    rows = dict(figures.numbered_rows(content, where))
    if not rows:
        return content
    first = min(rows)
    called = own_rules().ways_in.called | {re.sub(r"\W+", "_", one.label).casefold(): one.id for one in judgement.channels().values()}
    plain = [re.sub(r"\W+", "_", heading).strip("_").casefold() for heading in rows[first]]
    kept = [place for place, name in enumerate(plain) if name not in _PASSED_OVER]
    known = {*judgement.channels(), ONLINE}
    names = [name if name in known else called.get(name, heading) for name, heading in zip(plain, rows[first], strict=True)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for line in range(1, max(rows) + 1):
        row = names if line == first else rows.get(line, [])
        writer.writerow([row[place] if place < len(row) else "" for place in kept] if row else [])
    return out.getvalue().encode()


def _personal(content: bytes, where: str) -> list[Problem]:
    """What looks like a person or a case, without repeating it."""
    text = content.decode("utf-8-sig", errors="replace")
    between = max(",;\t", key=text.split("\n", 1)[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error:
        rows = []  # refused where it is read
    if not rows:
        return []
    problems = []
    plain = [re.sub(r"\W+", "_", heading).strip("_").casefold() for heading in rows[0]]
    for place, heading in enumerate(plain):
        for what, pattern in _PERSONAL_HEADINGS.items():
            if re.fullmatch(pattern, heading):
                problems.append(Problem(f"{where}, line 1, column {place + 1}", f"looks like {what}", rows[0][place].strip(), _DO))
                break
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2):
        for place, cell in enumerate(row):
            for what, pattern in _PERSONAL_CELLS.items():
                if re.fullmatch(pattern, cell.strip().upper()):
                    problems.append(Problem(f"{where}, line {number}, column {place + 1}", f"holds what looks like {what}", "", _DO))
                    break
    ward = next((place for place, name in enumerate(plain) if name in (*own_counts.CODE_HEADINGS, *own_counts.NAME_HEADINGS)), None)
    if ward is not None:
        for number, row in enumerate(rows[1:], start=2):
            key = row[ward].strip().casefold() if ward < len(row) else ""
            if key and key in seen:
                what = f"repeats the ward of line {seen[key]}, as a list of cases would"
                problems.append(Problem(f"{where}, line {number}", what, "", _DO))
            seen.setdefault(key, number)
    return problems[:20]


def _codes(content: bytes) -> pd.DataFrame:
    """Every ward code in a file, as the wards it may speak of; used when no release is at hand."""
    codes = dict.fromkeys(re.findall(r"\b(?:E05|W05|S13|N08)\d{6}\b", content.decode("utf-8-sig", errors="replace").upper()))
    return pd.DataFrame({"area_name": list(codes)}, index=pd.Index(list(codes), name="area_code"))
