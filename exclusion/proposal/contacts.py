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
from exclusion.proposal.model import ONLINE

_PERSONAL_HEADINGS = {
    "a name": r"^(name|(first|fore|given|last|sur|family|full|customer|client|claimant|applicant|resident|person|tenant|caller)_?name|"
    r"surname|forename|customer|client|claimant|applicant|resident)$",
    "an address": r"^(post_?code|pcds?|address.*|street|house.*|uprn|usrn|e_?mail.*|mobile.*|telephone.*|phone_?(no|number))$",
    "a National Insurance or case number": r"^(ni|nino|ni_?(no|number)|national_insurance.*|nhs.*|"
    r"(case|claim|account)_?(id|no|number|ref.*)|ref(erence)?.*|id)$",
    "a date of birth": r"^(dob|d_o_b|date_?of_?birth|birth.*|born)$",
    "a personal detail": r"^(age|sex|gender|ethnicity|disability|nationality|religion)$",
}
_PERSONAL_CELLS = {
    "a postcode": r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}",
    "a National Insurance number": r"[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]",
    "a date": r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}.*",
    "an e-mail address": r"\S+@\S+\.\S+",
    "a phone number": r"(\+44|0)[\d\s]{9,12}",
}
_DO = "Add the cases up to one row for each ward, with counts only, and leave this out."


def read_contacts(content: bytes, areas: pd.DataFrame | None = None, where: str = "contacts file") -> dict[str, dict[str, int]]:
    """Contacts a year by ward and way in.

    Parameters
    ----------
    content
        CSV: ``ward_code`` (or ``ward``), then a column for each way in (``phone``, ``f2f``, ...,
        ``online``). One row a ward; a blank means not given.
    areas
        The wards it may speak of, indexed by ``area_code`` with ``area_name``; without it wards
        must be named by code.

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
    private = _personal(content, where)
    if private:
        raise DataRefused(private)
    table = own_counts.read(content, _codes(content) if areas is None else areas, where)
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


def _personal(content: bytes, where: str) -> list[Problem]:
    """What looks like a person or a case, without repeating it."""
    text = content.decode("utf-8-sig", errors="replace")
    between = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=between))
    if not rows:
        return []
    problems = []
    plain = [re.sub(r"\W+", "_", heading).strip("_").casefold() for heading in rows[0]]
    for place, heading in enumerate(plain):
        for what, pattern in _PERSONAL_HEADINGS.items():
            if re.fullmatch(pattern.strip("^$"), heading):
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
