"""How far something has come that reads on where it stopped: the table marks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from clerkcore.ledger.engine import Ledger
from clerkcore.ledger.rows import read_time
from clerkcore.ledger.tables import marks
from clerkcore.times import to_text


def get_mark(conn: Connection, name: str) -> str | None:
    """Return what a mark says; None when it was never set."""
    value: str | None = conn.scalar(select(marks.c.value).where(marks.c.name == name))
    return value


def mark_set_at(conn: Connection, name: str) -> datetime | None:
    """Return when a mark was last set; None when it never was."""
    return read_time(conn.scalar(select(marks.c.at).where(marks.c.name == name)))


def set_mark(conn: Connection, name: str, value: str, at: datetime) -> None:
    """Set a mark."""
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    values = {"value": value, "at": to_text(at)}
    # Two may set it first at once.
    statement = dialect.insert(marks).values(name=name, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[marks.c.name], set_=values))


@contextmanager
def hold_mark(ledger: Ledger, name: str, start: str, at: datetime) -> Iterator[Connection]:
    """Yield a connection inside a write transaction that nobody else who holds this mark is in; `start` is its first.

    Whoever comes at the same time waits until the block has ended.
    """
    with ledger.read() as conn:
        known = get_mark(conn, name) is not None
    if not known:
        # Two may find it missing at once; one of them makes it.
        with suppress(IntegrityError), ledger.write() as conn:
            conn.execute(insert(marks).values(name=name, value=start, at=to_text(at)))
    with ledger.write() as conn:
        # FOR UPDATE is written for PostgreSQL only; SQLite's one writer needs no lock on a row.
        conn.execute(select(marks.c.value).where(marks.c.name == name).with_for_update())
        yield conn
