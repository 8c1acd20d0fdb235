"""The questions about a council's own costs: a form or a file, no figure of ours, kept in the visit only."""

from __future__ import annotations

from typing import Any

import streamlit as st

from exclusion import costs, judgement, ui
from exclusion.contracts import Problem
from exclusion.language import mark, tr
from exclusion.proposal import ONLINE, Considered
from exclusion.saying import join_words
from exclusion.ui import visit
from exclusion.ui.visit import ask, attempt, upload
from exclusion.views import costs as shown
from exclusion.words import capital

FORM, FILE = mark("Fill in a form"), mark("A file (TOML)")
_KEY = "proposal_cost"


def choose_costs(considered: Considered, problems: list[Problem]) -> costs.Costs | None:
    """The council's costs for what these proposals close, None while there are none; mistakes are added to ``problems``."""
    closing = _closing(considered)
    st.subheader(tr("Your own costs"), anchor=False)
    st.markdown(
        tr(
            "We have no pounds of ours: published costs of a contact are fourteen years old and differ eight-fold. With "
            "your own figures, each as a low and a high one, the page says what the proposal saves, what of it leaks "
            "away through people who come back, and what it costs to keep ways in open only where we advise it, against "
            "everywhere."
        )
    )
    how = ask(st.radio, tr("How to give your costs"), f"{_KEY}_how", FORM, options=(FORM, FILE), format_func=tr, horizontal=True)
    if how == FORM:
        return _form(closing, problems)
    given = upload(tr("Your own costs (TOML)"), "proposal_costs", ["toml"])
    label = tr("An empty file of costs (TOML)")
    st.download_button(label, costs.template([*closing, "phone"]), "costs.toml", "text/plain", on_click="ignore")
    return attempt(lambda: visit.from_file(costs.read, given[0]), problems) if given else None


def _closing(considered: Considered) -> list[str]:
    return list(dict.fromkeys(name for proposal in considered.proposals for change in proposal.service for name in change.close))


def _form(closing: list[str], problems: list[Problem]) -> costs.Costs | None:
    channels = judgement.channels()
    lacking: list[str] = []
    with st.expander(tr("Fill in your costs")):
        left, middle, right = st.columns(3)
        with left:
            by = ask(st.text_input, tr("Who gave the figures"), f"{_KEY}_by", "", placeholder=tr("Finance"), max_chars=100).strip()
        with middle:
            reckoned = ask(
                st.text_input, tr("When they were reckoned"), f"{_KEY}_when", "", placeholder="October 2026", max_chars=100
            ).strip()
        with right:
            ways = [name for name in channels if name not in closing] or list(channels)
            first = "phone" if "phone" in ways else ways[0]
            back = ask(
                st.selectbox,
                tr("The way in people come back by when online fails them"),
                f"{_KEY}_back",
                first,
                options=ways,
                format_func=lambda name: capital(tr(channels[name].label)),
            )
        contact = {
            name: _pair(tr("A contact {by}, in pounds", by=_by(name)), f"contact_{name}", lacking)
            for name in dict.fromkeys([ONLINE, back, *closing])
        }
        rate = _pair(tr("Of 100 people moved online, how many come back"), "rate", lacking, most=100.0)
        each = _pair(tr("Contacts each of those makes on coming back (one when left out)"), "each", lacking, needed=False, least=1.0)
        label = tr("Of 100 people moved online, how many give up and are not served (if known)")
        gone = _pair(label, "gone", lacking, needed=False, most=100.0)
        wards = {
            name: _pair(
                tr("Keeping {label} open in one ward for a year, in pounds (if known)", label=tr(channels[name].label)),
                f"open_{name}",
                lacking,
                needed=False,
            )
            for name in closing or ("phone", "f2f")
        }
    if not (by or reckoned or any(contact.values()) or rate):
        needed = join_words([_by(name) for name in contact])
        st.info(
            tr(
                "To fill in: who gave the figures and when, what one contact costs {needed}, and how many of 100 people "
                "moved online come back. Nothing is said about pounds until then.",
                needed=needed,
            )
        )
        return None
    lacking = [*([tr("who gave the figures")] if not by else []), *([tr("when they were reckoned")] if not reckoned else []), *lacking]
    if lacking:
        st.info(tr("Still to fill in: {lacking}.", lacking="; ".join(lacking)))
        return None
    fields: dict[str, Any] = {"by": by, "reckoned": reckoned, "falls_back_to": back, "contact": contact, "recontact": _share(rate)}
    if each:
        fields["each"] = each
    if gone:
        fields["gives_up"] = _share(gone)
    fields["open_in_a_ward"] = {name: pair for name, pair in wards.items() if pair}
    found = attempt(lambda: costs.build(fields, tr("your costs")), problems)
    if found:
        st.download_button(tr("Your costs as a file (TOML)"), costs.to_toml(found), "costs.toml", "text/plain", on_click="ignore")
    return found


def _by(name: str) -> str:
    return tr("online") if name == ONLINE else tr("by {way}", way=tr(judgement.channels()[name].label))


def _pair(
    label: str, key: str, lacking: list[str], *, needed: bool = True, least: float = 0.0, most: float | None = None
) -> dict[str, float] | None:
    """Ask for a low and a high figure; None until both are there, and then named in ``lacking`` if needed or half given."""
    columns = st.columns(2)
    ends: dict[str, float | None] = {}
    for column, end in zip(columns, (mark("low"), mark("high")), strict=True):
        with column:
            ends[end] = ask(st.number_input, f"{label}: {tr(end)}", f"{_KEY}_{key}_{end}", None, min_value=least, max_value=most, step=0.01)
    held = {end: float(value) for end, value in ends.items() if value is not None}
    if len(held) == len(ends):
        return held
    if needed or held:
        lacking.append(label[:1].lower() + label[1:])
    return None


def _share(pair: dict[str, float] | None) -> dict[str, float]:
    return {name: value / 100 for name, value in (pair or {}).items()}


def show_sums(held: dict[str, tuple[costs.Worked, ...]]) -> None:
    """The sum behind each saving, to be done again by whoever likes to."""
    if not held:
        return
    with st.expander(tr("The sum, line by line")):
        st.markdown(
            tr(
                "In one column every figure stands where least is saved, in the other where most is. Each can be done again "
                "from top to bottom; the workbook holds the same lines as formulas, so that a figure can be changed."
            )
        )
        for title, sums in held.items():
            for one in sums:
                ui.table(shown.sum_rows(one), f"{title}, {one.names['way']}", numbers=shown.numbers())
