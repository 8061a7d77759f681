"""A simulated week of jobs on a real ledger: the clock, the work and its accidents are invented, all else is clerk's.

What is due is opened by `planning.open_due`; a job is taken, moved on, ended and tried again by the functions of the
ledger that `perform_job` calls, in its order; only the moments they are given are simulated. Runs and site databases
are left out.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.jobs_carriers import LEASE, Here, Messages, Work
from benchmarks.jobs_ledger import FINANCE, SOURCES, START, STATES, add_sites, demand, plan_sites, site_names

from clerkcore.installation import Installation
from clerkcore.jobs.perform import BUSY_WAIT, plan_retry
from clerkcore.jobs.planning import open_due
from clerkcore.ledger import (
    JobOver,
    Schedule,
    SiteBusy,
    StoredJob,
    claim_job,
    finish_job,
    get_job,
    list_schedules,
    move_schedule,
    put_back,
    record_event,
    release_dead_jobs,
    waiting_jobs,
)
from clerkcore.ledger.leases import release
from clerkcore.models import Outcome
from clerkcore.timing import next_start

TICK = 300.0
DEATHS = 0.001
JOBS = (FINANCE, STATES)


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated: whose workers, how many, and how many sites beside the states."""

    executor: str
    workers: int
    sites: int
    states: int = 50


@dataclass(slots=True)
class Told:
    """What came of it: seconds that first attempts began behind their turn, and what must never happen."""

    lags: list[tuple[float, str, float]] = field(default_factory=list)
    finished: Counter[str] = field(default_factory=Counter)
    deaths: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    twice: int = 0
    overlaps: int = 0
    left: int = 0


class World:
    """Workers, ticks and messages over one ledger, by a clock that jumps from one event to the next."""

    def __init__(self, installation: Installation, setup: Setup, seed: int = 1) -> None:
        self.installation, self.setup, self.told = installation, setup, Told()
        self.ledger = installation.ledger
        self.demands = [demand(installation, job_type) for job_type in JOBS]
        self.chance = random.Random(seed)
        self.seconds = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._done: Counter[int] = Counter()
        self._busy: dict[str, int] = {}
        self.carrier: Here | Messages = (Messages if setup.executor == "rq" else Here)(self, setup.workers)

    @property
    def messages(self) -> Counter[str]:
        """How many messages were sent, lost, late and repeated."""
        return self.told.messages

    @property
    def moment(self) -> datetime:
        """The simulated time."""
        return START + timedelta(seconds=self.seconds)

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Let something happen at a simulated second."""
        heapq.heappush(self._events, (seconds, next(self._number), call))

    def run(self, days: float) -> Told:
        """Let days pass from the moment when every site is new and due, then let what is open end."""
        names = {FINANCE: site_names(self.setup.sites), STATES: site_names(self.setup.states, "z")}
        for job_type, sites in names.items():
            add_sites(self.ledger, sites, SOURCES[job_type])
            plan_sites(self.ledger, job_type, dict.fromkeys(sites, START))
        last = days * 86_400
        self.at(0.0, lambda: self._tick(last))
        while self._events:
            self.seconds, _, call = heapq.heappop(self._events)
            call()
        with self.ledger.read() as connection:
            self.told.left = len(waiting_jobs(connection, None, limit=None))
        return self.told

    def _tick(self, last: float) -> None:
        with self.ledger.write() as connection:
            release_dead_jobs(connection, self.moment)
        if self.carrier.free_for_tick():
            if self.seconds < last:
                for wanted in self.demands:
                    open_due(self.installation, wanted, self.moment)
            self.carrier.tick()
        if self.seconds < last or self._busy or self._anything_waits():
            self.at(self.seconds + TICK, lambda: self._tick(last))

    def _anything_waits(self) -> bool:
        with self.ledger.read() as connection:
            return bool(waiting_jobs(connection, None, limit=1))

    def begin(self, job_id: int, worker: int) -> Work | None:
        """Let a worker claim a job and move its schedule on, as perform_job does; None when there is nothing to do."""
        took, outcome = self._invent()
        dies = self.chance.random() < DEATHS
        took *= self.chance.random() if dies else 1.0
        try:
            # The lease that a heartbeat would have renewed until the end, or for as long as the worker lived.
            lease = took + (self.carrier.wake if dies else LEASE)
            claim = claim_job(self.ledger, job_id, f"simulated:-:{worker}:-", lease, self.moment)
        except JobOver:
            return None
        except SiteBusy as error:
            self._wait(job_id, str(error))
            return None
        self._note_begin(claim.job)
        for schedule in self._schedules(claim.job):
            with self.ledger.write() as connection:
                move_schedule(connection, schedule, next_start(schedule.timing, self.moment, schedule.subdomain))
        return Work(claim, self.seconds, self.seconds + took, outcome, dies)

    def _invent(self) -> tuple[float, Outcome]:
        """Return how long a run takes and how it ends: the shares and medians that a daily pull has."""
        fate = self.chance.random()
        if fate < 0.02:
            return self.chance.lognormvariate(1.6, 0.6), Outcome.FAILED
        if fate < 0.12:
            return self.chance.lognormvariate(3.0, 0.6), Outcome.CHANGED
        return self.chance.lognormvariate(0.4, 0.5), Outcome.FRESH

    def _wait(self, job_id: int, message: str) -> None:
        with self.ledger.write() as connection:
            job = get_job(connection, job_id)
            if job.status == "waiting":
                put_back(connection, job, message, self.moment + BUSY_WAIT, counted=True)

    def _note_begin(self, job: StoredJob) -> None:
        self.told.overlaps += job.subdomain in self._busy
        self.told.twice += self._done[job.id]
        self._busy[job.subdomain] = job.id
        if job.attempts == 1:
            self.told.lags.append((self.seconds, job.job_type, (self.moment - job.not_before).total_seconds()))

    def end(self, work: Work) -> None:
        """End an attempt: its worker died, or the job is finished or waits for another attempt."""
        job = work.claim.job
        self._busy.pop(job.subdomain, None)
        if work.dies:
            self.told.deaths += 1
            return
        failed, served = work.outcome is Outcome.FAILED, self._schedules(job)
        failures = max([schedule.failures + 1 for schedule in served] + [job.attempts]) if failed else 0
        retry_at = plan_retry(job, failures, served) if failed else None
        with self.ledger.write() as connection:
            kept = finish_job(connection, job, work.outcome, "", "", self.moment, retry_at=retry_at)
            for schedule in served:
                if kept and (schedule.failures or failed):
                    move_schedule(connection, schedule, schedule.next_due_at, failures)
            record_event(connection, f"job.{work.outcome}", "", subdomain=job.subdomain, at=self.moment)
        release(self.ledger, work.claim.lease)
        self._done[job.id] += not failed
        self.told.finished["retry" if retry_at else str(work.outcome)] += 1

    def _schedules(self, job: StoredJob) -> list[Schedule]:
        with self.ledger.read() as connection:
            return list_schedules(connection, subdomain=job.subdomain, job_type=job.job_type)

    def waiting(self, limit: int | None) -> list[StoredJob]:
        """Return the jobs whose time has come, in their order."""
        with self.ledger.read() as connection:
            return waiting_jobs(connection, self.moment, job_types=JOBS, dedup_key="", limit=limit)
