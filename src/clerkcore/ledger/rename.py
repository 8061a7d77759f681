"""Giving a site another name, with everything that was noted under the old one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from clerkcore.errors import SiteError
from clerkcore.ledger.disk_marks import budget_mark
from clerkcore.ledger.leases import refuse_busy
from clerkcore.ledger.rows import update_row
from clerkcore.ledger.sites import unknown_site
from clerkcore.ledger.tables import (
    alert_members,
    alerts,
    events,
    job_tracking,
    jobs,
    legal_holds,
    marks,
    sites,
    tombstones,
)
from clerkcore.sites.layout import check_subdomain
from clerkcore.times import now, to_text


def rename_site(conn: Connection, old: str, new: str, *, at: datetime | None = None) -> None:
    """Rename a site in every table; SiteError when the new name is taken, SiteBusy when somebody works on it."""
    moment = at or now()
    check_subdomain(new)
    refuse_busy(conn, old, moment)
    if conn.scalar(select(sites.c.subdomain).where(sites.c.subdomain == new)) is not None:
        raise SiteError(f"there is a site {new!r} already", remedy="choose another name")
    # Sources, agencies, clocks, leases and schedules follow by their foreign keys.
    if not update_row(conn, sites, {"subdomain": old}, {"subdomain": new, "updated_at": to_text(moment)}):
        raise unknown_site(conn, old)
    # A site of the new name that was removed may have been a member of the same alerts.
    shared = select(alert_members.c.alert_id).where(alert_members.c.subdomain == old)
    conn.execute(delete(alert_members).where(alert_members.c.subdomain == new, alert_members.c.alert_id.in_(shared)))
    for table in (job_tracking, events, jobs, alerts, alert_members, legal_holds, tombstones):
        conn.execute(update(table).where(table.c.subdomain == old).values(subdomain=new))
    conn.execute(delete(marks).where(marks.c.name == budget_mark(new)))
    conn.execute(update(marks).where(marks.c.name == budget_mark(old)).values(name=budget_mark(new)))
