"""A council's own costs: a file or a form, every figure given by an officer, none of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from exclusion import judgement
from exclusion.contracts import DataRefused, Problem, UsageError, toml_document
from exclusion.proposal.model import ONLINE
from exclusion.release_write import to_toml as _toml


def _channel(value: str) -> str:
    if value not in judgement.channels() and value != ONLINE:
        raise ValueError(f"is not a way in we know; known are: {', '.join([*judgement.channels(), ONLINE])}")
    return value


def _no_yes_or_no(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is not a number")  # true would pass for 1
    return value


ChannelId = Annotated[str, AfterValidator(_channel)]
Number = Annotated[float, BeforeValidator(_no_yes_or_no)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Range(_Part):
    """A low and a high figure; the same twice where the council is sure."""

    low: Number = Field(ge=0, allow_inf_nan=False)
    high: Number = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _sound(self) -> Range:
        if self.high < self.low:
            raise ValueError(f"high ({self.high:g}) is below low ({self.low:g})")
        return self


class Rate(Range):
    """A share between 0 and 1."""

    low: Number = Field(ge=0, le=1, allow_inf_nan=False)
    high: Number = Field(ge=0, le=1, allow_inf_nan=False)


class Times(Range):
    """How often, at least once."""

    low: Number = Field(ge=1, allow_inf_nan=False)


class Costs(_Part):
    """A council's own costs; every figure is the officer's, with who gave it and when it was reckoned.

    ``contact``: pounds a contact, by way in (``online`` among them). ``recontact``: of those moved online,
    the share who come back another way. ``falls_back_to``: the way in they come back by. ``each``: contacts each
    of them makes on coming back (once, when left out). ``gives_up``: of those moved online, the share who give
    up and are not served; not the same people as ``recontact``. ``open_in_a_ward``: pounds a year to keep a way
    in open in one ward.
    """

    by: str = Field(min_length=1)
    reckoned: str = Field(min_length=1)
    contact: dict[ChannelId, Range]
    recontact: Rate
    falls_back_to: ChannelId = "phone"
    each: Times = Times(low=1, high=1)
    gives_up: Rate | None = None
    open_in_a_ward: dict[ChannelId, Range] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Costs:
        if faults := _faults(self.model_dump()):
            raise ValueError("; ".join(f"{field} {what}" for field, what in faults))
        return self


def _faults(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What does not go together, as field and fault; whatever is wrong by itself is passed over, for it is told where it stands."""
    contact, back = fields.get("contact"), fields.get("falls_back_to", Costs.model_fields["falls_back_to"].default)
    faults = []
    if isinstance(contact, Mapping):
        known = isinstance(back, str) and back in judgement.channels()
        faults += [(f"contact.{name}", "is missing") for name in dict.fromkeys([ONLINE, *([back] if known else [])]) if name not in contact]
    if back == ONLINE:
        faults.append(("falls_back_to", "is online, but it says how people come back when online fails them"))
    most = [share.get("high") if isinstance(share := fields.get(name), Mapping) else None for name in ("recontact", "gives_up")]
    shares = [share for share in most if isinstance(share, int | float) and 0 <= share <= 1]
    if len(shares) == 2 and sum(shares) > 1:
        what = f"and recontact.high together are {sum(shares):g}, more than everybody (1); nobody both comes back and gives up"
        faults.append(("gives_up.high", what))
    return faults


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of costs",
    "string_type": "is not text",
    "string_too_short": "is blank",
    "float_type": "is not a number",
    "float_parsing": "is not a number",
    "finite_number": "is not a number",
    "dict_type": "is not a table",
    "model_type": "is not a low and a high figure",
}
_DO = {
    "by": 'Say who gave the figures, such as by = "Finance".',
    "reckoned": 'Say when they were reckoned, in quotes, such as reckoned = "October 2026".',
    "falls_back_to": 'Name the way in people come back by, such as falls_back_to = "phone", and give its cost under contact.',
    "contact": "Give the council's own figure, in pounds a contact.",
    "recontact": "Give the council's own share of those moved, from 0 to 1, such as 0.4 for 40 in 100.",
    "each": "Give how many contacts each of them makes, 1 or more, or leave it out.",
    "gives_up": "Give the council's own share of those moved, from 0 to 1, such as 0.1 for 10 in 100, or leave it out.",
    "open_in_a_ward": "Give the council's own figure, in pounds a year for one ward, or leave it out.",
}


def _problem(mistake: Any, where: str) -> Problem:
    loc, kind, bounds = [str(part) for part in mistake["loc"] if part != "[key]"], str(mistake["type"]), mistake.get("ctx", {})
    field, given = ".".join(loc), mistake["input"]
    message = str(mistake["msg"]).removeprefix("Value error, ")
    what = _WORDS.get(kind, message[:1].lower() + message[1:])
    if kind == "greater_than_equal":
        what = f"is below {bounds['ge']:g}"
    elif kind == "less_than_equal":
        what = f"is above {bounds['le']:g}"
    value = str(given).strip()[:80] if isinstance(given, str | int | float | date) and kind != "extra_forbidden" else ""
    if kind == "extra_forbidden":
        do = f"Mend its name or leave it out; known here are: {', '.join(_beside(loc))}."
    elif kind == "value_error" and "way in" in message:
        do = "Mend its name." if loc[0] != "falls_back_to" else _DO["falls_back_to"]
    else:
        do = _DO[loc[0]]
    return Problem(f"{where}, {field}", what, value, do)


def _beside(loc: list[str]) -> list[str]:
    """The fields there are where a field stands that is not one."""
    return list((Costs if len(loc) == 1 else Range).model_fields)


def build(fields: Mapping[str, Any], where: str) -> Costs:
    """A council's costs from the fields of a file or a form.

    Raises
    ------
    DataRefused
        With every mistake: field, value, what to do.
    """
    try:
        return Costs.model_validate(dict(fields))
    except ValidationError as error:
        problems = [_problem(mistake, where) for mistake in error.errors() if mistake["loc"]]
    problems += [Problem(f"{where}, {field}", what, "", _DO[field.split(".")[0]]) for field, what in _faults(fields)]
    raise DataRefused(problems)


def read(path: str | Path) -> Costs:
    """A council's costs from a TOML file.

    Raises
    ------
    UsageError
        When there is no such file.
    DataRefused
        With every mistake: field, value, what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(Problem("costs", "there is no such file", str(path), "Check its name and folder."))
    try:
        fields = toml_document(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise DataRefused(Problem(path.name, "is not a text file", "", "Save it as UTF-8.")) from None
    return build(fields, path.name)


def to_toml(costs: Costs) -> str:
    """Costs as the file they can be read from again; what was not given is not written."""
    return _toml(costs.model_dump(exclude_defaults=True))


def template(channels: Iterable[str] = ("phone", "f2f", "post")) -> str:
    """An empty file of costs to fill in: what each field means, and no figure of ours.

    Parameters
    ----------
    channels
        The ways in to leave lines for, such as those a proposal closes; online and the phone are always among them.
    """
    ways = list(dict.fromkeys([ONLINE, "phone", *channels]))
    contact = "\n".join(f"# {name} = {{ low = , high = }}" for name in ways)
    kept = "\n".join(f"# {name} = {{ low = , high = }}" for name in ways if name != ONLINE)
    return f"""# The council's own costs. Every figure is yours; we have none. Give a low and a high figure, or the same twice.
by = ""            # who gave the figures, such as "Finance"
reckoned = ""      # when, such as "October 2026"
falls_back_to = "phone"   # the way in people come back by when online fails them

[contact]          # pounds a contact
{contact}

[recontact]        # of those moved online, the share (0 to 1) who come back another way
# low =
# high =

# [each]           # contacts each of them makes on coming back; one when left out
# low =
# high =

# [gives_up]       # of those moved online, the share (0 to 1) who give up and are not served
# low =
# high =

[open_in_a_ward]   # pounds a year to keep a way in open in one ward
{kept}
"""
