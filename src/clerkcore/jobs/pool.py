"""Doing many jobs on this machine: one after the other in this process, or in several processes at a time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from clerkcore.installation import Installation
from clerkcore.jobs.holding import make_pace
from clerkcore.jobs.logs import start_logs
from clerkcore.jobs.orders import Report
from clerkcore.jobs.perform import Doing, perform_job
from clerkcore.models import Run
from clerkcore.plugins import Discovery, Manager
from clerkcore.settings import Settings

# A ledger's connections must not cross a fork.
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
        child = next((child for child in self._children if child.job_id is None), None) or self._start()
        child.job_id = job_id
        child.pipe.send(job_id)

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
            self._bury(child, again)
            return
        if isinstance(told, Run):
            yield told
        elif isinstance(told, str):
            self.report(told)
        else:
            child.job_id = None

    def _bury(self, child: _Child, again: list[int]) -> None:
        """Give the job of a process that died to another: the ledger counts the attempt, and says when it is enough."""
        self.report(f"the process of job {child.job_id} died; the job is taken over")
        if child.job_id is not None:
            again.append(child.job_id)
        child.process.join()
        self._children.remove(child)

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
            job_id = pipe.recv()
            for run in perform_job(installation, job_id, Doing(pipe.send, pace=pace)):
                pipe.send(run)
            pipe.send(None)
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return  # the parent has ended, or was interrupted as we were; what was at hand is put back
    finally:
        installation.close()
        end_logs()
