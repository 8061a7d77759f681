"""Runs say what their changes mean: run_scopes.notes, a JSON list of sentences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this revision."""
    op.add_column("run_scopes", sa.Column("notes", sa.Text(), server_default="[]", nullable=False))
