"""One assessment of the register on a page: as it was saved, its answers, its review, its versions, copies to send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from exclusion import equality, judgement, register, report, ui
from exclusion.contracts import DataRefused, ExclusionError, Problem, UsageError, temporary_folder
from exclusion.export.files import csv_bytes
from exclusion.language import mark, tr
from exclusion.register import Register, Response, Review, Saved
from exclusion.release import Evidence
from exclusion.saying import counted
from exclusion.ui import answering, equality_form, keeping, proposal_form, visit
from exclusion.ui.visit import ask, upload
from exclusion.ui.visitor import visitor
from exclusion.views import answers as answers_shown
from exclusion.views import equality as equality_shown
from exclusion.views import register as shown
from exclusion.words import slug

AS_SAVED, ANSWER, REVIEW, SIGN, COMPARE, HISTORY, SEND = (
    mark("As it was saved"),
    mark("Answer"),
    mark("Review"),
    mark("Sign off"),
    mark("Compare versions"),
    mark("History"),
    mark("Send or publish"),
)
PARTS = (AS_SAVED, ANSWER, REVIEW, SIGN, COMPARE, HISTORY, SEND)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def choose(held: Register) -> tuple[str, pd.DataFrame] | None:
    """The chosen assessment with its versions, newest last; None while none is chosen."""
    rows = register.versions(held)
    if rows.empty:
        st.info(tr("Nothing has been saved yet."))
        return None
    ui.table(shown.listed(rows), tr("Assessments in this register, the one changed last first"))
    titles = {str(row["assessment"]): f"{row['title']} ({row['assessment']})" for row in rows.to_dict("records")}
    chosen = ask(
        st.selectbox,
        tr("Assessment to open"),
        keeping.OPEN,
        None,
        options=list(reversed(titles)),
        index=None,
        format_func=lambda one: titles.get(one, one),
        placeholder=tr("Choose one"),
    )
    if chosen not in titles:
        return None
    return str(chosen), register.versions(held, str(chosen))


def show(held: Register, evidence: Evidence, assessment: str, rows: pd.DataFrame) -> None:
    """One assessment, and what can be done with it."""
    newest = int(rows["version"].max())
    keeping.somebody_first(held, assessment, newest)
    part = st.radio(tr("What to do with it"), PARTS, horizontal=True, format_func=tr, key="register_part")
    if part == AS_SAVED:
        number = _version(rows, tr("Version to open"), "register_version", newest)
        _as_saved(register.load(held, assessment, number), evidence)
    elif part == ANSWER:
        _answer(register.load(held, assessment, keeping.seen(assessment, newest)))
    elif part == REVIEW:
        _review(register.load(held, assessment, keeping.seen(assessment, newest)))
    elif part == SIGN:
        _sign(register.load(held, assessment, keeping.seen(assessment, newest)))
    elif part == COMPARE:
        _compare(held, assessment, rows)
    elif part == HISTORY:
        titles = {assessment: str(rows["title"].iloc[-1])}
        ui.table(shown.history(register.history(held, assessment), titles), tr("What was done, the newest first"))
    else:
        _send(assessment, str(rows["title"].iloc[-1]), newest)


def _version(rows: pd.DataFrame, label: str, key: str, first: int) -> int:
    labels = {int(row["version"]): shown.version_label(row) for row in rows.to_dict("records")}
    numbers = sorted(labels, reverse=True)
    return int(st.selectbox(label, numbers, index=numbers.index(first), format_func=lambda one: labels[one], key=f"{key}_{len(numbers)}"))


# --------------------------------------------------------------------------- as it was saved


def _as_saved(saved: Saved, evidence: Evidence) -> None:
    st.subheader(ui.plain(tr("{title}, version {number}", title=saved.version.title, number=saved.version.number)), anchor=False)
    ui.lines(shown.about(saved))
    ui.notices(saved.run.get("notices", ()))
    opened = register.restore(saved, evidence)
    if opened.missing:
        why = ui.plain(" ".join(opened.missing))
        st.warning(tr("It cannot be opened exactly as it was. {why} What was saved stands below all the same.", why=why))
    else:
        st.markdown(tr("It opens exactly as it was saved. Nothing in it was worked out again."))
    rows = _to_answer(saved)
    if rows.empty:
        st.markdown(tr("Nothing in it asks for an answer."))
    else:
        ui.status(answers_shown.tally(rows))
        ui.table(answers_shown.table(rows), tr("What was found, and what officers answered"))
    if opened.considered is None:
        return
    considered = opened.considered
    words = register.words_of(saved)
    settings = ui.refusing_here(lambda: register.settings_of(saved)) or register.Settings()
    duty, answers = settings.duty, saved.responses if len(saved.responses) else None
    seal, stamp = register.sealed(saved.version), saved.stamp
    made = ui.refusing_here(
        lambda: equality.build(considered, answers=answers, filled=words, label=settings.label, duty=duty, sealed=seal, signed=saved.signed)
    )
    name = f"{slug(saved.version.title)}-version-{saved.version.number}"
    give = partial(st.download_button, on_click="ignore", width="stretch")
    logo, form = equality_form.files() if made is not None else (None, None)
    left, right = st.columns(2)
    with left:
        if made is not None:
            give(tr("The equality assessment (Word)"), partial(equality.to_docx, made, logo), f"{name}.docx", _WORD)
            give(tr("The equality assessment (web page)"), partial(equality.to_html, made, logo), f"{name}.html", "text/html")
    with right:
        scrutiny = partial(report.scrutiny_html, considered, date.today(), saved.findings, duty=duty, sealed=stamp)
        give(tr("The page for scrutiny (web page)"), scrutiny, f"{name}-scrutiny.html", "text/html")
        pack = partial(equality_shown.pack, considered, saved.findings, duty, stamp)
        give(tr("All its pages (zip)"), pack, f"{name}-pages.zip", "application/zip")
        if made is not None and form is not None and (filled := equality_form.filled_form(made, form)) is not None:
            give(tr("Your own form, filled in (Word)"), filled, f"{name}-own-form.docx", _WORD)
    # A council's own judgement is a file of the council's: it is given again on the Proposal page.
    if visitor().may_write and considered.assessment.local is None and st.button(tr("Go on from this version in this visit")):
        proposal_form.keep(considered.proposals)
        equality_form.take_up(words, settings)
        keeping.look_at(saved.version.assessment, saved.version.number)
        keeping.go_on(saved.version.assessment)
        st.rerun()


def _to_answer(saved: Saved) -> pd.DataFrame:
    """Findings that ask for an answer: of the services the proposal names, and of the others where that is asked for."""
    rows = answers_shown.to_answer(saved.about(saved.findings))
    named = saved.asked
    others = rows["service_id"].nunique() - named["service_id"].nunique()
    label = tr("Also {services} that the proposal does not name but that were assessed with it", services=counted(others, "service"))
    return rows if not others or st.checkbox(label, key="register_all_services") else named


# --------------------------------------------------------------------------- answer


def _answer(saved: Saved) -> None:
    may = visitor()
    if not may.may_write:
        st.info(may.why_not)

    def take(new: Sequence[Response], name: str) -> None:
        who = may.author(name)

        def work() -> register.Version:
            with register.connect(create=False) as held:
                return register.respond(held, saved.version.assessment, saved.version.number, new, by=who)

        keeping.commit(work)

    answering.answer(_to_answer(saved), take, key=f"kept_{saved.version.assessment}", may=may.may_write)


# --------------------------------------------------------------------------- review


def _review(saved: Saved) -> None:
    rows = shown.reviewed(saved)
    st.subheader(tr("What changed because of this assessment"), anchor=False)
    ui.lines(shown.changed(saved))
    if refused := shown.rejected(saved):
        st.subheader(tr("What was found and not taken up, with the reason"), anchor=False)
        ui.lines(refused)
    st.subheader(tr("Contacts that came, beside those expected"), anchor=False)
    if len(rows):
        ui.table(rows, tr("A year of contacts; low use may mean that people gave up, not that nobody needs it"))
        for line in saved.mixed_years():
            st.markdown(line)
    else:
        st.markdown(tr("No review has been entered yet."))
    may = visitor()
    if not may.may_write:
        st.info(may.why_not)
        return
    st.subheader(tr("Enter a review"), anchor=False)
    st.markdown(tr("Counts only, for a year back. Leave blank what is not known: a blank is not a nought."))
    blank = register.review_form(saved)
    st.download_button(tr("The list to fill in, by ward and way in (CSV)"), csv_bytes(blank), "review.csv", "text/csv", on_click="ignore")
    given = upload(tr("The list, filled in (CSV or Excel)"), f"review_{saved.version.assessment}", ["csv", "xlsx"])
    services = {service.id: service.service_name for service in judgement.services().values()}
    whole = blank[blank["area_code"] == ""][["service_id", "channel"]].itertuples(index=False, name=None)
    with st.form(f"review_form_{saved.version.assessment}"):
        day = st.date_input(tr("Contacts counted up to"), None, format="DD/MM/YYYY", key="review_day")
        typed = {}
        for service, channel in () if given else whole:
            label = tr(
                "{service}, {way_in}: contacts in the year", service=tr(services.get(service, service)), way_in=shown.way_in(channel)
            )
            typed[service, channel] = st.number_input(label, min_value=0, step=1, value=None, key=f"review_{service}_{channel}")
        text = st.text_area(tr("What changed because of this assessment, in your own words"), key="review_changed", max_chars=5000)
        name = answering.ask_name("review")
        sent = st.form_submit_button(tr("Save this review"), type="primary")
    if not sent:
        return
    if day is None:
        st.error(tr("Say up to which day the contacts were counted."))
        return
    try:
        table = (
            register.read_contacts_form(given[0][1], given[0][0])
            if given
            else pd.DataFrame(
                [(service, "", channel, count, "") for (service, channel), count in typed.items() if count is not None],
                columns=["service_id", "area_code", "channel", "contacts", "note"],
            )
        )
        who = may.author(name)
    except ExclusionError as error:
        ui.show_error(error)
        return

    def work() -> register.Version:
        with register.connect(create=False) as held:
            return register.record_review(held, saved.version.assessment, saved.version.number, Review(day, table, text or ""), by=who)

    keeping.try_to(work)


# --------------------------------------------------------------------------- sign off


def _sign(saved: Saved) -> None:
    st.subheader(tr("Who has signed off"), anchor=False)
    ui.lines(shown.signed_off(saved))
    may = visitor()
    if may.why_not_sign:
        st.info(may.why_not_sign)
        return
    number = saved.version.number
    st.subheader(tr("Sign off version {number}", number=number), anchor=False)
    st.markdown(tr("A sign-off is of this version alone: what is changed after it is not signed off. {waiting}", waiting=saved.waiting()))
    labels = register.capacities()
    with st.form(f"sign_form_{saved.version.assessment}"):
        capacity = st.radio(tr("You sign off as"), list(labels), index=None, format_func=lambda one: tr(labels[one]), key="sign_capacity")
        comment = st.text_area(tr("Comment (printed in the sign-off block)"), key="sign_comment", max_chars=1000)
        name = answering.ask_name("sign")
        sent = st.form_submit_button(tr("Sign off version {number}", number=number), type="primary")
    if not sent:
        return
    if capacity is None:
        st.error(tr("Say in what role you sign off."))
        return

    def work() -> register.Version:
        who = may.author(name, "approver")
        with register.connect(create=False) as held:
            return register.sign_off(held, saved.version.assessment, number, capacity, by=who, comment=comment or "")

    keeping.try_to(work)


# --------------------------------------------------------------------------- compare, send


def _compare(held: Register, assessment: str, rows: pd.DataFrame) -> None:
    if len(rows) < 2:
        st.markdown(tr("It has one version only, so there is nothing to compare."))
        return
    newest = int(rows["version"].max())
    left, right = st.columns(2)
    with left:
        before = _version(rows, tr("From"), "register_before", newest - 1)
    with right:
        after = _version(rows, tr("To"), "register_after", newest)
    sentences, tables = shown.comparison(register.compare(register.load(held, assessment, before), register.load(held, assessment, after)))
    ui.lines(sentences)
    for caption, table in tables.items():
        ui.table(table, caption)


def _send(assessment: str, title: str, number: int) -> None:
    may = visitor()
    if not may.may_write:
        st.info(may.why_not)
        return
    name = answering.ask_name("send", tr("Your name, for the history"))
    try:
        who = may.author(name)
    except UsageError:
        st.markdown(tr("Give your name to send a copy: the history records who did."))
        return
    st.markdown(
        tr(
            "The whole record holds the names of officers: it is to keep, or to send to a colleague. The public draft "
            "leaves out names, notes and small counts, and is marked draft in every file. The share pack is for another "
            "council to begin from: proposal, findings, what was answered and your service profiles, without names. Read "
            "the reasons in both first: a first name alone, or anybody else's name, is not caught."
        )
    )
    give = partial(st.download_button, mime="application/zip", on_click="ignore", width="stretch")
    left, middle, right = st.columns(3)
    with left:
        give(tr("The whole record (one file)"), partial(_copy, assessment, who, register.export_file), f"{slug(title)}-{assessment}.zip")
    with middle:
        draft = f"{slug(title)}-version-{number}-draft.zip"
        give(tr("The public draft (one file)"), partial(_copy, assessment, who, register.export_public), draft)
    with right:
        pack = f"{slug(title)}-version-{number}-share.zip"
        give(tr("The share pack (one file)"), partial(_copy, assessment, who, register.export_share), pack)


def _copy(assessment: str, who: str, export: Callable[..., Path]) -> bytes:
    """A copy to send; the history records that it left."""
    with temporary_folder() as folder, register.connect(create=False) as held:
        path = folder / "copy.zip"
        export(held, assessment, path, by=who)
        return path.read_bytes()


def take_in() -> None:
    """Ask for a file that another register wrote, and take it in."""
    may = visitor()
    if not may.may_write:
        st.info(may.why_not)
        return
    given = upload(tr("A file that another register wrote (zip)"), "register_import", ["zip"], megabytes=200)
    name = answering.ask_name("import", tr("Your name, for the history of this register"))
    if not st.button(tr("Take it in"), disabled=not given):
        return
    try:
        who = may.author(name)
        with visit.folder() as folder, register.connect() as held:
            done = register.import_file(held, visit.written(Path(folder), given[0]), by=who)
    except ExclusionError as error:
        ui.show_error(error)
        return
    st.success(
        tr("Took in {added} versions of {assessment}; {had} were here already.", added=done.added, assessment=done.assessment, had=done.had)
    )


def verify() -> None:
    """Ask to check every seal, and say what was found."""
    expect = st.text_input(tr("A seal that an earlier check gave or a document prints (may be left blank)"), key="register_expect")
    if not st.button(tr("Check the register")):
        return
    held = keeping.opened()
    if held is None:
        return
    with held:
        found = ui.refusing_here(lambda: register.verify(held, expect or ""))
    if found is None:
        return
    if found.problems:
        ui.show_error(DataRefused([Problem("register", line, "", tr("Put back the last copy.")) for line in found.problems]))
        return
    st.success(
        tr(
            "{events} events, {versions} versions and {files} files are as they were written.",
            events=found.events,
            versions=found.versions,
            files=found.files,
        )
    )
    ui.lines(list(found.signed))
    st.markdown(tr("The history ends with this seal. Write it down elsewhere, such as in the minutes, and give it to a later check."))
    st.code(found.head, language=None, wrap_lines=True)


__all__ = ["PARTS", "choose", "show", "take_in", "verify"]
