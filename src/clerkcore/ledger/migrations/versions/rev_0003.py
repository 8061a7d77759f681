"""Jobs, schedules, alerts, notifications, legal holds and tombstones; where a site lives, and a run's job."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    _create_jobs()
    _create_schedules()
    _create_marks()
    _create_alerts()
    _create_alert_members()
    _create_notifications()
    _create_legal_holds()
    _create_tombstones()
    _extend()


def _required(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=True)


def _words(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("job_type"),
        _required("subdomain"),
        _words("dedup_key"),
        _required("queue"),
        sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False),
        _required("status"),
        _text("outcome"),
        _words("options", "{}"),
        _required("asked_by"),
        _count("attempts"),
        sa.Column("max_attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _required("created_at"),
        _required("not_before"),
        _text("started_at"),
        _text("finished_at"),
        _words("holder"),
        _words("token"),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("retry_of", sa.Integer(), nullable=True),
        _words("message"),
        _words("remedy"),
        sa.CheckConstraint(
            "outcome IN ('failed', 'held', 'changed', 'fresh', 'skipped')", name=op.f("ck_jobs_outcome")
        ),
        sa.CheckConstraint("status IN ('waiting', 'running', 'finished', 'cancelled')", name=op.f("ck_jobs_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "idx_jobs_open",
        "jobs",
        ["job_type", "subdomain", "dedup_key"],
        unique=True,
        sqlite_where=sa.text("status IN ('waiting', 'running')"),
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index("idx_jobs_site", "jobs", ["subdomain", "id"])
    op.create_index("idx_jobs_type_status", "jobs", ["job_type", "status"])
    op.create_index("idx_jobs_waiting", "jobs", ["status", "urgent", "not_before", "id"])


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        _required("subdomain"),
        _required("job_type"),
        _words("dedup_key"),
        sa.Column("every_hours", sa.Float(), nullable=True),
        _words("cron"),
        _words("time_zone"),
        _count("jitter_minutes"),
        _words("quiet"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        _required("origin"),
        _required("next_due_at"),
        _count("failures"),
        _required("updated_at"),
        _words("updated_by"),
        sa.CheckConstraint("origin IN ('default', 'operator')", name=op.f("ck_schedules_origin")),
        sa.ForeignKeyConstraint(
            ["subdomain"],
            ["sites.subdomain"],
            name=op.f("fk_schedules_subdomain"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subdomain", "job_type", "dedup_key", name=op.f("pk_schedules")),
    )
    op.create_index("idx_schedules_due", "schedules", ["job_type", "next_due_at", "subdomain"])


def _create_marks() -> None:
    op.create_table(
        "marks",
        _required("name"),
        _required("value"),
        _required("at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("cause"),
        _required("type"),
        _required("severity"),
        _required("status"),
        _words("subdomain"),
        _words("source"),
        _required("title"),
        _words("description"),
        _words("details", "{}"),
        _words("notes", "[]"),
        _count("occurrences"),
        _required("detected_at"),
        _required("last_seen_at"),
        _text("resolved_at"),
        _words("resolved_by"),
        _words("assigned_to"),
        _words("acknowledged_by"),
        _text("acknowledged_at"),
        _text("snoozed_until"),
        _text("reminded_at"),
        _words("rule"),
        sa.CheckConstraint("severity IN ('critical', 'warning', 'info')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint(
            "status IN ('active', 'investigating', 'resolved', 'snoozed')", name=op.f("ck_alerts_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_alerts_detected_at", "alerts", ["detected_at"])
    op.create_index(
        "idx_alerts_open",
        "alerts",
        ["cause"],
        unique=True,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    op.create_index("idx_alerts_severity", "alerts", ["severity", "status"])
    op.create_index("idx_alerts_subdomain", "alerts", ["subdomain", "status"])


def _create_alert_members() -> None:
    op.create_table(
        "alert_members",
        sa.Column("alert_id", sa.Integer(), nullable=False),
        _required("subdomain"),
        _required("source"),
        _required("job_type"),
        sa.Column("run_id", sa.Integer(), nullable=True),
        _required("since"),
        _text("recovered_at"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_members_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("alert_id", "subdomain", "source", "job_type", name=op.f("pk_alert_members")),
    )
    op.create_index("idx_alert_members_source", "alert_members", ["subdomain", "source", "job_type"])


def _create_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=True),
        _required("kind"),
        _required("channel"),
        _required("status"),
        _required("subject"),
        _words("content", "{}"),
        _required("created_at"),
        _required("not_before"),
        _count("attempts"),
        _text("sent_at"),
        _words("message"),
        sa.CheckConstraint("kind IN ('fired', 'reminder', 'recovered', 'test')", name=op.f("ck_notifications_kind")),
        sa.CheckConstraint("status IN ('waiting', 'sent', 'given_up')", name=op.f("ck_notifications_status")),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_notifications_alert_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_notifications_alert", "notifications", ["alert_id", "id"])
    op.create_index("idx_notifications_waiting", "notifications", ["status", "not_before"])


def _create_legal_holds() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("subdomain"),
        _required("reason"),
        _required("placed_by"),
        _required("placed_at"),
        _text("expires_at"),
        _text("lifted_at"),
        _words("lifted_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_legal_holds_subdomain", "legal_holds", ["subdomain", "lifted_at"])


def _create_tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("at"),
        _required("kind"),
        _words("subdomain"),
        _required("target"),
        _count("records"),
        _required("sha256"),
        _required("reason"),
        _required("removed_by"),
        _words("details", "{}"),
        sa.CheckConstraint(
            "kind IN ('pruned', 'redacted', 'collected', 'site removed')", name=op.f("ck_tombstones_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_tombstones_subdomain", "tombstones", ["subdomain", "id"])


def _extend() -> None:
    op.add_column("job_tracking", sa.Column("job_id", sa.Integer(), nullable=True))
    op.create_index("idx_job_tracking_job", "job_tracking", ["job_id"])
    op.create_index("idx_job_tracking_figures", "job_tracking", ["job_type", "outcome", "duration_seconds"])
    quarantined = sa.text("quarantined > 0")
    op.create_index(
        "idx_job_tracking_quarantined",
        "job_tracking",
        ["subdomain", "source", "quarantined"],
        sqlite_where=quarantined,
        postgresql_where=quarantined,
    )
    op.add_column("leases", sa.Column("job_id", sa.Integer(), nullable=True))
    op.add_column("sites", _words("host"))
