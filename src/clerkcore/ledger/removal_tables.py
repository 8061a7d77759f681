"""What may not be removed, and what was: the tables legal_holds and tombstones."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from clerkcore.ledger.columns import count, metadata, one_of, required, words

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", Integer, primary_key=True),
    required("subdomain"),
    required("reason"),
    required("placed_by"),
    required("placed_at"),
    Column("expires_at", Text),
    Column("lifted_at", Text),
    words("lifted_by"),
    Index("idx_legal_holds_subdomain", "subdomain", "lifted_at"),
    sqlite_autoincrement=True,
)
"""Sites of which nothing may be pruned or redacted while a hold is on them; an empty subdomain is all of them."""

tombstones = Table(
    "tombstones",
    metadata,
    Column("id", Integer, primary_key=True),
    required("at"),
    required("kind"),
    words("subdomain"),
    required("target"),
    count("records"),
    required("sha256"),
    required("reason"),
    required("removed_by"),
    Column("details", Text, nullable=False, server_default="{}"),
    one_of("kind", "pruned", "redacted", "collected", "site removed"),
    Index("idx_tombstones_subdomain", "subdomain", "id"),
    sqlite_autoincrement=True,
)
"""What was removed for good: counts, a hash and why; never the content."""
