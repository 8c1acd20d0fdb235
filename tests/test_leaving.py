"""The sweep for visits that ended, by itself; ``browser/test_leaving_browser.py`` has it at work in a server."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from exclusion.ui import leaving


class Session:
    """A visit whose end goes wrong."""

    id = "a"

    def shutdown(self) -> None:
        raise RuntimeError("this one cannot be let go of")


def test_the_next_sweep_comes_whatever_goes_wrong_in_this_one() -> None:
    """One visit that cannot be let go of must not keep those of every later visitor."""
    planned: list[tuple[object, ...]] = []
    loop = SimpleNamespace(call_later=lambda *what: planned.append(what))
    visits = SimpleNamespace(list_sessions=lambda: [])
    with pytest.raises(RuntimeError):
        leaving._sweep(loop, visits, [Session()])
    assert [what[:4] for what in planned] == [(leaving.EVERY, leaving._sweep, loop, visits)]
