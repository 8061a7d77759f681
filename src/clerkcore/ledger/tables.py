"""The tables of civic.db; migrations/ builds the same ones step by step, and a test compares the two.

Times are text as `times.to_text` writes it, JSON is text, so that every database sorts and
stores them alike. Runs and events name their site without a foreign key: they outlive it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)

REVISIONS = ("0001", "0002")
"""Every revision in migrations/versions, oldest first; here so that opening a ledger need not import Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _required(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _counts() -> list[Column[int]]:
    names = ("records_read", "added", "changed", "disappeared", "unchanged")
    return [_count(name) for name in (*names, "duplicates", "quarantined", "aside", "refreshed", "findings")]


def _site(**options: Any) -> Column[str]:
    site = ForeignKey("sites.subdomain", onupdate="CASCADE", ondelete="CASCADE")
    return Column("subdomain", Text, site, nullable=False, **options)


def _one_of(column: str, *words: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=column)


sites = Table(
    "sites",
    metadata,
    Column("subdomain", Text, primary_key=True),
    _required("name"),
    _required("state"),
    _required("kind"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("has_finance_data", Boolean, nullable=False, server_default=false()),
    _required("created_at"),
    _required("updated_at"),
    _one_of("kind", "city", "county", "state", "election"),
    Index("idx_sites_has_finance_data", "has_finance_data"),
    Index("idx_sites_enabled", "enabled", "subdomain"),
)

site_sources = Table(
    "site_sources",
    metadata,
    _site(primary_key=True),
    Column("source", Text, primary_key=True),
)

finance_metadata = Table(
    "finance_metadata",
    metadata,
    _site(primary_key=True),
    Column("source", Text, primary_key=True),
    _words("agency_id"),
    _words("agency_shortcut"),
    _words("agency_name"),
    Column("first_year", Integer),
    Column("last_year", Integer),
    _count("rows"),
    Column("last_checked_at", Text),
    Column("last_changed_at", Text),
)

clocks = Table(
    "clocks",
    metadata,
    _site(primary_key=True),
    Column("job", Text, primary_key=True),
    _required("last_started_at"),
    Column("last_finished_at", Text),
    Column("last_outcome", Text),
    Column("last_run_id", Integer),
    Column("last_changed_at", Text),
    Index("idx_clocks_oldest", "job", "last_started_at", "subdomain"),
)

leases = Table(
    "leases",
    metadata,
    _site(primary_key=True),
    _required("holder"),
    _required("token"),
    _required("job"),
    _required("acquired_at"),
    _required("heartbeat_at"),
    _required("expires_at"),
)

job_tracking = Table(
    "job_tracking",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("job_type"),
    _required("subdomain"),
    _required("source"),
    _required("status"),
    Column("outcome", Text),
    _required("holder"),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("of_run", Integer, ForeignKey("job_tracking.id")),
    _required("started_at"),
    Column("finished_at", Text),
    Column("duration_seconds", Float),
    *_counts(),
    _words("message"),
    _words("remedy"),
    _one_of("status", "running", "finished"),
    _one_of("outcome", "failed", "held", "changed", "fresh", "skipped"),
    Index("idx_job_tracking_newest", "subdomain", "source", "job_type", "id", "of_run"),
    Index("idx_job_tracking_outcome", "outcome", "id"),
    Index("idx_job_tracking_status", "status", "subdomain"),
    sqlite_autoincrement=True,
)

run_scopes = Table(
    "run_scopes",
    metadata,
    Column("run_id", Integer, ForeignKey("job_tracking.id"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    _required("outcome"),
    *_counts(),
    _words("capture"),
    _words("base"),
    _words("message"),
    _words("remedy"),
    Column("tables", Text, nullable=False, server_default="[]"),
    Column("hold_state", Text),
    Column("notes", Text, nullable=False, server_default="[]"),
    _one_of("outcome", "failed", "held", "changed", "fresh", "skipped"),
    _one_of("hold_state", "open", "accepted", "replaced"),
    Index("idx_run_scopes_hold_state", "hold_state", "run_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    _required("at"),
    _required("kind"),
    _required("severity"),
    _words("subdomain"),
    _words("source"),
    Column("run_id", Integer),
    _required("message"),
    Column("data", Text, nullable=False, server_default="{}"),
    Index("idx_events_kind_at", "kind", "at"),
    Index("idx_events_subdomain_at", "subdomain", "at"),
    sqlite_autoincrement=True,
)
