"""``exclusion method ...``: parse, call, print. Also what ``score --method`` prints beside ours."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from exclusion.cli import inputs
from exclusion.cli.options import AsJson, Release, Weights
from exclusion.cli.screen import complain, notices, print_json, say, show, working, wrote
from exclusion.contracts import Problem, UsageError
from exclusion.words import counted, join_words

if TYPE_CHECKING:
    from exclusion.assessment import Assessment
    from exclusion.judgement.composites import CompositeMethod

method_app = typer.Typer(help="Show the methods, hold ours against what people did, write its audit.")

Which = Annotated[str, typer.Argument(help="A method by its id (see 'exclusion method list'), or a method file of your own.")]


@method_app.command(name="list")
def list_methods(as_json: AsJson = False) -> None:
    """List the methods that wards can be scored by.

    Ours for each nation first, then those to set beside it; what a method asks for and we do not hold is named.
    """
    rows = []
    for name, method in known_methods().items():
        lacking = "; ".join(method.lacking)
        rows.append((name, method.title, ", ".join(method.nations), "ours" if name in _ours() else "beside ours", lacking))
    show(pd.DataFrame(rows, columns=["method", "title", "nations", "use", "lacking"]), as_json)


@method_app.command(name="show")
def show_method(which: Which, as_json: AsJson = False) -> None:
    """Show a method: its parts, weights and reasons.

    Every mistake in a file of your own is named with its line.
    """
    method = find_method(which)
    if as_json:
        print_json(method.model_dump(mode="json"))
        return
    say(f"{method.title} ({', '.join(method.nations)})")
    say(f"Scale: {method.normalise}, within {method.within}; outliers: {method.treat}; parts added by {method.aggregate} mean.")
    say(f"Why: {method.why}")
    say(f"Reference: {method.reference}. To be checked again by {method.review_by}.")
    domains = [(one.id, one.label, one.parent, one.weight) for one in method.domain]
    show(_weighed(pd.DataFrame(domains, columns=["part", "label", "part_of", "weight"])), False, "Parts")
    rows = [(i.id, i.label, i.domain, i.direction, " + ".join(t.measure for t in i.terms) or "none", i.lacking) for i in method.indicator]
    columns = ["indicator", "label", "part", "more_at_risk_when", "from_measures", "lacking"]
    show(pd.DataFrame(rows, columns=columns), False, "Indicators")


@method_app.command(name="audit")
def audit_method(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write, ending in .html or .docx.")],
    council: Annotated[list[str], typer.Option("--council", "-c", help="Council by code or name; repeat for several.")],
    weight: Weights = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Write the audit of the score for some councils.

    One document: data dates, gaps, coherence, weights, every method, intervals, validity, limits, versions and hashes.
    """
    from exclusion import audit, export

    ending = audit.check_ending(out)
    weights = inputs.weights_of(weight)
    evidence = inputs.load(release)
    with working("Trying every method") as progress:
        document = audit.audit(evidence, council, weights, progress=progress)
        content = audit.content(document, ending)
    with export.whole_file(out) as work:
        work.write_bytes(content)
    wrote(as_json, [out], f"Wrote {document.title} to {out}")


@method_app.command(name="check")
def method_check(
    source: Annotated[Path | None, typer.Argument(help="Folder of the published tables, to measure anew; else what was kept.")] = None,
    release: Release = None,
    as_json: AsJson = False,
) -> None:
    """Hold the score against what people did.

    How well it agrees with the share of census returns made on paper, beside an older index on the same areas: 1 is
    full agreement, 0 none. Areas first sent a letter and areas first sent paper are never put together.
    """
    from exclusion import validity

    if source is None:
        found = validity.stored()
    else:
        evidence = inputs.load(release)
        with working("Comparing") as progress:
            found = validity.check(source, evidence, progress)
    if as_json:
        print_json(found.plain())
        return
    main = found.table["score"].isin(validity.MAIN)
    show(validity.brief(found.table[main]), False, "The score and the older index on the same areas")
    show(validity.brief(found.table[~main]), False, "Other weights, stated beforehand")
    from exclusion.validity import said

    for nation, noise in found.noises().items():
        say(said.beside_older(found.table, nation))
        for line in found.against_us(nation):
            say(line)
        say(f"{nation}: differences under about {noise:.2f} mean nothing (wards first sent a letter).")
    say(f"{join_words(found.without)}: no yardstick is held, so nothing is known there; what was found elsewhere is not carried over.")
    say(f"Measured on {found.about['release']}, against: {found.about['source']}, {found.about['publisher']}.")
    say(found.notice)


# ------------------------------------------------------------------------------- pieces


def known_methods() -> dict[str, CompositeMethod]:
    """Our methods and the alternatives, by id."""
    from exclusion.judgement.composites import alternatives
    from exclusion.judgement.score import methods
    from exclusion.method.alternatives import from_preset

    return {name: from_preset(preset) for name, preset in methods().items()} | alternatives()


def _ours() -> set[str]:
    from exclusion.judgement.score import methods

    return set(methods())


def find_method(which: str, own: Collection[str] = ()) -> CompositeMethod:
    """A method by its id, or read from a file, which may name the measures ``own``.

    Raises
    ------
    UsageError, DataRefused
        For a name we do not know, or with every mistake in the file.
    """
    from exclusion.judgement.composites import read_method

    held = known_methods()
    if which in held:
        return held[which]
    if Path(which).suffix == ".toml" or Path(which).exists():
        return read_method(which, own)
    near = [name for name in held if which and name.startswith(which.lower())] or get_close_matches(which, held, n=2, cutoff=0.5)
    first = f"Did you mean {join_words(near, 'or')}? Else use " if near else "Use "
    do = f"{first}{', '.join(name for name in held if name not in near)}, or a method file (.toml)."
    raise UsageError(Problem("method", "is not one we know", which, do))


def require_nation(assessment: Assessment, method: CompositeMethod, which: str) -> None:
    """Refuse a method that is for other nations than those of the wards, naming the methods for theirs.

    Raises
    ------
    UsageError
    """
    here = set(assessment.areas["nation"])
    if here & set(method.nations):
        return
    held = {name: one for name, one in known_methods().items() if here & set(one.nations) and name not in _ours()}
    alike = [name for name in held if name.startswith(f"{method.id}_")] or list(held)
    do = f"Use --method {join_words(alike, 'or')}." if alike else "We hold no other method for it."
    what = f"is for {join_words(list(method.nations))}, and these wards are in {join_words(sorted(here))}"
    raise UsageError(Problem("--method", what, which, do))


def print_beside(
    assessment: Assessment, which: str, out: Path | None, as_json: bool, own: Collection[str] = (), within: str | None = None
) -> None:
    """Wards by our score and by another method: printed, as JSON, or as a CSV file."""
    from exclusion import export
    from exclusion.method import alternatives, scope

    method = find_method(which, own)
    require_nation(assessment, method, which)
    method = scope.checked(assessment.evidence, method) if within is None else scope.scoped(assessment.evidence, method, within)
    other = alternatives.score(assessment.evidence, method, list(assessment.areas.index))
    both = alternatives.beside(assessment.evidence, assessment.scores, other)
    table = export.wards_table(assessment)
    added = pd.DataFrame(
        {
            "other_method": method.id,
            "other_within": scope.scope_of(method) if scope.stretches(method) else "",
            "other_band": both["other_band"],
            "bands_moved": both["moves"],
            "other_score": both["other_index"].round(1),
            "other_why_not": other.table["why_not"].where(~other.table["scored"], ""),
        }
    ).reindex(table["area_code"])
    table = pd.concat([table, added.reset_index(drop=True)], axis=1)
    if out:
        with export.whole_file(out) as work:
            work.write_bytes(export.csv_bytes(table))
        wrote(as_json, [out], f"Wrote {len(table)} wards to {out}")
    else:
        # Within a council there is a score and no band.
        theirs = ["other_score"] if method.within == "council" else ["other_band", "bands_moved"]
        whys = [why for why in dict.fromkeys(table["other_why_not"].fillna("")) if why]
        brief = ["area_code", "area_name", "council_name", "band", "band_word", *theirs, *(["other_why_not"] if len(whys) > 1 else [])]
        show(table if as_json else table[brief], as_json, "" if as_json else f"Our band beside {method.title}")
        if len(whys) == 1 and not as_json:
            many = int(table["other_why_not"].eq(whys[0]).sum())
            complain(f"Note: {counted(many, 'ward')} without a score by {method.title}. {whys[0]}")
    if (told := scope.said(method)) and other.table["scored"].any():
        complain(f"Note: {told}")
    for row in other.lacking.to_dict("records"):
        complain(f"Note: {method.title} lacks {row['label']} ({row['nation']}): {row['why']}")
    if method.id == "deri_1_6" and len(other.lacking):
        complain("Note: from its makers' own table of components it can be set beside ours: exclusion method deri FILE --council ...")
    notices(assessment)


def _weighed(table: pd.DataFrame) -> pd.DataFrame:
    """Weights as they were written: a table on screen would round 0.36 to 0.4."""
    return table.assign(weight=table["weight"].map(lambda weight: f"{weight:g}"))
