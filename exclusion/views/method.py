"""Where figures come from, how answers are made, and what they cannot tell."""

from __future__ import annotations

import pandas as pd

from exclusion import judgement
from exclusion.assessment import Method
from exclusion.judgement.score import measures
from exclusion.judgement.score import methods as presets
from exclusion.language import ENGLISH, current, mark, tr
from exclusion.release import Evidence
from exclusion.saying import date_words
from exclusion.views.shared import way

CAVEATS = {
    "area": mark(
        "These figures describe an area, not the people in it. Most residents of any ward can use online services; "
        "some residents of every ward cannot."
    ),
    "synthetic": mark(
        "Two wards with the same mix of age and disability get the same number of people unlikely to use the "
        "internet, whatever else differs. Age is not the whole story: over half of people without internet at home "
        "are under 75 (Ofcom, 2025, as reported), while the 2020 rates behind our number put most of those who do "
        "not use it at 75 and over."
    ),
    "two_facts": mark("Two facts about a ward may not be about the same people."),
    "availability": mark("Availability is not take-up: a home may be able to get broadband and not have it, or not be able to pay for it."),
    "census": mark("Census figures are from March 2021 (Scotland: March 2022). Students, new arrivals and new estates change fastest."),
    "income": mark("Income figures are modelled or based on benefits, and miss people who do not claim."),
    "bands": mark(
        "We show bands, not ranks. Being in a higher band means more people may need another way to get the service. "
        "It is not a judgement on the place."
    ),
    "moved": mark(
        "A figure may move because people moved, because it was counted another way, or because its ward is another: "
        "the sentences about what changed say which."
    ),
    "nations": mark("Each nation's bands are cut within it, and bands of two nations must not be set side by side."),
    "no_flag": mark("No flag does not mean no need. The council-wide minimum still applies."),
    "unmeasured": mark(
        "We have no ward figures for digital skills, literacy, hearing loss, learning disability or owning a device. "
        "Library staff, local community groups and advice agencies may know."
    ),
    "low_use": mark("Low use of a phone line, text service or counter may mean people gave up, not that nobody needs it."),
    "profile": mark("Who uses each service is our default estimate. Replace it with your own records if you can."),
    "together": mark("Several changes at once can fall on the same people; each service is looked at by itself."),
    "due_regard": mark("This page helps you have due regard. It does not decide, and it is not legal advice."),
}

METHOD = (
    (
        mark("Small areas to wards."),
        mark(
            "Published counts of each small area are shared among wards by where its postcodes lie (in Northern Ireland "
            "by area), then added up; rates are divided last."
        ),
    ),
    (
        mark("Score."),
        mark("Each part is set against all wards of the nation (100 = most affected), weighted and added. Bands are fifths of its wards."),
    ),
    (mark("People."), mark("National survey rates by age and disability, applied to each ward's own residents.")),
    (
        mark("Findings."),
        mark(
            "Each rule looks at a count and a share, and at who uses the service; no finding comes from a score. The "
            "council-wide minimum comes first and no ward figure can switch it off."
        ),
    ),
)


def weights_words(method: Method) -> str:
    """The weights in one sentence, in the language spoken; in English as the assessment says it."""
    if current() == ENGLISH:
        return method.words
    if not method.presets:
        return tr("No score: we hold no method for this nation, so there are no weights.")
    parts = []
    for preset in method.presets:
        labels = {domain.id: tr(domain.label).lower() for domain in preset.domain}
        named = ", ".join(f"{labels[name]} {weight:.0%}" for name, weight in method.weights[preset.nations[0]].items())
        parts.append(f"{tr(preset.nations[0])}: {named}")
    head = tr("Default weights.") if method.is_default else tr("Weights changed from the default.")
    return f"{head} {'; '.join(parts)}. {method.own}".strip()


def sources(evidence: Evidence) -> pd.DataFrame:
    """Every source: ``Source, Publisher, Period, Licence, Address, Note``."""
    rows = [(one.title, one.publisher, one.period, one.licence, one.url, one.note) for one in evidence.manifest.sources.values()]
    return pd.DataFrame(rows, columns=[tr("Source"), tr("Publisher"), tr("Period"), tr("Licence"), tr("Address"), tr("Note")])


def attributions(evidence: Evidence) -> list[str]:
    """The attribution lines of the licences, once each."""
    return list(dict.fromkeys(one.attribution for one in evidence.manifest.sources.values() if one.attribution))


def threshold_rows(version: str | None = None) -> pd.DataFrame:
    """The thresholds in force: ``Measure, Many from, Very many from, Unit, Why, Check by``."""
    known = measures()
    rows = []
    for entry in judgement.thresholds(version).values():
        name = tr(known[entry.indicator].short) if entry.indicator in known else entry.indicator
        rows.append((name, f"{entry.low:,.0f}", f"{entry.high:,.0f}", entry.unit, entry.why, date_words(entry.review_by)))
    return pd.DataFrame(rows, columns=[tr("Measure"), tr("Many from"), tr("Very many from"), tr("Unit"), tr("Why"), tr("Check by")])


def threshold_words() -> str:
    """Which version of the thresholds is in use, since when and why, and what an ordinary rate alone counts for."""
    version = judgement.threshold_versions()[judgement.current_thresholds()]
    ordinary = judgement.strength_tests()["rate_first"]
    upper, top = (100 - share for share in (ordinary.upper_percentile, ordinary.top_percentile))
    return tr(
        "Version {id}, published on {published}: {title}. {why} By the rate, the top {upper:g} and the top {top:g} "
        "in 100 wards of the nation count as high and very high. {ordinary}",
        id=version.id,
        published=date_words(version.published),
        title=tr(version.title),
        why=tr(version.why),
        upper=upper,
        top=top,
        ordinary=tr(ordinary.why),
    )


def rule_rows() -> pd.DataFrame:
    """The ward rules: ``Rule, What it looks at, Keeps open, Why, Limits``."""
    names = judgement.indicators()
    known = measures()
    rows = []
    for rule in judgement.rules().values():
        looks = [tr(known[names[one].measures[0].id].short) for one in rule.indicators() if names[one].measures[0].id in known]
        keeps = "; ".join(dict.fromkeys(way(flag.channel) for flag in rule.flags)) or tr("nothing: a caution")
        rows.append((f"{rule.id} {tr(rule.title)}", "; ".join(dict.fromkeys(looks)), keeps, rule.why, rule.limits))
    return pd.DataFrame(rows, columns=[tr("Rule"), tr("What it looks at"), tr("Keeps open"), tr("Why"), tr("Limits")])


def methods() -> list[tuple[str, pd.DataFrame]]:
    """Each method of the score: its title with the nations, and its parts with weight, why and reference."""
    described = []
    for preset in presets().values():
        rows = [(tr(domain.label), f"{100 * domain.weight:.0f}%", domain.why, domain.reference) for domain in preset.domain]
        described.append(
            (
                f"{tr(preset.title)} ({', '.join(tr(nation) for nation in preset.nations)})",
                pd.DataFrame(rows, columns=[tr("Part"), tr("Weight"), tr("Why"), tr("Reference")]),
            )
        )
    return described
