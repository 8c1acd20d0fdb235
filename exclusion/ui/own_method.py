"""A council's own method on the Method page: its own indicators shown, a method file to start from, and wards scored by it beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import streamlit as st

from exclusion import release_write, ui
from exclusion.assessment import Assessment
from exclusion.contracts import DataRefused, ExclusionError, Problem, temporary_folder
from exclusion.judgement.composites import CompositeMethod, read_method
from exclusion.judgement.score import method_for
from exclusion.language import mark, tr, trn
from exclusion.method import alternatives, scope
from exclusion.own.laying import PREFIX
from exclusion.release import Evidence
from exclusion.saying import join_words
from exclusion.ui import own
from exclusion.views import trust
from exclusion.words import capital, percent

OWN_WEIGHT = 0.1
"""What a new part starts with: the weight of the smallest part of ours. The council sets its own."""


def form(a: Assessment) -> None:
    """The part of the page below the older index."""
    st.subheader(tr("A method of your own"), anchor=False)
    held = own.held()
    evidence = held.evidence if held and own.FIGURES in held.what else a.evidence
    indicators = held_indicators(evidence)
    if indicators:
        st.markdown(
            tr(
                "An indicator of your own enters a score only here, by a method file that names it; rules never read it. A "
                "figure of yours in place of a published one is read by rules, and where it is part of the score, score, "
                "bands and maps rest on it."
            )
        )
        ui.table(rows_of(evidence, indicators, list(a.areas.index)), tr("Your own indicators, brought in this visit"))
    else:
        st.markdown(
            tr(
                "Other weights, other figures of ours, or an indicator of your own: bring the indicator on the page Your "
                "figures, then name it here in a method file. The file stays in this visit."
            )
        )
    nations = sorted(set(a.areas["nation"]))
    if preset := method_for(nations[0]):
        text = start_from(alternatives.from_preset(preset), indicators, date.today())
        st.download_button(tr("Our method as a file to change (TOML)"), text, "own-method.toml", "application/toml", on_click="ignore")
    given = st.file_uploader(tr("Your method file (TOML)"), type=["toml"], key="own_method", max_upload_size=5)
    if given is None:
        return
    try:
        method = read(given.getvalue(), given.name, indicators)
        if not set(nations) & set(method.nations):
            raise DataRefused(
                Problem(
                    given.name,
                    tr("is for {of}, and these wards are in {here}", of=join_words(list(method.nations)), here=join_words(nations)),
                    "",
                    tr("Name the nation in its nations."),
                )
            )
        other = alternatives.score(evidence, scope.checked(evidence, method), list(a.areas.index))
    except ExclusionError as error:
        ui.show_error(error)
        return
    if len(other.lacking):
        st.markdown(tr("We hold no figures for these, and do not fill gaps:"))
        ui.lines(trust.lacking_lines(other))
    few = [name for name in indicators if uses(method, name)]
    found = mark("score") if few or method.within == "council" else mark("band")
    ui.table(
        trust.beside_rows(a, other, banded=not few),
        tr("Wards, by name: our band, and the {found} by {title}", found=tr(found), title=method.title),
    )
    if few:
        known = int(evidence.wide("ward", "value")[few].notna().all(axis=1).sum())
        names = capital(join_words([title(evidence, name) for name in few]))
        st.markdown(
            trn(
                "{names} is held for {known:,} wards, so the score is set against those wards alone. It is cut into no bands and cannot be "
                "set beside the nation's.",
                "{names} are held for {known:,} wards, so the score is set against those wards alone. It is cut into no bands and cannot "
                "be set beside the nation's.",
                len(few),
                names=names,
                known=known,
            )
        )


def held_indicators(evidence: Evidence) -> list[str]:
    """Measures that a council brought as indicators."""
    found = evidence.observations["measure"].astype(str)
    return sorted(name for name in found.unique() if name.startswith(PREFIX))


def title(evidence: Evidence, measure: str) -> str:
    """The heading a measure was brought under."""
    source = evidence.observations.loc[evidence.observations["measure"] == measure, "source"].iloc[0]
    return evidence.manifest.sources[str(source)].title


def rows_of(evidence: Evidence, indicators: Sequence[str], wards: Sequence[str]) -> pd.DataFrame:
    """``Indicator, Name in a method file, Wards, Lowest, Highest``, one row each; of the wards chosen."""
    values = evidence.wide("ward", "value").reindex(list(wards))
    rows = []
    for name in indicators:
        own_values = values[name].dropna()
        ends = [percent(float(end)) for end in (own_values.min(), own_values.max())] if len(own_values) else [tr("not known")] * 2
        rows.append((title(evidence, name), name, f"{len(own_values)} of {len(values)}", *ends))
    return pd.DataFrame(rows, columns=[tr("Indicator"), tr("Name in a method file"), tr("Wards"), tr("Lowest"), tr("Highest")])


def uses(method: CompositeMethod, measure: str) -> bool:
    """Whether an indicator of the method is made of a measure."""
    return any(term.measure == measure for indicator in method.indicator for term in indicator.terms)


def start_from(method: CompositeMethod, own_measures: Sequence[str], today: date) -> str:
    """A method file that gives our score, with a part for each indicator of the council's own at the end."""
    name = {"id": "own_method", "title": "Our own method", "nations": list(method.nations), "why": "Write here why.",
            "reference": "Write here on what it rests."}  # fmt: skip
    domains = [{"id": d.id, "label": d.label, "weight": d.weight} for d in method.domain]
    indicators = [
        {"id": i.id, "label": i.label, "domain": i.domain, "weight": i.weight, "direction": i.direction,
         "parts": [{"measure": term.measure, "coefficient": term.coefficient} for term in i.terms]}
        for i in method.indicator
    ]  # fmt: skip
    for measure in own_measures:
        domains.append({"id": measure, "label": measure.removeprefix(PREFIX).replace("_", " "), "weight": OWN_WEIGHT})
        indicators.append({"id": f"of_{measure}", "label": measure.removeprefix(PREFIX).replace("_", " "), "domain": measure, "weight": 1,
                           "direction": "higher", "measure": measure})  # fmt: skip
    dates = f"checked_on = {today.isoformat()}\nreview_by = {(today + timedelta(days=365)).isoformat()}\n"
    head = release_write.to_toml(name)
    return f'{head}{dates}normalise = "{method.normalise}"\n{release_write.to_toml({"domain": domains, "indicator": indicators})}'


def read(content: bytes, name: str, own_measures: Sequence[str]) -> CompositeMethod:
    """A method file as given: on the disk only while it is read."""
    with temporary_folder() as folder:
        path = folder / Path(name).name
        path.write_bytes(content)
        return read_method(path, own_measures)
