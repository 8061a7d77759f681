"""The sites an installation knows, the sources they have, and what is known of their finance agencies."""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from clerkcore.errors import SiteError
from clerkcore.ledger.marks import set_mark
from clerkcore.ledger.rows import fetch_rows, read_time, save_row, update_row
from clerkcore.ledger.tables import finance_metadata, site_sources, sites
from clerkcore.models import Kind, Site
from clerkcore.times import from_text, now, to_text

CHANGED = "sites.changed"
"""The mark that has another value after each change of which sites there are, are enabled, and have which sources."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site as the ledger knows it; the settings of its sources stand in its site.toml.

    `host` is the machine that has its databases; empty where there is one machine, or no worker took it yet.
    """

    subdomain: str
    name: str
    state: str
    kind: Kind
    enabled: bool
    has_finance_data: bool
    sources: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    host: str = ""


@dataclass(frozen=True, slots=True)
class FinanceMetadata:
    """Which agency a finance source found for a site, and how far its data goes."""

    subdomain: str
    source: str
    agency_id: str = ""
    agency_shortcut: str = ""
    agency_name: str = ""
    first_year: int | None = None
    last_year: int | None = None
    rows: int = 0
    last_checked_at: datetime | None = None
    last_changed_at: datetime | None = None


def save_site(conn: Connection, site: Site, *, at: datetime | None = None) -> None:
    """Insert or update a site with its sources; whether it has finance data stays as it was."""
    moment = to_text(at or now())
    key = {"subdomain": site.subdomain}
    values = {"name": site.name, "state": site.state, "kind": str(site.kind), "enabled": site.enabled}
    if not update_row(conn, sites, key, {**values, "updated_at": moment}):
        conn.execute(insert(sites).values(**key, **values, created_at=moment, updated_at=moment))
    _note_change(conn, at or now())
    conn.execute(delete(site_sources).where(site_sources.c.subdomain == site.subdomain))
    if site.sources:
        conn.execute(insert(site_sources), [{**key, "source": source} for source in sorted(site.sources)])


def list_sites(conn: Connection) -> list[SiteRow]:
    """Return every site, by subdomain."""
    return _read_sites(conn, select(sites).order_by(sites.c.subdomain))


def get_site(conn: Connection, subdomain: str) -> SiteRow:
    """Return one site; SiteError names the nearest ones when it is unknown."""
    found = _read_sites(conn, select(sites).where(sites.c.subdomain == subdomain))
    if not found:
        raise unknown_site(conn, subdomain)
    return found[0]


def set_enabled(conn: Connection, subdomain: str, enabled: bool, *, at: datetime | None = None) -> None:
    """Let schedules take a site, or keep them off it; SiteError when it is unknown."""
    values = {"enabled": enabled, "updated_at": to_text(at or now())}
    if not update_row(conn, sites, {"subdomain": subdomain}, values):
        raise unknown_site(conn, subdomain)
    _note_change(conn, at or now())


def _note_change(conn: Connection, at: datetime) -> None:
    # No two changes leave the same word, so that whoever has read all sites sees that there is something new.
    set_mark(conn, CHANGED, secrets.token_hex(8), at)


def set_home(conn: Connection, subdomain: str, host: str) -> None:
    """Say which machine has a site's databases, empty for any; SiteError when the site is unknown."""
    if not update_row(conn, sites, {"subdomain": subdomain}, {"host": host}):
        raise unknown_site(conn, subdomain)


def list_homes(conn: Connection, subdomains: Collection[str] = ()) -> dict[str, str]:
    """Return the machine of each site that has one, of the named sites or of all."""
    query = select(sites.c.subdomain, sites.c.host).where(sites.c.host != "")
    if subdomains:
        query = query.where(sites.c.subdomain.in_(sorted(subdomains)))
    return {subdomain: host for subdomain, host in conn.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def save_finance_metadata(conn: Connection, found: FinanceMetadata) -> None:
    """Insert or update what is known of a site's agency; a None leaves what was known.

    Rows make the site one that has finance data, for good.
    """
    values = {name: value for name, value in asdict(found).items() if value is not None}
    key = {name: values.pop(name) for name in ("subdomain", "source")}
    times = {name: to_text(value) for name, value in values.items() if isinstance(value, datetime)}
    save_row(conn, finance_metadata, key, {**values, **times})
    if found.rows > 0:
        update_row(conn, sites, {"subdomain": found.subdomain}, {"has_finance_data": True})


def list_finance_metadata(conn: Connection, *, subdomain: str | None = None) -> list[FinanceMetadata]:
    """Return what is known of the agencies of one site, or of all."""
    query = select(finance_metadata).order_by(finance_metadata.c.subdomain, finance_metadata.c.source)
    if subdomain is not None:
        query = query.where(finance_metadata.c.subdomain == subdomain)
    return [_finance_metadata(row) for row in fetch_rows(conn, query)]


def unknown_site(conn: Connection, subdomain: str) -> SiteError:
    """Return the error for a site the ledger does not know."""
    known = list(conn.scalars(select(sites.c.subdomain).order_by(sites.c.subdomain)))
    near = difflib.get_close_matches(subdomain, known, n=5) or known[:5]
    more = f" and {len(known) - len(near)} more: clerk sites list" if len(known) > len(near) else ""
    remedy = f"sites: {', '.join(near)}{more}" if near else "it has no sites yet"
    return SiteError(f"the ledger has no site {subdomain!r}", remedy=remedy)


def _finance_metadata(row: dict[str, Any]) -> FinanceMetadata:
    times = {name: read_time(row[name]) for name in ("last_checked_at", "last_changed_at")}
    return FinanceMetadata(**{**row, **times})


def _read_sites(conn: Connection, query: Select[Any]) -> list[SiteRow]:
    chosen = query.with_only_columns(sites.c.subdomain).order_by(None)
    pairs = select(site_sources).where(site_sources.c.subdomain.in_(chosen)).order_by(site_sources.c.source)
    sources: dict[str, list[str]] = {}
    for subdomain, source in conn.execute(pairs):
        sources.setdefault(subdomain, []).append(source)
    return [_site_row(row, sources) for row in fetch_rows(conn, query)]


def _site_row(row: dict[str, Any], sources: dict[str, list[str]]) -> SiteRow:
    times = {name: from_text(row[name]) for name in ("created_at", "updated_at")}
    return SiteRow(**{**row, **times, "kind": Kind(row["kind"])}, sources=tuple(sources.get(row["subdomain"], ())))
