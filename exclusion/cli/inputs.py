"""From the words typed to what they mean: a release, the councils chosen, an assessment, a proposal considered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from exclusion.cli.screen import working
from exclusion.contracts import Problem, UsageError

if TYPE_CHECKING:
    from exclusion.assessment import Assessment
    from exclusion.judgement.local import Local
    from exclusion.proposal import Considered
    from exclusion.release import Evidence


def load(release: Path | None, boundaries: Path | None = None) -> Evidence:
    """The release meant, read while the screen says so."""
    from exclusion import assessment

    with working("Reading the release"):
        return assessment.load(release, boundaries)


def chosen(council: Sequence[str] | None, every: bool) -> Sequence[str] | None:
    """The councils named, or None for all of them; naming none by accident is not all."""
    if bool(council) == every:
        raise UsageError(Problem("--council", "give either councils or --all", "", "For example: --council Blackpool."))
    return council or None


def assessed(
    release: Path | None,
    boundaries: Path | None,
    council: Sequence[str] | None,
    service: Sequence[str],
    weight: Sequence[str] | None,
    local: Local | None = None,
    people_scale: tuple[float, str] | None = None,
) -> Assessment:
    from exclusion import assessment

    weights = weights_of(weight)
    evidence = load(release, boundaries)
    with working("Assessing"):
        return assessment.assess(evidence, council, tuple(service), weights=weights, local=local, people_scale=people_scale)


def both(council: Sequence[str] | None, service: Sequence[str] | None) -> tuple[Sequence[str], Sequence[str]]:
    """Councils and services, both given."""
    missing = [name for name, given in (("--council", council), ("--service", service)) if not given]
    if missing:
        raise UsageError(
            [Problem(name, "is missing", "", "Give councils and services, or a --proposal that names them.") for name in missing]
        )
    return council or (), service or ()


def consider(
    release: Path | None,
    boundaries: Path | None,
    proposals: Sequence[Path],
    council: Sequence[str] | None,
    service: Sequence[str] | None,
    weight: Sequence[str] | None,
    local: Local | None = None,
    people_scale: tuple[float, str] | None = None,
) -> Considered:
    from exclusion import proposal

    if council or service:
        raise UsageError(Problem("--proposal", "names its own councils and services", "", "Leave out --council and --service."))
    weights = weights_of(weight)
    evidence = load(release, boundaries)
    with working("Assessing"):
        return proposal.consider_files(evidence, proposals, weights=weights, local=local, people_scale=people_scale)


def local_of(paths: Sequence[Path] | None) -> Local | None:
    from exclusion.judgement.local import read_local_files

    return read_local_files(paths) if paths else None


def today() -> date:
    """Today; a test may say otherwise."""
    return date.today()


def people_scale_of(factor: float | None, why: str | None) -> tuple[float, str] | None:
    """``--people-scale`` and ``--people-why``, which go together, checked before the slow part; None when neither is given.

    Raises
    ------
    UsageError
        For one without the other, or a factor out of range.
    """
    if factor is None and why is None:
        return None
    if factor is None:
        raise UsageError(Problem("--people-scale", "is missing", "", "Give the factor with --people-why, or leave both out."))
    if why is None or not why.strip():
        raise UsageError(Problem("--people-why", "is missing", "", "Say in a few words why you set --people-scale; it is printed."))
    from exclusion.people.level import own_scale

    own_scale(factor, why)
    return factor, why.strip()


def weights_of(given: Sequence[str] | None) -> dict[str, float] | None:
    """Weights as typed, such as ``age=40``; None when none are given."""
    if not given:
        return None
    weights, problems = {}, []
    for item in given:
        name, _, value = item.partition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            problems.append(Problem("--weight", "is not a domain and a number", item, "Write it as age=40."))
    if problems:
        raise UsageError(problems)
    return weights
