"""Officers' answers to findings: accept, amend or reject, why and who. One form, on every page where findings are answered.

Answers to a proposal of the visit are kept in the visit, until it is saved in the register. Answers to
what is saved already go straight into the register.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd
import streamlit as st

from exclusion import register, ui
from exclusion.contracts import ExclusionError, Problem, UsageError
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.register import Response, chain, responses
from exclusion.report.proposed import named_services
from exclusion.saying import counted
from exclusion.ui import visit
from exclusion.ui.visitor import visitor
from exclusion.views import answers as shown

WORDS = {
    "accept": mark("Accept: it will be kept open as found"),
    "amend": mark("Amend: something else will be done (say what)"),
    "reject": mark("Reject: it will not be kept open (say why)"),
}
ANSWERS, NAME, _TURNS = "answers", "officer_name", "answer_turns"  # kept in the visit
FILE = "answers_file"


def ask_name(place: str, label: str = mark("Your name, as it should stand in the record")) -> str:
    """The name of whoever signed in; else ask for one. What was typed in one place of a visit stands ready in the others."""
    if here := visitor().name:
        return here
    key = f"{NAME}_{place}"
    if key not in st.session_state:
        st.session_state[key] = visit.held().get(NAME, "")
    name = str(st.text_input(tr(label), key=key, max_chars=200) or "")
    if name.strip():
        visit.held()[NAME] = name
    return name


def of_visit() -> pd.DataFrame:
    """Every answer given in this visit, as the register keeps them."""
    given: list[Response] = visit.held().setdefault(ANSWERS, [])
    return responses.table([asdict(one) | {"version": 0} for one in given])


def answer_visit(considered: Considered) -> pd.DataFrame:
    """Ask for answers to the proposal of the visit; returns every answer so far."""
    given = of_visit()
    rows = responses.answered(considered.assessment.findings, given)

    def take(new: Sequence[Response], name: str) -> None:
        visit.held()[ANSWERS] += responses.checked(new, considered.assessment.findings, register.named(name), chain.now())

    answer(shown.to_answer(considered.about(rows), named_services(considered)), take, key="visit")
    known = set(map(tuple, rows[responses.KEY].astype(str).to_numpy()))
    if stray := sum(tuple(row) not in known for row in given[given["current"]][responses.KEY].to_numpy()):
        st.caption(
            tr(
                "{stray} answers of this visit are to findings that are not in this proposal. They are kept, and not shown here.",
                stray=stray,
            )
        )
    _as_file()
    return given


def _as_file() -> None:
    """Answers taken along as a file, and taken up again from one: a visit forgets them."""
    given: list[Response] = visit.held()[ANSWERS]
    with st.expander(tr("Take the answers with you, or go on from a file")):
        st.markdown(
            tr("Answers are kept in this visit only, until they are saved in the register. A file of them can be taken up again here.")
        )
        if given:
            st.download_button(tr("The answers so far (TOML)"), responses.to_file(given), "responses.toml", "text/plain", on_click="ignore")
        brought = visit.upload(tr("Answers from an earlier visit, or from a colleague (TOML)"), FILE, ["toml"])
        if brought and st.button(tr("Take these answers up"), key=f"{FILE}_take"):
            try:
                new = [one for one in responses.read_back(brought[0][1], brought[0][0]) if one not in set(given)]
            except ExclusionError as error:
                ui.show_error(error)
                return
            # The latest answer to a finding counts, so a file from earlier does not undo what was said since.
            visit.held()[ANSWERS] = sorted([*given, *new], key=lambda one: one.date)
            st.rerun()


def answer(findings: pd.DataFrame, take: Callable[[Sequence[Response], str], None], *, key: str, may: bool = True) -> None:
    """Show what was answered and what was not, and ask for an answer.

    Parameters
    ----------
    findings
        That ask for an answer, with ``response, response_reason, response_name, response_date, look_again``.
    take
        Called with the answers to one group and the name; what it refuses is shown, and what was typed stays.
    key
        Of the page, so that its questions are its own.
    may
        Whether whoever is here may answer; else the answers are shown and no form.
    """
    if findings.empty:
        st.markdown(tr("Nothing here asks for an answer."))
        return
    ui.status(shown.tally(findings))
    if may:
        _form(findings, take, key)
    ui.table(shown.table(findings), tr("What was found, and what officers answered; what nobody has answered stands first"))


def _form(findings: pd.DataFrame, take: Callable[[Sequence[Response], str], None], key: str) -> None:
    held = shown.groups(findings)
    group = st.selectbox(tr("Finding to answer"), list(held), format_func=shown.label, key=f"{key}_finding")
    rows = held[group]
    with st.expander(tr("Why this was found, in {wards}", wards=counted(rows["area_code"].nunique(), "ward"))):
        ui.lines(shown.reasons(rows))
    names = dict(rows[["area_code", "area_name"]].astype(str).itertuples(index=False, name=None))
    left = shown.open_wards(rows)
    # After an answer is taken the form is fresh; until then what was typed stays, also where somebody else saved first.
    turns: dict[str, int] = visit.held().setdefault(_TURNS, {})
    turn = f"{key}_{'-'.join(group)}_{turns.get(key, 0)}"
    # With an answer for every ward a further one is for all of them, unless somebody takes wards out.
    st.session_state.setdefault(f"{turn}_wards", list(left or names))
    if len(left) < len(names):
        st.caption(
            tr(
                "{answered} of {wards} wards have an answer already. A further answer stands beside it, and counts.",
                answered=len(names) - len(left),
                wards=len(names),
            )
        )
    with st.form(f"{turn}_form"):
        wards = st.multiselect(
            tr("Wards this answer is for"),
            list(names),
            format_func=lambda code: names[code],
            key=f"{turn}_wards",
            filter_mode="contains",
            select_all=False,
        )
        response = st.radio(tr("Answer"), list(WORDS), index=None, format_func=lambda one: tr(WORDS[one]), key=f"{turn}_answer")
        reason = st.text_area(tr("Reason, in your own words (needed to amend or reject)"), key=f"{turn}_reason", max_chars=2000)
        name = ask_name(f"{key}_answer")
        sent = st.form_submit_button(tr("Record this answer"), type="primary")
    if not sent:
        return
    if not wards or response is None:
        st.error(tr("Choose at least one ward, and accept, amend or reject."))
        return
    if not name.strip():
        lacking = [Problem("name", tr("is blank"), "", tr("Say who answers: an answer stands with who gave it."))]
        if response != "accept" and not reason.strip():
            lacking.append(Problem("reason", tr("{response} has no reason", response=response), "", tr("Say why, in your own words.")))
        ui.show_error(UsageError(lacking))
        return
    mine = rows[rows["area_code"].isin(wards)]
    keys = mine[responses.KEY].astype(str).to_dict("records")
    given = [Response(**{str(name): value for name, value in row.items()}, response=response, reason=reason) for row in keys]
    try:
        take(given, name)
    except ExclusionError as error:
        ui.show_error(error)
        return
    turns[key] = turns.get(key, 0) + 1
    st.rerun()


__all__ = ["ANSWERS", "NAME", "answer", "answer_visit", "ask_name", "of_visit"]
