"""Asking for jobs: what is opened in the ledger, by whom, and how it is handed to those that do it."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clerkcore.errors import PluginError, SettingsError, UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.orders import Order
from clerkcore.jobs.perform import BY_SCHEDULE
from clerkcore.ledger import (
    NewJob,
    StoredJob,
    end_cancelled,
    get_job,
    get_site,
    list_homes,
    open_job,
    record_event,
    release_dead_jobs,
    request_cancel,
)
from clerkcore.ledger.stored import dump_json
from clerkcore.services import Asked, Executor
from clerkcore.times import now

LOCAL = "local"
HIGH = "high"


def whoami() -> str:
    """Return the login name of the person at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "somebody"


def ask_for_order(installation: Installation, order: Order, subdomain: str, asked_by: str) -> tuple[StoredJob, bool]:
    """Return the open job of an order that this process is about to do, and whether it is new.

    What only this process can do, as the reading of files, is tried once.
    """
    options = order.demands
    wanted = NewJob(
        job_type=order.job,
        subdomain=subdomain,
        queue=order.family.name,
        asked_by=asked_by,
        dedup_key=dump_json(dict(options)) if options else "",
        options=options,
        urgent=asked_by != BY_SCHEDULE,
        max_attempts=installation.settings.job_attempts if order.repeatable else 1,
    )
    return _open(installation, wanted)


def _open(installation: Installation, wanted: NewJob) -> tuple[StoredJob, bool]:
    with installation.ledger.write() as connection:
        get_site(connection, wanted.subdomain)
        release_dead_jobs(connection, now(), subdomain=wanted.subdomain)
        return open_job(connection, wanted, now())


def retry_job(installation: Installation, job_id: int, asked_by: str) -> StoredJob:
    """Ask once more for what a job was about; UsageError for one that is open, or that only its process could do."""
    with installation.ledger.write() as connection:
        job = get_job(connection, job_id)
        if job.is_open:
            raise UsageError(f"job {job.id} is {job.status}", remedy=f"clerk jobs run {job.id}")
        if job.job_type not in installation.plugins.names("register_job_types"):
            raise UsageError(f"{job.job_type} cannot be begun anew by itself", remedy="give the command again")
        if job.options.get("files"):
            raise UsageError(f"job {job.id} read files", remedy="give the command with --from again")
        wanted = NewJob(
            job_type=job.job_type,
            subdomain=job.subdomain,
            queue=job.queue,
            asked_by=asked_by,
            dedup_key=job.dedup_key,
            options=job.options,
            urgent=True,
            max_attempts=installation.settings.job_attempts,
            retry_of=job.id,
        )
        return open_job(connection, wanted, now())[0]


def cancel_job(installation: Installation, job_id: int, by: str) -> StoredJob:
    """Cancel a job that waits, or ask the process that runs it to stop; UsageError for one that is over."""
    with installation.ledger.write() as connection:
        release_dead_jobs(connection, now())
        job = get_job(connection, job_id, lock=True)
        if not job.is_open:
            raise UsageError(f"job {job.id} is {job.status} already", remedy=f"clerk jobs show {job.id}")
        if job.status == "waiting":
            end_cancelled(connection, job, f"cancelled by {by}", now())
        else:
            request_cancel(connection, job)
        record_event(
            connection,
            "job.cancelled",
            f"{by} cancelled job {job.id}",
            subdomain=job.subdomain,
            data={"job_id": job.id, "job_type": job.job_type, "by": by},
            at=now(),
        )
        return get_job(connection, job_id)


def open_executor(installation: Installation, name: str = "") -> Executor:
    """Return what runs jobs: the one named, else that of the settings.

    SettingsError when no plugin offers it, PluginError when it is broken.
    """
    wanted = name or installation.settings.executor
    offered = installation.plugins.names("register_executors")
    if wanted not in offered:
        raise SettingsError(
            f"no plugin offers the executor {wanted!r}; offered: {', '.join(offered)}",
            where="" if name else "jobs.executor",
            remedy="install its plugin, as clerk-queue-rq for rq, or take local",
        )
    made = installation.plugins.load("register_executors", wanted)
    config = reveal(installation, installation.settings.executors.get(wanted, {}))
    executor = made(installation, config)
    if not isinstance(executor, Executor):
        raise PluginError(f"{wanted!r} is no Executor", remedy="report it to the plugin's author")
    return executor


def reveal(installation: Installation, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the secrets they name, as `url = {secret = "redis_url"}`."""
    return {
        key: installation.settings.secret(str(value["secret"]))
        if isinstance(value, dict) and "secret" in value
        else value
        for key, value in config.items()
    }


def hand_over(installation: Installation, executor: Executor, jobs: Iterable[StoredJob]) -> list[Asked]:
    """Give jobs to an executor and return what it was given; ExecutorError when it cannot be reached."""
    chosen = list(jobs)
    with installation.ledger.read() as connection:
        homes = list_homes(connection, {job.subdomain for job in chosen})
    asked = [
        Asked(job.id, job.attempts + 1, HIGH if job.urgent else job.queue, homes.get(job.subdomain, ""))
        for job in chosen
    ]
    executor.submit(asked)
    return asked


def must_be_here(installation: Installation, order: Order) -> bool:
    """Whether this process does an order itself, whatever executor is set."""
    return order.dry_run or not order.repeatable or installation.settings.executor == LOCAL


def check_queues(queues: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a queue that is none."""
    for queue in queues:
        if queue not in known:
            raise UsageError(f"there is no queue {queue!r}", remedy=f"queues: {', '.join(known)}")
