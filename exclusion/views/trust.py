"""How the score is made, how sure it is, and whether it is right: the tables of the method page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from exclusion import validity
from exclusion.assessment import Assessment
from exclusion.audit import labels, trust
from exclusion.judgement.auditing import audit_words
from exclusion.judgement.composites import CompositeMethod
from exclusion.judgement.composites import alternatives as held_methods
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.language import tr
from exclusion.method import alternatives, comparison
from exclusion.method.alternatives import Scored
from exclusion.method.clusters import Clusters
from exclusion.method.uncertainty import CLEAR_IN, CLEAR_OUT, UNCLEAR
from exclusion.retold import told
from exclusion.saying import counted, figure, join_words
from exclusion.validity import pockets
from exclusion.views.shared import each
from exclusion.words import capital, within

PAIR = ("ours", "deri_1_6")


def steps() -> tuple[tuple[str, str], ...]:
    """How the score is made, a step each, in order."""
    return tuple((tr(head), tr(text)) for head, text in audit_words().steps)


def sure_rows(wards: pd.DataFrame) -> pd.DataFrame:
    """Each ward's band, what it could be, the chance of the most affected fifth, clear (which way) or unclear, and what it hangs on."""
    rows = []
    for row in each(wards):
        if not row.scored:
            rows.append((row.name, tr(labels.NOT_SCORED), *[tr("not known")] * 5))
            continue
        could = figure(labels.band_range(row.band_low, row.band_high))
        same = labels.same_way(row.band, row.chance, row.against_band)
        said = (figure(labels.chance(row.chance)), capital(tr(row.word)), told(str(same)), capital(tr(labels.DRIVERS[row.driver])))
        rows.append((row.name, _band(row.band), could, *said))
    columns = [
        tr("Ward"),
        tr("Band"),
        tr("Could be"),
        tr("Chance of the most affected fifth"),
        tr("Clear or unclear"),
        tr("Band and chance"),
        tr("Hangs most on"),
    ]
    return pd.DataFrame(rows, columns=columns)


def _band(value: Any) -> str:
    return figure(labels.band(value))


named, sure_words, ways_words = trust.named, trust.sure_words, trust.ways_words


def unscored_lines(a: Assessment) -> list[str]:
    """Why none of these wards has a score, and what there is of them all the same."""
    return [
        *dict.fromkeys(told(str(why)) for why in a.scores["why_not"]),
        tr(
            "So there is no band, no estimate of how many residents are unlikely to use the internet, and no audit. That "
            "is a gap in the figures, not a sign that need is low."
        ),
        tr(
            "What to keep open does not come from the score: the minimum of every service stands, and the rules that "
            "have figures were checked. See the Service page, and the Ward page for the figures there are."
        ),
    ]


def clear_means() -> str:
    """What "clear" and "unclear" mean, with the numbers behind them."""
    rules = uncertainty_rules()
    return tr(
        "**{clear_in}**: the ward is among its nation's most affected fifth in {at_least:.0f} of 100 careful ways or "
        "more. **{clear_out}**: in {to:.0f} of 100 or fewer. **{unclear}**: anything between. Unclear does not "
        "mean that there is no need: do not let the band settle a decision there. The band is our own method's; "
        "where it says one thing and most of the other ways say another, the table says that they differ.",
        clear_in=capital(tr(CLEAR_IN)),
        at_least=100 * rules.clear_from,
        clear_out=capital(tr(CLEAR_OUT)),
        to=100 * rules.clear_to,
        unclear=capital(tr(UNCLEAR)),
    )


def driver_words(wards: pd.DataFrame) -> str:
    """What the bands hang on, counted over wards."""
    found = wards.loc[wards["scored"], "driver"].value_counts()
    said = [
        tr("{driver} in {wards}", driver=tr(labels.DRIVERS[str(name)]), wards=counted(int(number), "ward"))
        for name, number in found.items()
    ]
    return tr("What moves a ward most when things are done another way: {said}.", said=join_words(said)) if said else ""


def agreement_means() -> str:
    """What an officer must know beside the publisher's notice; every limit stands in :attr:`exclusion.validity.Validity.limits`."""
    return tr("It is about households in March 2021 and the order of areas, not about numbers of people or any one resident.")


def agreement_pair(nation: str, level: str = "ward") -> pd.DataFrame:
    """Our score and the older index on the same wards (or small areas) of a nation, letter first and paper first."""
    table = validity.stored().table
    return table[(table["nation"] == nation) & (table["level"] == level) & table["score"].isin(PAIR)]


def agreement_rows(nation: str, level: str = "ward") -> pd.DataFrame:
    """The same as a table for the screen."""
    rows = []
    for row in each(agreement_pair(nation, level)):
        interval = (
            tr("too few areas") if pd.isna(row.low) else tr("{low} to {high}", low=labels.figure(row.low), high=labels.figure(row.high))
        )
        inside = figure(labels.figure(row.within_councils))
        found = tr("too few areas") if pd.isna(row.found) else figure(labels.share(row.found))
        rows.append(
            (tr(row.label), tr(labels.SENT[row.sent_first]), f"{row.areas:,}", labels.figure(row.spearman), interval, inside, found)
        )
    called = capital(tr(validity.LEVELS[level]))
    columns = [
        tr("Score"),
        called,
        tr("How many"),
        tr("Agreement"),
        tr("95% interval"),
        tr("Within councils"),
        tr("Most affected fifth found"),
    ]
    return pd.DataFrame(rows, columns=columns)


def without_rows(a: Assessment, weights: dict[str, float] | None) -> pd.DataFrame:
    """Each ward's band as it is, and as it would be without each part; a part a nation lacks says so."""
    found = comparison.drop_one(a.evidence, list(a.areas.index), weights)
    names, rows = trust.names(a), []
    parts = list(dict.fromkeys(found["label"]))
    for code in a.areas.index:
        mine = found[found["area_code"] == code].set_index("label")
        if mine.empty:
            rows.append((names[code], tr(labels.NOT_SCORED), *(tr("not scored") for _ in parts)))
            continue
        cells = [_without(mine.loc[part]) if part in mine.index else tr("not a part here") for part in parts]
        rows.append((names[code], _band(mine["band"].iloc[0]), *cells))
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("Band"), *(tr("Without {part}", part=within(tr(part))) for part in parts)])


def _without(row: pd.Series) -> str:
    if pd.isna(row["moves"]):
        return tr("no band")
    return tr("the same") if row["moves"] == 0 else _band(row["band_without"])


def other_methods(a: Assessment) -> dict[str, CompositeMethod]:
    """Methods to set beside ours, for the nations of these wards; those we hold every figure of come first."""
    nations = set(a.areas["nation"])
    fit = {name: method for name, method in held_methods().items() if nations & set(method.nations)}
    return dict(sorted(fit.items(), key=lambda item: bool(item[1].lacking)))


def beside_rows(a: Assessment, other: Scored, *, banded: bool = True) -> pd.DataFrame:
    """Our band beside another method's (its figure where it is stretched over a council), ward by ward, with why where there is none.

    Not ``banded``: its score alone, for fifths of a council's own wards are near a ranking and no band of the nation's.
    """
    both, names = alternatives.beside(a.evidence, a.scores, other), trust.names(a)
    rows = []
    if not banded:
        why = [told(str(text)) or tr("none") for text in other.table.loc[both.index, "why_not"]]
        scored = [said if pd.isna(index) else f"{index:.1f}" for said, index in zip(why, both["other_index"], strict=True)]
        ours = [_band(band) for band in both["band"]]
        return pd.DataFrame({tr("Ward"): [names[code] for code in both.index], tr("Our band"): ours, tr("Score by this method"): scored})
    if other.method.within == "council":
        for row in each(both):
            index = tr("none") if pd.isna(row.other_index) else f"{row.other_index:.1f}"
            rows.append(
                (names[row.Index], _band(row.band), index, told(str(other.table.loc[row.Index, "why_not"])) or tr("no band in a council"))
            )
        return pd.DataFrame(rows, columns=[tr("Ward"), tr("Our band"), tr("Score by this method"), tr("Difference")])
    for row in each(both):
        if pd.isna(row.other_band):
            said = told(str(other.table.loc[row.Index, "why_not"]))
        else:
            said = tr("unknown") if pd.isna(row.moves) else tr("the same") if row.moves == 0 else _moves(int(row.moves))
        rows.append((names[row.Index], _band(row.band), _band(row.other_band), said))
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("Our band"), tr("Band by this method"), tr("Difference")])


def older_rows(a: Assessment, both: pd.DataFrame) -> pd.DataFrame:
    """Our band beside the older index from its makers' own table (:func:`exclusion.method.older_index.beside`)."""
    names, rows = trust.names(a), []
    for row in each(both):
        if pd.isna(row.deri):
            rows.append((names[row.Index], _band(row.band), tr("none"), tr("none"), told(str(row.why_not))))
            continue
        said = tr("unknown") if pd.isna(row.moves) else tr("the same") if row.moves == 0 else _moves(int(row.moves))
        theirs = tr("none") if pd.isna(row.older_band) else _band(row.older_band)
        rows.append((names[row.Index], _band(row.band), f"{row.deri:.2f}", theirs, said))
    table = pd.DataFrame(rows, columns=[tr("Ward"), tr("Our band"), tr("DERI (0 to 10)"), tr("Band by DERI"), tr("Difference")])
    if both["older_band"].isna().all() and both["deri"].notna().all():  # stretched over a council: it has no bands, so nothing to compare
        return table[[tr("Ward"), tr("Our band"), tr("DERI (0 to 10)")]]
    return table


def _moves(bands: int) -> str:
    many = counted(abs(bands), "band")
    return tr("{bands} higher", bands=many) if bands > 0 else tr("{bands} lower", bands=many)


def lacking_lines(other: Scored) -> list[tuple[str, str]]:
    """What the other method asks for and we do not hold."""
    return [(f"{label} ({nation}).", str(why)) for label, nation, why in other.lacking[["label", "nation", "why"]].itertuples(index=False)]


def pocket_rows(a: Assessment, weights: dict[str, float] | None) -> pd.DataFrame:
    """Small areas of the nation's most affected tenth in wards below the highest band, by ward name."""
    domains = {domain.id: tr(domain.label) for preset in a.method.presets for domain in preset.domain}
    found = pockets.pockets(a.evidence, list(a.areas.index), pockets.flagged_by_band(a.scores), weights)
    parts = [join_words([domains.get(name, name).lower() for name in str(high).split("|")]) or tr("no one part") for high in found["high"]]
    rows = list(zip(found["area_name"], found["small_area_name"], found["small_area_code"], parts, strict=True))
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("Small area"), tr("Code"), tr("In the most affected tenth itself for")])


def pocket_words(a: Assessment, found: int) -> list[str]:
    """What a list of wards leaves out: people outside the wards that stand out, what was found inside them, and where we could not look.

    Parameters
    ----------
    found
        How many rows :func:`pocket_rows` has: none found is said, and so cannot be taken for not looked at.
    """
    flagged, codes = pockets.flagged_by_band(a.scores), list(a.areas.index)
    left_out = pockets.outside(a.people["estimate_raw"], flagged)
    said = (str(left_out["words"]), pockets.found_words(a.evidence, codes, flagged, found), pockets.looked_at(a.evidence, codes))
    return [words for words in said if words]


def cluster_rows(a: Assessment, found: Clusters) -> pd.DataFrame:
    """Wards of a cluster, by name."""
    names = trust.names(a)
    rows = [(names[row.Index], told(row.words)) for row in each(found.wards) if row.kind not in ("", "none")]
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("What it is part of")])


def similar_rows(a: Assessment, code: str, weights: dict[str, float] | None) -> pd.DataFrame:
    """Wards of the nation most like one ward in what makes its score, by name."""
    found = comparison.similar(a.evidence, code, weights, elsewhere=True)
    parts = [name.removeprefix("percentile_") for name in map(str, found.columns) if name.startswith("percentile_")]
    said = {name: tr(capital(name)) for name in parts}
    rows = [(row.area_name, row.council_name, *(f"{getattr(row, f'percentile_{name}'):.0f}" for name in parts)) for row in each(found)]
    return pd.DataFrame(rows, columns=[tr("Ward"), tr("Council"), *said.values()])


def change_lines(a: Assessment, code: str) -> list[str]:
    """The least that would have to be different for the ward to be in the next band, down or up; one part alone."""
    found = comparison.least_change(a.evidence, a.scores.loc[[code]])
    alone = found[(found["way"] == "alone") & found["least"].astype(bool)]
    return [str(words) for words in alone["words"]]
