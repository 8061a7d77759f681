"""Politeness: how often, and how many times at once, one host is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    """The turns of one host: `held` now, and when the last one started."""

    free: threading.Condition = field(default_factory=threading.Condition)
    gate: threading.Lock = field(default_factory=threading.Lock)
    held: int = 0
    last_start: float = float("-inf")


class Pace:
    """Turns for each host: `delay` seconds between two starts, `concurrency` turns at once; threads may share it.

    `sleep` replaces the way in which whoever takes a turn would wait.
    """

    def __init__(
        self,
        delay: float,
        concurrency: int,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._delay = delay
        self._concurrency = max(1, concurrency)
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._lanes: dict[str, _Lane] = {}

    def tuned(self, delay: float, concurrency: int) -> Pace:
        """Return a pace of other numbers that counts the same turns: what either starts, both take note of."""
        other = Pace(delay, concurrency, self._sleep, self._clock)
        other._lock, other._lanes = self._lock, self._lanes
        return other

    @contextmanager
    def turn(self, host: str, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
        """Wait for this host's next turn and hold it; a wait that raises gives the turn up."""
        lane = self._lane(host.lower())
        with lane.free:
            lane.free.wait_for(lambda: lane.held < self._concurrency)
            lane.held += 1
        try:
            self._await_start(lane, self._sleep or sleep)
            yield
        finally:
            with lane.free:
                lane.held -= 1
                lane.free.notify_all()

    def _lane(self, host: str) -> _Lane:
        with self._lock:
            return self._lanes.setdefault(host, _Lane())

    def _await_start(self, lane: _Lane, sleep: Callable[[float], None]) -> None:
        # One at a time waits for its start, so that a turn given up while waiting delays nobody.
        with lane.gate:
            now = self._clock()
            start = max(now, lane.last_start + self._delay)
            if start > now:
                sleep(start - now)
            lane.last_start = start
