"""Which scopes are to be computed again, because a table that follows from their rows was made anew."""

from __future__ import annotations

import sqlite3

from clerkcore.models import Scope
from clerkcore.store.update_log import read_logged_scope


def forget_computed(connection: sqlite3.Connection) -> None:
    """Note that the computed tables of every scope, of whatever source, want filling."""
    connection.execute("UPDATE main._clerk_scopes SET computed = 0")


def mark_computed(connection: sqlite3.Connection, source: str, scope: str) -> None:
    """Note that the computed tables follow from the rows of a scope again."""
    connection.execute("UPDATE main._clerk_scopes SET computed = 1 WHERE source = ? AND scope = ?", (source, scope))


def stale_scopes(connection: sqlite3.Connection, source: str) -> list[Scope]:
    """Return the scopes of a source whose computed tables want filling."""
    rows = connection.execute(
        "SELECT scope, run_id FROM main._clerk_scopes WHERE source = ? AND computed = 0 ORDER BY scope", (source,)
    ).fetchall()
    return [read_logged_scope(connection, row["run_id"], row["scope"]) for row in rows]
