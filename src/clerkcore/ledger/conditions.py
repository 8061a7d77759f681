"""What alerts rest on: runs in a row, open holds, schedules that are behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, select
from sqlalchemy.sql import ColumnElement

from clerkcore.ledger.alerts import RESOLVED, Member
from clerkcore.ledger.tables import alert_members, alerts, job_tracking, jobs, run_scopes, schedules, sites
from clerkcore.times import to_text


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
    open_hold = exists(
        select(run_scopes.c.run_id)
        .join(job_tracking, job_tracking.c.id == run_scopes.c.run_id)
        .where(
            run_scopes.c.hold_state == "open",
            job_tracking.c.subdomain == alert_members.c.subdomain,
            job_tracking.c.source == alert_members.c.source,
        )
    )
    return _failing_members(conn, alerts.c.type == "held", ~open_hold)


def members_without_site(conn: Connection) -> list[tuple[str, Member]]:
    """Return the type of an open alert and its member, where the member's site is gone."""
    members = alert_members.c
    gone = ~exists().where(sites.c.subdomain == members.subdomain)
    query = select(alerts.c.type, members.subdomain, members.source, members.job_type)
    query = query.join(alert_members, members.alert_id == alerts.c.id)
    rows = conn.execute(query.where(_open_members(), members.subdomain != "", gone))
    return [(type_, Member(*key)) for type_, *key in rows]


def overdue_members(conn: Connection, due_before: datetime) -> list[Member]:
    """Return the jobs of enabled sites that should have begun before a time, and are neither running nor told of.

    An alert that somebody resolved by hand counts as told until the schedule has moved on.
    """
    members = alert_members.c
    running = exists().where(
        jobs.c.subdomain == schedules.c.subdomain, jobs.c.job_type == schedules.c.job_type, jobs.c.status == "running"
    )
    told = exists(
        select(members.alert_id)
        .join(alerts, alerts.c.id == members.alert_id)
        .where(
            alerts.c.type == "overdue",
            members.subdomain == schedules.c.subdomain,
            members.job_type == schedules.c.job_type,
            members.recovered_at.is_(None),
            (alerts.c.status != RESOLVED) | (alerts.c.resolved_at > schedules.c.next_due_at),
        )
    )
    query = select(schedules.c.subdomain, schedules.c.job_type).join(sites, sites.c.subdomain == schedules.c.subdomain)
    query = query.where(_behind(due_before), ~running, ~told).distinct()
    found = conn.execute(query.order_by(schedules.c.job_type, schedules.c.subdomain))
    return [Member(subdomain, "", job_type) for subdomain, job_type in found]


def punctual_members(conn: Connection, due_before: datetime) -> list[Member]:
    """Return the members of open alerts about schedules that are not behind any more."""
    members = alert_members.c
    behind = exists(
        select(schedules.c.subdomain)
        .join(sites, sites.c.subdomain == schedules.c.subdomain)
        .where(
            _behind(due_before),
            schedules.c.subdomain == members.subdomain,
            schedules.c.job_type == members.job_type,
        )
    )
    return _failing_members(conn, alerts.c.type == "overdue", ~behind)


def _behind(due_before: datetime) -> ColumnElement[bool]:
    return and_(schedules.c.enabled, sites.c.enabled, schedules.c.next_due_at < to_text(due_before))


def _failing_members(conn: Connection, *conditions: ColumnElement[bool]) -> list[Member]:
    members = alert_members.c
    query = select(members.subdomain, members.source, members.job_type)
    query = query.join(alerts, alerts.c.id == members.alert_id).where(_open_members(), *conditions)
    rows = conn.execute(query.order_by(members.subdomain, members.source, members.job_type))
    return [Member(*row) for row in rows]


def _open_members() -> ColumnElement[bool]:
    return and_(alerts.c.status != RESOLVED, alert_members.c.recovered_at.is_(None))
