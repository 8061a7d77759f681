"""Deciding what is told now: what is new, what is to be recalled, and what was snoozed until now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from clerkcore.ledger import (
    Alert,
    add_notification,
    alerts_told_before,
    ended_snoozes,
    list_members,
    save_alert,
    untold_alerts,
)
from clerkcore.notify.configured import Channel
from clerkcore.notify.rules import remind_before
from clerkcore.notify.words import Kind, compose, write_content


def find_untold(conn: Connection, remind_hours: float, at: datetime) -> list[tuple[Kind, Alert]]:
    """Return what is to be told now."""
    found: list[tuple[Kind, Alert]] = [("fired", alert) for alert in untold_alerts(conn)]
    before = remind_before(remind_hours, at)
    if before is not None:
        found += [("reminder", alert) for alert in alerts_told_before(conn, before)]
    return found


def wake_snoozed(conn: Connection, at: datetime) -> list[Alert]:
    """Make the alerts whose snooze is over active again, to be recalled at once."""
    woken = ended_snoozes(conn, at)
    for alert in woken:
        save_alert(conn, alert.id, status="active", snoozed_until=None)
    return woken


def queue(conn: Connection, channels: Sequence[Channel], kind: Kind, alert: Alert, at: datetime) -> None:
    """Let what is told of an alert wait for every channel that takes its severity."""
    message = compose(kind, alert, list_members(conn, alert.id))
    for channel in channels:
        if channel.takes(alert.severity):
            add_notification(
                conn,
                alert_id=alert.id,
                kind=kind,
                channel=channel.name,
                subject=message.title,
                content=write_content(message),
                at=at,
            )
    save_alert(conn, alert.id, reminded_at=at)
