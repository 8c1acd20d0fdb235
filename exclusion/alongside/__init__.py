"""What a council's own files say beside its findings: routes, costs, and distances to its places.

Nothing here is ours: where the council gives no file, nothing is said in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from exclusion import costs, places, routes
from exclusion.alongside import again as rules_again
from exclusion.alongside.distances import CATCHMENT, Distances, Ground, changes, distances, place_words, shared_in_words
from exclusion.alongside.users import used_by
from exclusion.assessment import Assessment
from exclusion.contracts import Gathered
from exclusion.judgement import Service
from exclusion.places import Places
from exclusion.proposal import Considered

NO_KEEPING = (
    "Not reckoned, because no cost was given for keeping a way in open in a ward. Give it (in a file under [open_in_a_ward]) to see what "
    "it costs only where we advise it, and everywhere."
)


@dataclass(frozen=True)
class Beside:
    """What the files add: tables by file name, sentences to read on screen by heading, and notices."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    sums: dict[str, tuple[costs.Worked, ...]] = field(default_factory=dict)  # behind savings.csv, by what they are called


@dataclass(frozen=True)
class Given:
    """A council's own files, each optional: ``routes.read``, ``costs.read``, ``places.read_places``; what distances are measured with."""

    routes: pd.DataFrame | None = None
    costs: costs.Costs | None = None
    places: places.Places | None = None
    ground: Ground = field(default_factory=Ground)
    libraries: Path | None = None  # folder of published tables whose libraries stand in for a list of places

    def listed(self, assessment: Assessment) -> Places | None:
        """The list of places: the council's own, or the libraries that stand in for it; None where neither is given."""
        if self.places is None and self.libraries is not None:
            return places.libraries_near(self.libraries, assessment.areas)
        return self.places


def read_files(
    routes_file: Path | None = None,
    costs_file: Path | None = None,
    places_file: Path | None = None,
    ground: Ground | None = None,
    libraries: Path | None = None,
    gathered: Gathered | None = None,
) -> Given:
    """A council's own files; ``ground`` says where the postcodes and travel times are, which are read once the wards are known.

    With ``gathered`` what is wrong is kept there, to be told with the mistakes of other files, and what could be read comes back.

    Raises
    ------
    DataRefused, SourceUnreachable, UsageError
        With what is wrong in all of them.
    """
    kept = Gathered() if gathered is None else gathered

    def reading(read: Callable[[Path], Any], path: Path | None) -> Any:
        return None if path is None else kept.read(lambda: read(path))

    ground = ground or Ground()
    given = Given(
        reading(routes.read, routes_file),
        reading(costs.read, costs_file),
        reading(lambda path: places.read_places(path, postcodes=ground.postcodes), places_file),
        ground,
        libraries=libraries,
    )
    if gathered is None:
        kept.refuse()
    return given


def beside(result: Assessment | Considered, today: date, given: Given | None = None) -> Beside:
    """Lay a council's own files beside an assessment or proposals.

    Parameters
    ----------
    given
        Routes make ``routes.csv``, and notices of those missing, stale or failed. Costs make ``keeping.csv`` and,
        for proposals, ``savings.csv`` and the sum behind it line by line, ``savings_worked.csv``. Places make
        ``places.csv`` and ``distances.csv``, before and after what the proposals close (see :func:`distances`);
        where that leaves people further away, ``findings_again.csv`` says what the rules find then (guard G6).

    Returns
    -------
    Beside
        Tables only for what was given. A distance that cannot be measured is a notice, never a blank.

    Raises
    ------
    UsageError
        Naming every place of a proposal that is not in the list.
    """
    given = given or Given()
    considered = result if isinstance(result, Considered) else None
    assessment = result.assessment if isinstance(result, Considered) else result
    found = Beside()
    notices: list[str] = []
    if given.routes is not None:
        found.tables["routes.csv"] = routes.state(given.routes, today)
        notices += routes.notices(given.routes, _named(assessment, considered), assessment.findings, today)
    if given.costs is not None:
        keeping = costs.keeping(_about(assessment, considered), given.costs)
        found.tables["keeping.csv"] = keeping
        found.said["What it costs to keep ways in, in the council's own figures"] = list(keeping["sentence"]) or [NO_KEEPING]
        if considered and any(proposal.service for proposal in considered.proposals):
            savings, worked = _savings(considered, given.costs)
            found.tables["savings.csv"], found.tables["savings_worked.csv"] = savings, worked
            found.said["What the proposal saves, in the council's own figures"] = list(savings.loc[savings["channel"] == "", "sentence"])
            found.sums.update(_sums(considered, given.costs))
    listed = given.listed(assessment)
    if listed is not None:
        far = distances(assessment, listed, changes(considered.proposals if considered else ()), given.ground)
        found.tables.update(far.tables)
        found.said.update(far.said)
        notices += far.notices
        if considered:
            table, lines = rules_again.again(assessment, far, today)
            if lines:
                found.said[rules_again.TITLE] = lines
            if len(table.columns):
                found.tables[rules_again.FILE] = table
    return Beside(found.tables, found.said, tuple(notices), found.sums)


def _named(assessment: Assessment, considered: Considered | None) -> list[Service]:
    """The services the question is about: not those that were run only because they lean on a place."""
    if considered is None:
        return list(assessment.services)
    names = {change.id for proposal in considered.proposals for change in proposal.service}
    return [service for service in assessment.services if service.id in names]


def _about(assessment: Assessment, considered: Considered | None) -> pd.DataFrame:
    return assessment.findings[assessment.findings["service_id"].isin({one.id for one in _named(assessment, considered)})]


def _savings(considered: Considered, spent: costs.Costs) -> tuple[pd.DataFrame, pd.DataFrame]:
    services = {one.id: one for one in considered.assessment.services}
    savings, lines = [], []
    for proposal in considered.proposals:
        people = considered.people(proposal)
        savings.append(costs.of_proposal(proposal, people, spent, services).assign(proposal=proposal.title))
        lines.append(costs.lines_table(costs.worked(proposal, people, spent, services)).assign(proposal=proposal.title))
    tables = (pd.concat(parts, ignore_index=True) for parts in (savings, lines))
    first, second = (table[["proposal", *table.columns.drop("proposal")]] for table in tables)
    return first, second


def _sums(considered: Considered, spent: costs.Costs) -> dict[str, tuple[costs.Worked, ...]]:
    services = {one.id: one for one in considered.assessment.services}
    return {
        f"{proposal.title}: {services[name].service_name}": sums
        for proposal in considered.proposals
        for name, sums in costs.worked(proposal, considered.people(proposal), spent, services).items()
    }


__all__ = [
    "CATCHMENT",
    "Beside",
    "Distances",
    "Given",
    "Ground",
    "beside",
    "changes",
    "distances",
    "place_words",
    "read_files",
    "shared_in_words",
    "used_by",
]
