"""A council's own costs: a file or a form, every figure given by an officer, none of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from exclusion import judgement
from exclusion.contracts import DataRefused, Problem, UsageError, toml_document
from exclusion.proposal.model import ONLINE
from exclusion.release_write import to_toml as _toml


def _channel(value: str) -> str:
    if value not in judgement.channels() and value != ONLINE:
        raise ValueError(f"is not a way in we know; known are: {', '.join([*judgement.channels(), ONLINE])}")
    return value


ChannelId = Annotated[str, AfterValidator(_channel)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Range(_Part):
    """A low and a high figure; the same twice where the council is sure."""

    low: float = Field(ge=0, allow_inf_nan=False)
    high: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _sound(self) -> Range:
        if self.high < self.low:
            raise ValueError("high is below low")
        return self


class Rate(Range):
    """A share between 0 and 1."""

    high: float = Field(ge=0, le=1)


class Times(Range):
    """How often, at least once."""

    low: float = Field(ge=1, allow_inf_nan=False)


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
        lacking = [name for name in (ONLINE, self.falls_back_to) if name not in self.contact]
        if lacking:
            raise ValueError(f"contact lacks a cost for {', '.join(lacking)}")
        if self.falls_back_to == ONLINE:
            raise ValueError("falls_back_to is online, but it says how people come back when online fails them")
        if self.gives_up and self.recontact.high + self.gives_up.high > 1:
            raise ValueError("recontact and gives_up together are more than everybody (1); nobody both comes back and gives up")
        return self


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
        problems = []
        for mistake in error.errors():
            missing = mistake["type"] == "missing"
            field = ".".join(str(part) for part in mistake["loc"] if part != "[key]") or "the file"
            what = "is missing" if missing else str(mistake["msg"]).removeprefix("Value error, ")
            value = "" if missing or isinstance(mistake["input"], dict) else str(mistake["input"])
            problems.append(Problem(f"{where}, {field}", what[:1].lower() + what[1:], value, "Give the council's own figure."))
        raise DataRefused(problems) from None


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
