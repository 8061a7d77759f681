"""Who carries simulated jobs to workers: the tick of one machine, or messages that get lost, late and repeated."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Protocol

from benchmarks.jobs_ledger import FINANCE, STATES

from clerkcore.ledger import Claim, StoredJob
from clerkcore.models import Outcome

LEASE = 60.0
RESTART = 60.0
LATE = 900.0
LOOK_AHEAD = 8
LOST, LATE_SHARE, REPEATED = 0.01, 0.01, 0.01


@dataclass(slots=True)
class Work:
    """One attempt under way; `dies` when its worker does, before the end."""

    claim: Claim
    begin: float
    end: float
    outcome: Outcome
    dies: bool


class Surroundings(Protocol):
    """What a carrier needs of the world it is in."""

    seconds: float
    chance: Random

    @property
    def messages(self) -> Counter[str]:
        """How many messages were sent, lost, late and repeated."""

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Let something happen at a simulated second."""

    def begin(self, job_id: int, worker: int) -> Work | None:
        """Let a worker claim a job; None when there is nothing to do."""

    def end(self, work: Work) -> None:
        """End an attempt."""

    def waiting(self, limit: int | None) -> list[StoredJob]:
        """Return the jobs whose time has come, in their order."""


class Here:
    """The executor of this machine: a tick does what waits, with so many workers, and no other begins meanwhile."""

    wake = 0.0

    def __init__(self, world: Surroundings, workers: int) -> None:
        self.world, self.workers = world, workers
        self._at_work = 0
        self._passed: set[int] = set()
        self._again: list[int] = []

    def free_for_tick(self) -> bool:
        """Whether the tick before has ended."""
        return not self._at_work

    def tick(self) -> None:
        """Put every worker to work."""
        self._passed.clear()
        for worker in range(self.workers):
            self._next(worker)

    def _next(self, worker: int) -> None:
        while (job_id := self._again.pop() if self._again else self._choose()) is not None:
            work = self.world.begin(job_id, worker)
            if work:
                self._at_work += 1
                self.world.at(work.end, partial(self._ended, work, worker))
                return

    def _choose(self) -> int | None:
        chosen = next((job for job in self.world.waiting(LOOK_AHEAD) if job.id not in self._passed), None)
        if chosen is None:
            return None
        self._passed.add(chosen.id)
        return chosen.id

    def _ended(self, work: Work, worker: int) -> None:
        self._at_work -= 1
        self.world.end(work)
        if work.dies:
            # Its parent sees at once that it died, and gives its job to another.
            self._again.append(work.claim.job.id)
        self._next(worker)


class Messages:
    """RQ: a tick hands over what waits; messages are lost, late and repeated, and a dead worker is started anew."""

    wake = LEASE

    def __init__(self, world: Surroundings, workers: int) -> None:
        self.world = world
        self._queues: dict[str, list[int]] = {job_type: [] for job_type in (STATES, FINANCE)}
        self._queued: set[tuple[int, int]] = set()
        self._attempts: dict[int, int] = {}
        self._idle = list(range(workers))

    def free_for_tick(self) -> bool:
        """A tick only hands over, which no work delays."""
        return True

    def tick(self) -> None:
        """Send a message for each waiting attempt that has none in its queue."""
        for job in self.world.waiting(None):
            if (job.id, job.attempts) not in self._queued:
                self._send(job)
        self._serve()

    def _send(self, job: StoredJob) -> None:
        self._queued.add((job.id, job.attempts))
        fate, told = self.world.chance.random(), self.world.messages
        told["sent"] += 1
        if fate < LOST:
            told["lost"] += 1
            # What is in no queue any more is sent again by a later tick.
            self.world.at(self.world.seconds + 1, lambda: self._queued.discard((job.id, job.attempts)))
        elif fate < LOST + LATE_SHARE:
            told["late"] += 1
            self.world.at(self.world.seconds + self.world.chance.uniform(1, LATE), lambda: self._arrive(job))
        else:
            self._put(job)
            if fate > 1 - REPEATED:
                told["repeated"] += 1
                self._put(job)

    def _arrive(self, job: StoredJob) -> None:
        self._put(job)
        self._serve()

    def _put(self, job: StoredJob) -> None:
        heapq.heappush(self._queues[job.job_type], job.id)
        self._attempts[job.id] = job.attempts

    def _serve(self) -> None:
        while self._idle and (job_id := self._take()) is not None:
            worker = self._idle.pop()
            work = self.world.begin(job_id, worker)
            if work:
                self.world.at(work.end, partial(self._ended, work, worker))
            else:
                self._idle.append(worker)

    def _take(self) -> int | None:
        # The families in the order in which a worker listens to their queues: states before finance.
        for job_type in (STATES, FINANCE):
            if self._queues[job_type]:
                job_id = heapq.heappop(self._queues[job_type])
                self._queued.discard((job_id, self._attempts[job_id]))
                return job_id
        return None

    def _ended(self, work: Work, worker: int) -> None:
        self.world.end(work)
        if work.dies:
            self.world.at(self.world.seconds + RESTART, lambda: self._free(worker))
        else:
            self._free(worker)

    def _free(self, worker: int) -> None:
        self._idle.append(worker)
        self._serve()
