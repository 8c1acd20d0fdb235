"""The questions that pages share, whose answers live in the address, and the links that answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from exclusion import judgement
from exclusion.judgement.score import method_for, people_rates
from exclusion.judgement.services import Service
from exclusion.language import mark, tr, trn
from exclusion.release import Evidence
from exclusion.saying import join_words
from exclusion.ui import judged
from exclusion.ui.address import give_answers, keep, readdress, say_what_the_link_lacks
from exclusion.ui.figures import FIRST_SERVICE, SCALE, WHY, evidence, people_scale
from exclusion.ui.showing import plain

_SERVICE_IN_LINK = "service in the link"
_NAMED_BY_LINK = "services_named_by_link"


def heed_names(held: Evidence) -> None:
    """A link may name councils by code or by name alone (``?council=E06000009``, ``?council=Blackpool``), as one written by hand would."""
    listed, _, known = _councils()
    if not (given := st.query_params.get_all("council")):
        code = _code_in(str(st.query_params.get("ward", "")))  # a link with a ward alone is to its own council
        begun = st.session_state.get("_arrived", False)
        st.session_state["_arrived"] = True
        if not begun and code in held.areas.index:
            readdress("council", [listed[str(held.areas.loc[code, "council_code"])][0]])
        return
    st.session_state["_arrived"] = True  # the council that a page shows by itself leaves the address; the ward then stands there alone
    codes = [known.get(one.strip().casefold(), "") for one in given]
    if not any(codes):
        return
    readdress("council", [listed[mine][0] if mine else one for mine, one in zip(codes, given, strict=True)])


def heed_code(held: Evidence) -> None:
    """A link may name a ward by its code alone (``/ward?code=E05015188``), as another system of the council would."""
    code = st.query_params.get("code")
    if code is None:
        return
    del st.query_params["code"]
    if code in held.areas.index:
        show_ward(held, code)
    else:
        st.warning(
            plain(tr("This link names a ward we do not hold: “{code}”. It may be of another year; find the ward by its name.", code=code))
        )


def _code_in(label: str) -> str:
    """The code at the end of how an address spells a ward: ``Bloomfield (E05015188)``, or the code alone."""
    return label.strip().removesuffix(")")[-9:].upper()


def show_ward(held: Evidence, code: str) -> None:
    """Answer a page's questions for a ward, in its own council; before any of them is asked. All other answers stay."""
    council = str(held.areas.loc[code, "council_code"])
    label, _ = _councils()[0][council]
    keep("council", [council], [label])
    keep("ward", code, ward_label(held.areas.loc[code], code))
    give_answers()


def choose_councils(held: Evidence) -> tuple[str, ...]:
    """The chosen councils, by code; several act as one area. Stops the page while none is chosen."""
    listed, labels, _ = _councils()
    codes = list(listed)
    say_what_the_link_lacks("council", labels, tr("councils we do not hold"), tr("The first council is shown in its place."))
    first = [code for code, (_, mapped) in listed.items() if mapped][:1] or codes[:1]
    chosen = st.multiselect(
        tr("Council (choose several to look at them as one area)"),
        codes,
        default=first,
        key="council",
        bind="query-params",
        format_func=lambda code: listed[code][0],
        filter_mode="contains",
        select_all=False,  # else Enter in the empty box would choose every council
        placeholder=tr("Type the name of a council"),
    )
    keep("council", chosen, None if chosen == first else [listed[code][0] for code in chosen])
    if not chosen:
        st.info(tr("Choose a council to begin."))
        st.stop()
    return tuple(sorted(chosen, key=codes.index))


def _councils() -> tuple[dict[str, tuple[str, bool]], set[str], dict[str, str]]:
    """By code, how an address spells a council and whether its wards are mapped; every spelling; and codes by code or name alone.

    Made once for a release and shared, so never to be written to.
    """

    def work() -> tuple[dict[str, tuple[str, bool]], set[str], dict[str, str]]:
        table = evidence().councils()
        rows = list(zip(table["council_code"].tolist(), table["council_name"].tolist(), table["mapped"].tolist(), strict=True))
        known = {code.casefold(): code for code, _, _ in rows}
        for code, name, _ in rows:
            name = name.casefold()
            known[name] = "" if name in known else code  # two councils of one name: neither is taken
        listed = {code: (f"{name} ({code})", bool(mapped)) for code, name, mapped in rows}
        return listed, {label for label, _ in listed.values()}, known

    return evidence().recent("spelling", work)


def choose_service(councils: Sequence[str] = ()) -> Service:
    """The service that would move online: one that a council of the chosen ones' nations runs."""
    profiles = local.services if (local := judged.here()) else judgement.services()
    nations = evidence().nations(councils)
    listed = judgement.offered(profiles, nations)
    first = FIRST_SERVICE if FIRST_SERVICE in listed else next(iter(listed))
    named = _heed_service(listed, first, profiles)
    if st.session_state.get("service") not in listed:
        st.session_state["service"] = first  # a visit begins, or the councils changed under it
    if elsewhere := [one for one in named if one not in listed and st.session_state["service"] == first]:
        _say_not_run(elsewhere, profiles, listed[first], nations)
    ids = sorted(listed, key=lambda one: tr(listed[one].service_name))
    chosen = st.selectbox(tr("Service that would move online"), ids, key="service", format_func=lambda one: tr(listed[one].service_name))
    in_link = None if chosen == first else chosen
    if in_link is None:
        st.query_params.pop("service", None)
    elif st.query_params.get("service") != in_link:
        st.query_params["service"] = in_link
    st.session_state[_SERVICE_IN_LINK] = in_link
    keep("service", chosen, in_link)
    return listed[chosen]


def _heed_service(listed: Mapping[str, Service], first: str, profiles: Mapping[str, Service]) -> list[str]:
    """Take a service from the address, where that changed: by its id, which stays when a council renames it, or by a name of it.

    Streamlit would write the name into the address by itself; a link made where the council's own name held would then open
    nowhere else. What comes back are the services, of all those held, that the visit's link named.
    """
    given = st.query_params.get("service")
    ours = judgement.services()
    known = {one.service_name: name for name, one in profiles.items()}
    known |= {ours[name].service_name: name for name in profiles if name in ours} | {name: name for name in profiles}
    if _NAMED_BY_LINK not in st.session_state:
        st.session_state[_NAMED_BY_LINK] = [known[one] for one in st.query_params.get_all("service") if one in known]
    say_what_the_link_lacks("service", set(known), tr("services we do not hold"), tr("Another service is shown in its place."))
    if given != st.session_state.get(_SERVICE_IN_LINK):
        st.session_state["service"] = first if given is None else known.get(given, first)
    named: list[str] = st.session_state[_NAMED_BY_LINK]
    return named


def _say_not_run(lacking: Sequence[str], profiles: Mapping[str, Service], shown: Service, nations: Sequence[str]) -> None:
    """A service that we hold and councils here do not run must not be called one that we do not hold."""
    services = join_words([f"“{tr(profiles[one].service_name)}”" for one in lacking])
    said = trn(
        "This link names {services}: this is not a service of councils in {nations}. “{shown}” is shown in its place.",
        "This link names {services}: these are not services of councils in {nations}. “{shown}” is shown in their place.",
        len(lacking),
        services=services,
        nations=join_words([tr(nation) for nation in nations]),
        shown=tr(shown.service_name),
    )
    st.warning(plain(said))


def choose_ward(areas: pd.DataFrame, label: str = mark("Ward")) -> str | None:
    """The chosen ward, by code, or None; the map writes its picks here too."""
    one_council = areas["council_code"].nunique() == 1
    rows = zip(areas.index, areas["area_name"].tolist(), areas["council_name"].tolist(), strict=True)
    names = {str(code): f"{ward} ({code})" if one_council else f"{ward}, {council} ({code})" for code, ward, council in rows}
    _heed_ward(names)
    chosen = choose_area(tr(label), "ward", names, tr("Choose a ward, here or on the map"))
    keep("ward", chosen, names.get(chosen or ""))
    return chosen


def _heed_ward(names: Mapping[str, str]) -> None:
    """A link may spell a ward as other councils beside it have it, or by code alone; one that is not of the councils shown is said."""
    if "link lacks ward" not in st.session_state:
        given = str(st.query_params.get("ward", ""))
        code = _code_in(given)
        if code in names and names[code] != given:
            readdress("ward", names[code])
    say_what_the_link_lacks("ward", set(names.values()), tr("a ward that is not of the councils shown"), tr("None is chosen in its place."))


def choose_area(label: str, key: str, names: dict[str, str], placeholder: str) -> str | None:
    """An area by code, or None: a question of the address that a map may answer too, by writing to ``key``."""
    if st.session_state.get(key) not in (None, *names):
        st.session_state[key] = None  # what it is chosen from changed under it
    chosen: str | None = st.selectbox(
        label, list(names), index=None, key=key, bind="query-params", format_func=names.__getitem__, placeholder=placeholder
    )
    return chosen


def ward_label(row: pd.Series[Any], code: str) -> str:
    """How the question and the address spell a ward of one council."""
    return f"{row['area_name']} ({code})"


def choose_layer(label: str, name: str, names: dict[str, str], first: str, lacking: str = mark("a map that cannot be shown here")) -> str:
    """What one of two maps shows; ``names`` is keyed by what :func:`exclusion.views.side.layer` takes.

    ``lacking``: what a link names that is none of them.
    """
    if st.session_state.get(name) not in (None, *names):
        st.session_state[name] = first  # the councils changed under it
    say_what_the_link_lacks(name, set(names.values()), tr(lacking), tr("{name} is shown in its place.", name=names[first]))
    keys = list(names)
    chosen: str = st.selectbox(label, keys, index=keys.index(first), key=name, bind="query-params", format_func=names.__getitem__)
    keep(name, chosen, None if chosen == first else names[chosen])
    return chosen


def pick_ward(code: str) -> None:
    """What the map calls when a ward is picked."""
    st.session_state["ward"] = code


def choose_weights(nations: Sequence[str]) -> dict[str, float] | None:
    """How much each part of the score counts; None while they stand at the default.

    The sliders run from 0 to 100 and are put into proportion; only their ratios count.
    """
    presets = [preset for nation in nations if (preset := method_for(nation))]
    if not presets:
        return None
    preset = max(presets, key=lambda one: len(one.domain))
    defaults = {domain.id: round(100 * domain.weight) for domain in preset.domain}
    st.markdown(tr("How much each part counts. Only the proportions matter; move one to see which wards depend on it."))
    weights: dict[str, float] = {}
    for column, domain in zip(st.columns(len(defaults)), preset.domain, strict=True):
        name = f"w_{domain.id}"
        weight = column.slider(tr(domain.label), 0, 100, defaults[domain.id], 1, key=name, bind="query-params")
        keep(name, weight, None if weight == defaults[domain.id] else str(weight))
        weights[domain.id] = weight
    if sum(weights.values()) == 0:
        st.error(tr("All weights are zero. Move at least one slider up."))
        st.stop()
    return None if weights == defaults else weights


def choose_people_scale() -> None:
    """Lets a visitor set the factor, which needs a reason: without one nothing changes, and the page says so."""
    limits = people_rates().scale
    begun = st.session_state.get(SCALE, st.query_params.get(SCALE, 1.0)) != 1.0
    with st.expander(tr("Set the level of people unlikely to use the internet"), expanded=people_scale() is not None or begun):
        st.markdown(
            tr(
                "The rates are from a survey of 2020. As we have it, the lower figure is multiplied by {low:g}, for the fall "
                "since, and the higher by {high:g}. If you know better for your area, such as from your own survey, set one "
                "factor and say why. The reason is printed with the figures. To go back, take the reason out.",
                low=limits.low,
                high=limits.high,
            )
        )
        left, right = st.columns([1, 3])
        factor = left.number_input(
            tr("Factor (1 = as in 2020)"), limits.smallest, limits.largest, 1.0, 0.05, format="%.2f", key=SCALE, bind="query-params"
        )
        why = right.text_input(tr("Why"), key=WHY, bind="query-params", max_chars=200, placeholder=tr("Our residents' survey, 2025"))
    if factor != 1.0 and not why.strip():
        st.error(
            tr("The factor {factor:g} is not used yet: it needs a reason. Say in a few words why, in the box for it above.", factor=factor)
        )


def choose_added() -> bool:
    """Whether the map leaves out what is said once for the whole council."""
    ways = (mark("Everything found in the ward"), mark("Only what comes on top of the lines above"))
    return choose_one(tr("The map shows"), "show", ways, tr("a map that cannot be shown here")) == ways[1]


def choose_one(label: str, key: str, ways: Sequence[str], lacking: str) -> str:
    """One of a few ways, all in sight, by the English words for it; a link that names another is told what is shown in its place."""
    say_what_the_link_lacks(key, {tr(one) for one in ways}, lacking, tr("{name} is shown in its place.", name=tr(ways[0])))
    chosen: str = st.radio(label, ways, key=key, bind="query-params", horizontal=True, format_func=tr)
    return chosen
