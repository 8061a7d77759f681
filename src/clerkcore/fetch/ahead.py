"""Working ahead: a few pieces of work at a time, each in a thread, whose results come in the order asked."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
LOOK_AHEAD = 2  # pieces begun and not yet taken, for each that may be at work: a slow one stops no thread at once


class Unwanted(Exception):
    """A piece of work was given up: one before it failed, or nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Errand:
    """How one piece of work waits, and how it learns that it is wanted no more; both raise Unwanted then."""

    sleep: Callable[[float], None]
    check: Callable[[], None]


class _Wanted:
    """Up to which number work is wanted: the first that failed, or none at all."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._last = math.inf

    @property
    def ended(self) -> bool:
        return self._last < math.inf

    def end_at(self, number: int) -> None:
        with self._moved:
            self._last = min(self._last, number)
            self._moved.notify_all()

    def check(self, number: int) -> None:
        if number > self._last:
            raise Unwanted

    def sleep(self, number: int, seconds: float) -> None:
        with self._moved:
            self._moved.wait_for(lambda: number > self._last, seconds)
        self.check(number)


class Convoy(Generic[T, R]):
    """At most `width` pieces of work at once, and a few begun ahead of who takes the results.

    The first piece that fails ends the row: those before it still arrive, then its error is raised;
    what was begun after it is given up. `sleep` replaces waiting. `close` joins the threads.
    """

    def __init__(
        self, work: Callable[[T, Errand], R], width: int, sleep: Callable[[float], None] | None = None
    ) -> None:
        self._work = work
        self._width = width
        self._sleep = sleep
        self._wanted = _Wanted()
        self._pool = ThreadPoolExecutor(width, thread_name_prefix="clerk-fetch")

    def run(self, items: Iterable[T]) -> Iterator[R]:
        """Yield what the work makes of each item, in their order."""
        begun: deque[Future[R]] = deque()
        for number, item in enumerate(items):
            begun.append(self._pool.submit(self._go, number, item))
            if len(begun) >= LOOK_AHEAD * self._width:
                yield begun.popleft().result()
            if self._wanted.ended:
                break
        while begun:
            yield begun.popleft().result()

    def _go(self, number: int, item: T) -> R:
        check = partial(self._wanted.check, number)
        errand = Errand(self._sleep or partial(self._wanted.sleep, number), check)
        try:
            check()
            return self._work(item, errand)
        except BaseException:
            self._wanted.end_at(number)
            raise

    def close(self) -> None:
        """Give up what is left, and return when no thread is at work; may be called again."""
        self._wanted.end_at(-1)
        self._pool.shutdown(cancel_futures=True)
