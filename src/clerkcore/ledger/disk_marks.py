"""What was last told of the disk, so that only a change of it is an event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from clerkcore.ledger.marks import get_mark, set_mark

FREE_SPACE = "disk.low"


def budget_mark(subdomain: str) -> str:
    """Name the mark of a site's disk budget."""
    return f"disk.budget {subdomain}"


def change_mark(conn: Connection, name: str, value: str, default: str, *, at: datetime) -> bool:
    """Note a state and return whether it is another than before; `default` is what was before the first."""
    before = get_mark(conn, name)
    if value == (default if before is None else before):
        return False
    set_mark(conn, name, value, at)
    return True
