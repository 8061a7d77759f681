"""Writing and reading rows in SQL that every database understands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, insert, update

from clerkcore.times import from_text


def save_row(conn: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row of this key, or insert it."""
    if not update_row(conn, table, key, values):
        conn.execute(insert(table).values({**key, **values}))


def update_row(conn: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Update the row of this key; False when there is none."""
    condition = and_(*(table.c[name] == value for name, value in key.items()))
    return conn.execute(update(table).where(condition).values(dict(values))).rowcount > 0


def insert_row(conn: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert a row and return the id the database gave it."""
    number: int = conn.execute(insert(table).values(dict(values)).returning(table.c.id)).scalar_one()
    return number


def read_time(text: str | None) -> datetime | None:
    """Return the time in a column that may be empty."""
    return None if text is None else from_text(text)


def fetch_rows(conn: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    """Return what a query finds, each row by its columns' names."""
    return [dict(row) for row in conn.execute(query).mappings()]
