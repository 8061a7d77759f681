"""Beginning a job under its site's lease, and taking back what dead processes left: each exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from clerkcore.errors import LedgerError
from clerkcore.ledger.engine import Ledger
from clerkcore.ledger.jobs import StoredJob, end_cancelled, finish_job, get_job, put_back, start_job
from clerkcore.ledger.leases import Lease, SiteBusy, is_alive, name_job, take_lease
from clerkcore.ledger.tables import jobs
from clerkcore.models import Outcome
from clerkcore.times import to_text

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
        job = get_job(conn, job_id, lock=True)
        if job.status == "running":
            job = _take_back(conn, job, now)
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


def _take_back(conn: Connection, job: StoredJob, now: datetime) -> StoredJob:
    if is_alive(conn, job.subdomain, job.token, now):
        since = to_text(job.started_at or job.created_at)
        raise SiteBusy(
            f"site {job.subdomain!r} is busy: {job.holder} has run {job.job_type} since {since}, as job {job.id}",
            remedy="wait for it to end; when its process dies, its job is taken over",
        )
    _give_up_or_wait(conn, job, now)
    return get_job(conn, job.id)


def release_dead_jobs(conn: Connection, now: datetime, *, subdomain: str | None = None) -> list[StoredJob]:
    """Let jobs whose process is dead, or whose lease has run out, wait again; returns them as they were.

    One that has no attempt left ends as failed, so that a job that kills its process does not do so for ever.
    """
    query = select(jobs.c.id).where(jobs.c.status == "running").order_by(jobs.c.id)
    if subdomain is not None:
        query = query.where(jobs.c.subdomain == subdomain)
    released = []
    for job_id in list(conn.scalars(query.with_for_update(skip_locked=True))):
        job = get_job(conn, job_id)
        if not is_alive(conn, job.subdomain, job.token, now):
            _give_up_or_wait(conn, job, now)
            released.append(job)
    return released


def _give_up_or_wait(conn: Connection, job: StoredJob, now: datetime) -> None:
    died = f"its process ({job.holder}) died, or was away for longer than its lease"
    if job.cancel_requested:
        end_cancelled(conn, job, died, now)
    elif job.attempts >= job.max_attempts:
        finish_job(conn, job, Outcome.FAILED, f"{died}, in attempt {job.attempts}", AGAIN.format(id=job.id), now)
    else:
        put_back(conn, job, died, now, counted=True)
