"""Timing the SQL, the processor and the memory of calls in this process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.roster_process import MEGABYTE
from sqlalchemy import Engine, event


@dataclass(slots=True)
class Watch:
    """Adds up the milliseconds of the statements that hold a word."""

    word: str
    taken: float = 0.0
    begun: dict[int, float] = field(default_factory=dict)

    def before(self, _conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        """Note when such a statement begins."""
        if statement.startswith("SELECT") and self.word in statement:
            self.begun[id(cursor)] = time.perf_counter()

    def after(self, _conn: Any, cursor: Any, *_: Any) -> None:
        """Add what it took."""
        begun = self.begun.pop(id(cursor), None)
        if begun is not None:
            self.taken += (time.perf_counter() - begun) * 1000


@contextmanager
def watching(word: str) -> Iterator[Watch]:
    """Time the statements of every engine inside this block."""
    watch = Watch(word)
    event.listen(Engine, "before_cursor_execute", watch.before)
    event.listen(Engine, "after_cursor_execute", watch.after)
    try:
        yield watch
    finally:
        event.remove(Engine, "before_cursor_execute", watch.before)
        event.remove(Engine, "after_cursor_execute", watch.after)


def timed_sql(word: str, times: int, call: Callable[[], object]) -> float:
    """Return the median milliseconds that the statements with a word take in one call, the first one unmeasured."""
    found = []
    for _ in range(times + 1):
        with watching(word) as watch:
            call()
        found.append(watch.taken)
    return statistics.median(found[1:])


@contextmanager
def memory() -> Iterator[Callable[[], float]]:
    """Yield what tells by how many MB the peak of memory has grown since; always 0 where there is no /proc."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        yield lambda: 0.0
        return

    def read(name: str) -> float:
        line = next(line for line in status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024 / MEGABYTE

    gc.collect()
    clear.write_text("5")  # the peak so far is forgotten
    before = read("VmRSS")
    yield lambda: read("VmHWM") - before


def timed(call: Callable[[], object], times: int) -> float:
    """Return the median milliseconds of processor time of a call."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        call()
        found.append((time.process_time() - begin) * 1000)
    return statistics.median(found)
