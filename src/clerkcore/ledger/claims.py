"""Beginning a job under its site's lease, and taking back what dead processes left: each exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from clerkcore.errors import LedgerError
from clerkcore.ledger.engine import Ledger
from clerkcore.ledger.events import record_event
from clerkcore.ledger.jobs import StoredJob, end_cancelled, finish_job, get_job, put_back, start_job
from clerkcore.ledger.leases import Lease, SiteBusy, is_alive, name_job, take_lease
from clerkcore.ledger.schedules import count_failure
from clerkcore.ledger.tables import jobs
from clerkcore.models import Outcome
from clerkcore.times import to_text

FIRST_PAUSE = timedelta(minutes=5)
AGAIN = "ask for it again: clerk jobs retry {id}"


class JobOver(LedgerError):
    """A job is finished or cancelled already: a late message about it does no harm."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process is to do, under the lease of its site."""

    job: StoredJob
    lease: Lease


def claim_job(
    ledger: Ledger,
    job_id: int,
    holder: str,
    seconds: float,
    now: datetime,
    *,
    host: str = "",
    lease: Lease | None = None,
    punctual: bool = False,
) -> Claim:
    """Begin a job that waits, or one whose process is dead; `lease` is the site's, where it is held already.

    JobOver when there is nothing to do any more, or with `punctual` not yet; UnknownJob where there is no such job;
    SiteBusy while another process works on it or on its site; SiteElsewhere when the site is on another machine than
    `host`.
    """
    with ledger.write() as conn:
        # In a transaction of its own: what is taken back stands even where nothing is begun.
        _release_dead(conn, get_job(conn, job_id, lock=True), now)
    with ledger.write() as conn:
        job = get_job(conn, job_id, lock=True)
        if job.status == "running":
            raise _busy(job)
        if not job.is_open:
            raise JobOver(f"job {job.id} is {job.status}: {job.message or job.outcome}", where=job.subdomain)
        if punctual and job.not_before > now:
            raise JobOver(f"job {job.id} waits until {to_text(job.not_before)}", where=job.subdomain)
        if lease is None:
            lease = take_lease(conn, job.subdomain, job.job_type, holder, seconds, now, host, job.id)
        else:
            lease = name_job(conn, lease, job.id)
        start_job(conn, job, holder, lease.token, now)
        return Claim(get_job(conn, job_id), lease)


def _busy(job: StoredJob) -> SiteBusy:
    since = to_text(job.started_at or job.created_at)
    return SiteBusy(
        f"site {job.subdomain!r} is busy: {job.holder} has run {job.job_type} since {since}, as job {job.id}",
        remedy="wait for it to end; when its process dies, its job is taken over",
    )


def release_dead_jobs(conn: Connection, now: datetime, *, subdomain: str | None = None) -> list[StoredJob]:
    """Let jobs whose process is dead, or whose lease has run out, wait again; returns them as they were.

    One that has no attempt left ends as failed, so that a job that kills its process does not do so for ever.
    """
    query = select(jobs.c.id).where(jobs.c.status == "running").order_by(jobs.c.id)
    if subdomain is not None:
        query = query.where(jobs.c.subdomain == subdomain)
    found = [get_job(conn, job_id) for job_id in conn.scalars(query.with_for_update(skip_locked=True)).all()]
    return [job for job in found if _release_dead(conn, job, now)]


def _release_dead(conn: Connection, job: StoredJob, now: datetime) -> bool:
    """Let a job whose process is dead wait again, or end where no attempt is left; False for any other."""
    if job.status != "running" or is_alive(conn, job.subdomain, job.token, now):
        return False
    died = f"its process ({job.holder}) died, or was away for longer than its lease"
    if job.cancel_requested:
        end_cancelled(conn, job, died, now)
        return True
    over = job.attempts >= job.max_attempts
    if over:
        finish_job(conn, job, Outcome.FAILED, f"{died}, in attempt {job.attempts}", AGAIN.format(id=job.id), now)
    else:
        put_back(conn, job, died, now + _pause(job), counted=True)
    count_failure(conn, job.subdomain, job.job_type, job.dedup_key)
    _tell(conn, job, "job.failed" if over else "job.died", died, now)
    return True


def _pause(job: StoredJob) -> timedelta:
    """Return how long a job rests after a death: not at all after the first, which need not be its fault."""
    return timedelta() if job.attempts <= 1 else FIRST_PAUSE * 2 ** (job.attempts - 2)


def _tell(conn: Connection, job: StoredJob, kind: str, message: str, now: datetime) -> None:
    data = {"job_id": job.id, "job_type": job.job_type, "attempt": job.attempts}
    record_event(conn, kind, message, severity="warning", subdomain=job.subdomain, data=data, at=now)
