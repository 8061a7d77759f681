"""What the ledger can be counted for: runs, sources, schedules, jobs, alerts, notifications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    not_,
    or_,
    select,
)

from clerkcore.ledger.alerts import count_alerts
from clerkcore.ledger.jobs import count_jobs
from clerkcore.ledger.notifications import count_notifications
from clerkcore.ledger.tables import job_tracking, marks, run_scopes, schedules, site_sources, sites
from clerkcore.models import COMPARING_NOTHING
from clerkcore.times import from_text, to_text

SCHEDULER_MARK = "scheduler"


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a job is behind its schedules: the worst in seconds, and how many are behind."""

    seconds: float
    behind: int


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What the runs of one source of a site come to; times are seconds since 1970, None for never."""

    last: float | None = None
    success: float | None = None
    failures: int = 0
    held: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """One state of the ledger, counted; `sources` go by site and source, the other maps by the labels they name."""

    sites: Mapping[str, bool]
    runs: Mapping[tuple[str, str], int]
    durations: Mapping[str, tuple[int, float]]
    sources: Mapping[tuple[str, str], SourceFigures]
    lags: Mapping[str, Lag]
    jobs: Mapping[tuple[str, str], int]
    alerts: Mapping[tuple[str, str], int]
    notifications: Mapping[tuple[str, str], int]
    tick: float | None


def read_figures(conn: Connection, at: datetime) -> LedgerFigures:
    """Count what the ledger holds at this moment."""
    runs = list(conn.execute(_run_counts()))
    durations: dict[str, tuple[int, float]] = {}
    for job, _, number, seconds in runs:
        count, total = durations.get(job, (0, 0.0))
        durations[job] = (count + number, total + (seconds or 0.0))
    tick = conn.scalar(select(marks.c.at).where(marks.c.name == SCHEDULER_MARK))
    return LedgerFigures(
        sites={row.subdomain: row.enabled for row in conn.execute(select(sites.c.subdomain, sites.c.enabled))},
        runs={(job, outcome): number for job, outcome, number, _ in runs},
        durations=durations,
        sources=_sources(conn),
        lags={job: _lag(oldest, behind, at) for job, oldest, behind in conn.execute(_lags(at))},
        jobs=count_jobs(conn),
        alerts=count_alerts(conn),
        notifications=count_notifications(conn),
        tick=_seconds(tick),
    )


def _run_counts() -> Select[Any]:
    runs = job_tracking.c
    query = select(runs.job_type, runs.outcome, func.count(), func.sum(runs.duration_seconds))
    return query.where(runs.outcome.is_not(None)).group_by(runs.job_type, runs.outcome)


def _lags(at: datetime) -> Select[Any]:
    due, past = schedules.c.next_due_at, schedules.c.next_due_at < to_text(at)
    query = select(schedules.c.job_type, func.min(due), func.sum(case((past, 1), else_=0)))
    query = query.join(sites, sites.c.subdomain == schedules.c.subdomain)
    return query.where(schedules.c.enabled, sites.c.enabled).group_by(schedules.c.job_type)


def _lag(oldest: str, behind: int, at: datetime) -> Lag:
    return Lag(max((at - from_text(oldest)).total_seconds(), 0.0), int(behind))


def _sources(conn: Connection) -> dict[tuple[str, str], SourceFigures]:
    """Return the figures of every source that a site has or that ran for it, of sites that are still there."""
    columns = (site_sources.c.subdomain, site_sources.c.source)
    figures = {(site, source): SourceFigures() for site, source in conn.execute(select(*columns))}
    for site, source, last, success, failures in conn.execute(_run_ends()):
        if source:
            figures[site, source] = SourceFigures(_seconds(last), _seconds(success), failures)
    for field, query in (("held", _held()), ("quarantined", _quarantined())):
        for site, source, number in conn.execute(query):
            if (site, source) in figures:
                figures[site, source] = replace(figures[site, source], **{field: int(number)})
    return figures


def _run_ends() -> Select[Any]:
    """Select when each source's runs last ended, and how many failed since one that did not.

    What a person decided about a run, and what was skipped, says nothing of whether the source works. The history is
    not read for this: idx_job_tracking_newest leads to the newest runs of each source and job, and to no others.
    """
    runs = job_tracking.c
    known = select(runs.subdomain, runs.source, runs.job_type).where(_compares()).distinct().subquery()
    sums = select(
        known.c.subdomain,
        known.c.source,
        func.max(_newest(known, "finished_at", lambda run: run.outcome.is_not(None))).label("last"),
        func.max(_newest(known, "finished_at", _succeeded)).label("success"),
        func.coalesce(func.max(_newest(known, "id", _worked)), 0).label("worked"),
    ).join(sites, sites.c.subdomain == known.c.subdomain)
    ends = sums.group_by(known.c.subdomain, known.c.source).subquery()
    failed = select(func.count()).where(
        runs.subdomain == ends.c.subdomain,
        runs.source == ends.c.source,
        runs.id > ends.c.worked,
        # Wrapped, or SQLite would walk all failures since then of every site by the index of outcomes.
        func.coalesce(runs.outcome, "") == "failed",
        runs.of_run.is_(None),
        _compares(),
    )
    return select(ends.c.subdomain, ends.c.source, ends.c.last, ends.c.success, failed.scalar_subquery())


def _compares() -> ColumnElement[bool]:
    return not_(or_(*(job_tracking.c.job_type.endswith(stage) for stage in COMPARING_NOTHING)))


def _newest(known: Subquery, column: str, chosen: Callable[[Any], ColumnElement[bool]]) -> ScalarSelect[Any]:
    run = job_tracking.alias()
    same = (run.c[name] == known.c[name] for name in ("subdomain", "source", "job_type"))
    return select(run.c[column]).where(*same, chosen(run.c)).order_by(run.c.id.desc()).limit(1).scalar_subquery()


def _succeeded(run: Any) -> ColumnElement[bool]:
    return and_(run.outcome.in_(("changed", "fresh")), run.job_type != "undo")


def _worked(run: Any) -> ColumnElement[bool]:
    return and_(run.outcome.in_(("changed", "fresh", "held")), run.of_run.is_(None))


def _quarantined() -> Select[Any]:
    runs = job_tracking.c
    query = select(runs.subdomain, runs.source, func.sum(runs.quarantined)).where(runs.quarantined > 0)
    return query.group_by(runs.subdomain, runs.source)


def _held() -> Select[Any]:
    query = select(job_tracking.c.subdomain, job_tracking.c.source, func.count())
    query = query.join(run_scopes, run_scopes.c.run_id == job_tracking.c.id)
    return query.where(run_scopes.c.hold_state == "open").group_by(job_tracking.c.subdomain, job_tracking.c.source)


def _seconds(text: str | None) -> float | None:
    return from_text(text).timestamp() if text else None
