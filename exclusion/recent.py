"""What was worked out most recently, so many at the most: for what is asked for again and again and must not fill the memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Made = TypeVar("Made")


class Recent:
    """Answers by question; the one not asked for the longest goes when there are more than ``most``. Safe for threads.

    The question must hold all that the answer depends on, and nobody may change an answer.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, question: Hashable, work: Callable[[], Made]) -> Made:
        """The answer: the one held, else what ``work`` gives, held from now on."""
        with self._lock:
            if question in self._held:
                self._held.move_to_end(question)
                held: Made = self._held[question]
                return held
        made = work()  # without the lock: another question need not wait, and two who ask the same at once get the same
        with self._lock:
            self._held[question] = made
            self._held.move_to_end(question)
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made
