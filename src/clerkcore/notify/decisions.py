"""What people decide about alerts; every decision is a note of the alert and an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from clerkcore.errors import ClerkError, SettingsError, UsageError
from clerkcore.installation import Installation
from clerkcore.ledger import Alert, get_alert, record_event, save_alert
from clerkcore.notify.configured import get_channel, list_channels
from clerkcore.notify.sending import make_notifier, send_within
from clerkcore.notify.words import plain
from clerkcore.services import Message
from clerkcore.times import now, to_text


def acknowledge(installation: Installation, alert_ids: Iterable[int], by: str, note: str = "") -> list[Alert]:
    """Note that somebody looks into alerts, which are then not recalled any more; UsageError when one is resolved."""
    moment = now()
    values = {"status": "investigating", "acknowledged_by": by, "acknowledged_at": moment, "snoozed_until": None}
    return _decide(installation, alert_ids, "acknowledged", by, note, moment, **values)


def snooze(
    installation: Installation, alert_ids: Iterable[int], until: datetime, by: str, note: str = ""
) -> list[Alert]:
    """Keep alerts quiet until a time, when they are recalled if they are still open; UsageError for a past time."""
    moment = now()
    if until <= moment:
        raise UsageError(f"{to_text(until)} is past", remedy="name a time that is still to come, as --for 4h")
    told = f"until {until:%Y-%m-%d %H:%M} UTC" + (f": {note}" if note else "")
    return _decide(installation, alert_ids, "snoozed", by, told, moment, status="snoozed", snoozed_until=until)


def assign(installation: Installation, alert_ids: Iterable[int], to: str, by: str, note: str = "") -> list[Alert]:
    """Note whose alerts they are."""
    if not to.strip():
        raise UsageError("the name is empty", remedy="say whose it is: --to NAME")
    told = f"to {to}" + (f": {note}" if note else "")
    return _decide(installation, alert_ids, "assigned", by, told, now(), assigned_to=to)


def resolve(installation: Installation, alert_ids: Iterable[int], by: str, note: str = "") -> list[Alert]:
    """Close alerts; what fails again afterwards is a new one."""
    moment = now()
    values = {"status": "resolved", "resolved_at": moment, "resolved_by": by, "snoozed_until": None}
    return _decide(installation, alert_ids, "resolved", by, note, moment, **values)


def _decide(
    installation: Installation, alert_ids: Iterable[int], action: str, by: str, note: str, at: datetime, **values: Any
) -> list[Alert]:
    if not by.strip():
        raise UsageError("nobody is named who decides this", remedy="say who you are: --by NAME")
    with installation.ledger.write() as conn:
        # All or none: a list with a mistake in it changes nothing.
        found = [_open_alert(conn, number) for number in dict.fromkeys(alert_ids)]
        for alert in found:
            entry = {"at": to_text(at), "by": by, "action": action, "note": note}
            save_alert(conn, alert.id, notes=[*alert.notes, entry], **values)
            record_event(
                conn,
                f"alert.{action}",
                f"{by} {action} alert {alert.id}, {alert.title}" + (f": {note}" if note else ""),
                subdomain=alert.subdomain,
                source=alert.source,
                data={"alert": alert.id, "by": by},
                at=at,
            )
        return [get_alert(conn, alert.id) for alert in found]


def _open_alert(conn: Connection, alert_id: int) -> Alert:
    alert = get_alert(conn, alert_id)
    if not alert.is_open:
        who = f" by {alert.resolved_by}" if alert.resolved_by else ""
        raise UsageError(f"alert {alert_id} is resolved already{who}", remedy="see: clerk alerts list")
    return alert


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test message: `problem` is empty when the channel took it."""

    channel: str
    problem: str


def try_channels(installation: Installation, name: str = "") -> list[Trial]:
    """Send a test message through one channel or all of them, now; SettingsError when there is no such channel."""
    settings = installation.settings
    channels = [get_channel(settings, name)] if name else list_channels(settings)
    if not channels:
        raise SettingsError("there is no channel", remedy="set smtp.host and notify.admin_emails, or [channels.NAME]")
    text = f"A test message of the clerk at {installation.host}, {installation.root}. All is well."
    message = Message("test", "info", "Test of this channel", plain(text), at=now())
    trials = []
    for channel in channels:
        try:
            send_within(make_notifier(installation, channel), message, settings.notify_timeout)
        except ClerkError as error:
            trials.append(Trial(channel.name, plain(settings.masked(str(error)))))
        else:
            trials.append(Trial(channel.name, ""))
    return trials
