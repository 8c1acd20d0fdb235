"""What we ask of a council's own files, as data: what is hidden, what is too large, what is another edition."""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from exclusion.judgement.entries import Entry
from exclusion.judgement.score import read_single


class _Reason(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    why: str
    reference: str


class Hiding(_Reason):
    """Which counts are hidden, and how wide a range must be left around a hidden one."""

    below: int = Field(gt=1)
    narrowest: int = Field(gt=0)


class WaysIn(_Reason):
    """Other names of the ways in, as columns are headed: name -> channel."""

    called: dict[str, str]


class Groups(_Reason):
    most: int = Field(gt=1)


class Files(_Reason):
    """Sizes past which a file is refused unread."""

    largest_mb: int = Field(gt=0)
    largest_unpacked_mb: int = Field(gt=0)
    most_columns: int = Field(gt=1)
    most_rows: int = Field(gt=1)


class Areas(_Reason):
    most_overlap: float = Field(ge=0, lt=1)
    most_missing: float = Field(ge=0, lt=1)
    error_of_divided: float = Field(ge=0, le=1)
    error_of_electoral: float = Field(ge=0, le=1)
    error_of_electoral_2019: float = Field(ge=0, le=1)


class PlacedBy(_Reason):
    """A measure that no ward has from us, and the one whose national spread a council's own count of it is set against."""

    measure: str
    like: str


class PartOf(_Reason):
    """A measure that counts some of those another counts, so that it cannot be larger."""

    part: str
    whole: str


class Gap(_Reason):
    """How far from the published figure a council's own is told, and from which count on."""

    times: float = Field(gt=1)
    fewest: int = Field(gt=0)


class Edition(_Reason):
    most_stray: float = Field(ge=0, lt=1)


class OwnRules(Entry):
    """Everything asked of a council's own files."""

    hiding: Hiding
    groups: Groups
    ways_in: WaysIn
    files: Files
    brought: Files
    areas: Areas
    edition: Edition
    gap: Gap
    part_of: tuple[PartOf, ...] = ()
    placed_by: tuple[PlacedBy, ...] = ()


@cache
def own_rules() -> OwnRules:
    """The rules, read once."""
    return read_single("own.toml", OwnRules)
