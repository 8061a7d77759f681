"""Rows of the ledger that are past their time, what still needs them, and taking them away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, or_, select, true

from clerkcore.ledger.legal_holds import EVERY_SITE, list_legal_holds
from clerkcore.ledger.rows import fetch_rows
from clerkcore.ledger.tables import alert_members, alerts, events, job_tracking, jobs, notifications, run_scopes, sites
from clerkcore.times import to_text

ALERT, HOLD, LEGAL, NEWEST, ABOUT = (
    "open alert",
    "open hold",
    "legal hold",
    "newest of its kind",
    "another run is about it",
)
AT_ONCE = 5000
"""Rows of the ledger held in memory while a table is read."""
_TABLES: Mapping[str, Table] = {table.name: table for table in (events, jobs, job_tracking, notifications, alerts)}
_ENDED: Mapping[str, ColumnElement[bool]] = {
    "events": true(),
    "jobs": jobs.c.status.in_(("finished", "cancelled")),
    "job_tracking": job_tracking.c.status == "finished",
    "notifications": notifications.c.status.in_(("sent", "given_up")),
    "alerts": alerts.c.status == "resolved",
}
_PARTS: Mapping[str, tuple[ColumnElement[int], ...]] = {
    "job_tracking": (run_scopes.c.run_id,),
    "alerts": (notifications.c.alert_id, alert_members.c.alert_id),
}
_ABOUT = ("id", "subdomain", "source", "run_id", "of_run", "alert_id")
AgedRow = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guard:
    """What no pruning may take: ids of runs, jobs and alerts, and sites under a legal hold."""

    every_site_held: bool
    held_sites: frozenset[str]
    held_alerts: frozenset[int]
    open_alerts: frozenset[int]
    alert_runs: frozenset[int]
    hold_runs: frozenset[int]
    newest_runs: frozenset[int]
    newest_jobs: frozenset[int]
    watched_jobs: Mapping[int, str]
    followers: Mapping[int, Collection[int]]

    def of_run(self, run_id: int | None) -> str:
        """Say what needs a run; empty when nothing does."""
        return ALERT if run_id in self.alert_runs else HOLD if run_id in self.hold_runs else ""

    def of_site(self, subdomain: str) -> str:
        """Say whether a legal hold is on a site."""
        return LEGAL if self.every_site_held or subdomain in self.held_sites else ""


def read_guard(conn: Connection, at: datetime) -> Guard:
    """Return what no pruning may take at a moment."""
    held = {hold.subdomain for hold in list_legal_holds(conn, at=at)}
    unresolved = select(alerts.c.id).where(alerts.c.status != "resolved")
    alert_runs = select(alert_members.c.run_id).where(
        alert_members.c.alert_id.in_(unresolved), alert_members.c.run_id.is_not(None)
    )
    hold_runs = select(run_scopes.c.run_id).where(run_scopes.c.hold_state == "open")
    run, job = job_tracking.c, jobs.c
    return Guard(
        every_site_held=EVERY_SITE in held,
        held_sites=frozenset(held - {EVERY_SITE}),
        held_alerts=_ids(conn, _alerts_of(held)),
        open_alerts=_ids(conn, unresolved),
        alert_runs=_ids(conn, alert_runs),
        hold_runs=_ids(conn, hold_runs),
        newest_runs=_ids(conn, select(func.max(run.id)).group_by(run.subdomain, run.source, run.job_type)),
        newest_jobs=_ids(conn, select(func.max(job.id)).group_by(job.subdomain, job.job_type, job.dedup_key)),
        watched_jobs={
            **dict.fromkeys(_jobs_of(conn, hold_runs), HOLD),
            **dict.fromkeys(_jobs_of(conn, alert_runs), ALERT),
        },
        followers=_followers(conn),
    )


def _alerts_of(held: set[str]) -> Select[Any]:
    members = select(alert_members.c.alert_id).where(alert_members.c.subdomain.in_(sorted(held)))
    return select(alerts.c.id).where(or_(alerts.c.subdomain.in_(sorted(held - {EVERY_SITE})), alerts.c.id.in_(members)))


def _jobs_of(conn: Connection, runs: Select[Any]) -> frozenset[int]:
    named = and_(job_tracking.c.id.in_(runs), job_tracking.c.job_id.is_not(None))
    return _ids(conn, select(job_tracking.c.job_id).where(named))


def _followers(conn: Connection) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    pairs = select(job_tracking.c.of_run, job_tracking.c.id).where(job_tracking.c.of_run.is_not(None))
    for run_id, follower in conn.execute(pairs):
        found.setdefault(run_id, []).append(follower)
    return found


def _ids(conn: Connection, query: Select[Any]) -> frozenset[int]:
    return frozenset(conn.scalars(query))


def aged_rows(
    conn: Connection, name: str, time: str, before: datetime, subdomain: str | None = None
) -> Iterator[AgedRow]:
    """Yield what tells the rows of a table that ended before a moment, newest first: id, site, source, runs, alert."""
    table = _TABLES[name]
    query = _about(table).where(_ENDED[name], table.c[time] < to_text(before)).order_by(table.c.id.desc())
    if subdomain is not None:
        query = query.where(table.c.subdomain == subdomain)
    for row in conn.execute(query.execution_options(yield_per=AT_ONCE)).mappings():
        yield dict(row)


def _about(table: Table) -> Select[Any]:
    return select(*(table.c[name] for name in _ABOUT if name in table.c))


def has_sites(name: str) -> bool:
    """Whether the rows of a table name a site."""
    return "subdomain" in _TABLES[name].c


def why_spared(name: str, row: AgedRow, guard: Guard, going: Collection[int]) -> str:
    """Say why a row stays; empty when it may go. `going` are the rows of the table that go before it."""
    held = guard.of_site(row.get("subdomain", ""))
    return held or _SPARED[name](row, guard, going)


def _spare_event(row: AgedRow, guard: Guard, _: Collection[int]) -> str:
    return guard.of_run(row["run_id"])


def _spare_job(row: AgedRow, guard: Guard, _: Collection[int]) -> str:
    return guard.watched_jobs.get(row["id"], "") or (NEWEST if row["id"] in guard.newest_jobs else "")


def _spare_run(row: AgedRow, guard: Guard, going: Collection[int]) -> str:
    needed = guard.of_run(row["id"])
    if needed or row["id"] in guard.newest_runs:
        return needed or NEWEST
    return "" if all(follower in going for follower in guard.followers.get(row["id"], ())) else ABOUT


def _spare_notification(row: AgedRow, guard: Guard, _: Collection[int]) -> str:
    if row["alert_id"] in guard.held_alerts:
        return LEGAL
    return ALERT if row["alert_id"] in guard.open_alerts else ""


def _spare_alert(row: AgedRow, guard: Guard, _: Collection[int]) -> str:
    return LEGAL if row["id"] in guard.held_alerts else ""


_SPARED = {
    "events": _spare_event,
    "jobs": _spare_job,
    "job_tracking": _spare_run,
    "notifications": _spare_notification,
    "alerts": _spare_alert,
}


def rows_of(conn: Connection, name: str, ids: Collection[int]) -> list[AgedRow]:
    """Return what tells the rows of these ids, those that are still there, newest first."""
    table = _TABLES[name]
    chosen = and_(table.c.id.in_(ids), _ENDED[name])
    return [*fetch_rows(conn, _about(table).where(chosen).order_by(table.c.id.desc()))]


def remove_rows(conn: Connection, name: str, ids: Collection[int]) -> dict[str, list[dict[str, Any]]]:
    """Delete rows with what is part of them, and return them whole by table, by their keys."""
    table = _TABLES[name]
    removed: dict[str, list[dict[str, Any]]] = {}
    for column in (*_PARTS.get(name, ()), table.c.id):
        owner: Any = column.table
        order = list(owner.primary_key)
        removed[owner.name] = fetch_rows(conn, select(owner).where(column.in_(ids)).order_by(*order))
        conn.execute(delete(owner).where(column.in_(ids)))
    return removed


def known_sites(conn: Connection) -> frozenset[str]:
    """Return the sites that are in the ledger; its runs also name those that were removed."""
    return frozenset(conn.scalars(select(sites.c.subdomain)))


def loaded_sites(conn: Connection) -> frozenset[str]:
    """Return the sites of which a run brought data in, or found it the same."""
    query = select(job_tracking.c.subdomain).where(job_tracking.c.outcome.in_(("changed", "fresh"))).distinct()
    return frozenset(conn.scalars(query))
