"""Sending what waits: each message claimed first, so that two processes never send it twice, and none for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from threading import Thread

from clerkcore.errors import ClerkError, NotifyError
from clerkcore.installation import Installation
from clerkcore.ledger import (
    Notification,
    claim_notification,
    due_notifications,
    failed_notification,
    postpone_channel,
    record_event,
    sent_notification,
)
from clerkcore.notify.configured import Channel, get_channel, open_channel
from clerkcore.notify.rules import FIRST_DELAY, retry_at
from clerkcore.notify.words import plain, read_content
from clerkcore.services import Message, Notifier
from clerkcore.times import now

CLAIM = timedelta(minutes=2)


def send_waiting(installation: Installation, report: Callable[[str], None]) -> None:
    """Send what waits; a channel that takes no message is left alone until later."""
    failed: set[str] = set()
    notifiers: dict[str, Notifier] = {}
    while True:
        with installation.ledger.read() as conn:
            due = due_notifications(conn, now(), but=failed)
        if not due:
            return
        for notification in due:
            if notification.channel not in failed and not _send(installation, notification, notifiers, report):
                failed.add(notification.channel)


def _send(
    installation: Installation,
    notification: Notification,
    notifiers: dict[str, Notifier],
    report: Callable[[str], None],
) -> bool:
    """Send one message; False when its channel did not take it."""
    moment = now()
    until = moment + CLAIM + timedelta(seconds=2 * installation.settings.notify_timeout)
    with installation.ledger.write() as conn:
        if not claim_notification(conn, notification.id, until, moment):
            return True
    try:
        if notification.channel not in notifiers:
            channel = get_channel(installation.settings, notification.channel)
            notifiers[channel.name] = make_notifier(installation, channel)
        send_within(
            notifiers[notification.channel],
            _signed(installation, read_content(notification)),
            installation.settings.notify_timeout,
        )
    except ClerkError as error:
        # What a channel says of its trouble may hold what it logs in with.
        _note_failure(installation, notification, plain(installation.settings.masked(str(error))), report)
        return False
    with installation.ledger.write() as conn:
        sent_notification(conn, notification.id, now())
    return True


def _signed(installation: Installation, message: Message) -> Message:
    """Return a message that says which installation sends it, for there may be several, and copies."""
    sender = ("Installation", plain(f"{installation.root} on {installation.host}"))
    return replace(message, facts=[*message.facts, sender])


def _note_failure(
    installation: Installation, notification: Notification, problem: str, report: Callable[[str], None]
) -> None:
    moment = now()
    again = retry_at(notification.attempts + 1, notification.created_at, moment)
    ends = f"it is tried again after {again:%H:%M} UTC" if again else "it is given up"
    message = f"{notification.subject!r} was not told by {notification.channel}: {problem}; {ends}"
    with installation.ledger.write() as conn:
        failed_notification(conn, notification.id, problem, again)
        postpone_channel(conn, notification.channel, moment + FIRST_DELAY)
        if again is None:
            data = {"alert": notification.alert_id, "notification": notification.id}
            record_event(conn, "notification.given_up", message, severity="error", data=data, at=moment)
    report(message)


def make_notifier(installation: Installation, channel: Channel) -> Notifier:
    """Make a channel ready; a ClerkError says why it cannot be used, whatever a plugin raised."""
    try:
        return open_channel(installation, channel)
    except ClerkError:
        raise
    except Exception as error:  # a plugin's bug must not stop the other channels
        raise NotifyError(f"{type(error).__name__}: {error}", where=f"channel {channel.name}") from error


def send_within(notifier: Notifier, message: Message, seconds: float) -> None:
    """Send a message and wait so long at most; NotifyError when it was not taken by then.

    A server that hands out one byte a second never lets a socket time out, so that the whole is timed, in a thread
    that is left to itself when it takes too long.
    """
    ended: Future[None] = Future()

    def send() -> None:
        try:
            notifier.send(message)
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    Thread(target=send, name="clerk-notify", daemon=True).start()
    try:
        ended.result(timeout=seconds)
    except ClerkError:
        raise
    except TimeoutError as error:
        raise NotifyError(f"no answer within {seconds:g} seconds", remedy="see: clerk alerts channels") from error
    except (Exception, SystemExit) as error:  # a plugin's bug must not stop the other channels
        raise NotifyError(f"{type(error).__name__}: {error}") from error
