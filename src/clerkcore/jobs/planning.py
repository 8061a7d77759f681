"""One tick: what is due is opened in the ledger, and what waits is done here or handed to workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clerkcore.installation import Installation
from clerkcore.jobs.asking import HIGH, LOCAL, open_executor
from clerkcore.jobs.defaults import sync_schedules
from clerkcore.jobs.holding import own_host
from clerkcore.jobs.orders import Report
from clerkcore.jobs.perform import BY_SCHEDULE
from clerkcore.jobs.pool import Pool
from clerkcore.jobs.turn import hold_turn
from clerkcore.jobs.types import Demand, fit_of, load_job_types, sites_left_out
from clerkcore.ledger import (
    NewJob,
    due_schedules,
    holder_name,
    move_schedule,
    open_job,
    recount_far,
    release_dead_jobs,
    set_mark,
    take_turn,
    waiting_jobs,
    waiting_numbers,
)
from clerkcore.models import Run
from clerkcore.services import Asked
from clerkcore.times import now
from clerkcore.timing import allowed_at, next_start

BATCH = 200
LOOK_AHEAD = 128  # more than processes can have taken and not yet claimed
SLACK = timedelta(days=2)  # room for jitter and quiet hours
SCHEDULER = "scheduler"
"""The mark of who ticked last, and when."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick is to do: which demands, all that schedules know when none is named, and how many at a time.

    `stop` is asked before each job whether it is to be the last thing done.
    """

    demands: tuple[Demand, ...] = ()
    executor: str = ""
    parallel: int = 0
    stop: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class Ticked:
    """What one tick came to: how many turns were due, how many jobs were handed to workers, and what is
    wrong with kinds of jobs that were passed over.
    """

    opened: int = 0
    handed: int = 0
    problems: list[str] = field(default_factory=list)


def run_due(installation: Installation, tick: Tick, report: Report, ticked: Ticked | None = None) -> Iterator[Run]:
    """Open what is due and yield the runs of what is done here; with other executors, hand it over and yield nothing.

    Where another tick of the same demands is at work on this machine, it does what this one has opened. ExecutorError
    when the executor cannot be reached: the jobs wait in the ledger for the next tick.
    """
    told = ticked or Ticked()
    demands = tick.demands or _all_demands(installation, told.problems)
    with installation.ledger.write() as connection:
        set_mark(connection, SCHEDULER, holder_name(), now())
        release_dead_jobs(connection, now())
    for demand in demands:
        sync_schedules(installation, demand)
        _mend_clocks(installation, demand, report)
        told.opened += open_due(installation, demand, now())
    if (tick.executor or installation.settings.executor) != LOCAL:
        told.handed = _hand_over(installation, tick.executor, demands)
        return
    with hold_turn(installation.root, tick.demands) as alone:
        if not alone:
            report("another tick is at work, and does what is due")
            return
        with Pool(installation, tick.parallel or installation.settings.parallel, report) as pool:
            yield from pool.perform(_waiting_here(installation, demands, tick.stop))


def _all_demands(installation: Installation, problems: list[str]) -> tuple[Demand, ...]:
    types, errors = load_job_types(installation)
    problems += map(str, errors)
    return tuple(Demand(job_type) for job_type in types)


def _mend_clocks(installation: Installation, demand: Demand, report: Report) -> None:
    with installation.ledger.write() as connection:
        far = recount_far(connection, demand.job_type.name, now(), SLACK)
    if far:
        report(f"{demand.job_type.name}: {far} sites were planned by a clock that was ahead; they are due now")


def open_due(installation: Installation, demand: Demand, moment: datetime) -> int:
    """Open a job for each site whose turn has come, moving its schedule on; returns how many were opened."""
    opened = 0
    while batch := _open_batch(installation, demand, moment):
        opened += batch
    return opened


def _open_batch(installation: Installation, demand: Demand, moment: datetime) -> int:
    job_type, attempts = demand.job_type, installation.settings.job_attempts
    fit, left_out = fit_of(installation, job_type), sites_left_out(installation, job_type)
    with installation.ledger.write() as connection:
        due = due_schedules(connection, job_type.name, demand.key, fit, without=left_out, until=moment, limit=BATCH)
        for schedule in due:
            allowed = allowed_at(schedule.timing, moment)
            if allowed > moment:
                move_schedule(connection, schedule, allowed)
                continue
            wanted = NewJob(
                job_type=job_type.name,
                subdomain=schedule.subdomain,
                queue=job_type.queue,
                asked_by=BY_SCHEDULE,
                dedup_key=demand.key,
                options=demand.options,
                max_attempts=attempts,
                not_before=schedule.next_due_at,
            )
            if take_turn(connection, schedule, next_start(schedule.timing, moment, schedule.subdomain)):
                open_job(connection, wanted, moment)
    return len(due)


def _waiting_here(installation: Installation, demands: Sequence[Demand], stop: Callable[[], bool]) -> Iterator[int]:
    """Yield the ids of waiting jobs one after the other, each looked for only when it is to be done."""
    passed: set[int] = set()
    while not stop() and (found := _next_waiting(installation, demands, passed)) is not None:
        passed.add(found)
        yield found


def _next_waiting(installation: Installation, demands: Sequence[Demand], passed: set[int]) -> int | None:
    """Return the next job that this tick has not taken; those it has may still wait until a process claims them."""
    here, found = own_host(installation), []
    with installation.ledger.read() as connection:
        for key, names in _names_by_key(demands).items():
            waiting = waiting_jobs(connection, now(), job_types=names, dedup_key=key, host=here, limit=LOOK_AHEAD)
            found += [job for job in waiting if job.id not in passed]
    chosen = min(found, key=lambda job: (not job.urgent, job.not_before, job.id), default=None)
    return chosen.id if chosen else None


def _names_by_key(demands: Sequence[Demand]) -> dict[str | None, list[str]]:
    """Return the kinds of jobs by what is asked of them, so that one look finds the next of all that are alike.

    Where nothing narrows a demand, the key is None: whatever somebody asked of this kind is tried again too.
    """
    names: dict[str | None, list[str]] = {}
    for demand in demands:
        names.setdefault(demand.key or None, []).append(demand.job_type.name)
    return names


def _hand_over(installation: Installation, name: str, demands: Sequence[Demand]) -> int:
    executor, given = open_executor(installation, name), 0
    for key, names in _names_by_key(demands).items():
        with installation.ledger.read() as connection:
            waiting = waiting_numbers(connection, now(), names, key)
        asked = [
            Asked(number, attempts + 1, HIGH if urgent else queue, home)
            for number, attempts, urgent, queue, home in waiting
        ]
        for first in range(0, len(asked), BATCH):
            executor.submit(asked[first : first + BATCH])
        given += len(asked)
    return given


def due_sites(installation: Installation, demand: Demand) -> list[str]:
    """Return the sites whose turn has come, longest overdue first, and take none of their turns."""
    sync_schedules(installation, demand)
    fit, left_out = fit_of(installation, demand.job_type), sites_left_out(installation, demand.job_type)
    name, moment = demand.job_type.name, now()
    with installation.ledger.read() as connection:
        due = due_schedules(connection, name, demand.key, fit, without=left_out, until=moment, limit=None)
        waiting = waiting_jobs(connection, moment, job_types=[name], dedup_key=demand.key, limit=None)
    return [*(schedule.subdomain for schedule in due), *(job.subdomain for job in waiting)]


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next where nothing is due: a site's turn, or another attempt after `failures`."""

    site: str
    at: datetime
    failures: int = 0


def next_turn(installation: Installation, demand: Demand) -> Next | None:
    """Return the next turn or attempt of a demand; None when it is planned nowhere."""
    job_type, fit = demand.job_type, fit_of(installation, demand.job_type)
    left_out = sites_left_out(installation, job_type)
    with installation.ledger.read() as connection:
        planned = due_schedules(connection, job_type.name, demand.key, fit, without=left_out, until=None, limit=1)
        waiting = waiting_jobs(connection, None, job_types=[job_type.name], dedup_key=demand.key, limit=1)
    turns = [Next(each.subdomain, each.next_due_at, each.failures) for each in planned]
    turns += [Next(each.subdomain, each.not_before, each.attempts) for each in waiting]
    return min(turns, key=lambda turn: turn.at, default=None)
