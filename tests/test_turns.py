"""Pages of one process are worked out one after the other, and none waits long for another."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from streamlit.testing.v1 import AppTest

from exclusion.ui import turns


class Page(Thread):
    """A page that is worked out until it is told to end."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.begun, self.told = Event(), Event()

    def run(self) -> None:
        with turns.turn():
            self.begun.set()
            self.told.wait(60)


@pytest.fixture
def page() -> Iterator[type[Page]]:
    """Pages that all end with the test."""
    made: list[Page] = []

    class Ended(Page):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    yield Ended
    for one in made:
        one.told.set()
        one.join(60)


def test_a_page_waits_for_the_one_before_it(page: type[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 60.0)
    first, second = page(), page()
    first.start()
    assert first.begun.wait(60)
    second.start()
    assert not second.begun.wait(0.2)  # the first holds the turn
    first.told.set()
    assert second.begun.wait(60)


def test_nobody_waits_long_for_a_page_that_takes_long(page: type[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    long, other, third = page(), page(), page()
    long.start()
    assert long.begun.wait(60)
    other.start()
    assert other.begun.wait(60)  # beside the long one, which goes on
    other.told.set()
    other.join(60)
    third.start()  # the turn is still the long one's: the other never had it and gave nothing back
    assert third.begun.wait(60)
    assert long.is_alive()


def test_a_page_that_stops_or_goes_wrong_gives_the_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 60.0)
    for _ in range(2):  # the second would wait a minute for the first
        with pytest.raises(KeyboardInterrupt), turns.turn():
            raise KeyboardInterrupt  # as Streamlit's own "stop" and "rerun", no Exception


def test_the_app_takes_a_turn_for_its_page(root, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    held = turns._turn

    class Watched:
        def acquire(self, timeout: float) -> bool:
            taken.append(True)
            return held.acquire(timeout=timeout)

        def release(self) -> None:
            held.release()

    monkeypatch.setattr(turns, "_turn", Watched())
    app = AppTest.from_file(str(root / "app.py"), default_timeout=120).run()
    assert not app.exception
    assert taken
    assert not held.locked()
