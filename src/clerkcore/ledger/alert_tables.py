"""What needs somebody, and who was told: the tables alerts, alert_members and notifications."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from clerkcore.ledger.columns import count, metadata, one_of, required, words

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    required("cause"),
    required("type"),
    required("severity"),
    required("status"),
    words("subdomain"),
    words("source"),
    required("title"),
    words("description"),
    Column("details", Text, nullable=False, server_default="{}"),
    Column("notes", Text, nullable=False, server_default="[]"),
    count("occurrences"),
    required("detected_at"),
    required("last_seen_at"),
    Column("resolved_at", Text),
    words("resolved_by"),
    words("assigned_to"),
    words("acknowledged_by"),
    Column("acknowledged_at", Text),
    Column("snoozed_until", Text),
    Column("reminded_at", Text),
    words("rule"),
    one_of("severity", "critical", "warning", "info"),
    one_of("status", "active", "investigating", "resolved", "snoozed"),
    Index(
        "idx_alerts_open",
        "cause",
        unique=True,
        sqlite_where=text("status <> 'resolved'"),
        postgresql_where=text("status <> 'resolved'"),
    ),
    Index("idx_alerts_severity", "severity", "status"),
    Index("idx_alerts_subdomain", "subdomain", "status"),
    Index("idx_alerts_detected_at", "detected_at"),
    sqlite_autoincrement=True,
)

alert_members = Table(
    "alert_members",
    metadata,
    Column("alert_id", Integer, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("subdomain", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("job_type", Text, primary_key=True),
    Column("run_id", Integer),
    required("since"),
    Column("recovered_at", Text),
    Index("idx_alert_members_source", "subdomain", "source", "job_type"),
)
"""The sources of sites that an alert is about: one cause may stop many."""

notifications = Table(
    "notifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id", ondelete="CASCADE")),
    required("kind"),
    required("channel"),
    required("status"),
    required("subject"),
    Column("content", Text, nullable=False, server_default="{}"),
    required("created_at"),
    required("not_before"),
    count("attempts"),
    Column("sent_at", Text),
    words("message"),
    one_of("kind", "fired", "reminder", "recovered", "test"),
    one_of("status", "waiting", "sent", "given_up"),
    Index("idx_notifications_waiting", "status", "not_before"),
    Index("idx_notifications_alert", "alert_id", "id"),
    sqlite_autoincrement=True,
)
