"""The executor of this machine: jobs wait in the ledger, and workers look there for them."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Self

from clerkcore import logs
from clerkcore.errors import LedgerError
from clerkcore.installation import Installation
from clerkcore.jobs.asking import HIGH, LOCAL, check_queues
from clerkcore.jobs.holding import own_host
from clerkcore.ledger import StoredJob, release_dead_jobs, waiting_jobs
from clerkcore.services import QUEUES, Asked, Executor, Perform
from clerkcore.times import now

LOOK_SECONDS = 2.0


class LocalExecutor(Executor):
    """Carries nothing: the ledger itself is the queue."""

    name = LOCAL

    def submit(self, jobs: Sequence[Asked]) -> None:
        """Leave jobs in the ledger, where workers find them."""

    def work(self, queues: Sequence[str], perform: Perform, *, burst: bool) -> None:
        """Do what waits in the ledger; several workers may do so at once."""
        check_queues(queues, QUEUES)
        with _Heeding() as told:
            while not told.to_end:
                if self._do_next(queues, perform):
                    continue
                if burst:
                    return
                time.sleep(LOOK_SECONDS)

    def _do_next(self, queues: Sequence[str], perform: Perform) -> bool:
        """Do one job; False when none waits, or the ledger is away for a while."""
        try:
            job = next_job(self.installation, queues or None)
            if job is not None:
                perform(job.id)
        except LedgerError as error:
            logs.tell("ledger away", logging.WARNING, message=str(error))
            return False
        return job is not None

    def waiting(self) -> Mapping[str, int]:
        """Return how many jobs wait in the ledger, by queue."""
        with self.installation.ledger.read() as connection:
            waiting = waiting_jobs(connection, now(), limit=None)
        names = [HIGH if job.urgent else job.queue for job in waiting]
        return {queue: names.count(queue) for queue in QUEUES}


def next_job(installation: Installation, queues: Sequence[str] | None) -> StoredJob | None:
    """Return the job of these queues that has waited longest and may be done on this machine."""
    with installation.ledger.write() as connection:
        release_dead_jobs(connection, now())
    with installation.ledger.read() as connection:
        found = waiting_jobs(connection, now(), queues=queues, host=own_host(installation), limit=1)
    return found[0] if found else None


class _Heeding:
    """Notes SIGINT and SIGTERM inside a `with` block, so that the job at hand is ended first.

    A plain flag: a lock that the interrupted code holds could not be taken again by the handler.
    """

    def __enter__(self) -> Self:
        self.to_end = False
        self.before = {number: signal.signal(number, self._heed) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _heed(self, number: int, frame: FrameType | None) -> None:
        self.to_end = True
