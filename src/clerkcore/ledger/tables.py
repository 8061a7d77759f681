"""The tables of civic.db; migrations/ builds the same ones step by step, and a test compares the two.

Times are text as `times.to_text` writes it, JSON is text, so that every database sorts and
stores them alike. Runs, jobs, events, alerts and tombstones name their site without a foreign key: they outlive it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table, Text, false, text, true

from clerkcore.ledger.alert_tables import alert_members, alerts, notifications
from clerkcore.ledger.columns import count, counts, metadata, one_of, required, site_key, words
from clerkcore.ledger.job_tables import jobs, marks, schedules
from clerkcore.ledger.removal_tables import legal_holds, tombstones

__all__ = [
    "REVISIONS",
    "alert_members",
    "alerts",
    "clocks",
    "events",
    "finance_metadata",
    "job_tracking",
    "jobs",
    "leases",
    "legal_holds",
    "marks",
    "metadata",
    "notifications",
    "run_scopes",
    "schedules",
    "site_sources",
    "sites",
    "tombstones",
]

REVISIONS = ("0001", "0002", "0003")
"""Every revision in migrations/versions, oldest first; here so that opening a ledger need not import Alembic."""

sites = Table(
    "sites",
    metadata,
    Column("subdomain", Text, primary_key=True),
    required("name"),
    required("state"),
    required("kind"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("has_finance_data", Boolean, nullable=False, server_default=false()),
    required("created_at"),
    required("updated_at"),
    words("host"),
    one_of("kind", "city", "county", "state", "election"),
    Index("idx_sites_has_finance_data", "has_finance_data"),
    Index("idx_sites_enabled", "enabled", "subdomain"),
)

site_sources = Table(
    "site_sources",
    metadata,
    site_key(primary_key=True),
    Column("source", Text, primary_key=True),
)

finance_metadata = Table(
    "finance_metadata",
    metadata,
    site_key(primary_key=True),
    Column("source", Text, primary_key=True),
    words("agency_id"),
    words("agency_shortcut"),
    words("agency_name"),
    Column("first_year", Integer),
    Column("last_year", Integer),
    count("rows"),
    Column("last_checked_at", Text),
    Column("last_changed_at", Text),
)

clocks = Table(
    "clocks",
    metadata,
    site_key(primary_key=True),
    Column("job", Text, primary_key=True),
    required("last_started_at"),
    Column("last_finished_at", Text),
    Column("last_outcome", Text),
    Column("last_run_id", Integer),
    Column("last_changed_at", Text),
    Index("idx_clocks_oldest", "job", "last_started_at", "subdomain"),
)

leases = Table(
    "leases",
    metadata,
    site_key(primary_key=True),
    required("holder"),
    required("token"),
    required("job"),
    required("acquired_at"),
    required("heartbeat_at"),
    required("expires_at"),
    Column("job_id", Integer),
)

job_tracking = Table(
    "job_tracking",
    metadata,
    Column("id", Integer, primary_key=True),
    required("job_type"),
    required("subdomain"),
    required("source"),
    required("status"),
    Column("outcome", Text),
    required("holder"),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("of_run", Integer, ForeignKey("job_tracking.id")),
    required("started_at"),
    Column("finished_at", Text),
    Column("duration_seconds", Float),
    *counts(),
    words("message"),
    words("remedy"),
    Column("job_id", Integer),
    one_of("status", "running", "finished"),
    one_of("outcome", "failed", "held", "changed", "fresh", "skipped"),
    Index("idx_job_tracking_newest", "subdomain", "source", "job_type", "id", "of_run"),
    Index("idx_job_tracking_outcome", "outcome", "id"),
    Index("idx_job_tracking_status", "status", "subdomain"),
    Index("idx_job_tracking_job", "job_id"),
    Index("idx_job_tracking_figures", "job_type", "outcome", "duration_seconds"),
    Index(
        "idx_job_tracking_quarantined",
        "subdomain",
        "source",
        "quarantined",
        sqlite_where=text("quarantined > 0"),
        postgresql_where=text("quarantined > 0"),
    ),
    sqlite_autoincrement=True,
)

run_scopes = Table(
    "run_scopes",
    metadata,
    Column("run_id", Integer, ForeignKey("job_tracking.id"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    required("outcome"),
    *counts(),
    words("capture"),
    words("base"),
    words("message"),
    words("remedy"),
    Column("tables", Text, nullable=False, server_default="[]"),
    Column("hold_state", Text),
    Column("notes", Text, nullable=False, server_default="[]"),
    one_of("outcome", "failed", "held", "changed", "fresh", "skipped"),
    one_of("hold_state", "open", "accepted", "replaced"),
    Index("idx_run_scopes_hold_state", "hold_state", "run_id"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    required("at"),
    required("kind"),
    required("severity"),
    words("subdomain"),
    words("source"),
    Column("run_id", Integer),
    required("message"),
    Column("data", Text, nullable=False, server_default="{}"),
    Index("idx_events_kind_at", "kind", "at"),
    Index("idx_events_subdomain_at", "subdomain", "at"),
    sqlite_autoincrement=True,
)
