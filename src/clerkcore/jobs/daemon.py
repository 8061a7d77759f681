"""A process that keeps ticking, for places without cron: what is due is done, until somebody ends it."""

from __future__ import annotations

import logging
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread
from types import FrameType

from apscheduler.schedulers.blocking import BlockingScheduler  # type: ignore[import-untyped]

from clerkcore import logs
from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.orders import Report
from clerkcore.jobs.planning import SCHEDULER
from clerkcore.ledger import holder_name, set_mark
from clerkcore.times import now

PULSE_SECONDS = 60.0

Tick = Callable[[Installation, Callable[[], bool]], int]
"""Does what is due, until what it is given says to stop, and returns an exit code."""


@dataclass(frozen=True, slots=True)
class Ticker:
    """Does ticks, each on the installation as it is then; its settings and plugins are those of the start."""

    installation: Installation
    tick: Tick
    report: Report

    def once(self, stop: Callable[[], bool]) -> int:
        """Do one tick and return its exit code."""
        with self._fresh() as installation:
            return self.tick(installation, stop)

    def safely(self, stop: Callable[[], bool]) -> None:
        """Do one tick unless it is too late for that; what goes wrong is told, and the next one comes all the same."""
        if stop():
            return
        try:
            self.once(stop)
        except ClerkError as error:
            self.report(f"the tick failed, the next one comes: {error}")
            logs.tell("tick failed", logging.ERROR, message=str(error))
        except Exception as error:  # whatever it was, it must not end the schedule
            told = f"{type(error).__name__}: {error}"
            self.report(f"the tick broke, the next one comes: {told}")
            logs.tell("tick broke", logging.ERROR, message=told, traceback=traceback.format_exc())

    def pulse(self) -> None:
        """Say that the process lives, while a tick takes long; a ledger that is away is the tick's to tell."""
        try:
            with self._fresh() as installation, installation.ledger.write() as connection:
                set_mark(connection, SCHEDULER, holder_name(), now())
        except Exception as error:  # it must not end the schedule
            logs.tell("no pulse", logging.WARNING, message=f"{type(error).__name__}: {error}")

    @contextmanager
    def _fresh(self) -> Iterator[Installation]:
        # Anew, so that a ledger that went away and a changed states.json are seen.
        fresh = Installation(self.installation.settings, self.installation.plugins)
        try:
            yield fresh
        finally:
            fresh.close()


def keep_ticking(ticker: Ticker, every_seconds: float) -> None:
    """Tick now and every so many seconds until SIGINT or SIGTERM, then end after the job at hand.

    Ticks never overlap: one that comes while another is running is passed over.
    """
    # It warns of each tick that is passed over, which is no news here.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler, stop = BlockingScheduler(timezone=UTC), Event()
    once = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    begin = datetime.now(UTC)
    scheduler.add_job(ticker.safely, "interval", args=[stop.is_set], seconds=every_seconds, next_run_time=begin, **once)
    scheduler.add_job(ticker.pulse, "interval", seconds=PULSE_SECONDS, **once)
    with _heeding(scheduler, stop):
        scheduler.start()


@contextmanager
def _heeding(scheduler: BlockingScheduler, stop: Event) -> Iterator[None]:
    """End a scheduler on SIGINT and SIGTERM, once what it is at has ended."""

    # In a thread of its own: the one that hears the signal may hold the lock that the scheduler's end asks for.
    ending = Thread(target=_end, args=[scheduler], name="clerk-stop")

    def heed(number: int, frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            ending.start()

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        # The scheduler's own loop may end before the tick that it waits for.
        if stop.is_set():
            ending.join()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(scheduler: BlockingScheduler) -> None:
    while not scheduler.running:  # a signal may come before it has begun
        time.sleep(0.01)
    scheduler.shutdown()
