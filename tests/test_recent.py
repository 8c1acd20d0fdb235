"""What is kept for the next who asks the same: never taken for the answer to another question, never without a bound."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

import exclusion
from exclusion import assessment, judgement, provision, risk
from exclusion.contracts import check
from exclusion.recent import Recent
from exclusion.release import RECENT, Evidence

TODAY = date(2026, 11, 24)
BLACKPOOL, RIBBLE_VALLEY = "E06000009", "E07000124"


@pytest.fixture
def fresh(bundled: Evidence) -> Evidence:
    """The bundled release, of which nobody has asked anything yet."""
    return dataclasses.replace(bundled, cache={})


def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[object]:
    """The calls that a function gets from here on."""
    calls: list[object] = []
    work: Callable[..., object] = getattr(module, name)

    def told(*given: object, **named: object) -> object:
        calls.append((given, named))
        return work(*given, **named)

    monkeypatch.setattr(module, name, told)
    return calls


def test_the_answer_not_asked_for_the_longest_goes_first() -> None:
    held, worked = Recent(2), []
    for question in ("a", "b", "a", "c", "a", "b"):
        held.get(question, lambda one=question: worked.append(one) or one)  # type: ignore[misc]
    assert worked == ["a", "b", "c", "b"], "c put b out, because a had been asked for since"
    assert len(held) == 2


def test_a_work_that_fails_is_asked_for_again() -> None:
    held = Recent(2)
    with pytest.raises(ZeroDivisionError):
        held.get("a", lambda: 1 / 0)
    assert held.get("a", lambda: "made") == "made"


def test_a_second_service_of_a_council_is_checked_on_what_the_first_was(fresh: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures, scores, people and what services are checked on are worked out once; the findings are those of a release nobody asked."""
    ground, residents = counted(monkeypatch, provision, "ground"), counted(monkeypatch, assessment.people, "of_areas")
    exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], today=TODAY)
    second = exclusion.assess(fresh, [BLACKPOOL], ["pothole"], today=TODAY)
    exclusion.assess(fresh, [BLACKPOOL], (), weights={"age": 1, "disability": 0, "income": 0, "connectivity": 0}, today=TODAY)
    assert (len(ground), len(residents)) == (1, 1)
    alone = exclusion.assess(dataclasses.replace(fresh, cache={}), [BLACKPOOL], ["pothole"], today=TODAY)
    for name in ("findings", "summaries", "council_wide", "scores", "people", "profile"):
        pd.testing.assert_frame_equal(getattr(second, name), getattr(alone, name))
    assert second.notices == alone.notices


@pytest.mark.parametrize(
    "other",
    [
        {"councils": [RIBBLE_VALLEY]},
        {"today": date(2045, 1, 1)},
        {"thresholds": "0"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_another_council_day_or_version_is_another_ground(
    fresh: Evidence, monkeypatch: pytest.MonkeyPatch, other: dict[str, object]
) -> None:
    ground = counted(monkeypatch, provision, "ground")
    asked: dict[str, object] = {"councils": [BLACKPOOL], "services": ["blue_badge"], "today": TODAY}
    first = exclusion.assess(fresh, **asked)  # type: ignore[arg-type]
    second = exclusion.assess(fresh, **asked | other)  # type: ignore[arg-type]
    assert len(ground) == 2
    assert not first.findings.equals(second.findings)


def test_a_councils_own_thresholds_are_kept_for_nobody(fresh: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are judgement of one visit; whoever asks next without them is answered by ours."""
    from exclusion.judgement.local import Local

    ours = exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], today=TODAY)
    raised = {
        name: one.model_copy(update={"low": 10 * one.low, "high": 10 * one.high, "version": "council"})
        for name, one in judgement.thresholds().items()
    }
    local = Local(judgement.services(), raised, None, ())
    ground = counted(monkeypatch, provision, "ground")
    for _ in range(2):
        theirs = exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], local=local, today=TODAY)
    assert len(ground) == 2, "worked out each time: nothing of it is held"
    again = exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], today=TODAY)
    assert len(ground) == 2
    assert (theirs.findings["kind"] == "keep").sum() < (ours.findings["kind"] == "keep").sum()
    pd.testing.assert_frame_equal(again.findings, ours.findings)


def test_figures_of_a_visit_are_kept_apart_from_the_releases(fresh: Evidence) -> None:
    """A council's own figures make evidence of their own (as :mod:`exclusion.own.laying` does), which keeps its answers itself."""
    ours = exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], today=TODAY)
    held = dict(fresh.cache["recent", ""]._held)
    rows = fresh.observations
    older = rows["measure"].eq("age75") & rows["area_code"].isin(ours.areas.index)
    brought = dataclasses.replace(fresh, observations=rows.assign(count=rows["count"].where(~older, 2 * rows["count"])), cache={})
    theirs = exclusion.assess(brought, [BLACKPOOL], ["blue_badge"], today=TODAY)
    assert not theirs.profile.equals(ours.profile)
    assert dict(fresh.cache["recent", ""]._held) == held, "nothing of theirs is among what the release keeps"
    again = exclusion.assess(fresh, [BLACKPOOL], ["blue_badge"], today=TODAY)
    pd.testing.assert_frame_equal(again.findings, ours.findings)
    pd.testing.assert_frame_equal(again.profile, ours.profile)


def test_a_release_answers_for_so_many_questions_at_the_most(fresh: Evidence) -> None:
    for number in range(RECENT + 20):
        fresh.recent(number, lambda one=number: one)  # type: ignore[misc]
    assert len(fresh.cache["recent", ""]) == RECENT


@pytest.mark.parametrize("council", ["Blackpool", "Ribble Valley", "Tower Hamlets", "Glasgow City", "Cardiff", "Belfast"])
def test_findings_meet_their_contract(bundled: Evidence, council: str) -> None:
    """Checked here, for every service, and not at every click: findings are made by us, from judgement that was checked."""
    found = exclusion.assess(bundled, [council], today=TODAY).findings
    assert len(found)
    pd.testing.assert_frame_equal(check(found, "findings", council), found)


def test_nothing_found_has_the_columns_of_findings(bundled: Evidence) -> None:
    """On the path of the sliders there is no service; the tables are shared and have no row to write to."""
    nothing = exclusion.assess(bundled, [BLACKPOOL], (), today=TODAY)
    some = exclusion.assess(bundled, [BLACKPOOL], ["blue_badge"], today=TODAY)
    for name in ("findings", "summaries", "council_wide"):
        assert len(getattr(nothing, name)) == 0
        assert list(getattr(nothing, name).columns) == list(getattr(some, name).columns)


def test_the_nations_of_councils_are_those_of_their_wards(fresh: Evidence) -> None:
    assert fresh.nations([BLACKPOOL, RIBBLE_VALLEY]) == ("England",)
    assert set(fresh.nations(fresh.find_councils(["Cardiff", "Glasgow City"]))) == {"Wales", "Scotland"}
    assert fresh.nations([]) == ()


def test_another_factor_on_people_is_another_answer(fresh: Evidence) -> None:
    """And as many as anybody types in do not stay: they are among the recent ones."""
    ours = exclusion.assess(fresh, [BLACKPOOL], (), today=TODAY).people
    for factor in (0.5, 0.9):
        scaled = exclusion.assess(fresh, [BLACKPOOL], (), today=TODAY, people_scale=(factor, "our survey")).people
        assert not scaled["low"].equals(ours["low"])
    assert exclusion.assess(fresh, [BLACKPOOL], (), today=TODAY).people.equals(ours)
    assert not [key for key in fresh.cache if "people of wards" in key]


def test_other_weights_move_scores_as_they_move_them_when_nothing_is_kept(fresh: Evidence) -> None:
    """Where wards stand is kept; the weights, the bands and the notice are worked out for each asker."""
    for weights in (
        {"age": 90, "disability": 3, "income": 20, "connectivity": 10},
        {"age": 0, "disability": 0, "income": 1, "connectivity": 0},
    ):
        again = exclusion.assess(fresh, [BLACKPOOL], (), weights=weights, today=TODAY)
        alone = exclusion.assess(dataclasses.replace(fresh, cache={}), [BLACKPOOL], (), weights=weights, today=TODAY)
        pd.testing.assert_frame_equal(again.scores, alone.scores)
        assert again.notices == alone.notices
    ours = exclusion.assess(fresh, [BLACKPOOL], (), today=TODAY)
    assert not ours.scores["risk"].equals(again.scores["risk"])
    assert ours.method.is_default


@pytest.mark.parametrize("council", ["Cardiff", "Glasgow City", "Blackpool"])
def test_scores_of_one_council_are_its_rows_of_the_nations(bundled: Evidence, council: str) -> None:
    """One council alone goes a shorter way than a nation; the figures are the same."""
    a = exclusion.assess(bundled, [council], ())
    nation = bundled.areas.index[bundled.areas["nation"] == a.areas["nation"].iloc[0]]
    whole = risk.score(bundled, list(nation))
    pd.testing.assert_frame_equal(a.scores, whole.loc[a.scores.index])
