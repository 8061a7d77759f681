"""The pump: makes alerts of what happened since the last time, and sends what waits."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from clerkcore import logs
from clerkcore.errors import LedgerError
from clerkcore.installation import Installation
from clerkcore.ledger import ended_snoozes, get_alert, hold_mark
from clerkcore.ledger.conditions import Expected
from clerkcore.notify.configured import Channel, list_channels
from clerkcore.notify.expected import expected_jobs
from clerkcore.notify.reading import MARK, read_events
from clerkcore.notify.sending import send_waiting
from clerkcore.notify.telling import find_untold, queue, wake_snoozed
from clerkcore.notify.watching import take_watched, watch
from clerkcore.notify.words import plain
from clerkcore.settings import Settings
from clerkcore.times import now


def pump(installation: Installation, report: Callable[[str], None]) -> None:
    """Bring the alerts up to date and send what waits; trouble is reported in a line and raised never.

    No transaction is open while a server is talked to, and several processes may pump at once.
    """
    for step in (_update, _send):
        try:
            step(installation, report)
        except LedgerError as error:
            report(f"the alerts could not be brought up to date: {error}")
            return
        except Exception as error:  # nothing that goes wrong in telling of work may end the work itself
            told = plain(f"{type(error).__name__}: {error}")
            logs.tell("alerts broke", logging.ERROR, message=told, traceback=traceback.format_exc())
            report(f"the alerts could not be brought up to date: {told}")


def _update(installation: Installation, report: Callable[[str], None]) -> None:
    settings = installation.settings
    channels = list_channels(settings) if settings.notify_enabled else []
    update_alerts(installation, channels, expected_jobs(installation), now(), report)


def _send(installation: Installation, report: Callable[[str], None]) -> None:
    if installation.settings.notify_enabled:
        send_waiting(installation, report)


def update_alerts(
    installation: Installation,
    channels: Sequence[Channel],
    expected: Collection[Expected],
    at: datetime,
    report: Callable[[str], None],
) -> None:
    """Open, join, recall and close alerts, and let what is to be told wait for these channels.

    Only what is `expected` to be run can be overdue.
    """
    ledger, settings = installation.ledger, installation.settings
    hours = settings.notify_overdue_hours
    read_events(ledger, channels, settings.notify_after, at, report)
    with ledger.read() as conn:
        idle = not (watch(conn, expected, hours, at) or _is_due(conn, channels, settings, at))
    if not idle:
        with hold_mark(ledger, MARK, "0", at) as conn:
            take_watched(conn, channels, watch(conn, expected, hours, at), hours, at)
            _tell(conn, channels, settings, at)


def _is_due(conn: Connection, channels: Sequence[Channel], settings: Settings, at: datetime) -> bool:
    # Without a channel nobody was told: whoever sets one up later is told what is still open.
    return bool(ended_snoozes(conn, at) or (channels and find_untold(conn, settings.notify_remind_hours, at)))


def _tell(conn: Connection, channels: Sequence[Channel], settings: Settings, at: datetime) -> None:
    woken = {alert.id for alert in wake_snoozed(conn, at)}
    if not channels:
        return
    for kind, alert in find_untold(conn, settings.notify_remind_hours, at):
        queue(conn, channels, kind, alert, at)
        woken.discard(alert.id)
    for alert_id in sorted(woken):
        queue(conn, channels, "reminder", get_alert(conn, alert_id), at)
