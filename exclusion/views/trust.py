"""How the score is made, how sure it is, and whether it is right: the tables of the method page."""

from __future__ import annotations

import pandas as pd

from exclusion import validity
from exclusion.assessment import Assessment
from exclusion.audit import labels, trust
from exclusion.judgement.auditing import audit_words
from exclusion.judgement.composites import CompositeMethod
from exclusion.judgement.composites import alternatives as held_methods
from exclusion.judgement.uncertainty import uncertainty_rules
from exclusion.method import alternatives, comparison
from exclusion.method.alternatives import Scored
from exclusion.method.clusters import Clusters
from exclusion.method.uncertainty import CLEAR_IN, CLEAR_OUT, UNCLEAR
from exclusion.validity import pockets
from exclusion.views.shared import each
from exclusion.words import capital, counted, join_words, within

PAIR = ("ours", "deri_1_6")


def steps() -> tuple[tuple[str, str], ...]:
    """How the score is made, a step each, in order."""
    return tuple((head, text) for head, text in audit_words().steps)


def sure_rows(wards: pd.DataFrame) -> pd.DataFrame:
    """Each ward's band, what it could be, the chance of the most affected fifth, clear (which way) or unclear, and what it hangs on."""
    rows = []
    for row in each(wards):
        if not row.scored:
            rows.append((row.name, labels.NOT_SCORED, *["not known"] * 5))
            continue
        could = labels.band_range(row.band_low, row.band_high)
        same = labels.same_way(row.band, row.chance, row.against_band)
        said = (labels.chance(row.chance), capital(row.word), same, capital(labels.DRIVERS[row.driver]))
        rows.append((row.name, labels.band(row.band), could, *said))
    columns = ["Ward", "Band", "Could be", "Chance of the most affected fifth", "Clear or unclear", "Band and chance", "Hangs most on"]
    return pd.DataFrame(rows, columns=columns)


named, sure_words, ways_words = trust.named, trust.sure_words, trust.ways_words


def unscored_lines(a: Assessment) -> list[str]:
    """Why none of these wards has a score, and what there is of them all the same."""
    return [
        *dict.fromkeys(str(why) for why in a.scores["why_not"]),
        "So there is no band, no estimate of how many residents are unlikely to use the internet, and no audit. That is a gap in the "
        "figures, not a sign that need is low.",
        "What to keep open does not come from the score: the minimum of every service stands, and the rules that have figures were "
        "checked. See the Service page, and the Ward page for the figures there are.",
    ]


def clear_means() -> str:
    """What "clear" and "unclear" mean, with the numbers behind them."""
    rules = uncertainty_rules()
    return (
        f"**{capital(CLEAR_IN)}**: the ward is among its nation's most affected fifth in {100 * rules.clear_from:.0f} of 100 careful ways "
        f"or more. **{capital(CLEAR_OUT)}**: in {100 * rules.clear_to:.0f} of 100 or fewer. **{capital(UNCLEAR)}**: anything between. "
        "Unclear does not mean that there is no need: do not let the band settle a decision there. The band is our own method's; where it "
        "says one thing and most of the other ways say another, the table says that they differ."
    )


def driver_words(wards: pd.DataFrame) -> str:
    """What the bands hang on, counted over wards."""
    found = wards.loc[wards["scored"], "driver"].value_counts()
    said = [f"{labels.DRIVERS[str(name)]} in {counted(int(number), 'ward')}" for name, number in found.items()]
    return f"What moves a ward most when things are done another way: {join_words(said)}." if said else ""


def agreement_means() -> str:
    """What an officer must know beside the publisher's notice; every limit stands in :attr:`exclusion.validity.Validity.limits`."""
    return "It is about households in March 2021 and the order of areas, not about numbers of people or any one resident."


def agreement_pair(nation: str, level: str = "ward") -> pd.DataFrame:
    """Our score and the older index on the same wards (or small areas) of a nation, letter first and paper first."""
    table = validity.stored().table
    return table[(table["nation"] == nation) & (table["level"] == level) & table["score"].isin(PAIR)]


def agreement_rows(nation: str, level: str = "ward") -> pd.DataFrame:
    """The same as a table for the screen."""
    rows = []
    for row in each(agreement_pair(nation, level)):
        interval = "too few areas" if pd.isna(row.low) else f"{labels.figure(row.low)} to {labels.figure(row.high)}"
        inside = labels.figure(row.within_councils)
        found = "too few areas" if pd.isna(row.found) else labels.share(row.found)
        rows.append((row.label, labels.SENT[row.sent_first], f"{row.areas:,}", labels.figure(row.spearman), interval, inside, found))
    called = capital(validity.LEVELS[level])
    columns = ["Score", called, "How many", "Agreement", "95% interval", "Within councils", "Most affected fifth found"]
    return pd.DataFrame(rows, columns=columns)


def without_rows(a: Assessment, weights: dict[str, float] | None) -> pd.DataFrame:
    """Each ward's band as it is, and as it would be without each part; a part a nation lacks says so."""
    found = comparison.drop_one(a.evidence, list(a.areas.index), weights)
    names, rows = trust.names(a), []
    parts = list(dict.fromkeys(found["label"]))
    for code in a.areas.index:
        mine = found[found["area_code"] == code].set_index("label")
        if mine.empty:
            rows.append((names[code], labels.NOT_SCORED, *("not scored" for _ in parts)))
            continue
        cells = [_without(mine.loc[part]) if part in mine.index else "not a part here" for part in parts]
        rows.append((names[code], labels.band(mine["band"].iloc[0]), *cells))
    return pd.DataFrame(rows, columns=["Ward", "Band", *(f"Without {within(part)}" for part in parts)])


def _without(row: pd.Series) -> str:
    if pd.isna(row["moves"]):
        return "no band"
    return "the same" if row["moves"] == 0 else labels.band(row["band_without"])


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
        why = [str(text) or "none" for text in other.table.loc[both.index, "why_not"]]
        scored = [told if pd.isna(index) else f"{index:.1f}" for told, index in zip(why, both["other_index"], strict=True)]
        ours = [labels.band(band) for band in both["band"]]
        return pd.DataFrame({"Ward": [names[code] for code in both.index], "Our band": ours, "Score by this method": scored})
    if other.method.within == "council":
        for row in each(both):
            figure = "none" if pd.isna(row.other_index) else f"{row.other_index:.1f}"
            rows.append(
                (names[row.Index], labels.band(row.band), figure, str(other.table.loc[row.Index, "why_not"]) or "no band in a council")
            )
        return pd.DataFrame(rows, columns=["Ward", "Our band", "Score by this method", "Difference"])
    for row in each(both):
        if pd.isna(row.other_band):
            told = str(other.table.loc[row.Index, "why_not"])
        else:
            told = "unknown" if pd.isna(row.moves) else "the same" if row.moves == 0 else _moves(int(row.moves))
        rows.append((names[row.Index], labels.band(row.band), labels.band(row.other_band), told))
    return pd.DataFrame(rows, columns=["Ward", "Our band", "Band by this method", "Difference"])


def older_rows(a: Assessment, both: pd.DataFrame) -> pd.DataFrame:
    """Our band beside the older index from its makers' own table (:func:`exclusion.method.older_index.beside`)."""
    names, rows = trust.names(a), []
    for row in each(both):
        if pd.isna(row.deri):
            rows.append((names[row.Index], labels.band(row.band), "none", "none", str(row.why_not)))
            continue
        told = "unknown" if pd.isna(row.moves) else "the same" if row.moves == 0 else _moves(int(row.moves))
        theirs = "none" if pd.isna(row.older_band) else labels.band(row.older_band)
        rows.append((names[row.Index], labels.band(row.band), f"{row.deri:.2f}", theirs, told))
    table = pd.DataFrame(rows, columns=["Ward", "Our band", "DERI (0 to 10)", "Band by DERI", "Difference"])
    if both["older_band"].isna().all() and both["deri"].notna().all():  # stretched over a council: it has no bands, so nothing to compare
        return table[["Ward", "Our band", "DERI (0 to 10)"]]
    return table


def _moves(bands: int) -> str:
    return f"{counted(abs(bands), 'band')} {'higher' if bands > 0 else 'lower'}"


def lacking_lines(other: Scored) -> list[tuple[str, str]]:
    """What the other method asks for and we do not hold."""
    return [(f"{label} ({nation}).", str(why)) for label, nation, why in other.lacking[["label", "nation", "why"]].itertuples(index=False)]


def pocket_rows(a: Assessment, weights: dict[str, float] | None) -> pd.DataFrame:
    """Small areas of the nation's most affected tenth in wards below the highest band, by ward name."""
    domains = {domain.id: domain.label for preset in a.method.presets for domain in preset.domain}
    found = pockets.pockets(a.evidence, list(a.areas.index), pockets.flagged_by_band(a.scores), weights)
    parts = [join_words([domains.get(name, name).lower() for name in str(high).split("|")]) or "no one part" for high in found["high"]]
    rows = list(zip(found["area_name"], found["small_area_name"], found["small_area_code"], parts, strict=True))
    return pd.DataFrame(rows, columns=["Ward", "Small area", "Code", "In the most affected tenth itself for"])


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
    rows = [(names[row.Index], row.words) for row in each(found.wards) if row.kind not in ("", "none")]
    return pd.DataFrame(rows, columns=["Ward", "What it is part of"])


def similar_rows(a: Assessment, code: str, weights: dict[str, float] | None) -> pd.DataFrame:
    """Wards of the nation most like one ward in what makes its score, by name."""
    found = comparison.similar(a.evidence, code, weights, elsewhere=True)
    parts = [name.removeprefix("percentile_") for name in map(str, found.columns) if name.startswith("percentile_")]
    said = {name: capital(name) for name in parts}
    rows = [(row.area_name, row.council_name, *(f"{getattr(row, f'percentile_{name}'):.0f}" for name in parts)) for row in each(found)]
    return pd.DataFrame(rows, columns=["Ward", "Council", *said.values()])


def change_lines(a: Assessment, code: str) -> list[str]:
    """The least that would have to be different for the ward to be in the next band, down or up; one part alone."""
    found = comparison.least_change(a.evidence, a.scores.loc[[code]])
    alone = found[(found["way"] == "alone") & found["least"].astype(bool)]
    return [str(words) for words in alone["words"]]
