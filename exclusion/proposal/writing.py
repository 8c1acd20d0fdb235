"""A proposal as the TOML file it can be read from again: what a form held, to keep or to hand on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from exclusion.proposal.model import Proposal

_DATES = ("date",)  # the only field that is not text, a number, a list or a table


def toml_text(proposal: Proposal) -> str:
    """The proposal as TOML text; ``proposal.parse`` of it gives an equal proposal.

    What was left out stays out, and contacts by ward stand in the file itself.
    """
    fields = proposal.model_dump(mode="json", exclude_defaults=True)
    tables = {name: fields.pop(name) for name in ("officer", "service", "place") if name in fields}
    blocks = [_lines(fields)]
    for name, held in tables.items():
        for table in held if isinstance(held, list) else [held]:
            head = f"[[{name}]]" if isinstance(held, list) else f"[{name}]"
            by_ward = table.pop("contacts_by_ward", {})
            blocks.append([head, *_lines(table)])
            if by_ward:
                blocks.append([f"[{name}.contacts_by_ward]", *_lines(by_ward)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _lines(fields: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {value if name in _DATES else _value(value)}" for name, value in fields.items()]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, str):  # a JSON string is a TOML string, but for the letter DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def template() -> str:
    """An empty proposal to fill in: what each field means. Lines that begin with # may be left out."""
    return """title = ""                 # what the proposal is called
councils = [""]            # names or codes; see: exclusion councils
date = 2027-04-01          # when it takes effect: put your own

[officer]                  # the officer's own words, printed as such and not checked
purpose = ""
saving = ""

[[service]]                # once for each service it changes
id = ""                    # see: exclusion services
# Ways in: phone, post, f2f, assisted_digital, home_visit, relay_bsl, easy_read_translation, cash_point
close = []                 # ways in that close
fewer_hours = []           # ways in that stay, for fewer hours
keep = []                  # ways in that stay as they are
# wards = [""]             # where it changes; everywhere when left out
# contacts = { online = , phone = , f2f = , post = }   # contacts a year
# contacts_file = "contacts.csv"                       # the same by ward: ward_code, phone, f2f, ...; counts only

# [[place]]                # once for each place that closes or opens for fewer hours
# name = ""                # as it stands in your list of places
# kind = "library"         # library, customer_centre, hub, cash_office, register_office, contact_centre, post_office
# change = "closes"        # closes or fewer_hours
# hours_left =             # hours a week that are left, with fewer_hours
# wards = [""]             # the wards that use it
"""
