"""Take another council's share pack up: read as any file from elsewhere, it becomes files of a council's own.

A proposal for its councils, and its own service profiles, signed by whoever takes them up.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from exclusion import judgement, proposal
from exclusion.contracts import DataRefused, Gathered, Problem
from exclusion.export import csv_bytes
from exclusion.judgement.local import EDITABLE, read_local
from exclusion.register import contents
from exclusion.register.archive import Limits, sound_zip
from exclusion.register.identity import named
from exclusion.register.sharing import FORMAT, LINES, LIST, MITIGATIONS, PROFILES
from exclusion.words import date_words, join_words

_NAME = re.compile(r"(share\.toml|README\.txt|services\.csv|mitigations\.csv|findings\.csv|proposal-[1-9][0-9]?\.toml)")
_FILE_BYTES, _ALL_BYTES, _FILES = 64 << 20, 256 << 20, 60
_DO = "Do not use this file; ask for the share pack again."


@dataclass(frozen=True)
class Taken:
    """What a pack becomes for the council that takes it up."""

    source: str
    """Where it comes from, in a sentence."""
    files: Mapping[str, bytes]
    """Name -> content: ``proposal-1.toml`` and, where the pack holds profiles, ``services.csv``."""
    notices: tuple[str, ...]
    """What was left behind because it is the other council's, and what to do."""
    mitigations: pd.DataFrame
    """What the other council found and did: ``service, way_in, firmness, proposal_effect, wards, draft_action, answer, reason``."""


def take(path: str | Path, councils: Sequence[str], by: str, on: date, nations: Iterable[str] = ()) -> Taken:
    """What another council's pack becomes for these councils; nothing is written.

    The proposal is theirs without what is of their places: wards, places that close, and the officer's own words.
    Their service profiles become rows of a council's own profiles, signed by whoever takes them up, with the
    other council's reason kept.

    Parameters
    ----------
    councils
        Names or codes of the councils that take it up.
    by, on
        Who takes it up, and when.
    nations
        Nations of these councils: a service that councils there do not run is noted.

    Raises
    ------
    DataRefused
        When the file is no share pack, or anything in it is not sound: everything that is wrong.
    UsageError
        When it cannot be read, or no name was given.
    """
    who, where = named(by), Path(path).name
    limits = Limits(lambda name: bool(_NAME.fullmatch(name)), _ALL_BYTES, _ALL_BYTES, _FILE_BYTES, _FILES, _DO, _another)
    with sound_zip(path, limits, "Name the share pack.") as archive:
        held = {name: archive.read(name, _FILE_BYTES) for name in sorted(archive.entries)}
    about = contents.toml_from(held[LIST], f"{where}, {LIST}")
    if about.get("format") != FORMAT:
        what = f"is of a format this program does not read; it reads format {FORMAT}"
        raise DataRefused(Problem(where, what, str(about.get("format"))[:40], "Update the program."))
    told = {name: contents.plain(about.get(name, ""), f"{where}, {LIST}, {name}", 1_000) for name in ("title", "councils", "saved_on")}
    source = f"From {told['councils'] or 'a council that does not say which'}: {told['title']}, saved on {_day(told['saved_on'])}."
    problems: list[Problem] = []
    files: dict[str, bytes] = {}
    notices: list[str] = []
    for name in sorted(held, key=lambda one: (len(one), one)):
        if name.startswith("proposal-"):
            ours = _ours(held[name], f"{where}, {name}", councils, nations, notices, problems)
            if ours:
                files[name] = ours
    if PROFILES in held:
        files[PROFILES] = csv_bytes(_resigned(held[PROFILES], f"{where}, {PROFILES}", told["councils"], who, on, problems))
        notices.append("Their service profiles are written as yours. Read each reason, and take out what does not hold for you.")
    mitigations = pd.DataFrame(columns=LINES)
    if MITIGATIONS in held:
        mitigations = _table(held[MITIGATIONS], f"{where}, {MITIGATIONS}", problems)
        if lacking := [name for name in LINES if name not in mitigations.columns]:
            problems.append(Problem(f"{where}, {MITIGATIONS}", "lacks columns", ", ".join(lacking), _DO))
    if files and not problems:
        problems += _unusable(files)
    if problems:
        raise DataRefused(problems)
    return Taken(source, files, tuple(notices), mitigations)


def _unusable(files: Mapping[str, bytes]) -> list[Problem]:
    """What the program would refuse of the new files, found now and not when they are used."""
    found = Gathered()
    for name, content in files.items():
        if name == PROFILES:
            with tempfile.TemporaryDirectory(prefix="kept-open-") as folder:
                place = Path(folder) / PROFILES
                place.write_bytes(content)
                found.read(partial(read_local, services=place))
        else:
            found.read(partial(proposal.parse, content.decode("utf-8"), name))
    return [problem for error in found.errors for problem in error.problems]


def _another(names: Sequence[str]) -> tuple[str, str]:
    if LIST in names:
        return "", ""
    about = "is a whole record" if "register.toml" in names else "is a public draft" if "draft.html" in names else f"holds no {LIST}"
    return f"is no share pack: it {about}", "Ask for the file that 'exclusion register export --share' writes."


def _day(text: str) -> str:
    try:
        return date_words(date.fromisoformat(text).isoformat())
    except ValueError:
        return "a day it does not say"


def _ours(
    content: bytes, where: str, councils: Sequence[str], nations: Iterable[str], notices: list[str], problems: list[Problem]
) -> bytes | None:
    """Their proposal for our councils; None where nothing of it is left."""
    try:
        theirs = proposal.parse(content.decode("utf-8"), where)
    except UnicodeDecodeError:
        problems.append(Problem(where, "is not a text file", "", _DO))
        return None
    except DataRefused as refused:
        problems += refused.problems
        return None
    if theirs.place:
        names = join_words([one.name for one in theirs.place])
        notices.append(f"{theirs.title}: changes of places are left out ({names}); add those of your own.")
    if inside := [one.id for one in theirs.service if one.wards]:
        named_services = join_words([judgement.services()[one].service_name for one in inside])
        notices.append(f"{theirs.title}: it changed {named_services} in some wards only; here in every ward, until you name yours.")
    if theirs.officer.purpose or theirs.officer.saving:
        notices.append(f"{theirs.title}: their own words on purpose and saving are left out; write yours.")
    if not theirs.service:
        notices.append(f"{theirs.title}: it was about places only, so no proposal file is written.")
        return None
    for nation in dict.fromkeys(nations):
        away = [
            judgement.services()[one.id].service_name for one in theirs.service if nation in judgement.services()[one.id].not_council_in
        ]
        if away:
            it = "it" if len(away) == 1 else "them"
            said = f"councils in {nation} do not run {join_words(away)}, so nothing is assessed there; take {it} out"
            notices.append(f"{theirs.title}: {said}, or write to who does.")
    notices.append(f"{theirs.title}: it began on {date_words(theirs.date.isoformat())}; put your own date.")
    services = tuple(without_places(one) for one in theirs.service)
    ours = theirs.model_copy(update={"councils": tuple(councils), "service": services, "place": (), "officer": proposal.OfficerWords()})
    return proposal.toml_text(ours).encode("utf-8")


def without_places(change: proposal.ServiceChange) -> proposal.ServiceChange:
    """A change without the wards and contacts of the council it comes from."""
    return change.model_copy(update={"wards": (), "contacts": {}, "contacts_by_ward": {}, "contacts_file": ""})


def _table(content: bytes, where: str, problems: list[Problem]) -> pd.DataFrame:
    try:
        return pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (UnicodeDecodeError, ValueError, pd.errors.ParserError) as error:
        problems.append(Problem(where, f"cannot be read as CSV: {str(error)[:120]}", "", _DO))
        return pd.DataFrame()


def _resigned(content: bytes, where: str, councils: str, by: str, on: date, problems: list[Problem]) -> pd.DataFrame:
    """Their profiles, signed by whoever takes them up; what is in the cells is judged where the file is read as any council's own."""
    table = _table(content, where, problems)
    if odd := sorted(set(table.columns) - {"id", "by", "on", "why", *EDITABLE}):
        problems.append(Problem(where, "holds columns that no profile has", ", ".join(odd)[:80], _DO))
    if lacking := [name for name in ("id", "why") if name not in table.columns]:
        problems.append(Problem(where, "lacks columns", ", ".join(lacking), _DO))
        return table
    why = table["why"].map(lambda text: f"Taken up from {councils or 'another council'}. Their reason: {text}")
    return table.assign(by=by, on=on.isoformat(), why=why)
