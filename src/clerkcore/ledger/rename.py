"""Giving a site another name, with everything that was noted under the old one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from clerkcore.errors import SiteError
from clerkcore.ledger.leases import refuse_busy
from clerkcore.ledger.rows import update_row
from clerkcore.ledger.sites import unknown_site
from clerkcore.ledger.tables import events, job_tracking, sites
from clerkcore.sites.layout import check_subdomain
from clerkcore.times import now, to_text


def rename_site(conn: Connection, old: str, new: str, *, at: datetime | None = None) -> None:
    """Rename a site in every table; SiteError when the new name is taken, SiteBusy when somebody works on it."""
    moment = at or now()
    check_subdomain(new)
    refuse_busy(conn, old, moment)
    if conn.scalar(select(sites.c.subdomain).where(sites.c.subdomain == new)) is not None:
        raise SiteError(f"there is a site {new!r} already", remedy="choose another name")
    # Sources, agencies, clocks and leases follow by their foreign keys.
    if not update_row(conn, sites, {"subdomain": old}, {"subdomain": new, "updated_at": to_text(moment)}):
        raise unknown_site(conn, old)
    for table in (job_tracking, events):
        conn.execute(update(table).where(table.c.subdomain == old).values(subdomain=new))
