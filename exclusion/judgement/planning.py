"""Models of how a proposal is judged: demand, options, routes, and what differs between nations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from exclusion.judgement.entries import Entry


class DemandMethod(Entry):
    """From contacts and residents to contacts that will need another way in; see proposals.toml."""

    use_high: tuple[float, float, float, float]  # by the larger user weight, 0 to 3
    spread_low: float = Field(ge=0, le=1)
    spread_high: float = Field(ge=1)
    text: str


class Option(Entry):
    """One of the options shown side by side."""

    title: str
    closes: Literal["nothing", "proposed", "not_flagged", "everything"]
    adds: tuple[str, ...] = ()


class RoutesJudgement(Entry):
    """When a route without the internet was tried too long ago."""

    stale_months: int = Field(gt=0)


class NationHooks(Entry):
    """What a nation adds to ways in that are kept, and its law on country places and islands."""

    kept_line: str = ""
    kept_hooks: tuple[str, ...] = ()
    language_notice: str = ""  # said once beside any findings there; kept_line stands with each way in
    place_hooks: tuple[str, ...] = ()
    place_text: str
    place_notice: Literal["always", "islands", "never"] = "never"  # where the law is a duty, a page says so
    island_councils: tuple[str, ...] = ()
    service_notes: dict[str, str] = Field(default_factory=dict)  # how a service is run there; printed with its minimum
    hook_confidence: Literal["high", "medium", "low"]
