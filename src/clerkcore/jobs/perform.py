"""Doing one job of the ledger: claim it, run it under the site's lease, say how it ended and when it is tried again."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clerkcore import logs
from clerkcore.errors import ClerkError, JobCancelled, LeaseLost, PluginError
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.jobs.defaults import default_timing
from clerkcore.jobs.disk import check_disk
from clerkcore.jobs.holding import HeldSite, hold_site, own_host
from clerkcore.jobs.orders import Report
from clerkcore.jobs.runner import unrecorded
from clerkcore.jobs.types import load_job_type, sites_left_out
from clerkcore.ledger import (
    JobOver,
    Lease,
    Schedule,
    SiteBusy,
    SiteElsewhere,
    StoredJob,
    UnknownJob,
    claim_job,
    end_cancelled,
    finish_job,
    get_job,
    holder_name,
    list_schedules,
    put_back,
    record_event,
    save_schedule,
)
from clerkcore.models import Outcome, Run
from clerkcore.times import now
from clerkcore.timing import allowed_at, next_start

if TYPE_CHECKING:
    from sqlalchemy import Connection

BY_SCHEDULE = "schedule"
TRACEBACK = "job.traceback"
BUSY_WAIT = timedelta(minutes=1)
FIRST_RETRY = timedelta(minutes=5)
MOST_DOUBLINGS = 20

Work = Callable[[HeldSite], Iterator[Run]]


@dataclass(frozen=True, slots=True)
class Doing:
    """How a job is done here: `work` where this process knows better than the ledger what to do, as with files.

    `lease` is the site's, where it is held already. A `patient` job waits while its site is busy; another ends as
    skipped. One that is `punctual` is not begun before its time, as a late message might ask for.
    """

    report: Report
    work: Work | None = None
    lease: Lease | None = None
    pace: Pace | None = None
    patient: bool = True
    punctual: bool = False
    runs: list[Run] = field(default_factory=list)


def perform_job(installation: Installation, job_id: int, doing: Doing) -> Iterator[Run]:
    """Do a job and yield its runs as they end; nothing for one that is not to be done, as a late message may name.

    One job's failure is a run that failed, whatever it was; only an interrupt is raised.
    """
    settings = installation.settings
    try:
        _refuse_without_folder(installation, job_id)
        claim = claim_job(
            installation.ledger,
            job_id,
            holder_name(),
            settings.lease_seconds,
            now(),
            host=own_host(installation),
            lease=doing.lease,
            punctual=doing.punctual,
        )
    except (JobOver, UnknownJob):
        return
    except (SiteBusy, SiteElsewhere) as error:
        yield _pass_over(installation, job_id, error, doing.patient)
        return
    yield from _do(installation, claim.job, claim.lease, doing)


def _refuse_without_folder(installation: Installation, job_id: int) -> None:
    """Raise SiteElsewhere where machines share the ledger and the folder is not on this one, before it is its home."""
    here = own_host(installation)
    if not here:
        return
    with installation.ledger.read() as connection:
        subdomain = get_job(connection, job_id).subdomain
    if not installation.folder(subdomain).config.exists():
        raise SiteElsewhere(
            f"the folder of {subdomain} is not on this machine ({here})",
            remedy=f"say where it is: clerk sites home {subdomain} HOST",
        )


def _pass_over(installation: Installation, job_id: int, error: ClerkError, patient: bool) -> Run:
    with installation.ledger.write() as connection:
        job = get_job(connection, job_id)
        told = str(error)
        if job.status == "waiting" and patient:
            put_back(connection, job, told, now() + BUSY_WAIT, counted=True)
        elif job.status == "waiting":
            finish_job(connection, job, Outcome.SKIPPED, told, error.remedy, now())
    return unrecorded(job.job_type, job.subdomain, "", Outcome.SKIPPED, error)


def _do(installation: Installation, job: StoredJob, lease: Lease, doing: Doing) -> Iterator[Run]:
    failed: ClerkError | None = None
    heard = True
    try:
        with hold_site(installation, job.subdomain, job.job_type, lease, doing.pace) as held:
            if _is_left_out(installation, job, held):
                return
            logs.job_started(job.id, job.job_type, job.subdomain, job.attempts)
            work = doing.work or _work_of(installation, job, doing.report)
            _set_out(installation, job, held)
            for run in work(held):
                doing.runs.append(_checked(run, job))
                if heard:
                    try:
                        yield run
                    except GeneratorExit:
                        heard = False  # nobody listens any more; the job is done to its end all the same
            _finish(installation, job, doing.runs)
            check_disk(installation, job.subdomain)
    except JobCancelled as error:
        _cancel(installation, job, str(error))
        failed = error
    except LeaseLost as error:  # the job is its new holder's
        failed = error
    except KeyboardInterrupt:
        _interrupt(installation, job, doing)
        raise
    except ClerkError as error:
        failed = error
        _finish(installation, job, [*doing.runs, _unrecorded(job, error)])
    except BaseException as error:  # one site's folder, or a plugin's kind of job, must not stop the others
        failed = _broken(installation, job, error)
        _finish(installation, job, [*doing.runs, _unrecorded(job, failed)])
    if failed and heard:
        yield _unrecorded(job, failed)


def _unrecorded(job: StoredJob, error: ClerkError) -> Run:
    outcome = Outcome.SKIPPED if isinstance(error, JobCancelled) else Outcome.FAILED
    return unrecorded(job.job_type, job.subdomain, "", outcome, error)


def _checked(run: object, job: StoredJob) -> Run:
    if not isinstance(run, Run):
        remedy = "report it to the plugin's author"
        raise PluginError(f"the kind of job {job.job_type!r} yielded {type(run).__name__}, and no Run", remedy=remedy)
    return run


def _broken(installation: Installation, job: StoredJob, error: BaseException) -> ClerkError:
    """Keep the traceback of what no kind of job should raise, for its author, and return it in words."""
    told = f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    logs.tell("job broke", logging.ERROR, job_id=job.id, message=told, traceback=trace)
    with installation.ledger.write() as connection:
        record_event(
            connection,
            TRACEBACK,
            told,
            severity="error",
            subdomain=job.subdomain,
            data={"job_id": job.id, "job_type": job.job_type, "traceback": trace},
            at=now(),
        )
    return ClerkError(told, where=job.subdomain, remedy=f"see: clerk jobs show {job.id}, or clerk doctor")


def _is_left_out(installation: Installation, job: StoredJob, held: HeldSite) -> bool:
    """End a schedule's job at a site that schedules leave out by now, as one that was disabled while it waited."""
    if job.asked_by != BY_SCHEDULE:
        return False
    if held.site.enabled and job.subdomain not in sites_left_out(
        installation, load_job_type(installation, job.job_type)
    ):
        return False
    with installation.ledger.write() as connection:
        finish_job(connection, job, Outcome.SKIPPED, "its site, or its state, is disabled", "", now())
    return True


def _work_of(installation: Installation, job: StoredJob, report: Report) -> Work:
    job_type = load_job_type(installation, job.job_type)
    return lambda held: job_type.run(held, job.options, report)


def _set_out(installation: Installation, job: StoredJob, held: HeldSite) -> None:
    """Move the site's schedules to their next turn; SettingsError where its own settings say no time."""
    moment = now()
    with installation.ledger.write() as connection:
        for schedule in _served(connection, job):
            timing = schedule.timing
            if schedule.origin == "default":
                timing = default_timing(installation, load_job_type(installation, job.job_type), held.site)
            due = next_start(timing, moment, job.subdomain)
            save_schedule(connection, replace(schedule, timing=timing, next_due_at=due))


def _served(connection: Connection, job: StoredJob) -> list[Schedule]:
    """Return, locked, the schedules that a job serves: its own, and without options those of narrower demands too."""
    found = list_schedules(connection, subdomain=job.subdomain, job_type=job.job_type, lock=True)
    return [schedule for schedule in found if not job.dedup_key or schedule.dedup_key == job.dedup_key]


def _finish(installation: Installation, job: StoredJob, runs: list[Run]) -> None:
    """Note how a job ended; one that failed waits for another attempt, unless its next turn comes sooner."""
    outcome = Outcome.worst([run.outcome for run in runs])
    worst = next((run for run in runs if run.outcome is outcome), None)
    message, remedy = (worst.message, worst.remedy) if worst else ("nothing to do", "")
    moment, failed = now(), outcome is Outcome.FAILED
    with installation.ledger.write() as connection:
        served = _served(connection, job)
        failures = max([schedule.failures + 1 for schedule in served] + [job.attempts]) if failed else 0
        retry_at = plan_retry(job, failures, served) if failed else None
        if not finish_job(connection, job, outcome, message, remedy, moment, retry_at=retry_at):
            return
        for schedule in served:
            if schedule.failures != failures:
                save_schedule(connection, replace(schedule, failures=failures))
        kind = "job.retry" if retry_at else f"job.{outcome}"
        record_event(
            connection,
            kind,
            message,
            severity="warning" if failed else "info",
            subdomain=job.subdomain,
            data={"job_id": job.id, "job_type": job.job_type, "attempt": job.attempts},
            at=moment,
        )
    seconds = (moment - (job.started_at or moment)).total_seconds()
    logs.job_ended(job.id, job.job_type, job.subdomain, outcome, seconds, message)


def plan_retry(job: StoredJob, failures: int, served: Sequence[Schedule]) -> datetime | None:
    """Return when a failed job is tried again: 5 minutes after its start, doubled for each failure before.

    In quiet hours of its schedule it waits for their end. None when no attempt is left, or the schedule's next turn
    comes no later.
    """
    if job.attempts >= job.max_attempts:
        return None
    wait = FIRST_RETRY * 2 ** min(max(failures - 1, 0), MOST_DOUBLINGS)
    retry_at = (job.started_at or job.created_at) + wait
    for schedule in served:
        retry_at = max(retry_at, allowed_at(schedule.timing, retry_at))
    return None if any(schedule.next_due_at <= retry_at for schedule in served) else retry_at


def _cancel(installation: Installation, job: StoredJob, message: str) -> None:
    with installation.ledger.write() as connection:
        end_cancelled(connection, job, message, now())


def _interrupt(installation: Installation, job: StoredJob, doing: Doing) -> None:
    """Put a job back, so that it is not lost; one that this very command was asked for, and broken off, is over."""
    with installation.ledger.write() as connection:
        if doing.work and job.asked_by != BY_SCHEDULE:
            end_cancelled(connection, job, "it was interrupted", now())
        else:
            put_back(connection, job, "it was interrupted", now(), counted=False)
