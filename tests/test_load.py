"""The load test of benchmarks/, small: it speaks with the app as a browser does, and what goes wrong is counted, not passed over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest
from programs import program
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).parents[1]
Made = TypeVar("Made")
BLACKPOOL, TOWER_HAMLETS = "E06000009", "E09000030"


@pytest.fixture(scope="module")
def load() -> ModuleType:
    """benchmarks/load.py, which is a program beside the package."""
    return program(ROOT / "benchmarks" / "load.py")


@pytest.fixture(scope="module")
def serving(load: ModuleType) -> Iterator[object]:
    with load.serving(1) as server:
        yield server


def finished(work: Coroutine[object, object, Made]) -> Made:
    """What the work gives, from a thread of its own: a browser test of the same process may have left its loop running in this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def test_sessions_open_pages_and_change_things_and_none_fails(load: ModuleType, serving) -> None:  # type: ignore[no-untyped-def]
    """Ten sessions, as many of each page as PAGES says; each changes something three times."""
    told = load.Told()
    finished(load.sessions(serving.port, 10, 1.0, 600.0, [BLACKPOOL, TOWER_HAMLETS], ramp=0.0, seed=8, told=told, changes=3))
    assert dict(told.failed) == {}
    assert len(told.opened) == 10
    assert len(told.reruns) == 30
    assert told.received / (len(told.opened) + len(told.reruns)) > 10_000, "a page comes with its tables"


@pytest.mark.parametrize(("page", "asked"), [("", "service"), ("risk_map", "w_age"), ("ward", "ward")])
def test_a_change_is_answered_by_the_page_that_was_asked_for(load: ModuleType, serving, page: str, asked: str) -> None:  # type: ignore[no-untyped-def]
    """What a session sends is an answer to a question of that page, and the page that comes back has it."""
    told = load.Told()

    async def one() -> object:
        session = load.Session(serving.port, page, BLACKPOOL, random.Random(1), told)
        await session.open()
        await session.change(0.0)
        await session.close()
        return session

    session = finished(one())
    questions = session.questions()
    assert {"council", asked} <= set(questions)
    assert len(session.answers) == 1
    answered = {name for name, part in questions.items() if part.id in session.answers}
    assert answered == {asked} if page != "risk_map" else answered < {"w_age", "w_disability", "w_income", "w_connectivity"}


def test_an_error_on_a_page_counts_as_failed(load: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows an exception ends its run well, as far as the server is concerned."""
    failing = ForwardMsg()
    failing.delta.new_element.exception.type = "ValueError"
    failing.delta.new_element.exception.message = "no such ward"

    class Line:
        async def recv(self) -> bytes:
            return failing.SerializeToString()

    session = load.Session(0, "", BLACKPOOL, random.Random(1), load.Told())
    session.line = Line()
    with pytest.raises(RuntimeError, match="the page shows ValueError: no such ward"):
        finished(session._end())


def test_growth_is_of_the_time_after_the_warm_up_alone(load: ModuleType) -> None:
    """Ten megabytes while caches fill count for nothing; after that 100, 100 ... 110 is a tenth more."""
    filling, level, leak = [50, 70, 90, 95], [100, 100, 100, 100, 100, 100], [100, 100, 105, 105, 110, 110]
    assert load.growth(filling + level, 0.4) == 0.0
    assert load.growth(filling + leak, 0.4) == pytest.approx(0.10)
