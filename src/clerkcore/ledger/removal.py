"""Taking a site out of the ledger: all its rows as data, then what is bound to it; its history stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from clerkcore.ledger.disk_marks import budget_mark
from clerkcore.ledger.rows import fetch_rows
from clerkcore.ledger.tables import (
    alert_members,
    alerts,
    job_tracking,
    jobs,
    marks,
    metadata,
    notifications,
    run_scopes,
    sites,
)
from clerkcore.times import to_text

_SITE_REMOVED = "the site was removed"


def site_rows(conn: Connection, subdomain: str) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the ledger that is about a site, by table."""
    return {name: fetch_rows(conn, query) for name, query in sorted(_queries(subdomain).items())}


def _queries(subdomain: str) -> dict[str, Select[Any]]:
    named = {
        table.name: select(table).where(table.c.subdomain == subdomain).order_by(*table.primary_key)
        for table in metadata.sorted_tables
        if "subdomain" in table.c and table.name != "leases"
    }
    runs = select(job_tracking.c.id).where(job_tracking.c.subdomain == subdomain)
    own = select(alerts.c.id).where(alerts.c.subdomain == subdomain)
    return {
        **named,
        "run_scopes": select(run_scopes).where(run_scopes.c.run_id.in_(runs)).order_by(*run_scopes.primary_key),
        "notifications": select(notifications)
        .where(notifications.c.alert_id.in_(own))
        .order_by(*notifications.primary_key),
    }


def forget_site(conn: Connection, subdomain: str, removed_by: str, *, at: datetime) -> None:
    """Delete a site with its sources, agencies, clocks, lease and schedules; what waited for it ends.

    Runs, jobs, events, alerts, legal holds and tombstones stay as history.
    """
    moment = to_text(at)
    ended = {"status": "cancelled", "finished_at": moment, "message": _SITE_REMOVED}
    _change(conn, jobs, jobs.c.status == "waiting", subdomain, ended)
    runs = select(job_tracking.c.id).where(job_tracking.c.subdomain == subdomain)
    held = (run_scopes.c.run_id.in_(runs), run_scopes.c.hold_state == "open")
    conn.execute(update(run_scopes).where(*held).values(hold_state="replaced"))
    _change(conn, alert_members, alert_members.c.recovered_at.is_(None), subdomain, {"recovered_at": moment})
    solved = {"status": "resolved", "resolved_at": moment, "resolved_by": removed_by}
    _change(conn, alerts, alerts.c.status != "resolved", subdomain, solved)
    conn.execute(delete(marks).where(marks.c.name == budget_mark(subdomain)))
    conn.execute(delete(sites).where(sites.c.subdomain == subdomain))


def _change(conn: Connection, table: Any, condition: Any, subdomain: str, values: dict[str, Any]) -> None:
    conn.execute(update(table).where(table.c.subdomain == subdomain, condition).values(**values))
