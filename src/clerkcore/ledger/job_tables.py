"""What is to be done and when: the tables jobs, schedules and marks."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, Table, Text, false, text, true

from clerkcore.ledger.columns import count, metadata, one_of, required, site_key, words

_OPEN = text("status IN ('waiting', 'running')")

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    required("job_type"),
    required("subdomain"),
    words("dedup_key"),
    required("queue"),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    required("status"),
    Column("outcome", Text),
    Column("options", Text, nullable=False, server_default="{}"),
    required("asked_by"),
    count("attempts"),
    Column("max_attempts", Integer, nullable=False, server_default=text("1")),
    required("created_at"),
    required("not_before"),
    Column("started_at", Text),
    Column("finished_at", Text),
    words("holder"),
    words("token"),
    Column("cancel_requested", Boolean, nullable=False, server_default=false()),
    Column("retry_of", Integer),
    words("message"),
    words("remedy"),
    one_of("status", "waiting", "running", "finished", "cancelled"),
    one_of("outcome", "failed", "held", "changed", "fresh", "skipped"),
    Index(
        "idx_jobs_open", "job_type", "subdomain", "dedup_key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    ),
    Index("idx_jobs_waiting", "status", "urgent", "not_before", "id"),
    Index("idx_jobs_site", "subdomain", "id"),
    Index("idx_jobs_type_status", "job_type", "status"),
    sqlite_autoincrement=True,
)
"""What was asked for and what became of it; the runs of a job are in job_tracking."""

schedules = Table(
    "schedules",
    metadata,
    site_key(primary_key=True),
    Column("job_type", Text, primary_key=True),
    Column("dedup_key", Text, primary_key=True, server_default=""),
    Column("every_hours", Float),
    words("cron"),
    words("time_zone"),
    count("jitter_minutes"),
    words("quiet"),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    required("origin"),
    required("next_due_at"),
    count("failures"),
    required("updated_at"),
    words("updated_by"),
    one_of("origin", "default", "operator"),
    Index("idx_schedules_due", "job_type", "next_due_at", "subdomain"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    required("value"),
    required("at"),
)
"""How far something has come that reads on where it stopped, such as notifications in the events."""
