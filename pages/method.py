"""How the score is made, how sure it is, whether it agrees with what people did, and the audit to take away."""

from datetime import date
from functools import partial

import streamlit as st

from exclusion import audit, charts, export, ui, validity, views, words
from exclusion.contracts import DataRefused, ExclusionError, NothingToAssess, UsageError
from exclusion.export.sure import sure_table
from exclusion.language import mark, tr
from exclusion.method import alternatives, clusters, comparison, older_index, scope
from exclusion.method.uncertainty import Uncertainty, uncertainty
from exclusion.retold import told
from exclusion.saying import Later, join_words
from exclusion.ui import own_method
from exclusion.views import trust
from exclusion.words import capital, slug


@st.cache_resource(max_entries=64, show_spinner=Later(mark("Trying every method …")))
def how_sure(version: str, codes: tuple[str, ...], weights: tuple[tuple[str, float], ...] | None) -> Uncertainty:
    """Kept for the next visitor who asks the same."""
    return uncertainty(ui.evidence(), list(codes), dict(weights) if weights else None)


@st.cache_resource(max_entries=64, show_spinner=False)
def by_method(version: str, codes: tuple[str, ...], name: str, within: str | None) -> alternatives.Scored:
    """Wards by another method, all of its figures or none; with its own scope when none is given."""
    method = trust.held_methods()[name]
    return alternatives.score(ui.evidence(), method if within is None else scope.scoped(ui.evidence(), method, within), list(codes))


def choose_scope(key: str, first: str) -> str:
    """Over which wards the older index stretches its figures."""
    return st.radio(
        tr("Stretch each figure over"),
        list(scope.SCOPES),
        list(scope.SCOPES).index(first),
        lambda one: tr(scope.SCOPES[one]),
        key=key,
        horizontal=True,
    )


@st.cache_resource(max_entries=16, show_spinner=Later(mark("Looking at each ward and its neighbours …")))
def in_clusters(version: str, codes: tuple[str, ...], weights: tuple[tuple[str, float], ...] | None) -> clusters.Clusters:
    """Kept for the next visitor who asks the same."""
    return clusters.clusters(ui.evidence(), list(codes), dict(weights) if weights else None)


def audit_file(councils: tuple[str, ...], weights: dict[str, float] | None, sure: Uncertainty, ending: str) -> bytes:
    """The audit, written when it is asked for."""
    return audit.content(audit.audit(ui.evidence(), list(councils), weights, today=date.today(), sure=sure), ending)


def picture(shown: charts.Picture) -> None:
    """A chart with its words."""
    st.altair_chart(shown.chart, alt=shown.alt, theme=None, width="stretch")


held = ui.page(mark("Method"))
st.markdown(
    tr(
        "How the score of a ward is made, how sure it is, and whether it agrees with what people did. The score "
        "decides nothing: what to keep open follows from named rules and figures, on the Service page."
    )
)
left, right = st.columns(2)
with left:
    councils = ui.choose_councils(held)
with right:
    chosen = ui.choose_ward(ui.scored(councils, None).areas)
nations = tuple(held.areas.loc[held.areas["council_code"].isin(councils), "nation"].unique())
weights = ui.choose_weights(nations)
a = ui.scored(councils, weights)
codes = tuple(a.areas.index)
sure = how_sure(held.manifest.version, codes, tuple(sorted(weights.items())) if weights else None)
wards = trust.named(a, sure)
ui.status(trust.sure_words(wards))
st.markdown(views.weights_words(a.method))

st.header(tr("How the score is made"), anchor=False)
ui.lines(trust.steps(), numbered=True)
if not wards["scored"].any():
    # Everything below is about a score; what there is of these wards stands on the other pages.
    st.header(tr("There is no score here"), anchor=False)
    ui.lines(trust.unscored_lines(a))
    ui.cannot_tell("area", "nations", "no_flag")
    st.stop()

ward = chosen or codes[0]
name = str(a.areas.loc[ward, "area_name"])
st.header(tr("What makes the score of {name}", name=name), anchor=False)
if chosen is None:
    st.markdown(tr("{name} comes first by name. Choose another ward above.", name=name))
if a.scores.loc[ward, "scored"]:
    st.markdown(
        tr(
            "Band **{band_label}**. Each bar is what a part adds to or takes from 50, the middle; the bars add up to {risk:+.1f}.",
            band_label=views.band_label(a, ward),
            risk=a.scores.loc[ward, "risk"] - 50,
        )
    )
    picture(charts.contributions(comparison.contributions(a.scores.loc[[ward]]), name))
    ui.table(views.score_drivers(a, ward), tr("What pulls the score of {name} up or down", name=name))
    st.subheader(tr("What would move its band"), anchor=False)
    ui.lines([line if isinstance(line, tuple) else told(line) for line in trust.change_lines(a, ward)])
    st.subheader(tr("Wards like it elsewhere"), anchor=False)
    st.markdown(tr("Alike in what makes the score, by name. Their councils may be worth a call."))
    alike = trust.similar_rows(a, ward, weights)
    ui.table(alike, tr("Wards most like {name}, with each part out of 100 in the nation", name=name), numbers=list(alike.columns[2:]))
else:
    st.markdown(told(str(a.scores.loc[ward, "why_not"])))

st.header(tr("How sure the bands are"), anchor=False)
st.markdown(
    tr(
        "The score was made again in {ways_words}, with figures and weights a little off. The bar runs over the "
        "bands a ward could be in; the mark is its own band, with a white middle where it is unclear. Wards are in "
        "order of name.",
        ways_words=trust.ways_words(sure, tr("careful ways")),
    )
)
st.markdown(trust.clear_means())
ui.said(trust.driver_words(wards))
if wards["scored"].any():
    picture(charts.intervals(wards[wards["scored"]]))
ui.table(trust.sure_rows(wards), tr("Wards, by name: the band, what it could be, and what it hangs on"))
if sure.notes:
    ui.lines([told(note) for note in sure.notes])
st.download_button(
    tr("How sure each band is (CSV)"),
    data=lambda: export.csv_bytes(sure_table(a, sure)),
    file_name=f"how-sure-{slug(words.join_words(list(dict.fromkeys(a.areas['council_name']))))[:60]}.csv",
    mime="text/csv",
    on_click="ignore",
)

st.header(tr("Does it agree with what people did"), anchor=False)
yardstick = [nation for nation in nations if len(trust.agreement_pair(nation))]
if yardstick:
    st.markdown(
        tr(
            "In 2021 most households were asked by letter to answer the census online; some were sent a paper form "
            "first. We compare the score with the share who answered on paper. The two kinds of area are never put "
            "together, because where paper was sent, paper came back."
        )
    )
    st.info(f"{validity.stored().about['notice']} {trust.agreement_means()}")
    with st.expander(tr("What the agreement cannot show")):
        ui.lines([told(limit) for limit in validity.stored().limits])
for nation in nations:
    st.subheader(nation, anchor=False)
    try:
        standing = validity.at(weights, nation)
        ui.said(told(f"{standing.words} {standing.older}"))
    except NothingToAssess as nothing:
        ui.said(told(str(nothing)))
    if len(pair := trust.agreement_pair(nation)):
        picture(charts.agreement(pair, nation))
        for level, called in validity.LEVELS.items():
            table = trust.agreement_rows(nation, level)
            caption = tr("{nation}: our score (default weights) and the older index on the same {called}", nation=tr(nation), called=called)
            ui.table(table, caption, numbers=list(table.columns[2:]))
    if against := validity.stored().against_us(nation):
        ui.lines([told(line) for line in against])

st.header(tr("Without one part"), anchor=False)
st.markdown(tr("The band each ward would be in if one part were left out and the others made up to the whole."))
ui.table(trust.without_rows(a, weights), tr("Wards, by name: the band without each part"))

st.header(tr("What a list of wards leaves out"), anchor=False)
hidden = trust.pocket_rows(a, weights)
ui.lines([told(line) for line in trust.pocket_words(a, len(hidden))])
if len(hidden):
    st.markdown(tr("These parts of wards are among their nation's most affected tenth of small areas, though their ward is not in band 5:"))
    ui.table(hidden, tr("Small areas that their ward hides, by ward name"))
st.subheader(tr("Clusters"), anchor=False)
st.markdown(tr("Wards that are alike with their neighbours. A cluster describes the map; no finding comes from it."))
if st.toggle(tr("Look for clusters (takes some seconds)"), key="clusters"):
    try:
        grouped = in_clusters(held.manifest.version, codes, tuple(sorted(weights.items())) if weights else None)
    except ExclusionError as error:
        ui.show_error(error)
    else:
        rows = trust.cluster_rows(a, grouped)
        if len(rows):
            ui.table(rows, tr("Wards that are part of a cluster, by name"))
        else:
            st.markdown(tr("None of these wards is part of a cluster."))
        ui.lines([told(note) for note in grouped.notes])

st.header(tr("Another method beside ours"), anchor=False)
others = trust.other_methods(a)
if others:
    labels = {name: method.title for name, method in others.items()}
    ui.heed_id("beside", labels, tr("methods we do not hold"), tr("The first is shown in its place."))
    picked = st.selectbox(
        tr("Method to set beside ours"), list(others), index=0, key="beside", bind="query-params", format_func=lambda one: others[one].title
    )
    ui.said(told(others[picked].why))
    within = choose_scope("beside_within", scope.scope_of(others[picked])) if scope.stretches(others[picked]) else None
    try:
        other = by_method(held.manifest.version, codes, picked, within)
    except DataRefused as refused:
        st.markdown(tr("It cannot be stretched over Great Britain, and we do not mix figures that differ. What holds it back:"))
        ui.lines([told(capital(problem.what) + ".") for problem in refused.problems])
        other = None
    if other and len(other.lacking):
        st.markdown(tr("It cannot be worked out from this release, and we do not fill gaps. We hold no figures for:"))
        ui.lines(trust.lacking_lines(other))
    if other and other.table["scored"].any():
        ui.said(told(scope.said(other.method)))
        found = "score" if other.method.within == "council" else "band"
        ui.table(
            trust.beside_rows(a, other), tr("Wards, by name: our band, and the {found} by {title}", found=found, title=others[picked].title)
        )
else:
    st.markdown(tr("We hold no other method for {nations}.", nations=join_words([tr(nation) for nation in nations])))

st.subheader(tr("The older index from its own table"), anchor=False)
st.markdown(
    tr(
        "If you hold the table of components of DERI 1.6 by small area (CSV), as its makers publish it, lay it "
        "beside ours here. A ward's figure is the mean of its small areas over the people in them. The file stays in "
        "this visit."
    )
)
given = st.file_uploader(
    tr("DERI's own table of components (CSV, or gzipped)"), type=["csv", "gz"], key="deri_components", max_upload_size=60
)
if given is not None:
    over = choose_scope("deri_within", scope.NATION)
    try:
        older = older_index.of_wards(held, older_index.read_components(given.getvalue(), given.name), list(codes), over)
    except UsageError as refused:
        ui.lines([told(f"{problem.what}. {problem.do}") for problem in refused.problems])
    except ExclusionError as error:
        ui.show_error(error)
    else:
        both = older_index.beside(a.scores, older)
        if over == scope.NATION:
            ui.said(told(older_index.said(both)))
        ui.lines([told(note) for note in older.notes])
        ui.table(trust.older_rows(a, both), tr("Wards, by name: our band, and the older index"), numbers=[tr("DERI (0 to 10)")])

own_method.form(a)

st.header(tr("Take the audit away"), anchor=False)
st.markdown(
    tr(
        "One document for whoever checks the method: dates, gaps, coherence, weights and reasons, every method "
        "tried, intervals, agreement, limits, versions and hashes. It takes a second or two to make."
    )
)
file = f"audit-{slug(words.join_words(list(dict.fromkeys(a.areas['council_name']))))[:60]}"
if wards["scored"].any():
    for column, (label, ending, mime) in zip(
        st.columns(2),
        (
            (tr("Audit (web page)"), ".html", "text/html"),
            (tr("Audit (Word)"), ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ),
        strict=True,
    ):
        data = partial(audit_file, councils, weights, sure, ending)
        column.download_button(label, data=data, file_name=file + ending, mime=mime, on_click="ignore", width="stretch")
ui.cannot_tell("area", "two_facts", "bands", "nations", "no_flag")
