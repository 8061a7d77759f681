"""Politeness: how often, and how many times at once, one host is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class _Lane:
    slots: threading.BoundedSemaphore
    next_start: float = float("-inf")


class Pace:
    """Turns for each host: `delay` seconds between two starts, `concurrency` turns at once; threads may share it."""

    def __init__(
        self,
        delay: float,
        concurrency: int,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._delay = delay
        self._concurrency = max(1, concurrency)
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait for this host's next turn and hold it."""
        lane = self._lane(host.lower())
        with lane.slots:
            wait = self._book(lane)
            if wait > 0:
                self._sleep(wait)
            yield

    def _lane(self, host: str) -> _Lane:
        with self._lock:
            if host not in self._lanes:
                self._lanes[host] = _Lane(threading.BoundedSemaphore(self._concurrency))
            return self._lanes[host]

    def _book(self, lane: _Lane) -> float:
        with self._lock:
            now = self._clock()
            start = max(now, lane.next_start)
            lane.next_start = start + self._delay
            return start - now
