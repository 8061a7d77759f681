"""What happened, for whoever wants to know: notifications, metrics and the desk read it here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from clerkcore.ledger.rows import fetch_rows, insert_row
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import events
from clerkcore.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    id: int
    at: datetime
    kind: str
    severity: str
    subdomain: str
    source: str
    run_id: int | None
    message: str
    data: Mapping[str, Any]


def record_event(
    conn: Connection,
    kind: str,
    message: str,
    *,
    severity: str = "info",
    subdomain: str = "",
    source: str = "",
    run_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    at: datetime,
) -> int:
    """Write down an event and return its id."""
    about = {"kind": kind, "severity": str(severity), "subdomain": subdomain, "source": source, "run_id": run_id}
    values = {**about, "message": message, "data": dump_json(dict(data or {})), "at": to_text(at)}
    return insert_row(conn, events, values)


def list_events(
    conn: Connection,
    *,
    kind: str | None = None,
    subdomain: str | None = None,
    run_id: int | None = None,
    after_id: int = 0,
    limit: int,
) -> list[Event]:
    """Return the events after an id, in the order they were written."""
    query = select(events).where(events.c.id > after_id).order_by(events.c.id).limit(limit)
    if kind is not None:
        query = query.where(events.c.kind == kind)
    if subdomain is not None:
        query = query.where(events.c.subdomain == subdomain)
    if run_id is not None:
        query = query.where(events.c.run_id == run_id)
    return [_event(row) for row in fetch_rows(conn, query)]


def _event(row: dict[str, Any]) -> Event:
    return Event(**{**row, "at": from_text(row["at"]), "data": json.loads(row["data"])})
