"""The fourteen sections of an equality assessment: what we know is filled, what only people know stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from exclusion import __version__, judgement, people
from exclusion.equality import actions, figures
from exclusion.equality.figures import Where
from exclusion.equality.model import Block, Choice, Listed, Open, Part, Section, SignOff, Sub, Table
from exclusion.judgement import equality as texts
from exclusion.judgement.duty import Duty
from exclusion.proposal import Considered, fail_together
from exclusion.proposal.effects import UNSAID_WARDS
from exclusion.provision.reasons import SCREEN_WORDS
from exclusion.report import briefing, council
from exclusion.words import capital, counted, date_words, join_words

CRITICAL = {
    "C1": "routine",
    "C2": "an entitlement, a duty or a deadline",
    "C3": "urgent, or about safety or subsistence",
}
WHOLE_COUNCIL = "No ward figure is used; the whole council's is held and stands in section 6."
NOT_PROTECTED = "The groups below are not protected characteristics; councils often add them."
NO_FIGURE = "No figure is held here, for wards or for the whole council; section 6 says whom to ask."
TITLES = (
    "About this assessment",
    "Purpose, in plain English",
    "Law and guidance",
    "Who is affected",
    "Screening",
    "Evidence by characteristic",
    "What we do not know",
    "Impact",
    "Combined and cumulative effects",
    "Options",
    "Actions to lessen harm",
    "Outcome",
    "Sign-off",
    "Publishing and review",
)


@dataclass(frozen=True)
class Given:
    """Everything the sections are written from."""

    considered: Considered
    where: Where
    found: pd.DataFrame
    """Findings about a way in, with the officers' answers."""
    stray: int
    duties: Mapping[str, Duty]
    label: str
    evidence: str
    warnings: tuple[str, ...]
    filled: Mapping[str, str]
    signed: Sequence[SignOff] = ()

    @cached_property
    def concerned(self) -> pd.DataFrame:
        """Findings about the services that the proposals name, in the wards where something changes."""
        ids = [one.id for one in self.named]
        return self.found[self.found["service_id"].isin(ids) & self.found["area_code"].isin(self.where.wards)]

    def blank(self, name: str) -> Open:
        """One field that only the council can fill."""
        one = texts.blanks()[name]
        return Open(one.id, one.label, one.hint, self.filled.get(one.id, ""))

    def blanks(self, section: int) -> tuple[Open, ...]:
        return tuple(self.blank(one.id) for one in texts.blanks().values() if one.section == section)

    @property
    def services(self) -> dict[str, Any]:
        return {service.id: service for service in self.considered.assessment.services}

    @property
    def named(self) -> list[Any]:
        """Services that the proposals name, or else those that lean on a place of theirs."""
        ids = [change.id for one in self.considered.proposals for change in one.service]
        return [self.services[one] for one in dict.fromkeys(ids or list(self.considered.dependents["service_id"])) if one in self.services]


def write(given: Given, parts: tuple[Part, ...]) -> tuple[Section, ...]:
    """All fourteen, in order."""
    blocks: tuple[Sequence[Block], ...] = (
        _about(given),
        _purpose(given),
        _law(given),
        _who(given),
        _screening(given),
        _evidence(given, parts),
        _gaps(given),
        _impact(given, parts),
        _cumulative(given),
        _options(given),
        _actions(given),
        (Choice("Outcome", texts.words().outcomes), *given.blanks(12)),
        _sign_off(given),
        _review(given),
    )
    return tuple(Section(number, title, tuple(block)) for number, (title, block) in enumerate(zip(TITLES, blocks, strict=True), start=1))


def part(given: Given, one: texts.Characteristic) -> Part:
    """One characteristic of section 6."""
    known = list(figures.know(given.where, one))
    if lines := actions.of_characteristic(given.concerned, one.names, given.services):
        known += ["What the rules found that concerns this characteristic:", Listed(lines)]
    open_ = tuple(
        Open(f"{one.id}_{question.id}", question.title, question.hint, given.filled.get(f"{one.id}_{question.id}", ""))
        for question in texts.questions().values()
    )
    return Part(one.id, one.title, one.protected, tuple(known), open_)


def _about(given: Given) -> list[Block]:
    a = given.considered.assessment
    rows = []
    for one in given.considered.proposals:
        rows += [("Proposal", one.title), ("Council", join_words(list(one.councils))), ("From", date_words(one.date))]
    rows += [("Service", f"{service.service_name} (LGSL {service.lgsl_id})") for service in given.named]
    rows += [
        ("Wards", capital(given.where.phrase())),
        ("Evidence", given.evidence),
        ("Versions", f"Kept Open {__version__}, thresholds {a.thresholds_version}, wards of {a.evidence.manifest.edition}"),
    ]
    return [*given.warnings, Table("What this is about", ("What", "Here"), tuple(rows)), *given.blanks(1)]


def _purpose(given: Given) -> list[Block]:
    blocks: list[Block] = []
    for one in given.considered.proposals:
        if len(given.considered.proposals) > 1:
            blocks.append(Sub(one.title))
        for head, text in (("Purpose", one.officer.purpose), ("Saving", one.officer.saving)):
            blocks.append(f"{head}, in the officer's words: {f'“{text}”' if text else 'not given in the proposal.'}")
        blocks.append(Listed(tuple(changes(given, one))))
    return [*blocks, *given.blanks(2)]


def changes(given: Given, one: Any) -> list[tuple[str, str]]:
    """What a proposal says of every way in and every place, a line each."""
    lines = []
    for change in one.service:
        listed = (("closes", change.close), ("fewer hours", change.fewer_hours), ("stays", change.keep))
        told = [f"{word}: {join_words([briefing.way(name) for name in names])}" for word, names in listed if names]
        where = f"; in {counted(len(change.wards), 'ward')} only" if change.wards else ""
        lines.append((f"{given.services[change.id].service_name}.", f"{capital('; '.join(told))}{where}."))
    for place in one.place:
        verb = "closes" if place.change == "closes" else "opens for fewer hours"
        lines.append(
            (f"{place.name}.", f"{capital(judgement.place_kinds()[place.kind].label)}; {verb}.{UNSAID_WARDS if not place.wards else ''}")
        )
    return lines


def _law(given: Given) -> list[Block]:
    blocks: list[Block] = []
    for nation in given.where.nations:
        duty = given.duties.get(nation)
        blocks.append(Sub(f"The equality duty in {nation}"))
        if duty is None:
            blocks.append(f"We hold no reviewed text of the equality duty in {nation}: ask your equality officer.")
            continue
        blocks += [*duty.long(), duty.checked]
        for extra in duty.extra:
            blocks += [Sub(extra.title), extra.says, Open(extra.id, extra.title, extra.ask, given.filled.get(extra.id, ""))]
        hooks: dict[str, list[str]] = {}
        for service in given.named:
            for code in service.legal_hooks:
                if hook := judgement.law_for(code, nation):
                    hooks.setdefault(hook.title, []).append(service.service_name)
        if hooks:
            rows = tuple((title, join_words(list(dict.fromkeys(names)))) for title, names in hooks.items())
            blocks.append(Table(f"Law and guidance named for these services in {nation}", ("Law or guidance", "Service"), rows))
    return [*blocks, *given.blanks(3)]


def _who(given: Given) -> list[Block]:
    rows = tuple((service.service_name, service.main_users, "our default; replace it with your own records") for service in given.named)
    blocks: list[Block] = [Table("Who uses each service", ("Service", "Main users", "Basis"), rows)] if rows else []
    return [*blocks, _unlikely(given), *given.blanks(4)]


def _unlikely(given: Given) -> str:
    a = given.considered.assessment
    row = people.total(a.people_estimate, list(given.where.wards)).iloc[0]
    if pd.isna(row["high_raw"]):
        return "How many adults there are unlikely to use the internet is not known here."
    return (
        f"Adults (16 and over) unlikely to use the internet in {given.where.phrase()}: {briefing.people_words(row)} "
        f"({briefing.people_date(a)}). Others use it for some things and not for this one."
    )


def _screening(given: Given) -> list[Block]:
    rows = []
    for service in given.named:
        mine = given.found[(given.found["service_id"] == service.id) & given.found["area_code"].isin(given.where.wards)]
        keep = mine[mine["kind"] == "keep"]
        firm = [str(keep.loc[keep["severity"] == name, "area_code"].nunique()) for name in actions.FIRM]
        closes = keep[(keep["proposal_effect"] == "closes") & keep["severity"].isin(("required", "recommended"))]
        rows.append((service.service_name, capital(CRITICAL[service.criticality]), *firm, str(closes["area_code"].nunique())))
    columns = (
        "Service",
        "How serious if missed",
        "Wards: keep as a condition",
        "Wards: advise keeping",
        "Wards: watch",
        "Wards where the proposal closes what is kept or advised",
    )
    caption = f"Reasons found beyond the minimum, in {counted(len(given.where.wards), 'ward')}"
    table = [Table(caption, columns, tuple(rows), columns[2:])] if rows else []
    return [texts.words().scrutiny, *table, _unlikely(given), *given.considered.notices, *given.blanks(5)]


def _evidence(given: Given, parts: tuple[Part, ...]) -> list[Block]:
    blocks: list[Block] = [f"Figures are for {given.where.phrase()}, where the proposal changes something. {texts.words().notable_why}"]
    shown = False
    for one in parts:
        if not one.protected and not shown:
            blocks.append(NOT_PROTECTED)
            shown = True
        blocks += [Sub(one.title), "What do you know?", *one.know, *one.open]
    return blocks


def _gaps(given: Given) -> list[Block]:
    a = given.considered.assessment
    rows = a.summaries[a.summaries["area_code"].isin(given.where.wards)]
    missing: dict[str, int] = {}
    for cell in rows["not_checked"]:
        for name in filter(None, str(cell).split("|")):
            missing[name] = missing.get(name, 0) + 1
    known = judgement.rules()
    checks = [
        f"{known[name].title} ({name}): not checked in {'every' if n == len(rows) else 'some'} ward and service, for want of figures."
        for name, n in sorted(missing.items())
        if name in known
    ]
    here = set(given.where.nations)
    gaps = [
        (f"{item['what']}.", str(item["why"]))
        for item in a.evidence.manifest.missing
        if not any(nation in item["what"] for nation in judgement.NATIONS) or any(nation in item["what"] for nation in here)
    ]
    gaps += [
        (f"{one.title} ({nation}).", WHOLE_COUNCIL if figures.council_wide_held(given.where, one, nation) else NO_FIGURE)
        for nation in given.where.nations
        for one in texts.characteristics_of(nation)
        if one.never_by_ward
    ]
    blocks: list[Block] = ["A figure that is missing is not a nought, and a rule that was not checked is not a rule that found nothing."]
    blocks += [Listed(tuple(checks))] if checks else []
    blocks += [Sub("Not in the figures at all"), Listed(tuple(gaps))] if gaps else []
    return [*blocks, *given.blanks(7)]


def _impact(given: Given, parts: tuple[Part, ...]) -> list[Block]:
    words = texts.words()
    columns = ("Characteristic", *words.impacts, "How serious (high, middle, low)", "Why")
    rows = tuple((one.title, *("☐" for _ in words.impacts), "", "") for one in parts)
    return [words.impact_note, Table("Impact, to be decided by people; ☐ is a box that nobody has ticked", columns, rows)]


def _cumulative(given: Given) -> list[Block]:
    blocks: list[Block] = [
        Sub("Groups combined"),
        "Two facts about a ward may not be about the same people, so a range is given only where it says something.",
    ]
    if table := figures.combined(given.where):
        blocks.append(table)
    else:
        blocks.append("The figures held here are too few to lay two groups side by side; that does not mean that nobody is in both.")
    blocks.append(Sub("Other changes falling on the same people"))
    rows = given.considered.cumulative
    rows = rows[rows["area_code"].isin(given.where.wards)]
    guard = judgement.guards()["G7"].values
    rule = f"{guard['services']:.0f} services whose findings are firm, moving within {guard['months']:.0f} months"
    if len(rows):
        cells = tuple((str(row["area_name"]), str(row["count"]), str(row["sentence"])) for row in rows.to_dict("records"))
        blocks.append(Table(f"Wards with at least {rule}", ("Ward", "Services", "Whom, which and when"), cells, ("Services",)))
    else:
        blocks.append(f"In the proposals given here no ward has {rule}. Proposals that were not given are not counted.")
    if len(leaning := given.considered.dependents):
        blocks += [Sub("Services that lean on a place that changes"), Listed(_leaning(leaning))]
    for one in given.considered.proposals:
        for change in one.service:
            _, told = fail_together(change.stays)
            blocks += [f"{given.services[change.id].service_name}: {line}" for line in told]
    return [*blocks, *given.blanks(9)]


def _leaning(rows: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Services that lean on a place, together where the same way in of theirs does."""
    lines = []
    for (place, change, channel), group in rows.groupby(["place", "change", "channel"], sort=False):
        verb = "closes" if change == "closes" else "opens for fewer hours"
        told = []
        for severity, mine in group.groupby("severity", sort=False):
            firm = f"‘{SCREEN_WORDS[str(severity)]}’ in some wards" if severity else "no rule asks for it here, but people use it"
            told.append(f"{join_words([str(name) for name in mine['service_name']])} ({firm})")
        lines.append((f"{capital(briefing.way(str(channel)))} at {place}, which {verb}:", f"{'; '.join(told)}."))
    if "next_open_said" in rows:  # a version saved before it was told has none
        told_once = rows.loc[rows["next_open_said"] != ""].drop_duplicates("place")
        lines += [(f"If {row['place']} closes:", str(row["next_open_said"])) for row in told_once.to_dict("records")]
    return tuple(lines)


def _options(given: Given) -> list[Block]:
    rows = given.considered.options
    names = {key: service.service_name for key, service in given.services.items()}
    columns = (
        "Option",
        "Service",
        "What it does",
        "Conditions closed",
        "Advised closed",
        "To keep, and the option does not say",
        "Wards where a way in closes or thins",
        "Wards with advice touched",
        "People in wards with advice touched unlikely to use the internet",
    )
    cells = tuple(
        (
            str(row["title"]),
            names[str(row["service_id"])],
            str(row["sentence"]),
            str(row["conditions_closed"]),
            str(row["advised_closed"]),
            str(row["unsaid"]),
            str(row["wards_changed"]),
            str(row["wards_advised"]),
            str(row["people"]),
        )
        for row in rows.to_dict("records")
    )
    table = (
        [Table("Options side by side, in the order of our list, which is no order of merit", columns, cells, columns[3:8])] if cells else []
    )
    return [*table, *given.blanks(10)]


def _actions(given: Given) -> list[Block]:
    blocks: list[Block] = [
        "Drafts made from the findings. People decide which are taken, who does them, by when, and how it is known that they worked."
    ]
    if table := actions.drafts(given.considered, given.found, pd.Index(given.where.wards), [one.id for one in given.named]):
        blocks.append(table)
    else:
        a = given.considered.assessment
        away = [sentence for one in given.named if (sentence := council.not_run(a, one.id))]
        blocks.append(
            away[0]
            if away and len(away) == len(given.named)
            else "No finding asks for an action in these wards, in the rules that could be checked. The council-wide minimum still applies."
        )
    differing = actions.differing(given.concerned, given.services)
    return [
        *blocks,
        Sub("What officers answered"),
        actions.summary(given.concerned, given.stray),
        *([differing] if differing else []),
    ]


def _sign_off(given: Given) -> list[Block]:
    """A row for each role: as the register has it, else open to be signed by hand."""
    rows: list[tuple[str, str, str, str]] = []
    for name, one in texts.signatures().items():
        mine = [signed for signed in given.signed if signed.capacity == name]
        rows += [(one.label, signed.by, date_words(signed.at[:10]), _which(signed)) for signed in mine] or [(one.label, "", "", "")]
    return [Table("Signed off by", ("Role", "Name", "Date", "Comments"), tuple(rows))]


def _which(signed: SignOff) -> str:
    """What was signed, in the words of the table: a sign-off says nothing of a later version."""
    came = f" Signed in another register, taken in by {signed.taken_in_by}." if signed.taken_in_by else ""
    later = "" if signed.stands else " Changed after that, and the change is not signed off."
    return f"Signed off version {signed.version} in the register.{came}{later} {signed.comment}".strip()


def _review(given: Given) -> list[Block]:
    held = given.considered.assessment.evidence.manifest.sources
    chosen = [one for nation in given.where.nations for one in texts.characteristics_of(nation)]
    ids = figures.sources_used(given.where, chosen)
    rows = tuple((held[name].title, held[name].publisher, date_words(held[name].period), held[name].licence) for name in ids)
    return [
        *given.blanks(14),
        Sub("Figures to look at again"),
        Table("Sources of the figures, with their dates", ("Source", "Publisher", "Date", "Licence"), rows),
        Listed(tuple(dict.fromkeys(held[name].attribution for name in ids if held[name].attribution))),
        Sub("How to read this"),
        Listed(texts.words().caveats),
    ]


__all__ = ["CRITICAL", "TITLES", "Given", "part", "write"]
