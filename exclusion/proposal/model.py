"""What a council proposes: which services, which ways in close or thin, what stays, and how much they are used.

A proposal is a TOML file or the same fields from a form. Counts only: nothing in it is about a
person. The officer's own words are kept as such and never mixed with ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from exclusion import judgement

ONLINE = "online"


def _known(kind: str, names: Mapping[str, object], value: str) -> str:
    if value in names:
        return value
    close = get_close_matches(value, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else f"known are: {', '.join(names)}"
    raise ValueError(f"is not a {kind} we know; {hint}")


def _channel(value: str) -> str:
    return _known("way in", judgement.channels(), value)


def _contact_channel(value: str) -> str:
    return _known("way in", {**judgement.channels(), ONLINE: None}, value)


def _service(value: str) -> str:
    return _known("service", judgement.services(), value)


def _place_kind(value: str) -> str:
    return _known("kind of place", judgement.place_kinds(), value)


ChannelId = Annotated[str, AfterValidator(_channel)]
ServiceId = Annotated[str, AfterValidator(_service)]
WardCode = Annotated[str, Field(pattern=r"^(E05|W05|S13|N08)\d{6}$")]
Count = Annotated[int, Field(ge=0, strict=True)]
Contacts = dict[Annotated[str, AfterValidator(_contact_channel)], Count]
Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class OfficerWords(_Part):
    """The officer's own words, printed between quotation marks and never checked by us."""

    purpose: str = ""
    saving: str = ""


class PlaceChange(_Part):
    """A place that closes or opens for fewer hours, whichever services lean on it."""

    name: Name
    kind: Annotated[str, AfterValidator(_place_kind)]
    change: Literal["closes", "fewer_hours"]
    hours_left: Annotated[float, Field(gt=0, le=168)] | None = None  # hours a week that are left, where it opens for fewer
    wards: tuple[WardCode, ...] = ()  # the wards that use it; none given means every ward, and we say so
    gives: tuple[ChannelId, ...] = ()  # ways in given there; none given means what such a place usually gives
    services: tuple[ServiceId, ...] = ()  # services helped there; none given means every service

    @model_validator(mode="after")
    def _sound(self) -> PlaceChange:
        if self.change == "closes" and self.hours_left is not None:
            raise ValueError("closes, so no hours are left; say fewer_hours, or take hours_left out")
        return self

    @property
    def usual(self) -> tuple[str, ...]:
        """Ways in that such a place usually gives."""
        return judgement.place_kinds()[self.kind].gives

    def ways(self, service_id: str) -> tuple[str, ...]:
        """The ways in a service has at this place."""
        if self.services and service_id not in self.services:
            return ()
        return self.gives or judgement.place_kinds()[self.kind].pairs(service_id)


class ServiceChange(_Part):
    """What a proposal does to one service."""

    id: ServiceId
    close: tuple[ChannelId, ...] = ()
    fewer_hours: tuple[ChannelId, ...] = ()
    keep: tuple[ChannelId, ...] = ()
    wards: tuple[WardCode, ...] = ()  # where it changes; none given means everywhere
    contacts: Contacts = Field(default_factory=dict)  # a year, by way in, `online` among them
    contacts_by_ward: dict[WardCode, Contacts] = Field(default_factory=dict)
    contacts_file: str = ""  # a CSV of the same, one row a ward

    @model_validator(mode="after")
    def _sound(self) -> ServiceChange:
        listed = [("close", self.close), ("fewer_hours", self.fewer_hours), ("keep", self.keep)]
        for index, (first, ours) in enumerate(listed):
            for second, theirs in listed[index + 1 :]:
                if both := sorted(set(ours) & set(theirs)):
                    raise ValueError(f"{', '.join(both)} stands under both {first} and {second}; leave it in one")
        if not (self.close or self.fewer_hours or self.keep):
            raise ValueError("says nothing about any way in; list what closes, what gets fewer hours and what stays")
        if self.contacts_file and self.contacts_by_ward:
            raise ValueError("gives contacts by ward twice; keep either contacts_by_ward or contacts_file")
        for channel, total in self.contacts.items():
            wards = sum(ward.get(channel, 0) for ward in self.contacts_by_ward.values())
            if wards > total:
                raise ValueError(f"the wards have {wards:,} contacts by {channel}, more than the {total:,} given for the council")
        return self

    @property
    def stays(self) -> tuple[str, ...]:
        """Ways in that stay, those with fewer hours among them."""
        return (*self.keep, *self.fewer_hours)

    @property
    def moves(self) -> bool:
        """Whether anything about it closes or thins."""
        return bool(self.close or self.fewer_hours)

    def total_contacts(self, wards: Iterable[str]) -> tuple[dict[str, int], str]:
        """Contacts a year by way in: the council's figure, or else what its wards add up to.

        Parameters
        ----------
        wards
            Every ward of the councils the proposal is about; where it names wards itself, only those count.

        Returns
        -------
        tuple
            The contacts, and why there are none ("the proposal gives no contacts"); blank when there are.

        Notes
        -----
        Wards stand for the whole only when all of them are given: a ward without contacts is not a ward with none.
        """
        inside = self.inside(wards)
        given = {code: ward for code, ward in self.contacts_by_ward.items() if code in inside}
        ways = {name for ward in given.values() for name in ward}
        if ways <= set(self.contacts):
            return dict(self.contacts), "" if self.contacts else "the proposal gives no contacts"
        full = [ward for ward in given.values() if ways - set(self.contacts) <= set(ward)]
        if len(full) < len(inside):
            return {}, given_for(len(full), len(inside))
        return {name: sum(ward.get(name, 0) for ward in full) for name in sorted(ways)} | self.contacts, ""

    def inside(self, wards: Iterable[str]) -> tuple[str, ...]:
        """Those of some wards that it is about."""
        return tuple(code for code in wards if not self.wards or code in self.wards)


def given_for(some: int, every: int) -> str:
    """Why there is no figure for the whole council, in words."""
    return f"contacts given for {some:,} of {every:,} wards"


class Proposal(_Part):
    """One proposal: who, what, from when. See ``proposal.read``."""

    title: Name
    councils: tuple[Name, ...] = Field(min_length=1)
    date: date
    officer: OfficerWords = OfficerWords()
    service: tuple[ServiceChange, ...] = ()
    place: tuple[PlaceChange, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Proposal:
        ids = [change.id for change in self.service]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"has two tables for {', '.join(twice)}; put each service in one")
        if not (self.service or self.place):
            raise ValueError("names no service and no place; add a [[service]] or a [[place]] table")
        return self

    def change(self, service_id: str) -> ServiceChange | None:
        """What it does to one service, or None where it does not name it."""
        return next((change for change in self.service if change.id == service_id), None)
