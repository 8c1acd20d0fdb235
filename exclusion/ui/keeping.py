"""Saving in the register from a page: who saves, on top of which version, and what to do when somebody else saved first.

A visit remembers which version of each assessment it has seen. A save is based on that one, so a change
that somebody else made meanwhile is shown before anything is saved on top of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import streamlit as st

from exclusion import register, ui, words
from exclusion.contracts import ExclusionError
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.register import Conflict, Register, Response, Version
from exclusion.register.responses import KEY
from exclusion.saying import counted
from exclusion.ui import answering, equality_form, visit
from exclusion.ui.visit import ask
from exclusion.ui.visitor import visitor
from exclusion.views import register as shown
from exclusion.words import capital, slug

OPEN = "register_open"  # the assessment that the visit has open
_SEEN, _SAID, _FIRST = "register_seen", "register_said", "register_conflict"
NEW, _AS = mark("A new assessment"), "register_as"


def opened(*, create: bool = False) -> Register | None:
    """The register, or None with the reason shown: nothing saved yet, damaged, not reachable."""
    try:
        return register.connect(create=create)
    except ExclusionError as error:
        if "no assessment has been saved in it" in str(error):
            st.info(tr("Nothing has been saved yet."))
        else:
            ui.show_error(error)
        return None


def seen(assessment: str, newest: int) -> int:
    """The version of an assessment that this visit has seen; the newest when it looks for the first time."""
    known: dict[str, int] = visit.held().setdefault(_SEEN, {})
    return known.setdefault(assessment, newest)


def look_at(assessment: str, number: int) -> None:
    """From now on what this visit saves is based on this version."""
    visit.held().setdefault(_SEEN, {})[assessment] = number
    visit.held().get(_FIRST, {}).pop(assessment, None)


def go_on(assessment: str) -> None:
    """What this visit saves next is a further version of this assessment, with what was taken up from it."""
    visit.held()[_AS] = assessment
    st.session_state.pop(_AS, None)
    visit.held()[_SAID] = tr(
        "This visit goes on from that version: its proposal and the officer's words stand on Equality review, and "
        "“Save an assessment” below saves a further version of it."
    )


def commit(work: Callable[[], Version], answers: int = 0) -> None:
    """Save, and remember what to say, with how many answers. Where somebody else saved first the page runs again and shows their change.

    Raises
    ------
    ExclusionError
        Anything else that keeps it from being saved.
    """
    try:
        version = work()
    except Conflict as conflict:
        visit.held().setdefault(_FIRST, {})[conflict.latest.assessment] = conflict.latest.number
        st.rerun()
    look_at(version.assessment, version.number)
    visit.held()[_SAID] = shown.saved_words(version, answers)


def try_to(work: Callable[[], Version], answers: int = 0) -> None:
    """:func:`commit`, then run the page again; or say why not. What was typed stays as it is when nothing was saved."""
    try:
        commit(work, answers)
    except ExclusionError as error:
        ui.show_error(error)
        return
    st.rerun()


def said() -> None:
    """What was just saved, once."""
    if text := visit.held().pop(_SAID, ""):
        st.success(ui.plain(text))


def somebody_first(held: Register, assessment: str, newest: int) -> None:
    """Where somebody else saved since this visit looked: show their change, and ask to go on from it."""
    before = seen(assessment, newest)
    if before == newest:
        return
    found = register.compare(register.load(held, assessment, before), register.load(held, assessment, newest))
    sentences, tables = shown.comparison(found)
    tried = assessment in visit.held().get(_FIRST, {})
    st.warning(
        tr(
            "{made_by} saved version {newest} while you worked on version {before}. ",
            made_by=ui.plain(found.after.made_by),
            newest=newest,
            before=before,
        )
        + (tr("Yours was not saved, and nothing of it is lost: it stands in the form. ") if tried else "")
        + tr("Look at what they changed, then save yours on top.")
    )
    ui.lines(sentences)
    for caption, table in tables.items():
        ui.table(table, caption)
    if st.button(tr("I have looked at version {newest}: go on from it", newest=newest), key=f"go_on_{assessment}_{newest}", type="primary"):
        look_at(assessment, newest)
        st.rerun()


def save_form(considered: Considered) -> None:
    """Ask how to save the proposal of the visit with its answers, and save it."""
    may = visitor()
    if not may.may_write:
        st.info(may.why_not)
        return
    answers, stray = _fitting([Response(**row) for row in _given()], considered.assessment.findings)
    if stray:
        st.warning(
            tr(
                "{answers} of this visit fit no finding of this proposal any more, so they are not saved.",
                answers=capital(counted(stray, "answer")),
            )
        )
    titles, newest = _held_titles()
    for one in [one for one in visit.held().get(_FIRST, {}) if one in newest and one != visit.held().get(OPEN)]:
        with register.connect(create=False) as held:
            somebody_first(held, one, newest[one])
    place = ask(st.selectbox, tr("Save as"), _AS, NEW, options=[NEW, *titles], format_func=lambda one: titles.get(one) or tr(one))
    with st.form("register_save"):
        first = words.join_words([one.title for one in considered.proposals])[:200]
        title = ask(st.text_input, tr("Title"), f"register_title_{slug(first)}", first, max_chars=200)
        note = ask(st.text_input, tr("Note on what this version is for (not in the public draft)"), "register_note", "", max_chars=1000)
        name = answering.ask_name("save")
        sent = st.form_submit_button(tr("Save in the register"), type="primary")
    if not sent:
        return
    further = None if place == NEW else place
    based_on = seen(further, newest[further]) if further else 0
    if further:
        with register.connect(create=False) as held:
            answers = _not_yet(answers, register.load(held, further, based_on).responses)

    def work() -> Version:
        who = may.author(name)
        texts, tables = register.kept(considered)
        tables["words"] = register.words_table(equality_form.words(), equality_form.settings())
        with register.connect() as held:
            return register.save(
                held,
                considered.assessment,
                by=who,
                title=title or "",
                assessment_id=further,
                based_on=based_on,
                proposals=texts,
                tables=tables,
                note=note or "",
                answers=answers,
            )

    try_to(work, len(answers))


def _given() -> list[dict[str, str]]:
    """Answers of the visit that stand, as fields of a response."""
    given = answering.of_visit()
    return given[given["current"]].drop(columns=["version", "current"]).to_dict("records")  # type: ignore[return-value]


def _fitting(answers: list[Response], findings: pd.DataFrame) -> tuple[list[Response], int]:
    """Those to findings that are there, and how many are not."""
    held = {tuple(map(str, row)) for row in findings[KEY].itertuples(index=False, name=None)}
    fit = [one for one in answers if tuple(getattr(one, name) for name in KEY) in held]
    return fit, len(answers) - len(fit)


def _not_yet(answers: list[Response], kept: pd.DataFrame) -> list[Response]:
    """Those that the register does not hold as they are."""
    watched = ("area_code", "service_id", "channel", "kind", "rule_ids", "response", "reason", "name")
    held = {tuple(row) for row in kept.loc[kept["current"], list(watched)].astype(str).to_numpy()}
    return [one for one in answers if tuple(asdict(one)[name] for name in watched) not in held]


def _held_titles() -> tuple[dict[str, str], dict[str, int]]:
    """Assessments in the register: id -> title, id -> newest version; empty where there is no register yet."""
    try:
        with register.connect(create=False) as held:
            rows = register.versions(held)
    except ExclusionError:
        return {}, {}
    titles, newest = {}, {}
    for one, title, number in rows[["assessment", "title", "version"]].itertuples(index=False, name=None):
        titles[str(one)], newest[str(one)] = tr("A new version of “{title}” ({id})", title=title, id=one), int(number)
        seen(str(one), int(number))  # what is saved from here on is based on what could be seen when the form was shown
    return titles, newest


__all__ = ["OPEN", "commit", "go_on", "look_at", "opened", "said", "save_form", "seen", "somebody_first", "try_to"]
