"""What a proposal means for one ward and one service, in a member's words. Nothing is decided here."""

from __future__ import annotations

from exclusion import judgement
from exclusion.proposal import Considered, Proposal
from exclusion.report import briefing
from exclusion.words import capital, counted, date_words, join_words

MOST_WORDS_QUOTED = 25  # of the officer's own words on a ward page; the whole stands on the page of the proposal
MOST_NAMED = 3  # services or places by name in one line of a ward page
FEW_WORDS = 4  # a sum of money and its time: as short as saying that there is one


def named_services(considered: Considered) -> list[str]:
    """Ids of the services a proposal is about: those it names, or else those that lean on a place of its."""
    named = list(dict.fromkeys(change.id for proposal in considered.proposals for change in proposal.service))
    return named or list(dict.fromkeys(str(one) for one in considered.dependents["service_id"]))


def about_here(considered: Considered, code: str) -> list[Proposal]:
    """The proposals whose councils hold a ward."""
    council = str(considered.assessment.areas.at[code, "council_code"])
    evidence = considered.assessment.evidence
    return [one for one in considered.proposals if council in evidence.find_councils(one.councils)]


def touches(considered: Considered, code: str, service_id: str) -> bool:
    """Whether a proposal is about a service in a ward, by itself or by a place that gives it help."""
    rows = considered.assessment.findings
    return bool(len(considered.about(rows[(rows["area_code"] == code) & (rows["service_id"] == service_id)])))


def proposed(considered: Considered, code: str, service_id: str, quoted: int = MOST_WORDS_QUOTED, named: int = MOST_NAMED) -> list[str]:
    """What is proposed for a service here: from when, what closes, what stays, the saving claimed in the officer's words."""
    lines = []
    for proposal in about_here(considered, code):
        change = proposal.change(service_id)
        places = [place for place in proposal.place if place.ways(service_id) and (not place.wards or code in place.wards)]
        if change is None and not places:
            continue
        said = [f"From {date_words(proposal.date)}."]
        if change is not None and change.wards and code not in change.wards:
            elsewhere = counted(len(change.wards), "other ward")
            # A place this ward's people use may close all the same: then something changes here, and the next sentence says what.
            itself = (
                f"The service itself changes in {elsewhere} only." if places else f"Nothing changes in this ward; it does in {elsewhere}."
            )
            said.append(itself)
        elif change is not None:
            listed = (("Closes", change.close), ("Fewer hours", change.fewer_hours), ("Stays", change.keep))
            said += [f"{word}: {join_words([briefing.way(name) for name in names])}." for word, names in listed if names]
        for change_of_place, verb in (("closes", "Closing"), ("fewer_hours", "Open for fewer hours")):
            names = [place.name for place in places if place.change == change_of_place]
            said += [f"{verb}: {few(names, named, 'place')}."] if names else []
        lines.append(" ".join(said))
        if quoted and (words := proposal.officer.purpose.split()):
            lines.append(f"Purpose (officer's words): {quoted_words(words, quoted)}")
        lines.append(saving(proposal, quoted))
    return lines or ["Nothing is proposed for this service here."]


def saving(proposal: Proposal, most: int = MOST_WORDS_QUOTED) -> str:
    """The saving as the officer put it, marked as such; cut where it is long."""
    words = proposal.officer.saving.split()
    if not words:
        return "No saving is claimed."
    if not most and len(words) > FEW_WORDS:
        return "A saving is claimed."
    return f"Saving (officer's words): {quoted_words(words, max(most, FEW_WORDS))}"


def quoted_words(words: list[str], most: int | None = None) -> str:
    """An officer's words in quotation marks, cut where they are long; they end the sentence, with one full stop."""
    cut = most is not None and len(words) > most
    said = f"{' '.join(words[:most])}{' ...' if cut else ''}"
    return f"“{said}”{'' if not cut and said.endswith(('.', '!', '?')) else '.'}"


def effects(considered: Considered, code: str, service_id: str) -> dict[str, str]:
    """What happens here to each way in that was found: channel -> closes, fewer, stays or none, the firmest of them."""
    rows = considered.findings
    rows = rows[(rows["area_code"] == code) & (rows["service_id"] == service_id) & rows["kind"].isin(("floor", "keep", "more_use"))]
    order = list(briefing.EFFECTS)
    found: dict[str, str] = {}
    for channel, effect, fewer in zip(rows["channel"], rows["proposal_effect"], rows["fewer_hours"], strict=True):
        word = "fewer" if effect == "stays" and fewer else str(effect)
        held = found.get(str(channel))
        found[str(channel)] = word if held is None else min(word, held, key=order.index)
    return found


def minimum_lost(considered: Considered, code: str, service_id: str, brief: bool = False) -> str:
    """Which part of the council-wide minimum the proposal closes here; "" where none."""
    service = considered.assessment.service(service_id)
    mine = effects(considered, code, service_id)
    gone = [briefing.way(name) for name in judgement.channels() if name in service.floor_channels and mine.get(name) == "closes"]
    return f"The proposal closes {join_words(gone)}{'' if brief else ', part of this minimum'}." if gone else ""


def other_changes(considered: Considered, code: str, service_id: str, named: int = MOST_NAMED, alone: bool = False) -> list[str]:
    """Other changes that touch the same people here: services that move together, that lean on a place, or that other proposals change.

    ``alone``: what other services lean on is said only where there is nothing else.
    """
    names = {service.id: service.service_name for service in considered.assessment.services}
    lines = []
    rows = considered.cumulative[considered.cumulative["area_code"] == code]
    if len(rows):
        ids = list(dict.fromkeys(one for cell in rows["services"] for one in str(cell).split("|")))
        many = capital(counted(len(ids), "service"))
        if not named:
            leaning = "" if alone else _leaning(considered, code, service_id, 0)
            return [f"{many} move together here. {leaning}".strip()]
        first, last = (date_words(str(day)) for day in (rows["first"].min(), rows["last"].max()))
        when = f"from {first}" if first == last else f"between {first} and {last}"
        which = few([briefing.short_name(considered.assessment.service(one)) for one in ids], named, "service")
        groups = join_words([_group(str(one)) for one in rows["group"].unique()])
        lines.append(f"{many} with reasons to keep other ways in move {when}: {which}. Groups: {groups}.")
    else:
        changed = [
            names[change.id]
            for proposal in about_here(considered, code)
            for change in proposal.service
            if change.id != service_id and change.moves and (not change.wards or code in change.wards)
        ]
        if changed:
            lines.append(f"Also changed: {few(list(dict.fromkeys(changed)), named, 'service')}.")
    leaning = _leaning(considered, code, service_id, named)
    if leaning and not (alone and lines):
        lines.append(leaning)
    return lines or ["None was given: ask for all."]


def for_council(
    considered: Considered, service_id: str | None = None, *, quoted: int | None = None, named: int | None = None
) -> list[tuple[str, str]]:
    """What is proposed, a line each: services (one when named), places, and the officer's own words in quotation marks.

    ``quoted`` words of each quotation, and ``named`` places by name; all when None.
    """
    names = {service.id: service.service_name for service in considered.assessment.services}
    lines = []
    for proposal in considered.proposals:
        said = []
        for change in proposal.service:
            if service_id in (None, change.id):
                listed = (("closes", change.close), ("fewer hours", change.fewer_hours), ("stays", change.keep))
                what = "; ".join(f"{word}: {join_words([briefing.way(name) for name in ways])}" for word, ways in listed if ways)
                where = f" (in {counted(len(change.wards), 'ward')} only)" if change.wards else ""
                said.append(f"{names[change.id]}: {what}{where}.")
        places = proposal.place[:named]
        said += [f"{place.name} {'closes' if place.change == 'closes' else 'opens for fewer hours'}." for place in places]
        if more := len(proposal.place) - len(places):
            said.append(f"{capital(counted(more, 'more place'))} {'changes' if more == 1 else 'change'}.")
        purpose = proposal.officer.purpose.split()
        if purpose and quoted != 0:
            said.append(f"Purpose, in the officer's words: {quoted_words(purpose, quoted)}")
        said.append(saving(proposal, 60 if quoted is None else quoted))
        lines.append((f"{proposal.title}, from {date_words(proposal.date)}.", " ".join(said)))
    return lines


def _leaning(considered: Considered, code: str, service_id: str, named: int) -> str:
    """How many other services have a way in given at a place that changes here."""
    rows = considered.dependents
    places = {place.name for proposal in about_here(considered, code) for place in proposal.place if not place.wards or code in place.wards}
    here = rows[rows["place"].isin(places) & (rows["service_id"] != service_id)]
    if here.empty:
        return ""
    many = counted(here["service_id"].nunique(), "other service")
    where = f"at {few(sorted(set(here['place'])), named, 'place')}" if named else "there"
    return f"Help for {many} is given {where}."


def _group(group: str) -> str:
    return "people on low incomes" if group == "socio-economic" else group


def few(names: list[str], most: int, what: str) -> str:
    """Names as far as there is room, then how many more; one short name is never a longer word than 'one place'."""
    if len(names) <= most or (len(names) == 1 and len(names[0].split()) <= 2):
        return join_words(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more" if most else counted(len(names), what)


__all__ = ["about_here", "effects", "few", "for_council", "minimum_lost", "named_services", "other_changes", "proposed", "saving"]
