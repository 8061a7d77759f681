"""What alerts rest on: runs in a row, open holds, schedules that are behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, and_, except_, exists, select, true, union_all
from sqlalchemy.sql import ColumnElement

from clerkcore.ledger.alerts import RESOLVED, Member
from clerkcore.ledger.tables import (
    alert_members,
    alerts,
    job_tracking,
    jobs,
    run_scopes,
    schedules,
    site_sources,
    sites,
)
from clerkcore.times import to_text

_OVERDUE = alerts.c.type == "overdue"
_BY_JOB = attrgetter("job_type", "subdomain")


@dataclass(frozen=True, slots=True)
class Expected:
    """A kind of job that schedules run: at enabled sites that have one of `sources`, None for all, `without` some."""

    job_type: str
    sources: Collection[str] | None = None
    without: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What an event does not say of its run."""

    job_type: str
    remedy: str


def run_facts(conn: Connection, run_ids: Collection[int]) -> dict[int, RunFacts]:
    """Return job and remedy of runs, by id."""
    columns = (job_tracking.c.id, job_tracking.c.job_type, job_tracking.c.remedy)
    rows = conn.execute(select(*columns).where(job_tracking.c.id.in_(sorted(run_ids))))
    return {number: RunFacts(job, remedy) for number, job, remedy in rows}


def site_names(conn: Connection, subdomains: Collection[str]) -> dict[str, str]:
    """Return what sites are called, by subdomain; those that are gone are left out."""
    rows = conn.execute(select(sites.c.subdomain, sites.c.name).where(sites.c.subdomain.in_(sorted(subdomains))))
    return {row.subdomain: row.name for row in rows}


def newest_outcomes(conn: Connection, member: Member, run_id: int, count: int) -> list[str]:
    """Return how a source's runs of a job ended, up to a run and newest first; those that were skipped are left out."""
    runs = job_tracking.c
    query = select(runs.outcome).where(
        runs.subdomain == member.subdomain,
        runs.source == member.source,
        runs.job_type == member.job_type,
        runs.id <= run_id,
        runs.status == "finished",
        runs.outcome != "skipped",
    )
    return [str(outcome) for outcome in conn.scalars(query.order_by(runs.id.desc()).limit(count))]


def has_failed_run(conn: Connection, job_id: int) -> bool:
    """Whether any run of a job failed."""
    failed = select(job_tracking.c.id).where(job_tracking.c.job_id == job_id, job_tracking.c.outcome == "failed")
    return conn.scalar(failed.limit(1)) is not None


def has_open_hold(conn: Connection, subdomain: str, source: str) -> bool:
    """Whether anything of a site's source is held and waits for somebody."""
    held = select(run_scopes.c.run_id).join(job_tracking, job_tracking.c.id == run_scopes.c.run_id)
    mine = (job_tracking.c.subdomain == subdomain, job_tracking.c.source == source)
    return conn.scalar(held.where(run_scopes.c.hold_state == "open", *mine).limit(1)) is not None


def closed_holds(conn: Connection) -> list[Member]:
    """Return the members of open alerts about holds of which nothing is held any more."""
    members = _failing_members(conn, alerts.c.type == "held")
    if not members:
        return []
    query = select(job_tracking.c.subdomain, job_tracking.c.source)
    query = query.join(run_scopes, run_scopes.c.run_id == job_tracking.c.id).where(run_scopes.c.hold_state == "open")
    held = {(subdomain, source) for subdomain, source in conn.execute(query)}
    return [member for member in members if (member.subdomain, member.source) not in held]


def members_without_site(conn: Connection) -> list[tuple[str, Member]]:
    """Return the type of an open alert and its member, where the member's site is gone."""
    members = alert_members.c
    gone = ~exists().where(sites.c.subdomain == members.subdomain)
    query = select(alerts.c.type, members.subdomain, members.source, members.job_type)
    query = query.join(alert_members, members.alert_id == alerts.c.id)
    rows = conn.execute(query.where(*_failing(true()), members.subdomain != "", gone))
    return [(type_, Member(*key)) for type_, *key in rows]


def overdue_members(conn: Connection, expected: Collection[Expected], due_before: datetime) -> list[Member]:
    """Return the jobs that should have begun before a time, and are neither running nor told of.

    An alert that somebody resolved by hand counts as told until the schedule has moved on.
    """
    if not expected:
        return []
    running = select(jobs.c.subdomain, jobs.c.job_type).where(jobs.c.status == "running")
    found = _read_jobs(conn, except_(_planned(expected, due_before), _told_overdue(), running))
    return sorted(found - _decided(conn), key=_BY_JOB) if found else []


def punctual_members(conn: Connection, expected: Collection[Expected], due_before: datetime) -> dict[Member, bool]:
    """Return the members of open alerts about schedules that are not behind any more, and whether each is to be run."""
    told = _told_overdue()
    ended = _read_jobs(conn, except_(told, _planned(expected, due_before)) if expected else told)
    left_out = _read_jobs(conn, except_(told, _planned(expected))) if ended and expected else ended
    return {member: member not in left_out for member in sorted(ended, key=_BY_JOB)}


# Sets of many thousands are compared by EXCEPT, since no planner, whatever it knows of the tables, makes of that a scan
# of the one for each row of the other.
def _planned(expected: Collection[Expected], due_before: datetime | None = None) -> Select[Any]:
    """Return what schedules run where; those with options of their own are left to whoever asks with these options."""
    each = union_all(*(_planned_of(job, due_before) for job in expected)).subquery()
    return select(each.c.subdomain, each.c.job_type)


def _planned_of(job: Expected, due_before: datetime | None) -> Select[Any]:
    query = select(schedules.c.subdomain, schedules.c.job_type)
    query = query.join(sites, sites.c.subdomain == schedules.c.subdomain).where(
        schedules.c.job_type == job.job_type, schedules.c.dedup_key == "", schedules.c.enabled, sites.c.enabled
    )
    if due_before is not None:
        query = query.where(schedules.c.next_due_at < to_text(due_before))
    if job.sources is not None:
        mine = (site_sources.c.subdomain == schedules.c.subdomain, site_sources.c.source.in_(sorted(job.sources)))
        query = query.where(exists().where(*mine))
    return query.where(schedules.c.subdomain.not_in(sorted(job.without))) if job.without else query


def _told_overdue() -> Select[Any]:
    return select(alert_members.c.subdomain, alert_members.c.job_type).where(*_failing(_OVERDUE))


def _decided(conn: Connection) -> set[Member]:
    """Return the jobs that were behind schedule already when somebody resolved the alert about them."""
    members = alert_members.c
    key = (schedules.c.subdomain == members.subdomain, schedules.c.job_type == members.job_type)
    query = (
        select(members.subdomain, members.job_type)
        .join(alerts, alerts.c.id == members.alert_id)
        .join(schedules, and_(*key, schedules.c.dedup_key == ""))
        .where(_OVERDUE, alerts.c.status == RESOLVED, members.recovered_at.is_(None))
    )
    return _read_jobs(conn, query.where(alerts.c.resolved_at > schedules.c.next_due_at))


def _read_jobs(conn: Connection, query: Select[Any] | CompoundSelect[Any]) -> set[Member]:
    return {Member(subdomain, "", job_type) for subdomain, job_type in conn.execute(query)}


def _failing_members(conn: Connection, of: ColumnElement[bool]) -> list[Member]:
    members = alert_members.c
    query = select(members.subdomain, members.source, members.job_type).where(*_failing(of))
    rows = conn.execute(query.order_by(members.subdomain, members.source, members.job_type))
    return [Member(*row) for row in rows]


def _failing(of: ColumnElement[bool]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return that a row is a member that fails of such an open alert, found by way of the few alerts that are open."""
    found = select(alerts.c.id).where(alerts.c.status != RESOLVED, of)
    return alert_members.c.alert_id.in_(found), alert_members.c.recovered_at.is_(None)
