"""Models of what a service is, and of a condition on one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from exclusion.judgement.entries import Entry
from exclusion.judgement.law import Nation


def _split(value: Any) -> Any:
    return tuple(part for part in value.split("|") if part) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Nations = Annotated[tuple[Nation, ...], BeforeValidator(_split)]
Weight = Annotated[int, Field(ge=0, le=3)]
Criticality = Literal["C1", "C2", "C3"]


class Service(Entry):
    """One council service: who uses it, what it asks of them, which ways in are possible.

    User weights ``u_*``: 0 not especially, 1 some, 2 many, 3 the service exists for them.
    They are our default judgement; a council should replace them with its own records.
    """

    service_name: str
    criticality: Criticality  # C3 urgent, safety or subsistence; C2 entitlement, duty or deadline; C1 routine
    floor_channels: Words = Field(min_length=1)
    floor_rules: Words = Field(min_length=1)
    lgsl_id: int
    lgsl_label_2022: str = ""
    lgsl_status_2022: str = ""
    lgil_id: int | None = None
    lgil_label: str = ""
    lgil_seen_on_govuk: str = ""
    england_tier_govuk: str = ""
    england_tier: Literal["county/unitary", "district/unitary", "all"]
    england_tier_basis: str = ""
    main_users: str
    transaction: str
    u_age75: Weight
    u_disabled: Weight
    u_low_income: Weight
    u_low_english: Weight
    u_new_resident: Weight
    u_carer: Weight
    needs_identity: int = Field(ge=0, le=1)
    needs_documents: int = Field(ge=0, le=2)  # 0 none, 1 one or two, 2 several
    takes_payment: int = Field(ge=0, le=2)  # 0 none, 1 a fee inside an application, 2 paying is the point
    needs_human_assessment: int = Field(ge=0, le=1)
    urgency: int = Field(ge=0, le=3)  # 0 weeks or months, 1 days to weeks, 2 within days, 3 same day
    safeguarding: int = Field(ge=0, le=1)
    complexity: int = Field(ge=1, le=3)
    how_often: str = ""
    consequence_if_missed: int = Field(ge=1, le=3)
    ok_phone: int = Field(ge=0, le=1)
    ok_post: int = Field(ge=0, le=1)
    ok_f2f: int = Field(ge=0, le=1)
    ok_assisted_digital: int = Field(ge=0, le=1)
    ok_home_visit: int = Field(ge=0, le=1)
    legal_hooks: Words = ()
    statutory_basis: str = ""
    nation_note: str = ""
    not_council_in: Nations = ()  # where another body runs it, so no council there can move it
    note: str = ""
    lgsl_basis: str = ""
    profile_basis: str = ""
    profile_version: str

    @property
    def means_tested(self) -> bool:
        """Whether older people on low incomes stand in for all older people (W04, W11, W13)."""
        return self.u_low_income == 3 and self.u_age75 >= 2

    def weight(self, group: str) -> int:
        """The user weight of a group, such as ``age75`` or ``low_income``."""
        return int(getattr(self, f"u_{group}"))


class Condition(BaseModel):
    """A condition on one column of a service; no expressions, so nothing is ever evaluated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    at_least: int | None = None
    one_of: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sound(self) -> Condition:
        if self.field not in Service.model_fields:
            raise ValueError(f"'{self.field}' is not a column of services.csv")
        if (self.at_least is None) == (not self.one_of):
            raise ValueError("give either at_least or one_of")
        return self

    def holds(self, service: Service) -> bool:
        value = getattr(service, self.field)
        if self.at_least is not None:
            return bool(value >= self.at_least)
        return value in self.one_of


class Channel(Entry):
    """A way in: when a service can be done that way at all, and what it depends on."""

    label: str
    long: str
    open_when: tuple[Condition, ...] = ()
    closed_when: tuple[Condition, ...] = ()
    stood_in_by: str = ""  # a floor channel that takes this one's place
    depends_on: str = ""
    needs: tuple[str, ...] = ()  # ids of dependencies; two kept channels that need the same thing count as one (G6)
    instead: tuple[str, ...] = ()  # what to keep when the thing it needs goes, tried in order

    def possible(self, service: Service) -> bool:
        """Whether the service can be done this way at all."""
        return all(c.holds(service) for c in self.open_when) and not any(c.holds(service) for c in self.closed_when)


class Dependency(Entry):
    """A thing ways in depend on; two kept ways in that need the same one count as one (guard G6)."""

    label: str


class PlaceKind(Entry):
    """A kind of place a proposal can close, and the ways in given there."""

    label: str
    gives: tuple[str, ...]
    counter_of: tuple[str, ...] = ()  # services whose own counter it is
    needs: str

    def pairs(self, service_id: str) -> tuple[str, ...]:
        """The ways in that a service has there."""
        return (*self.gives, "f2f") if service_id in self.counter_of and "f2f" not in self.gives else self.gives
