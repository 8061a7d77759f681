"""The first ledger: sites, clocks, leases, runs and events."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    _create_sites()
    _create_site_sources()
    _create_finance_metadata()
    _create_clocks()
    _create_leases()
    _create_job_tracking()
    _create_run_scopes()
    _create_events()


def _required(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _words(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _counts() -> list[sa.Column[int]]:
    names = ("records_read", "added", "changed", "disappeared", "unchanged")
    return [_count(name) for name in (*names, "duplicates", "quarantined", "aside", "refreshed", "findings")]


def _flag(name: str, default: Any) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=default, nullable=False)


def _of_site(table: str, *key: str) -> tuple[sa.Constraint, ...]:
    name, target = f"fk_{table}_subdomain", ["sites.subdomain"]
    site = sa.ForeignKeyConstraint(["subdomain"], target, name=op.f(name), onupdate="CASCADE", ondelete="CASCADE")
    return (_key(table, "subdomain", *key), site)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _check(table: str, column: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{column}"))


def _check_outcome(table: str) -> sa.CheckConstraint:
    return _check(table, "outcome", "outcome IN ('failed', 'held', 'changed', 'fresh', 'skipped')")


def _create_sites() -> None:
    op.create_table(
        "sites",
        _required("subdomain"),
        _required("name"),
        _required("state"),
        _required("kind"),
        _flag("enabled", sa.true()),
        _flag("has_finance_data", sa.false()),
        _required("created_at"),
        _required("updated_at"),
        _check("sites", "kind", "kind IN ('city', 'county', 'state', 'election')"),
        _key("sites", "subdomain"),
    )
    op.create_index("idx_sites_has_finance_data", "sites", ["has_finance_data"])
    op.create_index("idx_sites_enabled", "sites", ["enabled", "subdomain"])


def _create_site_sources() -> None:
    op.create_table(
        "site_sources",
        _required("subdomain"),
        _required("source"),
        *_of_site("site_sources", "source"),
    )


def _create_finance_metadata() -> None:
    op.create_table(
        "finance_metadata",
        _required("subdomain"),
        _required("source"),
        _words("agency_id"),
        _words("agency_shortcut"),
        _words("agency_name"),
        sa.Column("first_year", sa.Integer()),
        sa.Column("last_year", sa.Integer()),
        _count("rows"),
        sa.Column("last_checked_at", sa.Text()),
        sa.Column("last_changed_at", sa.Text()),
        *_of_site("finance_metadata", "source"),
    )


def _create_clocks() -> None:
    op.create_table(
        "clocks",
        _required("subdomain"),
        _required("job"),
        _required("last_started_at"),
        sa.Column("last_finished_at", sa.Text()),
        sa.Column("last_outcome", sa.Text()),
        sa.Column("last_run_id", sa.Integer()),
        sa.Column("last_changed_at", sa.Text()),
        *_of_site("clocks", "job"),
    )
    op.create_index("idx_clocks_oldest", "clocks", ["job", "last_started_at", "subdomain"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        _required("subdomain"),
        _required("holder"),
        _required("token"),
        _required("job"),
        _required("acquired_at"),
        _required("heartbeat_at"),
        _required("expires_at"),
        *_of_site("leases"),
    )


def _create_job_tracking() -> None:
    op.create_table(
        "job_tracking",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("job_type"),
        _required("subdomain"),
        _required("source"),
        _required("status"),
        sa.Column("outcome", sa.Text()),
        _required("holder"),
        _words("options", "{}"),
        sa.Column("of_run", sa.Integer()),
        _required("started_at"),
        sa.Column("finished_at", sa.Text()),
        sa.Column("duration_seconds", sa.Float()),
        *_counts(),
        _words("message"),
        _words("remedy"),
        _check("job_tracking", "status", "status IN ('running', 'finished')"),
        _check_outcome("job_tracking"),
        sa.ForeignKeyConstraint(["of_run"], ["job_tracking.id"], name=op.f("fk_job_tracking_of_run")),
        _key("job_tracking", "id"),
        sqlite_autoincrement=True,
    )
    newest = ["subdomain", "source", "job_type", "id", "of_run"]
    op.create_index("idx_job_tracking_newest", "job_tracking", newest)
    op.create_index("idx_job_tracking_outcome", "job_tracking", ["outcome", "id"])
    op.create_index("idx_job_tracking_status", "job_tracking", ["status", "subdomain"])


def _create_run_scopes() -> None:
    op.create_table(
        "run_scopes",
        sa.Column("run_id", sa.Integer(), nullable=False),
        _required("scope"),
        sa.Column("position", sa.Integer(), nullable=False),
        _required("outcome"),
        *_counts(),
        _words("capture"),
        _words("base"),
        _words("message"),
        _words("remedy"),
        _words("tables", "[]"),
        sa.Column("hold_state", sa.Text()),
        _check_outcome("run_scopes"),
        _check("run_scopes", "hold_state", "hold_state IN ('open', 'accepted', 'replaced')"),
        sa.ForeignKeyConstraint(["run_id"], ["job_tracking.id"], name=op.f("fk_run_scopes_run_id")),
        _key("run_scopes", "run_id", "scope"),
    )
    op.create_index("idx_run_scopes_hold_state", "run_scopes", ["hold_state", "run_id"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        _required("at"),
        _required("kind"),
        _required("severity"),
        _words("subdomain"),
        _words("source"),
        sa.Column("run_id", sa.Integer()),
        _required("message"),
        _words("data", "{}"),
        _key("events", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_events_kind_at", "events", ["kind", "at"])
    op.create_index("idx_events_subdomain_at", "events", ["subdomain", "at"])
