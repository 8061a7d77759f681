"""What was asked for and what became of it: the table jobs. At most one job of a kind is open at a site."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clerkcore.errors import LedgerError
from clerkcore.ledger.rows import fetch_rows, read_time
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import jobs, sites
from clerkcore.models import Outcome
from clerkcore.times import from_text, to_text

JobStatus = Literal["waiting", "running", "finished", "cancelled"]
OPEN = ("waiting", "running")
_NEWEST = 5


class UnknownJob(LedgerError):
    """The ledger has no job of this number."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for: `dedup_key` tells it from other jobs of this type at this site.

    `queue` is its family's; an `urgent` job is done before others. A job that fails, or whose process dies, is tried
    `max_attempts` times in all.
    """

    job_type: str
    subdomain: str
    queue: str
    asked_by: str
    dedup_key: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    urgent: bool = False
    max_attempts: int = 1
    not_before: datetime | None = None
    retry_of: int | None = None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as the ledger keeps it: `outcome` is None until it is finished, `holder` empty until it was begun."""

    id: int
    job_type: str
    subdomain: str
    dedup_key: str
    queue: str
    urgent: bool
    status: JobStatus
    outcome: Outcome | None
    options: Mapping[str, Any]
    asked_by: str
    attempts: int
    max_attempts: int
    created_at: datetime
    not_before: datetime
    started_at: datetime | None
    finished_at: datetime | None
    holder: str
    token: str
    cancel_requested: bool
    retry_of: int | None
    message: str
    remedy: str

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.status in OPEN


def open_job(conn: Connection, wanted: NewJob, at: datetime) -> tuple[StoredJob, bool]:
    """Return the open job of this type, site and key, and whether it is new: it is inserted where there is none."""
    new_id = _insert(conn, wanted, at)
    if new_id is not None:
        return get_job(conn, new_id), True
    same = (jobs.c.job_type == wanted.job_type, jobs.c.subdomain == wanted.subdomain)
    query = select(jobs).where(*same, jobs.c.dedup_key == wanted.dedup_key, is_open())
    found = fetch_rows(conn, query)
    if not found:
        # On a server it can end between the two statements.
        return open_job(conn, wanted, at)
    if wanted.urgent and not found[0]["urgent"] and found[0]["status"] == "waiting":
        conn.execute(update(jobs).where(jobs.c.id == found[0]["id"]).values(urgent=True))
        return get_job(conn, found[0]["id"]), False
    return _job(found[0]), False


def _insert(conn: Connection, wanted: NewJob, at: datetime) -> int | None:
    values = {
        **{name: getattr(wanted, name) for name in ("job_type", "subdomain", "queue", "asked_by", "dedup_key")},
        **{name: getattr(wanted, name) for name in ("urgent", "max_attempts", "retry_of")},
        "options": dump_json(dict(wanted.options)),
        "status": "waiting",
        "created_at": to_text(at),
        "not_before": to_text(wanted.not_before or at),
    }
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    key = [jobs.c.job_type, jobs.c.subdomain, jobs.c.dedup_key]
    statement = dialect.insert(jobs).values(values)
    statement = statement.on_conflict_do_nothing(index_elements=key, index_where=is_open())
    new_id: int | None = conn.scalar(statement.returning(jobs.c.id))
    return new_id


def is_open() -> ColumnElement[bool]:
    """Return the condition of a job that waits or runs, by which its index is found."""
    # The condition of a partial index is matched as text: it may hold no bound values.
    return jobs.c.status.in_([literal_column(repr(word)) for word in OPEN])


def get_job(conn: Connection, job_id: int, *, lock: bool = False) -> StoredJob:
    """Return one job; UnknownJob names the newest ones when there is none of this id."""
    query = select(jobs).where(jobs.c.id == job_id)
    found = fetch_rows(conn, query.with_for_update() if lock else query)
    if not found:
        newest = ", ".join(map(str, conn.scalars(select(jobs.c.id).order_by(jobs.c.id.desc()).limit(_NEWEST))))
        raise UnknownJob(f"no job {job_id}", remedy=f"newest jobs: {newest}" if newest else "nothing was asked yet")
    return _job(found[0])


def list_jobs(
    conn: Connection,
    *,
    subdomain: str | None = None,
    job_type: str | None = None,
    statuses: Collection[str] = (),
    limit: int,
) -> list[StoredJob]:
    """Return the newest jobs first."""
    query = select(jobs).order_by(jobs.c.id.desc()).limit(limit)
    for name, value in {"subdomain": subdomain, "job_type": job_type}.items():
        if value is not None:
            query = query.where(jobs.c[name] == value)
    if statuses:
        query = query.where(jobs.c.status.in_(sorted(statuses)))
    return [_job(row) for row in fetch_rows(conn, query)]


def waiting_jobs(
    conn: Connection,
    until: datetime | None,
    *,
    job_types: Collection[str] | None = None,
    dedup_key: str | None = None,
    queues: Collection[str] | None = None,
    host: str = "",
    limit: int | None,
) -> list[StoredJob]:
    """Return jobs that wait and whose time has come: urgent ones first, then the longest waiting.

    With `until` None, all that wait; `queues` may name "high", which is every urgent job; with a `host` only those of
    sites that are not on another machine.
    """
    query = _waiting(select(jobs), until, job_types, dedup_key)
    if queues is not None:
        chosen = jobs.c.queue.in_(sorted(queues))
        query = query.where(chosen | jobs.c.urgent if "high" in queues else chosen)
    if host:
        # Asked of each job that is looked at: a list of the sites would be made of all of them, each time.
        query = query.where(exists().where(sites.c.subdomain == jobs.c.subdomain, sites.c.host.in_(("", host))))
    query = query.order_by(jobs.c.not_before, jobs.c.id)
    # One after the other, each in the order of the index: sorting both together would read every job that waits.
    found = fetch_rows(conn, query.where(jobs.c.urgent).limit(limit))
    if limit is None or len(found) < limit:
        left = None if limit is None else limit - len(found)
        found += fetch_rows(conn, query.where(~jobs.c.urgent).limit(left))
    return [_job(row) for row in found]


def waiting_numbers(
    conn: Connection, until: datetime, job_types: Collection[str], dedup_key: str | None
) -> list[tuple[int, int, bool, str, str]]:
    """Return (id, attempts, urgent, queue, home) of waiting jobs, the longest waiting first: all that carrying asks."""
    columns = (jobs.c.id, jobs.c.attempts, jobs.c.urgent, jobs.c.queue, sites.c.host)
    query = select(*columns).join(sites, sites.c.subdomain == jobs.c.subdomain)
    query = _waiting(query, until, job_types, dedup_key).order_by(jobs.c.not_before, jobs.c.id)
    return [tuple(row) for row in conn.execute(query)]  # type: ignore[misc] # five columns, as chosen above


def _waiting(
    query: Select[Any], until: datetime | None, job_types: Collection[str] | None, dedup_key: str | None
) -> Select[Any]:
    query = query.where(jobs.c.status == "waiting")
    if until is not None:
        query = query.where(jobs.c.not_before <= to_text(until))
    if job_types is not None:
        query = query.where(jobs.c.job_type.in_(sorted(job_types)))
    return query if dedup_key is None else query.where(jobs.c.dedup_key == dedup_key)


def count_jobs(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many jobs there are by type and status."""
    query = select(jobs.c.job_type, jobs.c.status, func.count()).group_by(jobs.c.job_type, jobs.c.status)
    return {(job_type, status): number for job_type, status, number in conn.execute(query)}


def finish_job(
    conn: Connection,
    job: StoredJob,
    outcome: Outcome,
    message: str,
    remedy: str,
    at: datetime,
    *,
    retry_at: datetime | None = None,
) -> bool:
    """Note how a job ended, or that it waits for another attempt; False when it is no more this holder's."""
    values: dict[str, Any] = {"message": message, "remedy": remedy, "outcome": str(outcome)}
    if retry_at is None:
        values |= {"status": "finished", "finished_at": to_text(at)}
    else:
        values |= {"status": "waiting", "not_before": to_text(retry_at), "outcome": None, "token": ""}
    return _change(conn, job, values)


def put_back(conn: Connection, job: StoredJob, message: str, not_before: datetime, *, counted: bool) -> bool:
    """Let a job wait again; an attempt that never began is not `counted`."""
    values = {"status": "waiting", "message": message, "not_before": to_text(not_before), "token": ""}
    return _change(conn, job, values if counted else {**values, "attempts": max(job.attempts - 1, 0)})


def start_job(conn: Connection, job: StoredJob, holder: str, token: str, at: datetime) -> None:
    """Note that a holder of the site's lease begins a job."""
    values = {"status": "running", "holder": holder, "token": token, "started_at": to_text(at)}
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(attempts=job.attempts + 1, **values))


def end_cancelled(conn: Connection, job: StoredJob, message: str, at: datetime) -> bool:
    """Note that a job was cancelled."""
    return _change(conn, job, {"status": "cancelled", "message": message, "finished_at": to_text(at)})


def request_cancel(conn: Connection, job: StoredJob) -> None:
    """Ask the process that runs a job to stop before it writes anything more."""
    conn.execute(update(jobs).where(jobs.c.id == job.id, jobs.c.status == "running").values(cancel_requested=True))


def _change(conn: Connection, job: StoredJob, values: Mapping[str, Any]) -> bool:
    same = (jobs.c.id == job.id, jobs.c.status == job.status, jobs.c.token == job.token)
    return conn.execute(update(jobs).where(*same).values(dict(values))).rowcount > 0


def _job(row: Mapping[str, Any]) -> StoredJob:
    times = {name: from_text(row[name]) for name in ("created_at", "not_before")}
    ended = {name: read_time(row[name]) for name in ("started_at", "finished_at")}
    outcome = Outcome(row["outcome"]) if row["outcome"] else None
    return StoredJob(**{**row, **times, **ended, "outcome": outcome, "options": json.loads(row["options"])})
