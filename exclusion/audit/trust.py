"""The second half of an audit: do the parts belong together, why these weights, how sure, and is it right?"""

from __future__ import annotations

import pandas as pd

from exclusion import validity
from exclusion.assessment import Assessment
from exclusion.audit import labels
from exclusion.audit.inputs import nations
from exclusion.audit.model import Block, Intervals, Listed, Section, Sub, Table, each, table
from exclusion.contracts import NothingToAssess
from exclusion.judgement.score import method_for
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.judgement.validity import validity_rules
from exclusion.method import coherence
from exclusion.method.uncertainty import CLEAR_IN, CLEAR_OUT, UNCLEAR, Uncertainty
from exclusion.words import capital, counted, join_words, number_words

WARD, OTHER = "Ward", "Wards here that land in another band"


def holds_together(a: Assessment, weights: dict[str, float] | None) -> Section:
    """Correlations, alpha, influence beside stated weight, warnings: over all wards of the nation."""
    blocks: list[Block] = [
        "Over all wards of the nation. A correlation is of the order of wards: 1 the same order, 0 unrelated, below 0 opposite.",
    ]
    for nation in nations(a):
        preset = method_for(nation)
        if preset is None:
            continue
        found = coherence.of_nation(a.evidence, nation, weights)
        names = {domain.id: domain.label for domain in preset.domain} | {"index": "The score"}
        matrix = [(names[one], *(labels.figure(found.correlations.loc[one, other]) for other in names)) for one in names]
        blocks.append(Sub(nation))
        heads = [*names.values()]
        frame = pd.DataFrame(matrix, columns=["Part", *heads])
        blocks.append(table(frame, f"{nation}: correlations between the parts and the score", heads))
        alpha = [
            (names[row.Index], str(row.items), "one figure" if pd.isna(row.alpha) else labels.figure(row.alpha))
            for row in each(found.alpha)
        ]
        columns = ["Part", "Figures in it", "Cronbach's alpha"]
        blocks.append(table(pd.DataFrame(alpha, columns=columns), f"{nation}: how far the figures of a part say the same", columns[1:]))
        moved = [
            (names[one], labels.share(weight), labels.share(carried), "no weight" if pd.isna(times) else labels.figure(times))
            for one, weight, carried, times in zip(
                found.influence.index, found.influence["weight"], found.influence["influence"], found.influence["times"], strict=True
            )
        ]
        columns = ["Part", "Stated weight", "Share of what makes wards differ", "Influence over weight"]
        blocks.append(table(pd.DataFrame(moved, columns=columns), f"{nation}: influence beside stated weight", columns[1:]))
        blocks.append(Listed(found.warnings) if found.warnings else "No warnings.")
    return Section("Do the parts belong together", tuple(blocks))


def weights_and_why(a: Assessment) -> Section:
    """The weights in use, with the reason and the reference for each."""
    blocks: list[Block] = [a.method.words]
    if not a.method.is_default:
        blocks.append("These are not our default weights. The reasons below are for the default; whoever chose others should add theirs.")
    for preset in a.method.presets:
        weights = a.method.weights[preset.nations[0]]
        rows = [(d.label, labels.share(weights[d.id]), labels.share(d.weight), d.why, d.reference) for d in preset.domain]
        columns = ["Part", "Weight in use", "Default", "Why", "Reference"]
        blocks += [
            Sub(f"{preset.title} ({', '.join(preset.nations)})"),
            f"{preset.why} Reference: {preset.reference}. Checked on {preset.checked_on}, to be checked again by {preset.review_by}.",
            table(pd.DataFrame(rows, columns=columns), f"{preset.title}: weights and reasons", columns[1:3]),
        ]
    return Section("Weights, and why", tuple(blocks))


def every_method(a: Assessment, sure: Uncertainty) -> Section:
    """Every method: what each choice moves, exactly, and where every method lands."""
    named = sure.methods.assign(
        scale=sure.methods["scale"].map(labels.SCALES),
        mean=sure.methods["mean"].map(labels.MEANS),
        weights=sure.methods["weights"].map(labels.weight_labels()),
        geography=sure.methods["geography"].map(labels.GEOGRAPHIES),
    )
    rows = [(labels.CHOICES[name], *(labels.share(value) for value in sure.index.loc[name])) for name in labels.CHOICES]
    columns = ["Choice", "Alone", "With others", "Mean shift, alone", "Mean shift, with others"]
    choices = table(pd.DataFrame(rows, columns=columns), "Share of the movement of these wards that each choice makes", columns[1:])
    levels = []
    for column, title in (("scale", "Scale"), ("mean", "Way of adding"), ("weights", "Weights"), ("geography", "Geography")):
        moved = named.groupby(column, sort=False)["other_band"].mean()
        levels += [(f"{title}: {name}", labels.share(value)) for name, value in moved.items()]
    by_level = table(pd.DataFrame(levels, columns=["Choice", OTHER]), "Each choice, averaged over all the others", [OTHER])
    cells = named.assign(moved=named["other_band"].map(labels.share), number=range(1, len(named) + 1))
    cells = cells[["number", "scale", "mean", "weights", "geography", "moved"]]
    cells.columns = pd.Index(["Method", "Scale", "Way of adding", "Weights", "Geography", OTHER])
    blocks: list[Block] = [
        f"Every one of the {ways_words(sure)} of making the score was tried, under {uncertainty_rules().draws} draws of the figures, "
        "so the shares are exact for these ways, not sampled. Alone: what the choice moves by itself. With others: also what it moves "
        "together with other choices; these overlap, and may add up to more than 100%. What wards hang most on is the choice with the "
        "greatest share with others, here and ward by ward.",
        choices,
        by_level,
        table(cells, f"All {len(named)} methods; method 1 is ours", [OTHER]),
    ]
    if sure.notes:
        blocks.append(Listed(sure.notes))
    return Section("Every method tried", tuple(blocks))


def how_sure(a: Assessment, sure: Uncertainty) -> Section:
    """Intervals of the band, clear (which way) and unclear, and what drives each ward; wards by name."""
    rules = uncertainty_rules()
    wards = named(a, sure)
    known = wards[wards["scored"]]
    rows, by_data = [], []
    for row in each(wards):
        chance = labels.chance(row.chance) if row.scored else "not known"
        word = row.word if row.scored else "not known"
        could = labels.band_range(row.band_low, row.band_high)
        same = labels.same_way(row.band, row.chance, row.against_band)
        rows.append((row.name, labels.band(row.band), could, chance, word, same, labels.DRIVERS[row.driver]))
        figures, weighing = labels.band_range(row.data_low, row.data_high), labels.band_range(row.weights_low, row.weights_high)
        by_data.append((row.name, figures, weighing, labels.band_range(row.corner_low, row.corner_high)))
    columns = [WARD, "Band", "Could be", "Chance of the most affected fifth", "Word", "Band and chance", "Hangs most on"]
    caption = "Wards, by name: the band, what it could be, and what it hangs on"
    blocks: list[Block] = [
        sure_words(wards),
        f"{capital(CLEAR_IN)} of the nation: the chance is {labels.chance(rules.clear_from)} or more. {capital(CLEAR_OUT)}: "
        f"{labels.chance(rules.clear_to)} or less. {capital(UNCLEAR)}: between. The chance is the share of all runs, every method "
        "and every draw counted alike; the band is our own method's alone. "
        f"The interval leaves out {labels.share(rules.interval[0])} of the runs at each end. The seed is {rules.seed}; the same "
        "seed gives the same figures.",
        picture(known, known["name"]),
        table(pd.DataFrame(rows, columns=columns), caption),
        table(
            pd.DataFrame(by_data, columns=[WARD, "Only the figures drawn", "Only the weights drawn", "All weight on one part"]),
            "Wards, by name: the range of bands from one cause at a time",
        ),
        _shares(wards),
    ]
    return Section("How sure the bands are", tuple(blocks))


def picture(known: pd.DataFrame, called: pd.Series) -> Intervals:
    """The intervals of wards that are scored, with words for who cannot see them."""
    lines = tuple(
        (str(name), int(low), int(own), int(high))
        for name, low, own, high in zip(called, known["band_low"], known["band"], known["band_high"], strict=True)
    )
    held = sum(low == high for _, low, _, high in lines)
    alt = (
        f"Picture of {counted(len(lines), 'ward')}, by name, each with a bar from its lowest to its highest likely band and a mark "
        f"at its own. In {number_words(held)} the bar is a single band. The table below holds the same."
    )
    return Intervals(alt, lines)


def ways_words(sure: Uncertainty, called: str = "ways") -> str:
    """How many ways were tried and how many of them differ, nation by nation where there are several: "96 ways (64 differ)"."""
    said = {
        nation: f"{tried} {called}" + (f" ({different} differ; the notes say why)" if different < tried else "")
        for nation, (tried, different) in sure.ways.items()
    }
    if len(said) <= 1:
        return "".join(said.values()) or called
    return join_words([f"{words} in {nation}" for nation, words in said.items()])


def named(a: Assessment, sure: Uncertainty) -> pd.DataFrame:
    """``Uncertainty.wards`` with the names to show; by council, then by name."""
    return sure.wards.assign(name=names(a).reindex(sure.wards.index))


def sure_words(wards: pd.DataFrame) -> str:
    """How many wards are clear, which way, and where band and chance disagree; ``wards`` as :func:`named`."""
    known = wards[wards["scored"]]
    if known.empty:
        said = []
    else:
        many = {word: int((known["word"] == word).sum()) for word in (CLEAR_IN, CLEAR_OUT, UNCLEAR)}
        inside, outside, unclear = (number_words(number) if number else "none" for number in many.values())
        said = [
            f"Of {counted(len(known), 'ward')}: {inside} clearly in the most affected fifth of their nation, {outside} clearly not in it, "
            f"{unclear} unclear."
        ]
    against = known.loc[known["against_band"].astype(bool), "name"].astype(str)
    if len(against):
        where = join_words(list(against)) if len(against) <= 5 else counted(len(against), "ward")
        said.append(f"In {where} the band and most of the ways tried point in different directions: do not rest on the band alone there.")
    if missing := len(wards) - len(known):
        said.append(f"{capital(counted(missing, 'ward'))} could not be scored.")
    return " ".join(said)


def _shares(wards: pd.DataFrame) -> Table:
    """What each choice moves in each ward: alone, and with others in brackets."""
    shown = {"method": "Method", "weights": "Weights", "geography": "Geography", "data": "Figures"}
    rows = []
    for values in wards.to_dict("records"):
        cells = []
        for name in shown:
            first, total = values[f"first_{name}"], values[f"total_{name}"]
            cells.append("not known" if pd.isna(first) else f"{labels.share(first)} ({labels.share(total)})")
        rows.append((values["name"], *cells))
    columns = [WARD, *shown.values()]
    caption = "Wards, by name: share of the movement from each choice alone (with others)"
    return table(pd.DataFrame(rows, columns=columns), caption, columns[1:])


def names(a: Assessment) -> pd.Series:
    """Ward names, with the council where there are several."""
    if a.areas["council_code"].nunique() == 1:
        return pd.Series(a.areas["area_name"].astype(str))
    return pd.Series(a.areas["area_name"].astype(str) + ", " + a.areas["council_name"].astype(str))


def is_it_right(a: Assessment, weights: dict[str, float] | None) -> Section:
    """Agreement with what people did in Census 2021, letter and paper apart, beside the older index; with the notice."""
    held = validity.stored()
    about = held.about
    if not set(held.table["nation"]) & set(nations(a)):
        none = [f"No yardstick is held for {nation}, so whether the score is right there is not known." for nation in nations(a)]
        more = "What was found elsewhere, from other figures, is not carried over: it says nothing about these wards."
        return Section("Is it right", (*none, more))
    blocks: list[Block] = [
        about["notice"],
        f"Held against: {about['source']} ({about['publisher']}, {about['period']}; {about['licence']}). Beside: {about['older_index']}. "
        f"Worked out on {about['computed_on']} with {about['release']}.",
        "Agreement is a rank correlation: 1 is full agreement, 0 none. Areas first sent a letter and areas first sent a paper form are "
        "never put together, because where paper was sent, paper came back. The weights were not "
        "set from this. In the tables our score is the one with the default weights.",
    ]
    for nation in nations(a):
        blocks.append(Sub(nation))
        try:
            standing = validity.at(weights, nation)
            blocks.append(f"{standing.words} {standing.older}")
        except NothingToAssess as nothing:
            blocks.append(str(nothing))
        if against := held.against_us(nation):
            blocks.append(Listed(tuple(against)))
        for level, called in validity.LEVELS.items():
            for sent, words in labels.SENT.items():
                rows = held.table[(held.table["nation"] == nation) & (held.table["level"] == level) & (held.table["sent_first"] == sent)]
                if len(rows):
                    blocks.append(agreement_table(rows, f"{nation}, {called}. {words}: {rows['areas'].iloc[0]:,} areas"))
    return Section("Is it right", (*blocks, Sub("What this cannot show"), Listed(validity_rules().limits)))


def agreement_table(rows: pd.DataFrame, caption: str) -> Table:
    """Our score, the older index and ours less a part, on the same areas."""
    cells = []
    for row in each(rows):
        interval = "too few areas" if pd.isna(row.low) else f"{labels.figure(row.low)} to {labels.figure(row.high)}"
        found = "too few areas" if pd.isna(row.found) else labels.share(row.found)
        cells.append((row.label, labels.figure(row.spearman), interval, labels.figure(row.within_councils), found))
    columns = ["Score", "Agreement", "95% interval", "Within councils", "Most affected fifth found"]
    return table(pd.DataFrame(cells, columns=columns), caption, columns[1:])
