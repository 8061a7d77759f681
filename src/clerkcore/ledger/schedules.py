"""When each job is next due at each site: the table schedules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Select, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clerkcore.ledger.jobs import is_open
from clerkcore.ledger.rows import fetch_rows, save_row
from clerkcore.ledger.tables import jobs, schedules, site_sources, sites
from clerkcore.times import from_text, to_text
from clerkcore.timing import Timing


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a job is due at a site; `dedup_key` tells apart what is asked for with options of its own.

    `origin` is operator where somebody set it, else default. `failures` counts the failed attempts since one that
    did not fail.
    """

    subdomain: str
    job_type: str
    dedup_key: str
    timing: Timing
    enabled: bool
    origin: Literal["default", "operator"]
    next_due_at: datetime
    failures: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Which sites a kind of job is for: those with one of these sources, and of these kinds; None and () are any."""

    sources: tuple[str, ...] | None = None
    kinds: tuple[str, ...] = ()


def save_schedule(conn: Connection, schedule: Schedule) -> None:
    """Insert or update a schedule."""
    save_row(conn, schedules, _key(schedule), _values(schedule))


def add_schedules(conn: Connection, added: Sequence[Schedule]) -> None:
    """Insert many schedules that are not there yet."""
    if added:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        # Another process may have planned some of them meanwhile.
        statement = dialect.insert(schedules).on_conflict_do_nothing()
        conn.execute(statement, [{**_key(schedule), **_values(schedule)} for schedule in added])


def get_schedule(conn: Connection, subdomain: str, job_type: str, dedup_key: str = "") -> Schedule | None:
    """Return one schedule; None where nothing was planned yet."""
    query = select(schedules).where(
        schedules.c.subdomain == subdomain, schedules.c.job_type == job_type, schedules.c.dedup_key == dedup_key
    )
    found = fetch_rows(conn, query)
    return _schedule(found[0]) if found else None


def list_schedules(
    conn: Connection,
    *,
    subdomain: str | None = None,
    job_type: str | None = None,
    limit: int | None = None,
    origin: str | None = None,
    enabled: bool | None = None,
    lock: bool = False,
) -> list[Schedule]:
    """Return schedules, the soonest due first; with `lock` nobody else changes them before the transaction ends."""
    query = select(schedules).order_by(schedules.c.next_due_at, schedules.c.subdomain, schedules.c.job_type)
    wanted = {"subdomain": subdomain, "job_type": job_type, "origin": origin, "enabled": enabled}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(schedules.c[name] == value)
    query = query.with_for_update() if lock else query
    return [_schedule(row) for row in fetch_rows(conn, query.limit(limit))]


def unscheduled_sites(conn: Connection, job_type: str, dedup_key: str, fit: Fit, limit: int) -> list[str]:
    """Return enabled sites that a job is for and has no schedule for yet."""
    planned = exists().where(
        schedules.c.subdomain == sites.c.subdomain,
        schedules.c.job_type == job_type,
        schedules.c.dedup_key == dedup_key,
    )
    query = select(sites.c.subdomain).where(sites.c.enabled, ~planned).order_by(sites.c.subdomain)
    query = query.where(*_fits(fit))
    return list(conn.scalars(query.limit(limit)))


def due_schedules(
    conn: Connection,
    job_type: str,
    dedup_key: str,
    fit: Fit,
    *,
    without: Collection[str] = (),
    until: datetime | None,
    limit: int | None,
) -> list[Schedule]:
    """Return the schedules whose time has come, longest overdue first; with `until` None the soonest, due or not.

    Left out are disabled sites, those in `without`, schedules that are off, and where the job is open already.
    """
    open_job = exists().where(
        jobs.c.job_type == schedules.c.job_type,
        jobs.c.subdomain == schedules.c.subdomain,
        jobs.c.dedup_key == schedules.c.dedup_key,
        is_open(),
    )
    query = _planned(job_type, dedup_key, fit, without).where(~open_job)
    if until is not None:
        query = query.where(schedules.c.next_due_at <= to_text(until))
    query = query.order_by(schedules.c.next_due_at, schedules.c.subdomain).limit(limit)
    return [_schedule(row) for row in fetch_rows(conn, query)]


def take_turn(conn: Connection, schedule: Schedule, next_due_at: datetime) -> bool:
    """Move a schedule on from the turn it was read with; False when another process has taken that turn."""
    conditions = [schedules.c[name] == value for name, value in _key(schedule).items()]
    as_read = schedules.c.next_due_at == to_text(schedule.next_due_at)
    moved = update(schedules).where(*conditions, as_read).values(next_due_at=to_text(next_due_at))
    return conn.execute(moved).rowcount > 0


def count_failure(conn: Connection, subdomain: str, job_type: str, dedup_key: str) -> None:
    """Count one more failure in a row for the schedules that a job serves."""
    served = [schedules.c.subdomain == subdomain, schedules.c.job_type == job_type]
    if dedup_key:
        served.append(schedules.c.dedup_key == dedup_key)
    conn.execute(update(schedules).where(*served).values(failures=schedules.c.failures + 1))


def recount_far(conn: Connection, job_type: str, at: datetime, slack: timedelta) -> int:
    """Make due now what is planned further ahead than its interval and some slack: a clock that was wrong planned it.

    Returns how many schedules that was. Cron expressions are left, which may well name a far day.
    """
    every = select(schedules.c.every_hours).where(schedules.c.job_type == job_type).distinct()
    found = 0
    for hours in [hours for hours in conn.scalars(every) if hours is not None]:
        far = to_text(at + timedelta(hours=hours) + slack)
        same = (schedules.c.job_type == job_type, schedules.c.every_hours == hours, schedules.c.next_due_at > far)
        found += conn.execute(update(schedules).where(*same).values(next_due_at=to_text(at))).rowcount
    return found


def move_schedule(conn: Connection, schedule: Schedule, next_due_at: datetime, failures: int | None = None) -> None:
    """Set when a schedule is next due, and how often it has failed."""
    values: dict[str, Any] = {"next_due_at": to_text(next_due_at)}
    if failures is not None:
        values["failures"] = failures
    conditions = [schedules.c[name] == value for name, value in _key(schedule).items()]
    conn.execute(update(schedules).where(*conditions).values(values))


def _planned(job_type: str, dedup_key: str, fit: Fit, without: Collection[str]) -> Select[Any]:
    query = select(schedules).join(sites, sites.c.subdomain == schedules.c.subdomain)
    query = query.where(
        schedules.c.job_type == job_type, schedules.c.dedup_key == dedup_key, schedules.c.enabled, sites.c.enabled
    )
    query = query.where(*_fits(fit))
    return query.where(sites.c.subdomain.not_in(sorted(without))) if without else query


def _fits(fit: Fit) -> list[Any]:
    conditions: list[Any] = []
    if fit.sources is not None:
        listed = site_sources.c.source.in_(fit.sources)
        conditions.append(exists().where(site_sources.c.subdomain == sites.c.subdomain, listed))
    if fit.kinds:
        conditions.append(sites.c.kind.in_(fit.kinds))
    return conditions


def _key(schedule: Schedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in ("subdomain", "job_type", "dedup_key")}


def _values(schedule: Schedule) -> dict[str, Any]:
    timing = schedule.timing
    names = ("every_hours", "cron", "time_zone", "jitter_minutes", "quiet")
    return {
        **{name: getattr(timing, name) for name in names},
        "enabled": schedule.enabled,
        "origin": schedule.origin,
        "next_due_at": to_text(schedule.next_due_at),
        "failures": schedule.failures,
        "updated_at": to_text(schedule.updated_at),
        "updated_by": schedule.updated_by,
    }


def _schedule(row: dict[str, Any]) -> Schedule:
    timing = Timing(row["every_hours"], row["cron"], row["time_zone"] or "UTC", row["jitter_minutes"], row["quiet"])
    return Schedule(
        subdomain=row["subdomain"],
        job_type=row["job_type"],
        dedup_key=row["dedup_key"],
        timing=timing,
        enabled=row["enabled"],
        origin=row["origin"],
        next_due_at=from_text(row["next_due_at"]),
        failures=row["failures"],
        updated_at=from_text(row["updated_at"]),
        updated_by=row["updated_by"],
    )
