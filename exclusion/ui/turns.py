"""One page at a time: who works out a page alone is done sooner, and so, in the middle, is everybody.

Python works for one thread at a time. Two pages worked out at once therefore take turns every few milliseconds and
both end late; one after the other, the first ends in half the time and the second no later than it would have. A
page that takes long must not hold up the others, so nobody waits for a turn longer than :data:`PATIENCE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

PATIENCE = 0.25
"""Seconds after which a page is worked out beside the one that holds the turn."""
_turn = Lock()


@contextmanager
def turn() -> Iterator[None]:
    """Hold the turn of this process for what stands inside; go on without it where it does not come in time."""
    held = _turn.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if held:
            _turn.release()
