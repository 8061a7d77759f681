"""Who was told, and what waits to be sent: the table notifications."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select, update

from clerkcore.ledger.rows import fetch_rows, insert_row, read_time, update_row
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import notifications
from clerkcore.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Notification:
    """A message for one channel: waiting, sent or given up; `message` says why it was not taken when last tried."""

    id: int
    alert_id: int | None
    kind: str
    channel: str
    status: str
    subject: str
    content: Mapping[str, Any]
    created_at: datetime
    not_before: datetime
    attempts: int
    sent_at: datetime | None
    message: str


def add_notification(
    conn: Connection,
    *,
    alert_id: int | None,
    kind: str,
    channel: str,
    subject: str,
    content: Mapping[str, Any],
    at: datetime,
) -> int:
    """Let a message wait to be sent and return its id."""
    about = {"alert_id": alert_id, "kind": kind, "channel": channel, "status": "waiting", "subject": subject}
    times = {"created_at": to_text(at), "not_before": to_text(at)}
    return insert_row(conn, notifications, {**about, **times, "content": dump_json(dict(content))})


def due_notifications(
    conn: Connection, at: datetime, *, but: Collection[str] = (), limit: int = 100
) -> list[Notification]:
    """Return what waits and may be sent now, by other channels than these; what was tried least comes first.

    What is told of one alert through one channel is sent in its order: a recovery never before its beginning.
    """
    return _load(conn, _due(at, but).order_by(notifications.c.attempts, notifications.c.id).limit(limit))


def claim_notification(conn: Connection, number: int, until: datetime, at: datetime) -> bool:
    """Keep everybody else from sending this until a time; False when it is not to be sent now, or somebody was first.

    It counts as an attempt.
    """
    columns = notifications.c
    mine = update(notifications).where(
        columns.id == number, columns.status == "waiting", columns.not_before <= to_text(at)
    )
    return conn.execute(mine.values(not_before=to_text(until), attempts=columns.attempts + 1)).rowcount > 0


def sent_notification(conn: Connection, number: int, at: datetime) -> None:
    """Note that a channel took a message."""
    values = {"status": "sent", "sent_at": to_text(at), "message": ""}
    update_row(conn, notifications, {"id": number}, values)


def failed_notification(conn: Connection, number: int, message: str, again_at: datetime | None) -> None:
    """Note why a channel did not take a message, and when to try again; None gives it up."""
    values = {"message": message, **({"not_before": to_text(again_at)} if again_at else {"status": "given_up"})}
    update_row(conn, notifications, {"id": number}, values)


def postpone_channel(conn: Connection, channel: str, until: datetime) -> None:
    """Let everything that waits for a channel wait until a time at least."""
    columns = notifications.c
    waiting = (columns.channel == channel, columns.status == "waiting", columns.not_before < to_text(until))
    conn.execute(update(notifications).where(*waiting).values(not_before=to_text(until)))


def list_notifications(conn: Connection, alert_id: int) -> list[Notification]:
    """Return what was told of an alert, oldest first."""
    return _load(conn, select(notifications).where(notifications.c.alert_id == alert_id).order_by(notifications.c.id))


def unsent_notifications(conn: Connection, alert_ids: Collection[int]) -> list[Notification]:
    """Return what of these alerts no channel has taken yet, or will, oldest first."""
    columns = notifications.c
    unsent = (columns.alert_id.in_(sorted(alert_ids)), columns.status != "sent")
    return _load(conn, select(notifications).where(*unsent).order_by(columns.id))


def count_notifications(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many notifications there are, by channel and status."""
    columns = notifications.c
    query = select(columns.channel, columns.status, func.count()).group_by(columns.channel, columns.status)
    return {(channel, status): number for channel, status, number in conn.execute(query)}


def _due(at: datetime, but: Collection[str]) -> Select[Any]:
    earlier = notifications.alias("earlier")
    unsent_before = exists().where(
        earlier.c.alert_id == notifications.c.alert_id,
        earlier.c.channel == notifications.c.channel,
        earlier.c.status == "waiting",
        earlier.c.id < notifications.c.id,
    )
    waiting = (notifications.c.status == "waiting", notifications.c.not_before <= to_text(at))
    return select(notifications).where(*waiting, notifications.c.channel.not_in(sorted(but)), ~unsent_before)


def _load(conn: Connection, query: Select[Any]) -> list[Notification]:
    return [_notification(row) for row in fetch_rows(conn, query)]


def _notification(row: dict[str, Any]) -> Notification:
    times = {"created_at": from_text(row["created_at"]), "not_before": from_text(row["not_before"])}
    read = {"content": json.loads(row["content"]), "sent_at": read_time(row["sent_at"])}
    return Notification(**{**row, **times, **read})
