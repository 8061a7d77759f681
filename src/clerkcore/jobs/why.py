"""Why a site did or did not run: one reason for each of its jobs, from the ledger and the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from clerkcore.errors import ClerkError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.defaults import sync_schedules
from clerkcore.jobs.holding import own_host
from clerkcore.jobs.selection import disabled_states
from clerkcore.jobs.types import HOOK, Demand, fit_of, load_job_types, sources_of
from clerkcore.ledger import (
    Hold,
    Lease,
    Schedule,
    SiteRow,
    StoredJob,
    get_schedule,
    get_site,
    holder_is_dead,
    list_jobs,
    list_leases,
    open_holds,
    tell_holder,
)
from clerkcore.services import JobType
from clerkcore.times import now
from clerkcore.timing import describe

MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a job did or did not run: `reason` is one word, `message` says it in full, `command` is what helps."""

    site: str
    job: str
    reason: str
    message: str
    command: str = ""
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger says of a site."""

    row: SiteRow
    lease: Lease | None
    holds: list[Hold]


def explain(installation: Installation, subdomain: str) -> list[Reason]:
    """Return why each job of a site did or did not run, and why a source of it runs in none."""
    with installation.ledger.read() as connection:
        row = get_site(connection, subdomain)
        leases = {lease.subdomain: lease for lease in list_leases(connection)}
        holds = [hold for hold in open_holds(connection) if hold.site == subdomain]
    known = _Known(row, leases.get(subdomain), holds)
    reasons: list[Reason] = []
    for job_type in load_job_types(installation)[0]:
        fit = fit_of(installation, job_type)
        of_kind = not fit.kinds or str(row.kind) in fit.kinds
        if of_kind and (fit.sources is None or set(fit.sources).intersection(row.sources)):
            reasons += _explain_job(installation, known, job_type)
    return [*reasons, *_missing(installation, row)]


def _missing(installation: Installation, row: SiteRow) -> Iterator[Reason]:
    for source in row.sources:
        if installation.family(source) is None:
            message = f"no plugin offers its source {source!r}; its data is kept as it is"
            yield Reason(row.subdomain, "", "plugin missing", message, "clerk plugins list")
    offered = installation.plugins.names(HOOK)
    with installation.ledger.read() as connection:
        waiting = list_jobs(connection, subdomain=row.subdomain, statuses=["waiting"], limit=MOST_WAITING)
    for job in waiting:
        if job.job_type not in offered:
            message = f"job {job.id} waits, and no plugin offers its kind"
            yield Reason(row.subdomain, job.job_type, "plugin missing", message, f"clerk jobs cancel {job.id}")
    if not row.sources:
        yield Reason(row.subdomain, "", "no source", "it has no source", f"clerk sites show {row.subdomain}")


def _explain_job(installation: Installation, known: _Known, job_type: JobType) -> Iterator[Reason]:
    site, job = known.row.subdomain, job_type.name
    try:
        sync_schedules(installation, Demand(job_type))
    except ClerkError as error:
        yield Reason(site, job, "settings", str(error), "clerk doctor")
        return
    with installation.ledger.read() as connection:
        schedule = get_schedule(connection, site, job)
        newest = list_jobs(connection, subdomain=site, job_type=job, limit=1)
    due = schedule.next_due_at if schedule else None
    barred = list(_of_site(installation, known, job_type))
    found = [
        *barred,
        *_of_lease(known, newest),
        *_of_job(newest, known.lease),
        *_of_holds(known, job_type, installation),
        # What is left out is not due, whatever its schedule says.
        *(() if barred else _of_schedule(schedule, job_type, site)),
    ]
    for reason, message, command in found:
        yield Reason(site, job, reason, message, command, due)


def _of_site(installation: Installation, known: _Known, job_type: JobType) -> Iterator[tuple[str, str, str]]:
    row, here = known.row, own_host(installation)
    if not row.enabled:
        yield "disabled", "the site is disabled: schedules leave it out", f"clerk sites enable {row.subdomain}"
    elif job_type.source_hook == STATES.hook and row.subdomain in disabled_states(installation, STATES):
        yield (
            "disabled",
            "states.json disables its state: only a person may run it",
            f"{job_type.command} {row.subdomain}",
        )
    if here and row.host not in ("", here):
        yield "elsewhere", f"its databases are on {row.host}, and only workers there take it; this is {here}", ""


def _of_lease(known: _Known, newest: list[StoredJob]) -> Iterator[tuple[str, str, str]]:
    lease = known.lease
    if lease is None or lease.expires_at <= now():
        return
    who = tell_holder(lease.holder)
    if holder_is_dead(lease.holder):
        yield "died", f"{who}, which ran {lease.job}, is dead; the next tick takes its job over", ""
    elif not newest or newest[0].token != lease.token:
        yield "leased", f"{who} works on the site ({lease.job}) until {lease.expires_at:%H:%M:%S} UTC", ""


def _of_job(newest: list[StoredJob], lease: Lease | None) -> Iterator[tuple[str, str, str]]:
    if not newest:
        yield "never", "it was never asked for", ""
        return
    job, show = newest[0], f"clerk jobs show {newest[0].id}"
    if job.status == "running" and lease and holder_is_dead(lease.holder):
        return  # told already
    if job.status == "running":
        since = f" since {job.started_at:%Y-%m-%d %H:%M:%S} UTC" if job.started_at else ""
        yield "running", f"job {job.id} is being done by {tell_holder(job.holder)}{since}", show
    elif job.status == "waiting":
        again = f"attempt {job.attempts + 1} of {job.max_attempts}; before: {job.message}" if job.attempts else "new"
        yield "waiting", f"job {job.id} waits until {job.not_before:%Y-%m-%d %H:%M:%S} UTC ({again})", show
    else:
        ended = f" at {job.finished_at:%Y-%m-%d %H:%M:%S} UTC" if job.finished_at else ""
        yield str(job.outcome or job.status), f"job {job.id} ended{ended}: {job.message}", show


def _of_holds(known: _Known, job_type: JobType, installation: Installation) -> Iterator[tuple[str, str, str]]:
    sources = sources_of(installation, job_type) or ()
    for hold in known.holds:
        if hold.source in sources:
            message = f"run {hold.run_id} holds {hold.result.scope} since {hold.since:%Y-%m-%d}: {hold.result.message}"
            yield "held", message, f"clerk runs show {hold.run_id}"


def _of_schedule(schedule: Schedule | None, job_type: JobType, site: str) -> Iterator[tuple[str, str, str]]:
    if schedule is None:
        yield "unplanned", "schedules leave it out", f"{job_type.command} {site}"
    elif not schedule.enabled:
        yield "off", "its schedule is off", f"clerk schedule set {site} {job_type.name} --on"
    elif schedule.next_due_at > now():
        yield "not due", f"due next at {schedule.next_due_at:%Y-%m-%d %H:%M} UTC ({describe(schedule.timing)})", ""
    else:
        since = f"{schedule.next_due_at:%Y-%m-%d %H:%M} UTC"
        yield "due", f"due since {since} ({describe(schedule.timing)}); the next tick runs it", "clerk jobs run --due"
