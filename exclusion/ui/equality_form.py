"""What the Equality review page asks: the label, logo and form of the council, how its duty stands, the officer's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from html import escape

import pandas as pd
import streamlit as st

from exclusion import equality, register, ui
from exclusion.contracts import DataRefused, Problem, UsageError
from exclusion.equality.model import Equality
from exclusion.judgement.duty import NEEDS_A_DAY, NOT_YET, SINCE_WHEN, Duty, duties
from exclusion.language import mark, tr
from exclusion.proposal import Considered
from exclusion.ui import visit
from exclusion.ui.visit import ask, attempt, upload
from exclusion.views import equality as shown

OTHER = mark("Another name")
STANDS = {
    "": mark("As our reviewed text has it"),
    "not_in_force": mark("Not in force here"),
    "in_force": mark("In force here"),
    "adopted": mark("The council has adopted it"),
}
_WORDS = "equality_words"  # the officer's own words in the visit: name of the field -> text
_BOX = "words_"
_LABEL, _OWN_LABEL, _DUTY, _SINCE = "equality_label", "equality_own_label", "equality_duty", "equality_duty_since"  # asked, in the visit
_NAMES, _OWN_NAME = (*equality.LABELS, OTHER), "Equality assessment"


def words() -> dict[str, str]:
    """The officer's own words for open fields, kept in the visit."""
    held: dict[str, str] = visit.held().setdefault(_WORDS, {})
    # What was just typed stands in the session before its box is asked for again further down the page.
    held |= {str(key).removeprefix(_BOX): str(text) for key, text in st.session_state.items() if str(key).startswith(_BOX)}
    return {name: text for name, text in held.items() if text.strip()}


def build(considered: Considered, answers: pd.DataFrame, label: str, duty: Mapping[str, Duty] | None) -> Equality | None:
    """The assessment with the officer's words in it; None, with the reason shown, where it cannot be made.

    Words for fields that this assessment does not have (another nation's, say) stay in the visit and out of it.
    """
    given = answers if len(answers) else None

    def made() -> Equality:
        own = words()
        bare = equality.build(considered, label=label, answers=given, duty=duty)
        fields = equality.open_fields(bare) if own else {}
        mine = {name: text for name, text in own.items() if name in fields}
        return equality.build(considered, label=label, answers=given, duty=duty, filled=mine) if mine else bare

    return ui.refusing_here(made)


def take_up(kept: Mapping[str, str], settings: register.Settings) -> None:
    """Go on from words and settings that were kept: they take the place of those of this visit."""
    visit.held()[_WORDS] = dict(kept)
    for name in [str(key) for key in st.session_state if str(key).startswith(_BOX)]:
        del st.session_state[name]
    listed = settings.label in equality.LABELS
    taken = {_LABEL: settings.label if listed else OTHER, _DUTY: settings.socio_economic, _SINCE: settings.since}
    for name, value in (taken if listed else taken | {_OWN_LABEL: settings.label}).items():
        st.session_state.pop(name, None)
        visit.held()[name] = value


def settings() -> register.Settings:
    """The settings of the visit, without asking."""
    held = visit.held()
    chosen = str(held.get(_LABEL) or _NAMES[0])
    name = str(held.get(_OWN_LABEL) or _OWN_NAME) if chosen == OTHER else chosen
    status = str(held.get(_DUTY) or "")
    since = held.get(_SINCE) if status in NEEDS_A_DAY else None
    if since is not None and since > date.today():  # nothing is law before its day
        since = None
    if status in NEEDS_A_DAY and since is None:  # a duty holds from a day: until it is given ours stands
        status = ""
    return register.Settings(name, status, since)


def label() -> str:
    """What the council calls the document."""
    left, right = st.columns(2)
    with left:
        chosen = ask(st.selectbox, tr("What your council calls it"), _LABEL, _NAMES[0], options=_NAMES, format_func=tr)
    if chosen == OTHER:
        with right:
            ask(st.text_input, tr("The name"), _OWN_LABEL, _OWN_NAME, max_chars=60)
    return settings().label


def duty(nations: set[str]) -> Mapping[str, Duty] | None:
    """The duty with the socio-economic part as the council says it stands; None = as we have it. Only where a nation has a choice."""
    known = duties()
    texts = [status for nation in nations if nation in known for status in known[nation].socio_economic]
    options = [one for one in STANDS if one == "" or one in texts]
    if len(options) < 3:  # the reviewed text is the only one there is
        return None
    left, right = st.columns(2)
    with left:
        status = ask(st.selectbox, tr("The socio-economic duty"), _DUTY, "", options=options, format_func=lambda one: tr(STANDS[one]))
    if status not in ("", "not_in_force"):
        with right:
            day = ask(st.date_input, tr("Since when"), _SINCE, None, min_value=date(2010, 1, 1), format="DD/MM/YYYY")
            if day is None:
                st.warning(f"{tr(SINCE_WHEN)} {tr('Until then our reviewed text stands.')}")
            elif day > date.today():
                st.warning(f"{tr('That day has not come yet.')} {tr(NOT_YET)}")
    return settings().duty


def duty_of_visit() -> Mapping[str, Duty] | None:
    """The duty as the visit has set it on the Equality review, without asking."""
    return settings().duty


def files() -> tuple[bytes | None, bytes | None]:
    """The council's logo and own form, checked; what is wrong with either is shown and it is left out."""
    left, right = st.columns(2)
    problems: list[Problem] = []
    with left:
        pictures = upload(tr("Your logo (PNG or JPEG)"), "equality_logo", ["png", "jpg", "jpeg"])
    with right:
        forms = upload(tr("Your own form (Word, .docx, with placeholders)"), "equality_own_form", ["docx"], megabytes=20)
    logo, form = (given[0][1] if given else None for given in (pictures, forms))
    good_logo = _sound(logo, equality.check_logo, problems)
    good_form = _sound(form, equality.check_form, problems)
    if problems:
        ui.show_error(DataRefused(problems))
    return good_logo, good_form


def _sound(content: bytes | None, check: Callable[[bytes], None], problems: list[Problem]) -> bytes | None:
    """The content where the check finds nothing; else what it finds is added to ``problems``."""

    def checked() -> bytes | None:
        if content is not None:
            check(content)
        return content

    return attempt(checked, problems)


def filled_form(made: Equality, form: bytes) -> bytes | None:
    """The council's form filled in; every placeholder that is not known is listed instead."""
    try:
        return equality.fill_form(made, form)
    except UsageError as error:
        ui.show_error(error)
        return None


def characteristic(made: Equality, name: str) -> None:
    """One characteristic: what is known, the open questions with room for the officer's words, and the block to paste."""
    part = made.part(name)
    st.subheader(part.title, anchor=False)
    # Its tables are the document's: on a narrow screen they scroll in a frame of their own, by keyboard too.
    about = escape(tr("What is known: {title}", title=part.title))
    frame = f'<div class="scroll" lang="en" tabindex="0" role="region" aria-label="{about}">'
    st.html(f'<div class="kept-open known">{frame}{shown.known_html(part)}</div></div>')
    for one in part.open:
        own_words(one.name, one.label, one.hint)
    with st.expander(tr("{title} as text to paste into another form", title=part.title)):
        st.code(made.part(name).text, language=None, wrap_lines=True)


def own_words(name: str, label: str, hint: str) -> None:
    """Room for the officer's own words. Blank stays open in the document, and says so there."""
    held = visit.held().setdefault(_WORDS, {})
    key = f"{_BOX}{name}"
    if key not in st.session_state:
        st.session_state[key] = held.get(name, "")
    held[name] = st.text_area(label, key=key, placeholder=tr("Left open. {hint}", hint=hint).strip(), max_chars=10_000)


__all__ = ["build", "characteristic", "duty", "duty_of_visit", "files", "filled_form", "label", "own_words", "settings", "take_up", "words"]
