"""Models of the judgement files behind the score, the people estimate and the geography."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from exclusion.contracts import DataRefused, Problem
from exclusion.judgement.entries import FOLDER, E, Entry, read_entries


class Measure(Entry):
    """What is counted: its names, unit, denominator and limits."""

    label: str
    short: str
    unit: str
    of: str
    counted: bool = True
    listed: str = ""  # the label where distances are from a list of places that was given
    own: str = ""  # the label where the council brought its own count, which may be of something nearby
    limits: str = ""
    includes: tuple[str, ...] = ()  # measures that count some of the same people, homes or premises over again: never to be added to it
    shelf_life_years: float | None = Field(default=None, gt=0)  # past it a rule does not look at the figure (G9)
    shelf_why: str = ""
    unpublished: str = ""
    """Where nobody publishes it by ward: what to say of a rule that waits for it."""

    @model_validator(mode="after")
    def _says_why(self) -> Measure:
        if (self.shelf_life_years is None) != (not self.shelf_why):
            raise ValueError("shelf_life_years and shelf_why go together")
        return self


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Indicator(_Part):
    """A measure used in a domain, times a coefficient (a rate, or 1)."""

    measure: str
    coefficient: float = Field(gt=0)


class Domain(_Part):
    """One domain of the score: a weighted sum of rates, turned into a percentile."""

    id: str
    label: str
    weight: float = Field(ge=0)
    explains: str
    explains_low: str
    indicator: tuple[Indicator, ...] = Field(min_length=1)
    why: str
    reference: str


class MethodPreset(Entry):
    """A complete method for one or more nations."""

    title: str
    nations: tuple[str, ...] = Field(min_length=1)
    domain: tuple[Domain, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> MethodPreset:
        ids = [domain.id for domain in self.domain]
        if len(set(ids)) < len(ids):
            raise ValueError("a domain is there twice")
        if sum(domain.weight for domain in self.domain) <= 0:
            raise ValueError("all weights are zero; give at least one domain a weight")
        return self


class Rate(_Part):
    """Share of people of one age who do not use the internet, by disability, and how well it is known."""

    id: str
    label: str
    disabled: float = Field(ge=0, le=1)
    not_disabled: float = Field(ge=0, le=1)
    disabled_share: float = Field(gt=0, lt=1)
    sample_disabled: float = Field(gt=0)
    sample_not_disabled: float = Field(gt=0)


class Reason(_Part):
    """Why a figure is what it is, and on what authority."""

    why: str
    reference: str


class Scale(Reason):
    """How far the level may have moved since the survey, and what factor a user may set."""

    low: float = Field(gt=0)
    high: float = Field(gt=0)
    smallest: float = Field(gt=0)
    largest: float = Field(gt=0)


class Children(Reason):
    disabled_share: float = Field(gt=0, lt=1)


class Gap(Reason):
    log_odds: float


class Error(Reason):
    """The size of one error: relative, or on the log-odds scale."""

    size: float = Field(ge=0)


class Errors(_Part):
    """How many draws, from which seed, of which errors."""

    draws: int = Field(ge=100)
    seed: int = Field(ge=0)
    start_table: Error
    between_councils: Error
    between_wards: Error


class Control(Reason):
    """Relative error of a national total beyond the error of the rates."""

    nation: str = ""
    error: float = Field(ge=0)


class Badge(Reason):
    width: float = Field(gt=0)
    text: str


class PeopleRates(Entry):
    """Rates, start table and errors of the estimate of residents unlikely to use the internet."""

    definition: str
    scale: Scale
    rate: tuple[Rate, ...] = Field(min_length=1)
    survey: Reason
    children: Children
    census_gap: Gap
    errors: Errors
    control: tuple[Control, ...]
    control_elsewhere: Control
    badge: Badge

    def control_error(self, nation: str) -> float:
        """Relative error of a nation's total beyond the error of the rates."""
        return next((control.error for control in self.control if control.nation == nation), self.control_elsewhere.error)


class ErrorClass(_Part):
    good_below: float
    fair_below: float
    none_from: float
    why: str


class FarHelp(_Part):
    library_types: tuple[str, ...]
    why: str
    reference: str


class GeographyRules(Entry):
    """How small areas are shared among wards."""

    edition: str
    smallest_share: float = Field(ge=0, lt=0.5)
    smallest_by_area: float = Field(ge=0, lt=0.5)
    minimum_observed: float = Field(gt=0, le=1)
    rural_over: float = Field(gt=0, lt=1)
    error_class: ErrorClass
    far_help: FarHelp


def read_single(name: str, model: type[E]) -> E:
    """The one entry of a judgement file that is an entry as a whole; its id is the file's name unless it gives one."""
    document: dict[str, Any] = tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
    try:
        return model.model_validate({"id": name.removesuffix(".toml"), **document})
    except ValidationError as error:
        raise DataRefused(
            [Problem(name, f"{'.'.join(map(str, m['loc']))}: {m['msg']}", "", "Mend this line of the file.") for m in error.errors()]
        ) from None


class Missing(_Part):
    """A figure nobody can give for a nation, and why."""

    what: str
    why: str


class NationFigures(Entry):
    """What is held and what is lacking for a nation, in words."""

    notice: str = ""
    not_scored: str = ""
    fetched_by: str = ""
    """Measure that only a fetch brings; where it is held, the two texts below stand in place of those above."""
    notice_fetched: str = ""
    not_scored_fetched: str = ""
    missing: tuple[Missing, ...] = ()

    def told(self, held: Collection[str]) -> tuple[str, str]:
        """Notice and why wards are not scored, for wards of which these measures are held."""
        fetched = bool(self.fetched_by) and self.fetched_by in held
        return (self.notice_fetched, self.not_scored_fetched) if fetched else (self.notice, self.not_scored)


@cache
def nation_figures() -> dict[str, NationFigures]:
    """What is held and lacking by nation; ``everywhere`` holds what no nation has."""
    return read_entries(FOLDER / "nation_figures.toml", NationFigures, "nation")


@cache
def measures() -> dict[str, Measure]:
    """Measures by id, in file order."""
    known = read_entries(FOLDER / "measures.toml", Measure, "measure")
    if unknown := {part for measure in known.values() for part in measure.includes} - set(known):
        raise DataRefused([Problem("measures.toml", "includes a measure that is none", ", ".join(sorted(unknown)), "Name measures by id.")])
    return known


@cache
def methods() -> dict[str, MethodPreset]:
    """Method presets by id."""
    presets = [read_single(f"methods/{path.name}", MethodPreset) for path in sorted((FOLDER / "methods").glob("*.toml"))]
    return {preset.id: preset for preset in presets}


def method_for(nation: str) -> MethodPreset | None:
    """The preset that scores a nation, or None when we have none for it."""
    return next((preset for preset in methods().values() if nation in preset.nations), None)


@cache
def people_rates() -> PeopleRates:
    """Rates, scale and definition of the people estimate."""
    return read_single("people.toml", PeopleRates)


@cache
def geography_rules() -> GeographyRules:
    """How small areas are shared among wards, and what counts as far from help."""
    return read_single("geography.toml", GeographyRules)


def score_entries() -> list[Entry]:
    """Every entry of these files, of the alternative methods, the uncertainty and the validity, for the review dates."""
    # Imported here because they read this module's measures or its reader.
    from exclusion.judgement.auditing import audit_words
    from exclusion.judgement.composites import composite_entries
    from exclusion.judgement.older_index import older_index_rules
    from exclusion.judgement.owning import own_rules
    from exclusion.judgement.uncertainty import uncertainty_rules
    from exclusion.judgement.validity import validity_rules

    single = (people_rates(), geography_rules(), uncertainty_rules(), validity_rules(), older_index_rules(), audit_words(), own_rules())
    return [*measures().values(), *methods().values(), *nation_figures().values(), *composite_entries(), *single]


__all__ = [
    "Domain",
    "GeographyRules",
    "Indicator",
    "Measure",
    "MethodPreset",
    "NationFigures",
    "PeopleRates",
    "geography_rules",
    "measures",
    "method_for",
    "methods",
    "nation_figures",
    "people_rates",
    "read_single",
    "score_entries",
]
