"""Doing many jobs on this machine: one after the other in this process, or in several processes at a time."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from clerkcore.errors import ClerkError
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.jobs.holding import make_pace
from clerkcore.jobs.logs import start_logs
from clerkcore.jobs.orders import Report
from clerkcore.jobs.perform import Doing, perform_job
from clerkcore.jobs.runner import unrecorded
from clerkcore.ledger import get_job, release_dead_jobs
from clerkcore.models import Outcome, Run
from clerkcore.plugins import Discovery, Manager
from clerkcore.settings import Settings
from clerkcore.times import now

# A ledger's connections must not cross a fork.
MOST_GIVEN = 2
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class _Child:
    """A process that does jobs; each has a pipe of its own, so that one that is killed blocks no other."""

    process: BaseProcess
    pipe: Connection
    job_id: int | None = None


class Pool:
    """Does jobs by their ids, as many at a time as `workers`; a process that dies costs nothing but its attempt."""

    def __init__(self, installation: Installation, workers: int, report: Report) -> None:
        self.installation = installation
        self.workers = workers
        self.report = report
        self._children: list[_Child] = []
        self._given: Counter[int] = Counter()

    def perform(self, job_ids: Iterable[int]) -> Iterator[Run]:
        """Do jobs and yield their runs as they end; each id is asked for when somebody is free to do it."""
        waiting = iter(job_ids)
        if self.workers > 1:
            yield from self._perform_beside(waiting)
            return
        pace = make_pace(self.installation)
        for job_id in waiting:
            yield from perform_job(self.installation, job_id, Doing(self.report, pace=pace))

    def _perform_beside(self, waiting: Iterator[int]) -> Iterator[Run]:
        again: list[int] = []
        while True:
            while len(self._busy()) < self.workers:
                job_id = again.pop() if again else next(waiting, None)
                if job_id is None:
                    break
                self._give(job_id)
            busy = self._busy()
            if not busy:
                return
            for pipe in wait([child.pipe for child in busy]):
                child = next(child for child in busy if child.pipe is pipe)
                yield from self._hear(child, again)

    def _busy(self) -> list[_Child]:
        return [child for child in self._children if child.job_id is not None]

    def _give(self, job_id: int) -> None:
        self._given[job_id] += 1
        for child in [child for child in self._children if child.job_id is None]:
            try:
                child.pipe.send(job_id)
            except OSError:  # it died while it had nothing to do
                child.process.join()
                self._children.remove(child)
            else:
                child.job_id = job_id
                return
        child = self._start()
        child.pipe.send(job_id)
        child.job_id = job_id

    def _start(self) -> _Child:
        ours, theirs = _SPAWN.Pipe()
        told = (theirs, self.installation.settings, self.installation.plugins.discovery)
        process = _SPAWN.Process(target=_serve, args=told, name="clerk-jobs", daemon=True)
        process.start()
        # Closed here, so that the end of the process is the end of its pipe.
        theirs.close()
        child = _Child(process, ours)
        self._children.append(child)
        return child

    def _hear(self, child: _Child, again: list[int]) -> Iterator[Run]:
        try:
            told = child.pipe.recv()
        except (EOFError, OSError):
            yield from self._bury(child, again)
            return
        if isinstance(told, Run):
            yield told
        elif isinstance(told, str):
            self.report(told)
        elif isinstance(told, ClerkError):  # the ledger's, which would meet every other job too
            raise told
        else:
            child.job_id = None

    def _bury(self, child: _Child, again: list[int]) -> Iterator[Run]:
        """Tell of a process that died, and give its job to another where the ledger lets it wait: once at most."""
        child.process.join()
        self._children.remove(child)
        if child.job_id is None:
            return
        with self.installation.ledger.write() as connection:
            release_dead_jobs(connection, now())
            job = get_job(connection, child.job_id)
        if job.status == "waiting" and job.not_before <= now() and self._given[job.id] <= MOST_GIVEN:
            self.report(f"the process of job {job.id} died; the job is taken over")
            again.append(job.id)
            return
        died = ClerkError(f"the process of job {job.id} died", where=job.subdomain, remedy=f"clerk jobs show {job.id}")
        yield unrecorded(job.job_type, job.subdomain, "", Outcome.FAILED, died)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.pipe.close()
        for child in self._children:
            child.process.join()


def _serve(pipe: Connection, settings: Settings, discovery: Discovery) -> None:
    """Do the jobs that come through a pipe, until it is closed."""
    installation = Installation(settings, Manager(discovery))
    pace, end_logs = make_pace(installation), start_logs(installation)
    try:
        while True:
            _perform(installation, pipe, pipe.recv(), pace)
            pipe.send(None)
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return  # the parent has ended, or was interrupted as we were; what was at hand is put back
    finally:
        installation.close()
        end_logs()


def _perform(installation: Installation, pipe: Connection, job_id: int, pace: Pace) -> None:
    def tell(told: object) -> None:
        # Where the parent is gone, the job at hand goes on to its end all the same.
        with suppress(OSError):
            pipe.send(told)

    try:
        for run in perform_job(installation, job_id, Doing(tell, pace=pace)):
            tell(run)
    except ClerkError as error:
        tell(error)
