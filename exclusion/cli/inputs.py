"""From the words typed to what they mean: a release, the councils chosen, an assessment, a proposal considered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from exclusion.cli.screen import complain, working
from exclusion.contracts import Gathered, Problem, UsageError
from exclusion.words import join_words

if TYPE_CHECKING:
    from exclusion.assessment import Assessment
    from exclusion.judgement.local import Local
    from exclusion.places import Places
    from exclusion.proposal import Considered
    from exclusion.release import Evidence


@dataclass(frozen=True)
class Brought:
    """What a council brings to one run of a command: its own figures, what each column is for, and areas of its own."""

    figures: Path | None
    uses: Sequence[str]
    when: str = ""
    areas: Path | None = None
    postcodes: Path | None = None

    @property
    def measures(self) -> frozenset[str]:
        """Measures a method file may name because of them."""
        from exclusion.own import laying

        return laying.own_measures(map(laying.parse, self.uses))


def brought(
    figures: Path | None, uses: Sequence[str] | None, when: str, areas: Path | None = None, postcodes: Path | None = None
) -> Brought | None:
    """What a council brings to a command, or None when it brings nothing.

    Raises
    ------
    UsageError
        For a use without figures, figures without a use, or a use that says nothing.
    """
    from exclusion.own import laying

    if figures is None and not uses:
        return None if areas is None else Brought(None, (), when, areas, postcodes)
    if figures is None:
        raise UsageError(Problem("--own-figures", "is missing", "", "Give the file that holds the columns of --own-use."))
    if not uses:
        do = "Say what a column is for, such as --own-use 'Living alone = lone66_est'; 'exclusion figures FILE' lists them."
        raise UsageError(Problem("--own-use", "is missing", "", do))
    for use in uses:
        laying.parse(use)
    return Brought(figures, tuple(uses), when, areas, postcodes)


def lay(evidence: Evidence, council: Sequence[str] | None, own: Brought | None) -> Evidence:
    """The evidence for own areas and with own figures in it, where some were brought; what that means goes to standard error."""
    from exclusion.building import regroup
    from exclusion.own import areas, figures, laying

    if own is None:
        return evidence
    if not council:
        raise UsageError(Problem("--areas" if own.figures is None else "--own-figures", "needs a council", "", "Give --council."))
    codes = evidence.find_councils(council)
    if own.areas is not None:
        with working("Making figures for your areas"):
            electoral = str(own.areas).casefold() == areas.ELECTORAL and not own.areas.is_file()
            drawn = areas.electoral_areas(evidence, codes) if electoral else areas.read(own.areas, own.areas.name)
            made = regroup.regroup(evidence, drawn, codes, own.postcodes)
        evidence = made.evidence
        for line in made.notes:
            complain(f"Note: {line}")
    if own.figures is None:
        return evidence
    uses = [laying.parse(use) for use in own.uses]
    held = figures.read(figures.look(own.figures, own.figures.name), evidence, codes)
    owner = join_words(list(evidence.areas.loc[evidence.areas["council_code"].isin(codes), "council_name"].unique()))
    laid = laying.lay(evidence, held, uses, period=own.when, owner=owner)
    for line in laying.said(evidence, held, uses, owner):
        complain(f"Note: {line}")
    return laid


def load(release: Path | None, boundaries: Path | None = None) -> Evidence:
    """The release meant, read while the screen says so."""
    from exclusion import assessment
    from exclusion import release as releases

    with working("Reading the release"):
        return assessment.load(release or releases.chosen(), boundaries)


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
    own: Brought | None = None,
    thresholds: str | None = None,
) -> Assessment:
    from exclusion import assessment

    weights = weights_of(weight)
    evidence = lay(load(release, boundaries), council, own)
    with working("Assessing") as said:
        return assessment.assess(
            evidence,
            council,
            tuple(service),
            weights=weights,
            local=local,
            people_scale=people_scale,
            thresholds=thresholds,
            progress=lambda done, of: said("Checking the rules, service by service", done / of),
        )


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
    thresholds: str | None = None,
    own: Brought | None = None,
    listed: Places | None = None,
    gathered: Gathered | None = None,
    libraries: Path | None = None,
) -> Considered:
    """Proposals read and considered; their mistakes, also places not ``listed``, come with those ``gathered`` from other files.

    ``libraries``: a folder of published tables whose libraries stand in for a list.
    """
    from exclusion import proposal

    if council or service:
        raise UsageError(Problem("--proposal", "names its own councils and services", "", "Leave out --council and --service."))
    weights = weights_of(weight)
    evidence = load(release, boundaries)
    gathered = gathered or Gathered()
    if libraries is not None:
        listed = _libraries(libraries, evidence, proposals, gathered)
    table = None if listed is None else listed.table
    wards = None if own is not None and own.areas is not None else evidence.areas  # of own areas they are known once those are there
    read = proposal.read_all(proposals, wards, evidence.areas, table, gathered)
    if own is not None:  # whose figures they are is said by the proposals
        evidence = lay(evidence, [name for one in read for name in one.councils], own)
        read = proposal.read_all(proposals, evidence.areas)
    with working("Assessing"):
        return proposal.consider(evidence, read, weights=weights, local=local, people_scale=people_scale, thresholds=thresholds)


def _libraries(folder: Path, evidence: Evidence, proposals: Sequence[Path], gathered: Gathered) -> Places | None:
    """The libraries about the councils that proposals name, to check their places on; None where none is named, or it cannot be read."""
    from exclusion import places, proposal

    codes = proposal.councils_named(proposals, evidence.areas)
    if not codes:
        return None
    return gathered.read(lambda: places.libraries_near(folder, evidence.areas[evidence.areas["council_code"].isin(codes)]))


def places_of(path: Path | None, postcodes: Path | None, gathered: Gathered | None = None) -> Places | None:
    """A council's list of places, read before the slow part; None when none is given, or when what is wrong with it is ``gathered``."""
    from exclusion.alongside import Ground, read_files

    return read_files(places_file=path, ground=Ground(postcodes), gathered=gathered).places


def used_by(considered: Considered, listed: Places | None, postcodes: Path | None) -> Considered:
    """The proposals with the wards of their places filled in from the list, as ``assess`` does; as they are without a list.

    Raises
    ------
    UsageError
        Naming every place of the proposals that is not in the list: its wards would silently be all of them.
    """
    from exclusion import alongside, places

    if listed is None:
        return considered
    places.change(listed.table, alongside.changes(considered.proposals))
    with working("Looking for the wards that use each place"):
        return alongside.used_by(considered, listed, alongside.Ground(postcodes))


def local_of(paths: Sequence[Path] | None, thresholds: str | None = None, gathered: Gathered | None = None) -> Local | None:
    """A council's own judgement; ``thresholds`` is the version of ours that stands underneath.

    None when none is given, or when what is wrong with it is ``gathered`` to be told with the mistakes of other files.
    """
    from exclusion import judgement
    from exclusion.judgement.local import read_local_files

    if thresholds is not None:
        judgement.thresholds(thresholds)  # a version we do not hold is said before the slow part
    if not paths:
        return None
    return read_local_files(paths, thresholds) if gathered is None else gathered.read(lambda: read_local_files(paths, thresholds))


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
