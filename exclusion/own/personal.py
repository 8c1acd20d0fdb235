"""What looks like a person or a case in a table that should hold counts. What looked so is never repeated."""

from __future__ import annotations

import re
from collections.abc import Sequence

from exclusion.contracts import Problem

HEADINGS = {
    "a name": r"(first|fore|given|last|sur|family|full|customer|client|claimant|applicant|resident|person|tenant|caller)_?name|"
    r"surname|forename|customer|client|claimant|applicant|resident",
    "an address": r"post_?code|pcds?|address.*|street|house.*|uprn|usrn|e_?mail.*|mobile.*|telephone.*|phone_?(no|number)",
    "a National Insurance or case number": r"ni|nino|ni_?(no|number)|national_insurance.*|nhs.*|"
    r"(case|claim|account)_?(id|no|number|ref.*)|ref(erence)?.*",
    "a date of birth": r"dob|d_o_b|date_?of_?birth|birth.*|born",
}
CELLS = {
    "a postcode": r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}",
    "a National Insurance number": r"[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]",
    "an e-mail address": r"\S+@\S+\.\S+",
    "a phone number": r"(\+44|0)[\d\s]{9,12}",
}
DO = "Add the cases up to one row for each ward ('exclusion count' does it on your machine), and leave this out."


def problems(rows: Sequence[tuple[int, Sequence[str]]], where: str) -> list[Problem]:
    """What looks personal, by line and column; the first row is the headings. At most ten."""
    found = []
    line, headings = rows[0]
    for place, heading in enumerate(headings):
        plain = re.sub(r"\W+", "_", heading).strip("_").casefold()
        found += [
            Problem(f"{where}, line {line}, column {place + 1}", f"looks like {what}", "", DO)
            for what, pattern in HEADINGS.items()
            if re.fullmatch(pattern, plain)
        ]
    for number, row in rows[1:]:
        for place, cell in enumerate(row):
            text = cell.strip().upper()
            found += [
                Problem(f"{where}, line {number}, column {place + 1}", f"holds what looks like {what}", "", DO)
                for what, pattern in CELLS.items()
                if re.fullmatch(pattern, text)
            ]
        if len(found) >= 10:
            break
    return found[:10]
