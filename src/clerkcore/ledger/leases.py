"""One writer per site: whoever writes a site's databases holds its lease in the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, exists, insert, select

from clerkcore.errors import JobCancelled, LeaseLost, LedgerError
from clerkcore.ledger.clocks import start_clock
from clerkcore.ledger.engine import Ledger
from clerkcore.ledger.holders import holder_is_dead
from clerkcore.ledger.marks import get_mark, set_mark
from clerkcore.ledger.rows import update_row
from clerkcore.ledger.sites import CHANGED, unknown_site
from clerkcore.ledger.tables import clocks, jobs, leases, site_sources, sites
from clerkcore.times import from_text, to_text


class SiteBusy(LedgerError):
    """Another process holds the site's lease."""


class SiteElsewhere(LedgerError):
    """Another machine has the site's databases."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one site until `expires_at`; the token tells it from any later one."""

    subdomain: str
    holder: str
    token: str
    job: str
    expires_at: datetime
    job_id: int | None = None


def acquire(
    ledger: Ledger, subdomain: str, job: str, holder: str, seconds: float, now: datetime, host: str = ""
) -> Lease:
    """Take a site's lease, over from a dead or expired holder if need be; SiteBusy names a live one.

    SiteElsewhere when the site's databases are on another machine than `host`; an empty one asks nothing.
    """
    with ledger.write() as conn:
        return take_lease(conn, subdomain, job, holder, seconds, now, host)


def take_lease(
    conn: Connection,
    subdomain: str,
    job: str,
    holder: str,
    seconds: float,
    now: datetime,
    host: str = "",
    job_id: int | None = None,
) -> Lease:
    """Take a site's lease inside a transaction, as `acquire` does."""
    home = conn.scalar(_lock_site(subdomain))
    if home is None:
        raise unknown_site(conn, subdomain)
    if host and home not in ("", host):
        raise SiteElsewhere(
            f"the databases of {subdomain} are on {home}, and this is {host}",
            remedy=f"do it on {home}, or move the site's folder here and then: clerk sites home {subdomain} {host}",
        )
    refuse_busy(conn, subdomain, now)
    if host and not home:
        # Its databases are made, or found, on the machine that writes them first.
        update_row(conn, sites, {"subdomain": subdomain}, {"host": host})
    return _take(conn, subdomain, job, holder, seconds, now, job_id)


def name_job(conn: Connection, lease: Lease, job_id: int) -> Lease:
    """Say which job a lease is held for; LeaseLost when it is no longer there."""
    if not update_row(conn, leases, _key(lease), {"job_id": job_id}):
        raise _lost(conn, lease)
    return replace(lease, job_id=job_id)


def is_alive(conn: Connection, subdomain: str, token: str, now: datetime) -> bool:
    """Whether the lease of this token is held by somebody who may be alive."""
    row = _row(conn, subdomain)
    return row is not None and row.token == token and row.expires_at > to_text(now) and not holder_is_dead(row.holder)


def claim_next(
    ledger: Ledger, job: str, sources: Collection[str], holder: str, seconds: float, now: datetime, host: str = ""
) -> Lease | None:
    """Take the lease of the site that has waited longest for this job, and start its clock.

    Only enabled sites with one of these sources that nobody holds are asked, and with a `host` only those that are
    not on another; a site where the job never ran comes first. None when there is no such site.
    """
    with ledger.write() as conn:
        _drop_dead(conn)
        subdomain = _lock_next(conn, job, sources, now, host)
        if subdomain is None:
            return None
        start_clock(conn, subdomain, job, now)
        return _take(conn, subdomain, job, holder, seconds, now)


def renew(ledger: Ledger, lease: Lease, seconds: float, now: datetime) -> Lease:
    """Keep a lease for as many seconds more; LeaseLost when somebody has taken the site over."""
    expires = now + timedelta(seconds=seconds)
    values = {"heartbeat_at": to_text(now), "expires_at": to_text(expires)}
    with ledger.write() as conn:
        if not update_row(conn, leases, _key(lease), values):
            raise _lost(conn, lease)
    return replace(lease, expires_at=expires)


def check(ledger: Ledger, lease: Lease) -> None:
    """Raise LeaseLost when the lease is no longer there, JobCancelled when its job is to stop."""
    with ledger.read() as conn:
        row = _row(conn, lease.subdomain)
        if row is None or row.token != lease.token:
            raise _lost(conn, lease)
        if row.job_id and conn.scalar(select(jobs.c.cancel_requested).where(jobs.c.id == row.job_id)):
            raise JobCancelled(f"job {row.job_id} was cancelled", where=f"site {lease.subdomain}")


def release(ledger: Ledger, lease: Lease) -> None:
    """Give a lease back; one that is gone already does no harm."""
    with ledger.write() as conn:
        _drop(conn, lease.subdomain, lease.token)


def list_leases(conn: Connection) -> list[Lease]:
    """Return every lease in the ledger, live or not, by subdomain."""
    return [_lease(row) for row in conn.execute(select(leases).order_by(leases.c.subdomain))]


def refuse_busy(conn: Connection, subdomain: str, now: datetime) -> None:
    """Raise SiteBusy when somebody alive holds the site."""
    row = _row(conn, subdomain)
    if row is not None and row.expires_at > to_text(now) and not holder_is_dead(row.holder):
        raise SiteBusy(
            f"site {subdomain!r} is busy: {row.holder} has run {row.job} since {row.acquired_at}; "
            f"its lease expires at {row.expires_at}",
            remedy="wait for it to end; a lease that is not renewed can be taken over when it expires",
        )


def _lock_site(subdomain: str) -> Select[Any]:
    # FOR UPDATE is written for PostgreSQL only; SQLite's one writer needs no lock on a row.
    return select(sites.c.host).where(sites.c.subdomain == subdomain).with_for_update()


def _lock_next(conn: Connection, job: str, sources: Collection[str], now: datetime, host: str) -> str | None:
    while (subdomain := _next(conn, job, sources, now, host)) is not None:
        row = _row(conn, subdomain)
        # PostgreSQL may hand over a row whose last holder has committed since the choice was made.
        if row is None or row.expires_at <= to_text(now):
            return subdomain
    return None


def _next(conn: Connection, job: str, sources: Collection[str], now: datetime, host: str) -> str | None:
    claimable = _claimable(sources, now, host)
    mark, state = f"all-ran.{job}", f"{get_mark(conn, CHANGED)} {' '.join(sorted(sources))}"
    if get_mark(conn, mark) != state:
        never_ran: str | None = conn.scalar(_locked(_never_ran(job, claimable)))
        if never_ran is not None:
            return never_ran
        if conn.scalar(_never_ran(job, _asked(sources)).limit(1)) is None:
            # To find none, every site was read; that is not done again before sites change.
            set_mark(conn, mark, state, now)
    oldest: str | None = conn.scalar(_oldest(job, claimable))
    return oldest


def _never_ran(job: str, claimable: Any) -> Select[Any]:
    ran = exists().where(clocks.c.subdomain == sites.c.subdomain, clocks.c.job == job)
    return select(sites.c.subdomain).where(claimable, ~ran).order_by(sites.c.subdomain)


def _oldest(job: str, claimable: Any) -> Select[Any]:
    query = select(clocks.c.subdomain).join(sites, sites.c.subdomain == clocks.c.subdomain)
    query = query.where(clocks.c.job == job, claimable)
    return _locked(query.order_by(clocks.c.last_started_at, clocks.c.subdomain))


def _locked(query: Select[Any]) -> Select[Any]:
    return query.limit(1).with_for_update(of=sites, skip_locked=True)


def _asked(sources: Collection[str]) -> Any:
    listed = exists().where(site_sources.c.subdomain == sites.c.subdomain, site_sources.c.source.in_(sorted(sources)))
    return and_(sites.c.enabled, listed)


def _claimable(sources: Collection[str], now: datetime, host: str) -> Any:
    held = exists().where(leases.c.subdomain == sites.c.subdomain, leases.c.expires_at > to_text(now))
    return and_(_asked(sources), ~held, *([sites.c.host.in_(("", host))] if host else []))


def _drop_dead(conn: Connection) -> None:
    for lease in list_leases(conn):
        if holder_is_dead(lease.holder):
            _drop(conn, lease.subdomain, lease.token)


def _drop(conn: Connection, subdomain: str, token: str) -> None:
    conn.execute(delete(leases).where(leases.c.subdomain == subdomain, leases.c.token == token))


def _take(
    conn: Connection, subdomain: str, job: str, holder: str, seconds: float, now: datetime, job_id: int | None = None
) -> Lease:
    lease = Lease(subdomain, holder, secrets.token_hex(16), job, now + timedelta(seconds=seconds), job_id)
    times = {"acquired_at": to_text(now), "heartbeat_at": to_text(now), "expires_at": to_text(lease.expires_at)}
    conn.execute(delete(leases).where(leases.c.subdomain == subdomain))
    conn.execute(insert(leases).values(**_key(lease), holder=holder, job=job, job_id=job_id, **times))
    return lease


def _key(lease: Lease) -> dict[str, str]:
    return {"subdomain": lease.subdomain, "token": lease.token}


def _row(conn: Connection, subdomain: str) -> Row[Any] | None:
    return conn.execute(select(leases).where(leases.c.subdomain == subdomain)).one_or_none()


def _lease(row: Row[Any]) -> Lease:
    return Lease(row.subdomain, row.holder, row.token, row.job, from_text(row.expires_at), row.job_id)


def _lost(conn: Connection, lease: Lease) -> LeaseLost:
    row = _row(conn, lease.subdomain)
    message = "the lease was given up" if row is None else f"{row.holder} has taken over for {row.job}"
    return LeaseLost(message, where=f"site {lease.subdomain}", remedy="run it again when the other has ended")
