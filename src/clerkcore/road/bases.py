"""What the live rows of a scope rest on, and what must not come back to it."""

from __future__ import annotations

import sqlite3

from clerkcore.road.work import Work
from clerkcore.store.database import read_database
from clerkcore.store.redactions import Redactions, read_redactions
from clerkcore.store.runs import Base, read_base


def current_base(work: Work, scope: str) -> Base | None:
    """Return what the scope's rows rest on; None when nothing was loaded or all of it was taken back."""
    if not work.database.is_file():
        return None
    with read_database(work.database) as connection:
        if not _has_system_tables(connection):
            return None
        base = read_base(connection, work.source.name, scope)
    return base if base and base.capture else None


def _has_system_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_clerk_scopes'").fetchone() is not None


def current_redactions(work: Work, scope: str) -> Redactions:
    """Return what was redacted in a scope."""
    if not work.database.is_file():
        return Redactions()
    with read_database(work.database) as connection:
        return read_redactions(connection, work.source, scope)
