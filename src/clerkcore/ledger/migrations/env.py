"""Run by Alembic: migrates over the connection that `clerkcore.ledger.create` hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from clerkcore.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
